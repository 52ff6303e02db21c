//! Bodies as they come over the wire: compressed, chunked, without a proof of their end.

use xtask::fake::{Dump, Fault, Framing, GzipMode, Service, When, dump_file};

use crate::support::{Scene, assert_same_bytes, three_chunks};

/// Downloads to a file and a pipe, in chunks and in one piece, and compares all of them.
#[track_caller]
fn arrives_every_way(gzip: GzipMode, framing: Framing, dump: &Dump) {
    let mut service = Service::with_dump(dump.clone());
    service.set_gzip(gzip);
    service.set_framing(framing);
    let scene = Scene::with_service(service);
    for way in ["get DUMP", "get DUMP --whole"] {
        scene.run(&format!("{way} -o dump.csv --force")).exits_with(0);
        assert_same_bytes(&scene.read("dump.csv"), &dump.bytes());
        let piped = scene.run(&format!("{way} -o -")).exits_with(0);
        assert_same_bytes(&piped.output.stdout, &dump.bytes());
    }
}

fn shapes() -> [Dump; 4] {
    let empty_chunk = Dump::from_bytes(b"x".to_vec(), 1).chunks().iter().map(|_| (&b""[..]).into()).collect();
    [
        three_chunks(),
        Dump::from_chunks(empty_chunk),
        Dump::from_bytes(dump_file::random_bytes(7, 100_000), 40_000),
        // Bytes that are gzip themselves stay as they are.
        Dump::from_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff not really".to_vec(), 5),
    ]
}

#[test]
fn compressed_answers_arrive_byte_for_byte() {
    for dump in shapes() {
        arrives_every_way(GzipMode::On, Framing::ContentLength, &dump);
        arrives_every_way(GzipMode::On, Framing::Chunked, &dump);
    }
}

#[test]
fn chunked_answers_arrive_byte_for_byte() {
    for dump in shapes() {
        arrives_every_way(GzipMode::Off, Framing::Chunked, &dump);
    }
}

#[test]
fn compression_is_asked_for() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP").exits_with(0);
    for request in scene.server.requests() {
        assert_eq!(request.header("accept-encoding"), Some("gzip"), "{}", request.target);
    }
}

#[test]
fn every_request_says_who_asks() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("get DUMP").exits_with(0);
    scene.run("get DUMP --whole -o -").exits_with(0);
    let expected = concat!("anaplan-dump/", env!("CARGO_PKG_VERSION"));
    for request in scene.server.requests() {
        assert_eq!(request.header("user-agent"), Some(expected), "{}", request.target);
    }
}

#[test]
fn a_list_whose_end_nothing_proves_is_refused() {
    let mut service = Service::with_dump(three_chunks());
    service.set_framing(Framing::CloseDelimited);
    let scene = Scene::with_service(service);
    for command in ["chunks DUMP", "get DUMP", "get DUMP --whole"] {
        let outcome = scene.command(command).env("ANAPLAN_RETRIES", "1").run().exits_with(5);
        outcome.complains("gave up after 2 tries").complains("nothing proves that it is complete");
    }
    scene.holds(&[]);
}

#[test]
fn a_chunk_whose_end_nothing_proves_is_refused() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::CloseDelimited, When::path("chunks/1"));
    let outcome = scene.command("get DUMP -o -").env("ANAPLAN_RETRIES", "1").run().exits_with(5);
    assert_same_bytes(&outcome.output.stdout, &three_chunks().chunks()[0]);
    outcome.complains("1 of 3 chunks are there").complains("nothing proves that it is complete");
}

#[test]
fn a_compressed_body_proves_its_end_by_itself() {
    let mut service = Service::with_dump(three_chunks());
    service.set_gzip(GzipMode::On);
    let scene = Scene::with_service(service);
    scene.server.fault(Fault::CloseDelimited, When::path("chunks/1"));
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
}

#[test]
fn damaged_compression_is_fetched_again() {
    for fault in [Fault::GzipBadCrc, Fault::GzipBadLength, Fault::GzipTruncated, Fault::GzipNoTrailer] {
        let scene = Scene::with_dump(three_chunks());
        scene.server.fault(fault, When::path("chunks/1").times(1));
        scene.run("get DUMP -o dump.csv").exits_with(0).complains("its gzip data is damaged");
        assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
        // Compressed again: its checksum proves more than a length does.
        let last = scene.server.requests().pop().expect("a request");
        assert_eq!(last.header("accept-encoding"), Some("gzip"), "{}", scene.describe());
    }
}

#[test]
fn an_encoding_that_was_not_asked_for_is_never_saved() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::LeftoverEncoding("br".to_owned()), When::path("chunks/0"));
    let outcome = scene.command("get DUMP -o dump.csv").env("ANAPLAN_RETRIES", "1").run().exits_with(5);
    outcome.complains("it came with the content encoding \"br\", which was not asked for");
    scene.holds(&[]);
}
