//! `sluice demo`: generated data on the embedded engine, with simulated prices; no config, no password, no cloud.

use figment::Figment;
use figment::providers::Serialized;

use crate::catalog::Catalog;
use crate::config::{self, Config, raw::RawConfig};
use crate::guard::price::Usd;
use crate::guard::settings::{self, Mode};
use crate::warehouse::embedded::demo as data;

use super::reload::Source;
use super::{DemoArguments, Failure, serve};

/// Local bytes are priced as BigQuery's times this, so that a small data set has prices worth guarding.
const PRICE_SCALE: f64 = 1000.0;

/// Makes the data set if it is not there, and serves it.
pub fn demo(arguments: &DemoArguments) -> Result<(), Failure> {
    if !(arguments.scale.is_finite() && arguments.scale > 0.0 && arguments.scale <= 10.0) {
        return Err(Failure::config("--scale must be above 0 and at most 10"));
    }
    let dir = match &arguments.data_dir {
        Some(dir) => dir.clone(),
        None => data::default_dir().map_err(|report| Failure::failed(report.message))?,
    };
    let mut progress = data::stderr_progress();
    let made = data::ensure(&dir, arguments.scale, &mut progress).map_err(|report| {
        let hint = report.hint.map(|hint| format!("\n  {hint}")).unwrap_or_default();
        Failure::failed(format!("{}{hint}", report.message))
    })?;
    if arguments.generate_only {
        println!("{}", made.path.display());
        return Ok(());
    }
    let mut raw = config::read_environment().map_err(Failure::config)?;
    fill(&mut raw, arguments, &made);
    let mut config = Config::check(&raw).map_err(Failure::config)?;
    if let config::Backend::Local(engine) = &mut config.backend {
        engine.database = "shop".into();
    }
    // Whoever plays with the demo may try approvals too.
    if let Some(guest) = &mut config.wire.guest {
        guest.admin = true;
    }
    let opening = opening(&raw, &config, &made);
    let figment = Figment::from(Serialized::defaults(&raw));
    serve::serve(config, Source::new(None, &raw, &figment), Some(&move |_: &Catalog| print!("{opening}")))
}

/// What the demo sets beside the environment.
fn fill(raw: &mut RawConfig, arguments: &DemoArguments, made: &data::Demo) {
    raw.server.listen.clone_from(&arguments.listen);
    raw.server.allow_insecure = arguments.allow_insecure;
    raw.web.listen.clone_from(&arguments.web_listen);
    if arguments.allow_insecure {
        raw.web.auth = "none".into();
    }
    raw.auth.method = "trust".into();
    raw.backend.kind = "local".into();
    raw.backend.local.paths = vec![made.path.display().to_string()];
    if raw.backend.local.price_scale == 1.0 {
        raw.backend.local.price_scale = PRICE_SCALE;
    }
    // The refusals that the demo shows are about money, and its answers stream whole.
    raw.guard.require_partition_filter = false;
    raw.guard.inject_limit = 0;
    if std::env::var_os("SLUICE_OBSERVE__LOG_LEVEL").is_none() {
        raw.observe.log_level = "warn".into();
    }
}

/// Returns the block that a newcomer reads first; every figure in it is in force.
fn opening(raw: &RawConfig, config: &Config, made: &data::Demo) -> String {
    let generated = if made.generated { " (generated)" } else { "" };
    let shown = ["orders", "customers", "events"];
    let tables: Vec<String> = shown
        .iter()
        .filter_map(|name| made.tables.iter().find(|table| table.name == *name))
        .map(|table| format!("shop.{} {}{}", table.name, count(table.rows), if table.name == "orders" { " rows" } else { "" }))
        .collect();
    let (guard, cache) = (&config.guard, &config.cache);
    let cache_line = match (cache.enabled, cache.store) {
        (false, _) => "off".to_owned(),
        (true, crate::cache::Store::Memory) => format!("in process, {} MiB, {} min", cache.max_bytes >> 20, cache.ttl.as_secs() / 60),
        (true, crate::cache::Store::Redis) => format!("Redis, {} min", cache.ttl.as_secs() / 60),
    };
    let web = config.web.map_or_else(|| "off".to_owned(), |web| format!("http://{web}   metrics http://{web}/metrics"));
    format!(
        "sluice {}  Postgres in front of BigQuery\n\
         \x20 backend    local (DataFusion), demo data: {}{generated}\n\
         \x20 prices     SIMULATED: local bytes are priced as BigQuery on-demand, USD {} per TiB, x {} (backend.local.price_scale)\n\
         \x20 guard      {}, writes refused\n\
         \x20 cache      {cache_line}\n\
         \x20 listening  postgres {}   web {web}\n\
         \x20 try        psql \"postgres://demo@{}/shop\"\n",
        env!("CARGO_PKG_VERSION"),
        tables.join(", "),
        raw.pricing.usd_per_tib,
        raw.backend.local.price_scale,
        limits(guard),
        config.server.listen,
        config.server.listen,
    )
}

/// What the guard holds queries to.
fn limits(guard: &settings::Settings) -> String {
    let limit = |usd: Option<Usd>, before: &str, after: &str| usd.map(|usd| format!("{before}{usd}{after}"));
    let limits: Vec<String> = [
        limit(guard.approval.from_usd, "approval above ", ""),
        limit(guard.max_usd_per_query, "never above ", " a query"),
        limit(guard.max_usd_per_day, "", " a user and day"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let limits = if limits.is_empty() { "no limits".to_owned() } else { limits.join(", ") };
    match guard.mode {
        Mode::Enforce => limits,
        Mode::Observe => format!("only warns (guard.mode): {limits}"),
        Mode::Off => "off (guard.mode): counts, limits nothing".to_owned(),
    }
}

/// `2.0M`, `50k`, `731`.
fn count(rows: u64) -> String {
    match rows {
        0..1_000 => rows.to_string(),
        1_000..1_000_000 => format!("{}k", (rows + 500) / 1_000),
        _ => format!("{}.{}M", (rows + 50_000) / 1_000_000, (rows + 50_000) % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_read_at_a_glance() {
        assert_eq!([731, 50_000, 2_000_000, 5_040_000].map(count), ["731", "50k", "2.0M", "5.0M"]);
    }
}
