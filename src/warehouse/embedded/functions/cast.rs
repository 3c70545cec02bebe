//! `pg_cast(value, from, to, typmod, shown scale, zone)`: the casts that the engine does not do as PostgreSQL does.

use arrow::array::ArrayRef;
use arrow::datatypes::{DataType, IntervalUnit, TimeUnit};
use datafusion::common::ScalarValue;

use super::decimal::{Decimal, small, too_large};
use super::rows::{constant, constant_int, each_row, strict};
use super::value::{Value, build, list_of, read};
use super::{Returns, Scalar, date, zone};
use crate::error::{Report, Result, SqlState};
use crate::types::input::Reads;
use crate::types::literal::Literal;
use crate::types::zone::Tz;
use crate::types::{Type, bits, inet, input, json, numeric_typmod, output, range};
use crate::warehouse::embedded::stop;

/// Returns the Arrow type of a PostgreSQL type.
pub(super) fn arrow_type(ty: Type, typmod: i32) -> DataType {
    if let Some(element) = ty.element() {
        return list_of(arrow_type(element, typmod));
    }
    match ty {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => match numeric_typmod(typmod) {
            Some((precision, scale)) if precision <= 38 && scale >= 0 => {
                DataType::Decimal128(u8::try_from(precision).unwrap_or(38), i8::try_from(scale).unwrap_or(0))
            }
            Some((precision @ 39..=76, scale @ 0..=38)) => {
                DataType::Decimal256(u8::try_from(precision).unwrap_or(76), i8::try_from(scale).unwrap_or(0))
            }
            Some(_) => DataType::Decimal256(76, 38),
            None => DataType::LargeBinary,
        },
        Type::BYTEA => DataType::Binary,
        ty if range::subtype(ty).is_some() => DataType::Binary,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Microsecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::INTERVAL => DataType::Interval(IntervalUnit::MonthDayNano),
        Type::UUID => DataType::FixedSizeBinary(16),
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
        | Type::REGCOLLATION => DataType::UInt32,
        _ => DataType::Utf8,
    }
}

/// Finds a type by the name that the emitter printed.
pub(super) fn named(name: &str) -> Result<Type> {
    Type::by_name(name).ok_or_else(|| Report::internal(format!("no type is called {name}")))
}

/// A cast with everything that stays the same from row to row.
struct Cast {
    from: Type,
    to: Type,
    typmod: i32,
    shown: i32,
    reads: Reads,
}

const RETURNS: Returns = |_, constants: &[Option<&ScalarValue>]| {
    let typmod = i32::try_from(constant_int(constants, 3)?).unwrap_or(-1);
    Ok(arrow_type(named(constant(constants, 2)?)?, typmod))
};

fn run(arrays: &[ArrayRef], ty: &DataType, rows: usize) -> Result<ArrayRef> {
    let argument = |i: usize| read(&arrays[i], 0);
    let cast = Cast {
        from: named(argument(1)?.str()?)?,
        to: named(argument(2)?.str()?)?,
        typmod: small(&argument(3)?)?,
        shown: small(&argument(4)?)?,
        reads: zone::reads(argument(5)?.str()?)?,
    };
    each_row(&arrays[..1], ty, rows, &|args| cast.value(&args[0], ty))
}

/// Casts one value: what `pg_cast` does, for the functions that need a value's text.
pub(super) fn to_text(value: &Value, ty: Type, shown: i32, zone: Tz) -> Result<String> {
    if let Value::Text(text) = value {
        return Ok(text.to_string());
    }
    if let (Value::Bool(value), Type::BOOL) = (value, ty) {
        // The cast spells the words; only output functions print t and f.
        return Ok(if *value { "true" } else { "false" }.into());
    }
    Ok(output::literal(&value.literal(ty, shown)?, ty, zone))
}

/// Prints a value as its type's output function does (`t` for true): what concat, format and array_to_string use.
pub(super) fn output_text(value: &Value, ty: Type, shown: i32, zone: Tz) -> Result<String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        value => {
            let items = if let Value::List(list) = value { list.len() } else { 0 };
            let _held = stop::hold(items.saturating_mul(size_of::<Literal>()))?;
            Ok(output::literal(&value.literal(ty, shown)?, ty, zone))
        }
    }
}

