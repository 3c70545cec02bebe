//! Queries: WITH, set operations, VALUES, parentheses.

use sqlparser::ast::{self, SetExpr as AstSetExpr, SetOperator, SetQuantifier};

use super::coerce::{Context, common_type};
use super::composite::HandedOn;
use super::expr::{RED_ZONE, STACK};
use super::names::{fold, unique};
use super::order::distinguishable;
use super::recursion::refers_to;
use super::scope::{Clause, Scope};
use super::search_cycle::{Clauses, Path};
use super::{Binder, common_typmod};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::locks;
use crate::sql::tree::*;
use crate::types::{NumericScale, Type};

/// A bound query with what the tree does not keep: names as PostgreSQL gives them, and where columns come from.
pub struct BoundQuery {
    /// The query.
    pub query: Query,
    /// One for each of the query's columns.
    pub outputs: Vec<Output>,
}

/// One output column.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its name; not necessarily unique.
    pub name: String,
    /// Table OID and attribute number, or zeros.
    pub origin: (u32, i16),
}

/// A WITH item in sight.
#[derive(Clone, Debug)]
pub struct VisibleCte {
    /// Its name, folded.
    pub name: String,
    /// Its id.
    pub id: CteId,
    /// Its columns.
    pub columns: Vec<RelationColumn>,
    /// Their names and origins.
    pub outputs: Vec<Output>,
    /// Times it was referred to.
    pub uses: u32,
    /// The order of its rows.
    pub order: Vec<super::inherit::Ordered>,
    /// Its columns that are rows.
    pub rows: HandedOn,
    /// Its columns that are arrays of rows.
    pub paths: Vec<Path>,
    /// How many of its last columns SEARCH and CYCLE have added.
    pub added: usize,
    /// The level of the query whose WITH it stands in.
    pub level: usize,
}

/// Whether a query has an ORDER BY, LIMIT, OFFSET or FETCH.
const fn ends(query: &ast::Query) -> bool {
    query.order_by.is_some() || query.limit_clause.is_some() || query.fetch.is_some()
}

/// Returns the query in parentheses with what is written behind them: PostgreSQL puts both into one query, and refuses what is there twice.
fn joined(outer: &ast::Query, inner: &ast::Query) -> Result<ast::Query> {
    let parts = |query: &ast::Query| match &query.limit_clause {
        Some(ast::LimitClause::LimitOffset { limit, offset, .. }) => (limit.is_some(), offset.is_some()),
        _ => (false, false),
    };
    let ((limits, offsets), (limited, skipped)) = (parts(outer), parts(inner));
    let twice = if outer.order_by.is_some() && inner.order_by.is_some() {
        Some("ORDER BY")
    } else if offsets && skipped {
        Some("OFFSET")
    } else if (limits || outer.fetch.is_some()) && (limited || inner.fetch.is_some()) {
        Some("LIMIT")
    } else {
        None
    };
    if let Some(clause) = twice {
        return Err(Report::new(SqlState::SYNTAX_ERROR, format!("multiple {clause} clauses not allowed")));
    }
    let mut query = inner.clone();
    query.order_by = query.order_by.or_else(|| outer.order_by.clone());
    query.fetch = query.fetch.or_else(|| outer.fetch.clone());
    query.limit_clause = match (query.limit_clause, outer.limit_clause.clone()) {
        (
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }),
            Some(ast::LimitClause::LimitOffset { limit: behind, offset: skip, limit_by: by }),
        ) => Some(ast::LimitClause::LimitOffset {
            limit: limit.or(behind),
            offset: offset.or(skip),
            limit_by: if limit_by.is_empty() { by } else { limit_by },
        }),
        (inside, behind) => inside.or(behind),
    };
    Ok(query)
}

