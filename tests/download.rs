//! The main job: dumps of every shape, framing and compression arrive byte for byte, in chunks or in one
//! piece.

use xtask::fake::{Dump, Fault, Framing, GzipMode, Service, When, dump_file};

use crate::support::texts::{CUT, IS_ALTERED, IS_CUT, NO_PROOF, gave_up, incomplete, wait};
use crate::support::{Scene, bytes_of, dump_of, size, three_chunks};

const SEED: u64 = 7;

const WHOLE: &str = "the whole dump";

/// Downloads a dump in chunks and in one piece, to a file and to standard output.
#[track_caller]
fn arrives_every_way(scene: &Scene, dump: &Dump) {
    scene.get("").saves(dump);
    scene.pipe("").prints(&dump.bytes());
    saves_whole(scene, dump);
    scene.pipe("--whole").prints(&dump.bytes());
}

#[track_caller]
fn saves_whole(scene: &Scene, dump: &Dump) {
    let line = format!("dump.csv  {}  in one piece  <TIME>\n", size(dump.bytes().len()));
    scene.get("--whole --force").stdout(line);
    scene.has("dump.csv", &dump.bytes());
}

#[test]
fn dumps_of_every_shape_arrive_byte_for_byte() {
    for dump in [
        three_chunks(),
        Dump::from_bytes(dump_file::generate(SEED, 999), 1_000),
        Dump::from_bytes(dump_file::generate(SEED, 200_000), 200),
        Dump::from_bytes(dump_file::random_bytes(SEED, 300_000), 100_000),
        // Text may begin as gzip does.
        Dump::from_bytes(b"\x1f\x8b\x07\0\0\0\0\0\0\xff not gzip".to_vec(), 5),
    ] {
        for gzip in [GzipMode::Off, GzipMode::On] {
            for framing in [Framing::ContentLength, Framing::Chunked] {
                let mut service = Service::with_dump(dump.clone());
                service.set_gzip(gzip);
                service.set_framing(framing);
                arrives_every_way(&Scene::with_service(service), &dump);
            }
        }
    }
}

#[test]
fn chunks_of_exactly_10_mb_and_10_mib_and_more_arrive_byte_for_byte() {
    for dump in [
        Dump::from_bytes(dump_file::generate(SEED, 20_000_000), 10_000_000),
        Dump::from_bytes(dump_file::generate(SEED, 10_485_760), 10_485_760),
        Dump::from_bytes(dump_file::random_bytes(SEED, 12_000_000), 12_000_000),
    ] {
        arrives_every_way(&Scene::with_dump(dump.clone()), &dump);
    }
}

#[test]
fn a_download_asks_for_its_list_then_for_each_chunk_and_for_its_list_again() {
    let scene = Scene::with_chunks(3);
    scene.get("").saves(&dump_of(3, 1));
    let chunks = ["GET DUMP/chunks/0", "GET DUMP/chunks/1", "GET DUMP/chunks/2"];
    scene.assert_requests(&[&["GET DUMP/chunks"][..], &chunks, &["GET DUMP/chunks"]].concat());
    assert_eq!(scene.server.connections(), 1, "{}", scene.describe());
}

#[test]
fn a_dump_in_one_piece_is_one_request() {
    let scene = Scene::with_chunks(3);
    saves_whole(&scene, &dump_of(3, 1));
    scene.assert_requests(&["GET DUMP"]);
}

#[test]
fn every_request_asks_for_compression_and_says_who_asks() {
    let scene = Scene::with_chunks(3);
    scene.get("").saves(&dump_of(3, 1));
    scene.pipe("--whole").prints(&bytes_of(3, 1));
    for request in scene.server.requests() {
        assert_eq!(request.header("accept-encoding"), Some("gzip"), "{}", request.target);
        let program = concat!("anaplan-dump/", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), Some(program), "{}", request.target);
    }
}

#[test]
fn the_dump_arrives_over_tls_that_is_verified() {
    let scene = Scene::with_tls(Service::with_dump(dump_of(3, 1)));
    scene.get("").saves(&dump_of(3, 1));
    let advice = "if that issuer is your company's, a proxy opens TLS: add its root certificate (--ca-add, \
                  ANAPLAN_CA_ADD)";
    let distrusted = scene.command("get DUMP -o -").env_remove("ANAPLAN_CA_FILE").run();
    distrusted.fails(5, format!("the chunk list of dump <DUMP>: TLS failed: <ANY>\n  {advice}"));
}

#[test]
fn a_dump_in_one_piece_that_is_cut_is_fetched_again_into_a_file() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::CutBody { after_bytes: 20_000 }, When::any().times(1));
    let outcome = scene.get("--whole");
    outcome.notes(wait(WHOLE, CUT, 1, 12)).stdout("dump.csv  25.0 kB  in one piece  <TIME>\n");
    scene.has("dump.csv", &bytes_of(3, 1));
}

#[test]
fn a_whole_dump_that_is_cut_before_it_reaches_a_pipe_is_an_error() {
    // Far more than what is held back to see that it is no error message.
    let scene = Scene::with_chunks(30);
    scene.server.fault(Fault::CutBody { after_bytes: 200_000 }, When::any().times(1));
    let outcome = scene.pipe("--whole");
    // What was passed on cannot be taken back, so it is not tried again.
    outcome
        .fails(5, incomplete(0, 1, &format!("{WHOLE}: {CUT}")) + IS_CUT)
        .prints(&bytes_of(30, 1)[..200_000]);
}

#[test]
fn a_dump_in_one_piece_whose_end_nothing_proves_is_refused() {
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::CloseDelimited, When::any());
    let outcome = scene.get("--whole --retries=1");
    outcome
        .notes(wait(WHOLE, NO_PROOF, 1, 1))
        .fails(5, incomplete(0, 1, &gave_up(2, WHOLE, NO_PROOF)) + IS_ALTERED);
}