impl Cast {
    fn value(&self, value: &Value, arrow: &DataType) -> Result<Value<'static>> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        if let (Some(from), Some(to), Value::List(list)) = (self.from.element(), self.to.element(), value) {
            let DataType::List(field) = arrow else { return Err(Report::internal("an array cast to no array")) };
            let inner = Cast { from, to, ..*self };
            let items = (0..list.len()).map(|i| inner.value(&read(list, i)?, field.data_type())).collect::<Result<Vec<_>>>()?;
            return Ok(Value::List(build(&items, field.data_type())?));
        }
        match (value, self.to) {
            (Value::Text(text), _) if self.from == Type::CSTRING => Value::of(input::parse(text, self.to, self.typmod, self.reads)?, arrow),
            (Value::Text(text), Type::BIT | Type::VARBIT) => {
                let digits = if self.from.is_string() { bits::read(text)? } else { text.to_string() };
                Ok(Value::Text(bits::fitted(&digits, self.to, self.typmod).into()))
            }
            (Value::Int(value), Type::BIT) => Ok(Value::Text(bits::of_int(*value, self.typmod).into())),
            (Value::Text(text), Type::INT4 | Type::INT8) if self.from == Type::BIT => Ok(Value::Int(bits::to_int(text, self.to)?)),
            (Value::Text(text), Type::TEXT | Type::VARCHAR | Type::BPCHAR) if self.from == Type::INET => {
                Ok(Value::Text(self.fit_text(inet::read(text)?.with_bits())?.into()))
            }
            // What is no cast function's work is the output function's.
            (Value::Bool(value), Type::NAME) => Ok(Value::text(if *value { "t" } else { "f" })),
            (_, Type::CHAR) => Ok(Value::Text(one_byte(value)?.into())),
            (Value::Text(text), Type::INT4) if self.from == Type::CHAR => Ok(Value::Int(text.bytes().next().unwrap_or(0).into())),
            (_, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME) => {
                let text = to_text(value, self.from, self.shown, self.reads.zone)?;
                Ok(Value::Text(self.fit_text(text)?.into()))
            }
            (_, Type::JSONB) if self.from == Type::JSON || self.from.is_string() => Ok(Value::Text(json::canonical(value.str()?)?.into())),
            (_, Type::JSON) if self.from == Type::JSONB => Ok(Value::Text(value.str()?.to_owned().into())),
            (Value::Text(text), _) if matches!(self.from, Type::JSONB | Type::JSON) => self.out_of_json(text, arrow),
            // A column is read first and cut then: only of a constant the fields say what a bare number counts.
            (Value::Text(text), Type::INTERVAL) if self.from.is_string() => match input::parse(text, self.to, -1, self.reads)? {
                Literal::Interval { months, days, micros } => Ok(cut_interval(months, days, micros, self.typmod)),
                _ => Err(Report::internal("an interval is read")),
            },
            (Value::Text(text), _) if self.from.is_string() => Value::of(input::parse(text, self.to, self.typmod, self.reads)?, arrow),
            (Value::Bool(value), Type::INT4) => Ok(Value::Int((*value).into())),
            (Value::Int(value), Type::BOOL) => Ok(Value::Bool(*value != 0)),
            (_, Type::INT2 | Type::INT4 | Type::INT8) => Ok(Value::Int(to_integer(value, self.to)?)),
            (_, Type::OID) => Ok(Value::Int(value.int()?)),
            (_, Type::FLOAT8) => Ok(Value::Float(to_float(value)?)),
            (_, Type::FLOAT4) => to_single(value),
            (_, Type::NUMERIC) => Ok(Value::Numeric(to_numeric(value, self.from, self.typmod)?)),
            (Value::Interval(months, days, micros), Type::INTERVAL) => Ok(cut_interval(*months, *days, *micros, self.typmod)),
            (_, Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL) => {
                match date::cast(value, self.to, self.typmod, self.reads.zone)? {
                    Value::Interval(months, days, micros) => Ok(cut_interval(months, days, micros, self.typmod)),
                    other => Ok(other),
                }
            }
            (Value::Bytes(bytes), _) if self.from == self.to => Ok(Value::Bytes(bytes.to_vec().into())),
            (Value::Bool(value), Type::BOOL) => Ok(Value::Bool(*value)),
            _ => Err(Report::unsupported(format!("a cast from {} to {}", self.from, self.to))),
        }
    }

    /// Cuts text to varchar(n), pads it to char(n).
    fn fit_text(&self, mut text: String) -> Result<String> {
        // The blanks at the end of char(n) are no part of it.
        if self.from == Type::BPCHAR && self.to != Type::BPCHAR {
            text.truncate(text.trim_end_matches(' ').len());
        }
        if self.to == Type::NAME {
            let mut end = text.len().min(63);
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            return Ok(text[..end].to_owned());
        }
        let Ok(limit) = usize::try_from(self.typmod - 4) else { return Ok(text) };
        if self.typmod < 0 || !matches!(self.to, Type::VARCHAR | Type::BPCHAR) {
            return Ok(text);
        }
        let length = text.chars().count();
        if self.to == Type::BPCHAR && length < limit {
            return Ok(format!("{text}{}", " ".repeat(limit - length)));
        }
        Ok(if length > limit { text.chars().take(limit).collect() } else { text })
    }

    fn out_of_json(&self, text: &str, arrow: &DataType) -> Result<Value<'static>> {
        let kind = super::json::kind(text);
        let wanted = if self.to == Type::BOOL { "boolean" } else { "number" };
        if kind == "null" && self.from == Type::JSONB {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("cannot cast jsonb null to type {}", self.to)));
        }
        if kind != wanted {
            let message = format!("cannot cast jsonb {kind} to type {}", self.to);
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
        }
        if self.to == Type::BOOL {
            return Ok(Value::Bool(text == "true"));
        }
        let number = Value::of(input::parse(text, Type::NUMERIC, -1, self.reads)?, &DataType::Decimal256(76, 38))?;
        Cast { from: Type::NUMERIC, ..*self }.value(&number, arrow)
    }
}

