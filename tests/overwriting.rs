//! Nothing is overwritten unless `--force` says so, and two runs on one file do not mix.

use xtask::fake::Fault;

use crate::support::texts::{KEPT, answered, exists, goes_on, incomplete, the_chunk};
use crate::support::{PART_FILES, Scene, chunk, dump_of, own_name};

const LOCKED: &str = "another run is writing dump.csv\n  wait for the other run to end, or choose another name";

/// A server, and a file of the user's with this name.
#[track_caller]
fn with_file(name: &str) -> Scene {
    let scene = Scene::with_chunks(3);
    scene.write(name, "mine");
    scene
}

#[test]
fn a_file_that_exists_is_refused_before_anything_is_sent() {
    let scene = with_file("dump.csv");
    for options in ["", "--whole", "--restart"] {
        scene.get(options).fails(7, exists("dump.csv")).without_a_connection();
    }
    scene.write("dump.csv", "");
    scene.get("").fails(7, exists("dump.csv")).without_a_connection();
    #[cfg(unix)]
    {
        scene.remove("dump.csv");
        std::os::unix::fs::symlink("elsewhere", scene.path("dump.csv")).expect("a link");
        scene.get("").fails(7, exists("dump.csv")).without_a_connection();
        scene.holds(&["dump.csv"]);
    }
}

#[test]
fn a_file_with_the_dumps_own_name_is_taken_for_the_dump() {
    let scene = with_file(&own_name());
    for command in ["get DUMP", "get DUMP -o ."] {
        scene.run(command).stdout_has(own_name() + "  4 B  already there\n").asks_for(&[]);
    }
    scene.run("get DUMP --force").saves_as(&own_name(), &dump_of(3, 1));
}

#[test]
fn force_replaces_a_file_once_the_new_one_is_complete() {
    let scene = with_file("dump.csv");
    scene.server.fault(Fault::status(403), chunk(2).times(1));
    let why = format!("{}: {}\n  <ANY>", the_chunk(2, 3), answered("403 Forbidden"));
    scene.get("--force").fails(3, incomplete(2, 3, &why) + KEPT);
    scene.holds(&["dump.csv", PART_FILES[0], PART_FILES[1]]);
    scene.get("").fails(7, exists("dump.csv")).without_a_connection();
    scene.get("--force").notes(goes_on(2, 3)).asks_for(&["2"]).saves(&dump_of(3, 1));
}

#[test]
fn a_part_file_of_another_program_is_given_up_by_force_alone() {
    let scene = with_file("dump.csv.part");
    for options in ["", "--restart"] {
        scene.get(options).fails(7, exists("dump.csv.part")).without_a_connection();
    }
    scene.get("--force").saves(&dump_of(3, 1));
}

#[test]
fn a_second_run_on_the_same_file_ends_without_touching_anything() {
    let scene = Scene::with_chunks(5);
    scene.killed_in_chunk(2);
    let before = scene.requests().len();
    let held = scene.server.service();
    let mut first = scene.command("get DUMP -o dump.csv").start();
    first.wait_for_requests(before + 1);
    let left = PART_FILES.map(|file| scene.read(file));
    for options in ["", "--restart", "--force"] {
        scene.get(options).fails(7, LOCKED).without_a_connection();
    }
    assert!(left == PART_FILES.map(|file| scene.read(file)), "{}", scene.describe());
    drop(held);
    first.finish().notes(goes_on(2, 5)).saves(&dump_of(5, 1));
}

/// Only root can make links of other users.
#[cfg(unix)]
#[test]
fn nothing_goes_through_a_link_or_a_pipe_of_another_user() {
    use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
    let scene = Scene::with_chunks(3);
    ["shared", "mine"].into_iter().for_each(|folder| scene.make_folder(folder));
    let (shared, way) = (scene.path("shared"), scene.path("shared/way"));
    std::fs::set_permissions(shared, PermissionsExt::from_mode(0o777)).expect("everybody writes into it");
    symlink("../mine", &way).expect("a link");
    if lchown(&way, Some(12_345), None).is_ok() {
        let why = "another user (number 12345) made it, in a folder that others may write";
        scene
            .run("get DUMP -o shared/way/new/")
            .fails(7, format!("cannot follow the link shared/way/new/<ANY>: {why}"));
        // Nor does a dump go into another user's pipe.
        let pipe = scene.path("shared/pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
        assert!(made.success() && chown(&pipe, Some(12_345), None).is_ok());
        scene.run("get DUMP -o shared/pipe").fails(7, format!("cannot use shared/pipe: {why}")).without_a_connection();
        scene.holds(&["mine/", "shared/pipe", "shared/way"]);
    }
}
