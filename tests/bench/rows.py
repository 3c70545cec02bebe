"""Rows per second, Sluice against PostgreSQL: the same rows, the same reader, in turns.

    python tests/bench/rows.py postgresql://demo@127.0.0.1:7432/shop postgresql://postgres@127.0.0.1:5432/postgres [rows]

The reader counts bytes and parses nothing, so that the servers are measured and not a driver. Prints rows/s of both and their ratio,
in text and in binary format; nothing here passes or fails.
"""

import re
import socket
import struct
import sys
import time
from urllib.parse import urlparse

import psycopg

COLUMNS = "event_id, kind, day, at, value"
SOURCE = "events"


def connect(url):
    """Opens a trusted session and returns its socket."""
    place = urlparse(url)
    link = socket.create_connection((place.hostname, place.port))
    body = struct.pack("!i", 196608)
    for key, value in (("user", place.username), ("database", place.path[1:])):
        body += key.encode() + b"\0" + value.encode() + b"\0"
    body += b"\0"
    link.sendall(struct.pack("!i", len(body) + 4) + body)
    drain(link)
    return link


def drain(link):
    """Reads until the server is ready again; returns the bytes read."""
    total, tail = 0, b""
    while True:
        part = link.recv(1 << 20)
        if not part:
            raise ConnectionError("the server hung up")
        total += len(part)
        tail = (tail + part)[-6:] if len(part) < 6 else part[-6:]
        if re.fullmatch(rb"Z\x00\x00\x00\x05[ITE]", tail):
            return total


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def run(link, query, binary):
    """Runs a query through the extended protocol; returns seconds and bytes."""
    results = struct.pack("!hh", 1, 1) if binary else struct.pack("!h", 0)
    text = message(b"P", b"\0" + query.encode() + b"\0" + struct.pack("!h", 0))
    text += message(b"B", b"\0\0" + struct.pack("!hh", 0, 0) + results)
    text += message(b"E", b"\0" + struct.pack("!i", 0)) + message(b"S", b"")
    started = time.perf_counter()
    link.sendall(text)
    size = drain(link)
    return time.perf_counter() - started, size


def prepare(sluice, postgres, rows):
    """Copies rows from Sluice into a table of PostgreSQL."""
    with psycopg.connect(sluice, autocommit=True) as source, psycopg.connect(postgres, autocommit=True) as target:
        source.execute("SET sluice.notices = off")
        cursor = source.execute(f"SELECT {COLUMNS} FROM {SOURCE} LIMIT 0")
        types = ", ".join(f"{c.name} {c.type_display.replace('varchar', 'character varying')}" for c in cursor.description)
        target.execute("DROP TABLE IF EXISTS sluice_bench")
        target.execute(f"CREATE TABLE sluice_bench ({types})")
        with target.cursor().copy("COPY sluice_bench FROM STDIN") as copy:
            for row in source.cursor().stream(f"SELECT {COLUMNS} FROM {SOURCE} LIMIT {rows}"):
                copy.write_row(row)
        target.execute("VACUUM ANALYZE sluice_bench")


def main():
    sluice, postgres = sys.argv[1:3]
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000
    prepare(sluice, postgres, rows)
    first, second = connect(sluice), connect(postgres)
    for setting in ("sluice.cache = off", "sluice.notices = off"):
        first.sendall(message(b"Q", f"SET {setting}".encode() + b"\0"))
        drain(first)
    for binary in (False, True):
        best = [min(run(link, query, binary) for _ in range(3)) for link, query in (
            (first, f"SELECT {COLUMNS} FROM {SOURCE} LIMIT {rows}"),
            (second, f"SELECT {COLUMNS} FROM sluice_bench LIMIT {rows}"),
        )]
        speeds = [rows / seconds for seconds, _ in best]
        form = "binary" if binary else "text"
        print(f"{form}: Sluice {speeds[0]:,.0f} rows/s, PostgreSQL {speeds[1]:,.0f} rows/s, ratio {speeds[0] / speeds[1]:.2f}")


main()
