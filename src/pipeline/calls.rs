//! `SELECT sluice.price('...')` and its sisters: functions that speak to the server itself.

use super::Pipeline;
use crate::error::{Report, Result, SqlState};
use crate::query::{QueryContext, Rows};
use crate::sql::classify::{Class, Read, classify};
use crate::sql::emit::{Dialect, emit};
use crate::sql::parse::parse;
use crate::sql::tree::{Bound, ExprKind, SetExpr};
use crate::sql::walk::each_expr;
use crate::types::literal::Literal;

/// One call.
pub(super) struct Call {
    name: String,
    args: Vec<String>,
    column: String,
}

/// Finds the call in `SELECT sluice.name('text', ...)`; `None` for any query that calls no such function.
///
/// # Errors
/// 0A000 for a call in any other place.
pub(super) fn find(bound: &Bound) -> Result<Option<Call>> {
    let mut position = None;
    let mut calls = 0;
    each_expr(&bound.query, |expr| {
        if let ExprKind::Call { function, .. } = &expr.kind
            && function.schema == "sluice"
        {
            calls += 1;
            position = expr.position;
        }
    });
    if calls == 0 {
        return Ok(None);
    }
    alone(bound).map(Some).ok_or_else(|| {
        Report::unsupported("a function of schema \"sluice\" inside a larger query")
            .at(position)
            .hint("Call it alone: SELECT sluice.price('...');")
    })
}

fn alone(bound: &Bound) -> Option<Call> {
    let SetExpr::Select(select) = &bound.query.body else { return None };
    let ([expr], None, None) = (select.projection.as_slice(), &select.from, &select.filter) else { return None };
    let ExprKind::Call { function, args } = &expr.kind else { return None };
    let args = args.iter().map(|arg| match &arg.kind {
        ExprKind::Literal(Literal::Text(text)) => Some(text.clone()),
        ExprKind::Literal(Literal::Null) => Some(String::new()),
        _ => None,
    });
    Some(Call { name: function.name.clone(), args: args.collect::<Option<_>>()?, column: bound.columns.first()?.name.clone() })
}

impl Pipeline {
    /// Answers a call of the schema `sluice`: one row of text.
    ///
    /// # Errors
    /// 42501 when the caller may not, or what the function has to say.
    pub(super) async fn call(&self, cx: &QueryContext, call: &Call) -> Result<Rows> {
        let guard = &self.parts.guard;
        let first = call.args.first().map_or("", String::as_str);
        let answer = match call.name.as_str() {
            "approve" => guard.approve(first, &cx.principal)?,
            "deny" => guard.deny(first, &cx.principal)?,
            "pause" => guard.pause(first, &cx.principal)?,
            "resume" => guard.resume(first, &cx.principal)?,
            "flush_cache" => self.flush_cache(cx).await?,
            "translate" => self.translate(cx, first)?,
            "price" => self.price(cx, first).await?,
            name => return Err(Report::unsupported(format!("sluice.{name}()"))),
        };
        Ok(Rows::text(&[&call.column], &[vec![Some(answer)]]))
    }

    async fn flush_cache(&self, cx: &QueryContext) -> Result<String> {
        if !cx.principal.admin {
            return Err(Report::new(SqlState::INSUFFICIENT_PRIVILEGE, "only an admin may flush the cache"));
        }
        let entries = self.parts.cache.flush(None).await;
        Ok(format!("{entries} entries flushed"))
    }

    /// Returns the GoogleSQL of a query.
    fn translate(&self, cx: &QueryContext, text: &str) -> Result<String> {
        let prepared = self.prepare(&single_read(text)?, &cx.session, &[])?;
        let (bound, _) = prepared.stamp(cx, &self.parts.catalog.snapshot())?;
        Ok(emit(&bound, Dialect::GoogleSql, &[], cx.session.timezone)?.text)
    }

    /// Returns what a query would cost, without running it.
    async fn price(&self, cx: &QueryContext, text: &str) -> Result<String> {
        let prepared = self.prepare(&single_read(text)?, &cx.session, &[])?;
        let (mut bound, _) = prepared.stamp(cx, &self.parts.catalog.snapshot())?;
        self.parts.policy.apply(&cx.principal, &mut bound)?;
        if !prepared.needs_warehouse {
            return Ok("free".into());
        }
        let job = emit(&bound, self.parts.warehouse.dialect(), &[], cx.session.timezone)?;
        let estimate = self.parts.warehouse.estimate(cx, &job).await?;
        Ok(self.parts.guard.quote(&estimate).noted())
    }
}

/// Reads text that must be exactly one query.
pub(super) fn single_read(text: &str) -> Result<Read> {
    let mut statements = parse(text)?;
    let (Some(statement), true) = (statements.pop(), statements.is_empty()) else {
        return Err(Report::new(SqlState::SYNTAX_ERROR, "exactly one query is expected"));
    };
    match classify(statement)? {
        Class::Read(read) => Ok(read),
        _ => Err(Report::new(SqlState::WRONG_OBJECT_TYPE, "only queries have a price and a translation")),
    }
}
