//! Signing in with OAuth: the refresh token (RFC 6749), and the device flow (RFC 8628), which a user approves.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::credentials::{ReadToken, TokenStore, Way, WriteToken};
use super::refresh_token_file::{LockedTokenFile, lock_path};
use super::refusal::Granted;
use super::secret::Secret;
use super::token::Token;
use super::{Held, Issued, Session, ask, post};
use crate::address::Origin;
use crate::client::event::Event;
use crate::client::http::exchange::Reply;
use crate::client::retry_loop::{Halt, Wire};
use crate::error::{Error, Result, Setting};
use crate::service::{Fault, Repeat, Subject};
use crate::text::is_unprintable;

const OAUTH_TOKEN: &str = "/oauth/token";
const DEVICE_CODE: &str = "/oauth/device/code";

/// How long a run waits for another one that is using the same refresh token: longer than all retries of a
/// request take. One that was killed holds it no more.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(600);

/// Wait before a note says so: usually another run needs a second.
const FIRST_LOCK_NOTE: Duration = Duration::from_secs(if cfg!(test) { 0 } else { 5 });

/// What a token is asked for: to know the user, and to get a refresh token.
const SCOPE: &str = "openid profile email offline_access";

/// How often to ask whether the user has approved, where the service says nothing or zero (RFC 8628).
const USUAL_INTERVAL: Duration = Duration::from_secs(5);

/// Shortest interval that is believed: the service must not be asked without a pause.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// Longest interval that is believed: a user who has approved should not wait longer.
const MAX_INTERVAL: Duration = Duration::from_secs(60);

/// The words for a user who has not approved yet, and for a client that asks too often.
const PENDING: &str = "authorization_pending";
const SLOW_DOWN: &str = "slow_down";

/// How long a user has to approve where the service does not say it: as Anaplan documents.
const USUAL_APPROVAL: Duration = Duration::from_secs(15 * 60);

/// Longest time to approve that is believed: waiting must end.
const MAX_APPROVAL: Duration = Duration::from_secs(60 * 60);

/// What `/oauth/token` grants.
#[derive(Debug)]
struct Grant {
    /// A grant without one may still have made the old refresh token invalid.
    access: Result<Issued, Fault>,
    /// The refresh token that counts from now on. Where the client's tokens rotate, the one before it is
    /// dead, also if this one is unusable.
    refresh: Result<Option<Secret>, Fault>,
}

/// What a user needs to approve a sign-in. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeviceCode {
    /// The page to open. It knows the code already if the service gave such a page.
    pub page: String,
    /// The code to enter, or to compare.
    pub code: String,
    /// How long the user has.
    pub lifetime: Duration,
}

/// What `/oauth/device/code` answers.
#[derive(Debug)]
struct DeviceFlow {
    shown: DeviceCode,
    device_code: Secret,
    interval: Duration,
}

/// Where the refresh token is kept, while no other process can use or replace it.
enum LockedTokens<'a> {
    File(&'a Path, Box<LockedTokenFile>),
    Program(&'a ReadToken, &'a WriteToken),
}

impl LockedTokens<'_> {
    fn read(&self) -> Result<Secret> {
        match self {
            LockedTokens::File(_, file) => file.read(),
            LockedTokens::Program(read, _) => read().map_err(Error::NoToken),
        }
    }

    fn store(&mut self, wire: &Wire, token: &Secret) -> Result<()> {
        match self {
            LockedTokens::File(path, file) => {
                for warning in file.store(token)? {
                    wire.report(&Event::Disk { path, warning });
                }
                Ok(())
            }
            LockedTokens::Program(_, write) => write(token).map_err(Error::NoToken),
        }
    }
}

