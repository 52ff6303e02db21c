//! What the answers of the sign-in services have in common: their form, and how they refuse. Whoever receives
//! them limits their size.

use std::time::Duration;

use serde_json::Value;

use super::secret::Secret;

/// Longest token that is taken, in bytes: servers refuse longer headers.
pub(super) const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Why an answer gives no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AnswerProblem {
    /// It is no JSON object: perhaps a page of a proxy.
    NotJson,
    /// This field is missing.
    Missing(&'static str),
    /// This field has a value that cannot be meant.
    Unusable(&'static str),
    Refused(Refusal),
}

/// The service's own word for why it refuses, and its sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) word: Word,
    pub(crate) message: Option<String>,
}

/// The words by which the services refuse. They count more than the status, which differs for the same word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Word {
    BadCredential,
    BadHeader,
    AuthorizationPending,
    SlowDown,
    ExpiredToken,
    AccessDenied,
    InvalidGrant,
    InvalidRequest,
    UnauthorizedClient,
    Other(String),
}

impl Word {
    const KNOWN: [Word; 9] = [
        Word::BadCredential,
        Word::BadHeader,
        Word::AuthorizationPending,
        Word::SlowDown,
        Word::ExpiredToken,
        Word::AccessDenied,
        Word::InvalidGrant,
        Word::InvalidRequest,
        Word::UnauthorizedClient,
    ];

    /// The word as the service writes it.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Word::BadCredential => "FAILURE_BAD_CREDENTIAL",
            Word::BadHeader => "FAILURE_BAD_HEADER",
            Word::AuthorizationPending => "authorization_pending",
            Word::SlowDown => "slow_down",
            Word::ExpiredToken => "expired_token",
            Word::AccessDenied => "access_denied",
            Word::InvalidGrant => "invalid_grant",
            Word::InvalidRequest => "invalid_request",
            Word::UnauthorizedClient => "unauthorized_client",
            Word::Other(text) => text,
        }
    }
}

impl From<String> for Word {
    fn from(text: String) -> Self {
        Word::KNOWN.into_iter().find(|word| word.as_str() == text).unwrap_or(Word::Other(text))
    }
}

/// A JSON object whose fields are read with some tolerance.
pub(super) struct Answer(Value);

impl Answer {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, AnswerProblem> {
        match serde_json::from_slice(bytes) {
            Ok(value @ Value::Object(_)) => Ok(Answer(value)),
            // The parser's error is not shown: it may show a part of what it read.
            _ => Err(AnswerProblem::NotJson),
        }
    }

    fn value(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.0, |value, field| value.get(field))
    }

    /// Whether the field is there, and neither null nor an empty text.
    pub(super) fn has(&self, path: &str) -> bool {
        self.value(path).is_some_and(|value| !value.is_null() && value != "")
    }

    /// The text of a field. Dots stand between the names of fields inside each other. A number counts as text.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        match self.value(path)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The whole number of a field, which may be written as a text or with a fraction.
    pub(super) fn number(&self, path: &str) -> Option<u64> {
        let text = self.text(path)?;
        let text = text.trim();
        let as_float = || text.parse::<f64>().ok().filter(|number| (0.0..1e15).contains(number));
        text.parse().ok().or_else(|| as_float().map(|number| number as u64))
    }

    pub(super) fn seconds(&self, path: &str) -> Option<Duration> {
        self.number(path).map(Duration::from_secs)
    }

    /// A secret that will be a part of a request.
    pub(super) fn secret(&self, path: &'static str) -> Result<Secret, AnswerProblem> {
        if !self.has(path) {
            return Err(AnswerProblem::Missing(path));
        }
        let text = self.text(path).ok_or(AnswerProblem::Unusable(path))?;
        let can_be_sent = text.len() <= MAX_TOKEN_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !can_be_sent {
            return Err(AnswerProblem::Unusable(path));
        }
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(json: &str) -> Answer {
        Answer::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_may_be_texts() {
        let answer = answer(
            r#"{"a": 5, "b": "5", "c": 5.0, "d": " 5 ", "e": {"f": "5"}, "g": -5, "h": 1e300, "i": true}"#,
        );
        for field in ["a", "b", "c", "d", "e.f"] {
            assert_eq!(answer.number(field), Some(5), "{field}");
        }
        for field in ["g", "h", "i", "e", "e.f.g", "z"] {
            assert_eq!(answer.number(field), None, "{field}");
        }
    }

    #[test]
    fn a_secret_that_no_header_can_carry_is_refused() {
        let long = format!(r#"{{"token": "{}"}}"#, "x".repeat(MAX_TOKEN_BYTES + 1));
        for json in
            [r#"{"token": "a b"}"#, r#"{"token": "a\nb"}"#, r#"{"token": "é"}"#, r#"{"token": ["a"]}"#, &long]
        {
            assert_eq!(answer(json).secret("token"), Err(AnswerProblem::Unusable("token")));
        }
        for json in [r#"{"token": ""}"#, r#"{"token": null}"#, "{}"] {
            assert_eq!(answer(json).secret("token"), Err(AnswerProblem::Missing("token")));
        }
        assert_eq!(answer(r#"{"token": "a.b-c_="}"#).secret("token").unwrap().reveal(), "a.b-c_=");
    }

    #[test]
    fn what_is_no_answer_is_refused_and_not_shown() {
        let deep = format!("{}{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        for text in ["<html>Sign in</html>", "", "[]", "\"s3cret", "{\"token\": \"s3cret", &deep] {
            assert_eq!(Answer::parse(text.as_bytes()).err(), Some(AnswerProblem::NotJson), "{text}");
        }
        assert_eq!(Answer::parse(b"\xff").err(), Some(AnswerProblem::NotJson));
    }
}
