//! json and jsonb as PostgreSQL reads and prints them (chapter 8.14; jsonapi.c).

use super::input::number;
use crate::error::{Report, Result, SqlState};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 1000;

/// Checks that the text is JSON as PostgreSQL's json input does.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn validate(text: &str) -> Result<()> {
    Reader { text, at: 0, binary: false }.document().map(drop)
}

/// Checks the escapes of a json text that passed [`validate`]: those of surrogates come in pairs, and none is `\u0000`.
/// json keeps its text unread; what looks into it reads every string.
///
/// # Errors
/// 22P02, 22P05.
pub fn check_escapes(text: &str) -> Result<()> {
    if text.contains("\\u") { Reader { text, at: 0, binary: true }.document().map(drop) } else { Ok(()) }
}

/// Returns the jsonb output form: keys by length and bytes, the last of duplicate keys, `", "` and `": "`, numbers as numeric prints them.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn canonical(text: &str) -> Result<String> {
    let value = Reader { text, at: 0, binary: true }.document()?;
    let mut out = String::with_capacity(text.len());
    write(&value, &mut out);
    Ok(out)
}

/// Returns what `left || right` makes of two jsonb values: objects are merged, the right one's values win; anything else is joined as arrays.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn concatenated(left: &str, right: &str) -> Result<String> {
    let read = |text| Reader { text, at: 0, binary: true }.document();
    let mut out = String::new();
    let joined = match (read(left)?, read(right)?) {
        (Value::Object(mut members), Value::Object(more)) => {
            members.retain(|(key, _)| !more.iter().any(|(other, _)| other == key));
            members.extend(more);
            members.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            Value::Object(members)
        }
        (left, right) => {
            let items = |value| match value {
                Value::Array(items) => items,
                value => vec![value],
            };
            Value::Array([items(left), items(right)].into_iter().flatten().collect())
        }
    };
    write(&joined, &mut out);
    Ok(out)
}

/// Returns what `jsonb_strip_nulls()` makes of a value: objects without the members that are null, at every depth.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn without_nulls(text: &str) -> Result<String> {
    fn strip(value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(members) => {
                members.retain(|(_, item)| !matches!(item, Value::Bare(word) if word == "null"));
                members.iter_mut().for_each(|(_, item)| strip(item));
            }
            Value::Bare(_) | Value::String(_) => {}
        }
    }
    let mut value = Reader { text, at: 0, binary: true }.document()?;
    strip(&mut value);
    let mut out = String::new();
    write(&value, &mut out);
    Ok(out)
}

/// Returns what `jsonb_pretty()` makes of a value: every member and element on a line of its own.
///
/// # Errors
/// 22P02 `invalid input syntax for type json`.
pub fn pretty(text: &str) -> Result<String> {
    let mut out = String::new();
    write_lines(&Reader { text, at: 0, binary: true }.document()?, 0, &mut out);
    Ok(out)
}

fn write_lines(value: &Value, depth: usize, out: &mut String) {
    let line = |i: usize, out: &mut String| {
        out.push_str(if i > 0 { ",\n" } else { "\n" });
        out.push_str(&"    ".repeat(depth + 1));
    };
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                line(i, out);
                write_lines(item, depth + 1, out);
            }
        }
        Value::Object(members) => {
            out.push('{');
            for (i, (key, item)) in members.iter().enumerate() {
                line(i, out);
                quote(key, out);
                out.push_str(": ");
                write_lines(item, depth + 1, out);
            }
        }
        scalar => return write(scalar, out),
    }
    out.push('\n');
    out.push_str(&"    ".repeat(depth));
    out.push(if matches!(value, Value::Array(_)) { ']' } else { '}' });
}

