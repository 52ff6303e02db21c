//! Imports that are run on their own: one dump for each task, by URL and by the short form.

use xtask::fake::{ActionResult, MODEL, Process, Service, Task, WORKSPACE};

use crate::support::{Scene, assert_same_bytes, dump_for};

const IMPORT: &str = "112000000099";

fn task(id: &str, time: u64) -> Task {
    let result = ActionResult::failed_import(IMPORT, "Cost centres");
    Task::complete(id).with_creation_time(time).with_result(result).with_dump(IMPORT, dump_for(id))
}

fn with_tasks(tasks: impl IntoIterator<Item = Task>) -> Scene {
    let import = Process::new(IMPORT, "Cost centres");
    Scene::with_service(Service::new().with_import(tasks.into_iter().fold(import, Process::with_task)))
}

fn short(task: &str) -> String {
    format!("{WORKSPACE}/{MODEL}/{IMPORT}{task}")
}

#[test]
fn the_dump_is_fetched_by_url_path_and_short_form_into_the_same_file() {
    let scene = with_tasks([task("T1", 1)]);
    let path = format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/imports/{IMPORT}/tasks/T1");
    let url = format!("{}{path}", scene.server.origin());
    for locator in [
        short("/T1"),
        path.clone(),
        url.clone(),
        format!("{url}/dump"),
        format!("{url}/dump/chunks"),
        format!("{url}/dump/chunks/0"),
    ] {
        let outcome = scene.command("get --force").arg(&locator).run().exits_with(0);
        outcome.says(&format!("{IMPORT}-T1.csv  2.5 kB  3 chunks"));
        assert_same_bytes(&scene.read(&format!("{IMPORT}-T1.csv")), &dump_for("T1").bytes());
    }
    scene.holds(&[&format!("{IMPORT}-T1.csv")]);
}

#[test]
fn the_import_of_the_environments_model_needs_its_id_only() {
    let scene = with_tasks([task("T1", 1)]);
    let command = scene.command("get -o -").arg(format!("{IMPORT}/T1"));
    let outcome = command.env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL).run().exits_with(0);
    assert_same_bytes(&outcome.output.stdout, &dump_for("T1").bytes());
}

#[test]
fn the_newest_task_of_an_import_is_taken() {
    let scene = with_tasks([task("OLD", 1), task("NEW", 3), task("MIDDLE", 2)]);
    for locator in [short(""), short("/latest")] {
        let outcome = scene.command("get -o dump.csv --force").arg(&locator).run().exits_with(0);
        outcome.complains(&format!("task {}\n", short("/NEW")));
        assert_same_bytes(&scene.read("dump.csv"), &dump_for("NEW").bytes());
    }
}

#[test]
fn erased_dumps_of_an_import_are_passed_over() {
    let scene = with_tasks([task("OLD", 1), task("NEW", 3_000)]);
    scene.server.service().erase_dump("NEW", IMPORT);
    let outcome = scene.command("get -o dump.csv").arg(short("")).run().exits_with(0);
    outcome.complains("passed over task NEW of 1970-01-01 00:00:03: its dump is gone, or another user's\n");
    assert_same_bytes(&scene.read("dump.csv"), &dump_for("OLD").bytes());
}

#[test]
fn an_import_without_failures_says_so() {
    let clean = Task::complete("T1").with_result(ActionResult::new(IMPORT));
    let scene = with_tasks([clean]);
    scene.command("get").arg(short("/latest")).run().exits_with(0).says("Nothing failed");
    let outcome = scene.command("get").arg(short("/T1")).run().exits_with(4);
    outcome.complains("may have left no dump");
    scene.holds(&[]);
}

#[test]
fn the_same_file_has_the_same_name_from_the_task_and_from_latest() {
    let scene = with_tasks([task("T1", 1)]);
    scene.command("get").arg(short("/T1")).run().exits_with(0);
    scene.command("get").arg(short("/latest")).run().exits_with(0).says("already there");
    assert_eq!(scene.files().len(), 1, "{}", scene.describe());
}

#[test]
fn an_import_is_not_run_as_a_process() {
    let scene = with_tasks([]);
    scene.command("run").arg(short("")).run().exits_with(2).complains("run needs a process");
    assert_eq!(scene.server.requests().len(), 0, "{}", scene.describe());
}

#[test]
fn nothing_stands_behind_the_task_of_an_import() {
    let scene = with_tasks([task("T1", 1)]);
    let outcome = scene.command("get").arg(short("/T1/OBJECT")).run().exits_with(2).without_a_connection();
    outcome.complains("a single import has one dump");
}
