//! A dump as a source of chunks, fetched one by one, each with its own retries.

use std::sync::Arc;

use super::exchange::{Accept, Request};
use super::requests::Requests;
use crate::address::DumpAddress;
use crate::error::Result;
use crate::service::{Chunk, Repeat, Subject};
use crate::transfer::{ChunkSource, ChunkWriter};

/// Bytes moved at once from the network to a sink.
const COPY_BYTES: usize = 64 * 1024;

/// Fetches a dump over one connection: its chunks, or all of it as one.
#[derive(Clone)]
pub(super) struct DumpSource {
    requests: Arc<Requests>,
    dump: DumpAddress,
    whole: bool,
    buffer: Vec<u8>,
}

impl DumpSource {
    /// `whole` means that the only chunk is the whole dump in one answer.
    pub(super) fn new(requests: &Arc<Requests>, dump: &DumpAddress, whole: bool) -> DumpSource {
        DumpSource { requests: Arc::clone(requests), dump: dump.clone(), whole, buffer: vec![0; COPY_BYTES] }
    }
}

impl ChunkSource for DumpSource {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let DumpSource { requests, dump, whole, buffer } = self;
        let (index, chunks) = (chunk.index, into.chunks());
        let (subject, path, limit) = match whole {
            true => (Subject::WholeDump(dump.clone()), dump.path(), requests.limits.whole),
            false => (
                Subject::Chunk { dump: dump.clone(), id: chunk.id.clone(), index, chunks },
                dump.chunk_path(&chunk.id),
                requests.limits.chunk,
            ),
        };
        let origin = requests.origin(dump.model())?;
        let request = Request { method: "GET", origin, path: &path, body: None, accept: Accept::Bytes };
        requests.retry(&subject, Repeat::IfTransient, |failed| {
            if failed > 0 {
                into.restart()?;
            }
            let answer = requests.send(&subject, request)?;
            // How the service answers for the whole dump of an import without failures.
            if *whole && answer.status() == 204 {
                return Ok(());
            }
            let mut body = answer.into_body(limit)?;
            loop {
                match body.read(buffer)? {
                    0 => return Ok(()),
                    count => into.write(&buffer[..count])?,
                }
            }
        })
    }
}
