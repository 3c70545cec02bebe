-- quotients as text
SELECT id, (n / j)::text AS a, n / 3 || ' eur' AS b, concat(n / 7, '%') AS c FROM numbers WHERE j <> 0 ORDER BY id
----
SELECT
  numbers.id,
  NULLIF(FORMAT('%.*f', GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 0))], ROUND(CAST(numbers.n AS BIGNUMERIC) / CAST(numbers.j AS NUMERIC), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 0))])), 'NULL') AS a,
  NULLIF(FORMAT('%.*f', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0), ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))), 'NULL') || ' eur' AS b,
  CONCAT(COALESCE(NULLIF(FORMAT('%.*f', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0007', 4, 0), 6, 0), ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '7', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0007', 4, 0), 6, 0))), 'NULL'), ''), '%') AS c
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.j <> 0
ORDER BY id NULLS LAST

-- averages as text
SELECT status, avg(amount)::text AS a, 'x' || avg(quantity) AS b FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  NULLIF(FORMAT('%.*f', GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0), ROUND(ROUND(CAST(SUM(orders.amount) AS BIGNUMERIC) / CAST(COUNT(orders.amount) AS NUMERIC), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0)), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0))), 'NULL') AS a,
  'x' || NULLIF(FORMAT('%.*f', GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 0), ROUND(ROUND(CAST(SUM(CAST(orders.quantity AS NUMERIC)) AS BIGNUMERIC) / CAST(COUNT(orders.quantity) AS NUMERIC), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 0)), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(CAST(orders.quantity AS NUMERIC)))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.quantity) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 0))), 'NULL') AS b
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- an average of a subquery as text
SELECT t.a::text || ' on average' AS a FROM (SELECT status, avg(amount) AS a FROM orders GROUP BY status) t ORDER BY t.status
----
SELECT NULLIF(FORMAT('%.*f', t.a_scale, ROUND(t.a, t.a_scale)), 'NULL') || ' on average' AS a
FROM (
  SELECT
    orders.status,
    ROUND(CAST(SUM(orders.amount) AS BIGNUMERIC) / CAST(COUNT(orders.amount) AS NUMERIC), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0)) AS a,
    GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0) AS a_scale
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
) AS t
ORDER BY t.status NULLS LAST

-- the sum of quotients, in full
SELECT sum(n / j) AS a, sum(n * j / 100) AS b, sum(n * (1 - j / 100.0)) AS c, avg(n / 3) * 2 AS d FROM numbers WHERE j <> 0
----
SELECT
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n IS NOT NULL AND CAST(numbers.j AS NUMERIC) IS NOT NULL THEN GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 0))] END), SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / CAST(numbers.j AS NUMERIC), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 0))]))), 'NULL') AS a,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n * CAST(numbers.j AS NUMERIC) IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n * CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n * CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 6, 0) END), SUM(ROUND(CAST(numbers.n * CAST(numbers.j AS NUMERIC) AS BIGNUMERIC) / NUMERIC '100', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n * CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n * CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 6, 0)))), 'NULL') AS b,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(numbers.n AS BIGNUMERIC) * (NUMERIC '1' - ROUND(CAST(numbers.j AS BIGNUMERIC) / NUMERIC '100.0', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 0, 1))) IS NOT NULL THEN 6 + GREATEST(0, GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 0, 1)) END), SUM(CAST(numbers.n AS BIGNUMERIC) * (NUMERIC '1' - ROUND(CAST(numbers.j AS BIGNUMERIC) / NUMERIC '100.0', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.j AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 0, 1))))), 'NULL') AS c,
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END), SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC)), 'NULL'), ' / ', NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL'), ' *') AS d
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.j <> 0

-- the average of averages
SELECT avg(a) AS a, sum(a) AS b, max(a) AS c FROM (SELECT customer_id, avg(amount) AS a FROM orders GROUP BY customer_id) t
----
SELECT
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN t.a IS NOT NULL THEN t.a_scale_1 END), SUM(t.a)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(COUNT(t.a) AS NUMERIC)), 'NULL'), ' /') AS a,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN t.a IS NOT NULL THEN t.a_scale_1 END), SUM(t.a)), 'NULL') AS b,
  ANY_VALUE(t.a_digits HAVING MAX t.a) AS c
