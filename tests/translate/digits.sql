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
  CASE WHEN COUNT(orders.quantity) > 1 THEN CONCAT(CAST(COUNT(orders.quantity) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC) * CAST(orders.quantity AS NUMERIC))), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' * - ', CAST(COUNT(orders.quantity) AS STRING), ' ', CAST(COUNT(orders.quantity) AS STRING), ' 1 - * spread') END AS b,
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
  CASE WHEN COUNT(orders.quantity) OVER (ORDER BY orders.id) > 1 THEN CONCAT(CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC) * CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.id)), 'NULL'), ' * - ', CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' ', CAST(COUNT(orders.quantity) OVER (ORDER BY orders.id) AS STRING), ' 1 - * spread root') END AS b
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
  CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '1000000'), 'NULL'), ' / ', NULLIF(FORMAT('%.*f', 38, EXP(CAST(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '1000000' AS BIGNUMERIC))), 'NULL'), ' exp') AS b
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
