//! What people read: aligned tables in 80 columns, and nothing that only a terminal understands.

use xtask::fake::{ActionResult, Detail, MODEL, PROCESS, Process, Service, Task, TaskState, WORKSPACE};

use crate::support::{Outcome, PROCESS_NAME, Scene, failed, failing_run, nightly};

const COLUMNS: usize = 80;

/// A task id of the shape that the service has.
const TASK_ID: &str = "B7EA9FEC0FF2488B9A9E6040B6B26753";

/// An import with these rows, and a name as models have them.
fn import(id: &str, name: &str, rows: [&str; 3]) -> ActionResult {
    let [good, bad, ignored] = rows;
    let values = ["successRowCount", good, "failedCount", bad, "ignoredCount", ignored];
    let text = format!("{name}: {good} ({bad}/{ignored}) rows successful, {ignored} ignored");
    let detail = Detail::new("hierarchyRowsProcessedWithFailures", text).with_values(values);
    ActionResult::new(id).with_name(name).with_failure_dump(true).with_detail(detail)
}

/// A task with the names and numbers of a large model.
fn ordinary_task() -> Task {
    let result = ActionResult::process(PROCESS)
        .with_nested(ActionResult::new("117000000003").with_name("1.0 Delete old versions from list"))
        .with_nested(import("112000000021", "1.1 Import Cost Centres from ERP.csv", ["90", "3", "5"]))
        .with_nested(import(
            "112000000022",
            "2.1 DAT01 Actuals from file.csv",
            ["412345", "400000", "12345"],
        ));
    Task::complete(TASK_ID).with_result(result)
}

/// No line is too wide, but for those that hold a locator to copy.
#[track_caller]
fn fits(outcome: &Outcome<'_>) {
    for line in outcome.stdout().lines().filter(|line| !line.contains(MODEL)) {
        let width = line.chars().count();
        assert!(width <= COLUMNS, "{width} columns: {line:?}\n{}", outcome.describe());
    }
}

/// The columns of a table begin under their headers.
#[track_caller]
fn is_aligned(text: &str, header: &str, starts: &[&str]) {
    let mut lines = text.lines().skip_while(|line| !line.starts_with(header));
    let head = lines.next().unwrap_or_else(|| panic!("no header {header:?} in\n{text}"));
    let places: Vec<usize> = starts.iter().filter_map(|name| head.find(name)).collect();
    assert_eq!(places.len(), starts.len(), "{head}");
    for line in lines.take_while(|line| line.starts_with(|c: char| c.is_ascii_digit())) {
        for place in places.iter().skip(1) {
            let cells: Vec<char> = line.chars().collect();
            let gap = cells.get(place - 2..*place);
            assert!(gap.is_none_or(|gap| gap == [' ', ' ']), "column {place} in {line:?} of\n{text}");
        }
    }
}

#[test]
fn a_task_of_a_large_model_fits() {
    let scene = Scene::with_tasks([ordinary_task()]);
    fits(&scene.run(&format!("task NIGHTLY/{TASK_ID}")).exits_with(0));
}

#[test]
fn a_running_task_with_an_ordinary_step_fits() {
    let step = "Running action 3 of 12: 2.1 DAT01 Actuals from file.csv";
    let task = Task::new(TASK_ID, TaskState::InProgress).with_step(step, 0.25);
    let scene = Scene::with_tasks([task]);
    let outcome = scene.run("task NIGHTLY/latest").exits_with(0).says("25 %");
    fits(&outcome);
}

#[test]
fn the_columns_of_a_task_are_aligned() {
    let scene =
        Scene::with_tasks([failed("T1", &[("112000000021", "Cost centres"), ("112000000022", "東京")])]);
    let text = scene.run("task NIGHTLY/T1").exits_with(0).stdout();
    is_aligned(&text, "OBJECT", &["OBJECT", "OK", "ROWS", "FAILED", "IGNORED", "DUMP", "NAME"]);
}

#[test]
fn the_rows_of_a_task_stay_rows_whatever_the_names() {
    let name = "x".repeat(300);
    let scene = Scene::with_tasks([failed("T1", &[("112000000021", &name), ("112000000022", "a\nb\tc")])]);
    let outcome = scene.run("task NIGHTLY/T1").exits_with(0).stays_harmless().says("xxx...\n");
    fits(&outcome);
    assert_eq!(
        outcome.stdout().lines().filter(|line| line.starts_with("112")).count(),
        2,
        "{}",
        outcome.describe()
    );
}