impl Session {
    /// Gets an access token for the refresh token, and stores the one that replaces it.
    pub(super) fn refresh(&self, wire: &Wire, repeat: Repeat, client_id: &str, store: &TokenStore) -> Result<Held> {
        let wait = if repeat == Repeat::Never { Duration::ZERO } else { LOCK_WAIT };
        let mut locked = lock(wire, store, wait)?;
        let stored = locked.read()?;
        wire.secrets.add(stored.reveal());
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": client_id,
            "refresh_token": stored.reveal(),
        });
        self.grant(wire, repeat, &body.to_string(), &mut locked, Some(stored.reveal()))
    }

    /// `old` is the refresh token that is exchanged; without one, a grant must bring the first.
    fn grant(
        &self,
        wire: &Wire,
        repeat: Repeat,
        body: &str,
        tokens: &mut LockedTokens<'_>,
        old: Option<&str>,
    ) -> Result<Held> {
        let origin = self.host(Setting::OauthHost)?;
        wire.retry(&Subject::SignIn(origin.clone()), repeat, &mut |a_try| {
            // What the answer brings is lost if the program ends before it is stored.
            let _exchange = wire.unfinished.begin();
            let reply = ask(wire, post(origin, OAUTH_TOKEN, body), None, a_try)?;
            let grant = read_grant(&reply)?;
            let refresh = grant.refresh.map_err(|_| Halt::Final(Fault::UnusableRefreshToken))?;
            let refresh = refresh.filter(|refresh| Some(refresh.reveal()) != old);
            if let Some(refresh) = &refresh {
                wire.secrets.add(refresh.reveal());
                tokens.store(wire, refresh)?;
            }
            // The same body once more would hold the old token.
            let halt = if refresh.is_some() { Halt::Final } else { Halt::Fault };
            let (access, lifetime) = grant.access.map_err(halt)?;
            if refresh.is_none() && old.is_none() {
                return Err(Halt::Final(Fault::NoRefreshToken));
            }
            Ok(Held::new(Token::bearer(access.reveal())?, lifetime))
        })
    }

    /// Signs in by the device flow and stores the refresh token. `show` receives what the user needs.
    pub(in crate::client) fn device_flow(&self, wire: &Wire, show: impl FnOnce(&DeviceCode)) -> Result<()> {
        let Way::OAuth { client_id, store } = &self.credentials.way else {
            let problem = "only OAuth has a sign-in that a user approves: give a client id and a place for the refresh \
                           token";
            return Err(Setting::Credentials.unusable(problem));
        };
        // Found out before the user has approved; then given back to other runs while the user thinks.
        drop(lock(wire, store, LOCK_WAIT)?);
        let origin = self.host(Setting::OauthHost)?;
        let subject = Subject::SignIn(origin.clone());
        let body = json!({ "client_id": client_id, "scope": SCOPE }).to_string();
        let mut flow = wire.retry(&subject, Repeat::IfTransient, &mut |a_try| {
            let reply = ask(wire, post(origin, DEVICE_CODE, &body), None, a_try)?;
            Ok(read_device_code(&reply)?)
        })?;
        wire.secrets.add(flow.device_code.reveal());
        show(&flow.shown);
        let begun = Instant::now();
        let body = json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": client_id,
            "device_code": flow.device_code.reveal(),
        });
        let body = body.to_string();
        loop {
            wire.sleep(flow.interval, &Event::Waiting { subject: &subject, waited: begun.elapsed() })?;
            let is_over = begun.elapsed() >= flow.shown.lifetime || wire.patience.is_over();
            let mut locked = lock(wire, store, LOCK_WAIT)?;
            match self.grant(wire, Repeat::IfTransient, &body, &mut locked, None) {
                Ok(held) => {
                    self.state().hold(held, wire);
                    return Ok(());
                }
                Err(error) => match error.request() {
                    Some((_, Fault::SignInRefused { word, .. })) if !is_over && word == PENDING => {}
                    Some((_, Fault::SignInRefused { word, .. })) if !is_over && word == SLOW_DOWN => {
                        flow.interval = slower(flow.interval);
                    }
                    _ => return Err(error),
                },
            }
        }
    }
}

