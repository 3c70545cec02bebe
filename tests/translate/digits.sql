-- quotients
SELECT id, n / j AS a, n / 3 * j AS b, n - (SELECT avg(n) FROM numbers) AS c FROM numbers WHERE j <> 0 ORDER BY id
----
SELECT
  numbers.id,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(numbers.j AS NUMERIC)), 'NULL'), ' /') AS a,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' / ', NULLIF(FORMAT('%.0f', CAST(numbers.j AS NUMERIC)), 'NULL'), ' *') AS b,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', (
    SELECT
      CONCAT(NULLIF(FORMAT('%.6f', SUM(numbers_1.n)), 'NULL'), ' ', CAST(COUNT(numbers_1.n) AS STRING), ' /') AS avg
    FROM `my-project.shop.numbers` AS numbers_1
  ), ' -') AS c
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.j <> 0
ORDER BY id NULLS LAST

-- averages
SELECT status, avg(amount) AS a, avg(quantity) AS b, coalesce(sum(amount), 0) AS c, sum(CASE WHEN paid THEN amount ELSE 0 END) AS d FROM orders GROUP BY status ORDER BY a, status
----
SELECT
  orders.status,
  CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS a,
  CONCAT(NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' ', CAST(COUNT(orders.quantity) AS STRING), ' /') AS b,
  COALESCE(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), NULLIF(FORMAT('%.0f', NUMERIC '0'), 'NULL')) AS c,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END IS NOT NULL THEN CASE WHEN orders.paid THEN 2 ELSE 0 END END), SUM(CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END)), 'NULL') AS d
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY CAST(SUM(orders.amount) AS BIGNUMERIC) / CAST(COUNT(orders.amount) AS NUMERIC) NULLS LAST, status NULLS LAST

-- deviations
SELECT status, stddev(amount) AS a, variance(quantity) AS b, var_pop(amount) AS c FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  CASE WHEN COUNT(orders.amount) > 1 THEN CONCAT(CAST(COUNT(orders.amount) AS STRING), ' ', NULLIF(FORMAT('%.4f', SUM(orders.amount * orders.amount)), 'NULL'), ' * ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' * - ', CAST(COUNT(orders.amount) AS STRING), ' ', CAST(COUNT(orders.amount) AS STRING), ' 1 - * spread root') END AS a,
  CASE WHEN COUNT(orders.quantity) > 1 THEN CONCAT(CAST(COUNT(orders.quantity) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS BIGNUMERIC) * CAST(orders.quantity AS BIGNUMERIC))), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' * - ', CAST(COUNT(orders.quantity) AS STRING), ' ', CAST(COUNT(orders.quantity) AS STRING), ' 1 - * spread') END AS b,
  CASE WHEN COUNT(orders.amount) > 0 THEN CONCAT(CAST(COUNT(orders.amount) AS STRING), ' ', NULLIF(FORMAT('%.4f', SUM(orders.amount * orders.amount)), 'NULL'), ' * ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' * - ', CAST(COUNT(orders.amount) AS STRING), ' ', CAST(COUNT(orders.amount) AS STRING), ' * spread') END AS c
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- windows
SELECT id, avg(amount) OVER (ORDER BY id ROWS 2 PRECEDING) AS a, stddev(quantity) OVER (ORDER BY id) AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)), 'NULL'), ' ', CAST(COUNT(orders.amount) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS STRING), ' /') AS a,
  CASE WHEN COUNT(orders.quantity) OVER (ORDER BY orders.id) > 1 THEN CONCAT(CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS BIGNUMERIC) * CAST(orders.quantity AS BIGNUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' * - ', CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' ', CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' 1 - * spread root') END AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- through subqueries
WITH t AS (SELECT status, avg(amount) AS a, count(*) AS n FROM orders GROUP BY status) SELECT t.status, t.a, t.a / 2 AS half FROM t ORDER BY t.status
----
WITH t AS (
  SELECT
    orders.status,
    AVG(CAST(orders.amount AS BIGNUMERIC)) AS a,
    COUNT(*) AS n,
    CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS a_digits
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
)
SELECT
  t_1.status,
  t_1.a_digits AS a,
  CONCAT(t_1.a_digits, ' ', NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), ' /') AS half
FROM t AS t_1
ORDER BY status NULLS LAST