#[test]
fn tasks_fit_and_are_aligned() {
    let states = [TaskState::NotStarted, TaskState::InProgress, TaskState::Complete, TaskState::Cancelled];
    let tasks = states.into_iter().enumerate().map(|(n, state)| Task::new(format!("{n:032X}"), state));
    let scene = Scene::with_tasks(tasks);
    let outcome = scene.run("tasks NIGHTLY").exits_with(0);
    fits(&outcome);
    is_aligned(&outcome.stdout(), "CREATED", &["CREATED (UTC)", "STATE", "TASK"]);
}

#[test]
fn processes_fit_and_are_aligned() {
    let name = "4.2 Load of all actuals and of the budget of every subsidiary, nightly at 02:30 (UTC)";
    let service = Service::new()
        .with_process(Process::new("118000000001", name))
        .with_process(Process::new("118000000002", "Größe, 東京"))
        .with_process(Process::new("118000000003", "x".repeat(300)));
    let scene = Scene::with_service(service);
    let outcome = scene.run(&format!("processes {WORKSPACE}/{MODEL}")).exits_with(0);
    fits(&outcome);
    is_aligned(&outcome.stdout(), "PROCESS", &["PROCESS", "NAME"]);
    outcome.says("\n118000000003  xxx");
}

#[test]
fn the_report_of_a_run_fits() {
    let scene = Scene::with_run(failing_run(&[("112000000021", "1.1 Import Cost Centres from ERP.csv")]));
    let outcome = scene.run("run NIGHTLY --poll=1ms").exits_with(6);
    let file = scene.files().pop().unwrap_or_default();
    for line in outcome.stdout().lines().filter(|line| !line.contains(MODEL) && !line.starts_with(&file)) {
        assert!(line.chars().count() <= COLUMNS, "{line:?}\n{}", outcome.describe());
    }
}

#[test]
fn what_is_piped_has_no_escape_sequences() {
    let process = Process::new(PROCESS, PROCESS_NAME)
        .with_task(failed("T1", &[("112000000021", "Cost centres")]))
        .with_script(failing_run(&[("112000000021", "Cost centres")]));
    let scene = Scene::with_service(Service::new().with_process(process));
    let model = format!("processes {WORKSPACE}/{MODEL}");
    for (command, code) in [
        (model.as_str(), 0),
        ("tasks NIGHTLY", 0),
        ("task NIGHTLY/T1", 0),
        ("get NIGHTLY -v", 0),
        ("run NIGHTLY --poll=1ms -v", 6),
        ("cancel NIGHTLY/T1", 0),
    ] {
        for variable in ["TERM", "NO_COLOR", "CLICOLOR_FORCE"] {
            let value = if variable == "TERM" { "xterm-256color" } else { "1" };
            let outcome = scene.command(command).env(variable, value).run();
            outcome.exits_with(code).stays_harmless().never_mentions("\u{1b}");
        }
    }
}

#[test]
fn sizes_are_in_units_that_people_read() {
    let dump = xtask::fake::Dump::from_bytes(vec![b'x'; 1_250_000], 1_000_000);
    let result = ActionResult::process(PROCESS).with_nested(import("112000000021", "A", ["1", "2", "3"]));
    let task = Task::complete("T1").with_result(result).with_dump("112000000021", dump);
    let scene = Scene::with_tasks([task]);
    scene.run("get NIGHTLY/T1").exits_with(0).says("112000000021-A-T1.csv  1.2 MB  2 chunks  ");
    scene.run("get NIGHTLY/T1").exits_with(0).says_exactly("112000000021-A-T1.csv  1.2 MB  already there\n");
}

#[test]
fn times_are_in_utc_whatever_the_zone_of_the_machine() {
    let scene = Scene::with_tasks([failed("T1", &[])]);
    let outcome = scene.command("tasks").arg(nightly()).env("TZ", "Asia/Tokyo").run().exits_with(0);
    outcome.says("CREATED (UTC)").says("2019-10-16 20:39:07");
}
