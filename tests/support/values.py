"""BigQuery's types and values: schema fields and REST cells on one side, Python values and the engine's messages on the other.

Python values: INT64 int, FLOAT64 float, NUMERIC and BIGNUMERIC Decimal, BOOL bool, STRING str, BYTES bytes, DATE date, TIME time,
DATETIME datetime without zone, TIMESTAMP datetime in UTC, INTERVAL `Interval`, JSON `Json`, RANGE `Range`, ARRAY list, STRUCT tuple.
"""

import base64
import datetime as dt
import json
import re
from collections import namedtuple
from decimal import Decimal

from zetasql.wasi._pb2.zetasql.public import type_pb2, value_pb2

Interval = namedtuple("Interval", "months days micros")
Range = namedtuple("Range", "start end")
Field = namedtuple("Field", "name type")  # type: a type name, ("ARRAY", type), ("STRUCT", (Field, ...)) or ("RANGE", type)


class Json(str):
    """The text of a JSON value."""


EPOCH = dt.datetime(1970, 1, 1)
EPOCH_UTC = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
LEGACY = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL", "RECORD": "STRUCT", "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC"}
STANDARD = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}
KINDS = {
    "INT64": type_pb2.TYPE_INT64, "FLOAT64": type_pb2.TYPE_DOUBLE, "BOOL": type_pb2.TYPE_BOOL, "STRING": type_pb2.TYPE_STRING,
    "BYTES": type_pb2.TYPE_BYTES, "DATE": type_pb2.TYPE_DATE, "TIMESTAMP": type_pb2.TYPE_TIMESTAMP, "TIME": type_pb2.TYPE_TIME,
    "DATETIME": type_pb2.TYPE_DATETIME, "NUMERIC": type_pb2.TYPE_NUMERIC, "BIGNUMERIC": type_pb2.TYPE_BIGNUMERIC,
    "JSON": type_pb2.TYPE_JSON, "INTERVAL": type_pb2.TYPE_INTERVAL, "GEOGRAPHY": type_pb2.TYPE_GEOGRAPHY,
}
NAMES = {kind: name for name, kind in KINDS.items()}


# Types

def type_of_field(field):
    """A REST schema field's type."""
    name = field["type"].upper()
    name = LEGACY.get(name, name)
    if name == "STRUCT":
        name = ("STRUCT", tuple(Field(f["name"], type_of_field(f)) for f in field["fields"]))
    elif name == "RANGE":
        name = ("RANGE", field["rangeElementType"]["type"])
    return ("ARRAY", name) if field.get("mode") == "REPEATED" else name


def field_of_type(name, kind):
    """The REST schema field of a column."""
    mode = "NULLABLE"
    if kind[0] == "ARRAY":
        mode, kind = "REPEATED", kind[1]
    if kind[0] == "STRUCT":
        return {"name": name, "type": "RECORD", "mode": mode, "fields": [field_of_type(f.name, f.type) for f in kind[1]]}
    if kind[0] == "RANGE":
        return {"name": name, "type": "RANGE", "mode": mode, "rangeElementType": {"type": kind[1]}}
    return {"name": name, "type": STANDARD.get(kind, kind), "mode": mode}


def type_name(kind):
    """A type as SQL spells it."""
    if kind[0] == "STRUCT":
        return "STRUCT<" + ", ".join(f"`{f.name}` {type_name(f.type)}" if f.name else type_name(f.type) for f in kind[1]) + ">"
    if kind[0] in ("ARRAY", "RANGE"):
        return f"{kind[0]}<{type_name(kind[1])}>"
    return kind


def type_to_proto(kind):
    """The engine's message for a type."""
    proto = type_pb2.TypeProto()
    if kind[0] == "ARRAY":
        proto.type_kind = type_pb2.TYPE_ARRAY
        proto.array_type.element_type.CopyFrom(type_to_proto(kind[1]))
    elif kind[0] == "RANGE":
        proto.type_kind = type_pb2.TYPE_RANGE
        proto.range_type.element_type.CopyFrom(type_to_proto(kind[1]))
    elif kind[0] == "STRUCT":
        proto.type_kind = type_pb2.TYPE_STRUCT
        proto.struct_type.SetInParent()
        for field in kind[1]:
            proto.struct_type.field.add(field_name=field.name or "", field_type=type_to_proto(field.type))
    else:
        proto.type_kind = KINDS[kind]
    return proto


