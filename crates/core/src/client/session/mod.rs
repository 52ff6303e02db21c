//! The token of a client: got at its first use, renewed before its end or when the service refuses it, by
//! one thread while the others wait.

pub(in crate::client) mod account;
pub(crate) mod answer;
#[cfg(feature = "certificate")]
pub(crate) mod certificate;
pub(crate) mod credentials;
pub(crate) mod issued;
pub(crate) mod oauth;
pub(crate) mod refresh_token_file;
pub(crate) mod secret;
pub(in crate::client) mod token;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use self::answer::{AnswerProblem, Refusal, Word};
use self::credentials::{Credentials, Way};
use self::issued::IssuedToken;
use self::oauth::DeviceCode;
use self::refresh_token_file::{LockedTokenFile, RefreshTokenFile};
use self::token::Token;
use crate::address::Origin;
use crate::client::event::Event;
use crate::client::http::HeaderValue;
use crate::client::http::exchange::{Accept, Reply, Request};
use crate::client::retry_loop::{Halt, Wire};
use crate::error::{Error, Result, Setting};
use crate::service::{BodyProblem, Fault, Repeat, Subject};
use crate::text::seconds;

/// How long a run waits for another one that is using the same refresh token: longer than all retries of a request
/// take. One that was killed holds it no more.
const LOCK_WAIT: Duration = Duration::from_secs(600);

/// Time between two looks at that lock.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Wait before the first event that says so, and between two. Usually another run needs a second.
const FIRST_LOCK_NOTE: Duration = Duration::from_secs(5);
const LOCK_NOTE: Duration = Duration::from_secs(60);

/// Wait before a renewal that failed is tried again, while the old token is still good.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);

/// Difference of the clocks that is worth a word: the service accepts a few minutes.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(120);

const AUTHENTICATE: &str = "/token/authenticate";
const VALIDATE: &str = "/token/validate";
const LOGOUT: &str = "/token/logout";
const OAUTH_TOKEN: &str = "/oauth/token";
const DEVICE_CODE: &str = "/oauth/device/code";

/// Who the client is for the service, and the token that says so.
pub(in crate::client) struct Session {
    credentials: Credentials,
    auth: Option<Origin>,
    oauth: Option<Origin>,
    held: Mutex<Option<Arc<Held>>>,
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

/// What the sign-in service says about a token.
pub(in crate::client) struct Validation {
    pub(in crate::client) user: Option<String>,
    pub(in crate::client) until: Option<SystemTime>,
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
        Session { credentials, auth, oauth, held: Mutex::default() }
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
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut renewed = None;
        if let Some(old) = &*held {
            if old.times.as_ref().is_none_or(|times| now < times.renewal) {
                return Ok(Arc::clone(old));
            }
            if old.is_good(now) {
                // Once: until its end the old token does, and all the other requests wait for this one.
                let outcome = self.sign_in(wire, Repeat::Never);
                // The try may have taken a while, so it is the time now that counts.
                renewed = outcome.ok().or_else(|| old.postponed(Instant::now()));
            }
        }
        let renewed = match renewed {
            Some(renewed) => renewed,
            None => self.sign_in(wire, Repeat::IfTransient)?,
        };
        Ok(Arc::clone(held.insert(Arc::new(renewed))))
    }

