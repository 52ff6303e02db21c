//! `explain`: the report on dump files of all shapes, and what is refused. The rules of grouping and counting have
//! tests in the library.

use serde_json::json;
use xtask::fake::dump_file;

use crate::support::{COSTS, Outcome, Scene, dump_for, failed, failing_run, file_of};

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

/// The report on it, as a pattern: up to the name of the file, and from there on.
const ANSWER: &str = "3 rows were rejected; 2 kinds of errors make up all of them: cure these, and 3
rows can load.

  rows   share  alone  kind                                               column
     2  66.7 %      1  Invalid code                                       Code
     2  66.7 %      1  Invalid number                                     Amount
  loaded with a warning:
     1                 Cannot be directly updated as it is a calculat...
  alone: rows without a message of another kind. They can load once this one is
  cured.

2 kinds of errors
-----------------

Invalid code                                                     2 rows   66.7 %
  ####################################################
  columns    Code 2
  values     \"A\\n4\" 1, \"A,2\" 1
  lines      3, 5
  cure       Correct the code in the source, or map the column that really holds
             codes.

Invalid number                                                   2 rows   66.7 %
  ####################################################
  columns    Amount 2
  values     \"n/a\" 2
  lines      2, 3
  cure       Write plain numbers without units or words, with the decimal sign
             that the import expects.

1 kind of warnings: these rows were loaded
------------------------------------------

Cannot be directly updated as it is a calculated line item        1 row  100.0 %
  ##############################################################################
  lines      4
  cure       Leave the column out of the import, or map it to a line item
             without a formula.

Made <DATE> <CLOCK> UTC from:
";

const FACTS: &str = "    3 rows were rejected
    1 rejected row has several messages
    1 row was loaded with a warning
    source lines 2 to 5
";

pub(crate) const NO_DUMP: &str =
    "not a dump file: the first line has none of the columns _Status_, _Line_ and _Error_1_";

#[track_caller]
pub(crate) fn scene() -> Scene {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", DUMP);
    scene
}

/// Runs a command of the shell, in which `$EXPLAIN` is `anaplan-dump explain`, on a terminal of this kind.
#[track_caller]
fn on_a_terminal<'a>(scene: &'a Scene, term: &str, command: &str) -> Outcome<'a> {
    let script = format!("export EXPLAIN=\"$0 explain\"; exec /usr/bin/script -qec '{command}' /dev/null");
    scene.command("").env("TERM", term).env("SHELL", "/bin/bash").through(&script).run()
}

pub(crate) fn report_on(name: &str) -> String {
    report_in(name, "UTF-8, comma, LF")
}

pub(crate) fn report_in(name: &str, format: &str) -> String {
    format!("{ANSWER}  {name}: 4 rows ({format})\n{FACTS}")
}

#[test]
fn the_report_needs_neither_a_token_nor_the_network() {
    let scene = scene();
    let outcome = scene.command("explain dump.csv").without("ANAPLAN_TOKEN").run();
    outcome.stdout(report_on("dump.csv")).without_a_connection();
}

#[test]
fn a_pipe_is_read_in_one_pass() {
    let scene = scene();
    let outcome = scene.command("explain - --fix fixed.csv -q").through("cat dump.csv | \"$0\" \"$@\"").run();
    outcome.stdout(report_on("standard input"));
    scene.has("fixed.csv", FIXED.as_bytes());
    let outcome = scene.command("explain - dump.csv --top=1").stdin(DUMP).run();
    outcome
        .stdout_has("standard input: 4 rows")
        .stdout_has("\n  Together: 8 rows\n    6 rows were rejected\n");
}

#[test]
fn a_dump_beside_itself_has_no_changes() {
    let scene = scene();
    let same = "
Changes: 3 rows rejected, as many as before
  Each kind has as many rows as before.
";
    scene.run("explain dump.csv --against dump.csv").stdout_has(same).any_stdout();
    scene.run("explain dump.csv --against dump.csv --html page.html").any_stdout().stderr_text();
    let page = scene.text("page.html");
    assert!(page.contains("<p>Each kind has as many rows as before.</p>"), "{page}");
}

