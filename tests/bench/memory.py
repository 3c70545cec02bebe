"""What a server's memory does: a thousand idle connections, and one client that reads ten million rows slowly.

    SLUICE_SERVER__MAX_CONNECTIONS=1100 cargo run --release -- demo
    python tests/bench/memory.py postgresql://demo@127.0.0.1:7432/shop [connections] [rows]

Prints resident memory in MB. Nothing here passes or fails.
"""

import sys
import time

from rows import Link, message, server_process
from urllib.parse import urlparse


def resident(process):
    """Resident memory in MB."""
    with open(f"/proc/{process}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def main():
    url = sys.argv[1]
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    rows = int(sys.argv[3]) if len(sys.argv) > 3 else 10_000_000
    process = server_process(urlparse(url).port)

    Link(url).set("SELECT 1")
    before = resident(process)
    links = [Link(url) for _ in range(connections)]
    after = resident(process)
    print(f"{connections} idle connections: {after - before:.0f} MB ({(after - before) * 1024 / connections:.1f} kB each), {after:.0f} MB in all")
    links.clear()

    reader = Link(url)
    reader.set("SET sluice.notices = off")
    reader.set("SET sluice.cache = off")
    reader.socket.sendall(message(b"Q", b"SELECT n, n::text, n * 1.5 FROM generate_series(1, %d) AS n\0" % rows))
    reader.socket.recv(1 << 16)
    before = most = resident(process)
    total, began = 0, time.monotonic()
    while True:
        # Slowly for ten seconds, then to the end.
        if time.monotonic() - began < 10:
            time.sleep(0.01)
        part = reader.socket.recv(1 << 16)
        total += len(part)
        most = max(most, resident(process)) if total % 64 == 0 or time.monotonic() - began < 10 else most
        if part.endswith(b"Z\x00\x00\x00\x05I") or not part:
            break
    print(f"{rows} rows to a slow reader ({total / 1e6:.0f} MB): memory grows by {most - before:.0f} MB to {most:.0f} MB")


main()
