//! Words that are mere names in PostgreSQL (appendix C: no keyword, or "non-reserved") and in which sqlparser reads more.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Keywords of other dialects: never more than a name.
const OF_OTHER_DIALECTS: &[Keyword] = &[
    Keyword::ANTI,
    Keyword::ASOF,
    Keyword::DIV,
    Keyword::GLOBAL,
    Keyword::MATCH,
    Keyword::MATCH_CONDITION,
    Keyword::MATCH_RECOGNIZE,
    Keyword::MEMBER,
    Keyword::MINUS,
    Keyword::OPEN,
    Keyword::PIVOT,
    Keyword::QUALIFY,
    Keyword::REGEXP,
    Keyword::RLIKE,
    Keyword::SAMPLE,
    Keyword::SEMI,
    Keyword::TOP,
    Keyword::UNPIVOT,
    Keyword::XOR,
];

/// Tells whether a keyword is a mere name in some places.
pub(super) fn may_be_plain(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::OPERATOR
            | Keyword::EXISTS
            | Keyword::TRIM
            | Keyword::CUBE
            | Keyword::ROLLUP
            | Keyword::IGNORE
            | Keyword::RESPECT
            | Keyword::SIMILAR
            | Keyword::INTERVAL
    ) || OF_OTHER_DIALECTS.contains(&keyword)
}

/// Tells whether the first of some tokens is a mere name; `before` stands in front of it.
pub(super) fn is_plain_name(tokens: &[TokenWithSpan], before: Option<&TokenWithSpan>) -> bool {
    let [TokenWithSpan { token: Token::Word(word), .. }, rest @ ..] = tokens else { return false };
    if word.keyword == Keyword::NoKeyword || word.quote_style.is_some() {
        return false;
    }
    let next = rest.first().map(|token| &token.token);
    let is_called = matches!(next, Some(Token::LParen));
    match word.keyword {
        Keyword::OPERATOR | Keyword::EXISTS | Keyword::TRIM | Keyword::CUBE | Keyword::ROLLUP => !is_called,
        Keyword::IGNORE | Keyword::RESPECT => !matches!(next, Some(Token::Word(word)) if word.keyword == Keyword::NULLS),
        // An operator needs something on its left.
        Keyword::SIMILAR => matches!(before.map(|token| &token.token), Some(Token::Period)) || is_keyword(before, Keyword::AS),
        Keyword::INTERVAL => !is_called && !is_string(next) && stands_as_operand(before),
        keyword => OF_OTHER_DIALECTS.contains(&keyword),
    }
}

/// Tells whether the first of some tokens is a type's name in front of its constant: `inet '10.0.0.1'`. sqlparser knows its own types only.
pub(super) fn is_typed_constant(tokens: &[TokenWithSpan], before: Option<&TokenWithSpan>) -> bool {
    let [TokenWithSpan { token: Token::Word(word), .. }, constant, ..] = tokens else { return false };
    matches!(word.keyword, Keyword::NoKeyword | Keyword::NAME)
        && word.quote_style.is_none_or(|_| word.keyword == Keyword::NoKeyword)
        && matches!(constant.token, Token::SingleQuotedString(_))
        && !word.value.eq_ignore_ascii_case("uescape")
        && !matches!(before.map(|token| &token.token), Some(Token::Period))
        && !is_keyword(before, Keyword::AS)
}

fn is_string(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)))
}

fn is_keyword(token: Option<&TokenWithSpan>, keyword: Keyword) -> bool {
    matches!(token.map(|token| &token.token), Some(Token::Word(word)) if word.keyword == keyword && word.quote_style.is_none())
}

/// Tells whether what stands behind a token is an operand, and no type.
fn stands_as_operand(before: Option<&TokenWithSpan>) -> bool {
    match before.map(|token| &token.token) {
        None | Some(Token::DoubleColon) => false,
        Some(Token::Word(word)) => matches!(
            word.keyword,
            Keyword::SELECT
                | Keyword::DISTINCT
                | Keyword::WHERE
                | Keyword::AND
                | Keyword::OR
                | Keyword::NOT
                | Keyword::BY
                | Keyword::ON
                | Keyword::HAVING
                | Keyword::CASE
                | Keyword::WHEN
                | Keyword::THEN
                | Keyword::ELSE
                | Keyword::BETWEEN
        ),
        Some(_) => true,
    }
}
