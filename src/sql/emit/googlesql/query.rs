//! Queries: WITH, set operations, VALUES, ORDER BY, LIMIT.

use super::nan::sort_keys;
use super::text::{indent, parenthesized};
use super::*;
use crate::sql::walk;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Takes every output alias of the statement, so that no relation alias is captured by one; and, where a subquery may refer to an outer relation,
    /// every column: there `x.id` is a field of the column `x`, if the subquery has one. Finds out by the way whether any call returns a set.
    pub fn reserve(&mut self, query: &Query) {
        #[derive(Default)]
        struct Names {
            aliases: Vec<String>,
            correlated: bool,
            returns_sets: bool,
            tables: Vec<Arc<Table>>,
            columns: Vec<String>,
        }
        impl walk::Visitor for Names {
            fn query(&mut self, query: &Query) {
                self.aliases.append(&mut names::columns(&query.columns));
            }

            fn relation(&mut self, relation: &Relation) {
                match relation {
                    Relation::Table { table, .. } => self.tables.push(table.clone()),
                    // UNNEST(...) AS n is its one column.
                    Relation::Function { alias, columns, .. } => {
                        self.columns.extend(columns.iter().filter(|column| column.name != *alias).map(|column| column.name.clone()));
                    }
                    Relation::Cte { columns, .. } => self.columns.extend(columns.iter().map(|column| column.name.clone())),
                    Relation::Derived { lateral, .. } => self.correlated |= lateral,
                    Relation::Join { .. } => {}
                }
            }

            fn expr(&mut self, expr: &Expr) {
                self.correlated |= matches!(expr.kind, ExprKind::Subquery { .. });
                self.returns_sets |= matches!(&expr.kind, ExprKind::Call { function, .. } if function.returns_set);
            }
        }
        let mut names = Names::default();
        walk::walk_query(query, &mut names);
        self.returns_sets = names.returns_sets;
        self.taken.take(names.aliases);
        if names.correlated {
            self.taken.take(names.columns);
            self.taken.take_columns(names.tables);
        }
    }

    /// Prints a query whose columns leave under `aliases`; `top` for the statement's own result.
    pub fn query(&mut self, query: &Query, aliases: &[String], top: bool) -> Result<String> {
        on_growing_stack(|| self.query_on_stack(query, aliases, top))
    }

    fn query_on_stack(&mut self, query: &Query, aliases: &[String], top: bool) -> Result<String> {
        let takes_nodes = std::mem::take(&mut self.takes_nodes);
        let with = self.with(&query.ctes)?;
        self.takes_nodes = takes_nodes;
        let body = match &query.body {
            SetExpr::Select(select) => self.select(query, select, aliases, top)?,
            SetExpr::Set { op, all, left, right } => {
                let mut sql = self.set_operation(*op, *all, left, right, aliases, top)?;
                if query.with_ties {
                    return Err(refuse("WITH TIES after a set operation", None, "Put the set operation into a subquery."));
                }
                let keys = self.output_order(&query.order_by, &query.columns, aliases)?;
                if !keys.is_empty() {
                    sql.push_str(&format!("\nORDER BY {}", keys.join(", ")));
                }
                sql.push_str(&self.limit(query)?);
                sql
            }
            SetExpr::Values(rows) => {
                let mut sql = self.values(rows, aliases, top)?;
                let keys = self.output_order(&query.order_by, &query.columns, aliases)?;
                if !keys.is_empty() {
                    sql.push_str(&format!("\nORDER BY {}", keys.join(", ")));
                }
                sql.push_str(&self.limit(query)?);
                sql
            }
        };
        Ok(with + &body)
    }

    fn with(&mut self, ctes: &[Cte]) -> Result<String> {
        if ctes.is_empty() {
            return Ok(String::new());
        }
        let mut items = Vec::new();
        for cte in ctes {
            let name = self.alias(&cte.name);
            let aliases = names::columns(&cte.query.columns);
            if cte.recursive {
                self.ctes.insert(cte.id, name.clone());
            }
            let sql = if cte.recursive { self.query(&cte.query, &aliases, false)? } else { self.query_with_nodes(&cte.query, &aliases)? };
            let nodes = std::mem::take(&mut self.left_nodes);
            if !cte.recursive && !nodes.is_empty() {
                self.cte_nodes.insert(cte.id, nodes);
            }
            self.ctes.insert(cte.id, name.clone());
            items.push(format!("{} AS (\n{}\n)", names::quote(&name), indent(&sql)));
        }
        let recursive = if ctes.iter().any(|cte| cte.recursive) { "RECURSIVE " } else { "" };
        Ok(format!("WITH {recursive}{}\n", items.join(", ")))
    }

    fn set_operation(&mut self, op: SetOp, all: bool, left: &Query, right: &Query, aliases: &[String], top: bool) -> Result<String> {
        if !(op == SetOp::Union && all) {
            for (column, expr_ty) in left.columns.iter().map(|column| (column, column.ty)) {
                if !types::groupable(expr_ty) && (expr_ty != Type::JSONB || all) {
                    return Err(refuse(
                        format!("a set operation that compares column \"{}\" of type {expr_ty}", column.name),
                        None,
                        "Use UNION ALL, or cast the column to text.",
                    ));
                }
            }
        }
        let word = match op {
            SetOp::Union => "UNION",
            SetOp::Intersect => "INTERSECT",
            SetOp::Except => "EXCEPT",
        };
        let top = top && op == SetOp::Union && all;
        if all && op != SetOp::Union {
            return self.counted_operation(word, left, right, aliases);
        }
        let left_sql = self.query(left, aliases, top)?;
        let right_sql = self.query(right, aliases, top)?;
        // The same operation may stand on the left without parentheses; everything else is put in them.
        let same = matches!(&left.body, SetExpr::Set { op: inner, all: inner_all, .. } if *inner == op && *inner_all == all);
        let bare = |query: &Query| query.ctes.is_empty() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
        let left_sql = if bare(left) && (same || !matches!(left.body, SetExpr::Set { .. })) { left_sql } else { parenthesized(&left_sql) };
        let right_sql = if bare(right) && !matches!(right.body, SetExpr::Set { .. }) { right_sql } else { parenthesized(&right_sql) };
        if !all && left.columns.iter().any(|column| column.ty == Type::JSONB) {
            return Ok(self.operation_on_json(op, [left_sql, right_sql], &left.columns, aliases));
        }
        Ok(format!("{left_sql}\n{word} {}\n{right_sql}", if all { "ALL" } else { "DISTINCT" }))
    }

    /// INTERSECT ALL and EXCEPT ALL: the n-th copy of a row on one side meets the n-th copy on the other.
    fn counted_operation(&mut self, word: &str, left: &Query, right: &Query, aliases: &[String]) -> Result<String> {
        let mut sides = Vec::new();
        let copy = self.alias("copy_number");
        let columns: Vec<String> = aliases.iter().map(|alias| names::quote(alias).into_owned()).collect();
        for side in [left, right] {
            let sql = self.query(side, aliases, false)?;
            let keys: Vec<String> = side.columns.iter().zip(&columns).map(|(column, name)| partition_key(column.ty, name)).collect();
            sides.push(format!(
                "SELECT {}, ROW_NUMBER() OVER (PARTITION BY {}) AS {copy}\nFROM {}",
                columns.join(", "),
                keys.join(", "),
                parenthesized(&sql)
            ));
        }
        Ok(format!("SELECT {}\nFROM (\n{}\n  {word} DISTINCT\n{}\n)", columns.join(", "), indent(&sides[0]), indent(&sides[1])))
    }

    fn values(&mut self, rows: &[Vec<Expr>], aliases: &[String], top: bool) -> Result<String> {
        let mut printed = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            let mut items = Vec::new();
            for (expr, alias) in row.iter().zip(aliases) {
                let value = self.output(expr, top)?;
                items.push(if i == 0 { format!("{value} AS {}", names::quote(alias)) } else { value.to_string() });
            }
            let head = if i == 0 || row.len() == 1 { "STRUCT" } else { "" };
            printed.push(format!("{head}({})", items.join(", ")));
        }
        if let [row] = rows {
            let mut items = Vec::new();
            for (expr, alias) in row.iter().zip(aliases) {
                items.push(format!("{} AS {}", self.output(expr, top)?, names::quote(alias)));
            }
            return Ok(format!("SELECT {}", items.join(", ")));
        }
        let flat = printed.join(", ");
        let list = if flat.len() <= 100 { format!("[{flat}]") } else { format!("[\n{}\n]", indent(&printed.join(",\n"))) };
        Ok(format!("SELECT *\nFROM UNNEST({list})"))
    }

    /// Prints sort keys that are output columns.
    pub fn output_order(&mut self, keys: &[SortKey], columns: &[RelationColumn], aliases: &[String]) -> Result<Vec<String>> {
        let mut printed = Vec::new();
        for key in keys {
            let SortBy::Output(i) = key.by else {
                return Err(refuse("ORDER BY an expression here", None, "Sort by an output column."));
            };
            let alias = aliases.get(i).ok_or_else(|| Report::internal("ORDER BY an unknown output column"))?;
            let nan = columns.get(i).is_some_and(|column| column.ty.is_float());
            if columns.get(i).is_some_and(|column| column.ty == Type::JSONB) {
                let order = self.json_order(&Text::atom(names::quote(alias).into_owned()));
                printed.push(sort_keys(&order.to_string(), false, key));
                continue;
            }
            printed.push(sort_keys(&names::quote(alias), nan, key));
        }
        Ok(printed)
    }

    /// Prints LIMIT and OFFSET, each on its line.
    pub fn limit(&mut self, query: &Query) -> Result<String> {
        let mut sql = String::new();
        let limit = match &query.limit {
            Some(limit) => self.count("LIMIT", limit)?,
            None => None,
        };
        let offset = match &query.offset {
            Some(offset) => self.count("OFFSET", offset)?,
            None => None,
        };
        match (limit, offset) {
            (None, None) => {}
            (limit, offset) => {
                // GoogleSQL has no OFFSET without LIMIT.
                sql.push_str(&format!("\nLIMIT {}", limit.unwrap_or_else(|| i64::MAX.to_string())));
                if let Some(offset) = offset {
                    sql.push_str(&format!("\nOFFSET {offset}"));
                }
            }
        }
        Ok(sql)
    }

    fn count(&mut self, what: &str, expr: &Expr) -> Result<Option<String>> {
        match &expr.kind {
            ExprKind::Literal(Literal::Null) => Ok(None),
            ExprKind::Literal(Literal::Int(n)) if *n >= 0 => Ok(Some(n.to_string())),
            ExprKind::Literal(_) | ExprKind::Parameter(_) if matches!(self.value_of(expr), Some(Literal::Int(n)) if *n < 0) => {
                let state = crate::error::SqlState(if what == "LIMIT" { "2201W" } else { "2201X" });
                Err(Report::new(state, format!("{what} must not be negative")).at(expr.position))
            }
            // NULL is no limit.
            ExprKind::Parameter(n) if self.parameters.get(*n) == Some(&Literal::Null) => Ok(None),
            ExprKind::Parameter(_) => Ok(Some(self.expr(expr)?.to_string())),
            ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() => self.count(what, inner),
            _ => Err(refuse(format!("{what} with an expression here"), expr.position, "Write a number or a parameter.")),
        }
    }
}

