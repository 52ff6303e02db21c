//! OAuth (RFC 6749) and its device flow (RFC 8628): the bodies of the requests, and their answers.

use std::time::Duration;

use serde_json::json;

use super::answer::{Answer, AnswerProblem, Refusal, Word};
use super::issued::{IssuedToken, TokenEnd};
use super::secret::Secret;
use crate::text::is_unprintable;

/// What a token is asked for: to know the user, and to get a refresh token.
const SCOPE: &str = "openid profile email offline_access";

/// How often to ask whether the user has approved, where the service does not say it (RFC 8628).
const USUAL_INTERVAL: Duration = Duration::from_secs(5);

/// Shortest interval, where the service asks for none: it must not be asked without a pause.
const MIN_INTERVAL: Duration = Duration::from_millis(100);

/// Longest interval that is believed: a user who has approved should not wait longer.
const MAX_INTERVAL: Duration = Duration::from_secs(60);

/// What `slow_down` adds to the interval (RFC 8628).
const SLOW_DOWN: Duration = Duration::from_secs(5);

/// How long a user has to approve where the service does not say it: as Anaplan documents.
const USUAL_APPROVAL: Duration = Duration::from_secs(15 * 60);

/// Longest time to approve that is believed: waiting must end.
const MAX_APPROVAL: Duration = Duration::from_secs(60 * 60);

/// What `/oauth/token` grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// A grant without one may still have made the old refresh token invalid.
    pub(crate) access: Result<IssuedToken, AnswerProblem>,
    /// The refresh token that counts from now on. Where the client's tokens rotate, the one before it is dead.
    pub(crate) refresh: Option<Secret>,
}

/// What `/oauth/device/code` answers: what to show to the user, and how to ask whether they approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeviceCode {
    pub(crate) device_code: Secret,
    /// What the user enters, or compares.
    pub(crate) user_code: String,
    /// The page to open. It knows the code already if the service gave such a page.
    pub(crate) page: String,
    /// How long the user has.
    pub(crate) lifetime: Duration,
    /// The wait before each request.
    pub(crate) interval: Duration,
}

impl DeviceCode {
    /// Takes note of the answer `slow_down`.
    pub(crate) fn slow_down(&mut self) {
        self.interval = (self.interval + SLOW_DOWN).min(MAX_INTERVAL);
    }
}

/// The body of the request for an access token by a refresh token.
pub(crate) fn refresh_request(client_id: &str, refresh_token: &Secret) -> Vec<u8> {
    body(&json!({
        "grant_type": "refresh_token",
        "client_id": client_id,
        "refresh_token": refresh_token.reveal(),
    }))
}

/// The body of the request that begins the device flow.
pub(crate) fn device_code_request(client_id: &str) -> Vec<u8> {
    body(&json!({ "client_id": client_id, "scope": SCOPE }))
}

/// The body of the request whether the user has approved.
pub(crate) fn device_token_request(client_id: &str, device_code: &Secret) -> Vec<u8> {
    body(&json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": client_id,
        "device_code": device_code.reveal(),
    }))
}

