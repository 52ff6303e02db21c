//! `workspaces`, `models`, `processes` and `tasks`: what there is, the newest first, however many there are.

use serde_json::json;
use xtask::fake::{MODEL, PROCESS, Process, Service, Task, WORKSPACE, When};

use crate::locators::with_names;
use crate::support::texts::NO_TASKS;
use crate::support::{COSTS, NEWEST_TASK, PROCESS_NAME, Scene, clean, failed, nightly};

#[track_caller]
fn with_tasks(tasks: impl IntoIterator<Item = Task>) -> Scene {
    let process = tasks.into_iter().fold(Process::new(PROCESS, PROCESS_NAME), Process::with_task);
    Scene::with_service(Service::new().with_process(process))
}

/// This many tasks, in the order of their creation.
#[track_caller]
fn with_many_tasks(count: u64) -> Scene {
    with_tasks((0..count).map(|n| Task::complete(format!("TASK{n:05}")).with_creation_time(NEWEST_TASK + n * 1000)))
}

/// The ids of the tasks that a command lists as JSON.
#[track_caller]
fn listed(scene: &Scene, options: &str) -> Vec<String> {
    let document = scene.run(&format!("tasks NIGHTLY --json {options}")).document();
    let tasks = document["tasks"].as_array().into_iter().flatten();
    tasks.filter_map(|task| task["task"]["id"].as_str()).map(str::to_owned).collect()
}

#[test]
fn the_processes_of_a_model_are_a_table_with_names_cut() {
    let long = "x".repeat(300);
    let scene = with_names(&["Nightly load", "Größe, 東京", &long]);
    let cut = "x".repeat(57) + "...";
    let table =
        format!("PROCESS       NAME\n118000000001  Nightly load\n118000000002  Größe, 東京\n118000000003  {cut}\n");
    scene.run("processes MODEL").stdout(&table);
    let url = scene.fill(&format!("<ORIGIN>/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes"));
    scene.command("processes").arg(url).run().stdout(&table);
    // The model of the environment needs no locator.
    scene.command("processes").in_the_model().run().stdout(&table);
    let error = "a model is needed: WORKSPACE/MODEL, or ANAPLAN_WORKSPACE and ANAPLAN_MODEL set";
    scene.run("processes").is_wrong_usage(error);
}

#[test]
fn processes_and_tasks_arrive_over_their_pages() {
    let scene = with_names(&["A", "B", "C"]);
    scene.server.service().page_size = 2;
    scene.run("processes MODEL").stdout_has("118000000003  C\n");
    scene.assert_requests(&["GET /processes", "GET /processes?limit=5000&offset=2"]);

    let scene = with_many_tasks(10_000);
    scene.server.service().page_size = 3_000;
    let expected: Vec<String> = (0..10_000).rev().map(|n| format!("TASK{n:05}")).collect();
    assert!(listed(&scene, "--limit=20000") == expected);
    assert_eq!(scene.count_of("GET NIGHTLY/tasks?"), 4, "{}", scene.describe());
}

#[test]
fn a_model_without_processes_or_access_exits_with_4_also_with_json() {
    let scene = with_names(&[]);
    let error = "model <MODEL> has no processes, or this user has no access to it: the service does not say which";
    scene.run("processes MODEL").fails(4, error);
    let outcome = scene.run("processes MODEL --json");
    outcome.fails(4, error).json(json!({"model": scene.named("<MODEL>"), "processes": []}));
    let error = format!("<NIGHTLY> {NO_TASKS}");
    scene.run("tasks NIGHTLY").fails(4, &error);
    let outcome = scene.run("tasks NIGHTLY --json");
    outcome.fails(4, error).json_has("/error/kind", "not_found");
}

