//! Positions in the write-ahead log (`pg_lsn`), kept as their output text (pg_lsn.c).

use crate::error::{Report, Result, SqlState};

/// Reads `16/B374D848`.
///
/// # Errors
/// 22P02 for anything else.
pub fn read(text: &str) -> Result<u64> {
    let half = |digits: &str| {
        let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u64::from_str_radix(digits, 16).ok().filter(|_| plain)
    };
    let halves = text.split_once('/').and_then(|(high, low)| Some(half(high)? << 32 | half(low)?));
    halves.ok_or_else(|| Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type pg_lsn: \"{text}\"")))
}

/// Prints a position.
pub fn shown(position: u64) -> String {
    format!("{:X}/{:X}", position >> 32, position & 0xffff_ffff)
}

/// A text that compares as positions do.
pub fn key(position: u64) -> String {
    format!("{position:016X}")
}

#[test]
fn positions_are_read_as_they_are_shown() {
    for (text, position) in [("0/0", 0), ("0/16AE7F8", 0x16A_E7F8), ("16/B374D848", 0x16_B374_D848), ("FFFFFFFF/FFFFFFFF", u64::MAX)] {
        assert_eq!((read(text).unwrap(), shown(position).as_str()), (position, text));
    }
    assert_eq!(shown(read("ab/0cd").unwrap()), "AB/CD");
    for wrong in ["", "/", "1/", "G/0", "-1/0", "+1/0", "123456789/0", "0/0/0", " 0/0", "0/0 "] {
        assert_eq!(read(wrong).unwrap_err().sqlstate, SqlState::INVALID_TEXT_REPRESENTATION, "{wrong}");
    }
}
