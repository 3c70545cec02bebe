-- fractions
SELECT id, (shipped_at - placed_at::timestamp) * 1.5 AS a, (shipped_at - placed_at::timestamp) / 7 AS b, interval '1 month' * 0.25 AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT (EXTRACT(YEAR FROM span.whole) * 12 + EXTRACT(MONTH FROM span.whole)) * span.factor AS months, EXTRACT(DAY FROM span.whole) * span.factor AS days, (EXTRACT(HOUR FROM span.whole) * 3600000000 + EXTRACT(MINUTE FROM span.whole) * 60000000 + EXTRACT(SECOND FROM span.whole) * 1000000 + EXTRACT(MICROSECOND FROM span.whole)) * span.factor AS micros FROM UNNEST([STRUCT(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at)) AS whole, CAST(1.5 AS FLOAT64) AS factor)]) AS span)))) AS a,
  (SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT (EXTRACT(YEAR FROM span_1.whole) * 12 + EXTRACT(MONTH FROM span_1.whole)) / span_1.factor AS months, EXTRACT(DAY FROM span_1.whole) / span_1.factor AS days, (EXTRACT(HOUR FROM span_1.whole) * 3600000000 + EXTRACT(MINUTE FROM span_1.whole) * 60000000 + EXTRACT(SECOND FROM span_1.whole) * 1000000 + EXTRACT(MICROSECOND FROM span_1.whole)) / span_1.factor AS micros FROM UNNEST([STRUCT(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at)) AS whole, CAST(7.0 AS FLOAT64) AS factor)]) AS span_1)))) AS b,
  INTERVAL '0-0 7 12:0:0' YEAR TO SECOND AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- text
