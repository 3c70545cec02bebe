//! Values as text, exactly as PostgreSQL prints them.

use super::grouping::{collect_aggregates, contains_here};
use super::select::for_operands;
use super::*;
use crate::types::{NumericScale, Type};

/// The text of numerics whose digits differ from branch to branch: each branch as its own text.
fn by_branch(expr: &Expr) -> Option<Expr> {
    if expr.ty != Type::NUMERIC || expr.scale != NumericScale::Any {
        return None;
    }
    let text = |branch: &Expr| {
        let kind = ExprKind::Cast { expr: Box::new(branch.clone()), explicit: true, method: CastMethod::InOut };
        Expr::new(kind, Type::TEXT, branch.position)
    };
    let kind = match &expr.kind {
        ExprKind::Case { whens, otherwise } => ExprKind::Case {
            whens: whens.iter().map(|(condition, result)| (condition.clone(), text(result))).collect(),
            otherwise: otherwise.as_ref().map(|otherwise| Box::new(text(otherwise))),
        },
        ExprKind::Coalesce(items) => ExprKind::Coalesce(items.iter().map(text).collect()),
        _ => return None,
    };
    Some(Expr::new(kind, Type::TEXT, expr.position))
}

impl Emitter {
    /// The text of a numeric whose digits differ from row to row, where they can be told.
    fn shown(&self, expr: &Expr) -> Option<Expr> {
        let open = expr.ty == Type::NUMERIC && !matches!(expr.scale, NumericScale::Fixed(_));
        if !open || self.own.is_own(expr) || literals::is_constant(expr) || expr.is_null_literal() {
            return None;
        }
        let scale = super::digits::Maker::new(&[], &self.own, self.rounded).scale(expr)?;
        Some(super::digits::call("shown", vec![expr.clone(), scale], Type::TEXT, expr.position))
    }

    /// Collects the aggregates that tell the digits of numerics which become text or JSON.
    pub fn collect_digits(&self, expr: &Expr, calls: &mut Vec<Expr>) {
        if matches!(expr.kind, ExprKind::Aggregate(_)) {
            return;
        }
        let json = matches!(expr.ty, Type::JSON | Type::JSONB | Type::RECORD);
        for_operands(expr, &mut |operand| {
            let open = operand.ty == Type::NUMERIC && !matches!(operand.scale, NumericScale::Fixed(_)) && !self.own.is_own(operand);
            if open && (json || expr.ty.is_string()) && contains_here(operand, &|part| matches!(part.kind, ExprKind::Aggregate(_))) {
                let made = if json { super::digits::text_of_numeric(operand, &self.own, self.rounded) } else { self.shown(operand) };
                made.iter().for_each(|made| collect_aggregates(made, calls));
            }
            self.collect_digits(operand, calls);
        });
    }

    /// Prints an expression as its PostgreSQL text; NULL stays NULL.
    pub fn display(&mut self, expr: &Expr) -> Result<Text> {
        if let (ExprKind::Row(fields, _), None) = (&expr.kind, self.computed(expr)) {
            return self.record_text(expr, fields);
        }
        if let Some(branches) = by_branch(expr) {
            return self.expr(&branches);
        }
        if let Some(shown) = self.shown(expr) {
            return self.expr(&shown);
        }
        let text = self.expr(expr)?;
        if expr.is_null_literal() {
            return Ok(Text::atom("CAST(NULL AS STRING)"));
        }
        let ty = expr.ty;
        Ok(match ty {
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN | Type::UUID => text,
            Type::BOOL => text.cast("STRING"),
            ty if ty.is_integer() || ty == Type::OID => text.cast("STRING"),
            Type::NUMERIC => match expr.scale {
                // FORMAT of NULL is the word NULL.
                NumericScale::Fixed(digits) => Text::atom(format!("NULLIF(FORMAT('%.{digits}f', {text}), 'NULL')")),
                NumericScale::Any if !self.own.is_own(expr) && !literals::is_constant(expr) => {
                    return Err(refuse(
                        "a numeric whose digits differ from row to row, as text",
                        expr.position,
                        "Round it first: round(x, 2)::text.",
                    ));
                }
                NumericScale::Any => text.cast("STRING"),
                NumericScale::Quotient => {
                    return Err(refuse("a quotient or an average as text", expr.position, "Round it first: round(x, 2)::text."));
                }
            },
            Type::FLOAT8 => self.float_text(expr, &text)?,
            Type::DATE => text.cast("STRING"),
            Type::TIME => Text::atom(format!("FORMAT_TIME('%H:%M:%E*S', {text})")),
            Type::TIMESTAMP => Text::atom(format!("FORMAT_DATETIME('%E4Y-%m-%d %H:%M:%E*S', {text})")),
            Type::TIMESTAMPTZ => {
                let zone = self.zone_literal();
                if self.is_utc() {
                    Text::atom(format!("FORMAT_TIMESTAMP('%E4Y-%m-%d %H:%M:%E*S+00', {text})"))
                } else {
                    let text = self.in_standard_time(expr, text);
                    Text::atom(format!("REGEXP_REPLACE(FORMAT_TIMESTAMP('%E4Y-%m-%d %H:%M:%E*S%Ez', {text}, {zone}), r':00$', '')"))
                }
            }
            ty if crate::types::range::subtype(ty).is_some() => self.range_text(expr)?,
            Type::BYTEA => Text::atom(format!("CONCAT('\\\\x', TO_HEX({text}))")),
            Type::INTERVAL => {
                self.enters_subquery(expr)?;
                self.interval_text(&text)
            }
            ty if ty.is_array() => {
                self.enters_subquery(expr)?;
                self.array_text(expr)?
            }
            Type::JSONB => {
                self.enters_subquery(expr)?;
                self.json_text(&text)
            }
            _ => return Err(refuse(format!("the text form of {ty}"), expr.position, "Select the value itself, or a part of it.")),
        })
    }

    /// The shortest digits that read back as the same number, in PostgreSQL's layout (exponent below 1e-4 and from 1e15 on).
    fn float_text(&mut self, expr: &Expr, text: &Text) -> Result<Text> {
        if let ExprKind::Cast { expr: inner, .. } = &expr.kind
            && inner.ty.is_integer()
            && inner.ty != Type::INT8
        {
            return self.display(inner);
        }
        self.enters_subquery(expr)?;
        let f = self.alias("number");
        let tried = |form: &str| {
            let digits: [u32; 3] = if form == "g" { [15, 16, 17] } else { [14, 15, 16] };
            format!(
                "CASE WHEN CAST(FORMAT('%.{a}{form}', {f}) AS FLOAT64) = {f} THEN FORMAT('%.{a}{form}', {f}) WHEN CAST(FORMAT('%.{b}{form}', {f}) AS FLOAT64) = {f} THEN FORMAT('%.{b}{form}', {f}) ELSE FORMAT('%.{c}{form}', {f}) END",
                a = digits[0],
                b = digits[1],
                c = digits[2]
            )
        };
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN {f} IS NULL THEN NULL WHEN IS_NAN({f}) THEN 'NaN' WHEN IS_INF({f}) THEN IF({f} > 0, 'Infinity', '-Infinity') WHEN {f} = 0 THEN IF(IEEE_DIVIDE(1, {f}) < 0, '-0', '0') WHEN ABS({f}) >= 1e15 OR ABS({f}) < 1e-4 THEN REGEXP_REPLACE({}, r'\\.?0*e', 'e') ELSE {} END FROM UNNEST([{text}]) AS {f})",
            tried("e"),
            tried("g"),
        )))
    }
}
