//! The words of the command line: spellings, help, messages, tables.

use xtask::fake::{Fault, Task, TaskState};

use crate::support::{ACTUALS, COSTS, Scene, bytes_of, chunk_list, clean, failed, file_of};

const TRY_HELP: &str = "\nTry anaplan-dump --help.";

#[test]
fn options_may_be_joined_repeated_and_stand_anywhere() {
    let scene = Scene::with_chunks(3);
    for arguments in
        ["get DUMP -qox.csv", "-q get -ox.csv DUMP", "get DUMP -q -o y.csv -o x.csv", "-ox.csv get DUMP -q"]
    {
        scene.run(arguments).any_stdout();
        scene.has("x.csv", &bytes_of(3, 1));
        scene.holds(&["x.csv"]);
        scene.remove("x.csv");
    }
    for arguments in ["--json chunks DUMP", "chunks --json DUMP"] {
        scene.run(arguments).json_has("/chunks/0/id", "0");
    }
}

#[test]
fn a_wrong_word_is_named_with_the_one_that_may_be_meant() {
    let scene = Scene::with_chunks(3);
    for (arguments, error) in [
        ("taks NIGHTLY", "there is no command \"taks\"; did you mean \"tasks\"?"),
        ("download NIGHTLY", "there is no command \"download\""),
        ("get DUMP --ouptut x", "there is no option \"--ouptut\"; did you mean \"--output\"?"),
        ("get DUMP --nonsense", "there is no option \"--nonsense\""),
    ] {
        scene.run(arguments).refuses(format!("{error}{TRY_HELP}"));
    }
}

#[test]
fn no_arguments_print_the_help_as_wrong_usage() {
    let scene = Scene::with_chunks(3);
    let help = scene.run("--help").stdout_text();
    scene.run("").exits_with(2).stdout(&help);
    scene.run("-h").stdout(&help);
    for command in ["get --help", "get -h", "help get", "get DUMP -o x -h"] {
        scene.run(command).stdout_has("Usage: anaplan-dump get [options] LOCATOR");
    }
    assert!(help.contains("\nExit codes:\n") && help.contains("  143  "), "{help}");
}

#[test]
fn an_error_is_a_document_too() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS])]);
    scene.server.fault(Fault::status(404), chunk_list());
    for (arguments, kind, code) in [
        ("get NIGHTLY/T9/1 -o x.csv --json", "not_found", 4),
        ("tasks --json", "usage", 2),
        ("--json taks", "usage", 2),
        ("chunks NIGHTLY/latest --json", "usage", 2),
    ] {
        let outcome = scene.run(arguments);
        outcome.stderr_text();
        let outcome = outcome.exits_with(code);
        // The error in the report of a dump, or the document itself.
        let document = outcome.document();
        let error = document.pointer("/error").or(document.pointer("/dumps/0/error")).expect("an error");
        assert_eq!(
            (error["kind"].as_str(), error["exit_code"].as_i64()),
            (Some(kind), Some(code.into())),
            "{error}"
        );
        assert!(error["message"].is_string(), "{error}");
    }
}

#[test]
fn several_locators_go_into_one_folder_and_one_document() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[ACTUALS]), clean("T7")]);
    scene.run("get NIGHTLY/T9 NIGHTLY/T8 -q -o rejected").any_stdout();
    let files = [file_of(COSTS, "T9"), file_of(ACTUALS, "T8")].map(|file| format!("rejected/{file}"));
    scene.holds(&files);
    let outcome = scene.run("get NIGHTLY/T9 NIGHTLY/T6 NIGHTLY/T8 -o rejected --json");
    outcome
        .exits_with(4)
        .json_has("/0/dumps/0/status", "already_there")
        .json_has("/1/error/kind", "not_found")
        .json_has("/2/task/id", "T8");
    outcome.stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T6 NIGHTLY/T7 --json");
    outcome.exits_with(4).json_has("/0/error/kind", "not_found").json_has("/1/outcome", "clean");
    outcome.stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T9 NIGHTLY/T7 --check --json");
    outcome.exits_with(6).json_has("/0/outcome", "failed").json_has("/1/outcome", "clean");
}

#[test]
fn tables_do_not_call_a_run_with_rejected_rows_fine() {
    let running = Task::new("T7", TaskState::InProgress);
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), clean("T8"), running]);
    scene.run("task NIGHTLY/T9").stdout_has("OBJECT        RAN  TAKEN  FAILED  IGNORED  DUMP  NAME\n");
    let rows = [
        "CREATED (UTC)        STATE        OUTCOME       TASK\n",
        "2019-10-16 20:39:07  COMPLETE     failed        T9\n",
        "2019-10-16 19:39:07  COMPLETE     clean         T8\n",
        "2019-10-16 18:39:07  IN_PROGRESS  not finished  T7\n",
    ];
    scene.run("tasks NIGHTLY").stdout(rows.concat());
    scene.run("tasks NIGHTLY --failed").stdout_has("failed   T9\n1 of 3 tasks\n");
    scene.run("tasks NIGHTLY --since=2019-10-16T19:00 --json").json_has("/tasks/1/outcome", "clean");
}

#[test]
fn the_summary_says_what_became_of_each_dump() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS, ACTUALS])]);
    scene.run(&format!("get NIGHTLY/T9/{} -q -o r/", COSTS.0)).any_stdout();
    scene.run("get NIGHTLY/T9 -q -o r").stdout_has("2 dumps: 1 downloaded, 1 already there, 5.0 kB\n");
    scene.any_files();
}

#[test]
fn messages_say_what_to_do_and_not_what_was_just_done() {
    let scene = Scene::with_chunks(3);
    scene.run("processes MODEL --api-url http://example.com").fails(
        2,
        "the token is not sent to http://example.com: plain http is for this machine only; use https",
    );
    scene.server.fault(Fault::status(404), chunk_list());
    let outcome = scene.run("get DUMP -o x.csv");
    outcome.exits_with(4).stderr_has(
        "\n  a dump is not found when one of these is so:\n  \
         - it was removed: 48 hours after its last access, or because the import ran without errors\n",
    );
    let locators = outcome.stderr_text().matches(&scene.fill("<DUMP>")).count();
    assert_eq!(locators, 1, "{}", outcome.stderr_text());
    scene.server.clear_faults();
    let outcome = scene.command("get DUMP -o x.csv").env("ANAPLAN_TOKEN", "old-token").run();
    outcome
        .exits_with(3)
        .stderr_has("ANAPLAN_TOKEN is sent as AnaplanAuthToken, ANAPLAN_BEARER_TOKEN (OAuth) as Bearer");
}

#[test]
fn http_to_a_port_that_speaks_tls_says_so() {
    let scene = Scene::with_tls(xtask::fake::Service::new());
    let origin = scene.server.origin().replace("https:", "http:");
    let outcome = scene.run(&format!("processes MODEL -qq --retries=0 --api-url={origin}"));
    outcome
        .exits_with(5)
        .stderr_has("if the URL begins with http:// and the port speaks TLS, write https://");
}
