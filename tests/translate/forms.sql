-- the standard's array types
SELECT id, CAST(NULL AS bigint ARRAY) IS NULL AS missing, CAST(ARRAY[quantity, 2] AS bigint ARRAY[2]) AS pair FROM orders WHERE quantity > 2 ORDER BY id
----
SELECT orders.id, CAST(NULL AS ARRAY<INT64>) IS NULL AS missing, TO_JSON([orders.quantity, 2]) AS pair
FROM `my-project.shop.orders` AS orders
WHERE orders.quantity > 2
ORDER BY id NULLS LAST

-- rows within rows and rows that CASE compares
SELECT id, ((status, quantity), paid) = ((status, quantity), paid) AS same, CASE (status, quantity) WHEN (status, NULLIF(quantity, 0)) THEN 'as it is' ELSE 'zero' END AS kind FROM orders ORDER BY id
----
SELECT
  orders.id,
  (orders.status IS NOT DISTINCT FROM orders.status AND orders.quantity IS NOT DISTINCT FROM orders.quantity) AND orders.paid = orders.paid AS same,
  CASE WHEN orders.status IS NOT DISTINCT FROM orders.status AND orders.quantity IS NOT DISTINCT FROM IF(orders.quantity = 0, NULL, orders.quantity) THEN 'as it is' ELSE 'zero' END AS kind
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- GROUP BY DISTINCT
SELECT status, paid, count(*) AS n FROM orders GROUP BY DISTINCT ROLLUP (status, paid), ROLLUP (status) ORDER BY status, paid, n
----
SELECT grouped.key_1 AS status, grouped.key_2 AS paid, COALESCE(grouped.value_3, 0) AS n
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT orders.status AS key_1, orders.paid AS key_2, COUNT(*) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY GROUPING SETS ((orders.status, orders.paid), (orders.status), ())
) AS grouped ON TRUE
ORDER BY status NULLS LAST, paid NULLS LAST, n NULLS LAST

-- grouping sets within grouping sets
SELECT status, paid, count(*) AS n FROM orders GROUP BY GROUPING SETS (status, GROUPING SETS ((status, paid), ())) ORDER BY status, paid, n
----
SELECT grouped.key_1 AS status, grouped.key_2 AS paid, COALESCE(grouped.value_3, 0) AS n
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT orders.status AS key_1, orders.paid AS key_2, COUNT(*) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY GROUPING SETS ((orders.status), (orders.status, orders.paid), ())
) AS grouped ON TRUE
ORDER BY status NULLS LAST, paid NULLS LAST, n NULLS LAST

-- FETCH of a computed number of rows
SELECT id FROM orders ORDER BY id OFFSET 1 ROW FETCH NEXT (1 + 1) ROWS ONLY
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST
LIMIT 2
OFFSET 1

-- FILTER before an argument that may fail
SELECT day, sum(100 / quantity) FILTER (WHERE quantity <> 0) AS total FROM orders GROUP BY day ORDER BY day
----
SELECT orders.day, SUM(CAST(IF(orders.quantity <> 0, DIV(100, orders.quantity), NULL) AS NUMERIC)) AS total
FROM `my-project.shop.orders` AS orders
GROUP BY orders.day
ORDER BY day NULLS LAST

-- an alias that is a column's name too
SELECT status.id FROM customers AS status WHERE EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = status.id AND orders.status = 'shipped') ORDER BY 1
----
SELECT status_1.id
FROM `my-project.shop.customers` AS status_1
WHERE EXISTS(
  SELECT 1 AS column
  FROM `my-project.shop.orders` AS orders
  WHERE orders.customer_id = status_1.id AND orders.status = 'shipped'
)
ORDER BY id NULLS LAST

-- the name of a subquery's column
SELECT (SELECT * FROM (SELECT max(id) AS last FROM orders) o) FROM customers WHERE id = 10
----
SELECT
  (SELECT o.last FROM (SELECT MAX(orders.id) AS last FROM `my-project.shop.orders` AS orders) AS o) AS last
FROM `my-project.shop.customers` AS customers
WHERE customers.id = 10
