"""Protobuf messages as plain trees, without the depth limit of Google's own Python decoder (100 levels, too few for a resolved query)."""

from google.protobuf.descriptor import FieldDescriptor as F


class Node:
    """A decoded message: fields that are present, by name; `kind` is the message's name."""

    __slots__ = ("kind", "fields", "raw")

    def __init__(self, kind, fields, raw):
        self.kind = kind
        self.fields = fields
        self.raw = raw  # the message's bytes

    def __getattr__(self, name):
        return self.fields.get(name)

    def __repr__(self):
        return f"{self.kind}({self.fields})"

    def children(self):
        """Yields the messages directly below this one."""
        for value in self.fields.values():
            for item in value if isinstance(value, list) else (value,):
                if isinstance(item, Node):
                    yield item

    def walk(self):
        """Yields this message and all below it."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(node.children())

    def part(self, name):
        """Looks a field up in this message or in its chain of `parent` messages (how a class hierarchy is serialised)."""
        node = self
        while node is not None:
            if name in node.fields:
                return node.fields[name]
            node = node.fields.get("parent")
        return None


_VARINTS = {F.TYPE_INT64, F.TYPE_INT32, F.TYPE_UINT64, F.TYPE_UINT32, F.TYPE_BOOL, F.TYPE_ENUM, F.TYPE_SINT32, F.TYPE_SINT64}
_TABLES = {}


def _fields_of(descriptor):
    table = _TABLES.get(descriptor.full_name)
    if table is None:
        table = {f.number: (f.name, f.type, f.is_repeated, f.message_type) for f in descriptor.fields}
        _TABLES[descriptor.full_name] = table
    return table


def _varint(data, at):
    result = shift = 0
    while True:
        byte = data[at]
        at += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, at
        shift += 7


def decode(descriptor, data):
    """Decodes `data` as a message of `descriptor`."""
    table = _fields_of(descriptor)
    data = memoryview(data)
    fields = {}
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        wire = tag & 7
        entry = table.get(tag >> 3)
        if wire == 0:
            value, at = _varint(data, at)
            if value >= 1 << 63:
                value -= 1 << 64
        elif wire == 2:
            size, at = _varint(data, at)
            value = data[at : at + size]
            at += size
        elif wire == 1:
            value = data[at : at + 8]
            at += 8
        elif wire == 5:
            value = data[at : at + 4]
            at += 4
        else:
            raise ValueError(f"wire type {wire}")
        if entry is None:
            continue
        name, kind, repeated, message = entry
        if message is not None:
            value = decode(message, value)
        elif kind == F.TYPE_STRING:
            value = str(value, "utf-8", "replace")
        elif kind == F.TYPE_BOOL:
            value = bool(value)
        elif kind in _VARINTS and wire == 2:
            values, inner = [], 0
            while inner < len(value):
                item, inner = _varint(value, inner)
                values.append(item)
            fields.setdefault(name, []).extend(values)
            continue
        if repeated:
            fields.setdefault(name, []).append(value)
        else:
            fields[name] = value
    return Node(descriptor.name, fields, data)


def concrete(node):
    """Steps from an `Any...Proto` wrapper (one field, a oneof, possibly nested) to the message that it holds."""
    while node is not None and node.kind.startswith("Any"):
        node = next(node.children(), None)
    return node
