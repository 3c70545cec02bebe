#!/usr/bin/env python3
"""Proves the stand-in: Google's own Python client against it, cases of our own, and recorded answers of the real BigQuery.

    python tests/support/test_standin.py            ends with `N passed, M failed`

SLUICE_BIGQUERY_TRUTH names the recordings (see `truth.py`); without them that part is left out.
"""

import datetime as dt
import json
import os
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import bigquery as standin  # noqa: E402
import grpc  # noqa: E402
import truth  # noqa: E402
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, GoogleAPICallError, MethodNotImplemented, NotFound, OutOfRange, PermissionDenied  # noqa: E402
from google.auth.credentials import AnonymousCredentials  # noqa: E402
from google.cloud import bigquery, bigquery_storage_v1  # noqa: E402
from google.cloud.bigquery_storage_v1 import types  # noqa: E402
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport  # noqa: E402
from googlesql import Engine, Error, Table, View  # noqa: E402

ENGINE = Engine()
SERVER = standin.serve(engine=ENGINE)
URL = f"http://127.0.0.1:{SERVER.server_address[1]}"
MIB = 1 << 20

SCRIPT = """
CREATE TABLE orders (id INT64 NOT NULL, region STRING, amount NUMERIC, day DATE, tags ARRAY<STRING>) PARTITION BY day CLUSTER BY region;
INSERT INTO orders VALUES
  (1, 'eu', 1.5, DATE '2024-01-01', ['x', 'y']),
  (2, 'us', 2, DATE '2024-01-02', []),
  (3, 'eu', NULL, DATE '2024-01-02', NULL);
CREATE TABLE events (ts TIMESTAMP, kind STRING) PARTITION BY TIMESTAMP_TRUNC(ts, HOUR);
INSERT INTO events VALUES (TIMESTAMP '2024-01-01 09:30:00+00', 'view'), (TIMESTAMP '2024-01-01 10:00:00+00', 'buy');
CREATE VIEW spent AS SELECT region, amount FROM shop.orders;
"""


