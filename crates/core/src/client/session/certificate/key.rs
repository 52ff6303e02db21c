//! From the bytes of a private key to a key that signs.

use ring::signature::{KeyPair, RsaKeyPair};

use super::contents::{self, Contents, Foreign, KeyForm};
use super::der::{Reader, tag};
#[cfg(feature = "encrypted-keys")]
use super::encrypted::{self, Refusal};
use super::problem::{CertificateProblem, KEY_BITS};

/// Smallest public exponent that is taken, as everywhere today.
const MIN_EXPONENT: &[u8] = &[1, 0, 1];

/// A private key that was found, still in its form.
pub(super) struct FoundKey<'a> {
    pub(super) form: KeyForm,
    pub(super) der: Vec<u8>,
    /// The file that it was found in.
    pub(super) file: &'a str,
    /// Whether that file is no PEM.
    pub(super) is_der: bool,
}

/// Reads the RSA private key.
pub(super) fn rsa_key(
    key: &FoundKey<'_>,
    passphrase: Option<&[u8]>,
) -> Result<RsaKeyPair, CertificateProblem> {
    let FoundKey { der, file, .. } = key;
    let damaged = || CertificateProblem::Damaged { file: (*file).to_owned(), what: "the private key" };
    match key.form {
        KeyForm::Pkcs1 => from_pkcs1(der, file),
        KeyForm::Pkcs8 => from_pkcs1(inside_pkcs8(der).ok_or_else(damaged)?, file),
        KeyForm::EncryptedPkcs8 => {
            let pkcs8 = decrypt(key, passphrase)?;
            match contents::of(&pkcs8) {
                Contents::Key(KeyForm::Pkcs8) => from_pkcs1(inside_pkcs8(&pkcs8).ok_or_else(damaged)?, file),
                Contents::Foreign(found @ Foreign::KeyOf(_)) => Err(not_read(key, found)),
                // One wrong passphrase in 256 makes bytes whose padding looks right.
                _ => Err(CertificateProblem::WrongPassphrase { file: (*file).to_owned() }),
            }
        }
    }
}

/// The PKCS#1 key inside a PKCS#8 one, whatever its version and attributes.
fn inside_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let mut outer = Reader::new(der).sequence()?;
    outer.read(tag::INTEGER)?;
    outer.sequence()?;
    outer.read(tag::OCTET_STRING)
}

fn from_pkcs1(der: &[u8], file: &str) -> Result<RsaKeyPair, CertificateProblem> {
    let file = || file.to_owned();
    let (modulus, exponent) = modulus_and_exponent(der)
        .ok_or_else(|| CertificateProblem::Damaged { file: file(), what: "the private key" })?;
    let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
    if !KEY_BITS.contains(&bits) {
        return Err(CertificateProblem::KeySize { file: file(), bits });
    }
    if (exponent.len(), exponent) < (MIN_EXPONENT.len(), MIN_EXPONENT) {
        return Err(CertificateProblem::UnusableKey {
            file: file(),
            reason: "its public exponent is below 65537",
        });
    }
    RsaKeyPair::from_der(der).map_err(|rejected| CertificateProblem::UnusableKey {
        file: file(),
        reason: match rejected.to_string().as_str() {
            "PrivateModulusLenNotMultipleOf512Bits" => "its size is neither 2048, nor 3072, nor 4096 bits",
            "VersionNotSupported" => "it is of more than two primes",
            _ => "its numbers do not belong together",
        },
    })
}

/// Both without leading zeros.
fn modulus_and_exponent(pkcs1: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut numbers = Reader::new(pkcs1).sequence()?;
    numbers.read(tag::INTEGER)?;
    let mut number = || {
        let bytes = numbers.read(tag::INTEGER)?;
        Some(&bytes[bytes.iter().take_while(|byte| **byte == 0).count()..])
    };
    Some((number()?, number()?))
}

#[cfg(feature = "encrypted-keys")]
fn decrypt(key: &FoundKey<'_>, passphrase: Option<&[u8]>) -> Result<Vec<u8>, CertificateProblem> {
    let file = || key.file.to_owned();
    encrypted::decrypt(&key.der, passphrase).map_err(|refusal| match refusal {
        Refusal::OtherScheme => not_read(key, Foreign::EncryptedKey),
        Refusal::TooManyIterations(iterations) => CertificateProblem::TooManyIterations {
            file: file(),
            iterations,
            limit: encrypted::MAX_ITERATIONS,
        },
        Refusal::PassphraseNeeded => CertificateProblem::PassphraseNeeded { file: file() },
        Refusal::WrongPassphrase => CertificateProblem::WrongPassphrase { file: file() },
    })
}

#[cfg(not(feature = "encrypted-keys"))]
fn decrypt(key: &FoundKey<'_>, _passphrase: Option<&[u8]>) -> Result<Vec<u8>, CertificateProblem> {
    Err(not_read(key, Foreign::EncryptedKey))
}

fn not_read(key: &FoundKey<'_>, found: Foreign) -> CertificateProblem {
    CertificateProblem::NotRead { file: key.file.to_owned(), is_der: key.is_der, found }
}

/// The public half, as a certificate has it.
pub(super) fn public_key(key: &RsaKeyPair) -> &[u8] {
    key.public_key().as_ref()
}
