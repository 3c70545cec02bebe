-- The tables of the scoreboard: small, and awkward on purpose (NULLs, ties, mixed case, json, arrays, zones).
SET TimeZone='UTC';
SELECT setseed(0.42);
CREATE TABLE customers(id int primary key, name text, email text, country varchar(2), created_at timestamptz, signup_date date, is_active boolean, credit_limit numeric(12,2), score double precision, tags text[], attrs jsonb, referrer_id int);
INSERT INTO customers SELECT i, (array['Alice','bob','Chloé','DAVE','Eve O''Neil','Frank','grace','Ñandú','Ivan','Judy'])[1+i%10]||' '||i, CASE WHEN i%7=0 THEN NULL ELSE 'user'||i||'@'||(array['example.com','Mail.ORG','corp.co.uk'])[1+i%3] END,
 (array['US','GB','DE','FR',NULL])[1+i%5], timestamptz '2022-11-05 13:37:11.123456+00' + (i*37||' hours')::interval, date '2022-11-01'+ i*3, CASE WHEN i%11=0 THEN NULL ELSE i%3<>0 END,
 CASE WHEN i%9=0 THEN NULL ELSE round((i*137.31)::numeric % 5000,2) END, CASE WHEN i%13=0 THEN NULL ELSE (i*7919%1000)/10.0 END,
 CASE WHEN i%8=0 THEN NULL WHEN i%6=0 THEN '{}' ELSE (array['vip','new','eu','churn','b2b'])[1+i%3:2+i%4] END,
 CASE WHEN i%10=0 THEN NULL ELSE jsonb_build_object('plan',(array['free','pro','team'])[1+i%3],'seats',i%5,'beta',i%2=0,'addr',jsonb_build_object('city',(array['Berlin','Paris','NYC'])[1+i%3],'zip',lpad((i*31)::text,5,'0')),'langs',to_jsonb((array['en','de','fr'])[1:1+i%3])) END,
 CASE WHEN i%4=0 THEN NULL ELSE (i/4)+1 END FROM generate_series(1,120) i;
