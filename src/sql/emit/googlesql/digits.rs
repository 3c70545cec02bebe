//! The digits of numerics whose display scale differs from row to row: quotients and averages, CASE and COALESCE over mixed scales, parameters.
//!
//! BigQuery keeps the value of a numeric, not how many digits PostgreSQL shows, and it does not round a quotient before it goes on. So a result column
//! of this kind leaves as text: its operands with their digits, and what is to be done with them, in postfix order (`73588.40 78 /`). The decoder computes
//! the last steps as numeric.c does.

use std::borrow::Cow;
use std::cell::RefCell;

use super::digits_averages::{averages_as_quotients, sum_and_count};
use super::expr::same;
use super::own_digits::Own;
use super::text::Level;
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::sql::bind::operators::resolve_operator;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The schema of the calls that are made here.
pub(super) const SCHEMA: &str = "sluice_digits";
/// Aggregates that pick the text that goes with the greatest or the least value of a group.
pub(super) const GREATEST_OF: &str = "greatest_of";
pub(super) const LEAST_OF: &str = "least_of";
/// BIGNUMERIC's digits behind the point.
pub(super) const MOST: u16 = 38;

/// Rewrites the result columns whose digits are computed by the decoder; `drops_numbers`: some query drops duplicates among numerics of unknown digits.
///
/// # Errors
/// On a trial, what [`check`] says, where the digits of a column cannot be had in any way.
pub(super) fn prepare<'b>(
    bound: Cow<'b, Bound>,
    own: &Own,
    parameters: &[Literal],
    (pass, drops_numbers): (Pass, bool),
) -> Result<Cow<'b, Bound>> {
    if !bound.query.columns.iter().any(is_open) || is_open_only_by_own(&bound.query, own) {
        return Ok(bound);
    }
    if drops_numbers {
        let mut prepared = bound.clone().into_owned();
        if super::deduplicated::rewrite(&mut prepared.query) && rewrite(&mut prepared, parameters, own, pass) {
            return Ok(Cow::Owned(prepared));
        }
    } else if pass == Pass::Trial && is_hopeless(&bound.query, parameters, own) {
        check(&bound, own)?;
    }
    if matches!(bound.query.body, SetExpr::Select(_)) {
        let mut prepared = bound.into_owned();
        rewrite(&mut prepared, parameters, own, pass);
        return Ok(Cow::Owned(prepared));
    }
    let mut prepared = bound.clone().into_owned();
    Ok(if rewrite(&mut prepared, parameters, own, pass) { Cow::Owned(prepared) } else { bound })
}

/// Tells whether the digits of some column cannot be had, whatever is added to the subqueries.
fn is_hopeless(query: &Query, parameters: &[Literal], own: &Own) -> bool {
    let SetExpr::Select(select) = &query.body else { return false };
    let maker = Maker::new(parameters, own, false);
    select.projection.iter().enumerate().any(|(i, item)| {
        if item.ty != Type::NUMERIC || select.distinct == Distinct::All || unknown(query, i, own).is_none() {
            return false;
        }
        maker.wanted.borrow_mut().clear();
        let made = as_key(&select.group_by, item).and_then(|is_key| maker.column(item, is_key));
        made.is_none() && maker.wanted.borrow().is_empty()
    })
}

/// Whether a column is one of the keys that the rows are grouped by; `None` where its digits differ from row to row of a group.
fn as_key(group_by: &GroupBy, item: &Expr) -> Option<bool> {
    let is_key = super::hidden::is_key(group_by, item);
    let in_sets = matches!(group_by, GroupBy::Sets { exprs, .. } if exprs.iter().any(|key| same(key, item)));
    (is_key || (!in_sets && (*group_by == GroupBy::None || !has_bare_column(item)))).then_some(is_key)
}

