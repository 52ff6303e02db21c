//! Chunk concatenation: any source of chunks, any sink.
//!
//! The promise: a sink only ever holds whole chunks, in the order of the list. After any error it holds
//! exactly the first *n* chunks, and the error says *n*. Chunks are bytes; nothing is decoded, translated or trimmed.

use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Crc;

use super::progress::Progress;
use super::sink::{ChunkDigest, ChunkSink, WriteSink, total_bytes};
use crate::error::{Error, Result};
use crate::files::PIECE_BYTES;
use crate::service::{Chunk, ChunkList};
use crate::text::debug_with;

/// Where chunks come from: the client, or a program's own transport.
///
/// ```
/// use anaplan_dump_core::{Chunk, ChunkSource, ChunkWriter, Error};
///
/// /// Chunks that are files in a folder.
/// struct Folder(std::path::PathBuf);
///
/// impl ChunkSource for Folder {
///     fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<(), Error> {
///         let file = std::fs::File::open(self.0.join(chunk.id.as_str()));
///         into.copy_from(&mut file.map_err(|error| Error::Source(error.into()))?)
///     }
/// }
/// ```
pub trait ChunkSource {
    /// Fetches one chunk and writes its bytes to `into`.
    ///
    /// `Ok` means that the chunk is complete: the transport proved its end. A source that tries again
    /// after a fault calls [`ChunkWriter::restart`] first.
    ///
    /// # Errors
    ///
    /// [`Error::Source`] for a failure of the source, or the error that `into` returned. What was written
    /// of the chunk is taken back.
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()>;
}

/// The current chunk on its way from a source to a sink.
pub struct ChunkWriter<'a> {
    sink: &'a mut dyn ChunkSink,
    progress: &'a mut dyn FnMut(Progress),
    index: usize,
    chunks: usize,
    /// Bytes of the chunks before this one.
    held: u64,
    written: u64,
    /// The source reports arrivals itself: what is written now arrived earlier.
    reports_arrivals: bool,
    /// None where the sink wants none.
    crc: Option<Crc>,
}

debug_with!(ChunkWriter<'_>, "index": index);

impl ChunkWriter<'_> {
    /// Bytes of the chunks before this one.
    pub(crate) fn held_bytes(&self) -> u64 {
        self.held
    }

    /// Reports how many bytes of the dump are here, from a source that fetches ahead.
    pub(crate) fn report_arrived(&mut self, bytes: u64) {
        self.reports_arrivals = true;
        (self.progress)(Progress::Arrived { bytes, finished: self.index, chunks: self.chunks });
    }

    pub(crate) fn chunks(&self) -> usize {
        self.chunks
    }

    /// Whether [`restart`](ChunkWriter::restart) is possible: not once the sink has passed bytes on.
    pub(crate) fn can_restart(&self) -> bool {
        self.sink.can_roll_back()
    }

    /// Writes bytes of the chunk to the sink.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.sink.write(bytes).map_err(|source| Error::output("write to", self.sink.path(), source))?;
        if let Some(crc) = &mut self.crc {
            crc.update(bytes);
        }
        self.written += bytes.len() as u64;
        self.report(0);
        Ok(())
    }

    /// Reports what was written, and what comes next.
    fn report(&mut self, coming: usize) {
        if !self.reports_arrivals {
            let bytes = self.held + self.written + coming as u64;
            (self.progress)(Progress::Arrived { bytes, finished: self.index, chunks: self.chunks });
        }
    }

    /// Fills a piece that is to be written, and reports meanwhile. One that is not full is the last one; after a full
    /// one there may be nothing more.
    pub(crate) fn gather<E>(
        &mut self,
        piece: &mut [u8],
        mut read: impl FnMut(&mut [u8]) -> Result<usize, E>,
    ) -> Result<usize, E> {
        let mut filled = 0;
        while filled < piece.len() {
            match read(&mut piece[filled..])? {
                0 => break,
                count => filled += count,
            }
            self.report(filled);
        }
        Ok(filled)
    }

    /// Takes back what was written of this chunk, to fetch it again.
    pub fn restart(&mut self) -> Result<()> {
        let rolled_back = self.sink.roll_back();
        rolled_back.map_err(|source| Error::output("take back a chunk from", self.sink.path(), source))?;
        self.written = 0;
        self.crc.iter_mut().for_each(Crc::reset);
        (self.progress)(Progress::Restarted { index: self.index, chunks: self.chunks });
        Ok(())
    }

    /// Writes everything that `reader` yields to the sink. The reader must report a body that ends too
    /// early as an error, because its end counts as the chunk's end.
    ///
    /// # Errors
    ///
    /// [`Error::Source`] for a failure of the reader, [`Error::Output`] for one of the sink.
    pub fn copy_from(&mut self, reader: &mut dyn Read) -> Result<()> {
        let mut piece = vec![0; PIECE_BYTES];
        let mut read = |rest: &mut [u8]| loop {
            match reader.read(rest) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        };
        loop {
            let count = self.gather(&mut piece, &mut read).map_err(|error| Error::Source(error.into()))?;
            self.write(&piece[..count])?;
            if count < PIECE_BYTES {
                return Ok(());
            }
        }
    }
}

