//! The client: the only place that sends a request, and the only one that waits.

mod body;
mod builder;
mod exchange;
mod failure;
mod operations;
mod pace;
mod proxy;
mod read_ahead;
#[allow(dead_code, reason = "the client does not use it yet")]
mod sign_in;
mod source;
mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ureq::http::HeaderValue;

use self::body::SizeLimit;
pub use self::builder::{ClientBuilder, Limits};
pub use self::exchange::Exchange;
use self::exchange::{Answer, Headers, Request, send};
pub use self::operations::DEFAULT_LOCALE;
use self::pace::{Pace, random};
pub use self::proxy::ProxyChoice;
pub use self::read_ahead::ReadAhead;
pub use self::source::DumpSource;
pub(crate) use self::source::WholeSource;
use self::transport::Transport;
use crate::chunk_list::{Chunk, ChunkList};
use crate::endpoint::{self, PageRequest};
use crate::error::{BodyProblem, Error, ListProblem, Result, Subject, SubjectKind};
use crate::locator::{DumpAddress, ModelAddress};
use crate::origin::Origin;
use crate::response::{self, ChunksAnswer, ListAnswer, PAGE_ENTRIES};
use crate::retry::{self, RetryPolicy};
use crate::token::{SHORTEST_SECRET, Token};

/// Most chunks that one download fetches side by side. The tenant's rate limit and the service's
/// memory are shared with everybody else.
pub const MAX_PARALLEL: usize = 16;

/// Most entries of a list, in all its pages. The service keeps far fewer tasks; a dump of as many
/// chunks would have 10 TB.
const MAX_LIST_ENTRIES: u64 = 1_000_000;

/// Most pages of a list, so that pages of one entry end as well.
const MAX_LIST_PAGES: usize = 10_000;

/// Most values of a JSON answer, counted by its commas and opening brackets: some bytes on the wire
/// become hundreds in memory. Tens of thousands of tasks or results stay below it.
const MAX_JSON_VALUES: u64 = 600_000;

/// A wait before a request is sent again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Wait<'a> {
    /// What the request is about.
    pub subject: &'a Subject,
    /// Why it is sent again.
    pub reason: &'a Error,
    /// How long the client waits.
    pub duration: Duration,
    /// The number of the coming retry, from 1.
    pub retry: u32,
    /// Retries allowed.
    pub retries: u32,
}

/// Is told what a client does. Called from the threads that fetch.
pub trait RequestObserver: Send + Sync {
    /// A request was answered or failed.
    fn exchange(&self, _exchange: &Exchange) {}

    /// The client waits before it sends a request again.
    fn wait(&self, _wait: &Wait<'_>) {}
}

/// Talks to the service. Cheap to clone; clones share connections, looked-up names and the pace.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    api: Origin,
    token: Token,
    authorization: HeaderValue,
    user_agent: String,
    limits: Limits,
    retry: RetryPolicy,
    observer: Option<Arc<dyn RequestObserver>>,
    pace: Pace,
    /// Set once a compressed answer turned out unusable: compression is a convenience.
    identity_only: AtomicBool,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("api", &self.inner.api).finish_non_exhaustive()
    }
}

impl Client {
    /// Begins a client that signs in with `token`.
    pub fn builder(token: Token) -> ClientBuilder {
        ClientBuilder::new(token)
    }

    /// The chunks of a dump, in the order in which they make the file. A dump without chunks gives an
    /// empty list.
    ///
    /// # Errors
    ///
    /// [`Error::List`] for a list whose order or completeness is not certain; otherwise as every
    /// request.
    pub fn chunks(&self, dump: &DumpAddress) -> Result<ChunkList> {
        let subject = Subject::new(SubjectKind::ChunkList, dump);
        let origin = dump.task().action.model.origin.as_ref();
        let listed = self.list::<ChunksAnswer>(origin, &endpoint::chunks(dump), &subject)?;
        ChunkList::new(listed, &subject)
    }

    /// The chunks of `dump` as a source for [`concatenate`](crate::concatenate).
    pub fn source(&self, dump: &DumpAddress) -> DumpSource {
        DumpSource::new(self.clone(), dump.clone())
    }

