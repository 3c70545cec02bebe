//! Constants, typed.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Timelike};

use super::text::Level;
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;
use crate::types::range::{self, End};

/// Prints a constant of a type.
pub(super) fn literal(value: &Literal, ty: Type, expr: &Expr) -> Result<Text> {
    Ok(match value {
        Literal::Null => {
            let name = if ty == Type::RECORD { None } else { types::name(ty, expr.typmod, expr.scale) };
            match name {
                Some(name) => Text::atom(format!("CAST(NULL AS {name})")),
                None => return Err(refuse(format!("NULL of type {ty}"), expr.position, "Cast it to a type that BigQuery has.")),
            }
        }
        Literal::Bool(true) => Text::atom("TRUE"),
        Literal::Bool(false) => Text::atom("FALSE"),
        Literal::Int(value) => integer(*value),
        Literal::Float(value) => float(*value),
        Literal::Numeric(digits) => numeric(digits, expr)?,
        Literal::Text(value) if ty.is_string() => Text::atom(string(value)),
        Literal::Text(value) if ty == Type::JSON => {
            if crate::types::json::canonical(value).ok().as_deref() != Some(value) {
                return Err(refuse("a constant of type json in another layout than jsonb's", expr.position, "Cast it to jsonb."));
            }
            json(value, expr)?
        }
        Literal::Json(value) => json(value, expr)?,
        Literal::Text(_) => return Err(refuse(format!("a constant of type {ty}"), expr.position, "BigQuery has no such type.")),
        Literal::Bytes(bytes) if range::subtype(ty).is_some() => span(bytes, ty, expr)?,
        Literal::Bytes(bytes) => Text::atom(format!("b'{}'", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>())),
        Literal::Date(days) => Text::atom(format!("DATE '{}'", date(*days, expr)?)),
        Literal::Time(micros) => Text::atom(format!("TIME '{}'", time(*micros, expr)?)),
        Literal::Timestamp(micros) => Text::atom(format!("DATETIME '{}'", datetime(*micros, expr)?)),
        Literal::TimestampTz(micros) => Text::atom(format!("TIMESTAMP '{}+00'", datetime(*micros, expr)?)),
        Literal::Interval { months, days, micros } => interval(*months, *days, *micros),
        Literal::Uuid(bytes) => Text::atom(string(&uuid(bytes))),
        Literal::Array(items) => {
            let element = ty.element().unwrap_or(Type::TEXT);
            let name = types::name(element, expr.typmod, expr.scale)
                .ok_or_else(|| refuse(format!("an array of {element}"), expr.position, "BigQuery has no such type."))?;
            let printed: Vec<Text> = items
                .iter()
                .map(|item| if *item == Literal::Null { Ok(Text::atom("NULL")) } else { literal(item, element, expr) })
                .collect::<Result<_>>()?;
            let typed = items.iter().all(|item| *item == Literal::Null);
            Text::atom(if typed { format!("ARRAY<{name}>[{}]", text::list(&printed)) } else { format!("[{}]", text::list(&printed)) })
        }
    })
}

/// A range. BigQuery's are never empty, and hold their lower bound but not their upper one.
fn span(bytes: &[u8], ty: Type, expr: &Expr) -> Result<Text> {
    let kind = types::name(ty, -1, expr.scale).ok_or_else(|| {
        refuse(format!("a constant of type {ty}"), expr.position, "BigQuery has ranges of date, timestamp and timestamptz only.")
    })?;
    let Some((lower, upper)) = range::ends(bytes, ty)? else {
        return Err(refuse("an empty range", expr.position, "BigQuery has none; NULL may stand for it."));
    };
    if lower.value.is_some() && !lower.inclusive || upper.inclusive {
        let hint = "BigQuery's ranges hold their lower bound and not their upper one, as in '[2024-01-01,2024-02-01)'.";
        return Err(refuse("a range with other bounds than '[)'", expr.position, hint));
    }
    let bound = |end: End| {
        Ok(match end.value {
            None => "UNBOUNDED".to_owned(),
            Some(Literal::Date(days)) => date(days, expr)?,
            Some(Literal::Timestamp(micros)) => datetime(micros, expr)?,
            Some(Literal::TimestampTz(micros)) => format!("{}+00", datetime(micros, expr)?),
            Some(_) => return Err(Report::internal("a bound of another type than its range's")),
        })
    };
    Ok(Text::atom(format!("{kind} '[{}, {})'", bound(lower)?, bound(upper)?)))
}

fn integer(value: i64) -> Text {
    let level = if value < 0 { Level::Unary } else { Level::Atom };
    // -9223372036854775808 has no positive counterpart to negate; the lexer takes the hexadecimal form.
    if value == i64::MIN { Text::atom("CAST('-9223372036854775808' AS INT64)") } else { Text::new(value.to_string(), level) }
}

fn float(value: f64) -> Text {
    if value.is_nan() {
        return Text::atom("CAST('NaN' AS FLOAT64)");
    }
    if value.is_infinite() {
        return Text::atom(if value > 0.0 { "CAST('inf' AS FLOAT64)" } else { "CAST('-inf' AS FLOAT64)" });
    }
    let level = if value.is_sign_negative() { Level::Unary } else { Level::Atom };
    let digits = format!("{value:?}");
    Text::new(digits, level)
}

fn numeric(digits: &str, expr: &Expr) -> Result<Text> {
    let plain = digits.trim_start_matches(['-', '+']);
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let whole = whole.trim_start_matches('0').len();
    let fraction = fraction.trim_end_matches('0').len();
    if whole <= 29 && fraction <= 9 {
        return Ok(Text::atom(format!("NUMERIC '{digits}'")));
    }
    if whole <= 38 && fraction <= 38 {
        return Ok(Text::atom(format!("BIGNUMERIC '{digits}'")));
    }
    Err(refuse("a numeric constant beyond 38 digits before or behind the point", expr.position, "BigQuery's BIGNUMERIC holds 38 and 38."))
}

