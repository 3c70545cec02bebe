-- integer arithmetic
SELECT id, i / j AS q, i % j AS r, mod(i, j) AS m, -i AS neg, abs(i) AS a FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  DIV(numbers.i, numbers.j) AS q,
  MOD(numbers.i, numbers.j) AS r,
  MOD(numbers.i, numbers.j) AS m,
  -numbers.i AS neg,
  ABS(numbers.i) AS a
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- division by zero
SELECT id / (id - id) FROM numbers
----
SELECT DIV(numbers.id, numbers.id - numbers.id) AS column
FROM `my-project.shop.numbers` AS numbers

-- numeric arithmetic
SELECT id, n * n AS sq, n / 3 AS third, n + i AS s, n - 0.5 AS d, n % 2 AS r, m * m AS mm FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CAST(numbers.n AS BIGNUMERIC) * numbers.n AS sq,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') AS third,
  numbers.n + CAST(numbers.i AS NUMERIC) AS s,
  numbers.n - NUMERIC '0.5' AS d,
  MOD(numbers.n, NUMERIC '2') AS r,
  CAST(numbers.m AS BIGNUMERIC) * numbers.m AS mm
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- quotients of ints as numeric
SELECT id, i::numeric / j AS q, 1.0 * i / j AS q2, round(i / 3.0, 2) AS r FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CONCAT(NULLIF(FORMAT('%.0f', CAST(numbers.i AS NUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(numbers.j AS NUMERIC)), 'NULL'), ' /') AS q,
  CONCAT(NULLIF(FORMAT('%.1f', NUMERIC '1.0' * CAST(numbers.i AS NUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(numbers.j AS NUMERIC)), 'NULL'), ' /') AS q2,
  ROUND(CAST(numbers.i AS BIGNUMERIC) / NUMERIC '3.0', 2) AS r
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- rounding
SELECT id, round(f) AS rf, round(n) AS rn, round(n, 2) AS rn2, trunc(n, 1) AS t, ceil(f) AS c, floor(n) AS fl, f::bigint AS fb, n::bigint AS nb, round(f::numeric, 2) AS fn FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  IF(ABS(numbers.f) < 4503599627370496, CAST(ROUND(CAST(numbers.f AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS FLOAT64), numbers.f) AS rf,
  ROUND(numbers.n) AS rn,
  ROUND(numbers.n, 2) AS rn2,
  TRUNC(numbers.n, 1) AS t,
  CEIL(numbers.f) AS c,
  FLOOR(numbers.n) AS fl,
  CAST(ROUND(CAST(numbers.f AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) AS fb,
  CAST(numbers.n AS INT64) AS nb,
  ROUND(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC), 2) AS fn
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- numeric with scale
SELECT id, n::numeric(10, 2) AS x, n::int AS y, m::numeric(12,4) AS z FROM numbers WHERE id <> 9 ORDER BY id
----
SELECT
  numbers.id,
  CAST(numbers.n AS NUMERIC(10, 2)) AS x,
  DIV(CAST(numbers.n AS INT64) * 4294967296, 4294967296) AS y,
  CAST(numbers.m AS NUMERIC(12, 4)) AS z
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id <> 9
ORDER BY id NULLS LAST

-- text of numbers
SELECT id, f::text AS a, n::text AS b, i::text AS c, m::text AS d FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  (SELECT CASE WHEN number IS NULL THEN NULL WHEN IS_NAN(number) THEN 'NaN' WHEN IS_INF(number) THEN IF(number > 0, 'Infinity', '-Infinity') WHEN number = 0 THEN IF(IEEE_DIVIDE(1, number) < 0, '-0', '0') WHEN ABS(number) >= 1e15 OR ABS(number) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number) AS FLOAT64) = number THEN FORMAT('%.14e', number) WHEN CAST(FORMAT('%.15e', number) AS FLOAT64) = number THEN FORMAT('%.15e', number) ELSE FORMAT('%.16e', number) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number) AS FLOAT64) = number THEN FORMAT('%.15g', number) WHEN CAST(FORMAT('%.16g', number) AS FLOAT64) = number THEN FORMAT('%.16g', number) ELSE FORMAT('%.17g', number) END END FROM UNNEST([numbers.f]) AS number) AS a,
  NULLIF(FORMAT('%.6f', numbers.n), 'NULL') AS b,
  CAST(numbers.i AS STRING) AS c,
  NULLIF(FORMAT('%.20f', numbers.m), 'NULL') AS d
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- float text
SELECT discount::text, score::text, (discount / 3)::text FROM orders LEFT JOIN customers ON customers.id = customer_id
----
SELECT
  (SELECT CASE WHEN number IS NULL THEN NULL WHEN IS_NAN(number) THEN 'NaN' WHEN IS_INF(number) THEN IF(number > 0, 'Infinity', '-Infinity') WHEN number = 0 THEN IF(IEEE_DIVIDE(1, number) < 0, '-0', '0') WHEN ABS(number) >= 1e15 OR ABS(number) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number) AS FLOAT64) = number THEN FORMAT('%.14e', number) WHEN CAST(FORMAT('%.15e', number) AS FLOAT64) = number THEN FORMAT('%.15e', number) ELSE FORMAT('%.16e', number) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number) AS FLOAT64) = number THEN FORMAT('%.15g', number) WHEN CAST(FORMAT('%.16g', number) AS FLOAT64) = number THEN FORMAT('%.16g', number) ELSE FORMAT('%.17g', number) END END FROM UNNEST([orders.discount]) AS number) AS discount,
  (SELECT CASE WHEN number_1 IS NULL THEN NULL WHEN IS_NAN(number_1) THEN 'NaN' WHEN IS_INF(number_1) THEN IF(number_1 > 0, 'Infinity', '-Infinity') WHEN number_1 = 0 THEN IF(IEEE_DIVIDE(1, number_1) < 0, '-0', '0') WHEN ABS(number_1) >= 1e15 OR ABS(number_1) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.14e', number_1) WHEN CAST(FORMAT('%.15e', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.15e', number_1) ELSE FORMAT('%.16e', number_1) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.15g', number_1) WHEN CAST(FORMAT('%.16g', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.16g', number_1) ELSE FORMAT('%.17g', number_1) END END FROM UNNEST([customers.score]) AS number_1) AS score,
  (SELECT CASE WHEN number_2 IS NULL THEN NULL WHEN IS_NAN(number_2) THEN 'NaN' WHEN IS_INF(number_2) THEN IF(number_2 > 0, 'Infinity', '-Infinity') WHEN number_2 = 0 THEN IF(IEEE_DIVIDE(1, number_2) < 0, '-0', '0') WHEN ABS(number_2) >= 1e15 OR ABS(number_2) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number_2) AS FLOAT64) = number_2 THEN FORMAT('%.14e', number_2) WHEN CAST(FORMAT('%.15e', number_2) AS FLOAT64) = number_2 THEN FORMAT('%.15e', number_2) ELSE FORMAT('%.16e', number_2) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number_2) AS FLOAT64) = number_2 THEN FORMAT('%.15g', number_2) WHEN CAST(FORMAT('%.16g', number_2) AS FLOAT64) = number_2 THEN FORMAT('%.16g', number_2) ELSE FORMAT('%.17g', number_2) END END FROM UNNEST([orders.discount / 3.0]) AS number_2) AS text
