//! Plays `tests/wire/*.pgtest` on PostgreSQL and on Sluice: the same messages from both.
//!
//! `SLUICE_TEST_RECORD=1` writes PostgreSQL's answers into the scripts, before Sluice is asked. `SLUICE_TEST_SCRIPT=part` plays those whose
//! name contains the part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sluice::warehouse::embedded::demo;

use crate::data;
use crate::harness::{Folder, Judge, Server};
use crate::link::{Link, Place};
use crate::messages::{Line, lines};

/// The size of the shop: 50 customers, 2000 orders, 5000 events.
const SCALE: f64 = 0.001;
#[tokio::test(flavor = "multi_thread")]
async fn postgres_and_sluice_send_the_same_messages() {
    let only = std::env::var("SLUICE_TEST_SCRIPT").unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire"))
        .expect("tests/wire is there")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "pgtest") && path.to_string_lossy().contains(&only))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "tests/wire holds scripts");
    let folder = Folder::new("wire");
    let made = demo::ensure(folder.path(), SCALE, &mut |_| ()).expect("the demo data can be written");

    let judge = Judge::new("wire").await;
    data::load(&judge.client, &made.path.join("shop")).await;
    let postgres = Place::judge(&judge).await;
    let server = Server::over(&[&made.path]);
    let sluice = Place::sluice(&server);
    let mut failures = Vec::new();
    for file in &files {
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let mut text = std::fs::read_to_string(file).expect("a script is text");
        if std::env::var_os("SLUICE_TEST_RECORD").is_some() {
            text = play(&lines(&text), &postgres, true).await;
            std::fs::write(file, &text).expect("a script can be written");
        }
        for (engine, place) in [("postgres", &postgres), ("sluice", &sluice)] {
            let played = play(&lines(&text), place, false).await;
            if played.trim_end() != text.trim_end() {
                failures.push(format!("{engine}: {name}\n{}", difference(&text, &played)));
            }
        }
    }
    judge.finish().await;
    assert!(failures.is_empty(), "{} of {} scripts differ:\n\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

/// Shows the lines that differ, with the lines before them.
fn difference(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let first = expected.iter().zip(&got).take_while(|(left, right)| left == right).count();
    let before = expected[first.saturating_sub(6)..first].iter().map(|line| format!("    {line}"));
    let wanted = expected[first..].iter().take(8).map(|line| format!("  - {line}"));
    let came = got[first..].iter().take(8).map(|line| format!("  + {line}"));
    before.chain(wanted).chain(came).collect::<Vec<_>>().join("\n")
}

/// Plays a script and returns it with the answers that came.
async fn play(script: &[Line], place: &Place, record: bool) -> String {
    let mut links: BTreeMap<String, Link> = BTreeMap::new();
    let mut out: Vec<String> = Vec::new();
    let blocks: Vec<&[Line]> = script.split(|line| *line == Line::End).filter(|block| !block.is_empty()).collect();
    for block in blocks {
        let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
        let mut used: Vec<String> = Vec::new();
        for line in block {
            match line {
                Line::Comment(text) => out.push(text.clone()),
                Line::Wait(millis) => {
                    out.push(format!("wait {millis}"));
                    tokio::time::sleep(Duration::from_millis(*millis)).await;
                }
                Line::Send(name, message) => {
                    out.push(format!("{name}> {message}"));
                    send(&mut links, name, message, place).await;
                    if !used.contains(name) {
                        used.push(name.clone());
                    }
                }
                Line::Expect(name, _) => *expected.entry(name).or_default() += 1,
                Line::End => {}
            }
        }
        // Connections that were sent nothing may be told something, too: a cancelled one is.
        used.extend(
            expected.keys().filter(|name| !used.iter().any(|known| known == *name)).map(|name| (*name).to_owned()).collect::<Vec<_>>(),
        );
        if record {
            used.extend(
                links.iter().filter(|(name, link)| link.due > 0 && !used.contains(name)).map(|(name, _)| name.clone()).collect::<Vec<_>>(),
            );
        }
        for name in used {
            let Some(link) = links.get_mut(&name) else { continue };
            let answers = if record { link.all().await } else { link.count(expected.get(name.as_str()).copied().unwrap_or(0)).await };
            out.extend(answers.into_iter().map(|answer| format!("{name}< {answer}")));
        }
        out.push(String::new());
    }
    out.join("\n")
}

async fn send(links: &mut BTreeMap<String, Link>, name: &str, message: &str, place: &Place) {
    let first = message.split(' ').next().unwrap_or_default();
    let key = links.get("").map(|link| link.key.clone()).unwrap_or_default();
    if !links.contains_key(name) {
        let link = match first {
            "Startup" | "SSLRequest" | "GSSENCRequest" | "CancelRequest" | "RawPacket" => Link::open(place).await,
            _ => Link::start(place).await,
        };
        links.insert(name.to_owned(), link);
    }
    let message = message.replace("$USER", &place.user).replace("$DATABASE", &place.database);
    links.get_mut(name).expect("it was made").write(&message, &key).await;
}
