//! What a statement wants: to read, to change the session, or something a read-only server refuses.

use std::sync::Arc;

use sqlparser::ast::{self, Query, SetExpr, TableFactor};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::language::Forward;
use super::parse::{Body, Positions, Statement, closing, locks, word};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

mod copy;
mod execute;
mod utility;

pub use copy::{Copy, CopyOption, CopyValue};
pub use execute::{Execute, arguments};

/// What a statement wants.
#[derive(Clone, Debug)]
pub enum Class {
    /// SELECT, VALUES, WITH, TABLE.
    Read(Read),
    /// A query in GoogleSQL.
    GoogleSql(Arc<Forward>),
    /// EXPLAIN of a query.
    Explain(Explain),
    /// SET; list values are joined by `, `; no value is DEFAULT.
    Set {
        /// The setting's name in lower case.
        name: String,
        /// The new value.
        value: Option<String>,
        /// SET LOCAL.
        local: bool,
    },
    /// SHOW; `None` is SHOW ALL.
    Show(Option<String>),
    /// RESET; `None` is RESET ALL.
    Reset(Option<String>),
    /// DISCARD `ALL`, `PLANS`, `SEQUENCES`, `TEMP`.
    Discard(String),
    /// BEGIN, START TRANSACTION.
    Begin {
        /// The modes.
        modes: Modes,
        /// START TRANSACTION, which has a tag of its own.
        start: bool,
    },
    /// COMMIT, END; with AND CHAIN.
    Commit {
        /// AND CHAIN.
        chain: bool,
    },
    /// ROLLBACK, ABORT.
    Rollback {
        /// AND CHAIN.
        chain: bool,
    },
    /// SAVEPOINT.
    Savepoint(String),
    /// RELEASE SAVEPOINT.
    Release(String),
    /// ROLLBACK TO SAVEPOINT.
    RollbackTo(String),
    /// SET TRANSACTION.
    SetTransaction(Modes),
    /// SET SESSION CHARACTERISTICS AS TRANSACTION.
    SetCharacteristics(Modes),
    /// PREPARE name (types) AS query.
    Prepare {
        /// The name.
        name: String,
        /// The declared types.
        types: Vec<Type>,
        /// The query.
        read: Read,
    },
    /// EXECUTE name (arguments).
    Execute(Execute),
    /// EXPLAIN of an EXECUTE.
    ExplainExecute(ExplainForm, Execute),
    /// DEALLOCATE; `None` is ALL.
    Deallocate(Option<String>),
    /// DECLARE name CURSOR FOR query.
    Declare {
        /// The cursor's name.
        name: String,
        /// WITH HOLD.
        hold: bool,
        /// BINARY.
        binary: bool,
        /// The query.
        read: Read,
    },
    /// FETCH and MOVE, forward only.
    Fetch {
        /// The cursor's name.
        name: String,
        /// Which rows.
        motion: Motion,
        /// MOVE: the rows are skipped.
        skip: bool,
    },
    /// CLOSE; `None` is ALL.
    Close(Option<String>),
    /// COPY ... TO STDOUT.
    Copy(Copy),
    /// Statements that are answered with their tag alone: LISTEN, UNLISTEN, CHECKPOINT, LOCK TABLE ... IN ACCESS SHARE MODE, SET CONSTRAINTS.
    Nothing(String),
}

/// Where FETCH and MOVE go; forward only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// The next rows: so many, or all. Zero is the row that the cursor stands on.
    Forward(Option<u64>),
    /// The row so many rows on.
    Relative(u64),
    /// The row with this number, from 1.
    Absolute(u64),
    /// The last row.
    Last,
}

impl Class {
    /// Returns the cursor that it fetches from, moves or closes, and whether it closes it.
    pub fn cursor(&self) -> Option<(&str, bool)> {
        match self {
            Class::Fetch { name, .. } => Some((name, false)),
            Class::Close(Some(name)) => Some((name, true)),
            _ => None,
        }
    }

    /// Returns the query that the statement is, or holds (EXPLAIN, PREPARE, DECLARE, COPY), with the parameter types that PREPARE declares.
    pub fn into_query(self) -> Option<(Read, Vec<Type>)> {
        match self {
            Class::Read(read) | Class::Declare { read, .. } | Class::Copy(Copy { read, .. }) => Some((read, Vec::new())),
            Class::Prepare { read, types, .. } => Some((read, types)),
            Class::Explain(explain) => Some((explain.read, Vec::new())),
            _ => None,
        }
    }
}

