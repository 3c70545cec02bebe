//! Random queries: PostgreSQL and Sluice must agree on the rows, or Sluice must refuse (0A000).
//!
//! The texts come from `grammar.txt`, the rows from `rows.tsv`. Every run of the tests plays the same queries; `SLUICE_RANDOM_SEED` and
//! `SLUICE_RANDOM_CASES` choose others, `SLUICE_RANDOM_SHOW` says how many differences are shown at most. What is found is shrunk, and
//! belongs into `tests/slt` or `tests/translate` once it is mended.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::harness::{Folder, Judge, Server};
use crate::standin::StandIn;
use grammar::{Grammar, Sentence};

mod grammar;
mod table;

/// Choices that lead to one query at most.
const CHOICES_MAX: usize = 40;
/// Attempts to shrink one query.
const SHRINKS_MAX: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_engine_agrees_or_refuses() {
    let folder = Folder::new("random");
    let path = folder.path().join("shop");
    table::write_parquet(&path);
    let server = Server::over(&[&path]);
    play("random_embedded", &server, "local", Grammar::read(include_str!("grammar.txt")), cases(400)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_agrees_or_refuses() {
    let stand_in = StandIn::start();
    stand_in.make(&table::googlesql()).await;
    let server = stand_in.serve("default_dataset = \"shop\"");
    let grammar = Grammar::read(include_str!("grammar.txt"));
    marks_are_true(&grammar, &server.connect("tester", "proj").await).await;
    play("random_bigquery", &server, "proj", grammar.with_a_form_in_googlesql(), cases(60)).await;
}

/// What the grammar marks as refused on BigQuery is refused, and nothing else is.
async fn marks_are_true(grammar: &Grammar, client: &Client) {
    let mut untrue = Vec::new();
    for (production, marked, sql) in grammar.shortest() {
        let refused = match client.query("SELECT sluice.translate($1)", &[&sql]).await {
            Ok(_) => None,
            Err(error) => error.as_db_error().filter(|error| error.code().code() == "0A000").map(|error| error.message().to_owned()),
        };
        if refused.is_some() != marked {
            untrue.push(format!("{production}\n  {}\n  {sql}", refused.as_deref().unwrap_or("has a form")));
        }
    }
    assert!(untrue.is_empty(), "{} marks of the grammar are not true:\n{}", untrue.len(), untrue.join("\n"));
}

fn cases(default: usize) -> usize {
    setting("SLUICE_RANDOM_CASES").unwrap_or(default)
}

fn setting(name: &str) -> Option<usize> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Plays random queries on both sides; fails with every difference, each in its shortest form. For each query that is refused, more than four
/// others have to be answered.
async fn play(name: &str, server: &Server, database: &str, grammar: Grammar, cases: usize) {
    let client = &server.connect("tester", database).await;
    let judge = Judge::new(name).await;
    judge.client.batch_execute(&table::postgresql()).await.expect("the table can be made");
    let seed = u8::try_from(setting("SLUICE_RANDOM_SEED").unwrap_or(0) % 256).expect("below 256");
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let strategy = proptest::collection::vec(any::<u16>(), 1..CHOICES_MAX);
    let (mut differences, mut agreed, mut refused, mut lazy) = (Vec::new(), 0, Vec::new(), Vec::new());
    let show = setting("SLUICE_RANDOM_SHOW").unwrap_or(20);
    for _ in 0..cases {
        let mut tree = strategy.new_tree(&mut runner).expect("choices can be made");
        let mut sentence = grammar.sentence("query", &tree.current());
        let mut verdict = judged(&sentence, &judge.client, client).await;
        match verdict {
            Verdict::Agreed => agreed += 1,
            Verdict::Refused(what) => refused.push(what),
            Verdict::Different(_) | Verdict::Skipped(_) | Verdict::Failed(_) => {
                for _ in 0..SHRINKS_MAX {
                    if !tree.simplify() {
                        break;
                    }
                    let shorter = grammar.sentence("query", &tree.current());
                    let found = judged(&shorter, &judge.client, client).await;
                    if std::mem::discriminant(&found) == std::mem::discriminant(&verdict) {
                        (sentence, verdict) = (shorter, found);
                    } else if !tree.complicate() {
                        break;
                    }
                }
                match verdict {
                    Verdict::Failed(what) => lazy.push(what),
                    Verdict::Skipped(what) if may_be_lazy(&sentence.text) => lazy.push(what),
                    Verdict::Skipped(what) | Verdict::Different(what) => differences.push(what),
                    Verdict::Agreed | Verdict::Refused(_) => {}
                }
            }
        }
        if differences.len() >= show {
            break;
        }
    }
    judge.finish().await;
    let count =
        format!("{agreed} agreed, {} refused, {} failed on one side only, {} different", refused.len(), lazy.len(), differences.len());
    eprintln!("{count}");
    if setting("SLUICE_RANDOM_SHOW").is_some() {
        eprintln!("failed on one side only:\n\n{}\n\nrefused:\n\n{}", lazy.join("\n\n"), refused.join("\n\n"));
    }
    assert!(!server.log().contains("panicked"), "{}", server.log());
    assert!(differences.is_empty(), "{count}:\n\n{}", differences.join("\n\n"));
    assert!(agreed > 4 * refused.len() && lazy.len() * LAZY_PART <= cases, "{count}:\n\n{}", lazy.join("\n\n"));
}

/// One query in so many may fail on one side only.
const LAZY_PART: usize = 50;

enum Verdict {
    Agreed,
    Refused(String),
    /// PostgreSQL failed on a value (class 22), Sluice gave rows: it must be a value that may be left out.
    Skipped(String),
    /// Sluice failed on a value, PostgreSQL gave rows: it folds a strict call of a constant NULL before it looks at the rest.
    Failed(String),
    Different(String),
}

/// Tells whether a query may leave a value uncomputed: nobody promises an order of evaluation (PostgreSQL's documentation, 4.2.14), and what no
/// row needs is skipped. In any other query an answer where PostgreSQL fails is a difference.
fn may_be_lazy(text: &str) -> bool {
    const CHOICES: [&str; 14] = [
        " WHERE ",
        " AND ",
        " OR ",
        " IN (",
        " HAVING ",
        " JOIN ",
        " ANY (",
        " ALL (",
        "CASE ",
        "coalesce(",
        "LIMIT ",
        "FILTER ",
        "EXISTS",
        "DISTINCT ON",
    ];
    CHOICES.iter().any(|choice| text.contains(choice))
}

type Outcome = Result<Vec<Vec<Option<String>>>, (String, String)>;

async fn judged(sentence: &Sentence, postgres: &Client, sluice: &Client) -> Verdict {
    let sql = &sentence.text;
    let theirs = rows(postgres, sql).await;
    let ours = rows(sluice, sql).await;
    let shown = |outcome: &Outcome| match outcome {
        Ok(rows) => format!("{rows:?}"),
        Err((state, message)) => format!("{state} {message}"),
    };
    match (&ours, &theirs) {
        (Err((state, _)), _) if state == "0A000" => Verdict::Refused(format!("{sql}\n  {}", shown(&ours))),
        (Err((ours, _)), Err((theirs, _))) if ours == theirs => Verdict::Agreed,
        // Which of several bad values comes first is nobody's promise.
        (Err((ours, _)), Err((theirs, _))) if ours.starts_with("22") && theirs.starts_with("22") => Verdict::Agreed,
        (Ok(_), Err((state, _))) | (Err((state, _)), Ok(_)) if state.starts_with("22") => {
            let what = format!("{sql}\n  sluice   {}\n  postgres {}", shown(&ours), shown(&theirs));
            if ours.is_ok() { Verdict::Skipped(what) } else { Verdict::Failed(what) }
        }
        (Ok(ours), Ok(theirs)) if same(ours, theirs, sentence.inexact) => Verdict::Agreed,
        (Ok(ours), Ok(theirs)) if ours.len() == theirs.len() => {
            let at = (0..ours.len()).find(|row| !same(&ours[*row..=*row], &theirs[*row..=*row], sentence.inexact)).unwrap_or(0);
            Verdict::Different(format!("{sql}\n  row {at}: sluice {:?}\n  postgres {:?}", ours[at], theirs[at]))
        }
        _ => Verdict::Different(format!("{sql}\n  sluice   {}\n  postgres {}", shown(&ours), shown(&theirs))),
    }
}

fn same(ours: &[Vec<Option<String>>], theirs: &[Vec<Option<String>>], inexact: bool) -> bool {
    let near = |a: &str, b: &str| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-9),
        _ => false,
    };
    let cell = |a: &Option<String>, b: &Option<String>| a == b || (inexact && a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| near(a, b)));
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| cell(a, b)))
}

async fn rows(client: &Client, sql: &str) -> Outcome {
    let messages = client.simple_query(sql).await.map_err(|error| match error.as_db_error() {
        Some(error) => (error.code().code().to_owned(), format!("{} {}", error.message(), error.detail().unwrap_or_default())),
        None => ("-----".to_owned(), error.to_string()),
    })?;
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()),
        _ => None,
    };
    Ok(messages.into_iter().filter_map(row).collect())
}
