//! Failures on standard error, and the exit codes that scripts rely on.

use std::error::Error as _;
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use anaplan_dump_core::{ActionAddress, Category, Error, Printable};

use crate::arguments::PROGRAM;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a setting is wrong.
    Usage(String),
    /// What was asked for is not there.
    NotThere(String),
    /// The process finished, but rows or actions failed. The report says it all.
    RowsFailed,
    /// Something that none of the others names.
    Other(String),
    /// The library's error, with what can be done about it besides its own advice.
    Library { error: Error, note: Option<String> },
    /// One that was told when it happened: only its exit code is left.
    Told(Box<Failure>),
}

impl Failure {
    /// A process or import without tasks.
    pub(crate) fn no_tasks(action: &ActionAddress) -> Failure {
        Failure::NotThere(format!(
            "{action} has no tasks: it never ran, it does not exist, or this user has no access to it (the service \
             does not tell which)"
        ))
    }

    /// Whether there is nothing to tell: to a reader of our output that went away, of what a report has
    /// just said, and of what was told already.
    pub(crate) fn is_known(&self) -> bool {
        match self {
            Failure::Library { error, .. } => error.is_broken_pipe(),
            Failure::RowsFailed | Failure::Told(_) => true,
            _ => false,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::NotThere(_) => 4,
            Failure::RowsFailed => 6,
            Failure::Other(_) => 1,
            Failure::Told(failure) => failure.exit_code(),
            Failure::Library { error, .. } => match error.category() {
                Category::Usage => 2,
                Category::NotPermitted => 3,
                Category::NotThere => 4,
                Category::Service => 5,
                Category::Output => 7,
                _ => 1,
            },
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Library { error, note: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(text) => write!(f, "{text}\nTry {PROGRAM} --help."),
            Failure::NotThere(text) | Failure::Other(text) => f.write_str(text),
            Failure::RowsFailed => f.write_str("rows or actions failed"),
            Failure::Told(failure) => failure.fmt(f),
            Failure::Library { error, note } => {
                write!(f, "{}", chain(error))?;
                if let Some(advice) = error.advice() {
                    write!(f, "\n  {advice}")?;
                }
                match note {
                    Some(note) => write!(f, "\n  {note}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// An error and what caused it, on one line.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Words of the system and of libraries: they may repeat what the service said.
        let words = error.to_string();
        text = match error.is::<Error>() {
            true => format!("{text}: {words}"),
            false => format!("{text}: {}", Printable(&words)),
        };
        cause = error.source();
    }
    text
}

/// Tells a failure, unless it is known already, and gives the exit code.
pub(crate) fn exit(outcome: Result<(), Failure>) -> ExitCode {
    let Err(failure) = outcome else {
        return ExitCode::SUCCESS;
    };
    if !failure.is_known() {
        // Nobody is left to tell if standard error fails as well.
        let _ = writeln!(std::io::stderr(), "{PROGRAM}: {failure}");
    }
    ExitCode::from(failure.exit_code())
}
