//! Comparisons: `=`, `<`, IN, ANY and ALL over arrays, by operand types.

use super::text::{Level, chain};
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints both operands of a comparison in a form in which GoogleSQL compares them as PostgreSQL does.
    pub fn comparable(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<(Text, Text)> {
        let (left_text, right_text) = (self.expr(left)?, self.expr(right)?);
        self.alike(operator, left_text, left.ty, right_text, right.ty, left.position)
    }

    /// Prints `left op right` of a comparison operator.
    pub fn comparison(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        if let Some(text) = self.date_against_moment(operator, left, right)? {
            return Ok(text);
        }
        let (left_text, right_text) = (self.expr(left)?, self.expr(right)?);
        let plain = self.compare_texts(operator, left_text.clone(), left.ty, right_text.clone(), right.ty, left.position)?;
        Ok(super::nan::compared(&operator.name, (left, &left_text), (right, &right_text), plain))
    }

    /// Compares printed operands.
    pub fn compare_texts(
        &mut self,
        operator: &Signature,
        left: Text,
        left_ty: Type,
        right: Text,
        right_ty: Type,
        position: Option<u32>,
    ) -> Result<Text> {
        let name = operator.name.as_str();
        if !matches!(name, "=" | "<>" | "<" | "<=" | ">" | ">=") {
            return Err(refuse(format!("the operator {name} here"), position, "Use =, <>, <, <=, > or >=."));
        }
        let json = matches!(left_ty, Type::JSON | Type::JSONB) || left_ty.is_array();
        let sorts_as_text = |ty: Type| matches!(ty, Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::NAME_ARRAY);
        if !matches!(name, "=" | "<>")
            && sorts_as_text(left_ty)
            && sorts_as_text(right_ty)
            && let (Some(left), Some(right)) = (self.array_order(&left, left_ty), self.array_order(&right, right_ty))
        {
            return Ok(Text::infix(&left, name, &right, Level::Compare));
        }
        if json && !matches!(name, "=" | "<>") {
            return Err(refuse(
                format!("{name} between values of type {left_ty}"),
                position,
                "Compare a number or a text taken out of it.",
            ));
        }
        let (left, right) = self.alike(operator, left, left_ty, right, right_ty, position)?;
        Ok(Text::infix(&left, name, &right, Level::Compare))
    }

    fn alike(
        &mut self,
        operator: &Signature,
        left: Text,
        left_ty: Type,
        right: Text,
        right_ty: Type,
        position: Option<u32>,
    ) -> Result<(Text, Text)> {
        let known = |ty: Type| {
            matches!(
                ty,
                Type::BOOL
                    | Type::TEXT
                    | Type::VARCHAR
                    | Type::NAME
                    | Type::BYTEA
                    | Type::NUMERIC
                    | Type::FLOAT8
                    | Type::UUID
                    | Type::OID
                    | Type::TIME
                    | Type::INTERVAL
                    | Type::UNKNOWN
                    | Type::DATERANGE
                    | Type::TSRANGE
                    | Type::TSTZRANGE
            ) || ty.is_integer()
        };
        let moment = |ty: Type| matches!(ty, Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ);
        if moment(left_ty) && moment(right_ty) {
            let common = if left_ty == Type::TIMESTAMPTZ || right_ty == Type::TIMESTAMPTZ {
                Type::TIMESTAMPTZ
            } else if left_ty == Type::TIMESTAMP || right_ty == Type::TIMESTAMP {
                Type::TIMESTAMP
            } else {
                Type::DATE
            };
            return Ok((self.as_moment(left, left_ty, common), self.as_moment(right, right_ty, common)));
        }
        if (known(left_ty) && known(right_ty))
            || (left_ty == Type::FLOAT4 && right_ty.is_float())
            || (left_ty.is_float() && right_ty == Type::FLOAT4)
        {
            return Ok((left, right));
        }
        if matches!(left_ty, Type::JSONB) && left_ty == right_ty {
            if has_plain_json_literal(&left) || has_plain_json_literal(&right) {
                return Ok((json_as_text(left), json_as_text(right)));
            }
            return Ok((json_key(left), json_key(right)));
        }
        if let (Some(one), Some(other)) = (left_ty.element(), right_ty.element())
            && (one == other || (one.is_integer() && other.is_integer()) || (one.is_string() && other.is_string()))
            && (one.is_integer()
                || one.is_string()
                || matches!(one, Type::BOOL | Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::NUMERIC))
            && one != Type::BPCHAR
        {
            // The text of a NULL array is null as well.
            let key = |side: Text| {
                let present = side.to_string().starts_with('[');
                Text::atom(if present {
                    format!("TO_JSON_STRING({side})")
                } else {
                    format!("IF({} IS NULL, NULL, TO_JSON_STRING({side}))", side.operand())
                })
            };
            return Ok((key(left), key(right)));
        }
        Err(refuse(
            format!("{} between {left_ty} and {right_ty}", operator.name),
            position,
            "Cast both sides to text, a number or a timestamp.",
        ))
    }

    /// A date against a moment that is the same for every row: the date stays bare, so that partitions are pruned by it.
    fn date_against_moment(&mut self, operator: &Signature, left: &Expr, right: &Expr) -> Result<Option<Text>> {
        let (date, moment, name) = match (left.ty, right.ty) {
            (Type::DATE, Type::TIMESTAMP | Type::TIMESTAMPTZ) if is_fixed(right) => (left, right, operator.name.as_str()),
            (Type::TIMESTAMP | Type::TIMESTAMPTZ, Type::DATE) if is_fixed(left) => (right, left, mirrored(&operator.name)),
            _ => return Ok(None),
        };
        if is_fixed(date) || (moment.ty == Type::TIMESTAMPTZ && !self.is_utc()) {
            return Ok(None);
        }
        let midnight = is_midnight(moment);
        let name = match name {
            name @ ("=" | "<>") if midnight => name,
            name @ ("<" | "<=" | ">" | ">=") if midnight => name,
            // Within a day: the day itself begins before the moment, the next one after it. Where the moment may also be a
            // midnight, that is the same for <= and > only.
            "<=" => "<=",
            ">" => ">",
            "<" if is_within_day(moment) => "<=",
            ">=" if is_within_day(moment) => ">",
            _ => return Ok(None),
        };
        let micros = match moment.kind {
            ExprKind::Literal(Literal::Timestamp(micros) | Literal::TimestampTz(micros)) => Some(micros),
            _ => None,
        };
        let days = micros.and_then(|micros| i32::try_from(micros.div_euclid(DAY)).ok());
        let day = match days {
            Some(days) => self.expr(&Expr::literal(Literal::Date(days), Type::DATE, moment.position))?,
            None => Text::call("DATE", &[self.expr(moment)?]),
        };
        Ok(Some(Text::infix(&self.expr(date)?, name, &day, Level::Compare)))
    }

    /// `expr [NOT] IN (list)`.
    pub fn in_list(&mut self, operator: &Signature, expr: &Expr, list: &[Expr], negated: bool) -> Result<Text> {
        let plain = list.iter().all(|item| item.ty == expr.ty || (item.ty.is_integer() && expr.ty.is_integer()))
            && (types::groupable(expr.ty) || expr.ty == Type::INTERVAL);
        let nan = super::nan::may_be_nan(expr) && list.iter().any(super::nan::may_be_nan);
        if plain && !nan {
            let items = self.exprs(list)?;
            let word = if negated { "NOT IN" } else { "IN" };
            return Ok(Text::new(format!("{} {word} ({})", self.expr(expr)?.operand(), text::list(&items)), Level::Compare));
        }
        let mut conditions = Vec::new();
        for item in list {
            conditions.push(self.comparison(operator, expr, item)?);
        }
        let any = chain(&conditions, "OR", Level::Or);
        Ok(if negated { Text::new(format!("NOT {}", any.at(Level::Compare)), Level::Not) } else { any })
    }

    /// `left op ANY|ALL (array)`.
    pub fn any_array(&mut self, expr: &Expr, operator: &Signature, left: &Expr, array: &Expr, all: bool) -> Result<Text> {
        let name = operator.name.as_str();
        let element = array.ty.element().unwrap_or(Type::TEXT);
        let alike = left.ty == element || (left.ty.is_integer() && element.is_integer()) || (left.ty.is_string() && element.is_string());
        let (text, array_text) = (self.expr(left)?, self.expr(array)?);
        let nan = super::nan::may_be_nan(left) && super::nan::may_hold_nan(array);
        if alike && !nan && types::groupable(left.ty) && ((name == "=" && !all) || (name == "<>" && all)) {
            let word = if all { "NOT IN" } else { "IN" };
            let plain = Text::new(format!("{} {word} UNNEST({array_text})", text.operand()), Level::Compare);
            if literals::is_constant(array) || matches!(array.kind, ExprKind::Array(_)) || self.never_null(array) {
                return Ok(plain);
            }
            // IN UNNEST of a NULL array is FALSE in GoogleSQL, NULL in PostgreSQL.
            return Ok(Text::atom(format!("IF({} IS NULL, NULL, {plain})", array_text.operand())));
        }
        if matches!(name, "~~" | "!~~" | "~~*" | "!~~*" | "~" | "!~" | "~*" | "!~*")
            && let Some(items) = constant_elements(array, element)
        {
            let mut conditions = Vec::new();
            for item in &items {
                let condition = if name.contains("~~") { self.like(expr, name, left, item)? } else { self.regex_match(name, left, item)? };
                conditions.push(condition);
            }
            return Ok(match (conditions.is_empty(), all) {
                (true, all) => Text::atom(if all { "TRUE" } else { "FALSE" }),
                (false, true) => chain(&conditions, "AND", Level::And),
                (false, false) => chain(&conditions, "OR", Level::Or),
            });
        }
        if !matches!(name, "=" | "<>" | "<" | "<=" | ">" | ">=" | "~~" | "!~~" | "~~*" | "!~~*") {
            return Err(refuse(format!("{name} ANY or ALL of an array"), expr.position, "Use a comparison."));
        }
        self.enters_subquery(left)?;
        self.enters_subquery(array)?;
        let item = self.alias("item");
        let condition = if name.contains("~~") {
            let word = if name.starts_with('!') { "NOT LIKE" } else { "LIKE" };
            let lower = |text: Text, value: &Expr| if name.ends_with('*') { letters::lowered(&text, value) } else { text };
            let (text, pattern) = (lower(text, left), lower(Text::atom(item.clone()), array));
            Text::new(format!("{} {word} {}", text.operand(), pattern.operand()), Level::Compare)
        } else {
            let item = Text::atom(item.clone());
            let plain = self.compare_texts(operator, text.clone(), left.ty, item.clone(), element, expr.position)?;
            let of_rows = Expr::new(ExprKind::Column { relation: RelationId(u32::MAX), column: 0 }, element, expr.position);
            if nan { super::nan::compared(name, (left, &text), (&of_rows, &item), plain) } else { plain }
        };
        let (call, empty, decided) = if all { ("LOGICAL_AND", "TRUE", "FALSE") } else { ("LOGICAL_OR", "FALSE", "TRUE") };
        Ok(Text::atom(format!(
            "(SELECT CASE WHEN {array} IS NULL THEN NULL WHEN {call}({condition}) IS {decided} THEN {decided} WHEN COUNTIF(({condition}) IS NULL) > 0 THEN NULL ELSE {empty} END FROM UNNEST({array_text}) AS {item})",
            array = array_text.operand(),
        )))
    }
}

