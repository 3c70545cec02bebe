//! Bit strings, as far as BigQuery has them: `('x' || md5(key))::bit(64)::bigint`, by which BI tools count distinct keys.

use super::*;
use crate::sql::tree::ExprKind;
use crate::sql::walk;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

impl Emitter {
    /// Prints the integer that the bits of a hexadecimal text make.
    pub fn integer_of_bits(&mut self, bits: &Expr, to: &Expr) -> Result<Text> {
        let refused = || {
            refuse(
                format!("a cast from {} to {}", bits.ty.format(bits.typmod), to.ty),
                to.position,
                "On BigQuery only ('x' || hexadecimal digits)::bit(n)::bigint is.",
            )
        };
        let ExprKind::Cast { expr: text, .. } = &bits.kind else { return Err(refused()) };
        let width = usize::try_from(bits.typmod).unwrap_or(0);
        let limit = if to.ty == Type::INT8 { 64 } else { 32 };
        let Some(digits) = digits(text).filter(|_| (1..=limit).contains(&width) && width.is_multiple_of(4)) else { return Err(refused()) };
        let digits = self.expr(&digits)?;
        // bit(n) pads and cuts at the right end.
        let all = format!("RPAD({digits}, {}, '0')", width / 4);
        let read = |text: &str| format!("CAST(CONCAT('0x', {text}) AS INT64)");
        Ok(Text::atom(match (to.ty, width) {
            // The sign is the first bit's.
            (Type::INT4, 32) => format!("(({value} & 2147483647) - ({value} & 2147483648))", value = read(&all)),
            (_, 64) => format!("(({} << 32) | {})", read(&format!("SUBSTR({all}, 1, 8)")), read(&format!("SUBSTR({all}, 9, 8)"))),
            _ => read(&all),
        }))
    }
}

impl Emitter {
    /// `sum(DISTINCT value + hash) - sum(DISTINCT hash)`, the symmetric aggregate of BI tools: the hashes have all digits that BIGNUMERIC
    /// has before the point, so that their sum has none left. Moved behind the point they have, and are as exact and as distinct there.
    pub fn difference_of_wide_sums(&mut self, left: &Expr, right: &Expr) -> Result<Option<Text>> {
        let (Some(value), Some(hash)) = (wide_sum(left), wide_sum(right)) else { return Ok(None) };
        let (value, hash) = (self.expr(value)?, self.expr(hash)?);
        let sum = |text: &Text| format!("SUM(DISTINCT ({text}) * BIGNUMERIC '1e-20')");
        Ok(Some(Text::atom(format!("(({} - {}) * BIGNUMERIC '1e20')", sum(&value), sum(&hash)))))
    }
}

/// What is summed by `sum(DISTINCT ...)` of whole numbers made of bits.
fn wide_sum(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Aggregate(aggregate) = &expr.kind else { return None };
    let ("sum", true, None, [arg]) = (aggregate.function.name.as_str(), aggregate.distinct, &aggregate.filter, aggregate.args.as_slice())
    else {
        return None;
    };
    (of_bits(arg) && arg.ty == Type::NUMERIC && matches!(arg.scale, NumericScale::Fixed(digits) if digits <= 18)).then_some(arg)
}

fn of_bits(expr: &Expr) -> bool {
    expr.ty == Type::BIT || walk::children(expr).into_iter().any(of_bits)
}

/// The digits of `'x' || digits`.
fn digits(text: &Expr) -> Option<Expr> {
    let ExprKind::Operator { operator, args } = &text.kind else { return None };
    let ("||", [left, right], true) = (operator.name.as_str(), args.as_slice(), text.ty == Type::TEXT) else { return None };
    if let ExprKind::Literal(Literal::Text(mark)) = &left.kind {
        return (mark.eq_ignore_ascii_case("x") && right.ty == Type::TEXT).then(|| right.clone());
    }
    let rest = digits(left)?;
    Some(Expr { kind: ExprKind::Operator { operator: operator.clone(), args: vec![rest, right.clone()] }, ..text.clone() })
}
