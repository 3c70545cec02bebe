//! Statements made ready: classified, bound, with the types of their parameters and columns.

use std::sync::Arc;

use super::Session;
use super::backend::{Backend, Plan};
use super::bare::{self, Bare};
use super::call_each::{self, Each};
use super::calls::{self, Call};
use super::transaction::Status;
use crate::error::{Report, Result, SqlState};
use crate::query::lasting::Lasting;
use crate::query::{NamedStatement, OutputColumn, Principal, QueryContext, SessionInputs};
use crate::sql;
use crate::sql::classify::{Class, Execute, Explain, ExplainForm, Read};
use crate::sql::language::{self, Forward, Language};
use crate::types::Type;
use crate::types::input::Reads;
use crate::types::literal::Literal;
use crate::types::zone::Tz;

/// What a statement does.
#[derive(Clone)]
pub(super) enum Action {
    /// Nothing was written.
    Empty,
    /// A query for the backend.
    Query(Read, Arc<dyn Plan>),
    /// A query in GoogleSQL for the backend.
    Forward(Arc<Forward>, Arc<dyn Plan>),
    /// Functions that only the session can answer: `set_config`, `pg_cancel_backend`.
    Calls(Vec<Call>),
    /// Such functions for the rows of this query.
    CallEach(Each, Arc<dyn Plan>),
    /// Everything else.
    Other(Class),
}

/// How a savepoint ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SavepointEnd {
    /// RELEASE: what was done behind it counts as done before it.
    Release,
    /// ROLLBACK TO: what was done behind it is gone.
    RollBack,
}

/// The generation of the session's settings, and those of configuration and catalog.
pub(super) type Generations = (u64, (u64, u64));

/// A statement made ready to run.
#[derive(Clone)]
pub struct Statement {
    /// Its text.
    pub source: Arc<str>,
    pub(super) action: Action,
    parameters: Vec<Type>,
    pub(super) declared: Vec<Type>,
    columns: Option<Arc<[OutputColumn]>>,
    /// How its constants are read: by what was set when it was parsed.
    pub(super) reads: Reads,
    /// What it was bound under.
    pub(super) bound: Generations,
    /// When it got a name (microseconds since 1970), and the text of the PREPARE that gave it.
    kept: Option<(i64, Option<Arc<str>>)>,
    /// What is said about its names that were too long.
    cut: Arc<[String]>,
}

impl Statement {
    /// Returns the types of the parameters.
    pub fn parameters(&self) -> &[Type] {
        &self.parameters
    }

    /// Returns the columns of the result; `None` for a statement without rows.
    pub fn columns(&self) -> Option<&Arc<[OutputColumn]>> {
        self.columns.as_ref()
    }

    /// As `pg_prepared_statements` shows it; `None` before it has a name.
    pub(super) fn named(&self, name: &str) -> Option<NamedStatement> {
        let (since, prepared) = self.kept.as_ref()?;
        Some(NamedStatement {
            name: name.to_owned(),
            text: prepared.as_ref().unwrap_or(&self.source).clone(),
            since: *since,
            parameters: self.parameters.clone(),
            from_sql: prepared.is_some(),
        })
    }

    /// Tells whether PostgreSQL would compute it while it plans.
    pub fn is_constant(&self) -> bool {
        matches!(&self.action, Action::Query(_, plan) if plan.is_constant())
    }

    /// Returns the query that it is, or holds.
    pub(super) fn read(&self) -> Option<&Read> {
        match &self.action {
            Action::Query(read, _) | Action::Other(Class::Declare { read, .. } | Class::Explain(Explain { read, .. })) => Some(read),
            _ => None,
        }
    }

    /// Returns the cursor that it fetches from, moves or closes, and whether it closes it.
    pub fn cursor(&self) -> Option<(&str, bool)> {
        match &self.action {
            Action::Other(class) => class.cursor(),
            _ => None,
        }
    }

