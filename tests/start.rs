//! `run` starts a process once: a refusal is reported, and an unclear start is never sent again.

use serde_json::{Value, json};
use xtask::fake::{ErrorBody, Fault, ProcessRun, Service, When};

use crate::support::texts::{NO_CONNECTION, answered, gave_up, wait};
use crate::support::{COSTS, Outcome, Scene, clean, failing_run};

const START: &str = "the start of <NIGHTLY>";

/// An unclear start, with its cause and what follows the advice.
fn unclear(cause: &str, tasks: &str) -> String {
    format!(
        "it is unknown whether the process was started: {cause}\n  look at the newest tasks before it \
         is started again: it may be running\n  {tasks}"
    )
}

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
    let scene = Scene::with_run(failing_run(&[]));
    scene.run("run NIGHTLY --poll=1ms -q").any_stdout();
    scene.run("run NIGHTLY --poll=1ms -q --locale=de_DE").any_stdout();
    let requests = scene.server.requests();
    let starts = requests.iter().filter(|request| request.method == "POST");
    let bodies: Vec<Value> = starts.map(|start| serde_json::from_slice(&start.body).expect("JSON")).collect();
    assert_eq!(bodies, [json!({"localeName": "en_US"}), json!({"localeName": "de_DE"})]);
}

#[test]
fn a_start_that_was_not_accepted_is_sent_again() {
    for (code, phrase, advice) in [
        (423, "Locked", "the model is locked: try again when it is unlocked"),
        (429, "Too Many Requests", "the whole tenant shares one rate limit: <ANY>"),
    ] {
        let scene = Scene::with_run(failing_run(&[]));
        let fault = Fault::Status { code, retry_after: Some("0".to_owned()), body: ErrorBody::Html };
        scene.server.fault(fault, starts().times(2));
        let outcome = scene.run("run NIGHTLY --poll=1ms");
        outcome.any_stdout().stderr_has("; retry 2 of 12 in 0.0 s\nstarted task ");
        assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 3, "{}", scene.describe());

        let scene = Scene::with_run(ProcessRun::new());
        let why = answered(&format!("{code} {phrase}"));
        let waits = [1, 2, 3].map(|retry| wait(START, &why, retry, 3));
        let outcome = run_with(&scene, Fault::status(code));
        outcome.notes(waits.concat()).fails(5, gave_up(4, START, &why) + "\n  " + advice);
        scene.assert_requests(&["POST NIGHTLY/tasks"; 4]);
    }
}

#[test]
fn a_start_that_was_refused_is_reported_at_once() {
    for (status, code) in
        [(400, 1), (401, 3), (403, 3), (404, 4), (409, 5), (410, 4), (422, 1), (424, 1), (425, 1), (302, 1)]
    {
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, Fault::status(status));
        outcome.fails(code, format!("{START}: the service answered {status} <ANY>\n  <ANY>"));
        scene.assert_requests(&["POST NIGHTLY/tasks"]);
    }
}

