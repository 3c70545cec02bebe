//! SL004: a partitioned table is read without any condition on its partition column.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::catalog::model::Table;
use crate::error::{Report, SqlState};
use crate::sql::tree::{CteId, Expr, ExprKind, Query, Relation, RelationId, SetExpr};
use crate::sql::walk::{self, Visitor};

/// A column of a FROM item.
type ColumnOf = (RelationId, usize);

/// Returns the refusal for the first partitioned table without a condition on its partition column.
/// `always` asks it of every partitioned table, otherwise only of those where the warehouse itself does.
pub fn missing_filter(query: &Query, always: bool) -> Option<Report> {
    let mut gathered = Gathered::default();
    walk::walk_query(query, &mut gathered);
    let mut filtered: HashSet<ColumnOf> = HashSet::new();
    for column in &gathered.conditions {
        gathered.trace(*column, &mut filtered);
    }
    for (id, table) in &gathered.tables {
        let Some(partitioning) = &table.partitioning else { continue };
        // A pseudo column that the catalog does not know cannot be asked for.
        let Some(column) = table.column(&partitioning.column) else { continue };
        // The day of ingestion says as much as its time.
        let date = table.column("_PARTITIONDATE").filter(|_| partitioning.column == "_PARTITIONTIME");
        let is_filtered = [Some(column), date].into_iter().flatten().any(|column| filtered.contains(&(*id, column)));
        if (always || partitioning.filter_required) && !is_filtered {
            return Some(refusal(table, &partitioning.column));
        }
    }
    None
}

/// The same by the names that stand in conditions: for texts that are not bound.
pub fn missing_name(tables: &[Arc<Table>], filtered: &HashSet<String>, always: bool) -> Option<Report> {
    tables.iter().find_map(|table| {
        let partitioning = table.partitioning.as_ref().filter(|partitioning| always || partitioning.filter_required)?;
        let column = &partitioning.column;
        let pseudo = ["_partitiontime", "_partitiondate", "_table_suffix"].iter().any(|name| filtered.contains(*name));
        (!pseudo && !filtered.contains(&column.to_lowercase())).then(|| refusal(table, column))
    })
}

fn refusal(table: &Table, name: &str) -> Report {
    Report::new(
        SqlState::PARTITION_FILTER_REQUIRED,
        format!("SL004: query reads {} without a filter on its partition column \"{name}\"", table.name),
    )
    .detail("Every partition of the table would be read.")
    .hint(format!("Add a condition on \"{name}\" with constants."))
}

/// What the walk finds.
#[derive(Default)]
struct Gathered {
    tables: Vec<(RelationId, Arc<Table>)>,
    /// Columns that stand in WHERE, HAVING or ON.
    conditions: Vec<ColumnOf>,
    /// What each column of a subquery is made of, where it is a bare column.
    derived: HashMap<RelationId, Vec<Vec<ColumnOf>>>,
    /// The same for WITH items.
    ctes: HashMap<CteId, Vec<Vec<ColumnOf>>>,
    /// Which WITH item a FROM item stands for.
    references: HashMap<RelationId, CteId>,
}

impl Gathered {
    /// Follows a column down to the tables it comes from unchanged.
    fn trace(&self, column: ColumnOf, found: &mut HashSet<ColumnOf>) {
        if !found.insert(column) {
            return;
        }
        let made_of = match self.references.get(&column.0) {
            Some(cte) => self.ctes.get(cte),
            None => self.derived.get(&column.0),
        };
        for below in made_of.and_then(|columns| columns.get(column.1)).into_iter().flatten() {
            self.trace(*below, found);
        }
    }

    fn condition(&mut self, expr: &Expr) {
        struct Columns<'a>(&'a mut Vec<ColumnOf>);
        impl Visitor for Columns<'_> {
            fn expr(&mut self, expr: &Expr) {
                if let ExprKind::Column { relation, column } = expr.kind {
                    self.0.push((relation, column));
                }
            }
        }
        walk::walk_expr(expr, &mut Columns(&mut self.conditions));
    }
}

impl Visitor for Gathered {
    fn query(&mut self, query: &Query) {
        for cte in &query.ctes {
            self.ctes.insert(cte.id, origins(&cte.query));
        }
        if let SetExpr::Select(select) = &query.body {
            for expr in [&select.filter, &select.having].into_iter().flatten() {
                self.condition(expr);
            }
        }
    }

    fn relation(&mut self, relation: &Relation) {
        match relation {
            Relation::Table { id, table, .. } => self.tables.push((*id, table.clone())),
            Relation::Derived { id, query, .. } => {
                self.derived.insert(*id, origins(query));
            }
            Relation::Cte { id, cte, .. } => {
                self.references.insert(*id, *cte);
            }
            Relation::Join { on: Some(on), .. } => self.condition(on),
            Relation::Join { on: None, .. } | Relation::Function { .. } => {}
        }
    }
}

/// Returns for each output column the columns that it repeats: one, or one from each side of a set operation.
fn origins(query: &Query) -> Vec<Vec<ColumnOf>> {
    match &query.body {
        SetExpr::Select(select) => {
            let origin = |expr: &Expr| match expr.kind {
                ExprKind::Column { relation, column } => vec![(relation, column)],
                _ => Vec::new(),
            };
            select.projection.iter().map(origin).collect()
        }
        SetExpr::Set { left, right, .. } => {
            let both = origins(left).into_iter().zip(origins(right));
            both.map(|(left, right)| left.into_iter().chain(right).collect()).collect()
        }
        SetExpr::Values(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{column, events, select};
    use crate::types::Type;

    fn condition_on(relation: u32, index: usize) -> Expr {
        Expr::new(ExprKind::IsNull { expr: Box::new(column(relation, index)), negated: true }, Type::BOOL, None)
    }

    #[test]
    fn a_condition_on_the_partition_column_is_enough() {
        let mut query = select(events(1), vec![column(1, 0)]);
        let refused = missing_filter(&query, true).expect("no filter at all");
        assert_eq!(refused.message, "SL004: query reads shop.events without a filter on its partition column \"day\"");
        assert!(missing_filter(&query, false).is_none(), "the warehouse does not insist");
        let SetExpr::Select(body) = &mut query.body else { unreachable!() };
        body.filter = Some(condition_on(1, 0));
        assert!(missing_filter(&query, true).is_some(), "a filter on another column");
        let SetExpr::Select(body) = &mut query.body else { unreachable!() };
        body.filter = Some(condition_on(1, 1));
        assert!(missing_filter(&query, true).is_none());
    }

    #[test]
    fn a_condition_outside_a_subquery_counts() {
        let inner = select(events(1), vec![column(1, 0), column(1, 1)]);
        let derived = Relation::Derived { id: RelationId(2), alias: "e".into(), lateral: false, query: Box::new(inner) };
        let mut query = select(derived, vec![column(2, 0)]);
        assert!(missing_filter(&query, true).is_some());
        let SetExpr::Select(body) = &mut query.body else { unreachable!() };
        body.filter = Some(condition_on(2, 1));
        assert!(missing_filter(&query, true).is_none());
    }
}
