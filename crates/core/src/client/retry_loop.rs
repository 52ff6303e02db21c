//! Sends requests and tries again: the only place that sends one, and the only one that waits.
//!
//! Below this loop there are only faults, which know nothing of what was asked. The loop knows the
//! subject, the tries and the time, and makes [`Error::Request`] of them.

use std::io::{self, ErrorKind};
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::event::{Event, OnEvent};
use super::http::HeaderValue;
use super::http::agent::HttpAgent;
use super::http::exchange::{Answer, Request, send};
use super::http::patience::Patience;
use super::pace::{Pace, random};
use super::redact::Secrets;
use crate::error::{Error, Result};
use crate::files::Unfinished;
use crate::service::{BodyProblem, ConnectionProblem, Fault, Repeat, RetryPolicy, Subject, Tries};
use crate::text::seconds;

/// Unusable compressed answers in a row after which the API is asked for none: one may be an accident.
const MAX_ODD_ANSWERS: u32 = 2;

/// Time between two looks at a lock that another run holds.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Time between two events that say so.
const LOCK_NOTE: Duration = Duration::from_secs(60);

/// Why a try ended without a value.
pub(super) enum Halt {
    /// The request failed; it may be sent again.
    Fault(Fault),
    /// The request failed, and what it brought cannot be taken back.
    Final(Fault),
    /// Something else failed, such as the output: no further try would help.
    Error(Error),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Halt {
        Halt::Fault(fault)
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Halt {
        Halt::Error(error)
    }
}

#[derive(Debug, Default)]
pub(super) struct Try {
    /// Tries that failed before it.
    pub(super) failed: u32,
    /// A compressed answer to this request was unusable.
    without_compression: bool,
    asked_for_gzip: bool,
}

/// Sends requests, within its own patience. Knows neither what they mean nor whose token they carry.
#[derive(Clone)]
pub(super) struct Wire {
    pub(super) shared: Arc<Shared>,
    pub(super) patience: Patience,
}

/// What all clones of a client share.
pub(super) struct Shared {
    pub(super) agent: HttpAgent,
    pub(super) retry: RetryPolicy,
    pub(super) on_event: Option<OnEvent>,
    pub(super) unfinished: Unfinished,
    pub(super) pace: Pace,
    pub(super) secrets: Secrets,
    /// Unusable compressed answers since the last usable one.
    pub(super) odd_answers: AtomicU32,
    /// Set once a host answered: the API, and where to sign in. The one says nothing of the other.
    pub(super) api_was_reached: AtomicBool,
    pub(super) sign_in_was_reached: AtomicBool,
}

impl Deref for Wire {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Wire {
    /// Runs `attempt` until it succeeds, fails for good, or has used up its retries or its time.
    pub(super) fn retry<T>(
        &self,
        subject: &Subject,
        repeat: Repeat,
        attempt: &mut dyn FnMut(&mut Try) -> Result<T, Halt>,
    ) -> Result<T> {
        let begun = Instant::now();
        let mut tries = Tries::new(&self.retry, repeat, self.patience.end.is_some());
        let mut a_try = Try::default();
        loop {
            let outcome = attempt(&mut a_try);
            if self.patience.stop.is_stopped() {
                return Err(Error::Cancelled);
            }
            match outcome {
                Ok(value) => {
                    self.succeeded(subject, &a_try);
                    return Ok(value);
                }
                Err(halt) => a_try = self.next_try(halt, subject, &mut tries, &a_try, begun)?,
            }
        }
    }

    /// The next try after one that failed, once it is time for it; an error if there is none.
    fn next_try(&self, halt: Halt, subject: &Subject, tries: &mut Tries, a_try: &Try, begun: Instant) -> Result<Try> {
        use ConnectionProblem::{Connect, Silent, Stalled, Timeout};
        let (mut fault, may_repeat) = match halt {
            Halt::Error(error) => return Err(error),
            Halt::Fault(fault) => (self.masked(fault), true),
            Halt::Final(fault) => (self.masked(fault), false),
        };
        // A limit of time ended it: the user's, where that was over then.
        if let Fault::Connection { problem: problem @ (Connect | Silent(_) | Stalled(_) | Timeout(_)), .. } = &mut fault
            && may_be_cut(subject)
            && self.patience.is_over()
        {
            *problem = ConnectionProblem::OutOfTime;
        }
        if !matches!(fault, Fault::Connection { .. } | Fault::Body(BodyProblem::Document { .. })) {
            self.set_reached(subject);
        }
        let was_reached = self.reached(subject).is_some_and(|reached| reached.load(Ordering::Relaxed));
        let wait = tries.wait_after(&fault, was_reached, random());
        let failed = tries.failed();
        if let Some(wait) = wait.filter(|_| may_repeat && !self.patience.is_over()) {
            self.adapt(subject, &fault, wait, a_try);
            self.sleep(wait, &Event::Retry { subject, fault: &fault, wait, retry: failed, retries: tries.retries() })?;
            // A try without time left would hide what is wrong.
            if !self.patience.is_over() {
                let without_compression = a_try.without_compression || fault.asks_for_identity();
                return Ok(Try { failed, without_compression, asked_for_gzip: false });
            }
        }
        Err(Error::Request { subject: subject.clone().into(), fault, tries: failed, elapsed: begun.elapsed() })
    }

