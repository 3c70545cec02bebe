"""Answers as other servers give them: what emulators leave out, number for text, other names of types. A client has to take all of it.

`spare` leaves out everything that Google's reference calls optional, and some that it does not; `odd` is wordy in other spellings.
"""

import re

STANDARD = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT"}
# Dropped from answers, by path; `*` is every item of a list.
DROPPED = [
    "kind", "id", "etag", "selfLink", "user_email", "configuration", "totalItems", "totalRows", "jobComplete", "cacheHit", "lastModifiedTime", "numRows",
    "jobReference.location", "jobReference.jobId", "statistics.query", "statistics.creationTime", "tableReference", "location", "type",
    "datasets.*.datasetReference.projectId", "datasets.*.location", "datasets.*.id", "tables.*.tableReference.projectId", "tables.*.tableReference.datasetId",
]
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


def shaped(shape, method, answer):
    """The answer in another shape."""
    if shape == "spare":
        return _spare(answer)
    if shape == "odd":
        return _odd(answer)
    if shape == "ids":  # lists that name things by their ids only
        return drop(answer, ["datasets.*.datasetReference", "tables.*.tableReference"])
    raise ValueError(f"no shape {shape}")


def drop(answer, paths):
    """Removes what the paths name."""
    for path in paths:
        _each(answer, path.split("."), lambda parent, key: parent.pop(key, None))
    return answer


def put(answer, values):
    """Sets what the paths name."""
    for path, value in values.items():
        _each(answer, path.split("."), lambda parent, key: parent.__setitem__(key, value), make=True)
    return answer


def _each(node, path, change, make=False):
    key, *rest = path
    if key == "*":
        for item in node if isinstance(node, list) else []:
            _each(item, rest, change, make)
    elif not isinstance(node, dict):
        return
    elif not rest:
        change(node, key)
    else:
        if make:
            node.setdefault(key, {})
        _each(node.get(key), rest, change, make)


def _spare(answer):
    answer = drop(answer, DROPPED)
    for field in _fields(answer):
        field["type"] = STANDARD.get(field["type"], field["type"])
        if field.get("mode") != "REPEATED":
            field.pop("mode", None)
    if answer.get("rows") == []:
        del answer["rows"]
    return _numbers(answer)


def _odd(answer):
    """Every word in small letters, absent things as null or empty, numbers as numbers, arrays of cells without wrapping."""
    for field in _fields(answer):
        field |= {"type": STANDARD.get(field["type"], field["type"]).lower(), "mode": field.get("mode", "NULLABLE").lower(), "description": None}
        field.setdefault("fields", None)
    if "rows" in answer:
        answer["rows"] = [{"f": [{"v": _bare(cell["v"])} for cell in row["f"]]} for row in answer["rows"]]
    if "jobComplete" in answer:
        answer |= {"errors": None, "pageToken": answer.get("pageToken", ""), "rows": answer.get("rows"), "jobComplete": str(answer["jobComplete"])}
    if "status" in answer:
        answer["status"] |= {"state": answer["status"]["state"].lower(), "errors": None}
        answer["status"].setdefault("errorResult", None)
        answer["statistics"]["query"] |= {"referencedRoutines": None}
    for name in ("datasets", "tables"):
        if name in answer:
            answer["nextPageToken"] = answer.get("nextPageToken", "")
    return _numbers(answer)


def _bare(cell):
    if isinstance(cell, list):
        return [item["v"] for item in cell]
    return cell


def _fields(answer):
    """Every field of every schema, nested ones included."""
    schemas = [answer.get("schema"), ((answer.get("statistics") or {}).get("query") or {}).get("schema")]
    waiting = [field for schema in schemas if schema for field in schema.get("fields", [])]
    while waiting:
        field = waiting.pop()
        yield field
        waiting.extend(field.get("fields") or [])


def _numbers(node, key=None):
    """Numbers outside of rows as numbers."""
    if isinstance(node, dict):
        return {key: value if key in ("rows", "pageToken", "nextPageToken") else _numbers(value, key) for key, value in node.items()}
    if isinstance(node, list):
        return [_numbers(item) for item in node]
    if isinstance(node, str) and NUMBER.fullmatch(node) and key not in ("name", "description", "jobId"):
        return float(node) if "." in node else int(node)
    return node
