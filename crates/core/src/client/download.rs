//! A whole download: the chunk list, the chunks, and the proof that they belong together.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::chunk_list::{Chunk, ChunkList};
use crate::client::{Client, MAX_PARALLEL, WholeSource};
use crate::concat::{ChunkDigest, ChunkSink, ChunkSource, Observer, Progress, Resume, concatenate};
use crate::endpoint;
use crate::error::{ConnectionProblem, Error, Result, Subject, SubjectKind};
use crate::locator::DumpAddress;
use crate::save::{PartFile, SaveOptions};
use crate::sink::StreamSink;

/// Chunks all over a dump whose validators are asked for again after the last one: enough to notice
/// a replaced dump, few enough for the tenant's rate limit.
const SPREAD_CHECKS: usize = 16;

/// What a download brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Chunks of the dump, those kept from an earlier run included.
    pub chunks: usize,
    /// Bytes of the dump from the first chunk asked for.
    pub bytes: u64,
    /// Chunks kept from an earlier run.
    pub resumed_chunks: usize,
}

/// A download that is about to begin: made with [`Client::download`], ended with
/// [`write_to`](Download::write_to) or [`save_to`](Download::save_to).
pub struct Download<'a> {
    client: &'a Client,
    dump: &'a DumpAddress,
    in_one_piece: bool,
    first_chunk: usize,
    parallel: usize,
    verify: bool,
    observer: Option<&'a mut dyn Observer>,
}

impl fmt::Debug for Download<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("dump", self.dump).finish_non_exhaustive()
    }
}

impl Client {
    /// Begins the download of a dump.
    pub fn download<'a>(&'a self, dump: &'a DumpAddress) -> Download<'a> {
        Download {
            client: self,
            dump,
            in_one_piece: false,
            first_chunk: 0,
            parallel: 1,
            verify: false,
            observer: None,
        }
    }
}

impl<'a> Download<'a> {
    /// Fetches the dump with one request instead of its chunks. The service's reference discourages
    /// it: large dumps time out, and nothing of them is kept. Defaults to no.
    pub fn in_one_piece(mut self, yes: bool) -> Self {
        self.in_one_piece = yes;
        self
    }

    /// Begins at the chunk in this place, from 0: for a writer that holds the ones before, as an
    /// [`Error::Interrupted`] told. Defaults to 0. Not for [`save_to`](Download::save_to), which
    /// knows by itself.
    pub fn first_chunk(mut self, place: usize) -> Self {
        self.first_chunk = place;
        self
    }

    /// Fetches this many chunks side by side, at most [`MAX_PARALLEL`]; they are written in order all the
    /// same, and as many and one more may be in memory. The service's reference asks for sequential
    /// downloads: more than one is for links whose latency makes that slow. Defaults to 1.
    pub fn parallel(mut self, chunks: usize) -> Self {
        self.parallel = chunks;
        self
    }

    /// Fetches the first and the last chunk once more at the end and compares. Defaults to no.
    pub fn verify(mut self, yes: bool) -> Self {
        self.verify = yes;
        self
    }

    /// Is told how the download goes on.
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Writes the dump to `writer`, which gets each chunk once it is whole; memory for little more than
    /// one chunk is used, or as [`parallel`](Download::parallel) says. A dump [in one piece](Download::in_one_piece) is passed on as it arrives.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`], which says how many whole chunks were written; [`Error::Changed`] if
    /// the dump was replaced while it was downloaded: what was written is then worthless;
    /// [`Error::Unconfirmed`] if that could not be found out. Otherwise as [`Client::chunks`].
    pub fn write_to(self, writer: impl Write) -> Result<Downloaded> {
        self.run(&mut StreamSink::new(writer))
    }

    /// Saves the dump as `target`: through `target.part` and a journal, so that a run that was ended
    /// in any way is continued by the next one. A dump that is replaced while it is downloaded is
    /// begun anew once.
    ///
    /// # Errors
    ///
    /// As [`write_to`](Download::write_to) and [`PartFile::create`]. Nothing stands under the final
    /// name then.
    pub fn save_to(mut self, target: &Path, options: &SaveOptions) -> Result<Downloaded> {
        let mut part = PartFile::create(target, *options)?;
        let mut list = self.list()?;
        let identity = self.identity();
        let mut resume = part.resume(&identity, &list)?;
        let mut is_second_try = false;
        loop {
            let kept = part.whole_chunks();
            self.tell(Progress::Begun { chunks: list.len(), resume });
            // A file can be cut back: a single chunk at a time is written as it arrives.
            let source = match (self.in_one_piece, self.parallel) {
                (true, _) => self.whole_source(),
                (false, ..=1) => Box::new(self.client.source(self.dump)),
                (false, _) => self.read_ahead(&list, kept)?,
            };
            self.transfer(source, &list, kept, &mut part)?;
            match self.check_unchanged(&list, part.digests()) {
                Err(Error::Changed { subject, what }) => {
                    // At once, so that no later run takes the mixture for a part of the dump.
                    part.discard()?;
                    if is_second_try {
                        return Err(Error::Changed { subject, what });
                    }
                    is_second_try = true;
                    let was_empty = list.is_empty();
                    list = self.list()?;
                    if list.is_empty() && !was_empty {
                        // A dump that lost all its chunks was removed: an empty file would not be it.
                        return Err(Error::Changed { subject, what });
                    }
                    part.resume(&identity, &list)?;
                    resume = Resume::BegunAnew { reason: what };
                }
                // An answer that makes no sense casts doubt on the connection that brought the chunks.
                Err(error) if makes_no_sense(&error) => {
                    part.discard()?;
                    return Err(error);
                }
                Err(error) => return Err(error),
                Ok(()) => {
                    let bytes = total(part.digests());
                    part.finish()?;
                    return Ok(Downloaded { chunks: list.len(), bytes, resumed_chunks: kept });
                }
            }
        }
    }

