//! The scenario `rate-limit`: many processes at once against one tenant's token bucket. Each knows nothing of
//! the others but the refusals that it gets.

use std::path::Path;
use std::thread;
use std::time::Instant;

use xtask::fake::{Dump, FakeServer, Service, TOKEN, dump_file};

use super::measure;
use crate::cargo::{PROGRAM, clean_command};

/// Processes at once, and the chunks of each one's dump: the full bucket is enough for less than half of them. A chunk
/// has next to no bytes, because requests are what is limited.
const PROCESSES: usize = 50;
const CHUNKS: usize = 30;
const CHUNK_SIZE: usize = 1_000;

/// Requests in the service's full bucket, and those that this one gets in a second. The service's own gets 10, and the
/// program waits 60 s at most: both are scaled, so that a faster bucket meets the same patience.
const DEPTH: u32 = 600;
const REFILL: f64 = 100.0;
const MAX_WAIT: &str = "6";

/// How many times as many requests as needed may be sent.
const MAX_RATIO: f64 = 1.25;

/// Measures and prints; an error where a process gives up or too much is sent.
pub(super) fn run(program: &Path) -> Result<(), String> {
    let dump = Dump::from_bytes(dump_file::generate(1, CHUNKS * CHUNK_SIZE), CHUNK_SIZE);
    let alone = FakeServer::start_on(Service::with_dump(dump.clone()), 0, None)?;
    get(program, &dump, &alone)?;
    let needed = alone.requests().len() * PROCESSES;
    let ideal = (needed as f64 - f64::from(DEPTH)).max(0.0) / REFILL;
    println!(
        "\n{PROCESSES} processes of {PROGRAM} at once, each with a dump of {CHUNKS} chunks. The bucket holds\n\
         {DEPTH} requests and gets {REFILL} a second; {needed} are needed, which take {ideal:.1} s at least."
    );
    println!("{:<24}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "sent", "ratio", "429", "wall s", "/ ideal");
    for (name, retry_after) in [("with Retry-After", true), ("without Retry-After", false)] {
        let mut service = Service::with_dump(dump.clone());
        service.set_bucket(DEPTH, REFILL, retry_after);
        let server = &FakeServer::start_on(service, 0, None)?;
        let (begun, dump) = (Instant::now(), &dump);
        let outcome: Result<(), String> = thread::scope(|scope| {
            let crowd: Vec<_> = (0..PROCESSES).map(|_| scope.spawn(move || get(program, dump, server))).collect();
            crowd.into_iter().try_for_each(|one| one.join().unwrap_or_else(|_| Err("a panic".to_owned())))
        });
        outcome.map_err(|error| format!("{name}: {error}"))?;
        let (wall, sent) = (begun.elapsed().as_secs_f64(), server.requests().len());
        let (ratio, refused) = (sent as f64 / needed as f64, server.service().throttled());
        println!("  {name:<22}{sent:>9}{ratio:>9.3}{refused:>9}{wall:>9.1}{:>9.2}", wall / ideal);
        if ratio > MAX_RATIO {
            return Err(format!("{name}: at most {MAX_RATIO} times as many requests as needed may be sent"));
        }
    }
    Ok(())
}

/// One download; an error where it gives up, or what arrives is not the dump.
fn get(program: &Path, dump: &Dump, server: &FakeServer) -> Result<(), String> {
    let mut command = clean_command(program);
    command.args(["get", &server.locator(), "-qq", "-o", "-"]).env("ANAPLAN_TOKEN", TOKEN);
    command.env("ANAPLAN_API_URL", server.origin()).env("ANAPLAN_MAX_WAIT", MAX_WAIT);
    let (_, length, sum) = measure::child(command).map_err(|error| format!("one gave up: {error}"))?;
    let expected = measure::checksum(&dump.bytes()[..]).map_err(|error| error.to_string())?;
    if (length, sum) == expected { Ok(()) } else { Err("one printed something else than the dump".to_owned()) }
}
