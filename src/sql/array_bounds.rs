//! Arrays that count from 0: int2vector, oidvector, and what is made of them. Neither warehouse's lists have a lower bound, so where one begins is
//! known of the expression.

use std::collections::HashMap;

use super::bind::operators::resolve_operator;
use super::tree::{CastMethod, CteId, Expr, ExprKind, Query, Relation, RelationId, SetExpr, SubqueryKind};
use super::walk::{self, Visitor};
use crate::error::{Report, Result};
use crate::types::Type;

/// Where an array begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At 1, as arrays do.
    One,
    /// At 0.
    Zero,
    /// Some of its values here, some there.
    Either,
}

/// Tells where the arrays that an expression gives begin.
pub fn begins(expr: &Expr) -> Begin {
    if matches!(expr.ty, Type::INT2VECTOR | Type::OIDVECTOR) {
        return Begin::Zero;
    }
    if !expr.ty.is_array() {
        return Begin::One;
    }
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } => begins(inner),
        ExprKind::Coalesce(args) => together(args.iter()),
        ExprKind::Case { whens, otherwise, .. } => together(whens.iter().map(|(_, then)| then).chain(otherwise.as_deref())),
        ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => of_column(query, 0),
        // What hands on one of the arrays as it is.
        ExprKind::Aggregate(call) => together(call.args.iter()),
        ExprKind::Window(call) => together(call.args.iter()),
        ExprKind::Call { .. } | ExprKind::Operator { .. } => match together(walk::children(expr).into_iter()) {
            Begin::One => Begin::One,
            _ => Begin::Either,
        },
        _ => Begin::One,
    }
}

/// Where all of them begin that are arrays.
fn together<'a>(parts: impl Iterator<Item = &'a Expr>) -> Begin {
    of_all(parts.filter(|part| part.ty.is_array() && !part.is_null_literal()).map(begins))
}

fn of_all(known: impl Iterator<Item = Begin>) -> Begin {
    known.reduce(|a, b| if a == b { a } else { Begin::Either }).unwrap_or(Begin::One)
}

/// Tells where the arrays of a query's column begin.
pub fn of_column(query: &Query, column: usize) -> Begin {
    if !query.columns.get(column).is_some_and(|column| column.ty.is_array()) {
        return Begin::One;
    }
    match &query.body {
        SetExpr::Select(select) => select.projection.get(column).map_or(Begin::One, begins),
        SetExpr::Set { left, right, .. } => of_all([of_column(left, column), of_column(right, column)].into_iter()),
        SetExpr::Values(rows) => together(rows.iter().filter_map(|row| row.get(column))),
    }
}

/// Tells columns of subqueries and of WITH items that count from 0 by their type, under a cast to the array's: what hands an array on does not say where it
/// begins.
///
/// # Errors
/// 0A000 for a column whose values begin some here, some there.
pub fn tell(query: &mut Query) -> Result<()> {
    // Each round tells the columns of one more level.
    loop {
        let mut columns = Columns::default();
        walk::walk_query(query, &mut columns);
        let (mut changed, mut uncertain) = (false, None);
        walk::each_expr_mut(query, |expr| {
            let ExprKind::Column { relation, column } = expr.kind else { return };
            let Some(vector) = vector_of(expr.ty) else { return };
            match columns.begin(relation, column) {
                Begin::One => {}
                Begin::Either => uncertain = uncertain.or(Some(expr.position)),
                Begin::Zero => {
                    let inner = Expr { ty: vector, ..expr.clone() };
                    expr.kind = ExprKind::Cast { expr: Box::new(inner), explicit: false, method: CastMethod::Binary };
                    changed = true;
                }
            }
        });
        let outside = (0..query.columns.len()).find(|column| of_column(query, *column) == Begin::Either && !is_chosen(query, *column));
        if let Some(at) = uncertain.or(outside.map(|_| None)) {
            return Err(Report::unsupported("an array that may count from 0 or from 1").at(at));
        }
        if !changed {
            break;
        }
    }
    let mut refused = None;
    walk::each_expr_mut(query, |expr| {
        if !compare(expr) {
            refused = refused.or(Some(expr.position));
        }
    });
    refused.map_or(Ok(()), |at| Err(Report::unsupported("a comparison of arrays that may count from 0 and from 1").at(at)))
}

