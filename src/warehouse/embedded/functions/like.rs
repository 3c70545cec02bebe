//! LIKE in one pass over the text, for patterns of any kind: the engine's own makes a regular expression of each.

use super::Scalar;
use super::rows::{BOOL, strict};
use super::value::Value;
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::stop;

/// What stands between two `%`.
struct Part<'p> {
    /// The characters; `None` for `_`.
    units: Vec<Option<char>>,
    /// The same as text, where it is spelled out in the pattern as it is.
    plain: Option<&'p str>,
    /// The pattern ends behind it with an escape character.
    dangling: bool,
}

fn parts(pattern: &str) -> Vec<Part<'_>> {
    let mut all = Vec::new();
    let (mut units, mut from, mut plain, mut dangling) = (Vec::new(), 0, true, false);
    let mut chars = pattern.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '%' => {
                let text = plain.then_some(&pattern[from..at]);
                all.push(Part { units: std::mem::take(&mut units), plain: text, dangling: false });
                (from, plain) = (at + 1, true);
            }
            '_' => {
                units.push(None);
                plain = false;
            }
            '\\' => {
                plain = false;
                match chars.next() {
                    Some((_, c)) => units.push(Some(c)),
                    None => dangling = true,
                }
            }
            c => units.push(Some(c)),
        }
    }
    all.push(Part { units, plain: plain.then_some(&pattern[from..]), dangling });
    all
}

impl Part<'_> {
    /// Where the part ends if it begins here: a byte.
    fn at(&self, text: &str, from: usize) -> Result<Option<usize>> {
        let mut chars = text[from..].chars();
        for unit in &self.units {
            match (unit, chars.next()) {
                (_, None) => return Ok(None),
                (Some(wanted), Some(c)) if *wanted != c => return Ok(None),
                _ => {}
            }
        }
        let end = text.len() - chars.as_str().len();
        if self.dangling && end < text.len() {
            return Err(Report::new(SqlState("22025"), "LIKE pattern must not end with escape character"));
        }
        Ok((!self.dangling).then_some(end))
    }

    /// Where the part ends at its first place from here on.
    fn find(&self, text: &str, from: usize) -> Result<Option<usize>> {
        if let Some(plain) = self.plain {
            return Ok(text[from..].find(plain).map(|at| from + at + plain.len()));
        }
        for (at, _) in text[from..].char_indices().chain([(text.len() - from, ' ')]) {
            stop::tick()?;
            if let Some(end) = self.at(text, from + at)? {
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    /// Tells whether the part, without `%` behind it, is the end of the text from some place on.
    fn ends(&self, text: &str, from: usize) -> Result<bool> {
        if let Some(plain) = self.plain {
            return Ok(text[from..].ends_with(plain));
        }
        if self.dangling {
            return self.find(text, from).map(|_| false);
        }
        // As many characters as the part has, counted from the end.
        let Some(last) = self.units.len().checked_sub(1) else { return Ok(true) };
        let Some((at, _)) = text[from..].char_indices().rev().nth(last) else { return Ok(false) };
        Ok(self.at(text, from + at)? == Some(text.len()))
    }
}

/// Tells whether a text fits a pattern. Each part between two `%` is looked for behind the one before it: what fits there leaves the most.
pub(super) fn like(text: &str, pattern: &str) -> Result<bool> {
    let parts = parts(pattern);
    let [first, rest @ ..] = parts.as_slice() else { return Ok(false) };
    let Some(mut at) = first.at(text, 0)? else { return Ok(false) };
    let [middle @ .., last] = rest else { return Ok(at == text.len()) };
    for part in middle {
        stop::tick()?;
        match part.find(text, at)? {
            Some(end) => at = end,
            None => return Ok(false),
        }
    }
    last.ends(text, at)
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![strict!("pg_like", BOOL, |args| Ok(Value::Bool(like(args[0].str()?, args[1].str()?)?)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_postgresql() {
        for (text, pattern, fits) in [
            ("", "", true),
            ("", "%", true),
            ("", "_", false),
            ("abc", "abc", true),
            ("abc", "ab", false),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "_b_", true),
            ("abc", "a%b%c", true),
            ("abcabd", "a%b_", true),
            ("abab", "%ab%ab%ab%", false),
            ("aXbXc", "a%_%c", true),
            ("ac", "a%_%c", false),
            ("añb", "a_b", true),
            ("añb", "%_ñ%", true),
            ("50%", "50\\%", true),
            ("500", "50\\%", false),
            ("a_b", "%\\_b", true),
            ("axb", "%\\_b", false),
            ("aab", "%_ab", true),
            ("aa", "a%a", true),
            ("a", "a%a", false),
            ("a", "a\\", false),
        ] {
            assert_eq!(like(text, pattern), Ok(fits), "{text:?} LIKE {pattern:?}");
        }
        assert_eq!(like("ab", "a\\").map_err(|report| report.sqlstate.0), Err("22025"));
        assert_eq!(like("ab", "%\\").map_err(|report| report.sqlstate.0), Err("22025"));
    }

    #[test]
    fn many_wildcards_take_no_time() {
        let pattern = "%a".repeat(5000) + "b";
        assert_eq!(like(&"a".repeat(100_000), &pattern), Ok(false));
    }
}
