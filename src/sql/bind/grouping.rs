//! GROUP BY, grouping sets, and the rule that ungrouped columns may not be shown (parse_agg.c).

use sqlparser::ast::{self, Expr as AstExpr, GroupByExpr};

use super::Binder;
use super::order::{Meaning, Targets, sortable};
use super::scope::Clause;
use crate::error::{Report, Result, SqlState};
use crate::sql::parse::rewrite::DISTINCT_SETS;
use crate::sql::tree::*;
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

/// The most grouping sets that CUBE and ROLLUP may expand to (PostgreSQL's own limit).
const MAX_SETS: usize = 4096;

/// GROUP BY as bound: distinct expressions and the sets of them; `None` for a plain list.
pub struct Groups {
    exprs: Vec<Expr>,
    /// The select item that each was found as.
    targets: Vec<Option<usize>>,
    /// Two select items that are equal were grouped by, each under its own name.
    twice: Option<Option<u32>>,
    sets: Option<Vec<Vec<usize>>>,
    written: bool,
}

impl Groups {
    /// Groups by all of a select list, rows by their fields.
    pub fn of(targets: &[Expr]) -> Groups {
        let mut groups = Groups { exprs: Vec::new(), targets: Vec::new(), twice: None, sets: None, written: true };
        for target in targets {
            let fields = match &target.kind {
                ExprKind::Row(fields, _) => fields.as_slice(),
                _ => std::slice::from_ref(target),
            };
            for field in fields {
                add(field.clone(), &mut groups);
            }
        }
        groups
    }

    /// The grouping expressions.
    pub fn exprs_mut(&mut self) -> &mut [Expr] {
        &mut self.exprs
    }

    /// Tells whether there is no GROUP BY.
    pub fn is_empty(&self) -> bool {
        !self.written
    }
}

/// The parts of a SELECT that may hold only grouped columns.
pub struct Grouped<'s> {
    /// The select list.
    pub targets: &'s mut Vec<Expr>,
    /// HAVING.
    pub having: &'s mut Option<Expr>,
    /// ORDER BY.
    pub order_by: &'s mut Vec<SortKey>,
    /// DISTINCT ON.
    pub distinct: &'s mut Distinct,
    /// Set-returning calls over the groups.
    pub calls: &'s mut [Expr],
}

/// GROUPING's arguments are found after GROUP BY is bound; until then it holds an index of `Scope::groupings` above this mark.
pub const PENDING: usize = 1 << 30;

