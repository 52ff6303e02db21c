//! Whole answers with a good status that are not the chunk: documents, parts, nothing at all, and bodies
//! whose label lies. Once, they are retried; for ever, they are reported by what they are.

use std::fs::OpenOptions;
use std::sync::Arc;
use std::time::Duration;

use xtask::fake::{Dump, Fault, When};

use crate::support::texts::{IS_ALTERED, KEPT, THE_LIST, gave_up, incomplete, the_chunk, wait};
use crate::support::{CHUNK, PART_FILES, Scene, bytes_of, chunk, chunk_list, dump_of};

const PAGE: &str = "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>\n";
const ERROR_401: &str = r#"{"status":{"code":401,"message":"Token expired"},"path":"/2/0"}"#;
const ERROR_XML: &str = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
const PROBLEM: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401}"#;

const CHECK_PROXY: &str = "\n  check whether a proxy asks for a sign-in, and whether the API URL is right";

/// An answer with status 200, this text and these lines of `Content-Type`.
fn document(types: &[&str], text: &str) -> Fault {
    Fault::Document { types: types.iter().map(|kind| (*kind).to_owned()).collect(), text: text.to_owned() }
}

/// The middle chunk of three comes so once, and then as it is.
#[track_caller]
fn passes(fault: &Fault, why: &str) {
    for options in ["", "--parallel=3"] {
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault.clone(), chunk(1).times(1));
        let note = wait(&the_chunk(1, 3), why, 1, 12);
        scene.get(options).notes(&note).saves(&dump_of(3, 1));
        scene.server.clear_faults();
        scene.server.fault(fault.clone(), chunk(1).times(1));
        scene.pipe(options).notes(&note).prints(&bytes_of(3, 1));
    }
}

/// The middle chunk of three always comes so.
#[track_caller]
fn stays(fault: &Fault, why: &str, advice: &str) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault.clone(), chunk(1));
    let note = wait(&the_chunk(1, 3), why, 1, 1);
    let error = incomplete(1, 3, &gave_up(2, &the_chunk(1, 3), why)) + advice;
    let outcome = scene.pipe("--retries=1");
    outcome.notes(&note).fails(5, &error).prints(&bytes_of(3, 1)[..CHUNK]);
    scene.get("--retries=1").notes(&note).fails(5, error + KEPT);
    scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
}

/// It does not matter how the middle chunk of three comes.
#[track_caller]
fn is_taken(fault: Fault) {
    let scene = Scene::with_chunks(3);
    scene.server.fault(fault, chunk(1));
    scene.get("").asks_for(&["0", "1", "2"]).saves(&dump_of(3, 1));
    scene.pipe("").prints(&bytes_of(3, 1));
}

/// Documents in place of a chunk, by their lines of `Content-Type`, and how they are named.
const DOCUMENTS: [(&[&str], &str, &str); 12] = [
    (&["text/plain"], PAGE, "an HTML page came instead, perhaps from a proxy"),
    (&[], PAGE, "an HTML page came instead, perhaps from a proxy"),
    (&["application/octet-stream", "text/html"], PAGE, "an HTML page came instead, perhaps from a proxy"),
    (&["text/html", "application/octet-stream"], PAGE, "an HTML page came instead, perhaps from a proxy"),
    (&["text/html; charset=utf-8"], "Please sign in", "an HTML page came instead, perhaps from a proxy"),
    (&["application/json"], ERROR_401, "a JSON document came instead (Token expired)"),
    (&["text/plain"], ERROR_401, "a JSON document came instead (Token expired)"),
    (
        &["application/json"],
        r#"{"status":"FAILURE_BAD_TOKEN"}"#,
        "a JSON document came instead (FAILURE_BAD_TOKEN)",
    ),
    (
        &["application/json"],
        r#"{"error":"invalid_request"}"#,
        "a JSON document came instead (invalid_request)",
    ),
    (&["application/problem+json"], PROBLEM, "a JSON document came instead (Unauthorized)"),
    (&["application/xml"], ERROR_XML, "an XML document came instead, perhaps from a proxy"),
    (&[], ERROR_XML, "an XML document came instead, perhaps from a proxy"),
];

