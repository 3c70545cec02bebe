//! The rows of the schema `sluice`: what guard, cache, history and sessions say, cut to what the asking user may see.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{Parts, Pipeline};
use crate::cache::Store;
use crate::catalog::model::Table;
use crate::catalog::pg_catalog::cells::{Cell, Row};
use crate::error::SqlState;
use crate::guard::budgets::{BudgetState, DAY};
use crate::guard::price::Usd;
use crate::guard::settings::{OnExceed, Period};
use crate::query::live::{Activity, SessionInfo};
use crate::query::{Principal, QueryContext};
use crate::warehouse::Traffic;

/// How long the warehouse may take to say that it is there.
const HEALTH_WAIT: Duration = Duration::from_secs(3);

impl Pipeline {
    /// Makes the rows of those relations of the schema `sluice` that a query reads.
    pub(super) async fn facts(&self, cx: &QueryContext, tables: &[Arc<Table>]) -> BTreeMap<String, Vec<Row>> {
        let mut facts = BTreeMap::new();
        for table in tables.iter().filter(|table| table.name.schema == "sluice") {
            let rows = self.rows_of(&table.name.table, cx).await;
            facts.insert(table.name.table.clone(), rows);
        }
        facts
    }

    async fn rows_of(&self, view: &str, cx: &QueryContext) -> Vec<Row> {
        let Parts { guard, history, host, .. } = &self.parts;
        let sessions = || self.settings.sessions.list().into_iter();
        let me = &cx.principal;
        let mine = |user: &str| me.admin || user == me.user;
        match view {
            "approvals" => {
                let all = guard.approvals().into_iter().filter(|(_, user, ..)| guard.may_approve(me) || *user == me.user);
                all.map(|(id, user, price, approved)| {
                    vec![("id", text(id)), ("user", text(user)), ("usd", usd(price)), ("approved", Cell::Bool(approved))]
                })
                .collect()
            }
            "budgets" => guard.budgets(me).into_iter().map(budget).collect(),
            "spend" => guard.budgets(me).into_iter().filter(|state| state.name == DAY).filter_map(spend).collect(),
            "cache" => self.cache_row().await,
            "config" if me.admin => {
                let row = |fact: super::host::ConfigFacts| {
                    vec![("key", text(fact.key)), ("value", text(fact.value)), ("origin", text(fact.origin))]
                };
                host.config().into_iter().map(row).collect()
            }
            "health" => self.health(me).await,
            "queries" => history.list().into_iter().filter(|facts| mine(&facts.user)).map(query).collect(),
            "running" => sessions().filter(|session| session.activity == Activity::Active && mine(&session.user)).map(running).collect(),
            "sessions" => sessions().filter(|session| mine(&session.user)).map(session).collect(),
            _ => Vec::new(),
        }
    }

    async fn cache_row(&self) -> Vec<Row> {
        let cache = &self.parts.cache;
        let (settings, state) = (cache.settings(), cache.state().await);
        let memory = settings.store == Store::Memory;
        let mut row: Row = vec![
            ("enabled", Cell::Bool(settings.enabled)),
            ("store", text(if memory { "memory" } else { "redis" })),
            ("hits", number(state.hits)),
            ("misses", number(state.misses)),
            ("ttl_seconds", number(settings.ttl.as_secs())),
        ];
        row.extend(state.size.map(|(entries, _)| ("entries", number(entries))));
        row.extend(state.size.map(|(_, bytes)| ("bytes", number(bytes))));
        row.extend(memory.then(|| ("max_bytes", number(settings.max_bytes))));
        vec![row]
    }

    async fn health(&self, me: &Principal) -> Vec<Row> {
        let snapshot = self.parts.catalog.snapshot();
        let readable = |table: &&Arc<Table>| !table.is_system() && self.parts.policy.may_read(me, table);
        let known = snapshot.tables().filter(|table| !table.is_system()).count();
        let (warehouse, said) = match snapshot.tables().find(readable) {
            None => (true, "not asked: no table to ask for".to_owned()),
            Some(table) => match tokio::time::timeout(HEALTH_WAIT, self.parts.warehouse.version(table)).await {
                Err(_) => (false, format!("no answer within {} s", HEALTH_WAIT.as_secs())),
                // It answers: that the table is gone is another matter.
                Ok(Err(report)) if report.sqlstate == SqlState::UNDEFINED_TABLE => (true, "answers".to_owned()),
                Ok(Err(report)) => (false, report.message),
                Ok(Ok(_)) => (true, "answers".to_owned()),
            },
        };
        let cache = self.parts.cache.state().await;
        let cache_said = match (self.parts.cache.enabled(), cache.healthy) {
            (false, _) => "switched off",
            (true, true) => "answers",
            (true, false) => "not reachable: every query runs",
        };
        let row = |component: &str, ok: bool, detail: String| {
            vec![("component", text(component)), ("ok", Cell::Bool(ok)), ("detail", text(detail))]
        };
        let mut rows = vec![
            row("warehouse", warehouse, said),
            row("catalog", true, format!("{known} tables, read {} times", snapshot.generation)),
            row("cache", cache.healthy, cache_said.to_owned()),
        ];
        rows.extend(self.parts.warehouse.traffic().map(|traffic| {
            let Traffic { requests, connections } = traffic;
            let said = format!("{requests} calls over {connections} connections, {:.1} % over one that was open", traffic.reuse_percent());
            row("connections", true, said)
        }));
        rows
    }
}

fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

fn number(value: u64) -> Cell {
    Cell::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

fn dollars(amount: Usd) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "for people: sums of money fit in a double's 53 bits up to nine million dollars")]
    let nanos = amount.0 as f64;
    nanos / 1e9
}

fn usd(amount: Usd) -> Cell {
    Cell::Float(dollars(amount))
}

fn time(moment: DateTime<Utc>) -> Cell {
    Cell::Time(moment.timestamp_micros())
}

fn budget(state: BudgetState) -> Row {
    let mut row: Row = vec![
        ("name", text(state.name)),
        ("spent_usd", usd(state.balance.spent)),
        ("reserved_usd", usd(state.balance.reserved)),
        ("period", text(period(state.period))),
        (
            "on_exceed",
            text(match state.on_exceed {
                OnExceed::Deny => "deny",
                OnExceed::CacheOnly => "cache_only",
                OnExceed::Notice => "notice",
            }),
        ),
    ];
    row.extend(state.user.map(|user| ("user", text(user))));
    if let Some(max) = state.max {
        row.push(("max_usd", usd(max)));
        row.push(("left_usd", usd(max.minus(state.balance.used()))));
    }
    row
}

fn spend(state: BudgetState) -> Option<Row> {
    Some(vec![("user", text(state.user?)), ("spent_usd", usd(state.balance.spent)), ("reserved_usd", usd(state.balance.reserved))])
}

fn period(period: Period) -> String {
    match period {
        Period::Month => "1mo".to_owned(),
        Period::Every(length) => match length.as_secs() {
            seconds if seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
            seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
            seconds => format!("{seconds}s"),
        },
    }
}

fn query(facts: super::history::QueryFacts) -> Row {
    let mut row: Row = vec![
        ("id", number(facts.id)),
        ("finished", time(facts.finished)),
        ("user", text(&*facts.user)),
        ("fingerprint", text(&*facts.fingerprint)),
        ("milliseconds", Cell::Float(facts.milliseconds)),
        ("rows", number(facts.rows)),
        ("cache", text(facts.cache)),
        ("usd", usd(Usd(facts.price_nanos))),
        ("saved_usd", usd(Usd(facts.saved_nanos))),
    ];
    row.extend(facts.bytes_processed.map(|bytes| ("bytes_processed", number(bytes))));
    row.extend(facts.bytes_billed.map(|bytes| ("bytes_billed", number(bytes))));
    row.extend(facts.job_id.map(|id| ("job_id", text(id))));
    row.extend(facts.sqlstate.map(|state| ("sqlstate", text(state))));
    row
}

fn running(facts: SessionInfo) -> Row {
    #[allow(clippy::cast_precision_loss, reason = "seconds for people")]
    let seconds = (Utc::now() - facts.since).num_milliseconds() as f64 / 1e3;
    vec![
        ("pid", Cell::Int(facts.pid.into())),
        ("user", text(facts.user)),
        ("database", text(facts.database)),
        ("application_name", text(facts.application_name)),
        ("started", time(facts.since)),
        ("seconds", Cell::Float(seconds)),
        ("query", text(facts.query)),
    ]
}

fn session(facts: SessionInfo) -> Row {
    let mut row: Row = vec![
        ("pid", Cell::Int(facts.pid.into())),
        ("user", text(facts.user)),
        ("database", text(facts.database)),
        ("application_name", text(facts.application_name)),
        ("connected", time(facts.connected)),
        ("state", text(facts.activity.word())),
        ("state_since", time(facts.since)),
    ];
    row.extend(facts.ends.map(|ends| ("client_addr", text(ends.client_address().to_string()))));
    row
}
