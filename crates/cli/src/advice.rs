//! What to do next about each error, in the words of this program's options. The reasons for a status
//! are those of the service's reference.

use std::io;

use anaplan_dump_core::{BodyProblem, ConnectionProblem, Error, ErrorKind, Fault, Setting, Subject};

const MORE_TIME: &str = "--timeout allows more time";

/// What to do next, where there is something to say.
pub(crate) fn advice(error: &Error) -> Option<&'static str> {
    if let Error::StartUnclear { .. } = error {
        return Some("look at the newest tasks before it is started again: it may be running");
    }
    Some(match error.innermost() {
        Error::Request { subject, fault, .. } => {
            // A dump in one piece is the first request that asks for it.
            let was_begun = matches!(error, Error::Incomplete { .. }) && !matches!(**subject, Subject::WholeDump(_));
            return advice_on_fault(subject, fault, was_begun);
        }
        // The error itself says that https is needed.
        Error::UntrustedOrigin { origin, .. } if !origin.is_https() => return None,
        Error::UntrustedOrigin { .. } => "if you trust this host, name it as the API URL (--api-url, ANAPLAN_API_URL)",
        Error::NoSuchAction { known, .. } if known.is_empty() => {
            "the model has no processes, or this user has no access to it: the service does not say which"
        }
        Error::NoSuchAction { .. } => "the commands processes and imports list what the model has",
        Error::AmbiguousName { .. } => "name it by its id",
        Error::Setting { setting: Setting::RefreshToken, .. } => "sign in once with: login",
        Error::Setting { setting: Setting::SignInHost, .. } => "set --auth-url (ANAPLAN_AUTH_URL)",
        Error::Setting { setting: Setting::OauthHost, .. } => "set --oauth-url (ANAPLAN_OAUTH_URL)",
        Error::Missing { setting: Setting::Passphrase, .. } => {
            "set ANAPLAN_PRIVATE_KEY_PASSPHRASE, or name its file with ANAPLAN_PRIVATE_KEY_PASSPHRASE_FILE"
        }
        Error::Missing { setting: Setting::PrivateKey, .. } => "set ANAPLAN_PRIVATE_KEY to the file of the private key",
        Error::Missing { setting: Setting::Certificate, .. } => {
            "set ANAPLAN_CERTIFICATE to the file of the certificate"
        }
        Error::Exists { .. } => "choose another name, or replace it with --force",
        Error::OtherDump { .. } => "choose another name, or give that dump up with --restart or --force",
        Error::Locked { .. } => "wait for the other run to end, or choose another name",
        Error::Empty { .. } => {
            "it may have been removed, or replaced by a newer run: look at the newest tasks, and try again"
        }
        Error::Changed { .. } => "the import probably ran again: wait until it has ended, then download its dump",
        Error::Output { .. } if error.kind() == ErrorKind::Service => MORE_TIME,
        Error::Output { path: Some(_), source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
        {
            "make room on this disk"
        }
        _ => return None,
    })
}

fn advice_on_fault(subject: &Subject, fault: &Fault, was_begun: bool) -> Option<&'static str> {
    Some(match fault {
        Fault::Status { status: 404, .. } if was_begun => {
            "the dump was there when the download began: meanwhile it was removed (48 hours after its last access, \
             or because the import ran again without errors) or replaced by a newer run of the import"
        }
        Fault::Status { status, .. } => return advice_on_status(subject, *status),
        Fault::Connection { problem, .. } => return advice_on_connection(*problem),
        Fault::Body(BodyProblem::Document { .. }) => {
            "check whether a proxy asks for a sign-in, and whether the API URL is right"
        }
        Fault::Malformed { .. } | Fault::NoPayload(_) | Fault::OtherTask(_) => {
            "check that the API URL is Anaplan's; if it is, report this answer"
        }
        Fault::SignInRefused { word, .. } => return advice_on_refusal(word),
        Fault::NewTokenRefused { .. } => {
            "check that the sign-in host belongs to this API (--region, --auth-url), and that this user may use the API"
        }
        Fault::NoRefreshToken => {
            "ask the owner of the OAuth client in Anaplan to let it have refresh tokens (scope offline_access), then \
             sign in again with: login"
        }
        Fault::UnusableRefreshToken => {
            "the stored refresh token may be used up: sign in again with: login; report it if that fails likewise"
        }
        Fault::Body(BodyProblem::TooLarge { .. }) => return None,
        Fault::Body(_) => {
            "something on the way, such as a proxy or a virus scanner, may alter answers: ask for an exception for \
             this host"
        }
        Fault::List(_) => "try again, and report it if it stays",
        _ => return None,
    })
}

