//! Who somebody is: the tokens of the API, and the two services that issue them.

mod anaplan;
mod oauth;
mod signature;
mod tokens;

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::http::{Answer, Request};
use anaplan::Accounts;
use oauth::{Grant, OAuth};
pub(crate) use tokens::{Scheme, Tokens};

/// All that signing in needs to know.
#[derive(Debug, Default)]
pub(crate) struct SignIn {
    pub(crate) tokens: Tokens,
    accounts: Accounts,
    oauth: OAuth,
}

impl SignIn {
    pub(crate) fn add_password(&mut self, user: String, password: String) {
        self.accounts.passwords.push((user, password));
    }

    pub(crate) fn add_certificate(&mut self, user: String, pem: &str) {
        if let Ok(der) = CertificateDer::from_pem_slice(pem.as_bytes()) {
            self.accounts.certificates.push((user, der.to_vec()));
        }
    }

    pub(crate) fn add_refresh_token(&mut self, user: String, client: String, token: String, rotating: bool) {
        self.oauth.grants.push(Grant { user, client, token, rotating });
    }

    pub(crate) fn approve_devices(&mut self, user: String, pending_polls: usize) {
        self.oauth.approval = Some((user, pending_polls));
    }

    pub(crate) fn set_device_interval(&mut self, interval: Duration) {
        self.oauth.interval = interval;
    }

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

    pub(crate) fn set_clock_ahead(&mut self, seconds: i64) {
        self.tokens.clock_ahead = seconds;
    }
}
