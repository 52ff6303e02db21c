//! What can go wrong with one request, in the words that people read. Which faults are worth another try
//! is decided in `retry`.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::{Printable, seconds};

/// Why a request did not bring what was asked for. [`is_transient`](Fault::is_transient) says whether it is retried.
///
/// What is taken as an answer, what is retried, and what ends a request at once:
///
/// | answer | a JSON answer | a chunk or whole dump |
/// | --- | --- | --- |
/// | 200, 203 | taken if it has what was asked for, or says success; else retried | taken, unless it is a document |
/// | 201 | taken likewise | taken likewise |
/// | 204 | taken where nothing is asked for; else retried | an empty whole dump; for a chunk retried |
/// | 202, 205, 206 and other 2xx, 304 | retried | retried |
/// | 408, 409, 423, 429, 5xx | retried; a start only after 423 and 429 | retried |
/// | every other status | ends at once | ends at once |
/// | an HTML page by its type | retried | retried |
/// | a page, XML or a JSON document, up to 64 KiB | a page is retried; other text ends unless cut short | retried |
/// | `Content-Range` of less than everything | retried | retried |
/// | no bytes | retried | retried; the only chunk once, then it is an empty dump |
/// | gzip that is labelled | decoded and checked | decoded and checked |
/// | gzip that is not labelled | retried, without compression | retried, without compression |
/// | any other encoding, or not gzip as labelled | retried once, without compression | retried once, likewise |
/// | a body whose end nothing proves | retried, without compression | retried, without compression |
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// The transport failed.
    Connection {
        /// What went wrong.
        problem: ConnectionProblem,
        /// The transport's own words.
        source: Option<Arc<dyn StdError + Send + Sync>>,
    },
    /// The service answered with another status than this request can have.
    Status {
        /// The HTTP status, or the one that the answer's envelope repeats.
        status: u16,
        /// The service's message, as it came.
        message: Option<String>,
        /// How long the service asks to wait, if it says so in a form that HTTP knows.
        retry_after: Option<Duration>,
    },
    /// The answer has a good status and carries an error message without a code.
    ErrorMessage(String),
    /// The answer is JSON, but has nothing under this key and does not say that it succeeded.
    NoPayload(&'static str),
    /// The answer is about this task, which was not asked for.
    OtherTask(String),
    /// The answer is not the JSON that was expected.
    Malformed {
        /// The parser's words, with line and column.
        problem: String,
        /// The text around the problem.
        near: String,
        /// Whether the answer ended in the middle of the document.
        cut_short: bool,
    },
    /// A list that parsed makes no sense: why, for people.
    List(String),
    /// The body is not what was asked for.
    Body(BodyProblem),
    /// A sign-in service refused, in its own words.
    SignInRefused {
        /// The service's word for the reason, such as `invalid_grant`.
        word: String,
        /// Its sentence, and what is known besides.
        message: Option<String>,
    },
    /// The API or the sign-in host refused a token that the client had just signed in for.
    NewTokenRefused {
        /// The service's message.
        message: Option<String>,
    },
    /// The user approved a sign-in, but no refresh token came with it: nothing can be stored.
    NoRefreshToken,
    /// The refresh token that came cannot be stored and used; the one before it may be dead.
    UnusableRefreshToken,
}

impl Fault {
    /// The HTTP status that the service answered with, if that is the fault.
    pub fn status(&self) -> Option<u16> {
        match self {
            Fault::Status { status, .. } => Some(*status),
            Fault::NewTokenRefused { .. } => Some(401),
            _ => None,
        }
    }

