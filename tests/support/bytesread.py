"""Which columns and partitions a resolved query reads, and so how many bytes: the rule on BigQuery's pricing page.

Columns: those that the result depends on (`needed`), once a table. Partitions: those that conjuncts of the form `column <op> constant`
leave over; a comparison with a subquery or another column prunes nothing.
"""

import datetime as dt
import operator

import needed
from googlesql import Error
from prototree import concrete
from values import from_proto, type_from_proto
from zetasql.wasi._pb2.zetasql.public import value_pb2

MIB = 1 << 20
MINIMUM = 10 * MIB
COMPARISONS = {"$equal": "=", "$less": "<", "$less_or_equal": "<=", "$greater": ">", "$greater_or_equal": ">="}
MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Reading:
    """What is read of one table: columns by index, partitions by their key (None: not a partitioned table or all)."""

    def __init__(self, stored):
        self.stored = stored
        self.columns = set()
        self.partitions = set()

    def bytes(self):
        """Logical bytes of the columns over the partitions."""
        sizes = self.stored.sizes()
        return sum(sizes[key][i] for key in self.partitions for i in self.columns if i < len(sizes[key]))


def readings(engine, analysis, found, params):
    """Lists what is read of each table. `found` maps table paths to `store.Stored`."""
    by_name = {f"t{i}": found[key] for i, (key, _) in enumerate(analysis.statement.tables)}
    result = {f"t{i}": Reading(found[key]) for i, (key, _) in enumerate(analysis.statement.tables)}
    _Walk(engine, analysis, by_name, result, params).visit(analysis.tree, [])
    return list(result.values())


