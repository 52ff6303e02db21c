//! The size of the dependency tree is a promise: it is what a user compiles, audits and trusts.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cargo::{PROGRAM, cargo};

/// Crates of others in the binary, on Linux. Exactly what argh, csv-core, serde, `serde_json`, ureq with rustls, flate2
/// with zlib-rs, libaes for encrypted private keys, and signal-hook bring: whoever adds one changes this number on purpose
/// and says why.
const BUDGET: usize = 37;

/// What the packages may name as a run-time dependency.
const DIRECT: &[(&str, &[&str])] = &[
    (
        "anaplan-dump-core",
        // base64, crc32fast, percent-encoding, ring, rustls and webpki-roots are in the tree of the others anyway.
        &[
            "base64",
            "crc32fast",
            "csv-core",
            "flate2",
            "libaes",
            "percent-encoding",
            "ring",
            "rustls",
            "serde",
            "serde_json",
            "ureq",
            "webpki-roots",
        ],
    ),
    (PROGRAM, &["anaplan-dump-core", "argh", "ring", "serde", "serde_json", "signal-hook"]),
];

/// Holds the tree to the budget, and the direct dependencies to the list.
pub(super) fn check() -> Result<String, String> {
    let direct = output(&["metadata", "--no-deps", "--locked", "--format-version", "1"])?;
    check_direct(&direct)?;
    // A fixed target: the number differs between systems. Procedural macros run in the compiler only.
    let tree = output(&[
        "tree",
        "--locked",
        "--package",
        PROGRAM,
        "--edges",
        "normal,no-proc-macro",
        "--target",
        "x86_64-unknown-linux-gnu",
        "--prefix",
        "none",
    ])?;
    let crates = crates_of_others(&tree);
    if crates.len() <= BUDGET {
        return Ok(format!("{} crates of others in {PROGRAM}, {BUDGET} allowed", crates.len()));
    }
    let list: Vec<_> = crates.into_iter().collect();
    Err(format!("{} crates of others in {PROGRAM}, {BUDGET} allowed:\n{}", list.len(), list.join("\n")))
}

fn output(arguments: &[&str]) -> Result<String, String> {
    let name = arguments[0];
    let output = cargo().args(arguments).output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo {name}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("cargo {name}: {error}"))
}

/// `name vVERSION` of each crate that does not belong to the workspace.
fn crates_of_others(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        // `(*)` marks a repetition, `(/path)` a package of the workspace.
        .map(|line| line.trim_end().trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty() && !line.contains('('))
        .collect()
}

fn check_direct(metadata: &str) -> Result<(), String> {
    let metadata: Value =
        serde_json::from_str(metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    for (name, allowed) in DIRECT {
        let package = packages
            .iter()
            .find(|package| package["name"] == *name)
            .ok_or_else(|| format!("the workspace has no package {name}"))?;
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        let unknown = dependencies
            .iter()
            // The kind is null for a run-time dependency.
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .find(|dependency| !allowed.contains(dependency));
        if let Some(dependency) = unknown {
            return Err(format!("{name} depends on {dependency}, which is not among those agreed"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_of_others_counts_once() {
        let tree = "anaplan-dump v0.1.0 (/somewhere)\nring v0.17.14\nring v0.17.14 (*)\nhttp v1.5.0\n";
        assert_eq!(crates_of_others(tree).into_iter().collect::<Vec<_>>(), ["http v1.5.0", "ring v0.17.14"]);
    }

    #[test]
    fn a_dependency_that_was_not_agreed_is_named() {
        let metadata = |kind: &str| {
            format!(
                r#"{{"packages": [{{"name": "anaplan-dump-core", "dependencies":
                [{{"name": "left-pad", "kind": {kind}}}]}}, {{"name": "anaplan-dump", "dependencies": []}}]}}"#
            )
        };
        assert!(check_direct(&metadata("null")).unwrap_err().contains("left-pad"));
        assert_eq!(check_direct(&metadata("\"dev\"")), Ok(()));
    }
}
