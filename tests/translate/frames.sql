-- groups
SELECT id, sum(quantity) OVER (ORDER BY status GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS a, count(*) OVER (ORDER BY amount GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING) AS b FROM orders ORDER BY id
----
SELECT
  numbered.column_1 AS id,
  SUM(CAST(numbered.column_2 AS NUMERIC)) OVER (ORDER BY numbered.group_1 RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS a,
  COUNT(*) OVER (ORDER BY numbered.group_2 RANGE BETWEEN 1000000000000000 PRECEDING AND 1 FOLLOWING) AS b
FROM (
  SELECT
    orders.id AS column_1,
    orders.quantity AS column_2,
    orders.status AS column_3,
    orders.amount AS column_4,
    DENSE_RANK() OVER (ORDER BY orders.status NULLS LAST) AS group_1,
    DENSE_RANK() OVER (ORDER BY orders.amount NULLS LAST) AS group_2
  FROM `my-project.shop.orders` AS orders
) AS numbered
ORDER BY id NULLS LAST

-- rank of a value
SELECT rank(2) WITHIN GROUP (ORDER BY src) AS a, dense_rank(3) WITHIN GROUP (ORDER BY src DESC) AS b, cume_dist(2) WITHIN GROUP (ORDER BY src) AS c FROM edges
----
SELECT
  COUNTIF(edges.src < 2) + 1 AS a,
  COUNT(DISTINCT IF(edges.src > 3, edges.src, NULL)) + 1 AS b,
  (COUNTIF(edges.src <= 2) + 1) / (COUNT(*) + 1) AS c
FROM `my-project.shop.edges` AS edges

-- several fractions
SELECT percentile_cont(ARRAY[0.25, 0.5]) WITHIN GROUP (ORDER BY f) AS a, percentile_disc(ARRAY[0.1, 0.9]) WITHIN GROUP (ORDER BY i) AS b FROM numbers
----
SELECT
  TO_JSON(IF(IF(ARRAY_LENGTH(grouped.value_1) > 0, ARRAY(SELECT grouped.value_1[SAFE_OFFSET(CAST(FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] + (fraction * (ARRAY_LENGTH(grouped.value_1) - 1) - FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1))) * (grouped.value_1[SAFE_OFFSET(CAST(CEIL(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] - grouped.value_1[SAFE_OFFSET(CAST(FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))]) FROM UNNEST([0.25, 0.5]) AS fraction WITH OFFSET AS place ORDER BY place), NULL) IS NULL, NULL, ARRAY(SELECT IF(item = 0 AND IEEE_DIVIDE(1, item) < 0, '-0', CAST(item AS STRING)) FROM UNNEST(IF(ARRAY_LENGTH(grouped.value_1) > 0, ARRAY(SELECT grouped.value_1[SAFE_OFFSET(CAST(FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] + (fraction * (ARRAY_LENGTH(grouped.value_1) - 1) - FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1))) * (grouped.value_1[SAFE_OFFSET(CAST(CEIL(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))] - grouped.value_1[SAFE_OFFSET(CAST(FLOOR(fraction * (ARRAY_LENGTH(grouped.value_1) - 1)) AS INT64))]) FROM UNNEST([0.25, 0.5]) AS fraction WITH OFFSET AS place ORDER BY place), NULL)) AS item WITH OFFSET AS place_2 ORDER BY place_2))) AS a,
  TO_JSON(IF(ARRAY_LENGTH(grouped.value_2) > 0, ARRAY(SELECT grouped.value_2[SAFE_ORDINAL(GREATEST(CAST(CEIL(fraction_1 * ARRAY_LENGTH(grouped.value_2)) AS INT64), 1))] FROM UNNEST([0.1, 0.9]) AS fraction_1 WITH OFFSET AS place_1 ORDER BY place_1), NULL)) AS b
FROM (
  SELECT
    ARRAY_AGG(numbers.f IGNORE NULLS ORDER BY IS_NAN(numbers.f), numbers.f) AS value_1,
    ARRAY_AGG(numbers.i IGNORE NULLS ORDER BY numbers.i) AS value_2
  FROM `my-project.shop.numbers` AS numbers
) AS grouped
