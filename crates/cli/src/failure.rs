//! Why a command did not do what was asked: the message on standard error, and the exit code.

use std::error::Error as _;
use std::fmt;

use anaplan_dump_core::{ActionAddress, Error, ErrorKind};
use serde_json::{Value, json};

use crate::advice::advice;
use crate::exit_code;
use crate::text::safe;

#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a setting is wrong.
    Usage(String),
    /// What was asked for is not there.
    NotFound(String),
    /// The process finished, but rows or actions failed. The report on standard output says so.
    RowsFailed,
    /// Something that none of the others names.
    Other(String),
    /// The library's error, and a note on what it means for this command.
    Library { error: Box<Error>, note: Option<String> },
    /// A failure that is on the screen already: only its exit code is left.
    Reported(Box<Failure>),
}

impl Failure {
    pub(crate) fn noted(error: Error, note: impl Into<Option<String>>) -> Failure {
        Failure::Library { error: Box::new(error), note: note.into() }
    }

    pub(crate) fn no_tasks(action: &ActionAddress) -> Failure {
        Failure::NotFound(format!(
            "{action} has no tasks: it never ran, it does not exist, or this user has no access to it (the service \
             does not say which)"
        ))
    }

    /// Whether to exit silently: the reader of our output went away, or the problem is on the screen.
    pub(crate) fn is_silent(&self) -> bool {
        match self {
            Failure::Library { error, .. } => error.is_broken_pipe(),
            Failure::RowsFailed | Failure::Reported(_) => true,
            _ => false,
        }
    }

    /// What happened, and what to do next.
    fn words(&self) -> (String, Vec<&str>) {
        match self {
            Failure::Usage(text) | Failure::NotFound(text) | Failure::Other(text) => (text.clone(), Vec::new()),
            Failure::RowsFailed => ("rows or actions failed".to_owned(), Vec::new()),
            Failure::Reported(failure) => failure.words(),
            Failure::Library { error, note } => {
                (chain(error), advice(error).into_iter().chain(note.as_deref()).collect())
            }
        }
    }

    /// The failure as `--json` shows it; `kind` is a machine word.
    pub(crate) fn document(&self) -> Value {
        let exit_code = self.exit_code();
        let kind = match exit_code {
            exit_code::USAGE => "usage",
            exit_code::NOT_PERMITTED => "not_permitted",
            exit_code::NOT_FOUND => "not_found",
            exit_code::SERVICE => "service",
            exit_code::ROWS_FAILED => "rows_failed",
            exit_code::OUTPUT => "output",
            _ => "other",
        };
        let (message, advice) = self.words();
        let advice = (!advice.is_empty()).then(|| advice.join("\n"));
        json!({ "kind": kind, "exit_code": exit_code, "message": message, "advice": advice })
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Usage(_) => exit_code::USAGE,
            Failure::NotFound(_) => exit_code::NOT_FOUND,
            Failure::RowsFailed => exit_code::ROWS_FAILED,
            Failure::Other(_) => exit_code::OTHER,
            Failure::Reported(failure) => failure.exit_code(),
            Failure::Library { error, .. } => match error.kind() {
                ErrorKind::Usage => exit_code::USAGE,
                ErrorKind::NotPermitted => exit_code::NOT_PERMITTED,
                ErrorKind::NotFound => exit_code::NOT_FOUND,
                ErrorKind::Service => exit_code::SERVICE,
                ErrorKind::Output => exit_code::OUTPUT,
                _ => exit_code::OTHER,
            },
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::noted(error.into(), None)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, advice) = self.words();
        f.write_str(&message)?;
        advice.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// An error and what caused it, on one line.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Words of the system and of libraries may repeat what the service said.
        let words = error.to_string();
        let words = if error.is::<Error>() { words } else { safe(&words) };
        text = format!("{text}: {words}");
        cause = error.source();
    }
    text
}
