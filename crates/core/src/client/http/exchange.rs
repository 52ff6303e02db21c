//! One request and its answer.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use flate2::read::MultiGzDecoder;
use ureq::Body;
use ureq::http::header::{DATE, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue, Response};

use super::agent::HttpAgent;
use super::body::{AnswerBody, SizeLimit};
use super::patience::{Patience, within};
use super::ureq_error::{Phase, connection_fault};
use crate::address::Origin;
use crate::client::event::Event;
use crate::service::{Fault, error_message, is_gzip, retry_after};
use crate::time::http_date;

/// Maximum size of an error's body that is read, in bytes: enough for any message. The rest is dropped
/// with the connection.
const MAX_ERROR_BYTES: u64 = 64 * 1024;

/// Maximum size of an answer of a sign-in service: access tokens have 2.5 KB and more, and an answer holds
/// two or three.
const SIGN_IN_LIMIT: SizeLimit = SizeLimit { bytes: 64 * 1024, name: "the limit of an answer to signing in" };

/// Maximum time for an error's body: its message is not worth more.
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// The types of answers that a request accepts. Parts of the API answer in CSV unless JSON is asked for.
pub(in crate::client) const JSON: &str = "application/json";

/// Documentation shows `text/plain` for dumps, and published clients ask for octets.
pub(in crate::client) const BYTES: &str = "application/octet-stream, text/csv;q=0.9, text/plain;q=0.9, */*;q=0.5";

impl Content<'_> {
    fn media_type(self) -> &'static str {
        match self {
            // The service's reference sends it with every request, those without a body included.
            Content::None | Content::Json(_) => "application/json",
            Content::Bytes(_) => "application/octet-stream",
            Content::Gzip(_) => "application/x-gzip",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(in crate::client) struct Request<'a> {
    pub(in crate::client) method: &'static str,
    pub(in crate::client) origin: &'a Origin,
    /// Path and query, encoded.
    pub(in crate::client) path: &'a str,
    pub(in crate::client) body: Content<'a>,
    pub(in crate::client) accept: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::client) enum Content<'a> {
    None,
    Json(&'a str),
    Bytes(&'a [u8]),
    Gzip(&'a [u8]),
}

#[derive(Debug)]
pub(in crate::client) struct Answer {
    response: Response<Body>,
    terms: Terms,
}

/// Within which limits an answer is read.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) stall: Duration,
    pub(super) patience: Patience,
}

/// An answer of a sign-in service or with an error, complete.
#[derive(Debug)]
pub(in crate::client) struct Reply {
    pub(in crate::client) status: u16,
    pub(in crate::client) body: Vec<u8>,
    pub(in crate::client) date: Option<SystemTime>,
    pub(in crate::client) retry_after: Option<Duration>,
}

#[cfg(test)]
impl Reply {
    pub(in crate::client) fn of(status: u16, body: &str) -> Reply {
        Reply { status, body: body.as_bytes().to_vec(), date: None, retry_after: None }
    }
}

impl Answer {
    pub(in crate::client) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(in crate::client) fn date(&self) -> Option<SystemTime> {
        dates(self.response.headers()).0
    }

    /// The same answer if its status is a success, and else the service's message.
    pub(in crate::client) fn success(self) -> Result<Answer, Fault> {
        match self.status() {
            // 203: a proxy on the way has changed something, such as a header.
            200 | 201 | 203 | 204 => Ok(self),
            _ => {
                let Reply { status, body, retry_after, .. } = self.into_reply()?;
                Err(Fault::Status { status, message: error_message(&body), retry_after })
            }
        }
    }

    pub(in crate::client) fn into_body(self, limit: SizeLimit) -> Result<AnswerBody, Fault> {
        let (parts, body) = self.response.into_parts();
        AnswerBody::new(&parts.headers, parts.version, body, limit, self.terms)
    }

    /// The complete answer, for a sign-in service names an error in the body whatever the status is.
    pub(in crate::client) fn into_reply(self) -> Result<Reply, Fault> {
        let (date, retry_after) = dates(self.response.headers());
        let status = self.status();
        let body = match status {
            204 => Vec::new(),
            200 | 201 => self.into_body(SIGN_IN_LIMIT)?.read_json()?,
            _ => read_error_body(self.response.into_body(), &self.terms),
        };
        Ok(Reply { status, body, date, retry_after })
    }
}

/// Sends a request and receives the header of its answer, whatever it is.
pub(in crate::client) fn send(
    agent: &HttpAgent,
    patience: &Patience,
    request: Request<'_>,
    authorization: Option<&HeaderValue>,
    accept_encoding: &'static str,
    on_event: &dyn Fn(&Event<'_>),
) -> Result<Answer, Fault> {
    let Request { method, origin, path, body, accept } = request;
    let url = format!("{origin}{path}");
    let begun = Instant::now();
    let mut builder = ureq::http::Request::builder().method(method).uri(&url);
    if let Some(authorization) = authorization {
        builder = builder.header("authorization", authorization);
    }
    let builder = builder
        .header("accept", accept)
        .header("accept-encoding", accept_encoding)
        // A cache on the way must not answer with what it remembers.
        .header("cache-control", "no-cache")
        .header("content-type", body.media_type());
    let sent = within(Duration::ZERO, patience, || match body {
        Content::None => agent.run(builder.body(())?, origin),
        Content::Json(json) => agent.run(builder.body(json)?, origin),
        Content::Bytes(bytes) | Content::Gzip(bytes) => agent.run(builder.body(bytes)?, origin),
    });
    let status = sent.as_ref().ok().map(|response| response.status().as_u16());
    on_event(&Event::Exchange { method, url: &url, status, elapsed: begun.elapsed() });
    let response = sent.map_err(|error| connection_fault(error, Phase::Header, agent.stall))?;
    let terms = Terms { stall: agent.stall, patience: patience.clone() };
    Ok(Answer { response, terms })
}

/// The service's clock, and how long it asks to wait.
fn dates(headers: &HeaderMap) -> (Option<SystemTime>, Option<Duration>) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let wait = text(RETRY_AFTER).and_then(|wait| retry_after(wait, text(DATE), SystemTime::now()));
    (text(DATE).and_then(http_date), wait)
}

/// Reads an error's body within its limits of size and time.
fn read_error_body(body: Body, terms: &Terms) -> Vec<u8> {
    let begun = Instant::now();
    let mut reader = body.into_with_config().limit(MAX_ERROR_BYTES).reader();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Some(left) = ERROR_BODY_TIME.checked_sub(begun.elapsed()) {
        match within(left, &terms.patience, || reader.read(&mut buffer)) {
            Ok(count @ 1..) => bytes.extend_from_slice(&buffer[..count]),
            Ok(0) | Err(_) => break,
        }
    }
    if is_gzip(&bytes) {
        let mut plain = Vec::new();
        // What can be decoded is enough for a message.
        let _ = MultiGzDecoder::new(&*bytes).take(MAX_ERROR_BYTES).read_to_end(&mut plain);
        bytes = plain;
    }
    bytes
}
