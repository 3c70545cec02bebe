//! Data sets and tables of the project as a catalog snapshot; table versions. All of it is free of charge.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures::StreamExt;

use super::Shared;
use super::UNVERSIONED_SECONDS;
use super::answers::{DatasetAnswer, TableAnswer, TableConstraints, TablePlace};
use super::failure::Failure;
use super::retry::transient;
use super::wildcards::{self, is_wildcard};
use crate::catalog::model::{
    Column, Key, Partitioning, Protection, Referred, Schema, Snapshot, Table, TableKind, TableName, TableVersion, stable_oid,
};
use crate::error::{Report, Result, SqlState};
use crate::types::Type;

/// Calls for metadata that are under way at once.
pub(super) const CONCURRENT_CALLS: usize = 24;

impl Shared {
    /// Lists every allowed data set and its tables: a few calls for thousands of them. Their columns are not read.
    pub(super) async fn outline(&self) -> Result<Snapshot> {
        let (datasets, places) = self.list().await?;
        let mut schemas = self.schemas_of(datasets);
        for place in places {
            let name = TableName { schema: place.dataset_id, table: place.table_id };
            let path = vec![place.project_id, name.schema.clone(), name.table.clone()];
            if let Some(schema) = schemas.get_mut(&name.schema) {
                schema.tables.insert(name.table.clone(), Arc::new(Table::listed(name, path)));
            }
        }
        schemas.values_mut().for_each(wildcards::list);
        Ok(self.snapshot_of(schemas))
    }

    /// Reads the columns of tables that were only listed.
    pub(super) async fn read(&self, listed: &[Arc<Table>]) -> Result<Vec<(TableName, Option<Arc<Table>>)>> {
        let (families, single): (Vec<&Arc<Table>>, Vec<&Arc<Table>>) = listed.iter().partition(|table| is_wildcard(&table.name.table));
        let mut read: Vec<(TableName, Option<Arc<Table>>)> = Vec::with_capacity(listed.len());
        let places = single.iter().map(|table| place(table)).collect::<Result<Vec<TablePlace>>>()?;
        for (table, found) in single.iter().zip(self.tables_at(places).await?) {
            // A table of another project has that in its schema's name.
            let named = |found: Arc<Table>| {
                if found.name == table.name {
                    return found;
                }
                Arc::new(Table { name: table.name.clone(), oid: table.oid, ..(*found).clone() })
            };
            read.push((table.name.clone(), found.map(named)));
        }
        for family in families {
            let prefix = family.name.table.trim_end_matches('*');
            let mut places = self.tables_of(family.name.schema.clone()).await?; // (of another project: none)
            places.retain(|place| wildcards::prefix(&place.table_id) == Some(prefix));
            let mut members: Vec<Arc<Table>> = self.tables_at(places).await?.into_iter().flatten().collect();
            members.retain(|table| table.kind == TableKind::Table);
            members.sort_by(|one, other| one.name.cmp(&other.name));
            read.push((family.name.clone(), wildcards::made(prefix, &members).map(Arc::new)));
        }
        Ok(read)
    }

    /// Reads tables, as far as they are not known already, in the order of their places.
    pub(super) async fn tables_at(&self, places: Vec<TablePlace>) -> Result<Vec<Option<Arc<Table>>>> {
        let one = |place: TablePlace| async move {
            let known = self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(&place).cloned();
            if known.is_some() {
                return Ok(known);
            }
            let read = self.table_of(None, place.clone()).await?;
            if let Some(table) = &read {
                self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(place, table.clone());
            }
            Ok(read)
        };
        let read: Vec<Result<Option<Arc<Table>>>> = futures::stream::iter(places).map(one).buffered(CONCURRENT_CALLS).collect().await;
        read.into_iter().collect()
    }

    /// Lists the allowed data sets, and the places of their tables.
    async fn list(&self) -> Result<(Vec<DatasetAnswer>, Vec<TablePlace>)> {
        let project = &self.settings.project;
        let datasets = transient(self.pauses(None), || self.api.datasets(project)).await.map_err(|failure| unavailable(&failure))?;
        let datasets: Vec<DatasetAnswer> =
            datasets.into_iter().filter(|dataset| !dataset.name().is_empty() && self.settings.allows(dataset.name())).collect();
        let one = |mut dataset: DatasetAnswer| async move {
            let name = dataset.name().to_owned();
            // No list has descriptions; one that is not told is left out.
            let (places, description) = tokio::join!(self.tables_of(name.clone()), self.api.description(project, &name));
            dataset.description = description.ok().flatten();
            places.map(|places| (dataset, places))
        };
        let listed: Vec<Result<(DatasetAnswer, Vec<TablePlace>)>> =
            futures::stream::iter(datasets).map(one).buffered(CONCURRENT_CALLS).collect().await;
        let (datasets, places): (Vec<DatasetAnswer>, Vec<Vec<TablePlace>>) =
            listed.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
        Ok((datasets, places.concat()))
    }

