-- arithmetic
SELECT id, day + 1 AS a, day - 7 AS b, day - date '2026-01-01' AS c, day + interval '1 month' AS d, shipped_at + interval '1 month 2 days 03:04:05' AS e, shipped_at - interval '36 hours' AS f, placed_at + interval '1 day' AS g FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATE_ADD(orders.day, INTERVAL 1 DAY) AS a,
  DATE_SUB(orders.day, INTERVAL 7 DAY) AS b,
  DATE_DIFF(orders.day, DATE '2026-01-01', DAY) AS c,
  DATETIME_ADD(DATETIME(orders.day), INTERVAL 1 MONTH) AS d,
  DATETIME_ADD(DATETIME_ADD(DATETIME_ADD(orders.shipped_at, INTERVAL 1 MONTH), INTERVAL 2 DAY), INTERVAL 11045 SECOND) AS e,
  DATETIME_SUB(orders.shipped_at, INTERVAL 36 HOUR) AS f,
  TIMESTAMP_ADD(orders.placed_at, INTERVAL 1 DAY) AS g
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- zoned arithmetic [Europe/Berlin]
SELECT id, placed_at + interval '1 day' AS a, placed_at - interval '1 month' AS b, placed_at + interval '3 hours' AS c, date_trunc('day', placed_at) AS d, placed_at::timestamp AS e, extract(hour FROM placed_at) AS h FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_ADD(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 DAY), INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin') = DATETIME_ADD(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 DAY), TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_ADD(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 DAY), INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), TIMESTAMP(DATETIME_ADD(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin')) AS a,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_SUB(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 MONTH), INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin') = DATETIME_SUB(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 MONTH), TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_SUB(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 MONTH), INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), TIMESTAMP(DATETIME_SUB(DATETIME(orders.placed_at, 'Europe/Berlin'), INTERVAL 1 MONTH), 'Europe/Berlin')) AS b,
  TIMESTAMP_ADD(orders.placed_at, INTERVAL 3 HOUR) AS c,
  TIMESTAMP_TRUNC(orders.placed_at, DAY, 'Europe/Berlin') AS d,
  DATETIME(orders.placed_at, 'Europe/Berlin') AS e,
  CAST(EXTRACT(HOUR FROM orders.placed_at AT TIME ZONE 'Europe/Berlin') AS NUMERIC) AS h
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- trunc
SELECT id, date_trunc('week', day) w, date_trunc('month', shipped_at) m, date_trunc('hour', placed_at) h, date_trunc('quarter', day) q FROM orders ORDER BY id
----
SELECT
  orders.id,
  TIMESTAMP_TRUNC(TIMESTAMP(orders.day), ISOWEEK) AS w,
  DATETIME_TRUNC(orders.shipped_at, MONTH) AS m,
  TIMESTAMP_TRUNC(orders.placed_at, HOUR) AS h,
  TIMESTAMP_TRUNC(TIMESTAMP(orders.day), QUARTER) AS q
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- extract
SELECT id, extract(year FROM day) y, extract(dow FROM day) dow, extract(isodow FROM day) isodow, extract(doy FROM day) doy, extract(week FROM day) w, extract(isoyear FROM day) iy, extract(quarter FROM day) q, extract(second FROM shipped_at) s, extract(milliseconds FROM shipped_at) ms, extract(epoch FROM placed_at) ep, date_part('epoch', shipped_at) dp, extract(century FROM day) c FROM orders ORDER BY id
----
SELECT
  orders.id,
  CAST(EXTRACT(YEAR FROM orders.day) AS NUMERIC) AS y,
  CAST(EXTRACT(DAYOFWEEK FROM orders.day) - 1 AS NUMERIC) AS dow,
  CAST(MOD(EXTRACT(DAYOFWEEK FROM orders.day) + 5, 7) + 1 AS NUMERIC) AS isodow,
  CAST(EXTRACT(DAYOFYEAR FROM orders.day) AS NUMERIC) AS doy,
  CAST(EXTRACT(ISOWEEK FROM orders.day) AS NUMERIC) AS w,
  CAST(EXTRACT(ISOYEAR FROM orders.day) AS NUMERIC) AS iy,
  CAST(EXTRACT(QUARTER FROM orders.day) AS NUMERIC) AS q,
  EXTRACT(SECOND FROM orders.shipped_at) + CAST(EXTRACT(MICROSECOND FROM orders.shipped_at) AS NUMERIC) / 1000000 AS s,
  EXTRACT(SECOND FROM orders.shipped_at) * 1000 + CAST(EXTRACT(MICROSECOND FROM orders.shipped_at) AS NUMERIC) / 1000 AS ms,
  CAST(UNIX_MICROS(orders.placed_at) AS NUMERIC) / 1000000 AS ep,
  CAST(CAST(UNIX_MICROS(TIMESTAMP(orders.shipped_at)) AS NUMERIC) / 1000000 AS FLOAT64) AS dp,
  CAST(DIV(EXTRACT(YEAR FROM orders.day) + 99, 100) AS NUMERIC) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- differences