/// A query to bind.
#[derive(Clone, Debug)]
pub struct Read {
    /// The parsed query.
    pub query: Box<Query>,
    /// The whole text, which positions count in.
    pub text: Arc<str>,
    /// Where its lines and characters begin.
    pub positions: Arc<Positions>,
    /// The statement's own slice of it.
    pub source: String,
}

impl Read {
    /// Returns the number and the place of the first parameter.
    pub fn parameter(&self) -> Option<(usize, Option<u32>)> {
        let mut found = None;
        let _ = ast::visit_expressions(self.query.as_ref(), |expr: &ast::Expr| {
            if let ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Placeholder(name), span }) = expr {
                found = Some((name.trim_start_matches('$').parse().unwrap_or(1), self.positions.of(span.start)));
                return std::ops::ControlFlow::Break(());
            }
            std::ops::ControlFlow::Continue(())
        });
        found
    }
}

/// EXPLAIN.
#[derive(Clone, Debug)]
pub struct Explain {
    /// ANALYZE.
    pub analyze: bool,
    /// FORMAT JSON.
    pub json: bool,
    /// VERBOSE.
    pub verbose: bool,
    /// The query.
    pub read: Read,
}

/// The options of EXPLAIN.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExplainForm {
    /// ANALYZE.
    pub analyze: bool,
    /// FORMAT JSON.
    pub json: bool,
    /// VERBOSE.
    pub verbose: bool,
}

impl ExplainForm {
    /// Explains a query so.
    pub fn of(self, read: Read) -> Explain {
        let ExplainForm { analyze, json, verbose } = self;
        Explain { analyze, json, verbose, read }
    }
}

/// Transaction modes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// READ ONLY (true), READ WRITE (false).
    pub read_only: Option<bool>,
    /// ISOLATION LEVEL, in lower case.
    pub isolation: Option<String>,
    /// DEFERRABLE (true), NOT DEFERRABLE (false).
    pub deferrable: Option<bool>,
}

/// Tells what a statement wants.
///
/// # Errors
/// 25006 for statements that write, 0A000 for kinds that are not known, 42601 for malformed ones.
pub fn classify(statement: Statement) -> Result<Class> {
    let positions = &statement.positions;
    let read = |query: Box<Query>| -> Result<Read> {
        check_reads(&query, positions, 0)?;
        Ok(Read { query, text: statement.text.clone(), positions: positions.clone(), source: statement.source.clone() })
    };
    match statement.body {
        Body::Query(query) => Ok(Class::Read(read(query)?)),
        Body::GoogleSql(forward) => Ok(Class::GoogleSql(Arc::from(forward))),
        Body::Around(before, query, after) => around(&before, read(query)?, &after, positions),
        Body::Other(tokens) => utility::classify(&tokens, positions, &statement.text, &statement.source),
    }
}

fn around(before: &[TokenWithSpan], read: Read, after: &[TokenWithSpan], positions: &Positions) -> Result<Class> {
    let name = |i: usize| utility::name(before.get(i)).ok_or_else(|| utility::syntax(before.get(i), positions));
    match word(before.first()).as_str() {
        "explain" => Ok(Class::Explain(explain_form(before, positions)?.of(read))),
        "prepare" => {
            let types = match before.get(2).map(|token| &token.token) {
                Some(Token::LParen) => {
                    let end = closing(before, 2).ok_or_else(|| utility::syntax(before.get(2), positions))?;
                    utility::types(&before[3..end], positions)?
                }
                _ => Vec::new(),
            };
            Ok(Class::Prepare { name: name(1)?, types, read })
        }
        "declare" => {
            let words: Vec<String> = before.iter().map(|token| word(Some(token)).to_string()).collect();
            if words.iter().any(|word| word == "scroll") && !words.iter().any(|word| word == "no") {
                return Err(Report::unsupported("a SCROLL cursor").hint("Declare it NO SCROLL and fetch forward."));
            }
            let hold = words.windows(2).any(|pair| pair == ["with", "hold"]);
            Ok(Class::Declare { name: name(1)?, hold, binary: words.iter().any(|word| word == "binary"), read })
        }
        _ => copy::copy_query(read, after, positions),
    }
}

