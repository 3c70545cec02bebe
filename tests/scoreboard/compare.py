"""Runs a statement on both servers and says what the answers have in common."""

import math
import re

from psycopg import pq

FLOATS = {700, 701, 1021, 1022}
RECORD, FIRST_OWN = 2249, 16384
UNSUPPORTED = "0A000"
SETTINGS = ("SET TimeZone = 'UTC'", "SET statement_timeout = '30s'")


class Failure(Exception):
    """An error of a server."""

    def __init__(self, result):
        field = lambda code: (result.error_field(code) or b"").decode()
        self.sqlstate = field(pq.DiagnosticField.SQLSTATE)
        super().__init__(f"{self.sqlstate} {field(pq.DiagnosticField.MESSAGE_PRIMARY)}")


class Client:
    """One connection over the simple protocol, made anew when it breaks."""

    def __init__(self, dsn):
        self.dsn, self.connection = dsn, None

    def run(self, sql, params=None):
        if self.connection is None or self.connection.status != pq.ConnStatus.OK:
            self.connection = pq.PGconn.connect(self.dsn.encode())
            for setting in SETTINGS:
                self.connection.exec_(setting.encode())
        if params:
            result = self.connection.exec_params(sql.encode(), [None if value is None else str(value).encode() for value in params])
        else:
            result = self.connection.exec_(sql.encode())
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise Failure(result)
        width = range(result.nfields)
        return {
            "names": [(result.fname(i) or b"").decode() for i in width],
            # Row types of tables have OIDs of each server's own.
            "types": [RECORD if result.ftype(i) >= FIRST_OWN else result.ftype(i) for i in width],
            "rows": [[text(result.get_value(row, i)) for i in width] for row in range(result.ntuples)],
        }


def text(value):
    return None if value is None else value.decode(errors="replace")


def judge(case, postgres, target):
    """Returns the outcome of one case, and what differs."""
    truth = failure = None
    try:
        truth = postgres.run(case["sql"], case.get("params"))
    except Failure as error:
        failure = error
    try:
        answer = target.run(case["sql"], case.get("params"))
    except Failure as error:
        if failure is not None:
            return ("right", "") if error.sqlstate == failure.sqlstate else ("error", f"{error}; PostgreSQL: {failure}")
        return ("refused" if error.sqlstate == UNSUPPORTED else "error"), str(error)
    if failure is not None:
        return "wrong", f"an answer; PostgreSQL: {failure}"
    difference = compare(truth, answer, case)
    return ("wrong", difference) if difference else ("right", "")


def compare(truth, answer, case):
    """Returns the first difference between two answers, or None."""
    for part in ("names", "types"):
        if truth[part] != answer[part]:
            return f"{part} {answer[part]}, not {truth[part]}"
    a, b = truth["rows"], answer["rows"]
    if len(a) != len(b):
        return f"{len(b)} rows, not {len(a)}"
    difference = first_difference(a, b, truth["types"])
    if difference is None:
        return None
    # Rows without an order, or that tie in it, may come in any.
    if not is_ordered(case):
        return first_difference(sorted(a, key=sort_key), sorted(b, key=sort_key), truth["types"])
    if columns := case.get("order_cols"):
        keys = first_difference(*([[row[i] for i in columns] for row in rows] for rows in (a, b)), [truth["types"][i] for i in columns])
        tied = case.get("limited") or first_difference(sorted(a, key=sort_key), sorted(b, key=sort_key), truth["types"]) is None
        if keys is None and tied:
            return None
    return difference


def first_difference(a, b, types):
    for number, (left, right) in enumerate(zip(a, b), 1):
        for ty, x, y in zip(types, left, right):
            if not same(x, y, ty):
                return f"row {number}: {y!r}, not {x!r}"
    return None


def same(x, y, ty):
    if x == y:
        return True
    if x is None or y is None or ty not in FLOATS:
        return False
    numbers = [re.findall(r"-?(?:\d[\d.e+-]*|Infinity)|NaN", value) for value in (x, y)]
    shapes = [re.sub(r"-?(?:\d[\d.e+-]*|Infinity)|NaN", "#", value) for value in (x, y)]
    close = all(p == q or math.isclose(float(p), float(q), rel_tol=1e-9, abs_tol=1e-12) for p, q in zip(*numbers))
    return shapes[0] == shapes[1] and len(numbers[0]) == len(numbers[1]) and close


def sort_key(row):
    return [(value is not None, rounded(value)) for value in row]


def rounded(value):
    """Floats that differ in their last digits sort alike."""
    try:
        return f"{float(value):.9g}"
    except (TypeError, ValueError):
        return value or ""


def is_ordered(case):
    """Tells whether the outermost query has an ORDER BY."""
    if "ordered" in case:
        return case["ordered"]
    outer, depth = [], 0
    for part in re.split(r"('(?:[^']|'')*'|[()])", case["sql"]):
        if part in ("(", ")"):
            depth += 1 if part == "(" else -1
        elif depth == 0 and not part.startswith("'"):
            outer.append(part)
    return re.search(r"\border\s+by\b", " ".join(outer), re.IGNORECASE) is not None
