//! When the next request may be sent, for all threads of a client together, and the waiting itself.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Distance between requests after the first refusal. The service refills ten requests a second for
/// the whole tenant, so a client that is refused is seldom alone.
const FIRST_INTERVAL: Duration = Duration::from_millis(500);

/// Longest distance: what a tenant with a hundred busy clients leaves to each.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// Distance below which requests are not held back any more.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);

/// How much nearer requests move after each success.
const RECOVERY: f64 = 0.9;

/// The pace that a rate limit leaves to a client. The limit is the tenant's: a refused request tells
/// that others would be refused too, so all of them wait, and then keep a distance that doubles with
/// each refusal and shrinks with each success. Unlimited until the first refusal.
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
    /// A request was refused for the rate limit, and will be sent again after `wait`. No distance grows
    /// beyond `max_wait`, the longest wait that the caller allows.
    pub(super) fn throttled(&self, wait: Duration, max_wait: Duration) {
        let mut state = self.lock();
        state.interval = (state.interval * 2).max(FIRST_INTERVAL).min(LONGEST_INTERVAL).min(max_wait);
        state.next_turn = state.next_turn.max(Instant::now().checked_add(wait));
    }

    /// A request succeeded.
    pub(super) fn succeeded(&self) {
        let mut state = self.lock();
        state.interval = state.interval.mul_f64(RECOVERY);
        if state.interval < SHORTEST_INTERVAL {
            state.interval = Duration::ZERO;
        }
    }

    /// Sleeps until it is this request's turn.
    pub(super) fn wait_for_turn(&self) {
        if let Some(turn) = self.take_turn(Instant::now()) {
            std::thread::sleep(turn.saturating_duration_since(Instant::now()));
        }
    }

    /// Reserves the next turn; `None` is at once.
    fn take_turn(&self, now: Instant) -> Option<Instant> {
        let mut state = self.lock();
        let turn = state.next_turn.filter(|turn| *turn > now);
        // Clients that were refused together must not come back together.
        let distance = state.interval.mul_f64(0.5 + random());
        state.next_turn = if distance.is_zero() { turn } else { turn.unwrap_or(now).checked_add(distance) };
        turn
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn a_refusal_holds_all_requests_back_and_spreads_them_and_success_brings_them_together_again() {
        let pace = Pace::default();
        let wait = Duration::from_secs(60);
        let before = Instant::now();
        pace.throttled(wait, wait);
        let turns: Vec<Instant> = (0..5).map(|_| pace.take_turn(before).unwrap()).collect();
        assert!(turns[0] >= before + wait, "the first waits as long as was asked");
        for pair in turns.windows(2) {
            let distance = pair[1] - pair[0];
            assert!((FIRST_INTERVAL / 2..=FIRST_INTERVAL * 2).contains(&distance), "{distance:?}");
        }
        pace.throttled(wait, wait);
        assert_eq!(pace.lock().interval, FIRST_INTERVAL * 2);
        (0..60).for_each(|_| pace.succeeded());
        assert_eq!(pace.lock().interval, Duration::ZERO);
    }
}
