//! `sluice check --print`: every effective value with its origin.

use figment::Figment;
use figment::value::{Dict, Value};

use super::raw::RawConfig;

/// Returns lines `section.key = value  # origin`; secrets are left out.
pub fn lines(raw: &RawConfig, figment: &Figment) -> Vec<String> {
    let mut lines = Vec::new();
    if let Ok(Value::Dict(_, sections)) = Value::serialize(raw) {
        walk("", &sections, figment, &mut lines);
    }
    lines
}

fn walk(prefix: &str, dict: &Dict, figment: &Figment, lines: &mut Vec<String>) {
    for (key, value) in dict {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) => walk(&path, inner, figment, lines),
            value => {
                let origin = figment.find_metadata(&path).map_or("default", |metadata| match metadata.name.as_ref() {
                    name if name.contains("environment") => "environment",
                    name if name.contains("TOML") => "file",
                    _ => "default",
                });
                lines.push(format!("{path} = {}  # {origin}", shown(value)));
            }
        }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Array(_, items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Dict(_, dict) => {
            format!("{{ {} }}", dict.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect::<Vec<_>>().join(", "))
        }
        Value::Bool(_, value) => value.to_string(),
        Value::Char(_, value) => format!("{value:?}"),
        Value::Num(_, number) => {
            number.to_i128().map(|n| n.to_string()).or_else(|| number.to_f64().map(|n| n.to_string())).unwrap_or_default()
        }
        Value::Empty(..) => "null".into(),
    }
}
