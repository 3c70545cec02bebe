-- fractions
SELECT id, (shipped_at - placed_at::timestamp) * 1.5 AS a, (shipped_at - placed_at::timestamp) / 7 AS b, interval '1 month' * 0.25 AS c FROM orders ORDER BY id
----
?

-- text
SELECT id, (shipped_at - placed_at::timestamp)::text AS a, interval '1 year -2 days 03:04:05.5'::text AS b FROM orders ORDER BY id
----
?

-- average
SELECT status, avg(shipped_at - placed_at::timestamp) AS a FROM orders GROUP BY status ORDER BY status
----
?

-- overlaps
SELECT id, (day, day + 3) OVERLAPS (date '2026-01-31', date '2026-03-01') AS a, (shipped_at, interval '1 day') OVERLAPS (timestamp '2026-03-01', timestamp '2026-03-02') AS b FROM orders ORDER BY id
----
?

-- fewer digits
SELECT id, shipped_at::timestamp(0) AS a, placed_at::timestamptz(3) AS b FROM orders ORDER BY id
----
?

-- offsets as zones
SELECT id, placed_at AT TIME ZONE '+02' AS a, placed_at AT TIME ZONE 'CET' AS b, shipped_at AT TIME ZONE INTERVAL '-05:30' AS c FROM orders ORDER BY id
----
?

-- long units
SELECT id, date_trunc('decade', shipped_at) AS a, date_trunc('century', placed_at) AS b, extract(julian FROM day) AS c FROM orders ORDER BY id
----
?

-- months that end early
SELECT g::date AS d FROM generate_series(timestamp '2023-10-31', timestamp '2024-05-31', interval '1 month') g ORDER BY 1
----
?
