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

-- a computed limit beside DISTINCT
SELECT DISTINCT status FROM orders ORDER BY status LIMIT (SELECT 2)
----
SELECT numbered_1.status
FROM (
  SELECT numbered.status, ROW_NUMBER() OVER (ORDER BY numbered.status NULLS LAST) AS row_number
  FROM (SELECT DISTINCT orders.status FROM `my-project.shop.orders` AS orders) AS numbered
) AS numbered_1
WHERE (SELECT 2 AS column) IS NULL OR numbered_1.row_number <= (SELECT 2 AS column)
ORDER BY numbered_1.row_number NULLS LAST

-- a computed limit of a set operation
SELECT id FROM orders UNION SELECT src FROM edges ORDER BY 1 LIMIT (SELECT 3) OFFSET (SELECT 1)
----
SELECT numbered_1.id
FROM (
  SELECT numbered.id, ROW_NUMBER() OVER (ORDER BY numbered.id NULLS LAST) AS row_number
  FROM (
    SELECT orders.id
    FROM `my-project.shop.orders` AS orders
    UNION DISTINCT
    SELECT edges.src AS id
    FROM `my-project.shop.edges` AS edges
  ) AS numbered
) AS numbered_1
WHERE numbered_1.row_number > COALESCE((SELECT 1 AS column), 0) AND ((SELECT 3 AS column) IS NULL OR numbered_1.row_number <= (SELECT 3 AS column) + COALESCE((SELECT 1 AS column), 0))
ORDER BY numbered_1.row_number NULLS LAST

-- a row against a subquery
SELECT id FROM orders o WHERE (status, quantity) = (SELECT x.status, max(x.quantity) FROM orders x WHERE x.status = o.status GROUP BY x.status) ORDER BY id
----
SELECT o.id
FROM `my-project.shop.orders` AS o
WHERE (
  SELECT o.status = row.status AND o.quantity = row.max AS compared
  FROM (
    SELECT x.status, MAX(x.quantity) AS max
    FROM `my-project.shop.orders` AS x
    WHERE x.status = o.status
    GROUP BY x.status
  ) AS row
)
ORDER BY id NULLS LAST

-- rows in order
SELECT e FROM edges e ORDER BY e DESC LIMIT 3
----
SELECT
  CONCAT('(', COALESCE(CAST(e_1.src AS STRING), ''), ',', COALESCE(CAST(e_1.dst AS STRING), ''), ',', COALESCE(CAST(e_1.w AS STRING), ''), ')') AS e
FROM `my-project.shop.edges` AS e_1
ORDER BY e_1.src DESC NULLS FIRST, e_1.dst DESC NULLS FIRST, e_1.w DESC NULLS FIRST
LIMIT 3

-- distinct rows
SELECT DISTINCT e FROM edges e WHERE src < 3 ORDER BY e
----
SELECT
  CONCAT('(', COALESCE(CAST(e_1.src AS STRING), ''), ',', COALESCE(CAST(e_1.dst AS STRING), ''), ',', COALESCE(CAST(e_1.w AS STRING), ''), ')') AS e
FROM `my-project.shop.edges` AS e_1
WHERE e_1.src < 3
GROUP BY e_1.src, e_1.dst, e_1.w
ORDER BY e_1.src NULLS LAST, e_1.dst NULLS LAST, e_1.w NULLS LAST

-- the clock's words
SELECT count(*) FROM orders WHERE day < 'today' AND placed_at >= timestamptz 'yesterday' - interval '100 years'
----
ERROR 0A000 at 41: the function current_date() is not supported

-- guarded conditions
SELECT id FROM numbers WHERE i <> 0 AND 100 / i > 5 ORDER BY id
----
SELECT numbers.id
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.i <> 0 AND CASE WHEN numbers.i <> 0 THEN DIV(100, numbers.i) > 5 ELSE FALSE END
ORDER BY id NULLS LAST

-- guarded casts
SELECT id FROM words WHERE s ~ '^-?\d+$' AND s::bigint > 1 ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE REGEXP_CONTAINS(words.s, r'^-?\d+$') AND CASE WHEN REGEXP_CONTAINS(words.s, r'^-?\d+$') THEN CAST(TRANSLATE(TRIM(words.s), 'xX', '??') AS INT64) > 1 ELSE FALSE END
ORDER BY id NULLS LAST

