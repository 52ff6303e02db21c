//! Answers with status 200 that deny what was asked for, or carry something else, in place of a list or a
//! task. They are never taken for an empty list.

use xtask::fake::{PROCESS, When};

use crate::support::texts::{THE_LIST, answered, gave_up, wait};
use crate::support::{COSTS, Scene, clean, dump_for, failed};

#[track_caller]
fn scene() -> Scene {
    let scene = Scene::with_dump(dump_for(COSTS.0));
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.push(clean("T1"));
    scene
}

/// Each service with each way to refuse inside a 200 has a test in the library.
#[test]
fn a_denial_in_place_of_a_list_or_a_task_is_retried_where_it_may_pass_and_reported() {
    let bad_token = r#"{"status":"FAILURE_BAD_TOKEN","statusMessage":"no"}"#;
    let oops = r#"{"timestamp":"t","status":500,"error":"Oops"}"#;
    let models = r#"{"status":{"code":200},"models":[{"id":"F1"}]}"#;
    let message = "the service answered with an error message: FAILURE_BAD_TOKEN: no";
    let other = |key: &str| format!("the answer is not the one that was asked for: it has no \"{key}\"");
    let the_tasks = "the tasks of <NIGHTLY>";
    for (command, path, answer, subject, why, advice) in [
        ("get DUMP -o -", "dumps/*/chunks", bad_token, THE_LIST, message.to_owned(), ""),
        ("task NIGHTLY/T1 --check", "tasks/T1", models, "task <NIGHTLY>/T1", other("task"), "\n  <ANY>"),
        ("tasks NIGHTLY", "tasks", oops, the_tasks, answered("500 Internal Server Error (Oops)"), "\n  <ANY>"),
        ("processes MODEL", "processes", models, "the processes of model <MODEL>", other("processes"), "\n  <ANY>"),
    ] {
        let scene = scene();
        scene.answers(When::path(path), answer);
        let (note, error) = (wait(subject, &why, 1, 1), gave_up(2, subject, &why) + advice);
        scene.run(&format!("{command} --retries=1")).notes(note).fails(5, error);
    }
    let scene = scene();
    scene.answers(When::any(), r#"{"status":{"code":403,"message":"No"},"tasks":[],"chunks":[]}"#);
    scene.run("tasks NIGHTLY").fails(3, format!("{the_tasks}: {}\n  <ANY>", answered("403 Forbidden (No)")));
    scene.assert_requests(&["GET NIGHTLY/tasks?sort=-creationDate"]);
}

#[test]
fn an_empty_list_is_one_whose_status_says_success() {
    let scene = scene();
    scene.answers(When::any(), r#"{"status":{"code":"200","message":"Success"}}"#);
    scene.run("chunks DUMP").stdout("The dump has no chunks: it is empty.\n");
    scene.run("tasks NIGHTLY").fails(4, "<NIGHTLY> has no tasks: <ANY>");
    scene.run("processes MODEL").fails(4, "model <MODEL> has no processes<ANY>");
}

#[test]
fn one_dump_whose_list_is_denied_is_not_taken_for_empty_beside_others() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.answers(When::path("chunks"), r#"{"meta":{}}"#);
    for command in ["get NIGHTLY/T1", "get NIGHTLY"] {
        let outcome = scene.run(&format!("{command} --retries=0"));
        outcome.fails(5, "the chunk list of dump <ANY>: <ANY> it has no \"chunks\"\n  <ANY>");
    }
}
