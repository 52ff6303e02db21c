//! What no compiler looks at: paths of one machine, plain words, long lines, and tasks that the documents name.

use std::path::Path;

use crate::cargo::{in_workspace, root};

/// Words that a reader has to decode. Each has a plain one: a user, another, the result of, is said, is in, after.
const WORDS: &str = "who[e]ver|nobod[y]|somebod[y]|of (its|their) own|of one's[ ]own|(became|came|comes) of\
                     |(is|are) told|stands i[n]|stands? there|behind (it|the)|left behin[d]";

/// What no line may have: what it is, and how `git grep` is asked for it, with the files at the end. No pattern fits
/// itself. A line of a table, or with an address or a picture, cannot be broken.
const RULES: [(&str, &[&str]); 3] = [
    ("a path of one machine", &["-e", "(^|[^a-z0-9._~}-])/(root|work)/", "--", "."]),
    ("a word to decode", &["-e", WORDS, "--", "*.rs", "*.md"]),
    ("a long line", &["-e", "^.{121}", "--and", "--not", "-e", r"^\||://|^!\[", "--", "*.rs", "*.md"]),
];

/// Looks at every file that is in git or could be added; each failure is a line.
pub(super) fn check(tasks: &[&str]) -> Result<String, String> {
    let mut failures = broken(&root(), "--untracked")?;
    // Where tasks are written for people and machines to run.
    let named = lines(&root(), "--untracked", &["-oe", "cargo xtask [a-z][a-z-]*", "--", "*.md", ".ci/*"])?;
    let is_known = |line: &&String| line.rsplit(' ').next().is_some_and(|task| tasks.contains(&task));
    failures.extend(named.iter().filter(|line| !is_known(line)).map(|line| format!("{line}: there is no such task")));
    if failures.is_empty() { Ok(String::new()) } else { Err(failures.join("\n")) }
}

/// The lines in a folder that break a rule.
fn broken(folder: &Path, scope: &str) -> Result<Vec<String>, String> {
    let mut failures = Vec::new();
    for (what, asked) in RULES {
        failures.extend(lines(folder, scope, asked)?.into_iter().map(|line| format!("{line}: {what}")));
    }
    Ok(failures)
}

/// The lines that `git grep` finds, each after its file and its number.
fn lines(folder: &Path, scope: &str, asked: &[&str]) -> Result<Vec<String>, String> {
    // Characters are counted, not bytes.
    let mut git = in_workspace("git");
    git.current_dir(folder).env("LC_ALL", "C.UTF-8").args(["grep", "-IniE", scope]).args(asked);
    let output = git.output().map_err(|error| format!("cannot start git: {error}"))?;
    match output.status.code() {
        // 1 where there are none.
        Some(0 | 1) => Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn each_rule_finds_the_lines_that_break_it() {
    let folder = tempfile::tempdir().unwrap();
    let long = "ü".repeat(121);
    let text = format!("who~ever stands\n{long}\n{}\n(/ro~ot/z)\na/wo~rk/y\n| {long}", &long[2..]);
    std::fs::write(folder.path().join("a.md"), text.replace('~', "")).unwrap();
    let found = broken(folder.path(), "--no-index").unwrap();
    let places: Vec<_> = found.iter().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(places, ["4", "1", "2"], "{found:?}");
}