    /// A token instead of one that the service refused; `None` if there is no other.
    pub(in crate::client) fn replace(&self, refused: &Arc<Held>, wire: &Wire) -> Result<Option<Arc<Held>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            // Another thread was faster.
            Some(other) if !Arc::ptr_eq(other, refused) && other.token.value() != refused.token.value() => {
                return Ok(Some(Arc::clone(other)));
            }
            _ => {}
        }
        if !self.credentials.can_renew() {
            return Ok(None);
        }
        *held = None;
        let fresh = self.sign_in(wire, Repeat::IfTransient)?;
        // The same once more would be refused once more.
        let is_other = fresh.token.value() != refused.token.value();
        let fresh = Arc::clone(held.insert(Arc::new(fresh)));
        Ok(is_other.then_some(fresh))
    }

    fn sign_in(&self, wire: &Wire, repeat: Repeat) -> Result<Held> {
        let held = match self.credentials.way() {
            Way::Token(token) => Held { token: token.clone(), times: None },
            Way::Provider(provider) => Held { token: provider().map_err(Error::NoToken)?, times: None },
            Way::Password { header, .. } => {
                self.authenticate(wire, repeat, &|| Ok((header.clone(), None)))?
            }
            #[cfg(feature = "certificate")]
            Way::Certificate { certificate, format } => self.authenticate(wire, repeat, &|| {
                let body = certificate.token_request(*format, SystemTime::now())?;
                let header = self::credentials::header(certificate.authorization())?;
                Ok((header, Some(String::from_utf8_lossy(&body).into_owned())))
            })?,
            Way::OAuth { client_id, file } => self.refresh(wire, repeat, client_id, file)?,
        };
        wire.secrets.add(held.token.value());
        Ok(held)
    }

    fn auth_host(&self) -> Result<&Origin> {
        host(self.auth.as_ref(), Setting::SignInHost)
    }

    fn oauth_host(&self) -> Result<&Origin> {
        host(self.oauth.as_ref(), Setting::OauthHost)
    }

    /// Signs in at `/token/authenticate`. Each try needs a body of its own: it holds the time.
    fn authenticate(
        &self,
        wire: &Wire,
        repeat: Repeat,
        credentials: &dyn Fn() -> Result<(HeaderValue, Option<String>)>,
    ) -> Result<Held> {
        let origin = self.auth_host()?;
        let subject = Subject::SignIn(origin.clone());
        wire.retry(&subject, repeat, |a_try| {
            let (authorization, body) = credentials()?;
            let request = post(origin, AUTHENTICATE, body.as_deref().unwrap_or("{}"));
            let reply = wire.send(&subject, request, Some(&authorization), a_try)?.into_reply()?;
            let token = issued::read(&reply.body).map_err(|problem| fault(problem, &reply))?;
            Ok(held(&token, Token::anaplan(token.value.reveal())?, &reply))
        })
    }

    /// Gets an access token for the refresh token of the file, and stores the one that replaces it.
    fn refresh(&self, wire: &Wire, repeat: Repeat, client_id: &str, file: &RefreshTokenFile) -> Result<Held> {
        let wait = if repeat == Repeat::Never { Duration::ZERO } else { LOCK_WAIT };
        let mut locked = lock(wire, file, wait)?;
        let stored = locked.read()?;
        wire.secrets.add(stored.reveal());
        let body = text(oauth::refresh_request(client_id, &stored));
        self.grant(wire, repeat, &body, &mut locked, Some(stored.reveal()))
    }

    fn grant(
        &self,
        wire: &Wire,
        repeat: Repeat,
        body: &str,
        file: &mut LockedTokenFile,
        old: Option<&str>,
    ) -> Result<Held> {
        let origin = self.oauth_host()?;
        let subject = Subject::SignIn(origin.clone());
        wire.retry(&subject, repeat, |a_try| {
            // What the answer brings is lost if the program ends before it is stored.
            let _exchange = wire.unfinished.begin();
            let reply = wire.send(&subject, post(origin, OAUTH_TOKEN, body), None, a_try)?.into_reply()?;
            let grant =
                oauth::read_grant(reply.status, &reply.body).map_err(|problem| fault(problem, &reply))?;
            let refresh = grant.refresh.as_ref().filter(|refresh| Some(refresh.reveal()) != old);
            if let Some(refresh) = refresh {
                wire.secrets.add(refresh.reveal());
                for warning in file.store(refresh)? {
                    wire.report(&Event::Disk { path: file.path(), warning });
                }
            }
            // The same body once more would hold the old token.
            let halt = if refresh.is_some() { Halt::Final } else { Halt::Fault };
            let access = grant.access.map_err(|problem| halt(fault(problem, &reply)))?;
            Ok(held(&access, Token::bearer(access.value.reveal())?, &reply))
        })
    }

    /// Signs in by the device flow and stores the refresh token. `show` receives what the user needs.
    pub(in crate::client) fn device_flow(&self, wire: &Wire, show: impl FnOnce(&DeviceCode)) -> Result<()> {
        let Way::OAuth { client_id, file } = self.credentials.way() else {
            return Err(Error::Setting {
                setting: Setting::Credentials,
                problem:
                    "only OAuth has a sign-in that a user approves: give a client id and a file for the \
                          refresh token"
                        .to_owned(),
            });
        };
        // Found out before the user has approved; then given back to other runs while the user thinks.
        drop(lock(wire, file, LOCK_WAIT)?);
        let origin = self.oauth_host()?;
        let subject = Subject::SignIn(origin.clone());
        let body = text(oauth::device_code_request(client_id));
        let mut code = wire.retry(&subject, Repeat::IfTransient, |a_try| {
            let reply = wire.send(&subject, post(origin, DEVICE_CODE, &body), None, a_try)?.into_reply()?;
            Ok(oauth::read_device_code(&reply.body).map_err(|problem| fault(problem, &reply))?)
        })?;
        wire.secrets.add(code.device_code.reveal());
        show(&code);
        let end = Instant::now() + code.lifetime;
        let body = text(oauth::device_token_request(client_id, &code.device_code));
        loop {
            sleep(code.interval);
            let is_over = Instant::now() >= end;
            match self.grant(wire, Repeat::IfTransient, &body, &mut lock(wire, file, LOCK_WAIT)?, None) {
                Ok(held) => {
                    wire.secrets.add(held.token.value());
                    *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(held));
                    return Ok(());
                }
                Err(error) => match refusal_word(&error) {
                    Some("authorization_pending") if !is_over => {}
                    Some("slow_down") if !is_over => code.slow_down(),
                    _ => return Err(error),
                },
            }
        }
    }

    /// Asks the sign-in service about the token.
    pub(in crate::client) fn validate(&self, wire: &Wire) -> Result<Validation> {
        let held = self.token(wire)?;
        let origin = self.auth_host()?;
        let authorization = held.token.anaplan_header();
        let subject = Subject::SignIn(origin.clone());
        wire.retry(&subject, Repeat::IfTransient, |a_try| {
            let request = Request { method: "GET", origin, path: VALIDATE, body: None, accept: Accept::Json };
            let reply = wire.send(&subject, request, Some(&authorization), a_try)?.into_reply()?;
            let (user, until) = issued::read_validation(&reply.body).map_err(|p| fault(p, &reply))?;
            let end = held.times.as_ref().map(|times| times.end_date);
            Ok(Validation { user, until: end.or(until) })
        })
    }

    /// Ends the token at the sign-in service, or forgets the stored refresh token. `false` if there is
    /// nothing that outlives the client.
    pub(in crate::client) fn log_out(&self, wire: &Wire) -> Result<bool> {
        match self.credentials.way() {
            Way::OAuth { file, .. } => {
                return lock(wire, file, LOCK_WAIT)?.forget();
            }
            Way::Token(_) | Way::Provider(_) => {}
            _ => return Ok(false),
        }
        let held = self.token(wire)?;
        let origin = self.auth_host()?;
        let authorization = held.token.anaplan_header();
        let subject = Subject::SignIn(origin.clone());
        wire.retry(&subject, Repeat::IfTransient, |a_try| {
            let reply =
                wire.send(&subject, post(origin, LOGOUT, "{}"), Some(&authorization), a_try)?.into_reply()?;
            match reply.status {
                200 | 204 => Ok(true),
                _ => Err(fault(AnswerProblem::NotJson, &reply).into()),
            }
        })
    }
}

