//! ureq agents as this job needs them: limits on silence, one name lookup for each host, roots, a proxy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Connector, NextTimeout, TcpConnector};

use super::proxy::{Proxies, ProxyChoice};
use super::stall_guard::StallGuard;
use super::tls::{Roots, SeenCertificates, TlsConnector};
use super::tunnel::ProxyConnector;
use super::ureq_error::TimeLimits;
use crate::address::Origin;
use crate::error::Result;

/// Silence after which a connection counts as stalled. Slow links move something within it.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Maximum time to make a connection, TLS and proxy included. Far above what a distant host needs.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum wait for the complete header of an answer, interim answers included, in stall limits: three
/// minutes by default. Silence is caught earlier.
const HEADER_STALLS: u32 = 3;

/// Maximum time for one body. At 64 MiB a chunk arrives within it unless the link is slower than 3.2 KB/s;
/// it ends bodies that move for ever without bringing anything, which no limit on silence or size notices.
const BODY_TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

/// How long an idle connection is kept. Writing a chunk to a slow disk or pipe takes time.
const IDLE_CONNECTION: Duration = Duration::from_secs(60);

/// What the agents are built from; what is not set has its default.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct TransportConfig {
    pub(in crate::client) stall_timeout: Option<Duration>,
    pub(in crate::client) connect_timeout: Option<Duration>,
    pub(in crate::client) roots: Roots,
    pub(in crate::client) proxy: Option<ProxyChoice>,
}

/// The agents of a client, and which of them a request takes. Without `Debug`: it has the password of the proxy.
pub(in crate::client) struct Transport {
    direct: Agent,
    proxied: Option<(Agent, Proxies)>,
    names: NameCache,
    limits: TimeLimits,
    seen: SeenCertificates,
    proxy_name: String,
    proxy_secrets: Vec<String>,
}

impl Transport {
    /// `connections` is the number of idle connections that are kept.
    pub(in crate::client) fn new(config: &TransportConfig, connections: usize) -> Result<Transport> {
        let tls = TlsConnector::new(&config.roots)?;
        let names = NameCache::default();
        let proxy = Proxies::new(&config.proxy.clone().unwrap_or_default())?;
        let proxy_name = proxy.as_ref().map(|(proxy, _)| name_of(proxy)).unwrap_or_default();
        let proxy_secrets = proxy.as_ref().map(|(proxy, _)| secrets_of(proxy)).unwrap_or_default();
        let agent = |proxy: Option<ureq::Proxy>| {
            let connector = ().chain(ProxyConnector::new(proxy_name.clone()));
            // The guard is outermost, so that it sees what TLS has already taken apart.
            let connector = connector.chain(TcpConnector::default()).chain(tls.clone()).chain(StallGuard);
            Agent::with_parts(agent_config(config, connections, proxy), connector, names.clone())
        };
        let proxied = proxy.map(|(proxy, proxies)| (agent(Some(proxy)), proxies));
        let direct = agent(None);
        let (limits, seen) = (TimeLimits::of(&direct), Arc::clone(&tls.seen));
        Ok(Transport { direct, proxied, names, limits, seen, proxy_name, proxy_secrets })
    }

    /// The password of the proxy, in each form in which it is sent.
    pub(in crate::client) fn secrets(&self) -> Vec<String> {
        self.proxy_secrets.clone()
    }

    /// Who issued the certificate that the host has shown, if it is known.
    pub(in crate::client) fn issuer(&self, origin: &Origin) -> Option<String> {
        let host = origin.host().trim_start_matches('[').trim_end_matches(']');
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(host).map(|seen| seen.issuer.clone())
    }

    /// The proxy on the way to `origin`, without its password.
    pub(in crate::client) fn proxy(&self, origin: &Origin) -> Option<String> {
        let is_direct = std::ptr::eq(self.agent(origin), &self.direct);
        (!is_direct).then(|| self.proxy_name.clone())
    }

    /// The time limits of the agents.
    pub(in crate::client) fn limits(&self) -> TimeLimits {
        self.limits
    }

    /// The agent for `origin`. Plain HTTP goes to this machine only, hence never through a proxy.
    pub(in crate::client) fn agent(&self, origin: &Origin) -> &Agent {
        match &self.proxied {
            Some((agent, proxies)) if origin.is_https() && !proxies.bypass(origin) => agent,
            _ => &self.direct,
        }
    }

    /// Forgets looked-up names, so that the next try may find another address.
    pub(in crate::client) fn forget_names(&self) {
        self.names.forget();
    }
}

fn agent_config(config: &TransportConfig, connections: usize, proxy: Option<ureq::Proxy>) -> Config {
    let stall_timeout = config.stall_timeout.unwrap_or(STALL_TIMEOUT);
    let connect_timeout = config.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    Agent::config_builder()
        .proxy(proxy)
        .timeout_connect(Some(connect_timeout))
        .timeout_per_read(Some(stall_timeout))
        .timeout_per_write(Some(stall_timeout))
        .timeout_recv_response(Some(stall_timeout.saturating_mul(HEADER_STALLS)))
        .timeout_recv_body(Some(BODY_TIMEOUT))
        .max_idle_age(IDLE_CONNECTION)
        .max_idle_connections(connections)
        .max_idle_connections_per_host(connections)
        .build()
}

/// What people call a proxy: never with its password.
fn name_of(proxy: &ureq::Proxy) -> String {
    let scheme = match proxy.protocol() {
        ureq::ProxyProtocol::Https => "https",
        _ => "http",
    };
    format!("{scheme}://{}:{}", proxy.host(), proxy.port())
}

fn secrets_of(proxy: &ureq::Proxy) -> Vec<String> {
    let Some(password) = proxy.password() else { return Vec::new() };
    let both = format!("{}:{password}", proxy.username().unwrap_or_default());
    vec![password.to_owned(), STANDARD.encode(both)]
}

/// A resolver that looks each host up once. ureq asks its resolver for every request, even when it
/// reuses a connection; a download of a thousand chunks should not depend on the name server
/// a thousand times.
#[derive(Debug, Clone, Default)]
struct NameCache {
    known: Arc<Mutex<HashMap<String, ResolvedSocketAddrs>>>,
}

impl NameCache {
    fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Resolver for NameCache {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let key =
            format!("{}://{}", uri.scheme_str().unwrap_or(""), uri.authority().map_or("", |a| a.as_str()));
        if let Some(addresses) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(addresses.clone());
        }
        // With a time limit, ureq would start a thread, and panic on a host that refuses it. The system's
        // resolver has limits of its own.
        let timeout = NextTimeout { after: NextTimeout::default().after, ..timeout };
        let addresses = DefaultResolver::default().resolve(uri, config, timeout)?;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, addresses.clone());
        Ok(addresses)
    }
}