impl Binder<'_> {
    /// Binds a query. With `settle`, constants of unknown type in its output become text; without, the caller decides (set operations).
    pub fn query(&mut self, query: &ast::Query, settle: bool) -> Result<BoundQuery> {
        let conditionals = std::mem::take(&mut self.conditionals);
        let bound = stacker::maybe_grow(RED_ZONE, STACK, || self.query_on_stack(query, settle));
        self.conditionals = conditionals;
        bound
    }

    fn query_on_stack(&mut self, query: &ast::Query, settle: bool) -> Result<BoundQuery> {
        if query.settings.is_some() || query.format_clause.is_some() || query.for_clause.is_some() || !query.pipe_operators.is_empty() {
            return Err(Report::unsupported("this form of query"));
        }
        if let Some(report) = locks::refused(query) {
            return Err(report);
        }
        let visible = self.ctes.len();
        let ctes = match &query.with {
            Some(with) => self.with(with)?,
            None => Vec::new(),
        };
        let mut bound = match query.body.as_ref() {
            AstSetExpr::Select(select) => self.select(select, query, settle)?,
            AstSetExpr::Query(inner) if ends(query) => self.query(&joined(query, inner)?, settle)?,
            body => {
                let mut inner = self.set_expr(body, settle)?;
                let ends = ends(query);
                if ends && (!inner.query.order_by.is_empty() || inner.query.limit.is_some() || inner.query.offset.is_some()) {
                    inner = self.wrap(inner);
                }
                // A query in parentheses keeps its own ORDER BY and LIMIT.
                if ends {
                    self.order_outputs(query, &mut inner)?;
                    self.limits(query, &mut inner.query)?;
                }
                inner
            }
        };
        // A limit takes the first rows, and the client sees them in their order. All rows are not sorted once more for their windows' sake.
        if bound.query.limit.is_some() || bound.query.offset.is_some() {
            self.inherit_order(&mut bound.query);
        } else if self.scopes.is_empty() {
            self.inherit_order_from(&mut bound.query);
        }
        self.ctes.truncate(visible);
        if !ctes.is_empty() {
            let inner = std::mem::replace(&mut bound.query.ctes, ctes);
            bound.query.ctes.extend(inner);
        }
        Ok(bound)
    }

    pub fn set_expr(&mut self, body: &AstSetExpr, settle: bool) -> Result<BoundQuery> {
        stacker::maybe_grow(RED_ZONE, STACK, || self.set_expr_on_stack(body, settle))
    }

    fn set_expr_on_stack(&mut self, body: &AstSetExpr, settle: bool) -> Result<BoundQuery> {
        match body {
            AstSetExpr::Select(select) => {
                let plain = ast::Query {
                    with: None,
                    body: Box::new(AstSetExpr::Values(ast::Values { explicit_row: false, value_keyword: false, rows: Vec::new() })),
                    order_by: None,
                    limit_clause: None,
                    fetch: None,
                    locks: Vec::new(),
                    for_clause: None,
                    settings: None,
                    format_clause: None,
                    pipe_operators: Vec::new(),
                };
                self.select(select, &plain, settle)
            }
            AstSetExpr::Query(query) => self.query(query, settle),
            AstSetExpr::SetOperation { left, op, set_quantifier, right } => self.set_operation(left, *op, *set_quantifier, right),
            // Constants in VALUES are text, whatever a set operation would make of them.
            AstSetExpr::Values(values) => self.values(values),
            AstSetExpr::Table(table) => self.table_command(table),
            AstSetExpr::Insert(_) | AstSetExpr::Update(_) | AstSetExpr::Delete(_) | AstSetExpr::Merge(_) => {
                Err(Report::new(SqlState::READ_ONLY_SQL_TRANSACTION, "cannot execute a write in a read-only transaction"))
            }
        }
    }

    /// Makes `SELECT * FROM (query)`, so that another ORDER BY or LIMIT can follow.
    pub fn wrap(&mut self, inner: BoundQuery) -> BoundQuery {
        let id = self.next_relation();
        let columns = inner.query.columns.clone();
        let projection = columns.iter().enumerate().map(|(i, column)| column_of(id, i, column, None)).collect();
        let select = Select {
            distinct: Distinct::No,
            projection,
            from: Some(Relation::Derived { id, alias: "sub".into(), lateral: false, query: Box::new(inner.query) }),
            filter: None,
            group_by: GroupBy::None,
            having: None,
        };
        BoundQuery { query: plain_query(SetExpr::Select(Box::new(select)), columns), outputs: inner.outputs }
    }

    pub fn with(&mut self, with: &ast::With) -> Result<Vec<Cte>> {
        let mut ctes: Vec<Cte> = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for item in super::recursion::in_order(with) {
            let name = fold(&item.alias.name);
            self.check_name(&item.alias.name)?;
            let position = self.places.of(item.alias.name.span.start);
            if names.contains(&name) {
                let message = format!("WITH query name \"{name}\" specified more than once");
                return Err(Report::new(SqlState::DUPLICATE_ALIAS, message).at(position));
            }
            names.push(name.clone());
            let recursive = with.recursive && refers_to(&item.query, &name);
            let id = self.next_cte();
            let clauses = self.search_and_cycle(item, recursive, position)?;
            let added = clauses.as_ref().map_or(0, Clauses::added);
            let (mut bound, mut rows, paths) = match recursive {
                true => self.recursive(item, &name, id, clauses, position)?,
                false => (self.query(&item.query, true)?, HandedOn::new(), Vec::new()),
            };
            self.rename(&mut bound, &item.alias, &name)?;
            let order = if recursive { None } else { self.keys_of(&mut bound.query) }.unwrap_or_default();
            if !recursive {
                rows = self.hand_on_rows(&mut bound);
            }
            if recursive {
                // What stands in its own WITH is no part of what is computed again and again.
                ctes.append(&mut bound.query.ctes);
            }
            let (columns, outputs) = (bound.query.columns.clone(), bound.outputs);
            let level = self.level() + 1;
            self.ctes.push(VisibleCte { name: name.clone(), id, columns, outputs, uses: 0, order, rows, paths, added, level });
            ctes.push(Cte { id, name, recursive, query: bound.query });
        }
        Ok(ctes)
    }

    /// Applies a column list `name(a, b)`.
    pub fn rename(&self, bound: &mut BoundQuery, alias: &ast::TableAlias, name: &str) -> Result<()> {
        if alias.columns.len() > bound.outputs.len() {
            let message = format!(
                "WITH query \"{name}\" has {} columns available but {} columns specified",
                bound.outputs.len(),
                alias.columns.len()
            );
            return Err(Report::new(SqlState::INVALID_COLUMN_REFERENCE, message).at(self.places.of(alias.name.span.start)));
        }
        for (output, column) in bound.outputs.iter_mut().zip(&alias.columns) {
            output.name = fold(&column.name);
        }
        name_columns(bound);
        Ok(())
    }

    pub fn same_width(&self, left: &BoundQuery, right: &BoundQuery, name: &str, position: Option<u32>) -> Result<()> {
        if left.outputs.len() == right.outputs.len() {
            return Ok(());
        }
        Err(Report::new(SqlState::SYNTAX_ERROR, format!("each {name} query must have the same number of columns")).at(position))
    }

    fn set_operation(&mut self, left: &AstSetExpr, op: SetOperator, quantifier: SetQuantifier, right: &AstSetExpr) -> Result<BoundQuery> {
        let (op, name) = match op {
            SetOperator::Union => (SetOp::Union, "UNION"),
            SetOperator::Intersect => (SetOp::Intersect, "INTERSECT"),
            SetOperator::Except => (SetOp::Except, "EXCEPT"),
            SetOperator::Minus => return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"MINUS\"")),
        };
        let all = is_all(quantifier)?;
        self.sides += 1;
        let sides = self.set_expr(left, false).and_then(|left| Ok((left, self.set_expr(right, false)?)));
        self.sides -= 1;
        let (mut left, mut right) = sides?;
        let position = first_position(&right.query);
        self.same_width(&left, &right, name, position)?;
        let mut columns = Vec::new();
        if left.outputs.is_empty() {
            columns.extend(left.query.columns.iter().take(1).cloned()); // the one that stands for none
        }
        for i in 0..left.outputs.len() {
            let types = [left.query.columns[i].ty, right.query.columns[i].ty];
            let ty = common_type(name, &types, output_position(&right.query, i).or(position))?;
            self.coerce_column(&mut left.query, i, ty)?;
            self.coerce_column(&mut right.query, i, ty)?;
            if !(all && op == SetOp::Union) {
                let side = if types[0] == ty { &left.query } else { &right.query };
                distinguishable(ty, output_position(side, i))?;
            }
            let (a, b) = (&left.query.columns[i], &right.query.columns[i]);
            let typmod = if a.typmod == b.typmod { a.typmod } else { -1 };
            let scale = if a.scale == b.scale { a.scale } else { NumericScale::Any };
            columns.push(RelationColumn { name: a.name.clone(), ty, typmod, scale });
        }
        let outputs = left.outputs.iter().map(|output| Output { name: output.name.clone(), origin: (0, 0) }).collect();
        let body = SetExpr::Set { op, all, left: Box::new(left.query), right: Box::new(right.query) };
        Ok(BoundQuery { query: plain_query(body, columns), outputs })
    }

    fn values(&mut self, values: &ast::Values) -> Result<BoundQuery> {
        self.scopes.push(Scope::new(Clause::Values));
        let bound = self.value_rows(values);
        self.scopes.pop();
        bound
    }

    fn value_rows(&mut self, values: &ast::Values) -> Result<BoundQuery> {
        let mut rows: Vec<Vec<Expr>> = Vec::new();
        for row in &values.rows {
            rows.push(row.iter().map(|expr| self.expr(expr)).collect::<Result<_>>()?);
        }
        let width = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != width) {
            let position = row.first().and_then(|expr| expr.position);
            return Err(Report::new(SqlState::SYNTAX_ERROR, "VALUES lists must all be the same length").at(position));
        }
        let mut columns = Vec::new();
        for i in 0..width {
            let types: Vec<Type> = rows.iter().map(|row| row[i].ty).collect();
            let position = rows.iter().find(|row| row[i].ty != types[0]).and_then(|row| row[i].position);
            let ty = common_type("VALUES", &types, position)?;
            for row in &mut rows {
                let expr = std::mem::replace(&mut row[i], Expr::literal(crate::types::literal::Literal::Null, ty, None));
                row[i] = self.coerce(expr, ty, Context::Implicit)?;
            }
            let column = rows.iter().map(|row| &row[i]);
            let typmod = common_typmod(column.clone());
            let mut scales = column.filter(|expr| !expr.is_null_literal()).map(|expr| expr.scale);
            let first = scales.next().unwrap_or_default();
            let scale = if scales.all(|scale| scale == first) { first } else { NumericScale::Any };
            columns.push(RelationColumn { name: format!("column{}", i + 1), ty, typmod, scale });
        }
        let outputs = columns.iter().map(|column| Output { name: column.name.clone(), origin: (0, 0) }).collect();
        Ok(BoundQuery { query: plain_query(SetExpr::Values(rows), columns), outputs })
    }

    /// Makes output column `i` of a query one of type `ty`, wherever its expressions stand.
    pub fn coerce_column(&self, query: &mut Query, i: usize, ty: Type) -> Result<()> {
        if query.columns[i].ty == ty {
            return Ok(());
        }
        let (mut typmod, mut scale) = (-1, NumericScale::Any);
        let replace = |binder: &Self, expr: &mut Expr| -> Result<()> {
            let old = std::mem::replace(expr, Expr::literal(crate::types::literal::Literal::Null, ty, None));
            *expr = binder.coerce(old, ty, Context::Implicit)?;
            Ok(())
        };
        match &mut query.body {
            SetExpr::Select(select) => {
                if let Distinct::On(_) = select.distinct {
                    // The sort keys refer to the output by index and compare its uncast value; both orders agree for every implicit cast.
                }
                replace(self, &mut select.projection[i])?;
                (typmod, scale) = (select.projection[i].typmod, select.projection[i].scale);
            }
            SetExpr::Set { left, right, .. } => {
                self.coerce_column(left, i, ty)?;
                self.coerce_column(right, i, ty)?;
            }
            SetExpr::Values(rows) => {
                for row in rows {
                    replace(self, &mut row[i])?;
                }
            }
        }
        let column = &mut query.columns[i];
        (column.ty, column.typmod, column.scale) = (ty, typmod, scale);
        Ok(())
    }
}

