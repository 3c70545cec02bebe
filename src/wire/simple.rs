//! Simple query: the statements of one message, in one implicit transaction; an error ends the rest.

use super::connection::{Connection, Halt};
use super::message;
use super::portal::Sent;
use super::rows::Format;
use crate::query::Answer;
use crate::session::Parsed;

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
        let statements = self.session.parse(text)?;
        if statements.is_empty() {
            message::empty_query(&mut self.out);
        }
        for statement in statements {
            self.statement(statement).await?;
        }
        Ok(())
    }

    async fn statement(&mut self, parsed: Parsed) -> Result<(), Halt> {
        let statement = self.session.ready(parsed, &[])?;
        let (cx, answer) = self.start(&statement, Vec::new(), false).await?;
        match answer {
            Answer::Rows { rows, tag } => {
                let format = if self.session.fetches_binary(&statement) { Format::Binary } else { Format::Text };
                let formats = vec![format; rows.columns.len()];
                message::row_description(&mut self.out, &rows.columns, &formats);
                let mut open = self.open(cx, rows, tag, formats);
                if let Sent::All(count) = self.send(&mut open, None).await? {
                    message::rows_complete(&mut self.out, tag, count);
                }
            }
            Answer::Copy { rows, form } => self.copy_out(cx, rows, form).await?,
            Answer::Command(tag) => self.complete(&cx, Some(&tag)),
            Answer::Empty => self.complete(&cx, None),
        }
        Ok(())
    }
}
