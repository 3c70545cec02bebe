-- text of objects
SELECT id, attrs::text AS a, attrs->>'addr' AS b, attrs->>'plan' AS c, attrs->'langs'->> -1 AS d FROM customers ORDER BY id
----
SELECT
  customers.id,
  (SELECT CASE WHEN json IS NULL THEN NULL WHEN JSON_TYPE(json) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json) = 'number' AND STRPOS(TO_JSON_STRING(json), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(json) = 'object', CONCAT(TO_JSON_STRING(part.name), ': '), ''), CASE WHEN part.item IS NULL THEN NULL WHEN JSON_TYPE(part.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part.item) = 'number' AND STRPOS(TO_JSON_STRING(part.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part.item) = 'object', CONCAT(TO_JSON_STRING(part_1.name), ': '), ''), CASE WHEN part_1.item IS NULL THEN NULL WHEN JSON_TYPE(part_1.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_1.item) = 'number' AND STRPOS(TO_JSON_STRING(part_1.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_1.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_1.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_1.item) = 'object', CONCAT(TO_JSON_STRING(part_2.name), ': '), ''), CASE WHEN part_2.item IS NULL THEN NULL WHEN JSON_TYPE(part_2.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_2.item) = 'number' AND STRPOS(TO_JSON_STRING(part_2.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_2.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_2.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_2.item) = 'object', CONCAT(TO_JSON_STRING(part_3.name), ': '), ''), IF(JSON_TYPE(part_3.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_3.item) = 'number' AND STRPOS(TO_JSON_STRING(part_3.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_3.item)))), ', ' ORDER BY part_3.place, part_3.name), ''), IF(JSON_TYPE(part_2.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_2.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_2.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_2.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_2.item)) AS item WITH OFFSET AS place))) AS part_3) END), ', ' ORDER BY part_2.place, part_2.name), ''), IF(JSON_TYPE(part_1.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_1.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_1.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_1.item)) AS item WITH OFFSET AS place))) AS part_2) END), ', ' ORDER BY part_1.place, part_1.name), ''), IF(JSON_TYPE(part.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part.item)) AS item WITH OFFSET AS place))) AS part_1) END), ', ' ORDER BY part.place, part.name), ''), IF(JSON_TYPE(json) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json)) AS item WITH OFFSET AS place))) AS part) END FROM UNNEST([customers.attrs]) AS json) AS a,
  JSON_QUERY(customers.attrs, '$.addr') AS b,
  JSON_QUERY(customers.attrs, '$.plan') AS c,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')), [JSON_QUERY(customers.attrs, '$.langs')])[SAFE_OFFSET(ARRAY_LENGTH(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')), [JSON_QUERY(customers.attrs, '$.langs')])) - 1)] AS d
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- changes
SELECT id, attrs - 'addr' - 'langs' AS a, attrs || '{"seats": 9}' AS b, attrs #- '{addr,zip}' AS c, jsonb_set(attrs, '{addr,city}', '"Rome"') AS d, jsonb_strip_nulls(attrs) AS e FROM customers ORDER BY id
----
SELECT
  customers.id,
  CASE JSON_TYPE(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE IF(JSON_TYPE(element) = 'string', STRING(element) NOT IN ('addr'), TRUE) ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END) WHEN 'object' THEN JSON_REMOVE(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE IF(JSON_TYPE(element) = 'string', STRING(element) NOT IN ('addr'), TRUE) ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END, '$.langs') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element_1 FROM UNNEST(JSON_QUERY_ARRAY(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE IF(JSON_TYPE(element) = 'string', STRING(element) NOT IN ('addr'), TRUE) ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END)) AS element_1 WITH OFFSET AS place_1 WHERE IF(JSON_TYPE(element_1) = 'string', STRING(element_1) NOT IN ('langs'), TRUE) ORDER BY place_1)) ELSE IF(CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_REMOVE(customers.attrs, '$.addr') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WITH OFFSET AS place WHERE IF(JSON_TYPE(element) = 'string', STRING(element) NOT IN ('addr'), TRUE) ORDER BY place)) ELSE IF(customers.attrs IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END AS a,
  (SELECT IF(sides.a IS NULL OR sides.b IS NULL, NULL, IF(JSON_TYPE(sides.a) = 'object' AND JSON_TYPE(sides.b) = 'object', PARSE_JSON(CONCAT('{', REGEXP_REPLACE(TO_JSON_STRING(sides.b), r'^.|.$', ''), IF(TO_JSON_STRING(sides.a) = '{}' OR TO_JSON_STRING(sides.b) = '{}', '', ','), REGEXP_REPLACE(TO_JSON_STRING(sides.a), r'^.|.$', ''), '}')), TO_JSON(ARRAY_CONCAT(IF(JSON_TYPE(sides.a) = 'array', JSON_QUERY_ARRAY(sides.a), [sides.a]), IF(JSON_TYPE(sides.b) = 'array', JSON_QUERY_ARRAY(sides.b), [sides.b]))))) FROM UNNEST([STRUCT(customers.attrs AS a, JSON '{"seats": 9}' AS b)]) AS sides) AS b,
  (SELECT IF(root IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root) IN ('object', 'array'), CASE JSON_TYPE(root) WHEN 'object' THEN IF(root['addr'] IS NULL, root, JSON_SET(root, '$.addr', (SELECT CASE JSON_TYPE(c_inner) WHEN 'object' THEN JSON_REMOVE(c_inner, '$.zip') WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "zip"') ELSE c_inner END FROM UNNEST([root['addr']]) AS c_inner))) WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root)) = 0, root, ERROR('path element at position 1 is not an integer: "addr"')) ELSE root END, ERROR('cannot delete path in scalar'))) FROM UNNEST([customers.attrs]) AS root) AS c,
  (SELECT IF(root_1 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_1) IN ('object', 'array'), CASE JSON_TYPE(root_1) WHEN 'object' THEN IF(root_1['addr'] IS NULL, root_1, JSON_SET(root_1, '$.addr', (SELECT CASE JSON_TYPE(c_inner_1) WHEN 'object' THEN JSON_SET(c_inner_1, '$.city', JSON '"Rome"') WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "city"') ELSE c_inner_1 END FROM UNNEST([root_1['addr']]) AS c_inner_1))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "addr"') ELSE root_1 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_1) AS d,
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
SELECT PARSE_JSON(grouped.json_1) AS p, grouped.value_3 AS count
FROM (
  SELECT
    REGEXP_REPLACE(IF(JSON_QUERY(customers.attrs, '$.plan') IS NULL, NULL, TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.plan'))), r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3') AS key_1,
    MIN(IF(JSON_QUERY(customers.attrs, '$.plan') IS NULL, NULL, TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.plan')))) AS json_1,
    COUNT(*) AS value_3
  FROM `my-project.shop.customers` AS customers
  GROUP BY 1
) AS grouped

-- paths
SELECT id, jsonb_path_query_first(attrs, '$.addr.city') AS a, jsonb_path_query_array(attrs, '$.langs[*] ? (@ != "en")') AS b, attrs @? '$.seats ? (@ > 2)' AS c, attrs @@ '$.plan == "pro"' AS d FROM customers ORDER BY id
----
SELECT
  customers.id,
  ARRAY(SELECT c_inner_1['city'] FROM UNNEST(ARRAY(SELECT c_inner['addr'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item WITH OFFSET AS place CROSS JOIN UNNEST(IF(JSON_TYPE(item) = 'array', JSON_QUERY_ARRAY(item), [item])) AS c_inner WITH OFFSET AS place_1 WHERE c_inner['addr'] IS NOT NULL ORDER BY place, place_1)) AS item_1 WITH OFFSET AS place_2 CROSS JOIN UNNEST(IF(JSON_TYPE(item_1) = 'array', JSON_QUERY_ARRAY(item_1), [item_1])) AS c_inner_1 WITH OFFSET AS place_3 WHERE c_inner_1['city'] IS NOT NULL ORDER BY place_2, place_3)[SAFE_OFFSET(0)] AS a,
  IF(customers.attrs IS NULL, NULL, TO_JSON(ARRAY(SELECT c_inner_4 FROM UNNEST(ARRAY(SELECT c_inner_3 FROM UNNEST(ARRAY(SELECT c_inner_2['langs'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_2 WITH OFFSET AS place_4 CROSS JOIN UNNEST(IF(JSON_TYPE(item_2) = 'array', JSON_QUERY_ARRAY(item_2), [item_2])) AS c_inner_2 WITH OFFSET AS place_5 WHERE c_inner_2['langs'] IS NOT NULL ORDER BY place_4, place_5)) AS item_3 WITH OFFSET AS place_6 CROSS JOIN UNNEST(IF(JSON_TYPE(item_3) = 'array', JSON_QUERY_ARRAY(item_3), [item_3])) AS c_inner_3 WITH OFFSET AS place_7 ORDER BY place_6, place_7)) AS item_4 WITH OFFSET AS place_8 CROSS JOIN UNNEST(IF(JSON_TYPE(item_4) = 'array', JSON_QUERY_ARRAY(item_4), [item_4])) AS c_inner_4 WITH OFFSET AS place_9 WHERE (SELECT IF(COUNTIF(CASE JSON_TYPE(operand) WHEN 'string' THEN STRING(operand) <> 'en' WHEN 'null' THEN TRUE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand) WHEN 'string' THEN STRING(operand) <> 'en' WHEN 'null' THEN TRUE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_5 FROM UNNEST([c_inner_4]) AS item_5 WITH OFFSET AS place_10 CROSS JOIN UNNEST(IF(JSON_TYPE(item_5) = 'array', JSON_QUERY_ARRAY(item_5), [item_5])) AS c_inner_5 WITH OFFSET AS place_11 ORDER BY place_10, place_11)) AS operand) ORDER BY place_8, place_9))) AS b,
  IF(customers.attrs IS NULL, NULL, ARRAY_LENGTH(ARRAY(SELECT c_inner_7 FROM UNNEST(ARRAY(SELECT c_inner_6['seats'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_6 WITH OFFSET AS place_12 CROSS JOIN UNNEST(IF(JSON_TYPE(item_6) = 'array', JSON_QUERY_ARRAY(item_6), [item_6])) AS c_inner_6 WITH OFFSET AS place_13 WHERE c_inner_6['seats'] IS NOT NULL ORDER BY place_12, place_13)) AS item_7 WITH OFFSET AS place_14 CROSS JOIN UNNEST(IF(JSON_TYPE(item_7) = 'array', JSON_QUERY_ARRAY(item_7), [item_7])) AS c_inner_7 WITH OFFSET AS place_15 WHERE (SELECT IF(COUNTIF(CASE JSON_TYPE(operand_1) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_1) AS BIGNUMERIC) > BIGNUMERIC '2' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_1) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_1) AS BIGNUMERIC) > BIGNUMERIC '2' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_8 FROM UNNEST([c_inner_7]) AS item_8 WITH OFFSET AS place_16 CROSS JOIN UNNEST(IF(JSON_TYPE(item_8) = 'array', JSON_QUERY_ARRAY(item_8), [item_8])) AS c_inner_8 WITH OFFSET AS place_17 ORDER BY place_16, place_17)) AS operand_1) ORDER BY place_14, place_15)) > 0) AS c,
  IF(customers.attrs IS NULL, NULL, (SELECT IF(COUNTIF(CASE JSON_TYPE(operand_2) WHEN 'string' THEN STRING(operand_2) = 'pro' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_2) WHEN 'string' THEN STRING(operand_2) = 'pro' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_10 FROM UNNEST(ARRAY(SELECT c_inner_9['plan'] FROM UNNEST([customers.attrs]) AS item_9 WITH OFFSET AS place_18 CROSS JOIN UNNEST(IF(JSON_TYPE(item_9) = 'array', JSON_QUERY_ARRAY(item_9), [item_9])) AS c_inner_9 WITH OFFSET AS place_19 WHERE c_inner_9['plan'] IS NOT NULL ORDER BY place_18, place_19)) AS item_10 WITH OFFSET AS place_20 CROSS JOIN UNNEST(IF(JSON_TYPE(item_10) = 'array', JSON_QUERY_ARRAY(item_10), [item_10])) AS c_inner_10 WITH OFFSET AS place_21 ORDER BY place_20, place_21)) AS operand_2)) AS d
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

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

-- a path's predicate is unknown where types differ
SELECT id, attrs @@ '$.plan == 1' AS number, attrs @@ '$.seats > "x"' AS text, attrs @@ '!($.plan == 1) || $.seats == null' AS either, attrs @@ '$.plan == null' AS nothing, attrs @@ '$.langs[*] == "en"' AS any FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(customers.attrs IS NULL, NULL, (SELECT IF(COUNTIF(CASE JSON_TYPE(operand) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand) AS BIGNUMERIC) = BIGNUMERIC '1' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand) AS BIGNUMERIC) = BIGNUMERIC '1' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_1 FROM UNNEST(ARRAY(SELECT c_inner['plan'] FROM UNNEST([customers.attrs]) AS item WITH OFFSET AS place CROSS JOIN UNNEST(IF(JSON_TYPE(item) = 'array', JSON_QUERY_ARRAY(item), [item])) AS c_inner WITH OFFSET AS place_1 WHERE c_inner['plan'] IS NOT NULL ORDER BY place, place_1)) AS item_1 WITH OFFSET AS place_2 CROSS JOIN UNNEST(IF(JSON_TYPE(item_1) = 'array', JSON_QUERY_ARRAY(item_1), [item_1])) AS c_inner_1 WITH OFFSET AS place_3 ORDER BY place_2, place_3)) AS operand)) AS number,
  IF(customers.attrs IS NULL, NULL, (SELECT IF(COUNTIF(CASE JSON_TYPE(operand_1) WHEN 'string' THEN STRING(operand_1) > 'x' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_1) WHEN 'string' THEN STRING(operand_1) > 'x' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_3 FROM UNNEST(ARRAY(SELECT c_inner_2['seats'] FROM UNNEST([customers.attrs]) AS item_2 WITH OFFSET AS place_4 CROSS JOIN UNNEST(IF(JSON_TYPE(item_2) = 'array', JSON_QUERY_ARRAY(item_2), [item_2])) AS c_inner_2 WITH OFFSET AS place_5 WHERE c_inner_2['seats'] IS NOT NULL ORDER BY place_4, place_5)) AS item_3 WITH OFFSET AS place_6 CROSS JOIN UNNEST(IF(JSON_TYPE(item_3) = 'array', JSON_QUERY_ARRAY(item_3), [item_3])) AS c_inner_3 WITH OFFSET AS place_7 ORDER BY place_6, place_7)) AS operand_1)) AS text,
  IF(customers.attrs IS NULL, NULL, (NOT (SELECT IF(COUNTIF(CASE JSON_TYPE(operand_2) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_2) AS BIGNUMERIC) = BIGNUMERIC '1' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_2) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_2) AS BIGNUMERIC) = BIGNUMERIC '1' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_5 FROM UNNEST(ARRAY(SELECT c_inner_4['plan'] FROM UNNEST([customers.attrs]) AS item_4 WITH OFFSET AS place_8 CROSS JOIN UNNEST(IF(JSON_TYPE(item_4) = 'array', JSON_QUERY_ARRAY(item_4), [item_4])) AS c_inner_4 WITH OFFSET AS place_9 WHERE c_inner_4['plan'] IS NOT NULL ORDER BY place_8, place_9)) AS item_5 WITH OFFSET AS place_10 CROSS JOIN UNNEST(IF(JSON_TYPE(item_5) = 'array', JSON_QUERY_ARRAY(item_5), [item_5])) AS c_inner_5 WITH OFFSET AS place_11 ORDER BY place_10, place_11)) AS operand_2) OR (SELECT IF(COUNTIF((JSON_TYPE(operand_3) = 'null') = TRUE) > 0, TRUE, IF(COUNTIF(((JSON_TYPE(operand_3) = 'null') = TRUE) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_7 FROM UNNEST(ARRAY(SELECT c_inner_6['seats'] FROM UNNEST([customers.attrs]) AS item_6 WITH OFFSET AS place_12 CROSS JOIN UNNEST(IF(JSON_TYPE(item_6) = 'array', JSON_QUERY_ARRAY(item_6), [item_6])) AS c_inner_6 WITH OFFSET AS place_13 WHERE c_inner_6['seats'] IS NOT NULL ORDER BY place_12, place_13)) AS item_7 WITH OFFSET AS place_14 CROSS JOIN UNNEST(IF(JSON_TYPE(item_7) = 'array', JSON_QUERY_ARRAY(item_7), [item_7])) AS c_inner_7 WITH OFFSET AS place_15 ORDER BY place_14, place_15)) AS operand_3))) AS either,
  IF(customers.attrs IS NULL, NULL, (SELECT IF(COUNTIF((JSON_TYPE(operand_4) = 'null') = TRUE) > 0, TRUE, IF(COUNTIF(((JSON_TYPE(operand_4) = 'null') = TRUE) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_9 FROM UNNEST(ARRAY(SELECT c_inner_8['plan'] FROM UNNEST([customers.attrs]) AS item_8 WITH OFFSET AS place_16 CROSS JOIN UNNEST(IF(JSON_TYPE(item_8) = 'array', JSON_QUERY_ARRAY(item_8), [item_8])) AS c_inner_8 WITH OFFSET AS place_17 WHERE c_inner_8['plan'] IS NOT NULL ORDER BY place_16, place_17)) AS item_9 WITH OFFSET AS place_18 CROSS JOIN UNNEST(IF(JSON_TYPE(item_9) = 'array', JSON_QUERY_ARRAY(item_9), [item_9])) AS c_inner_9 WITH OFFSET AS place_19 ORDER BY place_18, place_19)) AS operand_4)) AS nothing,
  IF(customers.attrs IS NULL, NULL, (SELECT IF(COUNTIF(CASE JSON_TYPE(operand_5) WHEN 'string' THEN STRING(operand_5) = 'en' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_5) WHEN 'string' THEN STRING(operand_5) = 'en' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_12 FROM UNNEST(ARRAY(SELECT c_inner_11 FROM UNNEST(ARRAY(SELECT c_inner_10['langs'] FROM UNNEST([customers.attrs]) AS item_10 WITH OFFSET AS place_20 CROSS JOIN UNNEST(IF(JSON_TYPE(item_10) = 'array', JSON_QUERY_ARRAY(item_10), [item_10])) AS c_inner_10 WITH OFFSET AS place_21 WHERE c_inner_10['langs'] IS NOT NULL ORDER BY place_20, place_21)) AS item_11 WITH OFFSET AS place_22 CROSS JOIN UNNEST(IF(JSON_TYPE(item_11) = 'array', JSON_QUERY_ARRAY(item_11), [item_11])) AS c_inner_11 WITH OFFSET AS place_23 ORDER BY place_22, place_23)) AS item_12 WITH OFFSET AS place_24 CROSS JOIN UNNEST(IF(JSON_TYPE(item_12) = 'array', JSON_QUERY_ARRAY(item_12), [item_12])) AS c_inner_12 WITH OFFSET AS place_25 ORDER BY place_24, place_25)) AS operand_5)) AS c_any
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- built in a correlated subquery
SELECT c.id, (SELECT json_agg(json_build_object('id', o.id, 'amount', o.amount) ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id) AS orders FROM customers c ORDER BY c.id
----
SELECT
  c.id,
  JSON_OBJECT('\ue000', (
    SELECT
      IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', o.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')))) ORDER BY o.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', o.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')))) ORDER BY o.id)))) AS json_agg
    FROM `my-project.shop.orders` AS o
    WHERE o.customer_id = c.id
  )) AS orders
