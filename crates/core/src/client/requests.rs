//! Requests to the API: where they may go, and whose token they carry.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::choose_hosts::Hosts;
use super::event::Event;
use super::http::body::SizeLimit;
use super::http::exchange::{Accept, Answer, Content, Request};
use super::retry_loop::{Halt, Try, Wire};
use super::session::{Held, Session};
use crate::address::{DumpAddress, ModelAddress, Origin};
use crate::error::{Error, Result};
use crate::service::{ChunkList, ConnectionProblem, Entry, Fault, Listing, Repeat, Subject};
use crate::text::Printable;

/// The maximum number of chunks that one download fetches side by side. The tenant's rate limit and the
/// service's memory are shared with everybody else.
pub const MAX_PARALLEL: usize = 8;

/// The default limit of one chunk in bytes. The service cuts at 10 MB; six times that allows for changes.
const CHUNK_BYTES: u64 = 64 * 1024 * 1024;

/// The default limit of a dump fetched in one answer, in bytes: beyond any dump that could be fetched that
/// way, since large ones time out.
const WHOLE_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// The default limit of a JSON answer in bytes. A page of 5000 tasks has less than 1 MB; one byte of JSON
/// can become a hundred in memory.
const JSON_BYTES: u64 = 8 * 1024 * 1024;

/// Maximum time for the question what a model is doing: the answer is for a message alone.
const ACTIVITY_TIME: Duration = Duration::from_secs(5);

/// The service's words for a model that does nothing.
const IDLE: [&str; 2] = ["Open", "Closed"];

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

/// Sends requests to the API. Cheap to clone.
#[derive(Clone)]
pub(super) struct Requests {
    pub(super) wire: Wire,
    pub(super) session: Arc<Session>,
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
    pub(super) fn list<T: Entry>(
        &self,
        subject: &Subject,
        model: &ModelAddress,
        listing: Listing<T>,
    ) -> Result<Listing<T>> {
        self.list_at(self.origin(model)?, subject, Repeat::IfTransient, listing)
    }

    /// Reads all pages of a list at an origin that the token may go to.
    pub(super) fn list_at<T: Entry>(
        &self,
        origin: &Origin,
        subject: &Subject,
        repeat: Repeat,
        mut listing: Listing<T>,
    ) -> Result<Listing<T>> {
        while let Some(path) = listing.next_path().map(str::to_owned) {
            let request =
                Request { method: "GET", origin, path: &path, body: Content::None, accept: Accept::Json };
            self.json(subject, request, repeat, |answer| listing.take(answer))?;
        }
        if let entries @ 1.. = listing.unreadable() {
            self.wire.report(&Event::Unreadable { subject, entries });
        }
        Ok(listing)
    }

    /// The chunk list of a dump.
    pub(super) fn chunk_list(&self, dump: &DumpAddress, repeat: Repeat) -> Result<ChunkList> {
        let subject = Subject::ChunkList(dump.clone());
        let (origin, listing) = (self.origin(dump.model())?, Listing::chunks(dump));
        let entries = self.list_at(origin, &subject, repeat, listing)?.into_entries();
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
        self.retry(subject, request, repeat, |answer, _| {
            let bytes = match answer.status() {
                // By definition without a body.
                204 => Vec::new(),
                _ => answer.into_body(self.limits.json)?.read_json()?,
            };
            Ok(read(&bytes)?)
        })
    }

    /// A token that the client signed in for a moment ago has not expired: a refusal has another cause.
    fn of_new_token(&self, halt: Halt) -> Halt {
        match halt {
            Halt::Fault(Fault::Status { status: 401, message, .. })
                if self.session.credentials().can_sign_in() =>
            {
                Halt::Fault(Fault::NewTokenRefused { message })
            }
            halt => halt,
        }
    }

    /// Sends a request until `take` can use the answer, or the retry loop gives up.
    pub(super) fn retry<T>(
        &self,
        subject: &Subject,
        request: Request<'_>,
        repeat: Repeat,
        mut take: impl FnMut(Answer, &Try) -> Result<T, Halt>,
    ) -> Result<T> {
        let wire = &self.wire;
        wire.retry(subject, repeat, |a_try| {
            let mut ask = |held: &Held| {
                let answer = wire.send(subject, request, Some(held.token.header()), a_try)?;
                take(answer.success()?, a_try)
            };
            let held = self.session.token(wire)?;
            let mut outcome = ask(&held);
            // A token that the service refuses is replaced, where that is possible. A second one is not.
            if matches!(&outcome, Err(Halt::Fault(fault)) if fault.status() == Some(401)) {
                let fresh = self.session.replace(&held, wire)?;
                let last = fresh.map_or(outcome, |fresh| ask(&fresh));
                outcome = last.map_err(|halt| self.of_new_token(halt));
            }
            if let Err(Halt::Fault(Fault::Connection { problem: ConnectionProblem::Silent(_), source })) =
                &mut outcome
                && repeat != Repeat::Never
            {
                *source =
                    self.activity(subject).map(|words| Box::<dyn StdError + Send + Sync>::from(words).into());
            }
            outcome
        })
    }

    /// What the model is doing that a request about it has no answer from, if it does something.
    fn activity(&self, subject: &Subject) -> Option<String> {
        let model = subject.model()?;
        let origin = self.origin(model).ok()?;
        let mut requests = self.clone();
        let soon = Instant::now() + ACTIVITY_TIME;
        requests.wire.patience.end = self.wire.patience.end.into_iter().chain([soon]).min();
        let path = model.status_path();
        let request =
            Request { method: "POST", origin, path: &path, body: Content::Json(""), accept: Accept::Json };
        let read = |answer: &[u8]| Ok(serde_json::from_slice::<Value>(answer).unwrap_or_default());
        let answer = requests.json(subject, request, Repeat::Never, read).ok()?;
        let step = answer["requestStatus"]["currentStep"].as_str().filter(|step| !IDLE.contains(step))?;
        Some(format!("the model is busy: \"{}\"", Printable(step)))
    }
}
