//! A program for a target whose bytes depend on the source alone, wherever it is built.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::PROGRAM;
use crate::platform::{GNU, MUSL, MUSL_ARM, Toolchain, WINDOWS, Wine};

/// When everything was made, for tools that write it down: never now.
const NO_TIME: &str = "0";

/// The static target of this machine: musl where it can be built.
pub(crate) fn static_target() -> Result<Toolchain, String> {
    Toolchain::find(MUSL).or_else(|_| Toolchain::find(GNU))
}

/// Builds the source in this folder, and returns the path of the program.
pub(crate) fn build(toolchain: &Toolchain, source: &Path, target_folder: &Path) -> Result<PathBuf, String> {
    // Messages of panics hold the paths of source files.
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|folder| folder.join(".cargo")));
    let mut flags = Vec::new();
    let folders = [(toolchain.sysroot(), "rust"), (home, "cargo"), (Some(source.to_owned()), PROGRAM)];
    for (folder, name) in folders {
        if let Some(folder) = folder {
            flags.push(format!("--remap-path-prefix={}=/{name}", folder.display()));
        }
    }
    let mut command = toolchain.command("build", &flags);
    command.current_dir(source).args(["--release", "--package", PROGRAM]);
    command.arg("--target-dir").arg(target_folder).env("SOURCE_DATE_EPOCH", NO_TIME);
    let status =
        command.arg("--quiet").status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("{PROGRAM} cannot be built for {}", toolchain.target));
    }
    let suffix = if toolchain.target == WINDOWS { ".exe" } else { "" };
    Ok(target_folder.join(toolchain.target).join("release").join(format!("{PROGRAM}{suffix}")))
}

/// Copies what git knows to another folder, to build it there.
pub(crate) fn copy_source(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", to.display());
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(from)
        .output()
        .map_err(failed)?;
    for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
        let target = to.join(name);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        match fs::copy(from.join(name), target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Runs the program where this machine can, and says how.
pub(super) fn try_to_run(target: &str, program: &Path) -> Result<&'static str, String> {
    let (mut command, how) = match target {
        MUSL | GNU if cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            (Command::new(program), "yes")
        }
        MUSL_ARM if cfg!(all(target_os = "linux", target_arch = "aarch64")) => (Command::new(program), "yes"),
        WINDOWS => match Wine::find() {
            Ok(wine) => {
                let mut command = wine.command();
                command.arg(program);
                (command, "with wine")
            }
            Err(_) => return Ok("no: only linked"),
        },
        _ => return Ok("no: only linked"),
    };
    let output = command.arg("--version").stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let expected = format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
    if String::from_utf8_lossy(&output.stdout).trim_end() != expected {
        return Err(format!("{}: --version prints no {expected}: {output:?}", program.display()));
    }
    Ok(how)
}
