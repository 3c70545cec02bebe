//! Queries bound against a small catalog. Names, types and errors are what PostgreSQL 15 answers to the same text.

use std::sync::Arc;

use sqlparser::ast::Statement;

use super::*;
use crate::catalog::model::{Column, Protection, Schema, Snapshot, Table, TableKind, TableName, TableVersion};
use crate::sql::classify::{Class, classify};
use crate::sql::fingerprint::{canonical, fingerprint};
use crate::sql::parse::parse;
use crate::types::literal::Literal;

const SHOP: &str = "
    create table orders (id bigint, customer_id int, status text, day date, at timestamptz, total numeric(12,2), tags text[], doc jsonb);
    create table customers (id int, name text, country varchar(2), score double precision);
    create table \"Mixed Case\" (\"Id\" int, \"First Name\" text);";

/// Reads CREATE TABLE statements into the schema `public`.
pub fn catalog(ddl: &str) -> Snapshot {
    let statements = sqlparser::parser::Parser::parse_sql(&sqlparser::dialect::PostgreSqlDialect {}, ddl).unwrap();
    let mut schema = Schema { name: "public".into(), ..Schema::default() };
    for statement in statements {
        let Statement::CreateTable(create) = statement else { panic!("{statement}") };
        let name = names::parts(&create.name).unwrap().pop().unwrap().value;
        let column = |column: &sqlparser::ast::ColumnDef| {
            let (ty, typmod) = type_of(&column.data_type).unwrap();
            Column { name: column.name.value.clone(), ty, typmod, nullable: true, native: String::new(), description: None }
        };
        let table = Table {
            name: TableName { schema: "public".into(), table: name.clone() },
            oid: 20_000 + u32::try_from(schema.tables.len()).unwrap(),
            kind: TableKind::Table,
            columns: create.columns.iter().map(column).collect(),
            partitioning: None,
            clustering: Vec::new(),
            keys: Vec::new(),
            protection: Protection::default(),
            rows: None,
            bytes: None,
            version: TableVersion("1".into()),
            names: Default::default(),
            max_cache_seconds: None,
            pseudo: Vec::new(),
            description: None,
            path: Vec::new(),
        };
        schema.tables.insert(name, Arc::new(table));
    }
    let schemas = [("public".to_owned(), schema)].into();
    Snapshot { databases: vec!["shop".into()], default_schema: Some("public".into()), schemas, generation: 1, ..Snapshot::default() }
}

fn bound_in(snapshot: &Snapshot, text: &str, parameter_types: &[Type]) -> Result<Bound> {
    let Class::Read(read) = classify(parse(text)?.remove(0))? else { panic!("{text}") };
    bind(&read, &BindContext { snapshot, search_path: &["public".into()], timezone: Tz::UTC, reads_in: Tz::UTC.into(), parameter_types })
}

fn bound(text: &str) -> Result<Bound> {
    bound_in(&catalog(SHOP), text, &[])
}

/// `name type, name type`.
fn columns(text: &str) -> String {
    let bound = bound(text).unwrap_or_else(|report| panic!("{text}: {report}"));
    let shown: Vec<String> = bound.columns.iter().map(|column| format!("{} {}", column.name, column.ty.format(column.typmod))).collect();
    shown.join(", ")
}

#[test]
fn columns_are_named_and_typed_as_postgresql_does() {
    for (text, expected) in [
        ("select 1, 'a', null, 1.5, true", "?column? integer, ?column? text, ?column? text, ?column? numeric, ?column? boolean"),
        ("select id, o.total, country c from orders o join customers using (id)", "id bigint, total numeric(12,2), c character varying(2)"),
        (
            "select count(*), sum(id), avg(total), max(country) from orders join customers using (id)",
            "count bigint, sum numeric, avg numeric, max text",
        ),
        ("select * from customers", "id integer, name text, country character varying(2), score double precision"),
        (
            "select day - day, day + 1, at - at, day + interval '1 day', now() - day from orders",
            "?column? integer, ?column? date, ?column? interval, ?column? timestamp without time zone, ?column? interval",
        ),
        (
            "select extract(year from day), date_trunc('month', at), day::text, total::int from orders",
            "extract numeric, date_trunc timestamp with time zone, day text, total integer",
        ),
        (
            "select case when true then 1 else 2.5 end, coalesce(name, 'x'), (select 1 as q), exists(select 1) from customers",
            "case numeric, coalesce text, q integer, exists boolean",
        ),
        (
            "select doc->'a', doc->>'a', tags[1], tags[1:2], array[1,2] from orders",
            "?column? jsonb, ?column? text, tags text, tags text[], array integer[]",
        ),
        ("select 1 union select 2.5 union all select null", "?column? numeric"),
        ("values (1, 'x'), (2, null)", "column1 integer, column2 text"),
        (
            "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n, n * 2 from t",
            "n integer, ?column? integer",
        ),
        ("select g, g.g + 1 from generate_series(1, 3) g", "g integer, ?column? integer"),
        ("select e->>'k', value from jsonb_array_elements('[]') e", "?column? text, value jsonb"),
        ("select id, unnest(tags) t from orders", "id bigint, t text"),
        ("select (k.keys).n, (k.keys).x from (select information_schema._pg_expandarray(tags) as keys from orders) k", "n integer, x text"),
        ("select \"Id\", \"First Name\" from \"Mixed Case\"", "Id integer, First Name text"),
        (
            "select current_date, localtimestamp, current_user, 2147483648, -2147483648",
            "current_date date, localtimestamp timestamp without time zone, current_user name, ?column? bigint, ?column? integer",
        ),
    ] {
        assert_eq!(columns(text), expected, "{text}");
    }
}

