//! The digits of numerics whose display scale differs from row to row: quotients and averages, CASE and COALESCE over mixed scales, parameters.
//!
//! BigQuery keeps the value of a numeric, not how many digits PostgreSQL shows, and it does not round a quotient before it goes on. So a result column
//! of this kind leaves as text: its operands with their digits, and what is to be done with them, in postfix order (`73588.40 78 /`). The decoder computes
//! the last steps as numeric.c does.

use std::cell::RefCell;

use super::expr::same;
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::bind::operators::resolve_operator;
use crate::types::input::number;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The schema of the calls that are made here.
const SCHEMA: &str = "sluice_digits";
/// BIGNUMERIC's digits behind the point.
const MOST: u16 = 38;

/// Rewrites the result columns whose digits are computed by the decoder; `None` where there are none.
pub(super) fn prepare(bound: &Bound, parameters: &[Literal]) -> Option<Bound> {
    if !bound.query.columns.iter().any(is_open) {
        return None;
    }
    let mut grouped = bound.clone();
    if super::deduplicated::rewrite(&mut grouped.query) && rewrite(&mut grouped, parameters) {
        return Some(grouped);
    }
    let mut prepared = bound.clone();
    // A set operation is read from a subquery only where that helps.
    (rewrite(&mut prepared, parameters) || matches!(bound.query.body, SetExpr::Select(_))).then_some(prepared)
}

/// Rewrites what can be; tells whether that is all.
fn rewrite(prepared: &mut Bound, parameters: &[Literal]) -> bool {
    if matches!(prepared.query.body, SetExpr::Set { .. }) {
        let last = super::hidden::last_relation(&prepared.query);
        super::hidden::wrap(&mut prepared.query, RelationId(last.0 + 1));
    }
    let mut maker = Maker { parameters, hidden: HashMap::new(), wanted: RefCell::default(), failed: HashSet::new() };
    let SetExpr::Select(select) = &prepared.query.body else { return false };
    if select.distinct == Distinct::All {
        return false;
    }
    let group_by = select.group_by.clone();
    let mut all = true;
    for (i, item) in select.projection.clone().iter().enumerate() {
        if !prepared.query.columns.get(i).is_some_and(is_open) || item.ty != Type::NUMERIC {
            continue;
        }
        let is_key = super::hidden::is_key(&group_by, item);
        let in_sets = matches!(&group_by, GroupBy::Sets { exprs, .. } if exprs.iter().any(|key| same(key, item)));
        let column = (is_key || (!in_sets && (group_by == GroupBy::None || !has_bare_column(item))))
            .then(|| super::hidden::retried(&mut prepared.query, &mut maker, |maker| maker.column(item, is_key)))
            .flatten();
        all &= column.is_some();
        if let (Some(column), SetExpr::Select(select)) = (column, &mut prepared.query.body) {
            select.projection[i] = column;
        }
    }
    all
}

/// Tells whether the digits of a column differ from row to row.
pub(super) fn is_open(column: &RelationColumn) -> bool {
    column.ty == Type::NUMERIC && !matches!(column.scale, NumericScale::Fixed(_))
}

/// One of the values in a group.
pub(super) fn least(value: Expr) -> Option<Expr> {
    let function = resolve_function(Some("pg_catalog"), "min", &[value.ty], false, None).ok()?.signature;
    let (ty, position) = (value.ty, value.position);
    let call = Aggregate { function, args: vec![value], distinct: false, order_by: Vec::new(), filter: None, within_group: false };
    Some(Expr::new(ExprKind::Aggregate(Box::new(call)), ty, position))
}

/// Tells whether an expression uses a numeric of unknown digits outside of aggregates.
pub(super) fn has_bare_column(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(_) => false,
        ExprKind::Column { .. } => expr.ty == Type::NUMERIC && !matches!(expr.scale, NumericScale::Fixed(_)),
        _ => crate::sql::walk::children(expr).into_iter().any(has_bare_column),
    }
}

/// Tells whether a column was rewritten.
pub(super) fn is_rewritten(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.schema == SCHEMA)
}

/// Returns the value of a rewritten column, to sort by; any other expression is its own.
pub(super) fn value(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Call { function, args } if function.schema == SCHEMA && function.name == "column" => args.first().unwrap_or(expr),
        _ => expr,
    }
}

