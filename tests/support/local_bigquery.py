#!/usr/bin/env python3
"""Sluice in front of an emulator of BigQuery that is not ours: `local-bigquery`, which runs DuckDB behind BigQuery's REST and Storage Read API.

    python tests/support/local_bigquery.py ENVIRONMENT SLUICE        ends with `N passed, M failed`

ENVIRONMENT is a Python environment with the packages of local_bigquery.txt. The emulator knows no bytes and no prices, and its SQL is DuckDB's: what
is proved is that calls, jobs, pages, streams and types are understood by somebody else's server, not the meaning of queries.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg

TABLES = [
    "CREATE TABLE shop.orders (id INT64 NOT NULL, region STRING, amount NUMERIC, ratio FLOAT64, paid BOOL, day DATE, placed TIMESTAMP, seen DATETIME, tags ARRAY<STRING>)",
    "INSERT INTO shop.orders VALUES (1, 'eu', NUMERIC '1.50', 0.5, TRUE, DATE '2024-01-01', TIMESTAMP '2024-01-01 12:00:00.000001+00', DATETIME '2024-01-01 12:00:00', ['x', 'y']),"
    " (2, 'us', NUMERIC '20', -2.25, FALSE, DATE '2024-01-02', TIMESTAMP '2024-02-29 23:59:59+00', NULL, []),"
    " (3, 'ä', NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
    "CREATE TABLE shop.numbers AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 20000)) AS n",
]
QUERIES = [
    ("SELECT count(*) FROM orders", ["3"]),
    ("SELECT id, region, amount, ratio, paid FROM orders ORDER BY id", ["1|eu|1.5|0.5|t", "2|us|20|-2.25|f", "3|ä|NULL|NULL|NULL"]),
    ("SELECT day, placed, seen FROM orders WHERE id < 3 ORDER BY id", ["2024-01-01|2024-01-01 12:00:00.000001+00|2024-01-01 12:00:00", "2024-01-02|2024-02-29 23:59:59+00|NULL"]),
    ("SELECT tags FROM orders WHERE id < 3 ORDER BY id", ["{x,y}", "{}"]),
    ("SELECT region, sum(id) FROM orders GROUP BY region HAVING sum(id) > 1 ORDER BY 2 DESC", ["ä|3", "us|2"]),
    ("SELECT a.id, b.id FROM orders a JOIN orders b ON a.id = b.id + 1 ORDER BY 1", ["2|1", "3|2"]),
    ("SELECT id, CASE WHEN amount > 2 THEN 'much' ELSE 'little' END FROM orders WHERE day IS NOT NULL ORDER BY id", ["1|little", "2|much"]),
    ("SELECT upper(region), length(region) FROM orders WHERE region IN ('eu', 'ä') ORDER BY id", ["EU|2", "Ä|1"]),
    ("SELECT id FROM orders WHERE id < 0", []),
    ("SELECT coalesce(amount, 0) + 1 FROM orders ORDER BY id", ["2.5", "21", "1"]),
    ("SELECT n, row_number() OVER (ORDER BY n DESC) FROM numbers WHERE n <= 3 ORDER BY n", ["1|3", "2|2", "3|1"]),
    ("WITH few AS (SELECT n FROM numbers WHERE n <= 4) SELECT sum(n), min(n), max(n) FROM few", ["10|1|4"]),
    ("SELECT n FROM numbers WHERE n > 2 AND n < 5 UNION ALL SELECT id FROM orders WHERE id = 1 ORDER BY 1", ["1", "3", "4"]),
    ("SELECT DISTINCT n % 3 FROM numbers ORDER BY 1", ["0", "1", "2"]),
    ("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1", ["numbers", "orders"]),
    ("SELECT n FROM numbers ORDER BY n LIMIT 2 OFFSET 19998", ["19999", "20000"]),
]
ERRORS = [("SELECT 10 / (n - 5) FROM numbers", "22012"), ("SELECT nothing FROM orders", "42703")]


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait(what, process, log):
    """Waits until something answers."""
    for _ in range(300):
        try:
            return what()
        except (OSError, psycopg.Error):
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise SystemExit(f"it does not start:\n{Path(log).read_text()}")


def order(address, sql):
    """Runs a statement on the emulator itself."""
    body = {"query": sql, "useLegacySql": False, "defaultDataset": {"projectId": "proj", "datasetId": "shop"}}
    request = urllib.request.Request(f"{address}/bigquery/v2/projects/proj/queries", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{sql}: {error.read().decode()}") from None
    if not told.get("jobComplete"):
        raise SystemExit(f"{sql}: {told}")


def rows(connection, sql):
    """The rows as text."""
    found = connection.pgconn.exec_(sql.encode())
    if found.status != psycopg.pq.ExecStatus.TUPLES_OK:
        raise RuntimeError(f"{found.error_field(psycopg.pq.DiagnosticField.SQLSTATE)} {found.error_message.decode()}")
    value = lambda i, j: "NULL" if found.get_value(i, j) is None else found.get_value(i, j).decode()  # noqa: E731
    return ["|".join(value(i, j) for j in range(found.nfields)) for i in range(found.ntuples)]


def trimmed(row):
    """Numerics have the digits of their column's scale: the zeros behind do not count here."""
    cells = row.split("|")
    number = lambda cell: cell.rstrip("0").rstrip(".") if cell.replace(".", "").replace("-", "").isdigit() and "." in cell else cell  # noqa: E731
    return "|".join(number(cell) for cell in cells)


