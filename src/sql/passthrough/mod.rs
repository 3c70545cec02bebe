//! GoogleSQL from the client: one SELECT that is judged by its tokens and its tree, and then forwarded byte for byte.
//!
//! Default deny: one query, listed functions, no parameters, no names that could hide what they are. What the tree says of tables is
//! only a first look; the dry run has the last word ([`crate::warehouse::Warehouse::describe`]).

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::Visit;
use sqlparser::dialect::BigQueryDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::parse::{Positions, check_chains, check_parens, near, unparsed, word};
use crate::error::{Report, Result, SqlState};

mod functions;
mod lex;
mod scopes;
mod tokens;
mod tree;

/// How deep a query may nest.
const MAX_DEPTH: usize = 128;

/// One query in GoogleSQL that may be forwarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passthrough {
    /// The text, byte for byte.
    pub text: Arc<str>,
    /// The names in FROM that are neither WITH items nor arrays of other items, in parts.
    pub tables: Vec<Vec<String>>,
    /// The names in FROM that begin as WITH items or aliases of another scope do: they could be tables.
    pub doubtful: Vec<Vec<String>>,
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

/// Tells whether a text speaks to the server itself: a name of `pg_catalog` or of the schema `sluice`, a function `pg_...`.
pub fn asks_the_server(text: &str) -> bool {
    let Some(lexed) = lex::lex(text) else { return false };
    lexed.tokens.windows(2).any(|pair| {
        let name = word(pair.first());
        let own = matches!(name.as_str(), "pg_catalog" | "sluice") && pair[1].token == Token::Period;
        own || (name.starts_with("pg_") && pair[1].token == Token::LParen)
    })
}

/// Splits a text into GoogleSQL's tokens; `None` where it has none.
pub fn split(text: &str) -> Option<Vec<TokenWithSpan>> {
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
    // The tree is walked: it must not be deeper than the stack.
    if let Err(report) = check_parens(tokens, &positions, text).and_then(|()| check_chains(tokens, &positions)) {
        return Ok(Reading::Unreadable(report));
    }
    let mut parser = Parser::new(&BigQueryDialect).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(tokens::simplified(tokens));
    let query = match parser.parse_query() {
        Ok(query) => query,
        Err(error) => {
            let spans = || tokens.iter().map(|token| token.span).collect();
            return Ok(Reading::Unreadable(unparsed(error, spans, &positions, text)));
        }
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
    let volatile = tokens::check(tokens, &positions)?;
    let mut found = tree::Found::default();
    let _ = query.visit(&mut found);
    if let Some(what) = found.refused {
        return Err(Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, format!("cannot execute {what} in a read-only transaction")));
    }
    Ok(Reading::Fit(Passthrough {
        text: text.into(),
        tables: found.tables(false),
        doubtful: found.tables(true),
        volatile,
        filtered: found.filtered,
        unlimited: tree::unlimited(&query),
        fingerprint: fingerprint(tokens),
    }))
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
            "SELECT ARRAY<STRUCT<a INT64, b ARRAY<STRING>>>[], 1 << 2, ~n, SAFE.SUBSTR(a, 1) FROM t",
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
        let two = fit("SELECT a FROM secret.t UNION ALL SELECT a FROM d.v AS secret");
        assert_eq!(
            (two.tables, two.doubtful),
            (vec![vec!["d".to_owned(), "v".to_owned()]], vec![vec!["secret".to_owned(), "t".to_owned()]])
        );
    }

    #[test]
    fn a_with_item_is_one_only_where_it_can_be_seen() {
        let tables = |text: &str| (tables(text), fit(text).doubtful.len());
        let named = |names: &[&str]| (names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), 0);
        assert_eq!(tables("SELECT 1 FROM (WITH pay AS (SELECT 1 AS a) SELECT * FROM pay) a, (SELECT x FROM pay) b"), named(&["pay"]));
        assert_eq!(tables("WITH pay AS (SELECT * FROM pay) SELECT (SELECT MAX(a) FROM Pay) FROM (SELECT * FROM pay)"), named(&["pay"]));
        assert_eq!(tables("WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM a, b"), named(&["b"]));
        assert_eq!(tables("WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a WHERE n < 3) SELECT * FROM a"), named(&[]));
        // The arrays of an item stand to its right.
        assert_eq!(tables("SELECT 1 FROM d.t AS o, o.items AS i, i.parts"), named(&["d.t"]));
        assert_eq!(tables("SELECT 1 FROM d.t AS o, `o.items`").1, 1, "a path within one name is a table's");
        assert_eq!(tables("SELECT 1 FROM o.items, d.t AS o").1, 1);
        assert_eq!(tables("SELECT 1 FROM d.t AS o, (SELECT 1 FROM o.items)").1, 1, "a table in parentheses does not see its neighbours");
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
