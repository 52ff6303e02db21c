//! A program for a target whose bytes depend on the source alone, wherever it is built.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::{DIST_CARGO, GNU, MUSL};
use crate::cargo::{PROGRAM, cargo, in_workspace, printed};

/// Maximum size of a program in bytes: users wait for its download, and a change must not double it unseen.
const SIZE_BUDGETS: [(&str, u64); 2] = [(MUSL, 2_250_000), (GNU, 4_400_000)];

/// Linux without a C library of the system where that can be built, otherwise with the system's, linked in.
pub(crate) fn static_target() -> &'static str {
    let folder = print("rustc", &["--print", "target-libdir", "--target", MUSL]);
    let is_installed = folder.is_some_and(|folder| folder.is_dir());
    if is_installed || env::var_os(DIST_CARGO).is_some() { MUSL } else { GNU }
}

/// Builds the source in this folder, checks the program, and returns its path and its size.
pub(crate) fn build(target: &str, source: &Path, target_folder: &Path) -> Result<(PathBuf, u64), String> {
    let mut command = env::var_os(DIST_CARGO).map_or_else(cargo, in_workspace);
    command.current_dir(source).args(["build", "--quiet", "--locked", "--release", "--package", PROGRAM]);
    command.args(["--target", target, "--target-dir"]).arg(target_folder);
    // Messages of panics hold the paths of source files.
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|folder| folder.join(".cargo")));
    let sysroot = print("rustc", &["--print", "sysroot"]);
    let registries = fs::read_dir(home.clone().unwrap_or_default().join("registry/src"));
    let registries = registries.into_iter().flatten().flatten().map(|folder| (Some(folder.path()), "crates"));
    let folders = [(sysroot, "rust"), (home, "cargo"), (Some(source.to_owned()), PROGRAM)];
    let shorten =
        |(folder, name): (Option<PathBuf>, &str)| Some(format!("--remap-path-prefix={}={name}", folder?.display()));
    let mut flags: Vec<String> = folders.into_iter().chain(registries).filter_map(shorten).collect();
    if target == GNU {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    // Unlike in RUSTFLAGS, a path with a blank stays one flag. Tools that write down a time take this one.
    command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")).env("SOURCE_DATE_EPOCH", "0");
    let status = command.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("{PROGRAM} cannot be built for {target}"));
    }
    let suffix = if target.contains("windows") { ".exe" } else { "" };
    let program = target_folder.join(target).join("release").join(format!("{PROGRAM}{suffix}"));
    let bytes = fs::read(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    if wants_interpreter(&bytes) {
        return Err(format!("{}: the program is not static", program.display()));
    }
    let size = bytes.len() as u64;
    match SIZE_BUDGETS.iter().find(|(name, _)| *name == target) {
        Some((_, budget)) if size > *budget => Err(format!("{target}: {size} bytes, {budget} allowed")),
        _ => Ok((program, size)),
    }
}

/// Whether this is a program of Linux (ELF, 64 bits) with a header PT_INTERP, which names the program that loads
/// shared libraries.
fn wants_interpreter(elf: &[u8]) -> bool {
    const PT_INTERP: u64 = 3;
    let number = |at: u64, length: usize| -> Option<u64> {
        let bytes = elf.get(usize::try_from(at).ok()?..)?.get(..length)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let headers = || Some((number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?));
    let Some((start, size, count)) = headers().filter(|_| elf.starts_with(b"\x7fELF\x02\x01")) else {
        return false;
    };
    (0..count).any(|n| number(start + n * size, 4) == Some(PT_INTERP))
}

/// The path that a command prints.
fn print(program: &str, arguments: &[&str]) -> Option<PathBuf> {
    printed(Command::new(program).args(arguments)).ok().map(|path| PathBuf::from(path.trim_end()))
}

#[cfg(target_os = "linux")]
#[test]
fn the_interpreter_of_a_dynamic_program_is_found() {
    let this_test = fs::read(env::current_exe().unwrap()).unwrap();
    assert!(wants_interpreter(&this_test));
    assert!(!wants_interpreter(b"MZ") && !wants_interpreter(&this_test[..0x38]));
}
