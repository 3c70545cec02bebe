//! FETCH, MOVE and CLOSE name cursors, and a portal that Bind made is one (PostgreSQL, "Extended Query"): its rows become the session's when SQL
//! reaches for them, and Execute takes them from there.

use std::sync::Arc;

use futures::StreamExt;

use super::ahead::Behind;
use super::connection::{Connection, Halt};
use super::extended::no_portal;
use super::portal::{Portal, State};
use crate::query::{Answer, Rows};
use crate::session::{Lent, Statement};

impl Connection<'_> {
    /// Lends what a text that is about to be read fetches from: the columns of a FETCH are those of its cursor.
    pub(super) async fn lend_for_text(&mut self, text: &str) -> Result<(), Halt> {
        if self.portals.keys().all(String::is_empty) {
            return Ok(());
        }
        for name in self.session.cursors_of(text)? {
            self.lend(&name).await?;
        }
        Ok(())
    }

    /// Lends what a statement that is about to run fetches from; a portal that it closes is gone.
    pub(super) async fn lend_for(&mut self, statement: &Statement) -> Result<(), Halt> {
        let Some((name, closes)) = statement.cursor() else { return Ok(()) };
        if self.portals.contains_key(name) {
            Box::pin(self.lend(name)).await?;
            if closes {
                self.portals.remove(name);
            }
        }
        Ok(())
    }

    /// Makes the rows of a portal those of a cursor.
    async fn lend(&mut self, name: &str) -> Result<(), Halt> {
        if name.is_empty() || self.portals.get(name).is_none_or(|portal| matches!(portal.state, State::Lent)) {
            return Ok(());
        }
        let Some(Portal { statement, parameters, formats, state, depth }) = self.portals.remove(name) else { return Ok(()) };
        let columns = statement.columns().cloned().ok_or_else(|| no_portal(name))?;
        let lent = match state {
            State::Bound => match Box::pin(self.start(&statement, parameters, true, Behind::Nothing)).await?.1 {
                Answer::Rows { rows, .. } => Lent { rows, passed: 0 },
                _ => return Err(no_portal(name).into()),
            },
            State::Open(open) => open.into_lent(columns),
            State::Finished(_) => Lent { rows: Rows { columns, batches: futures::stream::empty().boxed() }, passed: 0 },
            State::Ran | State::Lent => return Err(no_portal(name).into()),
        };
        self.session.lend(name, lent, &statement.source, depth);
        let portal = Portal { statement: Arc::clone(&statement), parameters: Vec::new(), formats, state: State::Lent, depth };
        self.portals.insert(name.to_owned(), portal);
        Ok(())
    }
}
