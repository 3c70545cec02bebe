//! Elements of ROLLUP and CUBE that begin with a parenthesis and go on: `ROLLUP ((a + 1)::text)`. sqlparser takes the parenthesis for a list.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::closing;

/// Puts such elements into parentheses of their own.
pub(super) fn whole(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(has_elements) {
        return tokens;
    }
    // How many parentheses are put before each token.
    let (mut opened, mut closed) = (vec![0_usize; tokens.len()], vec![0_usize; tokens.len()]);
    for (i, token) in tokens.iter().enumerate() {
        let sets = has_elements(token) && tokens.get(i + 1).is_some_and(|next| next.token == Token::LParen);
        if let Some(end) = sets.then(|| closing(&tokens, i + 1)).flatten() {
            for (from, to) in elements(&tokens, i + 2, end).into_iter().filter(|(from, to)| goes_on(&tokens, *from, *to)) {
                opened[from] += 1;
                closed[to] += 1;
            }
        }
    }
    if opened.iter().all(|count| *count == 0) {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() * 2);
    for (i, token) in tokens.into_iter().enumerate() {
        let span = token.span;
        let mut put = |token: Token, times: usize| out.extend(std::iter::repeat_n(TokenWithSpan { token, span }, times));
        put(Token::RParen, closed[i]);
        put(Token::LParen, opened[i]);
        out.push(token);
    }
    out
}

fn has_elements(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word) if matches!(word.keyword, Keyword::ROLLUP | Keyword::CUBE) && word.quote_style.is_none())
}

/// The elements between `from` and the parenthesis at `end`, from and to.
fn elements(tokens: &[TokenWithSpan], from: usize, end: usize) -> Vec<(usize, usize)> {
    let (mut found, mut begin, mut i) = (Vec::new(), from, from);
    while i < end {
        match tokens[i].token {
            Token::LParen => i = closing(tokens, i).unwrap_or(end),
            Token::Comma => {
                found.push((begin, i));
                begin = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    found.push((begin, end));
    found
}

/// Tells whether an element begins with a parenthesis that closes before its end.
fn goes_on(tokens: &[TokenWithSpan], from: usize, to: usize) -> bool {
    from < to && tokens[from].token == Token::LParen && closing(tokens, from).is_some_and(|at| at + 1 < to)
}
