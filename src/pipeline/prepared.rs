//! Bound statements, kept by text: binding the same text twice is work done twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use moka::sync::Cache as Moka;

use super::memo::Memo;
use crate::catalog::model::Snapshot;
use crate::error::{Report, Result, SqlState};
use crate::query::{QueryContext, SessionInputs};
use crate::sql::bind::coerce::is_reg;
use crate::sql::bind::{BindContext, bind, bind_arguments};
use crate::sql::classify::Read;
use crate::sql::fingerprint::fingerprint;
use crate::sql::stamp::{StampContext, Stamped, stamp};
use crate::sql::tree::{Bound, ExprKind, SetExpr};
use crate::sql::walk;
use crate::types::Type;
use crate::types::input::Reads;
use crate::warehouse::embedded::constants;

/// A statement that is bound and may be answered many times.
#[derive(Debug)]
pub struct Prepared {
    /// The bound tree, before anything of session or clock is stamped into it.
    pub bound: Bound,
    /// The statement with its literals removed, hashed: its name in logs.
    pub fingerprint: Arc<str>,
    /// A hash of the client's text: tells a repetition from another spelling.
    pub text_hash: u64,
    /// Reads base tables; otherwise the system engine answers for free.
    pub needs_warehouse: bool,
    /// Made of constants and immutable functions alone: PostgreSQL computes such a query while it plans.
    pub is_constant: bool,
    /// Nothing but constants and parameters.
    pub(super) is_row: bool,
    /// Answers that were given a moment ago.
    pub(super) memo: Memo,
}

/// Tells whether a query is one SELECT without FROM whose values cannot change from one moment to the next.
fn is_constant(bound: &Bound) -> bool {
    let SetExpr::Select(select) = &bound.query.body else { return false };
    if select.from.is_some() || !bound.query.ctes.is_empty() {
        return false;
    }
    let mut constant = true;
    walk::each_expr(&bound.query, |expr| {
        constant &= match &expr.kind {
            ExprKind::Call { function, .. } => function.volatility == 'i',
            ExprKind::Operator { operator, .. } => operator.volatility == 'i',
            ExprKind::Subquery { .. } => false,
            _ => true,
        };
    });
    constant
}

/// Refuses values of regclass and its kin beside data: the names that they are shown by are the catalog's, not the warehouse's. (regtype's
/// need no catalog.)
fn refuse_object_names(bound: &Bound) -> Result<()> {
    let mut found = None;
    walk::each_expr(&bound.query, |expr| {
        let object = expr.ty.element().unwrap_or(expr.ty);
        if found.is_none() && is_reg(object) && object != Type::REGTYPE {
            found = Some((expr.ty, expr.position));
        }
    });
    match found {
        Some((ty, position)) => Err(Report::unsupported(format!("a value of type {ty} in a query over tables of the warehouse"))
            .at(position)
            .hint("Ask for it in a query of its own, or write the name as text.")),
        None => Ok(()),
    }
}

impl Prepared {
    /// Binds a query.
    ///
    /// # Errors
    /// What the binder says.
    pub(super) fn bound(snapshot: &Snapshot, read: &Read, session: &SessionInputs, parameter_types: &[Type]) -> Result<Prepared> {
        let (timezone, reads_in) = (session.timezone, session.reads_in);
        let cx = BindContext { snapshot, search_path: &session.search_path, timezone, reads_in, parameter_types };
        Prepared::new(bind(read, &cx)?, &read.source)
    }

    /// Binds the arguments of an EXECUTE to the types of its parameters.
    ///
    /// # Errors
    /// What the binder says.
    pub(super) fn arguments(snapshot: &Snapshot, read: &Read, session: &SessionInputs, types: &[Type]) -> Result<Prepared> {
        let (timezone, reads_in) = (session.timezone, session.reads_in);
        let cx = BindContext { snapshot, search_path: &session.search_path, timezone, reads_in, parameter_types: &[] };
        Prepared::new(bind_arguments(read, &cx, types)?, &read.source)
    }

    fn new(bound: Bound, source: &str) -> Result<Prepared> {
        let tables = bound.tables();
        let system = tables.iter().filter(|table| table.is_system()).count();
        if system > 0 && system < tables.len() {
            return Err(Report::new(
                SqlState::FEATURE_NOT_SUPPORTED,
                "system relations and tables of the warehouse cannot be read in one query",
            )
            .hint("Read them in two queries."));
        }
        if system < tables.len() {
            refuse_object_names(&bound)?;
        }
        let mut hasher = DefaultHasher::new();
        source.hash(&mut hasher);
        Ok(Prepared {
            fingerprint: fingerprint(&bound).into(),
            text_hash: hasher.finish(),
            needs_warehouse: system < tables.len(),
            is_constant: is_constant(&bound),
            is_row: constants::is_row(&bound),
            bound,
            memo: Memo::default(),
        })
    }

    /// Returns a copy of the tree in which session and clock are constants.
    ///
    /// # Errors
    /// What cannot be stamped.
    pub fn stamp(&self, cx: &QueryContext, snapshot: &Snapshot) -> Result<(Bound, Stamped)> {
        let mut bound = self.bound.clone();
        let moment = StampContext {
            session: &cx.session,
            principal: &cx.principal,
            transaction_start: cx.transaction_start,
            xid: &cx.xid,
            random: &cx.random,
            statement_start: cx.statement_start,
            now: chrono::Utc::now(),
            snapshot,
        };
        let stamped = stamp(&mut bound, &moment)?;
        Ok((bound, stamped))
    }
}

/// Everything that the meaning of a text depends on.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    generation: u64,
    source: String,
    position: usize,
    search_path: Vec<String>,
    zone: String,
    reads_in: Reads,
    parameter_types: Vec<Type>,
}

/// The bound statements in memory, bounded in bytes.
pub struct Statements {
    known: Moka<Key, Arc<Prepared>>,
}

impl Statements {
    /// Makes an empty set that holds `bytes` at most.
    pub fn new(bytes: u64) -> Statements {
        // A bound tree takes about 60 times its text: counted on the TPC-H queries.
        let weigh = |key: &Key, _: &Arc<Prepared>| u32::try_from(key.source.len().saturating_mul(64) + 1024).unwrap_or(u32::MAX);
        Statements { known: Moka::builder().weigher(weigh).max_capacity(bytes).build() }
    }

    /// Finds or binds a statement.
    ///
    /// # Errors
    /// What the binder says.
    pub fn prepare(&self, snapshot: &Snapshot, read: &Read, session: &SessionInputs, parameter_types: &[Type]) -> Result<Arc<Prepared>> {
        let key = Key {
            generation: snapshot.generation,
            source: read.source.clone(),
            // Errors and refusals carry positions in the whole text.
            position: read.text.find(read.source.as_str()).unwrap_or(0),
            search_path: session.search_path.clone(),
            zone: session.timezone_name.clone(),
            reads_in: session.reads_in,
            parameter_types: parameter_types.to_vec(),
        };
        if let Some(known) = self.known.get(&key) {
            return Ok(known);
        }
        let prepared = Arc::new(Prepared::bound(snapshot, read, session, parameter_types)?);
        self.known.insert(key, prepared.clone());
        Ok(prepared)
    }
}
