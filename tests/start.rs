//! `run` starts a process once: a refusal is reported, and an unclear start is never sent again.

use serde_json::{Value, json};
use xtask::fake::{Answer, At, Fault, Task, When};

use crate::support::texts::{NO_CONNECTION, answered, gave_up, wait};
use crate::support::{Outcome, Scene, clean, failing_run, users};

const START: &str = "the start of <NIGHTLY>";

/// An unclear start, with its cause and what follows the advice.
fn unclear(cause: &str, tasks: &str) -> String {
    format!(
        "it is unknown whether the process was started: {cause}\n  look at the newest tasks before it \
         is started again: it may be running\n  {tasks}\n  list them with:\n    anaplan-dump tasks <NIGHTLY>"
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
        scene.server.fault(Fault::status(code), starts().times(2));
        let outcome = scene.run("run NIGHTLY --poll=1ms");
        outcome.any_stdout().stderr_has("; retry 2 of 12 in ").stderr_has("\nstarted task ");
        assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 3, "{}", scene.describe());
        // Within a time limit as often as need be.
        scene.server.fault(Fault::status(code), starts().times(20));
        scene.run("run NIGHTLY --poll=1ms --timeout=10m -qq").any_stdout().exits_with(0);

        let scene = Scene::with_run(Task::script());
        let why = answered(&format!("{code} {phrase}"));
        let waits = [1, 2, 3].map(|retry| wait(START, &why, retry, 3));
        let outcome = run_with(&scene, Fault::status(code));
        outcome.notes(waits.concat()).fails(5, gave_up(4, START, &why) + "\n  " + advice);
        scene.assert_requests(&["POST NIGHTLY/tasks"; 4]);
    }
}

#[test]
fn a_start_that_was_refused_or_never_arrived_is_reported_without_doubt() {
    for (status, code) in [(400, 1), (401, 3), (403, 3), (404, 4), (409, 5), (410, 4), (422, 1)] {
        let scene = Scene::with_run(Task::script());
        let outcome = run_with(&scene, Fault::status(status));
        outcome.fails(code, format!("{START}: the service answered {status} <ANY>\n  <ANY>"));
        scene.assert_requests(&["POST NIGHTLY/tasks"]);
    }
    let scene = Scene::with_run(Task::script());
    scene.server.stop();
    let outcome = scene.run("run NIGHTLY --poll=1ms --retries=2 -qq");
    outcome.fails(5, gave_up(3, START, NO_CONNECTION) + "\n  <ANY>");
    // An outage of signing in comes before the start.
    let scene = users::scene();
    scene.server.fault(Fault::status(503), When::path("authenticate"));
    let outcome = users::signed_in(&scene, "password", "run NIGHTLY --retries=1 -qq").run();
    let error = gave_up(2, "the sign-in at <ORIGIN>", &answered("503 Service Unavailable"));
    outcome.fails(5, error + "\n  <ANY>");
    assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 0);
}

#[test]
fn an_unclear_start_is_never_sent_again_and_the_newest_tasks_are_shown() {
    let names_no_task = ["{}", "[]", r#"{"task":{"taskId":""}}"#, r#"{"task":{"taskId":".."}}"#];
    let faults = [
        Fault::Cut(At::Start),
        Fault::Stall(At::Start),
        Fault::Reset(At::Head),
        Fault::Cut(At::Body(20)),
        Fault::GzipBadCrc,
        Fault::json("{\"task\": {"),
        Fault::page(200),
        Fault::Answer(Answer::empty(204)),
        Fault::status(303),
        Fault::status(408),
        Fault::status(500),
        Fault::Answer(Answer::new(502, "text/html", "<html>").with_header("Retry-After", "0")),
        Fault::status(503),
    ];
    for fault in faults.into_iter().chain(names_no_task.map(Fault::json)) {
        let name = format!("{fault:?}");
        let scene = Scene::with_run(Task::script());
        let outcome = run_with(&scene, fault);
        assert_eq!(scene.count_of("POST NIGHTLY/tasks"), 1, "{name}\n{}", scene.describe());
        let tasks = match &scene.task_ids()[..] {
            [id] => format!("the newest tasks now:\n    20<ANY>  NOT_STARTED  {id}"),
            _ => "the process has no tasks now".to_owned(),
        };
        outcome.fails(5, unclear("<ANY>", &tasks));
    }
    let scene = Scene::with_tasks((1..=9).map(|n| clean(&format!("OLD{n}"))));
    let tasks = "the newest tasks now:\n    20<ANY>  NOT_STARTED  <ANY>\n    \
                 2019-10-16 20:39:07  COMPLETE  OLD1\n    2019-10-16 19:39:07  COMPLETE  OLD2";
    let outcome = run_with(&scene, Fault::status(500));
    outcome.fails(5, unclear(&format!("{START}: {}", answered("500 Internal Server Error")), tasks));

    let scene = Scene::with_run(Task::script());
    scene.server.fault(Fault::status(403), When::path("tasks").method("GET"));
    let why = answered("403 Forbidden");
    let tasks = format!("the tasks cannot be listed now: the tasks of <NIGHTLY>: {why}");
    run_with(&scene, Fault::Cut(At::Start)).fails(5, unclear("<ANY>", &tasks));
}

#[test]
fn what_cannot_work_is_reported_before_anything_is_started() {
    let scene = Scene::with_run(Task::script());
    let process = "run needs a process or an import: WORKSPACE/MODEL/PROCESS";
    for (arguments, error) in [
        ("NIGHTLY -o -", "-o must name a folder: a process can leave several dumps"),
        ("NIGHTLY/T1", process),
        ("NIGHTLY/latest", process),
        ("NIGHTLY --timeout=soon", "<ANY>a duration such as 500ms, 30s, 5m, 2h<ANY>"),
        ("NIGHTLY --poll=often", "<ANY>a duration such as 500ms, 30s, 5m, 2h<ANY>"),
    ] {
        scene.run(&format!("run {arguments}")).is_wrong_usage(error);
    }
    scene.write("file", "mine");
    let outcome = scene.run("run NIGHTLY -o file/below/");
    outcome.fails(7, "cannot make the folder file/below/: <ANY>").without_a_connection();
    // Not even the superuser may write there.
    let proc = scene.run("run NIGHTLY -o /proc");
    proc.fails(7, "cannot write into the folder /proc: <ANY>").without_a_connection();
}
