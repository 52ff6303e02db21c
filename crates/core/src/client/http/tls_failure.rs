//! Why TLS failed, in words: the one place that reads `rustls::Error`.

use std::fmt;
use std::io;
use std::time::SystemTime;

use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError, PeerIncompatible};

use crate::service::ConnectionProblem;
use crate::text::Printable;
use crate::time::Utc;

/// The shortest RSA key that TLS takes, in bits.
const MIN_RSA_BITS: usize = 2048;

/// What is worth knowing of the certificate that a host shows.
#[derive(Debug, Clone)]
pub(in crate::client) struct Seen {
    pub(in crate::client) issuer: String,
    pub(super) validity: String,
    pub(super) not_after: SystemTime,
    /// In bits, of all that the host shows, and of the roots above.
    pub(super) shortest_rsa_key: Option<usize>,
}

/// Why TLS failed, in words.
#[derive(Debug)]
pub(in crate::client) struct TlsFailure {
    pub(in crate::client) problem: ConnectionProblem,
    words: String,
}

const WANTS_CERTIFICATE: &str = "the host wants a certificate of this program, which has none to show: perhaps a \
     gateway before the service does";
const NO_COMMON_WAY: &str = "the host and this program have no cipher, no key exchange or no kind of signature in \
     common: the host's key may be one of P-521, or the host may know old ways alone";
const NO_COMMON_VERSION: &str = "the host knows neither TLS 1.2 nor TLS 1.3";

/// What ureq reports where a handshake failed. `was_asked` is whether the host asked for a certificate of this
/// program.
pub(super) fn of_handshake(error: io::Error, seen: Option<&Seen>, was_asked: bool) -> ureq::Error {
    let refusal = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let Some(refusal) = refusal else { return error.into() };
    let (problem, words) = words(refusal, seen, was_asked);
    ureq::Error::Other(Box::new(TlsFailure { problem, words }))
}

/// The same for what fails later. With TLS 1.3 a host refuses a certificate after the handshake; anything else
/// may have been on the way.
pub(super) fn after_handshake(error: io::Error, was_asked: bool) -> ureq::Error {
    let refusal = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let is_about_certificate = match refusal {
        Some(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)) => true,
        Some(rustls::Error::AlertReceived(_)) => was_asked,
        _ => false,
    };
    if !is_about_certificate {
        return error.into();
    }
    let words = WANTS_CERTIFICATE.to_owned();
    ureq::Error::Other(Box::new(TlsFailure { problem: ConnectionProblem::Tls, words }))
}

/// One sentence for each reason, never the `Debug` of a library.
fn words(error: &rustls::Error, seen: Option<&Seen>, was_asked: bool) -> (ConnectionProblem, String) {
    use rustls::Error::{
        AlertReceived, DecryptError, InappropriateHandshakeMessage, InappropriateMessage, InvalidCertificate,
        InvalidMessage, NoCertificatesPresented, PeerIncompatible, PeerMisbehaved, PeerSentOversizedRecord,
    };
    let words = match error {
        InvalidCertificate(problem) => return words_on_certificate(problem, seen),
        AlertReceived(AlertDescription::CertificateRequired) => WANTS_CERTIFICATE,
        AlertReceived(AlertDescription::ProtocolVersion) => NO_COMMON_VERSION,
        AlertReceived(_) if was_asked => WANTS_CERTIFICATE,
        AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
            NO_COMMON_WAY
        }
        AlertReceived(AlertDescription::UnrecognisedName) => {
            "the host does not know the name that it was called by"
        }
        AlertReceived(alert) => {
            let words = format!("the host ended it with the alert {} of TLS", u8::from(*alert));
            return (ConnectionProblem::Tls, words);
        }
        PeerIncompatible(self::PeerIncompatible::ServerDoesNotSupportTls12Or13) => NO_COMMON_VERSION,
        PeerIncompatible(_) => NO_COMMON_WAY,
        NoCertificatesPresented => "the host shows no certificate",
        InvalidMessage(self::InvalidMessage::InvalidContentType) => {
            "the host answered with something else than TLS: this may not be its port for https"
        }
        InvalidMessage(_)
        | InappropriateMessage { .. }
        | InappropriateHandshakeMessage { .. }
        | PeerMisbehaved(_)
        | PeerSentOversizedRecord
        | DecryptError => "what the host sent is not TLS as the standard has it, or was altered on the way",
        _ => "this machine cannot do what it needs: it has no clock or no source of random numbers",
    };
    (ConnectionProblem::Tls, words.to_owned())
}

