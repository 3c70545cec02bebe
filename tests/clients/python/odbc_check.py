"""psqlODBC behind pyodbc in front of Sluice: the same answers as from PostgreSQL. Prints "N passed, M failed".

    python tests/clients/python/odbc_check.py DRIVER.so 127.0.0.1 7432 shop demo  127.0.0.1 5432 postgres postgres
"""

import sys
import threading
import time
import traceback

import pyodbc

DRIVER = sys.argv[1]
PLACES = [sys.argv[2:6], sys.argv[6:10]]
VALUES = """SELECT 1::int2 AS a, 2::int4 AS b, 3000000000::int8 AS c, 1.5::float4 AS d, 2.25::float8 AS e, 12.340::numeric(10,3) AS f,
    true AS g, 'text é'::text AS h, 'v'::varchar(9) AS i, '\\x00ff'::bytea AS j, '2024-02-29'::date AS k, '12:34:56'::time AS l,
    '2024-02-29 12:34:56.789'::timestamp AS m, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS n, NULL::int4 AS o"""
SLOW = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def connect(place, more="", **options):
    host, port, database, user = place
    text = f"DRIVER={DRIVER};SERVER={host};PORT={port};DATABASE={database};UID={user};SSLMODE=disable;{more}"
    return pyodbc.connect(text, **options)


def same(answer):
    """Compares what a function makes of both servers."""
    here, there = (answer(place) for place in PLACES)
    assert here == there, f"\n  Sluice     {here}\n  PostgreSQL {there}"
    return here


def rows(cursor):
    return [tuple(row) for row in cursor.fetchall()], [column[:2] + column[3:] for column in cursor.description or ()]


def each_way(work):
    """Server-side prepares and none, rows at once and by cursor."""
    for more in ("UseServerSidePrepare=1", "UseServerSidePrepare=0", "UseDeclareFetch=1;Fetch=7"):
        def answer(place, more=more):
            with connect(place, more) as connection:
                return work(connection.cursor())

        same(answer)


@check
def values():
    each_way(lambda cursor: rows(cursor.execute(VALUES)))


@check
def parameters():
    def work(cursor):
        text = "SELECT ?::int4 + 1, ?::text, ?::float8 * 2, ?::date, ?::int8"
        return [rows(cursor.execute(text, n, f"it's {n}", n / 4, "2024-02-29", None))[0] for n in range(8)]

    each_way(work)


@check
def many_rows():
    each_way(lambda cursor: rows(cursor.execute("SELECT n, n::text, n % 7 = 0 FROM generate_series(1, 1000) AS n")))


@check
def errors():
    def work(cursor):
        told = []
        for text in ("SELECT nix", "SELECT 1/0", "SELEC 1"):
            try:
                cursor.execute(text)
            except pyodbc.Error as error:
                told.append((error.args[0], error.args[1].split(";")[0]))
        return told, rows(cursor.execute("SELECT 1"))

    each_way(work)


@check
def transactions():
    def answer(place):
        with connect(place, autocommit=False) as connection:
            cursor = connection.cursor()
            cursor.execute("SELECT 1").fetchall()
            try:
                cursor.execute("SELECT nix")
            except pyodbc.Error:
                pass
            connection.rollback()
            one = cursor.execute("SELECT 2").fetchall()[0][0]
            connection.commit()
            return one

    same(answer)


@check
def several_results():
    def work(cursor):
        cursor.execute("SELECT 1 AS a; SELECT 2 AS b, 3 AS c")
        first = rows(cursor)
        return first, cursor.nextset(), rows(cursor)

    each_way(work)


@check
def columns_of_a_table():
    with connect(PLACES[0]) as connection:
        cursor = connection.cursor()
        assert "orders" in [row.table_name for row in cursor.tables(schema="shop")]
        names = [row.column_name for row in cursor.columns(table="orders", schema="shop")]
        assert names[:2] == ["order_id", "customer_id"], names
        assert cursor.execute("SELECT count(*) FROM orders").fetchall()[0][0] > 0


@check
def cancel():
    for place in PLACES:
        with connect(place) as connection:
            cursor = connection.cursor()
            timer = threading.Timer(0.5, cursor.cancel)
            timer.start()
            began = time.monotonic()
            try:
                cursor.execute(SLOW)
                raise AssertionError("it was not cancelled")
            except pyodbc.Error as error:
                assert error.args[0] in ("HY008", "57014", "HY000"), error
            assert time.monotonic() - began < 3
            assert connection.cursor().execute("SELECT 1").fetchall()[0][0] == 1


failed = 0
for function in CHECKS:
    try:
        function()
    except Exception:
        failed += 1
        print(f"FAILED {function.__name__}")
        traceback.print_exc(limit=3)
print(f"{len(CHECKS) - failed} passed, {failed} failed")
sys.exit(failed > 0)
