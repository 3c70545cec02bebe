//! Simple query: the statements of one message, in one implicit transaction; an error ends the rest.

use std::collections::VecDeque;
use std::sync::Arc;

use super::ahead::Behind;
use super::connection::{Connection, Halt};
use super::message;
use super::portal::Sent;
use super::rows::Format;
use crate::query::Answer;
use crate::session::Statement;

impl Connection<'_> {
    /// Answers a Query message up to ReadyForQuery.
    pub(super) async fn query(&mut self, text: &str) -> Result<(), Halt> {
        self.session.forget("");
        self.portals.remove("");
        match self.statements(text).await {
            Ok(()) => {}
            Err(Halt::Report(report)) => self.fail(&report),
            Err(halt) => return Err(halt),
        }
        self.ready();
        Ok(())
    }

    async fn statements(&mut self, text: &str) -> Result<(), Halt> {
        // One that was prepared may have parameters, which nobody gives here.
        if let Some(statement) = self.session.recall(text, &[]).await.filter(|statement| statement.parameters().is_empty()) {
            self.tell_cut(statement.cut());
            return self.statement(&statement, Behind::Nothing, true).await;
        }
        self.lend_for_text(text).await?;
        let mut statements = VecDeque::from(self.session.parse(text)?);
        if statements.is_empty() {
            message::empty_query(&mut self.out);
        }
        statements.iter().for_each(|parsed| self.tell_cut(&parsed.cut));
        let alone = statements.len() == 1;
        if !alone {
            self.session.has_several();
        }
        while let Some(parsed) = statements.pop_front() {
            let cx = self.session.begin(&parsed.source, false);
            let (session, watch) = self.parts();
            let statement = Arc::new(watch.over(&cx, cx.deadline, session.ready(parsed, &[])).await?);
            if alone {
                self.session.remember(text, &statement);
            }
            self.statement(&statement, Behind::Statements(&statements), alone).await?;
        }
        Ok(())
    }

    /// Answers one statement; one that is `alone` in its message may be answered so again.
    async fn statement(&mut self, statement: &Arc<Statement>, behind: Behind<'_>, alone: bool) -> Result<(), Halt> {
        match alone {
            true => self.note_question(statement, &[]),
            false => self.repeats.stop(),
        }
        let (cx, answer) = self.start(statement, Vec::new(), false, behind).await?;
        match answer {
            Answer::Rows { rows, tag } => {
                let format = if self.session.fetches_binary(statement) { Format::Binary } else { Format::Text };
                let formats = vec![format; rows.columns.len()];
                let columns = rows.columns.clone();
                let mut open = self.open(cx, rows, tag, formats.clone());
                if statement.is_constant() {
                    self.compute(&mut open).await?;
                }
                message::row_description(&mut self.out, &columns, &formats);
                if let Sent::All(count) = self.send(&mut open, None).await? {
                    message::rows_complete(&mut self.out, tag, count);
                    self.repeats.keep(&self.out, count);
                }
            }
            Answer::Copy { rows, form } => self.copy_out(cx, rows, form).await?,
            Answer::Command(tag) => self.complete(&cx, Some(&tag)),
            Answer::Empty => self.complete(&cx, None),
        }
        self.session.is_done();
        Ok(())
    }
}
