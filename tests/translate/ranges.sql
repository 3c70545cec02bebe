-- overlap of columns
SELECT x.id, y.id AS other FROM stays x JOIN stays y ON x.id < y.id AND x.room = y.room AND tsrange(x.starts, x.ends) && tsrange(y.starts, y.ends) ORDER BY 1, 2
----
SELECT x.id, y.id AS other
FROM `my-project.shop.stays` AS x
JOIN `my-project.shop.stays` AS y ON x.id < y.id AND x.room = y.room AND CASE WHEN x.id < y.id AND x.room = y.room THEN (x.starts IS NULL OR y.ends IS NULL OR x.starts < y.ends) AND (y.starts IS NULL OR x.ends IS NULL OR y.starts < x.ends) AND CASE WHEN x.starts > x.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN x.starts = x.ends THEN FALSE ELSE TRUE END AND CASE WHEN y.starts > y.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN y.starts = y.ends THEN FALSE ELSE TRUE END ELSE FALSE END
ORDER BY id NULLS LAST, other NULLS LAST

-- overlap in exists
SELECT id FROM stays x WHERE EXISTS (SELECT 1 FROM stays y WHERE x.id <> y.id AND daterange(x.first, x.last, '[]') && daterange(y.first, y.last, '[]')) ORDER BY id
----
SELECT x.id
FROM `my-project.shop.stays` AS x
WHERE EXISTS(
  SELECT 1 AS column
  FROM `my-project.shop.stays` AS y
  WHERE x.id <> y.id AND CASE WHEN x.id <> y.id THEN (y.last IS NULL OR x.first <= y.last) AND (x.last IS NULL OR y.first <= x.last) AND CASE WHEN x.first > x.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END AND CASE WHEN y.first > y.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END ELSE FALSE END
)
ORDER BY id NULLS LAST

-- overlap with a constant
SELECT id, daterange(first, last) && '[2026-01-04,2026-01-06)'::daterange AS a, tsrange(starts, ends, '[]') && tsrange('2026-01-01 11:00', NULL) AS b, daterange(first, last) && 'empty' AS c FROM stays ORDER BY id
----
SELECT
  stays.id,
  stays.first < DATE '2026-01-06' AND (stays.last IS NULL OR DATE '2026-01-04' < stays.last) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END AS a,
  (stays.ends IS NULL OR DATETIME '2026-01-01 11:00:00' <= stays.ends) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END AS b,
  FALSE AS c
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- a day in a constant range
SELECT id FROM stays WHERE first <@ daterange('2026-01-01', '2026-01-31', '[]') ORDER BY id
----
SELECT stays.id
FROM `my-project.shop.stays` AS stays
WHERE stays.first >= DATE '2026-01-01' AND stays.first < DATE '2026-02-01'
ORDER BY id NULLS LAST

-- a day in a range of columns
SELECT id, daterange(first, last, '[]') @> date '2026-01-05' AS a, daterange(first, last, '(]') @> first AS b, last <@ daterange(NULL, first) AS c, tsrange(starts, ends) @> timestamp '2026-01-01 11:00' AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE stays.first <= DATE '2026-01-05' AND (stays.last IS NULL OR DATE '2026-01-05' <= stays.last) END AS a,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE DATE_ADD(stays.first, INTERVAL 1 DAY) <= stays.first AND (stays.last IS NULL OR stays.first <= stays.last) END AS b,
  CASE WHEN stays.last IS NOT NULL THEN stays.last IS NULL OR stays.last < stays.first END AS c,
  CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE (stays.starts IS NULL OR stays.starts <= DATETIME '2026-01-01 11:00:00') AND (stays.ends IS NULL OR DATETIME '2026-01-01 11:00:00' < stays.ends) END AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- numbers in ranges
SELECT id, int8range(room, id, '[]') @> 2::bigint AS a, int8range(room, id, '()') @> id - 1 AS b FROM stays WHERE room <= id ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.room > stays.id THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE (stays.room IS NULL OR stays.room <= 2) AND 2 < stays.id + 1 END AS a,
  CASE WHEN stays.room > stays.id THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE (stays.room + 1 IS NULL OR stays.room + 1 <= stays.id - 1) AND stays.id - 1 < stays.id END AS b
