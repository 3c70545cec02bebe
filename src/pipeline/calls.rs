//! `SELECT sluice.price('...')` and its sisters, and `pg_sleep`: functions that speak to the server itself.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::record_batch::RecordBatch;

use super::{Pipeline, stoppable};
use crate::catalog::model::TableName;
use crate::error::{Report, Result, SqlState};
use crate::query::{OutputColumn, QueryContext, Rows, SessionInputs};
use crate::sql::classify::{Class, Read, classify};
use crate::sql::emit::{Dialect, emit};
use crate::sql::language::{Forward, Language, statements};
use crate::sql::tree::{Bound, Distinct, Expr, ExprKind, GroupBy, Relation, Select, SetExpr};
use crate::sql::walk::each_expr;
use crate::types::Type;
use crate::types::literal::Literal;
use crate::types::output;

/// One call.
pub(super) struct Call {
    name: String,
    /// The arguments as text; `None` when one of them is NULL.
    args: Option<Vec<String>>,
    columns: Arc<[OutputColumn]>,
}

/// A function that need not stand alone.
const SLEEP: &str = "function pg_sleep";

/// The longest sleep in seconds: a century, whatever the client asks for.
const CENTURY: f64 = 3.2e9;

/// Finds the call in `SELECT sluice.name('text', ...)`, also behind FROM; `None` for any query that calls no such function.
///
/// # Errors
/// 0A000 for a call of the schema `sluice` in any other place.
pub(super) fn find(bound: &Bound, parameters: &[Literal]) -> Result<Option<Call>> {
    let mut position = None;
    let mut called = None;
    each_expr(&bound.query, |expr| {
        if let Some(what) = ours(expr)
            && called.is_none_or(|(known, _)| known == SLEEP)
        {
            called = Some(what);
            position = expr.position;
        }
    });
    let Some((what, example)) = called else { return Ok(None) };
    let found = alone(bound, parameters);
    if found.is_none() && what == SLEEP {
        return Ok(None); // the engine sleeps
    }
    found.map(Some).ok_or_else(|| {
        Report::unsupported(format!("{what} inside a larger query"))
            .at(position)
            .hint(format!("Call it alone, with constants or parameters: {example}"))
    })
}

/// What a call of ours is, and how it is called.
fn ours(expr: &Expr) -> Option<(&'static str, &'static str)> {
    let ExprKind::Call { function, .. } = &expr.kind else { return None };
    match (function.schema, function.name.as_str()) {
        ("sluice", _) => Some(("a function of schema \"sluice\"", "SELECT sluice.price('...');")),
        ("pg_catalog", "pg_sleep") => Some((SLEEP, "SELECT pg_sleep(1);")),
        _ => None,
    }
}

fn alone(bound: &Bound, parameters: &[Literal]) -> Option<Call> {
    let query = &bound.query;
    let SetExpr::Select(select) = &query.body else { return None };
    let Select { distinct: Distinct::No, projection, from, filter: None, group_by: GroupBy::None, having: None } = &**select else {
        return None;
    };
    if !query.ctes.is_empty() || !query.order_by.is_empty() || query.limit.is_some() || query.offset.is_some() {
        return None;
    }
    let call = match (from, projection.as_slice()) {
        (None, [call]) => call,
        (Some(Relation::Function { id, calls, ordinality: false, .. }), [shown]) if matches!(&shown.kind, ExprKind::Column { relation, column: 0 } if relation == id) =>
        {
            let [call] = calls.as_slice() else { return None };
            call
        }
        _ => return None,
    };
    let ExprKind::Call { function, args } = &call.kind else { return None };
    let args = args.iter().map(|arg| constant(arg, parameters)).collect::<Option<Vec<Option<String>>>>()?;
    Some(Call { name: function.name.clone(), args: args.into_iter().collect(), columns: bound.columns.clone() })
}

