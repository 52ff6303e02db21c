//! What to do next about each error. The reasons behind a status are those that the service's reference
//! gives.

use std::io;

use super::{BodyProblem, ConnectionProblem, Error, Subject, SubjectKind};

impl Error {
    /// What to do next, where there is something to say.
    pub fn advice(&self) -> Option<&'static str> {
        if let Error::StartUnclear { .. } = self {
            return Some("look at the newest tasks before it is started again: it may be running");
        }
        let advice = match self.innermost() {
            Error::Status { subject, status: 404, .. }
                if matches!(self, Error::Interrupted { .. }) && subject.kind() == SubjectKind::Chunk =>
            {
                "the dump was there when the download began: meanwhile it was removed (48 hours after its last \
                 access, or because the import ran again without errors) or replaced by a newer run of the import"
            }
            Error::Status { subject, status, .. } => status_advice(subject, *status)?,
            Error::Connection { problem, .. } => connection_advice(*problem)?,
            Error::Body { problem: BodyProblem::HtmlPage, .. } => {
                "check whether a proxy asks for a sign-in, and whether the API URL is right"
            }
            Error::Malformed { .. } => "check that the API URL is Anaplan's; if it is, report this answer",
            Error::List { .. } => "nothing was downloaded; ask again, and report it if it stays",
            Error::UntrustedOrigin { .. } => {
                "if you trust this host, name it as the API URL (--api-url, ANAPLAN_API_URL)"
            }
            Error::NoSuchProcess { known, .. } if known.is_empty() => {
                "the model has no processes, or this user has no access to it: the service does not tell which"
            }
            Error::NoSuchProcess { .. } => "list the processes of the model with: processes WORKSPACE/MODEL",
            Error::AmbiguousProcess { .. } => "name the process by its id",
            Error::Exists { .. } => "choose another name, or replace it with --force",
            Error::Locked { .. } => "wait for the other run to end, or choose another name",
            Error::Changed { .. } => {
                "the import probably ran again: wait until it has ended, then download its dump"
            }
            Error::Output { path: None, .. } => return None,
            Error::Output { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "make room, then run the same command again: it goes on where it stopped"
                }
                _ => return None,
            },
            Error::Locator(_)
            | Error::Setting { .. }
            | Error::Body { .. }
            | Error::Source { .. }
            | Error::Interrupted { .. }
            | Error::Unconfirmed { .. }
            | Error::StartUnclear { .. }
            | Error::GaveUp { .. } => return None,
        };
        Some(advice)
    }
}

/// What each status asks of a person; the reasons are those that the service's reference gives.
fn status_advice(subject: &Subject, status: u16) -> Option<&'static str> {
    Some(match status {
        400 if subject.is_of_a_dump() => "this task may have left no dump: look at the task's results",
        401 => "the token is missing, expired (it lives 35 minutes) or revoked: get a new one",
        403 => "this user is not permitted to do this: ask a workspace administrator",
        404 if subject.is_of_a_dump() => {
            "a dump is not found when it was removed (48 hours after its last access, or when the import next ran \
             without errors), when a newer run of the same import replaced it, when it belongs to another user, when \
             the identifiers are wrong, or when this user has no access to the model"
        }
        404 => "the identifiers may be wrong, or this user has no access to the model",
        409 => "the model is busy: try again later",
        410 => "this address has moved: use https://api.anaplan.com or the host of your region",
        422 => "the model is archived",
        423 => "the model is locked: try again when it is unlocked",
        424 => "the model is offline",
        425 => "the model is in deployed mode",
        429 => "the whole tenant shares one rate limit: try again later, with fewer downloads at once",
        300..=399 => "redirects are not followed, so that the token stays here: check the API URL",
        500..=599 => "the service or a gateway is in trouble: try again later",
        _ => return None,
    })
}

fn connection_advice(problem: ConnectionProblem) -> Option<&'static str> {
    Some(match problem {
        ConnectionProblem::NameLookup => {
            "check the host's name, the network, and whether a proxy is needed (HTTPS_PROXY)"
        }
        ConnectionProblem::Connect | ConnectionProblem::Unreachable => {
            "check the network, and whether a proxy is needed (HTTPS_PROXY)"
        }
        ConnectionProblem::Tls => {
            "if a proxy opens TLS with a certificate of its own, name its root certificate (--ca-file, ANAPLAN_CA_FILE)"
        }
        ConnectionProblem::Proxy => "check the proxy's address and credentials (HTTPS_PROXY)",
        _ => return None,
    })
}
