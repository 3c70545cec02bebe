//! Queries in GoogleSQL: the same way as all others, with the dry run in the binder's place and the text in the tree's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::explain::{Cost, Plan, share};
use super::lookup::{Found, Keyed};
use super::report::Story;
use super::{Parts, Pipeline, not_in_cache, stoppable, views, with_behind};
use crate::cache::Meta;
use crate::cache::key::Key;
use crate::catalog::model::{Snapshot, Table, TableName};
use crate::error::{Report, Result, SqlState};
use crate::guard::Estimate;
use crate::optimize::limit;
use crate::query::{Answer, CacheMode, Notice, OutputColumn, QueryContext, Rows, SessionInputs, Tag};
use crate::sql::emit::{Dialect, Job, Origin};
use crate::sql::language::Forward;
use crate::types::Type;

/// How long the estimate that came with the types is good for the run.
const ESTIMATE_GOOD_FOR: Duration = Duration::from_secs(2);

/// A query in GoogleSQL whose tables and types are known.
#[derive(Debug)]
pub struct Forwarded {
    forward: Forward,
    job: Job,
    /// The names in it that could be those of tables that are not shown.
    unclear: Vec<Vec<String>>,
    /// The tables behind its views, as far as they are known.
    behind: Option<Vec<Arc<Table>>>,
    /// The estimate of the dry run that told the types, for the run that follows at once.
    estimate: Mutex<Option<(Instant, Estimate)>>,
}

impl Forwarded {
    /// Returns the columns as the client sees them.
    pub fn columns(&self) -> Arc<[OutputColumn]> {
        match self.forward.explain {
            Some(options) => [OutputColumn::new("QUERY PLAN", if options.json { Type::JSON } else { Type::TEXT })].into(),
            None => self.job.columns.clone(),
        }
    }

    /// Tells whether EXPLAIN stands before it.
    pub fn is_explained(&self) -> bool {
        self.forward.explain.is_some()
    }
}

impl Pipeline {
    /// Finds the tables of a query in GoogleSQL, asks whether they may be read, and lets a dry run tell its columns. Costs nothing.
    ///
    /// # Errors
    /// 42601 or 0A000 on another warehouse, 42P01, SL008, and what the warehouse has against the text.
    pub async fn open(&self, cx: &QueryContext, forward: &Forward) -> Result<Forwarded> {
        loop {
            match self.open_known(cx, forward).await {
                Err(Report { needs: Some(needed), .. }) => self.read_table(&needed).await?,
                opened => return opened,
            }
        }
    }

    async fn open_known(&self, cx: &QueryContext, forward: &Forward) -> Result<Forwarded> {
        let Parts { catalog, warehouse, policy, .. } = &self.parts;
        if warehouse.dialect() != Dialect::GoogleSql {
            return Err(match &forward.instead {
                Some(report) => {
                    report.clone().hint("As GoogleSQL the text could be read, but the embedded engine takes PostgreSQL's SQL only.")
                }
                None => Report::unsupported("GoogleSQL on the embedded engine").hint("Write the query in PostgreSQL's SQL."),
            });
        }
        let snapshot = catalog.snapshot();
        let default = default_schema(&snapshot, &cx.session);
        let mut tables: Vec<Arc<Table>> = Vec::new();
        for path in &forward.query.tables {
            add(&mut tables, resolve(&snapshot, path, default.as_deref())?);
        }
        policy.apply_whole(&cx.principal, &tables)?;
        // What begins as an alias of another scope does is an array or a table, as BigQuery decides: only those of the catalog may be tables.
        let (mut perhaps, mut unclear) = (Vec::new(), Vec::new());
        for path in &forward.query.doubtful {
            match resolve(&snapshot, path, default.as_deref()) {
                Ok(table) if policy.may_read(&cx.principal, table) => add(&mut perhaps, table),
                Err(report) if report.needs.is_some() => return Err(report),
                Ok(_) | Err(_) => unclear.push(path.clone()),
            }
        }
        perhaps.retain(|other| tables.iter().all(|table| table.name != other.name));
        let mut job = Job {
            text: forward.query.text.to_string(),
            dialect: Dialect::GoogleSql,
            parameters: Vec::new(),
            columns: Arc::new([]),
            tables,
            // A word too many only costs speed.
            ordered: forward.query.text.to_ascii_lowercase().contains("order"),
            origin: Origin::Client { default_schema: default, perhaps: perhaps.clone() },
            fingerprint: forward.query.fingerprint.clone(),
        };
        let asked = Instant::now();
        let (columns, estimate) = match stoppable(cx, warehouse.describe(cx, &job)).await {
            Ok(described) => described,
            Err(report) if views::is_passing(&report) => return Err(self.unestimated(report)),
            // What BigQuery says may tell of a table that is not shown: its columns, or whether there is one.
            Err(report) => match unclear.first() {
                Some(path) => return Err(hidden(path)),
                None => return Err(in_neither(forward, forward.placed(self.discreet_of_views(cx, &job.tables, report).await))),
            },
        };
        job.tables.extend(perhaps.into_iter().filter(|table| estimate.scans.iter().any(|scan| scan.table == table.name)));
        let opened = Forwarded { forward: forward.clone(), job, unclear, behind: None, estimate: Mutex::new(None) };
        let behind = self.look_at(cx, &opened, &estimate)?;
        let job = Job { columns, ..opened.job };
        Ok(Forwarded { job, behind, estimate: Mutex::new(Some((asked, estimate))), ..opened })
    }