#[test]
fn lines_that_the_dump_does_not_say_are_left_out_and_an_empty_value_can_be_seen() {
    let scene = scene();
    scene.write("bare.csv", "Code,_Line_,_Error_1_\n,,Invalid code: \n,x,Invalid code: \n");
    let outcome = scene.run("explain bare.csv --html page.html");
    outcome.stdout_has("\n  columns    Code 2\n  values     \"\" 2\n  cure       Correct").stderr_text();
    let page = scene.text("page.html");
    assert!(page.contains("(empty)</span> 2"), "{page}");
    assert!(!page.contains("Dump rows"), "{page}");
}

#[test]
fn several_files_are_one_report_and_say_what_changed() {
    let scene = scene();
    let import = "folder/112000000016-Accounts-B7EA.csv";
    scene.make_folder("folder");
    scene.write(import, "Code;_Line_;_Error_1_\nB;7;Invalid code: B\nC;8;Invalid parent: C\n");
    scene.write("yesterday.csv", "Code,_Line_,_Error_1_\nB,7,Invalid code: B\nC,8,Invalid date: C\n");
    let report = "5 rows were rejected; 2 of 3 kinds of errors make up 80 % of them: cure these
first, and 4 rows can load.

  rows   share  alone  change  kind                                       column
     3  60.0 %      2      +2  Invalid code                               Code
  loaded with a warning:
     1                     +1  Cannot be directly updated as it is a ...
  and 2 more kinds not shown
  alone: rows without a message of another kind. They can load once this one is
  cured.

Changes: 5 rows rejected, 3 more than before
  change  before  after  kind
      +2       1      3  Invalid code
  and 4 smaller changes

3 kinds of errors
-----------------

Invalid code                                                     3 rows   60.0 %
  ###############################################
  columns    Code 3
  values     \"A\\n4\" 1, \"A,2\" 1, \"B\" 1
  files      dump.csv 2, Accounts 1
  lines      3, 5, ... of dump.csv
  cure       Correct the code in the source, or map the column that really holds
             codes.

1 kind of warnings: these rows were loaded
------------------------------------------

Cannot be directly updated as it is a calculated line item        1 row  100.0 %
  ##############################################################################
  files      dump.csv 1
  lines      4 of dump.csv
  cure       Leave the column out of the import, or map it to a line item
             without a formula.

Made <DATE> <CLOCK> UTC from:
  dump.csv: 4 rows (UTF-8, comma, LF)
    3 rows were rejected
    1 rejected row has several messages
    1 row was loaded with a warning
    source lines 2 to 5
  Accounts: 2 rows (UTF-8, semicolon, LF)
    2 rows were rejected
    source lines 7 to 8
  Together: 6 rows
    5 rows were rejected
    1 rejected row has several messages
    1 row was loaded with a warning
    source lines 2 to 8
";
    scene.run(&format!("explain dump.csv {import} --top 1 --against yesterday.csv")).stdout(report);
    let outcome = scene.run(&format!("explain {import} --json --against=dump.csv --against=yesterday.csv"));
    let change = |title: &str, severity: &str, change: &str, before: u64, after: u64| {
        json!({"title": title, "severity": severity, "change": change, "rows_before": before,
            "rows_after": after, "difference": after as i64 - before as i64, "is_approximate": false})
    };
    let changes = json!([
        change("Invalid code", "error", "fewer", 3, 1),
        change("Invalid number", "error", "gone", 2, 0),
        change("Invalid date", "error", "gone", 1, 0),
        change("Invalid parent", "error", "new", 0, 1),
        change("Cannot be directly updated as it is a calculated line item", "warning", "gone", 1, 0),
    ]);
    outcome.json_has("/changes", changes);
}

