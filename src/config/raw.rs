//! The configuration as written: one struct a section, every key with its default; unknown keys are refused.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::schema::{self, Shape};
use super::units::{Size, Span};

/// A section: each key with its meaning, type and default on two lines.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident {
        $($(#[doc = $key_doc:literal])* $(#[serde($($serde:tt)*)])? $key:ident: $ty:ty = $default:expr,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Serialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $key_doc])* $(#[serde($($serde)*)])? pub $key: $ty,)*
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($key: $default,)* }
            }
        }

        impl Shape for $name {
            fn shape() -> serde_json::Value {
                let defaults = serde_json::to_value($name::default()).unwrap_or_default();
                schema::section(&defaults, vec![$((concat!($($key_doc),*), <$ty as Shape>::shape()),)*])
            }
        }
    };
}

mod logins;

pub use logins::{Auth, AuthRule, Names, OAuth, Tls, User};

section! {
    /// `[server]`: The listener.
    Server {
        /// The address for PostgreSQL clients.
        listen: String = "127.0.0.1:7432".into(),
        /// Connections at once that have logged in; one more is refused with 53300.
        max_connections: usize = 200,
        /// Connections that have not logged in, beside those; one more ends the oldest of them.
        max_unauthenticated_connections: usize = 100,
        /// Connections of one user at once; 0 means any.
        max_connections_per_user: usize = 0,
        /// Connections from one address at once; 0 means any.
        max_connections_per_address: usize = 0,
        /// How long a client may leave what it is sent unread; 0s means for ever.
        write_timeout: Span = Span(Duration::from_secs(300)),
        /// How long a connection looks for a lone, quick client's next message before it sleeps; 0s means not at all.
        busy_poll: Span = Span(Duration::from_micros(500)),
        /// Threads that serve connections; 0 means one per core.
        workers: usize = 0,
        /// How long running queries may finish after SIGTERM.
        shutdown_timeout: Span = Span(Duration::from_secs(30)),
        /// Allows a non-loopback address without TLS.
        allow_insecure: bool = false,
        /// The largest message of an authenticated client.
        max_message_bytes: Size = Size(64 << 20),
        /// Queries of one connection that are worked on at once, where the client has sent several (1 to 64; 1: one by one).
        max_overlap: usize = 4,
        /// Not available yet.
        unix_socket: String = String::new(),
        /// Not available yet.
        application_name_required: bool = false,
    }
}

section! {
    /// `[backend.local]`: Folders of Parquet and CSV files.
    Local {
        /// Folders: folder = schema, file or hive folder = table.
        paths: Vec<String> = Vec::new(),
        /// Memory for sorts, joins and groups of all queries together.
        memory_limit: Size = Size(1 << 30),
        /// Memory of one query, of that.
        query_memory_limit: Size = Size(256 << 20),
        /// Price local bytes as BigQuery's.
        simulate_prices: bool = true,
        /// Multiplies simulated prices.
        price_scale: f64 = 1.0,
    }
}