    /// Looks at what a dry run names: nothing that is not shown, be it named by the text or read by way of a view.
    fn look_at(&self, cx: &QueryContext, opened: &Forwarded, estimate: &Estimate) -> Result<Option<Vec<Arc<Table>>>> {
        let tables = &opened.job.tables;
        let others = estimate.scans.iter().map(|scan| &scan.table).filter(|name| tables.iter().all(|table| table.name != **name));
        let others: Vec<&TableName> = others.collect();
        let Origin::Client { default_schema, .. } = &opened.job.origin else { return Err(Report::internal("a text without a client")) };
        for path in &opened.unclear {
            // Views may read the same: then nobody can tell who names it. And where no table is told, nothing is known.
            if estimate.scans.is_empty() || others.iter().any(|name| may_be(path, name, default_schema.as_deref())) {
                return Err(hidden(path));
            }
        }
        self.look_behind(cx, &self.parts.catalog.snapshot(), tables, estimate)
    }

    /// Answers a query in GoogleSQL.
    ///
    /// # Errors
    /// As [`Pipeline::answer`].
    pub async fn answer_forwarded(&self, cx: &QueryContext, opened: &Forwarded) -> Result<Answer> {
        let forward = &opened.forward;
        if let Some(instead) = &forward.instead {
            let hint =
                "SET sluice.dialect = googlesql says so without this notice, SET sluice.dialect = postgres reads PostgreSQL's SQL only.";
            cx.notices.push(Notice::plain(format!("the query is read as GoogleSQL ({} in PostgreSQL's)", instead.message)).hinted(hint));
        }
        if let Some(options) = forward.explain {
            let plan = self.plan_forwarded(cx, opened).await.map_err(|report| forward.placed(report))?;
            return Ok(Answer::Rows { rows: plan.rows(None, options.json, false), tag: Tag::Explain });
        }
        let mut story = Story::begin(&forward.query.fingerprint.as_str().into(), text_hash(&opened.job.text), true, &self.parts);
        match self.lead_forwarded(cx, opened, &mut story).await {
            Ok(rows) => Ok(Answer::Rows { rows: story.tell_at_the_end(cx, self.settings.max_rows, rows), tag: Tag::Select }),
            Err(report) => Err(story.tell_refusal(cx, report)),
        }
    }

    async fn lead_forwarded(&self, cx: &QueryContext, opened: &Forwarded, story: &mut Story) -> Result<Rows> {
        let Parts { cache, guard, warehouse, optimizer, .. } = &self.parts;
        let job = &opened.job;
        let canonical = canonical(job);
        story.stage("bind");

        let key = self.key_forwarded(cx, opened, &canonical).await?;
        let cut = Some(optimizer.rows_at_most(cx)).filter(|rows| opened.forward.query.unlimited && *rows > 0);
        let shown = |batches| Rows {
            columns: job.columns.clone(),
            // The text stays as it is: what a LIMIT would leave out is left out here.
            batches: match cut {
                Some(rows) => limit::cut(batches, rows, cx.notices.clone()),
                None => batches,
            },
        };
        let lead = match stoppable(cx, self.look_up(cx, key.as_ref())).await? {
            Found::Hit(entry) => {
                story.hit(&entry);
                return Ok(shown(entry.rows()));
            }
            Found::Miss(lead) => lead,
        };
        if cx.session.cache_mode == CacheMode::Only {
            return Err(not_in_cache());
        }
        story.miss(key.is_some());

        guard.check_partition_columns(cx, &job.tables, &opened.forward.query.filtered)?;
        let estimate = self.estimate_forwarded(cx, opened).await?;
        story.stage("estimate");
        let quote = guard.quote(&estimate);
        if cx.session.dry_run {
            return Ok(Rows::text(&["price"], &[vec![Some(quote.noted())]]));
        }
        let admitted = guard.admit(cx, &canonical, job.clone(), &estimate)?;
        let running = warehouse.run(cx, admitted).await?;
        story.run(&running);
        let batches = match key {
            Some((key, ttl)) => {
                let meta = Meta { ttl, price_nanos: quote.price.0, text_hash: text_hash(&job.text), lead };
                cache.keep(key, running.batches, meta)
            }
            None => running.batches,
        };
        Ok(shown(batches))
    }

    async fn key_forwarded(&self, cx: &QueryContext, opened: &Forwarded, canonical: &str) -> Result<Option<(Key, Duration)>> {
        let tables = &opened.job.tables;
        let allowed = self.parts.policy.apply_whole(&cx.principal, tables)?;
        let ttl = Some(()).filter(|()| !opened.forward.query.volatile).and_then(|()| self.parts.cache.ttl_of(tables));
        let (ttl, tables) = with_behind(&self.parts.cache, ttl, tables.clone(), opened.behind.clone());
        self.key(cx, Keyed { ttl, tables: &tables, canonical, parameters: &[], allowed: &allowed, session: "" }).await
    }

