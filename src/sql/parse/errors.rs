//! Syntax errors in PostgreSQL's words, at the token that PostgreSQL stops at.

use std::sync::Arc;

use sqlparser::keywords::Keyword;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::limits::too_deep;
use super::{Positions, dialect, lexer, operators, unicode, word};
use crate::error::{Report, SqlState};

/// The error at a token, in PostgreSQL's words.
pub(in crate::sql) fn near(token: &TokenWithSpan, positions: &Positions, text: &str) -> Report {
    near_span(token.span, positions, text)
}

pub(super) fn near_span(span: Span, positions: &Positions, text: &str) -> Report {
    let (from, to) = (positions.byte(span.start), positions.byte(span.end));
    let shown = text.get(from..to).unwrap_or_default();
    Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{shown}\"")).at(positions.of(span.start))
}

/// The places of the tokens up to one's end. The parser has taken the tokens themselves: they are read once more.
pub(super) fn spans_to(end: Option<Location>, positions: &Positions, text: &str) -> Vec<Span> {
    let tokens = lexer::tokens(text).ok().and_then(|tokens| unicode::read(operators::split(tokens), positions).ok());
    let spans = tokens.into_iter().flatten().map(|token| token.span);
    spans.filter(|span| end.is_some_and(|end| span.end <= end)).collect()
}

/// The parser's error in PostgreSQL's words, where the parser stood in tokens at these places.
pub(in crate::sql) fn unparsed(error: ParserError, spans: impl FnOnce() -> Vec<Span>, positions: &Positions, text: &str) -> Report {
    let message = match error {
        ParserError::RecursionLimitExceeded => return too_deep(),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    // sqlparser ends its messages with ` at Line: 1, Column: 8`.
    let location = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
    });
    let spans = spans();
    let at = location.and_then(|location| spans.iter().find(|span| span.start == location));
    match at {
        Some(span) => near_span(*span, positions, text),
        None => at_end(spans.last().map(|span| span.end), positions, text),
    }
}

/// The error where a statement ends too soon: at its semicolon, or at the end of the whole text, blanks behind it included.
pub(super) fn at_end(last: Option<Location>, positions: &Positions, text: &str) -> Report {
    let from = last.map_or(0, |end| positions.byte(end));
    let rest = text.get(from..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    if rest[blanks..].starts_with(';') {
        return Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \";\"").at(positions.character(from + blanks));
    }
    Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input").at(positions.character(text.len()))
}

pub(super) fn untokenized(text: &str, positions: &Positions, error: &sqlparser::tokenizer::TokenizerError) -> Report {
    let (what, opening) = match error.message.as_str() {
        message if message.contains("comment") => ("unterminated /* comment", "/*"),
        message if message.contains("dollar") => ("unterminated dollar-quoted string", "$"),
        message if message.contains("close delimiter '\"'") => ("unterminated quoted identifier", ""),
        message if message.contains("nterminated") => ("unterminated quoted string", ""),
        _ => ("syntax error", ""),
    };
    // Of comments and dollar quotes the tokenizer names the end: they begin behind the last place up to which all is well.
    let dialect = dialect::Postgres::default();
    let well = |at: &usize| {
        Tokenizer::new(&dialect, &text[..*at]).tokenize().is_ok() && Tokenizer::new(&dialect, &text[*at..]).tokenize().is_err()
    };
    let begins = match opening {
        "" => None,
        opening => text.rmatch_indices(opening).map(|(at, _)| at).take(8).find(well),
    };
    let start = begins.unwrap_or_else(|| positions.byte(error.location));
    let position = match begins {
        Some(start) => u32::try_from(text[..start].chars().count() + 1).ok(),
        None => positions.of(error.location),
    };
    let rest = text.get(start..).unwrap_or_default();
    Report::new(SqlState::SYNTAX_ERROR, format!("{what} at or near \"{}\"", rest.chars().take(200).collect::<String>())).at(position)
}

/// Moves an error to the token that PostgreSQL stops at: GROUP, ORDER and PARTITION are right where the word behind them should have been BY, and `?`
/// is an operator there, whose operand is missing.
pub(super) fn behind(report: Report, positions: &Arc<Positions>, text: &str) -> Report {
    let alone = ["GROUP", "ORDER", "PARTITION", "?"];
    let named = report.message.strip_prefix("syntax error at or near \"").and_then(|rest| rest.strip_suffix('"'));
    if report.sqlstate != SqlState::SYNTAX_ERROR || !named.is_some_and(|name| alone.iter().any(|word| name.eq_ignore_ascii_case(word))) {
        return report;
    }
    let Ok(tokens) = lexer::tokens(text) else { return report };
    let tokens: Vec<TokenWithSpan> = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let Some(at) = tokens.iter().position(|token| positions.of(token.span.start) == report.position) else { return report };
    // One clause of each kind, in their order: elsewhere the keyword itself is wrong.
    let mut depth = 0;
    for token in tokens[..at].iter().rev() {
        match &token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => break,
            Token::LParen => depth -= 1,
            Token::SemiColon => break,
            Token::Word(before) if depth == 0 => match before.keyword {
                Keyword::SELECT | Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => break,
                Keyword::ORDER | Keyword::LIMIT | Keyword::OFFSET | Keyword::FETCH | Keyword::WINDOW | Keyword::HAVING | Keyword::GROUP => {
                    return report;
                }
                _ => {}
            },
            _ => {}
        }
    }
    let is_operator = matches!(tokens[at].token, Token::Placeholder(_) | Token::Question);
    let mut next = at + 1;
    while is_operator && tokens.get(next).is_some_and(|token| matches!(token.token, Token::Placeholder(_) | Token::Question)) {
        next += 1;
    }
    match tokens.get(next) {
        Some(token) if !is_operator && word(Some(token)) == "by" => report,
        Some(token) if token.token != Token::SemiColon => near(token, positions, text),
        _ => Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input").at(positions.character(text.len())),
    }
}