section! {
    /// `[backend.bigquery]`: The BigQuery backend.
    BigQuery {
        /// The project whose data sets are served; `GOOGLE_CLOUD_PROJECT` if empty.
        project: String = String::new(),
        /// The project that pays; the same if empty.
        billing_project: String = String::new(),
        /// The location of jobs; that of the data sets if empty.
        location: String = String::new(),
        /// `adc`, `file:PATH`, or `none` (emulators).
        credentials: String = "adc".into(),
        /// The service account that everything is done as; the credentials' own if empty.
        impersonate_service_account: String = String::new(),
        /// Another endpoint of IAM, for its tokens.
        iam_endpoint: String = String::new(),
        /// Another endpoint; `BIGQUERY_EMULATOR_HOST` if empty.
        api_endpoint: String = String::new(),
        /// The data set of unqualified names.
        default_dataset: String = String::new(),
        /// Patterns of data sets that are served.
        allowed_datasets: Vec<String> = vec!["*".into()],
        /// Other projects whose tables may be read by names of three parts, as in "bigquery-public-data".samples.shakespeare.
        other_projects: Vec<String> = vec!["bigquery-public-data".into()],
        /// Not available yet.
        reservation: String = String::new(),
        /// `interactive` or `batch`.
        priority: String = "interactive".into(),
        /// Jobs at once.
        max_concurrent_jobs: usize = 50,
        /// How long a query waits for a free place.
        queue_timeout: Span = Span(Duration::from_secs(120)),
        /// Queries that may wait for a free place.
        max_queued_jobs: usize = 200,
        /// `jobTimeoutMs` of each job.
        job_timeout: Span = Span(Duration::from_secs(600)),
        /// `auto` (the Storage Read API for large results) or `rest` (pages only).
        result_path: String = "auto".into(),
        /// The endpoint of the Storage Read API; Google's if empty, and none for an `api_endpoint` that is not Google's.
        storage_endpoint: String = String::new(),
        /// Results larger than this are read by the Storage Read API.
        storage_from: Size = Size(64 << 20),
        /// Streams that one result is read in at most; a result with an order is read in one.
        storage_streams: usize = 4,
        /// How results travel: `lz4`, `zstd` or `none`.
        storage_compression: String = "lz4".into(),
        /// The size of a result page.
        page_bytes: Size = Size(8 << 20),
        /// Allows reading bare column selections through table-data list.
        free_preview: bool = true,
        /// Answers LIMIT 0 from the catalog, and count(*) of a whole table from its metadata.
        free_metadata: bool = true,
        /// Lets BigQuery answer from its own cache.
        use_native_cache: bool = true,
        /// The first pause before a call is made again; it doubles up to 32 times this.
        retry_pause: Span = Span(Duration::from_secs(1)),
        /// How long a call may go unanswered.
        request_timeout: Span = Span(Duration::from_secs(60)),
        /// Failed calls within 30s that keep all others away for 15s; 0 never does.
        breaker_failures: usize = 20,
        /// How long a used-up quota is left alone.
        quota_pause: Span = Span(Duration::from_secs(600)),
    }
}

section! {
    /// `[pricing]`: What a byte costs.
    Pricing {
        /// `on_demand` or `none`.
        model: String = "on_demand".into(),
        /// US dollars per TiB.
        usd_per_tib: f64 = 6.25,
        /// US dollars per TiB of a result that is read by the Storage Read API; 0 where that is free.
        storage_read_usd_per_tib: f64 = 1.1,
        /// US dollars per slot and hour (for the model `slots`).
        usd_per_slot_hour: f64 = 0.06,
        /// The least that each referenced table is billed.
        min_bytes_per_table: Size = Size(10 << 20),
        /// The currency; only USD is known.
        currency: String = "USD".into(),
    }
}

section! {
    /// `[guard.approval]`: Queries that need a yes.
    Approval {
        /// From this price on a query needs an approval (SL003); 0 turns it off.
        from_usd: f64 = 1.0,
        /// How long an approval holds.
        ttl: Span = Span(Duration::from_secs(900)),
        /// Roles that may approve; admins always may.
        approvers: Vec<String> = vec!["admin".into()],
        /// Not available yet; 0s.
        wait: Span = Span(Duration::ZERO),
    }
}

section! {
    /// `[guard]`: No bill that was not agreed to.
    Guard {
        /// `off`, `observe` or `enforce`.
        mode: String = "enforce".into(),
        /// The hard cap per query (SL001).
        max_usd_per_query: f64 = 10.0,
        /// The same in bytes; the lower wins.
        max_bytes_per_query: String = String::new(),
        /// The cap per user and UTC day (SL002): 20.00 unless there are `[[budgets]]`; 0 turns it off.
        max_usd_per_user_day: Option<f64> = None,
        /// Refuses partitioned tables without a filter on the partition column (SL004).
        require_partition_filter: bool = true,
        /// Only `deny`: Sluice is read-only.
        writes: String = "deny".into(),
        /// Only `deny`.
        ddl: String = "deny".into(),
        /// Rows of one answer at most; 0 means any.
        max_rows: u64 = 0,
        /// LIMIT for unaggregated SELECTs without one; 0 turns it off.
        inject_limit: u64 = 10_000,
        /// The longest a statement may run.
        statement_timeout: Span = Span(Duration::from_secs(300)),
        /// Only `deny`: never fail open.
        on_estimate_error: String = "deny".into(),
        /// `cap`: run clustered tables under maximumBytesBilled; `deny`.
        clustered_estimate: String = "cap".into(),
        /// Approvals.
        approval: Approval = Approval::default(),
    }
}

