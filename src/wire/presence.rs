//! Whether the client is still there while its query runs.
//!
//! The end of what a client sends is not the end of the client. One that closes only its side of the connection, as `nc` does and many a script,
//! waits for its answers, and PostgreSQL, which looks at the socket between messages, gives them. One that is gone looks the same: its system sends
//! the same end. It differs once something is written to it, for nobody takes it: the system answers with a reset, and the write behind fails.
//!
//! So a query goes on when its client has ended its side, and from then on a ParameterStatus that says what it said before is written every
//! [`EVERY`]. A client may get that message at any time and has to take it ("Asynchronous Operations" of the protocol). Who is gone is found out by
//! the second of them, and its query is cancelled within the second that it may outlive it; who waits for longer than the first finds them
//! before the answer, which is all that differs from PostgreSQL's. Proxies that pass on half an end pass on these messages too, and the reset that
//! answers them. A connection that breaks, or is reset, ends the query at once.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::BytesMut;
use futures::FutureExt;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Stream, message};

/// How long a client that has ended its side is believed to be there before it is asked, and asked again.
const EVERY: Duration = Duration::from_millis(300);
/// The rest of a message that was sent in part has to go.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is known of a client.
#[derive(Debug, Default)]
pub(super) struct Presence {
    /// It has ended its side: when it is asked next whether it is there.
    due: Option<Instant>,
}

impl Presence {
    /// Takes note of what a read came to. Tells whether the client may still be there.
    pub(super) fn hear(&mut self, read: &std::io::Result<usize>) -> bool {
        match read {
            Ok(1..) => true,
            // TLS calls it so where the client did not say goodbye.
            Err(error) if error.kind() != ErrorKind::UnexpectedEof => false,
            Ok(0) | Err(_) => {
                self.due.get_or_insert_with(|| Instant::now() + EVERY);
                true
            }
        }
    }

    /// Tells whether the client may send more.
    pub(super) fn sends(&self) -> bool {
        self.due.is_none()
    }

    /// Waits until the client is to be asked.
    pub(super) async fn is_due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Asks. Tells whether the client may still be there: one that takes nothing for now may be slow.
    pub(super) async fn ask(&mut self, stream: &mut Box<dyn Stream>) -> bool {
        self.due = Some(Instant::now() + EVERY);
        let mut question = BytesMut::new();
        message::parameter_status(&mut question, "integer_datetimes", "on");
        let rest = match stream.write(&question).now_or_never() {
            Some(Ok(taken @ 1..)) => question.split_off(taken),
            Some(_) => return false,
            None => return true,
        };
        let sending = async {
            stream.write_all(&rest).await?;
            stream.flush().await
        };
        matches!(timeout(PATIENCE, sending).await, Ok(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> (TcpStream, Box<dyn Stream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, Box::new(listener.accept().await.unwrap().0))
    }

    /// Reads to the end, then asks until the client is known to be gone, or three times.
    async fn asked(stream: &mut Box<dyn Stream>) -> usize {
        let mut presence = Presence::default();
        while presence.sends() {
            let read = stream.read_buf(&mut BytesMut::new()).await;
            assert!(presence.hear(&read));
        }
        for times in 0..3 {
            presence.is_due().await;
            if !presence.ask(stream).await {
                return times;
            }
        }
        3
    }

    #[tokio::test]
    async fn a_client_that_is_gone_does_not_answer_twice() {
        let (client, mut stream) = pair().await;
        drop(client);
        assert_eq!(asked(&mut stream).await, 1);
    }

    #[tokio::test]
    async fn a_client_that_only_listens_is_there() {
        let (mut client, mut stream) = pair().await;
        client.shutdown().await.unwrap();
        assert_eq!(asked(&mut stream).await, 3);
        drop(stream);
        let mut heard = Vec::new();
        client.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, b"S\0\0\0\x19integer_datetimes\0on\0".repeat(3));
    }

    #[tokio::test]
    async fn a_broken_connection_is_no_end() {
        let mut presence = Presence::default();
        assert!(!presence.hear(&Err(ErrorKind::ConnectionReset.into())));
        assert!(presence.sends() && presence.hear(&Err(ErrorKind::UnexpectedEof.into())) && !presence.sends());
    }
}