CREATE TABLE products(id int primary key, sku text, name text, category text, price numeric(10,2), weight real, discontinued boolean, launched date, attrs jsonb);
INSERT INTO products SELECT i,'SKU-'||lpad(i::text,4,'0'),(array['Widget','gadget','Gizmo 50%','Thing_amajig','Back\slash','Tab Set'])[1+i%6]||' '||i,(array['Tools','toys','Home & Garden','Books',NULL])[1+i%5],round((i*13.77)::numeric%300,2),CASE WHEN i%6=0 THEN NULL ELSE i*0.75 END,i%10=0,date '2020-02-29'+i*17,jsonb_build_object('color',(array['red','green','blue'])[1+i%3],'dims',jsonb_build_array(i,i+1,i+2)) FROM generate_series(1,60) i;
CREATE TABLE purchases(id bigint primary key, customer_id int, status text, ordered_at timestamp, shipped_at timestamp, total numeric(12,2), discount_pct int, notes text);
INSERT INTO purchases SELECT i, 1+(i*17)%110,(array['pending','shipped','delivered','cancelled','Returned'])[1+(i*3)%5], timestamp '2023-01-01 00:00:00'+((i*5431)||' minutes')::interval, CASE WHEN i%5=0 THEN NULL ELSE timestamp '2023-01-01 00:00:00'+((i*5431+(i*97)%9000)||' minutes')::interval END, round((i*i*3.17)::numeric%2000,2), (i%4)*5, CASE WHEN i%3=0 THEN NULL WHEN i%3=1 THEN '' ELSE '  note, '||i||' ' END FROM generate_series(1,400) i;
CREATE TABLE purchase_items(purchase_id bigint, line_no int, product_id int, qty int, unit_price numeric(10,2), primary key(purchase_id,line_no));
INSERT INTO purchase_items SELECT p, l, 1+(p*l*7)%60, 1+(p+l)%6, round((p*l*2.11)::numeric%300,2) FROM generate_series(1,400) p, generate_series(1,3) l WHERE (p+l)%4<>0;
CREATE TABLE employees(id int primary key, name text, dept text, salary int, hired date, manager_id int);
INSERT INTO employees SELECT i,'Emp '||i,(array['Eng','Sales','Ops',NULL])[1+i%4],30000+(i*7321)%60000/500*500,date '2015-01-31'+i*61,CASE WHEN i=1 THEN NULL ELSE i/3+ (CASE WHEN i/3=0 THEN 1 ELSE 0 END) END FROM generate_series(1,40) i;
CREATE TABLE events(id bigint primary key, user_id int, event_type text, ts timestamptz, payload jsonb, duration_ms int, ip text);
INSERT INTO events SELECT i,1+(i*13)%50,(array['view','click','purchase','login','ERROR'])[1+(i*7)%5],timestamptz '2024-03-09 20:00:00+00'+((i*11)||' minutes')::interval,jsonb_build_object('page','/p/'||i%9,'ms',i%1000,'ok',i%4<>0,'items',jsonb_build_array(jsonb_build_object('sku',i%5,'n',i%3))),CASE WHEN i%10=0 THEN NULL ELSE (i*29)%5000 END,'10.0.'||i%256||'.'||i%7 FROM generate_series(1,800) i;
CREATE TABLE "Mixed Case"("Id" int, "First Name" text, "order" int, "Select" boolean);
INSERT INTO "Mixed Case" VALUES (1,'Ann',3,true),(2,'Bob',NULL,false),(3,NULL,1,NULL),(4,'ann',2,true);
CREATE TABLE sales_daily(d date, region text, amount numeric(14,2), units int);
INSERT INTO sales_daily SELECT date '2023-12-15'+g, r, round(((g*31+length(r)*17)%97*10.5)::numeric,2), (g*3+length(r))%23 FROM generate_series(0,99) g, unnest(array['north','south','east']) r WHERE (g*length(r))%7<>3;
CREATE TABLE ledger(id int, account text, ts timestamp, amount numeric(12,2));
INSERT INTO ledger SELECT i,'acc'||i%5,timestamp '2024-02-27 22:15:00'+((i*333)||' minutes')::interval,round((((i*7919)%2000)-1000)::numeric/7,2) FROM generate_series(1,90) i;
CREATE TABLE sensors(sensor text, ts timestamp, reading double precision);
INSERT INTO sensors SELECT 's'||i%4,timestamp '2024-06-01'+((i*7)||' minutes')::interval,CASE WHEN i%17=0 THEN NULL ELSE round((20+10*sin(i/9.0))::numeric,3)::double precision END FROM generate_series(1,300) i;
CREATE TABLE nulls_t(k int, a int, b int, s text);
INSERT INTO nulls_t VALUES (1,10,20,'x'),(2,NULL,5,'y'),(3,7,NULL,NULL),(4,NULL,NULL,''),(5,10,10,'X'),(6,-3,2,'z'),(7,0,0,NULL);
CREATE TABLE strings_t(id int, s text);
INSERT INTO strings_t VALUES (1,'Hello World'),(2,'foo,bar,,baz'),(3,''),(4,NULL),(5,'  padded  '),(6,'ÀÉÎ ünïcode'),(7,'a_b%c\d'),(8,'2024-02-29'),(9,'42'),(10,'-3.75'),(11,'The quick (brown) fox; 123-4567'),(12,'o''clock "q"'),(13,E'line1\nline2\ttab'),(14,'AAAbbb'),(15,'x.y.z');
CREATE TABLE edges(src int, dst int, w int);
INSERT INTO edges VALUES (1,2,4),(2,3,1),(3,4,7),(1,5,2),(5,6,2),(6,4,1),(4,7,3),(8,9,1);
CREATE TABLE times_t(id int, t time, d date, ts timestamp, tz timestamptz);
INSERT INTO times_t VALUES (1,'00:00:00','2024-01-31','2024-01-31 23:59:59.999999','2024-01-31 23:59:59.999999+00'),(2,'13:45:30.5','2024-02-29','2024-02-29 00:00:00','2024-03-10 06:59:59-00'),(3,'23:59:59','2023-12-31','2023-12-31 12:00:00.123','2023-12-31 18:30:00-05'),(4,NULL,NULL,NULL,NULL),(5,'06:07:08','2000-01-01','2000-01-01 06:07:08','2024-11-03 05:30:00+00'),(6,'12:00','2021-01-03','2021-01-03 03:04:05','2021-01-03 03:04:05+00'),(7,'12:00','1969-07-20','1969-07-20 20:17:40','1969-07-20 20:17:40+00');
CREATE TABLE numbers_t(id int, i int, j int, n numeric(20,6), f double precision);
INSERT INTO numbers_t VALUES (1,7,2,2.5,2.5),(2,-7,2,-2.5,-2.5),(3,7,-2,3.5,3.5),(4,0,5,0.000001,1e-6),(5,NULL,3,NULL,NULL),(6,100,3,1234567.891234,1234567.891234),(7,1,1000,0.5,0.5),(8,-1,3,1.005,1.005),(9,2147483647,1,99999.999999,1e15);
CREATE TABLE surveys(id int, answers text, rating int, at date);
INSERT INTO surveys SELECT i,(array['yes','no','maybe','yes,no','n/a',NULL])[1+i%6],CASE WHEN i%5=0 THEN NULL ELSE 1+(i*7)%5 END,date '2024-01-01'+i FROM generate_series(1,50) i;
CREATE TABLE flags(id int, f1 boolean, f2 boolean, txt text);
INSERT INTO flags VALUES (1,true,false,'true'),(2,false,false,'f'),(3,NULL,true,'yes'),(4,true,NULL,'0'),(5,true,true,NULL);
CREATE TABLE types_t(id smallint, b boolean, r real, c character(5), v character varying(10), u uuid, y bytea, arr int[], j json);
INSERT INTO types_t VALUES
  (1, true, 1.5, 'ab', 'varchar', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\xdeadbeef', '{1,2,3}', '{"b": 1, "a": [1, 2]}'),
  (2, false, -0.25, 'abcde', '', '00000000-0000-0000-0000-000000000000', '\x', '{}', '[]'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, true, 3.4e38, ' x', 'Übung', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\x00ff41', '{NULL,5}', '"text"');
