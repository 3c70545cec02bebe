//! The raw form, checked and turned into each module's own settings.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::logins::wire_settings;
use super::raw::{self, RawConfig};
use super::units::parse_size;
use crate::guard::price::{Bytes, Usd};
use crate::guard::settings as guard;
use crate::query::turn;
use crate::warehouse::{bigquery, embedded};
use crate::{cache, optimize, policy, server, session, telemetry, wire};

/// Turns cache, optimizer and parallelism off at once; the second name is an alias.
const DISABLE: [&str; 2] = ["SLUICE_DISABLE_PERFORMANCE_OPTIMIZATIONS", "LGDA_DISABLE_PERFORMANCE_OPTIMIZATIONS"];

/// The cap per user and day where neither `guard.max_usd_per_user_day` nor `[[budgets]]` say otherwise.
const DEFAULT_USD_PER_USER_DAY: f64 = 20.0;

/// Everything that the server is built from.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listener.
    pub server: server::Settings,
    /// Protocol, TLS, logins.
    pub wire: wire::Settings,
    /// Threads; 0 means one per core.
    pub workers: usize,
    /// Where the rows are.
    pub backend: Backend,
    /// Money.
    pub guard: guard::Settings,
    /// Results.
    pub cache: cache::Settings,
    /// Rewrites.
    pub optimize: optimize::Settings,
    /// Who may read what.
    pub policy: policy::Settings,
    /// Logs.
    pub telemetry: telemetry::Settings,
    /// The web address; `None` turns it off.
    pub web: Option<SocketAddr>,
    /// Rows of one answer at most.
    pub max_rows: Option<u64>,
    /// How often the catalog is read again.
    pub catalog_ttl: Duration,
    /// Sessions.
    pub sessions: session::Settings,
}

/// Where the rows are.
#[derive(Clone, Debug)]
pub enum Backend {
    /// Folders of Parquet and CSV.
    Local(embedded::Settings),
    /// BigQuery, and the engine for system relations.
    BigQuery(Box<bigquery::Settings>, embedded::Settings),
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Sentences about what is wrong.
    pub fn load(path: &Path) -> Result<Config, String> {
        let (raw, _) = super::read(path)?;
        Config::check(&raw)
    }

    /// Checks the raw form.
    ///
    /// # Errors
    /// Sentences about what is wrong; keys whose effect does not exist yet are refused, not ignored.
    pub fn check(raw: &RawConfig) -> Result<Config, String> {
        let fast = !disabled();
        not_available(raw)?;
        Ok(Config {
            server: server_settings(raw)?,
            wire: wire_settings(raw)?,
            workers: raw.server.workers,
            backend: backend(raw, fast && raw.parallel.enabled)?,
            guard: guard_settings(raw)?,
            cache: cache_settings(raw, fast)?,
            optimize: optimize::Settings {
                enabled: fast && raw.optimizer.enabled,
                inject_limit: raw.guard.inject_limit,
                inject_limit_of_role: raw.roles.iter().filter_map(|role| Some((role.name.clone(), role.inject_limit?))).collect(),
            },
            policy: policy::Settings {
                roles: raw
                    .roles
                    .iter()
                    .map(|role| policy::Role { name: role.name.clone(), allow: role.allow.clone(), deny: role.deny.clone() })
                    .collect(),
                masks: raw.masks.len(),
                row_filters: raw.row_filters.len(),
            },
            telemetry: telemetry::Settings {
                log_format: choice(
                    "observe.log_format",
                    &raw.observe.log_format,
                    &[("auto", telemetry::Format::Auto), ("json", telemetry::Format::Json), ("text", telemetry::Format::Pretty)],
                )?,
                log_level: raw.observe.log_level.clone(),
            },
            web: web_address(raw)?,
            max_rows: (raw.guard.max_rows > 0).then_some(raw.guard.max_rows),
            catalog_ttl: raw.catalog.ttl.0,
            sessions: sessions(raw)?,
        })
    }
}

