//! A subquery asked for every value of its domain at once: the rows it gives for each, beside the values.
//!
//! Every clause keeps to the values: GROUP BY, DISTINCT, PARTITION BY and set operations take them in, LIMIT counts for each.

use super::super::correlate::conjunction;
use super::super::scope;
use super::Decorrelation;
use super::build::{
    self, ascending, column, compare, derived, described, either, free_name, join, named, same, select, select_query, truth,
};
use super::domain::Domain;
use crate::error::{Report, Result};
use crate::sql::tree::{
    Cte, CteId, Distinct, Expr, ExprKind, GroupBy, JoinKind, Query, Relation, RelationColumn, RelationId, Select, SetExpr, SetOp, SortBy,
    SortKey,
};
use crate::sql::walk::{self, VisitorMut};
use crate::types::Type;
use crate::types::literal::Literal;

impl Decorrelation<'_> {
    /// Returns the rows of `query` for every value of the domain: its columns, then the domain's, then (if `number`) the row's number
    /// in the query's order, from 1 for each value.
    pub(super) fn push(&mut self, mut query: Query, domain: &Domain, number: bool) -> Result<Query> {
        if query.with_ties {
            return Err(Report::unsupported("WITH TIES in a correlated subquery").at(domain.keys.first().and_then(|key| key.position)));
        }
        let ctes = self.push_ctes(std::mem::take(&mut query.ctes), domain)?;
        let (limit, offset) = (query.limit.take(), query.offset.take());
        let (limit, offset) = (self.row_count(limit.as_ref(), "LIMIT")?, self.row_count(offset.as_ref(), "OFFSET")?);
        let counted = number || limit.is_some() || offset.is_some();
        let width = query.columns.len();
        let mut pushed = self.push_body(query, domain, counted)?;
        if counted {
            pushed = self.numbered(pushed, width, domain, limit, offset, number);
        }
        pushed.ctes = ctes;
        Ok(pushed)
    }

    /// WITH items that refer to the outer query have rows for every value too; `place_domain` picks the right ones.
    fn push_ctes(&mut self, ctes: Vec<Cte>, domain: &Domain) -> Result<Vec<Cte>> {
        let mut pushed = Vec::new();
        for mut cte in ctes {
            if !super::domain::outer_columns(&cte.query).is_empty() || self.reads_pushed(&cte.query, domain) {
                self.pushed_ctes.insert(cte.id, domain.id);
                cte.query = self.push(cte.query, domain, false)?;
            }
            pushed.push(cte);
        }
        Ok(pushed)
    }

    /// Tells whether a WITH item has rows for every value of this very domain.
    pub(super) fn is_pushed(&self, cte: CteId, domain: &Domain) -> bool {
        self.pushed_ctes.get(&cte) == Some(&domain.id)
    }

    /// Tells whether a query reads such an item.
    fn reads_pushed(&self, query: &Query, domain: &Domain) -> bool {
        let mut found = false;
        walk::each_relation(query, |relation| found |= matches!(relation, Relation::Cte { cte, .. } if self.is_pushed(*cte, domain)));
        found
    }

    /// A constant number of rows; `None` for no limit.
    fn row_count(&self, expr: Option<&Expr>, word: &str) -> Result<Option<i64>> {
        let Some(expr) = expr else { return Ok(None) };
        let value = match &expr.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(n) => self.parameters.get(*n),
            _ => None,
        };
        match value {
            Some(Literal::Null) => Ok(None),
            Some(Literal::Int(count)) if *count >= 0 => Ok(Some(*count)),
            _ => Err(Report::unsupported(format!("this {word} in a correlated subquery")).at(expr.position)),
        }
    }

    /// Pushes the body; with `keys`, the sort keys that are no output columns follow as further columns, and `order_by` names outputs.
    fn push_body(&mut self, query: Query, domain: &Domain, keys: bool) -> Result<Query> {
        let Query { body, columns, order_by, .. } = query;
        match body {
            SetExpr::Select(select) => self.push_select(*select, columns, order_by, domain, keys),
            SetExpr::Set { op, all, left, right } => {
                let (left, right) = (self.push(*left, domain, false)?, self.push(*right, domain, false)?);
                let columns = widened(&columns, domain);
                let mut whole = build::query(SetExpr::Set { op, all, left: Box::new(left), right: Box::new(right) }, columns);
                whole.order_by = order_by;
                Ok(whole)
            }
            SetExpr::Values(rows) => {
                let mut rows = rows.into_iter().map(|row| select_query(select(row, None, None), columns.clone()));
                let Some(first) = rows.next() else { return Err(Report::internal("VALUES without rows")) };
                let mut whole = self.push(first, domain, false)?;
                for row in rows {
                    let row = self.push(row, domain, false)?;
                    let columns = whole.columns.clone();
                    let body = SetExpr::Set { op: SetOp::Union, all: true, left: Box::new(whole), right: Box::new(row) };
                    whole = build::query(body, columns);
                }
                whole.order_by = order_by;
                Ok(whole)
            }
        }
    }

    fn push_select(
        &mut self,
        mut select: Select,
        columns: Vec<RelationColumn>,
        mut order_by: Vec<SortKey>,
        domain: &Domain,
        keys: bool,
    ) -> Result<Query> {
        let mut columns = columns;
        let width = columns.len();
        let first_of_each = matches!(select.distinct, Distinct::On(_));
        if first_of_each && keys && order_by.iter().any(|key| matches!(key.by, SortBy::Expr(_))) {
            return Err(Report::unsupported("DISTINCT ON with such an ORDER BY in a correlated subquery")
                .at(domain.keys.first().and_then(|key| key.position)));
        }
        if keys && !first_of_each {
            for key in &mut order_by {
                if let SortBy::Expr(expr) = &key.by {
                    columns.push(described(&free_name(&format!("key_{}", columns.len()), &columns), expr));
                    select.projection.push(expr.clone());
                    key.by = SortBy::Output(columns.len() - 1);
                }
            }
        }
        if matches!(&select.group_by, GroupBy::Plain(exprs) if exprs.is_empty()) && !domain.keys.is_empty() {
            return self.push_aggregate(select, columns, width, domain); // one row for each value: nothing to sort
        }
        let values = self.place_domain(&mut select, domain)?;
        match &mut select.group_by {
            GroupBy::None => {}
            GroupBy::Plain(exprs) if exprs.is_empty() => {} // no domain: nothing to group by
            GroupBy::Plain(exprs) => exprs.extend(values.iter().cloned()),
            GroupBy::Sets { exprs, sets } => {
                let added: Vec<usize> = (exprs.len()..exprs.len() + values.len()).collect();
                if sets.iter().any(Vec::is_empty) && !values.is_empty() {
                    return Err(Report::unsupported("a grand total in a correlated subquery").at(domain.keys[0].position));
                }
                exprs.extend(values.iter().cloned());
                sets.iter_mut().for_each(|set| set.extend(&added));
            }
        }
        if let Distinct::On(on) = &mut select.distinct {
            on.splice(0..0, values.iter().cloned());
        }
        part_windows(&mut select, &mut order_by, &values);
        // The values stand right behind the query's own columns, the sort keys last.
        let hidden = select.projection.split_off(width);
        let hidden_columns = columns.split_off(width);
        select.projection.extend(values);
        select.projection.extend(hidden);
        let mut columns = widened(&columns, domain);
        for (i, column) in hidden_columns.into_iter().enumerate() {
            let name = free_name(&format!("key_{}", i + 1), &columns);
            columns.push(RelationColumn { name, ..column });
        }
        for key in &mut order_by {
            if let SortBy::Output(i) = &mut key.by
                && *i >= width
            {
                *i += domain.keys.len();
            }
        }
        let mut whole = select_query(select, columns);
        // Without DISTINCT ON the order matters to the numbering alone.
        if keys || first_of_each {
            whole.order_by = order_by;
        }
        Ok(whole)
    }

    /// An aggregate without GROUP BY has a row for every value, also where it meets no rows: the values with their groups, and what
    /// the aggregates are of nothing where there is no group.
    fn push_aggregate(&mut self, select: Select, columns: Vec<RelationColumn>, width: usize, domain: &Domain) -> Result<Query> {
        let mut nothing = Vec::new();
        for expr in select.projection.iter().chain(&select.having) {
            let mut empty = self.copy_of_expr(expr);
            of_nothing(&mut empty)?;
            nothing.push(empty);
        }
        let mut groups = select;
        groups.distinct = Distinct::No;
        let values = self.place_domain(&mut groups, domain)?;
        let mut made = columns.clone();
        if let Some(having) = groups.having.take() {
            made.push(described(&free_name("having", &made), &having));
            groups.projection.push(having);
        }
        let count = made.len();
        groups.group_by = GroupBy::Plain(values.clone());
        groups.projection.extend(values);
        groups.projection.push(truth(true));
        let mut group_columns = widened(&made, domain);
        group_columns.push(named(&free_name("present", &group_columns), Type::BOOL));
        let group_query = select_query(groups, group_columns.clone());

        let Some((id, item)) = self.domain_item(domain) else { return Err(Report::internal("a correlated subquery without domain")) };
        let group_id = self.relation_id();
        let keys = domain.columns();
        let own: Vec<Expr> = keys.iter().enumerate().map(|(i, key)| column(id, i, key)).collect();
        let theirs = (0..keys.len()).map(|i| column(group_id, count + i, &group_columns[count + i])).collect();
        let from = join(JoinKind::Left, item, derived(group_id, "groups", group_query), same(own.clone(), theirs));
        let present = column(group_id, count + keys.len(), &group_columns[count + keys.len()]);
        let mut list = Vec::new();
        for (i, mut empty) in nothing.into_iter().enumerate() {
            let value = column(group_id, i, &made[i]);
            if empty.is_null_literal() {
                list.push(value);
                continue;
            }
            walk::walk_expr_mut(&mut empty, &mut ToDomain { domain, id });
            self.pick_inside_expr(&mut empty, domain, &own);
            list.push(either(present.clone(), value, empty));
        }
        let filter = if made.len() > columns.len() { list.pop() } else { None };
        let hidden = list.split_off(width);
        list.extend(own);
        list.extend(hidden);
        let mut all = widened(&columns[..width], domain);
        all.extend(columns[width..].iter().cloned());
        Ok(select_query(self::select(list, Some(from), filter), all))
    }

    /// Puts the domain into a SELECT's FROM, left of everything, and lets the SELECT speak of it instead of the outer query.
    fn place_domain(&mut self, select: &mut Select, domain: &Domain) -> Result<Vec<Expr>> {
        let Some((id, item)) = self.domain_item(domain) else { return Ok(Vec::new()) };
        let mut substitute = ToDomain { domain, id };
        walk::walk_select_mut(select, &mut substitute);
        select.from = Some(match select.from.take() {
            Some(from) => insert(item, id, from).map_err(|report| report.at(domain.keys[0].position))?,
            None => item,
        });
        let values: Vec<Expr> = domain.columns().iter().enumerate().map(|(i, key)| column(id, i, key)).collect();
        self.pick_inside(select, domain, &values);
        if let Some(from) = &mut select.from {
            let mut conditions: Vec<Expr> = select.filter.take().into_iter().collect();
            self.pick_rows(from, domain, &values, &mut conditions)?;
            select.filter = conjunction(conditions);
        }
        Ok(values)
    }

    /// Takes from pushed WITH items the rows of the same value of the domain.
    fn pick_rows(&mut self, from: &mut Relation, domain: &Domain, values: &[Expr], conditions: &mut Vec<Expr>) -> Result<()> {
        match from {
            Relation::Join { kind: JoinKind::Cross | JoinKind::Inner, left, right, .. } => {
                self.pick_rows(left, domain, values, conditions)?;
                self.pick_rows(right, domain, values, conditions)?;
            }
            Relation::Join { kind: JoinKind::Left, left, .. } => self.pick_rows(left, domain, values, conditions)?,
            Relation::Derived { id, query, .. } if self.reads_pushed(query, domain) => {
                let width = query.columns.len();
                **query = self.push((**query).clone(), domain, false)?;
                let theirs = (width..query.columns.len()).map(|i| column(*id, i, &query.columns[i])).collect();
                conditions.extend(same(values.to_vec(), theirs));
            }
            Relation::Cte { id, cte, columns, .. } if self.is_pushed(*cte, domain) => {
                let width = columns.len();
                *columns = widened(columns, domain);
                let theirs = (width..columns.len()).map(|i| column(*id, i, &columns[i])).collect();
                conditions.extend(same(values.to_vec(), theirs));
            }
            _ => {}
        }
        Ok(())
    }

    /// Numbers the rows for each value of the domain in the order of the sort keys, and keeps those that LIMIT and OFFSET let pass.
    fn numbered(
        &mut self,
        mut rows: Query,
        width: usize,
        domain: &Domain,
        limit: Option<i64>,
        offset: Option<i64>,
        keep_number: bool,
    ) -> Query {
        let order = std::mem::take(&mut rows.order_by);
        let id = self.relation_id();
        let count = width + domain.keys.len();
        let columns = rows.columns.clone();
        let at = |i: usize| column(id, i, &columns[i]);
        let keys = order
            .iter()
            .map(|key| SortKey {
                by: SortBy::Expr(match &key.by {
                    SortBy::Output(i) => at(*i),
                    SortBy::Expr(expr) => expr.clone(),
                }),
                ..key.clone()
            })
            .collect();
        let mut list: Vec<Expr> = (0..count).map(at).collect();
        list.push(build::row_number((width..count).map(at).collect(), keys));
        let mut shown = columns[..count].to_vec();
        shown.push(named(&free_name("row_number", &shown), Type::INT8));
        if first_order_is_needed(&rows) {
            rows.order_by = order;
        }
        let numbered = select_query(select(list, Some(derived(id, "rows", rows)), None), shown.clone());
        if limit.is_none() && offset.is_none() {
            return numbered;
        }
        let id = self.relation_id();
        let number = column(id, count, &shown[count]);
        let skip = offset.unwrap_or(0);
        let mut conditions = vec![compare(">", number.clone(), build::number(skip))];
        if let Some(limit) = limit {
            conditions.push(compare("<=", number, build::number(skip.saturating_add(limit))));
        }
        let kept = if keep_number { count + 1 } else { count };
        let list = (0..kept).map(|i| column(id, i, &shown[i])).collect();
        let filter = conjunction(conditions);
        let columns = shown[..kept].to_vec();
        select_query(select(list, Some(derived(id, "numbered", numbered)), filter), columns)
    }

    /// Gathers the first column of pushed rows into one list for each value of the domain: the list, then the domain's columns.
    pub(super) fn gathered(&mut self, rows: Query, width: usize, domain: &Domain, ordered: bool) -> Query {
        let id = self.relation_id();
        let at = |i: usize| column(id, i, &rows.columns[i]);
        let values: Vec<Expr> = (width..width + domain.keys.len()).map(at).collect();
        let order = if ordered { vec![ascending(at(width + domain.keys.len()))] } else { Vec::new() };
        let mut list = vec![build::aggregate("pg_gather", vec![at(0)], order, &at(0))];
        list.extend(values.iter().cloned());
        let columns = std::iter::once(described("list", &list[0])).chain(domain.columns()).collect();
        let mut groups = select(list, Some(derived(id, "rows", rows)), None);
        groups.group_by = GroupBy::Plain(values);
        select_query(groups, columns)
    }
}

