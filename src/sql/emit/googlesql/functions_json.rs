//! JSON operators and functions. Keys that are constants become one JSONPath.

use super::text::{Level, chain};
use super::*;
use crate::types::literal::Literal;
use crate::types::{NumericScale, Type};

/// One step into a JSON value.
enum Step {
    Key(String),
    Index(i64),
    /// An element of a `#>` path that is a number: an index into an array, or a key of an object.
    Either(i64),
    /// An element of a `#>` path that is a negative number: an index from an array's end, or a key of an object.
    FromEnd(i64),
}

impl Emitter {
    /// Prints a JSON operator.
    pub fn json_operator(&mut self, expr: &Expr, name: &str, left: &Expr, right: &Expr) -> Result<Text> {
        match name {
            "->" | "->>" | "#>" | "#>>" => {
                let text = name.ends_with(">>");
                if let Some((root, steps)) = json_path(expr) {
                    return self.json_at(root, &steps, text);
                }
                if name.starts_with('-') {
                    let element = self.json_element(left, right)?;
                    return Ok(if text { loud_text(&element) } else { element });
                }
                Err(refuse(format!("{name} with a computed path"), right.position, "Write the path as a constant."))
            }
            "?" => {
                let Some(key) = literals::constant_text(right) else {
                    return Err(refuse("? with a computed key", right.position, "Write the key as a constant."));
                };
                let key = key.to_owned();
                self.json_has(left, &key)
            }
            "?|" | "?&" => {
                let Some(keys) = constant_texts(right) else {
                    return Err(refuse(format!("{name} with computed keys"), right.position, "Write the keys as a constant."));
                };
                if keys.is_empty() {
                    let left = self.expr(left)?;
                    let all = if name == "?&" { "TRUE" } else { "FALSE" };
                    return Ok(Text::atom(format!("IF({} IS NULL, NULL, {all})", left.operand())));
                }
                let mut conditions = Vec::new();
                for key in &keys {
                    conditions.push(self.json_has(left, key)?);
                }
                let (op, level) = if name == "?|" { ("OR", Level::Or) } else { ("AND", Level::And) };
                Ok(chain(&conditions, op, level))
            }
            "||" => self.json_concat(left, right),
            "-" => self.json_minus(left, right),
            "#-" => self.json_minus_path(left, right),
            "@>" => self.json_contains(expr, left, right),
            "<@" => self.json_contains(expr, right, left),
            _ => Err(refuse(format!("the operator {name} of {}", left.ty), expr.position, "->, ->>, #>, #>>, ?, ?| and ?& are.")),
        }
    }

    /// An element by a computed key, or by an index that may count from the end.
    fn json_element(&mut self, value: &Expr, step: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        if !step.ty.is_integer() {
            return Ok(Text::atom(format!("{}[{}]", text.tight(), self.expr(step)?)));
        }
        // A jsonb scalar is its own only element.
        let elements = match value.ty {
            Type::JSONB => format!("IF(JSON_TYPE({text}) IN ('object', 'array'), JSON_QUERY_ARRAY({text}), [{text}])"),
            _ => format!("JSON_QUERY_ARRAY({text})"),
        };
        let index = match literals::constant_int(step) {
            Some(n) if n >= 0 => n.to_string(),
            Some(n) => format!("ARRAY_LENGTH({elements}) - {}", n.unsigned_abs()),
            None => {
                let n = self.expr(step)?;
                format!("IF({} < 0, ARRAY_LENGTH({elements}) + {}, {n})", n.operand(), n.at(Level::Multiply))
            }
        };
        Ok(Text::atom(format!("{elements}[SAFE_OFFSET({index})]")))
    }

    /// What `->>` and its kin take their text from, as a result column: the decoder makes PostgreSQL's text of it, of objects and arrays as well.
    pub fn json_output(&mut self, expr: &Expr) -> Result<Option<Text>> {
        match &expr.kind {
            ExprKind::Operator { operator, args } if matches!(operator.name.as_str(), "->>" | "#>>") => {
                let [left, right] = args.as_slice() else { return Ok(None) };
                let value = match json_path(expr) {
                    Some((root, _)) if text_of_json(root).is_some() => return Ok(None),
                    Some((root, steps)) => self.json_at(root, &steps, false)?,
                    None if operator.name == "->>" => self.json_element(left, right)?,
                    None => return Ok(None),
                };
                Ok(Some(value))
            }
            ExprKind::Call { function, args } if matches!(function.name.as_str(), "jsonb_extract_path_text" | "json_extract_path_text") => {
                let [root, keys @ ..] = args.as_slice() else { return Ok(None) };
                Ok(Some(self.extract_path(expr, root, keys, false)?))
            }
            _ => Ok(None),
        }
    }