fn sessions(raw: &RawConfig) -> Result<session::Settings, String> {
    let overlap = raw.server.max_overlap;
    if !(1..=turn::MOST).contains(&overlap) {
        return Err(format!("server.max_overlap = {overlap}: it is 1 (one by one) to {}", turn::MOST));
    }
    let statement_timeout = (!raw.guard.statement_timeout.0.is_zero()).then_some(raw.guard.statement_timeout.0);
    Ok(session::Settings { statement_timeout, overlap, server: shown(raw), ..session::Settings::default() })
}

/// What PostgreSQL's own settings say of this server, where it has what they tell of. The answers that are kept are its shared buffers.
fn shown(raw: &RawConfig) -> Vec<(&'static str, String)> {
    let host = raw.server.listen.rsplit_once(':').map_or(raw.server.listen.as_str(), |(host, _)| host);
    let encrypted = raw.tls.mode != "off" && !raw.tls.cert.is_empty();
    // At least 128 kB, as in PostgreSQL.
    let buffers = if raw.cache.enabled { (raw.cache.max_bytes.0 >> 13).max(16) } else { 16 };
    vec![
        ("listen_addresses", host.trim_matches(['[', ']']).to_owned()),
        ("max_connections", raw.server.max_connections.clamp(1, 262_143).to_string()),
        ("ssl", if encrypted { "on" } else { "off" }.to_owned()),
        ("shared_buffers", buffers.min(1_073_741_823).to_string()),
    ]
}

/// Refuses what would be accepted and then ignored.
fn not_available(raw: &RawConfig) -> Result<(), String> {
    let only = [
        ("guard.writes", raw.guard.writes.as_str(), "deny"),
        ("guard.ddl", &raw.guard.ddl, "deny"),
        ("guard.on_estimate_error", &raw.guard.on_estimate_error, "deny"),
        ("cache.match", &raw.cache.match_by, "canonical"),
        ("cache.redis.on_error", &raw.cache.redis.on_error, "bypass"),
        ("pricing.currency", &raw.pricing.currency, "USD"),
    ];
    for (key, value, available) in only {
        if value != available {
            return Err(format!("{key} = \"{value}\" is not available; only \"{available}\" is"));
        }
    }
    let off = [
        ("cache.stale_while_revalidate", !raw.cache.stale_while_revalidate.0.is_zero()),
        ("cache.cache_nondeterministic", raw.cache.cache_nondeterministic),
        ("guard.approval.wait", !raw.guard.approval.wait.0.is_zero()),
        ("server.unix_socket", !raw.server.unix_socket.is_empty()),
        ("server.application_name_required", raw.server.application_name_required),
        ("optimizer.translate = false", !raw.optimizer.translate),
        ("observe.otlp_endpoint", !raw.observe.otlp_endpoint.is_empty()),
        ("observe.history_path", !raw.observe.history_path.is_empty()),
        ("semantic.mode", !matches!(raw.semantic.mode.as_str(), "off" | "suggest")),
        ("llm_cache.enabled", raw.llm_cache.enabled),
        ("backend.bigquery.reservation", !raw.backend.bigquery.reservation.is_empty()),
        ("catalog.hide", !raw.catalog.hide.is_empty()),
    ];
    match off.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(format!("{key} is not available in this version; leave it at its default")),
        None => Ok(()),
    }
}

fn address(key: &str, text: &str) -> Result<SocketAddr, String> {
    use std::net::ToSocketAddrs;
    let mut addresses = text.to_socket_addrs().map_err(|error| format!("{key} = \"{text}\" is no address: {error}"))?;
    addresses.next().ok_or_else(|| format!("{key} = \"{text}\" is no address"))
}

fn web_address(raw: &RawConfig) -> Result<Option<SocketAddr>, String> {
    if raw.web.listen.is_empty() {
        return Ok(None);
    }
    let address = address("web.listen", &raw.web.listen)?;
    match raw.web.auth.as_str() {
        "none" => Ok(Some(address)),
        "admin" if address.ip().is_loopback() => Ok(Some(address)),
        "admin" => Err(format!("web.listen = \"{address}\" is not loopback; set web.auth = \"none\" and keep a proxy in front of it")),
        other => Err(format!("web.auth = \"{other}\" is not known; choose \"admin\" or \"none\"")),
    }
}

