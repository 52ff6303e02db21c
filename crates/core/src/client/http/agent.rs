//! The agent as this job needs it: limits on silence, one name lookup for each host, roots, a proxy.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::unversioned::transport::Connector;

use super::names::Names;
use super::proxy::{Proxy, ProxyChoice, ProxyConnector};
use super::tcp::TcpConnector;
use super::tls::{Issuers, Roots, TlsConnector};
use crate::address::{Origin, bare};
use crate::error::Result;
use crate::sync::lock;

/// Silence after which a connection counts as stalled. Slow links move something within it.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum time to make a connection, TLS and proxy included. Far above what a distant host needs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum wait for the complete header of an answer, interim answers included, in stall limits: three
/// minutes by default. Silence is caught earlier.
pub(super) const HEADER_STALLS: u32 = 3;

/// Maximum time for one body. At 64 MiB a chunk arrives within it unless the link is slower than 3.2 KB/s;
/// it ends bodies that move for ever without bringing anything, which no limit on silence or size notices.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// How long an idle connection is kept. Writing a chunk to a slow disk or pipe takes time.
const IDLE_CONNECTION: Duration = Duration::from_secs(60);

/// What the agent is built from; what is not set has its default.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct TransportConfig {
    pub(in crate::client) stall_timeout: Option<Duration>,
    pub(in crate::client) connect_timeout: Option<Duration>,
    pub(in crate::client) roots: Roots,
    pub(in crate::client) proxy: ProxyChoice,
}

/// Sends the requests of a client. Without `Debug`: it has the password of the proxy.
pub(in crate::client) struct HttpAgent {
    agent: Agent,
    proxy: Option<Proxy>,
    names: Names,
    /// Silence after which a connection counts as stalled.
    pub(super) stall: Duration,
    issuers: Issuers,
}

impl HttpAgent {
    /// `connections` is the number of idle connections that are kept.
    pub(in crate::client) fn new(config: &TransportConfig, user_agent: &str, connections: usize) -> Result<HttpAgent> {
        let tls = TlsConnector::new(&config.roots)?;
        let names = Names::default();
        let proxy = Proxy::new(&config.proxy)?;
        let stall = config.stall_timeout.unwrap_or(STALL_TIMEOUT);
        let settings = Agent::config_builder()
            .user_agent(user_agent)
            .proxy(proxy.as_ref().map(|proxy| proxy.inner.clone()))
            .timeout_connect(Some(config.connect_timeout.unwrap_or(CONNECT_TIMEOUT)))
            .timeout_per_read(Some(stall))
            .timeout_per_write(Some(stall))
            .timeout_recv_response(Some(stall.saturating_mul(HEADER_STALLS)))
            .timeout_recv_body(Some(BODY_TIMEOUT))
            .max_idle_age(IDLE_CONNECTION)
            .max_idle_connections(connections)
            .max_idle_connections_per_host(connections)
            // Statuses and redirects are judged here: ureq would drop the service's message with the first, and
            // send the token's request elsewhere with the second.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build();
        let issuers = Arc::clone(&tls.issuers);
        let name = proxy.as_ref().map(Proxy::name).unwrap_or_default();
        let connector = ().chain(ProxyConnector { inner: Default::default(), name });
        let connector = connector.chain(TcpConnector { names: names.clone() }).chain(tls);
        let agent = Agent::with_parts(settings, connector, names.clone());
        Ok(HttpAgent { agent, proxy, names, stall, issuers })
    }

    pub(in crate::client) fn secrets(&self) -> Vec<String> {
        self.proxy.as_ref().map(Proxy::secrets).unwrap_or_default()
    }

    /// Who issued the certificate that the host has shown, if it is known.
    pub(in crate::client) fn issuer(&self, origin: &Origin) -> Option<String> {
        lock(&self.issuers).get(bare(origin.host())).cloned()
    }

    /// The proxy on the way to `origin`, without its password.
    pub(in crate::client) fn proxy(&self, origin: &Origin) -> Option<String> {
        self.proxy.as_ref().filter(|proxy| proxy.is_for(origin)).map(Proxy::name)
    }

    pub(in crate::client) fn forget_names(&self) {
        self.names.forget();
    }

    /// Whether there is a proxy, and it is not for this host.
    fn is_direct(&self, origin: &Origin) -> bool {
        self.proxy.as_ref().is_some_and(|proxy| !proxy.is_for(origin))
    }

    pub(super) fn run(
        &self,
        request: ureq::http::Request<impl ureq::AsSendBody>,
        origin: &Origin,
    ) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        match self.is_direct(origin) {
            true => self.agent.run(self.agent.configure_request(request).proxy(None).build()),
            false => self.agent.run(request),
        }
    }
}
