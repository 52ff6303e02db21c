//! Whether a host can be reached, without signing in: for those who look for what is wrong.

use super::Client;
use super::http::exchange::{BYTES, Content, Request};
use super::session::clock_error;
use crate::address::Origin;
use crate::error::Result;
use crate::service::{Repeat, Subject};

/// How a host was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reached {
    /// The proxy on the way, without its password.
    pub proxy: Option<String>,
    /// Who issued the certificate of the host, or of the proxy that opens TLS.
    pub issuer: Option<String>,
    /// How far this machine's clock is off, if the host told its own and the difference is large enough to
    /// matter: "3600 s slow".
    pub clock_error: Option<String>,
}

impl Client {
    /// The hosts that this client needs for its locator, with what each is for: the API, and where to sign in.
    #[doc(hidden)]
    pub fn hosts(&self) -> Vec<(&'static str, Origin)> {
        let mut hosts = vec![("API", self.requests.hosts.home.clone())];
        hosts.extend(self.requests.session.hosts());
        hosts
    }

    /// Asks a host for anything at all, with the retries of every request and without a secret.
    #[doc(hidden)]
    pub fn reach(&self, origin: &Origin) -> Result<Reached> {
        let wire = &self.requests.wire;
        let subject = Subject::Host(origin.clone());
        wire.retry(&subject, Repeat::IfTransient, &mut |a_try| {
            let request = Request { method: "GET", origin, path: "/", body: Content::None, accept: BYTES };
            let date = wire.send(&subject, request, None, a_try)?.date();
            Ok(Reached {
                proxy: wire.agent.proxy(origin),
                issuer: wire.agent.issuer(origin),
                clock_error: date.and_then(clock_error),
            })
        })
    }
}
