//! What a chunk list may look like, and what it may not: nothing is guessed.

use std::fs;

use xtask::fake::{Dump, Fault, When, dump_file};

use crate::support::{Scene, assert_same_bytes, three_chunks};

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

/// Downloads, and compares with the whole dump.
#[track_caller]
pub(crate) fn downloads_all_of(dump: Dump) {
    let expected = dump.bytes();
    let scene = Scene::with_dump(dump);
    scene.run("get DUMP -o dump.csv").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &expected);
}

/// Refused with code 5 and this text, before any chunk was asked for and with nothing left behind.
#[track_caller]
pub(crate) fn is_refused(dump: Dump, complaint: &str) {
    let scene = Scene::with_dump(dump);
    scene.run("chunks DUMP").exits_with(5).complains(complaint).says_exactly("");
    scene.run("get DUMP -o dump.csv").exits_with(5).complains(complaint).says_exactly("");
    assert_eq!(scene.chunk_requests(), [""; 0], "{}", scene.describe());
    scene.holds(&[]);
}

#[test]
fn chunks_that_are_listed_out_of_order_arrive_in_numeric_order() {
    let dump = Dump::from_bytes(dump_file::generate(7, 12_000), 1_000);
    downloads_all_of(dump.with_ids(["10", "2", "0", "11", "1", "3", "9", "4", "8", "5", "7", "6"]));
}

#[test]
fn the_chunk_list_is_shown_in_numeric_order() {
    let scene = Scene::with_dump(three_chunks().with_ids(["2", "0", "1"]));
    let table = "CHUNK  NAME\n0      Chunk 0\n1      Chunk 1\n2      Chunk 2\n";
    scene.run("chunks DUMP").exits_with(0).says_exactly(table);
}

#[test]
fn chunks_without_numbers_keep_the_order_of_the_list() {
    downloads_all_of(three_chunks().with_ids(["c", "a", "b"]));
}

#[test]
fn a_chunk_that_is_listed_twice_is_refused() {
    is_refused(three_chunks().with_ids(["0", "1", "1", "2"]), "chunk \"1\" stands in it twice");
}

#[test]
fn a_name_that_is_listed_twice_is_refused() {
    is_refused(three_chunks().with_ids(["a", "b", "a"]), "chunk \"a\" stands in it twice");
}

#[test]
fn a_missing_chunk_is_refused() {
    is_refused(three_chunks().with_ids(["0", "2"]), "chunk 1 is missing");
}

#[test]
fn a_missing_first_chunk_is_refused() {
    is_refused(three_chunks().with_ids(["1", "2"]), "chunk 0 is missing");
}

#[test]
fn numbers_mixed_with_names_are_refused() {
    is_refused(three_chunks().with_ids(["0", "one", "2"]), "chunk \"one\" has no number while others do");
}

#[test]
fn a_chunk_that_no_url_can_name_is_refused() {
    for id in ["..", ".", ""] {
        is_refused(three_chunks().with_ids([id]), "a chunk cannot be asked for: an identifier cannot be");
    }
}

#[test]
fn the_malformed_documented_sample_is_refused_with_its_place() {
    let near = r#"near ""name" : "Chunk 0" }, "chunks" : [ { "id" : "1","#;
    is_refused(Dump::default().with_list_body(DOCUMENTED_SAMPLE), near);
    is_refused(Dump::default().with_list_body(DOCUMENTED_SAMPLE), "at line 11 column 12");
}

#[test]
fn an_answer_that_is_no_chunk_list_is_refused() {
    for body in
        ["[]", "null", "7", r#"{"chunks":{"0":"Chunk 0"}}"#, r#"{"chunks":["0"]}"#, r#"{"chunks":[{}]}"#]
    {
        is_refused(Dump::default().with_list_body(body), "the answer is not the JSON that was expected");
    }
}

#[test]
fn a_list_that_stands_twice_in_the_answer_is_refused() {
    let body = r#"{"chunks":[{"id":"0"}],"chunks":[{"id":"1"}]}"#;
    is_refused(three_chunks().with_list_body(body), "duplicate field `chunks`");
}

#[test]
fn a_malformed_list_is_not_asked_for_again() {
    let scene = Scene::with_dump(Dump::default().with_list_body(DOCUMENTED_SAMPLE));
    scene.run("chunks DUMP").exits_with(5);
    assert_eq!(scene.server.requests().len(), 1, "{}", scene.describe());
}

#[test]
fn a_list_that_was_cut_short_is_asked_for_again() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::TruncatedJson, When::path("chunks").times(1));
    scene.run("chunks DUMP").exits_with(0).says("2      Chunk 2\n").complains("retry 1 of 12");
}