SELECT id, (shipped_at - placed_at::timestamp)::text AS a, interval '1 year -2 days 03:04:05.5'::text AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT IF(span IS NULL, NULL, ARRAY_TO_STRING([IF(EXTRACT(YEAR FROM span) = 0, NULL, CONCAT(IF(EXTRACT(YEAR FROM span) > 0 AND FALSE, '+', ''), CAST(EXTRACT(YEAR FROM span) AS STRING), ' year', IF(EXTRACT(YEAR FROM span) = 1, '', 's'))), IF(EXTRACT(MONTH FROM span) = 0, NULL, CONCAT(IF(EXTRACT(MONTH FROM span) > 0 AND EXTRACT(YEAR FROM span) < 0, '+', ''), CAST(EXTRACT(MONTH FROM span) AS STRING), ' mon', IF(EXTRACT(MONTH FROM span) = 1, '', 's'))), IF(EXTRACT(DAY FROM span) = 0, NULL, CONCAT(IF(EXTRACT(DAY FROM span) > 0 AND EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) < 0, '+', ''), CAST(EXTRACT(DAY FROM span) AS STRING), ' day', IF(EXTRACT(DAY FROM span) = 1, '', 's'))), IF((EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) = 0 AND EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) <> 0 OR (EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) = 0 AND EXTRACT(DAY FROM span) <> 0, NULL, CONCAT(IF((EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) < 0, '-', IF(IF(EXTRACT(DAY FROM span) = 0, EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span) < 0, EXTRACT(DAY FROM span) < 0), '+', '')), IF(ABS(EXTRACT(HOUR FROM span)) < 10, '0', ''), CAST(ABS(EXTRACT(HOUR FROM span)) AS STRING), FORMAT(':%02d:%02d', ABS(EXTRACT(MINUTE FROM span)), ABS(EXTRACT(SECOND FROM span))), RTRIM(RTRIM(FORMAT('.%06d', ABS(EXTRACT(MICROSECOND FROM span))), '0'), '.')))], ' ')) FROM UNNEST([JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))]) AS span) AS a,
  (SELECT IF(span_1 IS NULL, NULL, ARRAY_TO_STRING([IF(EXTRACT(YEAR FROM span_1) = 0, NULL, CONCAT(IF(EXTRACT(YEAR FROM span_1) > 0 AND FALSE, '+', ''), CAST(EXTRACT(YEAR FROM span_1) AS STRING), ' year', IF(EXTRACT(YEAR FROM span_1) = 1, '', 's'))), IF(EXTRACT(MONTH FROM span_1) = 0, NULL, CONCAT(IF(EXTRACT(MONTH FROM span_1) > 0 AND EXTRACT(YEAR FROM span_1) < 0, '+', ''), CAST(EXTRACT(MONTH FROM span_1) AS STRING), ' mon', IF(EXTRACT(MONTH FROM span_1) = 1, '', 's'))), IF(EXTRACT(DAY FROM span_1) = 0, NULL, CONCAT(IF(EXTRACT(DAY FROM span_1) > 0 AND EXTRACT(YEAR FROM span_1) * 12 + EXTRACT(MONTH FROM span_1) < 0, '+', ''), CAST(EXTRACT(DAY FROM span_1) AS STRING), ' day', IF(EXTRACT(DAY FROM span_1) = 1, '', 's'))), IF((EXTRACT(HOUR FROM span_1) * 3600000000 + EXTRACT(MINUTE FROM span_1) * 60000000 + EXTRACT(SECOND FROM span_1) * 1000000 + EXTRACT(MICROSECOND FROM span_1)) = 0 AND EXTRACT(YEAR FROM span_1) * 12 + EXTRACT(MONTH FROM span_1) <> 0 OR (EXTRACT(HOUR FROM span_1) * 3600000000 + EXTRACT(MINUTE FROM span_1) * 60000000 + EXTRACT(SECOND FROM span_1) * 1000000 + EXTRACT(MICROSECOND FROM span_1)) = 0 AND EXTRACT(DAY FROM span_1) <> 0, NULL, CONCAT(IF((EXTRACT(HOUR FROM span_1) * 3600000000 + EXTRACT(MINUTE FROM span_1) * 60000000 + EXTRACT(SECOND FROM span_1) * 1000000 + EXTRACT(MICROSECOND FROM span_1)) < 0, '-', IF(IF(EXTRACT(DAY FROM span_1) = 0, EXTRACT(YEAR FROM span_1) * 12 + EXTRACT(MONTH FROM span_1) < 0, EXTRACT(DAY FROM span_1) < 0), '+', '')), IF(ABS(EXTRACT(HOUR FROM span_1)) < 10, '0', ''), CAST(ABS(EXTRACT(HOUR FROM span_1)) AS STRING), FORMAT(':%02d:%02d', ABS(EXTRACT(MINUTE FROM span_1)), ABS(EXTRACT(SECOND FROM span_1))), RTRIM(RTRIM(FORMAT('.%06d', ABS(EXTRACT(MICROSECOND FROM span_1))), '0'), '.')))], ' ')) FROM UNNEST([INTERVAL '1-0 -2 3:4:5.500000' YEAR TO SECOND]) AS span_1) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- average
SELECT status, avg(shipped_at - placed_at::timestamp) AS a FROM orders GROUP BY status ORDER BY status
----
SELECT
  grouped.key_1 AS status,
  (SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT (EXTRACT(YEAR FROM span.whole) * 12 + EXTRACT(MONTH FROM span.whole)) / span.factor AS months, EXTRACT(DAY FROM span.whole) / span.factor AS days, (EXTRACT(HOUR FROM span.whole) * 3600000000 + EXTRACT(MINUTE FROM span.whole) * 60000000 + EXTRACT(SECOND FROM span.whole) * 1000000 + EXTRACT(MICROSECOND FROM span.whole)) / span.factor AS micros FROM UNNEST([STRUCT(grouped.value_2.total AS whole, CAST(NULLIF(grouped.value_2.n, 0) AS FLOAT64) AS factor)]) AS span)))) AS a
FROM (
  SELECT
    orders.status AS key_1,
    STRUCT(SUM(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))) AS total, COUNT(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))) AS n) AS value_2
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY status NULLS LAST

