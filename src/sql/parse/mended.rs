//! The last touch before sqlparser reads: window frames, TRIM's bare FROM, TABLE and FETCH in forms that it does not know.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Positions, closing, rewrite, taken, word};
use crate::error::{Report, Result};

/// Takes out what sqlparser does not know and what says nothing: `EXCLUDE` in window frames, TRIM's bare FROM.
pub(super) fn mended(mut tokens: Vec<TokenWithSpan>, positions: &Positions) -> Result<Vec<TokenWithSpan>> {
    let Some(mut i) = (0..tokens.len()).find(|i| may_change(&tokens, *i)) else { return Ok(tokens) };
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    out.extend(tokens[..i].iter_mut().map(taken));
    while i < tokens.len() {
        let this = word(tokens.get(i));
        if this == "exclude" {
            match (word(tokens.get(i + 1)).as_str(), word(tokens.get(i + 2)).as_str()) {
                ("no", "others") => {
                    i += 3;
                    continue;
                }
                // It becomes a mark in PARTITION BY, which the binder takes out.
                (what @ ("current" | "ties" | "group"), row) if (what == "current") == (row == "row") => {
                    if !rewrite::mark_window(&mut out, what) {
                        return Err(Report::unsupported("EXCLUDE in this window frame").at(positions.of(tokens[i].span.start)));
                    }
                    i += if what == "current" { 3 } else { 2 };
                    continue;
                }
                _ => {}
            }
        }
        // '1' PRECEDING: sqlparser takes a string here for an interval, and parentheses for what they hold.
        if matches!(tokens[i].token, Token::SingleQuotedString(_))
            && matches!(word(out.last()).as_str(), "rows" | "range" | "groups" | "between" | "and")
            && let Some(end) = offset_end(&tokens, i)
        {
            let span = tokens[i].span;
            out.push(TokenWithSpan { token: Token::LParen, span });
            out.extend(tokens[i..end].iter().cloned());
            out.push(TokenWithSpan { token: Token::RParen, span });
            i = end;
            continue;
        }
        // SELECT alone, which sqlparser reads with FROM only.
        let alone = selects_nothing(&tokens, i);
        let select = matches!(&tokens[i].token, Token::Word(word) if word.keyword == Keyword::SELECT);
        if select && alone && begins_query(out.last()) {
            let span = tokens[i].span;
            let made = ["SELECT", "FROM", "(", "SELECT", "1", ")", "AS"].map(|text| match text {
                "(" => Token::LParen,
                ")" => Token::RParen,
                "1" => Token::Number(text.to_owned(), false),
                keyword => Token::make_keyword(keyword),
            });
            out.extend(made.into_iter().chain([Token::make_word("*one*", Some('"'))]).map(|token| TokenWithSpan { token, span }));
            i += 1;
            continue;
        }
        // TABLE t says what SELECT * FROM t says; sqlparser reads beyond the name.
        let only = usize::from(this == "table" && word(tokens.get(i + 1)) == "only");
        if this == "table" && matches!(tokens.get(i + 1).map(|token| &token.token), Some(Token::Word(_))) && begins_query(out.last()) {
            let span = tokens[i].span;
            let made = [Token::make_keyword("SELECT"), Token::Mul, Token::make_keyword("FROM")];
            out.extend(made.into_iter().map(|token| TokenWithSpan { token, span }));
            i += 1 + only;
            continue;
        }
        // FETCH FIRST (3) ROWS
        let fetched = tokens[i].token == Token::LParen && matches!(word(out.last()).as_str(), "first" | "next");
        if fetched && matches!(word(tokens.get(i + 3)).as_str(), "row" | "rows") {
            out.push(taken(&mut tokens[i + 1]));
            i += 3;
            continue;
        }
        let (names_side, is_word) = (matches!(this.as_str(), "leading" | "trailing" | "both"), !this.is_empty());
        out.push(taken(&mut tokens[i]));
        i += 1;
        // TRIM(LEADING FROM x) and TRIM(FROM x) trim blanks.
        if word(tokens.get(i)) == "from" {
            let back = |n: usize| out.len().checked_sub(n).and_then(|at| out.get(at));
            let trims = match (names_side, is_word) {
                (true, _) => word(back(3)) == "trim",
                (false, false) => back(1).is_some_and(|token| token.token == Token::LParen) && word(back(2)) == "trim",
                (false, true) => false,
            };
            i += usize::from(trims);
        }
    }
    Ok(out)
}

/// Tells whether nothing stands between a SELECT and its end, or its WHERE.
fn selects_nothing(tokens: &[TokenWithSpan], i: usize) -> bool {
    match tokens.get(i + 1).map(|token| &token.token) {
        None | Some(Token::RParen) => true,
        Some(Token::Word(word)) => word.keyword == Keyword::WHERE && word.quote_style.is_none(),
        _ => false,
    }
}

/// Tells whether something that is mended may begin with a token, or behind it.
fn may_change(tokens: &[TokenWithSpan], i: usize) -> bool {
    let behind = |keywords: &[Keyword]| {
        let before = i.checked_sub(1).and_then(|at| tokens.get(at));
        matches!(before.map(|before| &before.token), Some(Token::Word(word)) if keywords.contains(&word.keyword))
    };
    match &tokens[i].token {
        Token::Word(word) if word.keyword == Keyword::SELECT => selects_nothing(tokens, i),
        Token::Word(word) => {
            matches!(word.keyword, Keyword::EXCLUDE | Keyword::TABLE | Keyword::LEADING | Keyword::TRAILING | Keyword::BOTH)
        }
        Token::SingleQuotedString(_) => {
            behind(&[Keyword::ROWS, Keyword::RANGE, Keyword::GROUPS, Keyword::BETWEEN, Keyword::AND]) && offset_end(tokens, i).is_some()
        }
        Token::LParen => behind(&[Keyword::FIRST, Keyword::NEXT, Keyword::TRIM]),
        _ => false,
    }
}

/// Where a frame's offset that begins here ends: before PRECEDING or FOLLOWING.
fn offset_end(tokens: &[TokenWithSpan], from: usize) -> Option<usize> {
    let mut i = from;
    while let Some(token) = tokens.get(i) {
        match &token.token {
            Token::LParen => i = closing(tokens, i)?,
            Token::RParen | Token::Comma => return None,
            Token::Word(_) => match word(Some(token)).as_str() {
                "preceding" | "following" => return (i > from).then_some(i),
                "and" | "or" | "as" | "order" | "between" | "rows" | "range" | "groups" => return None,
                _ => {}
            },
            _ => {}
        }
        i += 1;
    }
    None
}

/// Tells whether a query may begin behind a token.
fn begins_query(before: Option<&TokenWithSpan>) -> bool {
    before.is_none_or(|before| {
        before.token == Token::LParen || matches!(word(Some(before)).as_str(), "union" | "all" | "except" | "intersect" | "distinct")
    })
}
