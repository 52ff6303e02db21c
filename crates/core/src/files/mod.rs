//! Files as a shared and hostile folder may hold them: names, links, locks, and what each system calls them.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::text::checksum;

/// Cuts a file and continues writing at its new end.
pub(crate) fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(SeekFrom::Start(length)).map(drop)
}

pub(crate) fn check_target(target: &Path, overwrite: bool) -> Result<()> {
    match target.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(Error::output("write to", Some(target), io::ErrorKind::IsADirectory.into()))
        }
        Ok(_) if !overwrite => Err(Error::Exists { path: target.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::output("write to", Some(target), error)),
    }
}

/// The file that a symbolic link leads to, or the path itself.
pub(crate) fn resolve_link(path: &Path) -> io::Result<PathBuf> {
    /// Links that lead to links, as many as Linux follows.
    const MAX_LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                let target = std::fs::read_link(&path)?;
                path = path.parent().map_or(target.clone(), |folder| folder.join(target));
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("too many links lead from one to the next"))
}

/// The names of the part file and its journal: beside the target, so that the last step is a rename.
pub(crate) fn working_names(target: &Path) -> (PathBuf, PathBuf) {
    /// Maximum length of a file name on the file systems in use, in bytes.
    const MAX_NAME_BYTES: usize = 255;
    const PART: &str = ".part";
    const JOURNAL: &str = ".part.journal";
    let name = target.file_name().unwrap_or_default();
    let mut stem = name.to_owned();
    if name.len() + JOURNAL.len() > MAX_NAME_BYTES {
        // Cut, with a checksum of the whole name, so that two long names stay apart.
        let checksum = format!("~{:016x}", checksum(name.as_encoded_bytes()));
        let max_bytes = MAX_NAME_BYTES - JOURNAL.len() - checksum.len();
        let mut text = name.to_string_lossy().into_owned();
        while text.len() > max_bytes {
            text.pop();
        }
        stem = (text + &checksum).into();
    }
    let with = |suffix: &str| {
        let mut name = stem.clone();
        name.push(suffix);
        target.with_file_name(name)
    };
    (with(PART), with(JOURNAL))
}

const NOT_A_FILE: &str = "it is not a regular file";

/// The first bytes of a file, or `None` if there is none.
pub(crate) fn read_head(path: &Path) -> io::Result<Option<Vec<u8>>> {
    const HEAD_BYTES: u64 = 64;
    let mut head = Vec::new();
    // To open a named pipe would wait for its other end.
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, NOT_A_FILE));
    }
    match File::open(path) {
        Ok(file) => file.take(HEAD_BYTES).read_to_end(&mut head).map(|_| Some(head)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a file of ours for reading and writing, and makes it if it is not there. A link is never followed: in a
/// shared folder somebody else may have made one of this name that leads anywhere. A file with a second name is
/// left alone.
pub(crate) fn open_own(path: &Path) -> io::Result<File> {
    /// Times that the file may come or go between two steps.
    const TRIES: usize = 10;
    for _ in 0..TRIES {
        let known = match path.symlink_metadata() {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // Fails if anything has this name, a dangling link included.
                match own_options().create_new(true).open(path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                    outcome => return outcome,
                }
            }
            Err(error) => return Err(error),
        };
        if !known.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, NOT_A_FILE));
        }
        if has_second_name(&known) {
            return Err(io::Error::other("it has a second name (a hard link)"));
        }
        match own_options().open(path) {
            Ok(file) if is_same_file(&file, path) => return Ok(file),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("another program keeps replacing it"))
}

