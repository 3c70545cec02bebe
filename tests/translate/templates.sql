-- fields of a moment
SELECT id, to_char(shipped_at, 'hh:mi a.m. WW W CC J RM SSSS') a, to_char(shipped_at, 'DDth Dy IDDD FF3') b, to_char(placed_at, 'OF TZ TZH:TZM') c, to_char(shipped_at, 'Y,YYY YYY "week" IW') d FROM orders ORDER BY id
----
SELECT
  orders.id,
  CONCAT(FORMAT_DATETIME('%I:%M ', orders.shipped_at), CASE EXTRACT(HOUR FROM orders.shipped_at) < 12 WHEN TRUE THEN 'a.m.' WHEN FALSE THEN 'p.m.' END, FORMAT_DATETIME(' ', orders.shipped_at), LPAD(CAST(DIV(EXTRACT(DAYOFYEAR FROM orders.shipped_at) - 1, 7) + 1 AS STRING), 2, '0'), FORMAT_DATETIME(' ', orders.shipped_at), CAST(DIV(EXTRACT(DAY FROM orders.shipped_at) - 1, 7) + 1 AS STRING), FORMAT_DATETIME(' ', orders.shipped_at), LPAD(CAST(DIV(EXTRACT(YEAR FROM orders.shipped_at) + 99, 100) AS STRING), 2, '0'), FORMAT_DATETIME(' ', orders.shipped_at), CAST(UNIX_DATE(EXTRACT(DATE FROM orders.shipped_at)) + 2440588 AS STRING), FORMAT_DATETIME(' ', orders.shipped_at), RPAD(['I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX', 'X', 'XI', 'XII'][ORDINAL(EXTRACT(MONTH FROM orders.shipped_at))], 4, ' '), FORMAT_DATETIME(' ', orders.shipped_at), CAST(EXTRACT(HOUR FROM orders.shipped_at) * 3600 + EXTRACT(MINUTE FROM orders.shipped_at) * 60 + EXTRACT(SECOND FROM orders.shipped_at) AS STRING)) AS a,
  CONCAT(CONCAT(LPAD(CAST(EXTRACT(DAY FROM orders.shipped_at) AS STRING), 2, '0'), IF(MOD(DIV(EXTRACT(DAY FROM orders.shipped_at), 10), 10) = 1, 'th', CASE MOD(EXTRACT(DAY FROM orders.shipped_at), 10) WHEN 1 THEN 'st' WHEN 2 THEN 'nd' WHEN 3 THEN 'rd' ELSE 'th' END)), FORMAT_DATETIME(' %a ', orders.shipped_at), LPAD(CAST((EXTRACT(ISOWEEK FROM orders.shipped_at) - 1) * 7 + MOD(EXTRACT(DAYOFWEEK FROM orders.shipped_at) + 5, 7) + 1 AS STRING), 3, '0'), FORMAT_DATETIME(' ', orders.shipped_at), LPAD(CAST(EXTRACT(MILLISECOND FROM orders.shipped_at) AS STRING), 3, '0')) AS b,
  FORMAT_TIMESTAMP('+00 UTC +00:00', orders.placed_at) AS c,
  CONCAT(CONCAT(CAST(DIV(EXTRACT(YEAR FROM orders.shipped_at), 1000) AS STRING), ',', FORMAT('%03d', MOD(EXTRACT(YEAR FROM orders.shipped_at), 1000))), FORMAT_DATETIME(' ', orders.shipped_at), LPAD(CAST(MOD(EXTRACT(YEAR FROM orders.shipped_at), 1000) AS STRING), 3, '0'), FORMAT_DATETIME(' week %V', orders.shipped_at)) AS d
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- zoned fields [Europe/Berlin]
SELECT id, to_char(placed_at, 'YYYY-MM-DD HH24:MI OF') a FROM orders ORDER BY id
----
SELECT
  orders.id,
  CONCAT(FORMAT_TIMESTAMP('%E4Y-%m-%d %H:%M ', IF(orders.placed_at < TIMESTAMP '1893-03-31 23:06:32+00', ERROR('the text of a moment before standard time is not supported'), orders.placed_at), 'Europe/Berlin'), REGEXP_REPLACE(FORMAT_TIMESTAMP('%Ez', IF(orders.placed_at < TIMESTAMP '1893-03-31 23:06:32+00', ERROR('the text of a moment before standard time is not supported'), orders.placed_at), 'Europe/Berlin'), r':00$', '')) AS a
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- fields of an interval
SELECT id, to_char(shipped_at - placed_at::timestamp, 'DD HH24:MI:SS') a FROM orders ORDER BY id
----
SELECT
  orders.id,
  (SELECT IF(span IS NULL, NULL, CONCAT(FORMAT('%02d', EXTRACT(DAY FROM span)), ' ', FORMAT(IF(EXTRACT(HOUR FROM span) < 0, '%03d', '%02d'), EXTRACT(HOUR FROM span)), ':', FORMAT(IF(EXTRACT(MINUTE FROM span) < 0, '%03d', '%02d'), EXTRACT(MINUTE FROM span)), ':', FORMAT(IF(EXTRACT(SECOND FROM span) < 0, '%03d', '%02d'), EXTRACT(SECOND FROM span)))) FROM UNNEST([JUSTIFY_HOURS(orders.shipped_at - DATETIME(orders.placed_at))]) AS span) AS a
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- signs of numbers
SELECT id, to_char(amount, 'FM999,999,990.00') a, to_char(amount, 'S9999999.99') b, to_char(quantity, '999PR') c, to_char(quantity, 'FM999MI') d, to_char(quantity, 'L999%') e, to_char(discount, 'FM9990.00') f FROM orders WHERE id NOT IN (5, 7) ORDER BY id
----
SELECT
  orders.id,
  IF(orders.amount IS NULL, NULL, CONCAT(IF(ROUND(orders.amount, 2) < 0, '-', ''), IF(ABS(ROUND(orders.amount, 2)) >= NUMERIC '1000000000', '###,###,###.##', FORMAT('%\'.2f', ABS(ROUND(orders.amount, 2)))))) AS a,
  IF(orders.amount IS NULL, NULL, LPAD(CONCAT(IF(ROUND(orders.amount, 2) < 0, '-', '+'), IF(ABS(ROUND(orders.amount, 2)) >= NUMERIC '10000000', '#######.##', REGEXP_REPLACE(FORMAT('%.2f', ABS(ROUND(orders.amount, 2))), r'^0\.', '.'))), 11, ' ')) AS b,
  IF(CAST(orders.quantity AS NUMERIC) IS NULL, NULL, IF(ROUND(CAST(orders.quantity AS NUMERIC), 0) < 0, CONCAT(LPAD(CONCAT('<', IF(ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)) >= NUMERIC '1000', '###', FORMAT('%.0f', ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0))))), 4, ' '), '>'), CONCAT(LPAD(IF(ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)) >= NUMERIC '1000', '###', FORMAT('%.0f', ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)))), 4, ' '), ' '))) AS c,
  IF(CAST(orders.quantity AS NUMERIC) IS NULL, NULL, CONCAT(IF(ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)) >= NUMERIC '1000', '###', FORMAT('%.0f', ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)))), IF(ROUND(CAST(orders.quantity AS NUMERIC), 0) < 0, '-', ''))) AS d,
  IF(CAST(orders.quantity AS NUMERIC) IS NULL, NULL, CONCAT(' ', LPAD(CONCAT(IF(ROUND(CAST(orders.quantity AS NUMERIC), 0) < 0, '-', ''), IF(ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0)) >= NUMERIC '1000', '###', FORMAT('%.0f', ABS(ROUND(CAST(orders.quantity AS NUMERIC), 0))))), 4, ' '), '%')) AS e,
  IF(IS_NAN(orders.discount) OR ABS(orders.discount) >= 1e13, ERROR('to_char() of double precision to more than 15 digits is not supported'), CONCAT(IF(orders.discount < 0, '-', ''), IF(ABS(ROUND(orders.discount, 2)) >= 1e4, '####.##', FORMAT('%.2f', ABS(orders.discount))))) AS f
