-- ranks
SELECT id, row_number() OVER (ORDER BY amount DESC, id) rn, rank() OVER (ORDER BY amount) r, dense_rank() OVER (PARTITION BY status ORDER BY amount NULLS FIRST) d, ntile(3) OVER (ORDER BY id) t, percent_rank() OVER (ORDER BY amount) p, cume_dist() OVER (ORDER BY amount) c FROM orders ORDER BY id
----
SELECT
  orders.id,
  ROW_NUMBER() OVER (ORDER BY orders.amount DESC NULLS FIRST, orders.id NULLS LAST) AS rn,
  RANK() OVER (ORDER BY orders.amount NULLS LAST) AS r,
  DENSE_RANK() OVER (PARTITION BY orders.status ORDER BY orders.amount NULLS FIRST) AS d,
  NTILE(3) OVER (ORDER BY orders.id NULLS LAST) AS t,
  PERCENT_RANK() OVER (ORDER BY orders.amount NULLS LAST) AS p,
  CUME_DIST() OVER (ORDER BY orders.amount NULLS LAST) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- lag and lead
SELECT id, lag(quantity) OVER w, lead(quantity, 2, 0::bigint) OVER w, lag(quantity, -1) OVER w AS neg FROM orders WINDOW w AS (ORDER BY id) ORDER BY id
----
SELECT
  orders.id,
  LAG(orders.quantity) OVER (ORDER BY orders.id NULLS LAST) AS lag,
  LEAD(orders.quantity, 2, 0) OVER (ORDER BY orders.id NULLS LAST) AS lead,
  LEAD(orders.quantity, 1) OVER (ORDER BY orders.id NULLS LAST) AS neg
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- running sum with nulls
SELECT id, sum(quantity) OVER (ORDER BY amount), avg(quantity) OVER (PARTITION BY status ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders ORDER BY id
----
SELECT
  orders.id,
  SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.amount IS NULL, orders.amount) AS sum,
  CONCAT(NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC)) OVER (PARTITION BY orders.status ORDER BY orders.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)), 'NULL'), ' ', CAST(COUNT(orders.quantity) OVER (PARTITION BY orders.status ORDER BY orders.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS STRING), ' /') AS avg
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- first and last
SELECT id, first_value(note) OVER w, last_value(note) OVER w, nth_value(note, 2) OVER w FROM orders WINDOW w AS (PARTITION BY paid ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY id
----
SELECT
  orders.id,
  FIRST_VALUE(orders.note) OVER (PARTITION BY orders.paid ORDER BY orders.id NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS first_value,
  LAST_VALUE(orders.note) OVER (PARTITION BY orders.paid ORDER BY orders.id NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_value,
  NTH_VALUE(orders.note, 2) OVER (PARTITION BY orders.paid ORDER BY orders.id NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS nth_value
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- range of an interval
SELECT id, count(*) OVER (PARTITION BY kind ORDER BY at RANGE BETWEEN interval '3 hours' PRECEDING AND CURRENT ROW) c FROM events ORDER BY id
----
SELECT
  events.id,
  COUNT(*) OVER (PARTITION BY events.kind ORDER BY UNIX_MICROS(events.`at`) RANGE BETWEEN 10800000000 PRECEDING AND CURRENT ROW) AS c
FROM `my-project.shop.events` AS events
ORDER BY id NULLS LAST

-- range of days
SELECT id, sum(quantity) OVER (ORDER BY day RANGE BETWEEN interval '31 days' PRECEDING AND interval '1 day' FOLLOWING) s FROM orders ORDER BY id
----
SELECT
  orders.id,
  SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY UNIX_DATE(orders.day) RANGE BETWEEN 31 PRECEDING AND 1 FOLLOWING) AS s
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- range of numbers
SELECT id, count(*) OVER (ORDER BY duration RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING) FROM events ORDER BY id
----
SELECT
  events.id,
  COUNT(*) OVER (ORDER BY events.duration RANGE BETWEEN 10 PRECEDING AND 10 FOLLOWING) AS count
FROM `my-project.shop.events` AS events
ORDER BY id NULLS LAST

-- over aggregates
SELECT status, sum(amount) s, sum(sum(amount)) OVER () tot, round(100 * sum(amount) / sum(sum(amount)) OVER (), 2) pct FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  SUM(orders.amount) AS s,
  SUM(SUM(orders.amount)) OVER () AS tot,
  ROUND(BIGNUMERIC '100' * SUM(orders.amount) / SUM(SUM(orders.amount)) OVER (), 2) AS pct
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- gaps and islands
WITH x AS (SELECT DISTINCT day AS d FROM orders), y AS (SELECT d, d - (row_number() OVER (ORDER BY d))::int AS grp FROM x) SELECT min(d) a, max(d) b, count(*) n FROM y GROUP BY grp ORDER BY 1
----
WITH x AS (
  SELECT DISTINCT orders.day AS d
  FROM `my-project.shop.orders` AS orders
), y AS (
  SELECT
    x_1.d,
    DATE_SUB(x_1.d, INTERVAL DIV(ROW_NUMBER() OVER (ORDER BY x_1.d NULLS LAST) * 4294967296, 4294967296) DAY) AS grp
  FROM x AS x_1
  ORDER BY d NULLS LAST
)
SELECT MIN(y_1.d) AS a, MAX(y_1.d) AS b, COUNT(*) AS n
FROM y AS y_1
GROUP BY y_1.grp
ORDER BY a NULLS LAST

-- growth
WITH m AS (SELECT date_trunc('month', day) mth, sum(amount) amt FROM orders GROUP BY 1) SELECT mth, amt, round((amt - lag(amt) OVER (ORDER BY mth)) / lag(amt) OVER (ORDER BY mth) * 100, 2) AS growth FROM m ORDER BY mth
----
WITH m AS (
  SELECT TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH) AS mth, SUM(orders.amount) AS amt
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
)
SELECT
  m_1.mth,
  m_1.amt,
  ROUND(CAST(CAST(m_1.amt - LAG(m_1.amt) OVER (ORDER BY m_1.mth NULLS LAST) AS BIGNUMERIC) / LAG(m_1.amt) OVER (ORDER BY m_1.mth NULLS LAST) AS BIGNUMERIC) * NUMERIC '100', 2) AS growth
FROM m AS m_1
ORDER BY mth NULLS LAST

-- filter over window
SELECT id, count(*) FILTER (WHERE paid) OVER (ORDER BY id) FROM orders ORDER BY id
----
SELECT orders.id, COUNTIF(orders.paid) OVER (ORDER BY orders.id) AS count
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- partition by float
SELECT id, count(*) OVER (PARTITION BY discount) FROM orders ORDER BY id
----
SELECT orders.id, COUNT(*) OVER (PARTITION BY CAST(orders.discount + 0.0 AS STRING)) AS count
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- smallest float so far
SELECT id, min(score) OVER (ORDER BY id), min(score) FILTER (WHERE id > 11) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) m FROM customers ORDER BY id
----
SELECT
  customers.id,
  COALESCE(MIN(IF(IS_NAN(customers.score), NULL, customers.score)) OVER (ORDER BY customers.id), MIN(customers.score) OVER (ORDER BY customers.id)) AS min,
  COALESCE(MIN(IF((customers.id > 11) IS NOT TRUE OR IS_NAN(customers.score), NULL, customers.score)) OVER (ORDER BY customers.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), MIN(IF(customers.id > 11, customers.score, NULL)) OVER (ORDER BY customers.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS m
FROM `my-project.shop.customers` AS customers
ORDER BY id NULLS LAST

-- window inside a case
SELECT id, CASE WHEN lag(amount) OVER (ORDER BY id) IS NULL THEN 'first' WHEN amount > lag(amount) OVER (ORDER BY id) THEN 'up' ELSE 'down' END AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  CASE WHEN LAG(orders.amount) OVER (ORDER BY orders.id NULLS LAST) IS NULL THEN 'first' WHEN orders.amount > LAG(orders.amount) OVER (ORDER BY orders.id NULLS LAST) THEN 'up' ELSE 'down' END AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- a default that depends on the row
SELECT id, lag(amount, 1, amount) OVER (ORDER BY id) AS before FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(LAG(TRUE, 1) OVER (ORDER BY orders.id NULLS LAST) IS NULL, orders.amount, LAG(orders.amount, 1) OVER (ORDER BY orders.id NULLS LAST)) AS before
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- a default from the row
SELECT id, lag(quantity, 1, quantity) OVER (ORDER BY id), lead(quantity, 2, -id) OVER (PARTITION BY status ORDER BY id) FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(LAG(TRUE, 1) OVER (ORDER BY orders.id NULLS LAST) IS NULL, orders.quantity, LAG(orders.quantity, 1) OVER (ORDER BY orders.id NULLS LAST)) AS lag,
  IF(LEAD(TRUE, 2) OVER (PARTITION BY orders.status ORDER BY orders.id NULLS LAST) IS NULL, -orders.id, LEAD(orders.quantity, 2) OVER (PARTITION BY orders.status ORDER BY orders.id NULLS LAST)) AS lead
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- all rows are peers
SELECT id, rank() OVER (ORDER BY 1), dense_rank() OVER (), percent_rank() OVER (PARTITION BY status), cume_dist() OVER (ORDER BY NULL::int) FROM orders ORDER BY id
----
SELECT orders.id, 1 AS rank, 1 AS dense_rank, 0.0 AS percent_rank, 1.0 AS cume_dist
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- an exact deviation over a window
SELECT id, round(stddev(quantity) OVER (PARTITION BY status), 3), round(var_pop(quantity) FILTER (WHERE id > 2) OVER (ORDER BY id), 2) FROM orders ORDER BY id
----
SELECT
  orders.id,
  ROUND(SQRT((COUNT(orders.quantity) OVER (PARTITION BY orders.status) * SUM(CAST(orders.quantity AS BIGNUMERIC) * CAST(orders.quantity AS BIGNUMERIC)) OVER (PARTITION BY orders.status) - SUM(CAST(orders.quantity AS BIGNUMERIC)) OVER (PARTITION BY orders.status) * SUM(CAST(orders.quantity AS BIGNUMERIC)) OVER (PARTITION BY orders.status)) / NULLIF(COUNT(orders.quantity) OVER (PARTITION BY orders.status) * (COUNT(orders.quantity) OVER (PARTITION BY orders.status) - 1), 0)), 3) AS round,
  ROUND((COUNT(IF(orders.id > 2, orders.quantity, NULL)) OVER (ORDER BY orders.id) * SUM(CAST(IF(orders.id > 2, orders.quantity, NULL) AS BIGNUMERIC) * CAST(IF(orders.id > 2, orders.quantity, NULL) AS BIGNUMERIC)) OVER (ORDER BY orders.id) - SUM(CAST(IF(orders.id > 2, orders.quantity, NULL) AS BIGNUMERIC)) OVER (ORDER BY orders.id) * SUM(CAST(IF(orders.id > 2, orders.quantity, NULL) AS BIGNUMERIC)) OVER (ORDER BY orders.id)) / NULLIF(COUNT(IF(orders.id > 2, orders.quantity, NULL)) OVER (ORDER BY orders.id) * COUNT(IF(orders.id > 2, orders.quantity, NULL)) OVER (ORDER BY orders.id), 0), 2) AS round_1
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- a last value in no order
SELECT last_value(id) OVER (PARTITION BY status) FROM orders
----
ERROR 0A000 at 8: last_value() without ORDER BY in its window is not supported

-- growth from one average to the next keeps PostgreSQL's digits
WITH m AS (SELECT status, avg(amount) AS a FROM orders GROUP BY 1) SELECT status, (a - lag(a) OVER (ORDER BY status)) / lag(a) OVER (ORDER BY status) AS growth, lag(a, 1, 0) OVER (ORDER BY status) AS before FROM m ORDER BY status
----
WITH m AS (
  SELECT
    orders.status,
    AVG(CAST(orders.amount AS BIGNUMERIC)) AS a,
    CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS a_digits
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
)
SELECT
  m_1.status,
  CONCAT(m_1.a_digits, ' ', LAG(m_1.a_digits) OVER (ORDER BY m_1.status NULLS LAST), ' - ', LAG(m_1.a_digits) OVER (ORDER BY m_1.status NULLS LAST), ' /') AS growth,
  LAG(m_1.a_digits, 1, NULLIF(FORMAT('%.0f', NUMERIC '0'), 'NULL')) OVER (ORDER BY m_1.status NULLS LAST) AS before
FROM m AS m_1
ORDER BY status NULLS LAST

-- JSON arrays over windows
SELECT id, json_agg(status) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS j, jsonb_agg(quantity) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS k FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(ARRAY_AGG(orders.status) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) IS NULL, NULL, TO_JSON(ARRAY_AGG(orders.status) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND CURRENT ROW))) AS j,
  IF(ARRAY_AGG(orders.quantity) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) IS NULL, NULL, TO_JSON(ARRAY_AGG(orders.quantity) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING))) AS k
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- rows left out of arrays
SELECT id, array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) AS a FROM orders
----
ERROR 0A000 at 12: EXCLUDE in this window is not supported

