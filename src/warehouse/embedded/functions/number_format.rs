//! to_char over numbers: formatting.c's own walk through the template (`NUM_processor`).

use super::Scalar;
use super::decimal::{Decimal, decimal, small, times_power, too_large};
use super::rows::{TEXT, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};

/// One element of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    Nine,
    Zero,
    Point,
    Comma,
    Currency,
    Sign,
    Minus,
    Plus,
    Signed,
    Roman(bool),
    Ordinal(bool),
    /// Does nothing where it stands: FM, PR, V, EEEE, B.
    Silent,
    Text(char),
}

/// Where S writes the sign.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Place {
    #[default]
    None,
    Before,
    Behind,
}

/// What a template asks for (`NUMDesc`).
#[derive(Default)]
pub(super) struct Form {
    pub marks: Vec<Mark>,
    /// Digits before and behind the point.
    pub pre: usize,
    pub post: usize,
    /// Digits that V shifts by.
    shift: usize,
    pub has_shift: bool,
    pub point: bool,
    zero: bool,
    zero_start: usize,
    zero_end: usize,
    pub fill: bool,
    sign: Place,
    pub has_sign: bool,
    before_sign: usize,
    pub plus: bool,
    pub minus: bool,
    pub brackets: bool,
    pub roman: bool,
    pub exponent: bool,
}

fn wrong(message: &str) -> Report {
    Report::new(SqlState::SYNTAX_ERROR, message)
}

/// Reads a template (`parse_format`, `NUMDesc_prepare`).
pub(super) fn form_of(template: &str) -> Result<Form> {
    let mut form = Form::default();
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        if c == '"' || rest.starts_with("\\\"") {
            rest = quoted(rest, &mut form.marks);
            continue;
        }
        let starts = |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let long = ["EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH"].into_iter().find(|word| starts(word));
        let (mark, width) = match long {
            Some("MI") => {
                form.only_sign()?;
                form.minus = true;
                (Mark::Minus, 2)
            }
            Some("PL") => {
                form.only_sign()?;
                form.plus = true;
                (Mark::Plus, 2)
            }
            Some("SG") => {
                form.only_sign()?;
                (form.plus, form.minus) = (true, true);
                (Mark::Signed, 2)
            }
            Some("PR") => {
                if form.has_sign || form.plus || form.minus {
                    return Err(wrong("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together"));
                }
                form.brackets = true;
                (Mark::Silent, 2)
            }
            Some("FM") => {
                form.fill = true;
                (Mark::Silent, 2)
            }
            Some("EEEE") => {
                if form.exponent {
                    return Err(wrong("cannot use \"EEEE\" twice"));
                }
                if form.fill || form.has_sign || form.plus || form.minus || form.brackets || form.roman {
                    return Err(wrong("\"EEEE\" is incompatible with other formats"));
                }
                form.exponent = true;
                (Mark::Silent, 4)
            }
            Some("RN") => {
                form.roman = true;
                (Mark::Roman(rest.starts_with('r')), 2)
            }
            Some("TH") => (Mark::Ordinal(rest.starts_with("th")), 2),
            Some(word) => (Mark::Silent, word.len()),
            None => (form.single(c)?, c.len_utf8()),
        };
        form.marks.push(mark);
        rest = &rest[width..];
    }
    Ok(form)
}

/// Takes a quoted text, or an escaped quote, as it stands.
fn quoted<'t>(text: &'t str, marks: &mut Vec<Mark>) -> &'t str {
    if let Some(rest) = text.strip_prefix("\\\"") {
        marks.push(Mark::Text('"'));
        return rest;
    }
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return &text[at + 1..],
            '\\' => marks.extend(chars.next().map(|(_, c)| Mark::Text(c))),
            c => marks.push(Mark::Text(c)),
        }
    }
    ""
}