section! {
    /// `[cache.redis]`: The shared cache.
    RedisSection {
        /// As in redis://127.0.0.1:6379/0. Whatever the store, cancel requests reach the other replicas through it.
        url: String = String::new(),
        /// In front of every key.
        prefix: String = "sluice:".into(),
        /// Longer answers count as a miss.
        timeout: Span = Span(Duration::from_millis(50)),
        /// Only `bypass`.
        on_error: String = "bypass".into(),
    }
}

section! {
    /// `[cache]`: The result cache.
    Cache {
        /// Off means every query runs.
        enabled: bool = true,
        /// `memory` or `redis`.
        store: String = "memory".into(),
        /// Memory for results.
        max_bytes: Size = Size(256 << 20),
        /// The largest result that is kept.
        max_entry_bytes: Size = Size(16 << 20),
        /// How long a result is served.
        ttl: Span = Span(Duration::from_secs(300)),
        /// Not available yet; 0s.
        stale_while_revalidate: Span = Span(Duration::ZERO),
        /// Only `canonical`.
        #[serde(rename = "match")]
        match_by: String = "canonical".into(),
        /// Who shares results: `identity`, `role` or `global`.
        scope: String = "identity".into(),
        /// Compares table versions before serving.
        check_table_version: bool = true,
        /// Equal queries at the same time run once.
        single_flight: bool = true,
        /// Only false.
        cache_nondeterministic: bool = false,
        /// The Redis store.
        redis: RedisSection = RedisSection::default(),
    }
}

section! {
    /// `[optimizer]`: Rewrites.
    Optimizer {
        /// Off leaves only what safety needs.
        enabled: bool = true,
        /// Allows partition rewrites.
        partition_rewrite: bool = true,
        /// Allows reordering joins.
        join_order: bool = true,
        /// What `SELECT *` brings: `notice` or `off`.
        select_star: String = "notice".into(),
        /// Translation; only true.
        translate: bool = true,
    }
}

section! {
    /// `[parallel]`: Parallelism.
    Parallel {
        /// Off gives each local query one thread.
        enabled: bool = true,
    }
}

section! {
    /// `[catalog]`: The catalog.
    CatalogSection {
        /// How often the warehouse's tables are read again.
        ttl: Span = Span(Duration::from_secs(600)),
        /// Patterns `schema.table` that are not shown.
        hide: Vec<String> = Vec::new(),
    }
}

section! {
    /// `[web]`: Health, metrics and the status page.
    Web {
        /// The address; empty turns it off.
        listen: String = "127.0.0.1:7433".into(),
        /// Serves the status page.
        dashboard: bool = true,
        /// `admin` or `none`. Nothing is asked for yet, so another address than loopback needs `none` and a proxy in front.
        auth: String = "admin".into(),
    }
}

section! {
    /// `[observe]`: Logs.
    Observe {
        /// `auto`, `text` or `json`.
        log_format: String = "auto".into(),
        /// `error` to `trace`, or a tracing filter.
        log_level: String = "info".into(),
        /// `off` or `fingerprint`; SQL text is never logged.
        log_sql: String = "fingerprint".into(),
        /// Labels of every BigQuery job.
        labels: BTreeMap<String, String> = BTreeMap::new(),
        /// Not available yet.
        otlp_endpoint: String = String::new(),
        /// How long history is kept (not available yet).
        history: String = "7d".into(),
        /// Where history is kept (not available yet).
        history_path: String = String::new(),
        /// What becomes a label of BigQuery jobs: `user`, `application_name`, `sqlcommenter` (the tags of a comment).
        label_from: Vec<String> = vec!["user".into(), "application_name".into(), "sqlcommenter".into()],
    }
}

section! {
    /// `[semantic]`: Questions that were asked before (not available yet).
    Semantic {
        /// `off` or `suggest`; nothing is suggested yet.
        mode: String = "off".into(),
        /// A model's folder.
        model: String = String::new(),
        /// From which similarity on to suggest.
        threshold: f64 = 0.85,
        /// Questions kept.
        max_questions: u64 = 10_000,
        /// How long.
        ttl: Span = Span(Duration::from_secs(86400)),
    }
}