-- windows within values that are printed as subqueries
SELECT id, age(lead(placed_at) OVER (ORDER BY id), placed_at) AS a, to_char(shipped_at - lag(shipped_at) OVER (PARTITION BY customer_id ORDER BY id), 'HH24:MI') AS b, (SELECT count(*) FROM events e WHERE e.customer_id = o.customer_id) AS c FROM orders o ORDER BY id
----
SELECT
  windowed.value_1 AS id,
  (SELECT IF(age.a < age.b, -1, 1) * (INTERVAL age.months - IF(age.days < 0, 1, 0) MONTH + INTERVAL age.days + IF(age.days < 0, EXTRACT(DAY FROM LAST_DAY(age.low)), 0) DAY + INTERVAL age.micros + IF(age.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME(windowed.value_2) AS a, DATETIME(windowed.value_3) AS b)])) AS s) AS age) AS a,
  (SELECT IF(span IS NULL, NULL, CONCAT(FORMAT(IF(EXTRACT(HOUR FROM span) < 0, '%03d', '%02d'), EXTRACT(HOUR FROM span)), ':', FORMAT(IF(EXTRACT(MINUTE FROM span) < 0, '%03d', '%02d'), EXTRACT(MINUTE FROM span)))) FROM UNNEST([JUSTIFY_HOURS(windowed.value_4 - windowed.value_5)]) AS span) AS b,
  (SELECT COUNT(*) AS count FROM `my-project.shop.events` AS e WHERE e.customer_id = windowed.value_6) AS c