#[test]
fn the_document_has_the_fields_that_the_readme_names() {
    let scene = Scene::with_chunks(3);
    scene.write("dump.csv", "Code,_Line_,_Error_1_\nA,7,Invalid code: A\n");
    let totals = json!({"rows": 1, "rejected": 1, "consequences": 0, "several_messages": 0, "warnings": 0,
        "rows_too_short": 0, "rows_too_long": 0, "rows_cut_off": 0, "rows_not_unicode": 0,
        "rows_with_bare_quotes": 0, "repeated_headers": 0, "trailing_zeros": 0, "first_line": 7, "last_line": 7});
    let mut input = totals.clone();
    for (name, value) in [
        ("name", json!("dump.csv")),
        ("label", json!("dump.csv")),
        ("quote", json!("\"")),
        ("has_sep_line", json!(false)),
        ("is_empty", json!(false)),
        ("encoding", json!("UTF-8")),
        ("separator", json!(",")),
        ("line_end", json!("LF")),
        ("columns", json!(["Code"])),
    ] {
        input[name] = value;
    }
    let counted = |text: &str| json!([{"text": text, "rows": 1, "at_least": false}]);
    let kind = json!({"title": "Invalid code", "severity": "error", "rows": 1, "rows_alone": 1, "at_least": false,
        "share": 1.0, "files": counted("dump.csv"),
        "columns": counted("Code"), "values": counted("A"), "distinct_values": 1, "input": 0, "lines": [7],
        "lines_are_dump_rows": false,
        "cure": "Correct the code in the source, or map the column that really holds codes."});
    let outcome = scene.run("explain dump.csv --json");
    let made = outcome.document()["made"].clone();
    let report = json!({"answer": "1 row was rejected (Invalid code).", "first_kinds": 1, "first_rows": 1,
        "first_rows_alone": 1, "inputs": [input], "totals": totals, "kinds": [kind], "unlisted_messages": 0,
        "made": made});
    assert_eq!(report["made"].as_str().map(str::len), Some("2026-11-29T11:52:42Z".len()));
    outcome.json(report);
}

#[test]
fn rows_of_one_kind_are_a_table_or_a_file() {
    let scene = scene();
    let table = "Invalid number: 2 rows\n\nline  value  Amount  Code\n   2  n/a    n/a     A1\n   3  n/a    n/a     A,2\n";
    scene.run("explain dump.csv --kind NUMBER").stdout(table);
    let outcome = scene.run("explain dump.csv --kind number --top 1 --json");
    let row = json!({"line": 2, "dump_row": 2, "value": "n/a", "fields": ["n/a", "A1"]});
    outcome.json(json!({"title": "Invalid number", "rows": 2, "are_warnings": false,
        "columns": ["Amount", "Code"], "more_columns": 0, "first_rows": [row]}));
    let first = "Invalid code: the first 1 of 2 rows\n\nline  value  Code  Amount\n   3  A,2    A,2   n/a\n";
    scene.run("explain dump.csv --kind code --top 1").stdout(first);
    let outcome = scene.run("explain dump.csv --kind number --fix numbers.csv");
    outcome.notes("numbers.csv: 2 rows to correct\n").stdout(report_on("dump.csv"));
    scene.has("numbers.csv", b"\"Code\",\"Amount\"\n\"A1\",\"n/a\"\n\"A,2\",\"n/a\"\n");
}

#[test]
fn a_report_is_not_wider_than_any_terminal() {
    let scene = scene();
    let columns =
        |columns: &str| scene.command("explain dump.csv").env("COLUMNS", columns).run().stdout_text();
    assert_eq!(columns("70000"), columns("1000"));
}

