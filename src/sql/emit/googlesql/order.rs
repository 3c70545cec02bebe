//! What rows are sorted by: the keys of ORDER BY, in a form that GoogleSQL sorts as PostgreSQL does.

use super::nan::{may_be_nan, sort_keys};
use super::*;
use crate::types::Type;

impl Emitter {
    /// The sort keys: output columns by their aliases, others by expression.
    pub fn order_by(&mut self, query: &Query, select: &Select, aliases: &[String]) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        for key in &query.order_by {
            let (sql, expr) = match &key.by {
                SortBy::Output(i) => {
                    let alias = aliases.get(*i).ok_or_else(|| Report::internal("ORDER BY an unknown output column"))?;
                    let item = &select.projection[*i];
                    let by = super::digits::value(item);
                    // A column whose text is computed further is sorted by its value.
                    if super::digits::is_rewritten(item) || array_keys::is_key(item.ty) || item.ty == Type::JSONB {
                        (self.expr(by)?.to_string(), by)
                    } else {
                        (names::quote(alias).into_owned(), item)
                    }
                }
                SortBy::Expr(expr) => (self.expr(expr)?.to_string(), expr),
            };
            if matches!(expr.kind, ExprKind::Literal(_)) && matches!(key.by, SortBy::Expr(_)) {
                continue;
            }
            if array_keys::is_key(expr.ty) {
                self.enters_subquery(expr)?;
            }
            if array_keys::is_key(expr.ty)
                && let Some(order) = self.array_order(&Text::atom(&sql), expr.ty)
            {
                keys.push(sort_keys(&order.to_string(), false, key));
                continue;
            }
            if expr.ty == Type::JSONB {
                self.enters_subquery(expr)?;
                keys.push(sort_keys(&self.json_order(&Text::atom(&sql)).to_string(), false, key));
                continue;
            }
            if !types::groupable(expr.ty) && expr.ty != Type::INTERVAL {
                return Err(refuse(format!("ORDER BY a value of type {}", expr.ty), expr.position, "Sort by a number, a text or a date."));
            }
            keys.push(sort_keys(&sql, may_be_nan(expr), key));
        }
        Ok(keys)
    }

    /// What a window is sorted by.
    pub fn sorted_text(&mut self, expr: &Expr) -> Result<Text> {
        let text = self.expr(expr)?;
        if array_keys::is_key(expr.ty) {
            self.enters_subquery(expr)?;
            if let Some(order) = self.array_order(&text, expr.ty) {
                return Ok(order);
            }
        }
        if expr.ty == Type::JSONB {
            self.enters_subquery(expr)?;
            return Ok(self.json_order(&text));
        }
        if !types::groupable(expr.ty) && expr.ty != Type::INTERVAL {
            return Err(refuse(format!("ORDER BY a value of type {}", expr.ty), expr.position, "Sort by a number, a text or a date."));
        }
        Ok(text)
    }

    /// The query's ORDER BY for a window.
    pub fn order_within(&mut self, query: &Query, select: &Select) -> Result<String> {
        let mut order = Vec::new();
        for key in &query.order_by {
            let expr = match &key.by {
                SortBy::Output(i) => super::digits::value(&select.projection[*i]),
                SortBy::Expr(expr) => expr,
            };
            if !matches!(expr.kind, ExprKind::Literal(_)) {
                let text = self.sorted_text(expr)?.to_string();
                order.push(sort_keys(&text, may_be_nan(expr), key));
            }
        }
        Ok(if order.is_empty() { String::new() } else { format!("ORDER BY {}", order.join(", ")) })
    }
}
