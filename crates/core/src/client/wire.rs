//! Sends requests and tries again: the only place that sends one, and the only one that waits.
//!
//! Below this loop there are only faults, which know nothing of what was asked. The loop knows the
//! subject, the tries and the time, and makes [`Error::Request`] of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use super::event::{Event, OnEvent};
use super::http::HeaderValue;
use super::http::exchange::{Answer, Headers, Reply, Request, ask, knock, send};
use super::http::transport::Transport;
use super::pace::{Pace, random};
use super::redact::Secrets;
use crate::error::{Error, Result};
use crate::service::{BodyProblem, Fault, Repeat, RetryPolicy, Subject, Tries};

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

/// Sends requests. Knows neither what they mean nor whose token they carry.
pub(super) struct Wire {
    pub(super) transport: Transport,
    pub(super) user_agent: HeaderValue,
    pub(super) retry: RetryPolicy,
    pub(super) on_event: Option<OnEvent>,
    pub(super) pace: Pace,
    pub(super) secrets: Secrets,
    /// Set once a compressed answer was unusable: compression is a convenience.
    pub(super) without_compression: AtomicBool,
    /// Set once a host answered: the API, and where to sign in. The one says nothing of the other.
    pub(super) api_was_reached: AtomicBool,
    pub(super) sign_in_was_reached: AtomicBool,
}

impl Wire {
    /// Runs `attempt` until it succeeds, fails for good, or has used up its retries. `attempt` receives the
    /// number of tries that failed before it.
    pub(super) fn retry<T>(
        &self,
        subject: &Subject,
        repeat: Repeat,
        mut attempt: impl FnMut(u32) -> Result<T, Halt>,
    ) -> Result<T> {
        let begun = Instant::now();
        let mut tries = Tries::new(&self.retry, repeat);
        loop {
            let (fault, may_repeat) = match attempt(tries.failed()) {
                Ok(value) => {
                    self.set_reached(subject);
                    self.pace.succeeded();
                    return Ok(value);
                }
                Err(Halt::Error(error)) => return Err(error),
                Err(Halt::Fault(fault)) => (self.masked(fault), true),
                Err(Halt::Final(fault)) => (self.masked(fault), false),
            };
            if !matches!(fault, Fault::Connection { .. } | Fault::Body(BodyProblem::Document { .. })) {
                self.set_reached(subject);
            }
            let was_reached = self.reached(subject).is_some_and(|reached| reached.load(Ordering::Relaxed));
            let wait = tries.wait_after(&fault, was_reached, random());
            let Some(wait) = wait.filter(|_| may_repeat) else {
                let (subject, tries, elapsed) = (subject.clone().into(), tries.failed(), begun.elapsed());
                return Err(Error::Request { subject, fault, tries, elapsed });
            };
            self.adapt(&fault, wait);
            let (retry, retries) = (tries.failed(), tries.retries());
            self.report(&Event::Retry { subject, fault: &fault, wait, retry, retries });
            sleep(wait);
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

    /// Sends a request to the API once, when its turn has come.
    pub(super) fn send(
        &self,
        subject: &Subject,
        request: Request<'_>,
        authorization: &HeaderValue,
    ) -> Result<Answer, Fault> {
        let without_compression = self.without_compression.load(Ordering::Relaxed);
        let headers = Headers {
            authorization: Some(authorization),
            user_agent: &self.user_agent,
            accept_encoding: if without_compression { "identity" } else { "gzip" },
        };
        if let Some(wait) = self.pace.take_turn(Instant::now()) {
            self.report(&Event::Paced { subject, wait });
            sleep(wait);
        }
        let agent = self.transport.agent(request.origin);
        send(agent, self.transport.limits(), request, &headers, &|event| self.report(event))
    }

    /// Sends a request to a sign-in service once, and reads its answer whatever the status is.
    pub(super) fn ask(
        &self,
        request: Request<'_>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Reply, Fault> {
        let headers = Headers { authorization, user_agent: &self.user_agent, accept_encoding: "identity" };
        let agent = self.transport.agent(request.origin);
        ask(agent, self.transport.limits(), request, &headers, &|event| self.report(event))
    }

    /// Whether a host answers anything at all, and its clock.
    pub(super) fn knock(&self, request: Request<'_>) -> Result<Option<SystemTime>, Fault> {
        let headers =
            Headers { authorization: None, user_agent: &self.user_agent, accept_encoding: "identity" };
        let agent = self.transport.agent(request.origin);
        knock(agent, self.transport.limits(), request, &headers, &|event| self.report(event))
    }

    /// Updates what all requests share after a fault that is followed by a retry.
    fn adapt(&self, fault: &Fault, wait: Duration) {
        match fault {
            Fault::Status { status: 429, .. } => self.pace.throttled(wait, self.retry.max_wait),
            Fault::Connection { .. } => self.transport.forget_names(),
            fault if fault.asks_for_identity() => self.without_compression.store(true, Ordering::Relaxed),
            _ => {}
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
