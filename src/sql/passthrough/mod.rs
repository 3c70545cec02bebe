//! GoogleSQL from the client: one SELECT that is judged by its tokens and its tree, and then forwarded byte for byte.
//!
//! Default deny: one query, listed functions, no parameters, no names that could hide what they are. What the tree says of tables is
//! only a first look; the dry run has the last word ([`crate::warehouse::Warehouse::describe`]).

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{self, ObjectName, ObjectNamePart, Query, SetExpr, TableFactor, Visit, Visitor};
use sqlparser::dialect::BigQueryDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::parse::{Positions, near, unparsed, word};
use crate::error::{Report, Result, SqlState};
use functions::Volatility;

mod functions;
mod lex;

/// How deep a query may nest.
const MAX_DEPTH: usize = 128;

/// One query in GoogleSQL that may be forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passthrough {
    /// The text, byte for byte.
    pub text: Arc<str>,
    /// The names in FROM that are neither WITH items nor arrays of other items, in parts.
    pub tables: Vec<Vec<String>>,
    /// The clock, chance or the session have a say: the answer is never kept.
    pub volatile: bool,
    /// The columns that stand in WHERE, ON, HAVING and QUALIFY, in lower case.
    pub filtered: HashSet<String>,
    /// A SELECT without groups and without LIMIT: as many rows as its tables have.
    pub unlimited: bool,
    /// 16 hex digits that name the text without its literals.
    pub fingerprint: String,
}

/// What became of a text.
#[derive(Debug)]
pub enum Reading {
    /// It may be forwarded.
    Fit(Passthrough),
    /// It is no query in GoogleSQL as far as the parser knows; where it stops making sense.
    Unreadable(Report),
}

/// Tells whether a text begins as a query does.
pub fn begins_query(text: &str) -> bool {
    let Some(lexed) = lex::lex(text) else { return false };
    let first = lexed.tokens.iter().find(|token| token.token != Token::LParen);
    matches!(word(first).as_str(), "select" | "with")
}

/// Splits a text into GoogleSQL's tokens; `None` where it has none.
pub fn tokens(text: &str) -> Option<Vec<TokenWithSpan>> {
    lex::lex(text).map(|lexed| lexed.tokens)
}

/// Reads a text.
///
/// # Errors
/// 42501 and 0A000 for a query that is GoogleSQL and may not be forwarded, with the position.
pub fn read(text: &str) -> Result<Reading> {
    let positions = Positions::new(text);
    let Some(lexed) = lex::lex(text) else {
        let report = Report::new(SqlState::SYNTAX_ERROR, "the text cannot be split into GoogleSQL's tokens");
        return Ok(Reading::Unreadable(report));
    };
    let mut tokens = lexed.tokens.as_slice();
    if tokens.last().is_some_and(|token| token.token == Token::SemiColon) {
        tokens = &tokens[..tokens.len() - 1];
    }
    let mut parser = Parser::new(&BigQueryDialect).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(without_safe(tokens));
    let query = match parser.parse_query() {
        Ok(query) => query,
        Err(error) => return Ok(Reading::Unreadable(unparsed(error, tokens, &positions, text))),
    };
    if parser.peek_token_ref().token != Token::EOF {
        return Ok(Reading::Unreadable(near(&parser.peek_token(), &positions, text)));
    }
    if lexed.pragma {
        return Err(Report::unsupported("#legacySQL in a query").hint("Write GoogleSQL, without such a comment."));
    }
    if lexed.escaped_name {
        return Err(Report::unsupported("an escape sequence in a quoted name").hint("Write the name as it is."));
    }
    let volatile = check_tokens(tokens, &positions)?;
    let mut found = Found::default();
    let _ = query.visit(&mut found);
    if let Some(what) = found.refused {
        return Err(Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, format!("cannot execute {what} in a read-only transaction")));
    }
    Ok(Reading::Fit(Passthrough {
        text: text.into(),
        tables: found.tables(),
        volatile,
        filtered: found.filtered,
        unlimited: unlimited(&query),
        fingerprint: fingerprint(tokens),
    }))
}

