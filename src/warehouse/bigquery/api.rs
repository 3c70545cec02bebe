//! BigQuery's REST API: one function a method.
//!
//! Requests are the models of `gcp-bigquery-client`. The calls are our own, down to the smallest (lists, cancel): the crate reads a failed answer's
//! body as JSON before it tells the status, so that a proxy's 502 becomes a parse error which nobody knows to retry. Its calls have no time-outs;
//! its models refuse missing fields and unknown types (RANGE), it writes a space in a name as `+` and cannot ask for exact timestamps
//! (`formatOptions.useInt64Timestamp`). Its authenticators are made by its own client only: the tokens come from the library below them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gcp_bigquery_client::model::job::Job;
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use super::answers::{DatasetAnswer, JobAnswer, Results, TableAnswer, TableItem, TablePlace};
use super::breaker::Breaker;
use super::credentials::{Credentials, SCOPE, Tokens};
use super::cutter::Cutter;
use super::decode::Cell;
use super::failure::{Failure, USER_TOKEN};
use super::settings::Settings;
use super::traffic::Counts;
use crate::error::{Report, Result, SqlState};
use crate::query::Token;
use crate::warehouse::Traffic;

const GOOGLE: &str = "https://bigquery.googleapis.com";
/// The most memory that is asked for because an answer says how long it will be: about a page of BigQuery's.
const LENGTH_BELIEVED: usize = 16 << 20;

/// How long an answer may take that can be done without.
const PATIENCE: Duration = Duration::from_secs(5);

/// The API at one address with one identity.
#[derive(Clone)]
pub struct Api {
    http: Client,
    base: Url,
    google: bool,
    credentials: Credentials,
    breaker: Arc<Breaker>,
    counts: Counts,
    /// How long a call may take beyond what it was asked to wait.
    timeout: Duration,
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

/// Which page of a table's listing.
#[derive(Clone, Debug)]
pub struct RowsRequest<'a> {
    /// The columns, by names with commas between them.
    pub fields: &'a str,
    /// The page; `None`: the first.
    pub token: Option<&'a str>,
    /// Rows at most.
    pub rows: u64,
}

impl Api {
    /// Makes the API that the settings name; an empty endpoint is Google's.
    ///
    /// # Errors
    /// 22023 for an endpoint that is no address, 28000 without credentials for Google's.
    pub async fn new(settings: &Settings) -> Result<Api> {
        let Settings { api_endpoint: endpoint, credentials, .. } = settings;
        let base = address(endpoint).ok_or_else(|| {
            let message = format!("backend.bigquery.api_endpoint is no address: {endpoint}");
            Report::new(SqlState::INVALID_PARAMETER_VALUE, message).hint("Write it as http://host:port.")
        })?;
        let mut http = Client::builder();
        if is_here(&base) {
            http = http.no_proxy(); // a proxy's idea of this machine is another one
        }
        let counts = Counts::default();
        let http = http
            .connector_layer(counts.clone())
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(50))
            // Google speaks HTTP/2: many calls share a connection, and one that is dead must not hold them all up.
            .http2_adaptive_window(true)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .http2_keep_alive_timeout(Duration::from_secs(10))
            .user_agent(concat!("sluice/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Report::internal(format!("cannot make an HTTP client: {error}")))?;
        let google = base.host_str().is_some_and(|host| host == "googleapis.com" || host.ends_with(".googleapis.com"));
        let google_itself = address("").is_some_and(|usual| usual == base);
        let credentials =
            if google || credentials.starts_with("file:") { Credentials::find(credentials, &http).await? } else { Credentials::None };
        let credentials = match settings.impersonate_service_account.as_str() {
            "" => credentials,
            account => credentials.acting_as(account, &http, &settings.iam_endpoint)?,
        };
        let breaker = Arc::new(Breaker::new(settings.breaker_failures));
        Ok(Api { http, base, google: google_itself, credentials, breaker, counts, timeout: settings.request_timeout })
    }

    /// Returns the same API for another identity: a service account that this one may act as.
    ///
    /// # Errors
    /// 22023 for an account that cannot be one.
    pub fn acting_as(&self, account: &str, iam_endpoint: &str) -> Result<Api> {
        Ok(Api { credentials: self.credentials.clone().acting_as(account, &self.http, iam_endpoint)?, ..self.clone() })
    }

    /// Returns the same API with a user's own identity.
    pub fn with_token(&self, token: &Token) -> Api {
        Api { credentials: Credentials::User(token.clone()), ..self.clone() }
    }

    /// Tells whether this is Google's own address, under its usual name.
    pub fn is_googles(&self) -> bool {
        self.google
    }

    /// Returns how many calls were made, by all identities, over how many connections. (Tokens that are asked for over the same pool are no calls.)
    pub fn traffic(&self) -> Traffic {
        self.counts.traffic()
    }

    /// Returns a token of this identity that is valid now, or `None` where none is needed.
    ///
    /// # Errors
    /// That Google does not give one.
    pub async fn token(&self) -> Result<Option<Arc<SecretString>>, Failure> {
        self.credentials.token(SCOPE).await
    }

    /// datasets.list, every page.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn datasets(&self, project: &str) -> Result<Vec<DatasetAnswer>, Failure> {
        self.list(&["projects", project, "datasets"], "datasets").await
    }

