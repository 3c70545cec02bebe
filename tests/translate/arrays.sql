-- stored arrays
SELECT id, tags, cardinality(tags) c, array_length(tags, 1) l, tags[1] f, tags[2:3] s FROM customers ORDER BY id
----
SELECT
  customers.id,
  customers.tags,
  ARRAY_LENGTH(customers.tags) AS c,
  NULLIF(ARRAY_LENGTH(customers.tags), 0) AS l,
  customers.tags[SAFE_ORDINAL(1)] AS f,
  TO_JSON(IF(customers.tags IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(customers.tags) AS item WITH OFFSET AS place WHERE place + 1 >= 2 AND place + 1 <= 3 ORDER BY place))) AS s
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- array functions
SELECT array_append(ARRAY[1, 2], 3) a, ARRAY[1] || ARRAY[2, 3] b, array_cat(ARRAY[1], ARRAY[2]) c, array_remove(ARRAY[1, 2, 1], 1) d, array_position(ARRAY['a', 'b'], 'b') p, array_prepend(0, ARRAY[1]) q
----
SELECT
  TO_JSON(ARRAY_CONCAT([1, 2], [3])) AS a,
  TO_JSON(ARRAY_CONCAT([1], [2, 3])) AS b,
  TO_JSON(ARRAY_CONCAT([1], [2])) AS c,
  TO_JSON(ARRAY(SELECT item_1 FROM UNNEST([1, 2, 1]) AS item_1 WITH OFFSET AS place WHERE item_1 IS DISTINCT FROM 1 ORDER BY place)) AS d,
  (SELECT MIN(place_1) + 1 FROM UNNEST(['a', 'b']) AS item_2 WITH OFFSET AS place_1 WHERE item_2 IS NOT DISTINCT FROM 'b') AS p,
  TO_JSON(ARRAY_CONCAT([0], [1])) AS q

-- unnest
SELECT c.id, t FROM customers c, unnest(c.tags) AS t ORDER BY 1, 2
----
SELECT c.id, t_1 AS t
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(c.tags) AS t_1
ORDER BY id NULLS LAST, t NULLS LAST

-- unnest with ordinality
SELECT c.id, t.tag, t.n FROM customers c CROSS JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS t(tag, n) ORDER BY 1, 3
----
SELECT c.id, t AS tag, t_offset + 1 AS n
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(c.tags) AS t WITH OFFSET AS t_offset
ORDER BY id NULLS LAST, n NULLS LAST

-- left join unnest
SELECT c.id, t FROM customers c LEFT JOIN unnest(c.tags) AS t ON true ORDER BY 1, 2
----
SELECT c.id, t_1 AS t
FROM `my-project.shop.customers` AS c
LEFT JOIN UNNEST(c.tags) AS t_1
ORDER BY id NULLS LAST, t NULLS LAST

-- unnest in the select list
SELECT unnest(ARRAY[3, 1, 2]) AS x ORDER BY x
----
SELECT srf AS x
FROM UNNEST([3, 1, 2]) AS srf WITH OFFSET AS srf_offset
ORDER BY x NULLS LAST, srf_offset + 1 NULLS LAST

-- contains and overlaps
SELECT id, tags @> ARRAY['vip'] c, tags && ARRAY['new', 'eu'] o, 'vip' = ANY(tags) a FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(customers.tags IS NULL OR ['vip'] IS NULL, NULL, NOT EXISTS(SELECT 1 FROM UNNEST(['vip']) AS item WHERE COALESCE(item NOT IN UNNEST(customers.tags), TRUE))) AS c,
  IF(customers.tags IS NULL OR ['new', 'eu'] IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST(customers.tags) AS item_1 WHERE item_1 IN UNNEST(['new', 'eu']))) AS o,
  'vip' IN UNNEST(customers.tags) AS a
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- array subquery
SELECT id, ARRAY(SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.id) AS ids FROM customers c ORDER BY id
----
SELECT
  c.id,
  TO_JSON(ARRAY(SELECT o.id FROM `my-project.shop.orders` AS o WHERE o.customer_id = c.id ORDER BY id NULLS LAST)) AS ids
FROM `my-project.shop.customers` AS c
ORDER BY id NULLS LAST

