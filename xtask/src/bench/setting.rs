//! What all measurements have in common: the options, the program and the folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use argh::FromArgs;
use xtask::fake::TOKEN;

use crate::cargo::clean_command;

/// measure the release binary: beside curl in one table, under the tenant's rate limit, and on a dump
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    note = "Scenarios: tls, tls-pipe, plain, far (latency and a limited rate), gzip, small (1000 chunks), start.
Without curl only our own numbers are printed. explain, which has a table of its own, measures a report beside
reading the records alone and beside `cut | sort | uniq -c`. rate-limit runs only where it is named: it starts 50
processes at once against the tenant's token bucket, and fails where one gives up or too many requests are sent."
)]
pub(crate) struct Bench {
    /// what to measure (see below); may be repeated (default: all but rate-limit; with --json also without explain)
    #[argh(option)]
    pub(super) scenario: Vec<String>,
    /// one more contender: a command line with {url} for the dump and {out} for the file; $TOKEN is the token
    #[argh(option)]
    pub(super) extra: Vec<String>,
    /// print JSON instead of a table
    #[argh(switch)]
    pub(super) json: bool,
    /// draw a chart into this SVG file
    #[argh(option)]
    pub(super) chart: Option<PathBuf>,
    /// chunks of each dump (default: 40; 16 in far, 1000 in small, 30 in rate-limit)
    #[argh(option)]
    pub(super) chunks: Option<usize>,
    /// measured runs of each program (default: 5)
    #[argh(option, default = "5")]
    pub(super) repeat: usize,
    /// processes at once in rate-limit (default: 50)
    #[argh(option, default = "50")]
    pub(super) processes: usize,
    /// chunks that each process of rate-limit fetches side by side (default: 1)
    #[argh(option, default = "1")]
    pub(super) parallel: usize,
    /// requests a second that the bucket of rate-limit gets; the service's own is 10 (default: 100)
    #[argh(option, default = "100.0")]
    pub(super) refill: f64,
    /// where files are written, such as a folder in memory (default: the temporary folder)
    #[argh(option)]
    pub(super) folder: Option<PathBuf>,
}

/// What all measurements have in common.
pub(super) struct Setting {
    pub(super) program: PathBuf,
    pub(super) folder: PathBuf,
}

impl Setting {
    /// Our program, about to download this dump.
    pub(super) fn get(&self, origin: &str, locator: &str, output: &Path) -> Command {
        let mut command = clean_command(&self.program);
        command.args(["get", locator, "-o"]).arg(output);
        command.env("ANAPLAN_API_URL", origin).env("ANAPLAN_TOKEN", TOKEN);
        command
    }

    /// A path in the temporary folder with nothing there.
    pub(super) fn fresh(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("{}: {error}", path.display()))
            }
            _ => Ok(path),
        }
    }
}
