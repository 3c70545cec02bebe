//! Patterns without regard to case. PostgreSQL takes a letter for its capital and its small letter, RE2 for all that Unicode folds together: k for the
//! sign of the kelvin, s for the long s, σ for ς. Where the two differ, the letters are written out, and their case counts.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::letters;

/// A range of more characters than this holds the letters of both cases.
const MOST: u32 = 4096;

/// Writes the letters of a converted pattern out that RE2 would take for more than PostgreSQL does, where case does not count.
pub(super) fn told<'p>(converted: &'p str, flags: &str) -> Cow<'p, str> {
    if !flags.contains('i') && !converted.starts_with("(?i)") {
        return Cow::Borrowed(converted);
    }
    let mut out = String::new();
    let mut chars = converted.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '[' => class(&mut chars, &mut out),
            '\\' => {
                out.push('\\');
                out.extend(chars.next());
            }
            '(' if chars.peek() == Some(&'?') => {
                out.push('(');
                for head in chars.by_ref() {
                    out.push(head);
                    if matches!(head, ':' | ')') {
                        break;
                    }
                }
            }
            c => match added(&[(c, c)]) {
                Some(others) => out.push_str(&format!("(?-i:[{c}{others}])")),
                None => out.push(c),
            },
        }
    }
    Cow::Owned(out)
}

/// Copies a class, whose bracket is read already.
fn class(chars: &mut Peekable<Chars>, out: &mut String) {
    let mut body = String::new();
    let mut letters = Vec::new();
    if chars.peek() == Some(&'^') {
        body.extend(chars.next());
    }
    loop {
        match item(chars, &mut body) {
            Item::End => break,
            Item::Other => {}
            Item::Letter(from) => {
                let mut ahead = chars.clone();
                let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
                if !is_range {
                    letters.push((from, from));
                    continue;
                }
                body.extend(chars.next());
                match item(chars, &mut body) {
                    Item::Letter(to) => letters.push((from, to)),
                    Item::Other => {}
                    Item::End => break,
                }
            }
        }
    }
    match added(&letters) {
        Some(others) => out.push_str(&format!("(?-i:[{body}{others}])")),
        None => out.push_str(&format!("[{body}]")),
    }
}

enum Item {
    Letter(char),
    /// A class within the class.
    Other,
    End,
}

/// Reads one item of a class and copies it.
fn item(chars: &mut Peekable<Chars>, body: &mut String) -> Item {
    let Some(c) = chars.next() else { return Item::End };
    match c {
        ']' => Item::End,
        '[' if chars.peek() == Some(&':') => {
            body.push(c);
            for named in chars.by_ref() {
                body.push(named);
                if named == ']' {
                    break;
                }
            }
            Item::Other
        }
        '\\' => match chars.next() {
            Some('p') => {
                let name = braced(chars);
                // Letters of one case are letters of any.
                body.push_str(&if matches!(name.as_str(), "{Lu}" | "{Ll}") { "\\pL".to_owned() } else { format!("\\p{name}") });
                Item::Other
            }
            Some('x') => {
                let code = braced(chars);
                body.push_str(&format!("\\x{code}"));
                let code = u32::from_str_radix(code.trim_matches(['{', '}']), 16).ok().and_then(char::from_u32);
                code.map_or(Item::Other, Item::Letter)
            }
            Some(escaped) => {
                body.extend(['\\', escaped]);
                if escaped.is_alphanumeric() { Item::Other } else { Item::Letter(escaped) }
            }
            None => Item::End,
        },
        c => {
            body.push(c);
            Item::Letter(c)
        }
    }
}

/// Reads what stands in braces, or one letter.
fn braced(chars: &mut Peekable<Chars>) -> String {
    let mut name = String::new();
    for c in chars.by_ref() {
        name.push(c);
        if !name.starts_with('{') || c == '}' {
            break;
        }
    }
    name
}

/// Returns the letters of the other case, as they stand in a class; `None` where RE2 takes the same.
fn added(ranges: &[(char, char)]) -> Option<String> {
    let range = |(from, to): &(char, char)| ClassUnicodeRange::new(*from, *to);
    let given = ClassUnicode::new(ranges.iter().map(range));
    let mut folded = given.clone();
    folded.try_case_fold_simple().ok()?;
    if folded == given {
        return None;
    }
    let mut known: Vec<ClassUnicodeRange> = ranges.iter().map(range).collect();
    for (from, to) in ranges {
        if u32::from(*to).saturating_sub(u32::from(*from)) > MOST {
            return None;
        }
        for c in *from..=*to {
            known.extend([letters::small_one(c), letters::large_one(c)].map(|other| ClassUnicodeRange::new(other, other)));
        }
    }
    let mut known = ClassUnicode::new(known);
    if known == folded {
        return None;
    }
    known.difference(&given);
    let mut text = String::new();
    for range in known.iter() {
        text.push(range.start());
        if range.end() > range.start() {
            text.extend(['-', range.end()]);
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn letters_with_more_than_two_forms_are_written_out() {
        for (pattern, expected) in [
            ("view", "view"),
            ("click", "clic(?-i:[kK])"),
            ("S+", "(?-i:[Ss])+"),
            ("[a-z]", "(?-i:[a-zA-Z])"),
            ("[^a-f0-9]", "[^a-f0-9]"),
            ("é[éè]", "é[éè]"),
            ("σ", "(?-i:[σΣ])"),
            ("[\\p{Lu}_]", "[\\pL_]"),
            ("(?:a|\\.k)\\d", "(?:a|\\.(?-i:[kK]))\\d"),
            ("[[:digit:]\\-k]", "(?-i:[[:digit:]\\-kK])"),
        ] {
            assert_eq!(told(pattern, "i"), expected);
            assert_eq!(told(pattern, ""), pattern);
        }
    }
}
