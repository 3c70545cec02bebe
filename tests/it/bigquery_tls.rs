//! The Storage Read API over TLS: certificates are checked against the machine's, which `SSL_CERT_FILE` names.

use std::path::{Path, PathBuf};
use std::process::Command;

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
