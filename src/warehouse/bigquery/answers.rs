//! What the API answers, as far as it is read. Emulators and older servers leave out what they do not know: only what is needed is asked
//! for, and what is missing is filled in from the question.

use serde::Deserialize;

use super::cutter::Parts;
use super::decode::Row;
use super::failure::Failure;
use super::lenient::{flag, or_default, text, word};
use super::types::TableField;
use super::wildcards::is_wildcard;

/// What the ids of our jobs begin with.
pub const JOB_PREFIX: &str = "sluice_";

/// jobs.insert, jobs.get.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobAnswer {
    /// Its name and place.
    #[serde(default, deserialize_with = "or_default")]
    pub job_reference: JobPlace,
    /// Its state.
    #[serde(default, deserialize_with = "or_default")]
    pub status: JobStatus,
    /// What it read.
    #[serde(default, deserialize_with = "or_default")]
    statistics: Statistics,
    /// What it was asked for.
    #[serde(default, deserialize_with = "or_default")]
    configuration: Configuration,
}

impl JobAnswer {
    /// Returns the figures of the query; the job's own total stands in where the query has none.
    pub fn figures(&self) -> Figures {
        let mut figures = self.statistics.query.clone();
        figures.total_bytes_processed = figures.total_bytes_processed.or_else(|| self.statistics.total_bytes_processed.clone());
        figures
    }

    /// Returns the table that holds the result, where that is told.
    pub fn destination(&self) -> Option<TablePlace> {
        let place = &self.configuration.query.destination_table;
        let whole = [&place.project_id, &place.dataset_id, &place.table_id].iter().all(|part| !part.is_empty());
        whole.then(|| place.clone())
    }

    /// Tells whether this is another job of ours than the one of this id. (Some servers give jobs ids of their own: those are fine.)
    pub fn is_of_another(&self, id: &str) -> bool {
        self.job_reference.job_id.as_deref().is_some_and(|told| told != id && told.starts_with(JOB_PREFIX))
    }

    /// Tells whether the job has come to its end.
    pub fn is_done(&self) -> bool {
        self.status.state == "DONE"
    }
}

/// Where a job is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPlace {
    /// Its id: ours, unless the server makes its own.
    #[serde(default, deserialize_with = "text")]
    pub job_id: Option<String>,
    /// The location that every later call names.
    #[serde(default, deserialize_with = "text")]
    pub location: Option<String>,
}

/// A job's state.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// `PENDING`, `RUNNING`, `DONE`.
    #[serde(default, deserialize_with = "word")]
    state: String,
    /// Why it failed.
    pub error_result: Option<Failure>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Configuration {
    #[serde(default, deserialize_with = "or_default")]
    query: QueryConfiguration,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryConfiguration {
    #[serde(default, deserialize_with = "or_default")]
    destination_table: TablePlace,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    #[serde(default, deserialize_with = "text")]
    total_bytes_processed: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    query: Figures,
}

/// A query's statistics.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// Bytes that it reads.
    #[serde(default, deserialize_with = "text")]
    pub total_bytes_processed: Option<String>,
    /// `PRECISE`, `LOWER_BOUND`, `UPPER_BOUND`, `UNKNOWN`.
    #[serde(default, deserialize_with = "word")]
    pub total_bytes_processed_accuracy: String,
    /// Bytes on the bill.
    #[serde(default, deserialize_with = "text")]
    pub total_bytes_billed: Option<String>,
    /// Answered from BigQuery's own cache.
    #[serde(default, deserialize_with = "flag")]
    pub cache_hit: Option<bool>,
    /// `SELECT`, ...
    #[serde(default, deserialize_with = "word")]
    pub statement_type: String,
    /// Every table, those behind views included.
    #[serde(default, deserialize_with = "or_default")]
    pub referenced_tables: Vec<TablePlace>,
    /// Functions of users and remote functions.
    #[serde(default, deserialize_with = "or_default")]
    pub referenced_routines: Vec<serde_json::Value>,
    /// The columns of the result: a dry run tells them.
    #[serde(default, deserialize_with = "or_default")]
    pub schema: SchemaAnswer,
}

impl Figures {
    /// Returns these figures with what only the other ones tell.
    pub fn or(self, other: Figures) -> Figures {
        Figures {
            total_bytes_processed: self.total_bytes_processed.or(other.total_bytes_processed),
            total_bytes_billed: self.total_bytes_billed.or(other.total_bytes_billed),
            cache_hit: self.cache_hit.or(other.cache_hit),
            ..self
        }
    }
}

/// A table's full name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TablePlace {
    /// Project.
    #[serde(deserialize_with = "or_default")]
    pub project_id: String,
    /// Data set.
    #[serde(deserialize_with = "or_default")]
    pub dataset_id: String,
    /// Table.
    #[serde(deserialize_with = "or_default")]
    pub table_id: String,
}

impl TablePlace {
    /// Returns the place with the project and data set that were asked about where the answer leaves them out.
    #[must_use]
    pub fn within(self, project: &str, dataset: &str) -> TablePlace {
        let or = |own: String, asked: &str| if own.is_empty() { asked.to_owned() } else { own };
        TablePlace { project_id: or(self.project_id, project), dataset_id: or(self.dataset_id, dataset), table_id: self.table_id }
    }

