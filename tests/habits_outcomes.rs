//! How a task ended: `run`, `task --check`, `get` and `--json` agree.

use xtask::fake::{ActionResult, Fault, PROCESS, ProcessRun, Task, TaskState, When};

use crate::support::{ACTUALS, COSTS, Scene, clean, dump_for, failed, failing_run, file_of, result_of};

/// A result in which an import left a dump without an objectId, beside these imports.
fn with_unnamed(imports: &[(&str, &str)]) -> ActionResult {
    result_of(imports).with_nested(ActionResult::failed_import("", "Budget"))
}

#[test]
fn a_result_that_is_empty_for_a_moment_is_waited_for() {
    let scene = Scene::with_tasks([clean("T9")]);
    let empty = r#"{"task":{"taskId":"T9","taskState":"COMPLETE","progress":1,"result":{}}}"#;
    scene.server.fault(Fault::WrongJson(empty.to_owned()), When::path("/tasks/T9").times(1));
    scene.run("wait NIGHTLY/T9 --poll=1ms").exits_with(0).any_stdout().stderr_text();
}

#[test]
fn task_check_exits_with_0_1_or_6() {
    let silent = Task::complete("T9").with_result(ActionResult::process(PROCESS));
    let state = |state| Task::new("T9", state);
    for (task, code, word, error) in [
        (clean("T9"), 0, "clean", ""),
        (failed("T9", &[COSTS]), 6, "failed", ""),
        (state(TaskState::NotStarted), 1, "not_finished", "has not finished (NOT_STARTED)"),
        (state(TaskState::InProgress), 1, "not_finished", "has not finished (IN_PROGRESS)"),
        (state(TaskState::Cancelling), 1, "not_finished", "has not finished (CANCELLING)"),
        (state(TaskState::Cancelled), 1, "cancelled", "was cancelled"),
        (
            Task::complete("T9"),
            1,
            "unclear",
            "is over, but the service does not say how it ended: it has no result",
        ),
        (silent, 0, "clean", ""),
    ] {
        let scene = Scene::with_tasks([task]);
        for json in ["", "--json"] {
            let outcome = scene.run(&format!("task NIGHTLY/T9 --check {json}"));
            outcome.exits_with(code);
            match error {
                "" => drop(outcome.stderr("")),
                error => drop(outcome.fails(code, format!("task <NIGHTLY>/T9 {error}"))),
            }
            match json {
                "" => drop(outcome.stdout_has("Task <NIGHTLY>/T9\n")),
                _ => drop(outcome.json_has("/outcome", word)),
            }
        }
        // Without --check the report alone is asked for.
        scene.run("task NIGHTLY/T9").stdout_has("Task <NIGHTLY>/T9\n");
    }
}

#[test]
fn an_action_that_is_silent_about_its_dump_is_clean_only_if_no_dump_is_there() {
    let mut result = ActionResult::process(PROCESS);
    result = result.with_nested(ActionResult::new(COSTS.0).without_failure_dump_field());
    let with_dump = Task::complete("T9").with_result(result.clone()).with_dump(COSTS.0, dump_for(COSTS.0));
    Scene::with_tasks([with_dump])
        .run("task NIGHTLY/T9 --check --json")
        .exits_with(6)
        .json_has("/outcome", "failed");
    let without = Task::complete("T9").with_result(result);
    Scene::with_tasks([without]).run("task NIGHTLY/T9 --check --json").json_has("/outcome", "clean");
}

#[test]
fn run_says_what_the_service_did_not_say() {
    let scene = Scene::with_run(ProcessRun::new().with_step(TaskState::InProgress, "Importing", 0.5));
    let outcome = scene.run("run NIGHTLY --poll=1ms -q --json");
    let task = scene.task_ids()[0].clone();
    let why = "is over, but the service does not say how it ended: it has no result";
    outcome.fails(1, format!("task <NIGHTLY>/{task} {why}")).json_has("/task/outcome", "unclear");
}

#[test]
fn a_dump_without_an_object_is_reported_beside_the_others_and_exits_with_4() {
    let why = "left a dump without a usable objectId: the service does not say how to download it";
    let task = Task::complete("T9").with_result(with_unnamed(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0));
    for locator in ["NIGHTLY/T9", "NIGHTLY", "NIGHTLY/latest"] {
        let scene = Scene::with_tasks([task.clone()]);
        let outcome = scene.run(&format!("get {locator} -q"));
        outcome.fails(4, format!("task <NIGHTLY>/T9 {why}")).collects("", "T9", &[COSTS]);
    }
    let scene = Scene::with_tasks([Task::complete("T9").with_result(with_unnamed(&[]))]);
    scene.run("get NIGHTLY -q").fails(4, format!("task <NIGHTLY>/T9 {why}"));

    let run = failing_run(&[ACTUALS]).with_result(with_unnamed(&[ACTUALS]));
    let scene = Scene::with_run(run);
    let outcome = scene.run("run NIGHTLY --poll=1ms -q");
    let task = scene.task_ids()[0].clone();
    outcome.fails(4, format!("task <NIGHTLY>/{task} {why}")).stdout_has(file_of(ACTUALS, &task));
    scene.any_files();
}

#[test]
fn task_does_not_promise_a_dump_that_may_be_another_users() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS]).with_owner("colleague@example.com")]);
    let advice = "Download what was rejected, if you ran the task (a dump is its user's own, for 48 hours):\n  \
                  anaplan-dump get <NIGHTLY>/T9\n";
    scene.run("task NIGHTLY/latest").stdout_has(advice);
}
