//! The local disk fails: exit code 7, what is whole is kept, and nothing has the final name.

use std::fs;

use xtask::fake::Fault;

use crate::support::{CHUNK, Invocation, Outcome, Scene, bytes_of, chunk};

const CHUNKS: usize = 5;

/// Runs it where no file may grow beyond so many KiB. A write beyond that fails, as on a full disk.
#[track_caller]
fn with_room_for<'a>(kilobytes: u32, command: Invocation<'a>) -> Outcome<'a> {
    let limited = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
    command.through(&["/bin/bash", "-c", &limited]).start().finish()
}

#[test]
fn a_disk_that_fills_up_keeps_the_whole_chunks_and_the_next_run_goes_on() {
    let scene = Scene::with_chunks(CHUNKS);
    // 25,600 bytes: two chunks and a half.
    let outcome = with_room_for(25, scene.command("get DUMP -o dump.csv")).exits_with(7);
    let outcome = outcome
        .complains("2 of 5 chunks are there")
        .complains("cannot write to dump.csv.part: ")
        .complains("what is there is kept in dump.csv.part");
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0).complains("an earlier run left 2 of 5 chunks");
    assert_eq!(asked, ["2", "3", "4"], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}

#[test]
fn a_disk_that_fills_up_side_by_side_keeps_the_whole_chunks() {
    let scene = Scene::with_chunks(CHUNKS);
    let outcome = with_room_for(25, scene.command("get DUMP -o dump.csv --parallel=4")).exits_with(7);
    outcome.complains("2 of 5 chunks are there");
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
}

#[test]
fn a_disk_without_any_room_leaves_nothing() {
    let scene = Scene::with_chunks(CHUNKS);
    let outcome = with_room_for(0, scene.command("get DUMP -o dump.csv")).exits_with(7);
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
}

#[test]
fn a_disk_that_fills_up_while_a_chunk_is_fetched_again_keeps_the_whole_ones() {
    let scene = Scene::with_chunks(CHUNKS);
    scene.server.fault(Fault::CutBody { after_bytes: 9_000 }, chunk(1).times(1));
    with_room_for(25, scene.command("get DUMP -o dump.csv")).exits_with(7);
    scene.keeps_part(&bytes_of(CHUNKS, 1)[..2 * CHUNK]);
}

#[test]
fn a_full_device_is_reported() {
    let scene = Scene::with_chunks(CHUNKS);
    let outcome = scene.run("get DUMP -o /dev/full").exits_with(7);
    outcome.complains("0 of 5 chunks are there").complains("No space left on device");
}

#[test]
fn a_full_standard_output_is_reported() {
    let scene = Scene::with_chunks(CHUNKS);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let outcome = scene.command("get DUMP -o -").stdout(full).run().exits_with(7);
    outcome.complains("No space left on device");
}

#[test]
fn a_folder_that_is_a_file_is_reported_before_anything_is_fetched() {
    let scene = Scene::with_chunks(CHUNKS);
    fs::write(scene.path("file"), "precious").expect("the file is written");
    let outcome = scene.run("get DUMP -o file/dump.csv").exits_with(7).complains("file/dump.csv");
    assert_eq!(scene.read("file"), b"precious", "{}", outcome.describe());
    assert_eq!(scene.server.requests().len(), 0, "{}", outcome.describe());
}

#[test]
fn a_folder_that_is_not_there_is_reported_before_anything_is_fetched() {
    let scene = Scene::with_chunks(CHUNKS);
    let outcome = scene.run("get DUMP -o missing/dump.csv").exits_with(7).complains("missing/dump.csv");
    assert_eq!(scene.files(), [""; 0], "{}", outcome.describe());
    assert_eq!(scene.server.requests().len(), 0, "{}", outcome.describe());
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_takes_no_files_is_reported_before_anything_is_fetched() {
    let scene = Scene::with_chunks(CHUNKS);
    // Not even root may make files here.
    let outcome = scene.run("get DUMP -o /proc/dump.csv").exits_with(7).complains("/proc/dump.csv");
    assert_eq!(scene.server.requests().len(), 0, "{}", outcome.describe());
}

#[test]
fn a_file_that_appears_meanwhile_is_not_overwritten() {
    let scene = Scene::with_chunks(CHUNKS);
    let held = scene.server.service();
    let mut running = scene.command("get DUMP -o dump.csv").start();
    running.wait_until("it asks for the list", |scene| scene.server.requests().len() == 1);
    fs::write(scene.path("dump.csv"), "precious").expect("the file is written");
    drop(held);
    let outcome = running.finish().exits_with(7).complains("dump.csv exists already");
    assert_eq!(scene.read("dump.csv"), b"precious", "{}", outcome.describe());
    // Nothing is fetched again once the name is free.
    fs::remove_file(scene.path("dump.csv")).expect("the file is removed");
    let (outcome, asked) = scene.get("");
    let outcome = outcome.exits_with(0);
    assert_eq!(asked, [""; 0], "{}", outcome.describe());
    scene.has_whole_dump(&bytes_of(CHUNKS, 1));
}
