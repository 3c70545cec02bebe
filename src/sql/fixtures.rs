//! Small tables and queries for unit tests.

use std::sync::Arc;

use super::tree::{Bound, Distinct, Expr, ExprKind, GroupBy, Query, Relation, RelationColumn, RelationId, Select, SetExpr};
use crate::catalog::model::{Column, Partitioning, Protection, Table, TableKind, TableName, TableVersion};
use crate::query::{OutputColumn, Principal};
use crate::types::{NumericScale, Type};

/// An analyst of this name.
pub fn principal(user: &str) -> Principal {
    Principal { user: user.into(), role: "analyst".into(), admin: false, token: None }
}

/// A table of the schema `shop`.
pub fn table(name: &str, columns: &[(&str, Type)]) -> Table {
    let columns = columns.iter().map(|(name, ty)| Column {
        name: (*name).into(),
        ty: *ty,
        typmod: -1,
        nullable: true,
        native: String::new(),
        description: None,
    });
    Table {
        name: TableName { schema: "shop".into(), table: name.into() },
        oid: 1,
        kind: TableKind::Table,
        columns: columns.collect(),
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
        path: vec!["shop".into(), name.into()],
    }
}

/// `shop.events`, partitioned by its second column, `day`.
pub fn events_table() -> Table {
    let partitioning = Partitioning { column: "day".into(), unit: "DAY".into(), filter_required: false };
    let columns = [("event_id", Type::INT8), ("day", Type::DATE), ("kind", Type::TEXT), ("payload", Type::JSONB)];
    Table { partitioning: Some(partitioning), ..table("events", &columns) }
}

/// `shop.events` as a FROM item.
pub fn events(id: u32) -> Relation {
    from(id, events_table())
}

/// `shop.customers (id, email)` as a FROM item.
pub fn customers(id: u32) -> Relation {
    from(id, table("customers", &[("id", Type::INT8), ("email", Type::TEXT)]))
}

/// A table as a FROM item.
pub fn from(id: u32, table: Table) -> Relation {
    Relation::Table { id: RelationId(id), alias: table.name.table.clone(), table: Arc::new(table) }
}

/// A column of a FROM item.
pub fn column(relation: u32, column: usize) -> Expr {
    Expr::new(ExprKind::Column { relation: RelationId(relation), column }, Type::INT8, None)
}

/// `SELECT projection FROM from`.
pub fn select(from: Relation, projection: Vec<Expr>) -> Query {
    let columns = projection.iter().enumerate().map(|(i, expr)| RelationColumn {
        name: format!("c{i}"),
        ty: expr.ty,
        typmod: -1,
        scale: NumericScale::Any,
    });
    let columns = columns.collect();
    let select = Select { distinct: Distinct::No, projection, from: Some(from), filter: None, group_by: GroupBy::None, having: None };
    Query {
        ctes: Vec::new(),
        body: SetExpr::Select(Box::new(select)),
        order_by: Vec::new(),
        limit: None,
        with_ties: false,
        offset: None,
        columns,
    }
}

/// The query as a statement without parameters.
pub fn bound(query: Query) -> Bound {
    let columns = query.columns.iter().map(|column| OutputColumn::new(column.name.clone(), column.ty)).collect();
    Bound { query, parameters: Vec::new(), columns, named: Vec::new() }
}
