//! Alternatives in regular expressions whose matches are taken out: PostgreSQL takes the longest match, RE2 the first alternative that matches.
//!
//! Where at most one alternative can match at a place both agree; alternatives that are plain text are put in order, the longest first.

use super::regex_classes::{SPACES, WORD};
use super::*;

/// Returns a converted pattern in which the order of alternatives does not matter, or refuses.
pub(super) fn longest_first(pattern: &str, at: &Expr) -> Result<String> {
    if !pattern.contains('|') {
        return Ok(pattern.to_owned());
    }
    let chars: Vec<char> = pattern.chars().collect();
    group(&chars, &mut 0, at)
}

/// Reads alternatives up to the closing parenthesis or the end.
fn group(chars: &[char], i: &mut usize, at: &Expr) -> Result<String> {
    let mut branches = vec![String::new()];
    while *i < chars.len() && chars[*i] != ')' {
        let c = chars[*i];
        let branch = branches.last_mut().expect("one at least");
        match c {
            '|' => {
                branches.push(String::new());
                *i += 1;
            }
            '\\' => {
                branch.push(c);
                branch.extend(chars.get(*i + 1));
                *i += 2;
                // \p{Lu}
                if branch.ends_with("\\p") {
                    let end = match chars.get(*i) {
                        Some('{') => chars[*i..].iter().position(|c| *c == '}').map_or(chars.len(), |length| *i + length + 1),
                        _ => (*i + 1).min(chars.len()),
                    };
                    branch.extend(&chars[*i..end]);
                    *i = end;
                }
            }
            '[' => {
                let from = *i;
                *i += 1;
                while *i < chars.len() && (chars[*i] != ']' || *i == from + 1 || (*i == from + 2 && chars[from + 1] == '^')) {
                    if chars[*i] == '\\' {
                        *i += 1;
                    } else if chars[*i] == '[' && chars.get(*i + 1) == Some(&':') {
                        while *i < chars.len() && chars[*i] != ']' {
                            *i += 1;
                        }
                    }
                    *i += 1;
                }
                *i = (*i + 1).min(chars.len());
                branch.extend(&chars[from..*i]);
            }
            '(' => {
                *i += 1;
                let mut head = String::from("(");
                if chars.get(*i) == Some(&'?') {
                    head.push('?');
                    *i += 1;
                    while let Some(c) = chars.get(*i) {
                        head.push(*c);
                        *i += 1;
                        if matches!(c, ':' | ')') {
                            break;
                        }
                    }
                    if head.ends_with(')') {
                        branch.push_str(&head);
                        continue;
                    }
                }
                let inner = group(chars, i, at)?;
                *i += 1;
                branch.push_str(&format!("{head}{inner})"));
            }
            c => {
                branch.push(c);
                *i += 1;
            }
        }
    }
    if branches.len() == 1 {
        return Ok(branches.remove(0));
    }
    if branches.iter().all(|branch| is_plain(branch)) {
        branches.sort_by_key(|branch| std::cmp::Reverse(branch.chars().filter(|c| *c != '\\').count()));
        return Ok(branches.join("|"));
    }
    let trims = |one: &str, other: &str| one.strip_prefix('^').is_some_and(|inner| other.strip_suffix('$') == Some(inner));
    for (n, one) in branches.iter().enumerate() {
        for other in &branches[n + 1..] {
            if !(distinct(one, other) || trims(one, other) || trims(other, one)) {
                return Err(refuse(
                    "alternatives in a regular expression that may begin alike",
                    at.position,
                    "PostgreSQL takes the longest of them, BigQuery the first: let them begin with different letters.",
                ));
            }
        }
    }
    Ok(branches.join("|"))
}

/// Tells whether a branch is one text: letters, signs that mean themselves, and signs behind a backslash.
fn is_plain(branch: &str) -> bool {
    let mut chars = branch.chars();
    while let Some(c) = chars.next() {
        let plain = match c {
            '\\' => chars.next().is_some_and(|escaped| !escaped.is_alphanumeric() && escaped != '\\'),
            c => c.is_alphanumeric() || "_ -,;:/@#&%<>='\"!~".contains(c),
        };
        if !plain {
            return false;
        }
    }
    !branch.is_empty()
}

