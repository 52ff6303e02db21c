//! Signing in: tokens for passwords, certificates and OAuth grants.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};

use super::base64;
use super::request::Request;
use super::respond::Answer;
use super::service::{Scheme, Service};
use super::signature;

/// Who may sign in, and how.
#[derive(Debug)]
pub(crate) struct SignIn {
    passwords: Vec<(String, String)>,
    /// User and certificate in DER.
    certificates: Vec<(String, Vec<u8>)>,
    grants: Vec<Grant>,
    /// The user who approves devices, and after how many polls.
    device: Option<(String, usize)>,
    device_polls: usize,
    lifetime: Duration,
    issued: usize,
}

/// An OAuth refresh token.
#[derive(Debug, Clone)]
struct Grant {
    user: String,
    client: String,
    token: String,
    rotating: bool,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            passwords: Vec::new(),
            certificates: Vec::new(),
            grants: Vec::new(),
            device: None,
            device_polls: 0,
            lifetime: Duration::from_secs(35 * 60),
            issued: 0,
        }
    }
}

const DEVICE_CODE: &str = "fake-device-code";

impl Service {
    /// Lets a user sign in with a password.
    pub fn add_password(&mut self, user: impl Into<String>, password: impl Into<String>) {
        self.sign_in.passwords.push((user.into(), password.into()));
    }

    /// Lets a user sign in with this certificate (PEM) and its private RSA key. Text without a certificate is
    /// ignored.
    pub fn add_certificate(&mut self, user: impl Into<String>, pem: &str) {
        if let Ok(der) = CertificateDer::from_pem_slice(pem.as_bytes()) {
            self.sign_in.certificates.push((user.into(), der.to_vec()));
        }
    }

    /// Lets an OAuth client refresh; `rotating` clients get a new refresh token each time, and the old one is dead.
    pub fn add_refresh_token(
        &mut self,
        user: impl Into<String>,
        client_id: impl Into<String>,
        refresh_token: impl Into<String>,
        rotating: bool,
    ) {
        self.sign_in.grants.push(Grant {
            user: user.into(),
            client: client_id.into(),
            token: refresh_token.into(),
            rotating,
        });
    }

    /// Lets devices sign in: this user approves after so many polls that are answered `authorization_pending`.
    pub fn approve_devices(&mut self, user: impl Into<String>, pending_polls: usize) {
        self.sign_in.device = Some((user.into(), pending_polls));
    }

    /// How long issued tokens live: 35 minutes at first.
    pub fn set_token_lifetime(&mut self, lifetime: Duration) {
        self.sign_in.lifetime = lifetime;
    }

    /// The answer of the sign-in services, where the address is one of theirs.
    pub(crate) fn sign_in_answer(&mut self, request: &Request, origin: &str) -> Option<Answer> {
        let path = request.target.split('?').next().unwrap_or_default();
        Some(match (request.method.as_str(), path) {
            ("POST", "/token/authenticate") => self.authenticate(request, origin),
            ("POST", "/token/refresh") => self.refresh(request, origin),
            ("GET", "/token/validate") => self.validate(request, origin),
            ("POST", "/token/logout") => self.logout(request),
            ("POST", "/oauth/token") => self.oauth_token(request),
            ("POST", "/oauth/device/code") => self.device_code(request, origin),
            _ => return None,
        })
    }

    fn authenticate(&mut self, request: &Request, origin: &str) -> Answer {
        let header = request.header("authorization").unwrap_or_default();
        let user = match header.split_once(' ') {
            Some(("Basic", encoded)) => self.user_of_password(encoded),
            Some(("CACertificate", encoded)) => self.user_of_certificate(encoded, &request.body),
            _ => None,
        };
        let Some(user) = user else { return refused("The credentials are not valid") };
        let token = self.issue(user, Scheme::Anaplan);
        self.token_answer(201, "Login successful", &token, origin)
    }

    fn user_of_password(&self, encoded: &str) -> Option<String> {
        let text = String::from_utf8(base64::decode(encoded)?).ok()?;
        let (user, password) = text.split_once(':')?;
        let mut known = self.sign_in.passwords.iter();
        known.find(|(name, word)| name == user && word == password).map(|(name, _)| name.clone())
    }

    fn user_of_certificate(&self, encoded: &str, body: &[u8]) -> Option<String> {
        let pem = base64::decode(encoded)?;
        let certificate = CertificateDer::from_pem_slice(&pem).ok()?;
        let body: Value = serde_json::from_slice(body).ok()?;
        let data = base64::decode(body["encodedData"].as_str()?)?;
        let signed = base64::decode(body["encodedSignedData"].as_str()?)?;
        if data.len() < 100 || !signature::verify(&certificate, &data, &signed) {
            return None;
        }
        if body["encodedDataFormat"] == "v2" && !is_fresh(&data) {
            return None;
        }
        let mut known = self.sign_in.certificates.iter();
        known.find(|(_, der)| **der == *certificate).map(|(user, _)| user.clone())
    }

    fn issue(&mut self, user: String, scheme: Scheme) -> String {
        self.sign_in.issued += 1;
        let token = format!("fake-issued-token-{}", self.sign_in.issued);
        let expires = Instant::now() + self.sign_in.lifetime;
        self.register(user, token.clone(), scheme, Some(expires));
        token
    }

