//! The one error type: what happened, to what, and what to do next.
//!
//! `Display` tells one layer and `source()` the next; whoever prints joins them. What to do next is
//! [`Error::advice`]. How the binary's exit code follows is [`Error::category`].

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::text::Printable;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What a request was about, for people: "chunk 3 of dump …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    kind: SubjectKind,
    name: String,
}

/// The kinds of things that are asked of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectKind {
    /// The processes of a model.
    Processes,
    /// The tasks of a process or import.
    Tasks,
    /// One task.
    Task,
    /// The start of a process.
    Start,
    /// The cancelling of a task.
    Cancel,
    /// The chunk list of a dump.
    ChunkList,
    /// One chunk of a dump.
    Chunk,
    /// A whole dump in one piece.
    WholeDump,
}

impl Subject {
    /// Names what a request is about; `name` is the thing's locator or the chunk with its dump.
    pub fn new(kind: SubjectKind, name: impl fmt::Display) -> Subject {
        Subject { kind, name: name.to_string() }
    }

    /// Chunk `id` of `dump`.
    pub fn chunk(id: &str, dump: impl fmt::Display) -> Subject {
        Subject::new(SubjectKind::Chunk, format_args!("{} of dump {dump}", Printable(id)))
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> SubjectKind {
        self.kind
    }

    fn is_of_a_dump(&self) -> bool {
        matches!(self.kind, SubjectKind::ChunkList | SubjectKind::Chunk | SubjectKind::WholeDump)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SubjectKind::Processes => "the processes of model",
            SubjectKind::Tasks => "the tasks of",
            SubjectKind::Task => "task",
            SubjectKind::Start => "the start of",
            SubjectKind::Cancel => "the cancelling of task",
            SubjectKind::ChunkList => "the chunk list of dump",
            SubjectKind::Chunk => "chunk",
            SubjectKind::WholeDump => "the whole of dump",
        };
        write!(f, "{kind} {}", self.name)
    }
}

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

/// What went wrong between this machine and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionProblem {
    /// The host's name could not be looked up. Retried: a resolver can be down for a moment.
    NameLookup,
    /// No connection could be made: refused, unreachable, or not within the limit. Retried.
    Connect,
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
            ConnectionProblem::HeaderTooLarge => f.write_str("the answer's header is larger than 64 KiB"),
            ConnectionProblem::Other => f.write_str("the request failed"),
        }
    }
}

fn seconds(duration: Duration) -> String {
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
        /// A shorter text is no token of the service's, and may stand in any message by chance.
        const SHORTEST_SECRET: usize = 8;
        if secret.len() < SHORTEST_SECRET {
            return self;
        }
        let mask = |text: String| text.replace(secret, "***");
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

    /// What to do next, where there is something to say.
    pub fn advice(&self) -> Option<&'static str> {
        if let Error::StartUnclear { .. } = self {
            return Some("look at the newest tasks before it is started again: it may be running");
        }
        let advice = match self.innermost() {
            Error::Status { subject, status: 404, .. }
                if matches!(self, Error::Interrupted { .. }) && subject.kind == SubjectKind::Chunk =>
            {
                "the dump was there when the download began: meanwhile it was removed (48 hours after its last \
                 access, or because the import ran again without errors) or replaced by a newer run of the import"
            }
            Error::Status { subject, status, .. } => status_advice(subject, *status)?,
            Error::Connection { problem, .. } => connection_advice(*problem)?,
            Error::Body { problem: BodyProblem::HtmlPage, .. } => {
                "check whether a proxy asks for a sign-in, and whether the API URL is right"
            }
            Error::Malformed { .. } => "check that the API URL is Anaplan's; if it is, report this answer",
            Error::List { .. } => "nothing was downloaded; ask again, and report it if it stays",
            Error::UntrustedOrigin { .. } => {
                "if you trust this host, name it as the API URL (--api-url, ANAPLAN_API_URL)"
            }
            Error::NoSuchProcess { known, .. } if known.is_empty() => {
                "the model has no processes, or this user has no access to it: the service does not tell which"
            }
            Error::NoSuchProcess { .. } => "list the processes of the model with: processes WORKSPACE/MODEL",
            Error::AmbiguousProcess { .. } => "name the process by its id",
            Error::Exists { .. } => "choose another name, or replace it with --force",
            Error::Locked { .. } => "wait for the other run to end, or choose another name",
            Error::Changed { .. } => {
                "the import probably ran again: wait until it has ended, then download its dump"
            }
            Error::Output { path: None, .. } => return None,
            Error::Output { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room, then run the same command again: it goes on where it stopped"
                }
                _ => return None,
            },
            Error::Locator(_)
            | Error::Setting { .. }
            | Error::Body { .. }
            | Error::Source { .. }
            | Error::Interrupted { .. }
            | Error::Unconfirmed { .. }
            | Error::StartUnclear { .. }
            | Error::GaveUp { .. } => return None,
        };
        Some(advice)
    }
}

/// What each status asks of a person; the reasons are those that the service's reference gives.
fn status_advice(subject: &Subject, status: u16) -> Option<&'static str> {
    Some(match status {
        400 if subject.is_of_a_dump() => "this task may have left no dump: look at the task's results",
        401 => "the token is missing, expired (it lives 35 minutes) or revoked: get a new one",
        403 => "this user is not permitted to do this: ask a workspace administrator",
        404 if subject.is_of_a_dump() => {
            "a dump is not found when it was removed (48 hours after its last access, or when the import next ran \
             without errors), when a newer run of the same import replaced it, when it belongs to another user, when \
             the identifiers are wrong, or when this user has no access to the model"
        }
        404 => "the identifiers may be wrong, or this user has no access to the model",
        409 => "the model is busy: try again later",
        410 => "this address has moved: use https://api.anaplan.com or the host of your region",
        422 => "the model is archived",
        423 => "the model is locked: try again when it is unlocked",
        424 => "the model is offline",
        425 => "the model is in deployed mode",
        429 => "the whole tenant shares one rate limit: try again later, with fewer downloads at once",
        300..=399 => "redirects are not followed, so that the token stays here: check the API URL",
        500..=599 => "the service or a gateway is in trouble: try again later",
        _ => return None,
    })
}

fn connection_advice(problem: ConnectionProblem) -> Option<&'static str> {
    Some(match problem {
        ConnectionProblem::NameLookup => {
            "check the host's name, the network, and whether a proxy is needed (HTTPS_PROXY)"
        }
        ConnectionProblem::Connect => "check the network, and whether a proxy is needed (HTTPS_PROXY)",
        ConnectionProblem::Tls => {
            "if a proxy opens TLS with a certificate of its own, name its root certificate (--ca-file, ANAPLAN_CA_FILE)"
        }
        ConnectionProblem::Proxy => "check the proxy's address and credentials (HTTPS_PROXY)",
        _ => return None,
    })
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
