//! Rows as arguments of functions that make json: `row_to_json(t)`, `json_agg(t)`, `to_jsonb(ROW(1, 2))`.

use std::sync::Arc;

use sqlparser::ast::Expr as AstExpr;

use super::Binder;
use super::call::Arguments;
use super::records::presence;
use super::scope::Item;
use crate::sql::parse::rewrite::WHOLE_ROW;
use crate::sql::tree::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// The function that stands for a row in such a call: names and values by turns; the emitters know it.
pub const ROW_JSON: &str = "row_json";

/// The functions to which a row is an object.
const TAKERS: &[&str] = &[
    "row_to_json",
    "to_json",
    "to_jsonb",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "json_build_object",
    "jsonb_build_object",
    "json_build_array",
    "jsonb_build_array",
];

impl Binder<'_> {
    /// Names the fields of a row: a FROM item's columns, else `f1`, `f2`, ...
    pub fn field_names(&self, expr: &AstExpr, fields: &[Expr]) -> Vec<String> {
        let mut bare = expr;
        while let AstExpr::Nested(inner) = bare {
            bare = inner;
        }
        let whole = match bare {
            AstExpr::Function(function) => function.name.to_string() == WHOLE_ROW,
            bare => matches!(bare, AstExpr::Identifier(_) | AstExpr::CompoundIdentifier(_)),
        };
        // Fields that are rows themselves have the names that the item gives them.
        let same = |item: &&Item| {
            item.columns.len() == fields.len() && item.columns.iter().zip(fields).all(|(column, field)| column.expr.kind == field.kind)
        };
        let item = self.scopes.iter().rev().flat_map(|scope| &scope.items).find(same).filter(|_| whole);
        let name = |(i, field): (usize, &Expr)| match &field.kind {
            // The row of a table has the table's own names, whatever the alias calls its columns.
            ExprKind::Column { relation, column } if whole => match self.row_names.get(relation).and_then(|names| names.name(*column)) {
                Some(name) => name.to_owned(),
                None => self.column_name(*relation, *column),
            },
            _ => item.and_then(|item| item.columns.name(i)).map_or_else(|| format!("f{}", i + 1), str::to_owned),
        };
        fields.iter().enumerate().map(name).collect()
    }

    /// Turns the rows among the arguments of a json function into what json is made of.
    pub fn rows_for_json(&self, name: &str, args: &mut Arguments) {
        if !TAKERS.contains(&name) {
            return;
        }
        // (SELECT t FROM (...) t): the row becomes an object where it is made.
        for arg in &mut args.exprs {
            if let ExprKind::Subquery { kind: SubqueryKind::Scalar, query } = &mut arg.kind
                && let SetExpr::Select(select) = &mut query.body
                && select.distinct == Distinct::No
                && let [Expr { kind: ExprKind::Row(fields, whole), position, .. }] = select.projection.as_slice()
            {
                let name = |(i, field): (usize, &Expr)| match field.kind {
                    ExprKind::Column { relation, column } => {
                        select.from.as_ref().and_then(|from| written_name(from, relation, column)).unwrap_or_else(|| format!("f{}", i + 1))
                    }
                    _ => format!("f{}", i + 1),
                };
                let names: Vec<String> = fields.iter().enumerate().map(name).collect();
                let object = self.row_json(fields, *whole, &names, *position);
                select.projection = vec![object];
            }
        }
        for (i, names) in &args.fields {
            let row = &args.exprs[*i];
            if let ExprKind::Row(fields, whole) = &row.kind {
                args.exprs[*i] = self.row_json(fields, *whole, names, row.position);
            }
        }
    }

    fn row_json(&self, fields: &[Expr], whole: RowOf, names: &[String], position: Option<u32>) -> Expr {
        let mut args = Vec::new();
        for (field, name) in fields.iter().zip(names) {
            args.push(Expr::literal(Literal::Text(name.clone()), Type::TEXT, position));
            args.push(match &field.kind {
                ExprKind::Row(inner, whole) => self.row_json(inner, *whole, &self.names_of_fields(field), position),
                _ => field.clone(),
            });
        }
        let function = Signature {
            oid: 0,
            schema: "pg_catalog",
            name: ROW_JSON.to_owned(),
            arguments: args.iter().map(|arg| arg.ty).collect(),
            variadic: Some(0),
            returns: Type::RECORD,
            returns_set: false,
            volatility: 'i',
            strict: false,
        };
        let object = self.make(ExprKind::Call { function: Arc::new(function), args }, Type::RECORD, -1, position);
        // The row of an outer join's side that found no partner is NULL itself.
        let row = Expr::new(ExprKind::Row(fields.to_vec(), whole), Type::RECORD, position);
        let Some(present) = presence(&row) else { return object };
        self.make(ExprKind::Case { whens: vec![(present, object)], otherwise: None }, Type::RECORD, -1, position)
    }
}

/// The name of a FROM item's column.
fn written_name(from: &Relation, id: RelationId, column: usize) -> Option<String> {
    match from {
        Relation::Join { left, right, .. } => written_name(left, id, column).or_else(|| written_name(right, id, column)),
        other if other.id() != Some(id) => None,
        Relation::Table { table, .. } => table.columns.get(column).map(|column| column.name.clone()),
        Relation::Derived { query, .. } => query.columns.get(column).map(|column| column.name.clone()),
        Relation::Cte { columns, .. } | Relation::Function { columns, .. } => columns.get(column).map(|column| column.name.clone()),
    }
}
