//! `cargo xtask dist`: what people take away. For each target an archive with the program, what it needs to be
//! used, and what its licences ask for; the same commit gives the same bytes.

mod archive;
mod build;
mod chroot;
mod completions;
mod licences;
mod manual;
mod name_server;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use argh::FromArgs;
use ring::digest::{SHA256, digest};
use serde_json::Value;

use crate::cargo::{PROGRAM, build_program, root};
use crate::format::grouped;
use crate::platform::{GNU, MUSL, TARGETS, Toolchain, WINDOWS};
use archive::Entry;
pub(crate) use build::{build, copy_source, static_target};
pub(crate) use chroot::check as check_chroot;
use licences::Licences;

/// Maximum size of a program in bytes: what somebody waits for, and what a change may not double unseen.
const SIZE_BUDGETS: &[(&str, u64)] = &[(MUSL, 2_200_000), (GNU, 3_200_000)];

/// build static programs, and pack each with manual, completions and licences
#[derive(FromArgs)]
#[argh(subcommand, name = "dist")]
pub(crate) struct Dist {
    /// target to build for; may be repeated (default: all that this machine can build for)
    #[argh(option)]
    target: Vec<String>,
    /// folder of the archives (default: target/dist)
    #[argh(option)]
    output: Option<PathBuf>,
}

/// Builds, packs and prints a table.
pub(crate) fn run(arguments: &Dist) -> Result<(), String> {
    let output = arguments.output.clone().unwrap_or_else(|| root().join("target/dist"));
    fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let mut toolchains = Vec::new();
    for target in TARGETS {
        let is_named = arguments.target.iter().any(|named| named == target);
        // One for Linux on this kind of machine is enough.
        let is_fallback = target == GNU && toolchains.iter().any(|other: &Toolchain| other.target == MUSL);
        if !is_named && (!arguments.target.is_empty() || is_fallback) {
            continue;
        }
        match Toolchain::find(target) {
            Ok(toolchain) => toolchains.push(toolchain),
            Err(why) if is_named => return Err(why),
            Err(why) => println!("left out: {target}: {why}"),
        }
    }
    if let Some(unknown) = arguments.target.iter().find(|named| !TARGETS.contains(&named.as_str())) {
        Toolchain::find(unknown)?;
    }
    let shared = shared_entries()?;
    let mut lines = Vec::new();
    for toolchain in &toolchains {
        println!("Building for {} ({}) ...", toolchain.target, toolchain.name);
        let program = build(toolchain, &root(), &root().join("target/dist/build"))?;
        let size = check_size(toolchain.target, &program)?;
        let licences = licences::collect(toolchain.target)?;
        let crates = licences.crates;
        let (name, bytes) = pack(toolchain.target, &program, &shared, licences)?;
        let path = output.join(&name);
        fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let ran = build::try_to_run(toolchain.target, &program)?;
        lines.push(format!(
            "{:<28}{:>11}{:>11}{crates:>8}  {:<24}{ran}",
            toolchain.target,
            grouped(size),
            grouped(bytes.len() as u64),
            toolchain.name
        ));
    }
    let sums = sums(&output)?;
    let path = output.join("SHA256SUMS");
    fs::write(&path, &sums).map_err(|error| format!("{}: {error}", path.display()))?;
    println!(
        "\n{:<28}{:>11}{:>11}{:>8}  {:<24}run here",
        "target", "program", "archive", "crates", "built with"
    );
    println!("{}\n\n{sums}", lines.join("\n"));
    println!("in {}", output.display());
    Ok(())
}

/// The size of a program, if it keeps to its budget.
pub(crate) fn check_size(target: &str, program: &Path) -> Result<u64, String> {
    let size = fs::metadata(program).map_err(|error| format!("{}: {error}", program.display()))?.len();
    match SIZE_BUDGETS.iter().find(|(name, _)| *name == target) {
        Some((_, budget)) if size > *budget => {
            Err(format!("{target}: {} bytes, {} allowed", grouped(size), grouped(*budget)))
        }
        _ => Ok(size),
    }
}

/// What stands beside the program in every archive.
fn shared_entries() -> Result<Vec<Entry>, String> {
    let mut entries = Vec::new();
    for name in ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        let content = fs::read(root().join(name)).map_err(|error| format!("{name}: {error}"))?;
        entries.push(Entry::file(name, content));
    }
    let line = command_line()?;
    entries.push(Entry::file(&format!("{PROGRAM}.1"), manual::page(&line)));
    for (name, text) in completions::all(&line) {
        entries.push(Entry::file(&format!("completions/{name}"), text));
    }
    Ok(entries)
}

/// The command line as the program itself describes it.
pub(crate) fn command_line() -> Result<Value, String> {
    let program = build_program(&["--features", "describe"])?;
    let output = std::process::Command::new(program).output().map_err(|error| error.to_string())?;
    serde_json::from_slice(&output.stdout).map_err(|error| format!("the description of {PROGRAM}: {error}"))
}

/// The folder in an archive, and what the name of the archive adds to it.
fn names(target: &str) -> (String, &'static str) {
    let suffix = if target == WINDOWS { "zip" } else { "tar.gz" };
    (format!("{PROGRAM}-{}-{target}", env!("CARGO_PKG_VERSION")), suffix)
}

/// A line for each archive of this version in the folder, also for those that an earlier run left there.
fn sums(output: &Path) -> Result<String, String> {
    let mut sums = String::new();
    for (folder, suffix) in TARGETS.into_iter().map(names) {
        let name = format!("{folder}.{suffix}");
        match fs::read(output.join(&name)) {
            Ok(bytes) => sums += &format!("{}  {name}\n", sha256(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", output.join(&name).display())),
        }
    }
    Ok(sums)
}

/// The name and the bytes of an archive.
fn pack(
    target: &str,
    program: &Path,
    shared: &[Entry],
    licences: Licences,
) -> Result<(String, Vec<u8>), String> {
    let content = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let is_windows = target == WINDOWS;
    let mut entries = vec![
        Entry::program(&format!("{PROGRAM}{}", if is_windows { ".exe" } else { "" }), content),
        Entry::file("CRATES.txt", licences.list),
        Entry::file("LICENCES.txt", licences.texts),
    ];
    entries.extend_from_slice(shared);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let (folder, suffix) = names(target);
    let bytes = if is_windows { archive::zip(&folder, &entries) } else { archive::tar_gz(&folder, &entries) };
    bytes.map(|bytes| (format!("{folder}.{suffix}"), bytes)).map_err(|error| format!("{folder}: {error}"))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_cover_archives_that_an_earlier_run_left() {
        let folder = tempfile::tempdir().unwrap();
        let archives = [MUSL, WINDOWS].map(names).map(|(folder, suffix)| format!("{folder}.{suffix}"));
        let old = format!("{PROGRAM}-0.0.1-{MUSL}.tar.gz");
        for name in archives.iter().chain([&old]) {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let expected = archives.map(|name| format!("{}  {name}\n", sha256(name.as_bytes())));
        assert_eq!(sums(folder.path()), Ok(expected.concat()));
    }
}
