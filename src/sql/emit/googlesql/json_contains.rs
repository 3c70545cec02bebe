//! Containment of jsonb: `@>` and `<@` with constants, with what is built of scalars, and with scalars.

use super::functions_json::path_key;
use super::text::{Level, chain};
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// Containment of a constant: each scalar of it has to stand at its path.
    pub fn json_contains(&mut self, expr: &Expr, value_expr: &Expr, wanted: &Expr) -> Result<Text> {
        let ExprKind::Literal(Literal::Json(wanted_text)) = &wanted.kind else {
            return match &value_expr.kind {
                ExprKind::Literal(Literal::Json(whole)) => self.json_contained(whole, wanted),
                _ => self.json_contains_built(expr, value_expr, wanted),
            };
        };
        let parsed: serde_json::Value = serde_json::from_str(wanted_text).map_err(|error| Report::internal(error.to_string()))?;
        let value = self.expr(value_expr)?;
        self.enters_subquery(value_expr)?;
        let mut conditions = Vec::new();
        if !parsed.is_object() && !parsed.is_array() {
            // A scalar alone is contained in an array that holds it; PostgreSQL's exception to its own rule.
            let element = self.alias("element");
            self.contained(&element, "$", &parsed, &mut conditions)?;
            let elements = format!("IF(JSON_TYPE({value}) = 'array', JSON_QUERY_ARRAY({value}), [{value}])");
            let held = chain(&conditions, "AND", Level::And);
            return Ok(Text::atom(format!(
                "IF({} IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST({elements}) AS {element} WHERE {held}))",
                value.operand()
            )));
        }
        self.contained(&value.to_string(), "$", &parsed, &mut conditions)?;
        Ok(Text::atom(format!("IF({} IS NULL, NULL, COALESCE({}, FALSE))", value.operand(), chain(&conditions, "AND", Level::And))))
    }

    /// Containment of an object or array that is built of scalars under constant keys.
    fn json_contains_built(&mut self, expr: &Expr, value_expr: &Expr, wanted: &Expr) -> Result<Text> {
        let ExprKind::Call { function, args } = &wanted.kind else { return Err(refuse_computed(expr)) };
        if let ("to_jsonb", [scalar]) = (function.name.as_str(), args.as_slice()) {
            return self.json_contains_scalar(expr, value_expr, scalar);
        }
        if !matches!(function.name.as_str(), "jsonb_build_object" | "jsonb_build_array") {
            return Err(refuse_computed(expr));
        }
        self.enters_subquery(value_expr)?;
        self.enters_subquery(wanted)?;
        let value = self.expr(value_expr)?;
        let mut conditions = Vec::new();
        self.contained_built(expr, &value.to_string(), wanted, &mut conditions)?;
        Ok(Text::atom(format!("IF({} IS NULL, NULL, COALESCE({}, FALSE))", value.operand(), chain(&conditions, "AND", Level::And))))
    }

    /// Containment of a scalar: an array contains it if it holds it.
    fn json_contains_scalar(&mut self, expr: &Expr, value_expr: &Expr, scalar: &Expr) -> Result<Text> {
        self.enters_subquery(value_expr)?;
        self.enters_subquery(scalar)?;
        let (value, wanted) = (self.expr(value_expr)?, self.expr(scalar)?);
        let element = self.alias("element");
        let mut conditions = Vec::new();
        self.contained_built(expr, &element, scalar, &mut conditions)?;
        let held = chain(&conditions, "AND", Level::And);
        let elements = format!("IF(JSON_TYPE({value}) = 'array', JSON_QUERY_ARRAY({value}), [{value}])");
        Ok(Text::atom(format!(
            "IF({} IS NULL OR {} IS NULL, NULL, EXISTS(SELECT 1 FROM UNNEST({elements}) AS {element} WHERE {held}))",
            value.operand(),
            wanted.operand()
        )))
    }

    /// Adds the conditions under which a value contains one that is built.
    fn contained_built(&mut self, expr: &Expr, query: &str, wanted: &Expr, conditions: &mut Vec<Text>) -> Result<()> {
        match &wanted.kind {
            ExprKind::Literal(Literal::Json(text)) => {
                let parsed: serde_json::Value = serde_json::from_str(text).map_err(|error| Report::internal(error.to_string()))?;
                return self.contained(query, "$", &parsed, conditions);
            }
            ExprKind::Call { function, args } if function.name == "jsonb_build_object" => {
                conditions.push(Text::new(format!("JSON_TYPE({query}) = 'object'"), Level::Compare));
                for pair in args.chunks(2) {
                    let [key, value] = pair else { return Err(refuse_computed(expr)) };
                    let Some(key) = literals::constant_text(key) else { return Err(refuse_computed(expr)) };
                    let path = literals::string(&format!("$.{}", path_key(key)));
                    self.contained_built(expr, &format!("JSON_QUERY({query}, {path})"), value, conditions)?;
                }
                return Ok(());
            }
            ExprKind::Call { function, args } if function.name == "jsonb_build_array" => {
                conditions.push(Text::new(format!("JSON_TYPE({query}) = 'array'"), Level::Compare));
                for item in args {
                    let element = self.alias("element");
                    let mut inner = Vec::new();
                    self.contained_built(expr, &element, item, &mut inner)?;
                    let held = chain(&inner, "AND", Level::And);
                    conditions
                        .push(Text::atom(format!("EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY({query})) AS {element} WHERE {held})")));
                }
                return Ok(());
            }
            ExprKind::Call { function, args } if function.name == "to_jsonb" && args.len() == 1 => {
                return self.contained_built(expr, query, &args[0], conditions);
            }
            _ => {}
        }
        let value = self.expr(wanted)?;
        let ty = wanted.ty;
        let (kind, equal) = if ty.is_integer() || ty == Type::NUMERIC {
            ("number", format!("SAFE_CAST(JSON_VALUE({query}) AS BIGNUMERIC) = CAST({value} AS BIGNUMERIC)"))
        } else if ty == Type::BOOL {
            ("boolean", format!("JSON_VALUE({query}) = CAST({value} AS STRING)"))
        } else if ty.is_string() && ty != Type::BPCHAR {
            ("string", format!("JSON_VALUE({query}) = {}", value.operand()))
        } else {
            return Err(refuse_computed(expr));
        };
        conditions.push(Text::atom(format!(
            "IF({} IS NULL, JSON_TYPE({query}) = 'null', JSON_TYPE({query}) = '{kind}' AND {equal})",
            value.operand()
        )));
        Ok(())
    }

    /// Tells whether a constant contains a value.
    fn json_contained(&mut self, whole: &str, value_expr: &Expr) -> Result<Text> {
        let whole: serde_json::Value = serde_json::from_str(whole).map_err(|error| Report::internal(error.to_string()))?;
        self.enters_subquery(value_expr)?;
        let value = self.expr(value_expr)?;
        let root = self.alias("part");
        let mut held = self.held_by(&whole, &root);
        if let serde_json::Value::Array(items) = &whole {
            // A scalar alone is contained in an array that holds it; PostgreSQL's exception to its own rule.
            for item in items.iter().filter(|item| !item.is_object() && !item.is_array()) {
                held = format!("{held} OR {}", self.held_by(item, &root));
            }
        }
        Ok(Text::atom(format!("(SELECT IF({root} IS NULL, NULL, {held}) FROM UNNEST([{value}]) AS {root})")))
    }

    /// The condition under which a constant contains a value: as objects, as arrays, or as equal scalars.
    fn held_by(&mut self, whole: &serde_json::Value, part: &str) -> String {
        use serde_json::Value;
        match whole {
            Value::Object(fields) => {
                let (name, quoted) = (self.alias("name"), self.alias("quoted"));
                let known = match fields.is_empty() {
                    true => format!("ARRAY_LENGTH(JSON_KEYS({part}, 1)) = 0"),
                    false => {
                        let keys: Vec<String> = fields.keys().map(|key| literals::string(key)).collect();
                        // JSON_KEYS puts a key with a point or a quote in it into quotes.
                        format!(
                            "NOT EXISTS(SELECT 1 FROM (SELECT IF(STARTS_WITH({quoted}, '\"'), STRING(PARSE_JSON({quoted})), {quoted}) AS {name} FROM UNNEST(JSON_KEYS({part}, 1)) AS {quoted}) WHERE {name} NOT IN ({}))",
                            keys.join(", ")
                        )
                    }
                };
                let mut all = format!("JSON_TYPE({part}) = 'object' AND {known}");
                for (key, field) in fields {
                    let inner = self.alias("part");
                    let held = self.held_by(field, &inner);
                    all.push_str(&format!(
                        " AND (SELECT {inner} IS NULL OR {held} FROM UNNEST([{part}[{}]]) AS {inner})",
                        literals::string(key)
                    ));
                }
                format!("({all})")
            }
            Value::Array(items) => {
                let element = self.alias("element");
                let held: Vec<String> = items.iter().map(|item| self.held_by(item, &element)).collect();
                let any = if held.is_empty() { "FALSE".to_owned() } else { held.join(" OR ") };
                format!(
                    "(JSON_TYPE({part}) = 'array' AND NOT EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY({part})) AS {element} WHERE NOT ({any})))"
                )
            }
            Value::Number(number) => {
                format!("(JSON_TYPE({part}) = 'number' AND SAFE_CAST(JSON_VALUE({part}) AS BIGNUMERIC) = BIGNUMERIC '{number}')")
            }
            scalar => format!("(TO_JSON_STRING({part}) = {})", literals::string(&scalar.to_string())),
        }
    }

    /// Adds the conditions under which the value at a path of `root` contains a constant.
    fn contained(&mut self, root: &str, path: &str, wanted: &serde_json::Value, conditions: &mut Vec<Text>) -> Result<()> {
        use serde_json::Value;
        let at = literals::string(path);
        let query = if path == "$" { root.to_owned() } else { format!("JSON_QUERY({root}, {at})") };
        match wanted {
            Value::Object(fields) => {
                if fields.is_empty() {
                    conditions.push(Text::new(format!("JSON_TYPE({query}) = 'object'"), Level::Compare));
                }
                for (key, field) in fields {
                    self.contained(root, &format!("{path}.{}", path_key(key)), field, conditions)?;
                }
            }
            Value::Number(number) => {
                conditions.push(Text::new(format!("JSON_TYPE({query}) = 'number'"), Level::Compare));
                conditions.push(Text::new(format!("SAFE_CAST(JSON_VALUE({query}) AS BIGNUMERIC) = BIGNUMERIC '{number}'"), Level::Compare));
            }
            Value::Array(items) => {
                conditions.push(Text::new(format!("JSON_TYPE({query}) = 'array'"), Level::Compare));
                for item in items {
                    let element = self.alias("element");
                    let mut inner = Vec::new();
                    self.contained(&element, "$", item, &mut inner)?;
                    let held = chain(&inner, "AND", Level::And);
                    conditions
                        .push(Text::atom(format!("EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY({query})) AS {element} WHERE {held})")));
                }
            }
            Value::Null => conditions.push(Text::new(format!("JSON_TYPE({query}) = 'null'"), Level::Compare)),
            scalar => {
                conditions.push(Text::new(format!("TO_JSON_STRING({query}) = {}", literals::string(&scalar.to_string())), Level::Compare));
            }
        }
        Ok(())
    }
}

fn refuse_computed(expr: &Expr) -> Report {
    refuse(
        "@> with a computed value",
        expr.position,
        "Write the contained value as a constant, or build an object of scalars under constant keys.",
    )
}
