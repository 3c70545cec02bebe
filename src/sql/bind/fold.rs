//! Casts of constants done at once, so that emitters see `DATE '2026-03-01'` and not a cast of a text.

use crate::error::{Report, Result, SqlState};
use crate::types::input::{datetime, interval, number};
use crate::types::literal::Literal;
use crate::types::zone::Tz;
use crate::types::{Type, bits, json};

const DAY: i64 = 86_400_000_000;
/// 2000-01-01, where PostgreSQL counts from: rounding to a precision is symmetric around it.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// Converts a constant by a cast that exists; `None` where the result is left to the warehouse.
///
/// # Errors
/// 22003 for what does not fit, as the cast function says.
pub fn convert(literal: &Literal, from: Type, to: Type, zone: Tz) -> Result<Option<Literal>> {
    if let Some(infinite) = super::infinite::converted(literal, to) {
        return Ok(Some(infinite));
    }
    if super::infinite::is_later(literal).is_some() {
        return Ok(None);
    }
    let is_text = to.category() == 'S' && to != Type::CHAR && to != Type::NAME;
    let whole = |value: i64| if number::fits(value, to) { Ok(Literal::Int(value)) } else { Err(out_of_range(to)) };
    Ok(Some(match literal {
        Literal::Null => Literal::Null,
        Literal::Bool(value) if to == Type::INT4 => Literal::Int(i64::from(*value)),
        Literal::Bool(value) if is_text => Literal::Text(value.to_string()),
        Literal::Int(value) => match to {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => whole(*value)?,
            _ if super::coerce::is_reg(to) => whole(*value)?,
            Type::NUMERIC => Literal::Numeric(value.to_string()),
            #[allow(clippy::cast_precision_loss, reason = "the cast rounds to nearest, as PostgreSQL's does")]
            Type::FLOAT8 => Literal::Float(*value as f64),
            #[allow(clippy::cast_precision_loss, reason = "the cast rounds to nearest, as PostgreSQL's does")]
            Type::FLOAT4 => Literal::Float(f64::from(*value as f32)),
            Type::BOOL => Literal::Bool(*value != 0),
            _ if is_text && from.is_integer() => Literal::Text(value.to_string()),
            _ => return Ok(None),
        },
        Literal::Numeric(value) => match to {
            Type::INT2 | Type::INT4 | Type::INT8 => whole(number::round(value, 0).parse().map_err(|_| out_of_range(to))?)?,
            Type::FLOAT4 | Type::FLOAT8 => Literal::Float(number::float(value, to)?),
            _ if is_text => Literal::Text(value.clone()),
            _ => return Ok(None),
        },
        Literal::Float(value) => match to {
            Type::FLOAT8 => Literal::Float(*value),
            Type::FLOAT4 => Literal::Float(narrow(*value)?),
            Type::INT2 | Type::INT4 | Type::INT8 => whole(to_integer(*value).ok_or_else(|| out_of_range(to))?)?,
            Type::NUMERIC if value.is_finite() => number::from_float(*value, from)?,
            _ => return Ok(None),
        },
        Literal::Text(value) => match to {
            Type::NAME | Type::CHAR => return Ok(None),
            Type::JSONB => Literal::Json(json::canonical(value)?),
            _ if is_text && from == Type::BPCHAR => Literal::Text(value.trim_end_matches(' ').to_owned()),
            _ if is_text && (from.category() == 'S' || from == Type::JSON) => Literal::Text(value.clone()),
            _ => return Ok(None),
        },
        // Each number with its own digits, which an array of the warehouse does not keep.
        Literal::Array(items) if is_text && from == Type::NUMERIC_ARRAY => {
            let texts: Option<Vec<&str>> = items
                .iter()
                .map(|item| match item {
                    Literal::Numeric(digits) => Some(digits.as_str()),
                    Literal::Null => Some("NULL"),
                    _ => None,
                })
                .collect();
            let Some(texts) = texts else { return Ok(None) };
            Literal::Text(format!("{{{}}}", texts.join(",")))
        }
        Literal::Json(value) if is_text || to == Type::JSON => Literal::Text(value.clone()),
        Literal::Date(days) => match to {
            Type::TIMESTAMP => Literal::Timestamp(i64::from(*days) * DAY),
            Type::TIMESTAMPTZ => Literal::TimestampTz(datetime::to_utc(i64::from(*days) * DAY, zone)),
            _ => return Ok(None),
        },
        Literal::Timestamp(micros) => match to {
            Type::DATE => Literal::Date(date_of(*micros)?),
            Type::TIME => Literal::Time(micros.rem_euclid(DAY)),
            Type::TIMESTAMPTZ => Literal::TimestampTz(datetime::to_utc(*micros, zone)),
            _ => return Ok(None),
        },
        Literal::TimestampTz(micros) => {
            let local = datetime::to_local(*micros, zone);
            match to {
                Type::DATE => Literal::Date(date_of(local)?),
                Type::TIME => Literal::Time(local.rem_euclid(DAY)),
                Type::TIMESTAMP => Literal::Timestamp(local),
                _ => return Ok(None),
            }
        }
        Literal::Time(micros) if to == Type::INTERVAL => Literal::Interval { months: 0, days: 0, micros: *micros },
        Literal::Interval { micros, .. } if to == Type::TIME => Literal::Time(micros.rem_euclid(DAY)),
        _ => return Ok(None),
    }))
}

