//! The scenario `download`: the binary beside `curl`, both against the same server, in turn.

use std::process::{Command, Stdio};

use super::contestant::{Contestant, Sink};
use super::measure::{self, Sample};
use super::server::{Server, Wire};
use super::setting::{Bench, Setting};
use super::table::{Row, mib, print_section};
use crate::cargo::PROGRAM;
use crate::format::grouped;

/// Chunks of the dump where none are asked for: 400 MB as the service cuts them, a run of a second or so.
const CHUNKS: usize = 40;

/// Chunks of the large dump.
const LARGE: usize = 400;

/// Measures and prints.
pub(super) fn run(setting: &Setting, arguments: &Bench) -> Result<(), String> {
    let wire = Wire::new(arguments.chunks.unwrap_or(CHUNKS), arguments.chunk_size, arguments.tls);
    let curl = curl_version();
    println!();
    match &curl {
        Some(version) => println!("{PROGRAM} beside one process of {version} with one connection,"),
        None => println!("{PROGRAM} alone (curl is not installed),"),
    }
    println!(
        "{} over loopback, files in {}",
        if wire.tls { "TLS" } else { "plain HTTP" },
        setting.folder.display()
    );
    let contestants = Contestant::all(curl.is_some());
    compete_for(setting, contestants, &wire, arguments.repeat)?;
    if arguments.large {
        compete_for(setting, contestants, &Wire { chunks: LARGE, ..wire }, 1)?;
    }
    println!(
        "
wall and CPU: median. peak: maximum of the resident memory in all runs. CPU is user and system time of that
process alone. A ratio below 1 means that {PROGRAM} needs less.
{PROGRAM} also asks for the chunk list, and syncs its file to the disk before it has its final name;
\"curl, then sync\" is curl plus such a sync."
    );
    print_floor();
    Ok(())
}

fn curl_version() -> Option<String> {
    let output = Command::new("curl").arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

/// One dump, to each kind of sink.
fn compete_for(
    setting: &Setting,
    contestants: &[Contestant],
    wire: &Wire,
    repeat: usize,
) -> Result<(), String> {
    let server = Server::start(wire, &setting.folder)?;
    println!();
    println!(
        "{} chunks of {} bytes, {} bytes in all; each program once for checking, then {repeat} time(s) in turn:",
        wire.chunks,
        grouped(wire.chunk_size as u64),
        grouped(server.length),
    );
    for sink in [Sink::File, Sink::Pipe] {
        print_section(sink, &compete(setting, contestants, &server, sink, repeat)?);
    }
    Ok(())
}

/// All programs in turn, after one run of each that is only checked.
fn compete(
    setting: &Setting,
    contestants: &[Contestant],
    server: &Server,
    sink: Sink,
    repeat: usize,
) -> Result<Vec<Row>, String> {
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contestants.len()];
    for round in 0..=repeat {
        // Each begins a round in its turn, so that none always runs on what another left behind.
        for turn in 0..contestants.len() {
            let which = (turn + round) % contestants.len();
            let sample = contestants[which].run(setting, server, sink, round == 0)?;
            if round > 0 {
                samples[which].push(sample);
            }
        }
    }
    Ok(contestants
        .iter()
        .zip(&samples)
        .map(|(who, samples)| Row::new(*who, server.length, samples))
        .collect())
}

/// A child counts the memory that its parent had when it was started, so a smaller one cannot be seen.
fn print_floor() {
    // Not everywhere is such a program; then there is nothing to say.
    if let Ok(sample) = measure::child(&mut Command::new("true"), &mut std::io::sink()) {
        println!(
            "No peak below {:.1} MiB can be seen here: a program that does nothing shows that much.",
            mib(sample.peak)
        );
    }
}
