//! Every metric: name, kind, labels, help. Labels come from enums, never from SQL text or names.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

use super::{CacheStatus, FreeSource, QueryEvent, ReadReason};

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram(&'static [f64]),
}

/// One metric of the list.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name in Prometheus.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub help: &'static str,
}

const SECONDS: Kind =
    Kind::Histogram(&[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0]);

macro_rules! metrics_list {
    ($($const:ident = $name:literal, $kind:expr, [$($label:literal),*], $help:literal;)*) => {
        $(#[doc = $help] pub const $const: &str = $name;)*
        /// Every metric there is.
        pub const ALL: &[Metric] = &[$(Metric { name: $name, kind: $kind, labels: &[$($label),*], help: $help }),*];
    };
}

metrics_list! {
    QUERIES = "sluice_queries_total", Kind::Counter, ["cache", "outcome"], "Queries finished, by cache status and outcome (ok, refused, failed, cancelled).";
    QUERY_SECONDS = "sluice_query_seconds", SECONDS, ["cache"], "Time from the query's arrival to its last row.";
    STAGE_SECONDS = "sluice_stage_seconds", SECONDS, ["stage"], "Time by stage of the pipeline.";
    ROWS = "sluice_rows_total", Kind::Counter, [], "Rows sent.";
    BYTES_PROCESSED = "sluice_bytes_processed_total", Kind::Counter, [], "Bytes that the warehouse processed.";
    BYTES_BILLED = "sluice_bytes_billed_total", Kind::Counter, [], "Bytes that the warehouse billed.";
    USD = "sluice_usd_spent", Kind::Gauge, [], "Dollars billed (simulated on the local backend).";
    USD_SAVED = "sluice_usd_saved", Kind::Gauge, [], "Dollars that cache hits did not cost.";
    REFUSALS = "sluice_refusals_total", Kind::Counter, ["code"], "Queries refused by guard and policy, by SQLSTATE.";
    CACHE_LOOKUPS = "sluice_cache_lookups_total", Kind::Counter, ["result"], "Cache lookups (hit, miss).";
    REDIS_SECONDS = "sluice_redis_seconds", SECONDS, ["command"], "Time of Redis commands.";
    REDIS_FAILURES = "sluice_redis_failures_total", Kind::Counter, ["reason"], "Redis bypassed (error, timeout, resting, corrupt).";
    FREE_ANSWERS = "sluice_free_answers_total", Kind::Counter, ["source"], "Queries answered without a job and free of charge (catalog, metadata, listing).";
    RESULTS = "sluice_results_total", Kind::Counter, ["path", "reason"], "Results of jobs, by the way they were read (pages, storage) and why.";
    STREAMS_RESUMED = "sluice_storage_streams_resumed_total", Kind::Counter, [], "Streams of the Storage Read API that broke and went on.";
    JOBS_RUNNING = "sluice_jobs_running", Kind::Gauge, [], "Jobs that run now.";
    JOBS_WAITING = "sluice_jobs_waiting", Kind::Gauge, [], "Queries that wait for a free place.";
    CONNECTIONS = "sluice_connections", Kind::Gauge, [], "Client connections open now.";
    CONNECTIONS_TOTAL = "sluice_connections_total", Kind::Counter, [], "Client connections accepted.";
    CANCELS = "sluice_cancel_requests_total", Kind::Counter, ["outcome"], "Cancel requests (here, passed_on to the other replicas, from_elsewhere, dropped).";
    WAREHOUSE_REQUESTS = "sluice_warehouse_requests_total", Kind::Counter, [], "Calls of the warehouse's REST API.";
    WAREHOUSE_CONNECTIONS = "sluice_warehouse_connections_total", Kind::Counter, [], "Connections opened for these calls: far fewer, for they are used again.";
    WAREHOUSE_ERRORS = "sluice_warehouse_errors_total", Kind::Counter, [], "Queries that failed because of the warehouse (SQLSTATE classes 08 and 58).";
}

/// Renders what has been counted.
#[derive(Clone)]
pub struct Handle(metrics_exporter_prometheus::PrometheusHandle);

impl Handle {
    /// Returns the text of `/metrics`.
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Folds histograms from time to time, so that memory stays bounded; ends with the future it is run in.
    pub async fn upkeep(&self) {
        let mut timer = tokio::time::interval(Duration::from_secs(5));
        loop {
            timer.tick().await;
            self.0.run_upkeep();
        }
    }
}

/// Starts counting. Once per process.
///
/// # Errors
/// A sentence when counting has started already.
pub fn start() -> Result<Handle, String> {
    let handle = builder()?.install_recorder().map_err(|error| error.to_string())?;
    describe();
    let _ = HANDLES.set(Handles::new());
    Ok(Handle(handle))
}

fn builder() -> Result<PrometheusBuilder, String> {
    ALL.iter().try_fold(PrometheusBuilder::new(), |builder, metric| match metric.kind {
        Kind::Histogram(buckets) => {
            builder.set_buckets_for_metric(Matcher::Full(metric.name.into()), buckets).map_err(|error| error.to_string())
        }
        Kind::Counter | Kind::Gauge => Ok(builder),
    })
}

/// Gives every metric its help, and those without labels their first zero.
fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => describe_counter!(metric.name, metric.help),
            Kind::Gauge => describe_gauge!(metric.name, metric.help),
            Kind::Histogram(_) => describe_histogram!(metric.name, Unit::Seconds, metric.help),
        }
        match metric.kind {
            Kind::Counter if metric.labels.is_empty() => counter!(metric.name).increment(0),
            Kind::Gauge if metric.labels.is_empty() => gauge!(metric.name).set(0.0),
            _ => {}
        }
    }
}