def billed(tables):
    """Bytes billed: at least 10 MiB a table, rounded up to a MiB; nothing for a query that reads nothing."""
    if sum(reading.bytes() for reading in tables) == 0:
        return 0
    total = sum(max(MINIMUM, reading.bytes()) for reading in tables)
    return -(-total // MIB) * MIB


class _Walk:
    def __init__(self, engine, analysis, stored, readings_by_name, params):
        self.engine = engine
        self.analysis = analysis
        self.constants = {}
        self.needed = needed.columns(analysis.tree)
        self.stored = stored
        self.readings = readings_by_name
        self.params = params

    def visit(self, node, conjuncts):
        """Walks down; `conjuncts` are the conditions that every row coming up from here has to meet."""
        kind = node.kind
        if kind == "ResolvedTableScanProto":
            self.scan(node, conjuncts)
        elif kind == "ResolvedFilterScanProto":
            self.visit(node.input_scan, conjuncts + _split(node.filter_expr))
            self.visit(node.filter_expr, [])
        elif kind == "ResolvedJoinScanProto":
            condition = _split(node.join_expr) if node.join_expr is not None else []
            join = node.join_type or 0  # 0 inner, 1 left, 2 right, 3 full
            self.visit(node.left_scan, conjuncts + (condition if join in (0, 2) else []))
            self.visit(node.right_scan, conjuncts + (condition if join in (0, 1) else []))
            if node.join_expr is not None:
                self.visit(node.join_expr, [])
        elif kind in ("ResolvedProjectScanProto", "ResolvedOrderByScanProto", "ResolvedQueryStmtProto") or kind.startswith("Any"):
            for name, value in node.fields.items():
                down = conjuncts if kind.startswith("Any") or name in ("input_scan", "query") else []
                self.each(value, down)
        else:
            for value in node.fields.values():
                self.each(value, [])

    def each(self, value, conjuncts):
        for item in value if isinstance(value, list) else (value,):
            if hasattr(item, "kind"):
                self.visit(item, conjuncts)

    def scan(self, node, conjuncts):
        name = node.table.name
        reading, stored = self.readings[name], self.stored[name]
        columns = {column.column_id: column for column in node.part("column_list") or ()}
        positions = {column.name.lower(): i for i, column in enumerate(stored.table.columns)}
        reading.columns |= {positions[column.name.lower()] for i, column in columns.items() if i in self.needed}
        partition_name = stored.partition_column()
        keys = list(stored.sizes())
        if partition_name is not None:
            deciding = {i for i, column in columns.items() if column.name.lower() in (partition_name.lower(), "_partitiondate")}
            for conjunct in conjuncts:
                keys = [key for key in keys if self.may_hold(conjunct, deciding, key)]
        reading.partitions |= set(keys)

    def may_hold(self, node, deciding, key):
        """Tells whether a condition can be true of some row in the partition; anything not understood can."""
        node = concrete(node)
        if key == "__UNPARTITIONED__" or node.kind != "ResolvedFunctionCallProto":
            return True
        base = node.parent
        name = base.function.name.removeprefix("ZetaSQL:")
        args = base.argument_list or []
        if name == "$and":
            return all(self.may_hold(arg, deciding, key) for arg in args)
        if name == "$or":
            return any(self.may_hold(arg, deciding, key) for arg in args)
        if name == "$is_null":
            return not self.is_column(args[0], deciding) or key is None
        if name in COMPARISONS:
            op = COMPARISONS[name]
            if self.is_column(args[0], deciding):
                return self.compare(args[0], op, args[1], key)
            if self.is_column(args[1], deciding):
                return self.compare(args[1], MIRRORED[op], args[0], key)
        elif name == "$between" and self.is_column(args[0], deciding):
            return self.compare(args[0], ">=", args[1], key) and self.compare(args[0], "<=", args[2], key)
        elif name == "$in" and self.is_column(args[0], deciding):
            return any(self.compare(args[0], "=", arg, key) for arg in args[1:])
        elif name == "$in_array" and self.is_column(args[0], deciding):
            values = self.constant(args[1])
            return values is _UNKNOWN or values is None or any(self.holds(args[0], "=", value, key) for value in values)
        return True

    def is_column(self, node, deciding):
        node = concrete(node)
        if node.kind == "ResolvedColumnRefProto":
            return node.column.column_id in deciding
        if node.kind == "ResolvedCastProto":
            return self.is_column(node.expr, deciding)
        if node.kind == "ResolvedFunctionCallProto":
            name = node.parent.function.name.removeprefix("ZetaSQL:")
            args = node.parent.argument_list or []
            return name in ("date", "extract_date", "timestamp", "datetime") and len(args) == 1 and self.is_column(args[0], deciding)
        return False

    def compare(self, column, op, constant, key):
        value = self.constant(constant)
        return True if value is _UNKNOWN else self.holds(column, op, value, key)

    def holds(self, column, op, value, key):
        if key is None or value is None:
            return False
        first, last = (_like(end, value) for end in key)
        if op == "=":
            return first <= value <= last
        if op in ("<", "<="):
            return (operator.lt if op == "<" else operator.le)(first, value)
        return (operator.gt if op == ">" else operator.ge)(last, value)

    def constant(self, node):
        """The value of an expression that reads no column and no table, else `_UNKNOWN`."""
        node = concrete(node)
        if id(node) not in self.constants:
            self.constants[id(node)] = self._evaluate(node)
        return self.constants[id(node)]

    def _evaluate(self, node):
        if any(part.kind in ("ResolvedColumnRefProto", "ResolvedSubqueryExprProto") for part in node.walk()):
            return _UNKNOWN
        if node.kind == "ResolvedLiteralProto":
            value = value_pb2.ValueProto.FromString(bytes(node.value.value.raw))
            return from_proto(value, type_from_proto(node.value.type))
        try:
            return self.engine.constant(node, self.analysis, self.params)
        except Error:
            return _UNKNOWN


_UNKNOWN = object()


def _split(node):
    """The conjuncts of a condition."""
    inner = concrete(node)
    if inner.kind == "ResolvedFunctionCallProto" and inner.parent.function.name == "ZetaSQL:$and":
        return [part for arg in inner.parent.argument_list for part in _split(arg)]
    return [node]


def _like(end, value):
    """An end of a partition as a value of the constant's type (DATE(ts) = DATE '...', ts >= TIMESTAMP '...')."""
    if isinstance(value, dt.datetime):
        if not isinstance(end, dt.datetime):
            end = dt.datetime(end.year, end.month, end.day)
        return end.replace(tzinfo=value.tzinfo)
    if isinstance(value, dt.date) and isinstance(end, dt.datetime):
        return end.date()
    return end
