//! Several chunks fetched side by side, handed on one after the other in order.
//!
//! Memory stays within one chunk more than are fetched side by side: a chunk is begun only when the
//! one that lies a window before it was handed on.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::DumpSource;
use crate::buffer::ChunkBuffer;
use crate::chunk_list::{Chunk, ChunkList};
use crate::concat::{ChunkDigest, ChunkSink, ChunkSource, ChunkWriter};
use crate::error::{Error, Result, Subject};

/// How often a waiting thread looks whether those it waits for are still there.
const LIVENESS_CHECK: Duration = Duration::from_secs(1);

/// A [`ChunkSource`] that fetches ahead. Dropped, it begins no further request; one that is under way
/// ends by itself, at the latest after the stall limit.
#[derive(Debug)]
pub struct ReadAhead {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

/// A chunk in memory, with the validator that came with it.
type Fetched = (ChunkBuffer, Option<String>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    chunks: std::vec::IntoIter<Chunk>,
    /// Place of the chunk that is handed on next.
    handed_on: usize,
    window: usize,
    ready: HashMap<usize, Result<Fetched>>,
    spare: Vec<ChunkBuffer>,
    /// A chunk failed: no further one is begun, those under way may end.
    has_failed: bool,
    /// Nobody wants chunks any more: those under way end as soon as they notice.
    is_abandoned: bool,
}

impl ReadAhead {
    /// Fetches the chunks of `list` from the one at place `first` on, `window` of them side by side.
    pub(super) fn new(
        source: &DumpSource,
        list: &ChunkList,
        first: usize,
        window: usize,
    ) -> Result<ReadAhead> {
        let chunks: Vec<Chunk> = list.as_slice().iter().skip(first).cloned().collect();
        let threads = window.min(chunks.len());
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                chunks: chunks.into_iter(),
                handed_on: first,
                window,
                ready: HashMap::new(),
                spare: Vec::new(),
                has_failed: false,
                is_abandoned: false,
            }),
            changed: Condvar::new(),
        });
        let mut read_ahead = ReadAhead { shared, workers: Vec::new() };
        for _ in 0..threads {
            let (shared, source) = (Arc::clone(&read_ahead.shared), source.clone());
            let thread = std::thread::Builder::new().name("read-ahead".to_owned());
            match thread.spawn(move || work(&shared, source)) {
                Ok(worker) => read_ahead.workers.push(worker),
                // Fewer threads do the same, slower.
                Err(_) if !read_ahead.workers.is_empty() => break,
                Err(source) => return Err(Error::output("start a thread for", None, source)),
            }
        }
        Ok(read_ahead)
    }
}

impl ChunkSource for ReadAhead {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let mut state = self.shared.lock();
        let outcome = loop {
            if let Some(outcome) = state.ready.remove(&chunk.index) {
                break outcome;
            }
            if self.workers.iter().all(JoinHandle::is_finished) {
                let subject = Subject::chunk(chunk.id.as_str(), "(read ahead)");
                let source = "every thread that fetches has ended".into();
                break Err(Error::Source { subject, source });
            }
            let waited = self.shared.changed.wait_timeout(state, LIVENESS_CHECK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        };
        drop(state);
        let (mut buffer, validator) = outcome?;
        buffer.blocks().try_for_each(|block| into.write(block))?;
        into.set_validator(validator);
        buffer.clear();
        let mut state = self.shared.lock();
        state.spare.push(buffer);
        state.handed_on = chunk.index + 1;
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

    /// The next chunk to fetch and a buffer for it, once the window lets it in.
    fn next(&self) -> Option<(Chunk, ChunkBuffer)> {
        let mut state = self.lock();
        loop {
            let next = state.chunks.as_slice().first()?.index;
            if state.has_failed || state.is_abandoned {
                return None;
            }
            if next <= state.handed_on + state.window {
                let chunk = state.chunks.next()?;
                return Some((chunk, state.spare.pop().unwrap_or_default()));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, mut source: DumpSource) {
    while let Some((chunk, buffer)) = shared.next() {
        let mut sink = MemorySink { shared, buffer };
        let mut validator = None;
        let mut ignore = |_| {};
        let mut writer = ChunkWriter::new(&mut sink, &mut ignore, chunk.index, 0);
        let outcome = source.fetch(&chunk, &mut writer).map(|()| validator = writer.take_validator());
        let failed = outcome.is_err();
        let mut state = shared.lock();
        state.ready.insert(chunk.index, outcome.map(|()| (sink.buffer, validator)));
        state.has_failed |= failed;
        shared.changed.notify_all();
    }
}

/// Keeps a chunk in memory, and refuses it once nobody wants it any more: that ends a fetch that is
/// under way, its retries included.
struct MemorySink<'a> {
    shared: &'a Shared,
    buffer: ChunkBuffer,
}

impl MemorySink<'_> {
    fn check_wanted(&self) -> io::Result<()> {
        if self.shared.lock().is_abandoned {
            return Err(io::Error::other("the download was given up"));
        }
        Ok(())
    }
}

impl ChunkSink for MemorySink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check_wanted()?;
        self.buffer.push(bytes);
        Ok(())
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.check_wanted()?;
        self.buffer.clear();
        Ok(())
    }
}
