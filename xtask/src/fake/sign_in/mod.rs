//! Who a client is: the tokens of the API, and the two services that issue them.

mod anaplan;
mod oauth;
mod tokens;

use super::http::{Answer, Request};
use anaplan::Accounts;
pub(crate) use oauth::Grant;
use oauth::OAuth;
pub(crate) use tokens::{Scheme, Tokens};

#[derive(Debug, Default)]
pub(crate) struct SignIn {
    pub(crate) tokens: Tokens,
    pub(crate) accounts: Accounts,
    pub(crate) oauth: OAuth,
}

impl SignIn {
    /// The answer of the sign-in services, where the address is one of theirs.
    pub(crate) fn answer(&mut self, request: &Request, origin: &str) -> Option<Answer> {
        let tokens = &mut self.tokens;
        Some(match (request.sent.method.as_str(), request.sent.path()) {
            ("POST", "/token/authenticate") => self.accounts.authenticate(tokens, request, origin),
            ("POST", "/token/refresh") => anaplan::refresh(tokens, request, origin),
            ("GET", "/token/validate") => anaplan::validate(tokens, request, origin),
            ("POST", "/token/logout") => anaplan::logout(tokens, request),
            ("POST", "/oauth/token") => self.oauth.token(tokens, request),
            ("GET", "/") => Answer::not_found(request),
            ("POST", "/oauth/device/code") => self.oauth.device_code(request, origin),
            _ => return None,
        })
    }
}
