//! What the BigQuery warehouse can be told.

use std::collections::BTreeMap;
use std::time::Duration;

use super::labels::LabelFrom;

/// How the buffers of Arrow batches are compressed on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Compression {
    /// LZ4 frames: cheap on both sides.
    #[default]
    Lz4,
    /// Zstandard: smaller, for slow lines.
    Zstd,
    /// Not at all.
    None,
}

/// `[backend.bigquery]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project whose data sets are served: the database that clients connect to.
    pub project: String,
    /// The project that pays for jobs; empty: `project`.
    pub billing_project: String,
    /// Where jobs run; empty: where their data sets are.
    pub location: String,
    /// `adc` (Application Default Credentials), or `file:PATH`.
    pub credentials: String,
    /// The service account that everything is done as; empty: the credentials' own.
    pub impersonate_service_account: String,
    /// Service accounts by role, in place of that one: the role's queries run as them.
    pub impersonate_roles: BTreeMap<String, String>,
    /// IAM's address; empty: Google's.
    pub iam_endpoint: String,
    /// The API's address; empty: Google's. With an address that is not Google's no credentials are needed.
    pub api_endpoint: String,
    /// The data set that unqualified names fall to; empty: the only one there is, if so.
    pub default_dataset: String,
    /// Patterns (`*`, `sales_*`) of the data sets that are served.
    pub allowed_datasets: Vec<String>,
    /// Other projects whose tables may be read by names of three parts.
    pub other_projects: Vec<String>,
    /// `interactive` or `batch`.
    pub priority: String,
    /// Jobs that may run at once.
    pub max_concurrent_jobs: usize,
    /// Queries that may wait for their turn.
    pub max_queued_jobs: usize,
    /// Turns by role: 3 gets three where others get one.
    pub queue_weights: BTreeMap<String, u32>,
    /// How long a query may wait for its turn.
    pub queue_timeout: Duration,
    /// The longest that a job may run (`jobTimeoutMs`).
    pub job_timeout: Duration,
    /// About how many bytes a page of results holds.
    pub page_bytes: u64,
    /// The Storage Read API's address; empty: Google's, where `api_endpoint` is Google's too.
    pub storage_endpoint: String,
    /// Results larger than this are read by the Storage Read API; `None`: none are.
    pub storage_from: Option<u64>,
    /// Streams that one result is read in at most.
    pub storage_streams: usize,
    /// How results travel.
    pub storage_compression: Compression,
    /// Let BigQuery answer from its own cache of results.
    pub use_native_cache: bool,
    /// Answer bare column selections with a LIMIT from the table's listing (tabledata.list).
    pub free_preview: bool,
    /// Answer `LIMIT 0` from the catalog, and `count(*)` of a whole table from its metadata.
    pub free_metadata: bool,
    /// What of a query becomes a label.
    pub label_from: LabelFrom,
    /// Labels on every job.
    pub labels: Vec<(String, String)>,
    /// The first pause before a call is tried again; it doubles up to 32 times this.
    pub retry_pause: Duration,
    /// How long a call may take beyond what it was asked to wait.
    pub request_timeout: Duration,
    /// So many failures within 30 s keep calls away for 15 s; 0 never does.
    pub breaker_failures: usize,
    /// How long nothing is asked of a project whose quota is used up.
    pub quota_pause: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            project: String::new(),
            billing_project: String::new(),
            location: String::new(),
            credentials: "adc".to_owned(),
            impersonate_service_account: String::new(),
            impersonate_roles: BTreeMap::new(),
            iam_endpoint: String::new(),
            api_endpoint: String::new(),
            default_dataset: String::new(),
            allowed_datasets: vec!["*".to_owned()],
            other_projects: vec!["bigquery-public-data".to_owned()],
            priority: "interactive".to_owned(),
            max_concurrent_jobs: 50,
            max_queued_jobs: 200,
            queue_weights: BTreeMap::new(),
            queue_timeout: Duration::from_secs(120),
            job_timeout: Duration::from_secs(600),
            page_bytes: 8 << 20,
            storage_endpoint: String::new(),
            storage_from: Some(64 << 20),
            storage_streams: 4,
            storage_compression: Compression::Lz4,
            use_native_cache: true,
            free_preview: true,
            free_metadata: true,
            label_from: LabelFrom { user: true, application_name: true, sqlcommenter: true },
            labels: vec![("app".to_owned(), "sluice".to_owned())],
            retry_pause: Duration::from_secs(1),
            request_timeout: Duration::from_secs(60),
            breaker_failures: 20,
            quota_pause: Duration::from_secs(600),
        }
    }
}

impl Settings {
    /// Returns the project that pays.
    pub fn payer(&self) -> &str {
        if self.billing_project.is_empty() { &self.project } else { &self.billing_project }
    }

    /// Tells whether a data set is served.
    pub fn allows(&self, dataset: &str) -> bool {
        self.allowed_datasets.iter().any(|pattern| matches(pattern, dataset))
    }
}

/// Matches a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => {
            name.starts_with(head) && (head.len()..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_data_sets() {
        let settings = Settings { allowed_datasets: vec!["shop".into(), "eu_*_v2".into()], ..Settings::default() };
        assert!(settings.allows("shop"));
        assert!(settings.allows("eu_sales_v2"));
        assert!(!settings.allows("eu_sales_v3"));
        assert!(!settings.allows("shop2"));
        assert!(Settings::default().allows("anything"));
    }
}