enum Value {
    /// null, true, false, and numbers in their output form.
    Bare(String),
    String(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

/// Writes the output form of jsonb.
fn write(value: &Value, out: &mut String) {
    match value {
        Value::Bare(text) => out.push_str(text),
        Value::String(text) => quote(text, out),
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (i, (key, item)) in members.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                quote(key, out);
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
    }
}

/// `escape_json`: a string in quotes.
pub fn quote(text: &str, out: &mut String) {
    const HEX: [u8; 16] = *b"0123456789abcdef";
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    // Whatever needs no escape is copied as it stands.
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.push_str(&rest[..at]);
        let byte = rest.as_bytes()[at];
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            0x8 => out.push_str("\\b"),
            0xc => out.push_str("\\f"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                out.push_str("\\u00");
                out.extend([byte >> 4, byte & 15].map(|digit| char::from(HEX[usize::from(digit)])));
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// For jsonb: escapes must be characters of the database's encoding.
    binary: bool,
}

impl Reader<'_> {
    fn document(mut self) -> Result<Value> {
        let value = self.value(0)?;
        self.space();
        if self.at < self.text.len() { Err(self.unexpected("Expected end of input, but found")) } else { Ok(value) }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Takes this byte after white space, if it comes next.
    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let hit = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(hit);
        hit
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        if depth > MAX_DEPTH {
            return Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded"));
        }
        if self.take(b'{') {
            return self.object(depth);
        }
        if self.take(b'[') {
            return self.array(depth);
        }
        if self.take(b'"') {
            return self.string().map(Value::String);
        }
        let word = self.word().to_owned();
        if matches!(word.as_str(), "null" | "true" | "false") {
            self.at += word.len();
            return Ok(Value::Bare(word));
        }
        if !word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return Err(self.unexpected("Expected JSON value, but found"));
        }
        if !is_number(&word) {
            return Err(self.invalid(format!("Token \"{word}\" is invalid.")));
        }
        self.at += word.len();
        Ok(Value::Bare(number::numeric(&word)?))
    }

    fn object(&mut self, depth: usize) -> Result<Value> {
        let mut members: Vec<(String, Value)> = Vec::new();
        if self.take(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            if !self.take(b'"') {
                let expected = if members.is_empty() { "Expected string or \"}\", but found" } else { "Expected string, but found" };
                return Err(self.unexpected(expected));
            }
            let key = self.string()?;
            if !self.take(b':') {
                return Err(self.unexpected("Expected \":\", but found"));
            }
            members.push((key, self.value(depth + 1)?));
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return Err(self.unexpected("Expected \",\" or \"}\", but found"));
            }
        }
        // Stable: of equal keys the last stays last.
        members.sort_by(|(one, _), (other, _)| (one.len(), one.as_bytes()).cmp(&(other.len(), other.as_bytes())));
        members.reverse();
        members.dedup_by(|(one, _), (other, _)| one == other);
        members.reverse();
        Ok(Value::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Value> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.take(b']') {
                return Ok(Value::Array(items));
            }
            if !self.take(b',') {
                return Err(self.unexpected("Expected \",\" or \"]\", but found"));
            }
        }
    }

