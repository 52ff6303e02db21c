//! `processes` and `tasks`: what there is, the newest first, however many there are.

use std::time::{SystemTime, UNIX_EPOCH};

use xtask::fake::{MODEL, PROCESS, Process, Service, Task, TaskState, WORKSPACE};

use crate::support::{PROCESS_NAME, Scene, clean, nightly};

/// `2019-10-16 20:39:07` in UTC.
const TIME: u64 = 1_571_258_347_545;

fn with_processes(processes: impl IntoIterator<Item = (String, String)>) -> Scene {
    let add = |service: Service, (id, name): (String, String)| service.with_process(Process::new(id, name));
    Scene::with_service(processes.into_iter().fold(Service::new(), add))
}

/// So many tasks, in the order of their creation.
fn with_many_tasks(count: u64) -> Scene {
    let tasks = (0..count).map(|n| Task::complete(format!("TASK{n:05}")).with_creation_time(TIME + n * 1000));
    let process = tasks.fold(Process::new(PROCESS, PROCESS_NAME), Process::with_task);
    Scene::with_service(Service::new().with_process(process))
}

fn hours_ago(hours: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    now.as_millis() as u64 - hours * 3_600_000
}

#[test]
fn the_processes_of_a_model_are_a_table() {
    let scene = with_processes([
        ("118000000001".to_owned(), "Nightly load".to_owned()),
        ("118000000002".to_owned(), "Größe, 東京".to_owned()),
    ]);
    let table = "PROCESS       NAME\n118000000001  Nightly load\n118000000002  Größe, 東京\n";
    let model = format!("processes {WORKSPACE}/{MODEL}");
    scene.run(&model).exits_with(0).says_exactly(table).complains_exactly("");
    let url =
        format!("processes {}/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes", scene.server.origin());
    scene.run(&url).exits_with(0).says_exactly(table);
}

#[test]
fn the_model_of_the_environment_needs_no_locator() {
    let scene = with_processes([("118000000001".to_owned(), "Nightly load".to_owned())]);
    let command = scene.command("processes").env("ANAPLAN_WORKSPACE", WORKSPACE).env("ANAPLAN_MODEL", MODEL);
    command.run().exits_with(0).says("118000000001  Nightly load\n");
    let outcome = scene.run("processes").exits_with(2);
    outcome.complains("a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set");
}

#[test]
fn six_thousand_processes_are_all_listed() {
    let scene = with_processes((0..6_000).map(|n| (format!("118{n:09}"), format!("Process {n}"))));
    let outcome = scene.run(&format!("processes {WORKSPACE}/{MODEL}")).exits_with(0);
    assert_eq!(outcome.stdout().lines().count(), 6_001);
    outcome.says("118000005999  Process 5999\n");
    assert_eq!(scene.server.requests().len(), 2, "{}", scene.describe());
}

#[test]
fn a_model_without_processes_or_access_is_not_there() {
    let scene = with_processes([]);
    let outcome = scene.run(&format!("processes {WORKSPACE}/{MODEL}")).exits_with(4).says_exactly("");
    outcome.complains("has no processes, or this user has no access to it");
}

#[test]
fn tasks_are_listed_newest_first_whatever_the_order_of_the_service() {
    let task = |id: &str, state, time| Task::new(id, state).with_creation_time(time);
    let process = Process::new(PROCESS, PROCESS_NAME)
        .with_task(task("OLD", TaskState::Complete, TIME - 86_400_000))
        .with_task(task("NEW", TaskState::InProgress, TIME))
        .with_task(task("MIDDLE", TaskState::Cancelled, TIME - 3_600_000))
        .with_task(Task::complete("TIMELESS").without_creation_time());
    let scene = Scene::with_service(Service::new().with_process(process));
    let table = "\
CREATED (UTC)        STATE        TASK
2019-10-16 20:39:07  IN_PROGRESS  NEW
2019-10-16 19:39:07  CANCELLED    MIDDLE
2019-10-15 20:39:07  COMPLETE     OLD
-                    COMPLETE     TIMELESS
";
    scene.run("tasks NIGHTLY").exits_with(0).says_exactly(table).complains_exactly("");
    let targets: Vec<String> = scene.server.requests().into_iter().map(|request| request.target).collect();
    assert!(targets.len() == 1 && targets[0].contains("sort=-creationTime"), "{}", scene.describe());
}

