//! Anaplan's own sign-in with a password or a certificate: a token, whose it is, and its end.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::refusal::{Granted, check_done};
use super::token::Token;
use super::{Held, Issued, Session, ask, post};
use crate::client::http::HeaderValue;
use crate::client::http::exchange::{Content, JSON, Reply, Request};
use crate::client::retry_loop::Wire;
use crate::error::{Result, Setting};
use crate::service::{Fault, Repeat, Subject};

pub(super) const AUTHENTICATE: &str = "/token/authenticate";

/// The user of a token, and its end.
type Validation = (Option<String>, Option<SystemTime>);

impl Session {
    /// Signs in at `/token/authenticate`. Each try needs a body that is made anew: it holds the time.
    pub(super) fn authenticate(
        &self,
        wire: &Wire,
        repeat: Repeat,
        authorization: &HeaderValue,
        body: &dyn Fn() -> Result<String>,
    ) -> Result<Held> {
        let origin = self.host(Setting::SignInHost)?;
        wire.retry(&Subject::SignIn(origin.clone()), repeat, &mut |a_try| {
            let body = body()?;
            let reply = ask(wire, post(origin, AUTHENTICATE, &body), Some(authorization), a_try)?;
            let (token, lifetime) = read_token(&reply)?;
            Ok(Held::new(Token::anaplan(token.reveal())?, lifetime))
        })
    }

    /// Asks the sign-in service whose token it is, and until when it is good.
    pub(in crate::client) fn validate(&self, wire: &Wire) -> Result<Validation> {
        let held = self.token(wire)?;
        let origin = self.host(Setting::SignInHost)?;
        let authorization = held.token.anaplan_header()?;
        wire.retry(&Subject::SignIn(origin.clone()), Repeat::IfTransient, &mut |a_try| {
            let request = Request { method: "GET", origin, path: "/token/validate", body: Content::None, accept: JSON };
            let reply = ask(wire, request, Some(&authorization), a_try)?;
            let (user, until) = read_validation(&reply).map_err(|fault| self.of_new_token(fault))?;
            Ok((user, held.end_date().or(until)))
        })
    }

    pub(super) fn end_token(&self, wire: &Wire) -> Result<()> {
        let held = self.token(wire)?;
        let origin = self.host(Setting::SignInHost)?;
        let authorization = held.token.anaplan_header()?;
        wire.retry(&Subject::SignIn(origin.clone()), Repeat::IfTransient, &mut |a_try| {
            let reply = ask(wire, post(origin, "/token/logout", "{}"), Some(&authorization), a_try)?;
            Ok(check_done(&reply)?)
        })
    }
}

fn read_token(reply: &Reply) -> Result<Issued, Fault> {
    let granted = Granted::read(reply, "tokenInfo.tokenValue")?;
    let token = granted.secret("tokenInfo.tokenValue")?;
    let end = granted.answer.count("tokenInfo.expiresAt").and_then(at);
    // The service's clock counts, and this machine's only where the answer has no date.
    let answered = reply.date.unwrap_or_else(SystemTime::now);
    Ok((token, end.and_then(|end| end.duration_since(answered).ok())))
}

fn read_validation(reply: &Reply) -> Result<Validation, Fault> {
    let answer = Granted::read(reply, "userInfo")?.answer;
    if !answer.says_success() && !answer.has("userInfo") && !answer.has("tokenInfo") {
        return Err(Fault::NoPayload("userInfo"));
    }
    let user = ["userInfo.userEmail", "userInfo.userId", "userInfo.userGuid"];
    let user = user.into_iter().find_map(|field| answer.text(field));
    Ok((user, answer.count("tokenInfo.expiresAt").and_then(at)))
}

fn at(milliseconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> Reply {
        Reply { date: at(1_571_086_565_713), ..Reply::of(200, body) }
    }

    #[test]
    fn the_documented_answer_gives_the_token_and_its_lifetime_by_the_clock_of_the_service() {
        let body = r#"{"meta": {"validationUrl": "https://auth.anaplan.com/token/validate"}, "status": "SUCCESS",
            "statusMessage": "Login successful", "tokenInfo": {"expiresAt": 1571088565713,
            "tokenId": "b8c3", "tokenValue": "s3cret/+=", "refreshTokenId": "f00"}}"#;
        let token = read_token(&reply(body)).unwrap();
        assert_eq!((token.0.reveal(), token.1), ("s3cret/+=", Some(Duration::from_secs(2_000))));
        assert!(!format!("{token:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_is_validated_only_by_an_answer_that_says_something_of_it() {
        let until = Some(UNIX_EPOCH + Duration::from_millis(5_000));
        for (body, user, until) in [
            (r#"{"status": "SUCCESS", "statusMessage": "Token validated"}"#, None, None),
            (r#"{"userInfo": {"userId": "u", "userGuid": "g"}, "tokenInfo": {"expiresAt": "5000"}}"#, Some("u"), until),
            (r#"{"userInfo": [], "tokenInfo": {"expiresAt": 5000}}"#, None, until),
        ] {
            assert_eq!(read_validation(&reply(body)).unwrap(), (user.map(str::to_owned), until), "{body}");
        }
        for body in
            ["{}", r#"{"status": "FAILURE_BAD_TOKEN"}"#, r#"{"status": "FAILURE", "userInfo": {"userId": "u"}}"#]
        {
            assert!(read_validation(&reply(body)).is_err(), "{body}");
        }
    }
}