    /// The same fault with every text of the service passed through `change`.
    pub(crate) fn with_texts(mut self, change: impl Fn(&str) -> String) -> Fault {
        let texts = match &mut self {
            Fault::Connection { source: Some(source), .. } => {
                let text = source.to_string();
                let changed = change(&text);
                if changed != text {
                    *source = Box::<dyn StdError + Send + Sync>::from(changed).into();
                }
                [None, None]
            }
            Fault::Status { message, .. }
            | Fault::NewTokenRefused { message }
            | Fault::Body(BodyProblem::Document { message, .. }) => [message.as_mut(), None],
            Fault::ErrorMessage(text)
            | Fault::List(text)
            | Fault::Body(BodyProblem::Encoding(text) | BodyProblem::Partial(text)) => [Some(text), None],
            Fault::Malformed { problem, near, .. } => [Some(problem), Some(near)],
            Fault::SignInRefused { word, message } => [Some(word), message.as_mut()],
            Fault::Connection { source: None, .. }
            | Fault::NoPayload(_)
            | Fault::OtherTask(_)
            | Fault::Body(_)
            | Fault::NoRefreshToken
            | Fault::UnusableRefreshToken => [None, None],
        };
        texts.into_iter().flatten().for_each(|text| *text = change(text));
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Connection { problem, .. } => problem.fmt(f),
            Fault::Status { status, message, .. } => {
                // `{:#}` is for a line that names many of them.
                f.write_str(if f.alternate() { "" } else { "the service answered " })?;
                let reason = reason(*status);
                write!(f, "{status}{}{reason}", if reason.is_empty() { "" } else { " " })?;
                match message.as_deref().filter(|message| *message != reason) {
                    Some(message) => write!(f, " ({})", Printable(message)),
                    None => Ok(()),
                }
            }
            Fault::ErrorMessage(text) => {
                write!(f, "the service answered with an error message: {}", Printable(text))
            }
            Fault::OtherTask(id) => write!(f, "the answer is about another task, {}", Printable(id)),
            Fault::NoPayload(key) => {
                write!(f, "the answer is not the one that was asked for: it has no \"{key}\"")
            }
            Fault::Malformed { problem, near, .. } => {
                let (problem, near) = (Printable(problem), Printable(near));
                write!(f, "the answer is not the JSON that was expected: {problem}, near \"{near}\"")
            }
            Fault::List(problem) => Printable(problem).fmt(f),
            Fault::Body(problem) => problem.fmt(f),
            Fault::NewTokenRefused { message } => {
                f.write_str("the service refused the token that it had just issued")?;
                message.iter().try_for_each(|message| write!(f, " ({})", Printable(message)))
            }
            Fault::NoRefreshToken => f.write_str("it was approved, but no refresh token came with it"),
            Fault::UnusableRefreshToken => f.write_str(
                "it was granted, but the refresh token that came with it cannot be used: it is no text, empty, too \
                 long, or holds a space or another character that no token has",
            ),
            Fault::SignInRefused { word, message: None } => write!(f, "it was refused: {}", Printable(word)),
            Fault::SignInRefused { word, message: Some(message) } => {
                write!(f, "it was refused: {} ({})", Printable(message), Printable(word))
            }
        }
    }
}

impl StdError for Fault {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Fault::Connection { source, .. } => source.as_ref().map(|source| &**source as _),
            _ => None,
        }
    }
}

