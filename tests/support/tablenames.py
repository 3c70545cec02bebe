"""Finds the table paths of a GoogleSQL statement in its parse tree, and puts other text in their place.

The engine's evaluator reads contents of top-level tables only, while BigQuery's tables are called `project.dataset.table`, in one pair of
backticks or several. So each path is replaced by a name of the engine's own, and positions in error messages are mapped back.
"""

import bisect
import re
from collections import namedtuple

from prototree import Node, concrete

Reference = namedtuple("Reference", "parts start end alias target")  # parts as written; byte offsets; alias: has an explicit one
Edit = namedtuple("Edit", "start end text")

TABLE_FIELDS = ("lhs", "rhs", "table_expression", "join")


def find(tree):
    """Lists the table paths of a parsed statement in the order of the text."""
    found = []
    _walk(tree, {}, frozenset(), found)
    return sorted(found, key=lambda reference: reference.start)


def _names(path):
    return [name.id_string or "" for name in path.names or ()]


def _walk(node, ctes, aliases, found):
    if node.kind == "ASTQueryProto":
        ctes = _with(node, ctes, aliases, found)
        rest = [child for name, child in node.fields.items() if name != "with_clause"]
    elif node.kind == "ASTSelectProto":
        if node.from_clause is not None:
            scope = set(aliases)
            _walk_from(node.from_clause, ctes, scope, found)
            aliases = frozenset(scope)
        rest = [child for name, child in node.fields.items() if name != "from_clause"]
    elif node.kind == "ASTFromQueryProto":
        _walk_from(node.from_clause, ctes, set(aliases), found)
        return
    else:
        rest = list(node.fields.values())
        if node.kind == "ASTTablePathExpressionProto":
            _table(node, ctes, set(aliases), found)
            return
        target = concrete(node.target_path) if node.target_path else None
        if target is not None and target.kind == "ASTPathExpressionProto":
            _add(target, node.alias is not None, True, found)
    for value in rest:
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, Node):
                _walk(item, ctes, aliases, found)


def _with(query, ctes, aliases, found):
    clause = query.with_clause
    if clause is None:
        return ctes
    entries = [concrete(entry) for entry in clause.fields.get("with", ())]
    aliased = []
    for entry in entries:
        aliased += [entry] if entry.kind == "ASTAliasedQueryProto" else [n for n in entry.walk() if n.kind == "ASTAliasedQueryProto"][:1]
    names = [(entry.alias.id_string or "").lower() for entry in aliased]
    seen = dict(ctes)
    if clause.recursive:
        seen.update(dict.fromkeys(names))
    for entry, name in zip(aliased, names):
        _walk(entry.query, dict(seen), aliases, found)
        seen[name] = None
    return seen


def _walk_from(node, ctes, scope, found):
    """Walks a FROM clause from left to right; `scope` gathers the aliases that later paths may start with."""
    if node.kind == "ASTTablePathExpressionProto":
        _table(node, ctes, scope, found)
    elif node.kind in ("ASTJoinProto", "ASTParenthesizedJoinProto", "ASTFromClauseProto") or node.kind.startswith("Any"):
        for name, value in node.fields.items():
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, Node) and name != "parent":
                    _walk_from(item, ctes, scope, found)
    else:
        _walk(node, ctes, frozenset(scope), found)
        if node.alias is not None and node.alias.identifier is not None:
            scope.add((node.alias.identifier.id_string or "").lower())


def _table(node, ctes, scope, found):
    alias = node.alias.identifier.id_string if node.alias is not None else None
    if node.path_expr is not None:
        parts = _names(node.path_expr)
        array = len(parts) > 1 and parts[0].lower() in scope
        if not array and not (len(parts) == 1 and parts[0].lower() in ctes):
            _add(node.path_expr, alias is not None, False, found)
        scope.add((alias or parts[-1].split(".")[-1]).lower())
    elif alias:
        scope.add(alias.lower())
    for name, child in node.fields.items():
        if name in ("unnest_expr", "for_system_time", "parent") and child is not None:
            _walk(child, ctes, frozenset(scope), found)


def _add(path, alias, target, found):
    place = path.part("parse_location_range")
    found.append(Reference(tuple(_names(path)), place.start or 0, place.end, alias, target))


def split(parts):
    """Splits `p.d.t` into its parts, however it is quoted."""
    return tuple(piece for part in parts for piece in part.replace(":", ".").split("."))


def apply(sql, edits):
    """Puts the edits into the text (byte offsets)."""
    data, out, at = sql.encode(), [], 0
    for edit in sorted(edits):
        out += [data[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join([*out, data[at:]]).decode()


def map_position(message, sql, edited, edits):
    """Rewrites `[at line:column]` of the edited text into BigQuery's ` at [line:column]` of the text as it was sent."""

    def place(match):
        line, column = int(match[1]), int(match[2])
        offset = _offset(edited, line, column)
        offset = _unedit(offset, sorted(edits))
        return "at [%d:%d]" % _line_column(sql, offset)

    return re.sub(r"\[at (\d+):(\d+)\]", place, message)


def _offset(text, line, column):
    lines = text.split("\n")
    line = min(line, len(lines))
    before = sum(len(each.encode()) + 1 for each in lines[: line - 1])
    at = 1
    for i, char in enumerate(lines[line - 1]):
        if at >= column:
            return before + len(lines[line - 1][:i].encode())
        at += 8 - (at - 1) % 8 if char == "\t" else 1
    return before + len(lines[line - 1].encode())


def _line_column(text, offset):
    data = text.encode()[:offset].decode("utf-8", "ignore")
    start = data.rfind("\n") + 1
    column = 1
    for char in data[start:]:
        column += 8 - (column - 1) % 8 if char == "\t" else 1
    return data.count("\n") + 1, column


def _unedit(offset, edits):
    shift = 0
    starts = []
    for edit in edits:
        starts.append((edit.start + shift, edit, shift))
        shift += len(edit.text.encode()) - (edit.end - edit.start)
    i = bisect.bisect_right([start for start, _, _ in starts], offset) - 1
    if i < 0:
        return offset
    start, edit, before = starts[i]
    length = len(edit.text.encode())
    if offset < start + length:
        return edit.start
    return offset - before - length + (edit.end - edit.start)
