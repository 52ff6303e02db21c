//! `--json`: one document with exactly the fields that docs/reference.md names.

use std::process::Command;

use serde_json::{Value, json};
use xtask::fake::{ActionResult, Fault, Task};

use crate::support::texts::DUMP_NOT_FOUND;
use crate::support::{ACTUALS, COSTS, Import, Scene, chunk_list, clean, failed, failing_run, file_of};

/// A downloaded dump of an import, with the checksum of the file by a program that shares nothing with ours.
#[track_caller]
fn downloaded(scene: &Scene, task: &str, (object, name): Import, path: &str) -> Value {
    let locator = scene.fill(&format!("<NIGHTLY>/{task}/{object}"));
    let output = Command::new("sha256sum").arg(scene.path(path)).output().expect("sha256sum is there");
    let sum = String::from_utf8_lossy(&output.stdout).split_whitespace().next().map(str::to_owned);
    json!({"id": object, "locator": locator, "name": name, "status": "downloaded", "path": path, "bytes": 2500,
        "chunks": 3, "sha256": sum, "error": null})
}

/// An import with rejected rows, in the report of a task.
fn action((object, name): Import) -> Value {
    json!({"object": object, "name": name, "successful": true, "dump": true,
        "rows": {"successful": 90, "warnings": null, "failed": 3, "ignored": 5},
        "messages": [format!("{name}: 90 (0/90) rows successful, 3 failed, 5 ignored")]})
}

#[test]
fn a_task_is_a_document_with_the_same_fields_while_it_runs() {
    let mut task = failed("T1", &[COSTS]);
    task.result.as_mut().expect("a result").nested.push(ActionResult::new("117000000003"));
    let running = Task::new("T0", "IN_PROGRESS").with_step("Importing", 0.5);
    let scene = Scene::with_tasks([task, running]);
    let silent = json!({"object": "117000000003", "name": null, "successful": true, "dump": false,
        "rows": {"successful": null, "warnings": null, "failed": null, "ignored": null}, "messages": []});
    scene.run("task NIGHTLY/T1 --json").json(json!({
        "task": scene.named("<NIGHTLY>/T1"), "state": "COMPLETE", "step": "Complete.", "progress": 1.0,
        "created": "2019-10-16T20:39:07Z", "successful": true, "outcome": "failed",
        "actions": [action(COSTS), silent],
        "next": scene.fill("anaplan-dump get <NIGHTLY>/T1"),
    }));
    scene.run("task NIGHTLY/T0 --json").json(json!({
        "task": scene.named("<NIGHTLY>/T0"), "state": "IN_PROGRESS", "step": "Importing", "progress": 0.5,
        "created": "2019-10-16T19:39:07Z", "successful": null, "outcome": "not_finished", "actions": [],
        "next": null,
    }));
}

#[test]
fn get_names_files_sizes_and_checksums() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    let get = "get NIGHTLY/T1 --json -o ./new/rejected/";
    let outcome = scene.run(get);
    let files = [COSTS, ACTUALS].map(|import| format!("./new/rejected/{}", file_of(import, "T1")));
    let mut dumps = [downloaded(&scene, "T1", COSTS, &files[0]), downloaded(&scene, "T1", ACTUALS, &files[1])];
    outcome.json(json!({"task": scene.named("<NIGHTLY>/T1"), "skipped": [], "dumps": dumps}));
    // Without chunks, because none was fetched or because it came in one piece.
    for (option, status) in [("", "already_there"), ("--whole --force", "downloaded")] {
        for dump in &mut dumps {
            (dump["status"], dump["chunks"]) = (status.into(), Value::Null);
        }
        scene.run(&format!("{get} {option}")).json_has("/dumps", json!(dumps));
    }
    scene.any_files();
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let outcome = scene.run(&format!("get NIGHTLY/T1/{} --json -o dump.csv", COSTS.0));
    let mut dump = downloaded(&scene, "T1", COSTS, "dump.csv");
    // Only the task knows the name, which the file does not need.
    dump["name"] = Value::Null;
    outcome.json(json!({"task": scene.named("<NIGHTLY>/T1"), "skipped": [], "dumps": [dump]}));
    scene.holds(&["dump.csv"]);
    let error = "--json and -o - both want standard output<ANY>";
    scene.run("get NIGHTLY/T1 --json -o -").is_wrong_usage(error).json_has("/error/exit_code", 2);
}

