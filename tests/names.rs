//! Names and identifiers are data: they choose no path, change no request, and reach no terminal raw.

use serde_json::json;
use xtask::fake::{Dump, MODEL, OBJECT, PROCESS, Process, Service, TASK, Task, WORKSPACE};

use crate::support::{Scene, assert_same_bytes, three_chunks};

const HARMFUL_NAME: &str = "\u{1b}[31mChunk\r\n\u{7}\u{9b}2J\u{202e}0";

fn with_chunk_name(name: &str) -> Scene {
    let body = json!({"chunks": [{"id": "0", "name": name}]}).to_string();
    Scene::with_dump(three_chunks().with_list_body(body))
}

/// A dump below identifiers that are hard to say.
fn with_ids(process: &str, task: &str, object: &str) -> Scene {
    let task = Task::complete(task).with_dump(object, three_chunks());
    Scene::with_service(Service::new().with_process(Process::new(process, "Odd").with_task(task)))
}

#[test]
fn a_chunk_name_with_control_characters_is_shown_harmless() {
    let scene = with_chunk_name(HARMFUL_NAME);
    let shown = "CHUNK  NAME\n0      \\u{1b}[31mChunk\\r\\n\\u{7}\\u{9b}2J\\u{202e}0\n";
    scene.run("chunks DUMP").exits_with(0).stays_harmless().says_exactly(shown);
}

#[test]
fn a_chunk_name_with_control_characters_is_escaped_in_json_and_reads_back() {
    let scene = with_chunk_name(HARMFUL_NAME);
    let outcome = scene.run("chunks DUMP --json").exits_with(0).stays_harmless();
    let document: serde_json::Value = serde_json::from_slice(&outcome.output.stdout).expect("JSON");
    assert_eq!(document["chunks"][0]["name"], HARMFUL_NAME, "{}", outcome.describe());
}

#[test]
fn a_very_long_chunk_name_is_cut() {
    let scene = with_chunk_name(&"long".repeat(10_000));
    let outcome = scene.run("chunks DUMP").exits_with(0).says("longlong").says("...\n");
    assert!(outcome.output.stdout.len() < 1_000, "{}", outcome.describe());
}

#[test]
fn a_chunk_id_with_control_characters_is_encoded_in_the_request_and_harmless_in_the_table() {
    let dump = Dump::from_bytes(b"abc".to_vec(), 1).with_ids(["a/b?c#d", "\u{1b}[31m\r\nX: 1", "%2e%2e"]);
    let scene = Scene::with_dump(dump);
    scene.run("chunks DUMP").exits_with(0).stays_harmless().says("\\u{1b}[31m\\r\\nX: 1");
    let outcome = scene.run("get DUMP -o - -v").exits_with(0).stays_harmless();
    outcome.says_exactly("abc");
    let expected = ["/chunks/a%2Fb%3Fc%23d", "/chunks/%1B%5B31m%0D%0AX%3A%201", "/chunks/%252e%252e"];
    assert_eq!(scene.chunk_requests(), expected, "{}", scene.describe());
}

#[test]
fn an_error_about_a_chunk_with_control_characters_stays_harmless() {
    let dump = Dump::from_bytes(b"ab".to_vec(), 1).with_ids(["\u{1b}[31m", "\u{1b}[31m"]);
    let scene = Scene::with_dump(dump);
    scene
        .run("get DUMP")
        .exits_with(5)
        .stays_harmless()
        .complains("chunk \"\\u{1b}[31m\" stands in it twice");
}

#[test]
fn identifiers_with_reserved_characters_are_percent_encoded_in_locators() {
    let scene = with_ids("pro/cess?#", "ta sk%é", "ob\u{1b}ject\n");
    let locator = format!("{WORKSPACE}/{MODEL}/pro%2Fcess%3F%23/ta%20sk%25%C3%A9/ob%1Bject%0A");
    scene.command("get -o dump.csv").arg(&locator).run().exits_with(0).stays_harmless();
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
    let path = format!(
        "/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/pro%2Fcess%3F%23/tasks/ta%20sk%25%C3%A9/dumps/ob%1Bject%0A/chunks"
    );
    let targets: Vec<String> = scene.server.requests().iter().map(|request| request.target.clone()).collect();
    assert!(targets.contains(&path), "{targets:?}");
}

#[test]
fn identifiers_never_lead_out_of_the_folder() {
    let scene = with_ids(PROCESS, "../../task", "/etc/passwd");
    std::fs::create_dir(scene.path("dumps")).expect("a folder");
    let locator = format!("{WORKSPACE}/{MODEL}/{PROCESS}/..%2F..%2Ftask/%2Fetc%2Fpasswd");
    scene.command("get -o dumps").arg(&locator).run().exits_with(0);
    scene.holds(&["dumps"]);
    let names: Vec<_> = std::fs::read_dir(scene.path("dumps")).expect("the folder").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn identifiers_that_a_path_would_lose_are_refused_before_anything_is_sent() {
    let scene = Scene::with_dump(three_chunks());
    for object in ["..", ".", "%2e%2e", "%2E"] {
        let locator = format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}/{object}");
        let outcome = scene.command("get").arg(locator).run().exits_with(2).without_a_connection();
        outcome.complains("an identifier cannot be \".\" or \"..\"");
    }
}

#[test]
fn a_locator_with_raw_control_characters_injects_nothing() {
    let scene = Scene::with_dump(three_chunks());
    let locator = format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}/{OBJECT}\r\nX-Injected: 1\u{1b}[31m");
    scene.command("get -v -o dump.csv").arg(locator).run().exits_with(4).stays_harmless();
    for request in scene.server.requests() {
        assert!(request.header("x-injected").is_none(), "{}", scene.describe());
        assert!(request.target.contains("%0D%0AX-Injected%3A%201%1B%5B31m"), "{}", request.target);
    }
    scene.holds(&[]);
}

#[test]
fn an_encoding_that_is_none_is_shown_with_its_place() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = scene.command("chunks").arg("W/M/P/T%zz/O").run().exits_with(2).without_a_connection();
    outcome.complains("cannot read \"W/M/P/T%zz/O\": at character 8, before \"%zz/O\"").complains("%25");
}
