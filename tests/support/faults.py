"""What tests say about the stand-in's behaviour, and what it tells them: scripted faults, the request log, counters."""

import threading
import time
from collections import Counter


class Script:
    """Faults by method (`jobs.insert`, `jobs.dryRun`, `tables.get`, ...), the log of requests."""

    def __init__(self):
        self.lock = threading.Lock()
        self.faults = []
        self.log = []
        self.counts = Counter()
        self.released = threading.Event()
        self.before = {}  # the last answer by path

    def repeated(self, path, answer):
        """The answer of the same path before this one; remembers this one."""
        with self.lock:
            before = self.before.get(path, answer)
            self.before[path] = answer
        return before

    def add(self, fault):
        """Adds a fault: {method, count, skip, kind, status, reason, message, seconds, unset, set}.

        error: answered so, the call is not made. hang: the answer waits `seconds`. drop: the connection is reset, the call is not made.
        lost: the call is made, its answer is dropped. answer: the call is made, its answer changed by paths (`a.b`, `list.*.c`).
        truncate: the answer breaks off in the middle. garble: the answer is half of its JSON. duplicate: the answer is the one before.
        fail: the job that the call makes fails with this reason. slow: it takes `seconds`.
        """
        with self.lock:
            self.faults.append({"count": 1, "skip": 0, "kind": "error", **fault})

    def clear(self):
        """Forgets faults and lets hanging calls go."""
        with self.lock:
            self.faults.clear()
            self.released.set()
            self.released = threading.Event()

    def next(self, method):
        """The fault that this call meets, if any."""
        with self.lock:
            for fault in self.faults:
                if fault["method"] in (method, "*"):
                    if fault["skip"] > 0:
                        fault["skip"] -= 1
                        return None
                    fault["count"] -= 1
                    if fault["count"] <= 0:
                        self.faults.remove(fault)
                    return fault
        return None

    def record(self, method, path, query, body, authorization, connection=0):
        """Logs a request before it is answered."""
        entry = {"time": time.time(), "method": method, "path": path, "query": query, "body": body, "authorized": bool(authorization),
                 "authorization": authorization or "", "token": (authorization or "").removeprefix("Bearer "), "connection": connection}
        with self.lock:
            self.log.append(entry)
            self.counts[method] += 1
        return entry

    def reset(self):
        """Empties log and counters."""
        with self.lock:
            self.log.clear()
            self.counts.clear()
