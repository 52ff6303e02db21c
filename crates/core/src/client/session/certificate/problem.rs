//! Why a certificate or its private key cannot be used. No part of a key is ever in here.

use std::fmt;
use std::time::SystemTime;

use super::contents::Foreign;
use super::conversion::Advice;
use super::pem::PemDamage;
use crate::text::Printable;
use crate::time::Utc;

/// The sizes of RSA keys that are taken, in bits: shorter ones are not safe, ring signs with no longer ones.
pub(super) const KEY_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Why a certificate or its private key cannot be used. `file` is the name that the caller gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CertificateProblem {
    /// What the file holds is known, but not read here.
    NotRead {
        file: String,
        is_der: bool,
        found: Foreign,
    },
    /// The file is in UTF-16.
    Utf16 {
        file: String,
    },
    /// The file is neither PEM nor DER.
    Unrecognised {
        file: String,
    },
    /// A PEM block of the file is damaged.
    DamagedPem {
        file: String,
        damage: PemDamage,
    },
    /// What the file holds cannot be decoded.
    Damaged {
        file: String,
        what: &'static str,
    },
    /// None of the files holds it.
    Missing {
        what: &'static str,
        files: Vec<String>,
    },
    /// The files hold different private keys.
    SeveralKeys {
        files: Vec<String>,
    },
    /// The private key is encrypted, and no passphrase was given.
    PassphraseNeeded {
        file: String,
    },
    WrongPassphrase {
        file: String,
    },
    /// To decrypt the private key would take too long.
    TooManyIterations {
        file: String,
        iterations: u64,
        limit: u32,
    },
    /// The RSA key is too short or too long.
    KeySize {
        file: String,
        bits: usize,
    },
    UnusableKey {
        file: String,
        reason: &'static str,
    },
    /// The private key belongs to none of the certificates.
    Mismatch {
        key: String,
        certificates: usize,
        files: Vec<String>,
    },
    Expired {
        file: String,
        end: SystemTime,
    },
    NotYetValid {
        file: String,
        begin: SystemTime,
    },
    /// The key, or the system's source of randomness, failed.
    SigningFailed,
}

impl fmt::Display for CertificateProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRead { file, is_der, found } => {
                write!(f, "{}", Advice { found: *found, file, is_der: *is_der })
            }
            Self::Utf16 { file } => {
                write!(f, "{} is in UTF-16: save it as UTF-8 or ASCII", Printable(file))
            }
            Self::Unrecognised { file } => write!(
                f,
                "{} holds neither a certificate nor a private key, in PEM or in DER",
                Printable(file)
            ),
            Self::DamagedPem { file, damage } => {
                let damage = match damage {
                    PemDamage::NoEnd => "a BEGIN line has no END line",
                    PemDamage::NotBase64 => "something else than base64 is between BEGIN and END",
                };
                write!(f, "{} is damaged: {damage}", Printable(file))
            }
            Self::Damaged { file, what } => write!(f, "{what} in {} is damaged", Printable(file)),
            Self::Missing { what, files } => write!(f, "there is no {what} in {}", Names(files)),
            Self::SeveralKeys { files } => write!(
                f,
                "there is more than one private key in {}: keep the one that belongs to the certificate",
                Names(files)
            ),
            Self::PassphraseNeeded { file } => {
                write!(
                    f,
                    "the private key in {} is encrypted, and there is no passphrase for it",
                    Printable(file)
                )
            }
            Self::WrongPassphrase { file } => {
                write!(f, "the passphrase does not open the private key in {}", Printable(file))
            }
            Self::TooManyIterations { file, iterations, limit } => write!(
                f,
                "the private key in {} asks for {iterations} iterations to turn the passphrase into a key, \
                 {limit} are allowed",
                Printable(file)
            ),
            Self::KeySize { file, bits } => write!(
                f,
                "the RSA key in {} has {bits} bits, and must have {} to {}; {}",
                Printable(file),
                KEY_BITS.start(),
                KEY_BITS.end(),
                super::conversion::NEW_KEY
            ),
            Self::UnusableKey { file, reason } => write!(
                f,
                "the RSA key in {} cannot be used: {reason}; {}",
                Printable(file),
                super::conversion::NEW_KEY
            ),
            Self::Mismatch { key, certificates: 1, files } => write!(
                f,
                "the private key in {} does not belong to the certificate in {}",
                Printable(key),
                Names(files)
            ),
            Self::Mismatch { key, certificates, files } => write!(
                f,
                "the private key in {} belongs to none of the {certificates} certificates in {}",
                Printable(key),
                Names(files)
            ),
            Self::Expired { file, end } => {
                let end = Utc(*end).to_minute();
                write!(f, "the certificate in {} expired on {end}: ask for a new one", Printable(file))
            }
            Self::NotYetValid { file, begin } => write!(
                f,
                "the certificate in {} is not valid before {}: check this machine's clock",
                Printable(file),
                Utc(*begin).to_minute()
            ),
            Self::SigningFailed => f.write_str("the private key cannot sign: it is damaged"),
        }
    }
}

impl std::error::Error for CertificateProblem {}

/// Names of files, joined with *and*.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let joint = if index == 0 { "" } else { " and " };
            write!(f, "{joint}{}", Printable(name))?;
        }
        Ok(())
    }
}
