//! Expressions made to be of a type: casts, folded constants, inferred parameters (chapter 10.4; parse_coerce.c, `coerce_type`).

use std::cell::{Cell, RefCell};

pub use super::casts::{Context, Path, can_coerce, common_type, common_type_at, path, select_common_type};
use super::fold;
use super::scale::numeric_scale;
use crate::error::{Report, Result, SqlState};
use crate::sql::tree::{CastMethod, Expr, ExprKind, Signature};
use crate::types::input::Reads;
use crate::types::literal::Literal;
use crate::types::zone::Tz;
use crate::types::{Type, input};

/// Coerces expressions; holds what constants and parameters need.
pub struct Coercer<'a> {
    /// The session's TimeZone: what a constant of type timestamptz is as another one.
    pub zone: Tz,
    /// How constants are read.
    pub reads_in: Reads,
    /// The types of `$1`, ...: UNKNOWN until a use decides.
    pub parameters: &'a RefCell<Vec<Type>>,
    /// Looks up the object that a constant of regclass, regtype, ... names.
    pub regs: &'a dyn Fn(Type, &str) -> Result<u32>,
    /// Where a constant may never be reached: casts of it that fail are left as they are, and told of here.
    pub late: Option<&'a Cell<bool>>,
}

impl Coercer<'_> {
    /// Makes the expression one of the target type and typmod: constants are folded, parameters inferred, other expressions get casts.
    /// With `Context::Explicit` the cast is what the user wrote.
    ///
    /// # Errors
    /// 42846 without a cast path; what the input function says of a constant; 42P08 for a parameter with two types.
    pub fn coerce(&self, expr: Expr, target: Type, typmod: i32, context: Context) -> Result<Expr> {
        let position = expr.position;
        // What is computed of a constant fails without a place, as at run time; what is read has one.
        let is_read = expr.ty == Type::UNKNOWN;
        self.convert(expr, target, typmod, context)
            .map_err(|report| if is_read || !is_data(&report) { report.at(position) } else { report })
    }

    /// Coerces a call's or operator's operands to the types of its signature.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn coerce_args(&self, mut args: Vec<Expr>, signature: &Signature) -> Result<Vec<Expr>> {
        for (arg, ty) in args.iter_mut().zip(&signature.arguments) {
            if arg.ty != *ty || matches!(arg.kind, ExprKind::Literal(_)) {
                let given = std::mem::replace(arg, Expr::literal(Literal::Null, *ty, None));
                *arg = self.coerce(given, *ty, -1, Context::Implicit)?;
            }
        }
        args.truncate(signature.arguments.len());
        Ok(args)
    }

    /// Coerces the branches of a construct to their common type.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn coerce_all(&self, exprs: Vec<Expr>, target: Type) -> Result<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.coerce(expr, target, -1, Context::Implicit)).collect()
    }

    /// Turns what is still unknown into text, as PostgreSQL does with output columns.
    ///
    /// # Errors
    /// As [`Coercer::coerce`].
    pub fn settle(&self, expr: Expr) -> Result<Expr> {
        if expr.ty == Type::UNKNOWN { self.coerce(expr, Type::TEXT, -1, Context::Implicit) } else { Ok(expr) }
    }

    /// Brings an operand of a test that works on any type to a type: constants become text, a parameter has to have one.
    ///
    /// # Errors
    /// 42P18 for a parameter whose type nothing tells, as PostgreSQL says it.
    pub fn settle_any(&self, expr: Expr) -> Result<Expr> {
        if let (ExprKind::Parameter(n), Type::UNKNOWN) = (&expr.kind, expr.ty) {
            return Err(undetermined(*n, expr.position));
        }
        self.settle(expr)
    }

    fn convert(&self, expr: Expr, target: Type, typmod: i32, context: Context) -> Result<Expr> {
        if target == Type::UNKNOWN && expr.ty == Type::UNKNOWN {
            return Ok(expr);
        }
        if let ExprKind::Parameter(n) = expr.kind
            && expr.ty == Type::UNKNOWN
        {
            let parameter = self.infer(n, target, expr.position)?;
            return self.convert(parameter, target, typmod, context);
        }
        if let (ExprKind::Literal(Literal::Text(text)), Type::UNKNOWN) = (&expr.kind, expr.ty)
            && let Some(moment) = self.clock(text, target, typmod, expr.position)?
        {
            return Ok(moment);
        }
        if let ExprKind::Literal(literal) = &expr.kind
            && let Some(folded) = self.folded(literal, expr.ty, target, typmod, context)?
        {
            let kind = ExprKind::Literal(folded);
            let scale = numeric_scale(&kind, target, typmod);
            return Ok(Expr { kind, ty: target, typmod, scale, position: expr.position });
        }
        if expr.ty == target {
            return Ok(self.retype(expr, typmod, context));
        }
        let Some(way) = path(expr.ty, target, context) else {
            return Err(Report::new(SqlState::CANNOT_COERCE, format!("cannot cast type {} to {target}", expr.ty)));
        };
        let method = match way {
            Path::Binary if typmod >= 0 && context == Context::Explicit => CastMethod::Length,
            Path::Binary => CastMethod::Binary,
            Path::Function => CastMethod::Function,
            Path::InOut => CastMethod::InOut,
            Path::Elements => match (expr.kind, target.element()) {
                // The elements of ARRAY[...] are cast where they stand.
                (ExprKind::Array(items), Some(element)) if items.iter().all(|item| item.ty != expr.ty) => {
                    let items = items.into_iter().map(|item| self.coerce(item, element, typmod, context)).collect::<Result<Vec<Expr>>>()?;
                    return Ok(node(ExprKind::Array(items), target, typmod, expr.position));
                }
                (kind, _) => return Ok(cast(Expr { kind, ..expr }, target, typmod, context, CastMethod::Elements)),
            },
        };
        Ok(cast(expr, target, typmod, context, method))
    }

    /// A value of the right type: only its typmod may have to change.
    fn retype(&self, expr: Expr, typmod: i32, context: Context) -> Expr {
        let target = expr.ty;
        if typmod == expr.typmod || (typmod < 0 && context != Context::Explicit) {
            return expr;
        }
        // Since PostgreSQL 15 a cast to the bare type hides the typmod.
        let method = if typmod < 0 { CastMethod::Binary } else { CastMethod::Length };
        cast(expr, target, typmod, context, method)
    }

    fn infer(&self, n: usize, target: Type, position: Option<u32>) -> Result<Expr> {
        let mut parameters = self.parameters.borrow_mut();
        if n >= parameters.len() {
            parameters.resize(n + 1, Type::UNKNOWN);
        }
        if parameters[n] == Type::UNKNOWN || parameters[n].0 == 0 {
            parameters[n] = target;
        } else if parameters[n] != target {
            return Err(Report::new(SqlState::AMBIGUOUS_PARAMETER, format!("inconsistent types deduced for parameter ${}", n + 1))
                .detail(format!("{} versus {target}", parameters[n])));
        }
        Ok(Expr::new(ExprKind::Parameter(n), target, position))
    }

    /// What [`Coercer::fold`] says; `None`, too, for what fails where it may never be reached. What is read of the text fails at once.
    fn folded(&self, literal: &Literal, from: Type, target: Type, typmod: i32, context: Context) -> Result<Option<Literal>> {
        let folded = self.fold(literal, from, target, typmod, context);
        if let (Err(report), Some(late)) = (&folded, self.late)
            && from != Type::UNKNOWN
            && is_data(report)
        {
            late.set(true);
            return Ok(None);
        }
        folded
    }

    /// The constant as one of the target type; `None` where only the warehouse can convert it.
    fn fold(&self, literal: &Literal, from: Type, target: Type, typmod: i32, context: Context) -> Result<Option<Literal>> {
        let value = match literal {
            Literal::Null if can_coerce(from, target, context) => return Ok(Some(Literal::Null)),
            Literal::Text(text) if from == Type::UNKNOWN => self.read(text, target, typmod)?,
            _ if from == target => literal.clone(),
            _ => {
                let Some(way) = path(from, target, context) else { return Ok(None) };
                match (way, literal) {
                    (Path::InOut, Literal::Text(text)) if from.category() == 'S' => self.read(text, target, typmod)?,
                    (Path::Elements, _) => return Ok(None),
                    _ => match fold::convert(literal, from, target, self.zone)? {
                        Some(value) => value,
                        None => return Ok(None),
                    },
                }
            }
        };
        fold::apply_typmod(value, target, typmod, context == Context::Explicit)
    }

    fn read(&self, text: &str, target: Type, typmod: i32) -> Result<Literal> {
        if is_reg(target) {
            return match text.trim().parse::<u32>() {
                Ok(oid) => Ok(Literal::Int(oid.into())),
                Err(_) => Ok(Literal::Int((self.regs)(target, text)?.into())),
            };
        }
        // As in coerce_type: only interval's input function gets the typmod, for its fields; lengths are applied afterwards.
        input::parse(text, target, if target == Type::INTERVAL { typmod } else { -1 }, self.reads_in)
    }
}