-- overlaps
SELECT id, (day, day + 3) OVERLAPS (date '2026-01-31', date '2026-03-01') AS a, (shipped_at, interval '1 day') OVERLAPS (timestamp '2026-03-01', timestamp '2026-03-02') AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT CASE WHEN spans.a > spans.c THEN CASE WHEN spans.d IS NULL THEN NULL WHEN spans.a < spans.d THEN TRUE WHEN spans.b IS NULL THEN NULL ELSE FALSE END WHEN spans.a < spans.c THEN CASE WHEN spans.b IS NULL THEN NULL WHEN spans.c < spans.b THEN TRUE WHEN spans.d IS NULL THEN NULL ELSE FALSE END WHEN spans.a = spans.c AND spans.b IS NOT NULL AND spans.d IS NOT NULL THEN TRUE END FROM UNNEST([STRUCT(COALESCE(LEAST(TIMESTAMP(orders.day), TIMESTAMP(DATE_ADD(orders.day, INTERVAL 3 DAY))), TIMESTAMP(orders.day), TIMESTAMP(DATE_ADD(orders.day, INTERVAL 3 DAY))) AS a, GREATEST(TIMESTAMP(orders.day), TIMESTAMP(DATE_ADD(orders.day, INTERVAL 3 DAY))) AS b, COALESCE(LEAST(TIMESTAMP '2026-01-31 00:00:00+00', TIMESTAMP '2026-03-01 00:00:00+00'), TIMESTAMP '2026-01-31 00:00:00+00', TIMESTAMP '2026-03-01 00:00:00+00') AS c, GREATEST(TIMESTAMP '2026-01-31 00:00:00+00', TIMESTAMP '2026-03-01 00:00:00+00') AS d)]) AS spans) AS a,
  (SELECT CASE WHEN spans_1.a > spans_1.c THEN CASE WHEN spans_1.d IS NULL THEN NULL WHEN spans_1.a < spans_1.d THEN TRUE WHEN spans_1.b IS NULL THEN NULL ELSE FALSE END WHEN spans_1.a < spans_1.c THEN CASE WHEN spans_1.b IS NULL THEN NULL WHEN spans_1.c < spans_1.b THEN TRUE WHEN spans_1.d IS NULL THEN NULL ELSE FALSE END WHEN spans_1.a = spans_1.c AND spans_1.b IS NOT NULL AND spans_1.d IS NOT NULL THEN TRUE END FROM UNNEST([STRUCT(COALESCE(LEAST(orders.shipped_at, DATETIME_ADD(orders.shipped_at, INTERVAL 1 DAY)), orders.shipped_at, DATETIME_ADD(orders.shipped_at, INTERVAL 1 DAY)) AS a, GREATEST(orders.shipped_at, DATETIME_ADD(orders.shipped_at, INTERVAL 1 DAY)) AS b, COALESCE(LEAST(DATETIME '2026-03-01 00:00:00', DATETIME '2026-03-02 00:00:00'), DATETIME '2026-03-01 00:00:00', DATETIME '2026-03-02 00:00:00') AS c, GREATEST(DATETIME '2026-03-01 00:00:00', DATETIME '2026-03-02 00:00:00') AS d)]) AS spans_1) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- fewer digits
SELECT id, shipped_at::timestamp(0) AS a, placed_at::timestamptz(3) AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT DATETIME_SUB(moved, INTERVAL MOD(EXTRACT(MICROSECOND FROM moved), 1000000) MICROSECOND) FROM UNNEST([orders.shipped_at]) AS moment CROSS JOIN UNNEST([DATETIME_ADD(moment, INTERVAL IF(moment < DATETIME '2000-01-01 00:00:00', 499999, 500000) MICROSECOND)]) AS moved) AS a,
  (SELECT TIMESTAMP_SUB(moved_1, INTERVAL MOD(EXTRACT(MICROSECOND FROM moved_1), 1000) MICROSECOND) FROM UNNEST([orders.placed_at]) AS moment_1 CROSS JOIN UNNEST([TIMESTAMP_ADD(moment_1, INTERVAL IF(moment_1 < TIMESTAMP '2000-01-01 00:00:00+00', 499, 500) MICROSECOND)]) AS moved_1) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- offsets as zones
SELECT id, placed_at AT TIME ZONE '+02' AS a, placed_at AT TIME ZONE 'CET' AS b, shipped_at AT TIME ZONE INTERVAL '-05:30' AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATETIME(orders.placed_at, '-02:00') AS a,
  DATETIME(orders.placed_at, '+01:00') AS b,
  TIMESTAMP(orders.shipped_at, '-05:30') AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- long units