    fn run(mut self, sink: &mut dyn ChunkSink) -> Result<Downloaded> {
        let list = self.list()?;
        self.tell(Progress::Begun { chunks: list.len(), resume: Resume::Fresh });
        let first = self.first_chunk;
        // A writer takes whole chunks only: each is fetched while the one before it is written.
        let source = if self.in_one_piece { self.whole_source() } else { self.read_ahead(&list, first)? };
        let digests = self.transfer(source, &list, first, sink)?;
        // Those before the first chunk are the caller's; nothing is known of them.
        if first == 0 {
            self.check_unchanged(&list, &digests)?;
        }
        Ok(Downloaded { chunks: list.len(), bytes: total(&digests), resumed_chunks: 0 })
    }

    fn list(&self) -> Result<ChunkList> {
        if self.in_one_piece {
            let whole = Chunk { index: 0, id: self.dump.object().clone(), name: None };
            return Ok(ChunkList::of_one(whole));
        }
        self.client.chunks(self.dump)
    }

    /// The URL that is downloaded: what tells one dump's part file from another's.
    fn identity(&self) -> String {
        let path =
            if self.in_one_piece { endpoint::whole_dump(self.dump) } else { endpoint::chunks(self.dump) };
        format!("{}{path}", self.client.origin_of(&self.dump.task().action.model))
    }

    /// Writes what `source` gives from the chunk at place `first` on to `sink`.
    fn transfer(
        &mut self,
        mut source: Box<dyn ChunkSource>,
        list: &ChunkList,
        first: usize,
        sink: &mut dyn ChunkSink,
    ) -> Result<Vec<ChunkDigest>> {
        let mut ignore = |_| {};
        let observer = match &mut self.observer {
            Some(observer) => &mut **observer,
            None => &mut ignore as &mut dyn Observer,
        };
        concatenate(&mut *source, list, first, self.dump, sink, observer)
    }

    fn whole_source(&self) -> Box<dyn ChunkSource> {
        Box::new(WholeSource::new(self.client.clone(), self.dump.clone()))
    }

    fn read_ahead(&self, list: &ChunkList, first: usize) -> Result<Box<dyn ChunkSource>> {
        Ok(Box::new(self.client.read_ahead(self.dump, list, first, self.parallel)?))
    }

    fn tell(&mut self, progress: Progress) {
        if let Some(observer) = &mut self.observer {
            observer.progress(progress);
        }
    }

    /// Asks whether the chunks that were fetched one after the other belong to one dump.
    fn check_unchanged(&self, list: &ChunkList, digests: &[ChunkDigest]) -> Result<()> {
        if self.in_one_piece {
            return Ok(());
        }
        match self.find_change(list.as_slice(), digests) {
            Ok(None) => Ok(()),
            Ok(Some(what)) => {
                let subject = Subject::new(SubjectKind::ChunkList, self.dump);
                Err(Error::Changed { subject, what })
            }
            Err(source) => Err(Error::Unconfirmed {
                dump: self.dump.to_string(),
                chunks: list.len(),
                source: Box::new(source),
            }),
        }
    }

    /// What is not as it was: the list, the validator of a chunk where the service sends one, or, if
    /// asked for, the bytes of the first or the last chunk.
    fn find_change(&self, chunks: &[Chunk], digests: &[ChunkDigest]) -> Result<Option<&'static str>> {
        let now = self.client.chunks(self.dump)?;
        if now.as_slice().iter().map(|chunk| &chunk.id).ne(chunks.iter().map(|chunk| &chunk.id)) {
            return Ok(Some("the chunk list changed"));
        }
        for place in places_to_check(chunks.len()) {
            if let Some(validator) = &digests[place].validator
                && self.client.validator(self.dump, &chunks[place])?.is_some_and(|now| now != *validator)
                // Some services send another validator each time: the bytes decide.
                && !self.is_same(&chunks[place], &digests[place])?
            {
                return Ok(Some("a chunk changed"));
            }
        }
        if self.verify && !chunks.is_empty() {
            for place in BTreeSet::from([0, chunks.len() - 1]) {
                if !self.is_same(&chunks[place], &digests[place])? {
                    return Ok(Some("a chunk that was fetched again differs"));
                }
            }
        }
        Ok(None)
    }

    fn is_same(&self, chunk: &Chunk, digest: &ChunkDigest) -> Result<bool> {
        let single = ChunkList::of_one(chunk.clone());
        let again = concatenate(
            &mut self.client.source(self.dump),
            &single,
            0,
            self.dump,
            &mut Discard,
            &mut |_| {},
        )?;
        Ok(again.iter().all(|again| (again.bytes, again.crc32) == (digest.bytes, digest.crc32)))
    }
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

/// Whether the check at the end was answered with something else than JSON or HTTP: perhaps with what
/// belongs to another request.
fn makes_no_sense(error: &Error) -> bool {
    matches!(
        error.innermost(),
        Error::Malformed { .. } | Error::Connection { problem: ConnectionProblem::Protocol, .. }
    )
}

/// The places of the chunks whose validators are asked for once more. If a dump was replaced while it
/// was downloaded, the chunks that were fetched first are of the old one: those at the beginning, as
/// many as can be fetched side by side, and some of all others, for a new dump may begin like the old.
fn places_to_check(chunks: usize) -> BTreeSet<usize> {
    let spread = (0..SPREAD_CHECKS).map(|n| n * chunks / SPREAD_CHECKS);
    (0..MAX_PARALLEL).chain(spread).filter(|place| *place < chunks).collect()
}

fn total(digests: &[ChunkDigest]) -> u64 {
    digests.iter().map(|digest| digest.bytes).sum()
}