FROM (
  SELECT
    o.id AS value_1,
    LEAD(o.placed_at) OVER (ORDER BY o.id NULLS LAST) AS value_2,
    o.placed_at AS value_3,
    o.shipped_at AS value_4,
    LAG(o.shipped_at) OVER (PARTITION BY o.customer_id ORDER BY o.id NULLS LAST) AS value_5,
    o.customer_id AS value_6
  FROM `my-project.shop.orders` AS o
) AS windowed
ORDER BY id NULLS LAST

-- arrays over windows
SELECT id, array_agg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS a FROM orders ORDER BY id
----
SELECT
  orders.id,
  TO_JSON(ARRAY_AGG(orders.id) OVER (ORDER BY orders.id NULLS LAST ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)) AS a
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- windows over groups within such values
SELECT status, count(*) AS n, age(max(placed_at), lag(min(placed_at)) OVER (ORDER BY status)) AS a FROM orders GROUP BY status ORDER BY status
----
SELECT
  windowed.value_1 AS status,
  windowed.value_2 AS n,
  (SELECT IF(age.a < age.b, -1, 1) * (INTERVAL age.months - IF(age.days < 0, 1, 0) MONTH + INTERVAL age.days + IF(age.days < 0, EXTRACT(DAY FROM LAST_DAY(age.low)), 0) DAY + INTERVAL age.micros + IF(age.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME(windowed.value_3) AS a, DATETIME(windowed.value_4) AS b)])) AS s) AS age) AS a
