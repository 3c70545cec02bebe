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
  [REGEXP_EXTRACT(m, r'([\pL\p{Nd}\p{Nl}_])(?:o)'), REGEXP_EXTRACT(m, r'(?:[\pL\p{Nd}\p{Nl}_])(o)')][SAFE_ORDINAL(1)] AS one,
  [REGEXP_EXTRACT(m, r'([\pL\p{Nd}\p{Nl}_])(?:o)'), REGEXP_EXTRACT(m, r'(?:[\pL\p{Nd}\p{Nl}_])(o)')][SAFE_ORDINAL(2)] AS two
FROM `my-project.shop.words` AS w
CROSS JOIN UNNEST(REGEXP_EXTRACT_ALL(w.s, r'(?:[\pL\p{Nd}\p{Nl}_])(?:o)')) AS m
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

-- groups of a function's column that is computed
SELECT l.lang, count(*) AS n FROM customers c CROSS JOIN LATERAL jsonb_array_elements_text(c.attrs -> 'langs') AS l(lang) GROUP BY l.lang ORDER BY n DESC, l.lang
----
SELECT grouped.key_1 AS lang, grouped.value_2 AS n
FROM (
  SELECT
    (SELECT CASE JSON_TYPE(json) WHEN 'null' THEN NULL WHEN 'string' THEN STRING(json) ELSE CASE WHEN json IS NULL THEN NULL WHEN JSON_TYPE(json) NOT IN ('object', 'array') THEN IF(JSON_TYPE(json) = 'number' AND STRPOS(TO_JSON_STRING(json), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(json)) ELSE (SELECT CONCAT(IF(JSON_TYPE(json) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(json) = 'object', CONCAT(TO_JSON_STRING(part.name), ': '), ''), CASE WHEN part.item IS NULL THEN NULL WHEN JSON_TYPE(part.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part.item) = 'number' AND STRPOS(TO_JSON_STRING(part.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part.item) = 'object', CONCAT(TO_JSON_STRING(part_1.name), ': '), ''), CASE WHEN part_1.item IS NULL THEN NULL WHEN JSON_TYPE(part_1.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_1.item) = 'number' AND STRPOS(TO_JSON_STRING(part_1.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_1.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_1.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_1.item) = 'object', CONCAT(TO_JSON_STRING(part_2.name), ': '), ''), CASE WHEN part_2.item IS NULL THEN NULL WHEN JSON_TYPE(part_2.item) NOT IN ('object', 'array') THEN IF(JSON_TYPE(part_2.item) = 'number' AND STRPOS(TO_JSON_STRING(part_2.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_2.item)) ELSE (SELECT CONCAT(IF(JSON_TYPE(part_2.item) = 'object', '{', '['), COALESCE(STRING_AGG(CONCAT(IF(JSON_TYPE(part_2.item) = 'object', CONCAT(TO_JSON_STRING(part_3.name), ': '), ''), IF(JSON_TYPE(part_3.item) IN ('object', 'array'), ERROR('the text of JSON nested more than 4 deep is not supported'), IF(JSON_TYPE(part_3.item) = 'number' AND STRPOS(TO_JSON_STRING(part_3.item), 'e') > 0, ERROR('the text of a JSON number with an exponent is not supported'), TO_JSON_STRING(part_3.item)))), ', ' ORDER BY part_3.place, part_3.name), ''), IF(JSON_TYPE(part_2.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_2.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_2.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_2.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_2.item)) AS item WITH OFFSET AS place))) AS part_3) END), ', ' ORDER BY part_2.place, part_2.name), ''), IF(JSON_TYPE(part_1.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part_1.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part_1.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part_1.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part_1.item)) AS item WITH OFFSET AS place))) AS part_2) END), ', ' ORDER BY part_1.place, part_1.name), ''), IF(JSON_TYPE(part.item) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(part.item) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, part.item[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(part.item, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(part.item)) AS item WITH OFFSET AS place))) AS part_1) END), ', ' ORDER BY part.place, part.name), ''), IF(JSON_TYPE(json) = 'object', '}', ']')) FROM UNNEST(IF(JSON_TYPE(json) = 'object', ARRAY(SELECT AS STRUCT BYTE_LENGTH(name) AS place, name, json[name] AS item FROM (SELECT IF(STARTS_WITH(quoted, '"'), STRING(PARSE_JSON(quoted)), quoted) AS name FROM UNNEST(JSON_KEYS(json, 1)) AS quoted)), ARRAY(SELECT AS STRUCT place, '' AS name, item FROM UNNEST(JSON_QUERY_ARRAY(json)) AS item WITH OFFSET AS place))) AS part) END END FROM UNNEST([l]) AS json) AS key_1,
    COUNT(*) AS value_2
  FROM `my-project.shop.customers` AS c
  CROSS JOIN UNNEST(IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) <> 'array', ERROR(CONCAT('cannot extract elements from a', IF(JSON_TYPE(JSON_QUERY(c.attrs, '$.langs')) = 'object', 'n object', ' scalar'))), JSON_QUERY_ARRAY(JSON_QUERY(c.attrs, '$.langs')))) AS l
  GROUP BY 1
) AS grouped
ORDER BY n DESC NULLS FIRST, lang NULLS LAST