def ask(verb, path, body=None):
    """Calls the stand-in without a client."""
    request = urllib.request.Request(URL + path, method=verb, data=json.dumps(body or {}).encode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        error.msg = json.load(error)["error"]["message"]  # say why
        raise


def fresh():
    """An empty stand-in with the tables of SCRIPT; a client."""
    ask("DELETE", "/test/all")
    ask("POST", "/test/sql", {"project": "p", "dataset": "shop", "sql": SCRIPT})
    ask("DELETE", "/test/requests")
    return bigquery.Client(project="p", credentials=AnonymousCredentials(), client_options={"api_endpoint": URL})


def config(**more):
    return bigquery.QueryJobConfig(**{"use_query_cache": False, **more})


def dry(client, sql, **more):
    return client.query(sql, job_config=config(dry_run=True, **more))


def raises(kind, call, *words):
    try:
        call()
    except kind as error:
        assert all(word in str(error) for word in words), error
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


# The engine

def test_engine_evaluates_with_contents():
    table = Table([{"name": "a", "type": "INT64"}], [(1,), (2,), (None,)])
    fields, rows = ENGINE.evaluate("SELECT SUM(a) AS s, COUNT(*) FROM `p.d.t` WHERE a >= @x OR a IS NULL", {"d.t": table}, {"x": (2, "INT64")})
    assert [field["name"] for field in fields] == ["s", "f0_"] and rows == [(2, 2)]


def test_engine_positions_survive_renaming():
    table = Table([{"name": "a", "type": "INT64"}])
    error = raises(Error, lambda: ENGINE.evaluate("SELECT x.a,\n  nope FROM a_long_name.t AS x", {"t": table}))
    assert error.position == (2, 3), error
    error = raises(Error, lambda: ENGINE.evaluate("SELECT t.a FROM d.t WHERE nope", {"t": table}))
    assert error.position == (1, 27), error


def test_engine_names():
    assert ENGINE.tables("WITH a AS (SELECT 1 FROM b) SELECT * FROM a, `p.d.t` x, x.items JOIN d.`u` USING (id)") == [("b",), ("p", "d", "t"), ("d", "u")]
    view = {"v": View("SELECT a FROM t"), "t": Table([{"name": "a", "type": "INT64"}], [(7,)])}
    assert ENGINE.evaluate("SELECT v.a FROM v", view)[1] == [(7,)]


def test_engine_refuses_what_bigquery_lacks():
    for sql in ["SELECT SUM(1) FILTER (WHERE TRUE)", "SELECT [1] = [1]", "SELECT CAST(1 AS INT32)", "SELECT 1::text", "SELECT CONCAT('a', 1)"]:
        raises(Error, lambda: ENGINE.evaluate(sql, {}))


def test_engine_stops():
    engine = Engine(seconds=0.3)
    raises(Error, lambda: engine.evaluate("SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) a, UNNEST(GENERATE_ARRAY(1, 100000)) b", {}))
    assert engine.evaluate("SELECT 1", {})[1] == [(1,)]


# Google's client

def test_metadata():
    client = fresh()
    assert [each.dataset_id for each in client.list_datasets()] == ["shop"]
    assert [each.table_id for each in client.list_tables("shop")] == ["events", "orders", "spent"]
    table = client.get_table("shop.orders")
    assert [(field.name, field.field_type, field.mode) for field in table.schema] == [
        ("id", "INTEGER", "REQUIRED"), ("region", "STRING", "NULLABLE"), ("amount", "NUMERIC", "NULLABLE"), ("day", "DATE", "NULLABLE"),
        ("tags", "STRING", "REPEATED"),
    ]
    assert (table.num_rows, table.num_bytes) == (3, 3 * 8 + 3 * 4 + 2 * 16 + 3 * 8 + 2 * 3)
    assert table.time_partitioning.field == "day" and table.clustering_fields == ["region"]
    assert client.get_table("shop.spent").table_type == "VIEW"
    raises(NotFound, lambda: client.get_table("shop.nope"), "Not found: Table p:shop.nope")
    raises(NotFound, lambda: client.get_table("shop.ORDERS"))


def test_partitions():
    client = fresh()
    assert sorted(client.list_partitions("shop.orders")) == ["20240101", "20240102"]
    assert sorted(client.list_partitions("shop.events")) == ["2024010109", "2024010110"]
    assert [client.get_table(f"shop.orders${day}").num_rows for day in ("20240101", "20240102", "20240103")] == [1, 2, 0]
    ask("POST", "/test/sql", {"project": "p", "dataset": "shop", "sql": "CREATE TABLE plain (id INT64); INSERT INTO orders (id, day) VALUES (4, NULL)"})
    assert "__NULL__" in client.list_partitions("shop.orders")
    raises(BadRequest, lambda: client.list_partitions("shop.plain"), "not partitioned")


def test_create_and_fill():
    client = fresh()
    client.create_dataset("eu")
    raises(Conflict, lambda: client.create_dataset("eu"))
    table = client.create_table(bigquery.Table("p.eu.Mixed Case", [bigquery.SchemaField("a", "INT64"), bigquery.SchemaField("b", "JSON")]))
    before = client.get_table(table)
    assert client.insert_rows_json(table, [{"a": 1, "b": '{"x": 1}'}, {"a": None}]) == []
    after = client.get_table(table)
    assert after.num_rows == 2 and after.etag != before.etag and after.modified > before.modified
    assert [tuple(row) for row in client.list_rows(table)] == [(1, {"x": 1}), (None, None)]
    client.delete_table(table)
    raises(NotFound, lambda: client.get_table(table))


def test_query_types():
    client = fresh()
    row = next(iter(client.query("""SELECT 1 AS i, 1.5 AS f, NUMERIC '1.50' AS n, BIGNUMERIC '1e-38' AS bn, TRUE AS b, 'é' AS s, b'\\xff' AS y,
        DATE '0001-01-01' AS d, TIME '23:59:59.000001' AS t, DATETIME '2024-01-02 03:04:05' AS dtm, TIMESTAMP '9999-12-31 23:59:59.999999+00' AS ts,
        [1, 2] AS a, STRUCT(1 AS x, [STRUCT('q' AS z)] AS y) AS st, JSON '{"k": [1]}' AS j, CAST(NULL AS STRING) AS nothing,
        INTERVAL '1-2 3 4:5:6' YEAR TO SECOND AS iv, RANGE(DATE '2024-01-01', NULL) AS r""").result()))
    assert row["i"] == 1 and row["f"] == 1.5 and row["n"] == Decimal("1.5") and row["bn"] == Decimal("1e-38") and row["b"] is True
    assert row["s"] == "é" and row["y"] == b"\xff" and row["d"] == dt.date(1, 1, 1) and row["t"] == dt.time(23, 59, 59, 1)
    assert row["dtm"] == dt.datetime(2024, 1, 2, 3, 4, 5)
    assert row["ts"] == dt.datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=dt.timezone.utc)
    assert row["a"] == [1, 2] and row["st"] == {"x": 1, "y": [{"z": "q"}]} and row["j"] == {"k": [1]} and row["nothing"] is None
    assert row["iv"].months == 2 and row["iv"].years == 1 and row["r"]["start"] == dt.date(2024, 1, 1)