/// How a query ended.
const OUTCOMES: [&str; 4] = ["ok", "refused", "failed", "cancelled"];

/// The metrics of every query, looked up once: finding them by name and labels costs more than counting.
struct Handles {
    /// By cache status, by outcome.
    queries: [[Counter; 4]; 3],
    seconds: [Histogram; 3],
    rows: Counter,
    bytes_processed: Counter,
    bytes_billed: Counter,
    usd: Gauge,
    usd_saved: Gauge,
    /// Hit, miss.
    lookups: [Counter; 2],
}

static HANDLES: OnceLock<Handles> = OnceLock::new();

impl Handles {
    fn new() -> Handles {
        let statuses = [CacheStatus::Hit, CacheStatus::Miss, CacheStatus::Bypass].map(CacheStatus::as_str);
        Handles {
            queries: statuses.map(|cache| OUTCOMES.map(|outcome| counter!(QUERIES, "cache" => cache, "outcome" => outcome))),
            seconds: statuses.map(|cache| histogram!(QUERY_SECONDS, "cache" => cache)),
            rows: counter!(ROWS),
            bytes_processed: counter!(BYTES_PROCESSED),
            bytes_billed: counter!(BYTES_BILLED),
            usd: gauge!(USD),
            usd_saved: gauge!(USD_SAVED),
            lookups: ["hit", "miss"].map(|result| counter!(CACHE_LOOKUPS, "result" => result)),
        }
    }

    fn query(&self, event: &QueryEvent) {
        let outcome = match event.sqlstate {
            None => 0,
            Some("57014") => 3,
            Some(code) if is_refusal(code) => 1,
            Some(_) => 2,
        };
        let cache = match event.cache {
            CacheStatus::Hit => 0,
            CacheStatus::Miss => 1,
            CacheStatus::Bypass => 2,
        };
        self.queries[cache][outcome].increment(1);
        self.seconds[cache].record(event.total.as_secs_f64());
        for (stage, time) in event.stages {
            histogram!(STAGE_SECONDS, "stage" => *stage).record(time.as_secs_f64());
        }
        self.rows.increment(event.rows);
        self.bytes_processed.increment(event.bytes_processed);
        self.bytes_billed.increment(event.bytes_billed);
        // Counters hold whole numbers, so a gauge that only grows carries the fractions of dollars.
        let money = if event.cache == CacheStatus::Hit { &self.usd_saved } else { &self.usd };
        #[allow(clippy::cast_precision_loss)] // for graphs
        money.increment(event.price_nanos as f64 / 1e9);
        match event.sqlstate {
            Some(code) if is_refusal(code) => counter!(REFUSALS, "code" => code).increment(1),
            Some(code) if code.starts_with("08") || code.starts_with("58") => counter!(WAREHOUSE_ERRORS).increment(1),
            _ => {}
        }
    }

    fn lookup(&self, result: Lookup) {
        self.lookups[usize::from(result == Lookup::Miss)].increment(1);
    }
}

/// Counts with the process's handles; before it has any, with what is current.
fn with_handles(count: impl FnOnce(&Handles)) {
    match HANDLES.get() {
        Some(handles) => count(handles),
        None => count(&Handles::new()),
    }
}

/// Tells how many jobs run and how many queries wait for their turn.
pub fn jobs(running: usize, waiting: usize) {
    #[allow(clippy::cast_precision_loss)] // for graphs
    let [running, waiting] = [running as f64, waiting as f64];
    gauge!(JOBS_RUNNING).set(running);
    gauge!(JOBS_WAITING).set(waiting);
}

/// Counts a query that was answered without a job.
pub fn free_answer(source: FreeSource) {
    counter!(FREE_ANSWERS, "source" => source.as_str()).increment(1);
}

/// Counts the result of a job, by the way it was read.
pub fn result_read(reason: ReadReason) {
    counter!(RESULTS, "path" => reason.path(), "reason" => reason.as_str()).increment(1);
}

/// Counts a stream of the Storage Read API that broke and goes on.
pub fn stream_resumed() {
    counter!(STREAMS_RESUMED).increment(1);
}

/// Counts a call of the warehouse's REST API.
pub fn warehouse_request() {
    counter!(WAREHOUSE_REQUESTS).increment(1);
}

