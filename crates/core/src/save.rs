//! A dump into a file: `NAME.part` and a journal until it is complete, then one atomic rename.
//!
//! The journal is always true: a chunk's line is written after the chunk's bytes. Killed at any
//! instant, the next run keeps every chunk whose bytes still match its line, cuts what is beyond and
//! goes on.

mod journal;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use self::journal::{MAX_JOURNAL_BYTES, Reading, Record};
use crate::chunk_list::{Chunk, ChunkList};
use crate::concat::{ChunkDigest, ChunkSink, Resume};
use crate::error::{Error, Result};

/// Bytes read at once when a part file is checked.
const CHECK_BYTES: usize = 64 * 1024;

/// What is done about files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SaveOptions {
    /// Replaces a file that has the final name. Defaults to no.
    pub force: bool,
    /// Ignores what an earlier run left. Defaults to no.
    pub restart: bool,
}

impl SaveOptions {
    /// Replaces a file that has the final name.
    pub fn force(self, force: bool) -> Self {
        SaveOptions { force, ..self }
    }

    /// Ignores what an earlier run left.
    pub fn restart(self, restart: bool) -> Self {
        SaveOptions { restart, ..self }
    }
}

/// The unfinished file of a dump, locked against other runs; a [`ChunkSink`].
///
/// Made with [`PartFile::create`], positioned with [`PartFile::resume`], filled by
/// [`concatenate`](crate::concatenate), and given its final name by [`PartFile::finish`]. Dropped
/// before that, it stays for the next run if it holds a whole chunk, and is removed otherwise.
#[derive(Debug)]
pub struct PartFile {
    target: PathBuf,
    part_path: PathBuf,
    journal_path: PathBuf,
    options: SaveOptions,
    part: File,
    journal: Option<File>,
    /// Length of the whole chunks; beyond it stands the chunk that is being written.
    committed: u64,
    /// One for each whole chunk.
    digests: Vec<ChunkDigest>,
    /// Whether nothing would be lost if the part file went.
    is_worthless: bool,
}

impl PartFile {
    /// Opens and locks the part file of `target`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if `target` is there and may not be replaced, or if a part file without a
    /// journal is there, which no run of this library left; [`Error::Locked`] if another run writes
    /// it; [`Error::Output`] if it cannot be opened.
    pub fn create(target: &Path, options: SaveOptions) -> Result<PartFile> {
        check_target(target, options)?;
        let part_path = with_suffix(target, ".part");
        let journal_path = with_suffix(target, ".part.journal");
        let part = open_locked(target, &part_path)?;
        let length = part.metadata().map_err(|e| Error::output("read", Some(&part_path), e))?.len();
        let has_journal = journal_path.symlink_metadata().is_ok();
        if length > 0 && !has_journal && !options.force && !options.restart {
            return Err(Error::Exists { path: part_path });
        }
        Ok(PartFile {
            target: target.to_owned(),
            part_path,
            journal_path,
            options,
            part,
            journal: None,
            committed: 0,
            digests: Vec::new(),
            is_worthless: length == 0,
        })
    }