#[test]
fn get_reports_every_dump_that_failed_beside_those_that_did_not() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.server.service().dump_mut("T1", COSTS.0).expect("the dump").erased = true;
    let outcome = scene.run("get NIGHTLY/T1 -q --json");
    let file = file_of(ACTUALS, "T1");
    let locator = scene.fill("<NIGHTLY>/T1/112000000021");
    let error = format!("the chunk list of dump {locator}: the service answered 404 Not Found");
    let gone = json!({"id": COSTS.0, "locator": locator, "name": COSTS.1, "status": "failed", "path": null,
        "bytes": null, "chunks": null, "sha256": null, "error": {"kind": "not_found", "exit_code": 4, "message": error,
        "advice": DUMP_NOT_FOUND.trim_start()}});
    outcome.json_has("/dumps", json!([gone, downloaded(&scene, "T1", ACTUALS, &file)]));
    outcome.fails(4, format!("{error}{DUMP_NOT_FOUND}"));
    scene.holds(&[file]);
}

#[test]
fn get_names_the_tasks_that_it_passed_over_and_the_one_that_proves_that_nothing_failed() {
    let colleague = failed("T9", &[COSTS]).with_owner("colleague@example.com");
    let running = Task::new("T8", "IN_PROGRESS");
    let cancelled = Task::new("T7", "CANCELLED");
    let scene = Scene::with_tasks([colleague, running, cancelled, failed("T6", &[COSTS])]);
    let outcome = scene.run("get NIGHTLY -qq --json");
    let file = file_of(COSTS, "T6");
    let skipped = [
        ("T9", "2019-10-16T20:39:07Z", "dump_gone", "its dump is gone, or another user's"),
        ("T8", "2019-10-16T19:39:07Z", "not_finished", "it has not finished"),
        ("T7", "2019-10-16T18:39:07Z", "cancelled", "it was cancelled"),
    ]
    .map(|(task, created, reason, text)| {
        let task = scene.named(&format!("<NIGHTLY>/{task}"));
        json!({"task": task, "created": created, "reason": reason, "text": text})
    });
    let dumps = [downloaded(&scene, "T6", COSTS, &file)];
    outcome.json(json!({"task": scene.named("<NIGHTLY>/T6"), "skipped": skipped, "dumps": dumps}));
    scene.holds(&[file]);

    let scene = Scene::with_tasks([clean("T2")]);
    let expected = json!({"task": scene.named("<NIGHTLY>/T2"), "skipped": [], "dumps": []});
    scene.run("get NIGHTLY --json").json(expected);
}

#[test]
fn a_run_is_one_document() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let outcome = scene.run("run NIGHTLY --poll=1ms -q --json");
    let mut document = outcome.exits_with(6).document();
    let created = document["task"]["created"].take();
    assert!(created.as_str().is_some_and(|time| time.starts_with("20")), "{created}");
    let duration = document["duration"].take();
    assert!(duration.as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{duration}");
    let task = &scene.task_id();
    let file = file_of(COSTS, task);
    let expected = json!({"version": env!("CARGO_PKG_VERSION"), "exit_code": 6, "duration": null, "task": {
        "task": scene.named(&format!("<NIGHTLY>/{task}")), "state": "COMPLETE", "step": "Complete.",
        "progress": 1.0, "created": null, "successful": true, "outcome": "failed",
        "actions": [action(COSTS)], "next": null,
    }, "rows": {"loaded": 90, "warnings": null, "rejected": 3, "ignored": 5},
        "dumps": [downloaded(&scene, task, COSTS, &file)]});
    assert_eq!(document, expected);
    scene.holds(&[file]);
}

#[test]
fn an_error_is_a_document_too() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.server.fault(Fault::status(404), chunk_list());
    for (arguments, pointer, kind, code) in [
        ("get NIGHTLY/T9/1 -o x.csv --json", "/dumps/0/error", "not_found", 4),
        ("tasks --json", "/error", "usage", 2),
        ("--json taks", "/error", "usage", 2),
        ("chunks NIGHTLY/latest --json", "/error", "usage", 2),
    ] {
        let outcome = scene.run(arguments);
        outcome.exits_with(code).json_has(&format!("{pointer}/kind"), kind);
        outcome.json_has(&format!("{pointer}/exit_code"), code);
        let error = outcome.stderr_text();
        let message = outcome.document().pointer(&format!("{pointer}/message")).cloned();
        let message = message.as_ref().and_then(Value::as_str).expect("a message").to_owned();
        assert!(error.contains(&message), "{message}\n{error}");
    }
}
