//! TLS at the socket, spoken by openssl: after SSLRequest, and at once.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::harness::{Folder, Server, psql};

/// A server with a certificate of its own making.
fn server(folder: &Folder) -> Server {
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .expect("openssl is installed (tests/run installs it)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("the temporary folder can be written");
    Server::start(&format!(
        "[tls]\nmode = \"require\"\ncert = {:?}\nkey = {:?}\n\n[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\n\n\
         [backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{:?}]\n",
        cert.display().to_string(),
        key.display().to_string(),
        data.display().to_string()
    ))
}

/// Sends a startup packet and Terminate through openssl; returns what the server says.
fn said(server: &Server, arguments: &[&str]) -> String {
    let mut child = Command::new("openssl")
        .args(["s_client", "-quiet", "-connect", &format!("127.0.0.1:{}", server.port)])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let body = b"\0\x03\0\0user\0tester\0database\0local\0\0";
    let mut packet = u32::try_from(body.len() + 4).expect("short").to_be_bytes().to_vec();
    packet.extend(body);
    packet.extend(b"Q\0\0\0\x0eSELECT 42\0X\0\0\0\x04");
    // A refused handshake closes the pipe early.
    let _ = child.stdin.take().expect("a pipe").write_all(&packet);
    let output = child.wait_with_output().expect("openssl ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn tls_is_spoken_after_a_request_and_at_once() {
    let folder = Folder::new("tls");
    let server = server(&folder);
    let asked = said(&server, &["-starttls", "postgres"]);
    assert!(asked.contains("server_version") && asked.contains("42"), "{asked}");
    let direct = said(&server, &["-alpn", "postgresql"]);
    assert!(direct.contains("server_version") && direct.contains("42"), "{direct}");
    // Who begins at once must say that PostgreSQL's protocol is meant.
    assert_eq!(said(&server, &["-alpn", "http/1.1"]), "");
    assert_eq!(said(&server, &[]), "");
}

#[test]
fn a_session_sees_how_it_is_encrypted() {
    let folder = Folder::new("tls-stat");
    let server = server(&folder);
    let dsn = format!("postgres://tester@127.0.0.1:{}/local?sslmode=require", server.port);
    let asked = "SELECT ssl, version LIKE 'TLSv1._', cipher LIKE '%AES%' OR cipher LIKE '%CHACHA20%', bits IN (128, 256), client_dn FROM pg_stat_ssl
                 WHERE pid = pg_backend_pid()";
    let output = Command::new(psql().expect("psql is installed (tests/run installs it)"))
        .args(["-XAt", &dsn, "-c", asked, "-c", "SELECT encrypted FROM pg_stat_gssapi"])
        .output()
        .expect("psql runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "t|t|t|t|\nf\n", "{}", String::from_utf8_lossy(&output.stderr));
}
