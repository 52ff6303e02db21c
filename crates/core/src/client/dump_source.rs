//! A dump as a source of chunks, fetched one by one, each with its own retries.

use std::sync::Arc;

use super::http::body::SizeLimit;
use super::http::exchange::{Answer, BYTES, Content, Request};
use super::http::patience::Stop;
use super::requests::{CHUNK_LIMIT, Requests, WHOLE_LIMIT};
use super::retry_loop::Halt;
use crate::address::DumpAddress;
use crate::error::Error;
use crate::files::PIECE_BYTES;
use crate::service::{BodyProblem, Chunk, Fault, MAX_DOCUMENT_BYTES, Repeat, Subject, document, is_gzip};
use crate::transfer::{ChunkSource, ChunkWriter};

/// A body that may be another document than the chunk is seen whole before any of it is written.
const _: () = assert!(PIECE_BYTES > MAX_DOCUMENT_BYTES);

/// Fetches a dump over one connection: its chunks, or all of it as one.
#[derive(Clone)]
pub(super) struct DumpSource {
    requests: Requests,
    dump: DumpAddress,
    /// The only chunk is the whole dump in one answer, which is asked for like this.
    whole: Option<Repeat>,
    piece: Vec<u8>,
}

impl DumpSource {
    pub(super) fn of_chunks(requests: &Requests, dump: &DumpAddress) -> DumpSource {
        DumpSource { requests: requests.clone(), dump: dump.clone(), whole: None, piece: vec![0; PIECE_BYTES] }
    }

    pub(super) fn of_whole(requests: &Requests, dump: &DumpAddress, repeat: Repeat) -> DumpSource {
        DumpSource { whole: Some(repeat), ..DumpSource::of_chunks(requests, dump) }
    }

    /// The same, until `stop`.
    pub(super) fn until(&self, stop: &Arc<Stop>) -> DumpSource {
        let mut source = self.clone();
        source.requests.wire.patience.stop = Arc::clone(stop);
        source
    }

    pub(super) fn stop(&self) -> &Arc<Stop> {
        &self.requests.wire.patience.stop
    }
}

impl ChunkSource for DumpSource {
    fn fetch(&mut self, chunk: &Chunk, into: &mut ChunkWriter<'_>) -> Result<(), Error> {
        let DumpSource { requests, dump, whole, piece } = self;
        let (index, chunks) = (chunk.index, into.chunks());
        let (subject, path, limit) = match whole {
            Some(_) => (Subject::WholeDump(dump.clone()), dump.path(), WHOLE_LIMIT),
            None => (
                Subject::Chunk { dump: dump.clone(), id: chunk.id.clone(), index, chunks },
                dump.chunk_path(&chunk.id),
                CHUNK_LIMIT,
            ),
        };
        let origin = requests.origin(&subject)?;
        let request = Request { method: "GET", origin, path: &path, body: Content::None, accept: BYTES };
        // One that comes empty is a hole; the only one is an empty dump if it comes so twice: a gateway may have lost
        // the body.
        let mut was_empty = false;
        requests.retry(&subject, request, whole.unwrap_or(Repeat::IfTransient), &mut |answer, a_try| {
            if a_try.failed > 0 {
                into.restart()?;
            }
            let may_be_empty = chunks == 1 && was_empty;
            let fetched = take(answer, whole.is_some(), limit, may_be_empty, piece, into);
            was_empty |= matches!(fetched, Err(Halt::Fault(Fault::Body(BodyProblem::Empty))));
            fetched.map_err(|halt| match halt {
                Halt::Fault(fault) if !into.can_restart() => Halt::Final(fault),
                halt => halt,
            })
        })
    }
}

fn take(
    answer: Answer,
    is_whole: bool,
    limit: SizeLimit,
    may_be_empty: bool,
    piece: &mut [u8],
    into: &mut ChunkWriter<'_>,
) -> Result<(), Halt> {
    if answer.status() == 204 {
        // How the service answers for the whole dump of an import without failures.
        let nothing = Fault::Status { status: 204, message: None, retry_after: None };
        return if is_whole { Ok(()) } else { Err(nothing.into()) };
    }
    let body = answer.into_body(limit);
    if may_be_empty && matches!(body, Err(Fault::Body(BodyProblem::Empty))) {
        return Ok(());
    }
    let mut body = body?;
    let mut count = into.gather(piece, |rest| body.read(rest))?;
    check_head(&piece[..count], count < piece.len(), &body.content_type, may_be_empty)?;
    into.write(&piece[..count])?;
    while count == piece.len() {
        count = into.gather(piece, |rest| body.read(rest))?;
        into.write(&piece[..count])?;
    }
    Ok(())
}

/// Refuses what is not a part of a dump, although the answer is whole.
fn check_head(head: &[u8], is_all: bool, content_type: &str, may_be_empty: bool) -> Result<(), Fault> {
    let problem = match is_all {
        true if head.is_empty() => (!may_be_empty).then_some(BodyProblem::Empty),
        true if head.len() <= MAX_DOCUMENT_BYTES => document(content_type, head),
        _ => None,
    };
    let unlabelled = is_gzip(head).then_some(BodyProblem::UnlabelledGzip);
    problem.or(unlabelled).map_or(Ok(()), |problem| Err(Fault::Body(problem)))
}
