//! Why TLS failed, in words: the one place that reads `rustls::Error`.

use std::io::{self, ErrorKind};
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, InvalidMessage, OtherError, PeerIncompatible};

use super::ureq_error::Failure;
use crate::service::ConnectionProblem;
use crate::text::Printable;
use crate::time::Utc;

const WANTS_CERTIFICATE: &str = "the host wants a certificate of this program, which has none to show: perhaps a \
     gateway before the service does";

/// What ureq reports where a handshake failed. `issuer` is that of the host's certificate, if it was seen, and
/// `was_asked` whether the host asked for a certificate of this program.
pub(super) fn of_handshake(error: io::Error, issuer: Option<&str>, was_asked: bool) -> ureq::Error {
    match refusal(&error) {
        Some(refusal) => {
            let (problem, words) = words(refusal, issuer, was_asked);
            Failure { problem, words }.into()
        }
        None => after_handshake(error, was_asked),
    }
}

/// The same for what fails later. With TLS 1.3 a host judges a certificate after the handshake, but before it reads a
/// request: only where its alert is one about certificates, the request had no effect. A host that closes the
/// connection instead may have read it, so that is a broken connection, whose likely reason is said.
pub(super) fn after_handshake(error: io::Error, was_asked: bool) -> ureq::Error {
    use ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let is_closed = matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe);
    let problem = match refusal(&error) {
        Some(rustls::Error::AlertReceived(AlertDescription::CertificateRequired)) => ConnectionProblem::Tls,
        // From handshake_failure to access_denied, without those about the messages themselves.
        Some(rustls::Error::AlertReceived(alert)) if was_asked && matches!(u8::from(*alert), 40..=46 | 48 | 49) => {
            ConnectionProblem::Tls
        }
        None if was_asked && is_closed => ConnectionProblem::Closed,
        _ => return error.into(),
    };
    Failure { problem, words: WANTS_CERTIFICATE.to_owned() }.into()
}

fn refusal(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// One sentence for each reason, never the `Debug` of a library.
fn words(error: &rustls::Error, issuer: Option<&str>, was_asked: bool) -> (ConnectionProblem, String) {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage, PeerIncompatible};
    let words = match error {
        InvalidCertificate(problem) => return words_on_certificate(problem, issuer),
        AlertReceived(AlertDescription::CertificateRequired) => WANTS_CERTIFICATE,
        AlertReceived(AlertDescription::ProtocolVersion)
        | PeerIncompatible(self::PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            "the host knows neither TLS 1.2 nor TLS 1.3"
        }
        AlertReceived(_) if was_asked => WANTS_CERTIFICATE,
        AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity)
        | PeerIncompatible(_) => {
            "the host and this program have no cipher, no key exchange or no kind of signature in common: the host's \
             key may be one of P-521, or the host may know old ways alone"
        }
        AlertReceived(alert) => {
            let words = format!("the host ended it with the alert {} of TLS", u8::from(*alert));
            return (ConnectionProblem::Tls, words);
        }
        InvalidMessage(self::InvalidMessage::InvalidContentType) => {
            "the host answered with something else than TLS: this may not be its port for https"
        }
        _ => "what the host sent is not TLS as the standard has it, or was altered on the way",
    };
    (ConnectionProblem::Tls, words.to_owned())
}

fn words_on_certificate(error: &CertificateError, issuer: Option<&str>) -> (ConnectionProblem, String) {
    use CertificateError::{
        BadSignature, ExpiredContext, NotValidForNameContext, NotValidYetContext, Other, UnknownIssuer,
        UnsupportedSignatureAlgorithmContext, UnsupportedSignatureAlgorithmForPublicKeyContext,
    };
    use ConnectionProblem::{Expired, Tls, WrongName};
    let issuer = Printable(issuer.unwrap_or("an issuer that cannot be read"));
    match error {
        UnknownIssuer => (ConnectionProblem::UnknownIssuer, format!("it was issued by {issuer}")),
        ExpiredContext { not_after, .. } => (Expired, format!("it, or one above it, expired on {}", minute(not_after))),
        NotValidYetContext { not_before, .. } => {
            (Expired, format!("it, or one above it, is not valid before {}", minute(not_before)))
        }
        NotValidForNameContext { presented, .. } => (WrongName, format!("it is for {}", names(presented))),
        Other(OtherError(inner)) if matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) => {
            let words = "the host's own certificate is marked as that of an authority (CA:TRUE), which no host may \
                         have: it needs one that is not";
            (Tls, words.to_owned())
        }
        other => {
            let why = match other {
                BadSignature => format!(
                    "has an RSA key of less than 2048 bits, or another key signed it than that of the trusted root \
                     {issuer}, which may have a newer certificate"
                ),
                UnsupportedSignatureAlgorithmContext { .. }
                | UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
                    let ways = "SHA-1, with a key of P-521, or with one of P-256 and SHA-512";
                    format!("is signed in a way that is not known here, such as with {ways}")
                }
                _ => {
                    "is damaged, of an old version, not one for hosts, or breaks a limit that its issuer has".to_owned()
                }
            };
            (Tls, format!("the host's certificate or one above it {why}"))
        }
    }
}

