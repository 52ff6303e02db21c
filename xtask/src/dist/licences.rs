//! Every crate in the program, with its version and licence.

use std::collections::BTreeSet;

use crate::cargo::{PROGRAM, cargo};

/// A line for each crate of others in the program for the target.
pub(super) fn list(target: &str) -> Result<String, String> {
    let output = cargo()
        .args(["tree", "--locked", "--package", PROGRAM, "--edges", "normal,no-proc-macro"])
        .args(["--target", target, "--prefix", "none", "--format", "{p}\t{l}"])
        .output()
        .map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let lines: BTreeSet<String> =
        String::from_utf8_lossy(&output.stdout).lines().filter_map(crate_line).collect::<Result<_, _>>()?;
    let title = format!("The crates in {PROGRAM} for {target}, each with its version and licence:\n\n");
    Ok(title + &lines.into_iter().map(|line| line + "\n").collect::<String>())
}

/// `None` for the packages of the workspace, which have a path.
fn crate_line(line: &str) -> Option<Result<String, String>> {
    let (name, licence) = line.trim_end_matches(" (*)").split_once('\t')?;
    if name.contains('(') {
        return None;
    }
    if licence.is_empty() {
        return Some(Err(format!("{name} names no licence")));
    }
    let (name, version) = name.split_once(" v")?;
    Some(Ok(format!("{name:<24}  {version:<12}  {licence}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_listed_once_with_its_licence_and_one_without_is_an_error() {
        let line = |text| {
            crate_line(text)
                .map(|line| line.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")))
        };
        assert_eq!(
            line("ring v0.17.14\tApache-2.0 AND ISC (*)"),
            Some(Ok("ring 0.17.14 Apache-2.0 AND ISC".into()))
        );
        assert_eq!(line("anaplan-dump v0.1.0 (/somewhere)\tMIT"), None);
        assert!(line("left-pad v1.0.0\t").is_some_and(|line| line.is_err()));
    }
}
