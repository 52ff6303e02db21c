//! Connections that are made before there is a request for them: to a distant host, TCP and TLS take as long as a
//! request. ureq makes a connection for a request only, so one is begun that ends where it would be sent.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::http::Uri;
use ureq::unversioned::transport::{ConnectionDetails, Connector, Transport};

use crate::sync::lock;

/// How long a connection without a request is kept: a host may soon close it.
const LIFE: Duration = Duration::from_secs(5);

thread_local! {
    static ONLY_CONNECTS: Cell<bool> = const { Cell::new(false) };
    static MADE: RefCell<Option<Made>> = const { RefCell::new(None) };
}

/// A connection, and where it leads to.
#[derive(Debug)]
pub(super) struct Made {
    host: Uri,
    since: Instant,
    transport: Box<dyn Transport>,
}

/// Sends a request up to where it has a connection, and takes that.
pub(super) fn only_connect(send: impl FnOnce()) -> Option<Made> {
    ONLY_CONNECTS.set(true);
    send();
    ONLY_CONNECTS.set(false);
    MADE.take()
}

/// The connections. As a connector, it comes first and takes one of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Ready(Arc<Mutex<Vec<Made>>>);

impl Ready {
    pub(super) fn add(&self, made: Made) {
        lock(&self.0).push(made);
    }
}

impl Connector for Ready {
    type Out = Box<dyn Transport>;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<Self::Out>, Error> {
        if ONLY_CONNECTS.get() {
            return Ok(None);
        }
        let mut ready = lock(&self.0);
        ready.retain(|made| made.since.elapsed() < LIFE);
        let key = |uri: &Uri| (uri.scheme().cloned(), uri.authority().cloned());
        let found = ready.iter().position(|made| key(&made.host) == key(details.uri));
        Ok(found.map(|at| ready.swap_remove(at).transport))
    }
}

/// Takes a connection away from a thread that is not to send anything. It comes last. On the way through a proxy, it
/// takes that to the proxy.
#[derive(Debug)]
pub(super) struct TakeMade;

impl<In: Transport> Connector<In> for TakeMade {
    type Out = In;

    fn connect(&self, details: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<In>, Error> {
        match chained {
            Some(made) if ONLY_CONNECTS.get() => {
                let (host, since, transport) = (details.uri.clone(), Instant::now(), made.boxed());
                MADE.set(Some(Made { host, since, transport }));
                Ok(None)
            }
            made => Ok(made),
        }
    }
}
