//! The scenario `read-ahead`: what `--parallel` is good for on a link that is long rather than narrow.

use std::fs::File;
use std::io;
use std::time::Duration;

use flate2::Crc;

use super::contestant::our_command;
use super::measure::{self, Sample, Seen, copy};
use super::server::{Link, Server, Wire};
use super::setting::{Bench, Setting};
use super::table::mib;
use crate::cargo::PROGRAM;
use crate::format::grouped;

/// Chunks of the dump where none are asked for: one after the other they take some 14 s on this link.
const CHUNKS: usize = 24;

/// The way from one continent to another, where each connection gets what a shared line leaves to it.
const LINK: Link = Link { latency: 80, bytes_per_second: 20_000_000 };

/// In sequence, and side by side.
const WINDOWS: [usize; 2] = [1, 4];

/// How many times as fast the wider window must be.
const LEAST_RATIO: f64 = 3.5;

/// Requests beside those for chunks: the list at the beginning, and once more at the end.
const LISTS: u32 = 2;

/// Measures and prints.
pub(super) fn run(setting: &Setting, arguments: &Bench) -> Result<(), String> {
    let unlimited = Wire::new(arguments.chunks.unwrap_or(CHUNKS), arguments.chunk_size, arguments.tls);
    let wire = Wire { link: Some(LINK), ..unlimited };
    let server = Server::start(&wire, &setting.folder)?;
    println!();
    println!(
        "{PROGRAM} to a file on a link with {} ms before each answer and {} bytes/s for each connection,",
        LINK.latency,
        grouped(LINK.bytes_per_second),
    );
    println!("{} chunks of {} bytes:", wire.chunks, grouped(wire.chunk_size as u64));
    println!();
    println!("{:<34}{:>9}{:>9}{:>11}{:>11}", "", "wall s", "link s", "peak MiB", "bound MiB");
    let mut walls = Vec::new();
    for window in WINDOWS {
        let sample = download(setting, &server, window)?;
        println!(
            "  {:<32}{:>9.3}{:>9.3}{:>11.1}{:>11.1}",
            format!("--parallel {window}"),
            sample.wall.as_secs_f64(),
            least_time(&wire, window).as_secs_f64(),
            mib(sample.peak),
            mib((window as u64 + 1) * wire.chunk_size as u64),
        );
        walls.push(sample.wall.as_secs_f64());
    }
    let ratio = walls[0] / walls[walls.len() - 1];
    println!("  {:<32}{ratio:>9.2}   at least {LEAST_RATIO} expected", "times as fast");
    println!();
    println!(
        "link: the time that the link alone needs. bound: one chunk more than are fetched side by side."
    );
    if ratio < LEAST_RATIO {
        println!("The ratio is BELOW what is expected. Is the machine busy, or its disk slow?");
    }
    Ok(())
}

fn download(setting: &Setting, server: &Server, window: usize) -> Result<Sample, String> {
    let failed = |error: io::Error| format!("{PROGRAM} --parallel {window}: {error}");
    let path = setting.fresh("dump.csv")?;
    let mut command = our_command(setting, server, &path);
    command.args(["--parallel", &window.to_string()]);
    let sample = measure::child(&mut command, &mut io::sink()).map_err(failed)?;
    let mut seen = Seen { checksum: Some(Crc::new()), length: 0 };
    copy(&mut File::open(&path).map_err(failed)?, &mut seen).map_err(failed)?;
    server.compare(&seen).map_err(|why| failed(io::Error::other(why)))?;
    Ok(sample)
}

/// What the link needs if nothing else takes any time.
fn least_time(wire: &Wire, window: usize) -> Duration {
    let latency = Duration::from_millis(LINK.latency);
    let chunk = Duration::from_secs_f64(wire.chunk_size as f64 / LINK.bytes_per_second as f64);
    latency * LISTS + (latency + chunk) * u32::try_from(wire.chunks.div_ceil(window)).unwrap_or(u32::MAX)
}
