//! `imports`, and what `run` does with imports: it uploads their source files, starts them, and says how many rows
//! were loaded.

use serde_json::json;
use xtask::fake::{At, Fault, Import, MODEL, PROCESS, Process, Rule, Service, SourceFile, USER, WORKSPACE, When};

use crate::support::Scene;
use crate::support::texts::{answered, gave_up};

const IMPORT: &str = "112000000041";
const FILE: &str = "113000000001";

pub(crate) const RUN: &str = "run MODEL/112000000041 --poll=1ms -q";

/// Three rows, of which the import rejects the second one.
pub(crate) const ROWS: &str = "Name,Amount\nA,1\nB,x\nC,3\n";

/// A row that it loads, and what `run` says of it.
const ONE_ROW: &str = "Name,Amount\nA,1\n";
const LOADED: &str = "\n1 row loaded, 0 rejected\n";

/// An import that reads a file of two columns, alone and as an action of the process.
fn service() -> Service {
    let rules = Import::from_file(FILE).with_column("Name", Rule::Name).with_column("Amount", Rule::Number);
    let process = Process::new(PROCESS, "Nightly load").with_action("117000000001", "Clear");
    Service::new()
        .with_file(SourceFile::new(FILE, "centres.csv"))
        .with_import(Process::new(IMPORT, "Centres").reading(rules))
        .with_process(process.with_action(IMPORT, "Centres"))
}

/// A server on which the file is uploaded already.
#[track_caller]
fn loaded() -> Scene {
    let mut service = service();
    service.files[0].content = Some(ROWS.into());
    Scene::with_service(service)
}

/// A server, and a file `a.csv` to load.
#[track_caller]
pub(crate) fn with_file(content: impl AsRef<[u8]>) -> Scene {
    let scene = Scene::with_service(service());
    scene.write("a.csv", content);
    scene
}

#[test]
fn imports_are_listed_with_their_source_files() {
    let mirror = Process::new("112000000042", "Mirror").reading(Import::default());
    let scene = Scene::with_service(service().with_import(mirror));
    scene.run("imports MODEL").stdout(
        "\
IMPORT        FILE          NAME     FILE NAME
112000000041  113000000001  Centres  centres.csv
112000000042  -             Mirror
",
    );
    let locator = |id: &str| scene.fill(&format!("<MODEL>/{id}"));
    scene.command("imports --json").in_the_model().run().json(json!({ "model": scene.named("<MODEL>"), "imports": [
        { "id": IMPORT, "locator": locator(IMPORT), "name": "Centres", "file": { "id": FILE, "name": "centres.csv" } },
        { "id": "112000000042", "locator": locator("112000000042"), "name": "Mirror", "file": null },
    ] }));
    // The names of the files are an extra.
    scene.server.fault(Fault::status(403), When::path("files"));
    let outcome = scene.run("imports MODEL");
    outcome.stdout_has("112000000041  113000000001  Centres\n");
    outcome.stderr_has("the source files are shown without names: the source files of model ");
    let why = "model <MODEL> has no imports, or this user has no access to it: the service does not say which";
    Scene::with_service(Service::new()).run("imports MODEL").fails(4, why);
}

#[test]
fn an_import_is_run_and_ends_with_a_line_about_its_rows() {
    for name in [IMPORT, "centres"] {
        let scene = loaded();
        let outcome = scene.command("run --poll=1ms -q -o rejected").in_the_model().arg(name).run();
        let file = scene.files().concat();
        outcome.exits_with(6).stdout_has(format!("\n\n2 rows loaded, 1 rejected: {file}\n"));
        assert!(scene.text(&file).contains("\"B\",\"x\",\"3\",\"Invalid number: x\"\n"));
    }
    // Counts that the service does not give are unknown.
    let scene = Scene::with_service(Service::new().with_import(Process::new(IMPORT, "Centres")));
    scene.run(RUN).stdout_has("\nunknown rows loaded, unknown rejected\n");
}

#[test]
fn a_name_of_a_process_and_an_import_starts_neither() {
    let scene = Scene::with_service(service().with_process(Process::new("118000000002", "centres")));
    scene.command("run centres").in_the_model().run().exits_with(0).any_stdout().stderr_text();
    let scene = Scene::with_service(service().with_process(Process::new("118000000002", "CENTRES")));
    let both = "\"118000000002 CENTRES\", \"112000000041 Centres\"";
    let error = format!("several processes or imports match \"centres\": {both}\n  name it by its id");
    scene.command("run centres").in_the_model().run().fails(2, error);
    let outcome = scene.command("run Centers").in_the_model().run();
    outcome.exits_with(4).stderr_has("has no process or import \"Centers\"");
    assert_eq!(scene.count_of("POST"), 0, "{}", scene.describe());
}

