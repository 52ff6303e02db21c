//! The settings of a [`Client`]. What cannot be used fails when the client is built, not later.

use std::sync::Arc;
use std::time::Duration;

use super::Client;
use super::choose_hosts::{GivenHosts, Hosts};
use super::event::Event;
use super::http::ProxyChoice;
use super::http::agent::{HttpAgent, TransportConfig};
use super::pace::Pace;
use super::redact::Secrets;
use super::requests::{MAX_PARALLEL, Requests};
use super::retry_loop::{Shared, Wire};
use super::session::Session;
use super::session::credentials::Credentials;
use crate::address::{Locator, Origin};
use crate::error::{Error, Result, Setting};
use crate::files::Unfinished;
use crate::service::RetryPolicy;
use crate::text::debug_with;

/// Builds a [`Client`]; made with [`Client::builder`].
pub struct ClientBuilder {
    credentials: Credentials,
    hosts: GivenHosts,
    user_agent: String,
    retry: RetryPolicy,
    transport: TransportConfig,
    on_event: Option<super::event::OnEvent>,
    unfinished: Unfinished,
}

debug_with!(ClientBuilder, "hosts": hosts);

impl Client {
    /// A client with default settings.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] if the environment names a proxy that cannot be used.
    pub fn new(credentials: impl Into<Credentials>) -> Result<Client> {
        Client::builder(credentials).build()
    }

    /// A builder for a client that signs in with a ready [`Token`](crate::Token) or other [`Credentials`].
    pub fn builder(credentials: impl Into<Credentials>) -> ClientBuilder {
        ClientBuilder {
            credentials: credentials.into(),
            hosts: GivenHosts::default(),
            user_agent: concat!("anaplan-dump/", env!("CARGO_PKG_VERSION")).to_owned(),
            retry: RetryPolicy::default(),
            transport: TransportConfig::default(),
            on_event: None,
            unfinished: Unfinished::default(),
        }
    }
}

impl ClientBuilder {
    /// The origin of the API, for addresses that name none. The token may go there, wherever it is.
    /// Defaults to `https://api.anaplan.com`.
    pub fn api(mut self, origin: Origin) -> Self {
        self.hosts.api = Some(origin);
        self
    }

    /// What the client is for: where it is a URL, the client signs in at the hosts of its region.
    pub fn locator(mut self, locator: &Locator) -> Self {
        self.hosts.locator.clone_from(&locator.model().origin);
        self
    }

    /// The host to sign in at. Defaults to that of the region whose API it is; for another API it must be
    /// given. Passwords go there and nowhere else.
    pub fn auth(mut self, origin: Origin) -> Self {
        self.hosts.auth = Some(origin);
        self
    }

    /// The host to get OAuth tokens from. Defaults to that of the region whose API it is; for another API
    /// it must be given. Refresh tokens go there and nowhere else.
    pub fn oauth(mut self, origin: Origin) -> Self {
        self.hosts.oauth = Some(origin);
        self
    }

    /// The `User-Agent` header. Defaults to `anaplan-dump/VERSION`.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// Tries after the first one, for each chunk or other request. Defaults to 12: with the default waits,
    /// an outage of three to seven minutes is survived. Within a time limit the default is no limit: until it is over,
    /// an outage is waited out. With neither, what does not reach a host that has never answered is tried at most 3
    /// more times: that takes 5 s at most where it is refused, and two minutes where nothing answers at all, 4 times
    /// the [connect timeout](ClientBuilder::connect_timeout).
    pub fn retries(mut self, count: u32) -> Self {
        self.retry.retries = Some(count);
        self
    }

    /// The maximum wait before any retry, also where the service asks for a longer one. Defaults to 60 s.
    pub fn max_wait(mut self, wait: Duration) -> Self {
        self.retry.max_wait = wait;
        self
    }

    /// Silence after which a connection counts as stalled; it limits the wait for the first byte too. Defaults to 60 s.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.transport.stall_timeout = Some(limit);
        self
    }

    /// The maximum time to make a connection. Defaults to 30 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.transport.connect_timeout = Some(limit);
        self
    }

    /// Root certificates in PEM or DER, instead of the built-in ones.
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport.roots.only = Some(pem.into());
        self
    }

    /// Root certificates in PEM or DER, beside the others.
    pub fn add_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport.roots.added = Some(pem.into());
        self
    }

    /// Where to take the proxy from. Defaults to [`ProxyChoice::Environment`].
    pub fn proxy(mut self, choice: ProxyChoice) -> Self {
        self.transport.proxy = choice;
        self
    }

    /// Calls `report` for each request, each retry and each wait. Worker threads call it too.
    pub fn on_event(mut self, report: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.on_event = Some(Box::new(report));
        self
    }

    /// Keeps this list of what must be finished before the program may end, and of what is kept if it ends
    /// now. Defaults to one that the client alone sees.
    #[doc(hidden)]
    pub fn unfinished(mut self, list: &Unfinished) -> Self {
        self.unfinished = list.clone();
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for a limit of zero, a user agent that no header can carry, root certificates or a
    /// proxy that cannot be used; [`Error::UntrustedOrigin`] for plain HTTP to another machine;
    /// [`Error::NotAnApi`] for a host of browsers.
    pub fn build(self) -> Result<Client> {
        let hosts = Hosts::choose(self.hosts)?;
        let unusable = |name, problem: &str| Err::<_, Error>(Setting::Named(name).unusable(problem));
        let TransportConfig { stall_timeout, connect_timeout, .. } = self.transport;
        for (name, limit) in [("the stall timeout", stall_timeout), ("the connect timeout", connect_timeout)] {
            if limit == Some(Duration::ZERO) {
                return unusable(name, "it is zero, so nothing could ever be received");
            }
        }
        let user_agent = self.user_agent.trim();
        if user_agent.is_empty() || !user_agent.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return unusable("the user agent", "it is empty or has characters that no header can carry");
        }
        let agent = HttpAgent::new(&self.transport, user_agent, MAX_PARALLEL)?;
        let lasting = self.credentials.secrets.iter().cloned().chain(agent.secrets()).collect();
        let shared = Shared {
            agent,
            retry: self.retry,
            on_event: self.on_event,
            unfinished: self.unfinished,
            pace: Pace::default(),
            secrets: Secrets { lasting, ..Secrets::default() },
            odd_answers: Default::default(),
            api_was_reached: false.into(),
            sign_in_was_reached: false.into(),
        };
        let wire = Wire { shared: Arc::new(shared), patience: Default::default() };
        let session = Session::new(self.credentials, hosts.auth.clone(), hosts.oauth.clone());
        Ok(Client { requests: Requests { wire, session: Arc::new(session), hosts } })
    }
}
