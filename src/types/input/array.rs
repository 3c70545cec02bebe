//! Array literals: `{1,2,NULL,"with \"quotes\""}` (chapter 8.15.2; arrayfuncs.c).

use super::Reads;
use super::number::is_space;
use crate::error::{Report, Result, SqlState};
use crate::types::Type;
use crate::types::literal::Literal;

/// `array_in` for one dimension; nested braces and explicit bounds are refused.
pub fn parse(text: &str, ty: Type, element: Type, typmod: i32, reads: Reads) -> Result<Literal> {
    let items = split(text, ty)?;
    let read = |item: Option<String>| match item {
        Some(item) => super::read(&item, element, typmod, reads),
        None => Ok(Literal::Null),
    };
    Ok(Literal::Array(items.into_iter().map(read).collect::<Result<_>>()?))
}

/// `int2vectorin`, `oidvectorin`: numbers with spaces between.
pub fn vector(text: &str, ty: Type) -> Result<Literal> {
    let read = |item: &str| match ty {
        Type::OIDVECTOR => super::number::oid(item),
        _ => super::number::integer(item, Type::INT2),
    };
    Ok(Literal::Array(text.split_ascii_whitespace().map(|item| read(item).map(Literal::Int)).collect::<Result<_>>()?))
}

/// Splits an array literal into its elements; `None` is NULL.
fn split(text: &str, ty: Type) -> Result<Vec<Option<String>>> {
    let malformed = |detail: &str| {
        Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("malformed array literal: \"{text}\"")).detail(detail.to_owned())
    };
    let trimmed = text.trim_matches(is_space);
    if trimmed.starts_with('[') {
        return Err(Report::unsupported(format!("an array constant with explicit bounds of type {ty}")));
    }
    let Some(body) = trimmed.strip_prefix('{') else {
        return Err(malformed("Array value must start with \"{\" or dimension information."));
    };
    let mut rest = body.chars().peekable();
    let mut items = Vec::new();
    loop {
        while rest.next_if(|c| is_space(*c)).is_some() {}
        let (mut item, mut quoted, mut escaped) = (String::new(), false, false);
        let end = loop {
            match rest.next() {
                None => return Err(malformed("Unexpected end of input.")),
                Some('{') => return Err(Report::unsupported("an array constant of several dimensions")),
                Some(end @ (',' | '}')) => break end,
                Some('"') if quoted || !item.trim_matches(is_space).is_empty() => return Err(malformed("Unexpected array element.")),
                Some('"') => {
                    (quoted, item) = (true, String::new());
                    loop {
                        match rest.next() {
                            None => return Err(malformed("Unexpected end of input.")),
                            Some('"') => break,
                            Some('\\') => item.push(rest.next().ok_or_else(|| malformed("Unexpected end of input."))?),
                            Some(c) => item.push(c),
                        }
                    }
                }
                Some('\\') => {
                    escaped = true;
                    item.push(rest.next().ok_or_else(|| malformed("Unexpected end of input."))?);
                }
                Some(c) if quoted && is_space(c) => {}
                Some(_) if quoted => return Err(malformed("Unexpected array element.")),
                Some(c) => item.push(c),
            }
        };
        if !quoted && !escaped {
            item.truncate(item.trim_end_matches(is_space).len());
        }
        if item.is_empty() && !quoted {
            if end == '}' && items.is_empty() {
                break;
            }
            return Err(malformed(&format!("Unexpected \"{end}\" character.")));
        }
        let null = !quoted && !escaped && item.eq_ignore_ascii_case("null");
        items.push((!null).then_some(item));
        if end == '}' {
            break;
        }
    }
    if rest.all(is_space) { Ok(items) } else { Err(malformed("Junk after closing right brace.")) }
}
