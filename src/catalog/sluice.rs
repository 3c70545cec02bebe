//! The schema `sluice`: what the server says of itself, as views.

use super::model::{Column, Schema};
use super::pg_catalog::cells::{Cell, Row};
use super::pg_catalog::{World, system_table};
use crate::types::Type;

const VIEWS: [(&str, &[(&str, Type)]); 2] = [
    ("version", &[("version", Type::TEXT)]),
    (
        "tables",
        &[
            ("schema", Type::NAME),
            ("name", Type::NAME),
            ("kind", Type::TEXT),
            ("rows", Type::INT8),
            ("bytes", Type::INT8),
            ("partition_column", Type::NAME),
            ("partition_unit", Type::TEXT),
            ("clustering", Type::TEXT_ARRAY),
        ],
    ),
];

/// Returns the schema's model.
pub fn schema() -> Schema {
    let view = |(name, columns): &(&str, &[(&str, Type)])| {
        let column = |(name, ty): &(&str, Type)| Column {
            name: (*name).to_owned(),
            ty: *ty,
            typmod: -1,
            nullable: true,
            native: String::new(),
            description: None,
        };
        let table = system_table("sluice", name, columns.iter().map(column).collect(), None);
        ((*name).to_owned(), table.into())
    };
    Schema { name: "sluice".into(), description: Some("What Sluice says of itself".into()), tables: VIEWS.iter().map(view).collect() }
}

/// Returns the rows of one view.
pub fn rows(view: &str, world: &World) -> Vec<Row> {
    match view {
        "version" => vec![vec![("version", Cell::Text(env!("CARGO_PKG_VERSION").into()))]],
        "tables" => tables(world),
        _ => Vec::new(),
    }
}

fn tables(world: &World) -> Vec<Row> {
    let number = |value: u64| Cell::Int(i64::try_from(value).unwrap_or(i64::MAX));
    let mut rows = Vec::new();
    for table in world.snapshot.tables().filter(|table| !table.is_system()) {
        let mut row: Row = vec![
            ("schema", Cell::Text(table.name.schema.clone())),
            ("name", Cell::Text(table.name.table.clone())),
            ("kind", Cell::Text(format!("{:?}", table.kind).to_lowercase())),
            ("clustering", Cell::Texts(table.clustering.clone())),
        ];
        row.extend(table.rows.map(|rows| ("rows", number(rows))));
        row.extend(table.bytes.map(|bytes| ("bytes", number(bytes))));
        if let Some(partitioning) = &table.partitioning {
            row.push(("partition_column", Cell::Text(partitioning.column.clone())));
            row.push(("partition_unit", Cell::Text(partitioning.unit.clone())));
        }
        rows.push(row);
    }
    rows
}
