//! Words as a whole, as `\mfox\M` finds them. RE2's word boundaries know ASCII only; where a pattern is only looked for, the characters beside the word can
//! be looked at instead.

use regex_syntax::hir::literal::{ExtractKind, Extractor};

use super::regex_classes::WORD;

/// Writes the word boundaries at a converted pattern's ends as what stands beside them; `None` where there are none, or others too.
pub(super) fn beside(converted: &str) -> Option<String> {
    let (case, pattern) = match converted.strip_prefix("(?i)") {
        Some(rest) => ("(?i)", rest),
        None => ("", converted),
    };
    let (begins, inner) = pattern.strip_prefix("\\b").map_or((false, pattern), |inner| (true, inner));
    let (ends, inner) = inner.strip_suffix("\\b").map_or((false, inner), |inner| (true, inner));
    // What ends with an escaped backslash and a b has no boundary there.
    if !(begins || ends) || inner.contains("\\b") || inner.contains("\\B") || inner.ends_with('\\') || has_alternatives(inner) {
        return None;
    }
    let hir = regex_syntax::parse(inner).ok()?;
    let at = |kind: ExtractKind| -> Option<Vec<String>> {
        let found = Extractor::new().kind(kind).extract(&hir);
        found.literals()?.iter().map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok()).collect()
    };
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if begins && !at(ExtractKind::Prefix)?.iter().all(|text| is_word(text.chars().next())) {
        return None;
    }
    if ends && !at(ExtractKind::Suffix)?.iter().all(|text| is_word(text.chars().next_back())) {
        return None;
    }
    let before = if begins { format!("(?:^|[^{WORD}])") } else { String::new() };
    let behind = if ends { format!("(?:$|[^{WORD}])") } else { String::new() };
    Some(format!("{case}{before}{inner}{behind}"))
}

/// Tells whether a pattern has alternatives outside of parentheses.
fn has_alternatives(pattern: &str) -> bool {
    let (mut depth, mut in_class) = (0_u32, false);
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth = depth.saturating_sub(1),
            '|' if !in_class && depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn boundaries_at_the_ends_are_told_by_their_neighbours() {
        let (before, behind) = ("(?:^|[^\\pL\\p{Nd}\\p{Nl}_])", "(?:$|[^\\pL\\p{Nd}\\p{Nl}_])");
        assert_eq!(beside("\\bfox\\b").unwrap(), format!("{before}fox{behind}"));
        assert_eq!(beside("(?i)\\b(?:fox|dog)").unwrap(), format!("(?i){before}(?:fox|dog)"));
        assert_eq!(beside("[a-c]+x\\b").unwrap(), format!("[a-c]+x{behind}"));
        for other in ["fox", "\\b.fox", "\\bfox\\b|dog", "\\bfox|dog\\b", "a\\bb\\b", "\\b-\\b", "\\b(?:fox|)"] {
            assert_eq!(beside(other), None, "{other}");
        }
    }
}
