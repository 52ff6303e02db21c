//! When the next request may be sent, shared by all threads of a client. Returns the delay; the caller sleeps.

use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Interval between requests after the first refusal. The service refills ten requests a second for the
/// whole tenant, so a client that is refused is seldom alone.
const FIRST_INTERVAL: Duration = Duration::from_millis(500);

/// Maximum interval: what a tenant with a hundred busy clients leaves to each.
const MAX_INTERVAL: Duration = Duration::from_secs(10);

/// Interval below which requests are no longer held back.
const MIN_INTERVAL: Duration = Duration::from_millis(20);

/// Factor by which the interval shrinks after each success.
const RECOVERY: f64 = 0.9;

/// The pace that a rate limit leaves to a client. The limit is the tenant's: if one request is refused,
/// others would be refused too. So all of them wait, and then keep an interval that doubles with each
/// refusal and shrinks with each success. Unlimited until the first refusal.
#[derive(Debug, Default)]
pub(super) struct Pace {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    interval: Duration,
    /// When the next request may be sent.
    next_turn: Option<Instant>,
}

impl Pace {
    /// Notes that a request was refused for the rate limit and will be sent again after `wait`. The
    /// interval does not grow beyond `max_wait`, the maximum wait that the caller allows.
    pub(super) fn throttled(&self, wait: Duration, max_wait: Duration) {
        let mut state = lock(&self.state);
        state.interval = (state.interval * 2).max(FIRST_INTERVAL).min(MAX_INTERVAL).min(max_wait);
        state.next_turn = state.next_turn.max(Instant::now().checked_add(wait));
    }

    pub(super) fn succeeded(&self) {
        let mut state = lock(&self.state);
        state.interval = state.interval.mul_f64(RECOVERY);
        if state.interval < MIN_INTERVAL {
            state.interval = Duration::ZERO;
        }
    }

    /// Reserves the next turn and returns how long to wait for it; `None` if it is now.
    pub(super) fn take_turn(&self, now: Instant) -> Option<Duration> {
        let mut state = lock(&self.state);
        let turn = state.next_turn.filter(|turn| *turn > now);
        // Clients that were refused together must not come back together.
        let interval = state.interval.mul_f64(0.5 + random());
        state.next_turn = if interval.is_zero() { turn } else { turn.unwrap_or(now).checked_add(interval) };
        turn.map(|turn| turn.saturating_duration_since(now))
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

    #[test]
    fn requests_are_not_held_back_until_one_is_refused() {
        let pace = Pace::default();
        pace.succeeded();
        assert_eq!(pace.take_turn(Instant::now()), None);
        assert_eq!(pace.take_turn(Instant::now()), None);
    }

    #[test]
    fn a_refusal_spreads_all_requests_and_successes_bring_them_together_again() {
        let pace = Pace::default();
        let wait = Duration::from_secs(60);
        let before = Instant::now();
        pace.throttled(wait, wait);
        let waits: Vec<Duration> = (0..5).map(|_| pace.take_turn(before).unwrap()).collect();
        assert!(waits[0] >= wait, "the first waits as long as was asked");
        assert!(waits.is_sorted() && waits[4] > waits[0], "{waits:?}");
        (0..60).for_each(|_| pace.succeeded());
        let together: Vec<Duration> = (0..3).map(|_| pace.take_turn(before).unwrap()).collect();
        assert!(together.iter().all(|wait| *wait == together[0]), "{together:?}");
    }
}
