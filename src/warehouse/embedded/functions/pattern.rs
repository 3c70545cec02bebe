//! Functions over regular expressions and LIKE patterns.

use arrow::datatypes::DataType;

use super::Scalar;
use super::regex::{Need, Spans, compile};
use super::rows::{BOOL, INT4, TEXT, TEXTS, strict};
use super::text::{MAX, MAX_ELEMENTS, too_long, too_many_elements};
use super::value::{Value, build, list_of};
use crate::error::{Report, Result, SqlState};
use crate::sql::bind::patterns::{like_escape, similar_to_regex};

/// Fills `\1`, `\&` and `\\` of a replacement.
fn replacement(template: &str, text: &str, spans: &Spans, out: &mut String) {
    let part = |n: usize| spans.get(n).copied().flatten().map_or("", |(from, to)| &text[from..to]);
    let mut chars = template.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('&') => out.push_str(part(0)),
            Some(digit @ '1'..='9') => {
                let n = usize::try_from(digit.to_digit(10).unwrap_or(0)).unwrap_or(0);
                out.push_str(part(n));
            }
            Some('\\') => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
}

/// Matches of one call: each is an array of its own.
const MAX_MATCHES: usize = MAX_ELEMENTS / 10;

fn replace(text: &str, pattern: &str, template: &str, flags: &str) -> Result<String> {
    replace_nth(text, pattern, template, 1, if flags.contains('g') { 0 } else { 1 }, flags)
}

/// Replaces the n-th match from a character on; all of them where `n` is 0.
fn replace_nth(text: &str, pattern: &str, template: &str, start: i64, n: i64, flags: &str) -> Result<String> {
    let (regex, start) = (compile(pattern, flags, Need::Extent)?, byte_at(text, start)?);
    let mut out = String::with_capacity(text.len());
    let (mut last, mut count) = (0, 0);
    let Some(start) = start else { return Ok(text.to_owned()) };
    regex.each_from(text, start, &mut |spans| {
        let Some((from, to)) = spans[0] else { return true };
        count += 1;
        if n > 0 && count < n {
            return true;
        }
        out.push_str(&text[last..from]);
        replacement(template, text, spans, &mut out);
        last = to;
        n == 0 && out.len() <= MAX
    })?;
    if out.len() > MAX {
        return Err(too_long());
    }
    out.push_str(&text[last..]);
    Ok(out)
}

/// The byte where a character begins, counted from 1; the end behind the last one, `None` beyond it: nothing is found there.
fn byte_at(text: &str, start: i64) -> Result<Option<usize>> {
    let skip = usize::try_from(positive("start", start)? - 1).unwrap_or(usize::MAX);
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    Ok(ends.into_iter().nth(skip))
}

fn positive(name: &str, value: i64) -> Result<i64> {
    if value > 0 {
        return Ok(value);
    }
    Err(invalid_parameter(name, value))
}

fn invalid_parameter(name: &str, value: i64) -> Report {
    Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid value for parameter \"{name}\": {value}"))
}

/// The n-th match from a character on: its extent, or that of a group.
fn nth_match(args: &[Value], group: i64) -> Result<Option<(usize, usize)>> {
    let (text, flags) = (args[0].str()?, args[4].str()?);
    let (start, n) = (byte_at(text, args[2].int()?)?, positive("n", args[3].int()?)?);
    no_global(flags, "regexp_substr")?;
    let regex = compile(args[1].str()?, flags, Need::Extent)?;
    if group < 0 {
        return Err(invalid_parameter("subexpr", group));
    }
    let (mut left, mut found) = (n, None);
    let Some(start) = start else { return Ok(None) };
    regex.each_from(text, start, &mut |spans| {
        left -= 1;
        if left == 0 {
            // A pattern without groups is its own first one (regexp.c, `setup_regexp_matches`).
            let group = if spans.len() == 1 && group == 1 { 0 } else { group };
            found = usize::try_from(group).ok().and_then(|group| spans.get(group).copied().flatten());
        }
        left > 0
    })?;
    Ok(found)
}

fn instr(args: &[Value]) -> Result<Value<'static>> {
    let end = args[5].int()?;
    if !(0..=1).contains(&end) {
        return Err(invalid_parameter("endoption", end));
    }
    let found = nth_match(args, args[6].int()?)?;
    let at = found.map(|(from, to)| if end == 1 { to } else { from });
    Ok(Value::Int(at.map_or(0, |at| i64::try_from(args[0].str().map_or(0, |text| text[..at].chars().count())).unwrap_or(i64::MAX) + 1)))
}

/// The groups of a match, or the whole match where there are none.
fn groups(text: &str, spans: &Spans) -> Result<Value<'static>> {
    let from = usize::from(spans.len() > 1);
    let values: Vec<Value> =
        spans[from..].iter().map(|span| span.map_or(Value::Null, |(from, to)| Value::text(text[from..to].to_owned()))).collect();
    Ok(Value::List(build(&values, &DataType::Utf8)?))
}

