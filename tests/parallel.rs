//! `--parallel` and standard output: chunks are fetched side by side and written in order all the same, each
//! byte once in spite of faults.

use std::thread;
use std::time::Duration;

use xtask::fake::{At, Fault, Service};

use crate::support::texts::{KEPT, answered, goes_on, incomplete, the_chunk};
use crate::support::{CHUNK, Scene, bytes_of, chunk, dump_of};

const CHUNKS: usize = 12;

/// How long a test looks whether something happens that must not. It never waits for a good end.
const WATCH: Duration = Duration::from_millis(200);

#[test]
fn chunks_that_arrive_out_of_order_are_written_in_order_and_asked_for_once() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.settings.latency = Duration::from_millis(20);
    let scene = Scene::with_service(service);
    for number in [0, 4, 8] {
        scene.server.fault(Fault::Latency(Duration::from_millis(80)), chunk(number));
    }
    let mut asked = scene.get("--parallel=4").saves(&dump_of(CHUNKS, 1)).asked();
    asked.sort_by_key(|id| id.parse::<usize>().expect("a number"));
    assert_eq!(asked, (0..CHUNKS).map(|number| number.to_string()).collect::<Vec<_>>());
    let connections = scene.server.connections();
    assert!((2..=4).contains(&connections), "{connections}\n{}", scene.describe());
    scene.pipe("--parallel=4").prints(&bytes_of(CHUNKS, 1));
    Scene::with_chunks(2).get("--parallel=8").saves(&dump_of(2, 1));
}

#[test]
fn nothing_is_fetched_beyond_the_window_nor_after_a_failure() {
    for (parallel, stalled, is_failing) in [(3, &[0][..], false), (4, &[0, 2, 3], true)] {
        let scene = Scene::with_chunks(CHUNKS);
        for number in stalled {
            scene.server.fault(Fault::Stall(At::Start), chunk(*number));
        }
        if is_failing {
            scene.server.fault(Fault::status(404), chunk(1));
        }
        let command = format!("get DUMP -o dump.csv --parallel={parallel} --stall-timeout=10m");
        let mut running = scene.command(&command).start();
        running.wait_until("the window is full or a fetch has failed", |scene| {
            let requests = scene.server.requests();
            let has_failed = requests.iter().any(|request| request.status == Some(404));
            if is_failing { has_failed } else { requests.len() == 5 }
        });
        thread::sleep(WATCH);
        let asked = running.kill().asked();
        let window = ["0", "1", "2", "3"];
        assert!(asked.iter().all(|id| window.contains(&id.as_str())), "{asked:?}\n{}", scene.describe());
        scene.any_files();
    }
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
fn a_fault_in_or_after_a_chunk_repeats_and_loses_nothing_on_standard_output() {
    for options in ["", "--parallel=4"] {
        for fault in [Fault::Reset(At::Body(6_000)), Fault::Stall(At::Body(6_000)), Fault::GzipBadCrc] {
            let scene = Scene::with_chunks(4);
            scene.server.fault(fault, chunk(2).times(2));
            let outcome = scene.pipe(&format!("--stall-timeout=500ms {options}"));
            outcome.prints(&bytes_of(4, 1)).notes("<ANY>; retry 1 of 12 in <TIME>\n<ANY>; retry 2 of 12 in <TIME>\n");
        }
    }
}

#[test]
fn whole_chunks_are_printed_before_the_next_one_arrives() {
    let scene = Scene::with_chunks(4);
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(2));
    let mut running = scene.command("get DUMP -o - --stall-timeout=20m").start();
    running.wait_for_output(2 * CHUNK);
    running.kill().prints(&bytes_of(4, 1)[..2 * CHUNK]);
}