/// Counts a connection that was opened for such calls.
pub fn warehouse_connection() {
    counter!(WAREHOUSE_CONNECTIONS).increment(1);
}

/// Counts a finished query.
pub fn query(event: &QueryEvent) {
    with_handles(|handles| handles.query(event));
}

fn is_refusal(code: &str) -> bool {
    code.starts_with("SL") || matches!(code, "42501" | "25006")
}

/// What a lookup came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// Found.
    Hit,
    /// Not found.
    Miss,
}

/// Counts a cache lookup.
pub fn cache_lookup(result: Lookup) {
    with_handles(|handles| handles.lookup(result));
}

/// The commands sent to Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisCommand {
    /// GET.
    Get,
    /// SET.
    Set,
    /// SCAN and UNLINK.
    Flush,
    /// PING.
    Ping,
}

/// Why Redis was bypassed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisFailure {
    /// It cannot be reached, or said no.
    Error,
    /// It took too long.
    Timeout,
    /// It has just failed and is left alone.
    Resting,
    /// What it held is no entry of ours.
    Corrupt,
}

/// Counts a Redis command and its time.
pub fn redis_time(command: RedisCommand, time: Duration) {
    let command = match command {
        RedisCommand::Get => "get",
        RedisCommand::Set => "set",
        RedisCommand::Flush => "flush",
        RedisCommand::Ping => "ping",
    };
    histogram!(REDIS_SECONDS, "command" => command).record(time.as_secs_f64());
}

/// Counts a bypass of Redis.
pub fn redis_failure(reason: RedisFailure) {
    let reason = match reason {
        RedisFailure::Error => "error",
        RedisFailure::Timeout => "timeout",
        RedisFailure::Resting => "resting",
        RedisFailure::Corrupt => "corrupt",
    };
    counter!(REDIS_FAILURES, "reason" => reason).increment(1);
}

/// What became of a cancel request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// Its session is here.
    Here,
    /// Its session may be on another replica, and the others are told.
    PassedOn,
    /// Another replica told of it, and its session is here.
    FromElsewhere,
    /// Nobody could be told.
    Dropped,
}

/// Counts a cancel request.
pub fn cancel(outcome: Cancel) {
    let outcome = match outcome {
        Cancel::Here => "here",
        Cancel::PassedOn => "passed_on",
        Cancel::FromElsewhere => "from_elsewhere",
        Cancel::Dropped => "dropped",
    };
    counter!(CANCELS, "outcome" => outcome).increment(1);
}

/// Counts a connection until it is dropped.
#[derive(Debug)]
pub struct ConnectionGauge(());

/// Counts an accepted connection.
pub fn connection() -> ConnectionGauge {
    counter!(CONNECTIONS_TOTAL).increment(1);
    gauge!(CONNECTIONS).increment(1.0);
    ConnectionGauge(())
}

impl Drop for ConnectionGauge {
    fn drop(&mut self) {
        gauge!(CONNECTIONS).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: &[(&str, Duration)] = &[("bind", Duration::from_micros(20))];

    fn event(cache: CacheStatus, sqlstate: Option<&'static str>) -> QueryEvent<'static> {
        QueryEvent {
            id: 1,
            fingerprint: "",
            user: "ann",
            stages: STAGES,
            total: Duration::from_millis(3),
            rows: 2,
            bytes_processed: 100,
            bytes_billed: 200,
            price_nanos: 60_000_000,
            cache,
            sqlstate,
        }
    }

    #[test]
    fn queries_show_up_in_the_text() {
        let recorder = builder().expect("buckets").build_recorder();
        let handle = Handle(recorder.handle());
        metrics::with_local_recorder(&recorder, || {
            describe();
            let handles = Handles::new();
            handles.query(&event(CacheStatus::Miss, None));
            handles.query(&event(CacheStatus::Hit, None));
            handles.query(&event(CacheStatus::Bypass, Some("SL001")));
            let open = connection();
            handles.lookup(Lookup::Hit);
            drop(open);
        });
        let text = handle.render();
        for line in [
            "sluice_queries_total{cache=\"miss\",outcome=\"ok\"} 1",
            "sluice_queries_total{cache=\"bypass\",outcome=\"refused\"} 1",
            "sluice_refusals_total{code=\"SL001\"} 1",
            "sluice_query_seconds_bucket{cache=\"hit\",le=\"0.005\"} 1",
            "sluice_cache_lookups_total{result=\"hit\"} 1",
            "sluice_usd_saved 0.06",
            "sluice_connections 0",
            "sluice_connections_total 1",
            "# HELP sluice_rows_total Rows sent.",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} in\n{text}");
        }
    }

    #[test]
    fn names_are_unique_and_of_one_form() {
        for (i, metric) in ALL.iter().enumerate() {
            assert!(metric.name.starts_with("sluice_"));
            assert!(ALL[..i].iter().all(|other| other.name != metric.name));
        }
    }
}
