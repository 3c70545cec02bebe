//! PostgreSQL's regular expressions (ARE) as patterns of crate regex: the common part, the rest refused.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};

use super::are::{Expression, letters};
use super::extent;
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::stop;

/// Where a match and its groups lie: bytes, from and to.
pub(super) type Spans = Vec<Option<(usize, usize)>>;

/// A compiled pattern: of crate regex where that reads it as PostgreSQL does, else of our own.
pub(super) enum Pattern {
    /// Of crate regex: fast. Without regard to case it takes the long s for an s and the sign of Kelvin for a k: texts that hold one are left
    /// to the other.
    Fast(Regex, Option<Box<Expression>>),
    /// Of `are`.
    Own(Expression),
}

impl Pattern {
    /// Tells whether a text matches somewhere.
    pub(super) fn is_match(&self, text: &str) -> Result<bool> {
        match self {
            Pattern::Fast(regex, own) if own.is_none() || !is_odd(text) => Ok(regex.is_match(text)),
            Pattern::Fast(..) | Pattern::Own(_) => Ok(self.find(text)?.is_some()),
        }
    }

    /// Returns how many groups there are.
    pub(super) fn groups(&self) -> usize {
        match self {
            Pattern::Fast(regex, _) => regex.captures_len() - 1,
            Pattern::Own(expression) => expression.groups(),
        }
    }

    /// Finds the first match.
    pub(super) fn find(&self, text: &str) -> Result<Option<Spans>> {
        let mut found = None;
        self.each(text, &mut |spans| {
            found = Some(spans.clone());
            false
        })?;
        Ok(found)
    }

    /// Gives each match in turn until `f` has enough. Behind an empty match the search goes on one character further, behind any other
    /// where it ends: there an empty one may follow.
    pub(super) fn each(&self, text: &str, f: &mut dyn FnMut(&Spans) -> bool) -> Result<()> {
        self.each_from(text, 0, f)
    }

    /// As `each`, from a byte on; what stands before it is still there for `^` and the edges of words.
    pub(super) fn each_from(&self, text: &str, start: usize, f: &mut dyn FnMut(&Spans) -> bool) -> Result<()> {
        let regex = match self {
            Pattern::Fast(_, Some(own)) if is_odd(text) => return own.each_from(text, start, f),
            Pattern::Fast(regex, _) => regex,
            Pattern::Own(expression) => return expression.each_from(text, start, f),
        };
        let mut from = start;
        while from <= text.len() {
            stop::tick()?;
            let Some(captures) = regex.captures_at(text, from) else { break };
            let spans: Spans = captures.iter().map(|group| group.map(|group| (group.start(), group.end()))).collect();
            if !f(&spans) {
                break;
            }
            let (start, end) = spans[0].unwrap_or((from, from));
            from = if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
        }
        Ok(())
    }
}

/// What a call wants from a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Need {
    /// Whether it matches.
    Match,
    /// Where it matches: greediness and the choice between alternatives are seen.
    Extent,
}

thread_local! {
    static COMPILED: RefCell<HashMap<(String, String, Need), Rc<Pattern>>> = RefCell::new(HashMap::new());
}

/// Returns the compiled pattern; `flags` without `g`.
pub(super) fn compile(pattern: &str, flags: &str, need: Need) -> Result<Rc<Pattern>> {
    let key = (pattern.to_owned(), flags.to_owned(), need);
    if let Some(regex) = COMPILED.with_borrow(|compiled| compiled.get(&key).cloned()) {
        return Ok(regex);
    }
    let built = build(pattern, flags, need);
    if built.is_ok() {
        Expression::check_size(pattern, flags)?;
    }
    let regex = Rc::new(match built {
        // Letters beyond ASCII have relatives that crate regex takes for the same.
        Ok(_) if flags.contains('i') && !pattern.is_ascii() => Pattern::Own(Expression::new(pattern, flags)?),
        Ok(regex) if flags.contains('i') => Pattern::Fast(regex, Expression::new(pattern, flags).ok().map(Box::new)),
        Ok(regex) => Pattern::Fast(regex, None),
        Err(report) if report.sqlstate == SqlState::INVALID_PARAMETER_VALUE => return Err(report),
        Err(_) => Pattern::Own(Expression::new(pattern, flags)?),
    });
    COMPILED.with_borrow_mut(|compiled| {
        if compiled.len() >= 64 {
            compiled.clear();
        }
        compiled.insert(key, regex.clone());
    });
    Ok(regex)
}

/// Tells whether a text holds a letter outside ASCII whose capital or small letter is inside.
fn is_odd(text: &str) -> bool {
    !text.is_ascii() && text.contains(['ſ', '\u{212a}'])
}

fn refuse(what: &str) -> Report {
    Report::unsupported(format!("{what} in a regular expression"))
}

