//! ureq's failures in this library's words. The one place that reads `ureq::Error`.

use std::io::{self, ErrorKind};

use ureq::{Agent, Timeout};

use crate::error::{ConnectionProblem, Error, Subject};

/// How far an exchange had come when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the header of the answer was complete.
    Header,
    /// While the body was read.
    Body,
}

/// Turns a failed request or body into an [`Error::Connection`]. The agent tells the limits that ran
/// out.
pub(super) fn connection_error(error: ureq::Error, phase: Phase, agent: &Agent, subject: &Subject) -> Error {
    let problem = problem(&error, phase, agent);
    let source: Option<Box<dyn std::error::Error + Send + Sync>> = match error {
        // Its text repeats the limit and nothing else.
        ureq::Error::Timeout(_) => None,
        ureq::Error::Io(error) => Some(Box::new(error)),
        other => Some(Box::new(other)),
    };
    Error::Connection { subject: subject.clone(), problem, source }
}

fn problem(error: &ureq::Error, phase: Phase, agent: &Agent) -> ConnectionProblem {
    match error {
        ureq::Error::Io(error) => io_problem(error, phase),
        ureq::Error::Timeout(which) => timeout_problem(*which, agent),
        ureq::Error::HostNotFound => ConnectionProblem::NameLookup,
        ureq::Error::ConnectionFailed => ConnectionProblem::Connect,
        // The proxy could not reach the host, or is overloaded: a matter of time.
        ureq::Error::ConnectProxyFailed(text) if text.contains("responded 5") => ConnectionProblem::Connect,
        ureq::Error::ConnectProxyFailed(_) => ConnectionProblem::Proxy,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => ConnectionProblem::Tls,
        ureq::Error::LargeResponseHeader(..) => ConnectionProblem::HeaderTooLarge,
        // ureq reads at most 128 header lines.
        ureq::Error::Protocol(error) if error.to_string().contains("too many headers") => {
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
        // These may strike a connection that was made, too, after the request went out.
        ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::TimedOut => ConnectionProblem::Unreachable,
        // rustls reports a failed handshake so.
        ErrorKind::InvalidData => ConnectionProblem::Tls,
        // A failed name look-up has a kind that no program can name, only this text.
        _ if error.to_string().contains("lookup address") => ConnectionProblem::NameLookup,
        _ => ConnectionProblem::Other,
    }
}

fn timeout_problem(which: Timeout, agent: &Agent) -> ConnectionProblem {
    let config = agent.config();
    let timeouts = config.timeouts();
    match which {
        Timeout::Resolve => ConnectionProblem::NameLookup,
        Timeout::Connect => ConnectionProblem::Connect,
        Timeout::RecvResponse => ConnectionProblem::HeaderTimeout(timeouts.recv_response.unwrap_or_default()),
        Timeout::RecvBody => ConnectionProblem::BodyTimeout(timeouts.recv_body.unwrap_or_default()),
        Timeout::PerRead => ConnectionProblem::Stalled(config.timeout_per_read().unwrap_or_default()),
        Timeout::PerWrite => ConnectionProblem::Stalled(config.timeout_per_write().unwrap_or_default()),
        // Limits that only an embedder's own agent sets.
        _ => ConnectionProblem::Stalled(timeouts.per_call.or(timeouts.global).unwrap_or_default()),
    }
}