SELECT id, date_trunc('decade', shipped_at) AS a, date_trunc('century', placed_at) AS b, extract(julian FROM day) AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATETIME_SUB(DATETIME_TRUNC(orders.shipped_at, YEAR), INTERVAL MOD(EXTRACT(YEAR FROM orders.shipped_at), 10) YEAR) AS a,
  TIMESTAMP(DATETIME_SUB(DATETIME_TRUNC(DATETIME(orders.placed_at, 'UTC'), YEAR), INTERVAL MOD(EXTRACT(YEAR FROM DATETIME(orders.placed_at, 'UTC')) - 1, 100) YEAR), 'UTC') AS b,
  CAST(UNIX_DATE(orders.day) + 2440588 AS NUMERIC) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- months that end early
SELECT g::date AS d FROM generate_series(timestamp '2023-10-31', timestamp '2024-05-31', interval '1 month') g ORDER BY 1
----
SELECT DATE(g) AS d
FROM UNNEST(ARRAY(SELECT moment FROM (SELECT step, DATETIME_SUB(moment, INTERVAL EXTRACT(DAY FROM moment) - MIN(EXTRACT(DAY FROM moment)) OVER (ORDER BY step) DAY) AS moment FROM UNNEST(GENERATE_ARRAY(0, DIV(DATETIME_DIFF(DATETIME '2024-05-31 00:00:00', DATETIME '2023-10-31 00:00:00', MONTH), 1))) AS step CROSS JOIN UNNEST([DATETIME_ADD(DATETIME '2023-10-31 00:00:00', INTERVAL step * 1 MONTH)]) AS moment) WHERE moment <= DATETIME '2024-05-31 00:00:00' ORDER BY step)) AS g
ORDER BY d NULLS LAST

-- quarters and decades of intervals
SELECT id, extract(quarter FROM shipped_at - timestamp '1995-01-01') AS q, extract(decade FROM age(shipped_at, timestamp '1970-01-01')) AS d, extract(epoch FROM age(shipped_at, timestamp '1970-01-01')) AS e FROM orders WHERE shipped_at IS NOT NULL ORDER BY id
----
SELECT
  orders.id,
  CAST(DIV(EXTRACT(MONTH FROM JUSTIFY_HOURS(orders.shipped_at - DATETIME '1995-01-01 00:00:00')), 3) + 1 AS NUMERIC) AS q,
  CAST(DIV(EXTRACT(YEAR FROM (SELECT IF(age.a < age.b, -1, 1) * (INTERVAL age.months - IF(age.days < 0, 1, 0) MONTH + INTERVAL age.days + IF(age.days < 0, EXTRACT(DAY FROM LAST_DAY(age.low)), 0) DAY + INTERVAL age.micros + IF(age.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(orders.shipped_at AS a, DATETIME '1970-01-01 00:00:00' AS b)])) AS s) AS age)), 10) AS NUMERIC) AS d,
  (SELECT CAST(EXTRACT(YEAR FROM span) * 31557600 + EXTRACT(MONTH FROM span) * 2592000 + EXTRACT(DAY FROM span) * 86400 + EXTRACT(HOUR FROM span) * 3600 + EXTRACT(MINUTE FROM span) * 60 + EXTRACT(SECOND FROM span) AS NUMERIC) + CAST(EXTRACT(MICROSECOND FROM span) AS NUMERIC) / 1000000 FROM UNNEST([(SELECT IF(age_1.a < age_1.b, -1, 1) * (INTERVAL age_1.months - IF(age_1.days < 0, 1, 0) MONTH + INTERVAL age_1.days + IF(age_1.days < 0, EXTRACT(DAY FROM LAST_DAY(age_1.low)), 0) DAY + INTERVAL age_1.micros + IF(age_1.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(orders.shipped_at AS a, DATETIME '1970-01-01 00:00:00' AS b)])) AS s) AS age_1)]) AS span) AS e
FROM `my-project.shop.orders` AS orders
WHERE orders.shipped_at IS NOT NULL
ORDER BY id NULLS LAST

