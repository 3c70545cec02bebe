//! A session's random numbers once they have a seed: PostgreSQL's own generator, so that `setseed(0.5)` is followed by what follows it there
//! (common/pg_prng.c).

use std::sync::{Arc, Mutex, PoisonError};

/// The generator of a session; `None` before `setseed()`, when chance is anybody's. Copies are of the same session.
#[derive(Clone, Debug, Default)]
pub struct Random(Arc<Mutex<Option<Generator>>>);

/// xoroshiro128**.
#[derive(Clone, Copy, Debug)]
struct Generator(u64, u64);

/// The digits of a random number, in bits.
const DIGITS: u32 = 52;

impl Random {
    /// Begins anew with a seed between -1 and 1.
    pub fn seed(&self, seed: f64) {
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a fraction of what 52 bits hold")]
        let mut state = ((((1_u64 << DIGITS) - 1) as f64 * seed) as i64).cast_unsigned();
        let mut next = || {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        };
        let generator = Generator(next(), next());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(generator);
    }

    /// Tells whether there is a seed.
    pub fn is_seeded(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Returns the next number, of 0 to less than 1; `None` without a seed.
    pub fn next(&self) -> Option<f64> {
        let mut generator = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Generator(first, second) = (*generator)?;
        let both = first ^ second;
        let value = first.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        *generator = Some(Generator(first.rotate_left(24) ^ both ^ (both << 16), both.rotate_left(37)));
        #[allow(clippy::cast_precision_loss, reason = "52 bits")]
        let digits = (value >> (64 - DIGITS)) as f64;
        Some(digits / (1_u64 << DIGITS) as f64)
    }
}

#[test]
#[allow(clippy::float_cmp, reason = "the very numbers of PostgreSQL 15")]
fn numbers_follow_from_the_seed() {
    let random = Random::default();
    assert_eq!(random.next(), None);
    random.clone().seed(0.5);
    assert_eq!(random.next(), Some(0.985_167_717_534_799_9));
    random.seed(-0.25);
    assert_eq!([random.next(), random.next()], [Some(0.555_321_334_003_935_1), Some(0.251_489_853_260_051_35)]);
}
