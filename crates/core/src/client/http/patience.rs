//! How long a request may go on, and whether its answer is still wanted. A waiting thread asks here, since ureq
//! has no place to hand this to a connection.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use crate::sync::lock;

/// The limits of a piece of work that may take many requests.
#[derive(Debug, Clone, Default)]
pub(in crate::client) struct Patience {
    /// When it ends, whatever has come by then. Until then, an outage is waited out.
    pub(in crate::client) end: Option<Instant>,
    pub(in crate::client) stop: Arc<Stop>,
}

impl Patience {
    pub(in crate::client) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }
}

/// Ends the waits of several threads, those in a read included.
#[derive(Debug, Default)]
pub(in crate::client) struct Stop {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_stopped: bool,
    /// The connection that each thread reads from.
    connections: HashMap<ThreadId, Weak<TcpStream>>,
}

impl Stop {
    pub(in crate::client) fn stop(&self) {
        let mut state = lock(&self.state);
        state.is_stopped = true;
        for connection in state.connections.values().filter_map(Weak::upgrade) {
            // What fails here is closed already.
            let _ = connection.shutdown(Shutdown::Both);
        }
        self.stopped.notify_all();
    }

    pub(in crate::client) fn is_stopped(&self) -> bool {
        lock(&self.state).is_stopped
    }

    /// Sleeps, unless stopped.
    pub(in crate::client) fn sleep(&self, wait: Duration) {
        let state = lock(&self.state);
        drop(self.stopped.wait_timeout_while(state, wait, |state| !state.is_stopped));
    }
}

#[derive(Default)]
struct Limits {
    deadline: Option<Instant>,
    stop: Option<Arc<Stop>>,
}

thread_local! {
    static LIMITS: RefCell<Limits> = RefCell::default();
}

/// Does something that waits for a connection, for at most `limit` (if it is not zero) and within `patience`.
pub(super) fn within<T>(limit: Duration, patience: &Patience, wait: impl FnOnce() -> T) -> T {
    let deadline = Instant::now().checked_add(limit).filter(|_| !limit.is_zero());
    let deadline = deadline.into_iter().chain(patience.end).min();
    LIMITS.set(Limits { deadline, stop: Some(Arc::clone(&patience.stop)) });
    let outcome = wait();
    LIMITS.take();
    // From now on the connection may serve another thread, or a request that must not be ended.
    lock(&patience.stop.state).connections.remove(&std::thread::current().id());
    outcome
}

/// The time that this thread may still wait; an error once what it waits for is no longer wanted.
pub(super) fn time_left() -> io::Result<Option<Duration>> {
    LIMITS.with_borrow(|limits| match &limits.stop {
        Some(stop) if stop.is_stopped() => Err(stopped()),
        _ => Ok(limits.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))),
    })
}

/// Lets this thread's [`Stop`] end what it reads from the connection.
pub(super) fn attach(connection: &Arc<TcpStream>) -> io::Result<()> {
    LIMITS.with_borrow(|limits| {
        let Some(stop) = &limits.stop else { return Ok(()) };
        let mut state = lock(&stop.state);
        if state.is_stopped {
            return Err(stopped());
        }
        state.connections.insert(std::thread::current().id(), Arc::downgrade(connection));
        Ok(())
    })
}

fn stopped() -> io::Error {
    io::Error::other("its answer is no longer wanted")
}
