//! `explain --fix` and `--html`: the files that they write, and those that they leave alone.

use std::fs;

use xtask::fake::dump_file::{self, Format};

use crate::explain::{DUMP, FIXED, NO_DUMP, report_in, report_on, scene};
#[cfg(unix)]
use crate::signals::WITH_DEFAULT_SIGNALS;
use crate::support::Scene;

#[test]
fn every_format_gets_the_same_report_and_its_own_format_back() {
    type Write = fn(&str) -> Vec<u8>;
    let plain: Write = |text| text.as_bytes().to_vec();
    let cases: [(&str, &str, &str, Write); 9] = [
        ("UTF-8, tab, LF", "\t", "\n", plain),
        ("UTF-8, semicolon, CRLF", ";", "\r\n", plain),
        ("UTF-8, pipe, CR", "|", "\r", plain),
        ("UTF-8, comma, CRLF", ",", "\r\n", plain),
        ("UTF-8 with BOM, comma, LF", ",", "\n", |text| ["\u{feff}", text].concat().into_bytes()),
        ("UTF-16LE with BOM, tab, CRLF", "\t", "\r\n", |text| {
            [b"\xff\xfe", &*text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
        }),
        ("UTF-16BE with BOM, comma, LF", ",", "\n", |text| {
            [b"\xfe\xff", &*text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()].concat()
        }),
        ("UTF-16LE, comma, LF", ",", "\n", |text| text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("UTF-16BE, pipe, LF", "|", "\n", |text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ];
    for (format, separator, line_end, write) in cases {
        let scene = Scene::with_chunks(3);
        let rewritten = |text: &str| {
            let text =
                text.replace("\",\"", &format!("\"{separator}\"")).replace("\"\n", &format!("\"{line_end}"));
            write(&text)
        };
        scene.write("dump", rewritten(DUMP));
        let outcome = scene.run("explain dump --fix fixed");
        outcome.notes(NOTE.replace("fixed.csv", "fixed")).stdout(report_in("dump", format));
        scene.has("fixed", &rewritten(FIXED));
    }
}

/// What is said of the rows of [`DUMP`] that are written.
const NOTE: &str =
    "fixed.csv: 3 rows to correct; 1 row loaded with a warning left out: --warnings takes them along\n";

/// The rows of a generated dump, read strictly: every field is quoted.
fn rows_of(dump: &[u8], format: Format) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(dump).expect("the dump is UTF-8");
    let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some(field) = rest.strip_prefix('"') {
        let mut at = 0;
        while let Some(quote) = field[at..].find('"').filter(|quote| field[at + quote + 1..].starts_with('"'))
        {
            at += quote + 2;
        }
        let end = at + field[at..].find('"').expect("the field ends");
        row.push(field[..end].to_owned());
        rest = &field[end + 1..];
        if let Some(next) = rest.strip_prefix(char::from(format.delimiter)) {
            rest = next;
        } else {
            rows.push(std::mem::take(&mut row));
            rest = rest.trim_start_matches('\r').strip_prefix('\n').expect("the row ends");
        }
    }
    rows
}

#[test]
fn the_corrected_file_has_the_rejected_rows_byte_for_byte() {
    for seed in 0..12 {
        let format = Format::from_seed(seed);
        let dump = dump_file::generate(seed, 200_000);
        let rows = rows_of(&dump, format);
        let first = usize::from(format.status);
        let (end, separator) =
            (if format.crlf { "\r\n" } else { "\n" }, char::from(format.delimiter).to_string());
        let rejected: Vec<&Vec<String>> = rows.iter().filter(|row| !format.status || row[0] != "W").collect();
        let fixed: String = rejected
            .iter()
            .map(|row| format!("\"{}\"{end}", row[first..first + 4].join(&format!("\"{separator}\""))))
            .collect();
        let scene = Scene::with_chunks(3);
        scene.write("dump.csv", &dump);
        let outcome = scene.run("explain dump.csv --json --fix fixed.csv");
        outcome.stderr_has(format!("fixed.csv: {} rows to correct", rejected.len() - 1));
        outcome.json_has("/fix/rows", rejected.len() - 1).json_has("/fix/left_out", 0);
        outcome.json_has("/fix/warnings_left_out", rows.len() - rejected.len());
        outcome.json_has("/totals/rows", rows.len() - 1);
        outcome.json_has("/totals/rejected", rejected.len() - 1);
        assert_eq!(String::from_utf8_lossy(&scene.read("fixed.csv")), fixed, "seed {seed}");
    }
}

#[test]
fn a_kind_that_is_none_or_several_leaves_no_file() {
    for fix in ["", " --fix fixed.csv"] {
        let scene = scene();
        let outcome = scene.run(&format!("explain dump.csv --kind invalid{fix}"));
        outcome.refuses(
            "dump.csv: \"invalid\" fits several kinds: give more of the title, or all of it as \"=Invalid number\"; \
             there are: Invalid number; Invalid code\nTry anaplan-dump <ANY>--help.",
        );
        let outcome = scene.run(&format!("explain dump.csv --kind moon{fix}"));
        let there =
            "Invalid number; Invalid code; Cannot be directly updated as it is a calculated line item";
        outcome.fails(4, format!("dump.csv: no row in the dump is of the kind \"moon\"; there are: {there}"));
        scene.holds(&["dump.csv"]);
    }
}

#[test]
fn a_terminal_shows_ten_kinds_and_says_how_to_see_all_and_a_page_has_a_hundred() {
    let scene = scene();
    let kinds = 101;
    // Letters alone: a number would be taken for a value.
    let title = |kind: usize| format!("Kind {}", "x".repeat(kind));
    let status = |kind| if kind > 95 { 'W' } else { 'E' };
    let rows = (1..=kinds).map(|kind| format!("{},{kind},{}\n", status(kind), title(kind)));
    scene.write("many.csv", format!("_Status_,_Line_,_Error_1_\n{}", rows.collect::<String>()));
    let outcome = scene.run("explain many.csv --html page.html");
    outcome.notes("page.html: the report as a page\n--top 95 shows every kind\n");
    let text = outcome.any_stdout().stdout_text();
    assert!(text.contains("\n  and 85 more kinds not shown\n"), "{text}");
    let page = scene.text("page.html");
    assert_eq!(page.matches("<h3>").count(), 101, "{page}");
    let shown = scene.run("explain many.csv --top 95");
    shown.notes("");
    assert!(!shown.any_stdout().stdout_text().contains("not shown"));
}

#[test]
fn nothing_is_overwritten_without_force() {
    for option in ["--fix", "--html"] {
        let scene = scene();
        scene.write("there", "mine");
        let outcome = scene.run(&format!("explain dump.csv {option} there"));
        outcome.fails(
            7,
            "there exists already and is left as it is\n  choose another name, or replace it with --force",
        );
    }
    let scene = scene();
    scene.write("there", "mine");
    scene.run("explain dump.csv --fix there --force").any_stdout().stderr_text();
    scene.has("there", FIXED.as_bytes());
    scene.run("explain there").fails(1, format!("there: {NO_DUMP}; it begins with \"\"Code\",\"Amount\"\""));
}

#[test]
#[cfg(unix)]
fn a_replaced_file_keeps_its_mode_and_the_link_to_it() {
    use std::os::unix::fs::PermissionsExt;

    let scene = scene();
    scene.make_folder("folder");
    scene.write("folder/there", "mine");
    let there = scene.path("folder/there");
    fs::set_permissions(&there, PermissionsExt::from_mode(0o640)).expect("the mode");
    std::os::unix::fs::symlink("folder/there", scene.path("link")).expect("the link");
    scene.run("explain dump.csv -q --fix link --force").stdout(report_on("dump.csv"));
    assert_eq!(fs::read_link(scene.path("link")).expect("a link"), std::path::Path::new("folder/there"));
    assert_eq!(there.metadata().expect("the file").permissions().mode() & 0o777, 0o640);
    scene.has("folder/there", FIXED.as_bytes());
    scene.has("link", FIXED.as_bytes());
}

#[test]
fn rejected_rows_that_cannot_be_written_are_said_even_quietly() {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", include_str!("../crates/core/src/report/tests/samples/02-left-out.csv"));
    let why =
        "1 rejected row is not in fixed.csv: the fields may not be in their columns (see row 4 of the dump)";
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
    // A kind that the report lists is one.
    let outcome = scene.run("explain dump.csv --fix none.csv --kind calculated");
    outcome.any_stdout().notes(NOTE.replace("fixed.csv: 3", "none.csv: 0"));
    scene.holds(&["all.csv", "dump.csv", "fixed.csv", "none.csv"]);
}

#[test]
#[cfg(unix)]
fn a_dump_on_standard_input_is_not_replaced() {
    let scene = scene();
    let command = scene.command("explain - --fix dump.csv --force").through("\"$0\" \"$@\" < dump.csv");
    command
        .run()
        .refuses("--fix would replace the dump dump.csv: choose another name\nTry anaplan-dump <ANY>--help.");
    scene.has("dump.csv", DUMP.as_bytes());
}

#[test]
#[cfg(unix)]
fn more_dumps_than_files_may_be_open_are_read() {
    let scene = scene();
    let files = ["dump.csv"; 50].join(" ");
    let command =
        scene.command(&format!("explain {files} --json")).through("ulimit -n 30; exec \"$0\" \"$@\"");
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
fn an_unreadable_earlier_dump_leaves_no_file() {
    let scene = scene();
    scene.write("old.csv", "plain,text\n");
    let outcome = scene.run("explain dump.csv --fix fixed.csv --against old.csv");
    outcome.fails(1, format!("old.csv: {NO_DUMP}; it begins with \"plain,text\""));
    scene.holds(&["dump.csv", "old.csv"]);
}

#[test]
fn the_longest_name_of_a_file_can_be_written() {
    let scene = scene();
    let name = "é".repeat(125) + "x.csv";
    scene.run(&format!("explain dump.csv -q --fix {name}")).stdout(report_on("dump.csv"));
    scene.has(&name, FIXED.as_bytes());
}

#[test]
fn a_dump_that_is_read_is_never_replaced() {
    let scene = scene();
    scene.write("old.csv", fs::read_to_string(scene.path("dump.csv")).expect("the dump"));
    let before = fs::read(scene.path("dump.csv")).expect("the dump");
    for (options, option, name) in [
        ("--fix dump.csv --force", "--fix", "dump.csv"),
        ("--html ./dump.csv --force", "--html", "./dump.csv"),
        ("--against old.csv --html old.csv --force", "--html", "old.csv"),
    ] {
        let outcome = scene.run(&format!("explain dump.csv {options}"));
        outcome.refuses(format!(
            "{option} would replace the dump {name}: choose another name\nTry anaplan-dump <ANY>--help."
        ));
    }
    scene.has("dump.csv", &before);
}

#[test]
fn an_output_that_cannot_be_written_is_reported() {
    let scene = scene();
    for option in ["--fix", "--html"] {
        let outcome = scene.run(&format!("explain dump.csv -q {option} /dev/full"));
        outcome.fails(
            7,
            "cannot write to /dev/full: No space left on device (os error 28)\n  make room on this disk",
        );
        let outcome = scene.command(&format!("explain dump.csv {option}")).arg("").run();
        outcome.refuses(format!("{option} needs a file\nTry anaplan-dump <ANY>--help."));
        let outcome = scene.run(&format!("explain dump.csv {option} missing/file"));
        outcome.fails(7, "cannot write to missing/file: the folder missing is not there: make it first");
    }
    scene.run("explain dump.csv").stdout(report_on("dump.csv"));
    scene
        .command("explain dump.csv")
        .through("\"$0\" \"$@\" > /dev/full")
        .run()
        .fails(7, "cannot write to the output: No space left on device (os error 28)");
}
