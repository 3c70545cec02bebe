//! One text for all spellings of a query: the key of the cache, the name in the logs.
//!
//! Names of columns and aliases, positions and the order of AND and OR operands leave no trace, but for the operands from the first one on that may
//! fail: those before it decide whether it does. Relations are numbered from the outside
//! in, so that a subquery reads the same wherever it stands.

use std::collections::HashMap;
use std::fmt::Write;

use super::emit::guards;
use super::tree::*;
use crate::types::{NumericScale, Type};

/// Returns an unambiguous text of a bound query: without aliases, positions, output names.
pub fn canonical(bound: &Bound) -> String {
    let mut out = print(bound, true);
    for column in bound.columns.iter() {
        let _ = write!(out, " {}:{}:{}", column.ty.0, column.typmod, scale(column.scale));
    }
    out
}

/// Returns 16 hex digits that name the query's shape: the canonical text with its literals removed.
pub fn fingerprint(bound: &Bound) -> String {
    blake3::hash(print(bound, false).as_bytes()).to_hex()[..16].to_owned()
}

fn print(bound: &Bound, literals: bool) -> String {
    let mut printer = Printer { literals, relations: HashMap::new(), ctes: HashMap::new(), depth: 0 };
    let mut out = printer.query(&bound.query);
    out.push_str(" params");
    for ty in &bound.parameters {
        let _ = write!(out, " {}", ty.0);
    }
    out
}

fn scale(scale: NumericScale) -> String {
    match scale {
        NumericScale::Fixed(digits) => digits.to_string(),
        NumericScale::Quotient => "q".into(),
        NumericScale::Any => "a".into(),
    }
}

struct Printer {
    literals: bool,
    relations: HashMap<RelationId, usize>,
    ctes: HashMap<CteId, usize>,
    /// The number that the next relation or WITH item gets.
    depth: usize,
}

impl Printer {
    fn number(&mut self, id: RelationId) -> usize {
        let number = self.depth;
        self.relations.insert(id, number);
        self.depth += 1;
        number
    }

    /// Prints something with relations of its own; their numbers are free again behind it.
    fn query(&mut self, query: &Query) -> String {
        let before = self.depth;
        let mut out = String::from("(query");
        for cte in &query.ctes {
            let number = self.depth;
            self.depth += 1;
            // A recursive item refers to itself.
            self.ctes.insert(cte.id, number);
            let _ = write!(out, " (with {number} {} {})", cte.recursive, self.query(&cte.query));
        }
        match &query.body {
            SetExpr::Select(select) => out.push_str(&self.select(select)),
            SetExpr::Set { op, all, left, right } => {
                let _ = write!(out, " ({op:?} {all} {} {})", self.query(left), self.query(right));
            }
            SetExpr::Values(rows) => {
                out.push_str(" (values");
                for row in rows {
                    let _ = write!(out, " {}", self.list(row));
                }
                out.push(')');
            }
        }
        if !query.order_by.is_empty() {
            let _ = write!(out, " (order {})", self.keys(&query.order_by));
        }
        for (name, expr) in [("limit", &query.limit), ("offset", &query.offset)] {
            if let Some(expr) = expr {
                let _ = write!(out, " ({name} {})", self.expr(expr));
            }
        }
        if query.with_ties {
            out.push_str(" ties");
        }
        out.push(')');
        self.depth = before;
        out
    }

    fn select(&mut self, select: &Select) -> String {
        let mut out = String::from(" (select");
        // FROM comes first: it gives the relations their numbers.
        if let Some(from) = &select.from {
            let _ = write!(out, " (from {})", self.relation(from));
        }
        let _ = write!(out, " {}", self.list(&select.projection));
        match &select.distinct {
            Distinct::No => {}
            Distinct::All => out.push_str(" distinct"),
            Distinct::On(exprs) => {
                let _ = write!(out, " (distinct {})", self.list(exprs));
            }
        }
        if let Some(filter) = &select.filter {
            let _ = write!(out, " (where {})", self.expr(filter));
        }
        match &select.group_by {
            GroupBy::None => {}
            GroupBy::Plain(exprs) => {
                let mut parts: Vec<String> = exprs.iter().map(|expr| self.expr(expr)).collect();
                // GROUPING counts from the order that was written; a plain GROUP BY has none that matters.
                parts.sort();
                let _ = write!(out, " (group {})", parts.join(" "));
            }
            GroupBy::Sets { exprs, sets } => {
                let _ = write!(out, " (sets {} {sets:?})", self.list(exprs));
            }
        }
        if let Some(having) = &select.having {
            let _ = write!(out, " (having {})", self.expr(having));
        }
        out.push(')');
        out
    }

