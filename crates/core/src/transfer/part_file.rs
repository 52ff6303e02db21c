//! A dump into a file: `NAME.part` and a journal until it is complete, then one atomic rename.
//!
//! The journal is always true: a chunk's line is written after the chunk's bytes. Killed at any instant,
//! the next run keeps every chunk whose bytes still match its line, cuts what is beyond and goes on.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Crc;

use super::concat::ChunkSource;
use super::journal::{self, MAX_JOURNAL_BYTES, Reading, Record};
use super::progress::{Progress, Resume};
use super::sink::{ChunkDigest, ChunkSink, total_bytes};
use crate::error::{Error, Mismatch, Result};
use crate::files::{
    DiskWarning, Lock, PART, Place, Unfinished, check_length, cut, is_same_file, make_durable, open_locked,
    open_own, read_head, remove_own, unlock, write_all,
};
use crate::service::{Chunk, ChunkList};

/// Bytes read at once when a part file is checked.
const CHECK_BYTES: usize = 64 * 1024;

/// How a [`PartFile`] treats what is there already; made with [`PartFile::builder`].
#[derive(Debug, Clone)]
pub struct PartFileBuilder {
    target: PathBuf,
    overwrite: bool,
    restart: bool,
    unfinished: Unfinished,
}

impl PartFileBuilder {
    /// Replaces a file that has the final name. Defaults to no.
    pub fn overwrite(mut self, yes: bool) -> Self {
        self.overwrite = yes;
        self
    }

    /// Ignores what an earlier run left. Defaults to no.
    pub fn restart(mut self, yes: bool) -> Self {
        self.restart = yes;
        self
    }

    /// Keeps this list up to date. Defaults to a list that is dropped with it.
    #[doc(hidden)]
    pub fn unfinished(mut self, list: &Unfinished) -> Self {
        self.unfinished = list.clone();
        self
    }

    /// Opens and locks the part file, and keeps what an earlier run left of this chunk list.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target is there and may not be replaced, or if there is a part file without
    /// a journal, which no run of this library left; [`Error::Locked`] if another run writes it;
    /// [`Error::Output`] if it cannot be opened or read.
    pub fn open(self, list: &ChunkList) -> Result<PartFile> {
        self.claim()?.resume(&list.dump().to_string(), list)
    }

    /// Opens and locks the part file before the chunk list is known. The errors are those of
    /// [`open`](PartFileBuilder::open).
    pub(crate) fn claim(self) -> Result<Claim> {
        let place = Place::find(&self.target, self.overwrite)?;
        let (part_path, journal_path) = (place.beside(PART), place.beside(".part.journal"));
        let journal = read_head(&journal_path).map_err(|e| Error::output("read", Some(&journal_path), e))?;
        if journal.as_deref().is_some_and(|head| !journal::is_ours(head)) {
            let foreign = io::Error::other("it is not a journal of this program: move it away");
            return Err(Error::output("use", Some(&journal_path), foreign));
        }
        let opened = open_locked(&part_path, place.kept());
        let opened = opened.map_err(|e| Error::output("open", Some(&part_path), e))?;
        let Some((part, lock)) = opened else {
            return Err(Error::Locked { path: place.target().to_owned() });
        };
        let length = part.metadata().map_err(|e| Error::output("read", Some(&part_path), e))?.len();
        if length > 0 && journal.is_none() && !self.overwrite {
            return Err(Error::Exists { path: part_path });
        }
        Ok(Claim {
            warning: (lock == Lock::Unsupported).then_some(DiskWarning::NoLocks),
            restart: self.restart,
            files: Files {
                place,
                unfinished: self.unfinished,
                part_path,
                journal_path,
                part: Some(part),
                owns_journal: false,
                remove_on_drop: length == 0,
            },
        })
    }
}

