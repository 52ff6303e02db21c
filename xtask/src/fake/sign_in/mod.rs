//! Who a client is: the tokens of the API, and the two services that issue them.

mod anaplan;
mod oauth;
mod tokens;

use super::http::{Answer, Request};
pub(crate) use oauth::Grant;
use oauth::OAuth;
pub(crate) use tokens::{Scheme, Tokens};

#[derive(Debug, Default)]
pub struct SignIn {
    pub tokens: Tokens,
    /// Users and their passwords, and their certificates in DER.
    pub(crate) passwords: Vec<(String, String)>,
    pub(crate) certificates: Vec<(String, Vec<u8>)>,
    pub oauth: OAuth,
}

impl SignIn {
    /// The answer of the sign-in services, where the address is one of theirs.
    pub(crate) fn answer(&mut self, request: &Request, origin: &str) -> Option<Answer> {
        Some(match (request.sent.method.as_str(), request.sent.path()) {
            ("POST", "/token/authenticate") => self.authenticate(request),
            ("POST", "/token/refresh") => self.refresh(request),
            ("GET", "/token/validate") => self.validate(request),
            ("POST", "/token/logout") => self.logout(request),
            ("POST", "/oauth/token") => self.oauth.token(&mut self.tokens, request),
            ("GET", "/") => Answer::not_found(),
            ("POST", "/oauth/device/code") => self.oauth.device_code(request, origin),
            _ => return None,
        })
    }
}