/// The parser knows some functions by a syntax of their own, and those not behind `SAFE.`, which changes nothing that is judged.
fn without_safe(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let is_safe = |i: usize| {
        let dotted = |i: usize| tokens.get(i).is_some_and(|token| token.token == Token::Period);
        word(tokens.get(i)) == "safe" && dotted(i + 1) && tokens.get(i + 3).is_some_and(|token| token.token == Token::LParen)
    };
    let kept = (0..tokens.len()).filter(|i| !is_safe(*i) && !i.checked_sub(1).is_some_and(is_safe));
    kept.map(|i| tokens[i].clone()).collect()
}

/// Judges words and calls; tells whether something volatile is among them.
fn check_tokens(tokens: &[TokenWithSpan], positions: &Positions) -> Result<bool> {
    let mut volatile = false;
    for (i, token) in tokens.iter().enumerate() {
        let at = positions.of(token.span.start);
        match &token.token {
            Token::SemiColon => {
                return Err(Report::unsupported("a script in GoogleSQL").at(at).hint("Send one query at a time."));
            }
            Token::VerticalBarRightAngleBracket => {
                return Err(Report::unsupported("pipe syntax").at(at).hint("Write the query with SELECT."));
            }
            Token::AtSign | Token::Question => {
                return Err(Report::unsupported("a parameter or system variable in GoogleSQL").at(at).hint("Write the value itself."));
            }
            Token::Word(word) => {
                for part in word.value.split('.') {
                    match part.to_ascii_lowercase().as_str() {
                        "external_query" => return Err(denied("EXTERNAL_QUERY").at(at)),
                        "information_schema" => {
                            return Err(Report::unsupported("INFORMATION_SCHEMA in GoogleSQL")
                                .at(at)
                                .hint("Ask information_schema or pg_catalog in PostgreSQL's SQL: SET sluice.dialect = postgres."));
                        }
                        "tablesample" | "system_time" => volatile = true,
                        // Both may stand without parentheses.
                        "current_date" | "current_datetime" | "current_time" | "current_timestamp" => volatile = true,
                        _ => {}
                    }
                }
                if tokens.get(i + 1).is_some_and(|next| next.token == Token::LParen) {
                    volatile |= check_call(tokens, i).map_err(|report| report.at(at))?;
                }
            }
            _ => {}
        }
    }
    Ok(volatile)
}

/// Judges the word before a parenthesis with the name spaces before it.
fn check_call(tokens: &[TokenWithSpan], at: usize) -> Result<bool> {
    let name = |i: usize| match &tokens[i].token {
        Token::Word(word) => Some((word.value.to_ascii_lowercase(), word.quote_style.is_some())),
        _ => None,
    };
    let Some((last, quoted)) = name(at) else { return Ok(false) };
    let mut path = last.clone();
    let mut i = at;
    while i >= 2 && tokens[i - 1].token == Token::Period {
        let Some((space, _)) = name(i - 2) else { break }; // a value: (...).LOWER()
        path = format!("{space}.{path}");
        i -= 2;
    }
    if i == at && !quoted && functions::is_syntax(&last) {
        return Ok(false);
    }
    // WITH name AS (: the word is AS. A WINDOW's and a CTE's own names stand before AS, never before a parenthesis.
    match functions::find(&path) {
        Some(volatility) => Ok(volatility == Volatility::Volatile),
        None => Err(denied(&path.to_uppercase())),
    }
}

fn denied(name: &str) -> Report {
    Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied for function {name}"))
        .hint("Only listed functions of GoogleSQL may run here: none that reaches outside, and none that users have made.")
}

/// Tells whether the number of rows grows with the tables.
fn unlimited(query: &Query) -> bool {
    let limited = query.limit_clause.is_some() || query.fetch.is_some();
    match &*query.body {
        SetExpr::Select(select) => {
            let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(exprs, _) if exprs.is_empty());
            !limited && !select.from.is_empty() && !grouped
        }
        SetExpr::Query(inner) => !limited && unlimited(inner),
        SetExpr::SetOperation { .. } => !limited,
        _ => false,
    }
}