    fn token_answer(&self, status: u16, message: &str, token: &str, origin: &str) -> Answer {
        let expires = since_1970() + self.sign_in.lifetime;
        Answer::json(
            status,
            &json!({
                "meta": { "validationUrl": format!("{origin}/token/validate") },
                "status": "SUCCESS",
                "statusMessage": message,
                "tokenInfo": {
                    "tokenId": format!("{token}-id"),
                    "tokenValue": token,
                    "expiresAt": expires.as_millis() as u64,
                    "refreshTokenId": format!("{token}-refresh-id"),
                },
            }),
        )
    }

    fn refresh(&mut self, request: &Request, origin: &str) -> Answer {
        let Some((user, token)) = self.bearer_of_anaplan_token(request) else {
            return refused("The token is not valid");
        };
        let expires = Instant::now() + self.sign_in.lifetime;
        self.register(user, token.clone(), Scheme::Anaplan, Some(expires));
        self.token_answer(200, "Token refreshed", &token, origin)
    }

    fn validate(&self, request: &Request, origin: &str) -> Answer {
        let header = request.header("authorization").unwrap_or_default();
        if header.starts_with("Bearer ") {
            return Answer::error(400, "Bad Request", &request.target);
        }
        let Some((user, token)) = self.bearer_of_anaplan_token(request) else {
            return refused("The token is not valid");
        };
        let known = self.tokens.iter().find(|known| known.value == token);
        let left = match known.and_then(|known| known.expires) {
            Some(end) => end.saturating_duration_since(Instant::now()),
            None => self.sign_in.lifetime,
        };
        Answer::json(
            200,
            &json!({
                "meta": { "validationUrl": format!("{origin}/token/validate") },
                "status": "SUCCESS",
                "statusMessage": "Token validated",
                "userInfo": { "userId": user },
                "tokenInfo": { "expiresAt": (since_1970() + left).as_millis() as u64 },
            }),
        )
    }

    fn logout(&mut self, request: &Request) -> Answer {
        let Some((_, token)) = self.bearer_of_anaplan_token(request) else {
            return refused("The token is not valid");
        };
        self.tokens.retain(|known| known.value != token);
        Answer::empty(204)
    }

    /// User and value of the token in a request that must bring one of the sign-in service.
    fn bearer_of_anaplan_token(&self, request: &Request) -> Option<(String, String)> {
        let header = request.header("authorization")?;
        let token = header.strip_prefix("AnaplanAuthToken ")?.to_owned();
        Some((self.user_of(request).ok()?, token))
    }

    fn oauth_token(&mut self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match body["grant_type"].as_str() {
            Some("refresh_token") => self.oauth_refresh(&body),
            Some("urn:ietf:params:oauth:grant-type:device_code") => self.device_token(&body),
            _ => oauth_error("unsupported_grant_type"),
        }
    }

    fn oauth_refresh(&mut self, body: &Value) -> Answer {
        let fresh = format!("fake-refresh-token-{}", self.sign_in.issued + 1);
        let mut grants = self.sign_in.grants.iter_mut();
        let grant = grants.find(|grant| {
            body["client_id"] == grant.client.as_str() && body["refresh_token"] == grant.token.as_str()
        });
        let Some(grant) = grant else { return oauth_error("invalid_grant") };
        if grant.rotating {
            grant.token = fresh;
        }
        let grant = grant.clone();
        self.oauth_answer(&grant)
    }

    fn oauth_answer(&mut self, grant: &Grant) -> Answer {
        let token = self.issue(grant.user.clone(), Scheme::Bearer);
        Answer::json(
            200,
            &json!({
                "access_token": token,
                "refresh_token": grant.token,
                "token_type": "Bearer",
                "expires_in": self.sign_in.lifetime.as_secs(),
            }),
        )
    }

    fn device_code(&mut self, request: &Request, origin: &str) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if self.sign_in.device.is_none() || !body["client_id"].is_string() {
            return oauth_error("invalid_client");
        }
        self.sign_in.device_polls = 0;
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

    fn device_token(&mut self, body: &Value) -> Answer {
        let Some((user, pending)) = self.sign_in.device.clone() else {
            return oauth_error("invalid_grant");
        };
        let Some(client) = body["client_id"].as_str() else { return oauth_error("invalid_client") };
        if body["device_code"] != DEVICE_CODE {
            return oauth_error("invalid_grant");
        }
        self.sign_in.device_polls += 1;
        if self.sign_in.device_polls <= pending {
            return oauth_error("authorization_pending");
        }
        let token = format!("fake-refresh-token-{}", self.sign_in.issued + 1);
        let grant = Grant { user, client: client.to_owned(), token, rotating: true };
        self.sign_in.grants.push(grant.clone());
        self.oauth_answer(&grant)
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Whether the first eight bytes, big-endian seconds since 1970, are about now.
fn is_fresh(data: &[u8]) -> bool {
    let seconds = data.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    seconds.is_some_and(|seconds| seconds.abs_diff(since_1970().as_secs()) < 300)
}

fn refused(message: &str) -> Answer {
    let body = json!({ "status": "FAILURE_BAD_CREDENTIAL", "statusMessage": message });
    Answer::json(401, &body)
}

fn oauth_error(error: &str) -> Answer {
    Answer::json(400, &json!({ "error": error, "error_description": error.replace('_', " ") }))
}
