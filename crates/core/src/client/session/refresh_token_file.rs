//! The file with the refresh token of OAuth. The service may replace a token at each use, and the old one is dead then:
//! so the new file is made before the old token is used, and a lock keeps other processes from using that one too.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::secret::Secret;
use crate::error::{Error, Result, Setting};
use crate::files::{
    DiskWarning, NamedFile, Place, Unfinished, WholeFile, folder_of, open_locked, read_all, remove, remove_own, unlock,
    unusable_path,
};
use crate::text::shown_path;

/// The file while no other process can use or replace its token. The lock is on another file beside it,
/// which stays as long as there is a token: a lock on the file itself would be on the old one once it is replaced.
#[derive(Debug)]
pub(crate) struct LockedTokenFile {
    path: PathBuf,
    place: Place,
    lock: Option<File>,
    /// What the disk cannot do.
    pub(crate) warning: Option<DiskWarning>,
    /// The new file, empty as yet. A lock is for one exchange, which brings one token at most.
    new: Option<WholeFile>,
}

/// The file that processes lock which use the token in the file `path`.
pub(crate) fn lock_path(path: &Path) -> Result<PathBuf> {
    Ok(place(path)?.beside(".lock"))
}

fn place(path: &Path) -> Result<Place> {
    match path.symlink_metadata() {
        Err(error) if error.kind() != ErrorKind::NotFound || !folder_of(path).is_dir() => {
            Err(unusable_path(Setting::RefreshToken, path, &error))
        }
        _ => Place::find_private(path),
    }
}

/// Removes the file, or empties it where it cannot be removed; `false` if there was no token in it.
pub(super) fn forget(path: &Path) -> Result<bool> {
    let place = place(path)?;
    let had_token = place.target().metadata().is_ok_and(|found| found.len() > 0);
    if remove(place.target()).is_err() && had_token {
        let emptied = place.write_in_place(&mut io::empty());
        emptied.map_err(|error| Error::output("remove the token, which is still in", Some(path), error))?;
    }
    Ok(had_token)
}

impl LockedTokenFile {
    /// Locks the file, which need not exist yet; `None` if another process has it locked. What was read before that
    /// is to be read again: it may be another token then.
    pub(crate) fn try_lock(path: &Path, unfinished: &Unfinished) -> Result<Option<LockedTokenFile>> {
        let (place, lock_path) = (place(path)?, lock_path(path)?);
        let opened = open_locked(&lock_path, place.kept());
        let opened = opened.map_err(|error| Error::output("lock", Some(&lock_path), error))?;
        let Some((lock, warning)) = opened else { return Ok(None) };
        // Neither a run of root nor one that may not give a file away locks the owner of the token out.
        if let Err(error) = place.kept().give(&lock) {
            remove_own(lock, &lock_path);
            return Err(Error::output("keep the owner and the group of", Some(path), error));
        }
        let mut locked = LockedTokenFile { path: path.to_owned(), place, lock: Some(lock), warning, new: None };
        // A missing permission is found out before the old token is used.
        locked.new = Some(WholeFile::begin_surely(path, &locked.place, unfinished)?);
        Ok(Some(locked))
    }

    pub(crate) fn read(&self) -> Result<Secret> {
        let read = File::open(&self.path).and_then(read_all).map_err(|error| match error.kind() {
            ErrorKind::NotFound => unusable_path(Setting::RefreshToken, &self.path, &error),
            // It may well hold a token: to sign in anew would be no cure.
            _ => Error::output("read", Some(&self.path), error),
        });
        Ok(Secret::new(NamedFile::from_bytes(Setting::RefreshToken, &shown_path(&self.path), read?)?.token()?))
    }

    /// Replaces the token. When this returns, a crash of the machine does not bring the old one back.
    pub(crate) fn store(&mut self, token: &Secret) -> Result<Vec<DiskWarning>> {
        let line = format!("{}\n", token.reveal());
        let finished = self.new.take().ok_or_else(|| Error::Exists { path: self.path.clone() }).and_then(|mut new| {
            new.write_all(line.as_bytes()).map_err(|error| new.failed(error))?;
            new.finish()
        });
        // The old token is dead, so nothing is lost by writing over it: a full disk has room for that.
        finished.or_else(|error| self.place.write_in_place(&mut line.as_bytes()).map(|()| vec![]).map_err(|_| error))
    }
}

impl Drop for LockedTokenFile {
    fn drop(&mut self) {
        self.new = None;
        match self.lock.take() {
            Some(lock) if self.place.target().exists() => unlock(&lock),
            Some(lock) => remove_own(lock, &self.place.beside(".lock")),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
