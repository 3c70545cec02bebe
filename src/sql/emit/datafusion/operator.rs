//! Operators: comparisons stay native where the engine compares as PostgreSQL does; the rest are functions.

use super::Printer;
use super::expr::scale;
use super::key::{is_plain_float, keyed};
use super::literal::{self, is_oid};
use super::numeric::{has_digits, reads_digits};
use crate::error::{Report, Result};
use crate::sql::tree::{Expr, ExprKind, Signature};
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type, range};

/// Operands that make a chain worth a call of its own.
const CHAIN_MIN: usize = 8;
/// Wildcards and escapes of a pattern that the engine's own LIKE gets.
const LIKE_WILDCARDS: usize = 8;

impl Printer<'_> {
    /// Prints an operator.
    pub(super) fn operator(&mut self, operator: &Signature, args: &[Expr], whole: &Expr) -> Result<String> {
        let name = operator.name.as_str();
        match args {
            [operand] => self.prefix(name, operand, whole),
            [left, right] if is_comparison(name) => self.comparison(operator, left, right),
            [left, right] => self.infix(name, left, right, whole),
            _ => Err(unknown(operator, whole)),
        }
    }

    fn prefix(&mut self, name: &str, operand: &Expr, whole: &Expr) -> Result<String> {
        let value = self.expr(operand)?;
        match name {
            "-" if is_number(operand.ty) => Ok(format!("pg_neg({value})")),
            "-" if operand.ty == Type::INTERVAL => Ok(format!("pg_interval_neg({value})")),
            "+" if is_number(operand.ty) => Ok(value),
            "@" if is_number(operand.ty) => Ok(format!("pg_abs({value})")),
            "~" if operand.ty == Type::BIT => Ok(format!("pg_bits_inverted({value})")),
            "~" if operand.ty.is_integer() => Ok(format!("pg_bit_not({value})")),
            "|/" => Ok(format!("pg_sqrt({value})")),
            "||/" => Ok(format!("pg_cbrt({value})")),
            _ => Err(Report::unsupported(format!("operator {name} {}", operand.ty)).at(whole.position)),
        }
    }

    fn infix(&mut self, name: &str, left: &Expr, right: &Expr, whole: &Expr) -> Result<String> {
        if let Some(text) = self.chain(whole)? {
            return Ok(text);
        }
        let (lt, rt) = (left.ty, right.ty);
        // Where the result's scale differs from row to row, the operands say theirs.
        let joins = name == "||" && whole.ty == Type::NUMERIC_ARRAY;
        let by_digits = has_digits(whole) && (joins || is_number(lt) && is_number(rt) && !matches!(name, "/" | "^"));
        let a = if by_digits { self.digits(left)? } else { self.expr(left)? };
        let b = if by_digits { self.digits(right)? } else { self.expr(right)? };
        let zone = self.zone_text();
        let call = |function: &str| Ok(format!("{function}({a}, {b})"));
        let refuse = || Err(Report::unsupported(format!("operator {lt} {name} {rt}")).at(whole.position));
        let text = |ty: Type| ty.is_string();
        match (name, lt, rt) {
            ("+", _, _) if is_number(lt) && is_number(rt) => call("pg_add"),
            ("-", _, _) if is_number(lt) && is_number(rt) => call("pg_sub"),
            ("*", _, _) if is_number(lt) && is_number(rt) => call("pg_mul"),
            ("/", Type::NUMERIC, Type::NUMERIC) => Ok(format!("pg_div({a}, {b}, {}, {})", scale(left.scale), scale(right.scale))),
            ("/", _, _) if is_number(lt) && is_number(rt) => call("pg_div"),
            ("%", _, _) if is_number(lt) && is_number(rt) => call("pg_mod"),
            ("^", Type::FLOAT8, Type::FLOAT8) => call("pg_power"),
            ("^", Type::NUMERIC, Type::NUMERIC) => Ok(format!("pg_numeric_power({a}, {b}, {}, {})", scale(left.scale), scale(right.scale))),
            ("&", _, _) if lt.is_integer() && rt.is_integer() => call("pg_bit_and"),
            ("|", _, _) if lt.is_integer() && rt.is_integer() => call("pg_bit_or"),
            ("#", _, _) if lt.is_integer() && rt.is_integer() => call("pg_bit_xor"),
            ("<<", _, _) if lt.is_integer() && rt.is_integer() => call("pg_shift_left"),
            (">>", _, _) if lt.is_integer() && rt.is_integer() => call("pg_shift_right"),
            ("&" | "|" | "#", Type::BIT, Type::BIT) => Ok(format!("pg_bits_combined('{name}', {a}, {b})")),
            ("<<", Type::BIT, _) => call("pg_bits_shifted"),
            (">>", Type::BIT, _) => Ok(format!("pg_bits_shifted({a}, -CAST({b} AS BIGINT))")),
            ("<<" | "<<=", Type::INET, Type::INET) => Ok(format!("pg_inet_holds({b}, {a}, {})", name == "<<")),
            (">>" | ">>=", Type::INET, Type::INET) => Ok(format!("pg_inet_holds({a}, {b}, {})", name == ">>")),
            ("||", Type::VARBIT, Type::VARBIT) => call("pg_concat_op"),
            ("~~", _, _) if text(lt) && text(rt) => Ok(self.like(&a, &b, right, false)),
            ("!~~", _, _) if text(lt) && text(rt) => Ok(self.like(&a, &b, right, true)),
            // Both sides in small letters, character by character: the engine's ILIKE takes more letters for the same one.
            ("~~*", _, _) if text(lt) && text(rt) => Ok(self.like(&format!("pg_lower({a})"), &format!("pg_lower({b})"), right, false)),
            ("!~~*", _, _) if text(lt) && text(rt) => Ok(self.like(&format!("pg_lower({a})"), &format!("pg_lower({b})"), right, true)),
            ("~", _, _) if text(lt) && text(rt) => Ok(format!("pg_regex({a}, {b}, '')")),
            ("~*", _, _) if text(lt) && text(rt) => Ok(format!("pg_regex({a}, {b}, 'i')")),
            ("!~", _, _) if text(lt) && text(rt) => Ok(format!("(NOT pg_regex({a}, {b}, ''))")),
            ("!~*", _, _) if text(lt) && text(rt) => Ok(format!("(NOT pg_regex({a}, {b}, 'i'))")),
            ("^@", _, _) if text(lt) && text(rt) => Ok(format!("starts_with({a}, {b})")),
            ("||", Type::JSONB, Type::JSONB) => call("pg_jsonb_concat"),
            ("||", Type::BYTEA, Type::BYTEA) => call("pg_bytea_concat"),
            ("||", _, _) if lt.is_array() && rt.is_array() => call("pg_array_cat"),
            ("||", _, _) if lt.is_array() => call("pg_array_append"),
            ("||", _, _) if rt.is_array() => call("pg_array_prepend"),
            ("||", _, _) if text(lt) || text(rt) => {
                let a = self.text_of(left, a)?;
                let b = self.text_of(right, b)?;
                Ok(format!("pg_concat_op({a}, {b})"))
            }
            ("->" | "->>", Type::JSON | Type::JSONB, _) => {
                let function = if rt.is_integer() { "pg_json_element" } else { "pg_json_field" };
                // A bare jsonb scalar is stored as an array of one, and the operator sees it.
                let a = if rt.is_integer() && lt == Type::JSONB { format!("pg_jsonb_items({a})") } else { a };
                Ok(format!("{function}({a}, {b}, {})", if name == "->" { "TRUE" } else { "FALSE" }))
            }
            ("#>" | "#>>", Type::JSON | Type::JSONB, _) => {
                Ok(format!("pg_json_path({a}, {b}, {})", if name == "#>" { "TRUE" } else { "FALSE" }))
            }
            ("@?", Type::JSONB, _) => Ok(format!("pg_jsonpath_exists({a}, {b}, '{{}}', TRUE)")),
            ("@@", Type::JSONB, _) => Ok(format!("pg_jsonpath_match({a}, {b}, '{{}}', TRUE)")),
            ("@>", Type::JSONB, Type::JSONB) => call("pg_jsonb_contains"),
            ("<@", Type::JSONB, Type::JSONB) => Ok(format!("pg_jsonb_contains({b}, {a})")),
            ("?", Type::JSONB, _) => call("pg_jsonb_exists"),
            ("?|", Type::JSONB, _) => call("pg_jsonb_exists_any"),
            ("?&", Type::JSONB, _) => call("pg_jsonb_exists_all"),
            ("-", Type::JSONB, _) => call("pg_jsonb_delete"),
            ("#-", Type::JSONB, _) => call("pg_jsonb_delete_path"),
            _ if is_range(lt) || is_range(rt) => range_operator(name, (lt, &a), (rt, &b)).map_or_else(refuse, Ok),
            ("@>", _, _) if lt.is_array() && rt.is_array() => call("pg_array_contains"),
            ("<@", _, _) if lt.is_array() && rt.is_array() => Ok(format!("pg_array_contains({b}, {a})")),
            ("&&", _, _) if lt.is_array() && rt.is_array() => call("pg_array_overlap"),
            ("+" | "-", Type::DATE, Type::INT4) | ("-", Type::DATE, Type::DATE) => {
                call(if name == "+" { "pg_date_add" } else { "pg_date_sub" })
            }
            ("+", Type::INT4, Type::DATE) => Ok(format!("pg_date_add({b}, {a})")),
            ("+" | "-", Type::TIMESTAMPTZ, Type::INTERVAL) => {
                Ok(format!("pg_tz_{}({a}, {b}, {zone})", if name == "+" { "add" } else { "sub" }))
            }
            ("+", Type::INTERVAL, Type::TIMESTAMPTZ) => Ok(format!("pg_tz_add({b}, {a}, {zone})")),
            ("+" | "-", Type::DATE | Type::TIMESTAMP | Type::TIME, Type::INTERVAL) => {
                call(if name == "+" { "pg_time_add" } else { "pg_time_sub" })
            }
            ("+", Type::INTERVAL, Type::DATE | Type::TIMESTAMP | Type::TIME) => Ok(format!("pg_time_add({b}, {a})")),
            ("-", Type::PG_LSN, Type::PG_LSN) => call("pg_lsn_diff"),
            ("+", Type::PG_LSN, Type::NUMERIC) => call("pg_lsn_add"),
            ("+", Type::NUMERIC, Type::PG_LSN) => Ok(format!("pg_lsn_add({b}, {a})")),
            ("-", Type::PG_LSN, Type::NUMERIC) => call("pg_lsn_sub"),
            ("+", Type::DATE, Type::TIME) => call("pg_date_time"),
            ("+", Type::TIME, Type::DATE) => Ok(format!("pg_date_time({b}, {a})")),
            ("-", Type::TIMESTAMP, Type::TIMESTAMP) | ("-", Type::TIMESTAMPTZ, Type::TIMESTAMPTZ) | ("-", Type::TIME, Type::TIME) => {
                call("pg_time_diff")
            }
            ("+", Type::INTERVAL, Type::INTERVAL) => call("pg_interval_add"),
            ("-", Type::INTERVAL, Type::INTERVAL) => call("pg_interval_sub"),
            ("*", Type::INTERVAL, Type::FLOAT8) => call("pg_interval_mul"),
            ("*", Type::FLOAT8, Type::INTERVAL) => Ok(format!("pg_interval_mul({b}, {a})")),
            ("/", Type::INTERVAL, Type::FLOAT8) => call("pg_interval_div"),
            _ => refuse(),
        }
    }

    /// A long chain of `+` and `-` over one type becomes one call: the planner asks for the type of each operand of each call anew.
    fn chain(&mut self, whole: &Expr) -> Result<Option<String>> {
        if whole.ty.is_string() {
            return self.concatenation(whole);
        }
        if !is_number(whole.ty) {
            return Ok(None);
        }
        let (mut signs, mut operands, mut rest) = (String::new(), Vec::new(), whole);
        while let ExprKind::Operator { operator, args } = &rest.kind
            && let ("+" | "-", [left, right]) = (operator.name.as_str(), args.as_slice())
            && left.ty == whole.ty
            && right.ty == whole.ty
        {
            signs.push_str(&operator.name);
            operands.push(right);
            rest = left;
        }
        if operands.len() < CHAIN_MIN {
            return Ok(None);
        }
        operands.push(rest);
        let signs = literal::text(&signs.chars().rev().collect::<String>());
        let operands = operands.into_iter().rev();
        if whole.ty != Type::NUMERIC {
            let texts = operands.map(|operand| self.expr(operand)).collect::<Result<Vec<_>>>()?;
            return Ok(Some(format!("pg_chain({signs}, {})", texts.join(", "))));
        }
        let texts = operands.map(|operand| self.digits(operand)).collect::<Result<Vec<_>>>()?;
        let total = format!("pg_digits_chain({signs}, {})", texts.join(", "));
        // Where an operand carries its digits, whoever asks for the whole turns it into a decimal.
        Ok(Some(if has_digits(whole) || reads_digits(whole) { total } else { format!("pg_decimal({total}, {})", scale(whole.scale)) }))
    }

    /// A long chain of `||` over texts, likewise.
    fn concatenation(&mut self, whole: &Expr) -> Result<Option<String>> {
        let (mut operands, mut rest) = (Vec::new(), whole);
        while let ExprKind::Operator { operator, args } = &rest.kind
            && let ("||", [left, right]) = (operator.name.as_str(), args.as_slice())
            && rest.ty.is_string()
            && (left.ty.is_string() || right.ty.is_string())
            && !left.ty.is_array()
            && !right.ty.is_array()
        {
            operands.push(right);
            rest = left;
        }
        if operands.len() < CHAIN_MIN {
            return Ok(None);
        }
        operands.push(rest);
        let texts = operands.into_iter().rev().map(|operand| {
            let value = self.expr(operand)?;
            self.text_of(operand, value)
        });
        Ok(Some(format!("pg_concat_op({})", texts.collect::<Result<Vec<_>>>()?.join(", "))))
    }

    /// Prints an operand of `||` as text.
    fn text_of(&mut self, operand: &Expr, value: String) -> Result<String> {
        if operand.ty.is_string() || matches!(operand.ty, Type::JSON | Type::JSONB) {
            return Ok(value);
        }
        let shown = scale(operand.scale);
        Ok(format!("pg_cast({value}, {}, 'text', -1, {shown}, {})", literal::text(operand.ty.name()), self.zone_text()))
    }

    /// Prints a comparison.
    pub(super) fn comparison(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<String> {
        let name = operator.name.as_str();
        // A date column against a timestamp stays a bare column, so that partitions and row groups can be pruned.
        if let (Type::DATE, Type::TIMESTAMP, ExprKind::Column { .. }, "<" | "<=" | ">" | ">=") = (left.ty, right.ty, &left.kind, name) {
            let round = if matches!(name, "<=" | ">") { "pg_date_floor" } else { "pg_date_ceil" };
            return Ok(format!("({} {name} {round}({}))", self.expr(left)?, self.expr(right)?));
        }
        let (a, b) = self.comparable(operator, left, right)?;
        Ok(match name {
            "<" | "<=" | ">" | ">=" if self.within_key => format!("pg_ordered({a}, '{name}', {b})"),
            _ => format!("({a} {name} {b})"),
        })
    }

    /// Prints two operands in forms that compare natively as PostgreSQL compares the operands.
    pub(super) fn comparable(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<(String, String)> {
        let a = self.expr(left)?;
        let b = self.expr(right)?;
        let lt = operator.arguments.first().copied().unwrap_or(left.ty);
        let rt = operator.arguments.last().copied().unwrap_or(right.ty);
        let zone = self.zone_text();
        let stamp = |value: &str| format!("arrow_cast({value}, 'Timestamp(Microsecond, None)')");
        let zoned = |value: &str, ty: Type| format!("pg_cast({value}, '{}', 'timestamptz', -1, -1, {zone})", ty.name());
        if is_number(lt) && is_number(rt) && (has_digits(left) || has_digits(right) || self.may_not_align(left, right)) {
            return Ok((format!("pg_numeric_key({a})"), format!("pg_numeric_key({b})")));
        }
        let key = |value: &str| keyed(value, lt, -1, NumericScale::Fixed(0));
        if lt.is_float() && rt.is_float() {
            let native = self.is_stored(left) && is_plain_float(right) || self.is_stored(right) && is_plain_float(left);
            return Ok(if native { (a, b) } else { (key(&a), keyed(&b, rt, -1, NumericScale::Fixed(0))) });
        }
        Ok(match (lt, rt) {
            (Type::DATE, Type::TIMESTAMP) => (stamp(&a), b),
            (Type::TIMESTAMP, Type::DATE) => (a, stamp(&b)),
            (Type::DATE | Type::TIMESTAMP, Type::TIMESTAMPTZ) => (zoned(&a, lt), b),
            (Type::TIMESTAMPTZ, Type::DATE | Type::TIMESTAMP) => (a, zoned(&b, rt)),
            (Type::INTERVAL | Type::JSONB | Type::INET | Type::NUMRANGE | Type::PG_LSN | Type::XID8, _) if lt == rt => (key(&a), key(&b)),
            (Type::BPCHAR, Type::BPCHAR) => (format!("rtrim({a}, ' ')"), format!("rtrim({b}, ' ')")),
            (Type::RECORD | Type::JSON, _) => {
                return Err(Report::unsupported(format!("a comparison of type {lt}")).at(left.position));
            }
            _ if lt.is_array() => (format!("pg_compare_array({a}, {b})"), "CAST(0 AS INT)".into()),
            _ if is_number(lt) && is_number(rt) || lt.is_string() && rt.is_string() || is_oid(lt) && is_oid(rt) || lt == rt => (a, b),
            _ if is_oid(lt) && rt.is_integer() || lt.is_integer() && is_oid(rt) => {
                (format!("CAST({a} AS BIGINT)"), format!("CAST({b} AS BIGINT)"))
            }
            _ => return Err(Report::unsupported(format!("operator {lt} {} {rt}", operator.name)).at(left.position)),
        })
    }

    /// Prints LIKE: natively where the pattern is known and has few wildcards. Of any other the engine would make a regular expression that
    /// takes long, and one for each row.
    fn like(&self, value: &str, pattern: &str, expr: &Expr, not: bool) -> String {
        let wildcards = |text: &str| text.chars().filter(|c| matches!(c, '%' | '_' | '\\')).count();
        // An escape character at the end is an error for the texts that are read so far.
        let dangling = |text: &str| (text.len() - text.trim_end_matches('\\').len()) % 2 == 1;
        let plain = |text: &str| wildcards(text) <= LIKE_WILDCARDS && !dangling(text);
        let short = matches!(self.constant(expr), Some(Literal::Text(text)) if plain(&text));
        match (short, not) {
            (true, false) => format!("({value} LIKE {pattern})"),
            (true, true) => format!("({value} NOT LIKE {pattern})"),
            (false, false) => format!("pg_like({value}, {pattern})"),
            (false, true) => format!("(NOT pg_like({value}, {pattern}))"),
        }
    }

    /// Tells whether two decimals may leave the engine no type for both: a computed one has as many digits as there are, and lacks those that
    /// stand behind the other's point.
    fn may_not_align(&self, left: &Expr, right: &Expr) -> bool {
        let (NumericScale::Fixed(a), NumericScale::Fixed(b), Type::NUMERIC, Type::NUMERIC) = (left.scale, right.scale, left.ty, right.ty)
        else {
            return false;
        };
        let shorter = if a < b { left } else { right };
        a != b && !self.is_stored(shorter) && !matches!(shorter.kind, ExprKind::Literal(_))
    }

    /// Tells whether an expression is a column of a table as it is stored.
    fn is_stored(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Column { relation, .. } if self.stored.contains(relation))
    }

    /// `left op ANY|ALL (array)`.
    pub(super) fn any_array(&mut self, operator: &Signature, left: &Expr, array: &Expr, all: bool) -> Result<String> {
        let name = operator.name.as_str();
        // A written list keeps its native form: IN, or a chain of comparisons.
        if let ExprKind::Array(items) = &array.kind
            && !items.is_empty()
        {
            if matches!((name, all), ("=", false) | ("<>", true)) {
                return self.in_list(operator, left, items, all);
            }
            let mut parts = Vec::new();
            for item in items {
                let whole = Expr::new(ExprKind::Not(Box::new(item.clone())), Type::BOOL, left.position);
                parts.push(self.operator(operator, &[left.clone(), item.clone()], &whole)?);
            }
            return Ok(format!("({})", parts.join(if all { " AND " } else { " OR " })));
        }
        let lt = operator.arguments.first().copied().unwrap_or(left.ty);
        if matches!(lt, Type::INTERVAL | Type::JSONB | Type::INET | Type::PG_LSN | Type::XID8 | Type::RECORD)
            || lt == Type::NUMRANGE
            || is_range(lt) && !is_comparison(name)
        {
            return Err(Report::unsupported(format!("{name} ANY over {lt}")).at(left.position));
        }
        let value = self.expr(left)?;
        let array_text = self.expr(array)?;
        Ok(format!("pg_any({value}, {}, {array_text}, {})", literal::text(name), if all { "TRUE" } else { "FALSE" }))
    }
}