FROM `my-project.shop.orders` AS orders
LEFT JOIN `my-project.shop.customers` AS customers ON customers.id = orders.customer_id

-- powers and logs
SELECT log(100) AS l10, ln(10.0) AS ln, log(2, 8) AS l2, sqrt(2.0::float8) AS s, pi() AS p, power(2, 10) AS pw, 2 ^ 0.5 AS root, exp(2.0::float8) e
----
SELECT
  LOG10(100.0) AS l10,
  CONCAT(NULLIF(FORMAT('%.1f', NUMERIC '10.0'), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, LN(BIGNUMERIC '10.0')), 'NULL'), ' ln') AS ln,
  CONCAT(NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '8'), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, LOG(BIGNUMERIC '8', BIGNUMERIC '2')), 'NULL'), ' log') AS l2,
  SQRT(2.0) AS s,
  ACOS(-1) AS p,
  POW(2.0, 10.0) AS pw,
  CONCAT(NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), ' ', NULLIF(FORMAT('%.1f', NUMERIC '0.5'), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, POW(BIGNUMERIC '2', BIGNUMERIC '0.5')), 'NULL'), ' power') AS root,
  EXP(2.0) AS e

-- a function of a function's rounded value
SELECT ln(exp(1.0)) AS ln
----
ERROR 0A000 at 8: arithmetic over a quotient, an average or a root, shown in full is not supported

