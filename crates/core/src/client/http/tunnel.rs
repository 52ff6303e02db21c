//! The way through a proxy: ureq's `CONNECT`, whose failures are marked as the proxy's.

use std::fmt;

use ureq::unversioned::transport::{ConnectProxyConnector, ConnectionDetails, Connector, Transport};

/// Makes connections through a proxy.
#[derive(Debug)]
pub(in crate::client) struct ProxyConnector {
    inner: ConnectProxyConnector,
    /// What errors call the proxy: without its password.
    name: String,
}

impl ProxyConnector {
    pub(in crate::client) fn new(name: String) -> ProxyConnector {
        ProxyConnector { inner: ConnectProxyConnector::default(), name }
    }
}

impl<In: Transport> Connector<In> for ProxyConnector {
    type Out = <ConnectProxyConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.inner
            .connect(details, chained)
            .map_err(|error| ureq::Error::Other(Box::new(ProxyFailure { proxy: self.name.clone(), error })))
    }
}

/// What went wrong at the proxy.
#[derive(Debug)]
pub(in crate::client) struct ProxyFailure {
    pub(in crate::client) proxy: String,
    pub(in crate::client) error: ureq::Error,
}

impl ProxyFailure {
    /// The status with which the proxy refused, if it answered.
    pub(in crate::client) fn status(&self) -> Option<u16> {
        match &self.error {
            ureq::Error::ConnectProxyFailed(text) => text.rsplit('/').next()?.trim().parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status(), &self.error) {
            (Some(status), _) => write!(f, "the proxy {} answered {status}", self.proxy),
            (None, ureq::Error::ConnectProxyFailed(_)) => {
                write!(f, "the proxy {} closed the connection", self.proxy)
            }
            (None, error) => write!(f, "at the proxy {}: {error}", self.proxy),
        }
    }
}

impl std::error::Error for ProxyFailure {}