/// Finds a value among those that there are.
///
/// # Errors
/// A sentence with the names of all.
pub(super) fn choice<T: Copy>(key: &str, value: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice);
    let names = || choices.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| format!("{key} = \"{value}\" is not known; choose one of {}", names()))
}

fn dollars(key: &str, amount: f64) -> Result<Option<Usd>, String> {
    if !amount.is_finite() || amount < 0.0 {
        return Err(format!("{key} = {amount} is no amount of money"));
    }
    Ok((amount > 0.0).then(|| Usd::from_dollars(amount)))
}

fn server_settings(raw: &RawConfig) -> Result<server::Settings, String> {
    Ok(server::Settings {
        listen: raw.server.listen.clone(),
        max_connections: raw.server.max_connections,
        shutdown_timeout: raw.server.shutdown_timeout.0,
        allow_insecure: raw.server.allow_insecure,
    })
}

fn backend(raw: &RawConfig, parallel: bool) -> Result<Backend, String> {
    let local = &raw.backend.local;
    let engine = embedded::Settings {
        paths: local.paths.iter().map(Into::into).collect(),
        memory_limit: local.memory_limit.0,
        query_memory_limit: local.query_memory_limit.0,
        partitions: usize::from(!parallel),
        ..embedded::Settings::default()
    };
    match raw.backend.kind.as_str() {
        "local" if local.paths.is_empty() => Err("backend.local.paths is empty: name the folders to serve, or try `sluice demo`".into()),
        "local" => Ok(Backend::Local(engine)),
        "bigquery" => Ok(Backend::BigQuery(Box::new(bigquery_settings(raw)?), engine)),
        other => Err(format!("backend.kind = \"{other}\" is not known; choose \"local\" or \"bigquery\"")),
    }
}

/// Roles with an identity of their own. What one identity may read, another may not: they do not share answers.
fn identities(raw: &RawConfig) -> Result<BTreeMap<String, String>, String> {
    let own = raw.roles.iter().filter_map(|role| Some((role.name.clone(), role.impersonate_service_account.clone()?)));
    let own: BTreeMap<String, String> = own.collect();
    if !own.is_empty() && raw.cache.scope == "global" {
        return Err("cache.scope = \"global\" would share answers between roles that run as different service accounts; use \"role\" or \"identity\"".into());
    }
    Ok(own)
}

fn weights(raw: &RawConfig) -> Result<BTreeMap<String, u32>, String> {
    let mut weights = BTreeMap::new();
    for role in &raw.roles {
        match role.queue_weight {
            Some(0) => return Err(format!("[[roles]] \"{}\": queue_weight is 0, and queries of the role would never run", role.name)),
            Some(weight) => drop(weights.insert(role.name.clone(), weight)),
            None => {}
        }
    }
    Ok(weights)
}

/// Tells whether the environment turns every short cut off.
fn disabled() -> bool {
    DISABLE.iter().any(|name| std::env::var(name).is_ok_and(|value| matches!(value.as_str(), "true" | "1" | "yes" | "on")))
}

