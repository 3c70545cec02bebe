//! The way of a query: every branch on one screen, in [`Pipeline::answer`].

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::cache::{Cache, Meta};
use crate::catalog::Catalog;
use crate::catalog::model::Table;
use crate::error::{Report, Result, SqlState};
use crate::guard::{Estimate, Guard};
use crate::optimize::{Optimizer, Trace, limit};
use crate::policy::Policy;
use crate::query::live::LiveSessions;
use crate::query::{Answer, CacheMode, Principal, QueryContext, Rows, SessionInputs, Tag};
use crate::sql::classify::Read;
use crate::sql::emit::{Dialect, Job, emit, googlesql};
use crate::sql::fingerprint::canonical;
use crate::sql::styles;
use crate::sql::tree::Bound;
use crate::types::Type;
use crate::types::input::{Order, Reads};
use crate::types::literal::Literal;
use crate::warehouse::Warehouse;
use crate::warehouse::embedded::Embedded;

mod arguments;
mod calls;
mod discreet;
mod early;
mod explain;
mod facts;
mod forward;
mod free;
mod hit;
mod lazy;
mod lookup;
pub mod history;
pub mod host;
mod memo;
mod prepared;
mod report;
mod system;
mod views;

pub use forward::Forwarded;
use history::History;
use host::Host;
use lookup::{Found, Keyed};
pub use prepared::Prepared;
use prepared::Statements;
use report::Story;

/// What the pipeline itself can be told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Names the warehouse in cache keys: kind, project, location.
    pub backend: String,
    /// Memory for bound statements.
    pub statement_bytes: u64,
    /// Rows of one answer at most (`guard.max_rows`).
    pub max_rows: Option<u64>,
    /// The logins with (name, is admin), for `pg_roles`.
    pub users: Vec<(String, bool)>,
    /// Who is connected, for `pg_stat_activity`.
    pub sessions: LiveSessions,
}

/// The parts that a query passes, in the order of the way.
pub struct Parts {
    /// What relations exist.
    pub catalog: Arc<Catalog>,
    /// Rewrites.
    pub optimizer: Optimizer,
    /// Who may see and do what.
    pub policy: Policy,
    /// Results by proof of equality.
    pub cache: Arc<Cache>,
    /// Money.
    pub guard: Arc<Guard>,
    /// Where the rows are.
    pub warehouse: Arc<dyn Warehouse>,
    /// The engine for system relations and constants.
    pub system: Arc<Embedded>,
    /// The last queries.
    pub history: Arc<History>,
    /// The server around it.
    pub host: Arc<dyn Host>,
}

/// Answers queries.
pub struct Pipeline {
    /// Tells it from the one before, which had another configuration.
    number: u64,
    settings: Settings,
    parts: Parts,
    statements: Statements,
}

impl Pipeline {
    /// Puts the parts together.
    pub fn new(settings: Settings, parts: Parts) -> Pipeline {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let statements = Statements::new(settings.statement_bytes);
        Pipeline { number: NEXT.fetch_add(1, Ordering::Relaxed), settings, parts, statements }
    }

    /// Returns the server around it.
    pub fn host(&self) -> Arc<dyn Host> {
        self.parts.host.clone()
    }

    /// Returns the database of clients that name none.
    pub fn default_database(&self) -> String {
        self.parts.catalog.snapshot().databases.first().cloned().unwrap_or_else(|| "sluice".into())
    }

    /// Tells whether clients may connect to this database.
    pub fn has_database(&self, name: &str) -> bool {
        self.parts.catalog.snapshot().databases.iter().any(|database| database == name)
    }

    /// Returns the schemas searched for unqualified names when the session does not say: the schema of the database's name, else
    /// the default schema, then `public`.
    pub fn default_search_path(&self, database: &str) -> Vec<String> {
        let snapshot = self.parts.catalog.snapshot();
        let own = snapshot.schemas.get(database).map(|schema| schema.name.clone()).or_else(|| snapshot.default_schema.clone());
        own.into_iter().chain(["public".to_owned()]).collect()
    }

