//! The one error type: what happened, and to what. What to do next is for the program to say, whose user
//! knows it by its own options.
//!
//! `Display` is one layer and `source()` the next; joined with `: ` they make one line that names everything once.

mod setting;

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use self::setting::Setting;
use crate::address::{ActionAddress, ActionKind, DumpAddress, LocatorError, ModelAddress, Origin, TaskAddress};
use crate::service::{ConnectionProblem, Fault, NamedId, SourceProblem, Subject};
use crate::text::{Printable, in_words, seconds, shown_path};

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong.
#[derive(Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names of some fields say what they are")]
pub enum Error {
    /// A locator, an origin or an identifier could not be read.
    Locator(LocatorError),
    /// A setting cannot be used.
    Setting {
        setting: Setting,
        /// What is wrong with it; never its value if that is secret.
        problem: String,
    },
    /// A setting is needed, and there is none.
    Missing {
        setting: Setting,
        /// What it is needed for.
        problem: String,
    },
    /// The token may not go to this origin. Nothing was sent.
    UntrustedOrigin {
        origin: Origin,
        /// Why it is not trusted.
        reason: &'static str,
    },
    /// This host serves browsers and no API. Nothing was sent.
    NotAnApi {
        origin: Origin,
        /// The API of its region, if that is known.
        api: Option<Origin>,
    },
    /// A request failed: with a fault that is not worth another try, or in spite of every try.
    Request {
        /// What the request was about.
        subject: Box<Subject>,
        /// What went wrong the last time.
        fault: Fault,
        /// How often the request was sent.
        tries: u32,
        /// Time from the first try to the end of the last.
        elapsed: Duration,
    },
    /// The program's own source of tokens failed.
    NoToken(Box<dyn StdError + Send + Sync>),
    /// A [`ChunkSource`](crate::ChunkSource) of the program's own failed.
    Source(Box<dyn StdError + Send + Sync>),
    /// It is unknown whether the service accepted the start of a process. It is not sent again: the
    /// process might run twice.
    StartUnclear { action: Box<ActionAddress>, source: Box<Error> },
    /// The task was not over within the time that the caller gave it. It goes on.
    NotFinished {
        task: Box<TaskAddress>,
        /// How long the caller waited.
        waited: Duration,
    },
    /// This task was there when it was looked at before, and is not found any more.
    Vanished(Box<TaskAddress>),
    /// The program itself ended what it had asked for.
    Cancelled,
    /// No process or import of the model has this name or identifier.
    NoSuchAction {
        name: String,
        model: Box<ModelAddress>,
        /// The processes and imports that there are. None also if this user has no access to the model: the service
        /// does not say which.
        known: Vec<NamedId>,
    },
    /// Several processes or imports have this name.
    AmbiguousName { name: String, matches: Vec<NamedId> },
    /// A file or the output could not be read or written.
    Output {
        /// What was being done, for people.
        action: &'static str,
        /// The file, if it is one.
        path: Option<PathBuf>,
        source: io::Error,
    },
    /// A file cannot be uploaded as the source of an import.
    Unsuitable { path: PathBuf, problem: SourceProblem },
    /// The target exists, and the caller did not ask to replace it.
    Exists { path: PathBuf },
    /// The target's part file is that of another dump, and the caller did not ask to begin anew.
    OtherDump {
        path: PathBuf,
        /// The other dump, by its URL or locator.
        dump: String,
    },
    /// Another run is writing the same target.
    Locked { path: PathBuf },
    /// The dump changed while it was downloaded: its chunks do not belong together.
    Changed { dump: Box<DumpAddress>, what: Mismatch },
    /// The dump came without a byte, and its task does not say that there are no rows in it.
    Empty {
        dump: Box<DumpAddress>,
        /// The number of rows in it by its task; `None` if that is not counted.
        rows: Option<u64>,
    },
    /// A download ended before its end. The sink holds exactly the first `whole_chunks` chunks.
    Incomplete {
        dump: Box<DumpAddress>,
        /// Number of chunks that the sink holds.
        whole_chunks: usize,
        chunks: usize,
        /// The part file that the next run continues, if there is one.
        kept: Option<PathBuf>,
        source: Box<Error>,
    },
    /// The sink holds every chunk, but it could not be confirmed that the dump stayed the same while they were fetched.
    Unconfirmed {
        dump: Box<DumpAddress>,
        chunks: usize,
        /// The part file that the next run continues, if there is one.
        kept: Option<PathBuf>,
        source: Box<Error>,
    },
}

in_words! {
    /// Why chunks that are there do not make the dump of today. `Display` says it as the rest of a sentence.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    Mismatch {
        ChunkList: "the chunk list changed",
        Chunk: "a chunk that was fetched again differs",
        Dump: "it is that of another dump",
        Journal: "its journal is damaged or of another version",
        Content: "its content does not match its journal",
    }
}

