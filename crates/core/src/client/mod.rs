//! The client: asks the service, downloads, waits. The only folder that fetches side by side, waits for
//! the service and has tokens.

mod actions;
mod builder;
mod choose_hosts;
mod download;
mod dump_source;
mod event;
mod http;
mod newest;
mod pace;
mod questions;
mod reach;
mod read_ahead;
mod redact;
mod requests;
mod retry_loop;
mod session;
mod unchanged;
mod upload;
mod waiting_chunk;
mod x509;

use std::time::Instant;

pub use self::builder::ClientBuilder;
pub use self::download::{Download, Downloaded};
pub use self::event::Event;
pub use self::http::ProxyChoice;
pub use self::newest::{Newest, Search, SkipReason};
pub use self::reach::Reached;
pub use self::requests::MAX_PARALLEL;
use self::requests::Requests;
pub use self::session::account::Account;
pub use self::session::credentials::{Credentials, SignInMethod};
pub use self::session::oauth::DeviceCode;
pub use self::session::secret::Secret;
pub use self::session::token::Token;
pub use self::upload::{Upload, Uploaded};
use crate::address::Origin;
use crate::text::debug_with;

/// Talks to the service. Cheap to clone; clones share connections, looked-up names and the pace that a
/// rate limit asks for.
///
/// Made with [`Client::new`] or [`Client::builder`].
#[derive(Clone)]
pub struct Client {
    requests: Requests,
}

impl Client {
    /// The origin of the API, for addresses that name none.
    pub fn api(&self) -> &Origin {
        &self.requests.hosts.api
    }

    /// The same client with a time limit for everything that it is asked for: a request that has no answer by then
    /// fails. Until then an outage is waited out, however many retries that takes.
    #[doc(hidden)]
    pub fn until(&self, end: Instant) -> Client {
        let mut client = self.clone();
        client.requests.wire.patience.end = Some(end);
        client
    }
}

debug_with!(Client, "api": requests.hosts.api);
