#!/usr/bin/env python3
"""Judges the golden translations: PostgreSQL runs the query, Google's evaluator the expected GoogleSQL, the rows must agree.

SLUICE_TEST_PG is the DSN of a PostgreSQL whose user may create databases. Arguments: parts of case names to run.
Prints every disagreement, and `N passed, N failed` at the end. Cases whose expectation is a refusal are not run.
"""

import datetime as dt
import json
import math
import os
import re
import sys
from decimal import Context, Decimal
from pathlib import Path

import psycopg
from psycopg import sql as psql

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))
import googlesql  # noqa: E402
from values import Json, Range  # noqa: E402

TYPES = {
    "bigint": "INT64", "text": "STRING", "date": "DATE", "time": "TIME", "timestamp": "DATETIME", "timestamptz": "TIMESTAMP",
    "double precision": "FLOAT64", "boolean": "BOOL", "jsonb": "JSON",
}
RANGES = {"daterange": "DATE", "tsrange": "DATETIME", "tstzrange": "TIMESTAMP"}
DATABASE = "sluice_translate"


def main():
    dsn = os.environ.get("SLUICE_TEST_PG", "postgres://postgres@127.0.0.1:5432/postgres")
    tables = create_database(dsn)
    engine = googlesql.Engine()
    passed = failed = refused = 0
    with psycopg.connect(dsn, dbname=DATABASE, autocommit=True) as connection:
        catalog = {path: load(connection, *table) for path, table in tables.items()}
        for file, name, zone, query, expected in cases():
            label = f"{file}: {name}"
            if sys.argv[1:] and not any(word in label for word in sys.argv[1:]):
                continue
            if expected.startswith("ERROR "):
                refused += 1
                continue
            if file == "warehouse":  # BigQuery's own functions: PostgreSQL does not know them
                problem = refused_by(engine, catalog, expected)
            else:
                problem = judge(connection, engine, catalog, zone, query, expected)
                # The evaluator comes without Unicode's tables of normal forms: such a translation is analyzed only.
                if problem and "Failed to get a normalizer instance" in problem:
                    problem = refused_by(engine, catalog, expected)
            if problem:
                failed += 1
                print(f"{label}\n{query}\n----\n{expected}\n==== {problem}\n")
            else:
                passed += 1
    print(f"{refused} refused")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def create_database(dsn):
    """Makes the database anew; returns the tables by their path in BigQuery: (name, [(column, type)])."""
    text = (HERE / "schema.sql").read_text()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' ENCODING 'UTF8'")
    with psycopg.connect(dsn, dbname=DATABASE, autocommit=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(text)
    tables = {}
    for name, columns in re.findall(r'CREATE TABLE ("[^"]+"|\w+) \((.*?)\);', text):
        name = name.strip('"')
        pairs = re.findall(r'("[^"]+"|\w+) ([a-z]+(?: precision)?(?:\(\d+,\d+\)|\[\])?)(?: NOT NULL)?(?:, |$)', columns)
        tables[f"my-project.shop.{name}"] = (name, [(column.strip('"'), kind) for column, kind in pairs])
    return tables


def load(connection, name, columns):
    """A PostgreSQL table as a table of the evaluator."""
    fields = []
    for column, kind in columns:
        mode = "REPEATED" if kind.endswith("[]") else "NULLABLE"
        base = kind.removesuffix("[]")
        if base.startswith("numeric"):
            base = "NUMERIC" if int(base.split(",")[1].rstrip(")")) <= 9 else "BIGNUMERIC"
        fields.append({"name": column, "type": TYPES.get(base, base), "mode": mode})
        if base in RANGES:
            fields[-1] |= {"type": "RANGE", "rangeElementType": {"type": RANGES[base]}}
    rows = connection.execute(psql.SQL("SELECT * FROM {}").format(psql.Identifier(name))).fetchall()
    return googlesql.Table(fields, [tuple(map(stored, row, fields)) for row in rows])


def stored(value, field):
    if value is None:
        return None
    if field["type"] == "JSON":
        return Json(json.dumps(value))
    if field["type"] == "RANGE":
        return Range(value.lower, value.upper)
    return value


def cases():
    for path in sorted(HERE.glob("*.sql")):
        if path.name == "schema.sql":
            continue
        for case in ("\n" + path.read_text().strip()).split("\n-- ")[1:]:
            name, rest = case.split("\n", 1)
            query, expected = rest.split("\n----", 1)
            zone = re.search(r"\[(.+)\]", name)
            yield path.stem, name, zone[1] if zone else "UTC", query.strip(), expected.strip()


def judge(connection, engine, catalog, zone, query, expected):
    """Returns what is wrong, or None."""
    connection.execute(psql.SQL("SET TimeZone = {}").format(psql.Literal(zone)))
    wanted_error = found_error = None
    try:
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(query)
        oids = [column.type_code for column in cursor.description]
        wanted = [tuple(row) for row in raw_rows(connection, query)]
    except psycopg.Error as error:
        wanted_error = str(error).splitlines()[0]
    try:
        _, found = engine.evaluate(expected, catalog)
    except googlesql.Error as error:
        found_error = error.message
    if wanted_error or found_error:
        if wanted_error and found_error:
            return None
        return f"PostgreSQL: {wanted_error or 'rows'}; Google: {found_error or found[:3]}"
    found = [tuple(map(shown, row, oids)) for row in found]
    wanted = [tuple(map(canonical, row, oids)) for row in wanted]
    if not re.search(r"\border by\b(?![^(]*\))", query, re.IGNORECASE):
        found, wanted = sorted(found, key=repr), sorted(wanted, key=repr)
    if len(found) != len(wanted):
        return f"PostgreSQL gives {len(wanted)} rows, Google {len(found)}\n{wanted[:5]}\n{found[:5]}"
    for expected_row, row in zip(wanted, found):
        if not all(map(equal, expected_row, row, oids)):
            return f"PostgreSQL {expected_row}\nGoogle     {row}"
    return None


def refused_by(engine, catalog, expected):
    """Returns what the analyzer has against a text, or None."""
    try:
        engine.analyze(expected, catalog)
    except googlesql.Error as error:
        return error.message
    return None


def raw_rows(connection, query):
    """Rows as PostgreSQL prints them."""
    result = connection.pgconn.exec_(query.encode())
    for i in range(result.ntuples):
        yield [None if (value := result.get_value(i, j)) is None else value.decode() for j in range(result.nfields)]


NUMERIC, FLOAT8, JSONB, JSON, INTERVAL, TIMESTAMPTZ, TEXT = 1700, 701, 3802, 114, 1186, 1184, 25
TIMESTAMP_ARRAY, TIMESTAMPTZ_ARRAY, NUMERIC_ARRAY = 1115, 1185, 1231
RANGE_ARRAYS = (3909, 3911, 3913)


def canonical(text, oid):
    """PostgreSQL's text in the form that `shown` gives."""
    if text is None:
        return None
    if oid in (JSONB, JSON):
        return json.dumps(json.loads(text), sort_keys=True)
    if oid == TIMESTAMPTZ:
        return dt.datetime.fromisoformat(re.sub(r"([+-]\d\d)$", r"\1:00", text)).astimezone(dt.timezone.utc)
    return text


def shown(value, oid):
    """One of the evaluator's values as PostgreSQL's text, as the decoder and the wire make it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    if oid in (JSONB, JSON):
        read = json.loads(value)
        if isinstance(read, dict) and list(read) == ["\ue000"] and read["\ue000"] is None:
            return None  # nothing was built
        return json.dumps(built(read), sort_keys=True)
    if oid == TEXT and isinstance(value, Json):
        read = json.loads(value)
        return text_built(read["\ue000"]) if isinstance(read, dict) and "\ue000" in read else plain(read)
    if oid == NUMERIC and isinstance(value, str):
        return computed(value)
    if oid == INTERVAL:
        return interval(value)
    if isinstance(value, dt.datetime):
        if oid == TIMESTAMPTZ:
            return value if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)
        return clock(value.strftime("%Y-%m-%d %H:%M:%S") if value.year > 999 else str(value.replace(microsecond=0)), value.microsecond)
    if isinstance(value, dt.time):
        return clock(value.strftime("%H:%M:%S"), value.microsecond)
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, Range):
        return f"{'(' if value.start is None else '['}{bound(value.start)},{bound(value.end)})"
    if isinstance(value, list):
        return array(value)
    if isinstance(value, Json):
        inner = json.loads(value, parse_float=str)
        return None if inner is None else array([element(item, oid) for item in inner])
    return str(value)


def bound(value):
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        text = clock(value.strftime("%Y-%m-%d %H:%M:%S"), value.microsecond)
        return f'"{text}+00"' if value.tzinfo else f'"{text}"'
    return str(value)


def plain(value):
    """What `->>` gives: a string without quotes, null as NULL, anything else as jsonb is written."""
    if value is None or isinstance(value, str):
        return value
    return jsonb(value)


def jsonb(value):
    """The text of jsonb: keys by length, then by bytes."""
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {jsonb(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def built(value):
    """JSON in the emitter's own form (src/sql/emit/googlesql/json_output.rs) as a value."""
    return node(value["\ue000"]) if isinstance(value, dict) and "\ue000" in value else value


class Digits(str):
    """A number as it is written."""


def node(value, number=json.loads):
    if not isinstance(value, list):
        return value
    kind, *rest = value
    inner = lambda item: node(item, number)
    if kind in ("o", "r"):
        return {key: inner(item) for key, item in zip(rest[::2], rest[1::2])}
    if kind == "p":
        return {key: inner(item) for key, item in zip(*rest)}
    if kind in ("a", "l", "m"):
        return list(map(inner, rest if kind == "a" else rest[0]))
    if kind == "d" and rest[0] is not None:
        return [None if item is None else number(computed(item)) for item in rest[0]]
    if kind == "h":
        return filled(rest[0], number)
    if kind == "t":
        return json.loads(rest[0], parse_float=number)
    if kind == "z":
        return without_nulls(inner(rest[0]))
    if kind == "+":
        left, right = map(inner, rest)
        if isinstance(left, dict) and isinstance(right, dict):
            return left | right
        return [item for side in (left, right) for item in (side if isinstance(side, list) else [side])]
    return number(computed(rest[0])) if kind == "n" and rest[0] is not None else rest[0]


def filled(value, number):
    if isinstance(value, dict):
        if list(value) == ["\ue001"]:
            return node(value["\ue001"], number)
        return {key: filled(item, number) for key, item in value.items()}
    return [filled(item, number) for item in value] if isinstance(value, list) else value


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return list(map(without_nulls, value)) if isinstance(value, list) else value


def text_built(value):
    """The text of jsonb, on one line (`c`) or on many (`i`)."""
    if value is None:
        return None
    kind, inner = value
    return jsonb(node(inner, Digits)) if kind == "c" else pretty(node(inner, Digits), "\n")


def pretty(value, line):
    if not isinstance(value, (dict, list)):
        return jsonb(value)
    deeper = line + "    "
    if isinstance(value, list):
        return "[" + ",".join(deeper + pretty(item, deeper) for item in value) + line + "]"
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return "{" + ",".join(f"{deeper}{json.dumps(key, ensure_ascii=False)}: {pretty(value[key], deeper)}" for key in keys) + line + "}"


def computed(text):
    """The last steps of a numeric, in postfix order (src/sql/emit/googlesql/digits.rs), with PostgreSQL's result scales."""
    context = Context(prec=200)
    stack = []
    for word in text.split(" "):
        if word in ("+", "-", "*", "%"):
            right, left = stack.pop(), stack.pop()
            call = {"+": context.add, "-": context.subtract, "*": context.multiply, "%": context.remainder}[word]
            stack.append(call(left, right))
        elif word in ("/", "spread"):
            right, left = stack.pop(), stack.pop()
            if word == "spread" and left <= 0:
                stack.append(Decimal(0))
                continue
            (w1, d1), (w2, d2) = weight(left), weight(right)
            scale = max(16 - 4 * (w1 - w2 - (d1 <= d2)), -left.as_tuple().exponent, -right.as_tuple().exponent)
            stack.append(context.divide(left, right).quantize(Decimal(1).scaleb(-scale), rounding="ROUND_HALF_UP", context=context))
        elif word == "root":
            value = stack.pop()
            step = Decimal(1).scaleb(value.as_tuple().exponent)
            stack.append(context.sqrt(value).quantize(step, rounding="ROUND_HALF_UP", context=context))
        elif word in ("power", "log"):
            value, _, _ = stack.pop(), stack.pop(), stack.pop()
            stack.append(value)
        elif word in ("sqrt", "ln", "exp"):
            value, _ = stack.pop(), stack.pop()
            stack.append(value)
        elif word in ("neg", "abs"):
            stack.append(-stack.pop() if word == "neg" else abs(stack.pop()))
        else:
            stack.append(Decimal(word))
    return format(stack[0], "f")


def weight(value):
    """The weight and the value of a numeric's first group of four digits."""
    if value == 0:
        return 0, 0
    group = (value.adjusted()) // 4
    return group, int(abs(value).scaleb(-4 * group))


def clock(text, micros):
    return text + (f".{micros:06}".rstrip("0") if micros else "")


def element(item, oid):
    """An element of an array that leaves as JSON: its text is that of BigQuery's result cells."""
    if item is not None and oid == TIMESTAMPTZ_ARRAY:
        return clock(str(dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=item // 1_000_000 * 1_000_000)), item % 1_000_000) + "+00"
    if item is not None and oid == NUMERIC_ARRAY:
        return computed(item)
    if item is not None and oid == TIMESTAMP_ARRAY:
        return re.sub(r"\.?0*$", "", item.replace("T", " ")) if "." in item else item.replace("T", " ")
    if item is not None and oid in RANGE_ARRAYS:
        start, end = ("" if text == "UNBOUNDED" else text if oid == 3913 else f'"{text}"' for text in item[1:-1].split(", "))
        return f"{'[' if start else '('}{start},{end})"
    return item


def array(items):
    def quoted(item):
        if item is None:
            return "NULL"
        if isinstance(item, bool):
            return "t" if item else "f"
        text = json.dumps(item) if isinstance(item, (dict, list)) else str(item)
        if text == "" or text.upper() == "NULL" or re.search(r'[{},"\\\s]', text):
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return text

    return "{" + ",".join(map(quoted, items)) + "}"


def interval(value):
    """intervalstyle postgres."""
    months, days, micros = value
    parts, after_negative = [], False
    for n, word in ((int(months / 12), "year"), (int(math.fmod(months, 12)), "mon"), (days, "day")):
        if n:
            parts.append(f"{'+' if after_negative and n > 0 else ''}{n} {word}{'' if n == 1 else 's'}")
            after_negative = n < 0
    if micros or not parts:
        sign = "-" if micros < 0 else ("+" if after_negative else "")
        total = abs(micros)
        seconds = f"{total // 1_000_000 % 60:02}"
        parts.append(clock(f"{sign}{total // 3_600_000_000:02}:{total // 60_000_000 % 60:02}:{seconds}", total % 1_000_000))
    return " ".join(parts)


def equal(wanted, found, oid):
    if wanted == found:
        return True
    if wanted is None or found is None:
        return False
    if oid == NUMERIC:
        wanted, found = Decimal(wanted), Decimal(found)
        return wanted == (found if found.is_nan() else round_like(found, wanted))
    if oid == FLOAT8:
        wanted, found = float(wanted), float(found)
        return math.isclose(wanted, found, rel_tol=1e-13) or (math.isnan(wanted) and math.isnan(found))
    return False


def round_like(value, model):
    """Rounds half away from zero to the digits that PostgreSQL shows."""
    return value.quantize(Decimal(1).scaleb(model.as_tuple().exponent), rounding="ROUND_HALF_UP", context=Context(prec=100))


if __name__ == "__main__":
    sys.exit(main())