    /// Tells whether both name the same table; an answer may leave the project out.
    pub fn is(&self, other: &TablePlace) -> bool {
        let project = self.project_id == other.project_id || self.project_id.is_empty() || other.project_id.is_empty();
        project && self.dataset_id == other.dataset_id && self.table_id == other.table_id
    }

    /// Tells whether this is the other table, or a wildcard table that it belongs to.
    pub fn covers(&self, other: &TablePlace) -> bool {
        let member = is_wildcard(&self.table_id) && other.table_id.starts_with(self.table_id.trim_end_matches('*'));
        self.is(other) || (member && self.is(&TablePlace { table_id: self.table_id.clone(), ..other.clone() }))
    }
}

/// jobs.getQueryResults.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    #[serde(default, deserialize_with = "flag")]
    job_complete: Option<bool>,
    /// The columns.
    #[serde(default, deserialize_with = "or_default")]
    pub schema: SchemaAnswer,
    /// One page.
    #[serde(default, deserialize_with = "or_default")]
    pub rows: Vec<Row>,
    /// The page as text, where it is read part by part: the rows are here then.
    #[serde(skip)]
    pub parts: Parts,
    /// Rows of all pages together.
    #[serde(default, deserialize_with = "text")]
    total_rows: Option<String>,
    #[serde(default, deserialize_with = "text")]
    page_token: Option<String>,
    /// Errors, and warnings.
    #[serde(default, deserialize_with = "or_default")]
    pub errors: Vec<Failure>,
    #[serde(default, deserialize_with = "text")]
    total_bytes_processed: Option<String>,
    #[serde(default, deserialize_with = "text")]
    total_bytes_billed: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    cache_hit: Option<bool>,
}

impl Results {
    /// Tells whether the job is done: it says so, or there is something to show.
    pub fn is_complete(&self) -> bool {
        self.job_complete.unwrap_or(!self.schema.fields.is_empty() || self.rows_told() > 0 || self.total_rows.is_some())
    }

    /// Returns how many rows the page has, or had before they were taken part by part.
    pub fn rows_told(&self) -> u64 {
        u64::try_from(self.rows.len()).unwrap_or(u64::MAX).saturating_add(self.parts.rows())
    }

    /// Takes the next rows; `None` after the last.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn next_rows(&mut self) -> Option<Result<Vec<Row>, Failure>> {
        match std::mem::take(&mut self.rows) {
            rows if rows.is_empty() => self.parts.take(),
            rows => Some(Ok(rows)),
        }
    }

    /// Returns how many rows all pages hold together, where that is said.
    pub fn total(&self) -> Option<u64> {
        self.total_rows.as_deref()?.parse().ok()
    }

    /// Tells where the next page is.
    pub fn token(&self) -> Option<&str> {
        self.page_token.as_deref().filter(|token| !token.is_empty())
    }

    /// Takes where the next page is.
    pub fn take_token(&mut self) -> Option<String> {
        self.page_token.take().filter(|token| !token.is_empty())
    }

    /// Returns the figures that come with the rows.
    pub fn figures(&self) -> Figures {
        Figures {
            total_bytes_processed: self.total_bytes_processed.clone(),
            total_bytes_billed: self.total_bytes_billed.clone(),
            cache_hit: self.cache_hit,
            ..Figures::default()
        }
    }
}

/// A schema.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SchemaAnswer {
    /// Its columns.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<TableField>,
}

/// A data set in a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetAnswer {
    #[serde(default, deserialize_with = "or_default")]
    dataset_reference: TablePlace,
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    /// Where it is.
    #[serde(default, deserialize_with = "text")]
    pub location: Option<String>,
    /// For people; not in lists.
    #[serde(default, deserialize_with = "text")]
    pub description: Option<String>,
}

impl DatasetAnswer {
    /// Returns its name; the id is `project:name`.
    pub fn name(&self) -> &str {
        match self.dataset_reference.dataset_id.as_str() {
            "" => self.id.rsplit(':').next().unwrap_or_default(),
            name => name,
        }
    }
}

/// A table in a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableItem {
    #[serde(default, deserialize_with = "or_default")]
    table_reference: TablePlace,
    #[serde(default, deserialize_with = "or_default")]
    id: String,
}

impl TableItem {
    /// Returns where the table is; the id is `project:data_set.table`. `None` for an item without a name.
    pub fn place(self, project: &str, dataset: &str) -> Option<TablePlace> {
        let mut place = self.table_reference.within(project, dataset);
        if place.table_id.is_empty() {
            place.table_id = self.id.rsplit(['.', ':']).next().unwrap_or_default().to_owned();
        }
        (!place.table_id.is_empty()).then_some(place)
    }
}

