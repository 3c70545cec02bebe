//! Joins: what their sides see, USING and NATURAL, merged columns.

use sqlparser::ast::{self, JoinConstraint, JoinOperator};

use super::Binder;
use super::coerce::{Context, common_type};
use super::item_columns::{Columns, ScopeColumn};
use super::names::{fold, parts};
use super::scope::{Clause, Item};
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::from_items::USING_ALIAS;
use crate::sql::tree::*;

/// A column of USING.
struct UsingName {
    name: String,
    quoted: bool,
    position: Option<u32>,
}

impl Binder<'_> {
    /// Binds `left JOIN right ...`. `outer` are the items further left, which LATERAL may see.
    pub fn join(&mut self, left: Relation, mut left_items: Vec<Item>, join: &ast::Join, outer: &[Item]) -> Result<(Relation, Vec<Item>)> {
        let (kind, constraint) = match &join.join_operator {
            JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => (JoinKind::Inner, constraint),
            JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (JoinKind::Left, constraint),
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => (JoinKind::Right, constraint),
            JoinOperator::FullOuter(constraint) => (JoinKind::Full, constraint),
            JoinOperator::CrossJoin(constraint) => (JoinKind::Cross, constraint),
            _ => return Err(Report::new(SqlState::SYNTAX_ERROR, "this kind of join is not PostgreSQL's")),
        };
        // The null-extended side of a RIGHT or FULL JOIN cannot depend on the other.
        let seen = if matches!(kind, JoinKind::Right | JoinKind::Full) { outer.to_vec() } else { [outer, &left_items].concat() };
        let (right, mut right_items) = self.factor(&join.relation, &seen)?;
        self.check_names(&left_items, &right_items)?;
        let on = match constraint {
            JoinConstraint::None if kind == JoinKind::Cross => None,
            JoinConstraint::None => return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error: JOIN needs ON or USING")),
            JoinConstraint::On(condition) => {
                let all = [left_items.as_slice(), &right_items].concat();
                let before = std::mem::replace(&mut self.scope().items, all);
                self.scope().clause = Clause::On;
                let bound = self.expr(condition);
                self.scope().items = before;
                Some(self.condition(bound?, "JOIN/ON")?)
            }
            JoinConstraint::Using(columns) => {
                let mut names = Vec::new();
                let mut alias = None;
                for column in columns {
                    let mut parts = parts(column).ok_or_else(|| Report::unsupported("this USING list"))?;
                    let ident = parts.pop().ok_or_else(|| Report::unsupported("this USING list"))?;
                    if parts.first().is_some_and(|mark| mark.value == USING_ALIAS) {
                        self.check_name(&ident)?;
                        alias = Some(fold(&ident));
                        continue;
                    }
                    let name = fold(&ident);
                    let position = self.places.of(ident.span.start);
                    if names.iter().any(|known: &UsingName| known.name == name) {
                        let message = format!("column name \"{name}\" appears more than once in USING clause");
                        return Err(Report::new(SqlState::DUPLICATE_COLUMN, message).at(position));
                    }
                    names.push(UsingName { name, quoted: ident.quote_style.is_some(), position });
                }
                let on = self.using(kind, &names, &mut left_items, &mut right_items)?;
                if let Some(alias) = alias {
                    self.name_merged(alias, names.len(), &mut left_items, &right_items)?;
                }
                on
            }
            JoinConstraint::Natural => {
                let right_names = shown(&right_items);
                let names: Vec<UsingName> = shown(&left_items)
                    .into_iter()
                    .filter(|column| right_names.iter().any(|other| other.name == column.name))
                    .map(|column| UsingName { name: column.name, quoted: true, position: None })
                    .collect();
                self.using(kind, &names, &mut left_items, &mut right_items)?
            }
        };
        let kind = if on.is_none() && kind == JoinKind::Inner { JoinKind::Cross } else { kind };
        let on = match kind {
            JoinKind::Cross => None,
            // A NATURAL outer join without common columns.
            _ => Some(on.unwrap_or_else(|| Expr::literal(crate::types::literal::Literal::Bool(true), crate::types::Type::BOOL, None))),
        };
        if let (JoinKind::Full, Some(on)) = (kind, &on) {
            check_full(on, &left, &right)?;
        }
        if matches!(kind, JoinKind::Right | JoinKind::Full) {
            left_items.iter_mut().for_each(empty_side);
        }
        if matches!(kind, JoinKind::Left | JoinKind::Full) {
            right_items.iter_mut().for_each(empty_side);
        }
        left_items.extend(right_items);
        Ok((Relation::Join { kind, left: Box::new(left), right: Box::new(right), on }, left_items))
    }

    /// Refuses two FROM items of one name.
    pub fn check_names(&self, left: &[Item], right: &[Item]) -> Result<()> {
        for item in right.iter().filter(|item| item.qualifies) {
            let twin = left.iter().find(|other| other.qualifies && other.name == item.name && item.name.is_some());
            if let Some(twin) = twin
                && (twin.schema == item.schema || twin.schema.is_none() || item.schema.is_none())
            {
                let message = format!("table name \"{}\" specified more than once", item.name.as_deref().unwrap_or_default());
                return Err(Report::new(SqlState::DUPLICATE_ALIAS, message));
            }
        }
        Ok(())
    }

    /// `JOIN ... USING (...) AS name`: the name means the merged columns, the first of the join's own item, and shows nothing by itself.
    fn name_merged(&self, alias: String, merged: usize, left: &mut Vec<Item>, right: &[Item]) -> Result<()> {
        let Some(whole) = left.last() else { return Err(Report::internal("USING without a join")) };
        let columns: Vec<ScopeColumn> = whole.columns.iter().take(merged).collect();
        let item = Item { name: Some(alias), columns: columns.into(), qualifies: true, shows_columns: false, ..whole.clone() };
        self.check_names(&[left.as_slice(), right].concat(), std::slice::from_ref(&item))?;
        left.push(item);
        Ok(())
    }

    fn using(&mut self, kind: JoinKind, names: &[UsingName], left_items: &mut Vec<Item>, right_items: &mut [Item]) -> Result<Option<Expr>> {
        if names.is_empty() {
            return Ok(None);
        }
        let (left, right) = (shown(left_items), shown(right_items));
        let mut conditions = Vec::new();
        let mut merged: Vec<ScopeColumn> = Vec::new();
        for UsingName { name, quoted, position } in names {
            let find = |side: &[ScopeColumn], which: &str| -> Result<ScopeColumn> {
                let mut hits = side.iter().filter(|column| column.name == *name);
                match (hits.next(), hits.next()) {
                    (Some(column), None) => Ok(column.clone()),
                    (Some(_), Some(_)) => {
                        let message = format!("common column name \"{name}\" appears more than once in {which} table");
                        Err(Report::new(SqlState::AMBIGUOUS_COLUMN, message).at(*position))
                    }
                    (None, _) => match side.iter().find(|column| !quoted && column.name.eq_ignore_ascii_case(name)) {
                        Some(column) => Ok(column.clone()),
                        None => {
                            let message = format!("column \"{name}\" specified in USING clause does not exist in {which} table");
                            Err(Report::new(SqlState::UNDEFINED_COLUMN, message))
                        }
                    },
                }
            };
            let (a, b) = (find(&left, "left")?, find(&right, "right")?);
            let ty = common_type("JOIN/USING", &[a.expr.ty, b.expr.ty], None)?;
            conditions.push(self.operator("=", Some(a.expr.clone()), b.expr.clone(), *position)?);
            let typmod_kept = a.expr.ty == b.expr.ty && a.expr.typmod == b.expr.typmod;
            let cast = |column: &ScopeColumn| self.coerce(column.expr.clone(), ty, Context::Implicit);
            let (expr, origin) = match kind {
                JoinKind::Right => (cast(&b)?, b.origin),
                JoinKind::Full => {
                    let sides = vec![cast(&a)?, cast(&b)?];
                    let typmod = if typmod_kept { a.expr.typmod } else { -1 };
                    (self.make(ExprKind::Coalesce(sides), ty, typmod, *position), (0, 0))
                }
                _ if a.expr.ty == ty || b.expr.ty != ty || kind == JoinKind::Left => (cast(&a)?, a.origin),
                _ => (cast(&b)?, b.origin),
            };
            merged.push(ScopeColumn { name: name.clone(), expr, origin });
        }
        let taken = |column: &ScopeColumn| {
            names.iter().any(|using| column.name == using.name || !using.quoted && column.name.eq_ignore_ascii_case(&using.name))
        };
        merged.extend(left.into_iter().chain(right).filter(|column| !taken(column)));
        for item in left_items.iter_mut().chain(right_items.iter_mut()) {
            item.shows_columns = false;
        }
        left_items.push(Item {
            name: None,
            schema: None,
            hidden_name: None,
            columns: merged.into(),
            qualifies: false,
            shows_columns: true,
            scalar: false,
            may_be_empty: false,
            tableoid: None,
            pseudo: Columns::default(),
        });
        Ok(Some(match conditions.len() {
            1 => conditions.remove(0),
            _ => self.make(ExprKind::And(conditions), crate::types::Type::BOOL, -1, None),
        }))
    }
}

