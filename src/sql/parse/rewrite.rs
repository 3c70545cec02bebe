//! Forms of PostgreSQL's grammar that sqlparser does not know, written as forms that it does.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::Postgres;
use super::plain_names::{is_plain_name, is_typed_constant};
use super::{closing, taken, word};

/// Rewrites the tokens of a query; each new token stands where the one it replaces stood.
pub fn rewritten(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // Where a `(VALUES ...)` that stands as a subquery ends.
    let mut closes: Vec<usize> = Vec::new();
    // `substring(x SIMILAR pattern ESCAPE mark)` under way.
    let mut similar = false;
    let mut i = 0;
    while i < tokens.len() {
        let token = &tokens[i];
        let (span, next) = (token.span, word(tokens.get(i + 1)));
        let like = |new: Token| TokenWithSpan { token: new, span };
        let keyword = |name: &str| like(Token::make_keyword(name));
        if closes.last() == Some(&i) {
            closes.pop();
            out.extend([token.clone(), keyword("AS"), like(Token::make_word("*VALUES*", Some('"')))]);
        }
        match (word(Some(token)).as_str(), &token.token) {
            // 'one' and, on the next line, 'two' are one string.
            (_, Token::SingleQuotedString(part)) if continues(out.last(), token) => {
                let escaped = matches!(out.last().map(|token| &token.token), Some(Token::EscapedStringLiteral(_)));
                if let Some(TokenWithSpan { token: Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text), span }) =
                    out.last_mut()
                {
                    text.push_str(&if escaped { unescaped(part) } else { part.clone() });
                    span.end = token.span.end;
                }
            }
            // interval(2) '1.234 s' is '1.234 s'::interval(2).
            ("interval", _) if is_interval_of_digits(&tokens[i..]) => {
                out.extend([tokens[i + 4].clone(), like(Token::DoubleColon)]);
                out.extend(tokens[i..i + 4].iter().cloned());
                i += 4;
            }
            // ROWS FROM (f(...), g(...)) becomes a call of a name that the binder knows.
            ("rows", _) if next == "from" && matches!(tokens.get(i + 2).map(|token| &token.token), Some(Token::LParen)) => {
                out.push(like(Token::make_word(ROWS_FROM, Some('"'))));
                i += 1;
            }
            // ORDER BY x USING >
            ("using", _) if matches!(tokens.get(i + 1).map(|token| &token.token), Some(Token::Gt | Token::Lt)) => {
                let descending = matches!(tokens[i + 1].token, Token::Gt);
                out.push(keyword(if descending { "DESC" } else { "ASC" }));
                i += 1;
            }
            (name, _) if is_plain_name(&tokens[i..], out.last()) => out.push(like(Token::make_word(name, Some('"')))),
            // inet '10.0.0.1' is '10.0.0.1'::inet.
            (_, Token::Word(_)) if is_typed_constant(&tokens[i..], out.last()) => {
                out.extend([tokens[i + 1].clone(), like(Token::DoubleColon), token.clone()]);
                i += 1;
            }
            ("similar", _) if next != "to" => {
                similar = true;
                out.push(keyword("FROM"));
            }
            ("escape", _) if similar => {
                similar = false;
                out.push(keyword("FOR"));
            }
            // t.user, t.current_date: names, behind a point.
            (name, Token::Word(inner))
                if matches!(out.last().map(|token| &token.token), Some(Token::Period))
                    && names_a_function(inner.keyword)
                    && !matches!(tokens.get(i + 1).map(|token| &token.token), Some(Token::LParen)) =>
            {
                out.push(like(Token::make_word(name, Some('"'))));
            }
            // name := value is name => value.
            (_, Token::Assignment) => out.push(like(Token::RArrow)),
            // (t).*
            (_, Token::LParen) if is_star_of_row(&tokens[i..]) => {
                out.extend([tokens[i + 1].clone(), tokens[i + 3].clone(), tokens[i + 4].clone()]);
                i += 4;
            }
            (_, Token::LParen) if next == "values" && !is_from_item(out.last()) => {
                out.push(token.clone());
                if let Some(end) = closing(&tokens, i).filter(|end| only_rows(&tokens[i + 2..*end])) {
                    out.extend([keyword("SELECT"), like(Token::Mul), keyword("FROM"), token.clone()]);
                    closes.push(end);
                }
            }
            _ => out.push(taken(&mut tokens[i])),
        }
        i += 1;
    }
    out
}