/// Opens and locks the part file; the flag says whether the file system has locks.
pub(crate) fn open_locked(target: &Path, part_path: &Path) -> Result<(File, bool)> {
    loop {
        let part = match open_own(part_path) {
            Err(error) if is_held_open(&error) => return Err(Error::Locked { path: target.to_owned() }),
            opened => opened.map_err(|e| Error::output("open", Some(part_path), e))?,
        };
        let has_lock = match lock(&part) {
            Ok(Lock::Held) => true,
            Ok(Lock::Taken) => return Err(Error::Locked { path: target.to_owned() }),
            Ok(Lock::Unknown) => false,
            Err(error) => return Err(Error::output("lock", Some(part_path), error)),
        };
        // Between opening and locking, the run that held the lock may have given the file its final
        // name: then this is the finished dump, not a part file.
        if is_same_file(&part, part_path) {
            return Ok((part, has_lock));
        }
    }
}

/// Opens the journal of a part file that is locked.
pub(crate) fn open_journal(target: &Path, journal_path: &Path) -> Result<File> {
    open_own(journal_path).map_err(|error| match is_held_open(&error) {
        // A run that has just closed its part, to rename it.
        true => Error::Locked { path: target.to_owned() },
        false => Error::output("use the journal", Some(journal_path), error),
    })
}

/// Gives a file its final name. On Windows this fails while another program, such as a scanner or a
/// spreadsheet, has one of the two open: for a moment that is common, and worth a wait.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    /// Pauses between two tries, about a second in all.
    const PAUSES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 50 });
    for _ in 0..PAUSES {
        match std::fs::rename(from, to) {
            Err(error) if may_be_held_open(&error) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    std::fs::rename(from, to)
}

/// Whether Windows says that another program has the file open in a way that excludes what was tried.
fn is_held_open(error: &io::Error) -> bool {
    const ERROR_SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && error.raw_os_error() == Some(ERROR_SHARING_VIOLATION)
}

/// The same where a file is replaced: then Windows may say that access is denied.
fn may_be_held_open(error: &io::Error) -> bool {
    is_held_open(error) || (cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied)
}

/// What became of the wish for a lock.
enum Lock {
    Held,
    /// Another run has it.
    Taken,
    /// The file system has none.
    Unknown,
}

/// On Windows the share mode of [`own_options`] is the lock: one of `std` would keep others from reading, too.
fn lock(file: &File) -> io::Result<Lock> {
    if cfg!(windows) {
        return Ok(Lock::Held);
    }
    match file.try_lock() {
        Ok(()) => Ok(Lock::Held),
        Err(TryLockError::WouldBlock) => Ok(Lock::Taken),
        Err(TryLockError::Error(error)) if means_no_locks(&error) => Ok(Lock::Unknown),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether the error says that the file system has no locks, as some network file systems have none.
fn means_no_locks(error: &io::Error) -> bool {
    /// "No locks available", which has no kind of its own.
    const ENOLCK: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };
    error.kind() == io::ErrorKind::Unsupported || (cfg!(unix) && error.raw_os_error() == Some(ENOLCK))
}

/// Releases the lock. Closing alone would not do: a child process that another thread is starting right now
/// may hold a copy of the descriptor, and the lock with it, for a moment longer.
pub(crate) fn unlock(file: &File) {
    if !cfg!(windows) {
        let _ = file.unlock();
    }
}

#[cfg(not(windows))]
fn own_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    options
}

/// While the file is open, others may read it, but not write, rename or remove it.
#[cfg(windows)]
fn own_options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;
    const FILE_SHARE_READ: u32 = 1;
    let mut options = OpenOptions::new();
    options.read(true).write(true).share_mode(FILE_SHARE_READ);
    options
}

#[cfg(unix)]
fn has_second_name(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_second_name(_metadata: &Metadata) -> bool {
    false
}

#[cfg(unix)]
pub(crate) fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), path.symlink_metadata()) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// Nobody can rename or remove an open file of ours: the name still leads to it, unless it was a link.
#[cfg(not(unix))]
pub(crate) fn is_same_file(_file: &File, path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}

/// Makes the name of a file durable.
#[cfg(unix)]
pub(crate) fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder(_target: &Path) -> io::Result<()> {
    Ok(())
}
