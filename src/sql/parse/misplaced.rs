//! Where PostgreSQL's grammar breaks off in calls and types that other databases know, or that have a syntax of their own.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::strict::{is_word, opens};
use super::{closing, word};

/// Where the error stands in a type's name that is called like a function: `numeric(1)` begins a constant (gram.y, `ConstTypename`).
pub(super) fn misplaced_type(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let is_number = |i: usize| tokens.get(i).is_some_and(|token| matches!(token.token, Token::Number(..)));
    let end = closing(tokens, at + 1)?;
    let before_string = matches!(tokens.get(end + 1).map(|token| &token.token), Some(Token::SingleQuotedString(_)));
    match word(tokens.get(at)).as_str() {
        "int" | "integer" | "smallint" | "bigint" | "real" | "boolean" => Some(at + 1),
        "numeric" | "decimal" | "dec" | "bit" if before_string => None,
        "numeric" | "decimal" | "dec" | "bit" => Some(end + 1),
        "float" | "char" | "character" | "nchar" | "varchar" | "time" | "timestamp" | "interval" => {
            if !is_number(at + 2) {
                Some(at + 2)
            } else if end != at + 3 {
                Some(at + 3)
            } else if before_string || word(tokens.get(end + 1)) == "with" || word(tokens.get(end + 1)) == "without" {
                None
            } else {
                Some(end + 1)
            }
        }
        _ => None,
    }
}

/// Where the error stands in the length of a type that a value is cast to: integers have none, those of strings are numbers.
pub(super) fn misplaced_length(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let Some(TokenWithSpan { token: Token::Word(name), .. }) = tokens.get(at).filter(|_| opens(tokens.get(at + 1))) else {
        let array = is_word(tokens.get(at), Keyword::ARRAY) && tokens.get(at + 1).is_some_and(|next| next.token == Token::Lt);
        return array.then_some(at);
    };
    let number = tokens.get(at + 2).is_some_and(|token| matches!(token.token, Token::Number(..)));
    let ends = tokens.get(at + 3).is_some_and(|token| token.token == Token::RParen);
    match name.keyword {
        _ if name.quote_style.is_some() => None,
        Keyword::INT | Keyword::INTEGER | Keyword::SMALLINT | Keyword::BIGINT | Keyword::REAL | Keyword::BOOLEAN if number => Some(at + 1),
        Keyword::CHAR | Keyword::CHARACTER | Keyword::VARCHAR if word(tokens.get(at + 2)) == "max" => Some(at + 2),
        Keyword::FLOAT if number && !ends => Some(at + 3),
        _ => None,
    }
}

/// Where the error stands in `EXTRACT(field FROM x)` with parentheses at `open`.
pub(super) fn misplaced_field(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    match &tokens.get(open + 1)?.token {
        Token::RParen => None,
        Token::Word(_) | Token::SingleQuotedString(_) => {
            // WITH extract(a, b) AS (...)
            let names_item = closing(tokens, open).is_some_and(|end| word(tokens.get(end + 1)) == "as" && opens(tokens.get(end + 2)));
            (word(tokens.get(open + 2)) != "from" && !names_item).then_some(open + 2)
        }
        _ => Some(open + 1),
    }
}

/// Where the error stands in the arguments of a construct that reads like a call (gram.y, `func_expr_common_subexpr`): one needs some, NULLIF two.
pub(super) fn misplaced_argument(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let first = &tokens.get(at + 2)?.token;
    match word(tokens.get(at)).as_str() {
        "coalesce" | "greatest" | "least" | "nullif" if matches!(first, Token::RParen | Token::Mul) => Some(at + 2),
        "nullif" => {
            let (end, mut commas, mut i) = (closing(tokens, at + 1)?, 0, at + 2);
            while i < end {
                match tokens[i].token {
                    Token::LParen => i = closing(tokens, i)?,
                    Token::LBracket => i = closing_bracket(tokens, i)?,
                    Token::Comma if commas == 1 => return Some(i),
                    Token::Comma => commas = 1,
                    _ => {}
                }
                i += 1;
            }
            (commas == 0).then_some(end)
        }
        _ => None,
    }
}

/// The index of the bracket that closes the one at `open`.
fn closing_bracket(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    (open..tokens.len()).find(|i| {
        match tokens[*i].token {
            Token::LBracket => depth += 1,
            Token::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// Where a comma stands in `position(a, b)`, which wants IN.
pub(super) fn comma_without_in(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return None;
                }
            }
            Token::Comma if depth == 1 => return Some(i),
            Token::Word(_) if depth == 1 && word(Some(token)) == "in" => return None,
            _ => {}
        }
    }
    None
}