def test_bytes_and_bills():
    client = fresh()
    job = client.query("SELECT id, region FROM shop.orders", job_config=config())
    assert len(list(job.result())) == 3
    assert (job.total_bytes_processed, job.total_bytes_billed, job.cache_hit) == (3 * 12, 10 * MIB, False)
    assert job.statement_type == "SELECT" and [str(each) for each in job.referenced_tables] == ["p.shop.orders"]
    for sql, expected in [
        ("SELECT COUNT(*) FROM shop.orders", 0),
        ("SELECT id FROM shop.orders WHERE day = '2024-01-01'", 16),
        ("SELECT id FROM shop.orders WHERE day BETWEEN '2024-01-02' AND '2024-12-31'", 32),
        ("SELECT id FROM shop.orders WHERE day > DATE_SUB(DATE '2024-01-02', INTERVAL 1 DAY) AND region = 'eu'", 40),
        ("SELECT id FROM shop.orders WHERE day IN ('2024-01-01', '2025-01-01') OR day = '2023-01-01'", 16),
        ("SELECT id FROM shop.orders WHERE day = (SELECT MAX(day) FROM shop.orders)", 48),
        ("SELECT a.id FROM shop.orders a JOIN shop.orders b ON a.id = b.id AND b.day = '2024-01-01'", 48),
        ("SELECT kind FROM shop.events WHERE ts >= '2024-01-01 10:00:00+00'", 8 + 5),
        ("SELECT kind FROM shop.events WHERE DATE(ts) = '2024-01-02'", 0),
        ("SELECT amount FROM shop.spent", 32),
        ("WITH w AS (SELECT id, region, amount + 1 AS more FROM shop.orders), v AS (SELECT tags FROM shop.orders) SELECT id FROM w", 24),
        ("SELECT id FROM (SELECT id, region FROM shop.orders UNION ALL SELECT id, kind FROM shop.events, UNNEST([1]) AS id)", 24),
        ("SELECT (SELECT MAX(region) FROM shop.orders) AS r", 12),
        ("SELECT x FROM shop.orders, UNNEST(tags) AS x", 6),
        ("SELECT COUNT(*) FROM shop.orders WHERE region = 'eu'", 12),
        ("SELECT COUNT(*) FROM shop.orders GROUP BY region", 12),
        ("SELECT 1", 0),
    ]:
        assert dry(client, sql).total_bytes_processed == expected, (sql, dry(client, sql).total_bytes_processed)
    day = [bigquery.ScalarQueryParameter("d", "DATE", dt.date(2024, 1, 1))]
    assert dry(client, "SELECT id FROM shop.orders WHERE day = @d", query_parameters=day).total_bytes_processed == 16


def test_dry_runs_make_no_jobs():
    client = fresh()
    job = dry(client, "SELECT id AS x, tags FROM shop.orders")
    assert job.state == "DONE" and [field.name for field in job.schema] == ["x", "tags"]
    raises(BadRequest, lambda: dry(client, "SELECT nope FROM shop.orders"), "Unrecognized name: nope", "[1:8]")
    assert list(client.list_jobs()) == []
    assert ask("GET", "/test/requests")["counts"]["jobs.dryRun"] == 2


