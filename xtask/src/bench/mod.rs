//! `cargo xtask bench`: how fast, with how much memory, and how considerate of the tenant's rate limit.

mod compare;
mod measure;
mod rate_limit;
mod server;
mod table;

use std::fs;
use std::path::PathBuf;

use argh::FromArgs;

use crate::cargo::{PROGRAM, build_program};

/// measure the release binary: beside curl in one table, on a dump, and under the tenant's rate limit
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    note = "Scenarios: tls, tls-pipe, far (latency and a limited rate), gzip, small (1000 chunks), upload, start.
They need curl. explain measures a report beside reading the records alone.
rate-limit runs only where it is named: it starts 50 processes at once against the tenant's token bucket, and fails
where one gives up or too many requests are sent."
)]
pub(crate) struct Bench {
    /// what to measure (see below); may be repeated (default: all but rate-limit)
    #[argh(option)]
    scenario: Vec<String>,
    /// draw a chart into this SVG file
    #[argh(option)]
    chart: Option<PathBuf>,
    /// measured runs of each program (default: 5); of small and start 20 times as many
    #[argh(option, default = "5")]
    repeat: usize,
    /// do a part in another process, whose work and memory are not those of what is measured: serve a scenario, or
    /// count the records of a file
    #[argh(option, hidden_help)]
    part: Option<String>,
}

/// The scenario that runs only where it is named.
const RATE_LIMIT: &str = "rate-limit";

/// Measures and prints.
pub(crate) fn run(arguments: &Bench) -> Result<(), String> {
    if let Some(part) = &arguments.part {
        let scene = server::SCENES.into_iter().find(|scene| scene.0 == part);
        return scene.map_or_else(|| compare::count_records(part), server::serve);
    }
    if arguments.repeat == 0 {
        return Err("--repeat must be at least 1".to_owned());
    }
    let usual: Vec<&str> = server::SCENES.iter().map(|scene| scene.0).chain(["start", "explain"]).collect();
    let named: Vec<&str> = arguments.scenario.iter().map(String::as_str).collect();
    if let Some(unknown) = named.iter().find(|name| !usual.contains(name) && **name != RATE_LIMIT) {
        return Err(format!("no scenario is called {unknown}; there are {}, {RATE_LIMIT}", usual.join(", ")));
    }
    let wanted = if named.is_empty() { usual } else { named };
    eprintln!("Building {PROGRAM} in the release profile ...");
    let program = build_program(&["--release"])?;
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let sections = compare::run(&program, folder.path(), arguments.repeat, &wanted)?;
    if wanted.contains(&RATE_LIMIT) {
        rate_limit::run(&program)?;
    }
    table::print(&sections);
    let Some(path) = &arguments.chart else { return Ok(()) };
    fs::write(path, table::svg(&sections)).map_err(|error| format!("{}: {error}", path.display()))
}
