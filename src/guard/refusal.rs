//! Refusals that say how to mend the query: what it would read, and what would be cheaper. True figures only.

use super::price::{Bytes, Usd};
use super::quote::Quote;
use super::settings::Pricing;
use super::{Estimate, Scan};
use crate::catalog::model::Table;
use crate::error::{Report, SqlState};
use crate::sql::emit::Job;

/// Which limit a query is over.
pub enum Limit {
    /// So much money per query.
    Usd(Usd),
    /// So many bytes per query.
    Bytes(Bytes),
}

/// SL001: over a limit per query.
pub fn over_limit(pricing: &Pricing, job: &Job, estimate: &Estimate, quote: &Quote, limit: &Limit) -> Report {
    let message = match limit {
        Limit::Usd(limit) => format!("SL001: query would cost {quote}, over the limit of {} per query", pricing.amount(*limit)),
        Limit::Bytes(limit) => format!("SL001: query would bill {}, over the limit of {limit} per query", quote.billed),
    };
    let cap = match limit {
        Limit::Usd(limit) => pricing.bytes_for(*limit),
        Limit::Bytes(limit) => Some(*limit),
    };
    let report = Report::new(SqlState::OVER_COST_LIMIT, message).hint(advice(pricing, job, estimate, cap));
    match what_is_read(estimate) {
        Some(detail) => report.detail(detail),
        None => report,
    }
}

/// Returns `It would read 3.1 GiB from shop.events: all 214 partitions, all 11 columns.`
pub fn what_is_read(estimate: &Estimate) -> Option<String> {
    if estimate.scans.is_empty() {
        return None;
    }
    let known = estimate.scans.iter().any(|scan| scan.bytes.0 > 0);
    let mut scans: Vec<&Scan> = estimate.scans.iter().collect();
    scans.sort_by_key(|scan| std::cmp::Reverse(scan.bytes));
    let parts: Vec<String> = scans
        .iter()
        .map(|scan| {
            let what = extent(scan);
            let name = if known { format!("{} from {}", scan.bytes, scan.table) } else { scan.table.to_string() };
            if what.is_empty() { name } else { format!("{name}: {what}") }
        })
        .collect();
    if known {
        return Some(format!("It would read {}.", parts.join("; ")));
    }
    Some(format!("It would read {} from {}.", estimate.bytes, parts.join("; ")))
}

fn extent(scan: &Scan) -> String {
    let mut parts = Vec::new();
    if let Some((read, total)) = scan.partitions {
        parts.push(share(read, total, "partition"));
    }
    let columns = u64::try_from(scan.columns.len()).unwrap_or(u64::MAX);
    let total = u64::try_from(scan.columns_total).unwrap_or(u64::MAX);
    if columns > 0 && total > 0 {
        parts.push(share(columns, total, "column"));
    }
    parts.join(", ")
}

fn share(read: u64, total: u64, noun: &str) -> String {
    let plural = if total == 1 { "" } else { "s" };
    match (read, total) {
        (1, 1) => format!("its only {noun}"),
        (read, total) if read == total => format!("all {total} {noun}s"),
        (read, total) => format!("{read} of {total} {noun}{plural}"),
    }
}

/// Says what would be cheaper.
fn advice(pricing: &Pricing, job: &Job, estimate: &Estimate, cap: Option<Bytes>) -> String {
    let mut ways: Vec<String> = Vec::new();
    let mut after = String::new();
    if let Some(scan) = estimate.scans.iter().max_by_key(|scan| scan.bytes) {
        let table = job.tables.iter().find(|table| table.name == scan.table);
        let partitioning = table.and_then(|table| table.partitioning.as_ref());
        if let Some(partitioning) = partitioning
            && scan.partitions.is_none_or(|(read, total)| read > 1 && read == total)
        {
            ways.push(format!("add a filter on \"{}\"", partitioning.column));
        }
        if let Some(table) = table
            && let Some((columns, bytes)) = narrow_columns(pricing, estimate, scan, table, cap)
        {
            let price = pricing.amount(pricing.price_of(pricing.billed(&replaced(estimate, scan, bytes))));
            ways.push(format!("name columns: {} would read {bytes} ({price})", columns.join(", ")));
        } else if let Some((column, rest)) = heaviest_column(scan) {
            let price = pricing.amount(pricing.price_of(pricing.billed(&replaced(estimate, scan, rest))));
            after = format!(" Without column \"{column}\" it would read {rest} of that table ({price}).");
        }
    }
    let mut hint = ways.join(", or ");
    if let Some(first) = hint.get(..1) {
        let upper = first.to_uppercase();
        hint.replace_range(..1, &upper);
        hint.push('.');
    }
    hint.push_str(&after);
    format!("{hint} EXPLAIN is free.").trim_start().to_owned()
}

/// For a query that reads every column: a few that would do for a look, and what they come to; only when that is below the cap.
fn narrow_columns(pricing: &Pricing, estimate: &Estimate, scan: &Scan, table: &Table, cap: Option<Bytes>) -> Option<(Vec<String>, Bytes)> {
    if scan.columns_total < 4 || scan.columns.len() < scan.columns_total {
        return None;
    }
    let size = |name: &str| scan.column_bytes.iter().find(|(column, _)| column == name).map(|(_, bytes)| *bytes);
    let first = table.columns.first().map(|column| column.name.as_str());
    let partition = table.partitioning.as_ref().map(|partitioning| partitioning.column.as_str());
    // The key, the partition column, and the cheapest others up to three.
    let mut chosen: Vec<&str> = Vec::new();
    for name in [first, partition].into_iter().flatten() {
        if size(name).is_some() && !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    let mut others: Vec<(&str, Bytes)> = scan.column_bytes.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    others.sort_by_key(|(_, bytes)| *bytes);
    for (name, _) in others {
        if chosen.len() < 3 && !chosen.contains(&name) {
            chosen.push(name);
        }
    }
    let bytes = chosen.iter().filter_map(|name| size(name)).fold(Bytes(0), Bytes::plus);
    let billed = pricing.billed(&replaced(estimate, scan, bytes));
    if chosen.is_empty() || bytes >= scan.bytes || cap.is_some_and(|cap| billed > cap) {
        return None;
    }
    let mut columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).filter(|name| chosen.contains(name)).collect();
    columns.dedup();
    Some((columns.into_iter().map(str::to_owned).collect(), bytes))
}

/// The column that makes at least half of what is read, and what remains without it.
fn heaviest_column(scan: &Scan) -> Option<(&str, Bytes)> {
    let (name, bytes) = scan.column_bytes.iter().filter(|(name, _)| scan.columns.contains(name)).max_by_key(|(_, bytes)| *bytes)?;
    let rest = Bytes(scan.bytes.0.checked_sub(bytes.0)?);
    (scan.columns.len() > 1 && bytes.0 >= scan.bytes.0 / 2).then_some((name, rest))
}

fn replaced(estimate: &Estimate, scan: &Scan, bytes: Bytes) -> Estimate {
    let mut cheaper = estimate.clone();
    cheaper.bytes = Bytes(estimate.bytes.0.saturating_sub(scan.bytes.0)).plus(bytes);
    for one in cheaper.scans.iter_mut().filter(|one| one.table == scan.table) {
        one.bytes = bytes;
    }
    cheaper
}
