//! Whole answers with a good status that are not the chunk: documents, parts, nothing at all, and bodies
//! with a wrong label. Once, they are retried; if they stay, they are reported as what they are.

use std::sync::Arc;

use serde_json::json;
use xtask::fake::{Answer, Dump, Fault, OBJECT, TASK, When};

use crate::faults::{Place, is_retried};
use crate::support::texts::{IS_ALTERED, KEPT, THE_LIST, gave_up, incomplete, the_chunk, wait};
use crate::support::{CHUNK, Scene, bytes_of, chunk, chunk_list, dump_of};

/// A chunk without a byte.
fn nothing() -> Fault {
    Fault::Answer(Answer::new(200, "application/octet-stream", ""))
}

const CHECK_PROXY: &str = "\n  check whether a proxy asks for a sign-in, and whether the API URL is right";

#[test]
fn what_is_not_the_chunk_is_retried_and_never_saved() {
    // Documents of each kind have a test in the library.
    let document = Fault::json(r#"{"status":{"code":401,"message":"Token expired"},"path":"/2/0"}"#);
    let why = "a JSON document came instead (Token expired)";
    is_retried(Place::Chunk, &document, why, CHECK_PROXY);
    let scene = Scene::with_chunks(3);
    scene.server.fault(document, When::any());
    let error = incomplete(0, 1, &gave_up(2, "the whole dump", why)) + CHECK_PROXY;
    scene.get("--whole --retries=1").notes(wait("the whole dump", why, 1, 1)).fails(5, error);
    for (status, phrase) in [(202, ""), (204, ""), (206, ""), (304, " Not Modified")] {
        let why = format!("the service answered {status}{phrase}");
        is_retried(Place::Chunk, &Fault::UnderStatus(status), &why, "");
    }
    let range = "bytes 0-999/2946";
    let part = Fault::Header("Content-Range", range.to_owned());
    is_retried(Place::Chunk, &part, &format!("only a part of it came ({range})"), IS_ALTERED);
    is_retried(Place::Chunk, &nothing(), "it came empty", IS_ALTERED);
    is_retried(Place::Chunk, &Fault::UnlabelledGzip, "it came compressed without saying so", IS_ALTERED);
}

#[test]
fn an_answer_that_a_proxy_has_touched_is_taken() {
    for fault in [Fault::UnderStatus(203), Fault::Header("Content-Range", format!("bytes 0-{}/{CHUNK}", CHUNK - 1))] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault, chunk(1));
        scene.get("").asks_for(&["0", "1", "2"]).saves(&dump_of(3, 1));
    }
}

#[test]
fn an_encoding_that_cannot_be_undone_is_retried_once_without_compression() {
    for (encoding, why) in [
        ("utf-8", "it came with the encoding \"utf-8\", which cannot be undone"),
        ("gzip", "it is labelled as gzip, but is not"),
    ] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(Fault::Header("Content-Encoding", encoding.to_owned()), chunk(1));
        let note = wait(&the_chunk(1, 3), why, 1, 1);
        let error = incomplete(1, 3, &gave_up(2, &the_chunk(1, 3), why)) + IS_ALTERED + KEPT;
        scene.get("--retries=12").notes(note).fails(5, error).asks_for(&["0", "1", "1"]);
        scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
        let asked = scene.server.requests().into_iter().filter(|request| request.path().ends_with("/chunks/1"));
        let encodings = asked.map(|request| request.header("accept-encoding").map(str::to_owned));
        assert!(encodings.eq(["gzip", "identity"].map(|encoding| Some(encoding.to_owned()))), "{}", scene.describe());
    }
    let why = "it came with the encoding \"utf-8\", which cannot be undone";
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::Header("Content-Encoding", "utf-8".to_owned()), chunk_list());
    scene.get("").notes(wait(THE_LIST, why, 1, 1)).fails(5, gave_up(2, THE_LIST, why) + IS_ALTERED);
    scene.assert_requests(&["GET DUMP/chunks"; 2]);
}

