//! The token of a client: got at its first use, renewed before its end or when the service refuses it, by one
//! thread while the others wait. A sign-in that was refused is not tried again.

pub(in crate::client) mod account;
mod anaplan;
pub(crate) mod certificate;
pub(crate) mod credentials;
pub(crate) mod oauth;
pub(crate) mod refresh_token_file;
mod refusal;
pub(crate) mod secret;
pub(in crate::client) mod token;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use self::credentials::{Credentials, TokenStore, Way};
pub(in crate::client) use self::refusal::clock_error;
use self::secret::Secret;
use self::token::Token;
use crate::address::Origin;
use crate::client::http::HeaderValue;
use crate::client::http::exchange::{Content, JSON, Reply, Request};
use crate::client::retry_loop::{Halt, Try, Wire};
use crate::error::{Error, ErrorKind, Result, Setting};
use crate::service::{Fault, Repeat, Subject};
use crate::sync::lock;

/// Wait before a renewal that failed is tried again, while the old token is still good.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// How long a token lives where the answer does not say it: as Anaplan documents.
const USUAL_LIFETIME: Duration = Duration::from_secs(35 * 60);

/// Longest lifetime that is believed. None is documented beyond 35 minutes.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// How long before its end a token is renewed, as the vendor's client does: longer than the retries of a
/// request usually take.
const RENEWAL_MARGIN: Duration = Duration::from_secs(5 * 60);

/// Who the client is for the service, and the token that says so.
pub(in crate::client) struct Session {
    credentials: Credentials,
    auth: Option<Origin>,
    oauth: Option<Origin>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Arc<Held>>,
    /// A sign-in that failed, and when.
    failure: Option<(Instant, Error)>,
}

/// A token and its time.
pub(in crate::client) struct Held {
    pub(in crate::client) token: Token,
    /// When to renew it, and when it ends; of a token that was brought neither is known.
    times: Option<Times>,
}

#[derive(Clone, Copy)]
struct Times {
    renewal: Instant,
    end: Instant,
    /// The end by this machine's clock, for people.
    end_date: SystemTime,
}

/// A token, and how long the service says that it is good for.
type Issued = (Secret, Option<Duration>);

impl Session {
    pub(in crate::client) fn new(credentials: Credentials, auth: Option<Origin>, oauth: Option<Origin>) -> Session {
        Session { credentials, auth, oauth, state: Mutex::default() }
    }

    pub(in crate::client) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The hosts that this way of signing in needs: a token that was brought needs none.
    pub(in crate::client) fn hosts(&self) -> Vec<(&'static str, Origin)> {
        let needs_oauth = matches!(self.credentials.way, Way::OAuth { .. });
        let auth = self.auth.clone().filter(|_| self.credentials.can_sign_in());
        let oauth = self.oauth.clone().filter(|_| needs_oauth);
        auth.map(|origin| ("sign-in", origin)).into_iter().chain(oauth.map(|origin| ("OAuth", origin))).collect()
    }

    pub(in crate::client) fn token(&self, wire: &Wire) -> Result<Arc<Held>> {
        let asked = Instant::now();
        let mut state = self.state();
        if let Some(old) = state.held.clone() {
            if old.times.is_none_or(|times| Instant::now() < times.renewal) {
                return Ok(old);
            }
            // Until its end the old token does, so this is tried once: all the other requests wait for it.
            if old.is_good() && !state.is_refused() {
                match self.sign_in(wire, Repeat::Never) {
                    Ok(fresh) => return Ok(state.hold(fresh, wire)),
                    Err(error) if is_refusal(&error) => state.note(&error),
                    Err(_) => {}
                }
            }
            // The try may have taken a while.
            if let Some(times) = old.times.filter(|_| old.is_good()) {
                let renewal = (Instant::now() + RENEWAL_PAUSE).min(times.end);
                let old = Held { token: old.token.clone(), times: Some(Times { renewal, ..times }) };
                return Ok(state.hold(old, wire));
            }
        }
        self.sign_in_once(&mut state, asked, wire)
    }

    /// A token instead of one that the service refused; `None` if there is no other.
    pub(in crate::client) fn replace(&self, refused: &Held, wire: &Wire) -> Result<Option<Arc<Held>>> {
        let asked = Instant::now();
        let mut state = self.state();
        let is_other = |held: &Arc<Held>| held.token.value() != refused.token.value();
        // Another thread may have been faster.
        if let Some(other) = state.held.clone().filter(is_other) {
            return Ok(Some(other));
        }
        if matches!(self.credentials.way, Way::Token(_)) {
            return Ok(None);
        }
        state.held = None;
        // An identical token would be rejected again.
        Ok(Some(self.sign_in_once(&mut state, asked, wire)?).filter(is_other))
    }

