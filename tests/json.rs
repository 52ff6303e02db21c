//! `--json`: one document with exactly the fields that the README names.

use serde_json::{Value, json};
use xtask::fake::{ActionResult, Fault, MODEL, Process, Service, Task, TaskState, WORKSPACE, When};

use crate::support::{Outcome, Scene, clean, failed, failing_run, nightly};

const ONE: (&str, &str) = ("112000000021", "Cost centres");
const TWO: (&str, &str) = ("112000000022", "Actuals");

const FILES: [&str; 2] = ["112000000021-Cost_centres-T1.csv", "112000000022-Actuals-T1.csv"];

const TASK_FIELDS: [&str; 9] =
    ["task", "state", "step", "progress", "created", "successful", "has_failures", "actions", "next"];
const ACTION_FIELDS: [&str; 6] = ["object", "name", "successful", "rows", "dump", "messages"];
const ROW_FIELDS: [&str; 3] = ["successful", "failed", "ignored"];
const DUMP_FIELDS: [&str; 8] = ["object", "name", "status", "path", "bytes", "chunks", "sha256", "error"];

/// The dump at a place of the document is this one, in a file with this checksum.
#[track_caller]
fn tells_the_file(outcome: &Outcome<'_>, at: usize, (object, name): (&str, &str), path: &str, sha256: &str) {
    let pointer = format!("/dumps/{at}");
    outcome.has_fields(&pointer, &DUMP_FIELDS);
    let expected = json!({"object": object, "name": name, "status": "downloaded", "path": path, "bytes": 2500,
        "chunks": 3, "sha256": sha256, "error": null});
    assert_eq!(outcome.document()["dumps"][at], expected, "{}", outcome.describe());
}

#[test]
fn processes_are_a_document() {
    let service = Service::new().with_process(Process::new("118000000001", "Größe \u{1b}\n"));
    let scene = Scene::with_service(service);
    let outcome = scene.run(&format!("processes {WORKSPACE}/{MODEL} --json")).exits_with(0).stays_harmless();
    let expected = json!({
        "model": format!("{WORKSPACE}/{MODEL}"),
        "processes": [{"id": "118000000001", "name": "Größe \u{1b}\n"}],
    });
    assert_eq!(outcome.document(), expected, "{}", outcome.describe());
}

#[test]
fn a_process_without_a_name_has_null_for_it() {
    let scene = Scene::with_tasks([]);
    let answer = r#"{"processes":[{"id":118000000001},{"id":"2","name":null}]}"#.to_owned();
    scene.server.fault(Fault::WrongJson(answer), When::path("processes"));
    let outcome = scene.run(&format!("processes {WORKSPACE}/{MODEL} --json")).exits_with(0);
    let expected = json!([{"id": "118000000001", "name": null}, {"id": "2", "name": null}]);
    outcome.has_value("/processes", expected);
}

#[test]
fn tasks_are_a_document() {
    let scene = Scene::with_tasks([
        Task::new("T3", TaskState::Other("PAUSED".to_owned())),
        clean("T2"),
        clean("T1"),
        clean("T0").without_creation_time(),
    ]);
    let outcome = scene.run("tasks NIGHTLY --json --limit=2").exits_with(0);
    let expected = json!({
        "process": nightly(),
        "total": 4,
        "tasks": [
            {"task": "T3", "state": "PAUSED", "created": "2019-10-16T20:39:07Z"},
            {"task": "T2", "state": "COMPLETE", "created": "2019-10-16T19:39:07Z"},
        ],
    });
    assert_eq!(outcome.document(), expected, "{}", outcome.describe());
    scene.run("tasks NIGHTLY --json").exits_with(0).has_value("/tasks/3/created", Value::Null);
}

#[test]
fn a_task_is_a_document() {
    let action = ActionResult::new("117000000003");
    let mut task = failed("T1", &[ONE]);
    task.result.as_mut().expect("a result").nested.push(action);
    let scene = Scene::with_tasks([task]);
    let outcome = scene.run("task NIGHTLY/T1 --json").exits_with(0).complains_exactly("");
    let locator = format!("{}/T1", nightly());
    let expected = json!({
        "task": locator, "state": "COMPLETE", "step": "Complete.", "progress": 1.0,
        "created": "2019-10-16T20:39:07Z", "successful": true, "has_failures": true,
        "actions": [
            {"object": ONE.0, "name": ONE.1, "successful": true, "dump": true,
                "rows": {"successful": 90, "failed": 3, "ignored": 5},
                "messages": ["Cost centres: 90 (0/90) rows successful, 5 ignored"]},
            {"object": "117000000003", "name": null, "successful": true, "dump": false,
                "rows": {"successful": null, "failed": null, "ignored": null}, "messages": []},
        ],
        "next": format!("anaplan-dump get {locator}"),
    });
    assert_eq!(outcome.document(), expected, "{}", outcome.describe());
}

