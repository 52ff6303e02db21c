//! `task`: how a task went, action by action, and what to do next.

use serde_json::json;
use xtask::fake::{
    ActionResult, Detail, Fault, MODEL, PROCESS, Process, Service, Task, TaskState, WORKSPACE, When,
};

use crate::support::{Scene, clean, failed, nightly};

const ONE: (&str, &str) = ("112000000021", "Cost centres from ERP");
const TWO: (&str, &str) = ("112000000022", "Actuals");

/// A server whose task T1 is this JSON.
fn with_task_json(task: &serde_json::Value) -> Scene {
    let scene = Scene::with_tasks([clean("T1")]);
    let answer = json!({"status": {"code": 200}, "task": task}).to_string();
    scene.server.fault(Fault::WrongJson(answer), When::path("tasks/T1"));
    scene
}

#[test]
fn a_task_is_shown_with_its_actions_their_rows_and_the_command_to_copy() {
    let action = ActionResult::new("117000000003").with_name("Delete old rows");
    let mut task = failed("T1", &[ONE]);
    task.result.as_mut().expect("a result").nested.insert(0, action);
    let scene = Scene::with_tasks([task]);
    let locator = format!("{}/T1", nightly());
    scene.run("task NIGHTLY/T1").exits_with(0).complains_exactly("").says_exactly(&format!(
        "\
Task {locator}
COMPLETE, 100 %, created 2019-10-16 20:39:07 UTC

OBJECT        OK   ROWS  FAILED  IGNORED  DUMP  NAME
117000000003  yes     -       -        -  no    Delete old rows
112000000021  yes    90       3        5  yes   Cost centres from ERP
    Cost centres from ERP: 90 (0/90) rows successful, 5 ignored

Download what was rejected:
  anaplan-dump get {locator}
"
    ));
}

#[test]
fn the_command_that_a_task_names_downloads_its_dumps() {
    let scene = Scene::with_tasks([failed("T1", &[ONE, TWO])]);
    let report = scene.run("task NIGHTLY/T1").exits_with(0).stdout();
    let next = report.lines().find_map(|line| line.trim().strip_prefix("anaplan-dump ")).unwrap_or_default();
    scene.run(next).exits_with(0).says("2 dumps are there\n");
    scene.holds(&["112000000021-Cost_centres_from_ERP-T1.csv", "112000000022-Actuals-T1.csv"]);
}

#[test]
fn a_task_that_was_reached_by_url_names_the_command_by_url() {
    let scene = Scene::with_tasks([failed("T1", &[ONE])]);
    let origin = scene.server.origin();
    let url = format!("{origin}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/T1");
    let outcome = scene.command("task").arg(&url).env_remove("ANAPLAN_API_URL").run().exits_with(0);
    outcome.says(&format!("  anaplan-dump get {url}\n"));
}

#[test]
fn a_clean_task_names_no_download() {
    let scene = Scene::with_tasks([clean("T1")]);
    let outcome = scene.run("task NIGHTLY/T1 --check").exits_with(0).says("Delete old rows\n");
    outcome.never_mentions("anaplan-dump get").complains_exactly("");
}

#[test]
fn check_tells_failures_by_the_exit_code() {
    let with = |result: ActionResult| Task::complete("T1").with_result(result);
    let inside = |action| ActionResult::process(PROCESS).with_nested(action);
    let rows = |values: [&str; 2]| {
        let detail = Detail::new("kind", "Some rows").with_values(values);
        inside(ActionResult::new(ONE.0).with_detail(detail))
    };
    for (why, task, code) in [
        ("a dump", failed("T1", &[ONE]), 6),
        ("an action that did not run", with(inside(ActionResult::new(ONE.0).with_successful(false))), 6),
        ("a process that did not run", with(ActionResult::process(PROCESS).with_successful(false)), 6),
        ("failed rows", with(rows(["failedCount", "1"])), 6),
        ("ignored rows", with(rows(["ignoredCount", "1"])), 6),
        ("an action deep inside", with(inside(inside(rows(["failedCount", "1"])))), 6),
        ("no failed rows", with(rows(["failedCount", "0"])), 0),
        ("nothing", clean("T1"), 0),
        ("no result yet", Task::new("T1", TaskState::InProgress), 0),
    ] {
        let scene = Scene::with_tasks([task]);
        let outcome = scene.run("task NIGHTLY/T1 --check");
        assert_eq!(outcome.output.status.code(), Some(code), "{why}\n{}", outcome.describe());
        let json = scene.run("task NIGHTLY/T1 --check --json").exits_with(code);
        json.has_value("/has_failures", code == 6).complains_exactly("");
        scene.run("task NIGHTLY/T1").exits_with(0);
    }
}

