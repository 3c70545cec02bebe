//! jsonpath in lax mode: steps by key, index and `*`, and filters that compare with constants, as arrays of the items that each step finds.

use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

/// One step of a path.
enum Step {
    Key(String),
    /// From one place to another.
    Elements(Place, Place),
    AnyIndex,
    AnyKey,
    Filter(Condition),
    Method(Method),
}

/// A place in an array, counted from its begin, or from its end down.
#[derive(Clone, Copy)]
struct Place {
    of_last: bool,
    offset: i64,
}

/// What a method gives for an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Type,
    Size,
    Number(&'static str, &'static str),
}

const METHODS: [(&str, Method); 5] = [
    ("type", Method::Type),
    ("size", Method::Size),
    ("floor", Method::Number("floor", "FLOOR")),
    ("ceiling", Method::Number("ceiling", "CEIL")),
    ("abs", Method::Number("abs", "ABS")),
];

/// A condition of a filter, or a whole path that is a predicate.
enum Condition {
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Not(Box<Condition>),
    Exists(Vec<Step>),
    Compare { path: Vec<Step>, op: &'static str, value: serde_json::Value },
    StartsWith { path: Vec<Step>, prefix: String },
}

impl Emitter {
    /// Prints a function of jsonpath, or the operators `@?` and `@@` by their functions' names.
    pub fn path_function(&mut self, expr: &Expr, name: &str, args: &[Expr]) -> Result<Option<Text>> {
        if !matches!(name, "jsonb_path_query_first" | "jsonb_path_query_array" | "jsonb_path_exists" | "jsonb_path_match") {
            return Ok(None);
        }
        let (value, path) = arguments(expr, args)?;
        self.enters_subquery(value)?;
        let text = self.expr(value)?;
        let guarded = |sql: String| Text::atom(format!("IF({} IS NULL, NULL, {sql})", text.operand()));
        if name == "jsonb_path_match" {
            let mut reader = Reader::new(path);
            let condition = reader.disjunction('$').filter(|_| reader.is_at_end()).ok_or_else(|| refused(expr))?;
            let sql = self.condition_of(&text.to_string(), &condition);
            return Ok(Some(guarded(sql)));
        }
        let items = self.items(&text, path, expr)?;
        Ok(Some(match name {
            "jsonb_path_query_first" => Text::atom(format!("{items}[SAFE_OFFSET(0)]")),
            "jsonb_path_query_array" => guarded(format!("TO_JSON({items})")),
            _ => guarded(format!("ARRAY_LENGTH({items}) > 0")),
        }))
    }

    /// The items that `jsonb_path_query` returns, as an array.
    pub fn path_items(&mut self, expr: &Expr, args: &[Expr]) -> Result<String> {
        let (value, path) = arguments(expr, args)?;
        let text = self.expr(value)?;
        self.items(&text, path, expr)
    }

    fn items(&mut self, value: &Text, path: &str, expr: &Expr) -> Result<String> {
        let mut reader = Reader::new(path);
        if let Some(steps) = reader.path('$').filter(|_| reader.is_at_end()) {
            let start = format!("IF({} IS NULL, [], [{value}])", value.operand());
            return Ok(self.after(start, &steps));
        }
        // A predicate is an item itself: true, false or null.
        let mut reader = Reader::new(path);
        let condition = reader.disjunction('$').filter(|_| reader.is_at_end()).ok_or_else(|| refused(expr))?;
        let condition = self.condition_of(&value.to_string(), &condition);
        Ok(format!("IF({} IS NULL, [], [TO_JSON({condition})])", value.operand()))
    }