SELECT id, shipped_at - placed_at::timestamp AS d, extract(epoch FROM (shipped_at - placed_at::timestamp)) AS s, extract(day FROM shipped_at - placed_at::timestamp) AS n FROM orders ORDER BY id
----
SELECT
  orders.id,
  JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at)) AS d,
  CAST(DATETIME_DIFF(orders.shipped_at, DATETIME(orders.placed_at), MICROSECOND) AS NUMERIC) / 1000000 AS s,
  CAST(EXTRACT(DAY FROM JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))) AS NUMERIC) AS n
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- age
SELECT id, age(timestamp '2026-12-25', shipped_at) AS a, age(shipped_at, timestamp '2026-03-30 01:00:00') AS b, extract(year FROM age(date '2026-12-25', day)) AS y FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT IF(age.a < age.b, -1, 1) * (INTERVAL age.months - IF(age.days < 0, 1, 0) MONTH + INTERVAL age.days + IF(age.days < 0, EXTRACT(DAY FROM LAST_DAY(age.low)), 0) DAY + INTERVAL age.micros + IF(age.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME '2026-12-25 00:00:00' AS a, orders.shipped_at AS b)])) AS s) AS age) AS a,
  (SELECT IF(age_1.a < age_1.b, -1, 1) * (INTERVAL age_1.months - IF(age_1.days < 0, 1, 0) MONTH + INTERVAL age_1.days + IF(age_1.days < 0, EXTRACT(DAY FROM LAST_DAY(age_1.low)), 0) DAY + INTERVAL age_1.micros + IF(age_1.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(orders.shipped_at AS a, DATETIME '2026-03-30 01:00:00' AS b)])) AS s) AS age_1) AS b,
  CAST(EXTRACT(YEAR FROM (SELECT IF(age_2.a < age_2.b, -1, 1) * (INTERVAL age_2.months - IF(age_2.days < 0, 1, 0) MONTH + INTERVAL age_2.days + IF(age_2.days < 0, EXTRACT(DAY FROM LAST_DAY(age_2.low)), 0) DAY + INTERVAL age_2.micros + IF(age_2.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME(TIMESTAMP '2026-12-25 00:00:00+00') AS a, DATETIME(TIMESTAMP(orders.day)) AS b)])) AS s) AS age_2)) AS NUMERIC) AS y
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- to_char
SELECT id, to_char(shipped_at, 'YYYY-MM-DD HH24:MI:SS.MS') a, to_char(shipped_at, 'FMMonth DD, YYYY HH12:MI AM') b, to_char(shipped_at, 'Day|Mon|DY|Q|IW|DDD|D|US') c, to_char(day, 'MM/YY "at" FMDD') d FROM orders ORDER BY id
----
SELECT
  orders.id,
  CONCAT(FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%S.', orders.shipped_at), LPAD(CAST(EXTRACT(MILLISECOND FROM orders.shipped_at) AS STRING), 3, '0')) AS a,
  FORMAT_DATETIME('%B %d, %E4Y %I:%M %p', orders.shipped_at) AS b,
  CONCAT(RPAD(FORMAT_DATETIME('%A', orders.shipped_at), 9, ' '), FORMAT_DATETIME('|%b|', orders.shipped_at), UPPER(FORMAT_DATETIME('%a', orders.shipped_at)), FORMAT_DATETIME('|%Q|%V|%j|', orders.shipped_at), CAST(EXTRACT(DAYOFWEEK FROM orders.shipped_at) AS STRING), FORMAT_DATETIME('|', orders.shipped_at), LPAD(CAST(EXTRACT(MICROSECOND FROM orders.shipped_at) AS STRING), 6, '0')) AS c,
  CONCAT(FORMAT_TIMESTAMP('%m/%y at ', TIMESTAMP(orders.day)), CAST(EXTRACT(DAY FROM TIMESTAMP(orders.day)) AS STRING)) AS d
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- parsing
SELECT to_date('15/03/2024', 'DD/MM/YYYY') d, to_timestamp('2024-03-15 14:30:00', 'YYYY-MM-DD HH24:MI:SS') t, '2024-02-29'::date e, timestamp '2024-01-01 10:00' f, to_timestamp(1700000000.5) g
----
SELECT
  PARSE_DATE('%d/%m/%Y', REGEXP_REPLACE('15/03/2024', '(?s)^\\s*(\\d{1,2}/\\d{1,2}/\\d{4})(?:\\D.*)?$', '\\1')) AS d,
  PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%S', REGEXP_REPLACE('2024-03-15 14:30:00', '(?s)^\\s*(\\d{4}-\\d{1,2}-\\d{1,2} \\d{1,2}:\\d{1,2}:\\d{1,2})(?:\\D.*)?$', '\\1')) AS t,
  DATE '2024-02-29' AS e,
  DATETIME '2024-01-01 10:00:00' AS f,
  TIMESTAMP_MICROS(CAST(ROUND(1700000000.5 * 1e6) AS INT64)) AS g

-- parts made
SELECT make_date(2024, 2, 29) AS d, make_timestamp(2024, 2, 29, 13, 5, 7.5) AS t, make_time(1, 2, 3.25) AS c
----
SELECT
  DATE(2024, 2, 29) AS d,
  DATETIME_ADD(DATETIME(2024, 2, 29, 13, 5, 0), INTERVAL 7500000 MICROSECOND) AS t,
  TIME_ADD(TIME(1, 2, 0), INTERVAL 3250000 MICROSECOND) AS c

-- at time zone
SELECT id, placed_at AT TIME ZONE 'America/New_York' a, shipped_at AT TIME ZONE 'Europe/Berlin' b, (placed_at AT TIME ZONE 'Asia/Tokyo')::date c FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATETIME(orders.placed_at, 'America/New_York') AS a,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(orders.shipped_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), 'Europe/Berlin') = orders.shipped_at, TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(orders.shipped_at, INTERVAL 1 DAY), 'Europe/Berlin'), INTERVAL 1 DAY), TIMESTAMP(orders.shipped_at, 'Europe/Berlin')) AS b,
  DATE(DATETIME(orders.placed_at, 'Asia/Tokyo')) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- comparison of dates and timestamps