/// The fields and the digits of an interval that a typmod leaves.
fn cut_interval(months: i32, days: i32, micros: i64, typmod: i32) -> Value<'static> {
    match input::interval::adjust(months, days, micros, typmod) {
        Literal::Interval { months, days, micros } => Value::Interval(months, days, micros),
        _ => Value::Null,
    }
}

fn out_of_range(ty: Type) -> Report {
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{ty} out of range"))
}

/// Floats round half to even, numerics half away from zero.
fn to_integer(value: &Value, ty: Type) -> Result<i64> {
    let whole = match value {
        Value::Int(value) => *value,
        Value::Float(value) => {
            let rounded = value.round_ties_even();
            // 2^63 itself is out of range; -2^63 is in.
            if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
                return Err(out_of_range(ty));
            }
            #[allow(clippy::cast_possible_truncation)]
            let whole = rounded as i64;
            whole
        }
        Value::Numeric(value) => {
            let rounded = value.rescaled(0).and_then(|value| value.unscaled.to_i128()).and_then(|value| i64::try_from(value).ok());
            rounded.ok_or_else(|| out_of_range(ty))?
        }
        other => return Err(Report::internal(format!("a cast of {other:?} to an integer"))),
    };
    let fits = match ty {
        Type::INT2 => i16::try_from(whole).is_ok(),
        Type::INT4 => i32::try_from(whole).is_ok(),
        _ => true,
    };
    if fits { Ok(whole) } else { Err(out_of_range(ty)) }
}

fn to_float(value: &Value) -> Result<f64> {
    match value {
        Value::Float(value) => Ok(*value),
        #[allow(clippy::cast_precision_loss)]
        Value::Int(value) => Ok(*value as f64),
        Value::Numeric(value) => Ok(value.to_f64()),
        other => Err(Report::internal(format!("a cast of {other:?} to a float"))),
    }
}

fn to_single(value: &Value) -> Result<Value<'static>> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let single = match value {
        Value::Numeric(value) => value.to_f64() as f32,
        Value::Int(value) => *value as f32,
        other => to_float(other)? as f32,
    };
    if single.is_infinite() && to_float(value)?.is_finite() {
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: overflow"));
    }
    if single == 0.0 && to_float(value)? != 0.0 {
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "value out of range: underflow"));
    }
    Ok(Value::Float(single.into()))
}

