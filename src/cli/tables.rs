//! A catalog from files: `bq show --schema`, a map of tables, or CREATE TABLE statements. No warehouse is asked.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Failure, complaint};
use crate::catalog::model::{Column, Protection, Snapshot, Table, TableKind, TableName, TableVersion, stable_oid};
use crate::catalog::pg_catalog::system_schemas;
use crate::error::Report;
use crate::sql::ddl;
use crate::warehouse::bigquery;

/// Where names without project or data set belong.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// The project.
    pub project: Option<String>,
    /// The data set.
    pub dataset: Option<String>,
}

/// Reads files into a catalog; each is `PATH` or `TABLE=PATH`.
///
/// # Errors
/// What cannot be read, and where.
pub fn snapshot(files: &[String], home: &Home) -> Result<Snapshot, Failure> {
    let mut snapshot = Snapshot { databases: vec![home.project.clone().unwrap_or_else(|| "offline".to_owned())], ..Snapshot::default() };
    for file in files {
        for table in tables(file)? {
            let table = at_home(table, home);
            let schema = snapshot.schemas.entry(table.name.schema.clone()).or_default();
            schema.name.clone_from(&table.name.schema);
            schema.tables.insert(table.name.table.clone(), Arc::new(table));
        }
    }
    let own = |name: &String| snapshot.schemas.contains_key(name);
    let only = snapshot.schemas.keys().next().filter(|_| snapshot.schemas.len() == 1).cloned();
    let default = [home.dataset.clone(), Some(ddl::DEFAULT_SCHEMA.to_owned())].into_iter().flatten().find(own);
    snapshot.default_schema = default.or(only);
    for schema in system_schemas() {
        snapshot.schemas.insert(schema.name.clone(), schema);
    }
    Ok(snapshot)
}

/// Puts a table whose name is not whole into the given data set and project.
fn at_home(mut table: Table, home: &Home) -> Table {
    if let (1, Some(dataset)) = (table.path.len(), &home.dataset) {
        table.path.insert(0, dataset.clone());
        table.name.schema.clone_from(dataset);
    }
    if let (2, Some(project)) = (table.path.len(), &home.project) {
        table.path.insert(0, project.clone());
    }
    table.oid = stable_oid("table", &table.name.to_string());
    table
}

fn tables(file: &str) -> Result<Vec<Table>, Failure> {
    let (name, path) = match file.split_once('=') {
        Some((name, path)) if !Path::new(file).exists() => (Some(name.to_owned()), PathBuf::from(path)),
        _ => (None, PathBuf::from(file)),
    };
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::config(format!("cannot read {}: {error}", path.display())))?;
    if !text.trim_start().starts_with(['[', '{']) {
        return ddl::tables(&text)
            .map_err(|report| Failure::config(format!("{}:\n{}", path.display(), complaint::shown(&text, &report).trim_end())));
    }
    let unreadable = |what: String| Failure::config(format!("{}: {what}", path.display()));
    let value: Value = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let hint = name.or(stem).unwrap_or_default();
    let mut found = Vec::new();
    collect(value, &split(&hint), false, &mut found).map_err(unreadable)?;
    if found.is_empty() {
        return Err(unreadable("there is no table in it".to_owned()));
    }
    Ok(found)
}