fn first_order_is_needed(rows: &Query) -> bool {
    matches!(&rows.body, SetExpr::Select(select) if matches!(select.distinct, Distinct::On(_)))
}

/// The columns of a query, then those of the domain.
pub(super) fn widened(columns: &[RelationColumn], domain: &Domain) -> Vec<RelationColumn> {
    let mut all = columns.to_vec();
    for key in domain.columns() {
        let name = free_name(&key.name, &all);
        all.push(RelationColumn { name, ..key });
    }
    all
}

/// Replaces outer columns by the domain's.
struct ToDomain<'a> {
    domain: &'a Domain,
    id: RelationId,
}

impl VisitorMut for ToDomain<'_> {
    fn expr(&mut self, expr: &mut Expr) {
        if let ExprKind::Column { relation, column } = &mut expr.kind {
            let same = |key: &Expr| matches!(key.kind, ExprKind::Column { relation: r, column: c } if r == *relation && c == *column);
            if let Some(i) = self.domain.keys.iter().position(same) {
                (*relation, *column) = (self.id, i);
            }
        }
    }
}

/// Windows see the rows of one value of the domain.
fn part_windows(select: &mut Select, order_by: &mut [SortKey], values: &[Expr]) {
    fn each(expr: &mut Expr, values: &[Expr]) {
        if let ExprKind::Window(call) = &mut expr.kind {
            call.partition_by.extend(values.iter().cloned());
        }
        // Subqueries have windows of their own.
        for child in walk::children_mut(expr) {
            each(child, values);
        }
    }
    let on = match &mut select.distinct {
        Distinct::On(exprs) => exprs.as_mut_slice(),
        Distinct::No | Distinct::All => &mut [],
    };
    for expr in select.projection.iter_mut().chain(on) {
        each(expr, values);
    }
    for key in order_by {
        if let SortBy::Expr(expr) = &mut key.by {
            each(expr, values);
        }
    }
}

