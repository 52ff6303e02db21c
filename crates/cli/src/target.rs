//! Where a dump goes, and the name of its file.
//!
//! Names from the service are data: whatever they hold, a name made from them stays one file in the
//! folder, and differs for different dumps.

use std::path::{Path, PathBuf};

use anaplan_dump_core::{DumpAddress, Error, Printable};

use crate::failure::Failure;

/// Longest part of a file name that comes from an object's name, in bytes: enough to recognise it.
const MAX_NAME_BYTES: usize = 80;

/// Longest part that comes from an identifier, in bytes. With the suffixes of an unfinished file the
/// whole stays below the 255 bytes that file systems allow.
const MAX_ID_BYTES: usize = 48;

/// Where dumps go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A device or a pipe that has a name: written to as it is.
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
            Err(_) if output.ends_with('/') || output.ends_with(std::path::MAIN_SEPARATOR) => {
                Target::Folder(path)
            }
            _ => Target::File(path),
        })
    }

    /// Makes the folder, if it is one that is not there yet.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        match self {
            Target::Folder(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
                .map_err(|source| {
                    Error::Output { action: "make the folder", path: Some(folder.clone()), source }.into()
                }),
            _ => Ok(()),
        }
    }
}

/// The name of a dump's file in a folder, `OBJECT-NAME-TASK.csv`: it tells the task, so that last
/// night's file is never taken for tonight's.
pub(crate) fn file_name(dump: &DumpAddress, name: Option<&str>) -> String {
    let object = safe_id(dump.object().as_str());
    let task = safe_id(dump.task().task.as_str());
    match name.map(safe_name) {
        Some(name) if !name.is_empty() => format!("{object}-{name}-{task}.csv"),
        _ => format!("{object}-{task}.csv"),
    }
}

/// Letters, digits, `-` and `.` of any script; everything else, in a row, becomes one `_`.
fn safe_name(name: &str) -> String {
    let mut safe = String::new();
    for character in name.chars() {
        let is_safe = character.is_alphanumeric() || matches!(character, '-' | '.');
        let character = if is_safe { character } else { '_' };
        if safe.len() + character.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        if character != '_' || !safe.ends_with('_') {
            safe.push(character);
        }
    }
    safe.trim_matches(['_', '.', '-']).to_owned()
}

/// An identifier as part of a file name. One that had to be changed carries its checksum, so that two
/// that differ stay apart.
fn safe_id(id: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if id.len() <= MAX_ID_BYTES && id.chars().all(is_safe) {
        return id.to_owned();
    }
    let kept: String = id.chars().map(|c| if is_safe(c) { c } else { '_' }).take(MAX_ID_BYTES).collect();
    let digest = ring::digest::digest(&ring::digest::SHA256, id.as_bytes());
    let checksum: String = digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kept}~{checksum}")
}

/// A path for people.
pub(crate) fn shown(path: &Path) -> String {
    Printable(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use anaplan_dump_core::{Id, Locator};

    use super::*;

    fn dump(object: &str) -> DumpAddress {
        let task = "W/M/118000000001/B7EA".parse::<Locator>().unwrap().task().unwrap();
        task.dump(Id::new(object).unwrap())
    }

    #[test]
    fn a_file_is_named_after_object_name_and_task() {
        let dump = dump("112000000015");
        assert_eq!(
            file_name(&dump, Some("Cost centres from ERP")),
            "112000000015-Cost_centres_from_ERP-B7EA.csv"
        );
        assert_eq!(file_name(&dump, Some("Größe 東京.v2")), "112000000015-Größe_東京.v2-B7EA.csv");
        assert_eq!(file_name(&dump, None), "112000000015-B7EA.csv");
    }

    #[test]
    fn no_name_leaves_the_folder_or_fills_a_path() {
        for name in [
            "../../etc/passwd",
            "a/b\\c",
            "..",
            ".hidden",
            "a\nb\u{1b}[31m",
            &"é".repeat(300),
            "",
            "/",
            "~",
            "-rf",
        ] {
            let file = file_name(&dump("112000000015"), Some(name));
            assert_eq!(Path::new(&file).components().count(), 1, "{file}");
            assert!(file.len() < 200 && file.starts_with("112000000015-"), "{file}");
            assert!(!file.contains(['/', '\\', '\n', '\u{1b}']), "{file}");
        }
    }

    #[test]
    fn identifiers_that_must_be_changed_stay_apart() {
        let names: std::collections::HashSet<String> =
            ["a/b", "a?b", "a_b", "a b", &"a".repeat(300), &"a".repeat(301)]
                .map(|object| file_name(&dump(object), Some("n")))
                .into();
        assert_eq!(names.len(), 6, "{names:?}");
        assert!(names.iter().all(|name| name.len() < 200), "{names:?}");
    }
}
