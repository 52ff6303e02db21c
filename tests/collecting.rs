//! `get` from a task: every dump of it, each into its own file. One that fails does not stop the others.

use xtask::fake::{ActionResult, Fault, PROCESS, Task, When};

use crate::support::texts::{DUMP_NOT_FOUND, KEPT, answered, downloaded, summary, the_chunk};
use crate::support::{ACTUALS, BUDGET, COSTS, Import, Scene, clean, dump_for, failed, failing_run, file_of, result_of};

/// The line for a dump that an earlier run left.
fn already_there(import: Import) -> String {
    format!("{}  2.5 kB  already there\n", file_of(import, "T1"))
}

#[test]
fn a_task_gives_every_dump_and_a_summary() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS, BUDGET])]);
    let outcome = scene.run("get NIGHTLY/T1");
    let downloading = (1..)
        .zip([COSTS, ACTUALS, BUDGET])
        .map(|(n, (_, name))| format!("downloading {name} (dump {n} of 3): 3 chunks\n"));
    outcome.stderr(downloading.collect::<String>()).collects("", "T1", &[COSTS, ACTUALS, BUDGET]);
}

#[test]
fn a_dump_that_fails_does_not_stop_the_others_the_first_gives_the_exit_code_and_the_next_run_fetches_what_is_missing() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS, BUDGET])]);
    let erase = |erased| scene.server.service().dump_mut("T1", BUDGET.0).expect("the dump").erased = erased;
    erase(true);
    scene.server.fault(Fault::status(403), When::path(format!("dumps/{}/chunks/1", ACTUALS.0)));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    let [costs, actuals, budget] = [COSTS, ACTUALS, BUDGET].map(|import| file_of(import, "T1"));
    outcome.exits_with(3).stdout(downloaded(&costs) + &summary(1, 0, 2, 2_500));
    outcome.stderr(format!(
        "anaplan-dump: dump <NIGHTLY>/T1/{} is not complete: 1 of 3 chunks are there: {}: {}\n  <ANY>{}\n\
         anaplan-dump: the chunk list of dump <NIGHTLY>/T1/{}: {}{DUMP_NOT_FOUND}\n",
        ACTUALS.0,
        the_chunk(1, 3),
        answered("403 Forbidden"),
        KEPT.replace("dump.csv", &actuals),
        BUDGET.0,
        answered("404 Not Found"),
    ));
    scene.holds(&[&costs, &format!("{actuals}.part"), &format!("{actuals}.part.journal")]);

    scene.server.clear_faults();
    erase(false);
    let outcome = scene.run("get NIGHTLY/T1");
    let note = "an earlier run left 1 of 3 chunks (1.0 kB): continuing from there\n";
    let lines = already_there(COSTS) + &downloaded(&actuals) + &downloaded(&budget);
    outcome.notes(note).asks_for(&["1", "2", "0", "1", "2"]).stdout(lines + &summary(2, 1, 0, 7_500));
    scene.has(&actuals, &dump_for(ACTUALS.0).bytes());
    scene.holds(&[costs, actuals, budget]);
}

#[test]
fn the_same_command_again_is_one_request_and_changes_nothing_unless_forced() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run("get NIGHTLY/T1").collects("", "T1", &[COSTS, ACTUALS]);
    scene.write(&file_of(COSTS, "T1"), "mine");
    let before = scene.requests().len();
    let costs = already_there(COSTS).replace("2.5 kB", "4 B");
    let outcome = scene.run("get NIGHTLY/T1");
    outcome.stderr("").stdout(costs + &already_there(ACTUALS) + &summary(0, 2, 0, 2_504));
    assert_eq!(scene.requests()[before..], ["GET NIGHTLY/tasks/T1"], "{}", scene.describe());
    scene.run("get NIGHTLY/T1 --force").collects("", "T1", &[COSTS, ACTUALS]);
}

#[test]
fn only_one_dump_goes_into_one_stream() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run("get NIGHTLY/T1 -o -").asks_for(&[]).fails(
        2,
        "there are 2 dumps, and -o names one output; get one of them:\n  \
         anaplan-dump get <NIGHTLY>/T1/112000000021 -o -\n  \
         anaplan-dump get <NIGHTLY>/T1/112000000022 -o -\nTry anaplan-dump <ANY>--help.",
    );
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.run("get NIGHTLY/T1 -o -").prints(&dump_for(COSTS.0).bytes());
}