section! {
    /// `[llm_cache]`: A cache for model answers (not available yet).
    LlmCache {
        /// Only false.
        enabled: bool = false,
        /// How long.
        ttl: Span = Span(Duration::from_secs(86400)),
        /// Memory.
        max_bytes: Size = Size(64 << 20),
    }
}

/// `[backend]`: where the rows are.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Backend {
    /// `local` or `bigquery`.
    pub kind: String,
    /// The embedded engine.
    pub local: Local,
    /// BigQuery.
    pub bigquery: BigQuery,
}

impl Default for Backend {
    fn default() -> Backend {
        Backend { kind: "local".into(), local: Local::default(), bigquery: BigQuery::default() }
    }
}

/// `[[roles]]`: what a role may read, and its own limits.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    pub name: String,
    /// Patterns `schema.table` that may be read.
    #[serde(default = "everything")]
    pub allow: Vec<String>,
    /// Patterns that may not, whatever `allow` says.
    #[serde(default)]
    pub deny: Vec<String>,
    /// Overrides `guard.max_usd_per_query`.
    #[serde(default)]
    pub max_usd_per_query: Option<f64>,
    /// Overrides `guard.inject_limit`.
    #[serde(default)]
    pub inject_limit: Option<u64>,
    /// The service account that queries of the role run as.
    #[serde(default)]
    pub impersonate_service_account: Option<String>,
    /// Turns in the queue for BigQuery's jobs: 3 gets three where others get one.
    #[serde(default)]
    pub queue_weight: Option<u32>,
}

fn everything() -> Vec<String> {
    vec!["*.*".into()]
}

/// `[[budgets]]`: money for a period.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Its name.
    pub name: String,
    /// Whom it binds: `{ user = "pattern" }`.
    #[serde(default, rename = "match")]
    pub match_by: BTreeMap<String, String>,
    /// US dollars in the period.
    pub max_budget: f64,
    /// A WARNING from here on.
    #[serde(default)]
    pub soft_budget: Option<f64>,
    /// The period; only `1d` yet.
    #[serde(default)]
    pub budget_duration: Option<Span>,
    /// Only `deny` yet.
    #[serde(default)]
    pub on_exceed: Option<String>,
}

/// `[[pii]]`: columns whose results are never cached.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pii {
    /// `schema.table.column`.
    pub columns: Vec<String>,
}

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RawConfig {
    /// `[server]`
    pub server: Server,
    /// `[tls]`
    pub tls: Tls,
    /// `[auth]`
    pub auth: Auth,
    /// `[pricing]`
    pub pricing: Pricing,
    /// `[guard]`
    pub guard: Guard,
    /// `[cache]`
    pub cache: Cache,
    /// `[optimizer]`
    pub optimizer: Optimizer,
    /// `[parallel]`
    pub parallel: Parallel,
    /// `[catalog]`
    pub catalog: CatalogSection,
    /// `[web]`
    pub web: Web,
    /// `[observe]`
    pub observe: Observe,
    /// `[semantic]`
    pub semantic: Semantic,
    /// `[llm_cache]`
    pub llm_cache: LlmCache,
    /// `[backend]`
    pub backend: Backend,
    /// `[[users]]`
    pub users: Vec<User>,
    /// `[[roles]]`
    pub roles: Vec<Role>,
    /// `[[budgets]]`
    pub budgets: Vec<Budget>,
    /// `[[masks]]`: not available yet, refused when given.
    pub masks: Vec<figment::value::Value>,
    /// `[[row_filters]]`: not available yet, refused when given.
    pub row_filters: Vec<figment::value::Value>,
    /// `[[pii]]`
    pub pii: Vec<Pii>,
}

impl RawConfig {
    /// Returns the schema of each plain section, for `sluice schema`.
    pub fn sections() -> Vec<(&'static str, serde_json::Value)> {
        vec![
            ("server", Server::shape()),
            ("tls", Tls::shape()),
            ("auth", Auth::shape()),
            ("pricing", Pricing::shape()),
            ("guard", Guard::shape()),
            ("cache", Cache::shape()),
            ("optimizer", Optimizer::shape()),
            ("parallel", Parallel::shape()),
            ("catalog", CatalogSection::shape()),
            ("web", Web::shape()),
            ("observe", Observe::shape()),
            ("semantic", Semantic::shape()),
            ("llm_cache", LlmCache::shape()),
        ]
    }
}
