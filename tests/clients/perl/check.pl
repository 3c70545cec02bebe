# DBD::Pg in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".
#
#     perl check.pl 127.0.0.1 7432 shop demo  127.0.0.1 5432 postgres postgres

use strict;
use warnings;
use DBI;
use DBD::Pg qw(:pg_types :async);

my ($passed, $failed) = (0, 0);
my @places = ([@ARGV[0 .. 3]], [@ARGV[4 .. 7]]);

sub connected {
    my ($host, $port, $database, $user) = @{$_[0]};
    return DBI->connect("dbi:Pg:dbname=$database;host=$host;port=$port", $user, '', {RaiseError => 1, PrintError => 0, AutoCommit => 1});
}

sub flat { my ($x) = @_; return !defined $x ? 'undef' : ref $x eq 'ARRAY' ? '[' . join(', ', map { flat($_) } @$x) . ']' : "$x" }

# Runs a check on both servers and compares what it returns.
sub same {
    my ($name, $work) = @_;
    my @answers = map {
        my $place = $_;
        my $answer = eval { my $dbh = connected($place); my $found = flat($work->($dbh)); $dbh->disconnect; $found };
        defined $answer ? $answer : "died: $@";
    } @places;
    if ($answers[0] eq $answers[1] && $answers[0] !~ /^died/) { $passed++ }
    else { $failed++; print "FAILED $name\n  Sluice     $answers[0]\n  PostgreSQL $answers[1]\n" }
}

same 'values', sub {
    my $row = $_[0]->selectrow_arrayref(q{SELECT 1::int2, 3000000000::int8, 2.25::float8, 12.340::numeric, true, 'é'::text,
        '\x00ff'::bytea, '2024-02-29'::date, '1 day 02:03:04'::interval, '{"a": 1}'::jsonb, ARRAY[1, NULL, 3]::int4[], NULL::text});
    return [map { defined $_ && !ref $_ && $_ =~ /[^ -~]/ ? unpack('H*', $_) : $_ } @$row];
};
same 'placeholders, executed often', sub {
    my $sth = $_[0]->prepare('SELECT ?::int4 + 1, ?::text, ?::date');
    my @found;
    for my $n (0 .. 7) { $sth->execute($n, "it's $n", '2024-01-01'); push @found, $sth->fetchrow_arrayref->[0] }
    return \@found;
};
same 'columns', sub {
    my $sth = $_[0]->prepare('SELECT 1::int4 AS a, 1.5::numeric(10,2) AS b, \'x\'::varchar(7) AS c');
    $sth->execute;
    return [$sth->{NAME}, $sth->{TYPE}, $sth->{PRECISION}, $sth->{pg_type}];
};
same 'errors and their state', sub {
    my ($dbh) = @_;
    return [map { my $text = $_; eval { $dbh->do($text) }; $dbh->state . ' ' . $dbh->errstr } 'SELECT nix', 'SELECT 1/0', 'SELEC 1'];
};
same 'transactions', sub {
    my ($dbh) = @_;
    $dbh->begin_work;
    eval { $dbh->do('SELECT 1/0') };
    my $state = $dbh->state;
    $dbh->rollback;
    return [$state, $dbh->selectrow_array('SELECT 2'), $dbh->ping];
};
same 'COPY', sub {
    my ($dbh) = @_;
    $dbh->do('COPY (SELECT n, n::text FROM generate_series(1, 100) AS n) TO STDOUT');
    my ($line, @lines);
    push @lines, $line while $dbh->pg_getcopydata($line) >= 0;
    return \@lines;
};
same 'asynchronous query and cancel', sub {
    my ($dbh) = @_;
    $dbh->do('SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b', {pg_async => PG_ASYNC});
    select undef, undef, undef, 0.4;
    eval { $dbh->pg_cancel };
    return [$dbh->state, $dbh->selectrow_array('SELECT 3')];
};

print "$passed passed, $failed failed\n";
exit($failed > 0);