#[test]
fn a_document_in_place_of_a_chunk_is_retried_once_and_never_saved() {
    for (types, text, why) in DOCUMENTS {
        passes(&document(types, text), why);
        stays(&document(types, text), why, CHECK_PROXY);
    }
}

#[test]
fn another_success_than_200_is_not_the_chunk_and_gets_no_advice_about_redirects() {
    for (status, phrase) in [(202, " Accepted"), (204, " No Content"), (206, " Partial Content"), (207, "")] {
        let why = format!("the service answered {status}{phrase}");
        passes(&Fault::UnderStatus(status), &why);
        stays(&Fault::UnderStatus(status), &why, "");
    }
    passes(&Fault::UnderStatus(304), "the service answered 304 Not Modified");
    stays(&Fault::UnderStatus(304), "the service answered 304 Not Modified", "");
}

#[test]
fn an_answer_that_a_proxy_has_touched_is_taken() {
    is_taken(Fault::UnderStatus(203));
    is_taken(Fault::ContentRange(format!("bytes 0-{}/{CHUNK}", CHUNK - 1)));
}

#[test]
fn a_part_of_a_chunk_is_not_the_chunk() {
    for range in ["bytes 0-999/2946", "bytes 1-9999/10000", "bytes */10000"] {
        let why = format!("only a part of it came ({range})");
        passes(&Fault::ContentRange(range.to_owned()), &why);
        stays(&Fault::ContentRange(range.to_owned()), &why, IS_ALTERED);
    }
}

#[test]
fn an_empty_chunk_among_others_is_refused() {
    passes(&Fault::EmptyBody, "it came empty");
    stays(&Fault::EmptyBody, "it came empty", IS_ALTERED);
}

#[test]
fn compressed_data_without_a_label_is_not_the_chunk() {
    let why = "it came compressed without saying so";
    passes(&Fault::UnlabelledGzip, why);
    stays(&Fault::UnlabelledGzip, why, IS_ALTERED);
    // The retry asks for plain data.
    let scene = Scene::with_chunks(3);
    scene.server.fault(Fault::UnlabelledGzip, chunk(1).times(1));
    scene.get("").notes(wait(&the_chunk(1, 3), why, 1, 12)).saves(&dump_of(3, 1));
    let requests = scene.server.requests();
    let retry = requests.iter().rfind(|request| request.path().ends_with("/chunks/1")).expect("a retry");
    assert_eq!(retry.header("accept-encoding"), Some("identity"), "{}", scene.describe());
}

#[test]
fn an_encoding_that_cannot_be_undone_is_retried_once_without_compression() {
    for (encoding, why) in [
        ("br", "it came with the encoding \"br\", which cannot be undone"),
        ("utf-8", "it came with the encoding \"utf-8\", which cannot be undone"),
        ("gzip", "it is labelled as gzip, but is not"),
    ] {
        let fault = Fault::LeftoverEncoding(encoding.to_owned());
        passes(&fault, why);
        let scene = Scene::with_chunks(3);
        scene.server.fault(fault, chunk(1));
        let error = incomplete(1, 3, &gave_up(2, &the_chunk(1, 3), why)) + IS_ALTERED + KEPT;
        let outcome = scene.get("--retries=12");
        outcome.notes(wait(&the_chunk(1, 3), why, 1, 12)).fails(5, error).asks_for(&["0", "1", "1"]);
        scene.keeps_part(&bytes_of(3, 1)[..CHUNK]);
    }
}

#[test]
fn a_chunk_list_under_an_encoding_that_cannot_be_undone_is_asked_for_once_more() {
    for encoding in ["br", "utf-8"] {
        let why = &format!("it came with the encoding \"{encoding}\", which cannot be undone");
        let scene = Scene::with_chunks(3);
        scene.server.fault(Fault::LeftoverEncoding(encoding.to_owned()), chunk_list());
        scene.get("").notes(wait(THE_LIST, why, 1, 12)).fails(5, gave_up(2, THE_LIST, why) + IS_ALTERED);
        scene.assert_requests(&["GET DUMP/chunks"; 2]);
    }
}