#[test]
fn a_clean_task_has_nothing_to_download() {
    let scene = Scene::with_tasks([clean("T1")]);
    let nothing = "Task T1 had no failures.\n";
    scene.run("get NIGHTLY/T1").stdout(nothing);
    // What reads a dump from standard output would take the sentence for one.
    scene.run("get NIGHTLY/T1 -o -").notes(nothing);
}

#[test]
fn a_task_without_a_dump_is_not_called_fine() {
    let failed_action = ActionResult::new(COSTS.0).with_successful(false);
    let without_dump = Task::complete("T1").with_result(ActionResult::new(PROCESS).with_nested(failed_action));
    let look = "look at it with:\n  anaplan-dump task <NIGHTLY>/T1";
    let wait = "its dumps are there once it has\n  wait for it and collect them with: wait <NIGHTLY>/T1";
    let silent = "task <NIGHTLY>/T1 is over, but the service does not say how it ended: it has no result";
    let (task, both) = (&["NIGHTLY/T1"][..], &["NIGHTLY/T1", "NIGHTLY"][..]);
    let failed = format!("something failed in task <NIGHTLY>/T1, but no dump was left; {look}");
    let cancelled = format!("task <NIGHTLY>/T1 was cancelled, and no dump was left; {look}");
    let paused = format!("task <NIGHTLY>/T1 has not finished (PAUSED): {wait}");
    for (run, locators, code, checked, error) in [
        (without_dump, both, 4, 6, failed),
        (Task::new("T1", "CANCELLED"), task, 4, 1, cancelled),
        (Task::complete("T1"), both, 1, 1, silent.to_owned()),
        (Task::new("T1", "PAUSED"), task, 4, 1, paused),
    ] {
        let scene = Scene::with_tasks([run]);
        for locator in locators {
            scene.run(&format!("get {locator}")).fails(code, &error);
            // As `task --check` does.
            scene.run(&format!("get {locator} --check")).exits_with(checked).stderr_has(&error);
        }
    }
}

#[test]
fn a_dump_without_an_object_is_reported_beside_the_others_and_exits_with_4() {
    // It is that of an import without an objectId, or with one that no URL can name.
    let with_unnamed = |imports| result_of(imports).with_nested(ActionResult::failed_import("..", "Budget"));
    let why = "left 1 dump without a usable objectId: the service does not say how to download it";
    let task = Task::complete("T9").with_result(with_unnamed(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0));
    for locator in ["NIGHTLY/T9", "NIGHTLY", "NIGHTLY/latest"] {
        let scene = Scene::with_tasks([task.clone()]);
        let outcome = scene.run(&format!("get {locator} -q"));
        outcome.fails(4, format!("task <NIGHTLY>/T9 {why}")).collects("", "T9", &[COSTS]);
    }
    let scene = Scene::with_tasks([Task::complete("T9").with_result(with_unnamed(&[]))]);
    scene.run("get NIGHTLY -q").fails(4, format!("task <NIGHTLY>/T9 {why}"));

    let scene = Scene::with_run(failing_run(&[ACTUALS]).with_result(with_unnamed(&[ACTUALS])));
    let outcome = scene.run("run NIGHTLY --poll=1ms -q -o new/");
    let task = scene.task_id();
    outcome.fails(4, format!("task <NIGHTLY>/{task} {why}")).stdout_has(file_of(ACTUALS, &task));
    scene.any_files();
}

#[test]
fn several_locators_go_into_one_folder_and_one_document() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[ACTUALS]), clean("T7")]);
    scene.run("get NIGHTLY/T9 NIGHTLY/T8 -q -o rejected").any_stdout();
    scene.holds(&[(COSTS, "T9"), (ACTUALS, "T8")].map(|(i, task)| format!("rejected/{}", file_of(i, task))));
    let outcome = scene.run("get NIGHTLY/T9 NIGHTLY/T6 NIGHTLY/T8 -o rejected --json");
    outcome.exits_with(4).json_has("/0/dumps/0/status", "already_there").json_has("/2/task/id", "T8");
    outcome.json_has("/1/error/kind", "not_found").stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T6 NIGHTLY/T7 --json");
    outcome.exits_with(4).json_has("/0/error/kind", "not_found").json_has("/1/outcome", "clean");
    outcome.stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T9 NIGHTLY/T7 --check --json");
    outcome.exits_with(6).json_has("/0/outcome", "failed").json_has("/1/outcome", "clean");
}
