//! What a client has sent behind the query that runs: the next statements of its message, or the next Executes before its Sync.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::BytesMut;
use pgwire::messages::PgWireFrontendMessage as Message;
use pgwire::messages::extendedquery::Bind;

use super::connection::{Connection, decoded};
use super::{extended, frame};
use crate::query::QueryContext;
use crate::session::{Coming, Parsed, Statement, What};
use crate::types::Type;

/// Where the next queries stand.
pub(super) enum Behind<'a> {
    /// Nowhere.
    Nothing,
    /// In the same text.
    Statements(&'a VecDeque<Parsed>),
    /// In messages that have been received.
    Messages,
}

/// What the name of a prepared statement will mean.
#[derive(Clone)]
enum Named {
    Ready(Arc<Statement>),
    Parsed(Parsed, Vec<Type>),
}

impl Connection<'_> {
    /// Tells whether anything stands behind a query.
    pub(super) fn is_followed(&self, behind: &Behind<'_>) -> bool {
        match behind {
            Behind::Nothing => false,
            Behind::Statements(statements) => !statements.is_empty(),
            // Mostly it is Sync that follows.
            Behind::Messages => self.input.first().is_some_and(|kind| *kind != b'S'),
        }
    }

    /// Begins the queries behind the one that runs, as many as may be.
    pub(super) fn look_ahead(&mut self, running: &QueryContext, behind: Behind<'_>) {
        let (room, begun) = self.session.room_ahead();
        if room == 0 || running.turn.is_none() {
            return;
        }
        match behind {
            Behind::Nothing => {}
            Behind::Statements(statements) => {
                for parsed in statements.iter().skip(begun).take(room) {
                    let what = What::Parsed(parsed.clone(), Vec::new());
                    let coming = Coming { what, values: Box::new(|_| Ok(Vec::new())), row_limited: false };
                    if !self.session.begin_early(running, coming) {
                        break;
                    }
                }
            }
            Behind::Messages => self.look_at_messages(running, begun, room),
        }
    }

    /// Reads on in what has been received, up to Sync or anything that is not seen through: the messages themselves stay where they are.
    fn look_at_messages(&mut self, running: &QueryContext, begun: usize, room: usize) {
        let limit = self.gate.settings.max_message_bytes;
        let mut names: HashMap<String, Named> = HashMap::new();
        let mut portals: HashMap<String, (Named, Bind)> = HashMap::new();
        let (mut at, mut executes) = (0, 0);
        while executes < begun + room
            && let Ok(Some(size)) = frame::size(&self.input[at..], limit, "server.max_message_bytes")
            && let Some(bytes) = self.input.get(at..at + size)
        {
            at += size;
            match decoded(&mut BytesMut::from(bytes)) {
                Ok(Message::Parse(parse)) => {
                    let types = parse.type_oids.iter().map(|oid| Type(*oid)).collect();
                    let mut parsed = self.session.parse(&parse.query).unwrap_or_default();
                    let (Some(one), true) = (parsed.pop(), parsed.is_empty()) else { return };
                    names.insert(parse.name.unwrap_or_default(), Named::Parsed(one, types));
                }
                Ok(Message::Bind(bind)) => {
                    let name = bind.statement_name.clone().unwrap_or_default();
                    let Some(named) = names.get(&name).cloned().or_else(|| self.session.statement(&name).ok().map(Named::Ready)) else {
                        return;
                    };
                    portals.insert(bind.portal_name.clone().unwrap_or_default(), (named, bind));
                }
                Ok(Message::Execute(execute)) => {
                    let Some((named, bind)) = portals.remove(&execute.name.unwrap_or_default()) else { return };
                    executes += 1;
                    if executes <= begun {
                        continue;
                    }
                    let what = match named {
                        Named::Ready(statement) => What::Ready(statement),
                        Named::Parsed(parsed, types) => What::Parsed(parsed, types),
                    };
                    let style = self.session.style();
                    let values = Box::new(move |types: &[Type]| extended::values(&bind, types, &style));
                    if !self.session.begin_early(running, Coming { what, values, row_limited: execute.max_rows > 0 }) {
                        return;
                    }
                }
                Ok(Message::Describe(_) | Message::Close(_) | Message::Flush(_)) => {}
                _ => return,
            }
        }
    }
}