-- shifts
SELECT id, i >> 1 AS r, i << 2 AS l, i & 6 AS a, i | 8 AS o, i # 3 AS x, ~i AS n FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  IF(numbers.i < 0, ~((~numbers.i) >> 1), numbers.i >> 1) AS r,
  numbers.i << 2 AS l,
  numbers.i & 6 AS a,
  numbers.i | 8 AS o,
  numbers.i ^ 3 AS x,
  ~numbers.i AS n
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- casts of text
SELECT s::bigint + 1 AS n, s::numeric * 2 AS m, s::float8 / 2 AS f FROM words WHERE id = 9
----
SELECT
  CAST(TRANSLATE(TRIM(words.s), 'xX', '??') AS INT64) + 1 AS n,
  CONCAT(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(words.s, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(words.s, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(words.s) AS BIGNUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), ' *') AS m,
  CAST(TRIM(words.s) AS FLOAT64) / 2.0 AS f
FROM `my-project.shop.words` AS words
WHERE words.id = 9

-- bools
SELECT id, (quantity)::int::bool AS b, paid::text AS t, paid::int AS i, 'yes'::bool AS y FROM orders WHERE quantity IS NOT NULL ORDER BY id
----
SELECT
  orders.id,
  DIV(orders.quantity * 4294967296, 4294967296) <> 0 AS b,
  CAST(orders.paid AS STRING) AS t,
  CAST(orders.paid AS INT64) AS i,
  TRUE AS y
FROM `my-project.shop.orders` AS orders
WHERE orders.quantity IS NOT NULL
ORDER BY id NULLS LAST

-- width bucket
SELECT id, width_bucket(amount, 0, 100, 4) FROM orders ORDER BY id
----
SELECT
  orders.id,
  CASE WHEN BIGNUMERIC '0' < BIGNUMERIC '100' THEN CASE WHEN orders.amount < BIGNUMERIC '0' THEN 0 WHEN orders.amount >= BIGNUMERIC '100' THEN 4 + 1 ELSE CAST(FLOOR((orders.amount - BIGNUMERIC '0') * 4 / (BIGNUMERIC '100' - BIGNUMERIC '0')) AS INT64) + 1 END ELSE CASE WHEN orders.amount > BIGNUMERIC '0' THEN 0 WHEN orders.amount <= BIGNUMERIC '100' THEN 4 + 1 ELSE CAST(FLOOR((BIGNUMERIC '0' - orders.amount) * 4 / (BIGNUMERIC '0' - BIGNUMERIC '100')) AS INT64) + 1 END END AS width_bucket
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- sign and trig
SELECT id, sign(n), sign(f), degrees(f), radians(f), sin(f), atan2(f, 2) FROM numbers WHERE id <> 9 ORDER BY id
----
SELECT
  numbers.id,
  SIGN(numbers.n) AS sign,
  IF(IS_NAN(numbers.f), 0.0, SIGN(numbers.f)) AS sign_1,
  numbers.f / (ACOS(-1) / 180) AS degrees,
  numbers.f * (ACOS(-1) / 180) AS radians,
  SIN(numbers.f) AS sin,
  ATAN2(numbers.f, 2.0) AS atan2
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id <> 9
ORDER BY id NULLS LAST

-- to_char of numbers
SELECT id, to_char(n, 'FM999,999,990.00') a, to_char(n, '9999990.0') b, to_char(i, '999') c, to_char(i, 'FM00000') d FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  IF(numbers.n IS NULL, NULL, CONCAT(IF(ROUND(numbers.n, 2) < 0, '-', ''), IF(ABS(ROUND(numbers.n, 2)) >= NUMERIC '1000000000', '###,###,###.##', FORMAT('%\'.2f', ABS(ROUND(numbers.n, 2)))))) AS a,
  IF(numbers.n IS NULL, NULL, LPAD(CONCAT(IF(ROUND(numbers.n, 1) < 0, '-', ''), IF(ABS(ROUND(numbers.n, 1)) >= NUMERIC '10000000', '#######.#', FORMAT('%.1f', ABS(ROUND(numbers.n, 1))))), 10, ' ')) AS b,
  IF(CAST(numbers.i AS NUMERIC) IS NULL, NULL, LPAD(CONCAT(IF(ROUND(CAST(numbers.i AS NUMERIC), 0) < 0, '-', ''), IF(ABS(ROUND(CAST(numbers.i AS NUMERIC), 0)) >= NUMERIC '1000', '###', FORMAT('%.0f', ABS(ROUND(CAST(numbers.i AS NUMERIC), 0))))), 4, ' ')) AS c,
  IF(CAST(numbers.i AS NUMERIC) IS NULL, NULL, CONCAT(IF(ROUND(CAST(numbers.i AS NUMERIC), 0) < 0, '-', ''), IF(ABS(ROUND(CAST(numbers.i AS NUMERIC), 0)) >= NUMERIC '100000', '#####', LPAD(FORMAT('%.0f', ABS(ROUND(CAST(numbers.i AS NUMERIC), 0))), 5, '0')))) AS d
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- products in aggregates
SELECT sum(i / j), avg(i / 2), sum(n * m), sum(amount * quantity) FROM numbers JOIN orders USING (id)
----
SELECT
  SUM(CAST(DIV(numbers.i, numbers.j) AS NUMERIC)) AS sum,
  CONCAT(NULLIF(FORMAT('%.0f', SUM(CAST(DIV(numbers.i, 2) AS NUMERIC))), 'NULL'), ' ', CAST(COUNT(DIV(numbers.i, 2)) AS STRING), ' /') AS avg,
  SUM(CAST(numbers.n AS BIGNUMERIC) * numbers.m) AS sum_1,
  SUM(orders.amount * CAST(orders.quantity AS NUMERIC)) AS sum_2
FROM `my-project.shop.numbers` AS numbers
JOIN `my-project.shop.orders` AS orders ON numbers.id = orders.id

-- random is between zero and one
SELECT random() >= 0 AND random() < 1 AS r
----
SELECT RAND() >= 0.0 AND RAND() < 1.0 AS r

-- big constants
SELECT 9223372036854775807 AS a, 12345678901234567890 AS b, 1e10 AS c, 0.1::float8 AS d, -9223372036854775808 AS e
----
SELECT
  9223372036854775807 AS a,
  NUMERIC '12345678901234567890' AS b,
  NUMERIC '10000000000' AS c,
  0.1 AS d,
  CAST('-9223372036854775808' AS INT64) AS e

-- not a number
SELECT v FROM (VALUES (1.5::float8), ('NaN'), (NULL), ('-Infinity'), (7)) t(v) WHERE v >= -1 OR v IS NULL ORDER BY v DESC
----
SELECT t.column1 AS v
FROM (
  SELECT *
  FROM UNNEST([
    STRUCT(1.5 AS column1),
    STRUCT(CAST('NaN' AS FLOAT64)),
    STRUCT(CAST(NULL AS FLOAT64)),
    STRUCT(CAST('-inf' AS FLOAT64)),
    STRUCT(7.0)
  ])
) AS t
WHERE (t.column1 >= -1.0 OR IS_NAN(t.column1)) OR t.column1 IS NULL
ORDER BY IS_NAN(v) DESC NULLS FIRST, v DESC NULLS FIRST

-- least and greatest of all
SELECT max(v), min(v), least(max(v), 3), greatest(min(v), 0), count(*) FILTER (WHERE v = w), count(*) FILTER (WHERE v < w), count(*) FILTER (WHERE v <> w) FROM (VALUES (1.5::float8, 2::float8), ('NaN', 'NaN'), (NULL, 1), (3, 'NaN')) t(v, w)
----
SELECT
  MAX(t.column1) AS max,
  COALESCE(MIN(IF(IS_NAN(t.column1), NULL, t.column1)), MIN(t.column1)) AS min,
  COALESCE(COALESCE(LEAST(IF(IS_NAN(MAX(t.column1)), NULL, MAX(t.column1)), 3.0), IF(IS_NAN(MAX(t.column1)), NULL, MAX(t.column1)), 3.0), MAX(t.column1), 3.0) AS least,
  COALESCE(GREATEST(COALESCE(MIN(IF(IS_NAN(t.column1), NULL, t.column1)), MIN(t.column1)), 0.0), 0.0) AS greatest,
  COUNTIF(t.column1 = t.column2 OR IS_NAN(t.column1) AND IS_NAN(t.column2)) AS count,
  COUNTIF(t.column1 < t.column2 OR NOT IS_NAN(t.column1) AND IS_NAN(t.column2)) AS count_1,
  COUNTIF(t.column1 <> t.column2 AND NOT (IS_NAN(t.column1) AND IS_NAN(t.column2))) AS count_2
FROM (
  SELECT *
  FROM UNNEST([
    STRUCT(1.5 AS column1, 2.0 AS column2),
    (CAST('NaN' AS FLOAT64), CAST('NaN' AS FLOAT64)),
    (CAST(NULL AS FLOAT64), 1.0),
    (3.0, CAST('NaN' AS FLOAT64))
  ])
) AS t

-- distinct floats in order
SELECT DISTINCT discount FROM orders UNION SELECT 'NaN' ORDER BY 1
----
SELECT DISTINCT orders.discount
FROM `my-project.shop.orders` AS orders
UNION DISTINCT
SELECT CAST('NaN' AS FLOAT64) AS discount
ORDER BY IS_NAN(discount) NULLS LAST, discount NULLS LAST

-- windows over floats
SELECT id, rank() OVER (ORDER BY score DESC) r, sum(id) OVER (ORDER BY score) s FROM customers ORDER BY id
----
SELECT
  customers.id,
  RANK() OVER (ORDER BY IS_NAN(customers.score) DESC NULLS FIRST, customers.score DESC NULLS FIRST) AS r,
  SUM(CAST(customers.id AS NUMERIC)) OVER (ORDER BY customers.score IS NULL, IS_NAN(customers.score), customers.score) AS s
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- int4 and int2 arithmetic stays in its range
SELECT id, (i % 1000)::int + 1 AS s, (i % 1000)::int * (j % 100)::int AS p, -((i % 1000)::int) AS neg, abs((i % 1000)::int) AS a, (i % 100)::smallint AS small FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  MOD(numbers.i, 1000) + 1 AS s,
  MOD(numbers.i, 1000) * MOD(numbers.j, 100) AS p,
  -MOD(numbers.i, 1000) AS neg,
  ABS(MOD(numbers.i, 1000)) AS a,
  MOD(numbers.i, 100) AS small
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- int4 arithmetic that cannot overflow
SELECT id, length(id::text) + 1 AS a, date '2024-03-01' - date '2024-02-01' AS b, 2 * 3 + 4 AS c, CASE WHEN i > 0 THEN 1 ELSE 0 END - 1 AS d FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CHAR_LENGTH(CAST(numbers.id AS STRING)) + 1 AS a,
  DATE_DIFF(DATE '2024-03-01', DATE '2024-02-01', DAY) AS b,
  2 * 3 + 4 AS c,
  CASE WHEN numbers.i > 0 THEN 1 ELSE 0 END - 1 AS d
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- a quotient goes on, rounded
SELECT id, round(n / 3 * 100, 2) AS pct, (n / 3 + 1)::int AS whole, n / 3 > 0.5 AS more FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  ROUND(CAST(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3' AS BIGNUMERIC) * NUMERIC '100', 2) AS pct,
  DIV(CAST(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3' + NUMERIC '1' AS INT64) * 4294967296, 4294967296) AS whole,
  CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3' > NUMERIC '0.5' AS more
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- a quotient goes on, in full
SELECT id, n / 3 * 100 AS pct FROM numbers
----
SELECT
  numbers.id,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' / ', NULLIF(FORMAT('%.0f', NUMERIC '100'), 'NULL'), ' *') AS pct
FROM `my-project.shop.numbers` AS numbers

-- a quotient of a subquery goes on, in full
SELECT q.third + 1 AS more FROM (SELECT n / 3 AS third FROM numbers) AS q
----
SELECT CONCAT(q.third_digits, ' ', NULLIF(FORMAT('%.0f', NUMERIC '1'), 'NULL'), ' +') AS more
FROM (
  SELECT
    CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3' AS third,
    CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') AS third_digits
  FROM `my-project.shop.numbers` AS numbers
) AS q

-- the average of quotients, in full
SELECT avg(n / 3) AS a FROM numbers
----
SELECT
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END), SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC)), 'NULL'), ' /') AS a
FROM `my-project.shop.numbers` AS numbers

