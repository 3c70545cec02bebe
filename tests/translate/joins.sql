-- inner
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'DE' ORDER BY 1
----
SELECT o.id, c.name
FROM `my-project.shop.orders` AS o
JOIN `my-project.shop.customers` AS c ON c.id = o.customer_id
WHERE c.country = 'DE'
ORDER BY id NULLS LAST

-- left using
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.id
----
SELECT o.id, c.name
FROM `my-project.shop.orders` AS o
LEFT JOIN `my-project.shop.customers` AS c ON c.id = o.customer_id
ORDER BY id NULLS LAST

-- full join
SELECT o.id, c.id AS cid FROM orders o FULL JOIN customers c ON c.id = o.customer_id ORDER BY o.id, c.id
----
SELECT o.id, c.id AS cid
FROM `my-project.shop.orders` AS o
FULL JOIN `my-project.shop.customers` AS c ON c.id = o.customer_id
ORDER BY id NULLS LAST, cid NULLS LAST

-- self join
SELECT a.name, b.name AS friend FROM customers a LEFT JOIN customers b ON b.id = a.referrer ORDER BY a.id
----
SELECT a.name, b.name AS friend
FROM `my-project.shop.customers` AS a
LEFT JOIN `my-project.shop.customers` AS b ON b.id = a.referrer
ORDER BY a.id NULLS LAST

-- comma join
SELECT a.id, b.id AS other FROM customers a, customers b WHERE a.id < b.id AND a.country = b.country
----
SELECT a.id, b.id AS other
FROM `my-project.shop.customers` AS a
CROSS JOIN `my-project.shop.customers` AS b
WHERE a.id < b.id AND a.country = b.country

-- lateral top one
SELECT c.id, p.id pid, p.amount FROM customers c CROSS JOIN LATERAL (SELECT * FROM orders p WHERE p.customer_id = c.id ORDER BY amount DESC, id LIMIT 1) p ORDER BY 1
----
SELECT c.id, p_1.id AS pid, p_1.amount
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(ARRAY(
  SELECT AS STRUCT
    p.id,
    p.customer_id,
    p.status,
    p.day,
    p.placed_at,
    p.shipped_at,
    p.amount,
    p.quantity,
    p.discount,
    p.paid,
    p.note
  FROM `my-project.shop.orders` AS p
  WHERE p.customer_id = c.id
  ORDER BY amount DESC NULLS FIRST, id NULLS LAST
  LIMIT 1
)) AS p_1
ORDER BY id NULLS LAST

-- left lateral
SELECT c.id, p.n FROM customers c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders p WHERE p.customer_id = c.id HAVING count(*) > 1) p ON true ORDER BY 1
----
SELECT c.id, p_1.n
FROM `my-project.shop.customers` AS c
LEFT JOIN UNNEST(ARRAY(
  SELECT AS STRUCT COUNT(*) AS n
  FROM `my-project.shop.orders` AS p
  WHERE p.customer_id = c.id
  HAVING COUNT(*) > 1
)) AS p_1
ORDER BY id NULLS LAST

-- exists
SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 10) ORDER BY id
----
SELECT c.id
FROM `my-project.shop.customers` AS c
WHERE EXISTS(
  SELECT 1 AS column
  FROM `my-project.shop.orders` AS o
  WHERE o.customer_id = c.id AND o.amount > NUMERIC '10'
)
ORDER BY id NULLS LAST

-- not exists
SELECT id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) ORDER BY id
----
SELECT c.id
FROM `my-project.shop.customers` AS c
WHERE NOT EXISTS(SELECT 1 AS column FROM `my-project.shop.orders` AS o WHERE o.customer_id = c.id)
ORDER BY id NULLS LAST

-- scalar subquery
SELECT id, (SELECT max(amount) FROM orders o WHERE o.customer_id = c.id) AS top FROM customers c ORDER BY id
----
SELECT
  c.id,
  (SELECT MAX(o.amount) AS max FROM `my-project.shop.orders` AS o WHERE o.customer_id = c.id) AS top
FROM `my-project.shop.customers` AS c
ORDER BY id NULLS LAST

-- in subquery
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE paid) ORDER BY name
----
SELECT customers.name
FROM `my-project.shop.customers` AS customers
WHERE customers.id IN (SELECT orders.customer_id FROM `my-project.shop.orders` AS orders WHERE orders.paid)
ORDER BY name NULLS LAST

-- greater than all
SELECT id FROM orders WHERE amount > ALL (SELECT amount FROM orders WHERE status = 'returned') ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE (SELECT CASE WHEN LOGICAL_AND(orders.amount > compared.amount) IS FALSE THEN FALSE WHEN COUNTIF((orders.amount > compared.amount) IS NULL) > 0 THEN NULL ELSE TRUE END FROM (SELECT orders_1.amount FROM `my-project.shop.orders` AS orders_1 WHERE orders_1.status = 'returned') AS compared)
ORDER BY id NULLS LAST