#[test]
fn an_unclear_start_is_never_sent_again_and_the_newest_tasks_are_shown() {
    let names_no_task = ["{}", "[]", "null", r#"{"task":{}}"#, r#"{"task":{"taskId":null}}"#];
    let names_no_task =
        names_no_task.into_iter().chain([r#"{"task":{"taskId":""}}"#, r#"{"task":{"taskId":".."}}"#]);
    let faults = [
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
        Fault::Status { code: 204, retry_after: None, body: ErrorBody::Empty },
        Fault::status(408),
        Fault::status(500),
        Fault::Status { code: 502, retry_after: Some("0".to_owned()), body: ErrorBody::Html },
        Fault::status(503),
        Fault::status(504),
    ];
    for fault in faults.into_iter().chain(names_no_task.map(|answer| Fault::WrongJson(answer.to_owned()))) {
        let name = format!("{fault:?}");
        let scene = Scene::with_run(ProcessRun::new());
        let outcome = run_with(&scene, fault);
        assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 1, "{name}\n{}", scene.describe());
        let ids = scene.task_ids();
        if ids.len() == 1 {
            let tasks = format!("the newest tasks now:\n    20<ANY>  NOT_STARTED  {}", ids[0]);
            outcome.fails(5, unclear("<ANY>", &tasks));
        } else {
            outcome.fails(5, unclear("<ANY>", "the process has no tasks now"));
        }
    }
}

#[test]
fn an_outage_of_signing_in_leaves_no_doubt_about_the_start() {
    let scene = crate::sign_in::scene();
    scene.server.fault(Fault::status(503), When::path("authenticate"));
    let outcome = crate::sign_in::signed_in(&scene, "password", "run NIGHTLY --retries=1 -q").run();
    outcome.exits_with(5).stderr_has("503 Service Unavailable");
    assert!(!outcome.stderr_text().contains("unknown"), "{}", scene.describe());
    assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 0);
}

#[test]
fn three_tasks_are_shown_after_an_unclear_start() {
    let scene = Scene::with_tasks((1..=9).map(|n| clean(&format!("OLD{n}"))));
    let tasks = "the newest tasks now:\n    20<ANY>  NOT_STARTED  <ANY>\n    \
                 2019-10-16 20:39:07  COMPLETE  OLD1\n    2019-10-16 19:39:07  COMPLETE  OLD2";
    let outcome = run_with(&scene, Fault::status(500));
    outcome.fails(5, unclear(&format!("{START}: {}", answered("500 Internal Server Error")), tasks));
}

#[test]
fn tasks_that_cannot_be_listed_after_an_unclear_start_are_reported() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.server.fault(Fault::status(403), When::path("tasks").method("GET"));
    let why = answered("403 Forbidden");
    let tasks = format!("the tasks cannot be listed now: the tasks of <NIGHTLY>: {why}");
    run_with(&scene, Fault::CloseBeforeAnswer).fails(5, unclear("<ANY>", &tasks));
    let scene = Scene::with_service(Service::new());
    run_with(&scene, Fault::status(500)).fails(5, unclear("<ANY>", "the process has no tasks now"));
}

#[test]
fn a_service_that_cannot_be_reached_has_not_started_anything() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.server.stop();
    let outcome = scene.run("run NIGHTLY --poll=1ms --retries=2 -qq");
    outcome.fails(5, gave_up(3, START, NO_CONNECTION) + "\n  <ANY>");
}

#[test]
fn what_cannot_work_is_reported_before_anything_is_started() {
    let scene = Scene::with_run(ProcessRun::new());
    scene.write("file", "mine");
    let folder = "-o must name a folder: a process can leave several dumps";
    let process = "run needs a process or an import: WORKSPACE/MODEL/PROCESS";
    for (arguments, error) in [
        ("NIGHTLY -o -", folder),
        ("NIGHTLY -o file", "-o file is a file, and there may be several dumps: name a folder<ANY>"),
        ("NIGHTLY/T1", process),
        ("NIGHTLY/latest", process),
        ("NIGHTLY --timeout=soon", "<ANY>a duration such as 500ms, 30s, 5m, 2h<ANY>"),
        ("NIGHTLY --poll=often", "<ANY>a duration such as 500ms, 30s, 5m, 2h<ANY>"),
    ] {
        scene.run(&format!("run {arguments}")).is_wrong_usage(error);
    }
    let outcome = scene.run("run NIGHTLY -o file/below/");
    outcome.fails(7, "cannot make the folder file/below/: <ANY>").without_a_connection();
}

#[cfg(unix)]
#[test]
fn run_starts_nothing_if_the_folder_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.make_folder("locked");
    std::fs::set_permissions(scene.path("locked"), PermissionsExt::from_mode(0o555))
        .expect("the mode is set");
    // The superuser may write into every folder but those of the kernel.
    if std::fs::File::create(scene.path("locked/x")).is_ok() {
        scene.remove("locked/x");
        let outcome = scene.run("run NIGHTLY -o /proc/ --poll=1ms");
        outcome.exits_with(7).stderr_has("cannot write into the folder /proc");
    } else {
        let outcome = scene.run("run NIGHTLY -o locked --poll=1ms");
        outcome.exits_with(7).stderr_has("cannot write into the folder locked: ");
    }
    assert!(scene.task_ids().is_empty(), "{}", scene.describe());
}
