//! `get` from a task: every dump of it, each into a file of its own. One that fails does not stop the
//! others.

use xtask::fake::{ActionResult, Fault, PROCESS, Task, TaskState, When};

use crate::support::texts::{DUMP_NOT_FOUND, KEPT, answered, summary, the_chunk};
use crate::support::{
    ACTUALS, BUDGET, COSTS, DATE, Import, Scene, clean, dump_for, failed, failing_run, file_of, result_of,
};

/// Requests for the chunks of the dump of an import.
fn chunks_of(import: Import) -> When {
    When::containing(format!("/dumps/{}/chunks/", import.0))
}

/// The line for a dump that an earlier run left.
fn already_there(import: Import) -> String {
    format!("{}  2.5 kB  already there\n", file_of(import, "T1"))
}

/// The line for a dump that was downloaded.
fn downloaded(import: Import) -> String {
    format!("{}  2.5 kB  3 chunks  <TIME>\n", file_of(import, "T1"))
}

/// A failed request for the chunk list of the dump of an import.
fn not_found(import: Import) -> String {
    let why = answered("404 Not Found");
    format!("anaplan-dump: the chunk list of dump <NIGHTLY>/T1/{}: {why}{DUMP_NOT_FOUND}\n", import.0)
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
fn every_dump_goes_into_the_folder_that_is_named_and_made() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run("get NIGHTLY/T1 -o new/rejected/").collects("new/rejected/", "T1", &[COSTS, ACTUALS]);
}

#[test]
fn every_dump_is_fetched_side_by_side_and_verified_when_asked() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run("get NIGHTLY/T1 --parallel=4 --verify").collects("", "T1", &[COSTS, ACTUALS]);
}

#[test]
fn a_dump_has_the_same_name_from_its_object_and_from_the_task() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run(&format!("get NIGHTLY/T1/{}", ACTUALS.0)).collects("", "T1", &[ACTUALS]);
    let outcome = scene.run("get NIGHTLY/T1");
    outcome.stdout(downloaded(COSTS) + &already_there(ACTUALS) + &summary(1, 1, 0, 5_000));
    scene.holds(&[COSTS, ACTUALS].map(|import| file_of(import, "T1")));
}

#[test]
fn dumps_in_results_of_any_depth_are_found() {
    const DEPTH: usize = 60;
    let object = |level: usize| format!("1120000001{level:02}");
    let mut result = ActionResult::failed_import(object(0), "Level 0");
    for level in 1..DEPTH {
        let import = ActionResult::failed_import(object(level), format!("Level {level}"));
        result = import.with_nested(result);
    }
    let task = Task::complete("T1").with_result(ActionResult::process(PROCESS).with_nested(result));
    let add = |task: Task, level| task.with_dump(object(level), dump_for(&object(level)));
    let scene = Scene::with_tasks([(0..DEPTH).fold(task, add)]);
    scene.run("get NIGHTLY/T1").stdout_has(summary(DEPTH, 0, 0, DEPTH * 2_500));
    for level in 0..DEPTH {
        scene.has(
            &format!("{DATE}-{}-Level_{level}-T1.csv", object(level)),
            &dump_for(&object(level)).bytes(),
        );
    }
}

#[test]
fn a_dump_inside_an_action_without_one_is_found() {
    let inner = ActionResult::new("118000000009")
        .with_nested(ActionResult::new("117000000003"))
        .with_nested(ActionResult::failed_import(COSTS.0, COSTS.1));
    let mut result = ActionResult::process(PROCESS).with_nested(inner);
    result.nested[0].failure_dump_available = Some(false);
    let task = Task::complete("T1").with_result(result).with_dump(COSTS.0, dump_for(COSTS.0));
    Scene::with_tasks([task]).run("get NIGHTLY/T1").collects("", "T1", &[COSTS]);
}