FROM (
  SELECT
    orders.customer_id,
    ROUND(CAST(SUM(orders.amount) AS BIGNUMERIC) / CAST(COUNT(orders.amount) AS NUMERIC), GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0)) AS a,
    GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0) AS a_scale,
    GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(orders.amount))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(orders.amount) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 2, 0) AS a_scale_1,
    CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(COUNT(orders.amount) AS NUMERIC)), 'NULL'), ' /') AS a_digits
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.customer_id
) AS t

-- sums of shares
SELECT status, sum(share) OVER (ORDER BY status) AS s FROM (SELECT status, count(*) * 100.0 / (SELECT count(*) FROM orders) AS share FROM orders GROUP BY status) t ORDER BY status
----
SELECT
  t.status,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN t.share IS NOT NULL THEN t.share_scale END) OVER (ORDER BY t.status IS NULL, t.status), SUM(t.share) OVER (ORDER BY t.status IS NULL, t.status)), 'NULL') AS s
FROM (
  SELECT
    orders.status,
    ROUND(CAST(CAST(COUNT(*) AS NUMERIC) * NUMERIC '100.0' AS BIGNUMERIC) / CAST((SELECT COUNT(*) AS count FROM `my-project.shop.orders` AS orders_1) AS NUMERIC), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(*) AS NUMERIC) * NUMERIC '100.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST((SELECT COUNT(*) AS count FROM `my-project.shop.orders` AS orders_2) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(*) AS NUMERIC) * NUMERIC '100.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST((SELECT COUNT(*) AS count FROM `my-project.shop.orders` AS orders_2) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 1, 0))]) AS share,
    GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(*) AS NUMERIC) * NUMERIC '100.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST((SELECT COUNT(*) AS count FROM `my-project.shop.orders` AS orders_3) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(*) AS NUMERIC) * NUMERIC '100.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST((SELECT COUNT(*) AS count FROM `my-project.shop.orders` AS orders_3) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 1, 0))] AS share_scale
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
) AS t
ORDER BY status NULLS LAST

-- an average of quotients beside quotients
SELECT n / 3 AS a FROM numbers WHERE id < 4 UNION ALL SELECT avg(n / 3) FROM numbers ORDER BY 1
----
SELECT combined.a_digits AS a
FROM (
  SELECT
    ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) AS a,
    CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') AS a_digits
  FROM `my-project.shop.numbers` AS numbers
  WHERE numbers.id < 4
  UNION ALL
  SELECT
    ROUND(CAST(SUM(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS BIGNUMERIC) / CAST(COUNT(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), MAX(CASE WHEN ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END), 0))]) AS a,
    CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers_1.n IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END), SUM(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', CAST(COUNT(ROUND(CAST(numbers_1.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers_1.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) AS NUMERIC)), 'NULL'), ' /') AS a_digits
  FROM `my-project.shop.numbers` AS numbers_1
) AS combined
ORDER BY combined.a NULLS LAST

-- quotients of small and large numbers
SELECT sum(n / 1000000) AS a, sum(m / 30000) AS b, sum(n / (i * 100000000.0)) AS c FROM numbers WHERE i <> 0
----
SELECT
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n IS NOT NULL THEN GREATEST(64 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 6, 0) END), SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '1000000', GREATEST(64 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0100', 4, 0), 6, 0)))), 'NULL') AS a,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.m IS NOT NULL THEN GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(64 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.m)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.m)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 20, 0))] END), SUM(ROUND(CAST(numbers.m AS BIGNUMERIC) / NUMERIC '30000', GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(64 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.m)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.m)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 20, 0))]))), 'NULL') AS b,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN numbers.n IS NOT NULL AND CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0' IS NOT NULL THEN GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 1))] END), SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / (CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0'), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(numbers.i AS NUMERIC) * NUMERIC '100000000.0')), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), 6, 1))]))), 'NULL') AS c
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.i <> 0

-- a quotient that equals what PostgreSQL shows
SELECT id FROM numbers WHERE n / 3 = 0.83333333333333333333 OR n / 3 IN (1.1666666666666667) ORDER BY id
----
SELECT numbers.id
FROM `my-project.shop.numbers` AS numbers
WHERE ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) = BIGNUMERIC '0.83333333333333333333' OR ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) = BIGNUMERIC '1.1666666666666667'
ORDER BY id NULLS LAST