    /// datasets.get: a data set's description, if it has one. Servers that do not know the method are not failing for that.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn description(&self, project: &str, dataset: &str) -> Result<Option<String>, Failure> {
        #[derive(serde::Deserialize)]
        struct Answer {
            #[serde(default)]
            description: Option<String>,
        }
        let answer: Answer = self.tried(&["projects", project, "datasets", dataset], &[]).await?;
        Ok(answer.description.filter(|text| !text.is_empty()))
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
        self.guarded(self.request(Method::GET, &path), self.timeout).await
    }

    /// tables.get, unless the table is still as this etag says: `None` then.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn table_unless(&self, place: &TablePlace, etag: Option<&str>) -> Result<Option<TableAnswer>, Failure> {
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &place.table_id];
        let mut request = self.request(Method::GET, &path);
        if let Some(etag) = etag {
            request = request.header("if-none-match", etag);
        }
        match self.guarded(request, self.timeout).await {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) if failure.status == 304 && etag.is_some() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Lists the ids of a table's partitions, as far as they are no more than so many: tabledata.list of the meta table of its partitions. Servers that
    /// do not know that are not failing: it does not count for the breaker.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn partitions(&self, place: &TablePlace, at_most: usize) -> Result<Vec<String>, Failure> {
        let table = format!("{}$__PARTITIONS_SUMMARY__", place.table_id);
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &table, "data"];
        let mut ids = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut query = vec![("selectedFields", "partition_id")];
            query.extend(token.as_deref().map(|token| ("pageToken", token)));
            let mut page: Results = self.tried(&path, &query).await?;
            for row in std::mem::take(&mut page.rows) {
                match &row.cells[..] {
                    [Cell::Text(id)] => ids.push(id.to_string()),
                    _ => return Err(Failure::unanswered("a list of partitions has other columns")),
                }
            }
            token = page.take_token().filter(|next| token.as_ref() != Some(next));
            if token.is_none() || ids.len() > at_most {
                return Ok(ids);
            }
        }
    }

    /// tables.get of one partition; does not count for the breaker either.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn partition(&self, place: &TablePlace, id: &str) -> Result<TableAnswer, Failure> {
        let table = format!("{}${id}", place.table_id);
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &table];
        self.tried(&path, &[]).await
    }

    /// jobs.insert.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn insert_job(&self, project: &str, job: &Job) -> Result<JobAnswer, Failure> {
        self.guarded(self.request(Method::POST, &["projects", project, "jobs"]).json(job), self.timeout).await
    }

    /// jobs.get. What became of a job is asked even where nothing else is: it may cost money.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn job(&self, project: &str, id: &str, location: Option<&str>) -> Result<JobAnswer, Failure> {
        let request = self.request(Method::GET, &["projects", project, "jobs", id]);
        self.send(located(request, location), self.timeout).await
    }

    /// jobs.cancel; tried whatever else fails.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn cancel_job(&self, project: &str, id: &str, location: Option<&str>) -> Result<(), Failure> {
        let request = self.request(Method::POST, &["projects", project, "jobs", id, "cancel"]);
        let _: serde_json::Value = self.send(located(request.header("content-length", 0), location), self.timeout).await?;
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
        self.breaker.admit(Instant::now()).map_err(Failure::left_alone)?;
        let page = async { cut(self.ask(located(request, page.location), self.timeout + page.wait).await?).await };
        self.noted(page.await)?.finish()
    }

    /// tabledata.list.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn table_rows(&self, place: &TablePlace, page: &RowsRequest<'_>) -> Result<Results, Failure> {
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &place.table_id, "data"];
        let mut request = self.request(Method::GET, &path).query(&[
            ("formatOptions.useInt64Timestamp", "true"),
            ("maxResults", &page.rows.to_string()),
            ("selectedFields", page.fields),
        ]);
        if let Some(token) = page.token {
            request = request.query(&[("pageToken", token)]);
        }
        self.guarded(request, self.timeout).await
    }

    /// rowAccessPolicies.list: tells whether a table has row-level security. Servers that do not know the method are not failing for that: it does not
    /// count for the breaker.
    ///
    /// # Errors
    /// What BigQuery says.
    pub async fn has_row_policies(&self, place: &TablePlace) -> Result<bool, Failure> {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            #[serde(default)]
            row_access_policies: Option<Vec<serde_json::Value>>,
        }
        let path = ["projects", &place.project_id, "datasets", &place.dataset_id, "tables", &place.table_id, "rowAccessPolicies"];
        let answer: Answer = self.tried(&path, &[]).await?;
        Ok(answer.row_access_policies.is_some_and(|policies| !policies.is_empty()))
    }

    async fn list<T: DeserializeOwned>(&self, path: &[&str], field: &str) -> Result<Vec<T>, Failure> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(&[("maxResults", "1000")]);
            if let Some(token) = &token {
                request = request.query(&[("pageToken", token)]);
            }
            let mut page: HashMap<String, serde_json::Value> = self.guarded(request, self.timeout).await?;
            if let Some(found) = page.remove(field) {
                let found: Option<Vec<T>> = serde_json::from_value(found).map_err(|error| Failure::unreadable(&error))?;
                items.extend(found.into_iter().flatten());
            }
            let next = page.remove("nextPageToken").and_then(|token| token.as_str().map(str::to_owned)).filter(|token| !token.is_empty());
            if next.is_none() {
                return Ok(items);
            }
            if next == token {
                return Err(Failure::endless_list());
            }
            token = next;
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path); // percent-encodes each
        }
        // Answers are indented otherwise: half of a page would be spaces.
        self.http.request(method, url).query(&[("prettyPrint", "false")])
    }

    /// Asks for what a server may not know: its failure does not count for the breaker, and nobody waits long for it.
    async fn tried<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Failure> {
        self.breaker.admit(Instant::now()).map_err(Failure::left_alone)?;
        let timeout = self.timeout.min(PATIENCE);
        read(&whole(self.ask(self.request(Method::GET, path).query(query), timeout).await?).await?)
    }

    /// Sends a request unless the server has failed too often of late.
    async fn guarded<T: DeserializeOwned>(&self, request: RequestBuilder, timeout: Duration) -> Result<T, Failure> {
        self.breaker.admit(Instant::now()).map_err(Failure::left_alone)?;
        self.send(request, timeout).await
    }

    async fn send<T: DeserializeOwned>(&self, request: RequestBuilder, timeout: Duration) -> Result<T, Failure> {
        let body = async { whole(self.ask(request, timeout).await?).await };
        read(&self.noted(body.await)?)
    }

    /// Tells the breaker how a call went, and whose token was refused.
    fn noted<T>(&self, answer: Result<T, Failure>) -> Result<T, Failure> {
        match &answer {
            Err(failure) if matches!(failure.status, 0 | 500 | 502 | 503 | 504) => self.breaker.failed(Instant::now()),
            _ => self.breaker.succeeded(),
        }
        answer.map_err(|failure| match (&self.credentials, failure.status) {
            (Credentials::User(_), 401) => Failure { reason: USER_TOKEN.into(), ..failure },
            _ => failure,
        })
    }

    /// Sends a request with a token; returns a good answer.
    async fn ask(&self, request: RequestBuilder, timeout: Duration) -> Result<Response, Failure> {
        let token = self.token().await?;
        let request = match &token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        };
        self.counts.request();
        exchange(request.timeout(timeout)).await
    }
}

