//! A client of a running server, as small as the verbs need it: one connection, SCRAM-SHA-256 or none, simple queries.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use pgwire::api::auth::sasl::scram::gen_salted_password;
use rustls::SupportedCipherSuite;
use rustls::crypto::ring::cipher_suite::TLS13_AES_128_GCM_SHA256;
use rustls::crypto::tls13::OkmBlock;

use super::Failure;
use crate::config;

/// How long the server may take for each piece of an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest message that is taken.
const MESSAGE_MAX: usize = 64 << 20;

/// Flags that say which server is meant.
#[derive(Args, Debug)]
pub struct ServerArguments {
    /// The server's configuration: its address, and its first admin as the user [default: sluice.toml, if there is one]
    #[arg(long, short, env = "SLUICE_CONFIG")]
    config: Option<PathBuf>,
    /// The server's address, instead of the configuration's
    #[arg(long, value_name = "HOST:PORT")]
    server: Option<String>,
    /// The user to ask as; the password comes from PGPASSWORD
    #[arg(long, short)]
    user: Option<String>,
}

/// Rows as text.
#[derive(Debug, Default)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// Returns the table in aligned columns.
    pub fn aligned(&self) -> String {
        let cell = |value: &Option<String>| value.clone().unwrap_or_default();
        let lines: Vec<Vec<String>> =
            std::iter::once(self.columns.clone()).chain(self.rows.iter().map(|row| row.iter().map(cell).collect())).collect();
        let width = |i: usize| lines.iter().filter_map(|line| line.get(i)).map(|text| text.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for line in &lines {
            let padded: Vec<String> = line.iter().enumerate().map(|(i, text)| format!("{text:<width$}", width = width(i))).collect();
            let _ = writeln!(out, "{}", padded.join("  ").trim_end());
        }
        out
    }
}

/// A connection.
pub struct Client {
    stream: TcpStream,
}

impl Client {
    /// Connects to the server that the flags mean.
    ///
    /// # Errors
    /// Exit code 2 for a configuration that cannot be read, 1 for everything that the server has against it.
    pub fn connect(arguments: &ServerArguments) -> Result<Client, Failure> {
        let default = PathBuf::from("sluice.toml");
        let path = arguments.config.clone().or_else(|| default.is_file().then_some(default));
        let raw = match &path {
            Some(path) => config::read(path).map_err(Failure::config)?.0,
            None => config::read_environment().map_err(Failure::config)?,
        };
        let address = arguments.server.clone().unwrap_or_else(|| raw.server.listen.clone());
        let admin = raw.users.iter().find(|user| user.admin).or(raw.users.first()).map(|user| user.name.clone());
        let user = arguments.user.clone().or(admin).unwrap_or_else(|| "demo".to_owned());
        let told = |what: String| Failure::failed(format!("{address}: {what}"));
        let mut addresses = address.to_socket_addrs().map_err(|error| told(error.to_string()))?;
        let first = addresses.next().ok_or_else(|| told("no such address".to_owned()))?;
        let stream = TcpStream::connect_timeout(&first, Duration::from_secs(5)).map_err(|error| match error.kind() {
            ErrorKind::ConnectionRefused => told("no server listens there".to_owned()),
            _ => told(error.to_string()),
        })?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(Failure::failed)?;
        let mut client = Client { stream };
        client.start(&user)?;
        Ok(client)
    }

