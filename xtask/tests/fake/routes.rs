//! Addresses, lists, dumps and refusals.

use serde_json::json;
use xtask::fake::*;

use crate::client::*;

#[test]
fn the_chunk_list_is_the_documented_one() {
    let server = small_server();
    let reply = get(&server, &dump_path("/chunks"));
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.header("content-type").as_deref(), Some("application/json"));
    let list = reply.json();
    assert_eq!(
        list["chunks"],
        json!([
            { "id": "0", "name": "Chunk 0" },
            { "id": "1", "name": "Chunk 1" },
            { "id": "2", "name": "Chunk 2" }
        ])
    );
    let next = list["meta"]["paging"]["next"].as_str().unwrap().replace(&server.origin(), "");
    let paging =
        json!({ "currentPageSize": 3, "offset": 0, "totalSize": 3, "next": list["meta"]["paging"]["next"] });
    assert_eq!(list["meta"]["paging"], paging);
    assert_eq!(get(&server, &next).json()["meta"]["paging"]["currentPageSize"], 0, "it leads to nothing");
    assert_eq!(list["status"], json!({ "code": 200, "message": "Success" }));
    assert_eq!(list["meta"]["schema"], format!("https://api.anaplan.com/2/0/models/{MODEL}/objects/chunk"));
}

#[test]
fn chunks_and_the_whole_dump_come_byte_for_byte() {
    let server = small_server();
    assert_eq!(get(&server, &dump_path("/chunks/0")).body(), b"abcd");
    assert_eq!(get(&server, &dump_path("/chunks/2")).body(), b"ij");
    assert_eq!(get(&server, &dump_path("")).body(), b"abcdefghij");
    assert_eq!(get(&server, &dump_path("/chunks/3")).status(), 404);
}

#[test]
fn an_address_without_workspace_works_too() {
    let server = small_server();
    let path = format!("/2/0/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}/chunks/1");
    assert_eq!(get(&server, &path).body(), b"efgh");
}

#[test]
fn the_dump_url_and_locator_name_the_dump() {
    let server = small_server();
    let path = server.dump_url().replace(&server.origin(), "");
    assert_eq!(get(&server, &path).body(), b"abcdefghij");
    assert_eq!(server.locator(), format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}/{OBJECT}"));
}

#[test]
fn escaped_segments_are_decoded() {
    let dump = Dump::from_bytes(b"xy".to_vec(), 1).with_ids(["a/b c", "é"]);
    let server = FakeServer::start(Service::with_dump(dump));
    assert_eq!(get(&server, &dump_path("/chunks/a%2Fb%20c")).body(), b"x");
    assert_eq!(get(&server, &dump_path("/chunks/%C3%A9")).body(), b"y");
}

#[test]
fn pages_point_to_each_other() {
    let server = FakeServer::start(Service::with_dump(small_dump().with_page_size(2)));
    let first = get(&server, &dump_path("/chunks")).json();
    assert_eq!(first["chunks"].as_array().unwrap().len(), 2);
    let paging = &first["meta"]["paging"];
    assert_eq!(paging["totalSize"], 3);
    assert!(paging.get("previous").is_none());
    let next = paging["next"].as_str().unwrap();
    assert_eq!(next, format!("{}{}?limit=2&offset=2", server.origin(), dump_path("/chunks")));

    let second = get(&server, &next.replace(&server.origin(), "")).json();
    assert_eq!(second["chunks"], json!([{ "id": "2", "name": "Chunk 2" }]));
    let paging = &second["meta"]["paging"];
    assert!(paging.get("next").is_none());
    assert!(paging["previous"].as_str().unwrap().ends_with("?limit=2&offset=0"));
}

#[test]
fn limit_and_offset_are_honoured() {
    let server = small_server();
    let list = get(&server, &dump_path("/chunks?limit=1&offset=1")).json();
    assert_eq!(list["chunks"], json!([{ "id": "1", "name": "Chunk 1" }]));
    let beyond = get(&server, &dump_path("/chunks?offset=9")).json();
    assert!(beyond.get("chunks").is_none());
    assert_eq!(get(&server, &dump_path("/chunks?limit=x")).status(), 400);
}

#[test]
fn a_list_can_lie() {
    let odd = small_dump().with_ids(["2", "0", "1"]).with_total_size(99);
    let server = FakeServer::start(Service::with_dump(odd));
    let list = get(&server, &dump_path("/chunks")).json();
    assert_eq!(list["meta"]["paging"]["totalSize"], 99);
    assert_eq!(list["chunks"][0]["id"], "2");
    assert_eq!(get(&server, &dump_path("/chunks/2")).body(), b"ij");

    server.service().replace_dump(TASK, OBJECT, small_dump().with_list_body("{\"chunks\":"));
    assert_eq!(get(&server, &dump_path("/chunks")).body(), b"{\"chunks\":");
}

