//! `sluice check --print`: every effective value with its origin.

use figment::Figment;
use figment::value::{Dict, Value};

use super::raw::RawConfig;

/// A key, its value as it would be written, and where that comes from.
pub type Entry = (String, String, &'static str);

/// Returns lines `section.key = value  # origin`; secrets are left out.
pub fn lines(raw: &RawConfig, figment: &Figment) -> Vec<String> {
    entries(raw, figment).into_iter().map(|(key, value, origin)| format!("{key} = {value}  # {origin}")).collect()
}

/// Returns every effective value; secrets are left out.
pub fn entries(raw: &RawConfig, figment: &Figment) -> Vec<Entry> {
    let mut entries = Vec::new();
    if let Ok(Value::Dict(_, sections)) = Value::serialize(raw) {
        walk("", &sections, figment, &mut entries);
    }
    entries
}

fn walk(prefix: &str, dict: &Dict, figment: &Figment, entries: &mut Vec<Entry>) {
    for (key, value) in dict {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Dict(_, inner) => walk(&path, inner, figment, entries),
            value => {
                let origin = figment.find_metadata(&path).map_or("default", |metadata| match metadata.name.as_ref() {
                    name if name.contains("environment") => "environment",
                    name if name.contains("TOML") => "file",
                    _ => "default",
                });
                entries.push((path, shown(value), origin));
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
