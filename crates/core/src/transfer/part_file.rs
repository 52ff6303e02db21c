//! A dump into a file: `NAME.part` and a journal until it is complete, then one atomic rename.
//!
//! The journal is always true: a chunk's line is written after the chunk's bytes. Killed at any instant,
//! the next run keeps every chunk whose bytes still match its line, cuts what is beyond and goes on.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use super::early_sync::EarlySync;
use super::journal::{self, MAX_JOURNAL_BYTES, Reading, Record};
use super::progress::Resume;
use super::sink::{ChunkDigest, ChunkSink, total_bytes};
use crate::error::{Error, Mismatch, Result};
use crate::files::{
    check_target, cut, is_same_file, open_journal, open_locked, read_head, rename, resolve_link, sync_folder,
    unlock, working_names,
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
    pub(crate) fn claim(mut self) -> Result<Claim> {
        check_target(&self.target, self.overwrite)?;
        // To replace a link would leave the old file behind its other name.
        self.target = resolve_link(&self.target)
            .map_err(|e| Error::output("follow the link", Some(&self.target), e))?;
        check_target(&self.target, self.overwrite)?;
        let (part_path, journal_path) = working_names(&self.target);
        let journal = read_head(&journal_path).map_err(|e| Error::output("read", Some(&journal_path), e))?;
        if journal.as_deref().is_some_and(|head| !journal::is_ours(head)) {
            let foreign = io::Error::other("it is not a journal of this program: move it away");
            return Err(Error::output("use", Some(&journal_path), foreign));
        }
        let (part, has_lock) = open_locked(&self.target, &part_path)?;
        let length = part.metadata().map_err(|e| Error::output("read", Some(&part_path), e))?.len();
        if length > 0 && journal.is_none() && !self.overwrite {
            return Err(Error::Exists { path: part_path });
        }
        Ok(Claim {
            has_lock,
            builder: self,
            files: Files {
                part_path,
                journal_path,
                part: Some(part),
                owns_journal: false,
                remove_on_drop: length == 0,
                early_sync: EarlySync::default(),
                is_lost: false,
            },
        })
    }
}

/// The files of an unfinished dump. Locked while they are open.
#[derive(Debug)]
struct Files {
    part_path: PathBuf,
    journal_path: PathBuf,
    /// None once it is closed, as Windows wants it before a file is renamed or removed.
    part: Option<File>,
    /// This run opened the journal; before that, something else may have its name.
    owns_journal: bool,
    /// The part file holds no whole chunk, so nothing would be lost with it.
    remove_on_drop: bool,
    early_sync: EarlySync,
    /// Bytes could not be made durable. A later run would still see them, and take them for safe.
    is_lost: bool,
}

/// A target that is locked against other runs.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Whether the file system has locks. Without one, nothing stops another run.
    pub(crate) has_lock: bool,
    builder: PartFileBuilder,
    files: Files,
}

impl Claim {
    /// Finds out what of an earlier run can be kept for this chunk list, and cuts the rest. `dump` is any
    /// text that names the dump, such as its URL.
    pub(crate) fn resume(self, dump: &str, list: &ChunkList) -> Result<PartFile> {
        let Claim { has_lock, builder, mut files } = self;
        let failed = |path: &Path, error| Error::output("use the journal", Some(path), error);
        let mut journal = open_journal(&builder.target, &files.journal_path)?;
        files.owns_journal = true;
        let reading = if builder.restart {
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
        Ok(PartFile { has_lock, builder, files, journal, chunks: list.len(), committed, digests, resume })
    }
}

/// The unfinished file of a dump, locked against other runs; a [`ChunkSink`].
///
/// [`concatenate`](crate::concatenate) fills it, [`PartFile::finish`] gives it its final name. Dropped
/// before that, it stays for the next run if it holds a whole chunk, and is removed otherwise.
#[derive(Debug)]
pub struct PartFile {
    builder: PartFileBuilder,
    // Closed before the part, which locks both.
    journal: File,
    has_lock: bool,
    files: Files,
    /// Number of chunks of the dump.
    chunks: usize,
    /// Length of the whole chunks; beyond it is the chunk that is being written.
    committed: u64,
    /// One for each whole chunk.
    digests: Vec<ChunkDigest>,
    resume: Resume,
}

impl PartFile {
    /// The part file of `target`, which is the path of the finished dump.
    pub fn builder(target: impl AsRef<Path>) -> PartFileBuilder {
        PartFileBuilder { target: target.as_ref().to_owned(), overwrite: false, restart: false }
    }

    /// How the file was when it was opened.
    pub fn resume(&self) -> Resume {
        self.resume
    }

    /// The digests of the chunks that the file holds.
    pub fn digests(&self) -> &[ChunkDigest] {
        &self.digests
    }

    /// Begins to make durable what is written so far, while something else is done.
    #[cfg(feature = "http")]
    pub(crate) fn begin_sync(&mut self) {
        if let Some(part) = &self.files.part {
            self.files.early_sync.begin(part);
        }
    }

    /// Ends it. After an error nothing of the file can be trusted: it is removed once it is dropped.
    #[cfg(feature = "http")]
    pub(crate) fn end_sync(&mut self) -> Result<()> {
        let synced = self.files.early_sync.end();
        synced
            .map_err(|e| Error::output("make durable", Some(&self.files.part_path.clone()), self.distrust(e)))
    }

    /// Whether bytes could not be made durable, and nothing of the file is kept.
    #[cfg(feature = "http")]
    pub(crate) fn is_lost(&self) -> bool {
        self.files.is_lost
    }