impl Emitter {
    /// Prints a call that was made here; `None` for others.
    pub fn digits(&mut self, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        if function.schema != SCHEMA {
            return Ok(None);
        }
        Ok(Some(match (function.name.as_str(), args) {
            ("shown", [value, scale]) => {
                let (value, scale) = (self.expr(value)?, self.expr(scale)?);
                Text::atom(format!("NULLIF(FORMAT('%.*f', {scale}, {value}), 'NULL')"))
            }
            ("column", [_, single]) | ("joined", [single]) => self.expr(single)?,
            ("column", [_, parts @ ..]) | ("joined", parts) => Text::call("CONCAT", &self.exprs(parts)?),
            _ => return Err(Report::internal("a call about digits")),
        }))
    }
}

/// A numeric column of a subquery, and what has to be known of it: its digits, or (`true`) only how many stand behind the point.
pub(super) type Wanted = (RelationId, usize, bool);

/// Makes the texts.
pub(super) struct Maker<'p> {
    parameters: &'p [Literal],
    /// Columns that were added to subqueries: where they stand.
    pub hidden: HashMap<Wanted, usize>,
    /// What was missing at the last trial.
    pub wanted: RefCell<Vec<Wanted>>,
    /// What cannot be had.
    pub failed: HashSet<Wanted>,
}

