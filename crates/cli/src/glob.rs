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
    let files = listed.filter_map(|entry| entry.ok().filter(|entry| !entry.path().is_dir()));
    let names = files.filter_map(|file| file.file_name().into_string().ok());
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
    // `fits[n]`: the pattern so far can mean the first n letters of the name.
    let mut fits: Vec<bool> = (0..=name.len()).map(|count| count == 0).collect();
    for letter in pattern {
        if *letter == '*' {
            let least = fits.iter().position(|fits| *fits).unwrap_or(fits.len());
            fits[least..].fill(true);
        } else {
            let longer = name.iter().zip(&fits).map(|(is, fits)| *fits && (*letter == '?' || letter == is));
            fits = [false].into_iter().chain(longer).collect();
        }
    }
    fits[name.len()]
}

#[test]
fn a_pattern_means_the_files_that_it_matches_and_another_name_itself() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.csv", "A.CSV", "b.csv.part", "c.txt"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::write(folder.path().join("b".repeat(200)), "").unwrap();
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (given, expected) in [
        ("*.csv", &["A.CSV", "b.csv"][..]),
        ("?.csv*", &["A.CSV", "b.csv", "b.csv.part"]),
        ("**.t?t", &["c.txt"]),
        ("c.txt", &["c.txt"]),
        ("missing.csv", &["missing.csv"]),
        ("*.json", &["*.json"]),
        ("*b*b*b*b*b*b*b*c", &["*b*b*b*b*b*b*b*c"]),
        ("*.*part*", &["b.csv.part"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|name| at(name)).collect();
        assert_eq!(expanded(&[at(given)]), expected, "{given}");
    }
    assert_eq!(expanded(&["-".to_owned()]), ["-"]);
}
