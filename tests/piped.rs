//! Standard output gets whole chunks in order, whatever happens on the way.

use std::time::Duration;

use xtask::fake::{Fault, GzipMode, Service};

use crate::support::{CHUNK, Scene, assert_same_bytes, bytes_of, chunk, dump_of};

const CHUNKS: usize = 4;

/// The whole dump is printed although the fault strikes a chunk twice, in its middle.
#[track_caller]
fn prints_every_byte_once(fault: Fault, options: &str) {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(fault, chunk(2).times(2));
    let outcome = scene.run(&format!("get DUMP -o - --stall-timeout=500ms {options}")).exits_with(0);
    assert_eq!(outcome.waits().len(), 2, "{}", outcome.describe());
    assert_same_bytes(&outcome.output.stdout, &bytes_of(CHUNKS, 1));
}

/// Exactly the chunks before the fault that stays are printed, and the error says how many.
#[track_caller]
fn prints_the_chunks_before(fault: Fault, options: &str, exit: i32) {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(fault, chunk(2));
    let arguments = format!("get DUMP -o - --retries=1 --stall-timeout=500ms {options}");
    let outcome = scene.run(&arguments).exits_with(exit).complains("2 of 4 chunks are there");
    assert_same_bytes(&outcome.output.stdout, &bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
}

#[test]
fn a_reset_in_the_middle_of_a_chunk_repeats_and_loses_nothing() {
    prints_every_byte_once(Fault::ResetInBody { after_bytes: 6_000 }, "");
}

#[test]
fn a_cut_in_the_middle_of_a_chunk_repeats_and_loses_nothing() {
    prints_every_byte_once(Fault::CutBody { after_bytes: 6_000 }, "");
}

#[test]
fn a_stall_in_the_middle_of_a_chunk_repeats_and_loses_nothing() {
    prints_every_byte_once(Fault::Stall { after_bytes: 6_000 }, "");
}

#[test]
fn a_checksum_that_is_wrong_after_the_last_byte_repeats_nothing() {
    prints_every_byte_once(Fault::GzipBadCrc, "");
}

#[test]
fn a_fault_side_by_side_repeats_and_loses_nothing() {
    prints_every_byte_once(Fault::ResetInBody { after_bytes: 6_000 }, "--parallel=4");
}

#[test]
fn a_reset_that_stays_leaves_the_chunks_before_it() {
    prints_the_chunks_before(Fault::ResetInBody { after_bytes: 6_000 }, "", 5);
}

#[test]
fn a_wrong_checksum_that_stays_leaves_the_chunks_before_it() {
    prints_the_chunks_before(Fault::GzipBadCrc, "", 5);
}

#[test]
fn a_dump_that_vanishes_leaves_the_chunks_before_it() {
    prints_the_chunks_before(Fault::EraseDump, "", 4);
}

#[test]
fn a_failure_side_by_side_leaves_the_chunks_before_it() {
    prints_the_chunks_before(Fault::status(403), "--parallel=4", 3);
}

#[test]
fn compressed_chunks_with_faults_are_printed_once() {
    let mut service = Service::with_dump(dump_of(CHUNKS, 1));
    service.set_gzip(GzipMode::On);
    let scene = Scene::with_service(service);
    for number in 0..CHUNKS {
        scene.server.fault(Fault::CutBeforeEnd { missing_bytes: 6 }, chunk(number).times(1));
    }
    let outcome = scene.run("get DUMP -o -").exits_with(0);
    assert_same_bytes(&outcome.output.stdout, &bytes_of(CHUNKS, 1));
}

#[test]
fn whole_chunks_are_printed_before_the_next_one_arrives() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::Latency(Duration::from_secs(600)), chunk(2));
    let mut running = scene.command("get DUMP -o - --stall-timeout=20m").start();
    running.wait_until_printed(2 * CHUNK);
    let outcome = running.kill();
    assert_same_bytes(&outcome.output.stdout, &bytes_of(CHUNKS, 1)[..2 * CHUNK]);
}
