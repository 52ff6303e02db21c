//! Documents that come in place of a chunk with a good status: the pages and error messages of a proxy, a
//! gateway or the service itself.
//!
//! A real chunk may begin with markup or hold JSON, so a body counts as a document only if all of it is
//! one, and only up to a size that no error message exceeds.

use serde::de::IgnoredAny;
use serde_json::Value;

use super::answer::error_message;
use super::fault::BodyProblem;

/// Maximum size of a body that may be a document in place of a chunk, in bytes. Error pages of proxies with
/// styles and pictures in them have some tens of kilobytes.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 64 * 1024;

/// What the whole body of a chunk is, if it is not a chunk.
pub(crate) fn document(content_type: &str, body: &[u8]) -> Option<BodyProblem> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let media_type = content_type.split([';', ',']).next().unwrap_or("").trim();
    let is_type = |name: &str| media_type.ends_with(name);
    let kind = match body {
        [b'{', .., b'}'] if is_json_message(body, is_type("json")) => "a JSON document",
        [_, ..] if is_type("json") && serde_json::from_slice::<IgnoredAny>(body).is_ok() => "a JSON document",
        [b'<', .., b'>'] if is_html(body) => "an HTML page",
        [b'<', .., b'>'] if is_type("xml") || is_xml(body) => "an XML document",
        _ => return None,
    };
    Some(BodyProblem::Document { kind, message: error_message(body) })
}

/// Whether a body is gzip data, which no dump is: the service keeps text.
pub(crate) fn is_gzip(body: &[u8]) -> bool {
    // RFC 1952: two magic bytes, the only method in use, and three reserved bits that are zero.
    matches!(body, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0)
}

fn is_json_message(body: &[u8], is_json_type: bool) -> bool {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return false };
    // The keys of the service, of the sign-in service, of OAuth, of RFC 9457, and of gateways.
    const KEYS: [&str; 8] =
        ["status", "statusMessage", "error", "title", "errors", "message", "code", "detail"];
    is_json_type || KEYS.iter().any(|key| object.contains_key(*key))
}

fn is_html(body: &[u8]) -> bool {
    let begins = |word: &[u8]| body.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    // A fragment ends as it begins, which no row of a dump does.
    let ends = |word: &[u8]| {
        let end = body.len().saturating_sub(word.len());
        body[end..].eq_ignore_ascii_case(word)
    };
    begins(b"<!doctype html")
        || begins(b"<html")
        || (begins(b"<head") && (ends(b"</head>") || ends(b"</body>") || ends(b"</html>")))
        || (begins(b"<body") && (ends(b"</body>") || ends(b"</html>")))
}

fn is_xml(body: &[u8]) -> bool {
    const ROOTS: [&[u8]; 6] =
        [b"<?xml", b"<Error>", b"<error>", b"<ErrorResponse", b"<soap:Envelope", b"<soapenv:Envelope"];
    ROOTS.iter().any(|root| body.starts_with(root))
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
            ("application/json", r#"{"status":{"code":401,"message":"no"}}"#, "a JSON document"),
            ("text/plain", r#" {"status":"FAILURE_BAD_TOKEN"} "#, "a JSON document"),
            ("application/problem+json", r#"{"type":"about:blank","detail":"x"}"#, "a JSON document"),
            ("", r#"{"error":"invalid_request"}"#, "a JSON document"),
            ("text/plain", r#"{"message":"no Route matched with those values"}"#, "a JSON document"),
            ("text/plain", r#"{"errors":[{"detail":"x"}]}"#, "a JSON document"),
            ("application/json", r#"["no"]"#, "a JSON document"),
            ("application/json", "null", "a JSON document"),
            ("text/plain", "<head><title>503</title></head><body>Busy</body>", "an HTML page"),
            ("text/plain", "<ErrorResponse xmlns=\"x\"><Error/></ErrorResponse>", "an XML document"),
            ("text/plain", "<soap:Envelope><soap:Fault/></soap:Envelope>", "an XML document"),
            ("application/xml", "<Error><Code>AccessDenied</Code></Error>", "an XML document"),
            ("text/plain", "<?xml version=\"1.0\"?><Error/>", "an XML document"),
            ("text/plain", "\u{feff}<!DOCTYPE HTML><p>Sign in</html>\n", "an HTML page"),
            ("text/csv, text/html", "<html><body>502</body></html>", "an HTML page"),
        ] {
            assert_eq!(kind(content_type, body), Some(expected), "{content_type}: {body}");
        }
    }

    #[test]
    fn a_chunk_may_begin_with_markup_or_hold_json() {
        for (content_type, body) in [
            ("text/plain", "<html> in a field\",\"7\"\n"),
            ("application/octet-stream", "{\"a\":1}\n{\"b\":2}\n"),
            ("text/csv", "{\"note\":\"no key of an error\"}"),
            ("application/json", "\"Column 1\",\"_Line_\"\n\"a\",\"1\"\n"),
            ("text/csv", "<b>"),
            ("text/csv", "[\"a\"]"),
            ("text/csv", "<head> and rows\n"),
            ("text/csv", ""),
        ] {
            assert_eq!(kind(content_type, body), None, "{content_type}: {body}");
        }
    }

    #[test]
    fn gzip_data_is_known_by_its_header() {
        assert!(is_gzip(&[0x1f, 0x8b, 8, 0, 0, 0]));
        for text in [&b"\x1f\x8b"[..], b"\x1f\x8b\x08\xff", b"rows", b""] {
            assert!(!is_gzip(text), "{text:?}");
        }
    }
}
