//! `cargo xtask bench`: how fast, with how much memory, and how considerate of the tenant's rate limit.

// What it prints is what it is started for.
#![allow(clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use argh::FromArgs;
use xtask::fake::TOKEN;

use crate::cargo::{PROGRAM, build_program, clean_command};

mod contestant;
mod download;
mod measure;
mod rate_limit;
mod read_ahead;
mod server;
mod table;

pub(crate) use server::{BenchServer, serve};

/// measure the release binary: beside curl, with read-ahead on a slow link, under the tenant's rate limit
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    note = "Scenarios:
  download    wall time, CPU time and peak memory beside one curl process that fetches the same
              chunks, to a file and to a pipe. Without curl only our own numbers are printed.
  read-ahead  --parallel 1 and 4 on a link with latency and a limited rate per connection.
  rate-limit  50 processes at once against the tenant's token bucket; fails where one gives up or
              too many requests are sent. Not among those that run where none is named."
)]
pub(crate) struct Bench {
    /// what to measure: download, read-ahead or rate-limit; may be repeated (default: download, read-ahead)
    #[argh(option)]
    scenario: Vec<Scenario>,
    /// chunks of each dump (default: 40 in download, 24 in read-ahead, 30 in rate-limit)
    #[argh(option)]
    chunks: Option<usize>,
    /// bytes of each chunk in download and read-ahead (default: 10000000)
    #[argh(option, default = "10_000_000")]
    chunk_size: usize,
    /// measured runs of each program in download (default: 5)
    #[argh(option, default = "5")]
    repeat: usize,
    /// in download also a dump of 400 chunks, one measured run: does the memory grow with the dump?
    #[argh(switch)]
    large: bool,
    /// download and read-ahead over TLS
    #[argh(switch)]
    tls: bool,
    /// processes at once in rate-limit (default: 50)
    #[argh(option, default = "50")]
    processes: usize,
    /// chunks that each process of rate-limit fetches side by side (default: 1)
    #[argh(option, default = "1")]
    parallel: usize,
    /// requests a second that the bucket of rate-limit gets; the service's own is 10 (default: 100)
    #[argh(option, default = "100.0")]
    refill: f64,
    /// where files are written, such as a folder in memory (default: the temporary folder)
    #[argh(option)]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    Download,
    ReadAhead,
    RateLimit,
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "download" => Ok(Self::Download),
            "read-ahead" => Ok(Self::ReadAhead),
            "rate-limit" => Ok(Self::RateLimit),
            _ => Err("there are download, read-ahead and rate-limit".to_owned()),
        }
    }
}

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
    let scenarios = match &arguments.scenario[..] {
        [] => &[Scenario::Download, Scenario::ReadAhead],
        named => named,
    };
    let outcome = scenarios.iter().try_for_each(|scenario| match scenario {
        Scenario::Download => download::run(&setting, arguments),
        Scenario::ReadAhead => read_ahead::run(&setting, arguments),
        Scenario::RateLimit => rate_limit::run(&setting, arguments),
    });
    let removed = folder.close().map_err(|error| format!("the temporary folder stays behind: {error}"));
    outcome.and(removed)
}

/// What all measurements have in common.
struct Setting {
    program: PathBuf,
    folder: PathBuf,
}

impl Setting {
    /// Our program, about to download this dump.
    fn get(&self, origin: &str, locator: &str, output: &Path) -> Command {
        let mut command = clean_command(&self.program);
        command.args(["get", locator, "-o"]).arg(output);
        command.env("ANAPLAN_API_URL", origin).env("ANAPLAN_TOKEN", TOKEN);
        command
    }

    /// A path in the temporary folder with nothing there.
    fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", path.display()))
            }
            _ => Ok(path),
        }
    }
}
