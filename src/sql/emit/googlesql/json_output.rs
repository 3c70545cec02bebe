//! JSON that is built in the select list: what PostgreSQL writes into it and BigQuery's JSON cannot keep (digits of numerics, the layout of json, the
//! order of its keys) leaves in a form of its own, `{"\ue000": ["o", key, value, ..]}`, which the decoder writes out.
//!
//! A node is an array that begins with its kind: `o` json_build_object, `a` json_build_array, `l` json_agg, `p` json_object_agg, `n` the digits of a
//! numeric, `b` a jsonb value, `v` an array, `r` a row, `m` json_agg of rows or arrays. Scalars stand for themselves.

use super::*;
use crate::types::{NumericScale, Type};

impl Emitter {
    /// Prints a result column of type json or jsonb that is built here; `None` for others.
    pub fn json_built(&mut self, expr: &Expr) -> Result<Option<Text>> {
        let is_node = self.is_node(expr);
        if !is_node && !self.is_builder(expr) || self.computed(expr).is_some() {
            return Ok(None);
        }
        if expr.ty == Type::JSONB
            && !is_node
            && let Ok(plain) = self.expr(expr)
        {
            return Ok(Some(plain));
        }
        let node = self.json_node(expr)?;
        Ok(Some(Text::atom(format!("JSON_OBJECT('\\ue000', {node})"))))
    }

    /// Prints JSON as it is where BigQuery can hold it, else as a node; tells which.
    pub fn json_or_node(&mut self, expr: &Expr) -> Result<(Text, bool)> {
        if self.is_node(expr) {
            return Ok((self.json_node(expr)?, true));
        }
        match self.expr(expr) {
            Ok(plain) => Ok((plain, false)),
            Err(_) if self.is_builder(expr) && self.computed(expr).is_none() => Ok((self.json_node(expr)?, true)),
            Err(report) => Err(report),
        }
    }

    /// Tells whether an expression is a column that holds nodes.
    pub fn is_node(&self, expr: &Expr) -> bool {
        matches!(expr.kind, ExprKind::Column { relation, column } if self.nodes.contains(&(relation, column)))
    }

    /// Notes which columns of a FROM item hold nodes.
    pub fn learn_nodes(&mut self, id: RelationId, columns: &[usize]) {
        self.nodes.extend(columns.iter().map(|column| (id, *column)));
    }

    /// Prints JSON as a node.
    pub fn json_node(&mut self, expr: &Expr) -> Result<Text> {
        if expr.is_null_literal() {
            return Ok(Text::atom("JSON 'null'"));
        }
        if let ExprKind::Column { relation, column } = expr.kind
            && self.is_node(expr)
        {
            return self.column(relation, column);
        }
        let of = |kind: &str, parts: Vec<Text>| {
            let mut items = vec![Text::atom(literals::string(kind))];
            items.extend(parts);
            Text::call("JSON_ARRAY", &items)
        };
        if self.computed(expr).is_none() && self.is_builder(expr) {
            match &expr.kind {
                ExprKind::Call { function, args } => match (function.name.as_str(), args.as_slice()) {
                    ("json_build_object" | "jsonb_build_object", args) if args.len() % 2 == 0 => {
                        let mut parts = Vec::new();
                        for (i, pair) in args.chunks(2).enumerate() {
                            let key = self.json_key(&pair[0])?;
                            let known = self.never_null(&pair[0]) || literals::is_constant(&pair[0]);
                            let error = format!("ERROR('argument {}: key must not be null')", 2 * i + 1);
                            parts.push(if known { key } else { Text::call("COALESCE", &[key, Text::atom(error)]) });
                            parts.push(self.json_node(&pair[1])?);
                        }
                        return Ok(of("o", parts));
                    }
                    ("json_build_array" | "jsonb_build_array", args) => {
                        let parts = args.iter().map(|arg| self.json_node(arg)).collect::<Result<_>>()?;
                        return Ok(of("a", parts));
                    }
                    ("row_json", args) => {
                        let mut parts = Vec::new();
                        for pair in args.chunks(2) {
                            parts.push(self.expr(&pair[0])?);
                            parts.push(self.json_node(&pair[1])?);
                        }
                        return Ok(of("r", parts));
                    }
                    ("row_to_json" | "to_json" | "to_jsonb", [value]) if value.ty == Type::RECORD => return self.json_node(value),
                    ("to_json" | "to_jsonb" | "array_to_json", [value]) => {
                        let node = self.json_node(value)?;
                        return Ok(Text::atom(format!("IF({} IS NULL, NULL, TO_JSON({node}))", self.expr(value)?.operand())));
                    }
                    _ => {}
                },
                ExprKind::Aggregate(call) => return self.json_aggregate(expr, call),
                ExprKind::Coalesce(items) => {
                    let nodes: Vec<Text> = items.iter().map(|item| self.json_node(item)).collect::<Result<_>>()?;
                    return Ok(Text::call("COALESCE", &nodes));
                }
                ExprKind::Case { whens, otherwise } => {
                    let mut sql = String::from("CASE");
                    for (when, then) in whens {
                        sql.push_str(&format!(" WHEN {} THEN {}", self.expr(when)?, self.json_node(then)?));
                    }
                    if let Some(otherwise) = otherwise {
                        sql.push_str(&format!(" ELSE {}", self.json_node(otherwise)?));
                    }
                    return Ok(Text::atom(format!("{sql} END")));
                }
                ExprKind::Subquery { query, .. } => {
                    self.as_node = true;
                    let sql = self.query(query, &names::columns(&query.columns), false)?;
                    return Ok(Text::atom(text::parenthesized(&sql)));
                }
                _ => {}
            }
        }
        Ok(match expr.ty {
            Type::JSON | Type::JSONB => of("b", vec![self.expr(expr)?]),
            Type::NUMERIC => {
                // What the decoder computes to the last digit of a column, it computes of a value in JSON too.
                let digits = match self.own.is_own(expr) || matches!(expr.scale, NumericScale::Fixed(_)) {
                    false => super::digits::text_of_numeric(expr, &self.own, self.rounded),
                    true => None,
                };
                match digits {
                    Some(digits) => of("n", vec![self.expr(&digits)?]),
                    None => of("n", vec![self.display(expr)?]),
                }
            }
            ty if ty.is_array() => of("v", vec![Text::call("TO_JSON", &[self.json_value(expr)?])]),
            _ => self.json_value(expr)?,
        })
    }

