//! The tokens of a text. sqlparser (0.62) loses the character behind `&>`: `a&>b` would come without its `b`, `a&>12` as `a &> 2`. So it reads a blank there.

use std::borrow::Cow;

use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, TokenizerError};

use super::{Positions, dialect::Postgres};

/// Splits a text into tokens, blanks and comments included.
///
/// # Errors
/// A string or a comment without end, and what begins no token.
pub(super) fn tokenize(dialect: &Postgres, text: &str) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    if !text.contains("&>") {
        return Tokenizer::new(dialect, text).tokenize_with_location();
    }
    let mut text = Cow::Borrowed(text);
    // Where blanks were put in.
    let mut blanks: Vec<Location> = Vec::new();
    loop {
        let mut tokens = Vec::new();
        let read = Tokenizer::new(dialect, &text).tokenize_with_location_into_buf(&mut tokens);
        // What stands before the first such operator was read rightly: it is in no string.
        if let Some((at, place)) = eager(&tokens, &text) {
            text.to_mut().insert(at, ' ');
            blanks.push(place);
            continue;
        }
        let moved = |place: Location| {
            let before = blanks.iter().filter(|blank| blank.line == place.line && blank.column < place.column).count();
            Location { line: place.line, column: place.column - u64::try_from(before).unwrap_or(0) }
        };
        read.map_err(|error| TokenizerError { location: moved(error.location), ..error })?;
        for token in &mut tokens {
            token.span.start = moved(token.span.start);
            token.span.end = moved(token.span.end);
        }
        return Ok(tokens);
    }
}

/// Finds the first `&>` that has swallowed something: the byte behind it, and its place.
fn eager(tokens: &[TokenWithSpan], text: &str) -> Option<(usize, Location)> {
    let mut found = tokens.iter().filter(|token| token.token == Token::AmpersandRightAngleBracket).peekable();
    found.peek()?;
    let positions = Positions::new(text);
    found.find_map(|token| {
        let behind = positions.byte(token.span.start) + "&>".len();
        let next = text.get(behind..)?.chars().next()?;
        let place = Location { line: token.span.start.line, column: token.span.start.column + 2 };
        (!next.is_whitespace()).then_some((behind, place))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_behind_an_operator() {
        let text = "a&>b, 'x&>y', c &>'[1,2)'\n, d&>12 &> e";
        let tokens = tokenize(&Postgres::default(), text).unwrap();
        let plain: Vec<String> = tokens.iter().map(|token| token.token.to_string()).filter(|text| !text.trim().is_empty()).collect();
        assert_eq!(plain, ["a", "&>", "b", ",", "'x&>y'", ",", "c", "&>", "'[1,2)'", ",", "d", "&>", "12", "&>", "e"]);
        let place = |word: &str| tokens.iter().find(|token| token.token.to_string() == word).map(|token| token.span.start);
        assert_eq!(place("b"), Some(Location { line: 1, column: 4 }));
        assert_eq!(place("'[1,2)'"), Some(Location { line: 1, column: 19 }));
        assert_eq!(place("12"), Some(Location { line: 2, column: 6 }));
        assert_eq!(place("e"), Some(Location { line: 2, column: 12 }));
        assert!(tokenize(&Postgres::default(), "a&>'x").is_err());
    }
}