-- text as integer
SELECT ' 42 '::text::bigint AS a, (id::text)::int AS b FROM numbers ORDER BY id
----
SELECT
  42 AS a,
  DIV(CAST(TRANSLATE(TRIM(CAST(numbers.id AS STRING)), 'xX', '??') AS INT64) * 4294967296, 4294967296) AS b
FROM `my-project.shop.numbers` AS numbers
ORDER BY numbers.id NULLS LAST

-- bits of hexadecimal digits
SELECT id, ('x' || md5(id::text))::bit(64)::bigint AS h, ('x' || substr(md5(id::text), 1, 8))::bit(32)::int AS i FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  ((CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 1, 8)) AS INT64) << 32) | CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 9, 8)) AS INT64)) AS h,
  ((CAST(CONCAT('0x', RPAD(SUBSTR(TO_HEX(MD5(CAST(numbers.id AS STRING))), 1, 8), 8, '0')) AS INT64) & 2147483647) - (CAST(CONCAT('0x', RPAD(SUBSTR(TO_HEX(MD5(CAST(numbers.id AS STRING))), 1, 8), 8, '0')) AS INT64) & 2147483648)) AS i
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- the symmetric aggregate of BI tools
SELECT sum(DISTINCT i::numeric + ('x' || md5(id::text))::bit(64)::bigint::decimal(65) * 18446744073709551616) - sum(DISTINCT ('x' || md5(id::text))::bit(64)::bigint::decimal(65) * 18446744073709551616) AS total FROM numbers WHERE i IS NOT NULL
----
SELECT
  ((SUM(DISTINCT (CAST(numbers.i AS NUMERIC) + CAST(((CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 1, 8)) AS INT64) << 32) | CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 9, 8)) AS INT64)) AS BIGNUMERIC) * NUMERIC '18446744073709551616') * BIGNUMERIC '1e-20') - SUM(DISTINCT (CAST(((CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 1, 8)) AS INT64) << 32) | CAST(CONCAT('0x', SUBSTR(RPAD(TO_HEX(MD5(CAST(numbers.id AS STRING))), 16, '0'), 9, 8)) AS INT64)) AS BIGNUMERIC) * NUMERIC '18446744073709551616') * BIGNUMERIC '1e-20')) * BIGNUMERIC '1e20') AS total
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.i IS NOT NULL

