//! `table_constraints`, `check_constraints`, `key_column_usage`, `referential_constraints`, `constraint_column_usage`, `constraint_table_usage`.
//!
//! A column that is NOT NULL has a CHECK constraint by the standard, though none in `pg_constraint` (information_schema.sql).

use super::{text, yes_or_no};
use crate::catalog::model::{Column, Table};
use crate::catalog::pg_catalog::cells::{Cell, Row};
use crate::catalog::pg_catalog::keys::{Known, all};
use crate::catalog::pg_catalog::relations::kind;
use crate::catalog::pg_catalog::{World, schema_oid};

/// Returns the rows of one of these views; `None` for another one.
pub fn rows(view: &str, world: &World) -> Option<Vec<Row>> {
    Some(match view {
        "table_constraints" => {
            let keys = all(world).map(|known| constraint(world, &known));
            keys.chain(not_null(world).map(|column| column.of_table(world))).collect()
        }
        "check_constraints" => not_null(world).map(|column| column.check(world)).collect(),
        "key_column_usage" => all(world).flat_map(|known| columns(world, &known)).collect(),
        "referential_constraints" => all(world).filter_map(|known| reference(world, &known)).collect(),
        "constraint_column_usage" => all(world).flat_map(|known| used_columns(world, &known)).collect(),
        "constraint_table_usage" => all(world).map(|known| [own(world, &known), of_table(world, used(&known).0)].concat()).collect(),
        _ => return None,
    })
}

fn own(world: &World, known: &Known) -> Row {
    vec![
        ("constraint_catalog", text(&world.database)),
        ("constraint_schema", text(&known.table.name.schema)),
        ("constraint_name", text(&known.key.name)),
    ]
}

fn of_table(world: &World, table: &Table) -> Row {
    vec![("table_catalog", text(&world.database)), ("table_schema", text(&table.name.schema)), ("table_name", text(&table.name.table))]
}

fn constraint(world: &World, known: &Known) -> Row {
    let kind = if known.is_primary() { "PRIMARY KEY" } else { "FOREIGN KEY" };
    let rest = vec![
        ("constraint_type", text(kind)),
        ("is_deferrable", yes_or_no(false)),
        ("initially_deferred", yes_or_no(false)),
        ("enforced", yes_or_no(false)),
    ];
    [own(world, known), of_table(world, known.table), rest].concat()
}

/// A column that is never NULL.
struct NotNull<'a> {
    table: &'a Table,
    number: i64,
    column: &'a Column,
}

fn not_null(world: &World) -> impl Iterator<Item = NotNull<'_>> {
    let tables = world.snapshot.tables().filter(|table| kind(table) == 'r');
    let columns = tables.flat_map(|table| (1..).zip(&table.columns).map(move |(number, column)| NotNull { table, number, column }));
    columns.filter(|not_null| !not_null.column.nullable)
}

impl NotNull<'_> {
    fn own(&self, world: &World) -> Row {
        let (schema, table) = (&self.table.name.schema, self.table.oid);
        vec![
            ("constraint_catalog", text(&world.database)),
            ("constraint_schema", text(schema)),
            ("constraint_name", Cell::Text(format!("{}_{table}_{}_not_null", schema_oid(schema), self.number))),
        ]
    }

    fn of_table(&self, world: &World) -> Row {
        let rest = vec![
            ("constraint_type", text("CHECK")),
            ("is_deferrable", yes_or_no(false)),
            ("initially_deferred", yes_or_no(false)),
            ("enforced", yes_or_no(true)),
        ];
        [self.own(world), of_table(world, self.table), rest].concat()
    }

    fn check(&self, world: &World) -> Row {
        // The view puts the bare name before its words.
        [self.own(world), vec![("check_clause", Cell::Text(format!("{} IS NOT NULL", self.column.name)))]].concat()
    }
}

fn columns(world: &World, known: &Known) -> Vec<Row> {
    let row = |(number, i): (i64, &usize)| {
        let mut row = [own(world, known), of_table(world, known.table)].concat();
        row.push(("column_name", text(&known.table.columns[*i].name)));
        row.push(("ordinal_position", Cell::Int(number)));
        if let Some((table, columns)) = &known.refers
            && let Some(column) = usize::try_from(number - 1).ok().and_then(|at| columns.get(at))
            && let Some(primary) = table.keys.iter().find(|key| key.refers.is_none())
            && let Some(at) = primary.columns.iter().position(|known| known == column)
        {
            row.push(("position_in_unique_constraint", Cell::Int(i64::try_from(at + 1).unwrap_or(1))));
        }
        row
    };
    (1..).zip(&known.key.columns).map(row).collect()
}

fn reference(world: &World, known: &Known) -> Option<Row> {
    let (table, _) = known.refers.as_ref()?;
    let primary = table.keys.iter().find(|key| key.refers.is_none());
    let mut row = own(world, known);
    if let Some(primary) = primary {
        row.extend([
            ("unique_constraint_catalog", text(&world.database)),
            ("unique_constraint_schema", text(&table.name.schema)),
            ("unique_constraint_name", text(&primary.name)),
        ]);
    }
    row.extend([("match_option", text("NONE")), ("update_rule", text("NO ACTION")), ("delete_rule", text("NO ACTION"))]);
    Some(row)
}

/// The table and the columns that a constraint needs: those referred to, or a primary key's own.
fn used<'a>(known: &'a Known) -> (&'a Table, &'a [usize]) {
    match &known.refers {
        Some((table, columns)) => (table, columns),
        None => (known.table, &known.key.columns),
    }
}

fn used_columns(world: &World, known: &Known) -> Vec<Row> {
    let (table, columns) = used(known);
    let row = |i: &usize| [of_table(world, table), vec![("column_name", text(&table.columns[*i].name))], own(world, known)].concat();
    columns.iter().map(row).collect()
}
