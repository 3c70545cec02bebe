//! FOR UPDATE and its like: before LIMIT or behind it, with strengths that sqlparser does not know.

use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::word;
use crate::error::{Report, SqlState};

/// Stands for the table's name in FOR NO KEY UPDATE and FOR KEY SHARE, whose strength it tells.
const KEY_STRENGTH: &str = "sluice$key";

/// The refusal of a query that locks rows.
pub fn refused(query: &ast::Query) -> Option<Report> {
    let lock = query.locks.first()?;
    let of_key = lock.of.as_ref().is_some_and(|of| of.to_string().contains(KEY_STRENGTH));
    let strength = match (&lock.lock_type, of_key) {
        (ast::LockType::Share, false) => "SHARE",
        (ast::LockType::Share, true) => "KEY SHARE",
        (ast::LockType::Update, false) => "UPDATE",
        (ast::LockType::Update, true) => "NO KEY UPDATE",
    };
    let message = format!("cannot execute SELECT FOR {strength} in a read-only transaction");
    Some(Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, message))
}

/// FOR UPDATE LIMIT 1: puts what locks behind what limits, where sqlparser looks for it. Tells whether it did.
pub(super) fn behind_limit(tokens: &mut [TokenWithSpan], at: usize) -> bool {
    if !matches!(&tokens[at].token, Token::Word(word) if word.keyword == Keyword::FOR) {
        return false;
    }
    let mut limit = at;
    while let Some(end) = end(tokens, limit) {
        limit = end;
    }
    if limit == at || !matches!(word(tokens.get(limit)).as_str(), "limit" | "offset" | "fetch") {
        return false;
    }
    let (mut behind, mut depth) = (limit, 0_usize);
    while let Some(token) = tokens.get(behind) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen => depth -= 1,
            _ if depth == 0 && word(Some(token)) == "for" => break,
            _ => {}
        }
        behind += 1;
    }
    tokens[at..behind].rotate_left(limit - at);
    true
}

/// A clause that begins here, as sqlparser reads it, and where the clause ends but for NOWAIT and SKIP LOCKED: every lock is refused alike, so one table's
/// name will do.
pub(super) fn plain(tokens: &[TokenWithSpan], at: usize) -> Option<(Vec<TokenWithSpan>, usize)> {
    let strength = strength(tokens, at)?;
    let names = behind_names(tokens, strength + 1);
    let mut clause = vec![tokens[at].clone(), tokens[strength].clone()];
    if strength > at + 1 {
        let span = tokens[strength].span;
        let made = [Token::make_keyword("OF"), Token::make_word(KEY_STRENGTH, Some('"'))];
        clause.extend(made.map(|token| TokenWithSpan { token, span }));
    } else if names > strength + 1 {
        clause.extend(tokens[strength + 1..names].iter().take(2).cloned());
    }
    Some((clause, names))
}

/// Where a clause ends that begins here.
fn end(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    if word(tokens.get(at)) != "for" {
        return None;
    }
    let names = behind_names(tokens, strength(tokens, at)? + 1);
    Some(match (word(tokens.get(names)).as_str(), word(tokens.get(names + 1)).as_str()) {
        ("nowait", _) => names + 1,
        ("skip", "locked") => names + 2,
        _ => names,
    })
}

/// The last word of UPDATE, NO KEY UPDATE, SHARE, KEY SHARE behind FOR.
fn strength(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let words = [1, 2, 3].map(|n| word(tokens.get(at + n)));
    match words.each_ref().map(|word| word.as_str()) {
        ["update" | "share", ..] => Some(at + 1),
        ["key", "share", _] => Some(at + 2),
        ["no", "key", "update"] => Some(at + 3),
        _ => None,
    }
}

/// Where the list of tables ends that may begin here.
fn behind_names(tokens: &[TokenWithSpan], from: usize) -> usize {
    if word(tokens.get(from)) != "of" {
        return from;
    }
    let mut i = from + 2;
    while tokens.get(i).is_some_and(|token| matches!(token.token, Token::Comma | Token::Period)) {
        i += 2;
    }
    i.min(tokens.len())
}
