//! Keys: what stands for a value wherever values are compared natively: ORDER BY, GROUP BY, DISTINCT, PARTITION BY, joins, IN.

use super::Printer;
use super::literal;
use super::numeric::carries_digits;
use super::{ident, qualified};
use crate::error::{Report, Result};
use crate::sql::tree::{Distinct, Expr, ExprKind, GroupBy, Query, Relation, RelationColumn, SetExpr};
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// Returns the function that makes the key; `None` where values compare natively as in PostgreSQL.
pub(super) fn key_function(ty: Type, typmod: i32, scale: NumericScale) -> Option<&'static str> {
    match ty {
        // An interval's length counts, not its fields.
        Type::INTERVAL => Some("pg_interval_key"),
        Type::JSONB => Some("pg_json_key"),
        // By the bytes of the address.
        Type::INET => Some("pg_inet_key"),
        Type::PG_LSN => Some("pg_lsn_key"),
        Type::XID8 => Some("pg_xid8_key"),
        // The digits that a bound shows do not count.
        Type::NUMRANGE => Some("pg_range_key"),
        // -0 and 0 are equal, and so are all NaNs.
        Type::FLOAT4 | Type::FLOAT8 => Some("pg_float_key"),
        ty if ty.element().is_some_and(Type::is_float) => Some("pg_float_key"),
        Type::NUMERIC if carries_digits(ty, scale) => Some("pg_numeric_key"),
        // char(n) is filled up to one length; values of several lengths are equal without the blanks at their ends.
        Type::BPCHAR if typmod < 0 => Some("rtrim"),
        _ => None,
    }
}

/// Tells whether arrays of this type would compare natively in another order than PostgreSQL's.
fn is_odd_array(ty: Type, scale: NumericScale) -> bool {
    ty.element().is_some_and(|element| element == Type::RECORD || !element.is_float() && key_function(element, -1, scale).is_some())
}

/// Tells whether arrays of this type are equal where their texts are, and nowhere else.
pub(super) fn has_one_text(ty: Type, scale: NumericScale) -> bool {
    let element = ty.element().filter(|element| !matches!(*element, Type::RECORD | Type::JSON));
    element.is_some_and(|element| key_function(ty, -1, scale).is_none() && key_function(element, -1, scale).is_none())
}

/// Wraps a value into its key.
pub(super) fn keyed(text: &str, ty: Type, typmod: i32, scale: NumericScale) -> String {
    match key_function(ty, typmod, scale) {
        Some(function) => format!("{function}({text})"),
        None => text.to_owned(),
    }
}

/// Wraps a column of a query into its key.
pub(super) fn column_key(alias: &str, column: &RelationColumn) -> String {
    keyed(&qualified(alias, &column.name), column.ty, column.typmod, column.scale)
}

/// Tells whether rows of these columns cannot be told apart natively.
pub(super) fn needs_keys(columns: &[RelationColumn]) -> bool {
    columns.iter().any(|column| key_function(column.ty, column.typmod, column.scale).is_some() || is_opaque(column.ty, column.scale))
}

/// Tells whether no key stands for values of this type.
pub(super) fn is_opaque(ty: Type, scale: NumericScale) -> bool {
    ty == Type::RECORD || is_odd_array(ty, scale)
}

/// Finds inequalities.
struct Inequalities<'f>(&'f mut bool);

impl walk::Visitor for Inequalities<'_> {
    fn expr(&mut self, expr: &Expr) {
        *self.0 |= matches!(&expr.kind, ExprKind::Operator { operator, .. } if matches!(operator.name.as_str(), "<" | "<=" | ">" | ">="));
    }
}