    /// Sends a request once, when its turn has come.
    pub(super) fn send(
        &self,
        subject: &Subject,
        request: Request<'_>,
        authorization: Option<&HeaderValue>,
        a_try: &mut Try,
    ) -> Result<Answer, Halt> {
        let mut accept_encoding = "identity";
        if is_of_api(subject) {
            let is_usable = self.odd_answers.load(Ordering::Relaxed) < MAX_ODD_ANSWERS;
            a_try.asked_for_gzip = is_usable && !a_try.without_compression;
            if a_try.asked_for_gzip {
                accept_encoding = "gzip";
            }
            if let Some(wait) = self.pace.take_turn(Instant::now()) {
                self.sleep(wait, &Event::Paced { subject, wait })?;
            }
        }
        let patience = if may_be_cut(subject) { self.patience.clone() } else { Patience::default() };
        Ok(send(&self.agent, &patience, request, authorization, accept_encoding, &|event| self.report(event))?)
    }

    /// Waits before something is asked for again, and says so. The one place that sleeps.
    pub(super) fn sleep(&self, wait: Duration, event: &Event<'_>) -> Result<()> {
        self.report(event);
        let left = self.patience.end.map(|end| end.saturating_duration_since(Instant::now()));
        self.patience.stop.sleep(wait.min(left.unwrap_or(Duration::MAX)));
        if self.patience.stop.is_stopped() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Waits for a lock that another run holds, and says so: after `first_note`, then once a minute.
    pub(super) fn wait_for_lock<T>(
        &self,
        path: &Path,
        first_note: Duration,
        longest: Duration,
        mut take: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let (begun, mut next_note) = (Instant::now(), first_note);
        loop {
            if let Some(lock) = take()? {
                return Ok(lock);
            }
            let waited = begun.elapsed();
            if waited >= next_note {
                next_note = waited + LOCK_NOTE;
                self.report(&Event::Locked { path, waited });
            }
            let is_over = self.patience.is_over();
            if waited >= longest || is_over {
                let text = format!("another program has held the lock for {}", seconds(waited));
                let kind = if is_over { ErrorKind::TimedOut } else { ErrorKind::WouldBlock };
                return Err(Error::output("lock", Some(path), io::Error::new(kind, text)));
            }
            self.patience.stop.sleep(LOCK_POLL);
            if self.patience.stop.is_stopped() {
                return Err(Error::Cancelled);
            }
        }
    }

    /// Whether the host of this request was reached before; `None` for a mere look at a host, which is to end soon.
    fn reached(&self, subject: &Subject) -> Option<&AtomicBool> {
        match subject {
            Subject::Host(_) => None,
            Subject::SignIn(_) => Some(&self.sign_in_was_reached),
            _ => Some(&self.api_was_reached),
        }
    }

    fn set_reached(&self, subject: &Subject) {
        self.reached(subject).into_iter().for_each(|reached| reached.store(true, Ordering::Relaxed));
    }

    fn succeeded(&self, subject: &Subject, a_try: &Try) {
        self.set_reached(subject);
        if is_of_api(subject) {
            self.pace.succeeded();
        }
        if a_try.asked_for_gzip {
            self.odd_answers.store(0, Ordering::Relaxed);
        }
    }

    /// Updates what all requests share after a fault that is followed by a retry.
    fn adapt(&self, subject: &Subject, fault: &Fault, wait: Duration, a_try: &Try) {
        match fault {
            Fault::Status { status: 429, .. } if is_of_api(subject) => {
                self.pace.throttled(wait, self.retry.max_wait);
            }
            Fault::Connection { .. } => self.agent.forget_names(),
            _ => {}
        }
        if a_try.asked_for_gzip && fault.asks_for_identity() {
            self.odd_answers.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The fault without secrets: the service or a proxy may repeat what it was sent.
    pub(super) fn masked(&self, fault: Fault) -> Fault {
        fault.with_texts(|text| self.secrets.redact(text))
    }

    pub(super) fn report(&self, event: &Event<'_>) {
        if let Some(on_event) = &self.on_event {
            on_event(event);
        }
    }
}

/// Whether a time limit may end the wait for an answer: one to a sign-in may hold the only refresh token, and one to a
/// start the only word of what runs.
fn may_be_cut(subject: &Subject) -> bool {
    is_of_api(subject) && !matches!(subject, Subject::Start(_))
}

/// Whether the request goes to the API, whose pace and compression are its own.
fn is_of_api(subject: &Subject) -> bool {
    !matches!(subject, Subject::SignIn(_) | Subject::Host(_))
}
