//! `cancel`: ends a task, and reports its state afterwards.

use xtask::fake::{Answer, Fault, Process, Task, When};

use crate::support::texts::answered;
use crate::support::{Scene, clean};

#[track_caller]
fn with_a_running_task() -> Scene {
    Scene::with_tasks([Task::new("T1", "IN_PROGRESS"), clean("T0")])
}

fn cancels() -> When {
    When::any().method("DELETE")
}

#[test]
fn a_running_task_is_cancelled_and_a_finished_one_stays_as_it_is() {
    let scene = with_a_running_task();
    scene.run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: CANCELLING\n");
    assert_eq!(scene.count_of("DELETE"), 1, "{}", scene.describe());
    scene.run("task NIGHTLY/T1").stdout_has("\nCANCELLED, ");
    scene.run("cancel NIGHTLY/T0").stdout("Task <NIGHTLY>/T0: COMPLETE\n");
    let import = Process::new("112000000041", "Centres").with_task(Task::new("T2", "IN_PROGRESS"));
    scene.server.service().imports.push(import);
    let outcome = scene.run("cancel MODEL/112000000041/T2");
    outcome.stdout("Task <MODEL>/112000000041/T2: CANCELLING\n");
    let error = "\"<NIGHTLY>\" ends too early: expected a task by its id: WORKSPACE/MODEL/PROCESS/TASK";
    scene.run("cancel NIGHTLY").refuses(error);
}

#[test]
fn what_cannot_be_cancelled_is_asked_once_and_reported_with_the_reason() {
    for (status, code, phrase, advice) in [
        (403, 3, "403 Forbidden", "this user is not permitted <ANY>"),
        (404, 4, "404 Not Found", "the identifiers may be wrong<ANY>"),
        (409, 5, "409 Conflict", "the task is over already, or cannot be cancelled any more"),
    ] {
        let scene = with_a_running_task();
        scene.server.fault(Fault::status(status), cancels());
        let error = format!("the cancelling of task <NIGHTLY>/T1: {}\n  {advice}", answered(phrase));
        scene.run("cancel NIGHTLY/T1").fails(code, error);
        scene.assert_requests(&["DELETE NIGHTLY/tasks/T1"]);
    }
}

#[test]
fn a_task_that_is_cancelled_and_then_cannot_be_read_is_cancelled_all_the_same() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(403), When::any().method("GET"));
    scene.run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: cancelling was asked for\n");
    let outcome = scene.run("cancel NIGHTLY/T1 --json");
    outcome.json(serde_json::json!({"task": scene.named("<NIGHTLY>/T1"), "state": null}));
}

#[test]
fn a_fault_that_passes_is_retried_and_an_answer_without_a_body_is_enough() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(503), cancels().times(2));
    let outcome = scene.run("cancel NIGHTLY/T1");
    outcome.stdout("Task <NIGHTLY>/T1: CANCELLING\n").stderr_has("; retry 2 of 12 in ");
    scene.server.fault(Fault::Answer(Answer::empty(204)), cancels());
    scene.run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: <ANY>\n");
}
