//! The changelog names every command that the program has.

use std::fs;
use std::process::Command;

use crate::cargo::{PROGRAM, build_program, root};

/// Asks the program itself, so that no list can lag behind.
pub(super) fn check() -> Result<String, String> {
    let program = build_program(&["--quiet"])?;
    let output = Command::new(&program).arg("--help").output();
    let output = output.map_err(|error| format!("cannot start {}: {error}", program.display()))?;
    let help = String::from_utf8_lossy(&output.stdout);
    let commands = commands(&help);
    if commands.is_empty() {
        return Err(format!("`{PROGRAM} --help` names no commands:\n{help}"));
    }
    let changelog = fs::read_to_string(root().join("CHANGELOG.md"));
    let changelog = changelog.map_err(|error| format!("CHANGELOG.md: {error}"))?;
    let missing: Vec<_> = commands.iter().filter(|command| !names(&changelog, command)).copied().collect();
    if missing.is_empty() {
        return Ok(format!("{} commands", commands.len()));
    }
    Err(format!("CHANGELOG.md does not name as `code`: {}", missing.join(", ")))
}

/// The first words of the lines under `Commands:`; lines that go on are indented deeper.
fn commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    list.take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|line| !line.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

/// Whether a changelog names the command between backticks, in the section of any version: a command that was
/// released under an earlier one stays there.
fn names(changelog: &str, command: &str) -> bool {
    changelog.split('`').skip(1).step_by(2).any(|code| code.split_whitespace().any(|word| word == command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_from_the_help() {
        let help = "Usage: x\n\nOptions:\n  --help   usage\n\nCommands:\n  get      download a\n           dump\n  \
            tasks    list\n\nNotes:\n  Exit codes\n";
        assert_eq!(commands(help), ["get", "tasks"]);
        assert!(commands("Usage: x").is_empty());
    }

    #[test]
    fn only_code_names_a_command() {
        let changelog = "- The commands `get` and `run --timeout`; tasks are listed.";
        assert!(names(changelog, "get") && names(changelog, "run"));
        assert!(!names(changelog, "tasks") && !names(changelog, "time"));
    }
}
