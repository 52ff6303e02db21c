//! The workspace, and the cargo that builds it.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The name of the program.
pub(crate) const PROGRAM: &str = "anaplan-dump";

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable; an executable that is started by hand remembers where it was built.
    let mut folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()).into();
    PathBuf::pop(&mut folder);
    folder
}

/// Cargo in the folder of the workspace.
pub(crate) fn cargo() -> Command {
    in_workspace(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// A program in the folder of the workspace.
pub(crate) fn in_workspace(program: impl Into<OsString>) -> Command {
    // What the outer cargo says about this package would make build scripts run again that watch these
    // variables (ring's does), at each switch between `cargo` and `cargo xtask`.
    let mut command = without(program, |name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
    command.current_dir(root());
    command
}

/// A command that sees neither the settings of the person who starts it nor a proxy: the service is on this machine.
pub(crate) fn clean_command(program: impl Into<OsString>) -> Command {
    without(program, |name| name.starts_with("ANAPLAN_") || name.ends_with("_PROXY"))
}

/// A command that does not see these variables; their names are given in capitals.
fn without(program: impl Into<OsString>, is_hidden: impl Fn(&str) -> bool) -> Command {
    let mut command = Command::new(program.into());
    for (name, _) in env::vars_os().filter(|(name, _)| is_hidden(&name.to_string_lossy().to_ascii_uppercase())) {
        command.env_remove(name);
    }
    command
}

/// What a command prints, or why there is nothing.
pub(crate) fn printed(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot start {name}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Builds the program with these additional arguments. Returns the path of the executable.
pub(crate) fn build_program(arguments: &[&str]) -> Result<PathBuf, String> {
    // Built together, both take the crates that this package has built already; alone, the program asks for fewer of
    // their features, and half of them would be built again.
    let arguments = if arguments.is_empty() { &["--package", "xtask"] } else { arguments };
    let mut build = cargo();
    build.args(["build", "--locked", "--package", PROGRAM, "--message-format", "json-render-diagnostics"]);
    let messages = printed(build.args(arguments).stderr(Stdio::inherit()));
    let messages = messages.map_err(|_| format!("{PROGRAM} cannot be built"))?;
    // Cargo knows where its target folder is and how an executable is called there.
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == PROGRAM)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| format!("cargo names no executable of {PROGRAM}"))
}
