//! When a task is over, and what its silence means: nothing is waited for without a limit, and no missing word
//! is taken for the good one.

use std::thread;

use serde_json::{Value, json};
use xtask::fake::{Answer, Fault, When};

use crate::support::texts::{answered, gave_up};
use crate::support::{ACTUALS, COSTS, NEWEST_TASK, Scene, dump_for, failed, failing_run, file_of};

const RUN: &str = "run NIGHTLY --poll=1ms -qq";

/// A task whose actions are these, as the service answers it.
fn task_of(actions: Value) -> Value {
    json!({"task": {"taskState": "COMPLETE", "progress": 1.0, "creationTime": NEWEST_TASK, "result":
        {"successful": true, "failureDumpAvailable": false, "nestedResults": actions}}})
}

/// An action that says nothing of a dump.
fn silent(import: (&str, &str)) -> Value {
    json!({"objectId": import.0, "objectName": import.1, "successful": true})
}

/// The requests for a task.
pub(crate) fn looks() -> When {
    When::path("tasks/*").method("GET")
}

/// A run whose task is always answered like this.
#[track_caller]
fn running_into(answer: &Value) -> Scene {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.answers(looks(), answer);
    scene
}

/// A task T1 that left the dump of [`COSTS`], and is always answered like this.
#[track_caller]
pub(crate) fn with_task(answer: &Value) -> Scene {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.answers(When::path("tasks/T1"), answer);
    scene
}

/// `run` downloads the dump of [`COSTS`] after all.
#[track_caller]
fn is_collected(scene: &Scene) {
    scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_id()));
    scene.any_files();
}

#[test]
fn a_run_ends_by_its_state_or_its_result_and_is_not_called_fine_where_nothing_says_so() {
    let odd = " is over, but the service does not say whether it ended well: its state is DONE\n";
    for (task, code, error) in [
        (json!({"taskState": "DONE", "progress": 1, "result": {"successful": true}}), 1, odd),
        (json!({"taskState": "COMPLETE"}), 1, "the service does not say how it ended"),
        (json!({"taskState": "ERROR", "progress": 1, "result": {"successful": false}}), 6, ""),
    ] {
        let scene = running_into(&json!({ "task": task }));
        scene.run(RUN).any_stdout().exits_with(code).stderr_has(error);
    }
}

#[test]
fn a_run_without_progress_in_an_unfinished_state_is_given_up() {
    let is_given_up = |state: Value| {
        let scene = running_into(&json!({"task": {"taskState": state, "progress": 0.5}}));
        let outcome = scene.run(RUN);
        let error = format!("task <NIGHTLY>/{} has not finished after <TIME>", scene.task_id());
        outcome.fails(1, error + "\n  <ANY>\n    <ANY>\n    <ANY>");
        let looks = scene.count_of("GET NIGHTLY/tasks/");
        assert!((50..500).contains(&looks), "{looks} looks at {state}");
        assert_eq!(scene.count_of("POST NIGHTLY/tasks") + scene.count_of("DELETE"), 1, "{}", scene.describe());
    };
    // Side by side: looks become rarer the longer a task runs.
    thread::scope(|scope| {
        for state in [json!("PAUSED"), Value::Null] {
            scope.spawn(|| is_given_up(state));
        }
    });
}

#[test]
fn a_task_that_is_not_there_for_a_moment_is_looked_for_a_few_times() {
    for when in [looks().times(3), looks().occurrence(2)] {
        let scene = Scene::with_run(failing_run(&[COSTS]).with_stage("IN_PROGRESS", "Importing", 0.5));
        scene.server.fault(Fault::status(404), when);
        is_collected(&scene);
    }
    for was_there in [false, true] {
        let scene = Scene::with_run(failing_run(&[COSTS]));
        if was_there {
            scene.answers(looks().times(1), json!({"task": {"taskState": "IN_PROGRESS", "progress": 0.5}}));
        }
        scene.server.fault(Fault::status(404), looks());
        let outcome = scene.run(RUN);
        let task = format!("task <NIGHTLY>/{}", scene.task_id());
        let (error, tries) = match was_there {
            true => (format!("{task} was there a moment ago, and is not found any more"), 5),
            false => (gave_up(4, &task, &answered("404 Not Found")) + "\n  <ANY>", 4),
        };
        outcome.fails(4, format!("{error}\n  <ANY>\n    <ANY>\n    <ANY>"));
        assert_eq!(scene.count_of("GET NIGHTLY/tasks/"), tries, "{}", scene.describe());
    }
}

