-- groups
SELECT id, sum(quantity) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a, count(*) OVER (ORDER BY amount GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) AS b FROM orders ORDER BY id
----
?

-- rank of a value
SELECT rank(2) WITHIN GROUP (ORDER BY src) AS a, dense_rank(3) WITHIN GROUP (ORDER BY src DESC) AS b, cume_dist(2) WITHIN GROUP (ORDER BY src) AS c FROM edges
----
?

-- several fractions
SELECT percentile_cont(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY f) AS a, percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY i) AS b FROM numbers
----
?