    /// Asks one query.
    ///
    /// # Errors
    /// What the server says of it.
    pub fn query(&mut self, sql: &str) -> Result<Table, Failure> {
        self.send(b'Q', &[sql.as_bytes(), b"\0"].concat())?;
        let (mut table, mut failure) = (Table::default(), None);
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'T' => table.columns = columns(&body),
                b'D' => table.rows.push(values(&body).ok_or_else(malformed)?),
                b'E' => failure = Some(Failure::failed(complaint(&body))),
                b'Z' => return failure.map_or(Ok(table), Err),
                _ => {}
            }
        }
    }

    fn start(&mut self, user: &str) -> Result<(), Failure> {
        let mut startup = 196_608_u32.to_be_bytes().to_vec();
        for (name, value) in [("user", user), ("application_name", "sluice")] {
            startup.extend([name.as_bytes(), b"\0", value.as_bytes(), b"\0"].concat());
        }
        startup.push(0);
        let length = u32::try_from(startup.len() + 4).map_err(Failure::failed)?;
        self.stream.write_all(&[&length.to_be_bytes()[..], &startup].concat()).map_err(Failure::failed)?;
        let mut exchange: Option<Scram> = None;
        loop {
            let (kind, body) = self.message()?;
            match kind {
                b'R' => {
                    let code = body.get(..4).and_then(|code| code.try_into().ok()).map(u32::from_be_bytes);
                    let rest = body.get(4..).unwrap_or_default();
                    match code {
                        Some(0) => {}
                        Some(10) => {
                            let scram = Scram::begin()?;
                            let first = scram.first();
                            let length = u32::try_from(first.len()).map_err(Failure::failed)?;
                            self.send(b'p', &[b"SCRAM-SHA-256\0", &length.to_be_bytes()[..], first.as_bytes()].concat())?;
                            exchange = Some(scram);
                        }
                        Some(11) => {
                            let last = exchange.as_mut().and_then(|scram| scram.proof(&String::from_utf8_lossy(rest)));
                            self.send(b'p', last.ok_or_else(malformed)?.as_bytes())?;
                        }
                        Some(12) if exchange.as_ref().is_some_and(|scram| scram.is_server(&String::from_utf8_lossy(rest))) => {}
                        _ => return Err(Failure::failed("the server asks for a way of authentication that is not known here")),
                    }
                }
                b'E' => return Err(Failure::failed(complaint(&body))),
                b'Z' => return Ok(()),
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) -> Result<(), Failure> {
        let length = u32::try_from(body.len() + 4).map_err(Failure::failed)?;
        self.stream.write_all(&[&[kind][..], &length.to_be_bytes(), body].concat()).map_err(Failure::failed)
    }

    fn message(&mut self) -> Result<(u8, Vec<u8>), Failure> {
        let mut head = [0; 5];
        let lost = |error: std::io::Error| Failure::failed(format!("the server does not answer: {error}"));
        self.stream.read_exact(&mut head).map_err(lost)?;
        let length = usize::try_from(u32::from_be_bytes([head[1], head[2], head[3], head[4]])).map_err(Failure::failed)?;
        if !(4..=MESSAGE_MAX).contains(&length) {
            return Err(malformed());
        }
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body).map_err(lost)?;
        Ok((head[0], body))
    }
}

fn malformed() -> Failure {
    Failure::failed("the server does not speak PostgreSQL's protocol as expected")
}

/// RowDescription's names.
fn columns(body: &[u8]) -> Vec<String> {
    let mut rest = body.get(2..).unwrap_or_default();
    let mut names = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        names.push(String::from_utf8_lossy(&rest[..end]).into_owned());
        rest = rest.get(end + 19..).unwrap_or_default();
    }
    names
}

/// DataRow's values.
fn values(body: &[u8]) -> Option<Vec<Option<String>>> {
    let (count, mut rest) = body.split_first_chunk::<2>()?;
    let mut row = Vec::new();
    for _ in 0..u16::from_be_bytes(*count) {
        let (length, after) = rest.split_first_chunk::<4>()?;
        match usize::try_from(i32::from_be_bytes(*length)) {
            Ok(length) => {
                row.push(Some(String::from_utf8_lossy(after.get(..length)?).into_owned()));
                rest = after.get(length..)?;
            }
            Err(_) => {
                row.push(None);
                rest = after;
            }
        }
    }
    Some(row)
}

