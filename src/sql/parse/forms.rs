//! Where a form that is rewritten may begin: most tokens begin none, and nothing is asked of them.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::plain_names::may_be_plain;
use super::rewrite::ROWS_FROM;

/// Tells whether a form that is rewritten may begin here; most tokens begin none.
pub(super) fn begins(tokens: &[TokenWithSpan]) -> bool {
    let next = |n: usize| tokens.get(n).map(|token| &token.token);
    match &tokens[0].token {
        Token::Assignment => true,
        Token::LParen => match next(1) {
            Some(Token::LParen) => true,
            Some(Token::Word(word)) => {
                word.keyword == Keyword::VALUES || matches!((next(2), next(3)), (Some(Token::RParen), Some(Token::Period)))
            }
            _ => false,
        },
        Token::Word(word) => {
            let constant = matches!(next(1), Some(Token::SingleQuotedString(_)));
            let star =
                matches!(next(1), Some(Token::Period)) && (matches!(next(2), Some(Token::Mul)) || matches!(next(3), Some(Token::Period)));
            match word.keyword {
                Keyword::NoKeyword | Keyword::NAME => constant || star || word.value == ROWS_FROM,
                keyword => star || is_rewritten(keyword),
            }
        }
        _ => false,
    }
}

/// Tells whether what stands before makes a form of what begins here.
pub(super) fn marks(before: &TokenWithSpan, tokens: &[TokenWithSpan]) -> bool {
    match (&before.token, &tokens[0].token) {
        (Token::Period, Token::Word(word)) => word.keyword != Keyword::NoKeyword,
        (Token::Period, Token::Mul) => true,
        (Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_), Token::SingleQuotedString(_)) => true,
        _ => false,
    }
}

/// The keywords that a form begins with, or that may be mere names.
fn is_rewritten(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::ALL
            | Keyword::ARRAY
            | Keyword::COLLATION
            | Keyword::DISTINCT
            | Keyword::ESCAPE
            | Keyword::FETCH
            | Keyword::FOR
            | Keyword::GROUPING
            | Keyword::INTERVAL
            | Keyword::OPERATOR
            | Keyword::SIMILAR
            | Keyword::SUBSTRING
            | Keyword::USING
            | Keyword::VARIADIC
    ) || may_be_plain(keyword)
}
