//! json and jsonb: values and rows of any type as json.

use super::cast::{named, output_text};
use super::decimal::small;
use super::json_change::{array, object};
use super::rows::{TEXT, each};
use super::text::{MAX, too_long};
use super::value::{Value, read};
use super::variadic::Typed;
use super::{Scalar, zone};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::json::{canonical, quote};
use crate::types::zone::Tz;
use crate::warehouse::embedded::stop::{self, Held};

/// Writes a value as `to_json` does.
fn json(value: &Value, ty: Type, scale: i32, zone: Tz) -> Result<String> {
    Ok(match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        // A row comes as the object that it is.
        Value::Text(text) if matches!(ty, Type::JSON | Type::JSONB | Type::RECORD) => text.to_string(),
        Value::Int(_) if ty.is_integer() => output_text(value, ty, scale, zone)?,
        Value::Int(_) if !matches!(ty, Type::OID | Type::XID | Type::CID) => {
            return Err(Report::unsupported(format!("a value of type {ty} in json")).hint("Cast it to text."));
        }
        Value::Numeric(_) => output_text(value, ty, scale, zone)?,
        Value::Float(float) => {
            let text = output_text(value, ty, scale, zone)?;
            if float.is_finite() { text } else { quoted(&text) }
        }
        Value::List(list) => {
            let element = ty.element().unwrap_or(Type::TEXT);
            let items = (0..list.len()).map(|i| json(&read(list, i)?, element, scale, zone)).collect::<Result<Vec<_>>>()?;
            format!("[{}]", items.join(","))
        }
        // ISO 8601 with a T.
        Value::Timestamp(_) | Value::TimestampTz(_) => {
            let mut text = output_text(value, ty, scale, zone)?.replacen(' ', "T", 1);
            if matches!(value, Value::TimestampTz(_)) && !text.ends_with('Z') {
                let at = text.rfind(['+', '-']).unwrap_or(text.len());
                if !text[at..].contains(':') {
                    text.push_str(":00");
                }
            }
            quoted(&text)
        }
        value => quoted(&output_text(value, ty, scale, zone)?),
    })
}

/// Writes the name of a member: as the value is written in JSON where it has a form of its own there, else as its text (datum_to_json in json.c).
fn name(value: &Value, ty: Type, scale: i32, zone: Tz) -> Result<String> {
    match value {
        Value::Bool(_) => json(value, ty, scale, zone),
        Value::Timestamp(_) | Value::TimestampTz(_) => Ok(json(value, ty, scale, zone)?.trim_matches('"').to_owned()),
        _ => output_text(value, ty, scale, zone),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::new();
    quote(text, &mut out);
    out
}

/// jsonb is kept in its own output form.
fn finish(text: String, binary: bool) -> Result<Value<'static>> {
    if text.len() > MAX {
        return Err(too_long());
    }
    stop::check()?;
    if !binary {
        return Ok(Value::text(text));
    }
    // As a tree of its members it takes several times its text.
    let _held = stop::hold(text.len().saturating_mul(4))?;
    Ok(Value::text(canonical(&text)?))
}

fn build_object(args: &[Value]) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let values = &args[4..];
    if values.len() % 2 == 1 {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "argument list must have even number of elements").hint(format!(
            "The arguments of {}() must consist of alternating keys and values.",
            if args[3].bool()? { "jsonb_build_object" } else { "json_build_object" }
        )));
    }
    let mut members = Vec::new();
    for (i, pair) in values.chunks_exact(2).enumerate() {
        if pair[0].is_null() {
            let wrong = |message: String| Report::new(SqlState::INVALID_PARAMETER_VALUE, message);
            return Err(match args[3].bool()? {
                true => wrong(format!("argument {}: key must not be null", 2 * i + 1)),
                false => wrong(format!("argument {} cannot be null", 2 * i + 1)).hint("Object keys should be text."),
            });
        }
        let ty = typed.ty(2 * i);
        if ty.is_array() || matches!(ty, Type::JSON | Type::JSONB | Type::RECORD) {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "key value must be scalar, not array, composite, or json"));
        }
        let key = name(&pair[0], ty, typed.scale(2 * i), typed.zone())?;
        members.push((key, json(&pair[1], typed.ty(2 * i + 1), typed.scale(2 * i + 1), typed.zone())?));
    }
    if args[3].bool()? {
        return finish(object(&members), true);
    }
    let written: Vec<String> = members.iter().map(|(key, value)| format!("{} : {value}", quoted(key))).collect();
    Ok(Value::text(format!("{{{}}}", written.join(", "))))
}

