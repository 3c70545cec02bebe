-- paths
SELECT id, attrs->>'plan' AS plan, attrs->'addr'->>'city' AS city, attrs #>> '{addr,zip}' AS zip, attrs->'langs'->>0 AS lang, (attrs->>'seats')::int + 1 AS seats, attrs->'gone' AS g FROM customers ORDER BY id
----
SELECT
  customers.id,
  JSON_QUERY(customers.attrs, '$.plan') AS plan,
  JSON_QUERY(customers.attrs, '$.addr.city') AS city,
  JSON_QUERY(customers.attrs, '$.addr.zip') AS zip,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) IN ('object', 'array'), JSON_QUERY(customers.attrs, '$.langs[0]'), JSON_QUERY(customers.attrs, '$.langs')) AS lang,
  DIV((DIV(CAST(TRANSLATE(TRIM(COALESCE(JSON_VALUE(customers.attrs, '$.seats'), IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))), 'xX', '??') AS INT64) * 4294967296, 4294967296) + 1) * 4294967296, 4294967296) AS seats,
  JSON_QUERY(customers.attrs, '$.gone') AS g
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- values
SELECT id, attrs->'langs' AS l, attrs->'seats' AS s, attrs FROM customers ORDER BY id
----
SELECT
  customers.id,
  JSON_QUERY(customers.attrs, '$.langs') AS l,
  JSON_QUERY(customers.attrs, '$.seats') AS s,
  customers.attrs
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- exists
SELECT id, attrs ? 'beta' AS b, attrs ?| ARRAY['beta', 'seats'] AS any, attrs ?& ARRAY['plan', 'seats'] AS every FROM customers ORDER BY id
----
SELECT
  customers.id,
  CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_QUERY(customers.attrs, '$.beta') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element WHERE IF(JSON_TYPE(element) = 'string', STRING(element) = 'beta', FALSE)) WHEN 'string' THEN STRING(customers.attrs) = 'beta' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END AS b,
  CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_QUERY(customers.attrs, '$.beta') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element_1 WHERE IF(JSON_TYPE(element_1) = 'string', STRING(element_1) = 'beta', FALSE)) WHEN 'string' THEN STRING(customers.attrs) = 'beta' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END OR CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_QUERY(customers.attrs, '$.seats') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element_2 WHERE IF(JSON_TYPE(element_2) = 'string', STRING(element_2) = 'seats', FALSE)) WHEN 'string' THEN STRING(customers.attrs) = 'seats' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END AS c_any,
  CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_QUERY(customers.attrs, '$.plan') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element_3 WHERE IF(JSON_TYPE(element_3) = 'string', STRING(element_3) = 'plan', FALSE)) WHEN 'string' THEN STRING(customers.attrs) = 'plan' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END AND CASE JSON_TYPE(customers.attrs) WHEN 'object' THEN JSON_QUERY(customers.attrs, '$.seats') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(customers.attrs)) AS element_4 WHERE IF(JSON_TYPE(element_4) = 'string', STRING(element_4) = 'seats', FALSE)) WHEN 'string' THEN STRING(customers.attrs) = 'seats' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END AS every
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- contains
SELECT id FROM customers WHERE attrs @> '{"plan": "pro"}' OR attrs @> '{"addr": {"city": "Paris"}, "seats": 0}' ORDER BY id
----
SELECT customers.id
FROM `my-project.shop.customers` AS customers
WHERE IF(customers.attrs IS NULL, NULL, COALESCE(TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.plan')) = '"pro"', FALSE)) OR IF(customers.attrs IS NULL, NULL, COALESCE(TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.addr.city')) = '"Paris"' AND JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) = 'number' AND SAFE_CAST(JSON_VALUE(JSON_QUERY(customers.attrs, '$.seats')) AS BIGNUMERIC) = BIGNUMERIC '0', FALSE))
ORDER BY id NULLS LAST

-- group by key
SELECT attrs->>'plan' AS plan, sum((attrs->>'seats')::int) s FROM customers GROUP BY 1 ORDER BY 1
----
SELECT
  COALESCE(JSON_VALUE(customers.attrs, '$.plan'), IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))) AS plan,
  SUM(DIV(CAST(TRANSLATE(TRIM(COALESCE(JSON_VALUE(customers.attrs, '$.seats'), IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))), 'xX', '??') AS INT64) * 4294967296, 4294967296)) AS s
FROM `my-project.shop.customers` AS customers
GROUP BY 1
ORDER BY plan NULLS LAST

-- build
SELECT jsonb_build_object('id', id, 'n', name, 'score', score, 'day', joined) o FROM customers ORDER BY id
----
SELECT
  JSON_OBJECT('id', customers.id, 'n', customers.name, 'score', IF(customers.score = TRUNC(customers.score) AND ABS(customers.score) < 1e15, TO_JSON(CAST(customers.score AS INT64)), TO_JSON(customers.score)), 'day', CAST(customers.joined AS STRING)) AS o
FROM `my-project.shop.customers` AS customers
ORDER BY customers.id NULLS LAST

-- elements
SELECT c.id, l FROM customers c, jsonb_array_elements_text(c.attrs->'langs') AS l ORDER BY 1, 2
----
SELECT
  c.id,
  (SELECT CASE JSON_TYPE(json) WHEN 'null' THEN NULL WHEN 'string' THEN STRING(json) ELSE CASE WHEN json IS NULL THEN NULL WHEN JSON_TYPE(json) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json) = 'number' AND STRPOS(TO_JSON_STRING(json), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(json) = 'object', CONCAT(TO_JSON_STRING(part.name), ': '), ''), CASE WHEN part.item IS NULL THEN NULL WHEN JSON_TYPE(part.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part.item) = 'number' AND STRPOS(TO_JSON_STRING(part.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part.item) = 'object', CONCAT(TO_JSON_STRING(part_1.name), ': '), ''), CASE WHEN part_1.item IS NULL THEN NULL WHEN JSON_TYPE(part_1.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_1.item) = 'number' AND STRPOS(TO_JSON_STRING(part_1.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_1.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_1.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_1.item) = 'object', CONCAT(TO_JSON_STRING(part_2.name), ': '), ''), CASE WHEN part_2.item IS NULL THEN NULL WHEN JSON_TYPE(part_2.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_2.item) = 'number' AND STRPOS(TO_JSON_STRING(part_2.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_2.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_2.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_2.item) = 'object', CONCAT(TO_JSON_STRING(part_3.name), ': '), ''), IF(JSON_TYPE(part_3.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_3.item) = 'number' AND STRPOS(TO_JSON_STRING(part_3.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_3.item)))), ', ' ORDER BY part_3.place, part_3.name), ''), IF(JSON_TYPE(part_2.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_2.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_2.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_2.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_2.item)) AS item WITH OFFSET AS place))) AS part_3) END), ', ' ORDER BY part_2.place, part_2.name), ''), IF(JSON_TYPE(part_1.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_1.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_1.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_1.item)) AS item WITH OFFSET AS place))) AS part_2) END), ', ' ORDER BY part_1.place, part_1.name), ''), IF(JSON_TYPE(part.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part.item)) AS item WITH OFFSET AS place))) AS part_1) END), ', ' ORDER BY part.place, part.name), ''), IF(JSON_TYPE(json) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json)) AS item WITH OFFSET AS place))) AS part) END END FROM UNNEST([l_1]) AS json) AS l
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) <> 'array', ERROR(CONCAT('cannot extract elements from a', IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) = 'object', 'n object', ' scalar'))), JSON_QUERY_ARRAY(JSON_QUERY(c.attrs, '$.langs')))) AS l_1
ORDER BY id NULLS LAST, l NULLS LAST