#[test]
fn actions_within_actions_are_rows_of_their_own() {
    let inner = ActionResult::new("118000000009")
        .with_name("Inner process")
        .with_nested(ActionResult::failed_import(ONE.0, ONE.1))
        .with_nested(ActionResult::failed_import(TWO.0, TWO.1));
    let result = ActionResult::process(PROCESS).with_nested(inner);
    let scene = Scene::with_tasks([Task::complete("T1").with_result(result)]);
    let text = scene.run("task NIGHTLY/T1").exits_with(0).stdout();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("11")).collect();
    let starts = ["118000000009  yes", "112000000021  yes", "112000000022  yes"];
    assert_eq!(rows.len(), 3, "{text}");
    assert!(rows.iter().zip(starts).all(|(row, start)| row.starts_with(start)), "{text}");
}

#[test]
fn the_newest_task_is_shown_even_while_it_runs() {
    let running = Task::new("T9", TaskState::InProgress).with_step("Importing", 0.456);
    let scene = Scene::with_tasks([running, failed("T8", &[ONE])]);
    let outcome = scene.run("task NIGHTLY/latest --check").exits_with(0);
    outcome.says_exactly(&format!(
        "Task {}/T9\nIN_PROGRESS, 46 %, created 2019-10-16 20:39:07 UTC, Importing\n",
        nightly()
    ));
}

#[test]
fn the_newest_task_of_a_process_without_any_is_not_there() {
    let scene = Scene::with_tasks([]);
    let outcome = scene.run("task NIGHTLY/latest").exits_with(4).says_exactly("");
    outcome.complains(" has no tasks: it never ran, it does not exist, or this user has no access to it");
}

#[test]
fn a_task_that_is_not_there_is_told_with_its_reasons() {
    let scene = Scene::with_tasks([clean("T1")]);
    let outcome = scene.run("task NIGHTLY/NONE").exits_with(4).says_exactly("");
    outcome
        .complains("/NONE: the service answered 404")
        .complains("the identifiers may be wrong, or this user has no access to the model");
}

#[test]
fn a_locator_without_a_task_says_what_is_missing() {
    let scene = Scene::with_tasks([clean("T1")]);
    let outcome = scene.run("task NIGHTLY").exits_with(2).without_a_connection();
    outcome.complains("it ends too early; expected a task by its id: WORKSPACE/MODEL/PROCESS/TASK");
}

#[test]
fn every_field_may_be_missing() {
    for task in [
        json!({}),
        json!({"result": {}}),
        json!({"taskState": "COMPLETE", "result": {"nestedResults": [{}]}}),
        json!({"taskState": null, "currentStep": null, "progress": null, "creationTime": null, "result": null}),
        json!({"result": {"nestedResults": null, "details": null, "objectId": null, "successful": null,
            "failureDumpAvailable": null}}),
        json!({"result": {"nestedResults": [{"details": [{}, {"values": null}, {"values": ["odd"]}]}]}}),
    ] {
        let scene = with_task_json(&task);
        scene.run("task NIGHTLY/T1 --check").exits_with(0).says("Task ").complains_exactly("");
        scene.run("task NIGHTLY/T1 --json").exits_with(0).has_value("/has_failures", false);
    }
}

