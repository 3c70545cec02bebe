//! `sluice.dialect`: which of the two languages a text is read in.

use std::sync::Arc;

use sqlparser::tokenizer::Token;

use super::parse::{self, Body, Positions, Statement, closing, word};
use super::passthrough::{self, Passthrough, Reading};
use crate::error::{Report, Result, SqlState};

/// `sluice.dialect`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// PostgreSQL's SQL; GoogleSQL where only that can be read.
    #[default]
    Auto,
    /// PostgreSQL's SQL.
    Postgres,
    /// GoogleSQL for queries, PostgreSQL's for everything about session, server and catalog.
    GoogleSql,
}

impl Language {
    /// Reads the setting's value.
    pub fn of(setting: Option<&str>) -> Language {
        match setting {
            Some("postgres") => Language::Postgres,
            Some("googlesql") => Language::GoogleSql,
            _ => Language::Auto,
        }
    }
}

/// A query in GoogleSQL, as the client asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The query.
    pub query: Passthrough,
    /// The characters of the client's text before it.
    pub before: u32,
    /// EXPLAIN stands before it: its options.
    pub explain: Option<ExplainOptions>,
    /// Why it was not read as PostgreSQL's SQL, where nobody had said that it is GoogleSQL.
    pub instead: Option<Report>,
}

/// What EXPLAIN of a forwarded query can be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExplainOptions {
    /// FORMAT JSON.
    pub json: bool,
}

impl Forward {
    /// Moves a position in the query to where that stands in the client's text.
    pub fn placed(&self, mut report: Report) -> Report {
        report.position = report.position.map(|position| position + self.before);
        report
    }
}

/// Splits a text into its statements, in the language of the session.
///
/// # Errors
/// As [`parse::parse`]; 42501 and 0A000 for GoogleSQL that may not be forwarded.
pub fn statements(text: &str, language: Language) -> Result<Vec<Statement>> {
    if text.len() > parse::MAX_TEXT {
        return parse::parse(text); // says so
    }
    match language {
        Language::Postgres => parse::parse(text),
        // Functions of the server and catalog queries of tools stay what they are.
        Language::GoogleSql if passthrough::asks_the_server(text) => parse::parse(text),
        Language::GoogleSql => match forward(text)? {
            Some(Ok(forward)) => Ok(vec![statement(text, forward)]),
            Some(Err(report)) => Err(report),
            None => parse::parse(text),
        },
        Language::Auto => parse::parse(text).or_else(|report| {
            if report.sqlstate != SqlState::SYNTAX_ERROR {
                return Err(report);
            }
            match forward(text) {
                Ok(Some(Ok(forward))) => Ok(vec![statement(text, Forward { instead: Some(report), ..forward })]),
                // Why it may not be forwarded matters to those who mean GoogleSQL; to the others PostgreSQL's error does.
                Err(refused) if text.contains('`') => Err(refused),
                _ => Err(report),
            }
        }),
    }
}

fn statement(text: &str, forward: Forward) -> Statement {
    let positions = Arc::new(Positions::new(text));
    Statement { text: text.into(), positions, source: text.trim().to_owned(), body: Body::GoogleSql(Box::new(forward)), cut: Vec::new() }
}

/// Reads a query in GoogleSQL, also behind EXPLAIN. `None`: the text begins otherwise; inner error: it begins so and cannot be read.
fn forward(text: &str) -> Result<Option<Result<Forward>>> {
    let Some((from, explain)) = begin(text) else { return Ok(None) };
    let rest = text.get(from..).unwrap_or_default();
    if !passthrough::begins_query(rest) {
        return Ok(None);
    }
    let before = u32::try_from(text.get(..from).unwrap_or_default().chars().count()).unwrap_or(0);
    let place = |mut report: Report| {
        report.position = report.position.map(|position| position + before);
        report
    };
    Ok(Some(match passthrough::read(rest).map_err(place)? {
        Reading::Fit(query) => Ok(Forward { query, before, explain, instead: None }),
        Reading::Unreadable(report) => Err(place(report)),
    }))
}

