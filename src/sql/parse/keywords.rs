//! sqlparser's keywords, found by a hash: every word of every text is looked up.

use std::sync::LazyLock;

use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};

/// Four times as many as there are keywords, so that most names meet an empty slot at once.
const SLOTS: usize = 4096;

/// The number of the keyword in each slot, from 1; 0 in an empty one.
static SLOTTED: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut slots = vec![0; SLOTS];
    for (number, word) in (1..).zip(ALL_KEYWORDS) {
        let mut slot = hash(word);
        while slots[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = number;
    }
    slots
});

static LOWER: LazyLock<Vec<String>> = LazyLock::new(|| ALL_KEYWORDS.iter().map(|word| word.to_ascii_lowercase()).collect());

/// Returns the keyword that an unquoted word is, in whatever case.
pub(super) fn keyword(word: &str) -> Keyword {
    let mut slot = hash(word);
    loop {
        match usize::from(SLOTTED[slot]) {
            0 => return Keyword::NoKeyword,
            number if ALL_KEYWORDS[number - 1].eq_ignore_ascii_case(word) => return ALL_KEYWORDS_INDEX[number - 1],
            _ => slot = (slot + 1) % SLOTS,
        }
    }
}

/// Returns a keyword in lower case; empty for none.
pub(super) fn lower(keyword: Keyword) -> &'static str {
    // The keywords are numbered in the order of the list, behind the one for none.
    (keyword as usize).checked_sub(1).and_then(|number| LOWER.get(number)).map_or("", String::as_str)
}

/// FNV-1a over the letters in one case.
fn hash(word: &str) -> usize {
    let hash = word.bytes().fold(0x811C_9DC5_u32, |hash, letter| (hash ^ u32::from(letter & 0xDF)).wrapping_mul(0x0100_0193));
    usize::try_from(hash ^ (hash >> 15)).unwrap_or(0) % SLOTS
}

#[test]
fn keywords_are_found_in_any_case() {
    for (word, expected) in ALL_KEYWORDS.iter().zip(ALL_KEYWORDS_INDEX) {
        assert_eq!((keyword(word), keyword(&word.to_ascii_lowercase())), (*expected, *expected));
        assert_eq!(lower(*expected), word.to_ascii_lowercase());
    }
    assert_eq!((keyword("ss_sold_date_sk"), keyword(""), lower(Keyword::NoKeyword)), (Keyword::NoKeyword, Keyword::NoKeyword, ""));
}
