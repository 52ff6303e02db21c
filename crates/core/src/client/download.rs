//! A whole download: the chunk list, the chunks, and the proof that they belong together.

use std::collections::BTreeSet;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::Client;
use super::dump_source::DumpSource;
use super::read_ahead::ReadAhead;
use super::requests::MAX_PARALLEL;
use super::unchanged::find_change;
use crate::address::DumpAddress;
use crate::error::{Error, Result, Setting};
use crate::files::DiskWarning;
use crate::service::{ChunkList, ConnectionProblem, Dump, Fault, Repeat};
use crate::text::debug_with;
use crate::transfer::{ChunkDigest, ChunkSink, ChunkSource, PartFile, Progress, Resume, StreamSink, fill, total_bytes};

/// What a download brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Downloaded {
    /// Number of chunks of the dump, those kept from an earlier run included.
    pub chunks: usize,
    /// Bytes of the dump.
    pub bytes: u64,
    /// Number of chunks kept from an earlier run.
    pub resumed_chunks: usize,
}

/// A download that is about to begin: made with [`Client::download`], run by
/// [`save_to`](Download::save_to) or [`write_to`](Download::write_to).
pub struct Download<'a> {
    /// Its requests end once `on_progress` says so.
    client: Client,
    dump: DumpAddress,
    /// The chunk list, if it was asked for already.
    known: Option<ChunkList>,
    whole: bool,
    parallel: usize,
    verify: bool,
    overwrite: bool,
    restart: bool,
    repeat: Repeat,
    on_progress: Box<dyn FnMut(Progress) -> ControlFlow<()> + 'a>,
}