-- digits of branches as text
SELECT id, (CASE WHEN id = 1 THEN 1.5 ELSE n END)::text AS c, coalesce(n, 0.1)::text AS d FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CASE WHEN numbers.id = 1 THEN NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL') ELSE NULLIF(FORMAT('%.6f', numbers.n), 'NULL') END AS c,
  COALESCE(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), NULLIF(FORMAT('%.1f', NUMERIC '0.1'), 'NULL')) AS d
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- roots further in, shown in full
SELECT max(sqrt(abs(n))) FROM numbers
----
SELECT
  ANY_VALUE(CONCAT(NULLIF(FORMAT('%.6f', ABS(numbers.n)), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, SQRT(CAST(ABS(numbers.n) AS BIGNUMERIC))), 'NULL'), ' sqrt') HAVING MAX SQRT(CAST(ABS(numbers.n) AS BIGNUMERIC))) AS max
FROM `my-project.shop.numbers` AS numbers

-- roots further in, rounded
SELECT round(max(sqrt(abs(n))), 2) FROM numbers
----
SELECT ROUND(MAX(SQRT(CAST(ABS(numbers.n) AS BIGNUMERIC))), 2) AS round
FROM `my-project.shop.numbers` AS numbers

-- NaN among others
SELECT id FROM numbers WHERE f IN ('NaN', 2.5) OR f = ANY (ARRAY['NaN', 3.5]::float8[]) OR nullif(f, 'NaN') IS NULL ORDER BY id
----
SELECT numbers.id
FROM `my-project.shop.numbers` AS numbers
WHERE ((numbers.f = CAST('NaN' AS FLOAT64) OR IS_NAN(numbers.f) AND IS_NAN(CAST('NaN' AS FLOAT64))) OR numbers.f = 2.5) OR (SELECT CASE WHEN [CAST('NaN' AS FLOAT64), 3.5] IS NULL THEN NULL WHEN LOGICAL_OR(numbers.f = item OR IS_NAN(numbers.f) AND IS_NAN(item)) IS TRUE THEN TRUE WHEN COUNTIF((numbers.f = item OR IS_NAN(numbers.f) AND IS_NAN(item)) IS NULL) > 0 THEN NULL ELSE FALSE END FROM UNNEST([CAST('NaN' AS FLOAT64), 3.5]) AS item) OR IF(numbers.f = CAST('NaN' AS FLOAT64) OR IS_NAN(numbers.f) AND IS_NAN(CAST('NaN' AS FLOAT64)), NULL, numbers.f) IS NULL
ORDER BY id NULLS LAST

