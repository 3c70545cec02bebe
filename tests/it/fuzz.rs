//! Bytes from anybody: the readers of the protocol, driven by mutations of a kept corpus (`tests/fuzz/corpus`). A panic is a finding, and so is a
//! reading that takes long. `SLUICE_FUZZ_SECONDS` says for how long each reader is driven; the same readers are cargo-fuzz's targets in `tests/fuzz`.

use std::path::Path;
use std::time::{Duration, Instant};

use sluice::wire::fuzz;

/// How long each reader is driven where nothing is said.
const SECONDS: u64 = 3;
/// A reading that takes longer hangs.
const READING: Duration = Duration::from_secs(2);
/// The longest input.
const LENGTH: usize = 4096;
/// Numbers that lie: lengths, counts, codes.
const NUMBERS: [i32; 12] = [0, 1, -1, 2, 4, 127, 255, 256, 0x7fff, 0xffff, i32::MAX, i32::MIN];

/// xorshift64*: the same inputs for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % n.max(1)
    }
}

/// Makes another input of one.
fn mutate(random: &mut Random, input: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = (at + 1 + random.below(16)).min(input.len());
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = u8::try_from(random.below(256)).expect("a byte"),
            2 => input.insert(at, u8::try_from(random.below(256)).expect("a byte")),
            3 if at < end => drop(input.drain(at..end)),
            4 if at < end => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            5 => input.truncate(at),
            6 => {
                let from = random.below(other.len() + 1);
                let to = (from + 1 + random.below(32)).min(other.len());
                input.splice(at..at, other[from..to].iter().copied());
            }
            7 => {
                let number = NUMBERS[random.below(NUMBERS.len())].to_be_bytes();
                let width = [2, 4][random.below(2)];
                let to = (at + width).min(input.len());
                input.splice(at..to, number[4 - width..].iter().copied());
            }
            // A frame's length made right again, so that what is within is read.
            _ if input.len() >= 5 => {
                let length = u32::try_from(input.len() - 1).expect("short").to_be_bytes();
                input[1..5].copy_from_slice(&length);
            }
            _ => {}
        }
    }
    input.truncate(LENGTH);
}

fn drive(name: &str, read: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let mut corpus: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .expect("a corpus is kept")
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    corpus.sort();
    assert!(corpus.len() >= 4, "{name} has a corpus");
    let seconds = std::env::var("SLUICE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let seed = std::env::var("SLUICE_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed);
    let mut random = Random(seed);
    let (began, mut count) = (Instant::now(), 0_u64);
    let kept = corpus.len();
    while began.elapsed() < Duration::from_secs(seconds) {
        let mut input = if count < kept as u64 {
            corpus[usize::try_from(count).expect("few")].clone() // each as it is
        } else {
            let mut input = corpus[random.below(corpus.len())].clone();
            let other = corpus[random.below(corpus.len())].clone();
            mutate(&mut random, &mut input, &other);
            input
        };
        input.truncate(LENGTH);
        let started = Instant::now();
        let done = std::panic::catch_unwind(|| read(&input));
        let hex = || input.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert!(done.is_ok(), "{name} panics on {}", hex());
        if started.elapsed() >= READING {
            // The machine may have had other things to do.
            let again = Instant::now();
            read(&input);
            assert!(again.elapsed() < READING, "{name} takes {:?} for {}", again.elapsed(), hex());
        }
        // Mutations of mutations go further than those of the kept ones alone.
        if random.below(64) == 0 {
            if corpus.len() < kept + 512 {
                corpus.push(input);
            } else {
                let at = kept + random.below(512);
                corpus[at] = input;
            }
        }
        count += 1;
    }
    println!("{name}: {count} inputs in {seconds} s");
}

#[test]
fn startup_packets() {
    drive("startup", fuzz::read_startup);
}

#[test]
fn sasl_messages() {
    drive("sasl", fuzz::read_sasl);
}

#[test]
fn frontend_messages() {
    drive("messages", fuzz::read_messages);
}

#[test]
fn bind_parameters() {
    drive("parameter", fuzz::read_parameter);
}
