//! Whether a host can be reached, without signing in: for those who look for what is wrong.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::Client;
use super::exchange::{Accept, Request};
use super::session::CLOCK_TOLERANCE;
use crate::address::Origin;
use crate::error::Result;
use crate::service::{Repeat, Subject};
use crate::text::{Printable, seconds};

/// How a host was reached. `Display` is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reached {
    /// The proxy on the way, without its password.
    pub proxy: Option<String>,
    /// Who issued the certificate of the host, or of the proxy that opens TLS.
    pub issuer: Option<String>,
    /// How far this machine's clock is ahead of that of the host, or behind it if the flag is set.
    pub clock: Option<(Duration, bool)>,
}

impl Client {
    /// The hosts that this client needs, with what each is for: the API, and where to sign in.
    pub fn hosts(&self) -> Vec<(&'static str, Origin)> {
        let mut hosts = vec![("API", self.requests.api.clone())];
        hosts.extend(self.requests.session.hosts());
        hosts
    }

    /// Asks a host for anything at all, with the retries of every request and without a secret.
    ///
    /// # Errors
    ///
    /// [`Error::Request`](crate::Error::Request) if no answer comes; any status is one.
    pub fn reach(&self, origin: &Origin) -> Result<Reached> {
        let wire = &self.requests.wire;
        wire.retry(&Subject::Host(origin.clone()), Repeat::IfTransient, |_| {
            let request = Request { method: "GET", origin, path: "/", body: None, accept: Accept::Bytes };
            let date = wire.knock(request)?;
            Ok(Reached {
                proxy: wire.transport.proxy(origin),
                issuer: wire.transport.issuer(origin),
                clock: date.map(clock_difference),
            })
        })
    }
}

fn clock_difference(service: SystemTime) -> (Duration, bool) {
    match SystemTime::now().duration_since(service) {
        Ok(ahead) => (ahead, false),
        Err(behind) => (behind.duration(), true),
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reached")?;
        match &self.proxy {
            Some(proxy) => write!(f, " through the proxy {}", Printable(proxy))?,
            None => f.write_str(" directly")?,
        }
        if let Some(issuer) = &self.issuer {
            write!(f, ", certificate issued by {}", Printable(issuer))?;
        }
        match self.clock {
            Some((difference, is_behind)) if difference >= CLOCK_TOLERANCE => {
                let rounded = Duration::from_secs(difference.as_secs());
                let direction = if is_behind { "behind" } else { "ahead" };
                write!(f, "; this machine's clock is {} {direction}: set it", seconds(rounded))
            }
            Some(_) => f.write_str(", clock right"),
            None => Ok(()),
        }
    }
}
