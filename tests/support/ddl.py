"""Fills the store from SQL: CREATE TABLE [AS], CREATE VIEW, INSERT, DROP TABLE. What else a script holds is refused with `Unsupported`."""

import re

from store import Missing, Stored, columns_to_fields
from tablenames import split
from values import type_from_proto, type_name, field_of_type


class Unsupported(Exception):
    """A statement that the stand-in does not run."""


def run_script(engine, store, sql, project, default_dataset):
    """Runs every statement of a script."""
    for node, text in engine.parse_script(sql):
        run(engine, store, node, text, project, default_dataset)


def run(engine, store, node, text, project, default_dataset):
    """Runs one statement; returns its statementType and the table that it changed."""
    kind = node.kind.removeprefix("AST").removesuffix("StatementProto").removesuffix("Proto")
    data = text.encode()
    origin = node.part("parse_location_range").start or 0

    def part(inner):
        place = inner.part("parse_location_range")
        return data[(place.start or 0) - origin : place.end - origin].decode()

    def path(name):
        return store.full_path(split([each.id_string for each in name.names]), project, default_dataset)

    def evaluate(query):
        return engine.evaluate_columns(query, store.finder(project, default_dataset)[0])

    if kind == "CreateTable":
        return _create_table(engine, store, node, part, path, evaluate)
    if kind == "CreateView":
        name = path(node.part("name"))
        query = part(node.part("query"))
        columns = evaluate(f"SELECT * FROM ({query}) LIMIT 0")[0]
        store.put(Stored(name, columns_to_fields(columns), view=query))
        return "CREATE_VIEW", name
    if kind == "Insert":
        return _insert(store, node, part, path, evaluate)
    if kind == "Drop" and "TABLE" in text[:20].upper() or kind == "Drop" and "VIEW" in text[:20].upper():
        name = path(node.name)
        if name[2] in store.dataset(*name[:2]).tables:
            del store.dataset(*name[:2]).tables[name[2]]
        elif not node.is_if_exists:
            raise Missing(f"Not found: Table {name[0]}:{name[1]}.{name[2]}")
        return "DROP_TABLE", name
    if kind == "Query":
        evaluate(text)
        return "SELECT", None
    raise Unsupported(f"statement {kind}")


def _create_table(engine, store, node, part, path, evaluate):
    name = path(node.part("name"))
    replace, lenient = node.part("is_or_replace"), node.part("is_if_not_exists")
    if name[2] in store.make_dataset(*name[:2]).tables and not replace:
        if lenient:
            return "CREATE_TABLE", name
        raise Missing(f"Already Exists: Table {name[0]}:{name[1]}.{name[2]}", "duplicate", 409)
    if node.part("like_table_name") or node.part("clone_data_source") or node.part("copy_data_source"):
        raise Unsupported("CREATE TABLE LIKE, CLONE, COPY")
    rows, fields = [], None
    if node.part("table_element_list") is not None:
        elements = part(node.part("table_element_list"))
        resolved = engine.analyze(f"CREATE TABLE x {elements}", {}).tree
        fields = []
        for column in resolved.part("column_definition_list"):
            field = field_of_type(column.name, type_from_proto(column.type))
            if column.annotations is not None:
                field |= _annotated(column.annotations)
            fields.append(field)
    if node.query is not None:
        columns, rows = evaluate(part(node.query))
        fields = fields or columns_to_fields(columns)
    partitioning, ranges = _partitioning(part(node.partition_by)) if node.partition_by is not None else (None, None)
    clustering = None
    if node.cluster_by is not None:
        names = re.sub(r"(?is)^\s*cluster\s+by\s+", "", part(node.cluster_by)).replace("`", "").split(",")
        clustering = {"fields": [each.strip() for each in names]}
    store.put(Stored(name, fields, rows, partitioning, ranges, clustering))
    return ("CREATE_TABLE_AS_SELECT" if node.query is not None else "CREATE_TABLE"), name


def _annotated(annotations):
    """NOT NULL, NUMERIC(p, s), STRING(n)."""
    field = {"mode": "REQUIRED"} if annotations.not_null else {}
    parameters = annotations.type_parameters
    numeric = parameters.numeric_type_parameters if parameters is not None else None
    text = parameters.string_type_parameters if parameters is not None else None
    if numeric is not None and numeric.precision:
        field["precision"] = str(numeric.precision)
        if numeric.scale:
            field["scale"] = str(numeric.scale)
    if text is not None and text.max_length:
        field["maxLength"] = str(text.max_length)
    return field


def _partitioning(text):
    """timePartitioning or rangePartitioning from the text of PARTITION BY."""
    text = re.sub(r"(?is)^\s*partition\s+by\s+", "", text).replace("`", "").strip()
    if text.upper() == "_PARTITIONDATE":
        return {"type": "DAY"}, None
    found = re.fullmatch(r"(?is)range_bucket\(\s*(\w+)\s*,\s*generate_array\(\s*(-?\d+)\s*,\s*(-?\d+)\s*(?:,\s*(\d+)\s*)?\)\s*\)", text)
    if found:
        return None, {"field": found[1], "range": {"start": found[2], "end": found[3], "interval": found[4] or "1"}}
    found = re.fullmatch(r"(?is)(?:timestamp|datetime|date)_trunc\(\s*(\w+)\s*,\s*(\w+)\s*\)", text)
    if found:
        return {"type": found[2].upper(), "field": found[1]}, None
    found = re.fullmatch(r"(?is)(?:date\(\s*(\w+)\s*\)|(\w+))", text)
    if found:
        return {"type": "DAY", "field": found[1] or found[2]}, None
    raise Unsupported(f"PARTITION BY {text}")


def _insert(store, node, part, path, evaluate):
    target = node.target_path
    while target.kind.startswith("Any"):
        target = next(target.children())
    name = path(target)
    stored = store.table(*name)
    columns = stored.table.columns[: len(stored.fields)]
    chosen = columns
    if node.column_list is not None:
        by_name = {column.name.lower(): column for column in columns}
        chosen = [by_name[each.id_string.lower()] for each in node.column_list.identifiers]
    if node.rows is not None:
        kinds = "STRUCT<" + ", ".join(type_name(column.type) for column in chosen) + ">"
        rows = []
        values = [part(row).strip() for row in node.rows.rows]
        for start in range(0, len(values), 200):  # each row becomes an expression: keep the statements small
            _, got = evaluate(f"SELECT v FROM UNNEST([{', '.join(kinds + row for row in values[start : start + 200])}]) AS v")
            rows += [row[0] for row in got]
    else:
        _, rows = evaluate(part(node.query))
    at = {column.name: i for i, column in enumerate(chosen)}
    stored.insert([tuple(row[at[column.name]] if column.name in at else None for column in columns) for row in rows])
    return "INSERT", name