    /// Tells whether it ends a savepoint, and how.
    pub fn savepoint(&self) -> Option<SavepointEnd> {
        match &self.action {
            Action::Other(Class::Release(_)) => Some(SavepointEnd::Release),
            Action::Other(Class::RollbackTo(_)) => Some(SavepointEnd::RollBack),
            _ => None,
        }
    }

    /// Returns the tags of its comment.
    fn tags(&self) -> Vec<(String, String)> {
        match &self.action {
            Action::Query(read, _) => sql::commenter::tags(&read.text),
            Action::Forward(forward, _) => sql::commenter::tags(&forward.query.text),
            _ => Vec::new(),
        }
    }

    /// Returns what there is to say about its names that were too long.
    pub fn cut(&self) -> &[String] {
        &self.cut
    }

    /// Tells whether the text held nothing.
    pub fn is_empty(&self) -> bool {
        matches!(self.action, Action::Empty)
    }

    /// Tells whether it sees data, or looks for it: all but a few commands do (utility.c, `PlannedStmtRequiresSnapshot`).
    fn sees_data(&self) -> bool {
        use Class::{
            Begin, Commit, Fetch, Nothing, Release, Reset, Rollback, RollbackTo, Savepoint, Set, SetCharacteristics, SetTransaction, Show,
        };
        match &self.action {
            Action::Empty => false,
            Action::Query(..) | Action::Forward(..) | Action::Calls(_) | Action::CallEach(..) => true,
            Action::Other(class) => !matches!(
                class,
                Begin { .. }
                    | Commit { .. }
                    | Rollback { .. }
                    | RollbackTo(_)
                    | Savepoint(_)
                    | Release(_)
                    | Set { .. }
                    | Reset(_)
                    | Show(_)
                    | SetTransaction(_)
                    | SetCharacteristics(_)
                    | Fetch { .. }
                    | Nothing(_)
            ),
        }
    }

    /// Tells whether a failed transaction block lets it run.
    fn ends_block(&self) -> bool {
        matches!(self.action, Action::Other(Class::Commit { .. } | Class::Rollback { .. } | Class::RollbackTo(_)) | Action::Empty)
    }
}

impl Session {
    /// Splits a text into its statements.
    ///
    /// # Errors
    /// 42601 where it does not parse, be it in the last of its statements: then none runs.
    pub fn parse(&self, text: &str) -> Result<Vec<sql::parse::Statement>> {
        let statements = language::statements(text, Language::of(self.values.get("sluice.dialect")))?;
        for statement in statements.iter().filter(|statement| matches!(statement.body, sql::parse::Body::Other(_))) {
            if let Err(report) = sql::classify::classify(statement.clone())
                && report.sqlstate == SqlState::SYNTAX_ERROR
            {
                return Err(report);
            }
        }
        Ok(statements)
    }

    /// Takes note that a statement begins to run, as [`Session::begin`]; the tags of its comment become labels.
    pub fn begin_statement(&mut self, statement: &Statement, row_limited: bool) -> QueryContext {
        let mut cx = self.begin(&statement.source, row_limited);
        if statement.sees_data() {
            self.transaction.queries(&self.values);
        }
        let tags = statement.tags();
        if !tags.is_empty() {
            Arc::make_mut(&mut cx.session).tags = tags;
        }
        cx
    }

    /// Refuses a statement that a failed transaction block does not let run.
    ///
    /// # Errors
    /// 25P02.
    pub fn allowed(&self, statement: &Statement) -> Result<()> {
        if statement.ends_block() { Ok(()) } else { self.transaction.check() }
    }