/// The interval after the answer `slow_down` (RFC 8628).
fn slower(interval: Duration) -> Duration {
    (interval + Duration::from_secs(5)).min(MAX_INTERVAL)
}

fn lock<'a>(wire: &Wire, store: &'a TokenStore, wait: Duration) -> Result<LockedTokens<'a>> {
    match store {
        TokenStore::File(path) => Ok(LockedTokens::File(path, Box::new(lock_file(wire, path, wait)?))),
        TokenStore::Program { read, write } => Ok(LockedTokens::Program(&**read, &**write)),
    }
}

/// Locks the file, waiting at most this long for another run that uses it.
pub(super) fn lock_file(wire: &Wire, path: &Path, wait: Duration) -> Result<LockedTokenFile> {
    let take = || LockedTokenFile::try_lock(path, &wire.unfinished);
    let locked = wire.wait_for_lock(&lock_path(path)?, FIRST_LOCK_NOTE, wait, take)?;
    if let Some(warning) = locked.warning {
        wire.report(&Event::Disk { path, warning });
    }
    Ok(locked)
}

fn read_grant(reply: &Reply) -> Result<Grant, Fault> {
    let granted = Granted::read(reply, "access_token")?;
    let lifetime = granted.answer.count("expires_in").map(Duration::from_secs);
    let access = granted.secret("access_token").map(|token| (token, lifetime));
    let has_refresh = granted.answer.has("refresh_token");
    Ok(Grant { access, refresh: has_refresh.then(|| granted.secret("refresh_token")).transpose() })
}

fn read_device_code(reply: &Reply) -> Result<DeviceFlow, Fault> {
    let granted = Granted::read(reply, "device_code")?;
    let answer = &granted.answer;
    let page = match answer.has("verification_uri_complete") {
        true => "verification_uri_complete",
        false => "verification_uri",
    };
    let url = shown(&granted, page)?;
    // A user enters a password there.
    if !Origin::of_url(&url).is_some_and(|origin| origin.is_https() || origin.is_loopback()) {
        return Err(granted.unusable(page));
    }
    let asked = answer.number("interval").filter(|seconds| *seconds > 0.0);
    let interval = asked.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(USUAL_INTERVAL);
    let lifetime = answer.count("expires_in").map_or(USUAL_APPROVAL, Duration::from_secs);
    let code = shown(&granted, "user_code")?;
    Ok(DeviceFlow {
        shown: DeviceCode { page: url, code, lifetime: lifetime.min(MAX_APPROVAL) },
        device_code: granted.secret("device_code")?,
        interval: interval.clamp(MIN_INTERVAL, MAX_INTERVAL),
    })
}

