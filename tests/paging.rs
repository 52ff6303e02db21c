//! Lists in several pages, and paging that contradicts itself.

use serde_json::{Value, json};
use xtask::fake::{Dump, FakeServer, Fault, Service, When, dump_file};

use crate::lists::{downloads_all_of, is_refused};
use crate::support::{Scene, assert_same_bytes, three_chunks};

fn ten_chunks() -> Dump {
    Dump::from_bytes(dump_file::generate(7, 10_000), 1_000)
}

/// A chunk list with this `paging` and the chunks of these numbers.
fn list(paging: Value, numbers: std::ops::Range<usize>) -> String {
    let chunks: Vec<Value> = numbers.map(|n| json!({"id": n.to_string()})).collect();
    json!({"meta": {"paging": paging}, "chunks": chunks}).to_string()
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    downloads_all_of(ten_chunks().with_page_size(3));
    downloads_all_of(ten_chunks().with_page_size(5));
    downloads_all_of(ten_chunks().with_page_size(1));
}

#[test]
fn the_next_page_begins_where_the_one_before_ended() {
    let scene = Scene::with_dump(ten_chunks().with_page_size(4));
    scene.run("chunks DUMP").exits_with(0).says("9      Chunk 9\n");
    let expected = ["/chunks", "/chunks?limit=5000&offset=4", "/chunks?limit=5000&offset=8"];
    assert_eq!(scene.list_requests(), expected, "{}", scene.describe());
}

#[test]
fn the_next_page_is_never_asked_of_another_host() {
    let dump = three_chunks().with_page_size(2);
    let expected = dump.bytes();
    let other = FakeServer::start(Service::with_dump(dump.clone()));
    let scene = Scene::with_dump(dump);
    let next = format!("{}/chunks?limit=2&offset=2", other.dump_url());
    let page = list(json!({"currentPageSize": 2, "offset": 0, "totalSize": 3, "next": next}), 0..2);
    scene.server.fault(Fault::WrongJson(page), When::path("chunks").occurrence(1));
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &expected);
    assert_eq!(other.connections(), 0, "{}", scene.describe());
}

#[test]
fn what_arrived_counts_and_not_the_page_size_that_is_claimed() {
    let paging = json!({"currentPageSize": 1, "offset": 0, "totalSize": 3});
    downloads_all_of(three_chunks().with_list_body(list(paging, 0..3)));
}

#[test]
fn more_chunks_than_announced_are_all_downloaded() {
    let paging = json!({"currentPageSize": 1, "offset": 0, "totalSize": 1});
    downloads_all_of(three_chunks().with_list_body(list(paging, 0..3)));
}

#[test]
fn a_next_page_is_not_left_out_because_the_total_is_too_low() {
    downloads_all_of(three_chunks().with_page_size(2).with_total_size(2));
    downloads_all_of(three_chunks().with_page_size(2).with_total_size(0));
}

#[test]
fn pages_without_a_total_are_read_as_long_as_there_is_a_next_one() {
    let dump = three_chunks();
    let expected = dump.bytes();
    let scene = Scene::with_dump(dump);
    let next = "https://api.anaplan.com/2/0/next";
    let page = |offset, numbers, next: Option<&str>| {
        let mut paging = json!({"offset": offset});
        if let Some(next) = next {
            paging["next"] = next.into();
        }
        Fault::WrongJson(list(paging, numbers))
    };
    scene.server.fault(page(2, 2..3, None), When::containing("offset=2"));
    scene.server.fault(page(0, 0..2, Some(next)), When::path("chunks"));
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &expected);
}

#[test]
fn a_list_that_never_reaches_its_total_is_refused() {
    let complaint = "it announces 9 entries, but its pages end after 3";
    is_refused(three_chunks().with_total_size(9), complaint);
    is_refused(three_chunks().with_page_size(2).with_total_size(9), complaint);
}

#[test]
fn a_list_that_announces_a_page_and_sends_none_is_refused() {
    let scene = Scene::with_dump(three_chunks());
    let page = list(json!({"next": "https://api.anaplan.com/2/0/next"}), 0..3);
    scene.server.fault(
        Fault::WrongJson("{\"meta\":{\"paging\":{\"next\":\"x\"}}}".into()),
        When::containing("offset="),
    );
    scene.server.fault(Fault::WrongJson(page), When::path("chunks"));
    let complaint = "it announces a further page, but its pages end after 3 entries";
    scene.run("get DUMP").exits_with(5).complains(complaint);
    scene.holds(&[]);
}

#[test]
fn a_server_that_sends_its_first_page_again_and_again_is_refused() {
    let paging = json!({"currentPageSize": 2, "offset": 0, "totalSize": 5});
    is_refused(three_chunks().with_list_body(list(paging, 0..2)), "stands in it twice");
}

#[test]
fn a_list_without_end_is_refused() {
    let page = list(json!({"next": "https://api.anaplan.com/2/0/next"}), 0..50_000);
    is_refused(Dump::default().with_list_body(page), "it has more than 1000000 entries");
}