fn bigquery_settings(raw: &RawConfig) -> Result<bigquery::Settings, String> {
    let given = &raw.backend.bigquery;
    let from_environment =
        |value: &str, name: &str| if value.is_empty() { std::env::var(name).unwrap_or_default() } else { value.to_owned() };
    let project = from_environment(&given.project, "GOOGLE_CLOUD_PROJECT");
    if project.is_empty() {
        return Err("backend.bigquery.project is empty, and GOOGLE_CLOUD_PROJECT is not set".into());
    }
    choice("backend.bigquery.priority", &given.priority, &[("interactive", ()), ("batch", ())])?;
    let by_storage = choice("backend.bigquery.result_path", &given.result_path, &[("auto", true), ("rest", false)])?;
    let compression = choice(
        "backend.bigquery.storage_compression",
        &given.storage_compression,
        &[("lz4", bigquery::Compression::Lz4), ("zstd", bigquery::Compression::Zstd), ("none", bigquery::Compression::None)],
    )?;
    let mut labels = bigquery::Settings::default().labels;
    labels.extend(raw.observe.labels.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut label_from = bigquery::LabelFrom { user: false, application_name: false, sqlcommenter: false };
    for source in &raw.observe.label_from {
        match source.as_str() {
            "user" => label_from.user = true,
            "application_name" => label_from.application_name = true,
            "sqlcommenter" => label_from.sqlcommenter = true,
            other => {
                let known = "\"user\", \"application_name\", \"sqlcommenter\"";
                return Err(format!("observe.label_from = \"{other}\" is not known; choose among {known}"));
            }
        }
    }
    Ok(bigquery::Settings {
        project,
        billing_project: given.billing_project.clone(),
        location: given.location.clone(),
        credentials: given.credentials.clone(),
        api_endpoint: from_environment(&given.api_endpoint, "BIGQUERY_EMULATOR_HOST"),
        impersonate_service_account: given.impersonate_service_account.clone(),
        impersonate_roles: identities(raw)?,
        iam_endpoint: given.iam_endpoint.clone(),
        default_dataset: given.default_dataset.clone(),
        allowed_datasets: given.allowed_datasets.clone(),
        other_projects: given.other_projects.clone(),
        priority: given.priority.clone(),
        max_concurrent_jobs: given.max_concurrent_jobs,
        queue_timeout: given.queue_timeout.0,
        max_queued_jobs: given.max_queued_jobs,
        queue_weights: weights(raw)?,
        job_timeout: given.job_timeout.0,
        page_bytes: given.page_bytes.0,
        storage_endpoint: given.storage_endpoint.clone(),
        storage_from: by_storage.then_some(given.storage_from.0),
        storage_streams: given.storage_streams,
        storage_compression: compression,
        use_native_cache: given.use_native_cache,
        free_preview: given.free_preview && !disabled(),
        free_metadata: given.free_metadata && !disabled(),
        label_from,
        labels,
        retry_pause: given.retry_pause.0,
        request_timeout: match given.request_timeout.0 {
            Duration::ZERO => return Err("backend.bigquery.request_timeout = \"0s\" leaves no time for an answer".into()),
            timeout => timeout,
        },
        breaker_failures: given.breaker_failures,
        quota_pause: given.quota_pause.0,
    })
}

fn guard_settings(raw: &RawConfig) -> Result<guard::Settings, String> {
    let local = raw.backend.kind == "local";
    let (pricing, limits) = (&raw.pricing, &raw.guard);
    let scale = if local { raw.backend.local.price_scale } else { 1.0 };
    let model = choice(
        "pricing.model",
        &pricing.model,
        &[("on_demand", guard::Model::OnDemand), ("slots", guard::Model::Slots), ("none", guard::Model::None)],
    )?;
    let model = if local && !raw.backend.local.simulate_prices { guard::Model::None } else { model };
    let bytes = if limits.max_bytes_per_query.is_empty() {
        None
    } else {
        Some(parse_size(&limits.max_bytes_per_query).map_err(|error| format!("guard.max_bytes_per_query: {error}"))?)
    };
    let mut roles = BTreeMap::new();
    for role in &raw.roles {
        let max_usd_per_query = role.max_usd_per_query.map(|amount| dollars("[[roles]] max_usd_per_query", amount)).transpose()?.flatten();
        roles.insert(role.name.clone(), guard::RoleLimits { max_usd_per_query, max_bytes_per_query: None });
    }
    Ok(guard::Settings {
        mode: choice(
            "guard.mode",
            &limits.mode,
            &[("off", guard::Mode::Off), ("observe", guard::Mode::Observe), ("enforce", guard::Mode::Enforce)],
        )?,
        max_usd_per_query: dollars("guard.max_usd_per_query", limits.max_usd_per_query)?,
        max_bytes_per_query: bytes.map(Bytes),
        max_usd_per_day: match limits.max_usd_per_user_day {
            Some(amount) => dollars("guard.max_usd_per_user_day", amount)?,
            // Whoever writes budgets means those, and no other limit beside them.
            None => raw.budgets.is_empty().then(|| Usd::from_dollars(DEFAULT_USD_PER_USER_DAY)),
        },
        require_partition_filter: limits.require_partition_filter,
        on_estimate_error: guard::OnEstimateError::Deny,
        clustered_estimate: choice(
            "guard.clustered_estimate",
            &limits.clustered_estimate,
            &[("cap", guard::ClusteredEstimate::Cap), ("deny", guard::ClusteredEstimate::Deny)],
        )?,
        approval: guard::ApprovalSettings {
            from_usd: dollars("guard.approval.from_usd", limits.approval.from_usd)?,
            ttl: limits.approval.ttl.0,
            approvers: limits.approval.approvers.clone(),
        },
        pricing: guard::Pricing {
            model,
            usd_per_tib: Usd::from_dollars(pricing.usd_per_tib * scale),
            storage_read_usd_per_tib: Usd::from_dollars(pricing.storage_read_usd_per_tib * scale),
            min_bytes_per_table: Bytes(pricing.min_bytes_per_table.0),
            currency: pricing.currency.clone(),
            simulated: local,
        },
        budgets: budgets(raw)?,
        roles,
    })
}

fn budgets(raw: &RawConfig) -> Result<Vec<guard::Budget>, String> {
    let mut budgets: Vec<guard::Budget> = Vec::with_capacity(raw.budgets.len());
    for given in &raw.budgets {
        if budgets.iter().any(|known| known.name == given.name) {
            return Err(format!("[[budgets]] \"{}\" is there twice", given.name));
        }
        budgets.push(budget(given)?);
    }
    Ok(budgets)
}

fn budget(raw: &raw::Budget) -> Result<guard::Budget, String> {
    let wrong = |what: &str| format!("[[budgets]] \"{}\": {what}", raw.name);
    if let Some(key) = raw.match_by.keys().find(|key| *key != "user") {
        return Err(wrong(&format!("match = {{ {key} = ... }} is not available; only user is")));
    }
    let on_exceed = choice(
        "[[budgets]] on_exceed",
        raw.on_exceed.as_deref().unwrap_or("deny"),
        &[("deny", guard::OnExceed::Deny), ("cache_only", guard::OnExceed::CacheOnly), ("notice", guard::OnExceed::Notice)],
    )?;
    Ok(guard::Budget {
        name: raw.name.clone(),
        user: raw.match_by.get("user").cloned().unwrap_or_else(|| "*".into()),
        shared: false,
        max: Usd::from_dollars(raw.max_budget),
        soft: raw.soft_budget.map(Usd::from_dollars),
        period: raw.budget_duration.map_or(guard::Period::DAY, |span| guard::Period::Every(span.0)),
        on_exceed,
    })
}

fn cache_settings(raw: &RawConfig, fast: bool) -> Result<cache::Settings, String> {
    let cache = &raw.cache;
    let store = choice("cache.store", &cache.store, &[("memory", cache::Store::Memory), ("redis", cache::Store::Redis)])?;
    if store == cache::Store::Redis && cache.redis.url.is_empty() {
        return Err("cache.store = \"redis\" needs cache.redis.url, as in redis://127.0.0.1:6379/0".into());
    }
    Ok(cache::Settings {
        enabled: fast && cache.enabled,
        store,
        max_bytes: cache.max_bytes.0,
        max_entry_bytes: cache.max_entry_bytes.0,
        ttl: cache.ttl.0,
        scope: choice(
            "cache.scope",
            &cache.scope,
            &[("identity", cache::key::Scope::Identity), ("role", cache::key::Scope::Role), ("global", cache::key::Scope::Global)],
        )?,
        check_table_version: cache.check_table_version,
        single_flight: cache.single_flight,
        redis: cache::redis::Settings { url: cache.redis.url.clone(), prefix: cache.redis.prefix.clone(), timeout: cache.redis.timeout.0 },
        pii: raw.pii.iter().flat_map(|pii| pii.columns.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_overlap_within_bounds() {
        let asked = |overlap| {
            let mut raw: RawConfig = crate::config::layered("").extract().expect("the defaults");
            raw.server.max_overlap = overlap;
            sessions(&raw).map(|settings| settings.overlap)
        };
        assert_eq!((asked(1), asked(turn::MOST)), (Ok(1), Ok(turn::MOST)));
        for beyond in [0, turn::MOST + 1] {
            assert!(asked(beyond).expect_err("refused").contains("server.max_overlap"), "{beyond}");
        }
    }
}
