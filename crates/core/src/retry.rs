//! Which outcome is worth another try, and when. Pure: nothing here sleeps or reads a clock.

use std::time::{Duration, SystemTime};

use crate::error::{BodyProblem, ConnectionProblem, Error};
use crate::http_date;

/// How often and how long to try. Tries count per chunk or request: progress resets the count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Further tries after the first one. Defaults to 12: with the default waits, an outage of three to
    /// seven minutes is survived.
    pub retries: u32,
    /// Longest wait before the first retry; it doubles with each one. Defaults to 1 s.
    pub first_wait: Duration,
    /// Longest wait before any retry; also the cap on `Retry-After`. Defaults to 60 s.
    pub max_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy { retries: 12, first_wait: Duration::from_secs(1), max_wait: Duration::from_secs(60) }
    }
}

impl RetryPolicy {
    /// How long to wait before retry number `retry` (from 1). `random` is uniform in [0, 1).
    ///
    /// Exponential backoff with full jitter; where the service named a time, that time and a jitter
    /// on top. Never longer than [`max_wait`](RetryPolicy::max_wait).
    pub fn wait(&self, retry: u32, retry_after: Option<Duration>, random: f64) -> Duration {
        let random = random.clamp(0.0, 1.0);
        match retry_after {
            Some(asked) => asked.saturating_add(self.first_wait.mul_f64(random)).min(self.max_wait),
            None => {
                let doublings = retry.saturating_sub(1).min(31);
                let longest = self.first_wait.saturating_mul(1 << doublings).min(self.max_wait);
                longest.mul_f64(random)
            }
        }
    }
}

/// Whether the same request may well succeed if it is sent again. The statuses follow the service's
/// reference.
pub fn is_transient(error: &Error) -> bool {
    match error {
        Error::Connection { problem, .. } => match problem {
            ConnectionProblem::NameLookup
            | ConnectionProblem::Connect
            | ConnectionProblem::Unreachable
            | ConnectionProblem::Closed
            | ConnectionProblem::Cut
            | ConnectionProblem::Stalled(_)
            | ConnectionProblem::HeaderTimeout(_)
            | ConnectionProblem::BodyTimeout(_)
            | ConnectionProblem::Protocol => true,
            ConnectionProblem::Tls
            | ConnectionProblem::Proxy
            | ConnectionProblem::HeaderTooLarge
            | ConnectionProblem::Other => false,
        },
        // 408 is not the service's own, but a gateway on the way may send it.
        Error::Status { status, .. } => matches!(status, 408 | 409 | 423 | 429 | 500..=599),
        Error::Malformed { source, .. } => source.is_eof(),
        Error::Body { problem, .. } => match problem {
            BodyProblem::HtmlPage
            | BodyProblem::Encoding(_)
            | BodyProblem::NoProofOfEnd
            | BodyProblem::GzipDamaged => true,
            BodyProblem::TooLarge { .. } | BodyProblem::TooManyValues { .. } => false,
        },
        Error::Locator(_)
        | Error::Setting { .. }
        | Error::UntrustedOrigin { .. }
        | Error::List { .. }
        | Error::Source { .. }
        | Error::StartUnclear { .. }
        | Error::NoSuchProcess { .. }
        | Error::AmbiguousProcess { .. }
        | Error::Output { .. }
        | Error::Exists { .. }
        | Error::Locked { .. }
        | Error::Changed { .. }
        | Error::Interrupted { .. }
        | Error::Unconfirmed { .. }
        | Error::GaveUp { .. } => false,
    }
}

/// Whether a request that is not idempotent certainly was not accepted, so that sending it again
/// cannot run it twice: no connection was made, or the service refused it for its rate limit or a
/// locked model.
pub fn was_not_accepted(error: &Error) -> bool {
    match error {
        Error::Connection { problem, .. } => {
            matches!(problem, ConnectionProblem::NameLookup | ConnectionProblem::Connect)
        }
        Error::Status { status, .. } => matches!(status, 423 | 429),
        _ => false,
    }
}

