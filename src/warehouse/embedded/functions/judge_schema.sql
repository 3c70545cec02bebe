-- Small tables with awkward data: NULLs, ties, mixed case, escapes, json, arrays, zones, the days around a change of clocks.
SET timezone = 'UTC';
CREATE TABLE customers (id int, name text, email text, country varchar(2), created_at timestamptz, signup_date date, is_active boolean, credit_limit numeric(12,2), score double precision, tags text[], attrs jsonb, referrer_id int);
INSERT INTO customers SELECT i, (array['Anna','ben','Zoë','CARL','O''Hara','Ñuño'])[1 + i % 6] || ' ' || i, nullif('u' || i || '@' || (array['example.com','Mail.org'])[1 + i % 2], 'u7@Mail.org'),
    (array['US','DE',NULL,'FR'])[1 + i % 4], timestamptz '2022-10-29 20:17:05.25+00' + i * interval '41 hours', date '2022-10-30' + i * 5, CASE WHEN i % 7 = 0 THEN NULL ELSE i % 3 = 0 END,
    CASE WHEN i % 8 = 0 THEN NULL ELSE round((i * 211.37)::numeric % 4000, 2) END, CASE WHEN i % 9 = 0 THEN NULL ELSE (i * 613 % 997) / 8.0 END,
    CASE WHEN i % 6 = 0 THEN NULL WHEN i % 5 = 0 THEN '{}' ELSE (array['vip','new','eu','churn'])[1 + i % 3:1 + i % 4] END,
    CASE WHEN i % 7 = 0 THEN NULL ELSE jsonb_build_object('plan', (array['free','pro','team'])[1 + i % 3], 'seats', i % 6, 'beta', i % 2 = 0, 'addr', jsonb_build_object('city', (array['Berlin','Paris','NYC'])[1 + i % 3], 'zip', lpad((i * 37)::text, 5, '0')), 'langs', to_jsonb((array['en','de','fr'])[1:1 + i % 3])) END,
    CASE WHEN i % 4 = 0 THEN NULL ELSE i / 3 + 1 END FROM generate_series(1, 60) i;
CREATE TABLE products (id int, sku text, name text, category text, price numeric(10,2), weight real, discontinued boolean, launched date, attrs jsonb);
INSERT INTO products SELECT i, 'P-' || lpad(i::text, 4, '0'), (array['Lamp','desk','Pen 50%','under_score','Back\slash'])[1 + i % 5] || ' ' || i, (array['Home','toys','Books',NULL])[1 + i % 4], round((i * 17.29)::numeric % 250, 2),
    CASE WHEN i % 5 = 0 THEN NULL ELSE i * 0.5 END, i % 9 = 0, date '2020-02-29' + i * 19, jsonb_build_object('color', (array['red','green','blue'])[1 + i % 3], 'dims', jsonb_build_array(i, i + 1)) FROM generate_series(1, 40) i;
CREATE TABLE purchases (id bigint, customer_id int, status text, ordered_at timestamp, shipped_at timestamp, total numeric(12,2), discount_pct int, notes text);
INSERT INTO purchases SELECT i, 1 + (i * 13) % 55, (array['pending','shipped','delivered','Returned'])[1 + (i * 3) % 4], timestamp '2023-01-01' + i * interval '4321 minutes', CASE WHEN i % 5 = 0 THEN NULL ELSE timestamp '2023-01-01' + (i * 4321 + (i * 89) % 7000) * interval '1 minute' END,
    round((i * i * 2.71)::numeric % 1900, 2), (i % 4) * 5, (array[NULL, '', '  a note, '])[1 + i % 3] FROM generate_series(1, 160) i;
CREATE TABLE purchase_items (purchase_id bigint, line_no int, product_id int, qty int, unit_price numeric(10,2));
INSERT INTO purchase_items SELECT p, l, 1 + (p * l * 7) % 40, 1 + (p + l) % 6, round((p * l * 1.93)::numeric % 250, 2) FROM generate_series(1, 160) p, generate_series(1, 3) l WHERE (p + l) % 4 <> 0;
CREATE TABLE employees (id int, name text, dept text, salary int, hired date, manager_id int);
INSERT INTO employees SELECT i, 'Emp ' || i, (array['Eng','Sales','Ops',NULL])[1 + i % 4], 31000 + (i * 7919) % 50000 / 500 * 500, date '2015-01-31' + i * 67, CASE WHEN i = 1 THEN NULL ELSE greatest(i / 3, 1) END FROM generate_series(1, 30) i;
CREATE TABLE events (id bigint, user_id int, event_type text, ts timestamptz, payload jsonb, duration_ms int, ip text);
INSERT INTO events SELECT i, 1 + (i * 11) % 40, (array['view','click','purchase','ERROR'])[1 + (i * 7) % 4], timestamptz '2024-03-09 21:00:00+00' + i * interval '13 minutes', jsonb_build_object('page', '/p/' || i % 7, 'ms', i % 1000, 'ok', i % 4 <> 0, 'items', jsonb_build_array(jsonb_build_object('sku', i % 5, 'n', i % 3))),
    CASE WHEN i % 10 = 0 THEN NULL ELSE (i * 31) % 5000 END, '10.1.' || i % 256 || '.' || i % 9 FROM generate_series(1, 300) i;
