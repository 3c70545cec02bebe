//! Frames are checked before they are decoded: known type, length within limits, body well-formed to the last byte.
//!
//! pgwire's decoder trusts counts and lengths and panics on some that lie; what passes here cannot.

use bytes::BytesMut;
use pgwire::messages::startup::Startup;
use pgwire::messages::{DecodeContext, Message};

use crate::error::{Report, Result, SqlState};

/// Looks at the start of `buf` and returns the size of the next frame (type byte included) once it is known.
///
/// # Errors
/// 08P01 for an unknown type or an impossible length: the connection cannot go on, since the next frame cannot be found.
pub fn size(buf: &[u8], limit: usize, setting: &str) -> Result<Option<usize>> {
    let Some(kind) = buf.first() else { return Ok(None) };
    if !b"QPBDECHSXFpdcf".contains(kind) {
        return Err(violation(format!("invalid frontend message type {kind}")));
    }
    let Some(length) = buf.get(1..5) else { return Ok(None) };
    let length = i32::from_be_bytes([length[0], length[1], length[2], length[3]]);
    let length = usize::try_from(length).ok().filter(|length| *length >= 4).ok_or_else(|| violation("invalid message length"))?;
    if length > limit {
        return Err(violation(format!("message of {length} bytes is over the limit of {limit} bytes ({setting})")));
    }
    Ok(Some(length + 1))
}

/// Checks the body of a whole frame.
///
/// # Errors
/// 08P01 for a malformed body, 22021 for text that is not UTF-8. The connection can go on with the next frame.
pub fn check(kind: u8, body: &[u8]) -> Result<()> {
    let mut body = Body(body);
    match kind {
        b'Q' => body.text()?,
        b'P' => {
            body.text()?;
            body.text()?;
            let types = body.short()?;
            body.take(usize::from(types) * 4)?;
        }
        b'B' => {
            body.text()?;
            body.text()?;
            let formats = body.short()?;
            body.take(usize::from(formats) * 2)?;
            for _ in 0..body.short()? {
                let length = body.int()?;
                if length != -1 {
                    body.take(usize::try_from(length).map_err(|_| violation("invalid message format"))?)?;
                }
            }
            let formats = body.short()?;
            body.take(usize::from(formats) * 2)?;
        }
        b'D' | b'C' => {
            let what = body.take(1)?[0];
            if !matches!(what, b'S' | b'P') {
                let name = if kind == b'D' { "DESCRIBE" } else { "CLOSE" };
                return Err(violation(format!("invalid {name} message subtype {what}")));
            }
            body.text()?;
        }
        b'E' => {
            body.text()?;
            body.int()?;
        }
        // Passwords and COPY data hold any bytes; function calls are refused unread.
        b'p' | b'd' | b'f' | b'F' => return Ok(()),
        _ => {}
    }
    if body.0.is_empty() { Ok(()) } else { Err(violation("invalid message format")) }
}

