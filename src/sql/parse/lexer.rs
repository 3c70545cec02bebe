//! Tokens of common texts, read in one pass without the white space. What is rarer is left to sqlparser's tokenizer, and reads the same there.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, TokenizerError, Word};

use super::dialect::Postgres;
use super::keywords::{self, keyword};
use super::tokens::tokenize;

/// Reads the tokens of a text.
///
/// # Errors
/// Strings and comments without an end, characters that are in no token.
pub(super) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, TokenizerError> {
    if let Some(tokens) = common(text) {
        return Ok(tokens);
    }
    let mut tokens = tokenize(&Postgres::default(), text)?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF));
    keywords::without_foreign(&mut tokens);
    for i in 1..tokens.len() {
        if is_precision(&tokens[i].token) {
            keywords::before_precision(tokens.get_mut(i - 1));
        }
    }
    Ok(tokens)
}

/// Reads the tokens of a text that has none but common ones.
fn common(text: &str) -> Option<Vec<TokenWithSpan>> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, line: 1, line_start: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4);
    loop {
        lexer.skip_blanks()?;
        if lexer.at == text.len() {
            return Some(tokens);
        }
        let start = lexer.location();
        let token = lexer.token(&tokens)?;
        if is_precision(&token) {
            keywords::before_precision(tokens.last_mut());
        }
        tokens.push(TokenWithSpan { token, span: Span { start, end: lexer.location() } });
    }
}

fn is_precision(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.keyword == Keyword::PRECISION)
}

/// A place in a text.
struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// The byte that the line would begin with if its characters up to here were one byte each.
    line_start: usize,
}

