//! What the service or a locator names is data: it chooses no path, changes no request, and reaches no
//! terminal raw.

use std::collections::HashSet;

use serde_json::{Value, json};
use xtask::fake::{
    Detail, Dump, ErrorBody, Fault, MODEL, OBJECT, PROCESS, Process, Service, TASK, Task, TaskState, WORKSPACE, When,
};

use crate::support::texts::{THE_LIST, answered, summary};
use crate::support::{Scene, chunk_list, clean, dump_for, dump_of, failed, failing_run};

/// It clears the screen, changes the window's title and the colour, and turns the text around.
const HARMFUL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{1b}[31m\r\n\u{9b}2J\u{202e}";
const HARMLESS: &str = "\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{1b}[31m\\r\\n\\u{9b}2J\\u{202e}";

const ODD_NAMES: [&str; 14] = [
    "a/b\\c",
    "../../etc/passwd",
    "..",
    ".",
    "",
    "/",
    "~",
    "-rf",
    "con:\0nul",
    "two\nlines\r\n",
    HARMFUL,
    "Größe, 東京 🏭 e\u{301}",
    " blanks around ",
    "CON",
];

#[track_caller]
fn with_chunk_name(name: &str) -> Scene {
    let body = json!({"chunks": [{"id": "0", "name": name}]}).to_string();
    Scene::with_dump(dump_of(3, 1).with_list_body(body))
}

/// A task whose imports have these names, with ids that count from 112000000000.
#[track_caller]
fn with_names(names: &[&str]) -> (Scene, Vec<String>) {
    let objects: Vec<String> = (0..names.len()).map(|n| format!("112{n:09}")).collect();
    let imports: Vec<(&str, &str)> = objects.iter().map(String::as_str).zip(names.iter().copied()).collect();
    (Scene::with_tasks([failed("T1", &imports)]), objects)
}

#[test]
fn a_name_that_cannot_be_asked_for_costs_no_dump() {
    for (odd, path) in [(PROCESS, "tasks/T1"), ("ODD-ID", "imports")] {
        let (scene, objects) = with_names(&["Costs"]);
        scene.server.service().process_mut(PROCESS).expect("the process").id = odd.to_owned();
        scene.server.fault(Fault::status(403), When::path(path));
        let locator = format!("MODEL/{odd}/T1/{}", objects[0]);
        scene.run(&format!("get {locator} -q")).stdout_has("  2.5 kB  3 chunks  ");
        let has_name = scene.files()[0].contains("Costs");
        assert_eq!(has_name, path == "imports", "{}", scene.describe());
        scene.any_files();
    }
}

/// Downloads a task whose imports have these names into the folder `dumps`, and returns the names of the
/// files, which are one for each import and below no other folder.
#[track_caller]
fn files_for(names: &[&str]) -> Vec<String> {
    let (scene, objects) = with_names(names);
    scene.run("get NIGHTLY/T1 -o dumps/").stdout_has("  2.5 kB  3 chunks  ");
    let files = scene.files();
    assert_eq!(files.len(), names.len(), "{files:?}");
    let name = |file: &String| file.strip_prefix("dumps/").map(str::to_owned).expect("a file in the folder");
    for (object, file) in objects.iter().zip(&files) {
        scene.has(file, &dump_for(object).bytes());
    }
    files.iter().map(name).collect()
}

#[test]
fn a_chunk_name_is_shown_harmless_and_cut_and_reads_back_from_json() {
    let scene = with_chunk_name(HARMFUL);
    scene.run("chunks DUMP").stdout(format!("CHUNK  NAME\n0      {HARMLESS}\n"));
    scene.run("chunks DUMP --json").json_has("/chunks/0/name", HARMFUL);
    let long = with_chunk_name(&"long".repeat(10_000)).run("chunks DUMP").stdout_text();
    assert!(long.contains("longlong") && long.ends_with("...\n") && long.len() < 1_000, "{long}");
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
    let body = ErrorBody::Json(format!("{HARMFUL}anaplan-dump: done"));
    scene.server.fault(Fault::Status { code: 403, retry_after: None, body }, chunk_list().times(1));
    let shown = answered(&format!("403 Forbidden ({HARMLESS}anaplan-dump: done)"));
    scene.get("").fails(3, format!("{THE_LIST}: {shown}\n  <ANY>"));
    scene.answers(chunk_list(), format!("{{\"chunks\": {HARMFUL}}}"));
    scene.get("").fails(5, format!("{THE_LIST}: <ANY>\\u{{1b}}[2J<ANY>\n  <ANY>"));
}

#[test]
fn ids_with_reserved_characters_are_percent_encoded_in_locators() {
    let task = Task::complete("ta sk%é").with_dump("ob\u{1b}ject\n", dump_of(3, 1));
    let process = Process::new("pro/cess?#", "Odd").with_task(task);
    let scene = Scene::with_service(Service::new().with_process(process));
    let outcome = scene.run("get -o dump.csv MODEL/pro%2Fcess%3F%23/ta%20sk%25%C3%A9/ob%1Bject%0A");
    outcome.saves(&dump_of(3, 1));
    let path = "GET /processes/pro%2Fcess%3F%23/tasks/ta%20sk%25%C3%A9/dumps/ob%1Bject%0A/chunks";
    assert_eq!(scene.count_of(path), 5, "{}", scene.describe());
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
fn odd_names_make_one_file_each_in_the_folder() {
    for file in files_for(&ODD_NAMES) {
        assert!(file.starts_with("2019-10-16-112") && file.ends_with("-T1.csv"), "{file:?}");
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || "/\\:~".contains(c);
        assert!(!file.contains(is_odd), "{file:?}");
    }
    // Letters of all scripts are kept, and names that look like a file name stay apart.
    let files = files_for(&["Größe, 東京", "Actuals", "Actuals", "112000000000-Actuals"]);
    let expected = [
        "2019-10-16-112000000000-Größe_東京-T1.csv",
        "2019-10-16-112000000001-Actuals-T1.csv",
        "2019-10-16-112000000002-Actuals-T1.csv",
        "2019-10-16-112000000003-112000000000-Actuals-T1.csv",
    ];
    assert_eq!(files, expected);
}

#[test]
fn odd_ids_of_objects_and_tasks_stay_in_the_folder_and_apart() {
    let objects = ["a/b", "a?b", "a b", "../../x", "..\u{1b}[31m", &"long".repeat(100)];
    let imports: Vec<(&str, &str)> = objects.iter().map(|object| (*object, "Name")).collect();
    let scene = Scene::with_tasks([failed("../../task", &imports)]);
    scene.run("get NIGHTLY/..%2F..%2Ftask -o dumps/").stdout_has(summary(6, 0, 0, 15_000));
    let files = scene.files();
    let is_inside = |file: &String| file.matches('/').count() == 1 && file.starts_with("dumps/");
    assert!(files.iter().all(is_inside), "{files:?}");
    let contents: HashSet<Vec<u8>> = files.iter().map(|file| scene.read(file)).collect();
    let expected: HashSet<Vec<u8>> = objects.iter().map(|object| dump_for(object).bytes()).collect();
    assert!(contents == expected, "{}", scene.describe());
}

#[test]
fn odd_names_are_harmless_in_tables_and_read_back_from_json() {
    let (scene, _) = with_names(&ODD_NAMES);
    let table = scene.run("task NIGHTLY/T1").stdout_text();
    for shown in ["\\u{1b}[2J", "two\\nlines\\r\\n", "Größe, 東京 🏭"] {
        assert!(table.contains(shown), "{table}");
    }
    let document = scene.run("task NIGHTLY/T1 --json").document();
    let names: Vec<&Value> = document["actions"].as_array().into_iter().flatten().map(|a| &a["name"]).collect();
    assert_eq!(names, ODD_NAMES);
}

#[test]
fn a_state_a_step_and_a_message_are_harmless() {
    let mut task = failed("T1", &[("112000000021", "A")]);
    task.state = TaskState::Other(HARMFUL.to_owned());
    task.current_step = Some(format!("step{HARMFUL}"));
    let detail = Detail::new(HARMFUL, HARMFUL);
    task.result.as_mut().expect("a result").nested[0].details = Some(vec![detail]);
    let scene = Scene::with_tasks([task]);
    let text = scene.run("task NIGHTLY/T1").stdout_text();
    assert_eq!(text.matches(&HARMLESS[..20]).count(), 3, "{text}");
    scene.run("task NIGHTLY/T1 --json").json_has("/actions/0/messages", json!([HARMFUL]));
    scene.run("tasks NIGHTLY").stdout_has(&HARMLESS[..20]);
}

#[test]
fn the_steps_of_a_run_and_the_state_of_a_cancelled_task_are_harmless() {
    let run = failing_run(&[("112000000021", HARMFUL)]);
    let scene = Scene::with_run(run.with_step(TaskState::Other("\u{1b}[0m".to_owned()), HARMFUL, 0.5));
    let outcome = scene.run("run NIGHTLY --poll=1ms -o dumps/");
    outcome.exits_with(6).stderr_has(format!("  \\u{{1b}}[0m 50 % {HARMLESS}\n"));
    outcome.stdout_has(&HARMLESS[..20]);
    scene.any_files();

    let scene = Scene::with_tasks([clean("T1")]);
    scene.answers(When::path("tasks/T1").method("GET"), json!({"task": {"taskState": HARMFUL}}));
    scene.run("cancel NIGHTLY/T1").stdout_has(format!("Task <NIGHTLY>/T1: {}", &HARMLESS[..20]));
}
