//! The server's stop flag, which also ends every sleep at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Locks, whatever happened to an earlier holder: after a failed test the data is still worth reading.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Default)]
pub(crate) struct StopFlag {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl StopFlag {
    pub(crate) fn set(&self) {
        *lock(&self.stopped) = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_set(&self) -> bool {
        *lock(&self.stopped)
    }

    /// Sleeps; true when the server stopped meanwhile.
    pub(crate) fn sleep(&self, duration: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(lock(&self.stopped), duration, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
