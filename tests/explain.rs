//! `explain`: the report on dump files, on screens and in documents, and what is refused. The report itself, on
//! files of all shapes, has tests in the library.

use serde_json::json;
use xtask::fake::dump_file;

use crate::support::texts::exists;
use crate::support::{COSTS, Scene, dump_for, failed, failing_run, file_of};

/// A status, a warning, an error in two rows, two errors in one, a separator and a line break inside fields.
pub(crate) const DUMP: &str = r#""_Status_","Code","Amount","_Line_","_Error_1_","_Error_2_"
"E","A1","n/a","2","Invalid number: n/a",""
"E","A,2","n/a","3","Invalid number: n/a","Invalid code: A,2"
"W","A3","3","4","Cannot be directly updated as it is a calculated line item",""
"E","A
4","1","5","","Invalid code: A
4"
"#;

/// What `--fix` makes of it.
pub(crate) const FIXED: &str = "\"Code\",\"Amount\"\n\"A1\",\"n/a\"\n\"A,2\",\"n/a\"\n\"A\n4\",\"1\"\n";

pub(crate) const NO_DUMP: &str =
    "not a dump file: the first line has none of the columns _Status_, _Line_ and _Error_1_";

#[track_caller]
pub(crate) fn scene() -> Scene {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", DUMP);
    scene
}

/// What a line of the shell, in which `$RUN` is `anaplan-dump explain`, shows on a terminal of this kind.
#[track_caller]
fn screen(scene: &Scene, term: &str, line: &str) -> String {
    scene.command("explain").on_a_terminal(term, line).run().any_stdout().stdout_text()
}

/// Where the report on it counts its rows. The whole report has tests in the library.
fn report_on(name: &str) -> String {
    format!("\n  {name}: 4 rows (UTF-8, comma, LF)\n    3 rows were rejected\n")
}

#[test]
fn the_report_needs_neither_a_token_nor_the_network_and_reads_a_pipe_in_one_pass() {
    let scene = scene();
    let outcome = scene.command("explain dump.csv").without("ANAPLAN_TOKEN").run();
    outcome.stdout_has(report_on("dump.csv")).without_a_connection();
    for (variable, value) in [("ANAPLAN_ENV_FILE", "not-there.env"), ("ANAPLAN_TIMEOUT", "2h")] {
        scene.command("explain dump.csv").env(variable, value).run().stdout_has(report_on("dump.csv"));
    }
    let outcome = scene.command("explain - --fix fixed.csv -q").through("cat dump.csv | \"$0\" \"$@\"").run();
    outcome.stdout_has(report_on("standard input"));
    scene.has("fixed.csv", FIXED.as_bytes());
    let outcome = scene.command("explain - dump.csv --top=1").stdin(DUMP).run();
    let together = "\n  Together: 8 rows\n    6 rows were rejected\n";
    outcome.stdout_has("standard input: 4 rows").stdout_has(together);
}

#[test]
fn several_files_are_one_report_and_say_what_changed() {
    let scene = scene();
    let import = "folder/112000000016-Accounts-B7EA.csv";
    scene.make_folder("folder");
    scene.write(import, "Code;_Line_;_Error_1_\nB;7;Invalid code: B\nC;8;Invalid parent: C\n");
    scene.write("yesterday.csv", "Code,_Line_,_Error_1_\nB,7,Invalid code: B\nC,8,Invalid date: C\n");
    let outcome = scene.run(&format!("explain dump.csv {import} --top 1 --against yesterday.csv"));
    outcome
        .stdout_has(">    3  60.0 %         2      +2  Invalid code ")
        .stdout_has("\n  and 2 more kinds not shown\n");
    outcome.stdout_has("\nChanges: 5 rows rejected, 3 more than before\n");
    outcome.stdout_has("\n  Accounts: 2 rows (UTF-8, semicolon, LF)\n    2 rows were rejected\n");
    let outcome = scene.run(&format!("explain {import} --json --against=dump.csv --against=yesterday.csv"));
    let change = json!({"title": "Invalid code", "severity": "error", "change": "fewer", "rows_before": 3,
        "rows_after": 1, "difference": -2, "is_approximate": false});
    outcome.json_has("/changes/0", change).json_has("/totals/rejected", 2);
    assert_eq!(outcome.document()["made"].as_str().map(str::len), Some("2026-11-29T11:52:42Z".len()));
}

