"""Query jobs: analysis, dry runs, prices, BigQuery's own result cache, states, cancelling."""

import json
import re
import threading
import time
import uuid

import bytesread
import ddl
from googlesql import Error, Stopped
from store import Missing, columns_to_fields
from values import from_text, parameter_type

# What makes a result unfit for the cache.
VOLATILE = re.compile(r"(?i)\b(current_\w+|rand|generate_uuid|session_user)\b")


class Failure(Exception):
    """An error as BigQuery reports it: HTTP status, reason, message, location."""

    def __init__(self, status, reason, message, location=None):
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.location = location

    def proto(self):
        """An ErrorProto."""
        return {"reason": self.reason, "message": self.message, **({"location": self.location} if self.location else {})}

    def body(self):
        """The body of the HTTP answer."""
        status = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
        error = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location:
            error |= {"location": self.location, "locationType": "other"}
        return {"error": {"code": self.status, "message": self.message, "errors": [error], "status": status.get(self.status, "INTERNAL")}}


def failure_of(error):
    """Turns what engine and store raise into BigQuery's error."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, Missing):
        return Failure(error.status, error.reason, error.what)
    if isinstance(error, Stopped):
        return Failure(400, "resourcesExceeded", error.message)
    if isinstance(error, Error):
        return Failure(400, "invalidQuery", error.message, "query")
    if isinstance(error, ddl.Unsupported):
        return Failure(501, "notImplemented", f"the stand-in does not run this: {error}")
    raise error


class Job:
    """One job; `done` is set when its state is DONE."""

    def __init__(self, reference, configuration):
        self.reference = reference
        self.configuration = configuration
        self.done = threading.Event()
        self.cancelled = threading.Event()
        self.failure = None
        self.columns = []
        self.rows = []
        self.created = int(time.time() * 1000)
        self.started = self.ended = None
        self.processed = self.billed = 0
        self.cache_hit = False
        self.statement = "SELECT"
        self.tables = []
        self.accuracy = "PRECISE"
        self.affected = None
        self.failing = None
        self.destination = None  # (project, dataset, table) of a query's result

    @property
    def query(self):
        """configuration.query"""
        return self.configuration["query"]

    def _query(self):
        if not self.destination:
            return self.query
        return {**self.query, "destinationTable": dict(zip(("projectId", "datasetId", "tableId"), self.destination))}

    def finish(self, failure=None):
        """Sets the state DONE."""
        self.failure = failure
        self.ended = int(time.time() * 1000)
        self.done.set()

    def resource(self, user="stand-in@example.com"):
        """The job as jobs.get shows it."""
        dry = self.configuration.get("dryRun", False)
        status = {"state": "DONE" if self.done.is_set() else "RUNNING"}
        if self.failure:
            status |= {"errorResult": self.failure.proto(), "errors": [self.failure.proto()]}
        query = {
            "totalBytesProcessed": str(self.processed),
            "totalBytesBilled": str(0 if dry else self.billed),
            "cacheHit": self.cache_hit,
            "statementType": self.statement,
            "referencedTables": [dict(zip(("projectId", "datasetId", "tableId"), path)) for path in self.tables],
            "schema": {"fields": columns_to_fields(self.columns)},
        }
        if dry:
            query["totalBytesProcessedAccuracy"] = self.accuracy
        if self.affected is not None:
            query["numDmlAffectedRows"] = str(self.affected)
        statistics = {"creationTime": str(self.created), "totalBytesProcessed": str(self.processed), "query": query}
        if self.started:
            statistics["startTime"] = str(self.started)
        if self.ended:
            statistics["endTime"] = str(self.ended)
            query["totalSlotMs"] = statistics["totalSlotMs"] = str(0 if self.cache_hit or dry else max(1, self.ended - self.created))
        body = {
            "kind": "bigquery#job",
            "etag": f"j{self.created}",
            "user_email": user,
            "configuration": {"jobType": "QUERY", **self.configuration, "query": self._query()},
            "status": status,
            "statistics": statistics,
        }
        if not dry:
            reference = self.reference
            body |= {"id": f"{reference['projectId']}:{reference['location']}.{reference['jobId']}", "jobReference": reference}
        else:
            body["jobReference"] = {key: self.reference[key] for key in ("projectId", "location")}
        return body


class Jobs:
    """All jobs, and the cache of results."""

    def __init__(self, engine, store):
        self.engine = engine
        self.store = store
        self.lock = threading.RLock()
        self.jobs = {}
        self.results = {}
        self.destinations = {}  # anonymous tables, by their full names
        self.slow = []  # seconds that the next jobs take
        self.failing = []  # (reason, message) that the next jobs fail with

    def insert(self, project, body):
        """jobs.insert: makes the job and starts it; a dry run is done at once. Raises `Failure`."""
        configuration = json.loads(json.dumps(body.get("configuration") or {}))
        if "query" not in configuration:
            raise Failure(400, "invalid", "Required parameter is missing: configuration.query")
        query = configuration["query"]
        if query.get("useLegacySql", True) is not False:
            raise Failure(400, "invalid", "the stand-in speaks GoogleSQL only: useLegacySql must be false")
        given = body.get("jobReference") or {}
        reference = {"projectId": project, "jobId": given.get("jobId") or f"job_{uuid.uuid4().hex}", "location": given.get("location") or "US"}
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,1024}", reference["jobId"]):
            raise Failure(400, "invalid", f"Invalid value for jobReference.jobId: {reference['jobId']}")
        _check_labels(configuration.get("labels") or {})
        job = Job(reference, configuration)
        dry = configuration.get("dryRun", False)
        with self.lock:
            key = (project, reference["jobId"])
            if not dry and key in self.jobs:
                raise Failure(409, "duplicate", f"Already Exists: Job {project}:{reference['location']}.{reference['jobId']}")
            if not dry:
                self.jobs[key] = job
        try:
            plan = self._plan(job, project)
        except (Error, Missing, ddl.Unsupported, Failure, ValueError) as error:
            failure = failure_of(error if not isinstance(error, ValueError) else Failure(400, "invalid", str(error)))
            job.finish(failure)
            raise failure from None
        if dry:
            job.finish()
        else:
            if plan[0] == "query":
                # A new one each time, also where the cache answers.
                job.destination = (project, f"_{uuid.uuid4().hex}", f"anon{uuid.uuid4().hex}")
                self.destinations[job.destination] = job
            seconds = self.slow.pop(0) if self.slow else 0
            job.failing = self.failing.pop(0) if self.failing else None
            job.started = int(time.time() * 1000)
            threading.Thread(target=self._run, args=(job, plan, seconds), daemon=True).start()
        return job

    def find(self, project, job_id):
        """Finds a job by its id."""
        job = self.jobs.get((project, job_id))
        if job is None:
            raise Failure(404, "notFound", f"Not found: Job {project}:{job_id}")
        return job

    def _plan(self, job, project):
        """Resolves the query, computes its bytes. Returns what `_run` needs."""
        query = job.query
        default = query.get("defaultDataset")
        default = (default.get("projectId", project), default["datasetId"]) if default else None
        params = _parameters(query)
        statements = self.engine.parse_script(query["query"]) if _scripted(query["query"]) else None
        if statements is not None and not statements[0][0].kind.startswith("ASTQuery"):
            return self._plan_change(job, statements, project, default)
        find, found = self.store.finder(project, default, job.reference["location"])
        analysis = self.engine.analyze(query["query"], find, params)
        job.statement = analysis.kind
        job.tables = list(dict.fromkeys(found))
        if analysis.kind != "SELECT":
            raise Failure(501, "notImplemented", f"the stand-in does not run {analysis.kind}")
        self._check_filters(found, analysis, params)
        read = bytesread.readings(self.engine, analysis, found, params)
        job.processed = sum(reading.bytes() for reading in read)
        job.billed = bytesread.billed(read)
        if any(stored.clustering for stored in found.values()):
            job.accuracy = "UPPER_BOUND"
        key = (project, default, query["query"], json.dumps(query.get("queryParameters") or []))
        versions = tuple((path, stored.etag) for path, stored in sorted(found.items()))
        if query.get("useQueryCache", True) and found and self.results.get(key, (None,))[0] == versions:
            job.cache_hit, job.processed, job.billed = True, 0, 0
        job.columns = self._columns(query["query"], find, params)
        cap = int(query.get("maximumBytesBilled") or configuration_cap(job) or 0)
        return "query", find, params, key, versions, cap

    def _columns(self, sql, find, params):
        """The result's columns: prepared, not run."""
        columns = self.engine.columns(sql, find, params)
        names = [name.lower() for name in self.engine.output_aliases(sql)]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise Failure(400, "invalidQuery", f"Duplicate column names in the result are not supported. Found duplicate(s): {', '.join(doubled)}", "query")
        return columns

    @staticmethod
    def _check_filters(found, analysis, params):
        for path, stored in found.items():
            if stored.partitioning and stored.partitioning.get("requirePartitionFilter"):
                column = stored.partition_column()
                conditions = [n for n in analysis.tree.walk() if n.kind == "ResolvedFilterScanProto"]
                used = any(
                    part.kind == "ResolvedColumnRefProto" and part.column.name.lower() == column.lower()
                    for condition in conditions for part in condition.filter_expr.walk()
                )
                if not used:
                    raise Failure(
                        400, "invalidQuery",
                        f"Cannot query over table '{'.'.join(path)}' without a filter over column(s) '{column}' that can be used for partition elimination",
                        "query",
                    )

    def _plan_change(self, job, statements, project, default):
        kinds = {"CreateTable": "CREATE_TABLE", "Insert": "INSERT", "CreateView": "CREATE_VIEW", "Drop": "DROP_TABLE"}
        name = statements[0][0].kind.removeprefix("AST").removesuffix("StatementProto")
        job.statement = kinds.get(name, re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()) if len(statements) == 1 else "SCRIPT"
        return "change", statements, project, default

    def _run(self, job, plan, seconds):
        if seconds:
            job.cancelled.wait(seconds)
        limit = int(job.configuration.get("jobTimeoutMs") or 0)
        try:
            if job.cancelled.is_set():
                raise Failure(499, "stopped", "Job execution was cancelled: User requested cancellation")
            if limit and seconds * 1000 > limit:
                raise Failure(400, "stopped", f"Job execution was cancelled: Job timed out after {limit / 1000:g}s")
            if job.failing:
                reason, message = job.failing
                raise Failure({"backendError": 503, "internalError": 500, "rateLimitExceeded": 403, "quotaExceeded": 403}.get(reason, 400), reason, message)
            if plan[0] == "change":
                _, statements, project, default = plan
                for node, text in statements:
                    ddl.run(self.engine, self.store, node, text, project, default)
            else:
                self._query(job, plan)
        except (Error, Missing, ddl.Unsupported, Failure) as error:
            job.processed = job.billed = 0
            job.finish(failure_of(error))
        except Exception as error:  # noqa: BLE001 a defect of the stand-in must not leave the job running for ever
            job.finish(Failure(500, "internalError", f"{type(error).__name__}: {error}"))
        else:
            job.finish()

    def _query(self, job, plan):
        _, find, params, key, versions, cap = plan
        if job.cache_hit:
            job.rows = self.results[key][1]
            return
        if cap and job.billed > cap:
            raise Failure(400, "bytesBilledLimitExceeded", f"Query exceeded limit for bytes billed: {cap}. {job.billed} or higher required.")
        _, job.rows = self.engine.evaluate_columns(job.query["query"], find, params)
        for i, column in enumerate(job.columns):
            if column.type[0] == "ARRAY" and any(None in (row[i] or ()) for row in job.rows):
                raise Failure(400, "invalidQuery", f"Array cannot have a null element; error in writing field {column.name}", "query")
        if not VOLATILE.search(job.query["query"]):
            self.results[key] = (versions, job.rows)