FROM `my-project.shop.customers` AS c
ORDER BY id NULLS LAST

-- built in a subquery in FROM, shown as part of a row
SELECT row_to_json(t) FROM (SELECT c.id, (SELECT json_agg(o.amount ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id) AS amounts FROM customers c ORDER BY c.id) t
----
SELECT JSON_OBJECT('\ue000', JSON_ARRAY('r', 'id', t.id, 'amounts', t.amounts)) AS row_to_json
FROM (
  SELECT
    c.id,
    (
      SELECT
        IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o_1.amount), 'NULL'))) ORDER BY o_1.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o_1.amount), 'NULL'))) ORDER BY o_1.id)))) AS json_agg
      FROM `my-project.shop.orders` AS o_1
      WHERE o_1.customer_id = c.id
    ) AS amounts
  FROM `my-project.shop.customers` AS c
  ORDER BY id NULLS LAST
) AS t
ORDER BY t.id NULLS LAST

-- built in a WITH item, nothing for those without
WITH o AS (SELECT customer_id, json_agg(json_build_object('id', id, 'amount', amount) ORDER BY id) AS items FROM orders GROUP BY customer_id) SELECT c.id, coalesce(o.items, '[]'::json) AS items FROM customers c LEFT JOIN o ON o.customer_id = c.id ORDER BY c.id
----
WITH o AS (
  SELECT
    orders.customer_id,
    IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', orders.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'id', orders.id, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id)))) AS items
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.customer_id
)
SELECT c.id, JSON_OBJECT('\ue000', COALESCE(o_1.items, JSON_ARRAY('b', JSON '[]'))) AS items
FROM `my-project.shop.customers` AS c
LEFT JOIN o AS o_1 ON o_1.customer_id = c.id
ORDER BY id NULLS LAST

