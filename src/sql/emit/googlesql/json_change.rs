//! Functions and operators that make changed JSON: `||`, `-`, `#-`, jsonb_set and its kin, jsonb_strip_nulls.

use super::functions_json::{constant_texts, path_key};
use super::*;
use crate::types::Type;
use crate::types::literal::Literal;

impl Emitter {
    /// `left || right`: objects are merged, the right one's values win; anything else is joined as arrays.
    pub fn json_concat(&mut self, left: &Expr, right: &Expr) -> Result<Text> {
        self.enters_subquery(left)?;
        self.enters_subquery(right)?;
        let (a, b) = (self.expr(left)?, self.expr(right)?);
        let rows = self.alias("sides");
        // Of a key that comes twice PARSE_JSON keeps the first value.
        let inner = |side: &str| format!("REGEXP_REPLACE(TO_JSON_STRING({rows}.{side}), r'^.|.$', '')");
        let merged = format!(
            "PARSE_JSON(CONCAT('{{', {b}, IF(TO_JSON_STRING({rows}.a) = '{{}}' OR TO_JSON_STRING({rows}.b) = '{{}}', '', ','), {a}, '}}'))",
            a = inner("a"),
            b = inner("b")
        );
        let elements = |side: &str| format!("IF(JSON_TYPE({rows}.{side}) = 'array', JSON_QUERY_ARRAY({rows}.{side}), [{rows}.{side}])");
        Ok(Text::atom(format!(
            "(SELECT IF({rows}.a IS NULL OR {rows}.b IS NULL, NULL, IF(JSON_TYPE({rows}.a) = 'object' AND JSON_TYPE({rows}.b) = 'object', {merged}, TO_JSON(ARRAY_CONCAT({}, {})))) FROM UNNEST([STRUCT({a} AS a, {b} AS b)]) AS {rows})",
            elements("a"),
            elements("b")
        )))
    }

    /// `value - 'key'`, `value - array['key', ...]`, `value - index`.
    pub fn json_minus(&mut self, value: &Expr, what: &Expr) -> Result<Text> {
        if what.ty.is_integer() {
            let Some(index) = literals::constant_int(what).filter(|index| *index >= 0) else {
                return Err(refuse("- with a computed or negative index", what.position, "Write the index as a constant."));
            };
            let text = self.expr(value)?;
            return Ok(Text::atom(format!(
                "IF(JSON_TYPE({text}) = 'array', JSON_REMOVE({text}, '$[{index}]'), IF({} IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from object using integer index')))",
                text.operand()
            )));
        }
        let keys = match literals::constant_text(what) {
            Some(key) => vec![key.to_owned()],
            None => constant_texts(what).ok_or_else(|| refuse("- with a computed key", what.position, "Write the key as a constant."))?,
        };
        self.enters_subquery(value)?;
        let text = self.expr(value)?;
        let paths: Vec<String> = keys.iter().map(|key| literals::string(&format!("$.{}", path_key(key)))).collect();
        let listed: Vec<String> = keys.iter().map(|key| literals::string(key)).collect();
        let (element, place) = (self.alias("element"), self.alias("place"));
        let removed = if paths.is_empty() { text.to_string() } else { format!("JSON_REMOVE({text}, {})", paths.join(", ")) };
        let kept = if listed.is_empty() {
            text.to_string()
        } else {
            format!(
                "TO_JSON(ARRAY(SELECT {element} FROM UNNEST(JSON_QUERY_ARRAY({text})) AS {element} WITH OFFSET AS {place} WHERE IF(JSON_TYPE({element}) = 'string', STRING({element}) NOT IN ({}), TRUE) ORDER BY {place}))",
                listed.join(", ")
            )
        };
        Ok(Text::atom(format!(
            "CASE JSON_TYPE({text}) WHEN 'object' THEN {removed} WHEN 'array' THEN {kept} ELSE IF({} IS NULL, CAST(NULL AS JSON), ERROR('cannot delete from scalar')) END",
            text.operand()
        )))
    }

    /// `value #- path`.
    pub fn json_minus_path(&mut self, value: &Expr, path: &Expr) -> Result<Text> {
        let Some(steps) = constant_texts(path) else { return Err(refuse_path("#-", path)) };
        self.enters_subquery(value)?;
        let target = self.expr(value)?;
        Ok(self.changed(&target, &steps, &Change::Deleted))
    }