impl Held {
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

fn held(issued: &IssuedToken, token: Token, reply: &Reply) -> Held {
    let (now, clock) = (Instant::now(), SystemTime::now());
    let lifetime = issued.lifetime(reply.date.unwrap_or(clock));
    let renewal = now + issued::renewal_after(lifetime);
    let times = Times { renewal, end: now + lifetime, end_date: clock + lifetime };
    Held { token, times: Some(times) }
}

fn host(origin: Option<&Origin>, setting: Setting) -> Result<&Origin> {
    origin.ok_or_else(|| Error::Setting {
        setting,
        problem: "it is not known for this API: give its URL".to_owned(),
    })
}

fn post<'a>(origin: &'a Origin, path: &'a str, body: &'a str) -> Request<'a> {
    Request { method: "POST", origin, path, body: Some(body), accept: Accept::Json }
}

/// JSON is UTF-8.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_default()
}

fn refusal_word(error: &Error) -> Option<&str> {
    match error.request() {
        Some((_, Fault::SignInRefused { word, .. })) => Some(word),
        _ => None,
    }
}

/// What an answer without a token means for the request. The word counts where it is known, else the
/// status.
fn fault(problem: AnswerProblem, reply: &Reply) -> Fault {
    let is_good = matches!(reply.status, 200 | 201);
    let status = |message| Fault::Status { status: reply.status, message, retry_after: reply.retry_after };
    match problem {
        AnswerProblem::Refused(Refusal { word: Word::Other(word), message }) if !is_refusal(&word, reply) => {
            match word.parse() {
                Ok(status) if is_good => Fault::Status { status, message, retry_after: reply.retry_after },
                _ => status(Some(message.unwrap_or(word))),
            }
        }
        AnswerProblem::Refused(Refusal { word, message }) => {
            let clock = reply.date.and_then(clock_error);
            let clock = clock.map(|error| format!("this machine's clock is {error}: set it"));
            let known = [message, clock].into_iter().flatten().collect::<Vec<_>>();
            let message = (!known.is_empty()).then(|| known.join("; "));
            Fault::SignInRefused { word: word.as_str().to_owned(), message }
        }
        _ if !is_good => status(crate::service::error_message(&reply.body)),
        AnswerProblem::Missing(field) => Fault::NoPayload(field),
        AnswerProblem::Unusable(field) => status(Some(format!("its {field} cannot be used"))),
        AnswerProblem::NotJson => {
            Fault::Body(BodyProblem::Document { kind: "something else than JSON", message: None })
        }
    }
}

