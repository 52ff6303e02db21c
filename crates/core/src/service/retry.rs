//! Which fault is worth another try, when, and how often. Pure: nothing here sleeps or reads a clock.

use std::time::{Duration, SystemTime};

use super::fault::{BodyProblem, ConnectionProblem as Problem, Fault};
use crate::time::http_date;

/// How often and how long to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetryPolicy {
    /// Tries after the first one, where they were asked for: they count within a time limit too.
    pub(crate) retries: Option<u32>,
    /// Maximum wait before any retry; also the cap on `Retry-After`.
    pub(crate) max_wait: Duration,
}

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy { retries: None, max_wait: Duration::from_secs(60) }
    }
}

/// Maximum wait before the first retry; it doubles with each one.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Tries after the first one. With the default waits they survive an outage of three to seven minutes.
const RETRIES: u32 = 12;

/// Tries after the first one while no answer has come from anywhere, unless more or a time was asked for: the host, the
/// proxy or the network may be named wrong, which no patience mends. Their waits are 5 s at most in all; where nothing
/// answers, each try takes as long as making a connection may.
const FIRST_CONTACT_RETRIES: u32 = 3;

/// The maximum wait between those tries.
const FIRST_CONTACT_WAIT: Duration = Duration::from_secs(2);

/// Tries after the first one for what may not be there yet: the service has answered 404 or 400 for a moment for what a
/// run had just made, as users report.
const FRESH_RETRIES: u32 = 3;

impl RetryPolicy {
    /// How long to wait before retry number `retry` (from 1). `random` is uniform in [0, 1).
    ///
    /// Exponential backoff with full jitter; if the service named a time, that time with jitter on top.
    /// Never longer than [`max_wait`](RetryPolicy::max_wait).
    fn wait(&self, retry: u32, retry_after: Option<Duration>, random: f64) -> Duration {
        match retry_after {
            Some(asked) => {
                let jitter = FIRST_WAIT.min(self.max_wait).mul_f64(random);
                asked.saturating_add(jitter).min(self.max_wait)
            }
            None => {
                let doublings = retry.saturating_sub(1).min(31);
                FIRST_WAIT.saturating_mul(1 << doublings).min(self.max_wait).mul_f64(random)
            }
        }
    }
}

/// Which faults of a request allow to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Every transient fault: sending the request twice does no more than sending it once.
    IfTransient,
    /// The same, and a few times also what is not there: it was made, or seen, a moment ago.
    UntilThere,
    /// Every transient fault, but 500 once: the service answers so also for an identifier that it does not know.
    OnceAfter500,
    /// Every transient fault but a conflict, which here says that there is nothing to be done.
    UnlessConflict,
    /// Only faults that prove that the service did not act on the request.
    IfRefused,
    /// None: the caller does not want to wait.
    Never,
}

/// What the service did with a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The request certainly had no effect: no connection was made, or the service refused it.
    Refused,
    /// The service may have acted on it: it was sent, but no usable answer arrived.
    Unknown,
}

/// Whether another try may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Retry {
    /// The same request may well succeed if it is sent again.
    Yes,
    /// One more answer tells: it may succeed without compression, or at another moment.
    Once,
    No,
}

impl Fault {
    /// Whether the same request may well succeed if it is sent again.
    pub fn is_transient(&self) -> bool {
        self.verdict().0 != Retry::No
    }

    /// What the service did with the request.
    pub(crate) fn fate(&self) -> Fate {
        self.verdict().1
    }

