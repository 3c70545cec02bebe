//! Questions asked again in the same bytes: the answer is the same, until anything says that it may be another.

use std::fs;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::harness::{Folder, Server};
use crate::link::{Link, Place};

/// How often a question is asked: the first comes from the table, the next by the cache's key, the third is remembered.
const TIMES: usize = 6;

struct World {
    server: Server,
    folder: Folder,
    boss: Client,
}

impl World {
    async fn new() -> World {
        let folder = Folder::new("repeats");
        fs::create_dir(folder.path().join("shop")).expect("the temporary folder can be written");
        write(&folder, "first");
        let server = Server::over(&[folder.path()]);
        let boss = server.client().await;
        World { server, folder, boss }
    }

    async fn link(&self) -> Link {
        Link::start(&Place::sluice(&self.server)).await
    }
}

fn write(folder: &Folder, word: &str) {
    fs::write(folder.path().join("shop/t.csv"), format!("a,b\n1,{word}\n2,two\n")).expect("a file can be written");
}

fn parse(text: &str) -> String {
    format!("Parse \"q\" \"{text}\" []")
}

/// A prepared question of one parameter, as drivers ask it.
fn question(a: i32) -> Vec<String> {
    [&format!("Bind \"\" \"q\" [] [\"{a}\"] []"), "Describe P \"\"", "Execute \"\" 0", "Sync"].map(str::to_owned).to_vec()
}

async fn ask(link: &mut Link, messages: &[String]) -> Vec<String> {
    link.ask_at_once(messages).await
}

fn rows(answers: &[String]) -> Vec<&str> {
    answers.iter().filter_map(|answer| answer.strip_prefix("DataRow ")).collect()
}