fn minute(time: &UnixTime) -> String {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()));
    Utc(time.unwrap_or(SystemTime::UNIX_EPOCH)).to_minute()
}

/// The hosts among the names in a certificate, which rustls gives as `DnsName("localhost")` and `IpAddress(10.0.0.1)`.
fn names(presented: &[String]) -> String {
    /// Maximum number of names that are shown: some certificates have hundreds.
    const SHOWN: usize = 5;
    let host = |name: &String| {
        let name = name.strip_prefix("DnsName(").or_else(|| name.strip_prefix("IpAddress("))?;
        Some(Printable(name.trim_matches(['"', ')'])).to_string())
    };
    let hosts: Vec<String> = presented.iter().filter_map(host).take(SHOWN).collect();
    if hosts.is_empty() { "no host".to_owned() } else { hosts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::http::ureq_error::{Phase, connection_fault};
    use crate::service::Fate;

    #[test]
    fn each_reason_has_words_and_only_a_missing_root_is_called_one() {
        let alert = rustls::Error::AlertReceived(AlertDescription::AccessDenied);
        let (root, tls) = (ConnectionProblem::UnknownIssuer, ConnectionProblem::Tls);
        for (error, problem, expected) in [
            (CertificateError::UnknownIssuer.into(), root, "it was issued by \"R\""),
            (CertificateError::Revoked.into(), tls, "the host's certificate or one above it is "),
            (alert, tls, "the host ended it with the alert 49 of TLS"),
            (rustls::Error::DecryptError, tls, "what the host sent is not TLS "),
        ] {
            let (told, words) = words(&error, Some("\"R\""), false);
            assert!(told == problem && words.starts_with(expected), "{error:?}: {words}");
        }
        let presented = ["Unsupported(0x01)", "DnsName(\"a.example\")", "IpAddress(2001:db8::9)"].map(str::to_owned);
        assert_eq!(names(&presented), "a.example, 2001:db8::9");
        assert_eq!(names(&presented[..1]), "no host");
    }

    #[test]
    fn after_the_handshake_only_an_alert_about_certificates_proves_that_the_request_had_no_effect() {
        use AlertDescription::{BadCertificate, CertificateRequired, HandshakeFailure, InternalError};
        let stall = Duration::from_secs(1);
        let alert = |alert| io::Error::new(ErrorKind::InvalidData, rustls::Error::AlertReceived(alert));
        for (error, was_asked, fate, is_named) in [
            (alert(CertificateRequired), false, Fate::Refused, true),
            (alert(BadCertificate), true, Fate::Refused, true),
            (alert(HandshakeFailure), true, Fate::Refused, true),
            (alert(HandshakeFailure), false, Fate::Unknown, false),
            (alert(InternalError), true, Fate::Unknown, false),
            (ErrorKind::ConnectionReset.into(), true, Fate::Unknown, true),
            (ErrorKind::ConnectionReset.into(), false, Fate::Unknown, false),
        ] {
            let case = format!("{error:?} {was_asked}");
            let fault = connection_fault(after_handshake(error, was_asked), Phase::Header, stall);
            let source = std::error::Error::source(&fault).map(ToString::to_string);
            assert_eq!((fault.fate(), fault.is_transient()), (fate, fate == Fate::Unknown), "{case}");
            assert_eq!(source.as_deref() == Some(WANTS_CERTIFICATE), is_named, "{case}");
        }
        // What breaks on the way to a proxy never brought the request to the service.
        let at_proxy = Failure::at_proxy("https://proxy.example", &alert(InternalError).into());
        assert_eq!(connection_fault(at_proxy.into(), Phase::Header, stall).fate(), Fate::Refused);
    }
}
