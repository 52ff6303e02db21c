//! The file with the refresh token of OAuth, which the service may replace at each use.
//!
//! Where tokens rotate, the old one is dead once it was used, so the new one must not be lost: it is in a file
//! of its own until it has replaced the old one, what that needs is made sure of before the old token is used,
//! and a lock keeps other processes from using the same token meanwhile.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::secret::Secret;
use super::secret_file::{self, SecretFileError, SecretFileProblem};
use crate::files;
use crate::text::Printable;

/// Bytes that are set aside on the disk before a token is used: as much as the longest token needs.
const RESERVED_BYTES: usize = super::answer::MAX_TOKEN_BYTES + 1;

/// Gives a file another name. Tests have one that fails: nothing else makes that fail for root.
type Rename = fn(&Path, &Path) -> io::Result<()>;

/// The file with the refresh token.
#[derive(Debug, Clone)]
pub(crate) struct RefreshTokenFile {
    path: PathBuf,
}

/// The file while no other process can use or replace its token. The lock is on a file of its own beside it,
/// which stays: a lock on the file itself would be on the old one once it is replaced.
#[derive(Debug)]
pub(crate) struct LockedTokenFile {
    /// How errors name it.
    path: PathBuf,
    /// Where it really is: a symbolic link to it stays one.
    target: PathBuf,
    lock: File,
    /// The new file, empty as yet.
    next: Option<File>,
}

impl RefreshTokenFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        RefreshTokenFile { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the file, which need not be there yet; `None` if another process has it locked. Whoever waits for
    /// that process must read the token again: it may be another one then.
    pub(crate) fn try_lock(&self) -> Result<Option<LockedTokenFile>, SecretFileError> {
        let path = &self.path;
        let failed = |action| move |error| SecretFileProblem::Io(action, error).of(path);
        let target = resolved(path).map_err(failed("find the folder of"))?;
        let lock = private().create(true).truncate(false).open(beside(&target, ".lock"));
        let lock = lock.map_err(failed("make a lock file beside"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
        }
        let mut locked = LockedTokenFile { path: path.clone(), target, lock, next: None };
        locked.recover(files::rename).map_err(failed("store a new token in"))?;
        locked.next = Some(locked.reserve().map_err(failed("store a new token beside"))?);
        Ok(Some(locked))
    }
}

impl LockedTokenFile {
    pub(crate) fn read(&self) -> Result<Secret, SecretFileError> {
        let file = secret_file::read(&self.target).map_err(|error| error.problem.of(&self.path))?;
        secret_file::text(file, &self.path)
    }

    /// Removes the file; `false` if it was not there.
    pub(crate) fn forget(&self) -> Result<bool, SecretFileError> {
        match fs::remove_file(&self.target) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(SecretFileProblem::Io("remove", error).of(&self.path)),
        }
    }

    /// Replaces the token. When this returns, a crash of the machine does not bring the old one back.
    pub(crate) fn store(&mut self, token: &Secret) -> Result<(), SecretFileError> {
        self.replace(token, files::rename)
            .map_err(|error| SecretFileProblem::Io("store the new token in", error).of(&self.path))
    }

    fn replace(&mut self, token: &Secret, rename: Rename) -> io::Result<()> {
        let mut next = match self.next.take() {
            Some(next) => next,
            None => self.reserve()?,
        };
        let line = format!("{}\n", token.reveal());
        io::Seek::rewind(&mut next)?;
        overwrite(&mut next, line.as_bytes())?;
        // Some systems do not rename what is open.
        drop(next);
        self.install(line.as_bytes(), rename)
    }

    /// Gives the new file, which holds this line, the name of the old one. Where no file can be renamed to that,
    /// as where it is a mount of its own, the line is written into the old one: a crash meanwhile leaves the
    /// new file to the next run.
    fn install(&self, line: &[u8], rename: Rename) -> io::Result<()> {
        let path = self.next_path();
        if let Err(not_renamed) = rename(&path, &self.target) {
            let old = private().create(true).truncate(false).open(&self.target);
            let written = old.and_then(|mut old| overwrite(&mut old, line));
            written.map_err(|_| {
                let path = path.to_string_lossy();
                let kept = format!("{not_renamed}; it is kept in {}", Printable(&path));
                io::Error::new(not_renamed.kind(), kept)
            })?;
            let _ = fs::remove_file(&path);
        }
        // The new token is stored: no later trouble calls that failed.
        let _ = files::sync_folder(&self.target);
        Ok(())
    }

    /// Installs the token of a process that ended before it could: the one in the file is dead then.
    fn recover(&self, rename: Rename) -> io::Result<()> {
        let path = self.next_path();
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => {}
            _ => return Ok(()),
        }
        let mut line = Vec::new();
        File::open(&path)?.take(RESERVED_BYTES as u64 + 1).read_to_end(&mut line)?;
        // The process may have ended before it cut the reserved bytes off.
        line.truncate(line.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        let token = line.strip_suffix(b"\n").unwrap_or_default();
        let is_whole = !token.is_empty() && token.iter().all(u8::is_ascii_graphic);
        if !is_whole {
            return Ok(());
        }
        overwrite(&mut private().open(&path)?, &line)?;
        self.install(&line, rename)
    }

    /// Makes the new file and fills it with as many bytes as it may need, so that neither a full disk nor a
    /// missing permission is found out when the old token is dead already.
    fn reserve(&self) -> io::Result<File> {
        let path = self.next_path();
        // What a killed process left. Nobody else can be writing it: this process has the lock.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private().create_new(true).open(&path)?;
        file.write_all(&[0; RESERVED_BYTES])?;
        file.sync_all()?;
        Ok(file)
    }

    fn next_path(&self) -> PathBuf {
        beside(&self.target, ".new")
    }
}

impl Drop for LockedTokenFile {
    fn drop(&mut self) {
        if self.next.take().is_some() {
            let _ = fs::remove_file(self.next_path());
        }
        // Closing alone would not do: a child process that another thread is starting right now may hold a copy
        // of the descriptor, and the lock with it, for a moment longer.
        let _ = self.lock.unlock();
    }
}

/// The file that a path leads to, which may not be there yet.
fn resolved(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            Ok(folder.unwrap_or(Path::new(".")).canonicalize()?.join(name))
        }
        resolved => resolved,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Writes the content of a file over what it holds, cutting off the rest last.
fn overwrite(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)?;
    file.set_len(content.len() as u64)?;
    file.sync_all()
}

/// How files are opened for writing. What is made is for its owner only.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests;