-- lengths and types
SELECT id, jsonb_array_length(attrs->'langs') n, jsonb_typeof(attrs->'addr') t FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) <> 'array', ERROR('cannot get array length of a non-array'), ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')))) AS n,
  JSON_TYPE(JSON_QUERY(customers.attrs, '$.addr')) AS t
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- casts
SELECT id, (payload->>'ms')::numeric / 3 AS ms, (payload->>'ok')::boolean AS ok, (payload->'ms')::int AS m FROM events WHERE id < 6 ORDER BY id
----
SELECT
  events.id,
  CONCAT(NULLIF(FORMAT('%.*f', GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT(COALESCE(JSON_VALUE(events.payload, '$.ms'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ms')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))), r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT(COALESCE(JSON_VALUE(events.payload, '$.ms'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ms')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))), r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0), CAST(TRIM(COALESCE(JSON_VALUE(events.payload, '$.ms'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ms')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))) AS BIGNUMERIC)), 'NULL'), ' ', NULLIF(FORMAT('%.0f', NUMERIC '3'), 'NULL'), ' /') AS ms,
  CASE WHEN LOWER(TRIM(COALESCE(JSON_VALUE(events.payload, '$.ok'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ok')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))))) IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN TRUE WHEN LOWER(TRIM(COALESCE(JSON_VALUE(events.payload, '$.ok'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ok')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))))) IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN FALSE WHEN COALESCE(JSON_VALUE(events.payload, '$.ok'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ok')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))) IS NOT NULL THEN ERROR(CONCAT('invalid input syntax for type boolean: "', COALESCE(JSON_VALUE(events.payload, '$.ok'), IF(JSON_TYPE(JSON_QUERY(events.payload, '$.ok')) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))), '"')) END AS ok,
  DIV(CAST(CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.ms')) = 'number' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.ms')) WHEN JSON_QUERY(events.payload, '$.ms') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.ms')), ' to type integer')) END AS BIGNUMERIC) AS INT64) * 4294967296, 4294967296) AS m
FROM `my-project.shop.events` AS events
WHERE events.id < 6
ORDER BY id NULLS LAST

-- keys
SELECT DISTINCT k FROM customers, jsonb_object_keys(attrs) AS k ORDER BY k
----
SELECT DISTINCT k_1 AS k
FROM `my-project.shop.customers` AS customers
CROSS JOIN UNNEST(ARRAY(SELECT name FROM (SELECT IF(STARTS_WITH(quoted_name, '"'), STRING(PARSE_JSON(quoted_name)), quoted_name) AS name FROM UNNEST(IF(JSON_TYPE(customers.attrs) <> 'object', ERROR(CONCAT('cannot call jsonb_object_keys on a', IF(JSON_TYPE(customers.attrs) = 'array', 'n array', ' scalar'))), JSON_KEYS(customers.attrs, 1))) AS quoted_name) ORDER BY BYTE_LENGTH(name), name)) AS k_1
ORDER BY k NULLS LAST

-- json text functions are refused
SELECT json_build_object('a', 1)
----
SELECT JSON_OBJECT('\ue000', JSON_ARRAY('o', 'a', 1)) AS json_build_object

-- equality
SELECT id FROM customers WHERE attrs->'beta' = 'true'::jsonb
----
SELECT customers.id
FROM `my-project.shop.customers` AS customers
WHERE IF(JSON_QUERY(customers.attrs, '$.beta') IS NULL, NULL, TO_JSON_STRING(JSON_QUERY(customers.attrs, '$.beta'))) = TO_JSON_STRING(JSON 'true')

-- json_agg of json documents
SELECT json_agg(payload) FROM events
----
SELECT
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(JSON_ARRAY('b', events.payload))) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(JSON_ARRAY('b', events.payload))))))) AS json_agg
FROM `my-project.shop.events` AS events

-- json_agg of scalars
SELECT json_agg(x ORDER BY x) AS list FROM (VALUES ('a'), ('b')) AS t(x)
----
SELECT
  JSON_OBJECT('\ue000', IF(ARRAY_AGG(TO_JSON(t.column1) ORDER BY t.column1 IS NULL, t.column1) IS NULL, NULL, JSON_ARRAY('l', TO_JSON(ARRAY_AGG(TO_JSON(t.column1) ORDER BY t.column1 IS NULL, t.column1))))) AS list
FROM (SELECT * FROM UNNEST([STRUCT('a' AS column1), STRUCT('b')])) AS t

-- text as json
SELECT (x::json)->>'a' AS a FROM (VALUES ('{"a": 1}')) AS t(x)
----
SELECT
  IF(PARSE_JSON(t.column1, wide_number_mode => 'round') IS NULL, NULL, COALESCE(JSON_VALUE(t.column1, '$.a'), IF(REGEXP_CONTAINS(JSON_QUERY(t.column1, '$.a'), r'^[\[{]'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))) AS a
FROM (SELECT '{"a": 1}' AS column1) AS t

-- a scalar is its own first element
SELECT id, payload ->> 0 AS whole, payload -> 'page' ->> 0 AS page, payload -> 'items' -> 0 AS item, payload -> 'nothing' -> 0 AS none FROM events ORDER BY id
----
SELECT
  events.id,
  IF(JSON_TYPE(events.payload) IN ('object', 'array'), JSON_QUERY(events.payload, '$[0]'), events.payload) AS whole,
  IF(JSON_TYPE(JSON_QUERY(events.payload, '$.page')) IN ('object', 'array'), JSON_QUERY(events.payload, '$.page[0]'), JSON_QUERY(events.payload, '$.page')) AS page,
  IF(JSON_TYPE(JSON_QUERY(events.payload, '$.items')) IN ('object', 'array'), JSON_QUERY(events.payload, '$.items[0]'), JSON_QUERY(events.payload, '$.items')) AS item,
  IF(JSON_TYPE(JSON_QUERY(events.payload, '$.nothing')) IN ('object', 'array'), JSON_QUERY(events.payload, '$.nothing[0]'), JSON_QUERY(events.payload, '$.nothing')) AS none
FROM `my-project.shop.events` AS events
ORDER BY id NULLS LAST

-- elements of what may be no array
SELECT c.id, l FROM customers c, jsonb_array_elements(c.attrs->'langs') l WHERE jsonb_typeof(c.attrs->'langs') = 'array' ORDER BY c.id, l::text
----
SELECT c.id, l_1 AS l
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) = 'array' AND JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) <> 'array', ERROR(CONCAT('cannot extract elements from a', IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) = 'object', 'n object', ' scalar'))), JSON_QUERY_ARRAY(JSON_QUERY(c.attrs, '$.langs')))) AS l_1
WHERE JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) = 'array'
ORDER BY id NULLS LAST, (SELECT CASE WHEN json IS NULL THEN NULL WHEN JSON_TYPE(json) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json) = 'number' AND STRPOS(TO_JSON_STRING(json), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(json) = 'object', CONCAT(TO_JSON_STRING(part.name), ': '), ''), CASE WHEN part.item IS NULL THEN NULL WHEN JSON_TYPE(part.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part.item) = 'number' AND STRPOS(TO_JSON_STRING(part.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part.item) = 'object', CONCAT(TO_JSON_STRING(part_1.name), ': '), ''), CASE WHEN part_1.item IS NULL THEN NULL WHEN JSON_TYPE(part_1.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_1.item) = 'number' AND STRPOS(TO_JSON_STRING(part_1.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_1.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_1.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_1.item) = 'object', CONCAT(TO_JSON_STRING(part_2.name), ': '), ''), CASE WHEN part_2.item IS NULL THEN NULL WHEN JSON_TYPE(part_2.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_2.item) = 'number' AND STRPOS(TO_JSON_STRING(part_2.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_2.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_2.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_2.item) = 'object', CONCAT(TO_JSON_STRING(part_3.name), ': '), ''), IF(JSON_TYPE(part_3.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_3.item) = 'number' AND STRPOS(TO_JSON_STRING(part_3.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_3.item)))), ', ' ORDER BY part_3.place, part_3.name), ''), IF(JSON_TYPE(part_2.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_2.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_2.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_2.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_2.item)) AS item WITH OFFSET AS place))) AS part_3) END), ', ' ORDER BY part_2.place, part_2.name), ''), IF(JSON_TYPE(part_1.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_1.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_1.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_1.item)) AS item WITH OFFSET AS place))) AS part_2) END), ', ' ORDER BY part_1.place, part_1.name), ''), IF(JSON_TYPE(part.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part.item)) AS item WITH OFFSET AS place))) AS part_1) END), ', ' ORDER BY part.place, part.name), ''), IF(JSON_TYPE(json) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json)) AS item WITH OFFSET AS place))) AS part) END FROM UNNEST([l_1]) AS json) NULLS LAST

