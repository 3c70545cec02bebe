//! JSON that a query builds, in the emitter's own form (`sql::emit::googlesql::json_output`): written out as PostgreSQL lays it out.

use serde_json::Value;

use crate::error::{Report, Result};
use crate::types::json;

/// How the emitter's own form begins.
const HEAD: &str = "{\"\u{e000}\":";

/// The only key of an object that holds a node amid JSON.
const HOLE: &str = "\u{e001}";

/// Tells whether a cell holds JSON in the emitter's own form.
pub fn is_built(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// Writes out JSON that was built, as json or (`binary`) as jsonb; NULL where nothing was.
///
/// # Errors
/// XX000 for nodes of no known kind, and what is wrong with numbers.
pub fn written(text: &str, binary: bool) -> Result<Option<String>> {
    let broken = || Report::internal("JSON that was built cannot be read");
    let inner = text.strip_prefix(HEAD).and_then(|inner| inner.strip_suffix('}')).ok_or_else(broken)?;
    let node: Value = serde_json::from_str(inner).map_err(|_| broken())?;
    if node.is_null() {
        return Ok(None);
    }
    let mut out = String::new();
    write(&node, &mut out)?;
    if binary { json::canonical(&out).map(Some) } else { Ok(Some(out)) }
}

fn write(node: &Value, out: &mut String) -> Result<()> {
    let Value::Array(parts) = node else {
        match node {
            Value::String(text) => json::quote(text, out),
            scalar => out.push_str(&scalar.to_string()),
        }
        return Ok(());
    };
    let unknown = || Report::internal("a node of JSON that was built is of no known kind");
    let (Some(Value::String(kind)), rest) = (parts.first(), parts.get(1..).unwrap_or_default()) else { return Err(unknown()) };
    match (kind.as_str(), rest) {
        ("o", rest) => {
            out.push('{');
            for (i, pair) in rest.chunks(2).enumerate() {
                let [Value::String(key), value] = pair else { return Err(unknown()) };
                out.push_str(if i > 0 { ", " } else { "" });
                json::quote(key, out);
                out.push_str(" : ");
                write(value, out)?;
            }
            out.push('}');
        }
        ("r", rest) => {
            out.push('{');
            for (i, pair) in rest.chunks(2).enumerate() {
                let [Value::String(key), value] = pair else { return Err(unknown()) };
                out.push_str(if i > 0 { "," } else { "" });
                json::quote(key, out);
                out.push(':');
                write(value, out)?;
            }
            out.push('}');
        }
        ("a", rest) => list(rest, ", ", out)?,
        ("l", [Value::Array(rows)]) => list(rows, ", ", out)?,
        ("m", [Value::Array(rows)]) => list(rows, ", \n ", out)?,
        ("p", [Value::Array(keys), Value::Array(values)]) => {
            out.push_str("{ ");
            for (i, (key, value)) in keys.iter().zip(values).enumerate() {
                let Value::String(key) = key else { return Err(unknown()) };
                out.push_str(if i > 0 { ", " } else { "" });
                json::quote(key, out);
                out.push_str(" : ");
                write(value, out)?;
            }
            out.push_str(" }");
        }
        ("n", [Value::String(digits)]) => out.push_str(&super::arithmetic::computed(digits)?),
        ("n" | "d" | "b" | "v", [Value::Null]) => out.push_str("null"),
        ("d", [Value::Array(items)]) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                match item {
                    Value::String(digits) => out.push_str(&super::arithmetic::computed(digits)?),
                    _ => out.push_str("null"),
                }
            }
            out.push(']');
        }
        ("t", [Value::String(text)]) => out.push_str(text),
        ("+", [left, right]) => {
            let side = |node: &Value| {
                let mut text = String::new();
                write(node, &mut text).map(|()| text)
            };
            out.push_str(&json::concatenated(&side(left)?, &side(right)?)?);
        }
        ("h", [value]) => fill(value, out)?,
        ("c" | "i" | "z", [value]) => {
            let mut text = String::new();
            write(value, &mut text)?;
            out.push_str(&match kind.as_str() {
                "c" => json::canonical(&text)?,
                "i" => json::pretty(&text)?,
                _ => json::without_nulls(&text)?,
            });
        }
        ("b", [value]) => out.push_str(&json::canonical(&value.to_string())?),
        ("v", [value]) => out.push_str(&value.to_string()),
        _ => return Err(unknown()),
    }
    Ok(())
}