FROM `my-project.shop.stays` AS stays
WHERE stays.room <= stays.id
ORDER BY id NULLS LAST

-- numbers in constant ranges
SELECT id, int8range(2, 4, '(]') @> id AS a, numrange(1.5, 3) @> id::numeric AS b, id <@ int8range(NULL, NULL) AS c, room <@ '(,2)'::int8range AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  stays.id >= 3 AND stays.id < 5 AS a,
  CAST(stays.id AS NUMERIC) >= NUMERIC '1.5' AND CAST(stays.id AS NUMERIC) < NUMERIC '3' AS b,
  CASE WHEN stays.id IS NOT NULL THEN TRUE END AS c,
  stays.room < 2 AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- bounds of a constructor
SELECT id, lower(daterange(first, last)) AS a, upper(daterange(first, last)) AS b, upper(daterange(first, last, '[]')) - lower(daterange(first, last, '[]')) AS c, upper(tsrange(starts, ends)) - lower(tsrange(starts, ends)) AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN CAST(NULL AS DATE) ELSE stays.first END AS a,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN CAST(NULL AS DATE) ELSE stays.last END AS b,
  DATE_DIFF(CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE DATE_ADD(stays.last, INTERVAL 1 DAY) END, CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE stays.first END, DAY) AS c,
  JUSTIFY_HOURS(CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN CAST(NULL AS DATETIME) ELSE stays.ends END - CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN CAST(NULL AS DATETIME) ELSE stays.starts END) AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- questions about a constructor
SELECT id, isempty(daterange(first, last)) AS a, lower_inf(daterange(first, last)) AS b, upper_inf(daterange(first, last)) AS c, lower_inc(daterange(first, last)) AS d, upper_inc(daterange(first, last, '[]')) AS e, upper_inc(tsrange(starts, ends, '[]')) AS f FROM stays ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN TRUE ELSE FALSE END AS a,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE stays.first IS NULL END AS b,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE stays.last IS NULL END AS c,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE stays.first IS NOT NULL END AS d,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE FALSE END AS e,
  CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE stays.ends IS NOT NULL END AS f
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- the wrong order is an error
SELECT id, tsrange(ends, starts) && tsrange(starts, ends) AS a FROM stays WHERE id = 1
----
SELECT
  stays.id,
  (stays.ends IS NULL OR stays.ends IS NULL OR stays.ends < stays.ends) AND (stays.starts IS NULL OR stays.starts IS NULL OR stays.starts < stays.starts) AND CASE WHEN stays.ends > stays.starts THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.ends = stays.starts THEN FALSE ELSE TRUE END AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN FALSE ELSE TRUE END AS a
FROM `my-project.shop.stays` AS stays
WHERE stays.id = 1

-- guarded against the wrong order
SELECT id FROM stays WHERE ends <= starts AND tsrange(ends, starts) @> timestamp '2026-01-01' ORDER BY id
----
SELECT stays.id
FROM `my-project.shop.stays` AS stays
WHERE stays.ends <= stays.starts AND CASE WHEN stays.ends <= stays.starts THEN CASE WHEN stays.ends > stays.starts THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE (stays.ends IS NULL OR stays.ends <= DATETIME '2026-01-01 00:00:00') AND (stays.starts IS NULL OR DATETIME '2026-01-01 00:00:00' < stays.starts) END ELSE FALSE END
ORDER BY id NULLS LAST

