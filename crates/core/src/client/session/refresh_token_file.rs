//! The file with the refresh token of OAuth, which the service may replace at each use.
//!
//! Where tokens rotate, the old one is dead once it was used, so the new one must not be lost: the file that
//! will hold it is made before the old one is used, and a lock keeps other processes from using the same
//! token meanwhile.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::secret::Secret;
use crate::error::{Error, Result, Setting};
use crate::files::{
    DiskWarning, Lock, NamedFile, Place, Unfinished, WholeFile, open_locked, remove_own, unlock,
    unusable_path,
};

/// The file with the refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshTokenFile {
    path: PathBuf,
}

/// The file while no other process can use or replace its token. The lock is on a file of its own beside it,
/// which stays: a lock on the file itself would be on the old one once it is replaced.
#[derive(Debug)]
pub(crate) struct LockedTokenFile {
    path: PathBuf,
    place: Place,
    lock_path: PathBuf,
    lock: Option<File>,
    /// What the disk cannot do.
    pub(crate) warning: Option<DiskWarning>,
    unfinished: Unfinished,
    /// The new file, empty as yet.
    new: Option<WholeFile>,
}

impl RefreshTokenFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        RefreshTokenFile { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that other processes lock.
    pub(crate) fn lock_path(&self) -> Result<PathBuf> {
        Ok(self.place()?.beside(".lock"))
    }

    /// Locks the file, which need not exist yet; `None` if another process has it locked. Whoever waits for
    /// that process must read the token again: it may be another one then.
    pub(crate) fn try_lock(&self, unfinished: &Unfinished) -> Result<Option<LockedTokenFile>> {
        let (place, lock_path) = (self.place()?, self.lock_path()?);
        let opened = open_locked(&lock_path, place.kept());
        let opened = opened.map_err(|error| Error::output("lock", Some(&lock_path), error))?;
        let Some((lock, held)) = opened else { return Ok(None) };
        let mut locked = LockedTokenFile {
            path: self.path.clone(),
            place,
            lock_path,
            lock: Some(lock),
            warning: (held == Lock::Unsupported).then_some(DiskWarning::NoLocks),
            unfinished: unfinished.clone(),
            new: None,
        };
        // A run of root must not lock the owner of the token out.
        if let Some(lock) = &locked.lock {
            let kept = locked.place.kept();
            kept.give_owner(lock).map_err(|error| locked.other_owner(error))?;
            kept.give_mode(lock);
        }
        locked.begin_new()?;
        Ok(Some(locked))
    }

    fn place(&self) -> Result<Place> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match self.path.symlink_metadata() {
            Err(error) if error.kind() != ErrorKind::NotFound || folder.is_some_and(|it| !it.is_dir()) => {
                Err(unusable_path(Setting::RefreshToken, &self.path, &error))
            }
            _ => Place::find_private(&self.path),
        }
    }
}

impl LockedTokenFile {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn read(&self) -> Result<Secret> {
        let file = match NamedFile::read(Setting::RefreshToken, &self.path) {
            // It exists, so to sign in once more would not help.
            Err(_)
                if let Err(error) = self.place.target().metadata()
                    && error.kind() != ErrorKind::NotFound =>
            {
                return Err(Error::output("read", Some(&self.path), error));
            }
            read => read?,
        };
        Ok(Secret::new(file.secret()?))
    }

    /// Removes the file; `false` if it did not exist.
    pub(crate) fn forget(&self) -> Result<bool> {
        match fs::remove_file(self.place.target()) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::output("remove", Some(&self.path), error)),
        }
    }

    /// Replaces the token. When this returns, a crash of the machine does not bring the old one back.
    pub(crate) fn store(&mut self, token: &Secret) -> Result<Vec<DiskWarning>> {
        let line = format!("{}\n", token.reveal());
        self.begin_new()?;
        let stored = self.new.take().map_or(Ok(Vec::new()), |mut new| {
            new.write_all(line.as_bytes()).map_err(|error| new.failed(error))?;
            new.finish()
        });
        // The old token is dead, so nothing is lost by writing over it: a full disk has room for that.
        stored.or_else(|error| match self.place.write_in_place(&mut line.as_bytes()) {
            Ok(()) => Ok(Vec::new()),
            Err(_) => Err(error),
        })
    }

    /// Makes the new file, so that a missing permission is found out before the old token is used.
    fn begin_new(&mut self) -> Result<()> {
        if self.new.is_none() {
            let new = WholeFile::begin_at(self.path.clone(), self.place.clone(), &self.unfinished)?;
            new.keep_owner().map_err(|error| self.other_owner(error))?;
            self.new = Some(new);
        }
        Ok(())
    }

    fn other_owner(&self, error: io::Error) -> Error {
        Error::output("keep the owner and the group of", Some(&self.path), error)
    }
}

impl Drop for LockedTokenFile {
    fn drop(&mut self) {
        self.new = None;
        let Some(lock) = self.lock.take() else { return };
        match self.place.target().exists() {
            true => unlock(&lock),
            false => remove_own(lock, &self.lock_path),
        }
    }
}

#[cfg(test)]
mod tests;