/// Returns the elements of an array of constants as expressions.
fn constant_elements(array: &Expr, element: Type) -> Option<Vec<Expr>> {
    match &array.kind {
        ExprKind::Array(items) => items.iter().all(|item| literals::constant_text(item).is_some()).then(|| items.clone()),
        ExprKind::Literal(Literal::Array(items)) => items
            .iter()
            .map(|item| matches!(item, Literal::Text(_)).then(|| Expr::literal(item.clone(), element, array.position)))
            .collect(),
        ExprKind::Cast { expr, .. } if expr.ty.is_array() => constant_elements(expr, element),
        _ => None,
    }
}

/// The text of a JSON value; that of NULL would be null.
pub(super) fn json_as_text(side: Text) -> Text {
    if side.to_string().starts_with("JSON '") {
        return Text::call("TO_JSON_STRING", &[side]);
    }
    Text::atom(format!("IF({} IS NULL, NULL, TO_JSON_STRING({side}))", side.operand()))
}

/// A text that is the same for equal JSON values: 1.0 is 1, but not within a string, which is stepped over.
pub(super) fn json_key(side: Text) -> Text {
    key_of_json_text(&json_as_text(side))
}

/// The same, made of the text that [`json_as_text`] gives.
pub(super) fn key_of_json_text(text: &Text) -> Text {
    Text::atom(format!("REGEXP_REPLACE({text}, r'(\"(?:[^\"\\\\]|\\\\.)*\")|(\\d)\\.0([,}}\\]]|$)', r'\\1\\2\\3')"))
}