impl Maker<'_> {
    /// Returns the column that was added to a subquery, or says that it is missing.
    fn hidden(&self, wanted: Wanted, position: Option<u32>) -> Option<Expr> {
        let Some(column) = self.hidden.get(&wanted) else {
            self.wanted.borrow_mut().push(wanted);
            return None;
        };
        let ty = if wanted.2 { Type::INT8 } else { Type::TEXT };
        Some(Expr::new(ExprKind::Column { relation: wanted.0, column: *column }, ty, position))
    }

    /// A result column: its value and its digits; of a key that the rows are grouped by, the digits of one of the rows.
    pub fn column(&self, item: &Expr, is_key: bool) -> Option<Expr> {
        let mut parts = vec![if is_key { item.clone() } else { averages_as_quotients(item) }];
        match is_key {
            true => parts.push(least(self.text(item)?)?),
            false => self.postfix(item, &mut parts)?,
        }
        Some(Expr { scale: item.scale, ..call("column", parts, Type::NUMERIC, item.position) })
    }

    /// Appends an expression in postfix order, as expressions of type text; `None` where its digits are not known.
    fn postfix(&self, expr: &Expr, out: &mut Vec<Expr>) -> Option<()> {
        if let Some((sum, count)) = sum_and_count(expr) {
            self.leaf(&sum, out)?;
            push(" ", out);
            self.leaf(&count, out)?;
            push(" /", out);
            return Some(());
        }
        if expr.ty.is_integer() || matches!(expr.scale, NumericScale::Fixed(_)) {
            return self.leaf(expr, out);
        }
        if let Some(spread) = self.spread(expr) {
            out.push(spread);
            return Some(());
        }
        match &expr.kind {
            ExprKind::Column { relation, column } => {
                out.push(self.hidden((*relation, *column, false), expr.position)?);
                Some(())
            }
            ExprKind::Operator { operator, args } => match (operator.name.as_str(), args.as_slice()) {
                ("^", [left, right]) if left.ty == Type::NUMERIC => self.function("power", &[left, right], expr, out),
                (name @ ("+" | "-" | "*" | "/" | "%"), [left, right]) if left.ty == Type::NUMERIC && right.ty == Type::NUMERIC => {
                    self.postfix(left, out)?;
                    push(" ", out);
                    self.postfix(right, out)?;
                    push(&format!(" {name}"), out);
                    Some(())
                }
                ("-", [operand]) => {
                    self.postfix(operand, out)?;
                    push(" neg", out);
                    Some(())
                }
                _ => None,
            },
            ExprKind::Call { function, args } => match (function.name.as_str(), args.as_slice()) {
                ("abs", [operand]) if operand.ty == Type::NUMERIC => {
                    self.postfix(operand, out)?;
                    push(" abs", out);
                    Some(())
                }
                (name @ ("sqrt" | "ln" | "exp"), [operand]) if operand.ty == Type::NUMERIC => self.function(name, &[operand], expr, out),
                ("log" | "log10", [operand]) if operand.ty == Type::NUMERIC => {
                    push("10 ", out);
                    self.function("log", &[operand], expr, out)
                }
                ("log", [base, operand]) if base.ty == Type::NUMERIC => self.function("log", &[base, operand], expr, out),
                ("power" | "pow", [base, exponent]) if base.ty == Type::NUMERIC => self.function("power", &[base, exponent], expr, out),
                _ => None,
            },
            ExprKind::Window(call) if super::digits_windows::takes_a_row(call) => {
                out.push(self.of_a_row(call, expr)?);
                Some(())
            }
            ExprKind::Coalesce(items) => {
                let texts: Option<Vec<Expr>> = items.iter().map(|item| self.text(item)).collect();
                out.push(text_of(ExprKind::Coalesce(texts?), expr));
                Some(())
            }
            ExprKind::Greatest(items) | ExprKind::Least(items) => {
                let whens: Option<Vec<(Expr, Expr)>> = items.iter().map(|item| Some((equal(item, expr)?, self.text(item)?))).collect();
                out.push(text_of(ExprKind::Case { whens: whens?, otherwise: None }, expr));
                Some(())
            }
            ExprKind::Case { whens, otherwise } => {
                let whens: Option<Vec<(Expr, Expr)>> = whens.iter().map(|(when, then)| Some((when.clone(), self.text(then)?))).collect();
                let otherwise = match otherwise {
                    Some(otherwise) => Some(Box::new(self.text(otherwise)?)),
                    None => None,
                };
                out.push(text_of(ExprKind::Case { whens: whens?, otherwise }, expr));
                Some(())
            }
            ExprKind::NullIf { operator, left, right } => {
                let equal = Expr::new(
                    ExprKind::Operator { operator: operator.clone(), args: vec![(**left).clone(), (**right).clone()] },
                    Type::BOOL,
                    expr.position,
                );
                let null = Expr::literal(Literal::Null, Type::TEXT, expr.position);
                let otherwise = Some(Box::new(self.text(left)?));
                out.push(text_of(ExprKind::Case { whens: vec![(equal, null)], otherwise }, expr));
                Some(())
            }
            ExprKind::Cast { expr: inner, .. } if inner.ty == Type::NUMERIC && expr.typmod < 0 => self.postfix(inner, out),
            ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => {
                let mut query = query.clone();
                let SetExpr::Select(select) = &mut query.body else { return None };
                let sorted = query.order_by.iter().any(|key| matches!(key.by, SortBy::Output(_)));
                if select.distinct != Distinct::No || sorted || !query.columns.iter().all(|column| column.ty == Type::NUMERIC) {
                    return None;
                }
                let item = select.projection.first_mut()?;
                *item = self.text(item)?;
                query.columns.first_mut()?.ty = Type::TEXT;
                out.push(text_of(ExprKind::Subquery { kind: SubqueryKind::Scalar, query }, expr));
                Some(())
            }
            _ => self.leaf(expr, out),
        }
    }

    /// A function of which the warehouse computes 38 digits; how many of them count depends on the arguments.
    fn function(&self, name: &str, args: &[&Expr], expr: &Expr, out: &mut Vec<Expr>) -> Option<()> {
        for arg in args {
            self.postfix(arg, out)?;
            push(" ", out);
        }
        out.push(call("shown", vec![expr.clone(), integer(MOST.into())], Type::TEXT, expr.position));
        push(&format!(" {name}"), out);
        Some(())
    }

    /// Variances and deviations of exact numbers: (n * sum(x * x) - sum(x) * sum(x)) / (n * (n - 1)), or / (n * n), and its root
    /// (numeric_stddev_internal in numeric.c).
    fn spread(&self, expr: &Expr) -> Option<Expr> {
        let (name, argument) = match &expr.kind {
            ExprKind::Aggregate(call) if !call.within_group && !call.distinct => (call.function.name.clone(), call.args.first()?),
            ExprKind::Window(call) if call.aggregate => (call.function.name.clone(), call.args.first()?),
            _ => return None,
        };
        let sample = match name.as_str() {
            "variance" | "var_samp" | "stddev" | "stddev_samp" => true,
            "var_pop" | "stddev_pop" => false,
            _ => return None,
        };
        let of = |function: &str, argument: Expr| {
            let function = resolve_function(Some("pg_catalog"), function, &[argument.ty], false, None).ok()?.signature;
            let (ty, args) = (function.returns, vec![argument]);
            let kind = match &expr.kind {
                ExprKind::Aggregate(call) => {
                    ExprKind::Aggregate(Box::new(Aggregate { function, args, order_by: Vec::new(), ..(**call).clone() }))
                }
                ExprKind::Window(call) => ExprKind::Window(Box::new(Window { function, args, ..(**call).clone() })),
                _ => return None,
            };
            Some(Expr::new(kind, ty, expr.position))
        };
        let scale = match (argument.ty, argument.scale) {
            (ty, _) if ty.is_integer() => 0,
            (Type::NUMERIC, NumericScale::Fixed(scale)) if scale * 2 <= MOST => scale,
            _ => return None,
        };
        let value = match argument.ty {
            Type::NUMERIC => argument.clone(),
            _ => {
                let kind = ExprKind::Cast { expr: Box::new(argument.clone()), explicit: false, method: CastMethod::Function };
                Expr { scale: NumericScale::Fixed(0), ..Expr::new(kind, Type::NUMERIC, expr.position) }
            }
        };
        let fixed = |expr: Expr, scale: u16| Expr { scale: NumericScale::Fixed(scale), ..expr };
        let operator = resolve_operator("*", Some(Type::NUMERIC), Type::NUMERIC, None).ok()?;
        let square = Expr::new(ExprKind::Operator { operator, args: vec![value.clone(), value.clone()] }, Type::NUMERIC, expr.position);
        let squares = fixed(of("sum", fixed(square, scale * 2))?, scale * 2);
        let (sum, count) = (fixed(of("sum", value)?, scale), of("count", argument.clone())?);
        let mut parts = Vec::new();
        self.leaf(&count, &mut parts)?;
        push(" ", &mut parts);
        self.leaf(&squares, &mut parts)?;
        push(" * ", &mut parts);
        self.leaf(&sum, &mut parts)?;
        push(" ", &mut parts);
        self.leaf(&sum, &mut parts)?;
        push(" * - ", &mut parts);
        self.leaf(&count, &mut parts)?;
        push(" ", &mut parts);
        self.leaf(&count, &mut parts)?;
        push(if sample { " 1 - * spread" } else { " * spread" }, &mut parts);
        if name.starts_with("stddev") {
            push(" root", &mut parts);
        }
        let enough = resolve_operator(">", Some(Type::INT8), Type::INT8, None).ok()?;
        let enough =
            Expr::new(ExprKind::Operator { operator: enough, args: vec![count, integer(i64::from(sample))] }, Type::BOOL, expr.position);
        let text = call("joined", parts, Type::TEXT, expr.position);
        Some(text_of(ExprKind::Case { whens: vec![(enough, text)], otherwise: None }, expr))
    }

    /// A postfix text as one expression.
    pub fn text(&self, expr: &Expr) -> Option<Expr> {
        if expr.is_null_literal() {
            return Some(Expr::literal(Literal::Null, Type::TEXT, expr.position));
        }
        let mut parts = Vec::new();
        self.postfix(expr, &mut parts)?;
        Some(call("joined", parts, Type::TEXT, expr.position))
    }

    /// Appends a value with all the digits that PostgreSQL gives it.
    fn leaf(&self, expr: &Expr, out: &mut Vec<Expr>) -> Option<()> {
        let exact = match expr.scale {
            _ if expr.ty.is_integer() => true,
            NumericScale::Fixed(digits) => digits <= MOST,
            _ => false,
        };
        if exact {
            let kind = ExprKind::Cast { expr: Box::new(expr.clone()), explicit: true, method: CastMethod::InOut };
            out.push(Expr::new(kind, Type::TEXT, expr.position));
            return Some(());
        }
        let scale = self.scale(expr)?;
        out.push(call("shown", vec![expr.clone(), scale], Type::TEXT, expr.position));
        Some(())
    }

    /// Returns how many digits behind the point a value has, as an expression.
    pub fn scale(&self, expr: &Expr) -> Option<Expr> {
        if expr.ty.is_integer() {
            return Some(integer(0));
        }
        if let NumericScale::Fixed(digits) = expr.scale {
            return (digits <= MOST).then(|| integer(digits.into()));
        }
        let typed = |kind| Expr::new(kind, Type::INT8, expr.position);
        let present = |expr: &Expr| Expr::new(ExprKind::IsNull { expr: Box::new(expr.clone()), negated: true }, Type::BOOL, expr.position);
        match &expr.kind {
            ExprKind::Literal(Literal::Null) => Some(integer(0)),
            ExprKind::Column { relation, column } => self.hidden((*relation, *column, true), expr.position),
            ExprKind::Parameter(n) => match self.parameters.get(*n)? {
                Literal::Numeric(digits) => Some(integer(number::scale_of(digits).min(MOST).into())),
                Literal::Null => Some(integer(0)),
                _ => None,
            },
            ExprKind::Cast { expr: inner, .. } if inner.ty == Type::NUMERIC && expr.typmod < 0 => self.scale(inner),
            ExprKind::NullIf { left, .. } => self.scale(left),
            ExprKind::Case { whens, otherwise } => {
                let whens: Option<Vec<(Expr, Expr)>> = whens.iter().map(|(when, then)| Some((when.clone(), self.scale(then)?))).collect();
                let otherwise = match otherwise {
                    Some(otherwise) => Some(Box::new(self.scale(otherwise)?)),
                    None => None,
                };
                Some(typed(ExprKind::Case { whens: whens?, otherwise }))
            }
            ExprKind::Coalesce(items) => {
                let whens: Option<Vec<(Expr, Expr)>> = items.iter().map(|item| Some((present(item), self.scale(item)?))).collect();
                Some(typed(ExprKind::Case { whens: whens?, otherwise: None }))
            }
            ExprKind::Greatest(items) | ExprKind::Least(items) => {
                let whens: Option<Vec<(Expr, Expr)>> = items.iter().map(|item| Some((equal(item, expr)?, self.scale(item)?))).collect();
                Some(typed(ExprKind::Case { whens: whens?, otherwise: None }))
            }
            // A sum has as many digits as the longest of its values.
            ExprKind::Aggregate(aggregate) if aggregate.function.name == "sum" => {
                let [argument] = aggregate.args.as_slice() else { return None };
                let scale = typed(ExprKind::Case { whens: vec![(present(argument), self.scale(argument)?)], otherwise: None });
                let function = resolve_function(Some("pg_catalog"), "max", &[Type::INT8], false, None).ok()?.signature;
                let call = Aggregate { function, args: vec![scale], distinct: false, order_by: Vec::new(), ..(**aggregate).clone() };
                Some(typed(ExprKind::Aggregate(Box::new(call))))
            }
            ExprKind::Window(window) if window.aggregate && window.function.name == "sum" => {
                let [argument] = window.args.as_slice() else { return None };
                let scale = typed(ExprKind::Case { whens: vec![(present(argument), self.scale(argument)?)], otherwise: None });
                let function = resolve_function(Some("pg_catalog"), "max", &[Type::INT8], false, None).ok()?.signature;
                Some(typed(ExprKind::Window(Box::new(Window { function, args: vec![scale], ..(**window).clone() }))))
            }
            _ => None,
        }
    }
}

