//! One chunk in memory, in blocks: no reallocation while it grows, no block lost between chunks.

use std::io::{self, Write};

/// Bytes of one block. Small enough that a chunk of 10 MB wastes little, large enough that a write
/// of a block is worth its system call.
const BLOCK_BYTES: usize = 256 * 1024;

/// A growing buffer whose memory stays for the next chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkBuffer {
    blocks: Vec<Vec<u8>>,
    len: u64,
}

impl ChunkBuffer {
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let block_index = (self.len / BLOCK_BYTES as u64) as usize;
            if block_index == self.blocks.len() {
                self.blocks.push(Vec::with_capacity(BLOCK_BYTES));
            }
            let block = &mut self.blocks[block_index];
            let taken = bytes.len().min(BLOCK_BYTES - block.len());
            block.extend_from_slice(&bytes[..taken]);
            self.len += taken as u64;
            bytes = &bytes[taken..];
        }
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[u8]> {
        self.blocks.iter().map(Vec::as_slice).filter(|block| !block.is_empty())
    }

    pub(crate) fn write_to(&self, writer: &mut (impl Write + ?Sized)) -> io::Result<()> {
        self.blocks().try_for_each(|block| writer.write_all(block))
    }

    pub(crate) fn clear(&mut self) {
        self.blocks.iter_mut().for_each(Vec::clear);
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out_across_blocks_and_reuse() {
        let mut buffer = ChunkBuffer::default();
        for size in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            buffer.clear();
            bytes.chunks(70_001).for_each(|part| buffer.push(part));
            let mut out = Vec::new();
            buffer.write_to(&mut out).unwrap();
            assert!(out == bytes, "size {size}");
        }
    }
}
