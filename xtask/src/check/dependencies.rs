//! The size of the dependency tree is a promise: it is what a user compiles, audits and trusts.

use std::collections::BTreeSet;

use crate::cargo::{PROGRAM, cargo, printed};

/// Crates of others in the binary, on Linux. Exactly what argh, serde, `serde_json`, ureq with rustls, flate2
/// with zlib-rs, libaes for encrypted private keys, and signal-hook bring. A new one needs a reason and this number
/// changed.
const BUDGET: usize = 35;

/// Holds the tree to the budget.
pub(super) fn check() -> Result<String, String> {
    // A fixed target: the number differs between systems. Procedural macros run in the compiler only.
    let target = "x86_64-unknown-linux-gnu";
    let mut tree = cargo();
    tree.args(["tree", "--locked", "--package", PROGRAM, "--prefix", "none", "--all-features", "--target", target]);
    let text = printed(tree.args(["--edges", "normal,no-proc-macro"]))?;
    // `(*)` marks a repetition, `(/path)` a package of the workspace.
    let lines = text.lines().map(|line| line.trim_end().trim_end_matches(" (*)"));
    let crates: BTreeSet<_> = lines.filter(|line| !line.is_empty() && !line.contains('(')).collect();
    let verdict = format!("{} crates of others in {PROGRAM}, {BUDGET} allowed", crates.len());
    if crates.len() <= BUDGET {
        return Ok(verdict);
    }
    Err(format!("{verdict}:\n{}", crates.into_iter().collect::<Vec<_>>().join("\n")))
}
