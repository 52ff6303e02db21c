//! Requests with retries: the only place that sends one, and the only one that waits.
//!
//! Below this loop there are only faults, which know nothing of what was asked. The loop knows the
//! subject, the tries and the time, and makes [`Error::Request`] of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ureq::http::HeaderValue;

use super::body::SizeLimit;
use super::event::{Event, OnEvent};
use super::exchange::{Accept, Answer, Headers, Request, send};
use super::pace::{Pace, random};
use super::token::Token;
use super::transport::Transport;
use crate::address::{DumpAddress, ModelAddress, Origin};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{ChunkList, Fault, Listing, Repeat, RetryPolicy, Subject, Tries};

/// The maximum number of chunks that one download fetches side by side. The tenant's rate limit and the
/// service's memory are shared with everybody else.
pub const MAX_PARALLEL: usize = 16;

/// The default limit of one chunk in bytes. The service cuts at 10 MB; six times that allows for changes.
const CHUNK_BYTES: u64 = 64 * 1024 * 1024;

/// The default limit of a dump fetched in one answer, in bytes: beyond any dump that could be fetched that
/// way, since large ones time out.
const WHOLE_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// The default limit of a JSON answer in bytes. A page of 5000 tasks has less than 1 MB; one byte of JSON
/// can become a hundred in memory.
const JSON_BYTES: u64 = 8 * 1024 * 1024;

/// Looks at something that may not be there yet: the service has answered 404 or 400 for a moment for what a
/// run had just made, as users report.
const FRESH_LOOKS: u32 = 4;

/// Wait before the second of those looks; it doubles with each one.
const FRESH_WAIT: Duration = Duration::from_secs(1);

/// The maximum sizes of bodies, after decompression.
#[derive(Debug, Clone, Copy)]
pub(super) struct SizeLimits {
    pub(super) chunk: SizeLimit,
    pub(super) whole: SizeLimit,
    pub(super) json: SizeLimit,
}

impl Default for SizeLimits {
    fn default() -> SizeLimits {
        SizeLimits {
            chunk: SizeLimit { bytes: CHUNK_BYTES, name: "the limit of one chunk" },
            whole: SizeLimit { bytes: WHOLE_BYTES, name: "the limit of a whole dump" },
            json: SizeLimit { bytes: JSON_BYTES, name: "the limit of a JSON answer" },
        }
    }
}

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

/// Sends requests. Shared by everything that belongs to one client.
pub(super) struct Requests {
    pub(super) transport: Transport,
    pub(super) api: Origin,
    pub(super) token: Token,
    pub(super) user_agent: HeaderValue,
    pub(super) limits: SizeLimits,
    pub(super) retry: RetryPolicy,
    pub(super) on_event: Option<OnEvent>,
    pub(super) pace: Pace,
    /// Set once a compressed answer was unusable: compression is a convenience.
    pub(super) without_compression: AtomicBool,
    /// Set once any request was answered.
    pub(super) was_reached: AtomicBool,
}

impl Requests {
    /// The origin to ask about a model: the one of its address, or the client's own.
    ///
    /// # Errors
    ///
    /// [`Error::UntrustedOrigin`] if the token may not go there.
    pub(super) fn origin<'a>(&'a self, model: &'a ModelAddress) -> Result<&'a Origin> {
        let Some(origin) = &model.origin else {
            return Ok(&self.api);
        };
        if origin.is_anaplan() || origin.is_loopback() || *origin == self.api {
            return Ok(origin);
        }
        Err(Error::UntrustedOrigin {
            origin: origin.clone(),
            reason: "it is neither Anaplan's over https, nor this machine, nor the API URL",
        })
    }

    /// Reads all pages of a list about `model`.
    pub(super) fn list<T>(
        &self,
        subject: &Subject,
        model: &ModelAddress,
        listing: Listing<T>,
    ) -> Result<Vec<T>> {
        self.list_at(self.origin(model)?, subject, listing)
    }

