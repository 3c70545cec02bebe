//! to_char over numbers: `9 0 . , D G S MI PL FM $`, the rest refused.

use super::Scalar;
use super::decimal::{decimal, small};
use super::rows::{TEXT, strict};
use super::value::Value;
use crate::error::{Report, Result};

/// What a template asks for.
#[derive(Default)]
struct Template {
    /// `9`, `0`, `,` and other text before the point.
    whole: Vec<char>,
    /// `9` and `0` behind the point.
    fraction: Vec<char>,
    point: bool,
    fill: bool,
    sign: Sign,
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Sign {
    /// A minus or a blank right before the number.
    #[default]
    Blank,
    /// S in front: plus or minus right before the number.
    Front,
    /// S at the end.
    Back,
    /// MI at the end: minus or blank.
    Minus,
    /// PR: angle brackets.
    Brackets,
}

fn read(template: &str) -> Result<Template> {
    let mut form = Template::default();
    let mut rest = template;
    let refuse = |what: &str| Err(Report::unsupported(format!("the pattern {what} of to_char")));
    while let Some(c) = rest.chars().next() {
        let upper = rest.get(..2).unwrap_or("").to_uppercase();
        let any = !form.whole.is_empty() || form.point;
        let mut width = c.len_utf8();
        match (upper.as_str(), c) {
            ("FM", _) => (form.fill, width) = (true, 2),
            ("MI", _) if any => (form.sign, width) = (Sign::Minus, 2),
            ("PR", _) if any => (form.sign, width) = (Sign::Brackets, 2),
            (_, 'S' | 's') => form.sign = if any { Sign::Back } else { Sign::Front },
            (_, '.' | 'D' | 'd') if !form.point => form.point = true,
            (_, '9' | '0') if form.point => form.fraction.push(c),
            (_, '9' | '0') => form.whole.push(c),
            (_, ',' | 'G' | 'g') if !form.point => form.whole.push(','),
            _ => return refuse(&c.to_string()),
        }
        rest = &rest[width..];
    }
    if form.whole.iter().chain(&form.fraction).all(|c| *c == ',') {
        return refuse(template);
    }
    Ok(form)
}

/// Writes a number given as sign, whole digits, fraction digits (already rounded to the template's).
fn write(form: &Template, negative: bool, whole: &str, fraction: &str) -> String {
    let slots = form.whole.iter().filter(|c| **c != ',').count();
    let overflow = whole.len() > slots;
    let first_zero = form.whole.iter().filter(|c| **c != ',').position(|c| *c == '0').unwrap_or(slots);
    let mut body = String::new();
    let mut started = false;
    let mut slot = 0;
    let pad = slots.saturating_sub(whole.len());
    for c in &form.whole {
        if *c == ',' {
            if started {
                body.push(',');
            } else if !form.fill {
                body.push(' ');
            }
            continue;
        }
        if overflow {
            started = true;
            body.push('#');
        } else if slot >= pad {
            started = true;
            body.extend(whole.chars().nth(slot - pad));
        } else if slot >= first_zero {
            started = true;
            body.push('0');
        } else if !form.fill {
            body.push(' ');
        }
        slot += 1;
    }
    if form.point {
        body.push('.');
        let mut digits: String = if overflow { "#".repeat(form.fraction.len()) } else { fraction.to_owned() };
        if form.fill && !overflow {
            let keep = form.fraction.iter().rposition(|c| *c == '0').map_or(0, |at| at + 1);
            while digits.len() > keep && digits.ends_with('0') {
                digits.pop();
            }
        }
        body.push_str(&digits);
    }
    let blanks = body.len() - body.trim_start().len();
    let (space, number) = body.split_at(blanks);
    let plain = |sign: &str| format!("{space}{sign}{number}");
    match form.sign {
        Sign::Blank if negative => plain("-"),
        Sign::Blank if form.fill => plain(""),
        Sign::Blank => plain(" "),
        Sign::Front => plain(if negative { "-" } else { "+" }),
        Sign::Back => format!("{body}{}", if negative { '-' } else { '+' }),
        Sign::Minus if negative => format!("{body}-"),
        Sign::Minus if form.fill => body,
        Sign::Minus => format!("{body} "),
        Sign::Brackets if negative => format!("{space}<{number}>"),
        Sign::Brackets if form.fill => body,
        Sign::Brackets => format!("{space} {number} "),
    }
}

fn to_char(value: &Value, template: &str) -> Result<String> {
    let form = read(template)?;
    let number = match value {
        Value::Float(value) if value.is_finite() => super::cast::rounded_float(*value)?,
        Value::Float(_) => return Err(Report::unsupported("to_char of infinity or NaN")),
        value => decimal(value)?,
    };
    let digits = i32::try_from(form.fraction.len()).unwrap_or(0);
    let rounded = number.rescaled(digits).ok_or_else(super::decimal::too_large)?;
    let text = rounded.shown(digits);
    let negative = text.starts_with('-');
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    // A zero before the point is written only where a digit is asked for; where none may stand it overflows
    // (or, under FM, where nothing else would be left).
    let bare = form.fill && form.fraction.iter().all(|c| *c == '9') && fraction.bytes().all(|digit| digit == b'0');
    let has_room = form.whole.iter().any(|c| *c != ',');
    let whole = if has_room && whole == "0" && form.point && !form.fraction.is_empty() && !bare { "" } else { whole };
    Ok(write(&form, negative, whole, fraction))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![strict!("pg_to_char_number", TEXT, |args| {
        let _ = small(&args[2])?;
        Ok(Value::text(to_char(&args[0], args[1].str()?)?))
    })]
}

#[cfg(test)]
mod tests {
    use super::super::decimal::Decimal;
    use super::*;

    #[test]
    fn numbers_fill_their_templates() {
        let write = |number: &str, template: &str| {
            to_char(&Value::Numeric(Decimal::parse(number).expect("a number")), template).expect("a template")
        };
        assert_eq!(write("1234.5", "FM999,990.00"), "1,234.50");
        assert_eq!(write("-125.8", "999.99"), "-125.80");
        assert_eq!(write("0.1", "0.9"), " 0.1");
        assert_eq!(write("0.1", "FM9.99"), ".1");
        assert_eq!(write("12", "99999"), "    12");
        assert_eq!(write("1485", "9,999"), " 1,485");
        assert_eq!(write("485", "00000"), " 00485");
        assert_eq!(write("12345", "999"), " ###");
        assert_eq!(write("0.5", ".99"), " .##");
    }
}
