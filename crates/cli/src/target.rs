//! Where a dump goes.

use std::path::{MAIN_SEPARATOR, PathBuf};

use anaplan_dump_core::Error;

use crate::failure::Failure;

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
