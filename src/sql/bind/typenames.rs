//! SQL spellings of types to PostgreSQL's types and typmods.

use sqlparser::ast::{
    ArrayElemTypeDef, CharacterLength, DataType, ExactNumberInfo, IntervalFields, ObjectName, ObjectNamePart, TimezoneInfo,
};

use crate::error::{Report, Result, SqlState};
use crate::types::{Type, pack_numeric_typmod};

/// Returns the type and typmod that a type name means.
///
/// # Errors
/// 42704 for an unknown type, 0A000 for types that PostgreSQL has and Sluice does not, 22023 for bad modifiers.
pub fn type_of(name: &DataType) -> Result<(Type, i32)> {
    Ok(match name {
        DataType::Char(length) | DataType::Character(length) => (Type::BPCHAR, characters("char", length.as_ref(), Some(1))?),
        DataType::Varchar(length) | DataType::CharacterVarying(length) | DataType::CharVarying(length) => {
            (Type::VARCHAR, characters("varchar", length.as_ref(), None)?)
        }
        DataType::Text => (Type::TEXT, -1),
        DataType::Uuid => (Type::UUID, -1),
        DataType::Bytea => (Type::BYTEA, -1),
        DataType::Numeric(info) | DataType::Decimal(info) | DataType::Dec(info) => (Type::NUMERIC, numeric(*info)?),
        DataType::SmallInt(None) | DataType::Int2(None) => (Type::INT2, -1),
        DataType::Int(None) | DataType::Integer(None) | DataType::Int4(None) => (Type::INT4, -1),
        DataType::BigInt(None) | DataType::Int8(None) => (Type::INT8, -1),
        DataType::Real | DataType::Float4 => (Type::FLOAT4, -1),
        DataType::DoublePrecision | DataType::Float8 => (Type::FLOAT8, -1),
        DataType::Float(ExactNumberInfo::None) => (Type::FLOAT8, -1),
        DataType::Float(ExactNumberInfo::Precision(bits)) => match bits {
            1..=24 => (Type::FLOAT4, -1),
            25..=53 => (Type::FLOAT8, -1),
            0 => return Err(invalid("precision for type float must be at least 1 bit")),
            _ => return Err(invalid("precision for type float must be less than 54 bits")),
        },
        DataType::Bool | DataType::Boolean => (Type::BOOL, -1),
        DataType::Date => (Type::DATE, -1),
        DataType::Time(precision, zone) => (if zoned(zone) { Type::TIMETZ } else { Type::TIME }, digits(*precision)),
        DataType::Timestamp(precision, zone) => (if zoned(zone) { Type::TIMESTAMPTZ } else { Type::TIMESTAMP }, digits(*precision)),
        DataType::Interval { fields, precision } => (Type::INTERVAL, interval_typmod(fields.as_ref(), *precision)),
        DataType::JSON => (Type::JSON, -1),
        DataType::JSONB => (Type::JSONB, -1),
        DataType::Regclass => (Type::REGCLASS, -1),
        DataType::Array(ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::AngleBracket(element)) => {
            let (element, typmod) = type_of(element).map_err(|report| match report.message.strip_suffix("\" does not exist") {
                Some(name) if !name.ends_with("[]") => Report { message: format!("{name}[]\" does not exist"), ..report },
                _ => report,
            })?;
            // int[][] is int[]: dimensions are no part of the type.
            match element.array() {
                Some(array) => (array, typmod),
                None if element.is_array() => (element, typmod),
                None => return Err(Report::unsupported(format!("an array of {element}"))),
            }
        }
        DataType::Bit(length) => (Type::BIT, bits(Some(length.unwrap_or(1)), "bit")?),
        DataType::BitVarying(length) | DataType::VarBit(length) => (Type::VARBIT, bits(*length, "bit varying")?),
        DataType::Int2(Some(_)) | DataType::Int4(Some(_)) | DataType::Int8(Some(_)) => {
            let spelled = name.to_string().to_lowercase();
            return Err(unmodified(spelled.split('(').next().unwrap_or_default()));
        }
        DataType::Custom(name, modifiers) => custom(name, modifiers)?,
        other => {
            let spelled = other.to_string().to_lowercase();
            return named(spelled.split('(').next().unwrap_or_default()).map(|ty| (ty, -1));
        }
    })
}

fn custom(name: &ObjectName, modifiers: &[String]) -> Result<(Type, i32)> {
    let mut parts: Vec<String> = Vec::new();
    for part in &name.0 {
        let ObjectNamePart::Identifier(ident) = part else { return Err(Report::unsupported(format!("type {name}"))) };
        parts.push(if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() });
    }
    let quoted = matches!(name.0.last(), Some(ObjectNamePart::Identifier(ident)) if ident.quote_style.is_some());
    let last = parts.pop().unwrap_or_default();
    if let (Some("information_schema"), []) = (parts.last().map(String::as_str), modifiers) {
        // Domains: a result is of the type beneath.
        match last.as_str() {
            "sql_identifier" => return Ok((Type::NAME, -1)),
            "cardinal_number" => return Ok((Type::INT4, -1)),
            "character_data" => return Ok((Type::VARCHAR, -1)),
            "yes_or_no" => return Ok((Type::VARCHAR, 3 + 4)),
            "time_stamp" => return Ok((Type::TIMESTAMPTZ, 2)),
            _ => {}
        }
    }
    if let Some(schema) = parts.last()
        && schema != "pg_catalog"
    {
        return Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("type \"{schema}.{last}\" does not exist")));
    }
    // Only the unquoted keyword CHAR means bpchar(1); "char" is the one-byte type. So it is with the other spellings of the grammar.
    let unknown = |name: &str| Report::new(SqlState::UNDEFINED_OBJECT, format!("type \"{name}\" does not exist"));
    let ty = match (quoted, parts.is_empty()) {
        (_, false) => Type::by_name(&last).ok_or_else(|| unknown(&format!("pg_catalog.{last}")))?,
        (true, true) => Type::by_name(&last).ok_or_else(|| unknown(&last))?,
        (false, true) if last == "nchar" && modifiers.is_empty() => return Ok((Type::BPCHAR, 1 + 4)),
        (false, true) => named(&last)?,
    };
    let mut numbers = Vec::new();
    for modifier in modifiers {
        numbers.push(modifier.parse::<i32>().map_err(|_| invalid("type modifiers must be simple constants or identifiers"))?);
    }
    let typmod = match (ty, numbers.as_slice()) {
        (_, []) => -1,
        (Type::VARCHAR | Type::BPCHAR, [length]) if *length > 0 => length.saturating_add(4),
        (Type::NUMERIC, [precision]) => numeric(ExactNumberInfo::Precision(u64::try_from(*precision).unwrap_or(0)))?,
        (Type::NUMERIC, [precision, scale]) => {
            numeric(ExactNumberInfo::PrecisionAndScale(u64::try_from(*precision).unwrap_or(0), i64::from(*scale)))?
        }
        (Type::BIT | Type::VARBIT, [length]) if *length > 0 => *length,
        (Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ, [digits]) if *digits >= 0 => (*digits).min(6),
        _ => return Err(unmodified(&last)),
    };
    Ok((ty, typmod))
}

