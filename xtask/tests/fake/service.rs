//! Lists, dumps, tasks and refusals, as the API facts have them.

use serde_json::{Value, json};
use xtask::fake::*;

use crate::client::*;

#[test]
fn the_chunk_list_is_the_documented_one() {
    let server = small_server();
    server.service().next_on_whole_lists = true;
    let list = get(&server, &dump_path("/chunks")).json();
    let chunk = |id: usize| json!({ "id": id.to_string(), "name": format!("Chunk {id}") });
    assert_eq!(list["chunks"], (0..3).map(chunk).collect::<Value>());
    let next = &list["meta"]["paging"]["next"];
    assert_eq!(
        list["meta"]["paging"],
        json!({ "currentPageSize": 3, "offset": 0, "totalSize": 3, "next": next })
    );
    let next = get(&server, &next.as_str().unwrap().replace(&server.origin(), "")).json();
    assert!(next.get("chunks").is_none(), "it leads to nothing, and an empty list has no key");
    assert_eq!(list["status"], json!({ "code": 200, "message": "Success" }));
    assert_eq!(list["meta"]["schema"], format!("https://api.anaplan.com/2/0/models/{MODEL}/objects/chunk"));
}

#[test]
fn dumps_come_byte_for_byte_by_every_address() {
    let import = Process::new("112000000001", "Accounts")
        .with_task(Task::complete("T1").with_dump("112000000001", small_dump()))
        .with_task(Task::complete("T2"));
    let dump = Dump::from_bytes(b"xy".to_vec(), 1).with_ids(["a/b c", "é"]);
    let odd =
        Process::new("118000000009", "Odd").with_task(Task::complete("T3").with_dump("118000000009", dump));
    let server = FakeServer::start(Service::with_dump(small_dump()).with_import(import).with_process(odd));
    let without_workspace = dump_path("/chunks/1").replace(&format!("workspaces/{WORKSPACE}/"), "");
    for (path, body) in [
        (server.dump_url().replace(&server.origin(), ""), "abcdefghij"),
        (dump_path("/chunks/2"), "ij"),
        (without_workspace, "efgh"),
        (path("imports/112000000001/tasks/T1/dump"), "abcdefghij"),
        (path("imports/112000000001/tasks/T1/dump/chunks/1"), "efgh"),
        (path("imports/112000000001/tasks/T1/dumps/112000000001/chunks/1"), "efgh"),
        (path("imports/112000000001/tasks/T2/dump"), ""),
        (path("processes/118000000009/tasks/T3/dump/chunks/a%2Fb%20c"), "x"),
        (path("processes/118000000009/tasks/T3/dump/chunks/%C3%A9"), "y"),
    ] {
        let reply = get(&server, &path);
        assert_eq!(
            (reply.status(), reply.body()),
            (if body.is_empty() { 204 } else { 200 }, body.as_bytes())
        );
    }
    let none = get(&server, &path("imports/112000000001/tasks/T2/dump/chunks"));
    assert_eq!((none.status(), &none.json()["status"]["message"]), (400, &json!("no dump for this task")));
}

#[test]
fn what_is_not_there_or_not_yours_is_404_with_the_documented_body() {
    let server = small_server();
    let body = get(&server, &(dump_path("x/chunks") + "?limit=1")).json();
    assert_eq!(body["status"], json!({ "code": 404, "message": "Not Found" }));
    assert_eq!((&body["path"], body["timestamp"].is_string()), (&json!(dump_path("x/chunks")), true));
    for path in [process_path("/tasks/X"), dump_path("").replace(MODEL, "X"), "/2/0/x".into(), "/".into()] {
        assert_eq!(get(&server, &path).status(), 404, "{path}");
    }
    let no_tasks = get(&server, &process_path("/tasks").replace(PROCESS, "118999999999"));
    assert_eq!((no_tasks.status(), no_tasks.json().get("tasks")), (200, None));
    server.service().task_mut(TASK).unwrap().owner = "other".to_owned();
    let task = process_path(&format!("/tasks/{TASK}"));
    assert_eq!((get(&server, &dump_path("")).status(), get(&server, &task).status()), (404, 200));
    server.service().add_bearer_token("other", "theirs");
    let theirs = request("GET", &dump_path("/chunks/0"), "")
        .replace(&format!("AnaplanAuthToken {TOKEN}"), "Bearer theirs");
    assert_eq!(exchange(&server, theirs).body(), b"abcd");
    server.service().erase_dump(TASK, OBJECT);
    assert_eq!(get(&server, &task).json()["task"]["result"]["failureDumpAvailable"], true);
}

#[test]
fn a_task_shows_its_result_and_the_list_is_sorted() {
    let server = small_server();
    let task = get(&server, &process_path(&format!("/tasks/{TASK}?includeProcessDetails=true"))).json();
    let result = &task["task"]["result"];
    assert_eq!((&task["task"]["taskState"], &result["objectId"]), (&json!("COMPLETE"), &json!(PROCESS)));
    let (good, bad) = (&result["nestedResults"][0], &result["nestedResults"][1]);
    assert_eq!(
        *bad,
        json!({ "failureDumpAvailable": true, "objectId": OBJECT, "objectName": OBJECT_NAME, "successful": true,
            "startTime": "1571258348545", "duration": "1000", "details": [ {
                "localMessageText": "Cost centres from ERP: 90 (0/90) rows successful, 5 ignored",
                "occurrences": 0, "type": "hierarchyRowsProcessedWithFailures",
                "values": ["successRowCount", "90", "failedCount", "3", "ignoredCount", "5"] } ] })
    );
    assert_eq!((&good["failureDumpAvailable"], good.get("details")), (&json!(false), None));
    server.service().processes[0].tasks = [("B", 2), ("A", 1), ("C", 3)]
        .map(|(id, time)| Task::new(id, TaskState::InProgress).with_creation_time(time))
        .to_vec();
    for (sort, first) in [("?sort=-creationDate", "C"), ("?sort=-creationTime", "C"), ("", "A")] {
        let list = get(&server, &process_path(&format!("/tasks{sort}"))).json();
        assert_eq!(list["tasks"][0]["taskId"], first, "{sort}");
    }
}
