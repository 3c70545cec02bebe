//! OAuth access tokens as logins, and as the identity that BigQuery is asked with. A scripted endpoint says whose tokens are.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::harness::{Folder, Server};
use crate::link::{Link, Place};
use crate::logins::login;
use crate::standin::{StandIn, TABLES, shown};

/// An introspection endpoint: `NAME-ok-...` is a good token of `NAME@example.com`.
struct Endpoint {
    url: String,
    asked: Arc<AtomicUsize>,
    broken: Arc<Mutex<bool>>,
}

impl Endpoint {
    fn start() -> Endpoint {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let url = format!("http://{}/tokeninfo", listener.local_addr().expect("an address"));
        let (asked, broken) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(false)));
        let (count, is_broken) = (asked.clone(), broken.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let mut reader = BufReader::new(stream);
                let (mut line, mut length) = (String::new(), 0);
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().expect("a length");
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a body");
                count.fetch_add(1, Ordering::Relaxed);
                let body = String::from_utf8(body).expect("a form");
                let token = body.strip_prefix("access_token=").expect("the token is in the body").to_owned();
                let (status, answer) = match token.split_once("-ok-") {
                    _ if *is_broken.lock().unwrap() => ("503 Service Unavailable", "{}".to_owned()),
                    Some((name, rest)) => {
                        let audience = if rest.starts_with("stolen") { "other-app" } else { "sluice-app" };
                        let seconds = if rest.starts_with("short") { 2 } else { 3600 };
                        let claims = format!(
                            "{{\"aud\": \"{audience}\", \"email\": \"{name}@example.com\", \"email_verified\": \"true\", \"expires_in\": \"{seconds}\"}}"
                        );
                        ("200 OK", claims)
                    }
                    None => ("400 Bad Request", "{\"error\": \"invalid_token\"}".to_owned()),
                };
                let length = answer.len();
                let text = format!(
                    "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
                );
                let _ = reader.get_mut().write_all(text.as_bytes());
            }
        });
        Endpoint { url, asked, broken }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Rules for tokens, and the users that they belong to.
    fn sections(&self, method: &str, user: &str) -> String {
        format!(
            "[[users]]\nname = \"ann\"\nemail = \"ann@example.com\"\nrole = \"analyst\"\n{user}\n[[users]]\nname = \"bob@example.com\"\n{user}\n\
             [[users]]\nname = \"tester\"\nadmin = true\n\n\
             [[auth.rules]]\nuser = \"tester\"\naddress = \"loopback\"\nmethod = \"trust\"\n\n\
             [[auth.rules]]\naddress = \"loopback\"\nmethod = \"{method}\"\n\n\
             [auth.oauth]\nintrospection_url = {:?}\naudience = [\"sluice-app\"]\n\n",
            self.url
        )
    }
}

