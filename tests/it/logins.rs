//! Who may come in, and how: ordered rules, client certificates, certificates that change under a running server.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use crate::harness::{Folder, Server};

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server over an empty folder.
fn server(folder: &Folder, sections: &str) -> Server {
    let data = folder.path().join("data");
    fs::create_dir_all(&data).expect("the temporary folder can be written");
    Server::start(&format!("{sections}\n[backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{:?}]\n", data.display().to_string()))
}

/// Connects and leaves.
async fn enter(server: &Server, user: &str, database: &str, password: &str) -> Result<(), String> {
    login(server, user, database, password).await.map(|_| ())
}

/// Connects without TLS; `28000 message` when that is refused.
pub async fn login(server: &Server, user: &str, database: &str, password: &str) -> Result<Client, String> {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(server.port).user(user).dbname(database).password(password);
    let told = |error: &tokio_postgres::error::DbError| format!("{} {}", error.code().code(), error.message());
    let connected = config.connect(NoTls).await;
    let (client, connection) = connected.map_err(|error| error.as_db_error().map_or_else(|| error.to_string(), told))?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_rule_that_fits_decides() {
    let folder = Folder::new("rules");
    let server = server(
        &folder,
        "[[users]]\nname = \"ann\"\npassword = \"secret\"\nrole = \"analyst\"\n\n[[users]]\nname = \"bob\"\npassword = \"secret\"\n\n\
         [[auth.rules]]\nuser = [\"mallory\", \"eve\"]\nmethod = \"reject\"\n\n\
         [[auth.rules]]\nuser = \"+analyst\"\naddress = \"loopback\"\ndatabase = \"local\"\nmethod = \"trust\"\n\n\
         [[auth.rules]]\nuser = \"bob\"\naddress = \"127.0.0.0/8\"\nmethod = \"scram-sha-256\"\n\n\
         [[auth.rules]]\naddress = \"192.0.2.0/24\"\nmethod = \"scram-sha-256\"\n",
    );
    assert_eq!(enter(&server, "ann", "local", "").await, Ok(()), "trusted");
    assert_eq!(enter(&server, "bob", "local", "secret").await, Ok(()));
    assert_eq!(enter(&server, "bob", "local", "guess").await, Err("28P01 password authentication failed for user \"bob\"".into()));
    let rejected =
        "28000 a rule of auth.rules rejects the connection for host \"127.0.0.1\", user \"eve\", database \"local\", no encryption";
    assert_eq!(enter(&server, "eve", "local", "secret").await, Err(rejected.into()));
    let nobody = "28000 no rule of auth.rules for host \"127.0.0.1\", user \"zoe\", database \"local\", no encryption";
    assert_eq!(enter(&server, "zoe", "local", "secret").await, Err(nobody.into()));
    // Whether a database exists is told to those who got in, not before.
    let elsewhere = "28000 no rule of auth.rules for host \"127.0.0.1\", user \"ann\", database \"other\", no encryption";
    assert_eq!(enter(&server, "ann", "other", "").await, Err(elsewhere.into()));
    assert_eq!(enter(&server, "bob", "other", "secret").await, Err("3D000 database \"other\" does not exist".into()));
}

#[test]
fn rules_that_make_no_sense_keep_the_server_from_starting() {
    let folder = Folder::new("rules");
    let file = folder.path().join("sluice.toml");
    for (text, told) in [
        ("[[auth.rules]]\nmethod = \"trust\"\n", "[[auth.rules]] #1: method = \"trust\" is for loopback addresses only"),
        (
            "[[auth.rules]]\nmethod = \"scram-sha-256\"\n[[auth.rules]]\nmethod = \"ldap\"\n",
            "[[auth.rules]] #2: method = \"ldap\" is not known",
        ),
        ("[[auth.rules]]\nmethod = \"scram-sha-256\"\naddress = \"10.0.0.0/40\"\n", "counts 40 bits of an address that has 32"),
    ] {
        fs::write(&file, format!("{text}[[users]]\nname = \"ann\"\n[backend.local]\npaths = [\"x\"]\n"))
            .expect("the folder can be written");
        let output = Command::new(crate::harness::binary()).arg("check").arg("--config").arg(&file).output().expect("sluice runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(said.contains(told) && output.status.code() == Some(2), "{said}");
    }
}

/// Certificates of one authority.
struct Authority {
    folder: PathBuf,
}

impl Authority {
    fn new(folder: &Folder, name: &str) -> Authority {
        let folder = folder.path().join(name);
        fs::create_dir_all(&folder).expect("the temporary folder can be written");
        let authority = Authority { folder };
        let subject = format!("/CN={name}");
        authority.openssl(&[
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", &subject, "-keyout", "ca.key", "-out", "ca.pem",
        ]);
        authority
    }

    /// Signs a certificate for a name; returns its file and its key's.
    fn sign(&self, file: &str, subject: &str) -> (PathBuf, PathBuf) {
        let (key, request, cert) = (format!("{file}.key"), format!("{file}.csr"), format!("{file}.pem"));
        // With an extension it is of version 3, and others are not taken.
        fs::write(self.folder.join("extensions"), "basicConstraints = CA:FALSE\n").expect("the temporary folder can be written");
        self.openssl(&["req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", &key, "-out", &request]);
        self.openssl(&[
            "x509",
            "-req",
            "-days",
            "2",
            "-in",
            &request,
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-extfile",
            "extensions",
            "-out",
            &cert,
        ]);
        (self.folder.join(cert), self.folder.join(key))
    }

    fn ca(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn openssl(&self, arguments: &[&str]) {
        let made = Command::new("openssl").args(arguments).current_dir(&self.folder).output();
        let made = made.expect("openssl is installed (tests/run installs it)");
        assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    }
}

fn tls(cert: &Path, key: &Path, more: &str) -> String {
    format!("[tls]\ncert = {:?}\nkey = {:?}\n{more}\n", cert.display().to_string(), key.display().to_string())
}

/// Logs in through openssl and asks `SELECT 42`; returns everything that the server and openssl say.
fn said(server: &Server, user: &str, certificate: Option<&(PathBuf, PathBuf)>) -> String {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-quiet", "-starttls", "postgres", "-connect", &format!("127.0.0.1:{}", server.port)]);
    if let Some((cert, key)) = certificate {
        command.arg("-cert").arg(cert).arg("-key").arg(key);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("openssl runs");
    let body = [b"\0\x03\0\0user\0", user.as_bytes(), b"\0database\0local\0\0"].concat();
    let mut packet = u32::try_from(body.len() + 4).expect("short").to_be_bytes().to_vec();
    packet.extend(body);
    packet.extend(b"Q\0\0\0\x0eSELECT 42\0X\0\0\0\x04");
    // A refused handshake closes the pipe early.
    let _ = child.stdin.take().expect("a pipe").write_all(&packet);
    let output = child.wait_with_output().expect("openssl ends");
    String::from_utf8_lossy(&output.stdout).replace('\0', " ") + &String::from_utf8_lossy(&output.stderr)
}

fn is_in(said: &str) -> bool {
    said.contains("server_version") && said.contains("42")
}

#[test]
fn a_certificate_is_a_login() {
    let folder = Folder::new("certificates");
    let (ours, theirs) = (Authority::new(&folder, "ours"), Authority::new(&folder, "theirs"));
    let (cert, key) = ours.sign("server", "/CN=localhost");
    let ann = ours.sign("ann", "/O=Example/CN=ann");
    let smith = ours.sign("smith", "/CN=Bob Smith");
    let nameless = ours.sign("nameless", "/O=Example");
    let forged = theirs.sign("forged", "/CN=ann");
    let clients = |mode: &str| format!("client_ca = {:?}\nclient_certificate = \"{mode}\"", ours.ca().display().to_string());
    let users = "[[users]]\nname = \"ann\"\n\n[[users]]\nname = \"bob\"\n\n[[users]]\nname = \"tester\"\n\n";
    let optional = server(
        &folder,
        &format!(
            "{}{users}[[auth.rules]]\ntype = \"hostssl\"\nuser = \"bob\"\nmethod = \"cert\"\nmap = {{ \"Bob Smith\" = \"bob\" }}\n\n\
             [[auth.rules]]\ntype = \"hostssl\"\nuser = [\"ann\", \"zoe\"]\nmethod = \"cert\"\n\n\
             [[auth.rules]]\nuser = \"tester\"\naddress = \"loopback\"\nmethod = \"trust\"\n",
            tls(&cert, &key, &clients("optional"))
        ),
    );
    for (user, certificate) in [("ann", Some(&ann)), ("bob", Some(&smith)), ("tester", None), ("tester", Some(&nameless))] {
        let said = said(&optional, user, certificate);
        assert!(is_in(&said), "{user}: {said}");
    }
    for (user, certificate, told) in [
        ("ann", None, "C28000 Mconnection requires a valid client certificate"),
        ("ann", Some(&smith), "C28000 Mcertificate authentication failed for user \"ann\""),
        ("ann", Some(&nameless), "C28000 Mcertificate authentication failed for user \"ann\""),
        ("bob", Some(&ann), "C28000 Mcertificate authentication failed for user \"bob\""),
        ("ann", Some(&forged), "alert"),
    ] {
        let said = said(&optional, user, certificate);
        assert!(said.contains(told) && !is_in(&said), "{user}: {said}");
    }
    drop(optional);

    let trust = "[[auth.rules]]\naddress = \"loopback\"\nmethod = \"trust\"\n";
    let required = server(&folder, &format!("{}{users}{trust}", tls(&cert, &key, &clients("required"))));
    assert!(is_in(&said(&required, "tester", Some(&ann))));
    let without = said(&required, "tester", None);
    assert!(without.contains("C28000 Mconnection requires a valid client certificate"), "{without}");
}

/// The subject of the certificate that a server shows.
fn shown(server: &Server) -> String {
    let output = Command::new("openssl")
        .args(["s_client", "-starttls", "postgres", "-connect", &format!("127.0.0.1:{}", server.port)])
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("subject=")).unwrap_or_default().to_owned()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_certificates_serve_new_connections_without_a_restart() {
    let folder = Folder::new("renewed");
    let authority = Authority::new(&folder, "ca");
    let (first, second, third) =
        (authority.sign("first", "/CN=first"), authority.sign("second", "/CN=second"), authority.sign("third", "/CN=third"));
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let install = |pair: &(PathBuf, PathBuf)| {
        fs::copy(&pair.0, &cert).expect("files can be copied");
        fs::copy(&pair.1, &key).expect("files can be copied");
    };
    install(&first);
    let trust = "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n";
    for every in ["100ms", "0s"] {
        install(&first);
        let server = server(&folder, &format!("{}{trust}", tls(&cert, &key, &format!("reload_every = \"{every}\""))));
        let hang_up = || {
            if every == "0s" {
                Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().expect("kill runs");
            }
        };
        let open = server.client().await;
        assert!(shown(&server).ends_with("first"), "{}", shown(&server));

        install(&second);
        hang_up();
        until("the second certificate is shown", || shown(&server).ends_with("second"));
        assert!(open.simple_query("SELECT 1").await.is_ok(), "connections that are open stay");

        fs::write(&cert, "nonsense").expect("files can be written");
        hang_up();
        until("the broken certificate is complained of", || {
            server.log().contains("the new certificates cannot be used") || server.log().contains("configuration not reloaded")
        });
        assert!(shown(&server).ends_with("second"), "the old certificate stays in force");

        install(&third);
        hang_up();
        until("the third certificate is shown", || shown(&server).ends_with("third"));
        assert!(open.simple_query("SELECT 1").await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_forgets_no_lockout() {
    let folder = Folder::new("lockout");
    let server = server(
        &folder,
        "[[users]]\nname = \"ann\"\npassword = \"secret\"\n\n[[users]]\nname = \"bob\"\npassword = \"secret\"\nadmin = true\n",
    );
    assert_eq!(fs::metadata(server.config()).expect("the file is there").permissions().mode() & 0o777, 0o600);
    for _ in 0..10 {
        assert!(enter(&server, "ann", "local", "guess").await.is_err());
        assert!(enter(&server, "nobody", "local", "guess").await.is_err());
    }
    // The right password does not help now, and a user that does not exist looks the same.
    for (user, password) in [("ann", "secret"), ("nobody", "guess")] {
        let told = format!("28P01 password authentication failed for user \"{user}\"");
        assert_eq!(enter(&server, user, "local", password).await, Err(told));
    }
    Command::new("kill").args(["-HUP", &server.pid().to_string()]).status().expect("kill runs");
    until("the configuration is read again", || server.log().contains("configuration reloaded"));
    assert!(enter(&server, "ann", "local", "secret").await.is_err());
    assert_eq!(enter(&server, "bob", "local", "secret").await, Ok(()), "others come in");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_lock_nobody_out() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let folder = Folder::new("silent");
    let server = server(&folder, "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"ann\"\n");
    let before = login(&server, "ann", "local", "").await.expect("a login");
    let mut silent = Vec::new();
    for i in 0..300 {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port)).await.expect("the server listens");
        if i % 2 == 0 {
            stream.write_all(&[0, 0]).await.expect("half of a length"); // some begin and do not go on
        }
        silent.push(stream);
    }
    // More than there are places: the newest hold them, and still everybody gets in, and those that were in stay.
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(login(&server, "ann", "local", "").await.expect("a login beside silent connections"));
    }
    before.simple_query("SELECT 1").await.expect("a session goes on");
    let mut ended = 0;
    for stream in &mut silent {
        let read = tokio::time::timeout(std::time::Duration::from_millis(5), stream.read_u8()).await;
        ended += usize::from(read.is_ok());
    }
    // `server.max_unauthenticated_connections` is 100 where nothing is said.
    assert!((200..=210).contains(&ended), "{ended} connections were ended");
}
