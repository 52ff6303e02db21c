//! Ctrl-C and SIGTERM: a prompt end with everything kept.
#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use xtask::fake::{ErrorBody, Fault};

use crate::support::{CHUNK, Scene, asked, bytes_of, chunk};

/// A shell that starts the tests in the background may have told them to ignore the interrupt.
const WITH_DEFAULT_SIGNALS: [&str; 2] = ["/usr/bin/env", "--default-signal=INT,TERM"];

/// Ends a run that hangs in its fourth chunk, and goes on from there.
#[track_caller]
fn ends_and_goes_on(signal: &str, number: i32) {
    let scene = Scene::with_chunks(5);
    scene.stall_in_chunk(3);
    let command = scene.command("get DUMP -o dump.csv --stall-timeout=10m").through(&WITH_DEFAULT_SIGNALS);
    let mut running = command.start();
    running.wait_until("it hangs", |scene| asked(&scene.server, 0).contains(&"3".to_owned()));
    running.signal(signal);
    let outcome = running.finish();
    assert_eq!(outcome.output.status.signal(), Some(number), "{}", outcome.describe());
    assert_eq!(scene.files(), ["dump.csv.part", "dump.csv.part.journal"], "{}", outcome.describe());
    assert_eq!(scene.journal_lines(), 4, "{}", outcome.describe());
    scene.server.clear_faults();
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0).complains("an earlier run left 3 of 5 chunks");
    assert_eq!(asked, ["3", "4"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(5, 1));
}

#[test]
fn an_interrupt_ends_the_run_and_the_next_one_goes_on() {
    ends_and_goes_on("INT", 2);
}

#[test]
fn a_termination_ends_the_run_and_the_next_one_goes_on() {
    ends_and_goes_on("TERM", 15);
}

#[test]
fn a_long_wait_is_interrupted_at_once() {
    let scene = Scene::with_chunks(3);
    let body = ErrorBody::Empty;
    scene.server.fault(Fault::Status { code: 503, retry_after: Some("3600".into()), body }, chunk(1));
    let command = scene.command("get DUMP -o dump.csv --max-wait=1h").through(&WITH_DEFAULT_SIGNALS);
    let mut running = command.start();
    running.wait_until_told("; waiting 1 h 00 min, then retry 1 of 12");
    running.signal("INT");
    let outcome = running.finish();
    assert_eq!(outcome.output.status.signal(), Some(2), "{}", outcome.describe());
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

#[test]
fn an_interrupt_ends_fetches_side_by_side() {
    let scene = Scene::with_chunks(5);
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(2));
    let command = scene.command("get DUMP -o dump.csv --stall-timeout=20m --parallel=4");
    let mut running = command.through(&WITH_DEFAULT_SIGNALS).start();
    running.wait_until("two chunks are there", |scene| scene.journal_lines() == 3);
    running.signal("TERM");
    let outcome = running.finish();
    assert_eq!(outcome.output.status.signal(), Some(15), "{}", outcome.describe());
    scene.server.clear_faults();
    scene.get("").0.exits_with(0).complains("an earlier run left 2 of 5 chunks");
    scene.has_whole_dump(&bytes_of(5, 1));
}