-- columns of ranges
SELECT id, nights, open, lower(nights) AS a, upper(open) AS b, isempty(nights) AS c, lower_inf(nights) AS d, upper_inf(open) AS e, lower_inc(nights) AS f, upper_inc(open) AS g FROM stays ORDER BY id
----
SELECT
  stays.id,
  stays.nights,
  stays.open,
  RANGE_START(stays.nights) AS a,
  RANGE_END(stays.open) AS b,
  CASE WHEN stays.nights IS NOT NULL THEN FALSE END AS c,
  CASE WHEN stays.nights IS NOT NULL THEN RANGE_START(stays.nights) IS NULL END AS d,
  RANGE_END(stays.open) IS NULL AS e,
  CASE WHEN stays.nights IS NOT NULL THEN RANGE_START(stays.nights) IS NOT NULL END AS f,
  FALSE AS g
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- operators of columns
SELECT id, nights @> first AS a, last <@ nights AS b, open @> starts AS c, nights && '[2026-01-03,2026-01-06)'::daterange AS d, nights && daterange(first, last) AS e, open && tsrange(starts, ends, '[]') AS f FROM stays WHERE id <> 3 ORDER BY id
----
SELECT
  stays.id,
  RANGE_CONTAINS(stays.nights, stays.first) AS a,
  RANGE_CONTAINS(stays.nights, stays.last) AS b,
  RANGE_CONTAINS(stays.open, stays.starts) AS c,
  RANGE_OVERLAPS(stays.nights, RANGE<DATE> '[2026-01-03, 2026-01-06)') AS d,
  CASE WHEN stays.nights IS NOT NULL THEN (RANGE_START(stays.nights) IS NULL OR stays.last IS NULL OR RANGE_START(stays.nights) < stays.last) AND (RANGE_END(stays.nights) IS NULL OR stays.first < RANGE_END(stays.nights)) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END END AS e,
  (RANGE_START(stays.open) IS NULL OR stays.ends IS NULL OR RANGE_START(stays.open) <= stays.ends) AND (stays.starts IS NULL OR RANGE_END(stays.open) IS NULL OR stays.starts < RANGE_END(stays.open)) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END AS f
FROM `my-project.shop.stays` AS stays
WHERE stays.id <> 3
ORDER BY id NULLS LAST

-- columns among themselves
SELECT x.id, y.id AS other, x.open && y.open AS a, x.open @> y.open AS b, x.nights = y.nights AS c, x.open < y.open AS d, x.open <= y.open AS e, x.nights << y.nights AS f, x.open -|- y.open AS g FROM stays x, stays y ORDER BY 1, 2
----
SELECT
  x.id,
  y.id AS other,
  RANGE_OVERLAPS(x.open, y.open) AS a,
  RANGE_CONTAINS(x.open, y.open) AS b,
  x.nights = y.nights AS c,
  x.open < y.open AS d,
  x.open <= y.open AS e,
  CASE WHEN x.nights IS NOT NULL AND y.nights IS NOT NULL THEN COALESCE(RANGE_END(x.nights) <= RANGE_START(y.nights), FALSE) END AS f,
  COALESCE(RANGE_END(x.open) = RANGE_START(y.open), FALSE) OR COALESCE(RANGE_END(y.open) = RANGE_START(x.open), FALSE) AS g
FROM `my-project.shop.stays` AS x
CROSS JOIN `my-project.shop.stays` AS y
ORDER BY id NULLS LAST, other NULLS LAST

