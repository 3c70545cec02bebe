"""Google's own SQL analyzer and reference evaluator: the WebAssembly module of the package `zetasql`, driven through `wasmtime`.

    engine = Engine()
    table = Table([{"name": "a", "type": "INT64"}], [(1,), (2,)])
    schema, rows = engine.evaluate("SELECT SUM(a) AS s FROM d.t WHERE a > @x", {"d.t": table}, {"x": (0, "INT64")})

`Engine.analyze` returns the resolved statement, `Engine.tables` the table paths of a text; `Error` carries message and position.
The package's own wrapper compiles the module at every start (45 s); here the compiled file is kept under the user's cache folder.
"""

import ctypes
import hashlib
import importlib.metadata
import os
import re
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

import tablenames
import tzdata
import wasmtime
from prototree import decode
from values import Field, field_of_type, from_proto, to_proto, type_from_proto, type_of_field, type_to_proto
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public
from zetasql.wasi._pb2.zetasql.public import parse_location_range_pb2, value_pb2  # noqa: F401 (registers the messages)
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_pb2, resolved_node_kind_pb2  # noqa: F401

# What the engine can and BigQuery does not (or not for everybody): the judge must refuse it.
NOT_IN_BIGQUERY = """
AGGREGATE_FILTERING ANONYMIZATION_CASE_INSENSITIVE_OPTIONS ARRAY_AGGREGATION_FUNCTIONS ARRAY_EQUALITY ARRAY_FIND_FUNCTIONS
ARRAY_GREATEST_LEAST ARRAY_ORDERING ARRAY_ZIP BITWISE_AGGREGATE_BYTES_SIGNATURES BRACED_PROTO_CONSTRUCTORS
CONCAT_MIXED_TYPES ENABLE_MEASURES ENUM_VALUE_DESCRIPTOR_PROTO EXPERIMENTAL_MODULES EXTENDED_TYPES EXTRACT_FROM_PROTO
EXTRACT_ONEOF_CASE FILTER_FIELDS FIRST_AND_LAST_N FOR_UPDATE FROM_AND_TO_PROTO_INTERVAL GENERATED_BY_DEFAULT GENERATED_COLUMNS
IDENTITY_COLUMNS IGNORE_PROTO3_USE_DEFAULTS INLINE_LAMBDA_ARGUMENT INSERT_ON_CONFLICT_CLAUSE JSON_TYPE_COMPARISON L1_NORM L2_NORM
DOT_PRODUCT MANHATTAN_DISTANCE LATERAL_JOIN LIMIT_OFFSET_EXPRESSIONS LITERAL_CONCATENATION MULTILEVEL_AGGREGATION
MULTILEVEL_AGGREGATION_ON_UDAS MULTIWAY_UNNEST MULTI_GROUPING_SETS NESTED_UPDATE_DELETE_WITH_OFFSET PIPE_ASSERT PIPE_CREATE_TABLE
PIPE_DESCRIBE PIPE_EXPORT_DATA PIPE_FORK PIPE_IF PIPE_INSERT PIPE_STATIC_DESCRIBE PIPE_TEE PI_FUNCTIONS PROTO_DEFAULT_IF_NULL
PROTO_EXTENSIONS_WITH_NEW PROTO_EXTENSIONS_WITH_SET PROTO_MAPS REPLACE_FIELDS REPLACE_FIELDS_ALLOW_MULTI_ONEOF
SAFE_FUNCTION_CALL_WITH_LAMBDA_ARGS SINGLE_TABLE_NAME_ARRAY_PATH STRATIFIED_RESERVOIR_TABLESAMPLE STRUCT_POSITIONAL_ACCESSOR
TIMESTAMP_FROM_UNIX_FUNCTIONS_WITH_UINT64 TIMESTAMP_NANOS TIMESTAMP_PICOS TIMESTAMP_PRECISION UUID_TYPE WITH_EXPRESSION
""".split()
ALSO_IN_BIGQUERY = """
DISABLE_FLOAT32 ENABLE_EDIT_DISTANCE_BYTES LIKE_ANY_SOME_ALL_ARRAY LIKE_ANY_SOME_ALL_SUBQUERY
""".split()
STATEMENTS = """
RESOLVED_QUERY_STMT RESOLVED_INSERT_STMT RESOLVED_UPDATE_STMT RESOLVED_DELETE_STMT RESOLVED_MERGE_STMT RESOLVED_TRUNCATE_STMT
RESOLVED_CREATE_TABLE_STMT RESOLVED_CREATE_TABLE_AS_SELECT_STMT RESOLVED_CREATE_VIEW_STMT RESOLVED_DROP_STMT
""".split()
ANALYZED_CATALOGS = 16