/// Rewrites what can be; tells whether that is all.
fn rewrite(prepared: &mut Bound, parameters: &[Literal], own: &Own, pass: Pass) -> bool {
    if matches!(prepared.query.body, SetExpr::Set { .. }) {
        let last = super::hidden::last_relation(&prepared.query);
        super::hidden::wrap(&mut prepared.query, RelationId(last.0 + 1));
    }
    let mut maker = Maker::new(parameters, own, pass == Pass::Rounded);
    let SetExpr::Select(select) = &prepared.query.body else { return false };
    if select.distinct == Distinct::All {
        return false;
    }
    let group_by = select.group_by.clone();
    let mut all = true;
    for i in 0..select.projection.len() {
        let SetExpr::Select(select) = &prepared.query.body else { return false };
        if !prepared.query.columns.get(i).is_some_and(is_open) || own.is_own(&select.projection[i]) {
            continue;
        }
        let item = &select.projection[i].clone();
        if item.ty.is_array() {
            if !super::digits_arrays::shows_its_own(item, own) {
                all &= super::digits_arrays::rewrite(&mut prepared.query, &mut maker, i, &group_by);
            }
            continue;
        }
        if item.ty != Type::NUMERIC {
            continue;
        }
        let column = as_key(&group_by, item)
            .and_then(|is_key| super::hidden::retried(&mut prepared.query, &mut maker, |maker| maker.column(item, is_key)));
        all &= column.is_some();
        if let (Some(column), SetExpr::Select(select)) = (column, &mut prepared.query.body) {
            select.projection[i] = column;
        }
        if !all && pass == Pass::Trial && unknown(&prepared.query, i, own).is_some() {
            break;
        }
    }
    all
}

/// The postfix text of a numeric within JSON, where all that is needed stands there.
pub(super) fn text_of_numeric(expr: &Expr, own: &Own, rounded: bool) -> Option<Expr> {
    Maker::new(&[], own, rounded).text(expr)
}

/// Tells whether every result column of unknown digits shows those that its values have.
fn is_open_only_by_own(query: &Query, own: &Own) -> bool {
    (0..query.columns.len()).filter(|i| is_open(&query.columns[*i])).all(|i| {
        let mut exprs = Vec::new();
        super::quotients::columns(query, i, &mut exprs);
        exprs.into_iter().all(|expr| own.is_own(expr) || super::digits_arrays::shows_its_own(expr, own))
    })
}

/// Refuses result columns whose digits could not be had.
///
/// # Errors
/// 0A000.
pub(super) fn check(bound: &Bound, own: &Own) -> Result<()> {
    let unknown = (0..bound.query.columns.len()).find_map(|i| unknown(&bound.query, i, own));
    match unknown {
        Some(position) => Err(refuse(
            "a numeric whose digits differ from row to row, here",
            position,
            "Say how many digits count: round(x, 2), or a cast to numeric(12,2).",
        )),
        None => Ok(()),
    }
}

/// Where the digits of a result column are not to be had, if they are not.
fn unknown(query: &Query, i: usize, own: &Own) -> Option<Option<u32>> {
    if !query.columns.get(i).is_some_and(is_open) {
        return None;
    }
    let mut exprs = Vec::new();
    super::quotients::columns(query, i, &mut exprs);
    // The sides of a set operation need the same digits.
    let fixed = |expr: &Expr| exprs.len() == 1 && matches!(expr.scale, NumericScale::Fixed(_));
    let is_own = |expr: &Expr| own.is_own(expr) || super::digits_arrays::shows_its_own(expr, own);
    exprs.iter().find(|expr| !is_rewritten(expr) && !is_own(expr) && !fixed(expr)).map(|expr| expr.position)
}

