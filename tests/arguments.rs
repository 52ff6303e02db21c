//! The command line itself: spellings, help, and usage that is refused before anything is sent.

use std::ffi::OsStr;

use xtask::fake::{MODEL, OBJECT, PROCESS, TASK, WORKSPACE};

use crate::support::{Scene, three_chunks};

const VERSION_LINE: &str = concat!("anaplan-dump ", env!("CARGO_PKG_VERSION"), "\n");

fn scene() -> Scene {
    Scene::with_dump(three_chunks())
}

/// Wrong usage: code 2, this complaint, nothing sent, nothing on standard output.
#[track_caller]
fn is_refused(scene: &Scene, arguments: &str, complaint: &str) {
    scene.run(arguments).exits_with(2).without_a_connection().complains(complaint).says_exactly("");
}

#[test]
fn a_value_may_stand_behind_a_blank_or_an_equals_sign() {
    let scene = scene();
    scene.run("get DUMP --output blank.csv --retries 3").exits_with(0);
    scene.run("get DUMP --output=equals.csv --retries=3").exits_with(0);
    scene.run("get DUMP -o short.csv").exits_with(0);
    scene.run("get --output=a=b.csv DUMP").exits_with(0);
    scene.holds(&["a=b.csv", "blank.csv", "equals.csv", "short.csv"]);
}

#[test]
fn general_options_may_stand_before_and_after_the_command() {
    let scene = scene();
    for arguments in ["-q get DUMP -o -", "get -q DUMP -o -", "get DUMP -o - -q", "--quiet get DUMP -o -"] {
        scene.run(arguments).exits_with(0).complains_exactly("");
    }
    for arguments in ["--retries 0 -v chunks DUMP", "chunks DUMP -v --retries=0"] {
        scene.run(arguments).exits_with(0).complains("GET http");
    }
}

#[test]
fn help_is_shown_at_each_level_with_an_example() {
    let scene = scene();
    for (arguments, example) in [
        ("", "anaplan-dump get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv"),
        ("get", "anaplan-dump get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv"),
        ("chunks", "anaplan-dump chunks WORKSPACE/MODEL/PROCESS/TASK/OBJECT --json"),
    ] {
        for help in ["-h", "--help"] {
            let command = scene.command(arguments).arg(help).env_remove("ANAPLAN_TOKEN");
            let outcome = command.run().exits_with(0).without_a_connection().complains_exactly("");
            outcome.says("Usage: anaplan-dump").says("\nExamples:\n").says(example);
        }
    }
}

#[test]
fn help_names_every_exit_code() {
    let outcome = scene().run("--help").exits_with(0).stdout();
    for code in
        ["0 done", "2 wrong usage", "3 not signed in", "4 not there", "5 the network", "7 the local disk"]
    {
        assert!(outcome.contains(&format!("\n  {code}")), "{code}\n{outcome}");
    }
}

#[test]
fn the_version_is_told() {
    let scene = scene();
    for option in ["--version", "-V"] {
        let outcome = scene.command(option).env_remove("ANAPLAN_TOKEN").run().exits_with(0);
        outcome.says_exactly(VERSION_LINE).complains_exactly("");
    }
}

#[test]
fn unknown_options_and_commands_are_refused() {
    let scene = scene();
    is_refused(&scene, "get DUMP --nonsense", "Unrecognized argument: --nonsense\n");
    is_refused(&scene, "--nonsense", "Unrecognized argument: --nonsense\nTry anaplan-dump --help.\n");
    is_refused(&scene, "get DUMP -x", "Unrecognized argument: -x\n");
    is_refused(&scene, "frobnicate DUMP", "Unrecognized argument: frobnicate\n");
    is_refused(&scene, "get DUMP DUMP", "Unrecognized argument: ");
}

#[test]
fn an_option_of_another_command_is_refused() {
    let scene = scene();
    is_refused(&scene, "chunks DUMP --force", "Unrecognized argument: --force\n");
    is_refused(&scene, "get DUMP --check", "Unrecognized argument: --check\n");
}

#[test]
fn what_is_missing_is_named() {
    let scene = scene();
    is_refused(&scene, "", "    chunks\n");
    is_refused(&scene, "get", "LOCATOR");
    is_refused(&scene, "get DUMP -o", "-o needs a value");
    is_refused(&scene, "chunks DUMP --api-url", "--api-url needs a value");
    is_refused(&scene, "get DUMP --output=", "-o needs a file, a folder or -");
}

#[test]
fn a_value_where_none_belongs_is_refused() {
    is_refused(&scene(), "chunks DUMP --json=yes", "--json takes no value");
    is_refused(&scene(), "get DUMP --force=no", "--force takes no value");
}

#[test]
fn an_option_that_is_given_twice_is_refused() {
    let scene = scene();
    is_refused(&scene, "get DUMP -o a.csv -o b.csv", "duplicate");
}