-- NaN among rows
SELECT id, f IN (SELECT f FROM numbers WHERE f > 0) AS a, f <> ALL (SELECT discount FROM orders WHERE discount > 0) AS b, f > ALL (SELECT 2.5::float8) AS c FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  IF(numbers.f = 0, '0', CAST(numbers.f AS STRING)) IN (
    SELECT IF(compared.f = 0, '0', CAST(compared.f AS STRING)) FROM (
      SELECT numbers_1.f
      FROM `my-project.shop.numbers` AS numbers_1
      WHERE numbers_1.f > 0.0 OR IS_NAN(numbers_1.f)
    ) AS compared
  ) AS a,
  IF(numbers.f = 0, '0', CAST(numbers.f AS STRING)) NOT IN (
    SELECT IF(compared_1.discount = 0, '0', CAST(compared_1.discount AS STRING)) FROM (
      SELECT orders.discount
      FROM `my-project.shop.orders` AS orders
      WHERE orders.discount > 0.0 OR IS_NAN(orders.discount)
    ) AS compared_1
  ) AS b,
  (SELECT CASE WHEN LOGICAL_AND(numbers.f > compared_2.float8 OR IS_NAN(numbers.f) AND NOT IS_NAN(compared_2.float8)) IS FALSE THEN FALSE WHEN COUNTIF((numbers.f > compared_2.float8 OR IS_NAN(numbers.f) AND NOT IS_NAN(compared_2.float8)) IS NULL) > 0 THEN NULL ELSE TRUE END FROM (SELECT 2.5 AS float8) AS compared_2) AS c
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- common divisors
SELECT gcd(i, 12) AS a FROM numbers
----
ERROR 0A000 at 8: the function gcd(bigint, bigint) is not supported

