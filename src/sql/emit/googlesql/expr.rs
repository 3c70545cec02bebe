//! One arm for each kind of expression.

use super::nan::may_be_nan;
use super::text::{Level, chain};
use super::*;
use crate::types::Type;
use crate::types::range::subtype;

impl Emitter {
    /// Prints an expression.
    pub fn expr(&mut self, expr: &Expr) -> Result<Text> {
        let text = on_growing_stack(|| self.expr_on_stack(expr))?;
        Ok(match expr.position {
            // Constants are looked at by what is printed around them.
            Some(position) if self.marked && !matches!(expr.kind, ExprKind::Literal(_)) => places::mark(&text, position),
            _ => text,
        })
    }

    fn expr_on_stack(&mut self, expr: &Expr) -> Result<Text> {
        if let Some(text) = self.computed(expr) {
            return Ok(text);
        }
        match &expr.kind {
            ExprKind::Literal(value) => literals::literal(value, expr.ty, expr),
            ExprKind::Column { .. } if self.is_node(expr) => Err(refuse(
                "a part of JSON that a subquery builds with digits or a layout that BigQuery's JSON does not keep",
                expr.position,
                "Show it as it is, or take the part before the JSON is built.",
            )),
            ExprKind::Column { relation, column } => self.column(*relation, *column),
            ExprKind::Parameter(n) if expr.ty.is_array() && self.parameters.get(*n) == Some(&Literal::Null) => {
                literals::literal(&Literal::Null, expr.ty, expr)
            }
            // Where the value is known it stands in the text.
            ExprKind::Parameter(_) if subtype(expr.ty.element().unwrap_or(expr.ty)).is_some() => {
                Err(refuse(format!("a parameter of type {}", expr.ty), expr.position, "Send the bounds, as in daterange($1, $2)."))
            }
            ExprKind::Parameter(n) => Ok(Text::atom(format!("@p{}", n + 1))),
            ExprKind::Call { function, args } => self.function(expr, function, args),
            ExprKind::Operator { operator, args } => self.operator(expr, operator, args),
            // PostgreSQL's planner looks no further either.
            ExprKind::And(items) if items.iter().any(|item| is_bool(item, false)) => Ok(Text::atom("FALSE")),
            ExprKind::Or(items) if items.iter().any(|item| is_bool(item, true)) => Ok(Text::atom("TRUE")),
            ExprKind::And(items) => Ok(chain(&self.exprs(items)?, "AND", Level::And)),
            ExprKind::Or(items) => Ok(chain(&self.exprs(items)?, "OR", Level::Or)),
            ExprKind::Not(inner) => Ok(Text::new(format!("NOT {}", self.expr(inner)?.at(Level::Compare)), Level::Not)),
            ExprKind::IsNull { expr, negated } => {
                let word = if *negated { "IS NOT NULL" } else { "IS NULL" };
                Ok(Text::new(format!("{} {word}", self.expr(expr)?.operand()), Level::Compare))
            }
            ExprKind::IsBool { expr, value, negated } => {
                let not = if *negated { "NOT " } else { "" };
                let what = match value {
                    Some(true) => "TRUE",
                    Some(false) => "FALSE",
                    None => "NULL",
                };
                Ok(Text::new(format!("{} IS {not}{what}", self.expr(expr)?.operand()), Level::Compare))
            }
            ExprKind::IsDistinct { operator, left, right, negated } => {
                let (left, right) = self.comparable(operator, left, right)?;
                let not = if *negated { "NOT " } else { "" };
                Ok(Text::new(format!("{} IS {not}DISTINCT FROM {}", left.operand(), right.operand()), Level::Compare))
            }
            ExprKind::Cast { expr: inner, explicit, .. } => self.cast(inner, expr, *explicit),
            ExprKind::Case { whens, otherwise } => self.case(whens, otherwise.as_deref()),
            ExprKind::Coalesce(items) => {
                // NULL decides nothing, and may be an array of another kind of numeric.
                let known: Vec<Expr> = items.iter().filter(|item| !item.is_null_literal()).cloned().collect();
                let items = if expr.ty.is_array() && !known.is_empty() { &known } else { items };
                Ok(Text::call("COALESCE", &self.exprs(items)?))
            }
            ExprKind::NullIf { operator, left, right } => self.nullif(operator, left, right),
            ExprKind::Greatest(items) => self.extreme("GREATEST", items),
            ExprKind::Least(items) => self.extreme("LEAST", items),
            ExprKind::InList { operator, expr, list, negated } => self.in_list(operator, expr, list, *negated),
            ExprKind::AnyArray { operator, left, array, all } => self.any_array(expr, operator, left, array, *all),
            ExprKind::Aggregate(call) => self.aggregate(expr, call),
            ExprKind::Window(call) => self.window(expr, call),
            ExprKind::Grouping(indexes) => self.grouping_function(indexes),
            ExprKind::Subquery { kind, query } => self.subquery(expr, kind, query),
            ExprKind::Array(items) => self.array(expr, items),
            ExprKind::Subscript { expr: array, index } => self.subscript(expr, array, index),
            ExprKind::Slice { expr: array, lower, upper } => self.slice(array, lower.as_deref(), upper.as_deref()),
            ExprKind::Row(_, _) => Err(refuse(
                "a row as a value",
                expr.position,
                "Select the columns one by one, or build an object with jsonb_build_object().",
            )),
        }
    }

    /// Prints several expressions.
    pub fn exprs(&mut self, exprs: &[Expr]) -> Result<Vec<Text>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// Prints a column.
    pub fn column(&self, relation: RelationId, column: usize) -> Result<Text> {
        self.columns
            .get(&relation)
            .and_then(|columns| columns.get(column))
            .ok_or_else(|| Report::internal(format!("column {column} of relation {} is not in scope", relation.0)))
    }