#[test]
fn a_document_in_place_of_the_whole_dump_is_not_saved() {
    for (types, text, why) in DOCUMENTS {
        let scene = Scene::with_chunks(3);
        scene.server.fault(document(types, text), When::any());
        let outcome = scene.get("--whole --retries=1");
        let error = incomplete(0, 1, &gave_up(2, "the whole dump", why)) + CHECK_PROXY;
        outcome.notes(wait("the whole dump", why, 1, 1)).fails(5, error);
    }
}

#[test]
fn a_chunk_may_look_like_a_document_and_is_kept_as_it_is() {
    let long_json = format!(r#"{{"status":"{}"}}"#, "x".repeat(100_000));
    for text in [
        "<html> in a field\",\"7\"\n",
        "<b>\n",
        "{\"a\":1}\n{\"b\":2}\n",
        "{\"note\":\"no key of an error\"}",
        "\"<!DOCTYPE html>\",\"7\"\n</html>",
        &long_json,
    ] {
        let dump = Dump::from_chunks(vec![Arc::from(text.as_bytes()), Arc::from(&b"the end\n"[..])]);
        let scene = Scene::with_dump(dump.clone());
        scene.get("").saves(&dump);
        scene.pipe("").prints(&dump.bytes());
    }
}

#[test]
fn chunks_may_be_equal() {
    let same: Arc<[u8]> = Arc::from("same\n".repeat(100).as_bytes());
    let dump = Dump::from_chunks(vec![same.clone(), same]);
    Scene::with_dump(dump.clone()).get("").saves(&dump);
}

#[test]
fn a_dump_without_a_byte_is_reported_as_such() {
    let scene = Scene::with_dump(Dump::default());
    scene.get("").stdout("dump.csv  0 B  0 chunks  <TIME>\n");
    scene.has("dump.csv", b"");
    let again = |what: &str| wait(what, "it came empty", 1, 12);
    let scene = Scene::with_dump(Dump::from_chunks(vec![Arc::from(&b""[..])]));
    scene.get("").notes(again(&the_chunk(0, 1))).stdout("dump.csv  0 B  1 chunk  <TIME>\n");
    scene.has("dump.csv", b"");
    scene
        .get("--whole --force")
        .notes(again("the whole dump"))
        .stdout("dump.csv  0 B  in one piece  <TIME>\n");
    scene.has("dump.csv", b"");
}

#[test]
fn an_only_chunk_that_comes_empty_once_is_no_empty_dump() {
    let scene = Scene::with_chunks(1);
    scene.server.fault(Fault::EmptyBody, chunk(0).times(1));
    scene.get("").notes(wait(&the_chunk(0, 1), "it came empty", 1, 12)).saves(&dump_of(1, 1));
    // Whatever went wrong before.
    for (options, what, done) in
        [("", the_chunk(0, 1), "1 chunk"), ("--whole", "the whole dump".to_owned(), "in one piece")]
    {
        let scene = Scene::with_chunks(1);
        let asked = || if options.is_empty() { chunk(0) } else { When::any() };
        scene.server.fault(Fault::status(503), asked().occurrence(1));
        scene.server.fault(Fault::EmptyBody, asked().occurrence(2));
        let unavailable = wait(&what, "503 Service Unavailable", 1, 12);
        let outcome = scene.get(options);
        outcome.notes(unavailable + &wait(&what, "it came empty", 2, 12));
        outcome.stdout(format!("dump.csv  5.0 kB  {done}  <TIME>\n"));
        scene.has("dump.csv", &bytes_of(1, 1));
    }
}

#[test]
fn a_part_file_that_another_program_cut_does_not_get_the_final_name() {
    let scene = Scene::with_chunks(3);
    // Long enough to cut the file while the second look at the list waits.
    scene.server.fault(Fault::Latency(Duration::from_secs(2)), chunk_list().occurrence(2));
    let mut running = scene.command("get DUMP -o dump.csv").start();
    running.wait_for_requests(5);
    let part = OpenOptions::new().write(true).open(scene.path(PART_FILES[0])).expect("the part file");
    part.set_len(12_345).expect("the part file is cut");
    running.finish().fails(
        7,
        "cannot give its final name to dump.csv.part: another program has changed its length meanwhile",
    );
    assert!(!scene.path("dump.csv").exists(), "{}", scene.describe());
    scene.any_files();
    scene.get("").stderr_has("continuing from there").saves(&dump_of(3, 1));
}