/// Returns an argument's value as text (inner `None`: NULL); outer `None` for what is no constant.
fn constant(arg: &Expr, parameters: &[Literal]) -> Option<Option<String>> {
    let (literal, ty) = match &arg.kind {
        ExprKind::Literal(literal) => (literal, arg.ty),
        ExprKind::Parameter(n) => (parameters.get(*n)?, arg.ty),
        ExprKind::Cast { expr, .. } => return constant(expr, parameters),
        _ => return None,
    };
    Some((*literal != Literal::Null).then(|| output::literal(literal, ty, crate::types::zone::Tz::UTC)))
}

impl Pipeline {
    /// Answers a call of the schema `sluice`: one row.
    ///
    /// # Errors
    /// 42501 when the caller may not, or what the function has to say.
    pub(super) async fn call(&self, cx: &QueryContext, call: Call) -> Result<Rows> {
        let Call { name, args, columns } = call;
        let answer = match args {
            Some(args) => Some(self.answer_call(cx, &name, &args).await?),
            None => None, // as every strict function
        };
        let value: ArrayRef = match columns.first().map(|column| column.ty) {
            Some(Type::INT8) => Arc::new(Int64Array::from(vec![answer.and_then(|answer| answer.parse().ok())])),
            _ => Arc::new(StringArray::from(vec![answer])),
        };
        let name = columns.first().map_or(name, |column| column.name.clone());
        let batch = RecordBatch::try_from_iter_with_nullable([(name, value, true)]).map_err(Report::internal)?;
        Ok(Rows { columns, batches: Box::pin(futures::stream::iter([Ok(batch)])) })
    }

    async fn answer_call(&self, cx: &QueryContext, name: &str, args: &[String]) -> Result<String> {
        let guard = &self.parts.guard;
        let first = args.first().map_or("", String::as_str);
        Ok(match name {
            "pg_sleep" => sleep(cx, first).await?,
            "approve" => guard.approve(first, &cx.principal)?,
            "deny" => guard.deny(first, &cx.principal)?,
            "pause" => guard.pause(first, &cx.principal)?,
            "resume" => guard.resume(first, &cx.principal)?,
            "flush_cache" => self.flush_cache(cx, args.first().map(String::as_str)).await?.to_string(),
            "translate" => self.translate(cx, first).await.map_err(|report| within(report, first))?,
            "price" => self.price(cx, first).await.map_err(|report| within(report, first))?,
            "set_budget" => {
                let usd = args.get(1).and_then(|usd| usd.parse().ok()).unwrap_or(f64::NAN);
                guard.set_budget(first, usd, &cx.principal)?
            }
            "reload" if cx.principal.admin => self.parts.host.reload().await?,
            "reload" => return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "only an admin may reload the configuration")),
            name => return Err(Report::unsupported(format!("sluice.{name}()"))),
        })
    }

    async fn flush_cache(&self, cx: &QueryContext, table: Option<&str>) -> Result<u64> {
        if !cx.principal.admin {
            return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "only an admin may flush the cache"));
        }
        let Some(name) = table else { return Ok(self.parts.cache.flush(None).await) };
        let snapshot = self.parts.catalog.snapshot();
        let (schema, table) = name.rsplit_once('.').map_or((None, name), |(schema, table)| (Some(schema), table));
        let unknown = || Report::new(SqlState::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"));
        let found: &TableName = &snapshot.table(schema, table, &cx.session.search_path).ok_or_else(unknown)?.name;
        Ok(self.parts.cache.flush(Some(found)).await)
    }

    /// Returns the GoogleSQL that would run for a query.
    async fn translate(&self, cx: &QueryContext, text: &str) -> Result<String> {
        let read = match single_query(text, &cx.session)? {
            Query::Read(read) => read,
            // Asked for its types, so that what may not run is not called a translation.
            Query::Forward(forward) => return self.open(cx, &forward).await.map(|_| forward.query.text.to_string()),
        };
        let bound = self.ready(cx, &read).await?.0;
        if let Some(table) = bound.tables().iter().find(|table| table.is_system()) {
            return Err(Report::unsupported(format!("a translation of a query over {}", table.name))
                .detail("Relations of the system are answered by the server itself and never reach the warehouse."));
        }
        Ok(emit(&bound, Dialect::GoogleSql, &[], cx.session.timezone)?.text)
    }

    /// Returns what a query would cost, without running it.
    async fn price(&self, cx: &QueryContext, text: &str) -> Result<String> {
        let read = match single_query(text, &cx.session)? {
            Query::Read(read) => read,
            Query::Forward(forward) => {
                let opened = self.open(cx, &forward).await?;
                return Ok(self.parts.guard.quote(&self.estimate_forwarded(cx, &opened).await?).noted());
            }
        };
        let (bound, needs_warehouse) = self.ready(cx, &read).await?;
        if !needs_warehouse {
            return Ok("free".into());
        }
        let job = emit(&bound, self.parts.warehouse.dialect(), &[], cx.session.timezone)?;
        let estimate = self.estimate(cx, &job).await?;
        // A price tells the size of what stands behind a view.
        self.look_behind(cx, &self.parts.catalog.snapshot(), &bound.tables(), &estimate)?;
        Ok(self.parts.guard.quote(&estimate).noted())
    }

    /// Brings a text as far as it comes without a price: bound, rewritten, allowed. Tells whether it reads the warehouse.
    async fn ready(&self, cx: &QueryContext, read: &Read) -> Result<(Bound, bool)> {
        let parts = &self.parts;
        let prepared = self.prepare(read, &cx.session, &cx.principal, &[]).await?;
        let (mut bound, _) = prepared.stamp(cx, &parts.catalog.snapshot())?;
        parts.policy.apply(&cx.principal, &mut bound)?;
        if prepared.needs_warehouse {
            // Nobody asks for the price of a cut.
            let whole = QueryContext { row_limited: true, ..cx.clone() };
            parts.optimizer.apply(&whole, &mut bound);
            parts.policy.apply(&cx.principal, &mut bound)?;
        }
        Ok((bound, prepared.needs_warehouse))
    }
}

