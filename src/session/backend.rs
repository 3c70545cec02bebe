//! What stands behind a session: the pipeline, or canned answers in tests of the protocol.

use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Result;
use crate::pipeline::{Pipeline, Prepared};
use crate::query::{Answer, OutputColumn, QueryContext, SessionInputs};
use crate::types::Type;
use crate::types::literal::Literal;

pub use crate::sql::classify::{Explain, Read};

/// Binds and answers queries.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Tells whether there is a database of this name.
    fn has_database(&self, name: &str) -> bool;

    /// Returns the database of clients that name none.
    fn default_database(&self) -> String;

    /// Returns the schemas searched for unqualified names when the session does not say.
    fn default_search_path(&self, database: &str) -> Vec<String>;

    /// Returns a number that changes whenever a query bound before may have to be bound anew.
    fn generation(&self) -> u64;

    /// Binds a query. Runs nothing.
    ///
    /// # Errors
    /// Whatever is wrong with names and types, with its position.
    fn prepare(&self, read: &Read, session: &SessionInputs, types: &[Type]) -> Result<Arc<dyn Plan>>;

    /// Explains a query.
    ///
    /// # Errors
    /// As [`Backend::prepare`], and what ANALYZE runs into.
    async fn explain(&self, cx: &QueryContext, explain: &Explain) -> Result<Answer>;
}

/// A bound query.
#[async_trait]
pub trait Plan: Send + Sync {
    /// Returns a number that two plans share only if they are one bound query; they are compared while both are held.
    fn identity(&self) -> usize;

    /// Returns the columns of the result.
    fn columns(&self) -> Arc<[OutputColumn]>;

    /// Returns the types of the parameters.
    fn parameters(&self) -> &[Type];

    /// Runs it.
    ///
    /// # Errors
    /// Refusals, and what the warehouse has against it.
    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer>;
}

/// The pipeline as a session's backend.
pub struct Piped(Arc<Pipeline>);

impl Piped {
    /// Wraps a pipeline.
    pub fn new(pipeline: Arc<Pipeline>) -> Piped {
        Piped(pipeline)
    }
}

struct PipedPlan {
    pipeline: Arc<Pipeline>,
    prepared: Arc<Prepared>,
}

#[async_trait]
impl Backend for Piped {
    fn has_database(&self, name: &str) -> bool {
        self.0.has_database(name)
    }

    fn default_database(&self) -> String {
        self.0.default_database()
    }

    fn default_search_path(&self, database: &str) -> Vec<String> {
        self.0.default_search_path(database)
    }

    fn generation(&self) -> u64 {
        self.0.generation()
    }

    fn prepare(&self, read: &Read, session: &SessionInputs, types: &[Type]) -> Result<Arc<dyn Plan>> {
        let prepared = self.0.prepare(read, session, types)?;
        Ok(Arc::new(PipedPlan { pipeline: Arc::clone(&self.0), prepared }))
    }

    async fn explain(&self, cx: &QueryContext, explain: &Explain) -> Result<Answer> {
        self.0.explain(cx, explain).await
    }
}

#[async_trait]
impl Plan for PipedPlan {
    fn identity(&self) -> usize {
        Arc::as_ptr(&self.prepared).addr()
    }

    fn columns(&self) -> Arc<[OutputColumn]> {
        Arc::clone(&self.prepared.bound.columns)
    }

    fn parameters(&self) -> &[Type] {
        &self.prepared.bound.parameters
    }

    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer> {
        self.pipeline.answer(cx, &self.prepared, parameters).await
    }
}