CREATE TABLE "Mixed Case" ("Id" int, "First Name" text, "order" int, "Select" boolean);
INSERT INTO "Mixed Case" VALUES (1, 'Eva', 2, true), (2, 'Tom', NULL, false), (3, NULL, 1, NULL), (4, 'eva', 3, true);
CREATE TABLE sales_daily (d date, region text, amount numeric(14,2), units int);
INSERT INTO sales_daily SELECT date '2023-12-10' + g, r, round(((g * 29 + length(r) * 13) % 89 * 9.25)::numeric, 2), (g * 3 + length(r)) % 19 FROM generate_series(0, 59) g, unnest(array['north','south','east']) r WHERE (g * length(r)) % 7 <> 3;
CREATE TABLE ledger (id int, account text, ts timestamp, amount numeric(12,2));
INSERT INTO ledger SELECT i, 'acc' || i % 4, timestamp '2024-02-27 22:45:00' + i * interval '377 minutes', round((((i * 7907) % 2000) - 1000)::numeric / 7, 2) FROM generate_series(1, 50) i;
CREATE TABLE sensors (sensor text, ts timestamp, reading double precision);
INSERT INTO sensors SELECT 's' || i % 3, timestamp '2024-06-01' + i * interval '9 minutes', CASE WHEN i % 13 = 0 THEN NULL ELSE i % 41 * 0.25 END FROM generate_series(1, 150) i;
CREATE TABLE nulls_t (k int, a int, b int, s text);
INSERT INTO nulls_t VALUES (1, 10, 20, 'x'), (2, NULL, 6, 'y'), (3, 8, NULL, NULL), (4, NULL, NULL, ''), (5, 10, 10, 'X'), (6, -4, 2, 'z'), (7, 0, 0, NULL);
CREATE TABLE strings_t (id int, s text);
INSERT INTO strings_t VALUES (1, 'Hello World'), (2, 'one,two,,three'), (3, ''), (4, NULL), (5, '  padded  '), (6, 'ÀÉ ünïcode'), (7, 'a_b%c\d'), (8, '2024-02-29'), (9, '42'), (10, '-3.75'), (11, 'A slow (green) turtle; 123-4567'), (12, 'o''clock "q"'), (13, E'line1\nline2\ttab'), (14, 'AAAbbb'), (15, 'x.y.z');
CREATE TABLE edges (src int, dst int, w int);
INSERT INTO edges VALUES (1, 2, 4), (2, 3, 1), (3, 4, 7), (1, 5, 2), (5, 6, 2), (6, 4, 1), (4, 7, 3), (8, 9, 1);
CREATE TABLE times_t (id int, t time, d date, ts timestamp, tz timestamptz);
INSERT INTO times_t VALUES (1, '00:00:00', '2024-01-31', '2024-01-31 23:59:59.999999', '2024-01-31 23:59:59.999999+00'), (2, '14:05:30.5', '2024-02-29', '2024-02-29', '2024-03-10 06:59:59-00'), (3, '23:59:59', '2023-12-31', '2023-12-31 12:00:00.123', '2023-12-31 18:30:00-05'), (4, NULL, NULL, NULL, NULL), (5, '06:07:08', '2000-01-01', '2000-01-01 06:07:08', '2024-11-03 05:30:00+00'), (6, '12:00', '1969-07-20', '1969-07-20 20:17:40', '1969-07-20 20:17:40+00');
CREATE TABLE numbers_t (id int, i int, j int, n numeric(20,6), f double precision);
INSERT INTO numbers_t VALUES (1, 7, 2, 2.5, 2.5), (2, -7, 2, -2.5, -2.5), (3, 7, -2, 3.5, 3.5), (4, 0, 5, 0.000001, 1e-6), (5, NULL, 3, NULL, NULL), (6, 100, 3, 1234567.891234, 1234567.891234), (7, 1, 1000, 0.5, 0.5), (8, -1, 3, 1.005, 1.005), (9, 2147483647, 1, 99999.999999, 1e15);
CREATE TABLE surveys (id int, answers text, rating int, at date);
INSERT INTO surveys SELECT i, (array['yes','no','maybe','yes,no',NULL])[1 + i % 5], CASE WHEN i % 5 = 0 THEN NULL ELSE 1 + (i * 7) % 5 END, date '2024-01-01' + i FROM generate_series(1, 30) i;
CREATE TABLE flags (id int, f1 boolean, f2 boolean, txt text);
INSERT INTO flags VALUES (1, true, false, 'true'), (2, false, false, 'f'), (3, NULL, true, 'yes'), (4, true, NULL, '0'), (5, true, true, NULL);