-- guarded alternatives
SELECT id, i = 0 OR 100 / i > 5 AS either, i <> 0 AND 100 / i > 5 AS both FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  numbers.i = 0 OR CASE WHEN (numbers.i = 0) IS TRUE THEN FALSE ELSE DIV(100, numbers.i) > 5 END AS either,
  numbers.i <> 0 AND CASE WHEN (numbers.i <> 0) IS FALSE THEN TRUE ELSE DIV(100, numbers.i) > 5 END AS both
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- one group of all rows
SELECT 1 AS one FROM orders GROUP BY ()
----
SELECT 1 AS one
FROM (SELECT 1 AS one) AS total
LEFT JOIN (SELECT COUNT(*) AS row_count FROM `my-project.shop.orders` AS orders GROUP BY GROUPING SETS (())) AS grouped ON TRUE

-- a group of a constant
SELECT 'x' AS c FROM orders GROUP BY c
----
SELECT 'x' AS c
FROM (SELECT COUNT(*) AS row_count FROM `my-project.shop.orders` AS orders HAVING COUNT(*) > 0) AS grouped

-- sorted by an aggregate that is not shown
SELECT 1 AS one FROM orders ORDER BY count(*)
----
SELECT 1 AS one
FROM (SELECT COUNT(*) AS value_1 FROM `my-project.shop.orders` AS orders) AS grouped
ORDER BY grouped.value_1 NULLS LAST

-- a group that no row decides
SELECT count(*) FROM orders HAVING false
----
SELECT COUNT(*) AS count
FROM `my-project.shop.orders` AS orders
HAVING COUNT(*) < 0

-- an inner condition guards an outer one
SELECT t.id FROM (SELECT id, i FROM numbers WHERE i <> 0) t WHERE 100 / t.i > 5 ORDER BY id
----
SELECT t.id
FROM (
  SELECT numbers.id, numbers.i, numbers.i <> 0 AS guard
  FROM `my-project.shop.numbers` AS numbers
  WHERE numbers.i <> 0
) AS t
WHERE CASE WHEN t.guard THEN DIV(100, t.i) > 5 END
ORDER BY id NULLS LAST

-- an inner condition guards a column that an outer one reads
SELECT v FROM (SELECT s::bigint AS v FROM words WHERE s ~ '^-?\d+$') t WHERE v > 1 ORDER BY v
----
SELECT t.v
FROM (
  SELECT
    CASE WHEN REGEXP_CONTAINS(words.s, r'^-?\d+$') THEN CAST(TRANSLATE(TRIM(words.s), 'xX', '??') AS INT64) END AS v
  FROM `my-project.shop.words` AS words
  WHERE REGEXP_CONTAINS(words.s, r'^-?\d+$')
) AS t
WHERE t.v > 1
ORDER BY v NULLS LAST

-- the condition of a WITH item guards its readers
WITH t AS (SELECT id, i FROM numbers WHERE i <> 0) SELECT a.id FROM t a JOIN t b ON a.id = b.id WHERE 100 / a.i > 5 AND b.id > 0 ORDER BY id
----
WITH t AS (
  SELECT numbers.id, numbers.i, numbers.i <> 0 AS guard
  FROM `my-project.shop.numbers` AS numbers
  WHERE numbers.i <> 0
)
SELECT a.id
FROM t AS a
JOIN t AS b ON a.id = b.id
WHERE CASE WHEN a.guard THEN DIV(100, a.i) > 5 END AND b.id > 0
ORDER BY id NULLS LAST

-- random values
SELECT count(*) AS n FROM (SELECT id, random() AS r FROM orders ORDER BY random() LIMIT 3) t WHERE r >= 0 AND r < 1
----
SELECT COUNT(*) AS n
FROM (SELECT orders.id, RAND() AS r FROM `my-project.shop.orders` AS orders ORDER BY r NULLS LAST LIMIT 3) AS t
WHERE (t.r >= 0.0 OR IS_NAN(t.r)) AND t.r < 1.0

-- random values that would be computed twice
WITH r AS (SELECT id, random() AS x FROM orders) SELECT count(*) AS n FROM r a JOIN r b ON b.id = a.id AND b.x = a.x
----
ERROR 0A000 at 23: a random value here is not supported

-- random identifiers
SELECT count(DISTINCT gen_random_uuid()) AS n FROM orders
----
SELECT COUNT(DISTINCT GENERATE_UUID()) AS n
FROM `my-project.shop.orders` AS orders

-- WITH that reads the outer row twice
SELECT c.id, (WITH o AS (SELECT amount, day FROM orders WHERE customer_id = c.id) SELECT count(*) FROM o JOIN o AS p ON o.day = p.day) AS n FROM customers c
----
ERROR 0A000 at 33: WITH that is read more than once in a subquery, of a row of the outer query is not supported
