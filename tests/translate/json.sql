-- paths
SELECT id, attrs->>'plan' AS plan, attrs->'addr'->>'city' AS city, attrs #>> '{addr,zip}' AS zip, attrs->'langs'->>0 AS lang, (attrs->>'seats')::int + 1 AS seats, attrs->'gone' AS g FROM customers ORDER BY id
-- values
SELECT id, attrs->'langs' AS l, attrs->'seats' AS s, attrs FROM customers ORDER BY id
-- exists
SELECT id, attrs ? 'beta' AS b, attrs ?| ARRAY['beta', 'seats'] AS any, attrs ?& ARRAY['plan', 'seats'] AS every FROM customers ORDER BY id
-- contains
SELECT id FROM customers WHERE attrs @> '{"plan": "pro"}' OR attrs @> '{"addr": {"city": "Paris"}, "seats": 0}' ORDER BY id
-- group by key
SELECT attrs->>'plan' AS plan, sum((attrs->>'seats')::int) s FROM customers GROUP BY 1 ORDER BY 1
-- build
SELECT jsonb_build_object('id', id, 'n', name, 'score', score, 'day', joined) o FROM customers ORDER BY id
-- elements
SELECT c.id, l FROM customers c, jsonb_array_elements_text(c.attrs->'langs') AS l ORDER BY 1, 2
-- lengths and types
SELECT id, jsonb_array_length(attrs->'langs') n, jsonb_typeof(attrs->'addr') t FROM customers ORDER BY id
-- casts
SELECT id, (payload->>'ms')::numeric / 3 AS ms, (payload->>'ok')::boolean AS ok, (payload->'ms')::int AS m FROM events WHERE id < 6 ORDER BY id
-- keys
SELECT DISTINCT k FROM customers, jsonb_object_keys(attrs) AS k ORDER BY k
-- json text functions are refused
SELECT json_build_object('a', 1)
-- equality
SELECT id FROM customers WHERE attrs->'beta' = 'true'::jsonb