/// Puts `item` left of a FROM clause, so near to its first leaf that all that speaks of it sees it.
fn insert(item: Relation, id: RelationId, from: Relation) -> Result<Relation> {
    let refers = |relation: &Relation| scope::outer_references(relation).contains(&id);
    if !refers(&from) {
        return Ok(join(JoinKind::Cross, item, from, None));
    }
    Ok(match from {
        // a, (b JOIN c ON ...) becomes (a, b) JOIN c ON ...
        Relation::Join { kind: JoinKind::Cross | JoinKind::Inner, left, right, on }
            if refers(&right) && matches!(*right, Relation::Join { kind: JoinKind::Cross | JoinKind::Inner, .. }) =>
        {
            let Relation::Join { left: first, right: second, on: inner, .. } = *right else {
                return Err(Report::internal("a join became something else"));
            };
            let on = conjunction(on.into_iter().chain(inner).collect());
            let kind = if on.is_some() { JoinKind::Inner } else { JoinKind::Cross };
            insert(item, id, join(kind, join(JoinKind::Cross, *left, *first, None), *second, on))?
        }
        Relation::Join { kind: kind @ (JoinKind::Cross | JoinKind::Inner | JoinKind::Left), left, right, on } => {
            let right = lateral(*right, id)?;
            join(kind, insert(item, id, *left)?, right, on)
        }
        Relation::Join { kind: JoinKind::Right, left, right, on } => {
            join(JoinKind::Left, insert(item, id, *right)?, lateral(*left, id)?, on)
        }
        Relation::Join { kind: JoinKind::Full, .. } => return Err(Report::unsupported("FULL JOIN on a column of an outer query")),
        leaf => join(JoinKind::Cross, item, lateral(leaf, id)?, None),
    })
}