impl Printer<'_> {
    /// Prints the key of a window or of an ordered aggregate. The engine does not know a computed inequality there again (it asks the operands for their
    /// bounds, which functions do not tell), so it is a function; a grouping expression stays what it is.
    pub(super) fn inner_key(&mut self, expr: &Expr) -> Result<String> {
        let key = self.key(expr)?;
        let mut compares = false;
        walk::walk_expr(expr, &mut Inequalities(&mut compares));
        if !compares || self.grouping.contains(&key) {
            return Ok(key);
        }
        let outer = std::mem::replace(&mut self.within_key, true);
        let key = self.key(expr);
        self.within_key = outer;
        key
    }

    /// Prints the key of an expression.
    pub(super) fn key(&mut self, expr: &Expr) -> Result<String> {
        // Nobody groups by json; what a subquery gives for each of the groups is one of their keys all the same.
        if expr.ty == Type::RECORD {
            return Err(Report::unsupported(format!("sorting or grouping by type {}", expr.ty)).at(expr.position));
        }
        if is_odd_array(expr.ty, expr.scale) {
            return Err(Report::unsupported(format!("sorting or grouping by {}", expr.ty)).at(expr.position));
        }
        Ok(keyed(&self.expr(expr)?, expr.ty, expr.typmod, expr.scale))
    }

    /// Prints the distinct rows of a body that has these columns: of each class of equal rows the first in `order` (columns of the body).
    pub(super) fn distinct_rows(&mut self, body: &str, columns: &[RelationColumn], order: &First, having: &str) -> Result<String> {
        let alias = self.alias("rows");
        let (mut list, mut keys) = (Vec::new(), Vec::new());
        let values = columns.iter().filter(|column| key_function(column.ty, column.typmod, column.scale).is_some());
        let order = order.print(&alias, values.map(|column| qualified(&alias, &column.name)));
        for column in columns {
            if is_opaque(column.ty, column.scale) {
                return Err(Report::unsupported(format!("DISTINCT over {}", column.ty)));
            }
            let (value, name) = (qualified(&alias, &column.name), ident(&column.name));
            match key_function(column.ty, column.typmod, column.scale) {
                Some(function) => {
                    keys.push(format!("{function}({value})"));
                    list.push(format!("first_value({value}{order}) AS {name}"));
                }
                None => {
                    keys.push(value.clone());
                    list.push(format!("{value} AS {name}"));
                }
            }
        }
        let having = having.replace('\u{0}', &ident(&alias));
        Ok(format!("SELECT {} FROM ({body}) AS {} GROUP BY {}{having}", list.join(", "), ident(&alias), keys.join(", ")))
    }
}

/// Which of several equal rows is shown: PostgreSQL's is the first that it meets.
pub(super) struct First {
    /// Columns that tell which part of the source a row comes from.
    parts: &'static [&'static str],
    /// Rows of one part come in their order.
    streams: bool,
}

impl First {
    /// Of rows that come one after the other where `streams`, and else in any order.
    pub(super) fn of(streams: bool) -> First {
        First { parts: &[], streams }
    }

    /// Of the two sides of a set operation, told apart by a column.
    pub(super) fn of_sides(column: &'static [&'static str], streams: bool) -> First {
        First { parts: column, streams }
    }

    /// Prints the ORDER BY of `first_value`. Where the engine's threads bring rows in any order, the values themselves decide, so that the
    /// answer is the same each time.
    pub(super) fn print(&self, alias: &str, values: impl Iterator<Item = String>) -> String {
        let mut keys: Vec<String> = self.parts.iter().map(|part| qualified(alias, part)).collect();
        if !self.streams {
            keys.extend(values);
        }
        if keys.is_empty() { String::new() } else { format!(" ORDER BY {}", keys.join(", ")) }
    }
}

/// Tells whether the engine reads a FROM item row by row: it has no parts that several threads could read.
pub(super) fn streams(relation: &Relation) -> bool {
    match relation {
        Relation::Derived { query, .. } => query_streams(query),
        Relation::Function { .. } => true,
        Relation::Table { .. } | Relation::Cte { .. } | Relation::Join { .. } => false,
    }
}

/// Tells whether a query's rows come one after the other.
pub(super) fn query_streams(query: &Query) -> bool {
    match &query.body {
        SetExpr::Values(_) => true,
        SetExpr::Select(select) => {
            let plain = matches!((&select.distinct, &select.group_by), (Distinct::No, GroupBy::None));
            plain && select.from.as_ref().is_none_or(streams)
        }
        SetExpr::Set { .. } => false,
    }
}

/// Tells whether a float is a constant that natively compares as in PostgreSQL: neither zero nor NaN. Such a comparison stays native, so that
/// row groups can be pruned by it.
pub(super) fn is_plain_float(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Float(value)) => *value != 0.0 && !value.is_nan(),
        ExprKind::Literal(Literal::Int(value)) => *value != 0,
        ExprKind::Cast { expr, .. } => matches!(&expr.kind, ExprKind::Literal(_)) && is_plain_float(expr),
        ExprKind::Operator { operator, args } if operator.name == "-" && args.len() == 1 => is_plain_float(&args[0]),
        _ => false,
    }
}

/// The NULL of a type, for an expression that has no value.
pub(super) fn null_like(expr: &Expr) -> String {
    match (expr.ty, expr.scale) {
        (Type::NUMERIC, NumericScale::Fixed(_)) => "NULL".into(),
        _ => literal::null(expr.ty, expr.typmod),
    }
}
