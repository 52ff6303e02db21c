//! A dump into a file: `NAME.part` and a journal until it is complete, then one atomic rename.
//!
//! The journal is always true: a chunk's line is written after the chunk's bytes. Killed at any instant,
//! the next run keeps every chunk whose bytes still match its line, cuts what is beyond and goes on.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::CrcReader;

use super::concat::ChunkSource;
use super::journal::{self, MAX_JOURNAL_BYTES, Reading, Record};
use super::progress::{Progress, Resume};
use super::sink::{ChunkDigest, ChunkSink, total_bytes};
use crate::error::{Error, Mismatch, Result};
use crate::files::{
    DiskWarning, PART, Place, Unfinished, check_length, cut, is_same_file, make_durable, open_locked, read_head,
    remove_own, unlock, write_all,
};
use crate::service::{Chunk, ChunkList};

/// The files of an unfinished dump. Locked while they are open.
#[derive(Debug)]
struct Files {
    place: Place,
    unfinished: Unfinished,
    part_path: PathBuf,
    journal_path: PathBuf,
    /// None once it is closed, as Windows wants it before a file is renamed or removed.
    part: Option<File>,
    /// None until it is opened: before that, something else may have its name. It has its own lock, since the
    /// part is free for the next run as soon as it is renamed.
    journal: Option<File>,
    /// The part file holds no whole chunk that a later run may keep.
    remove_on_drop: bool,
}

/// The unfinished file of a dump, locked against other runs.
///
/// [`PartFile::fill`] fetches its chunks, [`PartFile::finish`] gives it its final name. Dropped
/// before that, it stays for the next run if it holds a whole chunk, and is removed otherwise.
#[derive(Debug)]
pub struct PartFile {
    /// What the disk cannot do.
    pub(crate) warning: Option<DiskWarning>,
    overwrite: bool,
    restart: bool,
    files: Files,
    /// Number of chunks of the dump; known once it is begun.
    chunks: Option<usize>,
    /// Length of the whole chunks; beyond it is the chunk that is being written.
    committed: u64,
    /// One for each whole chunk.
    digests: Vec<ChunkDigest>,
    written: u64,
    resume: Resume,
}

impl PartFile {
    /// Opens and locks the part file of `target`, which is the path of the finished dump, and keeps what an earlier
    /// run left of this chunk list. `overwrite` replaces a file that has the final name, and what is left of another
    /// dump.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target is there and may not be replaced, or if there is a part file without
    /// a journal, which no run of this library left; [`Error::OtherDump`]; [`Error::Locked`] if another run writes
    /// it; [`Error::Output`] if it cannot be opened or read.
    pub fn open(target: impl AsRef<Path>, list: &ChunkList, overwrite: bool) -> Result<PartFile> {
        let mut part = PartFile::claim(target.as_ref(), overwrite, false, &Unfinished::default())?;
        part.begin(&list.dump().to_string(), list)?;
        Ok(part)
    }

    /// Opens and locks the part file before the chunk list is known. `restart` ignores what an earlier run left. The
    /// errors are those of [`open`](PartFile::open).
    pub(crate) fn claim(target: &Path, overwrite: bool, restart: bool, unfinished: &Unfinished) -> Result<PartFile> {
        let place = Place::find(target, overwrite)?;
        let (part_path, journal_path) = (place.beside(PART), place.beside(".part.journal"));
        let journal = read_head(&journal_path).map_err(|e| Error::output("read", Some(&journal_path), e))?;
        if journal.as_deref().is_some_and(|head| !journal::is_ours(head)) {
            let foreign = io::Error::other("it is not a journal of this program: move it away");
            return Err(Error::output("use", Some(&journal_path), foreign));
        }
        let opened = open_locked(&part_path, place.kept());
        let opened = opened.map_err(|e| Error::output("open", Some(&part_path), e))?;
        let Some((part, warning)) = opened else {
            return Err(Error::Locked { path: place.target().to_owned() });
        };
        let length = part.metadata().map_err(|e| Error::output("read", Some(&part_path), e))?.len();
        if length > 0 && journal.is_none() && !overwrite {
            return Err(Error::Exists { path: part_path });
        }
        let files = Files {
            place,
            unfinished: unfinished.clone(),
            part_path,
            journal_path,
            part: Some(part),
            journal: None,
            remove_on_drop: length == 0,
        };
        let (chunks, committed, digests, written, resume) = (None, 0, Vec::new(), 0, Resume::Fresh);
        Ok(PartFile { warning, overwrite, restart, files, chunks, committed, digests, written, resume })
    }

