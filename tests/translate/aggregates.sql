-- sums and averages
SELECT status, count(*), count(amount), sum(quantity), sum(amount), avg(quantity), avg(amount), avg(discount), min(note), max(day) FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  COUNT(*) AS count,
  COUNT(orders.amount) AS count_1,
  SUM(CAST(orders.quantity AS NUMERIC)) AS sum,
  SUM(orders.amount) AS sum_1,
  CONCAT(NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' ', CAST(COUNT(orders.quantity) AS STRING), ' /') AS avg,
  CONCAT(NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', CAST(COUNT(orders.amount) AS STRING), ' /') AS avg_1,
  SUM(orders.discount) / NULLIF(COUNT(orders.discount), 0) AS avg_2,
  MIN(orders.note) AS min,
  MAX(orders.day) AS max
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- filter
SELECT count(*) FILTER (WHERE paid) AS p, sum(amount) FILTER (WHERE status = 'shipped') AS s, count(DISTINCT status) AS d, count(note) FILTER (WHERE NOT paid) AS n FROM orders
----
SELECT
  COUNTIF(orders.paid) AS p,
  SUM(IF(orders.status = 'shipped', orders.amount, NULL)) AS s,
  COUNT(DISTINCT orders.status) AS d,
  COUNT(IF(NOT orders.paid, orders.note, NULL)) AS n
FROM `my-project.shop.orders` AS orders

-- having
SELECT customer_id, count(*) AS n FROM orders GROUP BY customer_id HAVING count(*) > 1 ORDER BY n DESC, 1
----
SELECT orders.customer_id, COUNT(*) AS n
FROM `my-project.shop.orders` AS orders
GROUP BY orders.customer_id
HAVING COUNT(*) > 1
ORDER BY n DESC NULLS FIRST, customer_id NULLS LAST

-- bool aggregates
SELECT bool_and(paid), bool_or(paid), every(quantity IS NOT NULL) FROM orders
----
SELECT
  LOGICAL_AND(orders.paid) AS bool_and,
  LOGICAL_OR(orders.paid) AS bool_or,
  LOGICAL_AND(orders.quantity IS NOT NULL) AS every
FROM `my-project.shop.orders` AS orders

-- string agg
SELECT status, string_agg(note, '|' ORDER BY id DESC) FROM orders GROUP BY status ORDER BY status
----
SELECT orders.status, STRING_AGG(orders.note, '|' ORDER BY orders.id DESC) AS string_agg
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- string agg distinct
SELECT string_agg(DISTINCT status, ', ' ORDER BY status) FROM orders
----
SELECT STRING_AGG(DISTINCT orders.status, ', ' ORDER BY orders.status) AS string_agg
FROM `my-project.shop.orders` AS orders

-- array agg
SELECT status, array_agg(quantity ORDER BY quantity, id) FROM orders GROUP BY 1 ORDER BY 1
----
SELECT
  orders.status,
  TO_JSON(ARRAY_AGG(orders.quantity ORDER BY orders.quantity IS NULL, orders.quantity, orders.id)) AS array_agg
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- array agg filter
SELECT array_agg(status ORDER BY status) FILTER (WHERE status IS NOT NULL) AS x, array_agg(id) FILTER (WHERE id > 99) AS y FROM orders
----
SELECT
  TO_JSON(ARRAY_AGG(IF(orders.status IS NOT NULL, orders.status, NULL) IGNORE NULLS ORDER BY orders.status IS NULL, orders.status)) AS x,
  TO_JSON(ARRAY_CONCAT_AGG(IF(orders.id > 99, [orders.id], NULL))) AS y
FROM `my-project.shop.orders` AS orders

-- percentiles
SELECT status, percentile_cont(0.9) WITHIN GROUP (ORDER BY amount) AS p90, percentile_disc(0.5) WITHIN GROUP (ORDER BY quantity) d FROM orders GROUP BY status ORDER BY status
----
SELECT
  grouped.key_1 AS status,
  grouped.value_2[SAFE_OFFSET(CAST(FLOOR(0.9 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))] + (0.9 * (ARRAY_LENGTH(grouped.value_2) - 1) - FLOOR(0.9 * (ARRAY_LENGTH(grouped.value_2) - 1))) * (grouped.value_2[SAFE_OFFSET(CAST(CEIL(0.9 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))] - grouped.value_2[SAFE_OFFSET(CAST(FLOOR(0.9 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))]) AS p90,
  grouped.value_3[SAFE_ORDINAL(GREATEST(CAST(CEIL(0.5 * ARRAY_LENGTH(grouped.value_3)) AS INT64), 1))] AS d
FROM (
  SELECT
    orders.status AS key_1,
    ARRAY_AGG(CAST(orders.amount AS FLOAT64) IGNORE NULLS ORDER BY CAST(orders.amount AS FLOAT64)) AS value_2,
    ARRAY_AGG(orders.quantity IGNORE NULLS ORDER BY orders.quantity) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY 1
) AS grouped
ORDER BY status NULLS LAST

-- mode
SELECT mode() WITHIN GROUP (ORDER BY status) AS m, count(*) FROM orders
----
SELECT
  (SELECT element FROM UNNEST(grouped.value_1) AS element GROUP BY element ORDER BY COUNT(*) DESC, element LIMIT 1) AS m,
  grouped.value_2 AS count
FROM (
  SELECT ARRAY_AGG(orders.status IGNORE NULLS ORDER BY orders.status) AS value_1, COUNT(*) AS value_2
  FROM `my-project.shop.orders` AS orders
) AS grouped

-- statistics
SELECT stddev(quantity), var_pop(amount), stddev_pop(discount), variance(discount) FROM orders
----
SELECT
  CASE WHEN COUNT(orders.quantity) > 1 THEN CONCAT(CAST(COUNT(orders.quantity) AS STRING), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS BIGNUMERIC) * CAST(orders.quantity AS BIGNUMERIC))), 'NULL'), ' * ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' ', NULLIF(FORMAT('%.0f', SUM(CAST(orders.quantity AS NUMERIC))), 'NULL'), ' * - ', CAST(COUNT(orders.quantity) AS STRING), ' ', CAST(COUNT(orders.quantity) AS STRING), ' 1 - * spread root') END AS stddev,
  CASE WHEN COUNT(orders.amount) > 0 THEN CONCAT(CAST(COUNT(orders.amount) AS STRING), ' ', NULLIF(FORMAT('%.4f', SUM(orders.amount * orders.amount)), 'NULL'), ' * ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' ', NULLIF(FORMAT('%.2f', SUM(orders.amount)), 'NULL'), ' * - ', CAST(COUNT(orders.amount) AS STRING), ' ', CAST(COUNT(orders.amount) AS STRING), ' * spread') END AS var_pop,
  STDDEV_POP(orders.discount) AS stddev_pop,
  VAR_SAMP(orders.discount) AS variance
FROM `my-project.shop.orders` AS orders

-- regression
SELECT corr(i, f) c, regr_slope(f, i) s, regr_intercept(f, i) t, covar_pop(i, f) cp, regr_count(f, i) n, regr_r2(f, i) r2 FROM numbers WHERE id < 9
----
SELECT
  IF(VAR_POP(IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, CAST(numbers.i AS FLOAT64))) = 0 OR VAR_POP(IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, numbers.f)) = 0, NULL, CORR(IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, CAST(numbers.i AS FLOAT64)), IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, numbers.f))) AS c,
  COVAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, numbers.f), IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))) / NULLIF(VAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))), 0) AS s,
  AVG(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, numbers.f)) - COVAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, numbers.f), IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))) / NULLIF(VAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))), 0) * AVG(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))) AS t,
  COVAR_POP(IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, CAST(numbers.i AS FLOAT64)), IF(numbers.f IS NULL OR CAST(numbers.i AS FLOAT64) IS NULL, NULL, numbers.f)) AS cp,
  COUNT(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))) AS n,
  IF(VAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))) = 0, NULL, IF(VAR_POP(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, numbers.f)) = 0, 1.0, POW(CORR(IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, numbers.f), IF(CAST(numbers.i AS FLOAT64) IS NULL OR numbers.f IS NULL, NULL, CAST(numbers.i AS FLOAT64))), 2))) AS r2
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id < 9

