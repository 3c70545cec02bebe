//! Client text to statements, with PostgreSQL's syntax errors and positions.

use std::sync::Arc;

use sqlparser::ast::Query;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::language::Forward;
use crate::catalog::model::{cut, is_cut};
use crate::error::{Report, Result, SqlState};

pub mod dialect;
mod elements;
mod errors;
mod forms;
pub mod from_items;
mod keywords;
mod lexer;
mod limits;
pub mod locks;
mod mended;
mod misplaced;
mod operands;
mod operators;
mod plain_names;
mod positions;
pub mod rewrite;
pub mod search_cycle;
mod standard;
mod select_items;
mod strict;
mod tokens;
mod unicode;
mod words;

use errors::{at_end, near_span, spans_to, told, untokenized, writes};
pub(super) use errors::{near, unparsed};
use limits::{MAX_DEPTH, check_numbers};
pub(super) use limits::{check_chains, check_parens};
pub use positions::Positions;
pub use words::word;

/// The longest text that is parsed.
pub(super) const MAX_TEXT: usize = 1 << 20;

/// One statement of a client's text.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The whole text, which positions count in.
    pub text: Arc<str>,
    /// Where its lines and characters begin.
    pub positions: Arc<Positions>,
    /// This statement's own slice of it.
    pub source: String,
    /// What it is.
    pub body: Body,
    /// What is to be said about its names that were too long.
    pub cut: Vec<String>,
}

/// What a statement is.
#[derive(Clone, Debug)]
pub enum Body {
    /// SELECT, VALUES, WITH, TABLE.
    Query(Box<Query>),
    /// EXPLAIN, PREPARE, DECLARE, COPY (query) TO: the tokens before the query, the query, the tokens behind it.
    Around(Vec<TokenWithSpan>, Box<Query>, Vec<TokenWithSpan>),
    /// A query in GoogleSQL, alone in its text.
    GoogleSql(Box<Forward>),
    /// Anything else; it is classified by its tokens (without white space).
    Other(Vec<TokenWithSpan>),
}

/// Splits a text into statements and parses the queries among them. A text without statements gives an empty list.
///
/// # Errors
/// 42601 at the token that PostgreSQL would name, 54000 for a text over 1 MiB, 54001 for deep nesting.
pub fn parse(text: &str) -> Result<Vec<Statement>> {
    parse_each(text)?.into_iter().collect()
}

/// As [`parse`], with a verdict for each statement: one that cannot be read does not hide the others.
///
/// # Errors
/// What keeps the text from being split: a string without end, parentheses that do not match, a text over 1 MiB.
pub fn parse_each(text: &str) -> Result<Vec<Result<Statement>>> {
    super::contained("parser", || parse_each_alone(text))
}

fn parse_each_alone(text: &str) -> Result<Vec<Result<Statement>>> {
    if text.len() > MAX_TEXT {
        return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, format!("query text is longer than {MAX_TEXT} bytes")));
    }
    let positions = Arc::new(Positions::new(text));
    let dialect = dialect::Postgres::default();
    let tokens = lexer::tokens(text).map_err(|error| untokenized(text, &positions, &error))?;
    let tokens = unicode::read(operators::split(tokens), &positions)?;
    check_numbers(&tokens, &positions, text)?;
    check_parens(&tokens, &positions, text)?;
    let whole = positions.text.clone();
    let mut statements = Vec::new();
    for mut piece in pieces(tokens) {
        let from = positions.byte(piece[0].span.start);
        let to = piece.last().map_or(from, |token| positions.byte(token.span.end)).max(from);
        let source = text.get(from..to).unwrap_or_default().to_owned();
        let places = (piece[0].span.start, piece.last().map_or(piece[0].span.end, |token| token.span.end));
        let (cut, empty) = cut_names(&mut piece, &positions, text);
        let body = check_chains(&piece, &positions).and_then(|()| body(piece, &dialect, &positions, text));
        let body = body.map_err(|report| told(report, places, &positions, text));
        // The first error is PostgreSQL's.
        let body = match (body, empty) {
            (Err(report), Some(empty)) if report.position.is_some_and(|at| empty.position.is_some_and(|empty| at < empty)) => Err(report),
            (_, Some(empty)) => Err(empty),
            (body, None) => body,
        };
        statements.push(body.map(|body| Statement { text: whole.clone(), positions: positions.clone(), source, body, cut }));
    }
    Ok(statements)
}

