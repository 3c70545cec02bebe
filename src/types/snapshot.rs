//! Transaction numbers of 64 bits (`xid8`) and snapshots of them (`pg_snapshot`, `txid_snapshot`), kept as their output text (xid.c, xid8funcs.c).

use crate::error::{Report, Result, SqlState};

/// What `xid8in` makes of a text: as C reads a number, whatever stands there.
pub fn xid8(text: &str) -> u64 {
    let text = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (minus, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let hex = digits.strip_prefix("0x").or(digits.strip_prefix("0X")).filter(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()));
    let (base, digits) = match hex {
        Some(rest) => (16, rest),
        None if digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    let mut value: u64 = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(base)) {
        match value.checked_mul(base.into()).and_then(|value| value.checked_add(digit.into())) {
            Some(more) => value = more,
            None => return u64::MAX,
        }
    }
    if minus { value.wrapping_neg() } else { value }
}

/// A text that compares as numbers do.
pub fn key(number: u64) -> String {
    format!("{number:020}")
}

/// Which transactions are seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// All before it have ended.
    pub xmin: u64,
    /// It and those behind it have not begun.
    pub xmax: u64,
    /// Those between them that run.
    pub running: Vec<u64>,
}

impl Snapshot {
    /// Reads `10:20:10,14,15`.
    ///
    /// # Errors
    /// 22P02 for anything else.
    pub fn read(text: &str) -> Result<Snapshot> {
        Snapshot::parse(text).ok_or_else(|| {
            Report::new(SqlState::INVALID_TEXT_REPRESENTATION, format!("invalid input syntax for type pg_snapshot: \"{text}\""))
        })
    }

    fn parse(text: &str) -> Option<Snapshot> {
        let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|digit| digit.is_ascii_digit()));
        let (xmin, rest) = text.split_once(':')?;
        let (xmax, list) = rest.split_once(':')?;
        let (xmin, xmax) = (number(xmin)?, number(xmax)?);
        if xmin == 0 || xmax < xmin || xmax == 0 {
            return None;
        }
        let mut running: Vec<u64> = Vec::new();
        for item in list.split(',').filter(|_| !list.is_empty()) {
            let item = number(item)?;
            let last = running.last().copied().unwrap_or(0);
            if item < xmin || item >= xmax || item < last {
                return None;
            }
            if item > last {
                running.push(item);
            }
        }
        Some(Snapshot { xmin, xmax, running })
    }

    /// Prints it.
    pub fn shown(&self) -> String {
        let running: Vec<String> = self.running.iter().map(u64::to_string).collect();
        format!("{}:{}:{}", self.xmin, self.xmax, running.join(","))
    }

    /// Tells whether a transaction had ended.
    pub fn sees(&self, xid: u64) -> bool {
        xid < self.xmin || (xid < self.xmax && self.running.binary_search(&xid).is_err())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_reads_them() {
        for (text, value) in [("42", 42), (" 0x2a", 42), ("010", 8), ("-1", u64::MAX), ("abc", 0), ("", 0), ("12x", 12), ("0x", 0)] {
            assert_eq!(xid8(text), value, "{text}");
        }
        assert_eq!(xid8("99999999999999999999999"), u64::MAX);
    }

    #[test]
    fn snapshots_are_read_in_order() {
        assert_eq!(Snapshot::read("10:20:10,14,14,15").unwrap().shown(), "10:20:10,14,15");
        assert_eq!(Snapshot::read("12:13:").unwrap().running, Vec::<u64>::new());
        for wrong in ["31:12:", "0:1:", "12:13:0", "12:16:14,13", "12:13", "12:13:,", "a:b:", ":1:", "12:18:14,"] {
            assert!(Snapshot::read(wrong).is_err(), "{wrong}");
        }
        let seen = Snapshot::read("10:20:12,15").unwrap();
        assert!(seen.sees(9) && seen.sees(11) && !seen.sees(12) && !seen.sees(20));
    }
}