#[test]
fn an_action_that_says_nothing_is_a_row_of_question_marks() {
    let scene = with_task_json(&json!({"taskState": "COMPLETE", "result": {"nestedResults": [{}]}}));
    let outcome = scene.run("task NIGHTLY/T1").exits_with(0);
    outcome.says("OBJECT  OK  ROWS  FAILED  IGNORED  DUMP  NAME\n?       ?      -       -        -  ?\n");
}

#[test]
fn counts_that_make_no_sense_are_left_out() {
    let values = json!(["failedCount", "many", "ignoredCount", -1, "successRowCount", {}]);
    let action = json!({"objectId": "112000000021", "details": [{"values": values}]});
    let scene = with_task_json(&json!({"taskState": "COMPLETE", "result": {"nestedResults": [action]}}));
    let outcome = scene.run("task NIGHTLY/T1 --json").exits_with(0);
    let rows = json!({"successful": null, "failed": null, "ignored": null});
    outcome.has_value("/actions/0/rows", rows);
}

#[test]
fn progress_beyond_its_bounds_is_shown_within_them() {
    for (progress, shown) in [(json!(7.5), "100 %"), (json!(-3), "0 %"), (json!(1e300), "100 %")] {
        let scene = with_task_json(&json!({"taskState": "IN_PROGRESS", "progress": progress}));
        scene.run("task NIGHTLY/T1").exits_with(0).says(&format!("IN_PROGRESS, {shown}\n"));
    }
}

#[test]
fn five_hundred_actions_are_five_hundred_rows() {
    let add = |result: ActionResult, n: usize| {
        result.with_nested(ActionResult::failed_import(format!("112{n:09}"), format!("Import {n}")))
    };
    let result = (0..500).fold(ActionResult::process(PROCESS), add);
    let scene = Scene::with_tasks([Task::complete("T1").with_result(result)]);
    let text = scene.run("task NIGHTLY/T1").exits_with(0).stdout();
    assert_eq!(text.lines().filter(|line| line.starts_with("112")).count(), 500, "{text}");
    let json = scene.run("task NIGHTLY/T1 --json").exits_with(0);
    json.has_value("/actions/499/object", "112000000499").has_value("/actions/499/name", "Import 499");
}

#[test]
fn a_process_without_actions_is_its_own_action() {
    let result = ActionResult::process(PROCESS).with_successful(false);
    let scene = Scene::with_tasks([Task::complete("T1").with_result(result)]);
    scene.run("task NIGHTLY/T1").exits_with(0).says("\n118000000001  no ");
}

#[test]
fn messages_stand_below_their_action_and_long_ones_are_wrapped() {
    let message = "Invalid name: the item is not in the list of cost centres. ".repeat(20);
    let action = ActionResult::new(ONE.0).with_name("Actuals").with_detail(Detail::new("error", message));
    let scene = Scene::with_tasks([
        Task::complete("T1").with_result(ActionResult::process(PROCESS).with_nested(action))
    ]);
    let text = scene.run("task NIGHTLY/T1").exits_with(0).stdout();
    let below: Vec<&str> = text.lines().filter(|line| line.starts_with("    ")).collect();
    assert!(!below.is_empty() && below.len() <= 3, "{text}");
    assert!(below.iter().all(|line| line.chars().count() <= 80), "{text}");
    assert!(below[0].starts_with("    Invalid name: the item is not in the list"), "{text}");
}

#[test]
fn a_single_imports_task_is_shown() {
    let result = ActionResult::failed_import("112000000099", "Cost centres");
    let import =
        Process::new("112000000099", "Cost centres").with_task(Task::complete("T1").with_result(result));
    let scene = Scene::with_service(Service::new().with_import(import));
    let locator = format!("{WORKSPACE}/{MODEL}/112000000099/T1");
    let outcome = scene.command("task --check").arg(&locator).run().exits_with(6);
    outcome.says("112000000099  yes    90").says(&format!("  anaplan-dump get {locator}\n"));
}
