//! The scenario `rate-limit`: many processes at once against one tenant's token bucket. Each knows nothing of
//! the others but the refusals that it gets.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use xtask::fake::{Dump, FakeServer, Service, dump_file};

use super::setting::{Bench, Setting};
use crate::cargo::PROGRAM;
use crate::format::grouped;

/// Chunks of each process's dump where none are asked for: the full bucket is enough for less than half of them.
const CHUNKS: usize = 30;

/// Bytes of a chunk: next to nothing, because requests are what is limited.
const CHUNK_SIZE: usize = 1_000;

/// Requests in the service's full bucket.
const DEPTH: u32 = 600;

/// Requests a second that the service's bucket gets.
const REFILL: f64 = 10.0;

/// The maximum wait of a process against the service's own refill, in seconds: the program's default. It is
/// scaled with the refill, so that a faster bucket meets the same patience.
const MAX_WAIT: f64 = 60.0;

/// How many times as many requests as needed may be sent.
const MAX_RATIO: f64 = 1.25;

/// Measures and prints; an error where a process gives up or too much is sent.
pub(super) fn run(setting: &Setting, arguments: &Bench) -> Result<(), String> {
    let chunks = arguments.chunks.unwrap_or(CHUNKS);
    let dump = Dump::from_bytes(dump_file::generate(1, chunks * CHUNK_SIZE), CHUNK_SIZE);
    let &Bench { processes, parallel, refill, .. } = arguments;
    let crowd = Crowd { setting, dump, processes, parallel, refill };
    let needed = crowd.needed()?;
    let ideal = (needed as f64 - f64::from(DEPTH)).max(0.0) / refill;
    println!();
    println!(
        "{processes} processes of {PROGRAM} at once, each with a dump of {chunks} chunks and --parallel {parallel}."
    );
    println!(
        "The tenant's bucket holds {DEPTH} requests and gets {refill} a second ({} times the service's),",
        refill / REFILL
    );
    println!("and the maximum wait of a process is {:.1} s.", crowd.max_wait().as_secs_f64());
    println!(
        "Needed: {} requests, which take {ideal:.1} s at least. At most {MAX_RATIO} times as many may be sent.",
        grouped(needed as u64)
    );
    println!();
    println!(
        "{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}",
        "", "finished", "gave up", "sent", "ratio", "429", "wall s", "/ ideal"
    );
    let mut failures = Vec::new();
    for (name, retry_after) in [("with Retry-After", true), ("without Retry-After", false)] {
        let ran = crowd.run(retry_after)?;
        let ratio = ran.sent as f64 / needed as f64;
        let wall = ran.wall.as_secs_f64();
        println!(
            "  {name:<22}{:>9}{:>9}{:>9}{ratio:>9.3}{:>9}{wall:>9.1}{:>9.2}",
            processes - ran.failed,
            ran.failed,
            grouped(ran.sent as u64),
            grouped(ran.refused as u64),
            wall / ideal,
        );
        if let Some(message) = ran.message {
            failures.push(format!("{name}: {} of {processes} gave up: {message}", ran.failed));
        }
        if ratio > MAX_RATIO {
            failures.push(format!("{name}: {ratio:.3} times as many requests as needed were sent"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// The processes and what they download.
struct Crowd<'a> {
    setting: &'a Setting,
    dump: Dump,
    processes: usize,
    parallel: usize,
    refill: f64,
}

/// How it went for all of them together.
struct Ran {
    wall: Duration,
    sent: usize,
    refused: usize,
    failed: usize,
    /// What the first that failed said last.
    message: Option<String>,
}

impl Crowd<'_> {
    /// Requests of all processes where nothing disturbs them.
    fn needed(&self) -> Result<usize, String> {
        let server = FakeServer::start_on(Service::with_dump(self.dump.clone()), 0, false)?;
        match self.start(&server, 0)?.finish(&self.dump.bytes())? {
            None => Ok(server.requests().len() * self.processes),
            Some(message) => Err(format!("{PROGRAM} failed without any limit: {message}")),
        }
    }

    fn run(&self, retry_after: bool) -> Result<Ran, String> {
        let mut service = Service::with_dump(self.dump.clone());
        service.set_bucket(DEPTH, self.refill, retry_after);
        let server = FakeServer::start_on(service, 0, false)?;
        let begun = Instant::now();
        let members =
            (0..self.processes).map(|number| self.start(&server, number)).collect::<Result<Vec<_>, _>>()?;
        let expected = self.dump.bytes();
        let mut messages = Vec::new();
        for member in members {
            messages.extend(member.finish(&expected)?);
        }
        let refused = server.service().throttled();
        Ok(Ran {
            wall: begun.elapsed(),
            sent: server.requests().len(),
            refused,
            failed: messages.len(),
            message: messages.into_iter().next(),
        })
    }

    fn start(&self, server: &FakeServer, number: usize) -> Result<Member, String> {
        let failed = |error: io::Error| format!("{PROGRAM} cannot be started: {error}");
        let file = self.setting.fresh(&format!("dump-{number}.csv"))?;
        let log = self.setting.fresh(&format!("messages-{number}.txt"))?;
        let mut command = self.setting.get(&server.origin(), &server.locator(), &file);
        command.args(["--parallel", &self.parallel.to_string()]);
        command.env("ANAPLAN_MAX_WAIT", self.max_wait().as_secs_f64().to_string());
        // A file, because nobody reads a pipe while the program runs.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).map_err(failed)?);
        let process = command.spawn().map_err(failed)?;
        Ok(Member { process, file, log })
    }

    /// The maximum wait, as much shorter as the bucket is refilled faster.
    fn max_wait(&self) -> Duration {
        Duration::from_secs_f64((MAX_WAIT * REFILL / self.refill).min(MAX_WAIT))
    }
}

/// One of the processes. Dropped, it is ended: none outlives the server.
struct Member {
    process: Child,
    file: PathBuf,
    log: PathBuf,
}

impl Member {
    /// Waits for its end. Returns what it printed last, if it failed; a file that is not the dump is an error.
    fn finish(mut self, expected: &[u8]) -> Result<Option<String>, String> {
        let failed = |error: io::Error| format!("{PROGRAM}: {error}");
        let status = self.process.wait().map_err(failed)?;
        if !status.success() {
            let log = fs::read_to_string(&self.log).map_err(failed)?;
            return Ok(Some(format!("{status}, {}", log.lines().last().unwrap_or("without a word"))));
        }
        if fs::read(&self.file).map_err(failed)? != expected {
            return Err(format!("{} is not what the server holds", self.file.display()));
        }
        Ok(None)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It has ended already unless an error ended the measurement.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
