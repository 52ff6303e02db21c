//! Bytes of the service to typed answers: the envelope that every JSON answer has, and paging.
//!
//! Tolerant as the service needs it: unknown fields are ignored, expected ones may be missing, an
//! empty list may be left out, and what arrived counts rather than what `currentPageSize` says.
//! Never a guess: text that is not valid JSON, or of another type, is an error with its place.

use std::collections::HashMap;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use crate::error::{Error, Result, Subject};

/// Largest JSON answer that is read, in bytes: 10,000 tasks with hundreds of nested results stay far
/// below it.
pub const MAX_JSON_BYTES: u64 = 64 * 1024 * 1024;

/// Entries that one page of a list has unless asked otherwise, as observed on the live service; asked
/// for by name from the second page on.
pub const PAGE_ENTRIES: u64 = 5000;

/// Characters of an answer that an error shows on each side of the place.
const NEAR_CHARS: usize = 40;

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries that arrived.
    pub entries: Vec<T>,
    /// How many entries the list has in all, if the service says so.
    pub total: Option<u64>,
    /// Whether the service offers a next page.
    pub has_next: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Paging {
    total_size: Option<u64>,
    next: Option<IgnoredAny>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Meta {
    #[serde(deserialize_with = "or_default")]
    paging: Paging,
}

impl Meta {
    pub(crate) fn page<T>(self, entries: Vec<T>) -> Page<T> {
        Page { entries, total: self.paging.total_size, has_next: self.paging.next.is_some() }
    }
}

/// Takes `null` for the type's default, as a missing field is.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The status that an answer repeats in its envelope; `None` where it has none. It may tell a failure
/// that the HTTP status does not.
pub fn envelope_status(bytes: &[u8]) -> Option<u16> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(default, deserialize_with = "or_default")]
        status: Status,
    }
    #[derive(Deserialize, Default)]
    struct Status {
        code: Option<u16>,
    }
    serde_json::from_slice::<Envelope>(bytes).ok()?.status.code
}

/// An answer whose payload is a list; each kind of list names its field.
pub(crate) trait ListAnswer: DeserializeOwned {
    /// What the list holds.
    type Entry;

    /// The envelope's paging and the entries.
    fn into_page(self) -> Page<Self::Entry>;

    /// Whether the answer is a list at all: it has one, or its envelope is there and leaves an empty
    /// one out.
    fn is_list(&self) -> bool;
}

macro_rules! list_answer {
    ($answer:ident, $field:ident, $entry:ty) => {
        #[derive(Deserialize, Default)]
        #[serde(default)]
        pub(crate) struct $answer {
            meta: Option<$crate::response::Meta>,
            status: Option<serde::de::IgnoredAny>,
            $field: Option<Vec<$entry>>,
        }

        impl $crate::response::ListAnswer for $answer {
            type Entry = $entry;

            fn into_page(self) -> $crate::response::Page<$entry> {
                self.meta.unwrap_or_default().page(self.$field.unwrap_or_default())
            }

            fn is_list(&self) -> bool {
                self.$field.is_some() || self.meta.is_some() || self.status.is_some()
            }
        }
    };
}
pub(crate) use list_answer;

list_answer!(ChunksAnswer, chunks, ListedChunk);

/// A chunk as the list names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ListedChunk {
    /// The chunk's identifier.
    #[serde(deserialize_with = "id_text")]
    pub id: String,
    /// A name for people.
    #[serde(default)]
    pub name: Option<String>,
}

/// Identifiers are strings; a whole number is taken for its digits.
pub(crate) fn id_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an identifier: a string")]
    enum Text {
        Text(String),
        Number(u64),
    }
    Ok(match Text::deserialize(deserializer)? {
        Text::Text(text) => text,
        Text::Number(number) => number.to_string(),
    })
}

/// Reads one page of a chunk list.
///
/// # Errors
///
/// [`Error::Malformed`] with line, column and the text around the place.
pub fn chunk_page(bytes: &[u8], subject: &Subject) -> Result<Page<ListedChunk>> {
    list_page::<ChunksAnswer>(bytes, subject)
}

pub(crate) fn list_page<A: ListAnswer>(bytes: &[u8], subject: &Subject) -> Result<Page<A::Entry>> {
    let answer = parse::<A>(bytes, subject)?;
    if answer.is_list() {
        return Ok(answer.into_page());
    }
    Err(malformed(bytes, subject, serde::de::Error::custom("neither a list nor the envelope of one")))
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8], subject: &Subject) -> Result<T> {
    // serde takes an array for a struct, field by field; the service never sends one.
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    let parsed = if is_object {
        serde_json::from_slice(bytes)
    } else {
        serde_json::from_slice::<HashMap<String, IgnoredAny>>(bytes)
            .and_then(|_| Err(serde::de::Error::custom("not a JSON object")))
    };
    parsed.map_err(|source| malformed(bytes, subject, source))
}

fn malformed(bytes: &[u8], subject: &Subject, source: serde_json::Error) -> Error {
    Error::Malformed { subject: subject.clone(), near: near(bytes, source.line(), source.column()), source }
}

/// The text around a place that serde_json names by line and column (in bytes, from 1).
fn near(bytes: &[u8], line: usize, column: usize) -> String {
    let before: usize =
        bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let place = (before + column).min(bytes.len());
    let window = &bytes[place.saturating_sub(NEAR_CHARS)..bytes.len().min(place + NEAR_CHARS)];
    String::from_utf8_lossy(window).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The message of an error answer, from the two shapes that the service has: the API's
/// `{"status":{"message":…}}` and the sign-in service's `{"statusMessage":…}`. `None` for anything
/// else, such as a gateway's HTML.
pub fn error_message(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct ErrorAnswer {
        #[serde(default)]
        status: serde_json::Value,
        #[serde(default)]
        status_message: Option<String>,
    }
    let answer: ErrorAnswer = serde_json::from_slice(body).ok()?;
    let message = answer.status.get("message").and_then(|m| m.as_str()).map(str::to_owned);
    message.or(answer.status_message).filter(|message| !message.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::SubjectKind;

    fn subject() -> Subject {
        Subject::new(SubjectKind::ChunkList, "W/M/P/T/O")
    }

    fn ids(json: &str) -> Vec<String> {
        let page = chunk_page(json.as_bytes(), &subject()).unwrap();
        page.entries.into_iter().map(|chunk| chunk.id).collect()
    }

    #[test]
    fn what_the_service_really_sends_is_read() {
        let json = r#"{
          "meta": { "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 2 },
                    "schema": "https://api.anaplan.com/2/0/models/F1/objects/chunk" },
          "status": { "code": 200, "message": "Success" }, "somethingNew": [1],
          "chunks": [ { "id": "0", "name": "Chunk 0", "size": 7 }, { "id": "1" } ] }"#;
        let page = chunk_page(json.as_bytes(), &subject()).unwrap();
        assert_eq!(page.total, Some(2));
        assert_eq!(page.entries.len(), 2);
        assert!(!page.has_next);
    }

    #[test]
    fn a_list_that_is_left_out_or_null_is_empty() {
        for json in
            [r#"{"status":{"code":200},"chunks":null}"#, r#"{"meta":{"paging":null}}"#, r#"{"chunks":[]}"#]
        {
            assert_eq!(ids(json), Vec::<String>::new(), "{json}");
        }
    }

    #[test]
    fn an_identifier_sent_as_a_number_is_its_digits() {
        assert_eq!(ids(r#"{"chunks":[{"id":0},{"id":"1"}]}"#), ["0", "1"]);
    }

    #[test]
    fn the_malformed_documented_sample_is_an_error_that_names_the_place() {
        let sample = r#"{
  "meta": {
    "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 3 }
  },
  "status": { "code": 200, "message": "Success" },
  "chunks" : [ {
    "id" : "0",
    "name" : "Chunk 0"
  },
  "chunks" : [ {
    "id" : "1",
    "name" : "Chunk 1"
  },
  "chunks" : [ {
    "id" : "2",
    "name" : "Chunk 2"
  } ]
}"#;
        let error = chunk_page(sample.as_bytes(), &subject()).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("the chunk list of dump W/M/P/T/O"), "{text}");
        assert!(text.contains("\"chunks\" : [ {"), "{text}");
        let Error::Malformed { source, .. } = error else { panic!("{error:?}") };
        assert_eq!(source.line(), 10, "{source}");
    }

    #[test]
    fn a_list_that_stands_twice_or_has_another_type_is_an_error() {
        for json in [
            r#"{"chunks":[{"id":"0"}],"chunks":[{"id":"1"}]}"#,
            r#"{"chunks":{"id":"0"}}"#,
            r#"{"chunks":[{"name":"Chunk 0"}]}"#,
            r#"{"chunks":[{"id":null}]}"#,
            r#"{"chunks":[{"id":1.5}]}"#,
            r#"{"chunks":["0"]}"#,
            "[]",
            "{}",
            r#"{"error":"busy"}"#,
            "null",
            "",
            "<html>",
        ] {
            assert!(chunk_page(json.as_bytes(), &subject()).is_err(), "{json}");
        }
    }

    #[test]
    fn the_message_of_an_error_is_found_in_both_shapes() {
        let api = br#"{"status":{"code":404,"message":"Not Found"},"path":"/2/0/x","timestamp":"t"}"#;
        assert_eq!(error_message(api).as_deref(), Some("Not Found"));
        let sign_in = br#"{"status":"FAILURE_BAD_CREDENTIAL","statusMessage":"incorrect credentials"}"#;
        assert_eq!(error_message(sign_in).as_deref(), Some("incorrect credentials"));
        for other in [&b"<html>502</html>"[..], b"", b"{}", b"\xff", b"{\"status\":{\"message\":7}}"] {
            assert_eq!(error_message(other), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = chunk_page(&bytes, &subject());
            let _ = error_message(&bytes);
        }

        #[test]
        fn damaged_json_is_read_or_refused_with_a_place(
            at in 0usize..200, byte in any::<u8>(), newline in any::<bool>(),
        ) {
            let mut json = br#"{"meta":{"paging":{"totalSize":2}},"chunks":[{"id":"0"},{"id":"1","name":"n"}]}"#.to_vec();
            if newline { json.insert(40, b'\n'); }
            let at = at % json.len();
            json[at] = byte;
            if let Err(error) = chunk_page(&json, &subject()) {
                let is_malformed = matches!(error, Error::Malformed { .. });
                prop_assert!(is_malformed);
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