-- a row of a subquery
SELECT row_to_json((SELECT e FROM (SELECT o.id AS number, o.amount) AS e)) FROM orders o ORDER BY o.id
----
SELECT
  JSON_OBJECT('\ue000', (
    SELECT
      JSON_ARRAY('r', 'number', e_1.number, 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', e_1.amount), 'NULL'))) AS e
    FROM (SELECT o.id AS number, o.amount) AS e_1
  )) AS row_to_json
FROM `my-project.shop.orders` AS o
ORDER BY o.id NULLS LAST

-- a part of it
SELECT x.j->'a' FROM (SELECT json_build_object('a', amount) AS j FROM orders) x
----
ERROR 0A000 at 8: a part of JSON that a subquery builds with digits or a layout that BigQuery's JSON does not keep is not supported

-- averages within JSON
SELECT status, json_build_object('avg', avg(amount), 'share', sum(amount) / 3) AS j FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  JSON_OBJECT('\ue000', JSON_ARRAY('o', 'avg', JSON_ARRAY('n', CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /')), 'share', JSON_ARRAY('n', CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /')))) AS j
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- names of members that may be NULL
SELECT id, jsonb_build_object(name, 1) AS j FROM customers ORDER BY id
----
SELECT customers.id, JSON_OBJECT('\ue000', JSON_ARRAY('o', customers.name, 1)) AS j
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- times, bytes and arrays within JSON
SELECT id, jsonb_build_object('i', shipped_at - timestamp '2026-01-01', 'b', sha256('a'::bytea), 'f', ARRAY[discount, 1.5], 'd', ARRAY[day]) AS j FROM orders WHERE id < 3 ORDER BY id
----
SELECT
  orders.id,
  JSON_OBJECT('i', (SELECT IF(span IS NULL, NULL, ARRAY_TO_STRING([IF(EXTRACT(YEAR FROM span) = 0, NULL, CONCAT(IF(EXTRACT(YEAR FROM span) > 0 AND FALSE, '+', ''), CAST(EXTRACT(YEAR FROM span) AS STRING), ' year', IF(EXTRACT(YEAR FROM span) = 1, '', 's'))), IF(EXTRACT(MONTH FROM span) = 0, NULL, CONCAT(IF(EXTRACT(MONTH FROM span) > 0 AND EXTRACT(YEAR FROM span) < 0, '+', ''), CAST(EXTRACT(MONTH FROM span) AS STRING), ' mon', IF(EXTRACT(MONTH FROM span) = 1, '', 's'))), IF(EXTRACT(DAY FROM span) = 0, NULL, CONCAT(IF(EXTRACT(DAY FROM span) > 0 AND EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) < 0, '+', ''), CAST(EXTRACT(DAY FROM span) AS STRING), ' day', IF(EXTRACT(DAY FROM span) = 1, '', 's'))), IF((EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) = 0 AND EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) <> 0 OR (EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) = 0 AND EXTRACT(DAY FROM span) <> 0, NULL, CONCAT(IF((EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) < 0, '-', IF(IF(EXTRACT(DAY FROM span) = 0, EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) < 0, EXTRACT(DAY FROM span) < 0), '+', '')), IF(ABS(EXTRACT(HOUR FROM span)) < 10, '0', ''), CAST(ABS(EXTRACT(HOUR FROM span)) AS STRING), FORMAT(':%02d:%02d', ABS(EXTRACT(MINUTE FROM span)), ABS(EXTRACT(SECOND FROM span))), RTRIM(RTRIM(FORMAT('.%06d', ABS(EXTRACT(MICROSECOND FROM span))), '0'), '.')))], ' ')) FROM UNNEST([JUSTIFY_HOURS(orders.shipped_at - DATETIME '2026-01-01 00:00:00')]) AS span), 'b', CONCAT('\\x', TO_HEX(SHA256(b'\x61'))), 'f', IF([orders.discount, 1.5] IS NULL, NULL, ARRAY(SELECT IF(item = TRUNC(item) AND ABS(item) < 1e15, TO_JSON(CAST(item AS INT64)), TO_JSON(item)) FROM UNNEST([orders.discount, 1.5]) AS item WITH OFFSET AS place ORDER BY place)), 'd', IF([orders.day] IS NULL, NULL, ARRAY(SELECT CAST(item_1 AS STRING) FROM UNNEST([orders.day]) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1))) AS j
