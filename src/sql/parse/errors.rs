//! Syntax errors in PostgreSQL's words, at the token that PostgreSQL stops at.

use std::sync::Arc;

use sqlparser::keywords::Keyword;
use sqlparser::parser::ParserError;
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::limits::too_deep;
use super::strict::{begins_nothing, stands_as_operand, stands_before_operand};
use super::{Positions, around, closing, dialect, lexer, operators, query, unicode, word};
use crate::error::{Report, SqlState};
use crate::types::Type;

/// The error at a token, in PostgreSQL's words.
pub(in crate::sql) fn near(token: &TokenWithSpan, positions: &Positions, text: &str) -> Report {
    near_span(token.span, positions, text)
}

pub(super) fn near_span(span: Span, positions: &Positions, text: &str) -> Report {
    let (from, to) = (positions.byte(span.start), positions.byte(span.end));
    let shown = text.get(from..to).unwrap_or_default();
    Report::new(SqlState::SYNTAX_ERROR, format!("syntax error at or near \"{shown}\"")).at(positions.of(span.start))
}

/// The places of the tokens up to one's end. The parser has taken the tokens themselves: they are read once more.
pub(super) fn spans_to(end: Option<Location>, positions: &Positions, text: &str) -> Vec<Span> {
    let spans = read_again(positions, text).into_iter().flatten().map(|token| token.span);
    spans.filter(|span| end.is_some_and(|end| span.end <= end)).collect()
}

/// The tokens of a text that was read before.
fn read_again(positions: &Positions, text: &str) -> Option<Vec<TokenWithSpan>> {
    lexer::tokens(text).ok().and_then(|tokens| unicode::read(operators::split(tokens), positions).ok())
}

/// The parser's error in PostgreSQL's words, where the parser stood in tokens at these places.
pub(in crate::sql) fn unparsed(error: ParserError, spans: impl FnOnce() -> Vec<Span>, positions: &Positions, text: &str) -> Report {
    let message = match error {
        ParserError::RecursionLimitExceeded => return too_deep(),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    // sqlparser ends its messages with ` at Line: 1, Column: 8`.
    let location = message.rsplit_once(" at Line: ").and_then(|(_, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some(Location { line: line.parse().ok()?, column: column.parse().ok()? })
    });
    let spans = spans();
    let at = location.and_then(|location| spans.iter().find(|span| span.start == location));
    match at {
        Some(span) => near_span(*span, positions, text),
        None => at_end(spans.last().map(|span| span.end), positions, text),
    }
}

/// The error where a statement ends too soon: at its semicolon, or at the end of the whole text, blanks behind it included.
pub(super) fn at_end(last: Option<Location>, positions: &Positions, text: &str) -> Report {
    let from = last.map_or(0, |end| positions.byte(end));
    let rest = text.get(from..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    if rest[blanks..].starts_with(';') {
        return Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \";\"").at(positions.character(from + blanks));
    }
    Report::new(SqlState::SYNTAX_ERROR, "syntax error at end of input").at(positions.character(text.len()))
}

pub(super) fn untokenized(text: &str, positions: &Positions, error: &sqlparser::tokenizer::TokenizerError) -> Report {
    let (what, opening) = match error.message.as_str() {
        message if message.contains("comment") => ("unterminated /* comment", "/*"),
        message if message.contains("dollar") => ("unterminated dollar-quoted string", "$"),
        message if message.contains("close delimiter '\"'") => ("unterminated quoted identifier", ""),
        message if message.contains("nterminated") => ("unterminated quoted string", ""),
        _ => ("syntax error", ""),
    };
    // Of comments and dollar quotes the tokenizer names the end: they begin behind the last place up to which all is well.
    let dialect = dialect::Postgres::default();
    let well = |at: &usize| {
        Tokenizer::new(&dialect, &text[..*at]).tokenize().is_ok() && Tokenizer::new(&dialect, &text[*at..]).tokenize().is_err()
    };
    let begins = match opening {
        "" => None,
        opening => text.rmatch_indices(opening).map(|(at, _)| at).take(8).find(well),
    };
    let start = begins.unwrap_or_else(|| positions.byte(error.location));
    let position = match begins {
        Some(start) => u32::try_from(text[..start].chars().count() + 1).ok(),
        None => positions.of(error.location),
    };
    let rest = text.get(start..).unwrap_or_default();
    Report::new(SqlState::SYNTAX_ERROR, format!("{what} at or near \"{}\"", rest.chars().take(200).collect::<String>())).at(position)
}

/// How many queries within one another are looked into for the true place of an error.
const LOOKED_INTO: usize = 8;

/// What PostgreSQL says where a statement could not be parsed; its first and last place are given.
pub(super) fn told(report: Report, (from, to): (Location, Location), positions: &Arc<Positions>, text: &str) -> Report {
    if report.sqlstate != SqlState::SYNTAX_ERROR {
        return report;
    }
    let Some(tokens) = read_again(positions, text) else { return report };
    let own: Vec<TokenWithSpan> = tokens.into_iter().filter(|token| token.span.start >= from && token.span.end <= to).collect();
    let place = own.iter().position(|token| positions.of(token.span.start) == report.position);
    if let Some(verb) = writes(&own).filter(|verb| place.is_none_or(|at| at >= *verb)) {
        // As everywhere else, what a write says is not looked at.
        let message = format!("cannot execute {} in a read-only transaction", word(own.get(verb)).to_ascii_uppercase());
        return Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, message);
    }
    let report = within(report, &own, positions, text, LOOKED_INTO);
    match own.iter().position(|token| positions.of(token.span.start) == report.position).and_then(|at| no_type(&own, at, positions)) {
        Some(report) => report,
        None => behind(report, &own, positions, text),
    }
}