-- mixed sides
SELECT 'a' AS k, count(*) AS n FROM customers UNION ALL SELECT 'b', sum(amount) FROM orders ORDER BY k
----
SELECT combined.k, combined.n_digits AS n
FROM (
  SELECT
    'a' AS k,
    CAST(COUNT(*) AS NUMERIC) AS n,
    NULLIF(FORMAT('%.0f', CAST(COUNT(*) AS NUMERIC)), 'NULL') AS n_digits
  FROM `my-project.shop.customers` AS customers
  UNION ALL
  SELECT 'b' AS k, SUM(orders.amount) AS n, NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL') AS n_digits
  FROM `my-project.shop.orders` AS orders
) AS combined
ORDER BY k NULLS LAST

-- functions
SELECT id, sqrt(n) AS a, exp(n / 1000000) AS b FROM numbers WHERE n > 0 ORDER BY id
----
SELECT
  numbers.id,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, SQRT(CAST(numbers.n AS BIGNUMERIC))), 'NULL'), ' sqrt') AS a,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '1000000'), 'NULL'), ' / ', NULLIF(FORMAT('%.*f', 38, EXP(CAST(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '1000000', GREATEST(64 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 6, 0)) AS BIGNUMERIC))), 'NULL'), ' exp') AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.n > NUMERIC '0'
ORDER BY id NULLS LAST

-- the digits of the greatest and the least are those of the item
SELECT id, greatest(round(n * 10), -2.25, n) AS g, least(n, 1.5, 0.250) AS l, greatest(n / 3, 1) AS q FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  CASE WHEN ROUND(numbers.n * NUMERIC '10') = COALESCE(GREATEST(COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25'), numbers.n), COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25')) THEN NULLIF(FORMAT('%.0f', ROUND(numbers.n * NUMERIC '10')), 'NULL') WHEN NUMERIC '-2.25' = COALESCE(GREATEST(COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25'), numbers.n), COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25')) THEN NULLIF(FORMAT('%.2f', NUMERIC '-2.25'), 'NULL') WHEN numbers.n = COALESCE(GREATEST(COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25'), numbers.n), COALESCE(GREATEST(ROUND(numbers.n * NUMERIC '10'), NUMERIC '-2.25'), NUMERIC '-2.25')) THEN NULLIF(FORMAT('%.6f', numbers.n), 'NULL') END AS g,
  CASE WHEN numbers.n = LEAST(COALESCE(LEAST(numbers.n, NUMERIC '1.5'), NUMERIC '1.5'), NUMERIC '0.250') THEN NULLIF(FORMAT('%.6f', numbers.n), 'NULL') WHEN NUMERIC '1.5' = LEAST(COALESCE(LEAST(numbers.n, NUMERIC '1.5'), NUMERIC '1.5'), NUMERIC '0.250') THEN NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL') WHEN NUMERIC '0.250' = LEAST(COALESCE(LEAST(numbers.n, NUMERIC '1.5'), NUMERIC '1.5'), NUMERIC '0.250') THEN NULLIF(FORMAT('%.3f', NUMERIC '0.250'), 'NULL') END AS l,
  CASE WHEN CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3' = COALESCE(GREATEST(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', NUMERIC '1'), NUMERIC '1') THEN CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') WHEN NUMERIC '1' = COALESCE(GREATEST(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', NUMERIC '1'), NUMERIC '1') THEN NULLIF(FORMAT('%.0f', NUMERIC '1'), 'NULL') END AS q
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- quotients of numbers as they are
SELECT words.id, s::numeric / 7 AS a, s::numeric * 1.10 AS b, s::numeric AS c FROM words WHERE id IN (9, 10) ORDER BY id
----
SELECT
  words.id,
  CONCAT(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(words.s, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(words.s, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(words.s) AS BIGNUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '7'), 'NULL'), ' /') AS a,
  CONCAT(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(words.s, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(words.s, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(words.s) AS BIGNUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.2f', NUMERIC '1.10'), 'NULL'), ' *') AS b,
  NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(words.s, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(words.s, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(words.s) AS BIGNUMERIC)), 'NULL') AS c
FROM `my-project.shop.words` AS words
WHERE words.id IN (9, 10)
ORDER BY id NULLS LAST

-- texts keep their zeros as numbers
SELECT x::numeric AS a, x::numeric - 1 AS b FROM (VALUES ('1.50'), (' 2.5 '), ('1.5e3'), ('1.5e-3'), ('.5'), ('+7')) v(x) ORDER BY 1
----
SELECT
  NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(v.column1, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(v.column1, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(v.column1) AS BIGNUMERIC)), 'NULL') AS a,
  CONCAT(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(v.column1, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(v.column1, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(v.column1) AS BIGNUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '1'), 'NULL'), ' -') AS b
FROM (
  SELECT *
  FROM UNNEST([
    STRUCT('1.50' AS column1),
    STRUCT(' 2.5 '),
    STRUCT('1.5e3'),
    STRUCT('1.5e-3'),
    STRUCT('.5'),
    STRUCT('+7')
  ])
) AS v
ORDER BY CAST(TRIM(v.column1) AS BIGNUMERIC) NULLS LAST

-- totals of texts
SELECT sum(x::numeric) AS a, avg(x::numeric) AS b, max(x::numeric) AS c FROM (VALUES ('1.50'), ('2.5'), ('-3')) v(x)
----
SELECT
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(TRIM(v.column1) AS BIGNUMERIC) IS NOT NULL THEN GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(v.column1, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(v.column1, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0) END), SUM(CAST(TRIM(v.column1) AS BIGNUMERIC))), 'NULL') AS a,
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(TRIM(v.column1) AS BIGNUMERIC) IS NOT NULL THEN GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(v.column1, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(v.column1, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0) END), SUM(CAST(TRIM(v.column1) AS BIGNUMERIC))), 'NULL'), ' ', CAST(COUNT(CAST(TRIM(v.column1) AS BIGNUMERIC)) AS STRING), ' /') AS b,
  ANY_VALUE(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(v.column1, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(v.column1, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(v.column1) AS BIGNUMERIC)), 'NULL') HAVING MAX CAST(TRIM(v.column1) AS BIGNUMERIC)) AS c
