//! Who a client is: the tokens of the API, and the two services that issue them.

mod anaplan;
mod oauth;
mod tokens;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, date_time_ymd};

use super::data::USER;
use super::http::{Answer, Request};
pub(crate) use oauth::Grant;
use oauth::OAuth;
pub(crate) use tokens::{Scheme, Tokens};

/// The key of every certificate that a client signs in with. It guards nothing.
pub const CLIENT_KEY: &str = include_str!("../../../../crates/core/tests/fixtures/sign_in/test-only.key.pem");

/// A certificate of that key for the default user, valid from the beginning of one year to that of another.
pub fn client_certificate(first: i32, last: i32) -> Result<String, rcgen::Error> {
    let key = KeyPair::from_pkcs8_pem_and_sign_algo(CLIENT_KEY, &PKCS_RSA_SHA256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, USER);
    (params.not_before, params.not_after) = (date_time_ymd(first, 1, 1), date_time_ymd(last, 1, 1));
    Ok(params.self_signed(&key)?.pem())
}

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
            ("GET", "/token/validate") => self.validate(request),
            ("POST", "/token/logout") => self.logout(request),
            ("POST", "/oauth/token") => self.oauth.token(&mut self.tokens, request),
            ("GET", "/") => Answer::not_found(),
            ("POST", "/oauth/device/code") => self.oauth.device_code(request, origin),
            _ => return None,
        })
    }
}
