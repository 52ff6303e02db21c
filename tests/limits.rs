//! What has no end, or a far one, is cut off at a limit that the error names, and takes no memory.

use xtask::fake::{Dump, Fault, When, dump_file};

use crate::support::texts::{KEPT, KEPT_IN_VAIN, THE_LIST, incomplete, the_chunk};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, dump_of};

const CHUNK_LIMIT: &str = "it is larger than the limit of one chunk, 67108864 bytes";
const JSON_LIMIT: &str = "it is larger than the limit of a JSON answer, 8388608 bytes";
const HEADER_LIMIT: &str = "the header of the answer is larger than 64 KiB or 128 lines";

/// The address space for a download, in KiB: less than the limit of one chunk.
const MEMORY: &str = "-v 32768";

/// The address space for a chunk list, in KiB: an answer may grow up to its limit.
const MEMORY_FOR_JSON: &str = "-v 262144";

/// The right answer after so many bytes of a needless header.
fn filler(bytes: usize) -> Fault {
    Fault::Header("X-Filler", "x".repeat(bytes))
}

#[test]
fn a_download_needs_little_memory() {
    let dump = Dump::from_bytes(dump_file::generate(7, 50_000_000), 10_000_000);
    let scene = Scene::with_dump(dump.clone());
    scene.command("get DUMP -o dump.csv").limited(MEMORY).run().saves(&dump);
}

#[test]
fn a_chunk_without_an_end_is_cut_off() {
    for (fault, limit, kept) in [
        (Fault::EndlessGzip { zeros: 1 << 20 }, CHUNK_LIMIT, KEPT_IN_VAIN),
        (Fault::EndlessBody, CHUNK_LIMIT, KEPT_IN_VAIN),
        (Fault::EndlessGzip { zeros: 0 }, CHUNK_LIMIT, KEPT_IN_VAIN),
        (Fault::WrongLength { delta: 100_000_000_000 }, CHUNK_LIMIT, KEPT_IN_VAIN),
        (filler(100_000), HEADER_LIMIT, KEPT),
    ] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault, chunk(1));
        let outcome = scene.command("get DUMP -o dump.csv").limited(MEMORY).run();
        let error = incomplete(1, 3, &format!("{}: {limit}", the_chunk(1, 3)));
        outcome.fails(5, error.clone() + kept).asks_for(&["0", "1"]);
        scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
        scene.get("--parallel=3").stderr_has("continuing from there").exits_with(5).stderr_has(limit);
        scene.pipe("").fails(5, error).prints(&bytes_of(3, 1)[..CHUNK]);
        scene.any_files();
    }
}

#[test]
fn a_chunk_list_without_an_end_is_cut_off() {
    for (fault, limit) in [
        (Fault::EndlessGzip { zeros: 1 << 20 }, JSON_LIMIT),
        (Fault::EndlessBody, JSON_LIMIT),
        (filler(1_000_000), HEADER_LIMIT),
    ] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault, chunk_list());
        let outcome = scene.command("get DUMP -o dump.csv").limited(MEMORY_FOR_JSON).run();
        outcome.fails(5, format!("{THE_LIST}: {limit}"));
        scene.assert_requests(&["GET DUMP/chunks"]);
    }
}

#[test]
fn a_large_header_is_read() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(filler(50_000), When::any());
    scene.get("").saves(&dump_of(3, 1));
}
