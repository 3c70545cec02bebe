//! Names to relations and columns, expressions to PostgreSQL's types: a parsed query to a [`Bound`] tree.

use std::cell::RefCell;
use std::sync::Arc;

pub use arguments::bind_arguments;
pub use query::start_of;
pub use typenames::type_of;

use super::array_bounds::{self, Begin};
use super::classify::Read;
use super::parse::Positions;
use super::row_fields;
use super::tree::{Bound, CteId, Expr, ExprKind, IdMap, Query, RelationId};
use super::walk;
use crate::catalog::model::{Snapshot, Table};
use crate::error::{Report, Result, SqlState};
use crate::query::OutputColumn;
use crate::types::Type;
use crate::types::input::Reads;
use crate::types::zone::Tz;
use coerce::{Coercer, Context};
use item_columns::Columns;
use query::BoundQuery;

mod aggregate;
mod arguments;
mod arrays;
mod call;
mod candidates;
pub mod casts;
mod clock;
pub mod coerce;
mod collation;
mod compare;
mod composite;
mod constant;
mod copies;
mod decided;
mod dependent;
mod expr;
mod extreme_calls;
mod fold;
mod from;
pub mod functions;
mod grouping;
pub mod infinite;
mod integers;
mod item_columns;
pub mod inherit;
mod join;
mod names;
mod nested_sets;
mod operator_calls;
pub mod operators;
mod numeric_series;
mod order;
mod outer_aggregates;
pub mod patterns;
mod places;
pub mod polymorphic;
mod query;
pub mod range;
mod records;
mod recursion;
pub mod regs;
mod row_json;
mod sample;
pub mod scale;
mod scope;
mod search_cycle;
mod select;
pub mod signatures;
mod special;
mod spread;
mod standard_views;
#[cfg(test)]
mod tests;
mod typenames;
mod variadic;
pub(in crate::sql) mod warehouse;
mod window;

/// What binding depends on.
#[derive(Clone, Copy, Debug)]
pub struct BindContext<'a> {
    /// The catalog.
    pub snapshot: &'a Snapshot,
    /// Schemas for unqualified names, without `pg_catalog`.
    pub search_path: &'a [String],
    /// The session's TimeZone.
    pub timezone: Tz,
    /// How constants are read: by what was set when the statement was parsed.
    pub reads_in: Reads,
    /// The types that the client declared for `$1`, ...; UNKNOWN or OID 0 are inferred.
    pub parameter_types: &'a [Type],
}

/// Binds a query.
///
/// # Errors
/// PostgreSQL's errors with its wording and position; 0A000 for what is not translated faithfully.
pub fn bind(read: &Read, cx: &BindContext) -> Result<Bound> {
    super::contained("binder", || bind_alone(read, cx))
}

fn bind_alone(read: &Read, cx: &BindContext) -> Result<Bound> {
    let mut binder = Binder::new(read, cx);
    let bound = binder.query(&read.query, true)?;
    if bound.outputs.is_empty() {
        return Err(Report::unsupported("an answer without columns"));
    }
    binder.finished(bound)
}

/// Looks up the OID that a reg* type's text names.
type Regs<'a> = Box<dyn Fn(Type, &str) -> Result<u32> + 'a>;

/// One statement's binding under way.
struct Binder<'a> {
    cx: BindContext<'a>,
    places: Arc<Positions>,
    parameters: RefCell<Vec<Type>>,
    regs: Regs<'a>,
    /// One per query level, innermost last.
    scopes: Vec<scope::Scope>,
    /// WITH items that are visible, innermost last.
    ctes: Vec<query::VisibleCte>,
    relations: u32,
    cte_count: u32,
    /// Nodes copied so far.
    copied: std::cell::Cell<usize>,
    /// Names of the columns of relations that carry the fields of composite values.
    fields: IdMap<RelationId, Vec<String>>,
    /// The columns' own names, of tables whose alias renames them.
    row_names: IdMap<RelationId, Columns>,
    /// The names of the columns of FROM items, also of those whose query is bound already.
    item_names: IdMap<RelationId, Columns>,
    /// The relations of the catalog that FROM items are.
    tables: IdMap<RelationId, Arc<Table>>,
    /// How many set operations are around.
    sides: usize,
    /// What the arrays of rows among the columns of recursive items sort by.
    path_keys: IdMap<(RelationId, usize), Expr>,
    /// The CASEs and COALESCEs around, innermost last: no set-returning function may stand in them.
    conditionals: Vec<&'static str>,
    /// Whether a constant in one of them cannot be cast.
    late: std::cell::Cell<bool>,
    /// How many expressions around this one ask what a letter is.
    reading_letters: usize,
}

