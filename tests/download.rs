//! The main job: list the chunks of a dump, download it, whole.

use std::fs;
use std::sync::Arc;

use xtask::fake::{Dump, Service, dump_file};

use crate::support::{Scene, assert_same_bytes, own_name, three_chunks};

const SEED: u64 = 7;

/// Downloads to a file and to standard output, and compares both with what the server has.
#[track_caller]
fn downloads_whole(dump: Dump) {
    let expected = dump.bytes();
    let scene = Scene::with_dump(dump);
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&fs::read(scene.path("dump.csv")).expect("the file"), &expected);
    assert_eq!(scene.files(), ["dump.csv"], "{}", scene.describe());
    let piped = scene.run("get DUMP -o -").exits_with(0);
    assert_same_bytes(&piped.output.stdout, &expected);
}

#[test]
fn chunks_lists_the_chunks_of_a_dump() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.run("chunks DUMP").exits_with(0);
    assert_eq!(outcome.stdout(), "CHUNK  NAME\n0      Chunk 0\n1      Chunk 1\n2      Chunk 2\n");
}

#[test]
fn chunks_as_json_is_one_document() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.run("chunks DUMP --json").exits_with(0);
    let document: serde_json::Value = serde_json::from_slice(&outcome.output.stdout).expect("JSON");
    assert_eq!(document["dump"], scene.server.locator());
    assert_eq!(document["chunks"][2], serde_json::json!({"id": "2", "name": "Chunk 2"}));
}

#[test]
fn a_dump_is_downloaded_under_its_own_name_without_an_output_option() {
    let scene = Scene::with_dump(three_chunks());
    let name = own_name();
    scene.run("get DUMP").exits_with(0).says(&name).says("25.0 kB").says("3 chunks");
    assert_eq!(scene.files(), [name]);
}

#[test]
fn a_pasted_url_of_any_depth_below_the_dump_downloads_it() {
    let scene = Scene::with_dump(three_chunks());
    for (index, tail) in ["", "/", "/chunks", "/chunks?x=1", "/chunks/2"].iter().enumerate() {
        let url = format!("{}{tail}", scene.server.dump_url());
        scene
            .command("get")
            .arg(url)
            .arg("-o")
            .arg(format!("{index}.csv"))
            .env_remove("ANAPLAN_API_URL")
            .run()
            .exits_with(0);
    }
    assert_eq!(scene.files().len(), 5);
}

#[test]
fn dumps_of_every_shape_arrive_byte_for_byte() {
    downloads_whole(three_chunks());
    downloads_whole(Dump::from_bytes(Vec::new(), 10_000));
    downloads_whole(Dump::from_chunks(vec![Arc::from(&b""[..])]));
    downloads_whole(Dump::from_bytes(dump_file::generate(SEED, 999), 1_000));
    downloads_whole(Dump::from_bytes(dump_file::generate(SEED, 200_000), 200));
    downloads_whole(Dump::from_bytes(dump_file::random_bytes(SEED, 300_000), 100_000));
}

#[test]
fn chunks_of_exactly_10_mb_and_10_mib_and_more_arrive_byte_for_byte() {
    downloads_whole(Dump::from_bytes(dump_file::generate(SEED, 20_000_000), 10_000_000));
    downloads_whole(Dump::from_bytes(dump_file::generate(SEED, 10_485_760), 10_485_760));
    downloads_whole(Dump::from_bytes(dump_file::random_bytes(SEED, 12_000_000), 12_000_000));
}

#[test]
fn one_connection_serves_the_whole_download() {
    let scene = Scene::with_dump(Dump::from_bytes(dump_file::generate(SEED, 100_000), 1_000));
    scene.run("get DUMP").exits_with(0);
    assert_eq!(scene.server.connections(), 1, "{}", scene.describe());
}

#[test]
fn the_dump_arrives_over_tls_that_is_verified() {
    let dump = three_chunks();
    let expected = dump.bytes();
    let scene = Scene::with_tls(Service::with_dump(dump));
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&fs::read(scene.path("dump.csv")).expect("the file"), &expected);
    let distrusted = scene.command("get DUMP -o -").env_remove("ANAPLAN_CA_FILE").run();
    distrusted.exits_with(5).complains("TLS failed").complains("--ca-file");
}