/// Two JSON texts are equal when their values are, unless one writes a number as 1.0 and the other as 1: a constant without
/// numbers is safe on one side.
fn has_plain_json_literal(text: &Text) -> bool {
    let sql = text.to_string();
    sql.starts_with("JSON '") && !sql.contains(|c: char| c.is_ascii_digit())
}

const DAY: i64 = 86_400_000_000;

/// Tells whether an expression has one value in the whole statement.
fn is_fixed(expr: &Expr) -> bool {
    let mut fixed = !matches!(
        expr.kind,
        ExprKind::Column { .. } | ExprKind::Aggregate(_) | ExprKind::Window(_) | ExprKind::Subquery { .. } | ExprKind::Grouping(_)
    );
    super::select::for_operands(expr, &mut |operand| fixed &= is_fixed(operand));
    fixed
}

/// Tells whether a moment surely is a midnight.
fn is_midnight(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Timestamp(micros) | Literal::TimestampTz(micros)) => micros.rem_euclid(DAY) == 0,
        ExprKind::Cast { expr, .. } => expr.ty == Type::DATE || is_midnight(expr),
        ExprKind::Call { function, args } if function.name == "date_trunc" => args
            .first()
            .and_then(literals::constant_text)
            .is_some_and(|unit| matches!(unit.trim_end_matches('s'), "day" | "week" | "month" | "quarter" | "year")),
        ExprKind::Operator { args, .. } => match args.as_slice() {
            [moment, Expr { kind: ExprKind::Literal(Literal::Interval { micros: 0, .. }), .. }] => {
                moment.ty == Type::DATE || is_midnight(moment)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Tells whether a moment surely is no midnight.
fn is_within_day(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Literal::Timestamp(micros) | Literal::TimestampTz(micros)) if micros.rem_euclid(DAY) != 0)
}

fn mirrored(name: &str) -> &str {
    match name {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}