-- array of numerics and nulls
SELECT array_agg(amount ORDER BY id) a, array_agg(day ORDER BY id) d, array_agg(shipped_at ORDER BY id) t FROM orders WHERE id < 5
----
SELECT
  TO_JSON(IF(grouped.value_1 IS NULL, NULL, ARRAY(SELECT CAST(item AS STRING) FROM UNNEST(grouped.value_1) AS item WITH OFFSET AS place ORDER BY place))) AS a,
  TO_JSON(grouped.value_2) AS d,
  TO_JSON(grouped.value_3) AS t
FROM (
  SELECT
    ARRAY_AGG(orders.amount ORDER BY orders.id) AS value_1,
    ARRAY_AGG(orders.day ORDER BY orders.id) AS value_2,
    ARRAY_AGG(orders.shipped_at ORDER BY orders.id) AS value_3
  FROM `my-project.shop.orders` AS orders
  WHERE orders.id < 5
) AS grouped

-- series in the select list
SELECT generate_series(1, 5) AS x
----
SELECT srf AS x
FROM UNNEST(GENERATE_ARRAY(1, 5)) AS srf

-- tag counts
SELECT t, count(*) FROM customers, unnest(tags) t GROUP BY t ORDER BY 2 DESC, 1
----
SELECT t_1 AS t, COUNT(*) AS count
FROM `my-project.shop.customers` AS customers
CROSS JOIN UNNEST(customers.tags) AS t_1
GROUP BY t_1
ORDER BY count DESC NULLS FIRST, t NULLS LAST

-- arrays of every kind
SELECT array_agg(placed_at ORDER BY id) a, array_agg(discount ORDER BY id) b, array_agg(paid ORDER BY id) c, array_agg(note ORDER BY id) d, ARRAY[1.5, NULL] e FROM orders
----
SELECT
  TO_JSON(IF(grouped.value_1 IS NULL, NULL, ARRAY(SELECT UNIX_MICROS(item) FROM UNNEST(grouped.value_1) AS item WITH OFFSET AS place ORDER BY place))) AS a,
  TO_JSON(IF(grouped.value_2 IS NULL, NULL, ARRAY(SELECT IF(item_1 = 0 AND IEEE_DIVIDE(1, item_1) < 0, '-0', CAST(item_1 AS STRING)) FROM UNNEST(grouped.value_2) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1))) AS b,
  TO_JSON(grouped.value_3) AS c,
  TO_JSON(grouped.value_4) AS d,
  TO_JSON(ARRAY(SELECT CAST(item_2 AS STRING) FROM UNNEST([NUMERIC '1.5', NULL]) AS item_2 WITH OFFSET AS place_2 ORDER BY place_2)) AS e
FROM (
  SELECT
    ARRAY_AGG(orders.placed_at ORDER BY orders.id) AS value_1,
    ARRAY_AGG(orders.discount ORDER BY orders.id) AS value_2,
    ARRAY_AGG(orders.paid ORDER BY orders.id) AS value_3,
    ARRAY_AGG(orders.note ORDER BY orders.id) AS value_4
  FROM `my-project.shop.orders` AS orders
) AS grouped

-- slices and text of aggregated arrays
SELECT (array_agg(id ORDER BY id))[1:2] a, array_to_string(array_agg(id ORDER BY id), '-') b, (array_agg(status ORDER BY id))[1] c FROM orders GROUP BY paid ORDER BY 2
----
SELECT
  TO_JSON(IF(grouped.value_2 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(grouped.value_2) AS item WITH OFFSET AS place WHERE place + 1 >= 1 AND place + 1 <= 2 ORDER BY place))) AS a,
  ARRAY_TO_STRING(IF(grouped.value_2 IS NULL, NULL, ARRAY(SELECT CAST(item_1 AS STRING) FROM UNNEST(grouped.value_2) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1)), '-') AS b,
  grouped.value_3[SAFE_ORDINAL(1)] AS c
FROM (
  SELECT
    orders.paid AS key_1,
    ARRAY_AGG(orders.id ORDER BY orders.id) AS value_2,
    ARRAY_AGG(orders.status ORDER BY orders.id) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY b NULLS LAST

-- groups of arrays
SELECT tags, count(*) AS n FROM customers GROUP BY tags ORDER BY n DESC, tags
----
SELECT
  IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place)) AS tags,
  grouped.value_2 AS n
FROM (
  SELECT IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags)) AS key_1, COUNT(*) AS value_2
  FROM `my-project.shop.customers` AS customers
  GROUP BY 1
) AS grouped
ORDER BY n DESC NULLS FIRST, IF(ARRAY_LENGTH(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place))) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place)), '\x01', '\U0010FFFF'))) NULLS LAST

