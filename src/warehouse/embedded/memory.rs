//! Memory by query: each query has a limit of its own below the one that all share.

use std::fmt;
use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnv;

/// The setting that a query over its own limit is told of; the limit of all queries has another name.
pub const QUERY_LIMIT: &str = "backend.local.query_memory_limit";

/// One query's share of the engine's memory. What does not fit into either limit is spilled or refused.
#[derive(Debug)]
struct QueryPool {
    own: FairSpillPool,
    all: Arc<dyn MemoryPool>,
    limit: usize,
}

/// Returns the environment of one query: everything is shared, the memory is limited once more.
pub fn for_query(shared: &RuntimeEnv, limit: u64) -> Arc<RuntimeEnv> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let pool = QueryPool { own: FairSpillPool::new(limit), all: shared.memory_pool.clone(), limit };
    Arc::new(RuntimeEnv { memory_pool: Arc::new(pool), ..shared.clone() })
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query(pool_size: {})", self.limit)
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
        self.all.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
        self.all.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.own.grow(reservation, additional);
        self.all.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.all.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let over = |error| DataFusionError::ResourcesExhausted(format!("{QUERY_LIMIT}: {error}"));
        self.own.try_grow(reservation, additional).map_err(over)?;
        self.all.try_grow(reservation, additional).inspect_err(|_| self.own.shrink(reservation, additional))
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::GreedyMemoryPool;
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;

    use super::*;

    #[test]
    fn a_query_has_its_own_limit_and_its_share_of_the_common_one() {
        let all: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(1000));
        let shared = RuntimeEnvBuilder::new().with_memory_pool(all.clone()).build().unwrap();
        let (one, other) = (for_query(&shared, 600), for_query(&shared, 600));
        let reserve = |env: &RuntimeEnv| MemoryConsumer::new("sort").register(&env.memory_pool);
        let (first, second) = (reserve(&one), reserve(&other));
        first.try_grow(600).unwrap();
        assert!(first.try_grow(1).unwrap_err().to_string().contains(QUERY_LIMIT), "over its own limit");
        assert!(!second.try_grow(401).unwrap_err().to_string().contains(QUERY_LIMIT), "over the limit of all");
        second.try_grow(400).unwrap();
        assert_eq!((all.reserved(), other.memory_pool.reserved()), (1000, 400));
        drop((first, second));
        assert_eq!((all.reserved(), one.memory_pool.reserved()), (0, 0));
    }
}
