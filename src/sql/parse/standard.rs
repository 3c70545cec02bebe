//! Forms of the standard that are written otherwise for the parser: what they begin with, and where they end.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{closing, word};

/// Tells whether what is written ends with GROUP BY.
pub(super) fn ends_with_group_by(out: &[TokenWithSpan]) -> bool {
    matches!(out, [.., group, by] if word(Some(group)) == "group" && word(Some(by)) == "by")
}

/// `GROUPING SETS (`
pub(super) fn begins_sets(tokens: &[TokenWithSpan]) -> bool {
    matches!(tokens, [grouping, sets, open, ..]
        if open.token == Token::LParen && word(Some(grouping)) == "grouping" && word(Some(sets)) == "sets")
}

/// Leaves the words GROUPING SETS and their parentheses out of a list of grouping sets.
pub(super) fn without_inner_sets(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut closes: Vec<usize> = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        match begins_sets(&tokens[i..]).then(|| closing(tokens, i + 2)).flatten() {
            Some(end) => {
                closes.push(end);
                i += 2;
            }
            None if closes.last() == Some(&i) => {
                closes.pop();
            }
            None => out.push(tokens[i].clone()),
        }
        i += 1;
    }
    out
}

/// Where the parentheses close in `FETCH FIRST (expression) ROWS ONLY`, or `ROWS WITH TIES`, and how many words stand behind them.
pub(super) fn fetches_computed(tokens: &[TokenWithSpan]) -> Option<(usize, usize)> {
    let opens = tokens.get(2).is_some_and(|token| token.token == Token::LParen);
    let end = closing(tokens, 2).filter(|_| opens && matches!(word(tokens.get(1)).as_str(), "first" | "next"))?;
    let after = |n: usize| word(tokens.get(end + n));
    let words = match (after(2).as_str(), after(3).as_str()) {
        ("only", _) => 2,
        ("with", "ties") => 3,
        _ => return None,
    };
    matches!(after(1).as_str(), "row" | "rows").then_some((end, words))
}

/// Tells whether what is written ends with the type of a cast: `x::numeric(10,2)`, `CAST(x AS double precision`.
pub(super) fn ends_type(out: &[TokenWithSpan]) -> bool {
    let mut rest = out;
    if let [before @ .., TokenWithSpan { token: Token::RParen, .. }] = rest {
        let open = before.iter().rposition(|token| !matches!(token.token, Token::Number(..) | Token::Comma));
        rest = match open {
            Some(open) if before[open].token == Token::LParen => &before[..open],
            _ => return false,
        };
    }
    // `double precision`, `timestamp without time zone`, `pg_catalog.int4`
    let goes_on =
        |token: &TokenWithSpan| matches!(word(Some(token)).as_str(), "precision" | "varying" | "with" | "without" | "time" | "zone");
    while let [before @ .., last] = rest {
        match before {
            [.., mark] if matches!(last.token, Token::Word(_)) && (mark.token == Token::DoubleColon || word(Some(mark)) == "as") => {
                return true;
            }
            [before @ .., point] if matches!(last.token, Token::Word(_)) && point.token == Token::Period => rest = before,
            _ if goes_on(last) => rest = before,
            _ => return false,
        }
    }
    false
}

/// The operator of `OPERATOR(pg_catalog.=) ANY`, and how many tokens its name has.
pub(super) fn quantified_operator(tokens: &[TokenWithSpan]) -> Option<(Token, usize)> {
    let at = match tokens.get(1..4)? {
        [open, schema, point] if open.token == Token::LParen && point.token == Token::Period && word(Some(schema)) == "pg_catalog" => 4,
        [open, ..] if open.token == Token::LParen => 2,
        _ => return None,
    };
    let quantified = matches!(word(tokens.get(at + 2)).as_str(), "any" | "all" | "some");
    let operator = tokens.get(at).filter(|_| quantified && tokens[at + 1].token == Token::RParen)?;
    Some((operator.token.clone(), at + 2))
}

/// Puts FROM before FOR in the parentheses of SUBSTRING.
pub(super) fn turn_substring(tokens: &mut [TokenWithSpan], open: usize) {
    let Some(end) = closing(tokens, open) else { return };
    let (mut depth, mut length, mut start) = (0_usize, None, None);
    for (i, token) in tokens.iter().enumerate().take(end).skip(open + 1) {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            _ if depth == 0 && word(Some(token)) == "for" => length = length.or(Some(i)),
            _ if depth == 0 && word(Some(token)) == "from" => start = start.or(Some(i)),
            _ => {}
        }
    }
    if let (Some(length), Some(start)) = (length, start)
        && length < start
    {
        tokens[length..end].rotate_left(start - length);
    }
}

/// `interval '...' word` where the word is none of the fields.
pub(super) fn is_labelled_interval(tokens: &[TokenWithSpan]) -> bool {
    const WORDS: &str = "hours minutes seconds days weeks months years week quarter quarters millisecond milliseconds microsecond microseconds \
                         nanosecond nanoseconds decade decades century centuries millennium epoch";
    let [_, text, label, ..] = tokens else { return false };
    matches!(text.token, Token::SingleQuotedString(_)) && WORDS.split_ascii_whitespace().any(|listed| word(Some(label)) == listed)
}

/// `interval ( n ) '...'`
pub(super) fn is_interval_of_digits(tokens: &[TokenWithSpan]) -> bool {
    let [_, open, digits, close, text, ..] = tokens else { return false };
    let is_text = matches!(text.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
    open.token == Token::LParen && matches!(digits.token, Token::Number(..)) && close.token == Token::RParen && is_text
}