    /// Finds out what of an earlier run can be kept for this chunk list, and cuts the rest. `dump` is any
    /// text that names the dump, such as its URL.
    pub(crate) fn begin(&mut self, dump: &str, list: &ChunkList) -> Result<()> {
        let PartFile { files, overwrite, .. } = self;
        files.open_journal()?;
        let reading = if self.restart { Reading::Empty } else { files.read_journal(dump, list)? };
        let mut digests = Vec::new();
        let (resume, journal_end) = match reading {
            Reading::Empty => (Resume::Fresh, 0),
            Reading::Unusable(reason) => (Resume::Restarted { reason }, 0),
            // Its chunks may be all that is left of that dump.
            Reading::OfAnother(dump) if !files.remove_on_drop && !*overwrite => {
                return Err(Error::OtherDump { path: files.part_path.clone(), dump });
            }
            Reading::OfAnother(_) if files.remove_on_drop => (Resume::Fresh, 0),
            Reading::OfAnother(_) => (Resume::Restarted { reason: Mismatch::Dump }, 0),
            Reading::Records { header_end, records } => {
                digests = files.good_chunks(&records)?;
                let end = digests.len().checked_sub(1).map_or(header_end, |last| records[last].1);
                let resume = match (digests.len(), records.len()) {
                    (0, 0) => Resume::Fresh,
                    (0, _) => Resume::Restarted { reason: Mismatch::Content },
                    (chunks, _) => Resume::Resumed { chunks, bytes: total_bytes(&digests) },
                };
                (resume, end)
            }
        };
        self.committed = total_bytes(&digests);
        files.cut(journal_end, self.committed)?;
        if journal_end == 0 {
            let written = files.append(&journal::header_line(dump, list));
            written.map_err(|error| Error::output("write to", Some(&files.journal_path), error))?;
        }
        files.remove_on_drop = digests.is_empty();
        files.unfinished.set_part(&files.part_path, Some((digests.len(), list.len())));
        (self.chunks, self.digests, self.resume) = (Some(list.len()), digests, resume);
        Ok(())
    }

    /// How the file was when it was opened.
    pub fn resume(&self) -> Resume {
        self.resume
    }

    /// Fetches the chunks of `list` that the file does not hold yet, in order, and commits each as soon as it is
    /// whole.
    ///
    /// # Errors
    ///
    /// [`Error::Incomplete`], which says how many chunks of the list the file holds and carries the reason.
    pub fn fill(
        &mut self,
        source: &mut dyn ChunkSource,
        list: &ChunkList,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<()> {
        super::concat::fill(source, list, self, progress).map(drop)
    }

    pub(crate) fn digests(&self) -> &[ChunkDigest] {
        &self.digests
    }

    /// Forgets every chunk: no run may continue what is there.
    pub(crate) fn discard(&mut self) -> Result<()> {
        self.files.remove_on_drop = true;
        (self.chunks, self.digests) = (None, Vec::new());
        self.files.cut(0, 0)
    }

    /// Makes the file durable and gives it its final name: fsync, rename, fsync of the folder. What the disk
    /// could not do, and is no error, is returned.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target appeared meanwhile; [`Error::Output`] if the file does not hold every
    /// chunk of its list, cannot be made durable or renamed, or is not what this run wrote.
    pub fn finish(mut self) -> Result<Vec<DiskWarning>> {
        let synced = self.sync();
        self.synced(synced).and_then(|durable| self.install(durable))
    }

    /// Makes the bytes durable, or cuts them off.
    fn sync(&self) -> io::Result<Option<DiskWarning>> {
        let (part, files) = (self.files.part.as_ref().ok_or_else(closed)?, &self.files);
        make_durable(part).inspect_err(|_| {
            // The system reports it once: a run after one that ends now would see the bytes, and take them for safe.
            let _ = part.set_len(0);
            files.unfinished.set_part(&files.part_path, None);
        })
    }

    /// Makes the bytes durable for [`install`](PartFile::install) while `work` is done: one wait for disk and network.
    pub(crate) fn sync_beside<T>(
        &mut self,
        work: impl FnOnce(&[ChunkDigest]) -> T,
    ) -> (Result<Option<DiskWarning>>, T) {
        let (synced, done) = std::thread::scope(|scope| {
            let syncing = std::thread::Builder::new().spawn_scoped(scope, || self.sync());
            let done = work(&self.digests);
            let panicked = |_| Err(io::Error::other("the thread that makes it durable panicked"));
            (syncing.map_or_else(|_| self.sync(), |thread| thread.join().unwrap_or_else(panicked)), done)
        });
        (self.synced(synced), done)
    }

    /// Where bytes could not be made durable, nothing is kept.
    fn synced(&mut self, outcome: io::Result<Option<DiskWarning>>) -> Result<Option<DiskWarning>> {
        outcome.map_err(|error| {
            self.files.remove_on_drop = true;
            Error::output("make durable", Some(&self.files.part_path), error)
        })
    }

    /// Gives a durable file its final name.
    pub(crate) fn install(self, durable: Option<DiskWarning>) -> Result<Vec<DiskWarning>> {
        let PartFile { warning, mut files, chunks, committed, digests, .. } = self;
        let part_path = files.part_path.clone();
        if chunks != Some(digests.len()) {
            let held = format!("it holds {} of {} chunks", digests.len(), chunks.unwrap_or(0));
            return Err(Error::output("give its final name to", Some(&part_path), io::Error::other(held)));
        }
        let owner = files.place.install(&mut files.part, &part_path, committed, &files.unfinished)?;
        files.remove_on_drop = false;
        // The dump is complete: a journal that cannot be removed harms nothing.
        if let Some(journal) = files.journal.take() {
            remove_own(journal, &files.journal_path);
        }
        Ok([warning, durable, owner].into_iter().flatten().collect())
    }
}

fn closed() -> io::Error {
    io::Error::other("it is closed")
}

impl Files {
    fn part(&mut self) -> io::Result<&mut File> {
        self.part.as_mut().ok_or_else(closed)
    }

