//! The size of the dependency tree is a promise: it is what a user compiles, audits and trusts.

use std::collections::BTreeSet;

use crate::cargo::{PROGRAM, cargo};

/// Crates of others in the binary, on Linux. Exactly what argh, serde, `serde_json`, ureq with rustls, flate2
/// with zlib-rs, libaes for encrypted private keys, and signal-hook bring. A new one needs a reason and this number
/// changed.
const BUDGET: usize = 35;

/// What the packages may name as a run-time dependency.
const DIRECT: &[(&str, &[&str])] = &[
    (
        "anaplan-dump-core",
        // All but libaes, serde, serde_json and ureq are in the tree of the others anyway.
        &[
            "base64",
            "flate2",
            "libaes",
            "percent-encoding",
            "ring",
            "rustls",
            "rustls-webpki",
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
    for (name, agreed) in DIRECT {
        let direct = crates_of_others(name, "1")?;
        if let Some(line) = direct.iter().find(|line| !agreed.iter().any(|name| line.starts_with(&format!("{name} "))))
        {
            return Err(format!("{name} depends on {line}, which is not among those agreed"));
        }
    }
    let crates = crates_of_others(PROGRAM, "99")?;
    if crates.len() <= BUDGET {
        return Ok(format!("{} crates of others in {PROGRAM}, {BUDGET} allowed", crates.len()));
    }
    let list: Vec<_> = crates.iter().map(String::as_str).collect();
    Err(format!("{} crates of others in {PROGRAM}, {BUDGET} allowed:\n{}", list.len(), list.join("\n")))
}

/// `name vVERSION` of each crate in the tree of a package that does not belong to the workspace.
fn crates_of_others(package: &str, depth: &str) -> Result<BTreeSet<String>, String> {
    // A fixed target: the number differs between systems. Procedural macros run in the compiler only.
    let target = "x86_64-unknown-linux-gnu";
    let mut command = cargo();
    command.args(["tree", "--locked", "--package", package, "--depth", depth, "--prefix", "none"]);
    command.args(["--all-features", "--edges", "normal,no-proc-macro", "--target", target]);
    let output = command.output().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo tree: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    // `(*)` marks a repetition, `(/path)` a package of the workspace.
    let lines = text.lines().map(|line| line.trim_end().trim_end_matches(" (*)"));
    Ok(lines.filter(|line| !line.is_empty() && !line.contains('(')).map(str::to_owned).collect())
}