#[test]
fn actions_that_do_not_say_whether_they_left_a_dump_are_asked() {
    let mut result = result_of(&[COSTS, ACTUALS]);
    result.failure_dump_available = None;
    result.nested.iter_mut().for_each(|action| action.failure_dump_available = None);
    let task = Task::complete("T1").with_result(result).with_dump(ACTUALS.0, dump_for(ACTUALS.0));
    Scene::with_tasks([task]).run("get NIGHTLY/T1").collects("", "T1", &[ACTUALS]);
}

#[test]
fn an_object_that_ran_twice_is_fetched_once() {
    Scene::with_tasks([failed("T1", &[COSTS, COSTS])]).run("get NIGHTLY/T1").collects("", "T1", &[COSTS]);
}

#[cfg_attr(windows, ignore = "each file takes wine a tenth of a second")]
#[test]
fn five_hundred_dumps_are_all_fetched() {
    let object = |n: usize| format!("112{n:09}");
    let names: Vec<(String, String)> = (0..500).map(|n| (object(n), format!("Import {n}"))).collect();
    let imports: Vec<(&str, &str)> = names.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let scene = Scene::with_tasks([failed("T1", &imports)]);
    scene.run("get NIGHTLY/T1 -q").stdout_has(summary(500, 0, 0, 1_250_000));
    let files: Vec<String> = (0..500).map(|n| format!("{DATE}-{}-Import_{n}-T1.csv", object(n))).collect();
    scene.holds(&files);
    scene.has(&files[499], &dump_for(&object(499)).bytes());
}

#[test]
fn one_dump_that_is_gone_does_not_stop_the_others() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS, BUDGET])]);
    scene.server.service().erase_dump("T1", COSTS.0);
    let outcome = scene.run("get NIGHTLY/T1 -q");
    outcome.exits_with(4).stderr(not_found(COSTS));
    outcome.stdout(downloaded(ACTUALS) + &downloaded(BUDGET) + &summary(2, 0, 1, 5_000));
    scene.holds(&[ACTUALS, BUDGET].map(|import| file_of(import, "T1")));
    scene.has(&file_of(BUDGET, "T1"), &dump_for(BUDGET.0).bytes());
}

#[test]
fn one_dump_that_fails_midway_does_not_stop_the_others_and_the_next_run_fetches_what_is_missing() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS, BUDGET])]);
    scene.server.fault(Fault::status(403), When::path(format!("dumps/{}/chunks/1", ACTUALS.0)));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    let [costs, actuals, budget] = [COSTS, ACTUALS, BUDGET].map(|import| file_of(import, "T1"));
    outcome.stdout(downloaded(COSTS) + &downloaded(BUDGET) + &summary(2, 0, 1, 5_000)).fails(
        3,
        format!(
            "dump <NIGHTLY>/T1/{} is not complete: 1 of 3 chunks are there: {}: {}\n  <ANY>{}",
            ACTUALS.0,
            the_chunk(1, 3),
            answered("403 Forbidden"),
            KEPT.replace("dump.csv", &actuals)
        ),
    );
    scene.holds(&[
        costs.clone(),
        format!("{actuals}.part"),
        format!("{actuals}.part.journal"),
        budget.clone(),
    ]);

    scene.server.clear_faults();
    let outcome = scene.run("get NIGHTLY/T1");
    outcome
        .notes("an earlier run left 1 of 3 chunks (1.0 kB): continuing from there\n")
        .asks_for(&["1", "2"]);
    outcome.stdout(
        already_there(COSTS) + &downloaded(ACTUALS) + &already_there(BUDGET) + &summary(1, 2, 0, 7_500),
    );
    scene.has(&actuals, &dump_for(ACTUALS.0).bytes());
    scene.holds(&[costs, actuals, budget]);
}

#[test]
fn every_failure_is_reported_and_the_first_gives_the_exit_code() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS, BUDGET])]);
    scene.server.service().erase_dump("T1", ACTUALS.0);
    scene.server.fault(Fault::status(403), chunks_of(COSTS));
    let outcome = scene.run("get NIGHTLY/T1 -q");
    outcome.exits_with(3).stdout(downloaded(BUDGET) + &summary(1, 0, 2, 2_500));
    let first = format!(
        "anaplan-dump: dump <NIGHTLY>/T1/{} is not complete: 0 of 3 chunks are there: <ANY>\n  <ANY>\n",
        COSTS.0
    );
    outcome.stderr(first + &not_found(ACTUALS));
    scene.holds(&[file_of(BUDGET, "T1")]);
}