/// The word that says what a statement with WITH writes, EXPLAIN and the like before it included.
pub(super) fn writes(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut i = around(&word(tokens.first()), tokens).unwrap_or(0);
    while tokens.get(i).is_some_and(|token| token.token == Token::LParen) {
        i += 1;
    }
    if word(tokens.get(i)) != "with" {
        return None;
    }
    while let Some(token) = tokens.get(i) {
        match (&token.token, word(Some(token)).as_str()) {
            (Token::LParen, _) => i = closing(tokens, i)?,
            (Token::RParen, _) | (_, "select" | "values" | "table") => return None,
            (_, "insert" | "update" | "delete" | "merge") if !names_item(tokens, i) => return Some(i),
            _ => {}
        }
        i += 1;
    }
    None
}

/// Tells whether a word is the name of a WITH item.
fn names_item(tokens: &[TokenWithSpan], at: usize) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.token == Token::LParen || word(Some(next)) == "as")
}

/// The error for a name, or a call, in front of a constant: PostgreSQL takes it for a type (gram.y, `AexprConst`), as in `max(x) 'Highest'`.
fn no_type(tokens: &[TokenWithSpan], at: usize, positions: &Positions) -> Option<Report> {
    let is_string = matches!(tokens[at].token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_));
    let mut last = at.checked_sub(1).filter(|_| is_string)?;
    if tokens[last].token == Token::RParen {
        let open = (0..last).rfind(|open| tokens[*open].token == Token::LParen && closing(tokens, *open) == Some(last))?;
        if matches!(tokens[open + 1].token, Token::RParen | Token::Mul) || word(tokens.get(open + 1)) == "distinct" {
            return None;
        }
        last = open.checked_sub(1)?;
    }
    let mut first = last;
    while let Some(before) = first.checked_sub(2).filter(|_| tokens[first - 1].token == Token::Period) {
        first = before;
    }
    let names: Vec<String> = (first..=last).step_by(2).map(|i| name(&tokens[i])).collect::<Option<_>>()?;
    let stands = stands_as_operand(first.checked_sub(1).and_then(|before| tokens.get(before)));
    let known = names.last().is_none_or(|name| Type::by_name(name).is_some());
    if !stands || known || begins_nothing(&tokens[first]) || (names.len() == 1 && is_no_type(&word(tokens.get(first)))) {
        return None;
    }
    let message = format!("type \"{}\" does not exist", names.join("."));
    Some(Report::new(SqlState::UNDEFINED_OBJECT, message).at(positions.of(tokens[first].span.start)))
}