SELECT id FROM orders WHERE day < timestamp '2026-02-28 12:00:00' AND placed_at >= date '2026-01-31' AND shipped_at > '2026-01-01' ORDER BY id
----
SELECT orders.id
FROM `my-project.shop.orders` AS orders
WHERE orders.day <= DATE '2026-02-28' AND orders.placed_at >= TIMESTAMP(DATE '2026-01-31') AND orders.shipped_at > DATETIME '2026-01-01 00:00:00'
ORDER BY id NULLS LAST

-- end of month
SELECT id, (date_trunc('month', day) + interval '1 month - 1 day')::date AS eom FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATE(TIMESTAMP_ADD(TIMESTAMP(DATETIME_ADD(DATETIME(TIMESTAMP_TRUNC(TIMESTAMP(orders.day), MONTH)), INTERVAL 1 MONTH)), INTERVAL -1 DAY)) AS eom
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- bins
SELECT date_bin('15 minutes', at, timestamptz '2026-01-01') AS b, count(*) FROM events GROUP BY 1 ORDER BY 1
----
SELECT
  TIMESTAMP_SUB(events.`at`, INTERVAL MOD(MOD(TIMESTAMP_DIFF(events.`at`, TIMESTAMP '2026-01-01 00:00:00+00', MICROSECOND), 900000000) + 900000000, 900000000) MICROSECOND) AS b,
  COUNT(*) AS count