-- correlation with what does not vary
SELECT status, corr(discount, quantity) AS c, corr(discount, quantity) FILTER (WHERE paid) AS d FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  IF(VAR_POP(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount)) = 0 OR VAR_POP(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64))) = 0, NULL, CORR(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount), IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64)))) AS c,
  IF(VAR_POP(IF(orders.paid IS NOT TRUE OR CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount)) = 0 OR VAR_POP(IF(orders.paid IS NOT TRUE OR CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64))) = 0, NULL, CORR(IF(orders.paid IS NOT TRUE OR CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount), IF(orders.paid IS NOT TRUE OR CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64)))) AS d
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- correlation over a window
SELECT id, corr(discount, quantity) OVER (PARTITION BY status) AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(VAR_POP(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount)) OVER (PARTITION BY orders.status) = 0 OR VAR_POP(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64))) OVER (PARTITION BY orders.status) = 0, NULL, CORR(IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, orders.discount), IF(CAST(orders.quantity AS FLOAT64) IS NULL OR orders.discount IS NULL, NULL, CAST(orders.quantity AS FLOAT64))) OVER (PARTITION BY orders.status)) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- correlation of distinct pairs
SELECT corr(DISTINCT discount, quantity) FROM orders
----
ERROR 0A000 at 8: corr() of DISTINCT pairs is not supported

