//! Tasks: lists, results, runs and their end.

use serde_json::json;
use xtask::fake::*;

use crate::client::*;

fn ids(list: &serde_json::Value) -> Vec<String> {
    let tasks = list["tasks"].as_array().unwrap();
    tasks.iter().map(|task| task["taskId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn tasks_are_sorted_by_creation_time() {
    let process = Process::new(PROCESS, "P")
        .with_task(Task::complete("B").with_creation_time(2))
        .with_task(Task::complete("A").with_creation_time(1))
        .with_task(Task::new("C", TaskState::InProgress).with_creation_time(3));
    let server = FakeServer::start(Service::new().with_process(process));
    let list = get(&server, &process_path("/tasks?sort=-creationTime")).json();
    assert_eq!(ids(&list), ["C", "B", "A"]);
    assert_eq!(list, get(&server, &process_path("/tasks?sort=-creationDate")).json());
    assert_eq!(list["tasks"][0], json!({ "taskId": "C", "taskState": "IN_PROGRESS", "creationTime": 3 }));
    assert_eq!(ids(&get(&server, &process_path("/tasks")).json()), ["A", "B", "C"]);
    server.service().set_page_size(2);
    assert_eq!(ids(&get(&server, &process_path("/tasks")).json()), ["A", "B"]);
}

#[test]
fn tasks_of_an_unknown_process_or_model_are_an_empty_list() {
    let server = small_server();
    for path in [
        process_path("/tasks").replace(PROCESS, "118999999999"),
        process_path("/tasks").replace(MODEL, "OTHER"),
    ] {
        let reply = get(&server, &path);
        assert_eq!(reply.status(), 200);
        assert!(reply.json().get("tasks").is_none(), "{path}");
    }
}

#[test]
fn a_task_shows_its_result_tree() {
    let server = small_server();
    let path = process_path(&format!("/tasks/{TASK}"));
    let task = get(&server, &path).json()["task"].clone();
    assert_eq!(task["taskState"], "COMPLETE");
    assert_eq!(task["type"], "taskInformation");
    let result = &task["result"];
    assert_eq!(result["objectId"], PROCESS);
    assert_eq!(result["failureDumpAvailable"], true);
    assert_eq!(
        result["nestedResults"],
        json!([
            { "failureDumpAvailable": false, "objectId": "117000000003", "successful": true },
            { "failureDumpAvailable": true, "objectId": OBJECT, "objectName": OBJECT_NAME,
              "successful": true,
              "details": [ { "localMessageText": "Cost centres from ERP: 90 (0/90) rows successful, 5 ignored",
                             "occurrences": 0, "type": "hierarchyRowsProcessedWithFailures",
                             "values": ["successRowCount", "90", "failedCount", "3", "ignoredCount", "5"] } ] }
        ])
    );
    assert!(result.get("startTime").is_none());
    let detailed = get(&server, &(path + "?includeProcessDetails=true")).json();
    let step = &detailed["task"]["result"]["nestedResults"][1];
    assert!(step["startTime"].is_string() && step["duration"].is_string());
}

fn runnable() -> FakeServer {
    let run = ProcessRun::new()
        .with_step(TaskState::NotStarted, "Waiting", 0.0)
        .with_step(TaskState::InProgress, "Importing", 0.5)
        .with_result(
            ActionResult::process(PROCESS).with_nested(ActionResult::failed_import(OBJECT, OBJECT_NAME)),
        )
        .with_dump(OBJECT, Dump::from_bytes(b"new".to_vec(), 10));
    let server = small_server();
    server.service().process_mut(PROCESS).unwrap().run = run;
    server
}

fn start(server: &FakeServer) -> String {
    let reply = post(server, &process_path("/tasks"), "{\"localeName\":\"en_US\"}");
    assert_eq!(reply.status(), 200);
    reply.json()["task"]["taskId"].as_str().unwrap().to_owned()
}

#[test]
fn a_started_process_goes_through_its_steps_and_leaves_a_dump() {
    let server = runnable();
    let id = start(&server);
    assert_eq!(id.len(), 32);
    assert_eq!(ids(&get(&server, &process_path("/tasks?sort=-creationTime")).json())[0], id);
    let path = process_path(&format!("/tasks/{id}"));
    let look = || {
        let task = get(&server, &path).json()["task"].clone();
        (task["taskState"].clone(), task["currentStep"].clone(), task.get("result").is_some())
    };
    assert_eq!(look(), (json!("NOT_STARTED"), json!("Waiting"), false));
    assert_eq!(look(), (json!("IN_PROGRESS"), json!("Importing"), false));
    assert_eq!(look(), (json!("COMPLETE"), json!("Complete."), true));
    assert_eq!(look(), (json!("COMPLETE"), json!("Complete."), true), "it ends once");
    assert_eq!(get(&server, &format!("{path}/dumps/{OBJECT}")).body(), b"new");
}

#[test]
fn a_new_run_overwrites_the_users_earlier_dump() {
    let server = runnable();
    let path = process_path(&format!("/tasks/{}", start(&server)));
    get(&server, &path);
    assert_eq!(get(&server, &dump_path("")).status(), 200, "the run has not ended");
    get(&server, &path);
    get(&server, &path);
    assert_eq!(get(&server, &dump_path("")).status(), 404);
}

#[test]
fn a_run_leaves_other_users_dumps_alone() {
    let server = runnable();
    server.service().task_mut(TASK).unwrap().owner = "other".to_owned();
    let path = process_path(&format!("/tasks/{}", start(&server)));
    (0..3).for_each(|_| drop(get(&server, &path)));
    server.service().task_mut(TASK).unwrap().owner = USER.to_owned();
    assert_eq!(get(&server, &dump_path("")).status(), 200);
}

#[test]
fn starting_needs_a_locale_and_a_known_process() {
    let server = runnable();
    for body in ["", "{}", "{\"localeName\":1}", "no json"] {
        assert_eq!(post(&server, &process_path("/tasks"), body).status(), 400, "{body}");
    }
    let unknown = process_path("/tasks").replace(PROCESS, "118999999999");
    assert_eq!(post(&server, &unknown, "{\"localeName\":\"en_US\"}").status(), 404);
}

#[test]
fn a_running_task_can_be_cancelled() {
    let server = runnable();
    let path = process_path(&format!("/tasks/{}", start(&server)));
    get(&server, &path);
    let state = |reply: Reply| reply.json()["task"]["taskState"].clone();
    let delete = || exchange(&server, &request("DELETE", &path, "Connection: close\r\n"));
    assert_eq!(state(delete()), "CANCELLING");
    assert_eq!(state(get(&server, &path)), "CANCELLING");
    assert_eq!(state(get(&server, &path)), "CANCELLED");
    let unknown = request("DELETE", &process_path("/tasks/X"), "Connection: close\r\n");
    assert_eq!(exchange(&server, &unknown).status(), 404);
    let finished = process_path(&format!("/tasks/{TASK}"));
    let cancelled = exchange(&server, &request("DELETE", &finished, "Connection: close\r\n"));
    assert_eq!(state(cancelled), "COMPLETE");
}
