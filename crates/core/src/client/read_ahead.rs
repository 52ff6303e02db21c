//! Several chunks fetched side by side, handed on one after the other in order.
//!
//! Memory stays within one chunk more than are fetched side by side: a chunk is begun only when the
//! one that lies a window before it is being handed on. A window of one means that a chunk is fetched
//! while the one before it is written, with the memory of little more than one: the blocks that were
//! written are those that are filled.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::DumpSource;
use crate::buffer::{BLOCK_BYTES, Block, ChunkBuffer};
use crate::chunk_list::{Chunk, ChunkList};
use crate::concat::{ChunkDigest, ChunkSink, ChunkSource, ChunkWriter};
use crate::error::{Error, Result, Subject};

/// How often a waiting thread looks whether those it waits for are still there.
const LIVENESS_CHECK: Duration = Duration::from_secs(1);

/// Memory up to which a window of one fetches ahead of the writer, in blocks: a chunk of 10 MB and some
/// blocks in which the next one can begin. A larger chunk gets what it needs once nothing else is kept.
const BLOCKS_OF_ONE: usize = 11 * 1024 * 1024 / BLOCK_BYTES;

/// A [`ChunkSource`] that fetches ahead. Chunks are whole when they are handed on. Dropped, it begins no further request; one that is under way
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
    spare: Vec<Block>,
    /// Blocks that there are.
    blocks: usize,
    /// Blocks of finished chunks that are not handed on yet.
    unwritten: usize,
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
                blocks: 0,
                unwritten: 0,
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
        for block in buffer.take_blocks() {
            into.write(block.bytes())?;
            self.shared.give_back(block);
        }
        into.set_validator(validator);
        self.shared.lock().handed_on = chunk.index + 1;
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

    /// The next chunk to fetch, once the window lets it in.
    fn next(&self) -> Option<Chunk> {
        let mut state = self.lock();
        loop {
            let next = state.chunks.as_slice().first()?.index;
            if state.has_failed || state.is_abandoned {
                return None;
            }
            if next <= state.handed_on + state.window {
                return state.chunks.next();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// An empty block, once there may be one.
    fn take_block(&self) -> io::Result<Block> {
        let mut state = self.lock();
        loop {
            state.check_wanted()?;
            if let Some(block) = state.spare.pop() {
                return Ok(block);
            }
            if state.window > 1 || state.blocks < BLOCKS_OF_ONE || state.unwritten == 0 {
                state.blocks += 1;
                return Ok(Block::new());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes back a block that was written.
    fn give_back(&self, mut block: Block) {
        block.clear();
        let mut state = self.lock();
        state.unwritten -= 1;
        state.spare.push(block);
        self.changed.notify_all();
    }
}

impl State {
    fn check_wanted(&self) -> io::Result<()> {
        if self.is_abandoned {
            return Err(io::Error::other("the download was given up"));
        }
        Ok(())
    }
}

fn work(shared: &Shared, mut source: DumpSource) {
    while let Some(chunk) = shared.next() {
        let mut sink = MemorySink { shared, buffer: ChunkBuffer::default() };
        let mut validator = None;
        let mut ignore = |_| {};
        let mut writer = ChunkWriter::new(&mut sink, &mut ignore, chunk.index, 0);
        let outcome = source.fetch(&chunk, &mut writer).map(|()| validator = writer.take_validator());
        let failed = outcome.is_err();
        let mut state = shared.lock();
        state.unwritten += sink.buffer.len();
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

impl ChunkSink for MemorySink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.shared.lock().check_wanted()?;
        self.buffer.push(bytes, || self.shared.take_block())
    }

    fn space(&mut self) -> io::Result<Option<&mut [u8]>> {
        self.shared.lock().check_wanted()?;
        self.buffer.space(|| self.shared.take_block()).map(Some)
    }

    fn advance(&mut self, count: usize) {
        self.buffer.advance(count);
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        let mut state = self.shared.lock();
        state.check_wanted()?;
        let mut blocks = self.buffer.take_blocks();
        blocks.iter_mut().for_each(Block::clear);
        state.spare.append(&mut blocks);
        Ok(())
    }
}