-- rollup
SELECT status, paid, count(*), grouping(status, paid) AS g FROM orders GROUP BY ROLLUP (status, paid) ORDER BY 4, 1, 2
----
SELECT
  grouped.key_1 AS status,
  grouped.key_2 AS paid,
  COALESCE(grouped.value_3, 0) AS count,
  COALESCE(grouped.value_4, 3) AS g
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT
    orders.status AS key_1,
    orders.paid AS key_2,
    COUNT(*) AS value_3,
    GROUPING(orders.status) * 2 + GROUPING(orders.paid) AS value_4
  FROM `my-project.shop.orders` AS orders
  GROUP BY GROUPING SETS ((orders.status, orders.paid), (orders.status), ())
) AS grouped ON TRUE
ORDER BY g NULLS LAST, status NULLS LAST, paid NULLS LAST

-- grouping sets
SELECT customer_id, status, sum(quantity) FROM orders GROUP BY GROUPING SETS ((customer_id), (status), ()) ORDER BY 1, 2, 3
----
SELECT grouped.key_1 AS customer_id, grouped.key_2 AS status, grouped.value_3 AS sum
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT
    orders.customer_id AS key_1,
    orders.status AS key_2,
    SUM(CAST(orders.quantity AS NUMERIC)) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY GROUPING SETS ((orders.customer_id), (orders.status), ())
) AS grouped ON TRUE
ORDER BY customer_id NULLS LAST, status NULLS LAST, sum NULLS LAST

-- cube over expression
SELECT lower(status) AS s, day >= '2026-03-01' AS late, count(*) FROM orders GROUP BY CUBE (1, 2) ORDER BY 1, 2, 3
----
SELECT grouped.key_1 AS s, grouped.key_2 AS late, COALESCE(grouped.value_3, 0) AS count
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT
    LOWER(TRANSLATE(orders.status, 'Σİ', 'σi')) AS key_1,
    orders.day >= DATE '2026-03-01' AS key_2,
    COUNT(*) AS value_3
  FROM `my-project.shop.orders` AS orders
  GROUP BY GROUPING SETS ((LOWER(TRANSLATE(orders.status, 'Σİ', 'σi')), orders.day >= DATE '2026-03-01'), (LOWER(TRANSLATE(orders.status, 'Σİ', 'σi'))), (orders.day >= DATE '2026-03-01'), ())
) AS grouped ON TRUE
ORDER BY s NULLS LAST, late NULLS LAST, count NULLS LAST

-- group by constant
SELECT 'x' AS k, count(*) FROM orders WHERE id > 100 GROUP BY 1
----
SELECT 'x' AS k, COUNT(*) AS count
FROM `my-project.shop.orders` AS orders
WHERE orders.id > 100
HAVING COUNT(*) > 0

-- count distinct pairs
SELECT count(DISTINCT (customer_id, status)) FROM orders
----
SELECT COUNT(DISTINCT TO_JSON_STRING(STRUCT(orders.customer_id, orders.status))) AS count
FROM `my-project.shop.orders` AS orders

-- whole row
SELECT count(c) FROM customers c WHERE c.id < 12
----
SELECT COUNT(*) AS count
FROM `my-project.shop.customers` AS c
WHERE c.id < 12

-- json agg
SELECT jsonb_agg(id ORDER BY id) FROM orders WHERE paid
----
SELECT IF(COUNT(*) = 0, NULL, TO_JSON(ARRAY_AGG(orders.id ORDER BY orders.id))) AS jsonb_agg
FROM `my-project.shop.orders` AS orders
WHERE orders.paid

-- max of a case
SELECT max(CASE WHEN paid THEN note END) m, min(status) FROM orders
----
SELECT MAX(CASE WHEN orders.paid THEN orders.note END) AS m, MIN(orders.status) AS min
FROM `my-project.shop.orders` AS orders

-- aggregate of an expression over groups
SELECT country, round(avg(score)::numeric, 2) AS s, count(*) * 2 AS n FROM customers GROUP BY country ORDER BY country
----
SELECT
  customers.country,
  ROUND(CAST(NULLIF(FORMAT('%.15g', SUM(customers.score) / NULLIF(COUNT(customers.score), 0)), 'NULL') AS BIGNUMERIC), 2) AS s,
  COUNT(*) * 2 AS n
FROM `my-project.shop.customers` AS customers
GROUP BY customers.country
ORDER BY country NULLS LAST

