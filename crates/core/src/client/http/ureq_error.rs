//! ureq's failures in this library's words. The one place that reads `ureq::Error`.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use ureq::Timeout;

use super::agent::{BODY_TIMEOUT, HEADER_STALLS};
use crate::service::{ConnectionProblem, Fault};

/// ureq's words for an answer with more header lines than it reads.
const TOO_MANY_HEADERS: &str = "too many headers";

/// How far an exchange had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the header of the answer was complete.
    Header,
    /// While the body was read.
    Body,
}

/// A failure that is known best where it happens. It goes through ureq as it is.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) problem: ConnectionProblem,
    pub(super) words: String,
}

impl Failure {
    /// What went wrong at a proxy. A request that got no further was never sent.
    pub(super) fn at_proxy(proxy: &str, error: &ureq::Error) -> Failure {
        use ConnectionProblem::{Expired, Proxy, ProxyAuthentication, ProxyConnect, Tls, UnknownIssuer, WrongName};
        let status = match error {
            ureq::Error::ConnectProxyFailed(text) => text.rsplit('/').next(),
            _ => None,
        };
        if let Some(status) = status.and_then(|status| status.trim().parse().ok()) {
            let problem = match status {
                407 => ProxyAuthentication,
                // It could not reach the host, or is overloaded: a matter of time.
                408 | 429 | 500..=599 => ProxyConnect,
                _ => Proxy,
            };
            return Failure { problem, words: format!("the proxy {proxy} answered {status}") };
        }
        let known = Failure::known(error);
        let is_of_tls = |problem: &_| matches!(problem, Expired | Tls | UnknownIssuer | WrongName);
        let problem = known.map(|known| known.problem).filter(is_of_tls).unwrap_or(ProxyConnect);
        let words = match error {
            ureq::Error::ConnectProxyFailed(_) => format!("the proxy {proxy} closed the connection"),
            error => {
                format!("at the proxy {proxy}: {}", known.map_or(error.to_string(), ToString::to_string))
            }
        };
        Failure { problem, words }
    }

    fn known(error: &ureq::Error) -> Option<&Failure> {
        match error {
            ureq::Error::Other(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<Failure> for ureq::Error {
    fn from(failure: Failure) -> ureq::Error {
        ureq::Error::Other(Box::new(failure))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Failure {}

pub(super) fn connection_fault(error: ureq::Error, phase: Phase, stall: Duration) -> Fault {
    let problem = problem(&error, phase, stall);
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

fn problem(error: &ureq::Error, phase: Phase, stall: Duration) -> ConnectionProblem {
    if let Some(known) = Failure::known(error) {
        return known.problem;
    }
    match error {
        ureq::Error::Io(error) => io_problem(error, phase),
        ureq::Error::Timeout(which) => timeout_problem(*which, phase, stall),
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

fn io_problem(error: &io::Error, phase: Phase) -> ConnectionProblem {
    match error.kind() {
        _ if phase == Phase::Body => ConnectionProblem::Cut,
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected => ConnectionProblem::Closed,
        ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable => ConnectionProblem::Connect,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::TimedOut => {
            ConnectionProblem::Unreachable
        }
        // rustls reports so what breaks TLS after the handshake, when the request may have arrived.
        ErrorKind::InvalidData => ConnectionProblem::Protocol,
        _ => ConnectionProblem::Other,
    }
}

fn timeout_problem(which: Timeout, phase: Phase, stall: Duration) -> ConnectionProblem {
    match which {
        Timeout::Connect => ConnectionProblem::Connect,
        Timeout::RecvResponse => ConnectionProblem::Timeout(stall.saturating_mul(HEADER_STALLS)),
        Timeout::RecvBody => ConnectionProblem::Timeout(BODY_TIMEOUT),
        Timeout::PerRead if phase == Phase::Header => ConnectionProblem::Silent(stall),
        // Reading and writing; no other limit is set.
        _ => ConnectionProblem::Stalled(stall),
    }
}
