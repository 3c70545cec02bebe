-- fields of a moment
SELECT id, to_char(shipped_at, 'hh:mi a.m. WW W CC J RM SSSS') a, to_char(shipped_at, 'DDth Dy IDDD FF3') b, to_char(placed_at, 'OF TZ TZH:TZM') c, to_char(shipped_at, 'Y,YYY YYY "week" IW') d FROM orders ORDER BY id
----
?

-- zoned fields [Europe/Berlin]
SELECT id, to_char(placed_at, 'YYYY-MM-DD HH24:MI OF') a FROM orders ORDER BY id
----
?

-- fields of an interval
SELECT id, to_char(shipped_at - placed_at::timestamp, 'DD HH24:MI:SS') a FROM orders ORDER BY id
----
?

-- signs of numbers
SELECT id, to_char(amount, 'FM999,999,990.00') a, to_char(amount, 'S9999999.99') b, to_char(quantity, '999PR') c, to_char(quantity, 'FM999MI') d, to_char(quantity, 'L999%') e, to_char(discount, 'FM9990.00') f FROM orders WHERE id NOT IN (5, 7) ORDER BY id
----
?

-- reading fractions
SELECT to_timestamp('2024-03-09 01:02:03.5', 'YYYY-MM-DD HH24:MI:SS.US') a FROM edges WHERE src = 8
----
?
