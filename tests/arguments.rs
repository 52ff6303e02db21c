//! The command line itself: spellings, help, and usage that is refused before anything is sent.

use xtask::fake::{ErrorBody, Fault};

use crate::support::{Scene, bytes_of, chunk_list, three_chunks};

const VERSION_LINE: &str = concat!("anaplan-dump ", env!("CARGO_PKG_VERSION"), "\n");

const NO_DURATION: &str = "is not a duration such as 500ms, 30s, 5m, 2h or plain seconds";

#[track_caller]
fn scene() -> Scene {
    Scene::with_dump(three_chunks())
}

/// Wrong usage, with a hint at the help.
#[track_caller]
fn is_refused(arguments: &str, error: &str) {
    scene().run(arguments).refuses(format!("{error}\nTry anaplan-dump <ANY>--help."));
}

/// A value of a setting is refused as an option and as a variable.
#[track_caller]
fn value_is_refused(option: &str, variable: &str, value: &str, error: &str) {
    let scene = scene();
    let error = format!("{option} ({variable}) {error}\nTry anaplan-dump <ANY>--help.");
    scene.run(&format!("chunks DUMP {option}={value}")).refuses(&error);
    scene.command("chunks DUMP").env(variable, value).run().refuses(&error);
}

#[test]
fn a_value_may_follow_a_blank_or_an_equals_sign() {
    for arguments in ["get DUMP --output dump.csv", "get DUMP --output=dump.csv", "get DUMP -o dump.csv"] {
        scene().run(arguments).saves(&three_chunks());
    }
    scene().run("get --output=a=b.csv DUMP").saves_as("a=b.csv", &three_chunks());
}

#[test]
fn general_options_may_stand_before_and_after_the_command() {
    for arguments in ["-q get DUMP -o -", "get -q DUMP -o -", "get DUMP -o - -q", "--quiet get DUMP -o -"] {
        scene().run(arguments).stderr("").prints(&bytes_of(3, 1));
    }
    for arguments in ["--retries 0 -v chunks DUMP", "chunks DUMP -v --retries=0"] {
        let table = "CHUNK  NAME\n0      Chunk 0\n1      Chunk 1\n2      Chunk 2\n";
        scene().run(arguments).notes("GET <URL>/chunks  200  <TIME>\n").stdout(table);
    }
}

#[test]
fn help_has_examples_and_names_every_exit_code() {
    let scene = scene();
    for (arguments, example) in [
        ("", "anaplan-dump get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv"),
        ("get", "anaplan-dump get WORKSPACE/MODEL/PROCESS/TASK/OBJECT -o rejected.csv"),
        ("chunks", "anaplan-dump chunks WORKSPACE/MODEL/PROCESS/TASK/OBJECT --json"),
    ] {
        let help = |option: &str| {
            let outcome = scene.command(arguments).arg(option).env_remove("ANAPLAN_TOKEN").run();
            outcome.without_a_connection().stdout_text()
        };
        let text = help("--help");
        assert!(text.starts_with("Usage: anaplan-dump"), "{text}");
        assert!(text.contains("\nExamples:\n") && text.contains(example), "{text}");
        assert_eq!(help("-h"), text);
    }
    let help = scene.run("get --help").stdout_text();
    for arguments in ["help get", "get DUMP -o x -h"] {
        scene.run(arguments).stdout(&help);
    }
    let help = scene.run("--help").stdout_text();
    scene.run("").exits_with(2).without_a_connection().stdout(&help);
    let codes = ["0", "1", "2", "3", "4", "5", "6", "7", "130", "143"];
    for code in codes {
        assert!(help.contains(&format!("\n  {code} ")), "{code}\n{help}");
    }
}

#[test]
fn the_version_is_one_line() {
    let scene = scene();
    for options in ["--version", "-V", "--retries 0 -V", "-q --version"] {
        scene.command(options).env_remove("ANAPLAN_TOKEN").run().without_a_connection().stdout(VERSION_LINE);
    }
}

#[test]
fn unknown_options_and_commands_are_refused() {
    is_refused("get DUMP --nonsense", "there is no option \"--nonsense\"");
    is_refused("--nonsense", "there is no option \"--nonsense\"");
    is_refused("get DUMP -x", "Unrecognized argument: -x");
    is_refused("frobnicate DUMP", "there is no command \"frobnicate\"");
    is_refused("taks DUMP", "there is no command \"taks\"; did you mean \"tasks\"?");
    is_refused("get DUMP --ouptut x", "there is no option \"--ouptut\"; did you mean \"--output\"?");
    is_refused("chunks DUMP DUMP", "Unrecognized argument: <DUMP>");
    is_refused("chunks DUMP --force", "--force is an option of get, run, wait, explain, not of chunks");
    is_refused("get DUMP --failed", "--failed is an option of tasks, not of get");
    is_refused(
        "https://api.anaplan.com/x",
        "\"https://api.anaplan.com/x\" is no command; did you mean \"get https://api.anaplan.com/x\"?",
    );
    let scene = scene();
    scene
        .run("tasks --nonsense")
        .refuses("there is no option \"--nonsense\"\nTry anaplan-dump tasks --help.");
}

