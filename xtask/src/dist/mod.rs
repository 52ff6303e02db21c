//! `cargo xtask dist`: what people take away. For each target an archive with the program, what it needs to be
//! used, and what its licences ask for; the same commit gives the same bytes.

mod archive;
mod build;
mod licences;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use argh::FromArgs;
use ring::digest::{SHA256, digest};

use crate::cargo::{PROGRAM, build_program, in_workspace, printed, root};
use archive::Entry;
pub(crate) use build::{build, static_target};
use licences::Licences;

/// Linux without a C library of the system's: one file that runs everywhere.
const MUSL: &str = "x86_64-unknown-linux-musl";
const MUSL_ARM: &str = "aarch64-unknown-linux-musl";
/// Linux with the C library of the system, linked into the file.
const GNU: &str = "x86_64-unknown-linux-gnu";

/// The files of completions, as each shell expects them to be called.
const COMPLETIONS: [(&str, &str); 4] = [
    ("anaplan-dump.bash", "bash"),
    ("_anaplan-dump", "zsh"),
    ("anaplan-dump.fish", "fish"),
    ("_anaplan-dump.ps1", "powershell"),
];

/// Targets for which there is a package of Debian, and their names there.
const DEBIAN: [(&str, &str); 2] = [(MUSL, "amd64"), (MUSL_ARM, "arm64")];

/// What describes the package, after its version.
const CONTROL: &str = "\
Maintainer: the anaplan-dump contributors
Section: utils
Priority: optional
Description: downloads the failure dumps of Anaplan processes
 The rows that your Anaplan imports rejected: byte for byte, by hand or from cron.
";

/// Where the package has a file that is not a document.
const INSTALLED: [(&str, &str); 5] = [
    (PROGRAM, "usr/bin/anaplan-dump"),
    ("anaplan-dump.1", "usr/share/man/man1/anaplan-dump.1"),
    ("completions/anaplan-dump.bash", "usr/share/bash-completion/completions/anaplan-dump"),
    ("completions/_anaplan-dump", "usr/share/zsh/vendor-completions/_anaplan-dump"),
    ("completions/anaplan-dump.fish", "usr/share/fish/vendor_completions.d/anaplan-dump.fish"),
];

/// What an archive says about its files.
const INSTALL: &str = "\
The program is one file: put it into a folder of PATH, such as /usr/local/bin.
The manual page belongs into /usr/local/share/man/man1.
The completions belong into
  bash        /usr/share/bash-completion/completions, as anaplan-dump
  zsh         a folder of fpath, as _anaplan-dump
  fish        ~/.config/fish/completions
  PowerShell  the profile: . PATH/_anaplan-dump.ps1
";

/// The variable with a program that builds for a target in the place of cargo.
const DIST_CARGO: &str = "DIST_CARGO";

/// build static programs, and pack each with manual, completions and licences
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "dist",
    note = "The standard library of a target comes with `rustup target add TARGET`; a C compiler for it is needed too. \
            DIST_CARGO names a program that builds in the place of cargo."
)]
pub(crate) struct Dist {
    /// target to build for, such as x86_64-pc-windows-gnu; may be repeated (default: the static one of this machine)
    #[argh(option)]
    target: Vec<String>,
    /// folder of the archives (default: target/dist)
    #[argh(option)]
    output: Option<PathBuf>,
}

