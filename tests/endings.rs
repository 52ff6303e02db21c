//! When a task is over, what its silence means, and loops that only the service could end: nothing is waited
//! for without a limit, and no missing word is taken for the good one.

use std::thread;

use serde_json::{Value, json};
use xtask::fake::{Dump, Fault, TaskState, When};

use crate::support::texts::{DUMP_NOT_FOUND, THE_LIST, answered, gave_up};
use crate::support::{
    ACTUALS, COSTS, NEWEST_TASK, Scene, chunk_list, clean, dump_for, failed, failing_run, file_of,
};

const RUN: &str = "run NIGHTLY --poll=1ms -qq";

/// A task whose actions are these, as the service answers it.
fn task_of(actions: Value) -> Value {
    json!({"task": {"taskState": "COMPLETE", "progress": 1.0, "creationTime": NEWEST_TASK, "result":
        {"successful": true, "failureDumpAvailable": false, "nestedResults": actions}}})
}

/// A run whose task is always answered like this.
#[track_caller]
fn running_into(answer: &Value) -> Scene {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/*").method("GET"));
    scene
}

#[test]
fn a_run_ends_with_any_word_if_its_result_is_there_and_its_progress_is_1() {
    for state in ["COMPLETED", "complete", "CANCELED", "ERROR", "DONE"] {
        let result = json!({"successful": true});
        let scene = running_into(&json!({"task": {"taskState": state, "progress": 1, "result": result}}));
        let outcome = scene.run(RUN);
        outcome.any_stdout().fails(
            1,
            format!(
                "task <NIGHTLY>/<ANY> is over, but the service does not say what its state {state} means"
            ),
        );
    }
}

#[test]
fn a_run_that_failed_by_its_state_or_its_result_exits_with_6() {
    for task in [
        json!({"taskState": "FAILED"}),
        json!({"taskState": "ERROR", "progress": 1, "result": {"successful": false}}),
        json!({"taskState": null, "progress": "1.0", "result": {"successful": "false"}}),
    ] {
        let scene = running_into(&json!({ "task": task }));
        scene.run(RUN).exits_with(6).any_stdout();
    }
}

#[test]
fn a_run_whose_end_has_no_word_is_not_called_fine() {
    for task in [
        json!({"taskState": null, "progress": 1, "result": {"successful": true}}),
        json!({"taskState": "COMPLETE"}),
        json!({"taskState": "COMPLETE", "result": {}}),
        json!({"taskState": "COMPLETE", "result": {"successful": true, "nestedResults": [{}]}}),
        json!({"taskState": "COMPLETE", "result": {"nestedResults": [{"successful": true}]}}),
    ] {
        let scene = running_into(&json!({ "task": task }));
        let outcome = scene.run(RUN);
        outcome.any_stdout().fails(1, "task <ANY>the service does not say <ANY>");
    }
}

#[test]
fn a_run_without_progress_in_an_unfinished_state_is_given_up() {
    let is_given_up = |state: Value| {
        let scene = running_into(&json!({"task": {"taskState": state, "progress": 0.5}}));
        let outcome = scene.run(RUN);
        let task = scene.task_ids()[0].clone();
        outcome.fails(
            1,
            format!("task <NIGHTLY>/{task} has not finished after <TIME>\n  <ANY>\n    <ANY>\n    <ANY>"),
        );
        let looks = scene.count_of("GET NIGHTLY/tasks/");
        assert!((50..500).contains(&looks), "{looks} looks at {state}");
        assert_eq!(scene.count_of("POST") + scene.count_of("DELETE"), 1, "{}", scene.describe());
    };
    // Side by side: looks become rarer the longer a task runs.
    thread::scope(|scope| {
        for state in [json!("CANCELLING"), json!("PAUSED"), json!("ERROR"), Value::Null, json!(7)] {
            scope.spawn(|| is_given_up(state));
        }
    });
}

#[test]
fn a_fresh_task_that_is_not_there_yet_is_looked_for_a_few_times() {
    let fault = || Fault::status(404);
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.fault(fault(), When::path("tasks/*").method("GET").times(3));
    scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_ids()[0]));
    scene.any_files();

    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.fault(fault(), When::path("tasks/*").method("GET"));
    let outcome = scene.run(RUN);
    let task = scene.task_ids()[0].clone();
    let why = answered("404 Not Found");
    let error = gave_up(4, &format!("task <NIGHTLY>/{task}"), &why);
    outcome.fails(4, format!("{error}\n  <ANY>\n  <ANY>\n    <ANY>\n    <ANY>"));
    assert_eq!(scene.count_of("GET NIGHTLY/tasks/"), 4, "{}", scene.describe());
}

#[test]
fn a_task_that_was_just_read_and_is_not_found_is_looked_for_a_few_times() {
    let scene = Scene::with_run(failing_run(&[COSTS]).with_step(TaskState::InProgress, "Importing", 0.5));
    scene.server.fault(Fault::status(404), When::path("tasks/*").method("GET").occurrence(2));
    scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_ids()[0]));
    scene.any_files();

    let running = || json!({"task": {"taskState": "IN_PROGRESS", "progress": 0.5}}).to_string();
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.fault(Fault::WrongJson(running()), When::path("tasks/*").method("GET").times(1));
    scene.server.fault(Fault::status(404), When::path("tasks/*").method("GET"));
    let outcome = scene.run(RUN);
    let task = scene.task_ids()[0].clone();
    let error = format!("task <NIGHTLY>/{task} was there a moment ago, and is not found any more");
    outcome.fails(4, format!("{error}\n  <ANY>\n    <ANY>\n    <ANY>"));
    assert_eq!(scene.count_of("GET NIGHTLY/tasks/"), 5, "{}", scene.describe());
}

#[test]
fn a_fresh_dump_that_is_not_there_yet_is_looked_for_a_few_times() {
    for status in [404, 400] {
        let scene = Scene::with_run(failing_run(&[COSTS]));
        scene.server.fault(Fault::status(status), When::path("dumps/*/chunks").times(3));
        scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_ids()[0]));
        scene.any_files();
    }
    // That of an old task is not.
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.server.fault(Fault::status(404), When::path("dumps/*/chunks"));
    let why = format!("{}{DUMP_NOT_FOUND}", answered("404 Not Found"));
    scene.run("get NIGHTLY/T1").fails(4, format!("the chunk list of dump <NIGHTLY>/T1/{}: {why}", COSTS.0));
    assert_eq!(scene.count_of("GET NIGHTLY/tasks/T1/dumps"), 1, "{}", scene.describe());
}