/// Returns where the query begins (a byte), and the options of EXPLAIN before it. ANALYZE is left to PostgreSQL's parser, which refuses it here.
fn begin(text: &str) -> Option<(usize, Option<ExplainOptions>)> {
    let tokens = passthrough::split(text)?;
    if word(tokens.first()) != "explain" {
        return Some((0, None));
    }
    let mut options = ExplainOptions::default();
    let mut next = 1;
    if tokens.get(1)?.token == Token::LParen && !matches!(word(tokens.get(2)).as_str(), "select" | "with" | "") {
        let end = closing(&tokens, 1)?;
        let words: Vec<String> = tokens[2..end].iter().map(|token| word(Some(token)).to_string()).collect();
        if words.iter().any(|word| word == "analyze" || word == "analyse") {
            return None;
        }
        options.json = words.windows(2).any(|pair| pair == ["format", "json"]);
        next = end + 1;
    }
    while word(tokens.get(next)) == "verbose" {
        next += 1;
    }
    Some((Positions::new(text).byte(tokens.get(next)?.span.start), Some(options)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(text: &str, language: Language) -> Result<Option<Forward>> {
        let mut statements = statements(text, language)?;
        Ok(match statements.pop().map(|statement| statement.body) {
            Some(Body::GoogleSql(forward)) => Some(*forward),
            _ => None,
        })
    }

    #[test]
    fn googlesql_is_what_postgres_cannot_read_and_google_can() {
        let auto = |text: &str| forwarded(text, Language::Auto);
        assert_eq!(auto("SELECT 1").unwrap(), None);
        let google = auto("SELECT * EXCEPT (a) FROM `p.d.t`").unwrap().unwrap();
        assert_eq!(&*google.query.text, "SELECT * EXCEPT (a) FROM `p.d.t`");
        assert!(google.instead.unwrap().message.starts_with("syntax error"));
        assert_eq!(auto("SELECT FROM WHERE ``").unwrap_err().sqlstate, SqlState::SYNTAX_ERROR);
        assert_eq!(auto("SELECT * FROM `a`; SELECT 1").unwrap_err().sqlstate, SqlState::SYNTAX_ERROR, "one query at a time");
        assert_eq!(auto("SELECT * FROM EXTERNAL_QUERY(`a`, 'b')").unwrap_err().sqlstate, SqlState::INSUFFICIENT_PRIVILEGE);
        assert!(forwarded("SELECT * FROM `a`", Language::Postgres).is_err());
    }

    #[test]
    fn the_session_may_say_so() {
        let google = |text: &str| forwarded(text, Language::GoogleSql);
        let forward = google("SELECT 'it\\'s', \"two\"").unwrap().unwrap();
        assert_eq!((forward.instead, forward.explain), (None, None));
        assert_eq!(google("SET sluice.dialect = postgres").unwrap(), None);
        assert_eq!(google("SELECT sluice.price('SELECT 1')").unwrap(), None);
        assert_eq!(google("SELECT relname FROM pg_catalog.pg_class").unwrap(), None);
        assert_eq!(google("SELECT )").unwrap_err().position, Some(8));
        assert_eq!(google(&format!("SELECT 1{}", " + 1".repeat(10_000))).unwrap_err().sqlstate, SqlState::STATEMENT_TOO_COMPLEX);
        assert_eq!(google(&format!("SELECT {}1", "(".repeat(10_000))).unwrap_err().sqlstate, SqlState::STATEMENT_TOO_COMPLEX);
        assert_eq!(google(&format!("SELECT '{}'", "x".repeat(2 << 20))).unwrap_err().sqlstate, SqlState::PROGRAM_LIMIT_EXCEEDED);
    }

    #[test]
    fn explain_stands_before_the_query() {
        let forward = forwarded("EXPLAIN (FORMAT JSON) SELECT * FROM `d.t`", Language::Auto).unwrap().unwrap();
        assert_eq!(
            (&*forward.query.text, forward.before, forward.explain),
            ("SELECT * FROM `d.t`", 22, Some(ExplainOptions { json: true }))
        );
        let refused = forwarded("EXPLAIN SELECT `f`(1)", Language::Auto).unwrap_err();
        assert_eq!(refused.position, Some(16));
    }
}