-- ranges in ranges
SELECT id, daterange('2026-01-01', '2026-01-31') @> daterange(first, last) AS a, daterange(first, last) <@ nights AS b, nights @> '[2026-01-06,2026-01-07)'::daterange AS c, tsrange(starts, ends, '[]') <@ open AS d, tsrange(starts, ends) <@ open AS e FROM stays ORDER BY id
----
SELECT
  stays.id,
  NOT CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END OR DATE '2026-01-01' <= stays.first AND COALESCE(DATE '2026-01-31' >= stays.last, FALSE) AS a,
  CASE WHEN stays.nights IS NOT NULL THEN NOT CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END OR (RANGE_START(stays.nights) IS NULL OR COALESCE(RANGE_START(stays.nights) <= stays.first, FALSE)) AND (RANGE_END(stays.nights) IS NULL OR COALESCE(RANGE_END(stays.nights) >= stays.last, FALSE)) END AS b,
  RANGE_CONTAINS(stays.nights, RANGE<DATE> '[2026-01-06, 2026-01-07)') AS c,
  NOT CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END OR (RANGE_START(stays.open) IS NULL OR COALESCE(RANGE_START(stays.open) <= stays.starts, FALSE)) AND (RANGE_END(stays.open) IS NULL OR COALESCE(RANGE_END(stays.open) > stays.ends, FALSE)) AS d,
  NOT CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN FALSE ELSE TRUE END OR (RANGE_START(stays.open) IS NULL OR COALESCE(RANGE_START(stays.open) <= stays.starts, FALSE)) AND (RANGE_END(stays.open) IS NULL OR COALESCE(RANGE_END(stays.open) >= stays.ends, FALSE)) AS e
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- before and beside
SELECT id, daterange(first, last) << '[2026-01-05,2026-02-01)'::daterange AS a, daterange(first, last) >> '(,2026-01-03)'::daterange AS b, daterange(first, last, '[]') -|- daterange('2026-01-06', '2026-01-09') AS c, tsrange(starts, ends) -|- tsrange('2026-01-01 11:00', '2026-01-01 12:00') AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  COALESCE(stays.last <= DATE '2026-01-05', FALSE) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END AS a,
  DATE '2026-01-03' <= stays.first AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END AS b,
  (COALESCE(DATE_ADD(stays.last, INTERVAL 1 DAY) = DATE '2026-01-06', FALSE) OR DATE '2026-01-09' = stays.first) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END AS c,
  (COALESCE(stays.ends = DATETIME '2026-01-01 11:00:00', FALSE) OR COALESCE(DATETIME '2026-01-01 12:00:00' = stays.starts, FALSE)) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN FALSE ELSE TRUE END AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- ranges as values
SELECT id, daterange(first, last) AS a, tsrange(starts, ends) AS b, daterange(first, last, '[]') AS c, '[2026-01-01,)'::daterange AS d, tsrange('2026-01-01', '2026-01-02 12:00') AS e FROM stays WHERE id <> 2 ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN ERROR('an empty range is not supported') ELSE RANGE(stays.first, stays.last) END AS a,
  CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN ERROR('an empty range is not supported') ELSE RANGE(stays.starts, stays.ends) END AS b,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE RANGE(stays.first, DATE_ADD(stays.last, INTERVAL 1 DAY)) END AS c,
  RANGE<DATE> '[2026-01-01, UNBOUNDED)' AS d,
  RANGE<DATETIME> '[2026-01-01 00:00:00, 2026-01-02 12:00:00)' AS e
FROM `my-project.shop.stays` AS stays
WHERE stays.id <> 2
ORDER BY id NULLS LAST

-- groups of ranges
SELECT daterange(date_trunc('month', first)::date, (date_trunc('month', first) + interval '1 month')::date) AS month, count(*) AS n FROM stays GROUP BY 1 ORDER BY 1
----
SELECT
  CASE WHEN DATE(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)) > DATE(TIMESTAMP(DATETIME_ADD(DATETIME(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)), INTERVAL 1 MONTH))) THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN DATE(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)) = DATE(TIMESTAMP(DATETIME_ADD(DATETIME(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)), INTERVAL 1 MONTH))) THEN ERROR('an empty range is not supported') ELSE RANGE(DATE(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)), DATE(TIMESTAMP(DATETIME_ADD(DATETIME(TIMESTAMP_TRUNC(TIMESTAMP(stays.first), MONTH)), INTERVAL 1 MONTH)))) END AS month,
  COUNT(*) AS n
FROM `my-project.shop.stays` AS stays
GROUP BY 1
ORDER BY month NULLS LAST

-- counts over ranges
SELECT count(*) FILTER (WHERE daterange(first, last, '[]') @> date '2026-01-02') AS a, sum(CASE WHEN nights @> date '2026-01-02' THEN 1 ELSE 0 END) AS b FROM stays
----
SELECT
  COUNTIF(CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE stays.first <= DATE '2026-01-02' AND (stays.last IS NULL OR DATE '2026-01-02' <= stays.last) END) AS a,
  SUM(CASE WHEN RANGE_CONTAINS(stays.nights, DATE '2026-01-02') THEN 1 ELSE 0 END) AS b