FROM (SELECT * FROM UNNEST([STRUCT('1.50' AS column1), STRUCT('2.5'), STRUCT('-3')])) AS v

-- the greatest average
SELECT max(a) AS high, min(a) AS low FROM (SELECT status, avg(amount) AS a FROM orders GROUP BY status) t
----
SELECT ANY_VALUE(t.a_digits HAVING MAX t.a) AS high, ANY_VALUE(t.a_digits HAVING MIN t.a) AS low
FROM (
  SELECT
    orders.status,
    AVG(CAST(orders.amount AS BIGNUMERIC)) AS a,
    CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS a_digits
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
) AS t

-- the greatest of values of several digits
SELECT max(x) AS high, min(x) AS low, sum(x) AS s FROM (VALUES (1.50), (2), (NULL)) v(x)
----
SELECT
  ANY_VALUE(v.column1_digits HAVING MAX v.column1) AS high,
  ANY_VALUE(v.column1_digits HAVING MIN v.column1) AS low,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN v.column1 IS NOT NULL THEN v.column1_scale END), SUM(v.column1)), 'NULL') AS s
FROM (
  SELECT *
  FROM UNNEST([
    STRUCT(NUMERIC '1.50' AS column1, NULLIF(FORMAT('%.2f', NUMERIC '1.50'), 'NULL') AS column1_digits, 2 AS column1_scale),
    (NUMERIC '2', NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), 0),
    (CAST(NULL AS BIGNUMERIC), CAST(NULL AS STRING), COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULL AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0))
  ])
) AS v

-- the greatest average beside each
SELECT status, avg(amount) AS a, max(avg(amount)) OVER () AS high FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS a,
  FIRST_VALUE(CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /')) OVER (ORDER BY AVG(CAST(orders.amount AS BIGNUMERIC)) DESC NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS high
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- rows of VALUES beside a column
SELECT o.id, v.x FROM orders o, LATERAL (VALUES (1.5), (o.amount)) v(x) WHERE o.id < 3 ORDER BY o.id, 2
----
SELECT o.id, v.column1_digits AS x
FROM `my-project.shop.orders` AS o
CROSS JOIN UNNEST(ARRAY(
  SELECT AS STRUCT *
  FROM (
    SELECT *
    FROM UNNEST([
      STRUCT(NUMERIC '1.5' AS column1, NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL') AS column1_digits),
      (o.amount, NULLIF(FORMAT('%.2f', o.amount), 'NULL'))
    ])
  )
)) AS v
WHERE o.id < 3
ORDER BY id NULLS LAST, v.column1 NULLS LAST

-- the average of rows of VALUES
SELECT avg(v.x) AS a FROM orders o, LATERAL (VALUES (1.5), (o.amount)) v(x)
----
SELECT
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN v.column1 IS NOT NULL THEN v.column1_scale END), SUM(v.column1)), 'NULL'), ' ', CAST(COUNT(v.column1) AS STRING), ' /') AS a
FROM `my-project.shop.orders` AS o
CROSS JOIN UNNEST(ARRAY(
  SELECT AS STRUCT *
  FROM (SELECT * FROM UNNEST([STRUCT(NUMERIC '1.5' AS column1, 1 AS column1_scale), (o.amount, 2)]))
)) AS v

