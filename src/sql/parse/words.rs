//! Unquoted words of a text in lower case, compared without an allocation: statements are looked through several times before they are parsed.

use std::fmt;
use std::ops::Deref;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::keywords;

/// No keyword is longer, nor is any name (PostgreSQL's NAMEDATALEN).
const LONGEST: usize = 63;

/// An unquoted word in lower case.
#[derive(Clone, Copy)]
pub enum LowerWord<'a> {
    /// It is written so, or a keyword.
    Kept(&'a str),
    /// The letters, and how many.
    Lowered([u8; LONGEST], u8),
}

impl LowerWord<'_> {
    fn new(word: &str) -> LowerWord<'_> {
        let kept = &word[..word.floor_char_boundary(LONGEST)];
        if !kept.bytes().any(|letter| letter.is_ascii_uppercase()) {
            return LowerWord::Kept(kept);
        }
        let mut letters = [0; LONGEST];
        letters[..kept.len()].copy_from_slice(kept.as_bytes());
        letters[..kept.len()].make_ascii_lowercase();
        LowerWord::Lowered(letters, u8::try_from(kept.len()).unwrap_or(0))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        match self {
            LowerWord::Kept(word) => word,
            LowerWord::Lowered(letters, len) => std::str::from_utf8(&letters[..usize::from(*len)]).unwrap_or_default(),
        }
    }
}

impl Deref for LowerWord<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<&str> for LowerWord<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<str> for LowerWord<'_> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl fmt::Debug for LowerWord<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The token as an unquoted lower-case word, cut to the length of a name; empty for anything else.
pub fn word(token: Option<&TokenWithSpan>) -> LowerWord<'_> {
    match token.map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_some() => LowerWord::Kept(""),
        Some(Token::Word(word)) if word.keyword != Keyword::NoKeyword => LowerWord::Kept(keywords::lower(word.keyword)),
        Some(Token::Word(word)) => LowerWord::new(&word.value),
        _ => LowerWord::Kept(""),
    }
}

#[test]
fn words_are_compared_in_lower_case() {
    let lower = |text: &str| word(Some(&TokenWithSpan::wrap(Token::make_word(text, None)))).as_str().to_owned();
    assert_eq!(["SELECT", "Größe", "ss_Item_sk", "a"].map(lower), ["select", "größe", "ss_item_sk", "a"]);
    assert_eq!([lower(&"é".repeat(40)), lower(&"É".repeat(40))], ["é".repeat(31), "É".repeat(31)]);
    assert!(word(Some(&TokenWithSpan::wrap(Token::make_word("a", Some('"'))))).is_empty() && word(None).is_empty());
}