-- quotients in JSON that a subquery computes
SELECT json_agg(n / 3 ORDER BY id) AS a, json_agg(b ORDER BY id) AS b FROM (SELECT id, n, avg(n / 3) OVER (PARTITION BY j) AS b FROM numbers WHERE id < 5) t
----
SELECT
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', CONCAT(NULLIF(FORMAT('%.6f', t.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /'))) ORDER BY t.id IS NULL, t.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', CONCAT(NULLIF(FORMAT('%.6f', t.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /'))) ORDER BY t.id IS NULL, t.id))))) AS a,
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.*f', t.b_scale, ROUND(t.b, t.b_scale)), 'NULL'))) ORDER BY t.id IS NULL, t.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.*f', t.b_scale, ROUND(t.b, t.b_scale)), 'NULL'))) ORDER BY t.id IS NULL, t.id))))) AS b
FROM (
  SELECT
    numbers.id,
    numbers.n,
    ROUND(CAST(SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS BIGNUMERIC) / CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS NUMERIC), GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), MAX(CASE WHEN ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END) OVER (PARTITION BY numbers.j), 0))]) AS b,
    GENERATE_ARRAY(0, 38)[OFFSET(GREATEST(16 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)')) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(SUM(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(CAST(COUNT(ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0))) OVER (PARTITION BY numbers.j) AS NUMERIC))), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4), 4, 0), MAX(CASE WHEN ROUND(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '3', GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0)) IS NOT NULL THEN GREATEST(60 - IFNULL(NULLIF(LENGTH(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)')), 0), 44) + IF(LEFT(REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(numbers.n)), '.', ''), 80, '0'), r'^(?:0000)*(.*)'), 4) <= '0003', 4, 0), 6, 0) END) OVER (PARTITION BY numbers.j), 0))] AS b_scale
  FROM `my-project.shop.numbers` AS numbers
  WHERE numbers.id < 5
) AS t

-- quotients in arrays
SELECT array_agg(n / 3 ORDER BY id) AS a, ARRAY[min(n / 7), max(n), NULL, 1.50] AS b FROM numbers WHERE id < 5
----
SELECT
  TO_JSON(ARRAY_AGG(CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') ORDER BY numbers.id)) AS a,
  TO_JSON([ANY_VALUE(CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '7'), 'NULL'), ' /') HAVING MIN CAST(numbers.n AS BIGNUMERIC) / NUMERIC '7'), NULLIF(FORMAT('%.6f', MAX(numbers.n)), 'NULL'), NULL, NULLIF(FORMAT('%.2f', NUMERIC '1.50'), 'NULL')]) AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id < 5

-- quotients in arrays of a subquery
SELECT x.a, x.a || 1.5 AS b FROM (SELECT array_agg(n / 7 ORDER BY id) AS a FROM numbers WHERE id < 4) x
----
SELECT
  TO_JSON(x.a_digits) AS a,
  TO_JSON(ARRAY_CONCAT(COALESCE(x.a_digits, []), [NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL')])) AS b
FROM (
  SELECT
    ARRAY_AGG(CAST(numbers.n AS BIGNUMERIC) / NUMERIC '7' ORDER BY numbers.id) AS a,
    ARRAY_AGG(CONCAT(NULLIF(FORMAT('%.6f', numbers.n), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '7'), 'NULL'), ' /') ORDER BY numbers.id) AS a_digits
  FROM `my-project.shop.numbers` AS numbers
  WHERE numbers.id < 4
) AS x

-- arrays of several digits
SELECT ARRAY(SELECT CASE WHEN id = 1 THEN n ELSE 1.5 END FROM numbers WHERE id < 3 ORDER BY id) AS a, array_agg(CASE WHEN id = 1 THEN 1.50 ELSE 2 END ORDER BY id) AS b FROM numbers WHERE id < 3
----
SELECT
  TO_JSON(ARRAY(
    SELECT
      CASE WHEN numbers_1.id = 1 THEN NULLIF(FORMAT('%.6f', numbers_1.n), 'NULL') ELSE NULLIF(FORMAT('%.1f', NUMERIC '1.5'), 'NULL') END AS c_case
    FROM `my-project.shop.numbers` AS numbers_1
    WHERE numbers_1.id < 3
    ORDER BY numbers_1.id NULLS LAST
  )) AS a,
  TO_JSON(ARRAY_AGG(CASE WHEN numbers.id = 1 THEN NULLIF(FORMAT('%.2f', NUMERIC '1.50'), 'NULL') ELSE NULLIF(FORMAT('%.0f', NUMERIC '2'), 'NULL') END ORDER BY numbers.id)) AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id < 3

-- an element of an array of quotients
SELECT x.a[1] AS a FROM (SELECT array_agg(n / 7 ORDER BY id) AS a FROM numbers) x
----
ERROR 0A000 at 8: a numeric whose digits differ from row to row, here is not supported

-- quotients of an array as text
SELECT array_to_string(array_agg(n / 7), ',') AS a FROM numbers
----
ERROR 0A000 at 24: a numeric whose digits differ from row to row, as text is not supported

-- sums of numbers that keep no zeros
SELECT sum(f::numeric) AS a, avg(f::numeric) AS b, sum(f::numeric * 2) AS c, sum(f::numeric * 1.10) AS d, sum(abs(f::numeric)) AS e FROM numbers WHERE id IN (1, 3, 7)
----
SELECT
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC))), 'NULL') AS a,
  CONCAT(NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC))), 'NULL'), ' ', CAST(COUNT(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)) AS STRING), ' /') AS b,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) * NUMERIC '2' IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) + 0 END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) * NUMERIC '2')), 'NULL') AS c,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) * NUMERIC '1.10' IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) + 2 END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) * NUMERIC '1.10')), 'NULL') AS d,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN ABS(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(ABS(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)) AS STRING), r'[.](.*)')), 0) END), SUM(ABS(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)))), 'NULL') AS e
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id IN (1, 3, 7)

