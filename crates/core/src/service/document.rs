//! Documents that come in place of a chunk with a good status: the pages and error messages of a proxy, a
//! gateway or the service itself.
//!
//! A real chunk may begin with markup or hold JSON, so a body counts as a document only if all of it is
//! one, and only up to a size that no error message exceeds: rows end with a quote or a line break.

use serde::de::IgnoredAny;

use super::fault::BodyProblem;
use super::refusal_in_answer::error_message;
use crate::text::without_bom;

/// Maximum size of a body that may be a document in place of a chunk, in bytes. Error pages of proxies with
/// styles and pictures in them have some tens of kilobytes.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// What the whole body of a chunk is, if it is not a chunk.
pub(crate) fn document(content_type: &str, body: &[u8]) -> Option<BodyProblem> {
    let body = without_bom(body).trim_ascii();
    let media_type = content_type.split([';', ',']).next().unwrap_or("").trim();
    let is_type = |name: &str| media_type.ends_with(name);
    let begins = |word: &[u8]| body.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let kind = match body {
        [first, ..] if *first == b'{' || is_type("json") => {
            serde_json::from_slice::<IgnoredAny>(body).ok()?;
            "a JSON document"
        }
        [b'<', b'!' | b'?' | b'A'..=b'Z' | b'a'..=b'z', .., b'>'] => {
            let words: [&[u8]; 4] = [b"<!doctype html", b"<html", b"<head", b"<body"];
            if words.into_iter().any(begins) { "an HTML page" } else { "an XML document" }
        }
        _ => return None,
    };
    Some(BodyProblem::Document { kind, message: error_message(body) })
}

/// Whether a body is gzip data, which no dump is: the service keeps text.
pub(crate) fn is_gzip(body: &[u8]) -> bool {
    // RFC 1952: two magic bytes, and the only method in use.
    body.starts_with(b"\x1f\x8b\x08")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(content_type: &str, body: &str) -> Option<&'static str> {
        match document(content_type, body.as_bytes()) {
            Some(BodyProblem::Document { kind, .. }) => Some(kind),
            Some(other) => panic!("{other:?}"),
            None => None,
        }
    }

    #[test]
    fn error_messages_and_pages_are_not_chunks_whatever_their_label_says() {
        for (content_type, body, expected) in [
            ("text/plain", r#" {"status":"FAILURE_BAD_TOKEN"} "#, Some("a JSON document")),
            ("application/problem+json", r#"{"type":"about:blank","detail":"x"}"#, Some("a JSON document")),
            ("", r#"{"error":"invalid_request"}"#, Some("a JSON document")),
            ("application/json", r#"["no"]"#, Some("a JSON document")),
            ("application/json", "null", Some("a JSON document")),
            ("text/plain", "<head><title>503</title></head><body>Busy</body>", Some("an HTML page")),
            ("text/plain", "\u{feff}<!DOCTYPE HTML><p>Sign in</html>\n", Some("an HTML page")),
            ("text/csv, text/html", "<html><body>502</body></html>", Some("an HTML page")),
            ("text/plain", "<ErrorResponse xmlns=\"x\"><Error/></ErrorResponse>", Some("an XML document")),
            ("application/xml", "<?xml version=\"1.0\"?><Error/>", Some("an XML document")),
            // A chunk may begin with markup or hold JSON.
            ("text/plain", "<html> in a field\",\"7\"\n", None),
            ("text/csv", "< 7 \",\"->\"\n", None),
            ("application/octet-stream", "{\"a\":1}\n{\"b\":2}\n", None),
            ("application/json", "\"Column 1\",\"_Line_\"\n\"a\",\"1\"\n", None),
            ("text/csv", "[\"a\"]", None),
            ("text/csv", "", None),
        ] {
            assert_eq!(kind(content_type, body), expected, "{content_type}: {body}");
        }
    }
}