/// Notes that a join may find no row of an item.
fn empty_side(item: &mut Item) {
    item.may_be_empty = true;
    super::composite::rows_of_empty_side(item);
}

/// Refuses a FULL JOIN that PostgreSQL does not plan: one of its conditions must be an equality between the sides, or all be constants.
fn check_full(on: &Expr, left: &Relation, right: &Relation) -> Result<()> {
    let conditions: Vec<&Expr> = if let ExprKind::And(parts) = &on.kind { parts.iter().collect() } else { vec![on] };
    let (left, right) = (ids(left), ids(right));
    let within = |expr: &Expr, ids: &IdSet<RelationId>| {
        let mut used = IdSet::default();
        super::grouping::each(expr, &mut |part| {
            if let ExprKind::Column { relation, .. } = &part.kind {
                used.insert(*relation);
            }
        });
        !used.is_empty() && used.is_subset(ids)
    };
    let joins = |condition: &&Expr| match &condition.kind {
        ExprKind::Operator { operator, args } if operator.name == "=" => match args.as_slice() {
            [a, b] => within(a, &left) && within(b, &right) || within(a, &right) && within(b, &left),
            _ => false,
        },
        _ => false,
    };
    if conditions.iter().any(joins) || conditions.iter().all(|condition| matches!(condition.kind, ExprKind::Literal(_))) {
        return Ok(());
    }
    let message = "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions";
    Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, message).at(on.position))
}

/// The FROM items of a side.
fn ids(relation: &Relation) -> IdSet<RelationId> {
    match relation {
        Relation::Join { left, right, .. } => ids(left).union(&ids(right)).copied().collect(),
        other => other.id().into_iter().collect(),
    }
}

/// The columns that `*` shows, in order.
pub fn shown(items: &[Item]) -> Vec<ScopeColumn> {
    items.iter().filter(|item| item.shows_columns).flat_map(|item| item.columns.iter()).collect()
}
