//! The sign-in service `/token/...`: tokens for passwords and certificates.

use std::time::UNIX_EPOCH;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA512;

use super::tokens::{Scheme, Tokens};
use crate::fake::http::{Answer, Request};

/// Who may sign in, and with what.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    /// User and password.
    pub(crate) passwords: Vec<(String, String)>,
    /// User and certificate in DER.
    pub(crate) certificates: Vec<(String, Vec<u8>)>,
}

impl Accounts {
    /// Checks the credentials, and issues a token for them.
    pub(super) fn authenticate(&self, tokens: &mut Tokens, request: &Request, origin: &str) -> Answer {
        let header = request.header("authorization").unwrap_or_default();
        let user = match header.split_once(' ') {
            Some(("Basic", encoded)) => self.user_of_password(encoded),
            Some(("CACertificate", encoded)) => self.user_of_certificate(encoded, &request.sent.body, tokens),
            _ => return bad_header(),
        };
        let Some(user) = user else { return refused("The credentials are not valid") };
        let token = tokens.issue(user, Scheme::Anaplan);
        token_answer(201, "Login successful", &token, tokens, origin)
    }

    fn user_of_password(&self, encoded: &str) -> Option<String> {
        let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        let mut known = self.passwords.iter();
        known.find(|(name, word)| name == user && word == password).map(|(name, _)| name.clone())
    }

    fn user_of_certificate(&self, encoded: &str, body: &[u8], tokens: &Tokens) -> Option<String> {
        let bytes = BASE64_STANDARD.decode(encoded).ok()?;
        // Clients send the PEM text or the DER inside it.
        let certificate =
            CertificateDer::from_pem_slice(&bytes).unwrap_or_else(|_| CertificateDer::from(bytes.clone()));
        let body: Value = serde_json::from_slice(body).ok()?;
        let data = BASE64_STANDARD.decode(body["encodedData"].as_str()?).ok()?;
        let signed = BASE64_STANDARD.decode(body["encodedSignedData"].as_str()?).ok()?;
        let key = EndEntityCert::try_from(&certificate).ok()?;
        let verified = key.verify_signature(RSA_PKCS1_2048_8192_SHA512, &data, &signed);
        if data.len() < 100 || verified.is_err() {
            return None;
        }
        if body["encodedDataFormat"] == "v2" && !is_fresh(&data, tokens) {
            return None;
        }
        let mut known = self.certificates.iter();
        known.find(|(_, der)| **der == *certificate).map(|(user, _)| user.clone())
    }
}

/// The token of the request gets another whole lifetime.
pub(super) fn refresh(tokens: &mut Tokens, request: &Request, origin: &str) -> Answer {
    let Some((user, token)) = holder(tokens, request) else { return refused("The token is not valid") };
    tokens.renew(user, token.clone(), Scheme::Anaplan);
    token_answer(200, "Token refreshed", &token, tokens, origin)
}

pub(super) fn validate(tokens: &Tokens, request: &Request, origin: &str) -> Answer {
    if request.header("authorization").is_some_and(|header| header.starts_with("Bearer ")) {
        return bad_header();
    }
    let Some((user, token)) = holder(tokens, request) else { return refused("The token is not valid") };
    Answer::json(
        200,
        &json!({
            "meta": { "validationUrl": format!("{origin}/token/validate") },
            "status": "SUCCESS",
            "statusMessage": "Token validated",
            "userInfo": { "userGuid": format!("guid-of-{user}"), "userId": user, "customerGuid": "guid-of-the-tenant" },
            "tokenInfo": { "expiresAt": expires_at(tokens, &token) },
        }),
    )
}

pub(super) fn logout(tokens: &mut Tokens, request: &Request) -> Answer {
    let Some((_, token)) = holder(tokens, request) else { return refused("The token is not valid") };
    tokens.remove(&token);
    Answer::empty(204)
}

/// User and value of the token in a request that must bring one of this service.
fn holder(tokens: &Tokens, request: &Request) -> Option<(String, String)> {
    let token = request.header("authorization")?.strip_prefix("AnaplanAuthToken ")?.to_owned();
    Some((tokens.user_of(request).ok()?, token))
}

fn token_answer(status: u16, message: &str, token: &str, tokens: &Tokens, origin: &str) -> Answer {
    Answer::json(
        status,
        &json!({
            "meta": { "validationUrl": format!("{origin}/token/validate") },
            "status": "SUCCESS",
            "statusMessage": message,
            "tokenInfo": {
                "tokenId": format!("{token}-id"),
                "tokenValue": token,
                "expiresAt": expires_at(tokens, token),
                "refreshTokenId": format!("{token}-refresh-id"),
            },
        }),
    )
}

fn expires_at(tokens: &Tokens, token: &str) -> u64 {
    let end = tokens.now() + tokens.time_left(token);
    end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

/// Whether the first eight bytes, big-endian seconds since 1970, are within five minutes of now.
fn is_fresh(data: &[u8], tokens: &Tokens) -> bool {
    let now = tokens.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    data.first_chunk().is_some_and(|bytes| u64::from_be_bytes(*bytes).abs_diff(now) < 300)
}

fn bad_header() -> Answer {
    let message = "The Authorization header is not one of this service";
    Answer::json(400, &json!({ "status": "FAILURE_BAD_HEADER", "statusMessage": message }))
}

fn refused(message: &str) -> Answer {
    Answer::json(401, &json!({ "status": "FAILURE_BAD_CREDENTIAL", "statusMessage": message }))
}
