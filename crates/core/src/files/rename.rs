//! Where a file goes that must be whole: under another name beside it until it is complete, then its own.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::disk::{self, Call, is_unsupported};
use super::lock::{check_regular, is_same_file};
use super::owner::{self, Kept};
use super::unfinished::Unfinished;
use super::{DiskWarning, folder_of};
use crate::error::{Error, Result};
use crate::text::{checksum, shown_path};

/// What ends the names of files beside a target: an unfinished dump, and any other file that is not complete.
/// One name for all runs, so that what a killed run left is used up by the next one.
pub(crate) const PART: &str = ".part";
pub(crate) const NEW: &str = ".anaplan-dump.tmp";

/// The place of a file that appears once it is complete.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The file itself: links to it are followed.
    target: PathBuf,
    overwrite: bool,
    /// Owner, group and mode of the file that is replaced.
    kept: Kept,
}

impl Place {
    /// Follows the links of a path, and refuses what may not be replaced.
    pub(crate) fn find(path: &Path, overwrite: bool) -> Result<Place> {
        // To replace a link would leave the old file under its other name.
        let target = check_links(path).and_then(|()| resolve_link(path));
        let target = target.map_err(|error| Error::output("follow the link", Some(path), error))?;
        [PART, NEW].into_iter().for_each(|suffix| remove_second_name(&beside(&target, suffix), &target));
        check_free(path, overwrite)?;
        check_free(&target, overwrite)?;
        let kept = match target.symlink_metadata() {
            Ok(replaced) => {
                owner::check(&target, &replaced, Kept::default())
                    .map_err(|error| Error::output("use", Some(&target), error))?;
                Kept::of(&replaced)
            }
            Err(_) => Kept::default(),
        };
        Ok(Place { target, overwrite, kept })
    }

    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(crate) fn kept(&self) -> Kept {
        self.kept
    }

    /// The place of a secret: a file that replaces none is for its owner only.
    pub(crate) fn find_private(path: &Path) -> Result<Place> {
        let place = Place::find(path, true)?;
        match place.target.symlink_metadata() {
            Ok(found) => {
                check_regular(&found).map(|()| place).map_err(|error| Error::output("write to", Some(path), error))
            }
            Err(_) => Ok(Place { kept: Kept::private(), ..place }),
        }
    }

    /// The name of a file beside the target.
    pub(crate) fn beside(&self, suffix: &str) -> PathBuf {
        beside(&self.target, suffix)
    }

    /// Gives a file its final name, with the owner, the group and the mode of the one that it replaces. The
    /// file has this length and is durable as far as it can be; where the result is an error, it keeps its old name.
    pub(crate) fn install(
        &self,
        file: &mut Option<File>,
        name: &Path,
        length: u64,
        unfinished: &Unfinished,
    ) -> Result<Option<DiskWarning>> {
        let failed = |error| Error::output("give its final name to", Some(name), error);
        let open = file.as_ref().ok_or_else(|| failed(io::Error::other("it is closed")))?;
        if !is_same_file(open, name) {
            return Err(failed(io::Error::other("another file has taken its place meanwhile")));
        }
        check_length(open, length).map_err(failed)?;
        let has_owner = self.kept.give(open);
        // As late as can be: making a large file durable takes its time.
        check_free(&self.target, self.overwrite)?;
        let _busy = unfinished.begin();
        if !(self.overwrite || cfg!(windows)) {
            // Fails where a file has the name by now, which a rename would replace.
            match disk::link(name, &self.target) {
                Ok(()) => {
                    let _ = std::fs::remove_file(name);
                    self.sync_folder();
                    return Ok(None);
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    return Err(Error::Exists { path: self.target.clone() });
                }
                // The file system has no second names.
                Err(_) => check_free(&self.target, false)?,
            }
        }
        if cfg!(windows) {
            // An open file is not renamed there.
            *file = None;
        }
        match (disk::rename(name, &self.target), file.take()) {
            (Ok(()), open) => *file = open,
            (Err(error), Some(mut open)) if error.kind() == ErrorKind::ResourceBusy => {
                // From now on the target may hold half of it: the complete file stays, whatever happens.
                open.rewind().and_then(|()| self.write_in_place(&mut open)).map_err(|error| {
                    let text = format!("{error}; it is complete in {}", shown_path(name));
                    let error = io::Error::new(error.kind(), text);
                    Error::output("write into the mounted file", Some(&self.target), error)
                })?;
                let _ = std::fs::remove_file(name);
            }
            (Err(error), open) => {
                *file = open;
                return Err(failed(error));
            }
        }
        self.sync_folder();
        Ok(has_owner.err().map(|_| DiskWarning::OtherOwner))
    }

