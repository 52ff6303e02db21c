//! Sinks: where whole chunks go.

use std::io::{self, Write};
use std::path::Path;

use crate::service::Chunk;

/// What is known of a whole chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkDigest {
    pub(crate) bytes: u64,
    /// 0 where the sink wants none.
    pub(crate) crc32: u32,
}

#[cfg(test)]
impl ChunkDigest {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Self { bytes: bytes.len() as u64, crc32: crc.sum() }
    }
}

pub(crate) fn total_bytes(digests: &[ChunkDigest]) -> u64 {
    digests.iter().map(|digest| digest.bytes).sum()
}

/// Where whole chunks go. A sink may store bytes as they arrive if it can take them back, as a file can;
/// one that cannot keeps them until [`commit`](ChunkSink::commit).
pub(crate) trait ChunkSink {
    /// Number of chunks of the list that the sink holds already: the first chunk to fetch. Defaults to 0.
    fn held_chunks(&self) -> usize {
        0
    }

    /// The bytes of those chunks, for progress. Defaults to 0.
    fn held_bytes(&self) -> u64 {
        0
    }

    /// The file that the sink writes to, for errors. Defaults to none.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// Whether the digests have checksums, which cost a tenth of a download. Defaults to yes.
    fn wants_checksum(&self) -> bool {
        true
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Counts the current chunk as held: it is complete. Without a [`write`](ChunkSink::write) before, it
    /// is an empty chunk. Defaults to nothing, for a sink whose chunks are used in another way.
    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    /// Whether [`roll_back`](ChunkSink::roll_back) is possible now. Defaults to yes.
    fn can_roll_back(&self) -> bool {
        true
    }

    /// Takes back what was written of the current chunk.
    fn roll_back(&mut self) -> io::Result<()>;
}

/// A sink over any [`Write`]: keeps a chunk in memory until it is complete, then writes it.
///
/// If the writer itself fails in the middle of a chunk, part of that chunk is in it, since a plain writer
/// cannot take bytes back. The download ends with that.
#[derive(Debug)]
pub(crate) struct WriteSink<W> {
    writer: W,
    wants_checksum: bool,
    chunk: Vec<u8>,
}

impl<W: Write> WriteSink<W> {
    pub(crate) fn new(writer: W, wants_checksum: bool) -> WriteSink<W> {
        WriteSink { writer, wants_checksum, chunk: Vec::new() }
    }
}

impl<W: Write> ChunkSink for WriteSink<W> {
    fn wants_checksum(&self) -> bool {
        self.wants_checksum
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.chunk.extend_from_slice(bytes);
        Ok(())
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        self.writer.write_all(&self.chunk)?;
        self.chunk.clear();
        self.writer.flush()
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.chunk.clear();
        Ok(())
    }
}

/// A sink over any [`Write`] that passes bytes on as they arrive: for chunks that are whole before they
/// come, as a read-ahead delivers them, and for a dump in one answer, which may be larger than memory.
/// What was passed on cannot be taken back, so a fault after the first byte of a chunk is final.
#[derive(Debug)]
pub(crate) struct StreamSink<W> {
    writer: W,
    wants_checksum: bool,
    has_passed_on: bool,
}

impl<W: Write> StreamSink<W> {
    pub(crate) fn new(writer: W, wants_checksum: bool) -> StreamSink<W> {
        StreamSink { writer, wants_checksum, has_passed_on: false }
    }
}

impl<W: Write> ChunkSink for StreamSink<W> {
    fn wants_checksum(&self) -> bool {
        self.wants_checksum
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.has_passed_on = true;
        self.writer.write_all(bytes)
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        self.has_passed_on = false;
        self.writer.flush()
    }

    fn can_roll_back(&self) -> bool {
        !self.has_passed_on
    }

    fn roll_back(&mut self) -> io::Result<()> {
        if self.has_passed_on {
            return Err(io::Error::other("its first bytes are passed on already; use a file instead"));
        }
        Ok(())
    }
}