impl Binder<'_> {
    /// Binds GROUP BY.
    pub fn group_by(&mut self, clause: &GroupByExpr, targets: &Targets) -> Result<Groups> {
        let items = match clause {
            GroupByExpr::Expressions(items, modifiers) if modifiers.is_empty() => items,
            GroupByExpr::Expressions(items, modifiers) => {
                let [ast::GroupByWithModifier::GroupingSets(sets)] = modifiers.as_slice() else {
                    return Err(Report::new(SqlState::SYNTAX_ERROR, "syntax error at or near \"WITH\""));
                };
                if !items.is_empty() {
                    return Err(Report::unsupported("GROUPING SETS after other grouping items"));
                }
                return self.group_items(std::slice::from_ref(sets), targets);
            }
            GroupByExpr::All(_) => return Err(Report::unsupported("GROUP BY ALL")),
        };
        self.group_items(items, targets)
    }

    fn group_items(&mut self, items: &[AstExpr], targets: &Targets) -> Result<Groups> {
        let (distinct, items) = match items {
            [AstExpr::Function(first), items @ ..] if names_distinct_sets(first) => (true, items),
            items => (false, items),
        };
        let mut groups = Groups { exprs: Vec::new(), targets: Vec::new(), twice: None, sets: None, written: !items.is_empty() };
        // The sets of a list are the cross product of the sets of its items.
        let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
        let mut plain = true;
        for item in items {
            let alternatives = match item {
                AstExpr::GroupingSets(_) | AstExpr::Rollup(_) | AstExpr::Cube(_) => {
                    plain = false;
                    self.grouping_sets(item, targets, &mut groups)?
                }
                _ => vec![self.group_item(item, targets, &mut groups)?],
            };
            sets = sets
                .iter()
                .flat_map(|set| {
                    alternatives.iter().map(move |other| {
                        let mut joined = set.clone();
                        joined.extend(other.iter().filter(|i| !set.contains(i)));
                        joined
                    })
                })
                .collect();
            if sets.len() > MAX_SETS {
                return Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, format!("too many grouping sets present (maximum {MAX_SETS})")));
            }
        }
        if !plain {
            if let Some(position) = groups.twice {
                // PostgreSQL tells them apart: in a set with one of them the other is NULL.
                return Err(Report::unsupported("one expression under two names in grouping sets").at(position));
            }
            // In a set without it, PostgreSQL takes an outer column for NULL.
            let outer_scopes = self.scopes.split_last().map_or(&[][..], |(_, outer)| outer);
            for expr in &groups.exprs {
                let mut outer = None;
                each(expr, &mut |part| {
                    if let ExprKind::Column { relation, .. } = &part.kind
                        && outer_scopes.iter().any(|scope| scope.relations.contains(relation))
                    {
                        outer = outer.or(Some(part.position));
                    }
                });
                if let Some(position) = outer.filter(|_| sets.len() > 1) {
                    return Err(Report::unsupported("a column of an outer query in grouping sets").at(position));
                }
            }
            groups.sets = Some(if distinct { each_once(sets) } else { sets });
        } else if groups.written && groups.exprs.is_empty() {
            // GROUP BY () makes one group of all rows.
            groups.sets = Some(vec![Vec::new()]);
        }
        Ok(groups)
    }

    fn group_item(&mut self, item: &AstExpr, targets: &Targets, groups: &mut Groups) -> Result<Vec<usize>> {
        if let AstExpr::Tuple(items) = item {
            let mut set = Vec::new();
            for item in items {
                set.extend(self.group_item(item, targets, groups)?);
            }
            return Ok(set);
        }
        let (expr, target) = match self.meaning(item, targets, Clause::GroupBy)? {
            Meaning::Output(i) => (targets.exprs[i].clone(), Some(i)),
            Meaning::Expr(expr) => {
                let target = targets.exprs.iter().position(|target| *target == expr);
                (expr, target)
            }
        };
        let mut kind = None;
        each(&expr, &mut |part| match &part.kind {
            ExprKind::Aggregate(_) => kind = Some((SqlState::GROUPING_ERROR, "aggregate")),
            ExprKind::Window(_) => kind = Some((SqlState::WINDOWING_ERROR, "window")),
            _ => {}
        });
        if let Some((state, kind)) = kind {
            return Err(Report::new(state, format!("{kind} functions are not allowed in GROUP BY")).at(self.start(item)));
        }
        if let ExprKind::Row(fields, _) = expr.kind {
            // GROUP BY of a whole row groups by its columns.
            return Ok(fields.into_iter().map(|field| add(field, groups)).collect());
        }
        sortable(&expr, "equality").map_err(|report| Report { position: self.start(item), ..report })?;
        let index = add(expr, groups);
        match groups.targets.get(index) {
            Some(known) if *known != target => groups.twice = Some(self.start(item)),
            Some(_) => {}
            None => {
                // Fields of a whole row that came before are no select items.
                groups.targets.resize(index, None);
                groups.targets.push(target);
            }
        }
        Ok(vec![index])
    }

    fn grouping_sets(&mut self, item: &AstExpr, targets: &Targets, groups: &mut Groups) -> Result<Vec<Vec<usize>>> {
        let (AstExpr::GroupingSets(elements) | AstExpr::Rollup(elements) | AstExpr::Cube(elements)) = item else {
            return Ok(vec![self.group_item(item, targets, groups)?]);
        };
        if elements.len() > 12 && matches!(item, AstExpr::Cube(_)) {
            return Err(Report::new(SqlState::STATEMENT_TOO_COMPLEX, "CUBE is limited to 12 elements"));
        }
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut nested: Vec<Vec<usize>> = Vec::new();
        let elements: Vec<Vec<AstExpr>> = elements.iter().map(|element| element.iter().map(as_sets).collect()).collect();
        for element in &elements {
            if let ([inner @ (AstExpr::GroupingSets(_) | AstExpr::Rollup(_) | AstExpr::Cube(_))], AstExpr::GroupingSets(_)) =
                (element.as_slice(), item)
            {
                nested.extend(self.grouping_sets(inner, targets, groups)?);
                continue;
            }
            let mut part = Vec::new();
            for expr in element {
                part.extend(self.group_item(expr, targets, groups)?);
            }
            parts.push(part);
        }
        let union = |chosen: &[&Vec<usize>]| {
            let mut set: Vec<usize> = Vec::new();
            for i in chosen.iter().copied().flatten() {
                if !set.contains(i) {
                    set.push(*i);
                }
            }
            set
        };
        Ok(match item {
            AstExpr::GroupingSets(_) => parts.into_iter().chain(nested).collect(),
            AstExpr::Rollup(_) => (0..=parts.len()).rev().map(|n| union(&parts[..n].iter().collect::<Vec<_>>())).collect(),
            _ => (0..1_usize << parts.len())
                .rev()
                .map(|mask| {
                    union(
                        &parts
                            .iter()
                            .enumerate()
                            .filter(|(i, _)| mask >> (parts.len() - 1 - i) & 1 == 1)
                            .map(|(_, part)| part)
                            .collect::<Vec<_>>(),
                    )
                })
                .collect(),
        })
    }

    /// Checks that only grouped columns are shown, and builds the tree's GROUP BY.
    pub fn grouped(&mut self, groups: Groups, parts: Grouped) -> Result<GroupBy> {
        let scope = self.scope();
        let pending = std::mem::take(&mut scope.groupings);
        let grouping = groups.written || scope.aggregates || parts.having.is_some();
        let locals = scope.relations.clone();
        if !pending.is_empty() {
            self.resolve_groupings(&pending, &groups, parts.targets, parts.having, parts.order_by)?;
        }
        if !grouping {
            return Ok(GroupBy::None);
        }
        let keyed = if groups.sets.is_none() { self.keyed_relations(&groups.exprs) } else { IdSet::default() };
        if !keyed.is_empty() {
            let keys = parts.order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
            for expr in parts.targets.iter_mut().chain(parts.having.iter_mut()).chain(keys).chain(parts.calls.iter_mut()) {
                self.determine(expr, &groups.exprs, &keyed);
            }
        }
        let check = Check { groups: &groups.exprs, locals: &locals, binder: self };
        let mut shown: Vec<&Expr> = parts.targets.iter().chain(parts.having.iter()).chain(parts.calls.iter()).collect();
        shown.extend(parts.order_by.iter().filter_map(|key| if let SortBy::Expr(expr) = &key.by { Some(expr) } else { None }));
        if let Distinct::On(exprs) = &*parts.distinct {
            shown.extend(exprs);
        }
        let mut computed = false;
        for expr in shown {
            check.expr(expr)?;
            each(expr, &mut |part| computed |= matches!(part.kind, ExprKind::Aggregate(_)));
        }
        if groups.exprs.is_empty() && groups.sets.is_none() {
            self.one_group(parts.having, computed)?;
        }
        Ok(match groups.sets {
            None => GroupBy::Plain(groups.exprs),
            Some(sets) => GroupBy::Sets { exprs: groups.exprs, sets },
        })
    }

    /// One group of all rows, which are counted where nothing else makes it a group: `SELECT 1 FROM t HAVING true`, `GROUP BY ()`. A condition that no row
    /// decides would be taken for one on the rows.
    fn one_group(&self, having: &mut Option<Expr>, computed: bool) -> Result<()> {
        let constant = |expr: &Expr| {
            let mut constant = true;
            each(expr, &mut |part| {
                constant &= !matches!(
                    part.kind,
                    ExprKind::Aggregate(_) | ExprKind::Column { .. } | ExprKind::Subquery { .. } | ExprKind::Grouping(_)
                );
            });
            constant
        };
        let decided = having.as_ref().is_some_and(|having| match &having.kind {
            ExprKind::And(parts) => parts.iter().any(constant),
            _ => constant(having),
        });
        if computed && !decided {
            return Ok(());
        }
        let count = super::functions::resolve_function(Some("pg_catalog"), "count", &[], false, None)?.signature;
        let rows =
            Aggregate { function: count, args: Vec::new(), distinct: false, order_by: Vec::new(), filter: None, within_group: false };
        let rows = self.make(ExprKind::Aggregate(Box::new(rows)), Type::INT8, -1, None);
        let zero = Expr::literal(Literal::Int(0), Type::INT8, None);
        let never = having.as_ref().is_some_and(|having| matches!(having.kind, ExprKind::Literal(Literal::Null | Literal::Bool(false))));
        let counted = self.operator(if never { "<" } else { ">=" }, Some(rows), zero, None)?;
        *having = Some(match having.take() {
            None => counted,
            Some(Expr { kind: ExprKind::Literal(_), .. }) => counted,
            Some(condition) => {
                let position = condition.position;
                self.make(ExprKind::Case { whens: vec![(counted, condition)], otherwise: None }, Type::BOOL, -1, position)
            }
        });
        Ok(())
    }

    fn resolve_groupings(
        &self,
        pending: &[Vec<Expr>],
        groups: &Groups,
        targets: &mut [Expr],
        having: &mut Option<Expr>,
        order_by: &mut [SortKey],
    ) -> Result<()> {
        let mut resolved: Vec<Vec<usize>> = Vec::new();
        for args in pending {
            let mut indexes = Vec::new();
            for arg in args {
                let message = "arguments to GROUPING must be grouping expressions of the associated query level";
                let index = groups.exprs.iter().position(|expr| expr == arg);
                indexes.push(index.ok_or_else(|| Report::new(SqlState::GROUPING_ERROR, message).at(arg.position))?);
            }
            resolved.push(indexes);
        }
        struct Resolve {
            resolved: Vec<Vec<usize>>,
            sets: bool,
        }
        impl walk::VisitorMut for Resolve {
            fn expr(&mut self, expr: &mut Expr) {
                if let ExprKind::Grouping(indexes) = &mut expr.kind
                    && let [one] = indexes.as_slice()
                    && *one >= PENDING
                    && let Some(found) = self.resolved.get(*one - PENDING)
                {
                    match self.sets {
                        true => indexes.clone_from(found),
                        // Every row of a plain list has all of the keys.
                        false => expr.kind = ExprKind::Literal(Literal::Int(0)),
                    }
                }
            }
        }
        let mut resolve = Resolve { resolved, sets: groups.sets.is_some() };
        let keys = order_by.iter_mut().filter_map(|key| if let SortBy::Expr(expr) = &mut key.by { Some(expr) } else { None });
        for expr in targets.iter_mut().chain(having.iter_mut()).chain(keys) {
            walk::walk_expr_mut(expr, &mut resolve);
        }
        Ok(())
    }

    /// `alias.column` of a column of this level, for messages.
    pub fn column_label(&self, relation: RelationId, column: usize) -> String {
        match self.named_column(relation, column) {
            Some((item, name)) => format!("{item}.{name}"),
            None => "?column?".to_owned(),
        }
    }

    /// Returns a column's name.
    pub fn column_name(&self, relation: RelationId, column: usize) -> String {
        self.named_column(relation, column).map_or_else(|| "?column?".to_owned(), |(_, name)| name.to_owned())
    }

    fn named_column(&self, relation: RelationId, column: usize) -> Option<(&str, &str)> {
        let wanted = ExprKind::Column { relation, column };
        self.scopes.iter().rev().flat_map(|scope| &scope.items).find_map(|item| {
            let found = item.columns.standing_for(&wanted)?;
            Some((item.name.as_deref()?, item.columns.name(found)?))
        })
    }
}

