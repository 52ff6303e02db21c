//! The static program: its size, that it is static, and the same bytes wherever it is built.

use std::path::Path;

use crate::cargo::root;
use crate::dist;

/// Builds it here and in a copy of what git knows, and runs it.
pub(super) fn check() -> Result<String, String> {
    let target = dist::static_target();
    let (program, size) = dist::build(target, &root(), &root().join("target/dist/build"))?;
    let elsewhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    let copy = "git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t \"$0\" 2>/dev/null";
    let mut shell = std::process::Command::new("sh");
    // A file that was deleted and is still in git's list is left out.
    let _ = shell.args(["-c", copy]).arg(elsewhere.path()).current_dir(root()).status();
    let (second, _) = dist::build(target, elsewhere.path(), &elsewhere.path().join("target"))?;
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    if read(&program)? != read(&second)? {
        return Err(format!("{target}: another folder gives other bytes"));
    }
    Ok(format!("{target}: {size} bytes, static, the same built twice"))
}
