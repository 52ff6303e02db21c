//! The OAuth service `/oauth/...`: refresh tokens, and devices that somebody approves.

use serde_json::{Value, json};

use super::tokens::{Scheme, Tokens};
use crate::fake::http::{Answer, Request};

/// An OAuth refresh token. A `rotating` one is replaced each time that it is used.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) user: String,
    pub(super) client: String,
    pub(super) token: String,
    pub(super) rotating: bool,
}

/// The refresh tokens that are good, and the device that waits for its approval.
#[derive(Debug, Default)]
pub(super) struct OAuth {
    pub(super) grants: Vec<Grant>,
    /// The user who approves devices, and after how many polls.
    pub(super) approval: Option<(String, usize)>,
    polls: usize,
}

const DEVICE_CODE: &str = "fake-device-code";

impl OAuth {
    /// `/oauth/token`
    pub(super) fn token(&mut self, tokens: &mut Tokens, request: &Request) -> Answer {
        let body = body(request);
        match body["grant_type"].as_str() {
            Some("refresh_token") => self.refresh(tokens, &body),
            Some("urn:ietf:params:oauth:grant-type:device_code") => self.poll_device(tokens, &body),
            _ => error("unsupported_grant_type"),
        }
    }

    fn refresh(&mut self, tokens: &mut Tokens, body: &Value) -> Answer {
        let grant = self.grants.iter_mut().find(|grant| {
            body["client_id"] == grant.client.as_str() && body["refresh_token"] == grant.token.as_str()
        });
        let Some(grant) = grant else { return error("invalid_grant") };
        if grant.rotating {
            grant.token = new_refresh_token(tokens);
        }
        token_answer(tokens, grant)
    }

    /// `/oauth/device/code`
    pub(super) fn device_code(&mut self, request: &Request, origin: &str) -> Answer {
        if self.approval.is_none() || !body(request)["client_id"].is_string() {
            return error("invalid_client");
        }
        self.polls = 0;
        Answer::json(
            200,
            &json!({
                "device_code": DEVICE_CODE,
                "user_code": "FAKE-CODE",
                "verification_uri": format!("{origin}/activate"),
                "verification_uri_complete": format!("{origin}/activate?user_code=FAKE-CODE"),
                "expires_in": 900,
                "interval": 0,
            }),
        )
    }

    fn poll_device(&mut self, tokens: &mut Tokens, body: &Value) -> Answer {
        let Some((user, pending)) = self.approval.clone() else { return error("invalid_grant") };
        let Some(client) = body["client_id"].as_str() else { return error("invalid_client") };
        if body["device_code"] != DEVICE_CODE {
            return error("invalid_grant");
        }
        self.polls += 1;
        if self.polls <= pending {
            return error("authorization_pending");
        }
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
            "token_type": "Bearer",
            "expires_in": tokens.lifetime.as_secs(),
        }),
    )
}

fn error(error: &str) -> Answer {
    Answer::json(400, &json!({ "error": error, "error_description": error.replace('_', " ") }))
}
