//! `--parallel`: chunks are fetched side by side and written in order all the same.

use std::thread;
use std::time::{Duration, Instant};

use xtask::fake::{Fault, Service, When};

use crate::support::{CHUNK, Scene, asked, bytes_of, chunk, dump_of, lists_asked};

const CHUNKS: usize = 12;

/// How long a test looks whether something happens that must not. It never waits for a good end.
const WATCH: Duration = Duration::from_millis(200);

#[test]
fn chunks_that_arrive_out_of_order_are_written_in_order() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in [0, 4, 8] {
        scene.server.fault(Fault::Latency(Duration::from_millis(80)), chunk(number));
    }
    scene.get("--parallel=4").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn chunks_that_arrive_out_of_order_are_printed_in_order() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::Latency(Duration::from_millis(80)), chunk(0));
    let outcome = scene.run("get DUMP -o - --parallel=4").exits_with(0);
    crate::support::assert_same_bytes(&outcome.output.stdout, &bytes_of(CHUNKS, 1));
}

#[test]
fn every_chunk_is_asked_for_once() {
    let scene = Scene::with_chunks(CHUNKS);
    let (outcome, mut asked) = scene.get("--parallel=4");
    let outcome = outcome.exits_with(0);
    asked.sort_by_key(|id| id.parse::<usize>().expect("a number"));
    let all: Vec<String> = (0..CHUNKS).map(|number| number.to_string()).collect();
    assert_eq!(asked, all, "{}", outcome.describe());
    assert_eq!(lists_asked(&scene.server), 2, "{}", outcome.describe());
}

#[test]
fn four_side_by_side_take_no_more_than_four_connections() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.set_link(Duration::from_millis(20), None);
    let scene = Scene::with_service(service);
    let outcome = scene.get("--parallel=4").0.exits_with(0);
    let connections = scene.server.connections();
    assert!((2..=4).contains(&connections), "{connections}\n{}", outcome.describe());
}

#[test]
fn more_side_by_side_than_chunks_is_no_harm() {
    let scene = Scene::with_chunks(2);
    scene.get("--parallel=16").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(2, 1));
}

#[test]
fn nothing_is_fetched_beyond_the_window() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::StallBeforeAnswer, chunk(0));
    let mut running = scene.command("get DUMP -o dump.csv --parallel=3 --stall-timeout=10m").start();
    running.wait_until("the window is full", |scene| asked(&scene.server, 0).len() >= 4);
    thread::sleep(WATCH);
    let mut requested = asked(&scene.server, 0);
    requested.sort();
    let outcome = running.kill();
    assert_eq!(requested, ["0", "1", "2", "3"], "{}", outcome.describe());
}

#[test]
fn a_failure_begins_no_further_fetch() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in [0, 2, 3] {
        scene.server.fault(Fault::StallBeforeAnswer, chunk(number));
    }
    scene.server.fault(Fault::status(404), chunk(1));
    let mut running = scene.command("get DUMP -o dump.csv --parallel=4 --stall-timeout=10m").start();
    running.wait_until("a fetch has failed", |scene| {
        scene.server.requests().iter().any(|request| request.status == Some(404))
    });
    thread::sleep(WATCH);
    let requested = asked(&scene.server, 0);
    let outcome = running.kill();
    assert!(!requested.contains(&"4".to_owned()), "{requested:?}\n{}", outcome.describe());
}

#[test]
fn chunks_before_a_failure_are_kept_and_those_after_it_are_not() {
    let scene = Scene::with_chunks(CHUNKS);
    // The failure is there long before the chunks that must be kept.
    for number in [0, 1] {
        scene.server.fault(Fault::Latency(Duration::from_millis(150)), chunk(number));
    }
    scene.server.fault(Fault::status(403), chunk(2));
    let outcome = scene.get("--parallel=4").0.exits_with(3).complains("2 of 12 chunks are there");
    outcome.complains("chunk 2 of dump");
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.get("--parallel=4").0.exits_with(0).complains("an earlier run left 2 of 12 chunks");
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn faults_of_many_chunks_at_once_are_survived() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in 0..CHUNKS {
        let fault = match number % 4 {
            0 => Fault::ResetBeforeAnswer,
            1 => Fault::CutBody { after_bytes: 4_000 },
            2 => Fault::status(503),
            _ => Fault::GzipBadCrc,
        };
        scene.server.fault(fault, chunk(number).times(1));
    }
    let outcome = scene.get("--parallel=4 --retries=1").0.exits_with(0);
    let mut retries: Vec<_> = outcome.waits().iter().map(|wait| (wait.retry, wait.retries)).collect();
    retries.dedup();
    assert_eq!(retries, [(1, 1)], "{}", outcome.describe());
    assert_eq!(outcome.waits().len(), CHUNKS, "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_rate_limit_is_survived_side_by_side() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(429), When::path("chunks/*").times(10));
    let outcome = scene.get("--parallel=4").0.exits_with(0);
    assert_eq!(outcome.waits().len(), 10, "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_rate_limit_slows_all_fetches_down_together() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::status(429), chunk(0).times(1));
    let begun = Instant::now();
    scene.get("--parallel=4 --max-wait=100ms").0.exits_with(0);
    // After one refusal the requests keep a distance of 50 to 150 ms that shrinks by a tenth with each
    // success: ten of them take 300 ms at least. Without it, all are through in a few.
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_stalled_chunk_is_retried_while_others_go_on() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::Stall { after_bytes: 3_000 }, chunk(1).times(1));
    let outcome = scene.get("--parallel=4 --stall-timeout=500ms").0.exits_with(0);
    outcome.complains("nothing moved for 0.5 s; waiting ");
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}
