//! Answers with status 200 that deny what was asked for, or carry something else, in place of a list or a
//! task. They are never taken for an empty list.

use xtask::fake::{PROCESS, ProcessRun, When};

use crate::support::texts::{gave_up, wait};
use crate::support::{COSTS, Scene, clean, dump_for, failed};

/// An answer in place of the right one, what is said about it, the advice, and whether another try is worth it.
const DENIALS: [(&str, &str, &str, bool); 4] = [
    (
        r#"{"status":"FAILURE_BAD_TOKEN","statusMessage":"no"}"#,
        "the service answered with an error message: FAILURE_BAD_TOKEN: no",
        "",
        true,
    ),
    (
        r#"{"timestamp":"t","status":500,"error":"Oops"}"#,
        "the service answered 500 Internal Server Error (Oops)",
        "\n  <ANY>",
        true,
    ),
    (
        r#"{"status":{"code":200},"models":[{"id":"F1"}]}"#,
        "the answer is not the one that was asked for: it has no \"<KEY>\"",
        "\n  check that the API URL is Anaplan's; if it is, report this answer",
        true,
    ),
    (
        r#"{"status":{"code":403,"message":"No"},"tasks":[],"chunks":[]}"#,
        "the service answered 403 Forbidden (No)",
        "\n  <ANY>",
        false,
    ),
];

/// A command, the request that is denied, what that is called, and the key that its answer must have.
const COMMANDS: [(&str, &str, &str, &str); 7] = [
    ("chunks DUMP", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
    ("get DUMP -o dump.csv", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
    ("get DUMP -o -", "dumps/*/chunks", "the chunk list of dump <DUMP>", "chunks"),
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

#[test]
fn a_denial_in_place_of_a_list_or_a_task_is_retried_if_it_may_pass_and_reported() {
    for (answer, why, advice, may_pass) in DENIALS {
        for (command, path, subject, key) in COMMANDS {
            let why = why.replace("<KEY>", key);
            let code = if may_pass { 5 } else { 3 };
            let (notes, tries) = if may_pass { (wait(subject, &why, 1, 1), 2) } else { (String::new(), 1) };
            let error = gave_up(tries, subject, &why) + advice;
            let with_denials = |when: When| {
                let scene = scene();
                scene.answers(when, answer);
                scene
            };
            let scene = with_denials(When::path(path));
            scene.run(&format!("{command} --retries=1")).notes(&notes).fails(code, &error);
            // The document of `get` for a dump that failed has a test among those of `--json`.
            if !command.starts_with("get DUMP") {
                let outcome = scene.run(&format!("{command} --retries=1 --json"));
                outcome.notes(&notes).fails(code, &error).json_has("/error/exit_code", code);
            }
            if may_pass {
                let scene = with_denials(When::path(path).times(1));
                scene.run(&format!("{command} --retries=1")).any_stdout().stderr_has("; retry 1 of 1 in ");
                scene.any_files();
            }
        }
    }
}

#[test]
fn an_empty_list_is_one_whose_status_says_success() {
    let scene = scene();
    scene.answers(When::any(), r#"{"status":{"code":"200","message":"Success"}}"#);
    scene.run("chunks DUMP").stdout("The dump has no chunks: it is empty.\n");
    scene.run("tasks NIGHTLY").fails(4, "<NIGHTLY> has no tasks: <ANY>");
    scene.run("processes MODEL").fails(4, "model <MODEL> has no processes<ANY>");
}

#[test]
fn a_denial_while_a_run_is_followed_is_retried() {
    let scene = Scene::with_run(ProcessRun::new().with_result(clean("T").result.expect("a result")));
    for answer in [r#"{"meta":{}}"#, r#"{"status":"FAILURE_BAD_TOKEN"}"#] {
        scene.answers(When::path("tasks/*").method("GET").times(1), answer);
    }
    let outcome = scene.run("run NIGHTLY --poll=1ms");
    outcome.any_stdout().stderr_has("it has no \"task\"; retry 1 ");
    outcome.stderr_has("an error message: FAILURE_BAD_TOKEN; retry ");
    assert_eq!(scene.count_of("POST"), 1, "{}", scene.describe());
}

#[test]
fn one_dump_whose_list_is_denied_is_not_taken_for_empty_beside_others() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.answers(When::path("chunks"), r#"{"meta":{}}"#);
    for command in ["get NIGHTLY/T1", "get NIGHTLY"] {
        let outcome = scene.run(&format!("{command} --retries=0"));
        outcome.fails(5, "the chunk list of dump <ANY>: <ANY> it has no \"chunks\"\n  <ANY>");
    }
}
