-- text of objects
SELECT id, attrs::text AS a, attrs->>'addr' AS b, attrs->>'plan' AS c, attrs->'langs'->> -1 AS d FROM customers ORDER BY id
----
ERROR 42883 at 86: operator does not exist: jsonb ->>- integer

-- changes
SELECT id, attrs - 'addr' - 'langs' AS a, attrs || '{"seats": 9}' AS b, attrs #- '{addr,zip}' AS c, jsonb_set(attrs, '{addr,city}', '"Rome"') AS d, jsonb_strip_nulls(attrs) AS e FROM customers ORDER BY id
----
SELECT
  customers.id,
  CASE JSON_TYPE(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE JSON_TYPE(element) <> 'string' OR STRING(element) NOT IN ('addr') ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END) WHEN 'object' THEN JSON_REMOVE(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE JSON_TYPE(element) <> 'string' OR STRING(element) NOT IN ('addr') ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END, '$.langs') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element_1 FROM UNNEST(JSON_QUERY_ARRAY(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE JSON_TYPE(element) <> 'string' OR STRING(element) NOT IN ('addr') ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END)) AS element_1 WITH OFFSET AS place_1 WHERE JSON_TYPE(element_1) <> 'string' OR STRING(element_1) NOT IN ('langs') ORDER BY place_1)) ELSE IF(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE JSON_TYPE(element) <> 'string' OR STRING(element) NOT IN ('addr') ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END AS a,
  (SELECT IF(sides.a IS NULL OR sides.b IS NULL, NULL, IF(JSON_TYPE(sides.a) = 'object' AND JSON_TYPE(sides.b) = 'object', PARSE_JSON(CONCAT('{', REGEXP_REPLACE(TO_JSON_STRING(sides.b), r'^.|.$', ''), IF(TO_JSON_STRING(sides.a) = '{}' OR TO_JSON_STRING(sides.b) = '{}', '', ','), REGEXP_REPLACE(TO_JSON_STRING(sides.a), r'^.|.$', ''), '}')), TO_JSON(ARRAY_CONCAT(IF(JSON_TYPE(sides.a) = 'array', JSON_QUERY_ARRAY(sides.a), [sides.a]), IF(JSON_TYPE(sides.b) = 'array', JSON_QUERY_ARRAY(sides.b), [sides.b]))))) FROM UNNEST([STRUCT(customers.attrs AS a, JSON '{"seats": 9}' AS b)]) AS sides) AS b,
  JSON_REMOVE(customers.attrs, '$.addr.zip') AS c,
  IF(customers.attrs IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.addr')) = 'object', JSON_SET(customers.attrs, '$.addr.city', JSON '"Rome"'), IF(JSON_TYPE(customers.attrs) IN ('object', 'array'), customers.attrs, ERROR('cannot set path in scalar')))) AS d,
  JSON_STRIP_NULLS(customers.attrs, include_arrays => FALSE, remove_empty => FALSE) AS e
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- containment
SELECT id FROM customers WHERE attrs @> '{"langs": ["de"], "addr": {"city": "Berlin"}}' OR attrs @> '{"gone": null}' ORDER BY id
----
SELECT customers.id
FROM `my-project.shop.customers` AS customers
WHERE IF(customers.attrs IS NULL, NULL, COALESCE(TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.addr.city')) = '"Berlin"' AND JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array' AND EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) AS element WHERE TO_JSON_STRING(element) = '"de"'), FALSE)) OR IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(JSON_QUERY(customers.attrs, '$.gone')) = 'null', FALSE))
ORDER BY id NULLS LAST

-- digits in json
SELECT id, jsonb_build_object('n', n, 'list', jsonb_build_array(i, n)) AS a FROM numbers ORDER BY id
----
SELECT
  numbers.id,
  JSON_OBJECT('\ue000', JSON_ARRAY('o', 'n', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', numbers.n), 'NULL')), 'list', JSON_ARRAY('a', numbers.i, JSON_ARRAY('n', NULLIF(FORMAT('%.6f', numbers.n), 'NULL'))))) AS a
FROM `my-project.shop.numbers` AS numbers
ORDER BY id NULLS LAST

-- layout of json
SELECT json_agg(json_build_object('id', id, 'amount', amount, 'status', status) ORDER BY id) AS a, json_object_agg(id, amount) AS b FROM orders WHERE id < 3
----
SELECT
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', orders.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')), 'status', orders.status)) ORDER BY orders.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', orders.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')), 'status', orders.status)) ORDER BY orders.id))))) AS a,
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(CAST(orders.id AS STRING)) IS NULL, NULL, JSON_ARRAY('p', TO_JSON(ARRAY_AGG(CAST(orders.id AS STRING))), TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))))))) AS b
FROM `my-project.shop.orders` AS orders
WHERE orders.id < 3

-- grouped
SELECT attrs->'plan' AS p, count(*) FROM customers GROUP BY attrs->'plan'
----
SELECT PARSE_JSON(grouped.key_1) AS p, grouped.value_2 AS count
FROM (
  SELECT
    IF(JSON_QUERY(customers.attrs, '$.plan') IS NULL, NULL, TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.plan'))) AS key_1,
    COUNT(*) AS value_2
  FROM `my-project.shop.customers` AS customers
  GROUP BY 1
) AS grouped
ORDER BY count NULLS LAST, JSON_TYPE(PARSE_JSON(grouped.key_1)) NULLS LAST

-- paths
SELECT id, jsonb_path_query_first(attrs, '$.addr.city') AS a, jsonb_path_query_array(attrs, '$.langs[*] ? (@ != "en")') AS b, attrs @? '$.seats ? (@ > 2)' AS c, attrs @@ '$.plan == "pro"' AS d FROM customers ORDER BY id
----
ERROR 0A000 at 127: this jsonpath is not supported

-- records
SELECT c.id, r.plan, r.seats, r.beta FROM customers c CROSS JOIN LATERAL jsonb_to_record(c.attrs) AS r(plan text, seats int, beta boolean) ORDER BY c.id
----
SELECT c.id, r.value_0 AS plan, r.value_1 AS seats, r.value_2 AS beta
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(ARRAY(SELECT AS STRUCT COALESCE(JSON_VALUE(record, '$.plan'), IF(JSON_TYPE(JSON_QUERY(record, '$.plan')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))) AS value_0, DIV(CAST(JSON_VALUE(record, '$.seats') AS INT64) * 4294967296, 4294967296) AS value_1, CAST(JSON_VALUE(record, '$.beta') AS BOOL) AS value_2 FROM UNNEST([c.attrs]) AS record WITH OFFSET AS place ORDER BY place)) AS r
ORDER BY id NULLS LAST

-- objects of rows
SELECT jsonb_object_agg(id, name) AS a FROM customers
----
SELECT
  IF(ARRAY_AGG(CAST(customers.id AS STRING)) IS NULL, NULL, IF(COUNT(DISTINCT CAST(customers.id AS STRING)) < ARRAY_LENGTH(ARRAY_AGG(CAST(customers.id AS STRING))), ERROR('jsonb_object_agg() of keys that come twice is not supported'), JSON_OBJECT(ARRAY_AGG(CAST(customers.id AS STRING)), ARRAY_AGG(TO_JSON(customers.name))))) AS a
FROM `my-project.shop.customers` AS customers