#[test]
fn the_same_command_again_is_one_request_and_changes_nothing() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.run("get NIGHTLY/T1").collects("", "T1", &[COSTS, ACTUALS]);
    scene.server.service().erase_dump("T1", COSTS.0);
    let before = scene.requests().len();
    let outcome = scene.run("get NIGHTLY/T1");
    outcome.stderr("").stdout(already_there(COSTS) + &already_there(ACTUALS) + &summary(0, 2, 0, 5_000));
    assert_eq!(scene.requests()[before..], ["GET NIGHTLY/tasks/T1"], "{}", scene.describe());
}

#[test]
fn force_fetches_every_dump_again() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    scene.write(&file_of(COSTS, "T1"), "mine");
    scene.run("get NIGHTLY/T1 --force").collects("", "T1", &[COSTS, ACTUALS]);
}

#[test]
fn last_nights_file_is_not_taken_for_tonights() {
    let scene = Scene::with_tasks([failed("TONIGHT", &[COSTS]), failed("LASTNIGHT", &[COSTS])]);
    scene.run("get NIGHTLY/LASTNIGHT").collects("", "LASTNIGHT", &[COSTS]);
    let tonight = file_of(COSTS, "TONIGHT");
    scene.run("get NIGHTLY/TONIGHT").stdout(format!("{tonight}  2.5 kB  3 chunks  <TIME>\n"));
    scene.holds(&[tonight, file_of(COSTS, "LASTNIGHT")]);
}

#[cfg(unix)]
#[test]
fn several_dumps_do_not_go_into_one_stream() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS, ACTUALS])]);
    for output in ["-", "/dev/null"] {
        let outcome = scene.run(&format!("get NIGHTLY/T1 -o {output}"));
        outcome.asks_for(&[]).fails(
            2,
            "there are 2 dumps, and -o names one output; get one of them:\n  \
             anaplan-dump get <NIGHTLY>/T1/112000000021 -o -\n  \
             anaplan-dump get <NIGHTLY>/T1/112000000022 -o -\nTry anaplan-dump <ANY>--help.",
        );
    }
}

#[test]
fn the_only_dump_of_a_task_goes_to_standard_output() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    scene.run("get NIGHTLY/T1 -o -").prints(&dump_for(COSTS.0).bytes());
}

#[test]
fn a_clean_task_has_nothing_to_download() {
    let newest = "The newest run (2019-10-16 20:39:07 UTC) had no failures.\n";
    let scene = Scene::with_tasks([clean("T1")]);
    for (locator, nothing) in [
        ("NIGHTLY/T1", "Nothing failed: there is no dump to download.\n"),
        ("NIGHTLY/latest --since=2019-10-16", newest),
        ("NIGHTLY --older", newest),
    ] {
        scene.run(&format!("get {locator}")).stdout(nothing);
        // Who reads a dump from standard output would take the sentence for one.
        scene.run(&format!("get {locator} -o -")).notes(nothing);
    }
}

/// A task without a dump is not called fine: the reason is named, and what to do.
#[track_caller]
fn is_not_called_fine(task: Task, locators: &[&str], code: i32, why: &str) {
    let scene = Scene::with_tasks([task]);
    for locator in locators {
        scene.run(&format!("get {locator}")).fails(code, why.replace("TASK", "task <NIGHTLY>/T1"));
    }
}

#[test]
fn an_action_that_failed_without_a_dump_is_not_called_fine() {
    let result =
        ActionResult::process(PROCESS).with_nested(ActionResult::new(COSTS.0).with_successful(false));
    let task = Task::complete("T1").with_result(result);
    let locators = ["NIGHTLY/T1", "NIGHTLY/latest", "NIGHTLY"];
    let look = "look at it with:\n  anaplan-dump TASK";
    let why = format!("something failed in TASK, but no dump was left; {look}");
    is_not_called_fine(task, &locators, 4, &why);
}