/// Checks a startup packet's layout and version, then decodes it. It is whole, its length included.
///
/// # Errors
/// 0A000 for another protocol, 08P01 for a malformed packet, 22021 for text that is not UTF-8.
pub fn startup(packet: &[u8]) -> Result<Startup> {
    let mut head = Body(packet);
    head.int()?;
    let (major, minor) = (head.short()?, head.short()?);
    if major != 3 {
        return Err(Report::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2"),
        ));
    }
    // Name, zero, value, zero, ..., and a last zero.
    let mut parts = head.0.split(|byte| *byte == 0);
    loop {
        let name = parts.next().unwrap_or_default();
        utf8(name)?;
        if name.is_empty() {
            break;
        }
        utf8(parts.next().unwrap_or_default())?;
    }
    if parts.collect::<Vec<_>>() != [b""] {
        return Err(violation("invalid startup packet layout: expected terminator as last byte"));
    }
    match Startup::decode(&mut BytesMut::from(packet), &DecodeContext::default()) {
        Ok(Some(startup)) => Ok(startup),
        Ok(None) | Err(_) => Err(violation("invalid startup packet")),
    }
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| violation("insufficient data left in message"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn short(&mut self) -> Result<u16> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn int(&mut self) -> Result<i32> {
        let bytes = self.take(4)?;
        Ok(i32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> Result<()> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or_else(|| violation("invalid string in message"))?;
        utf8(&self.0[..end])?;
        self.0 = &self.0[end + 1..];
        Ok(())
    }
}

/// Reads text that must be UTF-8 and hold no zero byte.
///
/// # Errors
/// 22021, naming the bytes.
pub fn utf8(bytes: &[u8]) -> Result<&str> {
    let bad = match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.contains(&0) => return Ok(text),
        Ok(_) => &[0][..],
        Err(error) => {
            let at = error.valid_up_to();
            // As many as the first byte announces (wchar.c, `pg_utf_mblen`).
            let announced = match bytes[at] {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                0xf0..=0xf7 => 4,
                _ => 1,
            };
            &bytes[at..bytes.len().min(at + announced)]
        }
    };
    let shown: Vec<String> = bad.iter().map(|byte| format!("0x{byte:02x}")).collect();
    Err(Report::new(SqlState::CHARACTER_NOT_IN_REPERTOIRE, format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" "))))
}

/// A breach of the protocol.
pub fn violation(message: impl Into<String>) -> Report {
    Report::new(SqlState::PROTOCOL_VIOLATION, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pgwire::messages::PgWireFrontendMessage;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_limited() {
        assert_eq!(size(b"Q", 100, "s").unwrap(), None);
        assert_eq!(size(b"Q\0\0\0\x05", 100, "s").unwrap(), Some(6));
        assert_eq!(size(b"Q\0\0\0\x64", 100, "s").unwrap(), Some(101));
        assert_eq!(size(b"Q\0\0\0\x65", 100, "s.max").unwrap_err().message, "message of 101 bytes is over the limit of 100 bytes (s.max)");
        assert_eq!(size(b"Q\0\0\0\x03", 100, "s").unwrap_err().message, "invalid message length");
        assert_eq!(size(b"Q\xff\xff\xff\xff", 100, "s").unwrap_err().message, "invalid message length");
        assert_eq!(size(b"zzzzz", 100, "s").unwrap_err().message, "invalid frontend message type 122");
    }

    #[test]
    fn bodies_must_end_where_they_end() {
        assert!(check(b'Q', b"select 1\0").is_ok());
        assert_eq!(check(b'Q', b"select 1").unwrap_err().message, "invalid string in message");
        assert_eq!(check(b'Q', b"select 1\0x").unwrap_err().message, "invalid message format");
        assert_eq!(check(b'Q', b"\xff\0").unwrap_err().to_string(), "22021: invalid byte sequence for encoding \"UTF8\": 0xff");
        assert_eq!(check(b'B', b"\0\0\0\0\0\x01\x7f\xff\xff\xff\0\0").unwrap_err().message, "insufficient data left in message");
        assert!(check(b'D', b"X\0").is_err());
    }

    proptest! {
        // Whatever the bytes, the checker answers; and what it lets through, pgwire decodes without a panic.
        #[test]
        fn what_passes_the_check_decodes(kind in prop::sample::select(b"QPBDECHSXpdcf".to_vec()), body in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>(), 0u8..4], 0..60)) {
            let mut frame = vec![kind];
            frame.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
            frame.extend(&body);
            prop_assert_eq!(size(&frame, 1 << 20, "s").unwrap(), Some(frame.len()));
            if check(kind, &body).is_ok() {
                let mut context = DecodeContext::default();
                context.awaiting_frontend_ssl = false;
                context.awaiting_frontend_startup = false;
                let mut buf = BytesMut::from(&frame[..]);
                prop_assert!(PgWireFrontendMessage::decode(&mut buf, &context).is_ok());
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = size(&bytes, 10_000, "s");
            for kind in *b"QPBDECHSXFpdcf" {
                let _ = check(kind, &bytes);
            }
        }
    }
}
