//! Values of several named fields: rows that subqueries and WITH hand on, and `information_schema._pg_expandarray(array)`.
//!
//! JDBC and Tableau ask for keys by `(_pg_expandarray(indkey)).n` and by `(result.keys).x`. The function becomes `unnest(array) WITH
//! ORDINALITY` beside the FROM items, its value a row of that item's columns; a subquery hands the fields of its rows on as columns of their own.

use std::sync::Arc;

use super::Binder;
use super::coerce::Context;
use super::functions::resolve_function;
use super::item_columns::{Columns, ScopeColumn};
use super::names::unique;
use super::query::{BoundQuery, column_of};
use super::scope::{Clause, Item};
use crate::catalog::model::Table;
use crate::catalog::pg_catalog::row_types;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

impl Binder<'_> {
    /// `_pg_expandarray(array)` in a select list: a row of `x`, an element, and `n`, its number.
    pub fn expand_array(&mut self, arg: Expr, position: Option<u32>) -> Result<Expr> {
        if self.scope().clause != Clause::Select {
            return Err(Report::unsupported("function _pg_expandarray outside a select list").at(position));
        }
        let unnest = resolve_function(Some("pg_catalog"), "unnest", &[arg.ty], false, position)?.signature;
        let element = unnest.returns;
        let args = self.coercer().coerce_args(vec![arg], &unnest)?;
        let call = self.make(ExprKind::Call { function: unnest, args }, element, -1, position);
        let known = self.scope().expansions.iter().find(|(_, known)| *known == call).map(|(id, _)| *id);
        let id = match known {
            Some(id) => id,
            None => {
                let id = self.next_relation();
                let scope = self.scope();
                scope.relations.insert(id);
                scope.expansions.push((id, call));
                self.fields.insert(id, vec!["x".into(), "n".into()]);
                id
            }
        };
        let x = self.make(ExprKind::Column { relation: id, column: 0 }, element, -1, position);
        let n = self.make(ExprKind::Column { relation: id, column: 1 }, Type::INT8, -1, position);
        let n = self.coerce(n, Type::INT4, Context::Assignment)?;
        Ok(Expr::new(ExprKind::Row(vec![x, n], RowOf::Fields), Type::RECORD, position))
    }

    /// Joins the expansions of a select list to its FROM.
    pub fn join_expansions(&mut self, from: Option<Relation>) -> Option<Relation> {
        let column = |name: &str, ty| RelationColumn { name: name.into(), ty, typmod: -1, scale: NumericScale::Any };
        std::mem::take(&mut self.scope().expansions).into_iter().fold(from, |from, (id, call)| {
            let columns = vec![column("x", call.ty), column("n", Type::INT8)];
            let right = Relation::Function { id, alias: "expanded".into(), calls: vec![call], ordinality: true, columns };
            Some(match from {
                None => right,
                Some(left) => Relation::Join { kind: JoinKind::Cross, left: Box::new(left), right: Box::new(right), on: None },
            })
        })
    }

    /// `(row).field`.
    pub fn field(&self, row: &Expr, name: &str) -> Result<Expr> {
        let ExprKind::Row(fields, _) = &row.kind else {
            return Err(Report::unsupported("a field of a composite value").at(row.position));
        };
        let found = self.names_of_fields(row).iter().position(|field| field == name);
        found.and_then(|i| fields.get(i)).cloned().ok_or_else(|| {
            let message = format!("could not identify column \"{name}\" in record data type");
            Report::new(SqlState::UNDEFINED_COLUMN, message).at(row.position)
        })
    }

    /// The fields of a row with their names, as `(row).*` shows them.
    pub fn named_fields(&self, row: &Expr) -> Result<Vec<(String, Expr)>> {
        let ExprKind::Row(fields, _) = &row.kind else {
            if row.ty == Type::RECORD {
                return Err(Report::unsupported("expanding a composite value").at(row.position));
            }
            let message = format!("type {} is not composite", row.ty);
            return Err(Report::new(SqlState::WRONG_OBJECT_TYPE, message).at(row.position));
        };
        Ok(self.names_of_fields(row).into_iter().zip(fields.clone()).collect())
    }

    /// What the fields of a row are called: by the item that it is the row of, else `f1`, `f2`, ...
    pub fn names_of_fields(&self, row: &Expr) -> Vec<String> {
        let ExprKind::Row(fields, whole) = &row.kind else { return Vec::new() };
        let carried: Option<Vec<String>> = fields.iter().map(|field| self.field_name(field).map(str::to_owned)).collect();
        let numbered = || (1..=fields.len()).map(|i| format!("f{i}")).collect();
        match whole {
            _ if carried.is_some() => carried.unwrap_or_default(),
            RowOf::Fields => numbered(),
            RowOf::Item | RowOf::Outer(_) => self.names_of_item(fields).unwrap_or_else(numbered),
        }
    }

    /// The names of a FROM item's columns, if the fields are all of them.
    fn names_of_item(&self, fields: &[Expr]) -> Option<Vec<String>> {
        let ExprKind::Column { relation, .. } = fields.first()?.kind else { return None };
        let whole = fields.iter().enumerate().all(|(i, field)| field.kind == ExprKind::Column { relation, column: i });
        let names = self.row_names.get(&relation).or_else(|| self.item_names.get(&relation));
        names.filter(|names| whole && names.len() == fields.len()).map(Columns::names)
    }

    /// The relation whose whole row a value is; no row of a subquery or a join is one.
    fn relation_of_row(&self, row: &Expr) -> Option<&Arc<Table>> {
        let ExprKind::Row(fields, RowOf::Item | RowOf::Outer(_)) = &row.kind else { return None };
        let ExprKind::Column { relation, .. } = fields.first()?.kind else { return None };
        let table = self.tables.get(&relation)?;
        let is_field = |(i, field): (usize, &Expr)| field.kind == ExprKind::Column { relation, column: i };
        (fields.len() == table.columns.len() && fields.iter().enumerate().all(is_field)).then_some(table)
    }

    /// Gives `pg_typeof` of a relation's row that row's own type, where a row is a record otherwise.
    ///
    /// # Errors
    /// 0A000 over data: the type's name is the catalog's, not the warehouse's.
    pub fn type_of_row(&self, call: &mut Expr) -> Result<()> {
        let ExprKind::Call { function, args } = &mut call.kind else { return Ok(()) };
        let ("pg_typeof", [row]) = (function.name.as_str(), args.as_slice()) else { return Ok(()) };
        let Some(table) = self.relation_of_row(row) else { return Ok(()) };
        if !table.is_system() {
            let message = format!("pg_typeof() of a row of \"{}\"", table.name.table);
            return Err(Report::unsupported(message)
                .hint("A table's row is of the type that is called as the table is.")
                .at(call.position));
        }
        let own = Signature { arguments: vec![Type(row_types::oids(table).0)], ..(**function).clone() };
        *function = Arc::new(own);
        Ok(())
    }

    fn field_name(&self, field: &Expr) -> Option<&str> {
        match &field.kind {
            ExprKind::Column { relation, column } => {
                self.fields.get(relation)?.get(*column).map(String::as_str).filter(|name| !name.is_empty())
            }
            ExprKind::Cast { expr, .. } => self.field_name(expr),
            _ => None,
        }
    }

    /// Gives the fields of a query's rows as columns behind its own. Rows of an outer join's side stay as they are: they may be NULL as a whole.
    pub fn hand_on_rows(&mut self, bound: &mut BoundQuery) -> HandedOn {
        let mut handed = HandedOn::new();
        let BoundQuery { query, outputs } = bound;
        let SetExpr::Select(select) = &mut query.body else { return handed };
        if select.distinct != Distinct::No {
            return handed;
        }
        for i in 0..outputs.len() {
            let sorts = |key: &SortKey| key.by == SortBy::Output(i);
            let ExprKind::Row(fields, RowOf::Fields | RowOf::Item) = &select.projection[i].kind else { continue };
            let names = self.names_of_fields(&select.projection[i]);
            if query.order_by.iter().any(sorts) {
                continue;
            }
            let (fields, position) = (fields.clone(), select.projection[i].position);
            handed.push(Handed { column: i, names: names.clone(), first: query.columns.len() });
            for (name, field) in names.into_iter().zip(fields) {
                let name = format!("{}_{name}", query.columns[i].name);
                query.columns.push(RelationColumn { name, ty: field.ty, typmod: field.typmod, scale: field.scale });
                select.projection.push(field);
            }
            select.projection[i] = Expr::literal(Literal::Null, Type::TEXT, position);
            query.columns[i].ty = Type::TEXT;
        }
        let unique_names = unique(query.columns.iter().map(|column| column.name.clone()));
        for (column, name) in query.columns.iter_mut().zip(unique_names) {
            column.name = name;
        }
        handed
    }

    /// Tells the names of an item what to take for the rows that its query hands on.
    pub fn take_rows(&mut self, id: RelationId, handed: &[Handed], columns: &[RelationColumn], shown: &mut [ScopeColumn]) {
        if handed.is_empty() {
            return;
        }
        let names = self.fields.entry(id).or_default();
        names.resize(columns.len(), String::new());
        for Handed { column, names: own, first } in handed {
            let field = |i: usize| column_of(id, first + i, &columns[first + i], None);
            shown[*column].expr = Expr::new(ExprKind::Row((0..own.len()).map(field).collect(), RowOf::Item), Type::RECORD, None);
            names[*first..first + own.len()].clone_from_slice(own);
        }
    }
}

/// A row that a query hands on: its column shows nothing, its fields are columns from `first` on.
#[derive(Clone, Debug)]
pub struct Handed {
    column: usize,
    names: Vec<String>,
    first: usize,
}

impl Handed {
    /// A row in a column, whose fields are columns from `first` on.
    pub fn new(column: usize, names: Vec<String>, first: usize) -> Handed {
        Handed { column, names, first }
    }
}

/// The rows that a query hands on.
pub type HandedOn = Vec<Handed>;

/// The rows among an item's columns are NULL where an outer join finds no row of it.
pub fn rows_of_empty_side(item: &mut Item) {
    let is_row = |column: &ScopeColumn| matches!(column.expr.kind, ExprKind::Row(_, RowOf::Item));
    if !item.columns.any_made(is_row) {
        return;
    }
    for column in item.columns.made_mut().into_iter().flatten() {
        if let ExprKind::Row(fields, whole @ RowOf::Item) = &mut column.expr.kind
            && let Some(Expr { kind: ExprKind::Column { relation, .. }, .. }) = fields.first()
        {
            *whole = RowOf::Outer(*relation);
        }
    }
}
