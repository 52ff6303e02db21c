//! Standard output gets whole chunks in order, each byte once, whatever happens on the way.

use std::time::Duration;

use xtask::fake::{Fault, GzipMode, Service};

use crate::support::texts::incomplete;
use crate::support::{CHUNK, Scene, bytes_of, chunk, dump_of};

const CHUNKS: usize = 4;

#[test]
fn a_fault_in_or_after_a_chunk_repeats_and_loses_nothing() {
    for options in ["", "--parallel=4"] {
        for fault in [
            Fault::ResetInBody { after_bytes: 6_000 },
            Fault::Stall { after_bytes: 6_000 },
            Fault::GzipBadCrc,
        ] {
            let scene = Scene::with_chunks(CHUNKS);
            scene.server.fault(fault, chunk(2).times(2));
            let outcome = scene.pipe(&format!("--stall-timeout=500ms {options}"));
            let waits = outcome.prints(&bytes_of(CHUNKS, 1)).waits();
            assert_eq!(waits.iter().map(|wait| wait.retry).collect::<Vec<_>>(), [(1, 12), (2, 12)]);
        }
    }
}

#[test]
fn a_fault_that_stays_leaves_the_chunks_before_it() {
    for (fault, options, code) in [
        (Fault::ResetInBody { after_bytes: 6_000 }, "", 5),
        (Fault::GzipBadCrc, "", 5),
        (Fault::EraseDump, "", 4),
        (Fault::status(403), "--parallel=4", 3),
    ] {
        let scene = Scene::with_chunks(CHUNKS);
        scene.server.fault(fault, chunk(2));
        let outcome = scene.pipe(&format!("--retries=1 {options}"));
        outcome.exits_with(code).prints(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
        outcome.stderr_has(format!("anaplan-dump: {}", incomplete(2, CHUNKS, "")));
    }
}

#[test]
fn compressed_chunks_with_faults_are_printed_once() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.set_gzip(GzipMode::On);
    let scene = Scene::with_service(service);
    for number in 0..CHUNKS {
        scene.server.fault(Fault::CutBeforeEnd { missing_bytes: 6 }, chunk(number).times(1));
    }
    let outcome = scene.pipe("");
    assert_eq!(outcome.prints(&bytes_of(CHUNKS, 1)).waits().len(), CHUNKS);
}

#[test]
fn whole_chunks_are_printed_before_the_next_one_arrives() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(2));
    let mut running = scene.command("get DUMP -o - --stall-timeout=20m").start();
    running.wait_for_output(2 * CHUNK);
    running.kill().prints(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
}