FROM `my-project.shop.orders` AS orders
WHERE orders.id < 3
ORDER BY id NULLS LAST

-- distinct values within JSON
SELECT paid, jsonb_agg(DISTINCT status) AS j, json_agg(DISTINCT customer_id ORDER BY customer_id DESC) AS k FROM orders GROUP BY paid ORDER BY paid
----
SELECT
  grouped.key_1 AS paid,
  IF(grouped.value_2 IS NULL, NULL, TO_JSON(ARRAY(SELECT item FROM UNNEST(grouped.value_2) AS item ORDER BY item NULLS LAST))) AS j,
  IF(grouped.value_3 IS NULL, NULL, TO_JSON(ARRAY(SELECT item_1 FROM UNNEST(grouped.value_3) AS item_1 ORDER BY item_1 DESC NULLS FIRST))) AS k
FROM (
  SELECT
    orders.paid AS key_1,
    ARRAY_AGG(DISTINCT orders.status) AS value_2,
    ARRAY_AGG(DISTINCT orders.customer_id) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY paid NULLS LAST

-- distinct values that are kept
SELECT paid, jsonb_build_object('q', jsonb_agg(DISTINCT quantity ORDER BY quantity) FILTER (WHERE quantity < 50 OR id = 4)) AS j FROM orders GROUP BY paid ORDER BY paid
----
SELECT
  grouped.key_1 AS paid,
  JSON_OBJECT('q', IF(grouped.value_2 IS NULL, NULL, TO_JSON(ARRAY(SELECT item FROM (SELECT DISTINCT item FROM UNNEST(grouped.value_2) AS item) ORDER BY item NULLS LAST)))) AS j
FROM (
  SELECT
    orders.paid AS key_1,
    ARRAY_CONCAT_AGG(IF(orders.quantity < 50 OR orders.id = 4, [orders.quantity], NULL)) AS value_2
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY paid NULLS LAST

-- rows without some members
SELECT to_jsonb(o) - 'note' AS a, to_jsonb(o) - ARRAY['note', 'discount', 'placed_at'] || jsonb_build_object('x', o.amount * 2, 'status', 'new') AS b FROM orders o WHERE id < 3 ORDER BY id
----
SELECT
  JSON_OBJECT('\ue000', JSON_ARRAY('r', 'id', o.id, 'customer_id', o.customer_id, 'status', o.status, 'day', CAST(o.day AS STRING), 'placed_at', FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', o.placed_at, 'UTC'), 'shipped_at', FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at), 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')), 'quantity', o.quantity, 'discount', IF(o.discount = TRUNC(o.discount) AND ABS(o.discount) < 1e15, TO_JSON(CAST(o.discount AS INT64)), TO_JSON(o.discount)), 'paid', o.paid)) AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('r', 'id', o.id, 'customer_id', o.customer_id, 'day', CAST(o.day AS STRING), 'shipped_at', FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at), 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')), 'quantity', o.quantity, 'paid', o.paid, 'x', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount * NUMERIC '2'), 'NULL')), 'status', 'new')) AS b