#[test]
fn errors_are_postgresqls() {
    for (text, expected, position) in [
        ("select nosuch from orders", "42703: column \"nosuch\" does not exist", 8),
        ("select o.dai from orders o", "42703: column o.dai does not exist", 8),
        ("select 1 from where x", "42601: syntax error at or near \"where\"", 15),
        ("select * from nosuch", "42P01: relation \"nosuch\" does not exist", 15),
        ("select x.id from orders", "42P01: missing FROM-clause entry for table \"x\"", 8),
        ("select id from orders, customers", "42702: column reference \"id\" is ambiguous", 8),
        (
            "select id, count(*) from orders",
            "42803: column \"orders.id\" must appear in the GROUP BY clause or be used in an aggregate function",
            8,
        ),
        ("select sum(sum(id)) from orders", "42803: aggregate function calls cannot be nested", 12),
        ("select 1 from orders where sum(id) > 1", "42803: aggregate functions are not allowed in WHERE", 28),
        ("select 1 from orders where row_number() over () = 1", "42P20: window functions are not allowed in WHERE", 28),
        ("select id from orders order by 2", "42P10: ORDER BY position 2 is not in select list", 32),
        (
            "select distinct id from orders order by total",
            "42P10: for SELECT DISTINCT, ORDER BY expressions must appear in select list",
            41,
        ),
        ("select 1 from orders where id", "42804: argument of WHERE must be type boolean, not type bigint", 28),
        ("select id + status from orders", "42883: operator does not exist: bigint + text", 11),
        ("select nosuch(1)", "42883: function nosuch(integer) does not exist", 8),
        ("select 1 union select 'a'::text", "42804: UNION types integer and text cannot be matched", 23),
        ("select (select 1, 2)", "42601: subquery must return only one column", 8),
        ("select id + day::text::jsonb::date from orders", "42846: cannot cast type jsonb to date", 29),
        ("select cast(id as date) from orders", "42846: cannot cast type bigint to date", 8),
        ("select (id)::bytea from orders", "42846: cannot cast type bigint to bytea", 12),
        ("select 1::numeric(2000)", "22023: NUMERIC precision 2000 must be between 1 and 1000", 11),
        ("select ~ '20'", "42725: operator is not unique: ~ unknown", 8),
        ("select -2.25::text", "42883: operator does not exist: - text", 8),
        ("select substr(1234, 3)", "42883: function substr(integer, integer) does not exist", 8),
        ("select 1 from orders where (select id from orders)", "42804: argument of WHERE must be type boolean, not type bigint", 28),
        ("select * from (select 1)", "42601: subquery in FROM must have an alias", 15),
        ("select * from (values (1), (2))", "42601: VALUES in FROM must have an alias", 15),
        ("select 1::nosuch.kind", "3F000: schema \"nosuch\" does not exist", 11),
        ("select * from orders where id = 'abc'", "22P02: invalid input syntax for type bigint: \"abc\"", 33),
        ("select nextval('s')", "0A000: function nextval is not supported", 8),
        ("select timetz '12:00+00' < timetz '13:00+01'", "0A000: an order among values of type time with time zone is not supported", 26),
        (
            "select max(x) from (values (timetz '12:00+00')) t(x)",
            "0A000: an order among values of type time with time zone is not supported",
            8,
        ),
        ("select (select max(min(o.id))) from orders o", "42803: aggregate function calls cannot be nested", 16),
    ] {
        let report = bound(text).map(|_| ()).unwrap_err();
        assert_eq!((report.to_string().as_str(), report.position), (expected, Some(position)), "{text}");
    }
    // What is computed of a constant has no place.
    for (text, expected) in [
        ("select 100000::int2", "22003: smallint out of range"),
        ("select 'x'::char(5)::int", "22P02: invalid input syntax for type integer: \"x    \""),
    ] {
        let report = bound(text).map(|_| ()).unwrap_err();
        assert_eq!((report.to_string().as_str(), report.position), (expected, None), "{text}");
    }
    let hint = |text: &str| bound(text).map(|_| ()).unwrap_err().hint.unwrap_or_default();
    assert_eq!(hint("select o.dai from orders o"), "Perhaps you meant to reference the column \"o.day\".");
    assert_eq!(hint("select orders.id from orders o"), "Perhaps you meant to reference the table alias \"o\".");
    assert_eq!(hint("select * from ordres"), "Perhaps you meant \"orders\".");
}

