//! Parameters of Bind: any bytes for any type, in both formats.
#![no_main]

#[path = "../under_test.rs"]
mod under_test;
use types::Type;
use types::output::Style;
use under_test::*;
use wire::rows::Format;

const TYPES: [Type; 26] = [
    Type::BOOL, Type::INT2, Type::INT4, Type::INT8, Type::OID, Type::FLOAT4, Type::FLOAT8, Type::NUMERIC, Type::TEXT, Type::VARCHAR, Type::BPCHAR,
    Type::CHAR, Type::NAME, Type::BYTEA, Type::DATE, Type::TIME, Type::TIMETZ, Type::TIMESTAMP, Type::TIMESTAMPTZ, Type::INTERVAL, Type::UUID, Type::JSON,
    Type::JSONB, Type(1007), Type(1009), Type(1231),
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [choice, value @ ..] = bytes else { return };
    let ty = TYPES[usize::from(*choice) % TYPES.len()];
    let format = if usize::from(*choice) >= TYPES.len() * 4 { Format::Binary } else { Format::Text };
    let _ = wire::parameters::read(value, ty, format, &Style::plain(chrono_tz::UTC), 1);
});