fn words_on_certificate(error: &CertificateError, seen: Option<&Seen>) -> (ConnectionProblem, String) {
    use CertificateError::{
        BadEncoding, BadSignature, Expired, ExpiredContext, InvalidPurpose, InvalidPurposeContext,
        NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, Other,
        UnhandledCriticalExtension, UnknownIssuer, UnsupportedSignatureAlgorithmContext,
        UnsupportedSignatureAlgorithmForPublicKeyContext,
    };
    let issuer =
        seen.map_or("an issuer that cannot be read".to_owned(), |seen| Printable(&seen.issuer).to_string());
    let shortest = seen.and_then(|seen| seen.shortest_rsa_key).filter(|bits| *bits < MIN_RSA_BITS);
    let words = match error {
        UnknownIssuer => return (ConnectionProblem::UnknownIssuer, format!("it was issued by {issuer}")),
        BadSignature => match shortest {
            Some(bits) => format!(
                "the host's certificate or one above it has an RSA key of {bits} bits, and {MIN_RSA_BITS} are the least \
                 that is safe"
            ),
            None => {
                let words = format!("it names {issuer} as its issuer, but another key than that root's has signed it");
                return (ConnectionProblem::UnknownIssuer, words);
            }
        },
        ExpiredContext { not_after, .. } if seen.is_some_and(|seen| !is_end(seen, not_after.as_secs())) => {
            let end = SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(not_after.as_secs()));
            let end = Utc(end.unwrap_or(SystemTime::UNIX_EPOCH)).to_minute();
            return (ConnectionProblem::Expired, format!("one above it, of its issuers, expired on {end}"));
        }
        Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. } => {
            let words = seen.map_or("it cannot be read".to_owned(), |seen| seen.validity.clone());
            return (ConnectionProblem::Expired, words);
        }
        NotValidForNameContext { presented, .. } => {
            return (ConnectionProblem::WrongName, format!("it is for {}", names(presented)));
        }
        NotValidForName => return (ConnectionProblem::WrongName, format!("it was issued by {issuer}")),
        UnsupportedSignatureAlgorithmContext { .. } | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the host's certificate or one above it is signed in a way that is not known here, such as with SHA-1, with \
             a key of P-521, or with one of P-256 and SHA-512"
                .to_owned()
        }
        InvalidPurpose | InvalidPurposeContext { .. } => "the host's certificate is not one for hosts".to_owned(),
        BadEncoding => "the host's certificate or one above it is damaged".to_owned(),
        UnhandledCriticalExtension => {
            "the host's certificate or one above it has an extension that is critical and not known here".to_owned()
        }
        Other(OtherError(inner)) => match inner.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => {
                "the host's own certificate is marked as that of an authority (CA:TRUE), which no host may have: it \
                 needs one that is not"
                    .to_owned()
            }
            Some(webpki::Error::UnsupportedCertVersion) => {
                "the host's certificate is of version 1 or 2 of X.509, and hosts need version 3".to_owned()
            }
            _ => BREAKS_RULES.to_owned(),
        },
        _ => BREAKS_RULES.to_owned(),
    };
    (ConnectionProblem::Tls, words)
}

const BREAKS_RULES: &str = "the host's certificate or one above it breaks the rules for certificates, such as a limit \
     that its issuer has";

/// Whether the certificate of the host itself ends at this second.
fn is_end(seen: &Seen, seconds: u64) -> bool {
    seen.not_after.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|end| end.as_secs() == seconds)
}

/// The names in a certificate, as rustls gives them.
fn names(presented: &[String]) -> String {
    /// Maximum number of names that are shown: some certificates have hundreds.
    const SHOWN: usize = 5;
    let bare = |name: &String| {
        let inner = name.split_once("(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
        Printable(inner.unwrap_or(name)).to_string()
    };
    match presented {
        [] => "no host".to_owned(),
        names => names.iter().take(SHOWN).map(bare).collect::<Vec<_>>().join(", "),
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for TlsFailure {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::pki_types::UnixTime;
    use rustls::{InvalidMessage, PeerMisbehaved};

    use super::*;

    fn told(error: rustls::Error, shortest_rsa_key: Option<usize>) -> (ConnectionProblem, String) {
        let (issuer, validity) = ("\"A root\"".to_owned(), "it is valid from A until B".to_owned());
        let seen = Seen { issuer, validity, not_after: SystemTime::UNIX_EPOCH, shortest_rsa_key };
        words(&error, Some(&seen), false)
    }

    #[test]
    fn each_reason_has_words_and_only_a_missing_root_is_called_one() {
        let root = ConnectionProblem::UnknownIssuer;
        let ended = |seconds| CertificateError::ExpiredContext {
            time: UnixTime::since_unix_epoch(std::time::Duration::from_secs(9)),
            not_after: UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
        };
        let other = |error: webpki::Error| CertificateError::Other(OtherError(Arc::new(error)));
        for (error, shortest_rsa_key, problem, expected) in [
            (CertificateError::UnknownIssuer, Some(1024), root, "it was issued by \"A root\""),
            (
                CertificateError::BadSignature,
                Some(2048),
                root,
                "it names \"A root\" as its issuer, but another key ",
            ),
            (
                CertificateError::BadSignature,
                Some(1024),
                ConnectionProblem::Tls,
                "the host's certificate or one ",
            ),
            (ended(0), None, ConnectionProblem::Expired, "it is valid from A until B"),
            (
                ended(5),
                None,
                ConnectionProblem::Expired,
                "one above it, of its issuers, expired on 1970-01-01 00:00 UTC",
            ),
            (
                other(webpki::Error::UnsupportedCertVersion),
                None,
                ConnectionProblem::Tls,
                "the host's certificate is of version ",
            ),
            (other(webpki::Error::PathLenConstraintViolated), None, ConnectionProblem::Tls, BREAKS_RULES),
            (CertificateError::Revoked, None, ConnectionProblem::Tls, BREAKS_RULES),
        ] {
            let (told, words) = told(error.clone().into(), shortest_rsa_key);
            assert!(told == problem && words.starts_with(expected), "{error:?}: {words}");
        }
        for (error, expected) in [
            (
                rustls::Error::AlertReceived(AlertDescription::AccessDenied),
                "the host ended it with the alert 49 of TLS",
            ),
            (
                rustls::Error::PeerMisbehaved(PeerMisbehaved::UnsolicitedServerHelloExtension),
                "what the host sent is not TLS ",
            ),
            (
                rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType),
                "the host answered with something else ",
            ),
            (rustls::Error::General("word".to_owned()), "this machine cannot do what it needs"),
        ] {
            let (told, words) = told(error, None);
            assert!(told == ConnectionProblem::Tls && words.starts_with(expected), "{words}");
        }
    }
}
