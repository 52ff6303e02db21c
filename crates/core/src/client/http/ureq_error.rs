//! ureq's failures in this library's words. The one place that reads `ureq::Error`.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use ureq::Timeout;

use super::agent::TimeLimits;
use super::names::LookupFailure;
use super::tls_failure::TlsFailure;
use super::tunnel::ProxyFailure;
use crate::service::{ConnectionProblem, Fault};

/// ureq's words for an answer with more header lines than it reads.
const TOO_MANY_HEADERS: &str = "too many headers";

/// How far an exchange had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::client) enum Phase {
    /// Before the header of the answer was complete.
    Header,
    /// While the body was read.
    Body,
}

/// Turns a failed request or body into a [`Fault`].
pub(in crate::client) fn connection_fault(error: ureq::Error, phase: Phase, limits: TimeLimits) -> Fault {
    let problem = problem(&error, phase, limits);
    let source: Option<Box<dyn std::error::Error + Send + Sync>> = match error {
        // Their texts repeat the limit and nothing else.
        _ if problem == ConnectionProblem::HeaderTooLarge => None,
        ureq::Error::Timeout(_) => None,
        ureq::Error::Io(error) => Some(Box::new(error)),
        ureq::Error::Other(error) => Some(error),
        other => Some(Box::new(other)),
    };
    Fault::Connection { problem, source: source.map(Arc::from) }
}

fn problem(error: &ureq::Error, phase: Phase, limits: TimeLimits) -> ConnectionProblem {
    match error {
        ureq::Error::Io(error) => io_problem(error, phase),
        ureq::Error::Timeout(which) => timeout_problem(*which, phase, limits),
        ureq::Error::Other(error) => match (error.downcast_ref(), error.downcast_ref()) {
            (Some(TlsFailure { problem, .. }), _) => *problem,
            (_, Some(failure)) => proxy_problem(failure, limits),
            _ if error.is::<LookupFailure>() => ConnectionProblem::NameLookup,
            _ if phase == Phase::Body => ConnectionProblem::Cut,
            _ => ConnectionProblem::Other,
        },
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => ConnectionProblem::Tls,
        ureq::Error::LargeResponseHeader(..) => ConnectionProblem::HeaderTooLarge,
        // ureq reads at most 128 header lines. It does not hand out the type of this error.
        ureq::Error::Protocol(error) if error.to_string().contains(TOO_MANY_HEADERS) => {
            ConnectionProblem::HeaderTooLarge
        }
        ureq::Error::Protocol(_) if phase == Phase::Header => ConnectionProblem::Protocol,
        // Whatever breaks a body in flight leaves it incomplete.
        _ if phase == Phase::Body => ConnectionProblem::Cut,
        _ => ConnectionProblem::Other,
    }
}

/// A request that got no further than the proxy was never sent.
fn proxy_problem(failure: &ProxyFailure, limits: TimeLimits) -> ConnectionProblem {
    use ConnectionProblem::{Expired, Tls, UnknownIssuer, WrongName};
    match failure.status() {
        Some(407) => ConnectionProblem::ProxyAuthentication,
        // The proxy could not reach the host, or is overloaded: a matter of time.
        Some(408 | 429 | 500..=599) => ConnectionProblem::ProxyConnect,
        Some(_) => ConnectionProblem::Proxy,
        None => match problem(&failure.error, Phase::Header, limits) {
            problem @ (Expired | Tls | UnknownIssuer | WrongName) => problem,
            // It was not reached, or dropped the connection.
            _ => ConnectionProblem::ProxyConnect,
        },
    }
}

fn io_problem(error: &io::Error, phase: Phase) -> ConnectionProblem {
    match error.kind() {
        _ if phase == Phase::Body => ConnectionProblem::Cut,
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected => ConnectionProblem::Closed,
        ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable => ConnectionProblem::Connect,
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::TimedOut => ConnectionProblem::Unreachable,
        // rustls reports so what breaks TLS after the handshake, when the request may have arrived.
        ErrorKind::InvalidData => ConnectionProblem::Protocol,
        _ => ConnectionProblem::Other,
    }
}

fn timeout_problem(which: Timeout, phase: Phase, limits: TimeLimits) -> ConnectionProblem {
    match which {
        Timeout::Resolve => ConnectionProblem::NameLookup,
        Timeout::Connect => ConnectionProblem::Connect,
        Timeout::RecvResponse => ConnectionProblem::Timeout(limits.header),
        Timeout::RecvBody => ConnectionProblem::Timeout(limits.body),
        Timeout::PerRead if phase == Phase::Header => ConnectionProblem::Silent(limits.stall),
        // Reading and writing; no other limit is set.
        _ => ConnectionProblem::Stalled(limits.stall),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::service::Fate;

    const SECOND: Duration = Duration::from_secs(1);
    const LIMITS: TimeLimits = TimeLimits { stall: SECOND, header: SECOND, body: SECOND };

    #[test]
    fn tls_that_breaks_after_the_handshake_leaves_open_whether_the_request_arrived_unless_it_was_for_a_proxy()
    {
        let broken = || ureq::Error::Io(ErrorKind::InvalidData.into());
        let failure = ProxyFailure { proxy: "https://proxy.example".to_owned(), error: broken() };
        for (error, fate) in
            [(broken(), Fate::Unknown), (ureq::Error::Other(Box::new(failure)), Fate::Refused)]
        {
            let fault = connection_fault(error, Phase::Header, LIMITS);
            assert_eq!(fault.fate(), fate, "{fault}");
        }
    }
}
