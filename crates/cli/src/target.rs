//! Where a dump goes. The locator alone decides whether `-o` names a file or a folder, never how many dumps
//! there are.

use std::io::{self, ErrorKind};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anaplan_dump_core::{Error, Unfinished, WholeFile};

use crate::failure::Failure;
use crate::os_text;
use crate::text::safe;

/// Names of standard output. What they lead to is written to, never replaced.
const STDOUT_NAMES: [&str; 4] = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The device that drops what is written to it.
const WINDOWS_NULL: &str = "NUL";

/// Where dumps go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A device or a named pipe: written to as it is.
    Device(PathBuf),
    /// A file that appears once it is complete.
    File(PathBuf),
    /// A folder, in which each dump has a file of its own name.
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
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        if cfg!(windows) && output.eq_ignore_ascii_case(WINDOWS_NULL) {
            return Ok(Target::Device(path));
        }
        if cfg!(windows)
            && let Some(problem) = problem_on_windows(&file_name)
        {
            return Err(Failure::Usage(format!("-o {}: {problem}", safe(output))));
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

    /// Finds out whether the folder is there, or can be made.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        match self {
            Target::Folder(folder) => {
                match nearest(folder) {
                    nearest if nearest.is_dir() => Ok(()),
                    _ => Err(Error::output("make the folder", Some(folder), ErrorKind::NotADirectory.into())
                        .into()),
                }
            }
            Target::File(path) => check_folder(path),
            Target::Stdout | Target::Device(_) => Ok(()),
        }
    }

    /// Makes the folder once there is something to write into it. It is never removed: another run may have
    /// seen it.
    pub(crate) fn make(&self) -> Result<(), Failure> {
        let Target::Folder(folder) = self else { return Ok(()) };
        if folder.as_os_str().is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(folder)
            .map_err(|error| Error::output("make the folder", Some(folder), error).into())
    }

    /// Finds out whether a file can be written into the folder, or into the one that it will be in.
    pub(crate) fn check_writable(&self) -> Result<(), Failure> {
        let Target::Folder(folder) = self else { return Ok(()) };
        let shown = nearest(folder);
        match WholeFile::begin(shown.join(".anaplan-dump-probe"), true, &Unfinished::default()) {
            // Another run is just finding it out, too.
            Ok(_) | Err(Error::Locked { .. }) => Ok(()),
            Err(Error::Output { source, .. }) => {
                Err(Error::output("write into the folder", Some(shown), source).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The folder itself, or the nearest one above it that is there.
fn nearest(folder: &Path) -> &Path {
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

/// Finds out whether the folder of a file is there: a name with a typing error must not make folders.
pub(crate) fn check_folder(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    let text = format!("the folder {} is not there: make it first", safe(&folder.to_string_lossy()));
    let error = io::Error::new(io::ErrorKind::NotFound, text);
    Err(Error::output("write to", Some(path), error).into())
}

/// Why Windows would make something else of this file name than a file that has it.
fn problem_on_windows(name: &str) -> Option<&'static str> {
    const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    const NUMBERED: &[&str] = &["COM", "LPT"];
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let is_numbered = NUMBERED.iter().any(|device| {
        let number = stem.strip_prefix(device).and_then(|number| number.parse::<char>().ok());
        number.is_some_and(|number| "123456789\u{b9}\u{b2}\u{b3}".contains(number))
    });
    if DEVICES.contains(&stem.as_str()) || is_numbered {
        return Some("this is the name of a device on Windows: choose another one");
    }
    if name.contains(':') {
        return Some("a file name with a colon hides the file on Windows: choose another one");
    }
    // `..` is a folder.
    (name.ends_with(['.', ' ']) && !name.trim_end_matches('.').is_empty())
        .then_some("Windows drops a dot or a blank at the end of a name: choose another one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_takes_for_something_else_are_known() {
        for name in [
            "con",
            "CON",
            "nul.csv",
            "Aux.tar.gz",
            "com1",
            "COM9.csv",
            "lpt\u{b2}",
            "prn .csv",
            "a:b",
            "a.csv.",
            "a ",
        ] {
            assert!(problem_on_windows(name).is_some(), "{name}");
        }
        for name in ["", "..", "console.csv", "com", "com10", "com0", "nul_1.csv", "a.b", "null"] {
            assert_eq!(problem_on_windows(name), None, "{name}");
        }
    }
}