-- members of objects
SELECT c.id, e.key, e.value FROM customers c, jsonb_each(c.attrs) e WHERE c.attrs IS NOT NULL ORDER BY c.id, e.key
----
SELECT c.id, e.name AS key, e.element AS value
FROM `my-project.shop.customers` AS c
CROSS JOIN UNNEST(ARRAY(SELECT AS STRUCT name, c.attrs[name] AS element FROM (SELECT IF(STARTS_WITH(quoted_name, '"'), STRING(PARSE_JSON(quoted_name)), quoted_name) AS name FROM UNNEST(IF(c.attrs IS NOT NULL AND JSON_TYPE(c.attrs) <> 'object', ERROR(CONCAT('cannot call jsonb_each on a non-object')), JSON_KEYS(c.attrs, 1))) AS quoted_name) ORDER BY BYTE_LENGTH(name), name)) AS e
WHERE c.attrs IS NOT NULL
ORDER BY id NULLS LAST, key NULLS LAST

-- texts within arrays of anything
SELECT jsonb_build_array(id, name) ? 'Alice' AS has, jsonb_build_array(id, name) - 'Alice' AS without FROM customers ORDER BY id
----
SELECT
  CASE JSON_TYPE(JSON_ARRAY(customers.id, customers.name)) WHEN 'object' THEN JSON_QUERY(JSON_ARRAY(customers.id, customers.name), '$.Alice') IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(JSON_ARRAY(customers.id, customers.name))) AS element WHERE IF(JSON_TYPE(element) = 'string', STRING(element) = 'Alice', FALSE)) WHEN 'string' THEN STRING(JSON_ARRAY(customers.id, customers.name)) = 'Alice' WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END AS has,
  CASE JSON_TYPE(JSON_ARRAY(customers.id, customers.name)) WHEN 'object' THEN JSON_REMOVE(JSON_ARRAY(customers.id, customers.name), '$.Alice') WHEN 'array' THEN TO_JSON(ARRAY(SELECT element_1 FROM UNNEST(JSON_QUERY_ARRAY(JSON_ARRAY(customers.id, customers.name))) AS element_1 WITH OFFSET AS place WHERE IF(JSON_TYPE(element_1) = 'string', STRING(element_1) NOT IN ('Alice'), TRUE) ORDER BY place)) ELSE IF(JSON_ARRAY(customers.id, customers.name) IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END AS without
FROM `my-project.shop.customers` AS customers
ORDER BY customers.id NULLS LAST

-- conditions that nothing can meet
SELECT id FROM customers WHERE false AND (attrs->>'plan')::int IS NOT NULL
----
SELECT customers.id
FROM `my-project.shop.customers` AS customers
WHERE FALSE

-- casts of members that are missing
SELECT (payload->'n')::int AS a, (payload->'ms')::numeric AS b, (payload #> '{a,b}')::float8 AS c, (payload->'ok')::boolean AS d, (payload->'gone')::boolean AS e FROM events ORDER BY id
----
SELECT
  DIV(CAST(CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.n')) = 'number' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.n')) WHEN JSON_QUERY(events.payload, '$.n') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.n')), ' to type integer')) END AS BIGNUMERIC) AS INT64) * 4294967296, 4294967296) AS a,
  CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.ms')) = 'number' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.ms')) WHEN JSON_QUERY(events.payload, '$.ms') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.ms')), ' to type numeric')) END AS BIGNUMERIC) AS b,
  CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.a.b')) = 'number' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.a.b')) WHEN JSON_QUERY(events.payload, '$.a.b') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.a.b')), ' to type double precision')) END AS FLOAT64) AS c,
  CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.ok')) = 'boolean' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.ok')) WHEN JSON_QUERY(events.payload, '$.ok') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.ok')), ' to type boolean')) END AS BOOL) AS d,
  CAST(CASE WHEN JSON_TYPE(JSON_QUERY(events.payload, '$.gone')) = 'boolean' THEN TO_JSON_STRING(JSON_QUERY(events.payload, '$.gone')) WHEN JSON_QUERY(events.payload, '$.gone') IS NOT NULL THEN ERROR(CONCAT('cannot cast jsonb ', JSON_TYPE(JSON_QUERY(events.payload, '$.gone')), ' to type boolean')) END AS BOOL) AS e
FROM `my-project.shop.events` AS events
ORDER BY events.id NULLS LAST

