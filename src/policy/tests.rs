use std::sync::Arc;

use super::*;
use crate::sql::fixtures::{bound, column, customers, events, principal, select};
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::types::Type;

fn role(allow: &[&str], deny: &[&str]) -> Settings {
    let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    Settings { roles: vec![Role { name: "analyst".into(), allow: owned(allow), deny: owned(deny) }], ..Settings::default() }
}

fn call(schema: &'static str, name: &str, volatility: char) -> Expr {
    let function = Signature {
        oid: 0,
        schema,
        name: name.into(),
        arguments: Vec::new(),
        variadic: None,
        returns: Type::TEXT,
        returns_set: false,
        volatility,
        strict: true,
    };
    Expr::new(ExprKind::Call { function: Arc::new(function), args: Vec::new() }, Type::TEXT, Some(8))
}

fn verdict(settings: Settings, query: crate::sql::tree::Query) -> Result<Applied> {
    Policy::new(settings).expect("good settings").apply(&principal("ann"), &mut bound(query))
}

#[test]
fn tables_are_read_by_pattern_and_denied_by_default() {
    let reads = |settings: Settings| verdict(settings, select(customers(1), vec![column(1, 0)])).map(|_| ());
    assert_eq!(reads(Settings::default()), Ok(()), "no roles, no rules");
    assert_eq!(reads(role(&["*.*"], &[])), Ok(()));
    assert_eq!(reads(role(&["shop.*"], &["shop.orders"])), Ok(()));
    for settings in [role(&[], &[]), role(&["sales.*"], &[]), role(&["*.*"], &["shop.customers"]), role(&["*.*"], &["SHOP.Cust*"])] {
        assert_eq!(reads(settings).expect_err("denied").sqlstate, SqlState::FORBIDDEN_BY_POLICY);
    }
    let refused = reads(role(&["shop.e*", "sales.*"], &[])).expect_err("denied");
    assert_eq!(refused.message, "SL008: table shop.customers is not readable for role \"analyst\"");
    assert_eq!(refused.hint.as_deref(), Some("Readable for this role: shop.e*, sales.*."));
}

#[test]
fn a_role_without_an_entry_reads_nothing() {
    let policy = Policy::new(role(&["*.*"], &[])).expect("good settings");
    let stranger = Principal { role: "intern".into(), ..principal("ann") };
    let mut query = bound(select(customers(1), vec![column(1, 0)]));
    assert!(policy.apply(&stranger, &mut query).is_err());
    assert!(policy.apply(&Principal { admin: true, ..stranger }, &mut query).is_ok());
}

#[test]
fn a_table_in_a_subquery_is_a_table() {
    let hidden = select(customers(2), vec![column(2, 0)]);
    let subquery =
        Expr::new(ExprKind::Subquery { kind: crate::sql::tree::SubqueryKind::Scalar, query: Box::new(hidden) }, Type::INT8, None);
    let refused = verdict(role(&["shop.events"], &[]), select(events(1), vec![subquery])).expect_err("customers are hidden");
    assert_eq!(refused.sqlstate, SqlState::FORBIDDEN_BY_POLICY);
}

#[test]
fn functions_with_side_effects_are_refused_with_their_position() {
    for name in [
        "nextval",
        "setval",
        "lo_import",
        "pg_read_file",
        "pg_ls_dir",
        "pg_sleep",
        "pg_advisory_lock",
        "set_config",
        "pg_terminate_backend",
    ] {
        let refused = verdict(Settings::default(), select(events(1), vec![call("pg_catalog", name, 'v')])).expect_err(name);
        assert_eq!((refused.sqlstate, refused.position), (SqlState::INSUFFICIENT_PRIVILEGE, Some(8)), "{name}");
    }
    for name in ["query_to_xml", "table_to_xml", "ts_stat"] {
        assert!(verdict(Settings::default(), select(events(1), vec![call("pg_catalog", name, 's')])).is_err(), "{name}");
    }
    assert!(verdict(Settings::default(), select(events(1), vec![call("public", "dblink", 'i')])).is_err(), "unknown schemas are denied");
}

#[test]
fn pure_functions_and_harmless_volatile_ones_run() {
    for (name, volatility) in [("lower", 'i'), ("to_char", 's'), ("random", 'v'), ("clock_timestamp", 'v'), ("pg_relation_size", 'v')] {
        assert!(verdict(Settings::default(), select(events(1), vec![call("pg_catalog", name, volatility)])).is_ok(), "{name}");
    }
}

#[test]
fn every_volatile_function_of_postgresql_is_refused_unless_listed() {
    let table = include_str!("../sql/bind/signatures/pg_proc.tsv");
    let volatile = table.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|field| field[7] == "v");
    let mut refused = 0;
    for field in volatile {
        let Expr { kind: ExprKind::Call { function, .. }, .. } = call("pg_catalog", field[1], 'v') else { unreachable!() };
        refused += usize::from(rules::check(&function, true).is_err());
    }
    assert!(refused > 120, "{refused} refused");
}

#[test]
fn masks_and_row_filters_are_not_ignored() {
    assert!(Policy::new(Settings { masks: 1, ..Settings::default() }).is_err());
    assert!(Policy::new(Settings { row_filters: 1, ..Settings::default() }).is_err());
}

#[test]
fn the_fingerprint_follows_the_rules() {
    let of = |settings: &Settings| tables::fingerprint(settings, &principal("ann"));
    assert_eq!(of(&role(&["*.*"], &[])), of(&role(&["*.*"], &[])));
    assert_ne!(of(&role(&["*.*"], &[])), of(&role(&["*.*"], &["shop.customers"])));
}
