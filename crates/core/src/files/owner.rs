//! Whose a file is: what is kept where one is replaced, and what is refused in a folder that others may
//! write.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// What a new file gets of the one that it replaces: owner, group and mode. Nothing but on Unix.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    owner: Option<(u32, u32)>,
    mode: Option<u32>,
}

/// The mode of a file that is for its owner only.
const PRIVATE: u32 = 0o600;

impl Kept {
    /// Of a file that replaces none, and is for its owner only.
    pub(crate) fn private() -> Kept {
        Kept { owner: None, mode: Some(PRIVATE) }
    }

    /// The mode with which the new file is made: nothing reads it before it has its final mode.
    pub(super) fn first_mode(&self) -> u32 {
        self.mode.map_or(0o666, |_| PRIVATE)
    }
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    use super::*;
    use crate::files::disk::{self, Call};
    use crate::files::folder_of;

    /// The bits that let others than the owner write into a folder.
    const OTHERS_WRITE: u32 = 0o022;
    const EVERYBODY_WRITES: u32 = 0o002;

    impl Kept {
        pub(crate) fn of(metadata: &Metadata) -> Kept {
            Kept { owner: Some((metadata.uid(), metadata.gid())), mode: Some(metadata.mode() & 0o777) }
        }

        pub(crate) fn give_owner(&self, file: &File) -> io::Result<()> {
            let Some((owner, group)) = self.owner else { return Ok(()) };
            disk::check(Call::Owner)?;
            let is = file.metadata()?;
            match (is.uid(), is.gid()) == (owner, group) {
                true => Ok(()),
                false => fchown(file, Some(owner), Some(group)),
            }
        }

        /// Gives a new file the mode. Some file systems have none.
        pub(crate) fn give_mode(&self, file: &File) {
            if let Some(mode) = self.mode {
                let _ = file.set_permissions(Permissions::from_mode(mode));
            }
        }
    }

    /// Refuses a file that neither the runner, nor root, nor the owner of the folder made, in a folder that
    /// others may write: another user may have put it there. The owner of the file that is replaced has been
    /// judged before.
    pub(crate) fn check(path: &Path, file: &Metadata, kept: Kept) -> io::Result<()> {
        let folder = folder_of(path);
        let is_folders = folder.metadata()?.uid() == file.uid();
        let is_kept = kept.owner.is_some_and(|(owner, _)| owner == file.uid());
        if is_folders || is_kept { Ok(()) } else { check_maker(path, file) }
    }

    /// The same for a link, which must be the runner's or root's.
    pub(crate) fn check_maker(path: &Path, file: &Metadata) -> io::Result<()> {
        let (folder, owner) = (folder_of(path), file.uid());
        let others_may_write = folder.metadata()?.mode() & OTHERS_WRITE != 0;
        if !others_may_write || owner == 0 || runner(folder).is_ok_and(|runner| runner == owner) {
            return Ok(());
        }
        let text = format!("another user (number {owner}) made it, in a folder that others may write");
        Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
    }

    /// The same for a link on the way to the folder of a file, where everybody may make one, as in `/tmp`.
    pub(crate) fn check_folder_link(path: &Path, link: &Metadata) -> io::Result<()> {
        let folder = folder_of(path).metadata()?;
        let is_public = folder.mode() & EVERYBODY_WRITES != 0 && folder.uid() != link.uid();
        if is_public { check_maker(path, link) } else { Ok(()) }
    }

    /// The owner of what this program makes in a folder: std does not say who runs it.
    fn runner(folder: &Path) -> io::Result<u32> {
        Ok(disk::nameless(folder)?.metadata()?.uid())
    }
}

#[cfg(unix)]
pub(crate) use unix::{check, check_folder_link, check_maker};

#[cfg(not(unix))]
impl Kept {
    pub(crate) fn of(_metadata: &Metadata) -> Kept {
        Kept::default()
    }

    pub(crate) fn give_owner(&self, _file: &File) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn give_mode(&self, _file: &File) {}
}

#[cfg(not(unix))]
pub(crate) fn check(_path: &Path, _file: &Metadata, _kept: Kept) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn check_maker(_path: &Path, _file: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn check_folder_link(_path: &Path, _link: &Metadata) -> io::Result<()> {
    Ok(())
}
