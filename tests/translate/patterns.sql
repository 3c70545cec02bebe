-- any of several
SELECT id FROM words WHERE s LIKE ANY (ARRAY['%foo%', 'Hello%']) OR s ILIKE ALL (ARRAY['%AAA%', '%b%']) OR s ~ ANY (ARRAY['^\d+$', 'q"$']) ORDER BY id
----
SELECT words.id
FROM `my-project.shop.words` AS words
WHERE (words.s LIKE '%foo%' OR words.s LIKE 'Hello%') OR LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) LIKE '%aaa%' AND LOWER(TRANSLATE(words.s, 'Σİ', 'σi')) LIKE '%b%' OR (REGEXP_CONTAINS(words.s, r'^\d+$') OR REGEXP_CONTAINS(words.s, 'q"$'))
ORDER BY id NULLS LAST

-- word boundaries
SELECT id FROM events WHERE kind ~ '\mbuy\M' ORDER BY id
----
SELECT events.id
FROM `my-project.shop.events` AS events
WHERE REGEXP_CONTAINS(events.kind, r'(?:^|[^\pL\p{Nd}\p{Nl}_])buy(?:$|[^\pL\p{Nd}\p{Nl}_])')
ORDER BY id NULLS LAST

-- longest first
SELECT id, regexp_replace(s, 'o|oo|World', '0', 'g') AS a, substring(s FROM 'foo|foo,bar') AS b FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s, 'World|oo|o', '0') AS a,
  REGEXP_EXTRACT(words.s, 'foo,bar|foo') AS b
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- alternatives that begin alike
SELECT substring(s FROM 'f.|foo') FROM words
----
ERROR 0A000 at 25: alternatives in a regular expression that may begin alike is not supported

-- array comparisons
SELECT id, tags = ARRAY['vip', 'new'] AS a, tags <> '{}' AS b, tags::text AS c, array_positions(tags, 'vip') AS d FROM customers ORDER BY id
----
SELECT
  customers.id,
  IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags)) = TO_JSON_STRING(['vip', 'new']) AS a,
  IF(customers.tags IS NULL, NULL, TO_JSON_STRING(customers.tags)) <> IF(ARRAY<STRING>[] IS NULL, NULL, TO_JSON_STRING(ARRAY<STRING>[])) AS b,
  CONCAT('{', IF(customers.tags IS NULL, NULL, ARRAY_TO_STRING(ARRAY(SELECT COALESCE(IF(item = '' OR UPPER(item) = 'NULL' OR REGEXP_CONTAINS(item, r'[{},"\\\s]'), CONCAT('"', REPLACE(REPLACE(item, '\\', '\\\\'), '"', '\\"'), '"'), item), 'NULL') FROM UNNEST(customers.tags) AS item WITH OFFSET AS place ORDER BY place), ',')), '}') AS c,
  TO_JSON(IF(customers.tags IS NULL, NULL, ARRAY(SELECT place_1 + 1 FROM UNNEST(customers.tags) AS item_1 WITH OFFSET AS place_1 WHERE item_1 IS NOT DISTINCT FROM 'vip' ORDER BY place_1))) AS d
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- every match of a pattern that may match nothing
SELECT id, regexp_replace(s, 'o*', '0', 'g') AS a FROM words ORDER BY id
----
ERROR 0A000 at 30: finding every match of a pattern that may match nothing is not supported

-- how often a pattern that may match nothing matches
SELECT id, regexp_count(s, 'o*') AS a FROM words ORDER BY id
----
ERROR 0A000 at 28: finding every match of a pattern that may match nothing is not supported

-- nothing is put where nothing matches, and what no group caught is empty
SELECT id, regexp_replace(s, '[^a-z]*', '', 'g') AS a, regexp_replace(s, '(o)', '<\1\2>', 'g') AS b, regexp_replace(s, 'o', '[\1\&]') AS c FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s, '[^a-z]*', '') AS a,
  REGEXP_REPLACE(words.s, '(o)', '<\\1>') AS b,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)(o)', '\\1[\\2]') AS c
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- the digits of negative integers are those of their bits
SELECT id, to_hex(id - 3) AS h, to_hex((id - 3)::int) AS i, to_hex(nullif(id, 2)) AS n FROM words ORDER BY id
----
SELECT
  words.id,
  NULLIF(IF(words.id - 3 < 0, FORMAT('%x%08x', (words.id - 3) >> 32, (words.id - 3) & 0xffffffff), FORMAT('%x', words.id - 3)), 'NULL') AS h,
  NULLIF(FORMAT('%x', DIV((words.id - 3) * 4294967296, 4294967296) & 0xffffffff), 'NULL') AS i,
  NULLIF(IF(IF(words.id = 2, NULL, words.id) < 0, FORMAT('%x%08x', IF(words.id = 2, NULL, words.id) >> 32, IF(words.id = 2, NULL, words.id) & 0xffffffff), FORMAT('%x', IF(words.id = 2, NULL, words.id))), 'NULL') AS n
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- letters that RE2 takes for one another
SELECT id, s || 'K' ~* 'k' AS a, regexp_replace(s || ' Kſς', '[ks]', '-', 'gi') AS b, regexp_replace(s || 'ſK', '[^a-z]', '', 'gi') AS c, 'ς' || s ~* '^σ' AS d FROM words
----
SELECT
  words.id,
  REGEXP_CONTAINS(words.s || 'K', '(?i)(?-i:[kK])') AS a,
  REGEXP_REPLACE(words.s || ' Kſς', '(?i)(?-i:[ksKS])', '-') AS b,
  REGEXP_REPLACE(words.s || 'ſK', '(?i)(?-i:[^a-zA-Z])', '') AS c,
  REGEXP_CONTAINS('ς' || words.s, '(?i)^(?-i:[σΣ])') AS d