#[test]
fn a_chunk_may_look_like_a_document_and_is_kept_as_it_is() {
    let long_json = format!(r#"{{"status":"{}"}}"#, "x".repeat(100_000));
    for text in ["<html> in a field\",\"7\"\n", &long_json] {
        let dump = Dump::from_chunks(vec![Arc::from(text.as_bytes()), Arc::from(&b"the end\n"[..])]);
        Scene::with_dump(dump.clone()).get("").saves(&dump);
    }
    let same: Arc<[u8]> = Arc::from("same\n".repeat(100).as_bytes());
    let dump = Dump::from_chunks(vec![same.clone(), same]);
    Scene::with_dump(dump.clone()).get("").saves(&dump);
}

#[test]
fn a_dump_without_a_byte_is_believed_unless_its_task_counts_rejected_rows() {
    let empty = "dump <DUMP> came empty, although its task counts rows in it (3)\n  it may have been removed, or \
                 replaced by a newer run: look at the newest tasks, and try again";
    let one_chunk = Dump::from_chunks(vec![Arc::from(&b""[..])]);
    for (dump, options) in [(Dump::default(), "-qq"), (one_chunk.clone(), "-qq"), (one_chunk.clone(), "-qq --whole")] {
        let scene = Scene::with_dump(dump);
        scene.get(options).fails(5, empty);
    }
    let scene = Scene::without_rows(Dump::default());
    scene.get("").stdout("dump.csv  0 B  0 chunks  <TIME>\n");
    scene.has("dump.csv", b"");
    let unread = Scene::without_rows(Dump::default());
    unread.server.fault(Fault::status(404), When::path("tasks/*"));
    unread.get("-qq").exits_with(4).stderr_has("404 Not Found");
    let again = |what: &str| wait(what, "it came empty", 1, 12);
    let scene = Scene::without_rows(one_chunk);
    scene.get("").notes(again(&the_chunk(0, 1))).stdout("dump.csv  0 B  1 chunk  <TIME>\n");
    let whole = scene.get("--whole --force");
    whole.notes(again("the whole dump")).stdout("dump.csv  0 B  in one piece  <TIME>\n");
    scene.has("dump.csv", b"");
}

#[test]
fn a_dump_without_a_byte_is_a_fault_where_its_task_leaves_open_whether_rows_were_rejected_or_counts_warnings() {
    let counted = json!([{"values": ["failedCount", 0, "warningsRowCount", 2]}]);
    for (details, why) in [
        (json!([]), "and its task does not say that there are no rows in it"),
        (counted, "although its task counts rows in it (2)"),
    ] {
        let action = json!({"objectId": OBJECT, "successful": true, "failureDumpAvailable": true, "details": details});
        let result = json!({"successful": true, "failureDumpAvailable": true, "nestedResults": [action]});
        let task = json!({"task": {"taskState": "COMPLETE", "progress": 1.0, "result": result}});
        for command in ["get DUMP -o a", "get DUMP -o a --whole", "get DUMP -o -", "wait NIGHTLY/TASK --poll=1ms"] {
            let scene = Scene::with_dump(Dump::from_chunks(vec![Arc::from(&b""[..])]));
            scene.answers(When::path("tasks/*"), &task);
            let command = command.replace("TASK", TASK);
            scene.run(&format!("{command} -qq")).exits_with(5).any_stdout().stderr_has(format!("came empty, {why}"));
            scene.holds(&[""; 0]);
        }
    }
}

#[test]
fn an_only_chunk_that_comes_empty_once_is_fetched_again_also_after_another_fault() {
    for (options, what, when, done) in [
        ("", the_chunk(0, 1), chunk(0), "1 chunk"),
        ("--whole", "the whole dump".to_owned(), When::any(), "in one piece"),
    ] {
        let scene = Scene::with_chunks(1);
        scene.server.fault(Fault::status(503), when.clone().times(1));
        scene.server.fault(nothing(), when.occurrence(2));
        let waits = [wait(&what, "503 Service Unavailable", 1, 12), wait(&what, "it came empty", 2, 12)];
        scene.get(options).notes(waits.concat()).stdout(format!("dump.csv  5.0 kB  {done}  <TIME>\n"));
        scene.has("dump.csv", &bytes_of(1, 1));
    }
}