/// Reads an answer; an empty one is an object without fields.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(if body.trim_ascii().is_empty() { b"{}" } else { body }).map_err(|error| Failure::unreadable(&error))
}

/// Sends a request; returns a good answer, whose body is still to come.
async fn exchange(request: RequestBuilder) -> Result<Response, Failure> {
    let answer = request.send().await.map_err(|error| lost(&error))?;
    let status = answer.status();
    if status.is_success() { Ok(answer) } else { Err(Failure::of_answer(status.as_u16(), &whole(answer).await?)) }
}

/// Returns the body of an answer.
async fn whole(answer: Response) -> Result<bytes::Bytes, Failure> {
    answer.bytes().await.map_err(|error| lost(&error))
}

/// Returns the body of a page, looked through while it comes.
async fn cut(mut answer: Response) -> Result<Cutter, Failure> {
    let length = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    let mut cutter = Cutter::new(length.min(LENGTH_BELIEVED));
    while let Some(chunk) = answer.chunk().await.map_err(|error| lost(&error))? {
        cutter.feed(&chunk);
    }
    Ok(cutter)
}

/// Returns the API's address: Google's for nothing, `host:port` as BIGQUERY_EMULATOR_HOST has it, with or without its usual path and slashes.
fn address(endpoint: &str) -> Option<Url> {
    let endpoint = endpoint.trim().trim_end_matches('/');
    let address = match endpoint {
        "" => GOOGLE.to_owned(),
        with if with.contains("://") => with.to_owned(),
        host => format!("http://{host}"),
    };
    let address = if address.ends_with("/bigquery/v2") { address } else { format!("{address}/bigquery/v2") };
    Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

/// Tells whether an address is on this machine.
pub fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood_as_people_write_them() {
        let local = "http://localhost:9050/bigquery/v2";
        for written in
            ["localhost:9050", "localhost:9050/", "http://localhost:9050", "http://localhost:9050/bigquery/v2/", " localhost:9050 "]
        {
            assert_eq!(address(written).unwrap().as_str(), local, "{written}");
            assert!(is_here(&address(written).unwrap()));
        }
        assert_eq!(address("").unwrap().as_str(), "https://bigquery.googleapis.com/bigquery/v2");
        assert_eq!(address("https://proxy.example/bq").unwrap().as_str(), "https://proxy.example/bq/bigquery/v2");
        assert!(is_here(&address("127.0.0.1:1").unwrap()) && is_here(&address("http://[::1]:1").unwrap()));
        assert!(!is_here(&address("").unwrap()));
        assert_eq!(address("ftp://example"), None);
    }
}