#[test]
fn an_answer_that_is_no_list_is_not_taken_for_an_empty_dump() {
    for body in ["{}", r#"{"error":"busy"}"#, r#"{"status":{"code":500,"message":"Internal"}}"#] {
        let scene = Scene::with_dump(Dump::default().with_list_body(body));
        scene.run("get DUMP -o dump.csv --retries=1").exits_with(5);
        scene.holds(&[]);
    }
}

#[test]
fn a_later_page_without_a_total_does_not_end_the_list() {
    let scene = Scene::with_dump(three_chunks().with_page_size(1));
    scene.server.fault(Fault::WrongJson(r#"{"status":{"code":200}}"#.into()), When::containing("offset="));
    let outcome = scene.run("get DUMP -o dump.csv").exits_with(5);
    outcome.complains("it announces 3 entries, but its pages end after 1");
    scene.holds(&[]);
}

#[test]
fn a_list_that_loses_its_chunks_meanwhile_does_not_leave_an_empty_file() {
    let scene = Scene::with_dump(three_chunks());
    let empty = Fault::WrongJson(r#"{"status":{"code":200}}"#.into());
    // The first list is right, all later ones are empty.
    for occurrence in 2..5 {
        scene.server.fault(empty.clone(), When::path("chunks").occurrence(occurrence));
    }
    scene.run("get DUMP -o dump.csv").exits_with(5).complains("the chunk list changed");
    assert!(!scene.files().contains(&"dump.csv".to_owned()), "{}", scene.describe());
}

#[test]
fn a_list_that_is_left_out_is_a_dump_without_rows() {
    for body in [
        r#"{"status":{"code":200,"message":"Success"}}"#,
        r#"{"meta":{"paging":{"currentPageSize":0,"offset":0,"totalSize":0}},"status":{"code":200}}"#,
        r#"{"status":{},"meta":null,"chunks":null}"#,
        r#"{"chunks":[]}"#,
    ] {
        let scene = Scene::with_dump(Dump::default().with_list_body(body));
        scene.run("chunks DUMP").exits_with(0).says_exactly("The dump has no chunks: it is empty.\n");
        scene.run("get DUMP -o dump.csv").exits_with(0).says("0 B  0 chunks");
        assert_eq!(fs::read(scene.path("dump.csv")).ok(), Some(Vec::new()), "{}", scene.describe());
    }
}

#[test]
fn an_empty_list_as_json_has_no_chunks() {
    let scene = Scene::with_dump(Dump::default());
    let outcome = scene.run("chunks DUMP --json").exits_with(0);
    let document: serde_json::Value = serde_json::from_slice(&outcome.output.stdout).expect("JSON");
    assert_eq!(document["chunks"], serde_json::json!([]), "{}", outcome.describe());
}

#[test]
fn unknown_fields_are_ignored() {
    downloads_all_of(three_chunks().with_list_body(
        r#"{"new":{"deep":[1,null]},"status":{"code":200,"new":true},"chunks":[
            {"id":"0","name":"Chunk 0","size":10000,"new":{}},{"new":[],"id":"1"},{"id":"2","name":null}]}"#,
    ));
}

#[test]
fn chunks_without_names_are_listed() {
    let body = r#"{"chunks":[{"id":"0"},{"id":"1","name":null}]}"#;
    let scene = Scene::with_dump(three_chunks().with_list_body(body));
    scene.run("chunks DUMP").exits_with(0).says_exactly("CHUNK  NAME\n0\n1\n");
}

#[test]
fn identifiers_that_come_as_numbers_are_taken_as_their_digits() {
    downloads_all_of(three_chunks().with_list_body(r#"{"chunks":[{"id":1},{"id":0},{"id":2}]}"#));
}
