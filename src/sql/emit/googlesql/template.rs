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
                let format = parse_template(&pattern, template)?;
                Text::atom(format!("PARSE_DATE({}, {})", literals::string(&format), self.expr(value)?))
            }
            ("to_timestamp", _) => {
                let format = parse_template(&pattern, template)?;
                let (format, value) = (literals::string(&format), self.expr(value)?);
                match self.is_utc() {
                    true => Text::atom(format!("PARSE_TIMESTAMP({format}, {value})")),
                    // A clock that shows the hour twice is read as PostgreSQL reads it.
                    false => super::datetime::moment_of(&Text::atom(format!("PARSE_DATETIME({format}, {value})")), &self.zone_literal()),
                }
            }
            (name, ty) => return Err(refuse(format!("{name}() of {ty}"), expr.position, "to_char() of timestamps and numbers is.")),
        };
        Ok(Some(text))
    }
}

/// Converts a template for reading; only numeric fields of fixed width and separators.
fn parse_template(pattern: &str, at: &Expr) -> Result<String> {
    let known = [
        ("SS.US", "%E*S"),
        ("SS.MS", "%E*S"),
        ("ss.us", "%E*S"),
        ("ss.ms", "%E*S"),
        ("DDD", "%j"),
        ("yyyy", "%Y"),
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
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some((word, code)) = known.iter().filter(|(word, _)| rest.starts_with(word)).max_by_key(|(word, _)| word.len()) {
            out.push_str(code);
            rest = &rest[word.len()..];
            continue;
        }
        // Text in quotes is skipped, whatever stands there.
        if let Some((quoted, after)) = rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"'))
            && quoted.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ')
        {
            out.push_str(quoted);
            rest = after;
            continue;
        }
        let c = rest.chars().next().unwrap_or(' ');
        if c == 'T' {
            out.push('T');
            rest = &rest[1..];
            continue;
        }
        if !matches!(c, '-' | '/' | ':' | ' ' | '.' | ',') {
            return Err(refuse(format!("the template '{pattern}'"), at.position, "YYYY, MM, DD, HH24, MI and SS with separators are."));
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}
