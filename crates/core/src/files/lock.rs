//! Opening and locking the files that this program makes for itself: a part, a journal, a lock.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use super::DiskWarning;
use super::disk::{self, Call, is_unsupported};
use super::owner::{self, Kept};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    Held,
    /// Another run has it.
    Taken,
    /// The file system has no locks.
    Unsupported,
}

/// Opens a file of ours for reading and appending, makes it if it does not exist, and locks it; with a warning where
/// there are no locks. `None` if another run has it locked, or, on Windows, open.
///
/// A link is never followed: in a shared folder another user may have made one of this name that leads
/// anywhere. A file with a second name, and one of another user, is left alone.
///
/// What is written goes to the end: where another program shortens the file meanwhile, it stays too short,
/// and its length tells.
pub(crate) fn open_locked(path: &Path, kept: Kept) -> io::Result<Option<(File, Option<DiskWarning>)>> {
    /// Times that the file may come or go between two steps.
    const TRIES: usize = 100;
    let options = own_options(kept);
    for _ in 0..TRIES {
        let (opened, came_or_went) = match path.symlink_metadata() {
            // Fails if anything has this name by now, a dangling link included.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (options.clone().create_new(true).open(path), ErrorKind::AlreadyExists)
            }
            Err(error) => return Err(error),
            Ok(known) => {
                check_regular(&known)?;
                if has_second_name(&known) {
                    return Err(io::Error::other("it has a second name (a hard link)"));
                }
                owner::check(path, &known, kept)?;
                (options.open(path), ErrorKind::NotFound)
            }
        };
        let file = match opened {
            Err(error) if error.kind() == came_or_went => continue,
            Err(error) if disk::is_held_open(&error) => return Ok(None),
            opened => opened?,
        };
        let lock = try_lock(&file).inspect_err(|_| {
            if file.metadata().is_ok_and(|metadata| metadata.len() == 0) && is_same_file(&file, path) {
                let _ = std::fs::remove_file(path);
            }
        })?;
        if lock == Lock::Taken {
            return Ok(None);
        }
        // Between opening and locking, the run that held the lock may have renamed or removed the file.
        if is_same_file(&file, path) {
            return Ok(Some((file, (lock == Lock::Unsupported).then_some(DiskWarning::NoLocks))));
        }
    }
    Err(io::Error::other("another program keeps replacing it"))
}

/// Opens a file that only serves as a lock, for all users of this host, and locks it. Without a file if another run has
/// it locked or has just removed it, and where there can be no lock: nothing is lost then but the turn.
pub(crate) fn take_turn(path: &Path) -> io::Result<(Lock, Option<File>)> {
    match try_turn(path) {
        Ok(Some(file)) => Ok((Lock::Held, Some(file))),
        Ok(None) => Ok((Lock::Taken, None)),
        Err(error) if is_unsupported(&error) || is_no_place(&error) => Ok((Lock::Unsupported, None)),
        Err(error) => Err(error),
    }
}

fn try_turn(path: &Path) -> io::Result<Option<File>> {
    disk::check(Call::Lock)?;
    let file = match open_turn(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(None),
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => Ok(is_same_file(&file, path).then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn open_turn(path: &Path) -> io::Result<File> {
    if let Ok(known) = path.symlink_metadata() {
        check_regular(&known)?;
    }
    // Another user's file can be locked, but not written to.
    match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
            // The umask may keep other users from opening it; where this fails, they go on without a turn.
            #[cfg(unix)]
            let _ = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
            Ok(file)
        }
        opened => opened,
    }
}

/// Whether the folder is missing or read-only, or the user may not open the file: an image without a system has no
/// folder for temporary files.
fn is_no_place(error: &io::Error) -> bool {
    use ErrorKind::{NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), NotADirectory | NotFound | PermissionDenied | ReadOnlyFilesystem)
}

/// The first bytes of a file, or `None` if it does not exist.
pub(crate) fn read_head(path: &Path) -> io::Result<Option<Vec<u8>>> {
    const HEAD_BYTES: u64 = 64;
    let mut head = Vec::new();
    if let Ok(metadata) = path.symlink_metadata() {
        check_regular(&metadata)?;
    }
    match File::open(path) {
        Ok(file) => file.take(HEAD_BYTES).read_to_end(&mut head).map(|_| Some(head)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// On Windows the share mode of [`own_options`] is the lock: one of `std` would also keep others from reading.
fn try_lock(file: &File) -> io::Result<Lock> {
    if cfg!(windows) {
        return Ok(Lock::Held);
    }
    let locked = match disk::check(Call::Lock) {
        Ok(()) => file.try_lock(),
        Err(error) => Err(TryLockError::Error(error)),
    };
    match locked {
        Ok(()) => Ok(Lock::Held),
        Err(TryLockError::WouldBlock) => Ok(Lock::Taken),
        Err(TryLockError::Error(error)) if is_unsupported(&error) => Ok(Lock::Unsupported),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Releases the lock. Closing alone would not do: a child process that another thread is starting right now
/// may hold a copy of the descriptor, and the lock with it, for a moment longer.
pub(crate) fn unlock(file: &File) {
    if !cfg!(windows) {
        let _ = file.unlock();
    }
}

/// To open a named pipe would wait for its other end.
pub(super) fn check_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"))
}

#[cfg(unix)]
fn own_options(kept: Kept) -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.read(true).append(true).mode(kept.first_mode());
    options
}

/// While the file is open, others may read it, but not write, rename or remove it.
#[cfg(windows)]
fn own_options(_kept: Kept) -> OpenOptions {
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

/// No program can rename or remove an open file of ours: the name still leads to it, unless it was a link.
#[cfg(not(unix))]
pub(crate) fn is_same_file(_file: &File, path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file())
}
