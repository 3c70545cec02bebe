//! Text that is made of values within a query follows PostgreSQL's default styles, whatever the session's DateStyle, IntervalStyle,
//! extra_float_digits and bytea_output say of output. Where a setting would make a difference the query is refused.

use super::emit::Dialect;
use super::tree::{Bound, Expr, ExprKind, Relation};
use super::walk;
use crate::error::{Report, Result};
use crate::query::SessionInputs;
use crate::types::input::Order;
use crate::types::literal::Literal;
use crate::types::{Type, range};

/// A setting that differs from its default, and whose output it changes.
struct Changed {
    setting: &'static str,
    types: &'static [Type],
}

/// Functions from dates, floats and bytes to text that no style changes.
const PLAIN: [&str; 12] = [
    "to_char",
    "date_part",
    "extract",
    "date_trunc",
    "encode",
    "md5",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "convert_from",
    "jsonb_typeof",
];

/// Refuses a query whose answer depends on a style that it would not follow.
///
/// # Errors
/// 0A000, naming the setting.
pub fn check(bound: &Bound, dialect: Dialect, session: &SessionInputs) -> Result<()> {
    check_order(bound, dialect, session)?;
    let changed = changed(session);
    if changed.is_empty() {
        return Ok(());
    }
    if let (Some(column), Some(setting)) = (bound.columns.iter().find(|column| column.ty == Type::RECORD), changed.first()) {
        return Err(refused(setting.setting, column.ty));
    }
    let standard = reads_by_standard(session);
    let mut failed = None;
    walk::each_expr(&bound.query, |expr| {
        if failed.is_none() {
            failed = judge(expr, &changed, standard).map(|report| report.at(expr.position));
        }
    });
    failed.map_or(Ok(()), Err)
}

/// Refuses dates that are read out of text while the query runs, where the session's order is not MDY, which is all that GoogleSQL can say. The
/// embedded engine is told the order.
fn check_order(bound: &Bound, dialect: Dialect, session: &SessionInputs) -> Result<()> {
    if dialect == Dialect::DataFusion || order(session) == Order::Mdy {
        return Ok(());
    }
    match reads_dates(bound) {
        None => Ok(()),
        Some(position) => Err(Report::unsupported("a date that is read out of text, in an order of DateStyle other than MDY")
            .at(position)
            .hint("Use to_date() with a template, or SET datestyle = MDY.")),
    }
}

/// Returns the order of DateStyle.
pub fn order(session: &SessionInputs) -> Order {
    session.setting("datestyle").map_or(Order::Mdy, Order::of)
}

/// Tells whether a query reads dates out of text while it runs, and where.
pub fn reads_dates(bound: &Bound) -> Option<Option<u32>> {
    let mut found = None;
    walk::each_expr(&bound.query, |expr| {
        if let ExprKind::Cast { expr: inner, .. } = &expr.kind
            && is_read(inner.ty, expr.ty)
        {
            found.get_or_insert(expr.position);
        }
    });
    walk::each_relation(&bound.query, |relation| {
        if let Relation::Function { columns, calls, .. } = relation
            && columns.iter().any(|column| is_read(Type::TEXT, column.ty))
            && calls.iter().any(|call| matches!(&call.kind, ExprKind::Call { function, .. } if function.name.starts_with("json")))
        {
            found.get_or_insert(calls.first().and_then(|call| call.position));
        }
    });
    found
}

/// Tells whether a cast reads a date out of text.
pub fn is_read(from: Type, to: Type) -> bool {
    let target = to.element().unwrap_or(to);
    let target = range::subtype(target).unwrap_or(target);
    matches!(target, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ) && from.element().unwrap_or(from).is_string()
}

/// Refuses interval parameters that IntervalStyle sql_standard reads otherwise.
///
/// # Errors
/// 0A000.
pub fn check_parameters(parameters: &[Literal], session: &SessionInputs) -> Result<()> {
    let standard = reads_by_standard(session);
    match parameters.iter().find(|literal| standard && is_mixed(literal)) {
        Some(_) => Err(refused("intervalstyle", Type::INTERVAL)),
        None => Ok(()),
    }
}

/// Tells whether a minus sign at the beginning of an interval may hold for all of its fields.
fn reads_by_standard(session: &SessionInputs) -> bool {
    session.setting("intervalstyle") == Some("sql_standard")
}

fn changed(session: &SessionInputs) -> Vec<Changed> {
    let mut changed = Vec::new();
    let mut add = |setting: &'static str, is_default: fn(&str) -> bool, types: &'static [Type]| {
        if session.setting(setting).is_some_and(|value| !is_default(value)) {
            changed.push(Changed { setting, types });
        }
    };
    add("datestyle", |value| value.starts_with("ISO"), &[Type::DATE, Type::TIMESTAMP, Type::TIMESTAMPTZ]);
    add("intervalstyle", |value| value == "postgres", &[Type::INTERVAL]);
    add("extra_float_digits", |value| value.parse().is_ok_and(|digits: i32| digits > 0), &[Type::FLOAT4, Type::FLOAT8]);
    add("bytea_output", |value| value == "hex", &[Type::BYTEA]);
    changed
}

impl Changed {
    fn touches(&self, ty: Type) -> bool {
        let ty = ty.element().unwrap_or(ty);
        ty == Type::RECORD || self.types.contains(&range::subtype(ty).unwrap_or(ty))
    }
}

/// A value whose fields have different signs: as text it may be one that begins with a minus sign, which sql_standard lets hold for all fields.
fn is_mixed(literal: &Literal) -> bool {
    let Literal::Interval { months, days, micros } = literal else { return false };
    let negative = *months < 0 || *days < 0 || *micros < 0;
    negative && (*months > 0 || *days > 0 || *micros > 0)
}

fn judge(expr: &Expr, changed: &[Changed], standard: bool) -> Option<Report> {
    let target = expr.ty.element().unwrap_or(expr.ty);
    if target == Type::INTERVAL {
        let misread = match &expr.kind {
            ExprKind::Literal(literal) => is_mixed(literal),
            ExprKind::Cast { expr: inner, .. } => inner.ty.is_string(),
            _ => false,
        };
        return (misread && standard).then(|| refused("intervalstyle", Type::INTERVAL));
    }
    let json = matches!(target, Type::JSON | Type::JSONB);
    if !json && !target.is_string() {
        return None;
    }
    let args: Vec<&Expr> = match &expr.kind {
        ExprKind::Cast { expr, .. } => vec![expr],
        ExprKind::Call { function, args } if !PLAIN.contains(&function.name.as_str()) => args.iter().collect(),
        ExprKind::Operator { args, .. } => args.iter().collect(),
        ExprKind::Aggregate(aggregate) => aggregate.args.iter().collect(),
        ExprKind::Window(window) => window.args.iter().collect(),
        _ => return None,
    };
    for arg in args {
        let dates = arg.ty.element().unwrap_or(arg.ty);
        let iso_in_json = json && matches!(dates, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ);
        if let Some(setting) = changed.iter().find(|changed| changed.touches(arg.ty) && !iso_in_json) {
            return Some(refused(setting.setting, arg.ty));
        }
    }
    None
}

fn refused(setting: &str, ty: Type) -> Report {
    Report::unsupported(format!("text made of {ty} within a query while {setting} differs from its default"))
        .hint(format!("RESET {setting}, or leave the value as it is: results follow the setting."))
}