impl ChunkList {
    /// Fetches the chunks in order, and writes each to `writer` once it is whole. Returns their bytes. A
    /// [`PartFile`](crate::PartFile) has the same for a file that a later run continues.
    ///
    /// If the writer itself fails in the middle of a chunk, part of that chunk is in it, since a plain writer cannot
    /// take bytes back. The download ends with that.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`], which says how many chunks of the list were written and carries the reason.
    pub fn concatenate(
        &self,
        source: &mut dyn ChunkSource,
        writer: &mut dyn Write,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<u64> {
        fill(source, self, &mut WriteSink::new(writer, false), progress).map(|digests| total_bytes(&digests))
    }
}

/// Fetches the chunks of `list` that `sink` does not hold yet, in order, and commits each to the sink as
/// soon as it is whole. Returns the digests of the chunks fetched.
///
/// # Errors
///
/// [`Error::Incomplete`], which says how many chunks of the list the sink holds and carries the reason.
pub(crate) fn fill(
    source: &mut dyn ChunkSource,
    list: &ChunkList,
    sink: &mut dyn ChunkSink,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<ChunkDigest>> {
    let chunks = list.len();
    let mut digests = Vec::new();
    let mut held = sink.held_bytes();
    for chunk in list.as_slice().iter().skip(sink.held_chunks()) {
        let digest = fetch(source, chunk, chunks, held, sink, progress).map_err(|error| Error::Incomplete {
            dump: list.dump().clone().into(),
            whole_chunks: chunk.index,
            chunks,
            kept: sink.path().filter(|_| sink.held_chunks() > 0).map(Path::to_owned),
            source: Box::new(error),
        })?;
        progress(Progress::Finished { index: chunk.index, chunks, bytes: digest.bytes });
        held += digest.bytes;
        digests.push(digest);
    }
    Ok(digests)
}

/// Fetches one chunk and commits it. `held` are the bytes of the chunks before it.
pub(crate) fn fetch(
    source: &mut dyn ChunkSource,
    chunk: &Chunk,
    chunks: usize,
    held: u64,
    sink: &mut dyn ChunkSink,
    progress: &mut dyn FnMut(Progress),
) -> Result<ChunkDigest> {
    let (index, written, reports_arrivals) = (chunk.index, 0, false);
    let crc = sink.wants_checksum().then(Crc::new);
    let mut writer = ChunkWriter { sink, progress, index, chunks, held, written, reports_arrivals, crc };
    let fetched = source.fetch(chunk, &mut writer);
    let ChunkWriter { written: bytes, crc, .. } = writer;
    if let Err(error) = fetched {
        // The error that ended the chunk is the one to report; a rollback that fails would only hide it.
        let _ = sink.roll_back();
        return Err(error);
    }
    let digest = ChunkDigest { bytes, crc32: crc.map_or(0, |crc| crc.sum()) };
    sink.commit(chunk, &digest).map_err(|source| {
        let _ = sink.roll_back();
        Error::output("write to", sink.path(), source)
    })?;
    Ok(digest)
}

#[cfg(test)]
mod tests;
