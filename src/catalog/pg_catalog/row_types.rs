//! The row type that each relation has in `pg_type`, and the type of arrays of it (heap.c, `heap_create_with_catalog`).
//!
//! No column is of such a type, so the binder knows them by name only; tools find the relations of a schema through them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, OnceLock};

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;

use super::cells::{self, Cell, Row};
use super::{OWNER, World, schema_oid};
use crate::catalog::model::{LONGEST_NAME, Schema, Table, cut, stable_oid};
use crate::error::{Report, Result};

/// A relation's types.
pub struct RowType<'a> {
    /// The relation.
    pub table: &'a Arc<Table>,
    /// The OID of its row type, which is called as the relation is.
    pub oid: u32,
    /// The OID of the type of arrays of it.
    pub array: u32,
    /// What that type is called.
    pub array_name: String,
}

/// Returns the OIDs of a relation's row type and of its array type: initdb's own for PostgreSQL's relations (`row_types.tsv`).
pub fn oids(table: &Table) -> (u32, u32) {
    static OF_INITDB: LazyLock<HashMap<u32, (u32, u32)>> = LazyLock::new(|| {
        let number = |field: &str| field.parse().expect("row_types.tsv holds OIDs");
        let lines = include_str!("row_types.tsv").lines().map(|line| line.split('\t').map(number).collect::<Vec<u32>>());
        lines.filter_map(|line| <[u32; 3]>::try_from(line).ok()).map(|[table, row, array]| (table, (row, array))).collect()
    });
    let own = OF_INITDB.get(&table.oid).filter(|_| table.is_system());
    own.copied().unwrap_or_else(|| {
        let name = table.name.to_string();
        (stable_oid("row type", &name), stable_oid("array of rows", &name))
    })
}

fn of_schema(schema: &Schema) -> Vec<RowType<'_>> {
    let mut taken: BTreeSet<String> = schema.tables.keys().map(|name| cut(name).to_owned()).collect();
    let mut types = Vec::with_capacity(schema.tables.len());
    for table in schema.tables.values() {
        let (oid, array) = oids(table);
        let array_name = array_name(&table.name.table, &taken);
        taken.insert(array_name.clone());
        types.push(RowType { table, oid, array, array_name });
    }
    types
}

/// `_orders`; where that is taken `__orders`, `___orders`, ... (pg_type.c, `makeArrayTypeName`).
fn array_name(name: &str, taken: &BTreeSet<String>) -> String {
    let candidates = (1..LONGEST_NAME).map(|signs| cut(&format!("{}{name}", "_".repeat(signs))).to_owned());
    let mut free = candidates.filter(|candidate| !taken.contains(candidate));
    free.next().unwrap_or_else(|| format!("_{name}"))
}

/// `pg_type`: PostgreSQL's own types, then the types of relations. Those of the system's relations are made once.
///
/// # Errors
/// XX000 for a row that does not fit.
pub fn batch(table: &Table, builtin: &RecordBatch, world: &World) -> Result<RecordBatch> {
    static SYSTEM: OnceLock<Result<RecordBatch>> = OnceLock::new();
    let system = SYSTEM.get_or_init(|| behind(table, builtin, &rows(super::system_schemas().iter().flat_map(of_schema))));
    let mixed = world.snapshot.schemas.values().filter(|schema| !schema.tables.values().all(|table| table.is_system()));
    let own = rows(mixed.flat_map(of_schema).filter(|row_type| !row_type.table.is_system()));
    let system = system.clone()?;
    if own.is_empty() { Ok(system) } else { behind(table, &system, &own) }
}

/// Puts rows behind those of a batch.
fn behind(table: &Table, before: &RecordBatch, rows: &[Row]) -> Result<RecordBatch> {
    let rows = cells::batch(table, rows)?;
    concat_batches(&before.schema(), [before, &rows]).map_err(Report::internal)
}

fn rows<'a>(types: impl Iterator<Item = RowType<'a>>) -> Vec<Row> {
    types.flat_map(|row_type| [row(&row_type, false), row(&row_type, true)]).collect()
}

fn row(row_type: &RowType, is_array: bool) -> Row {
    // The functions of records and of arrays, by their OIDs in pg_proc.
    let [input, output, receive, send] = if is_array { [750, 751, 2400, 2401] } else { [2290, 2291, 2402, 2403] };
    let (subscript, analyze) = if is_array { (6179, 3816) } else { (0, 0) };
    let text = |text: &str| Cell::Text(text.to_owned());
    let own = |row, array| Cell::Int(if is_array { array } else { row });
    let (oid, array): (i64, i64) = (row_type.oid.into(), row_type.array.into());
    vec![
        ("oid", own(oid, array)),
        ("typname", text(if is_array { &row_type.array_name } else { &row_type.table.name.table })),
        ("typnamespace", Cell::Int(schema_oid(&row_type.table.name.schema).into())),
        ("typowner", Cell::Int(OWNER.into())),
        ("typlen", Cell::Int(-1)),
        ("typbyval", Cell::Bool(false)),
        ("typtype", text(if is_array { "b" } else { "c" })),
        ("typcategory", text(if is_array { "A" } else { "C" })),
        ("typispreferred", Cell::Bool(false)),
        ("typisdefined", Cell::Bool(true)),
        ("typdelim", text(",")),
        ("typrelid", own(row_type.table.oid.into(), 0)),
        ("typsubscript", Cell::Int(subscript)),
        ("typelem", own(0, oid)),
        ("typarray", own(array, 0)),
        ("typinput", Cell::Int(input)),
        ("typoutput", Cell::Int(output)),
        ("typreceive", Cell::Int(receive)),
        ("typsend", Cell::Int(send)),
        ("typmodin", Cell::Int(0)),
        ("typmodout", Cell::Int(0)),
        ("typanalyze", Cell::Int(analyze)),
        ("typalign", text("d")),
        ("typstorage", text("x")),
        ("typnotnull", Cell::Bool(false)),
        ("typbasetype", Cell::Int(0)),
        ("typtypmod", Cell::Int(-1)),
        ("typndims", Cell::Int(0)),
        ("typcollation", Cell::Int(0)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_type_has_a_name_of_its_own() {
        let taken = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(array_name("orders", &taken(&["orders"])), "_orders");
        assert_eq!(array_name("orders", &taken(&["orders", "_orders", "__orders"])), "___orders");
        let long = "x".repeat(63);
        assert_eq!(array_name(&long, &taken(&[])), format!("_{}", "x".repeat(62)));
        assert_eq!(array_name(&long, &taken(&[&format!("_{}", "x".repeat(62))])), format!("__{}", "x".repeat(61)));
    }

    #[test]
    fn the_catalog_has_the_types_that_initdb_made() {
        let schemas = super::super::system_schemas();
        let types: Vec<RowType> = schemas.iter().flat_map(of_schema).collect();
        let of =
            |name: &str| types.iter().find(|row_type| row_type.table.name.table == name).map(|row_type| (row_type.oid, row_type.array));
        assert_eq!(of("pg_class"), Some((83, 273)));
        assert_eq!(of("pg_statistic").map(|(_, array)| array), Some(10_028), "pg_statistic_ext_data.stxdexpr is of it");
        let mut oids: Vec<u32> = types.iter().flat_map(|row_type| [row_type.oid, row_type.array]).collect();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), 2 * types.len());
    }
}
