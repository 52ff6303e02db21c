//! What the README, docs/ and `cargo xtask serve` print, done as they say: the token, the cron script, the fields of
//! `--json`, the loop.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use xtask::fake::{Import, MODEL, PROCESS, Process, SourceFile, TOKEN, Task, USER, WORKSPACE};
use xtask::sample;

use crate::support::{COSTS, Outcome, Scene, clean, dump_of, failed, failing_run, file_of, result_of};

const README: &str = include_str!("../README.md");
const SIGN_IN: &str = include_str!("../docs/sign-in.md");
const REFERENCE: &str = include_str!("../docs/reference.md");

/// The code block that begins with this text.
fn block(start: &str) -> &'static str {
    let blocks = [README, SIGN_IN].into_iter().flat_map(|page| page.split("```sh\n").skip(1));
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let mut found = blocks.filter(|block| block.contains(start));
    found.next().unwrap_or_else(|| panic!("no page has a block with {start:?}"))
}

/// The folder of the binary, before the folders of the system.
fn path() -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_anaplan-dump")).parent().expect("a folder");
    format!("{}:/usr/bin:/bin", folder.display())
}

#[test]
fn the_token_is_fetched_as_printed() {
    let scene = Scene::with_chunks(3);
    scene.server.service().add_password(USER, "correct \\\"horse");
    let script = block("ANAPLAN_TOKEN=$(").replace("https://auth.anaplan.com", &scene.server.origin());
    let script = format!("{script}\nanaplan-dump models\n");
    let command = scene.command("").without("ANAPLAN_TOKEN").env("PATH", path());
    // What curl reads from its configuration has the quotes escaped.
    let command = command.env("ANAPLAN_USER", USER).env("ANAPLAN_PASSWORD", "correct \\\\\\\"horse");
    command.through(&script).run().stdout_has("Cost planning");
}

/// Runs the nightly script with the environment file as printed; what it mails is in `mail.txt`.
#[track_caller]
fn nightly(scene: &Scene) -> Outcome<'_> {
    let environment = block("# cron has a short PATH").replace("=WORKSPACE", &format!("={WORKSPACE}"));
    let certificate = "ANAPLAN_CERTIFICATE=$HOME/anaplan.crt ANAPLAN_PRIVATE_KEY=$HOME/anaplan.key";
    let environment = environment.replace(certificate, "ANAPLAN_TOKEN_FILE=$HOME/.anaplan-token");
    std::fs::write(scene.path(".anaplan-env"), environment.replace("=MODEL", &format!("={MODEL}"))).expect("written");
    scene.write(".anaplan-token", TOKEN);
    std::fs::write(scene.path("nightly-load"), block("report=$(anaplan-dump run")).expect("written");
    std::fs::create_dir(scene.path("bin")).expect("a folder");
    std::fs::write(scene.path("bin/mail"), "#!/bin/sh\n{ echo \"$@\"; cat; } > \"$HOME/mail.txt\"\n").expect("written");
    let script = "chmod +x bin/mail && exec /bin/sh ./nightly-load";
    let command = scene.command("").without("ANAPLAN_TOKEN").env("PATH", path());
    command.env("HOME", scene.path(".")).through(script).run()
}

#[test]
fn the_cron_script_mails_what_was_rejected_and_only_that() {
    assert!(block("report=$(anaplan-dump run").contains(PROCESS), "the script names the process of the test");
    let scene = Scene::with_run(failing_run(&[COSTS]));
    nightly(&scene).exits_with(6);
    let task = scene.task_id();
    let mail = scene.text("mail.txt");
    assert!(mail.starts_with("-s Nightly load: rows were rejected planning@example.com\nTask "), "{mail}");
    assert!(mail.contains(&file_of(COSTS, &task)), "{mail}");
    assert!(scene.files().contains(&format!("rejected/{}", file_of(COSTS, &task))), "{mail}");
    scene.any_files();

    let scene = Scene::with_run(Task::script().with_result(result_of(&[])));
    nightly(&scene);
    assert!(!scene.path("mail.txt").exists());
    scene.any_files();

    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.server.service().expire_token(TOKEN);
    nightly(&scene).exits_with(3);
    let mail = scene.text("mail.txt");
    assert!(mail.starts_with("-s Nightly load: look at it (3) integration@example.com\n"), "{mail}");
    scene.any_files();
}

