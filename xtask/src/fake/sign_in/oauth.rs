//! The OAuth service `/oauth/...`: refresh tokens, and devices that a user approves.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::tokens::{Scheme, Tokens};
use crate::fake::http::{Answer, Request};

/// An OAuth refresh token. A `rotating` one is replaced each time that it is used.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) user: String,
    pub(crate) client: String,
    pub(crate) token: String,
    pub(crate) rotating: bool,
}

/// How long a device has to wait at least: zero would mean the five seconds of RFC 8628.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// The refresh tokens that are good, and the device that waits for its approval.
#[derive(Debug, Default)]
pub struct OAuth {
    pub(crate) grants: Vec<Grant>,
    /// The user who approves devices, and after how many polls.
    pub(crate) approval: Option<(String, usize)>,
    polls: usize,
    /// The code that waits for its approval; each is good once.
    device_code: Option<String>,
    codes: usize,
    /// How long a device has to wait between its polls, or is answered `slow_down`.
    pub interval: Duration,
    last_poll: Option<Instant>,
}

impl OAuth {
    pub(super) fn token(&mut self, tokens: &mut Tokens, request: &Request) -> Answer {
        let body = body(request);
        match body["grant_type"].as_str() {
            Some("refresh_token") => self.refresh(tokens, &body),
            Some("urn:ietf:params:oauth:grant-type:device_code") => self.poll_device(tokens, &body),
            _ => error("unsupported_grant_type"),
        }
    }

    fn refresh(&mut self, tokens: &mut Tokens, body: &Value) -> Answer {
        let grant = self
            .grants
            .iter_mut()
            .find(|grant| body["client_id"] == grant.client.as_str() && body["refresh_token"] == grant.token.as_str());
        let Some(grant) = grant else { return error("invalid_grant") };
        if grant.rotating {
            grant.token = new_refresh_token(tokens);
        }
        token_answer(tokens, grant)
    }

    pub(super) fn device_code(&mut self, request: &Request, origin: &str) -> Answer {
        if self.approval.is_none() || !body(request)["client_id"].is_string() {
            return error("invalid_client");
        }
        self.polls = 0;
        self.codes += 1;
        let device_code = format!("fake-device-code-{}", self.codes);
        self.device_code = Some(device_code.clone());
        Answer::json(
            200,
            &json!({
                "device_code": device_code,
                "user_code": "FAKE-CODE",
                "verification_uri": format!("{origin}/activate"),
                "verification_uri_complete": format!("{origin}/activate?user_code=FAKE-CODE"),
                "expires_in": 900,
                "interval": self.interval.max(MIN_INTERVAL).as_secs_f64(),
            }),
        )
    }

    fn poll_device(&mut self, tokens: &mut Tokens, body: &Value) -> Answer {
        let Some((user, pending)) = self.approval.clone() else { return error("invalid_grant") };
        let Some(client) = body["client_id"].as_str() else { return error("invalid_client") };
        if self.device_code.is_none() || body["device_code"].as_str() != self.device_code.as_deref() {
            return error("expired_token");
        }
        let last = self.last_poll.replace(Instant::now());
        if last.is_some_and(|last| last.elapsed() < self.interval) {
            return error("slow_down");
        }
        self.polls += 1;
        if self.polls <= pending {
            return error("authorization_pending");
        }
        self.device_code = None;
        let token = new_refresh_token(tokens);
        let grant = Grant { user, client: client.to_owned(), token, rotating: true };
        self.grants.push(grant.clone());
        token_answer(tokens, &grant)
    }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.sent.body).unwrap_or_default()
}

fn new_refresh_token(tokens: &Tokens) -> String {
    format!("fake-refresh-token-{}", tokens.issued + 1)
}

fn token_answer(tokens: &mut Tokens, grant: &Grant) -> Answer {
    let token = tokens.issue(grant.user.clone(), Scheme::Bearer);
    Answer::json(
        200,
        &json!({
            "access_token": token,
            "refresh_token": grant.token,
            "id_token": format!("fake.id-token.{}", grant.user),
            "token_type": "Bearer",
            "expires_in": tokens.lifetime.as_secs(),
        }),
    )
}

/// An error by its word. The statuses differ, as those of the live service do.
fn error(word: &str) -> Answer {
    let status = match word {
        "invalid_client" => 401,
        "authorization_pending" | "invalid_grant" | "access_denied" | "expired_token" => 403,
        _ => 400,
    };
    Answer::json(status, &json!({ "error": word, "error_description": word.replace('_', " ") }))
}
