//! Functions and operators that make changed JSON: `||`, `-`, `#-`, jsonb_set, jsonb_strip_nulls.

use super::functions_json::{constant_texts, path_key};
use super::*;
use crate::types::Type;

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
        let Some(path) = keys_only(path) else { return Err(refuse_path("#-", path)) };
        Ok(Text::atom(format!("JSON_REMOVE({}, {})", self.expr(value)?, literals::string(&path.whole))))
    }

    /// jsonb_set with a constant path of keys: the last one may be new, all before it have to be there.
    pub fn jsonb_set(&mut self, args: &[Expr]) -> Result<Text> {
        let [target, path, value, rest @ ..] = args else { return Err(Report::internal("jsonb_set")) };
        let creates = match rest {
            [] => true,
            [flag] => match flag.kind {
                ExprKind::Literal(crate::types::literal::Literal::Bool(flag)) => flag,
                _ => return Err(refuse("jsonb_set() with a computed flag", flag.position, "Write true or false.")),
            },
            _ => return Err(Report::internal("jsonb_set")),
        };
        let Some(path) = keys_only(path) else { return Err(refuse_path("jsonb_set()", path)) };
        let (target, value) = (self.expr(target)?, self.expr(value)?);
        let flag = if creates { "" } else { ", create_if_missing => FALSE" };
        let set = format!("JSON_SET({target}, {}, {value}{flag})", literals::string(&path.whole));
        let parent =
            if path.parent == "$" { target.to_string() } else { format!("JSON_QUERY({target}, {})", literals::string(&path.parent)) };
        Ok(Text::atom(format!(
            "IF({} IS NULL, CAST(NULL AS JSON), IF(JSON_TYPE({parent}) = 'object', {set}, IF(JSON_TYPE({target}) IN ('object', 'array'), {target}, ERROR('cannot set path in scalar'))))",
            if literals::is_constant(&args[2]) { target.operand() } else { format!("{} IS NULL OR {}", target.operand(), value.operand()) }
        )))
    }

    /// jsonb_strip_nulls: from objects, not from arrays.
    pub fn jsonb_strip_nulls(&mut self, value: &Expr) -> Result<Text> {
        Ok(Text::atom(format!("JSON_STRIP_NULLS({}, include_arrays => FALSE, remove_empty => FALSE)", self.expr(value)?)))
    }
}

/// A JSONPath of keys.
struct KeyPath {
    whole: String,
    parent: String,
}

/// Returns a constant path all of whose elements can only be keys. (A number may be an index as well.)
fn keys_only(path: &Expr) -> Option<KeyPath> {
    let keys = constant_texts(path)?;
    if keys.is_empty() || keys.iter().any(|key| key.parse::<i64>().is_ok()) {
        return None;
    }
    let joined = |keys: &[String]| keys.iter().fold("$".to_owned(), |path, key| format!("{path}.{}", path_key(key)));
    Some(KeyPath { whole: joined(&keys), parent: joined(&keys[..keys.len() - 1]) })
}

fn refuse_path(what: &str, path: &Expr) -> Report {
    debug_assert!(path.ty == Type::TEXT_ARRAY);
    refuse(format!("{what} with this path"), path.position, "Write the path as a constant of keys, without numbers.")
}