    /// Returns the estimate of the dry run that told the types, if that was just now; else asks again.
    pub(super) async fn estimate_forwarded(&self, cx: &QueryContext, opened: &Forwarded) -> Result<Estimate> {
        let known = opened.estimate.lock().unwrap_or_else(PoisonError::into_inner).take();
        match known {
            Some((asked, estimate)) if asked.elapsed() < ESTIMATE_GOOD_FOR => Ok(estimate),
            _ => {
                let estimate = self.estimate(cx, &opened.job).await?;
                self.look_at(cx, opened, &estimate)?;
                Ok(estimate)
            }
        }
    }

    async fn plan_forwarded(&self, cx: &QueryContext, opened: &Forwarded) -> Result<Plan> {
        let parts = &self.parts;
        let key = self.key_forwarded(cx, opened, &canonical(&opened.job)).await?;
        let estimate = self.estimate_forwarded(cx, opened).await?;
        let quote = parts.guard.quote(&estimate);
        Ok(Plan {
            cost: Some(Cost { share: share(&parts.guard, cx, &quote), estimate, quote }),
            free: "",
            traces: Vec::new(),
            cache: self.cache_status(key.as_ref()).await,
            policy: super::explain::policy_line(cx),
            budget: super::explain::budget_line(&parts.guard, cx),
            googlesql: opened.job.text.clone(),
            engine: None,
        })
    }
}

/// What cache keys and approvals know the query by: its bytes, and where names without data set belong.
fn canonical(job: &Job) -> String {
    let Origin::Client { default_schema, .. } = &job.origin else { return job.text.clone() };
    format!("googlesql {}\n{}", default_schema.as_deref().unwrap_or_default(), job.text)
}

fn text_hash(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Returns the data set of names without one: the first of the search path that there is.
fn default_schema(snapshot: &Snapshot, session: &SessionInputs) -> Option<String> {
    let path = session.search_path.iter().chain(&snapshot.default_schema);
    let own = |name: &&String| snapshot.schemas.get(*name).is_some_and(|schema| !schema.tables.values().any(|table| table.is_system()));
    path.into_iter().find(own).cloned()
}

fn add(tables: &mut Vec<Arc<Table>>, table: &Arc<Table>) {
    if tables.iter().all(|known| known.name != table.name) {
        tables.push(table.clone());
    }
}

/// Finds a table by its path; BigQuery's names have their case.
fn resolve<'a>(snapshot: &'a Snapshot, path: &[String], default: Option<&str>) -> Result<&'a Arc<Table>> {
    let found = match path {
        [project, schema, table] if snapshot.others.contains(project) => return snapshot.of_other(project, schema, table),
        [table] => default.and_then(|schema| snapshot.schemas.get(schema)?.tables.get(table)),
        [schema, table] => snapshot.schemas.get(schema).and_then(|schema| schema.tables.get(table)),
        [project, schema, table] if snapshot.databases.contains(project) => {
            snapshot.schemas.get(schema).and_then(|schema| schema.tables.get(table))
        }
        _ => None,
    };
    let found = found.filter(|table| !table.is_system()).ok_or_else(|| {
        Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{}\" does not exist", path.join(".")))
            .hint("GoogleSQL reads tables of the catalog only, by their exact names: data_set.table or project.data_set.table.")
    })?;
    found.known()
}

/// Tells whether a path of a text could mean a table; BigQuery's names of data sets and tables stand side by side in it, whatever is before or behind them.
fn may_be(path: &[String], name: &TableName, default: Option<&str>) -> bool {
    let dataset = name.schema.rsplit('.').next().unwrap_or_default();
    let is = |part: &str, own: &str| match part.strip_suffix('*') {
        Some(head) => own.get(..head.len()).is_some_and(|own| own.eq_ignore_ascii_case(head)),
        None => part.eq_ignore_ascii_case(own),
    };
    match path {
        [table] => default == Some(dataset) && is(table, &name.table),
        _ => path.windows(2).any(|pair| pair[0].eq_ignore_ascii_case(dataset) && is(&pair[1], &name.table)),
    }
}

/// The refusal of a name that could be a table's: the same whether there is such a table or not, and whatever BigQuery says about it.
fn hidden(path: &[String]) -> Report {
    let message = format!("\"{}\" may be a table, and there is none of this name that may be read", path.join("."));
    Report::new(SqlState::INSUFFICIENT_PRIVILEGE, message).hint("Where an array is meant, write UNNEST(alias.column), and check its name.")
}

/// What is told of a text that BigQuery cannot read: where nobody had said that it is GoogleSQL, what PostgreSQL says.
fn in_neither(forward: &Forward, report: Report) -> Report {
    match &forward.instead {
        Some(own) if report.sqlstate == SqlState::SYNTAX_ERROR => {
            let words = report.message.trim_start_matches("BigQuery does not take the translated query: ");
            own.clone().detail(format!("It is no GoogleSQL either: {words}"))
        }
        _ => report,
    }
}
