//! A small output file that has its name once it is complete.

use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anaplan_dump_core::Error;

use crate::failure::Failure;
use crate::target::{Target, check_folder};

/// Longest name of a file that every file system takes, in bytes.
const MAX_NAME_BYTES: usize = 255;

/// A file that is being written under a name beside its own. Dropped before [`NewFile::finish`], it is removed.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    /// What is renamed to: `path`, or what the link there leads to.
    destination: PathBuf,
    /// None for a device or a named pipe, which is written to as it is.
    temporary: Option<PathBuf>,
    replaces: bool,
    output: BufWriter<File>,
}

impl NewFile {
    /// Begins the file that an option names.
    pub(crate) fn begin(option: &str, file: &str, replaces: bool) -> Result<NewFile, Failure> {
        if file.is_empty() {
            return Err(Failure::Usage(format!("{option} needs a file")));
        }
        let (path, destination, temporary) = match Target::read(Some(file), true)? {
            Target::Stdout => {
                return Err(Failure::Usage(format!("{option} needs a file: standard output has the report")));
            }
            Target::Folder(_) => return Err(Failure::Usage(format!("{option} needs a file, not a folder"))),
            Target::Device(path) => (path.clone(), path, None),
            Target::File(path) => {
                check_folder(&path)?;
                check_free(&path, replaces)?;
                // A link stays one, and may lead to another disk.
                let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
                let leads_to = if is_link { path.canonicalize().ok() } else { None };
                let destination = leads_to.unwrap_or_else(|| path.clone());
                let temporary = destination.with_file_name(temporary_name(&destination));
                (path, destination, Some(temporary))
            }
        };
        let opened = match &temporary {
            Some(temporary) => File::create_new(temporary),
            None => OpenOptions::new().write(true).open(&path),
        };
        let file = opened.map_err(|error| Error::output("write to", Some(&path), error))?;
        let new = NewFile { path, destination, temporary, replaces, output: BufWriter::new(file) };
        new.keep_mode().map_err(|error| new.failed(error))?;
        Ok(new)
    }

    /// Gives the temporary file the mode of the one that it replaces, before there is anything to read in it.
    #[cfg(unix)]
    fn keep_mode(&self) -> io::Result<()> {
        match self.destination.metadata() {
            Ok(replaced) if self.temporary.is_some() => {
                self.output.get_ref().set_permissions(replaced.permissions())
            }
            _ => Ok(()),
        }
    }

    /// Elsewhere a file has no mode but read-only, and one that is cannot be replaced.
    #[cfg(not(unix))]
    fn keep_mode(&self) -> io::Result<()> {
        Ok(())
    }

    /// What is left of it if the program ends now.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_deref()
    }

    /// An error of writing it.
    pub(crate) fn failed(&self, source: io::Error) -> Failure {
        // Of no kind: what is advised where the disk is full holds for downloads, which can be continued.
        Error::output("write to", Some(&self.path), io::Error::other(source)).into()
    }

    /// Gives it its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let written = self.output.flush();
        written.map_err(|error| self.failed(error))?;
        let Some(temporary) = &self.temporary else {
            return Ok(());
        };
        self.output.get_ref().sync_all().map_err(|error| self.failed(error))?;
        check_free(&self.path, self.replaces)?;
        std::fs::rename(temporary, &self.destination).map_err(|error| self.failed(error))?;
        self.temporary = None;
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// The name under which a file is written: not that of an unfinished dump, and one that no killed run has left, even
/// where each run has the same process id.
fn temporary_name(path: &Path) -> String {
    let end = format!(".{:08x}.tmp", RandomState::new().hash_one(std::process::id()) as u32);
    let mut name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    while name.len() + end.len() > MAX_NAME_BYTES {
        name.pop();
    }
    name + &end
}

fn check_free(path: &Path, replaces: bool) -> Result<(), Failure> {
    if replaces || path.symlink_metadata().is_err() {
        return Ok(());
    }
    let exists = io::Error::new(ErrorKind::AlreadyExists, "it exists, and is left as it is");
    Err(Failure::Library {
        error: Error::output("write to", Some(path), exists),
        note: Some("choose another name, or replace it with --force".to_owned()),
    })
}
