//! BigQuery's REST API: one function a method.
//!
//! Requests are the models of `gcp-bigquery-client`. The calls are our own: its calls have no time-outs, lose the HTTP status of an answer
//! that is not JSON, write a space in a table's name as `+`, cannot ask for exact timestamps (`formatOptions.useInt64Timestamp`), and its
//! response models refuse types that they do not know (RANGE).

use std::collections::HashMap;
use std::time::Duration;

use gcp_bigquery_client::model::job::Job;
use reqwest::{Client, Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::credentials::Credentials;
use super::decode::Row;
use super::failure::Failure;
use super::types::TableField;
use crate::error::{Report, Result, SqlState};

const GOOGLE: &str = "https://bigquery.googleapis.com";
/// How long a call may take beyond what it was asked to wait.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The API at one address with one identity.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: Url,
    credentials: Credentials,
}

/// jobs.insert, jobs.get.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobAnswer {
    /// Its name and place.
    #[serde(default)]
    pub job_reference: JobPlace,
    /// Its state.
    #[serde(default)]
    pub status: JobStatus,
    /// What it read.
    #[serde(default)]
    pub statistics: Statistics,
}

/// Where a job is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobPlace {
    /// The location that every later call names.
    pub location: Option<String>,
}

/// A job's state.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// `PENDING`, `RUNNING`, `DONE`.
    #[serde(default)]
    pub state: String,
    /// Why it failed.
    pub error_result: Option<Failure>,
}

/// A job's statistics.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Of the query.
    #[serde(default)]
    pub query: QueryStatistics,
}

/// A query's statistics; numbers are text in the API.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueryStatistics {
    /// Bytes that it reads.
    pub total_bytes_processed: Option<String>,
    /// `PRECISE`, `LOWER_BOUND`, `UPPER_BOUND`, `UNKNOWN`.
    pub total_bytes_processed_accuracy: Option<String>,
    /// Bytes on the bill.
    pub total_bytes_billed: Option<String>,
    /// Answered from BigQuery's own cache.
    pub cache_hit: Option<bool>,
    /// `SELECT`, ...
    pub statement_type: Option<String>,
    /// Every table, those behind views included.
    #[serde(default)]
    pub referenced_tables: Vec<TablePlace>,
    /// Functions of users and remote functions.
    #[serde(default)]
    pub referenced_routines: Vec<serde_json::Value>,
}

/// A table's full name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TablePlace {
    /// Project.
    pub project_id: String,
    /// Data set.
    pub dataset_id: String,
    /// Table.
    pub table_id: String,
}

/// jobs.getQueryResults.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    /// The job is done and well.
    #[serde(default)]
    pub job_complete: bool,
    /// The columns.
    #[serde(default)]
    pub schema: SchemaAnswer,
    /// One page.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// There is another page.
    pub page_token: Option<String>,
}

/// A schema.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SchemaAnswer {
    /// Its columns.
    #[serde(default)]
    pub fields: Vec<TableField>,
}

/// A data set in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetAnswer {
    /// Its name.
    pub dataset_reference: DatasetPlace,
    /// Where it is.
    pub location: Option<String>,
}

/// A data set's name.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetPlace {
    /// Data set.
    pub dataset_id: String,
}

/// A table in a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableItem {
    /// Its name.
    pub table_reference: TablePlace,
}

/// tables.get.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableAnswer {
    /// Its name.
    pub table_reference: TablePlace,
    /// `TABLE`, `VIEW`, `MATERIALIZED_VIEW`, `EXTERNAL`, `SNAPSHOT`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Changes with metadata and content.
    #[serde(default)]
    pub etag: String,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub last_modified_time: String,
    /// Its columns.
    #[serde(default)]
    pub schema: SchemaAnswer,
    /// By time.
    pub time_partitioning: Option<TimePartitioning>,
    /// By ranges of an integer.
    pub range_partitioning: Option<RangePartitioning>,
    /// Its clustering.
    pub clustering: Option<Clustering>,
    /// Queries must filter on the partitioning column.
    #[serde(default)]
    pub require_partition_filter: bool,
    /// Rows.
    pub num_rows: Option<String>,
    /// Logical bytes.
    pub num_bytes: Option<String>,
    /// Rows that are still streamed in.
    pub streaming_buffer: Option<serde_json::Value>,
    /// For people.
    pub description: Option<String>,
}

/// Partitions by time.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimePartitioning {
    /// `DAY`, `HOUR`, `MONTH`, `YEAR`.
    #[serde(rename = "type")]
    pub unit: String,
    /// The column; none: the time of ingestion.
    pub field: Option<String>,
    /// An older place of `requirePartitionFilter`.
    #[serde(default)]
    pub require_partition_filter: bool,
}

/// Partitions by ranges.
#[derive(Clone, Debug, Deserialize)]
pub struct RangePartitioning {
    /// The column.
    pub field: String,
}

/// Clustering.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Clustering {
    /// The columns.
    #[serde(default)]
    pub fields: Vec<String>,
}

/// Which page of which job.
#[derive(Clone, Debug)]
pub struct PageRequest<'a> {
    /// The job.
    pub job_id: &'a str,
    /// Where the job is.
    pub location: Option<&'a str>,
    /// The page; `None`: the first.
    pub token: Option<&'a str>,
    /// Rows at most.
    pub rows: u64,
    /// How long to wait for the job.
    pub wait: Duration,
}

