//! Compressing chunks.

use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

pub(crate) fn compress(blocks: &[Arc<[u8]>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let written = blocks.iter().try_for_each(|block| encoder.write_all(block));
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// The ten bytes before the compressed data.
pub(crate) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Compressed data that inflates to so many zeros, and that the same or other data may follow.
pub(crate) fn zeros(count: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(&vec![0; count]).and_then(|()| encoder.flush());
    std::mem::take(encoder.get_mut())
}