FROM `my-project.shop.orders` AS o
WHERE o.id < 3
ORDER BY o.id NULLS LAST

-- rows without some members, together
SELECT jsonb_agg(to_jsonb(o) - 'note' ORDER BY id) AS a FROM orders o WHERE id < 3
----
SELECT
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('r', 'id', o.id, 'customer_id', o.customer_id, 'status', o.status, 'day', CAST(o.day AS STRING), 'placed_at', FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', o.placed_at, 'UTC'), 'shipped_at', FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at), 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')), 'quantity', o.quantity, 'discount', IF(o.discount = TRUNC(o.discount) AND ABS(o.discount) < 1e15, TO_JSON(CAST(o.discount AS INT64)), TO_JSON(o.discount)), 'paid', o.paid)) ORDER BY o.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('r', 'id', o.id, 'customer_id', o.customer_id, 'status', o.status, 'day', CAST(o.day AS STRING), 'placed_at', FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', o.placed_at, 'UTC'), 'shipped_at', FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at), 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')), 'quantity', o.quantity, 'discount', IF(o.discount = TRUNC(o.discount) AND ABS(o.discount) < 1e15, TO_JSON(CAST(o.discount AS INT64)), TO_JSON(o.discount)), 'paid', o.paid)) ORDER BY o.id))))) AS a
FROM `my-project.shop.orders` AS o
WHERE o.id < 3

