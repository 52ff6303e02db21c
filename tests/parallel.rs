//! `--parallel`: chunks are fetched side by side and written in order all the same.

use std::thread;
use std::time::Duration;

use xtask::fake::{Fault, Service};

use crate::support::texts::{KEPT, STALLED, answered, goes_on, incomplete, the_chunk, wait};
use crate::support::{CHUNK, Scene, bytes_of, chunk, dump_of};

const CHUNKS: usize = 12;

/// How long a test looks whether something happens that must not. It never waits for a good end.
const WATCH: Duration = Duration::from_millis(200);

#[test]
fn chunks_that_arrive_out_of_order_are_written_in_order() {
    let scene = Scene::with_chunks(CHUNKS);
    for number in [0, 4, 8] {
        scene.server.fault(Fault::Latency(Duration::from_millis(80)), chunk(number));
    }
    scene.get("--parallel=4").saves(&dump_of(CHUNKS, 1));
    scene.pipe("--parallel=4").prints(&bytes_of(CHUNKS, 1));
}

#[test]
fn every_chunk_is_asked_for_once_over_no_more_connections_than_asked_for() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.set_link(Duration::from_millis(20), None);
    let scene = Scene::with_service(service);
    let outcome = scene.get("--parallel=4");
    let mut asked = outcome.saves(&dump_of(CHUNKS, 1)).asked();
    asked.sort_by_key(|id| id.parse::<usize>().expect("a number"));
    assert_eq!(asked, (0..CHUNKS).map(|number| number.to_string()).collect::<Vec<_>>());
    let connections = scene.server.connections();
    assert!((2..=4).contains(&connections), "{connections}\n{}", scene.describe());
}

#[test]
fn more_side_by_side_than_chunks_is_no_harm() {
    Scene::with_chunks(2).get("--parallel=8").saves(&dump_of(2, 1));
}

#[test]
fn nothing_is_fetched_beyond_the_window() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::StallBeforeAnswer, chunk(0));
    let mut running = scene.command("get DUMP -o dump.csv --parallel=3 --stall-timeout=10m").start();
    running.wait_for_requests(5);
    thread::sleep(WATCH);
    let mut asked = running.kill().asked();
    asked.sort();
    assert_eq!(asked, ["0", "1", "2", "3"], "{}", scene.describe());
    scene.any_files();
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
    let asked = running.kill().asked();
    assert!(!asked.contains(&"4".to_owned()), "{asked:?}\n{}", scene.describe());
    scene.any_files();
}

#[test]
fn chunks_before_a_failure_are_kept_and_those_after_it_are_not() {
    let scene = Scene::with_chunks(CHUNKS);
    // The failure is there long before the chunks that must be kept.
    for number in [0, 1] {
        scene.server.fault(Fault::Latency(Duration::from_millis(150)), chunk(number));
    }
    scene.server.fault(Fault::status(403), chunk(2));
    let why = format!("{}: {}\n  <ANY>{KEPT}", the_chunk(2, CHUNKS), answered("403 Forbidden"));
    scene.get("--parallel=4").fails(3, incomplete(2, CHUNKS, &why));
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    scene.server.clear_faults();
    scene.get("--parallel=4").notes(goes_on(2, CHUNKS)).saves(&dump_of(CHUNKS, 1));
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
    let outcome = scene.get("--parallel=4 --retries=1");
    let waits = outcome.saves(&dump_of(CHUNKS, 1)).waits();
    assert!(waits.len() == CHUNKS && waits.iter().all(|wait| wait.retry == (1, 1)), "{waits:?}");
}

#[test]
fn a_rate_limit_is_survived_side_by_side() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.service().set_bucket(3, 200.0, true);
    let outcome = scene.get("--parallel=4 --max-wait=20ms");
    let waits = outcome.saves(&dump_of(CHUNKS, 1)).waits();
    assert!(!waits.is_empty() && waits.len() == scene.server.service().throttled(), "{waits:?}");
}

#[test]
fn a_stalled_chunk_is_retried_while_others_go_on() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::Stall { after_bytes: 3_000 }, chunk(1).times(1));
    let outcome = scene.get("--parallel=4 --stall-timeout=500ms");
    outcome.notes(wait(&the_chunk(1, CHUNKS), STALLED, 1, 12)).saves(&dump_of(CHUNKS, 1));
}