FROM (
  SELECT
    orders.status AS value_1,
    COUNT(*) AS value_2,
    MAX(orders.placed_at) AS value_3,
    LAG(MIN(orders.placed_at)) OVER (ORDER BY orders.status NULLS LAST) AS value_4
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
) AS windowed
ORDER BY status NULLS LAST

-- ties left out of all rows
SELECT id, count(*) OVER (ORDER BY status ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE TIES) AS a, sum(quantity) OVER (ORDER BY status ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE GROUP) AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  COUNT(*) OVER (ORDER BY orders.status NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) - COUNT(*) OVER (ORDER BY orders.status IS NULL, orders.status RANGE BETWEEN CURRENT ROW AND CURRENT ROW) + COUNT(*) OVER (ORDER BY orders.status NULLS LAST ROWS BETWEEN CURRENT ROW AND CURRENT ROW) AS a,
  IF(COUNT(orders.quantity) OVER (ORDER BY orders.status NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) - COUNT(orders.quantity) OVER (ORDER BY orders.status IS NULL, orders.status RANGE BETWEEN CURRENT ROW AND CURRENT ROW) = 0, NULL, COALESCE(SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.status NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 0) - COALESCE(SUM(CAST(orders.quantity AS NUMERIC)) OVER (ORDER BY orders.status IS NULL, orders.status RANGE BETWEEN CURRENT ROW AND CURRENT ROW), 0)) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- frames of months and years