FROM `my-project.shop.stays` AS stays

-- order by ranges
SELECT id, nights FROM stays ORDER BY nights DESC, id
----
SELECT stays.id, stays.nights
FROM `my-project.shop.stays` AS stays
ORDER BY nights DESC NULLS FIRST, id NULLS LAST

-- distinct ranges
SELECT DISTINCT nights FROM stays ORDER BY 1
----
SELECT DISTINCT stays.nights
FROM `my-project.shop.stays` AS stays
ORDER BY nights NULLS LAST

-- an empty constant
SELECT id, 'empty'::daterange AS a FROM stays
----
ERROR 0A000 at 12: an empty range is not supported

-- other bounds
SELECT id, tsrange(starts, ends, '[]') AS a FROM stays
----
ERROR 0A000 at 12: a range with other bounds than '[)' is not supported

-- numeric ranges are not there
SELECT id, int8range(id, NULL) AS a FROM stays
----
ERROR 0A000 at 12: a value of type int8range is not supported

-- aggregates of ranges
SELECT range_agg(nights) AS a FROM stays
----
ERROR 0A000 at 8: a value of type datemultirange is not supported

-- periods of a list
SELECT id, period.label FROM stays JOIN (VALUES (daterange('2026-01-01', '2026-02-01'), 'January'), (daterange('2026-02-01', NULL), 'later')) period(days, label) ON first <@ period.days ORDER BY id
----
SELECT stays.id, period.column2 AS label
FROM `my-project.shop.stays` AS stays
JOIN (
  SELECT *
  FROM UNNEST([
    STRUCT(RANGE<DATE> '[2026-01-01, 2026-02-01)' AS column1, 'January' AS column2),
    (RANGE<DATE> '[2026-02-01, UNBOUNDED)', 'later')
  ])
) AS period ON RANGE_CONTAINS(period.column1, stays.first)
ORDER BY id NULLS LAST

-- the last days
SELECT id FROM stays WHERE first <@ daterange(date '2026-01-31' - 28, date '2026-01-31', '[]') ORDER BY id
----
SELECT stays.id
FROM `my-project.shop.stays` AS stays
WHERE CASE WHEN DATE_SUB(DATE '2026-01-31', INTERVAL 28 DAY) > DATE '2026-01-31' THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE FALSE END IS NOT NULL AND stays.first >= DATE_SUB(DATE '2026-01-31', INTERVAL 28 DAY) AND stays.first <= DATE '2026-01-31'
ORDER BY id NULLS LAST

-- ranges of a subquery
SELECT s.id, s.r @> date '2026-01-03' AS a, lower(s.r) AS b FROM (SELECT id, daterange(first, last + 1) AS r FROM stays) s ORDER BY 1
----
SELECT s.id, RANGE_CONTAINS(s.r, DATE '2026-01-03') AS a, RANGE_START(s.r) AS b
FROM (
  SELECT
    stays.id,
    CASE WHEN stays.first > DATE_ADD(stays.last, INTERVAL 1 DAY) THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = DATE_ADD(stays.last, INTERVAL 1 DAY) THEN ERROR('an empty range is not supported') ELSE RANGE(stays.first, DATE_ADD(stays.last, INTERVAL 1 DAY)) END AS r
  FROM `my-project.shop.stays` AS stays
) AS s
ORDER BY id NULLS LAST

-- ranges of a common table
WITH busy AS (SELECT room, tsrange(starts, ends) AS span FROM stays WHERE id < 3) SELECT count(*) AS n FROM busy a JOIN busy b ON a.room = b.room AND a.span && b.span
----
WITH busy AS (
  SELECT
    stays.room,
    CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN ERROR('an empty range is not supported') ELSE RANGE(stays.starts, stays.ends) END AS span
  FROM `my-project.shop.stays` AS stays
  WHERE stays.id < 3
)
SELECT COUNT(*) AS n
FROM busy AS a
JOIN busy AS b ON a.room = b.room AND RANGE_OVERLAPS(a.span, b.span)