impl Api {
    /// Makes the API; an empty endpoint is Google's.
    ///
    /// # Errors
    /// 22023 for an endpoint that is no address, 28000 without credentials for Google's.
    pub async fn new(endpoint: &str, credentials: &str) -> Result<Api> {
        let google = endpoint.is_empty() || endpoint.trim_end_matches('/') == GOOGLE;
        let address = match endpoint {
            "" => GOOGLE.to_owned(),
            with if with.contains("://") => with.trim_end_matches('/').to_owned(),
            // BIGQUERY_EMULATOR_HOST is host:port.
            host => format!("http://{}", host.trim_end_matches('/')),
        };
        let base = if address.ends_with("/bigquery/v2") { address } else { format!("{address}/bigquery/v2") };
        let base = Url::parse(&base).ok().filter(|url| !url.cannot_be_a_base()).ok_or_else(|| {
            Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("backend.bigquery.api_endpoint is no address: {endpoint}"))
        })?;
        let credentials =
            if google || credentials.starts_with("file:") { Credentials::find(credentials).await? } else { Credentials::None };
        let http = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(50))
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Report::internal(format!("cannot make an HTTP client: {error}")))?;
        Ok(Api { http, base, credentials })
    }

    /// datasets.list, every page.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn datasets(&self, project: &str) -> Result<Vec<DatasetAnswer>, Failure> {
        self.list(&["projects", project, "datasets"], "datasets").await
    }

    /// tables.list, every page.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn tables(&self, project: &str, dataset: &str) -> Result<Vec<TableItem>, Failure> {
        self.list(&["projects", project, "datasets", dataset, "tables"], "tables").await
    }

    /// tables.get.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn table(&self, place: &TablePlace) -> Result<TableAnswer, Failure> {
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &place.table_id];
        self.send(self.request(Method::GET, &path), TIMEOUT).await
    }

    /// jobs.insert.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn insert_job(&self, project: &str, job: &Job) -> Result<JobAnswer, Failure> {
        self.send(self.request(Method::POST, &["projects", project, "jobs"]).json(job), TIMEOUT).await
    }

    /// jobs.get.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn job(&self, project: &str, id: &str, location: Option<&str>) -> Result<JobAnswer, Failure> {
        let request = self.request(Method::GET, &["projects", project, "jobs", id]);
        self.send(located(request, location), TIMEOUT).await
    }

    /// jobs.cancel.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn cancel_job(&self, project: &str, id: &str, location: Option<&str>) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["projects", project, "jobs", id, "cancel"]);
        let _: serde_json::Value = self.send(located(request.header("content-length", 0), location), TIMEOUT).await?;
        Ok(())
    }

    /// jobs.getQueryResults.
    ///
    /// # Errors
    /// What BigQuery says, the job's own error included.
    pub async fn results(&self, project: &str, page: &PageRequest<'_>) -> Result<Results, Failure> {
        let mut request = self.request(Method::GET, &["projects", project, "queries", page.job_id]).query(&[
            ("formatOptions.useInt64Timestamp", "true"),
            ("maxResults", &page.rows.to_string()),
            ("timeoutMs", &page.wait.as_millis().to_string()),
        ]);
        if let Some(token) = page.token {
            request = request.query(&[("pageToken", token)]);
        }
        self.send(located(request, page.location), TIMEOUT + page.wait).await
    }

    async fn list<T: DeserializeOwned>(&self, path: &[&str], field: &str) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(&[("maxResults", "1000")]);
            if let Some(token) = &token {
                request = request.query(&[("pageToken", token)]);
            }
            let mut page: HashMap<String, serde_json::Value> = self.send(request, TIMEOUT).await?;
            if let Some(found) = page.remove(field) {
                let found: Vec<T> = serde_json::from_value(found).map_err(|error| unreadable(&error))?;
                items.extend(found);
            }
            token = page.remove("nextPageToken").and_then(|token| token.as_str().map(str::to_owned));
            if token.is_none() {
                return Ok(items);
            }
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path); // percent-encodes each
        }
        self.http.request(method, url)
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder, timeout: Duration) -> Result<T, Failure> {
        let token = self.credentials.token().await.map_err(|report| Failure {
            status: 401,
            reason: "authError".into(),
            message: report.message,
        })?;
        let request = match &token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        let answer = request.timeout(timeout).send().await.map_err(|error| lost(&error))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| lost(&error))?;
        if !status.is_success() {
            return Err(Failure::of_answer(status.as_u16(), &body));
        }
        serde_json::from_slice(if body.is_empty() { b"{}" } else { &body }).map_err(|error| unreadable(&error))
    }
}

fn located(request: RequestBuilder, location: Option<&str>) -> RequestBuilder {
    match location {
        Some(location) => request.query(&[("location", location)]),
        None => request,
    }
}

/// The URL is left out of what is said: it names the job and the project, and adds nothing.
fn lost(error: &reqwest::Error) -> Failure {
    Failure::unanswered(if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    })
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure { status: 200, reason: "unreadable".into(), message: format!("an answer that cannot be read: {error}") }
}
