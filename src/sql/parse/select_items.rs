//! Where items of a select list begin and end, among the tokens.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::word;

/// Tells whether the parenthesis that is open at the end of what is written, and closes first in the rest, is a whole select item, and of how many
/// tokens its alias is.
pub(super) fn is_select_item(rest: &[TokenWithSpan], out: &[TokenWithSpan]) -> Option<usize> {
    let closes = rest.first().is_some_and(|token| token.token == Token::RParen);
    let alias = match rest.get(1..3) {
        Some([word, name]) if self::word(Some(word)) == "as" && matches!(name.token, Token::Word(_)) => 2,
        _ => 0,
    };
    (closes && ends_select_item(rest.get(1 + alias)) && begins_select_item(&out[..out.len().saturating_sub(1)])).then_some(alias)
}

/// Tells whether a select item ends before a token.
pub(super) fn ends_select_item(next: Option<&TokenWithSpan>) -> bool {
    next.is_none_or(|next| matches!(next.token, Token::Comma | Token::RParen) || word(Some(next)) == "from")
}

/// Tells whether a select item begins behind these tokens.
pub(super) fn begins_select_item(out: &[TokenWithSpan]) -> bool {
    let begins = match out.last() {
        Some(last) => last.token == Token::Comma || matches!(word(Some(last)).as_str(), "select" | "all" | "distinct"),
        None => false,
    };
    let mut depth = 0_usize;
    let mut list = || {
        out.iter().rev().find_map(|token| match &token.token {
            Token::RParen | Token::RBracket => {
                depth += 1;
                None
            }
            Token::LParen | Token::LBracket if depth == 0 => Some(false),
            Token::LParen | Token::LBracket => {
                depth -= 1;
                None
            }
            Token::Word(inner) if depth == 0 && inner.quote_style.is_none() => match inner.keyword {
                Keyword::SELECT => Some(true),
                Keyword::FROM | Keyword::WHERE | Keyword::BY | Keyword::ON | Keyword::HAVING => Some(false),
                _ => None,
            },
            _ => None,
        })
    };
    begins && list() == Some(true)
}