/// What each word of the sign-in services means and asks for.
fn advice_on_refusal(word: &str) -> Option<&'static str> {
    Some(match word {
        "FAILURE_BAD_CREDENTIAL" => {
            "check what you sign in with: a token may be expired, a certificate not registered for the user; users of \
             single sign-on have no password here and need a certificate or OAuth"
        }
        "FAILURE_BAD_HEADER" => {
            "check the sign-in host (--auth-url, ANAPLAN_AUTH_URL) and the form of the certificate \
             (ANAPLAN_CERTIFICATE_FORMAT)"
        }
        "invalid_grant" => "the refresh token is dead: it was revoked, replaced or expired; sign in again with: login",
        "invalid_client" | "unauthorized_client" => {
            "check ANAPLAN_OAUTH_CLIENT_ID, and that the client may do this: a device client to sign in with login"
        }
        "access_denied" => "the user has refused it, or may not approve it",
        "authorization_pending" | "expired_token" => "it was not approved in time: start it again",
        _ => return None,
    })
}

/// What each status means and asks for.
fn advice_on_status(subject: &Subject, status: u16) -> Option<&'static str> {
    let is_about_dump = subject.dump().is_some();
    let is_sign_in = matches!(subject, Subject::SignIn(_));
    Some(match status {
        300..=399 | 404 if is_sign_in => "check the sign-in host (--auth-url, --oauth-url)",
        401 if is_sign_in => return advice_on_refusal("FAILURE_BAD_CREDENTIAL"),
        400 if is_about_dump => "this task may have left no dump: look at the task's results",
        400 if matches!(subject, Subject::Start(_)) => "if it asks for a mapping, give one with --map TYPE=NAME",
        401 => {
            "the token is expired (it lives 35 minutes), revoked, or of the other kind: ANAPLAN_TOKEN is sent as \
             AnaplanAuthToken, ANAPLAN_BEARER_TOKEN (OAuth) as Bearer"
        }
        403 => "this user is not permitted to do this: ask a workspace administrator",
        404 if is_about_dump => {
            "a dump is not found when one of these is so:\n  \
             - it was removed: 48 hours after its last access, or because the import ran without errors\n  \
             - a newer run of the same import replaced it\n  \
             - it belongs to another user\n  \
             - an identifier is wrong\n  \
             - this user has no access to the model"
        }
        404 => "the identifiers may be wrong, or this user has no access to the model",
        409 if matches!(subject, Subject::Cancel(_)) => "the task is over already, or cannot be cancelled any more",
        409 => "the model is busy: try again later",
        410 => "this address has moved: use https://api.anaplan.com or the host of your region",
        422 => "the model is archived",
        423 => "the model is locked: try again when it is unlocked",
        424 => "the model is offline",
        425 => "the model is in deployed mode",
        429 => "the whole tenant shares one rate limit: try again later, with fewer downloads at once",
        300..=303 | 307..=399 => "redirects are not followed, so that the token stays here: check the API URL",
        500..=599 => "the service or a gateway is in trouble: try again later",
        _ => return None,
    })
}

fn advice_on_connection(problem: ConnectionProblem) -> Option<&'static str> {
    Some(match problem {
        ConnectionProblem::ProxyConnect => {
            "the environment names this proxy (HTTPS_PROXY or the like): check its address, and whether it can be \
             reached and reaches this host"
        }
        ConnectionProblem::NameLookup | ConnectionProblem::Connect | ConnectionProblem::Unreachable => {
            "check the host's name, the network, and whether a proxy is needed (HTTPS_PROXY)"
        }
        ConnectionProblem::UnknownIssuer => {
            "if that issuer is your company's, a proxy opens TLS: add its root certificate (--ca-add, ANAPLAN_CA_ADD)"
        }
        ConnectionProblem::Expired => "check this machine's clock; if it is right, the host needs a new certificate",
        ConnectionProblem::WrongName => {
            "check the host's name; if a proxy opens TLS, ask for an exception or a certificate for the right name"
        }
        ConnectionProblem::ProxyAuthentication => {
            "check the user and the password in HTTPS_PROXY; only Basic is spoken: where the proxy asks for NTLM or \
             Kerberos, put a relay such as px or cntlm in front and name that in HTTPS_PROXY"
        }
        ConnectionProblem::Proxy => "check the proxy's address, and whether it allows this host (HTTPS_PROXY)",
        ConnectionProblem::Silent(_) | ConnectionProblem::Stalled(_) => {
            "try again later; --stall-timeout allows longer silence"
        }
        ConnectionProblem::OutOfTime => MORE_TIME,
        ConnectionProblem::Closed | ConnectionProblem::Cut => {
            "try again later; if it stays, something on the way, such as a proxy, cuts connections"
        }
        ConnectionProblem::Protocol => "if the URL begins with http:// and the port speaks TLS, write https://",
        _ => return None,
    })
}
