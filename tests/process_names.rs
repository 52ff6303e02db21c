//! A process given by its name instead of its id.

use xtask::fake::{MODEL, PROCESS, Process, Service, TASK, Task, TaskState, WORKSPACE};

use crate::support::{PROCESS_NAME, Scene, failed, nightly};

const ONE: (&str, &str) = ("112000000021", "Cost centres");
const FILE: &str = "112000000021-Cost_centres-T1.csv";

/// A server with processes of these names, each with one failed task T1; their ids count from 118000000001.
fn with_names(names: &[&str]) -> Scene {
    let mut service = Service::new();
    for (n, name) in (1..).zip(names) {
        let process = Process::new(format!("118{n:09}"), *name).with_task(failed("T1", &[ONE]));
        service = service.with_process(process);
    }
    Scene::with_service(service)
}

/// Runs a command on a process of the server's model, as it is written.
#[track_caller]
fn names_the_process(scene: &Scene, command: &str, name: &str, id: &str) {
    let locator = format!("{WORKSPACE}/{MODEL}/{name}");
    let outcome = scene.command(command).arg(&locator).run().exits_with(0);
    let expected = format!("GET /{id}/tasks");
    assert!(scene.steps().iter().any(|step| step.starts_with(&expected)), "{name}\n{}", outcome.describe());
    assert!(scene.steps().iter().all(|s| s == "GET " || s.contains(id)), "{name}\n{}", outcome.describe());
}

#[test]
fn a_process_is_found_by_its_exact_name() {
    for name in ["Nightly load", "Nightly%20load", "nightly LOAD"] {
        names_the_process(&with_names(&["Weekly load", "Nightly load"]), "tasks", name, "118000000002");
    }
}

#[test]
fn the_exact_name_wins_over_one_in_another_case() {
    let names = ["nightly load", "Nightly load", "NIGHTLY LOAD"];
    names_the_process(&with_names(&names), "tasks", "Nightly load", "118000000002");
    names_the_process(&with_names(&names), "tasks", "NIGHTLY LOAD", "118000000003");
}

#[test]
fn case_is_ignored_in_all_scripts() {
    names_the_process(&with_names(&["Größe ÄÖÜ", "Ночь"]), "tasks", "größe äöü", "118000000001");
    names_the_process(&with_names(&["Größe ÄÖÜ", "Ночь"]), "tasks", "НОЧЬ", "118000000002");
}

#[test]
fn a_name_with_slashes_and_percent_signs_is_percent_encoded() {
    for (name, written) in [
        ("Load A/B", "Load A%2FB"),
        ("50% of it", "50%25 of it"),
        ("what?", "what%3F"),
        ("#1", "%231"),
        ("..hidden", "..hidden"),
        ("line\nbreak", "line%0Abreak"),
        ("東京", "東京"),
        ("東京", "%E6%9D%B1%E4%BA%AC"),
    ] {
        names_the_process(&with_names(&["Other", name]), "tasks", written, "118000000002");
    }
}

#[test]
fn every_command_takes_a_name() {
    let scene = || with_names(&["Nightly load"]);
    names_the_process(&scene(), "get", "nightly load", PROCESS);
    names_the_process(&scene(), "get", "nightly load/latest", PROCESS);
    names_the_process(&scene(), "get", "nightly load/T1", PROCESS);
    names_the_process(&scene(), "get", "nightly load/T1/112000000021", PROCESS);
    names_the_process(&scene(), "chunks", "nightly load/T1/112000000021", PROCESS);
    names_the_process(&scene(), "task", "nightly load/T1", PROCESS);
    names_the_process(&scene(), "task", "nightly load/latest", PROCESS);
    names_the_process(&scene(), "cancel", "nightly load/T1", PROCESS);
    names_the_process(&scene(), "run --poll=1ms", "nightly load", PROCESS);
}

