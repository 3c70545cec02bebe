//! `pg_stat_activity`: the live sessions. What another user runs is shown to admins only.

use chrono::{DateTime, Utc};

use super::cells::{Cell, Row};
use super::{World, role_oid};
use crate::catalog::model::stable_oid;
use crate::query::live::{Activity, SessionInfo};

/// The rows, by process id.
pub fn sessions(world: &World) -> Vec<Row> {
    world.sessions.list().iter().map(|session| row(session, world)).collect()
}

fn row(session: &SessionInfo, world: &World) -> Row {
    let time = |moment: DateTime<Utc>| Cell::Time(moment.timestamp_micros());
    let text = |text: &str| Cell::Text(text.to_owned());
    let mut row: Row = vec![
        ("datid", Cell::Int(stable_oid("database", &session.database).into())),
        ("datname", text(&session.database)),
        ("pid", Cell::Int(session.pid.into())),
        ("usesysid", Cell::Int(role_oid(&session.user).into())),
        ("usename", text(&session.user)),
        ("application_name", text(&session.application_name)),
    ];
    if hides(session, world) {
        row.push(("query", text("<insufficient privilege>")));
        return row;
    }
    row.extend([
        ("backend_start", time(session.connected)),
        ("state_change", time(session.since)),
        ("state", text(session.activity.word())),
        ("query", text(&session.query)),
        ("backend_type", text("client backend")),
    ]);
    if let Some(ends) = session.ends {
        row.push(("client_addr", Cell::Text(ends.client_address().to_string())));
        row.push(("client_port", Cell::Int(ends.client.port().into())));
    }
    row.extend(session.transaction.map(|moment| ("xact_start", time(moment))));
    row.extend(session.started.map(|moment| ("query_start", time(moment))));
    if session.activity != Activity::Active {
        row.extend([("wait_event_type", text("Client")), ("wait_event", text("ClientRead"))]);
    }
    row
}

/// `pg_stat_ssl`, without others' sessions: their ports are hidden, and the view asks for those that have one (system_views.sql).
/// What a client's certificate says of it is not kept.
pub fn encrypted(world: &World) -> Vec<Row> {
    let row = |session: &SessionInfo| {
        let mut row: Row = vec![("pid", Cell::Int(session.pid.into())), ("ssl", Cell::Bool(session.secured.is_some()))];
        if let Some(secured) = session.secured {
            row.push(("version", Cell::Text(secured.version.to_owned())));
            row.push(("cipher", Cell::Text(secured.cipher.to_owned())));
            row.push(("bits", Cell::Int(secured.bits.into())));
        }
        row
    };
    world.sessions.list().iter().filter(|session| !hides(session, world)).map(row).collect()
}

/// `pg_stat_gssapi`, likewise: nobody comes by it.
pub fn by_gssapi(world: &World) -> Vec<Row> {
    let row = |session: &SessionInfo| -> Row {
        vec![("pid", Cell::Int(session.pid.into())), ("gss_authenticated", Cell::Bool(false)), ("encrypted", Cell::Bool(false))]
    };
    world.sessions.list().iter().filter(|session| !hides(session, world)).map(row).collect()
}

/// Tells whether a session is somebody else's, of whom little is told.
fn hides(session: &SessionInfo, world: &World) -> bool {
    session.user != world.principal.user && !world.principal.admin
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::model::Snapshot;
    use crate::query::Principal;
    use crate::query::live::LiveSessions;
    use crate::query::setting::SettingList;

    #[test]
    fn others_see_that_somebody_is_there_and_no_more() {
        let now = Utc::now();
        let session = SessionInfo {
            pid: 7,
            user: "ann".into(),
            database: "shop".into(),
            application_name: "psql".into(),
            ends: None,
            secured: None,
            connected: now,
            activity: Activity::Active,
            since: now,
            transaction: Some(now),
            started: Some(now),
            query: "SELECT 1".into(),
        };
        let seen = |user: &str, admin: bool| {
            let session = session.clone();
            let world = World {
                snapshot: Arc::new(Snapshot::default()),
                principal: Arc::new(Principal { user: user.into(), role: user.into(), admin, token: None }),
                backend_pid: 7,
                xid: Default::default(),
                database: "shop".into(),
                search_path: Vec::new(),
                settings: Arc::default(),
                about_settings: SettingList::default(),
                users: Vec::new(),
                objects: Arc::default(),
                sessions: LiveSessions::new(move || vec![session.clone()]),
                server: std::collections::BTreeMap::new(),
            };
            let rows = sessions(&world);
            let query = rows[0].iter().find(|(name, _)| *name == "query").map(|(_, cell)| cell.clone());
            (query, encrypted(&world).len(), by_gssapi(&world).len())
        };
        let text = |text: &str| Some(Cell::Text(text.into()));
        assert_eq!(seen("ann", false), (text("SELECT 1"), 1, 1));
        assert_eq!(seen("bob", false), (text("<insufficient privilege>"), 0, 0));
        assert_eq!(seen("bob", true), (text("SELECT 1"), 1, 1));
    }
}
