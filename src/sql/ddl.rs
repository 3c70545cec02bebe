//! CREATE TABLE to catalog entries: what tables look like, told by a file instead of a warehouse.
//!
//! Statements are read by their tokens, so that everything a dump holds beside tables (defaults, checks, storage, other
//! statements) is passed over. Two spellings are known, PostgreSQL's and GoogleSQL's; a text is GoogleSQL when it says so by a
//! type, a clause or a backtick that PostgreSQL does not have.

use sqlparser::dialect::{BigQueryDialect, Dialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::bind::type_of;
use super::parse::{Positions, closing, dialect, word};
use crate::catalog::model::{Column, Partitioning, Protection, Table, TableKind, TableName, TableVersion, stable_oid};
use crate::error::{Report, Result, SqlState};
use crate::types::{Type, numeric_typmod, pack_numeric_typmod};

/// The schema of tables whose name has no schema.
pub const DEFAULT_SCHEMA: &str = "public";

/// Words that only GoogleSQL's DDL has.
const GOOGLESQL_WORDS: &[&str] = &[
    "int64",
    "float64",
    "string",
    "bytes",
    "datetime",
    "bignumeric",
    "bigdecimal",
    "geography",
    "struct",
    "byteint",
    "options",
    "cluster",
];

/// Words that end a column's type.
const CONSTRAINTS: &[&str] = &[
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "check",
    "references",
    "constraint",
    "collate",
    "generated",
    "options",
    "compression",
    "storage",
];

/// Reads the tables that a text creates; all other statements are passed over.
///
/// # Errors
/// 42601 where a CREATE TABLE cannot be read, 42704 and 0A000 for types, with the position.
pub fn tables(text: &str) -> Result<Vec<Table>> {
    let positions = Positions::new(text);
    let googlesql = text.contains('`');
    let tokenized = |dialect: &dyn Dialect| {
        let tokens = Tokenizer::new(dialect, text).tokenize_with_location().map_err(|error| {
            Report::new(SqlState::SYNTAX_ERROR, format!("syntax error: {}", error.message)).at(positions.of(error.location))
        })?;
        Ok::<Vec<TokenWithSpan>, Report>(
            tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF)).collect(),
        )
    };
    let tokens = if googlesql { tokenized(&BigQueryDialect)? } else { tokenized(&dialect::Postgres::default())? };
    let statements: Vec<Statement> = tokens
        .split(|token| token.token == Token::SemiColon)
        .filter_map(|tokens| Statement::of(tokens, &positions).transpose())
        .collect::<Result<_>>()?;
    let googlesql = googlesql || statements.iter().any(Statement::is_googlesql);
    let reader = Reader { positions: &positions, text, googlesql };
    statements.iter().map(|statement| reader.table(statement)).collect()
}

/// One CREATE TABLE: its name, its list, what stands behind the list.
struct Statement<'a> {
    name: &'a [TokenWithSpan],
    list: &'a [TokenWithSpan],
    rest: &'a [TokenWithSpan],
}

