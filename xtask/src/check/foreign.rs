//! The tests on another system than this one: for Windows with wine, where that is installed.

use std::process::Command;

use super::Outcome;
use super::output::Filter;
use crate::cargo::{PROGRAM, stream};
use crate::platform::{Toolchain, WINDOWS, Wine};

/// Modules of the end-to-end tests in which the system's files, pipes and processes matter.
const E2E_CORE: &[&str] = &[
    "collecting::",
    "download::",
    "names::",
    "output::",
    "overwriting::",
    "parallel::",
    "piped::",
    "replaced::",
    "resume::",
    "windows::",
];

/// Tests in these modules that need Unix, and why. Others that do are not even built for Windows.
const NEEDS_UNIX: &[(&str, &str)] = &[];

/// The packages whose tests run on another system. Those of the fake server ask for resets as Linux reports them.
const PACKAGES: [&str; 2] = ["anaplan-dump-core", PROGRAM];

/// Builds and runs the tests for the target.
pub(super) fn check(target: &str, verbose: bool) -> Outcome {
    match commands(target) {
        Ok(commands) => run(commands, verbose).into(),
        Err(why) => Outcome::Skipped(why),
    }
}

fn commands(target: &str) -> Result<Vec<Command>, String> {
    if target != WINDOWS {
        return Err(format!("tests run for {WINDOWS} only"));
    }
    let toolchain = Toolchain::find(target)?;
    let wine = Wine::find()?;
    let test = |arguments: &[&str]| {
        let mut command = toolchain.command("test", &[]);
        // What only the tests of the library use must be in the build of both, or it would be built twice.
        command.args(PACKAGES.iter().flat_map(|package| ["--package", package])).arg("--no-fail-fast");
        command.args(arguments);
        wine.prepare(&mut command);
        command
    };
    let mut core = test(&["--test", "e2e", "--"]);
    core.args(E2E_CORE).args(NEEDS_UNIX.iter().flat_map(|(name, _)| ["--skip", name]));
    Ok(vec![test(&["--lib", "--bins", "--test", "client"]), core])
}

fn run(commands: Vec<Command>, verbose: bool) -> Result<String, String> {
    for (name, reason) in NEEDS_UNIX {
        println!("not run here: {name}: {reason}");
    }
    let mut filter = Filter::default();
    let mut failed = false;
    for command in commands {
        failed |= !stream(command, |line| {
            if verbose || filter.is_worth_reading(line) {
                println!("{line}");
            }
        })?;
    }
    if failed { Err("failed: the tests for this target".to_owned()) } else { Ok(filter.remark()) }
}