#[test]
fn an_import_that_asks_for_a_mapping_gets_it() {
    let import =
        Process::new(IMPORT, "Actuals").reading(Import { mapping: vec!["Version".to_owned()], ..Import::default() });
    let scene = Scene::with_service(Service::new().with_import(import));
    let why = answered("400 Bad Request (A mapping is required for Version)");
    let advice = "if it asks for a mapping, give one with --map TYPE=NAME";
    scene.run(RUN).fails(1, format!("the start of <MODEL>/{IMPORT}: {why}\n  {advice}"));
    scene.command(RUN).arg("--map").arg("Version=Actual = 2026").arg("--map=List=A").run().any_stdout();
    let requests = scene.server.requests();
    let start = requests.iter().rfind(|request| request.method == "POST").expect("a start");
    let body: serde_json::Value = serde_json::from_slice(&start.body).expect("JSON");
    let mapping = json!([{ "entityType": "Version", "entityName": "Actual = 2026" },
        { "entityType": "List", "entityName": "A" }]);
    assert_eq!(body["mappingParameters"], mapping);
    let error = "--map needs TYPE=NAME, such as Version=Actual, and not \"Version\"";
    scene.run(&format!("{RUN} --map Version")).is_wrong_usage(error);
}

/// What this user uploaded, as the service has it.
fn content(scene: &Scene) -> Option<Vec<u8>> {
    scene.server.service().files[0].content_of(USER)
}

/// The requests that change something, without their model.
fn changes(scene: &Scene) -> Vec<String> {
    scene.requests().into_iter().filter(|request| !request.starts_with("GET")).collect()
}

#[test]
fn a_failed_load_is_explained_corrected_and_loaded_again() {
    let scene = Scene::with_service(service());
    scene.write("centres.csv", ROWS);
    let run = |file: &str| scene.run(&format!("{RUN} -o rejected --put {file}"));
    let outcome = run("centres.csv");
    let rejected = scene.files().into_iter().find(|file| file.starts_with("rejected/")).expect("a dump");
    outcome.exits_with(6).stdout_has(format!("\n\n2 rows loaded, 1 rejected: {rejected}\n"));
    assert_eq!(content(&scene), Some(ROWS.into()));
    let explain = format!("explain {rejected} --fix corrected.csv --force");
    for (variables, model) in [(false, "WORKSPACE/MODEL".to_owned()), (true, format!("{WORKSPACE}/{MODEL}"))] {
        let command = if variables { scene.command(&explain).in_the_model() } else { scene.command(&explain) };
        let next =
            format!("once it is corrected: anaplan-dump run {model}/{IMPORT} --put corrected.csv -o rejected/\n");
        let later = "caution: your later runs load these rows in place of the full file, until you upload that again\n";
        command.run().any_stdout().notes(format!("corrected.csv: 1 row to correct\n{next}{later}"));
    }
    let corrected = scene.text("corrected.csv");
    assert_eq!(corrected, "\"Name\",\"Amount\"\n\"B\",\"x\"\n");
    scene.write("corrected.csv", corrected.replace('x', "2"));
    run("corrected.csv").stdout_has(LOADED);
    assert_eq!(content(&scene), Some("\"Name\",\"Amount\"\n\"B\",\"2\"\n".into()));
    scene.any_files();
}

#[test]
fn a_process_loads_files_that_are_named_by_import_or_source_file() {
    for import in ["centres", FILE] {
        let scene = Scene::with_service(service());
        scene.write("a=b.csv", "Amount,Name\n1,A\n");
        let outcome = scene.command("run NIGHTLY --poll=1ms").arg("--put").arg(format!("{import}=a=b.csv")).run();
        outcome.stdout_has(LOADED);
        outcome.stderr_has("uploading a=b.csv to source file 113000000001\nuploaded a=b.csv  16 B  1 chunk  ");
        let file = format!("POST /files/{FILE}");
        let put = format!("PUT /files/{FILE}/chunks/0");
        assert_eq!(changes(&scene), [&*file, &put, "POST NIGHTLY/tasks"]);
    }
    // An action that does not say what it reads is looked up among the imports.
    let scene = with_file(ONE_ROW);
    let actions = json!([{ "id": IMPORT, "name": "Centres", "actionType": "IMPORT" }]);
    let metadata = json!({ "processMetadata": { "name": "Nightly load", "actions": actions } });
    scene.answers(When::path(format!("processes/{PROCESS}")), metadata);
    scene.run("run NIGHTLY --poll=1ms -q --put Centres=a.csv").stdout_has(LOADED);
}