    /// The items after some steps from the items of an array. Arrays are unwrapped where a step is for what they hold.
    fn after(&mut self, mut items: String, steps: &[Step]) -> String {
        for step in steps {
            let (item, place) = (self.alias("item"), self.alias("place"));
            let (inner, inner_place) = (self.alias("inner"), self.alias("place"));
            let unwrapped = format!("IF(JSON_TYPE({item}) = 'array', JSON_QUERY_ARRAY({item}), [{item}])");
            let all = format!(
                "UNNEST({items}) AS {item} WITH OFFSET AS {place} CROSS JOIN UNNEST({unwrapped}) AS {inner} WITH OFFSET AS {inner_place}"
            );
            let order = format!("ORDER BY {place}, {inner_place}");
            items = match step {
                Step::Key(key) => {
                    let key = literals::string(key);
                    format!("ARRAY(SELECT {inner}[{key}] FROM {all} WHERE {inner}[{key}] IS NOT NULL {order})")
                }
                Step::AnyIndex => format!("ARRAY(SELECT {inner} FROM {all} {order})"),
                Step::Elements(first, last) => {
                    let place = |place: &Place| match (place.of_last, place.offset) {
                        (false, n) => n.to_string(),
                        (true, n) => format!("ARRAY_LENGTH({unwrapped}) - {}", n + 1),
                    };
                    let (first, last) = (place(first), place(last));
                    let range = if first == last { format!("= {first}") } else { format!("BETWEEN {first} AND {last}") };
                    format!("ARRAY(SELECT {inner} FROM {all} WHERE {inner_place} {range} {order})")
                }
                Step::AnyKey => {
                    // Members stand in jsonb's order: by the length of the key, then by its bytes.
                    let (name, quoted) = (self.alias("name"), self.alias("quoted"));
                    let names = format!(
                        "UNNEST(ARRAY(SELECT IF(STARTS_WITH({quoted}, '\"'), STRING(PARSE_JSON({quoted})), {quoted}) FROM UNNEST(IF(JSON_TYPE({inner}) = 'object', JSON_KEYS({inner}, 1), [])) AS {quoted})) AS {name}"
                    );
                    format!("ARRAY(SELECT {inner}[{name}] FROM {all} CROSS JOIN {names} {order}, BYTE_LENGTH({name}), {name})")
                }
                Step::Method(Method::Type) => {
                    format!(
                        "ARRAY(SELECT TO_JSON(JSON_TYPE({item})) FROM UNNEST({items}) AS {item} WITH OFFSET AS {place} ORDER BY {place})"
                    )
                }
                Step::Method(Method::Size) => format!(
                    "ARRAY(SELECT TO_JSON(ARRAY_LENGTH({unwrapped})) FROM UNNEST({items}) AS {item} WITH OFFSET AS {place} ORDER BY {place})"
                ),
                Step::Method(Method::Number(name, function)) => format!(
                    "ARRAY(SELECT IF(JSON_TYPE({inner}) = 'number', TO_JSON({function}(CAST(JSON_VALUE({inner}) AS BIGNUMERIC))), ERROR('jsonpath item method .{name}() can only be applied to a numeric value')) FROM {all} {order})"
                ),
                Step::Filter(condition) => {
                    let condition = self.condition_of(&inner, condition);
                    format!("ARRAY(SELECT {inner} FROM {all} WHERE {condition} {order})")
                }
            };
        }
        items
    }