-- distinct numbers that are written in two ways
SELECT jsonb_array_length(jsonb_agg(DISTINCT v)) AS n FROM (SELECT (id || '.0')::jsonb AS v FROM customers UNION ALL SELECT id::text::jsonb FROM customers) x
----
SELECT
  IF(JSON_TYPE(IF(grouped.value_1 IS NULL, NULL, TO_JSON(ARRAY(SELECT PARSE_JSON(item) FROM (SELECT MIN(item_text) AS item FROM UNNEST(grouped.value_1) AS item_text GROUP BY REGEXP_REPLACE(item_text, r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3')) ORDER BY (SELECT IF(JSON_TYPE(json) = 'array' AND TO_JSON_STRING(json) = '[]', '0', CASE JSON_TYPE(json) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(json)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(json) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(json), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part_1) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part_1)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part_1) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part_1), '41', '40') ELSE IF(part_1 IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY place_1), '')) FROM UNNEST(JSON_QUERY_ARRAY(part)) AS part_1 WITH OFFSET AS place_1) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member.name, '\x01', CASE JSON_TYPE(member.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member.item), '41', '40') ELSE IF(member.item IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY BYTE_LENGTH(member.name), member.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, part[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part, 1)) AS quoted))) AS member) END, '\x01'), '' ORDER BY place), '')) FROM UNNEST(JSON_QUERY_ARRAY(json)) AS part WITH OFFSET AS place) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member_1.name, '\x01', CASE JSON_TYPE(member_1.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member_1.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member_1.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member_1.item), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part_2) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part_2)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part_2) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part_2), '41', '40') ELSE IF(part_2 IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY place_2), '')) FROM UNNEST(JSON_QUERY_ARRAY(member_1.item)) AS part_2 WITH OFFSET AS place_2) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member_2.name, '\x01', CASE JSON_TYPE(member_2.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member_2.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member_2.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member_2.item), '41', '40') ELSE IF(member_2.item IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY BYTE_LENGTH(member_2.name), member_2.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, member_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(member_1.item, 1)) AS quoted))) AS member_2) END, '\x01'), '' ORDER BY BYTE_LENGTH(member_1.name), member_1.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted))) AS member_1) END) FROM UNNEST([PARSE_JSON(item)]) AS json) NULLS LAST)))) <> 'array', ERROR('cannot get array length of a non-array'), ARRAY_LENGTH(JSON_QUERY_ARRAY(IF(grouped.value_1 IS NULL, NULL, TO_JSON(ARRAY(SELECT PARSE_JSON(item) FROM (SELECT MIN(item_text) AS item FROM UNNEST(grouped.value_1) AS item_text GROUP BY REGEXP_REPLACE(item_text, r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3')) ORDER BY (SELECT IF(JSON_TYPE(json) = 'array' AND TO_JSON_STRING(json) = '[]', '0', CASE JSON_TYPE(json) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(json)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(json) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(json), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part_1) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part_1)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part_1) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part_1), '41', '40') ELSE IF(part_1 IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY place_1), '')) FROM UNNEST(JSON_QUERY_ARRAY(part)) AS part_1 WITH OFFSET AS place_1) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member.name, '\x01', CASE JSON_TYPE(member.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member.item), '41', '40') ELSE IF(member.item IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY BYTE_LENGTH(member.name), member.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, part[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part, 1)) AS quoted))) AS member) END, '\x01'), '' ORDER BY place), '')) FROM UNNEST(JSON_QUERY_ARRAY(json)) AS part WITH OFFSET AS place) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member_1.name, '\x01', CASE JSON_TYPE(member_1.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member_1.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member_1.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member_1.item), '41', '40') WHEN 'array' THEN (SELECT CONCAT('5', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(CASE JSON_TYPE(part_2) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(part_2)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(part_2) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(part_2), '41', '40') ELSE IF(part_2 IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY place_2), '')) FROM UNNEST(JSON_QUERY_ARRAY(member_1.item)) AS part_2 WITH OFFSET AS place_2) WHEN 'object' THEN (SELECT CONCAT('6', FORMAT('%09d', COUNT(*)), COALESCE(STRING_AGG(CONCAT(member_2.name, '\x01', CASE JSON_TYPE(member_2.item) WHEN 'null' THEN '1' WHEN 'string' THEN CONCAT('2', STRING(member_2.item)) WHEN 'number' THEN CONCAT('3', FORMAT('%078.38f', CAST(TO_JSON_STRING(member_2.item) AS BIGNUMERIC) + BIGNUMERIC '200000000000000000000000000000000000000')) WHEN 'boolean' THEN IF(BOOL(member_2.item), '41', '40') ELSE IF(member_2.item IS NULL, CAST(NULL AS STRING), ERROR('the order of JSON nested more than 2 deep is not supported')) END, '\x01'), '' ORDER BY BYTE_LENGTH(member_2.name), member_2.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, member_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(member_1.item, 1)) AS quoted))) AS member_2) END, '\x01'), '' ORDER BY BYTE_LENGTH(member_1.name), member_1.name), '')) FROM UNNEST(ARRAY(SELECT AS STRUCT name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted))) AS member_1) END) FROM UNNEST([PARSE_JSON(item)]) AS json) NULLS LAST)))))) AS n
FROM (
  SELECT ARRAY_AGG(DISTINCT IF(x.v IS NULL, NULL, TO_JSON_STRING(x.v))) AS value_1
  FROM (
    SELECT PARSE_JSON(CAST(customers.id AS STRING) || '.0') AS v
    FROM `my-project.shop.customers` AS customers
    UNION ALL
    SELECT PARSE_JSON(CAST(customers_1.id AS STRING)) AS v
    FROM `my-project.shop.customers` AS customers_1
  ) AS x
) AS grouped

