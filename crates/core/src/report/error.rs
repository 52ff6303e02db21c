//! What can go wrong while a dump is read, reported on or corrected.

use std::fmt;
use std::io;

use crate::text::Printable;

/// What went wrong with a dump file.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReportError {
    /// The dump could not be read.
    Read(io::Error),
    /// The output could not be written.
    Write(io::Error),
    /// The first line has none of the columns that the service adds: this is no dump, or its header is missing.
    NotADump {
        /// How the file begins.
        beginning: String,
    },
    /// The file is no text, so it is no dump.
    NotText {
        /// What it is, and what to do.
        what: &'static str,
    },
    /// The dump ends in the middle of a row, so rows are missing. Discard what was written so far.
    CutOff,
    /// No row of the dump is of the kind that was asked for.
    NoSuchKind {
        /// The text that was asked for.
        text: String,
        /// Titles of kinds that the dump has, at most 20.
        kinds: Vec<String>,
    },
    /// The text fits several kinds. What was written so far holds rows of more than one: discard it.
    AmbiguousKind {
        /// The text that was asked for.
        text: String,
        /// Titles of the kinds that it fits, at most 20.
        kinds: Vec<String>,
    },
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(_) => f.write_str("cannot read the dump"),
            Self::Write(_) => f.write_str("cannot write the output"),
            Self::NotADump { beginning } => write!(
                f,
                "not a dump file: the first line has none of the columns _Status_, _Line_ and _Error_1_; \
                 it begins with \"{}\"",
                Printable(beginning)
            ),
            Self::NotText { what } => write!(f, "not a dump file: it is {what}"),
            Self::CutOff => f.write_str("the dump is cut off in the middle of a row: download it again"),
            Self::NoSuchKind { text, kinds } => {
                let there = if kinds.is_empty() { "" } else { "; there are: " };
                write!(f, "no row in the dump is of the kind \"{}\"{there}{}", Printable(text), list(kinds))
            }
            Self::AmbiguousKind { text, kinds } => {
                let first = kinds.first().map(String::as_str).unwrap_or_default();
                write!(
                    f,
                    "\"{}\" fits several kinds: give more of the title, or all of it as \"={}\"; there are: {}",
                    Printable(text),
                    Printable(first),
                    list(kinds)
                )
            }
        }
    }
}

fn list(titles: &[String]) -> String {
    titles.iter().map(|title| Printable(title).to_string()).collect::<Vec<_>>().join("; ")
}

impl std::error::Error for ReportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) | Self::Write(error) => Some(error),
            _ => None,
        }
    }
}
