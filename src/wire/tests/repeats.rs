//! Answers that are given again: the backend is not asked while they last.

use std::time::{Duration, Instant};

use super::*;
use crate::query::QueryId;
use crate::query::lasting::Again;

/// Good for three times.
#[derive(Default)]
pub(super) struct Thrice(AtomicUsize);

impl Lasting for Thrice {
    fn again(&self, _: Instant, rows: u64) -> Option<Again> {
        let left = self.0.fetch_add(1, Ordering::Relaxed) < 3;
        left.then(|| Again { id: QueryId(7), took: Duration::ZERO, rows, notice: Some(Notice::plain("again")) })
    }

    fn summary(&self, again: &Again) -> String {
        format!("{} rows again", again.rows)
    }
}

/// A prepared statement.
async fn prepared(world: &World, text: &str) -> Client {
    let mut client = world.connect().await;
    assert_eq!(client.play(&[parse("s", text), sync()]).await, "1 ZI");
    client
}

fn runs(world: &World) -> usize {
    world.runs.load(Ordering::Relaxed)
}

#[tokio::test]
async fn an_answer_that_lasts_is_given_without_the_backend() {
    let world = world(trusting());
    let mut client = prepared(&world, "select 'lasting'").await;
    let question = [bind("", "s"), msg(b'D', b"P\0"), execute("", 0), sync()];
    for (time, ran) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (5, 2)] {
        let said = if matches!(time, 0 | 4) { "2 T D1 C(SELECT 1) ZI" } else { "2 T D1 N(again) C(SELECT 1) ZI" };
        assert_eq!((client.play(&question).await.as_str(), runs(&world)), (said, ran), "time {time}");
    }
    assert_eq!(client.ask("show sluice.last_query").await, "T D1 C(SHOW) ZI");
    // Without Describe they are other messages, and two before one Sync are both answered.
    let short = [bind("", "s"), execute("", 0)];
    assert_eq!(client.play(&[short.concat(), sync()]).await, "2 D1 C(SELECT 1) ZI");
    assert_eq!(client.play(&[short.concat(), short.concat(), sync()]).await, "2 D1 N(again) C(SELECT 1) 2 D1 N(again) C(SELECT 1) ZI");
    assert_eq!(runs(&world), 3);
}

#[tokio::test]
async fn what_is_asked_otherwise_is_asked_of_the_backend() {
    let world = world(trusting());
    let mut client = prepared(&world, "select 'lasting'").await;
    let question = [bind("", "s"), execute("", 0), sync()];
    client.play(&question).await;
    let before = runs(&world);
    let mut asked = 0;
    for frames in [
        vec![bind("p", "s"), execute("p", 0), sync()],
        vec![bind("", "s"), execute("", 1), sync()],
        vec![bind("", "s"), execute("", 0), execute("", 0), sync()],
        vec![bind("", "s"), execute("", 0), msg(b'C', b"P\0"), sync()],
        vec![bind("", "s"), msg(b'H', b""), execute("", 0), sync()],
    ] {
        client.play(&frames).await;
        asked += 1;
        assert_eq!(runs(&world), before + asked, "{asked}");
    }
    // In a block, and under another setting.
    for begin in ["begin", "set application_name = 'x'"] {
        client.ask(begin).await;
        asked += 1;
        client.play(&question).await;
        assert_eq!(runs(&world), before + asked, "{begin}");
        client.ask("rollback").await;
    }
    // Another statement under its name.
    client.play(&[msg(b'C', b"Ss\0"), parse("s", "select 'many', 3"), sync()]).await;
    assert_eq!(client.play(&question).await, "2 D3 C(SELECT 3) ZI");
    assert_eq!(client.play(&[msg(b'C', b"Ss\0"), sync()]).await, "3 ZI");
    assert_eq!(client.play(&question).await, "E(26000 prepared statement \"s\" does not exist) ZI");
}

#[tokio::test]
async fn a_text_that_lasts_is_answered_without_the_backend() {
    let world = world(trusting());
    let mut client = world.connect().await;
    for (time, ran) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)] {
        let said = if matches!(time, 0 | 4) { "T D1 C(SELECT 1) ZI" } else { "T D1 N(again) C(SELECT 1) ZI" };
        assert_eq!((client.ask("select 'lasting'").await.as_str(), runs(&world)), (said, ran), "time {time}");
    }
    // What was prepared without a name is gone all the same.
    assert_eq!(client.play(&[parse("", "select 1"), sync()]).await, "1 ZI");
    assert_eq!(client.ask("select 'lasting'").await, "T D1 N(again) C(SELECT 1) ZI");
    assert_eq!(client.play(&[bind("", ""), sync()]).await, "E(26000 unnamed prepared statement does not exist) ZI");
    // Beside another statement, in a block, and under another setting it is asked of the backend.
    let before = runs(&world);
    assert_eq!(client.ask("select 'lasting'; select 'lasting'").await, "T D1 C(SELECT 1) T D1 C(SELECT 1) ZI");
    assert_eq!(runs(&world), before + 2);
    client.ask("begin").await;
    assert_eq!(client.ask("select 'lasting'").await, "T D1 C(SELECT 1) ZT");
    client.ask("rollback").await;
    client.ask("set application_name = 'x'").await;
    assert_eq!(client.ask("select 'lasting'").await, "T D1 C(SELECT 1) ZI");
    assert_eq!(runs(&world), before + 4);
}

#[tokio::test]
async fn a_text_that_is_parsed_again_and_lasts_is_answered_without_the_backend() {
    let world = world(trusting());
    let mut client = world.connect().await;
    let question = [parse("", "select 'lasting'"), bind("", ""), msg(b'D', b"P\0"), execute("", 0), sync()];
    for (time, ran) in [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)] {
        let said = if matches!(time, 0 | 4) { "1 2 T D1 C(SELECT 1) ZI" } else { "1 2 T D1 N(again) C(SELECT 1) ZI" };
        assert_eq!((client.play(&question).await.as_str(), runs(&world)), (said, ran), "time {time}");
    }
    // It is the unnamed statement from then on.
    client.play(&[parse("", "select 'many', 3"), sync()]).await;
    assert_eq!(client.play(&question).await, "1 2 T D1 N(again) C(SELECT 1) ZI");
    assert_eq!(client.play(&[bind("", ""), execute("", 1), sync()]).await, "2 D1 s ZI");
    // Declared parameters make it another question; so does a block.
    let before = runs(&world);
    client.ask("begin").await;
    assert_eq!(client.play(&question).await, "1 2 T D1 C(SELECT 1) ZT");
    client.ask("rollback").await;
    assert_eq!(runs(&world), before + 1);
}
