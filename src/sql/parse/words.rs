//! Unquoted words of a text in lower case, compared without an allocation: statements are looked through several times before they are parsed.

use std::fmt;
use std::ops::Deref;

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// No keyword is longer, nor is any name (PostgreSQL's NAMEDATALEN).
const LONGEST: usize = 63;

/// An unquoted word in lower case.
#[derive(Clone, Copy)]
pub struct LowerWord {
    bytes: [u8; LONGEST],
    len: u8,
}

impl LowerWord {
    const EMPTY: LowerWord = LowerWord { bytes: [0; LONGEST], len: 0 };

    fn new(word: &str) -> LowerWord {
        let kept = word.floor_char_boundary(LONGEST);
        let mut lower = LowerWord { len: u8::try_from(kept).unwrap_or(0), ..LowerWord::EMPTY };
        lower.bytes[..kept].copy_from_slice(&word.as_bytes()[..kept]);
        lower.bytes[..kept].make_ascii_lowercase();
        lower
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl Deref for LowerWord {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<&str> for LowerWord {
    fn eq(&self, other: &&str) -> bool {
        self.bytes[..usize::from(self.len)] == *other.as_bytes()
    }
}

impl PartialEq<str> for LowerWord {
    fn eq(&self, other: &str) -> bool {
        *self == other
    }
}

impl fmt::Debug for LowerWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// The token as an unquoted lower-case word, cut to the length of a name; empty for anything else.
pub fn word(token: Option<&TokenWithSpan>) -> LowerWord {
    match token.map(|token| &token.token) {
        Some(Token::Word(word)) if word.quote_style.is_none() => LowerWord::new(&word.value),
        _ => LowerWord::EMPTY,
    }
}

#[test]
fn words_are_compared_in_lower_case() {
    let of = |text: &str| word(Some(&TokenWithSpan::wrap(Token::make_word(text, None))));
    assert!(of("SELECT") == "select" && of("Größe").as_str() == "größe" && of("a") != "ab");
    assert_eq!(of(&"é".repeat(40)).as_str(), "é".repeat(31));
    assert!(word(Some(&TokenWithSpan::wrap(Token::make_word("a", Some('"'))))).is_empty() && word(None).is_empty());
}
