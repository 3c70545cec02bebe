//! The packet before any message: whatever its bytes, it is read or refused.
#![no_main]

#[path = "../under_test.rs"]
mod under_test;
use under_test::*;

libfuzzer_sys::fuzz_target!(|packet: &[u8]| {
    // The connection reads packets whole, from eight bytes on.
    if packet.len() >= 8 {
        let _ = wire::frame::startup(packet);
    }
});
