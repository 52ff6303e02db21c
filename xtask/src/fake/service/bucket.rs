//! The tenant's rate limit: a token bucket on the monotonic clock.

use std::time::{Duration, Instant};

/// A bucket that holds `depth` requests and is refilled at a steady rate.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    depth: f64,
    per_second: f64,
    /// Whether a refusal says how long to wait.
    pub(crate) retry_after: bool,
    level: f64,
    filled: Instant,
    /// How many requests were refused.
    pub(crate) refused: usize,
}

impl Bucket {
    pub(crate) fn new(depth: f64, per_second: f64, retry_after: bool) -> Self {
        Self { depth, per_second, retry_after, level: depth, filled: Instant::now(), refused: 0 }
    }

    /// Takes one request out, or says how long until there is one again.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.filled);
        self.filled = now;
        self.level = (self.level + passed.as_secs_f64() * self.per_second).min(self.depth);
        if self.level >= 1.0 {
            self.level -= 1.0;
            return Ok(());
        }
        self.refused += 1;
        let seconds = (1.0 - self.level) / self.per_second;
        Err(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(86_400)))
    }
}
