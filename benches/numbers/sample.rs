//! Repeated measurements: their median, and how far they lie apart.

use std::fmt;
use std::time::{Duration, Instant};

/// Measurements of the same thing, at least one, sorted.
pub struct Sample(Vec<f64>);

impl Sample {
    /// The value below which half of them lie.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// The smallest value that is not below `percent` per cent of them (nearest rank).
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0[rank - 1]
    }

    /// The largest.
    pub fn most(&self) -> f64 {
        self.percentile(100)
    }
}

/// Something beside its yardstick, measured in turn: what disturbs the one disturbs the other.
pub struct Compared {
    pub ours: Sample,
    pub yardstick: Sample,
    /// Ours divided by the yardstick, round by round.
    pub ratio: Sample,
}

impl Compared {
    /// So many rounds of both, after one that warms up.
    pub fn in_turn(
        rounds: usize,
        mut ours: impl FnMut() -> f64,
        mut yardstick: impl FnMut() -> f64,
    ) -> Self {
        ours();
        yardstick();
        (0..rounds).map(|_| (ours(), yardstick())).collect()
    }
}

impl FromIterator<(f64, f64)> for Compared {
    fn from_iter<T: IntoIterator<Item = (f64, f64)>>(rounds: T) -> Self {
        let (ours, yardstick): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
        let ratio = ours.iter().zip(&yardstick).map(|(ours, yardstick)| ours / yardstick);
        let ratio = Sample::from(ratio.collect::<Vec<_>>());
        Self { ours: ours.into(), yardstick: yardstick.into(), ratio }
    }
}

impl From<Vec<f64>> for Sample {
    fn from(mut values: Vec<f64>) -> Self {
        assert!(!values.is_empty(), "nothing was measured");
        values.sort_by(f64::total_cmp);
        Self(values)
    }
}

/// The median, with the range in which all lie: `2.10 (2.05..2.31)`.
impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value| Number { value, like: self.median() };
        let (least, most) = (number(self.0[0]), number(self.most()));
        write!(f, "{} ({least}..{most})", number(self.median()))
    }
}

/// A number with as many decimals as one of the size of `like` deserves.
struct Number {
    value: f64,
    like: f64,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = match self.like {
            like if like >= 100.0 => 0,
            like if like >= 10.0 => 1,
            _ => 2,
        };
        write!(f, "{:.*}", decimals, self.value)
    }
}

/// How many milliseconds `work` takes, once.
pub fn milliseconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64() * 1e3
}

/// How often a second `work` runs, if it is repeated for at least `span`.
pub fn rate(span: Duration, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    let mut runs = 0_u32;
    while begun.elapsed() < span {
        work();
        runs += 1;
    }
    f64::from(runs) / begun.elapsed().as_secs_f64()
}