-- numeric series of constants
SELECT x, x * 2 AS y FROM generate_series(1.0, 2, 0.5) AS x ORDER BY x
----
SELECT x_1 AS x, x_1 * NUMERIC '2' AS y
FROM UNNEST([NUMERIC '1.0', NUMERIC '1.5', NUMERIC '2.0']) AS x_1
ORDER BY x NULLS LAST

-- a series on the right of a join
SELECT g.n, o.id FROM orders o RIGHT JOIN generate_series(6, 9) AS g(n) ON o.id = g.n ORDER BY 1
----
SELECT g_1.n, o.id
FROM `my-project.shop.orders` AS o
RIGHT JOIN (SELECT g AS n FROM UNNEST(GENERATE_ARRAY(6, 9)) AS g) AS g_1 ON o.id = g_1.n
ORDER BY n NULLS LAST

-- a series in a full join
SELECT o.id, g FROM (SELECT id FROM orders WHERE id < 3) o FULL JOIN generate_series(2, 4) g ON o.id = g ORDER BY 1, 2
----
SELECT o.id, g_2.g
FROM (SELECT orders.id FROM `my-project.shop.orders` AS orders WHERE orders.id < 3) AS o
FULL JOIN (SELECT g_1 AS g FROM UNNEST(GENERATE_ARRAY(2, 4)) AS g_1) AS g_2 ON o.id = g_2.g
ORDER BY id NULLS LAST, g NULLS LAST

-- an array on the right of a join
SELECT t.tag, t.o, c.id FROM customers c RIGHT JOIN unnest(ARRAY['vip', 'zzz']) WITH ORDINALITY AS t(tag, o) ON c.tags @> ARRAY[t.tag] ORDER BY t.o, c.id
----
SELECT t_1.tag, t_1.o, c.id
FROM `my-project.shop.customers` AS c
RIGHT JOIN (SELECT t AS tag, t_offset + 1 AS o FROM UNNEST(['vip', 'zzz']) AS t WITH OFFSET AS t_offset) AS t_1 ON IF(c.tags IS NULL OR [t_1.tag] IS NULL, NULL, NOT EXISTS(SELECT 1 FROM UNNEST([t_1.tag]) AS item WHERE COALESCE(item NOT IN UNNEST(c.tags), TRUE)))
ORDER BY o NULLS LAST, id NULLS LAST

-- pieces between separators with blanks
SELECT w, count(*) AS n FROM words, regexp_split_to_table(s, '\s*,\s*') AS w GROUP BY w ORDER BY w
----
SELECT w_1 AS w, COUNT(*) AS n
FROM `my-project.shop.words` AS words
CROSS JOIN UNNEST(SPLIT(REGEXP_REPLACE(words.s, r'[\s\v\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}]*,[\s\v\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}]*', '\u001f'), '\u001f')) AS w_1
GROUP BY w_1
ORDER BY w NULLS LAST

-- groups of an anchored match
SELECT id, regexp_matches(s, '^(\w+)[ ,](.+)$') AS parts FROM words ORDER BY id
----
SELECT
  words.id,
  TO_JSON([REGEXP_EXTRACT(words.s, r'(?s)^([\pL\p{Nd}\p{Nl}_]+)[ ,](?:.+)$'), REGEXP_EXTRACT(words.s, r'(?s)^(?:[\pL\p{Nd}\p{Nl}_]+)[ ,](.+)$')]) AS parts
FROM `my-project.shop.words` AS words
CROSS JOIN UNNEST(IF(REGEXP_CONTAINS(words.s, r'(?s)^(?:[\pL\p{Nd}\p{Nl}_]+)[ ,](?:.+)$'), [REGEXP_EXTRACT(words.s, r'(?s)^(?:[\pL\p{Nd}\p{Nl}_]+)[ ,](?:.+)$')], [])) AS srf WITH OFFSET AS srf_offset
ORDER BY id NULLS LAST, srf_offset + 1 NULLS LAST

-- groups of every anchored match
SELECT id, regexp_matches(s, '(\w+)\b', 'g') AS parts FROM words ORDER BY id
----
ERROR 0A000 at 30: this escape in a regular expression is not supported

-- a set over another one
SELECT id, unnest(string_to_array(unnest(tags), '-')) AS part FROM customers ORDER BY id
----
SELECT customers.id, srf_1 AS part
FROM `my-project.shop.customers` AS customers
CROSS JOIN UNNEST(customers.tags) AS srf WITH OFFSET AS srf_offset
CROSS JOIN UNNEST(IF(srf = '', [], SPLIT(srf, '-'))) AS srf_1 WITH OFFSET AS srf_offset_1
ORDER BY id NULLS LAST, srf_offset + 1 NULLS LAST, srf_offset_1 + 1 NULLS LAST

-- every match as rows
SELECT id, unnest(regexp_matches(s, '[a-z]+', 'g')) AS word FROM words ORDER BY id
----
SELECT words.id, srf_1 AS word
FROM `my-project.shop.words` AS words
CROSS JOIN UNNEST(REGEXP_EXTRACT_ALL(words.s, '[a-z]+')) AS srf WITH OFFSET AS srf_offset
CROSS JOIN UNNEST([srf]) AS srf_1 WITH OFFSET AS srf_offset_1
ORDER BY id NULLS LAST, srf_offset + 1 NULLS LAST, srf_offset_1 + 1 NULLS LAST
