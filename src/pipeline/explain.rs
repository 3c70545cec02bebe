//! EXPLAIN: what a query would read and cost, without running it; EXPLAIN ANALYZE runs it under the same guard.

use std::fmt::Write as _;
use std::time::Duration;

use futures::StreamExt;
use serde_json::json;

use super::{Keyed, Pipeline, Prepared, Question, reads, session_in_key, with_behind};
use crate::cache::key::Key;
use crate::error::Result;
use crate::guard::quote::Quote;
use crate::guard::{Accuracy, Estimate, Guard};
use crate::optimize::Trace;
use crate::query::{Answer, OutputColumn, QueryContext, Rows, Tag};
use crate::sql::classify::Explain;
use crate::sql::emit::{Dialect, emit};
use crate::sql::fingerprint::canonical;
use crate::sql::styles;
use crate::types::Type;
use crate::types::literal::Literal;

/// Everything that is known without running.
pub(super) struct Plan {
    /// `None` for queries that are free.
    pub(super) cost: Option<Cost>,
    /// Why they are.
    pub(super) free: &'static str,
    pub(super) traces: Vec<Trace>,
    pub(super) cache: String,
    pub(super) policy: String,
    pub(super) budget: String,
    pub(super) googlesql: String,
    /// The engine's own text, where it is not GoogleSQL.
    pub(super) engine: Option<String>,
}

/// What the query would read and cost.
pub(super) struct Cost {
    pub(super) estimate: Estimate,
    pub(super) quote: Quote,
    pub(super) share: String,
}

impl Plan {
    /// Returns the lines, or the JSON.
    pub(super) fn rows(&self, ran: Option<&Ran>, json: bool, verbose: bool) -> Rows {
        if json { json_rows(self, ran) } else { text_rows(self, ran, verbose) }
    }
}

/// Says which part of the limit per query the price takes.
pub(super) fn share(guard: &Guard, cx: &QueryContext, quote: &Quote) -> String {
    match guard.limits(cx).per_query {
        Some(limit) => format!("{} of the limit of {} per query", percent(quote.price.0, limit.0), guard.pricing().amount(limit)),
        None => "no limit per query".to_owned(),
    }
}

pub(super) fn policy_line(cx: &QueryContext) -> String {
    format!("role \"{}\": every table of the query may be read", cx.principal.role)
}

pub(super) fn budget_line(guard: &Guard, cx: &QueryContext) -> String {
    let (limits, pricing) = (guard.limits(cx), guard.pricing());
    match limits.day {
        Some(day) => format!("{} of {} left today", pricing.amount(day.minus(limits.spent_today)), pricing.amount(day)),
        None => "no limit per day".to_owned(),
    }
}

impl Pipeline {
    /// Answers EXPLAIN: one column `QUERY PLAN`.
    ///
    /// # Errors
    /// What binding, policy, emission or the estimate have against the query.
    pub async fn explain(&self, cx: &QueryContext, explain: &Explain, types: &[Type], parameters: Vec<Literal>) -> Result<Answer> {
        let prepared = self.prepare(&explain.read, &cx.session, &cx.principal, types).await?;
        let plan = self.plan(cx, &prepared, &parameters).await?;
        let ran = if explain.analyze { Some(self.run_to_the_end(cx, &prepared, parameters).await?) } else { None };
        let rows = plan.rows(ran.as_ref(), explain.json, explain.verbose);
        Ok(Answer::Rows { rows, tag: Tag::Explain })
    }