/// Whether a word that is not known means that the credentials are refused: it is no number, and the status
/// is not one that passes.
fn is_refusal(word: &str, reply: &Reply) -> bool {
    let may_pass = matches!(reply.status, 408 | 409 | 423 | 429 | 500..=599);
    word.parse::<u16>().is_err() && !may_pass
}

/// How far this machine's clock is off, where it matters: signatures and certificates look invalid then.
pub(in crate::client) fn clock_error(service: SystemTime) -> Option<String> {
    let (difference, direction) = match SystemTime::now().duration_since(service) {
        Ok(ahead) => (ahead, "ahead"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let rounded = Duration::from_secs(difference.as_secs());
    (difference > CLOCK_TOLERANCE).then(|| format!("{} {direction}", seconds(rounded)))
}

/// Locks the file, waiting at most this long for another run that uses it.
fn lock(wire: &Wire, file: &RefreshTokenFile, wait: Duration) -> Result<LockedTokenFile> {
    let begun = Instant::now();
    let mut next_note = FIRST_LOCK_NOTE;
    loop {
        if let Some(locked) = file.try_lock(&wire.unfinished)? {
            if let Some(warning) = locked.warning {
                wire.report(&Event::Disk { path: file.path(), warning });
            }
            return Ok(locked);
        }
        let (waited, path) = (begun.elapsed(), file.lock_path()?);
        if waited >= wait {
            let text = format!("another program has held the lock for {}", seconds(waited));
            let source = std::io::Error::new(std::io::ErrorKind::WouldBlock, text);
            return Err(Error::output("lock", Some(&path), source));
        }
        if waited >= next_note {
            next_note = waited + LOCK_NOTE;
            wire.report(&Event::Locked { path: &path, waited });
        }
        sleep(LOCK_POLL);
    }
}

#[cfg(test)]
mod tests;
