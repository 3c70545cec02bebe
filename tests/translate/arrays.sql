-- stored arrays
SELECT id, tags, cardinality(tags) c, array_length(tags, 1) l, tags[1] f, tags[2:3] s FROM customers ORDER BY id
-- array functions
SELECT array_append(ARRAY[1, 2], 3) a, ARRAY[1] || ARRAY[2, 3] b, array_cat(ARRAY[1], ARRAY[2]) c, array_remove(ARRAY[1, 2, 1], 1) d, array_position(ARRAY['a', 'b'], 'b') p, array_prepend(0, ARRAY[1]) q
-- unnest
SELECT c.id, t FROM customers c, unnest(c.tags) AS t ORDER BY 1, 2
-- unnest with ordinality
SELECT c.id, t.tag, t.n FROM customers c CROSS JOIN LATERAL unnest(c.tags) WITH ORDINALITY AS t(tag, n) ORDER BY 1, 3
-- left join unnest
SELECT c.id, t FROM customers c LEFT JOIN unnest(c.tags) AS t ON true ORDER BY 1, 2
-- unnest in the select list
SELECT unnest(ARRAY[3, 1, 2]) AS x ORDER BY x
-- contains and overlaps
SELECT id, tags @> ARRAY['vip'] c, tags && ARRAY['new', 'eu'] o, 'vip' = ANY(tags) a FROM customers ORDER BY id
-- array subquery
SELECT id, ARRAY(SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.id) AS ids FROM customers c ORDER BY id
-- array of numerics and nulls
SELECT array_agg(amount ORDER BY id) a, array_agg(day ORDER BY id) d, array_agg(shipped_at ORDER BY id) t FROM orders WHERE id < 5
-- series in the select list
SELECT generate_series(1, 5) AS x
-- tag counts
SELECT t, count(*) FROM customers, unnest(tags) t GROUP BY t ORDER BY 2 DESC, 1