fn build(pattern: &str, flags: &str, need: Need) -> Result<Regex> {
    let mut builder_flags = (false, false, false);
    for flag in flags.chars() {
        match flag {
            'g' | 's' | 't' | 'e' => {}
            'c' => builder_flags.0 = false,
            'i' => builder_flags.0 = true,
            'n' | 'm' => builder_flags.1 = true,
            'q' => builder_flags.2 = true,
            'x' | 'p' | 'w' | 'b' => return Err(refuse(&format!("the option \"{flag}\""))),
            other => {
                return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid regular expression option: \"{other}\"")));
            }
        }
    }
    let (ignore_case, lines, quoted) = builder_flags;
    let text = if quoted { regex::escape(pattern) } else { translate(pattern, lines, need)? };
    if need == Need::Extent && !extent::is_certain(&text, ignore_case, lines) {
        return Err(refuse("alternatives or groups that may match in several ways")
            .hint("PostgreSQL takes the longest match. Let each alternative and optional group begin with a character of its own."));
    }
    RegexBuilder::new(&text)
        .case_insensitive(ignore_case)
        .dot_matches_new_line(!lines)
        .multi_line(lines)
        .size_limit(1 << 22)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, "regular expression is too complex"),
            _ => {
                let why = if pattern.matches('(').count() == pattern.matches(')').count() { "" } else { ": parentheses () not balanced" };
                Report::new(SqlState::INVALID_REGULAR_EXPRESSION, format!("invalid regular expression{why}"))
                    .detail("The pattern could not be read.")
            }
        })
}

