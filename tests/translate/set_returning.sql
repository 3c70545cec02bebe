-- side by side
SELECT id, unnest(tags) AS tag, generate_series(1, 2) AS n FROM customers WHERE id < 12 ORDER BY id, n
----
?

-- several arrays
SELECT * FROM unnest(ARRAY[1, 2, 3], ARRAY['a', 'b']) AS t(n, s) ORDER BY n
----
?

-- matches
SELECT w.id, m[1] AS one, m[2] AS two FROM words w CROSS JOIN LATERAL regexp_matches(w.s, '(\w)(o)', 'g') AS m ORDER BY w.id, 2, 3
----
?

-- limits by expressions
SELECT id FROM orders ORDER BY id LIMIT (SELECT count(*) FROM edges WHERE src = 1) OFFSET 1 + 1
----
?

-- ties after an offset
SELECT id, amount FROM orders ORDER BY amount NULLS LAST OFFSET 2 ROWS FETCH FIRST 1 ROW WITH TIES
----
?
