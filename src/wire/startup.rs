//! From the first byte to ReadyForQuery: TLS, startup packet, authentication, settings. Everything here is limited in size and time.

use bytes::BytesMut;
use pgwire::messages::cancel::CancelRequest;
use pgwire::messages::startup::{GssEncRequest, SslRequest, Startup};
use pgwire::messages::{DecodeContext, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;
use tracing::debug;

use super::connection::Connection;
use super::login::{Caller, authenticate};
use super::message::{self, Level};
use super::tls::{self, Encryption};
use super::{ClientCertificates, Gate, Seats, Stream, TlsMode, auth, frame};
use crate::error::{Report, Result, SqlState};
use crate::query::live::Ends;
use crate::session::Session;

/// The largest startup packet, as in PostgreSQL.
const STARTUP_BYTES: usize = 10_000;

/// A client that has said what it wants.
struct Hello {
    stream: Box<dyn Stream>,
    encryption: Option<Encryption>,
    startup: Startup,
}

/// A connection that has logged in, and its seat.
type Seated<'a> = (Connection<'a>, OwnedSemaphorePermit);

/// Why a connection ends before it begins.
enum End {
    /// Nothing is to be said: a cancel request is done, or the client went away.
    Quiet,
    /// The client is told.
    Refused(Box<dyn Stream>, Report),
}

/// Leads a client to its first ReadyForQuery; `None` when it ended before.
pub(super) async fn open<'a>(gate: &'a Gate, stream: Box<dyn Stream>, ends: Option<Ends>, seats: &Seats) -> Option<Seated<'a>> {
    let outcome = match hello(gate, stream).await {
        Ok(hello) => welcome(gate, hello, ends, seats).await,
        Err(end) => Err(end),
    };
    match outcome {
        Ok(connection) => Some(connection),
        Err(End::Quiet) => None,
        Err(End::Refused(stream, report)) => {
            say(stream, &report).await;
            None
        }
    }
}

/// Hears a client out and turns it away.
pub(super) async fn refuse(gate: &Gate, stream: Box<dyn Stream>, report: &Report) {
    match hello(gate, stream).await {
        Ok(hello) => say(hello.stream, report).await,
        Err(End::Refused(stream, report)) => say(stream, &report).await,
        Err(End::Quiet) => {}
    }
}

async fn say(mut stream: Box<dyn Stream>, report: &Report) {
    let mut out = BytesMut::new();
    message::error(&mut out, Level::Fatal, report);
    // The client may be gone already.
    let _ = stream.write_all(&out).await;
    let _ = stream.shutdown().await;
}

/// Reads up to the startup packet. Packets are read to their last byte and no further, so that nothing sent in clear after an
/// SSLRequest can slip into the encrypted stream: it breaks the handshake.
async fn hello(gate: &Gate, mut stream: Box<dyn Stream>) -> Result<Hello, End> {
    let (mut encryption, mut gss_asked) = (None, false);
    // A client that skips SSLRequest begins with the first byte of a TLS handshake, which no startup packet has.
    let mut first = Some(stream.read_u8().await.map_err(|_| End::Quiet)?);
    if let (Some(tls), Some(tls::HANDSHAKE)) = (&gate.tls, first) {
        let (encrypted, found) = tls.accept_direct(tls::HANDSHAKE, stream).await.map_err(|_| End::Quiet)?;
        (stream, encryption, first) = (encrypted, Some(found), None);
    }
    loop {
        let packet = packet(first.take(), &mut stream).await?;
        let mut buf = BytesMut::from(&packet[..]);
        let context = DecodeContext::default();
        if packet.len() == 8 && SslRequest::is_ssl_request_packet(&packet) && encryption.is_none() {
            let Some(tls) = &gate.tls else {
                answer(&mut stream, b"N").await?;
                continue;
            };
            answer(&mut stream, b"S").await?;
            let (encrypted, found) = tls.accept(stream).await.map_err(|_| End::Quiet)?;
            (stream, encryption) = (encrypted, Some(found));
        } else if packet.len() == 8 && GssEncRequest::is_gss_enc_request_packet(&packet) && !gss_asked {
            answer(&mut stream, b"N").await?;
            gss_asked = true;
        } else if CancelRequest::is_cancel_request_packet(&packet) {
            if let Ok(Some(request)) = CancelRequest::decode(&mut buf, &context) {
                gate.registry.cancel(request.pid, &request.secret_key.to_bytes());
            }
            return Err(End::Quiet);
        } else {
            return match frame::startup(&packet) {
                Ok(startup) => Ok(Hello { stream, encryption, startup }),
                Err(report) => Err(End::Refused(stream, report)),
            };
        }
    }
}