    /// Returns the generations of configuration and catalog: another one may bind a text otherwise.
    pub fn generation(&self) -> (u64, u64) {
        (self.number, self.parts.catalog.snapshot().generation)
    }

    /// Binds a statement, or finds it bound already. Runs nothing, costs nothing.
    ///
    /// # Errors
    /// Whatever is wrong with names and types, with its position; 0A000 for what is not known.
    pub async fn prepare(
        &self,
        read: &Read,
        session: &SessionInputs,
        principal: &Principal,
        parameter_types: &[Type],
    ) -> Result<Arc<Prepared>> {
        loop {
            match self.bind(read, session, principal, parameter_types) {
                Err(Report { needs: Some(needed), .. }) => self.read_table(&needed).await?,
                prepared => return prepared,
            }
        }
    }

    /// Answers a prepared statement with these parameters.
    ///
    /// # Errors
    /// A refusal of policy or guard, or what the warehouse has against the query; errors after the first row come through the rows.
    pub async fn answer(&self, cx: &QueryContext, prepared: &Prepared, parameters: Vec<Literal>) -> Result<Answer> {
        let mut story = Story::begin(&prepared.fingerprint, prepared.text_hash, prepared.needs_warehouse, &self.parts);
        let rows = match self.recall(cx, prepared, &parameters, &mut story) {
            Some(rows) => Ok(rows),
            // On the heap: an answer at hand need not carry the room of the long way.
            None => Box::pin(self.lead(cx, prepared, &parameters, &mut story)).await,
        };
        match rows {
            Ok(rows) => {
                if let Some(turn) = &cx.turn {
                    turn.pass(); // whatever way it took
                }
                Ok(Answer::Rows { rows: story.tell_at_the_end(cx, self.settings.max_rows, rows), tag: Tag::Select })
            }
            Err(report) => Err(story.tell_refusal(cx, report)),
        }
    }

    /// Finds an answer that was given a moment ago.
    fn recall(&self, cx: &QueryContext, prepared: &Prepared, parameters: &[Literal], story: &mut Story) -> Option<Rows> {
        let (rows, entry) = prepared.memo.get(cx, parameters, self.generations())?;
        self.parts.cache.count_hit();
        story.hit(&entry);
        Some(rows)
    }

    /// What an answer at hand depends on: the catalog, and flushes of the cache.
    fn generations(&self) -> (u64, u64) {
        (self.parts.catalog.snapshot().generation, self.parts.cache.flushes())
    }