/// Writes a value, and what the nodes in it come to.
fn fill(value: &Value, out: &mut String) -> Result<()> {
    match value {
        Value::Object(members) => {
            if let (1, Some(node)) = (members.len(), members.get(HOLE)) {
                return write(node, out);
            }
            out.push('{');
            for (i, (key, item)) in members.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                json::quote(key, out);
                out.push_str(": ");
                fill(item, out)?;
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                fill(item, out)?;
            }
            out.push(']');
        }
        Value::String(text) => json::quote(text, out),
        scalar => out.push_str(&scalar.to_string()),
    }
    Ok(())
}

fn list(items: &[Value], separator: &str, out: &mut String) -> Result<()> {
    out.push('[');
    for (i, item) in items.iter().enumerate() {
        out.push_str(if i > 0 { separator } else { "" });
        write(item, out)?;
    }
    out.push(']');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(node: &str, binary: bool) -> String {
        written(&format!("{HEAD}{node}}}"), binary).unwrap().unwrap()
    }

    #[test]
    fn json_is_laid_out_as_by_postgresql() {
        let object = r#"["o","b",1,"a",["n","1.50"],"c",["l",["x",null,true]],"d",["b",{"long":1,"k":[1,2]}],"e",["v",[1,2]]]"#;
        assert_eq!(json(object, false), r#"{"b" : 1, "a" : 1.50, "c" : ["x", null, true], "d" : {"k": [1, 2], "long": 1}, "e" : [1,2]}"#);
        assert_eq!(json(object, true), r#"{"a": 1.50, "b": 1, "c": ["x", null, true], "d": {"k": [1, 2], "long": 1}, "e": [1, 2]}"#);
        assert_eq!(
            json(r#"["m",[["r","a",1,"b","x"],["r","a",null,"b",["n","2.0"]]]]"#, false),
            "[{\"a\":1,\"b\":\"x\"}, \n {\"a\":null,\"b\":2.0}]"
        );
        assert_eq!(json(r#"["p",["k","j"],[1,["n",null]]]"#, false), r#"{ "k" : 1, "j" : null }"#);
        assert_eq!(written(&format!("{HEAD}null}}"), true).unwrap(), None);
        assert_eq!(json(r#"["o","a",["n","10.00 4 /"]]"#, true), r#"{"a": 2.5000000000000000}"#);
        assert_eq!(json(r#"["d",["1.50",null]]"#, true), "[1.50, null]");
        assert_eq!(json(r#"["+",["b",{"a":1,"b":2}],["t","{\"a\": 1.50}"]]"#, true), r#"{"a": 1.50, "b": 2}"#);
        assert_eq!(json(r#"["+",["b",{"a":1}],["n","2.0"]]"#, true), r#"[{"a": 1}, 2.0]"#);
        assert_eq!(json(r#"["z",["o","a",null,"b",["a",null,["o","c",null]]]]"#, true), r#"{"b": [null, {}]}"#);
        assert_eq!(json("[\"h\",{\"long\":1,\"k\":[{\"\u{e001}\":[\"n\",\"1.50\"]}]}]", true), r#"{"k": [1.50], "long": 1}"#);
        assert_eq!(json(r#"["c",["o","b",1,"a",["n","1.50"]]]"#, false), r#"{"a": 1.50, "b": 1}"#);
        assert_eq!(json(r#"["i",["o","a",["a"],"b",["n","1.50"]]]"#, false), "{\n    \"a\": [\n    ],\n    \"b\": 1.50\n}");
        assert!(!is_built(r#"{"a": 1}"#));
        assert!(written(&format!("{HEAD}[\"?\"]}}"), true).is_err());
    }
}