async fn answer(stream: &mut Box<dyn Stream>, byte: &[u8]) -> Result<(), End> {
    stream.write_all(byte).await.map_err(|_| End::Quiet)?;
    stream.flush().await.map_err(|_| End::Quiet)
}

/// Reads one packet without a type byte, whole, its length included. A length out of bounds ends the connection without a word, as with
/// PostgreSQL: what sent it is no client, or one that takes its leave before it has begun. `first` is its first byte, if that is read already.
async fn packet(first: Option<u8>, stream: &mut Box<dyn Stream>) -> Result<Vec<u8>, End> {
    let mut head = [first.unwrap_or(0), 0, 0, 0];
    stream.read_exact(&mut head[usize::from(first.is_some())..]).await.map_err(|_| End::Quiet)?;
    let length = usize::try_from(u32::from_be_bytes(head)).unwrap_or(usize::MAX);
    if !(8..=STARTUP_BYTES).contains(&length) {
        debug!(length, "connection ended: invalid length of startup packet");
        return Err(End::Quiet);
    }
    let mut packet = vec![0; length];
    packet[..4].copy_from_slice(&head);
    stream.read_exact(&mut packet[4..]).await.map_err(|_| End::Quiet)?;
    Ok(packet)
}

/// Authenticates and opens the session.
async fn welcome<'a>(gate: &'a Gate, hello: Hello, ends: Option<Ends>, seats: &Seats) -> Result<Seated<'a>, End> {
    let Hello { mut stream, encryption, startup } = hello;
    let mut out = BytesMut::new();
    match greet(gate, &mut stream, encryption.as_ref(), &startup, ends, seats, &mut out).await {
        Ok((session, seat)) => {
            stream.write_all(&out).await.map_err(|_| End::Quiet)?;
            stream.flush().await.map_err(|_| End::Quiet)?;
            Ok((Connection::new(gate, stream, session), seat))
        }
        Err(Some(report)) => {
            // What was said before the refusal (AuthenticationOk, say) comes first.
            stream.write_all(&out).await.map_err(|_| End::Quiet)?;
            Err(End::Refused(stream, report))
        }
        Err(None) => Err(End::Quiet),
    }
}