/// Reads the options of EXPLAIN, from that word on.
fn explain_form(before: &[TokenWithSpan], positions: &Positions) -> Result<ExplainForm> {
    let mut explain = ExplainForm::default();
    let (mut key, mut on): (String, bool) = (String::new(), true);
    for token in before.iter().skip(1).chain([&COMMA]) {
        match (&token.token, word(Some(token)).as_str()) {
            (Token::Comma | Token::RParen, _) => {
                match key.as_str() {
                    "analyze" | "analyse" => explain.analyze = on,
                    "verbose" => explain.verbose = on,
                    _ => {}
                }
                (key, on) = (String::new(), true);
            }
            (_, "json") if key == "format" => explain.json = true,
            (_, "text") if key == "format" => {}
            (_, format @ ("xml" | "yaml")) if key == "format" => {
                return Err(Report::unsupported(format!("EXPLAIN (FORMAT {})", format.to_uppercase()))
                    .at(positions.of(token.span.start))
                    .hint("Use FORMAT TEXT or FORMAT JSON."));
            }
            (_, "off" | "false") if !key.is_empty() => on = false,
            (_, "on" | "true") if !key.is_empty() => {}
            (Token::Number(number, _), _) if !key.is_empty() => on = number != "0",
            (Token::LParen, _) => {}
            // EXPLAIN ANALYZE VERBOSE, without parentheses.
            (_, next @ ("analyze" | "analyse" | "verbose")) => {
                if key == "analyze" || key == "analyse" {
                    explain.analyze = on;
                }
                next.clone_into(&mut key);
            }
            (_, option @ ("costs" | "settings" | "buffers" | "wal" | "timing" | "summary" | "format" | "generic_plan")) => {
                option.clone_into(&mut key);
            }
            (_, option) => {
                return Err(Report::new(SqlState::SYNTAX_ERROR, format!("unrecognized EXPLAIN option \"{option}\""))
                    .at(positions.of(token.span.start)));
            }
        }
    }
    Ok(explain)
}

static COMMA: TokenWithSpan = TokenWithSpan { token: Token::Comma, span: sqlparser::tokenizer::Span::empty() };

/// A write on a read-only server.
fn read_only(command: &str) -> Report {
    Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, format!("cannot execute {command} in a read-only transaction"))
}

/// Refuses writes hidden in a query: data-modifying WITH, SELECT INTO, FOR UPDATE.
fn check_reads(query: &Query, positions: &Positions, depth: u32) -> Result<()> {
    if let Some(with) = &query.with {
        for cte in &with.cte_tables {
            check_reads(&cte.query, positions, depth + 1)?;
        }
    }
    if let Some(report) = locks::refused(query) {
        return Err(report);
    }
    check_body(&query.body, positions, depth)
}

