//! What the session has given names to: `pg_prepared_statements`, `pg_cursors`.

use super::World;
use super::cells::{Cell, Row};

/// `pg_prepared_statements`.
pub fn statements(world: &World) -> Vec<Row> {
    let row = |statement: &crate::query::NamedStatement| {
        vec![
            ("name", Cell::Text(statement.name.clone())),
            ("statement", Cell::Text(statement.text.to_string())),
            ("prepare_time", Cell::Time(statement.since)),
            ("parameter_types", Cell::Ints(statement.parameters.iter().map(|ty| ty.0.into()).collect())),
            ("from_sql", Cell::Bool(statement.from_sql)),
            ("generic_plans", Cell::Int(0)),
            ("custom_plans", Cell::Int(0)),
        ]
    };
    world.objects.statements.iter().map(row).collect()
}

/// `pg_cursors`.
pub fn cursors(world: &World) -> Vec<Row> {
    let row = |cursor: &crate::query::NamedCursor| {
        vec![
            ("name", Cell::Text(cursor.name.clone())),
            ("statement", Cell::Text(cursor.text.to_string())),
            ("is_holdable", Cell::Bool(cursor.hold)),
            ("is_binary", Cell::Bool(cursor.binary)),
            ("is_scrollable", Cell::Bool(false)),
            ("creation_time", Cell::Time(cursor.since)),
        ]
    };
    world.objects.cursors.iter().map(row).collect()
}
