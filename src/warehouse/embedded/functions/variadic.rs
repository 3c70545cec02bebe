//! concat, format and the quoting functions: arguments of any type, printed by their output functions.

use super::cast::{named, output_text};
use super::rows::{TEXT, each, strict};
use super::text::length;
use super::value::Value;
use super::{Scalar, zone};
use crate::error::{Report, Result, SqlState};
use crate::types::ident::quote_ident;
use crate::types::literal::Literal;
use crate::types::zone::Tz;
use crate::types::{Type, input};

/// The widest that a field may be padded to.
const MAX_WIDTH: usize = 64 * 1024 * 1024;

fn invalid(message: impl Into<String>) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, message)
}

/// The arguments that every variadic function begins with: type names, display scales, the zone.
pub(super) struct Typed {
    types: Vec<Type>,
    scales: Vec<i32>,
    zone: crate::types::zone::Tz,
}

impl Typed {
    pub(super) fn read(args: &[Value]) -> Result<Typed> {
        let types = args[0].str()?.split_whitespace().map(named).collect::<Result<Vec<_>>>()?;
        let scales = args[1].str()?.split_whitespace().map(|scale| scale.parse().unwrap_or(-1)).collect();
        Ok(Typed { types, scales, zone: zone::parse(args[2].str()?)? })
    }

    /// Prints argument `i` as its output function does.
    pub(super) fn output(&self, value: &Value, i: usize) -> Result<String> {
        output_text(value, self.ty(i), self.scales.get(i).copied().unwrap_or(-1), self.zone)
    }

    pub(super) fn ty(&self, i: usize) -> Type {
        self.types.get(i).copied().unwrap_or(Type::TEXT)
    }

    pub(super) fn scale(&self, i: usize) -> i32 {
        self.scales.get(i).copied().unwrap_or(-1)
    }

    pub(super) fn zone(&self) -> crate::types::zone::Tz {
        self.zone
    }
}

fn concat(args: &[Value], skip: usize, separator: &str) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let mut out = String::new();
    let mut first = true;
    for (i, value) in args[3..].iter().enumerate().skip(skip) {
        if value.is_null() {
            continue;
        }
        if !first {
            out.push_str(separator);
        }
        first = false;
        out.push_str(&typed.output(value, i)?);
    }
    Ok(Value::text(out))
}

/// A row as `record_out` writes it.
fn record(args: &[Value]) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let mut out = String::from("(");
    for (i, value) in args[3..].iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        if value.is_null() {
            continue;
        }
        let text = typed.output(value, i)?;
        if text.is_empty() || text.contains(|c: char| matches!(c, '"' | '\\' | '(' | ')' | ',') || c.is_ascii_whitespace()) {
            out.push_str(&format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\"")));
        } else {
            out.push_str(&text);
        }
    }
    out.push(')');
    Ok(Value::text(out))
}

const ARGUMENT_ZERO: &str = "format specifies argument 0, but arguments are numbered from 1";

/// `format(template, ...)`: %s, %I, %L, %%, positions and widths.
fn format(args: &[Value]) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let Value::Text(template) = &args[3] else { return Ok(Value::Null) };
    let values = &args[3..];
    let mut out = String::new();
    let mut next = 1;
    let mut chars = template.chars().peekable();
    let few = || invalid("too few arguments for format()");
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            out.push('%');
            continue;
        }
        let mut spec = String::new();
        let kind = loop {
            match chars.next() {
                None => return Err(invalid("unterminated format() type specifier").hint("For a single \"%\" use \"%%\".")),
                Some(c) if c.is_ascii_digit() || c == '$' || c == '-' => spec.push(c),
                // The width is an argument, the next one or a numbered one; a negative one means left.
                Some('*') => {
                    let mut number = String::new();
                    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                        number.push(digit);
                    }
                    if !number.is_empty() {
                        if chars.next() != Some('$') {
                            return Err(invalid("width argument position must be ended by \"$\""));
                        }
                        next = number.parse().map_err(|_| invalid("number is out of range"))?;
                    }
                    if next == 0 {
                        return Err(invalid(ARGUMENT_ZERO));
                    }
                    let width = values.get(next).ok_or_else(few)?;
                    // Whatever type it has, its text is read as an integer.
                    if !width.is_null()
                        && let Literal::Int(width) = input::parse(&typed.output(width, next)?, Type::INT4, -1, Tz::UTC)?
                    {
                        spec.push_str(&width.to_string());
                    }
                    next += 1;
                }
                Some(c) => break c,
            }
        };
        let (position, width) = spec.split_once('$').map_or((None, spec.as_str()), |(n, width)| (Some(n), width));
        let i = match position {
            Some(n) => n.parse::<usize>().map_err(|_| invalid(ARGUMENT_ZERO))?,
            None => next,
        };
        if i == 0 {
            return Err(invalid(ARGUMENT_ZERO));
        }
        next = i + 1;
        let value = values.get(i).ok_or_else(few)?;
        let text = match (kind, value) {
            ('s', Value::Null) => String::new(),
            ('s', value) => typed.output(value, i)?,
            ('I', Value::Null) => return Err(Report::new(SqlState("22004"), "null values cannot be formatted as an SQL identifier")),
            ('I', value) => quote_ident(&typed.output(value, i)?),
            ('L', Value::Null) => "NULL".into(),
            ('L', value) => quote_literal(&typed.output(value, i)?),
            (other, _) => {
                return Err(invalid(format!("unrecognized format() type specifier \"{other}\"")).hint("For a single \"%\" use \"%%\"."));
            }
        };
        let left = width.starts_with('-');
        let width: usize = width.trim_start_matches('-').parse().unwrap_or(0);
        if width > MAX_WIDTH {
            return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "requested length too large"));
        }
        let fill = " ".repeat(width.saturating_sub(length(&text)));
        out.push_str(&if left { text + &fill } else { fill + &text });
    }
    Ok(Value::text(out))
}

pub(super) fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        each!("pg_concat", TEXT, |args| concat(args, 0, "")),
        each!("pg_concat_ws", TEXT, |args| match &args[3] {
            Value::Text(separator) => concat(args, 1, separator),
            _ => Ok(Value::Null),
        }),
        each!("pg_record", TEXT, |args| record(args)),
        each!("pg_format", TEXT, |args| format(args)),
        strict!("pg_quote_ident", TEXT, |args| Ok(Value::text(quote_ident(args[0].str()?)))),
        strict!("pg_quote_literal", TEXT, |args| Ok(Value::text(quote_literal(args[0].str()?)))),
        each!("pg_quote_nullable", TEXT, |args| match &args[0] {
            Value::Text(text) => Ok(Value::text(quote_literal(text))),
            _ => Ok(Value::text("NULL")),
        }),
    ]
}