def test_pages():
    client = fresh()
    rows = list(client.query("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n").result(page_size=10))
    assert [row["n"] for row in rows] == list(range(1, 26))
    pages = [entry for entry in ask("GET", "/test/requests")["log"] if entry["method"] == "jobs.getQueryResults" and entry["query"]["maxResults"] == "10"]
    assert len(pages) == 3
    ask("POST", "/test/settings", {"page_bytes": 2000})
    job = client.query("SELECT REPEAT('x', 500) FROM UNNEST(GENERATE_ARRAY(1, 20))", job_config=config())
    assert len(list(job.result())) == 20
    assert [row[0] for row in client.query("SELECT n FROM UNNEST(GENERATE_ARRAY(1, 9)) AS n ORDER BY n").result(start_index=7)] == [8, 9]
    assert [row["id"] for row in client.list_rows("shop.orders", selected_fields=[bigquery.SchemaField("id", "INT64")], page_size=2)] == [1, 2, 3]


def test_parameters():
    client = fresh()
    named = [
        bigquery.ScalarQueryParameter("i", "INT64", 2), bigquery.ArrayQueryParameter("a", "STRING", ["eu", "us"]),
        bigquery.ScalarQueryParameter("ts", "TIMESTAMP", dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)),
        bigquery.ScalarQueryParameter("none", "NUMERIC", None),
    ]
    sql = "SELECT id, @ts AS ts, @none AS none FROM shop.orders WHERE region IN UNNEST(@a) AND id >= @i ORDER BY id"
    rows = [tuple(row) for row in client.query(sql, job_config=config(query_parameters=named)).result()]
    assert rows == [(2, dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), None), (3, dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), None)]
    positional = [bigquery.ScalarQueryParameter(None, "STRING", "a?"), bigquery.ScalarQueryParameter(None, "INT64", 1)]
    assert [tuple(row) for row in client.query("SELECT ?, '?', ?", job_config=config(query_parameters=positional)).result()] == [("a?", "?", 1)]
    raises(BadRequest, lambda: list(client.query("SELECT @missing").result()), "missing")


def test_caps():
    client = fresh()
    capped = config(maximum_bytes_billed=10 * MIB - 1)
    error = raises(GoogleAPICallError, lambda: list(client.query("SELECT id FROM shop.orders", job_config=capped, job_retry=None).result()))
    assert f"Query exceeded limit for bytes billed: {10 * MIB - 1}. {10 * MIB} or higher required." in str(error)
    job = next(iter(client.list_jobs()))
    assert job.error_result["reason"] == "bytesBilledLimitExceeded" and job.total_bytes_billed == 0
    assert len(list(client.query("SELECT id FROM shop.orders", job_config=config(maximum_bytes_billed=10 * MIB)).result())) == 3


def test_cache():
    client = fresh()
    cached = config(use_query_cache=True)

    def hit(sql):
        job = client.query(sql, job_config=cached)
        job.result()
        return job.cache_hit, job.total_bytes_billed

    assert hit("SELECT id FROM shop.orders") == (False, 10 * MIB)
    assert hit("SELECT id FROM shop.orders") == (True, 0)
    assert hit("SELECT id  FROM shop.orders") == (False, 10 * MIB)
    ask("POST", "/test/touch", {"project": "p", "dataset": "shop", "table": "orders"})
    assert hit("SELECT id FROM shop.orders") == (False, 10 * MIB)
    assert hit("SELECT id, CURRENT_TIMESTAMP() FROM shop.orders")[0] is False
    assert hit("SELECT id, CURRENT_TIMESTAMP() FROM shop.orders")[0] is False


def test_jobs_are_idempotent_and_labelled():
    client = fresh()
    labelled = config(labels={"team": "sales-1"})
    client.query("SELECT 1", job_id="mine", job_config=labelled, job_retry=None).result()
    raises(Conflict, lambda: client._connection.api_request(method="POST", path="/projects/p/jobs", data={
        "jobReference": {"jobId": "mine"}, "configuration": {"query": {"query": "SELECT 2", "useLegacySql": False}}}), "Already Exists")
    assert client.get_job("mine").labels == {"team": "sales-1"}
    raises(BadRequest, lambda: client.query("SELECT 1", job_config=config(labels={"Team": "x"})), "Label key")
    raises(NotFound, lambda: client.get_job("other"))
    body = {"configuration": {"query": {"query": "SELECT 1"}}}
    error = raises(urllib.error.HTTPError, lambda: ask("POST", "/bigquery/v2/projects/p/jobs", body))
    assert "useLegacySql" in error.msg