fn unmodified(name: &str) -> Report {
    Report::new(SqlState::SYNTAX_ERROR, format!("type modifier is not allowed for type \"{name}\""))
}

fn named(name: &str) -> Result<Type> {
    let spelled = match name {
        "integer" | "int" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "real" => "float4",
        "float" | "double precision" => "float8",
        "boolean" => "bool",
        "decimal" | "dec" => "numeric",
        "character varying" => "varchar",
        "character" | "char" | "nchar" => "bpchar",
        "string" => "",
        other => other,
    };
    Type::by_name(spelled)
        .filter(|ty| *ty != Type::UNKNOWN || name == "unknown")
        .ok_or_else(|| Report::new(SqlState::UNDEFINED_OBJECT, format!("type \"{name}\" does not exist")))
}

fn invalid(message: &str) -> Report {
    Report::new(SqlState("22023"), message)
}

fn characters(name: &str, length: Option<&CharacterLength>, default: Option<i32>) -> Result<i32> {
    match length {
        None => Ok(default.map_or(-1, |length| length + 4)),
        Some(CharacterLength::Max) => Ok(-1),
        Some(CharacterLength::IntegerLength { length: 0, .. }) => Err(invalid(&format!("length for type {name} must be at least 1"))),
        Some(CharacterLength::IntegerLength { length, .. }) => match i32::try_from(*length) {
            Ok(length) if length <= 10_485_760 => Ok(length + 4),
            _ => Err(invalid(&format!("length for type {name} cannot exceed 10485760"))),
        },
    }
}

fn numeric(info: ExactNumberInfo) -> Result<i32> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(-1),
        ExactNumberInfo::Precision(precision) => (precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (precision, scale),
    };
    let Some(precision) = u16::try_from(precision).ok().filter(|precision| (1..=1000).contains(precision)) else {
        return Err(invalid(&format!("NUMERIC precision {precision} must be between 1 and 1000")));
    };
    let Some(scale) = i16::try_from(scale).ok().filter(|scale| (-1000..=1000).contains(scale)) else {
        return Err(invalid(&format!("NUMERIC scale {scale} must be between -1000 and 1000")));
    };
    Ok(pack_numeric_typmod(precision, scale))
}

fn bits(length: Option<u64>, name: &str) -> Result<i32> {
    match length.map(i32::try_from) {
        None => Ok(-1),
        Some(Ok(0)) => Err(invalid(&format!("length for type {name} must be at least 1"))),
        Some(Ok(length)) if length <= 83_886_080 => Ok(length),
        Some(_) => Err(invalid(&format!("length for type {name} cannot exceed 83886080"))),
    }
}

fn zoned(zone: &TimezoneInfo) -> bool {
    matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz)
}

fn digits(precision: Option<u64>) -> i32 {
    // PostgreSQL warns and reduces more than six digits to six.
    precision.map_or(-1, |digits| i32::try_from(digits.min(6)).unwrap_or(6))
}

/// Packs an interval's fields and precision (timestamp.c, `intervaltypmodin`; the bits are datetime.h's).
pub fn interval_typmod(fields: Option<&IntervalFields>, precision: Option<u64>) -> i32 {
    let (year, month, day, hour, minute, second) = (1 << 2, 1 << 1, 1 << 3, 1 << 10, 1 << 11, 1 << 12);
    let range = match fields {
        None if precision.is_none() => return -1,
        None => 0x7fff,
        Some(IntervalFields::Year) => year,
        Some(IntervalFields::Month) => month,
        Some(IntervalFields::Day) => day,
        Some(IntervalFields::Hour) => hour,
        Some(IntervalFields::Minute) => minute,
        Some(IntervalFields::Second) => second,
        Some(IntervalFields::YearToMonth) => year | month,
        Some(IntervalFields::DayToHour) => day | hour,
        Some(IntervalFields::DayToMinute) => day | hour | minute,
        Some(IntervalFields::DayToSecond) => day | hour | minute | second,
        Some(IntervalFields::HourToMinute) => hour | minute,
        Some(IntervalFields::HourToSecond) => hour | minute | second,
        Some(IntervalFields::MinuteToSecond) => minute | second,
    };
    let precision = precision.map_or(0xffff, |digits| i32::try_from(digits.min(6)).unwrap_or(6));
    (range << 16) | precision
}