-- distinct arrays, in order
SELECT DISTINCT tags FROM customers ORDER BY 1 DESC
----
SELECT
  IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place)) AS tags
FROM (
  SELECT IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags)) AS key_1
  FROM `my-project.shop.customers` AS customers
  GROUP BY 1
) AS grouped
ORDER BY IF(ARRAY_LENGTH(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place))) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place)), '\x01', '\U0010FFFF'))) DESC NULLS FIRST

-- computed arrays as keys
SELECT a, count(*) FROM (SELECT ARRAY[src % 3, dst % 2] AS a FROM edges) t GROUP BY a ORDER BY a
----
SELECT
  TO_JSON(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT CAST(item AS INT64) FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place))) AS a,
  grouped.value_2 AS count
FROM (
  SELECT IF(t.a IS NULL, NULL, TO_JSON_STRING(t.a)) AS key_1, COUNT(*) AS value_2
  FROM (SELECT [MOD(edges.src, 3), MOD(edges.dst, 2)] AS a FROM `my-project.shop.edges` AS edges) AS t
  GROUP BY 1
) AS grouped
ORDER BY IF(ARRAY_LENGTH(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT CAST(item AS INT64) FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place))) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(ARRAY(SELECT LPAD(CAST(CAST(item_1 AS NUMERIC) + NUMERIC '9223372036854775808' AS STRING), 20, '0') FROM UNNEST(IF(grouped.key_1 IS NULL, NULL, ARRAY(SELECT CAST(item AS INT64) FROM UNNEST(JSON_VALUE_ARRAY(grouped.key_1)) AS item WITH OFFSET AS place ORDER BY place))) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1), '\x01', '\U0010FFFF'))) NULLS LAST

-- arrays of groups, in order
SELECT array_agg(src ORDER BY src) AS a FROM edges GROUP BY dst ORDER BY a
----
SELECT TO_JSON(grouped.value_2) AS a
FROM (
  SELECT edges.dst AS key_1, ARRAY_AGG(edges.src ORDER BY edges.src) AS value_2
  FROM `my-project.shop.edges` AS edges
  GROUP BY 1
) AS grouped
ORDER BY IF(ARRAY_LENGTH(grouped.value_2) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(ARRAY(SELECT LPAD(CAST(CAST(item AS NUMERIC) + NUMERIC '9223372036854775808' AS STRING), 20, '0') FROM UNNEST(grouped.value_2) AS item WITH OFFSET AS place ORDER BY place), '\x01', '\U0010FFFF'))) NULLS LAST

-- arrays that are equal
SELECT id, nullif(tags, '{}') AS t FROM customers ORDER BY id
----
SELECT
  customers.id,
  TO_JSON(IF(IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags)) = IF(ARRAY<STRING>[] IS NULL, NULL, TO_JSON_STRING(ARRAY<STRING>[])), NULL, customers.tags)) AS t
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- the first row by an array
SELECT DISTINCT ON (country) country, id, tags FROM customers ORDER BY country, tags DESC, id
----
SELECT customers.country, customers.id, customers.tags
FROM `my-project.shop.customers` AS customers
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY customers.country ORDER BY IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) DESC NULLS FIRST, customers.id NULLS LAST) = 1
ORDER BY country NULLS LAST, IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) DESC NULLS FIRST, id NULLS LAST

-- distinct arrays counted
SELECT count(DISTINCT tags) AS n FROM customers
----
SELECT COUNT(DISTINCT IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags))) AS n
FROM `my-project.shop.customers` AS customers

-- order of arrays of texts
SELECT id, tags < ARRAY['new'] AS a, tags >= '{vip,new}' AS b, tags > '{}' AS c, ARRAY['b2b', NULL] <= tags AS d, coalesce(NULL, tags) AS e FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) < IF(ARRAY_LENGTH(['new']) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(['new'], '\x01', '\U0010FFFF'))) AS a,
  IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) >= IF(ARRAY_LENGTH(['vip', 'new']) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(['vip', 'new'], '\x01', '\U0010FFFF'))) AS b,
  IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) > IF(ARRAY_LENGTH(ARRAY<STRING>[]) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(ARRAY<STRING>[], '\x01', '\U0010FFFF'))) AS c,
  IF(ARRAY_LENGTH(['b2b', NULL]) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(['b2b', NULL], '\x01', '\U0010FFFF'))) <= IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))) AS d,
  TO_JSON(COALESCE(customers.tags)) AS e
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST
