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

/// A block that was compressed, and its stream.
struct Known {
    block: Weak<[u8]>,
    stream: Arc<[u8]>,
}

static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// The gzip stream of a block, remembered while the block is there: a client that is measured must not wait for the
/// server.
pub(crate) fn compress_once(block: &Arc<[u8]>) -> Arc<[u8]> {
    let all = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_known = |known: &&Known| std::ptr::addr_eq(known.block.as_ptr(), Arc::as_ptr(block));
    if let Some(known) = all().iter().find(is_known) {
        return Arc::clone(&known.stream);
    }
    let stream: Arc<[u8]> = compress(std::slice::from_ref(block)).into();
    let mut all = all();
    all.retain(|known| known.block.strong_count() > 0);
    all.push(Known { block: Arc::downgrade(block), stream: Arc::clone(&stream) });
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
