//! Names of hosts: each is looked up once. ureq asks its resolver for every request, even when it reuses a
//! connection; a download of a thousand chunks should not depend on the name server a thousand times.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::ureq_error::Failure;
use crate::service::ConnectionProblem;
use crate::sync::lock;

/// The addresses of the hosts that were looked up.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    known: Arc<Mutex<HashMap<String, ResolvedSocketAddrs>>>,
}

impl Names {
    /// Looks all names up again when they are needed: the next try may find another address.
    pub(super) fn forget(&self) {
        lock(&self.known).clear();
    }

    /// Puts the address that answered before the others of its host.
    pub(super) fn prefer(&self, address: SocketAddr) {
        for addresses in lock(&self.known).values_mut() {
            if let Some(position) = addresses.iter().position(|known| *known == address) {
                addresses[..=position].rotate_right(1);
            }
        }
    }
}

impl Resolver for Names {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let key = format!("{}://{}", uri.scheme_str().unwrap_or(""), uri.authority().map_or("", |a| a.as_str()));
        if let Some(addresses) = lock(&self.known).get(&key) {
            return Ok(addresses.clone());
        }
        // With a time limit, ureq would start a thread, and panic on a host that refuses it. The system's
        // resolver has its own limits.
        let timeout = NextTimeout { after: NextTimeout::default().after, ..timeout };
        let addresses = DefaultResolver::default().resolve(uri, config, timeout);
        // The system's error has a kind that no program can name.
        let addresses = addresses.map_err(|error| Failure {
            problem: ConnectionProblem::NameLookup,
            words: match error {
                ureq::Error::Io(error) => error.to_string(),
                error => error.to_string(),
            },
        })?;
        lock(&self.known).insert(key, addresses.clone());
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_answered_is_tried_first_from_then_on() {
        let [six, four]: [SocketAddr; 2] = ["[::1]:443", "127.0.0.1:443"].map(|text| text.parse().unwrap());
        let mut addresses = ResolvedSocketAddrs::from_fn(|_| four);
        [six, four].into_iter().for_each(|address| addresses.push(address));
        let names = Names::default();
        lock(&names.known).insert("https://host".to_owned(), addresses);
        names.prefer(four);
        assert_eq!(lock(&names.known)["https://host"][..], [four, six]);
        names.forget();
        assert!(lock(&names.known).is_empty());
    }
}
