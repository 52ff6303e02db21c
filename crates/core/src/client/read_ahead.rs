//! Several chunks fetched side by side by worker threads, delivered one after the other in order.
//!
//! Holds at most `window + 1` chunks: chunk n is fetched once chunk n - window is being delivered. Where the
//! sink is a file, most of them wait beside it instead of in memory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::dump_source::DumpSource;
use super::http::patience::Stop;
use super::waiting_chunk::WaitingChunk;
use crate::error::{Error, Result};
use crate::service::{Chunk, ChunkList};
use crate::sync::lock;
use crate::transfer::{ChunkSource, ChunkWriter, Progress, fetch};

/// How often the delivering thread, while it waits, reports what has arrived: often enough to look alive.
const LOOK: Duration = Duration::from_millis(100);

type Fetched = Result<WaitingChunk>;

/// A [`ChunkSource`] that fetches ahead. Chunks are whole when they are delivered. Its threads end with it.
#[derive(Debug)]
pub(super) struct ReadAhead {
    shared: Arc<Shared>,
    /// Ends the workers.
    stop: Arc<Stop>,
    /// Ends the download.
    cancelled: Arc<Stop>,
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
    chunks: usize,
    beside: Option<PathBuf>,
}

#[derive(Debug)]
struct State {
    /// The chunks that no worker has taken yet.
    waiting: std::vec::IntoIter<Chunk>,
    next_delivery: usize,
    fetched: HashMap<usize, Fetched>,
    /// Memory of chunks that are delivered, for those to come: new memory costs the system more than the bytes in it.
    spare: Vec<Vec<u8>>,
    /// A chunk failed, or none is wanted any more: workers begin no other.
    is_over: bool,
}

impl ReadAhead {
    /// Fetches the chunks of `list` from index `first` on, `window` of them side by side. `beside` is the file
    /// that they are for, if it is one.
    pub(super) fn new(
        source: &DumpSource,
        list: &ChunkList,
        first: usize,
        window: usize,
        beside: Option<&Path>,
    ) -> Result<ReadAhead> {
        let waiting: Vec<Chunk> = list.as_slice().iter().skip(first).cloned().collect();
        let threads = window.min(waiting.len());
        let waiting = waiting.into_iter();
        let state = State { waiting, next_delivery: first, fetched: HashMap::new(), spare: Vec::new(), is_over: false };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
            arrived: AtomicU64::default(),
            window,
            chunks: list.len(),
            beside: beside.map(Path::to_owned),
        });
        let (stop, cancelled) = (Arc::default(), Arc::clone(source.stop()));
        let mut read_ahead = ReadAhead { shared, stop, cancelled, workers: Vec::new(), kept: None };
        for _ in 0..threads {
            let (shared, source) = (Arc::clone(&read_ahead.shared), source.until(&read_ahead.stop));
            match std::thread::Builder::new().spawn(move || work(&shared, source)) {
                Ok(worker) => read_ahead.workers.push(worker),
                // Fewer threads do the same, slower.
                Err(_) if !read_ahead.workers.is_empty() => break,
                Err(error) => return Err(Error::Source(error.into())),
            }
        }
        Ok(read_ahead)
    }
}

impl ChunkSource for ReadAhead {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let kept = *self.kept.get_or_insert(into.held_bytes());
        let shared = &self.shared;
        let report = |into: &mut ChunkWriter<'_>| into.report_arrived(kept + shared.arrived.load(Ordering::Relaxed));
        let mut state = lock(&shared.state);
        let waiting = loop {
            if let Some(fetched) = state.fetched.remove(&chunk.index) {
                break fetched?;
            }
            let waited = shared.changed.wait_timeout(state, LOOK);
            drop(waited);
            report(into);
            if self.cancelled.is_stopped() {
                return Err(Error::Cancelled);
            }
            state = lock(&shared.state);
        };
        drop(state);
        report(into);
        let memory = waiting.deliver(into)?;
        let mut state = lock(&shared.state);
        state.spare.push(memory);
        state.next_delivery = chunk.index + 1;
        shared.changed.notify_all();
        Ok(())
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        lock(&self.shared.state).is_over = true;
        self.shared.changed.notify_all();
        self.stop.stop();
        for worker in self.workers.drain(..) {
            // A panic of a worker was reported as the failure of its chunk.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// The next chunk to fetch, once the window lets it in; `None` at the end.
    fn next(&self) -> Option<Chunk> {
        let mut state = lock(&self.state);
        loop {
            let next = state.waiting.as_slice().first()?.index;
            if state.is_over {
                return None;
            }
            if next <= state.next_delivery + self.window {
                return state.waiting.next();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, mut source: DumpSource) {
    while let Some(chunk) = shared.next() {
        let mut delivery = Delivery { shared, index: chunk.index, fetched: None };
        let memory = lock(&shared.state).spare.pop().unwrap_or_default();
        let mut waiting = WaitingChunk::new(shared.beside.as_deref(), memory);
        let mut here = 0;
        let mut count = |step| {
            let now = match step {
                Progress::Arrived { bytes, .. } => bytes,
                Progress::Restarted { .. } => 0,
                _ => return,
            };
            // In one step, so that no byte is counted twice. Where it begins anew, the number wraps around to less.
            shared.arrived.fetch_add(now.wrapping_sub(std::mem::replace(&mut here, now)), Ordering::Relaxed);
        };
        let fetched = fetch(&mut source, &chunk, shared.chunks, 0, &mut waiting, &mut count);
        delivery.fetched = Some(fetched.map(|_| waiting));
    }
}

/// Stores the outcome of a fetch when it is dropped, so that a panic in a callback of the program does not leave the
/// delivering thread waiting.
struct Delivery<'a> {
    shared: &'a Shared,
    index: usize,
    fetched: Option<Fetched>,
}

impl Drop for Delivery<'_> {
    fn drop(&mut self) {
        let panicked = || Err(Error::Source("the thread that fetched a chunk panicked".into()));
        let fetched = self.fetched.take().unwrap_or_else(panicked);
        let mut state = lock(&self.shared.state);
        state.is_over |= fetched.is_err();
        state.fetched.insert(self.index, fetched);
        self.shared.changed.notify_all();
    }
}
