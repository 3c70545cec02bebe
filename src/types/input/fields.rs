//! Date and time text cut into fields, as PostgreSQL's `ParseDateTime` does (datetime.c; appendix B.1).

use super::number::is_space;

/// One field, lower-cased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Digits, perhaps with a fraction.
    Number(String),
    /// Numbers or a month's name joined by `-`, `/` or `.`; or a time zone's name.
    Date(String),
    /// Digits with colons.
    Time(String),
    /// Letters.
    Word(String),
    /// A sign and digits: a zone, or a signed number of an interval.
    Signed(String),
}

/// Words after which digits or a sign belong to the next field (`datetktbl`): months, days, `t`, ... Zones are none: `GMT+4` is one word.
fn is_keyword(word: &str) -> bool {
    month(word).is_some()
        || is_weekday(word)
        || matches!(word, "t" | "am" | "pm" | "ad" | "bc" | "at" | "on" | "j" | "jd" | "julian" | "d" | "h" | "m" | "mm" | "s" | "y")
}

/// Cuts the text; `None` if a character fits nowhere.
pub fn split(text: &str) -> Option<Vec<Field>> {
    let chars: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut fields = Vec::new();
    let mut i = 0;
    let run = |from: usize, accept: &dyn Fn(char) -> bool| from + chars[from..].iter().take_while(|c| accept(**c)).count();
    let digit = |c: char| c.is_ascii_digit();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let slice = |from: usize, to: usize| chars[from..to].iter().collect::<String>();
    while i < chars.len() {
        let start = i;
        match chars[i] {
            c if is_space(c) => i += 1,
            c if digit(c) => {
                i = run(i, &digit);
                match at(i) {
                    ':' => {
                        i = run(i, &|c| digit(c) || c == ':' || c == '.');
                        fields.push(Field::Time(slice(start, i)));
                    }
                    delimiter @ ('-' | '/' | '.') => {
                        i += 1;
                        if digit(at(i)) {
                            i = run(i, &digit);
                            let dated = at(i) == delimiter;
                            if dated {
                                i = run(i, &|c| digit(c) || c == delimiter);
                            }
                            let joined = slice(start, i);
                            fields.push(if dated || delimiter != '.' { Field::Date(joined) } else { Field::Number(joined) });
                        } else {
                            i = run(i, &|c| c.is_ascii_alphanumeric() || c == delimiter);
                            let joined = slice(start, i);
                            fields.push(if delimiter == '.' && joined.ends_with('.') {
                                Field::Number(joined)
                            } else {
                                Field::Date(joined)
                            });
                        }
                    }
                    _ => fields.push(Field::Number(slice(start, i))),
                }
            }
            '.' if digit(at(i + 1)) => {
                i = run(i + 1, &digit);
                fields.push(Field::Number(slice(start, i)));
            }
            c if c.is_ascii_alphabetic() => {
                i = run(i, &|c| c.is_ascii_alphabetic());
                let joins = matches!(at(i), '-' | '/' | '.') || ((at(i) == '+' || digit(at(i))) && !is_keyword(&slice(start, i)));
                // `z-3` and `t-3` are not names; a zone's name has a letter or digit after the mark.
                if joins && (at(i + 1).is_ascii_alphanumeric() || digit(at(i))) {
                    i = run(i, &|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '/' | '_' | '.' | ':'));
                    fields.push(Field::Date(slice(start, i)));
                } else {
                    fields.push(Field::Word(slice(start, i)));
                }
            }
            sign @ ('+' | '-') => {
                i = run(i + 1, &is_space);
                if at(i).is_ascii_alphabetic() {
                    let from = i;
                    i = run(i, &|c| c.is_ascii_alphabetic());
                    fields.push(Field::Word(format!("{sign}{}", slice(from, i))));
                    continue;
                }
                let number = digit(at(i)) || at(i) == '.' && digit(at(i + 1));
                if !number {
                    return None;
                }
                let from = i;
                i = run(i, &|c| digit(c) || matches!(c, ':' | '.' | '-'));
                fields.push(Field::Signed(format!("{sign}{}", slice(from, i))));
            }
            c if c.is_ascii_punctuation() => i += 1,
            _ => return None,
        }
    }
    Some(fields)
}

/// Returns the month of an English name or its abbreviation.
pub fn month(word: &str) -> Option<u32> {
    const NAMES: [&str; 12] =
        ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
    let hit = |name: &&str| word.len() >= 3 && (**name == *word || word == &name[..3] || (word == "sept" && name.starts_with("sept")));
    NAMES.iter().position(hit).and_then(|i| u32::try_from(i + 1).ok())
}

/// Tells whether the word names a day of the week; it is read and ignored.
pub fn is_weekday(word: &str) -> bool {
    const NAMES: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    matches!(word, "tues" | "thur" | "thurs" | "weds") || NAMES.iter().any(|name| word == *name || word == &name[..3])
}