fn body(json: &serde_json::Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

/// Reads an answer of `/oauth/token`.
pub(crate) fn read_grant(status: u16, bytes: &[u8]) -> Result<Grant, AnswerProblem> {
    let answer = Answer::parse(bytes)?;
    check_refusal(&answer)?;
    if status == 403 {
        // Anaplan says no word where the refresh token is dead.
        let message = answer.text("message");
        return Err(AnswerProblem::Refused(Refusal { word: Word::InvalidGrant, message }));
    }
    let end = answer.seconds("expires_in").map_or(TokenEnd::Unknown, TokenEnd::After);
    let access = match answer.secret("access_token") {
        Err(problem) if !matches!(status, 200 | 201) => return Err(problem),
        value => value.map(|value| IssuedToken { value, end }),
    };
    let refresh = answer.has("refresh_token").then(|| answer.secret("refresh_token")).transpose()?;
    Ok(Grant { access, refresh })
}

/// Reads an answer of `/oauth/device/code`, whatever its status.
pub(crate) fn read_device_code(bytes: &[u8]) -> Result<DeviceCode, AnswerProblem> {
    let answer = Answer::parse(bytes)?;
    check_refusal(&answer)?;
    let page = match answer.has("verification_uri_complete") {
        true => shown(&answer, "verification_uri_complete")?,
        false => shown(&answer, "verification_uri")?,
    };
    Ok(DeviceCode {
        device_code: answer.secret("device_code")?,
        user_code: shown(&answer, "user_code")?,
        page,
        lifetime: answer.seconds("expires_in").unwrap_or(USUAL_APPROVAL).min(MAX_APPROVAL),
        interval: answer.seconds("interval").unwrap_or(USUAL_INTERVAL).clamp(MIN_INTERVAL, MAX_INTERVAL),
    })
}

/// The word is what counts: the statuses of the same word differ.
fn check_refusal(answer: &Answer) -> Result<(), AnswerProblem> {
    match answer.text("error") {
        Some(word) => {
            let message = answer.text("error_description");
            Err(AnswerProblem::Refused(Refusal { word: Word::from(word), message }))
        }
        None => Ok(()),
    }
}

/// A text that the user is shown.
fn shown(answer: &Answer, field: &'static str) -> Result<String, AnswerProblem> {
    /// Longest text that a user is shown, in bytes: beyond any URL with a code.
    const MAX_SHOWN_BYTES: usize = 1024;
    let text = answer.text(field).ok_or(AnswerProblem::Missing(field))?;
    let can_be_shown = text.len() <= MAX_SHOWN_BYTES && !text.contains(is_unprintable);
    if can_be_shown { Ok(text) } else { Err(AnswerProblem::Unusable(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: &str = r#"{"access_token": "acc3ss", "refresh_token": "r3fresh", "expires_in": 2100,
        "token_type": "Bearer", "scope": "openid email offline_access", "id_token": "h.p.s"}"#;

    #[test]
    fn a_grant_gives_the_access_token_and_perhaps_a_new_refresh_token() {
        let grant = read_grant(200, GRANT.as_bytes()).unwrap();
        let access = grant.access.as_ref().unwrap();
        assert_eq!(access.value.reveal(), "acc3ss");
        assert_eq!(access.end, TokenEnd::After(Duration::from_secs(2100)));
        assert_eq!(grant.refresh.as_ref().unwrap().reveal(), "r3fresh");
        let shown = format!("{grant:?}");
        assert!(!shown.contains("acc3ss") && !shown.contains("r3fresh"), "{shown}");

        for json in [
            r#"{"access_token": "a", "expires_in": "60"}"#,
            r#"{"access_token": "a", "refresh_token": null}"#,
            r#"{"access_token": "a", "refresh_token": ""}"#,
        ] {
            assert_eq!(read_grant(200, json.as_bytes()).unwrap().refresh, None);
        }
    }

    #[test]
    fn a_grant_whose_new_refresh_token_cannot_be_stored_is_an_error() {
        let json = r#"{"access_token": "a", "refresh_token": "a\nb"}"#;
        assert_eq!(read_grant(200, json.as_bytes()), Err(AnswerProblem::Unusable("refresh_token")));
    }

    #[test]
    fn a_grant_without_an_access_token_still_gives_the_new_refresh_token() {
        let (missing, unusable) =
            (AnswerProblem::Missing("access_token"), AnswerProblem::Unusable("access_token"));
        for (json, problem) in [
            (r#"{"refresh_token": "r"}"#, &missing),
            (r#"{"access_token": "", "refresh_token": "r"}"#, &missing),
            (r#"{"access_token": "a b", "refresh_token": "r"}"#, &unusable),
            (r#"{"access_token": {}, "refresh_token": "r"}"#, &unusable),
        ] {
            let grant = read_grant(200, json.as_bytes()).unwrap();
            assert_eq!(grant.access.as_ref(), Err(problem), "{json}");
            assert_eq!(grant.refresh.unwrap().reveal(), "r", "{json}");
            assert_eq!(read_grant(500, json.as_bytes()).as_ref(), Err(problem), "{json}");
        }
    }

    #[test]
    fn a_refusal_goes_by_its_word_whatever_the_status() {
        for (word, expected) in [
            ("authorization_pending", Word::AuthorizationPending),
            ("slow_down", Word::SlowDown),
            ("expired_token", Word::ExpiredToken),
            ("access_denied", Word::AccessDenied),
            ("invalid_grant", Word::InvalidGrant),
            ("invalid_request", Word::InvalidRequest),
            ("unauthorized_client", Word::UnauthorizedClient),
            ("server_error", Word::Other("server_error".to_owned())),
        ] {
            let json = format!(r#"{{"error": "{word}", "error_description": "No."}}"#);
            let refusal = Refusal { word: expected, message: Some("No.".to_owned()) };
            for status in [200, 400, 401, 403, 500] {
                assert_eq!(read_grant(status, json.as_bytes()), Err(AnswerProblem::Refused(refusal.clone())));
            }
            assert_eq!(read_device_code(json.as_bytes()), Err(AnswerProblem::Refused(refusal)));
        }
    }

    #[test]
    fn a_403_without_a_word_is_a_dead_refresh_token_but_a_page_of_a_proxy_is_not() {
        let refusal = Refusal { word: Word::InvalidGrant, message: Some("Forbidden".to_owned()) };
        let read = read_grant(403, br#"{"message": "Forbidden"}"#);
        assert_eq!(read, Err(AnswerProblem::Refused(refusal)));
        assert_eq!(read_grant(403, b"<html>blocked</html>"), Err(AnswerProblem::NotJson));
    }

    #[test]
    fn a_device_code_says_what_to_show_and_how_often_to_ask() {
        let mut code = read_device_code(
            br#"{"device_code": "d3vice", "user_code": "ABCD-EFGH", "expires_in": 900, "interval": 7,
            "verification_uri": "https://iam.anaplan.com/activate",
            "verification_uri_complete": "https://iam.anaplan.com/activate?user_code=ABCD-EFGH"}"#,
        )
        .unwrap();
        assert_eq!(code.page, "https://iam.anaplan.com/activate?user_code=ABCD-EFGH");
        assert_eq!((code.user_code.as_str(), code.device_code.reveal()), ("ABCD-EFGH", "d3vice"));
        assert_eq!((code.lifetime.as_secs(), code.interval.as_secs()), (900, 7));
        assert!(!format!("{code:?}").contains("d3vice"));
        code.slow_down();
        assert_eq!(code.interval.as_secs(), 12);
        for _ in 0..100 {
            code.slow_down();
        }
        assert_eq!(code.interval, MAX_INTERVAL);
    }

    #[test]
    fn what_a_device_code_leaves_out_or_overstates_is_bounded() {
        let read = |more: &str| {
            let json = format!(
                r#"{{"device_code": "d", "user_code": "U", "verification_uri": "https://x/"{more}}}"#
            );
            read_device_code(json.as_bytes())
        };
        let code = read("").unwrap();
        assert_eq!(
            (code.page.as_str(), code.lifetime, code.interval),
            ("https://x/", USUAL_APPROVAL, USUAL_INTERVAL)
        );
        let code = read(r#", "expires_in": 1e12, "interval": "86400""#).unwrap();
        assert_eq!((code.lifetime, code.interval), (MAX_APPROVAL, MAX_INTERVAL));
        assert_eq!(read(r#", "interval": 0"#).unwrap().interval, MIN_INTERVAL);
        let page = "verification_uri_complete";
        assert_eq!(
            read(r#", "verification_uri_complete": "x\u001b[2J""#),
            Err(AnswerProblem::Unusable(page))
        );
    }

    #[test]
    fn the_requests_are_those_of_the_documentation() {
        let json = |body: Vec<u8>| serde_json::from_slice::<serde_json::Value>(&body).unwrap();
        let secret = Secret::new("s\"1".to_owned());
        assert_eq!(
            json(refresh_request("c", &secret)),
            json!({"grant_type": "refresh_token", "client_id": "c", "refresh_token": "s\"1"})
        );
        assert_eq!(
            json(device_code_request("c")),
            json!({"client_id": "c", "scope": "openid profile email offline_access"})
        );
        assert_eq!(
            json(device_token_request("c", &secret)),
            json!({
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "client_id": "c",
                "device_code": "s\"1",
            })
        );
    }
}
