//! Quotients and averages rounded as PostgreSQL rounds each of them, within GoogleSQL: what is summed up, compared or shown as text afterwards has its digits.
//!
//! A result column leaves the last division to the decoder (`digits`). Where more comes after it, the whole tree is printed anew with every division
//! rounded to the digits that numeric.c gives it (`select_div_scale`): at least 16, counted from the operands' leading groups of four.

use super::digits::{MOST, Maker, SCHEMA, call};
use super::digits_averages::sum_and_count;
use super::own_digits::Own;
use super::*;
use crate::sql::bind::operators::resolve_operator;
use crate::sql::walk::{self, VisitorMut};
use crate::types::{NumericScale, Type};

/// More columns than this are not added for the digits of quotients.
const ROUNDS: usize = 16;

/// Returns the tree with every division of numerics rounded; `None` where there is none, or its digits cannot be told.
pub(super) fn rounded(bound: &Bound, own: &Own, parameters: &[Literal]) -> Option<Bound> {
    let mut root = bound.clone();
    let mut maker = Maker::new(parameters, own, true);
    // What is missing is added first, so that the tree is rewritten once.
    for _ in 0..ROUNDS {
        walk::walk_query(&root.query, &mut Missing { maker: &maker });
        let wanted: Vec<_> = maker.wanted.borrow_mut().drain(..).collect();
        if wanted.is_empty() {
            break;
        }
        if !wanted.into_iter().all(|wanted| super::hidden::expose(&mut root.query, &mut maker, wanted)) {
            return None;
        }
    }
    let mut visitor = Rounding { maker: &maker, found: false, failed: false };
    walk::walk_query_mut(&mut root.query, &mut visitor);
    let done = visitor.found && !visitor.failed && maker.wanted.borrow().is_empty();
    done.then_some(root)
}

/// Asks for the columns that [`Rounding`] needs.
struct Missing<'m, 'p> {
    maker: &'m Maker<'p>,
}

impl walk::Visitor for Missing<'_, '_> {
    fn expr(&mut self, expr: &Expr) {
        if expr.ty != Type::NUMERIC {
            for arg in shown(expr) {
                if shows_open(arg, self.maker) {
                    self.maker.scale(arg);
                }
            }
            return;
        }
        if let Some((sum, count)) = sum_and_count(expr) {
            self.maker.quotient_scale(&numeric(sum), &numeric(count), expr.position);
        } else if let ExprKind::Operator { operator, args } = &expr.kind
            && let ("/", [left, right]) = (operator.name.as_str(), args.as_slice())
            && operator.schema != SCHEMA
            && left.ty == Type::NUMERIC
            && right.ty == Type::NUMERIC
        {
            self.maker.quotient_scale(left, right, expr.position);
        }
    }
}

/// Tells whether an expression tests a quotient or an average for equality.
pub(super) fn compares(expr: &Expr) -> bool {
    let is_quotient = |expr: &Expr| expr.ty == Type::NUMERIC && expr.scale == NumericScale::Quotient;
    match &expr.kind {
        ExprKind::Operator { operator, args } => matches!(operator.name.as_str(), "=" | "<>") && args.iter().any(is_quotient),
        ExprKind::InList { expr: inner, .. } => is_quotient(inner),
        ExprKind::IsDistinct { left, right, .. } | ExprKind::NullIf { left, right, .. } => {
            is_quotient(left) && !literals::is_constant(right)
        }
        _ => false,
    }
}

struct Rounding<'m, 'p> {
    maker: &'m Maker<'p>,
    found: bool,
    failed: bool,
}

impl VisitorMut for Rounding<'_, '_> {
    fn expr(&mut self, expr: &mut Expr) {
        if expr.ty != Type::NUMERIC {
            return self.texts(expr);
        }
        if let Some((sum, count)) = sum_and_count(expr)
            && let Ok(operator) = resolve_operator("/", Some(Type::NUMERIC), Type::NUMERIC, None)
        {
            let args = vec![numeric(sum), numeric(count)];
            expr.kind = ExprKind::Operator { operator, args };
        }
        let ExprKind::Operator { operator, args } = &mut expr.kind else { return };
        let ("/", [left, right]) = (operator.name.as_str(), args.as_mut_slice()) else { return };
        if operator.schema == SCHEMA || left.ty != Type::NUMERIC || right.ty != Type::NUMERIC {
            return;
        }
        self.found = true;
        let scale = self.maker.quotient_scale(left, right, expr.position);
        // So that what stands within is not taken for another one.
        *operator = Arc::new(Signature { schema: SCHEMA, ..(**operator).clone() });
        let Some(scale) = scale else {
            self.failed = true;
            return;
        };
        let quotient = Expr { scale: NumericScale::Any, ..expr.clone() };
        *expr = call("rounded", vec![quotient, scale], Type::NUMERIC, expr.position);
    }
}