/// Tells whether an item is the greatest or least of its fellows: of equal ones the first is shown.
fn equal(item: &Expr, picked: &Expr) -> Option<Expr> {
    let operator = resolve_operator("=", Some(Type::NUMERIC), Type::NUMERIC, None).ok()?;
    Some(Expr::new(ExprKind::Operator { operator, args: vec![item.clone(), picked.clone()] }, Type::BOOL, picked.position))
}

/// Puts another function into a call.
type Renamed = Box<dyn Fn(Arc<Signature>) -> ExprKind>;

/// avg(x) of exact numbers is sum(x) divided by count(x).
fn sum_and_count(expr: &Expr) -> Option<(Expr, Expr)> {
    let resolved = |name: &str, ty: Type| resolve_function(Some("pg_catalog"), name, &[ty], false, None).ok().map(|found| found.signature);
    let (argument, of): (&Expr, Renamed) = match &expr.kind {
        ExprKind::Aggregate(call) if call.function.name == "avg" => {
            let call = call.clone();
            (&expr_args(expr)?[0], Box::new(move |function| ExprKind::Aggregate(Box::new(Aggregate { function, ..(*call).clone() }))))
        }
        ExprKind::Window(call) if call.aggregate && call.function.name == "avg" => {
            let call = call.clone();
            (&expr_args(expr)?[0], Box::new(move |function| ExprKind::Window(Box::new(Window { function, ..(*call).clone() }))))
        }
        _ => return None,
    };
    if expr.ty != Type::NUMERIC || !(argument.ty.is_integer() || argument.ty == Type::NUMERIC) {
        return None;
    }
    let sum = resolved("sum", argument.ty)?;
    let sum_scale = if argument.ty.is_integer() { NumericScale::Fixed(0) } else { argument.scale };
    let sum_ty = sum.returns;
    let sum = Expr { scale: sum_scale, ..Expr::new(of(sum), sum_ty, expr.position) };
    let count = resolve_function(Some("pg_catalog"), "count", &[argument.ty], false, None).ok()?.signature;
    Some((sum, Expr::new(of(count), Type::INT8, expr.position)))
}

