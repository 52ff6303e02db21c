//! When the next request may be sent, for all threads of a client together, and the waiting itself.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A gate that a rate limit closes for a while. The limit is the tenant's: one refused request tells
/// that all others would be refused too.
#[derive(Debug, Default)]
pub(super) struct Pace {
    closed_until: Mutex<Option<Instant>>,
}

impl Pace {
    /// Keeps every request of the client back for `wait` from now.
    pub(super) fn close_for(&self, wait: Duration) {
        let until = Instant::now().checked_add(wait);
        let mut closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = (*closed).max(until);
    }

    /// Sleeps until the gate is open.
    pub(super) fn wait_until_open(&self) {
        loop {
            let until = *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
            match until.and_then(|until| until.checked_duration_since(Instant::now())) {
                Some(left) if !left.is_zero() => std::thread::sleep(left),
                _ => return,
            }
        }
    }
}

/// A number in [0, 1) that differs from call to call and from process to process.
pub(super) fn random() -> f64 {
    // The keys of the standard hasher are random; the clock tells calls of one thread apart.
    let bits = RandomState::new().hash_one(Instant::now());
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_spread_over_its_range() {
        let numbers: Vec<f64> = (0..1000).map(|_| random()).collect();
        assert!(numbers.iter().all(|n| (0.0..1.0).contains(n)));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
