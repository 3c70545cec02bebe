//! Regular expression functions beyond matching: replace, split, whole matches.

use super::patterns::constant_pattern;
use super::regex_order::longest_first;
use super::*;
use crate::types::pattern_groups::depend_on_turns;

impl Emitter {
    /// regexp_replace: the first match, or every one with the flag g.
    pub fn regexp_replace(&mut self, value: &Expr, pattern: &Expr, replacement: &Expr, rest: Option<&Expr>) -> Result<Text> {
        let flags = flags(rest)?;
        let Some(with) = literals::constant_text(replacement) else {
            return Err(refuse(
                "regexp_replace() with a computed replacement",
                replacement.position,
                "Write the replacement as a constant.",
            ));
        };
        let global = flags.contains('g');
        let own = constant_pattern(pattern)?;
        // Without anything to put there, it does not matter how often nothing is found.
        if global && !with.is_empty() && may_match_nothing(&own) {
            return Err(empty_matches(pattern));
        }
        let known = groups(&own);
        if known > 0 && with.contains('\\') {
            one_turn(&own, pattern)?;
        }
        // `\&` is the whole match, `\1` a group; GoogleSQL writes the whole match as `\0`.
        let shift = u32::from(!global);
        let mut out = String::new();
        let mut chars = with.chars().peekable();
        while let Some(c) = chars.next() {
            match (c, chars.peek().copied()) {
                ('\\', Some('&')) => {
                    chars.next();
                    out.push_str(if global { "\\0" } else { "\\2" });
                }
                ('\\', Some(digit)) if digit.is_ascii_digit() => {
                    chars.next();
                    let n = digit.to_digit(10).unwrap_or(0);
                    // What no group caught is empty.
                    if usize::try_from(n).is_ok_and(|n| n > known) {
                        continue;
                    }
                    let group = if global { n } else { n + 1 + shift };
                    if group > 9 || (n == 0) {
                        return Err(refuse("this back reference in a replacement", replacement.position, "Refer to the groups 1 to 7."));
                    }
                    out.push_str(&format!("\\{group}"));
                }
                ('\\', Some('\\')) => {
                    chars.next();
                    out.push_str("\\\\");
                }
                ('\\', _) => out.push_str("\\\\"),
                (c, _) => out.push(c),
            }
        }
        let value = self.subject(value, pattern)?;
        if global {
            let pattern = self.taken_pattern(pattern, &flags)?;
            return Ok(Text::atom(format!("REGEXP_REPLACE({value}, {pattern}, {})", literals::string(&out))));
        }
        // Only the first match: what stands before it is matched lazily from the beginning, and kept.
        let converted = longest_first(&own, pattern)?;
        if converted.starts_with('^') && !converted.contains('|') {
            let pattern = self.pattern(pattern, &flags)?;
            let plain = out.replace("\\2", "\\0");
            if !out.contains("\\3") && !out.contains("\\4") && !out.contains("\\5") {
                return Ok(Text::atom(format!("REGEXP_REPLACE({value}, {pattern}, {})", literals::string(&plain))));
            }
        }
        if flags.contains('i') || flags.is_empty() || flags == "c" {
            let case = if flags.contains('i') { "i" } else { "" };
            let converted = super::regex_case::told(&converted, case);
            let whole = format!("(?s{case})^(.*?)({converted})");
            return Ok(Text::atom(format!(
                "REGEXP_REPLACE({value}, {}, {})",
                literals::string(&whole),
                literals::string(&format!("\\1{out}"))
            )));
        }
        Err(refuse(format!("the regular expression flags \"{flags}\""), pattern.position, "The flags i and g are."))
    }

    /// A pattern whose matches are taken out of the text, not only looked for.
    fn taken_pattern(&mut self, pattern: &Expr, flags: &str) -> Result<String> {
        let ordered = longest_first(&constant_pattern(pattern)?, pattern)?;
        self.finished_pattern(&ordered, flags, pattern)
    }

