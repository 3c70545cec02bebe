"""Replays recorded answers of the real BigQuery against the stand-in and compares schema, rows, bytes and errors.

The recordings (one JSON object a line: sql, setup, parameters, job_config, schema, rows, bytes_processed, bytes_billed, error) are not part
of the project; SLUICE_BIGQUERY_TRUTH names the file.
"""

import base64
import datetime as dt
import json
import math
import re
from decimal import Decimal

import ddl
from bigquery import StandIn
from jobs import Failure
from store import Missing
from googlesql import Error
from values import Interval, Range

# Features that the engine or the stand-in does not have; a case that meets one says nothing about the others.
FOREIGN = re.compile(
    r"(?i)\bst_\w+\(|hll_count|contains_substr|(from|to)_base32|collate|information_schema|_\*`|for system_time|table function|snapshot"
    r"|_PARTITION|session_user|\bclone\b|\bcopy\b|create (temp|temporary)|row access policy|materialized view|net\.|keys\.|aead|external|\bmodel\b"
)
# What the engine says when it is the one that lacks something.
ENGINE_GAPS = re.compile(
    r"Unsupported built-in function|^Resources exceeded|^An internal error|Function not found: M(AX|IN)_BY|RANGE_SESSIONIZE|ComputeTupleIterator"
)
CONFIGURED = {"destination", "schema_update_options", "create_session", "job_timeout_ms"}


class OutOfScope(Exception):
    """The case needs what the stand-in does not claim."""


def replay(path, engine):
    """Returns lists of case ids: (agree, differ with the reason, out of scope)."""
    agree, differ, out = [], [], []
    for line in open(path, encoding="utf-8"):
        case = json.loads(line)
        try:
            problem = run(case, engine)
        except OutOfScope as reason:
            out.append((case["id"], str(reason)))
            continue
        if problem:
            differ.append((case["id"], problem))
        else:
            agree.append(case["id"])
    return agree, differ, out


def run(case, engine):
    """Replays one case; returns what differs, or None."""
    names = {"PROJECT": "proj", "DATASET_ID": "ds", "DATASET": "proj.ds"}

    def fill(text):
        return re.sub(r"\$\{(\w+)\}", lambda found: names.get(found[1], found[0]), text)

    sql, setup = fill(case["sql"]), fill(case.get("setup", ""))
    config = case.get("job_config") or {}
    if "setup_rest" in case or FOREIGN.search(sql + setup) or CONFIGURED & set(config):
        raise OutOfScope("feature")
    stand_in = StandIn(engine)
    stand_in.store.make_dataset("proj", "ds")
    try:
        statements = engine.parse_script(sql)
        if len(statements) != 1 or not statements[0][0].kind.startswith("ASTQuery"):
            raise OutOfScope("not one query")
    except Error:
        if "error" not in case:
            raise OutOfScope("not parsed") from None
    try:
        ddl.run_script(engine, stand_in.store, setup, "proj", ("proj", "ds"))
    except (ddl.Unsupported, Missing, Error) as reason:
        raise OutOfScope(f"setup: {reason}") from None
    failure, job = None, None
    try:
        job = stand_in.jobs.insert("proj", {"configuration": _configuration(sql, case, config)})
        job.done.wait(60)
        failure = job.failure
    except Failure as refused:
        failure = refused
    expected = case.get("error")
    if failure is not None and ENGINE_GAPS.search(failure.message):
        raise OutOfScope("engine")
    if expected or failure:
        return _compare_errors(expected, failure, fill)
    return _compare(case, job, ordered="order by" in sql.lower())


def _configuration(sql, case, config):
    query = {"query": sql, "useLegacySql": False, "useQueryCache": False, "defaultDataset": {"projectId": "proj", "datasetId": "ds"}}
    parameters = case.get("parameters")
    if parameters:
        query["parameterMode"] = parameters["mode"].upper()
        query["queryParameters"] = [_parameter(each) for each in parameters["parameters"]]
    if "maximum_bytes_billed" in config:
        query["maximumBytesBilled"] = str(config["maximum_bytes_billed"])
    return {"query": query, **({"dryRun": True} if config.get("dry_run") else {})}


def _parameter(given):
    kind = given["type"] if isinstance(given["type"], dict) else {"type": given["type"]}
    kind = _nested(kind)
    return {"name": given.get("name", ""), "parameterType": kind, "parameterValue": _value(given["value"], kind)}