class Check:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, name, found, wanted):
        if found == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}\n  expected {wanted}\n  found    {found}", flush=True)

    def queries(self, connection, way):
        """The list, and one large result."""
        for sql, wanted in QUERIES:
            try:
                found = [trimmed(row) for row in rows(connection, sql)]
            except RuntimeError as error:
                found = str(error)
            self.equal(f"{way}: {sql}", found, wanted)
        for sql, wanted in ERRORS:
            found = connection.pgconn.exec_(sql.encode())
            state = found.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"no error"
            self.equal(f"{way}: {sql}", state.decode(), wanted)
        self.equal(f"{way}: all rows", sorted(map(int, rows(connection, "SELECT n FROM numbers"))), list(range(1, 20001)))
        self.equal(f"{way}: in order", rows(connection, "SELECT n FROM numbers ORDER BY n DESC"), [str(n) for n in range(20000, 0, -1)])
        told = rows(connection, "SHOW sluice.last_query")[0]
        self.equal(f"{way}: the way", "Storage Read API" in told and "pages:" not in told, way == "storage")
        cursor = connection.execute("SELECT region FROM orders WHERE id = %s", (2,))
        self.equal(f"{way}: a parameter", cursor.fetchall(), [("us",)])


def stops(check, connection):
    """Cancel ends a query that would go on for long."""
    sql = "SELECT count(*) FROM numbers a, numbers b, numbers c WHERE a.n * b.n + c.n = 7"
    timer = threading.Timer(2, connection.cancel)
    timer.start()
    began = time.monotonic()
    found = connection.pgconn.exec_(sql.encode())
    state = found.error_field(psycopg.pq.DiagnosticField.SQLSTATE) or b"no error"
    check.equal("cancel", (state.decode(), time.monotonic() - began < 5), ("57014", True))


def main():
    environment, sluice = Path(sys.argv[1]), sys.argv[2]
    check = Check()
    with tempfile.TemporaryDirectory() as folder:
        # DuckDB looks for its extensions below the home folder.
        home = dict(os.environ, HOME=str(environment))
        for extension in ("ducklake", "icu", "spatial"):
            subprocess.run([environment / "bin/python", "-c", f"import duckdb_extensions as d; d.import_extension('{extension}')"], env=home, check=True, stdout=subprocess.DEVNULL)
        port, storage, log = free_port(), free_port(), f"{folder}/emulator.log"
        command = [environment / "bin/local-bigquery", "--host", "127.0.0.1", "--port", str(port), "--grpc-port", str(storage)]
        command += ["--project", "proj", "--dataset", "shop", "--data-dir", f"{folder}/data"]
        processes = [subprocess.Popen(command, env=home, stdout=open(log, "w"), stderr=subprocess.STDOUT)]
        try:
            address = f"http://127.0.0.1:{port}"
            wait(lambda: urllib.request.urlopen(f"{address}/bigquery/v2/projects/proj/datasets").read(), processes[0], log)
            for sql in TABLES:
                order(address, sql)
            for way, more in [("pages", 'result_path = "rest"\npage_bytes = "64KiB"'), ("storage", f'storage_endpoint = "127.0.0.1:{storage}"\nstorage_from = "0"\npage_bytes = "64KiB"')]:
                listen = free_port()
                file, log = Path(folder) / f"{way}.toml", f"{folder}/{way}.log"
                file.write_text(
                    f'[server]\nlisten = "127.0.0.1:{listen}"\n\n[web]\nlisten = "127.0.0.1:{free_port()}"\n\n[auth]\nmethod = "trust"\n\n[[users]]\nname = "tester"\n\n'
                    f'[guard]\ninject_limit = 0\n\n[cache]\nenabled = false\n\n[backend]\nkind = "bigquery"\n\n[backend.bigquery]\nproject = "proj"\napi_endpoint = "{address}"\n{more}\n'
                )
                file.chmod(0o600)
                processes.append(subprocess.Popen([sluice, "run", "--config", str(file)], stdout=open(log, "w"), stderr=subprocess.STDOUT))
                url = f"postgresql://tester@127.0.0.1:{listen}/proj"
                connection = wait(lambda: psycopg.connect(url, autocommit=True), processes[-1], log)  # noqa: B023
                check.queries(connection, way)
                stops(check, connection)
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()
    print(f"{check.passed} passed, {check.failed} failed")
    sys.exit(1 if check.failed else 0)


if __name__ == "__main__":
    main()