FROM `my-project.shop.events` AS events
GROUP BY 1
ORDER BY b NULLS LAST

-- interval from text
SELECT id, shipped_at + (quantity || ' days')::interval AS due, shipped_at + quantity * interval '1 hour' AS due2 FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATETIME_ADD(orders.shipped_at, INTERVAL orders.quantity DAY) AS due,
  DATETIME_ADD(orders.shipped_at, INTERVAL orders.quantity HOUR) AS due2
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- series of dates
SELECT d::date FROM generate_series('2026-01-01'::date, '2026-01-05'::date, interval '1 day') d
----
SELECT DATE(d_2.value_0) AS d
FROM (SELECT TIMESTAMP(d_1) AS value_0 FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2026-01-01', DATE '2026-01-05', INTERVAL 1 DAY)) AS d_1) AS d_2

-- series of months
SELECT generate_series(date '2024-01-31', date '2024-06-30', interval '1 month')::date AS m
----
SELECT DATE(srf_1.value_0) AS m
FROM (SELECT TIMESTAMP(srf) AS value_0 FROM UNNEST(ARRAY(SELECT moment FROM (SELECT step, DATETIME_SUB(moment, INTERVAL EXTRACT(DAY FROM moment) - MIN(EXTRACT(DAY FROM moment)) OVER (ORDER BY step) DAY) AS moment FROM UNNEST(GENERATE_ARRAY(0, DIV(DATETIME_DIFF(DATETIME(TIMESTAMP '2024-06-30 00:00:00+00'), DATETIME(TIMESTAMP '2024-01-31 00:00:00+00'), MONTH), 1))) AS step CROSS JOIN UNNEST([DATETIME_ADD(DATETIME(TIMESTAMP '2024-01-31 00:00:00+00'), INTERVAL step * 1 MONTH)]) AS moment) WHERE moment <= DATETIME(TIMESTAMP '2024-06-30 00:00:00+00') ORDER BY step)) AS srf) AS srf_1

-- series of hours
SELECT h FROM generate_series(timestamp '2026-03-01', timestamp '2026-03-01 05:30', interval '2 hours') h ORDER BY h
----
SELECT h_2.value_0 AS h
FROM (SELECT DATETIME(h_1) AS value_0 FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP(DATETIME '2026-03-01 00:00:00'), TIMESTAMP(DATETIME '2026-03-01 05:30:00'), INTERVAL 2 HOUR)) AS h_1) AS h_2
ORDER BY h NULLS LAST