fn name(token: &TokenWithSpan) -> Option<String> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

/// Keywords that no type may be named by (appendix C: reserved, or "cannot be function or type").
fn is_no_type(word: &str) -> bool {
    const WORDS: &str = "all any array case cast coalesce current_catalog current_date current_role current_time current_timestamp current_user default end \
                         exists extract false greatest grouping least localtime localtimestamp not null nullif normalize overlay position row \
                         session_user some substring treat trim true user values";
    WORDS.split_ascii_whitespace().any(|listed| word == listed)
}

/// Finds the error in the outermost query in parentheses around it: where such a query cannot be read, sqlparser tries other forms of parentheses, and
/// names the token that ends those.
fn within(report: Report, tokens: &[TokenWithSpan], positions: &Arc<Positions>, text: &str, rounds: usize) -> Report {
    let Some(at) = tokens.iter().position(|token| positions.of(token.span.start) == report.position).filter(|_| rounds > 0) else {
        return report;
    };
    let begins_query =
        |i: usize| tokens[i].token == Token::LParen && matches!(word(tokens.get(i + 1)).as_str(), "select" | "with" | "values" | "table");
    let around = (0..at).find_map(|open| Some((open, closing(tokens, open)?)).filter(|(open, end)| *end > at && begins_query(*open)));
    let Some((open, end)) = around else { return report };
    let inner = &tokens[open + 1..end];
    match query(inner.to_vec(), positions, text) {
        Err(found) if found.sqlstate == SqlState::SYNTAX_ERROR && found.position >= report.position => {
            // What the inner query lacks at its end, the parenthesis stands in the place of.
            let ends = !inner.iter().any(|token| positions.of(token.span.start) == found.position);
            if ends { near(&tokens[end], positions, text) } else { within(found, inner, positions, text, rounds - 1) }
        }
        _ => report,
    }
}