/// The files of an unfinished dump. Locked while they are open.
#[derive(Debug)]
struct Files {
    place: Place,
    unfinished: Unfinished,
    part_path: PathBuf,
    journal_path: PathBuf,
    /// None once it is closed, as Windows wants it before a file is renamed or removed.
    part: Option<File>,
    /// This run opened the journal; before that, something else may have its name.
    owns_journal: bool,
    /// The part file holds no whole chunk that a later run may keep.
    remove_on_drop: bool,
}

/// A target that is locked against other runs.
#[derive(Debug)]
pub(crate) struct Claim {
    /// What the disk cannot do.
    pub(crate) warning: Option<DiskWarning>,
    restart: bool,
    files: Files,
}

impl Claim {
    /// Finds out what of an earlier run can be kept for this chunk list, and cuts the rest. `dump` is any
    /// text that names the dump, such as its URL.
    pub(crate) fn resume(self, dump: &str, list: &ChunkList) -> Result<PartFile> {
        let Claim { warning, restart, mut files } = self;
        let failed = |path: &Path, error| Error::output("use the journal", Some(path), error);
        let opened = open_own(&files.journal_path, files.place.kept());
        let Some(mut journal) = opened.map_err(|e| failed(&files.journal_path, e))? else {
            // A run that has just closed its part, to rename it.
            return Err(Error::Locked { path: files.place.target().to_owned() });
        };
        files.owns_journal = true;
        let reading = if restart {
            Reading::Empty
        } else {
            let mut bytes = Vec::new();
            (&mut journal)
                .take(MAX_JOURNAL_BYTES)
                .read_to_end(&mut bytes)
                .map_err(|e| failed(&files.journal_path, e))?;
            journal::read(&bytes, dump, list)
        };
        let mut digests = Vec::new();
        let (resume, journal_end) = match reading {
            Reading::Empty => (Resume::Fresh, 0),
            Reading::Unusable(reason) => (Resume::Restarted { reason }, 0),
            // Its chunks may be all that is left of that dump.
            Reading::OfAnother(dump) if !files.remove_on_drop => {
                return Err(Error::OtherDump { path: files.part_path.clone(), dump });
            }
            Reading::OfAnother(_) => (Resume::Fresh, 0),
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
        cut(&mut journal, journal_end).map_err(|e| failed(&files.journal_path, e))?;
        if journal_end == 0 {
            let header = journal::header_line(dump, list);
            journal.write_all(header.as_bytes()).map_err(|e| failed(&files.journal_path, e))?;
        }
        let committed = total_bytes(&digests);
        files.cut_part(committed).map_err(|e| Error::output("cut", Some(&files.part_path), e))?;
        files.remove_on_drop = digests.is_empty();
        let chunks = list.len();
        files.unfinished.set_part(&files.part_path, Some((digests.len(), chunks)));
        Ok(PartFile { warning, restart, files, journal, chunks, committed, digests, written: 0, resume })
    }
}

/// The unfinished file of a dump, locked against other runs.
///
/// [`PartFile::fill`] fetches its chunks, [`PartFile::finish`] gives it its final name. Dropped
/// before that, it stays for the next run if it holds a whole chunk, and is removed otherwise.
#[derive(Debug)]
pub struct PartFile {
    // Closed before the part, which locks both.
    journal: File,
    warning: Option<DiskWarning>,
    restart: bool,
    files: Files,
    /// Number of chunks of the dump.
    chunks: usize,
    /// Length of the whole chunks; beyond it is the chunk that is being written.
    committed: u64,
    /// One for each whole chunk.
    digests: Vec<ChunkDigest>,
    /// Bytes of the chunk that is being written.
    written: u64,
    resume: Resume,
}

impl PartFile {
    /// The part file of `target`, which is the path of the finished dump.
    pub fn builder(target: impl AsRef<Path>) -> PartFileBuilder {
        PartFileBuilder {
            target: target.as_ref().to_owned(),
            overwrite: false,
            restart: false,
            unfinished: Unfinished::default(),
        }
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

    /// The digests of the chunks that the file holds.
    #[cfg(any(feature = "http", test))]
    pub(crate) fn digests(&self) -> &[ChunkDigest] {
        &self.digests
    }

    /// Forgets every chunk: no run may continue what is there.
    #[cfg(feature = "http")]
    pub(crate) fn discard(mut self) -> Result<Claim> {
        self.files.remove_on_drop = true;
        // The journal first: without its lines, the bytes count for nothing.
        cut(&mut self.journal, 0).map_err(|e| Error::output("cut", Some(&self.files.journal_path), e))?;
        self.files.cut_part(0).map_err(|e| Error::output("cut", Some(&self.files.part_path), e))?;
        Ok(Claim { warning: self.warning, restart: self.restart, files: self.files })
    }

    /// Makes the file durable and gives it its final name: fsync, rename, fsync of the folder. What the disk
    /// could not do, and is no error, is returned.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target appeared meanwhile; [`Error::Output`] if the file does not hold every
    /// chunk of its list, cannot be made durable or renamed, or is not what this run wrote.
    pub fn finish(self) -> Result<Vec<DiskWarning>> {
        let PartFile { warning, mut files, journal, chunks, committed, digests, .. } = self;
        let part_path = files.part_path.clone();
        let failed = |action, error| Error::output(action, Some(&part_path), error);
        if digests.len() != chunks {
            let held = format!("it holds {} of {chunks} chunks", digests.len());
            return Err(failed("give its final name to", io::Error::other(held)));
        }
        let durable = files.part().and_then(|part| make_durable(part)).map_err(|error| {
            // The system reports it once: a later run would still see the bytes, and take them for safe.
            files.remove_on_drop = true;
            failed("make durable", error)
        })?;
        let owner = files.place.install(&mut files.part, &part_path, committed, &files.unfinished)?;
        files.remove_on_drop = false;
        // The dump is complete: a journal that cannot be removed harms nothing.
        drop(journal);
        let _ = std::fs::remove_file(&files.journal_path);
        Ok([warning, durable, owner].into_iter().flatten().collect())
    }
}

impl Files {
    fn part(&mut self) -> io::Result<&mut File> {
        self.part.as_mut().ok_or_else(|| io::Error::other("it is closed"))
    }

