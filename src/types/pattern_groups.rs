//! Groups of regular expressions inside a repetition. PostgreSQL keeps what they caught in its last turn, which may be an empty one, and forgets what earlier
//! turns caught (regexec.c, `citerdissect` and `zaptreesubs`); RE2 and crate regex keep the last that a group caught in any turn.

use regex_syntax::hir::{Hir, HirKind};

/// Tells whether it matters to a pattern's groups which turn of a repetition is the last.
pub fn depend_on_turns(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Capture(capture) => depend_on_turns(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(depend_on_turns),
        HirKind::Repetition(repetition) => {
            let sub = &repetition.sub;
            let turns = repetition.max != Some(1) && has_groups(sub);
            turns && (sub.properties().minimum_len() == Some(0) || may_pass_a_group(sub)) || depend_on_turns(sub)
        }
    }
}

fn has_groups(hir: &Hir) -> bool {
    hir.properties().explicit_captures_len() > 0
}

/// Tells whether a match may leave a group of it out.
fn may_pass_a_group(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => false,
        HirKind::Capture(capture) => may_pass_a_group(&capture.sub),
        HirKind::Concat(parts) => parts.iter().any(may_pass_a_group),
        HirKind::Alternation(branches) => branches.iter().any(has_groups),
        HirKind::Repetition(repetition) => has_groups(&repetition.sub) && (repetition.min == 0 || may_pass_a_group(&repetition.sub)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_several_turns_are_told() {
        let depend = |pattern: &str| depend_on_turns(&regex_syntax::parse(pattern).expect("a pattern"));
        for pattern in ["(e*)+", "((a)|b)+", "(?:(a)|b)*", "((a)?b)+", "x(a?){2}", "(?:(a)|(b)){2,3}"] {
            assert!(depend(pattern), "{pattern}");
        }
        for pattern in ["(e+)+", "(a*)?", "((a)|b)", "((a)|b)?", "((a)b)+", "(?:a|b)*(c)", "(?:e*)+(c)"] {
            assert!(!depend(pattern), "{pattern}");
        }
    }
}
