//! Signing in with a certificate: from the files that people have in their hands to what the service is sent.
//!
//! Everything that can be wrong with the files is found here, before any request. No part of a key is ever in an error.

mod encrypted;
mod found;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{KeyPair, RSA_PKCS1_SHA512, RsaKeyPair};
use serde_json::json;

use self::found::Found;
use crate::client::x509;
use crate::error::{Result, Setting};
use crate::files::NamedFile;
use crate::text::Printable;
use crate::time::Utc;

/// Random bytes that are signed at each sign-in. The service demands 100 at least.
const RANDOM_BYTES: usize = 100;

/// A certificate and its private key, both checked.
pub(crate) struct SigningCertificate {
    key: RsaKeyPair,
    /// The value of the header `Authorization`.
    pub(crate) authorization: String,
    not_before: SystemTime,
    /// The last second of the certificate.
    pub(crate) not_after: SystemTime,
    file: String,
    /// The file of the key, if other users can read it. A certificate alone is no secret.
    pub(crate) exposed_key: Option<PathBuf>,
}

impl SigningCertificate {
    /// Finds the private key in the files, and the certificate that belongs to it.
    pub(crate) fn read(files: &[NamedFile], passphrase: Option<&[u8]>, now: SystemTime) -> Result<SigningCertificate> {
        let found = Found::in_files(files)?;
        let (key_file, key) = found.key(passphrase)?;
        let of_key = found.certificates.iter().filter_map(|(file, der)| {
            let certificate = x509::read(der)?;
            (certificate.public_key == key.public_key().as_ref()).then_some((*file, certificate))
        });
        // An old certificate and its renewal may have the same key.
        let chosen = of_key.max_by_key(|(_, certificate)| {
            let is_valid = (certificate.not_before..=certificate.not_after).contains(&now);
            (is_valid, certificate.not_after)
        });
        let Some((file, chosen)) = chosen else {
            let files = found::names(found.certificates.iter().map(|(file, _)| *file));
            let problem = format!("the one in {} belongs to no certificate in {files}", Printable(key_file.name()));
            return Err(Setting::PrivateKey.unusable(problem));
        };
        let certificate = SigningCertificate {
            authorization: format!("CACertificate {}", STANDARD.encode(pem(chosen.der))),
            not_before: chosen.not_before,
            not_after: chosen.not_after,
            file: file.name().to_owned(),
            exposed_key: key_file.exposed().map(ToOwned::to_owned),
            key,
        };
        certificate.check_validity(now)?;
        Ok(certificate)
    }

    /// The body of a request for a token, signed now. Each request needs its own. What is signed are random bytes, and
    /// the time before them unless it is of the older form.
    pub(crate) fn token_request(&self, has_time: bool, now: SystemTime) -> Result<String> {
        self.check_validity(now)?;
        let random = SystemRandom::new();
        let mut data = Vec::new();
        if has_time {
            let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            data.extend(seconds.to_be_bytes());
        }
        let time_bytes = data.len();
        data.resize(time_bytes + RANDOM_BYTES, 0);
        let mut signature = vec![0; self.key.public().modulus_len()];
        random
            .fill(&mut data[time_bytes..])
            .and_then(|()| self.key.sign(&RSA_PKCS1_SHA512, &random, &data, &mut signature))
            .map_err(|_| {
                Setting::PrivateKey.unusable("it cannot sign: it is damaged, or the system gives no random numbers")
            })?;
        let [data, signature] = [data, signature].map(|bytes| STANDARD.encode(bytes));
        let mut body = json!({ "encodedData": data, "encodedSignedData": signature });
        if has_time {
            body["encodedDataFormat"] = "v2".into();
        }
        Ok(body.to_string())
    }

    /// Checked again at each sign-in: a program that embeds the library may run for years.
    fn check_validity(&self, now: SystemTime) -> Result<()> {
        let file = Printable(&self.file);
        let [begin, end] = [self.not_before, self.not_after].map(|time| Utc(time).to_minute());
        let problem = match now {
            now if now < self.not_before => {
                format!("the one in {file} is not valid before {begin}: check this machine's clock")
            }
            now if now > self.not_after => format!("the one in {file} expired on {end}: ask for a new one"),
            _ => return Ok(()),
        };
        Err(Setting::Certificate.unusable(problem))
    }
}

/// The PEM text of a certificate, in lines of 64 characters as RFC 7468 demands.
fn pem(der: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    // 48 bytes are 64 characters.
    for line in der.chunks(48) {
        text.push_str(&STANDARD.encode(line));
        text.push('\n');
    }
    text + "-----END CERTIFICATE-----\n"
}
