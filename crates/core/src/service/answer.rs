//! The one reader of what the services answer in JSON: the API, and those to sign in at. What an answer means that
//! says it failed is in `refusal_in_answer`.
//!
//! Unknown fields are ignored, expected ones may be missing, and a field of another type costs that field and
//! not its neighbours, as observed on the live service. But an answer is never guessed to be good: it carries
//! what was asked for or its status says success, and nothing in it says that it failed.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fault::Fault;
use crate::address::Id;
use crate::text::without_bom;
use crate::time::Utc;

/// Characters of an answer that an error shows on each side of the problem.
const NEAR_CHARS: usize = 40;

/// Maximum length of a word that begins or ends there, in bytes: it is shown whole, or a part of a secret would be.
const MAX_WORD_BYTES: usize = 4096;

/// In milliseconds since 1970: the service is younger.
const YEAR_2001: f64 = 978_307_200_000.0;

/// How a service says that it does not know a number.
const UNKNOWN: i64 = -1;

/// One JSON object, from any of the services.
#[derive(Debug)]
pub(crate) struct Answer(pub(super) Value);

impl Answer {
    /// Reads an answer, whatever it says. [`Fault::Malformed`] for anything but one JSON object with each key once.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Answer, Fault> {
        Answer::parse_list(bytes, "", &mut |_| {})
    }

    /// Reads an answer, and gives away each entry of the list under `key`, in whose place the answer has an empty one:
    /// lists are long, and a value is far larger than what is kept of it.
    pub(super) fn parse_list(bytes: &[u8], key: &str, take: &mut dyn FnMut(Value)) -> Result<Answer, Fault> {
        // A byte order mark is not JSON, and some gateways add one all the same.
        let bytes = without_bom(bytes);
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let fields = json.deserialize_map(Fields { key, take });
        match fields.and_then(|fields| json.end().map(|()| fields)) {
            Ok(fields) => Ok(Answer(fields.into())),
            Err(error) => {
                let near = near(bytes, error.line(), error.column());
                Err(Fault::Malformed { problem: error.to_string(), near, cut_short: error.is_eof() })
            }
        }
    }

    /// Reads an answer of the API to a request for what is under `key`, and refuses one that says it failed.
    pub(super) fn to_request_for(bytes: &[u8], key: &str) -> Result<Answer, Fault> {
        let answer = Answer::parse(bytes)?;
        answer.check(key)?;
        Ok(answer)
    }

    /// The value of a field; dots separate the names of fields inside each other. `Null` if it is not there.
    pub(crate) fn get(&self, path: &str) -> &Value {
        path.split('.').fold(&self.0, |value, field| &value[field])
    }

    /// Whether the field is there, and neither null nor an empty text.
    pub(crate) fn has(&self, path: &str) -> bool {
        !matches!(self.get(path), Value::Null) && self.get(path) != ""
    }

    /// A text; a number counts as its digits.
    pub(crate) fn text(&self, path: &str) -> Option<String> {
        text(self.get(path)).filter(|text| !text.is_empty())
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self, path: &str) -> Option<u64> {
        count(self.get(path))
    }

    pub(crate) fn number(&self, path: &str) -> Option<f64> {
        number(self.get(path))
    }

    /// Number of entries in all pages of a list, if the service knows it, and whether it offers a further page. Its URL
    /// is never followed.
    pub(super) fn paging(&self) -> Result<(Option<u64>, bool), Fault> {
        let paging = self.get("meta.paging");
        let field = |name| Some(&paging[name]).filter(|value| says_something(value) && **value != UNKNOWN);
        let (total, next) = (field("totalSize"), field("next"));
        let (entries, url) = (total.and_then(count), next.and_then(Value::as_str));
        let unreadable = [
            (!paging.is_null() && !paging.is_object(), "paging"),
            (total.is_some() && entries.is_none(), "totalSize"),
            (next.is_some() && url.is_none(), "next"),
        ];
        match unreadable.into_iter().find(|(is_so, _)| *is_so) {
            None => Ok((entries, next.is_some())),
            Some((_, field)) => {
                let problem = format!("its \"{field}\" cannot be read, so nothing says whether it is complete");
                Err(Fault::List(problem))
            }
        }
    }
}

// Fields whose JSON type wanders: the live service has sent times, counts and flags as text, and null in
// lists. Each of these reads what it can, and what it cannot is absent.

/// A text; a number counts as its digits.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A flag; `"true"` and `"false"` count as well.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A whole number that is not negative; its digits as text count as well.
pub(super) fn count(value: &Value) -> Option<u64> {
    let exact = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    // Beyond 2^53 a float no longer tells one whole number from the next.
    let is_exact = |number: &f64| number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(number);
    exact.or_else(|| number(value).filter(is_exact).map(|number| number as u64))
}

/// A time in milliseconds since 1970. One before 2001 is in another unit, and says nothing.
pub(super) fn time(value: &Value) -> Option<SystemTime> {
    let text = value.as_str().and_then(Utc::parse);
    let milliseconds = number(value).filter(|number| *number >= YEAR_2001).map(|number| number as u64);
    text.or_else(|| UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds?)))
}

/// A number; its digits as text count as well.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    number.filter(|number: &f64| number.is_finite())
}

/// An identifier: a text, or a whole number that counts as its digits.
pub(super) fn id(value: &Value) -> Option<Id> {
    text(value).filter(|_| value.is_string() || value.is_u64())?.parse().ok()
}

/// The entries of a list. Null is an empty list; anything else in place of one is its only entry, so that it
/// is not taken for nothing.
pub(super) fn entries(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(entries) => entries,
        one => std::slice::from_ref(one),
    }
}

pub(super) fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// Reads the fields of an object, and the entries of one list.
struct Fields<'a> {
    key: &'a str,
    take: &'a mut dyn FnMut(Value),
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value =
                if name == self.key { map.next_value_seed(Entries(&mut *self.take))? } else { map.next_value()? };
            // A repeated key is ambiguous.
            if fields.insert(name.clone(), value).is_some() {
                return Err(A::Error::custom(format!("the key \"{name}\" twice")));
            }
        }
        Ok(fields)
    }
}

/// Gives away the entries of a list, which may be null.
struct Entries<'a>(&'a mut dyn FnMut(Value));

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        while let Some(entry) = list.next_element()? {
            (self.0)(entry);
        }
        Ok(Value::Array(Vec::new()))
    }
}

/// The text around a position that serde_json gives as line and column (in bytes, from 1), with escapes
/// undone: a secret must be recognisable as one, and be there whole.
fn near(bytes: &[u8], line: usize, column: usize) -> String {
    let before: usize = bytes.split_inclusive(|b| *b == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let at = (before + column).min(bytes.len());
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'"';
    let (left, right) = bytes.split_at(at);
    let (left, right) = (left.iter().rev(), right.iter());
    let is_shown = |(count, byte): &(usize, &u8)| *count < NEAR_CHARS || (!is_end(byte) && *count < MAX_WORD_BYTES);
    let (left, right) = (left.enumerate().take_while(is_shown), right.enumerate().take_while(is_shown));
    let window = &bytes[at - left.count()..at + right.count()];
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
