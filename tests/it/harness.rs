//! Starts the binary under test on free ports, and finds the parts that it is compared with.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

/// How long a server may take to become ready.
const READY_MAX: Duration = Duration::from_secs(60);

/// A running `sluice`, stopped when it goes out of scope.
pub struct Server {
    child: Child,
    /// The port of the PostgreSQL protocol.
    pub port: u16,
    /// The port of health, metrics and the web page.
    pub web: u16,
    folder: Folder,
}

impl Server {
    /// Starts `sluice run` with the given sections behind the addresses. Sections that are given replace none of these:
    /// `[server]` and `[web]` are the harness's own; a `[server]` at the end joins it.
    pub fn start(sections: &str) -> Server {
        Server::start_within(sections, &[])
    }

    /// The same with variables of its environment.
    pub fn start_within(sections: &str, environment: &[(&str, &Path)]) -> Server {
        // Another test may take a free port before the server does.
        (0..3).find_map(|_| Server::try_start(sections, environment)).expect("a free port in three attempts")
    }

    /// `None` when a port was taken meanwhile.
    fn try_start(sections: &str, environment: &[(&str, &Path)]) -> Option<Server> {
        let folder = Folder::new("server");
        let (port, web) = (free_port(), free_port());
        let (sections, server) = sections.split_once("\n[server]\n").unwrap_or((sections, ""));
        let config = format!("[server]\nlisten = \"127.0.0.1:{port}\"\n{server}\n\n[web]\nlisten = \"127.0.0.1:{web}\"\n\n{sections}");
        let file = folder.path().join("sluice.toml");
        fs::write(&file, config).expect("the temporary folder can be written");
        // A file with passwords in clear must be private.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("the file is ours");
        let log = File::create(folder.path().join("log")).expect("the temporary folder can be written");
        let child = Command::new(binary())
            .arg("run")
            .arg("--config")
            .arg(&file)
            .env("XDG_CACHE_HOME", folder.path())
            .envs(environment.iter().copied())
            .env_remove("SLUICE_DISABLE_PERFORMANCE_OPTIMIZATIONS")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut server = Server { child, port, web, folder };
        server.wait_until_ready().then_some(server)
    }

    /// Starts a server over folders of Parquet and CSV, without limits that get in the way of comparing answers.
    pub fn over(paths: &[&Path]) -> Server {
        let paths: Vec<String> = paths.iter().map(|path| format!("{:?}", path.display().to_string())).collect();
        Server::start(&format!(
            "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n[backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{}]\n\n\
             [guard]\ninject_limit = 0\nrequire_partition_filter = false\nmax_usd_per_query = 1000.0\n\n[guard.approval]\nfrom_usd = 1000.0\n\n[optimizer]\n",
            paths.join(", ")
        ))
    }

    /// Returns its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("sluice.toml")
    }

    /// Returns the process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns what it has written to its standard output and error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Waits until the log holds a text: a thread of its own writes it.
    pub fn logs(&self, text: &str) {
        let began = Instant::now();
        while !self.log().contains(text) {
            assert!(began.elapsed() < READY_MAX, "the log does not hold {text}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Fetches a page of the web address: status and body.
    pub fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.web)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    /// Connects as a user to a database.
    pub async fn connect(&self, user: &str, database: &str) -> Client {
        let dsn = format!("host=127.0.0.1 port={} user={user} dbname={database}", self.port);
        connect(&dsn).await.unwrap_or_else(|error| panic!("cannot connect to sluice: {error}\n{}", self.log()))
    }

    /// Connects to the default database: the first one that `pg_database` would list.
    pub async fn client(&self) -> Client {
        self.connect("tester", "local").await
    }

    fn wait_until_ready(&mut self) -> bool {
        let started = Instant::now();
        loop {
            if self.get("/readyz").is_some_and(|(status, _)| status == 200) {
                return true;
            }
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                if self.log().contains("is in use") {
                    return false;
                }
                panic!("sluice ended with {status} instead of listening:\n{}", self.log());
            }
            assert!(started.elapsed() < READY_MAX, "sluice is not ready after {READY_MAX:?}:\n{}", self.log());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A folder of its own, removed when it goes out of scope.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one.
    pub fn new(name: &str) -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sluice-it-{}-{number}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Folder(path)
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Returns the binary under test: the one built with these tests, unless `SLUICE_TEST_BIN` names another.
pub fn binary() -> PathBuf {
    std::env::var_os("SLUICE_TEST_BIN").map_or_else(|| env!("CARGO_BIN_EXE_sluice").into(), PathBuf::from)
}

/// Returns a port that nobody listens on.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Connects to a PostgreSQL, or something like it.
pub async fn connect(dsn: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await?;
    tokio::spawn(async move { connection.await.ok() });
    Ok(client)
}

/// A database of its own on the PostgreSQL that judges, dropped by [`Judge::finish`].
pub struct Judge {
    /// A connection to it.
    pub client: Client,
    admin: Client,
    name: String,
}

impl Judge {
    /// Makes a database on the PostgreSQL of `SLUICE_TEST_PG`; without one a comparison would prove nothing, so it fails.
    pub async fn new(name: &str) -> Judge {
        let dsn = std::env::var("SLUICE_TEST_PG").expect("SLUICE_TEST_PG names a PostgreSQL (tests/run starts one)");
        let name = format!("sluice_{name}_{}", std::process::id());
        let admin = connect(&dsn).await.expect("the PostgreSQL of SLUICE_TEST_PG answers");
        admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await.expect("a database can be dropped");
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
        admin.batch_execute(&create).await.expect("a database can be made");
        let mut config: tokio_postgres::Config = dsn.parse().expect("SLUICE_TEST_PG is a connection string");
        config.dbname(&name);
        let (client, connection) = config.connect(NoTls).await.expect("the new database answers");
        tokio::spawn(async move { connection.await.ok() });
        client.batch_execute("SET TimeZone = 'UTC'").await.expect("the time zone can be set");
        Judge { client, admin, name }
    }

    /// Drops the database.
    pub async fn finish(self) {
        drop(self.client);
        self.admin.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.ok();
    }
}

/// Returns psql, or `None` where it is not installed.
pub fn psql() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("psql")).find(|file| file.is_file())
}

/// Returns the Redis of the tests, or `None` where none is given.
pub fn redis() -> Option<String> {
    std::env::var("SLUICE_TEST_REDIS").ok()
}