#[test]
fn tasks_are_listed_newest_first_in_utc_with_their_outcome() {
    let mut running = Task::new("T7", "IN_PROGRESS");
    running.creation_time = None;
    let scene = Scene::with_tasks([failed("T9", &[COSTS]), clean("T8"), running]);
    scene.server.service().process_mut(PROCESS).expect("the process").tasks.reverse();
    let outcome = scene.command("tasks").arg(nightly()).env("TZ", "Asia/Tokyo").run();
    outcome.stdout(
        "\
CREATED (UTC)        AGE     STATE        OUTCOME       TASK
2019-10-16 20:39:07  <ANY> d  COMPLETE     failed        T9
2019-10-16 19:39:07  <ANY> d  COMPLETE     clean         T8
-                    -       IN_PROGRESS  not finished  T7
",
    );
    assert_eq!(scene.count_of("GET NIGHTLY/tasks?"), 1, "{}", scene.describe());
    scene.run("tasks NIGHTLY --failed").stdout_has("failed   T9\n1 of 3 tasks\n");
    let outcome = scene.run("tasks NIGHTLY --since=2019-10-16T19:00 --json");
    let second = json!({"task": scene.named("<NIGHTLY>/T8"), "state": "COMPLETE", "created": "2019-10-16T19:39:07Z",
        "outcome": "clean"});
    outcome.json_has("/tasks/1", second).json_has("/tasks/2/created", json!(null)).json_has("/total", 3);
}

#[test]
fn twenty_tasks_are_shown_unless_a_limit_is_given() {
    let scene = with_many_tasks(30);
    scene.run("tasks NIGHTLY").stdout_has("  TASK00010\n20 of 30 tasks\n");
    scene.run("tasks NIGHTLY --limit=2").stdout_has("  TASK00028\n2 of 30 tasks\n");
    assert_eq!(listed(&scene, "--limit=1000").len(), 30);
}

#[test]
fn tasks_older_than_asked_for_are_left_out() {
    let task = |id: &str, hours: u64| Task::complete(id).with_creation_time(NEWEST_TASK - hours * 3_600_000);
    let timeless = Task::complete("TIMELESS").without_creation_time();
    let scene = with_tasks([task("DAYOLD", 24), task("WEEKOLD", 168), task("FRESH", 0), timeless]);
    assert_eq!(listed(&scene, "--since=2019-10-15"), ["FRESH", "DAYOLD", "TIMELESS"]);
    assert_eq!(listed(&scene, "--since=48h"), ["TIMELESS"]);
    scene.run("tasks NIGHTLY --since=2019-10-15").stdout_has("\n3 of 4 tasks\n");
    let outcome = scene.run("tasks NIGHTLY --since=yesterday");
    outcome.is_wrong_usage("<ANY>a duration such as 48h, or a date such as 2026-11-24<ANY>");
}

#[test]
fn workspaces_and_models_are_listed_with_what_to_paste() {
    let scene = Scene::with_chunks(3);
    scene.run("workspaces").stdout(format!("{:32}  NAME\n{WORKSPACE}  Finance\n", "WORKSPACE"));
    scene.run("workspaces --json").json(json!({ "workspaces": [{ "id": WORKSPACE, "name": "Finance" }] }));
    let locator = format!("{WORKSPACE}/{MODEL}");
    for command in ["models".to_owned(), format!("models {WORKSPACE}")] {
        scene
            .run(&command)
            .stdout(format!("{:65}  STATE     NAME\n{locator}  UNLOCKED  Cost planning\n", "WORKSPACE/MODEL"));
        let model = json!({ "id": MODEL, "locator": locator, "name": "Cost planning", "workspace": WORKSPACE,
            "state": "UNLOCKED" });
        scene.run(&format!("{command} --json")).json(json!({ "models": [model] }));
    }
    scene.run(&format!("processes {locator}")).stdout_has("Nightly load");
    scene.run("models 8a81").fails(4, "this user sees no models here");
    scene.run("models a/b").exits_with(2).stderr_has("WORKSPACE is the id of a workspace");
    // Archived ones are shown where they are asked for.
    let models = json!({ "status": { "code": 200 }, "models": [
        { "id": "OLD", "name": "Plan 2020", "activeState": "ARCHIVED", "currentWorkspaceId": "W" },
        { "id": "NEW", "name": "Plan 2026", "activeState": "UNLOCKED", "currentWorkspaceId": "W" }] });
    scene.answers(When::path("models"), &models);
    let outcome = scene.run("models");
    outcome.stdout("WORKSPACE/MODEL  STATE     NAME\nW/NEW            UNLOCKED  Plan 2026\n");
    outcome.notes("1 archived model left out: --archived shows every model\n");
    scene.run("models --archived").stdout_has("W/OLD            ARCHIVED  Plan 2020\n");
}
