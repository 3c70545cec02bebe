//! How large PostgreSQL's automaton of an expression would be: beyond a bound its compiler gives up (`REG_MAX_COMPILE_SPACE`, regguts.h).
//!
//! The compiler takes out the arcs that consume nothing, so that each character of the pattern is joined to each that may follow it: `x*y*z*` a thousand
//! times makes millions of arcs. Those pairs are counted here. The bound is one of bytes, so that the count at which it is reached depends on the
//! pattern: 1.2 million pairs for `x*x*...`, 2.3 million for `(xy)*(xy)*...`. Between what is surely small and what is surely large nothing is said.

use super::tree::{Kind, Re};
use crate::error::{Report, Result, SqlState};

/// Pairs that PostgreSQL has room for in any pattern that was tried.
const PAIRS_SURE: u64 = 1_000_000;
/// Pairs for which it has none.
const PAIRS_MAX: u64 = 4_400_000;
/// Characters in a row, which its compiler walks along recursively: some 29,000 in `x*yx*y...`, some 40,000 in a plain text.
const LENGTH_SURE: u64 = 25_000;
const LENGTH_MAX: u64 = 100_000;

/// The size of a part.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Matches the empty text.
    empty: bool,
    /// Characters that it may begin with, and end with.
    first: u64,
    last: u64,
    /// Pairs of characters that may follow one another.
    pairs: u64,
    length: u64,
}

/// Refuses an expression that PostgreSQL calls too complex, and one of which this is not sure.
///
/// # Errors
/// 2201B, 0A000.
pub(super) fn check(re: &Re) -> Result<()> {
    let size = of(re);
    if size.pairs > PAIRS_MAX || size.length > LENGTH_MAX {
        return Err(too_complex());
    }
    if size.pairs > PAIRS_SURE || size.length > LENGTH_SURE {
        return Err(Report::unsupported("a regular expression of this size"));
    }
    Ok(())
}

/// PostgreSQL's error for an automaton that grows too large.
pub(super) fn too_complex() -> Report {
    Report::new(SqlState::INVALID_REGULAR_EXPRESSION, "invalid regular expression: regular expression is too complex")
}

fn of(re: &Re) -> Size {
    match re.kind.as_ref() {
        Kind::One(_) => Size { empty: false, first: 1, last: 1, pairs: 0, length: 1 },
        Kind::Place(_) => Size { empty: true, ..Size::default() },
        Kind::Concat(parts) => parts.iter().fold(Size { empty: true, ..Size::default() }, |before, part| before.then(of(part))),
        Kind::Any(branches) => branches.iter().fold(Size::default(), |before, branch| before.or(of(branch))),
        Kind::Repeat(inner, least, most) => of(inner).repeated(*least, *most),
    }
}

impl Size {
    fn then(self, next: Size) -> Size {
        let behind = if self.empty { next.first } else { 0 };
        let before = if next.empty { self.last } else { 0 };
        Size {
            empty: self.empty && next.empty,
            first: self.first.saturating_add(behind),
            last: next.last.saturating_add(before),
            pairs: self.pairs.saturating_add(next.pairs).saturating_add(self.last.saturating_mul(next.first)),
            length: self.length.saturating_add(next.length),
        }
    }

    fn or(self, other: Size) -> Size {
        Size {
            empty: self.empty || other.empty,
            first: self.first.saturating_add(other.first),
            last: self.last.saturating_add(other.last),
            pairs: self.pairs.saturating_add(other.pairs),
            length: self.length.saturating_add(other.length),
        }
    }

    /// A repetition is copies in a row, each inside the one before it (`repeat`, regcomp.c): only where a copy may be empty do all meet all.
    fn repeated(self, least: u32, most: Option<u32>) -> Size {
        let copies = u64::from(most.unwrap_or(least.max(1)).max(1));
        let ends = if self.empty { copies } else { copies - u64::from(least.max(1)) + 1 };
        let meetings = if self.empty { copies.saturating_mul(copies - 1) / 2 } else { copies - 1 };
        let back = u64::from(most.is_none());
        Size {
            empty: self.empty || least == 0,
            first: self.first.saturating_mul(if self.empty { copies } else { 1 }),
            last: self.last.saturating_mul(ends),
            pairs: self.pairs.saturating_mul(copies).saturating_add(self.last.saturating_mul(self.first).saturating_mul(meetings + back)),
            length: self.length.saturating_mul(copies),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Expression;
    use crate::error::SqlState;

    fn state(pattern: &str) -> Option<SqlState> {
        Expression::new(pattern, "").err().map(|report| report.sqlstate)
    }

    #[test]
    fn what_postgresql_has_no_room_for_is_too_complex() {
        assert_eq!(state(&"x*y*z*".repeat(1000)), Some(SqlState::INVALID_REGULAR_EXPRESSION));
        assert_eq!(state("(x{0,255}){0,255}"), Some(SqlState::INVALID_REGULAR_EXPRESSION));
        assert_eq!(state(&"x?".repeat(1700)), Some(SqlState::FEATURE_NOT_SUPPORTED));
        assert_eq!(state(&"x{255}".repeat(110)), Some(SqlState::FEATURE_NOT_SUPPORTED));
        assert_eq!(state(&"(x)".repeat(5000)), Some(SqlState::FEATURE_NOT_SUPPORTED));
        assert_eq!(state(&format!("{}x{}", "(".repeat(5000), ")".repeat(5000))), Some(SqlState::FEATURE_NOT_SUPPORTED));
    }

    #[test]
    fn what_it_has_room_for_is_read() {
        for pattern in ["x*y*z*".repeat(400), "(x{0,20}y){0,20}".repeat(20), "xy".repeat(10_000), "x|".repeat(10_000)] {
            assert_eq!(state(&pattern), None, "{}...", &pattern[..16]);
        }
    }
}
