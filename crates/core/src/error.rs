//! The one error type: what happened, to what, and what to do next.
//!
//! `Display` tells one layer and `source()` the next; whoever prints joins them. What to do next is
//! [`Error::advice`]. How the binary's exit code follows is [`Error::category`].

mod advice;
mod problem;
mod subject;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::problem::seconds;
pub use self::problem::{BodyProblem, ConnectionProblem, ListProblem};
pub use self::subject::{Subject, SubjectKind};
use crate::text::Printable;
#[cfg(feature = "http")]
use crate::token::SHORTEST_SECRET;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A locator or origin that could not be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocatorError {
    /// The text that was read.
    pub text: String,
    /// Offset of the place in `text`, in bytes.
    pub at: usize,
    /// What was expected at that place.
    pub expected: String,
}

impl LocatorError {
    pub(crate) fn at(text: &str, at: usize, expected: &str) -> LocatorError {
        LocatorError { text: text.to_owned(), at, expected: expected.to_owned() }
    }
}

impl fmt::Display for LocatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, rest) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        let column = before.chars().count() + 1;
        write!(f, "cannot read \"{}\": ", Printable(&self.text))?;
        match rest {
            "" if before.is_empty() => write!(f, "the text is empty; ")?,
            "" => write!(f, "it ends too early; ")?,
            _ => write!(f, "at character {column}, before \"{}\", ", Printable(rest))?,
        }
        write!(f, "expected {}", self.expected)
    }
}

impl std::error::Error for LocatorError {}

/// Everything that can go wrong. Each variant says in its documentation whether it is retried.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A locator or origin could not be read. Not retried.
    Locator(LocatorError),
    /// A setting cannot be used. Not retried.
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What is wrong with it; never its secret value.
        problem: String,
    },
    /// The token may not go to this origin. Nothing was sent. Not retried.
    UntrustedOrigin {
        /// The origin.
        origin: String,
        /// Why it is not trusted.
        reason: &'static str,
    },
    /// The transport failed. Retried as [`ConnectionProblem`] says.
    Connection {
        /// What the request was about.
        subject: Subject,
        /// What went wrong.
        problem: ConnectionProblem,
        /// The transport's own words.
        source: Option<Cause>,
    },
    /// The service answered with a status that is not a success. Retried for 409, 423, 429, 500, 502,
    /// 503 and 504.
    Status {
        /// What the request was about.
        subject: Subject,
        /// The HTTP status.
        status: u16,
        /// The service's message, as it came.
        message: Option<String>,
        /// How long the service asks to wait, if it does so in a way that makes sense.
        retry_after: Option<Duration>,
    },
    /// The answer is not the JSON that was expected. Retried if it was cut short.
    Malformed {
        /// What the request was about.
        subject: Subject,
        /// The text around the place.
        near: String,
        /// The parser's words, with line and column.
        source: serde_json::Error,
    },
    /// A list that parsed makes no sense. Not retried.
    List {
        /// What the request was about.
        subject: Subject,
        /// What is wrong.
        problem: ListProblem,
    },
    /// The body is not what was asked for. Retried as [`BodyProblem`] says.
    Body {
        /// What the request was about.
        subject: Subject,
        /// What is wrong.
        problem: BodyProblem,
    },
    /// A chunk source failed in a way of its own. Not retried.
    Source {
        /// What was being fetched.
        subject: Subject,
        /// The source's error.
        source: Cause,
    },
    /// It is not known whether the service accepted the start of a process. Not retried: it might run
    /// twice.
    StartUnclear {
        /// The process.
        action: String,
        /// Why it is not known.
        source: Box<Error>,
    },
    /// No process of the model has this name or identifier. Not retried.
    NoSuchProcess {
        /// The name.
        name: String,
        /// The model.
        model: String,
        /// Names of processes that there are; none also where this user has no access to the model.
        known: Vec<String>,
    },
    /// Several processes have this name. Not retried.
    AmbiguousProcess {
        /// The name.
        name: String,
        /// Identifier and name of each that matches.
        matches: Vec<(String, String)>,
    },
    /// The output could not be written. Not retried.
    Output {
        /// What was being done.
        action: &'static str,
        /// The file, if it is one.
        path: Option<PathBuf>,
        /// The system's error.
        source: io::Error,
    },
    /// The target exists, and replacing it was not asked for. Not retried.
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// Another run is writing the same target. Not retried.
    Locked {
        /// The target.
        path: PathBuf,
    },
    /// The dump changed while it was downloaded: the pieces do not belong together. Begun anew once.
    Changed {
        /// The dump.
        subject: Subject,
        /// What changed.
        what: &'static str,
    },
    /// A download ended before its end. The sink holds exactly the first `whole_chunks` chunks.
    Interrupted {
        /// The dump.
        dump: String,
        /// Chunks that the sink holds whole.
        whole_chunks: usize,
        /// Chunks of the dump.
        chunks: usize,
        /// Why it ended.
        source: Box<Error>,
    },
    /// Every chunk is there, but it could not be confirmed that the dump stayed the same while they were
    /// fetched. Not retried.
    Unconfirmed {
        /// The dump.
        dump: String,
        /// Chunks of the dump, all of which the sink holds.
        chunks: usize,
        /// Why it could not be confirmed.
        source: Box<Error>,
    },
    /// A fault stayed after every try.
    GaveUp {
        /// Requests sent for it.
        tries: u32,
        /// Time from the first request to the end of the last.
        elapsed: Duration,
        /// The last fault.
        source: Box<Error>,
    },
}

