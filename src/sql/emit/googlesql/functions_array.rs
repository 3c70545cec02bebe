//! Arrays: functions, operators, subscripts, slices. PostgreSQL counts from 1 and gives NULL outside.

use super::*;
use crate::catalog::model::TableKind;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Prints an array function; `None` if it is none.
    pub fn array_function(&mut self, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        let text = match (function.name.as_str(), args) {
            // An empty array has no length.
            ("array_length" | "array_upper", [array, dimension]) if literals::constant_int(dimension) == Some(1) => {
                Text::atom(format!("NULLIF(ARRAY_LENGTH({}), 0)", self.expr(array)?))
            }
            ("cardinality", [array]) => Text::call("ARRAY_LENGTH", &[self.expr(array)?]),
            ("array_append", [array, item]) => self.joined(array, None, Some(item))?,
            ("array_prepend", [item, array]) => self.joined(array, Some(item), None)?,
            ("array_cat", [left, right]) => self.concatenated(left, right)?,
            ("array_to_string", [array, separator, rest @ ..]) if rest.len() <= 1 => {
                let text = self.elements_as_text(array)?;
                let mut items = vec![text, self.expr(separator)?];
                items.extend(self.exprs(rest)?);
                Text::call("ARRAY_TO_STRING", &items)
            }
            ("array_position", [array, item]) => {
                self.enters_subquery(array)?;
                self.enters_subquery(item)?;
                let (e, o) = (self.alias("item"), self.alias("place"));
                Text::atom(format!(
                    "(SELECT MIN({o}) + 1 FROM UNNEST({}) AS {e} WITH OFFSET AS {o} WHERE {e} IS NOT DISTINCT FROM {})",
                    self.expr(array)?,
                    self.expr(item)?.operand()
                ))
            }
            ("array_lower", [array, dimension]) if literals::constant_int(dimension) == Some(1) => {
                Text::atom(format!("IF(ARRAY_LENGTH({}) > 0, 1, NULL)", self.expr(array)?))
            }
            ("array_ndims", [array]) => Text::atom(format!("IF(ARRAY_LENGTH({}) > 0, 1, NULL)", self.expr(array)?)),
            ("array_dims", [array]) => {
                let length = Text::call("ARRAY_LENGTH", &[self.expr(array)?]);
                Text::atom(format!("IF({length} > 0, CONCAT('[1:', CAST({length} AS STRING), ']'), NULL)"))
            }
            ("array_positions", [array, item]) => {
                self.enters_subquery(array)?;
                self.enters_subquery(item)?;
                let (e, o) = (self.alias("item"), self.alias("place"));
                let (array, item) = (self.expr(array)?, self.expr(item)?);
                Text::atom(format!(
                    "IF({} IS NULL, NULL, ARRAY(SELECT {o} + 1 FROM UNNEST({array}) AS {e} WITH OFFSET AS {o} WHERE {e} IS NOT DISTINCT FROM {} ORDER BY {o}))",
                    array.operand(),
                    item.operand()
                ))
            }
            ("trim_array", [array, n]) => {
                let n = self.expr(n)?;
                self.enters_subquery(array)?;
                let (e, o) = (self.alias("item"), self.alias("place"));
                let text = self.expr(array)?;
                Text::atom(format!(
                    "IF({t} IS NULL OR {n} IS NULL, NULL, IF({n} < 0 OR {n} > ARRAY_LENGTH({text}), ERROR(CONCAT('number of elements to trim must be between 0 and ', CAST(ARRAY_LENGTH({text}) AS STRING))), ARRAY(SELECT {e} FROM UNNEST({text}) AS {e} WITH OFFSET AS {o} WHERE {o} < ARRAY_LENGTH({text}) - {n} ORDER BY {o})))",
                    t = text.operand(),
                    n = n.operand()
                ))
            }
            ("array_fill", [value, lengths]) => {
                let ExprKind::Array(lengths) = &lengths.kind else {
                    return Err(refuse(
                        "array_fill() of several dimensions",
                        lengths.position,
                        "BigQuery has arrays of one dimension only.",
                    ));
                };
                let [length] = lengths.as_slice() else { return Ok(None) };
                self.enters_subquery(value)?;
                let (value, length) = (self.expr(value)?, self.expr(length)?);
                Text::atom(format!("ARRAY(SELECT {value} FROM UNNEST(GENERATE_ARRAY(1, {length})))"))
            }
            ("array_remove", [array, item]) => {
                self.enters_subquery(item)?;
                let item = self.expr(item)?;
                self.mapped(array, |e| (e.to_owned(), format!(" WHERE {e} IS DISTINCT FROM {}", item.operand())))?
            }
            ("array_replace", [array, from, to]) => {
                let (from, to) = (self.expr(from)?, self.expr(to)?);
                self.mapped(array, |e| (format!("IF({e} IS NOT DISTINCT FROM {}, {to}, {e})", from.operand()), String::new()))?
            }
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    /// The text of an array: `{1,NULL,"a b"}` (array_out).
    pub fn array_text(&mut self, array: &Expr) -> Result<Text> {
        let element = array.ty.element().unwrap_or(Type::TEXT);
        let texts = self.elements_as_text(array)?;
        let item = self.alias("item");
        let place = self.alias("place");
        let quoted = match element {
            ty if ty.is_integer() || matches!(ty, Type::NUMERIC | Type::FLOAT8 | Type::DATE | Type::UUID) => item.clone(),
            Type::BOOL => format!("LEFT({item}, 1)"),
            _ => format!(
                "IF({item} = '' OR UPPER({item}) = 'NULL' OR REGEXP_CONTAINS({item}, r'[{{}},\"\\\\\\s]'), CONCAT('\"', REPLACE(REPLACE({item}, '\\\\', '\\\\\\\\'), '\"', '\\\\\"'), '\"'), {item})"
            ),
        };
        let made =
            format!("ARRAY(SELECT COALESCE({quoted}, 'NULL') FROM UNNEST({texts}) AS {item} WITH OFFSET AS {place} ORDER BY {place})");
        Ok(Text::atom(format!("CONCAT('{{', IF({} IS NULL, NULL, ARRAY_TO_STRING({made}, ',')), '}}')", texts.operand())))
    }

    /// Prints an operator with an array among its operands.
    pub fn array_operator(&mut self, expr: &Expr, operator: &Signature, left: &Expr, right: &Expr) -> Result<Text> {
        if operator.name != "||" {
            self.enters_subquery(left)?;
            self.enters_subquery(right)?;
        }
        let e = self.alias("item");
        match (operator.name.as_str(), left.ty.is_array(), right.ty.is_array()) {
            ("||", true, true) => self.concatenated(left, right),
            ("||", true, false) => self.joined(left, None, Some(right)),
            ("||", false, true) => self.joined(right, Some(left), None),
            (name @ ("@>" | "<@"), true, true) => {
                let (whole, part) = if name == "@>" { (left, right) } else { (right, left) };
                let (whole, part) = (self.expr(whole)?, self.expr(part)?);
                Ok(Text::atom(format!(
                    "IF({} IS NULL OR {} IS NULL, NULL, NOT EXISTS(SELECT 1 FROM UNNEST({part}) AS {e} WHERE COALESCE({e} NOT IN UNNEST({whole}), TRUE)))",
                    whole.operand(),
                    part.operand()
                )))
            }
            ("&&", true, true) => {
                let (left, right) = (self.expr(left)?, self.expr(right)?);
                Ok(Text::atom(format!(
                    "IF({} IS NULL OR {} IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST({left}) AS {e} WHERE {e} IN UNNEST({right})))",
                    left.operand(),
                    right.operand()
                )))
            }
            _ => Err(super::operators::refused(expr, operator)),
        }
    }

    /// `array || item`: a NULL array counts as empty.
    fn joined(&mut self, array: &Expr, before: Option<&Expr>, after: Option<&Expr>) -> Result<Text> {
        let array = self.or_empty(array)?;
        let one = |text: Text| Text::atom(format!("[{text}]"));
        let mut items = Vec::new();
        items.extend(before.map(|item| self.expr(item)).transpose()?.map(one));
        items.push(array);
        items.extend(after.map(|item| self.expr(item)).transpose()?.map(one));
        Ok(Text::call("ARRAY_CONCAT", &items))
    }

    fn concatenated(&mut self, left: &Expr, right: &Expr) -> Result<Text> {
        if is_present(left) || is_present(right) {
            let items = [self.or_empty(left)?, self.or_empty(right)?];
            return Ok(Text::call("ARRAY_CONCAT", &items));
        }
        let (a, b) = (self.expr(left)?, self.expr(right)?);
        Ok(Text::call("COALESCE", &[Text::call("ARRAY_CONCAT", &[a.clone(), b.clone()]), a, b]))
    }

    fn or_empty(&mut self, array: &Expr) -> Result<Text> {
        let text = self.expr(array)?;
        Ok(if is_present(array) || self.never_null(array) { text } else { Text::atom(format!("COALESCE({text}, [])")) })
    }

    /// Makes an array from another, element by element, in order.
    fn mapped(&mut self, array: &Expr, f: impl FnOnce(&str) -> (String, String)) -> Result<Text> {
        self.enters_subquery(array)?;
        let (e, o) = (self.alias("item"), self.alias("place"));
        let text = self.expr(array)?;
        let (element, filter) = f(&e);
        let made = format!("ARRAY(SELECT {element} FROM UNNEST({text}) AS {e} WITH OFFSET AS {o}{filter} ORDER BY {o})");
        Ok(Text::atom(if is_present(array) { made } else { format!("IF({} IS NULL, NULL, {made})", text.operand()) }))
    }

    pub fn elements_as_text(&mut self, array: &Expr) -> Result<Text> {
        if array.ty.element().is_some_and(|element| element.is_string() && element != Type::BPCHAR) {
            return self.expr(array);
        }
        let to = Expr::new(ExprKind::Row(Vec::new(), RowOf::Fields), Type::TEXT_ARRAY, array.position);
        self.cast(array, &to, true)
    }

    /// Prints `array[index]`, or a step into jsonb.
    pub fn subscript(&mut self, expr: &Expr, array: &Expr, index: &Expr) -> Result<Text> {
        if matches!(array.ty, Type::JSON | Type::JSONB) {
            return self.json_operator(expr, "->", array, index);
        }
        if !array.ty.is_array() || expr.ty.is_array() {
            return Err(refuse(format!("a subscript of {}", array.ty), expr.position, "BigQuery has arrays of one dimension only."));
        }
        Ok(Text::atom(format!("{}[SAFE_ORDINAL({})]", self.expr(array)?.tight(), self.expr(index)?)))
    }

    /// Prints `array[lower:upper]`.
    pub fn slice(&mut self, array: &Expr, lower: Option<&Expr>, upper: Option<&Expr>) -> Result<Text> {
        for part in [Some(array), lower, upper].into_iter().flatten() {
            self.enters_subquery(part)?;
        }
        let lower = lower.map(|lower| self.expr(lower)).transpose()?;
        let upper = upper.map(|upper| self.expr(upper)).transpose()?;
        let (e, o) = (self.alias("item"), self.alias("place"));
        let text = self.expr(array)?;
        let mut conditions = Vec::new();
        conditions.extend(lower.map(|lower| format!("{o} + 1 >= {}", lower.operand())));
        conditions.extend(upper.map(|upper| format!("{o} + 1 <= {}", upper.operand())));
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let made = format!("ARRAY(SELECT {e} FROM UNNEST({text}) AS {e} WITH OFFSET AS {o}{filter} ORDER BY {o})");
        Ok(Text::atom(if is_present(array) { made } else { format!("IF({} IS NULL, NULL, {made})", text.operand()) }))
    }

    /// A result column of an array type. BigQuery returns a NULL array as an empty one and refuses NULL elements, so that an array
    /// which may be or hold NULL leaves as JSON: the elements as JSON scalars whose text is that of BigQuery's result cells.
    pub fn output_array(&mut self, expr: &Expr) -> Result<Text> {
        let element = expr.ty.element().unwrap_or(Type::TEXT);
        let stored = self.is_stored_array(expr);
        let constant = match &expr.kind {
            ExprKind::Array(items) => !items.is_empty() && items.iter().all(literals::is_constant),
            ExprKind::Literal(Literal::Array(items)) => !items.contains(&Literal::Null),
            _ => false,
        };
        if (stored || constant) && !self.arrays_as_json {
            return self.expr(expr);
        }
        // Texts that the decoder computes.
        if super::digits::is_rewritten(expr) {
            return Ok(Text::call("TO_JSON", &[self.expr(expr)?]));
        }
        let array = match element {
            // What JSON would round, or write in a way of its own, leaves as in BigQuery's own result cells.
            Type::NUMERIC | Type::INTERVAL | Type::DATERANGE | Type::TSRANGE | Type::TSTZRANGE => {
                self.mapped(expr, |item| (format!("CAST({item} AS STRING)"), String::new()))?
            }
            // Negative zero has no text of its own in GoogleSQL.
            Type::FLOAT4 | Type::FLOAT8 => {
                let text = |item: &str| format!("IF({item} = 0 AND IEEE_DIVIDE(1, {item}) < 0, '-0', CAST({item} AS STRING))");
                self.mapped(expr, |item| (text(item), String::new()))?
            }
            Type::TIMESTAMPTZ => self.mapped(expr, |item| (format!("UNIX_MICROS({item})"), String::new()))?,
            // The JSON value null is not NULL.
            Type::JSON | Type::JSONB => {
                self.mapped(expr, |item| (format!("IF({item} IS NULL, NULL, TO_JSON_STRING({item}))"), String::new()))?
            }
            _ => self.expr(expr)?,
        };
        let array = if stored { Text::atom(format!("COALESCE({array}, [])")) } else { array };
        Ok(Text::call("TO_JSON", &[array]))
    }

    /// What a table stores is never NULL and holds none. A view may compute both.
    fn is_stored_array(&self, expr: &Expr) -> bool {
        let ExprKind::Column { relation, .. } = &expr.kind else { return false };
        !self.nullable.contains(relation) && self.tables.get(relation).is_some_and(|table| table.kind != TableKind::View)
    }
}

/// Tells whether a numeric is a constant without zeros at its end: it is shown by the digits that it has.
pub fn shows_itself(item: &Expr) -> bool {
    match &item.kind {
        ExprKind::Literal(Literal::Numeric(text)) => !(text.contains('.') && text.ends_with('0')),
        ExprKind::Literal(Literal::Int(_) | Literal::Null) => true,
        ExprKind::Cast { expr, .. } => expr.ty.is_integer() && shows_itself(expr),
        _ => false,
    }
}

/// Tells whether an array surely is not NULL.
fn is_present(array: &Expr) -> bool {
    matches!(&array.kind, ExprKind::Array(_)) || matches!(&array.kind, ExprKind::Literal(value) if *value != Literal::Null)
}
