//! Functions with a syntax of their own: EXTRACT, TRIM, SUBSTRING, POSITION, OVERLAY, AT TIME ZONE, IS NORMALIZED.

use sqlparser::ast::{self, CeilFloorKind, DateTimeField, Expr as AstExpr, TrimWhereField};

use super::Binder;
use super::coerce::Context;
use super::expr::is_not_found;
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind};
use crate::types::Type;
use crate::types::literal::Literal;

const CATALOG: Option<&str> = Some("pg_catalog");

impl Binder<'_> {
    /// Binds one of these as the call that gram.y makes of it.
    pub fn special(&mut self, expr: &AstExpr, position: Option<u32>) -> Result<Expr> {
        match expr {
            AstExpr::Extract { field, expr, .. } => {
                let name = field_name(field);
                let value = self.expr(expr)?;
                if name == "julian" && matches!(value.ty, Type::TIMESTAMP | Type::TIMESTAMPTZ) {
                    return self.julian(value, position);
                }
                let field = Expr::literal(Literal::Text(name), Type::UNKNOWN, position);
                self.call(CATALOG, "extract", vec![field, value], position)
            }
            AstExpr::AtTimeZone { timestamp, time_zone } => {
                let value = self.expr(timestamp)?;
                let zone = self.expr(time_zone)?;
                // It begins with its operand, and is called at AT.
                self.call(CATALOG, "timezone", vec![zone, value], position).map_err(|report| match self.start(time_zone) {
                    Some(zone) if is_not_found(&report) => Report { position: self.places.word_before(zone, "at"), ..report },
                    _ => report,
                })
            }
            AstExpr::Position { expr, r#in } => {
                let what = self.expr(expr)?;
                let within = self.expr(r#in)?;
                self.call(CATALOG, "position", vec![within, what], position)
            }
            AstExpr::Substring { expr, substring_from, substring_for, shorthand, special } => {
                let mut args = vec![self.expr(expr)?];
                match (substring_from, substring_for) {
                    (Some(from), length) => {
                        args.push(self.expr(from)?);
                        if let Some(length) = length {
                            args.push(self.expr(length)?);
                        }
                    }
                    (None, Some(length)) => {
                        args.push(Expr::literal(Literal::Int(1), Type::INT4, position));
                        let length = self.expr(length)?;
                        args.push(self.coercer().coerce(length, Type::INT4, -1, Context::Explicit)?);
                    }
                    (None, None) => {}
                }
                // With commas it is a call like any other.
                let schema = CATALOG.filter(|_| !shorthand && !special);
                let name = if *shorthand { "substr" } else { "substring" };
                self.call(schema, name, args, position)
            }
            AstExpr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    _ => "btrim",
                };
                let mut args = vec![self.expr(expr)?];
                for characters in trim_what.iter().map(|what| what.as_ref()).chain(trim_characters.iter().flatten()) {
                    args.push(self.expr(characters)?);
                }
                self.call(CATALOG, name, args, position)
            }
            AstExpr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut args = vec![self.expr(expr)?, self.expr(overlay_what)?, self.expr(overlay_from)?];
                if let Some(length) = overlay_for {
                    args.push(self.expr(length)?);
                }
                self.call(CATALOG, "overlay", args, position)
            }
            AstExpr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                let value = self.expr(expr)?;
                self.call(None, "ceil", vec![value], position)
            }
            AstExpr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                let value = self.expr(expr)?;
                self.call(None, "floor", vec![value], position)
            }
            AstExpr::IsNormalized { expr, form, negated } => {
                let position = self.operator_position(expr);
                let mut args = vec![self.expr(expr)?];
                if let Some(form) = form {
                    args.push(Expr::literal(Literal::Text(form.to_string()), Type::UNKNOWN, position));
                }
                let found = self.call(CATALOG, "is_normalized", args, position)?;
                Ok(if *negated { self.make(ExprKind::Not(Box::new(found)), Type::BOOL, -1, position) } else { found })
            }
            _ => Err(Report::unsupported("this form of expression").at(position)),
        }
    }

    /// The Julian day of a moment: its date's, and the part of the day as a quotient, whose digits are a quotient's (`timestamp_part_common`).
    fn julian(&mut self, value: Expr, position: Option<u32>) -> Result<Expr> {
        let text = |text: &str| Expr::literal(Literal::Text(text.into()), Type::TEXT, position);
        let int = |value: i64| Expr::literal(Literal::Int(value), Type::INT8, position);
        let explicit = |binder: &Self, expr: Expr, ty: Type| binder.coercer().coerce(expr, ty, -1, Context::Explicit);
        let day = explicit(self, self.copy(&value)?, Type::DATE)?;
        let day = self.call(CATALOG, "extract", vec![text("julian"), day], position)?;
        let clock = explicit(self, value, Type::TIME)?;
        let micros = self.call(CATALOG, "extract", vec![text("microseconds"), clock.clone()], position)?;
        let minutes = self.call(CATALOG, "extract", vec![text("minute"), clock.clone()], position)?;
        let hours = self.call(CATALOG, "extract", vec![text("hour"), clock], position)?;
        let minutes = self.operator("*", Some(minutes), int(60_000_000), position)?;
        let hours = self.operator("*", Some(hours), int(3_600_000_000), position)?;
        let sum = self.operator("+", Some(hours), minutes, position)?;
        let sum = self.operator("+", Some(sum), micros, position)?;
        let share = self.operator("/", Some(sum), int(86_400_000_000), position)?;
        self.operator("+", Some(day), share, position)
    }
}

/// The field as EXTRACT's first argument.
fn field_name(field: &DateTimeField) -> String {
    match field {
        DateTimeField::Custom(ast::Ident { value, .. }) => value.to_lowercase(),
        field => field.to_string().to_lowercase(),
    }
}
