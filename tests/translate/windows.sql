-- ranks
SELECT id, row_number() OVER (ORDER BY amount DESC, id) rn, rank() OVER (ORDER BY amount) r, dense_rank() OVER (PARTITION BY status ORDER BY amount NULLS FIRST) d, ntile(3) OVER (ORDER BY id) t, percent_rank() OVER (ORDER BY amount) p, cume_dist() OVER (ORDER BY amount) c FROM orders ORDER BY id
-- lag and lead
SELECT id, lag(quantity) OVER w, lead(quantity, 2, 0::bigint) OVER w, lag(quantity, -1) OVER w AS neg FROM orders WINDOW w AS (ORDER BY id) ORDER BY id
-- running sum with nulls
SELECT id, sum(quantity) OVER (ORDER BY amount), avg(quantity) OVER (PARTITION BY status ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id
-- first and last
SELECT id, first_value(note) OVER w, last_value(note) OVER w, nth_value(note, 2) OVER w FROM orders WINDOW w AS (PARTITION BY paid ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY id
-- range of an interval
SELECT id, count(*) OVER (PARTITION BY kind ORDER BY at RANGE BETWEEN interval '3 hours' PRECEDING AND CURRENT ROW) c FROM events ORDER BY id
-- range of days
SELECT id, sum(quantity) OVER (ORDER BY day RANGE BETWEEN interval '31 days' PRECEDING AND interval '1 day' FOLLOWING) s FROM orders ORDER BY id
-- range of numbers
SELECT id, count(*) OVER (ORDER BY duration RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING) FROM events ORDER BY id
-- over aggregates
SELECT status, sum(amount) s, sum(sum(amount)) OVER () tot, round(100 * sum(amount) / sum(sum(amount)) OVER (), 2) pct FROM orders GROUP BY status ORDER BY status
-- gaps and islands
WITH x AS (SELECT DISTINCT day AS d FROM orders), y AS (SELECT d, d - (row_number() OVER (ORDER BY d))::int AS grp FROM x) SELECT min(d) a, max(d) b, count(*) n FROM y GROUP BY grp ORDER BY 1
-- growth
WITH m AS (SELECT date_trunc('month', day) mth, sum(amount) amt FROM orders GROUP BY 1) SELECT mth, amt, round((amt - lag(amt) OVER (ORDER BY mth)) / lag(amt) OVER (ORDER BY mth) * 100, 2) AS growth FROM m ORDER BY mth
-- filter over window
SELECT id, count(*) FILTER (WHERE paid) OVER (ORDER BY id) FROM orders ORDER BY id
-- partition by float
SELECT id, count(*) OVER (PARTITION BY discount) FROM orders ORDER BY id