#[test]
fn empty_lists_have_no_key() {
    let server = FakeServer::start(Service::with_dump(Dump::from_bytes(Vec::new(), 4)));
    let list = get(&server, &dump_path("/chunks")).json();
    assert!(list.get("chunks").is_none());
    assert_eq!(list["meta"]["paging"]["totalSize"], 0);
}

#[test]
fn what_is_not_there_is_404_with_the_documented_body() {
    let server = small_server();
    let path = dump_path("x/chunks");
    let reply = get(&server, &(path.clone() + "?limit=1"));
    assert_eq!(reply.status(), 404);
    let body = reply.json();
    assert_eq!(body["status"], json!({ "code": 404, "message": "Not Found" }));
    assert_eq!(body["path"], path);
    assert!(body["timestamp"].is_string());
    for path in [
        process_path("/tasks/UNKNOWN"),
        process_path(&format!("/tasks/UNKNOWN/dumps/{OBJECT}/chunks")),
        dump_path("/chunks").replace(MODEL, "OTHER"),
        dump_path("/chunks").replace(WORKSPACE, "other"),
        "/2/0/nothing".to_owned(),
        "/".to_owned(),
    ] {
        assert_eq!(get(&server, &path).status(), 404, "{path}");
    }
}

#[test]
fn an_erased_dump_is_404_while_its_task_reports_it() {
    let server = small_server();
    assert_eq!(get(&server, &dump_path("")).status(), 200);
    server.service().erase_dump(TASK, OBJECT);
    for rest in ["", "/chunks", "/chunks/0"] {
        assert_eq!(get(&server, &dump_path(rest)).status(), 404);
    }
    let task = get(&server, &process_path(&format!("/tasks/{TASK}"))).json();
    assert_eq!(task["task"]["result"]["failureDumpAvailable"], true);
}

#[test]
fn another_users_dump_is_404_and_the_task_is_not() {
    let server = small_server();
    server.service().task_mut(TASK).unwrap().owner = "other".to_owned();
    assert_eq!(get(&server, &dump_path("/chunks")).status(), 404);
    assert_eq!(get(&server, &process_path(&format!("/tasks/{TASK}"))).status(), 200);
    server.service().add_bearer_token("other", "other-token");
    let path = dump_path("/chunks/0");
    let text =
        format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer other-token\r\nConnection: close\r\n\r\n");
    assert_eq!(exchange(&server, &text).body(), b"abcd");
}

#[test]
fn tokens_must_be_known_and_rightly_presented() {
    let server = small_server();
    let path = dump_path("/chunks");
    for header in [
        String::new(),
        "Authorization: AnaplanAuthToken wrong\r\n".to_owned(),
        format!("Authorization: Bearer {TOKEN}\r\n"),
        format!("Authorization: {TOKEN}\r\n"),
        format!("Authorization: anaplanauthtoken {TOKEN}\r\n"),
    ] {
        let reply = exchange(&server, &format!("GET {path} HTTP/1.1\r\n{header}Connection: close\r\n\r\n"));
        assert_eq!(reply.status(), 401, "{header}");
        assert_eq!(reply.json()["status"]["code"], 401);
    }
    server.service().expire_token(TOKEN);
    assert_eq!(get(&server, &path).status(), 401);
    server.service().add_token(USER, TOKEN);
    assert_eq!(get(&server, &path).status(), 200);
    server.service().forbid_token(TOKEN);
    assert_eq!(get(&server, &path).status(), 403);
}

#[test]
fn imports_without_a_process_have_addresses() {
    let failed = Task::complete("T1")
        .with_result(ActionResult::failed_import("112000000001", "Accounts"))
        .with_dump("112000000001", small_dump());
    let import = Process::new("112000000001", "Accounts")
        .with_task(failed)
        .with_task(Task::complete("T2").with_result(ActionResult::new("112000000001")));
    let server = FakeServer::start(Service::new().with_import(import));
    let path = |rest: &str| format!("/2/0/models/{MODEL}/imports/112000000001/tasks/{rest}");
    assert_eq!(get(&server, &path("T1/dump")).body(), b"abcdefghij");
    assert_eq!(get(&server, &path("T1/dump/chunks/1")).body(), b"efgh");
    let list = get(&server, &path("T1/dump/chunks")).json();
    assert_eq!(list["chunks"].as_array().unwrap().len(), 3);
    assert_eq!(get(&server, &path("T1")).json()["task"]["taskId"], "T1");

    let nothing = get(&server, &path("T2/dump"));
    assert_eq!((nothing.status(), nothing.body()), (204, &b""[..]));
    assert_eq!(nothing.header("content-length"), None);
    let no_list = get(&server, &path("T2/dump/chunks"));
    assert_eq!(no_list.status(), 400);
    assert_eq!(no_list.json()["status"]["message"], "no dump for this task");
    assert_eq!(get(&server, &path("T3/dump")).status(), 404);
}

#[test]
fn the_processes_of_a_model_are_listed() {
    let list = get(&small_server(), &format!("/2/0/models/{MODEL}/processes")).json();
    assert_eq!(list["processes"], json!([{ "id": PROCESS, "name": "Nightly load" }]));
}