-- milliseconds as words behind a number
SELECT id, at + (duration || ' milliseconds')::interval AS a, (duration || ' ms')::interval AS b FROM events ORDER BY id LIMIT 5
----
SELECT
  events.id,
  TIMESTAMP(DATETIME(events.`at`) + INTERVAL events.duration MILLISECOND) AS a,
  INTERVAL events.duration MILLISECOND AS b
FROM `my-project.shop.events` AS events
ORDER BY id NULLS LAST
LIMIT 5

-- intervals cut to a unit
SELECT id, date_trunc('hour', shipped_at - placed_at::timestamp) AS a, date_trunc('day', placed_at - timestamptz '2026-02-01 12:00:00+00') AS b, date_trunc('year', age(placed_at, timestamptz '2027-05-05 00:00:00+00')) AS c, date_trunc('quarter', age(placed_at, timestamptz '2020-01-01 00:00:00+00')) AS d FROM orders
----
SELECT
  orders.id,
  (SELECT INTERVAL (EXTRACT(YEAR FROM span) * 12 + EXTRACT(MONTH FROM span)) MONTH + INTERVAL EXTRACT(DAY FROM span) DAY + INTERVAL (EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)) - MOD((EXTRACT(HOUR FROM span) * 3600000000 + EXTRACT(MINUTE FROM span) * 60000000 + EXTRACT(SECOND FROM span) * 1000000 + EXTRACT(MICROSECOND FROM span)), 3600000000) MICROSECOND FROM UNNEST([JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))]) AS span) AS a,
  (SELECT INTERVAL (EXTRACT(YEAR FROM span_1) * 12 + EXTRACT(MONTH FROM span_1)) MONTH + INTERVAL EXTRACT(DAY FROM span_1) DAY FROM UNNEST([JUSTIFY_HOURS(orders.placed_at - TIMESTAMP '2026-02-01 12:00:00+00')]) AS span_1) AS b,
  (SELECT INTERVAL (EXTRACT(YEAR FROM span_2) * 12 + EXTRACT(MONTH FROM span_2)) - MOD((EXTRACT(YEAR FROM span_2) * 12 + EXTRACT(MONTH FROM span_2)), 12) MONTH FROM UNNEST([(SELECT IF(age.a < age.b, -1, 1) * (INTERVAL age.months - IF(age.days < 0, 1, 0) MONTH + INTERVAL age.days + IF(age.days < 0, EXTRACT(DAY FROM LAST_DAY(age.low)), 0) DAY + INTERVAL age.micros + IF(age.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME(orders.placed_at) AS a, DATETIME(TIMESTAMP '2027-05-05 00:00:00+00') AS b)])) AS s) AS age)]) AS span_2) AS c,
  (SELECT INTERVAL (EXTRACT(YEAR FROM span_3) * 12 + EXTRACT(MONTH FROM span_3)) - MOD((EXTRACT(YEAR FROM span_3) * 12 + EXTRACT(MONTH FROM span_3)), 3) MONTH FROM UNNEST([(SELECT IF(age_1.a < age_1.b, -1, 1) * (INTERVAL age_1.months - IF(age_1.days < 0, 1, 0) MONTH + INTERVAL age_1.days + IF(age_1.days < 0, EXTRACT(DAY FROM LAST_DAY(age_1.low)), 0) DAY + INTERVAL age_1.micros + IF(age_1.micros < 0, 86400000000, 0) MICROSECOND) FROM (SELECT s.*, (EXTRACT(YEAR FROM high) - EXTRACT(YEAR FROM low)) * 12 + EXTRACT(MONTH FROM high) - EXTRACT(MONTH FROM low) AS months, EXTRACT(DAY FROM high) - EXTRACT(DAY FROM low) - IF(TIME(high) < TIME(low), 1, 0) AS days, TIME_DIFF(TIME(high), TIME(low), MICROSECOND) AS micros FROM (SELECT a, b, LEAST(a, b) AS low, GREATEST(a, b) AS high FROM UNNEST([STRUCT(DATETIME(orders.placed_at) AS a, DATETIME(TIMESTAMP '2020-01-01 00:00:00+00') AS b)])) AS s) AS age_1)]) AS span_3) AS d
FROM `my-project.shop.orders` AS orders