    async fn plan(&self, cx: &QueryContext, prepared: &Prepared, parameters: &[Literal]) -> Result<Plan> {
        let parts = &self.parts;
        let snapshot = parts.catalog.snapshot();
        let (mut bound, stamped) = prepared.stamp(cx, &snapshot)?;
        parts.policy.apply(&cx.principal, &mut bound)?;
        let traces = if prepared.needs_warehouse { parts.optimizer.apply(cx, &mut bound) } else { Vec::new() };
        let allowed = parts.policy.apply(&cx.principal, &mut bound)?;
        let dialect = if prepared.needs_warehouse { parts.warehouse.dialect() } else { Dialect::DataFusion };
        let job = emit(&bound, dialect, parameters, reads(cx))?;
        let googlesql = match dialect {
            Dialect::GoogleSql => job.text.clone(),
            Dialect::DataFusion => match styles::check(&bound, Dialect::GoogleSql, &cx.session)
                .and_then(|()| emit(&bound, Dialect::GoogleSql, parameters, cx.session.timezone))
            {
                Ok(job) => job.text,
                Err(report) => format!("-- {}", report.message),
            },
        };
        let mut cache = "not used: the query reads no table of the warehouse".to_owned();
        let (mut cost, mut free) = (None, "no table of the warehouse is read");
        if prepared.needs_warehouse {
            let ttl = if stamped.volatile { None } else { parts.cache.ttl(&bound, stamped.valid_for) };
            let session = session_in_key(cx, &bound, stamped.zone_dependent);
            let canonical = canonical(&bound);
            let question = Question { bound: &bound, parameters, fingerprint: &prepared.fingerprint };
            let behind = self.behind_views(cx, &question, ttl.is_some()).await?;
            let (ttl, tables) = with_behind(&parts.cache, ttl, bound.tables(), behind.tables);
            let keyed = Keyed { ttl, tables: &tables, canonical: &canonical, parameters, allowed: &allowed, session: &session };
            let key = self.key(cx, keyed).await?;
            cache = self.cache_status(key.as_ref()).await;
            match self.is_free(cx, &bound, parameters).await {
                Some(source) => free = source,
                None => {
                    let estimate = match behind.estimate {
                        Some(estimate) => estimate,
                        None => self.estimate(cx, &job).await.map_err(|report| question.places(cx, &job).find(report))?,
                    };
                    let quote = parts.guard.quote(&estimate);
                    cost = Some(Cost { share: share(&parts.guard, cx, &quote), estimate, quote });
                }
            }
        }
        let (budget, policy) = (budget_line(&parts.guard, cx), policy_line(cx));
        let engine = (dialect == Dialect::DataFusion).then_some(job.text);
        Ok(Plan { cost, free, traces, cache, policy, budget, googlesql, engine })
    }

    /// Says what the cache would do with a query of this key.
    pub(super) async fn cache_status(&self, key: Option<&(Key, Duration)>) -> String {
        let Some((key, _)) = key else { return "not used: switched off, or the answer may differ each time".to_owned() };
        match self.parts.cache.get(key).await {
            Some(entry) => format!("hit, stored {} s ago, {} rows", entry.age().as_secs(), entry.row_count()),
            None => "miss".to_owned(),
        }
    }

    /// Runs the query and counts its rows; the notice tells bytes and times.
    async fn run_to_the_end(&self, cx: &QueryContext, prepared: &Prepared, parameters: Vec<Literal>) -> Result<Ran> {
        let started = std::time::Instant::now();
        let mut ran = Ran { rows: 0, milliseconds: 0.0, result: None };
        if let Answer::Rows { mut rows, .. } = self.answer(cx, prepared, parameters).await? {
            while let Some(batch) = rows.batches.next().await {
                ran.rows += batch?.num_rows();
            }
        }
        ran.milliseconds = started.elapsed().as_secs_f64() * 1e3;
        let summary = cx.notices.summary().and_then(|summary| serde_json::from_str::<serde_json::Value>(&summary).ok());
        ran.result = summary.and_then(|summary| summary["result"].as_str().map(str::to_owned));
        Ok(ran)
    }
}

/// What running came to.
pub(super) struct Ran {
    rows: usize,
    milliseconds: f64,
    /// How the rows were read, and why.
    result: Option<String>,
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "more than 100 %".into();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    if tenths == 0 && part > 0 { "less than 0.1 %".into() } else { format!("{}.{} %", tenths / 10, tenths % 10) }
}

fn accuracy(estimate: &Estimate) -> &'static str {
    match estimate.accuracy {
        Accuracy::Exact => "exact",
        Accuracy::UpperBound => "at most (clustered or filtered inside partitions)",
        Accuracy::LowerBound => "at least: not to be relied upon",
        Accuracy::Unknown => "unknown",
    }
}

