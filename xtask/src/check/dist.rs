//! The static program: its size, the same bytes wherever it is built, and that it needs nothing else.

use std::path::Path;

use super::outcome::Outcome;
use crate::cargo::root;
use crate::dist;
use crate::format::grouped;
use crate::platform::Toolchain;

/// Builds it twice and runs it in an empty root folder.
pub(super) fn check() -> Outcome {
    match dist::static_target() {
        Ok(toolchain) => build_and_run(&toolchain).into(),
        Err(why) => Outcome::Skipped(why),
    }
}

fn build_and_run(toolchain: &Toolchain) -> Result<String, String> {
    let program = dist::build(toolchain, &root(), &root().join("target/dist/build"))?;
    let size = grouped(dist::check_size(toolchain.target, &program)?);
    let elsewhere = tempfile::tempdir().map_err(|error| error.to_string())?;
    dist::copy_source(&root(), elsewhere.path())?;
    let second = dist::build(toolchain, elsewhere.path(), &elsewhere.path().join("target"))?;
    if read(&program)? != read(&second)? {
        return Err(format!("{}: another folder gives other bytes", toolchain.target));
    }
    let chroot = match dist::check_chroot(&program) {
        Ok(()) => "runs in an empty root".to_owned(),
        Err(Ok(why)) => format!("not run in an empty root: {why}"),
        Err(Err(why)) => return Err(why),
    };
    Ok(format!("{}: {size} bytes, the same built twice, {chroot}", toolchain.target))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}