/// The statements' tokens, without the semicolons.
fn pieces(mut tokens: Vec<TokenWithSpan>) -> Vec<Vec<TokenWithSpan>> {
    let mut pieces = Vec::new();
    while let Some(end) = tokens.iter().rposition(|token| matches!(token.token, Token::SemiColon)) {
        pieces.push(tokens.split_off(end + 1));
        tokens.pop();
    }
    pieces.push(tokens);
    pieces.retain(|piece| !piece.is_empty());
    pieces.reverse();
    pieces
}

/// Cuts names to the length that PostgreSQL keeps; returns what it says then, and its error for a name of no letters.
fn cut_names(tokens: &mut [TokenWithSpan], positions: &Positions, text: &str) -> (Vec<String>, Option<Report>) {
    let (mut names, mut empty) = (Vec::new(), None);
    for token in tokens {
        let Token::Word(word) = &mut token.token else { continue };
        if word.value.is_empty() && empty.is_none() {
            let from = positions.byte(token.span.start);
            let shown = text.get(from..).and_then(|rest| rest.find("\"\"").and_then(|at| rest.get(..at + 2))).unwrap_or("\"\"");
            let message = format!("zero-length delimited identifier at or near \"{shown}\"");
            empty = Some(Report::new(SqlState::SYNTAX_ERROR, message).at(positions.of(token.span.start)));
        }
        if is_cut(&word.value) {
            let kept = cut(&word.value).len();
            names.push(format!("identifier \"{}\" will be truncated to \"{}\"", word.value, &word.value[..kept]));
            word.value.truncate(kept);
        }
    }
    (names, empty)
}

fn body(mut tokens: Vec<TokenWithSpan>, dialect: &dialect::Postgres, positions: &Positions, text: &str) -> Result<Body> {
    let query_from = |tokens: Vec<TokenWithSpan>| -> Result<(Box<Query>, Vec<TokenWithSpan>)> {
        let end = tokens.last().map(|token| token.span.end);
        let strict = strict::check(&tokens, positions, text);
        let tokens = search_cycle::marked(tokens, positions, text)?;
        let query = from_items::rewritten(tokens, positions, text).and_then(|items| {
            dialect.backtick.set(None);
            let input = mended::mended(elements::whole(rewrite::rewritten(items)), positions)?;
            let mut parser = Parser::new(dialect).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(input);
            let query = parser.parse_query().map_err(|error| unparsed(error, || spans_to(end, positions, text), positions, text))?;
            let mut rest = Vec::new();
            loop {
                let token = parser.next_token();
                if token.token == Token::EOF {
                    return match dialect.backtick.take() {
                        Some(span) => Err(near_span(span, positions, text)),
                        None => Ok((query, rest)),
                    };
                }
                rest.push(token);
            }
        });
        // The first error is PostgreSQL's.
        match (strict, query) {
            (Ok(()), query) => query,
            (Err(strict), Err(found)) if found.position.is_some_and(|at| strict.position.is_none_or(|own| at < own)) => Err(found),
            (Err(strict), Ok((query, rest))) if rest.first().is_some_and(|token| positions.of(token.span.start) < strict.position) => {
                Ok((query, rest))
            }
            (Err(strict), _) => Err(strict),
        }
    };
    let first = word(tokens.first());
    let start = around(&first, &tokens);
    let is_query = query_word(tokens.first());
    let (is_call, is_copy) = (first == "call" && word(tokens.get(1)) == "sluice", first == "copy");
    if (is_query || start.is_some())
        && let Some(report) = strict::unsupported(&tokens, positions)
    {
        return Err(report);
    }
    if is_query {
        let (query, rest) = query_from(tokens)?;
        return match rest.first() {
            None => Ok(Body::Query(query)),
            Some(token) => Err(near(token, positions, text)),
        };
    }
    if is_call {
        return call(tokens, dialect, positions, text);
    }
    let Some(start) = start else { return Ok(Body::Other(tokens)) };
    let mut read = tokens.split_off(start);
    if is_copy {
        // What stands behind the parenthesis is COPY's own, and must not be read as the query's.
        let rest = read.split_off(closing(&read, 0).unwrap_or(read.len() - 1) + 1);
        let query = self::query(read, positions, text)?;
        return Ok(Body::Around(tokens, query, rest));
    }
    let (query, rest) = query_from(read)?;
    match rest.first() {
        None => Ok(Body::Around(tokens, query, rest)),
        Some(token) => Err(near(token, positions, text)),
    }
}

