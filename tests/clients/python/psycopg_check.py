"""psycopg 3 against Sluice, with PostgreSQL beside it: what a driver gets must be the same objects.

    python tests/clients/python/psycopg_check.py postgresql://demo@127.0.0.1:7432/shop postgresql://postgres@127.0.0.1:5432/postgres

Each check prints one line; the last line is the count.
"""

import datetime as dt
import decimal
import sys
import threading
import time
import uuid

import psycopg
from psycopg import errors, pq

SLUICE, POSTGRES = sys.argv[1:3]
passed = failed = 0


def check(name):
    """Runs a check at once and counts it."""

    def run(body):
        global passed, failed
        try:
            body()
            passed += 1
            print(f"ok      {name}")
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is the answer
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}")

    return run


def both(query, parameters=None, binary=False):
    """Asks both servers and returns what they agree on."""
    answers = []
    for url in (SLUICE, POSTGRES):
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.cursor(binary=binary)
            cursor.execute("SET TimeZone = 'Europe/Berlin'")
            cursor.execute(query, parameters)
            answers.append([(c.name, c.type_code) for c in cursor.description] + cursor.fetchall())
    assert repr(answers[0]) == repr(answers[1]), f"Sluice {answers[0]!r}, PostgreSQL {answers[1]!r}"
    return answers[0]


VALUES = {
    "int": [0, -1, 2**31, -(2**63)],
    "float": [0.1, -0.0, 1e300, float("inf"), float("nan")],
    "numeric": [decimal.Decimal(text) for text in ("12.50", "0.000", "-1E-10", "123456789012345678901234567890.5", "12.340")],
    "text": ["", "naïve 🎉 'quoted' \\ back", "a\nb"],
    "bytes": [b"", b"\x00\xff\\x"],
    "bool": [True, False],
    "date": [dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31)],
    "time": [dt.time(23, 59, 59, 999999)],
    "timestamp": [dt.datetime(2024, 2, 29, 1, 2, 3, 4)],
    "timestamptz": [dt.datetime(2024, 3, 31, 1, 30, tzinfo=dt.timezone.utc)],
    "interval": [dt.timedelta(days=400, seconds=5, microseconds=7), dt.timedelta(days=-1)],
    "uuid": [uuid.UUID(int=2**127 + 5)],
    "list": [[1, 2, 3], ["a", None, 'b"c'], [1.5, None], [dt.date(2020, 1, 1)]],
    "none": [None],
}
CASTS = {"int": "::int8", "none": "::text", "text": "::text", "numeric": "::numeric", "interval": "::interval"}

for kind, values in VALUES.items():
    for value in values:
        for binary in (False, True):
            form = "binary" if binary else "text"

            @check(f"parameter {kind} {value!r}, {form} results")
            def _(value=value, binary=binary, cast=CASTS.get(kind, "")):
                both(f"SELECT %s{cast} AS value", [value], binary)


@check("names and types of an answer")
def _():
    both("SELECT 1, 'a', now() IS NULL, count(*), 1::numeric(10,2), 'x'::varchar(5), ARRAY[1] FROM (VALUES (1)) AS t (x)")


@check("a statement that is prepared by its sixth run")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        for n in range(12):
            assert connection.execute("SELECT %s::int4 + 1", [n]).fetchone() == (n + 1,)


@check("executemany with results")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.executemany("SELECT %s::int4 * 2", [(1,), (2,), (3,)], returning=True)
        rows = [cursor.fetchone()]
        while cursor.nextset():
            rows.append(cursor.fetchone())
        assert rows == [(2,), (4,), (6,)], rows


@check("pipeline mode, with an error in the middle")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        with connection.pipeline():
            cursors = [connection.execute("SELECT %s::int4", [n]) for n in range(20)]
            assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(20)]
        try:
            with connection.pipeline() as pipeline:
                first = connection.execute("SELECT 1")
                connection.execute("SELECT nothing")
                connection.execute("SELECT 2")
                pipeline.sync()
            raise AssertionError("no error came")
        except errors.UndefinedColumn:
            assert first.fetchone() == (1,)
        assert connection.execute("SELECT 3").fetchone() == (3,)


@check("server-side cursor: fetch, scroll forward, close")
def _():
    with psycopg.connect(SLUICE) as connection:
        with connection.cursor("days") as cursor:
            cursor.execute("SELECT n FROM generate_series(1, 1000) AS n ORDER BY n")
            assert cursor.fetchmany(3) == [(1,), (2,), (3,)]
            assert cursor.fetchone() == (4,)
            assert len(cursor.fetchall()) == 996
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("stream() reads a large answer row by row")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        total = sum(row[0] for row in connection.cursor().stream("SELECT n FROM generate_series(1, 100000) AS n"))
        assert total == 5000050000, total


@check("an error keeps the connection and says where")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        try:
            connection.execute("SELECT missing FROM orders")
            raise AssertionError("no error came")
        except errors.UndefinedColumn as error:
            assert error.diag.statement_position == "8", error.diag.statement_position
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("a transaction: failed, rolled back, usable")
def _():
    with psycopg.connect(SLUICE) as connection:
        connection.execute("SELECT 1")
        assert connection.info.transaction_status == pq.TransactionStatus.INTRANS
        try:
            connection.execute("SELECT 1/0")
        except errors.DivisionByZero:
            pass
        assert connection.info.transaction_status == pq.TransactionStatus.INERROR
        try:
            connection.execute("SELECT 1")
            raise AssertionError("a failed transaction answers")
        except errors.InFailedSqlTransaction:
            pass
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("writes are refused, the connection lives on")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        for statement in ("INSERT INTO orders SELECT * FROM orders", "DROP TABLE orders", "UPDATE orders SET amount = 0"):
            try:
                connection.execute(statement)
                raise AssertionError(f"{statement} ran")
            except psycopg.Error as error:
                assert error.sqlstate in ("25006", "42501", "0A000"), error.sqlstate
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("cancel from another thread")
def _():
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        timer = threading.Timer(0.5, connection.cancel)
        timer.start()
        started = time.monotonic()
        try:
            connection.execute("SELECT count(*) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b")
            raise AssertionError("it was not cancelled")
        except errors.QueryCanceled:
            assert time.monotonic() - started < 10
        assert connection.execute("SELECT 1").fetchone() == (1,)


@check("notices tell the price")
def _():
    notices = []
    with psycopg.connect(SLUICE, autocommit=True) as connection:
        connection.add_notice_handler(lambda diag: notices.append(diag.message_primary))
        connection.execute("SELECT count(*) FROM customers WHERE customer_id > 0").fetchall()
    assert any("USD" in notice for notice in notices), notices


print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
