//! `sluice healthcheck`: for container health checks, without curl.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Failure;

const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks `url` by HTTP and fails unless the answer is 200.
pub fn healthcheck(url: &str) -> Result<(), Failure> {
    let rest = url.strip_prefix("http://").ok_or_else(|| Failure::config("the URL must begin with http://"))?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let status = ask(authority, path).map_err(|error| Failure::failed(format!("{url}: {error}")))?;
    if status == "200" { Ok(()) } else { Err(Failure::failed(format!("{url}: status {status}"))) }
}

fn ask(authority: &str, path: &str) -> std::io::Result<String> {
    let address = authority.to_socket_addrs()?.next().ok_or_else(|| std::io::Error::other("no such address"))?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0_u8; 12]; // "HTTP/1.1 200"
    stream.read_exact(&mut head)?;
    Ok(String::from_utf8_lossy(&head[9..]).into_owned())
}
