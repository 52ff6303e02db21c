//! Identifiers: the opaque strings that name workspaces, models, actions, tasks, objects and chunks.
//!
//! An [`Id`] is anything that can stand as one segment of a URL path. Its shape is not checked: the
//! service calls identifiers opaque.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::text::Printable;

/// Longest identifier accepted, in bytes. The longest seen has 32; a process may be given by a name
/// of some hundred characters. The limit keeps a hostile answer from filling memory and URLs.
pub const MAX_ID_BYTES: usize = 2048;

/// Everything outside RFC 3986 "unreserved" is encoded, so that no character can end a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// An opaque identifier, safe to use as one path segment once [encoded](Id::encoded).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(String);

impl Id {
    /// Takes `text` as an identifier.
    ///
    /// # Errors
    ///
    /// Says what is wrong with the empty text, with `.` and `..` (a URL path would lose them), and
    /// with more than [`MAX_ID_BYTES`] bytes.
    pub fn new(text: impl Into<String>) -> Result<Id, &'static str> {
        let text = text.into();
        match text.as_str() {
            "" => Err("an identifier cannot be empty"),
            "." | ".." => Err("an identifier cannot be \".\" or \"..\""),
            _ if text.len() > MAX_ID_BYTES => Err("an identifier cannot be longer than 2048 bytes"),
            _ => Ok(Id(text)),
        }
    }

    /// The identifier as the service gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifier as a path segment: every byte that is not an RFC 3986 unreserved character is
    /// percent-encoded.
    pub fn encoded(&self) -> impl fmt::Display + '_ {
        utf8_percent_encode(&self.0, SEGMENT)
    }
}

impl fmt::Display for Id {
    /// The identifier with control characters made harmless.
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
            assert!(Id::new(text).is_err(), "{text:?}");
        }
        assert!(Id::new("x".repeat(MAX_ID_BYTES)).is_ok());
        assert!(Id::new("x".repeat(MAX_ID_BYTES + 1)).is_err());
    }

    #[test]
    fn every_reserved_character_is_encoded() {
        let id = Id::new("a/b?c#d%e\r\nf é").unwrap();
        assert_eq!(id.encoded().to_string(), "a%2Fb%3Fc%23d%25e%0D%0Af%20%C3%A9");
        assert_eq!(Id::new("A-z_0.9~").unwrap().encoded().to_string(), "A-z_0.9~");
    }
}
