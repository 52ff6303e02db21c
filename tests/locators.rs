//! How a dump, a task or a process is named: by URL, path or short form, with the environment's model, and
//! a process by its name.

use serde_json::json;
use xtask::fake::{MODEL, OBJECT, PROCESS, Process, Service, TASK, WORKSPACE, When};

use crate::support::{COSTS, Scene, dump_of, failed, own_name};

/// A server with processes of these names, each with one failed task T1; their ids count from 118000000001.
#[track_caller]
pub(crate) fn with_names(names: &[&str]) -> Scene {
    let mut service = Service::new();
    for (n, name) in (1..).zip(names) {
        let process = Process::new(format!("118{n:09}"), *name).with_task(failed("T1", &[COSTS]));
        service = service.with_process(process);
    }
    Scene::with_service(service)
}

/// The command succeeds, and its requests are about the process with this id, after a look at the list.
#[track_caller]
fn is_about(scene: &Scene, command: &str, name: &str, id: &str) {
    let outcome = scene.command(command).arg(format!("{WORKSPACE}/{MODEL}/{name}")).run();
    outcome.any_stdout().stderr_text();
    scene.any_files();
    let requests = scene.server.requests();
    let is_list = |path: &str| path.ends_with("/processes") || path.ends_with("/imports");
    let mut paths = requests.iter().map(|request| request.path()).skip_while(|path| is_list(path)).peekable();
    let is_of_process = |path: &str| path.contains(&format!("/processes/{id}/tasks"));
    assert!(paths.peek().is_some() && paths.all(is_of_process), "{name}\n{}", scene.describe());
}

#[test]
fn a_pasted_url_of_any_depth_downloads_what_is_there() {
    for up_to in ["/dumps/", "/tasks/", "no part of it"] {
        let scene = Scene::with_chunks(3);
        let url = scene.server.dump_url() + "/chunks?x=1";
        let url = url.split(up_to).next().unwrap_or_default();
        let outcome = scene.command("get -q").arg(url).without("ANAPLAN_API_URL").run();
        outcome.saves_as(&own_name(), &dump_of(3, 1));
    }
}

#[test]
fn a_path_without_a_workspace_is_asked_for_as_it_was_given() {
    let path = format!("/2/0/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}");
    for start in ["<ORIGIN>", ""] {
        let scene = Scene::with_chunks(3);
        let locator = scene.fill(&format!("{start}{path}/chunks"));
        scene.command("get -o dump.csv").arg(locator).run().saves(&dump_of(3, 1));
        let requests = scene.server.requests();
        assert!(requests.iter().all(|request| request.target.starts_with(&path)), "{}", scene.describe());
    }
}

#[test]
fn the_page_of_a_model_in_the_browser_names_the_model_and_no_host() {
    let scene = Scene::with_chunks(3);
    let ids = format!("selectedWorkspaceId={WORKSPACE}&selectedModelId={MODEL}");
    for page in ["eu1a.app.anaplan.com/a/modeling/#/core/?", "elsewhere.example/?x=1&"] {
        scene.command("processes").arg(format!("https://{page}{ids}&x=1")).run().stdout_has(PROCESS);
    }
}

#[test]
fn a_task_has_one_locator_whichever_command_names_it() {
    let scene = Scene::with_tasks([failed("T1", &[COSTS])]);
    let url = scene.fill(&format!("<ORIGIN>/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/T1"));
    for command in ["task --json", "get -q --json", "cancel --json"] {
        let outcome = scene.command(command).arg(&url).without("ANAPLAN_API_URL").run();
        outcome.json_has("/task", json!({"id": "T1", "locator": url}));
    }
    let outcome = scene.command("task").arg(&url).without("ANAPLAN_API_URL").run();
    outcome.stdout_has(format!("  anaplan-dump get {url}\n"));
    scene.any_files();
}

#[test]
fn a_locator_that_makes_no_sense_is_refused_with_the_position() {
    let scene = Scene::with_chunks(3);
    let short = "\"W/M/118000000001/T\" ends too early: expected one dump: WORKSPACE/MODEL/PROCESS/TASK/OBJECT<ANY>";
    let bare = "\"118000000001\" ends too early: expected <ANY>\n  \
                a locator without a model needs ANAPLAN_WORKSPACE and ANAPLAN_MODEL";
    for (command, error) in [
        (
            "chunks W/M/P/T%ff/O",
            "cannot read \"W/M/P/T%ff/O\" from character 7 on: expected percent-encoded UTF-8<ANY>%25",
        ),
        ("chunks W/M/118000000001/T", short),
        ("get 118000000001", bare),
    ] {
        scene.run(command).refuses(error);
    }
}