/// ErrorResponse in words.
fn complaint(body: &[u8]) -> String {
    let field = |kind: u8| {
        let mut fields = body.split(|byte| *byte == 0);
        fields.find(|field| field.first() == Some(&kind)).map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
    };
    let mut text = field(b'M').unwrap_or_else(|| "an error without a message".to_owned());
    for more in [field(b'D'), field(b'H')].into_iter().flatten() {
        text.push_str("\n  ");
        text.push_str(&more);
    }
    text
}

/// The client's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
struct Scram {
    nonce: String,
    password: String,
    server_signature: Vec<u8>,
}

impl Scram {
    fn begin() -> Result<Scram, Failure> {
        let password = std::env::var("PGPASSWORD").map_err(|_| Failure::config("the server asks for a password: set PGPASSWORD"))?;
        let mut nonce = [0; 18];
        rustls::crypto::ring::default_provider()
            .secure_random
            .fill(&mut nonce)
            .map_err(|_| Failure::failed("the operating system gives no random bytes"))?;
        Ok(Scram { nonce: STANDARD.encode(nonce), password, server_signature: Vec::new() })
    }

    fn bare(&self) -> String {
        format!("n=,r={}", self.nonce)
    }

    fn first(&self) -> String {
        format!("n,,{}", self.bare())
    }

    /// Returns the last message, with the proof; `None` for a challenge that makes no sense.
    fn proof(&mut self, challenge: &str) -> Option<String> {
        let part = |name: &str| challenge.split(',').find_map(|part| part.strip_prefix(name));
        let (nonce, salt, rounds) = (part("r=")?, STANDARD.decode(part("s=")?).ok()?, part("i=")?.parse::<usize>().ok()?);
        if !nonce.starts_with(&self.nonce) || !(1..=10_000_000).contains(&rounds) {
            return None;
        }
        let salted = gen_salted_password(&self.password, &salt, rounds);
        let client_key = hmac(&salted, b"Client Key");
        let last = format!("c=biws,r={nonce}");
        let all = format!("{},{challenge},{last}", self.bare());
        let signature = hmac(&sha256(&client_key), all.as_bytes());
        self.server_signature = hmac(&hmac(&salted, b"Server Key"), all.as_bytes());
        let proof: Vec<u8> = client_key.iter().zip(&signature).map(|(key, signature)| key ^ signature).collect();
        Some(format!("{last},p={}", STANDARD.encode(proof)))
    }

    /// Tells whether the server knew the password too.
    fn is_server(&self, last: &str) -> bool {
        let told = last.strip_prefix("v=").and_then(|signature| STANDARD.decode(signature.trim_end()).ok());
        !self.server_signature.is_empty() && told.as_ref() == Some(&self.server_signature)
    }
}

/// HMAC-SHA-256 as TLS 1.3 has it.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => suite.hkdf_provider.hmac_sign(&OkmBlock::new(key), message).as_ref().to_vec(),
        SupportedCipherSuite::Tls12(_) => Vec::new(),
    }
}

fn sha256(data: &[u8]) -> Vec<u8> {
    match TLS13_AES_128_GCM_SHA256 {
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider.hash(data).as_ref().to_vec(),
        SupportedCipherSuite::Tls12(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The exchange of RFC 7677, section 3, with the empty user name that PostgreSQL wants.
    #[test]
    fn the_keys_are_those_of_the_standard() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salted = gen_salted_password("pencil", &salt, 4096);
        let all = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                   c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let key = hmac(&salted, b"Client Key");
        let signature = hmac(&sha256(&key), all.as_bytes());
        let proof: Vec<u8> = key.iter().zip(&signature).map(|(key, signature)| key ^ signature).collect();
        assert_eq!(STANDARD.encode(proof), "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        let server = hmac(&hmac(&salted, b"Server Key"), all.as_bytes());
        assert_eq!(STANDARD.encode(server), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn tables_are_aligned() {
        let table = Table { columns: vec!["a".into(), "bc".into()], rows: vec![vec![Some("long".into()), None]] };
        assert_eq!(table.aligned(), "a     bc\nlong\n");
    }
}
