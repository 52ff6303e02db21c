//! Whether an answer with a good status says all the same that it failed, and whether it says that it succeeded.

use serde_json::Value;

use super::answer::{Answer, count, id, says_something};
use super::fault::Fault;
use crate::address::Id;

/// How an answer says that it failed, whatever its HTTP status is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status in its envelope.
    pub(crate) status: Option<u16>,
    /// The word for the reason, such as `FAILURE_BAD_CREDENTIAL` or `invalid_grant`.
    pub(crate) word: Option<String>,
    /// The sentence for people.
    pub(crate) message: Option<String>,
}

impl Answer {
    /// Refuses an answer of the API that says it failed.
    pub(super) fn check(&self, key: &str) -> Result<(), Fault> {
        self.refusal(key).map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// Whether the status says success, nothing says anything else, and the answer carries nothing else: with
    /// another payload it is the answer to another request.
    pub(super) fn is_success_without(&self, key: &str) -> bool {
        let is_payload = |(name, value): (&String, &Value)| {
            let is_envelope = ["status", "meta", key].contains(&name.as_str());
            !is_envelope && (value.is_array() || value.is_object()) && says_something(value)
        };
        self.says_success() && !self.0.as_object().into_iter().flatten().any(is_payload)
    }

    /// Whether the status says success, and nothing says anything else.
    pub(crate) fn says_success(&self) -> bool {
        let is_good = match self.code() {
            // The message of every success in the service's reference and in its logs is this word.
            Some(200..=299) => self.message().is_none_or(|message| starts_with(&message, "success")),
            Some(_) => false,
            None => self.status_word().is_some_and(|word| word.eq_ignore_ascii_case("success")),
        };
        is_good && !self.has_error()
    }

    /// How an answer to a request for what is under `key` says that it failed; `None` if it does not.
    pub(crate) fn refusal(&self, key: &str) -> Option<Refusal> {
        let status = self.code().filter(|code| !(200..=299).contains(code) && (100..=599).contains(code));
        let says_failure = self.has_error() || self.status_word().is_some_and(|word| starts_with(&word, "fail"));
        let is_good = self.says_success() || (!self.get(key).is_null() && !says_failure);
        let (word, message) = (self.word(), self.message());
        let says_nothing = word.is_none() && message.is_none();
        if status.is_none() && (is_good || (says_nothing && !says_failure)) {
            return None;
        }
        let is_bare = status.is_none() && says_nothing;
        let message = message.or_else(|| is_bare.then(|| "it reports an error".to_owned()));
        Some(Refusal { status, word, message })
    }

    fn code(&self) -> Option<u16> {
        let status = self.get("status");
        count(status.get("code").unwrap_or(status)).and_then(|code| u16::try_from(code).ok())
    }

    fn status_word(&self) -> Option<String> {
        self.text("status").filter(|_| self.code().is_none())
    }

    /// The word for the reason: of the status, or of OAuth.
    fn word(&self) -> Option<String> {
        let is_word = |text: &String| !text.contains(char::is_whitespace);
        self.status_word().or_else(|| self.text("error").filter(is_word))
    }

    fn has_error(&self) -> bool {
        says_something(self.get("error")) || says_something(self.get("errors"))
    }

    /// The sentence for people, from the shapes that the services have: the API's `{"status":{"message":…}}`,
    /// the sign-in service's `{"statusMessage":…}`, OAuth's `{"error_description":…}`, those of gateways, and
    /// the `{"title":…}` of RFC 9457.
    fn message(&self) -> Option<String> {
        const PATHS: [&str; 7] =
            ["status.message", "statusMessage", "error_description", "message", "error", "errors", "title"];
        let sentence = |path| {
            let value = self.get(path);
            let first = value.get(0).unwrap_or(value);
            let text = first.as_str().or_else(|| first.get("message")?.as_str())?;
            let is_said_already = path == "error" && self.word().as_deref() == Some(text);
            (!text.trim().is_empty() && !is_said_already).then(|| text.to_owned())
        };
        PATHS.into_iter().find_map(sentence)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        let Refusal { status, word, message } = refusal;
        match status {
            Some(status) => Fault::Status { status, message: message.or(word), retry_after: None },
            None => Fault::ErrorMessage(word.into_iter().chain(message).collect::<Vec<_>>().join(": ")),
        }
    }
}

/// The answer to a start: the identifier of the new task. One that names a task is a success, whatever else it says.
pub(crate) fn started_task(bytes: &[u8]) -> Result<Id, Fault> {
    let answer = Answer::parse(bytes)?;
    match id(answer.get("task.taskId")).or_else(|| id(answer.get("taskId"))) {
        Some(id) => Ok(id),
        None => Err(answer.check("").err().unwrap_or(Fault::NoPayload("task"))),
    }
}

/// Whether the answer to a request that brings nothing back, as cancelling and signing out do, says that it
/// failed. No bytes at all are a success.
pub(crate) fn check_done(bytes: &[u8]) -> Result<(), Fault> {
    if bytes.trim_ascii().is_empty() { Ok(()) } else { Answer::parse(bytes)?.check("") }
}

/// Whether the answer to what is documented to have no content (204) says all the same that it was done.
pub(crate) fn check_success(bytes: &[u8]) -> Result<(), Fault> {
    let answer = Answer::parse(bytes)?;
    answer.check("")?;
    answer.says_success().then_some(()).ok_or(Fault::NoPayload("status"))
}

/// The message of an error's body; `None` for anything else, such as a gateway's HTML.
pub(crate) fn error_message(body: &[u8]) -> Option<String> {
    let answer = Answer::parse(body).ok()?;
    answer.message().or_else(|| answer.word().filter(|_| !answer.says_success()))
}

fn starts_with(text: &str, word: &str) -> bool {
    text.trim_start().get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}