/// tables.get.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableAnswer {
    /// `TABLE`, `VIEW`, `MATERIALIZED_VIEW`, `EXTERNAL`, `SNAPSHOT`.
    #[serde(default, rename = "type", deserialize_with = "word")]
    pub kind: String,
    /// Where it is.
    #[serde(default, deserialize_with = "text")]
    pub location: Option<String>,
    /// Changes with metadata and content.
    #[serde(default, deserialize_with = "or_default")]
    pub etag: String,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "text")]
    pub last_modified_time: Option<String>,
    /// Its columns.
    #[serde(default, deserialize_with = "or_default")]
    pub schema: SchemaAnswer,
    /// By time.
    pub time_partitioning: Option<TimePartitioning>,
    /// By ranges of an integer.
    pub range_partitioning: Option<RangePartitioning>,
    /// Its clustering.
    #[serde(default, deserialize_with = "or_default")]
    pub clustering: Clustering,
    /// Queries must filter on the partitioning column.
    #[serde(default, deserialize_with = "flag")]
    pub require_partition_filter: Option<bool>,
    /// Rows.
    #[serde(default, deserialize_with = "text")]
    pub num_rows: Option<String>,
    /// Logical bytes.
    #[serde(default, deserialize_with = "text")]
    pub num_bytes: Option<String>,
    /// Rows that are still streamed in.
    pub streaming_buffer: Option<serde_json::Value>,
    /// The query of a view.
    pub view: Option<serde_json::Value>,
    /// Keys; changes to rows may be on their way through them (change data capture).
    pub table_constraints: Option<TableConstraints>,
    /// How old its rows may be.
    #[serde(default, deserialize_with = "text")]
    pub max_staleness: Option<String>,
    /// Its storage is elsewhere.
    pub biglake_configuration: Option<serde_json::Value>,
    /// For people.
    #[serde(default, deserialize_with = "text")]
    pub description: Option<String>,
}

/// Keys, which nothing enforces.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TableConstraints {
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// Foreign keys.
    #[serde(deserialize_with = "or_default")]
    pub foreign_keys: Vec<ForeignKey>,
}

/// A primary key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PrimaryKey {
    /// Its columns.
    #[serde(deserialize_with = "or_default")]
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ForeignKey {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// The table that it refers to.
    pub referenced_table: Option<TablePlace>,
    /// Which column refers to which.
    #[serde(deserialize_with = "or_default")]
    pub column_references: Vec<ColumnReference>,
}

/// A column of a foreign key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ColumnReference {
    /// In the table itself.
    pub referencing_column: String,
    /// In the other.
    pub referenced_column: String,
}

/// Partitions by time.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimePartitioning {
    /// `DAY`, `HOUR`, `MONTH`, `YEAR`.
    #[serde(default, rename = "type", deserialize_with = "word")]
    pub unit: String,
    /// The column; none: the time of ingestion.
    #[serde(default, deserialize_with = "text")]
    pub field: Option<String>,
    /// Partitions go when they are so many milliseconds old.
    #[serde(default, deserialize_with = "text")]
    pub expiration_ms: Option<String>,
    /// An older place of `requirePartitionFilter`.
    #[serde(default, deserialize_with = "flag")]
    pub require_partition_filter: Option<bool>,
}

/// Partitions by ranges.
#[derive(Clone, Debug, Deserialize)]
pub struct RangePartitioning {
    /// The column.
    pub field: String,
    /// The ranges.
    #[serde(default, deserialize_with = "or_default")]
    pub range: Ranges,
}

/// Ranges of an integer, all of one length.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ranges {
    /// Their length.
    #[serde(default, deserialize_with = "text")]
    pub interval: Option<String>,
}

/// Clustering.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Clustering {
    /// The columns.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_answers_are_understood() {
        let job: JobAnswer = serde_json::from_str(r#"{"status": {"state": "done"}, "statistics": {"totalBytesProcessed": 5}}"#).unwrap();
        assert!(job.is_done() && job.job_reference.job_id.is_none());
        assert_eq!(job.figures().total_bytes_processed.as_deref(), Some("5"));
        assert!(!serde_json::from_str::<JobAnswer>(r#"{"jobReference": null, "status": null, "statistics": null}"#).unwrap().is_done());
        let set: DatasetAnswer = serde_json::from_str(r#"{"id": "p:shop"}"#).unwrap();
        assert_eq!(set.name(), "shop");
        let table: TableItem = serde_json::from_str(r#"{"id": "p:shop.orders"}"#).unwrap();
        assert_eq!(
            table.place("p", "shop"),
            Some(TablePlace { project_id: "p".into(), dataset_id: "shop".into(), table_id: "orders".into() })
        );
        assert_eq!(TableItem::default().place("p", "shop"), None);
    }

    #[test]
    fn a_page_says_whether_the_job_is_done() {
        let page = |json: &str| serde_json::from_str::<Results>(json).unwrap();
        assert!(!page("{}").is_complete());
        assert!(!page(r#"{"jobComplete": false, "totalRows": "0"}"#).is_complete());
        assert!(page(r#"{"totalRows": 0, "rows": null, "pageToken": ""}"#).is_complete());
        assert_eq!(page(r#"{"pageToken": ""}"#).take_token(), None);
        assert_eq!(page(r#"{"totalRows": 7}"#).total(), Some(7));
    }
}
