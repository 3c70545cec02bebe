//! Arrow types and PostgreSQL types: what a file's column is read as and served as.
//!
//! Files hold many Arrow types; tables show few, so that functions and emitters see one form of each (`Utf8`, never a dictionary or a
//! view; microseconds, never seconds). A field's metadata key `pg.type` (`jsonb`, `uuid`, `varchar(10)`, `numeric(12,2)`) restores what
//! Arrow cannot say.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

use crate::catalog::model::Column;
use crate::types::{Type, pack_numeric_typmod};

/// The key of a field's metadata that names its PostgreSQL type.
pub const PG_TYPE: &str = "pg.type";

/// Returns the one form in which a column of this Arrow type is read, or `None` for types that are not served (struct, map, union).
pub fn canonical(data_type: &DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Boolean | DataType::Int16 | DataType::Int32 | DataType::Int64 | DataType::Float32 | DataType::Float64 => {
            data_type.clone()
        }
        DataType::Int8 | DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 => DataType::Int64,
        DataType::UInt64 => DataType::Decimal128(20, 0),
        DataType::Float16 => DataType::Float32,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        DataType::FixedSizeBinary(16) => DataType::FixedSizeBinary(16),
        DataType::FixedSizeBinary(_) => DataType::Binary,
        DataType::Date32 | DataType::Date64 => DataType::Date32,
        DataType::Time32(_) | DataType::Time64(_) => DataType::Time64(TimeUnit::Microsecond),
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Timestamp(_, Some(_)) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Interval(_) => DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano),
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) | DataType::Decimal128(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Decimal256(..) => data_type.clone(),
        DataType::Dictionary(_, value) => canonical(value)?,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
            let element = canonical(item.data_type())?;
            if matches!(element, DataType::List(_)) {
                return None; // arrays of arrays may be ragged, PostgreSQL's may not
            }
            DataType::List(Arc::new(Field::new("item", element, true)))
        }
        _ => return None,
    })
}

/// Returns the column as the catalog shows it, and the field as the engine reads it; `None` for types that are not served.
pub fn column(field: &Field) -> Option<(Column, Field)> {
    let read = Field::new(field.name(), canonical(field.data_type())?, field.is_nullable());
    let declared = field.metadata().get(PG_TYPE).and_then(|name| declared_type(name)).filter(|(ty, _)| fits(*ty, read.data_type()));
    let (ty, typmod) = declared.or_else(|| extension_type(field, read.data_type())).or_else(|| served_as(read.data_type()))?;
    // Sixteen bytes that nobody called a uuid are bytes.
    let read = match (read.data_type(), ty) {
        (DataType::FixedSizeBinary(16), Type::BYTEA) => read.with_data_type(DataType::Binary),
        _ => read,
    };
    let column = Column {
        name: field.name().clone(),
        ty,
        typmod,
        nullable: field.is_nullable(),
        native: read.data_type().to_string(),
        description: field.metadata().get("description").cloned(),
    };
    Some((column, read))
}

/// Returns the PostgreSQL type that a canonical Arrow type is served as.
fn served_as(data_type: &DataType) -> Option<(Type, i32)> {
    Some(match data_type {
        DataType::Boolean => (Type::BOOL, -1),
        DataType::Int16 => (Type::INT2, -1),
        DataType::Int32 => (Type::INT4, -1),
        DataType::Int64 => (Type::INT8, -1),
        DataType::Float32 => (Type::FLOAT4, -1),
        DataType::Float64 => (Type::FLOAT8, -1),
        DataType::Utf8 => (Type::TEXT, -1),
        DataType::Binary | DataType::FixedSizeBinary(_) => (Type::BYTEA, -1),
        DataType::Date32 => (Type::DATE, -1),
        DataType::Time64(_) => (Type::TIME, -1),
        DataType::Timestamp(_, None) => (Type::TIMESTAMP, -1),
        DataType::Timestamp(_, Some(_)) => (Type::TIMESTAMPTZ, -1),
        DataType::Interval(_) => (Type::INTERVAL, -1),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            (Type::NUMERIC, pack_numeric_typmod(u16::from(*precision), i16::from(*scale)))
        }
        DataType::List(item) => {
            let (element, typmod) = served_as(item.data_type())?;
            (element.array()?, typmod)
        }
        _ => return None,
    })
}

/// Reads Arrow's own extension types.
fn extension_type(field: &Field, read: &DataType) -> Option<(Type, i32)> {
    match (field.metadata().get("ARROW:extension:name")?.as_str(), read) {
        ("arrow.uuid", DataType::FixedSizeBinary(16)) => Some((Type::UUID, -1)),
        ("arrow.json", DataType::Utf8) => Some((Type::JSON, -1)),
        _ => None,
    }
}