fn is_data(report: &Report) -> bool {
    report.sqlstate.0.starts_with("22")
}

/// The error for a parameter whose type nothing tells; counted from 0.
pub fn undetermined(n: usize, position: Option<u32>) -> Report {
    Report::new(SqlState::INDETERMINATE_DATATYPE, format!("could not determine data type of parameter ${}", n + 1)).at(position)
}

/// Tells whether values of the type are OIDs that print as names.
pub fn is_reg(ty: Type) -> bool {
    matches!(
        ty,
        Type::REGCLASS
            | Type::REGTYPE
            | Type::REGPROC
            | Type::REGPROCEDURE
            | Type::REGOPER
            | Type(2204)
            | Type::REGNAMESPACE
            | Type::REGROLE
            | Type::REGCOLLATION
            | Type(3734)
            | Type(3769)
    )
}

fn cast(expr: Expr, target: Type, typmod: i32, context: Context, method: CastMethod) -> Expr {
    let position = expr.position;
    node(ExprKind::Cast { expr: Box::new(expr), explicit: context == Context::Explicit, method }, target, typmod, position)
}

fn node(kind: ExprKind, ty: Type, typmod: i32, position: Option<u32>) -> Expr {
    let scale = numeric_scale(&kind, ty, typmod);
    Expr { kind, ty, typmod, scale, position }
}

#[cfg(test)]
mod tests;
