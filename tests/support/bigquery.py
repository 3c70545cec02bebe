#!/usr/bin/env python3
"""A BigQuery for tests: REST API v2 over HTTP, Google's own SQL engine behind it, bytes and prices by the documented rule.

    python tests/support/bigquery.py --port 0        prints `listening http://127.0.0.1:PORT storage 127.0.0.1:PORT` (the second is gRPC)

Tests speak to it under /test/ as well (all bodies are JSON):
    POST   /test/tables    {project, dataset, table, schema: [fields], rows: [...], timePartitioning, clustering, view, numBytes, ...}
    POST   /test/sql       {project, dataset, sql}   a script of CREATE TABLE, INSERT, CREATE VIEW, DROP
    POST   /test/touch     {project, dataset, table} a new version of the table
    POST   /test/faults    {method, count, skip, kind, status, reason, message, seconds, unset, set}   (faults.py tells the kinds)
    DELETE /test/faults
    POST   /test/slow      {seconds: [..]}           how long the next jobs take
    POST   /test/settings  {page_bytes, shape: null|spare|odd|ids, int64_timestamps, token_seconds, batch_rows, most_streams}   how answers look (shapes.py, storage.py)
    GET    /test/requests  {counts: {method: n}, log: [...]}
    GET    /test/jobs      {jobs, running, unattended: running and nobody cancelled them, billed, streams: of the Storage Read API, open}
    DELETE /test/requests
    DELETE /test/all       forgets tables, jobs, faults and the log
"""

import argparse
import copy
import datetime as dt
import json
import re
import socket
import struct
import sys
import threading
import traceback
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import ddl  # noqa: E402
import shapes  # noqa: E402
from faults import Script  # noqa: E402
from googlesql import Engine, Error  # noqa: E402
from jobs import Failure, Jobs, failure_of  # noqa: E402
from rest import MORE, Api, route  # noqa: E402
from store import Missing, Store, Stored  # noqa: E402

try:
    import storage  # noqa: E402
except ImportError:  # without gRPC there are pages only
    storage = None


class StandIn:
    """Everything behind the HTTP server."""

    def __init__(self, engine=None, tls=None):
        self.store = Store()
        self.jobs = Jobs(engine or Engine(), self.store)
        self.api = Api(self.store, self.jobs)
        self.script = Script()
        self.shape = None
        self.tokens = 0
        self.token_seconds = 3600
        self.read = None
        self.storage, self.storage_address = storage.serve(self, tls) if storage else (None, "")

    def token(self, account):
        """iamcredentials' generateAccessToken: each token another one."""
        self.tokens += 1
        ends = dt.datetime.now(dt.timezone.utc) + dt.timedelta(seconds=self.token_seconds)
        return {"accessToken": f"{account}#{self.tokens}", "expireTime": ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}

    def test(self, verb, path, body):
        """The endpoints under /test/."""
        what = (verb, path.removeprefix("/test/"))
        if what == ("POST", "tables"):
            reference = (body["project"], body["dataset"], body["table"])
            more = {key: body[key] for key in MORE if key in body}
            self.store.make_dataset(*reference[:2], location=body.get("location", "US"))
            view = body.get("view")
            fields = body.get("schema")
            if view:
                from store import columns_to_fields

                fields = columns_to_fields(self.jobs.engine.columns(view, self.store.finder(reference[0], None)[0]))
            stored = Stored(
                reference, fields, (), body.get("timePartitioning"), body.get("rangePartitioning"), body.get("clustering"), view, **more
            )
            stored.insert_json(body.get("rows", []))
            self.store.put(stored)
            return stored.resource("US")
        if what == ("POST", "sql"):
            default = (body["project"], body["dataset"]) if body.get("dataset") else None
            if default:
                self.store.make_dataset(*default)
            ddl.run_script(self.jobs.engine, self.store, body["sql"], body["project"], default)
        elif what == ("POST", "touch"):
            self.store.table(body["project"], body["dataset"], body["table"]).touch()
        elif what == ("POST", "faults"):
            self.script.add(body)
        elif what == ("DELETE", "faults"):
            self.script.clear()
            # What was meant for a job that was not made in the end, its id being taken, is not for the next one.
            self.jobs.slow, self.jobs.failing = [], []
        elif what == ("POST", "slow"):
            self.jobs.slow = list(body["seconds"])
        elif what == ("POST", "settings"):
            self.api.page_bytes = body.get("page_bytes", self.api.page_bytes)
            self.api.int64_timestamps = body.get("int64_timestamps", self.api.int64_timestamps)
            self.shape = body.get("shape", self.shape)
            self.token_seconds = body.get("token_seconds", self.token_seconds)
            if self.read:
                self.read.batch_rows = body.get("batch_rows", self.read.batch_rows)
                self.read.most_streams = body.get("most_streams", self.read.most_streams)
        elif what == ("GET", "requests"):
            return {"counts": dict(self.script.counts), "log": list(self.script.log)}
        elif what == ("GET", "jobs"):
            jobs = list(self.jobs.jobs.values())
            running = [job for job in jobs if not job.done.is_set()]
            unattended = [job.reference["jobId"] for job in running if not job.cancelled.is_set()]
            return {"jobs": len(jobs), "running": len(running), "unattended": unattended, "billed": sum(job.billed for job in jobs), "streams": self.read.open if self.read else 0}
        elif what == ("DELETE", "requests"):
            self.script.reset()
        elif what == ("DELETE", "all"):
            self.script.clear()
            self.script.reset()
            self.store.datasets.clear()
            self.jobs.jobs.clear()
            self.jobs.results.clear()
            self.jobs.destinations.clear()
            if self.read:
                self.read.sessions.clear()
                self.read.batch_rows, self.read.most_streams = 1000, 100
            self.jobs.slow = []
            self.jobs.failing = []
            self.api.page_bytes = 10 << 20
            self.api.int64_timestamps = True
            self.shape = None
        else:
            raise Failure(404, "notFound", f"Not found: {verb} {path}")
        return {}