fn local(folder: &Folder, endpoint: &Endpoint, method: &str) -> Server {
    let data = folder.path().display().to_string();
    Server::start(&format!("{}[backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{data:?}]\n", endpoint.sections(method, "")))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_is_a_password() {
    let (folder, endpoint) = (Folder::new("oauth"), Endpoint::start());
    let server = local(&folder, &endpoint, "oauth");
    let client = login(&server, "ann", "local", "ann-ok-1").await.expect("ann comes in");
    assert_eq!(shown(&client, "SELECT current_user").await, [["ann"]]);
    assert!(login(&server, "ann", "local", "ann-ok-1").await.is_ok());
    assert_eq!(endpoint.asked(), 1, "an answer is good for a while");
    assert!(login(&server, "bob@example.com", "local", "bob-ok-1").await.is_ok(), "a name may be the address");

    let refused = |user: &str| Err(format!("28000 OAuth bearer authentication failed for user \"{user}\""));
    let told = async |user: &str, token: &str| login(&server, user, "local", token).await.map(|_| ());
    assert_eq!(told("ann", "bob-ok-1").await, refused("ann"), "another's token");
    assert_eq!(told("ann", "expired").await, refused("ann"));
    assert_eq!(told("ann", "ann-ok-stolen").await, refused("ann"), "a token for another application");
    assert_eq!(told("zoe", "zoe-ok-1").await, refused("zoe"), "nobody we know");
    let before = endpoint.asked();
    assert_eq!(told("ann", "two words").await, refused("ann"));
    assert_eq!(endpoint.asked(), before, "what is no token is sent nowhere");

    *endpoint.broken.lock().unwrap() = true;
    assert_eq!(told("ann", "ann-ok-2").await, Err("58000 the access token cannot be checked now".into()));
    assert!(told("ann", "ann-ok-1").await.is_ok(), "what is known needs no asking");
    assert!(!server.log().contains("ann-ok"), "tokens are in no log");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_tokens_locks_out() {
    let (folder, endpoint) = (Folder::new("oauth"), Endpoint::start());
    let server = local(&folder, &endpoint, "oauth");
    for i in 0..10 {
        assert!(login(&server, "ann", "local", &format!("guess{i}")).await.is_err());
    }
    let asked = endpoint.asked();
    assert!(login(&server, "ann", "local", "ann-ok-1").await.is_err());
    assert_eq!(endpoint.asked(), asked);
}

/// The frames of SASL OAUTHBEARER, as libpq 18 sends them.
fn initial(message: &str) -> String {
    let body = ["OAUTHBEARER\0".as_bytes(), &u32::try_from(message.len()).expect("short").to_be_bytes(), message.as_bytes()].concat();
    raw(&body)
}

fn raw(body: &[u8]) -> String {
    let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
    let bytes = [b"p", &length[..], body].concat();
    format!("Raw \"{}\"", bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_comes_by_oauthbearer() {
    let (folder, endpoint) = (Folder::new("oauth"), Endpoint::start());
    let server = local(&folder, &endpoint, "oauthbearer");
    let place = Place::sluice(&server);
    let open = async || {
        let mut link = Link::open(&place).await;
        link.write("Startup 3.0 \"user\" \"ann\" \"database\" \"local\"", &[]).await;
        let offered = link.count(1).await;
        assert!(offered[0].contains("OAUTHBEARER"), "{offered:?}");
        link
    };
    let mut link = open().await;
    link.write(&initial("n,,\x01auth=Bearer ann-ok-1\x01\x01"), &[]).await;
    let answers = link.all().await;
    assert!(answers.last().is_some_and(|answer| answer == "ReadyForQuery I"), "{answers:?}");

    for message in ["n,,\x01auth=\x01\x01", "n,,\x01auth=Bearer bob-ok-1\x01\x01"] {
        let mut link = open().await;
        link.write(&initial(message), &[]).await;
        let told = link.count(1).await;
        assert!(told[0].contains("invalid_token") && told[0].contains("accounts.google.com/.well-known/openid-configuration"), "{told:?}");
        link.write(&raw(b"\x01"), &[]).await;
        let answers = link.count(2).await;
        assert!(answers[0].contains("28000") && answers[0].contains("OAuth bearer authentication failed for user"), "{answers:?}");
        assert_eq!(answers[1], "Closed");
    }
    let mut link = open().await;
    link.write(&initial("p=x,,\x01auth=Bearer ann-ok-1\x01\x01"), &[]).await;
    let answers = link.count(1).await;
    assert!(answers[0].contains("08P01"), "{answers:?}");
}

/// The `Authorization` of each request of a method.
async fn authorizations(stand_in: &StandIn, method: &str) -> Vec<String> {
    let requests: Vec<Value> = stand_in.requests(method).await;
    requests.iter().map(|request| request["authorization"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_is_asked_with_the_users_own_token() {
    let (stand_in, endpoint) = (StandIn::start(), Endpoint::start());
    stand_in.make(TABLES).await;
    let server = Server::start(&format!(
        "{}[backend]\nkind = \"bigquery\"\n\n[backend.bigquery]\nproject = \"proj\"\napi_endpoint = \"{}\"\n\n\
         [cache]\nscope = \"global\"\n\n[guard]\nrequire_partition_filter = false\n",
        endpoint.sections("oauth", "identity = \"token\"\n"),
        stand_in.url
    ));
    let sql = "SELECT sum(id) FROM shop.orders";
    let shared = server.connect("tester", "proj").await;
    assert_eq!(shown(&shared, sql).await, [["6"]]);
    assert_eq!(authorizations(&stand_in, "jobs.insert").await, [""], "the emulator wants no credentials of the server's");
    stand_in.forget().await;

    // What others' credentials have read is not ann's, even where the cache is everybody's; hers is not bob's.
    for (user, token) in [("ann", "ann-ok-1"), ("bob@example.com", "bob-ok-1")] {
        let client = login(&server, user, "proj", token).await.expect("comes in");
        assert_eq!(shown(&client, sql).await, [["6"]]);
        let bearer = format!("Bearer {token}");
        for method in ["jobs.dryRun", "jobs.insert", "jobs.getQueryResults"] {
            assert_eq!(authorizations(&stand_in, method).await, [bearer.as_str()], "{user} {method}");
        }
        stand_in.forget().await;
        assert_eq!(shown(&client, sql).await, [["6"]]);
        assert_eq!(stand_in.count("jobs.insert").await, 0, "the second answer is a hit");
    }

    // A session outlives its token; BigQuery is not asked with one whose time is over.
    let client = login(&server, "ann", "proj", "ann-ok-short").await.expect("comes in");
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    let error = client.simple_query("SELECT max(id) FROM shop.orders").await.expect_err("too late");
    let error = error.as_db_error().expect("an error of the server's");
    assert_eq!((error.code().code(), error.message()), ("28000", "the access token of this session has expired"));
    assert_eq!(stand_in.count("jobs.dryRun").await, 0);

    // Who is to be asked for with a token cannot come without one.
    let config = std::fs::read_to_string(server.config()).expect("the configuration");
    assert!(config.contains("identity = \"token\"") && !server.log().contains("-ok-"));
}
