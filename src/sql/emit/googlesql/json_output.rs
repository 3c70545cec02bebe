//! JSON that is built in the select list: what PostgreSQL writes into it and BigQuery's JSON cannot keep (digits of numerics, the layout of json, the
//! order of its keys) leaves in a form of its own, `{"\ue000": ["o", key, value, ..]}`, which the decoder writes out.
//!
//! A node is an array that begins with its kind: `o` json_build_object, `a` json_build_array, `l` json_agg, `p` json_object_agg, `n` the digits of a
//! numeric, `d` an array of such, `b` a jsonb value, `t` the text of a constant, `v` an array, `r` a row, `m` json_agg of rows or arrays, `+` the two sides
//! of `||`, `h` jsonb with nodes in it (each as `{"\ue001": node}`), `z` jsonb_strip_nulls(), `c` jsonb as text, `i` jsonb_pretty(). Scalars stand for themselves.

use super::*;
use crate::types::literal::Literal;
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
            && let Ok(plain) = self.tried(expr)
        {
            return Ok(Some(plain));
        }
        let node = self.json_node(expr)?;
        Ok(Some(Text::atom(format!("JSON_OBJECT('\\ue000', {node})"))))
    }

    /// Prints an expression, for which there is another form: what is refused leaves no trace.
    pub fn tried(&mut self, expr: &Expr) -> Result<Text> {
        let must_split = self.must_split;
        self.expr(expr).inspect_err(|_| self.must_split = must_split)
    }

    /// Prints JSON as it is where BigQuery can hold it, else as a node; tells which.
    pub fn json_or_node(&mut self, expr: &Expr) -> Result<(Text, bool)> {
        if self.is_node(expr) {
            return Ok((self.json_node(expr)?, true));
        }
        match self.tried(expr) {
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

    /// Prints the text of JSON that is built here and cannot be held by BigQuery, as a result column: a cast to text, or jsonb_pretty().
    pub fn json_text_built(&mut self, expr: &Expr) -> Result<Option<Text>> {
        let (value, kind) = match &expr.kind {
            ExprKind::Cast { expr: value, .. } if expr.ty == Type::TEXT => {
                (&**value, if value.ty == Type::JSONB { Some("c") } else { None })
            }
            ExprKind::Call { function, args } if function.name == "jsonb_pretty" => match args.as_slice() {
                [value] => (value, Some("i")),
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        if !matches!(value.ty, Type::JSON | Type::JSONB)
            || !(self.is_node(value) || self.is_builder(value))
            || self.computed(value).is_some()
        {
            return Ok(None);
        }
        if !self.is_node(value) && self.tried(expr).is_ok() {
            return Ok(None);
        }
        let node = self.json_node(value)?;
        let whole = match kind {
            Some(kind) => format!("JSON_ARRAY('{kind}', {node})"),
            None => node.to_string(),
        };
        let whole = match self.is_null_node(value, &node)? {
            Some(null) => format!("IF({null}, NULL, {whole})"),
            None => whole,
        };
        Ok(Some(Text::atom(format!("JSON_OBJECT('\\ue000', {whole})"))))
    }

    /// The condition under which what is printed as a node is NULL; `None` if it never is.
    fn is_null_node(&mut self, expr: &Expr, node: &Text) -> Result<Option<String>> {
        let built = match &expr.kind {
            ExprKind::Literal(_) if !expr.is_null_literal() => return Ok(None),
            ExprKind::Call { function, args } if self.is_builder(expr) => match (function.name.as_str(), args.as_slice()) {
                (name, _) if name.contains("_build_") || name == "row_json" => return Ok(None),
                (_, [value]) if value.ty == Type::RECORD || self.never_null(value) => return Ok(None),
                _ => true,
            },
            _ => self.is_builder(expr),
        };
        Ok(Some(format!("{} IS NULL", if built { node.operand() } else { self.expr(expr)?.operand() })))
    }

    /// Prints JSON as a node that is NULL where the value is.
    fn null_or_node(&mut self, expr: &Expr) -> Result<Text> {
        let node = self.json_node(expr)?;
        Ok(match self.is_null_node(expr, &node)? {
            Some(_) if self.is_builder(expr) => node,
            Some(null) => Text::atom(format!("IF({null}, NULL, {node})")),
            None => node,
        })
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
                    // What the new value is built of stands in a hole of the changed one.
                    ("jsonb_set" | "jsonb_insert", [target, _, new, ..]) if !self.is_builder(target) => {
                        self.enters_subquery(new)?;
                        let node = self.json_node(new)?;
                        let null = self.is_null_node(new, &node)?;
                        let hole = format!("JSON_OBJECT('\\ue001', {node})");
                        let hole = null.map_or(hole.clone(), |null| format!("IF({null}, NULL, {hole})"));
                        let changed = self.json_changed(&function.name, args, Some(Text::atom(hole)))?;
                        let whole = of("h", vec![changed.clone()]);
                        return Ok(Text::atom(format!("IF({} IS NULL, NULL, {whole})", changed.operand())));
                    }
                    ("jsonb_strip_nulls", [value]) => {
                        let node = self.json_node(value)?;
                        let null = self.is_null_node(value, &node)?;
                        let stripped = of("z", vec![node]);
                        return Ok(match null {
                            Some(null) => Text::atom(format!("IF({null}, NULL, {stripped})")),
                            None => stripped,
                        });
                    }
                    ("to_json" | "to_jsonb" | "array_to_json", [value]) if value.ty == Type::NUMERIC_ARRAY => {
                        let digits = self.digits_of_elements(value)?;
                        let node = of("d", vec![digits.clone()]);
                        return Ok(match value.kind {
                            ExprKind::Array(_) => node,
                            ExprKind::Aggregate(_) => Text::atom(format!("IF({digits} IS NULL, NULL, {node})")),
                            _ => Text::atom(format!("IF({} IS NULL, NULL, {node})", self.expr(value)?.operand())),
                        });
                    }
                    ("to_json" | "to_jsonb" | "array_to_json", [value]) => {
                        let node = self.json_node(value)?;
                        return Ok(Text::atom(format!("IF({} IS NULL, NULL, TO_JSON({node}))", self.expr(value)?.operand())));
                    }
                    _ => {}
                },
                ExprKind::Aggregate(call) => return self.json_aggregate(expr, call),
                ExprKind::Literal(Literal::Json(text)) => return Ok(of("t", vec![Text::atom(literals::string(text))])),
                ExprKind::Operator { args, .. } => {
                    let (mut nodes, mut nulls) = (Vec::new(), Vec::new());
                    for side in args {
                        let node = self.json_node(side)?;
                        nulls.extend(self.is_null_node(side, &node)?);
                        nodes.push(node);
                    }
                    let joined = of("+", nodes);
                    return Ok(if nulls.is_empty() { joined } else { Text::atom(format!("IF({}, NULL, {joined})", nulls.join(" OR "))) });
                }
                ExprKind::Coalesce(items) => {
                    let nodes: Vec<Text> = items.iter().map(|item| self.null_or_node(item)).collect::<Result<_>>()?;
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
            Type::NUMERIC => of("n", vec![self.digits_of(expr)?]),
            Type::NUMERIC_ARRAY => of("d", vec![self.digits_of_elements(expr)?]),
            ty if ty.is_array() => of("v", vec![Text::call("TO_JSON", &[self.json_value(expr)?])]),
            _ => self.json_value(expr)?,
        })
    }

    /// The digits of a numeric. What the decoder computes to the last digit of a column, it computes of a value in JSON too.
    fn digits_of(&mut self, expr: &Expr) -> Result<Text> {
        let digits = match self.own.is_own(expr) || matches!(expr.scale, NumericScale::Fixed(_)) {
            false => super::digits::text_of_numeric(expr, &self.own, self.rounded),
            true => None,
        };
        match digits {
            Some(digits) => self.expr(&digits),
            None => self.display(expr),
        }
    }

    /// The digits of an array's elements, as JSON.
    fn digits_of_elements(&mut self, array: &Expr) -> Result<Text> {
        match &array.kind {
            ExprKind::Array(items) if self.computed(array).is_none() => {
                let digits = items.iter().map(|item| self.digits_of(item)).collect::<Result<Vec<_>>>()?;
                Ok(Text::call("JSON_ARRAY", &digits))
            }
            ExprKind::Aggregate(call) if call.function.name == "array_agg" && !call.distinct && self.computed(array).is_none() => {
                let [value] = call.args.as_slice() else { return Err(Report::internal("array_agg of one value")) };
                let condition = call.filter.as_ref().map(|filter| self.expr(filter)).transpose()?;
                let digits = Text::call("TO_JSON", &[self.digits_of(value)?]);
                let rows = self.gathered(digits, value, false, &call.order_by, condition)?;
                Ok(Text::atom(format!("IF({rows} IS NULL, NULL, TO_JSON({rows}))")))
            }
            _ => Ok(Text::call("TO_JSON", &[self.elements_as_text(array)?])),
        }
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
                    | "jsonb_strip_nulls"
                    | "jsonb_set"
                    | "jsonb_insert"
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
            ExprKind::Operator { operator, .. } => operator.name == "||" && expr.ty == Type::JSONB,
            // What BigQuery's JSON holds as it is gets printed so.
            ExprKind::Literal(Literal::Json(_)) => expr.ty == Type::JSONB,
            ExprKind::Coalesce(items) => matches!(expr.ty, Type::JSON | Type::JSONB) && items.iter().any(|item| self.is_builder(item)),
            ExprKind::Case { whens, otherwise } => {
                matches!(expr.ty, Type::JSON | Type::JSONB | Type::RECORD)
                    && whens.iter().map(|(_, then)| then).chain(otherwise.as_deref()).any(|item| self.is_builder(item))
            }
            _ => self.is_node(expr),
        }
    }
}