    fn condition_of(&mut self, item: &str, condition: &Condition) -> String {
        let mut joined = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(|part| self.condition_of(item, part)).collect();
            format!("({})", parts.join(word))
        };
        match condition {
            Condition::Any(parts) => joined(parts, " OR "),
            Condition::All(parts) => joined(parts, " AND "),
            Condition::Not(inner) => format!("NOT {}", self.condition_of(item, inner)),
            Condition::Exists(steps) => format!("ARRAY_LENGTH({}) > 0", self.after(format!("[{item}]"), steps)),
            Condition::Compare { path, op, value } => {
                // Operands are unwrapped as well.
                let items = self.after(format!("[{item}]"), path);
                let operands = self.after(items, &[Step::AnyIndex]);
                let operand = self.alias("operand");
                // null is equal to null only, and unequal to everything else.
                let unequal = if *op == "<>" { "TRUE" } else { "FALSE" };
                let among = |ty: &str, comparison: String| {
                    format!("CASE JSON_TYPE({operand}) WHEN '{ty}' THEN {comparison} WHEN 'null' THEN {unequal} END")
                };
                let compared = match value {
                    serde_json::Value::String(text) => among("string", format!("STRING({operand}) {op} {}", literals::string(text))),
                    serde_json::Value::Number(number) => {
                        among("number", format!("SAFE_CAST(JSON_VALUE({operand}) AS BIGNUMERIC) {op} BIGNUMERIC '{number}'"))
                    }
                    serde_json::Value::Bool(value) => {
                        among("boolean", format!("BOOL({operand}) {op} {}", value.to_string().to_uppercase()))
                    }
                    _ => format!("(JSON_TYPE({operand}) = 'null') = {}", if *op == "=" { "TRUE" } else { "FALSE" }),
                };
                // True for one item is true; else an item of another type makes it unknown (jsonpath_exec.c, executePredicate).
                for_any(&compared, &operands, &operand)
            }
            Condition::StartsWith { path, prefix } => {
                let items = self.after(format!("[{item}]"), path);
                let operands = self.after(items, &[Step::AnyIndex]);
                let operand = self.alias("operand");
                let compared =
                    format!("IF(JSON_TYPE({operand}) = 'string', STARTS_WITH(STRING({operand}), {}), NULL)", literals::string(prefix));
                for_any(&compared, &operands, &operand)
            }
        }
    }
}

/// What a comparison comes to over the items of an operand.
fn for_any(compared: &str, operands: &str, operand: &str) -> String {
    format!(
        "(SELECT IF(COUNTIF({compared}) > 0, TRUE, IF(COUNTIF(({compared}) IS NULL) > 0, NULL, FALSE)) FROM UNNEST({operands}) AS {operand})"
    )
}

/// The value and the constant path; variables and `silent` have to be as they are when left out.
fn arguments<'e>(expr: &Expr, args: &'e [Expr]) -> Result<(&'e Expr, &'e str)> {
    let [value, path, rest @ ..] = args else { return Err(refused(expr)) };
    let plain = rest.iter().all(|arg| match &arg.kind {
        ExprKind::Literal(Literal::Json(text)) => text == "{}",
        ExprKind::Literal(Literal::Bool(silent)) => !silent,
        _ => false,
    });
    match &path.kind {
        ExprKind::Literal(Literal::Text(path)) if plain && value.ty == Type::JSONB => Ok((value, path)),
        _ => Err(refused(expr)),
    }
}

fn refused(expr: &Expr) -> Report {
    refuse(
        "this jsonpath",
        expr.position,
        "Constant paths of keys, indexes, [*], .*, .type(), .size() and filters that compare with constants are.",
    )
}

/// Reads a path.
struct Reader<'p> {
    rest: &'p str,
}

