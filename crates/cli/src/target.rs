//! Where a dump goes.

use std::path::{MAIN_SEPARATOR, PathBuf};

use anaplan_dump_core::Error;

use crate::failure::Failure;
use crate::text::safe;

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
    /// Reads the option `--output`; without it, the current folder.
    pub(crate) fn read(output: Option<&str>) -> Result<Target, Failure> {
        let output = match output {
            None => return Ok(Target::Folder(PathBuf::new())),
            Some("") => return Err(Failure::Usage("-o needs a file, a folder or -".into())),
            Some("-") => return Ok(Target::Stdout),
            Some(output) => output,
        };
        let path = PathBuf::from(output);
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
            Err(_) if output.ends_with(['/', MAIN_SEPARATOR]) => Target::Folder(path),
            _ => Target::File(path),
        })
    }

    /// Makes the folder, if it is one that is not there yet.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        match self {
            Target::Folder(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
                .map_err(|error| Error::output("make the folder", Some(folder), error).into()),
            _ => Ok(()),
        }
    }
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