-- what ranges have in common
SELECT x.id, y.id AS other, isempty(daterange(x.first, x.last) * y.nights) AS a, upper(daterange(x.first, x.last, '[]') * y.nights) - lower(daterange(x.first, x.last, '[]') * y.nights) AS b, upper(tsrange(x.starts, x.ends) * tsrange(y.starts, y.ends)) AS c FROM stays x, stays y ORDER BY 1, 2
----
SELECT
  x.id,
  y.id AS other,
  NOT CASE WHEN y.nights IS NOT NULL THEN (RANGE_END(y.nights) IS NULL OR x.first < RANGE_END(y.nights)) AND (RANGE_START(y.nights) IS NULL OR x.last IS NULL OR RANGE_START(y.nights) < x.last) AND CASE WHEN x.first > x.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN x.first = x.last THEN FALSE ELSE TRUE END END AS a,
  DATE_DIFF(CASE WHEN CASE WHEN y.nights IS NOT NULL THEN (RANGE_END(y.nights) IS NULL OR x.first < RANGE_END(y.nights)) AND (RANGE_START(y.nights) IS NULL OR x.last IS NULL OR RANGE_START(y.nights) <= x.last) AND CASE WHEN x.first > x.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END END THEN COALESCE(LEAST(DATE_ADD(x.last, INTERVAL 1 DAY), RANGE_END(y.nights)), DATE_ADD(x.last, INTERVAL 1 DAY), RANGE_END(y.nights)) END, CASE WHEN CASE WHEN y.nights IS NOT NULL THEN (RANGE_END(y.nights) IS NULL OR x.first < RANGE_END(y.nights)) AND (RANGE_START(y.nights) IS NULL OR x.last IS NULL OR RANGE_START(y.nights) <= x.last) AND CASE WHEN x.first > x.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END END THEN COALESCE(GREATEST(x.first, RANGE_START(y.nights)), x.first) END, DAY) AS b,
  CASE WHEN (x.starts IS NULL OR y.ends IS NULL OR x.starts < y.ends) AND (y.starts IS NULL OR x.ends IS NULL OR y.starts < x.ends) AND CASE WHEN x.starts > x.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN x.starts = x.ends THEN FALSE ELSE TRUE END AND CASE WHEN y.starts > y.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN y.starts = y.ends THEN FALSE ELSE TRUE END THEN COALESCE(LEAST(x.ends, y.ends), x.ends, y.ends) END AS c
FROM `my-project.shop.stays` AS x
CROSS JOIN `my-project.shop.stays` AS y
ORDER BY id NULLS LAST, other NULLS LAST

-- a common range as a value
SELECT id, nights * daterange(first, last) AS a FROM stays
----
ERROR 0A000 at 12: the operator daterange * daterange here is not supported

-- bounds without end
SELECT id, daterange(first, coalesce(last, 'infinity')) @> date '2026-01-05' AS a, tsrange(starts, coalesce(ends, 'infinity')) && open AS b, tsrange(coalesce(starts, '-infinity'), ends) @> timestamp '2026-01-01 10:30' AS c, daterange(first, 'infinity') && nights AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE stays.first <= DATE '2026-01-05' AND (stays.last IS NULL OR DATE '2026-01-05' < stays.last) END AS a,
  (stays.starts IS NULL OR RANGE_END(stays.open) IS NULL OR stays.starts < RANGE_END(stays.open)) AND (RANGE_START(stays.open) IS NULL OR stays.ends IS NULL OR RANGE_START(stays.open) < stays.ends) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN FALSE ELSE TRUE END AS b,
  CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE (stays.starts IS NULL OR stays.starts <= DATETIME '2026-01-01 10:30:00') AND (stays.ends IS NULL OR DATETIME '2026-01-01 10:30:00' < stays.ends) END AS c,
  CASE WHEN stays.nights IS NOT NULL THEN RANGE_END(stays.nights) IS NULL OR stays.first < RANGE_END(stays.nights) END AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- a bound without end by itself
