//! What does not fit into a query's memory is refused, and nothing else is: both sides of `backend.local.query_memory_limit`.

use crate::harness::{Folder, Server};
use crate::standin::{shown, state};

/// Each holds a hundred megabytes at once, some several times over: the values, their list, its text.
const TOO_MUCH: &[&str] = &[
    "WITH m AS (SELECT g, repeat('x', 1000) AS t FROM generate_series(1, 60000) g) SELECT count(*) FROM m a, m b, m c WHERE a.g + b.g + c.g < 10 AND a.t = b.t",
    "SELECT array_length(array_agg(g::text || repeat('z', 500)), 1) FROM generate_series(1, 200000) g",
    "SELECT length(string_agg(repeat('x', 1000), '')) FROM generate_series(1, 200000) g",
    "SELECT jsonb_agg(g::text || repeat('y', 500)) IS NULL FROM generate_series(1, 200000) g",
    "SELECT g FROM (SELECT g, repeat('s', 500) || g AS t FROM generate_series(1, 200000) g ORDER BY 2 DESC) t OFFSET 199999",
    "SELECT count(DISTINCT g::text || repeat('y', 500)) FROM generate_series(1, 200000) g",
    "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY repeat('p', 500) || g) IS NULL FROM generate_series(1, 200000) g",
];

/// Each sees as much, and holds little of it.
const FITS: &[(&str, &str)] = &[
    ("SELECT max(length(repeat('x', 1000) || g)) FROM generate_series(1, 200000) g", "1006"),
    ("SELECT count(*) FROM (SELECT g, repeat('s', 500) || g FROM generate_series(1, 200000) g ORDER BY 2 DESC) t", "200000"),
    ("SELECT g FROM (SELECT g, repeat('s', 500) || g AS t FROM generate_series(1, 200000) g ORDER BY 2 DESC LIMIT 1) t", "99999"),
    ("SELECT array_length(array_agg(g), 1) FROM generate_series(1, 200000) g WHERE length(repeat('z', 500) || g) > 0", "200000"),
    ("SELECT sum(n) FROM (SELECT count(*) AS n FROM generate_series(1, 200000) g GROUP BY g % 1000) t", "200000"),
];

fn server(folder: &Folder, limit: &str) -> Server {
    let path = folder.path().display().to_string();
    Server::start(&format!(
        "[auth]\nmethod = \"trust\"\n\n[[users]]\nname = \"tester\"\nadmin = true\n\n[guard]\ninject_limit = 0\n\n[cache]\nenabled = false\n\n\
         [backend]\nkind = \"local\"\n\n[backend.local]\npaths = [{path:?}]\nquery_memory_limit = {limit:?}\n"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_may_not_hold_is_refused_and_the_session_goes_on() {
    let folder = Folder::new("memory");
    let small = server(&folder, "32MiB");
    let client = small.client().await;
    for query in TOO_MUCH {
        assert_eq!(state(&client.simple_query(query).await.expect_err(query)), "53200", "{query}");
        assert_eq!(shown(&client, "SELECT 1").await, [["1"]], "{query}");
    }
    for (query, value) in FITS {
        assert_eq!(shown(&client, query).await, [[*value]], "{query}");
    }
    // With more room the same are answered, but for what nothing could hold.
    let large = server(&folder, "768MiB");
    let client = large.client().await;
    for (query, value) in TOO_MUCH.iter().skip(1).zip(["200000", "200000000", "f", "1", "200000", "f"]) {
        assert_eq!(shown(&client, query).await, [[value]], "{query}");
    }
}
