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

use crate::cargo::{PROGRAM, build_program, root};
use crate::format::grouped;
use archive::Entry;
pub(crate) use build::{build, static_target};

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
        let (name, bytes, crates) = pack(target, &program, &shared)?;
        let path = output.join(&name);
        fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let [program, archive] = [size, bytes.len() as u64].map(grouped);
        println!("{}: {archive} bytes; the program {program} bytes, from {crates} crates", path.display());
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
        let output = Command::new(&program).args(arguments).output().map_err(|error| error.to_string())?;
        let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success());
        Ok::<_, String>(Entry::text(name, text.ok_or_else(|| format!("{PROGRAM} {arguments:?} failed"))?))
    };
    let mut entries = vec![print("anaplan-dump.1", &["man"])?];
    for (name, shell) in COMPLETIONS {
        entries.push(print(&format!("completions/{name}"), &["completion", shell])?);
    }
    for name in ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"] {
        let content = fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))?;
        entries.push(Entry::text(name, content));
    }
    Ok(entries)
}

/// The name and the bytes of an archive, and the number of crates in the program.
fn pack(target: &str, program: &Path, shared: &[Entry]) -> Result<(String, Vec<u8>, usize), String> {
    let content = fs::read(program).map_err(|error| format!("{}: {error}", program.display()))?;
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let licences = licences::collect(target)?;
    let program = Entry { name, content, mode: 0o755 };
    let crates = Entry::text("CRATES.txt", licences.list);
    let mut entries = vec![program, crates, Entry::text("LICENCES.txt", licences.texts)];
    entries.extend_from_slice(shared);
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let folder = format!("{PROGRAM}-{}-{target}", env!("CARGO_PKG_VERSION"));
    let (suffix, bytes) = match target.contains("windows") {
        true => ("zip", archive::zip(&folder, &entries)),
        false => ("tar.gz", archive::tar_gz(&folder, &entries)),
    };
    let bytes = bytes.map_err(|error| format!("{folder}: {error}"))?;
    Ok((format!("{folder}.{suffix}"), bytes, licences.crates))
}

/// A line for each archive of this version in the folder, also for those that an earlier run left there.
fn sums(output: &Path) -> std::io::Result<String> {
    let start = format!("{PROGRAM}-{}-", env!("CARGO_PKG_VERSION"));
    let mut lines = BTreeMap::new();
    for entry in fs::read_dir(output)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&start) {
            let sum = digest(&SHA256, &fs::read(output.join(&name))?);
            let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
            lines.insert(name.clone(), format!("{sum}  {name}\n"));
        }
    }
    Ok(lines.into_values().collect())
}