SELECT id, upper(daterange(first, coalesce(last, 'infinity'))) AS a FROM stays
----
ERROR 0A000 at 12: the function upper(daterange) is not supported

-- within on one side
SELECT id, daterange(first, last) &< nights AS a, nights &> daterange(first, last, '[]') AS b, tsrange(starts, ends, '[]') &< open AS c, tsrange(starts, ends, '()') &> open AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  CASE WHEN stays.nights IS NOT NULL THEN (RANGE_END(stays.nights) IS NULL OR COALESCE(RANGE_END(stays.nights) >= stays.last, FALSE)) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.first = stays.last THEN FALSE ELSE TRUE END END AS a,
  CASE WHEN stays.nights IS NOT NULL THEN COALESCE(stays.first <= RANGE_START(stays.nights), FALSE) AND CASE WHEN stays.first > stays.last THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END END AS b,
  (RANGE_END(stays.open) IS NULL OR COALESCE(RANGE_END(stays.open) > stays.ends, FALSE)) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') ELSE TRUE END AS c,
  (RANGE_START(stays.open) IS NULL OR COALESCE(RANGE_START(stays.open) <= stays.starts, FALSE)) AND CASE WHEN stays.starts > stays.ends THEN ERROR('range lower bound must be less than or equal to range upper bound') WHEN stays.starts = stays.ends THEN FALSE ELSE TRUE END AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- ranges that are chosen
SELECT id, coalesce(nights, '[2026-01-02,)') @> first AS a, CASE WHEN id > 2 THEN nights END @> first AS b, (SELECT y.nights FROM stays y WHERE y.id = stays.id) && '[2026-01-01,2026-01-02)' AS c, nullif(nights, '[2026-01-01,2026-01-05)') AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  RANGE_CONTAINS(COALESCE(stays.nights, RANGE<DATE> '[2026-01-02, UNBOUNDED)'), stays.first) AS a,
  RANGE_CONTAINS(CASE WHEN stays.id > 2 THEN stays.nights END, stays.first) AS b,
  RANGE_OVERLAPS((SELECT y.nights FROM `my-project.shop.stays` AS y WHERE y.id = stays.id), RANGE<DATE> '[2026-01-01, 2026-01-02)') AS c,
  NULLIF(stays.nights, RANGE<DATE> '[2026-01-01, 2026-01-05)') AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- equal ranges
SELECT id, nights IN ('[2026-01-01,2026-01-05)', '(,2026-01-03)') AS a, nights IS DISTINCT FROM '[2026-01-01,2026-01-05)' AS b, nights < '[2026-01-01,2026-01-06)' AS c FROM stays ORDER BY id
----
SELECT
  stays.id,
  stays.nights IN (RANGE<DATE> '[2026-01-01, 2026-01-05)', RANGE<DATE> '[UNBOUNDED, 2026-01-03)') AS a,
  stays.nights IS DISTINCT FROM RANGE<DATE> '[2026-01-01, 2026-01-05)' AS b,
  stays.nights < RANGE<DATE> '[2026-01-01, 2026-01-06)' AS c
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- lists of ranges
SELECT array_agg(nights ORDER BY id) AS a, array_agg(open) FILTER (WHERE id = 4) AS b, count(DISTINCT nights) AS c FROM stays
----
SELECT
  TO_JSON(IF(grouped.value_1 IS NULL, NULL, ARRAY(SELECT CAST(item AS STRING) FROM UNNEST(grouped.value_1) AS item WITH OFFSET AS place ORDER BY place))) AS a,
  TO_JSON(IF(grouped.value_2 IS NULL, NULL, ARRAY(SELECT CAST(item_1 AS STRING) FROM UNNEST(grouped.value_2) AS item_1 WITH OFFSET AS place_1 ORDER BY place_1))) AS b,
  grouped.value_3 AS c