/// Moves an error to the token that PostgreSQL stops at: GROUP, ORDER and PARTITION are right where the word behind them should have been BY, LEFT and its
/// like could name a function, and `?` is an operator there, whose operand is missing.
fn behind(report: Report, tokens: &[TokenWithSpan], positions: &Positions, text: &str) -> Report {
    let alone = ["GROUP", "ORDER", "PARTITION", "?", "LEFT", "RIGHT", "FULL", "INNER", "CROSS"];
    let named = report.message.strip_prefix("syntax error at or near \"").and_then(|rest| rest.strip_suffix('"'));
    let Some(name) = named.filter(|name| alone.iter().any(|word| name.eq_ignore_ascii_case(word))) else { return report };
    let Some(at) = tokens.iter().position(|token| positions.of(token.span.start) == report.position) else { return report };
    if matches!(tokens[at].token, Token::Word(ref word) if matches!(word.keyword, Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::INNER | Keyword::CROSS))
    {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let names_relation = word(before) == "join" || stands_as_operand(before);
        return match tokens.get(at + 1).filter(|_| names_relation) {
            Some(token) => near(token, positions, text),
            None => report,
        };
    }
    // One clause of each kind, in their order: elsewhere the keyword itself is wrong. So it is where an operand is missing.
    let lacks_operand = |before: &TokenWithSpan| match &before.token {
        Token::Comma => true,
        Token::Word(word) if word.quote_style.is_none() => {
            stands_before_operand(word.keyword) || matches!(word.keyword, Keyword::FROM | Keyword::JOIN)
        }
        _ => false,
    };
    if name != "?" && !name.eq_ignore_ascii_case("partition") && at.checked_sub(1).is_some_and(|before| lacks_operand(&tokens[before])) {
        return report;
    }
    let mut depth = 0;
    for token in tokens[..at].iter().rev() {
        match &token.token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 0 => break,
            Token::LParen => depth -= 1,
            Token::SemiColon => break,
            Token::Word(before) if depth == 0 => match before.keyword {
                Keyword::SELECT | Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT => break,
                Keyword::ORDER | Keyword::LIMIT | Keyword::OFFSET | Keyword::FETCH | Keyword::WINDOW | Keyword::HAVING | Keyword::GROUP => {
                    return report;
                }
                _ => {}
            },
            _ => {}
        }
    }
    let is_operator = matches!(tokens[at].token, Token::Placeholder(_) | Token::Question);
    let mut next = at + 1;
    while is_operator && tokens.get(next).is_some_and(|token| matches!(token.token, Token::Placeholder(_) | Token::Question)) {
        next += 1;
    }
    match tokens.get(next) {
        Some(token) if !is_operator && word(Some(token)) == "by" => report,
        Some(token) => near(token, positions, text),
        None => at_end(tokens.last().map(|token| token.span.end), positions, text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn error(text: &str) -> (String, Option<u32>) {
        let report = parse(text).unwrap_err();
        (report.to_string(), report.position)
    }

    fn near(token: &str, at: u32) -> (String, Option<u32>) {
        (format!("42601: syntax error at or near \"{token}\""), Some(at))
    }

    #[test]
    fn the_query_that_is_wrong_tells_the_place() {
        assert_eq!(error("SELECT a FROM (SELECT b FROM (SELECT c FROM t WHERE d e f) x) y"), near("e", 55));
        assert_eq!(error("SELECT a FROM (SELECT b FROM t WHERE) y"), near(")", 37));
        assert_eq!(error("SELECT a FROM (t JOIN u ON) y"), near(")", 27));
        assert_eq!(error("SELECT 1 WHERE a IN (SELECT é FROM t GROUP x)"), near("x", 44));
        assert_eq!(error("SELECT 1 WHERE a IN (SELECT 1, SELECT 2)"), near("SELECT", 32));
    }

    #[test]
    fn names_before_constants_are_types() {
        let none = |name: &str, at: u32| (format!("42704: type \"{name}\" does not exist"), Some(at));
        assert_eq!(error("SELECT a, max(b) 'B' FROM t"), none("max", 11));
        assert_eq!(error("SELECT count(*) 'n' FROM t"), near("'n'", 17));
        assert_eq!(error("SELECT now() 'n'"), near("'n'", 14));
        assert_eq!(error("SELECT coalesce(a) 'n' FROM t"), near("'n'", 20));
        assert_eq!(error("SELECT (a) 'n' FROM t"), near("'n'", 12));
        assert_eq!(error("SELECT * FROM 'a' || 'b'"), near("'a'", 15));
    }

    #[test]
    fn the_first_error_is_told() {
        assert_eq!(error("SELECT a and b c d, or e"), near("d", 18));
        assert_eq!(error("SELECT a FROM group"), near("group", 15));
        assert_eq!(error("SELECT a FROM t WHERE b AND GROUP BY a"), near("GROUP", 29));
        assert_eq!(error("SELECT sum(a) OVER (ORDER a) FROM t"), near("a", 27));
    }

    /// GoogleSQL's quotes are operators to PostgreSQL, which stops later; but no such text may pass for PostgreSQL's.
    #[test]
    fn backticks_never_pass() {
        assert_eq!(error("SELECT `a` FROM t"), near("FROM", 12));
        assert_eq!(error("SELECT `a`(1)"), near("`", 8));
        assert_eq!(error("SELECT ` a"), near("`", 8));
        assert!(parse("SELECT '`', \"`\"").is_ok());
    }

    #[test]
    fn names_have_letters() {
        let empty = |at: u32| ("42601: zero-length delimited identifier at or near \"\"\"\"".to_owned(), Some(at));
        assert_eq!(error("SELECT a, \"\" FROM t"), empty(11));
        assert_eq!(error("SELECT \"\" FROM t GROUP"), empty(8));
        assert_eq!(error("SELECT a b c, \"\""), near("c", 12));
        assert!(parse("SELECT '\"\"', \"\"\"\" -- \"\"").is_ok());
    }
}