class Error(Exception):
    """The engine refused or failed; `message` is BigQuery's wording, with `at [line:column]` where there is a position."""

    def __init__(self, message):
        super().__init__(message)
        self.message = message
        found = re.search(r"at \[(\d+):(\d+)\]", message)
        self.position = (int(found[1]), int(found[2])) if found else None


class Stopped(Error):
    """The query ran longer than it was given, or broke the engine."""

    def __init__(self, message="Resources exceeded during query execution: the query took too long"):
        super().__init__(message)


class NotFound(Error):
    """A table path that the catalog does not hold; `parts` are the parts of the path."""

    def __init__(self, parts):
        super().__init__("Not found: Table " + ".".join(parts))
        self.parts = parts


class Table:
    """A table's schema (REST fields) and rows (tuples of Python values, see `values`); `version` grows with every change."""

    def __init__(self, fields, rows=()):
        self.fields = [dict(field) for field in fields]
        self.columns = [Field(field["name"], type_of_field(field)) for field in self.fields]
        self.rows = list(rows)
        self.version = 0


class View:
    """A view: its text; the paths in it are found in the same catalog."""

    def __init__(self, sql):
        self.sql = sql


class Statement:
    """A text with its table paths replaced, ready for the engine."""

    def __init__(self, sql, edited, edits, tables):
        self.sql = sql
        self.edited = edited
        self.edits = edits
        self.tables = tables  # the catalog's keys, in the order of the engine's names t0, t1, ...


class Analysis:
    """A resolved statement: `kind` (as BigQuery's statementType), `tree` (a `prototree.Node`), `statement`."""

    def __init__(self, kind, tree, statement):
        self.kind = kind
        self.tree = tree
        self.statement = statement


class Module:
    """The five functions of the module: allocate, free, call, last error and its size."""

    def __init__(self):
        config = wasmtime.Config()
        config.shared_memory = True
        config.epoch_interruption = True
        self.engine = engine = wasmtime.Engine(config)
        wasi = wasmtime.WasiConfig()
        wasi.preopen_dir(str(Path(tzdata.__file__).parent / "zoneinfo"), "/usr/share/zoneinfo")
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        self.store.set_epoch_deadline(1)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.exports = linker.instantiate(self.store, self._compiled(engine)).exports(self.store)
        self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]

    @staticmethod
    def _compiled(engine):
        """Loads the compiled module; compiles it once for each version of the two packages."""
        versions = "-".join(f"{name}-{importlib.metadata.version(name)}" for name in ("zetasql", "wasmtime"))
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"
        path = folder / f"{versions}-{hashlib.sha256(os.uname().machine.encode()).hexdigest()[:8]}-epochs.cwasm"
        if path.exists():
            try:
                return wasmtime.Module.deserialize_file(engine, str(path))
            except wasmtime.WasmtimeError:
                path.unlink(missing_ok=True)
        module = wasmtime.Module.from_file(engine, str(get_wasm_path()))
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(module.serialize())
        os.replace(name, path)  # several processes may start at once
        return module

    def call(self, name, request, seconds=60):
        """Calls a method with a message, returns the answer's bytes. After `Stopped` the module is of no more use."""
        self.store.set_epoch_deadline(1)
        timer = threading.Timer(seconds, self.engine.increment_epoch)
        timer.daemon = True
        timer.start()
        try:
            return self._call(name, request)
        except wasmtime.Trap as trap:
            if trap.trap_code == wasmtime.TrapCode.INTERRUPT:
                raise Stopped() from None
            raise Stopped(f"An internal error occurred in {name} of the SQL engine") from None
        finally:
            timer.cancel()

    def _call(self, name, request):
        data = request.SerializeToString()
        malloc, free = self.exports["wasm_malloc"], self.exports["wasm_free"]
        pointer, size_pointer = malloc(self.store, max(1, len(data))), malloc(self.store, 4)
        ctypes.memmove(self._at(pointer), data, len(data))
        try:
            answer = self.exports["ZetaSqlLocalService_" + name](self.store, pointer, len(data), size_pointer)
            if answer == 0:
                size = self.exports["wasm_get_last_error_size"](self.store)
                text = ctypes.string_at(self._at(self.exports["wasm_get_last_error"](self.store)), size).decode("utf-8", "replace")
                raise Error(re.sub(r"^Code: \d+, Message: ", "", text))
            size = int.from_bytes(ctypes.string_at(self._at(size_pointer), 4), "little")
            result = ctypes.string_at(self._at(answer & 0xFFFFFFFF), size)
            free(self.store, answer)
            return result
        finally:
            free(self.store, pointer)
            free(self.store, size_pointer)

    def _at(self, pointer):
        return ctypes.cast(self.memory.data_ptr(), ctypes.c_void_p).value + (pointer & 0xFFFFFFFF)


