//! LIMIT and OFFSET by expressions that are no constants, which neither warehouse takes: the rows are numbered in their order, and a condition on the
//! number takes its place.

use crate::error::{Report, Result};
use crate::sql::bind::operators::resolve_operator;
use crate::sql::row_places::row_number_over;
use crate::sql::tree::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The function that gives back its first argument, a number of rows; of one below zero it says that its second must not be negative.
const ROW_COUNT: &str = "row_count";

/// Returns the query with all those queries in it rewritten of which `is_computed` says so; `None` if there are none. `checks`: the dialect has the
/// function [`ROW_COUNT`].
///
/// # Errors
/// 0A000 where the rows' order cannot be had by a window.
pub fn rewritten(query: &Query, is_computed: fn(&Query) -> bool, checks: bool) -> Result<Option<Query>> {
    struct Search(bool, u32, fn(&Query) -> bool);
    impl walk::Visitor for Search {
        fn query(&mut self, query: &Query) {
            self.0 |= (self.2)(query);
        }
        fn relation(&mut self, relation: &Relation) {
            self.1 = self.1.max(relation.id().map_or(0, |id| id.0));
        }
    }
    let mut search = Search(false, 0, is_computed);
    walk::walk_query(query, &mut search);
    if !search.0 {
        return Ok(None);
    }
    let mut query = query.clone();
    let mut numbering = Numbering { last: search.1, is_computed, checks, failed: None };
    walk::walk_query_mut(&mut query, &mut numbering);
    numbering.failed.map_or(Ok(Some(query)), Err)
}

struct Numbering {
    last: u32,
    is_computed: fn(&Query) -> bool,
    checks: bool,
    failed: Option<Report>,
}

impl VisitorMut for Numbering {
    fn query(&mut self, query: &mut Query) {
        if self.failed.is_none()
            && (self.is_computed)(query)
            && let Err(report) = self.number(query)
        {
            self.failed = Some(report);
        }
    }
}

impl Numbering {
    fn next(&mut self) -> RelationId {
        self.last += 1;
        RelationId(self.last)
    }

    fn number(&mut self, query: &mut Query) -> Result<()> {
        let position = query.limit.as_ref().or(query.offset.as_ref()).and_then(|count| count.position);
        if query.with_ties {
            return Err(Report::unsupported("WITH TIES of a computed number of rows").at(position));
        }
        let (mut limit, mut offset) = (query.limit.take(), query.offset.take());
        if self.checks {
            limit = limit.map(|limit| checked(limit, "LIMIT"));
            offset = offset.map(|offset| checked(offset, "OFFSET"));
        }
        let ctes = std::mem::take(&mut query.ctes);
        let columns = query.columns.clone();
        let mut keys = std::mem::take(&mut query.order_by);
        let plain = matches!(&query.body, SetExpr::Select(select) if select.distinct == Distinct::No);
        let mut inner = Query { ctes: Vec::new(), order_by: Vec::new(), columns: columns.clone(), ..query.clone() };
        if !plain {
            // What DISTINCT and set operations leave is numbered from outside.
            if keys.iter().any(|key| matches!(key.by, SortBy::Expr(_))) {
                return Err(Report::unsupported("LIMIT of a computed number of rows here")
                    .at(position)
                    .hint("Put the query into a subquery, and sort and limit its rows."));
            }
            if let SetExpr::Select(select) = &inner.body
                && matches!(select.distinct, Distinct::On(_))
            {
                inner.order_by.clone_from(&keys);
            }
            let id = self.next();
            let projection = columns.iter().enumerate().map(|(i, column)| column_of(id, i, column)).collect();
            inner = Query { ctes: Vec::new(), ..select(projection, derived(id, inner), None, columns.clone()) };
        }
        let SetExpr::Select(body) = &mut inner.body else { return Err(Report::internal("a numbered query that is no SELECT")) };
        for key in &mut keys {
            if let SortBy::Output(i) = key.by {
                key.by = SortBy::Expr(body.projection[i].clone());
            }
        }
        body.projection.push(row_number_over(keys)?);
        let number_column = RelationColumn { name: unused(&columns), ty: Type::INT8, typmod: -1, scale: NumericScale::Any };
        inner.columns.push(number_column.clone());
        let id = self.next();
        let number = column_of(id, columns.len(), &number_column);
        let filter = condition(&number, limit, offset)?;
        let projection = columns.iter().enumerate().map(|(i, column)| column_of(id, i, column)).collect();
        *query = select(projection, derived(id, inner), Some(filter), columns);
        query.ctes = ctes;
        query.order_by = vec![SortKey { by: SortBy::Expr(number), descending: false, nulls_first: false }];
        Ok(())
    }
}

/// `number > offset AND number <= offset + limit`; NULL counts as no offset and as no limit.
fn condition(number: &Expr, limit: Option<Expr>, offset: Option<Expr>) -> Result<Expr> {
    let infix = |name: &str, left: Expr, right: Expr| -> Result<Expr> {
        let operator = resolve_operator(name, Some(Type::INT8), Type::INT8, None)?;
        let ty = operator.returns;
        Ok(Expr::new(ExprKind::Operator { operator, args: vec![left, right] }, ty, None))
    };
    let zero = || Expr::literal(Literal::Int(0), Type::INT8, None);
    let offset = offset.map(|offset| Expr::new(ExprKind::Coalesce(vec![offset, zero()]), Type::INT8, None));
    let mut parts = Vec::new();
    if let Some(offset) = &offset {
        parts.push(infix(">", number.clone(), offset.clone())?);
    }
    if let Some(limit) = limit {
        let last = match offset {
            Some(offset) => infix("+", limit.clone(), offset)?,
            None => limit.clone(),
        };
        let none = Expr::new(ExprKind::IsNull { expr: Box::new(limit), negated: false }, Type::BOOL, None);
        let within = infix("<=", number.clone(), last)?;
        parts.push(Expr::new(ExprKind::Or(vec![none, within]), Type::BOOL, None));
    }
    Ok(if parts.len() == 1 { parts.remove(0) } else { Expr::new(ExprKind::And(parts), Type::BOOL, None) })
}

fn checked(count: Expr, word: &str) -> Expr {
    let function = Signature {
        oid: 0,
        schema: "pg_catalog",
        name: ROW_COUNT.into(),
        arguments: vec![Type::INT8, Type::TEXT],
        variadic: None,
        returns: Type::INT8,
        returns_set: false,
        volatility: 'i',
        strict: true,
    };
    let position = count.position;
    let args = vec![count, Expr::literal(Literal::Text(word.to_owned()), Type::TEXT, None)];
    Expr::new(ExprKind::Call { function: function.into(), args }, Type::INT8, position)
}

fn select(projection: Vec<Expr>, from: Relation, filter: Option<Expr>, columns: Vec<RelationColumn>) -> Query {
    let select = Select { distinct: Distinct::No, projection, from: Some(from), filter, group_by: GroupBy::None, having: None };
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

fn derived(id: RelationId, query: Query) -> Relation {
    Relation::Derived { id, alias: "numbered".into(), lateral: false, query: Box::new(query) }
}

fn column_of(relation: RelationId, column: usize, like: &RelationColumn) -> Expr {
    Expr { kind: ExprKind::Column { relation, column }, ty: like.ty, typmod: like.typmod, scale: like.scale, position: None }
}

/// A name that no output column has.
fn unused(columns: &[RelationColumn]) -> String {
    let mut name = "row_number_".to_owned();
    while columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    name
}
