//! Chance, injected, so that what spreads pauses can be repeated.

use std::sync::{Arc, Mutex, PoisonError};

/// A sequence of random numbers. Its clones draw from the same one.
#[derive(Debug, Clone, Default)]
pub struct Chance(Arc<Mutex<fastrand::Rng>>);

impl Chance {
    /// A sequence that can be repeated; [`Chance::default`] gives one that nobody can foretell.
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }

    /// A number from 0 to 1, evenly drawn.
    pub fn draw(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}
