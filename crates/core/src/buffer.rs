//! One chunk in memory, in blocks: no reallocation while it grows, bytes read straight into their
//! place, and blocks that can be handed back one by one while it is written.

use std::io::{self, Write};

/// Bytes of one block. Small enough that a chunk of 10 MB wastes little, large enough that a write
/// of a block is worth its system call.
pub(crate) const BLOCK_BYTES: usize = 256 * 1024;

/// Memory for a part of a chunk, filled from its beginning.
#[derive(Debug)]
pub(crate) struct Block {
    memory: Box<[u8]>,
    filled: usize,
}

impl Block {
    pub(crate) fn new() -> Block {
        Block { memory: vec![0; BLOCK_BYTES].into_boxed_slice(), filled: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.memory[..self.filled]
    }

    pub(crate) fn clear(&mut self) {
        self.filled = 0;
    }
}

/// A growing chunk.
#[derive(Debug, Default)]
pub(crate) struct ChunkBuffer {
    blocks: Vec<Block>,
}

impl ChunkBuffer {
    /// Where the next bytes go: never empty, in a block of `next_block` if the last one is full.
    pub(crate) fn space(&mut self, next_block: impl FnOnce() -> io::Result<Block>) -> io::Result<&mut [u8]> {
        if self.blocks.last().is_none_or(|block| block.filled == BLOCK_BYTES) {
            self.blocks.push(next_block()?);
        }
        let last = self.blocks.len() - 1;
        let Block { memory, filled } = &mut self.blocks[last];
        Ok(&mut memory[*filled..])
    }

    /// Tells that so many bytes of the [`space`](ChunkBuffer::space) are filled.
    pub(crate) fn advance(&mut self, count: usize) {
        if let Some(block) = self.blocks.last_mut() {
            block.filled = BLOCK_BYTES.min(block.filled + count);
        }
    }

    /// Appends bytes.
    pub(crate) fn push(
        &mut self,
        mut bytes: &[u8],
        mut next_block: impl FnMut() -> io::Result<Block>,
    ) -> io::Result<()> {
        while !bytes.is_empty() {
            let space = self.space(&mut next_block)?;
            let count = bytes.len().min(space.len());
            space[..count].copy_from_slice(&bytes[..count]);
            self.advance(count);
            bytes = &bytes[count..];
        }
        Ok(())
    }

    pub(crate) fn write_to(&self, writer: &mut impl Write) -> io::Result<()> {
        self.blocks.iter().try_for_each(|block| writer.write_all(block.bytes()))
    }

    /// How many blocks the chunk has.
    #[cfg(feature = "http")]
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Takes the chunk apart and leaves it empty.
    pub(crate) fn take_blocks(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out_across_blocks() {
        for size in [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES + 7] {
            let bytes: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let mut buffer = ChunkBuffer::default();
            bytes.chunks(70_001).for_each(|part| buffer.push(part, || Ok(Block::new())).unwrap());
            let mut out = Vec::new();
            buffer.write_to(&mut out).unwrap();
            assert!(out == bytes, "size {size}");
            let blocks = buffer.take_blocks();
            assert!(blocks.iter().map(Block::bytes).collect::<Vec<_>>().concat() == bytes, "size {size}");
        }
    }
}
