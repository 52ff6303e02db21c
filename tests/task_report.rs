//! `task`: how a task went, action by action, in 80 columns, and what to do next.

use serde_json::json;
use xtask::fake::{ActionResult, PROCESS, Task};

use crate::endings::with_task;
use crate::support::texts::answered;
use crate::support::{ACTUALS, COSTS, Scene, clean, dump_for, failed};

/// A task id of the shape that the service has.
const TASK_ID: &str = "B7EA9FEC0FF2488B9A9E6040B6B26753";

#[test]
fn a_task_is_shown_with_its_actions_their_rows_and_the_command_to_copy() {
    let result = ActionResult::new(PROCESS)
        .with_nested(ActionResult::new("117000000003").with_name("1.0 Delete old versions from list"))
        .with_nested(ActionResult::loaded("112000000021", "1.1 Cost Centres, 東京", [90, 3, 5]))
        .with_nested(ActionResult::loaded("112000000022", &"2.1 DAT01 ".repeat(30), [412_345, 400_000, 12_345]));
    let scene = Scene::with_tasks([Task::complete(TASK_ID).with_result(result)]);
    scene.run(&format!("task NIGHTLY/{TASK_ID}")).stdout(format!(
        "\
Task <NIGHTLY>/{TASK_ID}
COMPLETE, 100 %, created 2019-10-16 20:39:07 UTC

OBJECT        RAN  TAKEN   FAILED  IGNORED  DUMP  NAME
117000000003  yes       -       -        -  no    1.0 Delete old versions fro...
112000000021  yes      90       3        5  yes   1.1 Cost Centres, 東京
    1.1 Cost Centres, 東京: 90 (0/90) rows successful, 3 failed, 5 ignored
112000000022  yes  412345  400000    12345  yes   2.1 DAT01 2.1 DAT01 2.1 DAT...
    2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1
    DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1
    DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1 DAT01 2.1

Download what was rejected, if you ran the task (dumps last 48 hours, for that user only):
  anaplan-dump get <NIGHTLY>/{TASK_ID}
"
    ));
}

#[test]
fn the_command_that_a_task_names_downloads_its_dumps() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    let report = scene.run("task NIGHTLY/T1").stdout_text();
    let command = report.lines().find_map(|line| line.strip_prefix("  anaplan-dump ")).unwrap_or_default();
    scene.run(command).collects("", "T1", &[COSTS, ACTUALS]);
}

#[test]
fn a_running_task_is_shown_with_its_step_and_is_no_success() {
    let long = "Running action 3 of 12: 2.1 DAT01 Actuals from file.csv";
    let facts = "IN_PROGRESS, 46 %, created 2019-10-16 20:39:07 UTC";
    // A step that does not fit into 80 columns has its own line.
    for (step, shown) in [("Importing", ", Importing"), (long, &format!("\n{long}"))] {
        let scene = Scene::with_tasks([Task::new("T9", "IN_PROGRESS").with_step(step, 0.456)]);
        let outcome = scene.run("task NIGHTLY/T9 --check");
        outcome.stdout(format!("Task <NIGHTLY>/T9\n{facts}{shown}\n"));
        outcome.fails(1, "task <NIGHTLY>/T9 has not finished (IN_PROGRESS)");
    }
}

#[test]
fn check_exits_with_6_for_failures_with_1_if_there_is_no_result_and_else_with_0() {
    let silent = ActionResult { failure_dump_available: None, ..ActionResult::new(COSTS.0) };
    let silent = Task::complete("T1").with_result(ActionResult::new(PROCESS).with_nested(silent));
    for (task, code) in [
        (failed("T1", &[COSTS]), 6),
        (silent.clone().with_dump(COSTS.0, dump_for(COSTS.0)), 6),
        (silent, 0),
        (clean("T1"), 0),
    ] {
        let scene = Scene::with_tasks([task]);
        let report = scene.run("task NIGHTLY/T1").stdout_text();
        assert_eq!(report.contains("anaplan-dump get"), code == 6, "{report}");
        scene.run("task NIGHTLY/T1 --check").exits_with(code).stdout(report);
        let outcome = scene.run("task NIGHTLY/T1 --check --json");
        outcome.exits_with(code).json_has("/outcome", if code == 6 { "failed" } else { "clean" });
    }
    let why = "is over, but the service does not say how it ended: it has no result";
    for (task, outcome, error) in [
        (Task::new("T1", "CANCELLING"), "not_finished", "has not finished (CANCELLING)"),
        (Task::new("T1", "CANCELLED"), "cancelled", "was cancelled"),
        (Task::complete("T1"), "unclear", why),
    ] {
        let scene = Scene::with_tasks([task]);
        let error = format!("task <NIGHTLY>/T1 {error}");
        scene.run("task NIGHTLY/T1 --check").fails(1, &error).any_stdout();
        scene.run("task NIGHTLY/T1 --check --json").fails(1, &error).json_has("/outcome", outcome);
    }
}

#[test]
fn nested_actions_have_rows_in_the_table() {
    let inner = ActionResult::new("118000000009").with_nested(ActionResult::failed_import(COSTS.0, COSTS.1));
    let result = ActionResult::new(PROCESS).with_nested(inner.with_name("Inner process"));
    let scene = Scene::with_tasks([Task::complete("T1").with_result(result)]);
    let outcome = scene.run("task NIGHTLY/T1");
    outcome.stdout_has("\n118000000009  yes      -       -        -  yes   Inner process\n");
    outcome.stdout_has("\n112000000021  yes     90       3        5  yes   Cost centres\n");
}

#[test]
fn a_task_that_is_not_there_is_reported_with_its_reasons() {
    let scene = Scene::with_tasks([clean("T1")]);
    let advice = "the identifiers may be wrong, or this user has no access to the model";
    let outcome = scene.run("task NIGHTLY/NONE");
    outcome.fails(4, format!("task <NIGHTLY>/NONE: {}\n  {advice}", answered("404 Not Found")));
}

#[test]
fn every_field_may_be_missing_and_what_an_action_does_not_say_is_a_question_mark() {
    let silent = json!({"taskState": "COMPLETE", "result": {"nestedResults": [{}]}});
    let table = "\nCOMPLETE\n\n\
                 OBJECT  RAN  TAKEN  FAILED  IGNORED  DUMP  NAME\n?       ?        -       -        -  ?\n";
    let progress = |progress| json!({"taskState": "IN_PROGRESS", "progress": progress});
    for (task, outcome, shown) in [
        (json!({}), "not_finished", ""),
        (silent, "unclear", table),
        (progress(-3.0), "not_finished", "\nIN_PROGRESS, 0 %\n"),
        (progress(1e300), "not_finished", "\nIN_PROGRESS, 100 %\n"),
    ] {
        let scene = with_task(&json!({ "task": task }));
        scene.run("task NIGHTLY/T1").stdout_has(format!("Task <NIGHTLY>/T1{shown}"));
        // What is missing is no success.
        let checked = scene.run("task NIGHTLY/T1 --check --json");
        checked.json_has("/outcome", outcome).exits_with(1).stderr_has("anaplan-dump: task <NIGHTLY>/T1 ");
    }
}