impl Form {
    fn only_sign(&self) -> Result<()> {
        if self.has_sign { Err(wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together")) } else { Ok(()) }
    }

    fn single(&mut self, c: char) -> Result<Mark> {
        Ok(match c.to_ascii_uppercase() {
            '9' | '0' if self.brackets => return Err(wrong(&format!("\"{c}\" must be ahead of \"PR\""))),
            '9' => {
                if self.has_shift {
                    self.shift += 1;
                } else if self.point {
                    self.post += 1;
                } else {
                    self.pre += 1;
                }
                Mark::Nine
            }
            '0' => {
                if !self.zero && !self.point {
                    self.zero = true;
                    self.zero_start = self.pre + 1;
                }
                if self.point {
                    self.post += 1;
                } else {
                    self.pre += 1;
                }
                self.zero_end = self.pre + self.post;
                Mark::Zero
            }
            '.' | 'D' => {
                if self.point {
                    return Err(wrong("multiple decimal points"));
                }
                if self.has_shift {
                    return Err(wrong("cannot use \"V\" and decimal point together"));
                }
                self.point = true;
                Mark::Point
            }
            ',' | 'G' => Mark::Comma,
            'L' => Mark::Currency,
            'S' => {
                if self.has_sign {
                    return Err(wrong("cannot use \"S\" twice"));
                }
                if self.plus || self.minus || self.brackets {
                    return Err(wrong("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together"));
                }
                self.has_sign = true;
                if self.point {
                    self.sign = Place::Behind;
                } else {
                    (self.sign, self.before_sign) = (Place::Before, self.pre);
                }
                Mark::Sign
            }
            'V' => {
                if self.point {
                    return Err(wrong("cannot use \"V\" and decimal point together"));
                }
                self.has_shift = true;
                Mark::Silent
            }
            'B' => Mark::Silent,
            _ => Mark::Text(c),
        })
    }
}

/// The walk through a template (`NUMProc`).
struct Writer<'n> {
    form: Form,
    number: &'n [u8],
    at: usize,
    negative: bool,
    sign_written: bool,
    spaces: usize,
    /// The last digit that FM keeps.
    last: Option<usize>,
    count: usize,
    current: usize,
    inside: bool,
    out: String,
    /// Where the number's end was written: to C the text ends there.
    end: Option<usize>,
}

impl<'n> Writer<'n> {
    fn new(mut form: Form, number: &'n [u8], negative: bool, spaces: usize) -> Writer<'n> {
        if form.zero_start > 0 {
            form.zero_start -= 1;
        }
        let sign_written = if form.plus || form.minus {
            form.minus
        } else {
            if !negative && form.brackets && form.fill {
                form.brackets = false;
            }
            if form.sign == Place::Before && form.pre == form.before_sign {
                form.sign = Place::Behind;
            }
            !negative && form.fill && !form.has_sign
        };
        let mut last = None;
        if form.fill && form.point {
            last = number.iter().position(|c| *c == b'.').map(|point| {
                number.iter().enumerate().skip(point + 1).filter(|(_, c)| **c != b'0').map(|(i, _)| i).next_back().unwrap_or(point)
            });
            if let Some(relevant) = last
                && form.zero_end > spaces
            {
                last = Some(relevant.max((number.len() - 1).min(form.zero_end - spaces)));
            }
        }
        let mut count = (form.post + form.pre).saturating_sub(1);
        if !sign_written && spaces == 0 {
            count += 1;
        }
        Writer {
            form,
            number,
            at: 0,
            negative,
            sign_written,
            spaces,
            last,
            count,
            current: 0,
            inside: false,
            out: String::new(),
            end: None,
        }
    }

    fn last_is_point(&self) -> bool {
        self.last.is_some_and(|last| self.number[last] == b'.')
    }

    /// `9.9` writes 0.1 as ` .1`.
    fn is_blank_zero(&self) -> bool {
        !self.form.zero && self.at == 0 && self.number.first() == Some(&b'0') && self.form.post != 0
    }

    fn part(&mut self, zero_mark: bool) {
        if self.form.roman {
            return;
        }
        self.inside = false;
        let reached = self.current >= self.spaces || self.form.zero && self.form.zero_start == self.current;
        if !self.sign_written && reached && (!self.is_blank_zero() || self.last_is_point()) {
            if self.form.has_sign {
                if self.form.sign == Place::Before {
                    self.out.push(if self.negative { '-' } else { '+' });
                    self.sign_written = true;
                }
            } else {
                match (self.form.brackets, self.negative) {
                    (true, negative) => self.out.push(if negative { '<' } else { ' ' }),
                    (false, true) => self.out.push('-'),
                    (false, false) if !self.form.fill => self.out.push(' '),
                    (false, false) => {}
                }
                self.sign_written = true;
            }
        }
        if self.current < self.spaces && (self.form.zero_start > self.current || !self.form.zero) {
            if !self.form.fill {
                self.out.push(' ');
            }
        } else if self.form.zero && self.current < self.spaces {
            self.out.push('0');
            self.inside = true;
        } else {
            match self.number.get(self.at) {
                Some(b'.') => {
                    if !self.last_is_point() || self.form.fill {
                        self.out.push('.');
                    }
                }
                _ if self.last.is_some_and(|last| self.at > last) && !zero_mark => {}
                _ if self.is_blank_zero() => {
                    if !self.form.fill {
                        self.out.push(' ');
                    } else if self.last_is_point() {
                        self.out.push('0');
                    }
                }
                Some(digit) => {
                    self.out.push(char::from(*digit));
                    self.inside = true;
                }
                None => {
                    self.inside = true;
                    self.end = self.end.or(Some(self.out.len()));
                }
            }
            if self.at < self.number.len() {
                self.at += 1;
            }
        }
        let mut end = self.count + usize::from(self.spaces > 0) + usize::from(self.form.point);
        if self.last == Some(self.at) {
            end = self.current;
        }
        if self.current + 1 == end {
            if self.sign_written && self.form.brackets {
                self.out.push(if self.negative { '>' } else { ' ' });
            } else if self.form.has_sign && self.form.sign == Place::Behind {
                self.out.push(if self.negative { '-' } else { '+' });
            }
        }
        self.current += 1;
    }

    fn run(mut self, roman: &str) -> String {
        for mark in std::mem::take(&mut self.form.marks) {
            let fill = self.form.fill;
            match mark {
                Mark::Nine | Mark::Point => self.part(false),
                Mark::Zero => self.part(true),
                Mark::Comma if self.inside => self.out.push(','),
                Mark::Comma | Mark::Minus | Mark::Plus if fill && !self.shows(&mark) => {}
                Mark::Comma => self.out.push(' '),
                Mark::Currency => self.out.push(' '),
                Mark::Minus => self.out.push(if self.negative { '-' } else { ' ' }),
                Mark::Plus => self.out.push(if self.negative { ' ' } else { '+' }),
                Mark::Signed => self.out.push(if self.negative { '-' } else { '+' }),
                Mark::Roman(lower) => {
                    let text = if lower { roman.to_lowercase() } else { roman.to_owned() };
                    self.out.push_str(&if fill { text } else { format!("{text:>15}") });
                }
                Mark::Ordinal(lower) => {
                    if !(self.form.roman || self.number.first() == Some(&b'#') || self.negative || self.form.point) {
                        let suffix = ordinal(self.number);
                        self.out.push_str(&if lower { suffix.to_owned() } else { suffix.to_uppercase() });
                    }
                }
                Mark::Sign | Mark::Silent => {}
                Mark::Text(c) => self.out.push(c),
            }
        }
        self.out.truncate(self.end.unwrap_or(self.out.len()));
        self.out
    }

    fn shows(&self, mark: &Mark) -> bool {
        match mark {
            Mark::Minus => self.negative,
            Mark::Plus => !self.negative,
            _ => false,
        }
    }
}

fn ordinal(number: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(number);
    let teen = text.len() >= 2 && text.as_bytes()[text.len() - 2] == b'1';
    match text.as_bytes().last() {
        Some(b'1') if !teen => "st",
        Some(b'2') if !teen => "nd",
        Some(b'3') if !teen => "rd",
        _ => "th",
    }
}

fn roman(value: Option<i128>) -> String {
    let Some(mut n @ 1..=3999) = value else { return "#".repeat(15) };
    let mut out = String::new();
    for (worth, letters) in [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ] {
        while n >= worth {
            out.push_str(letters);
            n -= worth;
        }
    }
    out
}

/// A numeric as `d.ddde-d`, rounded half away from zero.
fn decimal_exponent(value: Decimal, post: usize) -> String {
    let mut digits: Vec<u8> = value.unscaled.wrapping_abs().to_string().bytes().map(|digit| digit - b'0').collect();
    let mut exponent = i64::try_from(digits.len()).unwrap_or(0) - 1 - i64::from(value.scale);
    if value.is_zero() {
        (digits, exponent) = (vec![0], 0);
    }
    let up = digits.get(post + 1).is_some_and(|digit| *digit >= 5);
    digits.resize(post + 1, 0);
    if up {
        let mut place = digits.len();
        while place > 0 && digits[place - 1] == 9 {
            digits[place - 1] = 0;
            place -= 1;
        }
        if place > 0 {
            digits[place - 1] += 1;
        } else {
            // numeric_out_sci has chosen the exponent before it rounds: 9.99 is 10e+00.
            digits.insert(0, 1);
        }
    }
    let shown: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let (first, rest) = shown.split_at(shown.len() - post);
    let point = if post > 0 { "." } else { "" };
    format!("{}{first}{point}{rest}e{exponent}", if value.is_negative() { "-" } else { "" })
}

/// `d.ddde+dd`, a blank for plus in front.
fn scientific(value: &Value, post: usize) -> Result<String> {
    let text = match value {
        Value::Float(value) if !value.is_finite() => return Ok(format!(" #.{}####", "#".repeat(post))),
        Value::Float(value) => format!("{value:.post$e}"),
        value => decimal_exponent(decimal(value)?, post),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    Ok(format!("{}{mantissa}e{sign}{exponent:0>2}", if mantissa.starts_with('-') { "" } else { " " }))
}

/// The digits of a float as printf rounds them, at most as many as its type keeps.
fn float_digits(value: f64, form: &mut Form, most: usize) -> String {
    let pre = format!("{:.0}", value.abs()).len();
    if pre >= most {
        form.post = 0;
    } else if pre + form.post > most {
        form.post = most - pre;
    }
    format!("{value:.*}", form.post)
}

#[allow(clippy::cast_precision_loss)]
fn to_char(value: &Value, template: &str, mark: i32) -> Result<String> {
    let mut form = form_of(template)?;
    if form.roman {
        let whole = match value {
            Value::Float(value) => format!("{:.0}", value.round_ties_even()).parse::<i128>().ok(),
            value => decimal(value)?.rescaled(0).and_then(|value| value.unscaled.to_i128()),
        };
        let text = roman(whole);
        (form.pre, form.post, form.point, form.zero) = (0, 0, false, false);
        return Ok(Writer::new(form, text.as_bytes(), false, 0).run(&text));
    }
    if form.exponent {
        return scientific(value, form.post);
    }
    let shift = i32::try_from(form.shift).unwrap_or(0);
    form.pre += form.shift;
    let text = match value {
        Value::Float(value) if value.is_finite() => {
            let most = if mark == -2 { 6 } else { 15 };
            // float4_to_char multiplies float4s, which rounds.
            #[allow(clippy::cast_possible_truncation)]
            let shifted = if mark == -2 { (*value as f32 * 10_f64.powi(shift) as f32).into() } else { value * 10_f64.powi(shift) };
            float_digits(shifted, &mut form, most)
        }
        Value::Float(_) => return Err(Report::unsupported("to_char of infinity or NaN")),
        value => {
            let value = decimal(value)?;
            let value =
                if shift > 0 { Decimal::new(times_power(value.unscaled, shift).ok_or_else(too_large)?, value.scale) } else { value };
            let post = i32::try_from(form.post).unwrap_or(0);
            value.rescaled(post).ok_or_else(too_large)?.shown(post)
        }
    };
    let (negative, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |rest| (true, rest));
    let whole = digits.find('.').unwrap_or(digits.len());
    let (spaces, digits) = match whole.cmp(&form.pre) {
        std::cmp::Ordering::Less => (form.pre - whole, digits.to_owned()),
        std::cmp::Ordering::Equal => (0, digits.to_owned()),
        std::cmp::Ordering::Greater => (0, format!("{}.{}", "#".repeat(form.pre), "#".repeat(form.post))),
    };
    Ok(Writer::new(form, digits.as_bytes(), negative, spaces).run(""))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![strict!("pg_to_char_number", TEXT, |args| Ok(Value::text(to_char(&args[0], args[1].str()?, small(&args[2])?)?)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_their_templates() {
        let is = |number: &str, template: &str, expected: &str| {
            let value = Value::Numeric(Decimal::parse(number).expect("a number"));
            assert_eq!(to_char(&value, template, 0).expect("a template"), expected, "{number} by {template}");
        };
        is("1234.5", "FM999,990.00", "1,234.50");
        is("-125.8", "999.99", "-125.80");
        is("0.1", "0.9", " 0.1");
        is("0.1", "FM9.99", ".1");
        is("12", "99999", "    12");
        is("1485", "9,999", " 1,485");
        is("485", "00000", " 00485");
        is("12345", "999", " ###");
        is("0.5", ".99", " .##");
        is("485", "999th", " 485th");
        is("485", "\"Good number:\"999", "Good number: 485");
        is("-485", "999S", "485-");
        is("-485", "999MI", "485-");
        is("-485", "999PR", "<485>");
        is("485", "L999", "  485");
        is("485", "RN", "        CDLXXXV");
        is("5", "FMRN", "V");
        is("12.4", "99V9", " 124");
        is("-12", "SG99", "-12");
        is("12", "PL99", "+ 12");
        is("1234.5", "FM$999,999.00", "$1,234.50");
        is("0.0004859", "9.99EEEE", " 4.86e-04");
    }
}
