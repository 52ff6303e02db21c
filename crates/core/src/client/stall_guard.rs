//! A connection that moves for ever without bringing a body further, as one with endless trailers does, is
//! stalled. ureq's own limits do not see it: each read brings bytes.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};
use ureq::{Error, Timeout};

thread_local! {
    /// When the read of a body that this thread is in began.
    static READ_BEGUN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Runs one read of a body. A connection takes its time from here.
pub(super) fn within_read<T>(read: impl FnOnce() -> T) -> T {
    READ_BEGUN.set(Some(Instant::now()));
    let outcome = read();
    READ_BEGUN.set(None);
    outcome
}

/// Adds the guard to each connection.
#[derive(Debug)]
pub(super) struct StallGuard {
    pub(super) limit: Duration,
}

impl<In: Transport> Connector<In> for StallGuard {
    type Out = Guarded<In>;

    fn connect(&self, _: &ConnectionDetails, connected: Option<In>) -> Result<Option<Guarded<In>>, Error> {
        Ok(connected.map(|transport| Guarded { transport, limit: self.limit }))
    }
}

#[derive(Debug)]
pub(super) struct Guarded<T> {
    transport: T,
    limit: Duration,
}

impl<T: Transport> Transport for Guarded<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.transport.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if READ_BEGUN.get().is_some_and(|begun| begun.elapsed() > self.limit) {
            return Err(Error::Timeout(Timeout::PerRead));
        }
        self.transport.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.transport.is_open()
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}