-- cte twice
WITH x AS (SELECT customer_id AS c, sum(amount) AS s FROM orders GROUP BY 1) SELECT a.c, a.s FROM x a JOIN x b ON a.s < b.s OR a.c = b.c GROUP BY 1, 2 ORDER BY 1
----
WITH x AS (
  SELECT orders.customer_id AS c, SUM(orders.amount) AS s
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.customer_id
)
SELECT a.c, a.s
FROM x AS a
JOIN x AS b ON a.s < b.s OR a.c = b.c
GROUP BY a.c, a.s
ORDER BY c NULLS LAST

-- recursive path
WITH RECURSIVE p(node, path, cost) AS (SELECT 1::bigint, ARRAY[1::bigint], 0::bigint UNION ALL SELECT e.dst, path || e.dst, cost + w FROM p JOIN edges e ON e.src = p.node WHERE NOT e.dst = ANY(path)) SELECT node, cost, array_length(path, 1) len FROM p ORDER BY node, cost
----
WITH RECURSIVE p AS (
  SELECT 1 AS node, [1] AS path, 0 AS cost
  UNION ALL
  SELECT e.dst AS node, ARRAY_CONCAT(COALESCE(p_1.path, []), [e.dst]) AS path, p_1.cost + e.w AS cost
  FROM p AS p_1
  JOIN `my-project.shop.edges` AS e ON e.src = p_1.node
  WHERE NOT IF(p_1.path IS NULL, NULL, e.dst IN UNNEST(p_1.path))
)
SELECT p_2.node, p_2.cost, NULLIF(ARRAY_LENGTH(p_2.path), 0) AS len
FROM p AS p_2
ORDER BY node NULLS LAST, cost NULLS LAST

-- union
SELECT country FROM customers UNION SELECT 'US' ORDER BY 1
----
SELECT customers.country
FROM `my-project.shop.customers` AS customers
UNION DISTINCT
SELECT 'US' AS country
ORDER BY country NULLS LAST

-- nested limits
(SELECT id FROM customers ORDER BY id LIMIT 2) UNION ALL (SELECT id FROM customers ORDER BY id DESC LIMIT 2)
----
(SELECT customers.id FROM `my-project.shop.customers` AS customers ORDER BY id NULLS LAST LIMIT 2)
UNION ALL
(
  SELECT customers_1.id
  FROM `my-project.shop.customers` AS customers_1
  ORDER BY id DESC NULLS FIRST
  LIMIT 2
)

-- mixed set operations
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders UNION ALL SELECT 99 ORDER BY 1
----
(
  SELECT customers.id
  FROM `my-project.shop.customers` AS customers
  EXCEPT DISTINCT
  SELECT orders.customer_id AS id
  FROM `my-project.shop.orders` AS orders
)
UNION ALL
SELECT 99 AS id
ORDER BY id NULLS LAST

-- except all
SELECT status FROM orders EXCEPT ALL SELECT 'shipped'
----
SELECT status
FROM (
  SELECT status, ROW_NUMBER() OVER (PARTITION BY status) AS copy_number
  FROM (SELECT orders.status FROM `my-project.shop.orders` AS orders)
  EXCEPT DISTINCT
  SELECT status, ROW_NUMBER() OVER (PARTITION BY status) AS copy_number
  FROM (SELECT 'shipped' AS status)
)

-- intersect all
SELECT customer_id FROM orders INTERSECT ALL SELECT customer_id FROM orders WHERE id < 4
----
SELECT customer_id
FROM (
  SELECT customer_id, ROW_NUMBER() OVER (PARTITION BY customer_id) AS copy_number
  FROM (SELECT orders.customer_id FROM `my-project.shop.orders` AS orders)
  INTERSECT DISTINCT
  SELECT customer_id, ROW_NUMBER() OVER (PARTITION BY customer_id) AS copy_number
  FROM (SELECT orders_1.customer_id FROM `my-project.shop.orders` AS orders_1 WHERE orders_1.id < 4)
)

-- row comparison
SELECT id FROM orders WHERE (customer_id, id) > (10, 2) ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.customer_id > 10 OR orders.customer_id = 10 AND orders.id > 2
ORDER BY id NULLS LAST

-- row in
SELECT id FROM orders WHERE (customer_id, status) IN (SELECT customer_id, status FROM orders WHERE paid) ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE (SELECT CASE WHEN LOGICAL_OR(orders.customer_id = compared.customer_id AND orders.status = compared.status) IS TRUE THEN TRUE WHEN COUNTIF((orders.customer_id = compared.customer_id AND orders.status = compared.status) IS NULL) > 0 THEN NULL ELSE FALSE END FROM (
  SELECT orders_1.customer_id, orders_1.status
  FROM `my-project.shop.orders` AS orders_1
  WHERE orders_1.paid
) AS compared)
ORDER BY id NULLS LAST