    fn json_at(&mut self, root: &Expr, steps: &[Step], text: bool) -> Result<Text> {
        if let (true, Some(inner)) = (text, text_of_json(root)) {
            return self.json_at_of_text(inner, steps);
        }
        let mut root = self.expr(root)?;
        let mut steps = steps;
        while let Some(at) = steps.iter().position(|step| matches!(step, Step::FromEnd(_))) {
            let Step::FromEnd(index) = steps[at] else { break };
            if at > 0 {
                root = self.json_at_of(&root, &steps[..at], false);
            }
            let key = literals::string(&index.to_string());
            root = Text::atom(format!(
                "IF(JSON_TYPE({root}) = 'array', JSON_QUERY_ARRAY({root})[SAFE_OFFSET(ARRAY_LENGTH(JSON_QUERY_ARRAY({root})) - {})], {}[{key}])",
                index.unsigned_abs(),
                root.tight()
            ));
            steps = &steps[at + 1..];
            if steps.is_empty() {
                return Ok(if text { loud_text(&root) } else { root });
            }
        }
        Ok(self.json_at_of(&root, steps, text))
    }

    fn json_at_of(&mut self, root: &Text, steps: &[Step], text: bool) -> Text {
        let call = |path: &str| {
            let path = literals::string(path);
            let query = Text::atom(format!("JSON_QUERY({root}, {path})"));
            if text { loud_value(&format!("{root}, {path}"), &query) } else { query }
        };
        let paths = paths(steps);
        match paths.as_slice() {
            // A jsonb scalar is its own first element.
            [path] if matches!(steps.last(), Some(Step::Index(0))) => {
                let before = path.strip_suffix("[0]").unwrap_or(path);
                let whole =
                    if before == "$" { root.clone() } else { Text::atom(format!("JSON_QUERY({root}, {})", literals::string(before))) };
                let scalar = if text { Text::atom(format!("JSON_VALUE({root}, {})", literals::string(before))) } else { whole.clone() };
                Text::atom(format!("IF(JSON_TYPE({whole}) IN ('object', 'array'), {}, {scalar})", call(path)))
            }
            [path] => call(path),
            _ => Text::call("COALESCE", &paths.iter().map(|path| call(path)).collect::<Vec<_>>()),
        }
    }

    /// What `->>` takes out of a text that was cast to json, spelled as it is there. PARSE_JSON finds what is no JSON.
    fn json_at_of_text(&mut self, text: &Expr, steps: &[Step]) -> Result<Text> {
        let value = self.expr(text)?;
        let (mut scalars, mut nested) = (Vec::new(), Vec::new());
        for path in paths(steps) {
            let path = literals::string(&path);
            scalars.push(format!("JSON_VALUE({value}, {path})"));
            nested.push(format!("REGEXP_CONTAINS(JSON_QUERY({value}, {path}), r'^[\\[{{]')"));
        }
        let error = "ERROR('the text of a JSON object or array is not supported')";
        Ok(Text::atom(format!(
            "IF(PARSE_JSON({value}, wide_number_mode => 'round') IS NULL, NULL, COALESCE({}, IF({}, {error}, CAST(NULL AS STRING))))",
            scalars.join(", "),
            nested.join(" OR ")
        )))
    }

    fn json_has(&mut self, value: &Expr, key: &str) -> Result<Text> {
        self.enters_subquery(value)?;
        let value = self.expr(value)?;
        let (path, key) = (literals::string(&format!("$.{}", path_key(key))), literals::string(key));
        let element = self.alias("element");
        Ok(Text::atom(format!(
            "CASE JSON_TYPE({value}) WHEN 'object' THEN JSON_QUERY({value}, {path}) IS NOT NULL WHEN 'array' THEN EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY({value})) AS {element} WHERE IF(JSON_TYPE({element}) = 'string', STRING({element}) = {key}, FALSE)) WHEN 'string' THEN STRING({value}) = {key} WHEN 'number' THEN FALSE WHEN 'boolean' THEN FALSE WHEN 'null' THEN FALSE END"
        )))
    }

    /// Prints the name of a member: as the value is written in JSON where it has a form of its own there, else as its text.
    pub fn json_key(&mut self, key: &Expr) -> Result<Text> {
        match key.ty {
            Type::BOOL => Ok(self.expr(key)?.cast("STRING")),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => self.json_value(key),
            _ => self.display(key),
        }
    }

