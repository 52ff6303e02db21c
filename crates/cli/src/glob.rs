//! Patterns of file names, such as `*.csv`, which the shells of Windows leave to the program.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path};

/// The files that each name means: those that a pattern matches, in order, else the name itself.
pub(crate) fn expanded(names: &[String]) -> Vec<String> {
    names.iter().flat_map(|name| matching(name).unwrap_or_else(|| vec![name.clone()])).collect()
}

/// The files that match a pattern; `None` if it is none, or if no file matches.
fn matching(pattern: &str) -> Option<Vec<String>> {
    let split = pattern.rfind(['/', MAIN_SEPARATOR]).map_or(0, |at| at + 1);
    let (folder, pattern) = pattern.split_at(split);
    if !pattern.contains(['*', '?']) {
        return None;
    }
    let listed = fs::read_dir(if folder.is_empty() { Path::new(".") } else { Path::new(folder) }).ok()?;
    let names = listed.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let wanted = letters(pattern);
    let names = names.filter(|name| is_match(&wanted, &letters(name)));
    let mut files: Vec<String> = names.map(|name| format!("{folder}{name}")).collect();
    files.sort();
    Some(files).filter(|files| !files.is_empty())
}

/// Names of Windows are the same in large and in small letters.
fn letters(name: &str) -> Vec<char> {
    name.to_lowercase().chars().collect()
}

fn is_match(pattern: &[char], name: &[char]) -> bool {
    match (pattern, name) {
        (['*', rest @ ..], _) => (0..=name.len()).any(|at| is_match(rest, &name[at..])),
        (['?', rest @ ..], [_, left @ ..]) => is_match(rest, left),
        ([letter, rest @ ..], [first, left @ ..]) => letter == first && is_match(rest, left),
        ([], name) => name.is_empty(),
        _ => false,
    }
}

#[test]
fn a_pattern_means_the_files_that_it_matches_and_another_name_itself() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.csv", "A.CSV", "b.csv.part", "c.txt"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (given, expected) in [
        ("*.csv", &["A.CSV", "b.csv"][..]),
        ("?.csv*", &["A.CSV", "b.csv", "b.csv.part"]),
        ("**.t?t", &["c.txt"]),
        ("c.txt", &["c.txt"]),
        ("missing.csv", &["missing.csv"]),
        ("*.json", &["*.json"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|name| at(name)).collect();
        assert_eq!(expanded(&[at(given)]), expected, "{given}");
    }
    assert_eq!(expanded(&["-".to_owned()]), ["-"]);
}
