//! Compressing chunks.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Whether chunks are compressed for clients that accept it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipMode {
    /// Never.
    Off,
    /// For requests with `Accept-Encoding: gzip`.
    On,
}

/// Blocks that were compressed, with their streams: a client that is measured must not wait for the server.
static KNOWN: Mutex<Vec<(Weak<[u8]>, Arc<[u8]>)>> = Mutex::new(Vec::new());

/// The gzip stream of a block, made once for as long as the block is there.
pub(crate) fn compress_once(block: &Arc<[u8]>) -> Arc<[u8]> {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let find = |all: &[(Weak<[u8]>, Arc<[u8]>)]| {
        let found = all.iter().find(|(of, _)| of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, block)));
        found.map(|(_, stream)| Arc::clone(stream))
    };
    if let Some(stream) = find(&known()) {
        return stream;
    }
    let stream: Arc<[u8]> = compress(std::slice::from_ref(block)).into();
    let mut known = known();
    known.retain(|(of, _)| of.strong_count() > 0);
    known.push((Arc::downgrade(block), Arc::clone(&stream)));
    stream
}

/// The gzip stream of these blocks.
pub(crate) fn compress(blocks: &[Arc<[u8]>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory cannot fail.
    let written = blocks.iter().try_for_each(|block| encoder.write_all(block));
    written.and_then(|()| encoder.finish()).unwrap_or_default()
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
