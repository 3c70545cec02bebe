//! Verbs that speak to a running server: `status`, `approve`, `reload`.

use super::Failure;
use super::client::{Client, ServerArguments, Table};

/// `sluice status`: how the server stands; fails when a part of it does not work.
pub fn status(arguments: &ServerArguments) -> Result<(), Failure> {
    let mut client = Client::connect(arguments)?;
    let version = client.query("SELECT version FROM sluice.version")?;
    println!("sluice {}", first(&version));
    let health = client.query("SELECT component, CASE WHEN ok THEN 'ok' ELSE 'failed' END AS state, detail FROM sluice.health")?;
    let parts = [
        client.query("SELECT count(*) AS sessions, count(*) FILTER (WHERE state = 'active') AS active FROM sluice.sessions")?,
        client.query("SELECT enabled, store, entries, bytes, hits, misses FROM sluice.cache")?,
        client.query("SELECT name, \"user\", max_usd, spent_usd, reserved_usd, left_usd FROM sluice.budgets ORDER BY name, \"user\"")?,
        client.query("SELECT id, \"user\", usd, approved FROM sluice.approvals ORDER BY id")?,
    ];
    for (title, table) in std::iter::once(("health", &health)).chain(["sessions", "cache", "budgets", "approvals"].into_iter().zip(&parts))
    {
        if !table.rows.is_empty() {
            println!("\n{title}\n{}", indented(table));
        }
    }
    let failed: Vec<String> =
        health.rows.iter().filter(|row| row.get(1).is_some_and(|state| state.as_deref() == Some("failed"))).map(|row| name(row)).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::failed(format!("not working: {}", failed.join(", ")))) }
}

/// `sluice approve`: lets a query of SL003 run once.
pub fn approve(arguments: &ServerArguments, id: &str) -> Result<(), Failure> {
    said(arguments, &format!("SELECT sluice.approve('{}')", id.replace('\'', "''")))
}

/// `sluice reload`: puts the server's configuration file in force.
pub fn reload(arguments: &ServerArguments) -> Result<(), Failure> {
    said(arguments, "SELECT sluice.reload()")
}

fn said(arguments: &ServerArguments, sql: &str) -> Result<(), Failure> {
    println!("{}", first(&Client::connect(arguments)?.query(sql)?));
    Ok(())
}

fn first(table: &Table) -> String {
    table.rows.first().map(|row| name(row)).unwrap_or_default()
}

fn name(row: &[Option<String>]) -> String {
    row.first().cloned().flatten().unwrap_or_default()
}

fn indented(table: &Table) -> String {
    table.aligned().lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}