-- bounds from an array
SELECT id, width_bucket(f, ARRAY[0, 1, 3.5]::double precision[]) AS b FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  IF(numbers.f IS NULL, NULL, (SELECT COUNT(*) FROM UNNEST([0.0, 1.0, 3.5]) AS bound WHERE bound <= numbers.f OR IS_NAN(numbers.f))) AS b
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- a zero below zero as text
SELECT id, (-f * 0)::text AS a, 'x' || (f * 0) AS b FROM numbers WHERE id < 5
----
SELECT
  numbers.id,
  (SELECT CASE WHEN number IS NULL THEN NULL WHEN IS_NAN(number) THEN 'NaN' WHEN IS_INF(number) THEN IF(number > 0, 'Infinity', '-Infinity') WHEN number = 0 THEN IF(IEEE_DIVIDE(1, number) < 0, '-0', '0') WHEN ABS(number) >= 1e15 OR ABS(number) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number) AS FLOAT64) = number THEN FORMAT('%.14e', number) WHEN CAST(FORMAT('%.15e', number) AS FLOAT64) = number THEN FORMAT('%.15e', number) ELSE FORMAT('%.16e', number) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number) AS FLOAT64) = number THEN FORMAT('%.15g', number) WHEN CAST(FORMAT('%.16g', number) AS FLOAT64) = number THEN FORMAT('%.16g', number) ELSE FORMAT('%.17g', number) END END FROM UNNEST([-numbers.f * 0.0]) AS number) AS a,
  'x' || (SELECT CASE WHEN number_1 IS NULL THEN NULL WHEN IS_NAN(number_1) THEN 'NaN' WHEN IS_INF(number_1) THEN IF(number_1 > 0, 'Infinity', '-Infinity') WHEN number_1 = 0 THEN IF(IEEE_DIVIDE(1, number_1) < 0, '-0', '0') WHEN ABS(number_1) >= 1e15 OR ABS(number_1) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.14e', number_1) WHEN CAST(FORMAT('%.15e', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.15e', number_1) ELSE FORMAT('%.16e', number_1) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.15g', number_1) WHEN CAST(FORMAT('%.16g', number_1) AS FLOAT64) = number_1 THEN FORMAT('%.16g', number_1) ELSE FORMAT('%.17g', number_1) END END FROM UNNEST([numbers.f * 0.0]) AS number_1) AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id < 5

-- buckets between computed bounds
SELECT id, width_bucket(f, (SELECT min(f) FROM numbers WHERE id < 8), (SELECT max(f) FROM numbers WHERE id < 8), 4) AS a, width_bucket(n, 0, i, 3) AS b FROM numbers WHERE i IS NULL OR i <> 0
----
SELECT
  numbers.id,
  (SELECT CASE WHEN given.value IS NULL OR given.low IS NULL OR given.high IS NULL OR given.buckets IS NULL THEN NULL WHEN given.buckets < 1 THEN ERROR('count must be greater than zero') WHEN given.low = given.high THEN ERROR('lower bound cannot equal upper bound') ELSE CASE WHEN given.low < given.high THEN CASE WHEN given.value < given.low THEN 0 WHEN given.value >= given.high THEN given.buckets + 1 ELSE CAST(FLOOR((given.value - given.low) * given.buckets / (given.high - given.low)) AS INT64) + 1 END ELSE CASE WHEN given.value > given.low THEN 0 WHEN given.value <= given.high THEN given.buckets + 1 ELSE CAST(FLOOR((given.low - given.value) * given.buckets / (given.low - given.high)) AS INT64) + 1 END END END FROM UNNEST([STRUCT(numbers.f AS value, (
    SELECT COALESCE(MIN(IF(IS_NAN(numbers_1.f), NULL, numbers_1.f)), MIN(numbers_1.f)) AS min
    FROM `my-project.shop.numbers` AS numbers_1
    WHERE numbers_1.id < 8
  ) AS low, (SELECT MAX(numbers_2.f) AS max FROM `my-project.shop.numbers` AS numbers_2 WHERE numbers_2.id < 8) AS high, 4 AS buckets)]) AS given) AS a,
  (SELECT CASE WHEN given_1.value IS NULL OR given_1.low IS NULL OR given_1.high IS NULL OR given_1.buckets IS NULL THEN NULL WHEN given_1.buckets < 1 THEN ERROR('count must be greater than zero') WHEN given_1.low = given_1.high THEN ERROR('lower bound cannot equal upper bound') ELSE CASE WHEN given_1.low < given_1.high THEN CASE WHEN given_1.value < given_1.low THEN 0 WHEN given_1.value >= given_1.high THEN given_1.buckets + 1 ELSE CAST(FLOOR((given_1.value - given_1.low) * given_1.buckets / (given_1.high - given_1.low)) AS INT64) + 1 END ELSE CASE WHEN given_1.value > given_1.low THEN 0 WHEN given_1.value <= given_1.high THEN given_1.buckets + 1 ELSE CAST(FLOOR((given_1.low - given_1.value) * given_1.buckets / (given_1.low - given_1.high)) AS INT64) + 1 END END END FROM UNNEST([STRUCT(CAST(numbers.n AS BIGNUMERIC) AS value, BIGNUMERIC '0' AS low, CAST(numbers.i AS BIGNUMERIC) AS high, 3 AS buckets)]) AS given_1) AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.i IS NULL OR numbers.i <> 0

