//! Every crate in the program, with its version and licence, and the texts that the licences ask to hand on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{GNU, MUSL, MUSL_ARM};
use crate::cargo::{PROGRAM, cargo, printed};

/// How the names of files that hold a licence begin, in lower case.
const LICENCE_FILES: [&str; 6] = ["license", "licence", "copying", "copyright", "notice", "unlicense"];

/// What is linked in that is no crate, with its copyright; its licence is that of `LICENSE-MIT`.
const STD: &str = "the standard library of Rust: Copyright (c) The Rust Project Contributors";
const MUSL_LIBRARY: &str = "musl: Copyright (c) 2005-2020 Rich Felker, et al.";

/// What an archive says about the crates of others in the program: a line for each, the text of each licence once,
/// with the crates that have it, the same as a CycloneDX document, and the number of crates.
pub(super) struct Licences {
    pub(super) list: String,
    pub(super) texts: String,
    pub(super) sbom: String,
    pub(super) crates: usize,
}

/// Reads them for a target.
pub(super) fn collect(target: &str) -> Result<Licences, String> {
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", PROGRAM, "--edges", "normal,no-proc-macro", "--prefix", "none"]);
    let tree = printed(tree.args(["--format", "{p}\t{l}", "--target", target]))?;
    let metadata = ["metadata", "--locked", "--format-version", "1", "--filter-platform", target];
    let metadata = printed(cargo().args(metadata))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let folder = |name: &str, version: &str| {
        let mut packages = metadata["packages"].as_array().into_iter().flatten();
        let found = packages.find(|one| one["name"] == name && one["version"] == version);
        let found = found.ok_or_else(|| format!("cargo metadata does not name {name} {version}"))?;
        Ok::<_, String>(Path::new(found["manifest_path"].as_str().unwrap_or_default()).with_file_name(""))
    };
    let (mut list, mut folders, mut components) = (String::new(), Vec::new(), Vec::new());
    let lines: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    for line in lines {
        let (package, licence) = line.split_once('\t').unwrap_or((line, ""));
        // A package of the workspace has its path after its version.
        let Some((name, version)) = package.split_once(" v").filter(|_| !package.contains('(')) else {
            continue;
        };
        if licence.is_empty() {
            return Err(format!("{package} names no licence"));
        }
        list += &format!("{name:<24}  {version:<12}  {licence}\n");
        folders.push((format!("{name} {version}"), folder(name, version)?));
        components.push(json!({
            "type": "library",
            "name": name,
            "version": version,
            "purl": format!("pkg:cargo/{name}@{version}"),
            "licenses": [{ "expression": licence.replace('/', " OR ") }],
        }));
    }
    let musl = if [MUSL, MUSL_ARM].contains(&target) { MUSL_LIBRARY } else { "" };
    let glibc = if target == GNU { "Linked in under the LGPL-2.1-or-later: glibc." } else { "" };
    let program = json!({ "type": "application", "name": PROGRAM, "version": env!("CARGO_PKG_VERSION") });
    let sbom = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": program },
        "components": components,
    });
    let title = format!("The crates in {PROGRAM} for {target}, each with");
    Ok(Licences {
        list: format!("{title} its version and licence:\n\n{list}"),
        texts: format!(
            "{title} the texts of its licence. Linked in too, under the text of LICENSE-MIT with another copyright:\n\
             {STD}\n{musl}\n{glibc}\n\n{}",
            texts(&folders)?
        ),
        sbom: format!("{sbom:#}\n"),
        crates: folders.len(),
    })
}

/// The texts in the folders of these crates: each once, below the names of all files that hold it.
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
            holders.entry(content.trim_end().to_owned()).or_default().insert(format!("{name}: {file}\n"));
        }
    }
    let sorted: BTreeMap<_, _> = holders.into_iter().map(|(text, files)| (files, text)).collect();
    let rule = "-".repeat(80);
    let section = |(files, text): (BTreeSet<String>, String)| {
        format!("{rule}\n{}\n{text}\n\n", files.into_iter().collect::<String>())
    };
    Ok(sorted.into_iter().map(section).collect())
}

/// The files with licences, also those in folders with code that the crate took over from others.
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

// On other systems cargo may lack these crates, and would download them.
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
}