    async fn lead(&self, cx: &QueryContext, prepared: &Prepared, parameters: &[Literal], story: &mut Story) -> Result<Rows> {
        let Parts { catalog, optimizer, policy, cache, guard, warehouse, .. } = &self.parts;
        let snapshot = catalog.snapshot();
        let generations = (snapshot.generation, cache.flushes());
        styles::check(&prepared.bound, warehouse.dialect(), &cx.session)?;
        styles::check_parameters(parameters, &cx.session)?;
        let (mut bound, stamped) = prepared.stamp(cx, &snapshot)?;
        if let Some(call) = calls::find(&bound, parameters)? {
            return self.call(cx, call).await; // SELECT sluice.approve('7f3a')
        }
        policy.apply(&cx.principal, &mut bound)?;
        if !prepared.needs_warehouse {
            let snapshot = self.whole_for(cx, &bound, snapshot).await?;
            match self.system(cx, &snapshot, &bound, parameters).await {
                // Without any table the warehouse may know what the system engine does not.
                Err(report) if report.sqlstate == SqlState::FEATURE_NOT_SUPPORTED && self.may_ask_the_warehouse(&bound) => {}
                answered => {
                    story.free();
                    return answered;
                }
            }
        }
        let traces = optimizer.apply(cx, &mut bound);
        let allowed = policy.apply(&cx.principal, &mut bound)?; // whatever was rewritten, policy has the last look
        let canonical = canonical(&bound);
        story.stage("bind");

        let tables = bound.tables();
        let ttl = if stamped.volatile { None } else { cache.ttl(&bound, stamped.valid_for) };
        let question = Question { bound: &bound, parameters, fingerprint: &prepared.fingerprint };
        let behind = self.behind_views(cx, &question, ttl.is_some() && cx.session.cache_mode != CacheMode::Off).await?;
        let (ttl, tables) = with_behind(cache, ttl, tables, behind.tables);
        let session = session_in_key(cx, &bound, stamped.zone_dependent);
        let key =
            self.key(cx, Keyed { ttl, tables: &tables, canonical: &canonical, parameters, allowed: &allowed, session: &session }).await?;
        let asked = self.ask_early(cx, &question, key.as_ref().map(|(key, _)| key), behind.estimate).await?;
        let lead = match stoppable(cx, self.look_up(cx, key.as_ref())).await? {
            Found::Hit(entry) => {
                story.hit(&entry);
                if stamped.valid_for.is_none() && traces.iter().all(|trace| trace.cut.is_none()) {
                    prepared.memo.put(cx, parameters, generations, &bound.columns, &entry);
                }
                return Ok(Self::cut(cx, Rows { columns: bound.columns, batches: entry.rows() }, &traces));
            }
            Found::Miss(lead) => lead,
        };
        if cx.session.cache_mode == CacheMode::Only {
            return Err(not_in_cache());
        }
        story.miss(key.is_some());

        guard.check_active(&cx.principal)?;
        if let Some(rows) = self.free(cx, &bound, parameters, story).await {
            return Ok(Self::cut(cx, rows, &traces));
        }
        guard.check_partitions(cx, &bound)?;
        let (job, estimate) = match asked {
            Some(estimate) => (self.job(cx, &question)?, estimate),
            None => self.estimate_of(cx, &question).await?,
        };
        let places = question.places(cx, &job);
        story.stage("estimate");
        let quote = guard.quote(&estimate);
        if cx.session.dry_run {
            return Ok(priced(&quote.noted()));
        }
        let admitted = self.admit(cx, &canonical, job, &estimate).await?;
        let running = warehouse.run(cx, admitted).await.map_err(|report| places.find(report))?;
        story.run(&running);

        let batches = match key {
            Some((key, ttl)) => {
                let meta = Meta { ttl, price_nanos: quote.price.0, text_hash: prepared.text_hash, lead };
                cache.keep(key, running.batches, meta)
            }
            None => running.batches,
        };
        Ok(Self::cut(cx, Rows { columns: bound.columns, batches }, &traces))
    }

    /// Tells whether a query that reads nothing can be tried on the warehouse as well: it costs nothing there.
    fn may_ask_the_warehouse(&self, bound: &Bound) -> bool {
        self.parts.warehouse.dialect() == Dialect::GoogleSql && bound.tables().is_empty()
    }

    /// Prints the job of a question.
    fn job(&self, cx: &QueryContext, question: &Question<'_>) -> Result<Job> {
        let mut job = emit(question.bound, self.parts.warehouse.dialect(), question.parameters, reads(cx))?;
        question.fingerprint.clone_into(&mut job.fingerprint);
        Ok(job)
    }

    /// Prints the job of a question, and asks the warehouse what it would read.
    async fn estimate_of(&self, cx: &QueryContext, question: &Question<'_>) -> Result<(Job, Estimate)> {
        let job = self.job(cx, question)?;
        let estimate = self.estimate(cx, &job).await.map_err(|report| question.places(cx, &job).find(report))?;
        Ok((job, estimate))
    }