/// Tells whether no text can begin a match of both branches, by their first characters.
fn distinct(one: &str, other: &str) -> bool {
    match (first(one), first(other)) {
        (Some(First::Char(a)), Some(First::Char(b))) => a.to_lowercase().ne(b.to_lowercase()),
        (Some(First::Char(c)), Some(First::Class(class))) | (Some(First::Class(class)), Some(First::Char(c))) => !class.holds(c),
        (Some(First::Class(a)), Some(First::Class(b))) => a.apart(&b),
        _ => false,
    }
}

enum First {
    Char(char),
    Class(Class),
}

/// What a branch may begin with.
#[derive(PartialEq, Eq)]
enum Class {
    Digit,
    Space,
    Word,
    /// Single characters.
    Listed(String),
}

impl Class {
    fn holds(&self, c: char) -> bool {
        match self {
            Class::Digit => c.is_numeric(),
            Class::Space => c.is_whitespace(),
            Class::Word => c.is_alphanumeric() || c == '_',
            Class::Listed(list) => list.to_lowercase().chars().any(|known| c.to_lowercase().any(|c| c == known)),
        }
    }

    fn apart(&self, other: &Class) -> bool {
        match (self, other) {
            (Class::Listed(list), class) | (class, Class::Listed(list)) => !list.chars().any(|c| class.holds(c)),
            (Class::Space, Class::Digit | Class::Word) | (Class::Digit | Class::Word, Class::Space) => true,
            _ => false,
        }
    }
}

/// What a branch surely begins with; `None` where that is not certain.
fn first(branch: &str) -> Option<First> {
    let mut chars = branch.chars();
    let (head, rest): (First, &str) = match chars.next()? {
        '\\' => {
            let c = chars.next()?;
            let head = match c {
                'd' => First::Class(Class::Digit),
                's' => First::Class(Class::Space),
                c if c.is_alphanumeric() => return None,
                c => First::Char(c),
            };
            (head, chars.as_str())
        }
        '[' => {
            let (inner, rest) = chars.as_str().split_once(']')?;
            let class = match inner {
                "0-9" | "\\d" => Class::Digit,
                "a-z" | "A-Z" | "a-zA-Z" | "A-Za-z" | "a-z0-9" | "A-Za-z0-9" | "a-zA-Z0-9" | WORD => Class::Word,
                "\\s" | SPACES => Class::Space,
                _ if inner.starts_with('^') || inner.contains(['-', '\\', '[']) => return None,
                _ => Class::Listed(inner.to_owned()),
            };
            (First::Class(class), rest)
        }
        '(' | '.' | '^' | '$' => return None,
        c => (First::Char(c), chars.as_str()),
    };
    // What may be missing says nothing about the beginning.
    if rest.starts_with(['*', '?']) || rest.starts_with("{0") || rest.starts_with("{,") { None } else { Some(head) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    fn ordered(pattern: &str) -> Option<String> {
        longest_first(pattern, &Expr::literal(crate::types::literal::Literal::Null, Type::TEXT, None)).ok()
    }

    #[test]
    fn alternatives_that_cannot_both_match_stay() {
        for pattern in ["a+b", "foo|bar", "[,;]|x", r"\d+|[a-z]+x|\s", r"^\s+|\s+$", "(?:ab|cd)e", r"\(|\)", "[^|]+"] {
            let expected = if pattern == r"\d+|[a-z]+x|\s" { None } else { Some(pattern.to_owned()) };
            assert_eq!(ordered(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn plain_text_is_tried_longest_first() {
        assert_eq!(ordered("foo|foobar|fo").as_deref(), Some("foobar|foo|fo"));
        assert_eq!(ordered("(Mr|Mrs) x").as_deref(), Some("(Mrs|Mr) x"));
        assert_eq!(ordered(r"\.(co|com|co\.uk)$").as_deref(), Some(r"\.(co\.uk|com|co)$"));
        assert_eq!(ordered("a.|ab"), None);
        assert_eq!(ordered("x*|xy"), None);
    }
}