#[test]
fn what_cannot_be_loaded_is_refused_before_anything_is_sent() {
    let mirror = Process::new("112000000042", "Mirror").reading(Import::default());
    let twin = Process::new("112000000043", "Centres").reading(Import::from_file("113000000002"));
    let mut service = service();
    for import in [mirror, twin] {
        service.processes[0].actions.push((import.id.clone(), import.name.clone()));
        service = service.with_import(import);
    }
    let scene = Scene::with_service(service);
    scene.write("a.csv", ROWS);
    let known = "112000000041 Centres, 112000000042 Mirror, 112000000043 Centres";
    let several = "112000000041 Centres, 112000000043 Centres\n  name it by its id";
    let model = "import 112000000042 reads from a model and not from a file: there is nothing to upload";
    let twice = "--put names two files for one source file, 113000000001";
    let missing = "cannot open none.csv: No such file or directory (os error 2)\n  nothing was started";
    for (arguments, code, error) in [
        ("NIGHTLY --put a.csv", 2, "--put needs IMPORT=FILE for a process, and not \"a.csv\"".to_owned()),
        ("NIGHTLY --put Centers=a.csv", 4, format!("the process has no import \"Centers\"; it has {known}")),
        ("NIGHTLY --put Centres=a.csv", 2, format!("several imports match \"Centres\": {several}")),
        ("NIGHTLY --put Mirror=a.csv", 2, model.to_owned()),
        ("NIGHTLY --put 112000000041=a.csv --put 113000000001=a.csv", 2, twice.to_owned()),
        ("MODEL/112000000099 --put a.csv", 4, "model <MODEL> has no import 112000000099".to_owned()),
        ("MODEL/112000000041 --put none.csv", 7, missing.to_owned()),
    ] {
        let help = if code == 2 { "\nTry anaplan-dump run --help." } else { "" };
        scene.run(&format!("run {arguments}")).fails(code, error + help);
        assert_eq!(changes(&scene), [] as [&str; 0], "{arguments}");
    }
    // It may be an action that cannot be read.
    let actions =
        json!([{ "id": IMPORT, "actionType": "IMPORT" }, { "id": "", "name": "Plan", "actionType": "IMPORT" }]);
    let answer = json!({ "status": { "code": 200 }, "processMetadata": { "actions": actions } });
    scene.answers(When::path(format!("processes/{PROCESS}")).method("GET"), answer);
    let outcome = scene.run("run NIGHTLY --put Plan=a.csv -q");
    outcome.exits_with(4).stderr_has("the description of <NIGHTLY>: 1 entry of the list cannot be read\n");
}

#[test]
fn a_file_that_the_import_does_not_expect_is_refused_unless_forced() {
    let not_utf8 = "the import expects \"UTF-8\", which has no such bytes as those from byte 12 on";
    for (bytes, code, why) in [
        (&b"Name;Amount\nA;1\n"[..], 6, "its columns are separated by semicolons, and the import expects commas"),
        (b"Name,Amount\n\xe4,1\n", 0, not_utf8),
    ] {
        let scene = with_file(bytes);
        let error = format!("a.csv cannot be uploaded: {why}\n  --force uploads it all the same");
        scene.run(&format!("{RUN} --put a.csv")).fails(2, error);
        assert_eq!(changes(&scene), [] as [&str; 0]);
        scene.run(&format!("{RUN} --put a.csv --force -o r")).exits_with(code).any_stdout();
        assert_eq!(content(&scene).as_deref(), Some(bytes));
        scene.any_files();
    }
}

