//! `run` starts a process once: what is refused is told, what is unclear is never sent again.

use serde_json::{Value, json};
use xtask::fake::{ErrorBody, Fault, ProcessRun, When};

use crate::support::{Outcome, Scene, clean, nightly};

fn starts() -> When {
    When::path("tasks").method("POST")
}

/// Runs the process while this fault strikes every start.
#[track_caller]
fn run_with(scene: &Scene, fault: Fault) -> Outcome<'_> {
    scene.server.fault(fault, starts());
    scene.run("run NIGHTLY --poll=1ms --retries=3 --stall-timeout=500ms")
}

#[test]
fn a_start_sends_the_locale_of_the_messages() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.run("run NIGHTLY --poll=1ms").exits_with(0);
    scene.run("run NIGHTLY --poll=1ms --locale=de_DE").exits_with(0);
    let requests = scene.server.requests();
    let bodies: Vec<Value> = requests
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| serde_json::from_slice(&request.body).expect("JSON"))
        .collect();
    assert_eq!(bodies, [json!({"localeName": "en_US"}), json!({"localeName": "de_DE"})]);
}

#[test]
fn a_start_that_was_not_accepted_is_sent_again() {
    for code in [423, 429] {
        let scene = Scene::with_run(ProcessRun::new());
        let fault = Fault::Status { code, retry_after: Some("0".to_owned()), body: ErrorBody::Html };
        scene.server.fault(fault, starts().times(2));
        let outcome = scene.run("run NIGHTLY --poll=1ms").exits_with(0).complains("retry 2 of 12");
        assert_eq!(scene.count_of("POST"), 3, "{}", outcome.describe());
    }
}

#[test]
fn a_model_that_stays_locked_or_a_limit_that_stays_reached_is_told() {
    for (code, advice) in [(423, "the model is locked"), (429, "the whole tenant shares one rate limit")] {
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, Fault::status(code)).exits_with(5).says_exactly("");
        assert_eq!(scene.count_of("POST"), 4, "{}", outcome.describe());
        let outcome = outcome.complains(advice).complains("gave up after 4 tries");
        outcome.never_mentions("it is not known");
    }
}

#[test]
fn a_start_that_was_refused_is_told_at_once() {
    for (code, exit, advice) in [
        (400, 1, "the service answered 400"),
        (401, 3, "get a new one"),
        (403, 3, "not permitted"),
        (404, 4, "this user has no access to the model"),
        (409, 5, "the model is busy"),
        (410, 4, "this address has moved"),
        (422, 1, "archived"),
        (424, 1, "offline"),
        (425, 1, "deployed"),
        (302, 1, "redirects are not followed"),
    ] {
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, Fault::status(code)).exits_with(exit).complains(advice);
        let outcome = outcome.complains(&format!("the start of {}", nightly())).says_exactly("");
        assert_eq!(scene.count_of("POST"), 1, "{}", outcome.describe());
        outcome.never_mentions("it is not known").never_mentions("the newest tasks");
    }
}

#[test]
fn an_unclear_start_is_never_sent_again_and_the_newest_tasks_are_shown() {
    for fault in [
        Fault::CloseBeforeAnswer,
        Fault::ResetBeforeAnswer,
        Fault::StallBeforeAnswer,
        Fault::CutHeaders,
        Fault::ResetInHeaders,
        Fault::CutBody { after_bytes: 20 },
        Fault::ResetInBody { after_bytes: 20 },
        Fault::Stall { after_bytes: 20 },
        Fault::GzipBadCrc,
        Fault::TruncatedJson,
        Fault::HtmlOk,
        Fault::status(408),
        Fault::status(500),
        Fault::Status { code: 502, retry_after: Some("0".to_owned()), body: ErrorBody::Html },
        Fault::status(503),
        Fault::status(504),
    ] {
        let name = fault.name();
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, fault).exits_with(5).says_exactly("");
        assert_eq!(scene.count_of("POST"), 1, "{name}\n{}", outcome.describe());
        let ids = scene.task_ids();
        assert_eq!(ids.len(), 1, "the fake has started it: {name}\n{}", outcome.describe());
        outcome
            .complains(&format!("it is not known whether process {} was started", nightly()))
            .complains("look at the newest tasks before it is started again: it may be running\n")
            .complains("the newest tasks now:\n    2")
            .complains(&format!("NOT_STARTED  {}\n", ids[0]));
    }
}

