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

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use self::credentials::{Credentials, TokenStore, Way};
pub(in crate::client) use self::refusal::clock_error;
use self::secret::Secret;
use self::token::Token;
use crate::address::Origin;
use crate::client::http::HeaderValue;
use crate::client::http::exchange::{Accept, Content, Reply, Request};
use crate::client::retry_loop::{Halt, Try, Wire};
use crate::error::{Error, ErrorKind, Result, Setting};
use crate::service::{Repeat, Subject};

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
    failure: Option<Failure>,
}

/// A sign-in that failed.
struct Failure {
    at: Instant,
    error: Error,
}

/// A token and its time.
pub(in crate::client) struct Held {
    pub(in crate::client) token: Token,
    /// When to renew it, and when it ends; of a token that was brought neither is known.
    times: Option<Times>,
}

struct Times {
    renewal: Instant,
    end: Instant,
    /// The end by this machine's clock, for people.
    end_date: SystemTime,
}

/// A token, and what the service said about its end.
#[derive(Debug)]
struct IssuedToken {
    value: Secret,
    end: TokenEnd,
}

/// The end of a token as the service states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TokenEnd {
    /// By the service's clock.
    At(SystemTime),
    /// Counted from the answer.
    After(Duration),
    Unknown,
}

impl Held {
    /// The end by this machine's clock, if it is known.
    pub(in crate::client) fn end(&self) -> Option<SystemTime> {
        self.times.as_ref().map(|times| times.end_date)
    }
}

impl Session {
    pub(in crate::client) fn new(
        credentials: Credentials,
        auth: Option<Origin>,
        oauth: Option<Origin>,
    ) -> Session {
        Session { credentials, auth, oauth, state: Mutex::default() }
    }

    pub(in crate::client) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The hosts that this way of signing in needs: a token that was brought needs none.
    pub(in crate::client) fn hosts(&self) -> Vec<(&'static str, Origin)> {
        let (needs_auth, needs_oauth) = match self.credentials.way() {
            Way::Token(_) | Way::Provider(_) => (false, false),
            Way::OAuth { .. } => (true, true),
            _ => (true, false),
        };
        let auth = self.auth.clone().filter(|_| needs_auth).map(|origin| ("sign-in", origin));
        let oauth = self.oauth.clone().filter(|_| needs_oauth).map(|origin| ("OAuth", origin));
        auth.into_iter().chain(oauth).collect()
    }

    /// The token to send now.
    pub(in crate::client) fn token(&self, wire: &Wire) -> Result<Arc<Held>> {
        let asked = Instant::now();
        let mut state = self.state();
        let now = Instant::now();
        if let Some(old) = state.held.clone() {
            if old.times.as_ref().is_none_or(|times| now < times.renewal) {
                return Ok(old);
            }
            if old.is_good(now) {
                if !state.is_refused() {
                    // Once: until its end the old token does, and all the other requests wait for this one.
                    match self.sign_in(wire, Repeat::Never) {
                        Ok(fresh) => return Ok(state.hold(fresh, wire)),
                        Err(error) if is_refusal(&error) => state.note(&error),
                        Err(_) => {}
                    }
                }
                // The try may have taken a while, so it is the time now that counts.
                if let Some(old) = old.postponed(Instant::now()) {
                    return Ok(state.hold(old, wire));
                }
            }
        }
        self.sign_in_once(&mut state, asked, wire)
    }

    /// A token instead of one that the service refused; `None` if there is no other.
    pub(in crate::client) fn replace(&self, refused: &Arc<Held>, wire: &Wire) -> Result<Option<Arc<Held>>> {
        let asked = Instant::now();
        let mut state = self.state();
        match &state.held {
            // Another thread was faster.
            Some(other) if !Arc::ptr_eq(other, refused) && other.token.value() != refused.token.value() => {
                return Ok(Some(Arc::clone(other)));
            }
            _ => {}
        }
        if !self.credentials.can_renew() {
            return Ok(None);
        }
        state.held = None;
        let fresh = self.sign_in_once(&mut state, asked, wire)?;
        // An identical token would be rejected again.
        let is_other = fresh.token.value() != refused.token.value();
        Ok(is_other.then_some(fresh))
    }

