//! Identifiers: the opaque strings that name workspaces, models, actions, tasks, objects and chunks.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::LocatorError;
use crate::text::Printable;

/// Maximum length of an identifier in bytes. The longest seen has 32; a process may be given by a name
/// of some hundred characters. The limit keeps a hostile answer from filling memory and URLs.
const MAX_ID_BYTES: usize = 2048;

/// Everything outside RFC 3986 "unreserved" is encoded, so that no character can end a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An opaque identifier: any text that can be one segment of a URL path.
///
/// Its shape is not checked, because the service's reference calls identifiers opaque. Refused are only
/// the empty text, `.` and `..` (a URL path would lose them), and more than 2048 bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// The identifier as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as a path segment: every byte that is not an RFC 3986 unreserved character is percent-encoded.
    pub(super) fn encoded(&self) -> impl fmt::Display + '_ {
        utf8_percent_encode(&self.0, SEGMENT)
    }
}

impl TryFrom<String> for Id {
    type Error = LocatorError;

    fn try_from(text: String) -> Result<Id, LocatorError> {
        let expected = match text.as_str() {
            "" => "an identifier, which cannot be empty",
            "." | ".." => "an identifier, which cannot be \".\" or \"..\"",
            _ if text.len() > MAX_ID_BYTES => "an identifier of at most 2048 bytes",
            _ => return Ok(Id(text)),
        };
        Err(LocatorError::at(&text, 0, expected))
    }
}

impl FromStr for Id {
    type Err = LocatorError;

    fn from_str(text: &str) -> Result<Id, LocatorError> {
        Id::try_from(text.to_owned())
    }
}

impl fmt::Display for Id {
    /// The identifier with control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printable(&self.0).fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_would_vanish_from_a_path_is_refused() {
        for text in ["", ".", ".."] {
            assert!(text.parse::<Id>().is_err(), "{text:?}");
        }
        assert!("x".repeat(MAX_ID_BYTES).parse::<Id>().is_ok());
        assert!("x".repeat(MAX_ID_BYTES + 1).parse::<Id>().is_err());
    }
}