-- texts as json, spelled as they are
SELECT id, ('{"a": ' || id || '.50, "b": {"c": [1, 2.0]}}')::json->>'a' AS a, ('{"b": {"c": [1, ' || id || '.0]}}')::json#>>'{b,c,1}' AS c FROM orders WHERE id < 3 ORDER BY id
----
SELECT
  orders.id,
  IF(PARSE_JSON('{"a": ' || CAST(orders.id AS STRING) || '.50, "b": {"c": [1, 2.0]}}', wide_number_mode => 'round') IS NULL, NULL, COALESCE(JSON_VALUE('{"a": ' || CAST(orders.id AS STRING) || '.50, "b": {"c": [1, 2.0]}}', '$.a'), IF(REGEXP_CONTAINS(JSON_QUERY('{"a": ' || CAST(orders.id AS STRING) || '.50, "b": {"c": [1, 2.0]}}', '$.a'), r'^[\[{]'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))) AS a,
  IF(PARSE_JSON('{"b": {"c": [1, ' || CAST(orders.id AS STRING) || '.0]}}', wide_number_mode => 'round') IS NULL, NULL, COALESCE(JSON_VALUE('{"b": {"c": [1, ' || CAST(orders.id AS STRING) || '.0]}}', '$.b.c[1]'), JSON_VALUE('{"b": {"c": [1, ' || CAST(orders.id AS STRING) || '.0]}}', '$.b.c."1"'), IF(REGEXP_CONTAINS(JSON_QUERY('{"b": {"c": [1, ' || CAST(orders.id AS STRING) || '.0]}}', '$.b.c[1]'), r'^[\[{]') OR REGEXP_CONTAINS(JSON_QUERY('{"b": {"c": [1, ' || CAST(orders.id AS STRING) || '.0]}}', '$.b.c."1"'), r'^[\[{]'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))) AS c
FROM `my-project.shop.orders` AS orders
WHERE orders.id < 3
ORDER BY id NULLS LAST

-- texts that are no json
SELECT s::json->>'a' AS a FROM words WHERE s IS NOT NULL
----
SELECT
  IF(PARSE_JSON(words.s, wide_number_mode => 'round') IS NULL, NULL, COALESCE(JSON_VALUE(words.s, '$.a'), IF(REGEXP_CONTAINS(JSON_QUERY(words.s, '$.a'), r'^[\[{]'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))) AS a
FROM `my-project.shop.words` AS words
WHERE words.s IS NOT NULL

-- equal jsonb: 1.0 is 1, but not within a string
SELECT count(DISTINCT t::jsonb) AS n FROM (VALUES ('{"a": "v1.0, x"}'), ('{"a": "v1, x"}'), ('[1.0, "1.0,", 2.0]'), ('[1, "1.0,", 2]'), ('[1, "1,", 2]'), ('"1.0"'), ('1.0'), ('1'), (NULL)) v(t)
----
SELECT
  COUNT(DISTINCT REGEXP_REPLACE(IF(PARSE_JSON(v.column1) IS NULL, NULL, TO_JSON_STRING(PARSE_JSON(v.column1))), r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3')) AS n
FROM (
  SELECT *
  FROM UNNEST([
    STRUCT('{"a": "v1.0, x"}' AS column1),
    STRUCT('{"a": "v1, x"}'),
    STRUCT('[1.0, "1.0,", 2.0]'),
    STRUCT('[1, "1.0,", 2]'),
    STRUCT('[1, "1,", 2]'),
    STRUCT('"1.0"'),
    STRUCT('1.0'),
    STRUCT('1'),
    STRUCT(CAST(NULL AS STRING))
  ])
) AS v

-- no keys at all
SELECT id, attrs ?& '{}'::text[] AS every, attrs ?| '{}'::text[] AS any FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(customers.attrs IS NULL, NULL, TRUE) AS every,
  IF(customers.attrs IS NULL, NULL, FALSE) AS c_any
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- JSON numbers that are written in two ways are one
SELECT count(*) AS n FROM (SELECT v FROM (SELECT (id || '.0')::jsonb AS v FROM customers UNION ALL SELECT id::text::jsonb FROM customers) x GROUP BY v) y
----
SELECT COUNT(*) AS n
FROM (
  SELECT PARSE_JSON(grouped.json_1) AS v
  FROM (
    SELECT
      REGEXP_REPLACE(IF(x.v IS NULL, NULL, TO_JSON_STRING(x.v)), r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3') AS key_1,
      MIN(IF(x.v IS NULL, NULL, TO_JSON_STRING(x.v))) AS json_1
    FROM (
      SELECT PARSE_JSON(CAST(customers.id AS STRING) || '.0') AS v
      FROM `my-project.shop.customers` AS customers
      UNION ALL
      SELECT PARSE_JSON(CAST(customers_1.id AS STRING)) AS v
      FROM `my-project.shop.customers` AS customers_1
    ) AS x
    GROUP BY 1
  ) AS grouped
) AS y

-- such numbers among distinct values
SELECT DISTINCT (id - id || CASE WHEN id > 11 THEN '.0' ELSE '.5' END)::jsonb AS v, count(*) OVER () AS n FROM customers
----
SELECT PARSE_JSON(grouped.json_1) AS v, grouped.key_2 AS n
FROM (
  SELECT
    REGEXP_REPLACE(IF(combined.v IS NULL, NULL, TO_JSON_STRING(combined.v)), r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3') AS key_1,
    combined.n AS key_2,
    MIN(IF(combined.v IS NULL, NULL, TO_JSON_STRING(combined.v))) AS json_1
  FROM (
    SELECT
      PARSE_JSON(CAST(customers.id - customers.id AS STRING) || CASE WHEN customers.id > 11 THEN '.0' ELSE '.5' END) AS v,
      COUNT(*) OVER () AS n
    FROM `my-project.shop.customers` AS customers
  ) AS combined
  GROUP BY 1, 2
) AS grouped

-- such numbers in a union
SELECT count(*) AS n FROM (SELECT (id || '.0')::jsonb AS v, 1 AS one FROM customers UNION SELECT id::text::jsonb, 1 FROM customers) x
----
SELECT COUNT(*) AS n
FROM (
  SELECT PARSE_JSON(MIN(united.v)) AS v, united.one
  FROM (
    SELECT IF(v IS NULL, NULL, TO_JSON_STRING(v)) AS v, one
    FROM (
      SELECT PARSE_JSON(CAST(customers.id AS STRING) || '.0') AS v, 1 AS one
      FROM `my-project.shop.customers` AS customers
    )
    UNION ALL
    SELECT IF(v IS NULL, NULL, TO_JSON_STRING(v)) AS v, one
    FROM (
      SELECT PARSE_JSON(CAST(customers_1.id AS STRING)) AS v, 1 AS one
      FROM `my-project.shop.customers` AS customers_1
    )
  ) AS united
  GROUP BY REGEXP_REPLACE(united.v, r'("(?:[^"\\]|\\.)*")|(\d)\.0([,}\]]|$)', r'\1\2\3'), united.one
) AS x

-- JSON in lines
SELECT id, jsonb_pretty(attrs) AS a, jsonb_pretty(attrs->'langs') AS b FROM customers
----
SELECT
  customers.id,
  (SELECT CASE WHEN json IS NULL THEN NULL WHEN JSON_TYPE(json) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json) = 'number' AND STRPOS(TO_JSON_STRING(json), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n    ', IF(JSON_TYPE(json) = 'object', CONCAT(TO_JSON_STRING(part.name), ': '), ''), CASE WHEN part.item IS NULL THEN NULL WHEN JSON_TYPE(part.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part.item) = 'number' AND STRPOS(TO_JSON_STRING(part.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n        ', IF(JSON_TYPE(part.item) = 'object', CONCAT(TO_JSON_STRING(part_1.name), ': '), ''), CASE WHEN part_1.item IS NULL THEN NULL WHEN JSON_TYPE(part_1.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_1.item) = 'number' AND STRPOS(TO_JSON_STRING(part_1.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_1.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_1.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n            ', IF(JSON_TYPE(part_1.item) = 'object', CONCAT(TO_JSON_STRING(part_2.name), ': '), ''), CASE WHEN part_2.item IS NULL THEN NULL WHEN JSON_TYPE(part_2.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_2.item) = 'number' AND STRPOS(TO_JSON_STRING(part_2.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_2.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_2.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n                ', IF(JSON_TYPE(part_2.item) = 'object', CONCAT(TO_JSON_STRING(part_3.name), ': '), ''), IF(JSON_TYPE(part_3.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_3.item) = 'number' AND STRPOS(TO_JSON_STRING(part_3.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_3.item)))), ',' ORDER BY part_3.place, part_3.name), ''), '\n            ', IF(JSON_TYPE(part_2.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_2.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_2.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_2.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_2.item)) AS item WITH OFFSET AS place))) AS part_3) END), ',' ORDER BY part_2.place, part_2.name), ''), '\n        ', IF(JSON_TYPE(part_1.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_1.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_1.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_1.item)) AS item WITH OFFSET AS place))) AS part_2) END), ',' ORDER BY part_1.place, part_1.name), ''), '\n    ', IF(JSON_TYPE(part.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part.item)) AS item WITH OFFSET AS place))) AS part_1) END), ',' ORDER BY part.place, part.name), ''), '\n', IF(JSON_TYPE(json) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json)) AS item WITH OFFSET AS place))) AS part) END FROM UNNEST([customers.attrs]) AS json) AS a,
  (SELECT CASE WHEN json_1 IS NULL THEN NULL WHEN JSON_TYPE(json_1) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json_1) = 'number' AND STRPOS(TO_JSON_STRING(json_1), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json_1)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json_1) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n    ', IF(JSON_TYPE(json_1) = 'object', CONCAT(TO_JSON_STRING(part_4.name), ': '), ''), CASE WHEN part_4.item IS NULL THEN NULL WHEN JSON_TYPE(part_4.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_4.item) = 'number' AND STRPOS(TO_JSON_STRING(part_4.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_4.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_4.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n        ', IF(JSON_TYPE(part_4.item) = 'object', CONCAT(TO_JSON_STRING(part_5.name), ': '), ''), CASE WHEN part_5.item IS NULL THEN NULL WHEN JSON_TYPE(part_5.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_5.item) = 'number' AND STRPOS(TO_JSON_STRING(part_5.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_5.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_5.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n            ', IF(JSON_TYPE(part_5.item) = 'object', CONCAT(TO_JSON_STRING(part_6.name), ': '), ''), CASE WHEN part_6.item IS NULL THEN NULL WHEN JSON_TYPE(part_6.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_6.item) = 'number' AND STRPOS(TO_JSON_STRING(part_6.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_6.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_6.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT('\n                ', IF(JSON_TYPE(part_6.item) = 'object', CONCAT(TO_JSON_STRING(part_7.name), ': '), ''), IF(JSON_TYPE(part_7.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_7.item) = 'number' AND STRPOS(TO_JSON_STRING(part_7.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_7.item)))), ',' ORDER BY part_7.place, part_7.name), ''), '\n            ', IF(JSON_TYPE(part_6.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_6.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_6.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_6.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_6.item)) AS item WITH OFFSET AS place))) AS part_7) END), ',' ORDER BY part_6.place, part_6.name), ''), '\n        ', IF(JSON_TYPE(part_5.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_5.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_5.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_5.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_5.item)) AS item WITH OFFSET AS place))) AS part_6) END), ',' ORDER BY part_5.place, part_5.name), ''), '\n    ', IF(JSON_TYPE(part_4.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_4.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_4.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_4.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_4.item)) AS item WITH OFFSET AS place))) AS part_5) END), ',' ORDER BY part_4.place, part_4.name), ''), '\n', IF(JSON_TYPE(json_1) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json_1) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json_1[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json_1, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json_1)) AS item WITH OFFSET AS place))) AS part_4) END FROM UNNEST([JSON_QUERY(customers.attrs, '$.langs')]) AS json_1) AS b
FROM `my-project.shop.customers` AS customers

-- an index that a column computes
SELECT id, attrs -> (id % 2)::int AS a, attrs -> 'plan' -> (id % 3 - 1)::int AS b, attrs -> 'langs' ->> (id % 2)::int AS c, attrs -> 'plan' ->> -1 AS d FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(JSON_TYPE(customers.attrs) IN ('object', 'array'), JSON_QUERY_ARRAY(customers.attrs), [customers.attrs])[SAFE_OFFSET(IF(MOD(customers.id, 2) < 0, ARRAY_LENGTH(IF(JSON_TYPE(customers.attrs) IN ('object', 'array'), JSON_QUERY_ARRAY(customers.attrs), [customers.attrs])) + MOD(customers.id, 2), MOD(customers.id, 2)))] AS a,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.plan')), [JSON_QUERY(customers.attrs, '$.plan')])[SAFE_OFFSET(IF(MOD(customers.id, 3) - 1 < 0, ARRAY_LENGTH(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.plan')), [JSON_QUERY(customers.attrs, '$.plan')])) + (MOD(customers.id, 3) - 1), MOD(customers.id, 3) - 1))] AS b,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')), [JSON_QUERY(customers.attrs, '$.langs')])[SAFE_OFFSET(IF(MOD(customers.id, 2) < 0, ARRAY_LENGTH(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')), [JSON_QUERY(customers.attrs, '$.langs')])) + MOD(customers.id, 2), MOD(customers.id, 2)))] AS c,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.plan')), [JSON_QUERY(customers.attrs, '$.plan')])[SAFE_OFFSET(ARRAY_LENGTH(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) IN ('object', 'array'), JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.plan')), [JSON_QUERY(customers.attrs, '$.plan')])) - 1)] AS d
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- indexes from the end in a path
SELECT id, attrs #>> '{langs,-1}' AS a, attrs #> '{langs,-2}' AS b, attrs #>> '{addr,-1}' AS c FROM customers WHERE attrs #>> '{langs,-1}' <> 'x' ORDER BY id
----
SELECT
  customers.id,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) - 1)], JSON_QUERY(customers.attrs, '$.langs')['-1']) AS a,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) - 2)], JSON_QUERY(customers.attrs, '$.langs')['-2']) AS b,
  IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.addr')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.addr'))[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.addr'))) - 1)], JSON_QUERY(customers.attrs, '$.addr')['-1']) AS c
FROM `my-project.shop.customers` AS customers
WHERE COALESCE(JSON_VALUE(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) - 1)], JSON_QUERY(customers.attrs, '$.langs')['-1'])), IF(JSON_TYPE(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) - 1)], JSON_QUERY(customers.attrs, '$.langs')['-1'])) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING))) <> 'x'
ORDER BY id NULLS LAST

