//! What an answer of a sign-in service means that does not bring what was asked for.

use std::time::{Duration, SystemTime};

use super::secret::Secret;
use crate::client::http::exchange::Reply;
use crate::error::Setting;
use crate::files::check_token;
use crate::service::{Answer, BodyProblem, Fault, Refusal, error_message};
use crate::text::seconds;

/// Difference of the clocks that is worth a word: the service accepts a few minutes.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(120);

/// The words by which the services refuse. They count more than the status, which differs for the same word.
const WORDS: [&str; 9] = [
    "FAILURE_BAD_CREDENTIAL",
    "FAILURE_BAD_HEADER",
    "authorization_pending",
    "slow_down",
    "expired_token",
    "access_denied",
    "invalid_grant",
    "invalid_request",
    "unauthorized_client",
];

/// An answer of a sign-in service that does not refuse.
pub(super) struct Granted<'a> {
    pub(super) answer: Answer,
    reply: &'a Reply,
}

impl<'a> Granted<'a> {
    /// Reads the answer to a request for what is under `key`, whatever its status is.
    pub(super) fn read(reply: &'a Reply, key: &str) -> Result<Granted<'a>, Fault> {
        // The parser's own words are not shown: they may hold a part of a token.
        let Ok(answer) = Answer::parse(&reply.body) else {
            let page = BodyProblem::Document { kind: "something else than JSON", message: None };
            return Err(if is_good(reply) { Fault::Body(page) } else { status(reply, None) });
        };
        let mut refusal = answer.refusal(key);
        if reply.status == 403 && key == "access_token" {
            // Anaplan says no word where the refresh token is dead.
            refusal.get_or_insert_default().word.get_or_insert_with(|| "invalid_grant".to_owned());
        }
        match refusal {
            Some(refusal) => Err(fault(refusal, reply)),
            None if !is_good(reply) && !answer.has(key) => Err(status(reply, error_message(&reply.body))),
            None => Ok(Granted { answer, reply }),
        }
    }

    /// A secret that will be a part of a request. As in a file, blanks, line ends and a byte order mark around it do
    /// not belong to it.
    pub(super) fn secret(&self, path: &'static str) -> Result<Secret, Fault> {
        if !self.answer.has(path) {
            return Err(Fault::NoPayload(path));
        }
        let can_be_sent = |text: &String| {
            let is_token = text.bytes().all(|byte| byte.is_ascii_graphic());
            is_token && check_token(Setting::Token, "", text).is_ok()
        };
        let around = |c: char| c.is_whitespace() || c == '\u{feff}';
        let text = self.answer.text(path).map(|text| text.trim_matches(around).to_owned());
        text.filter(can_be_sent).map(Secret::new).ok_or_else(|| self.unusable(path))
    }

    /// The fault of a field whose value cannot be meant.
    pub(super) fn unusable(&self, path: &str) -> Fault {
        status(self.reply, Some(format!("its {path} cannot be used")))
    }
}

/// Whether the answer to a request that brings nothing back says that it succeeded.
pub(super) fn check_done(reply: &Reply) -> Result<(), Fault> {
    match reply.body.trim_ascii() {
        [] if is_good(reply) => Ok(()),
        _ => Granted::read(reply, "").map(|_| ()),
    }
}

fn is_good(reply: &Reply) -> bool {
    matches!(reply.status, 200 | 201 | 204)
}

fn status(reply: &Reply, message: Option<String>) -> Fault {
    Fault::Status { status: reply.status, message, retry_after: reply.retry_after }
}

/// The word counts where it is known, else the status.
fn fault(refusal: Refusal, reply: &Reply) -> Fault {
    let may_pass = matches!(reply.status, 408 | 409 | 423 | 429 | 500..=599);
    let is_refused = |word: &String, said: Option<u16>| WORDS.contains(&word.as_str()) || (said.is_none() && !may_pass);
    match refusal {
        Refusal { status, word: Some(word), message } if is_refused(&word, status) => {
            let clock = reply.date.and_then(clock_error);
            let clock = clock.map(|error| format!("this machine's clock is {error}: set it"));
            let known = [message, clock].into_iter().flatten().collect::<Vec<_>>();
            let message = (!known.is_empty()).then(|| known.join("; "));
            Fault::SignInRefused { word, message }
        }
        refusal if is_good(reply) => refusal.into(),
        Refusal { word, message, .. } => status(reply, message.or(word)),
    }
}

/// How far this machine's clock is off, where it matters: signatures and certificates look invalid then.
pub(in crate::client) fn clock_error(service: SystemTime) -> Option<String> {
    let (difference, direction) = match SystemTime::now().duration_since(service) {
        Ok(fast) => (fast, "fast"),
        Err(slow) => (slow.duration(), "slow"),
    };
    let rounded = Duration::from_secs(difference.as_secs());
    (difference > CLOCK_TOLERANCE).then(|| format!("{} {direction}", seconds(rounded)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a request for `token` ends in: the word of a refusal, or the whole message.
    fn ends_in(status: u16, body: &str) -> String {
        match Granted::read(&Reply::of(status, body), "token").and_then(|granted| granted.secret("token")) {
            Ok(secret) => format!("granted {}", secret.reveal()),
            Err(Fault::SignInRefused { word, .. }) => word,
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn the_word_counts_where_it_is_known_and_else_the_status() {
        for word in WORDS {
            for status in [200, 400, 401, 403, 500] {
                let body = format!(r#"{{"error": "{word}", "error_description": "No."}}"#);
                assert_eq!(ends_in(status, &body), word, "{status}");
            }
        }
        let answered = "the service answered ";
        for (status, body, expected) in [
            (401, r#"{"status": "FAILURE_BAD_CREDENTIAL"}"#, "FAILURE_BAD_CREDENTIAL"),
            (200, r#"{"status": "FAILURE_LOCKED", "token": "x"}"#, "FAILURE_LOCKED"),
            (400, r#"{"error": "invalid_scope"}"#, "invalid_scope"),
            (500, r#"{"error": "odd"}"#, "500 Internal Server Error (odd)"),
            (200, r#"{"status": {"code": 401, "message": "No."}}"#, "401 Unauthorized (No.)"),
            (404, r#"{"status": 404, "error": "Not Found"}"#, "404 Not Found"),
            (429, r#"{"message": "Slowly."}"#, "429 Too Many Requests (Slowly.)"),
            (200, r#"{"message": "Sorry."}"#, "with an error message: Sorry."),
            (403, "<html>blocked</html>", "403 Forbidden"),
            (502, "{}", "502 Bad Gateway"),
            (201, r#"{"status": "SUCCESS", "token": "x"}"#, "granted x"),
            (200, r#"{"token": 7}"#, "granted 7"),
            (200, r#"{"token": "\ufeff x\r\n\t "}"#, "granted x"),
        ] {
            let end = ends_in(status, body);
            assert_eq!(end.strip_prefix(answered).unwrap_or(&end), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_token_that_no_header_can_carry_or_that_is_not_there_is_no_good_news() {
        let long = format!(r#"{{"token": "{}"}}"#, "x".repeat(20_000));
        for body in [
            r#"{"token": " "}"#,
            r#"{"token": "a b"}"#,
            r#"{"token": "a\nb"}"#,
            r#"{"token": "é"}"#,
            r#"{"token": ["a"]}"#,
            &long,
        ] {
            assert!(ends_in(200, body).ends_with("(its token cannot be used)"), "{body}");
        }
        for body in [r#"{"token": ""}"#, r#"{"token": null}"#, "{}", r#"{"status": "SUCCESS"}"#] {
            assert!(ends_in(200, body).ends_with("it has no \"token\""), "{body}");
        }
        for body in ["<html>Sign in</html>", "", "[]", "\"s3cret", "{\"token\": \"s3cret", "\u{ff}"] {
            assert_eq!(ends_in(200, body), "something else than JSON came instead, perhaps from a proxy");
        }
    }

    #[test]
    fn signing_out_is_done_only_where_nothing_says_otherwise() {
        for (status, body) in
            [(204, ""), (200, ""), (200, "{}"), (200, r#"{"status":"SUCCESS","statusMessage":"Bye"}"#)]
        {
            assert!(check_done(&Reply::of(status, body)).is_ok(), "{status} {body}");
        }
        for (status, body) in [(200, r#"{"status":"FAILURE_BAD_TOKEN"}"#), (200, "done"), (401, ""), (500, "{}")] {
            assert!(check_done(&Reply::of(status, body)).is_err(), "{status} {body}");
        }
    }
}
