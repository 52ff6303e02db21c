//! What a chunk list may look like, in one page or in several, and what it may not: nothing is guessed.

use serde_json::{Value, json};
use xtask::fake::{Dump, FakeServer, Service, When, dump_file};

use crate::support::texts::{CHANGED_LIST, THE_LIST, changed, gave_up, wait};
use crate::support::{Scene, chunk_list, dump_of};

/// The sample of the chunk list as the vendor's page prints it.
const DOCUMENTED_SAMPLE: &str = r#"{
  "status": { "code": 200, "message": "Success" },
  "chunks" : [ {
    "id" : "0",
    "name" : "Chunk 0"
  },
  "chunks" : [ {
    "id" : "1",
    "name" : "Chunk 1"
  } ]
}"#;

const NEXT: &str = "https://api.anaplan.com/2/0/next";

/// The whole dump arrives.
#[track_caller]
fn is_read(dump: Dump) {
    let expected = Dump::from_chunks(dump.chunks().to_vec());
    Scene::with_dump(dump).get("").saves(&expected);
}

/// A chunk list with this `paging` and the chunks of these numbers.
fn page(paging: Value, numbers: std::ops::Range<usize>) -> String {
    let chunks: Vec<Value> = numbers.map(|n| json!({"id": n.to_string()})).collect();
    json!({"meta": {"paging": paging}, "chunks": chunks}).to_string()
}

#[test]
fn chunks_are_sorted_by_their_number_and_keep_the_order_of_the_list_without_one() {
    let dump = Dump::from_bytes(dump_file::generate(7, 12_000), 1_000);
    is_read(dump.with_ids(["10", "2", "0", "11", "1", "3", "9", "4", "8", "5", "7", "6"]));
    is_read(dump_of(3, 1).with_ids(["c", "a", "b"]));
    let scene = Scene::with_dump(dump_of(3, 1).with_ids(["2", "0", "1"]));
    scene.run("chunks DUMP").stdout("CHUNK  NAME\n0      Chunk 0\n1      Chunk 1\n2      Chunk 2\n");
}

#[test]
fn unknown_fields_are_ignored_and_names_may_be_missing() {
    let body = r#"{"new":{"deep":[1,null]},"status":{"code":200,"new":true},"chunks":[
            {"id":"0","name":"Chunk 0","size":10000,"new":{}},{"new":[],"id":1},{"id":"2","name":null}]}"#;
    is_read(dump_of(3, 1).with_list_body(body));
    let scene = Scene::with_dump(dump_of(3, 1).with_list_body(body));
    scene.run("chunks DUMP").stdout("CHUNK  NAME\n0      Chunk 0\n1\n2\n");
}

