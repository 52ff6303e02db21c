//! What can go wrong with one request, in the words that people read. Which faults are worth another try
//! is decided in `retry`.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::{Printable, seconds};

/// Why a request did not bring what was asked for. Each variant says whether it is retried.
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
/// | a page, XML or an error in JSON, up to 64 KiB | a page is retried; other text ends unless cut short | retried |
/// | `Content-Range` of less than everything | retried | retried |
/// | no bytes | retried | retried; the only chunk once, then it is an empty dump |
/// | gzip that is labelled | decoded and checked | decoded and checked |
/// | gzip that is not labelled | retried, without compression | retried, without compression |
/// | any other encoding, or not gzip as labelled | retried once, without compression | retried once, likewise |
/// | a body whose end nothing proves | retried, without compression | retried, without compression |
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// The transport failed. Retried as [`ConnectionProblem`] says.
    #[non_exhaustive]
    Connection {
        /// What went wrong.
        problem: ConnectionProblem,
        /// The transport's own words.
        source: Option<Arc<dyn StdError + Send + Sync>>,
    },
    /// The service answered with a status that is not a success. Retried for 408, 409, 423, 429 and 500
    /// to 599, and for 200 to 299 and 304 where that is not what was asked for.
    #[non_exhaustive]
    Status {
        /// The HTTP status, or the one that the answer's envelope repeats.
        status: u16,
        /// The service's message, as it came.
        message: Option<String>,
        /// How long the service asks to wait, if it says so in a form that HTTP knows.
        retry_after: Option<Duration>,
    },
    /// The answer has a good status and carries an error message without a code of its own. Retried.
    ErrorMessage(String),
    /// The answer is JSON, but has nothing under this key and does not say that it succeeded. Retried.
    NoPayload(&'static str),
    /// The answer is about this task, which was not asked for. Retried.
    OtherTask(String),
    /// The answer is not the JSON that was expected. Retried if it was cut short.
    #[non_exhaustive]
    Malformed {
        /// The parser's words, with line and column.
        problem: String,
        /// The text around the problem.
        near: String,
        /// Whether the answer ended in the middle of the document.
        cut_short: bool,
    },
    /// A list that parsed makes no sense. Not retried.
    List(ListProblem),
    /// The body is not what was asked for. Retried as [`BodyProblem`] says.
    Body(BodyProblem),
    /// A sign-in service refused, in its own words. Not retried.
    #[non_exhaustive]
    SignInRefused {
        /// The service's word for the reason, such as `invalid_grant`.
        word: String,
        /// Its sentence, and what is known besides.
        message: Option<String>,
    },
    /// The API refused a token that the client had just signed in for. Not retried.
    #[non_exhaustive]
    NewTokenRefused {
        /// The service's message.
        message: Option<String>,
    },
    /// The user approved a sign-in, but no refresh token came with it: nothing can be stored. Not retried.
    NoRefreshToken,
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
    pub(crate) fn with_texts(self, change: impl Fn(&str) -> String) -> Fault {
        match self {
            Fault::Connection { problem, source: Some(source) } => {
                let text = source.to_string();
                let changed = change(&text);
                let source = if changed == text {
                    source
                } else {
                    Box::<dyn StdError + Send + Sync>::from(changed).into()
                };
                Fault::Connection { problem, source: Some(source) }
            }
            Fault::Status { status, message, retry_after } => {
                Fault::Status { status, message: message.as_deref().map(change), retry_after }
            }
            Fault::ErrorMessage(text) => Fault::ErrorMessage(change(&text)),
            Fault::Malformed { problem, near, cut_short } => {
                Fault::Malformed { problem: change(&problem), near: change(&near), cut_short }
            }
            Fault::Body(BodyProblem::Encoding(encoding)) => {
                Fault::Body(BodyProblem::Encoding(change(&encoding)))
            }
            Fault::Body(BodyProblem::Partial(range)) => Fault::Body(BodyProblem::Partial(change(&range))),
            Fault::Body(BodyProblem::Document { kind, message }) => {
                Fault::Body(BodyProblem::Document { kind, message: message.as_deref().map(change) })
            }
            Fault::SignInRefused { word, message } => {
                Fault::SignInRefused { word: change(&word), message: message.as_deref().map(change) }
            }
            Fault::NewTokenRefused { message } => {
                Fault::NewTokenRefused { message: message.as_deref().map(change) }
            }
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Connection { problem, .. } => problem.fmt(f),
            Fault::Status { status, message, .. } => {
                // `{:#}` is for a line that names many of them.
                f.write_str(if f.alternate() { "" } else { "the service answered " })?;
                write!(f, "{status}")?;
                let reason = reason(*status);
                if let Some(reason) = reason {
                    write!(f, " {reason}")?;
                }
                match message.as_deref().filter(|message| Some(*message) != reason) {
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
            Fault::Malformed { problem, near, .. } => write!(
                f,
                "the answer is not the JSON that was expected: {}, near \"{}\"",
                Printable(problem),
                Printable(near)
            ),
            Fault::List(problem) => problem.fmt(f),
            Fault::Body(problem) => problem.fmt(f),
            Fault::NewTokenRefused { message } => {
                let message = message.as_deref().map(|message| format!(" ({})", Printable(message)));
                write!(
                    f,
                    "the service refused the token that it had just issued{}",
                    message.unwrap_or_default()
                )
            }
            Fault::NoRefreshToken => f.write_str("it was approved, but no refresh token came with it"),
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

/// The reason phrases of the statuses that the service or a gateway before it may send.
fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Content",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

/// What went wrong between this machine and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// The name of the host could not be looked up. Retried: a resolver can be down for a moment.
    NameLookup,
    /// No connection could be made: refused, unreachable, or not within the limit. Retried.
    Connect,
    /// The same through a proxy, which cannot be reached, gave no answer, or could not reach the host itself.
    /// Retried.
    ProxyConnect,
    /// The network was lost: the host or its network cannot be reached. Retried.
    Unreachable,
    /// The connection was closed or reset before the answer came. Retried.
    Closed,
    /// The body of the answer ended before its announced end. Retried.
    Cut,
    /// No answer began within the stall limit. Retried: the service lets most requests wait while a model is busy.
    Silent(Duration),
    /// Nothing more arrived for the stall limit. Retried.
    Stalled(Duration),
    /// The header of the answer was not complete within this limit. Retried.
    HeaderTimeout(Duration),
    /// The body of the answer was not complete within this limit. Retried.
    BodyTimeout(Duration),
    /// The certificate of the host, or of a proxy that opens TLS, is of an issuer that is not trusted. Not
    /// retried.
    UnknownIssuer,
    /// The certificate is expired or not valid yet. Not retried.
    Expired,
    /// The certificate is for another host. Not retried.
    WrongName,
    /// TLS failed in another way, such as for want of a common version. Not retried.
    Tls,
    /// The proxy wants a user and a password, or others (407). Not retried.
    ProxyAuthentication,
    /// The proxy refused the connection. Not retried.
    Proxy,
    /// The answer is not valid HTTP, or TLS broke after the handshake. Retried: a proxy may have been in the way.
    Protocol,
    /// The header of the answer is longer than the limit. Not retried.
    HeaderTooLarge,
    /// Anything else in the transport. Not retried.
    Other,
}

impl fmt::Display for ConnectionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionProblem::NameLookup => f.write_str("the host name could not be looked up"),
            ConnectionProblem::Connect | ConnectionProblem::ProxyConnect => {
                f.write_str("no connection could be made")
            }
            ConnectionProblem::Unreachable => f.write_str("the network cannot be reached"),
            ConnectionProblem::Closed => f.write_str("the connection was closed before the answer came"),
            ConnectionProblem::Cut => f.write_str("the body was cut short"),
            ConnectionProblem::Silent(limit) | ConnectionProblem::Stalled(limit) => {
                write!(f, "nothing arrived for {}", seconds(*limit))
            }
            ConnectionProblem::HeaderTimeout(limit) => {
                write!(f, "the header of the answer was not complete after {}", seconds(*limit))
            }
            ConnectionProblem::BodyTimeout(limit) => {
                write!(f, "the body was not complete after {}", seconds(*limit))
            }
            ConnectionProblem::UnknownIssuer => {
                f.write_str("TLS failed: the issuer of the certificate is not trusted")
            }
            ConnectionProblem::Expired => f.write_str("TLS failed: the certificate is not valid now"),
            ConnectionProblem::WrongName => f.write_str("TLS failed: the certificate is for another host"),
            ConnectionProblem::Tls => f.write_str("TLS failed"),
            ConnectionProblem::ProxyAuthentication => f.write_str("the proxy wants other credentials"),
            ConnectionProblem::Proxy => f.write_str("the proxy refused the connection"),
            ConnectionProblem::Protocol => f.write_str("the answer is not valid HTTP"),
            ConnectionProblem::HeaderTooLarge => {
                f.write_str("the header of the answer is larger than 64 KiB or 128 lines")
            }
            ConnectionProblem::Other => f.write_str("the request failed"),
        }
    }
}

/// Why a body with a good status is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyProblem {
    /// A document, such as an error message of the service or a page of a proxy. Retried.
    #[non_exhaustive]
    Document {
        /// What it is, as "an HTML page".
        kind: &'static str,
        /// The message in it, if there is one.
        message: Option<String>,
    },
    /// Only a part of what was asked for, by its `Content-Range`. Retried.
    Partial(String),
    /// No bytes at all, although the dump has other chunks. Retried.
    Empty,
    /// It is compressed and does not say so. Retried, without compression.
    UnlabelledGzip,
    /// An encoding that cannot be undone. Retried once, without compression.
    Encoding(String),
    /// It is labelled as gzip and is not. Retried once, without compression.
    NotGzip,
    /// No length, no chunked coding, no gzip trailer: its end proves nothing. Retried, without
    /// compression.
    NoProofOfEnd,
    /// The gzip data is damaged: checksum, length or structure. Retried.
    GzipDamaged,
    /// It is larger than a limit. Not retried.
    #[non_exhaustive]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
        /// The limit's name.
        name: &'static str,
    },
}

