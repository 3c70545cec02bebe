//! PostgreSQL's advanced regular expressions, matched by its own rules: for what crate regex reads differently (the longest of several
//! alternatives, greedy and non-greedy parts together) or not at all (lookaround, back references).

use super::regex::Spans;
use crate::error::Result;

pub(super) mod letters;
mod parse;
mod run;
mod size;
mod tree;

use parse::{Options, Parsed};
use run::Search;

/// Patterns of so many characters are never too complex, unless they say how often.
const LENGTH_PLAIN: usize = 1000;

/// A compiled expression.
pub(super) struct Expression(Parsed);

impl Expression {
    /// Reads an expression with PostgreSQL's option letters (`g` is the caller's).
    ///
    /// # Errors
    /// 2201B for what is none, 0A000 for other kinds of expressions.
    pub(super) fn new(pattern: &str, flags: &str) -> Result<Expression> {
        let parsed = read(pattern, flags)?;
        size::check(&parsed.root.re)?;
        Ok(Expression(parsed))
    }

    /// Refuses a pattern that another engine reads and that PostgreSQL's compiler has no room for.
    ///
    /// # Errors
    /// 2201B, 0A000.
    pub(super) fn check_size(pattern: &str, flags: &str) -> Result<()> {
        if pattern.len() <= LENGTH_PLAIN && !pattern.contains('{') {
            return Ok(());
        }
        read(pattern, flags).map_or(Ok(()), |parsed| size::check(&parsed.root.re))
    }

    /// Returns how many groups it has.
    pub(super) fn groups(&self) -> usize {
        self.0.groups
    }

    /// Finds the matches of a text from a byte on, one after the other, each as bytes: the whole, then the groups.
    pub(super) fn each_from(&self, text: &str, start: usize, mut f: impl FnMut(&Spans) -> bool) -> Result<()> {
        let chars: Vec<char> = text.chars().collect();
        let mut bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        bytes.push(text.len());
        let mut search = Search::new(&chars, self.0.groups);
        let mut from = bytes.partition_point(|at| *at < start);
        while from <= chars.len() {
            let Some(found) = search.find(&self.0.root, from)? else { return Ok(()) };
            let spans: Spans = found.iter().map(|span| span.map(|(start, end)| (bytes[start], bytes[end]))).collect();
            if !f(&spans) {
                return Ok(());
            }
            let (start, end) = found[0].unwrap_or((from, from));
            from = if start == end { end + 1 } else { end };
        }
        Ok(())
    }
}

fn read(pattern: &str, flags: &str) -> Result<Parsed> {
    let mut options = Options::default();
    let letters: String = flags.chars().filter(|letter| *letter != 'g').collect();
    parse::apply(&mut options, &letters)?;
    parse::parse(pattern, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str, pattern: &str) -> Option<Vec<Option<String>>> {
        let expression = Expression::new(pattern, "").expect("an expression");
        let mut found = None;
        let part = |span: &Option<(usize, usize)>| span.map(|(from, to)| text[from..to].to_owned());
        expression
            .each_from(text, 0, |spans| {
                found = Some(spans.iter().map(part).collect());
                false
            })
            .expect("a search");
        found
    }

    fn all(text: &str, pattern: &str, expected: &[Option<&str>]) {
        let expected: Vec<Option<String>> = expected.iter().map(|part| part.map(str::to_owned)).collect();
        assert_eq!(first(text, pattern), Some(expected), "{pattern} in {text}");
    }

    #[test]
    fn matches_are_postgresqls() {
        all("abcd", "(a|ab)(c|bcd)(d*)", &[Some("abcd"), Some("ab"), Some("c"), Some("d")]);
        all("XY1234Z", "Y*([0-9]{1,3})", &[Some("Y123"), Some("123")]);
        all("XY1234Z", "Y*?([0-9]{1,3})", &[Some("Y1"), Some("1")]);
        all("abc01234xyz", "(.*)(\\d+)(.*)", &[Some("abc01234xyz"), Some("abc0123"), Some("4"), Some("xyz")]);
        all("abc01234xyz", "(.*?)(\\d+)(.*)", &[Some("abc0"), Some("abc"), Some("0"), Some("")]);
        all("abc01234xyz", "(?:(.*?)(\\d+)(.*)){1,1}", &[Some("abc01234xyz"), Some("abc"), Some("01234"), Some("xyz")]);
        all("llmmmfff", "^(l*){1,1}?(.*)(f*)$", &[Some("llmmmfff"), Some(""), Some("llmmmfff"), Some("")]);
        all("llmmmfff", "^(l*?){1,1}(.*)(f*)$", &[Some("llmmmfff"), Some("ll"), Some("mmmfff"), Some("")]);
        all("abab", "(ab)\\1", &[Some("abab"), Some("ab")]);
        all("foobar", "foo(?=bar)", &[Some("foo")]);
        all("xfoo", "(?<=x)foo", &[Some("foo")]);
        all("aXbX", "(.X)*", &[Some("aXbX"), Some("bX")]);
        all("abc", "(e?)*", &[Some(""), Some("")]);
        all("eclair", "(e?)*", &[Some("e"), Some("e")]);
        all("eclair", "(e*)+", &[Some("e"), Some("")]);
        all("abc", "(e)*", &[Some(""), None]);
        all("ab", "((a)|b)+", &[Some("ab"), Some("b"), None]);
        assert_eq!(first("foobar", "foo(?!bar)"), None);
        assert_eq!(first("abac", "(a.)\\1"), None);
        all("a\nb", "(?n)^b$", &[Some("b")]);
        all("Hello", "(?i)hELLO", &[Some("Hello")]);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for wrong in ["(", "a)", "[a", "a**", "*a", "a{2,1}", "(a\\1)", "(?<x>b)", "[[:nope:]]", "[b-a]", "a\\"] {
            assert!(Expression::new(wrong, "").is_err(), "{wrong}");
        }
    }
}
