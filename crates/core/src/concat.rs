//! Chunk concatenation over [`std::io::Write`]: any source of chunks, any sink.
//!
//! The promise: a sink only ever holds whole chunks, in the order of the list. After any error it
//! holds exactly the first *n* chunks, and the error says *n*. Chunks are bytes; nothing is decoded,
//! translated or trimmed.

use std::io::{self, Read};
use std::path::Path;

use crc32fast::Hasher;

use crate::chunk_list::{Chunk, ChunkList};
use crate::error::{Error, Result, Subject};

/// Bytes moved at once between a source and a sink. Measured: larger buffers cost memory and gain
/// nothing.
const COPY_BYTES: usize = 64 * 1024;

/// Where chunks come from: the client, or an embedder's own transport.
pub trait ChunkSource {
    /// Fetches one chunk and hands its bytes to `into`.
    ///
    /// Returning `Ok` says that the chunk is complete: the transport proved its end. A source that
    /// tries again after a fault calls [`ChunkWriter::restart`] first.
    ///
    /// # Errors
    ///
    /// The source's failure, or the one that `into` returned; the caller takes back what was written
    /// of this chunk.
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()>;
}

/// Where whole chunks go. A sink may store bytes as they arrive if it can take them back, as a file
/// can; one that cannot keeps them until [`commit`](ChunkSink::commit).
pub trait ChunkSink {
    /// The file behind the sink, for errors. Defaults to none.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// Takes more bytes of the current chunk.
    ///
    /// # Errors
    ///
    /// The output's own; the download ends with it.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Memory of the sink into which the next bytes of the current chunk may be read, in place of
    /// [`write`](ChunkSink::write); [`advance`](ChunkSink::advance) then tells how many. Defaults to none.
    ///
    /// # Errors
    ///
    /// The output's own; the download ends with it.
    fn space(&mut self) -> io::Result<Option<&mut [u8]>> {
        Ok(None)
    }

    /// So many bytes of the [`space`](ChunkSink::space) are read.
    fn advance(&mut self, _count: usize) {}

    /// The current chunk is complete: it counts from now on. Without a
    /// [`write`](ChunkSink::write) before, it is an empty chunk.
    ///
    /// # Errors
    ///
    /// The output's own; the chunk then does not count.
    fn commit(&mut self, chunk: &Chunk, digest: &ChunkDigest) -> io::Result<()>;

    /// Takes back what was written of the current chunk.
    ///
    /// # Errors
    ///
    /// The output's own; the download ends with it.
    fn roll_back(&mut self) -> io::Result<()>;
}

/// What is known of a chunk once it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkDigest {
    /// Its length in bytes.
    pub bytes: u64,
    /// Its CRC-32 (IEEE).
    pub crc32: u32,
    /// The `ETag` or `Last-Modified` that came with it, where one came.
    pub validator: Option<String>,
}

/// How a download begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resume {
    /// Nothing was there.
    Fresh,
    /// Whole chunks of an earlier run are kept.
    Resumed {
        /// Chunks kept.
        chunks: usize,
        /// Their bytes.
        bytes: u64,
    },
    /// Something was there that cannot be continued.
    BegunAnew {
        /// Why not.
        reason: &'static str,
    },
}

/// What a download tells while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The chunk list is known, and what of the dump is there already.
    Begun {
        /// Chunks of the dump.
        chunks: usize,
        /// How the download begins.
        resume: Resume,
    },
    /// More bytes of a chunk arrived.
    Bytes {
        /// The chunk's place, from 0.
        index: usize,
        /// Chunks of the dump.
        chunks: usize,
        /// Bytes of this chunk so far.
        bytes: u64,
    },
    /// What had arrived of the chunk was taken back; it is fetched again.
    Restarted {
        /// The chunk's place, from 0.
        index: usize,
        /// Chunks of the dump.
        chunks: usize,
    },
    /// A chunk is whole and in the sink.
    Finished {
        /// The chunk's place, from 0.
        index: usize,
        /// Chunks of the dump.
        chunks: usize,
        /// Bytes of the chunk.
        bytes: u64,
    },
}

/// Is told how a download goes on. Implemented by every `FnMut(Progress)`.
pub trait Observer {
    /// Takes note of one step.
    fn progress(&mut self, progress: Progress);
}

impl<F: FnMut(Progress)> Observer for F {
    fn progress(&mut self, progress: Progress) {
        self(progress);
    }
}

/// The current chunk on its way from a source to a sink.
pub struct ChunkWriter<'a> {
    sink: &'a mut dyn ChunkSink,
    observer: &'a mut dyn Observer,
    index: usize,
    chunks: usize,
    written: u64,
    hash: Hasher,
    validator: Option<String>,
}

impl std::fmt::Debug for ChunkWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChunkWriter").field("index", &self.index).field("written", &self.written).finish()
    }
}

