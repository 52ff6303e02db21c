//! The two doors to the disk: a file that the user names is read through [`NamedFile`], and a file that must
//! be whole is written through a [`Place`], by [`WholeFile`] or by a part file with its journal. Files are
//! treated as a shared and hostile folder may hold them.

mod disk;
mod lock;
mod owner;
mod read_secret;
mod rename;
mod unfinished;
mod whole;

use std::path::Path;

#[cfg(test)]
pub(crate) use self::disk::{Call, EACCES, EBUSY, EINVAL, EIO, ENOENT, ENOLCK, ENOSPC, EPERM, EROFS, refuse};
pub(crate) use self::disk::{nameless, remove, write_all};
pub(crate) use self::lock::{Lock, is_same_file, open_locked, read_head, take_turn, unlock};
pub use self::read_secret::NamedFile;
pub(crate) use self::read_secret::{check_secret, check_token, is_exposed_at, read_all, unusable_path};
pub(crate) use self::rename::{PART, Place, check_length, cut, make_durable};
pub use self::unfinished::{KeptPart, Unfinished};
pub use self::whole::WholeFile;
pub(crate) use self::whole::remove_own;
use crate::text::in_words;

in_words! {
    /// What a disk cannot do, where that is no error: nothing is lost, but a promise is weaker.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[non_exhaustive]
    DiskWarning {
        NoLocks: "the file system has no locks: make sure that no other run writes the same file",
        NoTurns: "no lock can be made here: make sure that no other run uploads to the same source file",
        NotDurable: "the file system cannot make files durable (fsync): a crash of the machine may lose this one",
        OtherOwner: "the owner or the group of the file that was replaced could not be kept",
    }
}

/// Bytes written to a file at once. Singly, TLS records of 16 KiB take twice the time; more gains nothing.
pub(crate) const PIECE_BYTES: usize = 128 * 1024;

pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
pub(crate) mod tests;