    /// jsonb_set, jsonb_insert and jsonb_set_lax with a constant path.
    pub fn json_change(&mut self, name: &str, args: &[Expr]) -> Result<Text> {
        self.json_changed(name, args, None)
    }

    /// As [`Self::json_change`], with the new value as it was printed already.
    pub fn json_changed(&mut self, name: &str, args: &[Expr], printed: Option<Text>) -> Result<Text> {
        let [target, path, new, rest @ ..] = args else { return Err(Report::internal("jsonb_set")) };
        let flag = match rest.first() {
            None => name != "jsonb_insert",
            Some(flag) => match flag.kind {
                ExprKind::Literal(Literal::Bool(flag)) => flag,
                _ => return Err(refuse(format!("{name}() with a computed flag"), flag.position, "Write true or false.")),
            },
        };
        let Some(steps) = constant_texts(path) else { return Err(refuse_path(&format!("{name}()"), path)) };
        for part in [target, new] {
            self.enters_subquery(part)?;
        }
        let value = match printed {
            Some(printed) => printed,
            None if new.is_null_literal() => Text::atom("CAST(NULL AS JSON)"),
            None => self.expr(new)?,
        };
        let target = self.expr(target)?;
        if name == "jsonb_insert" {
            let changed = self.changed(&target, &steps, &Change::Inserted { value: value.to_string(), after: flag });
            return Ok(null_unless(&value, new, changed));
        }
        let set = |value: String| Change::Set { value, creates: flag };
        if name == "jsonb_set" {
            let changed = self.changed(&target, &steps, &set(value.to_string()));
            return Ok(null_unless(&value, new, changed));
        }
        let treatment = match rest.get(1) {
            None => "use_json_null",
            Some(word) => literals::constant_text(word).unwrap_or_default(),
        };
        match treatment {
            "use_json_null" => Ok(self.changed(&target, &steps, &set(format!("COALESCE({value}, JSON 'null')")))),
            "delete_key" | "return_target" => {
                let changed = self.changed(&target, &steps, &set(value.to_string()));
                let instead = if treatment == "delete_key" { self.changed(&target, &steps, &Change::Deleted) } else { target };
                Ok(Text::atom(format!("IF({} IS NULL, {instead}, {changed})", value.operand())))
            }
            _ => Err(refuse("jsonb_set_lax() here", new.position, "'use_json_null', 'delete_key' and 'return_target' are.")),
        }
    }

    /// Changes what stands at the end of a path (jsonfuncs.c, setPath): all steps before the last one have to be there.
    fn changed(&mut self, target: &Text, steps: &[String], change: &Change) -> Text {
        if steps.is_empty() {
            return target.clone();
        }
        let root = self.alias("root");
        let inner = self.changed_at(&root, steps, 0, change);
        let what = if matches!(change, Change::Deleted) { "delete" } else { "set" };
        Text::atom(format!(
            "(SELECT IF({root} IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE({root}) IN ('object', 'array'), {inner}, ERROR('cannot {what} path in scalar'))) FROM UNNEST([{target}]) AS {root})"
        ))
    }

    /// As [`Self::changed`], of the value that a name stands for. A scalar on the way stays what it is.
    fn changed_at(&mut self, value: &str, steps: &[String], depth: usize, change: &Change) -> String {
        let step = &steps[depth];
        let (key, path) = (literals::string(step), literals::string(&format!("$.{}", path_key(step))));
        let is_last = depth + 1 == steps.len();
        let member = format!("{value}[{key}]");
        let object = if is_last {
            match change {
                Change::Deleted => format!("JSON_REMOVE({value}, {path})"),
                Change::Set { value: new, creates: true } => format!("JSON_SET({value}, {path}, {new})"),
                Change::Set { value: new, creates: false } => format!("IF({member} IS NULL, {value}, JSON_SET({value}, {path}, {new}))"),
                Change::Inserted { value: new, .. } => {
                    format!("IF({member} IS NULL, JSON_SET({value}, {path}, {new}), ERROR('cannot replace existing key'))")
                }
            }
        } else {
            let inner = self.alias("inner");
            let changed = self.changed_at(&inner, steps, depth + 1, change);
            format!("IF({member} IS NULL, {value}, JSON_SET({value}, {path}, (SELECT {changed} FROM UNNEST([{member}]) AS {inner})))")
        };
        let array = match step.trim().parse::<i32>() {
            Ok(index) => self.changed_element(value, index, steps, depth, change),
            // An empty array stays as it is where nothing is made.
            Err(_) => {
                let error = literals::string(&format!("path element at position {} is not an integer: \"{step}\"", depth + 1));
                format!("ERROR({error})")
            }
        };
        let empty = match (depth, change) {
            (0, Change::Deleted | Change::Set { creates: false, .. }) => {
                format!("IF(ARRAY_LENGTH(JSON_QUERY_ARRAY({value})) = 0, {value}, {array})")
            }
            _ => array,
        };
        format!("CASE JSON_TYPE({value}) WHEN 'object' THEN {object} WHEN 'array' THEN {empty} ELSE {value} END")
    }