#[test]
fn a_cancelled_task_is_not_called_fine() {
    let task = Task::new("T1", TaskState::Cancelled);
    let why = "TASK was cancelled, and no dump was left; look at it with:\n  anaplan-dump task <NIGHTLY>/T1";
    is_not_called_fine(task, &["NIGHTLY/T1"], 4, why);
}

#[test]
fn a_task_without_a_result_is_not_called_fine() {
    let why = "TASK is over, but the service does not say how it ended: it has no result";
    is_not_called_fine(Task::complete("T1"), &["NIGHTLY/T1", "NIGHTLY"], 1, why);
}

#[test]
fn a_task_that_is_still_running_has_no_dumps_yet() {
    for state in ["NOT_STARTED", "IN_PROGRESS", "CANCELLING", "PAUSED"] {
        let scene = Scene::with_tasks([Task::new("T1", TaskState::Other(state.to_owned()))]);
        let why = "its dumps are there once it has\n  wait for it and collect them with: wait <NIGHTLY>/T1";
        scene.run("get NIGHTLY/T1").fails(4, format!("task <NIGHTLY>/T1 has not finished ({state}): {why}"));
    }
}

#[test]
fn a_dump_without_an_object_is_reported_beside_the_others_and_exits_with_4() {
    // It is that of an import without an objectId.
    let with_unnamed = |imports| result_of(imports).with_nested(ActionResult::failed_import("", "Budget"));
    let why = "left a dump without a usable objectId: the service does not say how to download it";
    let task = Task::complete("T9").with_result(with_unnamed(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0));
    for locator in ["NIGHTLY/T9", "NIGHTLY", "NIGHTLY/latest"] {
        let scene = Scene::with_tasks([task.clone()]);
        let outcome = scene.run(&format!("get {locator} -q"));
        outcome.fails(4, format!("task <NIGHTLY>/T9 {why}")).collects("", "T9", &[COSTS]);
    }
    let scene = Scene::with_tasks([Task::complete("T9").with_result(with_unnamed(&[]))]);
    scene.run("get NIGHTLY -q").fails(4, format!("task <NIGHTLY>/T9 {why}"));

    let run = failing_run(&[ACTUALS]).with_result(with_unnamed(&[ACTUALS]));
    let scene = Scene::with_run(run);
    let outcome = scene.run("run NIGHTLY --poll=1ms -q");
    let task = scene.task_ids()[0].clone();
    outcome.fails(4, format!("task <NIGHTLY>/{task} {why}")).stdout_has(file_of(ACTUALS, &task));
    scene.any_files();
}

#[test]
fn several_locators_go_into_one_folder_and_one_document() {
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), failed("T8", &[ACTUALS]), clean("T7")]);
    scene.run("get NIGHTLY/T9 NIGHTLY/T8 -q -o rejected").any_stdout();
    let files = [file_of(COSTS, "T9"), file_of(ACTUALS, "T8")].map(|file| format!("rejected/{file}"));
    scene.holds(&files);
    let outcome = scene.run("get NIGHTLY/T9 NIGHTLY/T6 NIGHTLY/T8 -o rejected --json");
    outcome
        .exits_with(4)
        .json_has("/0/dumps/0/status", "already_there")
        .json_has("/1/error/kind", "not_found")
        .json_has("/2/task/id", "T8");
    outcome.stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T6 NIGHTLY/T7 --json");
    outcome.exits_with(4).json_has("/0/error/kind", "not_found").json_has("/1/outcome", "clean");
    outcome.stderr_has("404");
    let outcome = scene.run("task NIGHTLY/T9 NIGHTLY/T7 --check --json");
    outcome.exits_with(6).json_has("/0/outcome", "failed").json_has("/1/outcome", "clean");
}
