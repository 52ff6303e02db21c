//! Nothing is overwritten unless `--force` says so, and nothing unfinished has the final name.

use std::fs::{self, File};

use xtask::fake::{Fault, OBJECT, When};

use crate::support::{Scene, assert_same_bytes, own_name, three_chunks};

/// A server, and a file of the user's with this name.
fn with_file(name: &str) -> Scene {
    let scene = Scene::with_dump(three_chunks());
    fs::write(scene.path(name), "mine").expect("a file");
    scene
}

#[test]
fn a_file_that_exists_is_refused_before_anything_is_sent() {
    let scene = with_file("dump.csv");
    for command in ["get DUMP -o dump.csv", "get DUMP -o dump.csv --whole"] {
        let outcome = scene.run(command).exits_with(7).without_a_connection();
        outcome.says_exactly("").complains_exactly(
            "anaplan-dump: dump.csv exists already and is left as it is\n  choose another name, or replace it with --force\n",
        );
    }
    assert_eq!(scene.read("dump.csv"), b"mine");
    scene.holds(&["dump.csv"]);
}

#[test]
fn a_file_with_the_dumps_own_name_is_there_already_and_left_as_it_is() {
    let scene = with_file(&own_name());
    scene.run("get DUMP").exits_with(0).says("already there");
    scene.run("get DUMP -o .").exits_with(0).says("already there");
    assert_eq!(scene.read(&own_name()), b"mine");
    scene.run("get DUMP --force").exits_with(0);
    assert_eq!(scene.read(&own_name()).len(), 25_000);
}

#[test]
fn an_empty_file_that_exists_is_refused_too() {
    let scene = Scene::with_dump(three_chunks());
    File::create(scene.path("dump.csv")).expect("a file");
    scene.run("get DUMP -o dump.csv").exits_with(7).complains("exists already");
    assert_eq!(scene.read("dump.csv"), b"");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_refused_too() {
    let scene = Scene::with_dump(three_chunks());
    std::os::unix::fs::symlink("elsewhere", scene.path("dump.csv")).expect("a link");
    scene.run("get DUMP -o dump.csv").exits_with(7).complains("exists already");
    scene.holds(&["dump.csv"]);
}

#[test]
fn force_replaces_a_file_by_the_whole_dump() {
    let scene = with_file("dump.csv");
    scene.run("get DUMP -o dump.csv --force").exits_with(0);
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
    scene.holds(&["dump.csv"]);
}

#[test]
fn force_leaves_the_old_file_until_the_new_one_is_complete() {
    let scene = with_file("dump.csv");
    scene.server.fault(Fault::status(403), When::path("chunks/2"));
    scene.run("get DUMP -o dump.csv --force").exits_with(3);
    assert_eq!(scene.read("dump.csv"), b"mine");
}

#[test]
fn a_file_that_exists_is_refused_although_a_part_of_the_dump_is_there() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::status(403), When::path("chunks/2").times(1));
    scene.run("get DUMP -o dump.csv").exits_with(3);
    fs::write(scene.path("dump.csv"), "mine").expect("a file");
    scene.run("get DUMP -o dump.csv").exits_with(7).complains("dump.csv exists already");
    assert_eq!(scene.read("dump.csv"), b"mine");
    scene.holds(&["dump.csv", "dump.csv.part", "dump.csv.part.journal"]);
}

#[test]
fn a_file_that_appears_under_way_is_not_overwritten() {
    let scene = Scene::with_dump(three_chunks());
    let requests_wait = scene.server.service();
    let mut running = scene.command("get DUMP -o dump.csv").start();
    running.wait_until("the part file is there", |scene| scene.path("dump.csv.part").exists());
    fs::write(scene.path("dump.csv"), "mine").expect("a file");
    drop(requests_wait);
    running.finish().exits_with(7).complains("dump.csv exists already");
    assert_eq!(scene.read("dump.csv"), b"mine");
    assert_same_bytes(&scene.read("dump.csv.part"), &three_chunks().bytes());
}

#[test]
fn a_part_file_of_somebody_else_is_not_touched() {
    let scene = with_file("dump.csv.part");
    scene.run("get DUMP -o dump.csv").exits_with(7).complains("dump.csv.part exists already");
    assert_eq!(scene.read("dump.csv.part"), b"mine");
    scene.holds(&["dump.csv.part"]);
}

#[test]
fn a_run_that_another_run_is_ahead_of_is_refused() {
    let scene = Scene::with_dump(three_chunks());
    let part = File::create(scene.path("dump.csv.part")).expect("a file");
    part.lock().expect("a lock");
    let outcome = scene.run("get DUMP -o dump.csv").exits_with(7).without_a_connection();
    outcome.complains("another run is writing dump.csv\n").complains("wait for the other run to end");
}

#[test]
fn a_download_that_failed_leaves_nothing_under_the_final_name() {
    for command in ["get DUMP -o dump.csv", "get DUMP -o dump.csv --whole"] {
        let scene = Scene::with_dump(three_chunks());
        scene.server.fault(Fault::status(403), When::path("chunks/0"));
        scene.server.fault(Fault::status(403), When::path(format!("dumps/{OBJECT}")));
        scene.run(command).exits_with(3);
        scene.holds(&[]);
    }
}

#[test]
fn the_next_run_goes_on_where_the_last_one_stopped() {
    let scene = Scene::with_dump(three_chunks());
    scene.server.fault(Fault::status(403), When::path("chunks/2").times(1));
    scene.run("get DUMP -o dump.csv").exits_with(3).complains("2 of 3 chunks are there");
    scene.run("get DUMP -o dump.csv").exits_with(0).complains("an earlier run left 2 of 3 chunks (20.0 kB)");
    assert_same_bytes(&scene.read("dump.csv"), &three_chunks().bytes());
    assert_eq!(scene.chunk_requests(), ["/chunks/0", "/chunks/1", "/chunks/2", "/chunks/2"]);
    scene.holds(&["dump.csv"]);
}
