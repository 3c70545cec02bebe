//! Random values of every type, in text and in binary, under random styles: Sluice's bytes are PostgreSQL's for the same literal.

use crate::harness::{Judge, Server};
use crate::link::{Link, Place};

/// Rounds of one row each.
const ROUNDS: usize = 120;

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(i128::from(high) - i128::from(low) + 1).unwrap_or(u64::MAX);
        low.wrapping_add_unsigned(self.below(span))
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).expect("small")]
    }

    fn digits(&mut self, count: u64) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).expect("a digit"))).collect()
    }
}

/// The types, with a maker of their literals' text.
type Maker = fn(&mut Random) -> String;
const TYPES: [(&str, Maker); 18] = [
    ("bool", |r| r.pick(&["t", "f", "true", "no", "on", "0"]).into()),
    ("int2", |r| r.between(-32_768, 32_767).to_string()),
    ("int4", |r| (r.between(i64::MIN, i64::MAX) >> (32 + r.below(32))).to_string()),
    ("int8", |r| (r.between(i64::MIN, i64::MAX) >> r.below(64)).to_string()),
    ("float4", float4),
    ("float8", float8),
    ("numeric", numeric),
    ("numeric(12,2)", |r| format!("{}.{}", r.between(-99_999_999, 99_999_999), r.digits(2))),
    ("text", text),
    ("varchar(12)", |r| text(r).chars().take(12).collect()),
    ("bytea", |r| format!("\\x{}", (0..r.below(9)).map(|_| format!("{:02x}", r.below(256))).collect::<String>())),
    ("date", date),
    ("time", time),
    ("timestamp", |r| format!("{} {}", date(r), time(r))),
    ("timestamptz", |r| format!("{} {}+{:02}", date(r), time(r), r.below(12))),
    ("interval", interval),
    ("uuid", |r| format!("{:016x}{:016x}", r.next(), r.next())),
    ("jsonb", json),
];

fn float8(r: &mut Random) -> String {
    match r.below(6) {
        0 => r.pick(&["NaN", "Infinity", "-Infinity", "0", "-0", "1e-5", "1e15", "1e300", "5e-324"]).into(),
        1 => format!("{}.{}", r.between(-1_000_000, 1_000_000), r.digits(2)),
        2 => format!("{}e{}", r.between(-999, 999), r.between(-30, 30)),
        _ => {
            let value = f64::from_bits(r.next());
            if value.is_finite() && value.is_normal() { format!("{value:e}") } else { "1.5".into() }
        }
    }
}

fn float4(r: &mut Random) -> String {
    match r.below(4) {
        0 => r.pick(&["NaN", "Infinity", "0", "-0", "1e6", "123456", "1e-5"]).into(),
        _ => {
            let value = f32::from_bits(u32::try_from(r.next() >> 32).expect("32 bits"));
            if value.is_finite() && value.is_normal() { format!("{value:e}") } else { "2.5".into() }
        }
    }
}

fn numeric(r: &mut Random) -> String {
    let sign = r.pick(&["", "-"]);
    let whole = r.below(38);
    let behind = r.below(38);
    let whole = if whole == 0 { "0".to_owned() } else { r.digits(whole) };
    if behind == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{}", r.digits(behind)) }
}

fn text(r: &mut Random) -> String {
    let pieces = ["a", "B", " ", "'", "\"", "\\", ",", "{", "}", "\n", "\t", "é", "日本", "🙂", "NULL", "null", "%", ";", "x y", "1"];
    (0..r.below(8)).map(|_| r.pick(&pieces)).collect()
}

fn date(r: &mut Random) -> String {
    format!("{:04}-{:02}-{:02}", r.between(1, 9999), r.between(1, 12), r.between(1, 28))
}

fn time(r: &mut Random) -> String {
    let fraction = match r.below(3) {
        0 => String::new(),
        1 => format!(".{}", r.digits(6)),
        _ => format!(".{}", r.below(1000)),
    };
    format!("{:02}:{:02}:{:02}{fraction}", r.below(24), r.below(60), r.below(60))
}

/// Signs are the same throughout: IntervalStyle sql_standard reads others in its own way.
fn interval(r: &mut Random) -> String {
    let sign = r.pick(&["", "-"]);
    let mut part = |unit: &str| if r.below(2) == 0 { String::new() } else { format!("{sign}{} {unit} ", r.below(40)) };
    let text = format!("{}{}{}{}{}{}", part("years"), part("mons"), part("days"), part("hours"), part("mins"), part("secs"));
    if text.is_empty() { "0".into() } else { text }
}

