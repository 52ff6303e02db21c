//! Whether a dump stayed the same while its chunks were fetched one after the other.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::dump_source::DumpSource;
use super::requests::{MAX_PARALLEL, Requests};
use crate::error::Result;
use crate::service::{Chunk, ChunkList};
use crate::transfer::{ChunkDigest, ChunkSink, fetch};

/// What changed since `list` was read, if anything: the list itself, or the bytes of one of the chunks at
/// the indices `again`, which are fetched once more and compared with `digests`.
pub(super) fn find_change(
    requests: &Arc<Requests>,
    list: &ChunkList,
    digests: &[ChunkDigest],
    again: &BTreeSet<usize>,
) -> Result<Option<&'static str>> {
    let ids = |list: &ChunkList| list.as_slice().iter().map(|chunk| chunk.id.clone()).collect::<Vec<_>>();
    if ids(&requests.chunk_list(list.dump())?) != ids(list) {
        return Ok(Some("the chunk list changed"));
    }
    if has_repeated_chunk(digests) {
        return Ok(Some("one of its chunks came twice"));
    }
    let mut source = DumpSource::new(requests, list.dump(), false);
    for index in again {
        let (Some(chunk), Some(digest)) = (list.as_slice().get(*index), digests.get(*index)) else {
            continue;
        };
        if fetch(&mut source, chunk, list.len(), 0, &mut Discard, &mut |_| {})? != *digest {
            return Ok(Some("a chunk that was fetched again differs"));
        }
    }
    Ok(None)
}

/// Whether a chunk repeats one shortly before it. Rows have numbers, so a dump does not repeat itself over
/// the length of a chunk; a gateway that answers with what it has in its cache does.
fn has_repeated_chunk(digests: &[ChunkDigest]) -> bool {
    /// Minimum length in bytes at which equality is no coincidence.
    const MIN_BYTES: u64 = 256;
    /// Number of chunks before one that it is compared with: as many as may be on their way together. More
    /// would let checksums meet by chance in a very long dump.
    const BEFORE: usize = MAX_PARALLEL;
    digests.iter().enumerate().any(|(index, digest)| {
        let before = &digests[index.saturating_sub(BEFORE)..index];
        digest.bytes >= MIN_BYTES && before.contains(digest)
    })
}

/// A sink for chunks of which only the digest counts.
struct Discard;

impl ChunkSink for Discard {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn commit(&mut self, _chunk: &Chunk, _digest: &ChunkDigest) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}