    /// Writes over the target, where nothing can be renamed to it, as where it is itself a mount.
    pub(crate) fn write_in_place(&self, content: &mut impl Read) -> io::Result<()> {
        let mut target = self.open_in_place()?;
        let length = io::copy(content, &mut target)?;
        target.set_len(length)?;
        make_durable(&target).map(drop)
    }

    pub(crate) fn open_in_place(&self) -> io::Result<File> {
        disk::check(Call::WriteInPlace)?;
        OpenOptions::new().write(true).open(&self.target)
    }

    /// Makes the name durable. The file is there by now, so no trouble calls that failed: not a folder that
    /// this user may not read, nor a file system without fsync of folders.
    fn sync_folder(&self) {
        if cfg!(unix) {
            let _ = File::open(folder_of(&self.target)).and_then(|folder| folder.sync_all());
        }
    }
}

/// Makes the content of a file durable; a warning where the file system cannot do it.
///
/// # Errors
///
/// Any other error means that bytes may be lost although the file still shows them: give it up.
pub(crate) fn make_durable(file: &File) -> io::Result<Option<DiskWarning>> {
    match disk::sync(file) {
        Ok(()) => Ok(None),
        Err(error) if is_unsupported(&error) => Ok(Some(DiskWarning::NotDurable)),
        Err(error) => Err(error),
    }
}

/// Cuts a file and continues writing at its new end.
pub(crate) fn cut(file: &mut File, length: u64) -> io::Result<()> {
    file.set_len(length)?;
    file.seek(io::SeekFrom::Start(length)).map(drop)
}

/// Whether no other program has shortened or extended a file.
pub(crate) fn check_length(file: &File, length: u64) -> io::Result<()> {
    match file.metadata()?.len() == length {
        true => Ok(()),
        false => Err(io::Error::other("another program has changed its length meanwhile")),
    }
}

/// The name of a file beside a target. A name that is too long for the suffix is cut, and has a checksum of
/// the whole name, so that two long names stay apart.
fn beside(target: &Path, suffix: &str) -> PathBuf {
    /// Maximum length of a file name on the file systems in use, in bytes.
    const MAX_NAME_BYTES: usize = 255;
    /// At least as long as the longest suffix, so that all names beside a target are cut alike.
    const MAX_SUFFIX_BYTES: usize = 20;
    let name = target.file_name().unwrap_or_default();
    let mut stem = name.to_owned();
    if name.len() + MAX_SUFFIX_BYTES > MAX_NAME_BYTES {
        let checksum = format!("~{:016x}", checksum(name.as_encoded_bytes()));
        let max_bytes = MAX_NAME_BYTES - MAX_SUFFIX_BYTES - checksum.len();
        let mut text = name.to_string_lossy().into_owned();
        while text.len() > max_bytes {
            text.pop();
        }
        stem = (text + &checksum).into();
    }
    stem.push(suffix);
    target.with_file_name(stem)
}

/// Removes the first name of a file that has its own already: a run was killed between the two.
#[cfg(unix)]
fn remove_second_name(name: &Path, target: &Path) {
    use std::os::unix::fs::MetadataExt;
    let file = |path: &Path| {
        let metadata = path.symlink_metadata().ok().filter(|metadata| metadata.is_file())?;
        Some((metadata.dev(), metadata.ino()))
    };
    if file(name).is_some_and(|found| file(target) == Some(found)) {
        let _ = std::fs::remove_file(name);
    }
}

#[cfg(not(unix))]
fn remove_second_name(_name: &Path, _target: &Path) {}

fn check_free(target: &Path, overwrite: bool) -> Result<()> {
    match target.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            Err(Error::output("write to", Some(target), ErrorKind::IsADirectory.into()))
        }
        Ok(_) if !overwrite => Err(Error::Exists { path: target.to_owned() }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::output("write to", Some(target), error)),
    }
}

/// Links that lead to links, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// The file that a symbolic link leads to, or the path itself.
fn resolve_link(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                owner::check_maker(&path, &metadata)?;
                path = path.parent().unwrap_or(&path).join(std::fs::read_link(&path)?);
            }
            _ => return Ok(path),
        }
    }
    Err(too_many_links())
}

/// Refuses a path that leads through a folder which is a link of another user, where anybody may make one.
fn check_links(path: &Path) -> io::Result<()> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let found =
            |folder: &'_ Path| Some((folder.to_owned(), folder.symlink_metadata().ok().filter(Metadata::is_symlink)?));
        // The last is the one nearest to the root.
        let Some((link, metadata)) = path.ancestors().skip(1).filter_map(found).last() else { return Ok(()) };
        owner::check_folder_link(&link, &metadata)?;
        let rest = path.strip_prefix(&link).map_err(io::Error::other)?;
        path = folder_of(&link).join(std::fs::read_link(&link)?).join(rest);
    }
    Err(too_many_links())
}

fn too_many_links() -> io::Error {
    io::Error::other("too many links lead from one to the next")
}
