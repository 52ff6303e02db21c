//! `imports`, and what `run` does with imports: it starts them, and says how many rows were loaded.

use serde_json::json;
use xtask::fake::{Import, MODEL, PROCESS, Process, Rule, Service, SourceFile, Task, TaskState, WORKSPACE};

use crate::support::texts::answered;
use crate::support::{Invocation, Scene};

const IMPORT: &str = "112000000041";
const FILE: &str = "113000000001";

const RUN: &str = "run MODEL/112000000041 --poll=1ms -q";

/// Three rows, of which the import rejects the second one.
const ROWS: &str = "Name,Amount\nA,1\nB,x\nC,3\n";

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

fn in_the_model<'a>(scene: &'a Scene, arguments: &str) -> Invocation<'a> {
    scene.command(arguments).env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL)
}

/// The only file that a command left.
#[track_caller]
fn only_file(scene: &Scene) -> String {
    let files = scene.files();
    assert_eq!(files.len(), 1, "{files:?}");
    scene.holds(&files);
    files[0].clone()
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
    in_the_model(&scene, "imports --json").run().json(json!({ "model": scene.named("<MODEL>"), "imports": [
        { "id": IMPORT, "locator": locator(IMPORT), "name": "Centres", "file": { "id": FILE, "name": "centres.csv" } },
        { "id": "112000000042", "locator": locator("112000000042"), "name": "Mirror", "file": null },
    ] }));
    let why =
        "model <MODEL> has no imports, or this user has no access to it: the service does not say which";
    Scene::with_service(Service::new()).run("imports MODEL").fails(4, why);
}

#[test]
fn an_import_is_run_and_ends_with_a_line_about_its_rows() {
    for (name, json) in [(IMPORT, false), ("Centres", false), ("centres", false), (IMPORT, true)] {
        let scene = loaded();
        let json = if json { "--json" } else { "" };
        let command = in_the_model(&scene, &format!("run --poll=1ms -q -o rejected {json}")).arg(name);
        let outcome = command.run();
        outcome.exits_with(6);
        let file = only_file(&scene);
        if json.is_empty() {
            outcome.stdout_has(format!("\n\n2 rows loaded, 1 rejected: {file}\n"));
        } else {
            let rows = json!({ "loaded": 2, "warnings": null, "rejected": 1, "ignored": 0 });
            outcome.json_has("/rows", rows).json_has("/dumps/0/path", file.as_str());
        }
        assert!(
            String::from_utf8_lossy(&scene.read(&file)).contains("\"B\",\"x\",\"3\",\"Invalid number: x\"\n")
        );
    }
}

#[test]
fn counts_that_the_service_does_not_give_are_unknown() {
    let scene = Scene::with_service(Service::new().with_import(Process::new(IMPORT, "Centres")));
    scene.run(RUN).stdout_has("\nunknown rows loaded, unknown rejected\n");
}

#[test]
fn a_name_of_a_process_and_an_import_starts_neither() {
    let scene = Scene::with_service(service().with_process(Process::new("118000000002", "centres")));
    in_the_model(&scene, "run centres").run().exits_with(0).any_stdout().stderr_text();
    let scene = Scene::with_service(service().with_process(Process::new("118000000002", "Centres")));
    let both = "\"118000000002 Centres\", \"112000000041 Centres\"";
    let error = format!("several processes or imports match \"Centres\": {both}\n  name it by its id");
    in_the_model(&scene, "run Centres").run().fails(2, error);
    in_the_model(&scene, "run Centers")
        .run()
        .exits_with(4)
        .stderr_has("has no process or import \"Centers\"");
    assert_eq!(scene.count_of("POST"), 0, "{}", scene.describe());
}

#[test]
fn an_import_that_asks_for_a_mapping_gets_it() {
    let import = Process::new(IMPORT, "Actuals").reading(Import::default().with_mapping("Version"));
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
    scene.run(&format!("{RUN} --map Version")).refuses(format!("{error}\nTry anaplan-dump <ANY>--help."));
}

#[test]
fn the_task_of_an_import_is_cancelled() {
    let import = Process::new(IMPORT, "Centres").with_task(Task::new("T1", TaskState::InProgress));
    let scene = Scene::with_service(Service::new().with_import(import));
    scene.run("cancel MODEL/112000000041/T1").stdout(format!("Task <MODEL>/{IMPORT}/T1: CANCELLING\n"));
}