/// Splits `project:dataset.table`.
fn split(name: &str) -> Vec<String> {
    name.split(['.', ':']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Takes tables out of JSON. `named`: `path` comes from the JSON itself, not from the file's name.
fn collect(value: Value, path: &[String], named: bool, found: &mut Vec<Table>) -> Result<(), String> {
    match value {
        Value::Array(items) if items.iter().all(is_field) => found.push(described(path, Value::Array(items))?),
        Value::Array(items) => {
            for item in items {
                collect(item, path, named, found)?;
            }
        }
        Value::Object(object) => {
            let inner = object.get("schema").unwrap_or(&Value::Null);
            let whole = inner.is_array() || inner.get("fields").is_some();
            if whole || object.get("fields").is_some_and(Value::is_array) {
                let path = referenced(&object).unwrap_or_else(|| path.to_vec());
                found.push(described(&path, Value::Object(object))?);
            } else if !object.is_empty() && object.values().all(Value::is_string) {
                found.push(listed(path, &object)?);
            } else if let Some(tables) = object.get("tables").filter(|tables| !tables.is_string() && object.len() == 1) {
                collect(tables.clone(), path, named, found)?;
            } else {
                for (key, value) in object {
                    let below: Vec<String> = if named { path.iter().cloned().chain(split(&key)).collect() } else { split(&key) };
                    collect(value, &below, true, found)?;
                }
            }
        }
        other => return Err(format!("a table's columns are expected, not {other}")),
    }
    Ok(())
}

fn is_field(value: &Value) -> bool {
    value.get("name").is_some_and(Value::is_string) && value.get("type").is_some_and(Value::is_string) && value.get("schema").is_none()
}

/// Returns the name that a table resource gives itself.
fn referenced(object: &Map<String, Value>) -> Option<Vec<String>> {
    let reference = object.get("tableReference");
    let part = |name: &str| reference.and_then(|reference| reference.get(name)).and_then(Value::as_str).map(str::to_owned);
    let path: Vec<String> = ["projectId", "datasetId", "tableId"].into_iter().filter_map(part).collect();
    let name = || object.get("name").or(object.get("id")).and_then(Value::as_str).map(split);
    if path.is_empty() { name() } else { Some(path) }
}

fn described(path: &[String], value: Value) -> Result<Table, String> {
    bigquery::described(path, value).map_err(|report| format!("{}: {}", path.join("."), report.message))
}

/// Makes a table of `{"column": "type"}`.
fn listed(path: &[String], columns: &Map<String, Value>) -> Result<Table, String> {
    let column = |(name, ty): (&String, &Value)| {
        let spelled = ty.as_str().unwrap_or_default();
        let (ty, typmod, native) = ddl::column_type(spelled).map_err(|report: Report| format!("{name}: {}", report.message))?;
        Ok(Column { name: name.clone(), ty, typmod, nullable: true, native, description: None })
    };
    let [.., table] = path else { return Err("a table without a name".to_owned()) };
    let schema = path.len().checked_sub(2).map_or_else(|| ddl::DEFAULT_SCHEMA.to_owned(), |i| path[i].clone());
    Ok(Table {
        name: TableName { schema, table: table.clone() },
        oid: 0,
        kind: TableKind::Table,
        columns: columns.iter().map(column).collect::<Result<_, String>>()?,
        partitioning: None,
        clustering: Vec::new(),
        keys: Vec::new(),
        protection: Protection::default(),
        rows: None,
        bytes: None,
        version: TableVersion(String::new()),
        names: Default::default(),
        max_cache_seconds: None,
        pseudo: Vec::new(),
        description: None,
        path: path.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str, hint: &str) -> Vec<String> {
        let mut found = Vec::new();
        collect(serde_json::from_str(json).unwrap(), &split(hint), false, &mut found).unwrap();
        let columns = |table: &Table| table.columns.iter().map(|column| format!("{} {}", column.name, column.native)).collect::<Vec<_>>();
        found.iter().map(|table| format!("{} [{}]", table.path.join("."), columns(table).join(", "))).collect()
    }

    #[test]
    fn every_form_of_json_is_understood() {
        let fields = r#"[{"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "tags", "type": "STRING", "mode": "REPEATED"}]"#;
        assert_eq!(shown(fields, "orders"), ["orders [id INT64, tags ARRAY<STRING>]"]);
        assert_eq!(shown(&format!(r#"{{"fields": {fields}}}"#), "orders"), ["orders [id INT64, tags ARRAY<STRING>]"]);
        let map = format!(r#"{{"shop.orders": {fields}, "p:shop.items": {{"schema": {{"fields": [{{"name": "n", "type": "FLOAT"}}]}}}}}}"#);
        assert_eq!(shown(&map, "file"), ["shop.orders [id INT64, tags ARRAY<STRING>]", "p.shop.items [n FLOAT64]"]);
        let resource =
            format!(r#"[{{"tableReference": {{"projectId": "p", "datasetId": "d", "tableId": "t"}}, "schema": {{"fields": {fields}}}}}]"#);
        assert_eq!(shown(&resource, "file"), ["p.d.t [id INT64, tags ARRAY<STRING>]"]);
        assert_eq!(
            shown(r#"{"tables": {"shop": {"orders": {"id": "INT64", "at": "timestamptz"}, "items": {"n": "int"}}}}"#, "file"),
            ["shop.orders [id INT64, at TIMESTAMP]", "shop.items [n INT64]"]
        );
    }

    #[test]
    fn names_go_home() {
        let home = Home { project: Some("p".into()), dataset: Some("d".into()) };
        let mut found = Vec::new();
        collect(serde_json::from_str(r#"{"t": {"a": "INT64"}}"#).unwrap(), &[], false, &mut found).unwrap();
        let table = at_home(found.remove(0), &home);
        assert_eq!((table.path.join("."), table.name.to_string()), ("p.d.t".to_owned(), "d.t".to_owned()));
    }
}
