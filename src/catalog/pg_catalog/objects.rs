//! What the session has given names to: `pg_prepared_statements`, `pg_cursors`; and the one extension that every database has.

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

const PLPGSQL: &str = "PL/pgSQL procedural language";

/// `pg_available_extensions`: PostgreSQL's own language, which is there from the start.
pub fn extensions() -> Vec<Row> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let row =
        vec![("name", text("plpgsql")), ("default_version", text("1.0")), ("installed_version", text("1.0")), ("comment", text(PLPGSQL))];
    vec![row]
}

/// `pg_available_extension_versions`.
pub fn extension_versions() -> Vec<Row> {
    let text = |text: &str| Cell::Text(text.to_owned());
    let traits = [("installed", true), ("superuser", true), ("trusted", true), ("relocatable", false)];
    let mut row: Row =
        vec![("name", text("plpgsql")), ("version", text("1.0")), ("schema", text("pg_catalog")), ("comment", text(PLPGSQL))];
    row.extend(traits.map(|(name, holds)| (name, Cell::Bool(holds))));
    vec![row]
}