    /// A token that the client signed in for a moment ago has not expired: a refusal has another cause.
    pub(in crate::client) fn of_new_token(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Status { status: 401, message, .. } | Fault::SignInRefused { message, .. }
                if self.credentials.can_sign_in() =>
            {
                Fault::NewTokenRefused { message }
            }
            fault => fault,
        }
    }

    /// Ends a token that was brought, or forgets the stored refresh token. `false` if nothing outlives the client.
    pub(in crate::client) fn log_out(&self, wire: &Wire) -> Result<bool> {
        match &self.credentials.way {
            Way::OAuth { store: TokenStore::File(file), .. } => {
                use io::ErrorKind::{TimedOut, WouldBlock};
                // Where nothing can be locked, no other process can use the token either.
                let _locked = match oauth::lock_file(wire, file, oauth::LOCK_WAIT) {
                    Err(Error::Output { source, .. }) if !matches!(source.kind(), WouldBlock | TimedOut) => None,
                    locked => Some(locked?),
                };
                refresh_token_file::forget(file)
            }
            Way::Token(_) | Way::Provider(_) => self.end_token(wire).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Signs in, unless a sign-in was refused before, or failed while this thread waited for it.
    fn sign_in_once(&self, state: &mut State, asked: Instant, wire: &Wire) -> Result<Arc<Held>> {
        if let Some((at, error)) = &state.failure
            && (state.is_refused() || *at > asked)
            && let Some(error) = error.again()
        {
            return Err(error);
        }
        let held = self.sign_in(wire, Repeat::IfTransient).inspect_err(|error| state.note(error))?;
        Ok(state.hold(held, wire))
    }

    fn sign_in(&self, wire: &Wire, repeat: Repeat) -> Result<Held> {
        match &self.credentials.way {
            Way::Token(token) => Ok(Held { token: token.clone(), times: None }),
            Way::Provider(provider) => Ok(Held { token: provider().map_err(Error::NoToken)?, times: None }),
            Way::Password { header, .. } => self.authenticate(wire, repeat, header, &|| Ok("{}".to_owned())),
            Way::Certificate { certificate, header, has_time } => {
                let body = || certificate.token_request(*has_time, SystemTime::now());
                self.authenticate(wire, repeat, header, &body)
            }
            Way::OAuth { client_id, store } => self.refresh(wire, repeat, client_id, store),
        }
    }

    /// The host of this setting, which is one of the two.
    fn host(&self, setting: Setting) -> Result<&Origin> {
        let origin = if setting == Setting::OauthHost { &self.oauth } else { &self.auth };
        origin.as_ref().ok_or_else(|| setting.unusable("it is not known for this API: give its URL"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn hold(&mut self, held: Held, wire: &Wire) -> Arc<Held> {
        wire.secrets.add(held.token.value());
        let held = Arc::new(held);
        self.held = Some(Arc::clone(&held));
        held
    }

    fn note(&mut self, error: &Error) {
        self.failure = error.again().map(|error| (Instant::now(), error));
    }

    /// Whether the service refused the credentials. They are not sent again: a few refusals may lock the user out.
    fn is_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(|(_, error)| is_refusal(error))
    }
}

fn is_refusal(error: &Error) -> bool {
    error.request().is_some() && error.kind() == ErrorKind::NotPermitted
}

impl Held {
    /// A token that was issued now.
    fn new(token: Token, lifetime: Option<Duration>) -> Held {
        let (now, lifetime) = (Instant::now(), believed(lifetime));
        let renewal = now + renewal_after(lifetime);
        let times = Times { renewal, end: now + lifetime, end_date: SystemTime::now() + lifetime };
        Held { token, times: Some(times) }
    }

    /// The end by this machine's clock, if it is known.
    pub(in crate::client) fn end_date(&self) -> Option<SystemTime> {
        self.times.map(|times| times.end_date)
    }

    /// Whether it is known to have some time left.
    fn is_good(&self) -> bool {
        self.times.is_some_and(|times| Instant::now() < times.end)
    }
}

/// How long a token is taken to be good. No service gives a token that has ended: its clocks differ. To believe it
/// would mean to sign in for each request, and a token that really has ended is renewed when it is refused.
fn believed(lifetime: Option<Duration>) -> Duration {
    lifetime.filter(|lifetime| !lifetime.is_zero()).map_or(USUAL_LIFETIME, |lifetime| lifetime.min(MAX_LIFETIME))
}

/// When to renew a token of this lifetime. Of a short one at least a half is used, so that no service can
/// make a client sign in all the time.
fn renewal_after(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(RENEWAL_MARGIN).max(lifetime / 2)
}

/// Sends a request to a sign-in service once, and reads its answer whatever the status is.
fn ask(
    wire: &Wire,
    request: Request<'_>,
    authorization: Option<&HeaderValue>,
    a_try: &mut Try,
) -> std::result::Result<Reply, Halt> {
    let subject = Subject::SignIn(request.origin.clone());
    Ok(wire.send(&subject, request, authorization, a_try)?.into_reply()?)
}

fn post<'a>(origin: &'a Origin, path: &'a str, body: &'a str) -> Request<'a> {
    Request { method: "POST", origin, path, body: Content::Json(body), accept: JSON }
}

#[cfg(test)]
mod tests;
