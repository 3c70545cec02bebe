//! Extended query: Parse, Bind, Describe, Execute, Close, Sync. Describe runs nothing.

use std::sync::Arc;

use pgwire::messages::extendedquery::{Bind, Close, Describe, Parse};

use super::ahead::Behind;
use super::connection::{Connection, Halt};
use super::frame::violation;
use super::message;
use super::parameters;
use super::portal::{OpenRows, Portal, Sent, State};
use super::rows::Format;
use crate::error::{Report, Result, SqlState};
use crate::query::{Answer, Tag};
use crate::types::Type;
use crate::types::literal::Literal;
use crate::types::output::Style;

impl Connection<'_> {
    pub(super) async fn parse(&mut self, parse: &Parse) -> Result<(), Halt> {
        let name = parse.name.as_deref().unwrap_or_default();
        if name.is_empty() {
            self.session.forget("");
        }
        let types: Vec<Type> = parse.type_oids.iter().map(|oid| Type(*oid)).collect();
        if let Some(unknown) = types.iter().find(|ty| ty.0 != 0 && ty.entry().is_none()) {
            return Err(Report::new(SqlState::UNDEFINED_OBJECT, format!("type with OID {} does not exist", unknown.0)).into());
        }
        let statement = match self.session.recall(&parse.query, &types).await {
            Some(known) => known,
            None => {
                self.lend_for_text(&parse.query).await?;
                let cx = self.session.begin(&parse.query, false);
                let (session, watch) = self.parts();
                let statement = watch.over(&cx, cx.deadline, session.prepare(&parse.query, &types)).await;
                self.session.rest();
                let statement = Arc::new(statement?);
                self.session.remember(&parse.query, &statement);
                statement
            }
        };
        self.tell_cut(statement.cut());
        self.session.keep(name, statement)?;
        message::parse_complete(&mut self.out);
        Ok(())
    }

    pub(super) async fn bind(&mut self, bind: &Bind) -> Result<(), Halt> {
        let name = bind.statement_name.as_deref().unwrap_or_default();
        let portal = bind.portal_name.as_deref().unwrap_or_default();
        let known = self.session.statement(name)?;
        let statement = match self.session.is_fresh(&known) {
            true => known.clone(),
            false => {
                let cx = self.session.begin(&known.source, false);
                let (session, watch) = self.parts();
                let refreshed = watch.over(&cx, cx.deadline, session.refresh(&known)).await;
                self.session.rest();
                refreshed?
            }
        };
        if !Arc::ptr_eq(&known, &statement) {
            self.session.renew(name, &statement);
        }
        let types = statement.parameters();
        let sent = bind.parameters.len();
        if !matches!(bind.parameter_format_codes.len(), 0 | 1) && bind.parameter_format_codes.len() != sent {
            let formats = bind.parameter_format_codes.len();
            return Err(violation(format!("bind message has {formats} parameter formats but {sent} parameters")).into());
        }
        if sent != types.len() {
            let wanted = types.len();
            return Err(
                violation(format!("bind message supplies {sent} parameters, but prepared statement \"{name}\" requires {wanted}")).into()
            );
        }
        if !portal.is_empty() {
            if self.portals.contains_key(portal) {
                return Err(Report::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{portal}\" already exists")).into());
            }
            let most = self.gate.sessions.max_statements;
            if self.portals.len() >= most {
                let what = format!("a session may hold at most {most} portals (session.max_statements)");
                return Err(Report::new(SqlState::PROGRAM_LIMIT_EXCEEDED, what).into());
            }
        }
        let values = values(bind, types, &self.session.style())?;
        let width = statement.columns().map_or(0, |columns| columns.len());
        let codes = &bind.result_column_format_codes;
        if codes.len() > 1 && codes.len() != width {
            return Err(violation(format!("bind message has {} result formats but query has {width} columns", codes.len())).into());
        }
        let formats = (0..width).map(|i| format_of(codes, i)).collect::<Result<Vec<_>>>()?;
        let mut bound = Portal { statement, parameters: values, formats, state: State::Bound, depth: self.session.depth() };
        if bound.statement.is_constant() {
            self.run_constant(&mut bound).await?;
        }
        self.portals.insert(portal.to_owned(), bound);
        message::bind_complete(&mut self.out);
        Ok(())
    }

    /// Runs a query that PostgreSQL computes while it plans, which it does when it binds.
    async fn run_constant(&mut self, portal: &mut Portal) -> Result<(), Halt> {
        self.note_question(&portal.statement, &portal.parameters);
        let (cx, answer) = self.start(&portal.statement, std::mem::take(&mut portal.parameters), false, Behind::Nothing).await?;
        if let Answer::Rows { rows, tag } = answer {
            let mut open = self.open(cx, rows, tag, portal.formats.clone());
            self.compute(&mut open).await?;
            portal.state = State::Open(Box::new(open));
        }
        self.session.rest();
        Ok(())
    }

    pub(super) fn describe(&mut self, describe: &Describe) -> Result<(), Halt> {
        let name = describe.name.as_deref().unwrap_or_default();
        if describe.target_type == b'S' {
            let statement = self.session.statement(name)?;
            if statement.columns().is_some() {
                self.session.allowed(&statement)?;
            }
            message::parameter_description(&mut self.out, statement.parameters());
            match statement.columns() {
                Some(columns) => message::row_description(&mut self.out, columns, &[]),
                None => message::no_data(&mut self.out),
            }
        } else {
            let Some(portal) = self.portals.get(name) else {
                // A cursor that SQL declared is a portal too: drivers describe it to learn its columns.
                let columns = self.session.cursor_columns(name).ok_or_else(|| no_portal(name))?;
                message::row_description(&mut self.out, &columns, &[]);
                return Ok(());
            };
            match portal.statement.columns() {
                Some(columns) => {
                    self.session.allowed(&portal.statement)?;
                    message::row_description(&mut self.out, columns, &portal.formats);
                }
                None => message::no_data(&mut self.out),
            }
        }
        Ok(())
    }

    pub(super) async fn execute(&mut self, name: &str, max_rows: i32) -> Result<(), Halt> {
        // Zero and, as in PostgreSQL, negative numbers mean all rows.
        let limit = u64::try_from(max_rows).ok().filter(|limit| *limit > 0);
        let Some(mut portal) = self.portals.remove(name) else { return self.execute_cursor(name, limit, Vec::new()).await };
        if let State::Lent = portal.state {
            let done = self.execute_cursor(name, limit, portal.formats.clone()).await;
            self.portals.insert(name.to_owned(), portal);
            return done;
        }
        let done = self.execute_portal(&mut portal, name, limit).await;
        if done.is_ok() {
            self.portals.insert(name.to_owned(), portal);
        }
        self.session.rest();
        done
    }

    /// Executes the portal of a cursor that SQL declared, or was lent.
    async fn execute_cursor(&mut self, name: &str, limit: Option<u64>, formats: Vec<Format>) -> Result<(), Halt> {
        let cx = self.session.begin("", true);
        let rows = self.session.cursor_rows(name, limit, &cx)?.ok_or_else(|| no_portal(name))?;
        let mut open = self.open(cx, rows, Tag::Select, formats);
        let sent = self.send(&mut open, None).await;
        self.session.rest();
        if let Sent::All(count) = sent? {
            self.session.is_done();
            match limit {
                Some(limit) if count >= limit => message::portal_suspended(&mut self.out),
                _ => message::rows_complete(&mut self.out, Tag::Select, count),
            }
        }
        Ok(())
    }

    async fn execute_portal(&mut self, portal: &mut Portal, name: &str, limit: Option<u64>) -> Result<(), Halt> {
        self.session.allowed(&portal.statement)?;
        if let State::Bound = portal.state {
            self.note_question(&portal.statement, &portal.parameters);
            let (cx, answer) =
                self.start(&portal.statement, std::mem::take(&mut portal.parameters), limit.is_some(), Behind::Messages).await?;
            match answer {
                Answer::Rows { rows, tag } => {
                    let formats = portal.formats.clone();
                    portal.state = State::Open(Box::new(self.open(cx, rows, tag, formats)));
                }
                Answer::Copy { rows, form } => {
                    // As with any command, a row limit means nothing here.
                    self.copy_out(cx, rows, form).await?;
                    portal.state = State::Ran;
                    self.session.is_done();
                    return Ok(());
                }
                Answer::Command(tag) => {
                    self.complete(&cx, Some(&tag));
                    portal.state = State::Ran;
                    self.session.is_done();
                    return Ok(());
                }
                Answer::Empty => {
                    self.complete(&cx, None);
                    return Ok(());
                }
            }
        } else if let State::Open(open) = &mut portal.state {
            // It goes on, as the settings are now.
            self.session.resume(&portal.statement, &open.cx);
            open.restyle(self.session.style());
        }
        match &mut portal.state {
            State::Open(open) => match self.send_within_its_time(open, limit).await? {
                Sent::All(count) => {
                    self.session.is_done();
                    message::rows_complete(&mut self.out, open.tag, count);
                    portal.state = State::Finished(open.tag);
                    self.repeats.keep(&self.out, count);
                }
                Sent::Limit => message::portal_suspended(&mut self.out),
            },
            State::Finished(tag) => message::rows_complete(&mut self.out, *tag, 0),
            State::Bound | State::Ran | State::Lent => {
                let what = format!("portal \"{name}\" cannot be run");
                return Err(Report::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, what).into());
            }
        }
        Ok(())
    }

    /// Sends rows: each Execute of a portal has its own time.
    async fn send_within_its_time(&mut self, open: &mut OpenRows, limit: Option<u64>) -> Result<Sent, Halt> {
        open.deadline = self.session.deadline();
        self.send(open, limit).await
    }

    pub(super) fn close(&mut self, close: &Close) -> Result<(), Halt> {
        let name = close.name.as_deref().unwrap_or_default();
        if close.target_type == b'S' {
            self.session.forget(name);
        } else {
            self.portals.remove(name);
            self.session.close_cursor(name);
        }
        message::close_complete(&mut self.out);
        Ok(())
    }

    pub(super) fn sync(&mut self) {
        self.skipping = false;
        self.ready();
    }
}

/// Reads the values of the parameters.
pub(super) fn values(bind: &Bind, types: &[Type], style: &Style) -> Result<Vec<Literal>> {
    let mut values = Vec::with_capacity(types.len());
    for (i, (bytes, ty)) in bind.parameters.iter().zip(types).enumerate() {
        let format = format_of(&bind.parameter_format_codes, i)?;
        values.push(match bytes {
            Some(bytes) => parameters::read(bytes, *ty, format, style, i + 1)?,
            None => Literal::Null,
        });
    }
    Ok(values)
}

/// Returns the format of item `i`: none given is text, one is for all.
fn format_of(codes: &[i16], i: usize) -> Result<Format> {
    match codes {
        [] => Ok(Format::Text),
        [one] => Format::of(*one),
        many => many.get(i).map_or(Ok(Format::Text), |code| Format::of(*code)),
    }
}

pub(super) fn no_portal(name: &str) -> Report {
    Report::new(SqlState::INVALID_CURSOR_NAME, format!("portal \"{name}\" does not exist"))
}