#[test]
fn the_line_to_copy_names_the_process_by_its_id() {
    let scene = with_names(&["Nightly load"]);
    let outcome = scene.command("task").arg(format!("{WORKSPACE}/{MODEL}/nightly load/T1")).run();
    outcome.exits_with(0).says(&format!("  anaplan-dump get {}/T1\n", nightly()));
}

#[test]
fn the_short_form_begins_at_the_process_where_the_environment_names_the_model() {
    let scene = with_names(&["Nightly load"]);
    for locator in
        ["Nightly load", "Nightly load/latest", "Nightly load/T1", "nightly load/T1/112000000021", PROCESS]
    {
        let command = scene.command("get --force").arg(locator);
        let outcome = command.env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL).run();
        outcome.exits_with(0).says(FILE);
    }
    scene.holds(&[FILE]);
}

#[test]
fn several_processes_of_one_name_are_listed() {
    let scene = with_names(&["Load", "Other", "Load"]);
    let outcome = scene.command("tasks").arg(format!("{WORKSPACE}/{MODEL}/Load")).run().exits_with(2);
    outcome.says_exactly("").complains_exactly(
        "anaplan-dump: several processes match \"Load\": \"118000000001 Load\", \"118000000003 Load\"\n  \
         name the process by its id\n",
    );
}

#[test]
fn several_processes_that_differ_in_case_are_listed() {
    let scene = with_names(&["LOAD", "Load"]);
    let outcome = scene.command("run").arg(format!("{WORKSPACE}/{MODEL}/load")).run().exits_with(2);
    outcome.complains("118000000001 LOAD").complains("118000000002 Load");
    assert_eq!(scene.count_of("POST"), 0, "{}", scene.describe());
}

#[test]
fn an_unknown_name_is_told_with_the_names_that_there_are() {
    let scene = with_names(&["Nightly load", "Weekly\u{1b}[31m"]);
    let model = format!("{WORKSPACE}/{MODEL}");
    let outcome =
        scene.command("tasks").arg(format!("{model}/Daily load")).run().exits_with(4).stays_harmless();
    outcome.says_exactly("").complains_exactly(&format!(
        "anaplan-dump: model {model} has no process \"Daily load\"; it has \"Nightly load\", \"Weekly\\u{{1b}}[31m\"\n  \
         list the processes of the model with: processes WORKSPACE/MODEL\n"
    ));
}

#[test]
fn of_many_names_only_some_are_told() {
    let names: Vec<String> = (0..500).map(|n| format!("Process {n}")).collect();
    let scene = with_names(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let outcome = scene.command("tasks").arg(format!("{WORKSPACE}/{MODEL}/nothing")).run().exits_with(4);
    outcome.complains("\"Process 9\", and 490 more\n");
}

#[test]
fn a_name_in_a_model_without_processes_tells_the_access_as_a_reason() {
    let scene = with_names(&[]);
    let outcome = scene.command("get").arg(format!("{WORKSPACE}/{MODEL}/Load")).run().exits_with(4);
    outcome.complains("the model has no processes, or this user has no access to it");
}

#[test]
fn a_name_on_the_second_page_is_found() {
    let scene = with_names(&["A", "B", "C", "D", "E"]);
    scene.server.service().set_page_size(2);
    names_the_process(&scene, "tasks", "e", "118000000005");
}

#[test]
fn an_id_of_twelve_digits_is_not_looked_up() {
    let scene = with_names(&["Nightly load"]);
    scene.run("tasks NIGHTLY").exits_with(0);
    assert_eq!(scene.steps(), ["GET /118000000001/tasks"], "{}", scene.describe());
}

#[test]
fn an_id_of_another_shape_is_found_as_an_id() {
    let process = Process::new("odd-id", PROCESS_NAME).with_task(Task::new(TASK, TaskState::InProgress));
    let scene = Scene::with_service(Service::new().with_process(process));
    let outcome = scene.command("tasks").arg(format!("{WORKSPACE}/{MODEL}/odd-id")).run();
    outcome.exits_with(0).says(TASK);
}