/// Sleeps so many seconds, unless it is cancelled or runs out of time before.
async fn sleep(cx: &QueryContext, seconds: &str) -> Result<String> {
    let seconds: f64 = seconds.parse().map_err(Report::internal)?;
    // Less than nothing, and NaN, are no time at all.
    let asleep = Duration::try_from_secs_f64(seconds.clamp(0.0, CENTURY)).unwrap_or_default();
    stoppable(cx, async {
        tokio::time::sleep(asleep).await;
        Ok(String::new())
    })
    .await
}

/// Moves a position in the text that was given to a function where the client cannot take it for one in its own statement.
fn within(mut report: Report, text: &str) -> Report {
    if let Some(position) = report.position.take() {
        let rest: String = text.chars().skip(usize::try_from(position).unwrap_or(1).saturating_sub(1)).take(40).collect();
        let place = if rest.is_empty() { "at its end".to_owned() } else { format!("at character {position}: {rest}") };
        let place = format!("In the query that was given, {place}");
        report.detail = Some(report.detail.map_or_else(|| place.clone(), |detail| format!("{detail} {place}")));
    }
    report
}

/// A query in either language.
enum Query {
    Read(Read),
    Forward(Arc<Forward>),
}

/// Reads text that must be exactly one query.
fn single_query(text: &str, session: &SessionInputs) -> Result<Query> {
    let mut statements = statements(text, Language::of(session.setting("sluice.dialect")))?;
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(Report::new(SqlState::SYNTAX_ERROR, "exactly one query is expected"));
    };
    match classify(statement)? {
        Class::Read(read) => Ok(Query::Read(read)),
        Class::GoogleSql(forward) if forward.explain.is_none() => Ok(Query::Forward(forward)),
        _ => Err(Report::new(SqlState::WRONG_OBJECT_TYPE, "only queries have a price and a translation")),
    }
}