/// Rewrites a pattern; what means something else in crate regex is escaped or refused.
fn translate(pattern: &str, lines: bool, need: Need) -> Result<String> {
    let mut out = String::new();
    let mut rest = pattern;
    if rest.starts_with("***") {
        return Err(refuse("a director (***)"));
    }
    if let Some(tail) = rest.strip_prefix("(?i)") {
        out.push_str("(?i)");
        rest = tail;
    }
    let chars: Vec<char> = rest.chars().collect();
    let (mut greedy, mut lazy, mut quantified) = (false, false, false);
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let next = chars.get(i + 1).copied();
        let quantifies = matches!(c, '*' | '+' | '?') || c == '{' && next.is_some_and(|c| c.is_ascii_digit());
        if quantifies && quantified {
            let message = "invalid regular expression: quantifier operand invalid";
            return Err(Report::new(SqlState::INVALID_REGULAR_EXPRESSION, message));
        }
        quantified = quantifies;
        match c {
            '\\' => {
                let Some(escaped) = next else {
                    let message = "invalid regular expression: invalid escape \\ sequence";
                    return Err(Report::new(SqlState::INVALID_REGULAR_EXPRESSION, message));
                };
                match escaped {
                    'd' => out.push_str("[0-9]"),
                    'D' => out.push_str("[^0-9]"),
                    'w' => out.push_str(&format!("[{}]", letters::WORD)),
                    'W' => out.push_str(&format!("[^{}]", letters::WORD)),
                    's' => out.push_str(&format!("[{}]", letters::SPACE)),
                    'S' => out.push_str(&format!("[^{}]", letters::SPACE)),
                    'n' | 't' | 'r' | 'f' | 'v' | 'A' => out.extend(['\\', escaped]),
                    'y' => out.push_str("\\b"),
                    'Y' => out.push_str("\\B"),
                    'm' => out.push_str("\\b{start}"),
                    'M' => out.push_str("\\b{end}"),
                    'Z' => out.push_str("\\z"),
                    '1'..='9' => return Err(refuse("a back reference")),
                    c if c.is_alphanumeric() => return Err(refuse(&format!("the escape \\{c}"))),
                    c => out.push_str(&regex::escape(&c.to_string())),
                }
                i += 2;
            }
            '[' => {
                let (class, length) = bracket(&chars[i..], lines)?;
                out.push_str(&class);
                i += length;
            }
            '(' => {
                if next == Some('?') {
                    if chars.get(i + 2) != Some(&':') {
                        return Err(refuse("a lookaround or option group"));
                    }
                    out.push_str("(?:");
                    i += 3;
                } else {
                    out.push('(');
                    i += 1;
                }
            }
            ')' => {
                out.push(')');
                i += 1;
            }
            '|' => {
                out.push('|');
                i += 1;
            }
            '*' | '+' | '?' => {
                out.push(c);
                i += 1;
                let is_lazy = chars.get(i) == Some(&'?');
                if is_lazy {
                    out.push('?');
                    i += 1;
                }
                (greedy, lazy) = (greedy || !is_lazy, lazy || is_lazy);
            }
            '{' if next.is_some_and(|c| c.is_ascii_digit()) => {
                let Some(length) = chars[i..].iter().position(|c| *c == '}') else {
                    return Err(Report::new(SqlState::INVALID_REGULAR_EXPRESSION, "invalid regular expression: braces {} not balanced"));
                };
                out.extend(&chars[i..=i + length]);
                let fixed = chars[i..i + length].iter().all(|c| *c != ',');
                i += length + 1;
                let is_lazy = chars.get(i) == Some(&'?');
                if is_lazy {
                    out.push('?');
                    i += 1;
                }
                (greedy, lazy) = (greedy || !is_lazy && !fixed, lazy || is_lazy);
            }
            '{' => {
                out.push_str("\\{");
                i += 1;
            }
            '}' => {
                out.push_str("\\}");
                i += 1;
            }
            ']' => {
                out.push_str("\\]");
                i += 1;
            }
            '^' | '$' => {
                out.push(c);
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    if need == Need::Extent {
        // PostgreSQL takes the longest match among alternatives, and one greediness for the whole expression.
        if greedy && lazy {
            return Err(refuse("greedy and non-greedy quantifiers together"));
        }
    }
    Ok(out)
}

/// Reads `[...]`; returns its form and length.
fn bracket(chars: &[char], lines: bool) -> Result<(String, usize)> {
    let mut out = String::from("[");
    let mut i = 1;
    if chars.get(i) == Some(&'^') {
        if lines {
            return Err(refuse("a negated bracket with the option n"));
        }
        out.push('^');
        i += 1;
    }
    let first = i;
    while let Some(&c) = chars.get(i) {
        match c {
            ']' if i > first => {
                out.push(']');
                return Ok((out, i + 1));
            }
            '[' if chars.get(i + 1) == Some(&':') => {
                let Some(end) = chars[i + 2..].windows(2).position(|pair| pair == [':', ']']) else { break };
                let name: String = chars[i + 2..i + 2 + end].iter().collect();
                if matches!(name.as_str(), "<" | ">") {
                    return Err(refuse("a word boundary in brackets"));
                }
                // Letters are Unicode's; crate regex's names are ASCII's.
                match name.as_str() {
                    "alpha" => out.push_str(letters::ALPHA),
                    "digit" => out.push_str("0-9"),
                    "alnum" => out.push_str(letters::ALNUM),
                    "space" => out.push_str(letters::SPACE),
                    "upper" => out.push_str("\\p{Uppercase}"),
                    "lower" => out.push_str("\\p{Lowercase}"),
                    name => out.push_str(&format!("[:{name}:]")),
                }
                i += end + 4;
            }
            '[' if matches!(chars.get(i + 1), Some('.' | '=')) => return Err(refuse("a collating element")),
            '\\' => {
                match chars.get(i + 1) {
                    Some('d') => out.push_str("0-9"),
                    Some('w') => out.push_str(letters::WORD),
                    Some('s') => out.push_str(letters::SPACE),
                    Some(c @ ('n' | 't' | 'r' | 'f' | 'v')) => out.extend(['\\', *c]),
                    Some(c) if c.is_alphanumeric() => return Err(refuse(&format!("the escape \\{c} in brackets"))),
                    Some(c) => out.push_str(&regex::escape(&c.to_string())),
                    None => break,
                }
                i += 2;
            }
            '[' | '&' | '~' | ']' => {
                out.extend(['\\', c]);
                i += 1;
            }
            '-' if i == first || chars.get(i + 1) == Some(&']') => {
                out.push_str("\\-");
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    Err(Report::new(SqlState::INVALID_REGULAR_EXPRESSION, "invalid regular expression: brackets [] not balanced"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(text: &str, pattern: &str) -> bool {
        compile(pattern, "", Need::Match).expect("a pattern").is_match(text).expect("a search")
    }

    #[test]
    fn patterns_mean_what_they_mean_in_postgresql() {
        assert!(matches("a\nb", "a.b"));
        assert!(!matches("a\nb", "^b"));
        assert!(matches("one two", "\\mtwo\\M"));
        assert!(matches("a&&b", "^[a&]+b$"));
        assert!(matches("x{y", "x{y"));
        assert!(matches("Ñ", "^[[:upper:]]$"));
        assert!(matches("aa", "(a)\\1"));
        assert!(matches("ab", "a(?=b)"));
    }

    #[test]
    fn extents_that_could_differ_are_our_own() {
        let is_own = |pattern: &str, need| matches!(*compile(pattern, "", need).expect("a pattern"), Pattern::Own(_));
        assert!(is_own("a|ab", Need::Extent));
        assert!(!is_own("^(foo|bar)$", Need::Extent));
        assert!(is_own("a+?b*", Need::Extent));
        assert!(!is_own("a|ab", Need::Match));
    }
}
