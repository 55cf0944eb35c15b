//! Chance that can be repeated: a seed gives the same throws everywhere.

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.throw() % bound as u64) as usize
    }

    /// True `percent` times in a hundred.
    pub fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }
}

/// `$TIMMY_SEED` if somebody repeats a failure, else `usual`.
pub fn seed(usual: u64) -> u64 {
    std::env::var("TIMMY_SEED").map_or(usual, |text| text.parse().unwrap())
}

/// How often to do what is to be done `full` times: a fifth of it, unless `TIMMY_KILLS=full`.
pub fn times(full: usize) -> usize {
    match std::env::var("TIMMY_KILLS").as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("TIMMY_KILLS is full or not set, not {other:?}"),
        Err(_) => full / 5,
    }
}