impl<'a> Statement<'a> {
    /// Recognizes `CREATE [...] TABLE [IF NOT EXISTS] name (list) rest`; `None` for any other statement.
    fn of(tokens: &'a [TokenWithSpan], positions: &Positions) -> Result<Option<Statement<'a>>> {
        let at = |i: usize| word(tokens.get(i));
        if at(0) != "create" {
            return Ok(None);
        }
        let skipped = ["or", "replace", "temp", "temporary", "unlogged", "external", "local", "global"];
        let Some(table) = (1..tokens.len()).find(|i| !skipped.contains(&at(*i).as_str())).filter(|i| at(*i) == "table") else {
            return Ok(None);
        };
        let exists = ["if", "not", "exists"].iter().zip(table + 1..).all(|(expected, i)| at(i) == *expected);
        let start = if exists { table + 4 } else { table + 1 };
        let unreadable = |i: usize| {
            let place = tokens.get(i).or(tokens.last()).and_then(|token| positions.of(token.span.start));
            Report::new(SqlState::SYNTAX_ERROR, "a list of columns is expected in CREATE TABLE").at(place)
        };
        let Some(open) = (start..tokens.len()).find(|i| tokens[*i].token == Token::LParen) else {
            // AS SELECT, LIKE, CLONE, PARTITION OF: nothing in the statement tells the columns.
            return Ok(None);
        };
        let name = &tokens[start..open];
        if name.iter().any(|token| matches!(word(Some(token)).as_str(), "as" | "partition" | "like" | "clone" | "of")) {
            return Ok(None);
        }
        let end = closing(tokens, open).ok_or_else(|| unreadable(open))?;
        if name.is_empty() {
            return Err(unreadable(start));
        }
        Ok(Some(Statement { name, list: &tokens[open + 1..end], rest: &tokens[end + 1..] }))
    }

    /// Tells whether a word here is GoogleSQL's alone.
    fn is_googlesql(&self) -> bool {
        let words = self.pieces().into_iter().filter_map(|piece| piece.get(1)).chain(self.rest);
        words.into_iter().any(|token| GOOGLESQL_WORDS.contains(&word(Some(token)).as_str()))
            || self.list.windows(2).any(|pair| word(pair.first()) == "array" && pair[1].token == Token::Lt)
    }

    /// Splits the list at its own commas.
    fn pieces(&self) -> Vec<&'a [TokenWithSpan]> {
        let (mut pieces, mut depth, mut start) = (Vec::new(), Depth::default(), 0);
        for (i, token) in self.list.iter().enumerate() {
            depth.pass(token);
            if token.token == Token::Comma && depth.is_outside() {
                pieces.push(&self.list[start..i]);
                start = i + 1;
            }
        }
        pieces.push(&self.list[start..]);
        pieces.retain(|piece| !piece.is_empty());
        pieces
    }
}

/// How deep in parentheses, and in the angle brackets of a type, a token stands.
#[derive(Default)]
struct Depth {
    parens: usize,
    angles: usize,
    /// The token before was ARRAY, STRUCT or RANGE: only behind those is `<` a bracket.
    opens: bool,
}

impl Depth {
    fn pass(&mut self, token: &TokenWithSpan) {
        match token.token {
            Token::LParen | Token::LBracket => self.parens += 1,
            Token::RParen | Token::RBracket => self.parens = self.parens.saturating_sub(1),
            Token::Lt if self.opens => self.angles += 1,
            Token::Gt => self.angles = self.angles.saturating_sub(1),
            Token::ShiftRight => self.angles = self.angles.saturating_sub(2),
            _ => {}
        }
        self.opens = matches!(word(Some(token)).as_str(), "array" | "struct" | "range");
    }

    fn is_outside(&self) -> bool {
        self.parens == 0 && self.angles == 0
    }
}

struct Reader<'a> {
    positions: &'a Positions,
    text: &'a str,
    googlesql: bool,
}