-- running sums of numbers that keep no zeros
SELECT id, sum(f::numeric) OVER (ORDER BY id) AS a FROM numbers WHERE id IN (1, 3, 7) ORDER BY id
----
SELECT
  numbers.id,
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) END) OVER (ORDER BY numbers.id), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)) OVER (ORDER BY numbers.id)), 'NULL') AS a
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id IN (1, 3, 7)
ORDER BY id NULLS LAST

-- sums of numbers that keep no zeros, as text and in JSON
SELECT sum(f::numeric)::text AS a, json_build_object('s', sum(f::numeric), 'm', max(f::numeric)) AS b FROM numbers WHERE id IN (1, 3, 7)
----
SELECT
  NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC))), 'NULL') AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('o', 's', JSON_ARRAY('n', NULLIF(FORMAT('%.*f', MAX(CASE WHEN CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) IS NOT NULL THEN COALESCE(LENGTH(REGEXP_EXTRACT(CAST(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC) AS STRING), r'[.](.*)')), 0) END), SUM(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC))), 'NULL')), 'm', JSON_ARRAY('n', CAST(MAX(CAST(NULLIF(FORMAT('%.15g', numbers.f), 'NULL') AS BIGNUMERIC)) AS STRING)))) AS b
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id IN (1, 3, 7)

-- an average beside distinct values in JSON
SELECT status, json_build_object('n', count(*), 'avg', avg(amount), 'days', json_agg(DISTINCT day)) AS j FROM orders GROUP BY status ORDER BY status
----
SELECT
  grouped.key_1 AS status,
  JSON_OBJECT('\ue000', JSON_ARRAY('o', 'n', grouped.value_2, 'avg', JSON_ARRAY('n', CONCAT(NULLIF(FORMAT('%.2f', grouped.value_5), 'NULL'), ' ', CAST(grouped.value_6 AS STRING), ' /')), 'days', JSON_ARRAY('b', IF(grouped.value_4 IS NULL, NULL, TO_JSON(ARRAY(SELECT CAST(item AS STRING) FROM UNNEST(grouped.value_4) AS item ORDER BY item NULLS LAST)))))) AS j
FROM (
  SELECT
    orders.status AS key_1,
    COUNT(*) AS value_2,
    AVG(CAST(orders.amount AS BIGNUMERIC)) AS value_3,
    ARRAY_AGG(DISTINCT orders.day) AS value_4,
    SUM(orders.amount) AS value_5,
    COUNT(orders.amount) AS value_6
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY status NULLS LAST

-- a constant and what is added to it, divided, multiplied and rounded
SELECT id, floor((500000 - n) / n) AS f, ceil((1.5 + n) / n) AS c, trunc((2.25 - n) * n, 3) AS t, ((7 + n) / n)::int AS i FROM numbers WHERE n <> 0 ORDER BY id
----
SELECT
  numbers.id,
  FLOOR((BIGNUMERIC '500000' - numbers.n) / numbers.n) AS f,
  CEIL((BIGNUMERIC '1.5' + numbers.n) / numbers.n) AS c,
  TRUNC((BIGNUMERIC '2.25' - numbers.n) * numbers.n, 3) AS t,
  DIV(CAST((BIGNUMERIC '7' + numbers.n) / numbers.n AS INT64) * 4294967296, 4294967296) AS i
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.n <> NUMERIC '0'
ORDER BY id NULLS LAST