    /// Ends a token that was brought, or forgets the stored refresh token. `false` if nothing outlives the
    /// client.
    pub(in crate::client) fn log_out(&self, wire: &Wire) -> Result<bool> {
        match self.credentials.way() {
            Way::OAuth { store: TokenStore::File(file), .. } => self.forget_refresh_token(wire, file),
            Way::Token(_) | Way::Provider(_) => self.end_token(wire).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Signs in, unless a sign-in was refused before, or failed while this thread waited for it.
    fn sign_in_once(&self, state: &mut State, asked: Instant, wire: &Wire) -> Result<Arc<Held>> {
        if let Some(failure) = &state.failure
            && (state.is_refused() || failure.at > asked)
            && let Some(error) = failure.error.again()
        {
            return Err(error);
        }
        match self.sign_in(wire, Repeat::IfTransient) {
            Ok(held) => Ok(state.hold(held, wire)),
            Err(error) => {
                state.note(&error);
                Err(error)
            }
        }
    }

    fn sign_in(&self, wire: &Wire, repeat: Repeat) -> Result<Held> {
        match self.credentials.way() {
            Way::Token(token) => Ok(Held { token: token.clone(), times: None }),
            Way::Provider(provider) => Ok(Held { token: provider().map_err(Error::NoToken)?, times: None }),
            Way::Password { header, .. } => self.authenticate(wire, repeat, &|| Ok((header.clone(), None))),
            Way::Certificate { certificate, format } => self.authenticate(wire, repeat, &|| {
                let body = certificate.token_request(*format, SystemTime::now())?;
                let header = self::credentials::header(certificate.authorization())?;
                Ok((header, Some(body)))
            }),
            Way::OAuth { client_id, store } => self.refresh(wire, repeat, client_id, store),
        }
    }

    fn auth_host(&self) -> Result<&Origin> {
        host(self.auth.as_ref(), Setting::SignInHost)
    }

    fn oauth_host(&self) -> Result<&Origin> {
        host(self.oauth.as_ref(), Setting::OauthHost)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.failure = error.again().map(|error| Failure { at: Instant::now(), error });
    }

    /// Whether the service refused the credentials. They are not sent again: some services lock a user after
    /// a few.
    fn is_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| is_refusal(&failure.error))
    }
}

fn is_refusal(error: &Error) -> bool {
    error.request().is_some() && error.kind() == ErrorKind::NotPermitted
}

impl Held {
    fn new(issued: &IssuedToken, token: Token, reply: &Reply) -> Held {
        let (now, clock) = (Instant::now(), SystemTime::now());
        let lifetime = issued.end.lifetime(reply.date.unwrap_or(clock));
        let renewal = now + renewal_after(lifetime);
        let times = Times { renewal, end: now + lifetime, end_date: clock + lifetime };
        Held { token, times: Some(times) }
    }

    fn end_date(&self) -> Option<SystemTime> {
        self.times.as_ref().map(|times| times.end_date)
    }

    /// Whether it is known to have some time left.
    fn is_good(&self, now: Instant) -> bool {
        self.times.as_ref().is_some_and(|times| now < times.end)
    }

    /// The same token, to be renewed a little later; `None` once it has ended.
    fn postponed(&self, now: Instant) -> Option<Held> {
        let times = self.times.as_ref().filter(|times| now < times.end)?;
        let times = Times { renewal: (now + RENEWAL_PAUSE).min(times.end), ..*times };
        Some(Held { token: self.token.clone(), times: Some(times) })
    }
}

impl TokenEnd {
    /// How long the token is good for, from the answer on. `answered` is the `Date` of that answer: the
    /// service's clock counts, and this machine's only where the answer has no date.
    fn lifetime(self, answered: SystemTime) -> Duration {
        let lifetime = match self {
            TokenEnd::At(end) => end.duration_since(answered).unwrap_or_default(),
            TokenEnd::After(lifetime) => lifetime,
            TokenEnd::Unknown => Duration::ZERO,
        };
        // No service gives a token that has ended: its clocks differ. To believe it would mean to sign in for
        // each request, and a token that really has ended is renewed when it is refused.
        if lifetime.is_zero() { USUAL_LIFETIME } else { lifetime.min(MAX_LIFETIME) }
    }
}

/// When to renew a token of this lifetime. Of a short one at least a half is used, so that no service can
/// make a client sign in all the time.
fn renewal_after(lifetime: Duration) -> Duration {
    lifetime.saturating_sub(RENEWAL_MARGIN).max(lifetime / 2)
}

fn host(origin: Option<&Origin>, setting: Setting) -> Result<&Origin> {
    origin.ok_or_else(|| Error::Setting {
        setting,
        problem: "it is not known for this API: give its URL".to_owned(),
    })
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
    Request { method: "POST", origin, path, body: Content::Json(body), accept: Accept::Json }
}

#[cfg(test)]
mod tests;
