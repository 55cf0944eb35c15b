//! Chance, injected, so that what spreads pauses can be repeated.

use std::sync::{Arc, Mutex, PoisonError};

/// Of which words are made: no two look alike.
const LETTERS: &[u8] = b"abcdefghkmnpqrstuvwxyz23456789";

/// A sequence of random numbers. Its clones draw from the same one.
#[derive(Debug, Clone, Default)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    /// A sequence that can be repeated; [`Chance::default`] gives one that nobody can foretell.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// A short word of letters and digits that nobody else is likely to draw.
    pub fn word(&self) -> String {
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (0..8).map(|_| char::from(rng.choice(LETTERS).copied().unwrap_or(b'x'))).collect()
    }

    /// A number from 0 to 1, evenly drawn.
    pub fn draw(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}