/// Prints a string constant: single quotes, GoogleSQL's escapes, never a raw line break.
pub(super) fn string(value: &str) -> String {
    let mut sql = String::with_capacity(value.len() + 2);
    sql.push('\'');
    for c in value.chars() {
        match c {
            '\\' => sql.push_str("\\\\"),
            '\'' => sql.push_str("\\'"),
            '\n' => sql.push_str("\\n"),
            '\r' => sql.push_str("\\r"),
            '\t' => sql.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => sql.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => sql.push(c),
        }
    }
    sql.push('\'');
    sql
}

/// BigQuery's JSON has doubles and integers of 64 bits: other numbers would lose digits.
fn json(value: &str, expr: &Expr) -> Result<Text> {
    if has_long_number(value) {
        return Err(refuse(
            "a JSON constant with a number of these digits",
            expr.position,
            "BigQuery keeps no trailing zeros, and 15 digits of a fraction: write it as a text.",
        ));
    }
    Ok(Text::atom(format!("JSON {}", string(value))))
}

fn has_long_number(value: &str) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    let mut words = vec![String::new()];
    for c in value.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            c if c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E') => words.last_mut().expect("one at least").push(c),
            _ => words.push(String::new()),
        }
    }
    words.iter().any(|word| {
        let fraction = word.contains('.') && (word.ends_with('0') || word.len() > 16);
        fraction
            || (word.len() > 18 && word.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
            || (word.len() > 1 && word.contains(['e', 'E']) && word.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    })
}

fn date(days: i32, expr: &Expr) -> Result<String> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("1970-01-01 is a date");
    let step = Days::new(u64::from(days.unsigned_abs()));
    let date = if days < 0 { epoch.checked_sub_days(step) } else { epoch.checked_add_days(step) };
    date.map(|date| date.to_string())
        .filter(|text| text.len() == 10 && !text.starts_with("0000"))
        .ok_or_else(|| refuse("a date outside the years 1 to 9999", expr.position, "BigQuery's dates lie between the years 1 and 9999."))
}

fn time(micros: i64, expr: &Expr) -> Result<String> {
    let seconds = u32::try_from(micros.div_euclid(1_000_000)).ok();
    let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1000).ok();
    let time = seconds.zip(nanos).and_then(|(s, n)| NaiveTime::from_num_seconds_from_midnight_opt(s, n));
    let time = time.ok_or_else(|| refuse("the time 24:00:00", expr.position, "BigQuery's times end at 23:59:59.999999."))?;
    Ok(clock(time))
}

fn clock(time: NaiveTime) -> String {
    let seconds = time.format("%H:%M:%S").to_string();
    match time.nanosecond() / 1000 {
        0 => seconds,
        micros => format!("{seconds}.{}", format!("{micros:06}").trim_end_matches('0')),
    }
}

fn datetime(micros: i64, expr: &Expr) -> Result<String> {
    let moment = DateTime::from_timestamp_micros(micros).ok_or_else(|| {
        refuse("a timestamp outside the years 1 to 9999", expr.position, "BigQuery's timestamps lie between the years 1 and 9999.")
    })?;
    let days = i32::try_from(micros.div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
    Ok(format!("{} {}", date(days, expr)?, clock(moment.time())))
}

/// Prints an interval: in one unit if it has one, else in full.
pub(super) fn interval(months: i32, days: i32, micros: i64) -> Text {
    match (months, days, micros) {
        (months, 0, 0) if months != 0 => Text::atom(format!("INTERVAL {months} MONTH")),
        (0, days, 0) => Text::atom(format!("INTERVAL {days} DAY")),
        (0, 0, micros) => {
            let (n, unit) = unit_of(micros);
            Text::atom(format!("INTERVAL {n} {unit}"))
        }
        _ => {
            let sign = |negative: bool| if negative { "-" } else { "" };
            let (years, rest) = (months.unsigned_abs() / 12, months.unsigned_abs() % 12);
            let total = micros.unsigned_abs();
            let (hours, minutes, seconds, fraction) =
                (total / 3_600_000_000, total / 60_000_000 % 60, total / 1_000_000 % 60, total % 1_000_000);
            let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:06}") };
            Text::atom(format!(
                "INTERVAL '{}{years}-{rest} {days} {}{hours}:{minutes}:{seconds}{fraction}' YEAR TO SECOND",
                sign(months < 0),
                sign(micros < 0),
            ))
        }
    }
}

/// Returns microseconds in the largest unit of hour, minute, second that divides them.
pub(super) fn unit_of(micros: i64) -> (i64, &'static str) {
    for (size, unit) in [(3_600_000_000, "HOUR"), (60_000_000, "MINUTE"), (1_000_000, "SECOND"), (1000, "MILLISECOND")] {
        if micros % size == 0 {
            return (micros / size, unit);
        }
    }
    (micros, "MICROSECOND")
}

fn uuid(bytes: &[u8; 16]) -> String {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Returns the text of a string constant.
pub(super) fn constant_text(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Literal::Text(value)) => Some(value),
        ExprKind::Cast { expr, .. } if expr.ty.is_string() => constant_text(expr),
        _ => None,
    }
}

/// Returns the value of an integer constant.
pub(super) fn constant_int(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(value)) => Some(*value),
        ExprKind::Cast { expr, .. } if expr.ty.is_integer() => constant_int(expr),
        _ => None,
    }
}

/// Tells whether an expression is a constant other than NULL.
pub(super) fn is_constant(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(value) if *value != Literal::Null)
}
