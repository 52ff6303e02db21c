//! The tokens that are good, and who holds them.

use std::time::{Duration, Instant, SystemTime};

use crate::fake::http::{Answer, Request};

/// How a token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Anaplan,
    Bearer,
}

#[derive(Debug, Clone)]
struct Token {
    value: String,
    user: String,
    scheme: Scheme,
    expires: Option<Instant>,
}

/// All tokens, and the clock that they are good by.
#[derive(Debug)]
pub struct Tokens {
    all: Vec<Token>,
    /// Of those that are issued.
    pub lifetime: Duration,
    pub(super) issued: usize,
    /// Seconds that the service's clock is ahead of this machine's.
    pub clock_ahead: i64,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { all: Vec::new(), lifetime: Duration::from_secs(35 * 60), issued: 0, clock_ahead: 0 }
    }
}

impl Tokens {
    /// Registers a token. An expired one of this value is good again.
    pub(crate) fn add(&mut self, user: String, value: String, scheme: Scheme, expires: Option<Instant>) {
        self.all.retain(|token| token.value != value || token.scheme != scheme);
        self.all.push(Token { value, user, scheme, expires });
    }

    /// Answered with 401 from now on.
    pub(crate) fn expire(&mut self, value: &str) {
        let all = self.all.iter_mut().filter(|token| token.value == value);
        all.for_each(|token| token.expires = Some(Instant::now()));
    }

    pub(super) fn remove(&mut self, value: &str) {
        self.all.retain(|token| token.value != value);
    }

    pub(super) fn issue(&mut self, user: String, scheme: Scheme) -> String {
        self.issued += 1;
        let value = format!("fake-issued-token-{}", self.issued);
        self.add(user, value.clone(), scheme, Some(Instant::now() + self.lifetime));
        value
    }

    /// The service's clock.
    pub(crate) fn now(&self) -> SystemTime {
        let ahead = Duration::from_secs(self.clock_ahead.unsigned_abs());
        let now = SystemTime::now();
        if self.clock_ahead < 0 { now - ahead } else { now + ahead }
    }

    /// How long this token will be good.
    pub(super) fn time_left(&self, value: &str) -> Duration {
        let expires = self.all.iter().find(|token| token.value == value).and_then(|token| token.expires);
        expires.map_or(self.lifetime, |end| end.saturating_duration_since(Instant::now()))
    }

    /// Who sends this request, or the refusal.
    pub(crate) fn user_of(&self, request: &Request) -> Result<String, Answer> {
        let header = request.header("authorization").unwrap_or_default();
        let presented = [("AnaplanAuthToken ", Scheme::Anaplan), ("Bearer ", Scheme::Bearer)]
            .into_iter()
            .find_map(|(word, scheme)| header.strip_prefix(word).map(|value| (value, scheme)));
        let known = presented.and_then(|(value, scheme)| {
            // An OAuth access token is taken under either word.
            let fits = |token: &&Token| token.scheme == scheme || scheme == Scheme::Anaplan;
            self.all.iter().filter(|token| token.value == value).find(fits)
        });
        match known {
            Some(token) if token.expires.is_some_and(|end| end <= Instant::now()) => {
                Err(Answer::error(401, "Authentication token has expired"))
            }
            Some(token) => Ok(token.user.clone()),
            None => Err(Answer::error(401, "Unauthorized")),
        }
    }
}