/// Lets derived tables refer to the domain on their left.
fn lateral(relation: Relation, id: RelationId) -> Result<Relation> {
    if !scope::outer_references(&relation).contains(&id) {
        return Ok(relation);
    }
    Ok(match relation {
        Relation::Derived { id, alias, query, .. } => Relation::Derived { id, alias, lateral: true, query },
        Relation::Join { .. } => return Err(Report::unsupported("nested joins on a column of an outer query")),
        other => other,
    })
}

/// Replaces aggregates by what they are of no rows.
fn of_nothing(expr: &mut Expr) -> Result<()> {
    let value = match &expr.kind {
        ExprKind::Aggregate(call) => match call.function.name.as_str() {
            "count" | "regr_count" => Some(Literal::Int(0)),
            "rank" | "dense_rank" | "percent_rank" | "cume_dist" => {
                return Err(Report::unsupported("this aggregate in a correlated subquery").at(expr.position));
            }
            _ => Some(Literal::Null),
        },
        ExprKind::Window(_) | ExprKind::Grouping(_) => {
            return Err(Report::unsupported("this call beside aggregates in a correlated subquery").at(expr.position));
        }
        _ => None,
    };
    match value {
        Some(value) => expr.kind = ExprKind::Literal(value),
        None => {
            for child in walk::children_mut(expr) {
                of_nothing(child)?;
            }
        }
    }
    Ok(())
}