/// Prints an operator of ranges; `None` for one that is not known.
fn range_operator(name: &str, (lt, a): (Type, &str), (rt, b): (Type, &str)) -> Option<String> {
    let call = |function: &str, ty: Type, a: &str, b: &str| Some(format!("pg_range_{function}({}, {a}, {b})", literal::text(ty.name())));
    match (name, is_range(lt), is_range(rt)) {
        ("@>", true, true) => call("contains", lt, a, b),
        ("<@", true, true) => call("contains", lt, b, a),
        ("@>", true, false) => call("holds", lt, a, b),
        ("<@", false, true) => call("holds", rt, b, a),
        ("&&", true, true) => call("overlaps", lt, a, b),
        ("<<", true, true) => call("before", lt, a, b),
        (">>", true, true) => call("before", lt, b, a),
        ("&<", true, true) => call("not_right", lt, a, b),
        ("&>", true, true) => call("not_left", lt, a, b),
        ("-|-", true, true) => call("adjacent", lt, a, b),
        ("+", true, true) => call("union", lt, a, b),
        ("*", true, true) => call("intersection", lt, a, b),
        ("-", true, true) => call("minus", lt, a, b),
        _ => None,
    }
}

fn is_range(ty: Type) -> bool {
    range::subtype(ty).is_some()
}

pub(super) fn is_number(ty: Type) -> bool {
    ty.is_integer() || ty.is_float() || ty == Type::NUMERIC
}

pub(super) fn is_comparison(name: &str) -> bool {
    matches!(name, "=" | "<>" | "<" | "<=" | ">" | ">=")
}

fn unknown(operator: &Signature, whole: &Expr) -> Report {
    Report::unsupported(format!("operator {}", operator.name)).at(whole.position)
}
