//! Answers with status 200 that deny what was asked for, or carry something else, in place of a list or a
//! task. They are never taken for an empty list: nobody is told that there is no dump, or no task.

use serde_json::json;
use xtask::fake::{Fault, PROCESS, ProcessRun, When};

use crate::support::texts::{gave_up, wait};
use crate::support::{COSTS, Scene, clean, dump_for, failed};

/// An answer in place of the right one, and what is said about it: what came, and how the command ends.
struct Denial {
    answer: &'static str,
    why: &'static str,
    code: i32,
}

/// Denials that are worth another try.
const PASSING: [Denial; 7] = [
    denial(r#"{"status":"FAILURE_BAD_TOKEN"}"#, "<MESSAGE>FAILURE_BAD_TOKEN", 5),
    denial(r#"{"status":"FAILURE_BAD_TOKEN","statusMessage":"no"}"#, "<MESSAGE>FAILURE_BAD_TOKEN: no", 5),
    denial(r#"{"status":{"message":"Internal error"}}"#, "<MESSAGE>Internal error", 5),
    denial(
        r#"{"timestamp":"2026-07-14T13:55:12.198Z","status":500,"error":"Oops","path":"/2/0"}"#,
        "the service answered 500 Internal Server Error (Oops)",
        5,
    ),
    denial(r#"{"error":"invalid_request","error_description":"no"}"#, "<MESSAGE>invalid_request: no", 5),
    denial(
        r#"{"status":{"code":200},"chunks":[],"tasks":[],"errors":[{"message":"no rows"}]}"#,
        "<MESSAGE>no rows",
        5,
    ),
    denial(r#"{"status":"FAILURE","chunks":[{"id":"0"}],"tasks":[]}"#, "<MESSAGE>FAILURE", 5),
];

/// Denials that another try does not change.
const FINAL: [Denial; 3] = [
    denial(r#"{"status":{"code":"401"}}"#, "the service answered 401 Unauthorized", 3),
    denial(
        r#"{"status":{"code":401,"message":"Token expired"}}"#,
        "the service answered 401 Unauthorized (Token expired)",
        3,
    ),
    denial(
        r#"{"status":{"code":403,"message":"No"},"tasks":[],"chunks":[]}"#,
        "the service answered 403 Forbidden (No)",
        3,
    ),
];

/// Answers that carry nothing, or something else.
const OTHERS: [&str; 7] = [
    "{}",
    r#"{"meta":{}}"#,
    r#"{"meta":{"paging":{"currentPageSize":0,"offset":0,"totalSize":0}}}"#,
    r#"{"status":{"code":200},"models":[{"id":"F1"}]}"#,
    r#"{"models":[{"id":"F1"}]}"#,
    r#"{"status":{}}"#,
    r#"{"status":null,"chunks":null,"tasks":null,"task":null,"processes":null}"#,
];

const fn denial(answer: &'static str, why: &'static str, code: i32) -> Denial {
    Denial { answer, why, code }
}

/// A command, the request that is denied, what that is called, and the key that its answer must have.
const COMMANDS: [(&str, &str, &str, &str); 8] = [
    ("chunks DUMP", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
    ("get DUMP -o dump.csv", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
    ("get DUMP -o -", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
    ("task NIGHTLY/T1", "tasks/T1", "task <NIGHTLY>/T1", "task"),
    ("task NIGHTLY/T1 --check", "tasks/T1", "task <NIGHTLY>/T1", "task"),
    ("tasks NIGHTLY", "tasks", "the tasks of <NIGHTLY>", "tasks"),
    ("get NIGHTLY", "tasks", "the tasks of <NIGHTLY>", "tasks"),
    ("processes MODEL", "processes", "the processes of model <MODEL>", "processes"),
];

#[track_caller]
fn scene() -> Scene {
    let scene = Scene::with_dump(dump_for(COSTS.0));
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.push(clean("T1"));
    scene
}

/// The denied command fails and prints nothing, and so does `--json`.
#[track_caller]
fn is_denied(answer: &str, command: &str, path: &str, notes: &str, code: i32, error: &str) {
    let scene = scene();
    scene.server.fault(Fault::WrongJson(answer.to_owned()), When::path(path));
    scene.run(&format!("{command} --retries=1")).notes(notes).fails(code, error);
    // What `get` prints for a dump that failed has a test of its own.
    if !command.starts_with("get DUMP") {
        let outcome = scene.run(&format!("{command} --retries=1 --json"));
        outcome.notes(notes).fails(code, error).json_has("/error/exit_code", code);
    }
}

#[test]
fn an_error_in_place_of_a_list_or_a_task_is_reported_as_the_error() {
    for Denial { answer, why, code } in PASSING {
        let why = why.replace("<MESSAGE>", "the service answered with an error message: ");
        for (command, path, subject, _) in COMMANDS {
            let advice = if answer.contains("500") { "\n  <ANY>" } else { "" };
            let error = gave_up(2, subject, &why) + advice;
            is_denied(answer, command, path, &wait(subject, &why, 1, 1), code, &error);
        }
    }
    for Denial { answer, why, code } in FINAL {
        for (command, path, subject, _) in COMMANDS {
            is_denied(answer, command, path, "", code, &format!("{subject}: {why}\n  <ANY>"));
        }
    }
}

#[test]
fn something_else_in_place_of_a_list_or_a_task_is_not_taken_for_an_empty_one() {
    for answer in OTHERS {
        for (command, path, subject, key) in COMMANDS {
            let why = format!("the answer is not the one that was asked for: it has no \"{key}\"");
            let advice = "\n  check that the API URL is Anaplan's; if it is, report this answer";
            let error = gave_up(2, subject, &why) + advice;
            is_denied(answer, command, path, &wait(subject, &why, 1, 1), 5, &error);
        }
    }
}

#[test]
fn a_denial_that_passes_is_retried() {
    let answers = PASSING.iter().map(|denial| denial.answer).chain(OTHERS);
    for answer in answers {
        for (command, path, _, _) in COMMANDS {
            let scene = scene();
            scene.server.fault(Fault::WrongJson(answer.to_owned()), When::path(path).times(1));
            let outcome = scene.run(&format!("{command} --retries=1"));
            outcome.any_stdout().stderr_has("; retry 1 of 1 in ");
            scene.any_files();
        }
    }
}

#[test]
fn an_empty_list_is_one_whose_status_says_success() {
    for answer in [
        r#"{"status":{"code":200}}"#,
        r#"{"status":{"code":"200","message":"Success"}}"#,
        r#"{"status":"SUCCESS"}"#,
    ] {
        let scene = scene();
        scene.server.fault(Fault::WrongJson(answer.to_owned()), When::any());
        scene.run("chunks DUMP").stdout("The dump has no chunks: it is empty.\n");
        scene.run("tasks NIGHTLY").fails(4, "<NIGHTLY> has no tasks: <ANY>");
        scene.run("processes MODEL").fails(4, "model <MODEL> has no processes<ANY>");
    }
}

#[test]
fn a_denial_while_a_run_is_followed_is_retried() {
    let scene = Scene::with_run(ProcessRun::new().with_result(clean("T").result.expect("a result")));
    for answer in [r#"{"meta":{}}"#, r#"{"status":"FAILURE_BAD_TOKEN"}"#] {
        let looks = When::path("tasks/*").method("GET").times(1);
        scene.server.fault(Fault::WrongJson(answer.to_owned()), looks);
    }
    let outcome = scene.run("run NIGHTLY --poll=1ms");
    outcome.any_stdout().stderr_has("it has no \"task\"; retry 1 ");
    outcome.stderr_has("an error message: FAILURE_BAD_TOKEN; retry ");
    assert_eq!(scene.count_of("POST"), 1, "{}", scene.describe());
}

#[test]
fn one_dump_whose_list_is_denied_is_not_taken_for_empty_beside_others() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let answer = json!({"meta": {}}).to_string();
    scene.server.fault(Fault::WrongJson(answer), When::path("chunks"));
    for command in ["get NIGHTLY/T1", "get NIGHTLY"] {
        let outcome = scene.run(&format!("{command} --retries=0"));
        outcome.fails(5, "the chunk list of dump <ANY>: <ANY> it has no \"chunks\"\n  <ANY>");
    }
}
