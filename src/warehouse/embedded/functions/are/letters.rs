//! What letters, digits and blanks are: those of Unicode as the C library has them in the locale C.UTF-8 (`iswalpha`, `iswspace`), which PostgreSQL's
//! regular expressions ask. Decimal digits of other scripts are letters there; fractions and raised digits are none, and blanks that do not break
//! lines are no blanks.

use std::sync::LazyLock;

use regex::Regex;

/// The same for crate regex, between brackets.
pub(in super::super) const ALPHA: &str = r"\p{Alphabetic}[\p{Nd}--0-9]";
pub(in super::super) const ALNUM: &str = r"\p{Alphabetic}\p{Nd}";
pub(in super::super) const WORD: &str = r"\p{Alphabetic}\p{Nd}_";
pub(in super::super) const SPACE: &str = r"\t-\r\x20\u{1680}\u{2000}-\u{2006}\u{2008}-\u{200a}\u{2028}\u{2029}\u{205f}\u{3000}";

pub(super) fn is_alpha(c: char) -> bool {
    c.is_alphabetic() || !c.is_ascii() && is_decimal(c)
}

pub(super) fn is_alnum(c: char) -> bool {
    is_alpha(c) || c.is_ascii_digit()
}

pub(super) fn is_word(c: char) -> bool {
    is_alnum(c) || c == '_'
}

pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}')
}

fn is_decimal(c: char) -> bool {
    static DECIMAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\p{Nd}$").expect("a class of characters"));
    c.is_numeric() && DECIMAL.is_match(c.encode_utf8(&mut [0; 4]))
}

#[test]
fn classes_are_the_same_in_both_engines() {
    type Is = fn(char) -> bool;
    let same = |set: &str, is: Is| {
        let regex = Regex::new(&format!("^[{set}]$")).unwrap();
        // A few letters are newer than crate regex.
        let differ = (0..=0x3_ffff).filter_map(char::from_u32).filter(|c| regex.is_match(c.encode_utf8(&mut [0; 4])) != is(*c));
        let older: Vec<char> = differ.filter(|c| !c.is_alphabetic()).collect();
        assert!(older.is_empty(), "{set}: {older:?}");
    };
    same(ALPHA, is_alpha);
    same(ALNUM, is_alnum);
    same(WORD, is_word);
    same(SPACE, is_space);
    // As PostgreSQL 15 says.
    assert_eq!(
        ['é', '\u{301}', '²', '½', '٣', 'Ⓐ', '\u{345}', 'Ⅷ', '7', '_'].map(is_word),
        [true, false, false, false, true, true, true, true, true, true]
    );
    assert_eq!(['\u{a0}', '\u{85}', '\u{3000}', '\u{b}', ' '].map(is_space), [false, false, true, true, true]);
}
