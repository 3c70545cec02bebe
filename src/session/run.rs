//! Running a statement: the session answers its own, the backend the queries.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringArray};
use arrow::record_batch::RecordBatch;
use futures::StreamExt;

use super::backend::Plan;
use super::cursor::Cursor;
use super::statement::{Action, Statement};
use super::{Last, Session, settings};
use crate::error::{Report, Result, SqlState};
use crate::query::{Answer, Notice, OutputColumn, QueryContext, Rows, Severity, Tag};
use crate::sql::classify::{Class, Execute, Modes, Read};
use crate::types::Type;
use crate::types::literal::Literal;

impl Session {
    /// Runs a statement that was made ready.
    ///
    /// # Errors
    /// What the statement runs into before its first row; the caller then calls [`Session::fail`].
    pub async fn run(&mut self, cx: &QueryContext, statement: &Statement, parameters: Vec<Literal>) -> Result<Answer> {
        if let Some(plan) = self.query(cx, statement, &parameters)? {
            return plan.answer(cx, parameters).await;
        }
        match &statement.action {
            Action::Empty | Action::Query(..) | Action::Forward(..) => Ok(Answer::Empty),
            Action::Calls(calls) => {
                let columns: Arc<[OutputColumn]> = statement.columns().cloned().unwrap_or_else(|| Arc::new([]));
                let values = Box::pin(self.call(cx, calls, &parameters)).await?;
                one_row(columns, values)
            }
            Action::CallEach(each, plan) => {
                let columns: Arc<[OutputColumn]> = statement.columns().cloned().unwrap_or_else(|| Arc::new([]));
                Box::pin(self.call_each(cx, (each, plan), columns, parameters)).await
            }
            // On the heap: the way of a query need not carry the room of all commands.
            Action::Other(class) => Box::pin(self.other(cx, class, &statement.declared, parameters)).await,
        }
    }

    /// Returns what answers a query; `None` for a statement that the session answers itself.
    ///
    /// # Errors
    /// 42P02 for parameters without a value.
    pub fn query(&mut self, cx: &QueryContext, statement: &Statement, parameters: &[Literal]) -> Result<Option<Arc<dyn Plan>>> {
        if parameters.len() < statement.parameters().len() {
            // The simple protocol has no values for parameters.
            let first = statement.read().and_then(Read::parameter);
            let (number, place) = first.unwrap_or((parameters.len() + 1, None));
            return Err(Report::new(SqlState::UNDEFINED_PARAMETER, format!("there is no parameter ${number}")).at(place));
        }
        let (Action::Query(_, plan) | Action::Forward(_, plan)) = &statement.action else { return Ok(None) };
        self.last = Last::Ran(cx.notices.clone());
        Ok(Some(Arc::clone(plan)))
    }