impl<'a> ChunkWriter<'a> {
    pub(crate) fn new(
        sink: &'a mut dyn ChunkSink,
        observer: &'a mut dyn Observer,
        index: usize,
        chunks: usize,
    ) -> ChunkWriter<'a> {
        ChunkWriter { sink, observer, index, chunks, written: 0, hash: Hasher::new(), validator: None }
    }

    #[cfg(feature = "http")]
    pub(crate) fn take_validator(&mut self) -> Option<String> {
        self.validator.take()
    }

    /// Hands bytes of the chunk to the sink.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sink.write(bytes).map_err(|source| Error::output("write to", self.sink.path(), source))?;
        self.hash.update(bytes);
        self.note_written(bytes.len());
        Ok(())
    }

    fn note_written(&mut self, count: usize) {
        self.written += count as u64;
        self.observer.progress(Progress::Bytes {
            index: self.index,
            chunks: self.chunks,
            bytes: self.written,
        });
    }

    /// Notes the `ETag` or `Last-Modified` of the chunk: what tells later whether the dump was replaced.
    pub fn set_validator(&mut self, validator: Option<String>) {
        self.validator = validator;
    }

    /// Takes back what was written of this chunk, to fetch it again.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn restart(&mut self) -> Result<()> {
        let rolled_back = self.sink.roll_back();
        rolled_back.map_err(|source| Error::output("take back a chunk from", self.sink.path(), source))?;
        self.written = 0;
        self.hash.reset();
        self.observer.progress(Progress::Restarted { index: self.index, chunks: self.chunks });
        Ok(())
    }

    /// Hands everything that `reader` gives to the sink; `subject` names the chunk in an error.
    ///
    /// # Errors
    ///
    /// A failure of the reader is [`Error::Source`], or the [`Error`] that it wrapped into its
    /// `io::Error`; one of the sink is [`Error::Output`]. A reader must report a body that ended too
    /// early as an error: its end is taken for the chunk's.
    pub fn copy_from(&mut self, reader: &mut dyn Read, subject: &Subject) -> Result<()> {
        let mut buffer = Vec::new();
        loop {
            match self.read_some(reader, &mut buffer) {
                Ok(Ok(0)) => return Ok(()),
                Ok(Ok(_)) => {}
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(Error::from_read(error, subject)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads once, into the sink's own memory where it has some, else through `buffer`. The outer error
    /// is the sink's, the inner one the reader's.
    fn read_some(&mut self, reader: &mut dyn Read, buffer: &mut Vec<u8>) -> Result<io::Result<usize>> {
        let space = match self.sink.space() {
            Ok(space) => space,
            Err(source) => return Err(Error::output("write to", self.sink.path(), source)),
        };
        let Some(space) = space else {
            buffer.resize(COPY_BYTES, 0);
            let count = reader.read(buffer);
            if let Ok(count) = count {
                self.write(&buffer[..count])?;
            }
            return Ok(count);
        };
        let length = space.len().min(COPY_BYTES);
        let count = reader.read(&mut space[..length]);
        if let Ok(count) = count {
            self.hash.update(&space[..count]);
            self.sink.advance(count);
            self.note_written(count);
        }
        Ok(count)
    }
}

/// Fetches the chunks of `list` from the one at place `first` on (0 for all), in order, and hands
/// each to `sink` as soon as it is whole. Gives the digests of the chunks fetched.
///
/// # Errors
///
/// [`Error::Interrupted`], which says how many whole chunks of the list the sink holds (those before
/// `first` count as held) and carries the reason.
pub fn concatenate(
    source: &mut dyn ChunkSource,
    list: &ChunkList,
    first: usize,
    dump: &dyn std::fmt::Display,
    sink: &mut dyn ChunkSink,
    observer: &mut dyn Observer,
) -> Result<Vec<ChunkDigest>> {
    let chunks = list.len();
    let mut digests = Vec::new();
    for chunk in list.as_slice().iter().skip(first) {
        match transfer(source, chunk, chunks, sink, observer) {
            Ok(digest) => {
                observer.progress(Progress::Finished { index: chunk.index, chunks, bytes: digest.bytes });
                digests.push(digest);
            }
            Err(error) => {
                return Err(Error::Interrupted {
                    dump: dump.to_string(),
                    whole_chunks: chunk.index,
                    chunks,
                    source: Box::new(error),
                });
            }
        }
    }
    Ok(digests)
}

fn transfer(
    source: &mut dyn ChunkSource,
    chunk: &Chunk,
    chunks: usize,
    sink: &mut dyn ChunkSink,
    observer: &mut dyn Observer,
) -> Result<ChunkDigest> {
    let mut writer = ChunkWriter::new(sink, observer, chunk.index, chunks);
    let fetched = source.fetch(chunk, &mut writer);
    let ChunkWriter { written, hash, validator, .. } = writer;
    if let Err(error) = fetched {
        // The first failure is the one to tell; a sink that cannot take back says so itself.
        let _ = sink.roll_back();
        return Err(error);
    }
    let digest = ChunkDigest { bytes: written, crc32: hash.finalize(), validator };
    match sink.commit(chunk, &digest) {
        Ok(()) => Ok(digest),
        Err(source) => Err(Error::output("write to", sink.path(), source)),
    }
}

#[cfg(test)]
mod tests;
