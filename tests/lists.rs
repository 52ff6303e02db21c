//! Chunk lists, in one page or in several: nothing is guessed. Lists of all shapes have tests in the library.

use serde_json::json;
use xtask::fake::{Dump, FakeServer, Service, dump_file};

use crate::support::texts::{CHANGED_LIST, THE_LIST, changed};
use crate::support::{Scene, chunk_list, dump_of};

#[test]
fn a_list_in_any_order_and_in_pages_is_read_to_its_end() {
    let dump = Dump::from_bytes(dump_file::generate(7, 12_000), 1_000);
    let ids = ["10", "2", "0", "11", "1", "3", "9", "4", "8", "5", "7", "6"];
    let scene = Scene::with_dump(dump.clone().with_ids(ids));
    scene.server.service().page_size = 5;
    scene.run("chunks DUMP").stdout_has("1      Chunk 1\n2      Chunk 2\n").stdout_has("11     Chunk 11\n");
    let pages = ["GET DUMP/chunks", "GET DUMP/chunks?limit=5000&offset=5", "GET DUMP/chunks?limit=5000&offset=10"];
    scene.assert_requests(&pages);
    scene.get("").saves(&dump);
}

#[test]
fn a_list_whose_order_is_unknown_is_refused() {
    let mixed = "the chunk id \"one\" is not a number while others are, so the order of the chunks is unknown";
    let scene = Scene::with_dump(dump_of(3, 1).with_ids(["0", "one", "2"]));
    let error = format!("{THE_LIST}: {mixed}\n  try again, and report it if it stays");
    scene.get("").fails(5, error).asks_for(&[]);
}

#[test]
fn a_list_that_had_chunks_when_the_download_began_and_has_none_in_the_end_has_changed() {
    let scene = Scene::with_chunks(3);
    for occurrence in 2..5 {
        scene.answers(chunk_list().occurrence(occurrence), r#"{"status":{"code":200}}"#);
    }
    scene.get("-q").fails(5, changed(CHANGED_LIST));
}

#[test]
fn the_next_page_is_never_asked_of_another_host() {
    let other = FakeServer::start(Service::with_dump(dump_of(3, 1)));
    let scene = Scene::with_chunks(3);
    scene.server.service().page_size = 2;
    let next = format!("{}/chunks?limit=2&offset=2", other.dump_url());
    let paging = json!({"currentPageSize": 2, "offset": 0, "totalSize": 3, "next": next});
    let first = json!({"meta": {"paging": paging}, "chunks": [{"id": "0"}, {"id": "1"}]});
    scene.answers(chunk_list().occurrence(1), first);
    scene.get("").saves(&dump_of(3, 1));
    assert_eq!(other.connections(), 0, "{}", scene.describe());
}
