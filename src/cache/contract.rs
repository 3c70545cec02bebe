//! What every store must do, run over memory and a real Redis.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;

use super::key::{Key, Scope};
use super::memory::Memory;
use super::redis::{Redis, Settings};
use super::tests::{Parts, entry, key, orders};
use super::{Entry, ResultCache};
use crate::catalog::model::TableName;

fn numbered(n: u32) -> Key {
    key(Scope::Global, &Parts { canonical: format!("SELECT {n}"), ..Parts::default() })
}

async fn keeps_the_contract(store: &dyn ResultCache) {
    assert!(store.health().await);
    assert!(store.get(&numbered(1)).await.is_none(), "empty at first");

    let first = Arc::new(entry(&["a", "b"]));
    store.put(&numbered(1), first.clone()).await;
    assert_eq!(store.get(&numbered(1)).await.as_deref(), Some(&*first), "what was put comes back");
    assert!(store.get(&numbered(2)).await.is_none(), "and nothing else does");

    let second = Arc::new(entry(&["c"]));
    store.put(&numbered(1), second.clone()).await;
    assert_eq!(store.get(&numbered(1)).await.as_deref(), Some(&*second), "the last one counts");

    let nothing = Arc::new(Entry { batches: Vec::new(), ..entry(&[]) });
    store.put(&numbered(2), nothing.clone()).await;
    assert_eq!(store.get(&numbered(2)).await.as_deref(), Some(&*nothing), "no rows are an answer");

    store.put(&numbered(3), Arc::new(Entry { expires_at: Utc::now() - Duration::from_secs(1), ..entry(&["x"]) })).await;
    assert!(store.get(&numbered(3)).await.is_none(), "what is over is gone");

    let other = TableName { schema: "shop".into(), table: "order_items".into() };
    assert_eq!(store.flush(Some(&other)).await, 0, "of another table");
    assert_eq!(store.flush(Some(&orders())).await, 2);
    assert!(store.get(&numbered(1)).await.is_none());

    store.put(&numbered(1), first).await;
    assert_eq!(store.flush(None).await, 1);
    assert!(store.get(&numbered(1)).await.is_none());
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    keeps_the_contract(&Memory::new(1 << 20)).await;
}

#[tokio::test]
async fn memory_stays_within_its_bytes() {
    let memory = Memory::new(10_000);
    for n in 0..100 {
        memory.put(&numbered(n), Arc::new(Entry { bytes: 1000, ..entry(&["a"]) })).await;
    }
    let weight = memory.weight().await;
    assert!((1..=10_000).contains(&weight), "{weight}");
    memory.put(&numbered(1000), Arc::new(Entry { bytes: 20_000, ..entry(&["a"]) })).await;
    assert!(memory.weight().await <= 10_000);
}

/// A Redis of our own on a free port; ended when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// `None` where no redis-server is installed (`SLUICE_TEST_REDIS` names another binary).
    async fn start(port: Option<u16>) -> Option<Server> {
        let binary = std::env::var("SLUICE_TEST_REDIS").unwrap_or_else(|_| "redis-server".into());
        let port = port.unwrap_or_else(|| TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port());
        let child = Command::new(binary)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = Server { child: child.ok()?, port };
        for _ in 0..500 {
            if server.store().health().await {
                return Some(server);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("redis-server does not answer");
    }

    fn settings(&self) -> Settings {
        Settings { url: format!("redis://127.0.0.1:{}/0", self.port), prefix: "test[*]:".into(), timeout: Duration::from_secs(2) }
    }

    fn store(&self) -> Redis {
        Redis::new(&self.settings()).expect("a good URL")
    }

    /// Sends one raw command past the store.
    async fn send(&self, parts: &[&[u8]]) {
        let client = ::redis::Client::open(self.settings().url).expect("a good URL");
        let mut connection = client.get_multiplexed_async_connection().await.expect("connects");
        let mut command = ::redis::Cmd::new();
        for part in parts {
            command.arg(*part);
        }
        let _: ::redis::Value = command.query_async(&mut connection).await.expect("answers");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn redis_keeps_the_contract() {
    let Some(server) = Server::start(None).await else { return eprintln!("no redis-server here: not tested") };
    keeps_the_contract(&server.store()).await;
}

#[tokio::test]
async fn two_replicas_share_one_redis_and_flush_spares_others() {
    let Some(server) = Server::start(None).await else { return eprintln!("no redis-server here: not tested") };
    server.send(&[b"SET", b"other:1", b"theirs"]).await;
    server.store().put(&numbered(1), Arc::new(entry(&["a"]))).await;
    let second = server.store();
    assert!(second.get(&numbered(1)).await.is_some());
    assert_eq!(second.flush(None).await, 1, "only what has our prefix");
}

#[tokio::test]
async fn foreign_and_corrupt_values_are_misses() {
    let Some(server) = Server::start(None).await else { return eprintln!("no redis-server here: not tested") };
    let store = server.store();
    store.put(&numbered(1), Arc::new(entry(&["a"]))).await;
    let script = b"local k = redis.call('KEYS', '*')[1]; redis.call('SET', k, redis.call('GET', k) .. 'x'); return 1";
    server.send(&[b"EVAL", script, b"0"]).await;
    assert!(store.get(&numbered(1)).await.is_none(), "a byte too many");
    let script = b"local k = redis.call('KEYS', '*')[1]; redis.call('DEL', k); redis.call('LPUSH', k, 'x'); return 1";
    server.send(&[b"EVAL", script, b"0"]).await;
    assert!(store.get(&numbered(1)).await.is_none(), "a list");
}

#[tokio::test]
async fn a_redis_that_is_down_is_a_miss_and_comes_back() {
    let Some(server) = Server::start(None).await else { return eprintln!("no redis-server here: not tested") };
    let (store, port) = (server.store(), server.port);
    store.put(&numbered(1), Arc::new(entry(&["a"]))).await;
    drop(server);
    assert!(store.get(&numbered(1)).await.is_none());
    store.put(&numbered(1), Arc::new(entry(&["a"]))).await;
    assert_eq!(store.flush(None).await, 0);
    assert!(!store.health().await);
    let _again = Server::start(Some(port)).await.expect("it was there before");
    let mut tries = 0;
    while !store.health().await {
        tries += 1;
        assert!(tries < 200, "never reconnects");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    store.put(&numbered(1), Arc::new(entry(&["a"]))).await;
    assert!(store.get(&numbered(1)).await.is_some());
}