def _nested(kind):
    if isinstance(kind, str):
        kind = {"type": kind}
    if kind["type"] == "ARRAY":
        return {"type": "ARRAY", "arrayType": _nested(kind["arrayType"])}
    if kind["type"] == "STRUCT":
        return {"type": "STRUCT", "structTypes": [{"name": each["name"], "type": _nested(each["type"])} for each in kind["structTypes"]]}
    return kind


def _value(value, kind):
    if kind["type"] == "ARRAY":
        return {"arrayValues": [_value(item, kind["arrayType"]) for item in value]}
    if kind["type"] == "STRUCT":
        return {"structValues": {each["name"]: _value(value[each["name"]], each["type"]) for each in kind["structTypes"]}}
    return {} if value is None else {"value": str(value)}


def _compare_errors(expected, failure, fill):
    if not expected:
        return f"failed: {failure.message}"
    if not failure:
        return f"should fail: {expected['message_sample']}"
    if failure.reason != expected["reason"] or failure.status != expected["http_status"]:
        return f"error {failure.status} {failure.reason}, expected {expected['http_status']} {expected['reason']}"
    if not re.search(expected["message_pattern"], failure.message):
        sample = re.sub(r"[\w-]+:\w+\.", "", expected["message_sample"])
        if sample not in re.sub(r"[\w-]+:\w+\.", "", failure.message) and "Not found: Dataset" not in failure.message:
            return f"message {failure.message!r}, expected {expected['message_sample']!r}"
    return None


def _compare(case, job, ordered):
    got = [{"name": field["name"], "type": field["type"], "mode": field["mode"]} for field in _fields(job)]
    want = [{"name": field["name"], "type": field["type"], "mode": field["mode"]} for field in case["schema"]]
    # Whether a column may be NULL is not compared: the engine does not tell.
    for field in got + want:
        field["mode"] = "REPEATED" if field["mode"] == "REPEATED" else "NULLABLE"
    if got != want:
        return f"schema {got}, expected {want}"
    names = [column.name for column in job.columns]
    rows = [dict(zip(names, (_plain(value, column.type) for value, column in zip(row, job.columns)))) for row in job.rows]
    expected = case["rows"]
    if not ordered:
        rows, expected = (sorted(each, key=lambda row: json.dumps(row, default=str)) for each in (rows, expected))
    if case["row_count"] != len(rows) and not job.configuration.get("dryRun"):
        return f"{len(rows)} rows, expected {case['row_count']}"
    for row, wanted in zip(rows, expected):
        if not _same(row, wanted):
            return f"row {row}, expected {wanted}"
    if (job.processed, job.billed) != (case["bytes_processed"], case["bytes_billed"]):
        return f"bytes {job.processed}/{job.billed}, expected {case['bytes_processed']}/{case['bytes_billed']}"
    return None


def _fields(job):
    return job.resource()["statistics"]["query"]["schema"]["fields"]


def _plain(value, kind):
    """A value as the recordings spell it."""
    if value is None:
        return [] if kind[0] == "ARRAY" else None
    if kind[0] == "ARRAY":
        return [_plain(item, kind[1]) for item in value]
    if kind[0] == "STRUCT":
        return {field.name: _plain(item, field.type) for item, field in zip(value, kind[1])}
    if isinstance(value, Range):
        return {"start": _plain(value.start, kind[1]), "end": _plain(value.end, kind[1])}
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _same(got, want):
    if isinstance(got, dict) and isinstance(want, dict):
        return len(got) == len(want) and all(_same(a, b) for a, b in zip(got.values(), want.values()))
    if isinstance(got, list) and isinstance(want, list):
        return len(got) == len(want) and all(map(_same, got, want))
    if isinstance(got, Decimal):
        return want is not None and got == Decimal(want)
    if isinstance(got, float):
        if isinstance(want, str):
            want = float(want)
        return want is not None and (got == want or math.isclose(got, want, rel_tol=1e-9) or (got != got and want != want))
    if isinstance(got, Interval):
        return True  # recorded in another library's words
    if isinstance(got, str) and isinstance(want, str) and got[:1] in '[{"' and got != want:
        try:
            return json.loads(got) == json.loads(want)
        except ValueError:
            return False
    return got == want