    /// Forgets every chunk: some bytes may be lost, although the file still shows them.
    fn distrust(&mut self, error: io::Error) -> io::Error {
        self.digests.clear();
        self.committed = 0;
        self.files.is_lost = true;
        error
    }

    /// Forgets every chunk: no run may continue what is there.
    #[cfg(feature = "http")]
    pub(crate) fn discard(mut self) -> Result<Claim> {
        self.files.remove_on_drop = true;
        // What could not be made durable is forgotten with the rest.
        let _ = self.files.early_sync.end();
        // The journal first: without its lines, the bytes count for nothing.
        cut(&mut self.journal, 0).map_err(|e| Error::output("cut", Some(&self.files.journal_path), e))?;
        self.files.cut_part(0).map_err(|e| Error::output("cut", Some(&self.files.part_path), e))?;
        Ok(Claim { has_lock: self.has_lock, builder: self.builder, files: self.files })
    }

    /// Makes the file durable and gives it its final name: fsync, rename, fsync of the folder.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target appeared meanwhile; [`Error::Output`] if the file does not hold every
    /// chunk of its list, cannot be made durable or renamed, or is not what this run wrote.
    pub fn finish(self) -> Result<()> {
        let PartFile { builder, mut files, journal, chunks, committed, digests, .. } = self;
        let (target, part_path) = (&builder.target, files.part_path.clone());
        let failed = |action, error| Error::output(action, Some(&part_path), error);
        files.check_trusted().map_err(|e| failed("make durable", e))?;
        if digests.len() != chunks {
            let held = format!("it holds {} of {chunks} chunks", digests.len());
            return Err(failed("give its final name to", io::Error::other(held)));
        }
        let synced = files.early_sync.end().and_then(|()| files.part()?.sync_all());
        files.is_lost |= synced.is_err();
        synced.map_err(|e| failed("make durable", e))?;
        // As late as can be: making a large file durable takes its time.
        check_target(target, builder.overwrite)?;
        files
            .check_own(committed)
            .and_then(|()| files.rename(target))
            .map_err(|e| failed("give its final name to", e))?;
        // The dump is complete: a journal that cannot be removed harms nothing.
        drop(journal);
        let _ = std::fs::remove_file(&files.journal_path);
        // Nor does a folder that this user may not read, or whose file system knows no fsync of folders.
        let _ = sync_folder(target);
        Ok(())
    }
}

impl Files {
    fn part(&mut self) -> io::Result<&mut File> {
        self.part.as_mut().ok_or_else(|| io::Error::other("it is closed"))
    }

    /// # Errors
    ///
    /// Once bytes could not be made durable: more of them would hide it.
    fn check_trusted(&self) -> io::Result<()> {
        match self.is_lost {
            true => Err(io::Error::other("some of it could not be made durable")),
            false => Ok(()),
        }
    }

    fn cut_part(&mut self, length: u64) -> io::Result<()> {
        cut(self.part()?, length)
    }

    /// Whether the part file is still the one that this run wrote.
    fn check_own(&mut self, length: u64) -> io::Result<()> {
        let path = self.part_path.clone();
        let part = self.part()?;
        if !is_same_file(part, &path) {
            return Err(io::Error::other("another file has taken its place meanwhile"));
        }
        if part.metadata()?.len() != length {
            return Err(io::Error::other("another program has changed its length meanwhile"));
        }
        Ok(())
    }

    fn rename(&mut self, target: &Path) -> io::Result<()> {
        self.close_for_windows();
        rename(&self.part_path, target)?;
        self.remove_on_drop = false;
        Ok(())
    }

    /// Elsewhere the file keeps its lock until all is done. Here another run that comes in between fails at
    /// the journal, which is still open.
    fn close_for_windows(&mut self) {
        if cfg!(windows) {
            self.part = None;
        }
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
        let mut hash = Hasher::new();
        let mut left = digest.bytes;
        let mut buffer = vec![0; CHECK_BYTES];
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match self.part()?.read(&mut buffer[..wanted]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    hash.update(&buffer[..count]);
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(hash.finalize() == digest.crc32)
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
        self.files.check_trusted()?;
        let part = self.files.part()?;
        part.write_all(bytes)?;
        if let Some(part) = &self.files.part {
            self.files.early_sync.wrote(part, bytes.len());
        }
        Ok(())
    }

    fn commit(&mut self, chunk: &Chunk, digest: &ChunkDigest) -> io::Result<()> {
        self.files.check_trusted()?;
        self.files.early_sync.check().map_err(|error| self.distrust(error))?;
        let record = Record { chunk: chunk.id.as_str().to_owned(), bytes: digest.bytes, crc32: digest.crc32 };
        self.journal.write_all(journal::record_line(&record).as_bytes())?;
        self.committed += digest.bytes;
        self.digests.push(*digest);
        self.files.remove_on_drop = false;
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        self.files.early_sync.check().map_err(|error| self.distrust(error))?;
        self.files.cut_part(self.committed)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.is_lost |= self.early_sync.end().is_err();
        let is_ours = self.part.as_ref().is_some_and(|part| is_same_file(part, &self.part_path));
        if (self.remove_on_drop || self.is_lost) && is_ours {
            // Still locked: no other run can have begun with these files.
            if self.owns_journal {
                let _ = std::fs::remove_file(&self.journal_path);
            }
            self.close_for_windows();
            let _ = std::fs::remove_file(&self.part_path);
        }
        if let Some(part) = &self.part {
            unlock(part);
        }
    }
}

#[cfg(test)]
mod tests;
