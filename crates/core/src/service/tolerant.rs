//! Fields whose JSON type wanders: the live service has sent times, counts and flags as text, and null in
//! lists. What is not needed must not block the rest, so each of these reads what it can and is silent
//! about what it cannot.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

/// A text; a number counts as its digits.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A flag; `"true"` and `"false"` count as well.
pub(super) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    })
}

/// A whole number that is not negative; its digits as text count as well.
pub(super) fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Value::deserialize(deserializer).map(|value| count_of(&value))
}

/// See [`count`].
pub(super) fn count_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        _ => None,
    }
}

fn whole(number: f64) -> Option<u64> {
    // Beyond 2^53 a float no longer tells one whole number from the next.
    let is_exact = number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number);
    is_exact.then_some(number as u64)
}

/// A number; its digits as text count as well.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = match Value::deserialize(deserializer)? {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    };
    Ok(number.filter(|number| number.is_finite()))
}

/// A value of a type of ours; anything else counts as absent.
pub(super) fn value<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Value::deserialize(deserializer).map(|value| T::deserialize(value).ok())
}

/// An entry of a list, if it can be read.
pub(super) struct Readable<T>(pub(super) Option<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Readable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Readable<T>, D::Error> {
        value(deserializer).map(Readable)
    }
}

/// Maximum number of entries of a list within a task: no process has as many actions, no action as many
/// messages.
const MAX_ENTRIES: usize = 10_000;

/// A list; null counts as empty, and entries that cannot be read are left out.
///
/// # Errors
///
/// For a list that is longer than [`MAX_ENTRIES`].
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let entries = match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Array(entries) if entries.len() <= MAX_ENTRIES => entries,
        Value::Array(_) => {
            return Err(D::Error::custom(format!("a list of more than {MAX_ENTRIES} entries")));
        }
        _ => return Err(D::Error::custom("expected a list")),
    };
    Ok(entries.into_iter().filter_map(|entry| T::deserialize(entry).ok()).collect())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Fields {
        #[serde(deserialize_with = "text")]
        text: Option<String>,
        #[serde(deserialize_with = "flag")]
        flag: Option<bool>,
        #[serde(deserialize_with = "count")]
        count: Option<u64>,
        #[serde(deserialize_with = "number")]
        number: Option<f64>,
        #[serde(deserialize_with = "list")]
        list: Vec<String>,
    }

    #[test]
    fn a_field_of_another_type_is_read_if_its_meaning_is_clear() {
        let fields =
            json!({ "text": 7, "flag": "true", "count": "12", "number": "0.5", "list": ["a", null, 3, "b"] });
        let read: Fields = serde_json::from_value(fields).unwrap();
        assert_eq!(read.text.as_deref(), Some("7"));
        assert_eq!((read.flag, read.count, read.number), (Some(true), Some(12), Some(0.5)));
        assert_eq!(read.list, ["a", "b"]);
        let float: Fields = serde_json::from_value(json!({ "count": 1571258347545.0 })).unwrap();
        assert_eq!(float.count, Some(1_571_258_347_545));
    }

    #[test]
    fn a_field_without_a_clear_meaning_counts_as_absent() {
        for odd in [json!(null), json!({}), json!([]), json!(-1), json!(1.5), json!("many"), json!(1e300)] {
            let fields = json!({ "text": {}, "flag": odd, "count": odd, "number": [], "list": null });
            assert_eq!(serde_json::from_value::<Fields>(fields).unwrap(), Fields::default(), "{odd}");
        }
    }
}