impl<'p> Reader<'p> {
    fn new(path: &'p str) -> Reader<'p> {
        let path = path.trim();
        Reader { rest: path.strip_prefix("lax ").unwrap_or(path) }
    }

    fn is_at_end(&mut self) -> bool {
        self.blank();
        self.rest.is_empty()
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, word: &str) -> bool {
        self.blank();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// `$.key[*] ? (..)`, or the same from `@`.
    fn path(&mut self, root: char) -> Option<Vec<Step>> {
        if !self.eat(&root.to_string()) {
            return None;
        }
        let mut steps = Vec::new();
        loop {
            self.blank();
            if self.eat("[") {
                if self.eat("*") {
                    steps.push(Step::AnyIndex);
                } else {
                    let first = self.place()?;
                    let last = if self.eat("to ") { self.place()? } else { first };
                    steps.push(Step::Elements(first, last));
                }
                if !self.eat("]") {
                    return None;
                }
            } else if self.rest.starts_with('.') {
                self.rest = &self.rest[1..];
                self.blank();
                if self.eat("*") {
                    // `.**` goes to every depth.
                    if self.rest.starts_with('*') {
                        return None;
                    }
                    steps.push(Step::AnyKey);
                } else if self.rest.starts_with('"') {
                    let serde_json::Value::String(key) = self.value()? else { return None };
                    steps.push(Step::Key(key));
                } else {
                    let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
                    let (key, rest) = self.rest.split_at(end);
                    if key.is_empty() {
                        return None;
                    }
                    self.rest = rest;
                    steps.push(match self.eat("(") {
                        true if self.eat(")") => Step::Method(METHODS.iter().find(|(name, _)| *name == key)?.1),
                        true => return None,
                        false => Step::Key(key.to_owned()),
                    });
                }
            } else if self.eat("?") {
                if !self.eat("(") {
                    return None;
                }
                let condition = self.disjunction('@')?;
                if !self.eat(")") {
                    return None;
                }
                steps.push(Step::Filter(condition));
            } else {
                return Some(steps);
            }
        }
    }

    /// A place of an array: a number, `last`, `last - 1`.
    fn place(&mut self) -> Option<Place> {
        let of_last = self.eat("last");
        if of_last && !self.eat("-") {
            return Some(Place { of_last, offset: 0 });
        }
        self.blank();
        let end = self.rest.find(|c: char| !c.is_ascii_digit())?;
        let offset = self.rest[..end].parse::<i32>().ok()?.into();
        self.rest = &self.rest[end..];
        self.blank();
        Some(Place { of_last, offset })
    }

    fn disjunction(&mut self, root: char) -> Option<Condition> {
        let mut parts = vec![self.conjunction(root)?];
        while self.eat("||") {
            parts.push(self.conjunction(root)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn conjunction(&mut self, root: char) -> Option<Condition> {
        let mut parts = vec![self.predicate(root)?];
        while self.eat("&&") {
            parts.push(self.predicate(root)?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn predicate(&mut self, root: char) -> Option<Condition> {
        if self.eat("!") {
            self.eat("(").then_some(())?;
            let inner = self.disjunction(root)?;
            return self.eat(")").then(|| Condition::Not(Box::new(inner)));
        }
        if self.eat("exists") {
            self.eat("(").then_some(())?;
            let path = self.path(root)?;
            return self.eat(")").then_some(Condition::Exists(path));
        }
        if self.eat("(") {
            let inner = self.disjunction(root)?;
            return self.eat(")").then_some(inner);
        }
        let path = self.path(root)?;
        if self.eat("starts ") {
            self.eat("with").then_some(())?;
            return match self.value()? {
                serde_json::Value::String(prefix) => Some(Condition::StartsWith { path, prefix }),
                _ => None,
            };
        }
        let ops = [("==", "="), ("<>", "<>"), ("!=", "<>"), ("<=", "<="), (">=", ">="), ("<", "<"), (">", ">")];
        let op = ops.iter().find(|(word, _)| self.eat(word))?.1;
        let value = self.value()?;
        let ordered = !matches!(op, "=" | "<>");
        if ordered && (value.is_null() || value.is_boolean()) {
            return None;
        }
        Some(Condition::Compare { path, op, value })
    }

    /// A string, a number, true, false or null.
    fn value(&mut self) -> Option<serde_json::Value> {
        self.blank();
        // Numbers and words end where their letters do: a parenthesis may follow.
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.'))).unwrap_or(self.rest.len());
        if end > 0 {
            let value: serde_json::Value = serde_json::from_str(&self.rest[..end]).ok()?;
            self.rest = &self.rest[end..];
            return Some(value);
        }
        let mut values = serde_json::Deserializer::from_str(self.rest).into_iter::<serde_json::Value>();
        let value = values.next()?.ok()?;
        let end = values.byte_offset();
        self.rest = &self.rest[end..];
        (!value.is_array() && !value.is_object()).then_some(value)
    }
}
