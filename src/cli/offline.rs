//! A query's context without a server: what a session that has changed nothing would bring.

use std::sync::Arc;
use std::time::Instant;

use tokio_util::sync::CancellationToken;

use crate::query::setting::SettingList;
use crate::query::{CacheMode, Notices, Principal, QueryContext, QueryId, SessionInputs};
use crate::session::values::Values;
use crate::types::zone::Tz;

/// Makes the settings of a session.
pub fn session(zone: Tz, database: String, search_path: Vec<String>) -> SessionInputs {
    SessionInputs {
        database,
        search_path,
        timezone: zone,
        reads_in: zone.into(),
        timezone_name: zone.name().into_owned(),
        application_name: String::new(),
        cache_mode: CacheMode::Off,
        max_usd: None,
        dry_run: false,
        labels: Vec::new(),
        tags: Vec::new(),
        backend_pid: 0,
        ends: None,
        settings: Arc::new(Values::default().listed()),
        objects: Arc::default(),
        about_settings: SettingList::default(),
    }
}

/// Makes the context of one query, which nobody cancels and no limit on rows cuts.
pub fn context(session: SessionInputs) -> QueryContext {
    QueryContext {
        id: QueryId::next(),
        principal: Arc::new(Principal { user: "sluice".into(), role: "sluice".into(), admin: false, token: None }),
        session: Arc::new(session),
        transaction_start: chrono::Utc::now(),
        xid: Default::default(),
        random: Default::default(),
        statement_start: chrono::Utc::now(),
        cancel: CancellationToken::new(),
        deadline: None,
        started: Instant::now(),
        row_limited: true,
        notices: Notices::default(),
        turn: None,
    }
}
