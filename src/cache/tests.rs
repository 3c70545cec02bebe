use futures::executor::block_on;
use futures::{StreamExt, TryStreamExt};

use super::*;
use crate::error::{Report, SqlState};
use crate::query::{Rows, Token};
use crate::sql::fixtures::{bound, column, customers, events, events_table, from, principal, select};

/// The parts of a key, owned.
pub struct Parts {
    pub backend: String,
    pub canonical: String,
    pub parameters: Vec<Literal>,
    pub version: String,
    pub user: String,
    pub role: String,
    pub policy: String,
    pub session: String,
    pub token: Option<Token>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts {
            backend: "local".into(),
            canonical: "SELECT 1".into(),
            parameters: Vec::new(),
            version: "1".into(),
            user: "ann".into(),
            role: "analyst".into(),
            policy: "p".into(),
            session: String::new(),
            token: None,
        }
    }
}

pub fn orders() -> TableName {
    TableName { schema: "shop".into(), table: "orders".into() }
}

/// A key over `shop.orders`.
pub fn key(scope: Scope, parts: &Parts) -> Key {
    let principal = Principal { role: parts.role.clone(), token: parts.token.clone(), ..principal(&parts.user) };
    let tables = [(orders(), TableVersion(parts.version.clone()))];
    let parts = KeyParts {
        backend: &parts.backend,
        canonical: &parts.canonical,
        parameters: &parts.parameters,
        tables: &tables,
        principal: &principal,
        policy: &parts.policy,
        session: &parts.session,
    };
    Key::new(scope, &parts)
}

/// An entry of one text column that lives for a minute.
pub fn entry(values: &[&str]) -> Entry {
    let stored_at = DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).expect("now");
    let expires_at = stored_at + Duration::from_secs(60);
    let batches: Vec<RecordBatch> = block_on(rows(values).try_collect()).expect("rows");
    Entry { batches, stored_at, expires_at, price_nanos: 60_000_000, text_hash: 1, bytes: 100 }
}

fn rows(values: &[&str]) -> BatchStream {
    let values: Vec<_> = values.iter().map(|value| vec![Some((*value).to_owned())]).collect();
    Rows::text(&["v"], &values).batches
}

fn meta() -> Meta {
    Meta { ttl: Duration::from_secs(60), price_nanos: 1, text_hash: 2, lead: None }
}

async fn cache(settings: Settings) -> Cache {
    Cache::new(settings).await.expect("makes a cache")
}

fn a_key() -> Key {
    key(Scope::Identity, &Parts::default())
}

#[tokio::test]
async fn complete_rows_are_kept() {
    let cache = cache(Settings::default()).await;
    assert!(cache.get(&a_key()).await.is_none());
    let passed: Vec<RecordBatch> = cache.keep(a_key(), rows(&["a", "b"]), meta()).try_collect().await.expect("rows");
    let hit = cache.get(&a_key()).await.expect("kept");
    assert_eq!((hit.row_count(), hit.price_nanos, hit.text_hash), (2, 1, 2));
    assert_eq!(hit.rows().try_collect::<Vec<_>>().await.expect("rows"), passed);
}

#[tokio::test]
async fn failed_and_abandoned_rows_are_not_kept() {
    let cache = cache(Settings::default()).await;
    let failing = rows(&["a"]).chain(futures::stream::iter([Err(Report::new(SqlState::SYSTEM_ERROR, "gone"))]));
    let passed: Vec<_> = cache.keep(a_key(), Box::pin(failing), meta()).collect().await;
    assert!(passed[1].is_err());
    assert!(cache.get(&a_key()).await.is_none());
    let mut abandoned = cache.keep(a_key(), rows(&["a"]), meta());
    assert!(abandoned.next().await.is_some());
    drop(abandoned);
    assert!(cache.get(&a_key()).await.is_none());
}