def test_cancel_and_timeouts():
    client = fresh()
    ask("POST", "/test/slow", {"seconds": [30, 30]})
    job = client.query("SELECT 1", job_config=config())
    assert job.state == "RUNNING" and job.cancel()
    error = raises(GoogleAPICallError, lambda: job.result(timeout=20), "cancelled")
    job.reload()  # the client may have the error from an answer that tells nothing else of the job
    assert job.error_result["reason"] == "stopped", error
    waiting = ask("POST", "/bigquery/v2/projects/p/queries", {"query": "SELECT 1", "useLegacySql": False, "timeoutMs": 10, "useQueryCache": False})
    assert waiting["jobComplete"] is False
    ask("POST", "/bigquery/v2/projects/p/jobs/" + waiting["jobReference"]["jobId"] + "/cancel")


def test_errors():
    client = fresh()
    run = lambda sql: list(client.query(sql, job_config=config(), job_retry=None).result())  # noqa: E731
    raises(BadRequest, lambda: run("SLECT 1"), 'Syntax error: Unexpected identifier "SLECT" at [1:1]')
    raises(BadRequest, lambda: run("SELECT 1 / 0"), "division by zero: 1 / 0")
    raises(NotFound, lambda: run("SELECT * FROM shop.nope"), "Not found: Table p:shop.nope was not found in location US")
    raises(NotFound, lambda: run("SELECT * FROM nope.nope"), "Not found: Dataset p:nope")
    raises(Forbidden, lambda: run("SELECT * FROM other.shop.orders"), "Access Denied")
    raises(BadRequest, lambda: run("SELECT 1 AS a, 2 AS a"), "Duplicate column names")
    raises(BadRequest, lambda: run("SELECT [1, NULL] AS a"), "Array cannot have a null element; error in writing field a")
    raises(BadRequest, lambda: run("SELECT id FROM orders"), "must be qualified with a dataset")
    assert len(list(client.query("SELECT id FROM orders", job_config=config(default_dataset="p.shop")).result())) == 3


def test_faults():
    client = fresh()
    ask("POST", "/test/faults", {"method": "jobs.insert", "count": 2, "status": 503, "reason": "backendError"})
    assert list(client.query("SELECT 7", job_config=config()).result())[0][0] == 7
    assert ask("GET", "/test/requests")["counts"]["jobs.insert"] == 3
    ask("POST", "/test/faults", {"method": "tables.get", "kind": "drop"})
    raises(Exception, lambda: ask("GET", "/bigquery/v2/projects/p/datasets/shop/tables/orders"))
    ask("POST", "/test/faults", {"method": "jobs.insert", "kind": "lost"})
    body = {"jobReference": {"jobId": "lost-1"}, "configuration": {"query": {"query": "SELECT 1", "useLegacySql": False}}}
    raises(Exception, lambda: ask("POST", "/bigquery/v2/projects/p/jobs", body))
    assert client.get_job("lost-1").job_id == "lost-1"


def test_partition_filters_can_be_required():
    client = fresh()
    ask("POST", "/test/tables", {"project": "p", "dataset": "shop", "table": "strict", "schema": [{"name": "day", "type": "DATE"}],
                                 "timePartitioning": {"type": "DAY", "field": "day", "requirePartitionFilter": True}, "rows": [{"day": "2024-01-01"}]})
    raises(BadRequest, lambda: dry(client, "SELECT * FROM shop.strict"), "without a filter over column(s) 'day'")
    assert dry(client, "SELECT * FROM shop.strict WHERE day = '2024-01-01'").total_bytes_processed == 8


# The Storage Read API, by Google's client

def read_client():
    """Google's client of the Storage Read API."""
    channel = grpc.insecure_channel(SERVER.RequestHandlerClass.stand_in.storage_address)
    return bigquery_storage_v1.BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))


def read_session(reader, client, sql, streams=1):
    """A session over a query's result."""
    job = client.query(sql, job_config=config())
    job.result()
    place = job.destination
    wanted = types.ReadSession(table=f"projects/{place.project}/datasets/{place.dataset_id}/tables/{place.table_id}", data_format=types.DataFormat.ARROW)
    return reader.create_read_session(parent="projects/p", read_session=wanted, max_stream_count=streams)