-- a condition of a join guards those of WHERE
SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id AND o.quantity <> 0 WHERE 10 / o.quantity > 1 AND o.id > 0 ORDER BY o.id
----
SELECT o.id
FROM `my-project.shop.orders` AS o
JOIN `my-project.shop.customers` AS c ON c.id = o.customer_id AND o.quantity <> 0
WHERE CASE WHEN o.quantity <> 0 THEN DIV(10, o.quantity) > 1 ELSE FALSE END AND o.id > 0
ORDER BY id NULLS LAST

-- search depth first
WITH RECURSIVE p AS (SELECT dst FROM edges WHERE src = 1 UNION ALL SELECT e.dst FROM edges e JOIN p ON e.src = p.dst) SEARCH DEPTH FIRST BY dst SET path SELECT dst FROM p ORDER BY path
----
WITH RECURSIVE p AS (
  SELECT term.dst, [CONCAT('(', COALESCE(CAST(term.dst AS STRING), ''), ')')] AS path, [term.dst] AS sorted
  FROM (SELECT edges.dst FROM `my-project.shop.edges` AS edges WHERE edges.src = 1) AS term
  UNION ALL
  SELECT
    term_1.dst,
    ARRAY_CONCAT(COALESCE(term_1.path, []), [CONCAT('(', COALESCE(CAST(term_1.dst AS STRING), ''), ')')]) AS path,
    ARRAY_CONCAT(COALESCE(term_1.sorted, []), [term_1.dst]) AS sorted
  FROM (
    SELECT e.dst, p_1.path, p_1.sorted
    FROM `my-project.shop.edges` AS e
    JOIN p AS p_1 ON e.src = p_1.dst
  ) AS term_1
)
SELECT p_2.dst
FROM p AS p_2
ORDER BY IF(ARRAY_LENGTH(p_2.sorted) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(ARRAY(SELECT LPAD(CAST(CAST(item_2 AS NUMERIC) + NUMERIC '9223372036854775808' AS STRING), 20, '0') FROM UNNEST(p_2.sorted) AS item_2 WITH OFFSET AS place ORDER BY place), '\x01', '\U0010FFFF'))) NULLS LAST

-- search breadth first
WITH RECURSIVE p AS (SELECT src, dst FROM edges WHERE src = 1 UNION ALL SELECT e.src, e.dst FROM edges e JOIN p ON e.src = p.dst) SEARCH BREADTH FIRST BY src, dst SET place SELECT src, dst FROM p ORDER BY place
----
WITH RECURSIVE p AS (
  SELECT
    term.src,
    term.dst,
    CAST(NULL AS STRING) AS place,
    0 AS depth,
    term.src AS searched,
    term.dst AS searched_1
  FROM (SELECT edges.src, edges.dst FROM `my-project.shop.edges` AS edges WHERE edges.src = 1) AS term
  UNION ALL
  SELECT
    term_1.src,
    term_1.dst,
    CAST(NULL AS STRING) AS place,
    term_1.depth + 1 AS depth,
    term_1.src AS searched,
    term_1.dst AS searched_1
  FROM (
    SELECT e.src, e.dst, p_1.place, p_1.depth, p_1.searched, p_1.searched_1
    FROM `my-project.shop.edges` AS e
    JOIN p AS p_1 ON e.src = p_1.dst
  ) AS term_1
)
SELECT p_2.src, p_2.dst
FROM p AS p_2
ORDER BY p_2.depth NULLS LAST, p_2.searched NULLS LAST, p_2.searched_1 NULLS LAST

-- cycle
WITH RECURSIVE ways AS (SELECT src AS a, dst AS b FROM edges UNION ALL SELECT dst, src FROM edges), p(a, b) AS (SELECT a, b FROM ways WHERE a = 8 UNION ALL SELECT ways.a, ways.b FROM ways JOIN p ON ways.a = p.b) CYCLE a SET met TO 'Y' DEFAULT 'N' USING path SELECT a, b, met, path FROM p ORDER BY a, b, met
----
ERROR 0A000 at 277: a value of type record[] is not supported

-- tableoid tells which side has a row
SELECT o.id, c.tableoid IS NULL AS alone FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.id
----
SELECT o.id, CASE WHEN c.id IS NOT NULL THEN 915480758 END IS NULL AS alone
FROM `my-project.shop.orders` AS o
LEFT JOIN `my-project.shop.customers` AS c ON c.id = o.customer_id
ORDER BY id NULLS LAST
