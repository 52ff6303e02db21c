//! A dump as a source of chunks, fetched one by one, each with its own retries.

use std::sync::Arc;

use super::http::body::{AnswerBody, SizeLimit};
use super::http::exchange::{Accept, Request};
use super::requests::{Requests, Try};
use super::wire::Halt;
use crate::address::DumpAddress;
use crate::error::Error;
use crate::service::{BodyProblem, Chunk, Fault, MAX_DOCUMENT_BYTES, Repeat, Subject, document, is_gzip};
use crate::transfer::{ChunkSource, ChunkWriter};

/// Bytes moved at once from the network to a sink: a body that may be another document than the chunk is
/// seen whole before any of it is written.
const COPY_BYTES: usize = MAX_DOCUMENT_BYTES;

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
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<(), Error> {
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
        requests.retry(&subject, Repeat::IfTransient, |a_try| {
            if a_try.failed > 0 {
                into.restart()?;
            }
            let fetched = fetch_once(requests, &subject, request, a_try, limit, buffer, into);
            fetched.map_err(|halt| match halt {
                Halt::Fault(fault) if !into.can_restart() => Halt::Final(fault),
                halt => halt,
            })
        })
    }
}

fn fetch_once(
    requests: &Requests,
    subject: &Subject,
    request: Request<'_>,
    a_try: &Try<'_>,
    limit: SizeLimit,
    buffer: &mut [u8],
    into: &mut ChunkWriter<'_>,
) -> Result<(), Halt> {
    let answer = requests.send(subject, request, a_try)?;
    if answer.status() == 204 {
        // How the service answers for the whole dump of an import without failures.
        let nothing = Fault::Status { status: 204, message: None, retry_after: None };
        let is_whole = matches!(subject, Subject::WholeDump(_));
        return if is_whole { Ok(()) } else { Err(nothing.into()) };
    }
    let mut body = answer.into_body(limit)?;
    let (head, is_all) = read_head(&mut body, buffer)?;
    // One of several is a hole. One alone is an empty dump if it comes so again: a gateway may have lost the body.
    let may_be_empty = into.chunks() == 1 && a_try.failed > 0;
    check_head(head, is_all, body.content_type(), may_be_empty)?;
    into.write(head)?;
    loop {
        match body.read(buffer)? {
            0 => return Ok(()),
            count => into.write(&buffer[..count])?,
        }
    }
}

/// Fills the buffer as far as the body goes, and returns what is in it and whether that is all.
fn read_head<'a>(body: &mut AnswerBody, buffer: &'a mut [u8]) -> Result<(&'a [u8], bool), Fault> {
    let mut filled = 0;
    while filled < buffer.len() {
        match body.read(&mut buffer[filled..])? {
            0 => return Ok((&buffer[..filled], true)),
            count => filled += count,
        }
    }
    Ok((buffer, false))
}

/// Refuses what is not a part of a dump, although the answer is whole.
fn check_head(head: &[u8], is_all: bool, content_type: &str, may_be_empty: bool) -> Result<(), Fault> {
    let problem = match is_all {
        true if head.is_empty() => (!may_be_empty).then_some(BodyProblem::Empty),
        true => document(content_type, head),
        false => None,
    };
    let unlabelled = is_gzip(head).then_some(BodyProblem::UnlabelledGzip);
    problem.or(unlabelled).map_or(Ok(()), |problem| Err(Fault::Body(problem)))
}