def test_storage_reads_what_pages_hold():
    client, reader = fresh(), read_client()
    for sql in [
        "SELECT * FROM shop.orders ORDER BY id",
        "SELECT n, CAST(n AS STRING) AS s FROM UNNEST(GENERATE_ARRAY(1, 5000)) AS n ORDER BY n",
        "SELECT STRUCT(1 AS a, [STRUCT(TIME '01:02:03.5' AS t)] AS b) AS s, BIGNUMERIC '1.5' AS n, DATETIME '0001-01-01 00:00:00' AS d, b'x' AS raw, JSON '{}' AS j",
    ]:
        result = client.query(sql, job_config=config()).result()
        pages = client.query(sql, job_config=config()).result().to_arrow(create_bqstorage_client=False)
        assert result.to_arrow(bqstorage_client=reader).to_pylist() == pages.to_pylist(), sql
    counts = ask("GET", "/test/requests")["counts"]
    assert counts["storage.ReadRows"] >= 1, counts


def test_storage_streams_resume():
    client, reader = fresh(), read_client()
    sql = "SELECT n FROM UNNEST(GENERATE_ARRAY(1, 4500)) AS n ORDER BY n"
    session = read_session(reader, client, sql)
    ask("POST", "/test/faults", {"method": "storage.ReadRows", "after": 2, "code": "UNAVAILABLE"})
    numbers = [row["n"].as_py() for row in reader.read_rows(session.streams[0].name).rows(session)]
    assert numbers == list(range(1, 4501))
    offsets = [entry["query"]["offset"] for entry in ask("GET", "/test/requests")["log"] if entry["method"] == "storage.ReadRows"]
    assert offsets == [0, 2000], offsets
    assert [row["n"].as_py() for row in reader.read_rows(session.streams[0].name, 4499).rows(session)] == [4500]
    raises(OutOfRange, lambda: list(reader.read_rows(session.streams[0].name, 4501)))
    session = read_session(reader, client, sql, 4)
    numbers = [row["n"].as_py() for stream in session.streams for row in reader.read_rows(stream.name).rows(session)]
    assert len(session.streams) == 4 and sorted(numbers) == list(range(1, 4501))


def test_storage_refuses():
    client, reader = fresh(), read_client()
    ask("POST", "/test/faults", {"method": "storage.CreateReadSession", "code": "PERMISSION_DENIED"})
    raises(PermissionDenied, lambda: read_session(reader, client, "SELECT 1 AS a"))
    wanted = types.ReadSession(table="projects/p/datasets/shop/tables/nowhere", data_format=types.DataFormat.ARROW)
    raises(NotFound, lambda: reader.create_read_session(parent="projects/p", read_session=wanted))
    session = read_session(reader, client, "SELECT 1 AS a")
    raises(MethodNotImplemented, lambda: reader.split_read_stream(request={"name": session.streams[0].name}))
    ask("POST", "/test/faults", {"method": "storage.ReadRows", "kind": "miscount"})
    assert next(iter(reader.read_rows(session.streams[0].name))).row_count == 2


# Recorded answers

def test_cases_of_our_own():
    agree, differ, out = truth.replay(Path(__file__).parent / "cases.jsonl", ENGINE)
    assert not differ and not out and len(agree) >= 20, (differ, out)


def test_recorded_answers():
    default = Path(__file__).parents[3] / "shared" / "bigquery" / "truth.jsonl"
    path = Path(os.environ.get("SLUICE_BIGQUERY_TRUTH") or default)
    if not path.exists():
        print("recorded answers: none at hand (SLUICE_BIGQUERY_TRUTH)")
        return
    agree, differ, out = truth.replay(path, ENGINE)
    print(f"recorded answers: {len(agree)} agree, {len(differ)} differ, {len(out)} out of scope")
    for name, why in differ:
        print(f"  {name}: {why[:300]}")
    assert not differ


def main():
    threading.Thread(target=SERVER.serve_forever, daemon=True).start()
    passed = failed = 0
    only = sys.argv[1:]
    for name, test in list(globals().items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        began = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok     {name} {time.monotonic() - began:.1f} s", flush=True)
        except Exception:  # noqa: BLE001
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