impl<'a> Binder<'a> {
    fn new(read: &Read, cx: &'a BindContext<'a>) -> Binder<'a> {
        let declared = cx.parameter_types.iter().map(|ty| if ty.0 == 0 { Type::UNKNOWN } else { *ty }).collect();
        Binder {
            cx: *cx,
            places: read.positions.clone(),
            parameters: RefCell::new(declared),
            regs: Box::new(|ty, name| regs::lookup(cx, ty, name)),
            scopes: Vec::new(),
            ctes: Vec::new(),
            relations: 0,
            cte_count: 0,
            copied: std::cell::Cell::new(0),
            fields: IdMap::default(),
            row_names: IdMap::default(),
            item_names: IdMap::default(),
            tables: IdMap::default(),
            path_keys: IdMap::default(),
            sides: 0,
            conditionals: Vec::new(),
            late: std::cell::Cell::new(false),
            reading_letters: 0,
        }
    }

    /// Makes the tree that is handed on of a query that is bound.
    fn finished(self, mut bound: BoundQuery) -> Result<Bound> {
        // A constant that no context decides is unknown where a row is shown.
        let fields: Vec<_> = (0..bound.query.columns.len()).map(|i| row_fields::of_column(&bound.query, i)).collect();
        let (mut infinite, mut ranges, mut vectors) = (false, false, false);
        walk::each_expr_mut(&mut bound.query, |expr| {
            // What no context has decided is text.
            if expr.ty == Type::UNKNOWN {
                expr.ty = Type::TEXT;
            }
            decided::decide(expr);
            infinite |= infinite::is_infinite(expr);
            ranges |= range::contains(expr);
            vectors |= array_bounds::is_vector(expr.ty);
        });
        if vectors {
            array_bounds::tell(&mut bound.query)?;
        }
        let described = bound.outputs.iter().zip(&bound.query.columns).zip(fields).enumerate();
        let columns = described.map(|(i, ((output, column), fields))| OutputColumn {
            name: output.name.clone(),
            ty: column.ty,
            typmod: column.typmod,
            scale: column.scale,
            table_oid: output.origin.0,
            attribute: output.origin.1,
            from_zero: array_bounds::of_column(&bound.query, i) == Begin::Zero,
            fields,
        });
        let columns: Vec<OutputColumn> = columns.collect();
        let parameters: Vec<Type> = self.parameters.borrow().clone();
        if let Some(n) = parameters.iter().position(|ty| *ty == Type::UNKNOWN) {
            return Err(coerce::undetermined(n, None));
        }
        if self.late.get() {
            self.check_what_is_reached(&bound.query)?;
        }
        if ranges {
            range::check(&bound.query)?;
        }
        let mut named: Vec<(RelationId, Arc<Table>)> = self.tables.iter().map(|(id, table)| (*id, table.clone())).collect();
        named.sort_by_key(|(id, _)| *id);
        let named = named.into_iter().map(|(_, table)| table).collect();
        let bound = Bound { query: bound.query, parameters, columns: columns.into(), named };
        if infinite {
            infinite::check(&bound)?;
        }
        Ok(bound)
    }
}

impl Binder<'_> {
    /// Fails as the casts of constants do that have failed in a CASE or COALESCE and are left in its branches: PostgreSQL's planner computes them.
    fn check_what_is_reached(&self, query: &Query) -> Result<()> {
        let mut failed = Ok(());
        walk::each_expr(query, |expr| {
            if let ExprKind::Cast { expr: inner, explicit, .. } = &expr.kind
                && matches!(inner.kind, ExprKind::Literal(_))
                && failed.is_ok()
            {
                let context = if *explicit { coerce::Context::Explicit } else { coerce::Context::Implicit };
                failed = self.coercer().coerce((**inner).clone(), expr.ty, expr.typmod, context).map(drop);
            }
        });
        failed
    }

    fn next_relation(&mut self) -> RelationId {
        self.relations += 1;
        RelationId(self.relations)
    }

    /// How many queries are around, each side of a set operation being one.
    fn level(&self) -> usize {
        self.scopes.len() + self.sides
    }

    fn next_cte(&mut self) -> CteId {
        self.cte_count += 1;
        CteId(self.cte_count)
    }

    fn scope(&mut self) -> &mut scope::Scope {
        self.scopes.last_mut().expect("expressions are bound within a scope")
    }

    fn coercer(&self) -> Coercer<'_> {
        Coercer {
            zone: self.cx.timezone,
            reads_in: self.cx.reads_in,
            parameters: &self.parameters,
            regs: &*self.regs,
            late: (!self.conditionals.is_empty()).then_some(&self.late),
        }
    }

    fn coerce(&self, expr: Expr, target: Type, context: Context) -> Result<Expr> {
        if expr.ty == target {
            return Ok(expr);
        }
        self.coercer().coerce(expr, target, -1, context)
    }

    fn settle(&self, expr: Expr) -> Result<Expr> {
        self.coercer().settle(expr)
    }

    fn settle_any(&self, expr: Expr) -> Result<Expr> {
        self.coercer().settle_any(expr)
    }

    /// Coerces a condition: `argument of WHERE must be type boolean, not type integer`.
    fn condition(&self, expr: Expr, clause: &str) -> Result<Expr> {
        let (ty, position) = (expr.ty, expr.position);
        if ty != Type::BOOL && ty != Type::UNKNOWN {
            let message = format!("argument of {clause} must be type boolean, not type {ty}");
            return Err(Report::new(SqlState::DATATYPE_MISMATCH, message).at(position));
        }
        self.coerce(expr, Type::BOOL, Context::Assignment)
    }

    /// The one constructor of typed nodes: adds the display scale.
    fn make(&self, kind: ExprKind, ty: Type, typmod: i32, position: Option<u32>) -> Expr {
        let scale = scale::numeric_scale(&kind, ty, typmod);
        Expr { kind, ty, typmod, scale, position }
    }
}

/// The typmod that all of them share, or -1 (`select_common_typmod`).
fn common_typmod<'e>(exprs: impl IntoIterator<Item = &'e Expr>) -> i32 {
    let mut typmods = exprs.into_iter().map(|expr| expr.typmod);
    let first = typmods.next().unwrap_or(-1);
    if typmods.all(|typmod| typmod == first) { first } else { -1 }
}