/// The function that stands for ROWS FROM; its arguments are the calls.
pub const ROWS_FROM: &str = "sluice$rows from";

/// The beginning of the name in PARTITION BY that stands for EXCLUDE.
pub const EXCLUDE: &str = "sluice$exclude ";

/// Notes EXCLUDE in the window definition that is open at the end of the tokens.
pub fn mark_window(out: &mut Vec<TokenWithSpan>, what: &str) -> bool {
    let mut depth = 0_usize;
    let open = out.iter().rposition(|token| {
        match token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => return true,
            Token::LParen => depth -= 1,
            _ => {}
        }
        false
    });
    let Some(open) = open else { return false };
    let span = out[open].span;
    let made = |token: Token| TokenWithSpan { token, span };
    let mark = made(Token::make_word(&format!("{EXCLUDE}{what}"), Some('"')));
    let mut at = open + 1;
    // The name of another window stands first.
    if !matches!(word(out.get(at)).as_str(), "partition" | "order" | "rows" | "range" | "groups") {
        at += 1;
    }
    if word(out.get(at)) == "partition" {
        out.splice(at + 2..at + 2, [mark, made(Token::Comma)]);
    } else {
        out.splice(at..at, [made(Token::make_keyword("PARTITION")), made(Token::make_keyword("BY")), mark]);
    }
    true
}

/// Tells whether a string goes on one on an earlier line.
fn continues(last: Option<&TokenWithSpan>, token: &TokenWithSpan) -> bool {
    last.is_some_and(|last| {
        let is_string = matches!(last.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
        is_string && last.span.end.line < token.span.start.line
    })
}

/// What a string says where backslashes are escapes.
fn unescaped(part: &str) -> String {
    let whole = format!("E'{}'", part.replace('\'', "''"));
    match Tokenizer::new(&Postgres::default(), &whole).tokenize().as_deref() {
        Ok([Token::EscapedStringLiteral(text)]) => text.clone(),
        _ => part.to_owned(),
    }
}

/// Words that are functions without parentheses or constants.
fn names_a_function(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::USER
            | Keyword::CURRENT_CATALOG
            | Keyword::CURRENT_DATE
            | Keyword::CURRENT_ROLE
            | Keyword::CURRENT_SCHEMA
            | Keyword::CURRENT_TIME
            | Keyword::CURRENT_TIMESTAMP
            | Keyword::CURRENT_USER
            | Keyword::LOCALTIME
            | Keyword::LOCALTIMESTAMP
            | Keyword::SESSION_USER
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::NULL
    )
}

/// `interval ( n ) '...'`
fn is_interval_of_digits(tokens: &[TokenWithSpan]) -> bool {
    let [_, open, digits, close, text, ..] = tokens else { return false };
    let is_text = matches!(text.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
    open.token == Token::LParen && matches!(digits.token, Token::Number(..)) && close.token == Token::RParen && is_text
}

/// `( name ) . *`
fn is_star_of_row(tokens: &[TokenWithSpan]) -> bool {
    let [_, name, close, point, star, ..] = tokens else { return false };
    matches!(name.token, Token::Word(_)) && close.token == Token::RParen && point.token == Token::Period && star.token == Token::Mul
}

/// Tells whether a parenthesis behind this token may be a FROM item or the body of a WITH item, which sqlparser reads itself.
fn is_from_item(before: Option<&TokenWithSpan>) -> bool {
    before.is_none()
        || matches!(word(before).as_str(), "from" | "join" | "lateral" | "as" | "materialized" | "union" | "all" | "except" | "intersect")
}

/// Tells whether tokens are `(...), (...)`.
fn only_rows(tokens: &[TokenWithSpan]) -> bool {
    let mut at = 0;
    while tokens.get(at).is_some_and(|token| token.token == Token::LParen) {
        let Some(end) = closing(&tokens[at..], 0).map(|end| at + end) else { return false };
        match tokens.get(end + 1).map(|token| &token.token) {
            None => return true,
            Some(Token::Comma) => at = end + 2,
            _ => return false,
        }
    }
    false
}
