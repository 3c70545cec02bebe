//! Rows as jsonb with some members left out or added: `to_jsonb(t) - 'secret' || jsonb_build_object('x', 1)` is built without the first and with the
//! second, for BigQuery's JSON does not keep the digits of numerics that would have to pass through it.

use super::*;
use crate::sql::walk::{self, VisitorMut};
use crate::types::Type;
use crate::types::literal::Literal;

/// Names and values.
type Members = Vec<(Expr, Expr)>;

/// Rewrites such expressions; `None` where there are none.
pub(super) fn rewritten(query: &Query) -> Option<Query> {
    let mut out = query.clone();
    let mut visitor = Built { found: false };
    walk::walk_query_mut(&mut out, &mut visitor);
    visitor.found.then_some(out)
}

/// Tells whether an expression changes an object's members.
pub(super) fn is_change(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Operator { operator, args } => match operator.name.as_str() {
            "-" | "||" => expr.ty == Type::JSONB,
            "->" | "->>" => matches!(args.first(), Some(Expr { kind: ExprKind::Call { .. } | ExprKind::Operator { .. }, .. })),
            _ => false,
        },
        _ => false,
    }
}

/// What `->` and `->>` take out of an object that is built beside them, where nothing else in it could fail: the member itself.
fn picked(expr: &Expr) -> Option<ExprKind> {
    let ExprKind::Operator { operator, args } = &expr.kind else { return None };
    let (text, [object, key]) = (operator.name == "->>", args.as_slice()) else { return None };
    if !text && operator.name != "->" {
        return None;
    }
    let key = literals::constant_text(key)?;
    let all = members(object, &mut None)?;
    let safe = |value: &Expr| matches!(value.kind, ExprKind::Column { .. } | ExprKind::Literal(_));
    let value = match all.iter().partition::<Vec<_>, _>(|(name, _)| literals::constant_text(name) == Some(key)) {
        (found, others) if others.iter().all(|(_, value)| safe(value)) => match found.first() {
            Some((_, value)) => value.clone(),
            None => return Some(ExprKind::Literal(Literal::Null)),
        },
        _ => return None,
    };
    if value.ty == Type::RECORD || value.is_null_literal() {
        return None;
    }
    if text && value.ty == Type::NUMERIC {
        return Some(ExprKind::Cast { expr: Box::new(value), explicit: true, method: CastMethod::InOut });
    }
    let json = match (value.ty, object.ty) {
        (Type::JSONB, Type::JSONB) | (Type::JSON, Type::JSON) => value,
        (Type::JSON, _) | (Type::JSONB, _) => return None,
        (_, ty) => {
            // The text of a member is the same in both.
            let ty = if text { Type::JSONB } else { ty };
            let name = if ty == Type::JSON { "to_json" } else { "to_jsonb" };
            let arguments = vec![value.ty];
            let function =
                Signature { name: name.into(), returns: ty, arguments, variadic: None, schema: "pg_catalog", ..(**operator).clone() };
            Expr::new(ExprKind::Call { function: Arc::new(function), args: vec![value] }, ty, expr.position)
        }
    };
    if !text {
        // A member that is NULL is the JSON value null.
        let null = Expr::literal(Literal::Json("null".into()), json.ty, expr.position);
        return Some(ExprKind::Coalesce(vec![json, null]));
    }
    let operator = Arc::new(Signature { name: "#>>".into(), arguments: vec![json.ty, Type::TEXT_ARRAY], ..(**operator).clone() });
    let root = Expr::literal(Literal::Array(Vec::new()), Type::TEXT_ARRAY, expr.position);
    Some(ExprKind::Operator { operator, args: vec![json, root] })
}

struct Built {
    found: bool,
}