#[test]
fn a_fresh_dump_that_is_not_there_yet_is_looked_for_a_few_times() {
    for status in [404, 400] {
        let scene = Scene::with_run(failing_run(&[COSTS]));
        scene.server.fault(Fault::status(status), When::path("dumps/*/chunks").times(3));
        is_collected(&scene);
    }
}

#[test]
fn actions_that_say_nothing_of_a_dump_are_asked_for_one() {
    let answer = task_of(json!([silent(COSTS), silent(ACTUALS)]));
    for locator in ["NIGHTLY/T1", "NIGHTLY", "NIGHTLY/latest"] {
        with_task(&answer).run(&format!("get {locator} -q")).collects("", "T1", &[COSTS]);
    }
    let scene = with_task(&answer);
    scene.run("task NIGHTLY/T1 --check").exits_with(6).stdout_has("anaplan-dump get <NIGHTLY>/T1\n");
    let outcome = scene.run("task NIGHTLY/T1 --check --json");
    outcome.exits_with(6).json_has("/outcome", "failed").json_has("/actions/0/dump", Value::Null);
    is_collected(&running_into(&answer));
    // One that cannot be asked for does not cost another one.
    for arguments in ["NIGHTLY", "NIGHTLY --check", "NIGHTLY/T1/112000000021 -o a.csv --check"] {
        let scene = with_task(&answer);
        scene.server.fault(Fault::status(500), When::path(format!("dumps/{}/chunks", ACTUALS.0)));
        let outcome = scene.run(&format!("get {arguments} --retries=0"));
        outcome.exits_with(5).stdout_has("  2.5 kB  3 chunks  ").stderr_has("500");
        scene.has(&scene.files()[0], &dump_for(COSTS.0).bytes());
    }
}