struct Check<'c> {
    groups: &'c [Expr],
    locals: &'c IdSet<RelationId>,
    binder: &'c Binder<'c>,
}

impl Check<'_> {
    fn expr(&self, expr: &Expr) -> Result<()> {
        if self.groups.contains(expr) {
            return Ok(());
        }
        match &expr.kind {
            ExprKind::Column { relation, column } if self.locals.contains(relation) => {
                let label = self.binder.column_label(*relation, *column);
                let message = format!("column \"{label}\" must appear in the GROUP BY clause or be used in an aggregate function");
                Err(Report::new(SqlState::GROUPING_ERROR, message).at(expr.position))
            }
            // The direct arguments of an ordered-set aggregate are no aggregated values.
            ExprKind::Aggregate(call) if call.within_group => call.args.iter().try_for_each(|arg| self.expr(arg)),
            ExprKind::Aggregate(_) | ExprKind::Grouping(_) => Ok(()),
            ExprKind::Subquery { kind, query } => {
                if let SubqueryKind::Compare { left, .. } = kind {
                    left.iter().try_for_each(|expr| self.expr(expr))?;
                }
                let mut found = None;
                walk::each_expr(query, |part| {
                    if let ExprKind::Column { relation, column } = &part.kind
                        && self.locals.contains(relation)
                        && !self.groups.contains(part)
                        && found.is_none()
                    {
                        found = Some((self.binder.column_label(*relation, *column), part.position));
                    }
                });
                match found {
                    Some((label, position)) => {
                        let message = format!("subquery uses ungrouped column \"{label}\" from outer query");
                        Err(Report::new(SqlState::GROUPING_ERROR, message).at(position))
                    }
                    None => Ok(()),
                }
            }
            _ => walk::children(expr).into_iter().try_for_each(|child| self.expr(child)),
        }
    }
}

