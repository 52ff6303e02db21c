//! Requests to the API: where they may go, and whose token they carry.

use std::thread::sleep;
use std::time::Duration;

use super::event::Event;
use super::hosts::Hosts;
use super::http::body::SizeLimit;
use super::http::exchange::{Accept, Answer, Request};
use super::session::Session;
use super::session::token::Token;
use super::wire::{Halt, Wire};
use crate::address::{DumpAddress, ModelAddress, Origin};
use crate::error::{Error, ErrorKind, Result};
use crate::service::{ChunkList, Fault, Listing, Repeat, Subject};

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

/// One try of a request.
pub(super) struct Try<'a> {
    /// Tries that failed before it.
    pub(super) failed: u32,
    token: &'a Token,
}

/// Sends requests to the API. Shared by everything that belongs to one client.
pub(super) struct Requests {
    pub(super) wire: Wire,
    pub(super) session: Session,
    pub(super) hosts: Hosts,
    pub(super) limits: SizeLimits,
}

impl Requests {
    /// The origin to ask about a model: the one of its address, or the client's own.
    ///
    /// # Errors
    ///
    /// [`Error::UntrustedOrigin`] and [`Error::NotAnApi`] if the token may not go there.
    pub(super) fn origin<'a>(&'a self, model: &'a ModelAddress) -> Result<&'a Origin> {
        self.hosts.of_address(model.origin.as_ref())
    }

    /// Reads all pages of a list about `model`.
    pub(super) fn list<T>(
        &self,
        subject: &Subject,
        model: &ModelAddress,
        listing: Listing<T>,
    ) -> Result<Listing<T>> {
        self.list_at(self.origin(model)?, subject, listing)
    }

    /// Reads all pages of a list at an origin that the token may go to.
    pub(super) fn list_at<T>(
        &self,
        origin: &Origin,
        subject: &Subject,
        mut listing: Listing<T>,
    ) -> Result<Listing<T>> {
        while let Some(path) = listing.next_path().map(str::to_owned) {
            let request = Request { method: "GET", origin, path: &path, body: None, accept: Accept::Json };
            self.json(subject, request, Repeat::IfTransient, |answer| listing.take(answer))?;
        }
        if let entries @ 1.. = listing.unreadable() {
            self.wire.report(&Event::Unreadable { subject, entries });
        }
        Ok(listing)
    }

    /// The chunk list of a dump.
    pub(super) fn chunk_list(&self, dump: &DumpAddress) -> Result<ChunkList> {
        let subject = Subject::ChunkList(dump.clone());
        let entries = self.list(&subject, dump.model(), Listing::chunks(dump))?.into_entries();
        ChunkList::new(dump, entries).map_err(|fault| {
            let fault = self.wire.masked(fault);
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
        self.retry(subject, repeat, |a_try| {
            let answer = self.send(subject, request, a_try)?;
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
            let wait = (FRESH_WAIT * (1 << (look - 1))).min(self.wire.retry.max_wait);
            if let Some((subject, fault)) = error.request() {
                self.wire.report(&Event::Retry {
                    subject,
                    fault,
                    wait,
                    retry: look,
                    retries: FRESH_LOOKS - 1,
                });
            }
            sleep(wait);
            look += 1;
        }
    }

    /// Runs `attempt` until it succeeds, fails for good, or has used up its retries. A token that the
    /// service refuses is replaced once, where that is possible.
    pub(super) fn retry<T>(
        &self,
        subject: &Subject,
        repeat: Repeat,
        mut attempt: impl FnMut(&Try<'_>) -> Result<T, Halt>,
    ) -> Result<T> {
        let mut was_replaced = false;
        self.wire.retry(subject, repeat, |failed| {
            let held = self.session.token(&self.wire)?;
            let outcome = attempt(&Try { failed, token: &held.token });
            let is_refused = matches!(&outcome, Err(Halt::Fault(fault)) if fault.status() == Some(401));
            if !is_refused || was_replaced {
                return outcome;
            }
            was_replaced = true;
            match self.session.replace(&held, &self.wire)? {
                Some(fresh) => attempt(&Try { failed: failed + 1, token: &fresh.token }),
                None => outcome,
            }
        })
    }

    /// Sends a request once, when its turn has come.
    pub(super) fn send(
        &self,
        subject: &Subject,
        request: Request<'_>,
        a_try: &Try<'_>,
    ) -> Result<Answer, Fault> {
        self.wire.send(subject, request, a_try.token.header())
    }
}
