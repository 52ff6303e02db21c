//! Several chunks fetched side by side by worker threads, delivered one after the other in order.
//!
//! Holds at most `window + 1` chunks: chunk n is fetched once chunk n - window is being delivered. Where the
//! sink is a file, most of them wait beside it instead of in memory.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::dump_source::DumpSource;
use super::waiting_chunk::WaitingChunk;
use crate::error::{Error, Result};
use crate::service::{Chunk, ChunkList};
use crate::transfer::{ChunkDigest, ChunkSink, ChunkSource, ChunkWriter};

/// How often the delivering thread, while it waits, reports what has arrived and checks that the workers are
/// still there: often enough to look alive.
const LOOK: Duration = Duration::from_millis(100);

/// A [`ChunkSource`] that fetches ahead. Chunks are whole when they are delivered. Once dropped, it sends no
/// further request; a worker ends with its next byte, or when the wait before its next try is over.
#[derive(Debug)]
pub(super) struct ReadAhead {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Bytes of the chunks before the first one that is fetched; known with the first delivery.
    kept: Option<u64>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Bytes that the workers have received of the chunks that they fetched or are fetching.
    arrived: AtomicU64,
    window: usize,
    /// Number of chunks of the dump.
    chunks: usize,
    /// The file that chunks may wait beside.
    beside: Option<PathBuf>,
}

#[derive(Debug)]
struct State {
    /// The chunks that no worker has taken yet.
    waiting: std::vec::IntoIter<Chunk>,
    /// Index of the chunk that is delivered next.
    next_delivery: usize,
    fetched: HashMap<usize, Result<WaitingChunk>>,
    /// Room of delivered chunks, for the next ones.
    spare: Vec<WaitingChunk>,
    /// A chunk failed: workers finish theirs and begin no other.
    has_failed: bool,
    /// Nobody wants chunks any more: workers stop where they are.
    is_abandoned: bool,
}

impl ReadAhead {
    /// Fetches the chunks of `list` from index `first` on, `window` of them side by side. `beside` is the file
    /// that they are for, if it is one.
    ///
    /// # Errors
    ///
    /// The system's error if not even one thread can be started.
    pub(super) fn new(
        source: &DumpSource,
        list: &ChunkList,
        first: usize,
        window: usize,
        beside: Option<&Path>,
    ) -> io::Result<ReadAhead> {
        let waiting: Vec<Chunk> = list.as_slice().iter().skip(first).cloned().collect();
        let threads = window.min(waiting.len());
        let state = State {
            waiting: waiting.into_iter(),
            next_delivery: first,
            fetched: HashMap::new(),
            spare: Vec::new(),
            has_failed: false,
            is_abandoned: false,
        };
        let shared = Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            arrived: AtomicU64::new(0),
            window,
            chunks: list.len(),
            beside: beside.map(Path::to_owned),
        };
        let mut read_ahead = ReadAhead { shared: Arc::new(shared), workers: Vec::new(), kept: None };
        for _ in 0..threads {
            let (shared, source) = (Arc::clone(&read_ahead.shared), source.clone());
            let thread = std::thread::Builder::new().name("read-ahead".to_owned());
            match thread.spawn(move || work(&shared, source)) {
                Ok(worker) => read_ahead.workers.push(worker),
                // Fewer threads do the same, slower.
                Err(_) if !read_ahead.workers.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(read_ahead)
    }

    /// Waits until the chunk is fetched.
    fn take(&self, index: usize, kept: u64, into: &mut ChunkWriter<'_>) -> Result<WaitingChunk> {
        loop {
            into.report_arrived(kept + self.shared.arrived.load(Ordering::Relaxed));
            let mut state = self.shared.lock();
            if let Some(fetched) = state.fetched.remove(&index) {
                return fetched;
            }
            if self.workers.iter().all(JoinHandle::is_finished) {
                return Err(Error::Source("every thread that fetches has ended".into()));
            }
            drop(self.shared.changed.wait_timeout(state, LOOK));
        }
    }
}

impl ChunkSource for ReadAhead {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let kept = *self.kept.get_or_insert(into.held_bytes());
        let mut waiting = self.take(chunk.index, kept, into)?;
        waiting.deliver(into, self.shared.beside.as_deref(), || {
            kept + self.shared.arrived.load(Ordering::Relaxed)
        })?;
        let is_reusable = waiting.clear().is_ok();
        let mut state = self.shared.lock();
        state.spare.extend(is_reusable.then_some(waiting));
        state.next_delivery = chunk.index + 1;
        self.shared.changed.notify_all();
        Ok(())
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.shared.lock().is_abandoned = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next chunk to fetch with room for it, once the window lets it in; `None` at the end.
    fn next(&self) -> Option<(Chunk, WaitingChunk)> {
        let mut state = self.lock();
        loop {
            let next = state.waiting.as_slice().first()?.index;
            if state.has_failed || state.is_abandoned {
                return None;
            }
            if next <= state.next_delivery + self.window {
                let room = state.spare.pop().unwrap_or_default();
                return state.waiting.next().map(|chunk| (chunk, room));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn check_wanted(&self) -> io::Result<()> {
        if self.lock().is_abandoned {
            return Err(io::Error::other("the download was abandoned"));
        }
        Ok(())
    }
}

fn work(shared: &Shared, mut source: DumpSource) {
    while let Some((chunk, waiting)) = shared.next() {
        let mut delivery = Delivery { shared, index: chunk.index, fetched: None };
        let mut sink = WaitingSink { shared, waiting };
        let mut ignore = |_| {};
        let mut writer = ChunkWriter::new(&mut sink, &mut ignore, chunk.index, shared.chunks, 0);
        delivery.fetched = Some(source.fetch(&chunk, &mut writer).map(|()| sink.waiting));
    }
}

/// Delivers the outcome of a fetch, also if the fetch panics, as a callback of the program may: nobody waits
/// for a chunk that never comes.
struct Delivery<'a> {
    shared: &'a Shared,
    index: usize,
    fetched: Option<Result<WaitingChunk>>,
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        let panicked = || Err(Error::Source("the thread that fetched a chunk panicked".into()));
        let fetched = self.fetched.take().unwrap_or_else(panicked);
        let mut state = self.shared.lock();
        state.has_failed |= fetched.is_err();
        state.fetched.insert(self.index, fetched);
        self.shared.changed.notify_all();
    }
}

/// Keeps a chunk until it is delivered, and refuses more of it once nobody wants it: that ends a fetch that is under
/// way, its retries included.
struct WaitingSink<'a> {
    shared: &'a Shared,
    waiting: WaitingChunk,
}

impl ChunkSink for WaitingSink<'_> {
    fn path(&self) -> Option<&Path> {
        self.shared.beside.as_deref()
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.shared.check_wanted()?;
        self.shared.arrived.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.waiting.write(bytes, self.shared.beside.as_deref())
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.shared.check_wanted()?;
        self.shared.arrived.fetch_sub(self.waiting.bytes(), Ordering::Relaxed);
        self.waiting.clear()
    }
}
