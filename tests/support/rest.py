"""BigQuery's REST API v2 over the store and the jobs: one function a method, named as Google's reference names it."""

import json
import re
import time

import ddl
from googlesql import Table
from jobs import Failure, failure_of
from store import Missing, Stored, columns_to_fields
from values import to_cell

ROUTES = [
    ("GET", r"projects", "projects.list"),
    ("GET", r"projects/([^/]+)/serviceAccount", "projects.getServiceAccount"),
    ("GET", r"projects/([^/]+)/datasets", "datasets.list"),
    ("POST", r"projects/([^/]+)/datasets", "datasets.insert"),
    ("GET", r"projects/([^/]+)/datasets/([^/]+)", "datasets.get"),
    ("DELETE", r"projects/([^/]+)/datasets/([^/]+)", "datasets.delete"),
    ("GET", r"projects/([^/]+)/datasets/([^/]+)/tables", "tables.list"),
    ("POST", r"projects/([^/]+)/datasets/([^/]+)/tables", "tables.insert"),
    ("GET", r"projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)", "tables.get"),
    ("DELETE", r"projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)", "tables.delete"),
    ("GET", r"projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)/data", "tabledata.list"),
    ("POST", r"projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)/insertAll", "tabledata.insertAll"),
    ("GET", r"projects/([^/]+)/datasets/([^/]+)/tables/([^/]+)/rowAccessPolicies", "rowAccessPolicies.list"),
    ("GET", r"projects/([^/]+)/jobs", "jobs.list"),
    ("POST", r"projects/([^/]+)/jobs", "jobs.insert"),
    ("GET", r"projects/([^/]+)/jobs/([^/]+)", "jobs.get"),
    ("POST", r"projects/([^/]+)/jobs/([^/]+)/cancel", "jobs.cancel"),
    ("POST", r"projects/([^/]+)/queries", "jobs.query"),
    ("GET", r"projects/([^/]+)/queries/([^/]+)", "jobs.getQueryResults"),
]
ROUTES = [(verb, re.compile(pattern), method) for verb, pattern, method in ROUTES]


def route(verb, path):
    """Finds the method and its path parameters."""
    for wanted, pattern, method in ROUTES:
        found = pattern.fullmatch(path)
        if found and wanted == verb:
            return method, found.groups()
    raise Failure(404, "notFound", f"Not found: {verb} {path}")


