<?php
// PDO and pg_* in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".
//
//     php check.php 127.0.0.1 7432 shop demo  127.0.0.1 5432 postgres postgres

[$passed, $failed] = [0, 0];
$places = array_chunk(array_slice($argv, 1), 4);

function pdo(array $place): PDO {
    [$host, $port, $database, $user] = $place;
    return new PDO("pgsql:host=$host;port=$port;dbname=$database", $user, '', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
}

function same(string $name, callable $work): void {
    global $passed, $failed, $places;
    $answers = array_map(function ($place) use ($work) {
        try {
            return json_encode($work($place), JSON_PARTIAL_OUTPUT_ON_ERROR);
        } catch (Throwable $error) {
            return 'died: ' . $error->getMessage();
        }
    }, $places);
    if ($answers[0] === $answers[1] && !str_starts_with($answers[0], 'died')) {
        $passed++;
    } else {
        $failed++;
        echo "FAILED $name\n  Sluice     $answers[0]\n  PostgreSQL $answers[1]\n";
    }
}

same('PDO: values', fn ($place) => pdo($place)->query("SELECT 1::int2 AS a, 3000000000::int8 AS b, 2.25::float8 AS c, 12.340::numeric AS d,
    true AS e, 'é'::text AS f, '2024-02-29'::date AS g, '{\"a\": 1}'::jsonb AS h, ARRAY[1, NULL]::int4[] AS i, NULL::text AS j")->fetch(PDO::FETCH_ASSOC));
same('PDO: prepared, executed often', function ($place) {
    $statement = pdo($place)->prepare('SELECT :a::int4 + 1 AS next, :b::text AS t');
    $found = [];
    for ($n = 0; $n < 7; $n++) {
        $statement->execute(['a' => $n, 'b' => "it's $n"]);
        $found[] = $statement->fetch(PDO::FETCH_ASSOC);
    }
    return $found;
});
same('PDO: errors', function ($place) {
    $found = [];
    foreach (['SELECT nix', 'SELECT 1/0', 'SELEC 1'] as $text) {
        try {
            pdo($place)->query($text);
        } catch (PDOException $error) {
            $found[] = [$error->getCode(), $error->errorInfo];
        }
    }
    return $found;
});
same('PDO: column metadata', function ($place) {
    $statement = pdo($place)->query("SELECT 1::int4 AS a, 'x'::varchar(7) AS b");
    return [$statement->getColumnMeta(0), $statement->getColumnMeta(1)];
});
same('PDO: transactions', function ($place) {
    $pdo = pdo($place);
    $pdo->beginTransaction();
    $found = $pdo->query('SELECT 1 AS one')->fetchAll(PDO::FETCH_ASSOC);
    $pdo->rollBack();
    return $found;
});
same('PDO: COPY', fn ($place) => pdo($place)->query("SELECT 1") ? pdo($place)->pgsqlCopyToArray("(SELECT n, n::text FROM generate_series(1, 20) AS n)") : null);
same('pg_query_params, pg_fetch_all', function ($place) {
    [$host, $port, $database, $user] = $place;
    $link = pg_connect("host=$host port=$port dbname=$database user=$user");
    $result = pg_query_params($link, 'SELECT $1::int4 AS a, n FROM generate_series(1, $2) AS n', [7, 5]);
    return [pg_fetch_all($result), pg_field_type($result, 0), pg_num_rows($result), pg_parameter_status($link, 'server_encoding')];
});

echo "$passed passed, $failed failed\n";
exit($failed > 0 ? 1 : 0);