#[test]
fn where_the_format_is_not_known_the_file_is_uploaded_with_a_warning_but_a_rate_limit_is_waited_out() {
    let what = format!("the description of <MODEL>/{IMPORT}");
    let description = || When::path(format!("imports/{IMPORT}")).method("GET");
    let scene = with_file(ONE_ROW);
    scene.server.fault(Fault::status(500), description());
    let outcome = scene.run(&format!("{RUN} --put a.csv"));
    let why = gave_up(2, &what, &answered("500 Internal Server Error"));
    outcome.notes(format!("<ANY>; retry 1 of 1 in <TIME>\na.csv is not checked: {why}\n"));
    outcome.stdout_has(LOADED);
    assert_eq!(scene.count_of(&format!("GET /imports/{IMPORT}")), 2 + 1, "{}", scene.describe());

    let scene = with_file("Name,Sum\nA,1\n");
    scene.server.fault(Fault::status(429), description().times(3));
    let outcome = scene.run(&format!("{RUN}q --put a.csv"));
    outcome.exits_with(2).stderr_has("it lacks columns that the import names: \"Amount\"");
}

#[test]
fn of_several_files_none_is_sent_where_one_is_refused() {
    let twin = Process::new("112000000043", "Plan").reading(Import::from_file("113000000002"));
    let mut service = service().with_import(twin).with_file(SourceFile::new("113000000002", "plan.csv"));
    service.processes[0].actions.push(("112000000043".to_owned(), "Plan".to_owned()));
    let scene = Scene::with_service(service);
    scene.write("a.csv", ROWS);
    scene.write("b.csv", "");
    let run = |files: &str| scene.run(&format!("run NIGHTLY --poll=1ms -q {files}"));
    run("--put Centres=a.csv --put Plan=b.csv")
        .fails(2, "b.csv cannot be uploaded: it is empty\n  nothing was started");
    // Nor where it comes from a pipe, which cannot be read twice.
    let command = scene.command("run NIGHTLY --poll=1ms -q --put Centres=a.csv");
    let outcome = command.through("\"$0\" \"$@\" --put Plan=<(true)").run();
    outcome.fails(2, "/dev/fd/<ANY> cannot be uploaded: it is empty\n  nothing was started");
    assert_eq!(changes(&scene), [] as [&str; 0]);
    let why = "--put reads one pipe only, such as standard input (-): what comes from it cannot be checked ahead\nTry \
               anaplan-dump run --help.";
    run("--put Centres=- --put Plan=/dev/stdin").fails(2, why);
}

