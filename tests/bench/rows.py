"""Rows per second and processor time, Sluice against PostgreSQL: the same rows, the same reader, in turns.

    python tests/bench/rows.py postgresql://demo@127.0.0.1:7432/shop postgresql://postgres@127.0.0.1:5432/postgres [rows] [query]

The reader parses nothing, and lets the kernel drop the bytes whose number it knows from a first run, so that the servers are measured and
not a driver. Sluice is measured twice: as the engine reads
its files, and from its cache (which must be large enough: `cache.max_entry_bytes`, `cache.max_bytes`). Processor time is that of the server's
process, read from /proc where the servers run on this machine. Nothing here passes or fails.
"""

import os
import re
import socket
import struct
import sys
import time
from urllib.parse import urlparse

import psycopg

QUERY = "SELECT event_id, kind, day, at, value FROM events"
TICK = os.sysconf("SC_CLK_TCK")


class Link:
    """A trusted session on a bare socket."""

    def __init__(self, url):
        place = urlparse(url)
        self.socket = socket.create_connection((place.hostname, place.port))
        body = struct.pack("!i", 196608)
        for key, value in (("user", place.username), ("database", place.path[1:])):
            body += key.encode() + b"\0" + value.encode() + b"\0"
        body += b"\0"
        self.socket.sendall(struct.pack("!i", len(body) + 4) + body)
        self.backend = 0
        self.buffer = bytearray(1 << 18)
        self.sizes = {}
        self.drain(True)
        self.process = backend_process(self.backend) or server_process(place.port)

    def drain(self, greeting=False):
        """Reads until the server is ready again; returns the bytes read."""
        total, tail = 0, b""
        while True:
            part = self.socket.recv(1 << 20)
            if not part:
                raise ConnectionError("the server hung up")
            if b"SERROR\0" in part[:4096]:
                raise SystemExit(f"the server refuses: {part[:300]!r}")  # what was refused has no speed
            total += len(part)
            if greeting and b"K\x00\x00\x00\x0c" in part:
                at = part.index(b"K\x00\x00\x00\x0c") + 5
                self.backend = struct.unpack("!i", part[at : at + 4])[0]
            tail = (tail + part)[-6:] if len(part) < 6 else part[-6:]
            if re.fullmatch(rb"Z\x00\x00\x00\x05[ITE]", tail):
                return total

    def discard(self, size):
        """Lets the kernel drop an answer of a known size, but for the ReadyForQuery at its end."""
        left = size - 6
        while left:
            got = self.socket.recv_into(self.buffer, min(left, len(self.buffer)), socket.MSG_TRUNC)
            if not got:
                raise ConnectionError("the server hung up")
            left -= got
        end = self.socket.recv(6, socket.MSG_WAITALL)
        if end != b"Z\x00\x00\x00\x05I":
            raise SystemExit(f"the answer has another size than before: {end!r}")
        return size

    def set(self, text):
        self.socket.sendall(message(b"Q", text.encode() + b"\0"))
        self.drain()

    def run(self, query, binary):
        """Runs a query through the extended protocol; returns seconds, processor seconds and bytes."""
        results = struct.pack("!hh", 1, 1) if binary else struct.pack("!h", 0)
        text = message(b"P", b"\0" + query.encode() + b"\0" + struct.pack("!h", 0))
        text += message(b"B", b"\0\0" + struct.pack("!hh", 0, 0) + results)
        text += message(b"E", b"\0" + struct.pack("!i", 0)) + message(b"S", b"")
        before, started = processor_time(self.process), time.perf_counter()
        self.socket.sendall(text)
        known = self.sizes.get(text)
        size = self.discard(known) if known else self.drain()
        self.sizes[text] = size
        return time.perf_counter() - started, processor_time(self.process) - before, size


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def backend_process(pid):
    """The client's own process, where the server has one for each (PostgreSQL) on this machine."""
    try:
        with open(f"/proc/{pid}/comm") as name:
            return pid if name.read().strip() == "postgres" else None
    except OSError:
        return None


def server_process(port):
    """Finds the process that listens on a port of this machine."""
    wanted = f":{port:04X}"
    inodes = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(name):
            with open(name) as lines:
                fields = [line.split() for line in lines]
            inodes |= {field[9] for field in fields if field[1].endswith(wanted) and field[3] == "0A"}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            for file in os.listdir(f"/proc/{process}/fd"):
                target = os.readlink(f"/proc/{process}/fd/{file}")
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    return int(process)
        except OSError:
            continue
    return None


def processor_time(process):
    """Seconds that a process has used."""
    if process is None:
        return float("nan")
    with open(f"/proc/{process}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def prepare(sluice, postgres, query, rows):
    """Copies rows from Sluice into a table of PostgreSQL."""
    with psycopg.connect(sluice, autocommit=True) as source, psycopg.connect(postgres, autocommit=True) as target:
        source.execute("SET sluice.notices = off")
        cursor = source.execute(f"{query} LIMIT 0")
        types = ", ".join(f"{c.name} {c.type_display.replace('varchar', 'character varying')}" for c in cursor.description)
        target.execute("DROP TABLE IF EXISTS sluice_bench")
        target.execute(f"CREATE UNLOGGED TABLE sluice_bench ({types})")
        with source.cursor().copy(f"COPY ({query} LIMIT {rows}) TO STDOUT (FORMAT binary)") as read:
            with target.cursor().copy("COPY sluice_bench FROM STDIN (FORMAT binary)") as write:
                for part in read:
                    write.write(part)
        target.execute("VACUUM ANALYZE sluice_bench")


def main():
    sluice, postgres = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    query = sys.argv[4] if len(sys.argv) > 4 else QUERY
    prepare(sluice, postgres, query, rows)
    engine, cached, judge = Link(sluice), Link(sluice), Link(postgres)
    engine.set("SET sluice.cache = off")
    for link in (engine, cached):
        link.set("SET sluice.notices = off")
    contenders = [
        ("Sluice, engine", engine, f"{query} LIMIT {rows}"),
        ("Sluice, cached", cached, f"{query} LIMIT {rows}"),
        ("PostgreSQL", judge, f"SELECT * FROM sluice_bench LIMIT {rows}"),
    ]
    cached.run(contenders[1][2], False)
    for binary in (False, True):
        rounds = [[link.run(text, binary) for _, link, text in contenders] for _ in range(5)]
        best = [min(turn[i] for turn in rounds) for i in range(len(contenders))]
        for (name, _, _), (seconds, processor, size) in zip(contenders, best):
            print(
                f"{'binary' if binary else 'text':6}  {name:15} {rows / seconds:12,.0f} rows/s  {best[-1][0] / seconds:5.2f} x PostgreSQL"
                f"  {processor / rows * 1e6:6.3f} CPU-s per 1M rows  {size / 1e6:6.1f} MB"
            )


if __name__ == "__main__":
    main()