-- series joined
SELECT g.d::date AS d, count(o.id) AS n FROM generate_series(date '2026-02-27', date '2026-03-02', '1 day') AS g(d) LEFT JOIN orders o ON o.day = g.d GROUP BY 1 ORDER BY 1
----
SELECT DATE(g_1.value_0) AS d, COUNT(o.id) AS n
FROM (SELECT TIMESTAMP(g) AS value_0 FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2026-02-27', DATE '2026-03-02', INTERVAL 1 DAY)) AS g) AS g_1
LEFT JOIN `my-project.shop.orders` AS o ON TIMESTAMP(o.day) = g_1.value_0
GROUP BY 1
ORDER BY d NULLS LAST

-- times
SELECT id, shipped_at::time AS t, shipped_at::time + interval '2 hours' AS t2, shipped_at::time > '10:00' AS late FROM orders ORDER BY id
----
SELECT
  orders.id,
  TIME(orders.shipped_at) AS t,
  TIME_ADD(TIME(orders.shipped_at), INTERVAL 2 HOUR) AS t2,
  TIME(orders.shipped_at) > TIME '10:00:00' AS late
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- intervals
SELECT interval '1 year 2 months' AS a, interval '36 hours' + interval '1 day' AS b, interval '1 day' * 3 AS c, extract(epoch FROM interval '1 month 2 days 3 seconds') AS d, justify_hours(interval '50 hours') AS e
----
SELECT
  INTERVAL 14 MONTH AS a,
  INTERVAL 36 HOUR + INTERVAL 1 DAY AS b,
  INTERVAL 3 DAY AS c,
  CAST(EXTRACT(YEAR FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) * 31557600 + EXTRACT(MONTH FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) * 2592000 + EXTRACT(DAY FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) * 86400 + EXTRACT(HOUR FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) * 3600 + EXTRACT(MINUTE FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) * 60 + EXTRACT(SECOND FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) AS NUMERIC) + CAST(EXTRACT(MICROSECOND FROM INTERVAL '0-1 2 0:0:3' YEAR TO SECOND) AS NUMERIC) / 1000000 AS d,
  JUSTIFY_HOURS(INTERVAL 50 HOUR) AS e

-- sum of epoch
SELECT floor(extract(epoch FROM at) / 3600) * 3600 AS "time", count(*) AS n FROM events GROUP BY 1 ORDER BY 1
----
SELECT
  FLOOR(CAST(CAST(UNIX_MICROS(events.`at`) AS NUMERIC) / 1000000 AS BIGNUMERIC) / NUMERIC '3600') * NUMERIC '3600' AS time,
  COUNT(*) AS n
FROM `my-project.shop.events` AS events
GROUP BY 1
ORDER BY time NULLS LAST

-- the clock put back
SELECT id, (shipped_at + interval '274 days' - interval '2 hours' + id * interval '30 minutes') AT TIME ZONE 'America/New_York' AS a, timestamp '2024-11-03 01:30:00' AT TIME ZONE 'US/Eastern' AS b, date_trunc('hour', (timestamptz '2024-11-03 04:15:00+00' + id * interval '30 minutes') AT TIME ZONE 'America/New_York') AT TIME ZONE 'America/New_York' AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_ADD(DATETIME_SUB(DATETIME_ADD(orders.shipped_at, INTERVAL 274 DAY), INTERVAL 2 HOUR), INTERVAL orders.id * 30 MINUTE), INTERVAL 1 DAY), 'America/New_York'), INTERVAL 1 DAY), 'America/New_York') = DATETIME_ADD(DATETIME_SUB(DATETIME_ADD(orders.shipped_at, INTERVAL 274 DAY), INTERVAL 2 HOUR), INTERVAL orders.id * 30 MINUTE), TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_ADD(DATETIME_SUB(DATETIME_ADD(orders.shipped_at, INTERVAL 274 DAY), INTERVAL 2 HOUR), INTERVAL orders.id * 30 MINUTE), INTERVAL 1 DAY), 'America/New_York'), INTERVAL 1 DAY), TIMESTAMP(DATETIME_ADD(DATETIME_SUB(DATETIME_ADD(orders.shipped_at, INTERVAL 274 DAY), INTERVAL 2 HOUR), INTERVAL orders.id * 30 MINUTE), 'America/New_York')) AS a,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME '2024-11-03 01:30:00', INTERVAL 1 DAY), 'US/Eastern'), INTERVAL 1 DAY), 'US/Eastern') = DATETIME '2024-11-03 01:30:00', TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME '2024-11-03 01:30:00', INTERVAL 1 DAY), 'US/Eastern'), INTERVAL 1 DAY), TIMESTAMP(DATETIME '2024-11-03 01:30:00', 'US/Eastern')) AS b,
  IF(DATETIME(TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_TRUNC(DATETIME(TIMESTAMP_ADD(TIMESTAMP '2024-11-03 04:15:00+00', INTERVAL orders.id * 30 MINUTE), 'America/New_York'), HOUR), INTERVAL 1 DAY), 'America/New_York'), INTERVAL 1 DAY), 'America/New_York') = DATETIME_TRUNC(DATETIME(TIMESTAMP_ADD(TIMESTAMP '2024-11-03 04:15:00+00', INTERVAL orders.id * 30 MINUTE), 'America/New_York'), HOUR), TIMESTAMP_SUB(SAFE.TIMESTAMP(SAFE.DATETIME_ADD(DATETIME_TRUNC(DATETIME(TIMESTAMP_ADD(TIMESTAMP '2024-11-03 04:15:00+00', INTERVAL orders.id * 30 MINUTE), 'America/New_York'), HOUR), INTERVAL 1 DAY), 'America/New_York'), INTERVAL 1 DAY), TIMESTAMP(DATETIME_TRUNC(DATETIME(TIMESTAMP_ADD(TIMESTAMP '2024-11-03 04:15:00+00', INTERVAL orders.id * 30 MINUTE), 'America/New_York'), HOUR), 'America/New_York')) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- a spine of days
