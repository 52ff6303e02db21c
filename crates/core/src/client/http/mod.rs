//! HTTP over ureq and TLS over rustls. No other folder names either crate.

pub(super) mod agent;
pub(super) mod body;
pub(super) mod exchange;
mod names;
pub(super) mod patience;
mod proxy;
mod tcp;
pub(super) mod tls;
mod tls_failure;
mod ureq_error;

pub use self::proxy::ProxyChoice;
pub(in crate::client) use ureq::http::HeaderValue;