#[test]
fn an_answer_that_names_no_task_leaves_the_start_unclear() {
    for answer in [
        "{}",
        "[]",
        "null",
        r#"{"task":{}}"#,
        r#"{"task":{"taskId":null}}"#,
        r#"{"task":{"taskId":""}}"#,
        r#"{"task":{"taskId":".."}}"#,
    ] {
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, Fault::WrongJson(answer.to_owned()));
        assert_eq!(outcome.output.status.code(), Some(5), "{answer}\n{}", outcome.describe());
        assert_eq!(scene.count_of("POST"), 1, "{answer}\n{}", outcome.describe());
        outcome.complains("it is not known whether").complains("the newest tasks now:\n");
    }
}

#[test]
fn an_answer_without_a_body_leaves_the_start_unclear() {
    let scene = Scene::with_run(ProcessRun::new());
    let fault = Fault::Status { code: 204, retry_after: None, body: ErrorBody::Empty };
    let outcome = run_with(&scene, fault).exits_with(5).complains("it is not known whether");
    assert_eq!(scene.count_of("POST"), 1, "{}", outcome.describe());
}

#[test]
fn the_three_newest_tasks_are_enough_after_an_unclear_start() {
    let scene = Scene::with_tasks((1..=9).map(|n| clean(&format!("OLD{n}"))));
    let outcome = run_with(&scene, Fault::status(500)).exits_with(5);
    outcome.complains("OLD1\n").complains("OLD2\n").never_mentions("OLD3");
}

#[test]
fn where_the_tasks_cannot_be_listed_after_an_unclear_start_that_is_told() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.server.fault(Fault::status(403), When::path("tasks").method("GET"));
    let outcome = run_with(&scene, Fault::CloseBeforeAnswer).exits_with(5);
    outcome.complains("it is not known whether").complains("the tasks cannot be listed now: ");
}

#[test]
fn a_process_without_tasks_after_an_unclear_start_is_told() {
    let scene = Scene::with_service(xtask::fake::Service::new());
    let outcome = run_with(&scene, Fault::status(500)).exits_with(5);
    outcome.complains("the process has no tasks now\n");
}

#[test]
fn a_service_that_cannot_be_reached_has_not_started_anything() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.server.stop();
    let outcome = scene.run("run NIGHTLY --poll=1ms --retries=2").exits_with(5);
    outcome.complains("gave up after 3 tries").never_mentions("it is not known");
}

#[test]
fn what_cannot_work_is_told_before_anything_is_started() {
    let scene = Scene::with_run(ProcessRun::new());
    std::fs::write(scene.path("file"), "mine").expect("a file");
    for (command, code, complaint) in [
        ("run NIGHTLY -o rejected.csv", 2, "-o must name a folder: a process can leave several dumps"),
        ("run NIGHTLY -o -", 2, "-o must name a folder"),
        ("run NIGHTLY -o file", 2, "-o must name a folder"),
        ("run NIGHTLY -o file/below/", 7, "cannot make the folder file/below/"),
        ("run NIGHTLY/T1", 2, "run needs a process: WORKSPACE/MODEL/PROCESS"),
        ("run NIGHTLY/latest", 2, "run needs a process: WORKSPACE/MODEL/PROCESS"),
        ("run NIGHTLY --timeout=soon", 2, "a duration such as 500ms"),
        ("run NIGHTLY --poll=often", 2, "a duration such as 500ms"),
    ] {
        scene.run(command).exits_with(code).without_a_connection().complains(complaint).says_exactly("");
    }
    assert_eq!(scene.read("file"), b"mine");
}
