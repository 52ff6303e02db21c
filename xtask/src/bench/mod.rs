//! `cargo xtask bench`: how fast, with how much memory, and how considerate of the tenant's rate limit.

mod contestant;
mod download;
mod explain;
mod measure;
mod rate_limit;
mod read_ahead;
mod server;
mod setting;
mod table;

use crate::cargo::{PROGRAM, build_program};
pub(crate) use explain::{BenchRecords, count_records};
pub(crate) use server::{BenchServer, serve};
pub(crate) use setting::Bench;
use setting::Setting;

/// Measures and prints.
pub(crate) fn run(arguments: &Bench) -> Result<(), String> {
    if arguments.chunks == Some(0) || arguments.repeat == 0 || arguments.processes == 0 {
        return Err("--chunks, --repeat and --processes must be at least 1".to_owned());
    }
    if !(arguments.refill.is_finite() && arguments.refill > 0.0) {
        return Err("--refill must be more than 0".to_owned());
    }
    println!("Building {PROGRAM} in the release profile ...");
    let program = build_program(&["--release"])?;
    let parent = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("anaplan-dump-bench-")
        .tempdir_in(&parent)
        .map_err(|error| format!("no temporary folder in {}: {error}", parent.display()))?;
    let setting = Setting { program, folder: folder.path().to_owned() };
    let usual = ["download".to_owned(), "read-ahead".to_owned()];
    let scenarios = if arguments.scenario.is_empty() { &usual[..] } else { &arguments.scenario };
    let outcome = scenarios.iter().try_for_each(|scenario| match scenario.as_str() {
        "download" => download::run(&setting, arguments),
        "read-ahead" => read_ahead::run(&setting, arguments),
        "rate-limit" => rate_limit::run(&setting, arguments),
        "explain" => explain::run(&setting, arguments),
        other => Err(format!(
            "no scenario is called {other}; there are download, read-ahead, rate-limit and explain"
        )),
    });
    let removed = folder.close().map_err(|error| format!("the temporary folder stays behind: {error}"));
    outcome.and(removed)
}
