"""BigQuery's Storage Read API over gRPC: the results of finished jobs (and tables) as Arrow, with Google's own messages.

The methods are `storage.CreateReadSession` and `storage.ReadRows` to scripts and the log. Faults of ReadRows take `after`, the batches that come before:
    error: the call ends with `code` (UNAVAILABLE, PERMISSION_DENIED, ...). hang: it waits `seconds`, and goes on. early: it ends well, too early.
    duplicate: a batch comes twice. empty: one without rows comes between. miscount: `row_count` is one too many. garble: half of a batch.
Of CreateReadSession: error, hang, columns (another table's schema), streamless (no streams), reversed (its rows in another order).
"""

import decimal
import itertools
import threading
from concurrent import futures
from pathlib import Path

import grpc
import pyarrow as pa
from google.cloud.bigquery_storage_v1 import types
from store import Missing
from values import Field

SERVICE = "google.cloud.bigquery.storage.v1.BigQueryRead"
PLAIN = {
    "INT64": pa.int64(), "FLOAT64": pa.float64(), "BOOL": pa.bool_(), "STRING": pa.string(), "BYTES": pa.binary(), "DATE": pa.date32(),
    "TIME": pa.time64("us"), "DATETIME": pa.timestamp("us"), "TIMESTAMP": pa.timestamp("us", "UTC"), "NUMERIC": pa.decimal128(38, 9),
    "BIGNUMERIC": pa.decimal256(76, 38), "INTERVAL": pa.month_day_nano_interval(), "JSON": pa.string(), "GEOGRAPHY": pa.string(),
}
EXTENSIONS = {"JSON": "json", "GEOGRAPHY": "geography", "DATETIME": "datetime"}
CONTEXT = decimal.Context(prec=100)
CODECS = {1: "lz4", 2: "zstd"}


def arrow_type(kind):
    """The Arrow type of a BigQuery type."""
    if kind[0] == "ARRAY":
        return pa.list_(pa.field("item", arrow_type(kind[1]), nullable=False))
    if kind[0] == "STRUCT":
        return pa.struct([arrow_field(field.name, field.type) for field in kind[1]])
    if kind[0] == "RANGE":
        return pa.struct([arrow_field("start", kind[1]), arrow_field("end", kind[1])])
    return PLAIN[kind]


def arrow_field(name, kind):
    """The Arrow field of a column."""
    metadata = {"ARROW:extension:name": f"google:sqlType:{EXTENSIONS[kind]}"} if kind in EXTENSIONS else None
    return pa.field(name, arrow_type(kind), nullable=kind[0] != "ARRAY", metadata=metadata)


def arrow_array(values, kind):
    """Python values as an Arrow array."""
    if kind[0] == "ARRAY":
        lists = [value or () for value in values]
        offsets = pa.array([0, *itertools.accumulate(map(len, lists))], pa.int32())
        return pa.ListArray.from_arrays(offsets, arrow_array([item for value in lists for item in value], kind[1]), type=arrow_type(kind))
    if kind[0] in ("STRUCT", "RANGE"):
        fields = kind[1] if kind[0] == "STRUCT" else (Field("start", kind[1]), Field("end", kind[1]))
        parts = [arrow_array([None if value is None else value[i] for value in values], field.type) for i, field in enumerate(fields)]
        return pa.StructArray.from_arrays(parts, fields=list(arrow_type(kind)), mask=pa.array([value is None for value in values], pa.bool_()))
    if kind == "BIGNUMERIC":
        # BigQuery's largest values have a digit more than Arrow's type promises: only the bytes hold them.
        numbers = [None if value is None else int(value.scaleb(38, CONTEXT)).to_bytes(32, "little", signed=True) for value in values]
        return pa.Array.from_buffers(arrow_type(kind), len(values), pa.array(numbers, pa.binary(32)).buffers())
    if kind == "INTERVAL":
        values = [None if value is None else pa.MonthDayNano([value.months, value.days, value.micros * 1000]) for value in values]
    return pa.array(values, arrow_type(kind))


