//! Requests to the API: where they may go, and whose token they carry.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::choose_hosts::Hosts;
use super::event::Event;
use super::http::body::SizeLimit;
use super::http::exchange::{Answer, Content, JSON, Request};
use super::retry_loop::{Halt, Try, Wire};
use super::session::{Held, Session};
use crate::address::{DumpAddress, Id, Origin};
use crate::error::{Error, Result};
use crate::service::{ChunkList, ConnectionProblem, Fault, Listing, Repeat, Subject};
use crate::text::Printable;

/// The maximum number of chunks that one download fetches side by side. The tenant's rate limit and the
/// service's memory are shared with everybody else.
pub const MAX_PARALLEL: usize = 8;

/// The limit of one chunk. The service cuts at 10 MB; six times that allows for changes.
pub(super) const CHUNK_LIMIT: SizeLimit = SizeLimit { bytes: 64 << 20, name: "the limit of one chunk" };

/// The limit of a dump in one answer: beyond any that could be fetched that way, since large ones time out.
pub(super) const WHOLE_LIMIT: SizeLimit = SizeLimit { bytes: 64 << 30, name: "the limit of a whole dump" };

/// The limit of a JSON answer. 5000 tasks have less than 1 MB; a byte of JSON can become a hundred in memory.
const JSON_LIMIT: SizeLimit = SizeLimit { bytes: 8 << 20, name: "the limit of a JSON answer" };

/// Maximum time for the question what a model is doing: the answer is for a message alone.
const ACTIVITY_TIME: Duration = Duration::from_secs(5);

/// The service's words for a model that does nothing.
const IDLE: [&str; 2] = ["Open", "Closed"];

/// The JSON of an answer; none of 204, which has no body by definition.
pub(super) fn json_of(answer: Answer) -> Result<Vec<u8>, Fault> {
    if answer.status() == 204 { Ok(Vec::new()) } else { answer.into_body(JSON_LIMIT)?.read_json() }
}

#[derive(Clone)]
pub(super) struct Requests {
    pub(super) wire: Wire,
    pub(super) session: Arc<Session>,
    pub(super) hosts: Hosts,
}

impl Requests {
    /// The origin to ask about a subject: the one of its address, or the client's own.
    pub(super) fn origin<'a>(&'a self, subject: &'a Subject) -> Result<&'a Origin> {
        self.hosts.of_address(subject.model().and_then(|model| model.origin.as_ref()))
    }

    pub(super) fn list<T>(&self, subject: &Subject, repeat: Repeat, mut listing: Listing<T>) -> Result<Listing<T>> {
        while let Some(path) = listing.next_path().map(str::to_owned) {
            self.get(subject, &path, repeat, &mut |answer| listing.take(answer))?;
        }
        if let entries @ 1.. = listing.unreadable() {
            self.wire.report(&Event::Unreadable { subject, entries });
        }
        Ok(listing)
    }

    pub(super) fn chunk_list(&self, dump: &DumpAddress, repeat: Repeat) -> Result<ChunkList> {
        let subject = Subject::ChunkList(dump.clone());
        let entries = self.list(&subject, repeat, Listing::chunks(dump))?.into_entries();
        ChunkList::new(dump, entries).map_err(|fault| {
            let fault = self.wire.masked(fault);
            Error::Request { subject: subject.into(), fault, tries: 1, elapsed: Duration::ZERO }
        })
    }

    /// Asks for JSON, and reads the answer with `read`.
    pub(super) fn get<T>(
        &self,
        subject: &Subject,
        path: &str,
        repeat: Repeat,
        read: &mut dyn FnMut(&[u8]) -> Result<T, Fault>,
    ) -> Result<T> {
        self.send(subject, ("GET", path, Content::None), repeat, read)
    }

    /// Sends method, path and body of a request whose answer is JSON, and reads the answer with `read`.
    pub(super) fn send<T>(
        &self,
        subject: &Subject,
        (method, path, body): (&'static str, &str, Content<'_>),
        repeat: Repeat,
        read: &mut dyn FnMut(&[u8]) -> Result<T, Fault>,
    ) -> Result<T> {
        let request = Request { method, origin: self.origin(subject)?, path, body, accept: JSON };
        self.retry(subject, request, repeat, &mut |answer, _| Ok(read(&json_of(answer)?)?))
    }

    /// Sends a request until `take` can use the answer, or the retry loop gives up.
    pub(super) fn retry<T>(
        &self,
        subject: &Subject,
        request: Request<'_>,
        repeat: Repeat,
        take: &mut dyn FnMut(Answer, &Try) -> Result<T, Halt>,
    ) -> Result<T> {
        let wire = &self.wire;
        wire.retry(subject, repeat, &mut |a_try| {
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
                outcome = last.map_err(|halt| match halt {
                    Halt::Fault(fault) => self.session.of_new_token(fault).into(),
                    halt => halt,
                });
            }
            if let Err(Halt::Fault(Fault::Connection { problem: ConnectionProblem::Silent(_), source })) = &mut outcome
                && repeat != Repeat::Never
            {
                *source =
                    self.activity(subject, None).map(|words| Box::<dyn StdError + Send + Sync>::from(words).into());
            }
            outcome
        })
    }

    /// What the model is doing that a request about it has no answer from, if it does something other than this task.
    pub(super) fn activity(&self, subject: &Subject, task: Option<&Id>) -> Option<String> {
        let path = subject.model()?.below("status");
        let mut requests = self.clone();
        let soon = Instant::now() + ACTIVITY_TIME;
        requests.wire.patience.end = self.wire.patience.end.into_iter().chain([soon]).min();
        let mut read = |answer: &[u8]| Ok(serde_json::from_slice::<Value>(answer).unwrap_or_default());
        let request = ("POST", &*path, Content::Json(""));
        let answer = requests.send(subject, request, Repeat::Never, &mut read).ok()?;
        let of_task = answer["requestStatus"]["taskId"].as_str();
        if task.is_some_and(|task| of_task == Some(task.as_str())) {
            return None;
        }
        let step = answer["requestStatus"]["currentStep"].as_str().filter(|step| !IDLE.contains(step))?;
        Some(format!("the model is busy: \"{}\"", Printable(step)))
    }
}
