"""What Sluice adds to BigQuery: the overhead of a cold query, the way to the first row, jobs at once, connections used again.

    cargo build --release
    python tests/bench/bigquery.py target/release/sluice [overhead] [first] [jobs] [reuse]

The server is a process of its own that answers the calls of the REST API at once, in BigQuery's shapes, out of bytes made beforehand: the stand-in of
tests/support evaluates queries, and its time would hide ours. It notes when each call came and when its last byte left. Overhead is the client's time
less the time in which a call was with the server: what the kernel needs to carry the bytes counts as ours. Each figure is printed with its
target; nothing here passes or fails.
"""

import asyncio
import json
import os
import re
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from rows import Link, message, processor_time  # noqa: E402

FIELDS = [("id", "INTEGER"), ("kind", "STRING"), ("day", "DATE"), ("moment", "TIMESTAMP"), ("value", "FLOAT"), ("amount", "NUMERIC")]
COLUMNS = ", ".join(name for name, _ in FIELDS)
QUERIES = 300
PAGES = (1, 100, 1000, 10_000)
JOB_SECONDS = 0.5
CLIENTS = 50


# --- the server


def schema():
    return {"fields": [{"name": name, "type": kind, "mode": "NULLABLE"} for name, kind in FIELDS]}


def row(n):
    values = [n * 7919, ("view", "click", "order", "refund")[n % 4], "2026-03-01", 1_772_323_200_000_000 + n, n / 7, f"{n % 100_000}.25"]
    return {"f": [{"v": str(value)} for value in values]}


class Scripted:
    """What the server answers, and what it has seen."""

    def __init__(self):
        self.rows = 1
        self.seconds = 0.0
        self.billed = False  # getQueryResults tells the bill: BigQuery's does not
        self.jobs = {}  # when each is done
        self.calls = []  # (name, connection, when its last byte came, when its answer's last byte left)
        self.connections = 0
        self.made = {}  # bytes made beforehand, by the page's first row and its end

    def order(self, body):
        """An order of the benchmark: a new setting, an empty log."""
        self.rows, self.seconds, self.billed = body.get("rows", 1), body.get("seconds", 0.0), body.get("billed", False)
        self.calls, self.jobs = [], {}
        self.connections = 0
        self.made = {}
        return {}

    def page(self, start, limit):
        """The rows from one on, as many as are asked for."""
        end = min(start + limit, self.rows)
        if (start, end) not in self.made:
            bill = {"totalBytesBilled": "10485760"} if self.billed else {}
            page = {"kind": "bigquery#getQueryResultsResponse", "jobComplete": True, "schema": schema(), "totalRows": str(self.rows), **bill}
            page |= {"pageToken": str(end)} if end < self.rows else {}
            page |= {"totalBytesProcessed": "1048576", "cacheHit": False, "rows": [row(n) for n in range(start, end)]}
            self.made[start, end] = json.dumps(page, separators=(",", ":")).encode()
        return self.made[start, end]

    def answer(self, verb, path, body):
        """Returns a call's name, the seconds that it takes, and its answer."""
        query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
        parts = path.split("?")[0].removeprefix("/bigquery/v2").strip("/").split("/")
        if parts[0] == "bench":
            return None, 0, {"calls": self.calls, "connections": self.connections} if verb == "GET" else self.order(json.loads(body))
        match verb, *parts[2:]:
            case "GET", "datasets":
                return "datasets.list", 0, {"datasets": [{"id": "proj:shop", "datasetReference": {"projectId": "proj", "datasetId": "shop"}, "location": "US"}]}
            case "GET", "datasets", _, "tables":
                reference = {"projectId": "proj", "datasetId": "shop", "tableId": "events"}
                return "tables.list", 0, {"tables": [{"id": "proj:shop.events", "tableReference": reference, "type": "TABLE"}], "totalItems": 1}
            case "GET", "datasets", _, "tables", _:
                reference = {"projectId": "proj", "datasetId": "shop", "tableId": "events"}
                table = {"tableReference": reference, "type": "TABLE", "location": "US", "etag": "e1", "lastModifiedTime": "1772323200000"}
                return "tables.get", 0, {**table, "schema": schema(), "numRows": "1000000", "numBytes": "48000000"}
            case "GET", "datasets", _, "tables", _, "rowAccessPolicies":
                return "rowAccessPolicies.list", 0, {}
            case "POST", "jobs":
                configuration = json.loads(body)
                if configuration["configuration"].get("dryRun"):
                    return "jobs.insert, dry", 0, self.job(None, dry=True)
                name = configuration["jobReference"]["jobId"]
                self.jobs[name] = time.perf_counter() + self.seconds
                return "jobs.insert", 0, self.job(name)
            case "GET", "queries", name:
                page = self.page(int(query.get("pageToken", 0)), int(query["maxResults"]))
                return "jobs.getQueryResults", self.jobs[name] - time.perf_counter(), page
            case "GET", "jobs", name:
                return "jobs.get", 0, self.job(name)
        return "unknown", 0, {}

    def job(self, name, dry=False):
        """A job's resource."""
        figures = {"totalBytesProcessed": "1048576", "statementType": "SELECT", "cacheHit": False}
        figures |= {"referencedTables": [{"projectId": "proj", "datasetId": "shop", "tableId": "events"}], "schema": schema()}
        if dry:
            figures |= {"totalBytesProcessedAccuracy": "PRECISE"}
        done = dry or self.jobs[name] <= time.perf_counter()
        if done and not dry and self.seconds == 0:
            done = bool(self.calls) and self.calls[-1][0] == "jobs.getQueryResults"  # a job is not done when it is begun
        if done and not dry:
            figures["totalBytesBilled"] = "10485760"
        reference = {"projectId": "proj", "location": "US"} | ({"jobId": name} if name else {})
        statistics = {"totalBytesProcessed": "1048576", "query": figures}
        query = {"destinationTable": {"projectId": "proj", "datasetId": "_anonymous", "tableId": f"anon{name}"}}
        return {"jobReference": reference, "status": {"state": "DONE" if done else "RUNNING"}, "statistics": statistics, "configuration": {"query": query}}