impl Reader<'_> {
    fn table(&self, statement: &Statement) -> Result<Table> {
        let path = self.path(statement.name);
        let Some(name) = path.last().cloned() else { return Err(self.syntax(statement.name.first())) };
        let schema = path.len().checked_sub(2).map_or_else(|| DEFAULT_SCHEMA.to_owned(), |i| path[i].clone());
        let mut columns: Vec<Column> = Vec::new();
        let mut keys: Vec<String> = Vec::new();
        for piece in statement.pieces() {
            match word(piece.first()).as_str() {
                "constraint" | "primary" | "unique" | "check" | "foreign" | "exclude" | "like" => keys.extend(self.primary_key(piece)),
                _ => columns.push(self.column(piece)?),
            }
        }
        for column in columns.iter_mut().filter(|column| keys.contains(&column.name)) {
            column.nullable = false;
        }
        let name = TableName { schema, table: name };
        Ok(Table {
            oid: stable_oid("table", &name.to_string()),
            kind: TableKind::Table,
            columns,
            partitioning: self.partitioning(statement.rest),
            clustering: self.clustering(statement.rest),
            keys: Vec::new(),
            protection: Protection::default(),
            rows: None,
            bytes: None,
            version: TableVersion(String::new()),
            names: Default::default(),
            max_cache_seconds: None,
            pseudo: Vec::new(),
            description: option(statement.rest, "description"),
            name,
            path,
        })
    }

    /// Returns a name as the catalog spells it: PostgreSQL folds what is not quoted, GoogleSQL keeps it.
    fn name(&self, token: &TokenWithSpan) -> Option<String> {
        match &token.token {
            Token::Word(word) if word.quote_style.is_none() && !self.googlesql => Some(word.value.to_lowercase()),
            Token::Word(word) => Some(word.value.clone()),
            _ => None,
        }
    }

    /// Returns the parts of a table's name; one pair of backticks may hold several.
    fn path(&self, tokens: &[TokenWithSpan]) -> Vec<String> {
        let mut path: Vec<String> = Vec::new();
        let mut joined = false;
        for token in tokens {
            match (&token.token, self.name(token)) {
                // The dashes of a project's name.
                (Token::Minus, _) if !path.is_empty() => {
                    path.last_mut().expect("checked").push('-');
                    joined = true;
                }
                (_, Some(name)) if joined => {
                    path.last_mut().expect("a dash follows something").push_str(&name);
                    joined = false;
                }
                (Token::Word(word), Some(name)) if word.quote_style == Some('`') => path.extend(name.split('.').map(str::to_owned)),
                (_, Some(name)) => path.push(name),
                _ => {}
            }
        }
        path
    }

    fn column(&self, piece: &[TokenWithSpan]) -> Result<Column> {
        let name = self.name(&piece[0]).ok_or_else(|| self.syntax(piece.first()))?;
        let mut depth = Depth::default();
        let end = piece.iter().enumerate().skip(1).find_map(|(i, token)| {
            depth.pass(token);
            (depth.is_outside() && i > 1 && CONSTRAINTS.contains(&word(Some(token)).as_str())).then_some(i)
        });
        let end = end.unwrap_or(piece.len());
        let written = piece.get(1..end).filter(|tokens| !tokens.is_empty()).ok_or_else(|| self.syntax(piece.first()))?;
        let position = self.positions.of(written[0].span.start);
        let (from, to) = (self.positions.byte(written[0].span.start), self.positions.byte(written[written.len() - 1].span.end));
        let spelled = self.text.get(from..to).unwrap_or_default();
        let served = if self.googlesql { googlesql_type(spelled) } else { postgres_type(spelled) };
        let (ty, typmod, native) = served.map_err(|report| report.at(position))?;
        let words: Vec<String> = piece[end..].iter().map(|token| word(Some(token)).to_string()).collect();
        let pair = |first: &str, second: &str| words.windows(2).any(|pair| pair[0] == first && pair[1] == second);
        let serial = !self.googlesql && spelled.to_lowercase().contains("serial");
        let nullable = !(pair("not", "null") || pair("primary", "key") || serial);
        Ok(Column { name, ty, typmod, nullable, native, description: option(&piece[end..], "description") })
    }

    /// Returns the columns of `[CONSTRAINT name] PRIMARY KEY (a, b)`.
    fn primary_key(&self, piece: &[TokenWithSpan]) -> Vec<String> {
        let Some(key) = piece.iter().position(|token| word(Some(token)) == "primary") else { return Vec::new() };
        let names = piece[key..].iter().skip_while(|token| token.token != Token::LParen);
        names.take_while(|token| token.token != Token::RParen).filter_map(|token| self.name(token)).collect()
    }

    /// Reads `PARTITION BY day`, `PARTITION BY DATE(at)`, `DATE_TRUNC(day, MONTH)`, `TIMESTAMP_TRUNC(at, HOUR)`, `RANGE_BUCKET(n, ..)`.
    fn partitioning(&self, rest: &[TokenWithSpan]) -> Option<Partitioning> {
        let by = rest.windows(2).position(|pair| word(pair.first()) == "partition" && word(pair.get(1)) == "by")? + 2;
        let first = word(rest.get(by));
        // PostgreSQL's RANGE, LIST and HASH (column).
        let called = matches!(rest.get(by + 1)?.token, Token::LParen);
        let column = if called { self.name(rest.get(by + 2)?)? } else { self.name(rest.get(by)?)? };
        let unit = match first.as_str() {
            "range_bucket" => "RANGE".to_owned(),
            "date_trunc" | "datetime_trunc" | "timestamp_trunc" => word(rest.get(by + 4)).to_uppercase(),
            _ => "DAY".to_owned(),
        };
        Some(Partitioning { column, unit, filter_required: option(rest, "require_partition_filter").is_some_and(|value| value == "true") })
    }

    fn clustering(&self, rest: &[TokenWithSpan]) -> Vec<String> {
        let Some(by) = rest.windows(2).position(|pair| word(pair.first()) == "cluster" && word(pair.get(1)) == "by") else {
            return Vec::new();
        };
        let list = rest[by + 2..].iter().take_while(|token| word(Some(token)) != "options" && token.token != Token::LParen);
        list.filter_map(|token| self.name(token)).collect()
    }

    fn syntax(&self, token: Option<&TokenWithSpan>) -> Report {
        let place = token.and_then(|token| self.positions.of(token.span.start));
        Report::new(SqlState::SYNTAX_ERROR, "a column's name and type are expected").at(place)
    }
}

