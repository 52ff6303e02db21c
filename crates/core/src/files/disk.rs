//! The calls to the system that a disk may refuse. Tests have it refuse them.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// A call that a test can have refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Write,
    Lock,
    Sync,
    Owner,
    Link,
    Rename,
    Remove,
    WriteInPlace,
}

pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    check(Call::Write)?;
    file.write_all(bytes)
}

pub(super) fn sync(file: &File) -> io::Result<()> {
    check(Call::Sync)?;
    file.sync_all()
}

pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    check(Call::Link)?;
    std::fs::hard_link(from, to)
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    check(Call::Remove)?;
    std::fs::remove_file(path)
}

/// Gives a file another name. On Windows this fails while another program, such as a scanner or a
/// spreadsheet, has one of the two open: for a moment that is common, and worth a wait.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    /// Pauses between two tries, about a second in all.
    const PAUSES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 50 });
    check(Call::Rename)?;
    // Where a file is replaced, Windows may also say that access is denied.
    let is_denied = |error: &io::Error| cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied;
    for _ in 0..PAUSES {
        match std::fs::rename(from, to) {
            Err(error) if is_held_open(&error) || is_denied(&error) => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
    std::fs::rename(from, to)
}

/// A new file in a folder, for this run alone: it has no name, and so is gone once it is closed.
pub(crate) fn nameless(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(windows)]
    {
        const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
        std::os::windows::fs::OpenOptionsExt::custom_flags(&mut options, FILE_FLAG_DELETE_ON_CLOSE);
    }
    // The keys of the standard hasher are random. The number of a process is not: two containers may share it.
    let path = folder.join(format!(".anaplan-dump-{:016x}", RandomState::new().hash_one(())));
    let file = options.open(&path)?;
    if cfg!(unix) {
        std::fs::remove_file(&path)?;
    }
    Ok(file)
}

/// Whether Windows says that another program has the file open in a way that excludes what was tried.
pub(super) fn is_held_open(error: &io::Error) -> bool {
    const ERROR_SHARING_VIOLATION: i32 = 32;
    cfg!(windows) && error.raw_os_error() == Some(ERROR_SHARING_VIOLATION)
}

/// Whether the error says that the file system cannot do this at all, as some network file systems cannot
/// lock or sync: that is no sign that anything was lost.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    /// "No locks available", for which `std` has no kind.
    const ENOLCK: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
        || (cfg!(unix) && error.raw_os_error() == Some(ENOLCK))
}

#[cfg(not(test))]
pub(super) fn check(_call: Call) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use refusing::*;

#[cfg(test)]
mod refusing {
    use std::cell::RefCell;
    use std::io;

    use super::Call;

    thread_local! {
        static REFUSED: RefCell<Vec<(Call, i32)>> = const { RefCell::new(Vec::new()) };
    }

    pub(crate) const EPERM: i32 = 1;
    pub(crate) const ENOENT: i32 = 2;
    pub(crate) const EIO: i32 = 5;
    pub(crate) const EACCES: i32 = 13;
    pub(crate) const EBUSY: i32 = 16;
    pub(crate) const EINVAL: i32 = 22;
    pub(crate) const ENOSPC: i32 = 28;
    pub(crate) const EROFS: i32 = 30;
    pub(crate) const ENOLCK: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };

    /// Until the result is dropped, the disk answers this call of this thread with this error.
    #[must_use]
    pub(crate) fn refuse(call: Call, errno: i32) -> impl Drop {
        struct Refusal;
        impl Drop for Refusal {
            fn drop(&mut self) {
                REFUSED.with_borrow_mut(Vec::pop);
            }
        }
        REFUSED.with_borrow_mut(|refused| refused.push((call, errno)));
        Refusal
    }

    pub(crate) fn check(call: Call) -> io::Result<()> {
        match REFUSED.with_borrow(|refused| refused.iter().find(|(refused, _)| *refused == call).copied()) {
            Some((_, errno)) => Err(io::Error::from_raw_os_error(errno)),
            None => Ok(()),
        }
    }
}
