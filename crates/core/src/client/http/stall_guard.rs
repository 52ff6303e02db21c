//! A connection that moves for ever without bringing a body further, as one with endless trailers does, is
//! stalled. ureq's own limit does not see it: each read brings bytes. Nor does it see that a connection has an
//! answer too many: such a one is not used again.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Error, Timeout};

thread_local! {
    /// When what this thread waits for must have come.
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Waits for more of a body for at most `limit` (if it is not zero).
pub(in crate::client) fn within<T>(limit: Duration, wait: impl FnOnce() -> T) -> T {
    DEADLINE.set(Instant::now().checked_add(limit).filter(|_| !limit.is_zero()));
    let outcome = wait();
    DEADLINE.set(None);
    outcome
}

/// Adds the guard to each connection.
#[derive(Debug)]
pub(in crate::client) struct StallGuard;

impl<In: Transport> Connector<In> for StallGuard {
    type Out = Guarded<In>;

    fn connect(&self, _: &ConnectionDetails, connected: Option<In>) -> Result<Option<Guarded<In>>, Error> {
        Ok(connected.map(Guarded))
    }
}

#[derive(Debug)]
pub(in crate::client) struct Guarded<T>(T);

impl<T: Transport> Transport for Guarded<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if DEADLINE.get().is_some_and(|deadline| Instant::now() > deadline) {
            return Err(Error::Timeout(Timeout::PerRead));
        }
        self.0.await_input(timeout)
    }

    /// Bytes beyond the end of an answer are an answer that nobody asked for, which the next request on this
    /// connection would take for its own.
    fn is_open(&mut self) -> bool {
        self.0.buffers().input().is_empty() && self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
