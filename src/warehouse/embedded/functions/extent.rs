//! Where PostgreSQL's matches end: it takes the longest match and, inside, the longest for what stands further left; crate regex takes the
//! first in the order of preference. Patterns where both agree are told apart here, by their parsed form; the rest is refused.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Repetition};

use crate::types::pattern_groups::depend_on_turns;

/// Tells whether a pattern has one extent and one reading of its groups, whichever way matches are preferred.
///
/// Greedy single characters (`\d+`, `.*`) in a row do: taking less early never reaches further. Groups that repeat or may be absent and
/// alternatives must be told from what stands around them by their first character.
pub(super) fn is_certain(pattern: &str, ignore_case: bool, lines: bool) -> bool {
    let parsed = regex_syntax::ParserBuilder::new()
        .case_insensitive(ignore_case)
        .dot_matches_new_line(!lines)
        .multi_line(lines)
        .build()
        .parse(pattern);
    // What does not parse fails where it is compiled.
    parsed.is_ok_and(|hir| !depend_on_turns(&hir) && sequence(&hir, &mut Vec::new()))
}

/// Characters that something may begin or go on with.
type Set = ClassUnicode;

/// Checks a part of the pattern. `before` holds what may still go on when the part begins: a choice between going on and beginning must be
/// decided by one character, or be one between single characters.
fn sequence(hir: &Hir, before: &mut Vec<Set>) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(_) | HirKind::Class(_) => {
            pass(&first(hir), before);
            true
        }
        HirKind::Capture(capture) => sequence(&capture.sub, before),
        HirKind::Concat(parts) => parts.iter().all(|part| sequence(part, before)),
        HirKind::Repetition(repetition) => repeated(repetition, before),
        HirKind::Alternation(branches) => {
            if !distinct(branches) || !equal_lengths(branches) && overlaps(&first(hir), before) {
                return false;
            }
            let mut after = Vec::new();
            for branch in branches {
                let mut own = before.clone();
                if !sequence(branch, &mut own) {
                    return false;
                }
                after.extend(own);
            }
            *before = after;
            true
        }
    }
}

fn repeated(repetition: &Repetition, before: &mut Vec<Set>) -> bool {
    let sub = &repetition.sub;
    let varies = repetition.max != Some(repetition.min);
    if single(sub) {
        if repetition.min > 0 {
            pass(&first(sub), before);
        }
        if varies {
            before.push(first(sub));
        }
        return true;
    }
    if !varies {
        return sequence(sub, before);
    }
    let begins = first(sub);
    // An empty body may match anywhere.
    if sub.properties().minimum_len() == Some(0) || overlaps(&begins, before) {
        return false;
    }
    let mut inside = Vec::new();
    if !sequence(sub, &mut inside) || overlaps(&begins, &inside) {
        return false;
    }
    before.extend(inside);
    before.push(begins);
    true
}

/// Something that has to be there ends what went before, unless it could as well have been a piece of it.
fn pass(begins: &Set, before: &mut Vec<Set>) {
    if !overlaps(begins, before) {
        before.clear();
    }
}

/// Tells whether a part is exactly one character.
fn single(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| text.chars().count() == 1),
        HirKind::Capture(capture) => single(&capture.sub),
        _ => false,
    }
}

/// The characters that a match of this part may begin with.
fn first(hir: &Hir) -> Set {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Set::empty(),
        HirKind::Class(Class::Unicode(class)) => class.clone(),
        HirKind::Class(Class::Bytes(class)) => class.to_unicode_class().unwrap_or_else(all),
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0).ok().and_then(|text| text.chars().next()) {
            Some(c) => ClassUnicode::new([ClassUnicodeRange::new(c, c)]),
            None => all(),
        },
        HirKind::Capture(capture) => first(&capture.sub),
        HirKind::Repetition(repetition) => first(&repetition.sub),
        HirKind::Alternation(branches) => branches.iter().fold(Set::empty(), |mut set, branch| {
            set.union(&first(branch));
            set
        }),
        HirKind::Concat(parts) => {
            let mut set = Set::empty();
            for part in parts {
                set.union(&first(part));
                if part.properties().minimum_len() != Some(0) {
                    break;
                }
            }
            set
        }
    }
}

fn all() -> Set {
    ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])
}

fn overlap(one: &Set, other: &Set) -> bool {
    let mut common = one.clone();
    common.intersect(other);
    !common.ranges().is_empty()
}

fn overlaps(set: &Set, before: &[Set]) -> bool {
    before.iter().any(|other| overlap(set, other))
}

/// Tells whether each alternative begins with characters of its own, and none is empty.
fn distinct(branches: &[Hir]) -> bool {
    let firsts: Vec<Set> = branches.iter().map(first).collect();
    let apart = firsts.iter().enumerate().all(|(i, one)| firsts[..i].iter().all(|other| !overlap(one, other)));
    apart && branches.iter().all(|branch| branch.properties().minimum_len().is_some_and(|length| length > 0))
}

fn equal_lengths(branches: &[Hir]) -> bool {
    let lengths = |hir: &Hir| (hir.properties().minimum_len(), hir.properties().maximum_len());
    let one = branches.first().map(lengths);
    one.is_some_and(|(min, max)| min == max) && branches.iter().all(|branch| Some(lengths(branch)) == one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_one_reading_is_told_from_what_has_several() {
        let certain = |pattern: &str| is_certain(pattern, false, false);
        for pattern in [
            r"\d+",
            r".*",
            r"(\w+)@(\w+)\.com",
            r"^(.*)-(\d+)$",
            r"\d+(\.\d+)?",
            r"(\w+)(,\w+)*",
            r"foo|bar",
            r".*(foo|bar)",
            r"a.*b",
            r"[a-z]+\s*=\s*",
            r"https?://([^/]+)/",
            r"(\d{3})-(\d{4})",
            r"x*y*",
            r"(\w+)-(\w+)( \w+)?",
        ] {
            assert!(certain(pattern), "{pattern}");
        }
        for pattern in [
            r"(a?)(ab)?",
            r"a|ab",
            r"(.*)(\.\w+)?",
            r"(ab?)*(bc)?",
            r"(a|ab)(c|bcd)",
            r".*(abcdefx|f)",
            r"(a*)*",
            r"(|a)b",
            r".*a(bab)?",
            r"((a)|b)+",
        ] {
            assert!(!certain(pattern), "{pattern}");
        }
    }
}
