//! The way through a proxy: ureq's `CONNECT`, whose failures are marked as the proxy's.

use ureq::unversioned::transport::{ConnectProxyConnector, ConnectionDetails, Connector, Transport};

use super::ureq_error::Failure;

/// Makes connections through a proxy.
#[derive(Debug)]
pub(super) struct ProxyConnector {
    pub(super) inner: ConnectProxyConnector,
    /// What errors call the proxy: without its password.
    pub(super) name: String,
}

impl<In: Transport> Connector<In> for ProxyConnector {
    type Out = <ConnectProxyConnector as Connector<In>>::Out;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.inner.connect(details, chained).map_err(|error| Failure::at_proxy(&self.name, &error).into())
    }
}