/// What kind of trouble an error is, coarse enough for an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Category {
    /// The caller asked for something that cannot be.
    Usage,
    /// Not signed in, or not permitted (401, 403).
    NotPermitted,
    /// Not there: no such task, no dump, expired, replaced (404, 410).
    NotThere,
    /// The network or the service failed.
    Service,
    /// The local disk or output failed.
    Output,
    /// None of the others.
    Other,
}

impl Error {
    pub(crate) fn output(action: &'static str, path: Option<&Path>, source: io::Error) -> Error {
        Error::Output { action, path: path.map(Path::to_owned), source }
    }

    /// The same error, with `secret` masked in whatever came from the service.
    #[cfg(feature = "http")]
    pub(crate) fn without_secret(self, secret: &str) -> Error {
        if secret.len() < SHORTEST_SECRET {
            return self;
        }
        let mask = |text: String| text.replace(secret, "***").replace(&secret.to_ascii_lowercase(), "***");
        match self {
            Error::Status { subject, status, message, retry_after } => {
                Error::Status { subject, status, message: message.map(mask), retry_after }
            }
            Error::Malformed { subject, near, source } => {
                let words = source.to_string();
                let source = match words.contains(secret) {
                    true => serde::de::Error::custom(mask(words)),
                    false => source,
                };
                Error::Malformed { subject, near: mask(near), source }
            }
            Error::Body { subject, problem: BodyProblem::Encoding(encoding) } => {
                Error::Body { subject, problem: BodyProblem::Encoding(mask(encoding)) }
            }
            other => other,
        }
    }

    /// What a reader's failure says: this crate's error where the reader wrapped one, else a failed
    /// source.
    pub(crate) fn from_read(error: io::Error, subject: &Subject) -> Error {
        match error.downcast::<Error>() {
            Ok(own) => own,
            Err(error) => Error::Source { subject: subject.clone(), source: Box::new(error) },
        }
    }

    /// The error below the wrappers that say how far a download came and how often it was tried.
    pub fn innermost(&self) -> &Error {
        match self {
            Error::Interrupted { source, .. }
            | Error::Unconfirmed { source, .. }
            | Error::StartUnclear { source, .. }
            | Error::GaveUp { source, .. } => source.innermost(),
            other => other,
        }
    }

    /// The coarse kind of the error.
    pub fn category(&self) -> Category {
        if matches!(self, Error::StartUnclear { .. }) {
            return Category::Service;
        }
        match self.innermost() {
            Error::Locator(_)
            | Error::Setting { .. }
            | Error::UntrustedOrigin { .. }
            | Error::AmbiguousProcess { .. } => Category::Usage,
            Error::NoSuchProcess { .. } => Category::NotThere,
            Error::Status { status: 401 | 403, .. } => Category::NotPermitted,
            Error::Status { status: 404 | 410, .. } => Category::NotThere,
            Error::Status { subject, status: 400, .. } if subject.is_of_a_dump() => Category::NotThere,
            Error::Status { status: 408 | 409 | 423 | 429 | 500.., .. } => Category::Service,
            Error::Connection { .. }
            | Error::Malformed { .. }
            | Error::List { .. }
            | Error::Body { .. }
            | Error::Changed { .. } => Category::Service,
            Error::Output { .. } | Error::Exists { .. } | Error::Locked { .. } => Category::Output,
            Error::Status { .. } | Error::Source { .. } => Category::Other,
            Error::Interrupted { .. }
            | Error::Unconfirmed { .. }
            | Error::StartUnclear { .. }
            | Error::GaveUp { .. } => Category::Other,
        }
    }

