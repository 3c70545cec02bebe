-- filters on bare columns
SELECT id, status FROM orders WHERE day >= '2026-02-01' AND amount > 10 ORDER BY id
----
SELECT orders.id, orders.status
FROM `my-project.shop.orders` AS orders
WHERE orders.day >= DATE '2026-02-01' AND orders.amount > NUMERIC '10'
ORDER BY id NULLS LAST

-- aliases and names
SELECT o.id AS "select", o.amount total, 1+1, 'x', count(*) over () AS "Total" FROM orders o ORDER BY total DESC, 1
----
SELECT o.id AS c_select, o.amount AS total, 1 + 1 AS column, 'x' AS column__1, COUNT(*) OVER () AS Total_1
FROM `my-project.shop.orders` AS o
ORDER BY total DESC NULLS FIRST, c_select NULLS LAST

-- quoted names
SELECT "Id", "First Name" AS "Name", "order" FROM "Mixed Case" WHERE "Select" IS TRUE ORDER BY "order"
----
SELECT Mixed_Case.Id, Mixed_Case.`First Name` AS Name, Mixed_Case.`order` AS c_order
FROM `my-project.shop.Mixed Case` AS Mixed_Case
WHERE Mixed_Case.`Select` IS TRUE
ORDER BY c_order NULLS LAST

-- order of nulls
SELECT id, quantity FROM orders ORDER BY quantity DESC, id LIMIT 3 OFFSET 1
----
SELECT orders.id, orders.quantity
FROM `my-project.shop.orders` AS orders
ORDER BY quantity DESC NULLS FIRST, id NULLS LAST
LIMIT 3
OFFSET 1

-- order by expression
SELECT id FROM orders ORDER BY amount * quantity NULLS FIRST, id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
ORDER BY orders.amount * CAST(orders.quantity AS NUMERIC) NULLS FIRST, id NULLS LAST

-- distinct
SELECT DISTINCT lower(status) AS s FROM orders ORDER BY s
----
SELECT DISTINCT LOWER(TRANSLATE(orders.status, 'Σİ', 'σi')) AS s
FROM `my-project.shop.orders` AS orders
ORDER BY s NULLS LAST

-- distinct on
SELECT DISTINCT ON (status) status, id, amount FROM orders ORDER BY status, amount DESC, id
----
SELECT orders.status, orders.id, orders.amount
FROM `my-project.shop.orders` AS orders
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY orders.status ORDER BY orders.amount DESC NULLS FIRST, orders.id NULLS LAST) = 1
ORDER BY status NULLS LAST, amount DESC NULLS FIRST, id NULLS LAST

-- with ties
SELECT id, amount FROM orders ORDER BY amount DESC FETCH FIRST 3 ROWS WITH TIES
----
SELECT orders.id, orders.amount
FROM `my-project.shop.orders` AS orders
WHERE TRUE
QUALIFY RANK() OVER (ORDER BY orders.amount DESC NULLS FIRST) <= 3
ORDER BY amount DESC NULLS FIRST

-- values
SELECT v.code, count(c.id) n FROM (VALUES ('DE'), ('FR'), ('XX')) v(code) LEFT JOIN customers c ON c.country = v.code GROUP BY 1 ORDER BY 1
----
SELECT v.column1 AS code, COUNT(c.id) AS n
FROM (SELECT * FROM UNNEST([STRUCT('DE' AS column1), STRUCT('FR'), STRUCT('XX')])) AS v
LEFT JOIN `my-project.shop.customers` AS c ON c.country = v.column1
GROUP BY v.column1
ORDER BY code NULLS LAST

-- values of two columns
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(n, s) ORDER BY n
----
SELECT t.column1 AS n, t.column2 AS s
FROM (SELECT * FROM UNNEST([STRUCT(1 AS column1, 'a' AS column2), (2, CAST(NULL AS STRING))])) AS t
ORDER BY n NULLS LAST

