//! Prefix and infix operators, by operand types.

use super::text::Level;
use super::*;
use crate::types::{NumericScale, Type};

impl Emitter {
    /// Prints an operator call.
    pub fn operator(&mut self, expr: &Expr, operator: &Signature, args: &[Expr]) -> Result<Text> {
        match args {
            [operand] => self.prefix(expr, operator, operand),
            [left, right] => self.infix(expr, operator, left, right),
            _ => Err(Report::internal("an operator with neither one nor two operands")),
        }
    }

    fn prefix(&mut self, expr: &Expr, operator: &Signature, operand: &Expr) -> Result<Text> {
        let text = self.expr(operand)?;
        let number = is_number(operand.ty);
        match operator.name.as_str() {
            "-" if number || operand.ty == Type::INTERVAL => {
                Ok(ranges::checked(expr, Text::new(format!("-{}", text.tight()), Level::Unary)))
            }
            "+" if number => Ok(text),
            "~" if operand.ty.is_integer() => Ok(Text::new(format!("~{}", text.tight()), Level::Unary)),
            "@" if number => Ok(ranges::checked(expr, Text::call("ABS", &[text]))),
            "|/" => Ok(Text::call("SQRT", &[text])),
            "||/" => Ok(Text::atom(format!("SIGN({text}) * CBRT(ABS({text}))"))),
            _ => Err(refused(expr, operator)),
        }
    }

    fn infix(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        if let Some(text) = self.range_operator(expr, operator, left, right)? {
            return Ok(text);
        }
        let name = operator.name.as_str();
        match name {
            "=" | "<>" | "<" | "<=" | ">" | ">=" => return self.comparison(operator, left, right),
            "~~" | "!~~" | "~~*" | "!~~*" => return self.like(expr, name, left, right),
            "~" | "!~" | "~*" | "!~*" => return self.regex_match(name, left, right),
            "->" | "->>" | "#>" | "#>>" | "@>" | "<@" | "?" | "?|" | "?&" | "#-" if is_json(left.ty) || is_json(right.ty) => {
                return self.json_operator(expr, name, left, right);
            }
            "@?" | "@@" if left.ty == Type::JSONB => {
                let name = if name == "@?" { "jsonb_path_exists" } else { "jsonb_path_match" };
                let args = [left.clone(), right.clone()];
                return self.path_function(expr, name, &args)?.ok_or_else(|| refused(expr, operator));
            }
            "||" | "-" if expr.ty == Type::JSONB => return self.json_operator(expr, name, left, right),
            _ => {}
        }
        if left.ty.is_array() || right.ty.is_array() {
            return self.array_operator(expr, operator, left, right);
        }
        if name != "||" && (is_temporal(left.ty) || is_temporal(right.ty)) {
            return self.temporal_operator(expr, operator, left, right);
        }
        match name {
            "||" if left.ty == Type::BYTEA => Ok(Text::infix(&self.expr(left)?, "||", &self.expr(right)?, Level::Multiply)),
            "||" if expr.ty.is_string() => Ok(Text::infix(&self.display(left)?, "||", &self.display(right)?, Level::Multiply)),
            "+" | "-" | "*" | "/" | "%" | "^" if is_number(left.ty) && is_number(right.ty) => {
                Ok(ranges::checked(expr, self.arithmetic(expr, operator, left, right)?))
            }
            "&" | "|" | "#" | "<<" | ">>" if left.ty.is_integer() && right.ty.is_integer() => self.bits(name, left, right),
            "^@" => Ok(Text::call("STARTS_WITH", &[self.expr(left)?, self.expr(right)?])),
            _ => Err(refused(expr, operator)),
        }
    }

    fn arithmetic(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        let name = operator.name.as_str();
        if left.ty == Type::FLOAT4 || right.ty == Type::FLOAT4 {
            return Err(refuse("arithmetic of real (float4)", expr.position, "Cast to double precision."));
        }
        if name == "-"
            && let Some(text) = self.difference_of_wide_sums(left, right)?
        {
            return Ok(text);
        }
        let integers = left.ty.is_integer() && right.ty.is_integer();
        let (mut left_text, right_text) = (self.expr(left)?, self.expr(right)?);
        match name {
            "+" | "-" => Ok(Text::infix(&left_text, name, &right_text, Level::Add)),
            "*" => {
                // NUMERIC keeps nine digits behind the point: a longer product needs BIGNUMERIC.
                if left.ty == Type::NUMERIC && !matches!(expr.scale, NumericScale::Fixed(digits) if digits <= 9) {
                    left_text = self.wide(left)?;
                }
                Ok(Text::infix(&left_text, "*", &right_text, Level::Multiply))
            }
            "/" if integers => Ok(Text::call("DIV", &[left_text, right_text])),
            "/" if left.ty == Type::NUMERIC => Ok(Text::infix(&self.wide(left)?, "/", &right_text, Level::Multiply)),
            "/" => Ok(Text::infix(&left_text, "/", &right_text, Level::Multiply)),
            "%" if integers || left.ty == Type::NUMERIC => Ok(Text::call("MOD", &[left_text, right_text])),
            "^" if left.ty == Type::FLOAT8 => Ok(Text::call("POW", &[left_text, right_text])),
            "^" if left.ty == Type::NUMERIC => self.numeric_power(left, right),
            _ => Err(refused(expr, operator)),
        }
    }

