//! `explain --fix` and `--html`: the files that they write, and those that they leave alone.

use crate::explain::{DUMP, FIXED, NO_DUMP, scene};
#[cfg(unix)]
use crate::signals::WITH_DEFAULT_SIGNALS;
use crate::support::Scene;
use crate::support::texts::exists;

/// What is said of the rows of [`DUMP`] that are written.
const NOTE: &str = "fixed.csv: 3 rows to correct; 1 row loaded with a warning left out: --warnings takes them along\n";

#[test]
fn a_kind_that_fits_none_or_several_leaves_no_file() {
    let scene = scene();
    for fix in ["", " --fix fixed.csv"] {
        let outcome = scene.run(&format!("explain dump.csv --kind invalid{fix}"));
        outcome
            .is_wrong_usage("dump.csv: \"invalid\" fits several kinds: <ANY>; there are: Invalid number; Invalid code");
        let none = "dump.csv: no row in the dump is of the kind \"moon\"; there are: <ANY>";
        scene.run(&format!("explain dump.csv --kind moon{fix}")).fails(4, none);
    }
    scene.holds(&["dump.csv"]);
}

#[test]
fn a_terminal_shows_ten_kinds_and_says_how_to_see_all_and_a_page_has_a_hundred() {
    let scene = scene();
    // Letters alone: a number would be taken for a value.
    let row = |kind: usize| format!("{},{kind},Kind {}\n", if kind > 95 { 'W' } else { 'E' }, "x".repeat(kind));
    scene.write("many.csv", format!("_Status_,_Line_,_Error_1_\n{}", (1..=101).map(row).collect::<String>()));
    let outcome = scene.run("explain many.csv --html page.html");
    outcome.notes("page.html: the report as a page\n--top 95 shows every kind\n");
    outcome.stdout_has("\n  and 85 more kinds not shown\n");
    let page = scene.text("page.html");
    assert_eq!(page.matches("<h3>").count(), 101, "{page}");
    assert!(!scene.run("explain many.csv --top 95").stdout_text().contains("not shown"));
}

#[test]
fn nothing_is_overwritten_without_force_and_never_a_dump_that_is_read() {
    let scene = scene();
    scene.write("there", "mine");
    scene.write("old.csv", DUMP);
    for option in ["--fix", "--html"] {
        scene.run(&format!("explain dump.csv {option} there")).fails(7, exists("there"));
    }
    for (options, option, name) in [
        ("--fix dump.csv --force", "--fix", "dump.csv"),
        ("--html ./dump.csv --force", "--html", "./dump.csv"),
        ("--against old.csv --html old.csv --force", "--html", "old.csv"),
    ] {
        let outcome = scene.run(&format!("explain dump.csv {options}"));
        outcome.is_wrong_usage(format!("{option} would replace the dump {name}: choose another name"));
    }
    #[cfg(unix)]
    {
        let command = scene.command("explain - --fix dump.csv --force");
        let outcome = command.through("\"$0\" \"$@\" < dump.csv").run();
        outcome.is_wrong_usage("--fix would replace the dump dump.csv: choose another name");
    }
    scene.run("explain dump.csv --fix there --force").any_stdout().stderr_text();
    scene.has("there", FIXED.as_bytes());
    scene.run("explain there").fails(1, format!("there: {NO_DUMP}; it begins with \"\"Code\",\"Amount\"\""));
}

#[test]
fn rejected_rows_that_cannot_be_written_are_said_even_quietly() {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", include_str!("../crates/core/src/report/tests/samples/02-left-out.csv"));
    let why = "1 rejected row is not in fixed.csv: the fields may not be in their columns (see row 4 of the dump)";
    let outcome = scene.run("explain dump.csv -q --json --fix fixed.csv");
    outcome.json_has("/fix/left_out", 1).json_has("/fix/left_out_rows", serde_json::json!([4])).fails(1, why);
    scene.has("fixed.csv", b"\"Code\",\"Amt\"\n\"A1\",\"x\"\n\"A2\",\"y\"\n");
}

#[test]
fn rows_that_were_loaded_with_a_warning_are_written_if_asked() {
    let scene = scene();
    scene.run("explain dump.csv --fix fixed.csv").any_stdout().notes(NOTE);
    let outcome = scene.run("explain dump.csv --fix all.csv --warnings");
    outcome.any_stdout().notes("all.csv: 4 rows to correct\n");
    let all = FIXED.replace("\"A\n4\"", "\"A3\",\"3\"\n\"A\n4\"");
    scene.has("all.csv", all.as_bytes());
    scene.any_files();
}

#[test]
#[cfg(unix)]
fn more_dumps_than_files_may_be_open_are_read() {
    let scene = scene();
    let files = ["dump.csv"; 50].join(" ");
    let command = scene.command(&format!("explain {files} --json")).through("ulimit -n 30; exec \"$0\" \"$@\"");
    command.run().json_has("/totals/rows", 200);
}

#[test]
#[cfg(unix)]
fn an_interrupt_while_a_pipe_is_opened_leaves_no_file() {
    let scene = scene();
    let command = scene.command("explain dump.csv --html page.html --fix pipe");
    let mut running = command.through(&format!("mkfifo pipe && {WITH_DEFAULT_SIGNALS}")).start();
    running.wait_until("the page is begun", |scene| scene.files().iter().any(|name| name.ends_with(".tmp")));
    running.signal("TERM");
    running.finish().fails(143, "terminated");
    scene.remove("pipe");
    scene.holds(&["dump.csv"]);
}

#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let scene = scene();
    let no_space = "No space left on device (os error 28)";
    for option in ["--fix", "--html"] {
        let outcome = scene.run(&format!("explain dump.csv -q {option} /dev/full"));
        outcome.fails(7, format!("cannot write to /dev/full: {no_space}\n  make room on this disk"));
        let outcome = scene.command(&format!("explain dump.csv {option}")).arg("").run();
        outcome.is_wrong_usage(format!("{option} needs a file"));
        let outcome = scene.run(&format!("explain dump.csv {option} missing/file"));
        outcome.fails(7, "cannot write to missing/file: the folder missing is not there: make it first");
    }
    let outcome = scene.command("explain dump.csv").through("\"$0\" \"$@\" > /dev/full").run();
    outcome.fails(7, format!("cannot write to the output: {no_space}"));
}