#[test]
fn durations_that_are_none_are_refused() {
    for text in ["soon", "-1", "10y", "1e9h", "NaN"] {
        for (option, variable) in
            [("--max-wait", "ANAPLAN_MAX_WAIT"), ("--stall-timeout", "ANAPLAN_STALL_TIMEOUT")]
        {
            let scene = scene();
            let complaint = format!("{option} ({variable}) is not a duration such as 500ms, 30s, 5m, 2h");
            is_refused(&scene, &format!("chunks DUMP {option}={text}"), &complaint);
            let outcome = scene.command("chunks DUMP").env(variable, text).run().exits_with(2);
            outcome.without_a_connection().complains(&complaint);
        }
    }
}

#[test]
fn durations_may_be_written_in_many_ways() {
    let scene = scene();
    for text in ["500ms", "30s", "5m", "2h", "60", "1.5s"] {
        scene.run(&format!("chunks DUMP --max-wait={text} --stall-timeout {text}")).exits_with(0);
    }
}

#[test]
fn no_time_at_all_is_refused_as_a_limit() {
    is_refused(&scene(), "chunks DUMP --stall-timeout 0", "it is zero, so nothing could ever be received");
}

#[test]
fn retries_that_are_no_number_are_refused() {
    let scene = scene();
    for text in ["many", "-1", "1.5", "99999999999"] {
        is_refused(&scene, &format!("chunks DUMP --retries={text}"), "is not a whole number");
        let outcome = scene.command("chunks DUMP").env("ANAPLAN_RETRIES", text).run().exits_with(2);
        outcome.without_a_connection().complains("--retries (ANAPLAN_RETRIES) is not a whole number");
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let scene = scene();
    let command = scene.command("chunks DUMP").env("ANAPLAN_RETRIES", "").env("ANAPLAN_STALL_TIMEOUT", " ");
    command.env("ANAPLAN_REGION", "").env("HTTPS_PROXY", "").run().exits_with(0);
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let scene = scene();
    let outcome = scene.command("get DUMP -o").arg(OsStr::from_bytes(b"d\xffmp.csv")).run().exits_with(2);
    outcome.without_a_connection().complains("an argument is not UTF-8: d\u{fffd}mp.csv");
}

#[test]
fn a_locator_that_ends_too_early_says_what_was_expected() {
    let scene = scene();
    let outcome =
        scene.command("chunks").arg(format!("{WORKSPACE}/{MODEL}/{PROCESS}/{TASK}")).run().exits_with(2);
    outcome.without_a_connection().complains("it ends too early; expected ").complains("/OBJECT");
}

#[test]
fn a_locator_that_makes_no_sense_says_where() {
    let scene = scene();
    for (locator, complaint) in [
        ("", "the text is empty"),
        (
            "https://api.anaplan.com/2/0/workspaces/W/modelz/M",
            "at character 42, before \"modelz/M\", expected models/",
        ),
        ("https://api.anaplan.com/1/3/workspaces/W", "expected the API's root /2/0/"),
        ("W/M/118000000001/T/O/more", "before \"more\", expected nothing more"),
        ("W//P/T/O", "expected /MODEL after the workspace; an identifier cannot be empty"),
    ] {
        let outcome = scene.command("chunks").arg(locator).run().exits_with(2).without_a_connection();
        outcome.complains("cannot read \"").complains(complaint);
    }
}

#[test]
fn the_short_form_may_begin_at_the_process_where_the_environment_names_the_rest() {
    let scene = scene();
    let command = scene.command("chunks").arg(format!("{PROCESS}/{TASK}/{OBJECT}"));
    let command = command.env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL);
    command.run().exits_with(0).says("2      Chunk 2\n");
    let prefix = format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/");
    assert!(scene.server.requests()[0].target.starts_with(&prefix), "{}", scene.describe());
}

#[test]
fn a_complete_locator_wins_over_the_environment() {
    let scene = scene();
    let command =
        scene.command("chunks DUMP").env("ANAPLAN_WORKSPACE", "other").env("ANAPLAN_MODEL", "other");
    command.run().exits_with(0);
}

#[test]
fn a_locator_that_begins_like_an_option_stands_behind_two_dashes() {
    let scene = scene();
    let command = scene.command("chunks --").arg("-odd/T/O");
    let command = command.env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL);
    command.run().exits_with(4).complains("/-odd/T/O");
}

#[test]
fn help_before_a_command_is_the_help_of_the_command() {
    let scene = scene();
    let expected = scene.run("get --help").exits_with(0).stdout();
    scene.run("help get").exits_with(0).says_exactly(&expected);
}

#[test]
fn the_version_is_told_after_other_options_too() {
    let scene = scene();
    scene.run("--retries 0 -V").exits_with(0).says_exactly(VERSION_LINE);
    scene.run("-q --version").exits_with(0).says_exactly(VERSION_LINE);
}

#[test]
fn a_limit_of_no_tasks_at_all_is_refused() {
    is_refused(&scene(), "tasks DUMP --limit 0", "a whole number from 1 is needed");
}
