//! The digits of a numeric that a window function takes from another row: `lag(avg(x)) OVER w` is shown with the digits that the other row's has.

use super::digits::{Maker, text_of};
use super::*;
use crate::sql::bind::functions::resolve_function;
use crate::types::Type;

/// Tells whether a call hands on the value of some row as it is.
pub(super) fn takes_a_row(call: &Window) -> bool {
    !call.aggregate && matches!(call.function.name.as_str(), "lag" | "lead" | "first_value" | "last_value" | "nth_value")
}

impl Maker<'_> {
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
