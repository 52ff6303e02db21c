//! Tokens of Anaplan's own sign-in: the answers of `/token/authenticate` and `/token/validate`, and how long
//! a token is good for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::answer::{Answer, AnswerProblem, Refusal, Word};
use super::secret::Secret;

/// How long a token lives where the answer does not say it: as Anaplan documents.
const USUAL_LIFETIME: Duration = Duration::from_secs(35 * 60);

/// Longest lifetime that is believed. None is documented beyond 35 minutes.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before its end a token is renewed, as the vendor's client does: longer than the retries of a
/// request usually take.
const RENEWAL_MARGIN: Duration = Duration::from_secs(5 * 60);

/// A token, and what the service said about its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IssuedToken {
    pub(crate) value: Secret,
    pub(crate) end: TokenEnd,
}

/// The end of a token as the service states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenEnd {
    /// By the service's clock.
    At(SystemTime),
    /// Counted from the answer.
    After(Duration),
    Unknown,
}

impl IssuedToken {
    /// How long the token is good for, from the answer on. `answered` is the `Date` of that answer: the
    /// service's clock counts, and this machine's only where the answer has no date.
    pub(crate) fn lifetime(&self, answered: SystemTime) -> Duration {
        let lifetime = match self.end {
            TokenEnd::At(end) => end.duration_since(answered).unwrap_or_default(),
            TokenEnd::After(lifetime) => lifetime,
            TokenEnd::Unknown => Duration::ZERO,
        };
        // No service gives a token that has ended: its clocks differ. To believe it would mean to sign in for
        // each request, and a token that really has ended is renewed when it is refused.
        if lifetime.is_zero() { USUAL_LIFETIME } else { lifetime.min(MAX_LIFETIME) }
    }
}

/// When to renew a token of this lifetime. Of a short one at least a half is used, so that no service can
/// make a client sign in all the time.
pub(crate) fn renewal_after(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(RENEWAL_MARGIN).max(lifetime / 2)
}

/// Reads an answer of `/token/authenticate`, whatever its status.
pub(crate) fn read(bytes: &[u8]) -> Result<IssuedToken, AnswerProblem> {
    let answer = Answer::parse(bytes)?;
    if let Some(refusal) = refusal(&answer) {
        return Err(AnswerProblem::Refused(refusal));
    }
    let value = answer.secret("tokenInfo.tokenValue")?;
    let end = answer.number("tokenInfo.expiresAt").and_then(at).map_or(TokenEnd::Unknown, TokenEnd::At);
    Ok(IssuedToken { value, end })
}

/// Reads an answer of `/token/validate`: the user, and when the token ends.
pub(crate) fn read_validation(bytes: &[u8]) -> Result<(Option<String>, Option<SystemTime>), AnswerProblem> {
    let answer = Answer::parse(bytes)?;
    if let Some(refusal) = refusal(&answer) {
        return Err(AnswerProblem::Refused(refusal));
    }
    if answer.text("status").is_none() {
        return Err(AnswerProblem::Missing("status"));
    }
    let user = ["userInfo.userEmail", "userInfo.userId", "userInfo.userGuid"];
    let user = user.into_iter().find_map(|field| answer.text(field));
    Ok((user, answer.number("tokenInfo.expiresAt").and_then(at)))
}

fn at(milliseconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

/// `status` is a word here, and an object of code and message where another part of the service answers.
fn refusal(answer: &Answer) -> Option<Refusal> {
    if answer.has("status.code") && !answer.has("tokenInfo") {
        let word = Word::from(answer.text("status.code")?);
        return Some(Refusal { word, message: answer.text("status.message") });
    }
    let status = answer.text("status").filter(|status| status != "SUCCESS")?;
    Some(Refusal { word: Word::from(status), message: answer.text("statusMessage") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn the_documented_answer_gives_the_token_and_its_end() {
        let token = read(
            br#"{"meta": {"validationUrl": "https://auth.anaplan.com/token/validate"}, "status": "SUCCESS",
            "statusMessage": "Login successful", "tokenInfo": {"expiresAt": 1571088565713,
            "tokenId": "b8c3", "tokenValue": "s3cret/+=", "refreshTokenId": "f00"}}"#,
        )
        .unwrap();
        assert_eq!(token.value.reveal(), "s3cret/+=");
        assert_eq!(token.end, TokenEnd::At(UNIX_EPOCH + Duration::from_millis(1_571_088_565_713)));
        assert!(!format!("{token:?}").contains("s3cret"));
    }

    #[test]
    fn a_refusal_is_known_by_its_word() {
        for (json, word, message) in [
            (
                r#"{"status": "FAILURE_BAD_CREDENTIAL", "statusMessage": "Authentication failed"}"#,
                Word::BadCredential,
                Some("Authentication failed"),
            ),
            (r#"{"status": "FAILURE_BAD_HEADER"}"#, Word::BadHeader, None),
            (
                r#"{"status": "FAILURE_LOCKED", "tokenInfo": {"tokenValue": "x"}}"#,
                Word::Other("FAILURE_LOCKED".to_owned()),
                None,
            ),
            (
                r#"{"status": {"code": 401, "message": "Unauthorized"}}"#,
                Word::Other("401".to_owned()),
                Some("Unauthorized"),
            ),
        ] {
            let refusal = Refusal { word, message: message.map(str::to_owned) };
            assert_eq!(read(json.as_bytes()), Err(AnswerProblem::Refused(refusal)), "{json}");
        }
    }

    #[test]
    fn an_answer_without_a_token_is_no_good_news() {
        for json in
            [r#"{"status": "SUCCESS"}"#, "{}", r#"{"status": "SUCCESS", "tokenInfo": {"tokenValue": ""}}"#]
        {
            assert_eq!(read(json.as_bytes()), Err(AnswerProblem::Missing("tokenInfo.tokenValue")), "{json}");
        }
    }

    #[test]
    fn the_services_clock_says_how_long_a_token_lives() {
        let token =
            |json: &str| read(format!(r#"{{"tokenInfo": {{"tokenValue": "x", {json}}}}}"#).as_bytes());
        let lifetime = |json: &str| token(json).unwrap().lifetime(UNIX_EPOCH + minutes(100));
        for (expires_at, expected) in [
            (r#""expiresAt": 8100000"#, minutes(35)),
            (r#""expiresAt": "8100000""#, minutes(35)),
            (r#""expiresAt": 60000"#, USUAL_LIFETIME),
            (r#""expiresAt": 6000000"#, USUAL_LIFETIME),
            (r#""expiresAt": 900000000000000"#, MAX_LIFETIME),
            (r#""expiresAt": "tomorrow""#, USUAL_LIFETIME),
            (r#""tokenId": "t""#, USUAL_LIFETIME),
        ] {
            assert_eq!(lifetime(expires_at), expected, "{expires_at}");
        }
        let ended = IssuedToken { value: Secret::new("x".to_owned()), end: TokenEnd::After(minutes(0)) };
        assert_eq!(ended.lifetime(UNIX_EPOCH), USUAL_LIFETIME);
    }

    #[test]
    fn a_token_is_renewed_five_minutes_before_its_end() {
        assert_eq!(renewal_after(minutes(35)), minutes(30));
        assert_eq!(renewal_after(minutes(8)), minutes(4), "a short one at its half");
        assert_eq!(renewal_after(minutes(0)), minutes(0));
    }
}
