//! Who somebody is: the tokens of the API, and the two services that issue them.

mod anaplan;
mod base64;
mod oauth;
mod signature;
mod tokens;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
        let date = http_date(self.tokens.now());
        let tokens = &mut self.tokens;
        let mut answer = match (request.sent.method.as_str(), request.sent.path()) {
            ("POST", "/token/authenticate") => self.accounts.authenticate(tokens, request, origin),
            ("POST", "/token/refresh") => anaplan::refresh(tokens, request, origin),
            ("GET", "/token/validate") => anaplan::validate(tokens, request, origin),
            ("POST", "/token/logout") => anaplan::logout(tokens, request),
            ("POST", "/oauth/token") => self.oauth.token(tokens, request),
            ("GET", "/") => Answer::not_found(request),
            ("POST", "/oauth/device/code") => self.oauth.device_code(request, origin),
            _ => return None,
        };
        answer.headers.push(("Date".to_owned(), date));
        Some(answer)
    }

    pub(crate) fn set_clock_ahead(&mut self, seconds: i64) {
        self.tokens.clock_ahead = seconds;
    }
}

/// A time as HTTP writes it; the weekday, which nobody reads, is always the same.
fn http_date(time: SystemTime) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut days, mut year) = (seconds / 86_400, 1970);
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 0;
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("Mon, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", days + 1, MONTHS[month])
}
