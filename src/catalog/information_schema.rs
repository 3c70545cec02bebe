//! The standard's view of the catalog (PostgreSQL, chapter 37): schemata, tables, columns, views, privileges.

use std::sync::Arc;

use super::model::{Column, Table};
use super::pg_catalog::cells::{Cell, Row};
use super::pg_catalog::cluster::schema_names;
use super::pg_catalog::relations::kind;
use super::pg_catalog::{OWNER_NAME, World};
use crate::types::{Type, numeric_typmod};

mod keys;

/// Returns the rows of one view of the schema; empty for those that Sluice has nothing to say in.
pub fn rows(view: &str, world: &World) -> Vec<Row> {
    if let Some(rows) = keys::rows(view, world) {
        return rows;
    }
    match view {
        "information_schema_catalog_name" => vec![vec![("catalog_name", text(&world.database))]],
        "schemata" => schema_names(world).iter().map(|name| schema(world, name)).collect(),
        "tables" => world.snapshot.tables().map(|name| table(world, name)).collect(),
        "columns" => columns(world),
        "element_types" => element_types(world),
        "views" => world.snapshot.tables().filter(|table| kind(table) == 'v').map(|table| view_row(world, table)).collect(),
        "table_privileges" | "role_table_grants" => world.snapshot.tables().map(|table| privilege(world, table)).collect(),
        "column_privileges" | "role_column_grants" => world.snapshot.tables().flat_map(|table| column_privileges(world, table)).collect(),
        "enabled_roles" => vec![vec![("role_name", text(&world.principal.user))]],
        "character_sets" => vec![vec![
            ("character_set_name", text("UTF8")),
            ("character_repertoire", text("UCS")),
            ("form_of_use", text("UTF8")),
            ("default_collate_catalog", text(&world.database)),
            ("default_collate_schema", text("pg_catalog")),
            ("default_collate_name", text("C.UTF-8")),
        ]],
        _ => Vec::new(),
    }
}

fn text(value: &str) -> Cell {
    Cell::Text(value.to_owned())
}

fn yes_or_no(value: bool) -> Cell {
    text(if value { "YES" } else { "NO" })
}

fn schema(world: &World, name: &str) -> Row {
    vec![("catalog_name", text(&world.database)), ("schema_name", text(name)), ("schema_owner", text(OWNER_NAME))]
}

fn table(world: &World, table: &Arc<Table>) -> Row {
    let is_view = matches!(kind(table), 'v' | 'm');
    vec![
        ("table_catalog", text(&world.database)),
        ("table_schema", text(&table.name.schema)),
        ("table_name", text(&table.name.table)),
        ("table_type", text(if is_view { "VIEW" } else { "BASE TABLE" })),
        ("is_insertable_into", yes_or_no(false)),
        ("is_typed", yes_or_no(false)),
    ]
}

fn view_row(world: &World, table: &Arc<Table>) -> Row {
    vec![
        ("table_catalog", text(&world.database)),
        ("table_schema", text(&table.name.schema)),
        ("table_name", text(&table.name.table)),
        ("check_option", text("NONE")),
        ("is_updatable", yes_or_no(false)),
        ("is_insertable_into", yes_or_no(false)),
        ("is_trigger_updatable", yes_or_no(false)),
        ("is_trigger_deletable", yes_or_no(false)),
        ("is_trigger_insertable_into", yes_or_no(false)),
    ]
}

/// What everybody may do with a relation: read it.
fn privilege(world: &World, table: &Arc<Table>) -> Row {
    vec![
        ("grantor", text(OWNER_NAME)),
        ("grantee", text(&world.principal.user)),
        ("table_catalog", text(&world.database)),
        ("table_schema", text(&table.name.schema)),
        ("table_name", text(&table.name.table)),
        ("privilege_type", text("SELECT")),
        ("is_grantable", yes_or_no(false)),
        ("with_hierarchy", yes_or_no(true)),
    ]
}

/// The same of each of its columns.
fn column_privileges(world: &World, table: &Arc<Table>) -> Vec<Row> {
    let row = |column: &Column| {
        vec![
            ("grantor", text(OWNER_NAME)),
            ("grantee", text(&world.principal.user)),
            ("table_catalog", text(&world.database)),
            ("table_schema", text(&table.name.schema)),
            ("table_name", text(&table.name.table)),
            ("column_name", text(&column.name)),
            ("privilege_type", text("SELECT")),
            ("is_grantable", yes_or_no(false)),
        ]
    };
    table.columns.iter().map(row).collect()
}

