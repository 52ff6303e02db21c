//! The scenario `rate-limit`: many processes at once against one tenant's token bucket. Each knows nothing of
//! the others but the refusals that it gets.

use std::fs::{self, File};
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use xtask::fake::{Dump, FakeServer, Service, dump_file};

use super::Setting;
use crate::cargo::PROGRAM;

/// Processes at once, and the chunks of each one's dump: the full bucket is enough for less than half of them.
const PROCESSES: usize = 50;
const CHUNKS: usize = 30;

/// Bytes of a chunk: next to nothing, because requests are what is limited.
const CHUNK_SIZE: usize = 1_000;

/// Requests in the service's full bucket, and those that this one gets in a second. The service's own gets 10, and the
/// program waits 60 s at most: both are scaled, so that a faster bucket meets the same patience.
const DEPTH: u32 = 600;
const REFILL: f64 = 100.0;
const MAX_WAIT: &str = "6";

/// How many times as many requests as needed may be sent.
const MAX_RATIO: f64 = 1.25;

/// Measures and prints; an error where a process gives up or too much is sent.
pub(super) fn run(setting: &Setting) -> Result<(), String> {
    let dump = Dump::from_bytes(dump_file::generate(1, CHUNKS * CHUNK_SIZE), CHUNK_SIZE);
    let alone = FakeServer::start_on(Service::with_dump(dump.clone()), 0, false)?;
    finish(setting, &dump, vec![start(setting, &alone, 0)?], "without any limit")?;
    let needed = alone.requests().len() * PROCESSES;
    let ideal = (needed as f64 - f64::from(DEPTH)).max(0.0) / REFILL;
    println!(
        "\n{PROCESSES} processes of {PROGRAM} at once, each with a dump of {CHUNKS} chunks. The bucket holds"
    );
    println!(
        "{DEPTH} requests and gets {REFILL} a second; {needed} are needed, which take {ideal:.1} s at least."
    );
    println!("{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "sent", "ratio", "429", "wall s", "/ ideal");
    for (name, retry_after) in [("with Retry-After", true), ("without Retry-After", false)] {
        let mut service = Service::with_dump(dump.clone());
        service.set_bucket(DEPTH, REFILL, retry_after);
        let server = FakeServer::start_on(service, 0, false)?;
        let begun = Instant::now();
        let crowd = (0..PROCESSES).map(|number| start(setting, &server, number)).collect::<Result<_, _>>()?;
        finish(setting, &dump, crowd, name)?;
        let (wall, sent) = (begun.elapsed().as_secs_f64(), server.requests().len());
        let (ratio, refused) = (sent as f64 / needed as f64, server.service().throttled());
        println!("  {name:<22}{sent:>9}{ratio:>9.3}{refused:>9}{wall:>9.1}{:>9.2}", wall / ideal);
        if ratio > MAX_RATIO {
            return Err(format!("{name}: at most {MAX_RATIO} times as many requests as needed may be sent"));
        }
    }
    Ok(())
}

fn start(setting: &Setting, server: &FakeServer, number: usize) -> Result<Child, String> {
    let failed = |error: io::Error| format!("{PROGRAM} cannot be started: {error}");
    let file = setting.fresh(&format!("dump-{number}.csv"))?;
    let log = File::create(setting.folder.join(format!("messages-{number}.txt"))).map_err(failed)?;
    let mut command: Command = setting.get(&server.origin(), &server.locator(), &file);
    command.env("ANAPLAN_MAX_WAIT", MAX_WAIT).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().map_err(failed)
}

/// Waits for the end of all; an error where one failed, or its file is not the dump.
fn finish(setting: &Setting, dump: &Dump, crowd: Vec<Child>, name: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("{PROGRAM}: {error}");
    let statuses: io::Result<Vec<_>> = crowd.into_iter().map(|mut child| child.wait()).collect();
    for (number, status) in statuses.map_err(failed)?.into_iter().enumerate() {
        let log =
            fs::read_to_string(setting.folder.join(format!("messages-{number}.txt"))).map_err(failed)?;
        if !status.success() {
            return Err(format!(
                "{name}: one gave up with {status}: {}",
                log.lines().last().unwrap_or_default()
            ));
        }
        let path = setting.folder.join(format!("dump-{number}.csv"));
        if fs::read(&path).map_err(failed)? != dump.bytes() {
            return Err(format!("{} is not what the server holds", path.display()));
        }
    }
    Ok(())
}
