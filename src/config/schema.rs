//! `sluice schema`: the configuration's JSON schema, made of the sections themselves, so that editors complete and check the file.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::raw::{Backend, RawConfig};
use super::units::{Size, Span};

/// What a value looks like in the file.
pub trait Shape {
    /// Returns its JSON schema.
    fn shape() -> Value;
}

macro_rules! shapes {
    ($($ty:ty => $shape:tt),* $(,)?) => { $(impl Shape for $ty { fn shape() -> Value { json!($shape) } })* };
}

shapes! {
    String => { "type": "string" },
    bool => { "type": "boolean" },
    f64 => { "type": "number" },
    u64 => { "type": "integer", "minimum": 0 },
    usize => { "type": "integer", "minimum": 0 },
    Option<f64> => { "type": "number" },
    Vec<String> => { "type": "array", "items": { "type": "string" } },
    BTreeMap<String, String> => { "type": "object", "additionalProperties": { "type": "string" } },
    Span => { "type": ["string", "integer"], "pattern": "^ *[0-9.]+ *(us|ms|s|m|min|h|d)? *$", "examples": ["50ms", "30s", "5m", "24h", "7d"] },
    Size => { "type": ["string", "integer"], "pattern": "^ *[0-9.]+ *(B|[kKMGT]B|[KMGT]iB)? *$", "examples": ["8MiB", "1GiB"] },
}

