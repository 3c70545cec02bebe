//! The second look: which tables a parsed GoogleSQL query names, which columns its conditions hold, that it only reads.

use std::collections::HashSet;
use std::ops::ControlFlow;

use sqlparser::ast::{self, ObjectName, ObjectNamePart, Query, SetExpr, TableFactor, Visitor};

use super::scopes::{Scopes, called};

/// Tells whether the number of rows grows with the tables.
pub(super) fn unlimited(query: &Query) -> bool {
    let limited = query.limit_clause.is_some() || query.fetch.is_some();
    match &*query.body {
        SetExpr::Select(select) => {
            let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(exprs, _) if exprs.is_empty());
            !limited && !select.from.is_empty() && !grouped
        }
        SetExpr::Query(inner) => !limited && unlimited(inner),
        SetExpr::SetOperation { .. } => !limited,
        _ => false,
    }
}

/// What the tree holds.
#[derive(Default)]
pub(super) struct Found {
    named: Vec<Vec<String>>,
    /// WITH items and aliases, in lower case.
    local: HashSet<String>,
    scopes: Scopes,
    pub(super) filtered: HashSet<String>,
    pub(super) refused: Option<&'static str>,
}

impl Found {
    /// The names that can only be tables'; or those that can also be something else.
    pub(super) fn tables(&self, doubtful: bool) -> Vec<Vec<String>> {
        let mut tables: Vec<Vec<String>> = Vec::new();
        for path in &self.named {
            let first = path.first().map(|first| first.to_lowercase()).unwrap_or_default();
            // A name alone is a table where no WITH item of that name can be seen.
            let known = path.len() > 1 && self.local.contains(&first);
            if known == doubtful && !tables.contains(path) {
                tables.push(path.clone());
            }
        }
        tables
    }

    fn body(&mut self, body: &SetExpr) {
        match body {
            SetExpr::Select(select) => {
                for condition in [&select.selection, &select.having, &select.qualify].into_iter().flatten() {
                    self.condition(condition);
                }
                if select.into.is_some() {
                    self.refused = Some("SELECT INTO");
                }
            }
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left);
                self.body(right);
            }
            SetExpr::Insert(_) => self.refused = Some("INSERT"),
            SetExpr::Update(_) => self.refused = Some("UPDATE"),
            SetExpr::Delete(_) => self.refused = Some("DELETE"),
            SetExpr::Merge(_) => self.refused = Some("MERGE"),
            SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => {}
        }
    }

    fn condition(&mut self, expr: &ast::Expr) {
        let _ = ast::visit_expressions(expr, |expr| {
            match expr {
                ast::Expr::Identifier(name) => drop(self.filtered.insert(name.value.to_lowercase())),
                ast::Expr::CompoundIdentifier(names) => self.filtered.extend(names.iter().map(|name| name.value.to_lowercase())),
                _ => {}
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        for item in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.local.insert(item.alias.name.value.to_lowercase());
        }
        self.scopes.enter(query);
        if !query.locks.is_empty() {
            self.refused = Some("SELECT FOR UPDATE");
        }
        self.body(&query.body);
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.scopes.leave(query);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        if self.scopes.is_local(name) {
            return ControlFlow::Continue(());
        }
        let parts = name.0.iter().filter_map(|part| match part {
            ObjectNamePart::Identifier(ident) => Some(ident.value.as_str()),
            ObjectNamePart::Function(_) => None,
        });
        // One pair of backticks may hold a whole path.
        let path: Vec<String> = parts.flat_map(|part| part.split('.')).map(str::to_owned).collect();
        self.named.push(path);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        self.local.extend(called(factor));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &ast::Select) -> ControlFlow<()> {
        self.scopes.select(select);
        let joins = select.from.iter().flat_map(|item| &item.joins);
        for operator in joins.map(|join| &join.join_operator) {
            if let ast::JoinOperator::Join(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Inner(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Left(ast::JoinConstraint::On(on))
            | ast::JoinOperator::LeftOuter(ast::JoinConstraint::On(on))
            | ast::JoinOperator::Right(ast::JoinConstraint::On(on))
            | ast::JoinOperator::RightOuter(ast::JoinConstraint::On(on))
            | ast::JoinOperator::FullOuter(ast::JoinConstraint::On(on)) = operator
            {
                self.condition(on);
            }
        }
        ControlFlow::Continue(())
    }
}
