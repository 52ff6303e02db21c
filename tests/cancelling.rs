//! `cancel`: ends a task, and says what came of it.

use xtask::fake::{Fault, MODEL, Process, Service, Task, TaskState, WORKSPACE, When};

use crate::support::{Scene, clean, nightly};

fn with_a_running_task() -> Scene {
    Scene::with_tasks([Task::new("T1", TaskState::InProgress), clean("T0")])
}

#[test]
fn a_running_task_is_cancelled() {
    let scene = with_a_running_task();
    let outcome = scene.run("cancel NIGHTLY/T1").exits_with(0).complains_exactly("");
    outcome.says_exactly(&format!("Task {}/T1: CANCELLING\n", nightly()));
    assert_eq!(scene.count_of("DELETE"), 1, "{}", scene.describe());
    scene.run("task NIGHTLY/T1").exits_with(0).says("CANCELLED");
}

#[test]
fn the_newest_task_is_cancelled() {
    let scene = with_a_running_task();
    scene.run("cancel NIGHTLY/latest").exits_with(0).says("/T1: CANCELLING\n");
}

#[test]
fn a_task_that_has_finished_stays_as_it_is() {
    let scene = Scene::with_tasks([clean("T1")]);
    scene.run("cancel NIGHTLY/T1").exits_with(0).says("/T1: COMPLETE\n");
}

#[test]
fn a_task_that_is_not_there_cannot_be_cancelled() {
    let scene = with_a_running_task();
    let outcome = scene.run("cancel NIGHTLY/NONE").exits_with(4).says_exactly("");
    outcome.complains("the cancelling of task ").complains("/NONE: the service answered 404");
}

#[test]
fn who_may_not_cancel_is_told() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(403), When::any().method("DELETE"));
    scene.run("cancel NIGHTLY/T1").exits_with(3).complains("not permitted");
}

#[test]
fn a_fault_that_passes_is_tried_again() {
    let scene = with_a_running_task();
    scene.server.fault(Fault::status(503), When::any().method("DELETE").times(2));
    scene.run("cancel NIGHTLY/T1").exits_with(0).says("CANCELLING").complains("retry 2 of 12");
}

#[test]
fn an_answer_without_a_body_is_enough() {
    let scene = with_a_running_task();
    let body = xtask::fake::ErrorBody::Empty;
    let fault = Fault::Status { code: 204, retry_after: None, body };
    scene.server.fault(fault, When::any().method("DELETE"));
    scene.run("cancel NIGHTLY/T1").exits_with(0).says("CANCELLING");
}

#[test]
fn only_one_task_is_cancelled_and_only_of_a_process() {
    let import = Process::new("112000000099", "Cost centres");
    let scene = Scene::with_service(Service::new().with_import(import));
    scene.run("cancel NIGHTLY").exits_with(2).without_a_connection();
    let locator = format!("cancel {WORKSPACE}/{MODEL}/112000000099/T1");
    let outcome = scene.run(&locator).exits_with(2).without_a_connection();
    outcome.complains("only tasks of processes can be cancelled");
}

#[test]
fn a_state_with_escape_sequences_is_harmless() {
    let scene = with_a_running_task();
    let answer = r#"{"task":{"taskState":"\u001b[31mGONE\n"}}"#.to_owned();
    scene.server.fault(Fault::WrongJson(answer), When::path("tasks/T1").method("GET"));
    let outcome = scene.run("cancel NIGHTLY/T1").exits_with(0).stays_harmless();
    outcome.says("/T1: \\u{1b}[31mGONE\\n\n");
}
