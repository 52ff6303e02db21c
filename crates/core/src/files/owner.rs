//! Whose a file is: what is kept where one is replaced, and what is refused where others may write.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use super::disk::{self, Call};
use super::folder_of;

/// What a new file gets of the one that it replaces: owner, group and mode. Nothing but on Unix.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Kept {
    owner: Option<(u32, u32)>,
    #[cfg_attr(not(unix), allow(dead_code, reason = "only Unix has modes"))]
    mode: Option<u32>,
}

/// The mode of a file that is for its owner only.
const PRIVATE: u32 = 0o600;

/// The bits that let others than the owner write into a folder.
const OTHERS_WRITE: u32 = 0o022;
const EVERYBODY_WRITES: u32 = 0o002;

/// What root makes is never refused. Elsewhere than on Unix every file is root's.
const ROOT: u32 = 0;

impl Kept {
    pub(crate) fn of(metadata: &Metadata) -> Kept {
        let (owner, group, mode) = look(metadata);
        Kept { owner: Some((owner, group)), mode: Some(mode & 0o777) }
    }

    /// Of a file that replaces none, and is for its owner only.
    pub(crate) fn private() -> Kept {
        Kept { owner: None, mode: Some(PRIVATE) }
    }

    /// The mode with which the new file is made: nothing reads it before it has its final mode.
    #[cfg(unix)]
    pub(super) fn first_mode(&self) -> u32 {
        self.mode.map_or(0o666, |_| PRIVATE)
    }

    pub(super) fn give_owner(&self, file: &File) -> io::Result<()> {
        let Some((owner, group)) = self.owner else { return Ok(()) };
        disk::check(Call::Owner)?;
        match look(&file.metadata()?) {
            (is_owner, is_group, _) if (is_owner, is_group) == (owner, group) => Ok(()),
            #[cfg(unix)]
            _ => std::os::unix::fs::fchown(file, Some(owner), Some(group)),
            #[cfg(not(unix))]
            _ => Ok(()),
        }
    }

    /// Gives a new file the mode too. Some file systems have none.
    pub(crate) fn give(&self, file: &File) -> io::Result<()> {
        let given = self.give_owner(file);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            let _ = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        }
        given
    }
}

/// Refuses a file that neither the runner, nor root, nor the owner of the folder made, in a folder that
/// others may write: another user may have put it there. The owner of the file that is replaced has been judged before.
pub(super) fn check(path: &Path, file: &Metadata, kept: Kept) -> io::Result<()> {
    let (owner, ..) = look(file);
    let is_kept = kept.owner.is_some_and(|(kept, _)| kept == owner);
    let is_good = owner == ROOT || is_kept || look(&folder_of(path).metadata()?).0 == owner;
    if is_good { Ok(()) } else { check_maker(path, file) }
}

/// The same for a link, which must be the runner's or root's.
pub(super) fn check_maker(path: &Path, file: &Metadata) -> io::Result<()> {
    let (folder, (owner, ..)) = (folder_of(path), look(file));
    let others_may_write = || Ok::<_, io::Error>(look(&folder.metadata()?).2 & OTHERS_WRITE != 0);
    if owner == ROOT || !others_may_write()? || runner(folder)? == owner {
        return Ok(());
    }
    let text = format!("another user (number {owner}) made it, in a folder that others may write");
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}

/// The same for a link on the way to the folder of a file, where everybody may make one, as in `/tmp`.
pub(super) fn check_folder_link(path: &Path, link: &Metadata) -> io::Result<()> {
    let (folder_owner, _, mode) = look(&folder_of(path).metadata()?);
    let is_public = mode & EVERYBODY_WRITES != 0 && folder_owner != look(link).0;
    if is_public { check_maker(path, link) } else { Ok(()) }
}

/// The owner of what this program makes in a folder: std does not say who runs it.
fn runner(folder: &Path) -> io::Result<u32> {
    Ok(look(&disk::nameless(folder)?.metadata()?).0)
}

/// Owner, group and mode of a file.
#[cfg(unix)]
fn look(metadata: &Metadata) -> (u32, u32, u32) {
    use std::os::unix::fs::MetadataExt;
    (metadata.uid(), metadata.gid(), metadata.mode())
}

#[cfg(not(unix))]
fn look(_metadata: &Metadata) -> (u32, u32, u32) {
    (ROOT, ROOT, 0)
}