    /// Whether the reader of our output went away, as `head` does.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self.innermost(), Error::Output { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Names for people, each in quotes; of many only the first ones.
fn quoted(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let mut text: Vec<String> =
        names.iter().take(SHOWN).map(|name| format!("\"{}\"", Printable(name))).collect();
    if names.len() > SHOWN {
        text.push(format!("and {} more", names.len() - SHOWN));
    }
    text.join(", ")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Locator(error) => error.fmt(f),
            Error::Setting { setting, problem } => write!(f, "{setting} cannot be used: {problem}"),
            Error::UntrustedOrigin { origin, reason } => {
                write!(f, "the token is not sent to {origin}: {reason}")
            }
            Error::Connection { subject, problem, .. } => write!(f, "{subject}: {problem}"),
            Error::Status { subject, status, message, .. } => {
                write!(f, "{subject}: the service answered {status}")?;
                match message.as_deref() {
                    Some(message) => write!(f, " ({})", Printable(message)),
                    None => Ok(()),
                }
            }
            Error::Malformed { subject, near, .. } => {
                write!(
                    f,
                    "{subject}: the answer is not the JSON that was expected, near \"{}\"",
                    Printable(near)
                )
            }
            Error::List { subject, problem } => write!(f, "{subject}: {problem}"),
            Error::Body { subject, problem } => write!(f, "{subject}: {problem}"),
            Error::Source { subject, .. } => write!(f, "{subject}: the chunk source failed"),
            Error::StartUnclear { action, .. } => {
                write!(f, "it is not known whether process {action} was started")
            }
            Error::NoSuchProcess { name, model, known } => {
                write!(f, "model {model} has no process \"{}\"", Printable(name))?;
                match known.as_slice() {
                    [] => Ok(()),
                    known => write!(f, "; it has {}", quoted(known)),
                }
            }
            Error::AmbiguousProcess { name, matches } => {
                let named: Vec<String> = matches.iter().map(|(id, name)| format!("{id} {name}")).collect();
                write!(f, "several processes match \"{}\": {}", Printable(name), quoted(&named))
            }
            Error::Output { action, path: Some(path), .. } => {
                write!(f, "cannot {action} {}", Printable(&path.to_string_lossy()))
            }
            Error::Output { action, path: None, .. } => write!(f, "cannot {action} the output"),
            Error::Exists { path } => {
                write!(f, "{} exists already and is left as it is", Printable(&path.to_string_lossy()))
            }
            Error::Locked { path } => {
                write!(f, "another run is writing {}", Printable(&path.to_string_lossy()))
            }
            Error::Changed { subject, what } => {
                write!(f, "{subject}: {what} while it was downloaded, so its pieces do not belong together")
            }
            Error::Interrupted { dump, whole_chunks, chunks, .. } => {
                write!(f, "dump {dump} is not complete: {whole_chunks} of {chunks} chunks are there")
            }
            Error::Unconfirmed { dump, chunks, .. } => write!(
                f,
                "all {chunks} chunks of dump {dump} are there, but it could not be confirmed that they belong together"
            ),
            Error::GaveUp { tries, elapsed, .. } => {
                let plural = if *tries == 1 { "try" } else { "tries" };
                write!(
                    f,
                    "gave up after {tries} {plural} in {}",
                    seconds(Duration::from_millis(elapsed.as_millis() as u64))
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Connection { source, .. } => source.as_ref().map(|s| &**s as _),
            Error::Malformed { source, .. } => Some(source),
            Error::Source { source, .. } => Some(&**source as _),
            Error::Output { source, .. } => Some(source),
            Error::Interrupted { source, .. }
            | Error::Unconfirmed { source, .. }
            | Error::StartUnclear { source, .. }
            | Error::GaveUp { source, .. } => Some(&**source as _),
            Error::Locator(_)
            | Error::Setting { .. }
            | Error::UntrustedOrigin { .. }
            | Error::Status { .. }
            | Error::List { .. }
            | Error::Body { .. }
            | Error::NoSuchProcess { .. }
            | Error::AmbiguousProcess { .. }
            | Error::Exists { .. }
            | Error::Locked { .. }
            | Error::Changed { .. } => None,
        }
    }
}

impl From<LocatorError> for Error {
    fn from(error: LocatorError) -> Error {
        Error::Locator(error)
    }
}