#[test]
fn a_file_that_is_no_dump_is_an_error_that_names_it() {
    let scene = scene();
    scene.write("plain.csv", "Code;Amount\nA;1\n");
    scene.make_folder("folder");
    let no_dump = format!("plain.csv: {NO_DUMP}; it begins with \"Code;Amount\"");
    scene.run("explain plain.csv").fails(1, &no_dump);
    scene.run("explain plain.csv --fix fixed.csv").fails(1, &no_dump);
    let missing = "cannot open missing.csv: No such file or directory (os error 2)";
    scene.run("explain missing.csv").fails(7, missing);
    scene.run("explain dump.csv --against missing.csv").fails(7, missing);
    scene
        .run("explain folder/")
        .fails(7, "cannot open folder/: it is a folder\n  name the files: folder/*.csv");
    scene.write("dump.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0");
    let packed = "dump.gz: not a dump file: it is compressed with gzip: unpack it first";
    scene.run("explain dump.gz").fails(1, packed);
    // The others are reported on.
    let outcome = scene.run("explain plain.csv dump.csv missing.csv");
    outcome.stdout(report_on("dump.csv")).exits_with(1);
    outcome.stderr(format!("anaplan-dump: {no_dump}\nanaplan-dump: {missing}\n"));
    let outcome = scene.run("explain plain.csv dump.csv --json");
    outcome.json_has("/totals/rows", 4).json_has("/not_read/0/message", no_dump.clone()).exits_with(1);
    outcome.stderr_text();
    scene.run("explain plain.csv dump.gz").fails(1, format!("{no_dump}\nanaplan-dump: {packed}"));
    scene.holds(&["dump.csv", "dump.gz", "plain.csv", "folder/"]);
}

#[test]
fn a_file_without_rows_is_reported_as_it_is() {
    let scene = Scene::with_chunks(3);
    scene.write("empty.csv", "");
    scene.write("header.csv", "\"Code\",\"_Line_\"\n");
    let outcome = scene.run("explain empty.csv header.csv");
    outcome.stdout(
        "The dump is empty: not even a header.\n\nMade <DATE> <CLOCK> UTC from:\n  empty.csv: 0 rows (empty)\n  \
         header.csv: 0 rows (UTF-8, comma, LF)\n  Together: 0 rows\n",
    );
    scene.run("explain empty.csv --fix fixed.csv -q").any_stdout();
    scene.has("fixed.csv", b"");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let rows = "--kind shows rows instead of the report: leave out";
    for (arguments, why) in [
        ("", "explain needs a dump file; - is standard input"),
        ("- -", "standard input can be read once"),
        ("- --against -", "standard input can be read once"),
        ("dump.csv --json --top 3", "--json has every kind: leave out --top"),
        (
            "dump.csv a.csv --fix b.csv",
            "--fix and --kind need one dump file: the columns of others may differ",
        ),
        ("dump.csv a.csv --kind b", "--fix and --kind need one dump file: the columns of others may differ"),
        ("dump.csv --kind b --html c", &format!("{rows} --html, or add --fix")),
        (
            "dump.csv --values b --json",
            "--values prints CSV instead of the report: leave out --kind and --json",
        ),
        ("dump.csv --warnings", "--warnings is for --fix"),
        ("dump.csv --kind b --against c", &format!("{rows} --against, or add --fix")),
        ("dump.csv --force", "--force is for --fix and --html"),
        ("dump.csv --fix a --html a", "--fix and --html name the same file"),
        ("dump.csv --fix a --html ./a", "--fix and --html name the same file"),
        ("dump.csv --fix -", "--fix needs a file: standard output has the report"),
        ("dump.csv --html folder/", "--html needs a file, not a folder"),
        ("dump.csv --top 0", "Error parsing option '--top' with value '0': a whole number from 1 is needed"),
    ] {
        let scene = scene();
        let outcome = scene.run(&format!("explain {arguments}"));
        outcome.exits_with(2).fails(2, format!("{why}\nTry anaplan-dump <ANY>--help."));
        if arguments.contains("--json") {
            outcome.stdout_has(why);
        }
    }
}

#[test]
fn a_terminal_that_is_narrow_gets_a_narrow_report() {
    let scene = scene();
    let screen = on_a_terminal(&scene, "xterm", "stty cols 44; $EXPLAIN dump.csv").any_stdout().stdout_text();
    let widest = screen.lines().map(|line| line.trim_end().chars().count()).max();
    assert!(screen.contains("3 rows were rejected") && widest <= Some(44), "{screen}");
}