fn fingerprint(tokens: &[TokenWithSpan]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"googlesql");
    for token in tokens {
        let shown = match &token.token {
            Token::SingleQuotedString(_) | Token::Number(..) => "?".to_owned(),
            Token::Word(word) => word.value.to_lowercase(),
            other => other.to_string(),
        };
        hasher.update(shown.as_bytes()).update(b" ");
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

/// What the tree holds.
#[derive(Default)]
struct Found {
    named: Vec<Vec<String>>,
    /// WITH items and aliases, in lower case.
    local: HashSet<String>,
    /// WITH items alone.
    items: HashSet<String>,
    filtered: HashSet<String>,
    refused: Option<&'static str>,
}

impl Found {
    /// The names that can only be tables'.
    fn tables(&self) -> Vec<Vec<String>> {
        let mut tables: Vec<Vec<String>> = Vec::new();
        for path in &self.named {
            let first = path.first().map(|first| first.to_lowercase()).unwrap_or_default();
            let known = if path.len() == 1 { self.items.contains(&first) } else { self.local.contains(&first) };
            if !known && !tables.contains(path) {
                tables.push(path.clone());
            }
        }
        tables
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                for condition in [&select.selection, &select.having, &select.qualify].into_iter().flatten() {
                    self.condition(condition);
                }
                if select.into.is_some() {
                    self.refused = Some("SELECT INTO");
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            SetExpr::Insert(_) => self.refused = Some("INSERT"),
            SetExpr::Update(_) => self.refused = Some("UPDATE"),
            SetExpr::Delete(_) => self.refused = Some("DELETE"),
            SetExpr::Merge(_) => self.refused = Some("MERGE"),
            SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => {}
        }
    }

    fn condition(&mut self, expr: &ast::Expr) {
        let _ = ast::visit_expressions(expr, |expr| {
            match expr {
                ast::Expr::Identifier(name) => drop(self.filtered.insert(name.value.to_lowercase())),
                ast::Expr::CompoundIdentifier(names) => self.filtered.extend(names.iter().map(|name| name.value.to_lowercase())),
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for item in query.with.iter().flat_map(|with| &with.cte_tables) {
            let name = item.alias.name.value.to_lowercase();
            self.items.insert(name.clone());
            self.local.insert(name);
        }
        if !query.locks.is_empty() {
            self.refused = Some("SELECT FOR UPDATE");
        }
        self.body(&query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let parts = name.0.iter().filter_map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.value.as_str()),
            ObjectNamePart::Function(_) => None,
        });
        // One pair of backticks may hold a whole path.
        let path: Vec<String> = parts.flat_map(|part| part.split('.')).map(str::to_owned).collect();
        self.named.push(path);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let alias = match factor {
            TableFactor::Table { alias, name, .. } => {
                // A table without alias is known by the last part of its name.
                if alias.is_none()
                    && let Some(ObjectNamePart::Identifier(last)) = name.0.last()
                {
                    self.local.insert(last.value.rsplit('.').next().unwrap_or_default().to_lowercase());
                }
                alias
            }
            TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } | TableFactor::NestedJoin { alias, .. } => alias,
            _ => &None,
        };
        self.local.extend(alias.iter().map(|alias| alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &ast::Select) -> ControlFlow<()> {
        let joins = select.from.iter().flat_map(|item| &item.joins);
        for operator in joins.map(|join| &join.join_operator) {
            if let ast::JoinOperator::Join(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Inner(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Left(ast::JoinConstraint::On(on))
            | ast::JoinOperator::LeftOuter(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Right(ast::JoinConstraint::On(on))
            | ast::JoinOperator::RightOuter(ast::JoinConstraint::On(on))
            | ast::JoinOperator::FullOuter(ast::JoinConstraint::On(on)) = operator
            {
                self.condition(on);
            }
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(text: &str) -> Passthrough {
        match read(text) {
            Ok(Reading::Fit(passthrough)) => passthrough,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn tables(text: &str) -> Vec<String> {
        fit(text).tables.iter().map(|path| path.join(".")).collect()
    }

    #[test]
    fn googlesql_that_people_write_is_read() {
        for text in [
            "SELECT * EXCEPT (a) REPLACE (b + 1 AS b) FROM `p.d.t`",
            "SELECT DATE_TRUNC(d, MONTH), COUNTIF(x > 1) FROM p.d.t GROUP BY ALL",
            "SELECT STRUCT(1 AS a, 'x' AS b), [1, 2][OFFSET(0)], ARRAY<INT64>[1], SAFE_CAST('1' AS INT64), SAFE.SUBSTR('a', 1)",
            "SELECT o.id, i FROM d.orders AS o, UNNEST(o.items) AS i WITH OFFSET AS n QUALIFY ROW_NUMBER() OVER (PARTITION BY o.id ORDER BY n) = 1",
            "WITH x AS (SELECT 1 AS n UNION ALL SELECT 2) SELECT ARRAY_AGG(n IGNORE NULLS ORDER BY n LIMIT 3) FROM x;",
            "SELECT r'\\d+', b'x', \"two\", '''three''', DATE '2024-01-01', TIMESTAMP_DIFF(a, b, SECOND), EXTRACT(ISOWEEK FROM d) FROM t",
            "SELECT IF(a, 1, 2), FORMAT('%d', n), INTERVAL 1 DAY, NET.HOST(u), CAST(x AS NUMERIC(10, 2)) FROM my-project.d.t -- end",
        ] {
            fit(text);
        }
    }

    #[test]
    fn tables_are_told_from_with_items_and_arrays() {
        assert_eq!(
            tables("WITH x AS (SELECT * FROM `p.d.a`) SELECT * FROM x JOIN d.b ON x.k = b.k, b.items, UNNEST(b.tags)"),
            ["p.d.a", "d.b"]
        );
        assert_eq!(tables("SELECT (SELECT MAX(v) FROM d.c) FROM t AS t2, t2.arr"), ["d.c", "t"]);
        assert!(tables("SELECT 1").is_empty());
    }

    #[test]
    fn what_may_not_run_is_refused_where_it_stands() {
        let refused = |text: &str| {
            let report = read(text).map(|_| ()).expect_err(text);
            (report.sqlstate.0, report.position)
        };
        assert_eq!(refused("SELECT * FROM EXTERNAL_QUERY('c', 'q')"), ("42501", Some(15)));
        assert_eq!(refused("SELECT `External_Query` FROM t"), ("42501", Some(8)));
        assert_eq!(refused("SELECT d.my_function(1)"), ("42501", Some(10)));
        assert_eq!(refused("SELECT `my_function`(1)"), ("42501", Some(8)));
        assert_eq!(refused("SELECT ERROR('x')"), ("42501", Some(8)));
        assert_eq!(refused("SELECT ML.DISTANCE([1.0], [2.0])").0, "42501");
        assert_eq!(refused("SELECT * FROM `region-us`.INFORMATION_SCHEMA.JOBS").0, "0A000");
        assert_eq!(refused("#legacySQL\nSELECT 1").0, "0A000");
        assert_eq!(refused("SELECT * FROM `d.t\\x41`").0, "0A000");
    }

    #[test]
    fn what_is_no_query_is_not_read() {
        for text in [
            "DROP TABLE t",
            "SELECT 1; SELECT 2",
            "EXPORT DATA OPTIONS (uri = 'x') AS SELECT 1",
            "SELEC 1",
            "SELECT FROM WHERE",
            "CALL p()",
            "SELECT * FROM ML.PREDICT(MODEL d.m, TABLE d.t)",
            "SELECT @@project_id",
            "SELECT @p",
        ] {
            assert!(matches!(read(text), Ok(Reading::Unreadable(_)) | Err(_)), "{text}");
        }
        assert!(begins_query("-- x\n(SELECT 1)") && !begins_query("SET x = 1") && !begins_query("SELECT 'open"));
    }

    #[test]
    fn what_is_known_of_a_query() {
        let query = fit("SELECT a FROM d.t WHERE t.day = '2024-01-01' AND b > 1");
        assert!(query.unlimited && !query.volatile && query.filtered.contains("day") && query.filtered.contains("b"));
        assert!(!fit("SELECT a FROM d.t LIMIT 3").unlimited && !fit("SELECT a, COUNT(*) FROM d.t GROUP BY a").unlimited);
        assert!(fit("SELECT CURRENT_DATE FROM d.t").volatile && fit("SELECT RAND() FROM d.t").volatile);
        let same = [fit("SELECT a FROM t WHERE b = 'x'"), fit("select A from T where B = \"y\" -- c")];
        assert_eq!(same[0].fingerprint, same[1].fingerprint);
    }
}
