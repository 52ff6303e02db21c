//! Compressing chunks.

use std::io::Write;
use std::sync::{Arc, Mutex};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fake::stop::lock;

/// Whether chunks are compressed for clients that accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipMode {
    /// Never.
    Off,
    /// For requests with `Accept-Encoding: gzip`.
    On,
}

/// The gzip stream of these blocks.
pub(crate) fn compress(blocks: &[Arc<[u8]>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let written = blocks.iter().try_for_each(|block| encoder.write_all(block));
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Compressed chunks, so that a benchmark measures its client and not this server.
#[derive(Debug, Default)]
pub(crate) struct GzipCache {
    /// The plain block is kept alive, so that its address stays its own.
    entries: Mutex<Vec<PlainAndCompressed>>,
}

type PlainAndCompressed = (Arc<[u8]>, Arc<[u8]>);

/// The maximum number of chunks that are kept compressed: more than any benchmark with gzip has.
const CACHE_ENTRIES: usize = 64;

impl GzipCache {
    pub(crate) fn compress(&self, blocks: &[Arc<[u8]>]) -> Arc<[u8]> {
        let [block] = blocks else {
            return Arc::from(compress(blocks));
        };
        let known = lock(&self.entries)
            .iter()
            .find(|(plain, _)| Arc::ptr_eq(plain, block))
            .map(|(_, compressed)| compressed.clone());
        known.unwrap_or_else(|| {
            let compressed: Arc<[u8]> = Arc::from(compress(blocks));
            let mut entries = lock(&self.entries);
            if entries.len() >= CACHE_ENTRIES {
                entries.remove(0);
            }
            entries.push((block.clone(), compressed.clone()));
            compressed
        })
    }
}

/// The ten bytes before the compressed data.
pub(crate) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A stored block of no bytes that is not the last one.
pub(crate) const EMPTY_BLOCK: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// Compresses this number of zeros and passes on what is ready; stops at the first error of the receiver.
pub(crate) fn bomb<E>(inflated: u64, mut receive: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let zeros = vec![0; 1 << 20];
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mut left = inflated;
    while left > 0 {
        let count = left.min(zeros.len() as u64) as usize;
        // Writing to memory cannot fail.
        let _ = encoder.write_all(&zeros[..count]);
        left -= count as u64;
        if !encoder.get_ref().is_empty() {
            receive(&std::mem::take(encoder.get_mut()))?;
        }
    }
    receive(&encoder.finish().unwrap_or_default())
}