    /// Prints a numeric as BIGNUMERIC.
    pub fn wide(&mut self, expr: &Expr) -> Result<Text> {
        let text = self.expr(expr)?;
        let sql = text.to_string();
        // Where a constant comes first, it makes the whole wide; what stands behind it may be operators.
        if let Some(digits) = sql.strip_prefix("NUMERIC '") {
            return Ok(text.like(format!("BIGNUMERIC '{digits}")));
        }
        let is_wide = sql.starts_with("BIGNUMERIC '")
            || (sql.starts_with("CAST(") && sql.ends_with(" AS BIGNUMERIC)") && sql.matches(" AS ").count() == 1)
            || (sql.starts_with("AVG(CAST(") && sql.ends_with(" AS BIGNUMERIC))"));
        if is_wide {
            return Ok(text);
        }
        if let Some(inner) = sql.strip_prefix("CAST(").and_then(|rest| rest.strip_suffix(" AS NUMERIC)"))
            && !inner.contains(" AS ")
        {
            return Ok(Text::atom(format!("CAST({inner} AS BIGNUMERIC)")));
        }
        Ok(text.cast("BIGNUMERIC"))
    }

    fn bits(&mut self, name: &str, left: &Expr, right: &Expr) -> Result<Text> {
        let (left_text, mut right_text) = (self.expr(left)?, self.expr(right)?);
        if matches!(name, "<<" | ">>") {
            // The processor takes a distance by the bits of its register.
            let mask = if left.ty == Type::INT8 { 63 } else { 31 };
            right_text = match literals::constant_int(right) {
                Some(n) if (0..=mask).contains(&n) => right_text,
                Some(n) => Text::atom((n & mask).to_string()),
                None => Text::atom(format!("({} & {mask})", right_text.operand())),
            };
        }
        Ok(match name {
            "&" => Text::infix(&left_text, "&", &right_text, Level::BitAnd),
            "|" => Text::infix(&left_text, "|", &right_text, Level::BitOr),
            "#" => Text::infix(&left_text, "^", &right_text, Level::BitXor),
            "<<" => {
                if left.ty != Type::INT8 {
                    // What leaves the four bytes, or two, is lost, and the highest bit left is the sign.
                    let (all, sign) = if left.ty == Type::INT4 { ("0xffffffff", "0x80000000") } else { ("0xffff", "0x8000") };
                    return Ok(Text::new(
                        format!("((({} << {}) & {all}) ^ {sign}) - {sign}", left_text.tight(), right_text.tight()),
                        Level::Add,
                    ));
                }
                Text::infix(&left_text, "<<", &right_text, Level::Shift)
            }
            // GoogleSQL shifts zeros in from the left, PostgreSQL the sign.
            _ => Text::atom(format!(
                "IF({} < 0, ~((~{l}) >> {r}), {l} >> {r})",
                left_text.operand(),
                l = left_text.tight(),
                r = right_text.tight()
            )),
        })
    }
}

pub(super) fn is_number(ty: Type) -> bool {
    ty.is_integer() || ty.is_float() || ty == Type::NUMERIC
}

fn is_json(ty: Type) -> bool {
    matches!(ty, Type::JSON | Type::JSONB)
}

pub(super) fn is_temporal(ty: Type) -> bool {
    matches!(ty, Type::DATE | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::INTERVAL | Type::TIMETZ)
}

pub(super) fn refused(expr: &Expr, operator: &Signature) -> Report {
    let what = match operator.arguments.as_slice() {
        [left, right] => format!("the operator {left} {} {right}", operator.name),
        [operand] => format!("the operator {} {operand}", operator.name),
        _ => format!("the operator {}", operator.name),
    };
    refuse(what, expr.position, "It has no faithful form in BigQuery.")
}