    /// Returns what stands for an expression that was computed further in, wherever in the text it stands.
    pub fn computed(&self, expr: &Expr) -> Option<Text> {
        if self.computed.is_empty() || matches!(expr.kind, ExprKind::Literal(_)) {
            return None;
        }
        self.computed.iter().rev().find(|(known, _)| same(known, expr)).map(|(_, text)| text.clone())
    }

    fn case(&mut self, whens: &[(Expr, Expr)], otherwise: Option<&Expr>) -> Result<Text> {
        let mut parts = Vec::with_capacity(2 * whens.len());
        for (condition, result) in whens {
            parts.extend([self.expr(condition)?, self.expr(result)?]);
        }
        let otherwise = otherwise.map(|result| self.expr(result)).transpose()?;
        let mut pieces = Vec::with_capacity(2 * parts.len() + 4);
        pieces.push("CASE");
        for (i, part) in parts.iter().enumerate() {
            pieces.extend([if i % 2 == 0 { " WHEN " } else { " THEN " }, part.as_str()]);
        }
        if let Some(result) = &otherwise {
            pieces.extend([" ELSE ", result.as_str()]);
        }
        pieces.push(" END");
        Ok(Text::atom(text::concat(&pieces)))
    }

    fn nullif(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        let printed = self.comparable(operator, left, right)?;
        let nan = may_be_nan(left) && may_be_nan(right);
        if left.ty == operator.arguments[0] && left.ty == right.ty && !left.ty.is_array() && !nan {
            return Ok(Text::call("NULLIF", &[printed.0, printed.1]));
        }
        let value = self.expr(left)?;
        let equal = Text::infix(&printed.0, "=", &printed.1, Level::Compare);
        let equal = super::nan::compared("=", (left, &printed.0), (right, &printed.1), equal);
        Ok(Text::atom(format!("IF({equal}, NULL, {value})")))
    }

    /// GREATEST and LEAST ignore NULLs in PostgreSQL; GoogleSQL's return NULL as soon as one argument is NULL.
    fn extreme(&mut self, name: &str, items: &[Expr]) -> Result<Text> {
        if name == "LEAST" && items.iter().any(may_be_nan) {
            return self.least_float(items);
        }
        let mut best: Option<(Text, bool)> = None;
        for item in items {
            if item.is_null_literal() {
                continue;
            }
            if matches!(item.ty, Type::JSON | Type::JSONB) || item.ty.is_array() {
                return Err(refuse(format!("{name} of {}", item.ty), item.position, "Compare a number or a text instead."));
            }
            let (text, never_null) = (self.expr(item)?, literals::is_constant(item) || self.never_null(item));
            best = Some(match best {
                None => (text, never_null),
                Some((left, left_never_null)) => {
                    let mut call = Text::call(name, &[left.clone(), text.clone()]);
                    if !(left_never_null && never_null) {
                        let rest = match (left_never_null, never_null) {
                            (true, _) => vec![left],
                            (_, true) => vec![text],
                            _ => vec![left, text],
                        };
                        call = Text::call("COALESCE", &[vec![call], rest].concat());
                    }
                    (call, left_never_null || never_null)
                }
            });
        }
        match best {
            Some((text, _)) => Ok(text),
            None => self.expr(&items[0]),
        }
    }

    /// LEAST of floats: NaN is the greatest, so that it counts only if there is nothing else.
    fn least_float(&mut self, items: &[Expr]) -> Result<Text> {
        let mut best: Option<Text> = None;
        let mut rest = Vec::new();
        for item in items {
            let text = self.expr(item)?;
            let number = if may_be_nan(item) { Text::atom(format!("IF(IS_NAN({text}), NULL, {text})")) } else { text.clone() };
            rest.push(text);
            best = Some(match best {
                None => number,
                Some(left) => {
                    let call = Text::call("LEAST", &[left.clone(), number.clone()]);
                    Text::call("COALESCE", &[call, left, number])
                }
            });
        }
        rest.insert(0, best.ok_or_else(|| Report::internal("LEAST of nothing"))?);
        Ok(Text::call("COALESCE", &rest))
    }

    /// Tells whether an expression is a column that cannot hold NULL.
    pub fn never_null(&self, expr: &Expr) -> bool {
        let ExprKind::Column { relation, column } = &expr.kind else { return false };
        !self.nullable.contains(relation)
            && self.tables.get(relation).and_then(|table| table.columns.get(*column)).is_some_and(|column| !column.nullable)
    }

    fn grouping_function(&mut self, indexes: &[usize]) -> Result<Text> {
        let mut bits = Vec::new();
        for (i, index) in indexes.iter().enumerate() {
            let key = self.grouping.get(*index).ok_or_else(|| Report::internal("GROUPING outside its SELECT"))?;
            let call = Text::call("GROUPING", std::slice::from_ref(key));
            let shift = indexes.len() - 1 - i;
            bits.push(if shift == 0 { call } else { Text::new(format!("{call} * {}", 1_u64 << shift.min(62)), Level::Multiply) });
        }
        Ok(chain(&bits, "+", Level::Add))
    }
}

fn is_bool(expr: &Expr, value: bool) -> bool {
    expr.kind == ExprKind::Literal(Literal::Bool(value))
}

/// Tells whether two expressions are the same but for their positions.
pub(super) fn same(a: &Expr, b: &Expr) -> bool {
    // Equality does not look at positions.
    a == b
}
