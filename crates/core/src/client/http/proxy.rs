//! The proxy that the environment names, and the hosts that it is not for. A proxy that cannot be used is
//! an error: ureq on its own would connect directly.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::ProxyProtocol;
use ureq::unversioned::transport::{ConnectProxyConnector, ConnectionDetails, Connector, Transport};

use super::ureq_error::Failure;
use crate::address::{Origin, bare};
use crate::error::{Result, Setting};
use crate::text::debug_with;

/// Where a client takes its proxy from.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// `https_proxy`, `HTTPS_PROXY`, `all_proxy` or `ALL_PROXY`, the first that is set, except for the
    /// hosts in `no_proxy` or `NO_PROXY`.
    #[default]
    Environment,
    /// No proxy.
    Direct,
    /// This proxy.
    Url {
        /// `http://[user:password@]host:port`; the user name and the password are percent-encoded.
        url: String,
        /// The hosts that it is not used for, in a list as `NO_PROXY` has it.
        no_proxy: String,
    },
}

// Without the URL: it may hold a password.
debug_with!(ProxyChoice);

impl ProxyChoice {
    /// The variables that name a proxy; the first that is set counts.
    #[doc(hidden)]
    pub const VARIABLES: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

    /// The variables with the hosts that it is not for, likewise.
    #[doc(hidden)]
    pub const EXCEPTIONS: [&str; 2] = ["no_proxy", "NO_PROXY"];
}

/// A proxy, and the hosts that it is not used for.
pub(super) struct Proxy {
    pub(super) inner: ureq::Proxy,
    no_proxy: String,
}

impl Proxy {
    pub(super) fn new(choice: &ProxyChoice) -> Result<Option<Proxy>> {
        let (name, url, no_proxy) = match choice {
            ProxyChoice::Direct => return Ok(None),
            ProxyChoice::Url { url, no_proxy } => ("the proxy", url.clone(), no_proxy.clone()),
            ProxyChoice::Environment => {
                let Some((name, url)) = first_variable(&ProxyChoice::VARIABLES)? else { return Ok(None) };
                let no_proxy = first_variable(&ProxyChoice::EXCEPTIONS)?.map(|(_, list)| list);
                (name, url, no_proxy.unwrap_or_default())
            }
        };
        Ok(Some(Proxy { inner: read_proxy(name, &url)?, no_proxy: no_proxy.to_ascii_lowercase() }))
    }

    /// What people call it: never with its password.
    pub(super) fn name(&self) -> String {
        let scheme = match self.inner.protocol() {
            ProxyProtocol::Https => "https",
            _ => "http",
        };
        format!("{scheme}://{}:{}", self.inner.host(), self.inner.port())
    }

    /// The password, in each form in which it is sent.
    pub(super) fn secrets(&self) -> Vec<String> {
        let Some(password) = self.inner.password() else { return Vec::new() };
        let both = format!("{}:{password}", self.inner.username().unwrap_or_default());
        vec![password.to_owned(), STANDARD.encode(both)]
    }

    /// Whether it is used for `origin`: not for this machine, nor for what `no_proxy` names. Read as curl reads it
    /// (ureq does not know ports, blanks, or that a domain covers its subdomains): `*` is every host, a domain
    /// covers itself and its subdomains, a port narrows.
    pub(super) fn is_for(&self, origin: &Origin) -> bool {
        let host = bare(origin.host());
        let is_listed = |entry: &str| {
            let (name, port) = match entry.rsplit_once(':').filter(|_| bare(entry).parse::<IpAddr>().is_err()) {
                Some((name, port)) => (name, port.parse::<u16>().ok()),
                None => (entry, None),
            };
            let domain = bare(name).trim_start_matches("*.").trim_start_matches('.');
            let covers = host == domain || host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'));
            entry == "*" || covers && port.is_none_or(|port| port == origin.port().unwrap_or(443))
        };
        let mut entries = self.no_proxy.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        !origin.is_loopback() && !entries.any(is_listed)
    }
}

fn first_variable(names: &[&'static str]) -> Result<Option<(&'static str, String)>> {
    for name in names {
        match std::env::var(name) {
            Ok(value) if !value.trim().is_empty() => return Ok(Some((name, value))),
            Ok(_) | Err(std::env::VarError::NotPresent) => {}
            Err(std::env::VarError::NotUnicode(_)) => return Err(Setting::Named(name).unusable("it is not UTF-8")),
        }
    }
    Ok(None)
}

/// Errors never show the value: it may hold a password.
fn read_proxy(name: &'static str, url: &str) -> Result<ureq::Proxy> {
    let url = url.trim();
    // Refused where ureq and a person would read different hosts.
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/');
    let host = authority.rsplit('@').next().unwrap_or(authority);
    if authority.contains(['/', '?', '#']) || host.is_empty() || host.starts_with(':') {
        return Err(Setting::Named(name).unusable(NO_URL));
    }
    // ureq takes a port beyond 65535 for the default port.
    let port = host.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|p| p > 0)) {
        return Err(Setting::Named(name).unusable("its port is not a number from 1 to 65535"));
    }
    let proxy = ureq::Proxy::new(url).map_err(|_| Setting::Named(name).unusable(NO_URL))?;
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ => Err(Setting::Named(name).unusable("only http:// and https:// proxies are supported, not SOCKS")),
    }
}

const NO_URL: &str = "it is not a URL such as http://user:password@proxy.example:3128; special characters in the user \
     name or password must be percent-encoded";

#[derive(Debug)]
pub(super) struct ProxyConnector {
    pub(super) inner: ConnectProxyConnector,
    /// What errors call the proxy: without its password.
    pub(super) name: String,
}

impl<In: Transport> Connector<In> for ProxyConnector {
    type Out = <ConnectProxyConnector as Connector<In>>::Out;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        self.inner.connect(details, chained).map_err(|error| Failure::at_proxy(&self.name, &error).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_is_read_as_curl_reads_it() {
        let host = "https://eu3.api.anaplan.com";
        let ip = "https://[2001:db8::1]";
        for (list, origin, is_bypassed) in [
            ("*", host, true),
            ("anaplan.com", host, true),
            (".anaplan.com", host, true),
            ("*.anaplan.com", host, true),
            ("x, ANAPLAN.com ", host, true),
            ("eu3.api.anaplan.com:443", host, true),
            ("[2001:db8::1]", ip, true),
            ("[2001:db8::1]:443", ip, true),
            ("", "https://localhost:8443", true),
            ("", host, false),
            ("plan.com", host, false),
            ("eu3.api.anaplan.com:8443", host, false),
            ("api.anaplan.co", host, false),
        ] {
            let inner = read_proxy("HTTPS_PROXY", "proxy").unwrap();
            let proxy = Proxy { inner, no_proxy: list.to_ascii_lowercase() };
            assert_eq!(!proxy.is_for(&origin.parse().unwrap()), is_bypassed, "{list} {origin}");
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_and_its_password_not_shown() {
        for url in [
            "socks5://s3cret@proxy:1080",
            "http://DOMAIN\\s3cret:pw@proxy:3128",
            "http://me:s3cret@proxy:99999",
            "http://me:s3cret@",
            "ftp://s3cret@proxy",
            "http://me:s3cret@proxy:",
            "http://proxy:3128/s3cret@other:3128",
            "http://me:s3#cret@proxy:3128",
        ] {
            let error = read_proxy("HTTPS_PROXY", url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
        for url in ["http://me:p%40ss@proxy.example:3128", "proxy:3128", "http://[::1]:3128/", "http://[::1]"] {
            assert!(read_proxy("HTTPS_PROXY", url).is_ok(), "{url}");
        }
    }
}