    fn journal(&mut self) -> io::Result<&mut File> {
        self.journal.as_mut().ok_or_else(closed)
    }

    fn open_journal(&mut self) -> Result<()> {
        if self.journal.is_none() {
            let opened = open_locked(&self.journal_path, self.place.kept());
            let opened = opened.map_err(|e| Error::output("use the journal", Some(&self.journal_path), e))?;
            // A run that has just renamed its part still has it.
            let locked = || Error::Locked { path: self.place.target().to_owned() };
            self.journal = Some(opened.ok_or_else(locked)?.0);
        }
        Ok(())
    }

    fn read_journal(&mut self, dump: &str, list: &ChunkList) -> Result<Reading> {
        let mut bytes = Vec::new();
        let read = self.journal().and_then(|file| file.take(MAX_JOURNAL_BYTES).read_to_end(&mut bytes));
        read.map_err(|e| Error::output("read", Some(&self.journal_path), e))?;
        Ok(journal::read(&bytes, dump, list))
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        write_all(self.journal()?, line.as_bytes())
    }

    /// Cuts both files. The journal first: without its lines, the bytes count for nothing.
    fn cut(&mut self, journal_end: u64, part_end: u64) -> Result<()> {
        let journal = self.journal().and_then(|journal| cut(journal, journal_end));
        journal.map_err(|e| Error::output("cut", Some(&self.journal_path), e))?;
        self.cut_part(part_end).map_err(|e| Error::output("cut", Some(&self.part_path), e))
    }

    fn cut_part(&mut self, length: u64) -> io::Result<()> {
        cut(self.part()?, length)
    }

    /// The digests of the chunks at the start of the file whose bytes match the journal's records.
    fn good_chunks(&mut self, records: &[(Record, u64)]) -> Result<Vec<ChunkDigest>> {
        let (mut digests, part_path) = (Vec::new(), self.part_path.clone());
        for (record, _) in records {
            let digest = ChunkDigest { bytes: record.bytes, crc32: record.crc32 };
            let failed = |error| Error::output("read", Some(&part_path), error);
            let mut bytes = CrcReader::new(self.part().map_err(failed)?.take(digest.bytes));
            let length = io::copy(&mut bytes, &mut io::sink()).map_err(failed)?;
            if (ChunkDigest { bytes: length, crc32: bytes.crc().sum() }) != digest {
                break;
            }
            digests.push(digest);
        }
        Ok(digests)
    }
}

impl ChunkSink for PartFile {
    fn held_chunks(&self) -> usize {
        self.digests.len()
    }

    fn held_bytes(&self) -> u64 {
        self.committed
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.files.part_path)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_all(self.files.part()?, bytes)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn commit(&mut self, chunk: &Chunk, digest: &ChunkDigest) -> io::Result<()> {
        check_length(self.files.part()?, self.committed + self.written).inspect_err(|_| {
            // We do not know which bytes are still there.
            (self.digests, self.files.remove_on_drop) = (Vec::new(), true);
        })?;
        let record = Record { chunk: chunk.id.as_str().to_owned(), bytes: digest.bytes, crc32: digest.crc32 };
        self.files.append(&journal::line(&record))?;
        self.committed += digest.bytes;
        self.written = 0;
        self.digests.push(*digest);
        self.files.remove_on_drop = false;
        self.files.unfinished.set_part(&self.files.part_path, self.chunks.map(|chunks| (self.digests.len(), chunks)));
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.written = 0;
        self.files.cut_part(self.committed)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.unfinished.set_part(&self.part_path, None);
        let (part, journal) = (self.part.take(), self.journal.take());
        match (part, journal) {
            // Still locked: no other run can have begun with these files.
            (Some(part), journal) if self.remove_on_drop => {
                if let Some(journal) = journal.filter(|_| is_same_file(&part, &self.part_path)) {
                    remove_own(journal, &self.journal_path);
                }
                remove_own(part, &self.part_path);
            }
            (part, journal) => [journal, part].into_iter().flatten().for_each(|file| unlock(&file)),
        }
    }
}

#[cfg(test)]
mod tests;
