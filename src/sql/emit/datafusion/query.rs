//! Queries: WITH, SELECT, set operations, VALUES.

use super::expr::scale;
use super::key::{First, column_key, is_opaque, needs_keys, query_streams};
use super::numeric::carries_digits;
use super::unkeyed::unkeyed;
use super::{KEPT, PrintedCte, Printer, ident, qualified};
use crate::error::{Report, Result};
use crate::sql::tree::{Cte, Expr, ExprKind, Query, Relation, RelationColumn, SetExpr, SetOp};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

impl Printer<'_> {
    /// Prints a query; its output columns are called by `query.columns`.
    pub(super) fn query(&mut self, query: &Query) -> Result<String> {
        let terms = std::mem::take(&mut self.recursive);
        let mut with = Vec::new();
        let mut recursive = false;
        for cte in &query.ctes {
            recursive |= cte.recursive;
            with.push(self.cte(cte)?);
        }
        let body = match &query.body {
            SetExpr::Select(select) => self.select(select, query)?,
            other => {
                let body = self.set(other, query, terms)?;
                self.ordered(body, query)?
            }
        };
        Ok(if with.is_empty() { body } else { format!("WITH {}{} {body}", if recursive { "RECURSIVE " } else { "" }, with.join(", ")) })
    }

    fn cte(&mut self, cte: &Cte) -> Result<String> {
        let kept = self.is_to_be_kept(cte) || cte.name.starts_with(KEPT);
        let mut name = self.alias(&cte.name);
        if kept {
            name.insert_str(0, KEPT);
        }
        let columns: Vec<String> = cte.query.columns.iter().map(|column| column.name.clone()).collect();
        // A recursive item refers to itself while it is printed.
        let has_keys = self.has_keys(&cte.query);
        self.ctes.insert(cte.id, PrintedCte { name: name.clone(), columns, has_keys });
        let text = match &cte.query.body {
            SetExpr::Set { op: SetOp::Union, all: false, left, right } if cte.recursive => {
                if needs_keys(&cte.query.columns) {
                    return self.keyed_recursion(cte, &name, left, right);
                }
                self.distinct_recursion(left, right, &cte.query)?
            }
            _ => {
                self.recursive = cte.recursive;
                self.query(&cte.query)?
            }
        };
        Ok(format!("{} AS ({text})", ident(&name)))
    }

    /// A recursion whose rows are distinct by their keys: the engine tells its rows apart as they are, which is the same as long as equal ones show
    /// the same digits. Where some do not, the query is refused when it runs.
    fn keyed_recursion(&mut self, cte: &Cte, name: &str, left: &Query, right: &Query) -> Result<String> {
        let columns = &cte.query.columns;
        if let Some(column) = columns.iter().find(|column| is_opaque(column.ty, column.scale)) {
            return Err(Report::unsupported(format!("a recursive UNION over {}", column.ty)).hint("Use UNION ALL, or cast to text."));
        }
        let (rows, checked) = (self.alias(&format!("{}_rows", cte.name)), self.alias("checked"));
        if let Some(printed) = self.ctes.get_mut(&cte.id) {
            printed.name.clone_from(&rows);
        }
        let text = self.distinct_recursion(left, right, &cte.query)?;
        if let Some(printed) = self.ctes.get_mut(&cte.id) {
            name.clone_into(&mut printed.name);
        }
        let list = |alias: &str| columns.iter().map(|column| qualified(alias, &column.name)).collect::<Vec<_>>().join(", ");
        let keys: Vec<String> = columns.iter().map(|column| column_key(&rows, column)).collect();
        Ok(format!(
            "{0} AS ({text}), {1} AS (SELECT {2} FROM (SELECT {3}, count(*) OVER (PARTITION BY {4}) AS \"same_\" FROM {0}) AS {5} \
             WHERE pg_one_form({6}))",
            ident(&rows),
            ident(name),
            list(&checked),
            list(&rows),
            keys.join(", "),
            ident(&checked),
            qualified(&checked, "same_"),
        ))
    }

    /// A recursion whose rows are distinct. The engine tells new rows from known ones by the numbers that it gives to rows, which it must give in
    /// their order: it does so row by row, as it does where a column is a dictionary.
    fn distinct_recursion(&mut self, left: &Query, right: &Query, whole: &Query) -> Result<String> {
        let mut extra = "row_".to_owned();
        while whole.columns.iter().any(|column| column.name == extra) {
            extra.push('_');
        }
        let mut sides = Vec::new();
        for side in [left, right] {
            let (text, alias) = (self.side(side, whole, true)?, self.alias("rows"));
            let list: Vec<String> = whole.columns.iter().map(|column| qualified(&alias, &column.name)).collect();
            let (list, extra) = (list.join(", "), ident(&extra));
            sides.push(format!("SELECT {list}, arrow_cast('', 'Dictionary(Int8, Utf8)') AS {extra} FROM ({text}) AS {}", ident(&alias)));
        }
        Ok(sides.join(" UNION "))
    }

    /// The engine computes a WITH item anew wherever it is read; PostgreSQL computes it once, which chance tells apart.
    fn is_to_be_kept(&self, cte: &Cte) -> bool {
        let mut volatile = false;
        walk::each_expr(&cte.query, |expr| {
            volatile |= matches!(&expr.kind, ExprKind::Call { function, .. } if function.volatility == 'v');
        });
        if !volatile {
            return false;
        }
        let mut reads = 0;
        walk::each_relation(&self.bound.query, |relation| {
            reads += usize::from(matches!(relation, Relation::Cte { cte: read, .. } if *read == cte.id));
        });
        // A recursive item reads itself once.
        reads > 1 + usize::from(cte.recursive)
    }

    /// Prints a set operation or VALUES without its ORDER BY. The two `terms` of a recursion are told apart by their places.
    fn set(&mut self, body: &SetExpr, query: &Query, terms: bool) -> Result<String> {
        match body {
            SetExpr::Select(select) => self.select(select, query),
            SetExpr::Set { op, all, left, right } => {
                let word = match op {
                    SetOp::Union => "UNION",
                    SetOp::Intersect => "INTERSECT",
                    SetOp::Except => "EXCEPT",
                };
                if needs_keys(&query.columns) && !(*all && *op == SetOp::Union) {
                    return self.keyed_set(*op, *all, left, right, query);
                }
                if *all && *op != SetOp::Union {
                    return self.counted_set(*op, left, right, query);
                }
                // Each side is a derived table of its own, so that nested operations, their ORDER BY and LIMIT keep their scope,
                // and that both sides have the output's names.
                let mut sides = Vec::new();
                if *op == SetOp::Union && !terms {
                    add_sides(left, *all, &mut sides);
                    add_sides(right, *all, &mut sides);
                } else {
                    sides.extend([&**left, &**right]);
                }
                let mut sides = sides.into_iter().map(|side| self.side(side, query, !*all)).collect::<Result<Vec<_>>>()?;
                if terms && let Some(first) = sides.first_mut() {
                    *first = self.with_nullable_truths(first, query);
                }
                Ok(balanced(&sides, &format!(" {word}{} ", if *all { " ALL" } else { "" })))
            }
            SetExpr::Values(rows) => {
                let mut lines = Vec::new();
                for row in rows {
                    let due = |column: &RelationColumn| Expr {
                        typmod: column.typmod,
                        scale: column.scale,
                        ..Expr::literal(Literal::Null, column.ty, None)
                    };
                    let cells = row.iter().zip(&query.columns).map(|(cell, column)| self.same_type(cell, &due(column)));
                    let cells = cells.collect::<Result<Vec<_>>>()?;
                    lines.push(format!("({})", cells.join(", ")));
                }
                let alias = self.alias("values");
                let names: Vec<String> = (1..=query.columns.len()).map(|i| format!("column{i}")).collect();
                let list: Vec<String> = names
                    .iter()
                    .zip(&query.columns)
                    .map(|(name, column)| format!("{} AS {}", qualified(&alias, name), ident(&column.name)))
                    .collect();
                let quoted: Vec<String> = names.iter().map(|name| ident(name)).collect();
                Ok(format!("SELECT {} FROM (VALUES {}) AS {}({})", list.join(", "), lines.join(", "), ident(&alias), quoted.join(", ")))
            }
        }
    }

    /// The first term of a recursion with truth values that may be NULL: the engine takes a constant for one that never is, and then the other
    /// term's CASE of constants, which it makes a condition of, for a column of another kind.
    fn with_nullable_truths(&mut self, term: &str, query: &Query) -> String {
        if !query.columns.iter().any(|column| column.ty == Type::BOOL) {
            return term.to_owned();
        }
        let alias = self.alias("first");
        let shown = |column: &RelationColumn| {
            let name = qualified(&alias, &column.name);
            let value = if column.ty == Type::BOOL { unkeyed(&name) } else { name };
            format!("{value} AS {}", ident(&column.name))
        };
        let list: Vec<String> = query.columns.iter().map(shown).collect();
        format!("SELECT {} FROM ({term}) AS {}", list.join(", "), ident(&alias))
    }

    /// Prints one side of a set operation under the names of the whole.
    fn side(&mut self, side: &Query, whole: &Query, compares: bool) -> Result<String> {
        let (keys, text) = (compares && self.has_keys(side), self.side_with(side, whole, |_| String::new())?);
        if !keys {
            return Ok(text);
        }
        let alias = self.alias("side");
        let list: Vec<String> = whole
            .columns
            .iter()
            .map(|column| format!("{} AS {}", unkeyed(&qualified(&alias, &column.name)), ident(&column.name)))
            .collect();
        Ok(format!("SELECT {} FROM ({text}) AS {}", list.join(", "), ident(&alias)))
    }

    /// Prints one side with a further column, which `more` makes of the side's alias.
    fn side_with(&mut self, side: &Query, whole: &Query, more: impl Fn(&str) -> String) -> Result<String> {
        let alias = self.alias("side");
        let text = self.query(side)?;
        let list: Vec<String> = side
            .columns
            .iter()
            .zip(&whole.columns)
            .map(|(from, to)| {
                let value = qualified(&alias, &from.name);
                let gains = carries_digits(to.ty, to.scale) && !carries_digits(from.ty, from.scale);
                let value = if gains { format!("pg_digits({value}, {})", scale(from.scale)) } else { value };
                format!("{value} AS {}", ident(&to.name))
            })
            .collect();
        Ok(format!("SELECT {}{} FROM ({text}) AS {}", list.join(", "), more(&alias), ident(&alias)))
    }

    /// A set operation over rows that compare by keys: both sides' rows in one, grouped by their keys.
    fn keyed_set(&mut self, op: SetOp, all: bool, left: &Query, right: &Query, whole: &Query) -> Result<String> {
        let number = |side: &Query, alias: &str| {
            let keys: Vec<String> = side.columns.iter().map(|column| column_key(alias, column)).collect();
            if all { format!(", row_number() OVER (PARTITION BY {}) AS \"row_number_\"", keys.join(", ")) } else { String::new() }
        };
        let first = self.side_with(left, whole, |alias| format!("{}, 1 AS \"side_\"", number(left, alias)))?;
        let second = self.side_with(right, whole, |alias| format!("{}, 2 AS \"side_\"", number(right, alias)))?;
        let having = match op {
            SetOp::Union => "",
            SetOp::Intersect => " HAVING min(\u{0}.\"side_\") = 1 AND max(\u{0}.\"side_\") = 2",
            SetOp::Except => " HAVING max(\u{0}.\"side_\") = 1",
        };
        if op == SetOp::Intersect && whole.columns.iter().any(|column| carries_digits(column.ty, column.scale)) {
            return Err(Report::unsupported("INTERSECT of numerics that may be equal and show other digits")
                .hint("Cast both sides to one type, as numeric(12,2)."));
        }
        let mut columns = whole.columns.clone();
        if all {
            columns.push(RelationColumn { name: "row_number_".into(), ty: Type::INT8, typmod: -1, scale: NumericScale::Any });
        }
        let first_row = First::of_sides(&["side_"], query_streams(left) && query_streams(right));
        let rows = self.distinct_rows(&format!("{first} UNION ALL {second}"), &columns, &first_row, having)?;
        if !all {
            return Ok(rows);
        }
        let alias = self.alias("counted");
        let list: Vec<String> =
            whole.columns.iter().map(|column| format!("{} AS {}", qualified(&alias, &column.name), ident(&column.name))).collect();
        Ok(format!("SELECT {} FROM ({rows}) AS {}", list.join(", "), ident(&alias)))
    }

    /// INTERSECT ALL and EXCEPT ALL: equal rows are numbered, then the numbered rows are compared as sets.
    fn counted_set(&mut self, op: SetOp, left: &Query, right: &Query, whole: &Query) -> Result<String> {
        let mut sides = Vec::new();
        for side in [left, right] {
            let alias = self.alias("side");
            let text = self.query(side)?;
            let columns: Vec<String> = side.columns.iter().map(|column| qualified(&alias, &column.name)).collect();
            let list: Vec<String> = columns.iter().zip(&whole.columns).map(|(from, to)| format!("{from} AS {}", ident(&to.name))).collect();
            sides.push(format!(
                "SELECT {}, row_number() OVER (PARTITION BY {}) AS \"row_number_\" FROM ({text}) AS {}",
                list.join(", "),
                columns.join(", "),
                ident(&alias)
            ));
        }
        let word = if op == SetOp::Intersect { "INTERSECT" } else { "EXCEPT" };
        let alias = self.alias("counted");
        let list: Vec<String> =
            whole.columns.iter().map(|column| format!("{} AS {}", qualified(&alias, &column.name), ident(&column.name))).collect();
        Ok(format!("SELECT {} FROM ({} {word} {}) AS {}", list.join(", "), sides[0], sides[1], ident(&alias)))
    }
}

/// Adds the sides of a union of unions, in order.
fn add_sides<'q>(query: &'q Query, all: bool, sides: &mut Vec<&'q Query>) {
    let plain = query.ctes.is_empty() && query.order_by.is_empty() && query.limit.is_none() && query.offset.is_none();
    match &query.body {
        SetExpr::Set { op: SetOp::Union, all: own, left, right } if plain && *own == all && (all || !needs_keys(&query.columns)) => {
            add_sides(left, all, sides);
            add_sides(right, all, sides);
        }
        _ => sides.push(query),
    }
}

/// Joins many sides two by two: the planner's work grows with the square of a union's depth.
fn balanced(sides: &[String], word: &str) -> String {
    match sides {
        [] => String::new(),
        [side] => side.clone(),
        [left, right] => format!("{left}{word}{right}"),
        sides => {
            let (left, right) = sides.split_at(sides.len().div_ceil(2));
            format!("({}){word}({})", balanced(left, word), balanced(right, word))
        }
    }
}
