//! The dump in one piece, single imports, and the paths without a workspace.

use xtask::fake::{Dump, Fault, MODEL, OBJECT, PROCESS, Process, Service, TASK, Task, WORKSPACE, When};

use crate::support::{Scene, assert_same_bytes, three_chunks};

const IMPORT: &str = "112000000099";

fn with_import(task: Task) -> Scene {
    Scene::with_service(Service::new().with_import(Process::new(IMPORT, "Cost centres").with_task(task)))
}

/// The ways to name the import's dump.
fn ways_to_name_the_import(scene: &Scene) -> Vec<String> {
    let origin = scene.server.origin();
    let model = format!("workspaces/{WORKSPACE}/models/{MODEL}");
    vec![
        format!("{WORKSPACE}/{MODEL}/{IMPORT}/{TASK}"),
        format!("{origin}/2/0/{model}/imports/{IMPORT}/tasks/{TASK}/dump"),
        format!("{origin}/2/0/{model}/imports/{IMPORT}/tasks/{TASK}/dump/chunks"),
        format!("{origin}/2/0/models/{MODEL}/imports/{IMPORT}/tasks/{TASK}/dump/"),
        format!("/2/0/{model}/imports/{IMPORT}/tasks/{TASK}"),
    ]
}

#[test]
fn a_dump_in_one_piece_is_one_request() {
    let dump = three_chunks();
    let scene = Scene::with_dump(dump.clone());
    scene.run("get DUMP --whole -o dump.csv").exits_with(0).says("dump.csv  25.0 kB  in one piece  ");
    assert_same_bytes(&scene.read("dump.csv"), &dump.bytes());
    let targets: Vec<_> = scene.server.requests().iter().map(|request| request.target.clone()).collect();
    let expected =
        format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}");
    assert_eq!(targets, [expected]);
}

#[test]
fn a_dump_in_one_piece_goes_to_standard_output() {
    let dump = three_chunks();
    let scene = Scene::with_dump(dump.clone());
    let outcome = scene.run("get DUMP --whole -o -").exits_with(0);
    assert_same_bytes(&outcome.output.stdout, &dump.bytes());
}

#[test]
fn a_dump_in_one_piece_of_15_mb_arrives_byte_for_byte() {
    let dump = Dump::from_bytes(xtask::fake::dump_file::random_bytes(7, 15_000_000), 10_000_000);
    let scene = Scene::with_dump(dump.clone());
    scene.run("get DUMP --whole -o dump.csv").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &dump.bytes());
}

#[test]
fn a_dump_in_one_piece_that_is_cut_is_fetched_again_into_a_file() {
    let dump = three_chunks();
    let scene = Scene::with_dump(dump.clone());
    scene.server.fault(Fault::CutBody { after_bytes: 20_000 }, When::any().times(1));
    scene.run("get DUMP --whole -o dump.csv").exits_with(0).complains("retry 1 of 12");
    assert_same_bytes(&scene.read("dump.csv"), &dump.bytes());
}

#[test]
fn a_dump_in_one_piece_that_is_cut_on_its_way_to_a_pipe_is_an_error() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::CutBody { after_bytes: 20_000 }, When::any().times(1));
    let outcome = scene.run("get DUMP --whole -o -");
    assert_ne!(outcome.output.status.code(), Some(0), "{}", outcome.describe());
    assert_same_bytes(&outcome.output.stdout, &three_chunks().bytes()[..outcome.output.stdout.len()]);
    outcome.complains("the body was cut short");
}

#[test]
fn the_dump_of_a_single_import_is_downloaded_by_every_name() {
    let scene = with_import(Task::complete(TASK).with_dump(IMPORT, three_chunks()));
    for name in ways_to_name_the_import(&scene) {
        for way in ["get --force -o dump.csv", "get --whole --force -o dump.csv"] {
            scene.command(way).arg(&name).run().exits_with(0);
            assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
        }
        scene.command("chunks").arg(&name).run().exits_with(0).says("2      Chunk 2\n");
    }
}

#[test]
fn the_dump_of_a_single_import_has_a_name_of_its_own() {
    let scene = with_import(Task::complete(TASK).with_dump(IMPORT, three_chunks()));
    scene.command("get").arg(&ways_to_name_the_import(&scene)[0]).run().exits_with(0);
    scene.holds(&[&format!("{IMPORT}-{TASK}.csv")]);
}

#[test]
fn an_import_without_failures_has_an_empty_dump_in_one_piece() {
    let scene = with_import(Task::complete(TASK));
    for name in ways_to_name_the_import(&scene) {
        scene.command("get --whole --force -o dump.csv").arg(&name).run().exits_with(0).says("0 B");
        assert_eq!(scene.server.requests().last().and_then(|r| r.status), Some(204), "{}", scene.describe());
        assert_same_bytes(&scene.read("dump.csv"), b"");
        scene.command("get --whole -o -").arg(&name).run().exits_with(0).says_exactly("");
    }
}

#[test]
fn an_import_without_failures_has_no_chunks() {
    let scene = with_import(Task::complete(TASK));
    for way in ["chunks", "get"] {
        let outcome = scene.command(way).arg(&ways_to_name_the_import(&scene)[0]).run().exits_with(4);
        outcome.complains("400 (no dump for this task)").complains("may have left no dump");
    }
    scene.holds(&[]);
}

#[test]
fn the_path_without_a_workspace_is_asked_for_as_it_was_given() {
    let scene = Scene::with_dump(three_chunks());
    let path = format!("/2/0/models/{MODEL}/processes/{PROCESS}/tasks/{TASK}/dumps/{OBJECT}");
    for (start, name) in [(scene.server.origin(), "url.csv"), (String::new(), "path.csv")] {
        scene.command("get -o").arg(name).arg(format!("{start}{path}/chunks")).run().exits_with(0);
        assert_same_bytes(&scene.read(name), &three_chunks().bytes());
    }
    for request in scene.server.requests() {
        assert!(request.target.starts_with(&path), "{}", request.target);
    }
}

#[test]
fn a_short_locator_is_asked_for_with_its_workspace() {
    let scene = Scene::with_dump(three_chunks());
    scene.run("chunks DUMP").exits_with(0);
    let target = scene.server.requests()[0].target.clone();
    assert!(target.starts_with(&format!("/2/0/workspaces/{WORKSPACE}/models/{MODEL}/")), "{target}");
}