impl VisitorMut for Built {
    fn expr(&mut self, expr: &mut Expr) {
        if !is_change(expr) {
            return;
        }
        if let Some(kind) = picked(expr) {
            expr.kind = kind;
            self.found = true;
            return;
        }
        let mut row = None;
        let Some(members) = members(expr, &mut row) else { return };
        let Some((to_jsonb, row_json)) = row else { return };
        let args: Vec<Expr> = members.into_iter().flat_map(|(name, value)| [name, value]).collect();
        let function = Arc::new(Signature { arguments: args.iter().map(|arg| arg.ty).collect(), ..(*row_json).clone() });
        let object = Expr::new(ExprKind::Call { function, args }, Type::RECORD, expr.position);
        expr.kind = ExprKind::Call { function: to_jsonb, args: vec![object] };
        self.found = true;
    }
}

/// The members that an expression builds an object of; `row` becomes the functions that made one of a row.
fn members(expr: &Expr, row: &mut Option<(Arc<Signature>, Arc<Signature>)>) -> Option<Members> {
    match &expr.kind {
        ExprKind::Call { function, args } if matches!(function.name.as_str(), "to_jsonb" | "to_json" | "row_to_json") => {
            let [Expr { kind: ExprKind::Call { function: object, args }, .. }] = args.as_slice() else { return None };
            if object.name != "row_json" {
                return None;
            }
            *row = Some((function.clone(), object.clone()));
            pairs(args)
        }
        ExprKind::Call { function, args } if matches!(function.name.as_str(), "jsonb_build_object" | "json_build_object") => pairs(args),
        ExprKind::Operator { operator, args } => match (operator.name.as_str(), args.as_slice()) {
            ("-", [object, names]) => {
                let mut kept = members(object, row)?;
                let left_out = match literals::constant_text(names) {
                    Some(name) => vec![name.to_owned()],
                    None => super::functions_json::constant_texts(names)?,
                };
                kept.retain(|(name, _)| !literals::constant_text(name).is_some_and(|name| left_out.iter().any(|out| out == name)));
                Some(kept)
            }
            ("||", [left, right]) => {
                let (mut kept, added) = (members(left, row)?, members(right, row)?);
                kept.retain(|(name, _)| !added.iter().any(|(other, _)| literals::constant_text(other) == literals::constant_text(name)));
                kept.extend(added);
                Some(kept)
            }
            _ => None,
        },
        _ => None,
    }
}

impl Emitter {
    /// The names of an object that is built here and its members as texts, in jsonb's order or in their own: what `jsonb_each_text` makes rows of. `None`
    /// where BigQuery's JSON can hold the object, or where it is not built here.
    pub fn members_as_text(&mut self, object: &Expr) -> Result<Option<Vec<(String, Text)>>> {
        if self.tried(object).is_ok() {
            return Ok(None);
        }
        let Some(members) = members(object, &mut None) else { return Ok(None) };
        let mut texts = Vec::new();
        for (name, value) in members {
            let Some(name) = literals::constant_text(&name) else { return Ok(None) };
            let text = match value.ty {
                _ if value.is_null_literal() => Text::atom("CAST(NULL AS STRING)"),
                Type::NUMERIC | Type::BOOL | Type::DATE | Type::UUID => self.display(&value)?,
                ty if ty.is_integer() || ty.is_string() => self.display(&value)?,
                Type::TIMESTAMP | Type::TIMESTAMPTZ => self.json_value(&value)?,
                Type::JSON | Type::JSONB => {
                    let json = self.expr(&value)?;
                    self.json_plain_text(&json)
                }
                _ => {
                    let json = Text::call("TO_JSON", &[self.json_value(&value)?]);
                    let text = self.json_plain_text(&json);
                    Text::atom(format!("IF({} IS NULL, NULL, {text})", self.expr(&value)?.operand()))
                }
            };
            texts.push((name.to_owned(), text));
        }
        if object.ty == Type::JSONB {
            texts.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
        }
        Ok(Some(texts))
    }
}

/// Names, which have to be constants that differ, and values by turns.
fn pairs(args: &[Expr]) -> Option<Members> {
    let mut members: Members = Vec::new();
    for pair in args.chunks(2) {
        let [name, value] = pair else { return None };
        let text = literals::constant_text(name)?;
        if members.iter().any(|(other, _)| literals::constant_text(other) == Some(text)) {
            return None;
        }
        members.push((name.clone(), value.clone()));
    }
    Some(members)
}