#[test]
fn the_result_of_a_complete_task_is_waited_for_a_moment() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let early = json!({"task": {"taskState": "COMPLETE", "progress": 1}}).to_string();
    scene.server.fault(Fault::WrongJson(early), When::path("tasks/*").method("GET").times(2));
    scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_ids()[0]));
    scene.any_files();
}

#[test]
fn actions_that_are_silent_under_an_outer_no_are_asked_for_their_dumps() {
    for silence in [json!({}), json!({"failureDumpAvailable": null}), json!({"failureDumpAvailable": "?"})] {
        let mut action = json!({"objectId": COSTS.0, "objectName": COSTS.1, "successful": true});
        action.as_object_mut().expect("an object").extend(silence.as_object().expect("an object").clone());
        let other = json!({"objectId": ACTUALS.0, "objectName": ACTUALS.1, "successful": true});
        let answer = task_of(json!([action, other])).to_string();
        let scene = || {
            let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
            scene.server.fault(Fault::WrongJson(answer.clone()), When::path("tasks/T1"));
            scene
        };
        for locator in ["NIGHTLY/T1", "NIGHTLY", "NIGHTLY/latest"] {
            scene().run(&format!("get {locator} -q")).collects("", "T1", &[COSTS]);
        }
        scene().run("task NIGHTLY/T1 --check").exits_with(6).stdout_has("anaplan-dump get <NIGHTLY>/T1\n");
        let outcome = scene().run("task NIGHTLY/T1 --check --json").exits_with(6).document();
        assert_eq!(outcome["outcome"], "failed", "{outcome}");
        assert_eq!(outcome["actions"][0]["dump"], Value::Null, "{outcome}");

        let scene = Scene::with_run(failing_run(&[COSTS]));
        scene.server.fault(Fault::WrongJson(answer.clone()), When::path("tasks/*").method("GET"));
        scene.run(RUN).exits_with(6).stdout_has(file_of(COSTS, &scene.task_ids()[0]));
        scene.any_files();
    }
}

