//! What no compiler looks at: the changelog, the licences, paths of somebody's machine, commands in the README.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cargo::root;

/// Beginnings of paths that exist on one machine only, in two parts so that this file does not contain them.
const MACHINE_PATHS: &[(&str, &str)] = &[("/ro", "ot/"), ("/wo", "rk/")];

/// Where commands are written for people and machines to run.
const WITH_COMMANDS: &[&str] = &["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run"];

/// All checks of this kind, each failure on a line.
pub(super) fn check(tasks: &[&str]) -> Result<(), String> {
    let root = root();
    let mut failures = Vec::new();
    for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
        if !root.join(name).is_file() {
            failures.push(format!("{name} is missing"));
        }
    }
    match fs::read_to_string(root.join("CHANGELOG.md")) {
        Ok(text) if has_entry(&text, env!("CARGO_PKG_VERSION")) => {}
        Ok(_) => failures.push("CHANGELOG.md has neither `## Unreleased` nor the current version".to_owned()),
        Err(error) => failures.push(format!("CHANGELOG.md: {error}")),
    }
    for name in WITH_COMMANDS {
        match fs::read_to_string(root.join(name)) {
            Ok(text) => failures.extend(
                unknown_tasks(&text, tasks)
                    .iter()
                    .map(|task| format!("{name}: there is no `cargo xtask {task}`")),
            ),
            Err(error) => failures.push(format!("{name}: {error}")),
        }
    }
    for name in files(&root)? {
        // A file that was deleted but is still in git's list has no content to look at.
        let Ok(content) = fs::read(root.join(&name)) else { continue };
        failures.extend(machine_paths(&content).map(|line| format!("{name}:{line}: a path of one machine")));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn has_entry(changelog: &str, version: &str) -> bool {
    changelog.lines().filter_map(|line| line.strip_prefix("## ")).any(|title| {
        title.split_whitespace().next().is_some_and(|word| word == "Unreleased" || word == version)
    })
}

/// The words after `cargo xtask` that name no task.
fn unknown_tasks<'a>(text: &'a str, tasks: &[&str]) -> Vec<&'a str> {
    text.split("cargo xtask ")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or(""))
        .filter(|task| !task.is_empty() && !task.starts_with('-') && !tasks.contains(task))
        .collect()
}

/// The files that are in git or could be added; none in a source archive without git.
fn files(root: &Path) -> Result<Vec<String>, String> {
    if !root.join(".git").exists() {
        return Ok(Vec::new());
    }
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot start git: {error}"))?;
    if !output.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let names = String::from_utf8_lossy(&output.stdout);
    Ok(names.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The lines, counted from 1, on which a path of one machine begins.
fn machine_paths(content: &[u8]) -> impl Iterator<Item = usize> {
    content
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .filter(|(line, _)| MACHINE_PATHS.iter().any(|(first, second)| begins_path(line, first, second)))
        .map(|(_, number)| number)
}

/// Whether this absolute path begins somewhere in the line, rather than in the middle of another path or URL.
fn begins_path(line: &[u8], first: &str, second: &str) -> bool {
    let path = [first.as_bytes(), second.as_bytes()].concat();
    line.windows(path.len()).enumerate().any(|(index, window)| {
        let before = index.checked_sub(1).map(|before| line[before]);
        window == path && before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"._-~}".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_mentions_the_version_or_what_comes() {
        assert!(has_entry("# Changelog\n\n## Unreleased\n", "0.1.0"));
        assert!(has_entry("## 0.1.0 (2026-01-01)\n", "0.1.0"));
        assert!(!has_entry("## 0.1.0\nUnreleased\n", "0.2.0"));
    }

    #[test]
    fn commands_that_do_not_exist_are_found() {
        let text = "`cargo xtask test`, cargo xtask tset --only fmt\ncargo xtask demo.\ncargo xtask --help";
        assert_eq!(unknown_tasks(text, &["test", "demo"]), ["tset"]);
    }

    #[test]
    fn paths_of_one_machine_are_found_by_line() {
        let text = ["first", "see /wo", "rk/x and a/wo", "rk/y", "\n/ro", "ot/z"].concat();
        let lines: Vec<_> = machine_paths(text.replace("first", "first\n").as_bytes()).collect();
        assert_eq!(lines, [2, 3]);
        let relative = ["frame", "/wo", "rk/x ~/wo", "rk/"].concat();
        assert_eq!(machine_paths(relative.as_bytes()).count(), 0);
    }
}
