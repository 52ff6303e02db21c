//! Whether a dump stayed the same while its chunks were fetched one after the other.

use std::collections::BTreeSet;
use std::io;

use super::dump_source::DumpSource;
use super::requests::Requests;
use crate::error::{Mismatch, Result};
use crate::service::{ChunkList, Repeat};
use crate::transfer::{ChunkDigest, ChunkSink, fetch};

/// What changed since `list` was read, if anything: the list itself, or the bytes of one of the chunks at
/// the indices `again`, which are fetched once more and compared with `digests`.
pub(super) fn find_change(
    requests: &Requests,
    list: &ChunkList,
    digests: &[ChunkDigest],
    again: &BTreeSet<usize>,
) -> Result<Option<Mismatch>> {
    let ids = |list: &ChunkList| list.as_slice().iter().map(|chunk| chunk.id.clone()).collect::<Vec<_>>();
    if ids(&requests.chunk_list(list.dump(), Repeat::IfTransient)?) != ids(list) {
        return Ok(Some(Mismatch::ChunkList));
    }
    let mut source = DumpSource::of_chunks(requests, list.dump());
    for (chunk, digest) in list.as_slice().iter().zip(digests).filter(|(chunk, _)| again.contains(&chunk.index)) {
        if fetch(&mut source, chunk, list.len(), 0, &mut Discard, &mut |_| {})? != *digest {
            return Ok(Some(Mismatch::Chunk));
        }
    }
    Ok(None)
}

/// A sink for chunks of which only the digest counts.
struct Discard;

impl ChunkSink for Discard {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        Ok(())
    }
}
