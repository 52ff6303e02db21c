//! Makes a file durable while more of it arrives, so that little is left to do at the end.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Bytes between two syncs. Smaller steps would only add system calls and flushes of the disk's cache.
const STEP_BYTES: u64 = 32 * 1024 * 1024;

/// Whether a sync can run beside writing. Windows lets a file's calls wait for each other, and macOS empties the
/// whole cache of the drive each time.
const IS_OF_USE: bool = cfg!(target_os = "linux");

/// Syncs a file in a thread of its own whenever enough of it is written.
///
/// The system reports a failed sync only once: a later one of the same file may succeed although bytes are lost.
/// So whoever writes the file must not trust it after an error of [`check`](EarlySync::check) or
/// [`end`](EarlySync::end), and must call `end` before it decides what to do with the file.
#[derive(Debug, Default)]
pub(super) struct EarlySync {
    worker: Option<Worker>,
    unsynced: u64,
}

#[derive(Debug)]
struct Worker {
    /// Holds at most one request: a sync that begins later covers all that was written before.
    requests: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl EarlySync {
    /// Counts bytes that were written to the file, and asks for a sync once they are enough.
    pub(super) fn wrote(&mut self, file: &File, bytes: usize) {
        self.unsynced += bytes as u64;
        if self.unsynced >= STEP_BYTES {
            self.begin(file);
        }
    }

    /// Asks for a sync of what was written so far. Without a thread, everything is left to the end.
    pub(super) fn begin(&mut self, file: &File) {
        self.unsynced = 0;
        if IS_OF_USE && self.worker.is_none() {
            self.worker = Worker::start(file).ok();
        }
        if let Some(worker) = &self.worker {
            // Full: a sync that has not begun covers this as well. Disconnected: `check` and `end` report why.
            let _ = worker.requests.try_send(());
        }
    }

    /// # Errors
    ///
    /// That of a sync that has failed meanwhile.
    pub(super) fn check(&mut self) -> io::Result<()> {
        let has_failed = self.worker.as_ref().is_some_and(|worker| worker.thread.is_finished());
        if has_failed { self.end() } else { Ok(()) }
    }

    /// Waits for the syncs that were asked for, and ends the thread.
    ///
    /// # Errors
    ///
    /// That of the first sync that failed.
    pub(super) fn end(&mut self) -> io::Result<()> {
        let Some(Worker { requests, thread }) = self.worker.take() else { return Ok(()) };
        drop(requests);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that syncs it panicked")))
    }
}

impl Worker {
    fn start(file: &File) -> io::Result<Worker> {
        let (file, (requests, receiver)) = (file.try_clone()?, sync_channel(1));
        let thread = std::thread::Builder::new().name("sync".to_owned());
        Ok(Worker { requests, thread: thread.spawn(move || work(&file, &receiver))? })
    }
}

fn work(file: &File, requests: &Receiver<()>) -> io::Result<()> {
    let outcome = requests.iter().try_for_each(|()| file.sync_data());
    if outcome.is_err() {
        // If this run is ended before it can act on the error, the next one finds nothing that it could trust.
        let _ = file.set_len(0);
    }
    outcome
}

#[cfg(target_os = "linux")]
#[cfg(test)]
pub(super) mod tests {
    use std::fs::OpenOptions;

    use super::*;

    /// A sync that fails: this device has nothing that could be made durable.
    pub(in crate::transfer) fn failing() -> EarlySync {
        let device = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut sync = EarlySync::default();
        sync.begin(&device);
        sync
    }

    #[test]
    fn a_sync_that_fails_is_reported_once_and_later_ones_can_be_begun() {
        let mut sync = failing();
        assert!(sync.end().is_err());
        assert!(sync.end().is_ok());
        let file = tempfile::tempfile().unwrap();
        sync.wrote(&file, STEP_BYTES as usize - 1);
        assert!(sync.worker.is_none(), "too little for a sync");
        sync.wrote(&file, 1);
        assert!(sync.worker.is_some());
        assert!(sync.end().is_ok());
    }
}
