//! What a process or `latest` means: the newest finished run. Going further down is asked for.

use xtask::fake::{Task, TaskState};

use crate::support::{ACTUALS, COSTS, Scene, clean, dump_for, failed, result_of};

const NEWEST: &str = "The newest run (2019-10-16 20:39:07 UTC) had no failures.\n";

fn gone(id: &str) -> Task {
    Task::complete(id).with_result(result_of(&[COSTS])).with_dump(COSTS.0, dump_for(COSTS.0).erased())
}

#[test]
fn a_clean_night_brings_no_stale_dumps() {
    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
    let older = "Older dumps can be downloaded:\n  anaplan-dump get <NIGHTLY>/T8\n";
    for locator in ["NIGHTLY", "NIGHTLY/latest"] {
        for quiet in ["", " -q"] {
            let outcome = scene.run(&format!("get {locator} -o rejected/{quiet}"));
            outcome.stdout(format!("{NEWEST}{older}"));
            scene.holds(&[] as &[&str]);
        }
    }
    let outcome = scene.run("get NIGHTLY -o - ");
    outcome.notes(format!("{NEWEST}{older}"));
    let outcome = scene.run("get NIGHTLY --json");
    outcome.json_has("/task/id", "T9").json_has("/older/id", "T8").json_has("/dumps", serde_json::json!([]));
}

#[test]
fn without_an_older_dump_none_is_named() {
    for older in [vec![], vec![gone("T8")], vec![clean("T8")]] {
        let scene = Scene::with_tasks([clean("T9")].into_iter().chain(older));
        scene.run("get NIGHTLY").stdout(NEWEST);
    }
}

#[test]
fn older_dumps_are_fetched_where_that_is_asked_for() {
    let passed_over = "passed over task T9 of 2019-10-16 20:39:07: it left no dump\n";
    for option in ["--older", "--since=2019-10-16", "--since=2019-10-16T19:00:00Z"] {
        let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
        let outcome = scene.run(&format!("get NIGHTLY {option}"));
        outcome.notes(format!("{passed_over}task <NIGHTLY>/T8\n")).collects("", "T8", &[COSTS]);
    }
    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
    scene.run("get NIGHTLY --since=2019-10-16T20:00").stdout(NEWEST);
    let why = "<NIGHTLY> has no task since <ANY> UTC";
    scene.run("get NIGHTLY --since=48h").fails(4, why);
}

#[test]
fn a_failed_run_whose_dump_is_gone_is_passed_over_with_its_reason() {
    let scene = Scene::with_tasks([gone("T9"), failed("T8", &[COSTS])]);
    let passed_over = "passed over task T9 of 2019-10-16 20:39:07: its dump is gone, or another user's\n";
    scene.run("get NIGHTLY").notes(format!("{passed_over}task <NIGHTLY>/T8\n")).collects("", "T8", &[COSTS]);
}

#[test]
fn latest_is_the_same_run_for_every_command() {
    let running = Task::new("T9", TaskState::InProgress);
    let scene = Scene::with_tasks([running, failed("T8", &[COSTS]), clean("T7")]);
    let passed_over = "passed over task T9 of 2019-10-16 20:39:07: it has not finished\n";
    scene
        .run("task NIGHTLY/latest --check")
        .notes(passed_over)
        .exits_with(6)
        .stdout_has("Task <NIGHTLY>/T8\n");
    let outcome = scene.run(&format!("chunks NIGHTLY/latest/{} --json", COSTS.0));
    outcome.notes(format!("{passed_over}task <NIGHTLY>/T8\n"));
    outcome.json_has("/dump/locator", scene.fill(&format!("<NIGHTLY>/T8/{}", COSTS.0)));
    scene.run("cancel NIGHTLY/latest").fails(
        2,
        "latest is the newest finished task: name the one that runs by its id, which tasks shows\n\
         Try anaplan-dump --help.",
    );
}

#[test]
fn an_object_that_had_no_failures_in_the_newest_run_is_no_news_of_an_older_one() {
    let scene = Scene::with_tasks([clean("T9"), failed("T8", &[COSTS])]);
    let outcome = scene.run("get NIGHTLY/latest/117000000003 -o x.csv");
    outcome.stdout("Object 117000000003 had no failures in the newest run (2019-10-16 20:39:07 UTC).\n");
    let outcome = scene.run(&format!("get NIGHTLY/latest/{} -o x.csv", ACTUALS.0));
    let why = "is not among the actions of the newest finished run, task <NIGHTLY>/T9; look at it with:";
    outcome.fails(4, format!("object {} {why}\n  anaplan-dump task <NIGHTLY>/T9", ACTUALS.0));
}
