//! FROM: tables, derived tables, WITH references, functions, joins.

use super::names::Names;
use super::numeric::has_digits;
use super::scope;
use super::select::{sort_name, sorted};
use super::{Printer, correlate, ident, qualified};
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind, JoinKind, Query, Relation, RelationColumn, RelationId, Select, SetExpr, SortBy, SortKey};
use crate::types::Type;

impl Printer<'_> {
    /// Prints a FROM clause; also returns conditions that belong into WHERE.
    pub(super) fn from(&mut self, relation: &Relation) -> Result<(String, Vec<String>)> {
        Ok((self.relation(relation)?, Vec::new()))
    }

    fn relation(&mut self, relation: &Relation) -> Result<String> {
        match relation {
            Relation::Table { id, alias, table } => {
                let alias = self.alias(alias);
                self.stored.insert(*id);
                let text = format!("{}.{} AS {}", ident(&table.name.schema), ident(&table.name.table), ident(&alias));
                self.relations.insert(*id, Names::OfTable(alias, table.clone()));
                Ok(text)
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
                self.relations.insert(*id, Names::Written(names));
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
            && self.is_lateral_function(right)
        {
            return self.lateral_function(kind, left, (*id, alias, calls, *ordinality, columns), on);
        }
        let left_text = self.relation(left)?;
        if let Relation::Derived { id, alias, lateral: true, query } = right
            && (query.limit.is_some() || query.offset.is_some())
            && self.is_correlated(right)
        {
            return self.lateral_first(kind, &left_text, (*id, alias, query), on);
        }
        let right_text = self.relation(right)?;
        let right_text = if matches!(right, Relation::Join { right: last, .. } if !self.is_lateral_function(last)) {
            format!("({right_text})")
        } else {
            right_text
        };
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
        function: (RelationId, &str, &[Expr], bool, &[RelationColumn]),
        on: Option<&Expr>,
    ) -> Result<String> {
        let (id, hint, calls, ordinality, columns) = function;
        let always = on.is_none_or(|on| matches!(on.kind, crate::sql::tree::ExprKind::Literal(crate::types::literal::Literal::Bool(true))));
        let keeps = kind == JoinKind::Left && !always;
        if !matches!(kind, JoinKind::Cross | JoinKind::Inner | JoinKind::Left) {
            return Err(Report::unsupported("this kind of join with a LATERAL function").at(calls[0].position));
        }
        let left_text = self.relation(left)?;
        self.forget_keys_of(left);
        let alias = self.alias(hint);
        let mut list = Vec::new();
        let mut renamed = Vec::new();
        scope::each_leaf(left, &mut |relation_id| {
            if let Some(names) = self.relations.get_mut(&relation_id) {
                for (i, name) in names.written().iter().enumerate() {
                    // The engine takes a column for ambiguous that is handed on under its own name beside UNNEST.
                    let mut column = format!("c{}_{}", relation_id.0, i + 1);
                    while name.contains(&format!(".{}", ident(&column))) {
                        column.push('_');
                    }
                    list.push(format!("{name} AS {}", ident(&column)));
                    renamed.push((relation_id, i, column));
                }
            }
        });
        let from = if keeps {
            // Each row on the left has a number, by which it is found again if none of the function's rows goes with it.
            let numbered = self.alias("numbered");
            let names: Vec<String> = list.iter().map(|item| item[item.rfind(" AS ").map_or(0, |at| at + 4)..].to_owned()).collect();
            let inner =
                format!("(SELECT {}, row_number() OVER () AS \"number_\" FROM {left_text}) AS {}", list.join(", "), ident(&numbered));
            for (relation_id, i, column) in &renamed {
                if let Some(known) = self.relations.get_mut(relation_id) {
                    known.written()[*i] = qualified(&numbered, column);
                }
            }
            list = names.iter().map(|name| format!("{}.{name} AS {name}", ident(&numbered))).collect();
            list.push(format!("{} AS \"number_\"", qualified(&numbered, "number_")));
            let places = self.function_places(calls, columns)?;
            list.push(format!("unnest(pg_never_empty({places})) AS \"place_\""));
            inner
        } else {
            left_text
        };
        list.push(self.function_rows(calls, ordinality, columns, kind == JoinKind::Left)?);
        for (relation_id, i, column) in renamed {
            if let Some(names) = self.relations.get_mut(&relation_id) {
                names.written()[i] = qualified(&alias, &column);
            }
        }
        self.name_columns(id, &alias, columns);
        let inner = format!("(SELECT {} FROM {from}) AS {}", list.join(", "), ident(&alias));
        if always {
            return Ok(inner);
        }
        // An inner join's condition over both sides filters the derived table.
        let condition = self.expr(on.expect("a condition that is not constant"))?;
        if keeps {
            return Ok(self.kept_rows(&inner, &alias, id, &condition, columns));
        }
        let outer = self.alias(hint);
        let mut pass = Vec::new();
        for names in self.relations.values_mut() {
            for name in names.written().iter_mut().filter(|name| name.starts_with(&format!("{}.", ident(&alias)))) {
                let column = name[ident(&alias).len() + 1..].to_owned();
                pass.push(format!("{name} AS {column}"));
                *name = format!("{}.{column}", ident(&outer));
            }
        }
        pass.sort();
        Ok(format!("(SELECT {} FROM {inner} WHERE {condition}) AS {}", pass.join(", "), ident(&outer)))
    }

    /// The rows of a LEFT JOIN with a function: those that fulfil the condition, and one for each row on the left that has none.
    fn kept_rows(&mut self, inner: &str, alias: &str, id: RelationId, condition: &str, columns: &[RelationColumn]) -> String {
        let (matched, outer) = (self.alias("matched"), self.alias("kept"));
        let (number, fits) = (qualified(&matched, "number_"), qualified(&matched, "fits_"));
        let fit = format!("{} IS NOT NULL AND coalesce({condition}, FALSE)", qualified(alias, "place_"));
        let mut pass = Vec::new();
        let own = format!("{}.", ident(alias));
        for (relation, names) in &mut self.relations {
            for name in names.written().iter_mut().filter(|name| name.starts_with(&own)) {
                let column = name[own.len()..].to_owned();
                let value = format!("{}.{column}", ident(&matched));
                let shown = if *relation == id { format!("CASE WHEN {fits} THEN {value} END") } else { value };
                pass.push(format!("{shown} AS {column}"));
                *name = format!("{}.{column}", ident(&outer));
            }
        }
        debug_assert!(pass.len() >= columns.len());
        pass.sort();
        let found = format!("SELECT {}.*, {fit} AS \"fits_\" FROM {inner}", ident(alias));
        let counted = format!(
            "SELECT {}.*, count(*) FILTER (WHERE {fits}) OVER (PARTITION BY {number}) AS \"found_\", \
             row_number() OVER (PARTITION BY {number}) AS \"row_\" FROM ({found}) AS {}",
            ident(&matched),
            ident(&matched)
        );
        let (found, row) = (qualified(&matched, "found_"), qualified(&matched, "row_"));
        format!(
            "(SELECT {} FROM ({counted}) AS {} WHERE {fits} OR {found} = 0 AND {row} = 1) AS {}",
            pass.join(", "),
            ident(&matched),
            ident(&outer)
        )
    }

    /// Prints the array of the places of a function's rows.
    fn function_places(&mut self, calls: &[Expr], columns: &[RelationColumn]) -> Result<String> {
        Ok(format!("pg_ordinals({})", self.column_arrays(calls, columns)?.join(", ")))
    }

    /// Prints an array for each column that calls give.
    fn column_arrays(&mut self, calls: &[Expr], columns: &[RelationColumn]) -> Result<Vec<String>> {
        let mut arrays = Vec::new();
        for call in calls {
            match self.record_columns(call, columns.get(arrays.len()..).unwrap_or_default())? {
                Some(columns) => arrays.extend(columns),
                None => arrays.extend(self.set_arrays(call)?),
            }
        }
        Ok(arrays)
    }

    /// The first rows for each row on the left: numbered by what they are equal to, then joined by it.
    fn lateral_first(&mut self, kind: JoinKind, left_text: &str, derived: (RelationId, &str, &Query), on: Option<&Expr>) -> Result<String> {
        let (id, hint, query) = derived;
        let refuse = || Report::unsupported("this LATERAL subquery with LIMIT");
        let word = match kind {
            JoinKind::Cross | JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT",
            _ => return Err(refuse()),
        };
        let mut inner = query.clone();
        let select = match (&mut inner.body, correlate::plain_select(query).is_some()) {
            (SetExpr::Select(select), true) => select,
            _ => return Err(refuse()),
        };
        let ids = select.from.as_ref().map(correlate::defined).unwrap_or_default();
        let mut list = Vec::new();
        if let Some(filter) = select.filter.take() {
            correlate::conjuncts(&filter, &mut list);
        }
        let (mut kept, mut keys, mut outer) = (Vec::new(), Vec::new(), Vec::new());
        for condition in list {
            match correlate::equality(&condition, &ids) {
                Some((inner, outer_side)) if has_digits(inner) == has_digits(outer_side) => {
                    keys.push(inner.clone());
                    outer.push(self.key(outer_side)?);
                }
                None if scope::relations_of(&condition).is_subset(&ids) => kept.push(condition),
                _ => return Err(refuse()),
            }
        }
        select.filter = correlate::conjunction(kept);
        let (limit, offset) = (inner.limit.take(), inner.offset.take());
        let order = std::mem::take(&mut inner.order_by);
        let orders: Vec<SortKey> = order
            .into_iter()
            .map(|key| match key.by {
                SortBy::Output(i) => SortKey { by: SortBy::Expr(select.projection[i].clone()), ..key },
                SortBy::Expr(_) => key,
            })
            .collect();
        let select = (**select).clone();
        let extra: Vec<&Expr> = keys.iter().collect();
        let (body, order) = self.core_with_order(&select, &inner, &extra, &orders)?;
        let partition: Vec<String> = (0..keys.len()).map(|i| sort_name(&inner, i)).collect();
        let numbered = self.alias("numbered");
        let names = |alias: &str| partition.iter().map(|name| qualified(alias, name)).collect::<Vec<_>>();
        let split = if partition.is_empty() { String::new() } else { format!("PARTITION BY {}", names(&numbered).join(", ")) };
        let order = order.iter().map(|key| key.replace('\u{0}', &ident(&numbered))).collect::<Vec<_>>();
        let frame = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW";
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {} {frame}", order.join(", ")) };
        let rows = format!(
            "(SELECT {}.*, row_number() OVER ({split}{order}) AS \"row_number_\" FROM ({body}) AS {})",
            ident(&numbered),
            ident(&numbered)
        );
        let alias = self.alias(hint);
        self.name_columns(id, &alias, &inner.columns);
        let mut conditions: Vec<String> = names(&alias).iter().zip(&outer).map(|(inner, outer)| format!("{inner} = {outer}")).collect();
        let number = qualified(&alias, "row_number_");
        let skip = offset.map(|offset| self.row_count(&offset, "OFFSET")).transpose()?.flatten().unwrap_or("0".into());
        conditions.push(format!("{number} > {skip}"));
        if let Some(count) = limit.map(|limit| self.row_count(&limit, "LIMIT")).transpose()?.flatten() {
            conditions.push(format!("{number} <= {skip} + {count}"));
        }
        if let Some(on) = on {
            conditions.push(self.expr(on)?);
        }
        Ok(format!("{left_text} {word} JOIN {rows} AS {} ON {}", ident(&alias), conditions.join(" AND ")))
    }

    /// Prints the select items that give a function's rows. `keep` makes one row of NULLs where there is none (LEFT JOIN).
    fn function_rows(&mut self, calls: &[Expr], ordinality: bool, columns: &[RelationColumn], keep: bool) -> Result<String> {
        let mut arrays = self.column_arrays(calls, columns)?;
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

    /// Prints the columns of `json_to_recordset(...) AS t(a int, ...)` and its kin: of each object the members whose names follow its argument. Their
    /// types are those of the first of the columns.
    fn record_columns(&mut self, call: &Expr, columns: &[RelationColumn]) -> Result<Option<Vec<String>>> {
        let ExprKind::Call { function, args } = &call.kind else { return Ok(None) };
        let set = match function.name.as_str() {
            "json_to_recordset" | "jsonb_to_recordset" => "TRUE",
            "json_to_record" | "jsonb_to_record" => "FALSE",
            _ => return Ok(None),
        };
        let (value, names) = (self.expr(&args[0])?, &args[1..]);
        let mut arrays = Vec::new();
        for (name, column) in names.iter().zip(columns) {
            let json = matches!(column.ty, Type::JSON | Type::JSONB);
            // Read as the types' input functions read: what is too long is an error, not cut.
            let (from, to) = (if json { Type::JSON } else { Type::CSTRING }, column.ty);
            let (Some(from), Some(to), false) = (from.array(), to.array(), to.is_array()) else {
                return Err(Report::unsupported(format!("a column of type {} of {}", column.ty, function.name)).at(call.position));
            };
            let text = format!("pg_json_column({value}, {}, {}, {set})", self.expr(name)?, if json { "TRUE" } else { "FALSE" });
            arrays.push(if from == to {
                text
            } else {
                let zone = self.reads_text(from, to);
                format!("pg_cast({text}, '{}', '{}', {}, -1, {zone})", from.name(), to.name(), column.typmod)
            });
        }
        Ok(Some(arrays))
    }

    /// Prints a SELECT with its sort keys as further columns; the keys stand over the alias `\0`.
    fn core_with_order(&mut self, select: &Select, query: &Query, extra: &[&Expr], orders: &[SortKey]) -> Result<(String, Vec<String>)> {
        let mut all: Vec<&Expr> = extra.to_vec();
        let mut keys = Vec::new();
        for key in orders {
            let SortBy::Expr(expr) = &key.by else { continue };
            let name = format!("\u{0}.{}", ident(&sort_name(query, all.len())));
            keys.push(sorted(&name, expr.ty, key));
            all.push(expr);
        }
        Ok((self.core(select, query, &all)?, keys))
    }

    fn name_columns(&mut self, id: RelationId, alias: &str, columns: &[RelationColumn]) {
        let names = columns.iter().map(|column| qualified(alias, &column.name)).collect();
        self.relations.insert(id, Names::Written(names));
    }

    /// Tells whether a FROM item is a function over columns of those left of it; both are printed as one derived table.
    fn is_lateral_function(&self, relation: &Relation) -> bool {
        matches!(relation, Relation::Function { .. }) && self.is_correlated(relation)
    }

    /// Tells whether a FROM item refers to relations outside itself.
    fn is_correlated(&self, relation: &Relation) -> bool {
        !scope::outer_references(relation).is_empty()
    }
}
