//! Why a text names nothing of the service.

use std::fmt;

use crate::text::Printable;

/// A locator, origin or identifier that could not be read: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocatorError {
    /// The text that was read, without the query of a URL: that may hold a token.
    pub text: String,
    /// Byte offset in `text` at which something else was expected.
    pub at: usize,
    /// What was expected there.
    pub expected: String,
}

impl LocatorError {
    pub(super) fn at(text: &str, at: usize, expected: &str) -> LocatorError {
        let shown = text.split_once(['?', '#']).map_or(text.to_owned(), |(path, _)| format!("{path}?..."));
        LocatorError { text: shown, at, expected: expected.to_owned() }
    }
}

impl fmt::Display for LocatorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, rest) = self.text.split_at_checked(self.at).unwrap_or((&self.text, ""));
        let text = Printable(&self.text);
        match (before, rest) {
            ("", "") => write!(f, "the text is empty")?,
            ("", _) => write!(f, "cannot read \"{text}\"")?,
            (_, "") => write!(f, "\"{text}\" ends too early")?,
            _ => write!(f, "cannot read \"{text}\" from character {} on", before.chars().count() + 1)?,
        }
        write!(f, ": expected {}", self.expected)
    }
}

impl std::error::Error for LocatorError {}
