//! `cargo xtask bench`: how fast, with how much memory, and how considerate of the tenant's rate limit.

mod chart;
mod compare;
mod contender;
mod explain;
mod measure;
mod rate_limit;
mod server;
mod setting;
mod table;

use std::fs;

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
    let known: Vec<&str> = compare::NAMES.into_iter().chain(["rate-limit", "explain"]).collect();
    if let Some(unknown) = arguments.scenario.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(format!("no scenario is called {unknown}; there are {}", known.join(", ")));
    }
    let wanted: Vec<&str> = match arguments.scenario.as_slice() {
        [] if arguments.json => compare::NAMES.to_vec(),
        [] => compare::NAMES.into_iter().chain(["explain"]).collect(),
        named => named.iter().map(String::as_str).collect(),
    };
    eprintln!("Building {PROGRAM} in the release profile ...");
    let program = build_program(&["--release"])?;
    let parent = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("anaplan-dump-bench-")
        .tempdir_in(&parent)
        .map_err(|error| format!("no temporary folder in {}: {error}", parent.display()))?;
    let setting = Setting { program, folder: folder.path().to_owned() };
    let outcome = measure(&setting, arguments, &wanted);
    let removed = folder.close().map_err(|error| format!("the temporary folder stays behind: {error}"));
    outcome.and(removed)
}

fn measure(setting: &Setting, arguments: &Bench, wanted: &[&str]) -> Result<(), String> {
    let sections = compare::run(setting, arguments, wanted)?;
    if wanted.contains(&"rate-limit") {
        rate_limit::run(setting, arguments)?;
    }
    if wanted.contains(&"explain") {
        explain::run(setting, arguments)?;
    }
    match arguments.json {
        true => println!("{:#}", table::json(&sections)),
        false if !sections.is_empty() => table::print(&sections),
        false => {}
    }
    let Some(path) = &arguments.chart else { return Ok(()) };
    fs::write(path, chart::svg(&sections)).map_err(|error| format!("{}: {error}", path.display()))
}