    /// The one place that decides about retries. The statuses follow the service's reference.
    fn verdict(&self) -> (Retry, Fate) {
        use self::Fate::{Refused, Unknown};
        use self::Retry::{No, Once, Yes};
        match self {
            Fault::Connection { problem, .. } => match problem {
                Problem::NameLookup | Problem::Connect | Problem::ProxyConnect => (Yes, Refused),
                // These may strike a connection that was made, too, after the request went out.
                Problem::Unreachable
                | Problem::Closed
                | Problem::Cut
                | Problem::Silent(_)
                | Problem::Stalled(_)
                | Problem::Timeout(_)
                | Problem::Protocol => (Yes, Unknown),
                Problem::UnknownIssuer
                | Problem::Expired
                | Problem::WrongName
                | Problem::Tls
                | Problem::ProxyAuthentication
                | Problem::Proxy => (No, Refused),
                Problem::OutOfTime | Problem::HeaderTooLarge | Problem::Other => (No, Unknown),
            },
            Fault::Status { status, .. } => match status {
                409 | 423 | 429 => (Yes, Refused),
                // The vendor says: the resource has moved, send the request again.
                410 => (Once, Refused),
                // A gateway on the way gave up waiting; the service itself does not send 408. A success or 304 is
                // another answer than this request can have: of a cache, or of a gateway that makes it up.
                200..=299 | 304 | 408 | 500..=599 => (Yes, Unknown),
                // What sends elsewhere may say so of what was accepted.
                100..=199 | 300..=308 | 499 => (No, Unknown),
                _ => (No, Refused),
            },
            Fault::ErrorMessage(_) | Fault::NoPayload(_) | Fault::OtherTask(_) => (Yes, Unknown),
            Fault::Malformed { cut_short: true, .. } => (Yes, Unknown),
            Fault::Malformed { .. } | Fault::List(_) => (No, Unknown),
            Fault::SignInRefused { .. }
            | Fault::NewTokenRefused { .. }
            | Fault::NoRefreshToken
            | Fault::UnusableRefreshToken => (No, Refused),
            Fault::Body(BodyProblem::Encoding(_) | BodyProblem::NotGzip) => (Once, Unknown),
            Fault::Body(BodyProblem::TooLarge { .. }) => (No, Unknown),
            Fault::Body(_) => (Yes, Unknown),
        }
    }

    /// Whether the service was not reached: no connection, or a page of something in between.
    pub(crate) fn is_no_contact(&self) -> bool {
        use self::Problem::{Connect, NameLookup, ProxyConnect, Unreachable};
        matches!(
            self,
            Fault::Connection { problem: NameLookup | Connect | ProxyConnect | Unreachable, .. }
                | Fault::Body(BodyProblem::Document { .. })
        )
    }

    /// Whether the answer sends to another place, as a gateway does that shows a status page.
    fn is_redirect(&self) -> bool {
        matches!(self.status(), Some(300..=308))
    }

    /// Whether the answer may become usable if it comes without compression.
    pub(crate) fn asks_for_identity(&self) -> bool {
        use self::BodyProblem::{Document, Partial, TooLarge};
        matches!(self, Fault::Body(problem) if !matches!(problem, Document { .. } | Partial(_) | TooLarge { .. }))
    }
}

/// The tries of one request: the state of the retry loop, which itself waits and sends.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    policy: &'a RetryPolicy,
    repeat: Repeat,
    /// The caller has set a time limit, which counts instead of the number of retries.
    has_time_limit: bool,
    failed: u32,
    /// Those of them that reached nothing, and those that found nothing where something may come to be.
    unreached: u32,
    not_there: u32,
    /// Faults that one more answer may explain.
    doubtful: u32,
    /// The maximum number of retries, as the last fault left it.
    retries: Option<u32>,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, repeat: Repeat, has_time_limit: bool) -> Tries<'a> {
        let (failed, unreached, not_there, doubtful, retries) = (0, 0, 0, 0, None);
        Tries { policy, repeat, has_time_limit, failed, unreached, not_there, doubtful, retries }
    }

    /// Counts a failed try and returns how long to wait before the next one; `None` if there is none.
    /// `was_reached` says whether the host has answered before: the long patience is for what worked once, or was
    /// asked for. `random` is uniform in [0, 1).
    pub(crate) fn wait_after(&mut self, fault: &Fault, was_reached: bool, random: f64) -> Option<Duration> {
        let (may_help, fate) = fault.verdict();
        let is_not_there = self.repeat == Repeat::UntilThere
            && (matches!(fault.status(), Some(400 | 404)) || fault.is_redirect() && !self.has_time_limit);
        let is_doubtful = may_help == Retry::Once || self.repeat == Repeat::OnceAfter500 && fault.status() == Some(500);
        let may_help = may_help != Retry::No || is_not_there || self.has_time_limit && fault.is_redirect();
        let is_allowed = match self.repeat {
            Repeat::IfTransient | Repeat::UntilThere | Repeat::OnceAfter500 => true,
            Repeat::Never => false,
            Repeat::UnlessConflict => fault.status() != Some(409),
            // The service's reference names 423 and 429 alone for a start, not a busy model (409).
            Repeat::IfRefused => fate == Fate::Refused && !matches!(fault.status(), Some(409 | 410)),
        };
        let (mut policy, mut random) = (*self.policy, random);
        let most = policy.retries.unwrap_or(RETRIES);
        let without_limit = self.has_time_limit && policy.retries.is_none();
        let is_patient = was_reached || self.has_time_limit || policy.retries.is_some();
        // Some faults have a short patience. Those of other kinds, such as an outage, do not use it up.
        let short = if !is_patient && fault.is_no_contact() {
            policy.max_wait = policy.max_wait.min(FIRST_CONTACT_WAIT);
            Some((&mut self.unreached, FIRST_CONTACT_RETRIES))
        } else if is_not_there {
            random = 1.0;
            Some((&mut self.not_there, FRESH_RETRIES))
        } else if is_doubtful {
            Some((&mut self.doubtful, 1))
        } else {
            None
        };
        let retry;
        (self.retries, retry) = match short {
            Some((count, limit)) => {
                let others = self.failed - *count;
                *count += 1;
                (Some(others.saturating_add(limit.min(most))), *count)
            }
            None => ((!without_limit).then_some(most), self.failed + 1),
        };
        self.failed += 1;
        let retry_after = match fault {
            Fault::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        let may_repeat = may_help && is_allowed && self.retries.is_none_or(|most| self.failed <= most);
        may_repeat.then(|| policy.wait(retry, retry_after, random))
    }

    /// The maximum number of retries; `None` if they go on until a time limit.
    pub(crate) fn retries(&self) -> Option<u32> {
        self.retries
    }

    pub(crate) fn failed(&self) -> u32 {
        self.failed
    }
}

