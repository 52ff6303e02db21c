//! Imports that run on their own: one dump for each task, by URL, by path and by the short form.

use xtask::fake::{ActionResult, MODEL, Process, Service, Task, WORKSPACE};

use crate::support::texts::answered;
use crate::support::{Invocation, NEWEST_TASK, Scene, dump_for};

const IMPORT: &str = "112000000099";

const SHORT: &str = "MODEL/112000000099";

const FILE: &str = "2019-10-16-112000000099-Cost_centres-T1.csv";

/// A task T1 that left a dump.
fn task() -> Task {
    let result = ActionResult::failed_import(IMPORT, "Cost centres");
    Task::complete("T1").with_creation_time(NEWEST_TASK).with_result(result).with_dump(IMPORT, dump_for("T1"))
}

#[track_caller]
fn with_task(task: Task) -> Scene {
    Scene::with_service(Service::new().with_import(Process::new(IMPORT, "Cost centres").with_task(task)))
}

/// A command for each way to name the dump of task T1.
fn by_every_name<'a>(scene: &'a Scene, command: &str) -> Vec<Invocation<'a>> {
    let below_workspace = format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/imports/{IMPORT}/tasks/T1");
    let names = [
        format!("{WORKSPACE}/{MODEL}/{IMPORT}/T1"),
        below_workspace.clone(),
        format!("<ORIGIN>{below_workspace}/dump/chunks/0"),
        format!("<ORIGIN>/2/0/models/{MODEL}/imports/{IMPORT}/tasks/T1/dump/"),
    ];
    names.iter().map(|name| scene.command(command).arg(scene.fill(name))).collect()
}

#[test]
fn the_dump_is_downloaded_by_every_name_into_the_same_file() {
    let scene = with_task(task());
    for command in by_every_name(&scene, "get --force") {
        command.run().saves_as(FILE, &dump_for("T1"));
    }
    for command in by_every_name(&scene, "get --force --whole") {
        command.run().stdout(format!("{FILE}  2.5 kB  in one piece  <TIME>\n"));
        scene.has(FILE, &dump_for("T1").bytes());
    }
    let there = format!("{FILE}  2.5 kB  already there\n");
    scene.run(&format!("get -q {SHORT}/latest")).stdout(&there);
    for name in [IMPORT, "cost centres"] {
        scene.command("get").in_the_model().arg(format!("{name}/T1")).run().stdout(&there);
        for task in ["T1", "latest"] {
            let outcome = scene.command("chunks -q").in_the_model().arg(format!("{name}/{task}")).run();
            outcome.stdout_has("CHUNK  NAME\n0      ");
        }
    }
}

#[test]
fn an_import_without_failures_has_no_chunks_and_is_empty_in_one_piece() {
    let scene = with_task(Task::complete("T1").with_result(ActionResult::new(IMPORT)));
    let outcome = scene.run(&format!("get {SHORT}/latest -q"));
    outcome.stdout("The newest run (2019-10-16 20:39:07 UTC) had no failures.\n");
    let why = answered("400 Bad Request (no dump for this task)");
    for command in by_every_name(&scene, "get") {
        let error = format!("the chunk list of dump <ANY>/T1<ANY>: {why}");
        command.run().fails(4, error + "\n  this task may have left no dump: look at the task's results");
    }
    for command in by_every_name(&scene, "get --whole --force -o dump.csv") {
        command.run().stdout("dump.csv  0 B  in one piece  <TIME>\n");
        scene.has("dump.csv", b"");
        assert_eq!(scene.server.requests().iter().rev().nth(1).and_then(|r| r.status), Some(204));
    }
    scene.run(&format!("get {SHORT}/T1 --whole -o -"));
}

#[test]
fn the_tasks_of_an_import_are_listed_and_shown() {
    let scene = with_task(task());
    let tasks = "CREATED (UTC)        AGE     STATE     OUTCOME  TASK\n\
        2019-10-16 20:39:07  <ANY> d  COMPLETE  failed   T1\n";
    scene.run(&format!("tasks {SHORT}")).stdout(tasks);
    let outcome = scene.run(&format!("task --check {SHORT}/T1"));
    outcome.exits_with(6).stdout_has("112000000099  yes     90       3        5  yes   Cost centres\n");
    outcome.stdout_has(format!("  anaplan-dump get <MODEL>/{IMPORT}/T1\n"));
}