    fn relation(&mut self, relation: &Relation) -> String {
        match relation {
            Relation::Table { id, table, .. } => {
                let number = self.number(*id);
                format!("(table {number} {:?} {:?})", table.name.schema, table.name.table)
            }
            Relation::Derived { id, lateral, query, .. } => {
                let query = self.query(query);
                format!("(derived {} {lateral} {query})", self.number(*id))
            }
            Relation::Cte { id, cte, .. } => {
                let cte = self.ctes.get(cte).copied().unwrap_or(usize::MAX);
                format!("(cte {} {cte})", self.number(*id))
            }
            Relation::Function { id, calls, ordinality, columns, .. } => {
                let calls = self.list(calls);
                let types: Vec<String> = columns.iter().map(|column| format!("{}:{}", column.ty.0, column.typmod)).collect();
                format!("(function {} {ordinality} {calls} {})", self.number(*id), types.join(","))
            }
            Relation::Join { kind, left, right, on } => {
                let (left, right) = (self.relation(left), self.relation(right));
                let on = on.as_ref().map(|on| self.expr(on)).unwrap_or_default();
                format!("({kind:?} {left} {right} {on})")
            }
        }
    }

    fn list(&mut self, exprs: &[Expr]) -> String {
        let parts: Vec<String> = exprs.iter().map(|expr| self.expr(expr)).collect();
        format!("[{}]", parts.join(" "))
    }

    fn keys(&mut self, keys: &[SortKey]) -> String {
        let mut out = String::new();
        for key in keys {
            let by = match &key.by {
                SortBy::Output(i) => format!("#{i}"),
                SortBy::Expr(expr) => self.expr(expr),
            };
            let _ = write!(out, " ({by} {} {})", key.descending, key.nulls_first);
        }
        out
    }

    /// Prints what is looked at from left to right until the answer is known: the order matters from the first one on that may fail.
    fn sorted(&mut self, exprs: &[Expr]) -> String {
        let mut parts: Vec<String> = exprs.iter().map(|expr| self.expr(expr)).collect();
        let sure = exprs.iter().position(guards::fails_anywhere).unwrap_or(exprs.len());
        parts[..sure].sort();
        parts.join(" ")
    }

    fn boxed(&mut self, expr: Option<&Expr>) -> String {
        expr.map_or_else(|| "-".to_owned(), |expr| self.expr(expr))
    }

