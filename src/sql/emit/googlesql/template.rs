//! to_char, to_date and to_timestamp: constant templates, piece by piece.

use super::*;
use crate::types::Type;

impl Emitter {
    /// Prints a formatting function; `None` if it is none.
    pub fn template_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let [value, template] = args else { return Ok(None) };
        if !matches!(function.name.as_str(), "to_char" | "to_date" | "to_timestamp" | "to_number") {
            return Ok(None);
        }
        let Some(pattern) = literals::constant_text(template) else {
            return Err(refuse(
                format!("{}() with a computed template", function.name),
                template.position,
                "Write the template as a constant.",
            ));
        };
        let pattern = pattern.to_owned();
        let text = match (function.name.as_str(), value.ty) {
            ("to_char", Type::TIMESTAMP | Type::TIMESTAMPTZ) => self.moment_template(value, &pattern, template)?,
            ("to_char", Type::INTERVAL) => self.interval_template(value, &pattern, template)?,
            ("to_char", ty) if super::operators::is_number(ty) && ty != Type::FLOAT4 => self.number_template(value, &pattern, template)?,
            ("to_date", _) => {
                let read = parse_template(&pattern, template)?;
                let (format, value) = (literals::string(&read.format), read.begin(&self.expr(value)?));
                read.in_its_century(&format!("PARSE_DATE({format}, {value})"), "DATE")
            }
            ("to_timestamp", _) => {
                let read = parse_template(&pattern, template)?;
                let (format, value) = (literals::string(&read.format), read.begin(&self.expr(value)?));
                match self.is_utc() && !read.short_year {
                    true => Text::atom(format!("PARSE_TIMESTAMP({format}, {value})")),
                    // A clock that shows the hour twice is read as PostgreSQL reads it.
                    false => {
                        let local = read.in_its_century(&format!("PARSE_DATETIME({format}, {value})"), "DATETIME");
                        super::datetime::moment_of(&local, &self.zone_literal())
                    }
                }
            }
            (name, ty) => return Err(refuse(format!("{name}() of {ty}"), expr.position, "to_char() of timestamps and numbers is.")),
        };
        Ok(Some(text))
    }
}

/// A template for reading.
struct Read {
    /// BigQuery's own.
    format: String,
    /// What a text has to begin with, as a regular expression.
    begin: String,
    /// The last field is a number.
    ends_in_digits: bool,
    /// The year has two digits.
    short_year: bool,
}

impl Read {
    /// The part of a text that the template reads: PostgreSQL does not look at what stands behind it. A number ends where its digits do, and BigQuery
    /// would take a month's whole name for its first letters.
    fn begin(&self, value: &Text) -> Text {
        let rest = if self.ends_in_digits { r"(?:\D.*)?" } else { ".*" };
        let pattern = literals::string(&format!(r"(?s)^\s*({}){rest}$", self.begin));
        let begin = format!("REGEXP_REPLACE({value}, {pattern}, '\\\\1')");
        Text::atom(match self.format.contains("%b") || self.format.contains("%B") {
            true => format!(
                "IF(NOT REGEXP_CONTAINS({value}, {pattern}), ERROR(CONCAT('Failed to parse input string \"', {value}, '\"')), {begin})"
            ),
            false => begin,
        })
    }

    /// PostgreSQL's years of two digits are those from 1970 to 2069, BigQuery's those from 1969 to 2068.
    fn in_its_century(&self, read: &str, prefix: &str) -> Text {
        Text::atom(match self.short_year {
            true => format!("{prefix}_ADD({read}, INTERVAL IF(EXTRACT(YEAR FROM {read}) = 1969, 100, 0) YEAR)"),
            false => read.to_owned(),
        })
    }
}

/// The digits or letters that a field may have.
fn field(code: &str) -> &'static str {
    match code {
        "%Y" => r"\d{4}",
        "%y" => r"\d{2}",
        "%j" => r"\d{1,3}",
        "%b" => "[A-Za-z]{3}",
        "%B" => "(?i:January|February|March|April|May|June|July|August|September|October|November|December)",
        "%p" => "[AaPp][Mm]",
        "%E*S" => r"\d{1,2}(?:\.\d{1,6})?",
        _ => r"\d{1,2}",
    }
}

/// Converts a template for reading; only numeric fields of fixed width and separators.
fn parse_template(pattern: &str, at: &Expr) -> Result<Read> {
    let known = [
        ("SS.US", "%E*S"),
        ("SS.MS", "%E*S"),
        ("ss.us", "%E*S"),
        ("ss.ms", "%E*S"),
        ("DDD", "%j"),
        ("yyyy", "%Y"),
        ("YY", "%y"),
        ("yy", "%y"),
        ("mm", "%m"),
        ("dd", "%d"),
        ("hh24", "%H"),
        ("hh12", "%I"),
        ("mi", "%M"),
        ("ss", "%S"),
        ("am", "%p"),
        ("pm", "%p"),
        ("MON", "%b"),
        ("mon", "%b"),
        ("MONTH", "%B"),
        ("month", "%B"),
        ("HH", "%I"),
        ("YYYY", "%Y"),
        ("MM", "%m"),
        ("DD", "%d"),
        ("HH24", "%H"),
        ("HH12", "%I"),
        ("MI", "%M"),
        ("SS", "%S"),
        ("AM", "%p"),
        ("PM", "%p"),
        ("Mon", "%b"),
        ("Month", "%B"),
    ];
    let mut out = String::new();
    let (mut begin, mut ends_in_digits, mut short_year) = (String::new(), false, false);
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some((word, code)) = known.iter().filter(|(word, _)| rest.starts_with(word)).max_by_key(|(word, _)| word.len()) {
            out.push_str(code);
            begin.push_str(field(code));
            short_year |= *code == "%y";
            ends_in_digits = !matches!(*code, "%b" | "%B" | "%p");
            rest = &rest[word.len()..];
            continue;
        }
        // Text in quotes is skipped, whatever stands there.
        if let Some((quoted, after)) = rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"'))
            && quoted.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ')
        {
            out.push_str(quoted);
            begin.push_str(quoted);
            ends_in_digits = false;
            rest = after;
            continue;
        }
        let c = rest.chars().next().unwrap_or(' ');
        if c == 'T' {
            out.push('T');
            begin.push('T');
            ends_in_digits = false;
            rest = &rest[1..];
            continue;
        }
        if !matches!(c, '-' | '/' | ':' | ' ' | '.' | ',') {
            return Err(refuse(format!("the template '{pattern}'"), at.position, "YYYY, MM, DD, HH24, MI and SS with separators are."));
        }
        out.push(c);
        begin.push_str(if c == '.' { "[.]" } else { &rest[..1] });
        ends_in_digits = false;
        rest = &rest[c.len_utf8()..];
    }
    Ok(Read { format: out, begin, ends_in_digits, short_year })
}