/// Whether a request that failed so may have been carried out all the same: it was sent, and no clear
/// answer came.
pub fn may_have_been_accepted(error: &Error) -> bool {
    match error.innermost() {
        Error::Connection { problem, .. } => matches!(
            problem,
            ConnectionProblem::Closed
                | ConnectionProblem::Unreachable
                | ConnectionProblem::Cut
                | ConnectionProblem::Stalled(_)
                | ConnectionProblem::HeaderTimeout(_)
                | ConnectionProblem::BodyTimeout(_)
                | ConnectionProblem::Protocol
                | ConnectionProblem::HeaderTooLarge
                | ConnectionProblem::Other
        ),
        // Any success that is not understood, and a proxy that gave up waiting (408, 499).
        Error::Status { status, .. } => matches!(status, 100..=299 | 408 | 499..=599),
        Error::Malformed { .. } | Error::Body { .. } => true,
        _ => false,
    }
}

/// Reads `Retry-After`: whole seconds, or an HTTP date seen from `now`. A date that has passed is no
/// wait; text that makes no sense is `None`.
pub fn parse_retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a very long time, which the longest wait will cap.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = http_date::parse(text)?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::{Subject, SubjectKind};

    fn status(status: u16) -> Error {
        let subject = Subject::new(SubjectKind::Chunk, "0");
        Error::Status { subject, status, message: None, retry_after: None }
    }

    #[test]
    fn the_statuses_worth_another_try_are_those_of_the_reference() {
        for code in [409, 423, 429, 500, 502, 503, 504] {
            assert!(is_transient(&status(code)), "{code}");
        }
        for code in [301, 400, 401, 403, 404, 410, 422, 424, 425] {
            assert!(!is_transient(&status(code)), "{code}");
        }
    }

    #[test]
    fn a_start_is_repeated_only_where_it_certainly_was_not_accepted() {
        assert!(was_not_accepted(&status(429)) && was_not_accepted(&status(423)));
        assert!(!was_not_accepted(&status(500)) && !was_not_accepted(&status(409)));
        let closed = Error::Connection {
            subject: Subject::new(SubjectKind::Start, "P"),
            problem: ConnectionProblem::Closed,
            source: None,
        };
        assert!(!was_not_accepted(&closed) && is_transient(&closed) && may_have_been_accepted(&closed));
        assert!(may_have_been_accepted(&status(502)) && !may_have_been_accepted(&status(409)));
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = http_date::parse("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let read = |text| parse_retry_after(text, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert!(read("99999999999999999999999").unwrap() > Duration::from_secs(1 << 31));
        for nonsense in ["", "-1", "1.5", "soon", "NaN", "Sun, 99 Nov 1994 08:50:07 GMT"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_longest(
            retry in any::<u32>(), asked in prop::option::of(any::<u64>()), random in 0.0f64..1.0,
            first in 0u64..100_000, longest in 0u64..1_000_000,
        ) {
            let policy = RetryPolicy {
                retries: 3,
                first_wait: Duration::from_millis(first),
                max_wait: Duration::from_millis(longest),
            };
            prop_assert!(policy.wait(retry, asked.map(Duration::from_secs), random) <= policy.max_wait);
        }

        #[test]
        fn the_wait_that_the_service_asks_for_is_kept_where_the_cap_allows(
            asked in 0u64..60, random in 0.0f64..1.0,
        ) {
            let wait = RetryPolicy::default().wait(1, Some(Duration::from_secs(asked)), random);
            prop_assert!(wait >= Duration::from_secs(asked));
        }

        #[test]
        fn the_longest_backoff_doubles(retry in 1u32..7) {
            let policy = RetryPolicy::default();
            prop_assert_eq!(policy.wait(retry, None, 1.0), Duration::from_secs(1 << (retry - 1)).min(policy.max_wait));
        }
    }
}
