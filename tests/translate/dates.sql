-- arithmetic
SELECT id, day + 1 AS a, day - 7 AS b, day - date '2026-01-01' AS c, day + interval '1 month' AS d, shipped_at + interval '1 month 2 days 03:04:05' AS e, shipped_at - interval '36 hours' AS f, placed_at + interval '1 day' AS g FROM orders ORDER BY id
-- zoned arithmetic [Europe/Berlin]
SELECT id, placed_at + interval '1 day' AS a, placed_at - interval '1 month' AS b, placed_at + interval '3 hours' AS c, date_trunc('day', placed_at) AS d, placed_at::timestamp AS e, extract(hour FROM placed_at) AS h FROM orders ORDER BY id
-- trunc
SELECT id, date_trunc('week', day) w, date_trunc('month', shipped_at) m, date_trunc('hour', placed_at) h, date_trunc('quarter', day) q FROM orders ORDER BY id
-- extract
SELECT id, extract(year FROM day) y, extract(dow FROM day) dow, extract(isodow FROM day) isodow, extract(doy FROM day) doy, extract(week FROM day) w, extract(isoyear FROM day) iy, extract(quarter FROM day) q, extract(second FROM shipped_at) s, extract(milliseconds FROM shipped_at) ms, extract(epoch FROM placed_at) ep, date_part('epoch', shipped_at) dp, extract(century FROM day) c FROM orders ORDER BY id
-- differences
SELECT id, shipped_at - placed_at::timestamp AS d, extract(epoch FROM (shipped_at - placed_at::timestamp)) AS s, extract(day FROM shipped_at - placed_at::timestamp) AS n FROM orders ORDER BY id
-- age
SELECT id, age(timestamp '2026-12-25', shipped_at) AS a, age(shipped_at, timestamp '2026-03-30 01:00:00') AS b, extract(year FROM age(date '2026-12-25', day)) AS y FROM orders ORDER BY id
-- to_char
SELECT id, to_char(shipped_at, 'YYYY-MM-DD HH24:MI:SS.MS') a, to_char(shipped_at, 'FMMonth DD, YYYY HH12:MI AM') b, to_char(shipped_at, 'Day|Mon|DY|Q|IW|DDD|D|US') c, to_char(day, 'MM/YY "at" FMDD') d FROM orders ORDER BY id
-- parsing
SELECT to_date('15/03/2024', 'DD/MM/YYYY') d, to_timestamp('2024-03-15 14:30:00', 'YYYY-MM-DD HH24:MI:SS') t, '2024-02-29'::date e, timestamp '2024-01-01 10:00' f, to_timestamp(1700000000.5) g
-- parts made
SELECT make_date(2024, 2, 29) AS d, make_timestamp(2024, 2, 29, 13, 5, 7.5) AS t, make_time(1, 2, 3.25) AS c
-- at time zone
SELECT id, placed_at AT TIME ZONE 'America/New_York' a, shipped_at AT TIME ZONE 'Europe/Berlin' b, (placed_at AT TIME ZONE 'Asia/Tokyo')::date c FROM orders ORDER BY id
-- comparison of dates and timestamps
SELECT id FROM orders WHERE day < timestamp '2026-02-28 12:00:00' AND placed_at >= date '2026-01-31' AND shipped_at > '2026-01-01' ORDER BY id
-- end of month
SELECT id, (date_trunc('month', day) + interval '1 month - 1 day')::date AS eom FROM orders ORDER BY id
-- bins
SELECT date_bin('15 minutes', at, timestamptz '2026-01-01') AS b, count(*) FROM events GROUP BY 1 ORDER BY 1
-- interval from text
SELECT id, shipped_at + (quantity || ' days')::interval AS due, shipped_at + quantity * interval '1 hour' AS due2 FROM orders ORDER BY id
-- series of dates
SELECT d::date FROM generate_series('2026-01-01'::date, '2026-01-05'::date, interval '1 day') d
-- series of months
SELECT generate_series(date '2024-01-31', date '2024-06-30', interval '1 month')::date AS m
-- series of hours
SELECT h FROM generate_series(timestamp '2026-03-01', timestamp '2026-03-01 05:30', interval '2 hours') h ORDER BY h
-- series joined
SELECT g.d::date AS d, count(o.id) AS n FROM generate_series(date '2026-02-27', date '2026-03-02', '1 day') AS g(d) LEFT JOIN orders o ON o.day = g.d GROUP BY 1 ORDER BY 1
-- times
SELECT id, shipped_at::time AS t, shipped_at::time + interval '2 hours' AS t2, shipped_at::time > '10:00' AS late FROM orders ORDER BY id
-- intervals
SELECT interval '1 year 2 months' AS a, interval '36 hours' + interval '1 day' AS b, interval '1 day' * 3 AS c, extract(epoch FROM interval '1 month 2 days 3 seconds') AS d, justify_hours(interval '50 hours') AS e
-- sum of epoch
SELECT floor(extract(epoch FROM at) / 3600) * 3600 AS "time", count(*) AS n FROM events GROUP BY 1 ORDER BY 1