def configuration_cap(job):
    """maximumBytesBilled where some clients put it."""
    return job.configuration.get("maximumBytesBilled")


def _scripted(sql):
    """Tells whether a text is anything but a query: it starts with another word."""
    text = re.sub(r"(?s)\A(\s|--[^\n]*\n|#[^\n]*\n|/\*.*?\*/)+", "", sql)
    return not re.match(r"(?i)\(|(select|with|from)\b", text) or ";" in text.rstrip().rstrip(";")


def _check_labels(labels):
    if len(labels) > 64:
        raise Failure(400, "invalid", "Only 64 labels are allowed")
    for key, value in labels.items():
        if not re.fullmatch(r"[^\W\d_A-Z][\w-]{0,62}", key) or key != key.lower():
            raise Failure(400, "invalid", f'Label key "{key}" has invalid characters.')
        if not re.fullmatch(r"[\w-]{0,63}", value) or value != value.lower():
            raise Failure(400, "invalid", f'Label value "{value}" has invalid characters.')


def _parameters(query):
    """Query parameters as the engine takes them: a dict by name, or a list."""
    given = query.get("queryParameters") or []
    values = []
    for parameter in given:
        kind = parameter_type(parameter["parameterType"])
        values.append((_parameter_value(parameter.get("parameterValue") or {}, kind), kind))
    if given and (query.get("parameterMode") or "NAMED").upper() == "NAMED" and given[0].get("name"):
        return {parameter["name"]: value for parameter, value in zip(given, values)}
    return values if given else None


def _parameter_value(spec, kind):
    if kind[0] == "ARRAY":
        if "arrayValues" not in spec:
            return None if "value" in spec else []
        return [_parameter_value(item, kind[1]) for item in spec["arrayValues"]]
    if kind[0] == "STRUCT":
        if "structValues" not in spec:
            return None
        return tuple(_parameter_value(spec["structValues"].get(field.name, {}), field.type) for field in kind[1])
    try:
        return from_text(spec.get("value"), kind)
    except (ValueError, ArithmeticError):
        raise Failure(400, "invalid", f"Invalid value for query parameter of type {kind}: {spec.get('value')}") from None