#[test]
fn twenty_tasks_are_shown_unless_told_otherwise() {
    let scene = with_many_tasks(30);
    let outcome =
        scene.run("tasks NIGHTLY").exits_with(0).says("TASK00029\n").says("TASK00010\n20 of 30 tasks\n");
    outcome.never_mentions("TASK00009");
    scene.run("tasks NIGHTLY --limit=2").exits_with(0).says("TASK00029\n").says("TASK00028\n2 of 30 tasks\n");
    let all = scene.run("tasks NIGHTLY --limit=1000").exits_with(0).says("TASK00000\n");
    all.never_mentions(" of 30");
}

#[test]
fn tasks_older_than_asked_for_are_left_out() {
    let task = |id: &str, hours| Task::complete(id).with_creation_time(hours_ago(hours));
    let process = Process::new(PROCESS, PROCESS_NAME)
        .with_task(task("DAYOLD", 24))
        .with_task(task("WEEKOLD", 168))
        .with_task(task("FRESH", 0))
        .with_task(Task::complete("TIMELESS").without_creation_time());
    let scene = Scene::with_service(Service::new().with_process(process));
    let shown = |since: &str| {
        let outcome = scene.run(&format!("tasks NIGHTLY --json --since={since}")).exits_with(0);
        let document = outcome.document();
        let tasks = document["tasks"].as_array().cloned().unwrap_or_default();
        tasks.iter().map(|task| task["task"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown("48h"), ["FRESH", "DAYOLD", "TIMELESS"]);
    assert_eq!(shown("1h"), ["FRESH", "TIMELESS"]);
    assert_eq!(shown("30d"), ["FRESH", "DAYOLD", "WEEKOLD", "TIMELESS"]);
    scene.run("tasks NIGHTLY --since=48h").exits_with(0).says("3 of 4 tasks\n");
}

#[test]
fn a_since_that_is_no_duration_is_refused() {
    let scene = with_many_tasks(1);
    for since in ["yesterday", "-1h", ""] {
        let outcome = scene.run(&format!("tasks NIGHTLY --since={since}")).exits_with(2);
        outcome.without_a_connection().complains("a duration such as 500ms, 30s, 5m, 2h");
    }
}

#[test]
fn ten_thousand_tasks_arrive_over_their_pages() {
    let scene = with_many_tasks(10_000);
    scene.server.service().set_page_size(3_000);
    let outcome = scene.run("tasks NIGHTLY --limit=20000").exits_with(0);
    let text = outcome.stdout();
    let ids: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split_whitespace().last()).collect();
    let expected: Vec<String> = (0..10_000).rev().map(|n| format!("TASK{n:05}")).collect();
    assert!(ids == expected, "{} tasks, from {:?} to {:?}", ids.len(), ids.first(), ids.last());
    assert_eq!(scene.server.requests().len(), 4, "{}", scene.describe());
}

#[test]
fn an_unknown_process_and_a_hidden_model_have_no_tasks_with_all_the_reasons() {
    let scene = Scene::with_tasks([clean("T1")]);
    for locator in [nightly().replace(PROCESS, "118000000777"), nightly().replace(MODEL, "OTHER")] {
        let outcome = scene.command("tasks").arg(&locator).run().exits_with(4).says_exactly("");
        outcome.complains_exactly(&format!(
            "anaplan-dump: {locator} has no tasks: it never ran, it does not exist, or this user has no access to it \
             (the service does not tell which)\n"
        ));
    }
}

#[test]
fn the_exit_code_does_not_depend_on_the_form_of_the_output() {
    let scene = with_processes([]);
    for command in [format!("processes {WORKSPACE}/{MODEL}"), "tasks NIGHTLY".to_owned()] {
        scene.run(&command).exits_with(4);
        scene.run(&format!("{command} --json")).exits_with(4);
    }
}

#[test]
fn a_single_imports_tasks_are_listed() {
    let import = Process::new("112000000099", "Cost centres").with_task(Task::complete("T1"));
    let scene = Scene::with_service(Service::new().with_import(import));
    let locator = format!("tasks {WORKSPACE}/{MODEL}/112000000099");
    scene.run(&locator).exits_with(0).says("2019-10-16 20:39:07  COMPLETE  T1\n");
}

#[test]
fn a_state_that_nobody_knows_is_shown_as_it_is_and_harmless() {
    let scene = Scene::with_tasks([Task::new("T1", TaskState::Other("PAUSED\u{1b}[31m".to_owned()))]);
    scene.run("tasks NIGHTLY").exits_with(0).stays_harmless().says("PAUSED\\u{1b}[31m  T1\n");
}