/// How many queries `sluice.queries` counts as hits.
async fn hits(boss: &Client) -> i64 {
    let text = "SELECT count(*) FROM sluice.queries WHERE cache = 'hit'";
    boss.query_one(text, &[]).await.expect("a count").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_messages_get_the_same_answer_and_are_counted() {
    let world = World::new().await;
    let mut link = world.link().await;
    ask(&mut link, &[parse("SELECT a, b FROM t WHERE a = $1::int4"), "Sync".into()]).await;
    let first = ask(&mut link, &question(1)).await;
    assert_eq!(rows(&first), ["\"1\" \"first\""], "{first:?}");
    for _ in 0..TIMES {
        assert_eq!(ask(&mut link, &question(1)).await, first);
    }
    assert_eq!(hits(&world.boss).await, i64::try_from(TIMES).expect("few"));
    // Other parameters, then both in turns, then several before one Sync.
    assert_eq!(rows(&ask(&mut link, &question(2)).await), ["\"2\" \"two\""]);
    for a in [1, 2, 1, 2, 2, 1] {
        assert_eq!(rows(&ask(&mut link, &question(a)).await).len(), 1);
        assert!(rows(&ask(&mut link, &question(a)).await)[0].starts_with(&format!("\"{a}\"")));
    }
    let several: Vec<String> = [1, 2, 1].iter().flat_map(|a| question(*a).into_iter().take(3)).chain(["Sync".to_owned()]).collect();
    for _ in 0..3 {
        let answers = ask(&mut link, &several).await;
        assert_eq!(rows(&answers), ["\"1\" \"first\"", "\"2\" \"two\"", "\"1\" \"first\""]);
        assert_eq!(answers.iter().filter(|answer| answer.starts_with("ReadyForQuery")).count(), 1);
    }
    // What was told last is the last.
    let told = ask(&mut link, &["Query \"SHOW sluice.last_query\"".to_owned()]).await;
    assert!(rows(&told)[0].contains("cache hit"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_answer_depends_on_ends_it() {
    let world = World::new().await;
    let mut link = world.link().await;
    let text = "SELECT a, b, current_setting('application_name') FROM t WHERE a = $1::int4";
    ask(&mut link, &[parse(text), "Sync".into()]).await;
    let steady = async |link: &mut Link| {
        let mut last = Vec::new();
        for _ in 0..TIMES {
            last = ask(link, &question(1)).await;
        }
        last
    };
    assert_eq!(rows(&steady(&mut link).await), ["\"1\" \"first\" \"script\""]);
    // A setting that the query reads.
    ask(&mut link, &["Query \"SET application_name = 'other'\"".to_owned()]).await;
    assert_eq!(rows(&steady(&mut link).await), ["\"1\" \"first\" \"other\""]);
    // Another statement under the same name.
    ask(&mut link, &["Close S \"q\"".to_owned(), parse("SELECT b FROM t WHERE a = $1::int4"), "Sync".into()]).await;
    assert_eq!(rows(&steady(&mut link).await), ["\"first\""]);
    ask(&mut link, &["Query \"DEALLOCATE ALL\"".to_owned()]).await;
    let gone = ask(&mut link, &question(1)).await;
    assert!(gone.iter().any(|answer| answer.contains("26000")), "{gone:?}");
    ask(&mut link, &[parse("SELECT b, a FROM t WHERE a = $1::int4"), "Sync".into()]).await;
    assert_eq!(rows(&steady(&mut link).await), ["\"first\" \"1\""]);
    // A transaction block that has failed.
    ask(&mut link, &["Query \"BEGIN\"".to_owned(), "Query \"SELECT 1/0\"".to_owned()]).await;
    let failed = ask(&mut link, &question(1)).await;
    assert!(failed.iter().any(|answer| answer.contains("25P02")), "{failed:?}");
    ask(&mut link, &["Query \"ROLLBACK\"".to_owned()]).await;
    assert_eq!(rows(&steady(&mut link).await), ["\"first\" \"1\""]);
    // Without a cache there is no hit.
    ask(&mut link, &["Query \"SET sluice.cache = off\"".to_owned()]).await;
    let before = hits(&world.boss).await;
    assert_eq!(rows(&steady(&mut link).await), ["\"first\" \"1\""]);
    assert_eq!(hits(&world.boss).await, before);
    ask(&mut link, &["Query \"SET sluice.cache = on\"".to_owned()]).await;
    steady(&mut link).await;
    // A flush, with another table behind it.
    write(&world.folder, "second");
    world.boss.simple_query("SELECT sluice.flush_cache()").await.expect("an admin may");
    assert_eq!(rows(&ask(&mut link, &question(1)).await), ["\"second\" \"1\""]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_changes_is_seen_while_the_question_goes_on() {
    let world = World::new().await;
    let mut link = world.link().await;
    ask(&mut link, &[parse("SELECT b FROM t WHERE a = $1::int4"), "Sync".into()]).await;
    for _ in 0..TIMES {
        assert_eq!(rows(&ask(&mut link, &question(1)).await), ["\"first\""]);
    }
    write(&world.folder, "another");
    // A table's version is looked at again when it is ten seconds old; the answer at hand is trusted for half a second.
    let began = Instant::now();
    while rows(&ask(&mut link, &question(1)).await) != ["\"another\""] {
        assert!(began.elapsed() < Duration::from_secs(12), "an old answer is given for too long");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_of_an_answer_ends_as_any_other() {
    let world = World::new().await;
    let mut link = world.link().await;
    ask(&mut link, &[parse("SELECT b FROM t WHERE a = $1::int4"), "Sync".into()]).await;
    for _ in 0..TIMES {
        ask(&mut link, &question(1)).await;
    }
    // Asked on, the portal is there and empty; after Sync it is gone.
    let mut twice = question(1);
    twice.insert(3, "Execute \"\" 0".to_owned());
    let answers = ask(&mut link, &twice).await;
    assert!(answers.iter().any(|answer| answer == "CommandComplete \"SELECT 0\""), "{answers:?}");
    for _ in 0..2 {
        let answers = ask(&mut link, &question(1)).await;
        assert_eq!(rows(&answers), ["\"first\""]);
        let gone = ask(&mut link, &["Execute \"\" 0".to_owned(), "Sync".to_owned()]).await;
        assert!(gone.iter().any(|answer| answer.contains("34000")), "{gone:?}");
    }
    // With a row limit, and in binary, it is another question.
    let mut limited = question(1);
    limited[2] = "Execute \"\" 1".to_owned();
    assert!(ask(&mut link, &limited).await.iter().any(|answer| answer == "PortalSuspended"));
}
