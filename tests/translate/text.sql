-- lengths
SELECT id, length(s) l, char_length(s) c, octet_length(s) o, upper(s) u, lower(s) lo, initcap(s) i, reverse(s) r FROM words ORDER BY id
-- substrings
SELECT id, substring(s from 2 for 3) a, substr(s, 3) b, left(s, 2) l, right(s, 3) r, left(s, -2) ln, right(s, -2) rn, substr(s, -1, 4) n, substring(s, 0, 3) z FROM words ORDER BY id
-- positions
SELECT id, position('o' in s) p, strpos(s, 'l') q, replace(s, 'o', '0') r, translate(s, 'abco', 'xyz') t FROM words ORDER BY id
-- padding
SELECT id, lpad(id::text, 4, '0') p, rpad(s, 3) q, repeat('ab', (id % 3)::int) r, '[' || trim(s) || ']' t, ltrim(s, ' H') lt, btrim(s, 'xz') bt FROM words ORDER BY id
-- concatenation
SELECT id, 'order #' || id || ' total ' || amount AS t, concat(id, '-', status, paid) c, concat_ws('/', status, note, quantity) w FROM orders ORDER BY id
-- like
SELECT id FROM words WHERE s LIKE '%o%' OR s ILIKE 'aaa%' OR s LIKE 'a\_b%' OR s LIKE '%!%%' ESCAPE '!' ORDER BY id
-- not like
SELECT id FROM words WHERE s NOT LIKE '%o%' ORDER BY id
-- regular expressions
SELECT id, s ~ '^[A-Z]' a, s ~* 'HELLO|the' b, s !~ '\d' c, s ~ 'line1.line2' d FROM words ORDER BY id
-- regexp replace
SELECT id, regexp_replace(s, '[aeiou]', '*') one, regexp_replace(s, '[aeiou]', '<\&>', 'g') every, regexp_replace(s, '(\w+) (\w+)', '\2 \1') swap FROM words ORDER BY id
-- regexp pieces
SELECT id, substring(s from '[0-9]+') n, regexp_match(s, '(\w+)o') m, regexp_split_to_array(s, '[,;]') p FROM words ORDER BY id
-- split
SELECT id, split_part(s, ',', 2) b, split_part(s, ' ', -1) z, string_to_array(s, ',') arr FROM words ORDER BY id
-- starts with
SELECT id FROM words WHERE starts_with(s, 'foo') OR s ^@ 'a_' ORDER BY id
-- overlay and hashes
SELECT overlay('abcdef' placing 'XX' from 3 for 2) o, md5('abc') m, encode('abc'::bytea, 'hex') h, ascii('é') a, chr(233) c, to_hex(255) x
-- similar to
SELECT id FROM words WHERE s SIMILAR TO '%(foo|fox)%' ORDER BY id
-- quotes
SELECT id, quote_literal(s) FROM words ORDER BY id
-- format
SELECT format('%s is %s%%', name, score) FROM customers ORDER BY id
-- escapes in constants
SELECT E'tab\there' AS a, 'back\slash' AS b, E'line\nbreak' AS c, 'quote''s "x"' AS d, 'é' AS e
-- comparison by code point
SELECT s FROM words WHERE s > 'a' ORDER BY s
-- computed pattern is refused
SELECT id FROM words WHERE s ~ s
-- look-ahead is refused
SELECT id FROM words WHERE s ~ 'a(?=b)'
-- array to string
SELECT id, array_to_string(tags, ', ') t FROM customers ORDER BY id
-- timestamps as text
SELECT id, placed_at::text a, shipped_at::text b, day::text c FROM orders ORDER BY id
-- timestamps as text in a zone [Asia/Kolkata]
SELECT id, placed_at::text a, placed_at::date b FROM orders ORDER BY id