impl Rounding<'_, '_> {
    /// A numeric that is made to text shows its digits: those of a subquery's column have to be had beside it.
    fn texts(&mut self, expr: &mut Expr) {
        for arg in shown_mut(expr) {
            if shows_open(arg, self.maker)
                && let Some(scale) = self.maker.scale(arg)
            {
                *arg = call("rounded", vec![arg.clone(), scale], Type::NUMERIC, arg.position);
                self.found = true;
            }
        }
    }
}

/// Tells whether the digits that an argument shows have to be had beside it.
fn shows_open(arg: &Expr, maker: &Maker) -> bool {
    let open = arg.ty == Type::NUMERIC && !matches!(arg.scale, NumericScale::Fixed(_)) && !maker.own.is_own(arg);
    open && !matches!(arg.kind, ExprKind::Operator { .. } | ExprKind::Literal(_)) && !is_rounded(arg)
}

macro_rules! shown {
    ($(#[$doc:meta])* $name:ident, $slice:ident, $from_ref:ident $(, $mutable:tt)?) => {
        $(#[$doc])*
        fn $name(expr: &$($mutable)? Expr) -> &$($mutable)? [Expr] {
            let text = expr.ty.is_string();
            if !text && !matches!(expr.ty, Type::JSON | Type::JSONB) {
                return &$($mutable)? [];
            }
            match &$($mutable)? expr.kind {
                ExprKind::Cast { expr: inner, .. } => std::slice::$from_ref(&$($mutable)? **inner),
                ExprKind::Aggregate(call) if !text => call.args.$slice(),
                ExprKind::Operator { operator, args } if operator.name == "||" => args.$slice(),
                ExprKind::Call { function, args }
                    if !text || matches!(function.name.as_str(), "concat" | "concat_ws" | "format" | "text") =>
                {
                    args.$slice()
                }
                _ => &$($mutable)? [],
            }
        }
    };
}

shown!(
    /// The arguments whose digits an expression of type text or JSON shows.
    shown, as_slice, from_ref
);
shown!(
    /// The same, to be changed.
    shown_mut, as_mut_slice, from_mut, mut
);

fn is_rounded(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if function.schema == SCHEMA)
}

fn numeric(expr: Expr) -> Expr {
    if expr.ty == Type::NUMERIC {
        return expr;
    }
    let position = expr.position;
    let kind = ExprKind::Cast { expr: Box::new(expr), explicit: false, method: CastMethod::Function };
    Expr { scale: NumericScale::Fixed(0), ..Expr::new(kind, Type::NUMERIC, position) }
}

impl Maker<'_> {
    /// Tells whether a value is there.
    pub fn present(expr: &Expr) -> Expr {
        if let ExprKind::Call { function, args } = &expr.kind
            && (function.schema == SCHEMA && function.name == "rounded")
            && let ExprKind::Operator { args, .. } = &args[0].kind
        {
            let parts: Vec<Expr> = args.iter().filter(|arg| !literals::is_constant(arg)).map(Maker::present).collect();
            match parts.as_slice() {
                [] => {}
                [one] => return one.clone(),
                _ => return Expr::new(ExprKind::And(parts), Type::BOOL, expr.position),
            }
        }
        Expr::new(ExprKind::IsNull { expr: Box::new(expr.clone()), negated: true }, Type::BOOL, expr.position)
    }

    /// How many digits a quotient has behind the point.
    pub fn quotient_scale(&self, left: &Expr, right: &Expr, position: Option<u32>) -> Option<Expr> {
        let args = vec![left.clone(), self.scale(left)?, right.clone(), self.scale(right)?];
        Some(call("quotient_scale", args, Type::INT8, position))
    }
}