fn text_rows(plan: &Plan, ran: Option<&Ran>, verbose: bool) -> Rows {
    let mut text = String::new();
    match &plan.cost {
        None => {
            let _ = writeln!(text, "Query  (free: {})", plan.free);
        }
        Some(Cost { estimate, quote, share }) => {
            let _ = writeln!(text, "Query  (price {}, {share})", quote.noted());
            let _ = writeln!(text, "  Estimate: {} read, {} billed, {}", estimate.bytes, quote.billed, accuracy(estimate));
            for scan in &estimate.scans {
                let _ = write!(text, "  ->  Scan on {}", scan.table);
                if let Some((read, all)) = scan.partitions {
                    let _ = write!(text, ", partitions {read} of {all}");
                }
                let _ = write!(text, ", columns {} of {}", scan.columns.len(), scan.columns_total);
                if !scan.columns.is_empty() {
                    let _ = write!(text, " ({})", scan.columns.join(", "));
                }
                let _ = writeln!(text, ", {}", scan.bytes);
            }
        }
    }
    let rewrites: Vec<String> = plan.traces.iter().map(|trace| format!("{}: {}", trace.rule, trace.what)).collect();
    let _ = writeln!(text, "  Rewrites: {}", if rewrites.is_empty() { "none".to_owned() } else { rewrites.join("; ") });
    let _ = writeln!(text, "  Cache: {}", plan.cache);
    let _ = writeln!(text, "  Policy: {}", plan.policy);
    let _ = writeln!(text, "  Budget: {}", plan.budget);
    if let Some(ran) = ran {
        let _ = writeln!(text, "  Actual: {} rows in {:.1} ms", ran.rows, ran.milliseconds);
        if let Some(result) = &ran.result {
            let _ = writeln!(text, "  Result: {result}");
        }
    }
    let _ = writeln!(text, "  GoogleSQL:");
    for line in plan.googlesql.lines() {
        let _ = writeln!(text, "    {line}");
    }
    if let (true, Some(engine)) = (verbose, &plan.engine) {
        let _ = writeln!(text, "  Embedded engine:");
        for line in engine.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let lines: Vec<Vec<Option<String>>> = text.lines().map(|line| vec![Some(line.to_owned())]).collect();
    Rows::text(&["QUERY PLAN"], &lines)
}

fn json_rows(plan: &Plan, ran: Option<&Ran>) -> Rows {
    let mut node = json!({ "Node Type": "Query", "Parallel Aware": false, "Async Capable": false });
    if let Some(Cost { estimate, quote, .. }) = &plan.cost {
        node["Bytes Processed"] = json!(estimate.bytes.0);
        node["Bytes Billed"] = json!(quote.billed.0);
        node["Price"] = json!(quote.noted());
        node["Accuracy"] = json!(accuracy(estimate));
        node["Plans"] = estimate
            .scans
            .iter()
            .map(|scan| {
                json!({
                    "Node Type": "Seq Scan", "Schema": scan.table.schema, "Relation Name": scan.table.table, "Output": scan.columns,
                    "Partitions": scan.partitions.map(|(read, all)| json!({ "Read": read, "Total": all })), "Bytes": scan.bytes.0,
                })
            })
            .collect();
    }
    if plan.cost.is_none() {
        node["Free"] = json!(plan.free);
    }
    if let Some(ran) = ran {
        node["Actual Rows"] = json!(ran.rows);
        node["Actual Total Time"] = json!(ran.milliseconds);
        node["Actual Loops"] = json!(1);
        if let Some(result) = &ran.result {
            node["Result"] = json!(result);
        }
    }
    node["Rewrites"] = plan.traces.iter().map(|trace| json!({ "Rule": trace.rule, "What": trace.what })).collect();
    node["Cache"] = json!(plan.cache);
    node["Policy"] = json!(plan.policy);
    node["Budget"] = json!(plan.budget);
    node["GoogleSQL"] = json!(plan.googlesql);
    let text = serde_json::to_string_pretty(&json!([{ "Plan": node }])).expect("a JSON value prints");
    let rows = Rows::text(&["QUERY PLAN"], &[vec![Some(text)]]);
    Rows { columns: [OutputColumn::new("QUERY PLAN", Type::JSON)].into(), ..rows }
}