    /// The rest of a string, after its first quote.
    fn string(&mut self) -> Result<String> {
        let start = self.at - 1;
        let mut out = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.invalid(format!("Token \"{}\" is invalid.", &self.text[start..])));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => self.escape(&mut out)?,
                c if u32::from(c) < 0x20 => {
                    return Err(self.invalid(format!("Character with value 0x{:02x} must be escaped.", u32::from(c))));
                }
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self, out: &mut String) -> Result<()> {
        let Some(c) = self.rest().chars().next() else { return Err(self.invalid("The input string ended unexpectedly.".into())) };
        self.at += c.len_utf8();
        out.push(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(out),
            _ => return Err(self.invalid(format!("Escape sequence \"\\{c}\" is invalid."))),
        });
        Ok(())
    }

    fn unicode(&mut self, out: &mut String) -> Result<()> {
        let high = self.hex()?;
        let code = match high {
            0 if self.binary => {
                return Err(
                    Report::new(SqlState("22P05"), "unsupported Unicode escape sequence").detail("\\u0000 cannot be converted to text.")
                );
            }
            // json keeps the text; only jsonb makes characters of it.
            0xd800..0xe000 if !self.binary => return Ok(()),
            0xd800..0xdc00 if self.rest().starts_with("\\u") => {
                self.at += 2;
                let low = self.hex()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(self.invalid("Unicode low surrogate must follow a high surrogate.".into()));
                }
                0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            }
            0xd800..0xe000 => return Err(self.invalid("Unicode low surrogate must follow a high surrogate.".into())),
            code => code,
        };
        out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
        Ok(())
    }

    fn hex(&mut self) -> Result<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| self.invalid("\"\\u\" must be followed by four hexadecimal digits.".into()))?;
        self.at += 4;
        Ok(code)
    }

    /// What an error shows as the token here: letters and digits, or one character.
    fn word(&self) -> &str {
        let rest = self.rest();
        let numeric = rest.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let inside = |c: char| c.is_alphanumeric() || c == '_' || (numeric && matches!(c, '.' | '-' | '+'));
        let end = rest.find(|c: char| !inside(c)).unwrap_or(rest.len());
        if end > 0 { &rest[..end] } else { &rest[..rest.chars().next().map_or(0, char::len_utf8)] }
    }

    fn unexpected(&mut self, expected: &str) -> Report {
        self.space();
        let word = self.word();
        let token = word.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        let valid =
            matches!(word, "null" | "true" | "false") || is_number(word) || matches!(word, "{" | "}" | "[" | "]" | "," | ":" | "\"");
        match word {
            "" => self.invalid("The input string ended unexpectedly.".into()),
            word if token && !valid => self.invalid(format!("Token \"{word}\" is invalid.")),
            word if !valid => self.invalid(format!("Token \"{word}\" is invalid.")),
            word => self.invalid(format!("{expected} \"{word}\".")),
        }
    }

    fn invalid(&self, detail: String) -> Report {
        Report::new(SqlState::INVALID_TEXT_REPRESENTATION, "invalid input syntax for type json").detail(detail)
    }
}

/// JSON's grammar of numbers: no leading zeros, no bare point.
fn is_number(word: &str) -> bool {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && fraction.is_none_or(digits) && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jsonb_prints_as_postgresql_does() {
        for (text, form) in [
            (r#"{"bb":1,"a":[1, 2,{}],"c":null}"#, r#"{"a": [1, 2, {}], "c": null, "bb": 1}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a": 2}"#),
            (r#" "x\u00e9\n\u0001\/" "#, "\"x\u{e9}\\n\\u0001/\""),
            ("[1.50, 1e2, -0, 1.5e-3]", "[1.50, 100, 0, 0.0015]"),
            (r#""\ud83d\ude00""#, "\"\u{1f600}\""),
            ("true", "true"),
            ("[]", "[]"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(form), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for (text, detail) in [
            ("abc", "Token \"abc\" is invalid."),
            ("", "The input string ended unexpectedly."),
            ("{\"a\":}", "Expected JSON value, but found \"}\"."),
            ("[1,2", "The input string ended unexpectedly."),
            ("[1 2]", "Expected \",\" or \"]\", but found \"2\"."),
            ("{a:1}", "Token \"a\" is invalid."),
            ("01", "Token \"01\" is invalid."),
            ("\"a", "Token \"\"a\" is invalid."),
            ("{} {}", "Expected end of input, but found \"{\"."),
        ] {
            let error = validate(text).unwrap_err();
            assert_eq!((error.message.as_str(), error.detail.as_deref()), ("invalid input syntax for type json", Some(detail)), "{text}");
        }
        assert!(validate(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn strings_are_quoted() {
        let mut out = String::new();
        quote("é\"\\\u{1}\u{1f}\n\t\u{8}\u{c}\r/\u{7f}x", &mut out);
        assert_eq!(out, "\"é\\\"\\\\\\u0001\\u001f\\n\\t\\b\\f\\r/\u{7f}x\"");
    }
}
