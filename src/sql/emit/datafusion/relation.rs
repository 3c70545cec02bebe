//! FROM: tables, derived tables, WITH references, functions, joins.

use super::scope;
use super::{Printer, ident, qualified};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, JoinKind, Relation, RelationColumn};

impl Printer<'_> {
    /// Prints a FROM clause; also returns conditions that belong into WHERE.
    pub(super) fn from(&mut self, relation: &Relation) -> Result<(String, Vec<String>)> {
        Ok((self.relation(relation)?, Vec::new()))
    }

    fn relation(&mut self, relation: &Relation) -> Result<String> {
        match relation {
            Relation::Table { id, alias, table } => {
                let alias = self.alias(alias);
                let columns = table.columns.iter().map(|column| qualified(&alias, &column.name)).collect();
                self.relations.insert(*id, columns);
                Ok(format!("{}.{} AS {}", ident(&table.name.schema), ident(&table.name.table), ident(&alias)))
            }
            Relation::Derived { id, alias, lateral, query } => {
                let correlated = *lateral && self.is_correlated(relation);
                let text = self.query(query)?;
                let alias = self.alias(alias);
                self.name_columns(*id, &alias, &query.columns);
                Ok(format!("{}({text}) AS {}", if correlated { "LATERAL " } else { "" }, ident(&alias)))
            }
            Relation::Cte { id, alias, cte, columns } => {
                let Some(printed) = self.ctes.get(cte).cloned() else {
                    return Err(Report::internal("a WITH item is used before it is printed"));
                };
                let alias = self.alias(alias);
                let names = printed.columns.iter().take(columns.len()).map(|name| qualified(&alias, name)).collect();
                self.relations.insert(*id, names);
                Ok(format!("{} AS {}", ident(&printed.name), ident(&alias)))
            }
            Relation::Function { id, alias, calls, ordinality, columns } => {
                if self.is_correlated(relation) {
                    return Err(Report::unsupported("a function in FROM over columns of an outer query").at(calls[0].position));
                }
                let body = self.function_rows(calls, *ordinality, columns, false)?;
                let alias = self.alias(alias);
                self.name_columns(*id, &alias, columns);
                Ok(format!("(SELECT {body}) AS {}", ident(&alias)))
            }
            Relation::Join { kind, left, right, on } => self.join(*kind, left, right, on.as_ref()),
        }
    }

    fn join(&mut self, kind: JoinKind, left: &Relation, right: &Relation, on: Option<&Expr>) -> Result<String> {
        if let Relation::Function { id, alias, calls, ordinality, columns } = right
            && self.is_correlated(right)
        {
            return self.lateral_function(kind, left, (*id, alias, calls, *ordinality, columns), on);
        }
        let left_text = self.relation(left)?;
        let right_text = self.relation(right)?;
        let right_text = if matches!(right, Relation::Join { .. }) { format!("({right_text})") } else { right_text };
        let word = match kind {
            JoinKind::Cross => return Ok(format!("{left_text} CROSS JOIN {right_text}")),
            JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT",
            JoinKind::Right => "RIGHT",
            JoinKind::Full => "FULL",
        };
        let on = match on {
            Some(on) => self.expr(on)?,
            None => "TRUE".into(),
        };
        Ok(format!("{left_text} {word} JOIN {right_text} ON {on}"))
    }

    /// A function over columns of the items left of it: both become one derived table that unnests the function's array row by row.
    fn lateral_function(
        &mut self,
        kind: JoinKind,
        left: &Relation,
        function: (crate::sql::tree::RelationId, &str, &[Expr], bool, &[RelationColumn]),
        on: Option<&Expr>,
    ) -> Result<String> {
        let (id, hint, calls, ordinality, columns) = function;
        let always = on.is_none_or(|on| matches!(on.kind, crate::sql::tree::ExprKind::Literal(crate::types::literal::Literal::Bool(true))));
        if !matches!(kind, JoinKind::Cross | JoinKind::Inner) && !(kind == JoinKind::Left && always) {
            return Err(Report::unsupported("this kind of join with a LATERAL function").at(calls[0].position));
        }
        let left_text = self.relation(left)?;
        let alias = self.alias(hint);
        let mut list = Vec::new();
        let mut renamed = Vec::new();
        scope::each_leaf(left, &mut |relation_id| {
            if let Some(names) = self.relations.get(&relation_id) {
                for (i, name) in names.iter().enumerate() {
                    let column = format!("c{}_{}", relation_id.0, i + 1);
                    list.push(format!("{name} AS {}", ident(&column)));
                    renamed.push((relation_id, i, qualified(&alias, &column)));
                }
            }
        });
        list.push(self.function_rows(calls, ordinality, columns, kind == JoinKind::Left)?);
        for (relation_id, i, name) in renamed {
            if let Some(names) = self.relations.get_mut(&relation_id) {
                names[i] = name;
            }
        }
        self.name_columns(id, &alias, columns);
        let inner = format!("(SELECT {} FROM {left_text}) AS {}", list.join(", "), ident(&alias));
        if always {
            return Ok(inner);
        }
        // An inner join's condition over both sides filters the derived table.
        let condition = self.expr(on.expect("a condition that is not constant"))?;
        let outer = self.alias(hint);
        let mut pass = Vec::new();
        for names in self.relations.values_mut() {
            for name in names.iter_mut().filter(|name| name.starts_with(&format!("{}.", ident(&alias)))) {
                let column = name[ident(&alias).len() + 1..].to_owned();
                pass.push(format!("{name} AS {column}"));
                *name = format!("{}.{column}", ident(&outer));
            }
        }
        pass.sort();
        Ok(format!("(SELECT {} FROM {inner} WHERE {condition}) AS {}", pass.join(", "), ident(&outer)))
    }

    /// Prints the select items that give a function's rows. `keep` makes one row of NULLs where there is none (LEFT JOIN).
    fn function_rows(&mut self, calls: &[Expr], ordinality: bool, columns: &[RelationColumn], keep: bool) -> Result<String> {
        let mut arrays = Vec::new();
        for call in calls {
            arrays.extend(self.set_arrays(call)?);
        }
        let width = columns.len() - usize::from(ordinality);
        if arrays.len() != width {
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "this function in FROM is not supported").at(calls[0].position));
        }
        if ordinality {
            arrays.push(format!("pg_ordinals({})", arrays.join(", ")));
        }
        let items: Vec<String> = arrays
            .iter()
            .zip(columns)
            .map(|(array, column)| {
                let array = if keep { format!("pg_never_empty({array})") } else { format!("pg_never_null({array})") };
                format!("unnest({array}) AS {}", ident(&column.name))
            })
            .collect();
        Ok(items.join(", "))
    }

    fn name_columns(&mut self, id: crate::sql::tree::RelationId, alias: &str, columns: &[RelationColumn]) {
        let names = columns.iter().map(|column| qualified(alias, &column.name)).collect();
        self.relations.insert(id, names);
    }

    /// Tells whether a FROM item refers to relations outside itself.
    fn is_correlated(&self, relation: &Relation) -> bool {
        !scope::outer_references(relation).is_empty()
    }
}
