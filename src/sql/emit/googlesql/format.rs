//! format() with a constant template: %s, %I, %L, positions and widths.

use super::*;
use crate::error::SqlState;

/// The widest column of a template.
const MAX_WIDTH: usize = 10_000;

/// One specifier of a template.
struct Specifier {
    /// Which argument, from 1; the next one if none is given.
    place: Option<usize>,
    /// Blanks on the right.
    left: bool,
    width: usize,
    kind: char,
}

impl Emitter {
    /// Prints format().
    pub fn format_text(&mut self, expr: &Expr, template: &Expr, args: &[Expr]) -> Result<Text> {
        let Some(template) = literals::constant_text(template) else {
            return Err(refuse("format() with a computed template", expr.position, "Write the template as a constant."));
        };
        let invalid = |message: &str| Report::new(SqlState::INVALID_PARAMETER_VALUE, message.to_owned()).at(expr.position);
        let mut items: Vec<Text> = Vec::new();
        let mut literal = String::new();
        let mut chars = template.chars();
        let mut next = 1;
        while let Some(c) = chars.next() {
            if c != '%' {
                literal.push(c);
                continue;
            }
            let specifier = specifier(&mut chars).ok_or_else(|| {
                refuse("this specifier of format()", expr.position, "Use %s, %I and %L, with a position or a width before.")
            })?;
            if specifier.kind == '%' {
                literal.push('%');
                continue;
            }
            let place = specifier.place.unwrap_or(next);
            if place == 0 {
                return Err(invalid("format specifies argument 0, but arguments are numbered from 1"));
            }
            let Some(arg) = args.get(place - 1) else { return Err(invalid("too few arguments for format()")) };
            next = place + 1;
            if !literal.is_empty() {
                items.push(Text::atom(literals::string(&std::mem::take(&mut literal))));
            }
            let text = match specifier.kind {
                's' => Text::atom(format!("COALESCE({}, '')", self.output_text(arg)?)),
                'L' => {
                    let text = self.output_text(arg)?;
                    Text::atom(format!("COALESCE({}, 'NULL')", quoted(&text)))
                }
                'I' => {
                    let text = self.output_text(arg)?;
                    let error = "ERROR('null values cannot be formatted as an SQL identifier')";
                    identifier(&Text::atom(if self.never_null(arg) { text.to_string() } else { format!("COALESCE({text}, {error})") }))
                }
                other => {
                    return Err(
                        invalid(&format!("unrecognized format() type specifier \"{other}\"")).hint("For a single \"%\" use \"%%\".")
                    );
                }
            };
            items.push(match specifier.width {
                0 => text,
                width => {
                    let pad = if specifier.left { "RPAD" } else { "LPAD" };
                    Text::atom(format!("IF(CHAR_LENGTH({text}) < {width}, {pad}({text}, {width}), {text})"))
                }
            });
        }
        if !literal.is_empty() || items.is_empty() {
            items.push(Text::atom(literals::string(&literal)));
        }
        Ok(Text::call("CONCAT", &items))
    }
}

/// A text as a name of PostgreSQL: in quotes where it is no plain word.
pub(super) fn identifier(text: &Text) -> Text {
    let words: Vec<String> = crate::types::ident::RESERVED.iter().map(|word| literals::string(word)).collect();
    Text::atom(format!(
        "IF(REGEXP_CONTAINS({text}, '^[a-z_][a-z0-9_]*$') AND {} NOT IN ({}), {text}, CONCAT('\"', REPLACE({text}, '\"', '\"\"'), '\"'))",
        text.operand(),
        words.join(", ")
    ))
}

/// A text as a string constant of PostgreSQL: with an E before it if it holds a backslash.
pub(super) fn quoted(text: &Text) -> Text {
    Text::atom(format!(
        "IF(STRPOS({text}, '\\\\') > 0, CONCAT(\"E'\", REPLACE(REPLACE({text}, \"'\", \"''\"), '\\\\', '\\\\\\\\'), \"'\"), CONCAT(\"'\", REPLACE({text}, \"'\", \"''\"), \"'\"))"
    ))
}

/// Reads `[position$][-][width]type` behind a percent sign.
fn specifier(chars: &mut std::str::Chars) -> Option<Specifier> {
    let mut spec = String::new();
    let kind = loop {
        match chars.next()? {
            c if c.is_ascii_digit() || c == '$' || c == '-' => spec.push(c),
            '%' if !spec.is_empty() => return None,
            c => break c,
        }
    };
    let (place, width) = match spec.split_once('$') {
        Some((place, width)) => (Some(place.parse().ok()?), width),
        None => (None, spec.as_str()),
    };
    let digits = width.trim_start_matches('-');
    let width_given = if digits.is_empty() { 0 } else { digits.parse().ok().filter(|width| *width <= MAX_WIDTH)? };
    Some(Specifier { place, left: width.starts_with('-'), width: width_given, kind })
}