/// The reason phrases of the statuses that the service or a gateway before it sends.
fn reason(status: u16) -> &'static str {
    match status {
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// What went wrong between this machine and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// The name of the host could not be looked up.
    NameLookup,
    /// No connection could be made: refused, unreachable, or not within the limit.
    Connect,
    /// The same through a proxy, which cannot be reached, gave no answer, or could not reach the host itself.
    ProxyConnect,
    /// The network was lost: the host or its network cannot be reached.
    Unreachable,
    /// The connection was closed or reset before the answer came.
    Closed,
    /// The body of the answer ended before its announced end.
    Cut,
    /// No answer began within the stall limit: the service lets most requests wait while a model is busy.
    Silent(Duration),
    /// Nothing more arrived for the stall limit.
    Stalled(Duration),
    /// The header or the body of the answer was not complete within this limit.
    Timeout(Duration),
    /// The time that the user gave was over while an answer was on its way.
    OutOfTime,
    /// The certificate of the host, or of a proxy that opens TLS, is of an issuer that is not trusted.
    UnknownIssuer,
    /// The certificate is expired or not valid yet.
    Expired,
    /// The certificate is for another host.
    WrongName,
    /// TLS failed in another way, such as for want of a common version.
    Tls,
    /// The proxy wants a user and a password, or others (407).
    ProxyAuthentication,
    /// The proxy refused the connection.
    Proxy,
    /// The answer is not valid HTTP, or TLS broke after the handshake: a proxy may have been in the way.
    Protocol,
    /// The header of the answer is longer than the limit.
    HeaderTooLarge,
    /// Anything else in the transport.
    Other,
}

impl fmt::Display for ConnectionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NameLookup => "the host name could not be looked up",
            Self::Connect | Self::ProxyConnect => "no connection could be made",
            Self::Unreachable => "the network cannot be reached",
            Self::Closed => "the connection was closed before the answer came",
            Self::Cut => "the body was cut short",
            Self::Silent(limit) | Self::Stalled(limit) => {
                return write!(f, "nothing arrived for {}", seconds(*limit));
            }
            Self::Timeout(limit) => {
                return write!(f, "the answer was not complete after {}", seconds(*limit));
            }
            Self::OutOfTime => "the time limit was reached",
            Self::UnknownIssuer => "TLS failed: the issuer of the certificate is not trusted",
            Self::Expired => "TLS failed: the certificate is not valid now",
            Self::WrongName => "TLS failed: the certificate is for another host",
            Self::Tls => "TLS failed",
            Self::ProxyAuthentication => "the proxy wants other credentials",
            Self::Proxy => "the proxy refused the connection",
            Self::Protocol => "the answer is not valid HTTP",
            Self::HeaderTooLarge => "the header of the answer is larger than 64 KiB or 128 lines",
            Self::Other => "the request failed",
        })
    }
}

/// Why a body with a good status is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyProblem {
    /// A document, such as an error message of the service or a page of a proxy.
    Document {
        /// What it is, for people: "an HTML page".
        kind: &'static str,
        /// The message in it, if there is one.
        message: Option<String>,
    },
    /// Only a part of what was asked for, by its `Content-Range`.
    Partial(String),
    /// No bytes at all, although the dump has other chunks.
    Empty,
    /// It is compressed and does not say so.
    UnlabelledGzip,
    /// An encoding that cannot be undone.
    Encoding(String),
    /// It is labelled as gzip and is not.
    NotGzip,
    /// No length, no chunked coding, no gzip trailer: its end proves nothing.
    NoProofOfEnd,
    /// The gzip data is damaged: checksum, length or structure.
    GzipDamaged,
    /// It is larger than a limit.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
        /// The limit's name, for people.
        name: &'static str,
    },
}

impl fmt::Display for BodyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Document { kind, message: None } => {
                return write!(f, "{kind} came instead, perhaps from a proxy");
            }
            Self::Document { kind, message: Some(message) } => {
                return write!(f, "{kind} came instead ({})", Printable(message));
            }
            Self::Partial(range) => return write!(f, "only a part of it came ({})", Printable(range)),
            Self::Empty => "it came empty",
            Self::UnlabelledGzip => "it came compressed without saying so",
            Self::Encoding(name) => {
                return write!(f, "it came with the encoding \"{}\", which cannot be undone", Printable(name));
            }
            Self::NotGzip => "it is labelled as gzip, but is not",
            Self::NoProofOfEnd => "it came without length, chunked coding or gzip: nothing proves that it is complete",
            Self::GzipDamaged => "its gzip data is damaged",
            Self::TooLarge { limit, name } => return write!(f, "it is larger than {name}, {limit} bytes"),
        })
    }
}