-- numerics in jsonb that is joined
SELECT c.attrs || jsonb_build_object('x', n.n) AS a, '{"y": 2.50}' || c.attrs AS b, jsonb_strip_nulls(jsonb_build_object('n', n.n, 'i', n.i)) AS s FROM customers c JOIN numbers n ON n.id = c.id - 9 ORDER BY c.id
----
SELECT
  JSON_OBJECT('\ue000', IF(c.attrs IS NULL, NULL, JSON_ARRAY('+', JSON_ARRAY('b', c.attrs), JSON_ARRAY('o', 'x', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) AS a,
  JSON_OBJECT('\ue000', IF(c.attrs IS NULL, NULL, JSON_ARRAY('+', JSON_ARRAY('t', '{"y": 2.50}'), JSON_ARRAY('b', c.attrs)))) AS b,
  JSON_OBJECT('\ue000', JSON_ARRAY('z', JSON_ARRAY('o', 'n', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')), 'i', n.i))) AS s
FROM `my-project.shop.customers` AS c
JOIN `my-project.shop.numbers` AS n ON n.id = c.id - 9
ORDER BY c.id NULLS LAST

-- a join of jsonb where one side may be NULL
SELECT coalesce(c.attrs, jsonb_build_object('x', n.n)) AS a, CASE WHEN n.id > 2 THEN c.attrs || to_jsonb(n.n) END AS b FROM customers c JOIN numbers n ON n.id = c.id - 9 ORDER BY c.id
----
SELECT
  JSON_OBJECT('\ue000', COALESCE(IF(c.attrs IS NULL, NULL, JSON_ARRAY('b', c.attrs)), JSON_ARRAY('o', 'x', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))) AS a,
  JSON_OBJECT('\ue000', CASE WHEN n.id > 2 THEN IF(c.attrs IS NULL OR IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_ARRAY('+', JSON_ARRAY('b', c.attrs), IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) END) AS b
FROM `my-project.shop.customers` AS c
JOIN `my-project.shop.numbers` AS n ON n.id = c.id - 9
ORDER BY c.id NULLS LAST

-- the text of jsonb with numerics
SELECT to_jsonb(amount)::text AS a, jsonb_pretty(jsonb_build_object('bb', amount, 'c', ARRAY[1, 2])) AS c FROM orders WHERE id IN (1, 3, 4)
----
SELECT
  JSON_OBJECT('\ue000', IF(IF(orders.amount IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) IS NULL, NULL, JSON_ARRAY('c', IF(orders.amount IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL'))))))) AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('i', JSON_ARRAY('o', 'bb', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')), 'c', JSON_ARRAY('v', TO_JSON([1, 2]))))) AS c
FROM `my-project.shop.orders` AS orders
WHERE orders.id IN (1, 3, 4)

-- the text of jsonb with numerics of groups
SELECT status, jsonb_pretty(jsonb_agg(jsonb_build_object('amount', amount) ORDER BY id)) AS a, jsonb_build_object('sum', sum(amount))::text AS b FROM orders WHERE status = 'shipped' GROUP BY status
----
SELECT
  orders.status,
  JSON_OBJECT('\ue000', IF(IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id)))) IS NULL, NULL, JSON_ARRAY('i', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('o', 'amount', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', orders.amount), 'NULL')))) ORDER BY orders.id))))))) AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('c', JSON_ARRAY('o', 'sum', JSON_ARRAY('n', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'))))) AS b
FROM `my-project.shop.orders` AS orders
WHERE orders.status = 'shipped'
GROUP BY orders.status

-- arrays of numerics in json
SELECT to_jsonb(array_agg(amount ORDER BY id)) AS a, json_build_object('x', array_agg(amount * 1.5 ORDER BY id)) AS b, to_json(ARRAY[max(amount), NULL, 1.50]) AS c FROM orders
----
SELECT
  JSON_OBJECT('\ue000', IF(IF(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.2f', orders.amount), 'NULL')) ORDER BY orders.id) IS NULL, NULL, TO_JSON(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.2f', orders.amount), 'NULL')) ORDER BY orders.id))) IS NULL, NULL, JSON_ARRAY('d', IF(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.2f', orders.amount), 'NULL')) ORDER BY orders.id) IS NULL, NULL, TO_JSON(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.2f', orders.amount), 'NULL')) ORDER BY orders.id)))))) AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('o', 'x', JSON_ARRAY('d', IF(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.3f', orders.amount * NUMERIC '1.5'), 'NULL')) ORDER BY orders.id) IS NULL, NULL, TO_JSON(ARRAY_AGG(TO_JSON(NULLIF(FORMAT('%.3f', orders.amount * NUMERIC '1.5'), 'NULL')) ORDER BY orders.id)))))) AS b,
  JSON_OBJECT('\ue000', JSON_ARRAY('d', JSON_ARRAY(NULLIF(FORMAT('%.2f', MAX(orders.amount)), 'NULL'), CAST(NULL AS STRING), NULLIF(FORMAT('%.2f', NUMERIC '1.50'), 'NULL')))) AS c
FROM `my-project.shop.orders` AS orders

-- members taken out of a row
SELECT to_jsonb(o) ->> 'amount' AS a, to_jsonb(o) -> 'amount' AS b, row_to_json(o) ->> 'placed_at' AS p, to_jsonb(o) ->> 'nothing' AS n FROM orders o WHERE (to_jsonb(o) ->> 'amount')::numeric > 1 ORDER BY id
----
SELECT
  NULLIF(FORMAT('%.2f', o.amount), 'NULL') AS a,
  JSON_OBJECT('\ue000', COALESCE(IF(o.amount IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')))), JSON_ARRAY('t', 'null'))) AS b,
  JSON_QUERY(IF(o.placed_at IS NULL, NULL, TO_JSON(FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', o.placed_at, 'UTC'))), '$') AS p,
  CAST(NULL AS STRING) AS n
FROM `my-project.shop.orders` AS o
WHERE CAST(TRIM(NULLIF(FORMAT('%.2f', o.amount), 'NULL')) AS BIGNUMERIC) > NUMERIC '1'
ORDER BY o.id NULLS LAST

-- numerics set into jsonb
SELECT jsonb_set(c.attrs, '{seats}', to_jsonb(n.n)) AS a, jsonb_set(c.attrs, '{addr,geo}', jsonb_build_object('lat', n.n, 'at', c.joined)) AS b, jsonb_insert(c.attrs, '{langs,0}', to_jsonb(n.n)) AS d FROM customers c JOIN numbers n ON n.id = c.id - 9 ORDER BY c.id
----
SELECT
  JSON_OBJECT('\ue000', IF(IF(IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root) IN ('object', 'array'), CASE JSON_TYPE(root) WHEN 'object' THEN JSON_SET(root, '$.seats', IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "seats"') ELSE root END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root)) IS NULL, NULL, JSON_ARRAY('h', IF(IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root) IN ('object', 'array'), CASE JSON_TYPE(root) WHEN 'object' THEN JSON_SET(root, '$.seats', IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "seats"') ELSE root END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root))))) AS a,
  JSON_OBJECT('\ue000', IF(IF(JSON_OBJECT('\ue001', JSON_ARRAY('o', 'lat', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')), 'at', CAST(c.joined AS STRING))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root_1 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_1) IN ('object', 'array'), CASE JSON_TYPE(root_1) WHEN 'object' THEN IF(root_1['addr'] IS NULL, root_1, JSON_SET(root_1, '$.addr', (SELECT CASE JSON_TYPE(c_inner) WHEN 'object' THEN JSON_SET(c_inner, '$.geo', JSON_OBJECT('\ue001', JSON_ARRAY('o', 'lat', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')), 'at', CAST(c.joined AS STRING)))) WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "geo"') ELSE c_inner END FROM UNNEST([root_1['addr']]) AS c_inner))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "addr"') ELSE root_1 END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root_1)) IS NULL, NULL, JSON_ARRAY('h', IF(JSON_OBJECT('\ue001', JSON_ARRAY('o', 'lat', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')), 'at', CAST(c.joined AS STRING))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root_1 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_1) IN ('object', 'array'), CASE JSON_TYPE(root_1) WHEN 'object' THEN IF(root_1['addr'] IS NULL, root_1, JSON_SET(root_1, '$.addr', (SELECT CASE JSON_TYPE(c_inner) WHEN 'object' THEN JSON_SET(c_inner, '$.geo', JSON_OBJECT('\ue001', JSON_ARRAY('o', 'lat', JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')), 'at', CAST(c.joined AS STRING)))) WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "geo"') ELSE c_inner END FROM UNNEST([root_1['addr']]) AS c_inner))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "addr"') ELSE root_1 END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root_1))))) AS b,
  JSON_OBJECT('\ue000', IF(IF(IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root_2 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_2) IN ('object', 'array'), CASE JSON_TYPE(root_2) WHEN 'object' THEN IF(root_2['langs'] IS NULL, root_2, JSON_SET(root_2, '$.langs', (SELECT CASE JSON_TYPE(c_inner_1) WHEN 'object' THEN IF(c_inner_1['0'] IS NULL, JSON_SET(c_inner_1, '$."0"', IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))), ERROR('cannot replace existing key')) WHEN 'array' THEN TO_JSON(ARRAY_CONCAT(ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item WITH OFFSET AS place WHERE place < 0 ORDER BY place), [IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))], ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item WITH OFFSET AS place WHERE place >= 0 ORDER BY place))) ELSE c_inner_1 END FROM UNNEST([root_2['langs']]) AS c_inner_1))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_2 END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root_2)) IS NULL, NULL, JSON_ARRAY('h', IF(IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))))) IS NULL, CAST(NULL AS JSON), (SELECT IF(root_2 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_2) IN ('object', 'array'), CASE JSON_TYPE(root_2) WHEN 'object' THEN IF(root_2['langs'] IS NULL, root_2, JSON_SET(root_2, '$.langs', (SELECT CASE JSON_TYPE(c_inner_1) WHEN 'object' THEN IF(c_inner_1['0'] IS NULL, JSON_SET(c_inner_1, '$."0"', IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))), ERROR('cannot replace existing key')) WHEN 'array' THEN TO_JSON(ARRAY_CONCAT(ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item WITH OFFSET AS place WHERE place < 0 ORDER BY place), [IF(IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL')))) IS NULL, NULL, JSON_OBJECT('\ue001', IF(n.n IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.6f', n.n), 'NULL'))))))], ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item WITH OFFSET AS place WHERE place >= 0 ORDER BY place))) ELSE c_inner_1 END FROM UNNEST([root_2['langs']]) AS c_inner_1))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_2 END, ERROR('cannot set path in scalar'))) FROM UNNEST([c.attrs]) AS root_2))))) AS d
