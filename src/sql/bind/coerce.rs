//! Conversions between types: `pg_cast`, typmods, common types of CASE and UNION (chapters 10.4 to 10.6).

use std::cell::RefCell;

use chrono_tz::Tz;

use crate::error::{Report, Result};
use crate::sql::tree::{Expr, Signature};
use crate::types::Type;

/// In what context a value changes its type (`pg_cast.castcontext`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// An operand, an argument.
    Implicit,
    /// A target column; here also where PostgreSQL allows as much.
    Assignment,
    /// `::`, CAST.
    Explicit,
}

/// Coerces expressions; holds what constants and parameters need.
pub struct Coercer<'a> {
    /// The session's TimeZone: constants of type timestamptz without a zone.
    pub zone: Tz,
    /// The types of `$1`, ...: UNKNOWN until a use decides.
    pub parameters: &'a RefCell<Vec<Type>>,
    /// Looks up the object that a constant of regclass, regtype, ... names.
    pub regs: &'a dyn Fn(Type, &str) -> Result<u32>,
}

impl Coercer<'_> {
    /// Makes the expression one of the target type and typmod: constants are folded, parameters inferred, other expressions get casts.
    /// With `Context::Explicit` the cast is what the user wrote.
    ///
    /// # Errors
    /// 42846 or 42804 without a cast path; what the input function says of a constant; 42P08 for a parameter with two types.
    pub fn coerce(&self, expr: Expr, target: Type, typmod: i32, context: Context) -> Result<Expr> {
        let _ = (typmod, context);
        Err(Report::unsupported(format!("cast from {} to {target}", expr.ty)).at(expr.position))
    }

    /// Coerces a call's or operator's operands to the types of its signature.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn coerce_args(&self, args: Vec<Expr>, signature: &Signature) -> Result<Vec<Expr>> {
        args.into_iter().zip(&signature.arguments).map(|(arg, ty)| self.coerce(arg, *ty, -1, Context::Implicit)).collect()
    }

    /// Turns what is still unknown into text, as PostgreSQL does with output columns.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn settle(&self, expr: Expr) -> Result<Expr> {
        if expr.ty == Type::UNKNOWN { self.coerce(expr, Type::TEXT, -1, Context::Implicit) } else { Ok(expr) }
    }
}

/// Tells whether a value of one type may become the other in this context.
pub fn can_coerce(from: Type, to: Type, context: Context) -> bool {
    let _ = context;
    from == to
}

/// Finds the type that all branches of a construct take (`CASE`, `UNION`, `IN`, `VALUES`, `ARRAY`, `COALESCE`, ...).
///
/// # Errors
/// 42804, as in `CASE types integer and text cannot be matched`.
pub fn common_type(construct: &str, types: &[Type], position: Option<u32>) -> Result<Type> {
    let first = types.first().copied().unwrap_or(Type::TEXT);
    if types.iter().all(|ty| *ty == first) {
        return Ok(first);
    }
    Err(Report::unsupported(format!("{construct} of different types")).at(position))
}
