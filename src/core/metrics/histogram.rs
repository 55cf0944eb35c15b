//! How long things took: how many of them in each of a few classes, and all together.

/// Millionths in a second.
pub const SECONDS: u64 = 1_000_000;

/// Durations in microseconds, counted by their upper bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// Growing.
    bounds: &'static [u64],
    /// How many were at most as long as each bound, and longer than the one before.
    counts: Vec<u64>,
    /// How many were longer than all bounds.
    longer: u64,
    sum: u64,
}

impl Histogram {
    /// One that holds nothing. `bounds` are microseconds and grow.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: vec![0; bounds.len()], longer: 0, sum: 0 }
    }

    /// One that was counted elsewhere: how many were within each of the bounds, the shorter ones
    /// included, how many there are, and how long all took together.
    pub fn counted(bounds: &'static [u64], within: &[u64], count: u64, sum: u64) -> Self {
        let mut before = 0;
        let counts: Vec<u64> = (0..bounds.len())
            .map(|at| {
                let within = within.get(at).copied().unwrap_or(before).max(before);
                within - std::mem::replace(&mut before, within)
            })
            .collect();
        Self { bounds, counts, longer: count.saturating_sub(before), sum }
    }

    /// One more took so many microseconds.
    pub fn observe(&mut self, micros: u64) {
        let class = self.bounds.iter().position(|bound| micros <= *bound);
        match class.and_then(|class| self.counts.get_mut(class)) {
            Some(count) => *count = count.saturating_add(1),
            None => self.longer = self.longer.saturating_add(1),
        }
        self.sum = self.sum.saturating_add(micros);
    }

    /// Adds what `other`, which has the same bounds, holds.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
        self.longer = self.longer.saturating_add(other.longer);
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// Each of its numbers becomes that of `other`, which has the same bounds, if that is more.
    pub fn raise(&mut self, other: &Self) {
        self.each(other, u64::max);
    }

    /// Takes away what `other`, which has the same bounds, holds.
    pub fn take_away(&mut self, other: &Self) {
        self.each(other, u64::saturating_sub);
    }

    fn each(&mut self, other: &Self, number: fn(u64, u64) -> u64) {
        for (count, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *count = number(*count, *theirs);
        }
        self.longer = number(self.longer, other.longer);
        self.sum = number(self.sum, other.sum);
    }

    /// Each bound, with how many were within it.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut within: u64 = 0;
        self.bounds.iter().zip(&self.counts).map(move |(bound, count)| {
            within = within.saturating_add(*count);
            (*bound, within)
        })
    }

    pub fn count(&self) -> u64 {
        self.counts.iter().fold(self.longer, |sum, count| sum.saturating_add(*count))
    }

    /// How long all took together, in microseconds.
    pub fn sum(&self) -> u64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use crate::core::metrics::histogram::*;

    const BOUNDS: [u64; 3] = [10, 100, 1_000];

    #[test]
    fn each_falls_into_the_first_class_that_holds_it() {
        let mut took = Histogram::new(&BOUNDS);
        for micros in [0, 10, 11, 100, 5_000] {
            took.observe(micros);
        }
        assert_eq!(took.cumulative().collect::<Vec<_>>(), [(10, 2), (100, 4), (1_000, 4)]);
        assert_eq!((took.count(), took.sum()), (5, 5_121));
    }

    #[test]
    fn what_was_counted_elsewhere_is_the_same() {
        let mut took = Histogram::new(&BOUNDS);
        for micros in [5, 50, 50, 5_000] {
            took.observe(micros);
        }
        assert_eq!(Histogram::counted(&BOUNDS, &[1, 3, 3], 4, 5_105), took);
        let mut twice = took.clone();
        twice.add(&took);
        assert_eq!((twice.count(), twice.sum()), (8, 10_210));
    }

    /// Whoever counts wrong does not bring this down.
    #[test]
    fn what_cannot_be_is_made_the_nearest_that_can() {
        let odd = Histogram::counted(&BOUNDS, &[3, 1], 2, u64::MAX);
        assert_eq!(odd.cumulative().collect::<Vec<_>>(), [(10, 3), (100, 3), (1_000, 3)]);
        let mut full = odd;
        full.observe(u64::MAX);
        assert_eq!(full.sum(), u64::MAX);
    }
}