impl Emitter {
    /// Prints what [`Maker::quotient_scale`] asks for.
    pub fn quotient_scale(&mut self, [left, left_scale, right, right_scale]: [&Expr; 4]) -> Result<Text> {
        let (groups, least) = (constant_group(right), least_weight(left) - greatest_weight(right) - 1);
        let left = self.groups(left)?;
        // Zero counts as a number of one group before the point.
        let length = text::concat(&["IFNULL(NULLIF(LENGTH(", &left, "), 0), ", &ONE.to_string(), ")"]);
        let scale = match groups {
            Some((weight, group)) => format!("{} - {length} + IF(LEFT({left}, 4) <= '{group:04}', 4, 0)", 16 + ONE + 4 * weight),
            None => {
                let right = self.groups(right)?;
                text::concat(&["16 - ", &length, " + LENGTH(", &right, ") + IF(LEFT(", &left, ", 4) <= LEFT(", &right, ", 4), 4, 0)"])
            }
        };
        let most = match (left_scale, right_scale) {
            (left, right) if literals::constant_int(left) == Some(0) && literals::constant_int(right) == Some(0) => {
                Text::call("GREATEST", &[Text::atom(scale), Text::atom("0")])
            }
            (left, right) => Text::call("GREATEST", &[Text::atom(scale), self.expr(left)?, self.expr(right)?]),
        };
        // More digits than BIGNUMERIC has cannot be shown: there is no such element, which is an error.
        Ok(if 16 - 4 * least <= i64::from(MOST) { most } else { Text::atom(format!("GENERATE_ARRAY(0, {MOST})[OFFSET({most})]")) })
    }

    /// The digits of a numeric from its first group of four that is not 0000 on; ten groups stand behind the point.
    fn groups(&mut self, expr: &Expr) -> Result<String> {
        let value = self.expr(expr)?;
        let value = if expr.ty.is_integer() { value.cast("NUMERIC") } else { value };
        let digits = "REGEXP_EXTRACT(LPAD(REPLACE(FORMAT('%.40f', ABS(";
        Ok(text::concat(&[digits, value.as_str(), ")), '.', ''), 80, '0'), r'^(?:0000)*(.*)')"]))
    }
}

/// The length of a number with one group of four before the point.
const ONE: i64 = 44;

/// The least weight that a value other than zero may have, counted in groups of four.
fn least_weight(expr: &Expr) -> i64 {
    match (&expr.kind, expr.scale) {
        _ if expr.ty.is_integer() => 0,
        (_, NumericScale::Fixed(digits)) => -(i64::from(digits) + 3) / 4,
        (ExprKind::Call { function, args }, _) if function.schema == SCHEMA && function.name == "rounded" => match &args[0].kind {
            ExprKind::Operator { args, .. } if args.len() == 2 => least_weight(&args[0]) - greatest_weight(&args[1]) - 1,
            _ => -10,
        },
        _ => -10,
    }
}

/// The greatest weight that a value may have.
fn greatest_weight(expr: &Expr) -> i64 {
    if let Some((weight, _)) = constant_group(expr) {
        return weight;
    }
    match &expr.kind {
        ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() => greatest_weight(inner),
        // There are no tables of 10^16 rows.
        ExprKind::Aggregate(call) if call.function.name == "count" => 3,
        ExprKind::Window(call) if call.function.name == "count" => 3,
        _ if matches!(expr.ty, Type::INT2 | Type::INT4) => 2,
        _ if expr.ty.is_integer() => 4,
        _ => 9,
    }
}

/// The same of a constant.
fn constant_group(expr: &Expr) -> Option<(i64, i64)> {
    let text = match &expr.kind {
        ExprKind::Literal(Literal::Numeric(text)) => text.clone(),
        ExprKind::Literal(Literal::Int(value)) => value.to_string(),
        ExprKind::Cast { expr: inner, .. } if inner.ty.is_integer() || inner.ty == Type::NUMERIC => return constant_group(inner),
        _ => return None,
    };
    let text = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let Some(first) = all.find(|digit| digit != '0') else { return Some((0, 0)) };
    let exponent = i64::try_from(whole.len()).ok()? - i64::try_from(first).ok()? - 1;
    let (weight, digits) = (exponent.div_euclid(4), usize::try_from(exponent.rem_euclid(4)).ok()? + 1);
    let group: String = all[first..].chars().chain(std::iter::repeat('0')).take(digits).collect();
    Some((weight, group.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::digits::integer;
    use super::*;

    #[test]
    fn groups_of_four_count_from_the_point() {
        let group = |text: &str| constant_group(&Expr::literal(Literal::Numeric(text.into()), Type::NUMERIC, None));
        assert_eq!(group("3"), Some((0, 3)));
        assert_eq!(group("-12345.6"), Some((1, 1)));
        assert_eq!(group("9999"), Some((0, 9999)));
        assert_eq!(group("100.0"), Some((0, 100)));
        assert_eq!(group("0.5"), Some((-1, 5000)));
        assert_eq!(group("0.00012"), Some((-1, 1)));
        assert_eq!(group("0.00001"), Some((-2, 1000)));
        assert_eq!(group("0.00"), Some((0, 0)));
        assert_eq!(group("1e5"), None);
        assert_eq!(constant_group(&integer(70_000)), Some((1, 7)));
    }
}
