//! What no compiler looks at: paths of one machine, tasks that the documents name, plain words, and long lines.

use std::fs;

use crate::cargo::{in_workspace, printed, root};

/// Beginnings of paths that exist on one machine only, in two parts so that this file does not contain them.
const MACHINE_PATHS: &[(&str, &str)] = &[("/ro", "ot/"), ("/wo", "rk/")];

/// Where tasks are written for people and machines to run.
const WITH_TASKS: &[&str] = &["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run"];

/// Words that a reader has to decode, and what says the same; in two parts, as above.
const WORDS: &[(&str, &str, &str)] = &[
    ("who", "ever", "name who it is"),
    ("nobo", "dy", "no user, or: we do not"),
    ("somebo", "dy", "a user"),
    ("of its", " own", "its own, another, separate"),
    ("of their", " own", "their own, others, separate"),
    ("of one", "'s own", "your own"),
    ("became", " of", "happened to"),
    ("came", " of", "the result of"),
    ("comes", " of", "the result of"),
    ("is", " told", "is said"),
    ("are", " told", "are said"),
    ("stands", " in", "is in"),
    ("stands", " there", "is there"),
    ("stand", " there", "are there"),
    ("behind", " it", "after it"),
    ("behind", " the", "after the"),
    ("left", " behind", "left"),
];

/// The longest line, in characters, of Rust and of prose.
const WIDTH: usize = 120;

/// Looks at every file that is in git or could be added; each failure is a line.
pub(super) fn check(tasks: &[&str]) -> Result<String, String> {
    let names = printed(in_workspace("git").args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
    let mut failures = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        // A file that was deleted but is still in git's list has no content to look at.
        let text = fs::read(root().join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        failures.extend(machine_paths(&text).map(|line| format!("{name}:{line}: a path of one machine")));
        if name.ends_with(".rs") || name.ends_with(".md") {
            failures.extend(prose(&text).map(|(line, what)| format!("{name}:{line}: {what}")));
        }
        if WITH_TASKS.contains(&name) {
            let unknown = unknown_tasks(&text, tasks);
            failures.extend(unknown.map(|task| format!("{name}: there is no `cargo xtask {task}`")));
        }
    }
    if failures.is_empty() { Ok(String::new()) } else { Err(failures.join("\n")) }
}

/// The lines, counted from 1, with words that a reader has to decode, or that are too long. A line of a table, or
/// with an address or a picture, cannot be broken.
fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    text.lines().zip(1..).flat_map(|(line, number)| {
        let lower = line.to_lowercase();
        let is_breakable = !line.starts_with('|') && !line.contains("://") && !line.starts_with("![");
        let is_long = line.chars().count() > WIDTH && is_breakable;
        let long = is_long.then(|| format!("longer than {WIDTH} characters"));
        let said = WORDS.iter().filter_map(move |(first, second, better)| {
            let words = format!("{first}{second}");
            lower.contains(&words).then(|| format!("\"{words}\": {better}"))
        });
        said.chain(long).map(move |what| (number, what)).collect::<Vec<_>>()
    })
}

/// The words after `cargo xtask` that name no task.
fn unknown_tasks<'a>(text: &'a str, tasks: &[&str]) -> impl Iterator<Item = &'a str> {
    let words = text.split("cargo xtask ").skip(1);
    let words = words.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next());
    words.filter(|word| !word.is_empty() && !word.starts_with('-') && !tasks.contains(word))
}

/// The lines, counted from 1, on which a path of one machine begins, rather than goes on after a name.
fn machine_paths(text: &str) -> impl Iterator<Item = usize> {
    let begins = |line: &str, path: &str| {
        let goes_on = |before: &str| before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-~}".contains(c));
        line.match_indices(path).any(|(at, _)| !goes_on(&line[..at]))
    };
    let paths: Vec<String> = MACHINE_PATHS.iter().map(|(first, second)| format!("{first}{second}")).collect();
    let lines = text.lines().zip(1..).filter(move |(line, _)| paths.iter().any(|path| begins(line, path)));
    lines.map(|(_, number)| number)
}

#[test]
fn unknown_tasks_and_paths_of_one_machine_are_found() {
    let text = "`cargo xtask test`, cargo xtask tset --only fmt\ncargo xtask demo.\ncargo xtask --help";
    assert_eq!(unknown_tasks(text, &["test", "demo"]).collect::<Vec<_>>(), ["tset"]);
    let text = ["plain\nwho", "ever stands", " in the way\n", &"x".repeat(121), "\n| ", &"x".repeat(121)].concat();
    assert_eq!(prose(&text).map(|(line, _)| line).collect::<Vec<_>>(), [2, 2, 3]);
    let text = ["first\nsee /wo", "rk/x and a/wo", "rk/y\n~/ro", "ot/\n/ro", "ot/z"].concat();
    assert_eq!(machine_paths(&text).collect::<Vec<_>>(), [2, 4]);
}