#[test]
fn a_list_whose_order_or_completeness_is_unknown_is_refused() {
    let no_id = "an entry of \"chunks\" has no id that can be used";
    let mixed = "the chunk id \"one\" is not a number while others are, so the order of the chunks is unknown";
    for (dump, why) in [
        (dump_of(3, 1).with_ids(["0", "1", "1", "2"]), "it has the chunk id \"1\" twice"),
        (dump_of(3, 1).with_ids(["0", "2"]), "it lacks the chunk with the id 1"),
        (dump_of(3, 1).with_ids(["0", "one", "2"]), mixed),
        (dump_of(3, 1).with_list_body(r#"{"chunks":["0"]}"#), no_id),
        (dump_of(3, 1).with_list_body(r#"{"chunks":[{"id":".."}]}"#), no_id),
        (dump_of(3, 1).with_total_size(9), "it announces 9 entries, but its pages end after 3"),
        (dump_of(3, 1).with_page_size(2).with_total_size(9), "it announces 9 entries, but its pages end after 3"),
        (
            dump_of(3, 1).with_list_body(page(json!({"next": NEXT}), 0..2)),
            "it announces a further page, but its pages end after 2 entries",
        ),
        (
            dump_of(3, 1).with_list_body(page(json!({"totalSize": "3 entries"}), 0..3)),
            "its \"totalSize\" cannot be read, so nothing says whether it is complete",
        ),
    ] {
        let scene = Scene::with_dump(dump);
        for command in ["chunks DUMP", "get DUMP -o dump.csv"] {
            let error = format!("{THE_LIST}: {why}\n  try again, and report it if it stays");
            scene.run(command).fails(5, error).asks_for(&[]);
        }
    }
}

#[test]
fn an_answer_that_is_no_chunk_list_is_refused_at_once_with_its_place() {
    let place = r#"<ANY> at line 7 column 12, near "<ANY>"name" : "Chunk 0" }, "chunks" : [ {<ANY>""#;
    for (body, what) in
        [(DOCUMENTED_SAMPLE, place), ("[]", "<ANY>"), (r#"{"chunks":[{"id":"0"}],"chunks":[{"id":"1"}]}"#, "<ANY>")]
    {
        let scene = Scene::with_dump(dump_of(3, 1).with_list_body(body));
        let advice = "\n  check that the API URL is Anaplan's; if it is, report this answer";
        for command in ["chunks DUMP", "get DUMP -o dump.csv"] {
            let error = format!("{THE_LIST}: the answer is not the JSON that was expected: {what}{advice}");
            scene.run(command).fails(5, error);
        }
        scene.assert_requests(&["GET DUMP/chunks"; 2]);
    }
}

#[test]
fn a_list_without_chunks_is_a_dump_without_rows_unless_it_had_some_when_the_download_began() {
    let body = r#"{"meta":{"paging":{"currentPageSize":0,"offset":0,"totalSize":0}},"status":{"code":200}}"#;
    let scene = Scene::without_rows(Dump::default().with_list_body(body));
    scene.run("chunks DUMP").stdout("The dump has no chunks: it is empty.\n");
    scene.run("chunks DUMP --json").json_has("/chunks", json!([]));
    scene.get("").saves(&Dump::default());

    let scene = Scene::with_chunks(3);
    for occurrence in 2..5 {
        scene.answers(chunk_list().occurrence(occurrence), body);
    }
    scene.get("-q").fails(5, changed(CHANGED_LIST));
}

#[test]
fn a_list_in_pages_is_read_to_its_end() {
    let ten_chunks = Dump::from_bytes(dump_file::generate(7, 10_000), 1_000);
    is_read(ten_chunks.clone().with_page_size(3));
    let scene = Scene::with_dump(ten_chunks.with_page_size(4));
    scene.run("chunks DUMP").stdout_has("9      Chunk 9\n");
    let pages = ["GET DUMP/chunks", "GET DUMP/chunks?limit=5000&offset=4", "GET DUMP/chunks?limit=5000&offset=8"];
    scene.assert_requests(&pages);
    // The chunks that arrived count, and not the numbers that are claimed.
    is_read(dump_of(3, 1).with_list_body(page(json!({"currentPageSize": 1, "totalSize": 1}), 0..3)));
    is_read(dump_of(3, 1).with_page_size(2).with_total_size(0));
}

#[test]
fn the_next_page_is_never_asked_of_another_host() {
    let dump = dump_of(3, 1).with_page_size(2);
    let other = FakeServer::start(Service::with_dump(dump.clone()));
    let scene = Scene::with_dump(dump);
    let next = format!("{}/chunks?limit=2&offset=2", other.dump_url());
    let first = page(json!({"currentPageSize": 2, "offset": 0, "totalSize": 3, "next": next}), 0..2);
    scene.answers(chunk_list().occurrence(1), first);
    scene.get("").saves(&dump_of(3, 1));
    assert_eq!(other.connections(), 0, "{}", scene.describe());
}

#[test]
fn a_next_page_that_says_nothing_is_asked_for_again_and_never_the_end_of_the_list() {
    let next = || When::containing("offset=2");
    let why = "the answer is not the one that was asked for: it has no \"chunks\"";
    let scene = Scene::with_chunks(3);
    scene.answers(next().times(1), "{}");
    scene.answers(next(), page(json!({"offset": 2}), 2..3));
    scene.answers(chunk_list(), page(json!({"offset": 0, "next": NEXT}), 0..2));
    scene.get("-q").notes(wait(THE_LIST, why, 1, 12)).saves(&dump_of(3, 1));
    scene.server.clear_faults();
    scene.answers(next(), "{}");
    scene.answers(chunk_list(), page(json!({"offset": 0, "next": NEXT}), 0..2));
    let advice = "\n  check that the API URL is Anaplan's; if it is, report this answer";
    let outcome = scene.get("-q --retries=1 --force");
    outcome.notes(wait(THE_LIST, why, 1, 1)).fails(5, gave_up(2, THE_LIST, why) + advice);
}
