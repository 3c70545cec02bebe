-- any of several
SELECT id FROM words WHERE s LIKE ANY (ARRAY['%foo%', 'Hello%']) OR s ILIKE ALL (ARRAY['%AAA%', '%b%']) OR s ~ ANY (ARRAY['^\d+$', 'q"$']) ORDER BY id
----
?

-- word boundaries
SELECT id FROM words WHERE id <> 6 AND s ~ '\mfox\M' ORDER BY id
----
?

-- longest first
SELECT id, regexp_replace(s, 'o|oo|World', '0', 'g') AS a, substring(s FROM 'foo|foo,bar') AS b FROM words ORDER BY id
----
?

-- alternatives that begin alike
SELECT substring(s FROM 'f.|foo') FROM words
----
?

-- array comparisons
SELECT id, tags = ARRAY['vip', 'new'] AS a, tags <> '{}' AS b, tags::text AS c, array_positions(tags, 'vip') AS d FROM customers ORDER BY id
----
?
