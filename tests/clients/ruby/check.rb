# The gem pg in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".
#
#     ruby check.rb 127.0.0.1 7432 shop demo  127.0.0.1 5432 postgres postgres

require 'pg'

PLACES = ARGV.each_slice(4).map { |host, port, dbname, user| { host: host, port: port, dbname: dbname, user: user } }
$passed = $failed = 0

def same(name)
  answers = PLACES.map do |place|
    connection = PG.connect(place)
    yield(connection).inspect
  rescue StandardError => e
    "died: #{e.class} #{e.message}"
  ensure
    connection&.close
  end
  if answers[0] == answers[1] && !answers[0].start_with?('died')
    $passed += 1
  else
    $failed += 1
    puts "FAILED #{name}", "  Sluice     #{answers[0]}", "  PostgreSQL #{answers[1]}"
  end
end

VALUES = "SELECT 1::int2 AS a, 3000000000::int8 AS b, 2.25::float8 AS c, 12.340::numeric AS d, true AS e, 'é'::text AS f,
  '\\x00ff'::bytea AS g, '2024-02-29'::date AS h, '{\"a\": 1}'::jsonb AS i, ARRAY[1, NULL]::int4[] AS j, NULL::text AS k".freeze

same('values') do |c|
  result = c.exec(VALUES)
  [result.to_a, result.fields, (0...result.nfields).map { |i| [result.ftype(i), result.fmod(i)] }]
end
same('decoded in text and in binary') do |c|
  c.type_map_for_results = PG::BasicTypeMapForResults.new(c)
  [c.exec_params('SELECT 1::int4 AS a, 2.5::float8 AS b, true AS c', []).to_a, c.exec_params('SELECT 1::int4 AS a, 2.5::float8 AS b, true AS c', [], 1).to_a]
end
same('prepared, executed often') do |c|
  c.prepare('next', 'SELECT $1::int4 + 1 AS next, $2::text AS t')
  (0..6).map { |n| c.exec_prepared('next', [n, "it's #{n}"]).to_a }
end
same('errors') do |c|
  ['SELECT nix', 'SELECT 1/0', 'SELEC 1'].map do |text|
    c.exec(text)
  rescue PG::Error => e
    [e.result.error_field(PG::PG_DIAG_SQLSTATE), e.result.error_field(PG::PG_DIAG_MESSAGE_PRIMARY), e.result.error_field(PG::PG_DIAG_STATEMENT_POSITION)]
  end
end
same('single-row mode') do |c|
  c.send_query('SELECT n FROM generate_series(1, 50) AS n')
  c.set_single_row_mode
  rows = []
  while (result = c.get_result)
    rows.concat(result.values)
  end
  rows
end
same('COPY') do |c|
  lines = []
  c.copy_data('COPY (SELECT n, n::text FROM generate_series(1, 100) AS n) TO STDOUT') do
    while (line = c.get_copy_data)
      lines << line
    end
  end
  lines
end
same('pipeline mode') do |c|
  c.enter_pipeline_mode
  3.times { |n| c.send_query_params('SELECT $1::int4 * 2 AS double', [n]) }
  c.pipeline_sync
  found = []
  6.times { found << c.get_result&.values }
  found << c.get_result&.result_status
  found
end
same('cancel') do |c|
  c.send_query('SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b')
  sleep 0.4
  c.cancel
  begin
    c.get_last_result
  rescue PG::QueryCanceled => e
    e.class
  end
end

puts "#{$passed} passed, #{$failed} failed"
exit($failed.positive? ? 1 : 0)