-- bit aggregates
SELECT bit_and(id), bit_or(id) FROM orders
----
SELECT BIT_AND(orders.id) AS bit_and, BIT_OR(orders.id) AS bit_or
FROM `my-project.shop.orders` AS orders

-- greatest of aggregates
SELECT status, greatest(sum(quantity), 0) AS g, round(100.0 * sum(quantity) / sum(sum(quantity)) OVER (), 2) AS pct FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  COALESCE(GREATEST(SUM(CAST(orders.quantity AS NUMERIC)), NUMERIC '0'), NUMERIC '0') AS g,
  ROUND(BIGNUMERIC '100.0' * SUM(CAST(orders.quantity AS NUMERIC)) / SUM(SUM(CAST(orders.quantity AS NUMERIC))) OVER (), 2) AS pct
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- boolean sum
SELECT sum(paid::int) AS n, sum(CASE WHEN paid THEN 1 ELSE 0 END) m FROM orders
----
SELECT SUM(CAST(orders.paid AS INT64)) AS n, SUM(CASE WHEN orders.paid THEN 1 ELSE 0 END) AS m
FROM `my-project.shop.orders` AS orders

-- an aggregate of the outer query inside a subquery
SELECT o.status, (SELECT max(o.amount)) AS most, (SELECT count(*) FROM customers c WHERE c.id <= max(o.customer_id)) AS known FROM orders o GROUP BY o.status ORDER BY o.status
----
SELECT
  c_groups.c3 AS status,
  (SELECT c_groups.c1 AS max) AS most,
  (SELECT COUNT(*) AS count FROM `my-project.shop.customers` AS c WHERE c.id <= c_groups.c2) AS known
FROM (
  SELECT MAX(o.amount) AS c1, MAX(o.customer_id) AS c2, o.status AS c3
  FROM `my-project.shop.orders` AS o
  GROUP BY o.status
) AS c_groups
ORDER BY status NULLS LAST

-- a sum of a subquery against all values of another
SELECT c.id FROM customers c WHERE (SELECT sum(o.amount) FROM orders o WHERE o.customer_id = c.id) > ALL (SELECT avg(amount) FROM orders GROUP BY status) ORDER BY c.id
----
SELECT c.id
FROM `my-project.shop.customers` AS c
WHERE (SELECT CASE WHEN LOGICAL_AND((SELECT SUM(o_1.amount) AS sum FROM `my-project.shop.orders` AS o_1 WHERE o_1.customer_id = c.id) > compared.avg) IS FALSE THEN FALSE WHEN COUNTIF(((SELECT SUM(o_1.amount) AS sum FROM `my-project.shop.orders` AS o_1 WHERE o_1.customer_id = c.id) > compared.avg) IS NULL) > 0 THEN NULL ELSE TRUE END FROM (
  SELECT AVG(CAST(orders.amount AS BIGNUMERIC)) AS avg
  FROM `my-project.shop.orders` AS orders
  GROUP BY orders.status
) AS compared)
ORDER BY id NULLS LAST

-- rows that an outer join may leave empty
SELECT c.id, count(o), count(o) FILTER (WHERE o.paid), count(c) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY 1
----
SELECT
  c.id,
  COUNT(o_1.column_12) AS count,
  COUNT(IF(o_1.column_10, o_1.column_12, NULL)) AS count_1,
  COUNT(*) AS count_2
FROM `my-project.shop.customers` AS c
LEFT JOIN (
  SELECT
    o.id AS column_1,
    o.customer_id AS column_2,
    o.status AS column_3,
    o.day AS column_4,
    o.placed_at AS column_5,
    o.shipped_at AS column_6,
    o.amount AS column_7,
    o.quantity AS column_8,
    o.discount AS column_9,
    o.paid AS column_10,
    o.note AS column_11,
    TRUE AS column_12
  FROM `my-project.shop.orders` AS o
) AS o_1 ON o_1.column_2 = c.id
GROUP BY c.id
ORDER BY id NULLS LAST

-- whole rows of both sides
SELECT count(a), count(b) FROM numbers a FULL JOIN numbers b ON a.i = b.j
----
SELECT COUNT(a_1.column_7) AS count, COUNT(b_1.column_7) AS count_1
FROM (
  SELECT
    a.id AS column_1,
    a.i AS column_2,
    a.j AS column_3,
    a.n AS column_4,
    a.m AS column_5,
    a.f AS column_6,
    TRUE AS column_7
  FROM `my-project.shop.numbers` AS a
) AS a_1
FULL JOIN (
  SELECT
    b.id AS column_1,
    b.i AS column_2,
    b.j AS column_3,
    b.n AS column_4,
    b.m AS column_5,
    b.f AS column_6,
    TRUE AS column_7
  FROM `my-project.shop.numbers` AS b
) AS b_1 ON a_1.column_2 = b_1.column_3