    /// Finds out what of an earlier run can be kept for `dump` with this chunk list, and cuts the rest.
    /// `dump` is any text that names the dump, such as its URL.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn resume(&mut self, dump: &str, list: &ChunkList) -> Result<Resume> {
        let journal_failed = |path: &Path, error| Error::output("use the journal", Some(path), error);
        let mut journal =
            open_regular(&self.journal_path).map_err(|e| journal_failed(&self.journal_path, e))?;
        let reading = if self.options.restart {
            Reading::Empty
        } else {
            let mut bytes = Vec::new();
            (&mut journal)
                .take(MAX_JOURNAL_BYTES)
                .read_to_end(&mut bytes)
                .map_err(|e| journal_failed(&self.journal_path, e))?;
            journal::read(&bytes, dump, list)
        };
        let (resume, journal_end) = match reading {
            Reading::Empty => (Resume::Fresh, 0),
            Reading::Unusable(reason) => (Resume::BegunAnew { reason }, 0),
            Reading::Records { header_end, records } => self.keep_good_chunks(header_end, &records)?,
        };
        cut(&mut journal, journal_end).map_err(|e| journal_failed(&self.journal_path, e))?;
        if journal_end == 0 {
            let header = journal::header_line(dump, list);
            journal.write_all(header.as_bytes()).map_err(|e| journal_failed(&self.journal_path, e))?;
        }
        cut(&mut self.part, self.committed).map_err(|e| Error::output("cut", Some(&self.part_path), e))?;
        self.journal = Some(journal);
        self.is_worthless = self.digests.is_empty();
        Ok(resume)
    }

    /// Compares the part file with the journal's records; gives what to say and where the journal ends.
    fn keep_good_chunks(&mut self, header_end: u64, records: &[(Record, u64)]) -> Result<(Resume, u64)> {
        let mut journal_end = header_end;
        for (record, end) in records {
            let matches = self
                .next_chunk_matches(record)
                .map_err(|e| Error::output("read", Some(&self.part_path), e))?;
            if !matches {
                break;
            }
            self.committed += record.bytes;
            self.digests.push(ChunkDigest {
                bytes: record.bytes,
                crc32: record.crc32,
                validator: record.validator.clone(),
            });
            journal_end = *end;
        }
        let resume = match (self.whole_chunks(), records.len()) {
            (0, 0) => Resume::Fresh,
            (0, _) => Resume::BegunAnew { reason: "its content does not match its journal" },
            (chunks, _) => Resume::Resumed { chunks, bytes: self.committed },
        };
        Ok((resume, journal_end))
    }

    fn next_chunk_matches(&mut self, record: &Record) -> io::Result<bool> {
        let mut hash = Hasher::new();
        let mut left = record.bytes;
        let mut buffer = vec![0; CHECK_BYTES];
        while left > 0 {
            let wanted = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match self.part.read(&mut buffer[..wanted]) {
                Ok(0) => return Ok(false),
                Ok(count) => {
                    hash.update(&buffer[..count]);
                    left -= count as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(hash.finalize() == record.crc32)
    }

    /// Whole chunks that the file holds.
    pub fn whole_chunks(&self) -> usize {
        self.digests.len()
    }

    /// The digests of the whole chunks.
    pub fn digests(&self) -> &[ChunkDigest] {
        &self.digests
    }

    /// Forgets every chunk: what is there must not be continued by any run.
    ///
    /// # Errors
    ///
    /// [`Error::Output`].
    pub fn discard(&mut self) -> Result<()> {
        self.committed = 0;
        self.digests.clear();
        self.is_worthless = true;
        // The journal first: without its lines the bytes count for nothing.
        if let Some(journal) = &mut self.journal {
            cut(journal, 0).map_err(|e| Error::output("cut", Some(&self.journal_path), e))?;
        }
        cut(&mut self.part, 0).map_err(|e| Error::output("cut", Some(&self.part_path), e))
    }

    /// Makes the file durable and gives it its final name: fsync, rename, fsync of the folder.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the target appeared meanwhile; [`Error::Output`].
    pub fn finish(mut self) -> Result<()> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |error| Error::output(action, Some(&path), error)
        };
        self.part.sync_all().map_err(failed("make durable", &self.part_path))?;
        // As late as can be: making a large file durable takes its time.
        check_target(&self.target, self.options)?;
        if !is_same_file(&self.part, &self.part_path) {
            let taken = io::Error::other("another file has taken its place meanwhile");
            return Err(failed("give its final name to", &self.part_path)(taken));
        }
        std::fs::rename(&self.part_path, &self.target)
            .map_err(failed("give its final name to", &self.part_path))?;
        self.is_worthless = false;
        // The dump is complete: a journal that cannot be removed harms nothing.
        let _ = std::fs::remove_file(&self.journal_path);
        sync_folder(&self.target).map_err(failed("make durable the folder of", &self.target))
    }
}

impl ChunkSink for PartFile {
    fn path(&self) -> Option<&Path> {
        Some(&self.part_path)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.part.write_all(bytes)
    }

    fn commit(&mut self, chunk: &Chunk, digest: &ChunkDigest) -> io::Result<()> {
        let journal =
            self.journal.as_mut().ok_or_else(|| io::Error::other("the part file was not resumed first"))?;
        let record = Record {
            chunk: chunk.id.as_str().to_owned(),
            bytes: digest.bytes,
            crc32: digest.crc32,
            validator: digest.validator.clone(),
        };
        journal.write_all(journal::record_line(&record).as_bytes())?;
        self.committed += digest.bytes;
        self.digests.push(digest.clone());
        self.is_worthless = false;
        Ok(())
    }

    fn roll_back(&mut self) -> io::Result<()> {
        cut(&mut self.part, self.committed)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if self.is_worthless && is_same_file(&self.part, &self.part_path) {
            // Still locked: no other run can have begun with these files.
            let _ = std::fs::remove_file(&self.journal_path);
            let _ = std::fs::remove_file(&self.part_path);
        }
        // Closing alone would not do: a child process that another thread is starting right now may
        // hold a copy of the descriptor, and the lock with it, for a moment longer.
        let _ = self.part.unlock();
    }
}

/// Cuts a file and goes on writing at its new end.
fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}

fn check_target(target: &Path, options: SaveOptions) -> Result<()> {
    match target.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(Error::output("write to", Some(target), io::ErrorKind::IsADirectory.into()))
        }
        Ok(_) if !options.force => Err(Error::Exists { path: target.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::output("write to", Some(target), error)),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens a file for reading and writing, made if needed. Symbolic links are not followed: in a shared
/// folder they may lead anywhere.
fn open_regular(path: &Path) -> io::Result<File> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        _ => {}
    }
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::other("it has become a symbolic link")),
        _ => Ok(file),
    }
}

fn open_locked(target: &Path, part_path: &Path) -> Result<File> {
    loop {
        let part = open_regular(part_path).map_err(|e| Error::output("open", Some(part_path), e))?;
        match part.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked { path: target.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(Error::output("lock", Some(part_path), error)),
        }
        // Between opening and locking, the run that held the lock may have given the file its final
        // name: then this is the finished dump, not a part file.
        if is_same_file(&part, part_path) {
            return Ok(part);
        }
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_same_file(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(unix)]
fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_target: &Path) -> io::Result<()> {
    Ok(())
}
