-- side by side
SELECT id, unnest(tags) AS tag, generate_series(1, 2) AS n FROM customers WHERE id < 12 ORDER BY id, n
----
SELECT customers.id, srf.value_0 AS tag, srf.value_1 AS n
FROM `my-project.shop.customers` AS customers
CROSS JOIN UNNEST(ARRAY(SELECT AS STRUCT lists.list_0[SAFE_OFFSET(row_number)] AS value_0, lists.list_1[SAFE_OFFSET(row_number)] AS value_1 FROM UNNEST([STRUCT(ARRAY(SELECT element FROM UNNEST(customers.tags) AS element WITH OFFSET AS place ORDER BY place) AS list_0, ARRAY(SELECT element_1 FROM UNNEST(GENERATE_ARRAY(1, 2)) AS element_1 WITH OFFSET AS place_1 ORDER BY place_1) AS list_1)]) AS lists CROSS JOIN UNNEST(GENERATE_ARRAY(0, GREATEST(ARRAY_LENGTH(lists.list_0), ARRAY_LENGTH(lists.list_1)) - 1)) AS row_number ORDER BY row_number)) AS srf WITH OFFSET AS srf_offset
WHERE customers.id < 12
ORDER BY id NULLS LAST, n NULLS LAST, srf_offset + 1 NULLS LAST

-- several arrays
SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY['a', 'b']) AS t(n, s) ORDER BY n
----
SELECT t.value_0 AS n, t.value_1 AS s
FROM UNNEST(ARRAY(SELECT AS STRUCT lists.list_0[SAFE_OFFSET(row_number)] AS value_0, lists.list_1[SAFE_OFFSET(row_number)] AS value_1 FROM UNNEST([STRUCT(ARRAY(SELECT element FROM UNNEST([1, 2, 3]) AS element WITH OFFSET AS place ORDER BY place) AS list_0, ARRAY(SELECT element_1 FROM UNNEST(['a', 'b']) AS element_1 WITH OFFSET AS place_1 ORDER BY place_1) AS list_1)]) AS lists CROSS JOIN UNNEST(GENERATE_ARRAY(0, GREATEST(ARRAY_LENGTH(lists.list_0), ARRAY_LENGTH(lists.list_1)) - 1)) AS row_number ORDER BY row_number)) AS t
ORDER BY n NULLS LAST

-- matches
SELECT w.id, m[1] AS one, m[2] AS two FROM words w CROSS JOIN LATERAL regexp_matches(w.s, '(\w)(o)', 'g') AS m ORDER BY w.id, 2, 3
----
SELECT
  w.id,
  [REGEXP_EXTRACT(m, r'([\pL\pN_])(?:o)'), REGEXP_EXTRACT(m, r'(?:[\pL\pN_])(o)')][SAFE_ORDINAL(1)] AS one,
  [REGEXP_EXTRACT(m, r'([\pL\pN_])(?:o)'), REGEXP_EXTRACT(m, r'(?:[\pL\pN_])(o)')][SAFE_ORDINAL(2)] AS two
FROM `my-project.shop.words` AS w
CROSS JOIN UNNEST(REGEXP_EXTRACT_ALL(w.s, r'(?:[\pL\pN_])(?:o)')) AS m
ORDER BY id NULLS LAST, one NULLS LAST, two NULLS LAST

-- limits by expressions
SELECT id FROM orders ORDER BY id LIMIT (SELECT count(*) FROM edges WHERE src = 1) OFFSET 1 + 1
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (ORDER BY orders.id NULLS LAST) > COALESCE(2, 0) AND COALESCE(ROW_NUMBER() OVER (ORDER BY orders.id NULLS LAST) <= (SELECT COUNT(*) AS count FROM `my-project.shop.edges` AS edges WHERE edges.src = 1) + COALESCE(2, 0), TRUE)
ORDER BY id NULLS LAST

-- ties after an offset
SELECT id, amount FROM orders ORDER BY amount NULLS LAST OFFSET 2 ROWS FETCH FIRST 1 ROW WITH TIES
----
SELECT orders.id, orders.amount
FROM `my-project.shop.orders` AS orders
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (ORDER BY orders.amount NULLS LAST) > 2 AND RANK() OVER (ORDER BY orders.amount NULLS LAST) <= 1 + 2
ORDER BY amount NULLS LAST
