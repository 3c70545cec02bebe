"""psycopg2, asyncpg, pg8000, SQLAlchemy with pandas, and ADBC in front of Sluice: the same answers as from PostgreSQL.

    python tests/clients/python/drivers_check.py postgresql://demo@127.0.0.1:7432/shop postgresql://postgres@127.0.0.1:5432/postgres

Every query reads constants or series, so that PostgreSQL can answer it too; those that read the shop check what must hold there. Prints
"N passed, M failed".
"""

import asyncio
import io
import sys
import threading
import time
import traceback
from urllib.parse import urlparse

SLUICE, POSTGRES = sys.argv[1:3]
# One value of each type that drivers decode.
VALUES = """SELECT 1::int2 AS a, 2::int4 AS b, 3000000000::int8 AS c, 1.5::float4 AS d, 2.25::float8 AS e, 12.340::numeric AS f,
    true AS g, 'text é'::text AS h, 'v'::varchar(9) AS i, '\\x00ff'::bytea AS j, '2024-02-29'::date AS k, '12:34:56.789'::time AS l,
    '2024-02-29 12:34:56.789'::timestamp AS m, '2024-02-29 12:34:56+01'::timestamptz AS n, '1 day 02:03:04'::interval AS o,
    '{"a": [1, null]}'::jsonb AS p, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS q, ARRAY[1, NULL, 3]::int4[] AS r,
    ARRAY['x', 'y "z"', NULL]::text[] AS s, NULL::int4 AS t"""
SERIES = "SELECT n, n::text AS t FROM generate_series(1, 1000) AS n"
SLOW = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b, generate_series(1, 1000) AS c"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def same(answer):
    """Compares what a function makes of both servers."""
    here, there = answer(SLUICE), answer(POSTGRES)
    assert here == there, f"\n  Sluice     {here}\n  PostgreSQL {there}"
    return here


def parts(url):
    place = urlparse(url)
    return {"host": place.hostname, "port": place.port, "user": place.username, "database": place.path[1:]}


@check
def psycopg2_values():
    import psycopg2

    def answer(url):
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            cursor.execute(VALUES)
            row = cursor.fetchone()
            columns = [(c.name, c.type_code, c.internal_size, c.precision, c.scale) for c in cursor.description]
            return columns, [bytes(v) if isinstance(v, memoryview) else v for v in row]

    same(answer)


@check
def psycopg2_parameters_and_errors():
    import psycopg2

    def answer(url):
        found = []
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT %s + 1, %s || 'x', %s::date", (41, "a'b", "2024-01-01"))
            found.append(cursor.fetchone())
            for text in ("SELECT nix", "SELECT 1/0", "SELECT 'a'::int"):
                cursor.execute("SAVEPOINT s")
                try:
                    cursor.execute(text)
                except psycopg2.Error as error:
                    found.append((error.pgcode, error.diag.message_primary, error.diag.statement_position))
                cursor.execute("ROLLBACK TO SAVEPOINT s")
        return found

    same(answer)


@check
def psycopg2_named_cursor():
    import psycopg2

    def answer(url):
        with psycopg2.connect(url) as connection, connection.cursor("c") as cursor:
            cursor.itersize = 100
            cursor.execute(SERIES)
            return [row for row in cursor]

    assert len(same(answer)) == 1000


@check
def psycopg2_copy():
    import psycopg2

    def answer(url):
        out = io.StringIO()
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.copy_expert(f"COPY ({SERIES}) TO STDOUT (FORMAT csv, HEADER)", out)
        return out.getvalue()

    assert same(answer).count("\n") == 1001


@check
def psycopg2_cancel():
    import psycopg2

    connection = psycopg2.connect(SLUICE)
    timer = threading.Timer(0.5, connection.cancel)
    timer.start()
    started = time.monotonic()
    try:
        connection.cursor().execute(SLOW)
        raise AssertionError("it was not cancelled")
    except psycopg2.errors.QueryCanceled:
        assert time.monotonic() - started < 5
    connection.rollback()
    connection.close()


def awaited(work):
    return asyncio.run(asyncio.wait_for(work, 60))


@check
def asyncpg_values():
    import asyncpg

    async def answer(url):
        connection = await asyncpg.connect(**parts(url), server_settings={"TimeZone": "UTC"})
        row = await connection.fetchrow(VALUES)
        await connection.close()
        return dict(row)

    same(lambda url: awaited(answer(url)))


@check
def asyncpg_prepared_and_cursor():
    import asyncpg

    async def answer(url):
        connection = await asyncpg.connect(**parts(url))
        statement = await connection.prepare("SELECT $1::int4 * 2 AS double, $2::text[] AS names, $3::timestamptz AS at")
        import datetime

        moment = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
        rows = [dict(await statement.fetchrow(n, ["a", None, "b"], moment)) for n in range(8)]
        async with connection.transaction():
            rows += [dict(row) async for row in connection.cursor(SERIES, prefetch=70)]
        try:
            await connection.execute("SELECT 1/0")
        except asyncpg.PostgresError as error:
            rows.append((error.sqlstate, error.message))
        await connection.close()
        return rows

    assert len(same(lambda url: awaited(answer(url)))) == 1009