FROM `my-project.shop.orders` AS orders
WHERE orders.id NOT IN (5, 7)
ORDER BY id NULLS LAST

-- reading fractions
SELECT to_timestamp('2024-03-09 01:02:03.5', 'YYYY-MM-DD HH24:MI:SS.US') a FROM edges WHERE src = 8
----
SELECT
  PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%E*S', REGEXP_REPLACE('2024-03-09 01:02:03.5', '(?s)^\\s*(\\d{4}-\\d{1,2}-\\d{1,2} \\d{1,2}:\\d{1,2}:\\d{1,2}(?:\\.\\d{1,6})?)(?:\\D.*)?$', '\\1')) AS a
FROM `my-project.shop.edges` AS edges
WHERE edges.src = 8

-- what stands behind a date that is read
SELECT id, to_date(day || ' 10:30', 'YYYY-MM-DD') AS a, to_timestamp(to_char(shipped_at, 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z', 'YYYY-MM-DD"T"HH24:MI:SS') AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  PARSE_DATE('%Y-%m-%d', REGEXP_REPLACE(CAST(orders.day AS STRING) || ' 10:30', '(?s)^\\s*(\\d{4}-\\d{1,2}-\\d{1,2})(?:\\D.*)?$', '\\1')) AS a,
  PARSE_TIMESTAMP('%Y-%m-%dT%H:%M:%S', REGEXP_REPLACE(FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%S', orders.shipped_at) || 'Z', '(?s)^\\s*(\\d{4}-\\d{1,2}-\\d{1,2}T\\d{1,2}:\\d{1,2}:\\d{1,2})(?:\\D.*)?$', '\\1')) AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- years of two digits
SELECT id, to_date('03/04/' || (59 + id), 'MM/DD/YY') AS a, to_timestamp('03/04/' || (64 + id) || ' 01:02 PM', 'MM/DD/YY HH12:MI AM') AS b FROM orders ORDER BY id
----
SELECT
  orders.id,
  DATE_ADD(PARSE_DATE('%m/%d/%y', REGEXP_REPLACE('03/04/' || CAST(59 + orders.id AS STRING), '(?s)^\\s*(\\d{1,2}/\\d{1,2}/\\d{2})(?:\\D.*)?$', '\\1')), INTERVAL IF(EXTRACT(YEAR FROM PARSE_DATE('%m/%d/%y', REGEXP_REPLACE('03/04/' || CAST(59 + orders.id AS STRING), '(?s)^\\s*(\\d{1,2}/\\d{1,2}/\\d{2})(?:\\D.*)?$', '\\1'))) = 1969, 100, 0) YEAR) AS a,
  TIMESTAMP(DATETIME_ADD(PARSE_DATETIME('%m/%d/%y %I:%M %p', REGEXP_REPLACE('03/04/' || CAST(64 + orders.id AS STRING) || ' 01:02 PM', '(?s)^\\s*(\\d{1,2}/\\d{1,2}/\\d{2} \\d{1,2}:\\d{1,2} [AaPp][Mm]).*$', '\\1')), INTERVAL IF(EXTRACT(YEAR FROM PARSE_DATETIME('%m/%d/%y %I:%M %p', REGEXP_REPLACE('03/04/' || CAST(64 + orders.id AS STRING) || ' 01:02 PM', '(?s)^\\s*(\\d{1,2}/\\d{1,2}/\\d{2} \\d{1,2}:\\d{1,2} [AaPp][Mm]).*$', '\\1'))) = 1969, 100, 0) YEAR), 'UTC') AS b
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- more digits than a day has
SELECT to_date(day || '5', 'YYYY-MM-DD') AS a FROM orders
----
SELECT
  PARSE_DATE('%Y-%m-%d', REGEXP_REPLACE(CAST(orders.day AS STRING) || '5', '(?s)^\\s*(\\d{4}-\\d{1,2}-\\d{1,2})(?:\\D.*)?$', '\\1')) AS a
FROM `my-project.shop.orders` AS orders

-- a whole name where three letters are asked for
SELECT to_date(id || ' March 2024', 'DD Mon YYYY') AS a FROM orders
----
SELECT
  PARSE_DATE('%d %b %Y', IF(NOT REGEXP_CONTAINS(CAST(orders.id AS STRING) || ' March 2024', '(?s)^\\s*(\\d{1,2} [A-Za-z]{3} \\d{4})(?:\\D.*)?$'), ERROR(CONCAT('Failed to parse input string "', CAST(orders.id AS STRING) || ' March 2024', '"')), REGEXP_REPLACE(CAST(orders.id AS STRING) || ' March 2024', '(?s)^\\s*(\\d{1,2} [A-Za-z]{3} \\d{4})(?:\\D.*)?$', '\\1'))) AS a
FROM `my-project.shop.orders` AS orders

-- a point that no digit follows
SELECT id, to_char(amount, '9999999.') AS a, to_char(amount, 'S0999.') AS b, to_char(amount, 'FM999.') AS c FROM orders ORDER BY id
----
SELECT
  orders.id,
  IF(orders.amount IS NULL, NULL, IF(ABS(ROUND(orders.amount, 0)) >= NUMERIC '10000000', LPAD(CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', ''), '#######.'), 9, ' '), LPAD(CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', ''), FORMAT('%.0f', ABS(ROUND(orders.amount, 0)))), 8, ' '))) AS a,
  IF(orders.amount IS NULL, NULL, IF(ABS(ROUND(orders.amount, 0)) >= NUMERIC '10000', LPAD(CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', '+'), '####.'), 6, ' '), LPAD(CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', '+'), LPAD(FORMAT('%.0f', ABS(ROUND(orders.amount, 0))), 4, '0')), 5, ' '))) AS b,
  IF(orders.amount IS NULL, NULL, IF(ABS(ROUND(orders.amount, 0)) >= NUMERIC '1000', CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', ''), '###.'), CONCAT(IF(ROUND(orders.amount, 0) < 0, '-', ''), FORMAT('%.0f', ABS(ROUND(orders.amount, 0)))))) AS c
FROM `my-project.shop.orders` AS orders
ORDER BY id NULLS LAST

-- text behind a point that no digit follows
SELECT to_char(amount, '0999.%') FROM orders
----
ERROR 0A000 at 24: a number template with a point that no digit follows is not supported