/// Floats keep 15 (float8) or 6 (float4) significant digits; a typmod rounds and limits.
/// Makes a "char": the first byte of a text, or the byte of an integer (char.c).
fn one_byte(value: &Value) -> Result<String> {
    let byte = match value {
        Value::Int(value) => match i8::try_from(*value) {
            Ok(value) => value.cast_unsigned(),
            Err(_) => return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "\"char\" out of range")),
        },
        value => match input::parse(value.str()?, Type::CHAR, -1, Tz::UTC)? {
            Literal::Text(text) => return Ok(text),
            _ => return Err(Report::internal("a \"char\" is text")),
        },
    };
    match byte {
        0 => Ok(String::new()),
        byte if byte.is_ascii() => Ok(char::from(byte).to_string()),
        _ => Err(Report::unsupported("a \"char\" outside ASCII")),
    }
}

fn to_numeric(value: &Value, from: Type, typmod: i32) -> Result<Decimal> {
    let number = match value {
        Value::Numeric(value) => *value,
        Value::Int(value) => Decimal::int(*value),
        Value::Float(value) if !value.is_finite() => return Err(Report::unsupported("a numeric that is infinite or NaN")),
        Value::Float(value) => {
            let digits = if from == Type::FLOAT4 { 5 } else { 14 };
            plain(&format!("{value:.digits$e}"))?
        }
        other => return Err(Report::internal(format!("a cast of {other:?} to numeric"))),
    };
    let Some((precision, scale)) = numeric_typmod(typmod) else { return Ok(number) };
    let rounded = number.rescaled(scale.into()).ok_or_else(too_large)?;
    let limit = super::decimal::power(i32::from(precision));
    if precision <= 76 && rounded.unscaled.wrapping_abs() >= limit {
        let whole = i32::from(precision) - i32::from(scale);
        let bound = if whole == 0 { "1".to_owned() } else { format!("10^{whole}") };
        return Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow")
            .detail(format!("A field with precision {precision}, scale {scale} must round to an absolute value less than {bound}.")));
    }
    Ok(rounded)
}

/// Reads `d.ddde-n`.
fn plain(text: &str) -> Result<Decimal> {
    let (mantissa, exponent) = text.split_once('e').ok_or_else(|| Report::internal("a float without exponent"))?;
    let exponent: i32 = exponent.parse().map_err(Report::internal)?;
    let value = Decimal::parse(mantissa)?;
    let scale = i32::from(value.scale) - exponent;
    let own = value.own_scale();
    let value = value.rescaled(own).ok_or_else(too_large)?;
    let scale = scale - (i32::from(i8::try_from(mantissa.split_once('.').map_or(0, |(_, f)| f.len())).unwrap_or(0)) - own);
    if scale < 0 {
        return Ok(Decimal::new(super::decimal::times_power(value.unscaled, -scale).ok_or_else(too_large)?, 0));
    }
    Ok(Decimal::new(value.unscaled, i8::try_from(scale).map_err(|_| too_large())?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        Scalar::new("pg_cast", RETURNS, run),
        strict!("pg_oid", |_, _| Ok(DataType::UInt32), |args| {
            // int4 to oid keeps the bits.
            let value = i32::try_from(args[0].int()?).map_err(Report::internal)?;
            Ok(Value::Int(value.cast_unsigned().into()))
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_numerics_of_fifteen_digits() {
        let cast = |value: f64| to_numeric(&Value::Float(value), Type::FLOAT8, -1).expect("finite").shown(-1);
        assert_eq!(cast(0.1), "0.1");
        assert_eq!(cast(1e-6), "0.000001");
        assert_eq!(cast(1_234_567.891_234), "1234567.891234");
        assert_eq!(cast(1e15), "1000000000000000");
        assert_eq!(cast(2.0 / 3.0), "0.666666666666667");
    }

    #[test]
    fn integers_round_as_their_source_does() {
        assert_eq!(to_integer(&Value::Float(2.5), Type::INT4), Ok(2));
        assert_eq!(to_integer(&Value::Numeric(Decimal::parse("2.5").expect("fits")), Type::INT4), Ok(3));
        assert!(to_integer(&Value::Float(1e10), Type::INT4).is_err());
    }
}
