//! Frontend messages: what passes the check of a frame, pgwire decodes without a panic.
#![no_main]

use bytes::BytesMut;
use pgwire::messages::{DecodeContext, PgWireFrontendMessage};

#[path = "../under_test.rs"]
mod under_test;
use under_test::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut rest = BytesMut::from(bytes);
    while let Ok(Some(size)) = wire::frame::size(&rest, 1 << 20, "server.max_message_bytes") {
        if rest.len() < size {
            return;
        }
        let mut frame = rest.split_to(size);
        let kind = frame[0];
        if kind == b'F' || wire::frame::check(kind, &frame[5..]).is_err() {
            continue;
        }
        let mut context = DecodeContext::default();
        context.awaiting_frontend_ssl = false;
        context.awaiting_frontend_startup = false;
        let _ = PgWireFrontendMessage::decode(&mut frame, &context);
    }
});
