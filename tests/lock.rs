//! Two runs on one file: the second one says so and leaves everything alone.

use crate::support::{CHUNK, Scene, bytes_of};

#[test]
fn a_second_run_on_the_same_file_ends_without_touching_anything() {
    let scene = Scene::with_chunks(5);
    scene.killed_in_chunk(2);
    let before = scene.server.requests().len();
    // While the service is held, requests are read and logged, but not answered.
    let held = scene.server.service();
    let mut first = scene.command("get DUMP -o dump.csv").start();
    first.wait_until("it asks for the list", |scene| scene.server.requests().len() == before + 1);
    let left = |name: &str| std::fs::read(scene.path(name)).expect("the file");
    let (part, journal) = (left("dump.csv.part"), left("dump.csv.part.journal"));
    for options in ["", "--restart", "--force"] {
        let (outcome, asked) = scene.get(options);
        let outcome = outcome
            .exits_with(7)
            .complains("another run is writing dump.csv")
            .complains("wait for the other run to end, or choose another name");
        assert_eq!(asked, [""; 0], "{}", outcome.describe());
        assert_eq!(scene.server.requests().len(), before + 1, "{}", outcome.describe());
    }
    assert_eq!((left("dump.csv.part"), left("dump.csv.part.journal")), (part, journal));
    drop(held);
    first.finish().exits_with(0).complains("an earlier run left 2 of 5 chunks");
    scene.has_whole_dump(&bytes_of(5, 1));
}

#[test]
fn a_run_on_another_file_is_not_held_up() {
    let scene = Scene::with_chunks(3);
    let first = scene.hanging_in_chunk(1, "");
    scene.server.clear_faults();
    scene.run("get DUMP -o other.csv").exits_with(0);
    assert_eq!(scene.read("other.csv"), bytes_of(3, 1));
    assert_eq!(scene.read("dump.csv.part")[..CHUNK], bytes_of(3, 1)[..CHUNK]);
    first.kill();
}

#[test]
fn a_killed_run_leaves_no_lock() {
    let scene = Scene::with_chunks(3);
    scene.killed_in_chunk(1);
    scene.get("").0.exits_with(0);
    scene.has_whole_dump(&bytes_of(3, 1));
}