class Engine:
    """Analyzer and evaluator. Calls from several threads wait for each other."""

    def __init__(self, seconds=60):
        self.lock = threading.RLock()
        self.seconds = seconds
        self.module = Module()
        everything = options_pb2.LanguageOptionsProto.FromString(
            self.module.call("GetLanguageOptions", service.LanguageOptionsRequest(maximum_features=True))
        )
        features = {public.LanguageFeature.Name(feature) for feature in everything.enabled_language_features}
        features -= {"FEATURE_" + name for name in NOT_IN_BIGQUERY}
        features |= {"FEATURE_" + name for name in ALSO_IN_BIGQUERY}
        self.language = options_pb2.LanguageOptionsProto(
            product_mode=public.PRODUCT_EXTERNAL,
            enabled_language_features=sorted(public.LanguageFeature.Value(name) for name in features),
            supported_statement_kinds=[resolved_node_kind_pb2.ResolvedNodeKind.Value(name) for name in STATEMENTS],
            reserved_keywords=["QUALIFY"],
        )
        defaults = options_pb2.AnalyzerOptionsProto.FromString(self.module.call("GetAnalyzerOptions", service.AnalyzerOptionsRequest()))
        defaults.language_options.CopyFrom(self.language)
        defaults.allowed_hints_and_options.Clear()  # its enum types would need descriptors
        defaults.default_timezone = "UTC"
        defaults.error_message_mode = public.ERROR_MESSAGE_ONE_LINE
        self.options = defaults
        self.registered = OrderedDict()

    # The three questions

    def tables(self, sql):
        """Lists the table paths of a statement, split into their parts, each once."""
        return list(dict.fromkeys(tablenames.split(reference.parts) for reference in tablenames.find(self._parsed(sql))))

    def analyze(self, sql, catalog, params=None):
        """Resolves a statement against a catalog: a dict of dotted names (or a function of path parts) to `Table` or `View`."""
        with self.lock:
            statement = self._statement(sql, catalog)
            options = self._options(params)
            options.prune_unused_columns = True
            options.parse_location_record_type = public.PARSE_LOCATION_RECORD_FULL_NODE_SCOPE
            request = service.AnalyzeRequest(
                options=options, registered_catalog_id=self._catalog(statement.tables), sql_statement=statement.edited
            )
            answer = decode(service.AnalyzeResponse.DESCRIPTOR, self._call("Analyze", request, statement))
        node = next(answer.resolved_statement.children())
        while node.kind.startswith("Any"):
            node = next(node.children())
        kind = re.sub(r"(?<!^)(?=[A-Z])", "_", node.kind.removeprefix("Resolved").removesuffix("StmtProto")).upper()
        return Analysis("SELECT" if kind == "QUERY" else kind, node, statement)

    def evaluate(self, sql, catalog, params=None):
        """Runs a query. Returns (schema as REST fields, rows as tuples of Python values)."""
        columns, rows = self.evaluate_columns(sql, catalog, params)
        return [field_of_type(column.name, column.type) for column in columns], rows

    def evaluate_columns(self, sql, catalog, params=None):
        """Runs a query. Returns (columns as `values.Field`, rows)."""
        with self.lock:
            statement = self._statement(sql, catalog)
            prepared = self._prepare(statement, params)
            try:
                request = service.EvaluateQueryRequest(prepared_query_id=prepared.prepared_query_id)
                for name, (value, kind) in _named(params).items():
                    request.params.add(name=name, value=to_proto(value, kind))
                answer = service.EvaluateQueryResponse.FromString(self._call("EvaluateQuery", request, statement))
            except Stopped:
                raise  # the module is a new one
            except BaseException:
                self._unprepare(prepared)
                raise
            self._unprepare(prepared)
        columns = _columns(prepared)
        kinds = [column.type for column in columns]
        rows = [tuple(map(from_proto, row.cell, kinds)) for row in answer.content.table_data.row]
        return columns, rows

    def output_aliases(self, sql):
        """Lists the explicit aliases (`AS x`) of a query's outermost select list."""
        node = self.parse(sql)
        while node is not None and node.kind != "ASTSelectProto":
            if node.kind == "ASTSetOperationProto":
                node = next((child for child in node.walk() if child.kind == "ASTSelectProto"), None)
                break
            node = node.query or node.query_expr or (next(node.children(), None) if node.kind.startswith("Any") else None)
        items = (node.select_list.columns if node is not None and node.select_list is not None else None) or []
        return [item.alias.identifier.id_string for item in items if item.alias is not None and item.alias.identifier is not None]

    def columns(self, sql, catalog, params=None):
        """Returns a query's columns (as `values.Field`) without running it."""
        with self.lock:
            prepared = self._prepare(self._statement(sql, catalog), params)
            self._unprepare(prepared)
        return _columns(prepared)

    def _prepare(self, statement, params):
        request = service.PrepareQueryRequest(
            sql=statement.edited, options=self._options(params), registered_catalog_id=self._catalog(statement.tables)
        )
        return service.PrepareQueryResponse.FromString(self._call("PrepareQuery", request, statement)).prepared

    def _unprepare(self, prepared):
        self.module.call("UnprepareQuery", service.UnprepareQueryRequest(prepared_query_id=prepared.prepared_query_id))

    # What they rest on

    def parse_script(self, sql):
        """Splits a script into its statements: (kind, text) pairs, the kind as the parser names the node."""
        with self.lock:
            request = service.ParseRequest(sql_statement=sql, options=self.language, allow_script=True)
            answer = self._call("Parse", request, None)
        script = decode(service.ParseResponse.DESCRIPTOR, answer).parsed_script
        data = sql.encode()
        statements = []
        for item in script.statement_list_node.statement_list or ():
            while item.kind.startswith("Any"):
                item = next(item.children())
            place = item.part("parse_location_range")
            statements.append((item, data[place.start or 0 : place.end].decode()))
        return statements

    def parse(self, sql):
        """Parses one statement."""
        with self.lock:
            request = service.ParseRequest(sql_statement=sql, options=self.language)
            answer = self._call("Parse", request, None)
        node = decode(service.ParseResponse.DESCRIPTOR, answer).parsed_statement
        while node.kind.startswith("Any"):
            node = next(node.children())
        return node

    def constant(self, expression, analysis, params=None):
        """Evaluates a resolved expression of an analysis that reads no columns, by its text; an `Error` where it has none."""
        place = expression.part("parse_location_range")
        if place is None:
            raise Error("no text")
        text = analysis.statement.edited.encode()[place.start or 0 : place.end].decode()
        return self.evaluate_columns("SELECT " + text, {}, params)[1][0][0]

    def _parsed(self, sql):
        try:
            return self.parse(sql)
        except Error:
            # The parser alone tells no position; the analyzer does.
            request = service.AnalyzeRequest(options=self.options, registered_catalog_id=self._catalog([]), sql_statement=sql)
            self._call("Analyze", request, None)
            raise

    def _statement(self, sql, catalog, names=None, depth=0):
        """Replaces each table path by a name of our own, each view by its query."""
        find = catalog if callable(catalog) else _finder(catalog)
        names = {} if names is None else names
        tree = self._parsed(sql)
        # The evaluator takes parameters by name only: the first ? becomes @p1.
        marks = [node.part("parse_location_range") for node in tree.walk() if node.kind == "ASTParameterExprProto" and node.name is None]
        places = sorted((place.start or 0, place.end) for place in marks)
        edits = [tablenames.Edit(start, end, f"@p{i}") for i, (start, end) in enumerate(places, 1)]
        for reference in tablenames.find(tree):
            parts = tablenames.split(reference.parts)
            key, relation = find(parts)
            if isinstance(relation, View):
                if depth > 15:
                    raise Error("Too many nested views/persistent user-defined functions or possible circular references")
                text = "(" + self._statement(relation.sql, catalog, names, depth + 1).edited + ")"
            else:
                text = f"`t{names.setdefault(key, (len(names), relation))[0]}`"
            if not reference.alias and not reference.target:
                text += f" AS `{parts[-1]}`"
            edits.append(tablenames.Edit(reference.start, reference.end, text))
        tables = [(key, relation) for key, (_, relation) in names.items()]
        return Statement(sql, tablenames.apply(sql, edits), edits, tables)

    def _options(self, params):
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(self.options)
        for name, (_, kind) in _named(params).items():
            options.query_parameters.add(name=name, type=type_to_proto(kind))
        return options

    def _catalog(self, tables):
        """Registers a catalog with contents; the latest few are kept."""
        key = tuple((id(table), table.version) for _, table in tables)
        if key in self.registered:
            self.registered.move_to_end(key)
            return self.registered[key][0]
        catalog = simple_catalog_pb2.SimpleCatalogProto(name="catalog")
        catalog.builtin_function_options.language_options.CopyFrom(self.language)
        request = service.RegisterCatalogRequest(simple_catalog=catalog)
        for i, (_, table) in enumerate(tables):
            proto = request.simple_catalog.table.add(name=f"t{i}", serialization_id=i + 1)
            for column in table.columns:
                proto.column.add(name=column.name, type=type_to_proto(column.type), is_writable_column=True)
            kinds = [column.type for column in table.columns]
            data = request.table_content[f"t{i}"].table_data
            data.SetInParent()
            for row in table.rows:
                data.row.add(cell=map(to_proto, row, kinds))
        answer = service.RegisterResponse.FromString(self.module.call("RegisterCatalog", request))
        # The tables are kept alive, so that an id is never given to another table while it is a key.
        self.registered[key] = (answer.registered_id, tables)
        while len(self.registered) > ANALYZED_CATALOGS:
            _, (old, _) = self.registered.popitem(last=False)
            self.module.call("UnregisterCatalog", service.UnregisterRequest(registered_id=old))
        return answer.registered_id

    def _call(self, name, request, statement):
        try:
            return self.module.call(name, request, self.seconds)
        except Stopped:
            self.module = Module()
            self.registered.clear()
            raise
        except Error as error:
            if statement is None:
                raise Error(re.sub(r"\[at (\d+:\d+)\]", r"at [\1]", error.message)) from None
            raise Error(tablenames.map_position(error.message, statement.sql, statement.edited, statement.edits)) from None


def _columns(prepared):
    """A prepared query's columns; those without a name, or with one that another has, are called as BigQuery calls them."""
    columns, anonymous, seen = [], 0, {}
    for column in prepared.columns:
        name = column.name
        if name == "" or name.startswith("$"):
            name, anonymous = f"f{anonymous}_", anonymous + 1
        count = seen[name.lower()] = seen.get(name.lower(), -1) + 1
        columns.append(Field(f"{name}_{count}" if count else name, type_from_proto(column.type)))
    return columns


def _named(params):
    """Parameters by lower-case name; those by position are called p1, p2, ..."""
    if isinstance(params, (list, tuple)):
        return {f"p{i}": pair for i, pair in enumerate(params, 1)}
    return {name.lower(): pair for name, pair in (params or {}).items()}


def _finder(catalog):
    """Finds a path in a dict of dotted names: the whole path, else its last parts."""

    def find(parts):
        for start in range(len(parts)):
            key = ".".join(parts[start:])
            if key in catalog:
                return key, catalog[key]
        raise NotFound(parts)

    return find
