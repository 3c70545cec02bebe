"""How an answer leaves: system calls for each Sync, and the time to the first row.

    python tests/bench/flushes.py postgresql://demo@127.0.0.1:7432/shop [times]

System calls are counted by strace where it is installed. The first row is that of a result of a million rows that is in the cache (so that the
first batch is there when the question comes; `cache.max_entry_bytes` has to hold it), and that of a series, which the engine makes. Nothing here passes or fails.
"""

import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlparse

from rows import Link, message, server_process

SEND = "sendto,sendmsg,write,writev"
CACHED = "SELECT event_id, kind, day, at, value FROM events LIMIT 1000000"
SERIES = "SELECT n, n::text FROM generate_series(1, 10000000) AS n"


def statements(count, query):
    """So many statements and one Sync."""
    parse = message(b"P", b"\0" + query.encode() + b"\0" + struct.pack("!h", 0))
    bind = message(b"B", b"\0\0" + struct.pack("!hhh", 0, 0, 0))
    return (parse + bind + message(b"D", b"P\0") + message(b"E", b"\0" + struct.pack("!i", 0))) * count + message(b"S", b"")


def flushes(link, process, count, query, times):
    """Sends of the server's sockets for each Sync, and all its system calls."""
    link.socket.sendall(statements(count, query))
    link.drain()
    with tempfile.NamedTemporaryFile("r") as log:
        tracer = subprocess.Popen(["strace", "-f", "-e", f"trace={SEND},recvfrom,epoll_wait,futex", "-o", log.name, "-p", str(process)],
                                  stderr=subprocess.PIPE, text=True)
        tracer.stderr.readline()  # it is attached
        time.sleep(0.3)
        for _ in range(times):
            link.socket.sendall(statements(count, query))
            link.drain()
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        lines = log.read().splitlines()
    # What wakes another thread is no answer.
    sends = sum(bool(re.search(r"\b(sendto|sendmsg)\(", line)) for line in lines)
    calls = sum("(" in line and "resumed" not in line for line in lines)
    return sends / times, calls / times


def first_row(link, query, times):
    """Milliseconds from the question to its first row, and to the end of what came with it."""
    took = []
    for _ in range(times):
        question = message(b"Q", query.encode() + b"\0")
        began = time.perf_counter()
        link.socket.sendall(question)
        part = b""
        while b"D" not in part[1:] and len(part) < 4096:
            part += link.socket.recv(1 << 16)
        took.append((time.perf_counter() - began) * 1e3)
        link.drain()
    return took


def main():
    url = sys.argv[1]
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    process = server_process(urlparse(url).port)
    link = Link(url)
    link.set("SET sluice.notices = off")
    if shutil.which("strace"):
        for count, query in ((1, "SELECT 1"), (10, "SELECT 1"), (100, "SELECT 1"), (1, "SELECT count(*) FROM customers"), (10, "SELECT count(*) FROM customers")):
            sends, calls = flushes(link, process, count, query, times)
            print(f"{count:3d} x {query}: {sends:.2f} sends for each Sync, {calls:.1f} system calls in all")
    else:
        print("system calls are not counted: strace is not installed")
    link.set(CACHED)
    for name, query, repeat in (("cached", CACHED, 20), ("series", SERIES, 5)):
        took = first_row(link, query, repeat)
        print(f"first row, {name}: {statistics.median(took):.2f} ms (best {min(took):.2f}, worst {max(took):.2f})")


main()