/// Returns the value of `OPTIONS(name = value)`, if it is a constant.
fn option(tokens: &[TokenWithSpan], name: &str) -> Option<String> {
    let at = tokens.windows(2).position(|pair| word(pair.first()) == name && pair[1].token == Token::Eq)?;
    match &tokens.get(at + 2)?.token {
        Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => Some(text.clone()),
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

/// Reads a type in either spelling; where both have the word, it is GoogleSQL's (its TIMESTAMP has a zone). Returns type, typmod, and
/// the type that BigQuery keeps such a column in.
///
/// # Errors
/// 42704 for an unknown type, 0A000 for one that BigQuery does not have.
pub fn column_type(spelled: &str) -> Result<(Type, i32, String)> {
    googlesql_type(spelled).or_else(|_| postgres_type(spelled))
}

/// Reads a type in PostgreSQL's spelling: type, typmod, and the type that BigQuery keeps such a column in.
fn postgres_type(spelled: &str) -> Result<(Type, i32, String)> {
    let dialect = dialect::Postgres::default();
    let lower = spelled.to_lowercase();
    let (ty, typmod) = match lower.as_str() {
        "serial" | "serial4" => (Type::INT4, -1),
        "bigserial" | "serial8" => (Type::INT8, -1),
        "smallserial" | "serial2" => (Type::INT2, -1),
        "citext" => (Type::TEXT, -1),
        _ => {
            let unknown = |_| Report::new(SqlState::SYNTAX_ERROR, format!("type \"{spelled}\" cannot be read"));
            let mut parser = Parser::new(&dialect).try_with_sql(spelled).map_err(unknown)?;
            type_of(&parser.parse_data_type().map_err(unknown)?)?
        }
    };
    let native = match ty.element() {
        Some(element) => format!("ARRAY<{}>", native_of(element, typmod).ok_or_else(|| homeless(ty))?),
        None => native_of(ty, typmod).ok_or_else(|| homeless(ty))?,
    };
    Ok((ty, typmod, native))
}

fn homeless(ty: Type) -> Report {
    Report::unsupported(format!("a column of type {ty}"))
        .hint("BigQuery has no such type: declare the column as it is stored there, as text for example.")
}

/// Returns the type in which BigQuery keeps values of a PostgreSQL type.
fn native_of(ty: Type, typmod: i32) -> Option<String> {
    Some(
        match ty {
            Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => "INT64",
            Type::FLOAT4 | Type::FLOAT8 => "FLOAT64",
            Type::BOOL => "BOOL",
            Type::NUMERIC => return Some(native_numeric(typmod)),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UUID => "STRING",
            Type::BYTEA => "BYTES",
            Type::DATE => "DATE",
            Type::TIME => "TIME",
            Type::TIMESTAMP => "DATETIME",
            Type::TIMESTAMPTZ => "TIMESTAMP",
            Type::INTERVAL => "INTERVAL",
            Type::JSON | Type::JSONB => "JSON",
            Type::DATERANGE => "RANGE<DATE>",
            Type::TSRANGE => "RANGE<DATETIME>",
            Type::TSTZRANGE => "RANGE<TIMESTAMP>",
            _ => return None,
        }
        .to_owned(),
    )
}

/// NUMERIC holds 29 digits before the point and 9 behind it; what needs more is a BIGNUMERIC.
fn native_numeric(typmod: i32) -> String {
    match numeric_typmod(typmod) {
        None => "NUMERIC".to_owned(),
        Some((precision, scale)) => {
            let small = (0..=9).contains(&scale) && i32::from(precision) - i32::from(scale) <= 29;
            format!("{}({precision}, {scale})", if small { "NUMERIC" } else { "BIGNUMERIC" })
        }
    }
}

/// Reads a type in GoogleSQL's spelling, and serves it as BigQuery's columns are served.
fn googlesql_type(spelled: &str) -> Result<(Type, i32, String)> {
    let spelled = spelled.split_whitespace().collect::<Vec<_>>().join(" ");
    let upper = spelled.to_uppercase();
    let inner =
        |head: &str| upper.strip_prefix(head).map(str::trim_start).and_then(|rest| rest.strip_prefix('<')?.trim_end().strip_suffix('>'));
    if let Some(element) = inner("ARRAY") {
        let (ty, typmod, native) = googlesql_type(element)?;
        // An array of STRUCT is one jsonb.
        return Ok((ty.array().filter(|_| !native.starts_with("STRUCT")).unwrap_or(Type::JSONB), typmod, format!("ARRAY<{native}>")));
    }
    if inner("STRUCT").is_some() {
        return Ok((Type::JSONB, -1, spelled));
    }
    if let Some(element) = inner("RANGE") {
        let ty = match element.trim() {
            "DATETIME" => Type::TSRANGE,
            "TIMESTAMP" => Type::TSTZRANGE,
            _ => Type::DATERANGE,
        };
        return Ok((ty, -1, format!("RANGE<{}>", element.trim())));
    }
    let (head, digits) = match upper.split_once('(') {
        Some((head, digits)) => (head.trim(), Some(digits.trim_end_matches(')'))),
        None => (upper.as_str(), None),
    };
    let plain = |ty: Type, native: &str| Ok((ty, -1, native.to_owned()));
    match head {
        "INT64" | "INT" | "INTEGER" | "SMALLINT" | "BIGINT" | "TINYINT" | "BYTEINT" => plain(Type::INT8, "INT64"),
        "FLOAT64" | "FLOAT" => plain(Type::FLOAT8, "FLOAT64"),
        "BOOL" | "BOOLEAN" => plain(Type::BOOL, "BOOL"),
        "STRING" => plain(Type::TEXT, "STRING"),
        "BYTES" => plain(Type::BYTEA, "BYTES"),
        "DATE" => plain(Type::DATE, "DATE"),
        "TIME" => plain(Type::TIME, "TIME"),
        "DATETIME" => plain(Type::TIMESTAMP, "DATETIME"),
        "TIMESTAMP" => plain(Type::TIMESTAMPTZ, "TIMESTAMP"),
        "INTERVAL" => plain(Type::INTERVAL, "INTERVAL"),
        "JSON" => plain(Type::JSONB, "JSON"),
        "GEOGRAPHY" => plain(Type::TEXT, "GEOGRAPHY"),
        "NUMERIC" | "DECIMAL" | "BIGNUMERIC" | "BIGDECIMAL" => {
            let native = if head.starts_with("BIG") { "BIGNUMERIC" } else { "NUMERIC" };
            let Some(digits) = digits else { return plain(Type::NUMERIC, native) };
            let mut numbers = digits.split(',').map(|number| number.trim().parse::<u16>().ok());
            let precision = numbers.next().flatten().ok_or_else(|| unknown_type(&spelled))?;
            let scale = numbers.next().map_or(Some(0), |scale| scale).and_then(|scale| i16::try_from(scale).ok());
            let scale = scale.ok_or_else(|| unknown_type(&spelled))?;
            Ok((Type::NUMERIC, pack_numeric_typmod(precision, scale), format!("{native}({precision}, {scale})")))
        }
        _ => Err(unknown_type(&spelled)),
    }
}

fn unknown_type(spelled: &str) -> Report {
    Report::new(SqlState::UNDEFINED_OBJECT, format!("type \"{spelled}\" does not exist"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let column = |column: &Column| {
            let null = if column.nullable { "" } else { " not null" };
            format!("{} {}{null} {}", column.name, column.ty.format(column.typmod), column.native)
        };
        tables(text)
            .unwrap()
            .iter()
            .map(|table| format!("{}: {}", table.path.join("."), table.columns.iter().map(column).collect::<Vec<_>>().join(", ")))
            .collect()
    }

    #[test]
    fn a_dump_of_postgresql_is_read() {
        let dump = "SET search_path = '';
            CREATE TABLE IF NOT EXISTS shop.\"Orders\" (
                id bigint GENERATED ALWAYS AS IDENTITY, Region character varying(10) DEFAULT 'x'::text NOT NULL CHECK (region <> ','),
                amount numeric(12,2), at timestamp with time zone DEFAULT now(), tags text[], n serial, u uuid REFERENCES other (id),
                CONSTRAINT orders_pkey PRIMARY KEY (id)) WITH (fillfactor=70);
            ALTER TABLE shop.\"Orders\" OWNER TO x; CREATE INDEX i ON shop.\"Orders\" (id); CREATE TABLE copy AS SELECT 1 AS a (b);
            CREATE TABLE plain (d date, t timestamp)";
        assert_eq!(
            shown(dump),
            [
                "shop.Orders: id bigint not null INT64, region character varying(10) not null STRING, amount numeric(12,2) NUMERIC(12, 2), \
                 at timestamp with time zone TIMESTAMP, tags text[] ARRAY<STRING>, n integer not null INT64, u uuid STRING",
                "plain: d date DATE, t timestamp without time zone DATETIME",
            ]
        );
    }

    #[test]
    fn googlesql_is_known_by_its_words() {
        let text = "CREATE OR REPLACE TABLE `my-project.shop.orders` (Id INT64 NOT NULL, at TIMESTAMP, amount NUMERIC(10, 2),
            tags ARRAY<STRING>, item STRUCT<sku STRING, n ARRAY<STRUCT<a INT64>>> OPTIONS(description='what'), span RANGE<DATE>)
            PARTITION BY TIMESTAMP_TRUNC(at, HOUR) CLUSTER BY Id, amount OPTIONS (require_partition_filter = TRUE, description = \"Orders\")";
        assert_eq!(
            shown(text),
            [
                "my-project.shop.orders: Id bigint not null INT64, at timestamp with time zone TIMESTAMP, amount numeric(10,2) NUMERIC(10, 2), \
              tags text[] ARRAY<STRING>, item jsonb STRUCT<sku STRING, n ARRAY<STRUCT<a INT64>>>, span daterange RANGE<DATE>"
            ]
        );
        let table = tables(text).unwrap().remove(0);
        assert_eq!(table.partitioning.unwrap(), Partitioning { column: "at".into(), unit: "HOUR".into(), filter_required: true });
        assert_eq!((table.clustering, table.description), (vec!["Id".to_owned(), "amount".to_owned()], Some("Orders".to_owned())));
        assert_eq!(table.columns[4].description.as_deref(), Some("what"));
        assert_eq!(shown("create table d.t (x int64)"), ["d.t: x bigint INT64"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_where() {
        let refused = |text: &str| {
            let report = tables(text).unwrap_err();
            (report.sqlstate.0, report.position)
        };
        assert_eq!(refused("CREATE TABLE t (a nosuch)"), ("42704", Some(19)));
        assert_eq!(refused("CREATE TABLE t (a inet)"), ("0A000", Some(19)));
        assert_eq!(refused("CREATE TABLE t (a INT64, b NOSUCH)"), ("42704", Some(28)));
        assert_eq!(refused("CREATE TABLE t (a)").0, "42601");
    }
}