/// Applies a typmod to a constant of the type; `None` where that is left to the warehouse.
///
/// # Errors
/// 22001 for text that is too long (unless the cast is explicit), 22003 for numbers.
pub fn apply_typmod(literal: Literal, ty: Type, typmod: i32, explicit: bool) -> Result<Option<Literal>> {
    if typmod < 0 || literal == Literal::Null || super::infinite::is_later(&literal).is_some() {
        return Ok(Some(literal));
    }
    Ok(Some(match (literal, ty) {
        (Literal::Text(text), Type::VARCHAR | Type::BPCHAR) => Literal::Text(fit_text(text, ty, typmod, explicit)?),
        (Literal::Text(text), Type::BIT | Type::VARBIT) => Literal::Text(bits::fitted(&text, ty, typmod)),
        (Literal::Numeric(value), Type::NUMERIC) => Literal::Numeric(number::constrain(&value, typmod)?),
        (Literal::Time(micros), Type::TIME) => Literal::Time(round_micros(micros, typmod)),
        (Literal::Timestamp(micros), _) => Literal::Timestamp(round_micros(micros - POSTGRES_EPOCH, typmod) + POSTGRES_EPOCH),
        (Literal::TimestampTz(micros), _) => Literal::TimestampTz(round_micros(micros - POSTGRES_EPOCH, typmod) + POSTGRES_EPOCH),
        (Literal::Interval { months, days, micros }, Type::INTERVAL) => interval::adjust(months, days, micros, typmod),
        (Literal::Array(items), _) => {
            let Some(element) = ty.element() else { return Ok(None) };
            let items: Option<Vec<Literal>> =
                items.into_iter().map(|item| apply_typmod(item, element, typmod, explicit)).collect::<Result<_>>()?;
            return Ok(items.map(Literal::Array));
        }
        _ => return Ok(None),
    }))
}

fn fit_text(text: String, ty: Type, typmod: i32, explicit: bool) -> Result<String> {
    let limit = usize::try_from(typmod - 4).unwrap_or(0);
    let length = text.chars().count();
    if length <= limit {
        return Ok(if ty == Type::BPCHAR { format!("{text}{}", " ".repeat(limit - length)) } else { text });
    }
    if !explicit && text.chars().skip(limit).any(|c| c != ' ') {
        let message = format!("value too long for type {}", ty.format(typmod));
        return Err(Report::new(SqlState::STRING_DATA_RIGHT_TRUNCATION, message));
    }
    Ok(text.chars().take(limit).collect())
}

/// Rounds to so many digits of the second, half away from zero.
fn round_micros(micros: i64, precision: i32) -> i64 {
    let unit = 10_i64.pow(6 - u32::try_from(precision.clamp(0, 6)).unwrap_or(6));
    let rounded = (micros.abs() + unit / 2) / unit * unit;
    if micros < 0 { -rounded } else { rounded }
}

fn date_of(micros: i64) -> Result<i32> {
    i32::try_from(micros.div_euclid(DAY)).map_err(|_| Report::new(SqlState::DATETIME_FIELD_OVERFLOW, "date out of range"))
}

fn to_integer(value: f64) -> Option<i64> {
    let rounded = value.round_ties_even();
    // The bounds are powers of two, exact in float8.
    let within = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded);
    #[allow(clippy::cast_possible_truncation, reason = "checked just above")]
    within.then_some(rounded as i64)
}

fn narrow(value: f64) -> Result<f64> {
    #[allow(clippy::cast_possible_truncation, reason = "rounding to float4 is what is asked for")]
    let narrowed = f64::from(value as f32);
    let overflow = |what: &str| Err(Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("value out of range: {what}")));
    match (narrowed.is_infinite() && value.is_finite(), narrowed == 0.0 && value != 0.0) {
        (true, _) => overflow("overflow"),
        (_, true) => overflow("underflow"),
        _ => Ok(narrowed),
    }
}

fn out_of_range(ty: Type) -> Report {
    let name = if ty.is_integer() { ty.to_string() } else { "OID".into() };
    Report::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, format!("{name} out of range"))
}