fn json(r: &mut Random) -> String {
    match r.below(6) {
        0 => "null".into(),
        1 => r.between(-99, 99).to_string(),
        2 => format!("\"{}\"", r.pick(&["a", "é", "\\n", "\\\"", "\\u0041", "/"])),
        3 => format!("[{}, {}]", json(r), json(r)),
        4 => format!("{{\"b\": {}, \"a\":{}}}", json(r), json(r)),
        _ => r.pick(&["true", "1.50", "{}", "[ ]", "1e2", "\"\""]).into(),
    }
}

/// A literal of a type, an array of it now and then, NULL sometimes.
fn literal(r: &mut Random, ty: &str, make: Maker) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match r.below(8) {
        0 => format!("NULL::{ty}"),
        // The array's elements are literals themselves, so that their text needs no quotes of arrays.
        1 | 2 => {
            let items: Vec<String> =
                (0..r.below(4)).map(|_| if r.below(5) == 0 { "NULL".into() } else { format!("{}::{ty}", quoted(&make(r))) }).collect();
            format!("ARRAY[{}]::{ty}[]", items.join(", "))
        }
        _ => format!("{}::{ty}", quoted(&make(r))),
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t")
}

fn styles(r: &mut Random) -> String {
    format!(
        "SET TimeZone = '{}'; SET IntervalStyle = '{}'; SET DateStyle = '{}, {}'; SET extra_float_digits = {}; SET bytea_output = '{}'",
        r.pick(&["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"]),
        r.pick(&["postgres", "postgres", "postgres_verbose", "sql_standard", "iso_8601"]),
        r.pick(&["ISO", "ISO", "SQL", "Postgres", "German"]),
        r.pick(&["MDY", "MDY", "DMY", "YMD"]),
        r.pick(&["1", "1", "3", "0", "-3"]),
        r.pick(&["hex", "escape"]),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn values_have_postgres_bytes() {
    let judge = Judge::new("values").await;
    let folder = crate::harness::Folder::new("values");
    let server = Server::over(&[folder.path()]);
    let (mut postgres, mut sluice) = (Link::start(&Place::judge(&judge).await).await, Link::start(&Place::sluice(&server)).await);
    let seed = std::env::var("SLUICE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5a1c_e001_u64);
    let mut random = Random(seed);
    let mut differences = Vec::new();
    let mut answered = std::collections::BTreeMap::<&str, usize>::new();
    for round in 0..ROUNDS {
        let set = [format!("Query \"{}\"", styles(&mut random))];
        postgres.ask(&set).await;
        sluice.ask(&set).await;
        for (ty, make) in TYPES {
            // One type a statement, so that a refusal hides nothing else.
            let columns: Vec<String> = (0..3).map(|_| literal(&mut random, ty, make)).collect();
            let query = format!("SELECT {}", columns.join(", "));
            for format in ["0", "1"] {
                let messages = [
                    format!("Parse \"\" \"{}\" []", escaped(&query)),
                    format!("Bind \"\" \"\" [] [] [{format}]"),
                    "Execute \"\" 0".to_owned(),
                    "Sync".to_owned(),
                ];
                let (expected, got) = (postgres.ask(&messages).await, sluice.ask(&messages).await);
                // A refusal is no difference; that every type has its answers is seen to below.
                *answered.entry(ty).or_default() += usize::from(got == expected);
                if expected != got && !got.iter().any(|line| line.contains("C=\"0A000\"")) {
                    differences.push(format!("round {round}, {}\n{query}\n  - {expected:?}\n  + {got:?}", set[0]));
                }
            }
        }
    }
    judge.finish().await;
    let shown: Vec<String> = differences.iter().take(12).cloned().collect();
    let rare: Vec<_> = TYPES.iter().filter(|(ty, _)| answered.get(ty).copied().unwrap_or(0) < ROUNDS).collect();
    assert!(rare.is_empty(), "most of these types' values are refused: {:?}", rare.iter().map(|(ty, _)| ty).collect::<Vec<_>>());
    assert!(differences.is_empty(), "{} differences (SLUICE_TEST_SEED={seed}):\n{}", differences.len(), shown.join("\n\n"));
}