    /// Prints a JSON function; `None` if it is none.
    pub fn json_function(&mut self, expr: &Expr, function: &Signature, args: &[Expr]) -> Result<Option<Text>> {
        if let Some(text) = self.path_function(expr, &function.name, args)? {
            return Ok(Some(text));
        }
        let text = match (function.name.as_str(), args) {
            ("jsonb_build_object", args) if args.len() % 2 == 0 => {
                let mut items = Vec::new();
                for pair in args.chunks(2) {
                    if !literals::is_constant(&pair[0]) {
                        return Err(refuse("jsonb_build_object() with a computed key", pair[0].position, "Write the keys as constants."));
                    }
                    items.push(self.json_key(&pair[0])?);
                    items.push(self.json_value(&pair[1])?);
                }
                Text::call("JSON_OBJECT", &items)
            }
            ("jsonb_build_array", args) => {
                let mut items = Vec::new();
                for arg in args {
                    items.push(self.json_value(arg)?);
                }
                Text::call("JSON_ARRAY", &items)
            }
            ("to_jsonb", [value]) => {
                let json = Text::call("TO_JSON", &[self.json_value(value)?]);
                // TO_JSON makes the JSON value null of NULL.
                if literals::is_constant(value) || self.never_null(value) {
                    json
                } else {
                    Text::atom(format!("IF({} IS NULL, NULL, {json})", self.expr(value)?.operand()))
                }
            }
            ("jsonb_array_length" | "json_array_length", [value]) => {
                let value = self.expr(value)?;
                Text::atom(format!(
                    "IF(JSON_TYPE({value}) <> 'array', ERROR('cannot get array length of a non-array'), ARRAY_LENGTH(JSON_QUERY_ARRAY({value})))"
                ))
            }
            ("row_json", args) => {
                let mut items = Vec::new();
                for pair in args.chunks(2) {
                    items.push(self.expr(&pair[0])?);
                    items.push(self.json_value(&pair[1])?);
                }
                Text::call("JSON_OBJECT", &items)
            }
            ("jsonb_set" | "jsonb_insert" | "jsonb_set_lax", [_, _, _, ..]) => self.json_change(&function.name, args)?,
            ("jsonb_pretty", [value]) => {
                self.enters_subquery(value)?;
                let value = self.expr(value)?;
                self.json_pretty(&value)
            }
            ("jsonb_strip_nulls", [value]) => self.jsonb_strip_nulls(value)?,
            ("jsonb_typeof" | "json_typeof", [value]) => Text::call("JSON_TYPE", &[self.expr(value)?]),
            ("jsonb_extract_path" | "json_extract_path", [root, keys @ ..]) => self.extract_path(expr, root, keys, false)?,
            ("jsonb_extract_path_text" | "json_extract_path_text", [root, keys @ ..]) => self.extract_path(expr, root, keys, true)?,
            (name, _) if name.starts_with("json_build") || matches!(name, "to_json" | "row_to_json" | "array_to_json" | "json_object") => {
                return Err(refuse(
                    format!("{name}()"),
                    expr.position,
                    "Its text keeps blanks that BigQuery's JSON does not; use the jsonb function.",
                ));
            }
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    fn extract_path(&mut self, expr: &Expr, root: &Expr, keys: &[Expr], text: bool) -> Result<Text> {
        let mut steps = Vec::new();
        for key in keys {
            let Some(key) = literals::constant_text(key) else {
                return Err(refuse("a computed JSON path", expr.position, "Write the path as constants."));
            };
            steps.push(element(key));
        }
        self.json_at(root, &steps, text)
    }

    /// Prints a value as it enters a JSON document.
    pub fn json_value(&mut self, value: &Expr) -> Result<Text> {
        let text = self.expr(value)?;
        let ty = value.ty;
        Ok(match ty {
            Type::BOOL | Type::JSON | Type::JSONB | Type::RECORD => text,
            // A whole double precision has no point in PostgreSQL's JSON.
            Type::FLOAT8 => {
                Text::atom(format!("IF({text} = TRUNC({text}) AND ABS({text}) < 1e15, TO_JSON(CAST({text} AS INT64)), TO_JSON({text}))"))
            }
            ty if ty.is_integer() || (ty.is_string() && ty != Type::BPCHAR) || ty == Type::UUID => text,
            Type::NUMERIC if value.scale == NumericScale::Fixed(0) => text,
            Type::NUMERIC => {
                return Err(refuse(
                    "a numeric in a JSON value",
                    value.position,
                    "BigQuery's JSON drops trailing zeros: cast it to double precision or text.",
                ));
            }
            Type::DATE => text.cast("STRING"),
            Type::TIME | Type::BYTEA | Type::INTERVAL => self.display(value)?,
            ty if crate::types::range::subtype(ty).is_some() => self.display(value)?,
            Type::TIMESTAMP => Text::atom(format!("FORMAT_DATETIME('%E4Y-%m-%dT%H:%M:%E*S', {text})")),
            Type::TIMESTAMPTZ => {
                let text = self.in_standard_time(value, text);
                Text::atom(format!("FORMAT_TIMESTAMP('%E4Y-%m-%dT%H:%M:%E*S%Ez', {text}, {})", self.zone_literal()))
            }
            ty if ty.element().is_some_and(|element| element.is_integer() || element.is_string() || element == Type::BOOL) => text,
            ty if ty.is_array() => self.json_elements(value, &text)?,
            ty => return Err(refuse(format!("a value of type {ty} in a JSON value"), value.position, "Cast it to text.")),
        })
    }

    /// An array as it enters a JSON document: each of its elements does.
    fn json_elements(&mut self, array: &Expr, text: &Text) -> Result<Text> {
        self.enters_subquery(array)?;
        let (item, place) = (self.alias("item"), self.alias("place"));
        let element = Expr::new(ExprKind::Grouping(vec![usize::MAX]), array.ty.element().unwrap_or(Type::TEXT), array.position);
        self.computed.push((element.clone(), Text::atom(item.clone())));
        let value = self.json_value(&element);
        self.computed.pop();
        let made = format!("ARRAY(SELECT {} FROM UNNEST({text}) AS {item} WITH OFFSET AS {place} ORDER BY {place})", value?);
        Ok(Text::atom(format!("IF({} IS NULL, NULL, {made})", text.operand())))
    }
}

/// The text of a JSON value that is expected to be a scalar: an object's text has another layout in PostgreSQL, so it fails loudly.
pub(super) fn loud_value(arguments: &str, query: &Text) -> Text {
    Text::atom(format!(
        "COALESCE(JSON_VALUE({arguments}), IF(JSON_TYPE({query}) IN ('object', 'array'), ERROR('the text of a JSON object or array is not supported'), CAST(NULL AS STRING)))"
    ))
}

fn loud_text(element: &Text) -> Text {
    loud_value(&element.to_string(), element)
}

/// Takes a chain of -> and ->> with constant keys apart: the value that it begins at, and the steps.
fn json_path(expr: &Expr) -> Option<(&Expr, Vec<Step>)> {
    let ExprKind::Operator { operator, args } = &expr.kind else { return None };
    let [left, right] = args.as_slice() else { return None };
    let (root, mut steps) = match operator.name.as_str() {
        "->" | "->>" | "#>" | "#>>" => match &left.kind {
            ExprKind::Operator { operator, .. } if matches!(operator.name.as_str(), "->" | "#>") => {
                json_path(left).unwrap_or((left, Vec::new()))
            }
            _ => (left, Vec::new()),
        },
        _ => return None,
    };
    match operator.name.as_str() {
        "->" | "->>" => match literals::constant_int(right) {
            Some(index) if index >= 0 => steps.push(Step::Index(index)),
            Some(_) => return None,
            None => steps.push(Step::Key(literals::constant_text(right)?.to_owned())),
        },
        _ => {
            for key in &constant_texts(right)? {
                steps.push(element(key));
            }
        }
    }
    Some((root, steps))
}

fn element(key: &str) -> Step {
    match key.parse::<i64>() {
        Ok(index) if index >= 0 => Step::Either(index),
        Ok(index) if index.to_string() == key => Step::FromEnd(index),
        _ => Step::Key(key.to_owned()),
    }
}

/// Returns the text that was cast to json.
fn text_of_json(root: &Expr) -> Option<&Expr> {
    match &root.kind {
        ExprKind::Cast { expr, .. } if root.ty == Type::JSON && expr.ty.is_string() => Some(expr),
        _ => None,
    }
}

/// Returns the JSONPaths of the steps: more than one where a number may be an index or a key.
fn paths(steps: &[Step]) -> Vec<String> {
    let mut paths = vec!["$".to_owned()];
    for step in steps {
        let endings: Vec<String> = match step {
            Step::Key(key) => vec![format!(".{}", path_key(key))],
            Step::Index(index) => vec![format!("[{index}]")],
            Step::Either(index) | Step::FromEnd(index) => vec![format!("[{index}]"), format!(".{}", path_key(&index.to_string()))],
        };
        paths = paths.iter().flat_map(|path| endings.iter().map(move |ending| format!("{path}{ending}"))).collect();
    }
    paths
}

/// Prints a key of a JSONPath, in double quotes where it is no plain word.
pub(super) fn path_key(key: &str) -> String {
    let plain =
        key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { key.to_owned() } else { format!("\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\"")) }
}

/// Returns the elements of a constant array of texts.
pub(super) fn constant_texts(array: &Expr) -> Option<Vec<String>> {
    match &array.kind {
        ExprKind::Array(items) => items.iter().map(|item| literals::constant_text(item).map(str::to_owned)).collect(),
        ExprKind::Literal(Literal::Array(items)) => {
            items.iter().map(|item| if let Literal::Text(text) = item { Some(text.clone()) } else { None }).collect()
        }
        ExprKind::Cast { expr, .. } => constant_texts(expr),
        _ => None,
    }
}
