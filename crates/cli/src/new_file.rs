//! A small output file that has its name once it is complete.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anaplan_dump_core::Error;

use crate::failure::Failure;
use crate::target::Target;

/// A file that is being written under a name beside its own. Dropped before [`NewFile::finish`], it is removed.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    /// None for a device or a named pipe, which is written to as it is.
    temporary: Option<PathBuf>,
    replaces: bool,
    output: BufWriter<File>,
}

impl NewFile {
    /// Begins the file that an option names.
    pub(crate) fn begin(option: &str, file: &str, replaces: bool) -> Result<NewFile, Failure> {
        let (path, temporary) = match Target::read(Some(file), true)? {
            Target::Stdout => {
                return Err(Failure::Usage(format!("{option} needs a file: standard output has the report")));
            }
            Target::Folder(_) => return Err(Failure::Usage(format!("{option} needs a file, not a folder"))),
            Target::Device(path) => (path, None),
            Target::File(path) => {
                check_free(&path, replaces)?;
                // Not the name of an unfinished dump.
                let mut name = path.file_name().map(OsString::from).unwrap_or_default();
                // A name that no killed run has left, even where each run has the same process id.
                name.push(format!(".{:08x}.tmp", RandomState::new().hash_one(std::process::id()) as u32));
                let temporary = path.with_file_name(name);
                (path, Some(temporary))
            }
        };
        let opened = match &temporary {
            Some(temporary) => File::create_new(temporary),
            None => OpenOptions::new().write(true).open(&path),
        };
        let file = opened.map_err(|error| Error::output("write to", Some(&path), error))?;
        Ok(NewFile { path, temporary, replaces, output: BufWriter::new(file) })
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
        std::fs::rename(temporary, &self.path).map_err(|error| self.failed(error))?;
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