-- no from
SELECT 1 AS one, 'it''s' AS s, NULL AS nothing, true AND NULL AS b
----
SELECT 1 AS one, 'it\'s' AS s, CAST(NULL AS STRING) AS nothing, TRUE AND CAST(NULL AS BOOL) AS b

-- case
SELECT id, CASE WHEN quantity > 5 THEN 'many' WHEN quantity < 0 THEN 'negative' END AS q, CASE status WHEN 'shipped' THEN 1 ELSE 0 END s FROM orders ORDER BY id
----
SELECT
  orders.id,
  CASE WHEN orders.quantity > 5 THEN 'many' WHEN orders.quantity < 0 THEN 'negative' END AS q,
  CASE WHEN orders.status = 'shipped' THEN 1 ELSE 0 END AS s
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- in lists
SELECT id FROM orders WHERE status IN ('shipped', 'pending') AND id NOT IN (1, 2) ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.status IN ('shipped', 'pending') AND orders.id NOT IN (1, 2)
ORDER BY id NULLS LAST

-- not in with null
SELECT count(*) FROM orders WHERE id NOT IN (SELECT customer_id FROM orders)
----
SELECT COUNT(*) AS count
FROM `my-project.shop.orders` AS orders
WHERE orders.id NOT IN (SELECT orders_1.customer_id FROM `my-project.shop.orders` AS orders_1)

-- is distinct
SELECT id FROM orders WHERE quantity IS DISTINCT FROM 3 AND (paid IS NOT TRUE OR paid IS UNKNOWN) ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.quantity IS DISTINCT FROM 3 AND (orders.paid IS NOT TRUE OR orders.paid IS NULL)
ORDER BY id NULLS LAST

-- greatest and least
SELECT id, greatest(quantity, 1), least(quantity, id, NULL), greatest(i, j) FROM orders JOIN numbers USING (id) ORDER BY id
----
SELECT
  orders.id,
  COALESCE(GREATEST(orders.quantity, 1), 1) AS greatest,
  COALESCE(LEAST(orders.quantity, orders.id), orders.id) AS least,
  COALESCE(GREATEST(numbers.i, numbers.j), numbers.i, numbers.j) AS greatest_1
FROM `my-project.shop.orders` AS orders
JOIN `my-project.shop.numbers` AS numbers ON orders.id = numbers.id
ORDER BY id NULLS LAST

-- nullif coalesce
SELECT id, nullif(note, ''), coalesce(status, note, 'none') FROM orders ORDER BY id
----
SELECT
  orders.id,
  NULLIF(orders.note, '') AS nullif,
  COALESCE(orders.status, orders.note, 'none') AS coalesce
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- between
SELECT id FROM orders WHERE quantity BETWEEN 0 AND 10 AND day NOT BETWEEN '2026-01-01' AND '2026-01-31' ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.quantity >= 0 AND orders.quantity <= 10 AND (orders.day < DATE '2026-01-01' OR orders.day > DATE '2026-01-31')
ORDER BY id NULLS LAST

-- any array
SELECT id FROM orders WHERE id = ANY(ARRAY[1, 5, 9]) OR status <> ALL(ARRAY['shipped', 'x']) ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.id IN UNNEST([1, 5, 9]) OR orders.status NOT IN UNNEST(['shipped', 'x'])
ORDER BY id NULLS LAST

-- group by expression inside another
SELECT date_trunc('month', shipped_at) + interval '1 day' AS m, count(*) FROM orders GROUP BY date_trunc('month', shipped_at) ORDER BY 1
----
SELECT DATETIME_ADD(grouped.key_1, INTERVAL 1 DAY) AS m, grouped.value_2 AS count
FROM (
  SELECT DATETIME_TRUNC(orders.shipped_at, MONTH) AS key_1, COUNT(*) AS value_2
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY m NULLS LAST

-- boolean order
SELECT id, paid FROM orders ORDER BY paid, id
----
SELECT orders.id, orders.paid
FROM `my-project.shop.orders` AS orders
ORDER BY paid NULLS LAST, id NULLS LAST
