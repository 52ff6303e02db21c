//! The command line itself: help, and usage that is refused before anything is sent.

use crate::support::{Scene, bytes_of};

const VERSION_LINE: &str = concat!("anaplan-dump ", env!("CARGO_PKG_VERSION"), "\n");

#[test]
fn help_has_examples_and_needs_no_token() {
    let scene = Scene::with_chunks(3);
    let run = |arguments: &str| scene.command(arguments).without("ANAPLAN_TOKEN").run();
    for (command, example) in [("", "get"), ("get", "get"), ("chunks", "chunks")] {
        let help = run(&format!("{command} --help")).without_a_connection().stdout_text();
        assert!(help.starts_with("Usage: anaplan-dump") && help.contains("\nExamples:\n"), "{help}");
        assert!(help.contains(&format!("  anaplan-dump {example} WORKSPACE/MODEL/PROCESS/TASK/OBJECT ")), "{help}");
        for arguments in [format!("{command} -h"), format!("help {command}")] {
            run(&arguments).stdout(&help);
        }
    }
    run("").exits_with(2).stdout(run("--help").stdout_text());
    for options in ["--version", "--retries 0 -V"] {
        run(options).without_a_connection().stdout(VERSION_LINE);
    }
}

#[test]
fn wrong_usage_is_refused_with_what_is_wrong_before_anything_is_sent() {
    let scene = Scene::with_chunks(3);
    for (arguments, error) in [
        ("chunks DUMP DUMP", "Unrecognized argument: <DUMP>"),
        ("get", "Required positional arguments not provided:\n    LOCATOR"),
        ("get DUMP --output=", "-o needs a file, a folder or -"),
        ("tasks DUMP --limit 0", "Error parsing option '--limit' with value '0': a whole number from 1 is needed"),
        ("get DUMP --whole --parallel 3", "--whole fetches one piece: --parallel has no meaning with it"),
        ("get DUMP --whole --verify", "--whole has no chunks: --verify has no meaning with it"),
        ("get DUMP --limit 3", "--limit is for a process: the locator names a task"),
        ("get NIGHTLY/T9 --older", "--older is for a process: the locator names a task"),
        ("get NIGHTLY/T9 --since 2h", "--since is for a process: the locator names a task"),
        ("get DUMP -o - --force", "--force replaces a file: -o names none"),
        ("get DUMP -o - --restart", "--restart begins a file anew: -o names none"),
        ("get DUMP -qv", "-v and -q contradict each other"),
        ("wait NIGHTLY --force", "--force is for --html"),
        ("get NIGHTLY NIGHTLY/T9 -o -", "several locators need a folder for -o"),
    ] {
        scene.run(arguments).is_wrong_usage(error);
    }
    let error = "there is no option \"--nonsense\"\nTry anaplan-dump tasks --help.";
    scene.run("tasks --nonsense").refuses(error);
    let zero = "<ANY> cannot be used: it is zero, so nothing could ever be received";
    scene.run("chunks DUMP --stall-timeout 0").refuses(zero);
}

#[test]
fn a_value_of_a_setting_that_makes_no_sense_is_refused_and_an_empty_variable_is_not_set() {
    let scene = Scene::with_chunks(3);
    let no_duration = "is not a duration such as 500ms, 30s, 5m, 2h or plain seconds";
    for (option, variable, value, error) in [
        ("--max-wait", "ANAPLAN_MAX_WAIT", "10y", no_duration),
        ("--stall-timeout", "ANAPLAN_STALL_TIMEOUT", "soon", no_duration),
        ("--retries", "ANAPLAN_RETRIES", "1.5", "is not a whole number"),
    ] {
        let error = format!("{option} ({variable}) {error}");
        scene.run(&format!("chunks DUMP {option}={value}")).is_wrong_usage(&error);
        scene.command("chunks DUMP").env(variable, value).run().is_wrong_usage(&error);
    }
    let outcome = scene.command("chunks DUMP").env("ANAPLAN_TIMEOUT", "2h").run();
    outcome.is_wrong_usage("ANAPLAN_TIMEOUT is set, and --timeout has no variable: unset it, and give the option");
    let command = scene.command("get DUMP -o -").env("ANAPLAN_RETRIES", "").env("ANAPLAN_STALL_TIMEOUT", " ");
    command.env("ANAPLAN_REGION", "").env("HTTPS_PROXY", "").run().prints(&bytes_of(3, 1));
}
