//! Busy polling: a client that is alone and asks again at once finds its connection awake.
//!
//! To sleep until the next message costs a wake-up: some microseconds, and a hundred where a virtual machine's processor has to be started
//! again, which is many times what an answer from the cache takes. So a connection whose client was quick before looks for the next message
//! a short while before it sleeps (`server.busy_poll`), as long as no other connection hears anything: where several are busy no thread
//! sleeps for long, and the processors have better things to do.

use std::io::{ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::Stream;

/// Messages that a connection must have heard since another one did, before it polls.
const ALONE: u32 = 8;
/// Read at a time: large messages do not come again and again.
const READ: usize = 1024;

/// What the connections of a server know of each other.
#[derive(Debug, Default)]
pub(super) struct Poller {
    connections: AtomicU64,
    /// Which of them heard its client last.
    last: AtomicU64,
}

/// How quick one connection's client is.
#[derive(Debug)]
pub(super) struct Pace {
    connection: u64,
    /// When the wait for the next message began.
    since: Option<Instant>,
    /// How many messages came in a row, each quickly and with none of another connection before it.
    quick: u32,
}

impl Pace {
    /// For a new connection.
    pub(super) fn new(poller: &Poller) -> Pace {
        Pace { connection: 1 + poller.connections.fetch_add(1, Ordering::Relaxed), since: None, quick: 0 }
    }

    /// Waits awake for the next message, for `most` at most, if the client is likely to send it within that. Returns what was read.
    pub(super) fn attend(&mut self, stream: &dyn Stream, into: &mut BytesMut, poller: &Poller, most: Duration) -> Option<Result<usize>> {
        let begun = Instant::now();
        self.since = Some(begun);
        if self.quick < ALONE {
            return None;
        }
        let mut bytes = [0; READ];
        while poller.last.load(Ordering::Relaxed) == self.connection && begun.elapsed() < most {
            // Where only the runtime can tell (TLS) there is nothing to wait for here.
            match stream.read_now(&mut bytes)? {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(count) => {
                    into.extend_from_slice(&bytes[..count]);
                    return Some(Ok(count));
                }
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    /// Notes that a message came.
    pub(super) fn heard(&mut self, poller: &Poller, most: Duration) {
        let alone = poller.last.swap(self.connection, Ordering::Relaxed) == self.connection;
        let quick = self.since.take().is_some_and(|since| since.elapsed() < most);
        self.quick = if alone && quick { self.quick.saturating_add(1) } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    async fn pair() -> (std::net::TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, listener.accept().await.unwrap().0)
    }

    /// Lets a pace hear as many messages, each at once.
    fn hear(pace: &mut Pace, stream: &TcpStream, poller: &Poller, messages: u32) {
        for _ in 0..messages {
            assert!(pace.attend(stream, &mut BytesMut::new(), poller, Duration::ZERO).is_none());
            pace.heard(poller, LONG);
        }
    }

    #[tokio::test]
    async fn a_quick_client_is_waited_for_awake() {
        let poller = Poller::default();
        let (mut client, stream) = pair().await;
        let mut pace = Pace::new(&poller);
        let mut input = BytesMut::from("before ");
        client.write_all(b"message").unwrap();
        // The first message finds no connection that heard one before.
        hear(&mut pace, &stream, &poller, ALONE);
        assert!(pace.attend(&stream, &mut input, &poller, LONG).is_none(), "not yet known as quick");
        pace.heard(&poller, LONG);
        let sender = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            client.write_all(b"s").unwrap();
            client
        });
        let mut read = 0;
        while input.len() < "before messages".len() {
            read += pace.attend(&stream, &mut input, &poller, LONG).unwrap().unwrap();
        }
        assert_eq!((&input[..], read), (&b"before messages"[..], 8));
        // Its end is read as one.
        drop(sender.join().unwrap());
        assert_eq!(pace.attend(&stream, &mut input, &poller, LONG).unwrap().unwrap(), 0);
    }

    #[tokio::test]
    async fn the_wait_has_an_end() {
        let poller = Poller::default();
        let (_client, stream) = pair().await;
        let mut pace = Pace::new(&poller);
        hear(&mut pace, &stream, &poller, ALONE + 1);
        assert!(pace.attend(&stream, &mut BytesMut::new(), &poller, Duration::from_millis(1)).is_none());
        // It came late, so that the next one is not waited for.
        std::thread::sleep(Duration::from_millis(2));
        pace.heard(&poller, Duration::from_millis(1));
        assert_eq!(pace.quick, 0);
    }

    #[tokio::test]
    async fn what_only_the_runtime_sees_is_left_to_it() {
        let poller = Poller::default();
        let (_client, stream) = pair().await;
        let (_other, piped) = tokio::io::duplex(8);
        let mut pace = Pace::new(&poller);
        hear(&mut pace, &stream, &poller, ALONE + 1);
        let begun = Instant::now();
        assert!(pace.attend(&piped, &mut BytesMut::new(), &poller, LONG).is_none());
        assert!(begun.elapsed() < LONG / 2, "it did not wait");
    }

    #[tokio::test]
    async fn nobody_polls_beside_others() {
        let poller = Poller::default();
        let (mut client, stream) = pair().await;
        let (mut one, mut other) = (Pace::new(&poller), Pace::new(&poller));
        client.write_all(b"here").unwrap();
        hear(&mut one, &stream, &poller, ALONE + 1);
        hear(&mut other, &stream, &poller, 1);
        assert!(one.attend(&stream, &mut BytesMut::new(), &poller, LONG).is_none());
        one.heard(&poller, LONG);
        assert_eq!(one.quick, 0);
    }
}