    /// Runs a command; DECLARE and EXPLAIN may have parameters, some with declared types.
    async fn other(&mut self, cx: &QueryContext, class: &Class, types: &[Type], parameters: Vec<Literal>) -> Result<Answer> {
        let tag = match class {
            Class::Read(_) | Class::GoogleSql(_) => return Err(Report::internal("a query was not bound")),
            Class::Explain(explain) => return self.backend.explain(cx, explain, types, parameters).await,
            Class::Show(name) => return self.show_rows(name.as_deref()),
            Class::Set { name, value, local } => {
                if *local && !self.transaction.in_block() {
                    warn(cx, SqlState::NO_ACTIVE_SQL_TRANSACTION, "SET LOCAL can only be used in transaction blocks");
                }
                match value {
                    Some(value) => self.set(name, value, *local)?,
                    None => self.reset(name, *local)?,
                }
                "SET".to_owned()
            }
            Class::Reset(None) => {
                self.values.reset_all();
                "RESET".to_owned()
            }
            Class::Reset(Some(name)) => {
                self.reset(name, false)?;
                "RESET".to_owned()
            }
            Class::Discard(what) => {
                self.discard(what)?;
                format!("DISCARD {what}")
            }
            Class::Begin { modes, start } => {
                if !self.transaction.begin(&self.values) {
                    warn(cx, SqlState::ACTIVE_SQL_TRANSACTION, "there is already a transaction in progress");
                }
                self.set_modes(modes)?;
                if *start { "START TRANSACTION" } else { "BEGIN" }.to_owned()
            }
            Class::SetTransaction(modes) => {
                if !self.transaction.in_block() {
                    warn(cx, SqlState::NO_ACTIVE_SQL_TRANSACTION, "SET TRANSACTION can only be used in transaction blocks");
                }
                self.set_modes(modes)?;
                "SET".to_owned()
            }
            Class::SetCharacteristics(modes) => {
                if let Some(isolation) = &modes.isolation {
                    self.values.set("default_transaction_isolation", isolation, false)?;
                }
                for (name, on) in [("default_transaction_read_only", modes.read_only), ("default_transaction_deferrable", modes.deferrable)]
                {
                    if let Some(on) = on {
                        self.values.set(name, if on { "on" } else { "off" }, false)?;
                    }
                }
                "SET".to_owned()
            }
            Class::Commit { chain } => self.end(cx, true, *chain)?,
            Class::Rollback { chain } => self.end(cx, false, *chain)?,
            Class::Savepoint(name) => {
                self.transaction.savepoint(name.clone(), &self.values)?;
                "SAVEPOINT".to_owned()
            }
            Class::Release(name) => {
                self.transaction.release(name)?;
                let depth = self.transaction.depth();
                self.cursors.values_mut().for_each(|cursor| cursor.depth = cursor.depth.min(depth));
                self.held_locks.release_to(depth);
                "RELEASE".to_owned()
            }
            Class::RollbackTo(name) => {
                self.transaction.roll_back_to(name, &mut self.values)?;
                let depth = self.transaction.depth();
                self.cursors.retain(|_, cursor| cursor.depth < depth);
                self.free_transaction_locks(depth);
                "ROLLBACK".to_owned()
            }
            Class::Prepare { name, types, read } => {
                let statement = self.prepare_bound(read, types, &read.source).await?;
                self.keep_as(name, Arc::new(statement), Some(read.text.clone()))?;
                "PREPARE".to_owned()
            }
            Class::Execute(execute) => {
                let (statement, parameters) = self.executed(cx, execute).await?;
                return Box::pin(self.run(cx, &statement, parameters)).await;
            }
            Class::ExplainExecute(form, execute) => {
                let (statement, parameters) = self.executed(cx, execute).await?;
                let Action::Query(read, _) = &statement.action else {
                    return Err(Report::unsupported("EXPLAIN of a prepared statement that is no query for the warehouse"));
                };
                return self.backend.explain(cx, &form.of(read.clone()), statement.parameters(), parameters).await;
            }
            Class::Deallocate(None) => {
                self.statements.clear();
                "DEALLOCATE ALL".to_owned()
            }
            Class::Deallocate(Some(name)) => {
                if !self.forget(name) {
                    return self.statement(name).map(|_| Answer::Empty);
                }
                "DEALLOCATE".to_owned()
            }
            Class::Declare { name, hold, binary, read } => {
                let rows = self.declare(cx, name, *hold, read, types, parameters).await?;
                self.open_cursor(name, Cursor::new(name, rows, *hold, *binary, read.text.clone()));
                "DECLARE CURSOR".to_owned()
            }
            Class::Fetch { name, motion, skip: false } => {
                let mut rows = self.cursor(name)?.fetch(*motion, &cx.cancel);
                // The first rows are looked for before anything is said about their columns.
                let mut batches = rows.batches.fuse();
                let first = batches.next().await.transpose()?;
                rows.batches = Box::pin(futures::stream::iter(first.map(Ok)).chain(batches));
                return Ok(Answer::Rows { rows, tag: Tag::Fetch });
            }
            Class::Fetch { name, motion, skip: true } => {
                let mut rows = self.cursor(name)?.fetch(*motion, &cx.cancel);
                let mut moved = 0;
                while let Some(batch) = rows.batches.next().await {
                    moved += batch?.num_rows();
                }
                format!("MOVE {moved}")
            }
            Class::Close(None) => {
                self.cursors.clear();
                "CLOSE CURSOR ALL".to_owned()
            }
            Class::Close(Some(name)) => {
                self.cursor(name)?;
                self.cursors.remove(name);
                "CLOSE CURSOR".to_owned()
            }
            Class::Copy(copy) => return self.copy(cx, copy).await,
            Class::Nothing(tag) if tag == "LOCK TABLE" && !self.transaction.in_block() && !self.several => {
                return Err(Report::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, "LOCK TABLE can only be used in transaction blocks"));
            }
            Class::Nothing(tag) => tag.clone(),
        };
        Ok(Answer::Command(tag))
    }

    /// Sets the modes of the transaction, which current_setting() tells too.
    fn set_modes(&mut self, modes: &Modes) -> Result<()> {
        let before = self.transaction.modes(&self.values);
        let set = self.transaction.set_modes(&self.values, modes);
        if self.transaction.modes(&self.values) != before {
            self.values.touch();
        }
        set
    }

    /// COMMIT and ROLLBACK. A failed block ends as a rollback either way.
    fn end(&mut self, cx: &QueryContext, commit: bool, chain: bool) -> Result<String> {
        if chain && !self.transaction.in_block() {
            let command = if commit { "COMMIT AND CHAIN" } else { "ROLLBACK AND CHAIN" };
            return Err(Report::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, format!("{command} can only be used in transaction blocks")));
        }
        let modes = self.transaction.modes(&self.values);
        let (block, well) =
            if commit { self.transaction.commit(&mut self.values) } else { (self.transaction.roll_back(&mut self.values), false) };
        if chain {
            self.transaction.chain(&self.values, modes.clone());
        }
        if self.transaction.modes(&self.values) != modes {
            self.values.touch();
        }
        if !block {
            warn(cx, SqlState::NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
        }
        self.end_cursors(well);
        self.free_transaction_locks(0);
        Ok(if commit && (well || !block) { "COMMIT" } else { "ROLLBACK" }.to_owned())
    }

    pub(super) fn set(&mut self, name: &str, value: &str, local: bool) -> Result<()> {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "role" if value.eq_ignore_ascii_case("none") || value == self.principal.user => Ok(()),
            "session_authorization" if value == self.principal.user => Ok(()),
            "role" => Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, format!("permission denied to set role \"{value}\""))),
            "session_authorization" => Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "permission denied to set session authorization")),
            "transaction_isolation" | "transaction_read_only" | "transaction_deferrable" => {
                let definition = settings::find(&lower).ok_or_else(|| settings::unknown(name))?;
                let value = definition.parse(value)?;
                self.set_modes(&match lower.as_str() {
                    "transaction_isolation" => Modes { isolation: Some(value), ..Modes::default() },
                    "transaction_read_only" => Modes { read_only: Some(value == "on"), ..Modes::default() },
                    _ => Modes { deferrable: Some(value == "on"), ..Modes::default() },
                })
            }
            _ => {
                self.values.set(name, value, local)?;
                if lower == "application_name" {
                    self.registration.rename(self.values.get("application_name").unwrap_or_default());
                }
                Ok(())
            }
        }
    }

    fn reset(&mut self, name: &str, local: bool) -> Result<()> {
        match name.to_ascii_lowercase().as_str() {
            "role" | "session_authorization" | "transaction_isolation" | "transaction_read_only" | "transaction_deferrable" => Ok(()),
            _ => self.values.reset(name, local),
        }
    }

    /// Returns a setting's name and value as SHOW prints them.
    pub(super) fn show(&self, name: &str) -> Result<(String, String)> {
        let lower = name.to_ascii_lowercase();
        let value = match lower.as_str() {
            "is_superuser" | "session_authorization" => self.reported(&lower),
            "role" => "none".to_owned(),
            "sluice.last_query" => self.last.summary().unwrap_or_default(),
            _ => match self.shown_modes().into_iter().find(|(mode, _)| *mode == lower) {
                Some((_, value)) => value,
                None => return self.values.show(name),
            },
        };
        Ok((lower, value))
    }

    fn show_rows(&self, name: Option<&str>) -> Result<Answer> {
        let rows = match name {
            Some(name) => {
                let (name, value) = self.show(name)?;
                Rows::text(&[&name], &[vec![Some(value)]])
            }
            None => {
                let all = self.values.all();
                let lines: Vec<Vec<Option<String>>> = all
                    .into_iter()
                    .map(|(name, value, description)| vec![Some(name.to_owned()), Some(value), Some(description.to_owned())])
                    .collect();
                Rows::text(&["name", "setting", "description"], &lines)
            }
        };
        Ok(Answer::Rows { rows, tag: Tag::Show })
    }

    fn discard(&mut self, what: &str) -> Result<()> {
        if what == "ALL" {
            if self.transaction.in_block() {
                return Err(Report::new(SqlState::ACTIVE_SQL_TRANSACTION, "DISCARD ALL cannot run inside a transaction block"));
            }
            self.statements.clear();
            self.cursors.clear();
            self.free_session_locks();
            self.values.reset_all();
        }
        Ok(())
    }

    /// Finds the statement that an EXECUTE means, and computes the values of its parameters.
    async fn executed(&mut self, cx: &QueryContext, execute: &Execute) -> Result<(Arc<Statement>, Vec<Literal>)> {
        let name = &execute.name;
        let known = self.statement(name)?;
        let statement = self.refresh(&known).await?;
        let (types, given) = (statement.parameters(), execute.count());
        if types.len() != given {
            return Err(Report::new(SqlState::SYNTAX_ERROR, format!("wrong number of parameters for prepared statement \"{name}\""))
                .detail(format!("Expected {} parameters but got {given}.", types.len())));
        }
        let parameters = match &execute.args {
            Some(args) => self.backend.arguments(cx, args, types).await?,
            None => Vec::new(),
        };
        Ok((statement, parameters))
    }

    /// Runs the query of a cursor.
    async fn declare(
        &mut self,
        cx: &QueryContext,
        name: &str,
        hold: bool,
        read: &Read,
        types: &[Type],
        parameters: Vec<Literal>,
    ) -> Result<Rows> {
        if !hold && !self.transaction.in_block() && !self.several {
            return Err(Report::new(SqlState::NO_ACTIVE_SQL_TRANSACTION, "DECLARE CURSOR can only be used in transaction blocks"));
        }
        if self.cursors.contains_key(name) {
            return Err(Report::new(SqlState::DUPLICATE_CURSOR, format!("cursor \"{name}\" already exists")));
        }
        self.room(&self.cursors, "cursors")?;
        let statement = self.prepare_bound(read, types, &read.source).await?;
        let mut unlimited = cx.clone();
        unlimited.row_limited = true;
        unlimited.deadline = None; // the cursor's query lives on; each FETCH has its own time
        match Box::pin(self.run(&unlimited, &statement, parameters)).await? {
            Answer::Rows { rows, .. } => Ok(rows),
            Answer::Copy { .. } | Answer::Command(_) | Answer::Empty => Err(Report::internal("a cursor's query gave no rows")),
        }
    }
}

impl Last {
    fn summary(&self) -> Option<String> {
        match self {
            Last::Nothing => None,
            Last::Ran(notices) => notices.summary(),
            Last::Again(lasting, again) => Some(lasting.summary(again)),
        }
    }
}

pub(super) fn warn(cx: &QueryContext, sqlstate: SqlState, message: &str) {
    cx.notices.push(Notice { severity: Severity::Warning, sqlstate, message: message.to_owned(), detail: None, hint: None });
}

fn one_row(columns: Arc<[OutputColumn]>, values: Vec<Option<String>>) -> Result<Answer> {
    let arrays = columns.iter().zip(values).map(|(column, value)| {
        let array: ArrayRef = if column.ty == Type::BOOL {
            Arc::new(BooleanArray::from(vec![value.map(|value| value == "t")]))
        } else {
            Arc::new(StringArray::from(vec![value]))
        };
        (column.name.clone(), array, true)
    });
    let batch = RecordBatch::try_from_iter_with_nullable(arrays).map_err(Report::internal)?;
    let rows = Rows { columns, batches: Box::pin(futures::stream::iter([Ok(batch)])) };
    Ok(Answer::Rows { rows, tag: Tag::Select })
}
