//! The first judgement: every word, every call, every symbol of a GoogleSQL text.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::functions::{self, Volatility};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::{Positions, word};

/// Judges words and calls; tells whether something volatile is among them.
pub(super) fn check(tokens: &[TokenWithSpan], positions: &Positions) -> Result<bool> {
    let mut volatile = false;
    for (i, token) in tokens.iter().enumerate() {
        let at = positions.of(token.span.start);
        match &token.token {
            Token::SemiColon => {
                return Err(Report::unsupported("a script in GoogleSQL").at(at).hint("Send one query at a time."));
            }
            Token::VerticalBarRightAngleBracket => {
                return Err(Report::unsupported("pipe syntax").at(at).hint("Write the query with SELECT."));
            }
            Token::AtSign | Token::Question => {
                return Err(Report::unsupported("a parameter or system variable in GoogleSQL").at(at).hint("Write the value itself."));
            }
            Token::Word(word) => {
                for part in word.value.split('.') {
                    match part.to_ascii_lowercase().as_str() {
                        "external_query" => return Err(denied("EXTERNAL_QUERY").at(at)),
                        "information_schema" => {
                            return Err(Report::unsupported("INFORMATION_SCHEMA in GoogleSQL")
                                .at(at)
                                .hint("Ask information_schema or pg_catalog in PostgreSQL's SQL: SET sluice.dialect = postgres."));
                        }
                        "tablesample" | "system_time" => volatile = true,
                        // Both may stand without parentheses.
                        "current_date" | "current_datetime" | "current_time" | "current_timestamp" => volatile = true,
                        _ => {}
                    }
                }
                if tokens.get(i + 1).is_some_and(|next| next.token == Token::LParen) {
                    volatile |= check_call(tokens, i).map_err(|report| report.at(at))?;
                }
            }
            _ => {}
        }
    }
    Ok(volatile)
}

/// Judges the word before a parenthesis with the name spaces before it.
fn check_call(tokens: &[TokenWithSpan], at: usize) -> Result<bool> {
    let name = |i: usize| match &tokens[i].token {
        Token::Word(word) => Some((word.value.to_ascii_lowercase(), word.quote_style.is_some())),
        _ => None,
    };
    let Some((last, quoted)) = name(at) else { return Ok(false) };
    let mut path = last.clone();
    let mut i = at;
    while i >= 2 && tokens[i - 1].token == Token::Period {
        let Some((space, _)) = name(i - 2) else { break }; // a value: (...).LOWER()
        path = format!("{space}.{path}");
        i -= 2;
    }
    if i == at && !quoted && functions::is_syntax(&last) {
        return Ok(false);
    }
    // WITH name AS (: the word is AS. A WINDOW's and a CTE's own names stand before AS, never before a parenthesis.
    match functions::find(&path) {
        Some(volatility) => Ok(volatility == Volatility::Volatile),
        None => Err(denied(&path.to_uppercase())),
    }
}

fn denied(name: &str) -> Report {
    Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for function {name}"))
        .hint("Only listed functions of GoogleSQL may run here: none that reaches outside, and none that users have made.")
}

/// Leaves out and replaces what the parser does not know and what changes nothing that is judged in the tree: `SAFE.` before functions that it
/// knows by a syntax of their own, the types of ARRAY and STRUCT constructors, shifts.
pub(super) fn simplified(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let is = |i: usize, token: &Token| tokens.get(i).is_some_and(|there| there.token == *token);
    let mut kept = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while let Some(token) = tokens.get(i) {
        let name = word(Some(token));
        if name == "safe" && is(i + 1, &Token::Period) && is(i + 3, &Token::LParen) {
            i += 2;
            continue;
        }
        kept.push(match token.token {
            Token::ShiftLeft | Token::ShiftRight => TokenWithSpan { token: Token::Plus, span: token.span },
            _ => token.clone(),
        });
        i += 1;
        if matches!(name.as_str(), "array" | "struct" | "range")
            && let Some(end) = angle_end(tokens, i)
            && (is(end, &Token::LBracket) || is(end, &Token::LParen))
        {
            i = end;
        }
    }
    kept
}

/// The index behind the angle brackets that open at `start`, if some do.
fn angle_end(tokens: &[TokenWithSpan], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token.token {
            Token::Lt => depth += 1,
            Token::Gt => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (i > start).then_some(i + 1);
        }
    }
    None
}
