//! `generate_series` over numerics: `pg_numeric_series(first, last, step, scale of the first, scale of the step)`. The first number has its own
//! digits, the others those of the step too.

use arrow::datatypes::DataType;

use super::decimal::{Decimal, decimal, fitting, too_large};
use super::rows::{constant_int, strict_rows};
use super::value::{Value, build, list_of};
use super::{Returns, Scalar};
use crate::error::{Report, Result, SqlState};
use crate::warehouse::embedded::stop;

/// The most numbers of one call.
const MAX_ROWS: usize = 20_000_000;

/// Decimals where all have the digits of the first, else numbers that carry theirs.
const SERIES: Returns = |_, constants| {
    let scale = |index| Ok::<_, Report>(i32::try_from(constant_int(constants, index)?).unwrap_or(-1));
    let (first, step) = (scale(3)?, scale(4)?);
    Ok(list_of(if first >= step && step >= 0 { fitting(76, first.clamp(0, 76)) } else { DataType::LargeBinary }))
};

fn series(args: &[Value], ty: &DataType) -> Result<Value<'static>> {
    let DataType::List(item) = ty else { return Err(Report::internal("a series is a list")) };
    let (first, last, step) = (decimal(&args[0])?, decimal(&args[1])?, decimal(&args[2])?);
    let sign = step.aligned(Decimal::int(0)).map(|(step, zero, _)| step.cmp(&zero))?;
    if sign.is_eq() {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "step size cannot equal zero"));
    }
    let mut values = Vec::new();
    let mut at = first;
    loop {
        stop::tick()?;
        let (this, end, _) = at.aligned(last)?;
        if this.cmp(&end) == sign {
            return Ok(Value::List(build(&values, item.data_type())?));
        }
        if values.len() >= MAX_ROWS {
            let message = format!("a set-returning function makes more than {MAX_ROWS} rows");
            return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, message));
        }
        values.push(Value::Numeric(at));
        let (this, by, scale) = at.aligned(step)?;
        at = Decimal::new(this.checked_add(by).ok_or_else(too_large)?, scale);
    }
}

pub(super) fn functions() -> Vec<Scalar> {
    let kernel = Scalar::new("pg_numeric_series", SERIES, |arrays, ty, rows| strict_rows(arrays, ty, rows, &|args| series(args, ty)));
    vec![kernel.late()]
}
