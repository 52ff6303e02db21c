//! What the service or a locator names is data: it chooses no path, changes no request, and reaches no terminal raw.

use std::collections::HashSet;

use serde_json::json;
use xtask::fake::{Answer, Detail, Dump, Fault, MODEL, OBJECT, PROCESS, TASK, WORKSPACE, When};

use crate::support::texts::{THE_LIST, answered, summary};
use crate::support::{COSTS, Scene, chunk_list, clean, dump_for, dump_of, failed, failing_run};

/// It clears the screen, changes the window's title and the colour, turns the text around, and hides a tag.
const HARMFUL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}[31m\r\n\u{9b}2J\u{202e}\u{e0001}";
const HARMLESS: &str = "\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{1b}[31m\\r\\n\\u{9b}2J\\u{202e}\\u{e0001}";

#[test]
fn a_name_that_cannot_be_asked_for_costs_no_dump() {
    for (odd, path) in [(PROCESS, "tasks/T1"), ("ODD-ID", "imports")] {
        let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
        scene.server.service().process_mut(PROCESS).expect("the process").id = odd.to_owned();
        scene.server.fault(Fault::status(403), When::path(path));
        scene.run(&format!("get MODEL/{odd}/T1/{} -q", COSTS.0)).stdout_has("  2.5 kB  3 chunks  ");
        let has_name = scene.files()[0].contains("Cost_centres");
        assert_eq!(has_name, path == "imports", "{}", scene.describe());
        scene.any_files();
    }
}

#[test]
fn a_chunk_name_is_shown_harmless_and_cut_and_reads_back_from_json() {
    let long = "long".repeat(10_000);
    let body = json!({"chunks": [{"id": "0", "name": HARMFUL}, {"id": "1", "name": long}]});
    let scene = Scene::with_chunks(3);
    scene.answers(chunk_list(), body);
    let text = scene.run("chunks DUMP").stdout_text();
    assert!(text.starts_with(&format!("CHUNK  NAME\n0      {HARMLESS}\n1      longlong")), "{text}");
    assert!(text.ends_with("...\n") && text.len() < 1_000, "{text}");
    scene.run("chunks DUMP --json").json_has("/chunks/0/name", HARMFUL);
}

#[test]
fn a_chunk_id_is_encoded_in_the_request_and_harmless_in_the_table_and_in_errors() {
    let ids = ["a/b?c#d", "\u{1b}[31m\r\nX: 1", "%2e%2e"];
    let scene = Scene::with_dump(Dump::from_bytes(b"abc".to_vec(), 1).with_ids(ids));
    scene.run("chunks DUMP").stdout_has("\\u{1b}[31m\\r\\nX: 1");
    let outcome = scene.pipe("");
    outcome.prints(b"abc").asks_for(&["a%2Fb%3Fc%23d", "%1B%5B31m%0D%0AX%3A%201", "%252e%252e"]);

    let scene = Scene::with_dump(dump_of(3, 1).with_ids([HARMFUL, HARMFUL]));
    scene.get("").fails(5, format!("{THE_LIST}: it has the chunk id \"{HARMLESS}\" twice\n  <ANY>"));
}

#[test]
fn a_message_and_an_answer_are_harmless_in_errors() {
    let scene = Scene::with_chunks(3);
    let refusal = Answer::error(403, &format!("{HARMFUL}anaplan-dump: done"));
    scene.server.fault(Fault::Answer(refusal), chunk_list().times(1));
    let shown = answered(&format!("403 Forbidden ({HARMLESS}anaplan-dump: done)"));
    scene.get("").fails(3, format!("{THE_LIST}: {shown}\n  <ANY>"));
    scene.answers(chunk_list(), format!("{{\"chunks\": {HARMFUL}}}"));
    scene.get("").fails(5, format!("{THE_LIST}: <ANY>\\u{{1b}}[2J<ANY>\n  <ANY>"));
}

#[test]
fn a_locator_with_raw_control_characters_injects_nothing() {
    let scene = Scene::with_chunks(3);
    let locator = format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}/{OBJECT}\r\nX-Injected: 1\u{1b}[31m");
    let outcome = scene.command("get -v -o dump.csv").arg(locator).run();
    outcome.exits_with(4).stderr_has("the service answered 404");
    for request in scene.server.requests() {
        assert!(request.header("x-injected").is_none(), "{}", scene.describe());
        assert!(request.target.contains("%0D%0AX-Injected%3A%201%1B%5B31m"), "{}", request.target);
    }
}

#[test]
fn odd_names_and_ids_of_objects_and_tasks_stay_in_the_folder_and_apart() {
    let long = "long".repeat(100);
    let wide = "é".repeat(300);
    let imports: [(&str, &str); 7] = [
        ("a/b", "../../etc/passwd"),
        ("a?b", "Größe, 東京"),
        ("a b", "Größe, 東京"),
        ("../../x", ".."),
        ("..\u{1b}[31m", HARMFUL),
        (&long, "CON"),
        ("112000000021", &wide),
    ];
    let scene = Scene::with_tasks([failed("../../task", &imports)]);
    scene.run("get NIGHTLY/..%2F..%2Ftask -o dumps/").stdout_has(summary(7, 0, 0, 17_500));
    let files = scene.files();
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "\\:".contains(c);
    let is_inside =
        |file: &String| file.matches('/').count() == 1 && file.starts_with("dumps/") && !file.contains(is_odd);
    assert!(files.iter().all(is_inside), "{files:?}");
    assert_eq!(files.iter().filter(|file| file.contains("Größe_東京")).count(), 2, "{files:?}");
    let contents: HashSet<Vec<u8>> = files.iter().map(|file| scene.read(file)).collect();
    let expected: HashSet<Vec<u8>> = imports.iter().map(|(object, _)| dump_for(object).bytes()).collect();
    assert!(contents == expected, "{}", scene.describe());
}

#[test]
fn a_name_a_state_a_step_and_a_message_are_harmless_and_read_back_from_json() {
    let mut task = failed("T1", &[(COSTS.0, HARMFUL)]);
    task.state = HARMFUL;
    task.current_step = Some(format!("step{HARMFUL}"));
    let detail = Detail::new(HARMFUL, HARMFUL);
    task.result.as_mut().expect("a result").nested[0].details = Some(vec![detail]);
    let scene = Scene::with_tasks([task]);
    let text = scene.run("task NIGHTLY/T1").stdout_text();
    assert_eq!(text.matches("\\u{1b}[2J").count(), 4, "{text}");
    let outcome = scene.run("task NIGHTLY/T1 --json");
    outcome.json_has("/actions/0/messages", json!([HARMFUL])).json_has("/actions/0/name", HARMFUL);
    scene.run("tasks NIGHTLY").stdout_has(&HARMLESS[..20]);
}

#[test]
fn the_steps_of_a_run_and_the_state_of_a_cancelled_task_are_harmless() {
    let run = failing_run(&[("112000000021", HARMFUL)]);
    let scene = Scene::with_run(run.with_stage("\u{1b}[0m", HARMFUL, 0.5));
    let outcome = scene.run("run NIGHTLY --poll=1ms -o dumps/");
    outcome.exits_with(6).stderr_has(format!("  \\u{{1b}}[0m 50 % {HARMLESS}\n"));
    outcome.stdout_has(&HARMLESS[..20]);
    scene.any_files();

    let scene = Scene::with_tasks([clean("T1")]);
    scene.answers(When::path("tasks/T1").method("GET"), json!({"task": {"taskState": HARMFUL}}));
    scene.run("cancel NIGHTLY/T1").stdout_has(format!("Task <NIGHTLY>/T1: {}", &HARMLESS[..20]));
}