/// Of arrays with the same elements the one that begins earlier is less (`array_cmp`), which the warehouses' lists do not tell. Changes a comparison
/// accordingly; false where it cannot.
fn compare(expr: &mut Expr) -> bool {
    let mixed = |left: &Expr, right: &Expr| {
        let both = left.ty.is_array() && right.ty.is_array() && !left.is_null_literal() && !right.is_null_literal();
        let (left, right) = (begins(left), begins(right));
        (both && (left != right || left == Begin::Either)).then_some((left, right))
    };
    match &expr.kind {
        ExprKind::IsDistinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => mixed(left, right).is_none(),
        ExprKind::InList { expr: left, list, .. } => list.iter().all(|right| mixed(left, right).is_none()),
        ExprKind::Operator { operator, args } => {
            let ([left, right], "=" | "<>" | "<" | "<=" | ">" | ">=") = (args.as_slice(), operator.name.as_str()) else { return true };
            let Some(begin) = mixed(left, right) else { return true };
            if matches!(begin, (Begin::Either, _) | (_, Begin::Either)) {
                return false;
            }
            // Elements that are equal decide nothing: the left is less where it begins at 0.
            let (less, greater) = if begin.0 == Begin::Zero { ("<=", ">") } else { ("<", ">=") };
            let parts = match operator.name.as_str() {
                "<" | "<=" => vec![less],
                ">" | ">=" => vec![greater],
                // Never both, always one of them, unless one is NULL.
                _ => vec![less, greater],
            };
            let compared = |name: &&str| {
                let operator = resolve_operator(name, Some(left.ty), right.ty, None).ok()?;
                Some(Expr::new(ExprKind::Operator { operator, args: vec![unbound(left), unbound(right)] }, Type::BOOL, expr.position))
            };
            let Some(mut all) = parts.iter().map(compared).collect::<Option<Vec<Expr>>>() else { return false };
            let kind = match (operator.name.as_str(), all.len()) {
                (_, 1) => all.remove(0).kind,
                ("=", _) => ExprKind::And(all),
                _ => ExprKind::Or(all),
            };
            expr.kind = kind;
            true
        }
        _ => true,
    }
}

/// The array numbered from 1, as a slice is.
fn unbound(array: &Expr) -> Expr {
    match (&array.kind, begins(array)) {
        (_, Begin::One) => array.clone(),
        _ => Expr::new(ExprKind::Slice { expr: Box::new(array.clone()), lower: None, upper: None }, array.ty, array.position),
    }
}

/// Tells whether a column is one of several arrays by rows, as in `COALESCE(proallargtypes, proargtypes)::text[]` of drivers: they ask for the elements.
fn is_chosen(query: &Query, column: usize) -> bool {
    let SetExpr::Select(select) = &query.body else { return false };
    let Some(mut expr) = select.projection.get(column) else { return false };
    while let ExprKind::Cast { expr: inner, .. } = &expr.kind {
        expr = inner;
    }
    matches!(expr.kind, ExprKind::Coalesce(_) | ExprKind::Case { .. })
}

/// Tells whether a type's arrays count from 0: a query that has none needs no [`tell`].
pub fn is_vector(ty: Type) -> bool {
    matches!(ty, Type::INT2VECTOR | Type::OIDVECTOR)
}

/// The vector of the same elements.
fn vector_of(array: Type) -> Option<Type> {
    match array.element()? {
        Type::INT2 if !is_vector(array) => Some(Type::INT2VECTOR),
        Type::OID if !is_vector(array) => Some(Type::OIDVECTOR),
        _ => None,
    }
}

/// Where the columns of FROM items begin that are arrays.
#[derive(Default)]
struct Columns {
    relations: HashMap<RelationId, Vec<Begin>>,
    items: HashMap<CteId, Vec<Begin>>,
    references: HashMap<RelationId, CteId>,
}

impl Columns {
    fn begin(&self, relation: RelationId, column: usize) -> Begin {
        let known = self.relations.get(&relation).or_else(|| self.items.get(self.references.get(&relation)?));
        known.and_then(|columns| columns.get(column)).copied().unwrap_or(Begin::One)
    }
}

impl Visitor for Columns {
    fn query(&mut self, query: &Query) {
        for item in &query.ctes {
            self.items.insert(item.id, begins_of(&item.query));
        }
    }

    fn relation(&mut self, relation: &Relation) {
        match relation {
            Relation::Derived { id, query, .. } => {
                self.relations.insert(*id, begins_of(query));
            }
            Relation::Cte { id, cte, .. } => {
                self.references.insert(*id, *cte);
            }
            _ => {}
        }
    }
}

fn begins_of(query: &Query) -> Vec<Begin> {
    (0..query.columns.len()).map(|column| of_column(query, column)).collect()
}
