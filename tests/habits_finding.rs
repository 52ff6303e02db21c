//! From nothing to the ids, and to the dumps of a task that somebody else started.

use serde_json::json;
use xtask::fake::{MODEL, TaskState, WORKSPACE};

use crate::support::{COSTS, Scene, dump_for, failing_run, file_of};

#[test]
fn workspaces_and_models_are_listed_with_what_to_paste() {
    let scene = Scene::with_chunks(3);
    scene.run("workspaces").stdout(format!("{:32}  NAME\n{WORKSPACE}  Finance\n", "WORKSPACE"));
    scene.run("workspaces --json").json(json!({ "workspaces": [{ "id": WORKSPACE, "name": "Finance" }] }));
    let locator = format!("{WORKSPACE}/{MODEL}");
    for command in ["models".to_owned(), format!("models {WORKSPACE}")] {
        scene.run(&command).stdout(format!("{:65}  NAME\n{locator}  Cost planning\n", "WORKSPACE/MODEL"));
        let model =
            json!({ "id": MODEL, "locator": locator, "name": "Cost planning", "workspace": WORKSPACE });
        scene.run(&format!("{command} --json")).json(json!({ "models": [model] }));
    }
    scene.run(&format!("processes {locator}")).stdout_has("Nightly load");
    scene.run("models 8a81").fails(4, "this user sees no models here");
    scene.run("models a/b").exits_with(2).stderr_has("WORKSPACE is the id of a workspace");
}

/// The address that the server has now for the only task.
fn task_of(scene: &Scene) -> String {
    scene.task_ids()[0].clone()
}

#[test]
fn wait_collects_the_dumps_of_a_task_that_was_started_elsewhere() {
    for with_id in [true, false] {
        let run = failing_run(&[COSTS]).with_step(TaskState::InProgress, "Importing", 0.5);
        let scene = Scene::with_run(run);
        // Somebody starts it, and leaves.
        scene
            .run("run NIGHTLY --poll=1ms --timeout=0s -q -o x/")
            .exits_with(1)
            .stderr_has("has not finished");
        let task = task_of(&scene);
        let locator = if with_id { format!("NIGHTLY/{task}") } else { "NIGHTLY".to_owned() };
        let outcome = scene.run(&format!("wait {locator} --poll=1ms -q -o rejected/"));
        let file = format!("rejected/{}", file_of(COSTS, &task));
        outcome.exits_with(6).stdout_has(format!("{file}  2.5 kB  3 chunks  "));
        scene.has(&file, &dump_for(COSTS.0).bytes());
        scene.holds(&[file]);
    }
}

#[test]
fn wait_wants_a_task_or_a_process_that_has_one() {
    let scene = Scene::with_run(failing_run(&[COSTS]));
    scene.run("wait NIGHTLY").exits_with(4).stderr_has("<NIGHTLY> has no tasks");
    scene.run("wait NIGHTLY/latest").exits_with(2).stderr_has("latest is the newest finished task");
    scene.run("wait NIGHTLY/T1 -o -").exits_with(2).stderr_has("-o must name a folder");
}