    /// A pattern with its groups made silent: functions that want the whole match see no group.
    pub fn whole_match(&mut self, pattern: &Expr, flags: &str) -> Result<String> {
        let silent = map_groups(&longest_first(&constant_pattern(pattern)?, pattern)?, &mut || false);
        self.finished_pattern(&silent, flags, pattern)
    }

    /// regexp_match: the groups of the first match, or the whole match where there are none.
    pub fn regexp_match(&mut self, value: &Expr, pattern: &Expr, flags: &str) -> Result<Text> {
        let whole = self.pattern(pattern, flags)?;
        let value = self.subject(value, pattern)?;
        let count = groups(&constant_pattern(pattern)?);
        let mut items = Vec::new();
        for n in 1..=count.max(1) {
            items.push(Text::atom(format!("REGEXP_EXTRACT({value}, {})", self.pattern_of_group(pattern, flags, n)?)));
        }
        Ok(Text::atom(format!("IF(REGEXP_CONTAINS({value}, {whole}), [{}], NULL)", text::list(&items))))
    }

    /// regexp_matches: an array of the matches (the first, or all with the flag g), and the groups of one of them, called `item`.
    pub fn regexp_matches(&mut self, value: &Expr, pattern: &Expr, rest: Option<&Expr>, item: &str) -> Result<(String, Text)> {
        let flags = flags(rest)?;
        let converted = constant_pattern(pattern)?;
        let count = groups(&converted);
        if flags.contains('g') && may_match_nothing(&converted) {
            return Err(empty_matches(pattern));
        }
        let (text, whole) = (self.subject(value, pattern)?, self.whole_match(pattern, &flags)?);
        let array = if flags.contains('g') {
            format!("REGEXP_EXTRACT_ALL({text}, {whole})")
        } else {
            format!("IF(REGEXP_CONTAINS({text}, {whole}), [REGEXP_EXTRACT({text}, {whole})], [])")
        };
        // The groups of the first match are those of the text. With g they are looked for in the match alone: what stands around it must not matter.
        let first = !flags.contains('g');
        if count > 0 && !first && looks_around(&converted) {
            return Err(refuse(
                "groups of a regular expression with ^, $ or a word boundary here",
                pattern.position,
                "Use regexp_match() or regexp_replace().",
            ));
        }
        let mut items = Vec::new();
        for n in 1..=count {
            let within = if first { text.to_string() } else { item.to_owned() };
            items.push(Text::atom(format!("REGEXP_EXTRACT({within}, {})", self.pattern_of_group(pattern, &flags, n)?)));
        }
        if count == 0 {
            items.push(Text::atom(item));
        }
        Ok((array, Text::atom(format!("[{}]", text::list(&items)))))
    }

    /// A pattern whose only capturing group is the n-th: REGEXP_EXTRACT returns one group.
    pub fn pattern_of_group(&mut self, pattern: &Expr, flags: &str, n: usize) -> Result<String> {
        let converted = longest_first(&constant_pattern(pattern)?, pattern)?;
        one_turn(&converted, pattern)?;
        let mut seen = 0;
        let only = map_groups(&converted, &mut || {
            seen += 1;
            seen == n
        });
        self.finished_pattern(&only, flags, pattern)
    }

    /// regexp_split: the pieces between matches, by a separator that no text holds.
    pub fn regexp_split(&mut self, expr: &Expr, value: &Expr, pattern_expr: &Expr) -> Result<String> {
        if literals::constant_text(pattern_expr) == Some("") {
            return Ok(format!("SPLIT({}, '')", self.expr(value)?));
        }
        let pattern = self.taken_pattern(pattern_expr, "")?;
        if may_be_empty(&constant_pattern(pattern_expr)?) {
            return Err(refuse("splitting at a pattern that may match nothing", expr.position, "Use + instead of *."));
        }
        let value = self.expr(value)?;
        Ok(format!("SPLIT(REGEXP_REPLACE({value}, {pattern}, '\\u001f'), '\\u001f')"))
    }
}

