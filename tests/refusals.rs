//! What the service refuses: which exit code it gives, what is said and what is advised.

use xtask::fake::{ErrorBody, FakeServer, Fault, OBJECT, Service, TASK, TOKEN, USER, When};

use crate::support::{Outcome, Scene, assert_same_bytes, three_chunks};

fn message(code: u16, text: &str) -> Fault {
    Fault::Status { code, retry_after: None, body: ErrorBody::Json(text.to_owned()) }
}

/// The outcome of a download whose chunk list is refused with this status and message.
#[track_caller]
fn refused<'a>(scene: &'a Scene, code: u16, text: &str) -> Outcome<'a> {
    scene.server.clear_faults();
    scene.server.fault(message(code, text), When::path("chunks"));
    scene.run("get DUMP -o dump.csv")
}

#[test]
fn an_expired_token_is_told_with_the_services_message() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().expire_token(TOKEN);
    scene
        .run("get DUMP")
        .exits_with(3)
        .complains("the service answered 401 (Authentication token has expired)")
        .complains("get a new one");
    assert_eq!(scene.server.requests().len(), 1, "{}", scene.describe());
}

#[test]
fn an_unknown_token_is_not_permitted() {
    let scene = Scene::with_dump(three_chunks());
    scene.command("chunks DUMP").env("ANAPLAN_TOKEN", "no-such-token").run().exits_with(3).complains("401");
}

#[test]
fn a_token_that_expires_under_way_keeps_what_is_there_for_the_next_run() {
    let dump = three_chunks();
    let expected = dump.bytes();
    let scene = Scene::with_dump(dump);
    scene.server.fault(Fault::ExpireToken, When::path("chunks/1").times(1));
    scene
        .run("get DUMP -o dump.csv")
        .exits_with(3)
        .complains("1 of 3 chunks are there: chunk 1 of dump")
        .complains("kept in dump.csv.part: the same command goes on from it");
    scene.holds(&["dump.csv.part", "dump.csv.part.journal"]);
    scene.server.service().add_token(USER, "a-new-token");
    scene.command("get DUMP -o dump.csv").env("ANAPLAN_TOKEN", "a-new-token").run().exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &expected);
    assert_eq!(scene.chunk_requests(), ["/chunks/0", "/chunks/1", "/chunks/1", "/chunks/2"]);
}

#[test]
fn a_user_without_permission_is_told_to_ask_an_administrator() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().forbid_token(TOKEN);
    scene
        .run("get DUMP")
        .exits_with(3)
        .complains("403 (Forbidden)")
        .complains("ask a workspace administrator");
}

#[test]
fn a_dump_that_is_not_found_is_told_with_every_reason_that_it_may_have() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.service().erase_dump(TASK, OBJECT);
    for command in ["chunks DUMP", "get DUMP -o a.csv", "get DUMP --whole -o a.csv", "get DUMP -o -"] {
        scene
            .run(command)
            .exits_with(4)
            .complains("the service answered 404 (Not Found)")
            .complains("48 hours after its last access")
            .complains("ran without errors")
            .complains("a newer run of the same import replaced it")
            .complains("belongs to another user")
            .complains("the identifiers are wrong")
            .complains("this user has no access to the model");
    }
    assert_eq!(scene.server.requests().len(), 4, "once each\n{}", scene.describe());
    scene.holds(&[]);
}

#[test]
fn a_dump_that_vanishes_under_way_is_told_with_the_chunk() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::EraseDump, When::path("chunks/1"));
    let complaint = format!("1 of 3 chunks are there: chunk 1 of dump {}", scene.server.locator());
    scene.run("get DUMP -o dump.csv").exits_with(4).complains(&complaint).complains("404");
    assert!(!scene.path("dump.csv").exists(), "{}", scene.describe());
}

#[test]
fn each_refusal_has_its_exit_code_and_its_advice_and_is_not_repeated() {
    let scene = Scene::with_dump(three_chunks());
    let cases = [
        (400, 4, "may have left no dump"),
        (401, 3, "get a new one"),
        (403, 3, "not permitted"),
        (404, 4, "48 hours"),
        (410, 4, "this address has moved"),
        (418, 1, "the service answered 418"),
        (422, 1, "the model is archived"),
        (424, 1, "the model is offline"),
        (425, 1, "the model is in deployed mode"),
    ];
    for (number, (status, code, advice)) in cases.into_iter().enumerate() {
        let outcome = refused(&scene, status, "In its own words").exits_with(code).complains(advice);
        outcome.complains(&format!("the service answered {status} (In its own words)"));
        assert_eq!(scene.server.requests().len(), number + 1, "{}", scene.describe());
    }
    scene.holds(&[]);
}

#[test]
fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    let other = FakeServer::start(Service::with_dump(three_chunks()));
    let scene = Scene::with_dump(three_chunks());
    let location = format!("{}/chunks", other.dump_url());
    scene.server.fault(Fault::Redirect { location }, When::any());
    for command in ["chunks DUMP", "get DUMP -o dump.csv", "get DUMP --whole -o dump.csv"] {
        scene.run(command).exits_with(1).complains("302").complains("redirects are not followed");
    }
    assert_eq!(other.connections(), 0, "{}", scene.describe());
    scene.holds(&[]);
}

#[test]
fn a_redirect_to_the_same_server_is_not_followed_either() {
    let scene = Scene::with_dump(three_chunks());
    let location = format!("{}/chunks", scene.server.dump_url());
    scene.server.fault(Fault::Redirect { location }, When::path("chunks").times(1));
    scene.run("chunks DUMP").exits_with(1).says_exactly("");
    assert_eq!(scene.server.requests().len(), 1, "{}", scene.describe());
}

#[test]
fn control_characters_in_a_message_reach_no_terminal() {
    let scene = Scene::with_dump(three_chunks());
    let text = "\u{1b}]0;owned\u{7}\u{1b}[31mred\r\nanaplan-dump: done\u{9b}2J\u{202e}txt";
    let outcome = refused(&scene, 403, text).exits_with(3).stays_harmless();
    outcome.complains("(\\u{1b}]0;owned\\u{7}\\u{1b}[31mred\\r\\nanaplan-dump: done\\u{9b}2J\\u{202e}txt)");
}

#[test]
fn control_characters_in_a_malformed_answer_reach_no_terminal() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::WrongJson("{\"chunks\": \u{1b}[31m\u{9b}2J}".to_owned()), When::path("chunks"));
    scene.run("chunks DUMP").exits_with(5).stays_harmless().complains("\\u{1b}[31m");
}

#[test]
fn a_long_message_is_cut() {
    let scene = Scene::with_dump(three_chunks());
    let outcome =
        refused(&scene, 403, &"long ".repeat(2_000)).exits_with(3).complains("long long").complains("...)");
    assert!(outcome.output.stderr.len() < 1_000, "{}", outcome.describe());
}

#[test]
fn a_message_of_megabytes_leaves_the_status_to_be_told() {
    let scene = Scene::with_dump(three_chunks());
    let outcome = refused(&scene, 403, &"long ".repeat(1_000_000)).exits_with(3).complains("403");
    assert!(outcome.output.stderr.len() < 1_000, "{}", outcome.describe());
}

#[test]
fn an_error_without_a_body_is_told_by_its_status() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::Status { code: 403, retry_after: None, body: ErrorBody::Empty }, When::any());
    scene.run("chunks DUMP").exits_with(3).complains("the service answered 403\n");
}