-- contained in a constant
SELECT id, attrs <@ '{}' AS a, attrs -> 'langs' <@ '["en", "de"]' AS b, attrs -> 'plan' <@ '["pro", "free"]' AS c, attrs <@ '{"plan": "team", "langs": ["en", "fr"], "seats": 3}' AS d, attrs -> 'seats' <@ '3.0' AS e FROM customers ORDER BY id
----
SELECT
  customers.id,
  (SELECT IF(part IS NULL, NULL, (JSON_TYPE(part) = 'object' AND ARRAY_LENGTH(JSON_KEYS(part, 1)) = 0)) FROM UNNEST([customers.attrs]) AS part) AS a,
  (SELECT IF(part_1 IS NULL, NULL, (JSON_TYPE(part_1) = 'array' AND NOT EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(part_1)) AS element WHERE NOT ((TO_JSON_STRING(element) = '"en"') OR (TO_JSON_STRING(element) = '"de"')))) OR (TO_JSON_STRING(part_1) = '"en"') OR (TO_JSON_STRING(part_1) = '"de"')) FROM UNNEST([JSON_QUERY(customers.attrs, '$.langs')]) AS part_1) AS b,
  (SELECT IF(part_2 IS NULL, NULL, (JSON_TYPE(part_2) = 'array' AND NOT EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(part_2)) AS element_1 WHERE NOT ((TO_JSON_STRING(element_1) = '"pro"') OR (TO_JSON_STRING(element_1) = '"free"')))) OR (TO_JSON_STRING(part_2) = '"pro"') OR (TO_JSON_STRING(part_2) = '"free"')) FROM UNNEST([JSON_QUERY(customers.attrs, '$.plan')]) AS part_2) AS c,
  (SELECT IF(part_3 IS NULL, NULL, (JSON_TYPE(part_3) = 'object' AND NOT EXISTS(SELECT 1 FROM (SELECT IF(STARTS_WITH(quoted_1, '"'), STRING(PARSE_JSON(quoted_1)), quoted_1) AS name_1 FROM UNNEST(JSON_KEYS(part_3, 1)) AS quoted_1) WHERE name_1 NOT IN ('plan', 'langs', 'seats')) AND (SELECT part_4 IS NULL OR (TO_JSON_STRING(part_4) = '"team"') FROM UNNEST([part_3['plan']]) AS part_4) AND (SELECT part_5 IS NULL OR (JSON_TYPE(part_5) = 'array' AND NOT EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(part_5)) AS element_2 WHERE NOT ((TO_JSON_STRING(element_2) = '"en"') OR (TO_JSON_STRING(element_2) = '"fr"')))) FROM UNNEST([part_3['langs']]) AS part_5) AND (SELECT part_6 IS NULL OR (JSON_TYPE(part_6) = 'number' AND SAFE_CAST(JSON_VALUE(part_6) AS BIGNUMERIC) = BIGNUMERIC '3') FROM UNNEST([part_3['seats']]) AS part_6))) FROM UNNEST([customers.attrs]) AS part_3) AS d,
  (SELECT IF(part_7 IS NULL, NULL, (JSON_TYPE(part_7) = 'number' AND SAFE_CAST(JSON_VALUE(part_7) AS BIGNUMERIC) = BIGNUMERIC '3.0')) FROM UNNEST([JSON_QUERY(customers.attrs, '$.seats')]) AS part_7) AS e
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- contains what is built
SELECT id, attrs @> jsonb_build_object('plan', CASE WHEN id < 12 THEN 'pro' ELSE 'team' END) AS a, attrs @> jsonb_build_object('addr', jsonb_build_object('city', name), 'seats', id - 7) AS b, attrs @> jsonb_build_object('langs', jsonb_build_array('fr')) AS c, attrs @> jsonb_build_object('gone', country) AS d FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(customers.attrs) = 'object' AND IF(CASE WHEN customers.id < 12 THEN 'pro' ELSE 'team' END IS NULL, JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) = 'null', JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) = 'string' AND JSON_VALUE(JSON_QUERY(customers.attrs, '$.plan')) = CASE WHEN customers.id < 12 THEN 'pro' ELSE 'team' END), FALSE)) AS a,
  IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(customers.attrs) = 'object' AND JSON_TYPE(JSON_QUERY(customers.attrs, '$.addr')) = 'object' AND IF(customers.name IS NULL, JSON_TYPE(JSON_QUERY(JSON_QUERY(customers.attrs, '$.addr'), '$.city')) = 'null', JSON_TYPE(JSON_QUERY(JSON_QUERY(customers.attrs, '$.addr'), '$.city')) = 'string' AND JSON_VALUE(JSON_QUERY(JSON_QUERY(customers.attrs, '$.addr'), '$.city')) = customers.name) AND IF(customers.id - 7 IS NULL, JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) = 'null', JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) = 'number' AND SAFE_CAST(JSON_VALUE(JSON_QUERY(customers.attrs, '$.seats')) AS BIGNUMERIC) = CAST(customers.id - 7 AS BIGNUMERIC)), FALSE)) AS b,
  IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(customers.attrs) = 'object' AND JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array' AND EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs'))) AS element WHERE IF('fr' IS NULL, JSON_TYPE(element) = 'null', JSON_TYPE(element) = 'string' AND JSON_VALUE(element) = 'fr')), FALSE)) AS c,
  IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(customers.attrs) = 'object' AND IF(customers.country IS NULL, JSON_TYPE(JSON_QUERY(customers.attrs, '$.gone')) = 'null', JSON_TYPE(JSON_QUERY(customers.attrs, '$.gone')) = 'string' AND JSON_VALUE(JSON_QUERY(customers.attrs, '$.gone')) = customers.country), FALSE)) AS d
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- elements set and put in
SELECT id, jsonb_set(attrs, '{langs,0}', '"xx"') AS a, jsonb_set(attrs, '{langs,9}', '"xx"') AS b, jsonb_set(attrs, '{langs,-9}', '"xx"') AS c, jsonb_set(attrs, '{langs,9}', '"xx"', false) AS d, jsonb_set(attrs, '{addr,city}', to_jsonb(name)) AS e, jsonb_set(attrs, '{no,city}', '1') AS f FROM customers ORDER BY id
----
SELECT
  customers.id,
  (SELECT IF(root IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root) IN ('object', 'array'), CASE JSON_TYPE(root) WHEN 'object' THEN IF(root['langs'] IS NULL, root, JSON_SET(root, '$.langs', (SELECT CASE JSON_TYPE(c_inner) WHEN 'object' THEN JSON_SET(c_inner, '$."0"', JSON '"xx"') WHEN 'array' THEN TO_JSON(IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner)) > 0, ARRAY(SELECT IF(place = 0, JSON '"xx"', item) FROM UNNEST(JSON_QUERY_ARRAY(c_inner)) AS item WITH OFFSET AS place ORDER BY place), ARRAY_CONCAT(JSON_QUERY_ARRAY(c_inner), [JSON '"xx"']))) ELSE c_inner END FROM UNNEST([root['langs']]) AS c_inner))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root) AS a,
  (SELECT IF(root_1 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_1) IN ('object', 'array'), CASE JSON_TYPE(root_1) WHEN 'object' THEN IF(root_1['langs'] IS NULL, root_1, JSON_SET(root_1, '$.langs', (SELECT CASE JSON_TYPE(c_inner_1) WHEN 'object' THEN JSON_SET(c_inner_1, '$."9"', JSON '"xx"') WHEN 'array' THEN TO_JSON(IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_1)) > 9, ARRAY(SELECT IF(place_1 = 9, JSON '"xx"', item_1) FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1), ARRAY_CONCAT(JSON_QUERY_ARRAY(c_inner_1), [JSON '"xx"']))) ELSE c_inner_1 END FROM UNNEST([root_1['langs']]) AS c_inner_1))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_1 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_1) AS b,
  (SELECT IF(root_2 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_2) IN ('object', 'array'), CASE JSON_TYPE(root_2) WHEN 'object' THEN IF(root_2['langs'] IS NULL, root_2, JSON_SET(root_2, '$.langs', (SELECT CASE JSON_TYPE(c_inner_2) WHEN 'object' THEN JSON_SET(c_inner_2, '$."-9"', JSON '"xx"') WHEN 'array' THEN TO_JSON(IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_2)) - 9 >= 0, ARRAY(SELECT IF(place_2 = ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_2)) - 9, JSON '"xx"', item_2) FROM UNNEST(JSON_QUERY_ARRAY(c_inner_2)) AS item_2 WITH OFFSET AS place_2 ORDER BY place_2), ARRAY_CONCAT([JSON '"xx"'], JSON_QUERY_ARRAY(c_inner_2)))) ELSE c_inner_2 END FROM UNNEST([root_2['langs']]) AS c_inner_2))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_2 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_2) AS c,
  (SELECT IF(root_3 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_3) IN ('object', 'array'), CASE JSON_TYPE(root_3) WHEN 'object' THEN IF(root_3['langs'] IS NULL, root_3, JSON_SET(root_3, '$.langs', (SELECT CASE JSON_TYPE(c_inner_3) WHEN 'object' THEN IF(c_inner_3['9'] IS NULL, c_inner_3, JSON_SET(c_inner_3, '$."9"', JSON '"xx"')) WHEN 'array' THEN TO_JSON(ARRAY(SELECT IF(place_3 = 9, JSON '"xx"', item_3) FROM UNNEST(JSON_QUERY_ARRAY(c_inner_3)) AS item_3 WITH OFFSET AS place_3 ORDER BY place_3)) ELSE c_inner_3 END FROM UNNEST([root_3['langs']]) AS c_inner_3))) WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root_3)) = 0, root_3, ERROR('path element at position 1 is not an integer: "langs"')) ELSE root_3 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_3) AS d,
  IF(TO_JSON(customers.name) IS NULL, CAST(NULL AS JSON), (SELECT IF(root_4 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_4) IN ('object', 'array'), CASE JSON_TYPE(root_4) WHEN 'object' THEN IF(root_4['addr'] IS NULL, root_4, JSON_SET(root_4, '$.addr', (SELECT CASE JSON_TYPE(c_inner_4) WHEN 'object' THEN JSON_SET(c_inner_4, '$.city', TO_JSON(customers.name)) WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "city"') ELSE c_inner_4 END FROM UNNEST([root_4['addr']]) AS c_inner_4))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "addr"') ELSE root_4 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_4)) AS e,
  (SELECT IF(root_5 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_5) IN ('object', 'array'), CASE JSON_TYPE(root_5) WHEN 'object' THEN IF(root_5['no'] IS NULL, root_5, JSON_SET(root_5, '$.no', (SELECT CASE JSON_TYPE(c_inner_5) WHEN 'object' THEN JSON_SET(c_inner_5, '$.city', JSON '1') WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "city"') ELSE c_inner_5 END FROM UNNEST([root_5['no']]) AS c_inner_5))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "no"') ELSE root_5 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_5) AS f
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- elements put in and taken out
SELECT id, jsonb_insert(attrs, '{langs,0}', '"xx"') AS a, jsonb_insert(attrs, '{langs,-1}', '"xx"', true) AS b, jsonb_insert(attrs, '{langs,9}', '"xx"') AS c, attrs #- '{langs,0}' AS d, attrs #- '{langs,-1}' AS e, attrs #- '{addr,city}' AS f, jsonb_set_lax(attrs, '{plan}', to_jsonb(country), true, 'delete_key') AS g, jsonb_set_lax(attrs, '{plan}', to_jsonb(country)) AS h FROM customers ORDER BY id
----
SELECT
  customers.id,
  (SELECT IF(root IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root) IN ('object', 'array'), CASE JSON_TYPE(root) WHEN 'object' THEN IF(root['langs'] IS NULL, root, JSON_SET(root, '$.langs', (SELECT CASE JSON_TYPE(c_inner) WHEN 'object' THEN IF(c_inner['0'] IS NULL, JSON_SET(c_inner, '$."0"', JSON '"xx"'), ERROR('cannot replace existing key')) WHEN 'array' THEN TO_JSON(ARRAY_CONCAT(ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner)) AS item WITH OFFSET AS place WHERE place < 0 ORDER BY place), [JSON '"xx"'], ARRAY(SELECT item FROM UNNEST(JSON_QUERY_ARRAY(c_inner)) AS item WITH OFFSET AS place WHERE place >= 0 ORDER BY place))) ELSE c_inner END FROM UNNEST([root['langs']]) AS c_inner))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root) AS a,
  (SELECT IF(root_1 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_1) IN ('object', 'array'), CASE JSON_TYPE(root_1) WHEN 'object' THEN IF(root_1['langs'] IS NULL, root_1, JSON_SET(root_1, '$.langs', (SELECT CASE JSON_TYPE(c_inner_1) WHEN 'object' THEN IF(c_inner_1['-1'] IS NULL, JSON_SET(c_inner_1, '$."-1"', JSON '"xx"'), ERROR('cannot replace existing key')) WHEN 'array' THEN TO_JSON(ARRAY_CONCAT(ARRAY(SELECT item_1 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item_1 WITH OFFSET AS place_1 WHERE place_1 <= ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_1)) - 1 ORDER BY place_1), [JSON '"xx"'], ARRAY(SELECT item_1 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_1)) AS item_1 WITH OFFSET AS place_1 WHERE place_1 > ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_1)) - 1 ORDER BY place_1))) ELSE c_inner_1 END FROM UNNEST([root_1['langs']]) AS c_inner_1))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_1 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_1) AS b,
  (SELECT IF(root_2 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_2) IN ('object', 'array'), CASE JSON_TYPE(root_2) WHEN 'object' THEN IF(root_2['langs'] IS NULL, root_2, JSON_SET(root_2, '$.langs', (SELECT CASE JSON_TYPE(c_inner_2) WHEN 'object' THEN IF(c_inner_2['9'] IS NULL, JSON_SET(c_inner_2, '$."9"', JSON '"xx"'), ERROR('cannot replace existing key')) WHEN 'array' THEN TO_JSON(ARRAY_CONCAT(ARRAY(SELECT item_2 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_2)) AS item_2 WITH OFFSET AS place_2 WHERE place_2 < 9 ORDER BY place_2), [JSON '"xx"'], ARRAY(SELECT item_2 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_2)) AS item_2 WITH OFFSET AS place_2 WHERE place_2 >= 9 ORDER BY place_2))) ELSE c_inner_2 END FROM UNNEST([root_2['langs']]) AS c_inner_2))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "langs"') ELSE root_2 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_2) AS c,
  (SELECT IF(root_3 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_3) IN ('object', 'array'), CASE JSON_TYPE(root_3) WHEN 'object' THEN IF(root_3['langs'] IS NULL, root_3, JSON_SET(root_3, '$.langs', (SELECT CASE JSON_TYPE(c_inner_3) WHEN 'object' THEN JSON_REMOVE(c_inner_3, '$."0"') WHEN 'array' THEN TO_JSON(ARRAY(SELECT item_3 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_3)) AS item_3 WITH OFFSET AS place_3 WHERE place_3 <> 0 ORDER BY place_3)) ELSE c_inner_3 END FROM UNNEST([root_3['langs']]) AS c_inner_3))) WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root_3)) = 0, root_3, ERROR('path element at position 1 is not an integer: "langs"')) ELSE root_3 END, ERROR('cannot delete path in scalar'))) FROM UNNEST([customers.attrs]) AS root_3) AS d,
  (SELECT IF(root_4 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_4) IN ('object', 'array'), CASE JSON_TYPE(root_4) WHEN 'object' THEN IF(root_4['langs'] IS NULL, root_4, JSON_SET(root_4, '$.langs', (SELECT CASE JSON_TYPE(c_inner_4) WHEN 'object' THEN JSON_REMOVE(c_inner_4, '$."-1"') WHEN 'array' THEN TO_JSON(ARRAY(SELECT item_4 FROM UNNEST(JSON_QUERY_ARRAY(c_inner_4)) AS item_4 WITH OFFSET AS place_4 WHERE place_4 <> ARRAY_LENGTH(JSON_QUERY_ARRAY(c_inner_4)) - 1 ORDER BY place_4)) ELSE c_inner_4 END FROM UNNEST([root_4['langs']]) AS c_inner_4))) WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root_4)) = 0, root_4, ERROR('path element at position 1 is not an integer: "langs"')) ELSE root_4 END, ERROR('cannot delete path in scalar'))) FROM UNNEST([customers.attrs]) AS root_4) AS e,
  (SELECT IF(root_5 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_5) IN ('object', 'array'), CASE JSON_TYPE(root_5) WHEN 'object' THEN IF(root_5['addr'] IS NULL, root_5, JSON_SET(root_5, '$.addr', (SELECT CASE JSON_TYPE(c_inner_5) WHEN 'object' THEN JSON_REMOVE(c_inner_5, '$.city') WHEN 'array' THEN ERROR('path element at position 2 is not an integer: "city"') ELSE c_inner_5 END FROM UNNEST([root_5['addr']]) AS c_inner_5))) WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root_5)) = 0, root_5, ERROR('path element at position 1 is not an integer: "addr"')) ELSE root_5 END, ERROR('cannot delete path in scalar'))) FROM UNNEST([customers.attrs]) AS root_5) AS f,
  IF(IF(customers.country IS NULL, NULL, TO_JSON(customers.country)) IS NULL, (SELECT IF(root_7 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_7) IN ('object', 'array'), CASE JSON_TYPE(root_7) WHEN 'object' THEN JSON_REMOVE(root_7, '$.plan') WHEN 'array' THEN IF(ARRAY_LENGTH(JSON_QUERY_ARRAY(root_7)) = 0, root_7, ERROR('path element at position 1 is not an integer: "plan"')) ELSE root_7 END, ERROR('cannot delete path in scalar'))) FROM UNNEST([customers.attrs]) AS root_7), (SELECT IF(root_6 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_6) IN ('object', 'array'), CASE JSON_TYPE(root_6) WHEN 'object' THEN JSON_SET(root_6, '$.plan', IF(customers.country IS NULL, NULL, TO_JSON(customers.country))) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "plan"') ELSE root_6 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_6)) AS g,
  (SELECT IF(root_8 IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE(root_8) IN ('object', 'array'), CASE JSON_TYPE(root_8) WHEN 'object' THEN JSON_SET(root_8, '$.plan', COALESCE(IF(customers.country IS NULL, NULL, TO_JSON(customers.country)), JSON 'null')) WHEN 'array' THEN ERROR('path element at position 1 is not an integer: "plan"') ELSE root_8 END, ERROR('cannot set path in scalar'))) FROM UNNEST([customers.attrs]) AS root_8) AS h
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- jsonpath from the end, over all members, and methods
SELECT id, jsonb_path_query_first(attrs, '$.langs[last]') AS a, jsonb_path_query_array(attrs, '$.langs[0 to last - 1]') AS b, jsonb_path_query_array(attrs, '$.*.type()') AS c, jsonb_path_query_first(attrs, '$.langs.size()') AS d, jsonb_path_query_first(attrs, '$.seats.abs()') AS e, jsonb_path_query_first(attrs, '$.plan starts with "p"') AS f, jsonb_path_query_first(attrs, '$.seats > 2') AS g, attrs @? '$.langs[*] ? (@ starts with "e")' AS h FROM customers ORDER BY id
----
SELECT
  customers.id,
  ARRAY(SELECT c_inner_1 FROM UNNEST(ARRAY(SELECT c_inner['langs'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item WITH OFFSET AS place CROSS JOIN UNNEST(IF(JSON_TYPE(item) = 'array', JSON_QUERY_ARRAY(item), [item])) AS c_inner WITH OFFSET AS place_1 WHERE c_inner['langs'] IS NOT NULL ORDER BY place, place_1)) AS item_1 WITH OFFSET AS place_2 CROSS JOIN UNNEST(IF(JSON_TYPE(item_1) = 'array', JSON_QUERY_ARRAY(item_1), [item_1])) AS c_inner_1 WITH OFFSET AS place_3 WHERE place_3 = ARRAY_LENGTH(IF(JSON_TYPE(item_1) = 'array', JSON_QUERY_ARRAY(item_1), [item_1])) - 1 ORDER BY place_2, place_3)[SAFE_OFFSET(0)] AS a,
  IF(customers.attrs IS NULL, NULL, TO_JSON(ARRAY(SELECT c_inner_3 FROM UNNEST(ARRAY(SELECT c_inner_2['langs'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_2 WITH OFFSET AS place_4 CROSS JOIN UNNEST(IF(JSON_TYPE(item_2) = 'array', JSON_QUERY_ARRAY(item_2), [item_2])) AS c_inner_2 WITH OFFSET AS place_5 WHERE c_inner_2['langs'] IS NOT NULL ORDER BY place_4, place_5)) AS item_3 WITH OFFSET AS place_6 CROSS JOIN UNNEST(IF(JSON_TYPE(item_3) = 'array', JSON_QUERY_ARRAY(item_3), [item_3])) AS c_inner_3 WITH OFFSET AS place_7 WHERE place_7 BETWEEN 0 AND ARRAY_LENGTH(IF(JSON_TYPE(item_3) = 'array', JSON_QUERY_ARRAY(item_3), [item_3])) - 2 ORDER BY place_6, place_7))) AS b,
  IF(customers.attrs IS NULL, NULL, TO_JSON(ARRAY(SELECT TO_JSON(JSON_TYPE(item_5)) FROM UNNEST(ARRAY(SELECT c_inner_4[name] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_4 WITH OFFSET AS place_8 CROSS JOIN UNNEST(IF(JSON_TYPE(item_4) = 'array', JSON_QUERY_ARRAY(item_4), [item_4])) AS c_inner_4 WITH OFFSET AS place_9 CROSS JOIN UNNEST(ARRAY(SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) FROM UNNEST(IF(JSON_TYPE(c_inner_4) = 'object', JSON_KEYS(c_inner_4, 1), [])) AS quoted)) AS name ORDER BY place_8, place_9, BYTE_LENGTH(name), name)) AS item_5 WITH OFFSET AS place_10 ORDER BY place_10))) AS c,
  ARRAY(SELECT TO_JSON(ARRAY_LENGTH(IF(JSON_TYPE(item_7) = 'array', JSON_QUERY_ARRAY(item_7), [item_7]))) FROM UNNEST(ARRAY(SELECT c_inner_6['langs'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_6 WITH OFFSET AS place_12 CROSS JOIN UNNEST(IF(JSON_TYPE(item_6) = 'array', JSON_QUERY_ARRAY(item_6), [item_6])) AS c_inner_6 WITH OFFSET AS place_13 WHERE c_inner_6['langs'] IS NOT NULL ORDER BY place_12, place_13)) AS item_7 WITH OFFSET AS place_14 ORDER BY place_14)[SAFE_OFFSET(0)] AS d,
  ARRAY(SELECT IF(JSON_TYPE(c_inner_9) = 'number', TO_JSON(ABS(CAST(JSON_VALUE(c_inner_9) AS BIGNUMERIC))), ERROR('jsonpath item method .abs() can only be applied to a numeric value')) FROM UNNEST(ARRAY(SELECT c_inner_8['seats'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_8 WITH OFFSET AS place_16 CROSS JOIN UNNEST(IF(JSON_TYPE(item_8) = 'array', JSON_QUERY_ARRAY(item_8), [item_8])) AS c_inner_8 WITH OFFSET AS place_17 WHERE c_inner_8['seats'] IS NOT NULL ORDER BY place_16, place_17)) AS item_9 WITH OFFSET AS place_18 CROSS JOIN UNNEST(IF(JSON_TYPE(item_9) = 'array', JSON_QUERY_ARRAY(item_9), [item_9])) AS c_inner_9 WITH OFFSET AS place_19 ORDER BY place_18, place_19)[SAFE_OFFSET(0)] AS e,
  IF(customers.attrs IS NULL, [], [TO_JSON((SELECT IF(COUNTIF(IF(JSON_TYPE(operand) = 'string', STARTS_WITH(STRING(operand), 'p'), NULL)) > 0, TRUE, IF(COUNTIF((IF(JSON_TYPE(operand) = 'string', STARTS_WITH(STRING(operand), 'p'), NULL)) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_11 FROM UNNEST(ARRAY(SELECT c_inner_10['plan'] FROM UNNEST([customers.attrs]) AS item_10 WITH OFFSET AS place_20 CROSS JOIN UNNEST(IF(JSON_TYPE(item_10) = 'array', JSON_QUERY_ARRAY(item_10), [item_10])) AS c_inner_10 WITH OFFSET AS place_21 WHERE c_inner_10['plan'] IS NOT NULL ORDER BY place_20, place_21)) AS item_11 WITH OFFSET AS place_22 CROSS JOIN UNNEST(IF(JSON_TYPE(item_11) = 'array', JSON_QUERY_ARRAY(item_11), [item_11])) AS c_inner_11 WITH OFFSET AS place_23 ORDER BY place_22, place_23)) AS operand))])[SAFE_OFFSET(0)] AS f,
  IF(customers.attrs IS NULL, [], [TO_JSON((SELECT IF(COUNTIF(CASE JSON_TYPE(operand_1) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_1) AS BIGNUMERIC) > BIGNUMERIC '2' WHEN 'null' THEN FALSE END) > 0, TRUE, IF(COUNTIF((CASE JSON_TYPE(operand_1) WHEN 'number' THEN SAFE_CAST(JSON_VALUE(operand_1) AS BIGNUMERIC) > BIGNUMERIC '2' WHEN 'null' THEN FALSE END) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_13 FROM UNNEST(ARRAY(SELECT c_inner_12['seats'] FROM UNNEST([customers.attrs]) AS item_12 WITH OFFSET AS place_24 CROSS JOIN UNNEST(IF(JSON_TYPE(item_12) = 'array', JSON_QUERY_ARRAY(item_12), [item_12])) AS c_inner_12 WITH OFFSET AS place_25 WHERE c_inner_12['seats'] IS NOT NULL ORDER BY place_24, place_25)) AS item_13 WITH OFFSET AS place_26 CROSS JOIN UNNEST(IF(JSON_TYPE(item_13) = 'array', JSON_QUERY_ARRAY(item_13), [item_13])) AS c_inner_13 WITH OFFSET AS place_27 ORDER BY place_26, place_27)) AS operand_1))])[SAFE_OFFSET(0)] AS g,
  IF(customers.attrs IS NULL, NULL, ARRAY_LENGTH(ARRAY(SELECT c_inner_16 FROM UNNEST(ARRAY(SELECT c_inner_15 FROM UNNEST(ARRAY(SELECT c_inner_14['langs'] FROM UNNEST(IF(customers.attrs IS NULL, [], [customers.attrs])) AS item_14 WITH OFFSET AS place_28 CROSS JOIN UNNEST(IF(JSON_TYPE(item_14) = 'array', JSON_QUERY_ARRAY(item_14), [item_14])) AS c_inner_14 WITH OFFSET AS place_29 WHERE c_inner_14['langs'] IS NOT NULL ORDER BY place_28, place_29)) AS item_15 WITH OFFSET AS place_30 CROSS JOIN UNNEST(IF(JSON_TYPE(item_15) = 'array', JSON_QUERY_ARRAY(item_15), [item_15])) AS c_inner_15 WITH OFFSET AS place_31 ORDER BY place_30, place_31)) AS item_16 WITH OFFSET AS place_32 CROSS JOIN UNNEST(IF(JSON_TYPE(item_16) = 'array', JSON_QUERY_ARRAY(item_16), [item_16])) AS c_inner_16 WITH OFFSET AS place_33 WHERE (SELECT IF(COUNTIF(IF(JSON_TYPE(operand_2) = 'string', STARTS_WITH(STRING(operand_2), 'e'), NULL)) > 0, TRUE, IF(COUNTIF((IF(JSON_TYPE(operand_2) = 'string', STARTS_WITH(STRING(operand_2), 'e'), NULL)) IS NULL) > 0, NULL, FALSE)) FROM UNNEST(ARRAY(SELECT c_inner_17 FROM UNNEST([c_inner_16]) AS item_17 WITH OFFSET AS place_34 CROSS JOIN UNNEST(IF(JSON_TYPE(item_17) = 'array', JSON_QUERY_ARRAY(item_17), [item_17])) AS c_inner_17 WITH OFFSET AS place_35 ORDER BY place_34, place_35)) AS operand_2) ORDER BY place_32, place_33)) > 0) AS h
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- scalars contained in a value
SELECT id FROM customers WHERE attrs -> 'langs' @> to_jsonb('en'::text) OR attrs -> 'seats' @> to_jsonb(3) OR attrs @> jsonb_build_object('plan', to_jsonb(country)) OR attrs -> 'seats' @> to_jsonb(referrer) ORDER BY id
----
SELECT customers.id
FROM `my-project.shop.customers` AS customers
WHERE IF(JSON_QUERY(customers.attrs, '$.langs') IS NULL OR 'en' IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.langs')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.langs')), [JSON_QUERY(customers.attrs, '$.langs')])) AS element WHERE IF('en' IS NULL, JSON_TYPE(element) = 'null', JSON_TYPE(element) = 'string' AND JSON_VALUE(element) = 'en'))) OR IF(JSON_QUERY(customers.attrs, '$.seats') IS NULL OR 3 IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.seats')), [JSON_QUERY(customers.attrs, '$.seats')])) AS element_1 WHERE IF(3 IS NULL, JSON_TYPE(element_1) = 'null', JSON_TYPE(element_1) = 'number' AND SAFE_CAST(JSON_VALUE(element_1) AS BIGNUMERIC) = CAST(3 AS BIGNUMERIC)))) OR IF(customers.attrs IS NULL, NULL, COALESCE(JSON_TYPE(customers.attrs) = 'object' AND IF(customers.country IS NULL, JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) = 'null', JSON_TYPE(JSON_QUERY(customers.attrs, '$.plan')) = 'string' AND JSON_VALUE(JSON_QUERY(customers.attrs, '$.plan')) = customers.country), FALSE)) OR IF(JSON_QUERY(customers.attrs, '$.seats') IS NULL OR customers.referrer IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST(IF(JSON_TYPE(JSON_QUERY(customers.attrs, '$.seats')) = 'array', JSON_QUERY_ARRAY(JSON_QUERY(customers.attrs, '$.seats')), [JSON_QUERY(customers.attrs, '$.seats')])) AS element_2 WHERE IF(customers.referrer IS NULL, JSON_TYPE(element_2) = 'null', JSON_TYPE(element_2) = 'number' AND SAFE_CAST(JSON_VALUE(element_2) AS BIGNUMERIC) = CAST(customers.referrer AS BIGNUMERIC))))
ORDER BY id NULLS LAST
