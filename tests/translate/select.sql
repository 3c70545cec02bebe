-- filters on bare columns
SELECT id, status FROM orders WHERE day >= '2026-02-01' AND amount > 10 ORDER BY id
-- aliases and names
SELECT o.id AS "select", o.amount total, 1+1, 'x', count(*) over () AS "Total" FROM orders o ORDER BY total DESC, 1
-- quoted names
SELECT "Id", "First Name" AS "Name", "order" FROM "Mixed Case" WHERE "Select" IS TRUE ORDER BY "order"
-- order of nulls
SELECT id, quantity FROM orders ORDER BY quantity DESC, id LIMIT 3 OFFSET 1
-- order by expression
SELECT id FROM orders ORDER BY amount * quantity NULLS FIRST, id
-- distinct
SELECT DISTINCT lower(status) AS s FROM orders ORDER BY s
-- distinct on
SELECT DISTINCT ON (status) status, id, amount FROM orders ORDER BY status, amount DESC, id
-- with ties
SELECT id, amount FROM orders ORDER BY amount DESC FETCH FIRST 3 ROWS WITH TIES
-- values
SELECT v.code, count(c.id) n FROM (VALUES ('DE'), ('FR'), ('XX')) v(code) LEFT JOIN customers c ON c.country = v.code GROUP BY 1 ORDER BY 1
-- values of two columns
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(n, s) ORDER BY n
-- no from
SELECT 1 AS one, 'it''s' AS s, NULL AS nothing, true AND NULL AS b
-- case
SELECT id, CASE WHEN quantity > 5 THEN 'many' WHEN quantity < 0 THEN 'negative' END AS q, CASE status WHEN 'shipped' THEN 1 ELSE 0 END s FROM orders ORDER BY id
-- in lists
SELECT id FROM orders WHERE status IN ('shipped', 'pending') AND id NOT IN (1, 2) ORDER BY id
-- not in with null
SELECT count(*) FROM orders WHERE id NOT IN (SELECT customer_id FROM orders)
-- is distinct
SELECT id FROM orders WHERE quantity IS DISTINCT FROM 3 AND (paid IS NOT TRUE OR paid IS UNKNOWN) ORDER BY id
-- greatest and least
SELECT id, greatest(quantity, 1), least(quantity, id, NULL), greatest(i, j) FROM orders JOIN numbers USING (id) ORDER BY id
-- nullif coalesce
SELECT id, nullif(note, ''), coalesce(status, note, 'none') FROM orders ORDER BY id
-- between
SELECT id FROM orders WHERE quantity BETWEEN 0 AND 10 AND day NOT BETWEEN '2026-01-01' AND '2026-01-31' ORDER BY id
-- any array
SELECT id FROM orders WHERE id = ANY(ARRAY[1, 5, 9]) OR status <> ALL(ARRAY['shipped', 'x']) ORDER BY id
-- group by expression inside another
SELECT date_trunc('month', shipped_at) + interval '1 day' AS m, count(*) FROM orders GROUP BY date_trunc('month', shipped_at) ORDER BY 1
-- boolean order
SELECT id, paid FROM orders ORDER BY paid, id
