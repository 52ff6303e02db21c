//! What has no end, or a far one, is cut off at a limit that the error names, and takes no memory.

use xtask::fake::{Fault, When};

use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, lists_asked};

const CHUNK_LIMIT: &str = "it is larger than the limit of 67108864 bytes (the limit of one chunk)";
const JSON_LIMIT: &str = "it is larger than the limit of 67108864 bytes (the limit of JSON answers)";
const HEADER_LIMIT: &str = "the answer's header is larger than 64 KiB";

/// Larger than the limit, and than the memory that the command is given.
const BOMB: Fault = Fault::GzipBomb { inflated: 200_000_000 };

/// All the address space that a command may have, in KiB: less than the limit of one chunk.
const MEMORY: u32 = 32 * 1024;

/// Room for a JSON answer that grows up to its limit.
const MEMORY_FOR_JSON: u32 = 256 * 1024;

/// Downloads with so little memory that whatever is endless must not be collected.
#[track_caller]
fn is_cut_off(fault: Fault, when: When, kilobytes: u32, told: &str) -> Scene {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, when);
    let limited = format!("ulimit -v {kilobytes}; exec \"$0\" \"$@\"");
    let command = scene.command("get DUMP -o dump.csv").through(&["/bin/bash", "-c", &limited]);
    let outcome = command.start().finish().exits_with(5).complains(told);
    assert_eq!(outcome.waits(), [], "{}", outcome.describe());
    scene
}

#[track_caller]
fn chunk_is_cut_off(fault: Fault, told: &str) {
    let scene = is_cut_off(fault, chunk(1), MEMORY, told);
    assert_eq!(crate::support::asked(&scene.server, 0), ["0", "1"], "{}", scene.describe());
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

#[track_caller]
fn list_is_cut_off(fault: Fault, told: &str) {
    let scene = is_cut_off(fault, chunk_list(), MEMORY_FOR_JSON, told);
    assert_eq!(lists_asked(&scene.server), 1, "{}", scene.describe());
    assert_eq!(scene.files(), [""; 0], "{}", scene.describe());
}

#[test]
fn a_download_needs_little_memory() {
    let scene = Scene::with_dump(xtask::fake::Dump::from_bytes(vec![b'x'; 50_000_000], 10_000_000));
    let limited = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let command = scene.command("get DUMP -o dump.csv").through(&["/bin/bash", "-c", &limited]);
    command.start().finish().exits_with(0);
    scene.has_whole_dump(&vec![b'x'; 50_000_000]);
}

#[test]
fn a_chunk_that_inflates_beyond_the_limit_is_cut_off() {
    chunk_is_cut_off(BOMB, CHUNK_LIMIT);
}

#[test]
fn an_endless_chunk_is_cut_off() {
    chunk_is_cut_off(Fault::EndlessBody, CHUNK_LIMIT);
}

#[test]
fn endless_gzip_that_never_yields_a_byte_is_cut_off() {
    chunk_is_cut_off(Fault::GzipEmptyBlocks, CHUNK_LIMIT);
}

#[test]
fn an_announced_length_beyond_the_limit_is_refused_before_the_body() {
    chunk_is_cut_off(Fault::WrongLength { delta: 100_000_000_000 }, CHUNK_LIMIT);
}

#[test]
fn an_endless_header_is_cut_off() {
    chunk_is_cut_off(Fault::EndlessHeaders, HEADER_LIMIT);
}

#[test]
fn a_header_beyond_the_limit_is_cut_off() {
    chunk_is_cut_off(Fault::HugeHeaders { bytes: 100_000 }, HEADER_LIMIT);
}

#[test]
fn a_header_below_the_limit_is_read() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::HugeHeaders { bytes: 50_000 }, chunk(1));
    scene.get("").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
}

#[test]
fn a_chunk_list_that_inflates_beyond_the_limit_is_cut_off() {
    list_is_cut_off(BOMB, JSON_LIMIT);
}

#[test]
fn an_endless_chunk_list_is_cut_off() {
    list_is_cut_off(Fault::EndlessBody, JSON_LIMIT);
}

#[test]
fn a_chunk_list_of_endless_gzip_is_cut_off() {
    list_is_cut_off(Fault::GzipEmptyBlocks, JSON_LIMIT);
}

#[test]
fn a_chunk_list_with_an_endless_header_is_cut_off() {
    list_is_cut_off(Fault::EndlessHeaders, HEADER_LIMIT);
}

#[test]
fn an_endless_chunk_never_reaches_standard_output() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::EndlessBody, chunk(1));
    let outcome = scene.command("get DUMP -o -").start().finish().exits_with(5).complains(CHUNK_LIMIT);
    assert_eq!(outcome.output.stdout, bytes_of(3, 1)[..CHUNK], "{}", outcome.describe());
}

#[test]
fn endless_chunks_side_by_side_are_cut_off() {
    let scene = Scene::with_chunks(6);
    scene.server.fault(Fault::EndlessBody, chunk(2));
    let command = scene.command("get DUMP -o dump.csv --parallel=3").start();
    command.finish().exits_with(5).complains(CHUNK_LIMIT).complains("2 of 6 chunks are there");
    scene.keeps_part(&bytes_of(6, 1)[..2 * CHUNK]);
}