-- places among values that may be NULL
SELECT rank(3) WITHIN GROUP (ORDER BY quantity), dense_rank(3) WITHIN GROUP (ORDER BY quantity DESC), percent_rank(3) WITHIN GROUP (ORDER BY quantity DESC), cume_dist(3) WITHIN GROUP (ORDER BY quantity NULLS FIRST) FROM orders
----
SELECT
  COUNTIF(orders.quantity < 3) + 1 AS rank,
  COUNT(DISTINCT IF((orders.quantity > 3 OR orders.quantity IS NULL), orders.quantity, NULL)) + IF(COUNTIF(orders.quantity IS NULL) > 0, 1, 0) + 1 AS dense_rank,
  IF(COUNT(*) = 0, 0.0, COUNTIF((orders.quantity > 3 OR orders.quantity IS NULL)) / COUNT(*)) AS percent_rank,
  (COUNTIF((orders.quantity <= 3 OR orders.quantity IS NULL)) + 1) / (COUNT(*) + 1) AS cume_dist
FROM `my-project.shop.orders` AS orders

-- a median of intervals
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY shipped_at - day), percentile_cont(0.3) WITHIN GROUP (ORDER BY shipped_at - day DESC) FROM orders
----
SELECT
  grouped.value_1[SAFE_OFFSET(CAST(FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] + (SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT (EXTRACT(YEAR FROM span.whole) * 12 + EXTRACT(MONTH FROM span.whole)) * span.factor AS months, EXTRACT(DAY FROM span.whole) * span.factor AS days, (EXTRACT(HOUR FROM span.whole) * 3600000000 + EXTRACT(MINUTE FROM span.whole) * 60000000 + EXTRACT(SECOND FROM span.whole) * 1000000 + EXTRACT(MICROSECOND FROM span.whole)) * span.factor AS micros FROM UNNEST([STRUCT((grouped.value_1[SAFE_OFFSET(CAST(CEIL(0.5 * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] - grouped.value_1[SAFE_OFFSET(CAST(FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))]) AS whole, CAST(0.5 * (ARRAY_LENGTH(grouped.value_1) - 1) - FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_1) - 1)) AS FLOAT64) AS factor)]) AS span)))) AS percentile_cont,
  grouped.value_2[SAFE_OFFSET(CAST(FLOOR(0.3 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))] + (SELECT INTERVAL CAST(TRUNC(months) AS INT64) MONTH + INTERVAL CAST(TRUNC(days) + TRUNC(rest) + TRUNC(seconds / 86400) AS INT64) DAY + INTERVAL CAST(ROUND(CAST(micros + (seconds - TRUNC(seconds / 86400) * 86400) * 1e6 AS BIGNUMERIC), 0, 'ROUND_HALF_EVEN') AS INT64) MICROSECOND FROM (SELECT *, ROUND((days - TRUNC(days) + rest - TRUNC(rest)) * 86400, 6) AS seconds FROM (SELECT *, ROUND((months - TRUNC(months)) * 30, 6) AS rest FROM (SELECT (EXTRACT(YEAR FROM span_1.whole) * 12 + EXTRACT(MONTH FROM span_1.whole)) * span_1.factor AS months, EXTRACT(DAY FROM span_1.whole) * span_1.factor AS days, (EXTRACT(HOUR FROM span_1.whole) * 3600000000 + EXTRACT(MINUTE FROM span_1.whole) * 60000000 + EXTRACT(SECOND FROM span_1.whole) * 1000000 + EXTRACT(MICROSECOND FROM span_1.whole)) * span_1.factor AS micros FROM UNNEST([STRUCT((grouped.value_2[SAFE_OFFSET(CAST(CEIL(0.3 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))] - grouped.value_2[SAFE_OFFSET(CAST(FLOOR(0.3 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS INT64))]) AS whole, CAST(0.3 * (ARRAY_LENGTH(grouped.value_2) - 1) - FLOOR(0.3 * (ARRAY_LENGTH(grouped.value_2) - 1)) AS FLOAT64) AS factor)]) AS span_1)))) AS percentile_cont_1
FROM (
  SELECT
    ARRAY_AGG(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.day)) IGNORE NULLS ORDER BY JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.day))) AS value_1,
    ARRAY_AGG(JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.day)) IGNORE NULLS ORDER BY JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.day)) DESC) AS value_2
  FROM `my-project.shop.orders` AS orders
) AS grouped

