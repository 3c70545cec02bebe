//! Inequalities as functions, for the keys of windows and of ordered aggregates.

use arrow::array::{Array, ArrayRef, Datum, Scalar as One};
use arrow::compute::kernels::cmp;
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;

use super::Scalar;
use super::rows::BOOL;
use super::value::read;
use crate::error::{Report, Result};

/// `pg_ordered(a, operator, b)`: the engine's own comparison.
fn ordered(arrays: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
    let [a, operator, b] = arrays else { return Err(Report::internal("an inequality has two sides")) };
    let ty = match (a.data_type(), b.data_type()) {
        (one, other) if one == other => one.clone(),
        (one, other) => {
            comparison_coercion(one, other).ok_or_else(|| Report::internal(format!("{one} and {other} are not to be compared")))?
        }
    };
    let side = |array: &ArrayRef| -> Result<Box<dyn Datum>> {
        let array = arrow::compute::cast(array, &ty).map_err(Report::internal)?;
        // Constants are arrays of one row.
        Ok(if array.len() == 1 && rows != 1 { Box::new(One::new(array)) } else { Box::new(array) })
    };
    let (a, b) = (side(a)?, side(b)?);
    let compared = match read(operator, 0)?.str()? {
        "<" => cmp::lt(&*a, &*b),
        "<=" => cmp::lt_eq(&*a, &*b),
        ">" => cmp::gt(&*a, &*b),
        ">=" => cmp::gt_eq(&*a, &*b),
        other => return Err(Report::internal(format!("operator {other} is no inequality"))),
    };
    Ok(std::sync::Arc::new(compared.map_err(Report::internal)?))
}

pub(super) fn functions() -> Vec<Scalar> {
    vec![Scalar::new("pg_ordered", BOOL, |arrays, _, rows| ordered(arrays, rows))]
}