/// Parses tokens that are one query and nothing else, taken from a text.
///
/// # Errors
/// As [`parse`].
pub fn query(tokens: Vec<TokenWithSpan>, positions: &Positions, text: &str) -> Result<Box<Query>> {
    let Some(first) = tokens.first().map(|token| token.span) else {
        return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input"));
    };
    match body(tokens, &dialect::Postgres::default(), positions, text)? {
        Body::Query(query) => Ok(query),
        Body::Around(..) | Body::GoogleSql(_) | Body::Other(_) => Err(near_span(first, positions, text)),
    }
}

/// `CALL sluice.name(...)` says what `SELECT sluice.name(...)` says.
fn call(mut tokens: Vec<TokenWithSpan>, dialect: &dialect::Postgres, positions: &Positions, text: &str) -> Result<Body> {
    let end = tokens.last().map(|token| token.span.end);
    tokens[0].token = Token::make_keyword("SELECT");
    let mut parser = Parser::new(dialect).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(tokens);
    let query = parser.parse_query().map_err(|error| unparsed(error, || spans_to(end, positions, text), positions, text))?;
    match parser.next_token() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(Body::Query(query)),
        token => Err(near(&token, positions, text)),
    }
}

/// Where the query begins in a statement that holds one.
fn around(first: &str, tokens: &[TokenWithSpan]) -> Option<usize> {
    let begins = |i: usize| match tokens.get(i).map(|token| &token.token) {
        Some(Token::LParen) => true,
        _ => matches!(word(tokens.get(i)).as_str(), "select" | "with" | "values" | "table"),
    };
    match first {
        "explain" => explained(tokens).filter(|at| begins(*at)),
        "prepare" => {
            let i = tokens.iter().position(|token| word(Some(token)) == "as")? + 1;
            begins(i).then_some(i)
        }
        "declare" => {
            let i = tokens.iter().position(|token| word(Some(token)) == "for")? + 1;
            begins(i).then_some(i)
        }
        "copy" => (tokens.get(1).is_some_and(|token| token.token == Token::LParen) && query_word(tokens.get(2))).then_some(1),
        _ => None,
    }
}

/// Where the statement begins that EXPLAIN explains.
pub fn explained(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut i = 1;
    if tokens.get(i).is_some_and(|token| token.token == Token::LParen) && !query_word(tokens.get(2)) {
        i = closing(tokens, i)? + 1;
    }
    while matches!(word(tokens.get(i)).as_str(), "analyze" | "analyse" | "verbose") {
        i += 1;
    }
    Some(i)
}

fn query_word(token: Option<&TokenWithSpan>) -> bool {
    token.is_some_and(|token| token.token == Token::LParen) || matches!(word(token).as_str(), "select" | "with" | "values" | "table")
}

/// The index of the parenthesis that closes the one at `open`.
pub fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(i);
        }
    }
    None
}