#[test]
fn an_action_that_says_that_it_left_no_dump_is_believed() {
    let answer = task_of(json!([
        {"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false},
        {"objectId": ACTUALS.0, "successful": true, "failureDumpAvailable": "false"},
    ]));
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/T1"));
    scene.run("get NIGHTLY/T1").stdout("Nothing failed: there is no dump to download.\n");
    scene.run("task NIGHTLY/T1 --check").any_stdout();
    assert_eq!(scene.count_of("GET NIGHTLY/tasks/T1/dumps"), 0, "{}", scene.describe());
}

#[test]
fn ignored_rows_alone_are_no_failure_and_failed_rows_are_one() {
    for (values, code) in [
        (json!(["successRowCount", "90", "failedCount", "0", "ignoredCount", "5"]), 0),
        (json!(["successRowCount", "90", "failedCount", 1, "ignoredCount", "0"]), 6),
    ] {
        let action = json!({"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false,
            "details": [{"values": values}]});
        let scene = Scene::with_tasks([clean("T1")]);
        scene.server.fault(Fault::WrongJson(task_of(json!([action])).to_string()), When::path("tasks/T1"));
        scene.run("task NIGHTLY/T1 --check").exits_with(code).any_stdout();
    }
}

#[test]
fn the_dump_of_a_process_without_actions_may_be_under_its_task() {
    let result = json!({"objectId": "118000000001", "successful": true, "failureDumpAvailable": true});
    let answer = json!({"task": {"taskState": "COMPLETE", "progress": 1, "result": result}}).to_string();
    let scene = Scene::with_tasks([clean("T1")]);
    scene.server.fault(Fault::WrongJson(answer), When::path("tasks/T1"));
    let list = json!({"chunks": [{"id": "0"}]}).to_string();
    scene.server.fault(Fault::WrongJson(list), When::path("T1/dump/chunks"));
    let rows = Fault::Document { types: vec!["text/csv".to_owned()], text: "rows\n".to_owned() };
    scene.server.fault(rows, When::path("T1/dump/chunks/0"));
    for locator in ["NIGHTLY/T1", "NIGHTLY"] {
        scene.run(&format!("get {locator} --force -q")).stdout_has("  5 B  1 chunk  ");
        let file = scene.files().pop().expect("a file");
        scene.has(&file, b"rows\n");
    }
    let object = "GET NIGHTLY/tasks/T1/dumps/118000000001/chunks";
    assert!(scene.count_of(object) >= 1, "the documented address comes first\n{}", scene.describe());
}

/// The list of the server's dump, whose pages all have this `paging` and the first two chunks.
#[track_caller]
fn with_pages(paging: Value) -> Scene {
    let chunks = [0, 1].map(|n: usize| json!({"id": n.to_string()}));
    let body = json!({"meta": {"paging": paging}, "chunks": chunks}).to_string();
    let dump = dump_for(COSTS.0);
    let [first, second] = [0, 1].map(|n: usize| dump.chunks()[n].clone());
    Scene::with_dump(Dump::from_chunks(vec![first, second]).with_list_body(body))
}

#[test]
fn a_next_page_that_is_nothing_ends_the_list() {
    for next in [json!(""), json!(false), Value::Null, json!({}), json!(" ")] {
        for total in [json!(2), json!("2"), Value::Null] {
            let scene = with_pages(json!({"next": next, "totalSize": total}));
            scene.get("").asks_for(&["0", "1"]).any_stdout();
            assert_eq!(scene.count_of("GET DUMP/chunks?"), 0, "{next} {total}\n{}", scene.describe());
            scene.any_files();
        }
    }
}

#[test]
fn pages_that_come_again_end_after_a_few_requests() {
    let next = "https://api.anaplan.com/2/0/next";
    for (paging, error) in [
        (json!({"next": next}), "it announces a further page, but its pages end after 2 entries"),
        (json!({"next": next, "totalSize": 3}), "it announces 3 entries, but its pages end after 2"),
        (json!({"totalSize": 1_000_000_000}), "it announces 1000000000 entries, but its pages end after 2"),
    ] {
        let scene = with_pages(paging);
        scene.get("").fails(5, format!("{THE_LIST}: {error}\n  <ANY>"));
        assert!(scene.requests().len() <= 3, "{}", scene.describe());
    }
    // The list is complete, and the service offers the same page once more.
    let scene = with_pages(json!({"next": next, "totalSize": 2}));
    scene.get("").any_stdout().asks_for(&["0", "1"]);
    scene.any_files();
}

#[test]
fn pages_without_end_stop_at_a_limit_of_all_of_them_together() {
    // Names of some megabytes: each page is within its own limit, and each is another one.
    let dump = Dump::from_bytes(vec![b'x'; 200], 1);
    let scene = Scene::with_dump(dump.with_page_size(2));
    let name = "n".repeat(3_500_000);
    for page in 0..12_usize {
        let chunks = [0, 1].map(|n| json!({"id": (2 * page + n).to_string(), "name": name}));
        let body = json!({"meta": {"paging": {"next": "x"}}, "chunks": chunks}).to_string();
        scene.server.fault(Fault::WrongJson(body), chunk_list().occurrence(page + 1));
    }
    scene.get("").fails(5, format!("{THE_LIST}: its pages do not end\n  <ANY>"));
    assert!(scene.requests().len() <= 12, "{}", scene.describe());
}

#[test]
fn an_action_that_cannot_be_asked_does_not_keep_the_dumps_of_others() {
    let answer = task_of(json!([
        {"objectId": ACTUALS.0, "objectName": ACTUALS.1, "successful": true},
        {"objectId": COSTS.0, "objectName": COSTS.1, "failureDumpAvailable": true},
    ]));
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/T1"));
    scene.server.fault(Fault::status(403), When::containing(ACTUALS.0));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    outcome.exits_with(3).stdout_has(file_of(COSTS, "T1")).stderr_has(ACTUALS.0);
    scene.has(&file_of(COSTS, "T1"), &dump_for(COSTS.0).bytes());
}

#[test]
fn an_action_that_cannot_be_read_is_no_success() {
    for odd in [Value::Null, json!("failed"), json!([])] {
        let answer =
            task_of(json!([{"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false}, odd]));
        let scene = Scene::with_tasks([clean("T1")]);
        scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/T1"));
        let outcome = scene.run("task NIGHTLY/T1 --check");
        let why =
            "task <NIGHTLY>/T1 is over, but the service does not say whether 1 of its 2 actions ended well";
        outcome.any_stdout().fails(1, why);
    }
}

#[test]
fn an_action_that_cannot_be_read_is_told_beside_the_dumps_of_the_others() {
    let dump = |odd: Value| {
        let mut action = json!({"objectId": COSTS.0, "objectName": COSTS.1, "failureDumpAvailable": true});
        action["details"] = odd;
        action
    };
    for odd in [json!({}), json!({"localMessageText": "5 failed"}), json!("text"), json!(7)] {
        let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
        let answer = task_of(json!([dump(odd.clone())])).to_string();
        scene.server.fault(Fault::WrongJson(answer), When::path("tasks/T1"));
        scene.run("get NIGHTLY/T1 -q").collects("", "T1", &[COSTS]);

        let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
        let answer = task_of(json!([dump(json!([])), if odd.is_object() { json!({}) } else { odd }]));
        scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/T1"));
        let outcome = scene.run("get NIGHTLY/T1 -q");
        outcome.stdout_has(file_of(COSTS, "T1")).exits_with(1);
        outcome.stderr_has(
            "task <NIGHTLY>/T1 has 1 action that cannot be read: the service does not say whether rows were \
             rejected there",
        );
        scene.any_files();
    }
}

#[test]
fn an_entry_of_the_task_list_that_cannot_be_read_is_told_and_what_is_older_is_no_news() {
    let listed = |id: Value, time: u64| json!({"taskId": id, "taskState": "COMPLETE", "creationTime": time});
    let good = listed(json!("T1"), 5);
    for (tasks, is_known) in [
        (json!([listed(Value::Null, 9), good]), false),
        (json!(["text", good]), false),
        (json!([good, listed(json!({}), 9)]), true),
    ] {
        let scene = Scene::with_tasks([clean("T1")]);
        let answer = json!({ "tasks": tasks }).to_string();
        scene.server.fault(Fault::WrongJson(answer), When::path("tasks").method("GET"));
        let note = "the tasks of <NIGHTLY>: 1 entry of the list cannot be read";
        scene.run("tasks NIGHTLY").any_stdout().stderr_has(note);
        for command in ["get NIGHTLY", "task NIGHTLY/latest"] {
            let outcome = scene.run(command);
            outcome.any_stdout().stderr_has(note).exits_with(if is_known { 0 } else { 5 });
        }
    }
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let answer = json!({ "tasks": ["text", good, good] }).to_string();
    scene.server.fault(Fault::WrongJson(answer), When::path("tasks").method("GET"));
    scene.run("get NIGHTLY -qq").exits_with(5).stderr_has("which one is the newest is not known");
    scene.run("get NIGHTLY -qq --older").any_stdout();
    scene.holds(&[file_of(COSTS, "T1")]);
}

#[test]
fn an_answer_about_another_task_is_not_believed() {
    let mut answer = task_of(json!([{"successful": true, "failureDumpAvailable": false}]));
    answer["task"]["taskId"] = json!("T2");
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.server.fault(Fault::WrongJson(answer.to_string()), When::path("tasks/T1").times(1));
    let outcome = scene.run("task NIGHTLY/T1 --check");
    outcome.exits_with(6).any_stdout().stderr_has("the answer is about another task, T2; retry 1 ");
}

#[test]
fn failed_rows_are_counted_by_the_text_where_the_values_lack_them() {
    let text = "Costs: 90,000 (0/90,000) rows successful, 3,000 failed, 5 ignored";
    let action = json!({"objectId": COSTS.0, "successful": true, "failureDumpAvailable": false,
        "details": [{"localMessageText": text, "values": ["ignoredCount", "5"]}]});
    let scene = Scene::with_tasks([clean("T1")]);
    scene.server.fault(Fault::WrongJson(task_of(json!([action])).to_string()), When::path("tasks/T1"));
    scene.run("task NIGHTLY/T1 --check").exits_with(6).stdout_has(" 3000 ");
}
