//! A file that has its name once it is complete, for what is written in one go.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::lock::{is_same_file, open_locked, unlock};
use super::rename::{NEW, Place, cut, make_durable};
use super::unfinished::Unfinished;
use super::{DiskWarning, PIECE_BYTES, disk};
use crate::error::{Error, Result};

/// A file that has its name once it is complete: written under another name beside it, made durable, then
/// renamed. A file that it replaces keeps its owner, its group and its mode, and a link to it stays one. A
/// device or a named pipe is written to as it is.
///
/// Dropped before [`finish`](WholeFile::finish), nothing of it is left.
#[derive(Debug)]
pub struct WholeFile {
    path: PathBuf,
    /// None for a device or a pipe, and once it is finished.
    new: Option<New>,
    output: BufWriter<Output>,
    warning: Option<DiskWarning>,
}

/// The file under its first name.
#[derive(Debug)]
struct New {
    place: Place,
    name: PathBuf,
    unfinished: Unfinished,
}

/// An open file, and how much is in it.
#[derive(Debug)]
struct Output {
    /// None once it is closed.
    file: Option<File>,
    length: u64,
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("it is closed"))?;
        disk::write_all(file, bytes)?;
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WholeFile {
    /// Begins the file; `overwrite` replaces one that exists. What is begun is also removed by
    /// [`Unfinished::remove_temporary`].
    pub fn begin(path: impl AsRef<Path>, overwrite: bool, unfinished: &Unfinished) -> Result<WholeFile> {
        let path = path.as_ref().to_owned();
        if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            // Another user's pipe would give that user the data. The devices of Windows have no place.
            if cfg!(unix) {
                Place::find(&path, true)?;
            }
            let opened = OpenOptions::new().write(true).open(&path);
            let file = opened.map_err(|error| Error::output("write to", Some(&path), error))?;
            let output = BufWriter::with_capacity(PIECE_BYTES, Output { file: Some(file), length: 0 });
            return Ok(WholeFile { path, new: None, output, warning: None });
        }
        WholeFile::begin_at(path.clone(), Place::find(&path, overwrite)?, unfinished)
    }

    /// The length of the complete file that has this name, if there is one. An error where none may be written.
    pub fn length_of_existing(path: impl AsRef<Path>) -> Result<Option<u64>> {
        let found = path.as_ref().metadata().ok().filter(Metadata::is_file);
        Place::find(path.as_ref(), true).map(|_| found.map(|found| found.len()))
    }

    /// The same for a file whose place is known.
    fn begin_at(path: PathBuf, place: Place, unfinished: &Unfinished) -> Result<WholeFile> {
        let failed = |error| Error::output("write to", Some(&path), error);
        let name = place.beside(NEW);
        let opened = open_locked(&name, place.kept()).map_err(failed)?;
        let Some((mut file, warning)) = opened else { return Err(Error::Locked { path }) };
        cut(&mut file, 0).map_err(failed)?;
        unfinished.set_temporary(&name, true);
        let new = Some(New { place, name, unfinished: unfinished.clone() });
        let output = BufWriter::with_capacity(PIECE_BYTES, Output { file: Some(file), length: 0 });
        Ok(WholeFile { path, new, output, warning })
    }

    /// The same for a file whose content cannot be had twice: what would keep it from replacing the old one as it is
    /// to be found out now.
    pub(crate) fn begin_surely(path: &Path, place: &Place, unfinished: &Unfinished) -> Result<WholeFile> {
        let begun = WholeFile::begin_at(path.to_owned(), place.clone(), unfinished)?;
        let kept = begun.output.get_ref().file.as_ref().map_or(Ok(()), |file| place.kept().give_owner(file));
        kept.map_err(|error| Error::output("keep the owner and the group of", Some(path), error))?;
        match place.open_in_place() {
            // A mount in a folder that can be written: a new file cannot get its name either.
            Err(error) if error.kind() == ErrorKind::ReadOnlyFilesystem => Err(begun.failed(error)),
            _ => Ok(begun),
        }
    }

    /// An error of writing it.
    pub fn failed(&self, source: io::Error) -> Error {
        Error::output("write to", Some(&self.path), source)
    }

    /// Gives the file its name. What the disk could not do, and is no error, is returned.
    pub fn finish(mut self) -> Result<Vec<DiskWarning>> {
        self.output.flush().map_err(|error| self.failed(error))?;
        let (Some(new), Output { file, length }) = (&self.new, self.output.get_mut()) else {
            return Ok(Vec::new());
        };
        let durable = file.as_ref().map_or(Ok(None), make_durable);
        let durable = durable.map_err(|error| Error::output("make durable", Some(&self.path), error))?;
        let owner = new.place.install(file, &new.name, *length, &new.unfinished)?;
        new.unfinished.set_temporary(&new.name, false);
        self.new = None;
        Ok([self.warning, durable, owner].into_iter().flatten().collect())
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        let Some(new) = &self.new else { return };
        if let Some(file) = self.output.get_mut().file.take() {
            remove_own(file, &new.name);
        }
        new.unfinished.set_temporary(&new.name, false);
    }
}

/// Removes a file of ours, unless another one has its name, and gives up its lock.
pub(crate) fn remove_own(file: File, name: &Path) {
    let is_ours = is_same_file(&file, name);
    if cfg!(windows) {
        drop(file);
        let _ = is_ours.then(|| std::fs::remove_file(name));
    } else {
        // Still locked: no other run can have begun with it.
        let _ = is_ours.then(|| std::fs::remove_file(name));
        unlock(&file);
    }
}