fn no_global(flags: &str, function: &str) -> Result<()> {
    if flags.contains('g') {
        let message = format!("{function}() does not support the \"global\" option");
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    Ok(())
}

/// Splits; an empty match at the beginning or the end, or next to a match, separates nothing.
fn split(text: &str, pattern: &str, flags: &str) -> Result<Value<'static>> {
    no_global(flags, "regexp_split_to_array")?;
    let regex = compile(pattern, flags, Need::Extent)?;
    let mut parts = Vec::new();
    let mut last = 0;
    regex.each(text, &mut |spans| {
        let (from, to) = spans[0].unwrap_or_default();
        if from < text.len() && to > last {
            parts.push(Value::text(text[last..from].to_owned()));
            last = to;
        }
        parts.len() < MAX_ELEMENTS
    })?;
    parts.push(Value::text(text[last..].to_owned()));
    if parts.len() > MAX_ELEMENTS {
        return Err(too_many_elements());
    }
    Ok(Value::List(build(&parts, &DataType::Utf8)?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_regex", BOOL, |args| {
            let flags = args[2].str()?;
            no_global(flags, "regexp_like")?;
            compile(args[1].str()?, flags, Need::Match)?.is_match(args[0].str()?).map(Value::Bool)
        }),
        strict!("pg_regexp_replace", TEXT, |args| {
            Ok(Value::text(replace(args[0].str()?, args[1].str()?, args[2].str()?, args[3].str()?)?))
        }),
        strict!("pg_regexp_match", TEXTS, |args| {
            let flags = args[2].str()?;
            no_global(flags, "regexp_match")?;
            let text = args[0].str()?;
            match compile(args[1].str()?, flags, Need::Extent)?.find(text)? {
                Some(spans) => groups(text, &spans),
                None => Ok(Value::Null),
            }
        }),
        strict!("pg_regexp_matches", |_, _| Ok(list_of(list_of(DataType::Utf8))), |args| {
            let (text, flags) = (args[0].str()?, args[2].str()?);
            let regex = compile(args[1].str()?, flags, Need::Extent)?;
            let mut values = Vec::new();
            regex.each(text, &mut |spans| {
                values.push(groups(text, spans));
                flags.contains('g') && values.len() <= MAX_MATCHES
            })?;
            if values.len() > MAX_MATCHES {
                return Err(too_many_elements());
            }
            let values = values.into_iter().collect::<Result<Vec<_>>>()?;
            Ok(Value::List(build(&values, &list_of(DataType::Utf8))?))
        }),
        strict!("pg_regexp_split", TEXTS, |args| split(args[0].str()?, args[1].str()?, args[2].str()?)),
        strict!("pg_regexp_count", INT4, |args| {
            let (text, flags) = (args[0].str()?, args[3].str()?);
            no_global(flags, "regexp_count")?;
            let (regex, start) = (compile(args[1].str()?, flags, Need::Extent)?, byte_at(text, args[2].int()?)?);
            let mut count = 0;
            if let Some(start) = start {
                regex.each_from(text, start, &mut |_| {
                    count += 1;
                    true
                })?;
            }
            Ok(Value::Int(count))
        }),
        strict!("pg_regexp_substr", TEXT, |args| {
            let found = nth_match(args, args[5].int()?)?;
            Ok(found.map_or(Value::Null, |(from, to)| Value::text(args[0].str().unwrap_or_default()[from..to].to_owned())))
        }),
        strict!("pg_regexp_instr", INT4, |args| instr(args)),
        strict!("pg_regexp_replace_nth", TEXT, |args| {
            let n = args[4].int()?;
            if n < 0 {
                return Err(invalid_parameter("n", n));
            }
            let (text, pattern, template) = (args[0].str()?, args[1].str()?, args[2].str()?);
            Ok(Value::text(replace_nth(text, pattern, template, args[3].int()?, n, args[5].str()?)?))
        }),
        strict!("pg_substring_regex", TEXT, |args| {
            let (text, regex) = (args[0].str()?, compile(args[1].str()?, "", Need::Extent)?);
            let group = usize::from(regex.groups() > 0);
            let span = regex.find(text)?.and_then(|spans| spans[group]);
            Ok(span.map_or(Value::Null, |(from, to)| Value::text(text[from..to].to_owned())))
        }),
        strict!("pg_similar", TEXT, |args| Ok(Value::text(similar_to_regex(args[0].str()?, args[1].str()?)?))),
        strict!("pg_like_escape", TEXT, |args| Ok(Value::text(like_escape(args[0].str()?, args[1].str()?)?))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_first_unless_global() {
        assert_eq!(replace("foobarbaz", "b..", "X", ""), Ok("fooXbaz".into()));
        assert_eq!(replace("foobarbaz", "b(..)", "X\\1Y", "g"), Ok("fooXarYXazY".into()));
        assert_eq!(replace("abc", "b", "[\\&]\\\\", ""), Ok("a[b]\\c".into()));
    }
}
