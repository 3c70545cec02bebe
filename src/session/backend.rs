//! What stands behind a session: the pipeline, or canned answers in tests of the protocol.

use std::sync::Arc;

use arc_swap::ArcSwap;
use async_trait::async_trait;

use crate::error::{Report, Result};
use crate::pipeline::{Forwarded, Pipeline, Prepared};
use crate::query::lasting::Lasting;
use crate::query::{Answer, OutputColumn, Principal, QueryContext, SessionInputs};
use crate::sql::language::Forward;
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

    /// Returns the generations of configuration and catalog: with others, a query bound before may have to be bound anew.
    fn generation(&self) -> (u64, u64);

    /// Binds a query. Runs nothing.
    ///
    /// # Errors
    /// Whatever is wrong with names and types, with its position.
    async fn prepare(&self, read: &Read, session: &SessionInputs, principal: &Principal, types: &[Type]) -> Result<Arc<dyn Plan>>;

    /// Reads a query in GoogleSQL: its types take a dry run, which costs nothing.
    ///
    /// # Errors
    /// 0A000 where there is no such thing; whatever the warehouse has against it.
    async fn forward(&self, _cx: &QueryContext, _forward: &Forward) -> Result<Arc<dyn Plan>> {
        Err(Report::unsupported("GoogleSQL"))
    }

    /// Computes the arguments of an EXECUTE, each assigned to the type of its parameter.
    ///
    /// # Errors
    /// 42804 for a value that its parameter does not take, and what is wrong with an expression.
    async fn arguments(&self, _cx: &QueryContext, _args: &Read, _types: &[Type]) -> Result<Vec<Literal>> {
        Err(Report::unsupported("EXECUTE with arguments"))
    }

    /// Explains a query.
    ///
    /// # Errors
    /// As [`Backend::prepare`], and what ANALYZE runs into.
    async fn explain(&self, cx: &QueryContext, explain: &Explain, types: &[Type], parameters: Vec<Literal>) -> Result<Answer>;
}

/// A bound query.
#[async_trait]
pub trait Plan: Send + Sync {
    /// Returns the columns of the result.
    fn columns(&self) -> Arc<[OutputColumn]>;

    /// Returns the types of the parameters.
    fn parameters(&self) -> &[Type];

    /// Tells whether PostgreSQL would compute it while it plans: what is wrong with it is said before anything else then.
    fn is_constant(&self) -> bool {
        false
    }

    /// Tells whether it may be made ready while another query of its client runs: it reads the warehouse, and nothing else.
    fn overlaps(&self) -> bool {
        false
    }

    /// Tells whether it has a price: `sluice.dry_run` shows that in the place of its rows.
    fn is_priced(&self) -> bool {
        false
    }

    /// Returns the answer that it would have now, to be given again, where it is at hand.
    fn lasting(&self, _session: &SessionInputs, _principal: &Arc<Principal>, _parameters: &[Literal]) -> Option<Arc<dyn Lasting>> {
        None
    }

    /// Runs it.
    ///
    /// # Errors
    /// Refusals, and what the warehouse has against it.
    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer>;
}

/// The pipeline as a session's backend. A new configuration brings another pipeline; statements under way keep theirs.
pub struct Piped(ArcSwap<Pipeline>);

impl Piped {
    /// Wraps a pipeline.
    pub fn new(pipeline: Arc<Pipeline>) -> Piped {
        Piped(ArcSwap::new(pipeline))
    }

    /// Returns the pipeline of statements that begin now.
    pub fn pipeline(&self) -> Arc<Pipeline> {
        self.0.load_full()
    }

    /// Puts another pipeline in its place.
    pub fn replace(&self, pipeline: Arc<Pipeline>) {
        self.0.store(pipeline);
    }
}

struct PipedPlan {
    pipeline: Arc<Pipeline>,
    prepared: Arc<Prepared>,
}

struct ForwardedPlan {
    pipeline: Arc<Pipeline>,
    opened: Forwarded,
}

#[async_trait]
impl Plan for ForwardedPlan {
    fn columns(&self) -> Arc<[OutputColumn]> {
        self.opened.columns()
    }

    fn parameters(&self) -> &[Type] {
        &[]
    }

    fn is_priced(&self) -> bool {
        !self.opened.is_explained()
    }

    async fn answer(&self, cx: &QueryContext, _parameters: Vec<Literal>) -> Result<Answer> {
        self.pipeline.answer_forwarded(cx, &self.opened).await
    }
}

#[async_trait]
impl Backend for Piped {
    fn has_database(&self, name: &str) -> bool {
        self.pipeline().has_database(name)
    }

    fn default_database(&self) -> String {
        self.pipeline().default_database()
    }

    fn default_search_path(&self, database: &str) -> Vec<String> {
        self.pipeline().default_search_path(database)
    }

    fn generation(&self) -> (u64, u64) {
        self.0.load().generation()
    }

    async fn prepare(&self, read: &Read, session: &SessionInputs, principal: &Principal, types: &[Type]) -> Result<Arc<dyn Plan>> {
        let pipeline = self.pipeline();
        let prepared = pipeline.prepare(read, session, principal, types).await?;
        Ok(Arc::new(PipedPlan { pipeline, prepared }))
    }

    async fn forward(&self, cx: &QueryContext, forward: &Forward) -> Result<Arc<dyn Plan>> {
        let pipeline = self.pipeline();
        let opened = pipeline.open(cx, forward).await?;
        Ok(Arc::new(ForwardedPlan { pipeline, opened }))
    }

    async fn arguments(&self, cx: &QueryContext, args: &Read, types: &[Type]) -> Result<Vec<Literal>> {
        self.pipeline().arguments(cx, args, types).await
    }

    async fn explain(&self, cx: &QueryContext, explain: &Explain, types: &[Type], parameters: Vec<Literal>) -> Result<Answer> {
        self.pipeline().explain(cx, explain, types, parameters).await
    }
}

#[async_trait]
impl Plan for PipedPlan {
    fn columns(&self) -> Arc<[OutputColumn]> {
        Arc::clone(&self.prepared.bound.columns)
    }

    fn parameters(&self) -> &[Type] {
        &self.prepared.bound.parameters
    }

    fn is_constant(&self) -> bool {
        self.prepared.is_constant
    }

    fn overlaps(&self) -> bool {
        self.prepared.needs_warehouse
    }

    fn is_priced(&self) -> bool {
        self.prepared.needs_warehouse
    }

    fn lasting(&self, session: &SessionInputs, principal: &Arc<Principal>, parameters: &[Literal]) -> Option<Arc<dyn Lasting>> {
        self.pipeline.lasting(session, principal, &self.prepared, parameters)
    }

    async fn answer(&self, cx: &QueryContext, parameters: Vec<Literal>) -> Result<Answer> {
        self.pipeline.answer(cx, &self.prepared, parameters).await
    }
}
