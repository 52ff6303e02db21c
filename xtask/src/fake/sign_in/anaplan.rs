//! The sign-in service `/token/...`: tokens for passwords and certificates.

use std::time::UNIX_EPOCH;

use base64::prelude::{BASE64_STANDARD, Engine};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::{Value, json};
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA512;

use super::{Scheme, SignIn};
use crate::fake::http::{Answer, Request};

const VALIDATION: &str = "https://auth.anaplan.com/token/validate";

impl SignIn {
    /// Checks the credentials, and issues a token for them.
    pub(super) fn authenticate(&mut self, request: &Request) -> Answer {
        let header = request.header("authorization").unwrap_or_default();
        let user = match header.split_once(' ') {
            Some(("Basic", encoded)) => self.user_of_password(encoded),
            Some(("CACertificate", encoded)) => self.user_of_certificate(encoded, &request.sent.body),
            _ => return bad_header(),
        };
        let Some(user) = user else { return refused("The credentials are not valid") };
        let token = self.tokens.issue(user, Scheme::Anaplan);
        let info = json!({
            "tokenId": format!("{token}-id"),
            "tokenValue": token,
            "expiresAt": self.expires_at(&token),
            "refreshTokenId": format!("{token}-refresh-id"),
        });
        let (meta, message) = (json!({ "validationUrl": VALIDATION }), "Login successful");
        Answer::json(201, &json!({ "meta": meta, "status": "SUCCESS", "statusMessage": message, "tokenInfo": info }))
    }

    fn user_of_password(&self, encoded: &str) -> Option<String> {
        let text = String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        let mut known = self.passwords.iter();
        known.find(|(name, word)| name == user && word == password).map(|(name, _)| name.clone())
    }

    fn user_of_certificate(&self, encoded: &str, body: &[u8]) -> Option<String> {
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
        if body["encodedDataFormat"] == "v2" && !self.is_fresh(&data) {
            return None;
        }
        let mut known = self.certificates.iter();
        known.find(|(_, der)| **der == *certificate).map(|(user, _)| user.clone())
    }

    pub(super) fn validate(&self, request: &Request) -> Answer {
        if request.header("authorization").is_some_and(|header| header.starts_with("Bearer ")) {
            return bad_header();
        }
        let Some((user, token)) = self.holder(request) else { return refused("The token is not valid") };
        let user =
            json!({ "userGuid": format!("guid-of-{user}"), "userId": user, "customerGuid": "guid-of-the-tenant" });
        let end = json!({ "expiresAt": self.expires_at(&token) });
        Answer::json(
            200,
            &json!({
                "meta": { "validationUrl": VALIDATION },
                "status": "SUCCESS",
                "statusMessage": "Token validated",
                "userInfo": user,
                "tokenInfo": end,
            }),
        )
    }

    pub(super) fn logout(&mut self, request: &Request) -> Answer {
        let Some((_, token)) = self.holder(request) else { return refused("The token is not valid") };
        self.tokens.remove(&token);
        Answer::empty(204)
    }

    /// User and value of the token in a request that must bring one of this service.
    fn holder(&self, request: &Request) -> Option<(String, String)> {
        let token = request.header("authorization")?.strip_prefix("AnaplanAuthToken ")?.to_owned();
        Some((self.tokens.user_of(request).ok()?, token))
    }

    fn expires_at(&self, token: &str) -> u64 {
        let end = self.tokens.now() + self.tokens.time_left(token);
        end.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    /// Whether the first eight bytes, big-endian seconds since 1970, are within five minutes of now.
    fn is_fresh(&self, data: &[u8]) -> bool {
        let now = self.tokens.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        data.first_chunk().is_some_and(|bytes| u64::from_be_bytes(*bytes).abs_diff(now) < 300)
    }
}

fn bad_header() -> Answer {
    let message = "The Authorization header is not one of this service";
    Answer::json(400, &json!({ "status": "FAILURE_BAD_HEADER", "statusMessage": message }))
}

fn refused(message: &str) -> Answer {
    Answer::json(401, &json!({ "status": "FAILURE_BAD_CREDENTIAL", "statusMessage": message }))
}
