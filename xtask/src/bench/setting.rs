//! What all measurements have in common: the options, the program and the folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use argh::FromArgs;
use xtask::fake::TOKEN;

use crate::cargo::clean_command;

/// measure the release binary: beside curl, with read-ahead on a slow link, under the tenant's rate limit, on a dump
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    note = "Scenarios:
  download    wall time, CPU time and peak memory beside one curl process that fetches the same
              chunks, to a file and to a pipe. Without curl only our own numbers are printed.
  read-ahead  --parallel 1 and 4 on a link with latency and a limited rate per connection.
  rate-limit  50 processes at once against the tenant's token bucket; fails where one gives up or
              too many requests are sent. Not among those that run where none is named.
  explain     speed and peak memory of a report beside reading the records alone and beside
              `cut | sort | uniq -c`. Not among those that run where none is named."
)]
pub(crate) struct Bench {
    /// what to measure: download, read-ahead, rate-limit or explain; may be repeated (default: download, read-ahead)
    #[argh(option)]
    pub(super) scenario: Vec<String>,
    /// chunks of each dump (default: 40 in download and explain, 24 in read-ahead, 30 in rate-limit)
    #[argh(option)]
    pub(super) chunks: Option<usize>,
    /// bytes of each chunk in download, read-ahead and explain (default: 10000000)
    #[argh(option, default = "10_000_000")]
    pub(super) chunk_size: usize,
    /// measured runs of each program in download and explain (default: 5)
    #[argh(option, default = "5")]
    pub(super) repeat: usize,
    /// one measured run of a large dump: 400 chunks in download, 200 in explain; does the memory grow with it?
    #[argh(switch)]
    pub(super) large: bool,
    /// download and read-ahead over TLS
    #[argh(switch)]
    pub(super) tls: bool,
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