    /// The chunks of `dump` from the one at place `first` on, `window` of them (at most
    /// [`MAX_PARALLEL`]) fetched side by side in threads of their own.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] if no thread can be started.
    pub fn read_ahead(
        &self,
        dump: &DumpAddress,
        list: &ChunkList,
        first: usize,
        window: usize,
    ) -> Result<ReadAhead> {
        ReadAhead::new(&self.source(dump), list, first, window.clamp(1, MAX_PARALLEL))
    }

    /// The origin that is asked about a model: the one that its locator brought, or the client's own.
    pub fn origin_of<'a>(&'a self, model: &'a ModelAddress) -> &'a Origin {
        model.origin.as_ref().unwrap_or(&self.inner.api)
    }

    /// Asks for the validator of a chunk, and leaves its bytes.
    pub(crate) fn validator(&self, dump: &DumpAddress, chunk: &Chunk) -> Result<Option<String>> {
        let subject = Subject::chunk(chunk.id.as_str(), dump);
        let path = endpoint::chunk(dump, &chunk.id);
        let origin = self.trusted(dump.task().action.model.origin.as_ref())?;
        self.with_retries(&subject, retry::is_transient, |_| {
            let request = Request { method: "GET", origin, path: &path, body: None, subject: &subject };
            self.send(request).map(|answer| answer.validator())
        })
    }

    /// Reads all pages of a list. The first request is the documented one, without a query; the
    /// next pages are asked for by offset, never by following the service's own URL.
    fn list<A: ListAnswer>(
        &self,
        origin: Option<&Origin>,
        path: &str,
        subject: &Subject,
    ) -> Result<Vec<A::Entry>> {
        let fail = |problem| Err(Error::List { subject: subject.clone(), problem });
        let mut entries = Vec::new();
        let mut next_path = path.to_owned();
        // The largest total of all pages: a later page that tells less, or nothing, is not to be trusted.
        let mut total: Option<u64> = None;
        for _ in 0..MAX_LIST_PAGES {
            let bytes = self.get_json(origin, &next_path, subject)?;
            let page = response::list_page::<A>(&bytes, subject)?;
            let page_is_empty = page.entries.is_empty();
            total = total.max(page.total);
            entries.extend(page.entries);
            let received = entries.len() as u64;
            let is_complete = match total {
                // A page that is offered beyond the total is asked for: one of the two is wrong.
                Some(total) => received >= total && (!page.has_next || page_is_empty),
                None => !page.has_next,
            };
            if is_complete {
                return Ok(entries);
            }
            if page_is_empty {
                return fail(ListProblem::Incomplete { received, announced: total });
            }
            if received > MAX_LIST_ENTRIES {
                return fail(ListProblem::TooLong(MAX_LIST_ENTRIES));
            }
            next_path = endpoint::page(path, PageRequest { offset: received, limit: PAGE_ENTRIES });
        }
        fail(ListProblem::TooLong(MAX_LIST_ENTRIES))
    }

    /// Reads a JSON answer, with retries.
    fn get_json(&self, origin: Option<&Origin>, path: &str, subject: &Subject) -> Result<Vec<u8>> {
        let origin = self.trusted(origin)?;
        let request = Request { method: "GET", origin, path, body: None, subject };
        self.ask(request, retry::is_transient)
    }

    /// Sends a request that is answered with JSON, and again where the fault `is_worth_a_retry`.
    fn ask(&self, request: Request<'_>, is_worth_a_retry: fn(&Error) -> bool) -> Result<Vec<u8>> {
        let limit = SizeLimit { bytes: self.inner.limits.json_bytes, setting: "the limit of JSON answers" };
        self.with_retries(request.subject, is_worth_a_retry, |_| {
            let answer = self.send(request)?;
            if answer.status() == 204 && request.method != "GET" {
                return Ok(b"{}".to_vec());
            }
            let bytes = self.without_secret(answer.into_body(limit)?.read_all()?);
            check_values(&bytes, request.subject)?;
            // A body cut short where no length tells is found by its syntax, and asked for again.
            response::parse::<serde::de::IgnoredAny>(&bytes, request.subject)?;
            match response::envelope_status(&bytes) {
                Some(status @ 400..) => Err(Error::Status {
                    subject: request.subject.clone(),
                    status,
                    message: response::error_message(&bytes),
                    retry_after: None,
                }),
                _ => Ok(bytes),
            }
        })
    }