#[test]
fn standard_input_is_uploaded_in_chunks_without_their_number() {
    let scene = Scene::with_service(service());
    scene.command(&format!("{RUN} --put -")).stdin(ONE_ROW).run().stdout_has("\n1 row loaded,");
    let requests = scene.server.requests();
    let announced = requests.iter().find(|request| request.target.ends_with(FILE)).expect("an announcement");
    assert_eq!(announced.body, br#"{"chunkCount":-1}"#);
    let complete = format!("POST /files/{FILE}/complete");
    assert!(changes(&scene).contains(&complete), "{}", scene.describe());
}

#[test]
fn a_pipe_into_which_nothing_is_written_does_not_outlast_the_timeout() {
    let scene = Scene::with_service(service());
    let run = |file: &str| scene.command(&format!("{RUN}q --put {file} --timeout=2s"));
    let token = scene.command("get DUMP --token-file=- --timeout=2s").without("ANAPLAN_TOKEN");
    let nothing_started = "\n  nothing was started";
    let mut commands = vec![(run("-"), nothing_started), (token, "")];
    if cfg!(unix) {
        // Without a turn, which the first one has.
        commands.push((run("/dev/stdin").env("TMPDIR", "/nonexistent"), nothing_started));
    }
    let mut started = Vec::new();
    for (command, note) in commands {
        let (pipe, writer) = std::io::pipe().expect("a pipe");
        started.push((command.stdin_of(pipe).start(), note, writer));
    }
    for (running, note, _writer) in started {
        let why = "cannot read <ANY>: the time limit was reached\n  --timeout allows more time";
        running.finish().fails(5, format!("{why}{note}"));
    }
    assert_eq!(changes(&scene), [] as [&str; 0]);
}

#[test]
fn large_files_go_in_chunks_of_10_mb_that_are_compressed_where_it_saves() {
    let scene = Scene::with_service(service());
    let rows = |rows: std::ops::Range<usize>| rows.map(|n| format!("{n},1\n")).collect::<String>();
    let text = format!("Name,Amount\n{}", rows(0..2_400_000));
    scene.write("a.csv", &text);
    let outcome = scene.run("run MODEL/112000000041 --poll=1ms --put a.csv");
    outcome.stdout_has("\n2,400,000 rows loaded, 0 rejected\n").stderr_has("  3 chunks  ");
    assert!(content(&scene) == Some(text.into_bytes()), "other bytes");
    for request in scene.server.requests().iter().filter(|request| request.method == "PUT") {
        assert_eq!(request.header("content-type"), Some("application/x-gzip"));
        assert!(request.body.len() < 9_000_000);
    }
}

#[test]
fn an_upload_survives_what_a_download_survives_and_the_start_is_sent_once() {
    for (fault, path) in [
        (Fault::status(503), format!("files/{FILE}/chunks/0")),
        (Fault::ResetInUpload { after_bytes: 9 }, format!("files/{FILE}/chunks/0")),
        (Fault::Cut(At::Start), format!("files/{FILE}")),
        (Fault::status(500), format!("files/{FILE}/complete")),
    ] {
        let scene = Scene::with_service(service());
        scene.server.fault(fault, When::path(&path).times(2));
        let command = scene.command(&format!("{RUN}q --put -")).stdin(ONE_ROW);
        command.run().stdout_has(LOADED);
        assert_eq!(scene.count_of("POST /imports"), 1, "{}", scene.describe());
        assert_eq!(content(&scene), Some(ONE_ROW.into()));
    }
    // Within a time limit, an outage is waited out from the first request on.
    let scene = with_file(ONE_ROW);
    scene.server.fault(Fault::status(503), When::path(format!("imports/{IMPORT}")).times(30));
    scene.run(&format!("{RUN}q --put a.csv --timeout=10m")).stdout_has(LOADED);
    let scene = with_file(ROWS);
    scene.server.fault(Fault::status(503), When::path("chunks/0"));
    let what = "chunk 1 of 1 of the upload of source file 113000000001";
    let why = gave_up(3, what, &answered("503 Service Unavailable"));
    let error = format!("{why}\n  <ANY>\n  nothing was started");
    scene.run(&format!("{RUN}q --put a.csv --retries=2")).fails(5, error);
    assert_eq!(scene.count_of("POST /imports"), 0, "{}", scene.describe());
}

#[test]
fn two_runs_that_load_the_same_file_take_turns() {
    let scene = with_file(ONE_ROW);
    scene.write("b.csv", "Name,Amount\nB,1\nC,2\n");
    scene.server.fault(Fault::Stall(At::Start), When::path("chunks/0").times(1));
    scene.make_folder("tmp");
    let tmp = scene.path("tmp");
    let first = scene.command(&format!("{RUN} --put a.csv --stall-timeout=10m")).env("TMPDIR", &tmp);
    let mut first = first.through("umask 077; exec \"$0\" \"$@\"").start();
    first.wait_until("it uploads", |scene| scene.count_of("PUT") == 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut locks = tmp.read_dir().expect("the folder").map(|entry| entry.expect("a lock").metadata());
        let mode = locks.next().expect("a lock").expect("its mode").permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "another user can lock it");
    }
    let late = scene.command(&format!("{RUN}q --put b.csv --timeout=2s")).env("TMPDIR", &tmp);
    // However its host is written, it is the same file.
    let late = late.env("ANAPLAN_API_URL", scene.server.origin().replace("127.0.0.1", "LocalHost")).run();
    let why = "another program has held the lock for <TIME>\n  --timeout allows more time\n  nothing was started";
    late.fails(5, format!("cannot lock <ANY>.lock: {why}"));
    let mut second = scene.command(&format!("{RUN} --put b.csv")).env("TMPDIR", &tmp).start();
    second.wait_for_note("waiting for another run that has locked ");
    assert_eq!(scene.count_of("PUT"), 1, "{}", scene.describe());
    first.kill();
    let outcome = second.finish();
    outcome.notes("<ANY>waiting for another run that has locked <ANY>\n").stdout_has("\n2 rows loaded, 0 rejected\n");
    let without_locks = scene.command(&format!("{RUN} --put a.csv")).env("TMPDIR", "/nonexistent").run();
    let what = "no lock can be made here: make sure that no other run uploads to the same source file";
    without_locks.notes(format!("<ANY>/nonexistent/anaplan-dump-upload-<ANY>.lock: {what}\n")).stdout_has(LOADED);
}
