use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await.expect("writes");
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("reads");
    text
}

#[tokio::test]
async fn the_pages_say_how_it_goes() {
    let draining = Arc::new(AtomicBool::new(false));
    let asked = draining.clone();
    let ready: Ready = Arc::new(move || {
        let draining = asked.load(Ordering::SeqCst);
        Box::pin(async move { if draining { Readiness::NotReady("draining".into()) } else { Readiness::Ready } })
    });
    let state = AdminState {
        metrics: crate::telemetry::metrics::start().expect("once"),
        ready,
        status: Arc::new(|| vec![("cache".into(), "on".into())]),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(serve(listener, state, shutdown.clone()));

    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(get(address, "/metrics").await.contains("sluice_connections"));
    assert!(get(address, "/").await.contains("<th>cache</th><td>on</td>"));
    assert!(get(address, "/nothing").await.starts_with("HTTP/1.1 404"));
    draining.store(true, Ordering::SeqCst);
    let answer = get(address, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("not ready: draining\n"), "{answer}");
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"), "alive while draining");

    shutdown.cancel();
    server.await.expect("no panic").expect("ends well");
}