impl fmt::Display for BodyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyProblem::Document { kind, message: None } => {
                write!(f, "{kind} came instead, perhaps from a proxy")
            }
            BodyProblem::Document { kind, message: Some(message) } => {
                write!(f, "{kind} came instead ({})", Printable(message))
            }
            BodyProblem::Partial(range) => write!(f, "only a part of it came ({})", Printable(range)),
            BodyProblem::Empty => f.write_str("it came empty"),
            BodyProblem::UnlabelledGzip => f.write_str("it came compressed without saying so"),
            BodyProblem::Encoding(encoding) => {
                write!(f, "it came with the encoding \"{}\", which cannot be undone", Printable(encoding))
            }
            BodyProblem::NoProofOfEnd => f.write_str(
                "it came without length, chunked coding or gzip: nothing proves that it is complete",
            ),
            BodyProblem::NotGzip => f.write_str("it is labelled as gzip, but is not"),
            BodyProblem::GzipDamaged => f.write_str("its gzip data is damaged"),
            BodyProblem::TooLarge { limit, name } => {
                write!(f, "it is larger than {name}, {limit} bytes")
            }
        }
    }
}

/// What is wrong with a list that parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListProblem {
    /// This chunk is in it twice. Not retried.
    Duplicate(String),
    /// The chunk with this number is missing. Not retried.
    Gap(u64),
    /// This identifier is not a number while others are, so their order cannot be known. Not retried.
    MixedIds(String),
    /// Its pages end before the announced total. Not retried.
    #[non_exhaustive]
    Incomplete {
        /// Entries received.
        received: u64,
        /// Entries announced, if the service announced a number.
        announced: Option<u64>,
    },
    /// This field of its paging says something that cannot be read, so whether there are further pages is not
    /// known. Not retried.
    UnreadablePaging(&'static str),
    /// An entry of it cannot be read, which may be the newest. Not retried.
    UnreadableEntry,
    /// It is longer than anything that a sane service sends. Not retried.
    TooLong,
}

impl fmt::Display for ListProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListProblem::Duplicate(id) => write!(f, "it has the chunk id \"{}\" twice", Printable(id)),
            ListProblem::Gap(number) => write!(f, "it lacks the chunk with the id {number}"),
            ListProblem::MixedIds(id) => write!(
                f,
                "the chunk id \"{}\" is not a number while others are, so the order of the chunks is unknown",
                Printable(id)
            ),
            ListProblem::Incomplete { received, announced: Some(announced) } => {
                write!(f, "it announces {announced} entries, but its pages end after {received}")
            }
            ListProblem::Incomplete { received, announced: None } => {
                write!(f, "it announces a further page, but its pages end after {received} entries")
            }
            ListProblem::UnreadablePaging(field) => {
                write!(f, "its \"{field}\" cannot be read, so nothing says whether it is complete")
            }
            ListProblem::UnreadableEntry => {
                f.write_str("an entry of it cannot be read, so which one is the newest is not known")
            }
            ListProblem::TooLong => f.write_str("its pages do not end"),
        }
    }
}