    /// An element by its index, which may count from the end; beyond either end, a new one is put there.
    fn changed_element(&mut self, array: &str, index: i32, steps: &[String], depth: usize, change: &Change) -> String {
        let (item, place) = (self.alias("item"), self.alias("place"));
        let elements = format!("JSON_QUERY_ARRAY({array})");
        let length = format!("ARRAY_LENGTH({elements})");
        let at = if index < 0 { format!("{length} - {}", index.unsigned_abs()) } else { index.to_string() };
        let of = |kept: &str| format!("ARRAY(SELECT {kept} FROM UNNEST({elements}) AS {item} WITH OFFSET AS {place} ORDER BY {place})");
        if depth + 1 < steps.len() {
            let inner = self.changed_at(&item, steps, depth + 1, change);
            return format!("TO_JSON({})", of(&format!("IF({place} = {at}, {inner}, {item})")));
        }
        let part = |condition: &str| {
            format!(
                "ARRAY(SELECT {item} FROM UNNEST({elements}) AS {item} WITH OFFSET AS {place} WHERE {place} {condition} ORDER BY {place})"
            )
        };
        match change {
            Change::Deleted => format!("TO_JSON({})", part(&format!("<> {at}"))),
            Change::Set { value, creates } => {
                let replaced = of(&format!("IF({place} = {at}, {value}, {item})"));
                match (creates, index < 0) {
                    (false, _) => format!("TO_JSON({replaced})"),
                    (true, false) => format!("TO_JSON(IF({length} > {index}, {replaced}, ARRAY_CONCAT({elements}, [{value}])))"),
                    (true, true) => format!("TO_JSON(IF({at} >= 0, {replaced}, ARRAY_CONCAT([{value}], {elements})))"),
                }
            }
            Change::Inserted { value, after } => {
                let (before, behind) = if *after { ("<=", ">") } else { ("<", ">=") };
                let (before, behind) = (part(&format!("{before} {at}")), part(&format!("{behind} {at}")));
                format!("TO_JSON(ARRAY_CONCAT({before}, [{value}], {behind}))")
            }
        }
    }

    /// jsonb_strip_nulls: from objects, not from arrays.
    pub fn jsonb_strip_nulls(&mut self, value: &Expr) -> Result<Text> {
        Ok(Text::atom(format!("JSON_STRIP_NULLS({}, include_arrays => FALSE, remove_empty => FALSE)", self.expr(value)?)))
    }
}

/// What is done at the end of a path.
enum Change {
    /// Taken out.
    Deleted,
    /// Replaced; what is not there is made.
    Set { value: String, creates: bool },
    /// Put before or behind an element, or under a key that is new.
    Inserted { value: String, after: bool },
}

/// The functions are strict in the new value.
fn null_unless(value: &Text, new: &Expr, changed: Text) -> Text {
    if literals::is_constant(new) && !new.is_null_literal() {
        return changed;
    }
    Text::atom(format!("IF({} IS NULL, CAST(NULL AS JSON), {changed})", value.operand()))
}

fn refuse_path(what: &str, path: &Expr) -> Report {
    debug_assert!(path.ty == Type::TEXT_ARRAY);
    refuse(format!("{what} with this path"), path.position, "Write the path as a constant.")
}