/// Tells whether the digits of a column differ from row to row.
pub(super) fn is_open(column: &RelationColumn) -> bool {
    matches!(column.ty, Type::NUMERIC | Type::NUMERIC_ARRAY) && !matches!(column.scale, NumericScale::Fixed(_))
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
    /// Prints an aggregate that was made here; `None` for others.
    pub fn digits_aggregate(&mut self, function: &Signature, args: &[Expr], condition: Option<&Text>) -> Result<Option<Text>> {
        let ([text, value], true) = (args, function.schema == SCHEMA) else { return Ok(None) };
        let (text, value) = (self.expr(text)?, self.expr(value)?);
        let kept = |text: Text| condition.map_or(text.clone(), |condition| Text::atom(format!("IF({condition}, {text}, NULL)")));
        let word = if function.name == LEAST_OF { "MIN" } else { "MAX" };
        Ok(Some(Text::atom(format!("ANY_VALUE({} HAVING {word} {})", kept(text), kept(value)))))
    }

    /// Prints a call that was made here; `None` for others.
    pub fn digits(&mut self, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        if function.schema != SCHEMA {
            return Ok(None);
        }
        Ok(Some(match (function.name.as_str(), args) {
            ("numbers", [texts]) => self.expr(texts)?,
            ("shown", [value, scale]) => {
                let (value, scale) = (self.expr(value)?, self.expr(scale)?);
                Text::atom(format!("NULLIF(FORMAT('%.*f', {scale}, {value}), 'NULL')"))
            }
            ("own", [value]) => self.expr(value)?.cast("STRING"),
            ("own_scale", [value]) => {
                Text::atom(format!("COALESCE(LENGTH(REGEXP_EXTRACT({}, r'[.](.*)')), 0)", self.expr(value)?.cast("STRING")))
            }
            // `1.5e3` has none behind the point, `1.5e-3` has four (numeric_in).
            ("text_scale", [value]) => {
                let text = self.expr(value)?;
                Text::atom(format!(
                    "GREATEST(COALESCE(LENGTH(REGEXP_EXTRACT({text}, r'[.]([0-9]*)')), 0) - COALESCE(CAST(REGEXP_EXTRACT({text}, r'[eE]([+-]?[0-9]+)') AS INT64), 0), 0)"
                ))
            }
            ("places", [places]) => Text::atom(format!("GREATEST(LEAST({}, 2000), 0)", self.expr(places)?)),
            ("more", [one, other]) => Text::infix(&self.expr(one)?, "+", &self.expr(other)?, Level::Add),
            ("rounded", [value, scale]) => Text::call("ROUND", &[self.expr(value)?, self.expr(scale)?]),
            ("quotient_scale", [left, left_scale, right, right_scale]) => self.quotient_scale([left, left_scale, right, right_scale])?,
            ("longer", [one, other]) => Text::call("GREATEST", &[self.expr(one)?, self.expr(other)?]),
            ("wide", [value]) => self.wide(value)?,
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
    pub parameters: &'p [Literal],
    pub own: &'p Own,
    /// Columns that were added to subqueries: where they stand.
    pub hidden: IdMap<Wanted, usize>,
    /// What was missing at the last trial.
    pub wanted: RefCell<Vec<Wanted>>,
    /// What cannot be had.
    pub failed: IdSet<Wanted>,
    /// Every quotient of the tree is rounded as in PostgreSQL (`digits_quotients`), so that it can be summed up.
    pub rounded: bool,
}

impl<'p> Maker<'p> {
    pub fn new(parameters: &'p [Literal], own: &'p Own, rounded: bool) -> Maker<'p> {
        Maker { parameters, own, hidden: IdMap::default(), wanted: RefCell::default(), failed: IdSet::default(), rounded }
    }
}

impl Maker<'_> {
    /// Returns the column that was added to a subquery, or says that it is missing.
    pub fn hidden(&self, wanted: Wanted, position: Option<u32>) -> Option<Expr> {
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
            _ if self.own.is_own(expr) => self.leaf(expr, out),
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
                ("rounded", [quotient, _]) if function.schema == SCHEMA && matches!(quotient.kind, ExprKind::Operator { .. }) => {
                    self.postfix(quotient, out)
                }
                ("abs", [operand]) if operand.ty == Type::NUMERIC => {
                    self.postfix(operand, out)?;
                    push(" abs", out);
                    Some(())
                }
                ("mod", [left, right]) if left.ty == Type::NUMERIC && right.ty == Type::NUMERIC => {
                    self.postfix(left, out)?;
                    push(" ", out);
                    self.postfix(right, out)?;
                    push(" %", out);
                    Some(())
                }
                (name @ ("sqrt" | "ln" | "exp"), [operand]) if operand.ty == Type::NUMERIC => self.function(name, &[operand], expr, out),
                ("log" | "log10", [operand]) if operand.ty == Type::NUMERIC => {
                    push("10 ", out);
                    self.function("log", &[operand], expr, out)
                }
                ("log", [base, operand]) if base.ty == Type::NUMERIC => self.function("log", &[base, operand], expr, out),
                ("power" | "pow", [base, exponent]) if base.ty == Type::NUMERIC => self.function("power", &[base, exponent], expr, out),
                _ => self.leaf(expr, out),
            },
            ExprKind::Aggregate(call) if matches!(call.function.name.as_str(), "min" | "max") => {
                let [argument] = call.args.as_slice() else { return None };
                let name = if call.function.name == "min" { LEAST_OF } else { GREATEST_OF };
                let args = vec![self.text(argument)?, argument.clone()];
                let picked = Aggregate { function: signature(name, &args, Type::TEXT), args, distinct: false, ..(**call).clone() };
                out.push(text_of(ExprKind::Aggregate(Box::new(picked)), expr));
                Some(())
            }
            ExprKind::Window(call) if super::digits_windows::is_extreme_of_partition(call) => {
                out.push(self.of_the_extreme(call, expr)?);
                Some(())
            }
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
        // What it is computed of has to be what PostgreSQL computes it of.
        if args.iter().any(|arg| super::quotients::is_inexact(arg, self.rounded)) {
            return None;
        }
        for arg in args {
            self.postfix(arg, out)?;
            push(" ", out);
        }
        out.push(call("shown", vec![expr.clone(), integer(MOST.into())], Type::TEXT, expr.position));
        push(&format!(" {name}"), out);
        Some(())
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
    pub fn leaf(&self, expr: &Expr, out: &mut Vec<Expr>) -> Option<()> {
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
        if self.own.is_own(expr) {
            out.push(call("own", vec![expr.clone()], Type::TEXT, expr.position));
            return Some(());
        }
        let scale = self.scale(expr)?;
        out.push(call("shown", vec![expr.clone(), scale], Type::TEXT, expr.position));
        Some(())
    }
}

/// Tells whether an item is the greatest or least of its fellows: of equal ones the first is shown.
pub(super) fn equal(item: &Expr, picked: &Expr) -> Option<Expr> {
    let operator = resolve_operator("=", Some(Type::NUMERIC), Type::NUMERIC, None).ok()?;
    Some(Expr::new(ExprKind::Operator { operator, args: vec![item.clone(), picked.clone()] }, Type::BOOL, picked.position))
}

pub(super) fn call(name: &str, args: Vec<Expr>, ty: Type, position: Option<u32>) -> Expr {
    let function = signature(name, &args, ty);
    Expr::new(ExprKind::Call { function, args }, ty, position)
}

pub(super) fn signature(name: &str, args: &[Expr], ty: Type) -> Arc<Signature> {
    Arc::new(Signature {
        oid: 0,
        schema: SCHEMA,
        name: name.into(),
        arguments: args.iter().map(|arg| arg.ty).collect(),
        variadic: None,
        returns: ty,
        returns_set: false,
        volatility: 'i',
        strict: true,
    })
}

pub(super) fn text_of(kind: ExprKind, like: &Expr) -> Expr {
    Expr::new(kind, Type::TEXT, like.position)
}

pub(super) fn integer(value: i64) -> Expr {
    Expr::literal(Literal::Int(value), Type::INT8, None)
}

/// Appends constant text, to the constant before it if there is one.
pub(super) fn push(text: &str, out: &mut Vec<Expr>) {
    if let Some(Expr { kind: ExprKind::Literal(Literal::Text(known)), ty: Type::TEXT, .. }) = out.last_mut() {
        known.push_str(text);
        return;
    }
    out.push(Expr::literal(Literal::Text(text.to_owned()), Type::TEXT, None));
}
