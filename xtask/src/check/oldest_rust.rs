//! A build with the oldest Rust that the workspace promises to support.

use std::process::Command;

use crate::cargo::in_workspace;

/// As `rust-version` in Cargo.toml says.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// The command that builds everything with it, or why there is none.
pub(super) fn command() -> Result<Command, String> {
    let listed = Command::new("rustup").args(["toolchain", "list"]).output();
    let listed = listed.map_err(|error| format!("rustup cannot be started: {error}"))?;
    let toolchain = installed(&String::from_utf8_lossy(&listed.stdout), OLDEST)
        .ok_or_else(|| format!("Rust {OLDEST} is not installed: rustup toolchain install {OLDEST}"))?;
    let mut command = in_workspace("rustup");
    command.args(["run", &toolchain, "cargo", "check", "--workspace", "--all-targets", "--locked"]);
    Ok(command)
}

/// The name of the toolchain with this version, with or without a patch number.
fn installed(list: &str, version: &str) -> Option<String> {
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    let mut fitting = names.filter(|name| {
        name.strip_prefix(version).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
    });
    fitting.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolchain_is_found_by_its_version() {
        let list = "stable-x86_64-unknown-linux-gnu (active, default)\n1.8-x86_64\n1.89.0-x86_64-unknown-linux-gnu\n";
        assert_eq!(installed(list, "1.89").as_deref(), Some("1.89.0-x86_64-unknown-linux-gnu"));
        assert_eq!(installed(list, "1.90"), None);
    }
}