@check
def asyncpg_copy():
    import asyncpg

    async def answer(url):
        connection = await asyncpg.connect(**parts(url))
        out = io.BytesIO()
        result = await connection.copy_from_query(SERIES, output=out, format="binary")
        await connection.close()
        return result, out.getvalue()

    assert same(lambda url: awaited(answer(url)))[0] == "COPY 1000"

    async def of_a_table():
        connection = await asyncpg.connect(**parts(SLUICE))
        out, rows = io.BytesIO(), await connection.fetchval("SELECT count(*) FROM customers")
        # What is said of its price stands behind the data: this driver keeps what comes after a notice only.
        await connection.execute("SET sluice.cache = off")
        await connection.copy_from_query("SELECT customer_id FROM customers", output=out, format="binary")
        await connection.close()
        return out.getvalue(), rows

    data, rows = awaited(of_a_table())
    assert data.startswith(b"PGCOPY\n") and data.endswith(b"\xff\xff") and len(data) > 10 * rows


@check
def asyncpg_timeout_cancels():
    import asyncpg

    async def work():
        connection = await asyncpg.connect(**parts(SLUICE))
        started = time.monotonic()
        try:
            await connection.fetch(SLOW, timeout=0.5)
            raise AssertionError("it was not cancelled")
        except asyncio.TimeoutError:
            pass
        # The connection is good again once the server has confirmed.
        assert await connection.fetchval("SELECT 1") == 1
        assert time.monotonic() - started < 5
        await connection.close()

    awaited(work())


@check
def pg8000_values():
    import pg8000.dbapi

    def answer(url):
        connection = pg8000.dbapi.connect(**parts(url))
        cursor = connection.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        cursor.execute(VALUES)
        row = cursor.fetchone()
        cursor.execute("SELECT %s::int4 + 1, %s::text", (41, "é"))
        row = list(row) + list(cursor.fetchone())
        connection.rollback()
        connection.close()
        return row

    same(answer)


@check
def pg8000_prepared():
    import pg8000.native

    def answer(url):
        connection = pg8000.native.Connection(**parts(url))
        statement = connection.prepare("SELECT :a::int4 + 1")
        rows = [statement.run(a=n) for n in range(7)]
        statement.close()
        connection.close()
        return rows

    same(answer)


@check
def sqlalchemy_over_three_drivers():
    import sqlalchemy

    for driver in ("psycopg2", "pg8000", "psycopg"):
        try:
            __import__(driver)
        except ImportError:
            continue

        def answer(url):
            engine = sqlalchemy.create_engine(url.replace("postgresql://", f"postgresql+{driver}://"))
            with engine.connect() as connection:
                rows = connection.execute(sqlalchemy.text(SERIES + " WHERE mod(n, :k) = 0"), {"k": 250}).fetchall()
                return [tuple(row) for row in rows]

        assert len(same(answer)) == 4


@check
def sqlalchemy_inspects_the_shop():
    import sqlalchemy

    engine = sqlalchemy.create_engine(SLUICE.replace("postgresql://", "postgresql+psycopg2://"))
    inspector = sqlalchemy.inspect(engine)
    assert "orders" in inspector.get_table_names()
    columns = {column["name"]: str(column["type"]) for column in inspector.get_columns("customers")}
    assert columns["customer_id"] == "INTEGER" and columns["name"] == "TEXT", columns
    customers = sqlalchemy.Table("customers", sqlalchemy.MetaData(), autoload_with=engine)
    with engine.connect() as connection:
        count = connection.execute(sqlalchemy.select(sqlalchemy.func.count()).select_from(customers)).scalar_one()
    assert count > 0


@check
def pandas_reads():
    import pandas
    import sqlalchemy

    def answer(url):
        engine = sqlalchemy.create_engine(url.replace("postgresql://", "postgresql+psycopg2://"))
        frame = pandas.read_sql_query("SELECT n, n / 2.0 AS half, '2024-01-01'::date + n AS day FROM generate_series(1, 50) AS n", engine)
        chunks = sum(len(chunk) for chunk in pandas.read_sql_query(SERIES, engine, chunksize=300))
        return frame.to_csv(), list(map(str, frame.dtypes)), chunks

    assert same(answer)[2] == 1000


@check
def adbc_reads_copy_binary():
    import adbc_driver_postgresql.dbapi

    def answer(url):
        with adbc_driver_postgresql.dbapi.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT n, n::float8 / 4 AS f, n::text AS t, n % 2 = 0 AS even, '2024-01-01'::timestamp AS at FROM generate_series(1, 500) AS n"
            )
            table = cursor.fetch_arrow_table()
            return table.schema.names, [str(ty) for ty in table.schema.types], table.to_pylist()

    assert len(same(answer)[2]) == 500


def main():
    passed, failed = 0, 0
    for function in CHECKS:
        try:
            function()
            passed += 1
        except Exception:  # a check that fails in any way has failed
            failed += 1
            print(f"FAILED {function.__name__}")
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
