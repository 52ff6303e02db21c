//! `cancel`: ends a task, and reports what came of it.

use xtask::fake::{ErrorBody, Fault, Task, TaskState, When};

use crate::support::texts::{answered, wait};
use crate::support::{Scene, clean};

#[track_caller]
fn with_a_running_task() -> Scene {
    Scene::with_tasks([Task::new("T1", TaskState::InProgress), clean("T0")])
}

fn cancels() -> When {
    When::any().method("DELETE")
}

#[test]
fn a_running_task_is_cancelled() {
    let scene = with_a_running_task();
    scene.run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: CANCELLING\n");
    assert_eq!(scene.count_of("DELETE"), 1, "{}", scene.describe());
    scene.run("task NIGHTLY/T1").stdout_has("\nCANCELLED, ");
}

#[test]
fn a_task_that_has_finished_stays_as_it_is() {
    Scene::with_tasks([clean("T1")]).run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: COMPLETE\n");
}

#[test]
fn a_task_that_is_not_there_cannot_be_cancelled() {
    let error = answered("404 Not Found");
    let outcome = with_a_running_task();
    outcome
        .run("cancel NIGHTLY/NONE")
        .fails(4, format!("the cancelling of task <NIGHTLY>/NONE: {error}\n  <ANY>"));
}

#[test]
fn without_permission_nothing_is_cancelled() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(403), cancels());
    let error = answered("403 Forbidden");
    scene.run("cancel NIGHTLY/T1").fails(3, format!("the cancelling of task <NIGHTLY>/T1: {error}\n  <ANY>"));
    scene.assert_requests(&["DELETE NIGHTLY/tasks/T1"]);
}

#[test]
fn a_conflict_says_that_the_task_is_over_and_is_not_repeated() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(409), cancels());
    let error = answered("409 Conflict");
    let advice = "the task is over already, or cannot be cancelled any more";
    let subject = "the cancelling of task <NIGHTLY>/T1";
    scene.run("cancel NIGHTLY/T1").fails(5, format!("{subject}: {error}\n  {advice}"));
    assert_eq!(scene.count_of("DELETE"), 1, "{}", scene.describe());
}

#[test]
fn a_fault_that_passes_is_retried() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(503), cancels().times(2));
    let why = answered("503 Service Unavailable");
    let waits = [1, 2].map(|retry| wait("the cancelling of task <NIGHTLY>/T1", &why, retry, 12));
    scene.run("cancel NIGHTLY/T1").notes(waits.concat()).stdout("Task <NIGHTLY>/T1: CANCELLING\n");
}

#[test]
fn an_answer_without_a_body_is_enough() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::Status { code: 204, retry_after: None, body: ErrorBody::Empty }, cancels());
    // The fault leaves the task as it was.
    scene.run("cancel NIGHTLY/T1").stdout("Task <NIGHTLY>/T1: <ANY>\n");
}

#[test]
fn only_one_task_is_cancelled_and_not_a_process() {
    let error = "\"<NIGHTLY>\" ends too early: expected a task by its id: WORKSPACE/MODEL/PROCESS/TASK";
    with_a_running_task().run("cancel NIGHTLY").refuses(error);
}
