//! The settings of a [`Client`]. What cannot be used fails when the client is built, not later.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::http::HeaderValue;

use super::proxy::ProxyChoice;
use super::transport::{CONNECT_TIMEOUT, Transport, TransportConfig};
use super::{Client, Inner, Pace, RequestObserver};
use crate::error::{Error, Result};
use crate::origin::{Origin, Scheme};
use crate::response::MAX_JSON_BYTES;
use crate::retry::RetryPolicy;
use crate::token::Token;

/// Silence after which a connection counts as stalled. Slow links move something within it.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Default limit of one chunk. The service cuts at 10 MB; six times that allows for changes.
const CHUNK_BYTES: u64 = 64 * 1024 * 1024;

/// Default limit of a dump fetched in one piece: beyond any dump that could be fetched so, since
/// large ones time out.
const WHOLE_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// Connections kept idle: as many as one download can use side by side.
const POOLED_CONNECTIONS: usize = super::MAX_PARALLEL;

/// Sizes beyond which a body is cut off with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest chunk in bytes, after decompression. Defaults to 64 MiB.
    pub chunk_bytes: u64,
    /// Largest dump fetched in one piece in bytes, after decompression. Defaults to 64 GiB.
    pub whole_bytes: u64,
    /// Largest JSON answer in bytes, after decompression. Defaults to 64 MiB.
    pub json_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { chunk_bytes: CHUNK_BYTES, whole_bytes: WHOLE_BYTES, json_bytes: MAX_JSON_BYTES }
    }
}

/// Builds a [`Client`]; see [`Client::builder`].
#[derive(Clone)]
pub struct ClientBuilder {
    token: Token,
    api: Origin,
    user_agent: String,
    limits: Limits,
    retry: RetryPolicy,
    transport: TransportConfig,
    agent: Option<Agent>,
    observer: Option<Arc<dyn RequestObserver>>,
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder").field("api", &self.api).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(super) fn new(token: Token) -> ClientBuilder {
        ClientBuilder {
            token,
            api: Origin::anaplan(),
            user_agent: concat!("anaplan-dump/", env!("CARGO_PKG_VERSION")).to_owned(),
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            transport: TransportConfig {
                stall_timeout: STALL_TIMEOUT,
                connect_timeout: CONNECT_TIMEOUT,
                root_certificates: None,
                proxy: ProxyChoice::default(),
                connections: POOLED_CONNECTIONS,
            },
            agent: None,
            observer: None,
        }
    }

    /// The API's origin, for locators that bring none. The token may go there, wherever it is.
    /// Defaults to `https://api.anaplan.com`.
    pub fn api(mut self, origin: Origin) -> Self {
        self.api = origin;
        self
    }

    /// The `User-Agent` header. Defaults to `anaplan-dump/VERSION`.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// Sizes beyond which a body is cut off. See [`Limits`] for the defaults.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How often and how long to try. See [`RetryPolicy`] for the defaults.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Silence after which a connection counts as stalled; it bounds the wait for the first byte too.
    /// Defaults to 60 s. Not for an agent of your own.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.transport.stall_timeout = limit;
        self
    }

    /// Longest time to make a connection. Defaults to 30 s. Not for an agent of your own.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport.connect_timeout = limit;
        self
    }

    /// Root certificates as PEM text. They take the place of the built-in ones. Not for an agent of
    /// your own.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport.root_certificates = Some(pem.into());
        self
    }

    /// Where to take the proxy from. Defaults to [`ProxyChoice::Environment`]. Not for an agent of
    /// your own.
    pub fn proxy(mut self, choice: ProxyChoice) -> Self {
        self.transport.proxy = choice;
        self
    }

    /// Sends everything through this agent: its time limits, proxy and TLS settings hold instead of
    /// the ones here. Statuses and redirects are handled by the client all the same.
    ///
    /// Give it a `timeout_per_read`: without one, a dead connection is waited for without end.
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Is told of each request and each wait.
    pub fn observer(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a user agent that no header can carry, for limits of zero, for root
    /// certificates and proxies that cannot be used; [`Error::UntrustedOrigin`] for plain HTTP to
    /// another machine.
    pub fn build(self) -> Result<Client> {
        if self.api.scheme() == Scheme::Http && !self.api.is_loopback() {
            return Err(Error::UntrustedOrigin {
                origin: self.api.to_string(),
                reason: "plain http is for this machine only",
            });
        }
        let unusable = |setting, problem: &str| Error::Setting { setting, problem: problem.to_owned() };
        if self.transport.stall_timeout.is_zero() || self.transport.connect_timeout.is_zero() {
            return Err(unusable("a time limit", "it is zero, so nothing could ever be received"));
        }
        if !self.user_agent.bytes().all(|b| (b' '..=b'~').contains(&b)) || self.user_agent.trim().is_empty() {
            return Err(unusable("the user agent", "it is empty or has characters that no header can carry"));
        }
        let mut authorization = HeaderValue::from_str(&self.token.authorization())
            .map_err(|_| unusable("the token", "it has characters that no header can carry"))?;
        authorization.set_sensitive(true);
        let transport = match self.agent {
            Some(agent) => Transport::from_agent(agent),
            None => Transport::new(&self.transport)?,
        };
        Ok(Client {
            inner: Arc::new(Inner {
                transport,
                api: self.api,
                token: self.token,
                authorization,
                user_agent: self.user_agent,
                limits: self.limits,
                retry: self.retry,
                observer: self.observer,
                pace: Pace::default(),
                identity_only: false.into(),
            }),
        })
    }
}