    /// Asks the warehouse what the job would read; what cannot be estimated does not run (SL005).
    async fn estimate(&self, cx: &QueryContext, job: &Job) -> Result<Estimate> {
        match stoppable(cx, self.parts.warehouse.estimate(cx, job)).await {
            Ok(estimate) => Ok(estimate),
            Err(report) => Err(self.discreet_of_views(cx, &job.tables, self.unestimated(report)).await),
        }
    }

    /// A warehouse that cannot be asked gives no estimate.
    fn unestimated(&self, report: Report) -> Report {
        match report.sqlstate {
            SqlState::CONNECTION_FAILURE | SqlState::SYSTEM_ERROR => self.parts.guard.estimate_unavailable(&report),
            _ => report,
        }
    }

    /// Cuts rows where a limit was injected.
    fn cut(cx: &QueryContext, rows: Rows, traces: &[Trace]) -> Rows {
        match traces.iter().find_map(|trace| trace.cut) {
            Some(limit) => Rows { batches: limit::cut(rows.batches, limit, cx.notices.clone()), ..rows },
            None => rows,
        }
    }
}

/// What is asked, after all rewriting.
struct Question<'a> {
    bound: &'a Bound,
    parameters: &'a [Literal],
    /// The statement's name in logs.
    fingerprint: &'a str,
}

impl<'a> Question<'a> {
    fn places(&self, cx: &QueryContext, job: &Job) -> Places<'a> {
        Places { bound: self.bound, parameters: self.parameters, zone: cx.session.timezone, text: job.text.clone() }
    }
}

/// Puts the tables behind views to those that a query names: how long an answer may live, and what it depends on.
fn with_behind(
    cache: &Cache,
    ttl: Option<Duration>,
    mut tables: Vec<Arc<Table>>,
    behind: Option<Vec<Arc<Table>>>,
) -> (Option<Duration>, Vec<Arc<Table>>) {
    let ttl = behind.as_deref().and_then(|behind| Some(ttl?.min(cache.ttl_of(behind)?)));
    tables.extend(behind.unwrap_or_default());
    (ttl, tables)
}

/// How dates are read while the query runs.
fn reads(cx: &QueryContext) -> Reads {
    Reads { zone: cx.session.timezone, order: styles::order(&cx.session) }
}

/// What the session says that the answer depends on.
fn session_in_key(cx: &QueryContext, bound: &Bound, zone_dependent: bool) -> String {
    let zone = if zone_dependent { cx.session.timezone_name.as_str() } else { "" };
    let order = styles::order(&cx.session);
    if order != Order::Mdy && styles::reads_dates(bound).is_some() { format!("{zone} {order:?}") } else { zone.to_owned() }
}

/// The answer under `sluice.dry_run`.
fn priced(price: &str) -> Rows {
    Rows::text(&["price"], &[vec![Some(price.to_owned())]])
}

fn not_in_cache() -> Report {
    Report::new(SqlState::NOT_IN_CACHE, "SL007: the answer is not in the cache, and sluice.cache is \"only\"")
        .hint("SET sluice.cache = on to let the query run.")
}

/// What a text was printed from: finds the client's place for the warehouse's.
struct Places<'a> {
    bound: &'a Bound,
    parameters: &'a [Literal],
    zone: crate::types::zone::Tz,
    text: String,
}

impl Places<'_> {
    fn find(&self, mut report: Report) -> Report {
        if let Some(at) = report.within_job.take() {
            report.position = googlesql::places::source_of(self.bound, self.parameters, self.zone, &self.text, at);
        }
        report
    }
}

/// Ends a wait when the query is cancelled or its time is over (57014). Running jobs end themselves, with what they have to clean up.
async fn stoppable<T>(cx: &QueryContext, work: impl Future<Output = Result<T>>) -> Result<T> {
    let deadline = async {
        match cx.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        result = work => result,
        () = cx.cancel.cancelled() => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to user request")),
        () = deadline => Err(Report::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")),
    }
}
