//! Which function a call means: PostgreSQL's resolution rules (chapter 10.3).

use std::sync::Arc;

use crate::error::{Report, Result};
use crate::sql::tree::{Expr, Signature};
use crate::types::Type;

/// A resolved call.
#[derive(Clone, Debug)]
pub struct Function {
    /// The function with its argument types; for [`FunctionKind::Cast`] only `returns` means something.
    pub signature: Arc<Signature>,
    /// What kind of function it is.
    pub kind: FunctionKind,
    slots: Vec<Slot>,
}

/// The kinds of function (`pg_proc.prokind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A plain function.
    Scalar,
    /// An aggregate.
    Aggregate {
        /// `n` normal, `o` ordered-set, `h` hypothetical-set (`pg_aggregate.aggkind`).
        kind: char,
        /// How many arguments stand inside the parentheses of an ordered-set aggregate; the others come from WITHIN GROUP.
        direct_args: usize,
    },
    /// A function that needs OVER.
    Window,
    /// `text(x)`, `date(x)`: the call is an explicit cast of its one argument to this type.
    Cast(Type),
}

#[derive(Clone, Debug)]
enum Slot {
    Given(usize),
    Default(Expr),
}

impl Function {
    /// Puts the call's arguments into the order of the signature and fills in defaults: done before `Coercer::coerce_args`.
    pub fn arrange(&self, args: Vec<Expr>) -> Vec<Expr> {
        if self.slots.is_empty() {
            return args;
        }
        let mut args: Vec<Option<Expr>> = args.into_iter().map(Some).collect();
        let take = |slot: &Slot| match slot {
            Slot::Given(i) => args.get_mut(*i).and_then(Option::take),
            Slot::Default(expr) => Some(expr.clone()),
        };
        self.slots.iter().filter_map(take).collect()
    }
}

/// Resolves a call with positional arguments. `variadic`: the last argument is marked VARIADIC. For ordered-set aggregates
/// `args` are the direct arguments followed by those of WITHIN GROUP.
///
/// # Errors
/// 42883 and 42725 with PostgreSQL's wording and hints.
pub fn resolve_function(schema: Option<&str>, name: &str, args: &[Type], variadic: bool, position: Option<u32>) -> Result<Function> {
    resolve_named(schema, name, args, &[], variadic, position)
}

/// Resolves a call whose last arguments are named (`make_interval(days => 7)`); `names` are theirs, in order.
///
/// # Errors
/// As [`resolve_function`].
pub fn resolve_named(
    schema: Option<&str>,
    name: &str,
    args: &[Type],
    names: &[&str],
    variadic: bool,
    position: Option<u32>,
) -> Result<Function> {
    let _ = (schema, args, names, variadic);
    Err(Report::unsupported(format!("function {name}")).at(position))
}

/// Returns the names and types of the columns of a function with OUT parameters (`jsonb_each`), `None` for any other function.
pub fn output_columns(oid: u32) -> Option<Vec<(String, Type)>> {
    let _ = oid;
    None
}