-- remainders of the greatest
SELECT id, mod(greatest(n, 0.0), 3) AS m FROM numbers WHERE n IS NOT NULL ORDER BY id
----
SELECT
  numbers.id,
  CONCAT(CASE WHEN numbers.n = COALESCE(GREATEST(numbers.n, NUMERIC '0.0'), NUMERIC '0.0') THEN NULLIF(FORMAT('%.6f', numbers.n), 'NULL') WHEN NUMERIC '0.0' = COALESCE(GREATEST(numbers.n, NUMERIC '0.0'), NUMERIC '0.0') THEN NULLIF(FORMAT('%.1f', NUMERIC '0.0'), 'NULL') END, ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' %') AS m
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.n IS NOT NULL
ORDER BY id NULLS LAST

-- zero to a broken power
SELECT power(0::numeric, 0.5) AS a, power(n - n, 1.5) AS b FROM numbers WHERE id = 1
----
SELECT
  CONCAT(NULLIF(FORMAT('%.0f', NUMERIC '0'), 'NULL'), ' ', NULLIF(FORMAT('%.1f', NUMERIC '0.5'), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, POW(BIGNUMERIC '0', BIGNUMERIC '0.5')), 'NULL'), ' power') AS a,
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n - numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL'), ' ', NULLIF(FORMAT('%.*f', 38, POW(CAST(numbers.n - numbers.n AS BIGNUMERIC), BIGNUMERIC '1.5')), 'NULL'), ' power') AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id = 1

-- rounded to as many places as a row says
SELECT id, round(n, (id % 4)::int) AS r, trunc(n, (id % 3)::int) AS t FROM numbers WHERE n IS NOT NULL ORDER BY id
----
SELECT
  numbers.id,
  NULLIF(FORMAT('%.*f', GREATEST(LEAST(MOD(numbers.id, 4), 2000), 0), ROUND(numbers.n, MOD(numbers.id, 4))), 'NULL') AS r,
  NULLIF(FORMAT('%.*f', GREATEST(LEAST(MOD(numbers.id, 3), 2000), 0), TRUNC(numbers.n, MOD(numbers.id, 3))), 'NULL') AS t
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.n IS NOT NULL
ORDER BY id NULLS LAST

-- numbers from templates
SELECT to_number('12.5', '999.99') AS a, to_number('1,234.5', '9,999.9') AS b
----
ERROR 0A000 at 8: to_number() of text is not supported

-- scales
SELECT scale(n) AS a, scale(1.50) AS b, min_scale(n) AS c FROM numbers ORDER BY id
----
SELECT
  IF(numbers.n IS NULL, NULL, 6) AS a,
  IF(NUMERIC '1.50' IS NULL, NULL, 2) AS b,
  IF(numbers.n IS NULL, NULL, COALESCE(LENGTH(REGEXP_EXTRACT(CAST(numbers.n AS STRING), r'[.](.*)')), 0)) AS c
FROM `my-project.shop.numbers` AS numbers
ORDER BY numbers.id NULLS LAST

-- differences of values of several digits
SELECT 1.50 AS x FROM orders EXCEPT ALL SELECT 2 FROM orders
----
ERROR 0A000 at 8: a numeric whose digits differ from row to row, here is not supported

-- one of several digits as text
SELECT greatest(x, 1.0)::text AS t FROM (SELECT CASE WHEN id = 1 THEN 1.50 ELSE 2 END AS x FROM orders) q
----
SELECT
  NULLIF(FORMAT('%.*f', CASE WHEN q.x = COALESCE(GREATEST(q.x, NUMERIC '1.0'), NUMERIC '1.0') THEN q.x_scale WHEN NUMERIC '1.0' = COALESCE(GREATEST(q.x, NUMERIC '1.0'), NUMERIC '1.0') THEN 1 END, ROUND(COALESCE(GREATEST(q.x, NUMERIC '1.0'), NUMERIC '1.0'), CASE WHEN q.x = COALESCE(GREATEST(q.x, NUMERIC '1.0'), NUMERIC '1.0') THEN q.x_scale WHEN NUMERIC '1.0' = COALESCE(GREATEST(q.x, NUMERIC '1.0'), NUMERIC '1.0') THEN 1 END)), 'NULL') AS t
