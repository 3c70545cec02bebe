//! Operators as PostgreSQL's lexer splits them (scan.l): one of several characters ends in + or - only if it holds one of ``~ ! @ # % ^ & | ` ?``.

use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::Postgres;

/// Splits `->-` into `->` and `-`: sqlparser takes every run of operator characters for one operator.
pub fn split(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|token| operator(&token.token).is_some_and(|operator| kept(operator) < operator.len())) {
        return tokens;
    }
    let mut out = Vec::with_capacity(tokens.len() + 2);
    for token in tokens {
        let parts = match operator(&token.token) {
            Some(operator) if kept(operator) < operator.len() => operator.split_at(kept(operator)),
            _ => {
                out.push(token);
                continue;
            }
        };
        let mut at = token.span.start;
        let mut push = |new: Token, len: usize| {
            let mut span = token.span;
            span.start = at;
            at.column += u64::try_from(len).unwrap_or(0);
            span.end = at;
            out.push(TokenWithSpan { token: new, span });
        };
        match Tokenizer::new(&Postgres::default(), parts.0).tokenize().map(<[Token; 1]>::try_from) {
            Ok(Ok([operator])) => push(operator, parts.0.len()),
            _ => push(Token::CustomBinaryOperator(parts.0.to_owned()), parts.0.len()),
        }
        for sign in parts.1.chars() {
            push(if sign == '+' { Token::Plus } else { Token::Minus }, 1);
        }
    }
    out
}

fn operator(token: &Token) -> Option<&str> {
    match token {
        Token::CustomBinaryOperator(operator) => Some(operator),
        _ => None,
    }
}

/// How many bytes of a run of operator characters are its first operator.
fn kept(operator: &str) -> usize {
    if operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
        return operator.len();
    }
    operator.trim_end_matches(['+', '-']).len().max(1)
}

#[test]
fn signs_end_no_operator() {
    let of = |text: &str| -> Vec<String> {
        let tokens = Tokenizer::new(&Postgres::default(), text).tokenize_with_location().unwrap();
        split(tokens).iter().map(|token| token.token.to_string()).filter(|text| !text.trim().is_empty()).collect()
    };
    for (text, expected) in [
        ("a->-1", ["a", "->", "-", "1"].as_slice()),
        ("a->>-1", &["a", "->>", "-", "1"]),
        ("a<-1", &["a", "<", "-", "1"]),
        ("a>=-1", &["a", ">=", "-", "1"]),
        ("a=-1", &["a", "=", "-", "1"]),
        ("a<>-1", &["a", "<>", "-", "1"]),
        ("a*-1", &["a", "*", "-", "1"]),
        ("a/-1", &["a", "/", "-", "1"]),
        ("a+-1", &["a", "+", "-", "1"]),
        ("a-+1", &["a", "-", "+", "1"]),
        ("a#>-1", &["a", "#>-", "1"]),
        ("a||-1", &["a", "||-", "1"]),
        ("a<=+1", &["a", "<=", "+", "1"]),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
}