/// Builds, packs and prints a line for each target.
pub(crate) fn run(arguments: &Dist) -> Result<(), String> {
    let output = arguments.output.clone().unwrap_or_else(|| root().join("target/dist"));
    fs::create_dir_all(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let usual = [static_target().to_owned()];
    let targets = if arguments.target.is_empty() { &usual[..] } else { &arguments.target };
    let shared = shared_entries()?;
    for target in targets {
        println!("Building for {target} ...");
        let (program, size) = build(target, &root(), &root().join("target/dist/build"))?;
        let licences = licences::collect(target)?;
        println!("{size} bytes, from {} crates", licences.crates);
        for (name, bytes) in pack(target, &program, licences, &shared)? {
            let path = output.join(&name);
            fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
            println!("{}: {} bytes", path.display(), bytes.len());
        }
    }
    let sums = sums(&output).map_err(|error| format!("{}: {error}", output.display()))?;
    let path = output.join("SHA256SUMS");
    println!("\n{}:\n{sums}", path.display());
    fs::write(&path, &sums).map_err(|error| format!("{}: {error}", path.display()))
}

/// What every archive holds beside the program.
fn shared_entries() -> Result<Vec<Entry>, String> {
    let program = build_program(&[])?;
    let print = |name: &str, arguments: &[&str]| {
        printed(Command::new(&program).args(arguments)).map(|text| Entry::text(name, text))
    };
    let mut entries = vec![print("anaplan-dump.1", &["man"])?];
    for (name, shell) in COMPLETIONS {
        entries.push(print(&format!("completions/{name}"), &["completion", shell])?);
    }
    for name in documents()? {
        let content = fs::read(root().join(&name)).map_err(|error| format!("{name}: {error}"))?;
        entries.push(Entry { name, content, mode: 0o644 });
    }
    Ok(entries)
}

/// What is written for users, all of it: its links lead from one to the other.
fn documents() -> Result<Vec<String>, String> {
    let docs = printed(in_workspace("git").args(["ls-files", "docs"]))?;
    let top = ["README.md", "CHANGELOG.md", "SECURITY.md", "Containerfile", "LICENSE-APACHE", "LICENSE-MIT"];
    Ok(top.into_iter().chain(docs.lines()).map(str::to_owned).collect())
}

/// Names and bytes of what is published for a target.
fn pack(target: &str, program: &Path, licences: Licences, shared: &[Entry]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let content = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut entries = vec![Entry { name, content, mode: 0o755 }];
    entries.push(Entry::text("CRATES.txt", licences.list));
    entries.push(Entry::text("LICENCES.txt", licences.texts));
    entries.push(Entry::text("INSTALL.txt", INSTALL.to_owned()));
    entries.extend_from_slice(shared);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let folder = format!("{PROGRAM}-{}-{target}", env!("CARGO_PKG_VERSION"));
    let failed = |error| format!("{folder}: {error}");
    let mut all = vec![(format!("{folder}.cdx.json"), licences.sbom.into_bytes())];
    match target.contains("windows") {
        true => all.push((format!("{folder}.zip"), archive::zip(&folder, &entries).map_err(failed)?)),
        false => all.push((format!("{folder}.tar.gz"), archive::tar_gz(&folder, &entries).map_err(failed)?)),
    }
    if let Some((_, architecture)) = DEBIAN.iter().find(|(name, _)| *name == target) {
        let version = env!("CARGO_PKG_VERSION");
        let control = format!("Package: {PROGRAM}\nVersion: {version}\nArchitecture: {architecture}\n{CONTROL}");
        for entry in &mut entries {
            let known = INSTALLED.iter().find(|(name, _)| *name == entry.name).map(|(_, path)| (*path).to_owned());
            entry.name = known.unwrap_or_else(|| format!("usr/share/doc/{PROGRAM}/{}", entry.name));
        }
        let deb = archive::deb(control, &entries).map_err(failed)?;
        all.push((format!("{PROGRAM}_{version}_{architecture}.deb"), deb));
    }
    Ok(all)
}

/// A line for each archive of this version in the folder, also for those that an earlier run left there.
fn sums(output: &Path) -> std::io::Result<String> {
    let starts = ["-", "_"].map(|rest| format!("{PROGRAM}{rest}{}", env!("CARGO_PKG_VERSION")));
    let mut lines = BTreeMap::new();
    for entry in fs::read_dir(output)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if starts.iter().any(|start| name.starts_with(start)) {
            let sum = digest(&SHA256, &fs::read(output.join(&name))?);
            let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            lines.insert(name.clone(), format!("{sum}  {name}\n"));
        }
    }
    Ok(lines.into_values().collect())
}