/// sqlparser reads ROLLUP and CUBE inside GROUPING SETS as calls.
fn as_sets(expr: &AstExpr) -> AstExpr {
    let AstExpr::Function(ast::Function { name, args: ast::FunctionArguments::List(list), .. }) = expr else { return expr.clone() };
    let items: Option<Vec<Vec<AstExpr>>> = list
        .args
        .iter()
        .map(|arg| match arg {
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(AstExpr::Tuple(items))) => Some(items.clone()),
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(vec![expr.clone()]),
            _ => None,
        })
        .collect();
    match (name.to_string().to_ascii_lowercase().as_str(), items) {
        ("rollup", Some(items)) => AstExpr::Rollup(items),
        ("cube", Some(items)) => AstExpr::Cube(items),
        _ => expr.clone(),
    }
}

fn names_distinct_sets(function: &ast::Function) -> bool {
    matches!(function.name.0.as_slice(), [ast::ObjectNamePart::Identifier(name)] if name.value == DISTINCT_SETS)
}

/// Leaves out sets of the same expressions, in whatever order they come.
fn each_once(sets: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut seen = IdSet::default();
    let sorted = |set: &[usize]| {
        let mut set = set.to_vec();
        set.sort_unstable();
        set
    };
    sets.into_iter().filter(|set| seen.insert(sorted(set))).collect()
}

fn add(expr: Expr, groups: &mut Groups) -> usize {
    if let Some(i) = groups.exprs.iter().position(|known| *known == expr) {
        return i;
    }
    groups.exprs.push(expr);
    groups.exprs.len() - 1
}

/// Calls `f` for an expression and its operands, without going into subqueries.
pub fn each<'e>(expr: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(expr);
    for child in walk::children(expr) {
        each(child, f);
    }
}
