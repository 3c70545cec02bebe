//! The binary form of values that come as their output text: read out of it (the send functions of network.c, varbit.c, date.c, xid.c).

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};

use crate::error::{Report, Result};
use crate::types::inet::{self, Inet};
use crate::types::{Type, bits};

const CIDR: Type = Type(650);
const TID: Type = Type(27);
const MACADDR: Type = Type(829);

/// Tells whether a type's binary form can be read out of its text.
pub(super) fn has_form(ty: Type) -> bool {
    matches!(
        ty,
        Type::XID | Type::CID | Type::INET | Type::BIT | Type::VARBIT | Type::TIMETZ | CIDR | TID | MACADDR | Type::PG_LSN | Type::XID8
    )
}

/// Writes a value, without its length.
///
/// # Errors
/// XX000 for a text that is none of the type's.
pub(super) fn put(out: &mut BytesMut, ty: Type, text: &[u8]) -> Result<()> {
    let text = std::str::from_utf8(text).map_err(Report::internal)?;
    let written = match ty {
        Type::XID | Type::CID => text.parse().ok().map(|value| out.put_u32(value)),
        Type::XID8 => text.parse().ok().map(|value| out.put_u64(value)),
        TID => place(text).map(|(block, offset)| {
            out.put_u32(block);
            out.put_u16(offset);
        }),
        Type::PG_LSN => position(text).map(|(high, low)| {
            out.put_u32(high);
            out.put_u32(low);
        }),
        MACADDR => {
            let bytes: Option<Vec<u8>> = text.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
            bytes.map(|bytes| out.put_slice(&bytes))
        }
        Type::INET | CIDR => inet::read(text).ok().map(|address| self::address(out, address, ty == CIDR)),
        Type::BIT | Type::VARBIT => bits::bytes(text).map(|(length, bytes)| {
            out.put_i32(length);
            out.put_slice(&bytes);
        }),
        Type::TIMETZ => time_and_zone(text).map(|(micros, west)| {
            out.put_i64(micros);
            out.put_i32(west);
        }),
        _ => None,
    };
    written.ok_or_else(|| Report::internal(format!("\"{text}\" is no {ty}")))
}

/// `(block,offset)`.
fn place(text: &str) -> Option<(u32, u16)> {
    let (block, offset) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((block.parse().ok()?, offset.parse().ok()?))
}

/// `16/B374D848`.
fn position(text: &str) -> Option<(u32, u32)> {
    let (high, low) = text.split_once('/')?;
    Some((u32::from_str_radix(high, 16).ok()?, u32::from_str_radix(low, 16).ok()?))
}

/// Family (2 or 3), bits, whether cidr, how many bytes, the bytes.
fn address(out: &mut BytesMut, value: Inet, is_cidr: bool) {
    let mut put = |family: u8, octets: &[u8]| {
        out.put_u8(family);
        out.put_u8(value.bits);
        out.put_u8(is_cidr.into());
        #[allow(clippy::cast_possible_truncation, reason = "4 or 16")]
        out.put_u8(octets.len() as u8);
        out.put_slice(octets);
    };
    match value.address {
        IpAddr::V4(address) => put(2, &address.octets()),
        IpAddr::V6(address) => put(3, &address.octets()),
    }
}

/// `12:30:00.5+02:30`: microseconds since midnight, seconds west of Greenwich.
fn time_and_zone(text: &str) -> Option<(i64, i32)> {
    let sign = text.rfind(['+', '-'])?;
    let (time, zone) = text.split_at(sign);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let micros: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").parse().ok()? };
    let seconds = i32::try_from(sixtieths(&zone[1..])?).ok()?;
    Some((sixtieths(whole)? * 1_000_000 + micros, if zone.starts_with('-') { seconds } else { -seconds }))
}

/// `hh[:mm[:ss]]` in seconds.
fn sixtieths(text: &str) -> Option<i64> {
    let mut units = [3600, 60, 1].into_iter();
    text.split(':').try_fold(0, |sum, part| Some(sum + part.parse::<i64>().ok()? * units.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(ty: Type, text: &str) -> String {
        let mut out = BytesMut::new();
        put(&mut out, ty, text.as_bytes()).unwrap();
        out.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn as_the_send_functions_write_them() {
        // PostgreSQL 15: SELECT encode(inet_send('10.1.2.3/8'), 'hex') and so on.
        for (ty, text, expected) in [
            (Type::INET, "10.1.2.3/8", "020800040a010203"),
            (CIDR, "10.0.0.0/8", "020801040a000000"),
            (Type::INET, "::1", "0380001000000000000000000000000000000001"),
            (Type::VARBIT, "101", "00000003a0"),
            (Type::BIT, "111100001", "00000009f080"),
            (Type::VARBIT, "", "00000000"),
            (Type::TIMETZ, "12:30:00.5+02", "0000000a7a3d2320ffffe3e0"),
            (Type::TIMETZ, "00:00:00-05:30", "000000000000000000004d58"),
            (Type::XID, "4294967295", "ffffffff"),
            (Type::XID8, "4294967296", "0000000100000000"),
            (TID, "(0,1)", "000000000001"),
            (Type::PG_LSN, "16/B374D848", "00000016b374d848"),
            (MACADDR, "08:00:2b:01:02:03", "08002b010203"),
        ] {
            assert_eq!(written(ty, text), expected, "{ty} {text}");
        }
        assert!(put(&mut BytesMut::new(), TID, b"here").is_err());
    }
}
