//! Where a dump goes. The locator alone decides whether `-o` names a file or a folder, not the number of dumps.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anaplan_dump_core::{DiskWarning, Error, Unfinished, WholeFile, shown_path};

use crate::failure::Failure;
use crate::os_text;
use crate::text::safe;

/// Names of standard output. What they lead to is written to, never replaced.
const STDOUT_NAMES: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A device or a named pipe: written to as it is.
    Device(PathBuf),
    /// A file that appears once it is complete.
    File(PathBuf),
    /// A folder, in which each dump gets a file with its own name.
    Folder(PathBuf),
}

impl Target {
    /// Reads the option `--output` for a locator that names one dump, or for what can leave several.
    /// Without the option it is the current folder.
    pub(crate) fn read(output: Option<&str>, is_one_dump: bool) -> Result<Target, Failure> {
        let output = match output {
            None => return Ok(Target::Folder(PathBuf::new())),
            Some("") => return Err(Failure::Usage("-o needs a file, a folder or -".into())),
            Some(output) if STDOUT_NAMES.contains(&output) => return Ok(Target::Stdout),
            Some(output) => output,
        };
        let path = os_text::path(output);
        let is_named_as_folder = output.ends_with(['/', MAIN_SEPARATOR]);
        if cfg!(windows) && output.eq_ignore_ascii_case("NUL") {
            return Ok(Target::Device(path));
        }
        if cfg!(windows) && output.contains('"') {
            return Err(Failure::Usage(format!(
                "-o {}: Windows took a backslash and a quotation mark for a part of the name: leave out the backslash \
                 before the quotation mark",
                safe(output)
            )));
        }
        if cfg!(windows) && is_another_name(&path) {
            return Err(Failure::Usage(format!(
                "-o {}: Windows makes something else of this name, such as a device: choose another one",
                safe(output)
            )));
        }
        Ok(match path.metadata() {
            Ok(metadata) if metadata.is_dir() => Target::Folder(path),
            Ok(metadata) if !metadata.is_file() => Target::Device(path),
            Err(_) if !is_one_dump && !is_named_as_folder && is_named_as_dump(&path) => {
                return Err(Failure::Usage(format!(
                    "-o {0} looks like a file, and there may be several dumps: name a folder ({0}/ if it is to be \
                     one), or one object in the locator",
                    safe(output)
                )));
            }
            Err(_) if is_named_as_folder || !is_one_dump => Target::Folder(path),
            Ok(_) if !is_one_dump => {
                return Err(Failure::Usage(format!(
                    "-o {} is a file, and there may be several dumps: name a folder, or one object in the locator",
                    safe(output)
                )));
            }
            _ => Target::File(path),
        })
    }

    /// Finds out whether the folder is there, or can be made, and whether a device may be written to.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        match self {
            Target::Folder(folder) if !nearest(folder).is_dir() => {
                Err(Error::output("make the folder", Some(folder), ErrorKind::NotADirectory.into()).into())
            }
            // A name with a typing error must not make folders.
            Target::File(path) => match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
                    let text = format!("the folder {} is not there: make it first", shown_path(folder));
                    Err(Error::output("write to", Some(path), io::Error::new(ErrorKind::NotFound, text)).into())
                }
                _ => Ok(()),
            },
            Target::Device(path) if cfg!(unix) => Ok(WholeFile::length_of_existing(path).map(drop)?),
            _ => Ok(()),
        }
    }

    /// Makes the folder once there is something to write into it. It is never removed: another run may use it.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        match self {
            Target::Folder(folder) if !folder.as_os_str().is_empty() => {
                fs::create_dir_all(folder).map_err(|error| Error::output("make the folder", Some(folder), error).into())
            }
            _ => Ok(()),
        }
    }

    /// Writes, locks and removes a file in the folder, or in the one that it will be made in, by the same door as a
    /// dump; it gets its name in between if `renames`. Says what is not as it should be there.
    pub(crate) fn try_folder(&self, renames: bool, unfinished: &Unfinished) -> Result<Vec<DiskWarning>, Failure> {
        self.prepare()?;
        let Target::Folder(folder) = self else { return Ok(Vec::new()) };
        let shown = nearest(folder);
        // Its own: another run may be trying the same folder.
        let path = shown.join(format!(".anaplan-dump-probe-{:016x}", RandomState::new().hash_one(())));
        let tried = || {
            let mut file = WholeFile::begin(&path, true, unfinished)?;
            file.write_all(b"a line\n").and_then(|()| file.flush()).map_err(|error| file.failed(error))?;
            if !renames {
                return Ok(Vec::new());
            }
            let warnings = file.finish()?;
            match fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::output("remove", Some(&path), error)),
                _ => Ok(warnings),
            }
        };
        match tried() {
            Err(Error::Output { source, .. }) => {
                Err(Error::output("write into the folder", Some(shown), source).into())
            }
            tried => Ok(tried?),
        }
    }
}

/// The folder itself, or the nearest one above it that is there.
pub(crate) fn nearest(folder: &Path) -> &Path {
    // A file with a slash at its end is not found.
    let found = folder.components().as_path().ancestors().find(|folder| folder.exists());
    found.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a name ends as those of dumps do.
fn is_named_as_dump(path: &Path) -> bool {
    const EXTENSIONS: [&str; 4] = ["csv", "txt", "tsv", "json"];
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a file of this name would have another one: Windows takes some for devices, drops dots and blanks at the
/// end, and hides what follows a colon.
fn is_another_name(path: &Path) -> bool {
    let Some(name) = path.file_name() else { return false };
    let full = std::path::absolute(path).unwrap_or_default();
    full.file_name() != Some(name) || name.to_string_lossy().contains(':')
}
