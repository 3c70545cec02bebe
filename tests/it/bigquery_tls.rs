//! BigQuery's two APIs over TLS: certificates are checked against the machine's, which `SSL_CERT_FILE` names, and many calls share a connection.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::harness::{Folder, Server};
use crate::standin::{StandIn, shown};

const SETTINGS: &str = "page_bytes = \"64KiB\"\nstorage_from = \"0B\"\nretry_pause = \"2ms\"\n\n[cache]\nenabled = false";
const ALL: &str = "SELECT n FROM shop.numbers ORDER BY n";

/// Makes an authority, and a certificate for `localhost` that it has signed.
struct Authority {
    ca: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

impl Authority {
    fn new(folder: &Path) -> Authority {
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(folder.join("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").expect("a file");
        for arguments in [
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
            "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        ] {
            let made = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
            let made = made.expect("openssl is installed (tests/run installs it)");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        Authority { ca: folder.join("ca.pem"), cert: folder.join("server.pem"), key: folder.join("server.key") }
    }
}

/// Reads a large result, all of it; tells the way that it came.
async fn way(server: &Server) -> String {
    let client = server.connect("tester", "proj").await;
    let found = shown(&client, ALL).await;
    assert!(found.concat().into_iter().eq((1..=15_000).map(|n| n.to_string())), "{} rows", found.len());
    let last: serde_json::Value = serde_json::from_str(&shown(&client, "SHOW sluice.last_query").await[0][0]).expect("JSON");
    last["result"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_come_over_tls_from_a_server_that_is_trusted() {
    let folder = Folder::new("storage-tls");
    let (ours, other) = (Authority::new(&folder.path().join("ours")), Authority::new(&folder.path().join("other")));
    let stand_in = StandIn::start_with(&[Path::new("--storage-tls"), &ours.cert, &ours.key]);
    stand_in.make("CREATE TABLE numbers AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 15000)) AS n;").await;
    let serve = |endpoint: &str, ca: &Path| {
        stand_in.serve_within(&stand_in.url, &format!("storage_endpoint = \"{endpoint}\"\n{SETTINGS}"), &[("SSL_CERT_FILE", ca)])
    };
    assert!(stand_in.storage.starts_with("https://localhost:"), "{}", stand_in.storage);
    let trusted = serve(&stand_in.storage, &ours.ca);
    let what = way(&trusted).await;
    assert!(what.starts_with("Storage Read API, one stream"), "{what}");
    assert!(stand_in.count("storage.ReadRows").await > 0);

    // Signed by somebody else, for another name, or asked without TLS: not a word is said there, and the rows come in pages.
    stand_in.forget().await;
    let elsewhere = stand_in.storage.replace("localhost", "127.0.0.1");
    let plain = elsewhere.replace("https", "http");
    for (endpoint, ca) in [(&stand_in.storage, &other.ca), (&elsewhere, &ours.ca), (&plain, &ours.ca)] {
        let what = way(&serve(endpoint, ca)).await;
        assert!(what.starts_with("pages: the Storage Read API cannot be used ("), "{endpoint}: {what}");
    }
    assert_eq!(stand_in.count("storage.CreateReadSession").await, 0);
}

/// A front before the stand-in that speaks HTTP/2 over TLS, as Google's does.
struct Front {
    url: String,
    connections: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
    /// The most calls at once.
    most: Arc<AtomicUsize>,
}

impl Front {
    async fn before(stand_in: &StandIn, authority: &Authority) -> Front {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&authority.cert).expect("a certificate").collect();
        let key = PrivateKeyDer::from_pem_file(&authority.key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS").with_no_client_auth();
        let mut config = config.with_single_cert(certificates.expect("certificates"), key).expect("a certificate for the key");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
        let front = Front { url, connections: Arc::default(), calls: Arc::default(), most: Arc::default() };
        let (connections, calls, most) = (front.connections.clone(), front.calls.clone(), front.most.clone());
        let behind = stand_in.url.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(acceptor.clone(), socket, behind.clone(), calls.clone(), most.clone()));
            }
        });
        front
    }
}

/// Serves one connection; each call is handed on to the stand-in.
async fn serve(acceptor: TlsAcceptor, socket: TcpStream, behind: String, calls: Arc<AtomicUsize>, most: Arc<AtomicUsize>) {
    let Ok(socket) = acceptor.accept(socket).await else { return };
    let Ok(mut connection) = h2::server::handshake(socket).await else { return };
    let (client, open) = (reqwest::Client::new(), Arc::new(AtomicUsize::new(0)));
    while let Some(Ok((request, mut answer))) = connection.accept().await {
        calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(open.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let (client, behind, open) = (client.clone(), behind.clone(), open.clone());
        tokio::spawn(async move {
            if hand_on(&client, &behind, request, &mut answer).await.is_none() {
                answer.send_reset(Reason::INTERNAL_ERROR);
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

async fn hand_on(
    client: &reqwest::Client,
    behind: &str,
    request: http::Request<RecvStream>,
    answer: &mut SendResponse<Bytes>,
) -> Option<()> {
    let (head, mut body) = request.into_parts();
    let mut sent = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.ok()?;
        body.flow_control().release_capacity(part.len()).ok()?;
        sent.extend_from_slice(&part);
    }
    let url = format!("{behind}{}", head.uri.path_and_query()?);
    let mut request = client.request(head.method, url).body(sent);
    for name in ["content-type", "authorization", "if-none-match"] {
        if let Some(value) = head.headers.get(name) {
            request = request.header(name, value);
        }
    }
    let told = request.send().await.ok()?;
    let status = http::Response::builder().status(told.status()).body(()).ok()?;
    let mut stream = answer.send_response(status, false).ok()?;
    stream.send_data(told.bytes().await.ok()?, true).ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_share_one_connection_where_the_server_speaks_http_2() {
    let folder = Folder::new("rest-tls");
    let authority = Authority::new(folder.path());
    let stand_in = StandIn::start();
    stand_in.make("CREATE TABLE numbers AS SELECT n FROM UNNEST(GENERATE_ARRAY(1, 15000)) AS n;").await;
    let front = Front::before(&stand_in, &authority).await;
    let settings = "page_bytes = \"64KiB\"\nresult_path = \"rest\"\n\n[cache]\nenabled = false";
    let server = stand_in.serve_within(&front.url, settings, &[("SSL_CERT_FILE", &authority.ca)]);
    let clients = (0..12).map(|_| server.connect("tester", "proj"));
    let clients = futures::future::join_all(clients).await;
    let asked = clients.iter().map(|client| shown(client, ALL));
    for found in futures::future::join_all(asked).await {
        assert!(found.concat().into_iter().eq((1..=15_000).map(|n| n.to_string())), "{} rows", found.len());
    }
    let (connections, calls) = (front.connections.load(Ordering::Relaxed), front.calls.load(Ordering::Relaxed));
    assert_eq!(connections, 1, "{calls} calls");
    assert!(calls > 12 * 4, "{calls} calls");
    assert!(front.most.load(Ordering::Relaxed) > 4, "they go at once");
    let health = shown(&clients[0], "SELECT ok, detail FROM sluice.health WHERE component = 'connections'").await;
    assert!(health[0][0] == "t" && health[0][1].contains(" 1 connection"), "{health:?}");
}