    fn expr(&mut self, expr: &Expr) -> String {
        let body = match &expr.kind {
            ExprKind::Literal(_) if !self.literals => "?".to_owned(),
            ExprKind::Literal(literal) => format!("{literal:?}"),
            ExprKind::Column { relation, column } => {
                format!("c{}.{column}", self.relations.get(relation).copied().unwrap_or(usize::MAX))
            }
            ExprKind::Parameter(n) => format!("${n}"),
            ExprKind::Call { function, args } => format!("call {} {}", signature(function), self.list(args)),
            ExprKind::Operator { operator, args } => {
                let mut parts: Vec<String> = args.iter().map(|arg| self.expr(arg)).collect();
                // The two orders of `int8 = int4` are two operators; their operands say which is meant.
                if matches!(operator.name.as_str(), "=" | "<>") && parts.len() == 2 {
                    parts.sort();
                    format!("op {} [{}]", operator.name, parts.join(" "))
                } else {
                    format!("op {} [{}]", signature(operator), parts.join(" "))
                }
            }
            ExprKind::And(args) => format!("and {}", self.sorted(args)),
            ExprKind::Or(args) => format!("or {}", self.sorted(args)),
            ExprKind::Not(inner) => format!("not {}", self.expr(inner)),
            ExprKind::IsNull { expr, negated } => format!("null {negated} {}", self.expr(expr)),
            ExprKind::IsBool { expr, value, negated } => format!("is {value:?} {negated} {}", self.expr(expr)),
            ExprKind::IsDistinct { operator, left, right, negated } => {
                format!("distinct {} {negated} {} {}", signature(operator), self.expr(left), self.expr(right))
            }
            // Only casts to a length differ by who asked for them: explicit ones cut, implied ones fail.
            ExprKind::Cast { expr: inner, explicit, method } => {
                format!("cast {} {method:?} {}", *explicit && expr.typmod >= 0, self.expr(inner))
            }
            ExprKind::Case { whens, otherwise } => {
                let mut out = String::from("case");
                for (condition, result) in whens {
                    let _ = write!(out, " ({} {})", self.expr(condition), self.expr(result));
                }
                format!("{out} {}", self.boxed(otherwise.as_deref()))
            }
            ExprKind::Coalesce(args) => format!("coalesce {}", self.list(args)),
            ExprKind::Greatest(args) => format!("greatest {}", self.list(args)),
            ExprKind::Least(args) => format!("least {}", self.list(args)),
            ExprKind::NullIf { operator, left, right } => {
                format!("nullif {} {} {}", signature(operator), self.expr(left), self.expr(right))
            }
            ExprKind::InList { operator, expr, list, negated } => {
                let constant = list.iter().all(|item| matches!(item.kind, ExprKind::Literal(_)));
                let list = if constant && !self.literals { "?*".to_owned() } else { self.sorted(list) };
                format!("in {} {negated} {} [{list}]", signature(operator), self.expr(expr))
            }
            ExprKind::AnyArray { operator, left, array, all } => {
                format!("any {} {all} {} {}", signature(operator), self.expr(left), self.expr(array))
            }
            ExprKind::Aggregate(call) => {
                let head = format!("aggregate {} {} {}", signature(&call.function), call.distinct, call.within_group);
                let args = self.list(&call.args);
                let keys = self.keys(&call.order_by);
                format!("{head} {args} ({keys}) {}", self.boxed(call.filter.as_ref()))
            }
            ExprKind::Window(call) => {
                let head = format!("window {} {}", signature(&call.function), call.aggregate);
                let args = self.list(&call.args);
                let filter = self.boxed(call.filter.as_ref());
                let partition = self.list(&call.partition_by);
                let keys = self.keys(&call.order_by);
                let frame = match &call.frame {
                    Some(frame) => {
                        let (start, end) = (self.bound(&frame.start), self.bound(&frame.end));
                        format!("{:?} {start} {end} {:?}", frame.unit, frame.exclude)
                    }
                    None => "-".to_owned(),
                };
                format!("{head} {args} {filter} {partition} ({keys}) ({frame})")
            }
            ExprKind::Grouping(indexes) => format!("grouping {indexes:?}"),
            ExprKind::Subquery { kind, query } => {
                let head = match kind {
                    SubqueryKind::Scalar => "scalar".to_owned(),
                    SubqueryKind::Exists => "exists".to_owned(),
                    SubqueryKind::Array => "array".to_owned(),
                    SubqueryKind::Compare { left, operators, all } => {
                        let operators: Vec<String> = operators.iter().map(|operator| signature(operator)).collect();
                        format!("compare {} {} {all}", self.list(left), operators.join(","))
                    }
                };
                format!("{head} {}", self.query(query))
            }
            ExprKind::Array(items) => format!("array {}", self.list(items)),
            ExprKind::Subscript { expr, index } => format!("at {} {}", self.expr(expr), self.expr(index)),
            ExprKind::Slice { expr, lower, upper } => {
                format!("slice {} {} {}", self.expr(expr), self.boxed(lower.as_deref()), self.boxed(upper.as_deref()))
            }
            ExprKind::Row(fields, RowOf::Fields | RowOf::Item) => format!("row {}", self.list(fields)),
            ExprKind::Row(fields, RowOf::Outer(_)) => format!("whole row {}", self.list(fields)),
        };
        typed(&body, expr.ty, expr.typmod)
    }

    fn bound(&mut self, bound: &FrameBound) -> String {
        match bound {
            FrameBound::Preceding(offset) => format!("(preceding {})", self.expr(offset)),
            FrameBound::Following(offset) => format!("(following {})", self.expr(offset)),
            FrameBound::UnboundedPreceding => "first".into(),
            FrameBound::CurrentRow => "current".into(),
            FrameBound::UnboundedFollowing => "last".into(),
        }
    }
}

fn typed(body: &str, ty: Type, typmod: i32) -> String {
    if typmod < 0 { format!("({body})::{}", ty.0) } else { format!("({body})::{}:{typmod}", ty.0) }
}

fn signature(signature: &Signature) -> String {
    let arguments: Vec<String> = signature.arguments.iter().map(|ty| ty.0.to_string()).collect();
    format!("{}.{:?}:{}({})", signature.schema, signature.name, signature.oid, arguments.join(","))
}