FROM `my-project.shop.customers` AS c
JOIN `my-project.shop.numbers` AS n ON n.id = c.id - 9
ORDER BY c.id NULLS LAST

-- members of a row with numerics, one by one
SELECT o.id, e.key, e.value FROM orders o, jsonb_each_text(to_jsonb(o) - 'discount') AS e ORDER BY o.id, e.key
----
SELECT o.id, e.name AS key, e.element AS value
FROM `my-project.shop.orders` AS o
CROSS JOIN UNNEST([STRUCT('id' AS name, CAST(o.id AS STRING) AS element), STRUCT('day' AS name, CAST(o.day AS STRING) AS element), STRUCT('note' AS name, o.note AS element), STRUCT('paid' AS name, CAST(o.paid AS STRING) AS element), STRUCT('amount' AS name, NULLIF(FORMAT('%.2f', o.amount), 'NULL') AS element), STRUCT('status' AS name, o.status AS element), STRUCT('quantity' AS name, CAST(o.quantity AS STRING) AS element), STRUCT('placed_at' AS name, FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', o.placed_at, 'UTC') AS element), STRUCT('shipped_at' AS name, FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at) AS element), STRUCT('customer_id' AS name, CAST(o.customer_id AS STRING) AS element)]) AS e
ORDER BY id NULLS LAST, key NULLS LAST

-- members of json that is built, in their own order
SELECT o.id, e.key, e.value FROM orders o, json_each_text(json_build_object('status', status, 'amount', amount, 'paid', paid)) AS e ORDER BY o.id, e.key
----
SELECT o.id, e.name AS key, e.element AS value
FROM `my-project.shop.orders` AS o
CROSS JOIN UNNEST([STRUCT('status' AS name, o.status AS element), STRUCT('amount' AS name, NULLIF(FORMAT('%.2f', o.amount), 'NULL') AS element), STRUCT('paid' AS name, CAST(o.paid AS STRING) AS element)]) AS e
ORDER BY id NULLS LAST, key NULLS LAST

-- members that are NULL
SELECT id, to_jsonb(o) -> 'amount' AS a, to_jsonb(o) ->> 'amount' AS b, row_to_json(o) -> 'status' AS c, to_jsonb(o) -> 'shipped_at' AS d, to_jsonb(o) -> 'nothing' AS e FROM orders o ORDER BY id
----
SELECT
  o.id,
  JSON_OBJECT('\ue000', COALESCE(IF(o.amount IS NULL, NULL, TO_JSON(JSON_ARRAY('n', NULLIF(FORMAT('%.2f', o.amount), 'NULL')))), JSON_ARRAY('t', 'null'))) AS a,
  NULLIF(FORMAT('%.2f', o.amount), 'NULL') AS b,
  JSON_OBJECT('\ue000', COALESCE(IF(o.status IS NULL, NULL, TO_JSON(o.status)), JSON_ARRAY('b', JSON 'null'))) AS c,
  COALESCE(IF(o.shipped_at IS NULL, NULL, TO_JSON(FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', o.shipped_at))), JSON 'null') AS d,
  CAST(NULL AS JSON) AS e
FROM `my-project.shop.orders` AS o
ORDER BY id NULLS LAST
