//! The chunks of a dump, fetched one by one.

use super::body::SizeLimit;
use super::exchange::Request;
use super::{Client, retry};
use crate::chunk_list::Chunk;
use crate::concat::{ChunkSource, ChunkWriter};
use crate::endpoint;
use crate::error::{Result, Subject, SubjectKind};
use crate::locator::DumpAddress;

/// Fetches the chunks of one dump in sequence, over one connection, each with its own retries.
#[derive(Debug, Clone)]
pub struct DumpSource {
    client: Client,
    dump: DumpAddress,
}

impl DumpSource {
    pub(super) fn new(client: Client, dump: DumpAddress) -> DumpSource {
        DumpSource { client, dump }
    }
}

impl ChunkSource for DumpSource {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let subject = Subject::chunk(chunk.id.as_str(), &self.dump);
        let limit =
            SizeLimit { bytes: self.client.inner.limits.chunk_bytes, setting: "the limit of one chunk" };
        fetch_into(&self.client, &self.dump, &endpoint::chunk(&self.dump, &chunk.id), &subject, limit, into)
    }
}

/// Fetches a whole dump in one piece, in place of its chunks.
#[derive(Debug)]
pub(crate) struct WholeSource {
    client: Client,
    dump: DumpAddress,
}

impl WholeSource {
    pub(crate) fn new(client: Client, dump: DumpAddress) -> WholeSource {
        WholeSource { client, dump }
    }
}

impl ChunkSource for WholeSource {
    fn fetch(&mut self, _chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<()> {
        let subject = Subject::new(SubjectKind::WholeDump, &self.dump);
        let limit =
            SizeLimit { bytes: self.client.inner.limits.whole_bytes, setting: "the limit of a whole dump" };
        fetch_into(&self.client, &self.dump, &endpoint::whole_dump(&self.dump), &subject, limit, into)
    }
}

fn fetch_into(
    client: &Client,
    dump: &DumpAddress,
    path: &str,
    subject: &Subject,
    limit: SizeLimit,
    into: &mut ChunkWriter<'_>,
) -> Result<()> {
    let origin = client.trusted(dump.task().action.model.origin.as_ref())?;
    client.with_retries(subject, retry::is_transient, |attempt| {
        if attempt > 0 {
            into.restart()?;
        }
        let answer = client.send(Request { method: "GET", origin, path, body: None, subject })?;
        // Nothing there: how the service answers for the unchunked dump of an import without failures.
        if answer.status() == 204 && subject.kind() == SubjectKind::WholeDump {
            return Ok(());
        }
        into.set_validator(answer.validator());
        into.copy_from(&mut answer.into_body(limit)?, subject)
    })
}
