-- inner
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'DE' ORDER BY 1
-- left using
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON c.id = o.customer_id ORDER BY o.id
-- full join
SELECT o.id, c.id AS cid FROM orders o FULL JOIN customers c ON c.id = o.customer_id ORDER BY o.id, c.id
-- self join
SELECT a.name, b.name AS friend FROM customers a LEFT JOIN customers b ON b.id = a.referrer ORDER BY a.id
-- comma join
SELECT a.id, b.id AS other FROM customers a, customers b WHERE a.id < b.id AND a.country = b.country
-- lateral top one
SELECT c.id, p.id pid, p.amount FROM customers c CROSS JOIN LATERAL (SELECT * FROM orders p WHERE p.customer_id = c.id ORDER BY amount DESC, id LIMIT 1) p ORDER BY 1
-- left lateral
SELECT c.id, p.n FROM customers c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders p WHERE p.customer_id = c.id HAVING count(*) > 1) p ON true ORDER BY 1
-- exists
SELECT id FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id AND o.amount > 10) ORDER BY id
-- not exists
SELECT id FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) ORDER BY id
-- scalar subquery
SELECT id, (SELECT max(amount) FROM orders o WHERE o.customer_id = c.id) AS top FROM customers c ORDER BY id
-- in subquery
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE paid) ORDER BY name
-- greater than all
SELECT id FROM orders WHERE amount > ALL (SELECT amount FROM orders WHERE status = 'returned') ORDER BY id
-- cte twice
WITH x AS (SELECT customer_id AS c, sum(amount) AS s FROM orders GROUP BY 1) SELECT a.c, a.s FROM x a JOIN x b ON a.s < b.s OR a.c = b.c GROUP BY 1, 2 ORDER BY 1
-- recursive path
WITH RECURSIVE p(node, path, cost) AS (SELECT 1::bigint, ARRAY[1::bigint], 0::bigint UNION ALL SELECT e.dst, path || e.dst, cost + w FROM p JOIN edges e ON e.src = p.node WHERE NOT e.dst = ANY(path)) SELECT node, cost, array_length(path, 1) len FROM p ORDER BY node, cost
-- union
SELECT country FROM customers UNION SELECT 'US' ORDER BY 1
-- nested limits
(SELECT id FROM customers ORDER BY id LIMIT 2) UNION ALL (SELECT id FROM customers ORDER BY id DESC LIMIT 2)
-- mixed set operations
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders UNION ALL SELECT 99 ORDER BY 1
-- except all
SELECT status FROM orders EXCEPT ALL SELECT 'shipped'
-- intersect all
SELECT customer_id FROM orders INTERSECT ALL SELECT customer_id FROM orders WHERE id < 4
-- row comparison
SELECT id FROM orders WHERE (customer_id, id) > (10, 2) ORDER BY id
-- row in
SELECT id FROM orders WHERE (customer_id, status) IN (SELECT customer_id, status FROM orders WHERE paid) ORDER BY id