#[test]
fn parameters_take_the_type_of_their_context() {
    let types = |text: &str, declared: &[Type]| bound_in(&catalog(SHOP), text, declared).unwrap().parameters;
    assert_eq!(types("select $1::int + $2, $3", &[]), [Type::INT4, Type::INT4, Type::TEXT]);
    assert_eq!(
        types("select 1 from orders where id = any($1) and at > $2 limit $3", &[]),
        [Type::INT8_ARRAY, Type::TIMESTAMPTZ, Type::INT8]
    );
    assert_eq!(types("select $1 + 1.5", &[Type::INT4]), [Type::INT4]);
}

#[test]
fn spellings_of_one_query_are_one() {
    let text = |text: &str| canonical(&bound(text).unwrap_or_else(|report| panic!("{text}: {report}")));
    for (one, other) in [
        (
            "select id from orders where status = 'a' and total > 5",
            "SELECT o.id AS x FROM public.orders AS o WHERE (o.total > 5) AND 'a' = o.status",
        ),
        ("select status, count(*) from orders group by 1 order by 2", "select status s, count(*) n from orders group by status order by n"),
        (
            "select * from orders join customers using (id) where country in ('a', 'b')",
            "select o.id, o.customer_id, o.status, o.day, o.at, o.total, o.tags, o.doc, c.name, c.country, c.score from orders o join customers c on c.id = o.id where country in ('b', 'a')",
        ),
        (
            "select 1 where exists (select 1 from orders a) and exists (select 1 from customers b)",
            "select 1 where exists (select 1 from customers) and exists (select 1 from orders)",
        ),
        ("with t as (select id from orders) select id from t", "with u as (select id from orders) select v.id from u v"),
        ("select 1 from orders where day = '2024-01-01'", "select 1 from orders where day = date '2024-01-01'"),
        (
            "select 1 from orders where id <> 3 and total > 5 and 10 / (id - 3) > 0",
            "select 1 from orders where total > 5 and id <> 3 and 10 / (id - 3) > 0",
        ),
    ] {
        assert_eq!(text(one), text(other), "{one}");
    }
    for (one, other) in [
        ("select 1", "select 1::bigint"),
        ("select 'a'", "select 'b'"),
        ("select a.id from orders a, orders b", "select b.id from orders a, orders b"),
        ("select id from orders order by id", "select id from orders order by id desc"),
        // What stands before a part that may fail decides whether it does.
        ("select 1 from orders where 10 / (id - 3) > 0 or id = 3", "select 1 from orders where id = 3 or 10 / (id - 3) > 0"),
        ("select id = 3 or status::int > 0 from orders", "select status::int > 0 or id = 3 from orders"),
        ("select 1 from orders where id in (3, 10 / (id - 3))", "select 1 from orders where id in (10 / (id - 3), 3)"),
        (
            "select 1 from orders where id = 3 or exists (select 1 / score from customers)",
            "select 1 from orders where exists (select 1 / score from customers) or id = 3",
        ),
    ] {
        assert_ne!(text(one), text(other), "{one}");
    }
    let shape = |text: &str| fingerprint(&bound(text).unwrap());
    assert_eq!(shape("select id from orders where id in (1, 2)"), shape("select id from orders where id in (7, 8, 9)"));
    assert_ne!(shape("select id from orders where id = 1"), shape("select id from orders where id > 1"));
}

#[test]
fn what_is_folded_away_was_named() {
    for text in ["select 1 where false and exists (select id from orders)", "select 1 where true or exists (select id from orders)"] {
        let bound = bound(text).unwrap();
        assert_eq!(bound.named.iter().map(|table| table.name.table.as_str()).collect::<Vec<_>>(), ["orders"], "{text}");
    }
}

