//! The SCRAM exchange: both messages of the client are any bytes.
#![no_main]

#[path = "../under_test.rs"]
mod under_test;
use under_test::*;

libfuzzer_sys::fuzz_target!(|messages: (bool, &[u8], &[u8])| {
    let (known, first, last) = messages;
    let user = if known { "ada" } else { "nobody" };
    assert!(wire::exchange(user, first, last).is_err(), "nobody guesses a proof");
});
