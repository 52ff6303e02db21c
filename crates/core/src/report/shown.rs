//! Bytes of a dump as text that can be shown.

use std::borrow::Cow;
use std::fmt::Write;

use crate::text::MAX_SHOWN_CHARS;

/// Longest text of a dump that is kept, in bytes: no more is shown of it, and tens of thousands of them must
/// fit in memory.
pub(super) const MAX_KEPT_BYTES: usize = MAX_SHOWN_CHARS;

/// The text of these bytes. What is not UTF-8 is shown byte by byte: `\xE9`.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// The beginning of these bytes that is kept, with `...` where it was cut.
#[inline]
pub(super) fn kept(bytes: &[u8]) -> Cow<'_, [u8]> {
    if bytes.len() <= MAX_KEPT_BYTES {
        return Cow::Borrowed(bytes);
    }
    let is_inside = |at: &usize| bytes[*at] & 0xc0 == 0x80;
    // A character has at most three bytes behind its first.
    let end = (MAX_KEPT_BYTES - 3..=MAX_KEPT_BYTES).rev().find(|at| !is_inside(at)).unwrap_or(MAX_KEPT_BYTES);
    Cow::Owned([&bytes[..end], b"..."].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_shown_one_by_one() {
        assert_eq!(text_of(b"Gr\xf6\xdfe \xed\xa0\x80!"), "Gr\\xF6\\xDFe \\xED\\xA0\\x80!");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        for start in 0..4 {
            let text = "x".repeat(start) + &"é𝄞".repeat(200);
            let short = String::from_utf8(kept(text.as_bytes()).into_owned()).unwrap();
            assert!(text.starts_with(short.strip_suffix("...").unwrap()), "{short}");
        }
        assert_eq!(&*kept(b"short"), b"short");
    }
}