-- a total of no rows
SELECT status, count(*), sum(quantity), grouping(status) FROM orders WHERE id > 99 GROUP BY ROLLUP (status)
----
SELECT
  grouped.key_1 AS status,
  COALESCE(grouped.value_2, 0) AS count,
  grouped.value_3 AS sum,
  COALESCE(grouped.value_4, 1) AS c_grouping
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT
    orders.status AS key_1,
    COUNT(*) AS value_2,
    SUM(CAST(orders.quantity AS NUMERIC)) AS value_3,
    GROUPING(orders.status) AS value_4
  FROM `my-project.shop.orders` AS orders
  WHERE orders.id > 99
  GROUP BY GROUPING SETS ((orders.status), ())
) AS grouped ON TRUE

-- sorted by constants
SELECT array_agg(100 ORDER BY 100), array_agg(id ORDER BY 1, id DESC), percentile_cont(0.5) WITHIN GROUP (ORDER BY 0.5::float8) FROM orders
----
SELECT
  TO_JSON(grouped.value_1) AS array_agg,
  TO_JSON(grouped.value_2) AS array_agg_1,
  grouped.value_3[SAFE_OFFSET(CAST(FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_3) - 1)) AS INT64))] + (0.5 * (ARRAY_LENGTH(grouped.value_3) - 1) - FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_3) - 1))) * (grouped.value_3[SAFE_OFFSET(CAST(CEIL(0.5 * (ARRAY_LENGTH(grouped.value_3) - 1)) AS INT64))] - grouped.value_3[SAFE_OFFSET(CAST(FLOOR(0.5 * (ARRAY_LENGTH(grouped.value_3) - 1)) AS INT64))]) AS percentile_cont
FROM (
  SELECT
    ARRAY_AGG(100) AS value_1,
    ARRAY_AGG(orders.id ORDER BY orders.id DESC) AS value_2,
    ARRAY_AGG(0.5 IGNORE NULLS) AS value_3
  FROM `my-project.shop.orders` AS orders
) AS grouped

-- rollup over keys of one name
SELECT a.id, b.id AS other, count(*) AS n, grouping(b.id) AS g FROM orders a JOIN numbers b ON b.id = a.id + 1 WHERE a.id < 4 GROUP BY ROLLUP (a.id, b.id) ORDER BY 1 NULLS LAST, 2 NULLS LAST
----
SELECT
  grouped.key_1 AS id,
  grouped.key_2 AS other,
  COALESCE(grouped.value_3, 0) AS n,
  COALESCE(grouped.value_4, 1) AS g
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT
    a.id AS key_1,
    IF(TRUE, b.id, NULL) AS key_2,
    COUNT(*) AS value_3,
    GROUPING(IF(TRUE, b.id, NULL)) AS value_4
  FROM `my-project.shop.orders` AS a
  JOIN `my-project.shop.numbers` AS b ON b.id = a.id + 1
  WHERE a.id < 4
  GROUP BY GROUPING SETS ((a.id, IF(TRUE, b.id, NULL)), (a.id), ())
) AS grouped ON TRUE
ORDER BY id NULLS LAST, other NULLS LAST

-- distinct texts that are computed
SELECT string_agg(DISTINCT 'x', ',') AS a, string_agg(DISTINCT upper(status), '-' ORDER BY upper(status) DESC) AS b, string_agg(DISTINCT discount::text, ',') FILTER (WHERE id > 2) AS c FROM orders
----
SELECT
  grouped.value_1 AS a,
  IF(grouped.value_2 IS NULL, NULL, ARRAY_TO_STRING(ARRAY(SELECT item FROM UNNEST(grouped.value_2) AS item ORDER BY item DESC), '-')) AS b,
  IF(grouped.value_3 IS NULL, NULL, ARRAY_TO_STRING(ARRAY(SELECT item_1 FROM UNNEST(grouped.value_3) AS item_1 ORDER BY item_1), ',')) AS c
