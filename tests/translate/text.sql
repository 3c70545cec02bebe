-- lengths
SELECT id, length(s) l, char_length(s) c, octet_length(s) o, upper(s) u, lower(s) lo, initcap(s) i, reverse(s) r FROM words ORDER BY id
----
SELECT
  words.id,
  CHAR_LENGTH(words.s) AS l,
  CHAR_LENGTH(words.s) AS c,
  BYTE_LENGTH(words.s) AS o,
  IF(REGEXP_CONTAINS(words.s, r'[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]'), ARRAY_TO_STRING(ARRAY(SELECT IF(CHAR_LENGTH(UPPER(letter)) = 1, UPPER(letter), TRANSLATE(letter, 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')) FROM UNNEST(SPLIT(words.s, '')) AS letter WITH OFFSET AS letter_offset ORDER BY letter_offset), ''), UPPER(words.s)) AS u,
  LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) AS lo,
  ARRAY_TO_STRING(ARRAY(SELECT CONCAT(IF(CHAR_LENGTH(UPPER(SUBSTR(word, 1, 1))) = 1, UPPER(SUBSTR(word, 1, 1)), TRANSLATE(SUBSTR(word, 1, 1), 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')), LOWER(TRANSLATE(SUBSTR(word, 2), 'Σİ', 'σi'))) FROM UNNEST(REGEXP_EXTRACT_ALL(words.s, r'[\pL\p{Nd}\p{Nl}]+|[^\pL\p{Nd}\p{Nl}]+')) AS word WITH OFFSET AS word_offset ORDER BY word_offset), IF(words.s IS NULL, NULL, '')) AS i,
  REVERSE(words.s) AS r
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- substrings
SELECT id, substring(s from 2 for 3) a, substr(s, 3) b, left(s, 2) l, right(s, 3) r, left(s, -2) ln, right(s, -2) rn, substr(s, -1, 4) n, substring(s, 0, 3) z FROM words ORDER BY id
----
SELECT
  words.id,
  SUBSTR(words.s, 2, 3) AS a,
  SUBSTR(words.s, 3) AS b,
  LEFT(words.s, 2) AS l,
  RIGHT(words.s, 3) AS r,
  LEFT(words.s, GREATEST(CHAR_LENGTH(words.s) - 2, 0)) AS ln,
  RIGHT(words.s, GREATEST(CHAR_LENGTH(words.s) - 2, 0)) AS rn,
  SUBSTR(words.s, 1, 2) AS n,
  SUBSTR(words.s, 1, 2) AS z
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- positions
SELECT id, position('o' in s) p, strpos(s, 'l') q, replace(s, 'o', '0') r, translate(s, 'abco', 'xyz') t FROM words ORDER BY id
----
SELECT
  words.id,
  STRPOS(words.s, 'o') AS p,
  STRPOS(words.s, 'l') AS q,
  REPLACE(words.s, 'o', '0') AS r,
  TRANSLATE(words.s, 'abco', 'xyz') AS t
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- padding
SELECT id, lpad(id::text, 4, '0') p, rpad(s, 3) q, repeat('ab', (id % 3)::int) r, '[' || trim(s) || ']' t, ltrim(s, ' H') lt, btrim(s, 'xz') bt FROM words ORDER BY id
----
SELECT
  words.id,
  LPAD(CAST(words.id AS STRING), 4, '0') AS p,
  RPAD(words.s, 3) AS q,
  REPEAT('ab', GREATEST(MOD(words.id, 3), 0)) AS r,
  '[' || TRIM(words.s, ' ') || ']' AS t,
  LTRIM(words.s, ' H') AS lt,
  TRIM(words.s, 'xz') AS bt
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- concatenation
SELECT id, 'order #' || id || ' total ' || amount AS t, concat(id, '-', status, paid) c, concat_ws('/', status, note, quantity) w FROM orders ORDER BY id
----
SELECT
  orders.id,
  'order #' || CAST(orders.id AS STRING) || ' total ' || NULLIF(FORMAT('%.2f', orders.amount), 'NULL') AS t,
  CONCAT(CAST(orders.id AS STRING), '-', COALESCE(orders.status, ''), COALESCE(CASE orders.paid WHEN TRUE THEN 't' WHEN FALSE THEN 'f' END, '')) AS c,
  ARRAY_TO_STRING([orders.status, orders.note, CAST(orders.quantity AS STRING)], '/') AS w
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- like
SELECT id FROM words WHERE s LIKE '%o%' OR s ILIKE 'aaa%' OR s LIKE 'a\_b%' OR s LIKE '%!%%' ESCAPE '!' ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE words.s LIKE '%o%' OR LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) LIKE 'aaa%' OR words.s LIKE 'a\\_b%' OR words.s LIKE '%\\%%'
ORDER BY id NULLS LAST

-- not like
SELECT id FROM words WHERE s NOT LIKE '%o%' ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE words.s NOT LIKE '%o%'
ORDER BY id NULLS LAST

-- regular expressions
SELECT id, s ~ '^[A-Z]' a, s ~* 'HELLO|the' b, s !~ '\d' c, s ~ 'line1.line2' d FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_CONTAINS(words.s, '^[A-Z]') AS a,
  REGEXP_CONTAINS(words.s, '(?i)HELLO|the') AS b,
  NOT REGEXP_CONTAINS(words.s, r'\d') AS c,
  REGEXP_CONTAINS(words.s, '(?s)line1.line2') AS d
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- regexp replace
SELECT id, regexp_replace(s, '[aeiou]', '*') one, regexp_replace(s, '[aeiou]', '<\&>', 'g') every, regexp_replace(s, '(\w+) (\w+)', '\2 \1') swap FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)([aeiou])', '\\1*') AS one,
  REGEXP_REPLACE(words.s, '[aeiou]', '<\\0>') AS every,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)(([\\pL\\p{Nd}\\p{Nl}_]+) ([\\pL\\p{Nd}\\p{Nl}_]+))', '\\1\\4 \\3') AS swap
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- regexp pieces
SELECT id, substring(s from '[0-9]+') n, regexp_match(s, '(\w+)o') m, regexp_split_to_array(s, '[,;]') p FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_EXTRACT(words.s, '[0-9]+') AS n,
  TO_JSON(IF(REGEXP_CONTAINS(words.s, r'([\pL\p{Nd}\p{Nl}_]+)o'), [REGEXP_EXTRACT(words.s, r'([\pL\p{Nd}\p{Nl}_]+)o')], NULL)) AS m,
  TO_JSON(SPLIT(REGEXP_REPLACE(words.s, '[,;]', '\u001f'), '\u001f')) AS p
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- split
SELECT id, split_part(s, ',', 2) b, split_part(s, ' ', -1) z, string_to_array(s, ',') arr FROM words ORDER BY id
----
SELECT
  words.id,
  IF(words.s IS NULL, NULL, COALESCE(SPLIT(words.s, ',')[SAFE_ORDINAL(2)], '')) AS b,
  IF(words.s IS NULL, NULL, COALESCE(ARRAY_REVERSE(SPLIT(words.s, ' '))[SAFE_ORDINAL(1)], '')) AS z,
  TO_JSON(IF(words.s = '', [], SPLIT(words.s, ','))) AS arr
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- starts with
SELECT id FROM words WHERE starts_with(s, 'foo') OR s ^@ 'a_' ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE STARTS_WITH(words.s, 'foo') OR STARTS_WITH(words.s, 'a_')
ORDER BY id NULLS LAST

-- overlay and hashes
SELECT overlay('abcdef' placing 'XX' from 3 for 2) o, md5('abc') m, encode('abc'::bytea, 'hex') h, ascii('é') a, chr(233) c, to_hex(255) x
----
SELECT
  CONCAT(SUBSTR('abcdef', 1, 3 - 1), 'XX', SUBSTR('abcdef', 3 + 2)) AS o,
  TO_HEX(MD5('abc')) AS m,
  TO_HEX(b'\x61\x62\x63') AS h,
  UNICODE('é') AS a,
  CHR(233) AS c,
  'ff' AS x

-- similar to
SELECT id FROM words WHERE s SIMILAR TO '%(foo|fox)%' ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE REGEXP_CONTAINS(words.s, '(?s)^(?:.*(?:foo|fox).*)$')
ORDER BY id NULLS LAST

-- quotes
SELECT id, quote_literal(s) FROM words ORDER BY id
----
SELECT
  words.id,
  IF(STRPOS(words.s, '\\') > 0, CONCAT("E'", REPLACE(REPLACE(words.s, "'", "''"), '\\', '\\\\'), "'"), CONCAT("'", REPLACE(words.s, "'", "''"), "'")) AS quote_literal
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- format
SELECT format('%s is %s%%', name, score) FROM customers ORDER BY id
----
SELECT
  CONCAT(COALESCE(customers.name, ''), ' is ', COALESCE((SELECT CASE WHEN number IS NULL THEN NULL WHEN IS_NAN(number) THEN 'NaN' WHEN IS_INF(number) THEN IF(number > 0, 'Infinity', '-Infinity') WHEN number = 0 THEN IF(IEEE_DIVIDE(1, number) < 0, '-0', '0') WHEN ABS(number) >= 1e15 OR ABS(number) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number) AS FLOAT64) = number THEN FORMAT('%.14e', number) WHEN CAST(FORMAT('%.15e', number) AS FLOAT64) = number THEN FORMAT('%.15e', number) ELSE FORMAT('%.16e', number) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number) AS FLOAT64) = number THEN FORMAT('%.15g', number) WHEN CAST(FORMAT('%.16g', number) AS FLOAT64) = number THEN FORMAT('%.16g', number) ELSE FORMAT('%.17g', number) END END FROM UNNEST([customers.score]) AS number), ''), '%') AS format
FROM `my-project.shop.customers` AS customers
ORDER BY customers.id NULLS LAST

-- escapes in constants
SELECT E'tab\there' AS a, 'back\slash' AS b, E'line\nbreak' AS c, 'quote''s "x"' AS d, 'é' AS e
----
SELECT 'tab\there' AS a, 'back\\slash' AS b, 'line\nbreak' AS c, 'quote\'s "x"' AS d, 'é' AS e

-- comparison by code point
SELECT s FROM words WHERE s > 'a' ORDER BY s
----
SELECT words.s
FROM `my-project.shop.words` AS words
WHERE words.s > 'a'
ORDER BY s NULLS LAST

-- computed pattern is refused
SELECT id FROM words WHERE s ~ s
----
ERROR 0A000 at 32: a regular expression that is no constant is not supported

-- look-ahead is refused
SELECT id FROM words WHERE s ~ 'a(?=b)'
----
ERROR 0A000 at 32: a look-around or an embedded option in a regular expression is not supported

-- array to string
SELECT id, array_to_string(tags, ', ') t FROM customers ORDER BY id
----
SELECT customers.id, ARRAY_TO_STRING(customers.tags, ', ') AS t
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- timestamps as text
SELECT id, placed_at::text a, shipped_at::text b, day::text c FROM orders ORDER BY id
----
SELECT
  orders.id,
  FORMAT_TIMESTAMP('%E4Y-%m-%d %H:%M:%E*S+00', orders.placed_at) AS a,
  FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', orders.shipped_at) AS b,
  CAST(orders.day AS STRING) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- timestamps as text in a zone [Asia/Kolkata]
SELECT id, placed_at::text a, placed_at::date b FROM orders ORDER BY id
----
SELECT
  orders.id,
  REGEXP_REPLACE(FORMAT_TIMESTAMP('%E4Y-%m-%d %H:%M:%E*S%Ez', IF(orders.placed_at < TIMESTAMP '1905-12-31 18:38:50+00', ERROR('the text of a moment before standard time is not supported'), orders.placed_at), 'Asia/Kolkata'), r':00$', '') AS a,
  DATE(orders.placed_at, 'Asia/Kolkata') AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- letters of several capitals
SELECT id, upper(s || ' ß ŉ ﬁ ᾳ ǰ') AS u, lower(s || ' ΣΑΣ İ') AS l, initcap('ΑΣ ' || s) AS i, s || 'Σ' ILIKE '%σ' AS m FROM words ORDER BY id
----
SELECT
  words.id,
  IF(REGEXP_CONTAINS(words.s || ' ß ŉ ﬁ ᾳ ǰ', r'[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]'), ARRAY_TO_STRING(ARRAY(SELECT IF(CHAR_LENGTH(UPPER(letter)) = 1, UPPER(letter), TRANSLATE(letter, 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')) FROM UNNEST(SPLIT(words.s || ' ß ŉ ﬁ ᾳ ǰ', '')) AS letter WITH OFFSET AS letter_offset ORDER BY letter_offset), ''), UPPER(words.s || ' ß ŉ ﬁ ᾳ ǰ')) AS u,
  LOWER(TRANSLATE(words.s || ' ΣΑΣ İ', 'Σİ', 'σi')) AS l,
  ARRAY_TO_STRING(ARRAY(SELECT CONCAT(IF(CHAR_LENGTH(UPPER(SUBSTR(word, 1, 1))) = 1, UPPER(SUBSTR(word, 1, 1)), TRANSLATE(SUBSTR(word, 1, 1), 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')), LOWER(TRANSLATE(SUBSTR(word, 2), 'Σİ', 'σi'))) FROM UNNEST(REGEXP_EXTRACT_ALL('ΑΣ ' || words.s, r'[\pL\p{Nd}\p{Nl}]+|[^\pL\p{Nd}\p{Nl}]+')) AS word WITH OFFSET AS word_offset ORDER BY word_offset), IF('ΑΣ ' || words.s IS NULL, NULL, '')) AS i,
  LOWER(TRANSLATE(words.s || 'Σ', 'Σİ', 'σi')) LIKE '%σ' AS m
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- format with widths, places and quotes
SELECT id, format('%s|%8s|%-8s|%L', s, s, left(s, 3), s), format('%2$s-%1$s', id, s), quote_nullable(s) FROM words ORDER BY id
----
SELECT
  words.id,
  CONCAT(COALESCE(words.s, ''), '|', IF(CHAR_LENGTH(COALESCE(words.s, '')) < 8, LPAD(COALESCE(words.s, ''), 8), COALESCE(words.s, '')), '|', IF(CHAR_LENGTH(COALESCE(LEFT(words.s, 3), '')) < 8, RPAD(COALESCE(LEFT(words.s, 3), ''), 8), COALESCE(LEFT(words.s, 3), '')), '|', COALESCE(IF(STRPOS(words.s, '\\') > 0, CONCAT("E'", REPLACE(REPLACE(words.s, "'", "''"), '\\', '\\\\'), "'"), CONCAT("'", REPLACE(words.s, "'", "''"), "'")), 'NULL')) AS format,
  CONCAT(COALESCE(words.s, ''), '-', COALESCE(CAST(words.id AS STRING), '')) AS format_1,
  COALESCE(IF(STRPOS(words.s, '\\') > 0, CONCAT("E'", REPLACE(REPLACE(words.s, "'", "''"), '\\', '\\\\'), "'"), CONCAT("'", REPLACE(words.s, "'", "''"), "'")), 'NULL') AS quote_nullable
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- lines of base64
SELECT id, encode(convert_to(repeat(s, 9), 'UTF8'), 'base64') FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(TO_BASE64(CAST(REPEAT(words.s, 9) AS BYTES)), r'([^=]{76})', '\\1\n') AS encode
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- parts of computed places
SELECT id, substring(s, (id - 3)::int, (id % 4)::int) AS a FROM words WHERE id < 7 ORDER BY id
----
SELECT
  words.id,
  SUBSTR(words.s, GREATEST(DIV((words.id - 3) * 4294967296, 4294967296), 1), IF(MOD(words.id, 4) < 0, ERROR('negative substring length not allowed'), GREATEST(DIV((words.id - 3) * 4294967296, 4294967296) + MOD(words.id, 4) - GREATEST(DIV((words.id - 3) * 4294967296, 4294967296), 1), 0))) AS a
FROM `my-project.shop.words` AS words
WHERE words.id < 7
ORDER BY id NULLS LAST

-- texts as uuid
SELECT md5(s)::uuid AS a, ('{' || md5(s) || '}')::uuid AS b FROM words WHERE s IS NOT NULL ORDER BY id
----
SELECT
  IF(REGEXP_CONTAINS(LOWER(TO_HEX(MD5(words.s))), r'^(?:(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}|\{(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}\})$'), REGEXP_REPLACE(REGEXP_REPLACE(LOWER(TO_HEX(MD5(words.s))), r'[{}-]', ''), r'^(.{8})(.{4})(.{4})(.{4})', r'\1-\2-\3-\4-'), IF(TO_HEX(MD5(words.s)) IS NULL, CAST(NULL AS STRING), ERROR(CONCAT('invalid input syntax for type uuid: "', TO_HEX(MD5(words.s)), '"')))) AS a,
  IF(REGEXP_CONTAINS(LOWER('{' || TO_HEX(MD5(words.s)) || '}'), r'^(?:(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}|\{(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}\})$'), REGEXP_REPLACE(REGEXP_REPLACE(LOWER('{' || TO_HEX(MD5(words.s)) || '}'), r'[{}-]', ''), r'^(.{8})(.{4})(.{4})(.{4})', r'\1-\2-\3-\4-'), IF('{' || TO_HEX(MD5(words.s)) || '}' IS NULL, CAST(NULL AS STRING), ERROR(CONCAT('invalid input syntax for type uuid: "', '{' || TO_HEX(MD5(words.s)) || '}', '"')))) AS b
FROM `my-project.shop.words` AS words
WHERE words.s IS NOT NULL
ORDER BY words.id NULLS LAST

-- a pattern that ends in its escape
SELECT id, s LIKE 'zzz\' AS a, s NOT LIKE 'zzz\' AS b, s ILIKE 'zz%\' AS c FROM words WHERE s <> '' OR s IS NULL ORDER BY id
----
SELECT
  words.id,
  IF(words.s LIKE 'zzz_%', ERROR('LIKE pattern must not end with escape character'), IF(words.s IS NULL, NULL, FALSE)) AS a,
  IF(words.s LIKE 'zzz_%', ERROR('LIKE pattern must not end with escape character'), IF(words.s IS NULL, NULL, TRUE)) AS b,
  IF(LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) LIKE 'zz%_%', ERROR('LIKE pattern must not end with escape character'), IF(LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) IS NULL, NULL, FALSE)) AS c
FROM `my-project.shop.words` AS words
WHERE words.s <> '' OR words.s IS NULL
ORDER BY id NULLS LAST

-- a pattern that ends in its escape, reached
SELECT id FROM words WHERE s LIKE 'foo%\'
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE IF(words.s LIKE 'foo%_%', ERROR('LIKE pattern must not end with escape character'), IF(words.s IS NULL, NULL, FALSE))

-- the bytes of a text
SELECT id, encode(sha256(s::bytea), 'hex') AS h FROM words WHERE id IN (1, 3, 4, 6) ORDER BY id
----
SELECT
  words.id,
  TO_HEX(SHA256(IF(STRPOS(words.s, '\\') > 0, ERROR('the bytes of a text with a backslash is not supported'), CAST(words.s AS BYTES)))) AS h
FROM `my-project.shop.words` AS words
WHERE words.id IN (1, 3, 4, 6)
ORDER BY id NULLS LAST

-- alternatives that are plain texts
SELECT id, regexp_replace(s, '\.(y|y\.z|z)$', '') AS a, regexp_replace(s, '(foo|foo,bar|fo)', '<\1>') AS b FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)(\\.(y\\.z|y|z)$)', '\\1') AS a,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)((foo,bar|foo|fo))', '\\1<\\3>') AS b
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- capitals of letters that have several
SELECT id, initcap(s || ' straße ßa ǆungla ﬁne') AS a FROM words
----
SELECT
  words.id,
  ARRAY_TO_STRING(ARRAY(SELECT CONCAT(IF(CHAR_LENGTH(UPPER(SUBSTR(word, 1, 1))) = 1, UPPER(SUBSTR(word, 1, 1)), TRANSLATE(SUBSTR(word, 1, 1), 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')), LOWER(TRANSLATE(SUBSTR(word, 2), 'Σİ', 'σi'))) FROM UNNEST(REGEXP_EXTRACT_ALL(words.s || ' straße ßa ǆungla ﬁne', r'[\pL\p{Nd}\p{Nl}]+|[^\pL\p{Nd}\p{Nl}]+')) AS word WITH OFFSET AS word_offset ORDER BY word_offset), IF(words.s || ' straße ßa ǆungla ﬁne' IS NULL, NULL, '')) AS a
FROM `my-project.shop.words` AS words

-- parts by computed separators
SELECT id, split_part(s, '', 1) AS a, split_part(s, '', 2) AS b, split_part(s, left(s, 1), 2) AS c, split_part(s, ',', id::int - 17) AS d FROM words
----
SELECT
  words.id,
  IF(words.s IS NULL, NULL, COALESCE([words.s][SAFE_ORDINAL(1)], '')) AS a,
  IF(words.s IS NULL, NULL, COALESCE([words.s][SAFE_ORDINAL(2)], '')) AS b,
  IF(words.s IS NULL OR LEFT(words.s, 1) IS NULL, NULL, COALESCE(IF(LEFT(words.s, 1) = '', [words.s], SPLIT(words.s, LEFT(words.s, 1)))[SAFE_ORDINAL(2)], '')) AS c,
  IF(words.s IS NULL OR DIV((DIV(words.id * 4294967296, 4294967296) - 17) * 4294967296, 4294967296) IS NULL, NULL, COALESCE(CASE SIGN(DIV((DIV(words.id * 4294967296, 4294967296) - 17) * 4294967296, 4294967296)) WHEN 1 THEN SPLIT(words.s, ',')[SAFE_ORDINAL(DIV((DIV(words.id * 4294967296, 4294967296) - 17) * 4294967296, 4294967296))] WHEN -1 THEN ARRAY_REVERSE(SPLIT(words.s, ','))[SAFE_ORDINAL(-DIV((DIV(words.id * 4294967296, 4294967296) - 17) * 4294967296, 4294967296))] WHEN 0 THEN ERROR('field position must not be zero') END, '')) AS d
FROM `my-project.shop.words` AS words

-- names in quotes
SELECT id, quote_ident(s) AS a, quote_ident(lower(left(s, 3))) AS b, format('%I.%I', 'select', coalesce(s, 'x')) AS c FROM words
----
SELECT
  words.id,
  IF(REGEXP_CONTAINS(words.s, '^[a-z_][a-z0-9_]*$') AND words.s NOT IN ('all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'asymmetric', 'authorization', 'between', 'bigint', 'binary', 'bit', 'boolean', 'both', 'case', 'cast', 'char', 'character', 'check', 'coalesce', 'collate', 'collation', 'column', 'concurrently', 'constraint', 'create', 'cross', 'current_catalog', 'current_date', 'current_role', 'current_schema', 'current_time', 'current_timestamp', 'current_user', 'dec', 'decimal', 'default', 'deferrable', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'exists', 'extract', 'false', 'fetch', 'float', 'for', 'foreign', 'freeze', 'from', 'full', 'grant', 'greatest', 'group', 'grouping', 'having', 'ilike', 'in', 'initially', 'inner', 'inout', 'int', 'integer', 'intersect', 'interval', 'into', 'is', 'isnull', 'join', 'lateral', 'leading', 'least', 'left', 'like', 'limit', 'localtime', 'localtimestamp', 'national', 'natural', 'nchar', 'none', 'normalize', 'not', 'notnull', 'null', 'nullif', 'numeric', 'offset', 'on', 'only', 'or', 'order', 'out', 'outer', 'overlaps', 'overlay', 'placing', 'position', 'precision', 'primary', 'real', 'references', 'returning', 'right', 'row', 'select', 'session_user', 'setof', 'similar', 'smallint', 'some', 'substring', 'symmetric', 'table', 'tablesample', 'then', 'time', 'timestamp', 'to', 'trailing', 'treat', 'trim', 'true', 'union', 'unique', 'user', 'using', 'values', 'varchar', 'variadic', 'verbose', 'when', 'where', 'window', 'with', 'xmlattributes', 'xmlconcat', 'xmlelement', 'xmlexists', 'xmlforest', 'xmlnamespaces', 'xmlparse', 'xmlpi', 'xmlroot', 'xmlserialize', 'xmltable'), words.s, CONCAT('"', REPLACE(words.s, '"', '""'), '"')) AS a,
  IF(REGEXP_CONTAINS(LOWER(TRANSLATE(LEFT(words.s, 3), 'Σİ', 'σi')), '^[a-z_][a-z0-9_]*$') AND LOWER(TRANSLATE(LEFT(words.s, 3), 'Σİ', 'σi')) NOT IN ('all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'asymmetric', 'authorization', 'between', 'bigint', 'binary', 'bit', 'boolean', 'both', 'case', 'cast', 'char', 'character', 'check', 'coalesce', 'collate', 'collation', 'column', 'concurrently', 'constraint', 'create', 'cross', 'current_catalog', 'current_date', 'current_role', 'current_schema', 'current_time', 'current_timestamp', 'current_user', 'dec', 'decimal', 'default', 'deferrable', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'exists', 'extract', 'false', 'fetch', 'float', 'for', 'foreign', 'freeze', 'from', 'full', 'grant', 'greatest', 'group', 'grouping', 'having', 'ilike', 'in', 'initially', 'inner', 'inout', 'int', 'integer', 'intersect', 'interval', 'into', 'is', 'isnull', 'join', 'lateral', 'leading', 'least', 'left', 'like', 'limit', 'localtime', 'localtimestamp', 'national', 'natural', 'nchar', 'none', 'normalize', 'not', 'notnull', 'null', 'nullif', 'numeric', 'offset', 'on', 'only', 'or', 'order', 'out', 'outer', 'overlaps', 'overlay', 'placing', 'position', 'precision', 'primary', 'real', 'references', 'returning', 'right', 'row', 'select', 'session_user', 'setof', 'similar', 'smallint', 'some', 'substring', 'symmetric', 'table', 'tablesample', 'then', 'time', 'timestamp', 'to', 'trailing', 'treat', 'trim', 'true', 'union', 'unique', 'user', 'using', 'values', 'varchar', 'variadic', 'verbose', 'when', 'where', 'window', 'with', 'xmlattributes', 'xmlconcat', 'xmlelement', 'xmlexists', 'xmlforest', 'xmlnamespaces', 'xmlparse', 'xmlpi', 'xmlroot', 'xmlserialize', 'xmltable'), LOWER(TRANSLATE(LEFT(words.s, 3), 'Σİ', 'σi')), CONCAT('"', REPLACE(LOWER(TRANSLATE(LEFT(words.s, 3), 'Σİ', 'σi')), '"', '""'), '"')) AS b,
  CONCAT(IF(REGEXP_CONTAINS(COALESCE('select', ERROR('null values cannot be formatted as an SQL identifier')), '^[a-z_][a-z0-9_]*$') AND COALESCE('select', ERROR('null values cannot be formatted as an SQL identifier')) NOT IN ('all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'asymmetric', 'authorization', 'between', 'bigint', 'binary', 'bit', 'boolean', 'both', 'case', 'cast', 'char', 'character', 'check', 'coalesce', 'collate', 'collation', 'column', 'concurrently', 'constraint', 'create', 'cross', 'current_catalog', 'current_date', 'current_role', 'current_schema', 'current_time', 'current_timestamp', 'current_user', 'dec', 'decimal', 'default', 'deferrable', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'exists', 'extract', 'false', 'fetch', 'float', 'for', 'foreign', 'freeze', 'from', 'full', 'grant', 'greatest', 'group', 'grouping', 'having', 'ilike', 'in', 'initially', 'inner', 'inout', 'int', 'integer', 'intersect', 'interval', 'into', 'is', 'isnull', 'join', 'lateral', 'leading', 'least', 'left', 'like', 'limit', 'localtime', 'localtimestamp', 'national', 'natural', 'nchar', 'none', 'normalize', 'not', 'notnull', 'null', 'nullif', 'numeric', 'offset', 'on', 'only', 'or', 'order', 'out', 'outer', 'overlaps', 'overlay', 'placing', 'position', 'precision', 'primary', 'real', 'references', 'returning', 'right', 'row', 'select', 'session_user', 'setof', 'similar', 'smallint', 'some', 'substring', 'symmetric', 'table', 'tablesample', 'then', 'time', 'timestamp', 'to', 'trailing', 'treat', 'trim', 'true', 'union', 'unique', 'user', 'using', 'values', 'varchar', 'variadic', 'verbose', 'when', 'where', 'window', 'with', 'xmlattributes', 'xmlconcat', 'xmlelement', 'xmlexists', 'xmlforest', 'xmlnamespaces', 'xmlparse', 'xmlpi', 'xmlroot', 'xmlserialize', 'xmltable'), COALESCE('select', ERROR('null values cannot be formatted as an SQL identifier')), CONCAT('"', REPLACE(COALESCE('select', ERROR('null values cannot be formatted as an SQL identifier')), '"', '""'), '"')), '.', IF(REGEXP_CONTAINS(COALESCE(COALESCE(words.s, 'x'), ERROR('null values cannot be formatted as an SQL identifier')), '^[a-z_][a-z0-9_]*$') AND COALESCE(COALESCE(words.s, 'x'), ERROR('null values cannot be formatted as an SQL identifier')) NOT IN ('all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'asymmetric', 'authorization', 'between', 'bigint', 'binary', 'bit', 'boolean', 'both', 'case', 'cast', 'char', 'character', 'check', 'coalesce', 'collate', 'collation', 'column', 'concurrently', 'constraint', 'create', 'cross', 'current_catalog', 'current_date', 'current_role', 'current_schema', 'current_time', 'current_timestamp', 'current_user', 'dec', 'decimal', 'default', 'deferrable', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'exists', 'extract', 'false', 'fetch', 'float', 'for', 'foreign', 'freeze', 'from', 'full', 'grant', 'greatest', 'group', 'grouping', 'having', 'ilike', 'in', 'initially', 'inner', 'inout', 'int', 'integer', 'intersect', 'interval', 'into', 'is', 'isnull', 'join', 'lateral', 'leading', 'least', 'left', 'like', 'limit', 'localtime', 'localtimestamp', 'national', 'natural', 'nchar', 'none', 'normalize', 'not', 'notnull', 'null', 'nullif', 'numeric', 'offset', 'on', 'only', 'or', 'order', 'out', 'outer', 'overlaps', 'overlay', 'placing', 'position', 'precision', 'primary', 'real', 'references', 'returning', 'right', 'row', 'select', 'session_user', 'setof', 'similar', 'smallint', 'some', 'substring', 'symmetric', 'table', 'tablesample', 'then', 'time', 'timestamp', 'to', 'trailing', 'treat', 'trim', 'true', 'union', 'unique', 'user', 'using', 'values', 'varchar', 'variadic', 'verbose', 'when', 'where', 'window', 'with', 'xmlattributes', 'xmlconcat', 'xmlelement', 'xmlexists', 'xmlforest', 'xmlnamespaces', 'xmlparse', 'xmlpi', 'xmlroot', 'xmlserialize', 'xmltable'), COALESCE(COALESCE(words.s, 'x'), ERROR('null values cannot be formatted as an SQL identifier')), CONCAT('"', REPLACE(COALESCE(COALESCE(words.s, 'x'), ERROR('null values cannot be formatted as an SQL identifier')), '"', '""'), '"'))) AS c
FROM `my-project.shop.words` AS words

-- fills and sets of characters that are computed
SELECT id, lpad(s, 14, right(s, 2)) AS a, rpad(s, 3, left(s, 0)) AS b, btrim(s, left(s, 1)) AS c, rtrim(s, left(s, 0)) AS d FROM words
----
SELECT
  words.id,
  IF(RIGHT(words.s, 2) = '', LEFT(words.s, 14), LPAD(words.s, 14, RIGHT(words.s, 2))) AS a,
  IF(LEFT(words.s, 0) = '', LEFT(words.s, 3), RPAD(words.s, 3, LEFT(words.s, 0))) AS b,
  IF(LEFT(words.s, 1) = '', words.s, TRIM(words.s, LEFT(words.s, 1))) AS c,
  IF(LEFT(words.s, 0) = '', words.s, RTRIM(words.s, LEFT(words.s, 0))) AS d
FROM `my-project.shop.words` AS words

-- texts taken apart into characters
SELECT id, string_to_array(s, NULL) AS a, string_to_array(s, substr(s, 5, 1)) AS b, regexp_split_to_array(s, '') AS c FROM words
----
SELECT
  words.id,
  TO_JSON(IF(words.s = '', [], SPLIT(words.s, ''))) AS a,
  TO_JSON(CASE WHEN words.s = '' THEN [] WHEN SUBSTR(words.s, 5, 1) IS NULL THEN SPLIT(words.s, '') WHEN SUBSTR(words.s, 5, 1) = '' AND words.s IS NOT NULL THEN [words.s] ELSE SPLIT(words.s, SUBSTR(words.s, 5, 1)) END) AS b,
  TO_JSON(SPLIT(words.s, '')) AS c
FROM `my-project.shop.words` AS words

-- normal forms
SELECT id, normalize(s) AS c, length(normalize(s, NFD)) AS d, s IS NFKC NORMALIZED AS k FROM words WHERE s IS NOT NULL ORDER BY id
----
SELECT
  words.id,
  NORMALIZE(words.s, NFC) AS c,
  CHAR_LENGTH(NORMALIZE(words.s, NFD)) AS d,
  words.s = NORMALIZE(words.s, NFKC) AS k
FROM `my-project.shop.words` AS words
WHERE words.s IS NOT NULL
ORDER BY id NULLS LAST