/// Tells whether a pattern may match an empty part of a text. PostgreSQL finds such a match right behind another one, too; RE2 does not.
pub(super) fn may_match_nothing(pattern: &str) -> bool {
    regex_syntax::parse(pattern).map_or(true, |parsed| parsed.properties().minimum_len() == Some(0))
}

/// Refuses groups of which it matters what the last turn of a repetition caught.
fn one_turn(pattern: &str, at: &Expr) -> Result<()> {
    if groups(pattern) > 0 && regex_syntax::parse(pattern).map_or(true, |parsed| depend_on_turns(&parsed)) {
        let what = "a repeated group of a regular expression that may match nothing, or hold another group that may be left out,";
        return Err(refuse(what, at.position, "BigQuery keeps what an earlier turn caught: write (?:...) where the group is not needed."));
    }
    Ok(())
}

pub(super) fn empty_matches(pattern: &Expr) -> Report {
    refuse("finding every match of a pattern that may match nothing", pattern.position, "Use + instead of *.")
}

/// Returns the constant flags of a regular expression function.
pub(super) fn flags(expr: Option<&Expr>) -> Result<String> {
    match expr {
        None => Ok(String::new()),
        Some(expr) => literals::constant_text(expr)
            .map(str::to_owned)
            .ok_or_else(|| refuse("computed regular expression flags", expr.position, "Write the flags as a constant.")),
    }
}

/// Tells whether a pattern may match nothing: surely not where one of its letters or classes has to be there.
fn may_be_empty(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    let (mut depth, mut needed) = (0_u32, false);
    while let Some(c) = chars.next() {
        let letter = match c {
            '\\' => !matches!(chars.next(), None | Some('A' | 'b' | 'B' | 'z')),
            '[' => {
                // A bracket may stand first in a class, behind its negation.
                if chars.peek() == Some(&'^') {
                    chars.next();
                }
                chars.next();
                while let Some(inside) = chars.next() {
                    match inside {
                        ']' => break,
                        '\\' => {
                            chars.next();
                        }
                        '[' if chars.peek() == Some(&':') => while chars.next().is_some_and(|named| named != ']') {},
                        _ => {}
                    }
                }
                true
            }
            '(' => {
                depth += 1;
                false
            }
            ')' => {
                depth = depth.saturating_sub(1);
                false
            }
            '|' if depth == 0 => return true,
            '^' | '$' | '*' | '+' | '?' | '|' | '{' | '}' => false,
            _ => true,
        };
        if letter && depth == 0 && !matches!(chars.peek(), Some('*' | '?' | '{')) {
            needed = true;
        }
        if c == '{' {
            while chars.next().is_some_and(|inside| inside != '}') {}
        }
    }
    !needed
}

/// Tells whether it matters to a pattern what stands around its match.
fn looks_around(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if matches!(chars.next(), Some('b' | 'B' | 'A' | 'z')) => return true,
            '[' => in_class = true,
            ']' => in_class = false,
            '^' | '$' if !in_class => return true,
            _ => {}
        }
    }
    false
}

/// Counts the capturing groups of a pattern.
fn groups(pattern: &str) -> usize {
    let mut count = 0;
    map_groups(pattern, &mut || {
        count += 1;
        true
    });
    count
}

/// Makes each capturing group silent that `keep` does not want.
fn map_groups(pattern: &str, keep: &mut dyn FnMut() -> bool) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '\\' => out.extend(chars.next()),
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class && chars.peek() != Some(&'?') && !keep() => out.push_str("?:"),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_match_nothing_are_known() {
        for empty in ["", "x*", "a?b*", "(ab)", "a|b", "^$", "\\b", "[,;]*", "x{0,2}"] {
            assert!(may_be_empty(empty), "{empty}");
        }
        for filled in [",", "\\s*,\\s*", "[,;]", "[]a]+", "a?b", "[[:space:]]+", "(x)?-", "x{2}y"] {
            assert!(!may_be_empty(filled), "{filled}");
        }
    }
}
