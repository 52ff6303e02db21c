//! Sinks over any [`Write`].

use std::io::{self, Write};

use crate::buffer::{Block, ChunkBuffer};
use crate::chunk_list::Chunk;
use crate::concat::{ChunkDigest, ChunkSink};

/// A sink over any [`Write`]: keeps a chunk in memory until it is complete, then writes it.
///
/// If the writer itself fails in the middle of a chunk, part of that chunk is in it: a plain writer
/// cannot take bytes back. It is not used again after that.
#[derive(Debug)]
pub struct WriteSink<W> {
    writer: W,
    chunk: ChunkBuffer,
    spare: Vec<Block>,
}

impl<W: Write> WriteSink<W> {
    /// A sink that writes whole chunks to `writer`.
    pub fn new(writer: W) -> WriteSink<W> {
        WriteSink { writer, chunk: ChunkBuffer::default(), spare: Vec::new() }
    }

    /// Gives the writer back.
    pub fn into_inner(self) -> W {
        self.writer
    }

    fn clear(&mut self) {
        let mut blocks = self.chunk.take_blocks();
        blocks.iter_mut().for_each(Block::clear);
        self.spare = blocks;
    }
}

impl<W: Write> ChunkSink for WriteSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let spare = &mut self.spare;
        self.chunk.push(bytes, || Ok(spare.pop().unwrap_or_else(Block::new)))
    }

    fn space(&mut self) -> io::Result<Option<&mut [u8]>> {
        let spare = &mut self.spare;
        self.chunk.space(|| Ok(spare.pop().unwrap_or_else(Block::new))).map(Some)
    }

    fn advance(&mut self, count: usize) {
        self.chunk.advance(count);
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        self.chunk.write_to(&mut self.writer)?;
        self.clear();
        self.writer.flush()
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}

/// A sink over any [`Write`] that passes bytes on as they arrive: for chunks that are whole already
/// when they come, as `ReadAhead` hands them on, and for a dump in one piece, which
/// may be larger than memory. What was passed on cannot be taken back, so a fault after the first byte
/// of a chunk is final.
#[derive(Debug)]
pub struct StreamSink<W> {
    writer: W,
    passed_on: bool,
}

impl<W: Write> StreamSink<W> {
    /// A sink that writes bytes to `writer` as they arrive.
    pub fn new(writer: W) -> StreamSink<W> {
        StreamSink { writer, passed_on: false }
    }
}

impl<W: Write> ChunkSink for StreamSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.passed_on = true;
        self.writer.write_all(bytes)
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        self.passed_on = false;
        self.writer.flush()
    }

    fn roll_back(&mut self) -> io::Result<()> {
        if self.passed_on {
            return Err(io::Error::other("its first bytes are passed on already; use a file instead"));
        }
        Ok(())
    }
}
