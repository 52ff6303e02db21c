//! Signing in with a certificate: from the files that people have in their hands to what the service is sent.
//!
//! Everything that can be wrong with the files is found here, before any request. Reading the files, and
//! sending, is left to others.

mod contents;
mod conversion;
mod der;
#[cfg(feature = "encrypted-keys")]
mod encrypted;
#[cfg(test)]
mod fixture;
mod found;
mod key;
mod pem;
mod problem;
#[cfg(test)]
mod tests;
mod x509;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA512, RsaKeyPair};
use serde::Serialize;

use self::found::Found;
pub(crate) use self::found::Input;
pub(crate) use self::problem::CertificateProblem;
pub(crate) use self::x509::describe;

/// Random bytes that are signed at each sign-in. The service demands 100 at least.
const RANDOM_BYTES: usize = 100;

/// The form of the data that is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DataFormat {
    /// Random bytes.
    V1,
    /// The time, then random bytes: what the service has announced to demand.
    #[default]
    V2,
}

/// A certificate and its private key, both checked.
pub(crate) struct SigningCertificate {
    key: RsaKeyPair,
    authorization: String,
    not_before: SystemTime,
    not_after: SystemTime,
    file: String,
    key_file: String,
}

impl fmt::Debug for SigningCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCertificate")
            .field("file", &self.file)
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// What `/token/authenticate` takes as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignedData {
    encoded_data: String,
    encoded_signed_data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoded_data_format: Option<&'static str>,
}

impl SigningCertificate {
    /// Finds the private key in the inputs, and the certificate that belongs to it.
    pub(crate) fn read(
        inputs: &[Input<'_>],
        passphrase: Option<&[u8]>,
        now: SystemTime,
    ) -> Result<Self, CertificateProblem> {
        let found = Found::in_inputs(inputs)?;
        let found_key = found.only_key()?;
        let certificates = found.certificates()?;
        let key = key::rsa_key(found_key, passphrase)?;
        let of_key = certificates.iter().filter_map(|(file, der)| {
            let facts = x509::read(der).filter(|facts| facts.public_key == key::public_key(&key))?;
            Some((facts, *file))
        });
        // An old certificate and its renewal may have the same key.
        let chosen = of_key.max_by_key(|(facts, _)| {
            let is_valid = (facts.not_before..=facts.not_after).contains(&now);
            (is_valid, facts.not_after)
        });
        let Some((facts, file)) = chosen else {
            return Err(CertificateProblem::Mismatch {
                key: found_key.file.to_owned(),
                certificates: certificates.len(),
                files: found.certificate_files(),
            });
        };
        let certificate = SigningCertificate {
            authorization: format!("CACertificate {}", STANDARD.encode(pem::certificate_text(facts.der))),
            not_before: facts.not_before,
            not_after: facts.not_after,
            file: file.to_owned(),
            key_file: found_key.file.to_owned(),
            key,
        };
        certificate.check_validity(now)?;
        Ok(certificate)
    }

    /// The value of the header `Authorization`. It is no secret, but of no use to anybody else.
    pub(crate) fn authorization(&self) -> &str {
        &self.authorization
    }

    /// The name of the input that the key is in.
    pub(crate) fn key_file(&self) -> &str {
        &self.key_file
    }

    /// The last second of the certificate.
    pub(crate) fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// The body of a request for a token, signed now. Each request needs its own.
    pub(crate) fn token_request(
        &self,
        format: DataFormat,
        now: SystemTime,
    ) -> Result<Vec<u8>, CertificateProblem> {
        self.check_validity(now)?;
        let random = SystemRandom::new();
        let mut data = Vec::new();
        if format == DataFormat::V2 {
            let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
            data.extend(seconds.to_be_bytes());
        }
        let time_bytes = data.len();
        data.resize(time_bytes + RANDOM_BYTES, 0);
        random.fill(&mut data[time_bytes..]).map_err(|_| CertificateProblem::SigningFailed)?;
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA512, &random, &data, &mut signature)
            .map_err(|_| CertificateProblem::SigningFailed)?;
        let signed = SignedData {
            encoded_data: STANDARD.encode(data),
            encoded_signed_data: STANDARD.encode(signature),
            encoded_data_format: (format == DataFormat::V2).then_some("v2"),
        };
        // Three strings always serialize.
        Ok(serde_json::to_vec(&signed).unwrap_or_default())
    }

    /// Checked again at each sign-in: a program that embeds the library may run for years.
    fn check_validity(&self, now: SystemTime) -> Result<(), CertificateProblem> {
        let file = || self.file.clone();
        if now < self.not_before {
            return Err(CertificateProblem::NotYetValid { file: file(), begin: self.not_before });
        }
        if now > self.not_after {
            return Err(CertificateProblem::Expired { file: file(), end: self.not_after });
        }
        Ok(())
    }
}
