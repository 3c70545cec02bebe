//! A small generator of numbers that are the same everywhere and for ever: SplitMix64 (Steele, Lea, Flood 2014).

/// A stream of numbers; each file of the data set has its own, so that files can be made in any order.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts the stream of a table's part.
    pub fn new(table: u64, part: u64) -> Random {
        let mut random = Random(table.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ part.wrapping_mul(0xa076_1d64_78bd_642f));
        random.next(); // neighbours start far apart
        random
    }

    /// Returns 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u32) -> u32 {
        // Multiply and shift: no bias that would matter, no division.
        u32::try_from((u64::from(limit) * (self.next() >> 32)) >> 32).expect("the high half of 32 by 32 bits")
    }

    /// Returns a number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high - low + 1)
    }

    /// Returns true `percent` times of a hundred.
    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// Returns one of the items.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.index(items.len())]
    }

    /// Returns one of the items, the first ones more often.
    pub fn pick_skewed<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        let (a, b) = (self.index(items.len()), self.index(items.len()));
        items[a.min(b)]
    }

    /// Returns an index below a length, which is not 0.
    pub fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(u32::try_from(length).expect("a short list"))).expect("32 bits fit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut random = Random::new(1, 2);
        let first: Vec<u32> = (0..4).map(|_| random.below(1000)).collect();
        assert_eq!(first, (0..4).scan(Random::new(1, 2), |random, _| Some(random.below(1000))).collect::<Vec<_>>());
        assert_ne!(first, (0..4).scan(Random::new(1, 3), |random, _| Some(random.below(1000))).collect::<Vec<_>>());
        assert!((0..1000).all(|_| (3..=5).contains(&random.between(3, 5))));
    }
}