class Session:
    """A read session: the columns, and each stream's rows."""

    def __init__(self, name, columns, rows, streams, codec):
        self.name = name
        self.columns = columns
        self.schema = pa.schema([arrow_field(column.name, column.type) for column in columns])
        size = max(1, -(-len(rows) // streams))
        self.streams = [rows[start : start + size] for start in range(0, len(rows), size)] or [[]]
        self.options = pa.ipc.IpcWriteOptions(compression=CODECS.get(codec))

    def batch(self, rows):
        """Rows as an Arrow batch, serialized."""
        kinds = [column.type for column in self.columns]
        arrays = [arrow_array([row[i] for row in rows], kind) for i, kind in enumerate(kinds)]
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.schema, options=self.options) as writer:
            writer.write_batch(pa.record_batch(arrays, schema=self.schema))
        messages = pa.ipc.MessageReader.open_stream(sink.getvalue())
        messages.read_next_message()  # the schema
        return messages.read_next_message().serialize().to_pybytes()


class Broken(Exception):
    """A call that ends with a status."""

    def __init__(self, code, message="scripted"):
        super().__init__(message)
        self.code = grpc.StatusCode[code]
        self.message = message


class Read:
    """The service."""

    def __init__(self, stand_in):
        self.stand_in = stand_in
        self.sessions = {}
        self.numbers = itertools.count(1)
        self.batch_rows = 1000
        self.most_streams = 100
        self.open = 0  # streams that are read now
        self.lock = threading.Lock()

    def _count(self, change):
        with self.lock:
            self.open += change

    def handler(self):
        """What a gRPC server takes."""
        one, many = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
        methods = {
            "CreateReadSession": one(self.create, types.CreateReadSessionRequest.deserialize, types.ReadSession.serialize),
            "ReadRows": many(self.rows, types.ReadRowsRequest.deserialize, types.ReadRowsResponse.serialize),
        }
        return grpc.method_handlers_generic_handler(SERVICE, methods)

    def _begin(self, method, context, query):
        metadata = dict(context.invocation_metadata())
        query |= {key: metadata[key] for key in ("x-goog-user-project", "x-goog-request-params") if key in metadata}
        self.stand_in.script.record(method, "", query, {}, metadata.get("authorization"))
        return self.stand_in.script.next(method) or {"kind": None}

    def create(self, request, context):
        """CreateReadSession"""
        fault = self._begin("storage.CreateReadSession", context, {"parent": request.parent, "table": request.read_session.table, "streams": request.max_stream_count})
        if fault["kind"] == "hang":
            self.stand_in.script.released.wait(fault.get("seconds", 3600))
        if fault["kind"] == "error":
            context.abort(grpc.StatusCode[fault.get("code", "UNAVAILABLE")], fault.get("message", "scripted"))
        try:
            columns, rows = self._table(request.read_session.table)
        except Broken as error:
            context.abort(error.code, error.message)
        if request.read_session.data_format != types.DataFormat.ARROW:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the stand-in knows Arrow only")
        streams = min(request.max_stream_count or 1, self.most_streams)
        name = f"{request.parent}/locations/us/sessions/s{next(self.numbers)}"
        if fault["kind"] == "columns":
            columns, rows = columns[1:], [row[1:] for row in rows]
        if fault["kind"] == "reversed":
            rows = rows[::-1]
        session = Session(name, columns, list(rows), streams, request.read_session.read_options.arrow_serialization_options.buffer_compression)
        self.sessions[name] = session
        count = 0 if fault["kind"] == "streamless" else len(session.streams)
        return types.ReadSession(
            name=name,
            table=request.read_session.table,
            data_format=types.DataFormat.ARROW,
            arrow_schema=types.ArrowSchema(serialized_schema=session.schema.serialize().to_pybytes()),
            streams=[types.ReadStream(name=f"{name}/streams/{i}") for i in range(count)],
            estimated_row_count=len(rows),
        )

    def _table(self, path):
        _, project, _, dataset, _, table = path.split("/")
        job = self.stand_in.jobs.destinations.get((project, dataset, table))
        if job is None:
            try:
                stored = self.stand_in.store.table(project, dataset, table)
            except Missing as error:
                raise Broken("NOT_FOUND", error.what) from None
            return stored.table.columns[: len(stored.fields)], stored.table.rows
        if not job.done.is_set() or job.failure:
            raise Broken("FAILED_PRECONDITION", "the job of the table is not done")
        return job.columns, job.rows

    def rows(self, request, context):
        """ReadRows"""
        fault = self._begin("storage.ReadRows", context, {"stream": request.read_stream, "offset": request.offset})
        self._count(1)
        if not context.add_callback(lambda: self._count(-1)):
            self._count(-1)  # it has ended already
        session, _, number = request.read_stream.rpartition("/streams/")
        session = self.sessions.get(session)
        if session is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such stream")
        rows = session.streams[int(number)]
        if request.offset > len(rows):
            context.abort(grpc.StatusCode.OUT_OF_RANGE, "the stream has no such row")
        try:
            yield from self._batches(session, rows, request.offset, fault)
        except Broken as error:
            context.abort(error.code, error.message)

    def _batches(self, session, rows, at, fault):
        schema = types.ArrowSchema(serialized_schema=session.schema.serialize().to_pybytes())
        number = 0
        while True:
            struck = fault["kind"] if number == fault.get("after", 0) else None
            number += 1
            if struck == "hang":
                self.stand_in.script.released.wait(fault.get("seconds", 3600))
            if struck == "error":
                raise Broken(fault.get("code", "UNAVAILABLE"), fault.get("message", "scripted"))
            if struck == "early" or (at >= len(rows) and struck is None):
                return
            part = rows[at : at + self.batch_rows]
            data = session.batch(part)
            if struck == "garble":
                data = data[: len(data) // 2]
            message = types.ReadRowsResponse(
                row_count=len(part) + (struck == "miscount"),
                arrow_record_batch=types.ArrowRecordBatch(serialized_record_batch=data),
                stats=types.StreamStats(progress={"at_response_start": at / max(1, len(rows)), "at_response_end": (at + len(part)) / max(1, len(rows))}),
            )
            if schema:
                message.arrow_schema, schema = schema, None
            if struck == "empty":
                yield types.ReadRowsResponse(row_count=0, arrow_record_batch=types.ArrowRecordBatch(serialized_record_batch=session.batch([])))
            yield message
            if struck == "duplicate":
                yield message
            at += len(part)


def serve(stand_in, tls=None):
    """Starts the service on a free port, over TLS with files of a certificate and its key; returns the server and its address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64), options=[("grpc.max_send_message_length", 128 << 20)])
    stand_in.read = Read(stand_in)
    server.add_generic_rpc_handlers((stand_in.read.handler(),))
    if tls:
        cert, key = (Path(file).read_bytes() for file in tls)
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)]))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"https://localhost:{port}" if tls else f"127.0.0.1:{port}"
