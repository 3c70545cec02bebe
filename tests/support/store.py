"""What the stand-in holds: projects, data sets, tables with rows, partitions and versions; sizes by BigQuery's documented rule.

https://cloud.google.com/bigquery/pricing#data: INT64, FLOAT64, DATE, TIME, DATETIME, TIMESTAMP 8; NUMERIC, INTERVAL, RANGE of DATE 16;
BIGNUMERIC 32; BOOL 1; STRING and JSON 2 + UTF-8 bytes; BYTES 2 + length; arrays and structs the sum of their parts; NULL nothing.
"""

import collections
import datetime as dt
import itertools
import threading
import time

from googlesql import Table, View
from values import EPOCH_UTC, field_of_type, from_text

FIXED = {
    "INT64": 8, "FLOAT64": 8, "DATE": 8, "TIME": 8, "DATETIME": 8, "TIMESTAMP": 8, "NUMERIC": 16, "INTERVAL": 16, "BIGNUMERIC": 32, "BOOL": 1,
}
UNITS = {"HOUR": dt.timedelta(hours=1), "DAY": dt.timedelta(days=1)}


class Missing(Exception):
    """No such project, data set or table; `what` is BigQuery's sentence."""

    def __init__(self, what, reason="notFound", status=404):
        super().__init__(what)
        self.what = what
        self.reason = reason
        self.status = status


def size_of(value, kind):
    """The logical bytes of a value."""
    if value is None:
        return 0
    name = kind[0] if isinstance(kind, tuple) else kind
    if name in FIXED:
        return FIXED[name]
    if name == "ARRAY":
        return sum(size_of(item, kind[1]) for item in value)
    if name == "STRUCT":
        return sum(size_of(item, field.type) for item, field in zip(value, kind[1]))
    if name == "RANGE":
        return 16
    return 2 + len(value if name == "BYTES" else value.encode())


def kept(value, kind):
    """A value as a table keeps it: NULL arrays are empty ones."""
    if kind[0] == "ARRAY":
        return [kept(item, kind[1]) for item in value or ()]
    if kind[0] == "STRUCT" and value is not None:
        return tuple(kept(item, field.type) for item, field in zip(value, kind[1]))
    return value


