"""Rows per second out of the Storage Read API: ten million rows of six columns, from a server that has them ready to a client that counts.

    cargo build --release
    python tests/bench/storage_read.py target/release/sluice [rows] [streams]

The server is the stand-in of tests/support, but for its results: these are batches made beforehand, sent again and again. The client reads bytes
and parses nothing. Prints rows per second, and by how much Sluice's memory grows meanwhile, with a fast reader and with a slow one.
Nothing here passes or fails.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

import bigquery as standin  # noqa: E402
import storage  # noqa: E402
from google.cloud.bigquery_storage_v1 import types  # noqa: E402
from rows import Link, message, processor_time  # noqa: E402

BATCH = 20_000
SCHEMA = "CREATE TABLE events (id INT64, kind STRING, day DATE, moment TIMESTAMP, value FLOAT64, amount NUMERIC);"
QUERY = "SELECT id, kind, day, moment, value, amount FROM shop.events"
EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)


def row(n):
    """One row."""
    at = EPOCH + dt.timedelta(seconds=n)
    return (n * 7919, ("view", "click", "order", "refund")[n % 4], at.date(), at, n / 7, Decimal(n % 100_000) / 100)


class Ready(storage.Read):
    """Streams of batches that are ready, whatever the table."""

    def __init__(self, stand_in, total):
        super().__init__(stand_in)
        self.total = total
        self.messages = None

    def handler(self):
        """As the stand-in's, but for messages that are bytes already."""
        methods = {
            "CreateReadSession": storage.grpc.unary_unary_rpc_method_handler(self.create, types.CreateReadSessionRequest.deserialize, types.ReadSession.serialize),
            "ReadRows": storage.grpc.unary_stream_rpc_method_handler(self.rows, types.ReadRowsRequest.deserialize, lambda data: data),
        }
        return storage.grpc.method_handlers_generic_handler(storage.SERVICE, methods)

    def create(self, request, context):
        """CreateReadSession"""
        session = super().create(request, context)
        count = request.max_stream_count or 1
        if self.messages is None:
            made = self.sessions[session.name]
            self.messages = []
            for start in range(0, 8 * BATCH, BATCH):
                data = made.batch([row(n) for n in range(start, start + BATCH)])
                batch = types.ArrowRecordBatch(serialized_record_batch=data)
                self.messages.append(types.ReadRowsResponse.serialize(types.ReadRowsResponse(row_count=BATCH, arrow_record_batch=batch)))
        session.streams = [types.ReadStream(name=f"{session.name}/streams/{i}") for i in range(count)]
        self.count = count
        return session

    def rows(self, request, context):
        """ReadRows"""
        number = int(request.read_stream.rpartition("/")[2])
        batches = self.total // BATCH
        for i in range(request.offset // BATCH, batches // self.count + (number < batches % self.count)):
            yield self.messages[i % len(self.messages)]


def stand_in(total):
    """A stand-in with one table whose every result has so many rows."""
    made = []

    def serve(owner, tls=None):
        server = storage.grpc.server(storage.futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.max_send_message_length", 128 << 20)])
        owner.read = Ready(owner, total)
        server.add_generic_rpc_handlers((owner.read.handler(),))
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        made.append(server)
        return server, f"127.0.0.1:{port}"

    storage.serve = serve
    server = standin.serve()
    owner = server.RequestHandlerClass.stand_in
    owner.store.make_dataset("proj", "shop")
    standin.ddl.run_script(owner.jobs.engine, owner.store, SCHEMA, "proj", ("proj", "shop"))
    owner.store.table("proj", "shop", "events").insert([row(n) for n in range(2000)])
    results = owner.api._results

    def many(job, query):
        body = results(job, query)
        return {**body, "totalRows": str(total), "pageToken": "1000"} if body.get("rows") else body

    owner.api._results = many
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}", owner.storage_address


def resident(process):
    """Resident memory in MB."""
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def read(port, process, query, slow):
    """Reads a result; returns seconds, bytes, seconds to the first row, and the growth of memory in MB."""
    link = Link(f"postgresql://bench@127.0.0.1:{port}/proj")
    link.set("SET sluice.notices = off")
    before = most = resident(process)
    total, first, tail, began = 0, 0.0, b"", time.perf_counter()
    link.socket.sendall(message(b"Q", query.encode() + b"\0"))
    buffer = bytearray(1 << 20)
    turn = 0
    while True:
        size = link.socket.recv_into(buffer)
        if not size:
            raise ConnectionError("the server hung up")
        if not total and b"SERROR\0" in buffer[:4096]:
            raise SystemExit(f"the server refuses: {bytes(buffer[:300])!r}")
        if total < 1000 <= total + size:
            first = time.perf_counter() - began
        total += size
        turn += 1
        if slow and time.perf_counter() - began < 10:
            time.sleep(0.05)
        if turn % 64 == 0 or slow:
            most = max(most, resident(process))
        tail = (tail + buffer[max(0, size - 6) : size])[-6:]
        if tail == b"Z\x00\x00\x00\x05I":
            break
    seconds = time.perf_counter() - began
    link.socket.sendall(message(b"Q", b"SHOW sluice.last_query\0"))
    said = link.socket.recv(1 << 16)
    if b"Storage Read API" not in said:
        raise SystemExit(f"not read by the Storage Read API: {said[:2000]!r}")
    return seconds, total, first, most - before


def main():
    binary = sys.argv[1]
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
    streams = int(sys.argv[3]) if len(sys.argv) > 3 else 4
    api, grpc_address = stand_in(rows)
    port = int(os.environ.get("SLUICE_BENCH_PORT", 21900))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sluice.toml"
        file.write_text(
            f'[server]\nlisten = "127.0.0.1:{port}"\n\n[web]\nlisten = "127.0.0.1:{port + 1}"\n\n[auth]\nmethod = "trust"\n\n[[users]]\nname = "bench"\nadmin = true\n\n'
            f'[backend]\nkind = "bigquery"\n\n[backend.bigquery]\nproject = "proj"\napi_endpoint = "{api}"\nstorage_endpoint = "{grpc_address}"\n'
            f"storage_streams = {streams}\n\n[guard]\ninject_limit = 0\n\n[cache]\nenabled = false\n"
        )
        file.chmod(0o600)
        server = subprocess.Popen([binary, "run", "--config", str(file)], stderr=subprocess.DEVNULL)
        try:
            for _ in range(200):
                try:
                    Link(f"postgresql://bench@127.0.0.1:{port}/proj")
                    break
                except OSError:
                    time.sleep(0.1)
            for what, query, slow in [
                ("several streams, warming up", QUERY + f" LIMIT {rows}", False),
                ("several streams", QUERY + f" LIMIT {rows}", False),
                ("one stream, in order", QUERY + f" ORDER BY id LIMIT {rows}", False),
                ("several streams, slow reader", QUERY + f" LIMIT {rows}", True),
            ]:
                before = processor_time(server.pid)
                seconds, size, first, growth = read(port, server.pid, query, slow)
                spent = processor_time(server.pid) - before
                print(
                    f"{what:28}  {rows / seconds:12,.0f} rows/s  {spent / rows * 1e6:6.3f} CPU-s per 1M rows  {size / 1e6:7.1f} MB"
                    f"  first row after {first * 1e3:5.0f} ms  memory grows by {growth:5.0f} MB"
                )
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