fn check_body(body: &SetExpr, positions: &Positions, depth: u32) -> Result<()> {
    match body {
        SetExpr::Select(select) => {
            if select.into.is_some() {
                return Err(read_only("SELECT INTO"));
            }
            let factors =
                select.from.iter().flat_map(|item| [&item.relation].into_iter().chain(item.joins.iter().map(|join| &join.relation)));
            for factor in factors {
                if let TableFactor::Derived { subquery, .. } = factor {
                    check_reads(subquery, positions, depth + 1)?;
                }
            }
            Ok(())
        }
        SetExpr::Query(query) => check_reads(query, positions, depth),
        SetExpr::SetOperation { left, right, .. } => {
            check_body(left, positions, depth)?;
            check_body(right, positions, depth)
        }
        SetExpr::Values(_) | SetExpr::Table(_) => Ok(()),
        SetExpr::Insert(_) => Err(read_only("INSERT")),
        SetExpr::Update(_) => Err(read_only("UPDATE")),
        SetExpr::Delete(_) => Err(read_only("DELETE")),
        SetExpr::Merge(_) => Err(read_only("MERGE")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::parse::parse;

    fn class(text: &str) -> Result<Class> {
        classify(parse(text)?.remove(0))
    }

    #[test]
    fn writes_are_refused_by_name() {
        for (text, command) in [
            ("INSERT INTO t VALUES (1)", "INSERT"),
            ("with x as (delete from t returning *) select * from x", "DELETE"),
            ("WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "INSERT"),
            ("SELECT * INTO n FROM t", "SELECT INTO"),
            ("SELECT * FROM t FOR UPDATE", "SELECT FOR UPDATE"),
            ("SELECT * FROM t FOR UPDATE OF t, u SKIP LOCKED FOR SHARE NOWAIT OFFSET 1 LIMIT (5)", "SELECT FOR UPDATE"),
            ("SELECT 1 FROM (SELECT * FROM t FOR NO KEY UPDATE LIMIT 5) x", "SELECT FOR NO KEY UPDATE"),
            ("SELECT * FROM t LIMIT 1 FOR KEY SHARE OF t, u", "SELECT FOR KEY SHARE"),
            ("WITH x AS (SELECT 1 AS a) UPDATE t SET b = a FROM x", "UPDATE"),
            ("WITH x(a) AS (SELECT 1), y AS MATERIALIZED (SELECT 2) MERGE INTO t USING x ON a WHEN MATCHED THEN DO NOTHING", "MERGE"),
            ("WITH x AS (DELETE FROM t RETURNING *) UPDATE t SET b = 1 FROM x", "UPDATE"),
            ("EXPLAIN WITH x AS (SELECT 1 AS a) UPDATE t SET b = a FROM x", "UPDATE"),
            ("create temp table t(a int)", "CREATE TABLE"),
            ("CREATE TABLE t AS SELECT 1", "CREATE TABLE AS"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "CREATE VIEW"),
            ("DROP TABLE t", "DROP TABLE"),
            ("DROP FOREIGN DATA WRAPPER x", "DROP FOREIGN DATA WRAPPER"),
            ("ALTER TEXT SEARCH DICTIONARY x (a)", "ALTER TEXT SEARCH DICTIONARY"),
            ("DROP OPERATOR CLASS x USING btree", "DROP OPERATOR CLASS"),
            ("ALTER USER x SET a = 1", "ALTER ROLE"),
            ("DROP USER MAPPING FOR public SERVER x", "DROP USER MAPPING"),
            ("CREATE TRUSTED LANGUAGE x", "CREATE EXTENSION"),
            ("CREATE DEFAULT CONVERSION a FOR 'UTF8' TO 'LATIN1' FROM b", "CREATE CONVERSION"),
            ("TRUNCATE t", "TRUNCATE TABLE"),
            ("COPY t FROM STDIN", "COPY FROM"),
            ("ALTER TABLE t ADD c int", "ALTER TABLE"),
            ("GRANT SELECT ON t TO x", "GRANT"),
            ("NOTIFY x", "NOTIFY"),
            ("LOCK TABLE t", "LOCK TABLE"),
        ] {
            let report = class(text).unwrap_err();
            assert_eq!(report.to_string(), format!("25006: cannot execute {command} in a read-only transaction"), "{text}");
        }
    }

    #[test]
    fn session_statements() {
        let shown = |text: &str| format!("{:?}", class(text).unwrap());
        assert_eq!(shown("set search_path to a, \"B c\""), r#"Set { name: "search_path", value: Some("a, \"B c\""), local: false }"#);
        assert_eq!(shown("SET sluice.max_usd = 0.5"), r#"Set { name: "sluice.max_usd", value: Some("0.5"), local: false }"#);
        assert_eq!(shown("SET LOCAL TIME ZONE 'Europe/Paris'"), r#"Set { name: "timezone", value: Some("Europe/Paris"), local: true }"#);
        assert_eq!(shown("SET extra_float_digits = -1"), r#"Set { name: "extra_float_digits", value: Some("-1"), local: false }"#);
        assert_eq!(shown("SET x TO DEFAULT"), r#"Set { name: "x", value: None, local: false }"#);
        assert_eq!(shown("SHOW TRANSACTION ISOLATION LEVEL"), r#"Show(Some("transaction_isolation"))"#);
        assert_eq!(shown("show all"), "Show(None)");
        assert_eq!(
            shown("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
            r#"Begin { modes: Modes { read_only: Some(true), isolation: Some("repeatable read"), deferrable: None }, start: false }"#
        );
        assert_eq!(shown("END"), "Commit { chain: false }");
        assert_eq!(shown("ROLLBACK TO SAVEPOINT \"S\""), r#"RollbackTo("S")"#);
        assert_eq!(shown("FETCH FORWARD 10 FROM c"), r#"Fetch { name: "c", motion: Forward(Some(10)), skip: false }"#);
        assert_eq!(shown("MOVE ABSOLUTE 5 IN c"), r#"Fetch { name: "c", motion: Absolute(5), skip: true }"#);
        assert_eq!(shown("FETCH FIRST FROM c"), r#"Fetch { name: "c", motion: Absolute(1), skip: false }"#);
        assert_eq!(shown("LOCK TABLE t IN ACCESS SHARE MODE"), r#"Nothing("LOCK TABLE")"#);
        assert_eq!(shown("DEALLOCATE PREPARE ALL"), "Deallocate(None)");
        assert_eq!(shown("DISCARD ALL"), r#"Discard("ALL")"#);
    }

    #[test]
    fn executes_give_expressions() {
        let count = |text: &str| match class(text) {
            Ok(Class::Execute(execute) | Class::ExplainExecute(_, execute)) => Ok((execute.name.clone(), execute.count())),
            Ok(other) => panic!("{other:?}"),
            Err(report) => Err(report.to_string()),
        };
        assert_eq!(count("EXECUTE p"), Ok(("p".into(), 0)));
        assert_eq!(count("execute \"P\"(1 + 1, f(2, 3), 'a''b')"), Ok(("P".into(), 3)));
        assert_eq!(count("EXPLAIN (ANALYZE) EXECUTE p(ARRAY[1, 2])"), Ok(("p".into(), 1)));
        assert_eq!(count("EXPLAIN ANALYZE VERBOSE EXECUTE p"), Ok(("p".into(), 0)));
        let near = |token: &str| Err(format!("42601: syntax error at or near \"{token}\""));
        assert_eq!(count("EXECUTE p()"), near(")"));
        assert_eq!(count("EXECUTE p(1,)"), near(")"));
        assert_eq!(count("EXECUTE p(1 +)"), near(")"));
        assert_eq!(count("EXECUTE p(1 AS a)"), near("AS"));
        assert_eq!(count("EXECUTE p(1) 2"), near("2"));
        assert_eq!(count("EXECUTE p(SELECT 1)"), near("SELECT"));
        assert_eq!(count("EXECUTE p((SELECT 1))"), Err("0A000: cannot use subquery in EXECUTE parameter".into()));
    }

    #[test]
    fn statements_that_hold_a_query() {
        let Class::Explain(explain) = class("EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1").unwrap() else { panic!() };
        assert_eq!((explain.analyze, explain.json), (true, true));
        let Class::Explain(explain) = class("explain analyze verbose (select 1)").unwrap() else { panic!() };
        assert_eq!((explain.analyze, explain.verbose, explain.json), (true, true, false));
        let Class::Prepare { name, types, .. } = class("PREPARE p (int, text[], numeric(10,2)) AS SELECT $1").unwrap() else { panic!() };
        assert_eq!((name.as_str(), types), ("p", vec![Type::INT4, Type::TEXT_ARRAY, Type::NUMERIC]));
        let Class::Declare { name, hold, .. } = class("DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT 1").unwrap() else { panic!() };
        assert_eq!((name.as_str(), hold), ("c", true));
    }

    #[test]
    fn nothing_may_stand_behind_a_command() {
        let read = |text: &str| {
            classify(crate::sql::parse::parse(text).map_err(|report| report.sqlstate.0)?.remove(0)).map_err(|report| report.sqlstate.0)
        };
        for text in [
            "ROLLBACK FOO",
            "COMMIT FOO",
            "BEGIN FOO",
            "BEGIN SELECT 1",
            "START TRANSACTION FOO",
            "START",
            "RELEASE a b",
            "DISCARD ALL x",
            "DEALLOCATE ALL x",
            "RESET ALL x",
            "CLOSE ALL x",
            "LISTEN",
            "LISTEN a b",
            "UNLISTEN * x",
            "SET TRANSACTION FOO",
            "SET TRANSACTION",
            "SET SESSION CHARACTERISTICS AS TRANSACTION",
            "COMMIT AND CHAIN x",
            "CHECKPOINT now",
        ] {
            assert_eq!(read(text).err(), Some("42601"), "{text}");
        }
        for text in [
            "ROLLBACK WORK",
            "COMMIT TRANSACTION AND NO CHAIN",
            "END AND CHAIN",
            "BEGIN WORK ISOLATION LEVEL REPEATABLE READ, READ ONLY NOT DEFERRABLE",
            "START TRANSACTION READ WRITE",
            "ROLLBACK TO SAVEPOINT a",
            "ROLLBACK WORK TO a",
            "RELEASE savepoint",
            "DEALLOCATE PREPARE ALL",
            "UNLISTEN *",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "RESET SESSION AUTHORIZATION",
        ] {
            assert!(read(text).is_ok(), "{text}: {:?}", read(text).err());
        }
    }
}