class Wire(asyncio.Protocol):
    """One connection of HTTP/1.1."""

    scripted = Scripted()
    number = 0

    def connection_made(self, transport):
        Wire.number += 1
        self.scripted.connections += 1
        self.name, self.transport, self.data, self.leaving = Wire.number, transport, b"", None
        transport.set_write_buffer_limits(high=0)

    def data_received(self, data):
        arrived = time.perf_counter()
        self.data += data
        head, end, rest = self.data.partition(b"\r\n\r\n")
        if not end:
            return
        size = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        size = int(size[1]) if size else 0
        if len(rest) < size:
            return
        self.data = rest[size:]
        verb, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        name, wait, body = self.scripted.answer(verb, path, rest[:size])
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self.send, name, arrived, body)
        else:
            self.send(name, arrived, body)

    def send(self, name, arrived, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
        self.leaving = (name, arrived)
        now = time.perf_counter()  # afterwards this process may have to wait for its turn
        self.transport.write(head.encode() + body)
        if not self.transport.get_write_buffer_size():
            self.left(now)

    def resume_writing(self):
        self.left(time.perf_counter())

    def left(self, when):
        """The last byte is with the kernel."""
        if self.leaving and self.leaving[0]:
            self.scripted.calls.append((self.leaving[0], self.name, self.leaving[1], when))
        self.leaving = None


async def serve():
    Wire.scripted.order({})
    server = await asyncio.get_running_loop().create_server(Wire, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


# --- the benchmark


class Bench:
    """A server, and Sluice in front of it."""

    def __init__(self, binary):
        self.binary = binary
        self.api = subprocess.Popen([sys.executable, __file__, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"http://127.0.0.1:{self.api.stdout.readline().strip()}"
        self.port = int(os.environ.get("SLUICE_BENCH_PORT", 21900))
        self.folder = tempfile.TemporaryDirectory()
        self.sluice = None

    def order(self, **body):
        """Gives the server another setting and empties its log."""
        urllib.request.urlopen(urllib.request.Request(self.address + "/bench", json.dumps(body).encode())).read()

    def log(self):
        """What the server has seen since, less the calls of the benchmark."""
        return json.load(urllib.request.urlopen(self.address + "/bench"))

    def start(self, more=""):
        """Starts Sluice anew."""
        self.stop()
        file = Path(self.folder.name) / "sluice.toml"
        file.write_text(
            f'[server]\nlisten = "127.0.0.1:{self.port}"\n\n[web]\nlisten = "127.0.0.1:{self.port + 1}"\n\n[auth]\nmethod = "trust"\n\n[[users]]\nname = "bench"\nadmin = true\n\n'
            f'[guard]\ninject_limit = 0\nmax_usd_per_user_day = 1000.0\n\n[cache]\nenabled = false\n\n[backend]\nkind = "bigquery"\n\n[backend.bigquery]\nproject = "proj"\napi_endpoint = "{self.address}"\n{more}\n'
        )
        file.chmod(0o600)
        log = open(Path(self.folder.name) / "log", "w")
        self.sluice = subprocess.Popen([self.binary, "run", "--config", str(file)], stdout=log, stderr=log)
        for _ in range(300):
            try:
                return self.link()
            except OSError:
                if self.sluice.poll() is not None:
                    raise SystemExit((Path(self.folder.name) / "log").read_text()) from None
                time.sleep(0.05)
        raise SystemExit("the server does not start")

    def link(self):
        """A session."""
        return Link(f"postgresql://bench@127.0.0.1:{self.port}/proj")

    def stop(self):
        if self.sluice:
            self.sluice.terminate()
            self.sluice.wait()
            self.sluice = None

    def close(self):
        self.stop()
        self.api.stdin.close()
        self.api.wait()
        self.folder.cleanup()


def ask(link, sql):
    """Asks in the simple protocol; returns when it was sent, when the first row came, when the last message came."""
    began = time.perf_counter()
    link.socket.sendall(message(b"Q", sql.encode() + b"\0"))
    first, data, at = None, b"", 0
    while True:
        part = link.socket.recv(1 << 18)
        now = time.perf_counter()
        if not part:
            raise ConnectionError("the server hung up")
        data = data[at:] + part
        at = 0
        while len(data) >= at + 5:
            kind, size = data[at : at + 1], struct.unpack("!i", data[at + 1 : at + 5])[0] + 1
            if kind == b"E":
                raise SystemExit(f"the server refuses: {data[at : at + 300]!r}")
            if kind == b"D" and first is None:
                first = now
            if len(data) < at + size:
                break
            at += size
            if kind == b"Z":
                return began, first, now


def union(calls, began, ended):
    """Seconds within a time in which at least one call was with the server."""
    total, until = 0.0, began
    for _, _, start, end in sorted(calls, key=lambda call: call[2]):
        start, end = max(start, until), min(end, ended)
        if end > start:
            total += end - start
            until = end
    return total


def shares(values):
    """Median, and the tenth and ninetieth of a hundred, in ms."""
    tenths = statistics.quantiles(values, n=10)
    return f"median {statistics.median(values) * 1e3:6.2f} ms   10 % {tenths[0] * 1e3:6.2f} ms   90 % {tenths[-1] * 1e3:6.2f} ms"


def told(met, target):
    return f"target {target}: {'met' if met else 'MISSED'}"


def overhead(bench):
    """A cold query: everything but the server's own time."""
    for billed in (False, True):
        link = bench.start()
        for n in range(100):
            ask(link, f"SELECT {COLUMNS} FROM shop.events WHERE id > {n} AND kind = 'warm'")
        bench.order(rows=1, billed=billed)
        times, before = [], processor_time(bench.sluice.pid)
        for n in range(QUERIES):
            times.append(ask(link, f"SELECT {COLUMNS} FROM shop.events WHERE id > {n} AND kind = 'cold'"))
        spent = processor_time(bench.sluice.pid) - before
        calls = bench.log()["calls"]
        ours, parts = [], {}
        for began, _, ended in times:
            mine = sorted((call for call in calls if began <= call[2] <= ended), key=lambda call: call[2])
            ours.append(ended - began - union(mine, began, ended))
            before = ("asked", began)
            for name, _, arrived, left in mine:
                parts.setdefault((before[0], name), []).append(arrived - before[1])
                before = (name, left)
            parts.setdefault((before[0], "answered"), []).append(ended - before[1])
        what = "the bill comes with the rows" if billed else "the bill is a call of its own"
        names = ", ".join(dict.fromkeys(name for name, *_ in calls))
        print(f"overhead of a cold query, {what} ({len(calls) / QUERIES:.1f} calls: {names})")
        print(f"    {shares(ours)}   {told(statistics.median(ours) < 0.003, 'below 3 ms')}   {spent / QUERIES * 1e3:.2f} ms of processor time")
        for (before, name), waits in parts.items():
            if len(waits) > QUERIES / 10:
                print(f"        {statistics.median(waits) * 1e3:6.2f} ms   {before} -> {name}")


def first(bench):
    """From the first page's last byte to the first row."""
    link = bench.start()
    for rows in PAGES:
        bench.order(rows=rows)
        ask(link, f"SELECT {COLUMNS} FROM shop.events WHERE kind = 'none'")  # the pages are made now
        ways = []
        for n in range(40 if rows > 1000 else 200):
            began, row_came, _ = ask(link, f"SELECT {COLUMNS} FROM shop.events WHERE id > {n} AND kind = 'first'")
            left = min(left for name, _, arrived, left in bench.log()["calls"] if name == "jobs.getQueryResults" and arrived > began)
            ways.append(row_came - left)
        size = len(json.dumps([row(n) for n in range(rows)], separators=(",", ":")))
        print(f"first row of a result of {rows:6,} rows ({size / 1e6:6.3f} MB of JSON)   {shares(ways[5:])}   {told(statistics.median(ways[5:]) <= 0.002, 'at most 2 ms')}")


def jobs(bench):
    """Queries at once against the places for jobs."""
    base = None
    for places in (5, 10, 25, 50):
        bench.start(f"max_concurrent_jobs = {places}")
        bench.order(rows=1, seconds=JOB_SECONDS)
        each = max(2, round(places * 8 / JOB_SECONDS / CLIENTS / 2))
        gate = threading.Barrier(CLIENTS + 1)

        def client(number):
            link = bench.link()
            gate.wait()
            for n in range(each):
                ask(link, f"SELECT {COLUMNS} FROM shop.events WHERE id > {number * 1000 + n}")

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        gate.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - began
        rate = CLIENTS * each / seconds
        base = base or rate / places
        ideal = places / JOB_SECONDS
        print(
            f"{CLIENTS} clients, {places:2} jobs of {JOB_SECONDS} s at once   {rate:6.1f} queries/s   {rate / ideal * 100:5.1f} % of {ideal:.0f}"
            f"   {rate / base / places * 100:5.1f} % of linear   {told(rate / base / places >= 0.9, 'linear (90 %)')}"
        )


def reuse(bench):
    """Requests by connection, one query after the other and many at once."""
    bench.start()
    for clients in (1, 10, CLIENTS):
        links = [bench.link() for _ in range(clients)]
        bench.order(rows=1)
        each = max(10, 200 // clients)

        def client(number):
            for n in range(each):
                ask(links[number], f"SELECT {COLUMNS} FROM shop.events WHERE id > {number * 1000 + n}")

        threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log = bench.log()
        requests, opened = len(log["calls"]), log["connections"] - 1  # one is the benchmark's own question
        used = len({connection for _, connection, *_ in log["calls"]})
        rate = 1 - opened / requests
        print(f"connections, {clients:2} clients   {requests} requests over {used} connections, {opened} of them new   reuse {rate * 100:5.1f} %   {told(rate > 0.9, 'above 90 %')}")


def main():
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
        return
    wanted = sys.argv[2:] or ["overhead", "first", "jobs", "reuse"]
    bench = Bench(sys.argv[1])
    try:
        for what in wanted:
            {"overhead": overhead, "first": first, "jobs": jobs, "reuse": reuse}[what](bench)
    finally:
        bench.close()


if __name__ == "__main__":
    main()
