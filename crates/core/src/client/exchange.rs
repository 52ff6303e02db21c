//! One request and its answer.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::header::{DATE, ETAG, LAST_MODIFIED, RETRY_AFTER};
use ureq::http::{HeaderValue, Response};
use ureq::{Agent, AsSendBody, Body};

use super::body::{AnswerBody, SizeLimit};
use super::failure::{Phase, connection_error};
use crate::error::{Error, Result, Subject};
use crate::origin::Origin;
use crate::response::error_message;
use crate::{http_date, retry};

/// Most bytes that are read of an error's body: enough for any message; more is dropped with the
/// connection.
const MAX_ERROR_BYTES: u64 = 64 * 1024;

/// Longest time for an error's body: its message is not worth more.
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) origin: &'a Origin,
    /// Path and query, encoded.
    pub(super) path: &'a str,
    /// JSON to send along.
    pub(super) body: Option<&'a str>,
    pub(super) subject: &'a Subject,
}

/// What every request of a client carries.
#[derive(Debug)]
pub(super) struct Headers<'a> {
    pub(super) authorization: &'a HeaderValue,
    pub(super) user_agent: &'a str,
    pub(super) accept_encoding: &'static str,
}

/// A request that was answered or failed, for whoever keeps a log. Holds no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// The method.
    pub method: &'static str,
    /// Origin, path and query.
    pub url: String,
    /// The status; `None` if no answer came.
    pub status: Option<u16>,
    /// Time until the header of the answer was complete, or until the failure.
    pub elapsed: Duration,
}

/// An answer with a good status.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    response: Response<Body>,
    agent: &'a Agent,
    subject: &'a Subject,
}

impl<'a> Answer<'a> {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The `ETag`, or else the `Last-Modified`. A mark that only says how the same bytes were
    /// compressed is dropped.
    pub(super) fn validator(&self) -> Option<String> {
        let headers = self.response.headers();
        let text = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok()).map(str::trim);
        match text(ETAG) {
            Some(etag) => {
                let tag = etag.trim_start_matches("W/").trim_end_matches('"');
                let marks = ["--gzip", "-gzip", ";gzip"];
                Some(marks.iter().find_map(|mark| tag.strip_suffix(mark)).unwrap_or(tag).to_owned())
            }
            None => text(LAST_MODIFIED).map(str::to_owned),
        }
    }

    pub(super) fn into_body(self, limit: SizeLimit) -> Result<AnswerBody<'a>> {
        let (parts, body) = self.response.into_parts();
        AnswerBody::new(&parts.headers, parts.version, body, limit, self.agent, self.subject)
    }
}

/// Sends a request and takes the header of its answer; a status that is no success is an error.
pub(super) fn send<'a>(
    agent: &'a Agent,
    request: Request<'a>,
    headers: &Headers<'_>,
    log: &dyn Fn(Exchange),
) -> Result<Answer<'a>> {
    let Request { method, origin, path, body, subject } = request;
    let url = format!("{origin}{path}");
    let begun = Instant::now();
    let builder = ureq::http::Request::builder()
        .method(method)
        .uri(&url)
        .header("authorization", headers.authorization)
        .header("user-agent", headers.user_agent)
        .header("accept", "*/*")
        .header("accept-encoding", headers.accept_encoding)
        // The service's reference sends it with every request, those without a body included.
        .header("content-type", "application/json");
    let sent = match body {
        Some(json) => run(agent, builder.body(json)),
        None => run(agent, builder.body(())),
    };
    let status = sent.as_ref().ok().map(|response| response.status().as_u16());
    log(Exchange { method, url, status, elapsed: begun.elapsed() });
    let response = sent.map_err(|error| connection_error(error, Phase::Header, agent, subject))?;
    match response.status().as_u16() {
        200 | 201 | 204 => Ok(Answer { response, agent, subject }),
        status => Err(status_error(status, response, subject)),
    }
}

/// Statuses and redirects are read here: ureq would drop the service's message with the first, and
/// send the token's request elsewhere with the second.
fn run(
    agent: &Agent,
    request: ureq::http::Result<ureq::http::Request<impl AsSendBody>>,
) -> Result<Response<Body>, ureq::Error> {
    let request = agent
        .configure_request(request?)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .build();
    agent.run(request)
}

fn status_error(status: u16, response: Response<Body>, subject: &Subject) -> Error {
    let (parts, body) = response.into_parts();
    let text = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    // A date counts from the service's clock, where it tells it: ours may be wrong.
    let now = text(DATE).and_then(http_date::parse).unwrap_or_else(SystemTime::now);
    let retry_after = text(RETRY_AFTER).and_then(|text| retry::parse_retry_after(text, now));
    let body = read_error_body(body);
    Error::Status { subject: subject.clone(), status, message: error_message(&body), retry_after }
}

/// Reads what comes of an error's body within its limits of size and time.
fn read_error_body(body: Body) -> Vec<u8> {
    let begun = Instant::now();
    let mut reader = body.into_with_config().limit(MAX_ERROR_BYTES).reader();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while begun.elapsed() < ERROR_BODY_TIME {
        match reader.read(&mut buffer) {
            Ok(count @ 1..) => bytes.extend_from_slice(&buffer[..count]),
            Ok(0) | Err(_) => break,
        }
    }
    bytes
}