    /// Reads all pages of a list at an origin that the token may go to.
    pub(super) fn list_at<T>(
        &self,
        origin: &Origin,
        subject: &Subject,
        mut listing: Listing<T>,
    ) -> Result<Vec<T>> {
        while let Some(path) = listing.next_path().map(str::to_owned) {
            let request = Request { method: "GET", origin, path: &path, body: None, accept: Accept::Json };
            self.json(subject, request, Repeat::IfTransient, |answer| listing.take(answer))?;
        }
        Ok(listing.into_entries())
    }

    /// The chunk list of a dump.
    pub(super) fn chunk_list(&self, dump: &DumpAddress) -> Result<ChunkList> {
        let subject = Subject::ChunkList(dump.clone());
        let entries = self.list(&subject, dump.model(), Listing::chunks(dump))?;
        ChunkList::new(dump, entries).map_err(|fault| {
            let fault = self.masked(fault);
            Error::Request { subject: subject.into(), fault, tries: 1, elapsed: Duration::ZERO }
        })
    }

    /// Sends a request whose answer is JSON, and reads the answer with `read`.
    pub(super) fn json<T>(
        &self,
        subject: &Subject,
        request: Request<'_>,
        repeat: Repeat,
        mut read: impl FnMut(&[u8]) -> Result<T, Fault>,
    ) -> Result<T> {
        self.retry(subject, repeat, |_| {
            let answer = self.send(subject, request)?;
            let bytes = match answer.status() {
                // By definition without a body.
                204 => Vec::new(),
                _ => answer.into_body(self.limits.json)?.read_json()?,
            };
            Ok(read(&bytes)?)
        })
    }

    /// Runs `ask` a few times if what it asks for is not there yet.
    pub(super) fn until_there<T>(&self, mut ask: impl FnMut() -> Result<T>) -> Result<T> {
        let mut look = 1;
        loop {
            let error = match ask() {
                Err(error) if error.kind() == ErrorKind::NotFound && look < FRESH_LOOKS => error,
                outcome => return outcome,
            };
            let wait = (FRESH_WAIT * (1 << (look - 1))).min(self.retry.max_wait);
            if let Some((subject, fault)) = error.request() {
                self.report(&Event::Retry { subject, fault, wait, retry: look, retries: FRESH_LOOKS - 1 });
            }
            sleep(wait);
            look += 1;
        }
    }

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
                    self.was_reached.store(true, Ordering::Relaxed);
                    self.pace.succeeded();
                    return Ok(value);
                }
                Err(Halt::Error(error)) => return Err(error),
                Err(Halt::Fault(fault)) => (self.masked(fault), true),
                Err(Halt::Final(fault)) => (self.masked(fault), false),
            };
            if !matches!(fault, Fault::Connection { .. }) {
                self.was_reached.store(true, Ordering::Relaxed);
            }
            let was_reached = self.was_reached.load(Ordering::Relaxed);
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

    /// Sends a request once, when its turn has come.
    pub(super) fn send(&self, subject: &Subject, request: Request<'_>) -> Result<Answer, Fault> {
        let without_compression = self.without_compression.load(Ordering::Relaxed);
        let headers = Headers {
            authorization: self.token.header(),
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

    /// Updates what all requests share after a fault that is followed by a retry.
    fn adapt(&self, fault: &Fault, wait: Duration) {
        match fault {
            Fault::Status { status: 429, .. } => self.pace.throttled(wait, self.retry.max_wait),
            Fault::Connection { .. } => self.transport.forget_names(),
            fault if fault.asks_for_identity() => self.without_compression.store(true, Ordering::Relaxed),
            _ => {}
        }
    }

    /// The fault without the token: the service or a proxy may repeat what it was sent.
    fn masked(&self, fault: Fault) -> Fault {
        fault.with_texts(|text| {
            let mut text = text.to_owned();
            self.token.mask(&mut text);
            text
        })
    }

    fn report(&self, event: &Event<'_>) {
        if let Some(on_event) = &self.on_event {
            on_event(event);
        }
    }
}