/// Reads `Retry-After`: whole seconds, or an HTTP date seen from `now`. A date that has passed means no
/// wait; text in another form is `None`. `date` is the answer's own `Date`: where it is given, the
/// service's clock counts instead of `now`.
pub(crate) fn retry_after(text: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a very long time, which the maximum wait caps.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let now = date.and_then(http_date).unwrap_or(now);
    Some(http_date(text)?.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(status: u16) -> Fault {
        Fault::Status { status, message: None, retry_after: None }
    }

    fn connection(problem: Problem) -> Fault {
        Fault::Connection { problem, source: None }
    }

    fn page() -> Fault {
        Fault::Body(BodyProblem::Document { kind: "an HTML page", message: None })
    }

    /// The waits of a request that fails with `fault` for ever, of at most 100.
    fn waits(tries: &mut Tries<'_>, fault: &Fault, was_reached: bool) -> Vec<Duration> {
        (0..100).map_while(|_| tries.wait_after(fault, was_reached, 0.5)).collect()
    }

    fn retries(repeat: Repeat, fault: &Fault) -> usize {
        let policy = RetryPolicy { retries: Some(3), ..RetryPolicy::default() };
        waits(&mut Tries::new(&policy, repeat, false), fault, true).len()
    }

    #[test]
    fn every_status_is_retried_or_not_as_the_documentation_says() {
        for code in 100..600 {
            let (transient, start) = match code {
                423 | 429 => (3, 3),
                200..=299 | 304 | 408 | 409 | 500.. => (3, 0),
                410 => (1, 0),
                _ => (0, 0),
            };
            let fault = status(code);
            assert_eq!(retries(Repeat::IfTransient, &fault), transient, "{code}");
            assert_eq!(retries(Repeat::IfRefused, &fault), start, "{code}");
            assert_eq!(retries(Repeat::Never, &fault), 0, "{code}");
            assert_eq!(fault.is_transient(), transient > 0, "{code}");
        }
    }

    #[test]
    fn each_request_is_repeated_as_far_as_that_can_help_and_do_no_harm() {
        for (repeat, fault, expected) in [
            (Repeat::UntilThere, status(404), 3),
            (Repeat::UntilThere, status(400), 3),
            (Repeat::UntilThere, status(302), 3),
            (Repeat::UntilThere, status(403), 0),
            (Repeat::UnlessConflict, status(409), 0),
            (Repeat::UnlessConflict, status(503), 3),
            (Repeat::OnceAfter500, status(500), 1),
            (Repeat::OnceAfter500, status(429), 3),
            (Repeat::OnceAfter500, status(503), 3),
            (Repeat::IfTransient, Fault::Body(BodyProblem::Encoding("br".to_owned())), 1),
            (Repeat::IfRefused, connection(Problem::NameLookup), 3),
            (Repeat::IfRefused, connection(Problem::Connect), 3),
            (Repeat::IfRefused, connection(Problem::Closed), 0),
            (Repeat::IfRefused, connection(Problem::Unreachable), 0),
            (Repeat::IfRefused, connection(Problem::Cut), 0),
        ] {
            assert_eq!(retries(repeat, &fault), expected, "{repeat:?} {fault}");
        }
        for code in [200, 202, 301, 303, 308, 408, 499, 500, 502, 504] {
            assert_eq!(status(code).fate(), Fate::Unknown, "a start may have been accepted: {code}");
        }
        for code in [400, 401, 404, 409, 423, 429] {
            assert_eq!(status(code).fate(), Fate::Refused, "{code}");
        }
    }

    #[test]
    fn an_outage_does_not_use_up_the_tries_for_what_is_not_there_yet_or_was_not_reached() {
        let policy = RetryPolicy::default();
        let mut tries = Tries::new(&policy, Repeat::IfTransient, false);
        (0..4).for_each(|_| assert!(tries.wait_after(&connection(Problem::Closed), false, 0.5).is_some()));
        assert_eq!(waits(&mut tries, &connection(Problem::Connect), false).len(), 3);
        let mut tries = Tries::new(&policy, Repeat::UntilThere, false);
        (0..4).for_each(|_| assert!(tries.wait_after(&status(503), true, 0.5).is_some()));
        assert_eq!(waits(&mut tries, &status(404), true), [1, 2, 4].map(Duration::from_secs));
        assert_eq!((tries.failed(), tries.retries()), (8, Some(7)));
    }

    #[test]
    fn within_a_time_limit_an_outage_is_waited_out_and_else_what_was_never_reached_is_given_up_soon() {
        let usual = RetryPolicy::default();
        let few = RetryPolicy { retries: Some(1), ..usual };
        let retries = |policy, fault: &Fault, has_time_limit, was_reached| {
            waits(&mut Tries::new(policy, Repeat::IfTransient, has_time_limit), fault, was_reached).len()
        };
        // With and without a time limit; then where nothing was reached before, with the usual and with few retries.
        let start = |fault| waits(&mut Tries::new(&usual, Repeat::IfRefused, true), fault, true).len();
        assert_eq!([start(&status(303)), start(&status(503)), start(&status(429))], [0, 0, 100]);
        // What was asked for counts within a time limit too.
        assert_eq!(retries(&few, &status(503), true, true), 1);
        for (fault, expected) in [
            (status(503), [100, 12, 12, 1]),
            (status(302), [100, 0, 0, 0]),
            (status(404), [0, 0, 0, 0]),
            (page(), [100, 12, 3, 1]),
            (connection(Problem::Connect), [100, 12, 3, 1]),
            (connection(Problem::NameLookup), [100, 12, 3, 1]),
            (connection(Problem::Unreachable), [100, 12, 3, 1]),
            (connection(Problem::Closed), [100, 12, 12, 1]),
        ] {
            let found = [
                retries(&usual, &fault, true, true),
                retries(&usual, &fault, false, true),
                retries(&usual, &fault, false, false),
                retries(&few, &fault, false, false),
            ];
            assert_eq!(found, expected, "{fault}");
        }
        let mut tries = Tries::new(&usual, Repeat::IfTransient, false);
        let waits = self::waits(&mut tries, &connection(Problem::Connect), false);
        assert_eq!(waits, [500, 1000, 1000].map(Duration::from_millis));
        let asked = RetryPolicy { retries: Some(20), ..usual };
        for fault in [page(), connection(Problem::Connect)] {
            assert_eq!([retries(&usual, &fault, true, false), retries(&asked, &fault, false, false)], [100, 20]);
        }
        let short = RetryPolicy { retries: Some(6), max_wait: Duration::from_secs(9) };
        let mut tries = Tries::new(&short, Repeat::IfTransient, false);
        let waits = self::waits(&mut tries, &status(503), true);
        assert_eq!(waits, [500, 1000, 2000, 4000, 4500, 4500].map(Duration::from_millis));
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let now = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let read = |text| retry_after(text, None, now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert!(read("99999999999999999999999").unwrap() > Duration::from_secs(1 << 31));
        for nonsense in ["", "-1", "1.5", "soon", "NaN", "Sun, 99 Nov 1994 08:50:07 GMT"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        let date = Some("Sun, 06 Nov 1994 08:50:00 GMT");
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", date, now), Some(Duration::from_secs(7)));
    }

    proptest! {
        #[test]
        fn no_wait_exceeds_the_maximum_and_none_is_shorter_than_the_service_asks(
            retry in any::<u32>(), asked in prop::option::of(any::<u64>()), random in 0.0f64..1.0,
            longest in 0u64..1_000_000,
        ) {
            let policy = RetryPolicy { retries: Some(3), max_wait: Duration::from_millis(longest) };
            let asked = asked.map(Duration::from_secs);
            let wait = policy.wait(retry, asked, random);
            prop_assert!(wait <= policy.max_wait);
            prop_assert!(asked.is_none_or(|asked| wait >= asked.min(policy.max_wait)));
        }
    }
}