class Api:
    """The methods. `page_bytes` is what one page holds at most, as BigQuery's 10 MB."""

    def __init__(self, store, jobs):
        self.store = store
        self.jobs = jobs
        self.page_bytes = 10 << 20
        self.int64_timestamps = True  # the option of that name is known

    def call(self, method, names, query, body):
        """Answers a call, or raises `Failure`."""
        try:
            return getattr(self, method.replace(".", "_"))(*names, query=query, body=body)
        except (Missing, ddl.Unsupported) as error:
            raise failure_of(error) from None

    # Projects, data sets, tables

    def projects_list(self, query, body):
        """projects.list"""
        projects = [{"kind": "bigquery#project", "id": name, "projectReference": {"projectId": name}} for name in self.store.projects()]
        return {"kind": "bigquery#projectList", "projects": projects, "totalItems": len(projects)}

    def projects_getServiceAccount(self, project, query, body):
        """projects.getServiceAccount"""
        return {"kind": "bigquery#getServiceAccountResponse", "email": "stand-in@example.com"}

    def datasets_list(self, project, query, body):
        """datasets.list"""
        found = [d.resource() for (owner, _), d in sorted(self.store.datasets.items()) if owner == project]
        for each in found:
            each.pop("etag"), each.pop("creationTime"), each.pop("lastModifiedTime")
        return _listed("bigquery#datasetList", "datasets", found, query)

    def datasets_get(self, project, dataset, query, body):
        """datasets.get"""
        return self.store.dataset(project, dataset).resource()

    def datasets_insert(self, project, query, body):
        """datasets.insert"""
        name = body["datasetReference"]["datasetId"]
        if (project, name) in self.store.datasets:
            raise Failure(409, "duplicate", f"Already Exists: Dataset {project}:{name}")
        more = {key: value for key, value in body.items() if key in ("description", "friendlyName", "labels")}
        return self.store.make_dataset(project, name, location=body.get("location", "US"), **more).resource()

    def datasets_delete(self, project, dataset, query, body):
        """datasets.delete"""
        self.store.dataset(project, dataset)
        del self.store.datasets[(project, dataset)]
        return {}

    def tables_list(self, project, dataset, query, body):
        """tables.list"""
        found = self.store.dataset(project, dataset)
        tables = [table.resource(found.location, full=False) for _, table in sorted(found.tables.items())]
        return _listed("bigquery#tableList", "tables", tables, query)

    def tables_get(self, project, dataset, table, query, body):
        """tables.get"""
        table, _, partition = table.partition("$")
        found = self.store.table(project, dataset, table)
        resource = found.resource(self.store.dataset(project, dataset).location)
        return resource | self._partition(found, partition) if partition else resource

    def tables_insert(self, project, dataset, query, body):
        """tables.insert"""
        name = body["tableReference"]["tableId"]
        if name in self.store.dataset(project, dataset).tables:
            raise Failure(409, "duplicate", f"Already Exists: Table {project}:{dataset}.{name}")
        view = (body.get("view") or {}).get("query")
        fields = (body.get("schema") or {}).get("fields", [])
        if view:
            fields = columns_to_fields(self.jobs.engine.columns(view, self.store.finder(project, None)[0]))
        more = {key: value for key, value in body.items() if key in MORE}
        stored = Stored(
            (project, dataset, name), fields, (), body.get("timePartitioning"), body.get("rangePartitioning"), body.get("clustering"), view, **more
        )
        return self.store.put(stored).resource(self.store.dataset(project, dataset).location)

    def rowAccessPolicies_list(self, project, dataset, table, query, body):
        """rowAccessPolicies.list"""
        policies = self.store.table(project, dataset, table).more.get("rowAccessPolicies")
        return {"rowAccessPolicies": policies} if policies else {}

    def tables_delete(self, project, dataset, table, query, body):
        """tables.delete"""
        self.store.table(project, dataset, table)
        del self.store.dataset(project, dataset).tables[table]
        return {}

    def tabledata_list(self, project, dataset, table, query, body):
        """tabledata.list"""
        if table.endswith("$__PARTITIONS_SUMMARY__"):
            return self._partitions(project, dataset, table.partition("$")[0], query)
        stored = self.store.table(project, dataset, table)
        if stored.view:
            raise Failure(400, "invalid", "Cannot list a table of type VIEW.")
        columns = list(enumerate(stored.table.columns[: len(stored.fields)]))
        if query.get("selectedFields"):
            names = [name.strip().lower() for name in query["selectedFields"].split(",")]
            columns = [(i, column) for i, column in columns if column.name.lower() in names]
        rows = [tuple(row[i] for i, _ in columns) for row in stored.table.rows]
        page = self._page(rows, [column for _, column in columns], query)
        return {"kind": "bigquery#tableDataList", "etag": stored.etag, **page}

    def _partition(self, stored, partition):
        """What tables.get tells otherwise of a partition."""
        project, dataset, table = stored.reference
        if not stored.partition_column():
            raise Failure(400, "invalid", f"Cannot read partition information from a table that is not partitioned: {project}:{dataset}.{table}${partition}")
        reference = {"projectId": project, "datasetId": dataset, "tableId": f"{table}${partition}"}
        named = {"id": f"{project}:{dataset}.{table}${partition}", "tableReference": reference}
        if partition == "__PARTITIONS_SUMMARY__":
            return named | {"schema": {"fields": SUMMARY}}
        return named | {"numRows": str(stored.partition_rows().get(partition, 0))}

    def _partitions(self, project, dataset, table, query):
        """tabledata.list of the meta table that lists a table's partitions; only the ids."""
        stored = self.store.table(project, dataset, table)
        if not stored.partition_column():
            raise Failure(400, "invalid", f"Cannot read partition information from a table that is not partitioned: {project}:{dataset}.{table}$__PARTITIONS_SUMMARY__")
        if query.get("selectedFields") != "partition_id":
            raise ddl.Unsupported("other columns of __PARTITIONS_SUMMARY__")
        rows = [(name,) for name in stored.more.get("partitions") or sorted(stored.partition_rows())]
        return {"kind": "bigquery#tableDataList", "etag": stored.etag, **self._page(rows, Table(SUMMARY).columns, query)}

    def tabledata_insertAll(self, project, dataset, table, query, body):
        """tabledata.insertAll"""
        self.store.table(project, dataset, table).insert_json([row["json"] for row in body.get("rows", [])])
        return {"kind": "bigquery#tableDataInsertAllResponse"}

    # Jobs

    def jobs_insert(self, project, query, body):
        """jobs.insert"""
        return self.jobs.insert(project, body).resource()

    def jobs_get(self, project, job, query, body):
        """jobs.get"""
        return self._job(project, job, query).resource()

    def jobs_list(self, project, query, body):
        """jobs.list"""
        found = [job for (owner, _), job in self.jobs.jobs.items() if owner == project]
        found.sort(key=lambda job: -job.created)
        items = []
        for job in found[: int(query.get("maxResults") or 50)]:
            resource = job.resource()
            items.append({**resource, "state": resource["status"]["state"], "errorResult": resource["status"].get("errorResult")})
        return {"kind": "bigquery#jobList", "jobs": items}

    def jobs_cancel(self, project, job, query, body):
        """jobs.cancel"""
        found = self._job(project, job, query)
        found.cancelled.set()
        return {"kind": "bigquery#jobCancelResponse", "job": found.resource()}

    def jobs_query(self, project, query, body):
        """jobs.query"""
        keys = ("query", "defaultDataset", "useLegacySql", "useQueryCache", "parameterMode", "queryParameters", "maximumBytesBilled")
        configuration = {"query": {key: body[key] for key in keys if key in body}}
        for key in ("labels", "dryRun", "jobTimeoutMs"):
            if key in body:
                configuration[key] = body[key]
        job = self.jobs.insert(project, {"configuration": configuration, "jobReference": {"location": body.get("location")}})
        options = {
            "timeoutMs": body.get("timeoutMs", 10000),
            "maxResults": body.get("maxResults"),
            "formatOptions.useInt64Timestamp": (body.get("formatOptions") or {}).get("useInt64Timestamp"),
        }
        return {**self._results(job, options), "kind": "bigquery#queryResponse"}

    def jobs_getQueryResults(self, project, job, query, body):
        """jobs.getQueryResults"""
        return self._results(self._job(project, job, query), query)

    def _job(self, project, job_id, query):
        job = self.jobs.find(project, job_id)
        location = query.get("location")
        if location and location.lower() != job.reference["location"].lower():
            raise Failure(404, "notFound", f"Not found: Job {project}:{location}.{job_id}")
        return job

    def _results(self, job, query):
        wait = int(query.get("timeoutMs") or 10000) / 1000
        job.done.wait(min(wait, 200))
        body = {"kind": "bigquery#getQueryResultsResponse", "jobReference": job.reference, "jobComplete": job.done.is_set()}
        if not job.done.is_set():
            return body
        if job.failure:
            raise Failure(job.failure.status if job.failure.status != 499 else 400, job.failure.reason, job.failure.message, job.failure.location)
        body |= {
            "etag": f"r{job.created}",
            "schema": {"fields": columns_to_fields(job.columns)},
            "totalBytesProcessed": str(job.processed),
            "totalBytesBilled": str(job.billed),
            "cacheHit": job.cache_hit,
        }
        if job.configuration.get("dryRun"):
            return body
        return body | self._page(job.rows, job.columns, query)

    def _page(self, rows, columns, query):
        """One page: `maxResults` rows from `pageToken` or `startIndex`, and no more bytes than a page holds."""
        start = int(query.get("pageToken") or query.get("startIndex") or 0)
        limit = query.get("maxResults")
        limit = len(rows) if limit is None else int(limit)
        int64 = self.int64_timestamps and str(query.get("formatOptions.useInt64Timestamp", "")).lower() in ("true", "1")
        kinds = [column.type for column in columns]
        page, size, at = [], 0, start
        while at < len(rows) and len(page) < limit and (size < self.page_bytes or not page):
            row = {"f": [{"v": to_cell(value, kind, int64)} for value, kind in zip(rows[at], kinds)]}
            size += len(json.dumps(row))
            page.append(row)
            at += 1
        body = {"totalRows": str(len(rows))}
        if page:
            body["rows"] = page
        if at < len(rows):
            body["pageToken"] = str(at)
        return body


MORE = ("rowAccessPolicies", "tableConstraints", "maxStaleness", "description", "friendlyName", "labels", "expirationTime", "streamingBuffer", "type", "numBytes", "numRows", "requirePartitionFilter", "partitions")

SUMMARY = [{"name": "partition_id", "type": "STRING"}]


def _listed(kind, name, items, query):
    start = int(query.get("pageToken") or 0)
    end = start + int(query.get("maxResults") or 1000)
    body = {"kind": kind, "etag": f"l{time.time_ns()}", "totalItems": len(items)}
    if items[start:end]:
        body[name] = items[start:end]
    if end < len(items):
        body["nextPageToken"] = str(end)
    return body
