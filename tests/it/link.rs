//! A connection that speaks messages: what the scripts are played over.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::{Judge, Server};
use crate::messages::{frame, shown};

/// A message that does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where no ReadyForQuery is due, PostgreSQL has said all when it is quiet for so long.
const QUIET: Duration = Duration::from_millis(400);

/// Where to connect, and as whom.
#[derive(Clone)]
pub struct Place {
    /// Host and port.
    pub address: String,
    /// The user.
    pub user: String,
    /// The database.
    pub database: String,
    /// Settings to begin with.
    pub setup: &'static str,
}

impl Place {
    /// The judge's database.
    pub async fn judge(judge: &Judge) -> Place {
        let dsn = std::env::var("SLUICE_TEST_PG").expect("the judge is there");
        let config: tokio_postgres::Config = dsn.parse().expect("SLUICE_TEST_PG is a connection string");
        let Some(tokio_postgres::config::Host::Tcp(host)) = config.get_hosts().first() else { panic!("{dsn} has a host") };
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let database = judge.client.query_one("SELECT current_database()::text", &[]).await.expect("a database").get(0);
        let user = config.get_user().unwrap_or("postgres").to_owned();
        Place { address: format!("{host}:{port}"), user, database, setup: "" }
    }

    /// A server over the shop.
    pub fn sluice(server: &Server) -> Place {
        let address = format!("127.0.0.1:{}", server.port);
        // What Sluice says of prices, PostgreSQL does not.
        Place { address, user: "tester".into(), database: "local".into(), setup: "SET sluice.notices = off" }
    }
}

/// One connection of a script.
pub struct Link {
    stream: TcpStream,
    input: Vec<u8>,
    /// ReadyForQuery that are still to come.
    pub due: usize,
    /// The body of BackendKeyData.
    pub key: Vec<u8>,
    /// TLS or GSS was asked for: the answer is one byte.
    bare: usize,
    closed: bool,
}

impl Link {
    /// Opens a socket.
    pub async fn open(place: &Place) -> Link {
        let stream = TcpStream::connect(&place.address).await.expect("the server listens");
        stream.set_nodelay(true).expect("a socket takes options");
        Link { stream, input: Vec::new(), due: 0, key: Vec::new(), bare: 0, closed: false }
    }

    /// Opens a session.
    pub async fn start(place: &Place) -> Link {
        let mut link = Link::open(place).await;
        let Place { user, database, setup, .. } = place;
        let startup = format!(
            "Startup 3.0 \"user\" \"{user}\" \"database\" \"{database}\" \"options\" \"-c search_path=shop -c TimeZone=UTC\" \"application_name\" \"script\""
        );
        link.write(&startup, &[]).await;
        link.all().await;
        if !setup.is_empty() {
            link.write(&format!("Query \"{setup}\""), &[]).await;
            link.all().await;
        }
        link
    }

    /// Sends messages and returns the answers.
    pub async fn ask(&mut self, messages: &[String]) -> Vec<String> {
        for message in messages {
            self.write(message, &[]).await;
        }
        self.all().await
    }

    /// Sends messages in one piece, as drivers do, and returns the answers.
    pub async fn ask_at_once(&mut self, messages: &[String]) -> Vec<String> {
        let mut bytes = Vec::new();
        for message in messages {
            let frame = frame(message, &[]);
            self.due += frame.ready;
            bytes.extend(frame.bytes);
        }
        let _ = self.stream.write_all(&bytes).await;
        self.all().await
    }

    /// Sends a message; `key` is what a cancel request repeats.
    pub async fn write(&mut self, message: &str, key: &[u8]) {
        if message == "EndOfInput" {
            // The client sends no more, and reads on.
            let _ = self.stream.shutdown().await;
            return;
        }
        let frame = frame(message, key);
        self.due += frame.ready;
        self.bare += usize::from(message.starts_with("SSLRequest") || message.starts_with("GSSENCRequest"));
        // The server may have hung up, which the answers then say.
        let _ = self.stream.write_all(&frame.bytes).await;
    }

    /// Sends messages in one piece.
    pub async fn send(&mut self, messages: &[String]) {
        let frames: Vec<_> = messages.iter().map(|message| frame(message, &[])).collect();
        self.due += frames.iter().map(|frame| frame.ready).sum::<usize>();
        let bytes: Vec<u8> = frames.into_iter().flat_map(|frame| frame.bytes).collect();
        self.stream.write_all(&bytes).await.expect("the server reads");
    }

    /// Reads one message; `None` when none comes in time.
    async fn next(&mut self, patience: Duration) -> Option<String> {
        loop {
            if self.bare > 0 && !self.input.is_empty() {
                self.bare -= 1;
                return Some(format!("Byte {}", char::from(self.input.remove(0))));
            }
            if self.bare == 0 && self.input.len() >= 5 {
                let length = u32::from_be_bytes([self.input[1], self.input[2], self.input[3], self.input[4]]);
                let size = usize::try_from(length).expect("a size") + 1;
                if self.input.len() >= size {
                    let message: Vec<u8> = self.input.drain(..size).collect();
                    self.due -= usize::from(message[0] == b'Z' && self.due > 0);
                    if message[0] == b'K' {
                        self.key = message[5..].to_vec();
                    }
                    return Some(shown(message[0], &message[5..]));
                }
            }
            if self.closed {
                return None;
            }
            match timeout(patience, self.stream.read_buf(&mut self.input)).await {
                Err(_) => return None,
                Ok(Ok(1..)) => {}
                Ok(_) => {
                    self.closed = true;
                    return Some("Closed".to_owned());
                }
            }
        }
    }

    /// Reads everything that PostgreSQL has to say.
    pub async fn all(&mut self) -> Vec<String> {
        let mut answers = Vec::new();
        loop {
            let patience = if self.due > 0 || self.bare > 0 { PATIENCE } else { QUIET };
            // After ReadyForQuery nothing is due; what is there already is told all the same.
            let last: &str = answers.last().map_or("", String::as_str);
            if self.due == 0 && self.bare == 0 && last.starts_with("ReadyForQuery") {
                answers.extend(self.there().await);
                return answers;
            }
            match self.next(patience).await {
                Some(answer) => answers.push(answer),
                None => return answers,
            }
        }
    }

    /// Reads as many messages as are expected.
    pub async fn count(&mut self, count: usize) -> Vec<String> {
        let mut answers = Vec::new();
        while answers.len() < count {
            match self.next(PATIENCE).await {
                Some(answer) => answers.push(answer),
                None => break,
            }
        }
        answers.extend(self.there().await);
        answers
    }

    /// Reads what is there without waiting for more.
    async fn there(&mut self) -> Vec<String> {
        let mut answers = Vec::new();
        while let Some(answer) = self.next(Duration::from_millis(1)).await {
            answers.push(answer);
        }
        answers
    }
}
