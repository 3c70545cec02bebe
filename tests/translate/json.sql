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
SELECT DISTINCT IF(STARTS_WITH(k_1, '"'), STRING(PARSE_JSON(k_1)), k_1) AS k
FROM `my-project.shop.customers` AS customers
CROSS JOIN UNNEST(IF(JSON_TYPE(customers.attrs) <> 'object', ERROR(CONCAT('cannot call jsonb_object_keys on a', IF(JSON_TYPE(customers.attrs) = 'array', 'n array', ' scalar'))), JSON_KEYS(customers.attrs, 1))) AS k_1
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