-- shifts by any distance
SELECT id, i << j::int AS a, i >> j::int AS b, j::int << i::int AS c, j::int >> i::int AS d, j::int2 << id::int AS e, j << -1 AS f, j >> 65 AS g FROM numbers WHERE id < 9 ORDER BY id
----
SELECT
  numbers.id,
  numbers.i << (DIV(numbers.j * 4294967296, 4294967296) & 63) AS a,
  IF(numbers.i < 0, ~((~numbers.i) >> (DIV(numbers.j * 4294967296, 4294967296) & 63)), numbers.i >> (DIV(numbers.j * 4294967296, 4294967296) & 63)) AS b,
  (((DIV(numbers.j * 4294967296, 4294967296) << (DIV(numbers.i * 4294967296, 4294967296) & 31)) & 0xffffffff) ^ 0x80000000) - 0x80000000 AS c,
  IF(DIV(numbers.j * 4294967296, 4294967296) < 0, ~((~DIV(numbers.j * 4294967296, 4294967296)) >> (DIV(numbers.i * 4294967296, 4294967296) & 31)), DIV(numbers.j * 4294967296, 4294967296) >> (DIV(numbers.i * 4294967296, 4294967296) & 31)) AS d,
  (((DIV(numbers.j * 281474976710656, 281474976710656) << (DIV(numbers.id * 4294967296, 4294967296) & 31)) & 0xffff) ^ 0x8000) - 0x8000 AS e,
  numbers.j << 63 AS f,
  IF(numbers.j < 0, ~((~numbers.j) >> 1), numbers.j >> 1) AS g
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id < 9
ORDER BY id NULLS LAST

-- functions that are infinite somewhere
SELECT id, sinh(i * 10) AS a, cosh(i * 10) AS b, atanh(sign(f)) AS c, cot(j - j) AS d, atanh(f / 2e15) AS e FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  COALESCE(SAFE.SINH(CAST(numbers.i * 10 AS FLOAT64)), SIGN(CAST(numbers.i * 10 AS FLOAT64)) * CAST('inf' AS FLOAT64)) AS a,
  COALESCE(SAFE.COSH(CAST(numbers.i * 10 AS FLOAT64)), ABS(CAST(numbers.i * 10 AS FLOAT64)) * CAST('inf' AS FLOAT64)) AS b,
  IF(ABS(IF(IS_NAN(numbers.f), 0.0, SIGN(numbers.f))) = 1, IF(IS_NAN(numbers.f), 0.0, SIGN(numbers.f)) * CAST('inf' AS FLOAT64), ATANH(IF(IS_NAN(numbers.f), 0.0, SIGN(numbers.f)))) AS c,
  IF(CAST(numbers.j - numbers.j AS FLOAT64) = 0, IEEE_DIVIDE(1, CAST(numbers.j - numbers.j AS FLOAT64)), COT(CAST(numbers.j - numbers.j AS FLOAT64))) AS d,
  IF(ABS(numbers.f / 2000000000000000.0) = 1, numbers.f / 2000000000000000.0 * CAST('inf' AS FLOAT64), ATANH(numbers.f / 2000000000000000.0)) AS e
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- functions behind max() and min(), by their names
SELECT id, int8larger(i, j) AS a, numeric_smaller(n, 2.5) AS b, int8smaller(i, NULL) AS c FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CASE WHEN numbers.i IS NOT NULL AND numbers.j IS NOT NULL THEN COALESCE(GREATEST(numbers.j, numbers.i), numbers.j, numbers.i) END AS a,
  CASE WHEN numbers.n IS NOT NULL AND NUMERIC '2.5' IS NOT NULL THEN CASE WHEN NUMERIC '2.5' = COALESCE(LEAST(NUMERIC '2.5', numbers.n), NUMERIC '2.5') THEN NULLIF(FORMAT('%.1f', NUMERIC '2.5'), 'NULL') WHEN numbers.n = COALESCE(LEAST(NUMERIC '2.5', numbers.n), NUMERIC '2.5') THEN NULLIF(FORMAT('%.6f', numbers.n), 'NULL') END END AS b,
  CAST(NULL AS INT64) AS c
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST
