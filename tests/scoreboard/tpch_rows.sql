-- Rows for the TPC-H tables (tests/slt/tpch/schema.sql): few, and such that every query has an answer.
INSERT INTO region SELECT i, (array['AFRICA','AMERICA','ASIA','EUROPE','MIDDLE EAST'])[i + 1], 'region ' || i FROM generate_series(0, 4) i;
INSERT INTO nation SELECT i, (array['ALGERIA','ARGENTINA','BRAZIL','CANADA','EGYPT','ETHIOPIA','FRANCE','GERMANY','INDIA','INDONESIA','IRAN','IRAQ','JAPAN','JORDAN','KENYA',
  'MOROCCO','MOZAMBIQUE','PERU','CHINA','ROMANIA','SAUDI ARABIA','VIETNAM','RUSSIA','UNITED KINGDOM','UNITED STATES'])[i + 1],
  (array[0,1,1,1,4,0,3,3,2,2,4,4,2,4,0,0,0,1,2,3,4,2,3,3,1])[i + 1], 'nation ' || i FROM generate_series(0, 24) i;
INSERT INTO supplier SELECT i, 'Supplier#' || lpad(i::text, 9, '0'), 'street ' || i, (array[3,6,7,20,2,8,23,12,18,24])[1 + i % 10], (10 + i % 25) || '-555-' || lpad(i::text, 4, '0'),
  round(((i * 7919) % 20000 - 5000)::numeric / 3, 2), CASE WHEN i % 9 = 0 THEN 'slow Customer has many Complaints here' ELSE 'fine supplier ' || i END FROM generate_series(1, 40) i;
INSERT INTO part SELECT i, (array['forest','green','lemon','navy','ivory'])[1 + i % 5] || ' ' || (array['green','blush','chocolate'])[1 + i % 3] || ' part', 'Manufacturer#' || 1 + i % 5,
  (array['Brand#23','Brand#12','Brand#34','Brand#45','Brand#55'])[1 + (i / 2) % 5],
  (array['ECONOMY ANODIZED STEEL','STANDARD BRUSHED BRASS','PROMO PLATED BRASS','MEDIUM POLISHED TIN','PROMO BURNISHED COPPER','LARGE PLATED BRASS'])[1 + i % 6],
  (array[15,49,14,23,45,19,3,36,9,1,5])[1 + i % 11], (array['MED BOX','SM CASE','MED BAG','LG BOX','SM BOX','LG CASE','JUMBO JAR'])[1 + i % 7], 900 + i * 1.37, 'part ' || i
  FROM generate_series(1, 100) i;
INSERT INTO partsupp SELECT p, 1 + (p * 3 + s * 11) % 40, (p * 37 + s * 101) % 9000, round((p * 13.7 + s * 5.31)::numeric % 1000, 2), 'offer ' || p || ' ' || s
  FROM generate_series(1, 100) p, generate_series(0, 3) s;
INSERT INTO customer SELECT i, 'Customer#' || lpad(i::text, 9, '0'), 'road ' || i, (array[6,7,2,8,12,3,20,24,18,1])[1 + i % 10],
  (array['13','31','23','29','30','18','17','25','11','22'])[1 + i % 10] || '-555-' || lpad(i::text, 4, '0'), round(((i * 4127) % 15000 - 3000)::numeric / 2, 2),
  (array['BUILDING','AUTOMOBILE','MACHINERY','HOUSEHOLD','FURNITURE'])[1 + i % 5], 'customer ' || i FROM generate_series(1, 100) i;
INSERT INTO orders SELECT i, 1 + (i * 7) % 75, (array['F','O','P'])[1 + i % 3], 0, date '1992-06-01' + (i * 11) % 2100, (array['1-URGENT','2-HIGH','3-MEDIUM','4-NOT SPECIFIED','5-LOW'])[1 + i % 5],
  'Clerk#' || i % 10, 0, CASE WHEN i % 6 = 0 THEN 'some special packages requests ' || i ELSE 'usual order ' || i END FROM generate_series(1, 300) i;
INSERT INTO lineitem SELECT o, 1 + (o * 5 + l * 17) % 100, 1 + ((1 + (o * 5 + l * 17) % 100) * 3 + (o + l) % 4 * 11) % 40, l, CASE WHEN o % 60 = 0 THEN 49 + l ELSE 1 + (o * l * 3) % 50 END,
  round(((o * 97 + l * 1013) % 50000 + 901)::numeric / 2, 2), ((o + l) % 11) / 100.0, ((o * l) % 9) / 100.0, (array['R','A','N'])[1 + (o + l) % 3], (array['F','O'])[1 + (o / 2 + l) % 2],
  d + 1 + (o * 3 + l * 7) % 120, d + 30 + (o + l * 13) % 60, d + 5 + (o * 7 + l * 11) % 150,
  (array['DELIVER IN PERSON','COLLECT COD','NONE','TAKE BACK RETURN'])[1 + (o + l) % 4], (array['AIR','MAIL','SHIP','AIR REG','TRUCK','RAIL','FOB'])[1 + (o * 2 + l) % 7], 'line ' || o || ' ' || l
  FROM (SELECT i AS o, date '1992-06-01' + (i * 11) % 2100 AS d FROM generate_series(1, 300) i) x, generate_series(1, 7) l WHERE l <= 1 + o % 5 OR o % 60 = 0;
UPDATE orders SET o_totalprice = (SELECT sum(round(l_extendedprice * (1 + l_tax) * (1 - l_discount), 2)) FROM lineitem WHERE l_orderkey = o_orderkey);
