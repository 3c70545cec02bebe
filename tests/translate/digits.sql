-- quotients
SELECT id, n / j AS a, n / 3 * j AS b, n - (SELECT avg(n) FROM numbers) AS c FROM numbers WHERE j <> 0 ORDER BY id
----
?

-- averages
SELECT status, avg(amount) AS a, avg(quantity) AS b, coalesce(sum(amount), 0) AS c, sum(CASE WHEN paid THEN amount ELSE 0 END) AS d FROM orders GROUP BY status ORDER BY a, status
----
?

-- deviations
SELECT status, stddev(amount) AS a, variance(quantity) AS b, var_pop(amount) AS c FROM orders GROUP BY status ORDER BY status
----
?

-- windows
SELECT id, avg(amount) OVER (ORDER BY id ROWS 2 PRECEDING) AS a, stddev(quantity) OVER (ORDER BY id) AS b FROM orders ORDER BY id
----
?

-- through subqueries
WITH t AS (SELECT status, avg(amount) AS a, count(*) AS n FROM orders GROUP BY status) SELECT t.status, t.a, t.a / 2 AS half FROM t ORDER BY t.status
----
?

-- mixed sides
SELECT 'a' AS k, count(*) AS n FROM customers UNION ALL SELECT 'b', sum(amount) FROM orders ORDER BY k
----
?

-- functions
SELECT id, sqrt(n) AS a, exp(n / 1000000) AS b FROM numbers WHERE n > 0 ORDER BY id
----
?