FROM (
  SELECT
    ARRAY_AGG(stays.nights ORDER BY stays.id) AS value_1,
    ARRAY_CONCAT_AGG(IF(stays.id = 4, [stays.open], NULL)) AS value_2,
    COUNT(DISTINCT stays.nights) AS value_3
  FROM `my-project.shop.stays` AS stays
) AS grouped

-- text of ranges
SELECT id, nights::text AS a, open::text AS b, concat(nights, '!') AS c, nights || '' AS d FROM stays ORDER BY id
----
SELECT
  stays.id,
  IF(stays.nights IS NULL, NULL, CONCAT(COALESCE(CONCAT('[', CAST(RANGE_START(stays.nights) AS STRING), ''), '('), ',', COALESCE(CONCAT('', CAST(RANGE_END(stays.nights) AS STRING), ')'), ')'))) AS a,
  IF(stays.open IS NULL, NULL, CONCAT(COALESCE(CONCAT('["', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_START(stays.open)), '"'), '('), ',', COALESCE(CONCAT('"', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_END(stays.open)), '")'), ')'))) AS b,
  CONCAT(COALESCE(IF(stays.nights IS NULL, NULL, CONCAT(COALESCE(CONCAT('[', CAST(RANGE_START(stays.nights) AS STRING), ''), '('), ',', COALESCE(CONCAT('', CAST(RANGE_END(stays.nights) AS STRING), ')'), ')'))), ''), '!') AS c,
  IF(stays.nights IS NULL, NULL, CONCAT(COALESCE(CONCAT('[', CAST(RANGE_START(stays.nights) AS STRING), ''), '('), ',', COALESCE(CONCAT('', CAST(RANGE_END(stays.nights) AS STRING), ')'), ')'))) || '' AS d
FROM `my-project.shop.stays` AS stays
ORDER BY id NULLS LAST

-- joined by ranges
SELECT x.id, y.id AS other, row_number() OVER (ORDER BY x.nights, y.id) AS a FROM stays x JOIN stays y ON x.nights = y.nights ORDER BY 1, 2
----
SELECT x.id, y.id AS other, ROW_NUMBER() OVER (ORDER BY x.nights NULLS LAST, y.id NULLS LAST) AS a
FROM `my-project.shop.stays` AS x
JOIN `my-project.shop.stays` AS y ON x.nights = y.nights
ORDER BY id NULLS LAST, other NULLS LAST

-- ranges in JSON
SELECT id, jsonb_build_object('nights', nights, 'open', open) AS a, row_to_json(s) AS b FROM (SELECT id, nights, open FROM stays) s ORDER BY id
----
SELECT
  s.id,
  JSON_OBJECT('nights', IF(s.nights IS NULL, NULL, CONCAT(COALESCE(CONCAT('[', CAST(RANGE_START(s.nights) AS STRING), ''), '('), ',', COALESCE(CONCAT('', CAST(RANGE_END(s.nights) AS STRING), ')'), ')'))), 'open', IF(s.open IS NULL, NULL, CONCAT(COALESCE(CONCAT('["', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_START(s.open)), '"'), '('), ',', COALESCE(CONCAT('"', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_END(s.open)), '")'), ')')))) AS a,
  JSON_OBJECT('\ue000', JSON_ARRAY('r', 'id', s.id, 'nights', IF(s.nights IS NULL, NULL, CONCAT(COALESCE(CONCAT('[', CAST(RANGE_START(s.nights) AS STRING), ''), '('), ',', COALESCE(CONCAT('', CAST(RANGE_END(s.nights) AS STRING), ')'), ')'))), 'open', IF(s.open IS NULL, NULL, CONCAT(COALESCE(CONCAT('["', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_START(s.open)), '"'), '('), ',', COALESCE(CONCAT('"', FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', RANGE_END(s.open)), '")'), ')'))))) AS b
FROM (SELECT stays.id, stays.nights, stays.open FROM `my-project.shop.stays` AS stays) AS s
ORDER BY id NULLS LAST
