-- functions of bigquery
SELECT approx_count_distinct(status) AS a, countif(paid) AS b, any_value(1) AS c, logical_and(id > 0) AS d FROM orders
----
SELECT
  APPROX_COUNT_DISTINCT(orders.status) AS a,
  COUNTIF(orders.paid) AS b,
  ANY_VALUE(1) AS c,
  LOGICAL_AND(orders.id > 0) AS d
FROM `my-project.shop.orders` AS orders

-- scalars of bigquery
SELECT id, safe_divide(i, j) AS a, ieee_divide(1, 0) AS b, farm_fingerprint('x') AS c, to_base64('\x6869') AS d, net.host('https://example.com/x') AS e, safe.parse_date('%Y', 'no') AS f, json_value('{"a": 1}'::jsonb, '$.a') AS g FROM numbers WHERE id = 1
----
SELECT
  numbers.id,
  SAFE_DIVIDE(numbers.i, numbers.j) AS a,
  IEEE_DIVIDE(1, 0) AS b,
  FARM_FINGERPRINT('x') AS c,
  TO_BASE64(b'\x68\x69') AS d,
  NET.HOST('https://example.com/x') AS e,
  SAFE.PARSE_DATE('%Y', 'no') AS f,
  JSON_VALUE(JSON '{"a": 1}', '$.a') AS g
FROM `my-project.shop.numbers` AS numbers
WHERE numbers.id = 1