#[test]
fn all_values_of_a_kind_are_a_list_to_load() {
    let scene = Scene::with_chunks(3);
    let rows =
        (0..300).map(|n| format!("x,Item not located in Cost centres list: \"\"CC\"\" {:03}\n", n % 150));
    let rows: String = rows.map(|row| row.replacen("Item", "\"Item", 1).replacen('\n', "\"\n", 1)).collect();
    scene.write("dump.csv", format!("Code,_Error_1_\n{rows}"));
    let expected: String = (0..150).map(|n| format!("\"\"\"CC\"\" {n:03}\",2\n")).collect();
    scene.run("explain dump.csv --values centres").stdout(format!("value,rows\n{expected}"));
    scene.run("explain dump.csv --values moon").fails(
        4,
        "dump.csv: no row in the dump is of the kind \"moon\"; there are: Item not located in Cost centres list",
    );
}

#[test]
fn a_dump_whose_producer_was_interrupted_is_no_whole_report_and_no_file() {
    let scene = scene();
    let why = "standard input: the dump is cut off in the middle of a row: download it again";
    let cut = |options: &str| {
        let command = scene.command(&format!("explain - {options}"));
        command.through("head -c 150 dump.csv | \"$0\" \"$@\"").run()
    };
    let outcome = cut("");
    outcome.stdout_has("This is only a part, because a file is cut off: 2 rows were rejected").fails(1, why);
    cut("--fix fixed.csv").fails(1, why);
    scene.holds(&["dump.csv"]);
}

#[test]
fn a_terminal_gets_bars_of_blocks_unless_it_is_plain() {
    let scene = scene();
    let bars = |outcome: Outcome<'_>| {
        let screen = outcome.any_stdout().stdout_text();
        assert!(screen.contains("3 rows were rejected"), "{screen}");
        (screen.contains('\u{2588}'), screen.contains("####"))
    };
    assert_eq!(bars(on_a_terminal(&scene, "xterm", "$EXPLAIN dump.csv")), (true, false));
    assert_eq!(bars(on_a_terminal(&scene, "dumb", "$EXPLAIN dump.csv")), (false, true));
    assert_eq!(bars(on_a_terminal(&scene, "xterm", "NO_COLOR=1 $EXPLAIN dump.csv")), (false, true));
    assert_eq!(bars(scene.command("explain dump.csv").env("TERM", "xterm").run()), (false, true));
}

#[test]
fn a_terminal_shows_the_progress_of_a_long_file() {
    let scene = scene();
    let slowly = "{ head -c 200 dump.csv; sleep 0.4; tail -c +201 dump.csv; } | $EXPLAIN -";
    let screen = on_a_terminal(&scene, "xterm", slowly).any_stdout().stdout_text();
    assert!(screen.contains("\rreading standard input  "), "{screen:?}");
    let end = screen.rsplit_once("\r\u{1b}[K").map(|(_, end)| end).unwrap_or_default();
    assert!(end.starts_with("3 rows were rejected"), "{screen:?}");
    let quiet = on_a_terminal(&scene, "xterm", &format!("{slowly} -q")).any_stdout().stdout_text();
    assert!(quiet.starts_with("3 rows were rejected"), "{quiet:?}");
}

/// The report on the dump of [`COSTS`], as a pattern.
fn report_on_costs(scene: &Scene) -> String {
    scene.write("same.csv", dump_for(COSTS.0).bytes());
    let text = scene.run("explain same.csv").stdout_text();
    let (report, rest) = text.split_once("\nMade ").expect("when it was made");
    let (_, files) = rest.split_once(" UTC from:\n").expect("its end");
    format!("{report}\nMade <DATE> <CLOCK> UTC from:\n{}", files.replacen("same.csv", "Cost_centres", 1))
}