/// Moves a token out of a list that is read once.
fn taken(token: &mut TokenWithSpan) -> TokenWithSpan {
    let span = token.span;
    std::mem::replace(token, TokenWithSpan { token: Token::EOF, span })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (String, Option<u32>) {
        let report = parse(text).unwrap_err();
        (report.to_string(), report.position)
    }

    #[test]
    fn errors_name_the_token_and_its_place() {
        assert_eq!(error("SELECT a b c"), ("42601: syntax error at or near \"c\"".into(), Some(12)));
        assert_eq!(error("SELECT é, (1"), ("42601: syntax error at end of input".into(), Some(13)));
        assert_eq!(error("SELECT 'abc"), ("42601: unterminated quoted string at or near \"'abc\"".into(), Some(8)));
        assert_eq!(error("SELECT 1)"), ("42601: syntax error at or near \")\"".into(), Some(9)));
        assert_eq!(error("SELECT '$' || $x$abc"), ("42601: unterminated dollar-quoted string at or near \"$x$abc\"".into(), Some(15)));
        assert_eq!(error("SELECT /* a */ /* b"), ("42601: unterminated /* comment at or near \"/* b\"".into(), Some(16)));
    }

    /// Each level of nesting once doubled the work: this would not end.
    #[test]
    fn nested_calls_are_parsed_once() {
        let text = format!("SELECT {}1{}", "coalesce(".repeat(60), ", 2)".repeat(60));
        assert_eq!(parse(&text).unwrap().len(), 1);
    }

    #[test]
    fn several_statements_and_empty_ones() {
        let statements = parse("; SELECT 1;; select 'ä;' -- end\n ;").unwrap();
        assert_eq!(statements.iter().map(|s| s.source.as_str()).collect::<Vec<_>>(), ["SELECT 1", "select 'ä;'"]);
        assert!(parse(" -- nothing\n").unwrap().is_empty());
    }

    #[test]
    fn deep_texts_are_refused_without_overflow() {
        let run = || {
            for text in [
                format!("SELECT {}1{}", "(".repeat(5000), ")".repeat(5000)),
                format!("SELECT 1{}", "+1".repeat(50_000)),
                format!("SELECT {}1{}", "(1+1+1+1+1+1+1+1+1+1+".repeat(100), ")".repeat(100)),
                format!("SELECT {}1", "- ".repeat(50_000)),
                format!("SELECT {}1", "NOT ".repeat(50_000)),
                format!("SELECT 1{}", " UNION SELECT 1".repeat(5000)),
                format!("SELECT 1{}", " OR true".repeat(50_000)),
                format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(3000), " END".repeat(3000)),
            ] {
                assert_eq!(parse(&text).unwrap_err().sqlstate, SqlState::STATEMENT_TOO_COMPLEX, "{}", &text[..30]);
            }
        };
        std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
    }

    #[test]
    fn forms_that_sqlparser_misses() {
        for text in [
            "SELECT a ISNULL, b NOTNULL FROM t",
            "SELECT 1 BETWEEN SYMMETRIC 3 AND 0 AND true",
            "SELECT a IS NOT DISTINCT FROM b AND c FROM t",
            "SELECT relname OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default FROM pg_class",
            "SELECT 'a'\n 'b', E'\\n', U&'\\0041', $$x$$, $a$y$a$",
            "SELECT x LIKE ANY (ARRAY['a']), x NOT ILIKE ALL (SELECT 'b') FROM t",
            "SELECT x::text COLLATE \"C\", -x::int FROM t",
            "SELECT sum(a) OVER (ORDER BY b ROWS UNBOUNDED PRECEDING EXCLUDE NO OTHERS) FROM t",
            "SELECT sum(a) OVER (ORDER BY b RANGE BETWEEN '1 day'::interval PRECEDING AND CURRENT ROW) FROM t FETCH FIRST (3) ROWS ONLY",
            "SELECT trim(LEADING FROM a), trim(FROM a), trim(BOTH 'x' FROM a) FROM t",
            "SELECT 'one'\n        'two' AS x, t.user, (t).*, 1 top FROM t ORDER BY a USING >, b USING <",
            "SELECT 1 IN (VALUES (1), (2)), (VALUES (3)) FROM (VALUES (1), (2)) settings(x)",
            "SELECT ((SELECT 2) UNION SELECT 3), 1 + (((SELECT 2)) EXCEPT (SELECT 3) LIMIT 1), ((SELECT 1) + 2) FROM ((SELECT 1) UNION SELECT 2) x",
            "(TABLE t) UNION ALL TABLE u ORDER BY 1",
            "SELECT substring(a SIMILAR 'x#\"y#\"z' ESCAPE '#'), a SIMILAR TO 'b' ESCAPE '#' FROM t",
        ] {
            parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}
