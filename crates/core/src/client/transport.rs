//! ureq agents as this job needs them: limits on silence, one name lookup for each host, roots, a proxy.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Connector, DefaultConnector, NextTimeout};

use super::proxy::{Proxies, ProxyChoice};
use super::stall_guard::StallGuard;
use super::ureq_error::TimeLimits;
use crate::address::Origin;
use crate::error::{Error, Result};

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
pub(super) struct TransportConfig {
    pub(super) stall_timeout: Option<Duration>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) root_certificates: Option<Vec<u8>>,
    pub(super) proxy: Option<ProxyChoice>,
}

/// The agents of a client, and which of them a request takes.
#[derive(Debug)]
pub(super) struct Transport {
    direct: Agent,
    proxied: Option<(Agent, Proxies)>,
    names: Option<NameCache>,
    limits: TimeLimits,
}

impl Transport {
    /// `connections` is the number of idle connections that are kept.
    pub(super) fn new(config: &TransportConfig, connections: usize) -> Result<Transport> {
        let roots = config.root_certificates.as_deref().map(read_roots).transpose()?;
        let names = NameCache::default();
        let agent = |proxy: Option<ureq::Proxy>| {
            let ureq_config = agent_config(config, connections, roots.clone(), proxy);
            // Outermost, so that it sees what TLS has already taken apart.
            Agent::with_parts(ureq_config, DefaultConnector::new().chain(StallGuard), names.clone())
        };
        let proxy = config.proxy.clone().unwrap_or_default();
        let proxied = Proxies::new(&proxy)?.map(|(proxy, proxies)| (agent(Some(proxy)), proxies));
        let direct = agent(None);
        Ok(Transport { limits: TimeLimits::of(&direct), direct, proxied, names: Some(names) })
    }

    /// Sends everything through an agent that an embedder configured.
    pub(super) fn from_agent(agent: Agent) -> Transport {
        Transport { limits: TimeLimits::of(&agent), direct: agent, proxied: None, names: None }
    }

    /// The time limits of the agents.
    pub(super) fn limits(&self) -> TimeLimits {
        self.limits
    }

    /// The agent for `origin`. Plain HTTP goes to this machine only, hence never through a proxy.
    pub(super) fn agent(&self, origin: &Origin) -> &Agent {
        match &self.proxied {
            Some((agent, proxies)) if origin.is_https() && !proxies.bypass(origin) => agent,
            _ => &self.direct,
        }
    }

    /// Forgets looked-up names, so that the next try may find another address.
    pub(super) fn forget_names(&self) {
        if let Some(names) = &self.names {
            names.forget();
        }
    }
}

fn agent_config(
    config: &TransportConfig,
    connections: usize,
    roots: Option<RootCerts>,
    proxy: Option<ureq::Proxy>,
) -> Config {
    let stall_timeout = config.stall_timeout.unwrap_or(STALL_TIMEOUT);
    let connect_timeout = config.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
    let mut tls = TlsConfig::builder();
    if let Some(roots) = roots {
        tls = tls.root_certs(roots);
    }
    Agent::config_builder()
        .proxy(proxy)
        .tls_config(tls.build())
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

fn read_roots(pem: &[u8]) -> Result<RootCerts> {
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        match item {
            Ok(PemItem::Certificate(certificate)) => certificates.push(certificate),
            Ok(_) => {}
            // Not the parser's own words: they may repeat the file, a private key included.
            Err(_) => return Err(bad_roots("it is not a valid PEM file")),
        }
    }
    if certificates.is_empty() {
        return Err(bad_roots("it holds no certificate (\"-----BEGIN CERTIFICATE-----\")"));
    }
    Ok(RootCerts::from(certificates))
}

fn bad_roots(problem: &str) -> Error {
    Error::Setting { setting: "the file of root certificates", problem: problem.to_owned() }
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