FROM (
  SELECT
    CASE WHEN orders.id = 1 THEN NUMERIC '1.50' ELSE NUMERIC '2' END AS x,
    CASE WHEN orders.id = 1 THEN 2 ELSE 0 END AS x_scale
  FROM `my-project.shop.orders` AS orders
) AS q

-- deviations of whole numbers of 64 bits
SELECT variance(i * 1000000000000000) AS v FROM numbers WHERE i IN (7, -7)
----
SELECT
  CASE WHEN COUNT(numbers.i * 1000000000000000) > 1 THEN CONCAT(CAST(COUNT(numbers.i * 1000000000000000) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(numbers.i * 1000000000000000 AS BIGNUMERIC) * CAST(numbers.i * 1000000000000000 AS BIGNUMERIC))), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(numbers.i * 1000000000000000 AS NUMERIC))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(numbers.i * 1000000000000000 AS NUMERIC))), 'NULL'), ' * - ', CAST(COUNT(numbers.i * 1000000000000000) AS STRING), ' ', CAST(COUNT(numbers.i * 1000000000000000) AS STRING), ' 1 - * spread') END AS v
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.i IN (7, -7)

-- whole numbers and those as they are
SELECT x FROM (SELECT s::numeric AS x FROM words WHERE id = 10) q UNION ALL SELECT NULL::numeric UNION ALL SELECT 7 ORDER BY 1
----
SELECT combined.x_digits AS x
FROM (
  SELECT q.x, q.x_digits
  FROM (
    SELECT
      CAST(TRIM(words.s) AS BIGNUMERIC) AS x,
      NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(words.s, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(words.s, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(words.s) AS BIGNUMERIC)), 'NULL') AS x_digits
    FROM `my-project.shop.words` AS words
    WHERE words.id = 10
  ) AS q
  UNION ALL
  SELECT CAST(NULL AS BIGNUMERIC) AS x, CAST(NULL AS STRING) AS x_digits
  UNION ALL
  SELECT NUMERIC '7' AS x, NULLIF(FORMAT('%.0f', NUMERIC '7'), 'NULL') AS x_digits
) AS combined
ORDER BY combined.x NULLS LAST

-- the same of one set but not another
SELECT 2 AS x FROM orders EXCEPT SELECT NULL::numeric ORDER BY 1
----
SELECT NUMERIC '2' AS x
FROM `my-project.shop.orders` AS orders
EXCEPT DISTINCT
SELECT CAST(NULL AS BIGNUMERIC) AS x
ORDER BY x NULLS LAST

-- the longer of two
SELECT status, sum(amount - coalesce(CASE WHEN paid THEN amount END, 0)) AS a, sum(CASE WHEN paid THEN amount - coalesce(nullif(amount, 12.5), 0) ELSE 0 END) AS b, sum(CASE WHEN paid THEN amount ELSE 0 END - 1) AS c, sum(abs(0 - CASE WHEN paid THEN amount ELSE 0 END)) AS d FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  SUM(orders.amount - COALESCE(CASE WHEN orders.paid THEN orders.amount END, NUMERIC '0')) AS a,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CASE WHEN orders.paid THEN orders.amount - COALESCE(NULLIF(orders.amount, NUMERIC '12.5'), NUMERIC '0') ELSE NUMERIC '0' END IS NOT NULL THEN CASE WHEN orders.paid THEN 2 ELSE 0 END END), SUM(CASE WHEN orders.paid THEN orders.amount - COALESCE(NULLIF(orders.amount, NUMERIC '12.5'), NUMERIC '0') ELSE NUMERIC '0' END)), 'NULL') AS b,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END - NUMERIC '1' IS NOT NULL THEN GREATEST(CASE WHEN orders.paid THEN 2 ELSE 0 END, 0) END), SUM(CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END - NUMERIC '1')), 'NULL') AS c,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN ABS(NUMERIC '0' - CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END) IS NOT NULL THEN GREATEST(0, CASE WHEN orders.paid THEN 2 ELSE 0 END) END), SUM(ABS(NUMERIC '0' - CASE WHEN orders.paid THEN orders.amount ELSE NUMERIC '0' END))), 'NULL') AS d
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST
