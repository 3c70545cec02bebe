-- text of objects
SELECT id, attrs::text AS a, attrs->>'addr' AS b, attrs->>'plan' AS c, attrs->'langs'->>-1 AS d FROM customers ORDER BY id
----
?

-- changes
SELECT id, attrs - 'addr' - 'langs' AS a, attrs || '{"seats": 9}' AS b, attrs #- '{addr,zip}' AS c, jsonb_set(attrs, '{addr,city}', '"Rome"') AS d, jsonb_strip_nulls(attrs) AS e FROM customers ORDER BY id
----
?

-- containment
SELECT id FROM customers WHERE attrs @> '{"langs": ["de"], "addr": {"city": "Berlin"}}' OR attrs @> '{"gone": null}' ORDER BY id
----
?

-- digits in json
SELECT id, jsonb_build_object('n', n, 'list', jsonb_build_array(i, n)) AS a FROM numbers ORDER BY id
----
?

-- layout of json
SELECT json_agg(json_build_object('id', id, 'amount', amount, 'status', status) ORDER BY id) AS a, json_object_agg(id, amount) AS b FROM orders WHERE id < 3
----
?

-- grouped
SELECT attrs->'plan' AS p, count(*) FROM customers GROUP BY attrs->'plan' ORDER BY 2, jsonb_typeof(attrs->'plan')
----
?

-- paths
SELECT id, jsonb_path_query_first(attrs, '$.addr.city') AS a, jsonb_path_query_array(attrs, '$.langs[*] ? (@ != "en")') AS b, attrs @? '$.seats ? (@ > 2)' AS c, attrs @@ '$.plan == "pro"' AS d FROM customers ORDER BY id
----
?

-- records
SELECT c.id, r.plan, r.seats, r.beta FROM customers c CROSS JOIN LATERAL jsonb_to_record(c.attrs) AS r(plan text, seats int, beta boolean) ORDER BY c.id
----
?

-- objects of rows
SELECT jsonb_object_agg(id, name) AS a FROM customers
----
?