SELECT d::date AS day, count(o.id) AS n FROM generate_series(date '2026-01-29', date '2026-02-01', interval '1 day') AS d LEFT JOIN orders o ON o.day = d::date GROUP BY d ORDER BY 1
----
SELECT DATE(d_1.value_0) AS day, COUNT(o.id) AS n
FROM (SELECT TIMESTAMP(d) AS value_0 FROM UNNEST(GENERATE_DATE_ARRAY(DATE '2026-01-29', DATE '2026-02-01', INTERVAL 1 DAY)) AS d) AS d_1
LEFT JOIN `my-project.shop.orders` AS o ON o.day = DATE(d_1.value_0)
GROUP BY d_1.value_0
ORDER BY day NULLS LAST

-- a spine of hours
SELECT to_char(h, 'HH24:MI') AS hour, count(*) AS n FROM generate_series(timestamp '2026-01-30 00:00', timestamp '2026-01-30 02:00', interval '1 hour') AS g(h) CROSS JOIN orders GROUP BY h ORDER BY h
----
SELECT FORMAT_DATETIME('%H:%M', g_1.value_0) AS hour, COUNT(*) AS n
FROM (SELECT DATETIME(g) AS value_0 FROM UNNEST(GENERATE_TIMESTAMP_ARRAY(TIMESTAMP(DATETIME '2026-01-30 00:00:00'), TIMESTAMP(DATETIME '2026-01-30 02:00:00'), INTERVAL 1 HOUR)) AS g) AS g_1
CROSS JOIN `my-project.shop.orders` AS orders
GROUP BY g_1.value_0
ORDER BY g_1.value_0 NULLS LAST

-- units by their short names
SELECT date_trunc('mon', placed_at) AS a, date_trunc('qtr', day) AS b, extract(hr FROM placed_at) AS c, date_part('secs', placed_at) AS d FROM orders ORDER BY id
----
SELECT
  TIMESTAMP_TRUNC(orders.placed_at, MONTH) AS a,
  TIMESTAMP_TRUNC(TIMESTAMP(orders.day), QUARTER) AS b,
  CAST(EXTRACT(HOUR FROM orders.placed_at) AS NUMERIC) AS c,
  CAST(EXTRACT(SECOND FROM orders.placed_at) + CAST(EXTRACT(MICROSECOND FROM orders.placed_at) AS NUMERIC) / 1000000 AS FLOAT64) AS d
FROM `my-project.shop.orders` AS orders
ORDER BY orders.id NULLS LAST

-- a unit that does not exist
SELECT date_trunc('fortnight', placed_at) FROM orders
----
ERROR 22023: unit "fortnight" not recognized for type timestamp with time zone

-- a field that does not exist
SELECT extract(foo FROM placed_at) FROM orders
----
ERROR 22023: unit "foo" not recognized for type timestamp with time zone

-- times of day to the second
SELECT id, shipped_at::time(0) AS a, placed_at::time(2) AS b, shipped_at::time(6) AS c FROM orders WHERE id > 1
----
SELECT
  orders.id,
  (SELECT IF(moved < clock, ERROR('the time 24:00:00 is not supported'), TIME_SUB(moved, INTERVAL MOD(EXTRACT(MICROSECOND FROM moved), 1000000) MICROSECOND)) FROM UNNEST([TIME(orders.shipped_at)]) AS clock CROSS JOIN UNNEST([TIME_ADD(clock, INTERVAL 500000 MICROSECOND)]) AS moved) AS a,
  (SELECT IF(moved_1 < clock_1, ERROR('the time 24:00:00 is not supported'), TIME_SUB(moved_1, INTERVAL MOD(EXTRACT(MICROSECOND FROM moved_1), 10000) MICROSECOND)) FROM UNNEST([TIME(orders.placed_at)]) AS clock_1 CROSS JOIN UNNEST([TIME_ADD(clock_1, INTERVAL 5000 MICROSECOND)]) AS moved_1) AS b,
  TIME(orders.shipped_at) AS c
FROM `my-project.shop.orders` AS orders
WHERE orders.id > 1
