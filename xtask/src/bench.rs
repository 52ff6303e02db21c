//! `cargo xtask bench`: the binary beside `curl`, both against the same server, in turn.

// What it prints is what it is started for.
#![allow(clippy::print_stdout)]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use argh::FromArgs;

use crate::cargo::{PROGRAM, build_program};
use crate::format::grouped;

mod contestant;
mod measure;
mod server;
mod table;

use contestant::{Contestant, Sink};
use measure::Sample;
pub(crate) use server::{BenchServer, serve};
use server::{Server, Wire};
use table::{Row, print_section};

/// measure the release binary against one curl process that fetches the same chunks
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    note = "Wall time, CPU time and peak memory of each program, downloading to a file and to a pipe.
The server runs in a process of its own. Without curl only our own numbers are printed."
)]
pub(crate) struct Bench {
    /// chunks of the dump (default: 40)
    #[argh(option, default = "40")]
    chunks: usize,
    /// bytes of each chunk (default: 10000000)
    #[argh(option, default = "10_000_000")]
    chunk_size: usize,
    /// measured runs of each program (default: 5)
    #[argh(option, default = "5")]
    repeat: usize,
    /// also a dump of 400 chunks, one measured run: does the memory grow with the dump?
    #[argh(switch)]
    large: bool,
    /// over TLS
    #[argh(switch)]
    tls: bool,
    /// where files are written, such as a folder in memory (default: the temporary folder)
    #[argh(option)]
    folder: Option<PathBuf>,
}

/// Chunks of the large dump.
const LARGE: usize = 400;

/// Measures and prints.
pub(crate) fn run(arguments: &Bench) -> Result<(), String> {
    if arguments.chunks == 0 || arguments.repeat == 0 {
        return Err("--chunks and --repeat must be at least 1".to_owned());
    }
    println!("Building {PROGRAM} in the release profile ...");
    let program = build_program(&["--release"])?;
    let parent = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("anaplan-dump-bench-")
        .tempdir_in(&parent)
        .map_err(|error| format!("no temporary folder in {}: {error}", parent.display()))?;
    let curl = curl_version();
    let bench = Setting { program, folder: folder.path().to_owned(), has_curl: curl.is_some() };
    let outcome = bench.measure_all(arguments, curl.as_deref());
    let removed = folder.close().map_err(|error| format!("the temporary folder stays behind: {error}"));
    outcome.and(removed)
}

fn curl_version() -> Option<String> {
    let output = Command::new("curl").arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// What all measurements have in common.
struct Setting {
    program: PathBuf,
    folder: PathBuf,
    has_curl: bool,
}

impl Setting {
    fn measure_all(&self, arguments: &Bench, curl: Option<&str>) -> Result<(), String> {
        let wire = Wire { chunks: arguments.chunks, chunk_size: arguments.chunk_size, tls: arguments.tls };
        println!();
        match curl {
            Some(version) => println!("{PROGRAM} beside one process of {version} with one connection,"),
            None => println!("{PROGRAM} alone (curl is not installed),"),
        }
        println!(
            "{} over loopback, files in {}",
            if wire.tls { "TLS" } else { "plain HTTP" },
            self.folder.display()
        );
        self.measure(&wire, arguments.repeat)?;
        if arguments.large {
            self.measure(&Wire { chunks: LARGE, ..wire }, 1)?;
        }
        println!();
        println!(
            "wall and CPU: median. peak: resident memory, the largest of all runs. CPU is user and system time"
        );
        println!("of that process alone. A ratio below 1 means that {PROGRAM} needs less.");
        println!(
            "{PROGRAM} also asks for the chunk list, and syncs its file to the disk before it has its final"
        );
        println!("name; \"curl, then sync\" is curl plus such a sync.");
        print_floor();
        Ok(())
    }

    /// One dump, to each kind of sink.
    fn measure(&self, wire: &Wire, repeat: usize) -> Result<(), String> {
        let server = Server::start(wire)?;
        println!();
        println!(
            "{} chunks of {} bytes, {} bytes in all; each program once for checking, then {repeat} time(s) in turn:",
            wire.chunks,
            grouped(wire.chunk_size as u64),
            grouped(server.length()),
        );
        for sink in [Sink::File, Sink::Pipe] {
            print_section(sink, &self.compete(&server, sink, repeat)?);
        }
        Ok(())
    }

    /// All programs in turn, after one run of each that is only checked.
    fn compete(&self, server: &Server, sink: Sink, repeat: usize) -> Result<Vec<Row>, String> {
        let contestants = Contestant::all(self.has_curl);
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contestants.len()];
        for round in 0..=repeat {
            // Each begins a round in its turn, so that none always runs on what another left behind.
            for place in 0..contestants.len() {
                let which = (place + round) % contestants.len();
                let sample = contestants[which].run(self, server, sink, round == 0)?;
                if round > 0 {
                    samples[which].push(sample);
                }
            }
        }
        Ok(contestants
            .iter()
            .zip(&samples)
            .map(|(who, samples)| Row::new(*who, server.length(), samples))
            .collect())
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

/// A child counts the memory that its parent had when it was started, so a smaller one cannot be seen.
fn print_floor() {
    // Not everywhere is such a program; then there is nothing to say.
    if let Ok(sample) = measure::child(&mut Command::new("true"), &mut std::io::sink()) {
        println!(
            "No peak below {:.1} MiB can be seen here: a program that does nothing shows that much.",
            table::mib(sample.peak)
        );
    }
}