#[test]
fn an_action_that_says_that_it_left_no_dump_is_believed() {
    let scene = with_task(&task_of(json!([
        {"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false},
        {"objectId": ACTUALS.0, "successful": true, "failureDumpAvailable": "false"},
    ])));
    scene.run("get NIGHTLY/T1").stdout("Task T1 had no failures.\n");
    scene.run("task NIGHTLY/T1 --check").any_stdout();
    assert_eq!(scene.count_of("GET NIGHTLY/tasks/T1/dumps"), 0, "{}", scene.describe());
}

#[test]
fn the_dump_of_a_process_without_actions_may_be_under_its_task() {
    let result = json!({"objectId": "118000000001", "successful": true, "failureDumpAvailable": true});
    let scene = with_task(&json!({"task": {"taskState": "COMPLETE", "progress": 1, "result": result}}));
    scene.answers(When::path("T1/dump/chunks"), json!({"chunks": [{"id": "0"}]}));
    let rows = Fault::Answer(Answer::new(200, "text/csv", "rows\n"));
    scene.server.fault(rows, When::path("T1/dump/chunks/0"));
    for locator in ["NIGHTLY/T1", "NIGHTLY"] {
        scene.run(&format!("get {locator} --force -q")).stdout_has("  5 B  1 chunk  ");
        scene.has(&scene.files()[0], b"rows\n");
    }
    let object = "GET NIGHTLY/tasks/T1/dumps/118000000001/chunks";
    assert!(scene.count_of(object) >= 1, "the documented address comes first\n{}", scene.describe());
}

#[test]
fn an_action_that_cannot_be_asked_or_read_does_not_keep_the_dumps_of_others() {
    let left_a_dump = |details: Value| {
        json!({
            "objectId": COSTS.0, "objectName": COSTS.1, "failureDumpAvailable": true, "details": details,
        })
    };
    let scene = with_task(&task_of(json!([silent(ACTUALS), left_a_dump(json!([]))])));
    scene.server.fault(Fault::status(403), When::path(format!("dumps/{}/chunks", ACTUALS.0)));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    outcome.exits_with(3).stdout_has(file_of(COSTS, "T1")).stderr_has(ACTUALS.0);
    scene.has(&file_of(COSTS, "T1"), &dump_for(COSTS.0).bytes());

    // An odd list costs the messages in it only.
    let scene = with_task(&task_of(json!([left_a_dump(json!("text"))])));
    scene.run("get NIGHTLY/T1 -q").collects("", "T1", &[COSTS]);
    // An entry that is no action is reported.
    let scene = with_task(&task_of(json!([left_a_dump(json!([])), "text"])));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    let why = "has 1 action that cannot be read in full: the service does not say whether rows were rejected there";
    outcome.collects("", "T1", &[COSTS]).fails(1, format!("task <NIGHTLY>/T1 {why}"));
    // That rows were rejected is known all the same.
    scene.run("wait NIGHTLY/T1 -q -o r").any_stdout().fails(6, format!("task <NIGHTLY>/T1 {why}"));
    scene.any_files();
    // One whose dump cannot be asked for is no "no failures".
    let scene = with_task(&task_of(json!([{"objectName": "Costs", "successful": true}])));
    let in_full = "task <NIGHTLY>/T1 has 1 action that cannot be read in full: <ANY>";
    scene.run("get NIGHTLY/T1").fails(1, in_full);
    scene.run("wait NIGHTLY/T1 -q").any_stdout().fails(1, in_full);
    let count = json!([{"values": ["failedCount", "a few"]}]);
    let uncounted = json!({"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false, "details": count});
    let scene = with_task(&task_of(json!([uncounted])));
    let why = "task <NIGHTLY>/T1 is over, but the service does not say how many rows were rejected";
    scene.run("get NIGHTLY/T1").fails(1, why);
    scene.run("task NIGHTLY/T1 --check").any_stdout().fails(1, why);
    let clean = json!({"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false});
    let why = "task <NIGHTLY>/T1 is over, but the service does not say whether 1 of its 2 actions ended well";
    let scene = with_task(&task_of(json!([clean, "failed"])));
    scene.run("task NIGHTLY/T1 --check").any_stdout().fails(1, why);
}

#[test]
fn an_entry_of_the_task_list_that_cannot_be_read_is_reported_and_an_older_run_is_not_called_the_newest() {
    let good = json!({"taskId": "T1", "taskState": "COMPLETE", "creationTime": NEWEST_TASK});
    let wait = "wait NIGHTLY -o x/ --poll=1ms --timeout=1h --since=1970-01-01";
    let (unknown, none) = ("which one is the newest is not known", "<NIGHTLY> has no task since");
    for (tasks, code, recent) in [(json!(["text", good]), 5, (5, unknown)), (json!([good, "text"]), 0, (4, none))] {
        let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
        scene.answers(When::path("tasks").method("GET"), json!({ "tasks": tasks }));
        for (command, code) in [
            ("get NIGHTLY", code),
            ("task NIGHTLY/latest", code),
            (wait, if code == 0 { 6 } else { code }),
            ("get NIGHTLY --older", code),
            ("tasks NIGHTLY", 0),
        ] {
            let outcome = scene.run(command);
            outcome.any_stdout().stderr_has("the tasks of <NIGHTLY>: 1 entry of the list cannot be read");
            outcome.exits_with(code);
        }
        // No run is recent enough, unless it is the one that cannot be read.
        scene.run("get NIGHTLY --since=48h").exits_with(recent.0).stderr_has(recent.1);
        scene.any_files();
    }
}

#[test]
fn an_answer_about_another_task_is_not_believed() {
    let mut answer = task_of(json!([{"successful": true, "failureDumpAvailable": false}]));
    answer["task"]["taskId"] = json!("T2");
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.answers(When::path("tasks/T1").times(1), answer);
    let outcome = scene.run("task NIGHTLY/T1 --check");
    outcome.exits_with(6).any_stdout().stderr_has("the answer is about another task, T2; retry 1 ");
}
