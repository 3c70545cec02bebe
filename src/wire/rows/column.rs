//! Typed views of Arrow columns, chosen once a batch by (PostgreSQL type, Arrow type).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, LargeBinaryArray, LargeStringArray,
    StringArray, StringViewArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type, i256,
};

use super::{Format, spelled};
use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::{NumericScale, Type, range};

const XML: Type = Type(142);
const REFCURSOR: Type = Type(1790);

/// One column of a batch, ready to be written row by row.
pub(super) struct Column<'a> {
    pub(super) nulls: Option<&'a NullBuffer>,
    pub(super) values: Values<'a>,
    pub(super) format: Format,
}

/// The values by their form on the wire.
pub(super) enum Values<'a> {
    Null,
    Bool(&'a BooleanArray),
    Int2(&'a [i16]),
    Int4(&'a [i32]),
    Int8(&'a [i64]),
    Oid(&'a [u32]),
    /// regtype, shown by name.
    RegType(&'a [u32]),
    /// An integer whose Arrow width is not that of its type.
    Narrow(Integers<'a>, Type),
    Float4(&'a [f32]),
    Float8(&'a [f64]),
    Decimal128(&'a [i128], i8, NumericScale),
    Decimal256(&'a [i256], i8, NumericScale),
    /// A numeric's digits as they are shown.
    Digits(&'a LargeBinaryArray),
    /// Text of any type; true for jsonb, whose binary form begins with a version.
    Text(Texts<'a>, bool),
    /// The output text of a type whose binary form is read out of it.
    Spelled(Texts<'a>, Type),
    /// The text of a row, whose fields have these types.
    Record(Texts<'a>, Arc<[Type]>),
    /// "char" in binary, which is one byte even where it is empty.
    Chars(Texts<'a>),
    Bytes(Blobs<'a>),
    /// Ranges as `types::range` keeps them.
    Range(Blobs<'a>, Type),
    Uuid(&'a FixedSizeBinaryArray),
    Date(&'a [i32]),
    Time(&'a [i64]),
    Timestamp(&'a [i64], Unit),
    TimestampTz(&'a [i64], Unit),
    Interval(&'a [IntervalMonthDayNano]),
    List(Box<List<'a>>),
}

/// Strings in Arrow's three layouts.
pub(super) enum Texts<'a> {
    Small(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> Texts<'a> {
    #[inline(always)]
    pub(super) fn at(&self, row: usize) -> &'a [u8] {
        match self {
            Texts::Small(array) => array.value(row).as_bytes(),
            Texts::Large(array) => array.value(row).as_bytes(),
            Texts::View(array) => array.value(row).as_bytes(),
        }
    }
}

/// Byte strings in Arrow's layouts.
pub(super) enum Blobs<'a> {
    Small(&'a BinaryArray),
    Large(&'a LargeBinaryArray),
    View(&'a BinaryViewArray),
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Blobs<'a> {
    pub(super) fn at(&self, row: usize) -> &'a [u8] {
        match self {
            Blobs::Small(array) => array.value(row),
            Blobs::Large(array) => array.value(row),
            Blobs::View(array) => array.value(row),
            Blobs::Fixed(array) => array.value(row),
        }
    }
}

/// Integers of any width.
pub(super) enum Integers<'a> {
    I8(&'a [i8]),
    I16(&'a [i16]),
    I32(&'a [i32]),
    I64(&'a [i64]),
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(&'a [u32]),
    U64(&'a [u64]),
}

impl Integers<'_> {
    fn wide(&self, row: usize) -> i128 {
        match self {
            Integers::I8(values) => values[row].into(),
            Integers::I16(values) => values[row].into(),
            Integers::I32(values) => values[row].into(),
            Integers::I64(values) => values[row].into(),
            Integers::U8(values) => values[row].into(),
            Integers::U16(values) => values[row].into(),
            Integers::U32(values) => values[row].into(),
            Integers::U64(values) => values[row].into(),
        }
    }

    /// Returns the value if it fits the type (22003 otherwise, in PostgreSQL's words).
    pub(super) fn checked(&self, row: usize, ty: Type) -> Result<i64> {
        let value = self.wide(row);
        let fits = match ty {
            Type::INT2 => i16::try_from(value).is_ok(),
            Type::INT4 => i32::try_from(value).is_ok(),
            Type::INT8 => i64::try_from(value).is_ok(),
            _ => u32::try_from(value).is_ok(),
        };
        match i64::try_from(value) {
            Ok(value) if fits => Ok(value),
            _ => Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{ty} out of range"))),
        }
    }
}

/// The unit of a timestamp column.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Second,
    Milli,
    Micro,
    Nano,
}

impl Unit {
    #[inline]
    pub(super) fn micros(self, value: i64) -> i64 {
        match self {
            Unit::Micro => value,
            Unit::Nano => value.div_euclid(1000),
            Unit::Milli => value.saturating_mul(1000),
            Unit::Second => value.saturating_mul(1_000_000),
        }
    }
}

/// An array column: where each row's elements are, and the elements.
pub(super) struct List<'a> {
    offsets: Offsets<'a>,
    pub(super) elements: Column<'a>,
    pub(super) element: Type,
    /// int2vector and oidvector: separated by spaces.
    pub(super) vector: bool,
    /// Counted from 0: vectors, and arrays that were made of them.
    pub(super) from_zero: bool,
    /// The element's text may hold characters that array_out quotes.
    pub(super) quotes: bool,
}

enum Offsets<'a> {
    Small(&'a [i32]),
    Large(&'a [i64]),
}

impl List<'_> {
    pub(super) fn range(&self, row: usize) -> std::ops::Range<usize> {
        let at = |index: usize| match &self.offsets {
            Offsets::Small(offsets) => usize::try_from(offsets[index]).unwrap_or(0),
            Offsets::Large(offsets) => usize::try_from(offsets[index]).unwrap_or(0),
        };
        at(row)..at(row + 1)
    }
}

impl<'a> Column<'a> {
    /// Looks at a column once.
    pub(super) fn new(array: &'a ArrayRef, column: &OutputColumn, format: Format) -> Result<Column<'a>> {
        let typed = Column::typed(array, column.ty, column.scale, format, column.fields.as_ref()).map(|mut typed| {
            if let Values::List(list) = &mut typed.values {
                list.from_zero |= column.from_zero;
            }
            typed
        });
        typed.map_err(|mismatch| match mismatch {
            Mismatch::Arrow => {
                let (name, ty) = (&column.name, column.ty);
                Report::internal(format!("column \"{name}\" of type {ty} came as Arrow {}", array.data_type()))
            }
            Mismatch::NoBinaryForm => Report::unsupported(format!("the binary format of type {}", column.ty))
                .hint("Ask for the column in text format, or cast it to text."),
        })
    }

    fn typed(
        array: &'a ArrayRef,
        ty: Type,
        scale: NumericScale,
        format: Format,
        fields: Option<&Arc<[Type]>>,
    ) -> Result<Column<'a>, Mismatch> {
        let values = match (array.data_type(), fields) {
            (DataType::Null, _) => Values::Null,
            (DataType::List(_) | DataType::LargeList(_), fields) => list(array, ty, scale, format, fields)?,
            (_, Some(fields)) if ty == Type::RECORD && format == Format::Binary => {
                Values::Record(texts(array).ok_or(Mismatch::Arrow)?, Arc::clone(fields))
            }
            _ => scalar(array, ty, scale, format)?,
        };
        Ok(Column { nulls: array.nulls(), values, format })
    }

    /// Asked once a value: a column without NULLs answers without a call.
    #[inline(always)]
    pub(super) fn is_null(&self, row: usize) -> bool {
        match self.nulls {
            None => matches!(self.values, Values::Null),
            Some(nulls) => nulls.is_null(row) || matches!(self.values, Values::Null),
        }
    }
}

/// Why a column cannot be written.
pub(super) enum Mismatch {
    Arrow,
    NoBinaryForm,
}

fn list<'a>(
    array: &'a ArrayRef,
    ty: Type,
    scale: NumericScale,
    format: Format,
    fields: Option<&Arc<[Type]>>,
) -> Result<Values<'a>, Mismatch> {
    let element = ty.element().ok_or(Mismatch::Arrow)?;
    let (offsets, values) = match array.data_type() {
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            (Offsets::Large(list.value_offsets()), list.values())
        }
        _ => {
            let list = array.as_list::<i32>();
            (Offsets::Small(list.value_offsets()), list.values())
        }
    };
    let elements = Column::typed(values, element, scale, format, fields)?;
    // An array of arrays would be one of several dimensions, which no warehouse type is.
    if matches!(elements.values, Values::List(_)) {
        return Err(Mismatch::Arrow);
    }
    let quotes = !matches!(
        elements.values,
        Values::Bool(_)
            | Values::Int2(_)
            | Values::Int4(_)
            | Values::Int8(_)
            | Values::Oid(_)
            | Values::Narrow(..)
            | Values::Float4(_)
            | Values::Float8(_)
            | Values::Decimal128(..)
            | Values::Decimal256(..)
            | Values::Digits(_)
            | Values::Time(_)
            | Values::Uuid(_)
    );
    let vector = matches!(ty, Type::INT2VECTOR | Type::OIDVECTOR);
    Ok(Values::List(Box::new(List { offsets, elements, element, vector, from_zero: vector, quotes })))
}

fn scalar<'a>(array: &'a ArrayRef, ty: Type, scale: NumericScale, format: Format) -> Result<Values<'a>, Mismatch> {
    if let Some(texts) = texts(array) {
        // Every type may come as its output text; in binary that is right for the types whose binary form is their text.
        let as_text = ty.is_string()
            || matches!(ty, Type::JSON | Type::JSONB | Type::CHAR | Type::CSTRING | Type::NAME | Type::VOID | XML | REFCURSOR);
        if format == Format::Binary && spelled::has_form(ty) {
            return Ok(Values::Spelled(texts, ty));
        }
        if format == Format::Binary && !as_text {
            return Err(Mismatch::NoBinaryForm);
        }
        if format == Format::Binary && ty == Type::CHAR {
            return Ok(Values::Chars(texts));
        }
        return Ok(Values::Text(texts, ty == Type::JSONB));
    }
    // The OID of an object with its name.
    if let Some(objects) = array.as_struct_opt()
        && let [oids, names] = objects.columns()
        && let (Some(oids), Some(names)) = (oids.as_primitive_opt::<UInt32Type>(), texts(names))
    {
        return Ok(if format == Format::Binary { Values::Oid(oids.values()) } else { Values::Text(names, false) });
    }
    Ok(match (ty, array.data_type()) {
        (Type::BOOL, DataType::Boolean) => Values::Bool(array.as_boolean()),
        (Type::INT2, DataType::Int16) => Values::Int2(array.as_primitive::<Int16Type>().values()),
        (Type::INT4, DataType::Int32) => Values::Int4(array.as_primitive::<Int32Type>().values()),
        (Type::INT8, DataType::Int64) => Values::Int8(array.as_primitive::<Int64Type>().values()),
        (Type::REGTYPE, DataType::UInt32) => Values::RegType(array.as_primitive::<UInt32Type>().values()),
        (Type::FLOAT4, DataType::Float32) => Values::Float4(array.as_primitive::<Float32Type>().values()),
        (Type::FLOAT8, DataType::Float64) => Values::Float8(array.as_primitive::<Float64Type>().values()),
        (Type::NUMERIC, DataType::Decimal128(_, s)) => Values::Decimal128(array.as_primitive::<Decimal128Type>().values(), *s, scale),
        (Type::NUMERIC, DataType::Decimal256(_, s)) => Values::Decimal256(array.as_primitive::<Decimal256Type>().values(), *s, scale),
        // The embedded engine's numerics that carry their display scale come as digits.
        (Type::NUMERIC, DataType::LargeBinary) => Values::Digits(array.as_binary::<i64>()),
        (Type::UUID, DataType::FixedSizeBinary(16)) => Values::Uuid(array.as_fixed_size_binary()),
        (_, DataType::Binary) if range::subtype(ty).is_some() => Values::Range(Blobs::Small(array.as_binary::<i32>()), ty),
        (_, DataType::LargeBinary) if range::subtype(ty).is_some() => Values::Range(Blobs::Large(array.as_binary::<i64>()), ty),
        (_, DataType::BinaryView) if range::subtype(ty).is_some() => Values::Range(Blobs::View(array.as_binary_view()), ty),
        (Type::BYTEA, DataType::Binary) => Values::Bytes(Blobs::Small(array.as_binary::<i32>())),
        (Type::BYTEA, DataType::LargeBinary) => Values::Bytes(Blobs::Large(array.as_binary::<i64>())),
        (Type::BYTEA, DataType::BinaryView) => Values::Bytes(Blobs::View(array.as_binary_view())),
        (Type::BYTEA, DataType::FixedSizeBinary(_)) => Values::Bytes(Blobs::Fixed(array.as_fixed_size_binary())),
        (Type::DATE, DataType::Date32) => Values::Date(array.as_primitive::<Date32Type>().values()),
        (Type::TIME, DataType::Time64(TimeUnit::Microsecond)) => Values::Time(array.as_primitive::<Time64MicrosecondType>().values()),
        (Type::TIMESTAMP, DataType::Timestamp(unit, None)) => {
            let (values, unit) = timestamps(array, *unit);
            Values::Timestamp(values, unit)
        }
        (Type::TIMESTAMPTZ, DataType::Timestamp(unit, Some(_))) => {
            let (values, unit) = timestamps(array, *unit);
            Values::TimestampTz(values, unit)
        }
        (Type::INTERVAL, DataType::Interval(IntervalUnit::MonthDayNano)) => {
            Values::Interval(array.as_primitive::<IntervalMonthDayNanoType>().values())
        }
        (Type::INT2 | Type::INT4 | Type::INT8, _) => Values::Narrow(integers(array).ok_or(Mismatch::Arrow)?, ty),
        (_, DataType::UInt32) if is_oid(ty) => Values::Oid(array.as_primitive::<UInt32Type>().values()),
        (_, _) if is_oid(ty) => Values::Narrow(integers(array).ok_or(Mismatch::Arrow)?, Type::OID),
        _ => return Err(Mismatch::Arrow),
    })
}

fn is_oid(ty: Type) -> bool {
    matches!(
        ty,
        Type::OID
            | Type::XID
            | Type::CID
            | Type::REGPROC
            | Type::REGPROCEDURE
            | Type::REGOPER
            | Type::REGCLASS
            | Type::REGTYPE
            | Type::REGNAMESPACE
            | Type::REGROLE
            | Type::REGCOLLATION
    )
}

fn texts(array: &ArrayRef) -> Option<Texts<'_>> {
    Some(match array.data_type() {
        DataType::Utf8 => Texts::Small(array.as_string::<i32>()),
        DataType::LargeUtf8 => Texts::Large(array.as_string::<i64>()),
        DataType::Utf8View => Texts::View(array.as_string_view()),
        _ => return None,
    })
}

fn integers(array: &ArrayRef) -> Option<Integers<'_>> {
    Some(match array.data_type() {
        DataType::Int8 => Integers::I8(array.as_primitive::<Int8Type>().values()),
        DataType::Int16 => Integers::I16(array.as_primitive::<Int16Type>().values()),
        DataType::Int32 => Integers::I32(array.as_primitive::<Int32Type>().values()),
        DataType::Int64 => Integers::I64(array.as_primitive::<Int64Type>().values()),
        DataType::UInt8 => Integers::U8(array.as_primitive::<UInt8Type>().values()),
        DataType::UInt16 => Integers::U16(array.as_primitive::<UInt16Type>().values()),
        DataType::UInt32 => Integers::U32(array.as_primitive::<UInt32Type>().values()),
        DataType::UInt64 => Integers::U64(array.as_primitive::<UInt64Type>().values()),
        _ => return None,
    })
}

fn timestamps(array: &ArrayRef, unit: TimeUnit) -> (&[i64], Unit) {
    match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), Unit::Second),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), Unit::Milli),
        TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().values(), Unit::Micro),
        TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().values(), Unit::Nano),
    }
}