#[test]
fn a_window_that_nobody_uses_is_bound() {
    let state = |text: &str| bound(text).map(|_| ()).map_err(|report| report.sqlstate.0);
    assert_eq!(state("select id from orders window w as (order by nosuch)"), Err("42703"));
    assert_eq!(state("select id from orders window w as (partition by doc)"), Ok(()));
    assert_eq!(state("select id from orders window v as (partition by status), w as (v order by day)"), Ok(()));
}

#[test]
fn operators_bind_as_tightly_as_in_postgresql() {
    // The right side is what pg_get_viewdef() makes of the left.
    let text = |expr: &str| canonical(&bound(&format!("select {expr} from customers")).unwrap_or_else(|report| panic!("{expr}: {report}")));
    for (one, other) in [
        ("- 2 ^ 2", "(-2) ^ 2"),
        ("2 ^ 3 ^ 2", "(2 ^ 3) ^ 2"),
        ("name ~ 'a' || 'b'", "(name ~ 'a') || 'b'"),
        ("name like 'a' || '%'", "name like ('a' || '%')"),
        ("id is null = true", "(id is null) = true"),
        ("id is distinct from 1 and true", "(id is distinct from 1) and true"),
        ("not id = 1 and true", "(not (id = 1)) and true"),
        ("@ id - 100", "@ (id - 100)"),
        ("~ id + 1", "~ (id + 1)"),
        ("id & 1 + 1", "id & (1 + 1)"),
        ("-id::text::int", "-((id::text)::int)"),
        ("now() - interval '1 day' * 2 < now()", "(now() - (interval '1 day' * 2)) < now()"),
        ("id not between 1 and 2 + 3 or false", "(id not between 1 and (2 + 3)) or false"),
    ] {
        assert_eq!(text(one), text(other), "{one}");
    }
}

#[test]
fn forms_are_rewritten_to_the_few_that_the_tree_knows() {
    let filter = |text: &str| {
        let SetExpr::Select(select) = bound(text).unwrap().query.body else { panic!("{text}") };
        select.filter.map(|filter| filter.kind)
    };
    use crate::sql::tree::{SetExpr, SubqueryKind};
    assert!(matches!(filter("select 1 from orders where id between 1 and 2"), Some(ExprKind::And(parts)) if parts.len() == 2));
    assert!(matches!(filter("select 1 from orders where (id, total) < (1, 2)"), Some(ExprKind::Or(parts)) if parts.len() == 2));
    assert!(
        matches!(filter("select 1 from orders where id = 1 or id = 2 or (id = 3 or id = 4)"), Some(ExprKind::Or(parts)) if parts.len() == 4)
    );
    assert!(matches!(filter("select 1 from orders where orders is null"), Some(ExprKind::And(parts)) if parts.len() == 8));
    let not_in = filter("select 1 from orders where id not in (select id from customers)");
    assert!(matches!(not_in, Some(ExprKind::Subquery { kind: SubqueryKind::Compare { all: true, .. }, .. })));
}

#[test]
fn all_of_tpc_h_binds() {
    let snapshot = catalog(include_str!("../../../tests/slt/tpch/schema.sql"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/slt/tpch");
    for n in 1..=22 {
        let text = std::fs::read_to_string(format!("{folder}/q{n:02}.sql")).unwrap();
        bound_in(&snapshot, &text, &[]).unwrap_or_else(|report| panic!("q{n:02}: {report}"));
    }
}

#[test]
fn long_and_deep_queries_fit_a_worker_threads_stack() {
    let run = || {
        let many = format!("select 1 where {}", vec!["1 = 1"; 3000].join(" and "));
        let list = format!("select 1 where 1 in ({})", vec!["1"; 20_000].join(","));
        let deep = format!("select {}1{}", "(".repeat(100), ")".repeat(100));
        let sum = format!("select 1{}", " + 1".repeat(300));
        let nested = format!("select * from {}orders{}", "(select * from ".repeat(30), ") t".repeat(30));
        for text in [many, list, deep, sum, nested] {
            bound(&text).unwrap_or_else(|report| panic!("{}: {report}", &text[..40]));
        }
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn limits_over_constants_are_counts_where_their_type_holds_them() {
    let limit = |text: &str| bound(text).unwrap().query.limit.unwrap().kind;
    assert_eq!(limit("select id from orders limit 2 + 3 * (4)::bigint"), ExprKind::Literal(Literal::Int(14)));
    assert!(matches!(limit("select id from orders limit $1::int"), ExprKind::Parameter(0)));
    for kept in ["2147483647 + 1", "9223372036854775807 + 1", "1 / 0"] {
        assert!(!matches!(limit(&format!("select id from orders limit {kept}")), ExprKind::Literal(_)), "{kept}");
    }
}
