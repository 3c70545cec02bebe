-- integer arithmetic
SELECT id, i / j AS q, i % j AS r, mod(i, j) AS m, -i AS neg, abs(i) AS a FROM numbers ORDER BY id
-- division by zero
SELECT id / (id - id) FROM numbers
-- numeric arithmetic
SELECT id, n * n AS sq, n / 3 AS third, n + i AS s, n - 0.5 AS d, n % 2 AS r, m * m AS mm FROM numbers ORDER BY id
-- quotients of ints as numeric
SELECT id, i::numeric / j AS q, 1.0 * i / j AS q2, round(i / 3.0, 2) AS r FROM numbers ORDER BY id
-- rounding
SELECT id, round(f) AS rf, round(n) AS rn, round(n, 2) AS rn2, trunc(n, 1) AS t, ceil(f) AS c, floor(n) AS fl, f::bigint AS fb, n::bigint AS nb, round(f::numeric, 2) AS fn FROM numbers ORDER BY id
-- numeric with scale
SELECT id, n::numeric(10, 2) AS x, n::int AS y, m::numeric(12,4) AS z FROM numbers WHERE id <> 9 ORDER BY id
-- text of numbers
SELECT id, f::text AS a, n::text AS b, i::text AS c, m::text AS d FROM numbers ORDER BY id
-- float text
SELECT discount::text, score::text, (discount / 3)::text FROM orders LEFT JOIN customers ON customers.id = customer_id
-- powers and logs
SELECT log(100) AS l10, ln(exp(1.0)) AS ln, log(2, 8) AS l2, sqrt(2.0::float8) AS s, pi() AS p, power(2, 10) AS pw, 2 ^ 0.5 AS root, exp(2.0::float8) e
-- shifts
SELECT id, i >> 1 AS r, i << 2 AS l, i & 6 AS a, i | 8 AS o, i # 3 AS x, ~i AS n FROM numbers ORDER BY id
-- casts of text
SELECT s::bigint + 1 AS n, s::numeric * 2 AS m, s::float8 / 2 AS f FROM words WHERE id = 9
-- bools
SELECT id, (quantity)::int::bool AS b, paid::text AS t, paid::int AS i, 'yes'::bool AS y FROM orders WHERE quantity IS NOT NULL ORDER BY id
-- width bucket
SELECT id, width_bucket(amount, 0, 100, 4) FROM orders ORDER BY id
-- sign and trig
SELECT id, sign(n), sign(f), degrees(f), radians(f), sin(f), atan2(f, 2) FROM numbers WHERE id <> 9 ORDER BY id
-- to_char of numbers
SELECT id, to_char(n, 'FM999,999,990.00') a, to_char(n, '9999990.0') b, to_char(i, '999') c, to_char(i, 'FM00000') d FROM numbers ORDER BY id
-- products in aggregates
SELECT sum(i / j), avg(i / 2), sum(n * m), sum(amount * quantity) FROM numbers JOIN orders USING (id)
-- random is refused
SELECT random()
-- big constants
SELECT 9223372036854775807 AS a, 12345678901234567890 AS b, 1e10 AS c, 0.1::float8 AS d, -9223372036854775808 AS e