    /// An answer with the token masked: the service, or a proxy, may repeat what it was sent.
    fn without_secret(&self, bytes: Vec<u8>) -> Vec<u8> {
        let secret = self.inner.token.secret();
        let text = String::from_utf8_lossy(&bytes);
        match secret.len() >= SHORTEST_SECRET && text.contains(secret) {
            true => text.replace(secret, "***").into_bytes(),
            false => bytes,
        }
    }

    /// The origin to ask, if the token may go there.
    fn trusted<'a>(&'a self, origin: Option<&'a Origin>) -> Result<&'a Origin> {
        let Some(origin) = origin else {
            return Ok(&self.inner.api);
        };
        if origin.is_anaplan() || origin.is_loopback() || *origin == self.inner.api {
            return Ok(origin);
        }
        Err(Error::UntrustedOrigin {
            origin: origin.to_string(),
            reason: "it is neither Anaplan's over https, nor this machine, nor the API URL",
        })
    }

    fn send<'a>(&'a self, request: Request<'a>) -> Result<Answer<'a>> {
        let inner = &*self.inner;
        let identity_only = inner.identity_only.load(Ordering::Relaxed);
        let headers = Headers {
            authorization: &inner.authorization,
            user_agent: &inner.user_agent,
            accept_encoding: if identity_only { "identity" } else { "gzip" },
        };
        inner.pace.wait_for_turn();
        send(inner.transport.agent(request.origin), request, &headers, &|exchange| {
            if let Some(observer) = &inner.observer {
                observer.exchange(&exchange);
            }
        })
    }

    /// Tries until it works, the fault is none that `is_worth_a_retry`, or the tries are used up. The
    /// attempt is told its number, from 0.
    fn with_retries<T>(
        &self,
        subject: &Subject,
        is_worth_a_retry: fn(&Error) -> bool,
        mut attempt: impl FnMut(u32) -> Result<T>,
    ) -> Result<T> {
        let inner = &*self.inner;
        let begun = Instant::now();
        let mut retry = 0;
        loop {
            let error = match attempt(retry) {
                Ok(value) => {
                    inner.pace.succeeded();
                    return Ok(value);
                }
                // The service may repeat what it was sent.
                Err(error) => error.without_secret(inner.token.secret()),
            };
            if !is_worth_a_retry(&error) {
                return Err(error);
            }
            retry += 1;
            if retry > inner.retry.retries {
                return Err(Error::GaveUp {
                    tries: retry,
                    elapsed: begun.elapsed(),
                    source: Box::new(error),
                });
            }
            let duration = self.prepare_retry(&error, retry);
            if let Some(observer) = &inner.observer {
                observer.wait(&Wait {
                    subject,
                    reason: &error,
                    duration,
                    retry,
                    retries: inner.retry.retries,
                });
            }
            std::thread::sleep(duration);
        }
    }

    /// Draws the lesson of a fault for the requests to come, and says how long to wait.
    fn prepare_retry(&self, error: &Error, retry: u32) -> Duration {
        let inner = &*self.inner;
        let retry_after = match error {
            Error::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        let duration = inner.retry.wait(retry, retry_after, random());
        match error {
            Error::Status { status: 429, .. } => inner.pace.throttled(duration, inner.retry.max_wait),
            Error::Connection { .. } => inner.transport.forget_names(),
            Error::Body { problem: BodyProblem::Encoding(_) | BodyProblem::NoProofOfEnd, .. } => {
                inner.identity_only.store(true, Ordering::Relaxed)
            }
            _ => {}
        }
        duration
    }
}

fn check_values(json: &[u8], subject: &Subject) -> Result<()> {
    let values = json.iter().filter(|byte| matches!(byte, b',' | b'{' | b'[')).count() as u64;
    if values <= MAX_JSON_VALUES {
        return Ok(());
    }
    let problem = BodyProblem::TooManyValues { limit: MAX_JSON_VALUES };
    Err(Error::Body { subject: subject.clone(), problem })
}
