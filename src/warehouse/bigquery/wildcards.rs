//! Tables by day as one relation: `events_20240101`, `events_20240102`, ... are also `"events_*"`, with the rest of the name in `_TABLE_SUFFIX`
//! (BigQuery, "Query multiple tables using a wildcard table").

use std::collections::BTreeMap;
use std::sync::Arc;

use super::UNVERSIONED_SECONDS;
use crate::catalog::model::{Column, Partitioning, Schema, Table, TableKind, TableName, TableVersion, stable_oid};
use crate::types::Type;

/// The column that says which table a row comes from.
const SUFFIX: &str = "_TABLE_SUFFIX";

/// Adds a relation for every family of tables by day.
pub fn add(schema: &mut Schema) {
    let mut families: BTreeMap<&str, Vec<&Arc<Table>>> = BTreeMap::new();
    for table in schema.tables.values().filter(|table| table.kind == TableKind::Table) {
        if let Some(prefix) = prefix(&table.name.table) {
            families.entry(prefix).or_default().push(table);
        }
    }
    let made: Vec<Table> =
        families.into_iter().filter(|(_, tables)| tables.len() > 1).filter_map(|(prefix, tables)| family(prefix, &tables)).collect();
    for table in made {
        schema.tables.entry(table.name.table.clone()).or_insert_with(|| Arc::new(table));
    }
}

/// Adds a relation for every family of tables that are known by their names only.
pub fn list(schema: &mut Schema) {
    let mut families: BTreeMap<&str, (&Arc<Table>, usize)> = BTreeMap::new();
    for table in schema.tables.values() {
        if let Some(prefix) = prefix(&table.name.table) {
            families.entry(prefix).or_insert((table, 0)).1 += 1;
        }
    }
    let made = families.into_iter().filter(|(_, (_, members))| *members > 1).map(|(prefix, (first, _))| {
        let name = TableName { table: format!("{prefix}*"), ..first.name.clone() };
        let mut path = first.path.clone();
        if let Some(last) = path.last_mut() {
            last.clone_from(&name.table);
        }
        Table::listed(name, path)
    });
    for table in made.collect::<Vec<_>>() {
        schema.tables.entry(table.name.table.clone()).or_insert_with(|| Arc::new(table));
    }
}

/// Makes the relation of a family of its members, in the order of their names; `None` where there are too few.
pub fn made(prefix: &str, members: &[Arc<Table>]) -> Option<Table> {
    (members.len() > 1).then(|| family(prefix, &members.iter().collect::<Vec<_>>())).flatten()
}

/// Tells whether a name in BigQuery means all tables that begin so.
pub fn is_wildcard(table_id: &str) -> bool {
    table_id.ends_with('*')
}

/// Returns what stands before the day at the end of a table's name.
pub fn prefix(name: &str) -> Option<&str> {
    let at = name.len().checked_sub(8).filter(|at| *at > 0 && name.is_char_boundary(*at))?;
    let (prefix, day) = name.split_at(at);
    let number = |range: std::ops::Range<usize>| day.get(range)?.parse::<u32>().ok();
    let fits = day.bytes().all(|byte| byte.is_ascii_digit())
        && (1970..=2100).contains(&number(0..4)?)
        && (1..=12).contains(&number(4..6)?)
        && (1..=31).contains(&number(6..8)?);
    fits.then_some(prefix)
}

fn family(prefix: &str, tables: &[&Arc<Table>]) -> Option<Table> {
    // BigQuery takes the columns of the newest table; the others may lack some, and give NULL for them.
    let (oldest, newest) = (tables.first()?, tables.last()?);
    let name = TableName { schema: newest.name.schema.clone(), table: format!("{prefix}*") };
    let mut path = newest.path.clone();
    *path.last_mut()? = name.table.clone();
    let mut versions = blake3::Hasher::new();
    for table in tables {
        versions.update(format!("{}\n{}\n", table.name.table, table.version.0).as_bytes());
    }
    let sum = |of: fn(&Table) -> Option<u64>| tables.iter().try_fold(0_u64, |sum, table| Some(sum.saturating_add(of(table)?)));
    let day = |table: &Table| table.name.table.get(prefix.len()..).unwrap_or_default().to_owned();
    let suffix = Column {
        name: SUFFIX.to_owned(),
        ty: Type::TEXT,
        typmod: -1,
        nullable: false,
        native: "STRING".to_owned(),
        description: Some(format!("What follows {prefix} in the name of the row's table")),
    };
    Some(Table {
        oid: stable_oid("table", &name.to_string()),
        kind: TableKind::Table,
        columns: newest.columns.iter().map(|column| Column { nullable: true, ..column.clone() }).collect(),
        pseudo: vec![suffix],
        partitioning: Some(Partitioning { column: SUFFIX.to_owned(), unit: "TABLE".to_owned(), filter_required: false }),
        clustering: newest.clustering.clone(),
        keys: Vec::new(),
        protection: newest.protection.clone(),
        rows: sum(|table| table.rows),
        bytes: sum(|table| table.bytes),
        version: TableVersion(versions.finalize().to_hex()[..32].to_owned()),
        names: Default::default(),
        max_cache_seconds: Some(UNVERSIONED_SECONDS),
        description: Some(format!("{} tables by day, {} to {}", tables.len(), day(oldest), day(newest))),
        name,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures;

    #[test]
    fn tables_by_day_are_a_family() {
        assert_eq!(prefix("events_20240131"), Some("events_"));
        for other in ["events", "20240131", "events_20241331", "events_2024013", "events_x0240131", "äöü20240131x"] {
            assert_eq!(prefix(other), None, "{other}");
        }
        let mut schema = Schema { name: "shop".into(), ..Schema::default() };
        for (name, columns) in
            [("e_20240101", &["id"][..]), ("e_20240102", &["id", "kind"]), ("e_other", &["id"]), ("single_20240101", &["id"])]
        {
            let columns: Vec<(&str, Type)> = columns.iter().map(|column| (*column, Type::TEXT)).collect();
            let table = Table { rows: Some(2), ..fixtures::table(name, &columns) };
            schema.tables.insert(name.into(), Arc::new(table));
        }
        add(&mut schema);
        let family = schema.tables.get("e_*").expect("a family");
        assert_eq!((family.columns.len(), family.pseudo.len(), family.rows), (2, 1, Some(4)));
        assert_eq!(family.path.last().map(String::as_str), Some("e_*"));
        assert!(!schema.tables.contains_key("single_*"));
        assert_eq!(family.column("_table_suffix"), Some(2));
        // The same of names alone.
        let names = schema.tables.values().filter(|table| !is_wildcard(&table.name.table));
        let names = names.map(|table| (table.name.table.clone(), Arc::new(Table::listed(table.name.clone(), table.path.clone()))));
        let mut listed = Schema { name: "shop".into(), tables: names.collect(), ..Schema::default() };
        list(&mut listed);
        assert_eq!(listed.tables.keys().collect::<Vec<_>>(), schema.tables.keys().collect::<Vec<_>>());
        let member = |name: &str| schema.tables.get(name).cloned().expect("a member");
        assert_eq!(made("e_", &[member("e_20240101"), member("e_20240102")]).as_ref(), schema.tables.get("e_*").map(|family| &**family));
        assert_eq!(made("e_", &[member("e_20240101")]), None);
    }
}