/// Reads `jsonb`, `varchar(10)`, `numeric(12,2)`, `uuid[]`.
fn declared_type(text: &str) -> Option<(Type, i32)> {
    let text = text.trim();
    let (text, is_array) = text.strip_suffix("[]").map_or((text, false), |element| (element, true));
    let (name, modifiers) = match text.split_once('(') {
        Some((name, rest)) => {
            let numbers: Result<Vec<i32>, _> = rest.strip_suffix(')')?.split(',').map(|number| number.trim().parse()).collect();
            (name.trim(), numbers.ok()?)
        }
        None => (text, Vec::new()),
    };
    let ty = match name.to_ascii_lowercase().as_str() {
        "character varying" => Type::VARCHAR,
        "char" | "character" => Type::BPCHAR,
        "integer" | "int" => Type::INT4,
        "bigint" => Type::INT8,
        "smallint" => Type::INT2,
        "boolean" => Type::BOOL,
        "double precision" => Type::FLOAT8,
        "real" => Type::FLOAT4,
        "decimal" => Type::NUMERIC,
        other => Type::by_name(other)?,
    };
    let typmod = match (ty, modifiers.as_slice()) {
        (Type::VARCHAR | Type::BPCHAR, [length]) => length + 4,
        (Type::NUMERIC, [precision]) => pack_numeric_typmod(u16::try_from(*precision).ok()?, 0),
        (Type::NUMERIC, [precision, scale]) => pack_numeric_typmod(u16::try_from(*precision).ok()?, i16::try_from(*scale).ok()?),
        (Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ, [precision]) => *precision,
        (_, []) => -1,
        _ => return None,
    };
    if is_array { Some((ty.array()?, typmod)) } else { Some((ty, typmod)) }
}

/// Tells whether values of a canonical Arrow type may carry this declared PostgreSQL type.
fn fits(ty: Type, data_type: &DataType) -> bool {
    if let (Some(element), DataType::List(item)) = (ty.element(), data_type) {
        return fits(element, item.data_type());
    }
    match data_type {
        DataType::Utf8 => matches!(ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::JSON | Type::JSONB),
        DataType::FixedSizeBinary(16) => matches!(ty, Type::UUID | Type::BYTEA),
        DataType::Decimal128(..) | DataType::Decimal256(..) => ty == Type::NUMERIC,
        other => served_as(other).is_some_and(|(served, _)| served == ty),
    }
}

/// Tells how BigQuery counts one value of this Arrow type; `None` for values of variable length, which count 2 bytes more than they hold.
pub fn logical_width(data_type: &DataType) -> Option<u64> {
    match data_type {
        DataType::Boolean => Some(1),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => None,
        DataType::FixedSizeBinary(width) => Some(2 + u64::try_from(*width).unwrap_or(0)),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => {
            // NUMERIC holds 29 digits before the point and 9 behind it; anything beyond is a BIGNUMERIC.
            let before = i16::from(*precision) - i16::from(*scale);
            Some(if *scale <= 9 && before <= 29 { 16 } else { 32 })
        }
        DataType::UInt64 | DataType::Interval(_) => Some(16),
        DataType::Dictionary(_, value) => logical_width(value),
        _ => Some(8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(data_type: DataType, pg_type: Option<&str>) -> Option<String> {
        let mut field = Field::new("c", data_type, true);
        if let Some(name) = pg_type {
            field = field.with_metadata([(PG_TYPE.to_owned(), name.to_owned())].into());
        }
        column(&field).map(|(column, read)| format!("{} {}", column.ty.format(column.typmod), read.data_type()))
    }

    #[test]
    fn arrow_types_become_postgres_types() {
        let is = |data_type, pg_type, expected: &str| assert_eq!(served(data_type, pg_type).as_deref(), Some(expected));
        is(DataType::UInt8, None, "smallint Int16");
        is(DataType::UInt64, None, "numeric(20,0) Decimal128(20, 0)");
        is(DataType::Utf8View, None, "text Utf8");
        is(DataType::LargeUtf8, Some("jsonb"), "jsonb Utf8");
        is(DataType::Utf8, Some("varchar(10)"), "character varying(10) Utf8");
        is(DataType::Decimal128(12, 2), None, "numeric(12,2) Decimal128(12, 2)");
        is(DataType::Decimal128(38, 9), Some("numeric"), "numeric Decimal128(38, 9)");
        is(DataType::FixedSizeBinary(16), Some("uuid"), "uuid FixedSizeBinary(16)");
        is(DataType::FixedSizeBinary(16), None, "bytea Binary");
        is(DataType::Timestamp(TimeUnit::Nanosecond, Some("+02:00".into())), None, "timestamp with time zone Timestamp(µs, \"UTC\")");
        // A declaration that the values cannot keep is not believed.
        is(DataType::Utf8, Some("int4"), "text Utf8");
        assert_eq!(served(DataType::Struct(vec![Field::new("a", DataType::Int32, true)].into()), None), None);
    }

    #[test]
    fn bytes_follow_bigquery() {
        assert_eq!(logical_width(&DataType::Int16), Some(8));
        assert_eq!(logical_width(&DataType::Boolean), Some(1));
        assert_eq!(logical_width(&DataType::Decimal128(12, 2)), Some(16));
        assert_eq!(logical_width(&DataType::Decimal128(38, 9)), Some(16));
        assert_eq!(logical_width(&DataType::Decimal128(38, 10)), Some(32));
        assert_eq!(logical_width(&DataType::Utf8), None);
    }
}