#[test]
fn the_lines_that_serve_prints_lead_from_a_failed_night_to_nothing_left() {
    let scene = Scene::with_service(sample::service(dump_of(2, 1)));
    let folder = Path::new(env!("CARGO_BIN_EXE_anaplan-dump")).parent().expect("a folder");
    let lines = sample::steps().map(|(_, line)| line).join("\n");
    let script = format!("set -e\n{}\n{lines}", sample::settings(&scene.server, folder));
    let outcome = scene.command("").without("ANAPLAN_TOKEN").env("PATH", "/usr/bin:/bin").through(&script).run();
    outcome.stdout_has("37 rows were rejected; all of them have").stdout_has("\n37 rows loaded, 0 rejected\n");
    outcome.stderr_has(format!("once it is corrected: anaplan-dump run <MODEL>/{} --put", sample::IMPORT));
    let rejected = scene.text(&scene.files()[1]);
    let header = "\"Code\",\"Name\",\"Region\",\"Amount\",\"_Line_\",\"_Error_1_\"\n";
    assert!(rejected.starts_with(header), "{rejected}");
    assert_eq!(rejected.matches("\"Invalid number: n/a\"").count(), 19, "{rejected}");
    assert_eq!(rejected.matches("\"Item not located in Regions list: Nrth\"").count(), 18, "{rejected}");
    assert!(scene.server.service().dump_of(sample::IMPORT).is_none());
    scene.any_files();
}

/// The fields that docs/reference.md documents for each command.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let section = REFERENCE.split("## JSON\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut commands: Vec<String> = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| `") || line.starts_with("| |")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        if !cells[1].is_empty() {
            commands = names(cells[1]);
        }
        for command in &commands {
            fields.entry(command.clone()).or_default().extend(names(cells[2]));
        }
    }
    fields
}

/// The fields of a document. Things, errors and documents of other commands are one field each.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let keys: Vec<&str> = map.keys().map(String::as_str).collect();
            let is_one = [&["id", "locator"][..], &["advice", "exit_code", "kind", "message"]].contains(&&keys[..]);
            if is_one && !path.is_empty() {
                found.insert(path.to_owned());
                return;
            }
            for (key, value) in map {
                let dot = if path.is_empty() { "" } else { "." };
                fields(value, &format!("{path}{dot}{key}"), found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, &format!("{path}[]"), found)),
        _ => drop(found.insert(path.to_owned())),
    }
}

#[test]
fn every_field_is_documented_and_every_documented_field_is_there() {
    let documented = documented();
    let gone = Task::complete("T9").with_result(result_of(&[COSTS]));
    let scene = Scene::with_tasks([gone, failed("T8", &[COSTS]), clean("T7"), Task::new("T6", "IN_PROGRESS")]);
    scene.server.service().process_mut(PROCESS).expect("it is there").run = failing_run(&[COSTS]);
    let import = Process::new("112000000041", "Centres").reading(Import::from_file("113000000001"));
    scene.server.service().imports.push(import);
    scene.server.service().files.push(SourceFile::new("113000000001", "centres.csv"));
    let dump = format!("NIGHTLY/T8/{}", COSTS.0);
    for (command, arguments) in [
        ("workspaces", "workspaces".to_owned()),
        ("models", "models".to_owned()),
        ("processes", "processes MODEL".to_owned()),
        ("imports", "imports MODEL".to_owned()),
        ("tasks", "tasks NIGHTLY".to_owned()),
        ("task", "task NIGHTLY/T8".to_owned()),
        ("chunks", format!("chunks {dump}")),
        ("get", "get NIGHTLY -o rejected/".to_owned()),
        ("run", "run NIGHTLY -o tonight/ --poll=1ms".to_owned()),
        ("wait", "wait NIGHTLY -o again/ --poll=1ms --since=2019-10-16".to_owned()),
        ("cancel", "cancel NIGHTLY/T6".to_owned()),
    ] {
        let outcome = scene.run(&format!("{arguments} --json -qq"));
        outcome.stderr_text();
        let outcome = outcome.exits_with(if ["run", "wait"].contains(&command) { 6 } else { 0 });
        let mut document = outcome.document();
        if ["run", "wait"].contains(&command) {
            // They hold the documents of `task` and of `get`, which have their own rows.
            document["task"] = Value::Null;
            document["dumps"] = Value::Null;
        }
        let mut found = BTreeSet::new();
        fields(&document, "", &mut found);
        assert_eq!(found, documented[command], "{command}: {document:#}");
    }
    scene.any_files();
}