#[test]
fn what_is_missing_is_named() {
    is_refused("get", "Required positional arguments not provided:\n    LOCATOR");
    is_refused("get DUMP -o", "-o needs a value");
    is_refused("chunks DUMP --api-url", "--api-url needs a value");
    is_refused("get DUMP --output=", "-o needs a file, a folder or -");
}

#[test]
fn a_value_where_none_belongs_is_refused() {
    is_refused("chunks DUMP --json=yes", "--json takes no value");
    is_refused("get DUMP --force=no", "--force takes no value");
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for text in ["soon", "-1", "10y", "1e9h", "NaN"] {
        value_is_refused("--max-wait", "ANAPLAN_MAX_WAIT", text, NO_DURATION);
        value_is_refused("--stall-timeout", "ANAPLAN_STALL_TIMEOUT", text, NO_DURATION);
    }
    for text in ["many", "-1", "1.5", "99999999999"] {
        value_is_refused("--retries", "ANAPLAN_RETRIES", text, "is not a whole number");
    }
    is_refused(
        "tasks DUMP --limit 0",
        "Error parsing option '--limit' with value '0': a whole number from 1 is needed",
    );
    let zero = "<ANY> cannot be used: it is zero, so nothing could ever be received";
    scene().run("chunks DUMP --stall-timeout 0").refuses(zero);
}

#[test]
fn durations_may_be_written_in_many_ways() {
    for (text, shown) in [
        ("500ms", "0.5 s"),
        ("1.5s", "1.5 s"),
        ("30s", "30 s"),
        ("60", "1 min 00 s"),
        ("5m", "5 min 00 s"),
        ("2h", "2 h 00 min"),
        ("1d", "24 h 00 min"),
    ] {
        let scene = scene();
        let retry_after = Some("999999".to_owned());
        scene.server.fault(Fault::Status { code: 503, retry_after, body: ErrorBody::Empty }, chunk_list());
        let mut running = scene.command(&format!("chunks DUMP --max-wait={text}")).start();
        running.wait_for_note(&format!("; retry 1 of 12 in {shown}\n"));
        running.kill();
    }
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let scene = scene();
    let command = scene.command("get DUMP -o -").env("ANAPLAN_RETRIES", "").env("ANAPLAN_STALL_TIMEOUT", " ");
    command.env("ANAPLAN_REGION", "").env("HTTPS_PROXY", "").run().prints(&bytes_of(3, 1));
}

#[test]
fn contradictions_are_wrong_usage() {
    let task = "NIGHTLY/T9";
    for (command, why) in [
        ("get DUMP --whole --parallel 3", "--whole fetches one piece: --parallel has no meaning with it"),
        ("get DUMP --whole --verify", "--whole has no chunks: --verify has no meaning with it"),
        ("get DUMP --limit 3", "--limit is for a process: the locator names a task"),
        (&format!("get {task} --older"), "--older is for a process: the locator names a task"),
        (&format!("get {task} --since 2h"), "--since is for a process: the locator names a task"),
        ("get DUMP -o - --force", "--force replaces a file: -o names none"),
        ("get DUMP -o - --restart", "--restart begins a file anew: -o names none"),
        ("get DUMP -o -q", "-o needs a value, and -q looks like an option (./-q is a file)"),
        ("get DUMP -v -q", "-v and -q contradict each other"),
        ("get DUMP -qv", "-v and -q contradict each other"),
        ("get NIGHTLY NIGHTLY/T9 -o -", "several locators need a folder for -o"),
    ] {
        is_refused(command, why);
    }
}

#[test]
fn a_file_may_be_called_like_an_option() {
    let scene = Scene::with_chunks(3);
    scene.run("get DUMP -q -o ./-q").any_stdout();
    scene.has("-q", &bytes_of(3, 1));
}

#[test]
fn options_may_be_joined_and_the_last_of_one_that_is_repeated_wins() {
    let scene = Scene::with_chunks(3);
    for arguments in
        ["get DUMP -qox.csv", "-q get -ox.csv DUMP", "get DUMP -q -o y.csv -o x.csv", "-ox.csv get DUMP -q"]
    {
        scene.run(arguments).any_stdout();
        scene.has("x.csv", &bytes_of(3, 1));
        scene.holds(&["x.csv"]);
        scene.remove("x.csv");
    }
}