#[test]
fn a_running_task_has_the_same_fields() {
    let scene = Scene::with_tasks([Task::new("T1", TaskState::InProgress)]);
    let outcome = scene.run("task NIGHTLY/latest --json").exits_with(0);
    outcome.has_fields("", &TASK_FIELDS);
    let outcome = outcome.has_value("/actions", json!([])).has_value("/successful", Value::Null);
    outcome.has_value("/next", Value::Null).has_value("/has_failures", false);
}

#[test]
fn get_tells_files_sizes_and_checksums() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    let outcome = scene.run("get NIGHTLY/T1 --json").exits_with(0);
    outcome.has_fields("", &["task", "skipped", "dumps"]);
    tells_the_file(&outcome, 0, ONE, FILES[0], &scene.sha256sum(FILES[0]));
    tells_the_file(&outcome, 1, TWO, FILES[1], &scene.sha256sum(FILES[1]));
    outcome.has_value("/task", format!("{}/T1", nightly())).has_value("/skipped", json!([]));
}

#[test]
fn get_tells_the_path_below_its_folder() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let outcome = scene.run("get NIGHTLY/T1 --json -o new/rejected/").exits_with(0);
    let path = format!("new/rejected/{}", FILES[0]);
    tells_the_file(&outcome, 0, ONE, &path, &scene.sha256sum(&path));
}

#[test]
fn get_of_one_object_into_a_file_tells_the_same_fields() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let outcome = scene.run(&format!("get NIGHTLY/T1/{} --json -o dump.csv", ONE.0)).exits_with(0);
    outcome.has_fields("", &["task", "skipped", "dumps"]);
    outcome.has_fields("/dumps/0", &DUMP_FIELDS);
    let sum = scene.sha256sum("dump.csv");
    outcome.has_value("/dumps/0/path", "dump.csv").has_value("/dumps/0/sha256", sum);
}

#[test]
fn get_again_tells_that_the_file_is_there_with_its_checksum() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    scene.run("get NIGHTLY/T1").exits_with(0);
    let outcome = scene.run("get NIGHTLY/T1 --json").exits_with(0);
    let expected = json!({"object": ONE.0, "name": ONE.1, "status": "already_there", "path": FILES[0],
        "bytes": 2500, "chunks": null, "sha256": scene.sha256sum(FILES[0]), "error": null});
    outcome.has_value("/dumps/0", expected);
}

#[test]
fn get_tells_the_dump_that_failed_beside_those_that_did_not() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    scene.server.service().erase_dump("T1", ONE.0);
    let outcome = scene.run("get NIGHTLY/T1 --json").exits_with(4);
    outcome.has_fields("/dumps/0", &DUMP_FIELDS);
    let error = outcome.document()["dumps"][0]["error"].as_str().unwrap_or_default().to_owned();
    assert!(error.contains("the service answered 404"), "{}", outcome.describe());
    tells_the_file(&outcome, 1, TWO, FILES[1], &scene.sha256sum(FILES[1]));
    let outcome = outcome.has_value("/dumps/0/status", "failed").has_value("/dumps/0/path", Value::Null);
    outcome.has_value("/dumps/0/sha256", Value::Null).has_value("/dumps/0/name", ONE.1);
}

#[test]
fn every_failed_dump_tells_its_error() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    for file in FILES {
        std::fs::create_dir(scene.path(file)).expect("a folder in the place of the file");
    }
    let outcome = scene.run("get NIGHTLY/T1 --json").exits_with(7);
    for at in 0..2 {
        let error = &outcome.document()["dumps"][at]["error"];
        assert!(
            error.as_str().is_some_and(|error| error.contains("is a directory")),
            "{}",
            outcome.describe()
        );
    }
}

