//! PostgreSQL's hash functions by their names (common/hashfn.c, hashfunc.c): texts become the numbers of advisory locks by them.

use super::Scalar;
use super::rows::{INT4, INT8, strict};
use super::value::Value;

pub(super) fn functions() -> Vec<Scalar> {
    vec![
        strict!("pg_hashtext", INT4, |args| Ok(small(hash(args[0].str()?.as_bytes(), 0)))),
        strict!("pg_hashtextextended", INT8, |args| {
            Ok(Value::Int(hash(args[0].str()?.as_bytes(), args[1].int()?.cast_unsigned()).cast_signed()))
        }),
        strict!("pg_hashint", INT4, |args| {
            let value = args[0].int()?;
            // Equal numbers have equal hashes, whatever their width.
            let [low, high] = halves(value.cast_unsigned());
            Ok(small(hash_word(low ^ if value < 0 { !high } else { high })))
        }),
    ]
}

fn halves(value: u64) -> [u32; 2] {
    let bytes = value.to_le_bytes();
    [word(&bytes[..4]), word(&bytes[4..])]
}

/// The lower half of a hash, as an integer.
fn small(hash: u64) -> Value<'static> {
    Value::Int(halves(hash)[0].cast_signed().into())
}

/// Up to four bytes, the first of them the lowest.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// The three words that are mixed.
struct Mixed(u32, u32, u32);

impl Mixed {
    fn of(length: usize) -> Mixed {
        let length = halves(u64::try_from(length).unwrap_or(u64::MAX))[0];
        let start = 0x9e37_79b9_u32.wrapping_add(length).wrapping_add(3_923_095);
        Mixed(start, start, start)
    }

    fn mix(&mut self) {
        let Mixed(a, b, c) = self;
        for (first, second) in [(4, 6), (16, 19)] {
            let third = if first == 4 { 8 } else { 4 };
            *a = a.wrapping_sub(*c) ^ c.rotate_left(first);
            *c = c.wrapping_add(*b);
            *b = b.wrapping_sub(*a) ^ a.rotate_left(second);
            *a = a.wrapping_add(*c);
            *c = c.wrapping_sub(*b) ^ b.rotate_left(third);
            *b = b.wrapping_add(*a);
        }
    }

    fn end(self) -> u64 {
        let Mixed(mut a, mut b, mut c) = self;
        c = (c ^ b).wrapping_sub(b.rotate_left(14));
        a = (a ^ c).wrapping_sub(c.rotate_left(11));
        b = (b ^ a).wrapping_sub(a.rotate_left(25));
        c = (c ^ b).wrapping_sub(b.rotate_left(16));
        a = (a ^ c).wrapping_sub(c.rotate_left(4));
        b = (b ^ a).wrapping_sub(a.rotate_left(14));
        c = (c ^ b).wrapping_sub(b.rotate_left(24));
        u64::from(b) << 32 | u64::from(c)
    }
}

/// `hash_bytes_extended`; without a seed its lower half is `hash_bytes`.
fn hash(bytes: &[u8], seed: u64) -> u64 {
    let mut mixed = Mixed::of(bytes.len());
    if seed != 0 {
        let [low, high] = halves(seed);
        (mixed.0, mixed.1) = (mixed.0.wrapping_add(high), mixed.1.wrapping_add(low));
        mixed.mix();
    }
    let (whole, rest) = bytes.split_at(bytes.len() / 12 * 12);
    for part in whole.chunks_exact(12) {
        mixed.0 = mixed.0.wrapping_add(word(&part[..4]));
        mixed.1 = mixed.1.wrapping_add(word(&part[4..8]));
        mixed.2 = mixed.2.wrapping_add(word(&part[8..]));
        mixed.mix();
    }
    let part = |from: usize| rest.get(from..rest.len().min(from + 4)).map_or(0, word);
    mixed.0 = mixed.0.wrapping_add(part(0));
    mixed.1 = mixed.1.wrapping_add(part(4));
    // The lowest byte of the last word is that of the length.
    mixed.2 = mixed.2.wrapping_add(part(8) << 8);
    mixed.end()
}

/// `hash_bytes_uint32`.
fn hash_word(value: u32) -> u64 {
    let mut mixed = Mixed::of(4);
    mixed.0 = mixed.0.wrapping_add(value);
    mixed.end()
}