fn columns(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in world.snapshot.tables() {
        for (number, column) in (1..).zip(&table.columns) {
            rows.push(column_row(world, table, number, column));
        }
    }
    rows
}

fn column_row(world: &World, table: &Table, number: i64, column: &Column) -> Row {
    let mut row: Row = vec![
        ("table_catalog", text(&world.database)),
        ("table_schema", text(&table.name.schema)),
        ("table_name", text(&table.name.table)),
        ("column_name", text(&column.name)),
        ("ordinal_position", Cell::Int(number)),
        ("is_nullable", yes_or_no(column.nullable)),
        ("data_type", Cell::Text(if column.ty.is_array() { "ARRAY".into() } else { column.ty.format(-1) })),
        ("udt_catalog", text(&world.database)),
        ("udt_schema", text("pg_catalog")),
        ("udt_name", text(column.ty.name())),
        ("dtd_identifier", Cell::Text(number.to_string())),
        ("is_self_referencing", yes_or_no(false)),
        ("is_identity", yes_or_no(false)),
        ("identity_cycle", yes_or_no(false)),
        ("is_generated", text("NEVER")),
        ("is_updatable", yes_or_no(false)),
    ];
    row.extend(limits(column.ty, column.typmod));
    row
}

/// What the columns of arrays hold.
fn element_types(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for table in world.snapshot.tables() {
        for (number, column) in (1..).zip(&table.columns) {
            rows.extend(column.ty.element().map(|element| element_row(world, table, number, element)));
        }
    }
    rows
}

fn element_row(world: &World, table: &Table, number: i64, element: Type) -> Row {
    vec![
        ("object_catalog", text(&world.database)),
        ("object_schema", text(&table.name.schema)),
        ("object_name", text(&table.name.table)),
        ("object_type", text("TABLE")),
        ("collection_type_identifier", Cell::Text(number.to_string())),
        ("data_type", Cell::Text(element.format(-1))),
        ("udt_catalog", text(&world.database)),
        ("udt_schema", text("pg_catalog")),
        ("udt_name", text(element.name())),
        ("dtd_identifier", Cell::Text(format!("a{number}"))),
    ]
}

/// Lengths and precisions, as `information_schema._pg_char_max_length` and its sisters tell them.
fn limits(ty: Type, typmod: i32) -> Row {
    let bits = |bits: i64| {
        vec![("numeric_precision", Cell::Int(bits)), ("numeric_precision_radix", Cell::Int(2)), ("numeric_scale", Cell::Int(0))]
    };
    let time_digits = if (0..=6).contains(&typmod) { typmod.into() } else { 6 };
    match ty {
        Type::TEXT => vec![("character_octet_length", Cell::Int(1 << 30))],
        Type::VARCHAR | Type::BPCHAR if typmod >= 4 => vec![
            ("character_maximum_length", Cell::Int((typmod - 4).into())),
            ("character_octet_length", Cell::Int(i64::from(typmod - 4) * 4)),
        ],
        Type::VARCHAR | Type::BPCHAR => vec![("character_octet_length", Cell::Int(1 << 30))],
        Type::INT2 => bits(16),
        Type::INT4 => bits(32),
        Type::INT8 => bits(64),
        Type::FLOAT4 => vec![("numeric_precision", Cell::Int(24)), ("numeric_precision_radix", Cell::Int(2))],
        Type::FLOAT8 => vec![("numeric_precision", Cell::Int(53)), ("numeric_precision_radix", Cell::Int(2))],
        Type::NUMERIC => {
            let mut row = vec![("numeric_precision_radix", Cell::Int(10))];
            if let Some((precision, scale)) = numeric_typmod(typmod) {
                row.extend([("numeric_precision", Cell::Int(precision.into())), ("numeric_scale", Cell::Int(scale.into()))]);
            }
            row
        }
        Type::DATE => vec![("datetime_precision", Cell::Int(0))],
        Type::TIME | Type::TIMETZ | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL => {
            vec![("datetime_precision", Cell::Int(time_digits))]
        }
        _ => Vec::new(),
    }
}
