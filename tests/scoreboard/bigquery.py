#!/usr/bin/env python3
"""The scoreboard of the BigQuery backend: a corpus runs on PostgreSQL and on Sluice in front of BigQuery's stand-in (`tests/support/bigquery.py`).

    tests/scoreboard/bigquery.py --sluice target/release/sluice               the repository's corpora
    tests/scoreboard/bigquery.py --sluice .. --schema S.sql CORPUS...         others: .sql as for tests/scoreboard/run, or .jsonl

A line of a .jsonl is {"id", "sql"[, "category", "ordered", "order_cols", "limited", "params", "zone"]}. The tables of the schema are made in PostgreSQL,
turned into the types that BigQuery serves (RULES.md 4: int8 for every integer, text, double precision, jsonb; no NULL arrays; `--original` leaves them), and
copied into the stand-in. Values are compared as text; doubles to 13 digits, JSON by value unless `--tolerant` compares as loosely as the outside judge does.
Outcomes: right, wrong (another answer without an error), refused (0A000), failed (another error), missed (PostgreSQL fails, Sluice does not),
state (both fail, with different SQLSTATEs), same error.
"""

import argparse
import collections
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from decimal import Decimal
from pathlib import Path

import psycopg
from psycopg import pq

HERE = Path(__file__).resolve().parent
SUPPORT = HERE.parent / "support"
SERVED = {
    "int2": "int8", "int4": "int8", "float4": "float8", "varchar": "text", "bpchar": "text", "char": "text", "name": "text", "uuid": "text", "json": "jsonb",
}
NATIVE = {
    "int8": "INT64", "float8": "FLOAT64", "bool": "BOOL", "text": "STRING", "bytea": "BYTES", "date": "DATE", "time": "TIME", "timestamp": "DATETIME",
    "timestamptz": "TIMESTAMP", "interval": "INTERVAL", "jsonb": "JSON",
}
COLUMNS = """
SELECT c.relname, a.attname, coalesce(e.typname, t.typname), e.oid IS NOT NULL, a.atttypmod, a.attnotnull
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname, a.attnum
"""
OUTCOMES = ["right", "same error", "state", "refused", "failed", "missed", "wrong"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", nargs="*", type=Path, help="files of statements; qNN.sql is one statement")
    parser.add_argument("--schema", type=Path, nargs="+", default=[HERE / "schema.sql"], help="scripts of CREATE TABLE and INSERT for PostgreSQL")
    parser.add_argument("--sluice", type=Path, help="the binary; left out: only PostgreSQL runs")
    parser.add_argument("--pg", default=os.environ.get("SLUICE_TEST_PG", "postgres://postgres@127.0.0.1:5432/postgres"))
    parser.add_argument("--port", type=int, default=7620, help="of Sluice; the next two are its web address and the stand-in")
    parser.add_argument("--database", default="sluice_bigquery", help="made anew in PostgreSQL")
    parser.add_argument("--original", action="store_true", help="PostgreSQL keeps the types of the schema")
    parser.add_argument("--tolerant", action="store_true", help="numbers agree within 1e-9, types by family")
    parser.add_argument("--only", help="a regular expression over ids")
    parser.add_argument("--show", default="wrong,missed,state,failed,refused", help="outcomes that are listed")
    parser.add_argument("--markdown", type=Path, help="where the table is written")
    parser.add_argument("--extended", action="store_true", help="the extended protocol")
    options = parser.parse_args()
    files = options.corpus or sorted([*(HERE / "corpus").glob("*.sql"), *(HERE / "corpus_bigquery").glob("*.sql")])
    cases = [case for file in files for case in read(file)]
    cases = [case for case in cases if not options.only or re.search(options.only, case["id"])]
    judge = Judge(options)
    stand_in = Process([sys.executable, str(SUPPORT / "bigquery.py"), "--port", str(options.port + 2), "--parent"])
    try:
        stand_in.wait_for("listening")
        fill(judge, f"http://127.0.0.1:{options.port + 2}")
        sluice = Sluice(options)
        try:
            board = run(cases, judge, sluice, options)
        finally:
            sluice.stop()
    finally:
        stand_in.stop()
    report(board, options)
    return 1 if any(outcome in ("wrong", "missed") for _, outcome, _ in board) else 0


def read(file):
    """The statements of a corpus."""
    if file.suffix == ".jsonl":
        return [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    if re.fullmatch(r"q\d+", file.stem):
        return [{"id": file.stem, "category": file.parent.name, "sql": file.read_text().strip().removesuffix(";")}]
    cases, lines = [], []
    for line in file.read_text().splitlines():
        if not lines and (not line.strip() or line.startswith("--")):
            continue
        lines.append(line)
        if line.rstrip().endswith(";"):
            folder = "" if file.parent.name == "corpus" else f"{file.parent.name}/"
            cases.append({"id": f"{folder}{file.stem}/{len(cases) + 1}", "category": file.stem, "sql": "\n".join(lines).rstrip().removesuffix(";")})
            lines = []
    return cases


class Process:
    """A child that ends with us."""

    def __init__(self, command, **more):
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)

    def wait_for(self, word):
        for line in self.child.stdout:
            if word in line:
                return line
        raise SystemExit(f"{self.child.args[0]} ended instead of saying {word}")

    def stop(self):
        self.child.kill()
        self.child.wait()


class Sluice:
    """The server under test."""

    def __init__(self, options):
        self.folder = tempfile.TemporaryDirectory()
        config = Path(self.folder.name) / "sluice.toml"
        config.write_text(
            f'[server]\nlisten = "127.0.0.1:{options.port}"\n\n[web]\nlisten = "127.0.0.1:{options.port + 1}"\n\n[auth]\nmethod = "trust"\n\n'
            '[[users]]\nname = "tester"\nadmin = true\n\n[backend]\nkind = "bigquery"\n\n[guard]\ninject_limit = 0\nrequire_partition_filter = false\n'
            "max_usd_per_query = 1000.0\n\n[guard.approval]\nfrom_usd = 1000.0\n\n"
            f'[backend.bigquery]\nproject = "proj"\napi_endpoint = "http://127.0.0.1:{options.port + 2}"\n'
        )
        self.log = (Path(self.folder.name) / "log").open("w+")
        self.process = subprocess.Popen([options.sluice, "run", "--config", config], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.dsn = f"host=127.0.0.1 port={options.port} user=tester dbname=proj"
        self.extended = options.extended
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{options.port + 1}/readyz")
                break
            except OSError:
                time.sleep(0.1)
        self.connect()

    def connect(self):
        self.connection = psycopg.connect(self.dsn, autocommit=True)
        self.connection.execute("SET search_path = public")

    def run(self, case):
        answer = ask(self.connection, case, self.extended)
        if self.connection.closed or self.connection.pgconn.status != pq.ConnStatus.OK:
            self.connect()
        return answer

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Judge:
    """PostgreSQL, with a database of its own."""

    def __init__(self, options):
        with psycopg.connect(options.pg, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {options.database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {options.database} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'")
        self.connection = psycopg.connect(options.pg, dbname=options.database, autocommit=True)
        self.connection.execute("SET TimeZone = 'UTC'")
        for path in options.schema:
            self.connection.execute(path.read_text())
        self.tables = collections.defaultdict(list)
        for table, column, ty, is_array, typmod, not_null in self.connection.execute(COLUMNS).fetchall():
            served = SERVED.get(ty, ty)
            self.tables[table].append((column, served, is_array, typmod if served == "numeric" else -1, not_null))
            if options.original:
                continue
            name, quoted = quote(table), quote(column)
            if served != ty:
                value = f"rtrim({quoted})" if ty == "bpchar" else f"{quoted}::text" if ty == "float4" and not is_array else quoted
                ty = f"{served}{'[]' if is_array else ''}"
                self.connection.execute(f"ALTER TABLE {name} ALTER COLUMN {quoted} TYPE {ty} USING ({value})::{ty}")
            if is_array:
                self.connection.execute(f"UPDATE {name} SET {quoted} = '{{}}' WHERE {quoted} IS NULL")
        self.connection.execute("ANALYZE")

    def run(self, case):
        return ask(self.connection, case)


def fill(judge, url):
    """Copies the judge's tables into the stand-in."""
    for table, columns in judge.tables.items():
        fields, selected = [], []
        for column, ty, is_array, typmod, not_null in columns:
            field = {"name": column, "type": NATIVE.get(ty), "mode": "REPEATED" if is_array else "REQUIRED" if not_null else "NULLABLE"}
            if ty == "numeric":
                precision, scale = ((typmod - 4) >> 16, (typmod - 4) & 0x7FF) if typmod >= 4 else (None, None)
                field["type"] = "NUMERIC" if scale is not None and scale <= 9 and precision - scale <= 29 else "BIGNUMERIC"
                if precision is not None:
                    field |= {"precision": str(precision), "scale": str(scale)}
            if field["type"] is None:
                raise SystemExit(f"{table}.{column}: no type of BigQuery for {ty}")
            fields.append(field)
            quoted = quote(column)
            text = f"encode({quoted}, 'base64')" if ty == "bytea" else f"to_json({quoted})" if is_array else quoted
            selected.append(f"({text})::text")
        rows = judge.connection.execute(f"SELECT {', '.join(selected)} FROM {quote(table)}").fetchall()
        rows = [[stored(value, field) for value, field in zip(row, fields)] for row in rows]
        body = {"project": "proj", "dataset": "public", "table": table, "schema": fields, "rows": rows}
        request = urllib.request.Request(f"{url}/test/tables", json.dumps(body).encode(), {"Content-Type": "application/json"})
        urllib.request.urlopen(request).read()


def stored(text, field):
    if field["mode"] == "REPEATED":
        return [item if item is None or isinstance(item, str) else str(item) for item in json.loads(text or "[]")]
    if field["type"] == "BYTES" and text is not None:
        return text.replace("\n", "")
    return text


def quote(name):
    return '"' + name.replace('"', '""') + '"'


class Answer:
    """Columns and rows as text, or an error."""

    def __init__(self, columns=(), rows=(), state=None, message=None):
        self.columns, self.rows, self.state, self.message = list(columns), list(rows), state, message


def ask(connection, case, extended=False):
    raw = connection.pgconn
    for setting in (f"SET TimeZone = '{case.get('zone', 'UTC')}'", "SET statement_timeout = 60000"):
        raw.exec_(setting.encode())
    try:
        if case.get("params") or extended:
            params = [None if value is None else str(value).encode() for value in case.get("params") or []]
            result = raw.exec_params(case["sql"].encode(), params)
        else:
            result = raw.exec_(case["sql"].encode())
    except psycopg.Error as error:
        return Answer(state="08006", message=str(error))
    if result.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        field = lambda which: (result.error_field(which) or b"").decode("utf-8", "replace")
        return Answer(state=field(pq.DiagnosticField.SQLSTATE), message=field(pq.DiagnosticField.MESSAGE_PRIMARY))
    columns = [((result.fname(i) or b"").decode(), result.ftype(i)) for i in range(result.nfields)]
    cell = lambda y, x: None if (value := result.get_value(y, x)) is None else value.decode("utf-8", "replace")
    return Answer(columns, [[cell(y, x) for x in range(result.nfields)] for y in range(result.ntuples)])


def run(cases, judge, sluice, options):
    board = []
    for case in cases:
        began = time.time()
        outcome, detail = verdict(case, judge.run(case), sluice.run(case), options)
        board.append((case, outcome, detail))
        if outcome in options.show.split(","):
            print(f"{outcome.upper():8} {case['id']}: {detail}\n         {case['sql'].strip()}", flush=True)
        if time.time() - began > 20:
            print(f"slow     {case['id']}: {time.time() - began:.0f} s", flush=True)
    return board


def verdict(case, wanted, found, options):
    """Returns the outcome and what is to be said of it."""
    if wanted.state:
        if not found.state:
            return "missed", f"PostgreSQL fails with {wanted.state} {wanted.message}; found {found.rows[:3]}"
        if found.state == wanted.state:
            return "same error", ""
        if found.state == "0A000":
            return "refused", f"{found.message} (PostgreSQL: {wanted.state} {wanted.message})"
        return "state", f"{found.state} {found.message} (PostgreSQL: {wanted.state} {wanted.message})"
    if found.state == "0A000":
        return "refused", found.message
    if found.state:
        return "failed", f"{found.state} {found.message}"
    problem = difference(case, wanted, found, options)
    return ("wrong", problem) if problem else ("right", "")


FAMILY = {20: "int", 21: "int", 23: "int", 26: "int", 1700: "number", 700: "float", 701: "float", 25: "text", 1042: "text", 1043: "text", 19: "text",
          18: "text", 705: "text", 2950: "text", 114: "json", 3802: "json"}
RECORD, FIRST_OWN = 2249, 16384
FLOATS, JSONS, NUMBERS = {700, 701, 1021, 1022}, {114, 3802}, {20, 21, 23, 1700}


def difference(case, wanted, found, options):
    if len(wanted.columns) != len(found.columns):
        return f"{len(found.columns)} columns instead of {len(wanted.columns)}"
    for (name, oid), (our_name, our_oid) in zip(wanted.columns, found.columns):
        if name != our_name:
            return f"column {our_name} instead of {name}"
        # The row of a table has a type of its own in PostgreSQL, which drivers know as a record.
        if our_oid == RECORD and oid >= FIRST_OWN:
            continue
        alike = FAMILY.get(oid, oid) == FAMILY.get(our_oid, our_oid) or {oid, our_oid} <= NUMBERS
        if oid != our_oid and not (options.tolerant and alike):
            return f"column {name} of type {our_oid} instead of {oid}"
    if len(wanted.rows) != len(found.rows):
        return f"{len(found.rows)} rows instead of {len(wanted.rows)}: {found.rows[:3]} instead of {wanted.rows[:3]}"
    oids = [oid for _, oid in wanted.columns]
    ours = [oid for _, oid in found.columns]
    same = lambda one, two: all(map(lambda a, b, oid, our: equal(a, b, oid, our, options.tolerant), one, two, oids, ours))
    ordered = case.get("ordered", bool(re.search(r"\border\s+by\b(?![^(]*\))", case["sql"], re.IGNORECASE)))
    left, right = wanted.rows, found.rows
    pairs = list(zip(left, right))
    if ordered and all(same(one, two) for one, two in pairs):
        return None
    order_cols = case.get("order_cols")
    if ordered and order_cols is None:
        return next(f"row {i}: {two} instead of {one}" for i, (one, two) in enumerate(pairs) if not same(one, two))
    if ordered:
        part = lambda row: [row[i] for i in order_cols]
        keys = [oids[i] for i in order_cols]
        for i, (one, two) in enumerate(pairs):
            if not all(map(lambda a, b, oid: equal(a, b, oid, oid, options.tolerant), part(one), part(two), keys)):
                return f"row {i}, order: {two} instead of {one}"
        if case.get("limited"):
            last = part(left[-1])
            left, right = ([row for row in rows if part(row) != last] for rows in (left, right))
    # Rows in any order: numbers are sorted by their first digits, so that those that agree meet.
    sort_key = lambda row: [rough(value, oid) for value, oid in zip(row, oids)]
    left, right = sorted(left, key=sort_key), sorted(right, key=sort_key)
    return next((f"{two} instead of {one}" for one, two in zip(left, right) if not same(one, two)), None)


def rough(value, oid):
    if value is None:
        return (0, "")
    if oid in FLOATS or oid in NUMBERS:
        return (1, re.sub(r"[-+.\deE]{4,}", lambda number: f"{float(number[0]):.9g}", value))
    return (1, json.dumps(json.loads(value), sort_keys=True) if oid in JSONS else value)


def equal(one, two, oid, our, tolerant):
    if one == two:
        return True
    if one is None or two is None:
        return False
    try:
        if oid in FLOATS:
            numbers = lambda text: [float(item) for item in re.findall(r"[^{},]+", text) if item != "NULL"]
            alike = lambda a, b: math.isclose(a, b, rel_tol=1e-9 if tolerant else 1e-13, abs_tol=1e-9 if tolerant else 0) or a != a and b != b
            return one.count(",") == two.count(",") and len(numbers(one)) == len(numbers(two)) and all(map(alike, numbers(one), numbers(two)))
        if oid in JSONS and (oid == 3802 or tolerant):
            return json.loads(one) == json.loads(two) if tolerant else json.loads(one, parse_float=str) == json.loads(two, parse_float=str)
        if tolerant and oid in NUMBERS and our in NUMBERS:
            return math.isclose(Decimal(one), Decimal(two), rel_tol=1e-9, abs_tol=1e-9)
    except (ValueError, ArithmeticError):
        return False
    return False


def report(board, options):
    counts = collections.defaultdict(collections.Counter)
    for case, outcome, _ in board:
        counts[case.get("category") or case["id"].split("/")[0]][outcome] += 1
        counts["TOTAL"][outcome] += 1
    lines = [["category", *OUTCOMES, "cases", "right %"]]
    for category in sorted(set(counts) - {"TOTAL"}) + ["TOTAL"]:
        count = counts[category]
        n = sum(count.values())
        good = count["right"] + count["same error"] + count["state"]
        lines.append([category, *(str(count[outcome]) for outcome in OUTCOMES), str(n), f"{100 * good / max(n, 1):.1f}"])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))))
    if options.markdown:
        table = ["| " + " | ".join(line) + " |" for line in lines]
        table.insert(1, "|---" * len(lines[0]) + "|")
        options.markdown.write_text("\n".join(table) + "\n")


if __name__ == "__main__":
    sys.exit(main())