#[test]
fn rows_of_one_kind_are_a_table_a_document_or_a_file() {
    let scene = scene();
    let table = "Invalid number: 2 rows\n\nline  value  Amount  Code\n   2  n/a    n/a     A1\n   \
        3  n/a    n/a     A,2\n";
    scene.run("explain dump.csv --kind NUMBER").stdout(table);
    let row = json!({"line": 2, "dump_row": 2, "value": "n/a", "fields": ["n/a", "A1"]});
    let outcome = scene.run("explain dump.csv --kind number --top 1 --json");
    outcome.json_has("/rows", 2).json_has("/first_rows", json!([row]));
    let outcome = scene.run("explain dump.csv --kind number --fix numbers.csv");
    outcome.notes("numbers.csv: 2 rows to correct\n").stdout_has(report_on("dump.csv"));
    scene.has("numbers.csv", b"\"Code\",\"Amount\"\n\"A1\",\"n/a\"\n\"A,2\",\"n/a\"\n");
}

#[test]
fn a_file_that_is_no_dump_is_an_error_that_names_it() {
    let scene = scene();
    scene.write("plain.csv", "Code;Amount\nA;1\n");
    scene.make_folder("folder");
    let no_dump = format!("plain.csv: {NO_DUMP}; it begins with \"Code;Amount\"");
    let folder = "cannot open folder/: it is a folder\n  name the files: folder/*.csv";
    let packed = "dump.gz: not a dump file: it is compressed with gzip: unpack it first";
    let missing = "cannot open missing.csv: No such file or directory (os error 2)";
    scene.write("dump.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0");
    for (arguments, code, error) in [
        ("plain.csv --fix fixed.csv", 1, &*no_dump),
        ("dump.csv --fix fixed.csv --against plain.csv", 1, &no_dump),
        ("missing.csv", 7, missing),
        ("dump.csv --against missing.csv", 7, missing),
        ("folder/", 7, folder),
        ("dump.gz", 1, packed),
        ("plain.csv dump.gz", 1, &format!("{no_dump}\nanaplan-dump: {packed}")),
    ] {
        scene.run(&format!("explain {arguments}")).fails(code, error);
    }
    // The others are reported on.
    let outcome = scene.run("explain plain.csv dump.csv missing.csv");
    outcome.stdout_has(report_on("dump.csv")).exits_with(1);
    outcome.stderr(format!("anaplan-dump: {no_dump}\nanaplan-dump: {missing}\n"));
    let outcome = scene.run("explain plain.csv dump.csv --json");
    outcome.json_has("/totals/rows", 4).json_has("/not_read/0/message", &*no_dump).fails(1, no_dump);
    scene.run("explain - --fix a --html b").fails(1, "standard input is empty: there is no dump in it");
    scene.holds(&["dump.csv", "dump.gz", "plain.csv", "folder/"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    let scene = scene();
    let rows = "--kind shows rows instead of the report: leave out";
    let one = "takes one dump file, because columns may differ: name the newest";
    for (arguments, why) in [
        ("", "explain needs a dump file; - is standard input"),
        ("- -", "standard input can be read once"),
        ("dump.csv --json --top 3", "--json has every kind: leave out --top"),
        ("dump.csv a.csv --fix b.csv", &format!("--fix {one}")),
        ("dump.csv a.csv --kind b", &format!("--kind {one}")),
        ("dump.csv --kind b --html c", &format!("{rows} --html, or add --fix")),
        ("dump.csv --values b --json", "--values prints CSV instead of the report: leave out --kind and --json"),
        ("dump.csv --warnings", "--warnings is for --fix"),
        ("dump.csv --force", "--force is for --fix and --html"),
        ("dump.csv --fix a --html ./a", "--fix and --html name the same file"),
        ("dump.csv --fix -", "--fix needs a file: standard output has the report"),
        ("dump.csv --html folder/", "--html needs a file, not a folder"),
        ("dump.csv --top 0", "Error parsing option '--top' with value '0': a whole number from 1 is needed"),
    ] {
        let outcome = scene.run(&format!("explain {arguments}"));
        outcome.is_wrong_usage(why);
        if arguments.contains("--json") {
            outcome.stdout_has(why);
        }
    }
}

#[test]
fn all_values_of_a_kind_are_a_list_to_load() {
    let scene = Scene::with_chunks(3);
    let value = |n: usize| format!("\"\"CC\"\" {n:03}");
    let row = |n: usize| format!("x,\"Item not located in Cost centres list: {}\"\n", value(n % 150));
    scene.write("dump.csv", format!("Code,_Error_1_\n{}", (0..300).map(row).collect::<String>()));
    let expected: String = (0..150).map(|n| format!("\"{}\",2\n", value(n))).collect();
    scene.run("explain dump.csv --values centres").stdout(format!("value,rows\n{expected}"));
    let there = "there are: Item not located in Cost centres list";
    let error = format!("dump.csv: no row in the dump is of the kind \"moon\"; {there}");
    scene.run("explain dump.csv --values moon").fails(4, error);
    let many: String = (0..10_003).map(|n| format!("x,\"Invalid number: {}\"\n", n.max(2))).collect();
    scene.write("dump.csv", format!("Code,_Error_1_\n{many}"));
    let outcome = scene.run("explain dump.csv --values number");
    outcome.stdout_has("value,rows\n2,3\n").fails(1, "\"Invalid number\" has too many values <ANY> among these 5,001");
}

#[test]
fn a_dump_that_is_cut_off_gives_a_partial_report_and_no_corrected_file() {
    let scene = scene();
    let why = "standard input: the dump is cut off in the middle of a row: download it again";
    let cut = |options: &str| {
        let command = scene.command(&format!("explain - {options}"));
        command.through("head -c 150 dump.csv | \"$0\" \"$@\"").run()
    };
    let outcome = cut("");
    outcome.stdout_has("This is only a part, because a file is cut off: 2 rows were rejected").fails(1, why);
    cut("--kind number").any_stdout().fails(1, why);
    cut("--fix fixed.csv").fails(1, why);
    // Whatever it ends with, one that is not downloaded to its end is a part.
    scene.write("a.csv.part", DUMP);
    let why = "a.csv.part is an unfinished download: the same get again completes it";
    scene.run("explain a.csv.part --fix fixed.csv").fails(1, why);
    for arguments in ["a.csv.part", "a.csv.part --kind code", "dump.csv --against a.csv.part"] {
        scene.run(&format!("explain {arguments}")).any_stdout().fails(1, why);
    }
    scene.holds(&["a.csv.part", "dump.csv"]);
}

#[test]
fn a_terminal_gets_a_report_of_its_width_with_bars_of_blocks_unless_it_is_plain() {
    let scene = scene();
    for (screen, is_plain) in [
        (screen(&scene, "xterm", "$RUN dump.csv"), false),
        (screen(&scene, "dumb", "$RUN dump.csv"), true),
        (screen(&scene, "xterm", "NO_COLOR=1 $RUN dump.csv"), true),
        (scene.command("explain dump.csv").env("TERM", "xterm").run().stdout_text(), true),
    ] {
        let bars = (screen.contains('\u{2588}'), screen.contains("####"));
        assert!(screen.contains("3 rows were rejected") && bars == (!is_plain, is_plain), "{screen}");
    }
    let narrow = screen(&scene, "xterm", "stty cols 44; $RUN dump.csv");
    let widest = narrow.lines().map(|line| line.trim_end().chars().count()).max();
    assert!(narrow.contains("3 rows were rejected") && widest <= Some(44), "{narrow}");
}

#[test]
fn values_do_not_steer_a_terminal() {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", "Code,_Error_1_\n\u{1b}[31m,Invalid code: \u{1b}[31m\n");
    for line in ["$RUN dump.csv", "$RUN dump.csv --kind code", "$RUN dump.csv --values code"] {
        let screen = screen(&scene, "xterm", line);
        assert!(screen.contains("[31m") && !screen.contains("\u{1b}[31m"), "{screen:?}");
    }
}

#[test]
fn a_terminal_shows_the_progress_of_a_long_file() {
    let scene = scene();
    let slowly = "{ head -c 200 dump.csv; sleep 0.4; tail -c +201 dump.csv; } | $RUN -";
    let shown = screen(&scene, "xterm", slowly);
    assert!(shown.contains("\rreading standard input  "), "{shown:?}");
    let end = shown.rsplit_once("\r\u{1b}[K").map(|(_, end)| end).unwrap_or_default();
    assert!(end.starts_with("3 rows were rejected"), "{shown:?}");
    let quiet = screen(&scene, "xterm", &format!("{slowly} -q"));
    assert!(quiet.starts_with("3 rows were rejected"), "{quiet:?}");
}

#[test]
fn get_explains_what_it_downloaded_or_what_was_there() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let file = file_of(COSTS, "T1");
    scene.write("same.csv", dump_for(COSTS.0).bytes());
    let same = scene.run("explain same.csv").stdout_text();
    let (report, _) = same.split_once("\nMade ").expect("when it was made");
    for done in ["3 chunks  ", "already there\n"] {
        let outcome = scene.run("get NIGHTLY/T1 --explain");
        outcome.stdout_has(format!("{file}  2.5 kB  {done}")).stdout_has(format!("\n\n{report}\nMade "));
    }
    let outcome = scene.run("get NIGHTLY/T1 --explain --json");
    let document = scene.run("explain same.csv --json").document();
    outcome.json_has("/report/kinds/0/title", document["kinds"][0]["title"].clone());
    outcome.json_has("/report/inputs/0/name", file.clone());
    for (option, name) in [("--explain", "--explain"), ("--html page.html", "--html")] {
        let why = "reads what was downloaded: -o must name a file or a folder";
        scene.run(&format!("get NIGHTLY/T1 {option} -o -")).is_wrong_usage(format!("{name} {why}"));
    }
    scene.has(&file, &dump_for(COSTS.0).bytes());
}

#[test]
fn get_run_and_wait_write_the_report_as_a_page_and_run_prints_it() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let outcome = scene.run("run NIGHTLY --poll=1ms --explain --html run.html -q");
    let task = scene.task_id();
    let file = file_of(COSTS, &task);
    outcome.exits_with(6).stdout_has(format!("{file}  2.5 kB  3 chunks  ")).stdout_has(" UTC from:\n");
    let outcome = scene.run(&format!("get NIGHTLY/{task} --html get.html"));
    outcome.stderr_has("get.html: the report as a page\n");
    assert!(!outcome.any_stdout().stdout_text().contains("rows were rejected;"));
    for name in ["run.html", "get.html"] {
        let page = scene.text(name);
        assert!(page.contains("<title>What is wrong in Cost_centres</title>"), "{page}");
    }
    let again = scene.run(&format!("wait NIGHTLY/{task} --html get.html"));
    again.fails(7, exists("get.html"));
    let outcome = scene.run(&format!("wait NIGHTLY/{task} --html get.html --force"));
    outcome.exits_with(6).any_stdout().stderr_has("get.html: the report");
    scene.holds(&[&file, "get.html", "run.html"]);
}

#[test]
fn a_dump_that_cannot_be_explained_is_kept() {
    let mut dump = dump_file::generate(1, 2_000);
    dump[..200].fill(b'x');
    let scene = Scene::with_dump(xtask::fake::Dump::from_bytes(dump.clone(), 1_000));
    let outcome = scene.run("get DUMP -o dump.csv --explain");
    outcome.stdout("dump.csv  2.0 kB  2 chunks  <TIME>\n");
    outcome.fails(1, format!("dump.csv: {NO_DUMP}; it begins with \"{}\"", "x".repeat(60)));
    scene.has("dump.csv", &dump);
}

/// A dump such as a nightly load leaves, of 1,200 rows.
fn nightly_dump() -> String {
    let mut dump =
        "\"_Status_\",\"Cost centre\",\"Month\",\"Amount\",\"_Line_\",\"_Error_1_\",\"_Error_2_\"\n".to_owned();
    let calculated = "Cannot be directly updated as it is a calculated line item";
    for n in 0..1_200_u32 {
        let centre = format!("CC {}", 4_700 + n % 5);
        let amount = ["n/a", "n/a", "n/a", "-", "1.250,00 EUR"][n as usize % 5];
        let number = format!("Invalid number: {amount}");
        let missing = format!("Item not located in Cost centres list: {centre}");
        let (month, status, first, second) = match n % 12 {
            0..=5 => ("Jan 26", "E", number, String::new()),
            6..=8 => ("Jan 26", "E", missing, String::new()),
            9 => ("13/2026", "E", "Invalid date: 13/2026".to_owned(), String::new()),
            10 if n % 24 == 10 => ("Jan 26", "E", number, missing),
            10 => ("13/2026", "E", number, "Invalid date: 13/2026".to_owned()),
            _ => ("Jan 26", "W", calculated.to_owned(), String::new()),
        };
        let line = 7 * n + 2;
        dump += &format!("\"{status}\",\"{centre}\",\"{month}\",\"{amount}\",\"{line}\",\"{first}\",\"{second}\"\n");
    }
    dump
}

#[test]
fn the_report_in_the_readme_is_real() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("$ anaplan-dump explain rejected.csv\n").expect("the README shows a report");
    let (shown, _) = shown.split_once("\n...\n```").expect("its end");
    let scene = Scene::with_chunks(3);
    scene.write("rejected.csv", nightly_dump());
    let report = scene.run("explain rejected.csv").any_stdout().stdout_text();
    assert!(report.starts_with(shown), "{report}");
}
