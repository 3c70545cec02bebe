//! Cancel requests between replicas, through Redis: told to all of them, obeyed by the one that holds the session.
//!
//! A load balancer may lead a cancel request to another replica than the session it means. What travels is the hash of the session's key, so
//! that whoever listens at Redis learns no key. Without Redis, or while it is down, requests reach the sessions of their own replica.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use redis::Client;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{info, warn};

use crate::cache::redis::Settings;
use crate::error::{Report, Result, SqlState};
use crate::session::registry::Registry;
use crate::session::relay::Order;
use crate::telemetry::metrics::{self, Cancel};

/// How long Redis may take to connect or to answer. A cancel request can wait longer than a look into the cache.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a quiet connection is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(15);
/// The pause before a lost connection is made again.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Where replicas meet: one channel of one Redis.
pub struct Meeting {
    client: Client,
    channel: String,
    settings: Settings,
}

impl Meeting {
    /// Reads the settings; `None` where no Redis is named.
    ///
    /// # Errors
    /// 22023 for a URL that makes no sense.
    pub fn of(settings: &Settings) -> Result<Option<Meeting>> {
        if settings.url.is_empty() {
            return Ok(None);
        }
        let client = Client::open(settings.url.as_str()).map_err(|error| {
            Report::new(SqlState::INVALID_PARAMETER_VALUE, format!("cache.redis.url cannot be used: {}", error.category()))
                .hint("Write redis://host:6379/0, or rediss:// for TLS.")
        })?;
        Ok(Some(Meeting { client, channel: format!("{}cancel", settings.prefix), settings: settings.clone() }))
    }
}

/// The other replicas.
pub struct Peers {
    registry: Arc<Registry>,
    /// Where we meet now; dropping the guard ends the tasks.
    now: Mutex<Option<(Settings, DropGuard)>>,
}

impl Peers {
    /// Knows nobody yet.
    pub fn new(registry: Arc<Registry>) -> Peers {
        Peers { registry, now: Mutex::default() }
    }

    /// Meets the others there from now on; `None`: nowhere.
    pub fn meet(&self, meeting: Option<Meeting>) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.as_ref().map(|(settings, _)| settings) == meeting.as_ref().map(|meeting| &meeting.settings) {
            return;
        }
        let Some(meeting) = meeting else {
            self.registry.relay().close();
            *now = None;
            return;
        };
        let end = CancellationToken::new();
        let orders = self.registry.relay().open();
        let settings = meeting.settings.clone();
        let meeting = Arc::new(meeting);
        tokio::spawn(end.clone().run_until_cancelled_owned(tell(meeting.clone(), orders)));
        tokio::spawn(end.clone().run_until_cancelled_owned(hear(meeting, self.registry.clone())));
        *now = Some((settings, end.drop_guard()));
    }
}

/// Tells the others of orders, one after the other.
async fn tell(meeting: Arc<Meeting>, mut orders: mpsc::Receiver<Order>) {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
        .set_number_of_retries(0)
        .set_min_delay(Duration::from_millis(1));
    let connection = match ConnectionManager::new_lazy_with_config(meeting.client.clone(), config) {
        Ok(connection) => connection,
        Err(error) => {
            warn!(why = error.category(), "cancel requests do not reach other replicas");
            return;
        }
    };
    while let Some(order) = orders.recv().await {
        let mut connection = connection.clone();
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(&meeting.channel).arg(&order.bytes()[..]);
        let told = tokio::time::timeout(PATIENCE, publish.query_async::<()>(&mut connection)).await;
        if !matches!(told, Ok(Ok(()))) {
            metrics::cancel(Cancel::Dropped);
        }
    }
}

/// Hears of orders until the end, however often the connection is lost.
async fn hear(meeting: Arc<Meeting>, registry: Arc<Registry>) {
    let mut connected = true;
    loop {
        match listen(&meeting, &registry).await {
            // One line for each time that the connection is lost, not for each attempt.
            Some(why) if connected => {
                warn!(why, "cancel requests of other replicas do not arrive: no connection to Redis");
                connected = false;
            }
            Some(_) => {}
            None => {
                info!("the connection to Redis for cancel requests broke");
                connected = true;
            }
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

/// Listens on one connection until it breaks; says why when none could be made.
async fn listen(meeting: &Meeting, registry: &Registry) -> Option<&'static str> {
    let connected = tokio::time::timeout(PATIENCE, async {
        let mut connection = meeting.client.get_async_pubsub().await?;
        connection.subscribe(&meeting.channel).await?;
        redis::RedisResult::Ok(connection.split())
    });
    let (mut sink, mut orders) = match connected.await {
        Ok(Ok(halves)) => halves,
        Ok(Err(error)) if error.is_timeout() => return Some("timeout"),
        Ok(Err(_)) => return Some("error"),
        Err(_) => return Some("timeout"),
    };
    let mut ping = tokio::time::interval(PING_EVERY);
    loop {
        tokio::select! {
            told = orders.next() => {
                let told = told?;
                if Order::read(told.get_payload_bytes()).is_some_and(|order| registry.obey(&order)) {
                    metrics::cancel(Cancel::FromElsewhere);
                }
            }
            _ = ping.tick() => {
                // A peer that vanished without a word never ends the stream by itself.
                if !matches!(tokio::time::timeout(PATIENCE, sink.ping::<redis::Value>()).await, Ok(Ok(_))) {
                    return None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_meet_where_a_redis_is_named() {
        let named = |url: &str| Settings { url: url.into(), ..Settings::default() };
        assert!(Meeting::of(&named("")).is_ok_and(|meeting| meeting.is_none()));
        let meeting = Meeting::of(&named("redis://127.0.0.1:6379/0")).ok().flatten();
        assert_eq!(meeting.map(|meeting| meeting.channel).as_deref(), Some("sluice:cancel"));
        let report = Meeting::of(&named("http://x")).err().map(|report| report.message).unwrap_or_default();
        assert!(report.starts_with("cache.redis.url cannot be used"), "{report}");
    }

    #[tokio::test]
    async fn without_a_redis_nothing_is_passed_on() {
        let registry = Registry::new();
        let peers = Peers::new(registry.clone());
        let order = Order::of(1, b"key");
        assert!(!registry.relay().pass_on(order));
        peers.meet(Meeting::of(&Settings { url: "redis://127.0.0.1:1/".into(), ..Settings::default() }).ok().flatten());
        assert!(registry.relay().pass_on(order));
        peers.meet(None);
        assert!(!registry.relay().pass_on(order));
    }
}