    /// Makes empty schemas of data sets, and remembers where they are.
    fn schemas_of(&self, datasets: Vec<DatasetAnswer>) -> BTreeMap<String, Schema> {
        let mut schemas: BTreeMap<String, Schema> = BTreeMap::new();
        let mut locations = HashMap::new();
        for dataset in datasets {
            let name = dataset.name().to_owned();
            if let Some(location) = dataset.location {
                locations.insert(name.clone(), location);
            }
            schemas.insert(name.clone(), Schema { name, description: dataset.description, tables: BTreeMap::new() });
        }
        *self.locations.write().unwrap_or_else(std::sync::PoisonError::into_inner) = locations;
        schemas
    }

    fn snapshot_of(&self, schemas: BTreeMap<String, Schema>) -> Snapshot {
        let only = || (schemas.len() == 1).then(|| schemas.keys().next().cloned()).flatten();
        let default_schema = Some(self.settings.default_dataset.clone()).filter(|name| !name.is_empty()).or_else(only);
        let others = self.settings.other_projects.clone();
        Snapshot { databases: vec![self.settings.project.clone()], default_schema, schemas, others, generation: 0 }
    }

    /// Loads every allowed data set with its tables.
    pub(super) async fn load_snapshot(&self) -> Result<Snapshot> {
        let (datasets, places) = self.list().await?;
        let known = std::mem::take(&mut *self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let known = |place: &TablePlace| known.get(place).cloned();
        let tables: Vec<Result<Option<Arc<Table>>>> =
            futures::stream::iter(places).map(|place| self.table_of(known(&place), place)).buffered(CONCURRENT_CALLS).collect().await;

        let mut schemas = self.schemas_of(datasets);
        let mut read = HashMap::new();
        for table in tables {
            let Some(table) = table? else { continue };
            read.insert(place(&table)?, table.clone());
            if let Some(schema) = schemas.get_mut(&table.name.schema) {
                schema.tables.insert(table.name.table.clone(), table);
            }
        }
        *self.tables.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = read;
        schemas.values_mut().for_each(wildcards::add);
        Ok(self.snapshot_of(schemas))
    }

    /// Asks for a table's version.
    pub(super) async fn version_of(&self, table: &Table) -> Result<TableVersion> {
        let place = place(table)?;
        if is_wildcard(&place.table_id) {
            return Ok(table.version.clone()); // nobody tells; answers over it do not live long
        }
        let asking = transient(self.pauses(None), || self.api.table_unless(&place, etag(&table.version)));
        let answer = asking.await.map_err(|failure| {
            if failure.status == 404 {
                return Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", table.name));
            }
            unavailable(&failure)
        })?;
        Ok(answer.as_ref().map_or_else(|| table.version.clone(), version))
    }

    async fn tables_of(&self, dataset: String) -> Result<Vec<TablePlace>> {
        match transient(self.pauses(None), || self.api.tables(&self.settings.project, &dataset)).await {
            Ok(items) => Ok(items.into_iter().filter_map(|item| item.place(&self.settings.project, &dataset)).collect()),
            // A data set that went away, or that we may not read, is not a reason to serve nothing.
            Err(failure) if matches!(failure.status, 403 | 404) => {
                tracing::warn!(dataset, status = failure.status, "data set skipped");
                Ok(Vec::new())
            }
            Err(failure) => Err(unavailable(&failure)),
        }
    }

    /// Reads a table; one that has not changed is taken from the catalog before.
    async fn table_of(&self, known: Option<Arc<Table>>, place: TablePlace) -> Result<Option<Arc<Table>>> {
        let etag = known.as_ref().and_then(|table| etag(&table.version));
        match transient(self.pauses(None), || self.api.table_unless(&place, etag)).await {
            Ok(None) => Ok(known),
            Ok(Some(answer)) => {
                if let (Some(location), true) = (&answer.location, place.project_id != self.settings.project) {
                    let schema = format!("{}.{}", place.project_id, place.dataset_id);
                    let mut locations = self.locations.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    locations.insert(schema, location.clone());
                }
                let mut table = table(place, answer);
                table.protection.rows = table.kind == TableKind::Table && self.is_row_secured(&table).await;
                Ok(Some(Arc::new(table)))
            }
            Err(failure) if matches!(failure.status, 403 | 404) => Ok(None),
            Err(failure) => Err(unavailable(&failure)),
        }
    }
}

/// Makes a catalog entry of what `bq show` prints: a table resource, its schema, or the list of its fields. `path` is the table's name in up to
/// three parts.
///
/// # Errors
/// 22023 for JSON of another form.
pub fn described(path: &[String], value: serde_json::Value) -> Result<Table> {
    let value = match value {
        fields @ serde_json::Value::Array(_) => serde_json::json!({ "schema": { "fields": fields } }),
        schema if schema.get("fields").is_some() => serde_json::json!({ "schema": schema }),
        mut table => {
            if let Some(fields) = table.get("schema").filter(|schema| schema.is_array()).cloned() {
                table["schema"] = serde_json::json!({ "fields": fields });
            }
            table
        }
    };
    let unreadable = |error: serde_json::Error| Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("no schema of a table: {error}"));
    let answer: TableAnswer = serde_json::from_value(value).map_err(unreadable)?;
    let part = |from_the_end: usize| path.len().checked_sub(from_the_end).map(|i| path[i].clone()).unwrap_or_default();
    let schema = if path.len() > 1 { part(2) } else { "public".to_owned() };
    let place = TablePlace { project_id: part(3), dataset_id: schema, table_id: part(1) };
    if place.table_id.is_empty() {
        return Err(Report::new(SqlState::INVALID_PARAMETER_VALUE, "a table without a name"));
    }
    Ok(Table { path: path.to_vec(), ..table(place, answer) })
}