debug_with!(Download<'_>, "dump": dump);

impl Client {
    /// A download of `dump`, which is a [`Dump`] or its address; nothing is sent yet.
    pub fn download<'a>(&self, dump: impl Into<Dump>) -> Download<'a> {
        let Dump { address: dump, chunks: known, .. } = dump.into();
        let mut client = self.clone();
        client.requests.wire.patience.stop = Arc::default();
        Download {
            client,
            dump,
            known,
            whole: false,
            parallel: 1,
            verify: false,
            overwrite: false,
            restart: false,
            repeat: Repeat::IfTransient,
            on_progress: Box::new(|_| ControlFlow::Continue(())),
        }
    }
}

impl<'a> Download<'a> {
    /// Fetches the dump in one answer instead of in chunks. The service's reference discourages it: large
    /// dumps time out, and nothing of them is kept. Defaults to no.
    pub fn whole(mut self, yes: bool) -> Self {
        self.whole = yes;
        self
    }

    /// Fetches this many chunks side by side, from 1 to [`MAX_PARALLEL`]. They are written in order all the
    /// same: as many and one more wait in memory, or, on the way into a file, beside it. The service's reference asks
    /// for sequential downloads: more than one is for links whose latency makes those slow. Defaults to 1.
    pub fn parallel(mut self, chunks: usize) -> Self {
        self.parallel = chunks;
        self
    }

    /// Fetches the first and the last chunk once more at the end and compares; in a download that continues
    /// an earlier run, the last chunk kept as well. Defaults to no.
    pub fn recheck_chunks(mut self, yes: bool) -> Self {
        self.verify = yes;
        self
    }

    /// Replaces a file that has the target's name, and what is left of the download of another dump. Only for
    /// [`save_to`](Download::save_to). Defaults to no.
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.overwrite = yes;
        self
    }

    /// Ignores what an earlier run left. Only for [`save_to`](Download::save_to). Defaults to no.
    pub fn restart(mut self, yes: bool) -> Self {
        self.restart = yes;
        self
    }

    /// Looks a few times for a dump that is not there yet, because its task has just ended. Defaults to no.
    pub fn wait_for_dump(mut self, yes: bool) -> Self {
        self.repeat = if yes { Repeat::UntilThere } else { Repeat::IfTransient };
        self
    }

    /// Calls `report` for each step of the download, which it can end: with [`Error::Cancelled`], and what a file
    /// holds by then is kept for the next run.
    pub fn on_progress(mut self, report: impl FnMut(Progress) -> ControlFlow<()> + 'a) -> Self {
        self.on_progress = Box::new(report);
        self
    }

    fn report(&mut self, step: Progress) {
        if (self.on_progress)(step).is_break() {
            self.client.requests.wire.patience.stop.stop();
        }
    }

    /// Refuses what this download cannot do.
    fn check(&self, goes_to_file: bool) -> Result<()> {
        let Download { whole, parallel, verify, overwrite, restart, .. } = *self;
        let no_chunks = "a dump in one answer has no chunks";
        let no_file = "the dump goes to no file";
        for (setting, is_unusable, problem) in [
            ("parallel", !(1..=MAX_PARALLEL).contains(&parallel), "it is not a number from 1 to 8"),
            ("parallel", whole && parallel > 1, no_chunks),
            ("recheck_chunks", whole && verify, no_chunks),
            ("overwrite", overwrite && !goes_to_file, no_file),
            ("restart", restart && !goes_to_file, no_file),
        ] {
            if is_unusable {
                return Err(Setting::Named(setting).unusable(problem));
            }
        }
        Ok(())
    }

    /// Writes the dump to `writer`, chunk by chunk, each once it is whole. About two chunks are in memory,
    /// or as many as [`parallel`](Download::parallel) says. A [whole](Download::whole) dump is passed on as
    /// it arrives, 128 KiB at a time.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`], which says how many chunks were written; [`Error::Changed`] if the dump was
    /// replaced meanwhile, and what was written is worthless; [`Error::Unconfirmed`] if that could not be
    /// found out; [`Error::Empty`]; [`Error::Request`] if there is no chunk list; [`Error::UntrustedOrigin`].
    pub fn write_to(mut self, writer: impl Write) -> Result<Downloaded> {
        self.check(false)?;
        let list = self.list()?;
        self.report(Progress::Started { chunks: list.len(), resume: Resume::Fresh });
        // A writer takes whole chunks only: each is fetched while the one before it is written.
        let digests = self.fill(&list, &mut StreamSink::new(writer, self.verify), true)?;
        self.check_unchanged(&list, &digests, 0)?;
        let bytes = total_bytes(&digests);
        self.check_empty(bytes)?;
        Ok(Downloaded { chunks: list.len(), bytes, resumed_chunks: 0 })
    }

    /// Saves the dump as `target`: through `target.part` and a journal, so that the next run continues where
    /// this one ended, however it ended. A dump that is replaced while it is downloaded is begun anew once.
    ///
    /// # Errors
    ///
    /// Those of [`write_to`](Download::write_to), and [`Error::Exists`], [`Error::Locked`] and
    /// [`Error::Output`]. After any of them nothing has the final name.
    pub fn save_to(mut self, target: impl AsRef<Path>) -> Result<Downloaded> {
        self.check(true)?;
        // Locked before anything is requested.
        let mut part =
            PartFile::claim(target.as_ref(), self.overwrite, self.restart, &self.client.requests.wire.unfinished)?;
        if let Some(warning) = part.warning {
            self.report(Progress::Disk(warning));
        }
        let mut list = self.list()?;
        let identity = self.identity();
        part.begin(&identity, &list)?;
        let mut resume = part.resume();
        let mut is_second_try = false;
        loop {
            let kept = part.held_chunks();
            self.report(Progress::Started { chunks: list.len(), resume });
            // A file can be cut back, so a single chunk at a time is written as it arrives.
            self.fill(&list, &mut part, self.parallel > 1)?;
            let bytes = total_bytes(part.digests());
            let (durable, checked) = part.sync_beside(|digests| self.check_unchanged(&list, digests, kept));
            let durable = durable?;
            match checked.and_then(|()| self.check_empty(bytes)) {
                Ok(()) => {
                    for warning in part.install(durable)? {
                        // That there is no lock has been said.
                        if warning != DiskWarning::NoLocks {
                            self.report(Progress::Disk(warning));
                        }
                    }
                    return Ok(Downloaded { chunks: list.len(), bytes, resumed_chunks: kept });
                }
                Err(Error::Changed { dump, what }) => {
                    // At once, so that no later run takes the mixture for a part of the dump.
                    part.discard()?;
                    if is_second_try {
                        return Err(Error::Changed { dump, what });
                    }
                    is_second_try = true;
                    let was_empty = list.is_empty();
                    list = self.list()?;
                    if list.is_empty() && !was_empty {
                        // A dump that lost all its chunks was removed: an empty file would not be it.
                        return Err(Error::Changed { dump, what });
                    }
                    part.begin(&identity, &list)?;
                    resume = Resume::Restarted { reason: what };
                }
                Err(Error::Unconfirmed { dump, chunks, source, .. }) => {
                    let mut kept = part.path().filter(|_| part.held_chunks() > 0).map(Path::to_owned);
                    if makes_no_sense(&source) {
                        part.discard()?;
                        kept = None;
                    }
                    return Err(Error::Unconfirmed { dump, chunks, kept, source });
                }
                Err(error) => {
                    part.discard()?;
                    return Err(error);
                }
            }
        }
    }

    fn fill(&mut self, list: &ChunkList, sink: &mut dyn ChunkSink, reads_ahead: bool) -> Result<Vec<ChunkDigest>> {
        let requests = &self.client.requests;
        let chunks = DumpSource::of_chunks(requests, &self.dump);
        let mut source: Box<dyn ChunkSource> = match (self.whole, reads_ahead) {
            (true, _) => Box::new(DumpSource::of_whole(requests, &self.dump, self.repeat)),
            (false, false) => Box::new(chunks),
            (false, true) => Box::new(ReadAhead::new(&chunks, list, sink.held_chunks(), self.parallel, sink.path())?),
        };
        fill(&mut *source, list, sink, &mut |step| self.report(step))
    }

    fn list(&mut self) -> Result<ChunkList> {
        match (self.whole, self.known.take()) {
            (true, _) => Ok(ChunkList::of_whole(&self.dump)),
            (false, Some(known)) => Ok(known),
            (false, None) => self.client.requests.chunk_list(&self.dump, self.repeat),
        }
    }

    /// The URL that is downloaded: what tells one dump's part file from another's.
    fn identity(&self) -> String {
        let path = if self.whole { self.dump.path() } else { self.dump.chunks_path() };
        let origin = self.dump.model().origin.as_ref().unwrap_or(self.client.api());
        format!("{origin}{path}")
    }

    /// A dump without a byte is one if its task says that there are no rows in it.
    fn check_empty(&self, bytes: u64) -> Result<()> {
        if bytes > 0 {
            return Ok(());
        }
        match self.client.look_at(&self.dump.task, Repeat::IfTransient)?.rows_in(&self.dump) {
            Some(0) => Ok(()),
            rows => Err(Error::Empty { dump: self.dump.clone().into(), rows }),
        }
    }

    /// Asks whether the chunks, of which the first `kept` are from an earlier run, belong to one dump.
    fn check_unchanged(&self, list: &ChunkList, digests: &[ChunkDigest], kept: usize) -> Result<()> {
        if self.whole {
            return Ok(());
        }
        let mut again = BTreeSet::new();
        if self.verify {
            again.extend([0, kept.saturating_sub(1), list.len().saturating_sub(1)]);
        }
        let find = || find_change(&self.client.requests, list, digests, &again);
        let found = match find() {
            // Once more: a gateway may have spoken for a moment, and all that was fetched would be given up.
            Err(error) if makes_no_sense(&error) => find(),
            found => found,
        };
        match found {
            Ok(None) => Ok(()),
            Ok(Some(what)) => Err(Error::Changed { dump: self.dump.clone().into(), what }),
            Err(source) => Err(Error::Unconfirmed {
                dump: self.dump.clone().into(),
                chunks: list.len(),
                kept: None,
                source: Box::new(source),
            }),
        }
    }
}

/// Whether the answer to the last check is garbled. Then the connection may be out of step, so its chunks
/// cannot be trusted either.
fn makes_no_sense(error: &Error) -> bool {
    let fault = error.request().map(|(_, fault)| fault);
    matches!(fault, Some(Fault::Malformed { .. } | Fault::Connection { problem: ConnectionProblem::Protocol, .. }))
}
