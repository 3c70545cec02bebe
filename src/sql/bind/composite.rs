//! Values of several named fields, as far as tools' catalog queries need them: `information_schema._pg_expandarray(array)`.
//!
//! JDBC and Tableau ask for keys by `(_pg_expandarray(indkey)).n` and by `(result.keys).x`. The function becomes `unnest(array) WITH
//! ORDINALITY` beside the FROM items, its value a row of that item's columns; a subquery hands the fields on as columns of their own.

use super::Binder;
use super::coerce::Context;
use super::functions::resolve_function;
use super::names::unique;
use super::query::{BoundQuery, column_of};
use super::scope::{Clause, ScopeColumn};
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
        let found = fields.iter().find(|field| self.field_name(field) == Some(name));
        // The fields of ROW(...) are called f1, f2, ...
        let unnamed = || fields.iter().all(|field| self.field_name(field).is_none());
        let numbered = || name.strip_prefix('f').and_then(|n| n.parse::<usize>().ok()?.checked_sub(1)).filter(|_| unnamed());
        found.or_else(|| fields.get(numbered()?)).cloned().ok_or_else(|| {
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
        let named = fields.iter().enumerate().map(|(i, field)| {
            let name = self.field_name(field).map_or_else(|| format!("f{}", i + 1), str::to_owned);
            (name, field.clone())
        });
        Ok(named.collect())
    }

    fn field_name(&self, field: &Expr) -> Option<&str> {
        match &field.kind {
            ExprKind::Column { relation, column } => self.fields.get(relation)?.get(*column).map(String::as_str),
            ExprKind::Cast { expr, .. } => self.field_name(expr),
            _ => None,
        }
    }

    /// Gives the fields of a subquery's rows as columns behind its own, and tells the names what to take for the row.
    pub fn hand_on_fields(&mut self, id: RelationId, bound: &mut BoundQuery, columns: &mut [ScopeColumn]) {
        let SetExpr::Select(select) = &mut bound.query.body else { return };
        let mut names: Vec<String> = vec![String::new(); select.projection.len()];
        for (i, column) in columns.iter_mut().enumerate() {
            let ExprKind::Row(fields, _) = &select.projection[i].kind else { continue };
            let own: Option<Vec<String>> = fields.iter().map(|field| self.field_name(field).map(str::to_owned)).collect();
            let Some(own) = own.filter(|_| select.distinct == Distinct::No) else { continue };
            let (fields, position) = (fields.clone(), select.projection[i].position);
            let mut row = Vec::new();
            for (name, field) in own.into_iter().zip(fields) {
                let like =
                    RelationColumn { name: format!("{}_{name}", column.name), ty: field.ty, typmod: field.typmod, scale: field.scale };
                row.push(column_of(id, select.projection.len(), &like, None));
                select.projection.push(field);
                bound.query.columns.push(like);
                names.push(name);
            }
            column.expr = Expr::new(ExprKind::Row(row, RowOf::Fields), Type::RECORD, None);
            select.projection[i] = Expr::literal(Literal::Null, Type::TEXT, position);
            bound.query.columns[i].ty = Type::TEXT;
        }
        let unique_names = unique(bound.query.columns.iter().map(|column| column.name.clone()));
        for (column, name) in bound.query.columns.iter_mut().zip(unique_names) {
            column.name = name;
        }
        self.fields.insert(id, names);
    }
}
