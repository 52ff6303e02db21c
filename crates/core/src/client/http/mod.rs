//! HTTP over ureq and TLS over rustls. No other folder names either crate.

pub(super) mod body;
pub(super) mod exchange;
mod proxy;
pub(super) mod stall_guard;
pub(super) mod tls;
pub(super) mod transport;
mod tunnel;
pub(super) mod ureq_error;

pub use self::proxy::ProxyChoice;
pub(in crate::client) use ureq::http::HeaderValue;
