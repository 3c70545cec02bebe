//! See `sluice::wire::fuzz::read_messages`; the integration tests drive the same function on a stable toolchain.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sluice::wire::fuzz::read_messages(bytes));