/// Returns the table's place in BigQuery.
pub(super) fn place(table: &Table) -> Result<TablePlace> {
    let [project_id, dataset_id, table_id] = &table.path[..] else {
        return Err(Report::internal(format!("{} has no path in BigQuery", table.name)));
    };
    Ok(TablePlace { project_id: project_id.clone(), dataset_id: dataset_id.clone(), table_id: table_id.clone() })
}

/// Returns the etag in a version.
fn etag(version: &TableVersion) -> Option<&str> {
    version.0.rsplit_once('/').map(|(etag, _)| etag).filter(|etag| !etag.is_empty() && !etag.starts_with('/'))
}

/// etag and time of change; where a server tells neither, the size says a little.
fn version(answer: &TableAnswer) -> TableVersion {
    if is_unversioned(answer) {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        return TableVersion(format!("//{}/{}", said(&answer.num_rows), said(&answer.num_bytes)));
    }
    TableVersion(format!("{}/{}", answer.etag, answer.last_modified_time.as_deref().unwrap_or_default()))
}

fn is_unversioned(answer: &TableAnswer) -> bool {
    answer.etag.is_empty() && answer.last_modified_time.as_deref().unwrap_or_default().is_empty()
}

fn table(place: TablePlace, answer: TableAnswer) -> Table {
    let version = version(&answer);
    let kind = match answer.kind.as_str() {
        "VIEW" => TableKind::View,
        "MATERIALIZED_VIEW" => TableKind::MaterializedView,
        "EXTERNAL" => TableKind::External,
        "" if answer.view.is_some() => TableKind::View,
        _ => TableKind::Table,
    };
    let unversioned = kind != TableKind::Table || answer.streaming_buffer.is_some() || is_unversioned(&answer);
    let filter_required = answer.require_partition_filter.unwrap_or(false);
    let columns = answer.schema.fields.iter().map(|field| {
        let (ty, typmod) = field.served_as();
        Column {
            name: field.name.clone(),
            ty,
            typmod,
            nullable: field.mode != "REQUIRED",
            native: field.native(),
            description: field.description.clone(),
        }
    });
    let columns: Vec<Column> = columns.collect();
    let tags = answer.schema.fields.iter().enumerate().flat_map(|(at, field)| field.tags().into_iter().map(move |tag| (at, tag)));
    let protection = Protection { rows: false, tags: tags.collect() };
    let keys = answer.table_constraints.map(|constraints| keys(constraints, &place, &columns)).unwrap_or_default();
    let partitioning = match (answer.time_partitioning, answer.range_partitioning) {
        (Some(time), _) => Some(Partitioning {
            column: time.field.unwrap_or_else(|| "_PARTITIONTIME".to_owned()),
            unit: if time.unit.is_empty() { "DAY".to_owned() } else { time.unit },
            filter_required: filter_required || time.require_partition_filter.unwrap_or(false),
        }),
        (None, Some(range)) => Some(Partitioning { column: range.field, unit: "RANGE".to_owned(), filter_required }),
        (None, None) => None,
    };
    let ingestion = partitioning.as_ref().filter(|partitioning| partitioning.column == "_PARTITIONTIME");
    let pseudo = ingestion.map(|partitioning| ingestion_columns(&partitioning.unit)).unwrap_or_default();
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    Table {
        oid: stable_oid("table", &format!("{}.{}", place.dataset_id, place.table_id)),
        kind,
        columns,
        pseudo,
        partitioning,
        clustering: answer.clustering.fields,
        keys,
        protection,
        rows: number(answer.num_rows).filter(|_| kind == TableKind::Table),
        bytes: number(answer.num_bytes).filter(|_| kind == TableKind::Table),
        version,
        names: Default::default(),
        max_cache_seconds: unversioned.then_some(UNVERSIONED_SECONDS),
        description: answer.description,
        name: TableName { schema: place.dataset_id.clone(), table: place.table_id.clone() },
        path: vec![place.project_id, place.dataset_id, place.table_id],
    }
}

