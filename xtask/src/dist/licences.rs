//! Every crate in the program, with its version and licence, and the texts that the licences ask to hand on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::completions::{items, text};
use crate::cargo::{PROGRAM, cargo};
use crate::platform::{GNU, MUSL, MUSL_ARM};

/// How the names of files that hold a licence begin, in lower case.
const LICENCE_FILES: &[&str] = &["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// Between two texts.
const RULE: &str = "--------------------------------------------------------------------------------";

/// What an archive says about the crates of others in the program.
pub(super) struct Licences {
    /// A line for each crate.
    pub(super) list: String,
    /// The text of each licence, once, with the crates that have it.
    pub(super) texts: String,
    /// The number of crates.
    pub(super) crates: usize,
}

/// Reads them for a target.
pub(super) fn collect(target: &str) -> Result<Licences, String> {
    let tree = ["tree", "--package", PROGRAM, "--edges", "normal,no-proc-macro", "--prefix", "none"];
    let tree = output(cargo().args(tree).args(["--locked", "--target", target, "--format", "{p}\t{l}"]))?;
    let crates: BTreeSet<Crate> = tree.lines().filter_map(crate_line).collect::<Result<_, _>>()?;
    let list = crates.iter().map(|one| format!("{:<24}  {:<12}  {}\n", one.name, one.version, one.licence));
    let list = list.collect::<String>();

    let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", target];
    let metadata = serde_json::from_str(&output(cargo().args(metadata))?);
    let metadata: Value = metadata.map_err(|error| format!("cargo metadata: {error}"))?;
    let folders: BTreeMap<(&str, &str), PathBuf> = items(&metadata, "packages")
        .iter()
        .map(|package| {
            let folder = Path::new(text(package, "manifest_path")).with_file_name("");
            ((text(package, "name"), text(package, "version")), folder)
        })
        .collect();
    let mut named = Vec::new();
    for Crate { name, version, .. } in &crates {
        let folder = folders.get(&(name.as_str(), version.as_str()));
        let folder = folder.ok_or_else(|| format!("cargo metadata does not name {name} {version}"))?;
        named.push((format!("{name} {version}"), folder.clone()));
    }
    let title = format!("The crates in {PROGRAM} for {target}, each with");
    Ok(Licences {
        list: format!("{title} its version and licence:\n\n{list}"),
        texts: format!("{title} the texts of its licence. {}\n\n{}", linked_too(target), texts(&named)?),
        crates: crates.len(),
    })
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Crate {
    name: String,
    version: String,
    licence: String,
}

/// `None` for the packages of the workspace, which have a path.
fn crate_line(line: &str) -> Option<Result<Crate, String>> {
    let (name, licence) = line.trim_end_matches(" (*)").split_once('\t')?;
    if name.contains('(') {
        return None;
    }
    if licence.is_empty() {
        return Some(Err(format!("{name} names no licence")));
    }
    let (name, version) = name.split_once(" v")?;
    Some(Ok(Crate { name: name.to_owned(), version: version.to_owned(), licence: licence.to_owned() }))
}

/// What is in the program and is no crate.
fn linked_too(target: &str) -> String {
    let c_library = match target {
        MUSL | MUSL_ARM => ", and musl (MIT)",
        GNU => ", and glibc (LGPL-2.1-or-later)",
        _ => "",
    };
    format!("Linked in too: the standard library of Rust (MIT OR Apache-2.0){c_library}.")
}

/// The texts in the folders of these crates: each once, below all files that hold it, by the first of these.
fn texts(crates: &[(String, PathBuf)]) -> Result<String, String> {
    let mut holders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, folder) in crates {
        let mut files = Vec::new();
        let failed = |error| format!("{}: {error}", folder.display());
        licence_files(folder, &mut files).map_err(failed)?;
        if files.is_empty() {
            return Err(format!("{name} has no file with its licence in {}", folder.display()));
        }
        for file in files {
            let content = fs::read(&file).map_err(failed)?;
            let content = String::from_utf8_lossy(&content).replace("\r\n", "\n");
            let file = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            holders.entry(content.trim_end().to_owned()).or_default().insert(format!("{name}: {file}"));
        }
    }
    let mut sorted: Vec<_> = holders.into_iter().map(|(text, files)| (files, text)).collect();
    sorted.sort();
    let section = |(files, text): (BTreeSet<String>, String)| {
        let files = files.into_iter().map(|file| file + "\n").collect::<String>();
        format!("{RULE}\n{files}\n{text}\n\n")
    };
    Ok(sorted.into_iter().map(section).collect())
}

/// The files with licences, also those of code that the crate took over from others, in folders of its own.
fn licence_files(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() {
            licence_files(&path, found)?;
        }
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_source = [".rs", ".c", ".h", ".py"].iter().any(|suffix| name.ends_with(suffix));
        if kind.is_file() && !is_source && LICENCE_FILES.iter().any(|start| name.starts_with(start)) {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_listed_once_with_its_licence_and_one_without_is_an_error() {
        let line = |text| {
            crate_line(text).map(|line| line.map(|one| [one.name, one.version, one.licence].join(" ")))
        };
        assert_eq!(
            line("ring v0.17.14\tApache-2.0 AND ISC (*)"),
            Some(Ok("ring 0.17.14 Apache-2.0 AND ISC".into()))
        );
        assert_eq!(line("anaplan-dump v0.1.0 (/somewhere)\tMIT"), None);
        assert!(line("left-pad v1.0.0\t").is_some_and(|line| line.is_err()));
    }

    #[test]
    fn a_text_that_several_crates_share_is_there_once_below_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let crates = ["b 2.0.0", "a 1.0.0"].map(|name| (name.to_owned(), folder.path().join(name)));
        for (name, content) in [
            ("b 2.0.0/LICENSE-MIT", "Copyright B\n"),
            ("b 2.0.0/LICENSE-APACHE", "Apache\n"),
            ("b 2.0.0/src/licence.rs", "fn main() {}"),
            ("b 2.0.0/Cargo.toml", "[package]"),
            ("a 1.0.0/license-apache-2.0", "Apache\r\n\r\n"),
            ("a 1.0.0/third_party/c/NOTICE", "Copyright C"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let expected = format!(
            "{RULE}\na 1.0.0: license-apache-2.0\nb 2.0.0: LICENSE-APACHE\n\nApache\n\n\
             {RULE}\na 1.0.0: third_party/c/NOTICE\n\nCopyright C\n\n\
             {RULE}\nb 2.0.0: LICENSE-MIT\n\nCopyright B\n\n"
        );
        assert_eq!(texts(&crates), Ok(expected));

        fs::remove_dir_all(folder.path().join("a 1.0.0/third_party")).unwrap();
        fs::remove_file(folder.path().join("a 1.0.0/license-apache-2.0")).unwrap();
        assert!(texts(&crates).is_err_and(|why| why.starts_with("a 1.0.0 has no file")));
    }

    // Elsewhere cargo may not have these crates yet, and would download them.
    #[cfg(target_os = "linux")]
    #[test]
    fn every_crate_of_the_program_brings_the_text_of_its_licence() {
        let licences = collect(GNU).unwrap();
        let listed: Vec<_> = licences.list.lines().filter(|line| line.contains("  ")).collect();
        assert_eq!(listed.len(), licences.crates);
        for line in listed {
            let name = line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
            assert!(licences.texts.contains(&format!("\n{name}: ")), "{name} has no text");
        }
        assert!(licences.texts.contains("ring 0.17"), "{}", licences.list);
        assert!(linked_too(MUSL).contains("musl (MIT)"));
    }
}