    /// json_agg and json_object_agg: the nodes of the rows, in order.
    fn json_aggregate(&mut self, expr: &Expr, call: &Aggregate) -> Result<Text> {
        let condition = call.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
        match (call.function.name.as_str(), call.args.as_slice()) {
            ("json_agg" | "jsonb_agg", [value]) if !call.distinct => {
                let node = Text::call("TO_JSON", &[self.json_node(value)?]);
                let rows = self.gathered(node, value, false, &call.order_by, condition)?;
                // Rows and arrays stand on lines of their own.
                let kind = if value.ty == Type::RECORD || value.ty.is_array() { "m" } else { "l" };
                Ok(Text::atom(format!("IF({rows} IS NULL, NULL, JSON_ARRAY('{kind}', TO_JSON({rows})))")))
            }
            ("json_object_agg" | "jsonb_object_agg", [key, value]) if !call.distinct => {
                let named = self.json_key(key)?;
                let named = if self.never_null(key) || literals::is_constant(key) {
                    named
                } else {
                    Text::atom(format!("COALESCE({named}, ERROR('field name must not be null'))"))
                };
                let (key_text, node) = (named, Text::call("TO_JSON", &[self.json_node(value)?]));
                let keys = self.gathered(key_text, key, false, &call.order_by, condition.clone())?;
                let rows = self.gathered(node, value, false, &call.order_by, condition)?;
                Ok(Text::atom(format!("IF({keys} IS NULL, NULL, JSON_ARRAY('p', TO_JSON({keys}), TO_JSON({rows})))")))
            }
            (name, _) => {
                Err(refuse(format!("{name}() here"), expr.position, "Aggregate in a subquery, and build the JSON from its columns."))
            }
        }
    }

    /// Tells whether an expression builds JSON.
    fn is_builder(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call { function, .. } => matches!(
                function.name.as_str(),
                "json_build_object"
                    | "jsonb_build_object"
                    | "json_build_array"
                    | "jsonb_build_array"
                    | "to_json"
                    | "to_jsonb"
                    | "array_to_json"
                    | "row_json"
                    | "row_to_json"
            ),
            ExprKind::Aggregate(call) => {
                matches!(call.function.name.as_str(), "json_agg" | "jsonb_agg" | "json_object_agg" | "jsonb_object_agg")
            }
            ExprKind::Subquery { kind: SubqueryKind::Scalar, query } => match &query.body {
                SetExpr::Select(select) => {
                    query.ctes.is_empty() && select.distinct == Distinct::No && select.projection.iter().all(|item| self.is_builder(item))
                }
                _ => false,
            },
            ExprKind::Coalesce(items) => matches!(expr.ty, Type::JSON | Type::JSONB) && items.iter().any(|item| self.is_builder(item)),
            ExprKind::Case { whens, otherwise } => {
                matches!(expr.ty, Type::JSON | Type::JSONB | Type::RECORD)
                    && whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).any(|item| self.is_builder(item))
            }
            _ => self.is_node(expr),
        }
    }
}
