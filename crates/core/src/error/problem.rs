//! What went wrong: with the connection, with a body, with a list. Each says whether it is retried.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use crate::text::Printable;

/// What went wrong between this machine and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// The host's name could not be looked up. Retried: a resolver can be down for a moment.
    NameLookup,
    /// No connection could be made: refused, unreachable, or not within the limit. Retried.
    Connect,
    /// The network was lost: the host or its network cannot be reached. Retried.
    Unreachable,
    /// The connection was closed or reset before the answer had come. Retried.
    Closed,
    /// The answer's body ended before its announced end. Retried.
    Cut,
    /// Nothing moved for the stall limit. Retried.
    Stalled(Duration),
    /// The header of the answer did not come to its end in time. Retried.
    HeaderTimeout(Duration),
    /// The body did not come to its end within the backstop for a whole body. Retried.
    BodyTimeout(Duration),
    /// TLS failed: an untrusted or expired certificate, a wrong name, no common version. Not retried.
    Tls,
    /// The proxy refused the connection. Not retried.
    Proxy,
    /// What came is not HTTP as it must be. Retried: a proxy may have been in the way.
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
            ConnectionProblem::Connect => f.write_str("no connection could be made"),
            ConnectionProblem::Unreachable => f.write_str("the network cannot be reached"),
            ConnectionProblem::Closed => f.write_str("the connection was closed before the answer came"),
            ConnectionProblem::Cut => f.write_str("the body was cut short"),
            ConnectionProblem::Stalled(limit) => write!(f, "nothing moved for {}", seconds(*limit)),
            ConnectionProblem::HeaderTimeout(limit) => {
                write!(f, "the answer's header was not complete after {}", seconds(*limit))
            }
            ConnectionProblem::BodyTimeout(limit) => {
                write!(f, "the body was not complete after {}", seconds(*limit))
            }
            ConnectionProblem::Tls => f.write_str("TLS failed"),
            ConnectionProblem::Proxy => f.write_str("the proxy refused the connection"),
            ConnectionProblem::Protocol => f.write_str("the answer is not valid HTTP"),
            ConnectionProblem::HeaderTooLarge => {
                f.write_str("the answer's header is larger than 64 KiB or 128 lines")
            }
            ConnectionProblem::Other => f.write_str("the request failed"),
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// Why an answer with a good status is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyProblem {
    /// An HTML page, as a captive or corporate proxy sends it. Retried.
    HtmlPage,
    /// A content encoding that was not asked for and cannot be undone. Retried, without compression.
    Encoding(String),
    /// No length, no chunked coding, no gzip trailer: its end proves nothing. Retried, without
    /// compression.
    NoProofOfEnd,
    /// The gzip data is damaged: checksum, length or structure. Retried.
    GzipDamaged,
    /// A JSON answer with more values than the limit. Not retried.
    TooManyValues {
        /// The limit.
        limit: u64,
    },
    /// A body larger than the limit, in bytes. Not retried.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
        /// The setting that moves it.
        setting: &'static str,
    },
}

impl fmt::Display for BodyProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyProblem::HtmlPage => f.write_str("an HTML page came instead, perhaps from a proxy"),
            BodyProblem::Encoding(encoding) => {
                write!(
                    f,
                    "it came with the content encoding \"{}\", which was not asked for",
                    Printable(encoding)
                )
            }
            BodyProblem::NoProofOfEnd => f.write_str(
                "it came without length, chunked coding or gzip, so nothing proves that it is complete",
            ),
            BodyProblem::GzipDamaged => f.write_str("its gzip data is damaged"),
            BodyProblem::TooManyValues { limit } => {
                write!(f, "it has more values than the limit of JSON answers, {limit}")
            }
            BodyProblem::TooLarge { limit, setting } => {
                write!(f, "it is larger than the limit of {limit} bytes ({setting})")
            }
        }
    }
}

/// What is wrong with a list that parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListProblem {
    /// The same chunk stands in it twice. Not retried.
    Duplicate(String),
    /// The chunk with this number is missing. Not retried.
    Gap(u64),
    /// Some identifiers are numbers and others are not, so that their order cannot be known. Not retried.
    MixedIds(String),
    /// An identifier that no URL can hold. Not retried.
    BadId(Cow<'static, str>),
    /// Pages end before the announced total. Not retried.
    Incomplete {
        /// Entries received.
        received: u64,
        /// Entries announced, where the service announced a number.
        announced: Option<u64>,
    },
    /// More entries than a sane service sends. Not retried.
    TooLong(u64),
}

impl fmt::Display for ListProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListProblem::Duplicate(id) => write!(f, "chunk \"{}\" stands in it twice", Printable(id)),
            ListProblem::Gap(number) => write!(f, "chunk {number} is missing"),
            ListProblem::MixedIds(id) => write!(
                f,
                "chunk \"{}\" has no number while others do, so the order of the chunks is not known",
                Printable(id)
            ),
            ListProblem::BadId(why) => write!(f, "a chunk cannot be asked for: {why}"),
            ListProblem::Incomplete { received, announced: Some(announced) } => {
                write!(f, "it announces {announced} entries, but its pages end after {received}")
            }
            ListProblem::Incomplete { received, announced: None } => {
                write!(f, "it announces a further page, but its pages end after {received} entries")
            }
            ListProblem::TooLong(limit) => write!(f, "it has more than {limit} entries"),
        }
    }
}
