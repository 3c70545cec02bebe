//! Constants of the text: numbers, strings, typed literals, parameters.

use sqlparser::ast::{DateTimeField, Interval, IntervalFields, Value};

use super::Binder;
use super::coerce::Context;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type, bits, input};

impl Binder<'_> {
    /// Binds a constant; strings and NULL are of unknown type.
    pub fn value(&mut self, value: &Value, position: Option<u32>) -> Result<Expr> {
        let text = |text: &str| Ok(Expr::literal(Literal::Text(text.to_owned()), Type::UNKNOWN, position));
        match value {
            Value::Number(digits, false) => number(digits, position),
            Value::Number(..) => Err(Report::new(SqlState::SYNTAX_ERROR, "trailing junk after numeric literal").at(position)),
            Value::SingleQuotedString(string) | Value::EscapedStringLiteral(string) | Value::UnicodeStringLiteral(string) => text(string),
            Value::DollarQuotedString(string) => text(&string.value),
            // N'...' is of type bpchar, of any length.
            Value::NationalStringLiteral(string) => {
                let unknown = Expr::literal(Literal::Text(string.clone()), Type::UNKNOWN, position);
                self.coercer().coerce(unknown, Type::BPCHAR, -1, Context::Explicit)
            }
            Value::Boolean(value) => Ok(Expr::literal(Literal::Bool(*value), Type::BOOL, position)),
            Value::Null => Ok(Expr::literal(Literal::Null, Type::UNKNOWN, position)),
            Value::Placeholder(name) => self.parameter(name, position),
            Value::SingleQuotedByteStringLiteral(digits) => bit_string(&format!("b{digits}"), position),
            Value::HexStringLiteral(digits) => bit_string(&format!("x{digits}"), position),
            _ => Err(Report::unsupported("this form of constant").at(position)),
        }
    }

    fn parameter(&mut self, name: &str, position: Option<u32>) -> Result<Expr> {
        let digits = name.strip_prefix('$').unwrap_or(name);
        if digits.bytes().any(|byte| !byte.is_ascii_digit()) {
            let message = match digits.starts_with(|c: char| c.is_ascii_digit()) {
                true => format!("trailing junk after parameter at or near \"{name}\""),
                false => "syntax error at or near \"$\"".to_owned(),
            };
            return Err(Report::new(SqlState::SYNTAX_ERROR, message).at(position));
        }
        let n = digits.parse::<usize>().ok();
        let Some(n) = n.filter(|n| (1..=65_535).contains(n)) else {
            return Err(Report::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter {name}")).at(position));
        };
        let mut types = self.parameters.borrow_mut();
        if types.len() < n {
            types.resize(n, Type::UNKNOWN);
        }
        Ok(Expr::new(ExprKind::Parameter(n - 1), types[n - 1], position))
    }

    /// `type 'text'`.
    pub fn typed_string(&mut self, value: &Value, ty: Type, typmod: i32, position: Option<u32>) -> Result<Expr> {
        let constant = self.value(value, position)?;
        self.coercer().coerce(constant, ty, typmod, Context::Explicit)
    }

    /// `INTERVAL '...' [fields]`.
    pub fn interval(&mut self, interval: &Interval) -> Result<Expr> {
        let position = self.start(&interval.value);
        let sqlparser::ast::Expr::Value(value) = interval.value.as_ref() else {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error: INTERVAL needs a string constant").at(position));
        };
        if matches!(value.value, Value::Number(..)) {
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{}\"", value.value)).at(position));
        }
        let fields = match (&interval.leading_field, &interval.last_field) {
            (None, _) => None,
            (Some(first), last) => Some(
                fields(first, last.as_ref())
                    .ok_or_else(|| Report::new(SqlState::SYNTAX_ERROR, "syntax error: these fields make no interval").at(position))?,
            ),
        };
        // sqlparser takes the digits of `second(2)` for a leading precision, of which PostgreSQL knows none.
        let digits = match (&interval.leading_field, interval.leading_precision, interval.fractional_seconds_precision) {
            (Some(DateTimeField::Second), digits @ Some(_), None) | (_, None, digits) => digits,
            _ => return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"(\"").at(position)),
        };
        let typmod = super::typenames::interval_typmod(fields.as_ref(), digits);
        self.typed_string(&value.value, Type::INTERVAL, typmod, position)
    }
}

/// `B'101'`, `X'1F'`.
fn bit_string(text: &str, position: Option<u32>) -> Result<Expr> {
    let digits = bits::read(text).map_err(|report| report.at(position))?;
    Ok(Expr::literal(Literal::Text(digits), Type::BIT, position))
}

fn fields(first: &DateTimeField, last: Option<&DateTimeField>) -> Option<IntervalFields> {
    use DateTimeField::{Day, Hour, Minute, Month, Second, Year};
    Some(match (first, last) {
        (Year, None) => IntervalFields::Year,
        (Month, None) => IntervalFields::Month,
        (Day, None) => IntervalFields::Day,
        (Hour, None) => IntervalFields::Hour,
        (Minute, None) => IntervalFields::Minute,
        (Second, None) => IntervalFields::Second,
        (Year, Some(Month)) => IntervalFields::YearToMonth,
        (Day, Some(Hour)) => IntervalFields::DayToHour,
        (Day, Some(Minute)) => IntervalFields::DayToMinute,
        (Day, Some(Second)) => IntervalFields::DayToSecond,
        (Hour, Some(Minute)) => IntervalFields::HourToMinute,
        (Hour, Some(Second)) => IntervalFields::HourToSecond,
        (Minute, Some(Second)) => IntervalFields::MinuteToSecond,
        _ => return None,
    })
}

/// int4 if it fits, else int8, else numeric; with a point or an exponent always numeric.
fn number(digits: &str, position: Option<u32>) -> Result<Expr> {
    if digits.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(value) = digits.parse::<i64>()
    {
        let ty = if i32::try_from(value).is_ok() { Type::INT4 } else { Type::INT8 };
        return Ok(Expr::literal(Literal::Int(value), ty, position));
    }
    let text = input::number::numeric(digits).map_err(|report| report.at(position))?;
    let scale = NumericScale::Fixed(input::number::scale_of(&text));
    Ok(Expr { scale, ..Expr::literal(Literal::Numeric(text), Type::NUMERIC, position) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_scale() {
        for (text, plain, scale) in [
            ("1.50", "1.50", 2),
            (".5", "0.5", 1),
            ("5.", "5", 0),
            ("1e3", "1000", 0),
            ("1.5e-3", "0.0015", 4),
            ("12.345e1", "123.45", 2),
            ("1.5e1", "15", 0),
            ("00012.5", "12.5", 1),
            ("1e-2", "0.01", 2),
        ] {
            let bound = number(text, None).unwrap();
            assert_eq!(
                (bound.kind, bound.scale),
                (ExprKind::Literal(Literal::Numeric(plain.into())), NumericScale::Fixed(scale)),
                "{text}"
            );
        }
        assert_eq!(number("1e400000", None).unwrap_err().sqlstate, SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    }
}
