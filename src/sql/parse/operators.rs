//! Operators as PostgreSQL's lexer splits them (scan.l): one of several characters ends in + or - only if it holds one of ``~ ! @ # % ^ & | ` ?``.

use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::Postgres;

/// Operators as PostgreSQL reads them: `//` is one, `=-` is two.
pub fn split(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    apart(together(tokens))
}

/// Joins operators that stand side by side to the one that PostgreSQL reads: `//`, `**`, `==`.
fn together(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let side_by_side =
        |pair: &[TokenWithSpan]| pair[0].span.end == pair[1].span.start && is_operator(&pair[0].token) && is_operator(&pair[1].token);
    let foreign = |token: &TokenWithSpan| matches!(token.token, Token::DoubleEq | Token::Char('`'));
    if !tokens.windows(2).any(side_by_side) && !tokens.iter().any(foreign) {
        return tokens;
    }
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match out.last_mut() {
            Some(last) if last.span.end == token.span.start && is_operator(&last.token) && is_operator(&token.token) => {
                last.token = Token::CustomBinaryOperator(format!("{}{}", last.token, token.token));
                last.span.end = token.span.end;
            }
            _ if foreign(&token) => {
                out.push(TokenWithSpan { token: Token::CustomBinaryOperator(token.token.to_string()), span: token.span })
            }
            _ => out.push(token),
        }
    }
    out
}

/// Tells whether a token is made of the letters of operators (scan.l, `op_chars`).
pub(super) fn is_operator(token: &Token) -> bool {
    match token {
        Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod | Token::Eq | Token::Lt | Token::Gt => true,
        Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Comma | Token::Period => false,
        Token::LParen | Token::RParen | Token::LBracket | Token::RBracket | Token::Colon | Token::DoubleColon => false,
        Token::Assignment | Token::RArrow | Token::Placeholder(_) | Token::SemiColon | Token::EOF => false,
        other => other.to_string().chars().all(|letter| "+-*/<>=~!@#%^&|`?".contains(letter)),
    }
}

/// Splits `->-` into `->` and `-`: sqlparser takes every run of operator characters for one operator.
fn apart(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
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
        ("a // b", &["a", "//", "b"]),
        ("a ** -b", &["a", "**", "-", "b"]),
        ("a == b", &["a", "==", "b"]),
        ("count(*) * 2", &["count", "(", "*", ")", "*", "2"]),
        ("a<=+1", &["a", "<=", "+", "1"]),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
}