/// The keys of a table, as PostgreSQL names them; foreign ones only to tables of the same project.
fn keys(constraints: TableConstraints, place: &TablePlace, columns: &[Column]) -> Vec<Key> {
    let find = |name: &String| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    let table = &place.table_id;
    let primary = constraints.primary_key.and_then(|primary| {
        let columns: Vec<usize> = primary.columns.iter().map(find).collect::<Option<_>>()?;
        (!columns.is_empty()).then(|| Key { name: format!("{table}_pkey"), columns, refers: None })
    });
    let foreign = constraints.foreign_keys.into_iter().filter_map(|foreign| {
        let other = foreign.referenced_table.filter(|other| other.project_id == place.project_id)?;
        let own: Vec<usize> = foreign.column_references.iter().map(|pair| find(&pair.referencing_column)).collect::<Option<_>>()?;
        let column = &columns[*own.first()?].name;
        let given = foreign.name.map(|name| name.strip_prefix(&format!("{table}.")).unwrap_or(&name).to_owned());
        let name = given.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("{table}_{column}_fkey"));
        let referred = foreign.column_references.into_iter().map(|pair| pair.referenced_column);
        let table = TableName { schema: other.dataset_id, table: other.table_id };
        Some(Key { name, columns: own, refers: Some(Referred { table, columns: referred.collect() }) })
    });
    primary.into_iter().chain(foreign).collect()
}

/// The pseudo columns of a table that is partitioned by the time of ingestion; only days have the second.
fn ingestion_columns(unit: &str) -> Vec<Column> {
    let column = |name: &str, ty, native: &str, description: &str| Column {
        name: name.to_owned(),
        ty,
        typmod: -1,
        nullable: true,
        native: native.to_owned(),
        description: Some(description.to_owned()),
    };
    let mut columns = vec![column("_PARTITIONTIME", Type::TIMESTAMPTZ, "TIMESTAMP", "When the row's partition begins")];
    if unit == "DAY" {
        columns.push(column("_PARTITIONDATE", Type::DATE, "DATE", "The row's partition"));
    }
    columns
}

fn unavailable(failure: &Failure) -> Report {
    if failure.is_transient() {
        return Report::new(SqlState::CONNECTION_FAILURE, format!("BigQuery cannot be reached: {}", failure.message));
    }
    failure.report()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_get_becomes_a_catalog_entry() {
        let place = TablePlace { project_id: "p".into(), dataset_id: "shop".into(), table_id: "orders".into() };
        let answer = r#"{
            "tableReference": {"projectId": "p", "datasetId": "shop", "tableId": "orders"}, "type": "TABLE", "etag": "e1", "lastModifiedTime": "17",
            "schema": {"fields": [{"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "day", "type": "DATE", "description": "when"}]},
            "timePartitioning": {"type": "DAY", "field": "day"}, "requirePartitionFilter": true, "clustering": {"fields": ["id"]},
            "numRows": "3", "numBytes": "48", "streamingBuffer": {"estimatedRows": "1"}}"#;
        let table = self::table(place.clone(), serde_json::from_str(answer).unwrap());
        assert_eq!(table.version, TableVersion("e1/17".into()));
        assert_eq!(table.path, ["p", "shop", "orders"]);
        assert_eq!(table.columns[0].ty, Type::INT8);
        assert!(!table.columns[0].nullable && table.columns[1].nullable);
        assert!(table.partitioning.unwrap().filter_required);
        assert_eq!((table.rows, table.bytes, table.max_cache_seconds), (Some(3), Some(48), Some(60)));
        let bare = self::table(
            place.clone(),
            serde_json::from_str(r#"{"schema": {"fields": [{"name": "id", "type": "INT64"}]}, "numBytes": 8}"#).unwrap(),
        );
        assert_eq!((bare.version, bare.kind, bare.bytes), (TableVersion("///8".into()), TableKind::Table, Some(8)));
        assert_eq!(bare.max_cache_seconds, Some(60), "nothing tells when it changes");
        let view = self::table(place, serde_json::from_str(r#"{"view": {"query": "SELECT 1"}, "etag": "e"}"#).unwrap());
        assert_eq!(view.kind, TableKind::View);
    }
}