    fn cut_part(&mut self, length: u64) -> io::Result<()> {
        cut(self.part()?, length)
    }

    /// The digests of the chunks at the start of the file whose bytes match the journal's records.
    fn good_chunks(&mut self, records: &[(Record, u64)]) -> Result<Vec<ChunkDigest>> {
        let mut digests = Vec::new();
        for (record, _) in records {
            let digest = ChunkDigest { bytes: record.bytes, crc32: record.crc32 };
            let matches = self.next_chunk_matches(digest);
            if !matches.map_err(|e| Error::output("read", Some(&self.part_path), e))? {
                break;
            }
            digests.push(digest);
        }
        Ok(digests)
    }

    fn next_chunk_matches(&mut self, digest: ChunkDigest) -> io::Result<bool> {
        let mut crc = Crc::new();
        let mut left = digest.bytes;
        let mut buffer = vec![0; CHECK_BYTES];
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match self.part()?.read(&mut buffer[..wanted]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    crc.update(&buffer[..count]);
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(crc.sum() == digest.crc32)
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
        write_all(&mut self.journal, journal::record_line(&record).as_bytes())?;
        self.committed += digest.bytes;
        self.written = 0;
        self.digests.push(*digest);
        self.files.remove_on_drop = false;
        self.files.unfinished.set_part(&self.files.part_path, Some((self.digests.len(), self.chunks)));
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
        let Some(part) = self.part.take() else { return };
        if !self.remove_on_drop {
            return unlock(&part);
        }
        // Still locked: no other run can have begun with these files.
        if self.owns_journal && is_same_file(&part, &self.part_path) {
            let _ = std::fs::remove_file(&self.journal_path);
        }
        remove_own(part, &self.part_path);
    }
}

#[cfg(test)]
mod tests;