#[test]
fn get_explains_what_it_downloaded() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let file = file_of(COSTS, "T1");
    let report = report_on_costs(&scene);
    let outcome = scene.run("get NIGHTLY/T1 --explain");
    outcome.stdout(format!("{file}  2.5 kB  3 chunks  <TIME>\n\n{report}"));
    let outcome = scene.run("get NIGHTLY/T1 --explain");
    outcome.stdout(format!("{file}  2.5 kB  already there\n\n{report}"));
    let document = scene.run("explain same.csv --json").document();
    let outcome = scene.run("get NIGHTLY/T1 --explain --json");
    outcome.json_has("/report/kinds/0/title", document["kinds"][0]["title"].clone());
    outcome.json_has("/report/inputs/0/name", file.clone());
    for (option, name) in [("--explain", "--explain"), ("--html page.html", "--html")] {
        scene.run(&format!("get NIGHTLY/T1 {option} -o -")).refuses(format!(
            "{name} reads what was downloaded: -o must name a file or a folder\nTry anaplan-dump <ANY>--help."
        ));
    }
    scene.has(&file, &dump_for(COSTS.0).bytes());
}

#[test]
fn run_explains_what_it_downloaded() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let outcome = scene.run("run NIGHTLY --poll=1ms --explain");
    let task = scene.task_id();
    let file = file_of(COSTS, &task);
    outcome.exits_with(6).stderr_has("started task");
    outcome.stdout_has(format!("{file}  2.5 kB  3 chunks  ")).stdout_has("\n\n").stdout_has(" UTC from:\n");
    scene.has(&file, &dump_for(COSTS.0).bytes());
}

#[test]
fn get_run_and_wait_write_the_report_as_a_page() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    let is_page = |name: &str| {
        let page = scene.text(name);
        assert!(page.contains("<title>What is wrong in Cost_centres</title>"), "{page}");
    };
    let outcome = scene.run("run NIGHTLY --poll=1ms --html run.html");
    outcome.exits_with(6).stderr_has("run.html: the report as a page\n");
    assert!(!outcome.any_stdout().stdout_text().contains("rows were rejected;"));
    is_page("run.html");
    let task = scene.task_id();
    scene.run(&format!("get NIGHTLY/{task} --html get.html")).any_stdout().stderr_has("get.html: the report");
    is_page("get.html");
    let again = scene.run(&format!("wait NIGHTLY/{task} --html get.html"));
    again.fails(
        7,
        "get.html exists already and is left as it is\n  \
         choose another name, or replace it with --force",
    );
    let outcome = scene.run(&format!("wait NIGHTLY/{task} --html get.html --force"));
    outcome.exits_with(6).any_stdout().stderr_has("get.html: the report");
    scene.holds(&[&file_of(COSTS, &task), "get.html", "run.html"]);
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
        "\"_Status_\",\"Cost centre\",\"Month\",\"Amount\",\"_Line_\",\"_Error_1_\",\"_Error_2_\"\n"
            .to_owned();
    for n in 0..1_200_u32 {
        let centre = format!("CC {}", 4_700 + n % 5);
        let amount = ["n/a", "n/a", "n/a", "-", "1.250,00 EUR"][n as usize % 5];
        let number = format!("Invalid number: {amount}");
        let missing = format!("Item not located in Cost centres list: {centre}");
        let (month, status, first, second) = match n % 12 {
            0..=5 => ("Jan 26", "E", number, String::new()),
            6..=8 => ("Jan 26", "E", missing, String::new()),
            9 => ("13/2026", "E", "Invalid date: 13/2026".to_owned(), String::new()),
            10 => ("Jan 26", "E", number, missing),
            _ => (
                "Jan 26",
                "W",
                "Cannot be directly updated as it is a calculated line item".to_owned(),
                String::new(),
            ),
        };
        let line = 7 * n + 2;
        dump += &format!(
            "\"{status}\",\"{centre}\",\"{month}\",\"{amount}\",\"{line}\",\"{first}\",\"{second}\"\n"
        );
    }
    dump
}

#[test]
fn the_report_in_the_readme_is_real() {
    let readme = include_str!("../README.md");
    let (_, shown) =
        readme.split_once("$ anaplan-dump explain rejected.csv\n").expect("the README shows a report");
    let (shown, _) = shown.split_once("\n...\n```").expect("its end");
    let scene = Scene::with_chunks(3);
    scene.write("rejected.csv", nightly_dump());
    let report = scene.run("explain rejected.csv").any_stdout().stdout_text();
    assert!(report.starts_with(shown), "{report}");
}