#[test]
fn get_tells_the_tasks_that_it_passed_over() {
    let colleague = failed("T9", &[ONE]).with_owner("colleague@example.com");
    let running = Task::new("T8", TaskState::InProgress);
    let cancelled = Task::new("T7", TaskState::Cancelled);
    let scene = Scene::with_tasks([colleague, running, cancelled, clean("T6"), failed("T5", &[ONE])]);
    let outcome = scene.run("get NIGHTLY --json").exits_with(0);
    let skipped = json!([
        {"task": "T9", "created": "2019-10-16T20:39:07Z", "reason": "its dump is gone, or another user's"},
        {"task": "T8", "created": "2019-10-16T19:39:07Z", "reason": "it has not finished"},
        {"task": "T7", "created": "2019-10-16T18:39:07Z", "reason": "it was cancelled"},
        {"task": "T6", "created": "2019-10-16T17:39:07Z", "reason": "nothing failed in it"},
    ]);
    outcome.has_value("/skipped", skipped).has_value("/task", format!("{}/T5", nightly()));
}

#[test]
fn get_where_nothing_failed_is_a_document_without_a_task() {
    let scene = Scene::with_tasks([clean("T1")]);
    let outcome = scene.run("get NIGHTLY --json").exits_with(0);
    outcome.has_fields("", &["task", "skipped", "dumps"]);
    outcome.has_value("/task", Value::Null).has_value("/dumps", json!([])).has_value("/skipped/0/task", "T1");
}

#[test]
fn get_in_one_piece_tells_no_chunks() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let outcome = scene.run("get NIGHTLY/T1 --json --whole").exits_with(0);
    let sum = scene.sha256sum(FILES[0]);
    outcome.has_value("/dumps/0/chunks", Value::Null).has_value("/dumps/0/sha256", sum);
}

#[test]
fn a_document_and_a_dump_do_not_share_standard_output() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let outcome = scene.run("get NIGHTLY/T1 --json -o -").exits_with(2).without_a_connection();
    outcome.says_exactly("").complains("--json and -o - both want standard output");
}

#[test]
fn a_run_is_one_document() {
    let scene = Scene::with_run(failing_run(&[ONE]).with_step(TaskState::InProgress, "Importing", 0.5));
    let outcome = scene.run("run NIGHTLY --poll=1ms --json").exits_with(6);
    outcome.has_fields("", &["task", "dumps"]);
    outcome.has_fields("/task", &TASK_FIELDS);
    outcome.has_fields("/task/actions/0", &ACTION_FIELDS);
    outcome.has_fields("/task/actions/0/rows", &ROW_FIELDS);
    let task = &scene.task_ids()[0];
    let file = format!("112000000021-Cost_centres-{task}.csv");
    tells_the_file(&outcome, 0, ONE, &file, &scene.sha256sum(&file));
    outcome.has_value("/task/task", format!("{}/{task}", nightly())).has_value("/task/state", "COMPLETE");
}

#[test]
fn a_run_without_failures_is_one_document() {
    let scene = Scene::with_run(failing_run(&[]));
    let outcome = scene.run("run NIGHTLY --poll=1ms --json").exits_with(0);
    outcome.has_value("/dumps", json!([])).has_value("/task/has_failures", false);
}

#[test]
fn cancelling_is_a_document() {
    let scene = Scene::with_tasks([Task::new("T1", TaskState::InProgress)]);
    let outcome = scene.run("cancel NIGHTLY/T1 --json").exits_with(0);
    let expected = json!({"task": format!("{}/T1", nightly()), "state": "CANCELLING"});
    assert_eq!(outcome.document(), expected, "{}", outcome.describe());
}

#[test]
fn chunks_are_a_document() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let outcome = scene.run(&format!("chunks NIGHTLY/T1/{} --json", ONE.0)).exits_with(0);
    outcome.has_fields("", &["dump", "chunks"]);
    outcome.has_value("/chunks/2", json!({"id": "2", "name": "Chunk 2"}));
}

#[test]
fn a_task_has_one_locator_whichever_command_tells_it() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let url = scene.server.dump_url().split("/tasks/").next().unwrap_or_default().to_owned() + "/tasks/T1";
    let told = |command: &str| {
        let outcome = scene.command(command).arg(&url).env_remove("ANAPLAN_API_URL").run().exits_with(0);
        outcome.document()["task"].as_str().unwrap_or_default().to_owned()
    };
    let expected = told("task --json");
    assert_eq!(told("get --json"), expected);
    assert_eq!(told("cancel --json"), expected);
}
