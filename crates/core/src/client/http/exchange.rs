//! One request and its answer.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use flate2::read::MultiGzDecoder;
use ureq::http::header::{DATE, RETRY_AFTER};
use ureq::http::{HeaderMap, HeaderValue, Response};
use ureq::{Agent, AsSendBody, Body};

use super::body::{AnswerBody, SizeLimit};
use super::stall_guard::within;
use super::ureq_error::{Phase, TimeLimits, connection_fault};
use crate::address::Origin;
use crate::client::event::Event;
use crate::service::{ConnectionProblem, Fault, error_message, is_gzip, retry_after};
use crate::time::http_date;

/// Maximum size of an error's body that is read, in bytes: enough for any message. The rest is dropped
/// with the connection.
const MAX_ERROR_BYTES: u64 = 64 * 1024;

/// Maximum size of an answer of a sign-in service: access tokens have 2.5 KB and more, and an answer holds
/// two or three.
const SIGN_IN_LIMIT: SizeLimit = SizeLimit { bytes: 64 * 1024, name: "the limit of an answer to signing in" };

/// Maximum time for an error's body: its message is not worth more.
const ERROR_BODY_TIME: Duration = Duration::from_secs(10);

/// The types of answers that a request accepts.
#[derive(Debug, Clone, Copy)]
pub(in crate::client) enum Accept {
    /// Parts of the API answer in CSV unless JSON is asked for.
    Json,
    /// Documentation shows `text/plain` for dumps, and published clients ask for octets.
    Bytes,
}

impl Accept {
    fn header(self) -> &'static str {
        match self {
            Accept::Json => "application/json",
            Accept::Bytes => "application/octet-stream, text/csv;q=0.9, text/plain;q=0.9, */*;q=0.5",
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(in crate::client) struct Request<'a> {
    pub(in crate::client) method: &'static str,
    pub(in crate::client) origin: &'a Origin,
    /// Path and query, encoded.
    pub(in crate::client) path: &'a str,
    /// JSON to send along.
    pub(in crate::client) body: Option<&'a str>,
    pub(in crate::client) accept: Accept,
}

/// What every request of a client carries.
#[derive(Debug)]
pub(in crate::client) struct Headers<'a> {
    pub(in crate::client) authorization: Option<&'a HeaderValue>,
    pub(in crate::client) user_agent: &'a HeaderValue,
    pub(in crate::client) accept_encoding: &'static str,
}

/// An answer with a good status.
#[derive(Debug)]
pub(in crate::client) struct Answer {
    response: Response<Body>,
    limits: TimeLimits,
}

impl Answer {
    pub(in crate::client) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(in crate::client) fn into_body(self, limit: SizeLimit) -> Result<AnswerBody, Fault> {
        let (parts, body) = self.response.into_parts();
        AnswerBody::new(&parts.headers, parts.version, body, limit, self.limits)
    }
}

/// An answer of a sign-in service, complete.
#[derive(Debug)]
pub(in crate::client) struct Reply {
    pub(in crate::client) status: u16,
    pub(in crate::client) body: Vec<u8>,
    /// The service's clock.
    pub(in crate::client) date: Option<SystemTime>,
    pub(in crate::client) retry_after: Option<Duration>,
}

