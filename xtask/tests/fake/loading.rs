//! Uploads, imports that read them, and what is known about both.

use std::io::Write;

use serde_json::{Value, json};
use xtask::fake::*;

use crate::client::*;

const FILE: &str = "113000000001";
const IMPORT: &str = "112000000041";

fn server() -> FakeServer {
    let rules = Import::from_file(FILE)
        .with_column("Name", Rule::Name)
        .with_column("Parent", Rule::ItemOf("Regions".to_owned(), vec!["North".to_owned()]))
        .with_column("Amount", Rule::Number);
    let service = Service::new()
        .with_file(SourceFile::new(FILE, "centres.csv"))
        .with_import(Process::new(IMPORT, "Centres").reading(rules))
        .with_process(Process::new(PROCESS, "Load").with_action(IMPORT, "Centres"));
    FakeServer::start(service)
}

fn put(server: &FakeServer, chunk: &str, kind: &str, body: &[u8]) -> u16 {
    exchange(server, put_of(chunk, kind, body)).status()
}

fn put_of(chunk: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let extra = format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len());
    let head = request("PUT", &path(&format!("files/{FILE}/chunks/{chunk}")), &extra);
    [head.as_bytes(), body].concat()
}

/// Uploads in two chunks, the second one compressed.
fn upload(server: &FakeServer, text: &str) {
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    assert_eq!(post(server, &path(&format!("files/{FILE}")), "{\"chunkCount\":2}").status(), 200);
    assert_eq!(put(server, "0", "application/octet-stream", first), 204);
    assert!(!server.service().files[0].is_complete(USER));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(second).unwrap();
    assert_eq!(put(server, "1", "application/x-gzip", &gzip.finish().unwrap()), 204);
    assert_eq!(server.service().files[0].content_of(USER).unwrap(), text.as_bytes());
    assert!(server.service().files[0].is_complete(USER));
}

/// Runs it to its end: the task, and the path of its task.
fn run(server: &FakeServer, of: &str) -> (Value, String) {
    let reply = post(server, &path(&format!("{of}/tasks")), "{\"localeName\":\"en_US\"}");
    let task = path(&format!("{of}/tasks/{}", reply.json()["task"]["taskId"].as_str().unwrap()));
    (get(server, &task).json()["task"].clone(), task)
}

#[test]
fn the_loop_closes_load_reject_correct_load() {
    let server = server();
    let of = format!("imports/{IMPORT}");
    assert_eq!(run(&server, &of).0["result"]["details"][0]["type"], "uploadedFileNoLongerAvailable");
    upload(&server, "Amount,Name,Parent\n1,A,North\nx,\"B \"\"b\"\"\",South\n2,C,North\n");
    let (task, path) = run(&server, &of);
    let detail = &task["result"]["details"][0];
    assert_eq!(detail["localMessageText"], "Centres: 2 (0/2) rows successful, 1 failed, 0 ignored");
    let dump = "\"Amount\",\"Name\",\"Parent\",\"_Line_\",\"_Error_1_\",\"_Error_2_\"\n\
        \"x\",\"B \"\"b\"\"\",\"South\",\"3\",\"Invalid number: x\",\"Item not located in Regions list: South\"\n";
    assert_eq!(String::from_utf8_lossy(get(&server, &format!("{path}/dump/chunks/0")).body()), dump);

    upload(&server, "Amount,Name,Parent\n3,\"B \"\"b\"\"\",North\n");
    let (task, clean) = run(&server, &of);
    assert_eq!(task["result"]["failureDumpAvailable"], false);
    assert_eq!(task["result"]["details"][0]["values"][1], "1");
    assert_eq!(get(&server, &format!("{clean}/dump")).status(), 204);
    assert_eq!(get(&server, &format!("{path}/dump")).status(), 404, "a run without errors removes the dump");

    upload(&server, "Name\nA\n");
    let (task, _) = run(&server, &format!("processes/{PROCESS}"));
    let nested = &task["result"]["nestedResults"][0];
    assert_eq!((&task["result"]["successful"], &nested["objectId"]), (&json!(false), &json!(IMPORT)));
    assert_eq!(nested["details"][0]["type"], "missingFields");
}

#[test]
fn an_upload_can_be_reset_under_way_and_is_then_not_done() {
    let server = server();
    let when = When::path("chunks/0").method("PUT").times(1);
    server.fault(Fault::ResetInUpload { after_bytes: 100_000 }, when);
    post(&server, &path(&format!("files/{FILE}")), "{\"chunkCount\":1}");
    let mut stream = connect(&server);
    let sent = stream.write_all(&put_of("0", "application/octet-stream", &[b'x'; 1_000_000]));
    assert!(sent.is_err() || read_all(&mut stream, None).end == End::Reset);
    assert_eq!(server.service().files[0].content_of(USER), Some(Vec::new()));
    assert_eq!(server.requests()[1].status, None);
    assert_eq!(put(&server, "0", "application/octet-stream", b"x"), 204);
}

#[test]
fn an_upload_is_private_and_replaces_what_was_there() {
    let server = server();
    let announce = |body: &str| post(&server, &path(&format!("files/{FILE}")), body).status();
    assert_eq!(put(&server, "0", "application/octet-stream", b"a"), 400, "nothing was announced");
    for body in ["{}", "{\"chunkCount\":-2}", "{\"chunkCount\":1001}"] {
        assert_eq!(announce(body), 400, "{body}");
    }
    assert_eq!(announce("{\"chunkCount\":-1}"), 200);
    for (chunk, content) in [("0", "old"), ("0", "a"), ("1", "b")] {
        assert_eq!(put(&server, chunk, "application/octet-stream", content.as_bytes()), 204);
    }
    for (chunk, kind, body) in [("x", "application/octet-stream", "a"), ("2", "application/x-gzip", "a")] {
        assert_eq!(put(&server, chunk, kind, body.as_bytes()), 400);
    }
    assert_eq!(put(&server, "2", "text/csv", b"a"), 415);
    let content = |user: &str| server.service().files[0].content_of(user);
    assert_eq!((content(USER), content("another")), (Some(b"ab".to_vec()), None));
    assert!(!server.service().files[0].is_complete(USER));
    assert_eq!(post(&server, &path(&format!("files/{FILE}/complete")), "{}").json()["file"]["chunkCount"], 2);
    assert!(server.service().files[0].is_complete(USER));
    assert_eq!(announce("{\"chunkCount\":1}"), 200);
    assert_eq!(put(&server, "1", "application/octet-stream", b"a"), 400, "one was announced");
    assert_eq!(content(USER), Some(Vec::new()));
    assert_eq!(post(&server, &path("files/113000000009"), "{\"chunkCount\":1}").status(), 404);
}
