//! What a chunk list may look like, in one page or in several, and what it may not: nothing is guessed.

use serde_json::{Value, json};
use xtask::fake::{Dump, FakeServer, Fault, Service, When, dump_file};

use crate::support::texts::{CHANGED_LIST, THE_LIST, changed, gave_up, wait};
use crate::support::{Scene, chunk_list, three_chunks};

const MALFORMED: &str = "the answer is not the JSON that was expected: ";

const REPORT_IT: &str = "\n  try again, and report it if it stays";

/// The sample of the chunk list as the vendor's page prints it.
const DOCUMENTED_SAMPLE: &str = r#"{
  "meta": {
    "paging": { "currentPageSize": 1, "offset": 0, "totalSize": 3 },
    "schema": "https://api.anaplan.com/2/0/models/F1111111C11111111B11111F1111E11F/objects/chunk"
  },
  "status": { "code": 200, "message": "Success" },
  "chunks" : [ {
    "id" : "0",
    "name" : "Chunk 0"
  },
  "chunks" : [ {
    "id" : "1",
    "name" : "Chunk 1"
  },
  "chunks" : [ {
    "id" : "2",
    "name" : "Chunk 2"
  } ]
}"#;

/// The whole dump arrives.
#[track_caller]
fn is_read(dump: Dump) {
    let expected = Dump::from_chunks(dump.chunks().to_vec());
    Scene::with_dump(dump).get("").saves(&expected);
}

/// The list is refused, and no chunk is asked for.
#[track_caller]
fn is_refused(dump: Dump, why: &str) {
    is_refused_in(&Scene::with_dump(dump), &format!("{why}{REPORT_IT}"));
}

#[track_caller]
fn is_refused_in(scene: &Scene, why: &str) {
    for command in ["chunks DUMP", "get DUMP -o dump.csv"] {
        scene.run(command).fails(5, format!("{THE_LIST}: {why}")).asks_for(&[]);
    }
}

/// An answer that is no list is refused at once.
#[track_caller]
fn is_malformed(dump: Dump, what: &str) {
    let scene = Scene::with_dump(dump);
    let advice = "\n  check that the API URL is Anaplan's; if it is, report this answer";
    is_refused_in(&scene, &format!("{MALFORMED}{what}{advice}"));
    scene.assert_requests(&["GET DUMP/chunks"; 2]);
}

fn ten_chunks() -> Dump {
    Dump::from_bytes(dump_file::generate(7, 10_000), 1_000)
}

/// A chunk list with this `paging` and the chunks of these numbers.
fn page(paging: Value, numbers: std::ops::Range<usize>) -> String {
    let chunks: Vec<Value> = numbers.map(|n| json!({"id": n.to_string()})).collect();
    json!({"meta": {"paging": paging}, "chunks": chunks}).to_string()
}

#[test]
fn chunks_that_are_listed_out_of_order_are_sorted_by_their_number() {
    let dump = Dump::from_bytes(dump_file::generate(7, 12_000), 1_000);
    is_read(dump.with_ids(["10", "2", "0", "11", "1", "3", "9", "4", "8", "5", "7", "6"]));
    let scene = Scene::with_dump(three_chunks().with_ids(["2", "0", "1"]));
    scene.run("chunks DUMP").stdout("CHUNK  NAME\n0      Chunk 0\n1      Chunk 1\n2      Chunk 2\n");
}

#[test]
fn chunks_without_numbers_keep_the_order_of_the_list() {
    is_read(three_chunks().with_ids(["c", "a", "b"]));
}

#[test]
fn ids_that_come_as_numbers_are_taken_as_their_digits() {
    is_read(three_chunks().with_list_body(r#"{"chunks":[{"id":1},{"id":0},{"id":2}]}"#));
}

#[test]
fn a_chunk_that_is_listed_twice_is_refused() {
    is_refused(three_chunks().with_ids(["0", "1", "1", "2"]), "it has the chunk id \"1\" twice");
    is_refused(three_chunks().with_ids(["a", "b", "a"]), "it has the chunk id \"a\" twice");
}

#[test]
fn a_missing_chunk_is_refused() {
    is_refused(three_chunks().with_ids(["0", "2"]), "it lacks the chunk with the id 1");
    is_refused(three_chunks().with_ids(["1", "2"]), "it lacks the chunk with the id 0");
}

#[test]
fn numbers_mixed_with_names_are_refused() {
    let why = "the chunk id \"one\" is not a number while others are, so the order of the chunks is unknown";
    is_refused(three_chunks().with_ids(["0", "one", "2"]), why);
}

#[test]
fn a_chunk_that_no_url_can_name_is_refused() {
    for id in ["..", ".", ""] {
        is_malformed(
            three_chunks().with_ids([id]),
            "an entry of \"chunks\" has no id that can be used, near <ANY>",
        );
    }
}

#[test]
fn the_malformed_documented_sample_is_refused_with_its_place() {
    let what = r#"<ANY> at line 11 column 12, near "<ANY>"name" : "Chunk 0" }, "chunks" : [ {<ANY>""#;
    is_malformed(three_chunks().with_list_body(DOCUMENTED_SAMPLE), what);
}

#[test]
fn an_answer_that_is_no_chunk_list_is_refused() {
    for body in [
        "[]",
        "null",
        "7",
        r#"{"chunks":{"0":"Chunk 0"}}"#,
        r#"{"chunks":["0"]}"#,
        r#"{"chunks":[{}]}"#,
        r#"{"chunks":[{"id":"0"}],"chunks":[{"id":"1"}]}"#,
    ] {
        is_malformed(three_chunks().with_list_body(body), "<ANY>");
    }
}

#[test]
fn a_missing_list_is_a_dump_without_rows() {
    for body in [
        r#"{"status":{"code":200,"message":"Success"}}"#,
        r#"{"meta":{"paging":{"currentPageSize":0,"offset":0,"totalSize":0}},"status":{"code":200}}"#,
        r#"{"status":{"code":"200"},"meta":null,"chunks":null}"#,
        r#"{"status":"SUCCESS","chunks":[]}"#,
    ] {
        let scene = Scene::with_dump(Dump::default().with_list_body(body));
        scene.run("chunks DUMP").stdout("The dump has no chunks: it is empty.\n");
        scene.run("chunks DUMP --json").json_has("/chunks", json!([]));
        scene.get("").saves(&Dump::default());
    }
}

#[test]
fn a_list_that_loses_its_chunks_during_the_download_leaves_no_empty_file() {
    let scene = Scene::with_dump(three_chunks());
    // The first list is right, all later ones are empty.
    for occurrence in 2..5 {
        let empty = Fault::WrongJson(r#"{"status":{"code":200}}"#.into());
        scene.server.fault(empty, chunk_list().occurrence(occurrence));
    }
    scene.get("-q").fails(5, changed(CHANGED_LIST));
}

#[test]
fn unknown_fields_are_ignored_and_names_may_be_missing() {
    let body = r#"{"new":{"deep":[1,null]},"status":{"code":200,"new":true},"chunks":[
            {"id":"0","name":"Chunk 0","size":10000,"new":{}},{"new":[],"id":"1"},{"id":"2","name":null}]}"#;
    is_read(three_chunks().with_list_body(body));
    let scene = Scene::with_dump(three_chunks().with_list_body(body));
    scene.run("chunks DUMP").stdout("CHUNK  NAME\n0      Chunk 0\n1\n2\n");
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    for entries in [1, 3, 5] {
        is_read(ten_chunks().with_page_size(entries));
    }
    let scene = Scene::with_dump(ten_chunks().with_page_size(4));
    scene.run("chunks DUMP").stdout_has("9      Chunk 9\n");
    let pages =
        ["GET DUMP/chunks", "GET DUMP/chunks?limit=5000&offset=4", "GET DUMP/chunks?limit=5000&offset=8"];
    scene.assert_requests(&pages);
}

#[test]
fn the_next_page_is_never_asked_of_another_host() {
    let dump = three_chunks().with_page_size(2);
    let other = FakeServer::start(Service::with_dump(dump.clone()));
    let scene = Scene::with_dump(dump);
    let next = format!("{}/chunks?limit=2&offset=2", other.dump_url());
    let first = page(json!({"currentPageSize": 2, "offset": 0, "totalSize": 3, "next": next}), 0..2);
    scene.server.fault(Fault::WrongJson(first), chunk_list().occurrence(1));
    scene.get("").saves(&three_chunks());
    assert_eq!(other.connections(), 0, "{}", scene.describe());
}

#[test]
fn the_chunks_that_arrived_count_and_not_the_numbers_that_are_claimed() {
    for total in [1, 3] {
        let paging = json!({"currentPageSize": 1, "offset": 0, "totalSize": total});
        is_read(three_chunks().with_list_body(page(paging, 0..3)));
    }
    is_read(three_chunks().with_page_size(2).with_total_size(2));
    is_read(three_chunks().with_page_size(2).with_total_size(0));
}

#[test]
fn pages_without_a_total_are_read_as_long_as_there_is_a_next_one() {
    let scene = Scene::with_dump(three_chunks());
    let first = page(json!({"offset": 0, "next": "https://api.anaplan.com/2/0/next"}), 0..2);
    scene.server.fault(Fault::WrongJson(page(json!({"offset": 2}), 2..3)), When::containing("offset=2"));
    scene.server.fault(Fault::WrongJson(first), chunk_list());
    scene.get("").saves(&three_chunks());
}

#[test]
fn a_list_that_never_reaches_its_total_is_refused() {
    let why = "it announces 9 entries, but its pages end after 3";
    is_refused(three_chunks().with_total_size(9), why);
    is_refused(three_chunks().with_page_size(2).with_total_size(9), why);
}

#[test]
fn a_next_page_that_does_not_come_does_not_end_the_list() {
    let empty = r#"{"status":{"code":200}}"#;
    let announcing = page(json!({"next": "https://api.anaplan.com/2/0/next"}), 0..3);
    for (first, next, why) in [
        (page(json!({"totalSize": 3}), 0..1), empty, "it announces 3 entries, but its pages end after 1"),
        (
            announcing,
            r#"{"meta":{"paging":{"next":"x"}},"status":{"code":200}}"#,
            "it announces a further page, but its pages end after 3 entries",
        ),
    ] {
        let scene = Scene::with_dump(three_chunks());
        scene.server.fault(Fault::WrongJson(next.into()), When::containing("offset="));
        scene.server.fault(Fault::WrongJson(first), chunk_list());
        is_refused_in(&scene, &format!("{why}{REPORT_IT}"));
    }
}

#[test]
fn a_next_page_that_says_nothing_is_asked_for_again_and_never_the_end_of_the_list() {
    let first = page(json!({"offset": 0, "next": "https://api.anaplan.com/2/0/next"}), 0..2);
    let scene = Scene::with_dump(three_chunks());
    let next = || When::containing("offset=2");
    scene.server.fault(Fault::WrongJson("{}".into()), next().times(1));
    scene.server.fault(Fault::WrongJson(page(json!({"offset": 2}), 2..3)), next());
    scene.server.fault(Fault::WrongJson(first.clone()), chunk_list());
    let why = "the answer is not the one that was asked for: it has no \"chunks\"";
    scene.get("-q").notes(wait(THE_LIST, why, 1, 12)).saves(&three_chunks());

    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::WrongJson("{}".into()), next());
    scene.server.fault(Fault::WrongJson(first), chunk_list());
    let outcome = scene.get("-q --retries=1");
    let advice = "\n  check that the API URL is Anaplan's; if it is, report this answer";
    outcome.notes(wait(THE_LIST, why, 1, 1)).fails(5, gave_up(2, THE_LIST, why) + advice).asks_for(&[]);
}

#[test]
fn a_list_without_end_is_refused() {
    let paging = json!({"currentPageSize": 2, "offset": 0, "totalSize": 5});
    let again = "it announces 5 entries, but its pages end after 2";
    is_refused(three_chunks().with_list_body(page(paging, 0..2)), again);
    let again = page(json!({"next": "https://api.anaplan.com/2/0/next"}), 0..2);
    is_refused(
        Dump::default().with_list_body(again),
        "it announces a further page, but its pages end after 2 entries",
    );
}

#[test]
fn a_total_that_cannot_be_read_is_not_taken_for_none() {
    for (paging, field) in
        [(json!({"totalSize": "3 entries"}), "totalSize"), (json!({"next": {"href": "/2"}}), "next")]
    {
        let why = format!("its \"{field}\" cannot be read, so nothing says whether it is complete");
        is_refused(three_chunks().with_list_body(page(paging, 0..3)), &why);
    }
}
