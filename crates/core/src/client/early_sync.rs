//! Makes a file durable while more of it arrives, so that little is left to do at the end.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Bytes between two syncs: enough that their fixed cost does not count.
const STEP_BYTES: u64 = 32 * 1024 * 1024;

/// A thread that syncs a file whenever enough of it is written. Dropped, it waits for that thread, so that
/// nobody holds the file open any more.
#[derive(Debug)]
pub(super) struct EarlySync {
    /// Holds at most one request: a sync that begins later covers all that was written before.
    requests: Option<SyncSender<()>>,
    worker: Option<JoinHandle<io::Result<()>>>,
    unsynced: u64,
}

impl EarlySync {
    /// Without a file or a thread, everything is left to the end.
    pub(super) fn start(file: io::Result<File>) -> EarlySync {
        let (requests, receiver) = sync_channel(1);
        let thread = std::thread::Builder::new().name("sync".to_owned());
        let worker = file.and_then(|file| thread.spawn(move || work(&file, &receiver))).ok();
        EarlySync { requests: worker.is_some().then_some(requests), worker, unsynced: 0 }
    }

    /// Counts bytes that were written, and syncs once they are enough.
    pub(super) fn wrote(&mut self, bytes: u64) {
        self.unsynced += bytes;
        if self.unsynced >= STEP_BYTES {
            self.sync();
        }
    }

    /// Begins to sync what was written so far.
    pub(super) fn sync(&mut self) {
        if let Some(requests) = &self.requests
            && requests.try_send(()).is_ok()
        {
            self.unsynced = 0;
        }
    }

    /// Waits until no sync is under way.
    ///
    /// # Errors
    ///
    /// That of the first sync that failed. The system reports it only once: a later sync of the same file
    /// succeeds although bytes are lost.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.join()
    }

    fn join(&mut self) -> io::Result<()> {
        self.requests = None;
        let outcome = self.worker.take().map(JoinHandle::join);
        outcome
            .unwrap_or(Ok(Ok(())))
            .unwrap_or_else(|_| Err(io::Error::other("the thread that syncs it panicked")))
    }
}

impl Drop for EarlySync {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

fn work(file: &File, requests: &Receiver<()>) -> io::Result<()> {
    requests.iter().try_for_each(|()| file.sync_data())
}