async fn greet(
    gate: &Gate,
    stream: &mut Box<dyn Stream>,
    encryption: Option<&Encryption>,
    startup: &Startup,
    ends: Option<Ends>,
    seats: &Seats,
    out: &mut BytesMut,
) -> Result<(Session, OwnedSemaphorePermit), Option<Report>> {
    let parameter = |name: &str| startup.parameters.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let user = parameter("user")
        .ok_or_else(|| Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, "no PostgreSQL user name specified in startup packet"))?;
    let refused = |message: &str| Report::new(SqlState::INVALID_AUTHORIZATION_SPECIFICATION, message);
    let tls = &gate.settings.tls;
    if tls.mode == TlsMode::Require && encryption.is_none() && ends.is_some() {
        return Err(Some(refused("this server takes encrypted connections only").hint("Connect with sslmode=require.")));
    }
    if tls.client_certificates == ClientCertificates::Required && encryption.is_none_or(|tls| tls.certificate.is_none()) {
        return Err(Some(refused("connection requires a valid client certificate")));
    }
    let options: Vec<String> = startup.parameters.keys().filter(|name| name.starts_with("_pq_.")).cloned().collect();
    let minor = startup.protocol_number_minor;
    if !matches!(minor, 0 | 2) || !options.is_empty() {
        let spoken = if minor >= 2 { Startup::PROTOCOL_VERSION_3_2 } else { Startup::PROTOCOL_VERSION_3_0 };
        message::negotiate(out, spoken, &options);
    }
    let wanted = parameter("database").unwrap_or(user);
    let database = match wanted {
        name if gate.backend.has_database(name) => Some(name.to_owned()),
        name if name == user => Some(gate.backend.default_database()),
        _ => None,
    };
    // Rules speak of the database that the client really gets; whether there is such a one is told to those who have proved who they are.
    let address = ends.map(|ends| ends.client.ip());
    let caller = Caller { user, database: database.as_deref().unwrap_or(wanted), address, encryption };
    let principal = authenticate(gate, stream, &caller, out).await?;
    let seat = seats.take()?; // whoever has not logged in takes none
    message::authentication_ok(out);
    if parameter("replication").is_some_and(|value| value != "false" && value != "off" && value != "0") {
        return Err(Some(Report::unsupported("replication")));
    }
    // Neither postgres nor template1 is here for tools that begin there: current_database() would not be what they asked for.
    let database = database.ok_or_else(|| Report::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{wanted}\" does not exist")))?;
    if let Some(most) = gate.settings.max_per_user
        && gate.registry.count(user) >= most
    {
        return Err(Some(
            Report::new(SqlState::TOO_MANY_CONNECTIONS, format!("too many connections for role \"{user}\""))
                .detail(format!("The server takes {most} of one user (server.max_connections_per_user).")),
        ));
    }
    // Protocol 3.2 has room for longer keys than the 4 bytes of 3.0.
    let secret = if minor >= 2 { auth::random::<32>().to_vec() } else { auth::random::<4>().to_vec() };
    let registration = gate.registry.enter(user, &database, ends, &secret);
    registration.secure(encryption.and_then(|encryption| encryption.secured));
    let settings = settings(startup)?;
    let session = Session::open(gate.backend.clone(), gate.sessions.clone(), principal, database, registration, &settings)?;
    for name in crate::session::REPORTED {
        message::parameter_status(out, name, &session.reported(name));
    }
    message::key_data(out, session.pid(), &secret);
    message::ready(out, session.status().byte());
    Ok((session, seat))
}

/// Collects the settings of the startup packet: its own parameters, and `options=-c name=value`.
pub(super) fn settings(startup: &Startup) -> Result<Vec<(String, String)>> {
    let mut settings = Vec::new();
    if let Some(options) = startup.parameters.get("options") {
        let words = words(options);
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let setting = match (word.as_str(), word.strip_prefix("-c"), word.strip_prefix("--")) {
                ("-c", ..) => words.next().map(String::as_str),
                (_, Some(setting), _) | (_, _, Some(setting)) => Some(setting),
                _ => None,
            };
            let (name, value) = setting
                .and_then(|setting| setting.split_once('='))
                .ok_or_else(|| Report::new(SqlState::SYNTAX_ERROR, format!("invalid command-line argument for server process: {word}")))?;
            settings.push((name.trim().replace('-', "_"), value.to_owned()));
        }
    }
    for (name, value) in &startup.parameters {
        if !matches!(name.as_str(), "user" | "database" | "options" | "replication") && !name.starts_with("_pq_.") {
            settings.push((name.clone(), value.clone()));
        }
    }
    Ok(settings)
}

/// Splits at white space; a backslash keeps the next character.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_split_as_postgres_splits_them() {
        let mut startup = Startup::new();
        startup.parameters.insert("options".into(), "-c search_path=a\\ b --work-mem=4MB -cgeqo=off".into());
        startup.parameters.insert("application_name".into(), "psql".into());
        startup.parameters.insert("user".into(), "ada".into());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            settings(&startup).unwrap(),
            [pair("search_path", "a b"), pair("work_mem", "4MB"), pair("geqo", "off"), pair("application_name", "psql")]
        );
        startup.parameters.insert("options".into(), "-x".into());
        assert_eq!(settings(&startup).unwrap_err().sqlstate, SqlState::SYNTAX_ERROR);
    }
}
