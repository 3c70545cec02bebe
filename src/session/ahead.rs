//! Queries that are begun before their turn: the statements behind one that runs, and Executes that the client has sent already.
//!
//! What is begun is a guess. When the turn comes it is taken only where statement, parameters and settings are the same as then; else it is dropped,
//! which cancels it. So nothing here decides what an answer is.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use tokio::task::JoinHandle;

use super::backend::Plan;
use super::statement::{Action, Generations, plan};
use super::{Parsed, Session, Statement, call_each, calls};
use crate::error::{Report, Result};
use crate::query::turn::Turn;
use crate::query::{Answer, QueryContext};
use crate::sql;
use crate::sql::classify::{Class, Read};
use crate::types::Type;
use crate::types::literal::Literal;

/// Reads the values of parameters, given their types.
pub type Values = Box<dyn FnOnce(&[Type]) -> Result<Vec<Literal>> + Send>;

/// What will be asked next, as far as one can see.
pub struct Coming {
    /// The statement.
    pub what: What,
    /// Reads the values of its parameters.
    pub values: Values,
    /// As for [`Session::begin`].
    pub row_limited: bool,
}

/// A statement that is seen coming.
pub enum What {
    /// Made ready already.
    Ready(Arc<Statement>),
    /// Only parsed, with the types of its parameters that the client declares.
    Parsed(Parsed, Vec<Type>),
}

/// The queries that are begun, the next first.
#[derive(Default)]
pub(super) struct Ahead(VecDeque<Early>);

struct Early {
    read: Read,
    declared: Vec<Type>,
    generations: Generations,
    /// The values of the parameters, once they are read.
    values: Arc<OnceLock<Vec<Literal>>>,
    cx: QueryContext,
    task: Option<JoinHandle<Result<Answer>>>,
}

impl Drop for Early {
    fn drop(&mut self) {
        // Not where it has been taken: then it runs on.
        if self.task.is_some() {
            self.cx.cancel.cancel();
        }
    }
}

impl Ahead {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Early {
    fn is(&self, statement: &Statement, parameters: &[Literal], row_limited: bool) -> bool {
        let Action::Query(read, _) = &statement.action else { return false };
        self.generations == statement.bound
            && self.cx.row_limited == row_limited
            && self.declared == statement.declared
            && self.read.source == read.source
            && self.read.text == read.text
            && self.values.get().is_some_and(|values| values == parameters)
    }
}

/// A query under way whose turn has come.
pub struct Taken(JoinHandle<Result<Answer>>);

impl Taken {
    /// Returns its answer.
    ///
    /// # Errors
    /// As [`Plan::answer`].
    pub async fn answer(mut self) -> Result<Answer> {
        (&mut self.0).await.map_err(|_| Report::internal("a query ended without an answer"))?
    }
}

impl Drop for Taken {
    /// Ends it as any query ends whose answer nobody waits for.
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Session {
    /// Tells how many more queries may be begun, and how many are.
    pub fn room_ahead(&self) -> (usize, usize) {
        let begun = self.ahead.0.len();
        (self.settings.overlap.saturating_sub(1 + begun), begun)
    }

    /// Begins a query behind those that are begun already, the first of them behind `running`. Returns whether others may follow: a statement that
    /// is no query may change what those behind it mean.
    pub fn begin_early(&mut self, running: &QueryContext, coming: Coming) -> bool {
        let (read, declared) = match coming.what {
            What::Ready(statement) => match &statement.action {
                Action::Query(read, _) if statement.reads == self.inputs().reads_in => (read.clone(), statement.declared.clone()),
                _ => return false,
            },
            What::Parsed(parsed, types) => match sql::classify::classify(parsed) {
                Ok(Class::Read(read)) if matches!(calls::find(&read, &types), Ok(None)) && call_each::find(&read, &types).is_none() => {
                    (read, types)
                }
                _ => return false,
            },
        };
        let before = self.ahead.0.back().map_or(running, |early| &early.cx);
        let Some(turn) = before.turn.as_ref().map(Turn::next) else { return false };
        let latest = before.deadline;
        let mut cx = self.context(coming.row_limited);
        if self.inputs_about_itself(&read.source).is_some() {
            // What it sees depends on the messages before it.
            return false;
        }
        let tags = sql::commenter::tags(&read.text);
        if !tags.is_empty() {
            Arc::make_mut(&mut cx.session).tags = tags;
        }
        // One by one it would begin at the end of the one before at the latest.
        cx.deadline = self.derived().statement_timeout.zip(latest).and_then(|(own, latest)| latest.max(cx.started).checked_add(own));
        cx.turn = Some(turn.clone());

        let values = Arc::new(OnceLock::new());
        let task = {
            let (backend, mut cx, read, declared, seen) =
                (self.backend.clone(), cx.clone(), read.clone(), declared.clone(), values.clone());
            if cx.row_limited {
                cx.deadline = None; // its portal may live longer than one wait for rows
            }
            tokio::spawn(async move {
                let plan: Arc<dyn Plan> = plan(&*backend, &read, &cx.session, &cx.principal, &declared).await?;
                let values = (coming.values)(plan.parameters())?;
                let _ = seen.set(values.clone());
                if !plan.overlaps() {
                    turn.until_come().await;
                }
                plan.answer(&cx, values).await
            })
        };
        self.ahead.0.push_back(Early { read, declared, generations: self.generations(), values, cx, task: Some(task) });
        true
    }

    /// Takes the answer that was begun for this query, if it is the next; whatever else was begun was begun for nothing.
    pub fn take_early(&mut self, statement: &Statement, parameters: &[Literal], row_limited: bool) -> Option<(QueryContext, Taken)> {
        let mut early = self.ahead.0.pop_front()?;
        if !early.is(statement, parameters, row_limited) {
            self.ahead.clear();
            return None;
        }
        let task = early.task.take()?;
        let mut cx = early.cx.clone();
        if let Some(turn) = &cx.turn {
            turn.come();
        }
        // What it may still take is what any statement may.
        cx.deadline = self.context(row_limited).deadline.into_iter().chain(cx.deadline).min();
        self.rests = false;
        self.registration.begin(&statement.source, cx.cancel.clone(), cx.transaction_start);
        Some((cx, Taken(task)))
    }
}