def type_from_proto(proto):
    """A type from the engine's message (generated message or `prototree.Node`)."""
    kind = proto.type_kind
    if kind == type_pb2.TYPE_ARRAY:
        return ("ARRAY", type_from_proto(proto.array_type.element_type))
    if kind == type_pb2.TYPE_RANGE:
        return ("RANGE", type_from_proto(proto.range_type.element_type))
    if kind == type_pb2.TYPE_STRUCT:
        return ("STRUCT", tuple(Field(f.field_name or "", type_from_proto(f.field_type)) for f in proto.struct_type.field or ()))
    return NAMES.get(kind, f"UNSUPPORTED_{kind}")


def parameter_type(spec):
    """The type of a REST query parameter (`parameterType`)."""
    name = LEGACY.get(spec["type"].upper(), spec["type"].upper())
    if name == "ARRAY":
        return ("ARRAY", parameter_type(spec["arrayType"]))
    if name == "STRUCT":
        return ("STRUCT", tuple(Field(f.get("name", ""), parameter_type(f["type"])) for f in spec["structTypes"]))
    if name == "RANGE":
        return ("RANGE", parameter_type(spec["rangeElementType"]))
    return name


# Values and the engine's messages

def to_proto(value, kind):
    """The engine's message for a value."""
    proto = value_pb2.ValueProto()
    if value is None:
        return proto
    name = kind[0] if isinstance(kind, tuple) else kind
    if name == "ARRAY":
        proto.array_value.SetInParent()
        proto.array_value.element.extend(to_proto(item, kind[1]) for item in value)
    elif name == "STRUCT":
        proto.struct_value.SetInParent()
        proto.struct_value.field.extend(to_proto(item, field.type) for item, field in zip(value, kind[1]))
    elif name == "RANGE":
        proto.range_value.start.CopyFrom(to_proto(value.start, kind[1]))
        proto.range_value.end.CopyFrom(to_proto(value.end, kind[1]))
    elif name == "INT64":
        proto.int64_value = int(value)
    elif name == "FLOAT64":
        proto.double_value = float(value)
    elif name == "BOOL":
        proto.bool_value = bool(value)
    elif name == "STRING":
        proto.string_value = value
    elif name == "BYTES":
        proto.bytes_value = value
    elif name == "DATE":
        proto.date_value = (value - EPOCH.date()).days
    elif name == "TIMESTAMP":
        micros = (value - EPOCH_UTC) // dt.timedelta(microseconds=1)
        proto.timestamp_value.seconds, rest = divmod(micros, 1_000_000)
        proto.timestamp_value.nanos = rest * 1000
    elif name == "TIME":
        proto.time_value = value.hour << 42 | value.minute << 36 | value.second << 30 | value.microsecond * 1000
    elif name == "DATETIME":
        proto.datetime_value.bit_field_datetime_seconds = (
            value.year << 26 | value.month << 22 | value.day << 17 | value.hour << 12 | value.minute << 6 | value.second
        )
        proto.datetime_value.nanos = value.microsecond * 1000
    elif name in ("NUMERIC", "BIGNUMERIC"):
        scaled = _scaled(Decimal(value), 9 if name == "NUMERIC" else 38)
        size = max(1, (scaled.bit_length() if scaled >= 0 else (~scaled).bit_length()) // 8 + 1)
        data = scaled.to_bytes(size, "little", signed=True)
        if name == "NUMERIC":
            proto.numeric_value = data
        else:
            proto.bignumeric_value = data
    elif name == "JSON":
        proto.json_value = str(value)
    elif name == "INTERVAL":
        sign = 1 << 31 if value.months < 0 else 0
        months = sign | abs(value.months) << 13
        micros = value.micros
        proto.interval_value = micros.to_bytes(8, "little", signed=True) + value.days.to_bytes(4, "little", signed=True) + months.to_bytes(4, "little")
    else:
        raise ValueError(f"no value of type {type_name(kind)}")
    return proto


def _scaled(value, scale):
    sign, digits, exponent = value.as_tuple()
    number = int("".join(map(str, digits)) or "0")
    shift = exponent + scale
    if shift >= 0:
        number *= 10**shift
    else:
        number, rest = divmod(number, 10**-shift)
        if rest * 2 >= 10**-shift:
            number += 1
    return -number if sign else number


def from_proto(proto, kind):
    """A value from the engine's message."""
    which = proto.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return [from_proto(item, kind[1]) for item in proto.array_value.element]
    if which == "struct_value":
        return tuple(from_proto(item, field.type) for item, field in zip(proto.struct_value.field, kind[1]))
    if which == "range_value":
        return Range(from_proto(proto.range_value.start, kind[1]), from_proto(proto.range_value.end, kind[1]))
    value = getattr(proto, which)
    if which == "date_value":
        return EPOCH.date() + dt.timedelta(days=value)
    if which == "timestamp_value":
        return EPOCH_UTC + dt.timedelta(seconds=value.seconds, microseconds=value.nanos // 1000)
    if which == "time_value":
        return dt.time(value >> 42, value >> 36 & 63, value >> 30 & 63, (value & (1 << 30) - 1) // 1000)
    if which == "datetime_value":
        bits = value.bit_field_datetime_seconds
        return dt.datetime(bits >> 26, bits >> 22 & 15, bits >> 17 & 31, bits >> 12 & 31, bits >> 6 & 63, bits & 63, value.nanos // 1000)
    if which in ("numeric_value", "bignumeric_value"):
        scale = 9 if which == "numeric_value" else 38
        number = int.from_bytes(value, "little", signed=True)
        digits = tuple(map(int, str(abs(number))))
        return Decimal((int(number < 0), digits, -scale))
    if which == "json_value":
        return Json(value)
    if which == "interval_value":
        packed = int.from_bytes(value[12:16], "little")
        months = packed >> 13 & (1 << 18) - 1
        micros = int.from_bytes(value[:8], "little", signed=True)
        return Interval(-months if packed >> 31 else months, int.from_bytes(value[8:12], "little", signed=True), micros)
    return value


# REST cells

def decimal_text(value):
    """A decimal as BigQuery prints it: no exponent, no trailing zeros."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def float_text(value):
    """A double as BigQuery's REST answers spell it."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" in text:
        mantissa, exponent = text.split("e")
        if "." not in mantissa:
            mantissa += ".0"
        return f"{mantissa}E{int(exponent)}"
    return text


def _clock(value):
    text = value.strftime("%H:%M:%S")
    return f"{text}.{value.microsecond:06d}" if value.microsecond else text


def interval_text(value):
    """`Y-M D H:M:S[.F]`, each part with its own sign."""
    sign = "-" if value.months < 0 else ""
    years, months = divmod(abs(value.months), 12)
    clock = "-" if value.micros < 0 else ""
    seconds, micros = divmod(abs(value.micros), 1_000_000)
    fraction = f".{micros:06d}".rstrip("0") if micros else ""
    if fraction and len(fraction) not in (4, 7):
        fraction = fraction.ljust(4 if len(fraction) < 4 else 7, "0")
    return f"{sign}{years}-{months} {value.days} {clock}{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}{fraction}"


def micros_since_epoch(value):
    """A TIMESTAMP as microseconds."""
    return (value - EPOCH_UTC) // dt.timedelta(microseconds=1)


def to_cell(value, kind, int64_timestamps):
    """The `v` of a REST cell."""
    name = kind[0] if isinstance(kind, tuple) else kind
    if name == "ARRAY":
        # BigQuery has no NULL arrays in results.
        return [{"v": to_cell(item, kind[1], int64_timestamps)} for item in value or ()]
    if value is None:
        return None
    if name == "STRUCT":
        return {"f": [{"v": to_cell(item, field.type, int64_timestamps)} for item, field in zip(value, kind[1])]}
    if name == "RANGE":
        ends = [to_cell(end, kind[1], int64_timestamps) if end is not None else "UNBOUNDED" for end in value]
        return f"[{ends[0]}, {ends[1]})"
    if name == "FLOAT64":
        return float_text(value)
    if name == "BOOL":
        return "true" if value else "false"
    if name == "BYTES":
        return base64.b64encode(value).decode()
    if name == "DATE":
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    if name == "TIME":
        return _clock(value)
    if name == "DATETIME":
        return f"{value.year:04d}-{value.month:02d}-{value.day:02d}T{_clock(value)}"
    if name == "TIMESTAMP":
        micros = micros_since_epoch(value)
        return str(micros) if int64_timestamps else float_text(micros / 1e6)
    if name in ("NUMERIC", "BIGNUMERIC"):
        return decimal_text(value)
    if name == "INTERVAL":
        return interval_text(value)
    return str(value)


def from_text(text, kind):
    """A value from JSON: what tabledata.insertAll, query parameters and the tests' own rows hold."""
    if text is None:
        return None
    name = kind[0] if isinstance(kind, tuple) else kind
    if name == "ARRAY":
        return [from_text(item, kind[1]) for item in text]
    if name == "STRUCT":
        return tuple(from_text(text.get(f.name), f.type) for f in kind[1])
    if name == "RANGE":
        if isinstance(text, dict):
            return Range(from_text(text.get("start"), kind[1]), from_text(text.get("end"), kind[1]))
        start, end = (None if part.strip() in ("UNBOUNDED", "NULL") else part.strip() for part in text[1:-1].split(","))
        return Range(from_text(start, kind[1]), from_text(end, kind[1]))
    if name == "INT64":
        return int(text)
    if name == "FLOAT64":
        return float(text)
    if name == "BOOL":
        return text if isinstance(text, bool) else str(text).lower() == "true"
    if name in ("NUMERIC", "BIGNUMERIC"):
        return Decimal(str(text))
    if name == "BYTES":
        return base64.b64decode(text)
    if name == "DATE":
        return dt.date.fromisoformat(text)
    if name == "TIME":
        return dt.time.fromisoformat(text)
    if name == "DATETIME":
        return dt.datetime.fromisoformat(text.replace("T", " "))
    if name == "TIMESTAMP":
        return timestamp_from_text(text)
    if name == "JSON":
        return Json(text if isinstance(text, str) else json.dumps(text))
    if name == "INTERVAL":
        return interval_from_text(text)
    return str(text)


def timestamp_from_text(text):
    """A TIMESTAMP from ISO text (zone optional, UTC), or from seconds since the epoch."""
    if isinstance(text, (int, float)):
        return EPOCH_UTC + dt.timedelta(microseconds=round(text * 1_000_000))
    text = text.strip().replace(" UTC", "+00:00").replace("Z", "+00:00")
    text = re.sub(r"([+-]\d\d)$", r"\1:00", text) if ":" in text else text
    value = dt.datetime.fromisoformat(text)
    return value.astimezone(dt.timezone.utc) if value.tzinfo else value.replace(tzinfo=dt.timezone.utc)


def interval_from_text(text):
    """An INTERVAL from `Y-M D H:M:S[.F]`."""
    match = re.fullmatch(r"(-?)(\d+)-(\d+) (-?\d+) (-?)(\d+):(\d+):(\d+)(?:\.(\d+))?", text.strip())
    if match is None:
        raise ValueError(f"Invalid INTERVAL value: {text}")
    months = (int(match[2]) * 12 + int(match[3])) * (-1 if match[1] else 1)
    micros = ((int(match[6]) * 60 + int(match[7])) * 60 + int(match[8])) * 1_000_000 + int((match[9] or "0").ljust(6, "0")[:6])
    return Interval(months, int(match[4]), -micros if match[5] else micros)