class Stored:
    """A table or view with everything that tables.get tells."""

    def __init__(self, reference, fields, rows=(), partitioning=None, range_partitioning=None, clustering=None, view=None, **more):
        self.reference = reference  # (project, dataset, table)
        self.partitioning = partitioning  # {"type": "DAY", "field": "day"}
        self.range_partitioning = range_partitioning
        self.clustering = clustering
        self.more = more
        self.created = self.modified = int(time.time() * 1000)
        self.changes = 0
        self.view = View(view) if view else None
        if partitioning and not partitioning.get("field"):
            self.ingestion = [{"name": "_PARTITIONTIME", "type": "TIMESTAMP"}, {"name": "_PARTITIONDATE", "type": "DATE"}]
        else:
            self.ingestion = []
        self.fields = fields
        self.table = Table(fields + self.ingestion)
        self._sizes = None
        if rows:
            self.insert(rows)

    def insert(self, rows):
        """Adds rows (tuples of Python values without the pseudo columns)."""
        if self.ingestion:
            today = dt.datetime.now(dt.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
            rows = [tuple(row) + (today, today.date()) for row in rows]
        kinds = [column.type for column in self.table.columns]
        self.table.rows.extend(tuple(kept(value, kind) for value, kind in zip(row, kinds)) for row in rows)
        self.touch()

    def insert_json(self, rows):
        """Adds rows given as JSON objects or arrays."""
        columns = self.table.columns[: len(self.fields)]
        made = []
        for row in rows:
            if isinstance(row, dict):
                lower = {key.lower(): value for key, value in row.items()}
                row = [lower.get(column.name.lower()) for column in columns]
            made.append(tuple(from_text(value, column.type) for value, column in zip(row, columns)))
        self.insert(made)

    def touch(self):
        """Counts a change: a new version, a later lastModifiedTime."""
        self.changes += 1
        self.table.version += 1
        self.modified = max(self.modified + 1, int(time.time() * 1000))
        self._sizes = None

    @property
    def etag(self):
        """Changes with every change."""
        return f"e{self.created}.{self.changes}"

    # Partitions

    def partition_column(self):
        """The name of the column that partitions are cut by, or None."""
        if self.partitioning:
            return self.partitioning.get("field") or "_PARTITIONTIME"
        return self.range_partitioning["field"] if self.range_partitioning else None

    def partition_of(self, value):
        """The partition that a value of the partitioning column falls into, as (first, last) value; None for NULL."""
        if value is None:
            return None
        if self.range_partitioning:
            bounds = self.range_partitioning["range"]
            start, end, step = (int(bounds[key]) for key in ("start", "end", "interval"))
            if not start <= value < end:
                return "__UNPARTITIONED__"
            first = start + (value - start) // step * step
            return first, first + step - 1
        unit = self.partitioning.get("type", "DAY")
        if isinstance(value, dt.datetime):
            first = value.replace(minute=0, second=0, microsecond=0)
            tick = dt.timedelta(microseconds=1)
        else:
            first, tick = value, dt.timedelta(days=1)
        if unit != "HOUR" and isinstance(value, dt.datetime):
            first = first.replace(hour=0)
        if unit in ("MONTH", "YEAR"):
            first = first.replace(day=1, month=first.month if unit == "MONTH" else 1)
            beyond = first.replace(year=first.year + 1) if unit == "YEAR" or first.month == 12 else first.replace(month=first.month + 1)
            if unit == "MONTH" and first.month == 12:
                beyond = beyond.replace(month=1)
        else:
            beyond = first + UNITS[unit]
        return first, beyond - tick

    def partition_rows(self):
        """How many rows each partition has, by its id: `20240131`, `2024013123`, `202401`, `2024`, `40` for a range that begins there."""
        name = self.partition_column()
        at = next(i for i, column in enumerate(self.table.columns) if column.name == name)
        return collections.Counter(self.partition_id(self.partition_of(row[at])) for row in self.table.rows)

    def partition_id(self, partition):
        """What stands behind the `$` for a partition."""
        if partition is None:
            return "__NULL__"
        if partition == "__UNPARTITIONED__" or self.range_partitioning:
            return partition if partition == "__UNPARTITIONED__" else str(partition[0])
        return partition[0].strftime({"HOUR": "%Y%m%d%H", "DAY": "%Y%m%d", "MONTH": "%Y%m", "YEAR": "%Y"}[self.partitioning.get("type", "DAY")])

    def sizes(self):
        """Bytes by partition and column: {partition: [bytes of column 0, ...]}."""
        if self._sizes is None:
            name = self.partition_column()
            at = next((i for i, column in enumerate(self.table.columns) if column.name == name), None)
            kinds = [column.type for column in self.table.columns[: len(self.fields)]]
            sizes = {}
            for row in self.table.rows:
                partition = self.partition_of(row[at]) if at is not None else ()
                sums = sizes.setdefault(partition, [0] * len(kinds))
                for i, kind in enumerate(kinds):
                    sums[i] += size_of(row[i], kind)
            self._sizes = sizes
        return self._sizes

    def total_bytes(self):
        """numBytes."""
        return sum(map(sum, self.sizes().values()))

    # REST

    def kind(self):
        """TABLE, VIEW, ..."""
        return self.more.get("type") or ("VIEW" if self.view else "TABLE")

    def resource(self, location, full=True):
        """The table as tables.get (or tables.list) shows it."""
        project, dataset, table = self.reference
        body = {
            "kind": "bigquery#table",
            "id": f"{project}:{dataset}.{table}",
            "tableReference": {"projectId": project, "datasetId": dataset, "tableId": table},
            "type": self.kind(),
            "creationTime": str(self.created),
        }
        if self.partitioning:
            body["timePartitioning"] = {"type": "DAY", **self.partitioning}
        if self.range_partitioning:
            body["rangePartitioning"] = self.range_partitioning
        if self.clustering:
            body["clustering"] = self.clustering
        if self.view:
            body["view"] = {"query": self.view.sql, "useLegacySql": False}
        if full:
            body |= {
                "etag": self.etag,
                "location": location,
                "schema": {"fields": self.fields},
                "numBytes": str(self.more.get("numBytes", self.total_bytes())),
                "numLongTermBytes": "0",
                "numRows": str(self.more.get("numRows", len(self.table.rows))),
                "lastModifiedTime": str(self.modified),
                **{key: value for key, value in self.more.items() if key not in ("numBytes", "numRows", "type", "rowAccessPolicies", "partitions")},
            }
            if self.partitioning and self.partitioning.get("requirePartitionFilter"):
                body["requirePartitionFilter"] = True
        return body


class Wildcard(Stored):
    """All tables that begin so, as one: the newest one's columns, and what follows in the name as `_TABLE_SUFFIX`."""

    def __init__(self, reference, members):
        newest = members[-1]
        prefix = reference[2].rstrip("*")
        super().__init__(reference, newest.fields, (), {"type": "TABLE", "field": "_TABLE_SUFFIX"})
        self.table = Table(newest.fields + [{"name": "_TABLE_SUFFIX", "type": "STRING"}])
        names = [field["name"].lower() for field in newest.fields]
        for member in members:
            places = {column.name.lower(): i for i, column in enumerate(member.table.columns)}
            suffix = member.reference[2].removeprefix(prefix)
            self.table.rows.extend(tuple(row[places[n]] if n in places else None for n in names) + (suffix,) for row in member.table.rows)

    def partition_of(self, value):
        """Each table is one."""
        return value, value


class Dataset:
    """A data set: its location, description and tables."""

    def __init__(self, project, name, location="US", **more):
        self.project = project
        self.name = name
        self.location = location
        self.more = more
        self.tables = {}
        self.created = int(time.time() * 1000)

    def resource(self):
        """The data set as datasets.get shows it."""
        return {
            "kind": "bigquery#dataset",
            "id": f"{self.project}:{self.name}",
            "etag": f"d{self.created}",
            "datasetReference": {"projectId": self.project, "datasetId": self.name},
            "location": self.location,
            "creationTime": str(self.created),
            "lastModifiedTime": str(self.created),
            **self.more,
        }


class Store:
    """All projects. A project exists as soon as something is put into it."""

    def __init__(self):
        self.lock = threading.RLock()
        self.datasets = {}  # (project, dataset) -> Dataset
        self.numbers = itertools.count(1)

    def projects(self):
        """The names of all projects."""
        return sorted({project for project, _ in self.datasets})

    def dataset(self, project, name):
        """Finds a data set (its name counts case)."""
        found = self.datasets.get((project, name))
        if found is None:
            raise Missing(f"Not found: Dataset {project}:{name}")
        return found

    def make_dataset(self, project, name, **more):
        """Makes a data set unless it exists."""
        with self.lock:
            return self.datasets.setdefault((project, name), Dataset(project, name, **more))

    def table(self, project, dataset, name):
        """Finds a table (its name counts case)."""
        found = self.dataset(project, dataset).tables.get(name)
        if found is None:
            raise Missing(f"Not found: Table {project}:{dataset}.{name}")
        return found

    def put(self, stored):
        """Puts a table into its data set, in place of an older one."""
        project, dataset, name = stored.reference
        with self.lock:
            self.make_dataset(project, dataset).tables[name] = stored
        return stored

    def finder(self, project, default_dataset, location=None):
        """The function by which the engine finds the tables of a query in a location (`None`: anywhere), and the tables it has found."""
        found = {}

        def find(parts):
            path = self.full_path(parts, project, default_dataset)
            dataset = self.datasets.get(path[:2])
            if path[0] != project and path[0] not in self.projects():
                named = f"{path[0]}:{path[1]}.{path[2]}"
                raise Missing(
                    f"Access Denied: Table {named}: User does not have permission to query table {named}, or perhaps it does not exist.",
                    "accessDenied", 403,
                )
            if dataset is None or (location and dataset.location.lower() != location.lower()):
                raise Missing(f"Not found: Dataset {path[0]}:{path[1]} was not found in location {location or 'US'}")
            stored = dataset.tables.get(path[2])
            if path[2].endswith("*"):
                members = [table for name, table in sorted(dataset.tables.items()) if name.startswith(path[2].rstrip("*")) and not table.view]
                stored = Wildcard(path, members) if members else None
            if stored is None:
                raise Missing(f"Not found: Table {path[0]}:{path[1]}.{path[2]} was not found in location {dataset.location}")
            found[path] = stored
            return path, stored.view or stored.table

        return find, found

    @staticmethod
    def full_path(parts, project, default_dataset):
        """Completes a table path by the query's project and default data set."""
        if len(parts) == 1:
            if default_dataset is None:
                raise Missing(f'Table "{parts[0]}" must be qualified with a dataset (e.g. dataset.table).', "invalid", 400)
            return (*default_dataset, parts[0])
        if len(parts) == 2:
            return (project, *parts)
        if len(parts) == 3:
            return tuple(parts)
        raise Missing(f"Not found: Table {'.'.join(parts)}")


def columns_to_fields(columns):
    """Schema fields of a query's result."""
    return [field_of_type(column.name, column.type) for column in columns]


def now_utc():
    """This moment, in UTC."""
    return dt.datetime.now(dt.timezone.utc)


def epoch_day(day):
    """The TIMESTAMP at which a day begins."""
    return EPOCH_UTC + dt.timedelta(days=day)