fn expr_args(expr: &Expr) -> Option<&[Expr]> {
    let args = match &expr.kind {
        ExprKind::Aggregate(call) => &call.args,
        ExprKind::Window(call) => &call.args,
        _ => return None,
    };
    (args.len() == 1).then_some(args.as_slice())
}

/// The same value with its averages written as quotients, so that it shares the sums and counts of the postfix text.
fn averages_as_quotients(expr: &Expr) -> Expr {
    let mut out = expr.clone();
    if let Some((sum, count)) = sum_and_count(expr)
        && let Ok(operator) = resolve_operator("/", Some(Type::NUMERIC), Type::NUMERIC, None)
    {
        let numeric = |expr: Expr| match expr.ty {
            Type::NUMERIC => expr,
            _ => Expr {
                scale: NumericScale::Fixed(0),
                ..Expr::new(
                    ExprKind::Cast { expr: Box::new(expr), explicit: false, method: CastMethod::Function },
                    Type::NUMERIC,
                    out.position,
                )
            },
        };
        out.kind = ExprKind::Operator { operator, args: vec![numeric(sum), numeric(count)] };
        return out;
    }
    match &mut out.kind {
        ExprKind::Operator { args, .. } | ExprKind::Coalesce(args) => {
            args.iter_mut().for_each(|arg| *arg = averages_as_quotients(arg));
        }
        ExprKind::Case { whens, otherwise } => {
            whens.iter_mut().for_each(|(_, then)| *then = averages_as_quotients(then));
            if let Some(otherwise) = otherwise {
                **otherwise = averages_as_quotients(otherwise);
            }
        }
        _ => {}
    }
    out
}

fn call(name: &str, args: Vec<Expr>, ty: Type, position: Option<u32>) -> Expr {
    let function = Arc::new(Signature {
        oid: 0,
        schema: SCHEMA,
        name: name.into(),
        arguments: args.iter().map(|arg| arg.ty).collect(),
        variadic: None,
        returns: ty,
        returns_set: false,
        volatility: 'i',
        strict: true,
    });
    Expr::new(ExprKind::Call { function, args }, ty, position)
}

pub(super) fn text_of(kind: ExprKind, like: &Expr) -> Expr {
    Expr::new(kind, Type::TEXT, like.position)
}

fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), Type::INT8, None)
}

/// Appends constant text, to the constant before it if there is one.
fn push(text: &str, out: &mut Vec<Expr>) {
    if let Some(Expr { kind: ExprKind::Literal(Literal::Text(known)), ty: Type::TEXT, .. }) = out.last_mut() {
        known.push_str(text);
        return;
    }
    out.push(Expr::literal(Literal::Text(text.to_owned()), Type::TEXT, None));
}
