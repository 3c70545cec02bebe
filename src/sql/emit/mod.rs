//! Bound tree to text in the warehouse's dialect.

use std::sync::Arc;

use super::tree::{Bound, Query, Relation, SetExpr};
use crate::catalog::model::Table;
use crate::error::Result;
use crate::query::OutputColumn;
use crate::types::Type;
use crate::types::input::Reads;
use crate::types::literal::Literal;

mod computed_limit;
pub mod datafusion;
pub mod googlesql;
pub(in crate::sql) mod guards;
mod inner_guards;
mod record_arrays;
mod whole_rows;

/// The languages that are emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// BigQuery's GoogleSQL.
    GoogleSql,
    /// DataFusion's SQL, with the functions of `warehouse::embedded::functions`.
    DataFusion,
}

/// A query ready for the warehouse: text, typed parameters, and what it touches.
#[derive(Clone, Debug)]
pub struct Job {
    /// The text; canonical, without comments.
    pub text: String,
    /// Its language.
    pub dialect: Dialect,
    /// The values of the parameters in the order of the bound parameters (`@p1`, ... in GoogleSQL; `$1`, ... in DataFusion).
    pub parameters: Vec<(Type, Literal)>,
    /// The output columns as the client sees them; the text's columns stand in the same order under names of their own.
    pub columns: Arc<[OutputColumn]>,
    /// Every base table that is read, once.
    pub tables: Vec<Arc<Table>>,
    /// The order of its rows matters.
    pub ordered: bool,
    /// Who wrote the text.
    pub origin: Origin,
    /// The query with its literals removed, for labels; empty where nobody cares.
    pub fingerprint: String,
}

/// Who wrote the text of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An emitter, from a bound tree: every name in it is whole.
    Emitter,
    /// The client: it is run as it stands, and judged more strictly.
    Client {
        /// Where names without schema belong.
        default_schema: Option<String>,
        /// What it may read beside the job's tables: names in it that could be a table's or an array's.
        perhaps: Vec<Arc<Table>>,
    },
}

/// Prints a bound query. `parameters` are the bound values, as many as `bound.parameters`; what the query reads out of text, and shows as text, may
/// depend on the session.
///
/// # Errors
/// 0A000 with the position of what has no faithful form in the dialect.
pub fn emit(bound: &Bound, dialect: Dialect, parameters: &[Literal], reads: impl Into<Reads>) -> Result<Job> {
    let reads = reads.into();
    let text = super::contained("emitter", || match dialect {
        Dialect::GoogleSql => googlesql::emit(bound, parameters, reads.zone),
        Dialect::DataFusion => datafusion::emit(bound, parameters, reads),
    })?;
    let parameters = bound.parameters.iter().copied().zip(parameters.iter().cloned()).collect();
    Ok(Job {
        text,
        dialect,
        parameters,
        columns: bound.columns.clone(),
        tables: bound.tables(),
        ordered: ordered(&bound.query),
        origin: Origin::Emitter,
        fingerprint: String::new(),
    })
}

/// Tells whether the rows of a query come in an order that somebody asked for: it has an ORDER BY, or selects from a subquery that has one.
fn ordered(query: &Query) -> bool {
    let below = match &query.body {
        SetExpr::Select(select) => match &select.from {
            Some(Relation::Derived { query, .. }) => ordered(query),
            _ => false,
        },
        SetExpr::Set { .. } | SetExpr::Values(_) => false,
    };
    below || !query.order_by.is_empty()
}