/// Tells whether a computed LIMIT or OFFSET stands where QUALIFY cannot take its place.
pub(super) fn limits_distinct_rows(query: &Query) -> bool {
    let computed = query.limit.iter().chain(&query.offset).any(|count| !is_plain_count(count));
    computed && !query.with_ties && !matches!(&query.body, SetExpr::Select(select) if select.distinct == Distinct::No)
}

/// Tells whether GoogleSQL takes this as LIMIT or OFFSET: a number or a parameter.
pub(super) fn is_plain_count(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Parameter(_) => true,
        ExprKind::Cast { expr: inner, .. } => inner.ty.is_integer() && is_plain_count(inner),
        _ => false,
    }
}

/// Prints `key ASC|DESC NULLS FIRST|LAST`.
pub(super) fn ordered(key: &str, sort: &SortKey) -> String {
    format!("{key}{} NULLS {}", if sort.descending { " DESC" } else { "" }, if sort.nulls_first { "FIRST" } else { "LAST" })
}

/// Floats and JSON cannot partition or be grouped exactly in windows; their text can. Adding 0.0 makes one zero of the two.
pub(super) fn partition_key(ty: Type, sql: &str) -> String {
    match ty {
        ty if ty.is_float() => format!("CAST({sql} + 0.0 AS STRING)"),
        Type::JSONB => super::compare::json_key(super::text::Text::atom(sql)).to_string(),
        _ => sql.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::fixtures::{bound, column, events, select};

    #[test]
    fn a_row_count_that_is_null_is_no_limit() {
        let mut limited = bound(select(events(1), vec![column(1, 0)]));
        limited.query.limit = Some(Expr::new(ExprKind::Parameter(0), Type::INT8, None));
        let text = |count| emit(&limited, &[count], Tz::UTC).unwrap();
        let negative = emit(&limited, &[Literal::Int(-1)], Tz::UTC).unwrap_err();
        assert_eq!(negative.sqlstate.0, "2201W");
        assert!(text(Literal::Int(5)).ends_with("LIMIT @p1"));
        assert!(!text(Literal::Null).contains("LIMIT"));
    }
}
