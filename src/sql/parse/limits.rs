//! Texts that are refused before they are parsed: what would overflow the stack, and letters right behind a number.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Positions, near};
use crate::error::{Report, Result, SqlState};

/// How deep expressions and queries may nest.
pub(super) const MAX_DEPTH: usize = 128;
/// How many operators other than AND and OR may follow one another.
const MAX_CHAIN: usize = 400;

/// Refuses letters right behind a number.
pub(super) fn check_numbers(tokens: &[TokenWithSpan], positions: &Positions, text: &str) -> Result<()> {
    let junk = |from: usize, to: usize, start| {
        let shown = text.get(from..to).unwrap_or_default();
        let message = format!("trailing junk after numeric literal at or near \"{shown}\"");
        Err(Report::new(SqlState::SYNTAX_ERROR, message).at(positions.of(start)))
    };
    for (i, token) in tokens.iter().enumerate() {
        if !matches!(token.token, Token::Number(..) | Token::HexStringLiteral(_)) {
            continue;
        }
        let start = token.span.start;
        let word = tokens
            .get(i + 1)
            .filter(|next| next.span.start == token.span.end && matches!(&next.token, Token::Word(word) if word.quote_style.is_none()));
        let end = word.map_or(token.span.end, |word| word.span.end);
        let from = positions.byte(start);
        // 0x1F is the number 0 and a word; X'1F' is a string of bits.
        let hexadecimal = matches!(token.token, Token::HexStringLiteral(_)) && text.get(from..).is_some_and(|text| text.starts_with('0'));
        if hexadecimal || word.is_some() && matches!(token.token, Token::Number(..)) {
            return junk(from, positions.byte(end), start);
        }
    }
    Ok(())
}

/// Refuses parentheses nested so deep that walking the tree would overflow the stack.
pub(in crate::sql) fn check_parens(tokens: &[TokenWithSpan], positions: &Positions, text: &str) -> Result<()> {
    let mut depth = 0_usize;
    for token in tokens {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => return Err(near(token, positions, text)),
            Token::RParen | Token::RBracket => depth -= 1,
            Token::SemiColon if depth > 0 => return Err(near(token, positions, text)),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
    }
    Ok(())
}

/// Refuses `1+1+1+...` of a length that gives a tree too deep to walk. AND and OR chains are flattened, so they may be longer.
pub(in crate::sql) fn check_chains(tokens: &[TokenWithSpan], positions: &Positions) -> Result<()> {
    // What stands around a parenthesis adds to the depth of the tree inside it.
    let mut around: Vec<(usize, usize)> = Vec::new();
    let (mut operators, mut logical) = (0_usize, 0_usize);
    // Where the count began in this parenthesis.
    let mut base = (0, 0);
    let (mut unions, mut cases) = (0_usize, 0_usize);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => {
                around.push(base);
                base = (operators, logical);
            }
            Token::RParen | Token::RBracket => {
                if let Some(outer) = around.pop() {
                    (operators, logical) = base;
                    base = outer;
                }
            }
            Token::Comma => (operators, logical) = base,
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::NoKeyword => {}
                Keyword::AND | Keyword::OR => (operators, logical) = (base.0, logical + 1),
                Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::WHEN | Keyword::THEN | Keyword::ELSE => {
                    (operators, logical) = base;
                }
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::JOIN => unions += 1,
                Keyword::CASE => cases += 1,
                Keyword::END => cases = cases.saturating_sub(1),
                Keyword::NOT | Keyword::IS | Keyword::AT | Keyword::COLLATE => operators += 1,
                _ => {}
            },
            Token::Number(..) | Token::SingleQuotedString(_) | Token::Period | Token::Placeholder(_) => {}
            _ => operators += 1,
        }
        if operators > MAX_CHAIN || logical > 10 * MAX_CHAIN || unions > 2 * MAX_CHAIN || cases > MAX_DEPTH {
            return Err(too_deep().at(positions.of(token.span.start)));
        }
    }
    Ok(())
}

/// The error for a text whose tree would be too deep.
pub(super) fn too_deep() -> Report {
    Report::new(SqlState::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded")
        .hint("Simplify the query: its expressions are nested too deeply.")
}