impl Lexer<'_> {
    fn location(&self) -> Location {
        Location { line: self.line, column: u64::try_from(self.at - self.line_start).unwrap_or(0) + 1 }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    /// Goes on to a byte further on, over what may hold lines and characters of several bytes.
    fn pass(&mut self, to: usize) {
        for byte in &self.bytes[self.at..to] {
            self.at += 1;
            match byte {
                b'\n' => (self.line, self.line_start) = (self.line + 1, self.at),
                0x80..0xC0 => self.line_start += 1,
                _ => {}
            }
        }
    }

    /// Passes white space and comments; `None` where a comment has no end.
    fn skip_blanks(&mut self) -> Option<()> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => self.pass(self.at + 1),
                b'-' if self.peek(1) == b'-' => {
                    let rest = &self.bytes[self.at..];
                    let len = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
                    self.pass(self.at + len);
                }
                b'/' if self.peek(1) == b'*' => {
                    let end = self.comment_end()?;
                    self.pass(end);
                }
                _ => return Some(()),
            }
        }
    }

    /// Where the comment that begins here ends; comments nest.
    fn comment_end(&self) -> Option<usize> {
        let (mut depth, mut at) = (1_usize, self.at + 2);
        while depth > 0 {
            match self.bytes.get(at..at + 2)? {
                b"/*" => (depth, at) = (depth + 1, at + 2),
                b"*/" => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        Some(at)
    }

    /// Reads the token that begins here; `None` for one that is not common.
    fn token(&mut self, before: &[TokenWithSpan]) -> Option<Token> {
        let (first, second) = (self.peek(0), self.peek(1));
        let (token, len) = match first {
            b'"' => {
                let value = self.quoted(b'"')?;
                return Some(Token::Word(Word { value, quote_style: Some('"'), keyword: Keyword::NoKeyword }));
            }
            b'\'' => return self.quoted(b'\'').map(Token::SingleQuotedString),
            // B'01', E'\n', N'x', X'1F'.
            b'b' | b'B' | b'e' | b'E' | b'n' | b'N' | b'x' | b'X' if matches!(second, b'\'' | b'"') => return None,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => return Some(self.word()),
            b'0'..=b'9' => return self.number(),
            b'.' if second.is_ascii_digit() => return self.number(),
            b'.' if second == b'_' && !self.follows_word(before) => return None,
            b'.' => (Token::Period, 1),
            b'$' if second.is_ascii_digit() => return self.parameter(),
            b'(' => (Token::LParen, 1),
            b')' => (Token::RParen, 1),
            b'[' => (Token::LBracket, 1),
            b']' => (Token::RBracket, 1),
            b',' => (Token::Comma, 1),
            b';' => (Token::SemiColon, 1),
            b':' if second == b':' => (Token::DoubleColon, 2),
            b':' if second == b'=' => (Token::Assignment, 2),
            b':' => (Token::Colon, 1),
            b'+' => (Token::Plus, 1),
            b'*' => (Token::Mul, 1),
            b'/' => (Token::Div, 1),
            b'=' if second == b'>' => (Token::RArrow, 2),
            b'=' if second != b'=' => (Token::Eq, 1),
            _ => self.operator()?,
        };
        self.at += len;
        Some(token)
    }

    fn follows_word(&self, before: &[TokenWithSpan]) -> bool {
        before.last().is_some_and(|last| matches!(last.token, Token::Word(_)) && last.span.end == self.location())
    }

    /// The operators of several characters that are common, where no other character of operators follows.
    fn operator(&self) -> Option<(Token, usize)> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|byte| !b"+-*/<>=~!@#%^&|`?".contains(byte)).unwrap_or(rest.len());
        let token = match &rest[..len] {
            b"<" => Token::Lt,
            b">" => Token::Gt,
            b"<=" => Token::LtEq,
            b">=" => Token::GtEq,
            b"<>" | b"!=" => Token::Neq,
            b"||" => Token::StringConcat,
            b"-" => Token::Minus,
            b"%" => Token::Mod,
            b"->" => Token::Arrow,
            b"->>" => Token::LongArrow,
            _ => return None,
        };
        Some((token, len))
    }

    /// A name without quotes, or a keyword.
    fn word(&mut self) -> Token {
        let from = self.at;
        loop {
            match self.peek(0) {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' => self.at += 1,
                0x80.. => self.pass(self.at + 1),
                _ => break,
            }
        }
        let value = &self.text[from..self.at];
        Token::Word(Word { value: value.to_owned(), quote_style: None, keyword: keyword(value) })
    }

    /// Digits, a point, an exponent. Not `0x1F` and `1L`.
    fn number(&mut self) -> Option<Token> {
        let from = self.at;
        self.digits();
        if self.peek(0) == b'x' && self.text[from..self.at] == *"0" {
            return None;
        }
        if self.peek(0) == b'.' {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.digits();
            }
        }
        (self.peek(0) != b'L').then(|| Token::Number(self.text[from..self.at].to_owned(), false))
    }

    fn digits(&mut self) {
        while self.peek(0).is_ascii_digit() {
            self.at += 1;
        }
    }

    /// `$1`; not `$1$...$1$`.
    fn parameter(&mut self) -> Option<Token> {
        let from = self.at;
        self.at += 1;
        self.digits();
        let ends = !matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | 0x80..);
        ends.then(|| Token::Placeholder(self.text[from..self.at].to_owned()))
    }

    /// What stands between quotes, which are doubled inside; `None` without an end.
    fn quoted(&mut self, quote: u8) -> Option<String> {
        let from = self.at + 1;
        let mut end = from + memchr::memchr(quote, &self.bytes[from..])?;
        let mut doubled = false;
        while self.bytes.get(end + 1) == Some(&quote) {
            doubled = true;
            end = end + 2 + memchr::memchr(quote, self.bytes.get(end + 2..)?)?;
        }
        self.pass(end + 1);
        let inner = &self.text[from..end];
        let (one, two) = if quote == b'"' { ("\"", "\"\"") } else { ("'", "''") };
        Some(if doubled { inner.replace(two, one) } else { inner.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use sqlparser::tokenizer::Tokenizer;

    fn of_sqlparser(text: &str) -> Result<Vec<TokenWithSpan>, TokenizerError> {
        let blank = |token: &TokenWithSpan| matches!(token.token, Token::Whitespace(_) | Token::EOF);
        let tokens = Tokenizer::new(&Postgres::default(), text).tokenize_with_location()?;
        Ok(tokens.into_iter().filter(|token| !blank(token)).collect())
    }

    /// Compares places too, which equality of tokens leaves out.
    fn agree(text: &str) {
        if let Some(tokens) = common(text) {
            assert_eq!(format!("{tokens:?}"), format!("{:?}", of_sqlparser(text).expect(text)), "{text:?}");
        }
    }

    #[test]
    fn common_texts_are_read_here() {
        for text in [
            "SELECT \"a\"\"b\".c, 'it''s', $1::int, x->>'k', -1.5e-3, .5, 1., t._x /* a /* b */ c */ FROM größe -- end\n WHERE a<>b AND c != d;",
            "select 'é\nü' , a\r\nfrom t\rwhere x%2 =1 and y>=1 -- ä\r, [z]",
            "",
            " -- nothing",
        ] {
            assert!(common(text).is_some(), "{text}");
            agree(text);
        }
    }

    #[test]
    fn rare_ones_are_left() {
        for text in [
            "E'\\n'",
            "x'1f'",
            "$$a$$",
            "$1$a$1$",
            "a @> b",
            "1 << 2",
            "'a",
            "\"a",
            "/* a",
            "0x1F",
            "1L",
            "a\u{b}b",
            "a = -1 ~ 2",
            "{",
            "a == b",
            "1 ._a",
        ] {
            assert!(common(text).is_none(), "{text}");
        }
    }

    proptest! {
        /// Pieces that meet in all ways.
        #[test]
        fn reads_as_sqlparser_does(pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "select", "b'", "e", "E'", "u&", "_", "$", "1", "0", "x", ".", "L", "e5", "+", "-", "*", "/", "=", "<", ">", "!", "%", "|", "||", ":", "::", ",",
            "(", ")", "[", "'", "''", "\"", "\"\"", " ", "\n", "\r", "\t", "--", "/*", "*/", "é", "ß", "\u{a0}", "$1", "N", "~", "@", "#", "?", "&", "^", "\\", "{",
        ]), 0..24)) {
            agree(&pieces.concat());
        }

        #[test]
        fn reads_any_text_as_sqlparser_does(text in "\\PC{0,40}") {
            agree(&text);
        }
    }
}
