//! The main job: dumps of every shape, framing and compression arrive byte for byte, in chunks or whole.

use xtask::fake::{At, Dump, Fault, Framing, Service, When, dump_file};

use crate::support::texts::{CUT, IS_CUT, incomplete, wait};
use crate::support::{Scene, bytes_of, dump_of, size};

const SEED: u64 = 7;

const WHOLE: &str = "the whole dump";

#[track_caller]
fn saves_whole(scene: &Scene, dump: &Dump) {
    let line = format!("dump.csv  {}  in one piece  <TIME>\n", size(dump.bytes().len()));
    scene.get("--whole --force").stdout(line);
    scene.has("dump.csv", &dump.bytes());
}

#[test]
fn dumps_of_every_shape_arrive_byte_for_byte() {
    let gzip_like = b"\x1f\x8b\x07\0\0\0\0\0\0\xff not gzip".to_vec();
    let small = [
        dump_of(3, 1),
        Dump::from_bytes(dump_file::generate(SEED, 200_000), 200),
        Dump::from_bytes(dump_file::random_bytes(SEED, 300_000), 100_000),
        // Text may begin as gzip does.
        Dump::from_bytes(gzip_like, 5),
    ];
    let large = Dump::from_bytes(dump_file::generate(SEED, 20_000_000), 10_000_000);
    let (plain, both) = (&[false][..], &[false, true][..]);
    for (dump, modes) in small.into_iter().map(|dump| (dump, both)).chain([(large, plain)]) {
        for gzip in modes {
            for framing in [Framing::ContentLength, Framing::Chunked] {
                let mut service = Service::with_dump(dump.clone());
                service.settings.gzip = *gzip;
                service.settings.framing = framing;
                let scene = Scene::with_service(service);
                scene.get("").saves(&dump);
                scene.pipe("").prints(&dump.bytes());
                saves_whole(&scene, &dump);
                scene.pipe("--whole").prints(&dump.bytes());
            }
        }
    }
}

#[test]
fn a_download_asks_for_its_list_then_for_each_chunk_and_for_its_list_again_or_for_one_piece() {
    let scene = Scene::with_chunks(3);
    scene.get("").saves(&dump_of(3, 1));
    assert_eq!(scene.server.connections(), 1, "{}", scene.describe());
    saves_whole(&scene, &dump_of(3, 1));
    let list = "GET DUMP/chunks";
    let chunks = ["GET DUMP/chunks/0", "GET DUMP/chunks/1", "GET DUMP/chunks/2"];
    scene.assert_requests(&[&[list][..], &chunks, &[list, "GET DUMP"]].concat());
    for request in scene.server.requests() {
        assert_eq!(request.header("accept-encoding"), Some("gzip"), "{}", request.target);
        let program = concat!("anaplan-dump/", env!("CARGO_PKG_VERSION"));
        assert_eq!(request.header("user-agent"), Some(program), "{}", request.target);
    }
}

#[test]
fn a_dump_in_one_piece_that_is_cut_is_fetched_again_into_a_file_and_an_error_in_a_pipe() {
    // Far more than what is held back to see that it is no error message.
    let cut = || {
        let scene = Scene::with_chunks(30);
        scene.server.fault(Fault::Cut(At::Body(200_000)), When::any().times(1));
        scene
    };
    let scene = cut();
    scene.get("--whole").notes(wait(WHOLE, CUT, 1, 12)).stdout("dump.csv  295.0 kB  in one piece  <TIME>\n");
    scene.has("dump.csv", &bytes_of(30, 1));

    // What was passed on, 128 KiB at a time, cannot be taken back, so it is not tried again.
    let error = incomplete(0, 1, &format!("{WHOLE}: {CUT}")) + IS_CUT;
    cut().pipe("--whole").fails(5, error).prints(&bytes_of(30, 1)[..128 * 1024]);
}