/// A row as an object: names and values by turns, written without spaces.
fn row(args: &[Value]) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let mut members = Vec::new();
    for (i, pair) in args[3..].chunks_exact(2).enumerate() {
        let value = json(&pair[1], typed.ty(2 * i + 1), typed.scale(2 * i + 1), typed.zone())?;
        members.push(format!("{}:{value}", quoted(pair[0].str()?)));
    }
    Ok(Value::text(format!("{{{}}}", members.join(","))))
}

fn build_array(args: &[Value]) -> Result<Value<'static>> {
    let typed = Typed::read(args)?;
    let items = args[4..]
        .iter()
        .enumerate()
        .map(|(i, value)| json(value, typed.ty(i), typed.scale(i), typed.zone()))
        .collect::<Result<Vec<_>>>()?;
    finish(array(&items), args[3].bool()?)
}

/// json_agg and jsonb_agg over the array of a group's values.
fn aggregate(args: &[Value]) -> Result<Value<'static>> {
    let Value::List(list) = &args[0] else { return Ok(Value::Null) };
    let (ty, scale, zone) = (named(args[1].str()?)?, small(&args[2])?, zone::parse(args[3].str()?)?);
    let binary = args[4].bool()?;
    // json_agg begins a line for each array or row that is not the first.
    let lines = (ty.is_array() || ty == Type::RECORD) && !binary;
    let mut out = String::from("[");
    let mut held = Held::default();
    for i in 0..list.len() {
        stop::tick()?;
        if i > 0 {
            out.push_str(if lines && !list.is_null(i) { ", \n " } else { ", " });
        }
        out.push_str(&json(&read(list, i)?, ty, scale, zone)?);
        held.grow_to(out.capacity())?;
    }
    out.push(']');
    if lines {
        return Ok(Value::text(out));
    }
    finish(out, binary)
}

fn aggregate_object(args: &[Value]) -> Result<Value<'static>> {
    let (Value::List(keys), Value::List(values)) = (&args[0], &args[1]) else { return Ok(Value::Null) };
    let (key_ty, ty) = (named(args[2].str()?)?, named(args[3].str()?)?);
    let (scale, zone) = (small(&args[4])?, zone::parse(args[5].str()?)?);
    let binary = args[6].bool()?;
    let (mut out, mut members, mut size) = (String::from("{ "), Vec::new(), 0);
    let mut held = Held::default();
    for i in 0..keys.len() {
        stop::tick()?;
        let key = read(keys, i)?;
        if key.is_null() {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "field name must not be null"));
        }
        if key_ty.is_array() || matches!(key_ty, Type::JSON | Type::JSONB | Type::RECORD) {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "key value must be scalar, not array, composite, or json"));
        }
        let (key, value) = (name(&key, key_ty, super::digits::CARRIED, zone)?, json(&read(values, i)?, ty, scale, zone)?);
        if binary {
            size += size_of::<(String, String)>() + MADE + key.len() + value.len();
            members.push((key, value));
        } else {
            out.push_str(if i > 0 { ", " } else { "" });
            quote(&key, &mut out);
            out.push_str(" : ");
            out.push_str(&value);
            size = out.capacity();
        }
        held.grow_to(size)?;
    }
    if binary {
        return finish(object(&members), true);
    }
    out.push_str(" }");
    Ok(Value::text(out))
}

/// What two small texts take beside their characters.
const MADE: usize = 64;

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        each!("pg_to_json", TEXT, |args| {
            if args[0].is_null() {
                return Ok(Value::Null);
            }
            let text = json(&args[0], named(args[1].str()?)?, small(&args[2])?, zone::parse(args[3].str()?)?)?;
            finish(text, args[4].bool()?)
        }),
        each!("pg_json_build_object", TEXT, |args| build_object(args)),
        each!("pg_row_json", TEXT, |args| row(args)),
        each!("pg_json_build_array", TEXT, |args| build_array(args)),
        each!("pg_json_agg", TEXT, |args| aggregate(args)),
        each!("pg_json_object_agg", TEXT, |args| aggregate_object(args)),
    ]
}