FROM `my-project.shop.words` AS words

-- spaces, marks and digits that are not of ASCII
SELECT id, regexp_replace(s || E'\u2003x\u3000y\u00a0z\u000b', '\s+', '_', 'g') AS a, regexp_replace(s || ' “x” € – … ½', '[[:punct:]]', '', 'g') AS b, regexp_replace(s || ' x² ½ Ⅷ', '\W', '', 'g') AS c, s || 'ª' ~ '[[:lower:]]$' AS d FROM words
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s || ' x　y z\u000b', r'[\s\v\x{1680}\x{2000}-\x{2006}\x{2008}-\x{200A}\x{2028}\x{2029}\x{205F}\x{3000}]+', '_') AS a,
  REGEXP_REPLACE(words.s || ' “x” € – … ½', r'[\pP\pS\p{No}\p{Cf}\x{A0}\x{2007}\x{202F}\x{300}-\x{344}\x{346}-\x{36F}]', '') AS b,
  REGEXP_REPLACE(words.s || ' x² ½ Ⅷ', r'[^\pL\p{Nd}\p{Nl}_]', '') AS c,
  REGEXP_CONTAINS(words.s || 'ª', r'[\p{Ll}\x{AA}\x{BA}\x{2170}-\x{217F}\x{24D0}-\x{24E9}]$') AS d
FROM `my-project.shop.words` AS words

-- how often a pattern matches without regard to case
SELECT id, regexp_count(s, '[aeiou]', 1, 'i') AS a FROM words
----
SELECT words.id, ARRAY_LENGTH(REGEXP_EXTRACT_ALL(words.s, '(?i)[aeiou]')) AS a
FROM `my-project.shop.words` AS words

-- whole words beside letters outside of ASCII
SELECT id, s || ' éfox fox' ~ '\mfox\M' AS a, s ~* '\y(hello|ünïcode)\y' AS b, 'foxé' || s ~ 'fox\M' AS c FROM words
----
SELECT
  words.id,
  REGEXP_CONTAINS(words.s || ' éfox fox', r'(?:^|[^\pL\p{Nd}\p{Nl}_])fox(?:$|[^\pL\p{Nd}\p{Nl}_])') AS a,
  REGEXP_CONTAINS(words.s, r'(?i)(?:^|[^\pL\p{Nd}\p{Nl}_])(hello|ünïcode)(?:$|[^\pL\p{Nd}\p{Nl}_])') AS b,
  REGEXP_CONTAINS('foxé' || words.s, r'fox(?:$|[^\pL\p{Nd}\p{Nl}_])') AS c
FROM `my-project.shop.words` AS words

-- a group whose last turn may be empty
SELECT id, substring(s FROM '(e*)+') AS a FROM words ORDER BY id
----
ERROR 0A000 at 29: a repeated group of a regular expression that may match nothing, or hold another group that may be left out, is not supported

-- a group that a turn may pass by
SELECT id, regexp_match(s, '(?:(o)?l)+') AS a FROM words ORDER BY id
----
ERROR 0A000 at 28: a repeated group of a regular expression that may match nothing, or hold another group that may be left out, is not supported

-- a group of several turns
SELECT id, substring(s FROM '([a-z]+,)+') AS a, regexp_match(s, '(o|l)+( W)?') AS b FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_EXTRACT(words.s, '([a-z]+,)+') AS a,
  TO_JSON(IF(REGEXP_CONTAINS(words.s, '(o|l)+( W)?'), [REGEXP_EXTRACT(words.s, '(o|l)+(?: W)?'), REGEXP_EXTRACT(words.s, '(?:o|l)+( W)?')], NULL)) AS b
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST

-- the n-th match, every match from the begin
SELECT id, regexp_replace(s, '[aeiou]', '<\&>', 1, 0) AS a, regexp_replace(s, '[aeiou]', '-', 1, 1) AS b, regexp_instr(s, '[a-z]+', 1, 2) AS c, regexp_instr(s, '[a-z]+', 1, 1, 1) AS d, regexp_substr(s, '[a-z]+', 1, 2) AS e FROM words ORDER BY id
----
SELECT
  words.id,
  REGEXP_REPLACE(words.s, '[aeiou]', '<\\0>') AS a,
  REGEXP_REPLACE(words.s, '(?s)^(.*?)([aeiou])', '\\1-') AS b,
  REGEXP_INSTR(words.s, '[a-z]+', 1, 2, 0) AS c,
  REGEXP_INSTR(words.s, '[a-z]+', 1, 1, 1) AS d,
  REGEXP_EXTRACT(words.s, '[a-z]+', 1, 2) AS e
FROM `my-project.shop.words` AS words
ORDER BY id NULLS LAST
