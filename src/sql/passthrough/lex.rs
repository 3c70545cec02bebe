//! GoogleSQL's lexical structure ("Lexical structure and syntax"), exactly: what is a string or a comment here is one in BigQuery.
//!
//! The guard judges tokens, so a text must not be split into others than BigQuery's. The parser is given these tokens, not the text.

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use crate::sql::parse::word;

/// The types with others in angle brackets.
const TYPES: &[&str] = &["array", "struct", "range"];

/// What a text is made of.
#[derive(Debug, Default)]
pub struct Lexed {
    /// The tokens, comments left out. String literals of every kind are [`Token::SingleQuotedString`].
    pub tokens: Vec<TokenWithSpan>,
    /// A comment that BigQuery takes for an order, such as `#legacySQL`.
    pub pragma: bool,
    /// Backticks around something with an escape sequence.
    pub escaped_name: bool,
}

/// Splits a text; `None` where GoogleSQL has no token.
pub fn lex(text: &str) -> Option<Lexed> {
    let mut lexer = Lexer { chars: text.chars().collect(), at: 0, line: 1, column: 1, angles: 0 };
    let mut lexed = Lexed::default();
    loop {
        lexer.skip_blanks(&mut lexed)?;
        let start = lexer.location();
        let Some(first) = lexer.peek(0) else { return Some(lexed) };
        let token = lexer.token(first, &mut lexed)?;
        lexed.tokens.push(TokenWithSpan { token, span: Span::new(start, lexer.location()) });
    }
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: u64,
    column: u64,
    /// Open angle brackets of types: within them `>>` closes two.
    angles: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn location(&self) -> Location {
        Location { line: self.line, column: self.column }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.next();
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek(i) == Some(c))
    }

    fn take_while(&mut self, accepted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek(0).filter(|c| accepted(*c)) {
            taken.push(c);
            self.next();
        }
        taken
    }

    /// Passes white space and comments; `None` for a comment without end.
    fn skip_blanks(&mut self, lexed: &mut Lexed) -> Option<()> {
        loop {
            match self.peek(0) {
                Some(c) if c.is_whitespace() => self.skip(1),
                Some('#') => self.line_comment(lexed),
                Some('-') if self.peek(1) == Some('-') => self.line_comment(lexed),
                Some('/') if self.peek(1) == Some('*') => {
                    self.skip(2);
                    while !self.starts_with("*/") {
                        self.next()?;
                    }
                    self.skip(2);
                }
                _ => return Some(()),
            }
        }
    }

    fn line_comment(&mut self, lexed: &mut Lexed) {
        let comment = self.take_while(|c| c != '\n' && c != '\r').to_lowercase();
        lexed.pragma |= comment.contains("legacysql") || comment.contains("standardsql");
    }

    fn token(&mut self, first: char, lexed: &mut Lexed) -> Option<Token> {
        if let Some(prefix) = self.string_prefix() {
            self.skip(prefix);
            return self.string();
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let word = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
            return Some(Token::make_word(&word, None));
        }
        if first.is_ascii_digit() || (first == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit()) && !after_name(lexed)) {
            return Some(self.number());
        }
        if first == '`' {
            self.skip(1);
            let mut name = String::new();
            loop {
                match self.next()? {
                    '`' => break,
                    '\\' => {
                        lexed.escaped_name = true;
                        name.extend(self.next());
                    }
                    '\n' => return None,
                    c => name.push(c),
                }
            }
            return Some(Token::make_word(&name, Some('`')));
        }
        const SYMBOLS: &[(&str, Token)] = &[
            ("|>", Token::VerticalBarRightAngleBracket),
            ("||", Token::StringConcat),
            ("=>", Token::RArrow),
            ("->", Token::Arrow),
            ("<<", Token::ShiftLeft),
            (">>", Token::ShiftRight),
            ("<=", Token::LtEq),
            (">=", Token::GtEq),
            ("<>", Token::Neq),
            ("!=", Token::Neq),
            ("(", Token::LParen),
            (")", Token::RParen),
            ("[", Token::LBracket),
            ("]", Token::RBracket),
            ("{", Token::LBrace),
            ("}", Token::RBrace),
            (",", Token::Comma),
            (";", Token::SemiColon),
            (".", Token::Period),
            (":", Token::Colon),
            ("<", Token::Lt),
            (">", Token::Gt),
            ("=", Token::Eq),
            ("+", Token::Plus),
            ("-", Token::Minus),
            ("*", Token::Mul),
            ("/", Token::Div),
            ("%", Token::Mod),
            ("&", Token::Ampersand),
            ("|", Token::Pipe),
            ("^", Token::Caret),
            ("~", Token::Tilde),
            ("?", Token::Question),
            ("@", Token::AtSign),
        ];
        let (symbol, token) = match first {
            '>' if self.angles > 0 => (">", Token::Gt),
            _ => SYMBOLS.iter().find(|(symbol, _)| self.starts_with(symbol)).map(|(symbol, token)| (*symbol, token.clone()))?,
        };
        match token {
            Token::Lt if lexed.tokens.last().is_some_and(|last| TYPES.contains(&word(Some(last)).as_str())) => self.angles += 1,
            Token::Gt => self.angles = self.angles.saturating_sub(1),
            _ => {}
        }
        self.skip(symbol.len());
        Some(token)
    }

    /// Returns the length of what stands before the quotes of a string literal: nothing, `r`, `b`, `rb`, `br`. `None`: no string begins here.
    fn string_prefix(&self) -> Option<usize> {
        let letter = |i: usize, letters: &str| self.peek(i).is_some_and(|c| letters.contains(c.to_ascii_lowercase()));
        let quote = |i: usize| matches!(self.peek(i), Some('\'' | '"'));
        match () {
            () if quote(0) => Some(0),
            () if letter(0, "rb") && quote(1) => Some(1),
            () if (letter(0, "r") && letter(1, "b") || letter(0, "b") && letter(1, "r")) && quote(2) => Some(2),
            () => None,
        }
    }

    /// A backslash protects the next character in raw strings, too; one pair of quotes does not reach over lines.
    fn string(&mut self) -> Option<Token> {
        let quote = self.peek(0)?;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let long = self.starts_with(&triple);
        self.skip(if long { 3 } else { 1 });
        let mut value = String::new();
        loop {
            if long && self.starts_with(&triple) {
                self.skip(3);
                break;
            }
            match self.next()? {
                '\\' => value.extend(self.next()),
                c if c == quote && !long => break,
                '\n' | '\r' if !long => return None,
                c => value.push(c),
            }
        }
        Some(Token::SingleQuotedString(value))
    }

    fn number(&mut self) -> Token {
        if self.peek(0) == Some('0') && matches!(self.peek(1), Some('x' | 'X')) {
            self.skip(2);
            let digits = self.take_while(|c| c.is_ascii_hexdigit());
            return Token::Number(format!("0x{digits}"), false);
        }
        let mut number = self.take_while(|c| c.is_ascii_digit());
        if self.peek(0) == Some('.') {
            self.skip(1);
            number.push('.');
            number.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        let sign = usize::from(matches!(self.peek(1), Some('+' | '-')));
        if matches!(self.peek(0), Some('e' | 'E')) && self.peek(1 + sign).is_some_and(|c| c.is_ascii_digit()) {
            number.push('e');
            self.skip(1);
            if sign == 1 {
                number.extend(self.next());
            }
            number.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        Token::Number(number, false)
    }
}

/// Behind a name or a closing bracket a point is one, and no number's.
fn after_name(lexed: &Lexed) -> bool {
    matches!(lexed.tokens.last().map(|token| &token.token), Some(Token::Word(_) | Token::RParen | Token::RBracket))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Some(lex(text)?.tokens.iter().map(|token| token.token.to_string()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn strings_end_where_googles_end() {
        assert_eq!(shown(r#"SELECT "it's", 'a\'b' -- x"#).unwrap(), "SELECT 'it's' , 'a'b'");
        assert_eq!(shown(r#"r'\' rb"\"" b'x'"#), None, "a backslash protects the quote of a raw string");
        assert_eq!(shown(r#"r'\'' rb"\"" BR'x'"#).unwrap(), "''' '\"' 'x'");
        assert_eq!(shown("'''a\n'b'''").unwrap(), "'a\n'b'");
        assert_eq!(shown("'a\nb'"), None, "no line end in a short string");
        assert_eq!(shown("`a b`.`c`").unwrap(), "`a b` . `c`");
        assert!(lex(r"`a\x41`").unwrap().escaped_name);
    }

    #[test]
    fn comments_and_numbers() {
        assert_eq!(shown("1 # one\n + 1.5e-3 /* /* */ .5 t.0 0xFf").unwrap(), "1 + 1.5e-3 .5 t . 0 0xFf");
        assert_eq!(shown("ARRAY<STRUCT<a ARRAY<INT64>>>[] >> 1").unwrap(), "ARRAY < STRUCT < a ARRAY < INT64 > > > [ ] >> 1");
        assert_eq!(shown("/* open"), None);
        assert!(lex("#legacySQL\nSELECT 1").unwrap().pragma);
        assert!(!lex("SELECT '#legacySQL'").unwrap().pragma);
        assert_eq!(shown("SELECT $1"), None);
    }
}