#[test]
fn the_short_form_begins_at_the_process_where_the_environment_names_the_model() {
    for locator in ["Nightly load", "Nightly load/latest", "Nightly load/T1", "nightly load/T1/112000000021", PROCESS] {
        let scene = with_names(&["Nightly load"]);
        let outcome = scene.command("get -q").in_the_model().arg(locator).run();
        outcome.collects("", "T1", &[COSTS]);
    }
    let scene = with_names(&["Nightly load"]);
    let outcome = scene.command("task").in_the_model().arg("nightly load/T1").run();
    outcome.stdout_has("  anaplan-dump get <NIGHTLY>/T1\n");
    // One that begins like an option follows two dashes.
    let outcome = scene.command("chunks -- -odd/T/O").in_the_model().run();
    outcome.exits_with(4).stderr_has("/-odd/T/O: ");
    // A complete locator wins over the environment.
    let scene = Scene::with_chunks(3);
    let command = scene.command("get DUMP -o dump.csv").env("ANAPLAN_WORKSPACE", "other");
    command.env("ANAPLAN_MODEL", "other").run().saves(&dump_of(3, 1));
}

#[test]
fn a_process_is_found_by_its_name_in_any_case() {
    for (other, name, written) in [
        ("Weekly load", "Nightly load", "nightly%20LOAD"),
        // The exact name wins over one in another case.
        ("nightly load", "Nightly load", "Nightly load"),
        ("Load", "Load A/B", "Load A%2FB"),
        ("50%25", "50% of it", "50% of it"),
        ("東", "東京", "%E6%9D%B1%E4%BA%AC"),
    ] {
        is_about(&with_names(&[other, name]), "tasks", written, "118000000002");
    }
    let scene = with_names(&["A", "B", "C", "D", "E"]);
    scene.server.service().page_size = 2;
    is_about(&scene, "tasks", "e", "118000000005");
}

#[test]
fn every_command_takes_a_name_and_an_id_of_any_shape() {
    for (command, name) in [
        ("get", "nightly load"),
        ("get", "nightly load/T1/112000000021"),
        ("chunks", "nightly load/T1/112000000021"),
        ("tasks", "nightly load"),
        ("task", "nightly load/latest"),
        ("cancel", "nightly load/T1"),
        ("run --poll=1ms", "nightly load"),
    ] {
        is_about(&with_names(&["Nightly load"]), command, name, PROCESS);
    }
    let process = Process::new("odd-id", "Odd").with_task(failed("T1", &[COSTS]));
    is_about(&Scene::with_service(Service::new().with_process(process)), "tasks", "odd-id", "odd-id");
    // One of twelve digits is not looked up.
    let scene = with_names(&["Nightly load"]);
    scene.run("tasks NIGHTLY").stdout_has("T1\n");
    assert_eq!(scene.count_of("GET /processes"), 0, "{}", scene.describe());
}

#[test]
fn a_name_is_not_called_unknown_where_an_entry_of_a_list_cannot_be_read() {
    for (list, id, name) in [("processes", "118000000001", "Nightly load"), ("imports", "112000000009", "Other")] {
        let scene = with_names(&["Nightly load"]);
        let odd = json!({ list: [{"name": "Daily load"}, {"id": id, "name": name}] });
        scene.answers(When::path(list), odd.to_string());
        let outcome = scene.command("tasks").in_the_model().arg("Daily load").run();
        outcome.exits_with(5).stderr_has("an entry of it cannot be read, which may be the one that is meant");
        let outcome = scene.command("tasks").in_the_model().arg("Nightly load").run();
        outcome.any_stdout().stderr_has("1 entry of the list cannot be read\n");
    }
}

#[test]
fn an_unknown_name_is_reported_with_the_names_that_there_are() {
    let list_them = "\n  the commands processes and imports list what the model has";
    let none = "\n  the model has no processes, or this user has no access to it: <ANY>";
    for (names, there_are) in [
        (vec!["Nightly load", "Weekly\u{1b}[31m"], "; it has \"Nightly load\", \"Weekly\\u{1b}[31m\""),
        ("A B C D E F G H I J K L".split(' ').collect(), "; it has \"A\", <ANY>, \"J\", and 2 more"),
        (vec![], ""),
    ] {
        let advice = if names.is_empty() { none } else { list_them };
        let scene = with_names(&names);
        let outcome = scene.command("get").in_the_model().arg("Daily load").run();
        outcome.fails(4, format!("model <MODEL> has no process or import \"Daily load\"{there_are}{advice}"));
    }
}
