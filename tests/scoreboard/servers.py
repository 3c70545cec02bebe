"""The two sides: a database of its own on PostgreSQL, and a Sluice over the same rows as Parquet."""

import contextlib
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from compare import Client

TOP = Path(__file__).resolve().parents[2]
READY_SECONDS = 60
ARROW = {
    "boolean": pa.bool_(), "smallint": pa.int16(), "integer": pa.int32(), "bigint": pa.int64(), "real": pa.float32(),
    "double precision": pa.float64(), "text": pa.string(), "date": pa.date32(), "bytea": pa.binary(), "uuid": pa.binary(16),
    "time without time zone": pa.time64("us"), "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
}


@contextlib.contextmanager
def judge_database(schema):
    """Makes a database with the tables of a schema on the PostgreSQL of SLUICE_TEST_PG."""
    dsn = os.environ.get("SLUICE_TEST_PG", "postgres://postgres@127.0.0.1:5432/postgres")
    name = f"sluice_scoreboard_{os.getpid()}"
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'")
        own = psycopg.conninfo.make_conninfo(dsn, dbname=name)
        try:
            with psycopg.connect(own, autocommit=True) as connection:
                connection.execute(schema)
            yield Client(own)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def sluice(postgres, port=None, skipped=None):
    """Starts a Sluice over the tables of the PostgreSQL database, without limits that get in the way. With a list `skipped`, tables that Parquet
    cannot hold are named there instead of ending the run."""
    binary = os.environ.get("SLUICE_TEST_BIN", str(Path(os.environ.get("CARGO_TARGET_DIR", TOP / "target")) / "release/sluice"))
    port, web = port or free_port(), free_port()
    with tempfile.TemporaryDirectory() as work, psycopg.connect(postgres.dsn) as connection:
        work = Path(work)
        (work / "data/public").mkdir(parents=True)
        for table in connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace").fetchall():
            try:
                write_parquet(connection, table[0], work / "data/public" / f"{table[0]}.parquet")
            except (psycopg.Error, pa.ArrowException, ValueError, TypeError):
                if skipped is None:
                    raise
                connection.rollback()
                skipped.append(table[0])
        (work / "sluice.toml").write_text(
            f'[server]\nlisten = "127.0.0.1:{port}"\n\n[web]\nlisten = "127.0.0.1:{web}"\n\n[auth]\nmethod = "trust"\n\n'
            f'[[users]]\nname = "tester"\nadmin = true\n\n[backend]\nkind = "local"\n\n[backend.local]\npaths = ["{work}/data"]\n\n'
            "[guard]\ninject_limit = 0\nrequire_partition_filter = false\nmax_usd_per_query = 1000.0\n\n[guard.approval]\nfrom_usd = 1000.0\n"
        )
        with (work / "log").open("w") as log:
            server = subprocess.Popen([binary, "run", "--config", work / "sluice.toml"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_until_ready(server, web, work / "log")
            yield Client(f"host=127.0.0.1 port={port} user=tester dbname=local")
        finally:
            server.kill()
            server.wait()


def write_parquet(connection, table, file):
    """Writes a table as Parquet; the metadata `pg.type` says what Arrow cannot."""
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, -1), format_type(atttypid, atttypmod), atttypmod FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum", [f'"{table}"']).fetchall()
    fields = [pa.field(name, arrow_type(base, typmod), metadata={"pg.type": declared}) for name, base, declared, typmod in columns]
    # json travels as text.
    shown = [f'"{name}"::text' if base.startswith("json") else f'"{name}"' for name, base, *_ in columns]
    rows = connection.execute(f'SELECT {", ".join(shown)} FROM "{table}"').fetchall()
    values = list(zip(*rows)) if rows else [()] * len(fields)
    arrays = [pa.array([plain(value) for value in column], type=field.type) for column, field in zip(values, fields)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=pa.schema(fields)), file)


def arrow_type(base, typmod):
    if base.endswith("[]"):
        return pa.list_(arrow_type(base.removesuffix("[]"), -1))
    if base == "numeric":
        return pa.decimal128((typmod - 4) >> 16, (typmod - 4) & 0x7FF) if typmod > 0 else pa.decimal128(38, 9)
    return ARROW.get(base, pa.string())


def plain(value):
    """A uuid as Arrow takes it."""
    return value.bytes if hasattr(value, "bytes") else value


def wait_until_ready(server, web, log):
    started = time.monotonic()
    while time.monotonic() - started < READY_SECONDS:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{web}/readyz", timeout=5) as answer:
            if answer.status == 200:
                return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"sluice is not ready:\n{log.read_text()}")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
