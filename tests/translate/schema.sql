-- The tables of the translation tests: small, and awkward on purpose. Types as BigQuery serves them.
CREATE TABLE orders (id bigint NOT NULL, customer_id bigint, status text, day date NOT NULL, placed_at timestamptz, shipped_at timestamp, amount numeric(12,2), quantity bigint, discount double precision, paid boolean, note text);
INSERT INTO orders VALUES
  (1, 10, 'shipped', '2026-01-30', '2026-01-30 23:59:59.999999+00', '2026-02-01 00:00:00', 19.99, 3, 0.1, true, 'first'),
  (2, 10, 'Pending', '2026-01-31', '2026-01-31 00:00:00+00', NULL, 0.01, -7, NULL, false, ''),
  (3, 11, 'shipped', '2026-02-28', '2026-02-28 12:30:15.5+00', '2026-03-29 02:30:00', 1234567.89, 2, 2.5, NULL, NULL),
  (4, 12, NULL, '2026-03-01', '2026-03-29 01:30:00+00', '2026-03-01 13:05:07.123', NULL, NULL, 3.5, true, 'It''s 50% off_now \ here'),
  (5, NULL, 'returned', '2024-02-29', '2024-02-29 06:07:08+00', '2024-02-29 23:00:00', 20.00, 100, 1e15, false, '  spaced  '),
  (6, 13, 'shipped', '2026-03-01', NULL, '1999-12-31 23:59:59', 19.99, 0, -0.5, true, 'ünïcødé Ñ'),
  (7, 11, 'pending', '2025-12-28', '2025-12-28 23:00:00+00', '2026-01-04 00:00:00.000001', -5.50, 7, 1e-7, NULL, 'a,b,,c');
CREATE TABLE customers (id bigint NOT NULL, name text NOT NULL, country text, joined date, score double precision, tags text[] NOT NULL, attrs jsonb, referrer bigint);
INSERT INTO customers VALUES
  (10, 'Alice', 'DE', '2025-01-31', 1.5, '{vip,new}', '{"plan": "pro", "seats": 3, "addr": {"city": "Berlin", "zip": "01067"}, "langs": ["de", "en"], "beta": true}', NULL),
  (11, 'bob o''neil', 'FR', '2025-02-28', NULL, '{}', '{"plan": "free", "seats": 0, "addr": {"city": "Paris"}, "langs": [], "beta": false, "gone": null}', 10),
  (12, 'Chloé', NULL, NULL, 0.30000000000000004, '{eu}', NULL, 10),
  (13, 'DAVE', 'DE', '2024-02-29', 100, '{b2b,vip,old}', '{"plan": "team", "langs": ["fr"]}', 11),
  (14, 'Eve', 'US', '2024-12-31', -2.25, '{new}', '{}', 99);
CREATE TABLE events (id bigint NOT NULL, customer_id bigint, kind text, at timestamptz NOT NULL, duration bigint, payload jsonb);
INSERT INTO events SELECT i, 10 + i % 5, (array['view', 'click', 'buy', 'login'])[1 + (i * 7) % 4], timestamptz '2026-03-01 20:00:00+00' + i * 47 * interval '1 minute',
  CASE WHEN i % 5 = 0 THEN NULL ELSE (i * 29) % 100 END, jsonb_build_object('page', '/p/' || i % 3, 'ms', i * 10, 'ok', i % 2 = 0) FROM generate_series(1, 40) i;
CREATE TABLE numbers (id bigint NOT NULL, i bigint, j bigint, n numeric(20,6), m numeric(38,20), f double precision);
INSERT INTO numbers VALUES (1, 7, 2, 2.5, 0.12345678901234567890, 2.5), (2, -7, 2, -2.5, 1, -2.5), (3, 7, -2, 3.5, 1000.5, 3.5), (4, 0, 5, 0.000001, 0, 1e-6),
  (5, NULL, 3, NULL, NULL, NULL), (6, 100, 3, 1234567.891234, 2, 1234567.891234), (7, 1, 1000, 0.5, 3, 0.5), (8, -1, 3, 1.005, 4, 1.005), (9, 2147483647, 1, 99999.999999, 5, 1e15);
CREATE TABLE words (id bigint NOT NULL, s text);
INSERT INTO words VALUES (1, 'Hello World'), (2, 'foo,bar,,baz'), (3, ''), (4, NULL), (5, '  padded  '), (6, 'ÀÉÎ ünïcode'), (7, 'a_b%c\d'), (8, '2024-02-29'), (9, '42'), (10, '-3.75'),
  (11, 'The quick (brown) fox; 123-4567'), (12, 'o''clock "q"'), (13, E'line1\nline2\ttab'), (14, 'AAAbbb'), (15, 'x.y.z');
CREATE TABLE edges (src bigint NOT NULL, dst bigint NOT NULL, w bigint NOT NULL);
INSERT INTO edges VALUES (1, 2, 4), (2, 3, 1), (3, 4, 7), (1, 5, 2), (5, 6, 2), (6, 4, 1), (4, 7, 3), (8, 9, 1);
CREATE TABLE "Mixed Case" ("Id" bigint, "First Name" text, "order" bigint, "Select" boolean);
INSERT INTO "Mixed Case" VALUES (1, 'Ann', 3, true), (2, 'Bob', NULL, false), (3, NULL, 1, NULL), (4, 'ann', 2, true);
CREATE TABLE stays (id bigint NOT NULL, room bigint, first date NOT NULL, last date, starts timestamp, ends timestamp, nights daterange, open tsrange NOT NULL);
INSERT INTO stays VALUES
  (1, 1, '2026-01-01', '2026-01-05', '2026-01-01 10:00:00', '2026-01-01 11:00:00', '[2026-01-01,2026-01-05)', '[2026-01-01 10:00:00,2026-01-01 11:00:00)'),
  (2, 1, '2026-01-05', '2026-01-05', '2026-01-01 11:00:00', '2026-01-01 12:30:00', '[2026-01-05,2026-01-09)', '[2026-01-01 10:30:00,)'),
  (3, 2, '2026-01-03', NULL, NULL, '2026-01-01 10:00:00', '(,2026-01-03)', '(,2026-01-01 10:00:00)'),
  (4, 2, '2026-02-01', '2026-02-28', '2026-01-01 12:00:00', NULL, NULL, '(,)'),
  (5, NULL, '2026-01-02', '2026-01-03', NULL, NULL, '[2026-01-02,)', '[2026-01-01 11:00:00,2026-01-02 00:00:00)');
