//! What has no end, or a far one, is cut off at a limit that the error names, and takes no memory.

use xtask::fake::{Dump, Fault, When};

use crate::support::texts::{KEPT, THE_LIST, incomplete, the_chunk};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list};

const CHUNK_LIMIT: &str = "it is larger than the limit of <ANY> (the limit of one chunk)";
const JSON_LIMIT: &str = "it is larger than the limit of <ANY> (the limit of JSON answers)";
const HEADER_LIMIT: &str = "the answer's header is larger than <ANY>";

/// Larger than any limit, and than the memory that the command has.
const BOMB: Fault = Fault::GzipBomb { inflated: 200_000_000 };

/// The address space for a download, in KiB: less than the limit of one chunk.
const MEMORY: &str = "-v 32768";

/// The address space for a chunk list, in KiB: an answer may grow up to its limit.
const MEMORY_FOR_JSON: &str = "-v 262144";

/// The chunk is cut off without a retry, and those before it are kept.
#[track_caller]
fn chunk_is_cut_off(fault: Fault, limit: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk(1));
    let outcome = scene.command("get DUMP -o dump.csv").limited(MEMORY).run();
    outcome.fails(5, incomplete(1, 3, &format!("{}: {limit}{KEPT}", the_chunk(1)))).asks_for(&["0", "1"]);
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

/// The chunk list is cut off without a retry.
#[track_caller]
fn list_is_cut_off(fault: Fault, limit: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk_list());
    let outcome = scene.command("get DUMP -o dump.csv").limited(MEMORY_FOR_JSON).run();
    outcome.fails(5, format!("{THE_LIST}: {limit}"));
    scene.assert_requests(&["GET DUMP/chunks"]);
}

#[test]
fn a_download_needs_little_memory() {
    let dump = Dump::from_bytes(vec![b'x'; 50_000_000], 10_000_000);
    let scene = Scene::with_dump(dump.clone());
    scene.command("get DUMP -o dump.csv").limited(MEMORY).run().saves(&dump);
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
fn a_large_header_is_read_and_a_larger_one_cut_off() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::HugeHeaders { bytes: 50_000 }, When::any());
    scene.get("").saves(&crate::support::dump_of(3, 1));
    chunk_is_cut_off(Fault::HugeHeaders { bytes: 100_000 }, HEADER_LIMIT);
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
    let outcome = scene.pipe("");
    let error = incomplete(1, 3, &format!("{}: {CHUNK_LIMIT}", the_chunk(1)));
    outcome.fails(5, error).prints(&bytes_of(3, 1)[..CHUNK]);
}

#[test]
fn endless_chunks_side_by_side_are_cut_off() {
    let scene = Scene::with_chunks(6);
    scene.server.fault(Fault::EndlessBody, chunk(2));
    let error = incomplete(2, 6, &format!("{}: {CHUNK_LIMIT}{KEPT}", the_chunk(2)));
    scene.get("--parallel=3").fails(5, error);
    scene.keeps_part(&bytes_of(6, 1)[..2 * CHUNK]);
}