/// Sends a request to a sign-in service. Such a service names an error in the body of its answer, whatever the
/// status is.
pub(in crate::client) fn ask(
    agent: &Agent,
    limits: TimeLimits,
    request: Request<'_>,
    headers: &Headers<'_>,
    on_event: &dyn Fn(&Event<'_>),
) -> Result<Reply, Fault> {
    let (parts, body) = receive(agent, limits, request, headers, on_event)?.into_parts();
    let (date, retry_after) = dates(&parts.headers);
    let status = parts.status.as_u16();
    let body = match status {
        204 => Vec::new(),
        200 | 201 => {
            AnswerBody::new(&parts.headers, parts.version, body, SIGN_IN_LIMIT, limits)?.read_json()?
        }
        _ => read_error_body(body),
    };
    Ok(Reply { status, body, date, retry_after })
}

/// Sends a request and receives the header of its answer, whatever it is: the host's clock, if it says it.
pub(in crate::client) fn knock(
    agent: &Agent,
    limits: TimeLimits,
    request: Request<'_>,
    headers: &Headers<'_>,
    on_event: &dyn Fn(&Event<'_>),
) -> Result<Option<SystemTime>, Fault> {
    let response = receive(agent, limits, request, headers, on_event)?;
    Ok(dates(response.headers()).0)
}

/// Sends a request and receives the header of its answer; a status that is not a success is a fault.
pub(in crate::client) fn send(
    agent: &Agent,
    limits: TimeLimits,
    request: Request<'_>,
    headers: &Headers<'_>,
    on_event: &dyn Fn(&Event<'_>),
) -> Result<Answer, Fault> {
    let response = receive(agent, limits, request, headers, on_event)?;
    match response.status().as_u16() {
        // 203: a proxy on the way has changed something, such as a header.
        200 | 201 | 203 | 204 => Ok(Answer { response, limits }),
        status => Err(status_fault(status, response, request.origin)),
    }
}

/// Sends a request and receives the header of its answer, whatever it is.
fn receive(
    agent: &Agent,
    limits: TimeLimits,
    request: Request<'_>,
    headers: &Headers<'_>,
    on_event: &dyn Fn(&Event<'_>),
) -> Result<Response<Body>, Fault> {
    let Request { method, origin, path, body, accept } = request;
    let url = format!("{origin}{path}");
    let begun = Instant::now();
    let mut builder = ureq::http::Request::builder().method(method).uri(&url);
    if let Some(authorization) = headers.authorization {
        builder = builder.header("authorization", authorization);
    }
    let builder = builder
        .header("user-agent", headers.user_agent)
        .header("accept", accept.header())
        .header("accept-encoding", headers.accept_encoding)
        // A cache on the way must not answer with what it remembers.
        .header("cache-control", "no-cache")
        // The service's reference sends it with every request, those without a body included.
        .header("content-type", "application/json");
    let sent = match body {
        Some(json) => run(agent, builder.body(json)),
        None => run(agent, builder.body(())),
    };
    let status = sent.as_ref().ok().map(|response| response.status().as_u16());
    on_event(&Event::Exchange { method, url: &url, status, elapsed: begun.elapsed() });
    sent.map_err(|error| connection_fault(error, Phase::Header, limits))
}

/// Statuses and redirects are handled here: ureq would drop the service's message with the first, and send
/// the token's request elsewhere with the second.
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

fn status_fault(status: u16, response: Response<Body>, origin: &Origin) -> Fault {
    let (parts, body) = response.into_parts();
    let (_, retry_after) = dates(&parts.headers);
    let body = read_error_body(body);
    // The servers that are used most say it in these words, one of them each.
    let page = String::from_utf8_lossy(&body);
    let is_for_tls = ["to HTTPS port", "to an HTTPS server", "SSL-enabled"].iter().any(|w| page.contains(w));
    if status == 400 && !origin.is_https() && is_for_tls {
        let words = "plain http was sent to a port that speaks TLS: write https://";
        return Fault::Connection { problem: ConnectionProblem::Other, source: Some(words.into()) };
    }
    Fault::Status { status, message: error_message(&body), retry_after }
}

/// The service's clock, and how long it asks to wait.
fn dates(headers: &HeaderMap) -> (Option<SystemTime>, Option<Duration>) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let wait = text(RETRY_AFTER).and_then(|wait| retry_after(wait, text(DATE), SystemTime::now()));
    (text(DATE).and_then(http_date), wait)
}

/// Reads an error's body within its limits of size and time.
fn read_error_body(body: Body) -> Vec<u8> {
    let begun = Instant::now();
    let mut reader = body.into_with_config().limit(MAX_ERROR_BYTES).reader();
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Some(left) = ERROR_BODY_TIME.checked_sub(begun.elapsed()) {
        match within(left, || reader.read(&mut buffer)) {
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
