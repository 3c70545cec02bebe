-- functions of bigquery
SELECT approx_count_distinct(status) AS a, countif(paid) AS b, any_value(1) AS c, logical_and(id > 0) AS d, max_by(status, id) AS e FROM orders
----
?

-- scalars of bigquery
SELECT id, safe_divide(i, j) AS a, ieee_divide(1, 0) AS b, farm_fingerprint('x') AS c, to_base64('\x6869') AS d, net.host('https://example.com/x') AS e, safe.parse_date('%Y', 'no') AS f, json_value('{"a": 1}'::jsonb, '$.a') AS g FROM numbers WHERE id = 1
----
?