/// A text that the user is shown.
fn shown(granted: &Granted<'_>, field: &'static str) -> Result<String, Fault> {
    /// Longest text that a user is shown, in bytes: beyond any URL with a code.
    const MAX_SHOWN_BYTES: usize = 1024;
    let text = granted.answer.text(field).ok_or(Fault::NoPayload(field))?;
    let can_be_shown = text.len() <= MAX_SHOWN_BYTES && !text.contains(is_unprintable);
    if can_be_shown { Ok(text) } else { Err(granted.unusable(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_gives_the_access_token_and_perhaps_a_new_refresh_token() {
        let body = r#"{"access_token": "acc3ss", "refresh_token": "r3fresh", "expires_in": 2100,
            "token_type": "Bearer", "scope": "openid email offline_access", "id_token": "h.p.s"}"#;
        let grant = read_grant(&Reply::of(200, body)).unwrap();
        let access = grant.access.as_ref().unwrap();
        let expected = ("acc3ss", Some(Duration::from_secs(2100)));
        assert_eq!((access.0.reveal(), access.1), expected, "the id_token is none");
        assert_eq!(grant.refresh.as_ref().unwrap().as_ref().unwrap().reveal(), "r3fresh");
        let shown = format!("{grant:?}");
        assert!(!shown.contains("acc3ss") && !shown.contains("r3fresh"), "{shown}");
        for refresh in ["", r#", "refresh_token": null"#, r#", "refresh_token": """#] {
            let json = format!(r#"{{"access_token": "a", "expires_in": "60"{refresh}}}"#);
            assert_eq!(read_grant(&Reply::of(200, &json)).unwrap().refresh.unwrap(), None);
        }
        // One that cannot be stored is lost.
        for odd in [r#""a\nb""#, "{}", "[1]", "true"] {
            let json = format!(r#"{{"access_token": "a", "refresh_token": {odd}}}"#);
            let fault = read_grant(&Reply::of(200, &json)).unwrap().refresh.unwrap_err().to_string();
            assert!(fault.ends_with("(its refresh_token cannot be used)"), "{fault}");
        }
    }

    #[test]
    fn a_403_without_a_word_is_a_dead_refresh_token_but_a_page_of_a_proxy_is_not() {
        for (body, expected) in [(r#"{"message": "Forbidden"}"#, Some("Forbidden")), ("{}", None)] {
            let Err(Fault::SignInRefused { word, message }) = read_grant(&Reply::of(403, body)) else {
                panic!("{body}")
            };
            assert_eq!((&*word, message.as_deref()), ("invalid_grant", expected));
        }
        assert_eq!(read_grant(&Reply::of(403, "<html>blocked</html>")).unwrap_err().status(), Some(403));
    }

    #[test]
    fn a_device_code_says_what_to_show_and_what_it_leaves_out_or_overstates_is_bounded() {
        let body = r#"{"device_code": "d3vice", "user_code": "ABCD-EFGH", "expires_in": 900, "interval": 7,
            "verification_uri": "https://iam.anaplan.com/activate",
            "verification_uri_complete": "https://iam.anaplan.com/activate?user_code=ABCD-EFGH"}"#;
        let flow = read_device_code(&Reply::of(200, body)).unwrap();
        assert!(!format!("{flow:?}").contains("d3vice"));
        let page = "https://iam.anaplan.com/activate?user_code=ABCD-EFGH".to_owned();
        let (code, lifetime) = ("ABCD-EFGH".to_owned(), Duration::from_secs(900));
        assert_eq!((flow.shown, flow.device_code.reveal()), (DeviceCode { page, code, lifetime }, "d3vice"));
        assert_eq!(slower(flow.interval).as_secs(), 12);
        assert_eq!(slower(MAX_INTERVAL), MAX_INTERVAL);

        let read = |uri: &str, more: &str| {
            let json = format!(r#"{{"device_code": "d", "user_code": "U", "verification_uri": "{uri}"{more}}}"#);
            read_device_code(&Reply::of(200, &json))
        };
        for (lifetime, expected) in [("null", USUAL_APPROVAL), ("1e12", MAX_APPROVAL)] {
            let flow = read("https://x/", &format!(r#", "expires_in": {lifetime}"#)).unwrap();
            assert_eq!((&*flow.shown.page, flow.shown.lifetime), ("https://x/", expected));
        }
        for (interval, expected) in [
            ("null", USUAL_INTERVAL),
            ("0", USUAL_INTERVAL),
            ("-3", USUAL_INTERVAL),
            ("0.001", MIN_INTERVAL),
            (r#""7""#, Duration::from_secs(7)),
            ("86400", MAX_INTERVAL),
            ("1e300", USUAL_INTERVAL),
        ] {
            let flow = read("https://x/", &format!(r#", "interval": {interval}"#)).unwrap();
            assert_eq!(flow.interval, expected, "{interval}");
        }
        assert!(read("http://127.0.0.1:8080/activate", "").is_ok(), "the fake server");
        for page in ["http://iam.anaplan.com/activate", "javascript:alert(1)", r"https://x\u001b[2J", "x", ""] {
            assert!(read(page, "").is_err(), "{page}");
        }
    }
}