#[tokio::test]
async fn what_is_too_large_passes_and_is_not_kept() {
    let size = u64::try_from(entry(&["a", "b"]).batches[0].get_array_memory_size()).expect("small");
    for (max_entry_bytes, kept) in [(size - 1, false), (size, true)] {
        let cache = cache(Settings { max_entry_bytes, ..Settings::default() }).await;
        assert_eq!(cache.keep(a_key(), rows(&["a", "b"]), meta()).count().await, 1);
        assert_eq!(cache.get(&a_key()).await.is_some(), kept);
    }
}

#[tokio::test]
async fn switched_off_it_does_nothing() {
    let cache = cache(Settings { enabled: false, ..Settings::default() }).await;
    assert_eq!(cache.keep(a_key(), rows(&["a"]), meta()).count().await, 1);
    assert!(cache.get(&a_key()).await.is_none());
    assert!(matches!(cache.lead_or_wait(&a_key()).await, Flight::Alone));
}

#[tokio::test]
async fn fifty_equal_questions_run_once() {
    let cache = Arc::new(cache(Settings::default()).await);
    let runs = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let ask = |cache: Arc<Cache>, runs: Arc<std::sync::atomic::AtomicUsize>| async move {
        loop {
            if let Some(hit) = cache.get(&a_key()).await {
                return hit.row_count();
            }
            if let Flight::Leader(lead) = cache.lead_or_wait(&a_key()).await {
                runs.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                tokio::task::yield_now().await;
                let meta = Meta { lead: Some(lead), ..meta() };
                return cache
                    .keep(a_key(), rows(&["a"]), meta)
                    .map(|batch| batch.expect("rows").num_rows())
                    .collect::<Vec<_>>()
                    .await
                    .iter()
                    .sum();
            }
        }
    };
    let tasks: Vec<_> = (0..50).map(|_| tokio::spawn(ask(cache.clone(), runs.clone()))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), 1);
    }
    assert_eq!(runs.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_life_of_an_answer_follows_its_tables_and_constants() {
    let cache = cache(Settings { pii: vec!["shop.customers.email".into()], ..Settings::default() }).await;
    let plain = bound(select(events(1), vec![column(1, 0)]));
    assert_eq!(cache.ttl(&plain, None), Some(Duration::from_secs(300)));
    assert_eq!(cache.ttl(&plain, Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
    assert_eq!(cache.ttl(&plain, Some(Duration::ZERO)), None);
    let streaming = crate::catalog::model::Table { max_cache_seconds: Some(60), ..events_table() };
    assert_eq!(cache.ttl(&bound(select(from(1, streaming), vec![column(1, 0)])), None), Some(Duration::from_secs(60)));
    let system = crate::catalog::model::Table { kind: crate::catalog::model::TableKind::System, ..events_table() };
    assert_eq!(cache.ttl(&bound(select(from(1, system), vec![column(1, 0)])), None), None);
    assert_eq!(cache.ttl(&bound(select(customers(1), vec![column(1, 0)])), None), Some(Duration::from_secs(300)));
    assert_eq!(cache.ttl(&bound(select(customers(1), vec![column(1, 1)])), None), None, "an e-mail address");
}

#[tokio::test]
async fn versions_are_asked_for_once_in_ten_seconds() {
    let cache = cache(Settings::default()).await;
    let tables = [Arc::new(events_table())];
    let asked = std::cell::Cell::new(0);
    for _ in 0..3 {
        let versions = cache.versions(&tables, |_| {
            asked.set(asked.get() + 1);
            std::future::ready(Ok(TableVersion("2".into())))
        });
        assert_eq!(versions.await.expect("known")[0].1, TableVersion("2".into()));
    }
    assert_eq!(asked.get(), 1);
    cache.flush(None).await;
    let gone = cache.versions(&tables, |_| std::future::ready(Err(Report::new(SqlState::UNDEFINED_TABLE, "gone")))).await;
    assert!(gone.is_err());
}
