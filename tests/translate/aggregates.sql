-- sums and averages
SELECT status, count(*), count(amount), sum(quantity), sum(amount), avg(quantity), avg(amount), avg(discount), min(note), max(day) FROM orders GROUP BY status ORDER BY status
-- filter
SELECT count(*) FILTER (WHERE paid) AS p, sum(amount) FILTER (WHERE status = 'shipped') AS s, count(DISTINCT status) AS d, count(note) FILTER (WHERE NOT paid) AS n FROM orders
-- having
SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id HAVING count(*) > 1 ORDER BY n DESC, 1
-- bool aggregates
SELECT bool_and(paid), bool_or(paid), every(quantity IS NOT NULL) FROM orders
-- string agg
SELECT status, string_agg(note, '|' ORDER BY id DESC) FROM orders GROUP BY status ORDER BY status
-- string agg distinct
SELECT string_agg(DISTINCT status, ', ' ORDER BY status) FROM orders
-- array agg
SELECT status, array_agg(quantity ORDER BY quantity, id) FROM orders GROUP BY 1 ORDER BY 1
-- array agg filter
SELECT array_agg(status ORDER BY status) FILTER (WHERE status IS NOT NULL) AS x, array_agg(id) FILTER (WHERE id > 99) AS y FROM orders
-- percentiles
SELECT status, percentile_cont(0.9) WITHIN GROUP (ORDER BY amount) AS p90, percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) d FROM orders GROUP BY status ORDER BY status
-- mode
SELECT mode() WITHIN GROUP (ORDER BY status) AS m, count(*) FROM orders
-- statistics
SELECT stddev(quantity), var_pop(amount), stddev_pop(discount), variance(discount) FROM orders
-- regression
SELECT corr(i, f) c, regr_slope(f, i) s, regr_intercept(f, i) t, covar_pop(i, f) cp, regr_count(f, i) n, regr_r2(f, i) r2 FROM numbers WHERE id < 9
-- rollup
SELECT status, paid, count(*), grouping(status, paid) AS g FROM orders GROUP BY ROLLUP (status, paid) ORDER BY 4, 1, 2
-- grouping sets
SELECT customer_id, status, sum(quantity) FROM orders GROUP BY GROUPING SETS ((customer_id), (status), ()) ORDER BY 1, 2
-- cube over expression
SELECT lower(status) AS s, day >= '2026-03-01' AS late, count(*) FROM orders GROUP BY CUBE (1, 2) ORDER BY 1, 2, 3
-- group by constant
SELECT 'x' AS k, count(*) FROM orders WHERE id > 100 GROUP BY 1
-- count distinct pairs
SELECT count(DISTINCT (customer_id, status)) FROM orders
-- whole row
SELECT count(c) FROM customers c WHERE c.id < 12
-- json agg
SELECT jsonb_agg(id ORDER BY id) FROM orders WHERE paid
-- max of a case
SELECT max(CASE WHEN paid THEN note END) m, min(status) FROM orders
-- aggregate of an expression over groups
SELECT country, round(avg(score)::numeric, 2) AS s, count(*) * 2 AS n FROM customers GROUP BY country ORDER BY country
-- bit aggregates
SELECT bit_and(id), bit_or(id) FROM orders
-- greatest of aggregates
SELECT status, greatest(sum(quantity), 0) AS g, round(100.0 * sum(quantity) / sum(sum(quantity)) OVER (), 2) AS pct FROM orders GROUP BY status ORDER BY status
-- boolean sum
SELECT sum(paid::int) AS n, sum(CASE WHEN paid THEN 1 ELSE 0 END) m FROM orders