FROM (
  SELECT
    STRING_AGG(DISTINCT 'x', ',') AS value_1,
    ARRAY_AGG(DISTINCT IF(REGEXP_CONTAINS(orders.status, r'[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]'), ARRAY_TO_STRING(ARRAY(SELECT IF(CHAR_LENGTH(UPPER(letter)) = 1, UPPER(letter), TRANSLATE(letter, 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')) FROM UNNEST(SPLIT(orders.status, '')) AS letter WITH OFFSET AS letter_offset ORDER BY letter_offset), ''), UPPER(orders.status)) IGNORE NULLS) AS value_2,
    ARRAY_AGG(DISTINCT IF(orders.id > 2, (SELECT CASE WHEN number IS NULL THEN NULL WHEN IS_NAN(number) THEN 'NaN' WHEN IS_INF(number) THEN IF(number > 0, 'Infinity', '-Infinity') WHEN number = 0 THEN IF(IEEE_DIVIDE(1, number) < 0, '-0', '0') WHEN ABS(number) >= 1e15 OR ABS(number) < 1e-4 THEN REGEXP_REPLACE(CASE WHEN CAST(FORMAT('%.14e', number) AS FLOAT64) = number THEN FORMAT('%.14e', number) WHEN CAST(FORMAT('%.15e', number) AS FLOAT64) = number THEN FORMAT('%.15e', number) ELSE FORMAT('%.16e', number) END, r'\.?0*e', 'e') ELSE CASE WHEN CAST(FORMAT('%.15g', number) AS FLOAT64) = number THEN FORMAT('%.15g', number) WHEN CAST(FORMAT('%.16g', number) AS FLOAT64) = number THEN FORMAT('%.16g', number) ELSE FORMAT('%.17g', number) END END FROM UNNEST([orders.discount]) AS number), NULL) IGNORE NULLS) AS value_3
  FROM `my-project.shop.orders` AS orders
) AS grouped

-- distinct texts of no rows
SELECT string_agg(DISTINCT upper(status), ',') AS a FROM orders WHERE false
----
SELECT
  IF(grouped.value_1 IS NULL, NULL, ARRAY_TO_STRING(ARRAY(SELECT item FROM UNNEST(grouped.value_1) AS item ORDER BY item), ',')) AS a
FROM (
  SELECT
    ARRAY_AGG(DISTINCT IF(REGEXP_CONTAINS(orders.status, r'[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]'), ARRAY_TO_STRING(ARRAY(SELECT IF(CHAR_LENGTH(UPPER(letter)) = 1, UPPER(letter), TRANSLATE(letter, 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')) FROM UNNEST(SPLIT(orders.status, '')) AS letter WITH OFFSET AS letter_offset ORDER BY letter_offset), ''), UPPER(orders.status)) IGNORE NULLS) AS value_1
  FROM `my-project.shop.orders` AS orders
  WHERE FALSE
) AS grouped

-- grouping sets of computed keys
SELECT upper(status) AS s, paid, count(*) AS n, grouping(upper(status)) AS g FROM orders WHERE id > 1 GROUP BY GROUPING SETS (ROLLUP (upper(status), paid), CUBE (upper(status))) ORDER BY s, paid, n
----
SELECT
  grouped.key_1 AS s,
  grouped.key_2 AS paid,
  COALESCE(grouped.value_3, 0) AS n,
  COALESCE(grouped.value_4, 1) AS g
FROM (SELECT 1 AS one) AS total
LEFT JOIN (
  SELECT keys.value AS key_1, orders.paid AS key_2, COUNT(*) AS value_3, GROUPING(keys.value) AS value_4
  FROM `my-project.shop.orders` AS orders
  CROSS JOIN UNNEST([STRUCT(IF(orders.id > 1, IF(REGEXP_CONTAINS(orders.status, r'[ßŉǰΐΰև\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}]'), ARRAY_TO_STRING(ARRAY(SELECT IF(CHAR_LENGTH(UPPER(letter)) = 1, UPPER(letter), TRANSLATE(letter, 'ᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾳῃῳ', 'ᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾼῌῼ')) FROM UNNEST(SPLIT(orders.status, '')) AS letter WITH OFFSET AS letter_offset ORDER BY letter_offset), ''), UPPER(orders.status)), NULL) AS value)]) AS keys
  WHERE orders.id > 1
  GROUP BY GROUPING SETS ((keys.value, orders.paid), (keys.value), (), (keys.value), ())
) AS grouped ON TRUE
ORDER BY s NULLS LAST, paid NULLS LAST, n NULLS LAST

-- arrays of distinct values that are filtered
SELECT array_agg(DISTINCT country ORDER BY country DESC) FILTER (WHERE country IS NOT NULL) AS a, array_agg(DISTINCT country) FILTER (WHERE id > 10) AS b, array_agg(DISTINCT id % 2 ORDER BY id % 2 DESC) FILTER (WHERE id > 99) AS c FROM customers
----
SELECT
  TO_JSON(IF(grouped.value_1 IS NULL, NULL, ARRAY(SELECT item FROM UNNEST(grouped.value_1) AS item ORDER BY item DESC NULLS FIRST))) AS a,
  TO_JSON(IF(grouped.value_2 IS NULL, NULL, ARRAY(SELECT DISTINCT item_1 FROM UNNEST(grouped.value_2) AS item_1 ORDER BY item_1 NULLS LAST))) AS b,
  TO_JSON(IF(grouped.value_3 IS NULL, NULL, ARRAY(SELECT DISTINCT item_2 FROM UNNEST(grouped.value_3) AS item_2 ORDER BY item_2 DESC NULLS FIRST))) AS c
FROM (
  SELECT
    ARRAY_AGG(DISTINCT IF(customers.country IS NOT NULL, customers.country, NULL) IGNORE NULLS ORDER BY IF(customers.country IS NOT NULL, customers.country, NULL) DESC) AS value_1,
    ARRAY_CONCAT_AGG(IF(customers.id > 10, [customers.country], NULL)) AS value_2,
    ARRAY_CONCAT_AGG(IF(customers.id > 99, [MOD(customers.id, 2)], NULL)) AS value_3
  FROM `my-project.shop.customers` AS customers
) AS grouped

-- texts joined by nothing
SELECT string_agg(name, NULL ORDER BY id) AS a FROM customers
----
SELECT STRING_AGG(customers.name, '' ORDER BY customers.id) AS a
FROM `my-project.shop.customers` AS customers

-- the least and the greatest array
SELECT min(tags) AS a, max(tags) AS b, max(ARRAY[id, referrer]) FILTER (WHERE id < 14) AS c FROM customers
----
SELECT
  TO_JSON(ANY_VALUE(customers.tags HAVING MIN IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))))) AS a,
  TO_JSON(ANY_VALUE(customers.tags HAVING MAX IF(ARRAY_LENGTH(customers.tags) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(customers.tags, '\x01', '\U0010FFFF'))))) AS b,
  TO_JSON(ANY_VALUE(IF(customers.id < 14, [customers.id, customers.referrer], NULL) HAVING MAX IF(ARRAY_LENGTH(IF(customers.id < 14, [customers.id, customers.referrer], NULL)) = 0, '', CONCAT('\x01', ARRAY_TO_STRING(ARRAY(SELECT LPAD(CAST(CAST(item AS NUMERIC) + NUMERIC '9223372036854775808' AS STRING), 20, '0') FROM UNNEST(IF(customers.id < 14, [customers.id, customers.referrer], NULL)) AS item WITH OFFSET AS place ORDER BY place), '\x01', '\U0010FFFF'))))) AS c
FROM `my-project.shop.customers` AS customers

-- a key that holds another key
SELECT day, date_trunc('year', day) AS year, sum(amount) FROM orders WHERE paid GROUP BY GROUPING SETS ((day), (date_trunc('year', day)))
----
SELECT grouped.key_1 AS day, grouped.key_2 AS year, grouped.value_3 AS sum
FROM (
  SELECT orders.day AS key_1, keys.value AS key_2, SUM(orders.amount) AS value_3
  FROM `my-project.shop.orders` AS orders
  CROSS JOIN UNNEST([STRUCT(IF(orders.paid, TIMESTAMP_TRUNC(TIMESTAMP(orders.day), YEAR), NULL) AS value)]) AS keys
  WHERE orders.paid
  GROUP BY GROUPING SETS ((orders.day), (keys.value))
) AS grouped

-- averages of doubles that may be infinite
SELECT status, avg(discount) AS a, regr_avgx(quantity, discount) AS b, avg(DISTINCT discount) AS c, avg(discount) FILTER (WHERE paid) AS d, corr(discount, discount) AS e FROM orders GROUP BY status ORDER BY status
----
SELECT
  orders.status,
  SUM(orders.discount) / NULLIF(COUNT(orders.discount), 0) AS a,
  SUM(IF(orders.discount IS NULL OR CAST(orders.quantity AS FLOAT64) IS NULL, NULL, orders.discount)) / NULLIF(COUNT(IF(orders.discount IS NULL OR CAST(orders.quantity AS FLOAT64) IS NULL, NULL, orders.discount)), 0) AS b,
  SUM(DISTINCT orders.discount) / NULLIF(COUNT(DISTINCT orders.discount), 0) AS c,
  SUM(IF(orders.paid, orders.discount, NULL)) / NULLIF(COUNT(IF(orders.paid, orders.discount, NULL)), 0) AS d,
  IF(VAR_POP(IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount)) = 0 OR VAR_POP(IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount)) = 0, NULL, IF(IS_NAN(VAR_POP(IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount))), VAR_POP(IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount)), CORR(IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount), IF(orders.discount IS NULL OR orders.discount IS NULL, NULL, orders.discount)))) AS e
FROM `my-project.shop.orders` AS orders
GROUP BY orders.status
ORDER BY status NULLS LAST

-- aggregates ordered by conditions
SELECT array_agg(id ORDER BY paid AND id > 5, id) AS a, string_agg(status, ',' ORDER BY quantity > 2 DESC, id) AS b FROM orders
----
SELECT
  TO_JSON(ARRAY_AGG(orders.id ORDER BY (orders.paid AND orders.id > 5) IS NULL, orders.paid AND orders.id > 5, orders.id)) AS a,
  STRING_AGG(orders.status, ',' ORDER BY (orders.quantity > 2) IS NULL DESC, orders.quantity > 2 DESC, orders.id) AS b
FROM `my-project.shop.orders` AS orders