IAM = re.compile(r"/v1/projects/-/serviceAccounts/([^/:]+):generateAccessToken")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stand_in = None

    def answer(self):
        """Answers one request."""
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = None
        try:
            body = json.loads(data) if data else {}
            if url.path.startswith("/test/"):
                return self.send(200, self.stand_in.test(self.command, url.path, body))
            # A space in a path is %20: `+` stands for itself.
            path = url.path.removeprefix("/bigquery/v2").strip("/")
            iam = IAM.fullmatch(url.path)
            method, names = ("iam.generateAccessToken", iam.groups()) if iam else route(self.command, path)
            names = [urllib.parse.unquote(name) for name in names]
            called = method
            if (body.get("configuration") or {}).get("dryRun") or body.get("dryRun"):
                called = "jobs.dryRun"
            self.stand_in.script.record(called, path, query, body, self.headers.get("Authorization"), self.client_address[1])
            fault = self.stand_in.script.next(called)
            if fault and fault["kind"] == "drop":
                return self.reset()
            if fault and fault["kind"] == "hang":
                self.stand_in.script.released.wait(fault.get("seconds", 3600))
            if fault and fault["kind"] == "slow":
                self.stand_in.jobs.slow.insert(0, fault["seconds"])
            if fault and fault["kind"] == "fail":
                self.stand_in.jobs.failing.append((fault["reason"], fault.get("message", "An internal error occurred and the request could not be completed.")))
            if fault and fault["kind"] == "error":
                raise Failure(fault.get("status", 503), fault.get("reason", "backendError"), fault.get("message", "Error encountered during execution. Retrying may solve the problem."))
            answer = self.stand_in.token(*names) if iam else self.stand_in.api.call(method, names, query, body)
            if method == "tables.get" and self.headers.get("If-None-Match") == answer["etag"] and not fault:
                self.stand_in.script.counts["tables.get 304"] += 1
                self.send_response(304)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return None
            before = self.stand_in.script.repeated(path, answer)
            if fault and fault["kind"] == "duplicate":
                answer = before
            if self.stand_in.shape:
                answer = shapes.shaped(self.stand_in.shape, method, copy.deepcopy(answer))
            if fault and fault["kind"] == "answer":
                answer = shapes.put(shapes.drop(copy.deepcopy(answer), fault.get("unset", [])), fault.get("set", {}))
        except (Error, Missing, ddl.Unsupported, Failure) as error:
            failure = failure_of(error)
            return self.send(failure.status, failure.body())
        except (ValueError, KeyError, TypeError) as error:
            traceback.print_exc()
            return self.send(400, Failure(400, "invalid", f"{type(error).__name__}: {error}").body())
        if fault and fault["kind"] == "lost":
            return self.reset()
        return self.send(200, answer, fault["kind"] if fault else None)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def send(self, status, body, fault=None):
        """Sends a JSON answer, or what a fault leaves of it."""
        data = json.dumps(body).encode()
        whole = len(data)
        if fault in ("garble", "truncate"):
            data = data[: whole // 2]
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(whole if fault == "truncate" else len(data)))
        self.end_headers()
        self.wfile.write(data)
        if fault == "truncate":
            self.close_connection = True

    def reset(self):
        """Ends the connection without an answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def log_message(self, *args):
        """Keeps quiet: tests read the log through /test/requests."""


class Server(ThreadingHTTPServer):
    """Threads that do not keep the process alive; errors of vanished clients are no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """A client that went away mid-answer."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, BrokenPipeError)):
            super().handle_error(request, client_address)


def serve(port=0, engine=None, host="127.0.0.1", tls=None):
    """Makes a server on a port (0: a free one); the caller runs `serve_forever`."""
    handler = type("BoundHandler", (Handler,), {"stand_in": StandIn(engine, tls)})
    return Server((host, port), handler)


def main():
    """Serves until the process is stopped or, with --parent, its standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent", action="store_true", help="end when standard input closes")
    parser.add_argument("--storage-tls", nargs=2, metavar=("CERT", "KEY"), help="files for the Storage Read API over TLS")
    options = parser.parse_args()
    server = serve(options.port, tls=options.storage_tls)
    storage_address = server.RequestHandlerClass.stand_in.storage_address
    print(f"listening http://127.0.0.1:{server.server_address[1]}{storage_address and ' storage ' + storage_address}", flush=True)
    if options.parent:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), server.shutdown()), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
