//! `generate_series` of numerics that are constants: the numbers themselves. The first has the digits of the start, the others those of the step too.

use super::Binder;
use super::functions::resolve_function;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{Expr, ExprKind};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// The most numbers that are written out.
const MAX_NUMBERS: i128 = 1000;
/// The most digits behind the point.
const MAX_SCALE: u32 = 15;

impl Binder<'_> {
    /// Returns `unnest(ARRAY[...])` for such a call; `None` where an argument is no constant, or the numbers are too many.
    ///
    /// # Errors
    /// 22023 for a step of zero.
    pub fn numeric_series(&self, args: &[Expr], position: Option<u32>) -> Result<Option<Expr>> {
        let one = Expr::literal(Literal::Numeric("1".into()), Type::NUMERIC, None);
        let (start, stop, step) = match args {
            [start, stop] => (start, stop, &one),
            [start, stop, step] => (start, stop, step),
            _ => return Ok(None),
        };
        let (Some(start), Some(stop), Some(step)) = (digits(start), digits(stop), digits(step)) else { return Ok(None) };
        let scale = start.1.max(stop.1).max(step.1);
        let scaled = |(value, own): (i128, u32)| value.checked_mul(10_i128.pow(scale - own));
        let (Some(first), Some(last), Some(by)) = (scaled(start), scaled(stop), scaled(step)) else { return Ok(None) };
        if by == 0 {
            return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero").at(position));
        }
        let count = if (last - first).signum() * by.signum() < 0 { 0 } else { (last - first) / by + 1 };
        if count > MAX_NUMBERS {
            return Ok(None);
        }
        let later = start.1.max(step.1);
        let number = |i: i128| {
            let shown = if i == 0 { start.1 } else { later };
            let text = written((first + i * by) / 10_i128.pow(scale - shown), shown);
            let fixed = NumericScale::Fixed(u16::try_from(shown).unwrap_or(0));
            Expr { scale: fixed, ..Expr::literal(Literal::Numeric(text), Type::NUMERIC, position) }
        };
        let array = self.make(ExprKind::Array((0..count).map(number).collect()), Type::NUMERIC_ARRAY, -1, position);
        let unnest = resolve_function(Some("pg_catalog"), "unnest", &[Type::NUMERIC_ARRAY], false, position)?.signature;
        Ok(Some(self.make(ExprKind::Call { function: unnest, args: vec![array] }, Type::NUMERIC, -1, position)))
    }
}

/// The digits of a constant without its point, and how many of them stand behind it.
fn digits(expr: &Expr) -> Option<(i128, u32)> {
    let ExprKind::Literal(Literal::Numeric(text)) = &expr.kind else { return None };
    let scale = u32::try_from(text.split_once('.').map_or(0, |(_, fraction)| fraction.len())).ok()?;
    let value = text.replace('.', "").parse().ok()?;
    (scale <= MAX_SCALE && i128::abs(value) < 10_i128.pow(22)).then_some((value, scale))
}

fn written(value: i128, scale: u32) -> String {
    let unit = 10_i128.pow(scale);
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = ((value / unit).abs(), (value % unit).abs());
    match usize::try_from(scale) {
        Ok(0) | Err(_) => format!("{sign}{whole}"),
        Ok(width) => format!("{sign}{whole}.{fraction:0width$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_digits() {
        assert_eq!(written(-5, 1), "-0.5");
        assert_eq!(written(125, 2), "1.25");
        assert_eq!(written(7, 0), "7");
        let literal = |text: &str| Expr::literal(Literal::Numeric(text.into()), Type::NUMERIC, None);
        assert_eq!(digits(&literal("-1.50")), Some((-150, 2)));
    }
}
