//! A chunk that waits until those before it are delivered: in a file without a name beside the one that it is for,
//! which the system removes whatever happens, and in memory where there can be none.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::files::{PIECE_BYTES, nameless};
use crate::transfer::{ChunkSink, ChunkWriter};

#[derive(Debug)]
pub(super) struct WaitingChunk {
    /// The file that the chunk is for, in whose folder it waits.
    beside: Option<PathBuf>,
    file: Option<File>,
    memory: Vec<u8>,
    length: u64,
}

impl WaitingChunk {
    /// A chunk with `memory` that another one has left.
    pub(super) fn new(beside: Option<&Path>, memory: Vec<u8>) -> WaitingChunk {
        WaitingChunk { beside: beside.map(Path::to_owned), file: None, memory, length: 0 }
    }

    /// Writes the content where it belongs. Leaves its memory for another chunk.
    pub(super) fn deliver(mut self, into: &mut ChunkWriter<'_>) -> Result<Vec<u8>> {
        let Some(mut file) = self.file else {
            into.write(&self.memory)?;
            self.memory.clear();
            return Ok(self.memory);
        };
        let failed = |error| Error::output("read what waits beside", self.beside.as_deref(), error);
        file.rewind().map_err(failed)?;
        let (mut piece, mut left) = (vec![0; PIECE_BYTES], self.length);
        while left > 0 {
            let count = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut piece[..count]).map_err(failed)?;
            into.write(&piece[..count])?;
            left -= count as u64;
        }
        Ok(self.memory)
    }
}

impl ChunkSink for WaitingChunk {
    fn path(&self) -> Option<&Path> {
        self.beside.as_deref()
    }

    /// What it is delivered to has its own.
    fn wants_checksum(&self) -> bool {
        false
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.length == 0 {
            self.file = self.beside.as_deref().and_then(Path::parent).and_then(|folder| nameless(folder).ok());
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.length = 0;
        self.memory.clear();
        self.file.as_mut().map_or(Ok(()), File::rewind)
    }
}
