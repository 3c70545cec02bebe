//! sqlparser's keywords, found by a hash: every word of every text is looked up.

use std::sync::LazyLock;

use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Names of types that other databases have, and MySQL's CONVERT: to PostgreSQL names like any other, `datetime` as little a type as `nosuch`. DOUBLE is one
/// where PRECISION does not follow.
const FOREIGN: &[Keyword] = &[
    Keyword::BIGDECIMAL,
    Keyword::BIGNUMERIC,
    Keyword::BINARY,
    Keyword::BLOB,
    Keyword::BYTES,
    Keyword::CLOB,
    Keyword::CONVERT,
    Keyword::DATE32,
    Keyword::DATETIME,
    Keyword::DATETIME64,
    Keyword::DOUBLE,
    Keyword::ENUM,
    Keyword::ENUM16,
    Keyword::ENUM8,
    Keyword::FIXEDSTRING,
    Keyword::FLOAT32,
    Keyword::FLOAT64,
    Keyword::HUGEINT,
    Keyword::INT128,
    Keyword::INT16,
    Keyword::INT256,
    Keyword::INT32,
    Keyword::INT64,
    Keyword::LONGBLOB,
    Keyword::LONGTEXT,
    Keyword::LOWCARDINALITY,
    Keyword::MAP,
    Keyword::MEDIUMBLOB,
    Keyword::MEDIUMINT,
    Keyword::MEDIUMTEXT,
    Keyword::NESTED,
    Keyword::NULLABLE,
    Keyword::NUMBER,
    Keyword::NVARCHAR,
    Keyword::SIGNED,
    Keyword::STRING,
    Keyword::STRUCT,
    Keyword::TIMESTAMP_NTZ,
    Keyword::TINYBLOB,
    Keyword::TINYINT,
    Keyword::TINYTEXT,
    Keyword::TUPLE,
    Keyword::UBIGINT,
    Keyword::UHUGEINT,
    Keyword::UINT128,
    Keyword::UINT16,
    Keyword::UINT256,
    Keyword::UINT32,
    Keyword::UINT64,
    Keyword::UINT8,
    Keyword::UNSIGNED,
    Keyword::USMALLINT,
    Keyword::UTINYINT,
    Keyword::TRY_CONVERT,
    Keyword::VARBINARY,
    Keyword::VARCHAR2,
];

/// Four times as many as there are keywords, so that most names meet an empty slot at once.
const SLOTS: usize = 4096;

/// The number of the keyword in each slot, from 1; 0 in an empty one.
static SLOTTED: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut slots = vec![0; SLOTS];
    for ((number, word), keyword) in (1..).zip(ALL_KEYWORDS).zip(ALL_KEYWORDS_INDEX) {
        if FOREIGN.contains(keyword) {
            continue;
        }
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

/// Makes of the keywords that sqlparser's tokenizer found what they are here.
pub(super) fn without_foreign(tokens: &mut [TokenWithSpan]) {
    for token in tokens {
        if let Token::Word(word) = &mut token.token
            && FOREIGN.contains(&word.keyword)
        {
            word.keyword = Keyword::NoKeyword;
        }
    }
}

/// Makes DOUBLE a keyword again, where PRECISION follows.
pub(super) fn before_precision(token: Option<&mut TokenWithSpan>) {
    if let Some(TokenWithSpan { token: Token::Word(word), .. }) = token
        && word.quote_style.is_none()
        && word.value.eq_ignore_ascii_case("double")
    {
        word.keyword = Keyword::DOUBLE;
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
        let found = if FOREIGN.contains(expected) { Keyword::NoKeyword } else { *expected };
        assert_eq!((keyword(word), keyword(&word.to_ascii_lowercase())), (found, found));
        assert_eq!(lower(*expected), word.to_ascii_lowercase());
    }
    assert_eq!((keyword("ss_sold_date_sk"), keyword(""), lower(Keyword::NoKeyword)), (Keyword::NoKeyword, Keyword::NoKeyword, ""));
}