/// A query without WITH, ORDER BY and LIMIT.
pub fn plain_query(body: SetExpr, columns: Vec<RelationColumn>) -> Query {
    Query { ctes: Vec::new(), body, order_by: Vec::new(), limit: None, with_ties: false, offset: None, columns }
}

/// A reference to a column of a relation.
pub fn column_of(relation: RelationId, column: usize, like: &RelationColumn, position: Option<u32>) -> Expr {
    Expr { kind: ExprKind::Column { relation, column }, ty: like.ty, typmod: like.typmod, scale: like.scale, position }
}

/// Gives the query's columns unique names after its outputs.
pub fn name_columns(bound: &mut BoundQuery) {
    let names = unique(bound.outputs.iter().map(|output| output.name.clone()));
    for (column, name) in bound.query.columns.iter_mut().zip(names) {
        column.name = name;
    }
}

pub fn is_all(quantifier: SetQuantifier) -> Result<bool> {
    match quantifier {
        SetQuantifier::All => Ok(true),
        SetQuantifier::Distinct | SetQuantifier::None => Ok(false),
        _ => Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"BY\"")),
    }
}

pub fn first_position(query: &Query) -> Option<u32> {
    output_position(query, 0)
}

pub fn output_position(query: &Query, i: usize) -> Option<u32> {
    match &query.body {
        SetExpr::Select(select) => select.projection.get(i)?.position,
        SetExpr::Set { left, .. } => output_position(left, i),
        SetExpr::Values(rows) => rows.first()?.get(i)?.position,
    }
}

/// Where a query's text begins, as far as the parser kept it.
pub fn start_of(query: &ast::Query) -> Option<sqlparser::tokenizer::Location> {
    if let Some(with) = &query.with {
        return Some(with.with_token.0.span.start);
    }
    let mut body = query.body.as_ref();
    loop {
        match body {
            AstSetExpr::Select(select) => return Some(select.select_token.0.span.start),
            AstSetExpr::Query(query) => return start_of(query),
            AstSetExpr::SetOperation { left, .. } => body = left,
            AstSetExpr::Values(values) => {
                let first = values.rows.first()?.first()?;
                return Some(sqlparser::ast::Spanned::span(first).start).filter(|start| start.line > 0);
            }
            _ => return None,
        }
    }
}