/// What kind of trouble an error is, coarse enough for an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The caller asked for something that cannot be.
    Usage,
    /// Not signed in, or not permitted (401, 403).
    NotPermitted,
    /// Not there: no such task, no dump, expired, replaced (404, 410, and 400 for a dump).
    NotFound,
    /// The network or the service failed.
    Service,
    /// The local disk or output failed.
    Output,
    /// None of the others.
    Other,
}

impl Error {
    /// An [`Error::Output`], for the program `anaplan-dump`.
    #[doc(hidden)]
    pub fn output(action: &'static str, path: Option<&Path>, source: io::Error) -> Error {
        Error::Output { action, path: path.map(Path::to_owned), source }
    }

    /// The same error about a setting that the program's user knows by this name.
    #[doc(hidden)]
    pub fn named(self, name: &'static str) -> Error {
        match self {
            Error::Setting { problem, .. } => Error::Setting { setting: Setting::Named(name), problem },
            Error::Locator(error) => Error::Setting { setting: Setting::Named(name), problem: error.to_string() },
            other => other,
        }
    }

    /// The error that ended a download or a start, below the errors that say how far it came.
    pub fn innermost(&self) -> &Error {
        match self {
            Error::Incomplete { source, .. }
            | Error::Unconfirmed { source, .. }
            | Error::StartUnclear { source, .. } => source.innermost(),
            other => other,
        }
    }

    /// The same error once more, for another caller who waited for the same thing.
    pub(crate) fn again(&self) -> Option<Error> {
        Some(match self {
            Error::Request { subject, fault, tries, elapsed } => {
                Error::Request { subject: subject.clone(), fault: fault.clone(), tries: *tries, elapsed: *elapsed }
            }
            Error::Setting { setting, problem } => Error::Setting { setting: *setting, problem: problem.clone() },
            Error::Output { action, path, source } => {
                Error::Output { action, path: path.clone(), source: io::Error::new(source.kind(), source.to_string()) }
            }
            _ => return None,
        })
    }

    /// What was requested, and why that failed, if a request is what failed.
    pub fn request(&self) -> Option<(&Subject, &Fault)> {
        match self.innermost() {
            Error::Request { subject, fault, .. } => Some((subject, fault)),
            _ => None,
        }
    }

    /// Whether the time that the user gave ended a request, with which nothing else was wrong.
    #[doc(hidden)]
    pub fn is_out_of_time(&self) -> bool {
        let is_it = |fault: &Fault| matches!(fault, Fault::Connection { problem: ConnectionProblem::OutOfTime, .. });
        self.request().is_some_and(|(_, fault)| is_it(fault))
    }

    /// The coarse kind of the error.
    pub fn kind(&self) -> ErrorKind {
        if matches!(self, Error::StartUnclear { .. }) {
            return ErrorKind::Service;
        }
        match self.innermost() {
            Error::Request { subject, fault, .. } => kind_of_request(subject, fault),
            Error::Locator(_)
            | Error::Setting { .. }
            | Error::Missing { .. }
            | Error::UntrustedOrigin { .. }
            | Error::NotAnApi { .. }
            | Error::AmbiguousName { .. } => ErrorKind::Usage,
            Error::Unsuitable { problem: SourceProblem::Changed, .. } => ErrorKind::Output,
            Error::Unsuitable { .. } => ErrorKind::Usage,
            Error::NoToken(_) => ErrorKind::NotPermitted,
            Error::NoSuchAction { .. } | Error::Vanished(_) => ErrorKind::NotFound,
            Error::Changed { .. } | Error::Empty { .. } => ErrorKind::Service,
            // The time that the user gave is over; the system calls a disk in the network so that does not answer.
            Error::Output { source, .. }
                if source.kind() == io::ErrorKind::TimedOut && source.raw_os_error().is_none() =>
            {
                ErrorKind::Service
            }
            Error::Output { .. } | Error::Exists { .. } | Error::OtherDump { .. } | Error::Locked { .. } => {
                ErrorKind::Output
            }
            _ => ErrorKind::Other,
        }
    }

    /// Whether the reader of our output went away, as `head` does.
    #[doc(hidden)]
    pub fn is_broken_pipe(&self) -> bool {
        /// What Windows reports where the other end of a named pipe was closed; `std` has no kind for it.
        const ERROR_PIPE_NOT_CONNECTED: i32 = 233;
        let Error::Output { source, .. } = self.innermost() else { return false };
        source.kind() == io::ErrorKind::BrokenPipe
            || (cfg!(windows) && source.raw_os_error() == Some(ERROR_PIPE_NOT_CONNECTED))
    }
}

