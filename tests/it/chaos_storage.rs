//! The Storage Read API failing in every way at every step: as in `chaos`, with results that come in streams.

use serde_json::{Value, json};

use crate::chaos::{Act, Random, SETTINGS, SQL, Stage, fault, times};

const UNORDERED: &str = "SELECT n, filler FROM shop.series";

/// Eight batches in one stream, or two in each of four; reading costs nothing, so that the bills of jobs are the whole bill.
async fn stage(sql: &'static str) -> Stage {
    patient_stage(sql, "600ms").await
}

/// As [`stage`], with this time-out for a call.
async fn patient_stage(sql: &'static str, request_timeout: &str) -> Stage {
    let settings = |storage: &str| {
        let settings = SETTINGS
            .replace("600ms", request_timeout)
            .replace("\n\n[cache]", &format!("\nstorage_endpoint = \"{storage}\"\nstorage_from = \"0B\"\n\n[cache]"));
        format!("{settings}\n\n[pricing]\nstorage_read_usd_per_tib = 0.0")
    };
    let stage = Stage::with(sql, |stand_in| settings(&stand_in.storage)).await;
    stage.stand_in.post("settings", json!({"batch_rows": 50})).await;
    stage
}

/// A fault of the Storage Read API: `ReadRows+2` strikes after two batches.
fn broken(step: &str, kind: &str) -> Value {
    let (method, after) = step.split_once('+').map_or((step, 0), |(method, after)| (method, after.parse().expect("a number")));
    let mut fault = json!({"method": format!("storage.{method}"), "kind": kind, "after": after});
    match kind {
        "late" => {
            fault["kind"] = json!("hang");
            fault["seconds"] = json!(0.9); // beyond the time-out
        }
        "hang" => fault["seconds"] = json!(0.2),
        code if code.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_') => {
            fault["kind"] = json!("error");
            fault["code"] = json!(code);
        }
        _ => {}
    }
    fault
}

const STEPS: [&str; 4] = ["CreateReadSession", "ReadRows", "ReadRows+1", "ReadRows+5"];
const PASSING: [&str; 11] =
    ["UNAVAILABLE", "INTERNAL", "RESOURCE_EXHAUSTED", "ABORTED", "hang", "late", "duplicate", "empty", "miscount", "garble", "early"];
const LASTING: [&str; 5] = ["PERMISSION_DENIED", "UNAUTHENTICATED", "NOT_FOUND", "FAILED_PRECONDITION", "UNIMPLEMENTED"];

fn fits(step: &str, kind: &str) -> bool {
    step != "CreateReadSession" || !["duplicate", "empty", "miscount", "garble", "early"].contains(&kind)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_for_a_moment_is_not_noticed() {
    for sql in [SQL, UNORDERED] {
        let stage = stage(sql).await;
        for step in STEPS {
            for kind in PASSING.into_iter().filter(|kind| fits(step, kind)) {
                let name = format!("{sql}: {kind} at {step}");
                let seen = stage.play(&name, &[broken(step, kind)], Act::Wait).await;
                // Of several streams none can be known to have ended early; the number of rows tells.
                if kind == "early" && sql == UNORDERED {
                    assert!(seen.error.is_none_or(|(code, _)| code == "58000"), "{name}");
                } else {
                    assert_eq!(seen.error, None, "{name}");
                }
            }
        }
        stage.check_requests().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_works_is_pages_before_the_first_row_and_one_error_after_it() {
    // Nothing is late here: a call that is given up on a busy machine would meet the second fault before its first row.
    let stage = patient_stage(SQL, "20s").await;
    for step in STEPS {
        for kind in LASTING.into_iter().chain(["UNAVAILABLE", "miscount", "garble"]).filter(|kind| fits(step, kind)) {
            let name = format!("{kind} at {step} for ever");
            let first = broken(step, kind);
            let rest = broken(step.split('+').next().expect("a method"), kind);
            // Where nobody answered the streams are left alone for 60 first pauses, and the next query would be read in pages.
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            let seen = stage.play(&name, &[first, times(rest, 100)], Act::Wait).await;
            let (code, message) = seen.error.unwrap_or_default();
            match (step, kind) {
                // A page of 64 rows has left by then: the pages go on behind it.
                ("CreateReadSession" | "ReadRows" | "ReadRows+1", _) => assert_eq!(code, "", "{name}: {message}"),
                (_, "PERMISSION_DENIED" | "UNAUTHENTICATED") => assert_eq!(code, "42501", "{name}: {message}"),
                _ => assert_eq!(code, "58000", "{name}: {message}"),
            }
        }
    }
    stage.check_requests().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_closes_its_streams() {
    for sql in [SQL, UNORDERED] {
        let stage = stage(sql).await;
        for act in [Act::Cancel(150), Act::TimeOut(150), Act::Leave(150)] {
            for step in STEPS {
                let mut stuck = broken(step, "hang");
                stuck["seconds"] = json!(30);
                stage.play(&format!("{sql}: {act:?}, stuck at {step}"), &[times(stuck, 4)], act).await;
            }
        }
        stage.check_requests().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_schedules_of_streams_end_well() {
    let number = |name: &str, or: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (schedules, first) = (number("SLUICE_CHAOS_SCHEDULES", 40), number("SLUICE_CHAOS_SEED", 1));
    for sql in [SQL, UNORDERED] {
        let stage = stage(sql).await;
        let (mut whole, mut errors) = (0, 0);
        for seed in first..first + schedules.div_ceil(2) {
            let mut random = Random(seed);
            let mut faults = Vec::new();
            for _ in 0..=random.below(4) {
                let step = format!("ReadRows+{}", random.below(8));
                let step = if random.below(4) == 0 { "CreateReadSession" } else { &step };
                let kinds: Vec<&str> = PASSING.iter().chain(&LASTING).copied().filter(|kind| fits(step, kind)).collect();
                let mut one = broken(step, random.pick(&kinds));
                one["skip"] = json!(random.below(3));
                faults.push(times(one, u32::try_from(random.pick(&[1, 1, 2, 3])).expect("small")));
            }
            if random.below(3) == 0 {
                let step = random.pick(&["jobs.insert", "jobs.getQueryResults", "jobs.getQueryResults+2"]);
                faults.push(fault(step, random.pick(&["503", "lost", "late", "429"])));
            }
            let act = match random.below(6) {
                0 => Act::Cancel(10 + u64::try_from(random.below(250)).expect("small")),
                1 => Act::TimeOut(20 + u64::try_from(random.below(300)).expect("small")),
                2 => Act::Leave(10 + u64::try_from(random.below(250)).expect("small")),
                _ => Act::Wait,
            };
            let seen = stage.play(&format!("{sql}: seed {seed}, {act:?}"), &faults, act).await;
            if seen.error.is_some() { errors += 1 } else { whole += usize::from(!seen.left) }
        }
        stage.check_requests().await;
        println!("{sql}: {whole} whole answers, {errors} errors");
        assert!(whole > 0, "not one query succeeded: the schedules prove nothing");
    }
}