/// Makes the schema of a section: `keys` are each key's comment and shape, in the order of the section's own keys.
pub fn section(defaults: &Value, keys: Vec<(&str, Value)>) -> Value {
    let names = defaults.as_object().into_iter().flatten();
    let mut properties = Map::new();
    for ((name, default), (comment, mut shape)) in names.zip(keys) {
        shape["description"] = json!(comment.trim());
        if !default.is_object() && !default.is_null() {
            shape["default"] = default.clone();
        }
        properties.insert(name.clone(), shape);
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

/// Returns the schema of the whole file.
pub fn schema() -> Value {
    let defaults = serde_json::to_value(RawConfig::default()).unwrap_or_default();
    let mut properties = Map::new();
    for (name, shape) in RawConfig::sections() {
        properties.insert(name.to_owned(), shape);
    }
    let backend = serde_json::to_value(Backend::default()).unwrap_or_default();
    let kinds =
        json!({ "type": "string", "enum": ["local", "bigquery"], "default": backend["kind"], "description": "Where the rows are." });
    let backend = json!({ "type": "object", "additionalProperties": false, "properties": {
        "kind": kinds, "local": super::raw::Local::shape(), "bigquery": super::raw::BigQuery::shape(),
    } });
    properties.insert("backend".to_owned(), backend);
    for (name, list) in lists() {
        properties.insert(name.to_owned(), list);
    }
    // Nothing that the file may hold is left out.
    debug_assert!(
        defaults.as_object().is_none_or(|keys| keys.keys().all(|key| properties.contains_key(key) || UNAVAILABLE.contains(&key.as_str())))
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sluice.toml",
        "description": "The configuration of Sluice.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}

/// What the file may not hold yet.
const UNAVAILABLE: &[&str] = &["masks", "row_filters"];

/// Returns the schema of `[[auth.rules]]`.
pub fn auth_rules() -> Value {
    let names = |comment: &str| {
        let list = json!({ "type": "array", "minItems": 1, "items": { "type": "string" } });
        json!({ "anyOf": [{ "type": "string" }, list], "default": "all", "description": comment })
    };
    let properties = json!({
        "type": { "type": "string", "enum": ["host", "hostssl", "hostnossl"], "default": "host", "description": "TCP, with TLS, without." },
        "database": names("Databases; all, sameuser."),
        "user": names("Users; all, +role."),
        "address": names("Addresses: all, loopback, 10.0.0.0/8."),
        "method": { "type": "string", "enum": ["scram-sha-256", "trust", "cert", "oauth", "oauthbearer", "reject"], "description": "The proof that is asked for." },
        "map": { "type": "object", "additionalProperties": { "type": "string" },
                 "description": "What a certificate's common name or a token's e-mail address is called here." },
    });
    json!({ "type": "array", "items": { "type": "object", "additionalProperties": false, "required": ["method"], "properties": properties } })
}

/// The `[[lists]]`.
fn lists() -> Vec<(&'static str, Value)> {
    let text = |comment: &str| json!({ "type": "string", "description": comment });
    let texts = |comment: &str| json!({ "type": "array", "items": { "type": "string" }, "description": comment });
    let number = |comment: &str| json!({ "type": "number", "minimum": 0, "description": comment });
    let list = |comment: &str, required: &[&str], properties: Value| {
        let item = json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties });
        json!({ "type": "array", "description": comment, "items": item })
    };
    let users = json!({
        "name": text("The login name."),
        "password": text("A SCRAM verifier as `sluice user hash` prints it."),
        "role": text("The role that limits and policy go by; the user's name if absent."),
        "admin": { "type": "boolean", "default": false, "description": "May approve, flush, pause, reload." },
        "identity": { "type": "string", "enum": ["shared", "token"], "default": "shared",
                      "description": "Whose credentials queries run with: the server's, or the user's own OAuth token." },
        "email": text("The address that OAuth knows the user by; the name if absent."),
    });
    let roles = json!({
        "name": text("The role's name."),
        "allow": { "type": "array", "items": { "type": "string" }, "default": ["*.*"], "description": "Patterns schema.table that may be read." },
        "deny": texts("Patterns that may not, whatever allow says."),
        "max_usd_per_query": number("Overrides guard.max_usd_per_query."),
        "inject_limit": { "type": "integer", "minimum": 0, "description": "Overrides guard.inject_limit." },
        "queue_weight": { "type": "integer", "minimum": 1, "description": "Turns in the queue for BigQuery's jobs." },
        "impersonate_service_account": text("The service account that queries of the role run as."),
    });
    let mut period = Span::shape();
    period["description"] = json!("The period.");
    let budgets = json!({
        "name": text("Its name."),
        "match": { "type": "object", "additionalProperties": false, "properties": { "user": text("Whom it binds, with * for any characters.") } },
        "max_budget": number("US dollars in the period."),
        "soft_budget": number("A WARNING from here on."),
        "budget_duration": period,
        "on_exceed": { "type": "string", "enum": ["deny", "cache_only", "notice"], "default": "deny" },
    });
    vec![
        ("users", list("Logins.", &["name"], users)),
        ("roles", list("What roles may read, and their own limits.", &["name"], roles)),
        ("budgets", list("Money for a period.", &["name", "max_budget"], budgets)),
        ("pii", list("Columns whose results are never cached.", &["columns"], json!({ "columns": texts("schema.table.column") }))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_the_schema_with_comment_and_default() {
        let (schema, defaults) = (schema(), serde_json::to_value(RawConfig::default()).unwrap());
        fn compare(path: &str, schema: &Value, defaults: &Value) {
            for (key, default) in defaults.as_object().unwrap() {
                if UNAVAILABLE.contains(&key.as_str()) {
                    continue;
                }
                let path = format!("{path}.{key}");
                let shape = &schema["properties"][key];
                assert!(shape.is_object(), "{path} is not in the schema");
                if default.is_object() && shape.get("properties").is_some() {
                    compare(&path, shape, default);
                } else if !default.is_null() && !default.is_array() && !default.is_object() {
                    assert_eq!(&shape["default"], default, "{path}");
                    assert!(shape["description"].as_str().is_some_and(|text| text.ends_with('.') || text.len() > 3), "{path}");
                }
            }
        }
        compare("", &schema, &defaults);
        assert_eq!(schema["properties"]["cache"]["properties"]["match"]["default"], "canonical");
        assert_eq!(schema["properties"]["guard"]["properties"]["approval"]["properties"]["ttl"]["default"], "900s");
    }
}