fn kind_of_request(subject: &Subject, fault: &Fault) -> ErrorKind {
    if matches!(fault, Fault::SignInRefused { .. } | Fault::NoRefreshToken | Fault::UnusableRefreshToken) {
        return ErrorKind::NotPermitted;
    }
    match fault.status() {
        Some(401 | 403) => ErrorKind::NotPermitted,
        Some(404 | 410) => ErrorKind::NotFound,
        // How the service says that a task left no dump.
        Some(400) if subject.dump().is_some() => ErrorKind::NotFound,
        Some(_) if !fault.is_transient() => ErrorKind::Other,
        _ => ErrorKind::Service,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Locator(error) => error.fmt(f),
            Error::Setting { setting, problem } => write!(f, "{setting} cannot be used: {problem}"),
            Error::Missing { problem, .. } => f.write_str(problem),
            Error::UntrustedOrigin { origin, reason } => {
                write!(f, "the token is not sent to {origin}: {reason}")
            }
            Error::NotAnApi { origin, api: Some(api) } => {
                write!(f, "{origin} is for browsers and serves no API: the API of its region is {api}")
            }
            Error::NotAnApi { origin, api: None } => write!(
                f,
                "{origin} is for browsers and serves no API: use that of its region, such as https://eu3.api.anaplan.com"
            ),
            Error::Request { subject, fault, tries: 1, .. } => write!(f, "{subject}: {fault}"),
            Error::Request { subject, fault, tries, elapsed } => {
                write!(f, "{subject}: {fault}, after {tries} tries in {}", seconds(*elapsed))
            }
            Error::NoToken(_) => f.write_str("there is no token"),
            Error::Source(_) => f.write_str("the chunk source failed"),
            Error::StartUnclear { action, .. } => {
                let noun = if action.kind == ActionKind::Import { "import" } else { "process" };
                write!(f, "it is unknown whether the {noun} was started")
            }
            Error::NotFinished { task, waited } => {
                write!(f, "task {task} has not finished after {}", seconds(*waited))
            }
            Error::Vanished(task) => {
                write!(f, "task {task} was there a moment ago, and is not found any more")
            }
            Error::Cancelled => f.write_str("it was cancelled"),
            Error::NoSuchAction { name, model, known } => {
                write!(f, "model {model} has no process or import \"{}\"", Printable(name))?;
                match known.as_slice() {
                    [] => Ok(()),
                    known => write!(f, "; it has {}", quoted(known, |process| name_of(process).to_owned())),
                }
            }
            Error::AmbiguousName { name, matches } => {
                let named = quoted(matches, |process| format!("{} {}", process.id.as_str(), name_of(process)));
                write!(f, "several processes or imports match \"{}\": {named}", Printable(name))
            }
            Error::Output { action, path: Some(path), .. } => write!(f, "cannot {action} {}", shown_path(path)),
            Error::Output { action, path: None, .. } => write!(f, "cannot {action} the output"),
            Error::Unsuitable { path, problem } => write!(f, "{} cannot be uploaded: {problem}", shown_path(path)),
            Error::Exists { path } => write!(f, "{} exists already and is left as it is", shown_path(path)),
            Error::OtherDump { path, dump } => {
                write!(f, "{} is the unfinished file of another dump, {}", shown_path(path), Printable(dump))
            }
            Error::Locked { path } => write!(f, "another run is writing {}", shown_path(path)),
            Error::Changed { dump, what } => {
                write!(f, "dump {dump}: {what} while it was downloaded, so its chunks do not belong together")
            }
            Error::Empty { dump, rows: Some(rows) } => {
                write!(f, "dump {dump} came empty, although its task counts rows in it ({rows})")
            }
            Error::Empty { dump, rows: None } => {
                write!(f, "dump {dump} came empty, and its task does not say that there are no rows in it")
            }
            Error::Incomplete { dump, whole_chunks, chunks, .. } => {
                write!(f, "dump {dump} is not complete: {whole_chunks} of {chunks} chunks are there")
            }
            Error::Unconfirmed { chunks, .. } => {
                write!(f, "all {chunks} chunks are there, but it could not be confirmed that they belong together")
            }
        }
    }
}

fn name_of(process: &NamedId) -> &str {
    process.name.as_deref().unwrap_or(process.id.as_str())
}

/// Names for people, each in quotes; of many only the first ones.
fn quoted(entries: &[NamedId], name: impl Fn(&NamedId) -> String) -> String {
    const SHOWN: usize = 10;
    let shown = entries.iter().take(SHOWN).map(|entry| format!("\"{}\"", Printable(&name(entry))));
    let more = (entries.len() > SHOWN).then(|| format!("and {} more", entries.len() - SHOWN));
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Request { fault, .. } => fault.source(),
            Error::NoToken(source) | Error::Source(source) => Some(&**source as _),
            Error::Output { source, .. } => Some(source),
            Error::Incomplete { source, .. }
            | Error::Unconfirmed { source, .. }
            | Error::StartUnclear { source, .. } => Some(&**source as _),
            _ => None,
        }
    }
}

impl From<LocatorError> for Error {
    fn from(error: LocatorError) -> Error {
        Error::Locator(error)
    }
}

#[cfg(test)]
mod tests;