SELECT id, day, count(*) OVER (ORDER BY date_trunc('month', day)::date RANGE BETWEEN '2 months' PRECEDING AND CURRENT ROW) AS a, sum(amount) OVER (ORDER BY date_trunc('month', shipped_at) RANGE BETWEEN CURRENT ROW AND interval '1 year 1 month' FOLLOWING) AS b FROM orders WHERE shipped_at IS NOT NULL ORDER BY id
----
SELECT
  orders.id,
  orders.day,
  COUNT(*) OVER (ORDER BY IF(EXTRACT(DAY FROM DATE(TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH))) > 28, ERROR('a RANGE frame of months from a day that not every month has is not supported'), (EXTRACT(YEAR FROM DATE(TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH))) * 12 + EXTRACT(MONTH FROM DATE(TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH)))) * 31 + EXTRACT(DAY FROM DATE(TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH)))) RANGE BETWEEN 62 PRECEDING AND CURRENT ROW) AS a,
  SUM(orders.amount) OVER (ORDER BY IF(EXTRACT(DAY FROM DATETIME_TRUNC(orders.shipped_at, MONTH)) > 28, ERROR('a RANGE frame of months from a day that not every month has is not supported'), ((EXTRACT(YEAR FROM DATETIME_TRUNC(orders.shipped_at, MONTH)) * 12 + EXTRACT(MONTH FROM DATETIME_TRUNC(orders.shipped_at, MONTH))) * 31 + EXTRACT(DAY FROM DATETIME_TRUNC(orders.shipped_at, MONTH))) * 86400000000 + DATETIME_DIFF(DATETIME_TRUNC(orders.shipped_at, MONTH), DATETIME_TRUNC(DATETIME_TRUNC(orders.shipped_at, MONTH), DAY), MICROSECOND)) RANGE BETWEEN CURRENT ROW AND 34819200000000 FOLLOWING) AS b
FROM `my-project.shop.orders` AS orders
WHERE orders.shipped_at IS NOT NULL
ORDER BY id NULLS LAST

-- averages of doubles over a window
SELECT id, avg(discount) OVER (PARTITION BY status ORDER BY id) AS a, regr_avgy(discount, quantity) OVER (ORDER BY id) AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  SUM(orders.discount) OVER (PARTITION BY orders.status ORDER BY orders.id) / NULLIF(COUNT(orders.discount) OVER (PARTITION BY orders.status ORDER BY orders.id), 0) AS a,
  SUM(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount)) OVER (ORDER BY orders.id) / NULLIF(COUNT(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount)) OVER (ORDER BY orders.id), 0) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST
