//! The envelope that every JSON answer of the service has, read once: is this the answer that was asked
//! for, and does it say that it succeeded?
//!
//! Unknown fields are ignored and expected ones may be missing, as observed on the live service. But an
//! answer is never guessed to be good: it carries what was asked for, or its status says success.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

use super::fault::Fault;
use super::tolerant;
use crate::address::Id;

/// Characters of an answer that an error shows on each side of the problem.
const NEAR_CHARS: usize = 40;

/// What an answer carries, and under which key.
pub(super) trait Payload: DeserializeOwned {
    const KEY: &'static str;
}

/// An answer that does not say that it failed.
#[derive(Debug)]
pub(super) struct Answer<T> {
    /// What was asked for; `None` if its key is missing or null.
    pub(super) payload: Option<T>,
    /// Whether the status says success.
    pub(super) says_success: bool,
    pub(super) paging: Paging,
}

/// What a list says of its pages.
#[derive(Debug, Default)]
pub(super) struct Paging {
    /// Number of entries in all pages.
    pub(super) total_size: Option<u64>,
    /// Whether the service offers a further page. Its URL is never followed; an empty one is none.
    pub(super) has_next: bool,
    /// The field that says something which cannot be read: whether there are further pages is not known.
    pub(super) unreadable: Option<&'static str>,
}

/// How a service says that it does not know a number.
const UNKNOWN: i64 = -1;

impl Paging {
    fn read(meta: &Value) -> Paging {
        let paging = meta.get("paging").unwrap_or(&Value::Null);
        let field = |name| paging.get(name).filter(|value| says_something(value) && **value != UNKNOWN);
        let (total, next) = (field("totalSize"), field("next"));
        let total_size = total.and_then(tolerant::count_of);
        let unreadable = if !paging.is_null() && !paging.is_object() {
            Some("paging")
        } else if total.is_some() && total_size.is_none() {
            Some("totalSize")
        } else {
            next.is_some_and(|next| !next.is_string()).then_some("next")
        };
        let has_next = next.and_then(Value::as_str).is_some_and(|next| !next.trim().is_empty());
        Paging { total_size, has_next, unreadable }
    }
}

/// Reads an answer.
///
/// # Errors
///
/// [`Fault::Malformed`] for anything but one JSON object; [`Fault::Status`] and [`Fault::ErrorMessage`] if
/// the answer says that it failed.
pub(super) fn parse<T: Payload>(bytes: &[u8]) -> Result<Answer<T>, Fault> {
    let envelope: Envelope<T> = parse_json(bytes)?;
    envelope.check()?;
    Ok(Answer {
        // An answer that carries something else is the answer to another request.
        says_success: envelope.says_success() && !envelope.has_other_payload,
        payload: envelope.payload,
        paging: envelope.paging,
    })
}

impl<T: Payload> Answer<T> {
    /// The payload of an answer that must have one.
    pub(super) fn require(self) -> Result<T, Fault> {
        self.payload.ok_or(Fault::NoPayload(T::KEY))
    }
}

/// The answer to a start: the identifier of the new task.
///
/// # Errors
///
/// As [`parse`]; an answer that names a task is a success, whatever else it says.
pub(crate) fn started_task(bytes: &[u8]) -> Result<Id, Fault> {
    #[derive(Deserialize)]
    struct Started {
        #[serde(rename = "taskId")]
        id: Id,
    }
    impl Payload for Started {
        const KEY: &'static str = "task";
    }
    let envelope: Envelope<Started> = parse_json(bytes)?;
    match envelope.payload.as_ref().map(|task| &task.id).or(envelope.task_id.as_ref()) {
        Some(id) => Ok(id.clone()),
        None => Err(envelope.check().err().unwrap_or(Fault::NoPayload(Started::KEY))),
    }
}

/// Whether the answer to a request that brings nothing back, as cancelling does, says that it failed.
///
/// # Errors
///
/// As [`parse`]. No bytes at all are a success.
pub(crate) fn check_done(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.trim_ascii().is_empty() {
        return Ok(());
    }
    parse_json::<Envelope<Nothing>>(bytes)?.check()
}

/// The message of an error's body, from the shapes that the service has: the API's
/// `{"status":{"message":…}}`, the sign-in service's `{"statusMessage":…}` or the word in its `{"status":…}`,
/// OAuth's `{"error":…}`, and the `{"title":…}` of RFC 9457. `None` for anything else, such as a gateway's
/// HTML.
pub(crate) fn error_message(body: &[u8]) -> Option<String> {
    let envelope = parse_json::<Envelope<Nothing>>(body).ok()?;
    let word = envelope.word().filter(|_| !envelope.says_success());
    envelope.message().or_else(|| word.map(str::to_owned))
}

#[derive(Deserialize)]
struct Nothing;

impl Payload for Nothing {
    const KEY: &'static str = "";
}

struct Envelope<T> {
    /// An object with code and message, a word, or a number.
    status: Value,
    /// `statusMessage`, `message`, `error` or `title`, whichever comes first.
    message: Option<String>,
    /// `error` or `errors` says something.
    has_error: bool,
    paging: Paging,
    payload: Option<T>,
    /// A start may answer with the task's identifier at the top.
    task_id: Option<Id>,
    /// Another key than the payload's holds a list or an object that is not empty.
    has_other_payload: bool,
}

impl<T> Envelope<T> {
    fn code(&self) -> Option<u16> {
        let code = self.status.get("code").unwrap_or(&self.status);
        tolerant::count_of(code).and_then(|code| u16::try_from(code).ok())
    }

    fn word(&self) -> Option<&str> {
        self.status.as_str().filter(|_| self.code().is_none())
    }

    fn message(&self) -> Option<String> {
        let message = self.status.get("message").and_then(Value::as_str).map(str::to_owned);
        message.or_else(|| self.message.clone()).filter(|message| !message.trim().is_empty())
    }

    /// Whether the status says success, and nothing says anything else.
    fn says_success(&self) -> bool {
        let is_good = match self.code() {
            Some(code) => (200..300).contains(&code),
            None => self.word().is_some_and(|word| word.eq_ignore_ascii_case("SUCCESS")),
        };
        // The message of every success in the service's reference and in its logs is this word.
        let is_praise = |message: String| message.trim().to_ascii_lowercase().starts_with("success");
        is_good && !self.has_error && self.message().is_none_or(is_praise)
    }

    fn says_failure(&self) -> bool {
        self.has_error || self.word().is_some_and(|word| word.to_ascii_uppercase().starts_with("FAIL"))
    }

    /// Refuses an answer that says it failed, and one that has no payload and does not say anything good.
    fn check(&self) -> Result<(), Fault> {
        match self.code() {
            Some(status @ (300..=599 | 100..=199)) => {
                return Err(Fault::Status { status, message: self.message(), retry_after: None });
            }
            _ if self.says_success() || (self.payload.is_some() && !self.says_failure()) => return Ok(()),
            _ => {}
        }
        let texts: Vec<String> = self.word().map(str::to_owned).into_iter().chain(self.message()).collect();
        match texts.is_empty() {
            true if self.has_error => {
                let code = self.code().map_or("good".to_owned(), |code| code.to_string());
                Err(Fault::ErrorMessage(format!("its status is {code}, but it reports an error")))
            }
            true => Ok(()),
            false => Err(Fault::ErrorMessage(texts.join(": "))),
        }
    }
}

impl<'de, T: Payload> Deserialize<'de> for Envelope<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope<T>, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor(PhantomData))
    }
}

struct EnvelopeVisitor<T>(PhantomData<T>);

impl<'de, T: Payload> Visitor<'de> for EnvelopeVisitor<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<T>, A::Error> {
        let mut envelope = Envelope {
            status: Value::Null,
            message: None,
            has_error: false,
            paging: Paging::default(),
            payload: None,
            task_id: None,
            has_other_payload: false,
        };
        // Which of two would be the right one, nobody could tell.
        let mut known = HashSet::new();
        let mut once = |key: &'static str| {
            if known.insert(key) { Ok(()) } else { Err(A::Error::duplicate_field(key)) }
        };
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                key if key == T::KEY => {
                    once(T::KEY)?;
                    envelope.payload = map.next_value()?;
                }
                "status" => {
                    once("status")?;
                    envelope.status = map.next_value()?;
                }
                "statusMessage" | "message" | "error" | "errors" | "title" => {
                    let message = map.next_value::<Value>()?;
                    envelope.has_error |= key.starts_with("error") && says_something(&message);
                    let message = message.get(0).unwrap_or(&message);
                    let message = message.as_str().or_else(|| message.get("message")?.as_str());
                    envelope.message = envelope.message.or(message.map(str::to_owned));
                }
                "meta" => {
                    once("meta")?;
                    envelope.paging = Paging::read(&map.next_value()?);
                }
                "taskId" => {
                    let id: Value = map.next_value()?;
                    envelope.task_id = Id::deserialize(id).ok();
                }
                _ => {
                    let other: Value = map.next_value()?;
                    envelope.has_other_payload |=
                        (other.is_array() || other.is_object()) && says_something(&other);
                }
            }
        }
        Ok(envelope)
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    // A byte order mark is not JSON, and some gateways add one all the same.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(malformed(bytes, serde_json::Error::custom("it is UTF-16")));
    }
    serde_json::from_slice(bytes).map_err(|error| malformed(bytes, error))
}

fn malformed(bytes: &[u8], error: serde_json::Error) -> Fault {
    let near = near(bytes, error.line(), error.column());
    Fault::Malformed { problem: error.to_string(), near, cut_short: error.is_eof() }
}

/// The text around a position that serde_json gives as line and column (in bytes, from 1), with escapes
/// undone: an escaped secret must be recognisable as one.
fn near(bytes: &[u8], line: usize, column: usize) -> String {
    let before: usize =
        bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let at = (before + column).min(bytes.len());
    let window = &bytes[at.saturating_sub(NEAR_CHARS)..bytes.len().min(at + NEAR_CHARS)];
    unescaped(&String::from_utf8_lossy(window)).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let code = rest.strip_prefix('u').and_then(|rest| rest.get(..4));
        match code.and_then(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)) {
            Some(character) => {
                plain.push(character);
                rest = &rest[5..];
            }
            None if rest.starts_with('/') => {}
            None => plain.push('\\'),
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests;