    /// Makes the one statement of a Parse message ready; `types` are the parameter types that the client declares (0 for none).
    ///
    /// # Errors
    /// 42601 for more than one statement, and whatever is wrong with it.
    pub async fn prepare(&mut self, text: &str, types: &[Type]) -> Result<Statement> {
        let mut statements = self.parse(text)?;
        if statements.len() > 1 {
            return Err(Report::new(SqlState::SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement"));
        }
        match statements.pop() {
            Some(statement) => self.ready(statement, types).await,
            None => Ok(empty()),
        }
    }

    /// Makes a parsed statement ready.
    ///
    /// # Errors
    /// 25P02 in a failed block, and whatever is wrong with it.
    pub async fn ready(&mut self, statement: sql::parse::Statement, types: &[Type]) -> Result<Statement> {
        let source: Arc<str> = statement.source.as_str().into();
        let cut: Arc<[String]> = statement.cut.as_slice().into();
        let failed = self.transaction.check();
        let class = match (sql::classify::classify(statement), failed.is_err()) {
            (Err(_), true) => return Err(failed.expect_err("checked")),
            (class, _) => class?,
        };
        let mut ready = Statement {
            source,
            action: Action::Empty,
            parameters: Vec::new(),
            declared: types.to_vec(),
            columns: None,
            bound: self.generations(),
            reads: self.inputs().reads_in,
            kept: None,
            cut,
        };
        ready.action = match class {
            Class::Read(read) if failed.is_ok() => {
                let bound = self.prepare_bound(&read, types, &ready.source).await?;
                return Ok(Statement { cut: ready.cut, ..bound });
            }
            Class::GoogleSql(forward) if failed.is_ok() => {
                let plan = self.read_forward(&ready.source, &forward).await?;
                ready.columns = Some(self.columns_told(&*plan));
                Action::Forward(forward, plan)
            }
            class => {
                if let (Class::Declare { read, .. } | Class::Explain(Explain { read, .. }), true) = (&class, failed.is_ok()) {
                    ready.parameters = self.prepare_bound(read, types, &ready.source).await?.parameters;
                }
                Action::Other(class)
            }
        };
        if !ready.ends_block() {
            failed?;
        }
        if let Action::Other(class) = &ready.action {
            ready.columns = self.columns_of(class)?;
        }
        Ok(ready)
    }

    /// Binds a query.
    pub(super) async fn prepare_bound(&mut self, read: &Read, types: &[Type], source: &str) -> Result<Statement> {
        let (bound, reads) = (self.generations(), self.inputs().reads_in);
        let (action, parameters, columns) = match (calls::find(read, types)?, call_each::find(read, types)) {
            (Some(calls), _) => (Action::Calls(calls.clone()), calls::parameters(&calls, types), calls.iter().map(Call::column).collect()),
            (None, Some((asked, each))) => {
                let plan = self.plan(&asked, types, reads).await?;
                let Some(columns) = each.columns(&plan.columns()) else {
                    // The binder says what is wrong with the call.
                    self.plan(read, types, reads).await?;
                    return Err(Report::internal("a function of the session was bound"));
                };
                (Action::CallEach(each, Arc::clone(&plan)), plan.parameters().to_vec(), columns)
            }
            (None, None) => {
                let plan = self.plan(read, types, reads).await?;
                (Action::Query(read.clone(), Arc::clone(&plan)), plan.parameters().to_vec(), self.columns_told(&*plan))
            }
        };
        Ok(Statement {
            source: source.into(),
            action,
            parameters,
            declared: types.to_vec(),
            columns: Some(columns),
            bound,
            reads,
            kept: None,
            cut: Arc::default(),
        })
    }

    /// Returns the columns that a plan answers with: under `sluice.dry_run` the one that tells the price.
    fn columns_told(&self, plan: &dyn Plan) -> Arc<[OutputColumn]> {
        if plan.is_priced() && self.values.get("sluice.dry_run") == Some("on") {
            return [OutputColumn::new("price", Type::TEXT)].into();
        }
        plan.columns()
    }

    /// Returns what a bound query depends on.
    pub(super) fn generations(&self) -> Generations {
        (self.values.generation(), self.backend.generation())
    }

    /// Reads a query in GoogleSQL; it can be cancelled like one that runs.
    async fn read_forward(&mut self, source: &str, forward: &Forward) -> Result<Arc<dyn Plan>> {
        let cx = self.begin(source, false);
        let plan = self.backend.forward(&cx, forward).await;
        self.rest();
        plan
    }

    async fn plan(&mut self, read: &Read, types: &[Type], reads: Reads) -> Result<Arc<dyn Plan>> {
        let mut inputs = self.inputs();
        if inputs.reads_in != reads {
            Arc::make_mut(&mut inputs).reads_in = reads;
        }
        plan(&*self.backend, read, &inputs, &self.principal, types).await
    }

    /// Tells whether [`Session::refresh`] has nothing to do.
    pub fn is_fresh(&self, statement: &Statement) -> bool {
        let fresh = match &statement.action {
            Action::Query(..) | Action::Forward(..) => statement.bound == self.generations(),
            Action::Other(Class::Fetch { .. } | Class::Execute(_)) => false,
            _ => true,
        };
        fresh && self.allowed(statement).is_ok()
    }

    /// Brings a statement up to date with the catalog and the settings before it runs.
    ///
    /// # Errors
    /// 25P02 in a failed block; whatever is wrong with it by now; 0A000 when its result would have other columns than the client was told.
    pub async fn refresh(&mut self, statement: &Arc<Statement>) -> Result<Arc<Statement>> {
        self.allowed(statement)?;
        if let Action::Other(class @ (Class::Fetch { .. } | Class::Execute(_))) = &statement.action {
            // The cursor or statement that is meant is the one of now.
            let columns = self.columns_of(class)?;
            return Ok(Arc::new(Statement { columns, ..Statement::clone(statement) }));
        }
        let (Action::Query(_, known) | Action::Forward(_, known)) = &statement.action else { return Ok(Arc::clone(statement)) };
        // Taken before: a catalog that comes meanwhile makes the plan out of date.
        let bound = self.generations();
        if statement.bound == bound {
            return Ok(Arc::clone(statement));
        }
        let (action, plan) = match &statement.action {
            Action::Forward(forward, _) => {
                let plan = self.read_forward(&statement.source, forward).await?;
                (Action::Forward(forward.clone(), plan.clone()), plan)
            }
            Action::Query(read, _) => {
                let plan = self.plan(read, &statement.declared, statement.reads).await?;
                (Action::Query(read.clone(), plan.clone()), plan)
            }
            _ => return Ok(Arc::clone(statement)),
        };
        let shape = |columns: &[OutputColumn]| columns.iter().map(|column| (column.name.clone(), column.ty)).collect::<Vec<_>>();
        let (known, columns) = (statement.columns.clone().unwrap_or_else(|| known.columns()), self.columns_told(&*plan));
        if shape(&known) != shape(&columns) {
            return Err(Report::new(SqlState::FEATURE_NOT_SUPPORTED, "cached plan must not change result type"));
        }
        let columns = Some(columns);
        Ok(Arc::new(Statement { action, columns, bound, ..Statement::clone(statement) }))
    }

    /// Returns the answer that a statement would have now, to be given again, where it is at hand and the session is in no block.
    pub fn lasting(&mut self, statement: &Statement, parameters: &[Literal]) -> Option<Arc<dyn Lasting>> {
        let (Action::Query(_, plan), Status::Idle) = (&statement.action, self.transaction.status()) else { return None };
        let inputs = self.inputs();
        plan.lasting(&inputs, &self.principal, parameters)
    }

    /// Tells whether a statement would run as it is, outside of a block.
    pub fn is_current(&self, statement: &Statement) -> bool {
        self.transaction.status() == Status::Idle && statement.bound == self.generations()
    }

    /// Tells whether this is the statement prepared under a name.
    pub fn is_prepared(&self, name: &str, statement: &Arc<Statement>) -> bool {
        self.statements.get(name).is_some_and(|known| Arc::ptr_eq(known, statement))
    }

    /// Puts a prepared statement that was brought up to date in its place.
    pub fn renew(&mut self, name: &str, statement: &Arc<Statement>) {
        if let Some(known) = self.statements.get_mut(name) {
            *known = Arc::clone(statement);
        }
    }

    /// Keeps a prepared statement; the unnamed one is replaced.
    ///
    /// # Errors
    /// 42P05 when the name is taken, 54000 when there are too many.
    pub fn keep(&mut self, name: &str, statement: Arc<Statement>) -> Result<()> {
        self.keep_as(name, statement, None)
    }

    /// As [`Session::keep`], by a PREPARE of this text.
    pub(super) fn keep_as(&mut self, name: &str, statement: Arc<Statement>, prepared: Option<Arc<str>>) -> Result<()> {
        let mut statement = statement;
        if statement.sees_data() && self.transaction.in_block() {
            self.transaction.queries(&self.values);
        }
        if !name.is_empty() {
            if self.statements.contains_key(name) {
                return Err(Report::new(SqlState::DUPLICATE_PREPARED_STATEMENT, format!("prepared statement \"{name}\" already exists")));
            }
            self.room(&self.statements, "prepared statements")?;
            Arc::make_mut(&mut statement).kept = Some((chrono::Utc::now().timestamp_micros(), prepared));
        }
        self.statements.insert(name.to_owned(), statement);
        Ok(())
    }

    /// Puts a statement in the place of the unnamed one.
    pub fn replace_unnamed(&mut self, statement: Arc<Statement>) {
        self.statements.insert(String::new(), statement);
    }

    /// Finds a prepared statement.
    ///
    /// # Errors
    /// 26000 when there is none.
    pub fn statement(&self, name: &str) -> Result<Arc<Statement>> {
        self.statements.get(name).cloned().ok_or_else(|| {
            let which = if name.is_empty() { "unnamed prepared statement".to_owned() } else { format!("prepared statement \"{name}\"") };
            Report::new(SqlState::INVALID_SQL_STATEMENT_NAME, format!("{which} does not exist"))
        })
    }

    /// Forgets a prepared statement. Tells whether there was one.
    pub fn forget(&mut self, name: &str) -> bool {
        self.statements.remove(name).is_some()
    }

    fn columns_of(&self, class: &Class) -> Result<Option<Arc<[OutputColumn]>>> {
        let text = |names: &[&str]| Some(names.iter().map(|name| OutputColumn::new(*name, Type::TEXT)).collect());
        Ok(match class {
            Class::Show(None) => text(&["name", "setting", "description"]),
            Class::Show(Some(name)) => text(&[&self.show(name)?.0]),
            Class::Explain(Explain { json: true, .. }) | Class::ExplainExecute(ExplainForm { json: true, .. }, _) => {
                Some([OutputColumn::new("QUERY PLAN", Type::JSON)].into())
            }
            Class::Explain(_) | Class::ExplainExecute(..) => text(&["QUERY PLAN"]),
            // What they name may not be there yet.
            Class::Execute(Execute { name, .. }) => self.statement(name).ok().and_then(|statement| statement.columns.clone()),
            Class::Fetch { name, skip: false, .. } => self.cursor_columns(name),
            _ => None,
        })
    }
}

/// Binds a query with whatever stands behind the session.
pub(super) async fn plan(
    backend: &dyn Backend,
    read: &Read,
    session: &SessionInputs,
    principal: &Principal,
    types: &[Type],
) -> Result<Arc<dyn Plan>> {
    match bare::filled(read) {
        Some(filled) => Ok(Arc::new(Bare(backend.prepare(&filled, session, principal, types).await?))),
        None => backend.prepare(read, session, principal, types).await,
    }
}

/// The statement of an empty text.
pub(super) fn empty() -> Statement {
    Statement {
        source: "".into(),
        action: Action::Empty,
        parameters: Vec::new(),
        declared: Vec::new(),
        columns: None,
        bound: Generations::default(),
        reads: Tz::UTC.into(),
        kept: None,
        cut: Arc::default(),
    }
}
