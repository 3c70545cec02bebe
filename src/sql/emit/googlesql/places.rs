//! Where a place of the printed text comes from: BigQuery's error at `[3:7]` becomes a position in the client's text.
//!
//! The text is printed once more with a mark before each expression, which says where the client wrote it. Printing is a function of its
//! arguments, so that without its marks it is the same text again; where it is not (white space aside), nothing is said.

use super::*;

/// A mark is `BEGIN position MIDDLE expression END`: characters that nothing else prints.
const BEGIN: char = '\u{E0F0}';
const MIDDLE: char = '\u{E0F1}';
const END: char = '\u{E0F2}';

/// Which visible characters an expression takes, and where the client wrote it.
struct Extent {
    from: usize,
    to: usize,
    source: u32,
}

/// Returns where the client wrote what stands at a character of the printed text; both count from 1.
pub fn source_of(bound: &Bound, parameters: &[Literal], zone: Tz, text: &str, at: u32) -> Option<u32> {
    if text.contains([BEGIN, MIDDLE, END]) {
        return None;
    }
    let marked = print(bound, &Contents::of(&bound.query), parameters, zone, true).ok()?;
    // White space differs, because marks make lines longer: what is counted is everything else.
    let solid = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let (bare, extents) = without_marks(&marked)?;
    if solid(&bare) != solid(text) {
        return None;
    }
    let before = usize::try_from(at.checked_sub(1)?).ok()?;
    let place = solid(&text.chars().take(before).collect::<String>()).chars().count();
    // What begins there as a whole; else the smallest that it lies in.
    let whole = extents.iter().filter(|extent| extent.from == place).max_by_key(|extent| extent.to);
    let around = || extents.iter().filter(|extent| (extent.from..extent.to).contains(&place)).min_by_key(|extent| extent.to - extent.from);
    whole.or_else(around).map(|extent| extent.source)
}

/// Marks an expression.
pub(super) fn mark(text: &Text, position: u32) -> Text {
    text.between(&format!("{BEGIN}{position}{MIDDLE}"), END)
}

/// Returns an expression without its own mark.
pub(super) fn unmarked(text: &str) -> &str {
    text.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)?.split_once(MIDDLE)).map_or(text, |(_, bare)| bare)
}

/// Takes the marks out; returns what they were about.
fn without_marks(marked: &str) -> Option<(String, Vec<Extent>)> {
    let (mut bare, mut extents, mut open) = (String::with_capacity(marked.len()), Vec::<Extent>::new(), Vec::new());
    let (mut visible, mut letters) = (0, marked.chars());
    while let Some(letter) = letters.next() {
        match letter {
            BEGIN => {
                let position: String = letters.by_ref().take_while(|letter| *letter != MIDDLE).collect();
                open.push(extents.len());
                extents.push(Extent { from: visible, to: visible, source: position.parse().ok()? });
            }
            END => extents.get_mut(open.pop()?)?.to = visible,
            letter => {
                bare.push(letter);
                visible += usize::from(!letter.is_whitespace());
            }
        }
    }
    open.is_empty().then_some((bare, extents))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{bound, column, events, select};
    use crate::types::Type;

    fn place(sql: &str, what: &str) -> u32 {
        u32::try_from(sql[..sql.find(what).expect(what)].chars().count() + 1).expect("short")
    }

    #[test]
    fn a_place_in_the_text_leads_to_the_clients() {
        let at = |mut expr: Expr, position| {
            expr.position = Some(position);
            expr
        };
        let query = bound(select(events(1), vec![at(column(1, 0), 8), at(column(1, 2), 18)]));
        let text = print(&query, &Contents::of(&query.query), &[], Tz::UTC, false).expect("printed");
        assert_eq!(source_of(&query, &[], Tz::UTC, &text, place(&text, "events.event_id")), Some(8));
        assert_eq!(source_of(&query, &[], Tz::UTC, &text, place(&text, "kind")), Some(18), "within an expression");
        assert_eq!(source_of(&query, &[], Tz::UTC, &text, 1), None, "before all of them");
        assert_eq!(source_of(&query, &[], Tz::UTC, &text, place(&text, "FROM")), None, "behind all of them");
        assert_eq!(source_of(&query, &[], Tz::UTC, "SELECT something_else", 8), None);
    }

    #[test]
    fn marks_in_the_clients_own_text_are_none() {
        let literal = Expr::literal(Literal::Text(format!("{BEGIN}7{MIDDLE}x{END}")), Type::TEXT, None);
        let mut shown = column(1, 0);
        shown.position = Some(8);
        let query = bound(select(events(1), vec![shown, literal]));
        let text = print(&query, &Contents::of(&query.query), &[], Tz::UTC, false).expect("printed");
        assert_eq!(source_of(&query, &[], Tz::UTC, &text, 9), None);
    }
}
