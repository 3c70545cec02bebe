//! The digits of a numeric that a window function takes from another row: `lag(avg(x)) OVER w` is shown with the digits that the other row's has.

use super::digits::{Maker, text_of};
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::types::Type;

/// Tells whether a call hands on the value of some row as it is.
pub(super) fn takes_a_row(call: &Window) -> bool {
    !call.aggregate && matches!(call.function.name.as_str(), "lag" | "lead" | "first_value" | "last_value" | "nth_value")
}

/// Tells whether a call gives the greatest or least value of a whole partition.
pub(super) fn is_extreme_of_partition(call: &Window) -> bool {
    call.aggregate
        && matches!(call.function.name.as_str(), "max" | "min")
        && call.order_by.is_empty()
        && call.frame.is_none()
        && call.filter.is_none()
}

impl Maker<'_> {
    /// The text that goes with the greatest or least value: it stands first where the partition is sorted by them.
    pub fn of_the_extreme(&self, call: &Window, expr: &Expr) -> Option<Expr> {
        let [argument] = call.args.as_slice() else { return None };
        let args = vec![self.text(argument)?];
        let function = resolve_function(Some("pg_catalog"), "first_value", &[args[0].ty], false, None).ok()?.signature;
        let key = SortKey { by: SortBy::Expr(argument.clone()), descending: call.function.name == "max", nulls_first: false };
        let frame = Frame {
            unit: FrameUnit::Rows,
            start: FrameBound::UnboundedPreceding,
            end: FrameBound::UnboundedFollowing,
            exclude: FrameExclude::NoOthers,
        };
        let first = Window { function, aggregate: false, args, order_by: vec![key], frame: Some(frame), ..call.clone() };
        Some(text_of(ExprKind::Window(Box::new(first)), expr))
    }

    /// The same call over the postfix texts of the rows.
    pub fn of_a_row(&self, call: &Window, expr: &Expr) -> Option<Expr> {
        let mut args = call.args.clone();
        // lag's and lead's third argument stands for a row that is not there.
        for (i, arg) in args.iter_mut().enumerate().filter(|(i, _)| i % 2 == 0) {
            *arg = self.text(&call.args[i])?;
        }
        let types: Vec<Type> = args.iter().map(|arg| arg.ty).collect();
        let function = resolve_function(Some("pg_catalog"), &call.function.name, &types, false, None).ok()?.signature;
        Some(text_of(ExprKind::Window(Box::new(Window { function, args, ..call.clone() })), expr))
    }
}
