//! `U&'...'` and `U&"..."` with UESCAPE (chapter 4.1.2.3).

use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan};

use super::{Positions, word};
use crate::error::{Report, Result, SqlState};

/// Puts what such strings and names say in their place. The tokenizer gives the letter, the ampersand and what is quoted.
///
/// # Errors
/// 42601 for escapes that are none.
pub fn read(tokens: Vec<TokenWithSpan>, positions: &Positions) -> Result<Vec<TokenWithSpan>> {
    if !tokens.windows(3).any(begins) {
        return Ok(tokens);
    }
    let mut out = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while i < tokens.len() {
        if !tokens.get(i..i + 3).is_some_and(begins) {
            out.push(tokens[i].clone());
            i += 1;
            continue;
        }
        let (mut text, is_name) = match &tokens[i + 2].token {
            Token::Word(name) => (name.value.clone(), true),
            Token::SingleQuotedString(text) => (text.clone(), false),
            _ => (String::new(), false),
        };
        let start = tokens[i].span.start;
        let mut end = tokens[i + 2].span.end;
        i += 3;
        // The string goes on, on the next line.
        while let (false, Some(TokenWithSpan { token: Token::SingleQuotedString(part), span })) = (is_name, tokens.get(i))
            && span.start.line > end.line
        {
            text.push_str(part);
            end = span.end;
            i += 1;
        }
        let mut escape = '\\';
        if word(tokens.get(i)) == "uescape"
            && let Some(TokenWithSpan { token: Token::SingleQuotedString(given), span }) = tokens.get(i + 1)
        {
            let mut letters = given.chars();
            escape = match (letters.next(), letters.next()) {
                (Some(letter), None) if !letter.is_ascii_hexdigit() && !matches!(letter, '+' | '\'' | '"') && !letter.is_whitespace() => {
                    letter
                }
                _ => {
                    return Err(Report::new(SqlState::SYNTAX_ERROR, "invalid Unicode escape character").at(positions.of(span.start)));
                }
            };
            i += 2;
        }
        let body = Location { line: start.line, column: start.column + 3 };
        let said = unescaped(&text, escape).map_err(|(message, at)| {
            let position = positions.of(body).zip(u32::try_from(at).ok()).map(|(from, at)| from + at);
            let hint = "Unicode escapes must be \\XXXX or \\+XXXXXX.";
            let report = Report::new(SqlState::SYNTAX_ERROR, message).at(position);
            if message == "invalid Unicode escape" { report.hint(hint) } else { report }
        })?;
        let token = if is_name { Token::make_word(&said, Some('"')) } else { Token::SingleQuotedString(said) };
        out.push(TokenWithSpan { token, span: Span { start, end } });
    }
    Ok(out)
}

/// `U`, `&` and a quoted text without anything between them.
fn begins(tokens: &[TokenWithSpan]) -> bool {
    let [letter, and, quoted] = tokens else { return false };
    matches!(and.token, Token::Ampersand)
        && word(Some(letter)) == "u"
        && letter.span.end == and.span.start
        && and.span.end == quoted.span.start
        && match &quoted.token {
            Token::SingleQuotedString(_) => true,
            Token::Word(name) => name.quote_style == Some('"'),
            _ => false,
        }
}

/// Reads the escapes; an error tells where it stands.
fn unescaped(text: &str, escape: char) -> std::result::Result<String, (&'static str, usize)> {
    const WRONG: &str = "invalid Unicode escape";
    const PAIR: &str = "invalid Unicode surrogate pair";
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut high: Option<u32> = None;
    let mut i = 0;
    while let Some(letter) = letters.get(i) {
        if *letter != escape || letters.get(i + 1) == Some(&escape) {
            if high.is_some() {
                return Err((PAIR, i));
            }
            out.push(*letter);
            i += if *letter == escape { 2 } else { 1 };
            continue;
        }
        let (from, len) = if letters.get(i + 1) == Some(&'+') { (i + 2, 6) } else { (i + 1, 4) };
        let digits: String = letters.get(from..from + len).ok_or((WRONG, i))?.iter().collect();
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err((WRONG, i));
        }
        let code = u32::from_str_radix(&digits, 16).map_err(|_| (WRONG, i))?;
        let code = match (high.take(), code) {
            (None, 0xD800..=0xDBFF) => {
                high = Some(code);
                i = from + len;
                continue;
            }
            (Some(high), 0xDC00..=0xDFFF) => 0x1_0000 + ((high - 0xD800) << 10) + (code - 0xDC00),
            (Some(_), _) | (None, 0xDC00..=0xDFFF) => return Err((PAIR, i)),
            (None, code) => code,
        };
        out.push(char::from_u32(code).filter(|letter| *letter != '\0').ok_or(("invalid Unicode escape value", i))?);
        i = from + len;
    }
    if high.is_some() { Err((PAIR, letters.len())) } else { Ok(out) }
}

#[test]
fn escapes_are_read() {
    assert_eq!(unescaped("d\\0061t\\+000061 \\\\", '\\').unwrap(), "data \\");
    assert_eq!(unescaped("!D83D!DE00", '!').unwrap(), "\u{1F600}");
    assert_eq!(unescaped("wrong: \\061", '\\'), Err(("invalid Unicode escape", 7)));
    assert_eq!(unescaped("\\db99x", '\\'), Err(("invalid Unicode surrogate pair", 5)));
    let tokens = |text: &str| match super::parse(text).map(|mut statements| statements.remove(0).body) {
        Ok(super::Body::Query(query)) => query.to_string(),
        Ok(_) => "no query".into(),
        Err(report) => format!("{report} at {:?}", report.position),
    };
    assert_eq!(tokens("SELECT U&'d!0061t' UESCAPE '!' AS U&\"\\0061\""), "SELECT 'dat' AS \"a\"");
    assert_eq!(tokens("SELECT u & 'x'"), "SELECT u & 'x'");
    assert_eq!(tokens("SELECT U&'x' UESCAPE '+'"), "42601: invalid Unicode escape character at Some(22)");
}
