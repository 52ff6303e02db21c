//! The tests on another system than this one: for Windows with wine, where that is installed.

use std::process::Command;

use super::outcome::Outcome;
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

/// Tests in these modules that only Unix can pass, and why. Others that need it are not built for Windows.
const ONLY_ON_UNIX: &[(&str, &str)] = &[
    ("collecting::five_hundred_dumps_are_all_fetched", "each file takes wine a tenth of a second"),
    ("collecting::several_dumps_do_not_go_into_one_stream", "the device /dev/null"),
    ("output::a_device_is_written_to_as_it_is", "devices of Unix"),
    ("output::a_disk_that_fills_up_after_a_retry_keeps_the_whole_chunks", "a limit of the shell"),
    ("output::a_disk_that_fills_up_keeps_the_whole_chunks_and_the_next_run_goes_on", "a limit of the shell"),
    ("output::a_disk_without_any_room_leaves_nothing", "a limit of the shell"),
    ("output::a_folder_gets_a_file_with_the_dumps_own_name", "slashes in what is printed"),
    ("output::a_full_disk_behind_a_list_or_a_help_text_is_reported", "the device /dev/full"),
    ("output::a_full_disk_behind_standard_output_is_reported", "the device /dev/full"),
    ("output::what_cannot_be_written_is_reported_before_anything_is_sent", "words of Unix for errors"),
];

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
    core.args(E2E_CORE).args(ONLY_ON_UNIX.iter().flat_map(|(name, _)| ["--skip", name]));
    Ok(vec![test(&["--lib", "--bins", "--test", "client"]), core])
}

fn run(commands: Vec<Command>, verbose: bool) -> Result<String, String> {
    for (name, reason) in ONLY_ON_UNIX {
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
